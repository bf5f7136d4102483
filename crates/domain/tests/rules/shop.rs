//! A small shop with two tills, and the one place that decides, folds and checks every invariant on the way.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::bounded::{
    Barcode, Description, Label, PriceGroup, Reason, Sku, TaxClass, TenderCode, TenderReference,
};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::{Catalog, ItemRef, Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::{
    AdjustLine, HubCommand, NumberChoice, ReturnGoods, ReturnLine, ReturnedGoods, Settlement, ShiftCount,
};
use holdfast_domain::context::OutOfReach;
use holdfast_domain::event::{CatalogSource, VoidNumberReason};
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{
    CommandId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, SubjectId, TerminalId, TransactionId, Uuid,
};
use holdfast_domain::invariant::{check_event, check_state};
use holdfast_domain::line::{DiscountInput, LineFate, LineInput, LineNumber, PriceInput};
use holdfast_domain::money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_domain::order::{
    Channel, Claim, EditOrder, Order, OrderEdit, ParkOrder, ParkedBasket, PlaceOrder,
};
use holdfast_domain::receipt::{ReceiptSource, Series};
use holdfast_domain::sale::{CopyForm, Sale};
use holdfast_domain::shift::{BusinessDay, Mode, ShiftFigures};
use holdfast_domain::staff::{
    Approval, Authority, CashLimit, Limits, OwnRole, Permission, PinVerdict, Role, RoleNumber, StaffNumber,
};
use holdfast_domain::stock::{AdjustmentReason, StockLevel};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::subject::{ErasureCause, ErasureReason};
use holdfast_domain::tax::{TaxBasis, TaxRate, TaxRounding, TaxRule};
use holdfast_domain::tender::{DeclaredTender, Payment, TenderChoice, TenderInput, TenderType};
use holdfast_domain::{Action, Command, Context, Effect, Event, Refusal, State, decide, decide_hub};

pub const TILL: TerminalId = TerminalId(Uuid::from_u128(0x7111));
pub const OTHER_TILL: TerminalId = TerminalId(Uuid::from_u128(0x7112));
pub const STORE: StoreId = StoreId(Uuid::from_u128(0x5701));
/// The hub's first.
pub const EPOCH: EpochId = EpochId(Uuid::from_u128(1));
pub const CASHIER: u32 = 100;
pub const MANAGER: u32 = 900;

pub fn decimal(text: &str) -> Decimal {
    holdfast_domain::money::parse_decimal(text).expect("a decimal")
}

pub fn eur(text: &str) -> Money {
    Money::new(decimal(text), Currency::EUR).expect("an amount")
}

pub fn qty(text: &str) -> Quantity {
    Quantity::new(decimal(text)).expect("a quantity")
}

pub fn sku(text: &str) -> Sku {
    Sku::new(text).expect("a product number")
}

pub fn reason(text: &str) -> Reason {
    Reason::new(text).expect("a reason")
}

pub fn date(text: &str) -> BusinessDate {
    text.parse().expect("a date")
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    pub transaction: TransactionId,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

impl Done {
    pub fn names(&self) -> Vec<&'static str> {
        self.events.iter().map(Event::name).collect()
    }

    pub fn payment(&self) -> &Payment {
        let payment = self.events.iter().find_map(|event| match event {
            Event::SaleCompleted { payment, .. }
            | Event::DepositTaken { payment, .. }
            | Event::GoodsReturned { payment, .. }
            | Event::SalePostVoided { payment, .. }
            | Event::ValueIssued { payment, .. }
            | Event::ValueIssueVoided { payment, .. } => Some(payment),
            _ => None,
        });
        payment.expect("a transaction with money")
    }

    /// What left the drawer, positive.
    pub fn paid_out(&self) -> Money {
        -self.payment().cash()
    }

    pub fn receipt(&self) -> String {
        self.events.iter().find_map(Event::transaction).expect("a transaction").1.to_string()
    }
}

/// The last receipt number seen in each series of each till, kept apart from the state.
pub type Numbers = BTreeMap<(TerminalId, Series), u32>;

#[derive(Clone)]
pub struct Shop {
    pub state: State,
    pub catalog: Catalog,
    pub today: BusinessDate,
    /// Of the day, local.
    pub minute: u16,
    pub log: Vec<Event>,
    pub numbers: Numbers,
    /// Numbers of a till's own series that were given up and whose receipt may still come.
    given_up: BTreeSet<(TerminalId, u32)>,
    /// Devices that nobody reached just now.
    pub out_of_reach: Vec<OutOfReach>,
    ids: u128,
    clock: i64,
}

impl Shop {
    /// Open for business: the cashier is signed on at [`TILL`] and has a live shift with a float of 100.00.
    pub fn open() -> Self {
        Self::open_with(|_| {})
    }

    pub fn open_with(change: impl FnOnce(&mut StoreProfile)) -> Self {
        let mut shop = Self::closed_with(change);
        shop.sign_on(TILL, CASHIER);
        shop.open_shift(TILL, Mode::Live);
        shop
    }

    pub fn closed() -> Self {
        Self::closed_with(|_| {})
    }

    /// Configured, tills and staff known, nobody signed on.
    pub fn closed_with(change: impl FnOnce(&mut StoreProfile)) -> Self {
        let mut shop = Self::bare();
        let mut profile = profile();
        change(&mut profile);
        shop.hub(HubCommand::ConfigureStore { profile: Box::new(profile) }).expect("a first profile");
        let source = CatalogSource::Import;
        shop.hub(HubCommand::ActivateCatalog { content_hash: [1; 32], products: 9, source })
            .expect("a catalog");
        for (number, role) in [(CASHIER, Role::Cashier), (MANAGER, Role::Manager)] {
            shop.hub(register(number, role)).expect("a free number");
        }
        shop.hub(enrol(TILL, NumberChoice::Next)).expect("a free number");
        shop.hub(enrol(OTHER_TILL, NumberChoice::Next)).expect("a free number");
        shop
    }

    /// A hub that has opened its first epoch and knows nothing else.
    pub fn bare() -> Self {
        let mut shop = Self {
            state: State::default(),
            catalog: catalog(),
            today: date("2026-11-20"),
            minute: 600,
            log: Vec::new(),
            numbers: Numbers::new(),
            given_up: BTreeSet::new(),
            out_of_reach: Vec::new(),
            ids: 1 << 64,
            clock: 1_790_000_000_000,
        };
        let (epoch, hub) = (EPOCH, HubId(Uuid::from_u128(2)));
        let open = HubCommand::OpenEpoch { epoch, hub, hub_key: [7; 32], store: STORE, parent: None };
        shop.hub(open).expect("a first epoch");
        shop
    }

    pub fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    pub fn hub(&mut self, command: HubCommand) -> Result<Vec<Event>, Refusal> {
        let decision = decide_hub(&self.state, &command)?;
        self.fold(&decision.events);
        Ok(decision.events)
    }

    /// The operator at [`TILL`] registers a customer.
    pub fn register(&mut self, subject: SubjectId) -> Result<Vec<Event>, Refusal> {
        self.hub(HubCommand::RegisterSubject { subject, terminal: TILL })
    }

    pub fn erase(&mut self, subject: SubjectId, by: u32) -> Result<Vec<Event>, Refusal> {
        let cause = ErasureCause::Person { staff: staff(by), reason: ErasureReason::CustomerRequest };
        self.hub(HubCommand::EraseSubject { subject, cause })
    }

    pub fn group(&mut self, subject: SubjectId, group: Option<&str>, by: u32) -> Result<Vec<Event>, Refusal> {
        let group = group.map(|group| PriceGroup::new(group).expect("a name"));
        self.hub(HubCommand::GroupSubject { subject, group, staff: staff(by) })
    }

    pub fn merge(&mut self, subject: SubjectId, into: SubjectId, by: u32) -> Result<Vec<Event>, Refusal> {
        self.hub(HubCommand::MergeSubject { subject, into, staff: staff(by) })
    }

    pub fn define(&mut self, role: OwnRole) -> Result<Vec<Event>, Refusal> {
        self.hub(HubCommand::DefineRole { role })
    }

    /// Decides a command of a till, folds what it led to, and checks every invariant.
    pub fn ask(&mut self, terminal: TerminalId, action: Action) -> Result<Done, Refusal> {
        self.ask_with(terminal, action, None)
    }

    /// A command that a second person approves.
    pub fn ask_approved(
        &mut self,
        terminal: TerminalId,
        action: Action,
        number: u32,
        verdict: PinVerdict,
    ) -> Result<Done, Refusal> {
        self.ask_with(terminal, action, Some(Approval { number: StaffNumber(number), verdict }))
    }

    fn ask_with(
        &mut self,
        terminal: TerminalId,
        action: Action,
        approval: Option<Approval>,
    ) -> Result<Done, Refusal> {
        let id = CommandId(self.id());
        self.clock += 1_000;
        let command = Command { id, terminal, occurred_at: Timestamp(self.clock), action, approval };
        let context = Context {
            recorded_at: Timestamp(self.clock),
            business_date: self.today,
            local: LocalTime { date: self.today, minute: self.minute },
            catalog: &self.catalog,
            out_of_reach: &self.out_of_reach,
        };
        let decision = decide(&self.state, &command, &context)?;
        self.fold(&decision.events);
        Ok(Done { transaction: TransactionId(id), events: decision.events, effects: decision.effects })
    }

    /// The hub's clock.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock)
    }

    /// Time passes, in minutes.
    pub fn wait(&mut self, minutes: i64) {
        self.clock += minutes * 60_000;
    }

    /// Folds events as a record of the journal would be folded.
    pub fn fold(&mut self, events: &[Event]) {
        for event in events {
            assert_eq!(check_event(event), vec![], "{event:?}");
            self.audit_number(event);
        }
        let mut changes = Changes::default();
        self.state.evolve_all(Timestamp(self.clock), events, &mut changes);
        assert_eq!(changes.violations, vec![], "{events:?}");
        assert_eq!(check_state(&self.state), vec![], "{events:?}");
        self.log.extend_from_slice(events);
    }

    /// NUM-1, from the events alone.
    fn audit_number(&mut self, event: &Event) {
        let used = match event {
            Event::ReceiptNumberVoided { terminal, number, .. }
            | Event::ReceiptAliased { terminal, alias: number, .. } => Some((*terminal, *number)),
            other => other.transaction().map(|(_, number, stamp)| (stamp.terminal, number)),
        };
        let Some((terminal, number)) = used else { return };
        let own = (terminal, number.number);
        if number.series == Series::Island && self.given_up.remove(&own) {
            return;
        }
        if let Event::ReceiptNumberVoided { reason: VoidNumberReason::SkippedByTill, .. } = event {
            self.given_up.insert(own);
        }
        let last = self.numbers.entry((terminal, number.series)).or_default();
        assert_eq!(number.number, *last + 1, "{number} follows {last}");
        *last = number.number;
    }

    pub fn sign_on(&mut self, till: TerminalId, number: u32) {
        let action = Action::SignOn { number: StaffNumber(number), verdict: PinVerdict::Correct };
        self.ask(till, action).expect("the PIN is right");
    }

    pub fn open_shift(&mut self, till: TerminalId, mode: Mode) -> ShiftId {
        let shift = ShiftId(self.id());
        let action = Action::OpenShift { shift, float: eur("100"), day: BusinessDay::Today, mode };
        self.ask(till, action).expect("no shift is open");
        shift
    }

    pub fn close_shift(&mut self, till: TerminalId, declared: &str) -> Result<Done, Refusal> {
        let shift = self.state.shift_of(till).expect("an open shift").id;
        self.ask(till, Action::CloseShift { shift, declared: eur(declared), count: ShiftCount::default() })
    }

    pub fn figures(&self, till: TerminalId) -> &ShiftFigures {
        &self.state.shift_of(till).expect("an open shift").figures
    }

    pub fn try_place(
        &mut self,
        till: TerminalId,
        channel: Channel,
        lines: &[LineInput],
    ) -> Result<OrderId, Refusal> {
        let order = OrderId(self.id());
        self.ask(till, place(order, channel, lines)).map(|_| order)
    }

    pub fn place(&mut self, lines: &[LineInput]) -> OrderId {
        self.try_place(TILL, Channel::Counter, lines).expect("an order that can be placed")
    }

    pub fn order(&self, order: OrderId) -> &Order {
        &self.state.orders[&order]
    }

    pub fn sale(&self, sale: TransactionId) -> &Sale {
        &self.state.sales[&sale]
    }

    pub fn stock(&self, product: &str) -> StockLevel {
        self.state.stock_level(&sku(product))
    }

    pub fn pay(&mut self, order: OrderId, amounts: &[&str]) -> Result<Done, Refusal> {
        self.ask(TILL, pay(order, amounts, Settlement::Full))
    }

    pub fn deposit(&mut self, order: OrderId, amount: &str) -> Result<Done, Refusal> {
        self.ask(TILL, pay(order, &[amount], Settlement::Deposit))
    }

    /// Pays with several tenders, as [`tender`] reads them.
    pub fn pay_with(&mut self, order: OrderId, given: &[&str]) -> Result<Done, Refusal> {
        self.ask(TILL, pay_with(order, given, Settlement::Full))
    }

    /// Places and pays with what is given.
    pub fn sell_for(&mut self, lines: &[LineInput], given: &[&str]) -> TransactionId {
        let order = self.place(lines);
        self.pay_with(order, given).expect("paid").transaction
    }

    /// Counts the cash and the tenders that are named as `voucher 10.00`.
    pub fn count_shift(&mut self, declared: &str, others: &[&str]) -> Result<Done, Refusal> {
        let shift = self.state.shift_of(TILL).expect("an open shift").id;
        let tenders = others.iter().map(|text| {
            let (code, amount) = text.split_once(' ').expect("a code and an amount");
            DeclaredTender { code: tender_code(code), amount: eur(amount), pieces: Vec::new() }
        });
        let count = ShiftCount { pieces: Vec::new(), tenders: tenders.collect() };
        self.ask(TILL, Action::CloseShift { shift, declared: eur(declared), count })
    }

    /// Places and pays with a banknote that is always enough.
    pub fn sell(&mut self, lines: &[LineInput]) -> TransactionId {
        let order = self.place(lines);
        self.pay(order, &["100000"]).expect("enough was tendered").transaction
    }

    pub fn bring_back(&mut self, sale: TransactionId, lines: &[(u16, &str)]) -> Result<Done, Refusal> {
        self.ask(TILL, by_receipt(sale, lines))
    }

    pub fn post_void(&mut self, sale: TransactionId) -> Result<Done, Refusal> {
        self.ask(TILL, Action::PostVoid { original: sale, reason: reason("rung up twice") })
    }

    /// As the manager, who takes the till for a moment.
    pub fn receive(&mut self, product: &str, quantity: &str) {
        let operator = self.state.tills[&TILL].operator;
        self.sign_on(TILL, MANAGER);
        self.ask(TILL, adjust(product, quantity)).expect("a delivery");
        if let Some(number) = operator.map(|id| self.state.staff[&id].number.0) {
            self.sign_on(TILL, number);
        }
    }
}

