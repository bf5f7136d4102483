//! The last signed head of the journal, kept beside it: a journal that ends before it, or holds another record there, was
//! cut or changed.

use std::io;
use std::sync::Arc;

use holdfast_actors::Notary;
use holdfast_journal::Reader;
use holdfast_protocol::head::{Head, SignedHead, SignedHeadJson};

use crate::error::HubError;
use crate::folder::{self, DataFolder};
use crate::identity::Identity;

/// The head that the folder keeps; `None` before the first.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006.
pub fn last(folder: &DataFolder) -> Result<Option<SignedHead>, HubError> {
    let path = folder.head();
    let Some(stored) = folder::read_json::<SignedHeadJson>(&path)? else { return Ok(None) };
    let damaged = || HubError::FileDamaged { path, source: "its hash or signature is not hex".into() };
    stored.decode().map(Some).ok_or_else(damaged)
}

/// Holds the last signed head against the journal. That the journal reaches it is the journal's own check.
///
/// # Errors
/// HF-HUB-035 when the journal holds another record there, and the journal's errors.
pub fn compare(signed: &SignedHead, reader: &Reader) -> Result<(), HubError> {
    match reader.read(signed.head.seq)? {
        Some(record) if record.position.hash == signed.head.hash => Ok(()),
        _ => Err(HubError::HeadContradicted { seq: signed.head.seq }),
    }
}

/// Signs heads with the hub's key and keeps the last one in the data folder.
#[derive(Debug)]
pub struct HeadKeeper {
    identity: Arc<Identity>,
    folder: DataFolder,
}

impl HeadKeeper {
    pub fn new(identity: Arc<Identity>, folder: DataFolder) -> Self {
        Self { identity, folder }
    }
}

impl Notary for HeadKeeper {
    fn public_key(&self) -> [u8; 32] {
        self.identity.public_key()
    }

    fn sign(&self, head: &Head) -> [u8; 64] {
        self.identity.sign_head(*head).signature
    }

    fn kept(&self) -> io::Result<Option<SignedHead>> {
        last(&self.folder).map_err(|error| io::Error::other(error.chain()))
    }

    fn keep(&self, signed: &SignedHead) -> io::Result<()> {
        folder::replace_json(&self.folder.head(), &SignedHeadJson::from(signed))
            .map_err(|error| io::Error::other(error.chain()))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Verifier, VerifyingKey};
    use holdfast_domain::calendar::Timestamp;
    use holdfast_domain::ids::{EpochId, HubId, StoreId, Uuid};

    use super::*;

    #[test]
    fn the_last_head_is_kept_and_verifies_under_the_hubs_key() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path());
        assert_eq!(last(&folder).unwrap(), None);
        let hub = HubId(Uuid::from_u128(2));
        let identity =
            Arc::new(Identity::new(hub, &[7; 32], "https://hq.example".to_owned(), "Hub".to_owned()));
        let keeper = HeadKeeper::new(identity, folder.clone());
        let head = Head {
            store: StoreId(Uuid::from_u128(1)),
            hub,
            epoch: EpochId(Uuid::from_u128(3)),
            seq: 9,
            hash: [8; 32],
            signed_at: Timestamp(1_796_000_000_000),
        };
        let signed = SignedHead { head, signature: keeper.sign(&head) };
        keeper.keep(&signed).unwrap();
        assert_eq!(last(&folder).unwrap(), Some(signed));
        let key = VerifyingKey::from_bytes(&keeper.public_key()).unwrap();
        key.verify(&head.signing_bytes(), &Signature::from_bytes(&signed.signature)).unwrap();
        std::fs::write(folder.head(), "{}").unwrap();
        assert!(keeper.kept().is_err());
    }
}
