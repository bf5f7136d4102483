//! The books of a history, added up from its events by the plainest arithmetic there is: integers, sums and sets. Shares
//! nothing with the domain's own folding.

mod days;
mod device_days;
mod island;
mod tenders;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::Event;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::cash::CashMovement;
use holdfast_domain::drawer::DrawerMovement;
use holdfast_domain::event::Stamp;
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, StaffId, TerminalId, TransactionId};
use holdfast_domain::line::{Line, LineFate};
use holdfast_domain::order::{Channel, OrderTerms};
use holdfast_domain::receipt::{ReceiptNumber, Series, TillNumber};
use holdfast_domain::record::{Origin, Record};
use holdfast_domain::shift::Mode;
use holdfast_domain::stock::AdjustmentReason;
use holdfast_domain::tender::{Payment, TenderClass, TenderKind, TenderLine};

pub use days::Day;
use days::Days;
pub use device_days::DeviceDays;
pub use island::other_than_told;
pub use tenders::Tenders;

use crate::shop::{BUNDLE, BUNDLE_AGE, COUPON_USES_MAX, SCARCE, parts};

/// Thousandths of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    pub on_hand: i64,
    pub reserved: i64,
}

#[derive(Debug)]
struct PlacedOrder {
    mode: Mode,
    lines: Vec<(String, i64, bool)>,
    gross: i64,
    paid: i64,
    channel: Channel,
    open: bool,
    /// Its goods are held.
    held: bool,
    /// Coupons that it uses.
    coupons: u32,
    /// The till and shift that have it in hand; none when it is parked or free.
    hand: Option<(TerminalId, ShiftId)>,
    parked: bool,
    for_adults: bool,
}

#[derive(Debug)]
struct BookedSale {
    mode: Mode,
    lines: Vec<(String, i64, bool)>,
    voided: bool,
    copies: u32,
}

/// Everything that adds up.
#[derive(Debug, Default)]
pub struct Books {
    /// No disk was replaced: every record was decided by a hub that knew all before it.
    one_history: bool,
    pub stock: BTreeMap<String, Level>,
    pub numbers: BTreeMap<(TillNumber, Series), Vec<u32>>,
    /// Numbers that were given up, and that nothing bears yet.
    given_up: BTreeSet<ReceiptNumber>,
    pub transactions: BTreeSet<TransactionId>,
    /// What each number names.
    borne: BTreeMap<ReceiptNumber, TransactionId>,
    /// The second numbers of sales.
    pub aliases: BTreeMap<TransactionId, ReceiptNumber>,
    pub gross_minor: i64,
    pub cash_minor: i64,
    pub counted: u64,
    orders: BTreeMap<OrderId, PlacedOrder>,
    sales: BTreeMap<TransactionId, BookedSale>,
    /// Until when goods are held.
    limits: BTreeMap<OrderId, Timestamp>,
    /// Orders whose goods are not held any more.
    pub expired: BTreeSet<OrderId>,
    /// By product: what the count under way found more or less than the books.
    counted_off: BTreeMap<String, i64>,
    drawers: BTreeMap<ShiftId, i64>,
    /// The drawers that stand open as their sensors said.
    pub open_drawers: BTreeSet<String>,
    /// By shift: what cash movements added up to, and how often the drawer was opened for nothing.
    moved: BTreeMap<ShiftId, (i64, u32)>,
    /// By shift and code: what anything but cash brought.
    others: BTreeMap<(ShiftId, String), i64>,
    /// Stored value by number, from what was paid for it and what tenders say they took and gave back.
    pub values: BTreeMap<String, i64>,
    /// The same from the events that say so beside the tenders.
    told_values: BTreeMap<String, i64>,
    /// By shift, and whether it is of customers' accounts: issued, voided, redeemed and given back.
    value_flows: BTreeMap<(ShiftId, bool), [i64; 4]>,
    /// How much may be owed on each customer's account.
    limits_owed: BTreeMap<String, i64>,
    /// By shift and person: what was given beside sales, less what went back.
    tips: BTreeMap<ShiftId, BTreeMap<StaffId, i64>>,
    /// By sale: its tip, and whose it is.
    tipped: BTreeMap<TransactionId, (StaffId, i64)>,
    /// Uses of the coupon by orders that were not cancelled.
    pub coupons: u32,
    ended: BTreeSet<ShiftId>,
    revoked: BTreeSet<TerminalId>,
    /// Orders whose customers somebody looked at.
    looked: BTreeSet<OrderId>,
    /// Commands that may take an order out of another till's hands.
    pub take_overs: BTreeSet<CommandId>,
    pub days: Days,
    /// What card terminals and wallets were asked for and said.
    pub tenders: Tenders,
    pub device_days: DeviceDays,
    pub wrong: Vec<String>,
}

