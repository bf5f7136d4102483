//! The rows that a batch changes, as the database writes them. Money in minor units, quantities in thousandths.

use std::collections::BTreeMap;

use holdfast_domain::cash::CashMovement;
use holdfast_domain::order::Totals;
use uuid::Uuid;

use crate::model::{DocumentLineRow, TaxRow, TenderRow};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    pub order: Uuid,
    pub state: &'static str,
    pub channel: &'static str,
    pub stamp: StampRow,
    pub placed_at_ms: i64,
    pub currency: &'static str,
    pub totals: TotalsRow,
    /// Parts of bundles: product, no description, thousandths.
    pub parts: Vec<(String, String, i64)>,
    pub epoch_order: u32,
    pub seq: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampRow {
    pub terminal: Uuid,
    pub operator: Uuid,
    pub shift: Uuid,
    pub business_date: String,
    pub training: bool,
    pub occurred_at_ms: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TotalsRow {
    pub net: i64,
    pub tax: i64,
    pub gross: i64,
    pub discount: i64,
}

impl TotalsRow {
    pub(super) fn of(totals: &Totals) -> Self {
        Self {
            net: totals.net.minor(),
            tax: totals.tax.minor(),
            gross: totals.gross.minor(),
            discount: totals.discount.minor(),
        }
    }

    pub(super) fn negated(self) -> Self {
        Self { net: -self.net, tax: -self.tax, gross: -self.gross, discount: -self.discount }
    }
}

/// A later state of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderChange {
    pub order: Uuid,
    pub state: &'static str,
    pub paid: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Sale,
    Return,
    PostVoid,
    Deposit,
    Cancelled,
    Abandoned,
    Cash(CashMovement),
    ValueIssued,
    ValueIssueVoided,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Return => "return",
            Self::PostVoid => "post_void",
            Self::Deposit => "deposit",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
            Self::Cash(CashMovement::PaidIn) => "paid_in",
            Self::Cash(CashMovement::PaidOut) => "paid_out",
            Self::Cash(CashMovement::Drop) => "cash_drop",
            Self::Cash(CashMovement::Loan) => "cash_loan",
            Self::ValueIssued => "value_issued",
            Self::ValueIssueVoided => "value_issue_voided",
        }
    }

    /// Whether it is turnover.
    pub fn counts(self) -> bool {
        matches!(self, Self::Sale | Self::Return | Self::PostVoid)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionEntry {
    pub transaction: Uuid,
    pub kind: Kind,
    pub receipt: String,
    pub stamp: StampRow,
    pub local_hour: i64,
    pub recorded_at_ms: i64,
    pub order: Option<Uuid>,
    pub original: Option<Uuid>,
    /// Whose lines are this transaction's: its own, its order's, or the order's of the sale that it voids.
    pub document: Option<Uuid>,
    pub tax_basis: &'static str,
    pub currency: &'static str,
    pub totals: TotalsRow,
    pub due: i64,
    pub rounding: i64,
    pub change: i64,
    pub reason: String,
    pub taxes: Vec<TaxRow>,
    pub tenders: Vec<TenderRow>,
    /// Beside what was due.
    pub tips: Vec<TenderRow>,
    pub epoch_order: u32,
    pub seq: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailEntry {
    pub document: Uuid,
    pub epoch_order: u32,
    pub seq: u64,
    pub event_number: u32,
    pub event: &'static str,
    pub recorded_at_ms: i64,
}

/// Something that a manager changed at the store without asking HQ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeEntry {
    pub epoch_order: u32,
    pub seq: u64,
    pub event_number: u32,
    /// `item_added`, `marked_down` or `staff_added`.
    pub kind: &'static str,
    /// A product number, or a staff number.
    pub subject: String,
    /// In words, without a name.
    pub detail: String,
    pub staff: Uuid,
    pub recorded_at_ms: i64,
}

/// Changes of one product's balances, in thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockDelta {
    /// The newest text seen; empty when only an adjustment named the product.
    pub description: String,
    pub on_hand: i64,
    pub sold: i64,
    pub adjusted: i64,
    pub reserved: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SalesDelta {
    pub sales: i64,
    pub returns: i64,
    pub post_voids: i64,
    pub totals: TotalsRow,
}

impl SalesDelta {
    pub fn add(&mut self, other: &Self) {
        self.sales += other.sales;
        self.returns += other.returns;
        self.post_voids += other.post_voids;
        self.totals.net += other.totals.net;
        self.totals.tax += other.totals.tax;
        self.totals.gross += other.totals.gross;
        self.totals.discount += other.totals.discount;
    }
}

/// What an order of an earlier batch comes to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEdit {
    pub order: Uuid,
    pub totals: TotalsRow,
    /// As in [`OrderRow`].
    pub parts: Vec<(String, String, i64)>,
}

/// Everything that one batch changes. Maps are sorted, so that rows are locked in one order everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Projection {
    pub tills: BTreeMap<Uuid, (i64, String)>,
    pub orders: Vec<OrderRow>,
    pub order_changes: Vec<OrderChange>,
    /// Orders of earlier batches whose lines are others now: theirs are written anew.
    pub order_edits: Vec<OrderEdit>,
    pub lines: Vec<(Uuid, Vec<DocumentLineRow>)>,
    pub transactions: Vec<TransactionEntry>,
    pub trail: Vec<TrailEntry>,
    /// What managers changed at the store.
    pub changes: Vec<ChangeEntry>,
    pub stock: BTreeMap<String, StockDelta>,
    /// By business date, local hour, currency.
    pub hourly: BTreeMap<(String, i64, &'static str), SalesDelta>,
    /// By the order of the epoch and currency: what each branch of a fork sold.
    pub by_epoch: BTreeMap<(u32, &'static str), SalesDelta>,
    /// By the order of the epoch: live transactions of any kind.
    pub transactions_by_epoch: BTreeMap<u32, i64>,
    pub last_recorded_at_ms: Option<i64>,
}
