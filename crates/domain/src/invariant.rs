//! The named invariants. The same ids stand in the documentation, in the tests and in the audits.

use std::collections::BTreeMap;

use holdfast_money::{Money, Quantity};

use crate::bounded::Sku;
use crate::event::Event;
use crate::line::Line;
use crate::order::Totals;
use crate::shift::Mode;
use crate::state::State;
use crate::tax::TaxTotal;
use crate::tender::Payment;
use crate::value::ValueAccount;

/// A contradiction that must never be seen. Counted in metrics; one is a reason to wake someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Violation {
    /// MON-1: the tenders sum to what is due plus cash rounding plus change.
    TendersDoNotSum,
    /// MON-2: gross is net plus tax, and lines and taxes by rate sum to totals.
    TotalsDoNotSum,
    /// STK-1: the accounts of a product sum to zero.
    StockUnbalanced,
    /// STK-2: reserved is the sum over open orders.
    ReservationDrift,
    /// NUM-1: receipt numbers follow each other.
    NumberSkipped,
    /// ORD-1: an order changed state against the table.
    IllegalTransition,
    /// RET-1: more came back of a line than was sold.
    ReturnedTooMuch,
    /// REF-1: an event points at an order that is not known.
    OrderMissing,
    /// REF-2: an event points at a sale that is not known.
    SaleMissing,
    /// REF-3: an event points at a till that is not known.
    TillMissing,
    /// REF-4: an event points at a shift that is not open.
    ShiftMissing,
    /// RET-2: more went back to a tender than it took.
    RefundedTooMuch,
    /// SUB-1: a subject that was erased or merged into another one was registered again.
    ErasedSubjectReturned,
    /// DAY-1: a day Z is what its shifts and corrections sum to.
    DayDrift,
    /// VAL-1: a balance of stored value is not what was issued less what was redeemed plus what was given back, or is
    /// below zero.
    ValueUnbalanced,
    /// REF-5: an event points at stored value that is not known.
    ValueMissing,
    /// REF-6: an event points at an attempt to move money that is not known.
    AttemptMissing,
    /// PAY-1: an attempt to move money changed its standing against the table.
    IllegalAttempt,
    /// RCN-1: what a reconciliation says that a device moved is not what its approvals sum to.
    ReconciliationDrift,
}

impl Violation {
    pub fn id(self) -> &'static str {
        match self {
            Self::TendersDoNotSum => "MON-1",
            Self::TotalsDoNotSum => "MON-2",
            Self::StockUnbalanced => "STK-1",
            Self::ReservationDrift => "STK-2",
            Self::NumberSkipped => "NUM-1",
            Self::IllegalTransition => "ORD-1",
            Self::ReturnedTooMuch => "RET-1",
            Self::OrderMissing => "REF-1",
            Self::SaleMissing => "REF-2",
            Self::TillMissing => "REF-3",
            Self::ShiftMissing => "REF-4",
            Self::RefundedTooMuch => "RET-2",
            Self::ErasedSubjectReturned => "SUB-1",
            Self::DayDrift => "DAY-1",
            Self::ValueUnbalanced => "VAL-1",
            Self::ValueMissing => "REF-5",
            Self::AttemptMissing => "REF-6",
            Self::IllegalAttempt => "PAY-1",
            Self::ReconciliationDrift => "RCN-1",
        }
    }
}

/// What an event must satisfy by itself.
pub fn check_event(event: &Event) -> Vec<Violation> {
    let mut found = Vec::new();
    match event {
        Event::OrderPlaced { lines, totals, .. } | Event::OrderEdited { lines, totals, .. } => {
            check_totals(lines, totals, &mut found)
        }
        Event::SaleCompleted { totals, taxes, payment, .. }
        | Event::SalePostVoided { totals, taxes, payment, .. } => {
            check_sums(totals, &mut found);
            check_taxes(taxes, totals, &mut found);
            check_payment(payment, &mut found);
        }
        Event::GoodsReturned { lines, totals, taxes, payment, .. } => {
            check_taxes(taxes, totals, &mut found);
            check_totals(lines.iter().map(|returned| &returned.line), totals, &mut found);
            check_payment(payment, &mut found);
        }
        Event::DepositTaken { payment, .. }
        | Event::ValueIssued { payment, .. }
        | Event::ValueIssueVoided { payment, .. } => check_payment(payment, &mut found),
        _ => {}
    }
    found
}

fn check_payment(payment: &Payment, found: &mut Vec<Violation>) {
    let tendered = Money::sum(payment.due.currency(), payment.tenders.iter().map(|t| t.amount));
    if tendered != payment.due + payment.rounding + payment.change {
        found.push(Violation::TendersDoNotSum);
    }
}

fn check_sums(totals: &Totals, found: &mut Vec<Violation>) {
    if totals.gross != totals.net + totals.tax {
        found.push(Violation::TotalsDoNotSum);
    }
}

fn check_taxes(taxes: &[TaxTotal], totals: &Totals, found: &mut Vec<Violation>) {
    if Money::sum(totals.tax.currency(), taxes.iter().map(|t| t.tax)) != totals.tax {
        found.push(Violation::TotalsDoNotSum);
    }
}

fn check_totals<'a>(lines: impl IntoIterator<Item = &'a Line>, totals: &Totals, found: &mut Vec<Violation>) {
    check_sums(totals, found);
    if crate::pricing::totals(totals.gross.currency(), lines) != *totals {
        found.push(Violation::TotalsDoNotSum);
    }
}

/// What the whole state must satisfy.
pub fn check_state(state: &State) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut reserved: BTreeMap<&Sku, Quantity> = BTreeMap::new();
    for order in state.orders.values().filter(|o| o.holds_stock() && o.placed.mode == Mode::Live) {
        for goods in order.lines.iter().flat_map(Line::goods) {
            *reserved.entry(goods.sku).or_default() += goods.quantity;
        }
    }
    for (sku, level) in &state.stock {
        if !level.is_balanced() {
            found.push(Violation::StockUnbalanced);
        }
        if level.reserved != reserved.remove(sku).unwrap_or_default() {
            found.push(Violation::ReservationDrift);
        }
    }
    if !state.values.values().all(ValueAccount::is_sound) {
        found.push(Violation::ValueUnbalanced);
    }
    if !reserved.is_empty() {
        found.push(Violation::ReservationDrift);
    }
    found
}
