//! Tills that sell all day and write down, outside the hub, what they were told; and the audit of the hub against that.
#![allow(clippy::unwrap_used, missing_debug_implementations, reason = "in a test a panic is the verdict")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use holdfast_domain::command::Action;
use holdfast_domain::ids::{AttemptId, CommandId, OrderId, TerminalId};
use holdfast_protocol::message::{Answer, Reply, Summary, TenderState};
use holdfast_store::StateStore as _;
use tokio::task::JoinSet;

use crate::store::{Store, till};

/// How long anything may take that has to come true.
const SOON: Duration = Duration::from_secs(40);
/// When a till that hears nothing sends the same bytes again, and when one does that was told to come back.
const RESEND_AFTER: Duration = Duration::from_millis(250);
const RETRY_AFTER: Duration = Duration::from_millis(20);
/// Sales of each till between two looks at the shop.
const SALES_BETWEEN: u64 = 4;
/// How many of its commands a till asks again for at the end.
const ASKED_AGAIN: usize = 40;

/// A command, its bytes, and the first answer that stood.
#[derive(Clone)]
struct Told {
    terminal: TerminalId,
    id: CommandId,
    payload: Bytes,
    reply: Reply,
}

pub struct Shop {
    store: Arc<Store>,
    sales: Arc<Vec<AtomicU64>>,
    /// Pieces of milk and soap that were paid for.
    sold: Arc<Mutex<BTreeMap<&'static str, i64>>>,
    told: Arc<Mutex<Vec<Told>>>,
    closing: Arc<AtomicBool>,
    tills: JoinSet<()>,
}

impl Shop {
    pub async fn open(store: &Arc<Store>, tills: u128) -> Self {
        for n in 1..=tills {
            store.open_shift(till(n)).await;
        }
        let mut shop = Self {
            store: Arc::clone(store),
            sales: Arc::new((1..=tills).map(|_| AtomicU64::new(0)).collect()),
            sold: Arc::default(),
            told: Arc::default(),
            closing: Arc::default(),
            tills: JoinSet::new(),
        };
        for n in 1..=tills {
            let desk = Desk {
                store: Arc::clone(store),
                terminal: till(n),
                told: Arc::clone(&shop.told),
                sold: Arc::clone(&shop.sold),
            };
            let (sales, closing) = (Arc::clone(&shop.sales), Arc::clone(&shop.closing));
            shop.tills.spawn(async move {
                while !closing.load(Ordering::Acquire) {
                    let sold = &sales[usize::try_from(n - 1).unwrap()];
                    desk.sell(sold.load(Ordering::Relaxed)).await;
                    sold.fetch_add(1, Ordering::Release);
                }
            });
        }
        shop
    }

    /// Every till sells some more.
    pub async fn sells_on(&self, what: &str) {
        let now = || self.sales.iter().map(|sales| sales.load(Ordering::Acquire));
        let before: Vec<u64> = now().collect();
        until(what, async || now().zip(&before).all(|(now, before)| now >= before + SALES_BETWEEN)).await;
    }

