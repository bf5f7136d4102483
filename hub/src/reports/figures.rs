//! The sums of a business date, event by event. Pure: nothing is read and no amount is computed, events carry them all.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{ShiftId, StaffId, TerminalId};
use holdfast_domain::line::Line;
use holdfast_domain::order::Totals;
use holdfast_domain::shift::ShiftFigures;
use holdfast_domain::tax::TaxTotal;
use holdfast_domain::tender::{Payment, Tender, TenderClass, TenderCount, TenderKind};
use holdfast_money::Money;

/// Turnover of anything: all of it, an hour, a person, a till. Minor units of the store's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Turnover {
    pub sales: u64,
    pub returns: u64,
    pub post_voids: u64,
    /// Of sales, less returns and post-voids; tax included.
    pub gross_minor: i64,
    /// The same without tax.
    pub net_minor: i64,
    pub tax_minor: i64,
    /// What was taken off, less what came back of it.
    pub discount_minor: i64,
    /// Gross of returns and post-voids, positive.
    pub returned_minor: i64,
}

/// One product. Its quantities are thousandths of its unit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ProductTurnover {
    /// As the last line named it.
    pub description: String,
    pub sold_thousandths: i64,
    pub returned_thousandths: i64,
    pub gross_minor: i64,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub discount_minor: i64,
}

/// What was paid with one kind of tender, change taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tendered {
    /// Transactions with this kind of tender.
    pub transactions: u64,
    pub taken_minor: i64,
    /// Positive.
    pub given_back_minor: i64,
}

/// One rate: its code and its millionths.
pub(crate) type RateKey = (String, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Taxed {
    pub net_minor: i64,
    pub tax_minor: i64,
}

/// The figures that a Z has and the transactions of its date have too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    pub sales: u64,
    pub returns: u64,
    pub post_voids: u64,
    /// Orders cancelled and baskets abandoned.
    pub cancelled: u64,
    pub gross_minor: i64,
    pub net_minor: i64,
    pub discount_minor: i64,
    pub returned_minor: i64,
    /// Deposits taken and not yet part of a completed sale.
    pub deposits_minor: i64,
    pub taxes: BTreeMap<RateKey, Taxed>,
}

/// What is counted when a shift ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cash {
    /// What the drawer should hold, the float included.
    pub expected_minor: i64,
    pub rounding_minor: i64,
}

/// What was paid in a shift, or in several.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Drawer {
    pub cash: Cash,
    /// By the tender type's code.
    pub by_tender: BTreeMap<String, Tendered>,
}

/// What a reader is told of the drawers of shifts that are still open. They are counted blind, so only who may read an X
/// report is told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OpenDrawers {
    Shown,
    #[default]
    LeftOut,
}

/// The shifts of a date and what their Z reports say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Shifts {
    pub opened: u64,
    /// Those of which something was read and not their end.
    pub open: BTreeSet<ShiftId>,
    pub closed: BTreeSet<ShiftId>,
    /// The sum over every Z.
    pub z: Standing,
    pub z_cash: Cash,
    pub z_numbers: BTreeSet<u32>,
    pub over_short_minor: i64,
}

/// Everything that the reports show of a date, or of several together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    pub all: Turnover,
    pub standing: Standing,
    /// Hours of the store's clock in which it was recorded.
    pub by_hour: BTreeMap<u8, Turnover>,
    pub by_staff: BTreeMap<StaffId, Turnover>,
    /// In minor units, whoever took the money for the sale; they are no part of any turnover.
    pub tips_by_staff: BTreeMap<StaffId, i64>,
    pub by_till: BTreeMap<TerminalId, Turnover>,
    pub by_product: BTreeMap<String, ProductTurnover>,
    pub shifts: Shifts,
    /// Private, so that nobody reads what an open one should hold but through [`Figures::drawers`].
    drawers: BTreeMap<ShiftId, Drawer>,
    /// Records of these dates that this version cannot read; anything but none makes the sums incomplete.
    pub unreadable_records: u64,
}

/// A tender's name in reports: its type's code.
pub(crate) fn tender_name(kind: &TenderKind) -> String {
    kind.code().to_string()
}

#[derive(Clone, Copy)]
enum Way {
    Sold,
    Returned,
    PostVoided,
}