fn carried(lines: &[Line]) -> Vec<(String, i64, bool)> {
    lines
        .iter()
        .filter(|line| matches!(line.fate, LineFate::Kept))
        // Every product of this shop is counted and one is strict, whatever a line says of itself.
        .flat_map(|line| parts(line.sku.as_str(), line.quantity.thousandths()))
        .map(|(sku, thousandths)| (sku.clone(), thousandths, sku == SCARCE))
        .collect()
}

impl Books {
    /// Empty books.
    pub fn of(one_history: bool) -> Self {
        Self { one_history, ..Self::default() }
    }

    /// Adds one record.
    pub fn add(&mut self, record: &Record) {
        let decided_here = matches!(record.origin, Origin::Till { .. });
        let alone = island::is_told(record.outcome.events());
        let by_force = record.origin.command().is_some_and(|(id, _)| self.take_overs.contains(&id));
        for event in record.outcome.events() {
            if self.one_history && decided_here && !by_force {
                self.check_hands(event);
            }
            // What a till sold alone is held against what the record says of it, below.
            self.event(event, self.one_history && decided_here && !alone);
            self.days.add(event, &mut self.wrong);
            self.tenders.add(event, &mut self.wrong, self.one_history);
            if self.one_history {
                self.device_days.add(event, &mut self.wrong);
            }
            self.pass_on(event);
        }
        if alone && self.one_history && decided_here {
            self.check_alone(record.outcome.events());
        }
    }

