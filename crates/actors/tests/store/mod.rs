//! A store in memory: real actors, real ledger, journal on memory storage, state twin in memory, no sockets, own clock.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, missing_debug_implementations, reason = "in a test a panic is the verdict")]

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use holdfast_actors::{Calendar, Clock, Ids, Observation, Parts, Pins, Running, TillLink, TillsHandle};
use holdfast_domain::attempt::{AskedTender, StartTender};
use holdfast_domain::bounded::{
    Address, Barcode, Description, Label, Reason, Sku, TaxClass, TaxCode, TenderCode, TimeZoneName,
};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::catalog::{Catalog, ItemRef, Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::{Action, HubCommand, NumberChoice, Settlement};
use holdfast_domain::event::CatalogSource;
use holdfast_domain::ids::{
    AttemptId, CommandId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, TerminalId, Uuid,
};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::{PinVerdict, Role, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBasis, TaxRate, TaxRounding, TaxRule};
use holdfast_domain::tender::TenderInput;
use holdfast_journal::{Journal, MemoryStorage, Options};
use holdfast_money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_protocol::message::{
    Answer, CommandMessage, CounterEvent, CounterNews, Pin, Reply, Request, SignOnMessage, TenderState,
    TenderView, TillEvent,
};
use holdfast_protocol::topics::Stream;
use holdfast_store::{MemoryStore, StateStore};

/// The first epoch of every store.
pub const EPOCH: EpochId = EpochId(Uuid::from_u128(0xE0));
pub const DEADLINE: Duration = Duration::from_secs(20);
/// When a till comes back that was told to.
const RETRY_AFTER: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub struct TestClock(pub AtomicI64);
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Debug, Default)]
pub struct TestIds(AtomicU64);
impl Ids for TestIds {
    fn uuid(&self) -> Uuid {
        // Names of actors are global to the process, so tests must not share them.
        static RUN: AtomicU64 = AtomicU64::new(1);
        Uuid::from_u128((u128::from(RUN.fetch_add(1, Ordering::Relaxed)) << 64) | 7)
    }
    fn random(&self) -> u64 {
        self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed)
    }
}

#[derive(Debug)]
pub struct OneDay;
impl Calendar for OneDay {
    fn business_date(&self, _: &StoreProfile, _: Timestamp) -> BusinessDate {
        BusinessDate::new(2026, 11, 30).unwrap()
    }
    fn local_time(&self, profile: &StoreProfile, at: Timestamp) -> LocalTime {
        LocalTime::midnight(self.business_date(profile, at))
    }
}

#[derive(Debug)]
pub struct OnePin;
impl Pins for OnePin {
    fn check(&self, _: TerminalId, _: StaffNumber, pin: &str) -> PinVerdict {
        if pin == "2468" { PinVerdict::Correct } else { PinVerdict::Wrong }
    }
}

#[derive(Debug, Default)]
pub struct TestLink {
    replies: Mutex<Vec<(TerminalId, u64, Reply)>>,
    pub published: Mutex<Vec<(Stream, serde_json::Value)>>,
    pub events: Mutex<Vec<(TerminalId, TillEvent)>>,
    /// What tills were shown for the moment, and which of them keep up with it: all, when nothing else is said.
    pub shown: Mutex<Vec<(TerminalId, CounterNews)>>,
    pub slow: Mutex<BTreeSet<TerminalId>>,
    pub arrived: tokio::sync::Notify,
}
impl TillLink for TestLink {
    fn reply(&self, terminal: TerminalId, connection: u64, payload: Bytes) {
        let reply = serde_json::from_slice(&payload).expect("replies are replies");
        self.replies.lock().unwrap().push((terminal, connection, reply));
        self.arrived.notify_waiters();
    }
    fn event(&self, terminal: TerminalId, payload: Bytes) {
        let event = serde_json::from_slice(&payload).expect("events are events");
        self.events.lock().unwrap().push((terminal, event));
        self.arrived.notify_waiters();
    }
    fn show(&self, terminal: TerminalId, payload: Bytes) -> bool {
        if self.slow.lock().unwrap().contains(&terminal) {
            return false;
        }
        let event: CounterEvent = serde_json::from_slice(&payload).expect("what is shown is an event");
        self.shown.lock().unwrap().push((terminal, event.counter));
        self.arrived.notify_waiters();
        true
    }
    fn publish(&self, stream: Stream, payload: Bytes) {
        self.published.lock().unwrap().push((stream, serde_json::from_slice(&payload).expect("JSON")));
    }
    fn disconnect(&self, _: TerminalId) {}
    fn present(&self) -> Vec<TerminalId> {
        Vec::new()
    }
}