impl Way {
    fn sign(self) -> i64 {
        match self {
            Self::Sold => 1,
            Self::Returned | Self::PostVoided => -1,
        }
    }
}

impl Turnover {
    fn count(&mut self, way: Way, totals: &Totals) {
        match way {
            Way::Sold => self.sales += 1,
            Way::Returned => self.returns += 1,
            Way::PostVoided => self.post_voids += 1,
        }
        let sign = way.sign();
        self.gross_minor += sign * totals.gross.minor();
        self.net_minor += sign * totals.net.minor();
        self.tax_minor += sign * totals.tax.minor();
        self.discount_minor += sign * totals.discount.minor();
        if sign < 0 {
            self.returned_minor += totals.gross.minor();
        }
    }

    fn add(&mut self, other: &Self) {
        self.sales += other.sales;
        self.returns += other.returns;
        self.post_voids += other.post_voids;
        self.gross_minor += other.gross_minor;
        self.net_minor += other.net_minor;
        self.tax_minor += other.tax_minor;
        self.discount_minor += other.discount_minor;
        self.returned_minor += other.returned_minor;
    }
}

impl ProductTurnover {
    fn count(&mut self, way: Way, line: &Line) {
        line.description.as_str().clone_into(&mut self.description);
        let sign = way.sign();
        match way {
            Way::Sold => self.sold_thousandths += line.quantity.thousandths(),
            Way::Returned | Way::PostVoided => self.returned_thousandths += line.quantity.thousandths(),
        }
        self.gross_minor += sign * line.gross.minor();
        self.net_minor += sign * line.net.minor();
        self.tax_minor += sign * line.tax().minor();
        self.discount_minor += sign * line.discount.amount().map_or(0, Money::minor);
    }

    fn add(&mut self, other: &Self) {
        other.description.clone_into(&mut self.description);
        self.sold_thousandths += other.sold_thousandths;
        self.returned_thousandths += other.returned_thousandths;
        self.gross_minor += other.gross_minor;
        self.net_minor += other.net_minor;
        self.tax_minor += other.tax_minor;
        self.discount_minor += other.discount_minor;
    }
}

impl Standing {
    fn add_taxes(&mut self, sign: i64, taxes: &[TaxTotal]) {
        for tax in taxes {
            let of_rate = self.taxes.entry((tax.code.to_string(), tax.rate.millionths())).or_default();
            of_rate.net_minor += sign * tax.net.minor();
            of_rate.tax_minor += sign * tax.tax.minor();
        }
    }

    fn add_z(&mut self, z: &ShiftFigures) {
        self.sales += u64::from(z.sales);
        self.returns += u64::from(z.returns);
        self.post_voids += u64::from(z.post_voids);
        self.cancelled += u64::from(z.cancelled);
        self.gross_minor += z.gross.minor();
        self.net_minor += z.net.minor();
        self.discount_minor += z.discount.minor();
        self.returned_minor += z.returned.minor();
        self.deposits_minor += z.deposits.minor();
        self.add_taxes(1, &z.taxes);
    }

    fn add(&mut self, other: &Self) {
        self.sales += other.sales;
        self.returns += other.returns;
        self.post_voids += other.post_voids;
        self.cancelled += other.cancelled;
        self.gross_minor += other.gross_minor;
        self.net_minor += other.net_minor;
        self.discount_minor += other.discount_minor;
        self.returned_minor += other.returned_minor;
        self.deposits_minor += other.deposits_minor;
        for (rate, taxed) in &other.taxes {
            let of_rate = self.taxes.entry(rate.clone()).or_default();
            of_rate.net_minor += taxed.net_minor;
            of_rate.tax_minor += taxed.tax_minor;
        }
    }
}

impl Cash {
    fn add(&mut self, other: Self) {
        self.expected_minor += other.expected_minor;
        self.rounding_minor += other.rounding_minor;
    }
}

impl Drawer {
    fn pay(&mut self, payment: &Payment) {
        self.cash.rounding_minor += payment.rounding.minor();
        self.cash.expected_minor += payment.cash().minor();
        let mut by_kind: BTreeMap<String, i64> = BTreeMap::new();
        for tender in &payment.tenders {
            *by_kind.entry(tender_name(&tender.kind)).or_default() += tender.amount.minor();
        }
        // Change is given in cash, whatever it was given for.
        if !payment.change.is_zero() {
            *by_kind.entry(tender_name(&TenderKind::Cash)).or_default() -= payment.change.minor();
        }
        for (name, amount) in by_kind {
            let tendered = self.by_tender.entry(name).or_default();
            tendered.transactions += 1;
            if amount < 0 {
                tendered.given_back_minor -= amount;
            } else {
                tendered.taken_minor += amount;
            }
        }
    }

