//! Customers whose details the store keeps: each sealed under a key of their own, keys and sealed details in different files
//! ([`shelf`]), so that destroying a key destroys the details wherever a copy of them lies.
//!
//! **Invariant, by what is absent:** nothing of a person leaves this module but to a till with somebody signed on, to a
//! person with the permission at the console, and sealed: into HQ's vault, and without keys into backups. No journal
//! record, log line, error or `Debug` text has any of it.

mod carry;
pub mod desk;
mod drawer;
mod export;
mod gone;
mod index;
mod merge;
mod office;
mod seal;
mod shelf;

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use holdfast_domain::Refusal;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::SubjectId;
use holdfast_protocol::subject::file::{decode_ids, encode_ids};
use holdfast_protocol::subject::{Details, FOUND_MAX, Subject, SubjectSearch};

pub use carry::{backup_part, restore_part, vault_part};
pub use gone::Gone;
pub(crate) use office::Office;
pub(crate) use shelf::changed_file;

use crate::error::HubError;
use crate::folder::DataFolder;
use drawer::{Drawer, damaged};
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
    /// A merge that the journal names and the files do not know of yet is gone on with. `gone` is what the journal names.
    ///
    /// # Errors
    /// HF-HUB-003. A file that is damaged is logged and left alone; its customers cannot be read.
    pub fn open(folder: &DataFolder, gone: &Gone) -> Result<Self, HubError> {
        let shelves = Shelves::of(folder);
        shelves.prepare()?;
        let subjects = Self { shelves, index: Mutex::default() };
        subjects.reload(gone)?;
        Ok(subjects)
    }

    /// Reads everything anew: something outside has written the files.
    ///
    /// # Errors
    /// As [`Subjects::open`].
    pub fn reload(&self, gone: &Gone) -> Result<(), HubError> {
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
        fresh.merged = gone.merged.clone();
        fresh.erased = noted.union(&gone.erased).copied().collect();
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
        self.finish_merges(&mut fresh)?;
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

    /// How many were ever erased, as far as this hub knows. Whoever was merged is still there as somebody else.
    pub fn erased_count(&self) -> usize {
        let index = self.lock();
        index.erased.iter().filter(|id| !index.merged.contains_key(id)).count()
    }

    /// The newest of them, at most `limit`: ids of version 7 are in the order of their making.
    pub fn newest(&self, limit: usize) -> Vec<SubjectId> {
        self.lock().kept.iter().rev().take(limit).copied().collect()
    }

    /// Whether details of somebody are here.
    pub fn has(&self, subject: SubjectId) -> bool {
        self.lock().kept.contains(&subject)
    }

    /// Whether the id stands for somebody who may be kept: not for one who was erased, here or in another history of the
    /// store, and not for one who is somebody else by now.
    ///
    /// # Errors
    /// HF-HUB-026 with what became of them.
    pub fn check_stands(&self, subject: SubjectId) -> Result<(), HubError> {
        let index = self.lock();
        let into = gone::who_is(&index.merged, subject);
        let refusal = if index.erased.contains(&into) {
            Refusal::SubjectErased { subject }
        } else if into != subject {
            Refusal::SubjectMerged { subject, into }
        } else {
            return Ok(());
        };
        Err(HubError::Refused { refusal: Box::new(refusal) })
    }

    /// Who somebody is now: whoever they were merged into, or they themselves.
    pub fn who_is(&self, subject: SubjectId) -> SubjectId {
        gone::who_is(&self.lock().merged, subject)
    }

    /// Everybody who was merged into somebody, one after the other.
    pub fn merged_into(&self, subject: SubjectId) -> Vec<SubjectId> {
        let index = self.lock();
        let merged = index.merged.keys().filter(|id| gone::who_is(&index.merged, **id) == subject);
        merged.copied().collect()
    }

    /// Who was erased and is not among those of whom the journal says that they are gone: another history of the store did
    /// it.
    pub fn erased_beyond(&self, journaled: &Gone) -> Vec<SubjectId> {
        let known = |id: &&SubjectId| !journaled.erased.contains(id) && !journaled.merged.contains_key(id);
        self.lock().erased.iter().filter(known).copied().collect()
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

    /// Everybody with exactly this address, number or card, at most [`FOUND_MAX`].
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

    /// Whether nobody else has the card of these details.
    ///
    /// # Errors
    /// HF-HUB-037 with who has it; HF-HUB-003, HF-HUB-006.
    pub fn check_card(&self, subject: SubjectId, details: &Details) -> Result<(), HubError> {
        let Some(card) = details.card.clone() else { return Ok(()) };
        let found = self.find(&SubjectSearch::Card(card))?;
        match found.iter().find(|known| known.subject != subject) {
            Some(other) => Err(HubError::CardTaken { other: other.subject }),
            None => Ok(()),
        }
    }

    /// Keeps details, new or changed, durably. The caller has found out that the subject may be kept, and that nobody else
    /// has the card.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006 when the customer's file is damaged, HF-HUB-036 when there are too many.
    pub fn put(&self, subject: SubjectId, details: &Details, now: Timestamp) -> Result<(), HubError> {
        let mut index = self.lock();
        if !index.kept.contains(&subject) && index.kept.len() >= SUBJECTS_MAX {
            return Err(HubError::SubjectsFull { max: SUBJECTS_MAX });
        }
        let _hold = self.shelves.hold(HoldKind::Writing)?;
        self.keep(&mut index, subject, details, now)?;
        self.shelves.mark_changed()
    }

    fn keep(
        &self,
        index: &mut Index,
        subject: SubjectId,
        details: &Details,
        now: Timestamp,
    ) -> Result<(), HubError> {
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
        Ok(())
    }

    /// Destroys somebody's key and sealed details, with whatever is left of those who were merged into them, and overwrites
    /// the files that held them. Nothing is left to destroy the second time.
    ///
    /// # Errors
    /// HF-HUB-003; calling it again goes on where it ended.
    pub fn erase(&self, subject: SubjectId) -> Result<Destroyed, HubError> {
        let mut index = self.lock();
        let _hold = self.shelves.hold(HoldKind::Writing)?;
        let mut destroyed = self.destroy(&mut index, subject)?;
        let merged = index.merged.keys().copied().filter(|id| gone::who_is(&index.merged, *id) == subject);
        for id in merged.collect::<Vec<_>>() {
            let Destroyed { keys, sealed_bytes } = self.destroy(&mut index, id)?;
            destroyed.keys += keys;
            destroyed.sealed_bytes += sealed_bytes;
        }
        self.shelves.mark_changed()?;
        Ok(destroyed)
    }

    fn destroy(&self, index: &mut Index, subject: SubjectId) -> Result<Destroyed, HubError> {
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

#[cfg(test)]
mod tests;
