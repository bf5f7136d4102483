//! `verify`: an export or a whole journal, record for record, and against heads and receipts from elsewhere.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use holdfast_protocol::head::{SignedHead, SignedHeadJson};

use super::{Place, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;
use crate::folder;
use crate::identity::Identity;
use crate::verify::{self, Evidence, EvidenceError, JournalVerdict, KEYS_MAX, PublicKey, Receipt};

/// The books differ from what was written.
const NOT_INTACT: u8 = 1;
/// Nothing can be said about the books.
const NO_VERDICT: u8 = 2;
/// What the hub's last signed head is called.
const LAST_HEAD: &str = "the hub's last signed head";

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The data folder whose journal is verified, also while a hub serves from it
    #[arg(long, required_unless_present = "export", conflicts_with = "export")]
    data: Option<PathBuf>,
    /// A configuration file; settings that it does not name keep their defaults
    #[arg(long, conflicts_with = "export")]
    config: Option<PathBuf>,
    /// An export to verify instead
    #[arg(long, requires = "public_key")]
    export: Option<PathBuf>,
    /// A hub's public key in hex, or a file with it; one for each hub that the store had. A data folder knows its own
    #[arg(long, value_name = "HEX|FILE")]
    public_key: Vec<String>,
    /// A signed head (JSON) that the books must agree with; may be given several times
    #[arg(long, value_name = "FILE")]
    head: Vec<String>,
    /// The short head of a receipt that the books must agree with; may be given several times
    #[arg(long, value_name = "N-XXXX-XXXX-XXXX-XXXX")]
    receipt: Vec<String>,
}

/// Verifies and says so. An error is no verdict, and has its own exit code.
pub(super) async fn run(asked: Verify) -> ExitCode {
    match verdict(asked).await {
        Ok(JournalVerdict { text, intact }) => {
            print!("{text}");
            if intact { ExitCode::SUCCESS } else { ExitCode::from(NOT_INTACT) }
        }
        Err(error) => {
            eprintln!("{}", error.chain());
            ExitCode::from(NO_VERDICT)
        }
    }
}

async fn verdict(asked: Verify) -> Result<JournalVerdict, HubError> {
    let mut keys =
        asked.public_key.iter().map(|text| PublicKey::given(text)).collect::<Result<Vec<_>, _>>()?;
    if keys.len() > KEYS_MAX {
        return Err(EvidenceError::TooMany { what: "public keys", most: KEYS_MAX }.into());
    }
    let Some(data) = asked.data else {
        let path = asked.export.expect("clap asks for one of the two");
        let mut file = File::open(&path).map_err(HubError::file("read", &path))?;
        let evidence = evidence(&asked.head, &asked.receipt, &keys)?;
        return Ok(match verify::export(&mut file, &keys, &evidence)? {
            Ok(intact) => JournalVerdict { text: intact.to_string(), intact: true },
            Err(finding) => JournalVerdict { text: finding.to_string(), intact: false },
        });
    };
    let place = Place { data, config: asked.config };
    let folder = place.folder();
    let lock = match folder.lock() {
        Ok(lock) => Some(lock),
        Err(HubError::FolderInUse { .. }) => None,
        Err(error) => return Err(error),
    };
    let not_provisioned = || HubError::NotProvisioned { path: place.data.clone() };
    let identity = Identity::read(&folder)?.ok_or_else(not_provisioned)?;
    let store = identity.store.ok_or_else(not_provisioned)?;
    keys.extend(PublicKey::new(&identity.public_key()));
    let mut evidence = evidence(&asked.head, &asked.receipt, &keys)?;
    let last = folder::read_json::<SignedHeadJson>(&folder.head())?;
    if let Some(last) = last {
        let signed: SignedHead =
            last.decode().ok_or_else(|| EvidenceError::Head { name: LAST_HEAD.to_owned() })?;
        evidence.head(LAST_HEAD, signed, &keys)?;
    }
    if lock.is_some() {
        return verify::folder_through(&folder, place.config()?.journal.segment_mib, store, &evidence);
    }
    match admin::ask(&folder, &Ask::Verify { evidence: evidence.carried() }, &[]).await? {
        Told::Verified { text, intact } => Ok(JournalVerdict { text, intact }),
        other => Err(unexpected(other)),
    }
}

fn evidence(heads: &[String], receipts: &[String], keys: &[PublicKey]) -> Result<Evidence, HubError> {
    let mut evidence = Evidence::default();
    for path in heads {
        evidence.head_file(path, keys)?;
    }
    for text in receipts {
        evidence.receipt(text.parse::<Receipt>()?)?;
    }
    Ok(evidence)
}
