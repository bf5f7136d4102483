//! A thousand tills want to pay at four terminals at once: every command is answered, whoever is refused is told by whom the
//! terminal is held, every till gets its turn by asking again, nothing waits in a queue, and the terminals' books are the
//! journal's.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod store;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use holdfast_actors::{PaymentSetup, TillLink, TillsHandle};
use holdfast_devices::payment::Service;
use holdfast_devices::simulated::poi::{Booked, SimulatedPoi};
use holdfast_domain::attempt::{AskedTender, StartTender, Turn};
use holdfast_domain::bounded::{DeviceName, Sku, TenderCode};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{Action, Settlement};
use holdfast_domain::ids::{AttemptId, CommandId, OrderId, ShiftId, TerminalId, Uuid};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::{Event, Outcome};
use holdfast_money::Quantity;
use holdfast_protocol::message::{
    Answer, CommandMessage, Pin, Reply, Request, SignOnMessage, TenderNews, TenderState, TillEvent,
};
use holdfast_protocol::topics::Stream;
use store::{EPOCH, Store, eur, till};
use tokio::sync::{Notify, oneshot};

const TILLS: usize = 1_000;
const TERMINALS: usize = 4;
/// How long each step at a terminal takes; a payment takes three.
const PACE: Duration = Duration::from_millis(2);
/// The whole of it, on two cores beside others.
const WITHIN: Duration = Duration::from_secs(60);
/// How long a cashier waits at least and at most before they try the next terminal.
const PAUSE_MS: (u64, u64) = (200, 400);
/// No till asks more often than so many times what it needs on average.
const TRIES_OVER_MEAN_MAX: u64 = 6;

/// What every till hears. A reply wakes only the one that waits for it.
#[derive(Debug, Default)]
struct Crowd {
    waiting: Mutex<HashMap<CommandId, oneshot::Sender<Reply>>>,
    /// What became of payments, and whoever waits for one.
    told: Mutex<HashMap<AttemptId, TenderState>>,
    news: Mutex<HashMap<AttemptId, Arc<Notify>>>,
    replies: AtomicU64,
    unexpected: AtomicU64,
}

impl TillLink for Crowd {
    fn reply(&self, _: TerminalId, _: u64, payload: Bytes) {
        let reply: Reply = serde_json::from_slice(&payload).expect("replies are replies");
        self.replies.fetch_add(1, Ordering::Relaxed);
        match self.waiting.lock().unwrap().remove(&reply.id) {
            Some(waiting) => drop(waiting.send(reply)),
            None => drop(self.unexpected.fetch_add(1, Ordering::Relaxed)),
        }
    }

    fn event(&self, _: TerminalId, payload: Bytes) {
        let event: TillEvent = serde_json::from_slice(&payload).expect("events are events");
        if let TenderNews::Standing { tender, .. } = event.news {
            self.told.lock().unwrap().insert(event.attempt, tender.state);
            let news = self.news.lock().unwrap().get(&event.attempt).cloned();
            if let Some(news) = news {
                news.notify_one();
            }
        }
    }

    fn show(&self, _: TerminalId, _: Bytes) -> bool {
        true
    }

    fn publish(&self, _: Stream, _: Bytes) {}
    fn disconnect(&self, _: TerminalId) {}
    fn present(&self) -> Vec<TerminalId> {
        Vec::new()
    }
}

/// One till with a customer.
struct OneTill {
    link: Arc<Crowd>,
    tills: TillsHandle,
    number: usize,
    terminal: TerminalId,
    commands: u128,
    dice: u64,
}

/// What it took to pay.
#[derive(Debug, Clone, Copy)]
struct Paid {
    tries: u64,
    waited: Duration,
}

impl OneTill {
    fn fresh(&mut self) -> CommandId {
        self.commands += 1;
        CommandId(Uuid::from_u128((0xC000_0000 + self.number as u128) << 32 | self.commands))
    }

