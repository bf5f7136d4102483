//! What HQ's vault and a backup take of the customers, and how it comes back: never anybody who was erased.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::ids::SubjectId;
use holdfast_protocol::subject::file::{
    Keys, Part, SealedDetails, decode_part, decode_sealed, encode_ids, encode_part, encode_sealed,
};
use zeroize::Zeroizing;

use super::drawer::{Drawer, damaged};
use super::shelf::{self, HoldKind, SHELVES, Shelves, shelf_of};
use super::{read_erased, seal};
use crate::error::HubError;
use crate::folder::DataFolder;

/// Keys, sealed details, and who was erased: for HQ's vault, which is replaced after every change. `None` where nobody was
/// ever kept. Blocks; reads every file.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006.
pub fn vault_part(folder: &DataFolder) -> Result<Option<Zeroizing<Vec<u8>>>, HubError> {
    let part = gather(folder)?;
    Ok(part.map(|part| encode_part(&part)))
}

/// Sealed details and who was erased, without any key: for a backup, which lies in a drawer for years. Blocks.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006.
pub fn backup_part(folder: &DataFolder) -> Result<Option<Zeroizing<Vec<u8>>>, HubError> {
    let part = gather(folder)?;
    Ok(part.map(|part| encode_part(&Part { keys: None, ..part })))
}

fn gather(folder: &DataFolder) -> Result<Option<Part>, HubError> {
    let shelves = Shelves::of(folder);
    if !shelves.exist() {
        return Ok(None);
    }
    let _hold = shelves.hold(HoldKind::Reading)?;
    let mut part = Part { erased: read_erased(&shelves)?, ..Part::default() };
    let mut all_keys = Keys::new();
    for shelf in 0..SHELVES {
        let Drawer { keys, sealed, .. } = Drawer::read(&shelves, shelf)?;
        all_keys.extend(keys);
        part.sealed.extend(sealed);
    }
    part.keys = Some(all_keys);
    let nothing = part.sealed.is_empty() && part.erased.is_empty();
    Ok((!nothing).then_some(part))
}

/// Takes over what [`vault_part`] or [`backup_part`] made, without those who were erased: named by `erased`, by the part, or
/// known here already. Whoever was merged since comes back until the next reading, which gives the kept one what they lack. Details without keys wait for them; a part with keys ends the waiting. A hub that serves reads
/// everything anew afterwards ([`super::Subjects::reload`]).
///
/// # Errors
/// HF-HUB-006 when the bytes are no part, HF-HUB-003.
pub fn restore_part(folder: &DataFolder, bytes: &[u8], erased: &BTreeSet<SubjectId>) -> Result<(), HubError> {
    let shelves = Shelves::of(folder);
    let Part { keys, mut sealed, erased: elsewhere } =
        decode_part(bytes).map_err(|error| damaged(folder.subjects(), error))?;
    shelves.prepare()?;
    let _hold = shelves.hold(HoldKind::Writing)?;
    let known = read_erased(&shelves)?;
    let gone: BTreeSet<SubjectId> = known.iter().chain(erased).chain(&elsewhere).copied().collect();
    if gone != known {
        shelf::replace(&shelves.erased(), &encode_ids(&gone))?;
    }
    sealed.retain(|id, _| !gone.contains(id));
    let Some(keys) = keys else {
        if !sealed.is_empty() {
            shelf::replace(&shelves.waiting(), &encode_sealed(&sealed))?;
        }
        return shelves.mark_changed();
    };
    take_newer(&mut sealed, &keys, read_waiting(&shelves)?);
    let mut drawers: BTreeMap<usize, Drawer> = BTreeMap::new();
    for (id, sealed) in sealed {
        let Some(key) = keys.get(&id) else { continue };
        let shelf = shelf_of(id);
        let drawer = match drawers.remove(&shelf) {
            Some(drawer) => drawer,
            None => Drawer::read(&shelves, shelf)?,
        };
        let drawer = drawers.entry(shelf).or_insert(drawer);
        drawer.keys.insert(id, key.clone());
        drawer.sealed.insert(id, sealed);
    }
    for drawer in drawers.values() {
        drawer.write_keys(&shelves)?;
        drawer.write_details(&shelves)?;
    }
    shelf::wipe(&shelves.waiting())?;
    shelves.mark_changed()
}

/// A backup may be newer than the vault whose keys open it.
fn take_newer(sealed: &mut SealedDetails, keys: &Keys, waiting: SealedDetails) {
    for (id, candidate) in waiting {
        let (Some(key), Some(kept)) = (keys.get(&id), sealed.get(&id)) else { continue };
        let changed_at = |bytes: &[u8]| seal::open(key, id, bytes).ok().map(|(changed_at, _)| changed_at);
        if changed_at(&candidate) > changed_at(kept) {
            sealed.insert(id, candidate);
        }
    }
}

fn read_waiting(shelves: &Shelves) -> Result<SealedDetails, HubError> {
    let path = shelves.waiting();
    match shelf::read(&path)? {
        None => Ok(SealedDetails::new()),
        Some(bytes) => decode_sealed(&bytes).map_err(|error| damaged(path, error)),
    }
}

/// Takes those who were erased out of what waits for its keys; how many bytes of sealed details that destroyed.
pub(super) fn drop_from_waiting(shelves: &Shelves, erased: &BTreeSet<SubjectId>) -> Result<usize, HubError> {
    let path = shelves.waiting();
    let mut waiting = match read_waiting(shelves) {
        Ok(waiting) => waiting,
        Err(HubError::FileDamaged { .. }) => {
            tracing::error!(file = %path.display(), "details that waited for their keys are damaged and destroyed");
            return shelf::wipe(&path).map(|()| 0);
        }
        Err(error) => return Err(error),
    };
    let before = waiting.len();
    let mut destroyed = 0;
    waiting.retain(|id, sealed| {
        let gone = erased.contains(id);
        destroyed += if gone { sealed.len() } else { 0 };
        !gone
    });
    match (waiting.len() == before, waiting.is_empty()) {
        (true, _) => {}
        (false, true) => shelf::wipe(&path)?,
        (false, false) => shelf::replace(&path, &encode_sealed(&waiting))?,
    }
    Ok(destroyed)
}
