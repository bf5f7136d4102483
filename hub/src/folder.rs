//! The data folder of a hub, and how its files are written.
//!
//! ```text
//! hub.lock            held by the one process that uses the folder
//! identity.json       hub id, Ed25519 key, store id, the cloud's address (0600)
//! tls/ca.pem ca.key   the store's certificate authority, made here (key 0600)
//! tls/hub.pem hub.key the hub's own certificate, renewed by the hub (key 0600)
//! journal/            the journal's segments: the truth
//! state/              the state that follows from the journal; may be deleted, then it is rebuilt
//! catalog/<sha256>.hfc  catalog versions, named by their content
//! staff.json          names, PIN verifiers, attempt counters (0600); names never go to the journal
//! subjects/           customers' keys and sealed details, apart from each other (0700); never in the journal
//! pairing.json        hashes of open pairing codes (0600)
//! witness.json        the highest record that HQ has acknowledged
//! recovery.json       for whom this hub seals: the public half of the recovery code
//! vault.json          which vault HQ has of this store
//! backup.json         the last backup that was written and read back
//! head.json           the last head of the journal under the hub's key
//! ballast             nothing but room on the disk, given back when there is no other
//! paper/<printer>/    what a simulated printer printed
//! admin.sock          the local channel of the running hub (0600)
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::HubError;

/// The largest of the small files here, in bytes: staff of a large shop stays far below.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Paths of one data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder {
    root: PathBuf,
}

/// Held while a process uses the folder; the lock ends with the process, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl DataFolder {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn identity(&self) -> PathBuf {
        self.root.join("identity.json")
    }

    pub fn tls(&self) -> PathBuf {
        self.root.join("tls")
    }

    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    pub fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    pub fn catalog(&self) -> PathBuf {
        self.root.join("catalog")
    }

    pub fn staff(&self) -> PathBuf {
        self.root.join("staff.json")
    }

    pub fn subjects(&self) -> PathBuf {
        self.root.join("subjects")
    }

    pub fn pairing(&self) -> PathBuf {
        self.root.join("pairing.json")
    }

    pub fn witness(&self) -> PathBuf {
        self.root.join("witness.json")
    }

    pub fn recovery(&self) -> PathBuf {
        self.root.join("recovery.json")
    }

    pub fn vault(&self) -> PathBuf {
        self.root.join("vault.json")
    }

    pub fn last_backup(&self) -> PathBuf {
        self.root.join("backup.json")
    }

    pub fn head(&self) -> PathBuf {
        self.root.join("head.json")
    }

    pub fn ballast(&self) -> PathBuf {
        self.root.join("ballast")
    }

    pub fn paper(&self) -> PathBuf {
        self.root.join("paper")
    }

    pub fn socket(&self) -> PathBuf {
        self.root.join("admin.sock")
    }

    /// Makes the folder, readable by its owner alone.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn create(&self) -> Result<(), HubError> {
        create_private(&self.root)
    }

    /// Takes the folder for this process.
    ///
    /// # Errors
    /// HF-HUB-004 when another process holds it, HF-HUB-005 when it does not exist, HF-HUB-003.
    pub fn lock(&self) -> Result<FolderLock, HubError> {
        if !self.root.is_dir() {
            return Err(HubError::NotProvisioned { path: self.root.clone() });
        }
        let path = self.root.join("hub.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(HubError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(HubError::FolderInUse { path: self.root.clone() }),
            Err(TryLockError::Error(error)) => Err(HubError::file("lock", path)(error)),
        }
    }
}

/// Makes a folder with mode 0700 and syncs its parent.
///
/// # Errors
/// HF-HUB-003.
pub fn create_private(path: &Path) -> Result<(), HubError> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(HubError::file("make", path))?;
    sync_folder_of(path)
}

/// Replaces a file with new bytes: written beside it (mode 0600), synced, renamed, and the folder synced. After a crash the
/// old or the new file is there, whole.
///
/// # Errors
/// HF-HUB-003.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), HubError> {
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
    sync_folder_of(path)
}

/// [`replace`] with JSON that a person can read.
///
/// # Errors
/// HF-HUB-003.
pub fn replace_json(path: &Path, value: &impl Serialize) -> Result<(), HubError> {
    let mut text = serde_json::to_vec_pretty(value).expect("the hub's own files have a JSON form");
    text.push(b'\n');
    replace(path, &text)
}

/// Reads a JSON file; `None` when it does not exist.
///
/// # Errors
/// HF-HUB-003, HF-HUB-006 when it is not what the hub wrote.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, HubError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(HubError::file("read", path)(error)),
        Ok(found) if found.len() > FILE_BYTES_MAX => {
            return Err(HubError::FileDamaged { path: path.into(), source: "it is far too large".into() });
        }
        Ok(_) => {}
    }
    let bytes = fs::read(path).map_err(HubError::file("read", path))?;
    let value = serde_json::from_slice(&bytes);
    value.map(Some).map_err(|error| HubError::FileDamaged { path: path.into(), source: error.into() })
}

pub(crate) fn sync_folder_of(path: &Path) -> Result<(), HubError> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(HubError::file("sync", folder))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn one_process_at_a_time_and_nobody_else_reads() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path().join("hub"));
        assert!(matches!(folder.lock(), Err(HubError::NotProvisioned { .. })));
        folder.create().unwrap();
        let held = folder.lock().unwrap();
        assert!(matches!(folder.lock(), Err(HubError::FolderInUse { .. })));
        drop(held);
        folder.lock().unwrap();
        assert_eq!(fs::metadata(folder.root()).unwrap().permissions().mode() & 0o777, 0o700);
        replace_json(&folder.identity(), &[1, 2]).unwrap();
        assert_eq!(fs::metadata(folder.identity()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_json::<Vec<u8>>(&folder.identity()).unwrap(), Some(vec![1, 2]));
        assert!(matches!(read_json::<String>(&folder.identity()), Err(HubError::FileDamaged { .. })));
        assert_eq!(read_json::<String>(&folder.staff()).unwrap(), None);
    }
}