    fn event(&mut self, event: &Event, strict: bool) {
        if let Some((transaction, receipt, stamp)) = event.transaction() {
            self.bear(transaction, receipt);
            if !self.transactions.insert(transaction) {
                self.wrong.push(format!("transaction {transaction} is there twice"));
            }
            if stamp.mode == Mode::Live {
                self.counted += 1;
            }
        }
        match event {
            Event::ReceiptNumberVoided { number, .. } => {
                self.number(*number);
                self.given_up.insert(*number);
            }
            Event::ReceiptAliased { transaction, receipt, alias, .. } => {
                self.alias(*transaction, *receipt, *alias);
            }
            Event::ShiftOpened { stamp, float } => {
                let before = self.drawers.insert(stamp.shift, float.minor());
                self.wrong.extend(before.map(|_| format!("shift {} was opened twice", stamp.shift)));
            }
            Event::ShiftClosed { stamp, figures, declared, over_short, .. } => {
                let held = self.drawers.get(&stamp.shift).copied().unwrap_or(0);
                let (expected, over) = (figures.cash_expected.minor(), over_short.minor());
                // After a disk was put back a till can give back the Z of a shift whose sales are in HQ's other branch.
                let complete = held == expected || !self.one_history;
                if !complete || over != declared.minor() - expected {
                    self.wrong
                        .push(format!("the drawer of {} holds {held}, the Z says {expected}", stamp.shift));
                }
            }
            Event::OrderPlaced { stamp, order, channel, lines, totals, .. } => {
                let placed = PlacedOrder {
                    mode: stamp.mode,
                    lines: carried(lines),
                    gross: totals.gross.minor(),
                    paid: 0,
                    channel: *channel,
                    open: true,
                    held: true,
                    coupons: 0,
                    hand: (*channel == Channel::Counter).then_some((stamp.terminal, stamp.shift)),
                    parked: false,
                    for_adults: for_adults(lines),
                };
                self.place(&placed, strict);
                if self.orders.insert(*order, placed).is_some() {
                    self.wrong.push(format!("order {order} was placed twice"));
                }
            }
            Event::ReservationExpired { order, until } => self.expire(*order, *until),
            Event::ReservationLimited { order, until, .. } => drop(self.limits.insert(*order, *until)),
            Event::OrderTermsSet { order, terms } => self.use_coupons(*order, terms, strict),
            Event::OrderCancelled { order, .. } => {
                let placed = self.orders.get(order).filter(|placed| placed.mode == Mode::Live);
                self.coupons -= placed.map_or(0, |placed| placed.coupons);
                self.close(*order, |_| {});
            }
            Event::AgeChecked { order, age, .. } => {
                if *age != BUNDLE_AGE {
                    self.wrong.push(format!("order {order}: somebody looked for {age} years"));
                }
                self.looked.insert(*order);
            }
            Event::OrderEdited { order, lines, totals, .. } => {
                self.edit(*order, carried(lines), totals.gross.minor(), strict);
                if let Some(placed) = self.orders.get_mut(order) {
                    placed.for_adults = for_adults(lines);
                }
            }
            Event::DepositTaken { stamp, order, payment, .. } => {
                self.pay(stamp, payment);
                if let Some(placed) = self.orders.get_mut(order) {
                    placed.paid += payment.due.minor();
                }
            }
            Event::SaleCompleted { stamp, transaction, order, totals, payment, .. } => {
                let bundled = self.orders.get(order).is_some_and(|placed| placed.for_adults);
                if strict && bundled && !self.looked.contains(order) {
                    self.wrong.push(format!("order {order} was sold and nobody looked at the customer"));
                }
                self.pay(stamp, payment);
                self.turnover(stamp.mode, totals.gross.minor());
                self.sell(*transaction, *order, totals.gross.minor(), payment.due.minor());
            }
            Event::GoodsReturned { stamp, lines, totals, payment, .. } => {
                self.pay(stamp, payment);
                self.turnover(stamp.mode, -totals.gross.minor());
                let lines: Vec<Line> = lines.iter().map(|returned| returned.line.clone()).collect();
                self.take_back(stamp.mode, &carried(&lines));
            }
            Event::SalePostVoided { stamp, original, totals, payment, .. } => {
                self.pay(stamp, payment);
                self.turnover(stamp.mode, -totals.gross.minor());
                self.void(*original);
            }
            Event::CopyPrinted { original, copy, .. } => match self.sales.get_mut(original) {
                Some(sale) => {
                    sale.copies += 1;
                    // After a disk was lost two histories can have counted the same copy.
                    if self.one_history && sale.copies != *copy {
                        self.wrong.push(format!("copy {copy} of {original} follows {}", sale.copies - 1));
                    }
                }
                None => self.wrong.push(format!("a copy of {original}, which was never sold")),
            },
            Event::StockAdjusted { changes, reason, .. } => {
                for change in changes {
                    if *reason == AdjustmentReason::Counted {
                        let off = self.counted_off.entry(change.sku.to_string()).or_default();
                        *off -= change.quantity.thousandths();
                    }
                    let level = self.stock.entry(change.sku.to_string()).or_default();
                    level.on_hand += change.quantity.thousandths();
                }
            }
            // A product that is counted is held against these books too.
            Event::ProductCounted { sku, found, book, .. } => {
                let ours = self.stock.get(&sku.to_string()).copied().unwrap_or_default().on_hand;
                if strict && ours != book.thousandths() {
                    self.wrong.push(format!("P4: {sku} is {ours}, it was counted against {book}"));
                }
                self.counted_off.insert(sku.to_string(), found.thousandths() - book.thousandths());
            }
            Event::CountFinished { .. } => {
                let open: Vec<_> = self.counted_off.iter().filter(|(_, off)| **off != 0).collect();
                if strict && !open.is_empty() {
                    self.wrong.push(format!("P4: a count ends and {open:?} is not put right"));
                }
                self.counted_off.clear();
            }
            Event::CountStarted { .. } | Event::CountCancelled { .. } => self.counted_off.clear(),
            Event::StockRanLow { sku, available, level } => {
                let ours = self.stock.get(&sku.to_string()).copied().unwrap_or_default();
                let left = ours.on_hand - ours.reserved;
                if strict && (left != available.thousandths() || available > level) {
                    self.wrong.push(format!("P4: {sku} has {left}, it ran low at {available}"));
                }
            }
            Event::CashMoved { stamp, movement, amount, .. } => {
                let sign = match movement {
                    CashMovement::PaidIn | CashMovement::Loan => 1,
                    CashMovement::PaidOut | CashMovement::Drop => -1,
                };
                self.cash(stamp.shift, stamp.mode, sign * amount.minor());
                self.moved.entry(stamp.shift).or_default().0 += sign * amount.minor();
            }
            Event::DrawerOpened { stamp, .. } => self.moved.entry(stamp.shift).or_default().1 += 1,
            Event::DrawerMoved { drawer, movement, .. } => {
                let moved = match movement {
                    DrawerMovement::Opened { .. } => self.open_drawers.insert(drawer.to_string()),
                    DrawerMovement::Closed => self.open_drawers.remove(&drawer.to_string()),
                };
                if !moved {
                    self.wrong.push(format!("the drawer at {drawer} moved to where it stood: {movement:?}"));
                }
            }
            Event::CashReported { stamp, cash, .. } => {
                let moved = self.moved.get(&stamp.shift).copied().unwrap_or_default();
                let told =
                    cash.paid_in.minor() + cash.loaned.minor() - cash.paid_out.minor() - cash.dropped.minor();
                if self.one_history && moved != (told, cash.no_sales) {
                    self.wrong.push(format!(
                        "{moved:?} moved in the drawer of {}, its Z says {told} and {} no-sales",
                        stamp.shift, cash.no_sales
                    ));
                }
            }
            Event::TendersReported { stamp, tenders, .. } => self.report(stamp.shift, tenders),
            Event::ValueIssued { stamp, account, amount, payment, .. } => {
                self.pay(stamp, payment);
                self.issue(stamp.shift, account.as_str(), amount.minor(), payment.due.minor());
            }
            Event::ValueIssueVoided { stamp, account, amount, payment, .. } => {
                self.pay(stamp, payment);
                self.issue(stamp.shift, account.as_str(), -amount.minor(), payment.due.minor());
            }
            Event::ValueRedeemed { account, amount, .. } => {
                *self.told_values.entry(account.to_string()).or_default() -= amount.minor();
            }
            Event::ValueRefunded { account, amount, .. } => {
                *self.told_values.entry(account.to_string()).or_default() += amount.minor();
            }
            Event::ValueReported { stamp, value, .. } => self.check_flow(stamp.shift, false, value),
            Event::AccountsReported { stamp, accounts, .. } => self.check_flow(stamp.shift, true, accounts),
            Event::AccountSet { account, terms, .. } => {
                self.limits_owed.insert(account.to_string(), terms.limit.minor());
                self.values.entry(account.to_string()).or_default();
                self.told_values.entry(account.to_string()).or_default();
            }
            Event::TipTaken { stamp, transaction, tenders, .. } => {
                let minor = self.tip(stamp, stamp.operator, tenders);
                self.tipped.insert(*transaction, (stamp.operator, minor));
                if minor <= 0 || !self.sales.contains_key(transaction) {
                    self.wrong.push(format!("a tip of {minor} came with {transaction}"));
                }
            }
            Event::TipReturned { stamp, original, staff, tenders, .. } => {
                let minor = self.tip(stamp, *staff, tenders);
                if self.tipped.remove(original) != Some((*staff, -minor)) {
                    self.wrong.push(format!("{minor} of {original} was given back as a tip of {staff}"));
                }
            }
            Event::TipsReported { stamp, tips, .. } => {
                let told = tips.iter().map(|tips| (tips.staff, tips.amount.minor())).collect();
                let held = self.tips.get(&stamp.shift).cloned().unwrap_or_default();
                if self.one_history && held != told {
                    self.wrong.push(format!("tips of {} are {held:?}, its Z says {told:?}", stamp.shift));
                }
            }
            _ => {}
        }
    }