    /// It comes with a tender that is counted already.
    fn tip(&mut self, tip: &Tender) {
        let minor = tip.amount.minor();
        if tip.kind == TenderKind::Cash {
            self.cash.expected_minor += minor;
        }
        let tendered = self.by_tender.entry(tender_name(&tip.kind)).or_default();
        if minor < 0 {
            tendered.given_back_minor -= minor;
        } else {
            tendered.taken_minor += minor;
        }
    }

    fn add(&mut self, other: &Self) {
        self.cash.add(other.cash);
        for (kind, tendered) in &other.by_tender {
            let sum = self.by_tender.entry(kind.clone()).or_default();
            sum.transactions += tendered.transactions;
            sum.taken_minor += tendered.taken_minor;
            sum.given_back_minor += tendered.given_back_minor;
        }
    }
}

impl Shifts {
    fn add(&mut self, other: &Self) {
        self.opened += other.opened;
        self.open.extend(&other.open);
        self.closed.extend(&other.closed);
        self.z.add(&other.z);
        self.z_cash.add(other.z_cash);
        self.z_numbers.extend(&other.z_numbers);
        self.over_short_minor += other.over_short_minor;
    }
}

fn over_short(count: &TenderCount) -> i64 {
    match count {
        TenderCount::NotCounted => 0,
        TenderCount::Counted { over_short, .. } => over_short.minor(),
    }
}

impl Figures {
    /// Counts one event of the date. `lines` are the goods that it sold or took back, `hour` is the store's clock.
    pub fn count(&mut self, event: &Event, hour: u8, lines: &[Line]) {
        // Without its beginning, which this version may not be able to read, a shift is open all the same.
        if let Some(stamp) = event.stamp().filter(|stamp| !self.shifts.closed.contains(&stamp.shift)) {
            self.shifts.open.insert(stamp.shift);
        }
        match event {
            Event::ShiftOpened { stamp, float } => {
                self.shifts.opened += 1;
                self.drawer(stamp).cash.expected_minor += float.minor();
            }
            Event::ShiftClosed { stamp, z_number, figures, over_short, .. } => {
                self.shifts.open.remove(&stamp.shift);
                self.shifts.closed.insert(stamp.shift);
                self.shifts.z_numbers.insert(*z_number);
                self.shifts.z.add_z(figures);
                let (expected_minor, rounding_minor) =
                    (figures.cash_expected.minor(), figures.rounding.minor());
                self.shifts.z_cash.add(Cash { expected_minor, rounding_minor });
                self.shifts.over_short_minor += over_short.minor();
            }
            // What was counted is what somebody found to be true in the end.
            Event::ShiftCorrected { before, after, .. } if before.class == TenderClass::Cash => {
                self.shifts.over_short_minor += over_short(after) - over_short(&before.counted);
            }
            Event::OrderCancelled { .. } | Event::BasketAbandoned { .. } => self.standing.cancelled += 1,
            Event::DepositTaken { stamp, payment, .. } => {
                self.standing.deposits_minor += payment.due.minor();
                self.drawer(stamp).pay(payment);
            }
            Event::SaleCompleted { stamp, totals, taxes, payment, .. } => {
                self.standing.deposits_minor -= (totals.gross - payment.due).minor();
                self.turn_over(Way::Sold, stamp, hour, totals, taxes, lines);
                self.drawer(stamp).pay(payment);
            }
            Event::GoodsReturned { stamp, totals, taxes, payment, .. } => {
                self.turn_over(Way::Returned, stamp, hour, totals, taxes, lines);
                self.drawer(stamp).pay(payment);
            }
            Event::SalePostVoided { stamp, totals, taxes, payment, .. } => {
                self.turn_over(Way::PostVoided, stamp, hour, totals, taxes, lines);
                self.drawer(stamp).pay(payment);
            }
            // Money for what is not sold yet: no turnover, and the drawer holds it.
            Event::ValueIssued { stamp, payment, .. } | Event::ValueIssueVoided { stamp, payment, .. } => {
                self.drawer(stamp).pay(payment);
            }
            Event::TipTaken { stamp, tenders, .. } => self.tip(stamp, stamp.operator, tenders),
            Event::TipReturned { stamp, staff, tenders, .. } => self.tip(stamp, *staff, tenders),
            // Cash that moves without goods changes what the drawers hold, and is no tender of a customer.
            Event::CashMoved { stamp, movement, amount, .. } => {
                self.drawer(stamp).cash.expected_minor += movement.payment(*amount).cash().minor();
            }
            _ => {}
        }
    }

