//! What the indexes answer with.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::event::Event;
use holdfast_domain::money::Currency;
use holdfast_domain::shift::Mode;
use holdfast_domain::tender::TenderKind;
use holdfast_protocol::message::TransactionView;
use holdfast_protocol::wire::plain;
use serde::{Deserialize, Serialize};

/// Where a command's first record stands, and what it was asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeEntry {
    /// The journal sequence of the record that answered it.
    pub seq: u64,
    /// SHA-256 of the command's exact bytes: the same id with other bytes is another command.
    pub fingerprint: [u8; 32],
}

/// A transaction in short, with its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionEntry {
    pub view: TransactionView,
    /// The journal sequence of its record.
    pub seq: u64,
    /// The hub's clock when it was recorded.
    #[serde(with = "plain")]
    pub recorded_at: Timestamp,
}

/// Sums over every live transaction since the first record; training is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReconciliationTotals {
    /// Sales, deposits, returns, post-voids, cancelled orders, abandoned baskets, and cash that moved without goods.
    pub transactions: u64,
    /// Minor units; returns and post-voids subtract, deposits count when their sale is completed.
    pub gross_minor: i64,
    /// Minor units, without tax; signed as `gross_minor`.
    pub net_minor: i64,
    /// Minor units that the drawers hold more than their floats, drops and loans included.
    pub cash_minor: i64,
    /// The store's currency; `None` before the store is configured.
    pub currency: Option<Currency>,
}

impl ReconciliationTotals {
    /// Adds one transaction.
    pub(crate) fn count(&mut self, view: &TransactionView) {
        if view.mode == Mode::Training {
            return;
        }
        let sign = view.kind.turnover_sign();
        self.transactions += 1;
        if let Some(totals) = &view.totals {
            self.gross_minor += sign * totals.gross.minor();
            self.net_minor += sign * totals.net.minor();
        }
        if let Some(payment) = &view.payment {
            self.cash_minor += payment.cash().minor();
        }
    }

    /// Adds what of a tip went into the drawer, or out of it again. The transaction that it came with is counted by itself.
    pub(crate) fn count_tip(&mut self, event: &Event) {
        let (Event::TipTaken { stamp, tenders, .. } | Event::TipReturned { stamp, tenders, .. }) = event
        else {
            return;
        };
        if stamp.mode == Mode::Live {
            let cash = tenders.iter().filter(|tip| tip.kind == TenderKind::Cash);
            self.cash_minor += cash.map(|tip| tip.amount.minor()).sum::<i64>();
        }
    }
}