    /// The drawer gets what is cash, less the change; every other tender counts by itself.
    fn pay(&mut self, stamp: &Stamp, payment: &Payment) {
        let mut cash = -payment.change.minor();
        for tender in &payment.tenders {
            match &tender.kind {
                TenderKind::Cash => cash += tender.amount.minor(),
                TenderKind::Electronic(of) => self.electronic(stamp.shift, of, tender.amount.minor()),
                TenderKind::Typed { code, .. } => {
                    *self.others.entry((stamp.shift, code.to_string())).or_default() += tender.amount.minor();
                    if let TenderKind::Typed {
                        class: TenderClass::StoredValue | TenderClass::OnAccount,
                        reference,
                        ..
                    } = &tender.kind
                    {
                        let account = reference.as_ref().map_or("nothing", |reference| reference.as_str());
                        let minor = tender.amount.minor();
                        let owed = self.limits_owed.contains_key(account);
                        let way = if minor < 0 { 3 } else { 2 };
                        self.value_flows.entry((stamp.shift, owed)).or_default()[way] += minor.abs();
                        self.value(account, -minor, self.one_history);
                    }
                }
            }
        }
        let tendered: i64 = payment.tenders.iter().map(|tender| tender.amount.minor()).sum();
        let (due, rounding, change) = (payment.due.minor(), payment.rounding.minor(), payment.change.minor());
        if tendered != due + rounding + change {
            self.wrong.push(format!("MON-1: {tendered} was tendered for {due} + {rounding} + {change}"));
        }
        self.cash(stamp.shift, stamp.mode, cash);
    }