pub fn place(order: OrderId, channel: Channel, lines: &[LineInput]) -> Action {
    Action::PlaceOrder(PlaceOrder::of(order, channel, lines.to_vec()))
}

pub fn tenders(amounts: &[&str]) -> Vec<TenderInput> {
    amounts.iter().map(|amount| TenderInput::cash(eur(amount))).collect()
}

/// As `pay`, with `cash 5.00` or `card 3.99 4242 auth 77`: code, amount, and what finds it again.
pub fn pay_with(order: OrderId, given: &[&str], settlement: Settlement) -> Action {
    let tenders = given.iter().map(|text| tender(text)).collect();
    Action::Pay { order, tenders, tips: Vec::new(), settlement, receipt: ReceiptSource::Hub }
}

pub fn tender(text: &str) -> TenderInput {
    let mut parts = text.splitn(3, ' ');
    let (code, amount) = (parts.next().expect("a code"), parts.next().expect("an amount"));
    let reference = parts.next().map(|text| TenderReference::new(text).expect("a reference"));
    let kind = match code {
        "cash" => TenderChoice::Cash,
        code => TenderChoice::Typed { code: tender_code(code), reference },
    };
    TenderInput { kind, amount: eur(amount) }
}

pub fn tender_code(code: &str) -> TenderCode {
    TenderCode::new(code).expect("a code")
}

