//! A small shop that really decides, writes a journal, and remembers everything: what the stores are measured against.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use holdfast_domain::bounded::{Address, Description, Label, Reason, Sku, TaxClass, TaxCode, TimeZoneName};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::catalog::{Catalog, ItemRef, Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::Action;
use holdfast_domain::command::{
    AdjustLine, HubCommand, NumberChoice, ReturnGoods, ReturnLine, ReturnedGoods, Settlement, ShiftCount,
};
use holdfast_domain::event::Event;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{
    CommandId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, TerminalId, TransactionId, Uuid,
};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::{OwnRole, PinVerdict, Role, RoleNumber, StaffNumber};
use holdfast_domain::stock::AdjustmentReason;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBasis, TaxRate, TaxRounding, TaxRule};
use holdfast_domain::tender::TenderInput;
use holdfast_domain::{Command, Context, Origin, Outcome, Record, Refusal, State, decide, decide_hub};
use holdfast_journal::{CommitMode, Journal, MemoryStorage, Options, Reader, Writer};
use holdfast_protocol::message::StoredRecord;
use holdfast_protocol::{chain_hash, encode_record, fingerprint};
use holdfast_store::{BLOCK_RECORDS, ReconciliationTotals, StateStore, StoreError, stored_record};

pub const PRODUCTS: usize = 5;
pub const TILLS: usize = 2;

pub struct Shop {
    /// Where the journal lies.
    pub storage: MemoryStorage,
    pub writer: Writer,
    pub reader: Reader,
    /// Everything that ever happened; nothing is forgotten.
    pub state: State,
    pub records: Vec<StoredRecord>,
    pub tills: Vec<TerminalId>,
    pub orders: Vec<OrderId>,
    pub sales: Vec<TransactionId>,
    pub violations: BTreeMap<String, u64>,
    catalog: Catalog,
    last_id: u128,
    last_time: i64,
}

pub fn eur(cents: i64) -> Money {
    Money::from_minor(cents, Currency::EUR)
}

pub fn reason() -> Reason {
    Reason::new("changed their mind").expect("a short text")
}

fn sku(index: usize) -> Sku {
    Sku::new(&format!("P{index}")).expect("a short number")
}

fn products() -> Vec<Product> {
    let product = |index: usize| Product {
        sku: sku(index),
        description: Description::new(&format!("Product {index}")).expect("a short text"),
        barcodes: Vec::new(),
        unit: Unit::Piece,
        tax_class: TaxClass::new("standard").expect("a short name"),
        unit_price: UnitPrice::new(Decimal::new(199 + 100 * index as i64, 2)).expect("a price"),
        stock: StockRule::Counter,
        details: ProductDetails::default(),
    };
    (0..PRODUCTS).map(product).collect()
}

fn profile(store: StoreId) -> StoreProfile {
    let label = |text| Label::new(text).expect("a short name");
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
        taxes: vec![TaxRule {
            class: TaxClass::new("standard").expect("a short name"),
            rates: vec![TaxRate {
                code: TaxCode::new("A").expect("a code"),
                rate: Rate::percent(Decimal::from(20)).expect("a rate"),
            }],
        }],
    }
}

/// A journal in memory, committed by the test itself.
pub fn journal() -> (Writer, Reader) {
    journal_in(&MemoryStorage::new(), options())
}

fn options() -> Options {
    Options {
        segment_bytes: 4 << 20,
        group_bytes_max: 2 << 20,
        commit: CommitMode::Manual,
        ..Options::new("/journal", chain_hash)
    }
}

fn journal_in(storage: &MemoryStorage, options: Options) -> (Writer, Reader) {
    let (writer, reader, _) = Journal::open(options, Arc::new(storage.clone())).expect("the journal opens");
    (writer, reader)
}

impl Shop {
    /// A shop with nothing but its journal.
    pub fn empty() -> Self {
        Self::empty_with(options())
    }

    /// As [`Shop::empty`], with segments that a few hundred records fill.
    pub fn empty_with_small_segments() -> Self {
        Self::empty_with(Options {
            segment_bytes: 96 << 10,
            group_bytes_max: 32 << 10,
            record_bytes_max: 24 << 10,
            ..options()
        })
    }

    fn empty_with(options: Options) -> Self {
        let storage = MemoryStorage::new();
        let (writer, reader) = journal_in(&storage, options);
        Self {
            storage,
            writer,
            reader,
            state: State::default(),
            records: Vec::new(),
            tills: Vec::new(),
            orders: Vec::new(),
            sales: Vec::new(),
            violations: BTreeMap::new(),
            catalog: Catalog::new(1, products()).expect("a catalog"),
            last_id: 0,
            last_time: 1_700_000_000_000,
        }
    }