    /// What a Z says of each tender that is not cash.
    fn report(&mut self, shift: ShiftId, tenders: &[TenderLine]) {
        let mut told: BTreeMap<String, i64> = BTreeMap::new();
        for line in tenders.iter().filter(|line| line.class != TenderClass::Cash) {
            *told.entry(line.code.to_string()).or_default() += line.expected.minor();
            if line.expected != line.taken - line.refunded {
                self.wrong.push(format!("the Z of {shift} contradicts itself about {}", line.code));
            }
        }
        let mut held: BTreeMap<String, i64> = BTreeMap::new();
        for ((_, code), minor) in self.others.iter().filter(|((of, _), _)| *of == shift) {
            held.insert(code.clone(), *minor);
        }
        told.retain(|_, minor| *minor != 0);
        held.retain(|_, minor| *minor != 0);
        if self.one_history && told != held {
            self.wrong.push(format!("shift {shift} holds {held:?}, its Z says {told:?}"));
        }
    }

    /// One till at a time: whoever changes an order or takes its money has it in hand, or nobody has.
    fn check_hands(&mut self, event: &Event) {
        let (stamp, order, takes_up) = match event {
            // What a till sold alone has happened, whoever claims the order now.
            Event::SaleCompleted { receipt, .. } | Event::DepositTaken { receipt, .. }
                if receipt.series == Series::Island =>
            {
                return;
            }
            Event::SaleCompleted { stamp, order, .. }
            | Event::DepositTaken { stamp, order, .. }
            | Event::OrderEdited { stamp, order, .. }
            | Event::OrderCancelled { stamp, order, .. } => (stamp, order, false),
            // A basket that is parked at once was placed by the same record and is in hand.
            Event::OrderParked { stamp, order, .. } => (stamp, order, false),
            Event::OrderRetrieved { stamp, order, .. } => (stamp, order, true),
            _ => return,
        };
        let Some(placed) = self.orders.get(order) else { return };
        let elsewhere = placed.hand.is_some_and(|(terminal, shift)| {
            terminal != stamp.terminal && !self.ended.contains(&shift) && !self.revoked.contains(&terminal)
        });
        if elsewhere || (placed.parked && !takes_up) {
            let what = event.name();
            self.wrong.push(format!("order {order}: {what} at {}, which does not have it", stamp.terminal));
        }
    }

