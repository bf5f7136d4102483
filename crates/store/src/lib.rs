//! The materialised state: what the journal's records add up to, kept on sled so that a hub starts at once and its memory
//! stays flat, with an in-memory twin that behaves the same.
//!
//! The journal is the truth and this is a copy of what follows from it. Each batch of records is one transaction over all
//! tables together with the position it brings the copy to; that position's chain hash is compared with the journal at
//! every open. Whatever is doubtful (another boot without a clean stop, another version, a hash that differs, a panic or
//! an error of sled) is moved aside and rebuilt from the journal.
//!
//! **Invariant, by what is absent:** nothing here decides, prices or refuses a business event, reads a clock, appends to
//! the journal, or is the only place where anything is known; no other crate names sled, and no failure of sled leaves
//! this crate as a panic.

mod catch_up;
mod codec;
mod disk;
mod entry;
mod error;
mod fold;
mod hash;
mod history;
mod index;
mod leaf;
mod materialised;
mod memory;
mod open;
mod past;
mod rows;
mod table;

use std::collections::BTreeMap;

use holdfast_domain::State;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, SubjectId, TransactionId};
use holdfast_domain::order::Order;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::sale::Sale;
use holdfast_domain::subject::{MERGES_FOLLOWED_MAX, SubjectStanding};
use holdfast_protocol::message::{ReplyPosition, StoredRecord};

pub use catch_up::{REPLAY_BATCH_RECORDS, catch_up, stored_record};
pub use entry::{OutcomeEntry, ReconciliationTotals, TransactionEntry};
pub use error::{ERROR_CODES, StoreError};
pub use fold::UNDECODABLE;
pub use history::BLOCK_RECORDS;
pub use materialised::{BATCH_PAYLOAD_BYTES_MAX, BATCH_RECORDS_MAX, CURSOR_BYTES_MAX, PAGE_TRANSACTIONS_MAX};
pub use memory::MemoryStore;
pub use open::{ASIDE_MAX, OpenReport, Progress, RebuildReason, SledOptions, SledStore};
pub use table::{ROW_BYTES_MAX, STATE_VERSION};

/// The state as of one journal record, with the indexes over everything before it.
///
/// Calls may block on a disk. After [`StoreError::Stopped`] or any error that [`StoreError::is_doubt`], the store
/// answers every fallible call with an error until it is opened again; selling goes on without it.
pub trait StateStore: Send + Sync + std::fmt::Debug {
    /// The last record that the state contains; `None` before the first.
    fn applied(&self) -> Option<ReplyPosition>;

    /// Shows the state as of [`StateStore::applied`]: open orders, stock, tills, staff, open shifts. What is closed was
    /// forgotten and is read by its id. After a failed [`StateStore::apply`] it may be ahead of what is kept. `read` runs
    /// under the store's lock: it takes what it needs, and calls nothing of the store.
    fn with_state(&self, read: &mut dyn FnMut(&State));

    /// Folds records that follow [`StateStore::applied`] without a gap. Up to [`BATCH_RECORDS_MAX`] records and
    /// [`BATCH_PAYLOAD_BYTES_MAX`] payload bytes are one transaction; a longer batch is cut into several.
    ///
    /// # Errors
    /// [`StoreError::NotContiguous`] when the records do not follow each other (the records before the gap may have been
    /// applied), or a failure of the storage.
    fn apply(&self, batch: &[StoredRecord]) -> Result<(), StoreError>;

    /// Moves past a record whose bytes cannot be decoded: it is counted under [`UNDECODABLE`] and changes nothing else.
    ///
    /// # Errors
    /// As [`StateStore::apply`].
    fn pass_over(&self, position: ReplyPosition) -> Result<(), StoreError>;

    /// Where a command's first record stands. Kept for ever; later records of the same id never overwrite it.
    ///
    /// # Errors
    /// A failure of the storage.
    fn outcome(&self, id: CommandId) -> Result<Option<OutcomeEntry>, StoreError>;

