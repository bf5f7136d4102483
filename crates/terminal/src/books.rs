//! What the hub acknowledged at a till, added up: the till's side of every reconciliation.

use std::collections::BTreeMap;

use holdfast_domain::bounded::Sku;
use holdfast_money::{Currency, Money, Quantity};
use holdfast_protocol::message::{ReplyPosition, Summary, TransactionKind};
use serde::Serialize;

/// Counts, money in minor units (returns and post-voids subtract) and the effect on stock in thousandths by product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Books {
    pub currency: String,
    /// All of the kinds below.
    pub transactions: u64,
    pub sales: u64,
    pub returns: u64,
    pub post_voids: u64,
    pub deposits: u64,
    pub cancelled: u64,
    pub abandoned: u64,
    /// Cash in and out of drawers without goods.
    pub cash_moves: u64,
    pub value_issues: u64,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    pub stock: BTreeMap<String, i64>,
}

impl Books {
    pub fn new(currency: Currency) -> Self {
        Self {
            currency: currency.code().to_owned(),
            transactions: 0,
            sales: 0,
            returns: 0,
            post_voids: 0,
            deposits: 0,
            cancelled: 0,
            abandoned: 0,
            cash_moves: 0,
            value_issues: 0,
            net_minor: 0,
            tax_minor: 0,
            gross_minor: 0,
            stock: BTreeMap::new(),
        }
    }

    /// Counts one acknowledged transaction; summaries of other things count for nothing.
    pub fn add(&mut self, summary: &Summary) {
        let Summary::Transaction { kind, totals, .. } = summary else { return };
        self.transactions += 1;
        let count = match kind {
            TransactionKind::Sale => &mut self.sales,
            TransactionKind::Return => &mut self.returns,
            TransactionKind::PostVoid => &mut self.post_voids,
            TransactionKind::Deposit => &mut self.deposits,
            TransactionKind::Cancelled => &mut self.cancelled,
            TransactionKind::Abandoned => &mut self.abandoned,
            TransactionKind::PaidIn
            | TransactionKind::PaidOut
            | TransactionKind::CashDrop
            | TransactionKind::CashLoan => &mut self.cash_moves,
            TransactionKind::ValueIssued | TransactionKind::ValueIssueVoided => &mut self.value_issues,
        };
        let sign = kind.turnover_sign();
        *count += 1;
        if let Some(totals) = totals {
            self.net_minor += sign * totals.net.minor();
            self.tax_minor += sign * totals.tax.minor();
            self.gross_minor += sign * totals.gross.minor();
        }
    }

    /// Moves stock: positive adds to on-hand.
    pub fn move_stock(&mut self, sku: &Sku, quantity: Quantity) {
        *self.stock.entry(sku.to_string()).or_insert(0) += quantity.thousandths();
    }

    /// Adds another till's books.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            transactions,
            sales,
            returns,
            post_voids,
            deposits,
            cancelled,
            abandoned,
            cash_moves,
            value_issues,
            ..
        } = other;
        self.transactions += transactions;
        self.sales += sales;
        self.returns += returns;
        self.post_voids += post_voids;
        self.deposits += deposits;
        self.cancelled += cancelled;
        self.abandoned += abandoned;
        self.cash_moves += cash_moves;
        self.value_issues += value_issues;
        self.net_minor += other.net_minor;
        self.tax_minor += other.tax_minor;
        self.gross_minor += other.gross_minor;
        for (sku, thousandths) in &other.stock {
            *self.stock.entry(sku.clone()).or_insert(0) += thousandths;
        }
    }
}

/// A place in the hub's journal, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Position {
    pub epoch: String,
    pub seq: u64,
    pub hash: String,
}

impl From<&ReplyPosition> for Position {
    fn from(position: &ReplyPosition) -> Self {
        let ReplyPosition { epoch, seq, hash } = position;
        Self { epoch: epoch.to_string(), seq: *seq, hash: hex::encode(hash) }
    }
}

/// An amount as a plain number with all its minor places, for people.
pub fn plain(amount: Money) -> String {
    let shown = amount.to_string();
    shown.split(' ').next().unwrap_or(&shown).to_owned()
}
