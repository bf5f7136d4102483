//! What a till sold alone, held against these books: whatever the shop's rules would have said must be said beside it.

use holdfast_domain::Event;
use holdfast_domain::event::Stamp;
use holdfast_domain::ids::{CommandId, TransactionId};
use holdfast_domain::island::{IslandDifference, IslandSale};
use holdfast_domain::receipt::{ReceiptNumber, Series};

use super::Books;
use crate::shop::{COUPON_USES_MAX, SCARCE};

/// Whether the events tell of what a till sold alone.
pub(super) fn is_told(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::SoldAlone { .. }))
}

impl Books {
    /// After the record is added.
    pub(super) fn check_alone(&mut self, events: &[Event]) {
        let Some(Event::SoldAlone { order, differs, .. }) = events.last() else {
            self.wrong.push("what was sold alone does not end with that".to_owned());
            return;
        };
        let placed = self.orders.get(order);
        let sold = |sku: &str| placed.is_some_and(|placed| placed.lines.iter().any(|(of, ..)| of == sku));
        let level = self.stock.get(SCARCE).copied().unwrap_or_default();
        let left = level.on_hand - level.reserved;
        let strict = sold(SCARCE) && left < 0;
        let said = differs.iter().find_map(|differs| match differs {
            IslandDifference::StrictBelowZero { available, .. } => Some(available.thousandths()),
            _ => None,
        });
        if said != strict.then_some(left) {
            self.wrong.push(format!("order {order}: {left} of {SCARCE} are left, {said:?} is said"));
        }
        let used_up = placed.is_some_and(|placed| placed.coupons > 0) && self.coupons > COUPON_USES_MAX;
        if used_up != differs.iter().any(|of| matches!(of, IslandDifference::CouponUsedUp { .. })) {
            self.wrong.push(format!("order {order}: used up is {used_up}, {differs:?} is said"));
        }
        let unseen = placed.is_some_and(|placed| placed.for_adults) && !self.looked.contains(order);
        if unseen != differs.iter().any(|of| matches!(of, IslandDifference::AgeNotChecked { .. })) {
            self.wrong.push(format!("order {order}: nobody looked is {unseen}, {differs:?} is said"));
        }
    }
}

impl Books {
    /// A number names one transaction. What bears one that was given up may come late.
    pub(super) fn bear(&mut self, transaction: TransactionId, number: ReceiptNumber) {
        if !(number.series == Series::Island && self.given_up.remove(&number)) {
            self.number(number);
        }
        if let Some(other) = self.borne.insert(number, transaction).filter(|other| *other != transaction) {
            self.wrong.push(format!("P9: {number} names {transaction} and {other}"));
        }
    }

    /// The sale bears both numbers: the second one names it and nothing else.
    pub(super) fn alias(&mut self, transaction: TransactionId, receipt: ReceiptNumber, alias: ReceiptNumber) {
        self.bear(transaction, alias);
        if self.borne.get(&receipt) != Some(&transaction) || !self.sales.contains_key(&transaction) {
            self.wrong.push(format!("P9: {alias} is to name the sale {receipt}, which is another one"));
        }
        if let Some(other) = self.aliases.insert(transaction, alias) {
            self.wrong.push(format!("P9: {transaction} is {other} and {alias} beside {receipt}"));
        }
    }
}

/// What is in the journal of a sale that a till made alone and is not as the till told it.
pub fn other_than_told(id: CommandId, sale: &IslandSale, events: &[Event]) -> Option<String> {
    let mut stamps = events.iter().filter_map(Event::stamp);
    let by_another = |stamp: &Stamp| stamp.operator != sale.operator;
    if let Some(stamp) = stamps.find(|stamp| by_another(stamp)) {
        return Some(format!("{id} was sold by {} and is {}'s", sale.operator, stamp.operator));
    }
    let whole = events.iter().any(|event| {
        matches!(event, Event::OrderPlaced { order, lines, totals, .. }
            if *order == sale.order && *lines == sale.priced && *totals == sale.totals)
    });
    let paid = events.iter().any(|event| {
        matches!(event, Event::SaleCompleted { receipt, totals, payment, .. }
            if (receipt.series, receipt.number) == (Series::Island, sale.number)
                && *totals == sale.totals
                && payment.change == sale.change
                && payment.rounding == sale.rounding
                && payment.tenders.len() == sale.tenders.len())
    });
    (!whole || !paid).then(|| format!("{id} was sold alone and is written down otherwise"))
}
