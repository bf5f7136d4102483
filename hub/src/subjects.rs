//! Customers whose details the store keeps: each sealed under a key of their own, keys and sealed details in different files
//! ([`shelf`]), so that destroying a key destroys the details wherever a copy of them lies.
//!
//! **Invariant, by what is absent:** nothing of a person leaves this module but to a till with somebody signed on, to a
//! person with the permission at the console, and sealed: into HQ's vault, and without keys into backups. No journal
//! record, log line, error or `Debug` text has any of it.

mod carry;
pub mod desk;
mod index;
mod office;
mod seal;
mod shelf;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::SubjectId;
use holdfast_protocol::subject::file::{
    Keys, SealedDetails, decode_ids, decode_keys, decode_sealed, encode_ids, encode_keys, encode_sealed,
};
use holdfast_protocol::subject::{Details, FOUND_MAX, Subject, SubjectSearch};

pub use carry::{backup_part, restore_part, vault_part};
pub(crate) use office::{Office, erased_in};
pub(crate) use shelf::changed_file;

use crate::error::HubError;
use crate::folder::DataFolder;
use index::{Index, is_meant};
use shelf::{HoldKind, SHELVES, Shelves, shelf_of};

/// The most customers that a store keeps details of.
pub const SUBJECTS_MAX: usize = 100_000;

/// The customers of one data folder. Every call but the counting ones blocks on the disk.
pub struct Subjects {
    shelves: Shelves,
    index: Mutex<Index>,
}

impl std::fmt::Debug for Subjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subjects").field("kept", &self.count()).finish_non_exhaustive()
    }
}

/// What an erasure destroyed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Destroyed {
    pub keys: usize,
    /// Bytes of sealed details.
    pub sealed_bytes: usize,
}

impl Subjects {
    /// Reads who is there, and destroys what must not be: whoever was erased, keys without details, details without a key.
    /// `erased` are those that the journal names.
    ///
    /// # Errors
    /// HF-HUB-003. A file that is damaged is logged and left alone; its customers cannot be read.
    pub fn open(folder: &DataFolder, erased: &BTreeSet<SubjectId>) -> Result<Self, HubError> {
        let shelves = Shelves::of(folder);
        shelves.prepare()?;
        let subjects = Self { shelves, index: Mutex::default() };
        subjects.reload(erased)?;
        Ok(subjects)
    }

    /// Reads everything anew: something outside has written the files.
    ///
    /// # Errors
    /// As [`Subjects::open`].
    pub fn reload(&self, erased: &BTreeSet<SubjectId>) -> Result<(), HubError> {
        let mut index = self.lock();
        let _hold = self.shelves.hold(HoldKind::Writing)?;
        let noted = match read_erased(&self.shelves) {
            Err(HubError::FileDamaged { path, .. }) => {
                tracing::error!(code = "HF-HUB-006", file = %path.display(), "the list of erased customers is damaged and written anew");
                BTreeSet::new()
            }
            other => other?,
        };
        let mut fresh = Index::default();
        fresh.erased = noted.union(erased).copied().collect();
        if fresh.erased != noted {
            shelf::replace(&self.shelves.erased(), &encode_ids(&fresh.erased))?;
        }
        carry::drop_from_waiting(&self.shelves, &fresh.erased)?;
        for shelf in 0..SHELVES {
            match Drawer::read(&self.shelves, shelf) {
                Ok(drawer) => drawer.tidied(&self.shelves, &mut fresh)?,
                Err(error @ HubError::FileDamaged { .. }) => {
                    tracing::error!(
                        error = error.chain(),
                        "a file of customers is damaged; they cannot be read"
                    );
                    fresh.damaged.insert(shelf);
                }
                Err(error) => return Err(error),
            }
        }
        *index = fresh;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        // What a panic left here is what the files were before it or after it; the next start reads them anew.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many customers have details here.
    pub fn count(&self) -> usize {
        self.lock().kept.len()
    }

    /// How many were ever erased, as far as this hub knows.
    pub fn erased_count(&self) -> usize {
        self.lock().erased.len()
    }

    /// The newest of them, at most `limit`: ids of version 7 are in the order of their making.
    pub fn newest(&self, limit: usize) -> Vec<SubjectId> {
        self.lock().kept.iter().rev().take(limit).copied().collect()
    }

    /// Whether details of somebody are here.
    pub fn has(&self, subject: SubjectId) -> bool {
        self.lock().kept.contains(&subject)
    }

    /// Whether somebody was erased, here or in another history of the store.
    pub fn is_erased(&self, subject: SubjectId) -> bool {
        self.lock().erased.contains(&subject)
    }

    /// Who was erased and is not among `journaled`: another history of the store did it.
    pub fn erased_beyond(&self, journaled: &BTreeSet<SubjectId>) -> Vec<SubjectId> {
        self.lock().erased.difference(journaled).copied().collect()
    }

    /// Somebody's details.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn get(&self, subject: SubjectId) -> Result<Option<Subject>, HubError> {
        let index = self.lock();
        if !index.kept.contains(&subject) {
            return Ok(None);
        }
        let _hold = self.shelves.hold(HoldKind::Reading)?;
        let drawer = Drawer::read(&self.shelves, shelf_of(subject))?;
        let found = drawer.open(&self.shelves, subject)?;
        Ok(found.map(|(changed_at, details)| Subject { subject, changed_at, details }))
    }