    /// The journal's first segment: where it lies and what it holds.
    pub fn first_segment(&self) -> (PathBuf, Vec<u8>) {
        let path = PathBuf::from("/journal/segment-0000000001.hfj");
        let bytes = self.storage.content(&path).expect("the journal has a first segment");
        (path, bytes)
    }

    /// A shop that is open: two tills, a manager signed on at both, live shifts, ten of everything in stock.
    pub fn open() -> Self {
        Self::open_as(1)
    }

    /// As [`Shop::open`], with a history of its own for every `identity`.
    pub fn open_as(identity: u128) -> Self {
        Self::empty().opened_as(identity)
    }

    /// The first day of a shop that has nothing but its journal.
    pub fn opened_as(self, identity: u128) -> Self {
        let mut shop = self;
        shop.last_id = identity << 64;
        let (epoch, store) = (EpochId(shop.id()), StoreId(shop.id()));
        shop.writer.begin_epoch(*epoch.0.as_bytes());
        let hub = HubId(shop.id());
        shop.hub(&HubCommand::OpenEpoch { epoch, hub, hub_key: [1; 32], store, parent: None });
        shop.hub(&HubCommand::ConfigureStore { profile: Box::new(profile(store)) });
        let source = holdfast_domain::event::CatalogSource::Import;
        shop.hub(&HubCommand::ActivateCatalog { content_hash: [2; 32], products: PRODUCTS as u32, source });
        let staff = StaffId(shop.id());
        shop.hub(&HubCommand::RegisterStaff { staff, number: StaffNumber(7), role: Role::Manager });
        let authority = Role::Supervisor.built_in(Currency::EUR).expect("it is built in");
        let name = Label::new("Shift lead").expect("a short name");
        shop.hub(&HubCommand::DefineRole { role: OwnRole { number: RoleNumber(3), name, authority } });
        for index in 0..TILLS {
            let terminal = TerminalId(shop.id());
            let name = Label::new(&format!("Till {index}")).expect("a short name");
            shop.hub(&HubCommand::EnrolTerminal {
                terminal,
                name,
                secret_hash: [3; 32],
                number: NumberChoice::Next,
            });
            shop.tills.push(terminal);
            shop.done(index, Action::SignOn { number: StaffNumber(7), verdict: PinVerdict::Correct });
            shop.open_shift(index, Mode::Live).expect("no shift is open yet");
        }
        let changes = (0..PRODUCTS)
            .map(|index| AdjustLine { item: ItemRef::Sku(sku(index)), quantity: Quantity::pieces(10) })
            .collect();
        shop.done(0, Action::AdjustStock { changes, reason: AdjustmentReason::Received });
        shop
    }

    pub fn id(&mut self) -> Uuid {
        self.last_id += 1;
        Uuid::from_u128(self.last_id)
    }

    fn now(&mut self) -> Timestamp {
        self.last_time += 1_000;
        Timestamp(self.last_time)
    }

    pub fn append(&mut self, record: Record) {
        let payload = encode_record(&record);
        let position = self.writer.append_durable(payload.clone()).expect("the journal takes it");
        let mut changes = Changes::default();
        self.state.evolve_all(record.recorded_at, record.outcome.events(), &mut changes);
        for violation in changes.violations {
            *self.violations.entry(violation.id().to_owned()).or_default() += 1;
        }
        for event in record.outcome.events() {
            match event {
                Event::OrderPlaced { order, .. } => self.orders.push(*order),
                Event::SaleCompleted { transaction, .. } => self.sales.push(*transaction),
                _ => {}
            }
        }
        let journaled = holdfast_journal::Record { position, payload };
        self.records.push(stored_record(journaled).expect("what was encoded can be decoded"));
    }

    pub fn hub(&mut self, command: &HubCommand) {
        let events = decide_hub(&self.state, command).expect("the hub's commands fit").events;
        let recorded_at = self.now();
        self.append(Record { recorded_at, origin: Origin::Hub, outcome: Outcome::Accepted { events } });
    }