pub struct Store {
    pub storage: Arc<MemoryStorage>,
    pub link: Arc<TestLink>,
    pub clock: Arc<TestClock>,
    pub state: Arc<MemoryStore>,
    pub running: Running,
    pub tills: TillsHandle,
    pub reader: holdfast_journal::Reader,
    pub counter: AtomicU64,
}

pub fn till(n: u128) -> TerminalId {
    TerminalId(Uuid::from_u128(0x7000 + n))
}

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

pub fn reason(text: &str) -> Reason {
    Reason::new(text).unwrap()
}

pub fn profile() -> StoreProfile {
    let rule = |class: &str, code: &str, percent: i64| TaxRule {
        class: TaxClass::new(class).unwrap(),
        rates: vec![TaxRate {
            code: TaxCode::new(code).unwrap(),
            rate: Rate::percent(Decimal::from(percent)).unwrap(),
        }],
    };
    StoreProfile {
        store: StoreId(Uuid::from_u128(0x570)),
        name: Label::new("Corner shop").unwrap(),
        legal_name: Label::new("Corner Shop Ltd").unwrap(),
        address: Address::new("1 High Street, Vienna").unwrap(),
        tax_id: Label::new("ATU00000000").unwrap(),
        currency: Currency::EUR,
        basis: TaxBasis::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        cash_step: Decimal::ZERO,
        time_zone: TimeZoneName::new("Europe/Vienna").unwrap(),
        cut_over_minutes: 240,
        taxes: vec![rule("standard", "A", 20), rule("reduced", "B", 10)],
    }
}

pub fn products() -> Vec<Product> {
    let product = |sku: &str, barcode: &str, price: i64, class: &str, stock| Product {
        sku: Sku::new(sku).unwrap(),
        description: Description::new(&format!("Item {sku}")).unwrap(),
        barcodes: vec![Barcode::new(barcode).unwrap()],
        unit: Unit::Piece,
        tax_class: TaxClass::new(class).unwrap(),
        unit_price: UnitPrice::new(Decimal::new(price, 2)).unwrap(),
        stock,
        details: ProductDetails::default(),
    };
    vec![
        product("MILK", "4006381333931", 119, "reduced", StockRule::Counter),
        product("SOAP", "5000112637922", 249, "standard", StockRule::Counter),
        product("RARE", "4012345678901", 9900, "standard", StockRule::Strict),
    ]
}

impl Store {
    /// A store with a catalog, a manager (number 1) and as many enrolled tills as asked for.
    pub async fn open(tills: u128) -> Self {
        Self::open_with(tills, |_| {}).await
    }

    /// As [`Store::open`], with other parts.
    pub async fn open_with(tills: u128, change: impl FnOnce(&mut Parts)) -> Self {
        let store = Self::start_with(Arc::new(MemoryStorage::new()), MemoryStore::new(), change).await;
        let ledger = store.running.ledger();
        let epoch = EPOCH;
        let (hub, hub_key, id) = (HubId(Uuid::from_u128(0x48)), [1; 32], profile().store);
        let catalog = Arc::new(Catalog::new(1, products()).unwrap());
        for command in [
            HubCommand::OpenEpoch { epoch, hub, hub_key, store: id, parent: None },
            HubCommand::ConfigureStore { profile: Box::new(profile()) },
            HubCommand::RegisterStaff {
                staff: StaffId(Uuid::from_u128(1)),
                number: StaffNumber(1),
                role: Role::Manager,
            },
        ] {
            ledger.hub_command(command).await.unwrap();
        }
        let activate =
            HubCommand::ActivateCatalog { content_hash: [2; 32], products: 3, source: CatalogSource::Import };
        ledger.activate_catalog(catalog, activate).await.unwrap();
        for n in 1..=tills {
            let name = Label::new(&format!("Till {n}")).unwrap();
            let enrol = HubCommand::EnrolTerminal {
                terminal: till(n),
                name,
                secret_hash: [3; 32],
                number: NumberChoice::Next,
            };
            ledger.hub_command(enrol).await.unwrap();
        }
        store
    }

