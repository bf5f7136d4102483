//! Allocating segment files: zeros are written and synced before a byte of the journal goes in, so that a later sync has
//! no block allocation to wait for. The next file is made ahead of time by a thread of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::error::JournalError;
use crate::options::{CommitMode, Options};
use crate::room::{Ledger, NextSegment};
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

/// Does what needs space, and once more after the ballast was given back.
pub(crate) fn with_ballast<T>(
    options: &Options,
    mut work: impl FnMut() -> Result<T, JournalError>,
) -> Result<T, JournalError> {
    loop {
        match work() {
            Err(error) if error.is_out_of_space() => {
                if !options.ballast.as_ref().is_some_and(|ballast| ballast.give_back()) {
                    return Err(error);
                }
                tracing::warn!(code = error.code(), %error, "the journal took the ballast's space");
            }
            other => return other,
        }
    }
}

/// Creates a file of zeros and syncs it; its folder is synced when it gets its final name. What could not be finished is
/// deleted, so that it does not hold the space that is missing.
pub(crate) fn allocate(
    options: &Options,
    storage: &dyn Storage,
    path: &Path,
) -> Result<Arc<dyn StorageFile>, JournalError> {
    let outcome = with_ballast(options, || zeroed(storage, path, options.segment_bytes));
    if outcome.is_err() {
        remove_unfinished(storage, path);
    }
    outcome
}

fn zeroed(storage: &dyn Storage, path: &Path, bytes: u64) -> Result<Arc<dyn StorageFile>, JournalError> {
    let file = storage.create(path).map_err(|source| storage_error("create", path, bytes, source))?;
    write_zeros(&*file, 0, bytes).map_err(|source| storage_error("write", path, bytes, source))?;
    sync_new(&*file, path, bytes)?;
    Ok(file)
}

/// Syncs a file that nobody relies on yet. Some file systems find out only now that there is no room.
pub(crate) fn sync_new(file: &dyn StorageFile, path: &Path, bytes: u64) -> Result<(), JournalError> {
    file.sync_data().map_err(|source| match storage_error("sync", path, bytes, source) {
        JournalError::Io { path, source, .. } => JournalError::SyncFailed { path, source },
        full => full,
    })
}

/// Deletes a file that nobody will finish; what stays is deleted at the next start.
pub(crate) fn remove_unfinished(storage: &dyn Storage, path: &Path) {
    match storage.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!(%error, path = %path.display(), "an unfinished journal file stays until the next start");
        }
        _ => {}
    }
}

type Made = Result<Arc<dyn StorageFile>, JournalError>;

/// The next segment's file, there or in the making.
#[derive(Debug)]
pub(crate) struct Spare {
    pub(crate) path: PathBuf,
    making: Making,
}

#[derive(Debug)]
enum Making {
    Thread(JoinHandle<Made>),
    Done(Made),
}

impl Spare {
    /// Makes a file, on a thread of its own unless the caller drives the commits; `None` when no thread can be had, which
    /// only means that the writer allocates by itself. What came of it is written into the ledger of the room.
    pub(crate) fn start(
        options: &Options,
        storage: Arc<dyn Storage>,
        path: PathBuf,
        room: Arc<Ledger>,
    ) -> Option<Self> {
        let (options, target) = (options.clone(), path.clone());
        let in_thread = options.commit == CommitMode::Thread;
        let make = move || {
            let made = allocate(&options, &*storage, &target);
            match &made {
                Ok(_) => room.set_next(NextSegment::Ready),
                Err(error) if error.is_out_of_space() => {
                    room.set_next(NextSegment::NoSpace);
                    tracing::warn!(code = error.code(), %error, "the disk has no room for the next journal segment");
                }
                Err(error) => {
                    room.set_next(NextSegment::Expected);
                    tracing::warn!(code = error.code(), %error, "the next journal segment could not be prepared ahead");
                }
            }
            made
        };
        if !in_thread {
            return Some(Self { path, making: Making::Done(make()) });
        }
        match std::thread::Builder::new().name("journal-spare".into()).spawn(make) {
            Ok(thread) => Some(Self { path, making: Making::Thread(thread) }),
            Err(error) => {
                tracing::warn!(%error, "no thread could be started to prepare the next journal segment");
                None
            }
        }
    }

    /// Whether it has come to something.
    pub(crate) fn is_finished(&self) -> bool {
        match &self.making {
            Making::Thread(thread) => thread.is_finished(),
            Making::Done(_) => true,
        }
    }

    /// Waits for the file. After a failure, which was logged, the writer allocates another file itself.
    pub(crate) fn finish(self) -> Option<Arc<dyn StorageFile>> {
        match self.making {
            Making::Done(made) => made.ok(),
            Making::Thread(thread) => match thread.join() {
                Ok(made) => made.ok(),
                Err(_) => {
                    tracing::error!("the thread that prepares the next journal segment panicked");
                    None
                }
            },
        }
    }
}