    /// Decides a till's command and keeps what it came to, as the ledger does.
    pub fn act(&mut self, till: usize, action: Action) -> Result<CommandId, Refusal> {
        let (id, now) = (CommandId(self.id()), self.now());
        let command = Command { id, terminal: self.tills[till], occurred_at: now, action, approval: None };
        // A short day, so that shifts that are opened again have other dates.
        let day = u8::try_from(self.records.len() / 20 % 28).expect("below 28");
        let business_date = BusinessDate::new(2026, 11, day + 1).expect("a date");
        let context = Context {
            recorded_at: now,
            business_date,
            local: LocalTime::midnight(business_date),
            catalog: &self.catalog,
            out_of_reach: &[],
        };
        let decided = decide(&self.state, &command, &context);
        let outcome = match &decided {
            Ok(decision) => Outcome::Accepted { events: decision.events.clone() },
            Err(refusal) => Outcome::Refused { refusal: refusal.note() },
        };
        let fingerprint = fingerprint(id.0.as_bytes());
        let origin = Origin::Till { terminal: command.terminal, command: id, fingerprint };
        self.append(Record { recorded_at: now, origin, outcome });
        decided.map(|_| id)
    }

    pub fn done(&mut self, till: usize, action: Action) -> CommandId {
        self.act(till, action).expect("this command fits")
    }

    pub fn open_shift(&mut self, till: usize, mode: Mode) -> Result<ShiftId, Refusal> {
        let shift = ShiftId(self.id());
        self.act(till, Action::OpenShift { shift, float: eur(10_000), day: BusinessDay::Today, mode })?;
        Ok(shift)
    }

    pub fn close_shift(&mut self, till: usize) -> Result<ShiftId, Refusal> {
        let open = self.state.tills[&self.tills[till]].shift;
        let shift = open.unwrap_or(ShiftId(Uuid::nil()));
        self.act(till, Action::CloseShift { shift, declared: eur(10_000), count: ShiftCount::default() })?;
        Ok(shift)
    }

    pub fn lines(count: u16) -> Vec<LineInput> {
        let line = |number: u16| {
            LineInput::of(
                LineNumber(number),
                ItemRef::Sku(sku(usize::from(number) % PRODUCTS)),
                Quantity::pieces(1 + i32::from(number % 3)),
            )
        };
        (1..=count).map(line).collect()
    }

    pub fn place(&mut self, till: usize, lines: u16, channel: Channel) -> Result<OrderId, Refusal> {
        let order = OrderId(self.id());
        let place = PlaceOrder::of(order, channel, Self::lines(lines));
        self.act(till, Action::PlaceOrder(place))?;
        Ok(order)
    }

    pub fn pay(
        &mut self,
        till: usize,
        order: OrderId,
        cents: i64,
        settlement: Settlement,
    ) -> Result<TransactionId, Refusal> {
        let tenders = vec![TenderInput::cash(eur(cents))];
        let tips = match settlement {
            Settlement::Full => vec![TenderInput::cash(eur(25))],
            Settlement::Deposit => Vec::new(),
        };
        let pay = Action::Pay { order, tenders, tips, settlement, receipt: ReceiptSource::Hub };
        self.act(till, pay).map(TransactionId)
    }

    /// A counter sale of `lines` lines, paid with more than enough.
    pub fn sell(&mut self, till: usize, lines: u16) -> (OrderId, TransactionId) {
        let order = self.place(till, lines, Channel::Counter).expect("counter sales are never refused");
        (order, self.pay(till, order, 10_000_000, Settlement::Full).expect("paid with more than enough"))
    }

    pub fn give_back(
        &mut self,
        till: usize,
        original: TransactionId,
        line: u16,
    ) -> Result<TransactionId, Refusal> {
        let lines = vec![ReturnLine { line: LineNumber(line), quantity: Quantity::ONE }];
        let goods = ReturnedGoods::ByReceipt { original, lines };
        let returned = ReturnGoods { reason: reason(), receipt: ReceiptSource::Hub, goods, credit: None };
        self.act(till, Action::Return(returned)).map(TransactionId)
    }

    /// The state as a store shows it: without what is closed.
    pub fn open_state(&self) -> State {
        let mut state = self.state.clone();
        state.orders.retain(|_, order| !order.state.is_closed());
        state.sales.clear();
        state.closed_shifts.clear();
        state.subjects.clear();
        state
    }