    /// Everybody with exactly this address or number, at most [`FOUND_MAX`].
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn find(&self, search: &SubjectSearch) -> Result<Vec<Subject>, HubError> {
        let candidates = self.lock().candidates(search);
        let mut found = Vec::new();
        for subject in candidates {
            if found.len() == FOUND_MAX {
                break;
            }
            found.extend(self.get(subject)?.filter(|known| is_meant(&known.details, search)));
        }
        Ok(found)
    }

    /// Keeps details, new or changed, durably. The caller has found out that the subject may be kept.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006 when the customer's file is damaged, HF-HUB-036 when there are too many.
    pub fn put(&self, subject: SubjectId, details: &Details, now: Timestamp) -> Result<(), HubError> {
        let mut index = self.lock();
        if !index.kept.contains(&subject) && index.kept.len() >= SUBJECTS_MAX {
            return Err(HubError::SubjectsFull { max: SUBJECTS_MAX });
        }
        let _hold = self.shelves.hold(HoldKind::Writing)?;
        let mut drawer = Drawer::read(&self.shelves, shelf_of(subject))?;
        // Details that do not open any more are replaced like those that do.
        let before = drawer.open(&self.shelves, subject).unwrap_or(None);
        let key = match drawer.keys.get(&subject).filter(|_| before.is_some()) {
            Some(key) => key.clone(),
            None => {
                let key = seal::fresh_key();
                drawer.keys.insert(subject, key.clone());
                // The key first: a key without details is nothing, details without a key would be lost.
                drawer.write_keys(&self.shelves)?;
                key
            }
        };
        drawer.sealed.insert(subject, seal::seal(&key, subject, now, details));
        drawer.write_details(&self.shelves)?;
        match before {
            Some((_, before)) => index.remove(subject, &before),
            None => index.forget(subject),
        }
        index.add(subject, details);
        self.shelves.mark_changed()
    }

    /// Destroys somebody's key and sealed details and overwrites the files that held them. Nothing is left to destroy the
    /// second time.
    ///
    /// # Errors
    /// HF-HUB-003; calling it again goes on where it ended.
    pub fn erase(&self, subject: SubjectId) -> Result<Destroyed, HubError> {
        let mut index = self.lock();
        let _hold = self.shelves.hold(HoldKind::Writing)?;
        let shelf = shelf_of(subject);
        // From here on nothing brings the subject back, whatever happens in between.
        if index.erased.insert(subject) {
            shelf::replace(&self.shelves.erased(), &encode_ids(&index.erased))?;
        }
        let mut destroyed = Destroyed::default();
        match Drawer::read(&self.shelves, shelf) {
            Ok(mut drawer) => {
                if drawer.keys.remove(&subject).is_some() {
                    drawer.write_keys(&self.shelves)?;
                    destroyed.keys = 1;
                }
                if let Some(sealed) = drawer.sealed.remove(&subject) {
                    drawer.write_details(&self.shelves)?;
                    destroyed.sealed_bytes = sealed.len();
                }
            }
            Err(error @ HubError::FileDamaged { .. }) => {
                // Whoever is to be erased may be in there: erasing comes before keeping.
                tracing::error!(error = error.chain(), "a damaged file of customers is destroyed");
                shelf::wipe(&self.shelves.keys(shelf))?;
                shelf::wipe(&self.shelves.details(shelf))?;
                index.damaged.remove(&shelf);
                let lost: Vec<_> = index.kept.iter().copied().filter(|id| shelf_of(*id) == shelf).collect();
                lost.into_iter().for_each(|id| index.forget(id));
            }
            Err(error) => return Err(error),
        }
        destroyed.sealed_bytes += carry::drop_from_waiting(&self.shelves, &BTreeSet::from([subject]))?;
        index.forget(subject);
        self.shelves.mark_changed()?;
        Ok(destroyed)
    }
}

fn read_erased(shelves: &Shelves) -> Result<BTreeSet<SubjectId>, HubError> {
    let path = shelves.erased();
    match shelf::read(&path)? {
        None => Ok(BTreeSet::new()),
        Some(bytes) => decode_ids(&bytes).map_err(|error| damaged(path, error)),
    }
}

fn damaged(path: PathBuf, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HubError {
    HubError::FileDamaged { path, source: source.into() }
}

/// One shelf's keys and sealed details.
#[derive(Debug)]
struct Drawer {
    shelf: usize,
    keys: Keys,
    sealed: SealedDetails,
}

impl Drawer {
    fn read(shelves: &Shelves, shelf: usize) -> Result<Self, HubError> {
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

    fn open(&self, shelves: &Shelves, subject: SubjectId) -> Result<Option<(Timestamp, Details)>, HubError> {
        let (Some(key), Some(sealed)) = (self.keys.get(&subject), self.sealed.get(&subject)) else {
            return Ok(None);
        };
        let opened = seal::open(key, subject, sealed);
        opened.map(Some).map_err(|source| damaged(shelves.details(self.shelf), source))
    }

    /// Drops what must not be kept, writes what that changed, and enters the rest in the index.
    fn tidied(mut self, shelves: &Shelves, index: &mut Index) -> Result<(), HubError> {
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

    fn write_keys(&self, shelves: &Shelves) -> Result<(), HubError> {
        let path = shelves.keys(self.shelf);
        if self.keys.is_empty() {
            return shelf::wipe(&path);
        }
        shelf::replace(&path, &encode_keys(&self.keys))
    }

    fn write_details(&self, shelves: &Shelves) -> Result<(), HubError> {
        let path = shelves.details(self.shelf);
        if self.sealed.is_empty() {
            return shelf::wipe(&path);
        }
        shelf::replace(&path, &encode_sealed(&self.sealed))
    }
}

#[cfg(test)]
mod tests;
