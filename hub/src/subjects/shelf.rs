//! The files: 256 of keys and 256 of sealed details, so that a change writes a small part of everything, and a file beside
//! them for each special case. Which file a subject is in follows from its id.
//!
//! A change writes the whole file anew beside the old one, syncs it and puts it in the old one's place. The old bytes are not
//! merely given back to the file system: they are overwritten first, under a second name that the next start finds if the
//! process ends in between. So neither a key nor sealed details outlive the file that replaced them.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use holdfast_domain::ids::SubjectId;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::clock::Machine;
use crate::error::HubError;
use crate::folder::{DataFolder, create_private, sync_folder_of};

/// How many files keys and details are spread over.
pub(super) const SHELVES: usize = 256;
/// The largest file, in bytes: far beyond what [`super::SUBJECTS_MAX`] subjects spread over the shelves come to.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
const CHANGED: &str = "changed";
const ZEROS: [u8; 16 * 1024] = [0; 16 * 1024];

/// The folder of the subjects.
#[derive(Debug, Clone)]
pub(super) struct Shelves {
    root: PathBuf,
}

/// Held while files are read or written: by several that read, or by one that writes, in this process or another.
#[derive(Debug)]
pub(super) struct Hold {
    _file: File,
}

/// A small file that is written anew after every change: its time tells that HQ's vault has to be replaced.
pub(crate) fn changed_file(folder: &DataFolder) -> PathBuf {
    folder.subjects().join(CHANGED)
}

/// The shelf of a subject.
pub(super) fn shelf_of(subject: SubjectId) -> usize {
    usize::from(Sha256::digest(subject.0.as_bytes())[0])
}

impl Shelves {
    pub fn of(folder: &DataFolder) -> Self {
        Self { root: folder.subjects() }
    }

    pub fn keys(&self, shelf: usize) -> PathBuf {
        self.root.join("keys").join(format!("{shelf:02x}"))
    }

    pub fn details(&self, shelf: usize) -> PathBuf {
        self.root.join("details").join(format!("{shelf:02x}"))
    }

    /// Sealed details that wait for their keys, as a backup brings them.
    pub fn waiting(&self) -> PathBuf {
        self.root.join("waiting")
    }

    /// Everybody who was ever erased, in this history of the store or in another one.
    pub fn erased(&self) -> PathBuf {
        self.root.join("erased")
    }

    /// Whether anything was ever kept here.
    pub fn exist(&self) -> bool {
        self.root.is_dir()
    }

    /// Lets whoever watches [`changed_file`] see that something here is another one than before.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn mark_changed(&self) -> Result<(), HubError> {
        let path = self.root.join(CHANGED);
        fs::write(&path, Machine.random::<8>()).map_err(HubError::file("write", &path))
    }

    /// Makes the folders and finishes what an earlier process left half done.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn prepare(&self) -> Result<(), HubError> {
        for folder in [self.root.clone(), self.root.join("keys"), self.root.join("details")] {
            create_private(&folder)?;
            for entry in fs::read_dir(&folder).map_err(HubError::file("list", &folder))? {
                let path = entry.map_err(HubError::file("list", &folder))?.path();
                match path.extension().and_then(|extension| extension.to_str()) {
                    Some("new") => wipe(&path)?,
                    Some("old") => wipe_replaced(&path, &path.with_extension(""))?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Waits until the files may be read or written.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn hold(&self, kind: HoldKind) -> Result<Hold, HubError> {
        let path = self.root.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(HubError::file("open", &path))?;
        let held = match kind {
            HoldKind::Reading => file.lock_shared(),
            HoldKind::Writing => file.lock(),
        };
        held.map_err(HubError::file("lock", &path))?;
        Ok(Hold { _file: file })
    }
}

/// What the files are held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HoldKind {
    Reading,
    Writing,
}

/// A file's bytes; `None` when there is no such file.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006 when it is far too large.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, HubError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(HubError::file("read", path)(error)),
    };
    let length = file.metadata().map_err(HubError::file("read", path))?.len();
    if length > FILE_BYTES_MAX {
        return Err(HubError::FileDamaged { path: path.into(), source: "it is far too large".into() });
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
    file.read_to_end(&mut bytes).map_err(HubError::file("read", path))?;
    Ok(Some(bytes))
}

