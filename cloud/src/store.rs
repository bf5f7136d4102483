//! The one coarse trait between the cloud and its database. Backends own their SQL; the decisions (what a batch means, what
//! a record projects to) are pure functions that every backend calls inside its transaction.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use holdfast_protocol::head::SignedHead;
use holdfast_replication::{Decision, Epoch, Hash, Point};
use uuid::Uuid;

use crate::error::StoreError;
use crate::ingest::Batch;
use crate::model::{
    BranchRow, ContactRow, HeadRow, HeadState, LineRow, QuarantineRow, Receipt, SalesRow, StockRow,
    StockSummary, StoreChangeRow, StoreRow, StoreTotals, TaxTotalsRow, TenderTotalsRow, TransactionRow,
    UserRow,
};

pub use holdfast_replication::Registered;

pub mod sqlite;

pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// The most rows of one page.
pub const PAGE_ROWS_MAX: u32 = 500;
/// The most signed heads of one page.
pub const PAGE_HEADS_MAX: u32 = 5_000;

/// Which stores a sign-in may see. Every read takes one; there is no read without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    All,
    Stores(BTreeSet<Uuid>),
}

impl Scope {
    pub fn covers(&self, store: Uuid) -> bool {
        match self {
            Self::All => true,
            Self::Stores(stores) => stores.contains(&store),
        }
    }
}

/// An enrolled hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubRow {
    pub public_key: Vec<u8>,
    pub retired: bool,
}

/// What a claim code led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    Enrolled {
        store: StoreRow,
        next_epoch_order: u32,
        journal_through: u64,
    },
    /// Unknown, expired, or used by another hub; not told apart.
    Refused,
}

/// The chain hash that an epoch's line has at a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldHash {
    Hash(Hash),
    /// The line ends before that number.
    NoRecord,
    UnknownEpoch,
}

/// A stored head and what a fresh look at the journal says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedHead {
    pub row: HeadRow,
    pub found: HeadState,
}

/// Which vault is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptVault {
    /// From 1, one more with every vault of the store.
    pub version: u64,
    pub kept_at_ms: i64,
}

/// A store's vault: sealed bytes that nobody here can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    pub kept: KeptVault,
    pub sealed: Vec<u8>,
}

/// What a batch led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ingested {
    Accepted { acked_through: u64, applied: u32, quarantined: u32 },
    Refused(Decision),
    UnknownEpoch,
}

/// A record as the journal holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    pub epoch_order: u32,
    pub epoch: Epoch,
    pub seq: u64,
    pub hash: Hash,
    pub payload: Vec<u8>,
}

/// A page of a store's line, with the hash before its first record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalPage {
    pub chain_before: Hash,
    pub rows: Vec<JournalRow>,
}

/// An epoch as registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochRow {
    pub order: u32,
    pub parent: Point,
    pub last: Point,
}

/// A filter of the transaction list. Newest first; training is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    pub store: Option<Uuid>,
    /// Only those recorded before this time.
    pub before_ms: Option<i64>,
    pub limit: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockFilter {
    pub negative_only: bool,
    /// Only products after this number.
    pub after: String,
    pub limit: u32,
}

/// The projected rows of one store as one comparable value, for `verify`.
pub type Figures = std::collections::BTreeMap<String, String>;

