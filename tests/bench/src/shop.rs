//! A shop that really decides: every record is what a hub would write for the same order. What is closed is forgotten at
//! once, as the hub does, so that a shop of ten million orders fits where one of ten thousand does.

use holdfast_domain::bounded::{Address, Description, Label, Sku, TaxClass, TaxCode, TimeZoneName};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::catalog::{Catalog, ItemRef, Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::{Action, AdjustLine, HubCommand, NumberChoice, Settlement};
use holdfast_domain::event::{CatalogSource, DocumentOutcome, Event};
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{
    CommandId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, TerminalId, TransactionId, Uuid,
};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::{PinVerdict, Role, StaffNumber};
use holdfast_domain::state::Need;
use holdfast_domain::stock::AdjustmentReason;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBasis, TaxRate, TaxRounding, TaxRule};
use holdfast_domain::tender::TenderInput;
use holdfast_domain::{Command, Context, Origin, Outcome, Record, State, decide, decide_hub};
use holdfast_protocol::{encode_record, fingerprint};

const PRODUCTS: usize = 6_000;
const TILLS: usize = 10;
const LINES: u16 = 3;
/// The hub settles what was printed in batches.
const SETTLED_AT_ONCE: usize = 128;

/// Takes every record's stored bytes.
pub trait Sink {
    /// Takes one payload; the first call comes after the epoch was named.
    fn take(&mut self, payload: Vec<u8>) -> anyhow::Result<()>;
}

pub struct Shop<S> {
    sink: S,
    state: State,
    catalog: Catalog,
    tills: Vec<TerminalId>,
    unsettled: Vec<TransactionId>,
    /// Order ids are time-ordered and random below, as a till mints them.
    random: u64,
    time_ms: i64,
    basket: usize,
}

fn sku(index: usize) -> Sku {
    Sku::new(&format!("P{index:05}")).expect("a short number")
}

fn label(text: &str) -> Label {
    Label::new(text).expect("a short name")
}

fn catalog() -> Catalog {
    let product = |index: usize| Product {
        sku: sku(index),
        description: Description::new(&format!("Product number {index}")).expect("a short text"),
        barcodes: Vec::new(),
        unit: Unit::Piece,
        tax_class: TaxClass::new(if index.is_multiple_of(3) { "reduced" } else { "standard" })
            .expect("a short name"),
        unit_price: UnitPrice::new(Decimal::new(99 + 7 * (index as i64 % 400), 2)).expect("a price"),
        stock: StockRule::Counter,
        details: ProductDetails::default(),
    };
    Catalog::new(1, (0..PRODUCTS).map(product)).expect("a catalog")
}

fn profile(store: StoreId) -> StoreProfile {
    let rule = |class: &str, code: &str, percent: i64| TaxRule {
        class: TaxClass::new(class).expect("a short name"),
        rates: vec![TaxRate {
            code: TaxCode::new(code).expect("a code"),
            rate: Rate::percent(Decimal::from(percent)).expect("a rate"),
        }],
    };
    StoreProfile {
        store,
        name: label("Corner shop"),
        legal_name: label("Corner Shop Ltd"),
        address: Address::new("1 High Street").expect("a short address"),
        tax_id: label("ATU12345678"),
        currency: Currency::EUR,
        basis: TaxBasis::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        cash_step: Decimal::new(5, 2),
        time_zone: TimeZoneName::new("Europe/Vienna").expect("a zone"),
        cut_over_minutes: 240,
        taxes: vec![rule("standard", "A", 20), rule("reduced", "B", 10)],
    }
}