/// The default list after a change.
pub fn tender_list(change: impl FnOnce(&mut Vec<TenderType>)) -> HubCommand {
    let mut types = TenderType::defaults(Currency::EUR);
    change(&mut types);
    HubCommand::ConfigureTenders { types }
}

/// What a tender is, and how much of it, for comparing.
pub fn told(payment: &Payment) -> Vec<(String, Money)> {
    payment.tenders.iter().map(|tender| (tender.kind.code().to_string(), tender.amount)).collect()
}

pub fn pay(order: OrderId, amounts: &[&str], settlement: Settlement) -> Action {
    Action::Pay {
        order,
        tenders: tenders(amounts),
        tips: Vec::new(),
        settlement,
        receipt: ReceiptSource::Hub,
    }
}

pub fn pay_alone(order: OrderId, number: u32) -> Action {
    Action::Pay {
        tips: Vec::new(),
        order,
        tenders: tenders(&["100000"]),
        settlement: Settlement::Full,
        receipt: ReceiptSource::Island { number },
    }
}

pub fn by_receipt(original: TransactionId, lines: &[(u16, &str)]) -> Action {
    let lines =
        lines.iter().map(|(line, quantity)| ReturnLine { line: LineNumber(*line), quantity: qty(quantity) });
    Action::Return(ReturnGoods {
        reason: reason("does not fit"),
        receipt: ReceiptSource::Hub,
        goods: ReturnedGoods::ByReceipt { original, lines: lines.collect() },
        credit: None,
    })
}

