//! Two registrations of one person become one: what the kept one lacks is taken from the other, whose key and details are
//! then destroyed as an erasure destroys them.
//!
//! The journal says so first. Whoever goes is entered among those of whom nothing may be kept only after the kept one has
//! everything, so that an end in between is gone on with at the next start, and neither loses what only one of them had nor
//! takes it a second time.

use holdfast_domain::ids::SubjectId;
use holdfast_protocol::subject::Details;

use super::drawer::Drawer;
use super::index::Index;
use super::shelf::{HoldKind, shelf_of};
use super::{Destroyed, Subjects, gone};
use crate::clock::Machine;
use crate::error::HubError;

/// What a merge came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Merged {
    /// What the kept one had not, by name.
    pub taken: Vec<&'static str>,
    pub destroyed: Destroyed,
}

impl Subjects {
    /// Makes one of two whom the journal says to be one person. Nothing is left to do the second time.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006; calling it again goes on where it ended.
    pub fn merge(&self, subject: SubjectId, into: SubjectId) -> Result<Merged, HubError> {
        let mut index = self.lock();
        index.merged.insert(subject, into);
        let _hold = self.shelves.hold(HoldKind::Writing)?;
        let taken = self.fill(&mut index, subject)?;
        let destroyed = self.destroy(&mut index, subject)?;
        self.shelves.mark_changed()?;
        Ok(Merged { taken, destroyed })
    }

    /// Goes on with every merge that the journal names while details of whoever goes are still there. Files that cannot be
    /// read are left alone, as everywhere.
    pub(super) fn finish_merges(&self, index: &mut Index) -> Result<(), HubError> {
        let open = index.merged.keys().copied().filter(|id| index.kept.contains(id));
        for subject in open.collect::<Vec<_>>() {
            match self.fill(index, subject) {
                Ok(_) => {}
                Err(error @ HubError::FileDamaged { .. }) => {
                    tracing::error!(%subject, error = error.chain(), "a merged customer's details wait");
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.destroy(index, subject)?;
            self.shelves.mark_changed()?;
        }
        Ok(())
    }

    /// Gives whoever is kept what they lack of whoever goes.
    pub(super) fn fill(&self, index: &mut Index, subject: SubjectId) -> Result<Vec<&'static str>, HubError> {
        let into = gone::who_is(&index.merged, subject);
        // Nobody gets anything who was erased themselves.
        if index.erased.contains(&into) || index.erased.contains(&subject) {
            return Ok(Vec::new());
        }
        let goes = match self.opened(subject) {
            Ok(goes) => goes,
            // There is nothing that could be taken, and whoever goes is to be destroyed.
            Err(error @ HubError::FileDamaged { .. }) => {
                tracing::error!(error = error.chain(), "a merged customer's details do not open");
                None
            }
            Err(error) => return Err(error),
        };
        let Some(goes) = goes else { return Ok(Vec::new()) };
        let mut kept = self.opened(into)?.unwrap_or_default();
        let taken = kept.fill_from(&goes);
        if !taken.is_empty() {
            self.keep(index, into, &kept, Machine.timestamp())?;
        }
        Ok(taken)
    }

    fn opened(&self, subject: SubjectId) -> Result<Option<Details>, HubError> {
        let drawer = Drawer::read(&self.shelves, shelf_of(subject))?;
        Ok(drawer.open(&self.shelves, subject)?.map(|(_, details)| details))
    }
}
