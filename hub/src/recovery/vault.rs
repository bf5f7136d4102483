//! What goes into a vault and what comes back out of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use holdfast_domain::ids::{StoreId, SubjectId};
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::vault::{Authority, Person, Vault};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::error::RecoveryError;
use super::sealing::{self, Opener, Recipient};
use crate::catalogs;
use crate::clock::Machine;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::people;
use crate::subjects;
use crate::tls;

/// How a vault is named to people.
pub const VAULT: &str = "the store's vault at HQ";

/// What a vault is made of, as it is now. Cheap to make: the catalog is only named.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    store: StoreId,
    authority: Authority,
    people: Vec<Person>,
    catalog_hash: Option<[u8; 32]>,
    subjects: Option<Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Content {
    /// Reads what the folder holds. `catalog_hash` is what the journal names as the active version. Blocks.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn gather(
        folder: &DataFolder,
        store: StoreId,
        catalog_hash: Option<[u8; 32]>,
    ) -> Result<Self, HubError> {
        let (certificate, key) = tls::read_authority(folder)?;
        Ok(Self {
            store,
            authority: Authority { certificate, key },
            people: if is_planted(Bug::PeopleNotInVault) {
                Vec::new()
            } else {
                people::vault_part(&folder.staff())?
            },
            catalog_hash,
            subjects: subjects::vault_part(folder)?,
        })
    }

    /// The files that a vault is made of, and those that say what HQ has of it.
    pub fn files(folder: &DataFolder) -> Vec<PathBuf> {
        let tls = folder.tls();
        let customers = subjects::changed_file(folder);
        vec![
            tls.join("ca.pem"),
            tls.join("ca.key"),
            folder.staff(),
            customers,
            folder.recovery(),
            folder.vault(),
        ]
    }

    /// Changes when anything sealed, or for whom it is sealed, changes; hex.
    pub fn fingerprint(&self, recipient: &Recipient) -> String {
        let sealed = holdfast_protocol::vault::encode(&self.with_catalog(None, 0));
        let mut digest = Sha256::new();
        for part in [
            recipient.to_string().as_bytes(),
            &Zeroizing::new(sealed),
            self.catalog_hash.as_ref().map_or(&[][..], |hash| &hash[..]),
        ] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        hex::encode(digest.finalize())
    }

    /// The vault with the catalog's bytes. A catalog file that is missing is left out and logged: a store must not be
    /// without its vault because of it.
    pub fn vault(&self, folder: &DataFolder) -> Vault {
        let catalog = self.catalog_hash.and_then(|hash| {
            let read = catalogs::read_bytes(folder, &hash);
            read.inspect_err(|error| {
                tracing::error!(error = error.chain(), "the active catalog is missing in the vault");
            })
            .ok()
        });
        self.with_catalog(catalog, Machine.now_ms())
    }

    fn with_catalog(&self, catalog: Option<Vec<u8>>, made_at_ms: i64) -> Vault {
        Vault {
            store: self.store.0,
            made_at_ms,
            authority: self.authority.clone(),
            people: self.people.clone(),
            catalog,
            subjects: self.subjects.as_ref().map(|part| part.to_vec()),
        }
    }
}

/// Seals a vault for HQ.
pub fn seal(recipient: &Recipient, store: StoreId, vault: &Vault) -> Vec<u8> {
    let content = Zeroizing::new(holdfast_protocol::vault::encode(vault));
    if is_planted(Bug::VaultNotSealed) {
        return content.to_vec();
    }
    sealing::seal(recipient, store, &content)
}

/// Opens a vault of this store.
///
/// # Errors
/// HF-REC-002, HF-REC-003, HF-REC-004.
pub fn open(opener: &Opener, store: StoreId, sealed: &[u8]) -> Result<Vault, RecoveryError> {
    let content = sealing::open(VAULT, opener, sealed)?;
    let vault = holdfast_protocol::vault::decode(&content)
        .map_err(|source| RecoveryError::Damaged { what: VAULT.to_owned(), source: source.into() })?;
    check_store(VAULT, store, StoreId(vault.store))?;
    Ok(vault)
}

/// # Errors
/// HF-REC-004.
pub fn check_store(what: &str, expected: StoreId, found: StoreId) -> Result<(), RecoveryError> {
    if expected == found {
        return Ok(());
    }
    let (found, expected) = (found.to_string(), expected.to_string());
    Err(RecoveryError::OtherStore { what: what.to_owned(), found, expected })
}

/// Puts everything into a folder: the people, the catalog, the customers but those who were `erased`, the certificate
/// authority.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006, HF-HUB-015 when the authority's parts do not belong together, HF-REC-003 when the catalog is not
/// one.
pub fn put_back(folder: &DataFolder, vault: &Vault, erased: &BTreeSet<SubjectId>) -> Result<(), HubError> {
    people::put_back(&folder.staff(), &vault.people)?;
    if let Some(catalog) = &vault.catalog {
        holdfast_protocol::catalog_file::decode(catalog, 1)
            .map_err(|source| RecoveryError::Damaged { what: VAULT.to_owned(), source: source.into() })?;
        catalogs::write_bytes(folder, catalog)?;
    }
    put_back_subjects(folder, vault, erased)?;
    // The authority goes last: where it is, the rest is.
    tls::write_authority(folder, &vault.authority.certificate, &vault.authority.key)
}

/// Puts the customers back but those who were `erased`.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006.
pub fn put_back_subjects(
    folder: &DataFolder,
    vault: &Vault,
    erased: &BTreeSet<SubjectId>,
) -> Result<(), HubError> {
    match &vault.subjects {
        Some(part) => subjects::restore_part(folder, part, erased),
        None => Ok(()),
    }
}