impl<S: Sink> Shop<S> {
    /// A shop that is open: ten tills with live shifts, 6,000 products in stock.
    pub fn open(epoch: [u8; 16], sink: S) -> anyhow::Result<Self> {
        let mut shop = Self {
            sink,
            state: State::default(),
            catalog: catalog(),
            tills: Vec::new(),
            unsettled: Vec::new(),
            random: 7,
            time_ms: 1_700_000_000_000,
            basket: 0,
        };
        let (epoch, store, hub) = (EpochId(Uuid::from_bytes(epoch)), StoreId(shop.id()), HubId(shop.id()));
        shop.hub(&HubCommand::OpenEpoch { epoch, hub, hub_key: [1; 32], store, parent: None })?;
        shop.hub(&HubCommand::ConfigureStore { profile: Box::new(profile(store)) })?;
        shop.hub(&HubCommand::ActivateCatalog {
            content_hash: [2; 32],
            products: PRODUCTS as u32,
            source: CatalogSource::Import,
        })?;
        let staff = StaffId(shop.id());
        shop.hub(&HubCommand::RegisterStaff { staff, number: StaffNumber(7), role: Role::Manager })?;
        for index in 0..TILLS {
            let terminal = TerminalId(shop.id());
            let name = label(&format!("Till {index}"));
            shop.hub(&HubCommand::EnrolTerminal {
                terminal,
                name,
                secret_hash: [3; 32],
                number: NumberChoice::Next,
            })?;
            shop.tills.push(terminal);
            shop.act(index, Action::SignOn { number: StaffNumber(7), verdict: PinVerdict::Correct })?;
            let (shift, float) = (ShiftId(shop.id()), Money::from_minor(10_000, Currency::EUR));
            shop.act(index, Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live })?;
        }
        for from in (0..PRODUCTS).step_by(500) {
            let received =
                |index| AdjustLine { item: ItemRef::Sku(sku(index)), quantity: Quantity::pieces(50_000) };
            let changes = (from..from + 500).map(received).collect();
            shop.act(0, Action::AdjustStock { changes, reason: AdjustmentReason::Received })?;
        }
        Ok(shop)
    }

    /// A counter sale: placed, then paid in cash. Two records, and one more for every 128 printed receipts.
    pub fn sell(&mut self, till: usize) -> anyhow::Result<()> {
        let till = till % TILLS;
        let order = OrderId(self.id());
        let lines = (1..=LINES).map(|number| self.line(number)).collect();
        let place = PlaceOrder::of(order, Channel::Counter, lines);
        self.act(till, Action::PlaceOrder(place))?;
        let tenders = vec![TenderInput::cash(Money::from_minor(50_000, Currency::EUR))];
        let receipt = ReceiptSource::Hub;
        let paid = self.act(
            till,
            Action::Pay { order, tenders, tips: Vec::new(), settlement: Settlement::Full, receipt },
        )?;
        self.state.forget(Need::Order(order));
        self.state.forget(Need::Sale(TransactionId(paid)));
        self.unsettled.push(TransactionId(paid));
        if self.unsettled.len() >= SETTLED_AT_ONCE {
            self.settle()?;
        }
        Ok(())
    }

    /// What is still on its way to a printer comes out, and the sink goes back to its owner.
    pub fn close(mut self) -> anyhow::Result<S> {
        self.settle()?;
        Ok(self.sink)
    }

    fn settle(&mut self) -> anyhow::Result<()> {
        let outcome = DocumentOutcome::Printed;
        let events: Vec<Event> = std::mem::take(&mut self.unsettled)
            .into_iter()
            .map(|transaction| Event::DocumentSettled { transaction, outcome })
            .collect();
        if events.is_empty() {
            return Ok(());
        }
        let recorded_at = self.now();
        self.keep(Record { recorded_at, origin: Origin::Hub, outcome: Outcome::Accepted { events } })
    }

    /// A few products make most of the sales.
    fn line(&mut self, number: u16) -> LineInput {
        self.basket += 1;
        let draw = usize::try_from(self.next() % (PRODUCTS as u64)).expect("small");
        let index = if self.basket.is_multiple_of(5) { draw } else { draw % 60 };
        LineInput::of(
            LineNumber(number),
            ItemRef::Sku(sku(index)),
            Quantity::pieces(1 + i32::try_from(self.next() % 3).expect("small")),
        )
    }

    fn act(&mut self, till: usize, action: Action) -> anyhow::Result<CommandId> {
        let (id, now) = (CommandId(self.id()), self.now());
        let terminal = self.tills[till];
        let command = Command { id, terminal, occurred_at: now, action, approval: None };
        let business_date = BusinessDate::new(2026, 11, 30).expect("a date");
        let context = Context {
            recorded_at: now,
            business_date,
            local: LocalTime::midnight(business_date),
            catalog: &self.catalog,
            out_of_reach: &[],
        };
        let decision = decide(&self.state, &command, &context)
            .map_err(|refusal| anyhow::anyhow!("the shop refused its own command: {refusal:?}"))?;
        let origin = Origin::Till { terminal, command: id, fingerprint: fingerprint(id.0.as_bytes()) };
        let outcome = Outcome::Accepted { events: decision.events };
        self.keep(Record { recorded_at: now, origin, outcome })?;
        Ok(id)
    }

    fn hub(&mut self, command: &HubCommand) -> anyhow::Result<()> {
        let decision = decide_hub(&self.state, command)
            .map_err(|refusal| anyhow::anyhow!("the shop refused the hub's command: {refusal:?}"))?;
        let recorded_at = self.now();
        let outcome = Outcome::Accepted { events: decision.events };
        self.keep(Record { recorded_at, origin: Origin::Hub, outcome })
    }

    fn keep(&mut self, record: Record) -> anyhow::Result<()> {
        let mut changes = Changes::default();
        self.state.evolve_all(record.recorded_at, record.outcome.events(), &mut changes);
        anyhow::ensure!(changes.violations.is_empty(), "{:?}", changes.violations);
        self.sink.take(encode_record(&record))
    }

    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn id(&mut self) -> Uuid {
        let (high, low) = (self.next(), self.next());
        let time = u128::from(self.time_ms.unsigned_abs()) << 80;
        let version = 0x7_u128 << 76;
        let variant = 0b10_u128 << 62;
        let random = (u128::from(high & 0xFFF) << 64) | u128::from(low >> 2);
        Uuid::from_u128(time | version | variant | random)
    }

    fn now(&mut self) -> Timestamp {
        self.time_ms += 37;
        Timestamp(self.time_ms)
    }
}