    fn pass_on(&mut self, event: &Event) {
        let (order, hand, parked) = match event {
            Event::ShiftClosed { stamp, .. } => {
                self.ended.insert(stamp.shift);
                return;
            }
            // What a shift has in hand goes where its drawer goes.
            Event::ShiftMoved { stamp, to, .. } => {
                for (terminal, shift) in self.orders.values_mut().filter_map(|placed| placed.hand.as_mut()) {
                    if *shift == stamp.shift {
                        *terminal = *to;
                    }
                }
                return;
            }
            Event::TerminalRevoked { terminal } => {
                self.revoked.insert(*terminal);
                return;
            }
            Event::TerminalEnrolled { terminal, .. } => {
                self.revoked.remove(terminal);
                return;
            }
            Event::OrderParked { order, .. } => (order, None, true),
            Event::OrderRetrieved { stamp, order, .. } => (order, Some((stamp.terminal, stamp.shift)), false),
            Event::DepositTaken { order, .. } => (order, None, false),
            _ => return,
        };
        if let Some(placed) = self.orders.get_mut(order) {
            (placed.hand, placed.parked) = (hand, parked);
        }
    }

    fn number(&mut self, number: ReceiptNumber) {
        self.numbers.entry((number.till, number.series)).or_default().push(number.number);
    }

    fn cash(&mut self, shift: ShiftId, mode: Mode, minor: i64) {
        *self.drawers.entry(shift).or_default() += minor;
        if mode == Mode::Live {
            self.cash_minor += minor;
        }
    }

    fn turnover(&mut self, mode: Mode, minor: i64) {
        if mode == Mode::Live {
            self.gross_minor += minor;
        }
    }

    fn place(&mut self, placed: &PlacedOrder, strict: bool) {
        if placed.mode == Mode::Training {
            return;
        }
        for (sku, quantity, strict_product) in &placed.lines {
            let level = self.stock.entry(sku.clone()).or_default();
            level.reserved += quantity;
            let short = level.on_hand - level.reserved;
            if strict && short < 0 && (*strict_product || placed.channel == Channel::NotInHand) {
                self.wrong.push(format!("P4: {sku} was promised {} thousandths too often", -short));
            }
        }
    }

    fn expire(&mut self, order: OrderId, until: Timestamp) {
        let limit = self.limits.get(&order).copied();
        let Some(placed) = self.orders.get_mut(&order).filter(|placed| placed.open && placed.held) else {
            self.wrong.push(format!("P4: nothing is held for order {order}, and it expires"));
            return;
        };
        placed.held = false;
        if placed.mode == Mode::Live {
            for (sku, quantity, _) in &placed.lines {
                self.stock.entry(sku.clone()).or_default().reserved -= quantity;
            }
        }
        self.expired.insert(order);
        if limit != Some(until) {
            self.wrong.push(format!("P4: order {order} was held until {limit:?} and expires at {until:?}"));
        }
    }

    fn use_coupons(&mut self, order: OrderId, terms: &OrderTerms, strict: bool) {
        let Some(placed) = self.orders.get_mut(&order) else {
            self.wrong.push(format!("terms of order {order}, which was never placed"));
            return;
        };
        let uses = u32::try_from(terms.coupons.len()).unwrap_or(u32::MAX);
        let before = std::mem::replace(&mut placed.coupons, uses);
        if placed.mode == Mode::Live {
            self.coupons = self.coupons + uses - before;
            // A till that was alone may have used it too often; nobody else uses it then.
            if strict && uses > before && self.coupons > COUPON_USES_MAX {
                self.wrong.push(format!("the coupon was used {} times", self.coupons));
            }
        }
    }

