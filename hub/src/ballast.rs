//! The disk under the data folder, and a file that only holds room on it: given back when there is no other room, so that
//! what is open in the shop can still be paid and closed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use holdfast_actors::Disk;
use holdfast_journal::{Ballast, DiskStorage, Storage};
use nix::fcntl::posix_fallocate;

use crate::folder::DataFolder;

/// One data folder's disk.
#[derive(Debug)]
pub struct DataDisk {
    root: PathBuf,
    ballast: PathBuf,
    storage: DiskStorage,
}

impl DataDisk {
    pub fn new(folder: &DataFolder) -> Self {
        Self { root: folder.root().into(), ballast: folder.ballast(), storage: DiskStorage::new() }
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        let length = i64::try_from(bytes).map_err(io::Error::other)?;
        let beside = self.ballast.with_added_extension("new");
        let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        // Room that is only promised would be gone when it is needed: the file system allocates every block now.
        let made = posix_fallocate(&file, 0, length).map_err(io::Error::from).and_then(|()| file.sync_all());
        match made.and_then(|()| std::fs::rename(&beside, &self.ballast)) {
            Ok(()) => self.sync_folder(),
            Err(error) => {
                // What was half made holds the room that is missing.
                let _ = std::fs::remove_file(&beside);
                Err(error)
            }
        }
    }

    fn remove(&self) -> io::Result<bool> {
        match std::fs::remove_file(&self.ballast) {
            Ok(()) => self.sync_folder().map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.root)?.sync_all()
    }
}

impl Disk for DataDisk {
    fn free_bytes(&self) -> io::Result<u64> {
        self.storage.free_bytes(&self.root)
    }

    fn ballast_bytes(&self) -> io::Result<u64> {
        match std::fs::metadata(&self.ballast) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn make_ballast(&self, bytes: u64) -> io::Result<()> {
        self.allocate(bytes)
    }

    fn give_back_ballast(&self) -> io::Result<()> {
        self.remove().map(drop)
    }
}

impl Ballast for DataDisk {
    fn give_back(&self) -> bool {
        match self.remove() {
            Ok(given) => given,
            Err(error) => {
                tracing::error!(%error, "the ballast could not be given back");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ballast_holds_room_and_gives_it_back() {
        use std::os::unix::fs::MetadataExt;

        const BYTES: u64 = 8 << 20;
        let place = tempfile::tempdir().unwrap();
        let disk = DataDisk::new(&DataFolder::new(place.path()));
        assert_eq!(disk.ballast_bytes().unwrap(), 0);
        assert!(!disk.give_back(), "there is nothing to give");
        disk.make_ballast(BYTES).unwrap();
        assert_eq!(disk.ballast_bytes().unwrap(), BYTES);
        let allocated = std::fs::metadata(place.path().join("ballast")).unwrap().blocks() * 512;
        assert!(allocated >= BYTES, "only {allocated} bytes are really taken");
        assert!(disk.free_bytes().unwrap() > 0);
        assert!(disk.give_back());
        assert_eq!(disk.ballast_bytes().unwrap(), 0);
        assert!(disk.make_ballast(u64::MAX).is_err(), "more than any disk has");
        assert!(disk.make_ballast(1 << 60).is_err());
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "nothing half made is left");
    }
}