pub fn without_receipt(lines: &[LineInput]) -> Action {
    Action::Return(ReturnGoods {
        reason: reason("receipt is lost"),
        receipt: ReceiptSource::Hub,
        goods: ReturnedGoods::NoReceipt { lines: lines.to_vec() },
        credit: None,
    })
}

pub fn adjust(product: &str, quantity: &str) -> Action {
    let line = AdjustLine { item: ItemRef::Sku(sku(product)), quantity: qty(quantity) };
    Action::AdjustStock { changes: vec![line], reason: AdjustmentReason::Received }
}

/// Discounts of 20 % on a line, 10 % on a basket, and refunds of 20.00.
pub fn frugal() -> OwnRole {
    let percent = |percent: &str| Rate::percent(decimal(percent)).expect("a rate");
    OwnRole {
        number: RoleNumber(1),
        name: Label::new("Holiday help").expect("a name"),
        authority: Authority {
            permissions: [Permission::Discount, Permission::RefundCash].into(),
            limits: Limits {
                line_discount: percent("20"),
                basket_discount: percent("10"),
                cash_refund: CashLimit::UpTo(eur("20")),
            },
        },
    }
}

/// What a manager may.
pub fn everything() -> Authority {
    Role::Manager.built_in(Currency::EUR).expect("it is built in")
}

