//! What HQ keeps sealed for a store: everything that its copy of the journal lacks to put another hub in the place of one
//! whose disk is gone. HQ sees only the sealed file; this form is what is inside.
//!
//! The bytes are the four letters `HFVT`, a version, and the content in postcard.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What every vault begins with.
pub const VAULT_TAG: &[u8; 4] = b"HFVT";
const VERSION: u8 = 1;

/// The content of a vault.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vault {
    pub store: Uuid,
    /// The hub's clock, in milliseconds since the Unix epoch.
    pub made_at_ms: i64,
    pub authority: Authority,
    pub people: Vec<Person>,
    /// The stored bytes of the active catalog version (see [`crate::catalog_file`]); none before the first import.
    pub catalog: Option<Vec<u8>>,
    /// Keys and sealed details of customers, in the form that the part of the hub makes which keeps them. In a backup
    /// without the keys: whoever is erased must not come back from a drawer.
    pub subjects: Option<Vec<u8>>,
}

/// The store's certificate authority.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// PEM.
    pub certificate: String,
    /// PEM.
    pub key: String,
}

/// A member of staff as the hub knows them beyond the journal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub staff: Uuid,
    pub number: u32,
    pub name: String,
    /// argon2id with one lane: memory in KiB, passes, salt and hash.
    pub memory_kib: u32,
    pub passes: u32,
    pub salt: Vec<u8>,
    pub hash: Vec<u8>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("store", &self.store).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("staff", &self.staff).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("these bytes are no vault")]
    Unknown,
    #[error("the vault has version {version}, which this program does not know")]
    UnknownVersion { version: u8 },
    #[error("the vault is damaged")]
    Malformed(#[source] postcard::Error),
}

/// The bytes of a vault.
#[must_use]
pub fn encode(vault: &Vault) -> Vec<u8> {
    let mut start = VAULT_TAG.to_vec();
    start.push(VERSION);
    postcard::to_extend(vault, start).expect("plain data has a stored form")
}

/// Reads a vault.
///
/// # Errors
/// [`VaultError`] for bytes that are no vault.
pub fn decode(bytes: &[u8]) -> Result<Vault, VaultError> {
    let rest = bytes.strip_prefix(VAULT_TAG).ok_or(VaultError::Unknown)?;
    let (&version, body) = rest.split_first().ok_or(VaultError::Unknown)?;
    if version != VERSION {
        return Err(VaultError::UnknownVersion { version });
    }
    let (vault, left) = postcard::take_from_bytes(body).map_err(VaultError::Malformed)?;
    if left.is_empty() {
        Ok(vault)
    } else {
        Err(VaultError::Malformed(postcard::Error::DeserializeBadEncoding))
    }
}