    fn turn_over(
        &mut self,
        way: Way,
        stamp: &Stamp,
        hour: u8,
        totals: &Totals,
        taxes: &[TaxTotal],
        lines: &[Line],
    ) {
        self.all.count(way, totals);
        self.by_hour.entry(hour).or_default().count(way, totals);
        self.by_staff.entry(stamp.operator).or_default().count(way, totals);
        self.by_till.entry(stamp.terminal).or_default().count(way, totals);
        for line in lines {
            self.by_product.entry(line.sku.to_string()).or_default().count(way, line);
        }
        let standing = &mut self.standing;
        match way {
            Way::Sold => standing.sales += 1,
            Way::Returned => standing.returns += 1,
            Way::PostVoided => standing.post_voids += 1,
        }
        let sign = way.sign();
        standing.gross_minor += sign * totals.gross.minor();
        standing.net_minor += sign * totals.net.minor();
        standing.discount_minor += sign * totals.discount.minor();
        if sign < 0 {
            standing.returned_minor += totals.gross.minor();
        }
        standing.add_taxes(sign, taxes);
    }

    /// No turnover: it is with the tenders in the drawer, and whose it is.
    fn tip(&mut self, stamp: &Stamp, staff: StaffId, tips: &[Tender]) {
        for tip in tips {
            self.drawer(stamp).tip(tip);
            *self.tips_by_staff.entry(staff).or_default() += tip.amount.minor();
        }
    }

    fn drawer(&mut self, stamp: &Stamp) -> &mut Drawer {
        self.drawers.entry(stamp.shift).or_default()
    }

    /// What was paid, and what the drawers should hold together: of every shift, or of the closed ones only.
    pub fn drawers(&self, open: OpenDrawers) -> Drawer {
        let mut sum = Drawer::default();
        let shown = |shift| open == OpenDrawers::Shown || !self.shifts.open.contains(shift);
        self.drawers.iter().filter(|(shift, _)| shown(*shift)).for_each(|(_, drawer)| sum.add(drawer));
        sum
    }

    /// Adds another date.
    pub fn add(&mut self, other: &Self) {
        self.all.add(&other.all);
        self.standing.add(&other.standing);
        for (hour, turnover) in &other.by_hour {
            self.by_hour.entry(*hour).or_default().add(turnover);
        }
        for (staff, turnover) in &other.by_staff {
            self.by_staff.entry(*staff).or_default().add(turnover);
        }
        for (staff, tips) in &other.tips_by_staff {
            *self.tips_by_staff.entry(*staff).or_default() += tips;
        }
        for (till, turnover) in &other.by_till {
            self.by_till.entry(*till).or_default().add(turnover);
        }
        for (sku, turnover) in &other.by_product {
            self.by_product.entry(sku.clone()).or_default().add(turnover);
        }
        for (shift, drawer) in &other.drawers {
            self.drawers.entry(*shift).or_default().add(drawer);
        }
        self.shifts.add(&other.shifts);
        self.unreadable_records += other.unreadable_records;
    }

