//! Everything that can go wrong, each with a stable code and a page under `docs/errors`.

use std::io;
use std::path::PathBuf;

/// Codes of this crate with a one-line meaning; each has a page in `docs/errors`.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-JRN-001", "a storage call of the journal failed"),
    ("HF-JRN-002", "a sync of the journal failed"),
    ("HF-JRN-003", "the journal holds damaged bytes that are no torn tail"),
    ("HF-JRN-004", "the journal ends before a record that was already seen"),
    ("HF-JRN-005", "a journal segment is missing or its header is damaged"),
    ("HF-JRN-006", "the journal was written by a newer version"),
    ("HF-JRN-007", "another process holds the journal"),
    ("HF-JRN-008", "the journal's queue is full"),
    ("HF-JRN-009", "a record is larger than the journal accepts"),
    ("HF-JRN-010", "the journal's options contradict each other"),
    ("HF-JRN-011", "no epoch was begun before the first record"),
    ("HF-JRN-012", "an imported record does not continue the chain"),
    ("HF-JRN-013", "the journal writer has stopped"),
    ("HF-JRN-014", "a stored record cannot be read because it is damaged"),
    ("HF-JRN-015", "the disk has no room for the next journal segment"),
    ("HF-JRN-016", "the beginning of a journal that is kept for ever is missing"),
    ("HF-JRN-017", "a journal that is kept for ever was asked to prune"),
    ("HF-JRN-018", "the disk is full and the journal's open segment has no room left"),
];

/// A fault of the journal. A full queue is the only one that is worth another try by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A storage call failed; nothing that depended on it was acknowledged.
    #[error("HF-JRN-001 the journal could not {call} {}; check the disk and the folder's permissions", path.display())]
    Io {
        /// What was tried.
        call: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A sync failed. Its pages may be lost although they can still be read, so the process must end.
    #[error("HF-JRN-002 syncing {} failed; the process stops so that nothing unsafe is acknowledged; check the disk, then start again", path.display())]
    SyncFailed {
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// Bytes are bad and something proves that they were once durable.
    #[error("HF-JRN-003 {} is damaged at byte {offset}, record {seq} ({proof}); restore from a backup or HQ's copy, or cut the journal there", path.display())]
    Damaged {
        /// The segment file.
        path: PathBuf,
        /// Where the first bad byte range begins, in bytes from the start of the file.
        offset: u64,
        /// The sequence of the first record that cannot be read.
        seq: u64,
        /// Why this is no torn tail.
        proof: &'static str,
    },
    /// The journal ends before the witness.
    #[error(
        "HF-JRN-004 the journal ends at record {head_seq} but record {witness_seq} was already seen; a segment file or an older copy of the disk is missing"
    )]
    ShorterThanWitness {
        /// The last record found, 0 when none.
        head_seq: u64,
        /// The highest sequence anyone has seen.
        witness_seq: u64,
    },
    /// A segment is missing, or its header does not fit its neighbours.
    #[error("HF-JRN-005 {} is missing or has a damaged header ({proof}); put the file back from a backup or restore from HQ's copy", path.display())]
    SegmentBroken {
        /// The segment file.
        path: PathBuf,
        /// What does not fit.
        proof: &'static str,
    },
    /// The file's format is newer than this program.
    #[error("HF-JRN-006 {} has format version {version}; start the newer program version that wrote it", path.display())]
    UnsupportedVersion {
        /// The segment file.
        path: PathBuf,
        /// The version found.
        version: u16,
    },
    /// The folder's lock is held.
    #[error("HF-JRN-007 another process holds the journal in {}; stop it first", dir.display())]
    Locked {
        /// The journal's folder.
        dir: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// More is waiting for the disk than the queue may hold. Nothing was appended.
    #[error("HF-JRN-008 {records} records ({bytes} bytes) wait for the disk; try again in a moment")]
    QueueFull {
        /// Records that wait.
        records: usize,
        /// Their payload bytes.
        bytes: usize,
    },
    /// The payload exceeds `record_bytes_max`. Nothing was appended.
    #[error(
        "HF-JRN-009 a record of {bytes} bytes exceeds the limit of {bytes_max}; split it or store it as a file"
    )]
    RecordTooLarge {
        /// Bytes of the payload.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The options cannot work together.
    #[error("HF-JRN-010 the journal's options cannot work: {rule}")]
    InvalidOptions {
        /// The rule that is broken.
        rule: &'static str,
    },
    /// A record was appended to an empty journal without an epoch.
    #[error("HF-JRN-011 no epoch was begun; begin one before the first record")]
    NoEpoch,
    /// An imported record does not follow the head.
    #[error("HF-JRN-012 record {seq} cannot be imported after record {head_seq}: {reason}; fetch the copy again from record {}", head_seq + 1)]
    ImportRejected {
        /// The sequence that was offered.
        seq: u64,
        /// The journal's head, 0 when empty.
        head_seq: u64,
        /// What does not fit.
        reason: &'static str,
    },
    /// The writer thread ended after a fault or a shutdown.
    #[error("HF-JRN-013 the journal writer has stopped; see the fault logged before, then start again")]
    Stopped,
    /// A record that should be readable is not.
    #[error("HF-JRN-014 record {seq} in {} cannot be read because its bytes are damaged; run verify and restore from a backup or HQ's copy", path.display())]
    RecordDamaged {
        /// The segment file.
        path: PathBuf,
        /// The record that was wanted.
        seq: u64,
    },
    /// The next segment cannot be allocated.
    #[error("HF-JRN-015 the disk has no room for {} ({bytes} bytes); free space, and the journal goes on", path.display())]
    DiskFull {
        /// The file that was being allocated.
        path: PathBuf,
        /// Bytes it needs.
        bytes: u64,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The first segments of a journal that is never pruned are gone.
    #[error("HF-JRN-016 the journal in {} begins at record {first_seq} instead of 1; put the missing segment files back", dir.display())]
    BeginningMissing {
        /// The journal's folder.
        dir: PathBuf,
        /// The first record found.
        first_seq: u64,
    },
    /// `prune_before` on a journal that keeps everything.
    #[error("HF-JRN-017 this journal keeps every record; open it as prunable to delete old segments")]
    PruneRefused,
    /// The disk had no room for the next segment and the record does not fit the open one. Nothing was appended.
    #[error(
        "HF-JRN-018 the disk is full and a record of {bytes} bytes finds no room in the journal; free space, and it goes on by itself"
    )]
    NoRoom {
        /// Bytes of the payload.
        bytes: usize,
    },
}

