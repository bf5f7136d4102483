//! Everything that can go wrong, each with a stable code and a page under `docs/errors`.

use std::io;
use std::path::PathBuf;

use holdfast_journal::JournalError;
use holdfast_protocol::record::DecodeError;

/// Codes of this crate with a one-line meaning; each has a page in `docs/errors`.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-STO-001", "the state database reported an error"),
    ("HF-STO-002", "the state database failed inside"),
    ("HF-STO-003", "a stored value of the state cannot be read"),
    ("HF-STO-004", "the state has stopped after an earlier failure"),
    ("HF-STO-005", "records do not follow the state"),
    ("HF-STO-006", "a file of the state could not be used"),
    ("HF-STO-007", "another process holds the state"),
    ("HF-STO-008", "the journal could not be read for the state"),
    ("HF-STO-009", "a record was written by a newer version"),
    ("HF-STO-010", "a record cannot be decoded"),
    ("HF-STO-011", "a cursor is larger than the state accepts"),
    ("HF-STO-012", "the state was moved aside and is rebuilt"),
];

/// A fault of the state's storage. The journal goes on; the state is opened again, and rebuilt if it must be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// sled answered with an error.
    #[error("HF-STO-001 the state database could not {during}; check the disk, then start the hub again")]
    Sled {
        /// What was tried.
        during: &'static str,
        /// sled's answer.
        #[source]
        source: sled::Error,
    },
    /// sled panicked; it was caught and the database is not used again.
    #[error(
        "HF-STO-002 the state database failed while it tried to {during} ({panic}); start the hub again to rebuild it"
    )]
    Panicked {
        /// What was tried.
        during: &'static str,
        /// What the panic said.
        panic: String,
    },
    /// A stored value has no meaning.
    #[error(
        "HF-STO-003 a value in table {table} of the state cannot be read; start the hub again to rebuild it"
    )]
    Unreadable {
        /// The table.
        table: &'static str,
        /// Why, where the decoder said.
        #[source]
        source: Option<postcard::Error>,
    },
    /// The store failed before and answers nothing any more.
    #[error(
        "HF-STO-004 the state has stopped after an earlier failure or a clean stop; see the fault logged before, then open it again"
    )]
    Stopped,
    /// A record does not follow what is applied. Nothing of it was applied.
    #[error("HF-STO-005 record {found_seq} cannot be applied; the state expects record {expected_seq}")]
    NotContiguous {
        /// The sequence that would fit.
        expected_seq: u64,
        /// The sequence that was given.
        found_seq: u64,
    },
    /// A call on a file or folder of the state failed.
    #[error("HF-STO-006 the state could not {call} {}; check the disk and the folder's permissions", path.display())]
    Io {
        /// What was tried.
        call: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// The database's lock is held.
    #[error("HF-STO-007 another process holds the state in {}; stop it first", dir.display())]
    InUse {
        /// The state's folder.
        dir: PathBuf,
    },
    /// The journal could not be read.
    #[error("HF-STO-008 the journal could not be read to bring the state up to date")]
    Journal {
        /// The journal's answer.
        #[source]
        source: JournalError,
    },
    /// A record is newer than this program.
    #[error("HF-STO-009 record {seq} was written by a newer version; start the newer program again")]
    NewerRecord {
        /// The record.
        seq: u64,
        /// The decoder's answer.
        #[source]
        source: DecodeError,
    },
    /// A record's bytes are not a record.
    #[error("HF-STO-010 record {seq} cannot be decoded; export the journal and ask for help")]
    Undecodable {
        /// The record.
        seq: u64,
        /// The decoder's answer.
        #[source]
        source: DecodeError,
    },
    /// A cursor's name or value is too long. Nothing was kept.
    #[error("HF-STO-011 a cursor of {bytes} bytes exceeds the limit of {bytes_max}")]
    CursorTooLarge {
        /// Bytes of the name or the value.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sled { .. } => "HF-STO-001",
            Self::Panicked { .. } => "HF-STO-002",
            Self::Unreadable { .. } => "HF-STO-003",
            Self::Stopped => "HF-STO-004",
            Self::NotContiguous { .. } => "HF-STO-005",
            Self::Io { .. } => "HF-STO-006",
            Self::InUse { .. } => "HF-STO-007",
            Self::Journal { .. } => "HF-STO-008",
            Self::NewerRecord { .. } => "HF-STO-009",
            Self::Undecodable { .. } => "HF-STO-010",
            Self::CursorTooLarge { .. } => "HF-STO-011",
        }
    }

    /// Whether the stored state can no longer be trusted: the store has stopped and the next open rebuilds it.
    pub fn is_doubt(&self) -> bool {
        matches!(self, Self::Sled { .. } | Self::Panicked { .. } | Self::Unreadable { .. } | Self::Io { .. })
    }
}
