//! What becomes of orders, and of the sales that they end in.

use holdfast_money::Money;

use super::Changes;
use crate::bounded::CouponCode;
use crate::calendar::Timestamp;
use crate::event::Stamp;
use crate::ids::{OrderId, SubjectId, TransactionId};
use crate::invariant::Violation;
use crate::line::Line;
use crate::order::{Channel, Custody, Holder, Order, OrderState, OrderTerms, Reservation, Totals};
use crate::receipt::ReceiptNumber;
use crate::sale::{Sale, SoldLine};
use crate::shift::Mode;
use crate::state::State;
use crate::stock::Account;
use crate::tender::{Payment, add_balances};

impl State {
    /// An order that an event changes.
    fn known_order(&mut self, order: OrderId, changes: &mut Changes) -> Option<&mut Order> {
        changes.orders.insert(order);
        let found = self.orders.get_mut(&order);
        if found.is_none() {
            changes.violations.push(Violation::OrderMissing);
        }
        found
    }

    pub(super) fn set_terms(&mut self, order: OrderId, terms: &OrderTerms, changes: &mut Changes) {
        let Some(found) = self.known_order(order, changes) else { return };
        let before = std::mem::replace(&mut found.terms, terms.clone());
        if found.placed.mode == Mode::Training {
            return;
        }
        for coupon in &terms.coupons {
            *self.coupons.entry(coupon.clone()).or_default() += 1;
            changes.coupons.insert(coupon.clone());
        }
        self.give_back_coupons(before.coupons, changes);
    }

    pub(super) fn order(&mut self, order: OrderId, changes: &mut Changes, change: impl FnOnce(&mut Order)) {
        if let Some(order) = self.known_order(order, changes) {
            change(order);
        }
    }

    pub(super) fn give_back_coupons(&mut self, coupons: Vec<CouponCode>, changes: &mut Changes) {
        for coupon in coupons {
            let used = self.coupons.entry(coupon.clone()).or_default();
            *used = used.saturating_sub(1);
            changes.coupons.insert(coupon);
        }
    }

    /// The order's lines are others from now on, and so is what is reserved for it.
    pub(super) fn edit(
        &mut self,
        order: OrderId,
        revision: u32,
        customer: Option<SubjectId>,
        lines: &[Line],
        totals: &Totals,
        changes: &mut Changes,
    ) {
        let Some(found) = self.known_order(order, changes) else { return };
        if found.state != OrderState::Placed {
            changes.violations.push(Violation::IllegalTransition);
            return;
        }
        let before = std::mem::replace(&mut found.lines, lines.to_vec());
        found.totals = totals.clone();
        found.customer = customer;
        found.revision = revision.max(found.revision + 1);
        let mode = found.placed.mode;
        if found.holds_stock() {
            self.release(mode, &before, changes);
            self.reserve(mode, lines, changes);
        }
    }

    pub(super) fn hand_on(&mut self, order: OrderId, revision: u32, custody: Custody, changes: &mut Changes) {
        let found = self.known_order(order, changes);
        // A till can give back late what it did to an order that was closed meanwhile.
        if let Some(found) = found.filter(|found| found.state.holds_reservation()) {
            found.revision = revision.max(found.revision + 1);
            found.custody = custody;
        }
    }

    /// Holds goods for an order in another way, and returns the order as it was before.
    pub(super) fn reservation(
        &mut self,
        order: OrderId,
        held: Reservation,
        changes: &mut Changes,
    ) -> Option<Order> {
        let found = self.known_order(order, changes)?;
        let before = found.clone();
        found.reservation = held;
        found.revision += 1;
        Some(before)
    }