impl JournalError {
    /// The stable code, as in [`ERROR_CODES`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "HF-JRN-001",
            Self::SyncFailed { .. } => "HF-JRN-002",
            Self::Damaged { .. } => "HF-JRN-003",
            Self::ShorterThanWitness { .. } => "HF-JRN-004",
            Self::SegmentBroken { .. } => "HF-JRN-005",
            Self::UnsupportedVersion { .. } => "HF-JRN-006",
            Self::Locked { .. } => "HF-JRN-007",
            Self::QueueFull { .. } => "HF-JRN-008",
            Self::RecordTooLarge { .. } => "HF-JRN-009",
            Self::InvalidOptions { .. } => "HF-JRN-010",
            Self::NoEpoch => "HF-JRN-011",
            Self::ImportRejected { .. } => "HF-JRN-012",
            Self::Stopped => "HF-JRN-013",
            Self::RecordDamaged { .. } => "HF-JRN-014",
            Self::DiskFull { .. } => "HF-JRN-015",
            Self::BeginningMissing { .. } => "HF-JRN-016",
            Self::PruneRefused => "HF-JRN-017",
            Self::NoRoom { .. } => "HF-JRN-018",
        }
    }

    /// Whether the same call may succeed a moment later without anybody doing anything.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::QueueFull { .. })
    }

    /// Whether the disk had no room: nothing was written that counts, and the same work succeeds once there is space.
    #[must_use]
    pub fn is_out_of_space(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::NoRoom { .. })
    }
}
