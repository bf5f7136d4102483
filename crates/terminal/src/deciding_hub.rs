//! A hub that a test plays by the real rules of the shop: it decides, remembers every outcome, and loses some replies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use holdfast_domain::bounded::{Description, Label, Sku, TaxClass};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::catalog::{Catalog, Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::{HubCommand, NumberChoice};
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{CommandId, EpochId, HubId, StaffId, Uuid};
use holdfast_domain::staff::{PinVerdict, Role, StaffNumber};
use holdfast_domain::{Command, Context, Origin, Outcome, Record, State, decide, decide_hub};
use holdfast_money::{Currency, Decimal, UnitPrice};
use holdfast_protocol::message::{Answer, Reply, ReplyPosition, Request, StoredRecord, accepted_or_refused};
use holdfast_protocol::{encode_record, fingerprint};

use crate::books::Books;
use crate::fake_hub::{Arrivals, FakeHub, epoch, profile, store, terminal};

/// The manager's number and PIN.
pub(crate) const STAFF: StaffNumber = StaffNumber(1);
pub(crate) const PIN: &str = "4711";
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// What the hub did.
#[derive(Debug)]
pub(crate) struct Done {
    /// Records, refusals included.
    pub(crate) records: u64,
    /// The hub's own account of the transactions.
    pub(crate) books: Books,
    /// Every request that came, in order.
    pub(crate) requests: Vec<Vec<u8>>,
}

pub(crate) struct DecidingHub {
    pub(crate) hub: FakeHub,
    pub(crate) done: Arc<Mutex<Done>>,
}

impl DecidingHub {
    /// A hub that keeps the first reply to every `lose_every`th record to itself.
    pub(crate) async fn start(products: Vec<Product>, lose_every: Option<u64>) -> Self {
        let (hub, arrivals) = FakeHub::start(epoch(1)).await;
        *hub.state.lock().unwrap() = provisioned();
        let done = Done { records: 0, books: Books::new(Currency::GBP), requests: Vec::new() };
        let done = Arc::new(Mutex::new(done));
        let catalog = Catalog::new(1, products).unwrap();
        tokio::spawn(answer(hub.clone(), done.clone(), catalog, arrivals, lose_every));
        Self { hub, done }
    }

    /// On-hand by product in thousandths, products that are at zero left out.
    pub(crate) fn on_hand(&self) -> HashMap<String, i64> {
        let state = self.hub.state.lock().unwrap();
        let levels = state.stock.iter().map(|(sku, level)| (sku.to_string(), level.on_hand.thousandths()));
        levels.filter(|(_, thousandths)| *thousandths != 0).collect()
    }
}

fn provisioned() -> State {
    let mut state = State::default();
    for command in [
        HubCommand::OpenEpoch {
            epoch: EpochId(Uuid::from_u128(1)),
            hub: HubId(Uuid::from_u128(1)),
            hub_key: [0; 32],
            store: store(),
            parent: None,
        },
        HubCommand::ConfigureStore { profile: Box::new(profile()) },
        HubCommand::RegisterStaff { staff: StaffId(Uuid::from_u128(5)), number: STAFF, role: Role::Manager },
        HubCommand::EnrolTerminal {
            terminal: terminal(),
            name: Label::new("Till 1").unwrap(),
            secret_hash: [0; 32],
            number: NumberChoice::Next,
        },
    ] {
        let decision = decide_hub(&state, &command).unwrap();
        state.evolve_all(NOW, &decision.events, &mut Changes::default());
    }
    state
}

async fn answer(
    hub: FakeHub,
    done: Arc<Mutex<Done>>,
    catalog: Catalog,
    mut arrivals: Arrivals,
    lose_every: Option<u64>,
) {
    let mut outcomes: HashMap<CommandId, ([u8; 32], Reply)> = HashMap::new();
    while let Some(bytes) = arrivals.recv().await {
        done.lock().unwrap().requests.push(bytes.clone());
        let (command, print) = match Request::parse(&bytes).expect("tills send valid requests") {
            Request::Command(message) => message.into_command(terminal(), &bytes),
            Request::SignOn(message) => {
                let verdict = if message.pin.0 == PIN { PinVerdict::Correct } else { PinVerdict::Wrong };
                message.into_command(terminal(), verdict)
            }
            Request::Approved(message) => {
                let right = message.pin.as_ref().is_some_and(|pin| pin.0 == PIN);
                let verdict = if right { PinVerdict::Correct } else { PinVerdict::Wrong };
                message.into_command(terminal(), verdict)
            }
            Request::Offer(_) => panic!("this hub is the only one there ever was"),
        };
        debug_assert!(print != [0; 32] && fingerprint(&bytes) != [0; 32]);
        if let Some((known, reply)) = outcomes.get(&command.id) {
            if *known == print {
                hub.reply(reply);
            } else {
                let (code, text) = ("HF-CMD-003".to_owned(), "the id was used".to_owned());
                hub.reply(&Reply { id: command.id, answer: Answer::Rejected { code, text } });
            }
            continue;
        }
        let reply = record(&hub, &done, &catalog, &command, print);
        let records = done.lock().unwrap().records;
        outcomes.insert(command.id, (print, reply.clone()));
        if lose_every.is_none_or(|every| !records.is_multiple_of(every)) {
            hub.reply(&reply);
        }
    }
}

fn record(hub: &FakeHub, done: &Mutex<Done>, catalog: &Catalog, command: &Command, print: [u8; 32]) -> Reply {
    let business_date = BusinessDate::new(2027, 1, 15).unwrap();
    let mut state = hub.state.lock().unwrap();
    let decided = decide(
        &state,
        command,
        &Context {
            recorded_at: NOW,
            business_date,
            local: LocalTime::midnight(business_date),
            catalog,
            out_of_reach: &[],
        },
    );
    let outcome = match decided {
        Ok(decision) => {
            let mut changes = Changes::default();
            state.evolve_all(NOW, &decision.events, &mut changes);
            assert!(changes.violations.is_empty(), "{:?}", changes.violations);
            Outcome::Accepted { events: decision.events }
        }
        Err(refusal) => Outcome::Refused { refusal: refusal.note() },
    };
    let origin = Origin::Till { terminal: terminal(), command: command.id, fingerprint: print };
    let record = Record { recorded_at: NOW, origin, outcome };
    let mut done = done.lock().unwrap();
    done.records += 1;
    hub.set(|standing| standing.head_seq = done.records);
    let position = ReplyPosition { epoch: epoch(1), seq: done.records, hash: [0; 32] };
    let reply =
        accepted_or_refused(command.id, &StoredRecord { position, payload: encode_record(&record), record });
    if let Answer::Accepted { summary, .. } = &reply.answer {
        done.books.add(summary);
    }
    reply
}

/// A small assortment: counted, weighed and without stock.
pub(crate) fn assortment() -> Vec<Product> {
    let product = |number: i64, unit, stock, class: &str| Product {
        sku: Sku::new(&format!("P{number:02}")).unwrap(),
        description: Description::new(&format!("Product {number}")).unwrap(),
        barcodes: Vec::new(),
        unit,
        tax_class: TaxClass::new(class).unwrap(),
        unit_price: UnitPrice::new(Decimal::new(99 + 37 * number, 2)).unwrap(),
        stock,
        details: ProductDetails::default(),
    };
    let mut products: Vec<Product> =
        (0..20).map(|n| product(n, Unit::Piece, StockRule::Counter, "standard")).collect();
    products.extend((20..26).map(|n| product(n, Unit::Kilogram, StockRule::Counter, "zero")));
    products.push(product(26, Unit::Piece, StockRule::Untracked, "standard"));
    products
}
