//! Who is not there any more, as the journal says.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::ids::SubjectId;
use holdfast_domain::subject::MERGES_FOLLOWED_MAX;
use holdfast_store::StateStore;

use crate::error::HubError;

/// Who was erased, and who was merged into whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gone {
    pub erased: BTreeSet<SubjectId>,
    pub merged: BTreeMap<SubjectId, SubjectId>,
}

impl Gone {
    /// What the journal says so far. Blocks.
    ///
    /// # Errors
    /// HF-HUB-027.
    pub(crate) fn of(state: &dyn StateStore) -> Result<Self, HubError> {
        let failed = |source: holdfast_store::StoreError| HubError::State { source: source.into() };
        Ok(Self {
            erased: state.erased_subjects().map_err(failed)?.into_iter().collect(),
            merged: state.merged_subjects().map_err(failed)?.into_iter().collect(),
        })
    }
}

/// Who somebody is after every merge.
pub(super) fn who_is(merged: &BTreeMap<SubjectId, SubjectId>, subject: SubjectId) -> SubjectId {
    let mut now = subject;
    for _ in 0..MERGES_FOLLOWED_MAX {
        match merged.get(&now) {
            Some(into) => now = *into,
            None => break,
        }
    }
    now
}
