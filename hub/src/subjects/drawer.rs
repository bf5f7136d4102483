//! One shelf's keys and sealed details, as they are read and written together.

use std::path::PathBuf;

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::SubjectId;
use holdfast_protocol::subject::Details;
use holdfast_protocol::subject::file::{
    Keys, SealedDetails, decode_keys, decode_sealed, encode_keys, encode_sealed,
};

use super::index::Index;
use super::seal;
use super::shelf::{self, Shelves};
use crate::error::HubError;

/// A file that cannot be read.
pub(super) fn damaged(
    path: PathBuf,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> HubError {
    HubError::FileDamaged { path, source: source.into() }
}

#[derive(Debug)]
pub(super) struct Drawer {
    pub shelf: usize,
    pub keys: Keys,
    pub sealed: SealedDetails,
}

impl Drawer {
    pub fn read(shelves: &Shelves, shelf: usize) -> Result<Self, HubError> {
        let (keys, details) = (shelves.keys(shelf), shelves.details(shelf));
        Ok(Self {
            shelf,
            keys: match shelf::read(&keys)? {
                None => Keys::new(),
                Some(bytes) => decode_keys(&bytes).map_err(|error| damaged(keys, error))?,
            },
            sealed: match shelf::read(&details)? {
                None => SealedDetails::new(),
                Some(bytes) => decode_sealed(&bytes).map_err(|error| damaged(details, error))?,
            },
        })
    }

    pub fn open(
        &self,
        shelves: &Shelves,
        subject: SubjectId,
    ) -> Result<Option<(Timestamp, Details)>, HubError> {
        let (Some(key), Some(sealed)) = (self.keys.get(&subject), self.sealed.get(&subject)) else {
            return Ok(None);
        };
        let opened = seal::open(key, subject, sealed);
        opened.map(Some).map_err(|source| damaged(shelves.details(self.shelf), source))
    }

    /// Drops what must not be kept, writes what that changed, and enters the rest in the index.
    pub fn tidied(mut self, shelves: &Shelves, index: &mut Index) -> Result<(), HubError> {
        let (keys, sealed) = (self.keys.len(), self.sealed.len());
        let Self { keys: kept_keys, sealed: kept_sealed, .. } = &mut self;
        kept_keys.retain(|id, _| !index.erased.contains(id) && kept_sealed.contains_key(id));
        kept_sealed.retain(|id, _| kept_keys.contains_key(id));
        if self.keys.len() != keys {
            self.write_keys(shelves)?;
        }
        if self.sealed.len() != sealed {
            self.write_details(shelves)?;
        }
        for &subject in self.keys.keys() {
            match self.open(shelves, subject) {
                Ok(Some((_, details))) => index.add(subject, &details),
                Ok(None) => {}
                // Found by its id and by nothing else; reading it says what is wrong.
                Err(error) => {
                    tracing::error!(error = error.chain(), "a customer's details do not open");
                    index.kept.insert(subject);
                }
            }
        }
        Ok(())
    }

    pub fn write_keys(&self, shelves: &Shelves) -> Result<(), HubError> {
        let path = shelves.keys(self.shelf);
        if self.keys.is_empty() {
            return shelf::wipe(&path);
        }
        shelf::replace(&path, &encode_keys(&self.keys))
    }

    pub fn write_details(&self, shelves: &Shelves) -> Result<(), HubError> {
        let path = shelves.details(self.shelf);
        if self.sealed.is_empty() {
            return shelf::wipe(&path);
        }
        shelf::replace(&path, &encode_sealed(&self.sealed))
    }
}