    /// The sums, computed from the events alone.
    pub fn totals(&self) -> ReconciliationTotals {
        let mut sums = ReconciliationTotals {
            currency: self.state.profile.as_ref().map(|profile| profile.currency),
            ..ReconciliationTotals::default()
        };
        for event in self.records.iter().flat_map(|stored| stored.record.outcome.events()) {
            let Some((_, _, stamp)) = event.transaction() else {
                if let Event::TipTaken { stamp, tenders, .. } | Event::TipReturned { stamp, tenders, .. } =
                    event
                    && stamp.mode == Mode::Live
                {
                    sums.cash_minor += tenders.iter().map(|tip| tip.amount.minor()).sum::<i64>();
                }
                continue;
            };
            if stamp.mode == Mode::Training {
                continue;
            }
            sums.transactions += 1;
            match event {
                Event::SaleCompleted { totals, payment, .. } => {
                    sums.gross_minor += totals.gross.minor();
                    sums.net_minor += totals.net.minor();
                    sums.cash_minor += payment.cash().minor();
                }
                Event::GoodsReturned { totals, payment, .. }
                | Event::SalePostVoided { totals, payment, .. } => {
                    sums.gross_minor -= totals.gross.minor();
                    sums.net_minor -= totals.net.minor();
                    sums.cash_minor += payment.cash().minor();
                }
                Event::DepositTaken { payment, .. } => sums.cash_minor += payment.cash().minor(),
                _ => {}
            }
        }
        sums
    }

    /// Everything that a store answers, against everything the shop remembers.
    pub fn check(&self, store: &dyn StateStore) {
        self.try_check(store).expect("readable");
    }

    /// As [`Shop::check`]: an answer may fail, but none may be wrong.
    pub fn try_check(&self, store: &dyn StateStore) -> Result<(), StoreError> {
        assert_eq!(store.applied(), self.records.last().map(|stored| stored.position));
        store.with_state(&mut |state| assert_eq!(*state, self.open_state()));
        assert_eq!(store.totals(), self.totals());
        assert_eq!(store.violations(), self.violations);
        for (id, order) in &self.state.orders {
            assert_eq!(store.order(*id)?.as_ref(), Some(order));
        }
        for (id, sale) in &self.state.sales {
            assert_eq!(store.sale(*id)?.as_ref(), Some(sale));
        }
        for shift in &self.state.closed_shifts {
            assert!(store.shift_closed(*shift)?);
        }
        for shift in self.state.shifts.keys() {
            assert!(!store.shift_closed(*shift)?);
        }
        for (id, standing) in &self.state.subjects {
            assert_eq!(store.subject(*id).expect("readable"), Some(standing.clone()));
        }
        for stored in &self.records {
            let Some((command, fingerprint)) = stored.record.origin.command() else { continue };
            let kept = store.outcome(command)?.expect("every command has its outcome");
            assert_eq!((kept.seq, kept.fingerprint), (stored.position.seq, fingerprint));
        }
        self.check_transactions(store)?;
        self.check_days(store)
    }

    /// Every date leads to the blocks that hold something of it, and to no other.
    fn check_days(&self, store: &dyn StateStore) -> Result<(), StoreError> {
        let mut blocks: BTreeMap<BusinessDate, BTreeSet<u64>> = BTreeMap::new();
        for stored in &self.records {
            for stamp in stored.record.outcome.events().iter().filter_map(|event| event.stamp()) {
                let of_date = blocks.entry(stamp.business_date).or_default();
                of_date.insert(stored.position.seq / BLOCK_RECORDS);
            }
        }
        for (date, expected) in &blocks {
            assert_eq!(store.blocks_of_dates(*date, *date)?, expected.iter().copied().collect::<Vec<_>>());
        }
        let (Some((first, _)), Some((last, _))) = (blocks.first_key_value(), blocks.last_key_value()) else {
            return Ok(());
        };
        let all: BTreeSet<u64> = blocks.values().flatten().copied().collect();
        assert_eq!(store.blocks_of_dates(*first, *last)?, all.into_iter().collect::<Vec<_>>());
        let later = BusinessDate::new(last.year() + 1, 1, 1).expect("a date");
        assert_eq!(store.blocks_of_dates(later, later)?, Vec::<u64>::new());
        Ok(())
    }

    fn check_transactions(&self, store: &dyn StateStore) -> Result<(), StoreError> {
        let mut expected = Vec::new();
        for stored in self.records.iter().rev() {
            for event in stored.record.outcome.events() {
                if let Some((transaction, receipt, _)) = event.transaction() {
                    let entry = store.transaction(transaction)?.expect("kept");
                    assert_eq!((entry.view.transaction, entry.view.receipt), (transaction, receipt));
                    assert_eq!(
                        (entry.seq, entry.recorded_at),
                        (stored.position.seq, stored.record.recorded_at)
                    );
                    let by_receipt = store.transaction_by_receipt(receipt)?;
                    assert_eq!(by_receipt.as_ref(), Some(&entry));
                    expected.push(entry);
                }
            }
        }
        let mut paged = Vec::new();
        let mut before = None;
        loop {
            let page = store.latest_transactions(before, 7)?;
            let Some(last) = page.last() else { break };
            before = Some(last.seq);
            paged.extend(page);
        }
        assert_eq!(paged, expected);
        Ok(())
    }
}