    /// Whether every Z together says what the transactions say: none while a shift is open.
    pub fn agrees_with_z(&self) -> Option<bool> {
        let cash = self.drawers(OpenDrawers::Shown).cash;
        let agrees = || self.shifts.z == self.standing && self.shifts.z_cash == cash;
        self.shifts.open.is_empty().then(agrees)
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::calendar::Timestamp;
    use holdfast_domain::cash::CashMovement;
    use holdfast_domain::ids::{CommandId, OrderId, TransactionId, Uuid};
    use holdfast_domain::receipt::{ReceiptNumber, Series, TillNumber};
    use holdfast_domain::shift::Mode;
    use holdfast_money::Currency;

    use super::*;

    const RECEIPT: ReceiptNumber = ReceiptNumber { till: TillNumber(1), series: Series::Hub, number: 1 };

    fn transaction() -> TransactionId {
        TransactionId(CommandId(Uuid::from_u128(4)))
    }

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn stamp(shift: u128) -> Stamp {
        Stamp {
            terminal: TerminalId(Uuid::from_u128(1)),
            operator: StaffId(Uuid::from_u128(2)),
            shift: ShiftId(Uuid::from_u128(shift)),
            business_date: "2026-11-28".parse().unwrap(),
            mode: Mode::Live,
            occurred_at: Timestamp(0),
        }
    }

    fn opened(shift: u128) -> Event {
        Event::ShiftOpened { stamp: stamp(shift), float: eur(10_000) }
    }

    fn dropped(shift: u128) -> Event {
        Event::CashMoved {
            stamp: stamp(shift),
            transaction: transaction(),
            receipt: RECEIPT,
            movement: CashMovement::Drop,
            amount: eur(4_000),
            reason: holdfast_domain::bounded::Reason::new("to the safe").unwrap(),
        }
    }

    fn closed(shift: u128, cash_expected: Money) -> Event {
        Event::ShiftClosed {
            stamp: stamp(shift),
            z_number: 7,
            figures: Box::new(ShiftFigures { cash_expected, ..ShiftFigures::new(eur(10_000)) }),
            declared: eur(6_000),
            over_short: eur(0),
        }
    }

    fn deposit(shift: u128) -> Event {
        let payment = Payment {
            due: eur(1_998),
            tenders: vec![Tender { kind: TenderKind::Cash, amount: eur(2_500) }],
            rounding: eur(2),
            change: eur(500),
        };
        let order = OrderId(Uuid::from_u128(5));
        let (transaction, receipt) = (transaction(), RECEIPT);
        Event::DepositTaken { stamp: stamp(shift), transaction, receipt, order, payment }
    }

    #[test]
    fn an_open_drawer_is_left_out_until_it_is_counted() {
        let mut figures = Figures::default();
        // Of the second shift this version cannot read how it began.
        for event in [opened(3), deposit(3), dropped(4), deposit(4)] {
            figures.count(&event, 9, &[]);
        }
        assert_eq!(figures.shifts.open.len(), 2);
        assert_eq!(figures.drawers(OpenDrawers::LeftOut), Drawer::default());
        let all = Cash { expected_minor: 10_000 + 2_000 - 4_000 + 2_000, rounding_minor: 4 };
        let cash = |transactions, taken_minor| Tendered { transactions, taken_minor, given_back_minor: 0 };
        let told = figures.drawers(OpenDrawers::Shown);
        assert_eq!((told.cash, told.by_tender["cash"]), (all, cash(2, 4_000)));
        figures.count(&closed(3, eur(12_000)), 9, &[]);
        let told = figures.drawers(OpenDrawers::LeftOut);
        assert_eq!(told.cash, Cash { expected_minor: 12_000, rounding_minor: 2 });
        assert_eq!(told.by_tender["cash"], cash(1, 2_000));
        let mut both = Figures::default();
        both.add(&figures);
        both.add(&figures);
        assert_eq!(both.drawers(OpenDrawers::LeftOut).by_tender["cash"], cash(2, 4_000), "dates add up");
        figures.count(&closed(4, eur(0)), 9, &[]);
        assert_eq!(figures.drawers(OpenDrawers::LeftOut), figures.drawers(OpenDrawers::Shown));
    }

    #[test]
    fn a_date_agrees_with_its_z_when_all_shifts_are_closed_and_every_figure_is_the_same() {
        for (end, agrees) in [(eur(6_000), Some(true)), (eur(5_999), Some(false))] {
            let mut figures = Figures::default();
            figures.count(&opened(3), 9, &[]);
            figures.count(&dropped(3), 9, &[]);
            assert_eq!(figures.agrees_with_z(), None, "the shift is open");
            figures.count(&closed(3, end), 9, &[]);
            assert_eq!(figures.agrees_with_z(), agrees);
            assert_eq!(figures.all, Turnover::default(), "no turnover");
            assert_eq!(figures.drawers(OpenDrawers::Shown).by_tender.len(), 0, "nobody paid");
        }
    }
}