    /// Moves an order to its next state and returns it as it was before.
    pub(super) fn advance(
        &mut self,
        order: OrderId,
        next: OrderState,
        changes: &mut Changes,
    ) -> Option<Order> {
        let found = self.known_order(order, changes)?;
        if !found.state.may_become(next) {
            changes.violations.push(Violation::IllegalTransition);
        }
        let before = found.clone();
        found.state = next;
        found.revision += 1;
        // What has money is its customer's: any till serves it.
        found.custody = Custody::Free;
        Some(before)
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one event, in its order")]
    pub(super) fn complete_sale(
        &mut self,
        stamp: &Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        order: OrderId,
        basis: crate::tax::TaxBasis,
        payment: &Payment,
        changes: &mut Changes,
    ) {
        let next = match self.orders.get(&order).map(|o| o.channel) {
            Some(Channel::NotInHand) => OrderState::Paid,
            Some(Channel::Counter) | None => OrderState::Fulfilled,
        };
        let Some(paid) = self.advance(order, next, changes) else { return };
        if paid.holds_stock() {
            self.release(paid.placed.mode, &paid.lines, changes);
        }
        if paid.placed.mode == Mode::Live {
            for goods in paid.lines.iter().flat_map(Line::goods) {
                self.post(goods.sku, Account::OnHand, Account::Sold, goods.quantity, changes);
            }
        }
        if let Some(order) = self.orders.get_mut(&order) {
            order.paid = order.totals.gross;
        }
        let zero = Money::zero(payment.due.currency());
        let mut tenders = paid.tenders;
        add_balances(&mut tenders, payment);
        let sale = Sale {
            transaction,
            order,
            stamp: *stamp,
            receipt,
            basis,
            lines: paid.lines.into_iter().filter(Line::is_kept).map(SoldLine::new).collect(),
            payment: payment.clone(),
            refunded: zero,
            paid_out: zero,
            tenders,
            credited: zero,
            voided: None,
            tips: Vec::new(),
            copies: 0,
            alias: None,
        };
        self.sales.insert(transaction, sale);
        changes.sales.insert(transaction);
    }

    pub(super) fn count_return(
        &mut self,
        original: TransactionId,
        lines: &[crate::sale::ReturnedLine],
        gross: Money,
        payment: &Payment,
        changes: &mut Changes,
    ) {
        changes.sales.insert(original);
        let Some(sale) = self.sales.get_mut(&original) else {
            changes.violations.push(Violation::SaleMissing);
            return;
        };
        for returned in lines {
            let sold = sale.lines.iter_mut().find(|sold| Some(sold.line.number) == returned.original);
            match sold {
                Some(sold) => sold.returned += returned.line.quantity,
                None => changes.violations.push(Violation::SaleMissing),
            }
        }
        if sale.lines.iter().any(|sold| sold.returnable().is_negative()) {
            changes.violations.push(Violation::ReturnedTooMuch);
        }
        sale.refunded += gross;
        sale.paid_out -= payment.cash();
        // What goes to a tender that nothing was paid with is a new store credit.
        let (back, credited): (Vec<_>, Vec<_>) = payment.tenders.iter().cloned().partition(|tender| {
            tender.kind.account().is_none() || sale.tenders.iter().any(|balance| balance.kind == tender.kind)
        });
        sale.credited -= Money::sum(gross.currency(), credited.iter().map(|tender| tender.amount));
        add_balances(&mut sale.tenders, &Payment { tenders: back, ..payment.clone() });
        if sale.tenders.iter().any(|balance| balance.left().is_negative()) {
            changes.violations.push(Violation::RefundedTooMuch);
        }
        if sale.is_all_returned() {
            let order = sale.order;
            self.give_up_handover(order, changes);
        }
    }

    pub(super) fn void_sale(
        &mut self,
        original: TransactionId,
        by: TransactionId,
        payment: &Payment,
        changes: &mut Changes,
    ) -> Vec<Line> {
        changes.sales.insert(original);
        match self.sales.get_mut(&original) {
            Some(sale) => {
                sale.voided = Some(by);
                add_balances(&mut sale.tenders, payment);
                let (order, lines) = (sale.order, sale.lines.iter().map(|sold| sold.line.clone()).collect());
                self.give_up_handover(order, changes);
                lines
            }
            None => {
                changes.violations.push(Violation::SaleMissing);
                Vec::new()
            }
        }
    }

    /// What was given back as a whole before it was handed over is not handed over any more.
    pub(super) fn give_up_handover(&mut self, order: OrderId, changes: &mut Changes) {
        if self.orders.get(&order).is_some_and(|found| found.state == OrderState::Paid) {
            self.advance(order, OrderState::Cancelled, changes);
        }
    }
}

pub(super) fn holder(since: Timestamp, stamp: &Stamp) -> Holder {
    Holder { terminal: stamp.terminal, operator: stamp.operator, shift: stamp.shift, since }
}
