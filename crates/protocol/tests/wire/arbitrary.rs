//! Any value of every stored kind, from a seed. Sums need not add up: the stored form carries what it is given.

mod amendments;
mod book;
mod day;
mod electronic;
mod island;
mod orders;
mod tenders;

use holdfast_domain::bounded::{
    Address, Barcode, Description, Label, Reason, Sku, TaxClass, TaxCode, TimeZoneName,
};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::{CashFlow, CashMovement};
use holdfast_domain::catalog::{StockRule, Unit};
use holdfast_domain::event::{
    CatalogSource, DocumentOutcome, Event, Parent, ReturnSource, Stamp, VoidNumberReason,
};
use holdfast_domain::ids::{
    CommandId, CountId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, SubjectId, TerminalId,
    TransactionId, Uuid,
};
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, Line, LineFate, LineNumber};
use holdfast_domain::money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_domain::order::{Channel, Totals};
use holdfast_domain::receipt::{ReceiptNumber, Series, TillNumber};
use holdfast_domain::refusal::RefusalNote;
use holdfast_domain::sale::ReturnedLine;
use holdfast_domain::shift::{Mode, ShiftFigures};
use holdfast_domain::staff::{
    Authority, CashLimit, Limits, OwnRole, Permission, Role, RoleNumber, StaffNumber,
};
use holdfast_domain::stock::{AdjustmentReason, CountScope, StockChange};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::subject::{ErasureCause, ErasureReason};
use holdfast_domain::tax::{AppliedTax, TaxBasis, TaxRate, TaxRounding, TaxRule, TaxTotal};
use holdfast_domain::tender::{Payment, Tender, TenderKind};
use holdfast_domain::{Origin, Outcome, Record};

/// Names every variant of an enum once: the match refuses to compile without one, the list is what files are held against.
macro_rules! variants {
    ($list:ident, $name:ident, $ty:ty { $($variant:ident),+ $(,)? }) => {
        pub const $list: &[&str] = &[$(stringify!($variant)),+];

        pub fn $name(value: &$ty) -> &'static str {
            type T = $ty;
            match value {
                $(T::$variant { .. } => stringify!($variant)),+
            }
        }
    };
}
pub(crate) use variants;

variants!(
    EVENTS,
    event_name,
    Event {
        EpochOpened,
        StoreConfigured,
        CatalogActivated,
        StaffRegistered,
        TerminalEnrolled,
        TerminalRevoked,
        SignedOn,
        SignedOff,
        ShiftOpened,
        ShiftClosed,
        OrderPlaced,
        OrderCancelled,
        BasketAbandoned,
        DepositTaken,
        SaleCompleted,
        OrderFulfilled,
        GoodsReturned,
        SalePostVoided,
        StockAdjusted,
        StockWentNegative,
        ReceiptNumberVoided,
        ClockStepped,
        DocumentSettled,
        SubjectRegistered,
        SubjectErased,
        CashMoved,
        DrawerOpened,
        CashReported,
        RoleDefined,
        OverrideApproved,
        TendersConfigured,
        TendersReported,
        TillLocked,
        CountStarted,
        ProductCounted,
        CountFinished,
        CountCancelled,
        ReorderLevelSet,
        StockRanLow,
        ReservationLimited,
        ReservationExpired,
        SoldAfterExpiry,
        SubjectGrouped,
        OrderTermsSet,
        TaxesConfigured,
        OrderParked,
        OrderRetrieved,
        OrdersCarriedOver,
        CopyPrinted,
        OrderEdited,
        OrderAskedFor,
        AgeChecked,
        GoodsExchanged,
        DayClosed,
        ShiftCorrected,
        ShiftMoved,
        ValueIssued,
        ValueIssueVoided,
        ValueRedeemed,
        ValueRefunded,
        ValueStandingSet,
        ValueReported,
        AccountSet,
        AccountsReported,
        TipTaken,
        TipReturned,
        TipsReported,
        SubjectMerged,
        CatalogAmended,
        StaffAdded,
        PaymentDevicesConfigured,
        TenderStarted,
        TenderSent,
        TenderApproved,
        TenderDeclined,
        TenderInDoubt,
        TenderAbortAsked,
        TenderResolved,
        TenderReleased,
        TenderTaken,
        TenderUnclaimed,
        TendersCarriedOver,
        DeviceReconciliationAsked,
        DeviceReconciled,
        DevicesCarriedOver,
        OfflineLimitsSet,
        TenderApprovedOffline,
        DrawerMoved,
        SoldAlone,
        ReceiptAliased,
        SignedOnAlone,
    }
);
variants!(ORIGINS, origin_name, Origin { Hub, Till, Offered });
variants!(OUTCOMES, outcome_name, Outcome { Accepted, Refused });

