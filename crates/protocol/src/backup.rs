//! What is inside a backup, once it is opened: who the hub is, what the journal lacks, and the whole journal.
//!
//! The bytes are the four letters `HFBK`, a version, the length of the front (u32, little endian), the front in postcard,
//! and then to the end an export of the journal from record 1 on ([`crate::export`]). The seal around all this tells when
//! anything is cut or changed.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::vault::Vault;

/// What every backup begins with.
pub const BACKUP_TAG: &[u8; 4] = b"HFBK";
const VERSION: u8 = 1;
/// The most bytes of the front: a vault with a large catalog stays far below.
pub const FRONT_BYTES_MAX: u32 = 256 * 1024 * 1024;
/// Everything of a backup but the journal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    pub store: Uuid,
    /// The hub's clock, in milliseconds since the Unix epoch.
    pub made_at_ms: i64,
    /// What made it, for people.
    pub software: String,
    pub hub: HubIdentity,
    /// Without the keys of subjects.
    pub vault: Vault,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("store", &self.store).finish_non_exhaustive()
    }
}

/// The identity of the hub that made the backup.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubIdentity {
    pub hub: Uuid,
    /// The Ed25519 signing key.
    pub key: [u8; 32],
    /// The cloud's base address.
    pub cloud: String,
    pub name: String,
}

impl std::fmt::Debug for HubIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubIdentity").field("hub", &self.hub).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the backup cannot be read")]
    Io(#[from] io::Error),
    #[error("what was opened is no backup")]
    Unknown,
    #[error("the backup has version {version}, which this program does not know")]
    UnknownVersion { version: u8 },
    #[error("the backup's front is damaged")]
    Front(#[source] postcard::Error),
    #[error("the backup's front is too large")]
    TooLarge,
}

/// Writes the tag and the front.
///
/// # Errors
/// Those of `out`.
pub fn write_front(out: &mut impl Write, front: &Front) -> io::Result<()> {
    let body = postcard::to_stdvec(front).expect("plain data has a stored form");
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= FRONT_BYTES_MAX);
    let length = length.ok_or_else(|| io::Error::other("the front of the backup is too large"))?;
    out.write_all(BACKUP_TAG)?;
    out.write_all(&[VERSION])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&body)
}

/// Reads the tag and the front.
///
/// # Errors
/// [`BackupError`].
pub fn read_front(from: &mut impl Read) -> Result<Front, BackupError> {
    let mut start = [0; 9];
    from.read_exact(&mut start)?;
    let [t0, t1, t2, t3, version, length @ ..] = start;
    if [t0, t1, t2, t3] != *BACKUP_TAG {
        return Err(BackupError::Unknown);
    }
    if version != VERSION {
        return Err(BackupError::UnknownVersion { version });
    }
    let length = u32::from_le_bytes(length);
    if length > FRONT_BYTES_MAX {
        return Err(BackupError::TooLarge);
    }
    let mut body = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut body)?;
    let (front, left) = postcard::take_from_bytes(&body).map_err(BackupError::Front)?;
    if left.is_empty() { Ok(front) } else { Err(BackupError::Front(postcard::Error::DeserializeBadEncoding)) }
}