    /// The tills go home; the hub must hold what they were told, each once, and say it again. Says how much that was.
    pub async fn close_and_audit(mut self, what: &str) -> u64 {
        self.closing.store(true, Ordering::Release);
        tokio::time::timeout(SOON, async {
            while let Some(ended) = self.tills.join_next().await {
                ended.unwrap();
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{what}: every till gets its last answer"));
        let told = self.told.lock().unwrap().clone();
        let mut kept: HashMap<CommandId, Vec<(u64, [u8; 32])>> = HashMap::new();
        for record in self.store.reader.scan(1) {
            let stored = holdfast_store::stored_record(record.unwrap()).unwrap();
            if let Some((id, _)) = stored.record.origin.command() {
                kept.entry(id).or_default().push((stored.position.seq, stored.position.hash));
            }
        }
        for Told { id, reply, .. } in &told {
            let (Answer::Accepted { position, .. } | Answer::Refused { position, .. }) = &reply.answer else {
                panic!("{what}: {reply:?}")
            };
            let places = kept.get(id).unwrap_or_else(|| panic!("{what}: {id} was acknowledged and is lost"));
            assert_eq!(
                *places,
                [(position.seq, position.hash)],
                "{what}: {id} is there once, where it was told"
            );
        }
        let ids: BTreeSet<CommandId> = told.iter().map(|told| told.id).collect();
        assert_eq!(ids.len(), told.len());
        self.stock_and_numbers(what, &told).await;
        let again = told.iter().take(ASKED_AGAIN / 2).chain(told.iter().rev().take(ASKED_AGAIN / 2));
        for Told { terminal, id, payload, reply } in again {
            let answer = ask_as_new(&self.store, *terminal, *id, payload).await;
            assert_eq!(&answer, reply, "{what}: the first answer again");
        }
        let ledger = self.store.observed(|seen| seen.ledger).await;
        assert_eq!(ledger.violations, 0, "{what}");
        told.len() as u64
    }

    async fn stock_and_numbers(&self, what: &str, told: &[Told]) {
        let head = self.store.reader.head().map_or(0, |head| head.seq);
        until(&format!("{what}: the state follows"), async || {
            self.store.state.applied().is_some_and(|at| at.seq >= head)
        })
        .await;
        let stock = self.store.stock();
        for (sku, pieces) in self.sold.lock().unwrap().iter() {
            assert_eq!(stock[*sku], (-pieces).to_string(), "{what}: {sku}");
        }
        let mut receipts: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for Told { reply, .. } in told {
            if let Answer::Accepted { summary: Summary::Transaction { receipt, .. }, .. } = &reply.answer {
                let receipt = receipt.to_string();
                let (till, number) = receipt.split_once('-').unwrap();
                let new = receipts.entry(till.to_owned()).or_default().insert(number.parse().unwrap());
                assert!(new, "{what}: receipt {receipt} was given twice");
            }
        }
        for (till, numbers) in receipts {
            let whole: BTreeSet<u64> = (1..=numbers.len() as u64).collect();
            assert_eq!(numbers, whole, "{what}: till {till} has a hole in its numbers");
        }
    }
}

struct Desk {
    store: Arc<Store>,
    terminal: TerminalId,
    told: Arc<Mutex<Vec<Told>>>,
    sold: Arc<Mutex<BTreeMap<&'static str, i64>>>,
}

impl Desk {
    async fn sell(&self, count: u64) {
        let soap = i32::try_from(count % 3).unwrap();
        let lines: &[(&str, i32)] = if soap == 0 { &[("MILK", 2)] } else { &[("MILK", 2), ("SOAP", soap)] };
        let (order, place) = self.store.place(lines);
        self.ask(place).await;
        let due = 119 * 2 + 249 * i64::from(soap);
        let by_card = count % 2 == 1 && self.store.has_terminal() && self.charge(order, due).await;
        self.ask(if by_card { self.store.pay_with(order, Vec::new()) } else { self.store.pay(order, due) })
            .await;
        let mut sold = self.sold.lock().unwrap();
        *sold.entry("MILK").or_default() += 2;
        if soap > 0 {
            *sold.entry("SOAP").or_default() += i64::from(soap);
        }
    }

    /// Whether the customer's card paid. A terminal that another till has, or that never heard of it, is no trouble: then
    /// they pay in cash.
    async fn charge(&self, order: OrderId, due: i64) -> bool {
        let (id, reply) = self.answer(self.store.start_tender(order, due)).await;
        if let Answer::Refused { code, .. } = &reply.answer {
            assert_eq!(code, "HF-CMD-293", "{reply:?}");
            return false;
        }
        let attempt = AttemptId(id);
        let known = tokio::time::timeout(SOON, async {
            loop {
                match self.store.standing(attempt) {
                    Some(TenderState::Approved { .. }) => return true,
                    Some(TenderState::Declined { .. }) => return false,
                    _ => tokio::time::sleep(RETRY_AFTER).await,
                }
            }
        });
        known.await.expect("what became of a payment is known")
    }

    async fn ask(&self, action: Action) {
        let (_, reply) = self.answer(action).await;
        assert!(matches!(reply.answer, Answer::Accepted { .. }), "{reply:?}");
    }

    async fn answer(&self, action: Action) -> (CommandId, Reply) {
        let (id, payload) = self.store.request(action);
        let reply = ask_as_new(&self.store, self.terminal, id, &payload).await;
        self.keep(id, payload, reply.clone());
        (id, reply)
    }

    fn keep(&self, id: CommandId, payload: Bytes, reply: Reply) {
        self.told.lock().unwrap().push(Told { terminal: self.terminal, id, payload, reply });
    }
}

/// Sends the same bytes until an answer stands that was not there before, as a till does.
async fn ask_as_new(store: &Store, terminal: TerminalId, id: CommandId, payload: &Bytes) -> Reply {
    let mut seen = store.replies_to(id).len();
    tokio::time::timeout(SOON, async {
        loop {
            store.tills.deliver(terminal, 1, payload.clone());
            let answered = async {
                loop {
                    let arrived = store.link.arrived.notified();
                    if let Some(reply) = store.replies_to(id).get(seen) {
                        return reply.clone();
                    }
                    arrived.await;
                }
            };
            match tokio::time::timeout(RESEND_AFTER, answered).await {
                Ok(reply) if !matches!(reply.answer, Answer::Retry { .. }) => return reply,
                Ok(_) => {
                    seen += 1;
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                Err(_) => {}
            }
        }
    })
    .await
    .expect("a till gets its answer")
}

/// Waits for something to come true, and says what did not.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(SOON, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("it did not come true within {SOON:?} that {what}"));
}