    /// SplitMix64: which terminal, and how long a pause.
    fn throw(&mut self, below: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.dice ^ (self.dice >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)) % below
    }

    /// Sends until the hub has decided. `twice`: the same bytes are delivered once more at once, as a bad network does.
    async fn send(&self, id: CommandId, payload: Bytes, twice: bool) -> Answer {
        loop {
            let (told, heard) = oneshot::channel();
            self.link.waiting.lock().unwrap().insert(id, told);
            self.tills.deliver(self.terminal, 1, payload.clone());
            if twice {
                self.tills.deliver(self.terminal, 1, payload.clone());
            }
            match heard.await.expect("the hub answers").answer {
                Answer::Retry { .. } => tokio::time::sleep(Duration::from_millis(20)).await,
                answer => return answer,
            }
        }
    }

    async fn ask(&mut self, action: Action, twice: bool) -> (CommandId, Answer) {
        let id = self.fresh();
        let message = CommandMessage { id, occurred_at: Timestamp(1_796_000_000_000), action };
        (id, self.send(id, Request::Command(message).to_bytes().into(), twice).await)
    }

    async fn done(&mut self, action: Action) -> CommandId {
        match self.ask(action, false).await {
            (id, Answer::Accepted { .. }) => id,
            (_, other) => panic!("{other:?}"),
        }
    }

    /// Signs on, opens a shift, and places an order of one soap for each customer.
    async fn open(&mut self) -> OrderId {
        let id = self.fresh();
        let (number, pin) = (StaffNumber(1), Pin("2468".to_owned()));
        let sign_on = SignOnMessage { id, occurred_at: Timestamp(1_796_000_000_000), number, pin };
        let answer = self.send(id, Request::SignOn(sign_on).to_bytes().into(), false).await;
        assert!(matches!(answer, Answer::Accepted { .. }), "{answer:?}");
        let shift = ShiftId(self.fresh().0);
        let float = eur(10_000);
        self.done(Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live }).await;
        let order = OrderId(self.fresh().0);
        let soap = ItemRef::Sku(Sku::new("SOAP").unwrap());
        let line = LineInput::of(LineNumber(1), soap, Quantity::pieces(1));
        self.done(Action::PlaceOrder(PlaceOrder::of(order, Channel::Counter, vec![line]))).await;
        order
    }

    /// Tries one terminal after the other until one takes the payment, and completes the sale.
    async fn pay(&mut self, order: OrderId, seen: &Seen) -> Paid {
        let began = Instant::now();
        let mut tries = 0;
        let attempt = loop {
            tries += 1;
            let device = name(usize::try_from(self.throw(TERMINALS as u64)).unwrap());
            let asked = AskedTender::Pay { order, code: TenderCode::new("terminal").unwrap() };
            let start = StartTender {
                epoch: EPOCH,
                asked,
                amount: eur(249),
                tip: None,
                device: Some(device.clone()),
            };
            let twice = self.number.is_multiple_of(7);
            match self.ask(Action::StartTender(start), twice).await {
                (id, Answer::Accepted { .. }) => break AttemptId(id),
                (_, Answer::Refused { code, text, .. }) => {
                    assert_eq!(code, "HF-CMD-293", "{text}");
                    assert!(text.starts_with(device.as_str()) && text.contains("in use by till "), "{text}");
                    seen.refused.fetch_add(1, Ordering::Relaxed);
                }
                (_, other) => panic!("{other:?}"),
            }
            let pause = PAUSE_MS.0 + self.throw(PAUSE_MS.1 - PAUSE_MS.0);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        };
        let waited = began.elapsed();
        self.approved(attempt).await;
        let tenders = Vec::new();
        let (settlement, receipt) = (Settlement::Full, ReceiptSource::Hub);
        self.done(Action::Pay { order, tenders, tips: Vec::new(), settlement, receipt }).await;
        Paid { tries, waited }
    }

    async fn approved(&self, attempt: AttemptId) {
        let news = Arc::new(Notify::new());
        self.link.news.lock().unwrap().insert(attempt, Arc::clone(&news));
        loop {
            let state = self.link.told.lock().unwrap().get(&attempt).cloned();
            match state {
                Some(TenderState::Approved { .. }) => return,
                Some(TenderState::Started | TenderState::UnderWay) | None => {}
                other => panic!("{other:?}"),
            }
            news.notified().await;
        }
    }
}

#[derive(Debug, Default)]
struct Seen {
    refused: AtomicU64,
    /// The most payments that one terminal's actor had in hand.
    in_hand: AtomicUsize,
}

fn name(terminal: usize) -> DeviceName {
    DeviceName::new(&format!("counter-{}", terminal + 1)).unwrap()
}

fn setup(terminal: usize, poi: &SimulatedPoi) -> PaymentSetup {
    let (driver, practice) = (Arc::new(poi.clone()), Arc::new(poi.practice()));
    let tender = TenderCode::new("terminal").unwrap();
    PaymentSetup::new(name(terminal), tender, Vec::new(), Turn::OneAtATime, driver, practice)
}

/// What the journal says: attempts by terminal with what was approved, and how many commands of tills were refused.
#[derive(Debug, Default)]
struct Told {
    started: BTreeMap<AttemptId, DeviceName>,
    approved: BTreeMap<DeviceName, BTreeMap<u128, i64>>,
    taken: BTreeSet<AttemptId>,
    sales: u64,
    refused: u64,
    commands: BTreeSet<CommandId>,
}

fn told(store: &Store) -> Told {
    let mut told = Told::default();
    for record in (1..).map_while(|seq| store.reader.read(seq).unwrap()) {
        let record = holdfast_protocol::decode_record(&record.payload).unwrap();
        if let Some((command, _)) = record.origin.command() {
            assert!(told.commands.insert(command), "{command} has two records");
        }
        told.refused += u64::from(matches!(record.outcome, Outcome::Refused { .. }));
        for event in record.outcome.events() {
            match event {
                Event::TenderStarted { attempt, device, .. } => {
                    assert!(told.started.insert(*attempt, device.clone()).is_none());
                }
                Event::TenderApproved { attempt, approval } => {
                    let device = told.started[attempt].clone();
                    let of = told.approved.entry(device).or_default();
                    let before = of.insert(attempt.0.0.as_u128(), approval.amount.minor());
                    assert_eq!(before, None, "{attempt} is approved twice");
                }
                Event::TenderTaken { attempt, .. } => assert!(told.taken.insert(*attempt)),
                Event::SaleCompleted { .. } => told.sales += 1,
                Event::TenderDeclined { .. } | Event::TenderInDoubt { .. } => panic!("{event:?}"),
                _ => {}
            }
        }
    }
    told
}