/// Puts new bytes in a file's place and destroys the old ones.
///
/// # Errors
/// HF-HUB-003. The old or the new file is there then, whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), HubError> {
    let old = path.with_added_extension("old");
    // Left by an attempt that failed.
    wipe_replaced(&old, path)?;
    match fs::hard_link(path, &old) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(HubError::file("link", path)(error)),
    }
    let beside = path.with_added_extension("new");
    let written = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(HubError::file("write", &beside))?;
    fs::rename(&beside, path).map_err(HubError::file("rename to", path))?;
    sync_folder_of(path)?;
    wipe(&old)
}

/// Wipes what a file held before it was replaced. A second name of the file itself only goes away: it was not replaced yet.
fn wipe_replaced(old: &Path, current: &Path) -> Result<(), HubError> {
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    match (identity(old), identity(current)) {
        (None, _) => Ok(()),
        (replaced, current) if replaced == current => {
            fs::remove_file(old).map_err(HubError::file("remove", old))
        }
        _ => wipe(old),
    }
}

/// Overwrites a file and removes it; nothing when there is none.
///
/// # Errors
/// HF-HUB-003.
pub(super) fn wipe(path: &Path) -> Result<(), HubError> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(HubError::file("overwrite", path)(error)),
    };
    let overwritten = file.metadata().and_then(|found| {
        let mut left = found.len();
        while left > 0 {
            let some = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            file.write_all(&ZEROS[..some])?;
            left -= some as u64;
        }
        file.sync_all()
    });
    overwritten.map_err(HubError::file("overwrite", path))?;
    fs::remove_file(path).map_err(HubError::file("remove", path))?;
    sync_folder_of(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_held_is_overwritten_when_it_is_replaced_and_when_it_goes() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("00");
        replace(&path, b"first").unwrap();
        // A second name shows what became of the bytes themselves.
        let witness = place.path().join("witness");
        fs::hard_link(&path, &witness).unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(read(&path).unwrap().unwrap().as_slice(), b"second");
        assert_eq!(fs::read(&witness).unwrap(), [0; 5]);
        fs::remove_file(&witness).unwrap();
        fs::hard_link(&path, &witness).unwrap();
        wipe(&path).unwrap();
        assert!(read(&path).unwrap().is_none());
        assert_eq!(fs::read(&witness).unwrap(), [0; 6]);
        wipe(&path).unwrap();
    }

    #[test]
    fn a_change_that_ended_anywhere_in_between_leaves_the_old_or_the_new_file_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path());
        let shelves = Shelves::of(&folder);
        shelves.prepare().unwrap();
        let path = shelves.keys(7);
        let (old, new) = (path.with_added_extension("old"), path.with_added_extension("new"));
        let left = || fs::read_dir(path.parent().unwrap()).unwrap().count();

        // Before the new file was in place.
        replace(&path, b"kept").unwrap();
        fs::hard_link(&path, &old).unwrap();
        fs::write(&new, b"half").unwrap();
        shelves.prepare().unwrap();
        assert_eq!((read(&path).unwrap().unwrap().as_slice(), left()), (&b"kept"[..], 1));

        // After it.
        fs::hard_link(&path, &old).unwrap();
        fs::write(&new, b"newer").unwrap();
        fs::rename(&new, &path).unwrap();
        let witness = place.path().join("witness");
        fs::hard_link(&old, &witness).unwrap();
        shelves.prepare().unwrap();
        assert_eq!((read(&path).unwrap().unwrap().as_slice(), left()), (&b"newer"[..], 1));
        assert_eq!(fs::read(&witness).unwrap(), [0; 4]);

        // And a later change finds what a failed one left.
        fs::remove_file(&witness).unwrap();
        fs::write(&old, b"older").unwrap();
        fs::hard_link(&old, &witness).unwrap();
        replace(&path, b"newest").unwrap();
        assert_eq!((read(&path).unwrap().unwrap().as_slice(), left()), (&b"newest"[..], 1));
        assert_eq!(fs::read(&witness).unwrap(), [0; 5]);
    }

    #[test]
    fn subjects_are_spread_over_the_shelves_whatever_their_ids_end_with() {
        let shelves: std::collections::BTreeSet<_> =
            (0..4_096).map(|n| shelf_of(SubjectId(uuid::Uuid::from_u128(n << 64)))).collect();
        assert_eq!(shelves.len(), SHELVES);
    }
}