pub fn register(number: u32, role: Role) -> HubCommand {
    HubCommand::RegisterStaff { staff: staff(number), number: StaffNumber(number), role }
}

pub fn staff(number: u32) -> StaffId {
    StaffId(Uuid::from_u128(0x57AF_0000 + u128::from(number)))
}

pub fn customer(number: u128) -> SubjectId {
    SubjectId(Uuid::from_u128(0xC057_0000 + number))
}

/// One tea for a customer.
pub fn place_for(customer: SubjectId) -> Action {
    Action::PlaceOrder(PlaceOrder {
        customer: Some(customer),
        ..PlaceOrder::of(OrderId(Uuid::from_u128(0x0DE4)), Channel::Counter, vec![line(1, "TEA", "1")])
    })
}

pub fn enrol(terminal: TerminalId, number: NumberChoice) -> HubCommand {
    let name = Label::new("front").expect("a name");
    HubCommand::EnrolTerminal { terminal, name, secret_hash: [9; 32], number }
}

pub fn line(number: u16, product: &str, quantity: &str) -> LineInput {
    LineInput::of(LineNumber(number), ItemRef::Sku(sku(product)), qty(quantity))
}

/// What a line is asked for besides its product and quantity.
pub trait Asked {
    fn at(self, unit_price: &str) -> Self;
    fn percent_off(self, percent: &str) -> Self;
    fn off(self, amount: &str) -> Self;
    fn voided(self) -> Self;
}