fn book(poi: &SimulatedPoi) -> BTreeMap<u128, i64> {
    let mut book = BTreeMap::new();
    for Booked { attempt, service, amount, .. } in poi.book() {
        assert!(matches!(service, Service::Payment { .. }));
        assert_eq!(book.insert(attempt.0, amount.minor()), None, "booked twice");
    }
    book
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tills_at_four_terminals_are_all_answered_and_served_and_nothing_is_lost_or_doubled() {
    let began = Instant::now();
    let terminals: Vec<SimulatedPoi> = (0..TERMINALS).map(|_| SimulatedPoi::new(PACE)).collect();
    let setups: Vec<PaymentSetup> = terminals.iter().enumerate().map(|(n, poi)| setup(n, poi)).collect();
    let link = Arc::new(Crowd::default());
    let of_store = Arc::clone(&link);
    let store = Store::open_with(TILLS as u128, move |parts| {
        parts.payments = setups;
        parts.link = of_store;
    })
    .await;

    let mut tills: Vec<OneTill> = (1..=TILLS)
        .map(|number| OneTill {
            link: Arc::clone(&link),
            tills: store.tills.clone(),
            number,
            terminal: till(number as u128),
            commands: 0,
            dice: number as u64,
        })
        .collect();
    // Everybody has an order before anybody pays.
    let opening = tills.drain(..).map(|mut till| {
        tokio::spawn(async move {
            let order = till.open().await;
            (till, order)
        })
    });
    let opened: Vec<_> = opening.collect();
    let mut ready = Vec::new();
    for till in opened {
        ready.push(tokio::time::timeout(WITHIN, till).await.expect("in time").unwrap());
    }

    let seen = Arc::new(Seen::default());
    let paying_since = Instant::now();
    let paying: Vec<_> = ready
        .into_iter()
        .map(|(mut till, order)| {
            let seen = Arc::clone(&seen);
            tokio::spawn(async move { till.pay(order, &seen).await })
        })
        .collect();
    let looking = async {
        loop {
            let observed = store.running.payments().await;
            let open = observed.values().flatten().map(|seen| seen.open).max().unwrap_or(0);
            seen.in_hand.fetch_max(open, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let all_paid = async {
        let mut paid = Vec::new();
        for one in paying {
            paid.push(one.await.unwrap());
        }
        paid
    };
    let paid = tokio::time::timeout(WITHIN, async {
        tokio::select! {
            paid = all_paid => paid,
            () = looking => unreachable!("it looks for ever"),
        }
    });
    let paid: Vec<Paid> = paid.await.expect("every till is served in time");
    let took = paying_since.elapsed();

    let told = told(&store);
    assert_eq!(told.started.len(), TILLS, "one payment for each till");
    assert_eq!((told.taken.len(), told.sales), (TILLS, TILLS as u64), "each is part of one sale");
    for (n, poi) in terminals.iter().enumerate() {
        let journal = told.approved.get(&name(n)).cloned().unwrap_or_default();
        assert_eq!(book(poi), journal, "terminal {} and the journal", n + 1);
        assert_eq!(poi.heard() as usize, journal.len(), "it was asked once for each");
        assert!(journal.len() > TILLS / TERMINALS / 2, "terminal {} had its share", n + 1);
    }
    assert_eq!(told.refused, seen.refused.load(Ordering::Relaxed), "whoever was refused was told, and once");
    // One, and the one before it, whose end the actor has not heard of yet.
    assert!(seen.in_hand.load(Ordering::Relaxed) <= 2, "nothing waits at a terminal");
    assert!(link.waiting.lock().unwrap().is_empty(), "every command has its answer");

    let mut tries: Vec<u64> = paid.iter().map(|paid| paid.tries).collect();
    tries.sort_unstable();
    let mut waited: Vec<Duration> = paid.iter().map(|paid| paid.waited).collect();
    waited.sort_unstable();
    let mean = (tries.iter().sum::<u64>() / TILLS as u64).max(1);
    let most = *tries.last().unwrap();
    assert!(most <= mean * TRIES_OVER_MEAN_MAX, "a till starved: {most} tries, {mean} on average");
    let at = |part: usize| (TILLS - 1) * part / 100;
    println!(
        "{TILLS} tills at {TERMINALS} terminals: {} answers, {} refused with who holds the terminal; tries: middle {}, most {most}; \
         waited ms: middle {}, 99 of 100 {}, most {}; paying took {} ms, all {} ms",
        link.replies.load(Ordering::Relaxed),
        told.refused,
        tries[at(50)],
        waited[at(50)].as_millis(),
        waited[at(99)].as_millis(),
        waited[at(100)].as_millis(),
        took.as_millis(),
        began.elapsed().as_millis(),
    );
}
