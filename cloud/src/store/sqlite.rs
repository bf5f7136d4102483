//! SQLite in WAL mode: the store that needs no server. One connection writes, several read. `synchronous=FULL` syncs every
//! commit, so what was acknowledged is on the disk.

use std::path::Path;
use std::time::Duration;

use holdfast_protocol::head::SignedHead;
use holdfast_replication::{Epoch, Parent};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, Transaction};
use uuid::Uuid;

use crate::error::StoreError;
use crate::ingest::Batch;
use crate::model::{
    BranchRow, ContactRow, HeadRow, HeadState, LineRow, QuarantineRow, Receipt, SalesRow, StockRow,
    StockSummary, StoreChangeRow, StoreRow, StoreTotals, TaxTotalsRow, TenderTotalsRow, TransactionRow,
    UserRow,
};
use crate::store::{
    Answer, CheckedHead, Claimed, CloudStore, EpochRow, Figures, HeldHash, HubRow, Ingested, JournalPage,
    JournalRow, KeptVault, Registered, Scope, StockFilter, TransactionFilter, Vault,
};

mod branches;
mod changes;
mod contact;
mod enrol;
mod heads;
mod ingest;
mod line;
mod people;
mod receipts;
mod rows;
mod sales;
mod schema;
mod vault;
mod write;

/// Connections that read at one time.
const READERS_MAX: u32 = 4;
/// How long one writer waits for another process (a command while the server runs).
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// The database's file within the data folder.
const FILE: &str = "cloud.db";

#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens or creates the database in a folder and brings its schema up to date.
    ///
    /// # Errors
    /// When folder or file cannot be used, or a newer version wrote it.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        tokio::fs::create_dir_all(folder).await?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join(FILE))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(false)
            // What is overwritten or deleted is zeroed: an old vault must not be found in the file.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY_WAIT);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        schema::migrate(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { writer, readers })
    }

    /// Closes all connections; what was committed is on the disk already.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Takes the write lock at once, so that a transaction never fails half-way for it.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