impl Asked for LineInput {
    fn at(mut self, unit_price: &str) -> Self {
        let unit_price = UnitPrice::new(decimal(unit_price)).expect("a price");
        self.price = PriceInput::Override { unit_price, reason: reason("damaged box") };
        self
    }

    fn percent_off(mut self, percent: &str) -> Self {
        let rate = Rate::percent(decimal(percent)).expect("a rate");
        self.discount = DiscountInput::Percent { rate, reason: reason("staff") };
        self
    }

    fn off(mut self, amount: &str) -> Self {
        self.discount = DiscountInput::Amount { amount: eur(amount), reason: reason("coupon") };
        self
    }

    fn voided(mut self) -> Self {
        self.fate = LineFate::Voided { reason: reason("changed mind") };
        self
    }
}

pub fn profile() -> StoreProfile {
    let rate = |code: &str, percent: &str| TaxRate {
        code: code.parse_code(),
        rate: Rate::percent(decimal(percent)).expect("a rate"),
    };
    let rule =
        |class: &str, rates: Vec<TaxRate>| TaxRule { class: TaxClass::new(class).expect("a class"), rates };
    StoreProfile {
        store: STORE,
        name: Label::new("Corner shop").expect("a name"),
        legal_name: Label::new("Corner shop Ltd").expect("a name"),
        address: holdfast_domain::bounded::Address::new("Main street 1").expect("an address"),
        tax_id: Label::new("ATU12345678").expect("an id"),
        currency: Currency::EUR,
        basis: TaxBasis::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        cash_step: Decimal::ZERO,
        time_zone: holdfast_domain::bounded::TimeZoneName::new("Europe/Vienna").expect("a zone"),
        cut_over_minutes: 240,
        taxes: vec![
            rule("standard", vec![rate("A", "20")]),
            rule("reduced", vec![rate("B", "10")]),
            rule("quebec", vec![rate("G", "5"), rate("Q", "9.975")]),
            rule("none", vec![]),
        ],
    }
}

trait ParseCode {
    fn parse_code(&self) -> holdfast_domain::bounded::TaxCode;
}

