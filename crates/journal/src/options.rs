//! The limits and choices of one journal.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::JournalError;
use crate::format::{GROUP_HEADER_BYTES, RECORD_HEADER_BYTES, SEGMENT_BYTES_LIMIT, SEGMENT_HEADER_BYTES};
use crate::room::Ballast;
use crate::{ChainFn, format};

/// Whether old records may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Nothing is ever deleted; a journal that does not begin at record 1 is refused.
    Forever,
    /// [`crate::Writer::prune_before`] may delete whole segments, as the till's outbox does.
    Prunable,
}

/// Who drives the commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitMode {
    /// One thread of its own commits whatever has arrived.
    Thread,
    /// [`crate::Writer::commit`] commits what is queued, on the caller's thread: a simulation repeats itself exactly.
    Manual,
}

/// How a journal is opened. [`Options::new`] fills in the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that holds the segments; nothing else should live in it.
    pub dir: PathBuf,
    /// The function that chains records.
    pub chain: ChainFn,
    /// Size of every new segment file in bytes, written with zeros and synced before use. Default 64 MiB.
    pub segment_bytes: u64,
    /// The largest payload in bytes. Default 1 MiB.
    pub record_bytes_max: usize,
    /// The largest group body in bytes, which is what one sync covers. Default 4 MiB.
    pub group_bytes_max: usize,
    /// How many records may wait for the disk. Default 65,536.
    pub queue_records_max: usize,
    /// How many payload bytes may wait for the disk. Default 64 MiB.
    pub queue_bytes_max: usize,
    /// The highest sequence that anyone has seen: the state's `applied_seq`, HQ's acknowledgement, the last signed head.
    /// 0 when nobody has seen any.
    pub witness_seq: u64,
    /// Whether old segments may be deleted. Default [`Retention::Forever`].
    pub retention: Retention,
    /// Who commits. Default [`CommitMode::Thread`].
    pub commit: CommitMode,
    /// Called once when the journal can no longer promise anything. The default logs and aborts the process. Should it
    /// return, as it does in tests, the writer is stopped and acknowledges nothing any more.
    pub on_fatal: fn(&JournalError),
    /// Asked for space when a segment finds no room on the disk. Default none.
    pub ballast: Option<Arc<dyn Ballast>>,
}

impl Options {
    /// Options with every default for the journal in `dir`.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, chain: ChainFn) -> Self {
        Self {
            dir: dir.into(),
            chain,
            segment_bytes: 64 << 20,
            record_bytes_max: 1 << 20,
            group_bytes_max: 4 << 20,
            queue_records_max: 65_536,
            queue_bytes_max: 64 << 20,
            witness_seq: 0,
            retention: Retention::Forever,
            commit: CommitMode::Thread,
            on_fatal: abort_process,
            ballast: None,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), JournalError> {
        let record = format::aligned(RECORD_HEADER_BYTES + self.record_bytes_max);
        // A segment must hold its header, one full group, and the mark of a clean end.
        let smallest = SEGMENT_HEADER_BYTES + 2 * GROUP_HEADER_BYTES + self.group_bytes_max;
        let rule = if record > self.group_bytes_max {
            "group_bytes_max must hold one record of record_bytes_max and its header"
        } else if (smallest as u64) > self.segment_bytes {
            "segment_bytes must hold its header, one group of group_bytes_max and a closing mark"
        } else if self.segment_bytes > SEGMENT_BYTES_LIMIT {
            "segment_bytes must not exceed 1 GiB"
        } else if !self.segment_bytes.is_multiple_of(8) || !self.group_bytes_max.is_multiple_of(8) {
            "segment_bytes and group_bytes_max must be multiples of 8"
        } else if self.queue_records_max == 0 || self.queue_bytes_max < self.record_bytes_max {
            "the queue must hold at least one record of record_bytes_max"
        } else {
            return Ok(());
        };
        Err(JournalError::InvalidOptions { rule })
    }
}

fn abort_process(error: &JournalError) {
    let mut causes = String::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        causes.push_str(": ");
        causes.push_str(&inner.to_string());
        cause = inner.source();
    }
    tracing::error!(code = error.code(), error = %error, causes, "the journal failed and the process stops");
    std::process::abort();
}
