//! The journal: append-only, preallocated segment files of opaque records, chained by hash, made durable by group commit.
//!
//! A single [`Writer`] assigns a sequence and a chain hash to every payload at once and hands it to one thread, which
//! collects whatever arrived during the previous sync, writes it as one group, syncs once and only then moves the
//! watermark that acknowledgements wait for. [`Reader`]s see synced records only. The stored format is described in
//! [`mod@format`] and frozen by golden files.
//!
//! **Invariant, by what is absent:** nothing here knows what a payload means, which hash chains it, what time it is, or
//! that sled, MQTT or a network exist; nothing here retries a failed sync, sleeps to batch, or rewrites a synced byte.

mod catalog;
mod commit;
mod error;
pub mod format;
mod options;
mod reader;
mod recovery;
mod room;
mod scrub;
mod spare;
pub mod storage;
mod verify;
mod walk;
mod writer;

use std::sync::Arc;

pub use error::{ERROR_CODES, JournalError};
pub use options::{CommitMode, Options, Retention};
pub use reader::{Reader, Scan};
pub use recovery::Recovery;
pub use room::{Ballast, NextSegment, Room};
pub use scrub::{Scrub, Scrubbed};
pub use storage::{DiskStorage, MemoryStorage, Storage, StorageFile};
pub use verify::{EpochSpan, Finding, VerifyReport, verify};
pub use writer::Writer;

/// The hash that chains a record to everything before it.
pub type ChainHash = [u8; 32];

/// Computes a record's chain hash; the protocol crate owns the one function that production code passes in.
///
/// The record with sequence 1 has 32 zero bytes as its `previous`.
pub type ChainFn = fn(previous: &ChainHash, epoch: &[u8; 16], seq: u64, payload: &[u8]) -> ChainHash;

/// Where a record stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The epoch that the record was written in.
    pub epoch: [u8; 16],
    /// Sequence, starting at 1, without gaps, continuing across epochs.
    pub seq: u64,
    /// The chain hash over the previous record's hash, the epoch, the sequence and the payload.
    pub hash: ChainHash,
}

/// One stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where the record stands.
    pub position: Position,
    /// The stored bytes, unchanged.
    pub payload: Vec<u8>,
}

/// The way into a journal folder.
#[derive(Debug)]
pub enum Journal {}

impl Journal {
    /// Opens the journal in `options.dir`, creating the folder when it is missing, and takes its lock.
    ///
    /// After an unclean end the last segment's valid records are copied into a new file, which is synced together with
    /// its folder before anything is served. A torn tail is cut only when nothing valid follows it and no witness has
    /// seen what it held.
    ///
    /// # Errors
    /// Every variant of [`JournalError`] that speaks of options, locks, storage or damage. After an error nothing was
    /// acknowledged and no stored record was changed; [`Journal::open_read_only`] may still show what is proven.
    pub fn open(
        options: Options,
        storage: Arc<dyn Storage>,
    ) -> Result<(Writer, Reader, Recovery), JournalError> {
        recovery::open(options, storage)
    }

    /// Opens a journal for reading without a lock and without changing a byte, for the page a hub shows when
    /// [`Journal::open`] failed. The reader ends at the last record that is proven durable: the highest
    /// `synced_through` of any valid group, a clean end, or the witness.
    ///
    /// # Errors
    /// As [`Journal::open`], without the errors of writing.
    pub fn open_read_only(
        options: &Options,
        storage: Arc<dyn Storage>,
    ) -> Result<(Reader, Recovery), JournalError> {
        recovery::open_read_only(options, storage)
    }

    /// The way out of damage that [`Journal::open`] stops at, after a person has decided to accept the loss: keeps every
    /// record before the first damaged one, renames the segments that held anything else to `*.damaged` so that nothing
    /// is destroyed, and leaves a journal that opens. The caller must begin a new epoch afterwards, because sequences
    /// that were seen before may be used again.
    ///
    /// # Errors
    /// Storage errors, a held lock, or a folder whose damage is in the very first segment header.
    pub fn cut_at_damage(
        options: &Options,
        storage: Arc<dyn Storage>,
    ) -> Result<Option<Position>, JournalError> {
        recovery::cut_at_damage(options, storage)
    }
}
