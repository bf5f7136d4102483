//! How a transaction was paid. Tender types become data later; cash is the first kind.

use holdfast_money::Money;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenderKind {
    Cash,
}

/// What was handed over, as the till asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderInput {
    pub kind: TenderKind,
    pub amount: Money,
}

/// One tender of a transaction. Positive into the drawer, negative out of it (a refund).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender {
    pub kind: TenderKind,
    /// What changed hands, change not yet subtracted.
    pub amount: Money,
}

/// The money side of a transaction. MON-1: the tenders sum to `due + rounding + change`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// What this transaction settles: the total of a sale, a part of it for a deposit, negative for a refund.
    pub due: Money,
    pub tenders: Vec<Tender>,
    /// What cash rounding added (or took, when negative); outside turnover and tax.
    pub rounding: Money,
    pub change: Money,
}

impl Payment {
    /// What the drawer holds more (or less) afterwards.
    pub fn cash(&self) -> Money {
        let cash = self.tenders.iter().filter(|t| t.kind == TenderKind::Cash).map(|t| t.amount);
        Money::sum(self.due.currency(), cash) - self.change
    }
}