impl CloudStore for SqliteStore {
    fn add_store<'a>(&'a self, store: &'a StoreRow, now_ms: i64) -> Answer<'a, ()> {
        Box::pin(enrol::add_store(self, store, now_ms))
    }
    fn add_claim(&self, store: Uuid, code_hash: [u8; 32], expires_at_ms: i64) -> Answer<'_, ()> {
        Box::pin(enrol::add_claim(self, store, code_hash, expires_at_ms))
    }
    fn claim<'a>(
        &'a self,
        code_hash: [u8; 32],
        hub: Uuid,
        public_key: &'a [u8],
        software: &'a str,
        now_ms: i64,
    ) -> Answer<'a, Claimed> {
        Box::pin(enrol::claim(self, code_hash, hub, public_key, software, now_ms))
    }
    fn hub(&self, store: Uuid, hub: Uuid) -> Answer<'_, Option<HubRow>> {
        Box::pin(enrol::hub(self, store, hub))
    }
    fn note_refused_hub(&self, store: Uuid, hub: Uuid, now_ms: i64) -> Answer<'_, ()> {
        Box::pin(enrol::note_refused_hub(self, store, hub, now_ms))
    }
    fn register_epoch(
        &self,
        store: Uuid,
        hub: Uuid,
        epoch: Epoch,
        parent: Option<Parent>,
        now_ms: i64,
    ) -> Answer<'_, Registered> {
        Box::pin(line::register_epoch(self, store, hub, epoch, parent, now_ms))
    }
    fn ingest<'a>(&'a self, store: Uuid, batch: &'a Batch, now_ms: i64) -> Answer<'a, Ingested> {
        Box::pin(ingest::ingest(self, store, batch, now_ms))
    }
    fn heartbeat<'a>(&'a self, store: Uuid, contact: &'a ContactRow) -> Answer<'a, ()> {
        Box::pin(contact::heartbeat(self, store, contact))
    }
    fn held_hash(&self, store: Uuid, epoch: Epoch, seq: u64) -> Answer<'_, HeldHash> {
        Box::pin(line::held_hash(self, store, epoch, seq))
    }
    fn add_head<'a>(
        &'a self,
        signed: &'a SignedHead,
        key: &'a [u8; 32],
        now_ms: i64,
    ) -> Answer<'a, HeadState> {
        Box::pin(heads::add(self, signed, key, now_ms))
    }
    fn heads(&self, store: Uuid, after_seq: u64, limit: u32) -> Answer<'_, Vec<HeadRow>> {
        Box::pin(heads::page(self, store, after_seq, limit))
    }
    fn latest_head(&self, store: Uuid) -> Answer<'_, Option<HeadRow>> {
        Box::pin(heads::latest(self, store))
    }
    fn checked_heads<'a>(
        &'a self,
        store: Uuid,
        after: Option<&'a HeadRow>,
        limit: u32,
    ) -> Answer<'a, Vec<CheckedHead>> {
        Box::pin(heads::checked(self, store, after, limit))
    }
    fn put_vault<'a>(
        &'a self,
        store: Uuid,
        hub: Uuid,
        sealed: &'a [u8],
        now_ms: i64,
    ) -> Answer<'a, KeptVault> {
        Box::pin(vault::put(self, store, hub, sealed, now_ms))
    }
    fn vault(&self, store: Uuid) -> Answer<'_, Option<Vault>> {
        Box::pin(vault::get(self, store))
    }
    fn journal_line(
        &self,
        store: Uuid,
        from_seq: u64,
        records_max: u32,
        bytes_max: usize,
    ) -> Answer<'_, JournalPage> {
        Box::pin(line::journal_line(self, store, from_seq, records_max, bytes_max))
    }
    fn epochs(&self, store: Uuid) -> Answer<'_, Vec<EpochRow>> {
        Box::pin(line::epochs(self, store))
    }
    fn journal_of_epoch(
        &self,
        store: Uuid,
        order: u32,
        after_seq: u64,
        records_max: u32,
    ) -> Answer<'_, Vec<JournalRow>> {
        Box::pin(line::journal_of_epoch(self, store, order, after_seq, records_max))
    }
    fn figures(&self, store: Uuid) -> Answer<'_, Figures> {
        Box::pin(sales::figures(self, store))
    }
    fn stores<'a>(&'a self, scope: &'a Scope) -> Answer<'a, Vec<StoreRow>> {
        Box::pin(rows::stores(self, scope))
    }
    fn lines<'a>(&'a self, scope: &'a Scope) -> Answer<'a, Vec<LineRow>> {
        Box::pin(rows::lines(self, scope))
    }
    fn branches<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, Vec<BranchRow>> {
        Box::pin(branches::branches(self, scope, store))
    }
    fn sales<'a>(
        &'a self,
        scope: &'a Scope,
        store: Option<Uuid>,
        from: &'a str,
        to: &'a str,
        hourly: bool,
    ) -> Answer<'a, Vec<SalesRow>> {
        Box::pin(sales::sales(self, scope, store, from, to, hourly))
    }
    fn tenders<'a>(
        &'a self,
        scope: &'a Scope,
        store: Uuid,
        from: &'a str,
        to: &'a str,
    ) -> Answer<'a, Vec<TenderTotalsRow>> {
        Box::pin(sales::tenders(self, scope, store, from, to))
    }
    fn taxes<'a>(
        &'a self,
        scope: &'a Scope,
        store: Uuid,
        from: &'a str,
        to: &'a str,
    ) -> Answer<'a, Vec<TaxTotalsRow>> {
        Box::pin(sales::taxes(self, scope, store, from, to))
    }
    fn store_changes<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, Vec<StoreChangeRow>> {
        Box::pin(changes::read(self, scope, store))
    }
    fn business_dates<'a>(
        &'a self,
        scope: &'a Scope,
        store: Option<Uuid>,
        limit: u32,
    ) -> Answer<'a, Vec<String>> {
        Box::pin(sales::business_dates(self, scope, store, limit))
    }
    fn transactions<'a>(
        &'a self,
        scope: &'a Scope,
        filter: &'a TransactionFilter,
    ) -> Answer<'a, Vec<TransactionRow>> {
        Box::pin(receipts::transactions(self, scope, filter))
    }
    fn receipt<'a>(
        &'a self,
        scope: &'a Scope,
        store: Uuid,
        transaction: Uuid,
    ) -> Answer<'a, Option<Receipt>> {
        Box::pin(receipts::receipt(self, scope, store, transaction))
    }
    fn stock<'a>(
        &'a self,
        scope: &'a Scope,
        store: Uuid,
        filter: &'a StockFilter,
    ) -> Answer<'a, Vec<StockRow>> {
        Box::pin(rows::stock(self, scope, store, filter))
    }
    fn stock_summary<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, StockSummary> {
        Box::pin(rows::stock_summary(self, scope, store))
    }
    fn totals<'a>(&'a self, scope: &'a Scope, store: Uuid) -> Answer<'a, Option<StoreTotals>> {
        Box::pin(sales::totals(self, scope, store))
    }
    fn quarantine<'a>(&'a self, scope: &'a Scope, store: Uuid, limit: u32) -> Answer<'a, Vec<QuarantineRow>> {
        Box::pin(rows::quarantine(self, scope, store, limit))
    }
    fn add_user<'a>(&'a self, user: &'a UserRow, scope: &'a Scope, now_ms: i64) -> Answer<'a, bool> {
        Box::pin(people::add_user(self, user, scope, now_ms))
    }
    fn user<'a>(&'a self, name: &'a str) -> Answer<'a, Option<UserRow>> {
        Box::pin(people::user(self, name))
    }
    fn note_sign_in<'a>(&'a self, user: &'a str, failures: i64, locked_until_ms: i64) -> Answer<'a, ()> {
        Box::pin(people::note_sign_in(self, user, failures, locked_until_ms))
    }
    fn add_session<'a>(
        &'a self,
        token_hash: [u8; 32],
        user: &'a str,
        expires_at_ms: i64,
        now_ms: i64,
    ) -> Answer<'a, ()> {
        Box::pin(people::add_session(self, token_hash, user, expires_at_ms, now_ms))
    }
    fn session(&self, token_hash: [u8; 32], now_ms: i64) -> Answer<'_, Option<(UserRow, Scope)>> {
        Box::pin(people::session(self, token_hash, now_ms))
    }
    fn end_session(&self, token_hash: [u8; 32]) -> Answer<'_, ()> {
        Box::pin(people::end_session(self, token_hash))
    }
    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async {
            sqlx::query("SELECT 1").fetch_one(&self.readers).await?.try_get::<i64, _>(0)?;
            Ok(())
        })
    }
}