/// A deterministic source of values (SplitMix64).
pub struct Source(pub u64);

impl Source {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()].clone()
    }

    pub fn uuid(&mut self) -> Uuid {
        let (high, low) = (u128::from(self.next()), u128::from(self.next()));
        let version = 0x0000_0000_0000_7000_8000_0000_0000_0000;
        Uuid::from_u128(((high << 64 | low) & !0x0000_0000_0000_F000_C000_0000_0000_0000) | version)
    }

    pub fn hash(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| u8::try_from(self.below(256)).unwrap())
    }

    pub fn small(&mut self) -> u32 {
        u32::try_from(self.below(2_000)).unwrap()
    }

    /// Mostly small, sometimes as large as it gets.
    fn signed(&mut self, most: i64) -> i64 {
        match self.below(8) {
            0 => most,
            1 => -most,
            2 => 0,
            _ => i64::try_from(self.below(20_000)).unwrap() - 10_000,
        }
    }

    pub fn money(&mut self) -> Money {
        let currency = self.pick(&["EUR", "EUR", "USD", "JPY", "KWD"]);
        let currency = Currency::from_code(currency).unwrap();
        Money::from_minor(self.signed(holdfast_domain::money::MINOR_MAX), currency)
    }

    pub fn quantity(&mut self) -> Quantity {
        Quantity::from_thousandths(self.signed(holdfast_domain::money::QUANTITY_MAX * 1_000))
    }

    fn price(&mut self) -> UnitPrice {
        let most = holdfast_domain::money::UNIT_PRICE_MAX * 10_000;
        UnitPrice::from_ten_thousandths(self.signed(most).abs()).unwrap()
    }

    fn rate(&mut self) -> Rate {
        Rate::from_millionths(u32::try_from(self.below(10_000_001)).unwrap()).unwrap()
    }

    fn text(&mut self, most: usize) -> String {
        const LETTERS: &[char] = &['a', 'Z', '0', '9', ' ', '-', 'ß', 'é', '€', '猫', '"', '\\', '🍎'];
        let length = 1 + self.below(most as u64 - 1);
        // Letters at both ends, because what is trimmed away is not part of a text.
        let inner: String = (1..length).map(|_| self.pick(LETTERS)).collect();
        let text = format!("x{}", inner.trim_end());
        text.chars().take(most).collect::<String>().trim_end().to_owned()
    }

    fn ascii(&mut self, most: u64) -> String {
        let length = 1 + self.below(most);
        (0..length).map(|_| self.pick(&['A', 'B', '0', '7'])).collect()
    }

    pub fn sku(&mut self) -> Sku {
        Sku::new(&self.ascii(40)).unwrap()
    }

    fn barcode(&mut self) -> Barcode {
        Barcode::new(&self.ascii(48)).unwrap()
    }

    pub fn label(&mut self) -> Label {
        Label::new(&self.text(Label::MAX)).unwrap()
    }

    pub fn reason(&mut self) -> Reason {
        Reason::new(&self.text(Reason::MAX)).unwrap()
    }

    fn tax_class(&mut self) -> TaxClass {
        TaxClass::new(&self.ascii(16)).unwrap()
    }

    fn tax_code(&mut self) -> TaxCode {
        TaxCode::new(&self.ascii(8)).unwrap()
    }

    pub fn timestamp(&mut self) -> Timestamp {
        Timestamp(match self.below(8) {
            0 => 0,
            1 => -1,
            2 => 253_402_207_199_999,
            3 => -377_705_023_201_000,
            _ => 1_700_000_000_000 + i64::try_from(self.below(1 << 38)).unwrap(),
        })
    }

    pub fn date(&mut self) -> BusinessDate {
        let (year, month, day) = (1970 + self.below(8_030), 1 + self.below(12), 1 + self.below(28));
        BusinessDate::new(year.try_into().unwrap(), month.try_into().unwrap(), day.try_into().unwrap())
            .unwrap()
    }

    fn several<T>(&mut self, most: u64, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| one(self)).collect()
    }

    fn maybe<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flip().then(|| one(self))
    }

    pub fn command(&mut self) -> CommandId {
        CommandId(self.uuid())
    }

    pub fn transaction(&mut self) -> TransactionId {
        TransactionId(self.command())
    }

    pub fn terminal(&mut self) -> TerminalId {
        TerminalId(self.uuid())
    }

    pub fn receipt(&mut self) -> ReceiptNumber {
        let series = self.pick(&[Series::Hub, Series::Island, Series::Training]);
        let till = TillNumber(1 + u16::try_from(self.below(9_999)).unwrap());
        ReceiptNumber { till, series, number: u32::try_from(self.below(1 << 32)).unwrap() }
    }

    pub fn stamp(&mut self) -> Stamp {
        Stamp {
            terminal: self.terminal(),
            operator: StaffId(self.uuid()),
            shift: ShiftId(self.uuid()),
            business_date: self.date(),
            mode: self.pick(&[Mode::Live, Mode::Training]),
            occurred_at: self.timestamp(),
        }
    }

    fn fate(&mut self) -> LineFate {
        if self.flip() { LineFate::Kept } else { LineFate::Voided { reason: self.reason() } }
    }

    pub fn line(&mut self) -> Line {
        let price = match self.flip() {
            true => AppliedPrice::List { unit_price: self.price() },
            false => AppliedPrice::Override {
                unit_price: self.price(),
                list_price: self.price(),
                reason: self.reason(),
            },
        };
        let discount = match self.below(3) {
            0 => AppliedDiscount::None,
            1 => AppliedDiscount::Percent { rate: self.rate(), amount: self.money(), reason: self.reason() },
            _ => AppliedDiscount::Amount { amount: self.money(), reason: self.reason() },
        };
        Line {
            number: LineNumber(u16::try_from(self.below(65_536)).unwrap()),
            sku: self.sku(),
            description: Description::new(&self.text(Description::MAX)).unwrap(),
            scanned: self.maybe(Self::barcode),
            unit: self.pick(&[Unit::Piece, Unit::Kilogram, Unit::Litre, Unit::Metre]),
            stock: self.pick(&[StockRule::Counter, StockRule::Strict, StockRule::Untracked]),
            quantity: self.quantity(),
            price_list: self.label(),
            price,
            extended: self.money(),
            discount,
            tax_class: self.tax_class(),
            taxes: self.several(3, |s| AppliedTax { code: s.tax_code(), rate: s.rate(), tax: s.money() }),
            net: self.money(),
            gross: self.money(),
            fate: self.fate(),
        }
    }

    pub fn totals(&mut self) -> Totals {
        Totals { net: self.money(), tax: self.money(), gross: self.money(), discount: self.money() }
    }

    fn tax_totals(&mut self) -> Vec<TaxTotal> {
        self.several(3, |s| TaxTotal { code: s.tax_code(), rate: s.rate(), net: s.money(), tax: s.money() })
    }

    pub fn payment(&mut self) -> Payment {
        Payment {
            due: self.money(),
            tenders: self.several(3, |s| Tender { kind: TenderKind::Cash, amount: s.money() }),
            rounding: self.money(),
            change: self.money(),
        }
    }

    fn basis(&mut self) -> TaxBasis {
        self.pick(&[TaxBasis::Inclusive, TaxBasis::Exclusive])
    }

    pub fn profile(&mut self) -> StoreProfile {
        StoreProfile {
            store: StoreId(self.uuid()),
            name: self.label(),
            legal_name: self.label(),
            address: Address::new(&self.text(Address::MAX)).unwrap(),
            tax_id: self.label(),
            currency: self.money().currency(),
            basis: self.basis(),
            tax_rounding: self.pick(&[TaxRounding::PerLine, TaxRounding::PerTotal]),
            cash_step: self.pick(&[Decimal::ZERO, Decimal::new(5, 2), Decimal::new(1, 1)]),
            time_zone: TimeZoneName::new("Europe/Vienna").unwrap(),
            cut_over_minutes: u16::try_from(self.below(1_440)).unwrap(),
            taxes: self.several(3, |s| TaxRule {
                class: s.tax_class(),
                rates: s.several(3, |s| TaxRate { code: s.tax_code(), rate: s.rate() }),
            }),
        }
    }

    pub fn figures(&mut self) -> ShiftFigures {
        ShiftFigures {
            sales: self.small(),
            returns: self.small(),
            post_voids: self.small(),
            cancelled: self.small(),
            gross: self.money(),
            net: self.money(),
            discount: self.money(),
            returned: self.money(),
            deposits: self.money(),
            rounding: self.money(),
            cash_expected: self.money(),
            taxes: self.tax_totals(),
        }
    }

    pub fn own_role(&mut self) -> OwnRole {
        OwnRole {
            number: RoleNumber(u16::try_from(self.below(65_536)).unwrap()),
            name: self.label(),
            authority: Authority {
                permissions: self.several(16, |s| s.pick(&Permission::ALL)).into_iter().collect(),
                limits: Limits {
                    line_discount: self.rate(),
                    basket_discount: self.rate(),
                    cash_refund: match self.flip() {
                        true => CashLimit::Unlimited,
                        false => CashLimit::UpTo(self.money()),
                    },
                },
            },
        }
    }

    fn adjustment(&mut self) -> AdjustmentReason {
        let other = AdjustmentReason::Other(self.reason());
        self.pick(&[AdjustmentReason::Received, AdjustmentReason::Counted, AdjustmentReason::Waste, other])
    }

    /// An event of the variant at `index` of [`EVENTS`].
    pub fn event(&mut self, index: usize) -> Event {
        let (terminal, transaction, order) = (self.terminal(), self.transaction(), OrderId(self.uuid()));
        let (stamp, receipt, staff) = (self.stamp(), self.receipt(), StaffId(self.uuid()));
        match EVENTS[index] {
            "EpochOpened" => Event::EpochOpened {
                epoch: EpochId(self.uuid()),
                hub: HubId(self.uuid()),
                hub_key: self.hash(),
                store: StoreId(self.uuid()),
                parent: self.maybe(|s| Parent { epoch: EpochId(s.uuid()), seq: s.next(), hash: s.hash() }),
            },
            "StoreConfigured" => Event::StoreConfigured { profile: Box::new(self.profile()) },
            "CatalogActivated" => Event::CatalogActivated {
                version: self.next(),
                content_hash: self.hash(),
                products: self.small(),
                source: self.pick(&[CatalogSource::Import, CatalogSource::Headquarters]),
            },
            "StaffRegistered" => Event::StaffRegistered {
                staff,
                number: StaffNumber(self.small()),
                role: self.pick(&[Role::Cashier, Role::Manager]),
            },
            "TerminalEnrolled" => Event::TerminalEnrolled {
                terminal,
                number: receipt.till,
                name: self.label(),
                secret_hash: self.hash(),
            },
            "TerminalRevoked" => Event::TerminalRevoked { terminal },
            "SignedOn" => Event::SignedOn { terminal, staff, occurred_at: self.timestamp() },
            "SignedOff" => Event::SignedOff { terminal, staff, occurred_at: self.timestamp() },
            "ShiftOpened" => Event::ShiftOpened { stamp, float: self.money() },
            "ShiftClosed" => Event::ShiftClosed {
                stamp,
                z_number: self.small(),
                figures: Box::new(self.figures()),
                declared: self.money(),
                over_short: self.money(),
            },
            "OrderPlaced" => Event::OrderPlaced {
                stamp,
                order,
                channel: self.pick(&[Channel::Counter, Channel::NotInHand]),
                customer: self.maybe(|s| SubjectId(s.uuid())),
                basis: self.basis(),
                lines: self.several(3, Self::line),
                totals: self.totals(),
            },
            "OrderCancelled" => {
                Event::OrderCancelled { stamp, transaction, receipt, order, reason: self.reason() }
            }
            "BasketAbandoned" => Event::BasketAbandoned {
                stamp,
                transaction,
                receipt,
                basis: self.basis(),
                lines: self.several(3, Self::line),
                reason: self.reason(),
            },
            "DepositTaken" => {
                Event::DepositTaken { stamp, transaction, receipt, order, payment: self.payment() }
            }
            "SaleCompleted" => Event::SaleCompleted {
                stamp,
                transaction,
                receipt,
                order,
                basis: self.basis(),
                totals: self.totals(),
                taxes: self.tax_totals(),
                payment: self.payment(),
            },
            "OrderFulfilled" => Event::OrderFulfilled { stamp, order },
            "GoodsReturned" => Event::GoodsReturned {
                stamp,
                transaction,
                receipt,
                source: match self.flip() {
                    true => ReturnSource::Receipt { original: self.transaction() },
                    false => ReturnSource::NoReceipt,
                },
                basis: self.basis(),
                lines: self.several(3, |s| ReturnedLine {
                    original: s.maybe(|s| LineNumber(u16::try_from(s.below(65_536)).unwrap())),
                    line: s.line(),
                }),
                totals: self.totals(),
                taxes: self.tax_totals(),
                payment: self.payment(),
                reason: self.reason(),
            },
            "SalePostVoided" => Event::SalePostVoided {
                stamp,
                transaction,
                receipt,
                original: self.transaction(),
                totals: self.totals(),
                taxes: self.tax_totals(),
                payment: self.payment(),
                reason: self.reason(),
            },
            "StockAdjusted" => Event::StockAdjusted {
                stamp,
                changes: self.several(4, |s| StockChange { sku: s.sku(), quantity: s.quantity() }),
                reason: self.adjustment(),
            },
            "StockWentNegative" => Event::StockWentNegative { sku: self.sku(), on_hand: self.quantity() },
            "ReceiptNumberVoided" => Event::ReceiptNumberVoided {
                terminal,
                number: receipt,
                reason: self.pick(&[VoidNumberReason::SkippedByTill, VoidNumberReason::LostWithHub]),
            },
            "ClockStepped" => Event::ClockStepped { before: self.timestamp(), after: self.timestamp() },
            "DocumentSettled" => Event::DocumentSettled {
                transaction,
                outcome: self.pick(&[
                    DocumentOutcome::Printed,
                    DocumentOutcome::NotPrinted,
                    DocumentOutcome::Unknown,
                ]),
            },
            "SubjectRegistered" => {
                Event::SubjectRegistered { subject: SubjectId(self.uuid()), terminal, staff }
            }
            "SubjectErased" => Event::SubjectErased {
                subject: SubjectId(self.uuid()),
                cause: match self.flip() {
                    true => ErasureCause::Person { staff, reason: self.pick(&ErasureReason::ALL) },
                    false => ErasureCause::EarlierHub,
                },
            },
            "CashMoved" => Event::CashMoved {
                stamp,
                transaction,
                receipt,
                movement: self.pick(&CashMovement::ALL),
                amount: self.money(),
                reason: self.reason(),
            },
            "DrawerOpened" => Event::DrawerOpened { stamp, reason: self.reason() },
            "CashReported" => Event::CashReported {
                stamp,
                z_number: self.small(),
                cash: Box::new(CashFlow {
                    paid_in: self.money(),
                    paid_out: self.money(),
                    dropped: self.money(),
                    loaned: self.money(),
                    no_sales: self.small(),
                }),
            },
            "RoleDefined" => Event::RoleDefined { role: Box::new(self.own_role()) },
            "OverrideApproved" => {
                Event::OverrideApproved { stamp, approver: staff, permission: self.pick(&Permission::ALL) }
            }
            "TendersConfigured" => Event::TendersConfigured { types: self.several(4, Self::tender_type) },
            "TendersReported" => Event::TendersReported {
                stamp,
                z_number: self.small(),
                tenders: self.several(4, Self::tender_line),
            },
            "TillLocked" => Event::TillLocked { terminal, staff, occurred_at: self.timestamp() },
            "CountStarted" => Event::CountStarted {
                stamp,
                count: CountId(self.uuid()),
                scope: match self.flip() {
                    true => CountScope::Full,
                    false => CountScope::Products(self.several(4, Self::sku).into_iter().collect()),
                },
            },
            "ProductCounted" => Event::ProductCounted {
                stamp,
                count: CountId(self.uuid()),
                sku: self.sku(),
                found: self.quantity(),
                book: self.quantity(),
            },
            "CountFinished" => Event::CountFinished {
                stamp,
                count: CountId(self.uuid()),
                counted: self.small(),
                uncounted: self.small(),
                listed: self.several(4, Self::sku),
            },
            "CountCancelled" => {
                Event::CountCancelled { stamp, count: CountId(self.uuid()), reason: self.reason() }
            }
            "ReorderLevelSet" => Event::ReorderLevelSet { stamp, sku: self.sku(), level: self.quantity() },
            "StockRanLow" => {
                Event::StockRanLow { sku: self.sku(), available: self.quantity(), level: self.quantity() }
            }
            "SubjectGrouped" => Event::SubjectGrouped {
                subject: SubjectId(self.uuid()),
                group: self.maybe(Self::label),
                staff,
            },
            "SubjectMerged" => {
                let (subject, into) = (SubjectId(self.uuid()), SubjectId(self.uuid()));
                Event::SubjectMerged { subject, into, staff }
            }
            "OrderTermsSet" => Event::OrderTermsSet { order, terms: self.order_terms() },
            "TaxesConfigured" => Event::TaxesConfigured { table: Box::new(self.taxes()) },
            of_day @ ("DayClosed" | "ShiftCorrected" | "ShiftMoved") => {
                self.of_day(of_day, stamp, transaction)
            }
            of_devices
                if ["Tender", "PaymentDevices", "Device", "Offline", "DrawerMoved"]
                    .iter()
                    .any(|of| of_devices.starts_with(of)) =>
            {
                self.of_devices(of_devices, stamp, transaction)
            }
            alone @ ("SoldAlone" | "ReceiptAliased" | "SignedOnAlone") => {
                self.of_island(alone, stamp, transaction, order)
            }
            amended @ ("CatalogAmended" | "StaffAdded") => self.amended(amended, staff),
            of_people if of_people.starts_with("Account") || of_people.starts_with("Tip") => {
                self.of_people(of_people, stamp, transaction, order)
            }
            of_value if of_value.starts_with("Value") => self.of_value(of_value, stamp, transaction, receipt),
            of_order => self.of_order(of_order, stamp, order),
        }
    }

    /// An origin of the variant at `index` of [`ORIGINS`].
    pub fn origin(&mut self, index: usize) -> Origin {
        let (terminal, command, fingerprint) = (self.terminal(), self.command(), self.hash());
        match ORIGINS[index] {
            "Hub" => Origin::Hub,
            "Till" => Origin::Till { terminal, command, fingerprint },
            "Offered" => {
                let (epoch, seq) = (EpochId(self.uuid()), self.next());
                Origin::Offered { terminal, command, fingerprint, epoch, seq }
            }
            other => panic!("{other} is in the list and cannot be made"),
        }
    }

    pub fn record(&mut self) -> Record {
        let mut record = self.record_of(EVENTS.len());
        if let Outcome::Accepted { events } = &mut record.outcome
            && self.flip()
        {
            *events = events.drain(..).map(|event| self.with_typed_tenders(event)).collect();
        }
        record
    }

    /// A record of the first so many kinds of events: the same from the same seed, however many kinds there are later.
    pub fn record_of(&mut self, kinds: usize) -> Record {
        let origin = usize::try_from(self.below(ORIGINS.len() as u64)).unwrap();
        let outcome = if self.below(8) == 0 {
            let refusal = RefusalNote { code: "HF-CMD-132".into(), text: self.text(80) };
            Outcome::Refused { refusal }
        } else {
            let events = self.several(4, |s| {
                let index = usize::try_from(s.below(kinds as u64)).unwrap();
                s.event(index)
            });
            Outcome::Accepted { events }
        };
        Record { recorded_at: self.timestamp(), origin: self.origin(origin), outcome }
    }
}