pub trait CloudStore: Send + Sync + 'static {
    // Stores, claims, hubs.
    fn add_store<'a>(&'a self, store: &'a StoreRow, now_ms: i64) -> Answer<'a, ()>;
    /// Adds a claim code; codes of the store that were not used become void.
    fn add_claim(&self, store: Uuid, code_hash: [u8; 32], expires_at_ms: i64) -> Answer<'_, ()>;
    /// Uses a claim code: the hub is enrolled and the store's hub before it retired.
    fn claim<'a>(
        &'a self,
        code_hash: [u8; 32],
        hub: Uuid,
        public_key: &'a [u8],
        software: &'a str,
        now_ms: i64,
    ) -> Answer<'a, Claimed>;
    fn hub(&self, store: Uuid, hub: Uuid) -> Answer<'_, Option<HubRow>>;
    /// A retired hub has called: somebody should know.
    fn note_refused_hub(&self, store: Uuid, hub: Uuid, now_ms: i64) -> Answer<'_, ()>;

    // The line.
    fn register_epoch(
        &self,
        store: Uuid,
        hub: Uuid,
        epoch: Epoch,
        parent: Option<holdfast_replication::Parent>,
        now_ms: i64,
    ) -> Answer<'_, Registered>;
    /// One batch, one transaction: cursor, decision, journal, projection, rollups, cursor.
    fn ingest<'a>(&'a self, store: Uuid, batch: &'a Batch, now_ms: i64) -> Answer<'a, Ingested>;
    fn heartbeat<'a>(&'a self, store: Uuid, contact: &'a ContactRow) -> Answer<'a, ()>;
    /// The chain hash at a number along the line that ends in an epoch.
    fn held_hash(&self, store: Uuid, epoch: Epoch, seq: u64) -> Answer<'_, HeldHash>;

    // Evidence.
    /// Keeps a head whose signature has been verified with this key, and compares it with the journal; the same head once more changes
    /// nothing.
    fn add_head<'a>(
        &'a self,
        signed: &'a SignedHead,
        key: &'a [u8; 32],
        now_ms: i64,
    ) -> Answer<'a, HeadState>;
    /// Heads by their number, those after `after_seq`.
    fn heads(&self, store: Uuid, after_seq: u64, limit: u32) -> Answer<'_, Vec<HeadRow>>;
    /// The head with the highest number.
    fn latest_head(&self, store: Uuid) -> Answer<'_, Option<HeadRow>>;
    /// Heads in the order of their keys, each compared with the journal anew, for `verify`.
    fn checked_heads<'a>(
        &'a self,
        store: Uuid,
        after: Option<&'a HeadRow>,
        limit: u32,
    ) -> Answer<'a, Vec<CheckedHead>>;
    /// Replaces the store's vault; when it answers, nothing of the one before is left on the disk.
    fn put_vault<'a>(
        &'a self,
        store: Uuid,
        hub: Uuid,
        sealed: &'a [u8],
        now_ms: i64,
    ) -> Answer<'a, KeptVault>;
    fn vault(&self, store: Uuid) -> Answer<'_, Option<Vault>>;

    /// Records along the line that ends in the newest epoch.
    fn journal_line(
        &self,
        store: Uuid,
        from_seq: u64,
        records_max: u32,
        bytes_max: usize,
    ) -> Answer<'_, JournalPage>;
    fn epochs(&self, store: Uuid) -> Answer<'_, Vec<EpochRow>>;
    /// Records of one epoch after `after_seq`, for recomputing figures.
    fn journal_of_epoch(
        &self,
        store: Uuid,
        order: u32,
        after_seq: u64,
        records_max: u32,
    ) -> Answer<'_, Vec<JournalRow>>;
    /// Every projected figure of a store as text, to compare with what the journal says.
    fn figures(&self, store: Uuid) -> Answer<'_, Figures>;

    // Reads. Each answers nothing for what lies outside the scope.
    fn stores<'a>(&'a self, scope: &'a Scope) -> Answer<'a, Vec<StoreRow>>;
    fn lines<'a>(&'a self, scope: &'a Scope) -> Answer<'a, Vec<LineRow>>;
    /// The store's histories as a tree, each branch after the one that it continues.
    fn branches<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, Vec<BranchRow>>;
    /// Rows from one business date to another, both included; by hour or by day.
    fn sales<'a>(
        &'a self,
        scope: &'a Scope,
        store: Option<Uuid>,
        from: &'a str,
        to: &'a str,
        hourly: bool,
    ) -> Answer<'a, Vec<SalesRow>>;
    /// By business date and tender type.
    fn tenders<'a>(
        &'a self,
        scope: &'a Scope,
        store: Uuid,
        from: &'a str,
        to: &'a str,
    ) -> Answer<'a, Vec<TenderTotalsRow>>;
    /// By business date and tax rate.
    fn taxes<'a>(
        &'a self,
        scope: &'a Scope,
        store: Uuid,
        from: &'a str,
        to: &'a str,
    ) -> Answer<'a, Vec<TaxTotalsRow>>;
    /// What managers changed at the store, newest first, at most [`PAGE_ROWS_MAX`].
    fn store_changes<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, Vec<StoreChangeRow>>;
    /// The newest business dates that have sales, newest first.
    fn business_dates<'a>(
        &'a self,
        scope: &'a Scope,
        store: Option<Uuid>,
        limit: u32,
    ) -> Answer<'a, Vec<String>>;
    fn transactions<'a>(
        &'a self,
        scope: &'a Scope,
        filter: &'a TransactionFilter,
    ) -> Answer<'a, Vec<TransactionRow>>;
    fn receipt<'a>(&'a self, scope: &'a Scope, store: Uuid, transaction: Uuid)
    -> Answer<'a, Option<Receipt>>;
    fn stock<'a>(
        &'a self,
        scope: &'a Scope,
        store: Uuid,
        filter: &'a StockFilter,
    ) -> Answer<'a, Vec<StockRow>>;
    fn stock_summary<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, StockSummary>;
    /// Counts every row of the store: for reconciling, not for pages.
    fn totals<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, Option<StoreTotals>>;
    fn quarantine<'a>(&'a self, scope: &'a Scope, store: Uuid, limit: u32) -> Answer<'a, Vec<QuarantineRow>>;

    // People.
    /// Whether the name was free.
    fn add_user<'a>(&'a self, user: &'a UserRow, scope: &'a Scope, now_ms: i64) -> Answer<'a, bool>;
    fn user<'a>(&'a self, name: &'a str) -> Answer<'a, Option<UserRow>>;
    fn note_sign_in<'a>(&'a self, user: &'a str, failures: i64, locked_until_ms: i64) -> Answer<'a, ()>;
    fn add_session<'a>(
        &'a self,
        token_hash: [u8; 32],
        user: &'a str,
        expires_at_ms: i64,
        now_ms: i64,
    ) -> Answer<'a, ()>;
    fn session(&self, token_hash: [u8; 32], now_ms: i64) -> Answer<'_, Option<(UserRow, Scope)>>;
    fn end_session(&self, token_hash: [u8; 32]) -> Answer<'_, ()>;

    /// Whether the database answers.
    fn ready(&self) -> Answer<'_, ()>;
}
