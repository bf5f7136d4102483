//! What the journal asks of a disk, behind two small traits, with the real one and an in-memory twin.

mod disk;
mod memory;

use std::any::Any;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use disk::DiskStorage;
pub use memory::{CallKind, CrashImage, Fault, MemoryStorage, WriteFate};

/// Holds a folder's lock until it is dropped.
pub type DirLock = Box<dyn Any + Send + Sync>;

/// Files and folders, with durability said aloud: what was not synced may be gone after a power cut.
pub trait Storage: fmt::Debug + Send + Sync + 'static {
    /// Creates a folder and its parents durably; an existing folder is fine.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// Takes the folder's exclusive lock or fails at once with [`io::ErrorKind::WouldBlock`].
    fn lock_dir(&self, dir: &Path) -> io::Result<DirLock>;
    /// Creates an empty file, replacing what had its name.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>>;
    /// Renames a file, replacing the target.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Deletes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Names of the files in a folder, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Makes creations, renames and removals in the folder durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// Bytes that can still be written to the folder's file system.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;
}

/// One open file.
pub trait StorageFile: fmt::Debug + Send + Sync + 'static {
    /// Writes at an offset and says how many bytes were taken, which may be fewer than given.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Reads at an offset and says how many bytes came, 0 at the end.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Makes the content and the size durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Bytes in the file.
    fn len(&self) -> io::Result<u64>;
    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// Writes all of `bytes`, going on after short and interrupted writes.
pub(crate) fn write_all_at(file: &dyn StorageFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(taken) => {
                bytes = &bytes[taken..];
                offset += taken as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills `bytes` as far as the file reaches and says how many bytes came.
pub(crate) fn read_full_at(file: &dyn StorageFile, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(taken) => filled += taken,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
