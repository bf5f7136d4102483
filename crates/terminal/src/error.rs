//! What can go wrong at a till, each with a stable code and a page under `docs/errors`.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use holdfast_journal::JournalError;

/// Codes of this crate with a one-line meaning; each has a page in `docs/errors`.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-TIL-001", "the folder belongs to no paired till"),
    ("HF-TIL-002", "the till's identity file cannot be read or written"),
    ("HF-TIL-003", "the hub refused the pairing"),
    ("HF-TIL-004", "pairing over the network needs the store's fingerprint"),
    ("HF-TIL-005", "the hub did not prove that it belongs to the store"),
    ("HF-TIL-006", "the hub cannot be reached"),
    ("HF-TIL-007", "the hub's answer cannot be understood"),
    ("HF-TIL-008", "the till's outbox holds an entry that cannot be read"),
    ("HF-TIL-009", "the till's outbox failed"),
    ("HF-TIL-010", "too many requests wait at the till"),
    ("HF-TIL-011", "the till was closed"),
    ("HF-TIL-012", "an address is not usable"),
    ("HF-TIL-013", "the hub did not answer in time"),
    ("HF-TIL-014", "the hub did not take over what an earlier hub acknowledged"),
    ("HF-TIL-015", "the till belongs to another store"),
    ("HF-TIL-016", "the hub did not let the till listen"),
    ("HF-TIL-017", "the hub refused the till's credential"),
    ("HF-TIL-018", "a file cannot be read or written"),
    ("HF-TIL-019", "a file of receipts lacks a column"),
    ("HF-TIL-020", "a row of a file of receipts cannot be taken"),
    ("HF-TIL-021", "a receipt names a product that the catalog does not have"),
    ("HF-TIL-022", "a receipt line moves neither money nor stock"),
    ("HF-TIL-023", "another shift is open at the till"),
    ("HF-TIL-024", "the store has no catalog to sell from"),
    ("HF-TIL-025", "the PIN cannot be read"),
    ("HF-TIL-026", "one id was used for two different requests"),
    ("HF-TIL-027", "a request is too large"),
    ("HF-TIL-028", "the hub refused the request"),
    ("HF-TIL-029", "the hub could not take the request as it was sent"),
    ("HF-TIL-030", "the books of a replay do not add up"),
    ("HF-TIL-031", "an amount or a text that was typed cannot be taken"),
];

/// A fault at the till. A refusal by the business is no fault: it comes as an answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TillError {
    #[error("HF-TIL-001 {} belongs to no paired till; run `holdfast-terminal pair` for it first", folder.display())]
    NotPaired { folder: PathBuf },
    #[error("HF-TIL-002 the till's identity in {} cannot be used: {what}; check its permissions, or pair again", path.display())]
    Identity {
        path: PathBuf,
        what: &'static str,
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    #[error("HF-TIL-003 the hub refused the pairing: {code} {text}")]
    PairingRefused { code: String, text: String },
    #[error(
        "HF-TIL-004 {host} is not this machine; type the line that `holdfast-hub pair` printed, with --fingerprint"
    )]
    FingerprintNeeded { host: String },
    #[error(
        "HF-TIL-005 the hub did not prove that it belongs to the store: {what}; compare the fingerprint with what `holdfast-hub pair` prints"
    )]
    NotTheStore { what: String },
    #[error("HF-TIL-006 the hub cannot be reached at {address}; check that it runs and the network between")]
    Unreachable {
        address: String,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    #[error(
        "HF-TIL-007 the hub's answer to {request} cannot be understood ({what}); bring hub and till to the same version"
    )]
    BadAnswer { request: String, what: String },
    #[error("HF-TIL-008 entry {seq} of the outbox cannot be read: {what}; keep the folder and ask for help")]
    OutboxEntry { seq: u64, what: String },
    #[error("HF-TIL-009 the outbox failed; nothing was sent that it does not hold")]
    Outbox(#[source] JournalError),
    #[error("HF-TIL-010 {waiting} requests wait for the hub already; wait until it answers")]
    Busy { waiting: usize },
    #[error("HF-TIL-011 the till was closed; what was not answered is sent when it is opened again")]
    Closed,
    #[error("HF-TIL-012 `{address}` is not usable; write it like {example}")]
    Address { address: String, example: &'static str },
    #[error(
        "HF-TIL-013 the hub did not answer within {seconds} s; the request stays in the outbox and is sent again"
    )]
    NoAnswer { seconds: u64 },
    #[error(
        "HF-TIL-014 the hub did not take over {waiting} records that an earlier hub acknowledged; they stay here and are offered again; start the other tills too"
    )]
    OffersWait { waiting: usize },
    #[error(
        "HF-TIL-015 this folder belongs to the till of store {known}, the hub is of store {other}; pair into an empty folder"
    )]
    OtherStore { known: String, other: String },
    #[error("HF-TIL-016 the hub did not let the till listen to {filter}; pair the till again")]
    Deaf { filter: String },
    #[error("HF-TIL-017 the hub refused the till's credential ({what}); pair the till again")]
    Credential { what: String },
    #[error("HF-TIL-018 {} cannot be {what}; check the path and its permissions", path.display())]
    File {
        path: PathBuf,
        what: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("HF-TIL-019 {} has no column {column}; the first row must name the columns", path.display())]
    Column { path: PathBuf, column: &'static str },
    #[error("HF-TIL-020 row {row} cannot be taken: {what}")]
    Row { row: u64, what: String },
    #[error("HF-TIL-023 shift {shift} is open at this till; close it, then try again")]
    OtherShift { shift: String },
    #[error(
        "HF-TIL-024 the store's catalog has nothing to sell; import one with `holdfast-hub import catalog`"
    )]
    NothingToSell,
    #[error("HF-TIL-025 the PIN cannot be read from {from}; it is one line of digits")]
    Pin {
        from: String,
        #[source]
        source: Option<io::Error>,
    },
    #[error("HF-TIL-026 id {id} was used for another request at this till; use a new one")]
    IdReused { id: String },
    #[error("HF-TIL-027 the request has {bytes} bytes, at most {max} are sent; make two of it")]
    RequestTooLarge { bytes: usize, max: usize },
    #[error("HF-TIL-028 the hub refused: {code} {text}")]
    Refused { code: String, text: String },
    #[error("HF-TIL-029 the hub could not take the request: {code} {text}")]
    Rejected { code: String, text: String },
    #[error("HF-TIL-031 the {what} cannot be taken: {why}")]
    Typed { what: &'static str, why: String },
    #[error("HF-TIL-030 the books of the replay do not add up: {what}")]
    Books { what: String },
}

