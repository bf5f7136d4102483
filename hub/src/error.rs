//! Everything that can go wrong at the hub's edges, each with a stable code and a page under `docs/errors`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use holdfast_domain::Refusal;
use holdfast_domain::ids::SubjectId;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A fault of the hub's own edges. The rules of the shop answer with [`Refusal`]s instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    #[error(
        "HF-HUB-001 the configuration cannot be used; correct the key that is named, `check-config` tries again"
    )]
    Config(#[source] Box<figment::Error>),
    #[error("HF-HUB-002 the setting {key} cannot be used: {problem}")]
    ConfigValue { key: &'static str, problem: String },
    #[error("HF-HUB-003 cannot {action} {}; check the disk and the folder's permissions", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("HF-HUB-004 another hub process uses {}; stop it first, or talk to it while it serves", path.display())]
    FolderInUse { path: PathBuf },
    #[error("HF-HUB-005 {} is not provisioned; run `holdfast-hub provision` with the claim code from HQ", path.display())]
    NotProvisioned { path: PathBuf },
    #[error("HF-HUB-006 {} is damaged; put it back from a backup or provision a new folder from HQ's copy", path.display())]
    FileDamaged {
        path: PathBuf,
        #[source]
        source: Cause,
    },
    #[error(
        "HF-HUB-007 the cloud's address `{url}` is refused: {problem}; write it like https://hq.example.com"
    )]
    CloudUrl { url: String, problem: &'static str },
    #[error(
        "HF-HUB-008 the cloud at {url} cannot be reached; check the network, the address and the cloud itself"
    )]
    CloudUnreachable {
        url: String,
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-009 the cloud refused: {code} {text}")]
    CloudRefused { code: String, text: String },
    #[error("HF-HUB-010 {failed} of the checks above failed; do what they say and run the command again")]
    ChecksFailed { failed: usize },
    #[error("HF-HUB-011 {} already belongs to store {store}; provision another store into an empty folder", path.display())]
    OtherStore { path: PathBuf, store: String },
    #[error(
        "HF-HUB-012 the store's settings at HQ cannot be used: {field}; correct them at HQ and run the command again"
    )]
    StoreSettings {
        field: &'static str,
        #[source]
        source: Cause,
    },
    #[error(
        "HF-HUB-013 the tax table `{text}` cannot be used: {problem}; write it like standard=20,reduced=10,zero=0"
    )]
    TaxTable { text: String, problem: String },
    #[error(
        "HF-HUB-014 HQ's copy of the journal does not continue at record {seq}; run the command again, and if it stays, ask HQ to verify its copy"
    )]
    JournalCopy {
        seq: u64,
        #[source]
        source: Cause,
    },
    #[error(
        "HF-HUB-015 the store's certificates cannot be {action}; restore the folder tls/ or provision anew"
    )]
    Certificate {
        action: &'static str,
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-016 the hub cannot listen on {address} ({purpose}); free the port or choose another one")]
    Listen {
        purpose: &'static str,
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("HF-HUB-017 the PIN cannot be used: it must be {least} to {most} digits")]
    Pin { least: usize, most: usize },
    #[error("HF-HUB-018 the pairing code is wrong, used or expired; make a new one with `holdfast-hub pair`")]
    PairingCode,
    #[error("HF-HUB-019 too many wrong codes came from this device; wait ten minutes")]
    PairingAttempts,
    #[error("HF-HUB-020 this needs a sign-in or a till's credential")]
    SignInNeeded,
    #[error("HF-HUB-021 the staff number and PIN do not match, or the number is locked for a while")]
    SignInRefused,
    #[error("HF-HUB-022 the request cannot be read: {problem}")]
    Request { problem: String },
    #[error("HF-HUB-023 there is no such {what}")]
    NotFound { what: &'static str },
    #[error("HF-HUB-024 the hub cannot answer now; try again in a moment")]
    Unavailable {
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-025 the running hub did not answer on its local channel; look at its log")]
    Channel {
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-026 refused: {} {refusal}", refusal.code())]
    Refused { refusal: Box<Refusal> },
    #[error("HF-HUB-027 the stored state cannot be opened")]
    State {
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-028 the hub's actors did not start")]
    Start {
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-029 the file of the active catalog, {}, is missing or damaged; put it back or import the catalog again", path.display())]
    CatalogFile {
        path: PathBuf,
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-031 the {what} cannot be used")]
    Name {
        what: &'static str,
        #[source]
        source: Cause,
    },
    #[error("HF-HUB-032 the running hub refused: {text}")]
    Relayed { text: String },
    #[error("HF-HUB-033 what was given to verify with cannot be used")]
    Evidence {
        #[source]
        source: crate::verify::EvidenceError,
    },
    #[error(
        "HF-HUB-035 the journal holds another record {seq} than the one this hub has signed; keep this disk as it is and rebuild the hub from HQ's copy"
    )]
    HeadContradicted { seq: u64 },
    #[error("HF-HUB-034 the export cannot be made: {problem}")]
    Export { problem: String },
    #[error("HF-HUB-034 the export is not whole; nothing was kept, run the command again")]
    ExportFault {
        #[source]
        source: holdfast_protocol::export::Fault,
    },
    #[error(
        "HF-HUB-036 the store keeps the details of {max} customers already; erase those who must not be kept any longer"
    )]
    SubjectsFull { max: usize },
    #[error(
        "HF-HUB-037 customer {other} has this card; find them by it, and let a manager merge the two if they are one person"
    )]
    CardTaken { other: SubjectId },
    /// What a scale said, or did not.
    #[error("{} {}", fault.code(), said(fault))]
    Scale { fault: holdfast_devices::scale::ScaleFault },
    #[error(transparent)]
    Journal(#[from] holdfast_journal::JournalError),
    #[error(transparent)]
    Gate(#[from] holdfast_broker::GateError),
    #[error(transparent)]
    Import(#[from] crate::import::ImportError),
    #[error(transparent)]
    Recovery(#[from] crate::recovery::RecoveryError),
}

/// A device's fault without its code in front.
fn said(fault: &holdfast_devices::scale::ScaleFault) -> String {
    let text = fault.to_string();
    text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

impl HubError {
    /// A failed call to the file system.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    /// The error and its causes in one line, as a person reads it.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            if !text.ends_with(&inner_text) {
                text.push_str(": ");
                text.push_str(&inner_text);
            }
            cause = inner.source();
        }
        text
    }
}

/// Codes of this crate with their meaning in one line; each has a page in `docs/errors`.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-HUB-001", "the hub's configuration cannot be used"),
    ("HF-HUB-002", "a setting has a value that cannot be used"),
    ("HF-HUB-003", "a file of the hub cannot be read or written"),
    ("HF-HUB-004", "another hub process uses the data folder"),
    ("HF-HUB-005", "the data folder is not provisioned"),
    ("HF-HUB-006", "a file of the data folder is damaged"),
    ("HF-HUB-007", "the cloud's address is refused"),
    ("HF-HUB-008", "the cloud cannot be reached"),
    ("HF-HUB-009", "the cloud refused what the hub asked"),
    ("HF-HUB-010", "a check before provisioning failed"),
    ("HF-HUB-011", "the data folder belongs to another store"),
    ("HF-HUB-012", "the store's settings at HQ cannot be used"),
    ("HF-HUB-013", "the tax table cannot be used"),
    ("HF-HUB-014", "HQ's copy of the journal cannot be taken over"),
    ("HF-HUB-015", "the store's certificates cannot be made or read"),
    ("HF-HUB-016", "the hub cannot listen on an address"),
    ("HF-HUB-017", "a PIN cannot be used"),
    ("HF-HUB-018", "a pairing code is wrong, used or expired"),
    ("HF-HUB-019", "too many wrong pairing codes came from one device"),
    ("HF-HUB-020", "a sign-in or a till's credential is needed"),
    ("HF-HUB-021", "a sign-in on the hub's pages was refused"),
    ("HF-HUB-022", "a request to the hub cannot be read"),
    ("HF-HUB-023", "what was asked for is not there"),
    ("HF-HUB-024", "the hub cannot answer now"),
    ("HF-HUB-025", "the local channel of the running hub does not answer"),
    ("HF-HUB-026", "the shop's rules refused a command of the hub"),
    ("HF-HUB-027", "the stored state cannot be opened"),
    ("HF-HUB-028", "the hub's actors did not start"),
    ("HF-HUB-029", "the file of the active catalog is missing or damaged"),
    ("HF-HUB-030", "the hub's clock is doubtful"),
    ("HF-HUB-031", "a name or address cannot be used"),
    ("HF-HUB-032", "the running hub refused a command of its console"),
    ("HF-HUB-033", "what a verification was given cannot be used"),
    ("HF-HUB-034", "an export cannot be made"),
    ("HF-HUB-035", "the journal contradicts the last signed head"),
    ("HF-HUB-036", "no more customers can be kept"),
    ("HF-HUB-037", "another customer has this card"),
    ("HF-HUB-038", "the hub has no web till to serve"),
    ("HF-REC-001", "a recovery code was mistyped"),
    ("HF-REC-002", "a recovery code does not open what it was given for"),
    ("HF-REC-003", "a vault or a backup is damaged"),
    ("HF-REC-004", "a vault or a backup belongs to another store"),
    ("HF-REC-005", "the folder to restore into is not empty"),
    ("HF-REC-006", "the backup's file is there already"),
    ("HF-REC-007", "there is no room for a backup or a restore"),
    ("HF-REC-008", "HQ has no vault of the store"),
    ("HF-REC-009", "the hub has no recovery code"),
    ("HF-REC-010", "the vault is too large for HQ"),
    ("HF-REC-011", "a backup cannot be read back"),
    ("HF-REC-012", "the data folder has certificates of its own"),
    ("HF-REC-013", "a backup is under way"),
    ("HF-IMP-001", "the file cannot be read"),
    ("HF-IMP-002", "a column is missing"),
    ("HF-IMP-003", "a column mapping cannot be used"),
    ("HF-IMP-004", "the file is too large"),
    ("HF-IMP-005", "nothing was imported because rows are bad"),
    ("HF-IMP-006", "the file has no product"),
    ("HF-IMP-007", "products and price book do not go together"),
    ("HF-IMP-008", "the file is not what was asked for"),
    ("HF-IMP-010", "a product number cannot be used"),
    ("HF-IMP-011", "a description cannot be used"),
    ("HF-IMP-012", "a barcode cannot be used"),
    ("HF-IMP-013", "a unit is unknown"),
    ("HF-IMP-014", "a tax class is unknown to the store"),
    ("HF-IMP-015", "a price cannot be used"),
    ("HF-IMP-016", "a stock rule is unknown"),
    ("HF-IMP-017", "a product number is there twice"),
    ("HF-IMP-018", "a barcode belongs to two products"),
    ("HF-IMP-019", "a row cannot be read"),
    ("HF-IMP-020", "the parts of a bundle cannot be used"),
    ("HF-IMP-021", "a category or variant cannot be used"),
    ("HF-IMP-022", "a price rule is unknown"),
    ("HF-IMP-023", "a minimum age is no age"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_has_its_page() {
        let codes: BTreeSet<_> = ERROR_CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
        assert_eq!(codes.len(), ERROR_CODES.len());
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
        let on_disk: BTreeSet<_> = std::fs::read_dir(&pages)
            .unwrap()
            .filter_map(|entry| Some(entry.unwrap().path().file_stem()?.to_str()?.to_owned()))
            .filter(|name| ["HF-HUB-", "HF-IMP-", "HF-REC-"].iter().any(|area| name.starts_with(area)))
            .collect();
        assert_eq!(on_disk, codes);
        for (code, meaning) in ERROR_CODES {
            let text = std::fs::read_to_string(pages.join(format!("{code}.md"))).unwrap();
            assert_eq!(text.lines().next(), Some(format!("# {code}: {meaning}").as_str()));
            assert!(text.contains("\n## What happened\n") && text.contains("\n## What to do\n"), "{code}");
        }
    }
}
