//! Who this hub is: its id, the key that signs everything it sends to the cloud, and the store it serves.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};
use holdfast_domain::ids::{HubId, StoreId};
use holdfast_protocol::head::{Head, SignedHead};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::HubError;
use crate::folder::{self, DataFolder};

const VERSION: u8 = 1;

/// The identity of one installation. A hub whose disk is replaced gets another one.
#[derive(Clone)]
pub struct Identity {
    pub hub: HubId,
    /// None until the cloud has accepted the claim code.
    pub store: Option<StoreId>,
    /// The cloud's base address, without a slash at its end.
    pub cloud: String,
    /// What people call this hub.
    pub name: String,
    key: SigningKey,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("hub", &self.hub).field("store", &self.store).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u8,
    hub: Uuid,
    store: Option<Uuid>,
    cloud: String,
    name: String,
    key: Zeroizing<String>,
}

impl Identity {
    /// A new identity that no cloud knows yet.
    pub fn new(hub: HubId, key: &[u8; 32], cloud: String, name: String) -> Self {
        Self { hub, store: None, cloud, name, key: SigningKey::from_bytes(key) }
    }

    /// The identity that a backup carries.
    pub(crate) fn of_backup(front: &holdfast_protocol::backup::Front) -> Self {
        let hub = &front.hub;
        let mut identity = Self::new(HubId(hub.hub), &hub.key, hub.cloud.clone(), hub.name.clone());
        identity.store = Some(StoreId(front.store));
        identity
    }

    /// Reads it from the folder; `None` when the folder has none.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn read(folder: &DataFolder) -> Result<Option<Self>, HubError> {
        let path = folder.identity();
        let Some(stored) = folder::read_json::<Stored>(&path)? else { return Ok(None) };
        let damaged =
            |problem: &'static str| HubError::FileDamaged { path: path.clone(), source: problem.into() };
        if stored.version != VERSION {
            return Err(damaged("its version is unknown; start the newer program that wrote it"));
        }
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&*stored.key, &mut *key).map_err(|_| damaged("its key is not 64 hex digits"))?;
        Ok(Some(Self {
            hub: HubId(stored.hub),
            store: stored.store.map(StoreId),
            cloud: stored.cloud,
            name: stored.name,
            key: SigningKey::from_bytes(&key),
        }))
    }

    /// Writes it, readable by its owner alone.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn write(&self, folder: &DataFolder) -> Result<(), HubError> {
        let stored = Stored {
            version: VERSION,
            hub: self.hub.0,
            store: self.store.map(|store| store.0),
            cloud: self.cloud.clone(),
            name: self.name.clone(),
            key: Zeroizing::new(hex::encode(self.key.to_bytes())),
        };
        folder::replace_json(&folder.identity(), &stored)
    }

    /// The signing key itself, for a sealed backup.
    pub(crate) fn secret(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The Ed25519 public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The Ed25519 signature of what has its own tag in front.
    pub fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }

    /// This hub's word that its history went through a record.
    pub fn sign_head(&self, head: Head) -> SignedHead {
        SignedHead { head, signature: self.sign_bytes(&head.signing_bytes()) }
    }

    /// The Ed25519 signature of a digest.
    pub fn sign(&self, digest: &[u8; 32]) -> [u8; 64] {
        self.key.sign(digest).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Verifier, VerifyingKey};

    use super::*;

    #[test]
    fn what_was_written_signs_as_before_and_shows_no_key() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path());
        assert!(Identity::read(&folder).unwrap().is_none());
        let mut identity =
            Identity::new(HubId(Uuid::from_u128(1)), &[7; 32], "https://hq.example".into(), "Hub".into());
        identity.store = Some(StoreId(Uuid::from_u128(2)));
        identity.write(&folder).unwrap();
        let read = Identity::read(&folder).unwrap().unwrap();
        assert_eq!(
            (read.hub, read.store, read.public_key()),
            (identity.hub, identity.store, identity.public_key())
        );
        let key = VerifyingKey::from_bytes(&read.public_key()).unwrap();
        key.verify(&[9; 32], &Signature::from_bytes(&read.sign(&[9; 32]))).unwrap();
        assert!(!format!("{read:?}").contains("0707"));
        std::fs::write(folder.identity(), "{}").unwrap();
        assert!(matches!(Identity::read(&folder), Err(HubError::FileDamaged { .. })));
    }
}
