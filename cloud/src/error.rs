//! Everything an operator, a hub or a browser can be told has a code with a page in docs/errors.

use thiserror::Error;

/// Every code of the cloud with its meaning in one line.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-CLD-001", "the configuration cannot be read or has a key or value that is not known"),
    ("HF-CLD-002", "the data folder or its database cannot be opened"),
    ("HF-CLD-003", "the listen address cannot be used"),
    ("HF-CLD-004", "a store's settings are not valid"),
    ("HF-CLD-005", "the store is not known"),
    ("HF-CLD-006", "the user cannot be added"),
    ("HF-CLD-007", "the database was written by a newer version"),
    ("HF-CLD-010", "the claim code is wrong, used or expired"),
    ("HF-CLD-011", "the request is not signed by a hub of this store"),
    ("HF-CLD-012", "the request cannot be read or contradicts itself"),
    ("HF-CLD-013", "the request is too large"),
    ("HF-CLD-014", "the cloud is busy; the request may be repeated later"),
    ("HF-CLD-015", "the cloud has no such record, or no vault of this store"),
    ("HF-CLD-020", "a sign-in is needed"),
    ("HF-CLD-021", "nothing of that name is within this sign-in's stores"),
    ("HF-CLD-022", "name or password is wrong"),
    ("HF-CLD-023", "too many wrong sign-ins; wait before the next"),
    ("HF-CLD-024", "a parameter of the request is not valid"),
    ("HF-CLD-025", "the form was sent from another site"),
    ("HF-CLD-030", "a fault inside the cloud"),
    ("HF-CLD-040", "figures differ from the journal"),
    ("HF-CLD-041", "a record could not be understood and is in quarantine"),
    ("HF-CLD-042", "a store's own sums differ from the cloud's"),
    ("HF-CLD-043", "a hub's clock is off"),
    ("HF-CLD-044", "a signed head differs from the journal"),
];

/// What stops a command or the start of the server.
#[derive(Debug, Error)]
pub enum CloudError {
    #[error(
        "HF-CLD-001: the configuration cannot be used; correct the named key or remove it (config/cloud.toml lists all)"
    )]
    Config(#[source] Box<figment::Error>),
    #[error("HF-CLD-001: `{key}` is not valid: {problem}")]
    ConfigValue { key: &'static str, problem: String },
    #[error(
        "HF-CLD-002: the data folder {folder} cannot be used; check that it exists, is writable and has space"
    )]
    Data {
        folder: String,
        #[source]
        source: StoreError,
    },
    #[error("HF-CLD-003: cannot listen on {address}; free the port or choose another with --listen")]
    Listen {
        address: String,
        #[source]
        source: std::io::Error,
    },
    #[error("HF-CLD-004: {problem}")]
    Settings { problem: String },
    #[error("HF-CLD-005: there is no store {store}; `holdfast-cloud store list` shows all")]
    UnknownStore { store: String },
    #[error("HF-CLD-006: {problem}")]
    User { problem: String },
    #[error("HF-CLD-030: the database refused")]
    Store(#[from] StoreError),
}

/// A fault of the database underneath a [`crate::store::CloudStore`].
#[derive(Debug, Error)]
pub enum StoreError {
    #[error(
        "HF-CLD-007: the database has version {found}, this program knows {known}; use the newer program"
    )]
    TooNew { found: i64, known: i64 },
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
    #[error("the folder cannot be used")]
    Folder(#[from] std::io::Error),
    /// Readers hold the write-ahead log; what was replaced may still be in it.
    #[error("the write-ahead log is in use and could not be emptied")]
    LogInUse,
    #[error("a stored value cannot be read: {what}")]
    Corrupt { what: &'static str },
}