    pub async fn start(storage: Arc<MemoryStorage>, state: Arc<MemoryStore>) -> Self {
        Self::start_with(storage, state, |_| {}).await
    }

    /// As [`Store::start`], with other parts.
    pub async fn start_with(
        storage: Arc<MemoryStorage>,
        state: Arc<MemoryStore>,
        change: impl FnOnce(&mut Parts),
    ) -> Self {
        let mut options = Options::new("/journal", holdfast_protocol::chain_hash);
        options.segment_bytes = 8 << 20;
        // A real hub's process ends here; a test looks at what was told before.
        options.on_fatal = |_| {};
        let (writer, reader, _) = Journal::open(options, Arc::clone(&storage) as _).unwrap();
        let (link, clock) =
            (Arc::new(TestLink::default()), Arc::new(TestClock(AtomicI64::new(1_796_000_000_000))));
        let mut catalog = Catalog::empty();
        state.with_state(&mut |known| {
            if known.catalog_version > 0 {
                catalog = Catalog::new(known.catalog_version, products()).unwrap();
            }
        });
        let journal = reader.clone();
        let mut parts = Parts {
            hub: HubId(Uuid::from_u128(0x48)),
            writer,
            reader,
            store: Arc::clone(&state) as _,
            catalog: Arc::new(catalog),
            clock: Arc::clone(&clock) as _,
            ids: Arc::new(TestIds::default()),
            calendar: Arc::new(OneDay),
            pins: Arc::new(OnePin),
            link: Arc::clone(&link) as _,
            uplink: None,
            printers: Vec::new(),
            template: Arc::default(),
            payments: Vec::new(),
            offline_limits: None,
            scanners: Vec::new(),
            scales: Vec::new(),
            software: "test".to_owned(),
            work: holdfast_actors::BlockingWork::Threads,
            watch: holdfast_actors::Watch::default(),
            notary: None,
            space: None,
        };
        change(&mut parts);
        let running = holdfast_actors::start(parts).await.unwrap();
        let tills = running.tills();
        Self { storage, link, clock, state, running, tills, reader: journal, counter: AtomicU64::new(1) }
    }

    /// What an actor shows of itself. One that is busy tells nothing for the moment and is asked again.
    pub async fn observed<T>(&self, of: impl Fn(Observation) -> Option<T>) -> T {
        let told = async {
            loop {
                if let Some(seen) = of(self.running.observe().await) {
                    return seen;
                }
            }
        };
        tokio::time::timeout(DEADLINE, told).await.expect("the actor tells of itself")
    }

    pub fn command_id(&self) -> CommandId {
        CommandId(Uuid::from_u128(0xC000_0000 + u128::from(self.counter.fetch_add(1, Ordering::Relaxed))))
    }

    pub fn request(&self, action: Action) -> (CommandId, Bytes) {
        let id = self.command_id();
        let message = CommandMessage { id, occurred_at: Timestamp(1_796_000_000_000), action };
        (id, Request::Command(message).to_bytes().into())
    }

    /// Sends bytes and waits for the next reply to that id.
    pub async fn exchange(&self, terminal: TerminalId, id: CommandId, payload: Bytes) -> Reply {
        let before = self.replies_to(id).len();
        self.tills.deliver(terminal, 1, payload);
        tokio::time::timeout(DEADLINE, async {
            loop {
                let arrived = self.link.arrived.notified();
                if let Some(reply) = self.replies_to(id).get(before) {
                    return reply.clone();
                }
                tokio::select! {
                    () = arrived => {}
                    () = tokio::time::sleep(Duration::from_millis(20)) => {}
                }
            }
        })
        .await
        .expect("the hub answers in time")
    }

