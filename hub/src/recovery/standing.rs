//! Where recovery stands, in three small files of the data folder: for whom the hub seals, which vault HQ has, and the last
//! backup.

use holdfast_domain::ids::StoreId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::code::RecoveryCode;
use super::error::RecoveryError;
use super::sealing::Recipient;
use crate::clock::Machine;
use crate::error::HubError;
use crate::folder::{self, DataFolder};

const VERSION: u8 = 1;

/// `recovery.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ForWhom {
    version: u8,
    /// age's text form of the public key.
    recipient: String,
    since_ms: i64,
}

/// For whom this hub seals; `None` before a recovery code was made.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006.
pub fn recipient(folder: &DataFolder) -> Result<Option<Recipient>, HubError> {
    let path = folder.recovery();
    let Some(stored) = folder::read_json::<ForWhom>(&path)? else { return Ok(None) };
    let damaged = |problem: &'static str| HubError::FileDamaged { path, source: problem.into() };
    if stored.version != VERSION {
        return Err(damaged("its version is unknown; start the newer program that wrote it"));
    }
    stored.recipient.parse().map(Some).map_err(damaged)
}

/// For whom this hub seals.
///
/// # Errors
/// HF-REC-009 without a recovery code, HF-HUB-003, HF-HUB-006.
pub fn recipient_needed(folder: &DataFolder) -> Result<Recipient, HubError> {
    Ok(recipient(folder)?.ok_or(RecoveryError::NoCode)?)
}

/// Keeps for whom the hub seals from now on.
///
/// # Errors
/// HF-HUB-003.
pub fn set_recipient(folder: &DataFolder, recipient: &Recipient) -> Result<(), HubError> {
    let stored = ForWhom { version: VERSION, recipient: recipient.to_string(), since_ms: Machine.now_ms() };
    folder::replace_json(&folder.recovery(), &stored)
}

/// Mints a code, seals for it from now on, and lets the vault at HQ be replaced. The text is the only copy. Blocks for an
/// argon2id computation.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006.
pub fn new_code(folder: &DataFolder, store: StoreId) -> Result<Zeroizing<String>, HubError> {
    let code = RecoveryCode::mint();
    set_recipient(folder, &code.opener(store).recipient())?;
    let mut standing = VaultStanding::read(folder)?;
    if standing.held.take().is_some() {
        standing.write(folder)?;
    }
    Ok(code.text())
}

/// `vault.json`: which vault HQ has of this store, as far as this hub knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultStanding {
    version: u8,
    pub at_hq: Option<AtHeadquarters>,
    /// HQ has a vault that this hub could not open: it may be the only place of customers' keys, so this hub does not
    /// replace it before a person says so. The reason, for people.
    pub held: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtHeadquarters {
    /// SHA-256 over everything that was sealed, hex.
    pub fingerprint: String,
    /// HQ's number of this vault.
    pub version: u64,
    /// The hub's clock.
    pub since_ms: i64,
}

impl VaultStanding {
    pub fn new(at_hq: Option<AtHeadquarters>, held: Option<String>) -> Self {
        Self { version: VERSION, at_hq, held }
    }

    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn read(folder: &DataFolder) -> Result<Self, HubError> {
        let path = folder.vault();
        match folder::read_json::<Self>(&path)? {
            None => Ok(Self::new(None, None)),
            Some(stored) if stored.version == VERSION => Ok(stored),
            Some(_) => Err(HubError::FileDamaged { path, source: "its version is unknown".into() }),
        }
    }

    /// # Errors
    /// HF-HUB-003.
    pub fn write(&self, folder: &DataFolder) -> Result<(), HubError> {
        folder::replace_json(&folder.vault(), self)
    }
}

/// `backup.json`: the last backup that was written and read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastBackup {
    version: u8,
    pub at_ms: i64,
    /// The last record in it.
    pub seq: u64,
    /// The file's name, without its folder.
    pub file: String,
    pub bytes: u64,
}

impl LastBackup {
    pub fn new(at_ms: i64, seq: u64, file: String, bytes: u64) -> Self {
        Self { version: VERSION, at_ms, seq, file, bytes }
    }

    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn read(folder: &DataFolder) -> Result<Option<Self>, HubError> {
        folder::read_json(&folder.last_backup())
    }

    /// # Errors
    /// HF-HUB-003.
    pub fn write(&self, folder: &DataFolder) -> Result<(), HubError> {
        folder::replace_json(&folder.last_backup(), self)
    }
}

#[cfg(test)]
mod tests {
    use holdfast_domain::ids::Uuid;

    use super::*;

    #[test]
    fn a_new_code_is_sealed_for_and_found_in_no_file() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path());
        assert!(matches!(recipient_needed(&folder), Err(HubError::Recovery(RecoveryError::NoCode))));
        let store = StoreId(Uuid::from_u128(1));
        VaultStanding::new(None, Some("HQ did not answer".into())).write(&folder).unwrap();
        let code = new_code(&folder, store).unwrap();
        let opener = RecoveryCode::parse(&code).unwrap().opener(store);
        assert_eq!(recipient_needed(&folder).unwrap(), opener.recipient());
        assert_eq!(VaultStanding::read(&folder).unwrap().held, None, "a person has decided");
        for file in std::fs::read_dir(place.path()).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains(&code[..9]), "{text}");
        }
        std::fs::write(folder.recovery(), r#"{"version":1,"recipient":"age1x","since_ms":0}"#).unwrap();
        assert!(matches!(recipient(&folder), Err(HubError::FileDamaged { .. })));
    }
}