    fn edit(&mut self, order: OrderId, lines: Vec<(String, i64, bool)>, gross: i64, strict: bool) {
        let Some(placed) = self.orders.get_mut(&order) else {
            self.wrong.push(format!("order {order} was edited and never placed"));
            return;
        };
        if !placed.open || placed.paid != 0 {
            self.wrong.push(format!("order {order} was edited after money was taken for it"));
        }
        let before = std::mem::replace(&mut placed.lines, lines);
        placed.gross = gross;
        let (channel, after) = (placed.channel, placed.lines.clone());
        if placed.mode == Mode::Training || !placed.held {
            return;
        }
        for (sku, quantity, _) in &before {
            self.stock.entry(sku.clone()).or_default().reserved -= quantity;
        }
        for (sku, quantity, strict_product) in &after {
            let level = self.stock.entry(sku.clone()).or_default();
            level.reserved += quantity;
            let had: i64 = before.iter().filter(|(of, ..)| of == sku).map(|(_, quantity, _)| quantity).sum();
            let has: i64 = after.iter().filter(|(of, ..)| of == sku).map(|(_, quantity, _)| quantity).sum();
            let short = level.on_hand - level.reserved;
            let races = *strict_product || channel == Channel::NotInHand;
            if strict && has > had && short < 0 && races {
                self.wrong.push(format!("P4: an edit promised {sku} {} thousandths too often", -short));
            }
        }
    }

    fn close(&mut self, order: OrderId, and: impl FnOnce(&mut Self)) {
        let Some(placed) = self.orders.get_mut(&order) else {
            self.wrong.push(format!("order {order} ends and was never placed"));
            return;
        };
        if !std::mem::replace(&mut placed.open, false) {
            self.wrong.push(format!("order {order} ends twice"));
        }
        if placed.mode == Mode::Live && placed.held {
            for (sku, quantity, _) in &placed.lines {
                self.stock.entry(sku.clone()).or_default().reserved -= quantity;
            }
        }
        and(self);
    }

    fn sell(&mut self, transaction: TransactionId, order: OrderId, gross: i64, due: i64) {
        let Some(placed) = self.orders.get(&order) else {
            self.wrong.push(format!("order {order} was paid and never placed"));
            return;
        };
        // After a lost disk a sale can come back whose deposit contradicts another till's and stays with its till.
        if gross != placed.gross || (self.one_history && placed.paid + due != gross) {
            self.wrong
                .push(format!("order {order} costs {}, {} and {due} were paid", placed.gross, placed.paid));
        }
        let (mode, lines) = (placed.mode, placed.lines.clone());
        self.close(order, |books| {
            if mode == Mode::Live {
                for (sku, quantity, _) in &lines {
                    books.stock.entry(sku.clone()).or_default().on_hand -= quantity;
                }
            }
            books.sales.insert(transaction, BookedSale { mode, lines, voided: false, copies: 0 });
        });
    }

    fn take_back(&mut self, mode: Mode, lines: &[(String, i64, bool)]) {
        if mode == Mode::Live {
            for (sku, quantity, _) in lines {
                self.stock.entry(sku.clone()).or_default().on_hand += quantity;
            }
        }
    }

    fn void(&mut self, original: TransactionId) {
        let Some(sale) = self.sales.get_mut(&original) else {
            self.wrong.push(format!("sale {original} was voided and never made"));
            return;
        };
        if std::mem::replace(&mut sale.voided, true) {
            self.wrong.push(format!("sale {original} was voided twice"));
        }
        let (mode, lines) = (sale.mode, sale.lines.clone());
        self.take_back(mode, &lines);
    }

    /// Every series runs from 1 without a gap and without a repetition.
    pub fn check_numbers(&mut self) {
        for ((till, series), numbers) in &self.numbers {
            for (expected, number) in (1..).zip(numbers) {
                if expected != *number {
                    self.wrong.push(format!(
                        "P9: till {} gave {series:?} number {number} where {expected} follows",
                        till.0
                    ));
                    break;
                }
            }
        }
    }
}

/// Whether a kept line is of what not everybody may buy.
fn for_adults(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.is_kept() && line.sku.as_str() == BUNDLE)
}
