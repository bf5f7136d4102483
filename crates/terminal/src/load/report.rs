//! What the hub acknowledged during a load, till by till and in sum.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use holdfast_money::Currency;
use holdfast_protocol::message::{Answer, Reply, Summary};
use serde::Serialize;

use crate::books::{Books, Position};
use crate::client::{Counters, Till};

/// One transaction that the hub acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    pub transaction: String,
    pub receipt: String,
    pub kind: holdfast_protocol::message::TransactionKind,
    pub gross_minor: i64,
}

/// One till's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TillReport {
    pub terminal: String,
    pub number: u16,
    pub name: String,
    pub data: String,
    #[serde(flatten)]
    pub books: Books,
    /// Receipt numbers in the order they were given.
    pub receipts: Vec<String>,
    pub acknowledged_transactions: Vec<Acknowledged>,
    /// Requests that were answered, transactions or not.
    pub acknowledged: u64,
    /// Requests that were begun and not answered when the load ended.
    pub unanswered: u64,
    /// What the business refused, by code.
    pub refusals: BTreeMap<String, u64>,
    /// What the hub would not take, by code.
    pub rejected: BTreeMap<String, u64>,
    pub resent: u64,
    pub retry_answers: u64,
    pub connections: u64,
    pub stream_gaps: u64,
    pub last_position: Option<Position>,
    /// Half of the replies, and 99 of 100, came within so many microseconds (the next power of two).
    pub reply_micros_p50: u64,
    pub reply_micros_p99: u64,
    #[serde(skip)]
    replies: [u64; 40],
}

impl TillReport {
    pub(super) fn new(till: &Till, folder: &Path) -> Self {
        let paired = till.identity().paired();
        // The snapshot's currency; a till that is ready has one.
        let currency = till.snapshot().borrow().as_ref().map_or(Currency::EUR, |s| s.profile.currency);
        Self {
            terminal: paired.terminal.to_string(),
            number: paired.number.0,
            name: paired.name.to_string(),
            data: folder.display().to_string(),
            books: Books::new(currency),
            receipts: Vec::new(),
            acknowledged_transactions: Vec::new(),
            acknowledged: 0,
            unanswered: 0,
            refusals: BTreeMap::new(),
            rejected: BTreeMap::new(),
            resent: 0,
            retry_answers: 0,
            connections: 0,
            stream_gaps: 0,
            last_position: None,
            reply_micros_p50: 0,
            reply_micros_p99: 0,
            replies: [0; 40],
        }
    }

    pub(super) fn asked(&mut self) {
        self.unanswered += 1;
    }

    /// Takes one answer into account.
    pub(super) fn answered(&mut self, reply: &Reply, took: Duration) {
        self.unanswered = self.unanswered.saturating_sub(1);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let slot = usize::try_from(64 - micros.leading_zeros()).unwrap_or(0).min(self.replies.len() - 1);
        self.replies[slot] += 1;
        match &reply.answer {
            Answer::Accepted { position, summary, .. } => {
                self.acknowledged += 1;
                self.last_position = Some(position.into());
                self.books.add(summary);
                if let Summary::Transaction { transaction, kind, receipt, totals, .. } = summary {
                    self.receipts.push(receipt.to_string());
                    self.acknowledged_transactions.push(Acknowledged {
                        transaction: transaction.to_string(),
                        receipt: receipt.to_string(),
                        kind: *kind,
                        gross_minor: totals.as_ref().map_or(0, |totals| totals.gross.minor()),
                    });
                }
            }
            Answer::Refused { position, code, .. } => {
                self.acknowledged += 1;
                self.last_position = Some(position.into());
                *self.refusals.entry(code.clone()).or_insert(0) += 1;
            }
            Answer::Rejected { code, .. } | Answer::Retry { code, .. } => {
                *self.rejected.entry(code.clone()).or_insert(0) += 1;
            }
        }
    }

    pub(super) fn count(&mut self, counters: &Counters) {
        self.resent = counters.resent.load(Ordering::Relaxed);
        self.retry_answers = counters.retry_answers.load(Ordering::Relaxed);
        self.connections = counters.connections.load(Ordering::Relaxed);
        self.stream_gaps = counters.gaps.load(Ordering::Relaxed);
        self.reply_micros_p50 = self.within(50);
        self.reply_micros_p99 = self.within(99);
    }

    fn within(&self, percent: u64) -> u64 {
        let all: u64 = self.replies.iter().sum();
        let mut seen = 0;
        for (slot, count) in self.replies.iter().enumerate() {
            seen += count;
            if seen > 0 && seen * 100 >= all * percent {
                return 1 << slot;
            }
        }
        0
    }
}

/// All tills together; every figure of `books` is the sum of the tills'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    pub seed: u64,
    pub seconds: u64,
    /// False while the load runs, and when a till failed.
    pub complete: bool,
    #[serde(flatten)]
    pub books: Books,
    pub acknowledged: u64,
    pub unanswered: u64,
    pub refusals: BTreeMap<String, u64>,
    pub rejected: BTreeMap<String, u64>,
    pub resent: u64,
    pub retry_answers: u64,
    pub tills: Vec<TillReport>,
}

impl LoadReport {
    pub(super) fn new(seed: u64, seconds: u64, complete: bool, tills: Vec<TillReport>) -> Self {
        let mut books = Books::new(Currency::EUR);
        let (mut refusals, mut rejected) = (BTreeMap::new(), BTreeMap::new());
        for till in &tills {
            books.currency.clone_from(&till.books.currency);
            books.merge(&till.books);
            for (of, sums) in [(&till.refusals, &mut refusals), (&till.rejected, &mut rejected)] {
                for (code, count) in of {
                    *sums.entry(code.clone()).or_insert(0) += count;
                }
            }
        }
        let sum = |of: fn(&TillReport) -> u64| tills.iter().map(of).sum();
        Self {
            seed,
            seconds,
            complete,
            books,
            acknowledged: sum(|till| till.acknowledged),
            unanswered: sum(|till| till.unanswered),
            refusals,
            rejected,
            resent: sum(|till| till.resent),
            retry_answers: sum(|till| till.retry_answers),
            tills,
        }
    }

    pub(super) fn progress(&self) -> LoadProgress {
        LoadProgress {
            seconds: self.seconds,
            transactions: self.books.transactions,
            acknowledged: self.acknowledged,
            unanswered: self.unanswered,
            refused: self.refusals.values().sum(),
            resent: self.resent,
            gross_minor: self.books.gross_minor,
        }
    }
}

/// One line a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LoadProgress {
    pub seconds: u64,
    pub transactions: u64,
    pub acknowledged: u64,
    pub unanswered: u64,
    pub refused: u64,
    pub resent: u64,
    pub gross_minor: i64,
}