impl TillError {
    /// The stable code, as in [`ERROR_CODES`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPaired { .. } => "HF-TIL-001",
            Self::Identity { .. } => "HF-TIL-002",
            Self::PairingRefused { .. } => "HF-TIL-003",
            Self::FingerprintNeeded { .. } => "HF-TIL-004",
            Self::NotTheStore { .. } => "HF-TIL-005",
            Self::Unreachable { .. } => "HF-TIL-006",
            Self::BadAnswer { .. } => "HF-TIL-007",
            Self::OutboxEntry { .. } => "HF-TIL-008",
            Self::Outbox(_) => "HF-TIL-009",
            Self::Busy { .. } => "HF-TIL-010",
            Self::Closed => "HF-TIL-011",
            Self::Address { .. } => "HF-TIL-012",
            Self::NoAnswer { .. } => "HF-TIL-013",
            Self::OffersWait { .. } => "HF-TIL-014",
            Self::OtherStore { .. } => "HF-TIL-015",
            Self::Deaf { .. } => "HF-TIL-016",
            Self::Credential { .. } => "HF-TIL-017",
            Self::File { .. } => "HF-TIL-018",
            Self::Column { .. } => "HF-TIL-019",
            Self::Row { .. } => "HF-TIL-020",
            Self::OtherShift { .. } => "HF-TIL-023",
            Self::NothingToSell => "HF-TIL-024",
            Self::Pin { .. } => "HF-TIL-025",
            Self::IdReused { .. } => "HF-TIL-026",
            Self::RequestTooLarge { .. } => "HF-TIL-027",
            Self::Refused { .. } => "HF-TIL-028",
            Self::Rejected { .. } => "HF-TIL-029",
            Self::Books { .. } => "HF-TIL-030",
            Self::Typed { .. } => "HF-TIL-031",
        }
    }
}

impl From<JournalError> for TillError {
    fn from(source: JournalError) -> Self {
        Self::Outbox(source)
    }
}

/// The error and its causes in one line, for a person: each cause once.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_begins_with_its_code_and_every_code_is_listed_once() {
        for error in [
            TillError::Closed,
            TillError::Busy { waiting: 1 },
            TillError::NothingToSell,
            TillError::NoAnswer { seconds: 2 },
            TillError::Outbox(JournalError::NoEpoch),
        ] {
            assert!(error.to_string().starts_with(error.code()), "{error}");
            assert_eq!(ERROR_CODES.iter().filter(|(code, _)| *code == error.code()).count(), 1);
        }
        let mut codes: Vec<_> = ERROR_CODES.iter().map(|(code, _)| code).collect();
        codes.dedup();
        assert_eq!(codes.len(), ERROR_CODES.len());
    }

    #[test]
    fn causes_are_said_once_after_the_fact() {
        let said = with_causes(&TillError::Outbox(JournalError::NoEpoch));
        assert!(said.starts_with("HF-TIL-009") && said.contains("HF-JRN-011"), "{said}");
    }
}
