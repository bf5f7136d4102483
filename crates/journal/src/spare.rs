//! Allocating segment files: zeros are written and synced before a byte of the journal goes in, so that a later sync has
//! no block allocation to wait for. The next file is made ahead of time by a thread of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::error::JournalError;
use crate::storage::{Storage, StorageFile, write_all_at};

/// What unfinished files are called; they are deleted when the journal opens.
pub(crate) const UNFINISHED_SUFFIX: &str = ".tmp";

const ZEROS_BYTES: usize = 1 << 20;

/// Names a failed storage call; a full disk has its own code because its way out differs.
pub(crate) fn storage_error(call: &'static str, path: &Path, bytes: u64, source: io::Error) -> JournalError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            JournalError::DiskFull { path, bytes, source }
        }
        _ => JournalError::Io { call, path, source },
    }
}

/// Writes zeros into `file` over `from..to`.
pub(crate) fn write_zeros(file: &dyn StorageFile, mut from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(ZEROS_BYTES).min(ZEROS_BYTES)];
    while from < to {
        let bytes = usize::try_from(to - from).unwrap_or(zeros.len()).min(zeros.len());
        write_all_at(file, &zeros[..bytes], from)?;
        from += bytes as u64;
    }
    Ok(())
}

/// Creates a file of zeros and syncs it; its folder is synced when it gets its final name.
pub(crate) fn allocate(
    storage: &dyn Storage,
    path: &Path,
    bytes: u64,
) -> Result<Arc<dyn StorageFile>, JournalError> {
    let file = storage.create(path).map_err(|source| storage_error("create", path, bytes, source))?;
    write_zeros(&*file, 0, bytes).map_err(|source| storage_error("write", path, bytes, source))?;
    file.sync_data().map_err(|source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            JournalError::DiskFull { path: path.to_owned(), bytes, source }
        }
        _ => JournalError::SyncFailed { path: path.to_owned(), source },
    })?;
    Ok(file)
}

/// The next segment's file in the making.
#[derive(Debug)]
pub(crate) struct Spare {
    pub(crate) path: PathBuf,
    thread: JoinHandle<Result<Arc<dyn StorageFile>, JournalError>>,
}

impl Spare {
    /// Starts to make a file; `None` when no thread can be had, which only means that the writer allocates by itself.
    pub(crate) fn start(storage: Arc<dyn Storage>, path: PathBuf, bytes: u64) -> Option<Self> {
        let target = path.clone();
        let thread = std::thread::Builder::new()
            .name("journal-spare".into())
            .spawn(move || allocate(&*storage, &target, bytes));
        match thread {
            Ok(thread) => Some(Self { path, thread }),
            Err(error) => {
                tracing::warn!(%error, "no thread could be started to prepare the next journal segment");
                None
            }
        }
    }

    /// Waits for the file. A failure is logged and answered with `None`: the writer then allocates another file itself,
    /// and only if that fails too, nothing more can be promised.
    pub(crate) fn finish(self) -> Option<Arc<dyn StorageFile>> {
        match self.thread.join() {
            Ok(Ok(file)) => Some(file),
            Ok(Err(error)) => {
                tracing::warn!(code = error.code(), %error, "the next journal segment could not be prepared ahead");
                None
            }
            Err(_) => {
                tracing::error!("the thread that prepares the next journal segment panicked");
                None
            }
        }
    }
}