impl ParseCode for str {
    fn parse_code(&self) -> holdfast_domain::bounded::TaxCode {
        holdfast_domain::bounded::TaxCode::new(self).expect("a code")
    }
}

/// Number, price, tax class, unit, stock rule.
const PRODUCTS: [(&str, &str, &str, Unit, StockRule); 9] = [
    ("TEA", "3.99", "standard", Unit::Piece, StockRule::Counter),
    ("BREAD", "2.50", "reduced", Unit::Piece, StockRule::Counter),
    ("APPLES", "2.99", "reduced", Unit::Kilogram, StockRule::Counter),
    ("SYRUP", "1.10", "quebec", Unit::Piece, StockRule::Counter),
    ("WATCH", "99.00", "standard", Unit::Piece, StockRule::Strict),
    ("REPAIR", "15.00", "standard", Unit::Piece, StockRule::Untracked),
    ("BOOK", "10.00", "none", Unit::Piece, StockRule::Counter),
    ("SWEET", "0.01", "none", Unit::Piece, StockRule::Counter),
    ("GHOST", "1.00", "unheard-of", Unit::Piece, StockRule::Counter),
];

pub const TEA_BARCODE: &str = "4006381333931";

pub fn catalog() -> Catalog {
    let products = PRODUCTS.iter().map(|(number, price, class, unit, stock)| Product {
        sku: sku(number),
        description: Description::new(number).expect("a description"),
        barcodes: if *number == "TEA" { vec![Barcode::new(TEA_BARCODE).expect("a barcode")] } else { vec![] },
        unit: *unit,
        tax_class: TaxClass::new(class).expect("a class"),
        unit_price: UnitPrice::new(decimal(price)).expect("a price"),
        stock: stock.clone(),
        details: ProductDetails::default(),
    });
    Catalog::new(1, products).expect("unique numbers")
}

/// The corner shop's assortment with one product that is sold from 18 years on.
pub fn for_adults(product: &str) -> Catalog {
    let mut products: Vec<Product> = catalog().products().cloned().collect();
    for of in products.iter_mut().filter(|of| of.sku == sku(product)) {
        of.details.minimum_age = Some(18);
    }
    Catalog::new(2, products).expect("unique numbers")
}

pub fn park_new(order: OrderId, label: &str, lines: &[LineInput]) -> Action {
    let Action::PlaceOrder(draft) = place(order, Channel::Counter, lines) else { unreachable!("a draft") };
    let label = Label::new(label).expect("a name");
    Action::ParkOrder(ParkOrder { label, basket: ParkedBasket::Draft(Box::new(draft)) })
}

pub fn park(order: OrderId, revision: u32) -> Action {
    let label = Label::new("red scarf").expect("a name");
    Action::ParkOrder(ParkOrder { label, basket: ParkedBasket::Placed { order, revision } })
}

pub fn retrieve(order: OrderId, claim: Claim) -> Action {
    Action::RetrieveOrder { order, claim }
}

pub fn edit(order: OrderId, revision: u32, edits: &[OrderEdit]) -> Action {
    Action::EditOrder(EditOrder { order, revision, edits: edits.to_vec(), expected_total: None })
}

pub fn void_line(line: u16) -> OrderEdit {
    OrderEdit::VoidLine { line: LineNumber(line), reason: reason("changed mind") }
}

/// Without a reason where nothing is named.
pub fn to_quantity(line: u16, quantity: &str, why: Option<&str>) -> OrderEdit {
    let (line, quantity) = (LineNumber(line), qty(quantity));
    OrderEdit::ChangeQuantity { line, quantity, reason: why.map(reason) }
}

pub fn copy(original: TransactionId, form: CopyForm) -> Action {
    Action::PrintCopy { original, form }
}

pub fn move_cash(movement: CashMovement, amount: &str) -> Action {
    Action::MoveCash { movement, amount: eur(amount), reason: reason("change"), receipt: ReceiptSource::Hub }
}