/// A scope as two bind values: whether it is everything, and the list as JSON.
fn scope_binds(scope: &Scope) -> (bool, String) {
    match scope {
        Scope::All => (true, "[]".to_owned()),
        Scope::Stores(stores) => (false, json_ids(stores.iter())),
    }
}

fn json_ids<'a>(ids: impl Iterator<Item = &'a Uuid>) -> String {
    let ids: Vec<String> = ids.map(Uuid::to_string).collect();
    serde_json::to_string(&ids).expect("a list of texts is JSON")
}

fn hash32(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt { what: "a hash has not 32 bytes" })
}

fn uuid(text: &str) -> Result<Uuid, StoreError> {
    Uuid::try_parse(text).map_err(|_| StoreError::Corrupt { what: "an id is not a UUID" })
}

fn epoch_text(epoch: Epoch) -> String {
    Uuid::from_bytes(epoch.0).to_string()
}

fn epoch_of(text: &str) -> Result<Epoch, StoreError> {
    Ok(Epoch(*uuid(text)?.as_bytes()))
}

/// Sequences are stored as signed numbers; the journal never reaches the sign.
fn seq_in(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

fn seq_out(seq: i64) -> u64 {
    u64::try_from(seq).unwrap_or(0)
}

fn order_out(order: i64) -> u32 {
    u32::try_from(order).unwrap_or(0)
}