    /// An order, open or closed.
    ///
    /// # Errors
    /// A failure of the storage.
    fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// A completed sale with everything that has come back of it.
    ///
    /// # Errors
    /// A failure of the storage.
    fn sale(&self, id: TransactionId) -> Result<Option<Sale>, StoreError>;

    /// Whether a shift of this id was closed.
    ///
    /// # Errors
    /// A failure of the storage.
    fn shift_closed(&self, id: ShiftId) -> Result<bool, StoreError>;

    /// What is known of a subject; `None` for an id that was never registered.
    ///
    /// # Errors
    /// A failure of the storage.
    fn subject(&self, id: SubjectId) -> Result<Option<SubjectStanding>, StoreError>;

    /// Every subject that was ever erased, in the order of their ids: 16 bytes each, and few beside those registered.
    ///
    /// # Errors
    /// A failure of the storage.
    fn erased_subjects(&self) -> Result<Vec<SubjectId>, StoreError>;

    /// Every subject that was ever merged into another one, with whom, in the order of their ids: as few as those erased.
    ///
    /// # Errors
    /// A failure of the storage.
    fn merged_subjects(&self) -> Result<Vec<(SubjectId, SubjectId)>, StoreError>;

    /// What is known of a subject, and of everybody whom they were merged into, one after the other: all that a decision
    /// about one of them must see. Empty for an id that was never registered.
    ///
    /// # Errors
    /// A failure of the storage.
    fn subject_with_merges(
        &self,
        subject: SubjectId,
    ) -> Result<Vec<(SubjectId, SubjectStanding)>, StoreError> {
        let (mut found, mut next) = (Vec::new(), Some(subject));
        while let Some(id) = next.filter(|_| found.len() <= MERGES_FOLLOWED_MAX) {
            let standing = self.subject(id)?;
            next = standing.as_ref().and_then(SubjectStanding::merged_into);
            found.extend(standing.map(|standing| (id, standing)));
        }
        Ok(found)
    }

    /// A transaction in short.
    ///
    /// # Errors
    /// A failure of the storage.
    fn transaction(&self, id: TransactionId) -> Result<Option<TransactionEntry>, StoreError>;

    /// The transaction that bears a receipt number.
    ///
    /// # Errors
    /// A failure of the storage.
    fn transaction_by_receipt(&self, number: ReceiptNumber) -> Result<Option<TransactionEntry>, StoreError>;

    /// The newest transactions recorded before `before_seq` (or at all), newest first, at most `limit` and never more
    /// than [`PAGE_TRANSACTIONS_MAX`]. The last entry's `seq` asks for the next page.
    ///
    /// # Errors
    /// A failure of the storage.
    fn latest_transactions(
        &self,
        before_seq: Option<u64>,
        limit: usize,
    ) -> Result<Vec<TransactionEntry>, StoreError>;

    /// Which blocks of [`BLOCK_RECORDS`] records hold an event of a business date from `from` to `to`, ascending: block
    /// `n` begins at record `n` times that many. What is of a date stands in these and nowhere else, so that a date of
    /// the past is read without the years around it.
    ///
    /// # Errors
    /// A failure of the storage.
    fn blocks_of_dates(&self, from: BusinessDate, to: BusinessDate) -> Result<Vec<u64>, StoreError>;

    /// What this store adds up to as of [`StateStore::applied`], training left out: the figures HQ compares with its own.
    fn totals(&self) -> ReconciliationTotals;

    /// How often each invariant was found violated, by its id, since the first record.
    fn violations(&self) -> BTreeMap<String, u64>;

    /// A named position of somebody who follows the journal. A rebuilt store has none: its owners begin again.
    ///
    /// # Errors
    /// A failure of the storage.
    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a named position of at most [`CURSOR_BYTES_MAX`] bytes; durable after the next [`StateStore::sync`].
    ///
    /// # Errors
    /// [`StoreError::CursorTooLarge`] or a failure of the storage.
    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError>;

    /// Makes everything so far durable.
    ///
    /// # Errors
    /// A failure of the storage; the store then counts as doubtful, because pages that could not be written may be gone.
    fn sync(&self) -> Result<(), StoreError>;
}