    pub fn replies_to(&self, id: CommandId) -> Vec<Reply> {
        let replies = self.link.replies.lock().unwrap();
        replies.iter().filter(|(_, _, reply)| reply.id == id).map(|(_, _, reply)| reply.clone()).collect()
    }

    pub async fn send(&self, terminal: TerminalId, action: Action) -> Reply {
        let (id, payload) = self.request(action);
        loop {
            let reply = self.exchange(terminal, id, payload.clone()).await;
            if !matches!(reply.answer, Answer::Retry { .. }) {
                return reply;
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    pub async fn sign_on(&self, terminal: TerminalId, pin: &str) -> Reply {
        let id = self.command_id();
        let message = SignOnMessage {
            id,
            occurred_at: Timestamp(1_796_000_000_000),
            number: StaffNumber(1),
            pin: Pin(pin.to_owned()),
        };
        loop {
            // The till's actor may still be starting: then the hub says "busy" and the till asks again.
            let reply = self.exchange(terminal, id, Request::SignOn(message.clone()).to_bytes().into()).await;
            if !matches!(reply.answer, Answer::Retry { .. }) {
                return reply;
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    /// Signs on and opens a shift with 100.00.
    pub async fn open_shift(&self, terminal: TerminalId) {
        self.sign_on(terminal, "2468").await;
        let shift = ShiftId(self.command_id().0);
        let open = Action::OpenShift { shift, float: eur(10_000), day: BusinessDay::Today, mode: Mode::Live };
        match self.send(terminal, open).await.answer {
            Answer::Accepted { position, .. } => self.applied(position.seq).await,
            other => panic!("{other:?}"),
        }
    }

    pub fn place(&self, lines: &[(&str, i32)]) -> (OrderId, Action) {
        let order = OrderId(self.command_id().0);
        let lines = lines.iter().zip(1..).map(|((sku, quantity), number)| {
            LineInput::of(
                LineNumber(number),
                ItemRef::Sku(Sku::new(sku).unwrap()),
                Quantity::pieces(*quantity),
            )
        });
        let place = PlaceOrder::of(order, Channel::Counter, lines.collect());
        (order, Action::PlaceOrder(place))
    }

    pub fn pay(&self, order: OrderId, minor: i64) -> Action {
        self.pay_with(order, vec![TenderInput::cash(eur(minor))])
    }

    pub fn has_terminal(&self) -> bool {
        let mut any = false;
        self.state.with_state(&mut |state| any = !state.devices.is_empty());
        any
    }

    pub fn start_tender(&self, order: OrderId, minor: i64) -> Action {
        let asked = AskedTender::Pay { order, code: TenderCode::new("terminal").unwrap() };
        Action::StartTender(StartTender { epoch: EPOCH, asked, amount: eur(minor), tip: None, device: None })
    }

    /// How a payment stands, as a till reads it.
    pub fn standing(&self, attempt: AttemptId) -> Option<TenderState> {
        let mut found = None;
        self.state.with_state(&mut |state| found = state.attempts.get(&attempt).map(TenderView::of));
        found.map(|tender| tender.state)
    }

    pub fn pay_with(&self, order: OrderId, tenders: Vec<TenderInput>) -> Action {
        Action::Pay {
            order,
            tenders,
            tips: Vec::new(),
            settlement: Settlement::Full,
            receipt: ReceiptSource::Hub,
        }
    }

    pub async fn applied(&self, seq: u64) {
        tokio::time::timeout(DEADLINE, async {
            while self.state.applied().map_or(0, |at| at.seq) < seq {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("the state follows the journal");
    }

    pub fn stock(&self) -> HashMap<String, String> {
        let mut levels = HashMap::new();
        self.state.with_state(&mut |state| {
            levels =
                state.stock.iter().map(|(sku, level)| (sku.to_string(), level.on_hand.to_string())).collect();
        });
        levels
    }
}
