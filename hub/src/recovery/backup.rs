//! A backup: one sealed file with the whole journal, what the journal lacks, and the hub's identity. Written while the hub
//! sells; done only when it was read again from the medium and every byte of it proved good.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use holdfast_domain::ids::StoreId;
use holdfast_journal::Reader;
use holdfast_protocol::backup::{self, Front, HubIdentity};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, PosixFadviseAdvice, RenameFlags, posix_fadvise, renameat2};

use super::error::RecoveryError;
use super::opened::{self, Opened};
use super::sealing::{self, Opener, Recipient};
use super::standing::recipient_needed;
use super::vault::Content;
use crate::clock::Machine;
use crate::error::HubError;
use crate::export;
use crate::folder::{self, DataFolder};
use crate::identity::Identity;
use crate::provision::SOFTWARE;

/// How often a long backup says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// Bytes that are written at once.
const PIECE_BYTES: usize = 256 * 1_024;
/// What a backup has beside journal and catalog, in bytes, far above what it needs.
const BESIDE_BYTES: u64 = 4 * 1_024 * 1_024;

/// Writes the sealed bytes of a backup of everything that is synced now. `also` can open it too: whoever reads it back.
/// Blocks.
///
/// # Errors
/// HF-REC-009, the journal's errors, HF-HUB-003 when `out` fails.
pub fn write(
    folder: &DataFolder,
    identity: &Identity,
    reader: &Reader,
    catalog_hash: Option<[u8; 32]>,
    also: Option<&Recipient>,
    out: &mut dyn Write,
) -> Result<(), HubError> {
    let not_provisioned = || HubError::NotProvisioned { path: folder.root().into() };
    let store = identity.store.ok_or_else(not_provisioned)?;
    let recipient = recipient_needed(folder)?;
    let mut vault = Content::gather(folder, store, catalog_hash)?.vault(folder);
    // Keys of customers live here and in HQ's vault alone, where an erasure reaches them.
    vault.subjects = crate::subjects::backup_part(folder)?.map(|part| part.to_vec());
    let front = Front {
        store: store.0,
        made_at_ms: Machine.now_ms(),
        software: SOFTWARE.to_owned(),
        hub: HubIdentity {
            hub: identity.hub.0,
            key: *identity.secret(),
            cloud: identity.cloud.clone(),
            name: identity.name.clone(),
        },
        vault,
    };
    let failed = HubError::file("write", "the backup");
    let mut sealed = sealing::begin(&recipient, also, store, out).map_err(failed)?;
    backup::write_front(&mut sealed, &front).map_err(HubError::file("write", "the backup"))?;
    export::write(reader, identity, 1, &mut sealed)?;
    sealed.finish().and_then(|out| out.flush()).map_err(HubError::file("write", "the backup"))
}

/// What a finished backup is.
#[derive(Debug)]
pub struct Done {
    pub path: PathBuf,
    pub bytes: u64,
    pub opened: Opened,
}

/// A backup's file in the making, beside the name that it will get. Dropping it unfinished leaves nothing behind.
#[derive(Debug)]
pub struct BackupFile {
    /// Where it goes: a folder, or the file's own name.
    to: PathBuf,
    beside: PathBuf,
    out: BufWriter<File>,
    reader: Opener,
    bytes: u64,
    told_at: Instant,
    is_kept: bool,
}

impl BackupFile {
    /// Begins a file that nobody but its owner can read; `needed_bytes` must be free where it goes.
    ///
    /// # Errors
    /// HF-REC-006, HF-REC-007, HF-REC-013, HF-HUB-003.
    pub fn create(to: &Path, store: StoreId, needed_bytes: u64) -> Result<Self, HubError> {
        let beside = if to.is_dir() {
            to.join(format!(".holdfast-{store}.part"))
        } else {
            if fs::symlink_metadata(to).is_ok() {
                return Err(RecoveryError::FileExists { path: to.into() }.into());
            }
            to.with_added_extension("part")
        };
        check_room(&beside, needed_bytes)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&beside)
            .map_err(HubError::file("make", &beside))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RecoveryError::BackupUnderWay.into()),
            Err(TryLockError::Error(error)) => return Err(HubError::file("lock", &beside)(error)),
        }
        // What a killed backup has left there.
        file.set_len(0).map_err(HubError::file("empty", &beside))?;
        Ok(Self {
            to: to.to_owned(),
            beside,
            out: BufWriter::with_capacity(PIECE_BYTES, file),
            reader: Opener::fleeting(),
            bytes: 0,
            told_at: Instant::now(),
            is_kept: false,
        })
    }

    /// Whom the backup must be sealed for as well, so that it can be read back.
    pub fn also(&self) -> Recipient {
        self.reader.recipient()
    }

    /// Syncs the file, reads it back from the medium, checks everything in it, and gives it its name.
    ///
    /// # Errors
    /// HF-REC-011 when it is not good, HF-REC-006 when the name was taken meanwhile, HF-HUB-003.
    pub fn keep(mut self) -> Result<Done, HubError> {
        self.out.flush().map_err(HubError::file("write", &self.beside))?;
        self.out.get_ref().sync_all().map_err(HubError::file("sync", &self.beside))?;
        eprintln!("reading it back …");
        let opened = self.read_back().map_err(|error| RecoveryError::NotReadBack { source: error.into() })?;
        let path = if self.to.is_dir() { self.to.join(name(&opened)) } else { self.to.clone() };
        match renameat2(AT_FDCWD, &self.beside, AT_FDCWD, &path, RenameFlags::RENAME_NOREPLACE) {
            Ok(()) => {}
            Err(Errno::EEXIST) => return Err(RecoveryError::FileExists { path }.into()),
            // A file system that does not know the flag, on some sticks.
            Err(Errno::EINVAL) if fs::symlink_metadata(&path).is_err() => {
                fs::rename(&self.beside, &path).map_err(HubError::file("rename to", &path))?;
            }
            Err(error) => return Err(HubError::file("rename to", &path)(error.into())),
        }
        self.is_kept = true;
        folder::sync_folder_of(&path)?;
        Ok(Done { path, bytes: self.bytes, opened })
    }

    fn read_back(&self) -> Result<Opened, HubError> {
        let file = File::open(&self.beside).map_err(HubError::file("open", &self.beside))?;
        // What was written must come back from the medium and not from memory. Where this cannot be asked for, it is read
        // all the same.
        let _advice = posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
        let length = file.metadata().map_err(HubError::file("read", &self.beside))?.len();
        if length != self.bytes {
            let source = format!("{} bytes were written and {length} are there", self.bytes).into();
            return Err(RecoveryError::NotReadBack { source }.into());
        }
        let file = BufReader::with_capacity(PIECE_BYTES, file);
        opened::read("the new backup", &self.reader, file, &mut |_| Ok(()))
    }
}

impl Write for BackupFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        if self.told_at.elapsed() >= PROGRESS_EVERY {
            self.told_at = Instant::now();
            eprintln!("{} MiB written", self.bytes >> 20);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for BackupFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // The lock on it is still held, so it is this backup's own.
            let _gone = fs::remove_file(&self.beside);
        }
    }
}

fn name(opened: &Opened) -> String {
    let made =
        jiff::Timestamp::from_millisecond(opened.front.made_at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let store = StoreId(opened.front.store);
    format!("holdfast-{store}-{}-{}.backup", made.strftime("%Y%m%d"), opened.head.seq)
}

/// Bytes that a backup of a folder needs at the most: the journal's files with their unused ends, and the catalogs.
///
/// # Errors
/// HF-HUB-003.
pub fn bytes_needed(folder: &DataFolder) -> Result<u64, HubError> {
    Ok(files_bytes(&folder.journal())? + files_bytes(&folder.catalog())? + BESIDE_BYTES)
}

fn files_bytes(folder: &Path) -> Result<u64, HubError> {
    let failed = || HubError::file("read", folder);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(failed())?,
    };
    entries.map(|entry| entry.and_then(|entry| Ok(entry.metadata()?.len())).map_err(failed())).sum()
}

/// # Errors
/// HF-REC-007 when fewer bytes are free where `path` goes, HF-HUB-003.
pub fn check_room(path: &Path, needed_bytes: u64) -> Result<(), HubError> {
    let place = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found =
        nix::sys::statvfs::statvfs(place).map_err(|error| HubError::file("read", place)(error.into()))?;
    let free = found.blocks_available() * found.fragment_size();
    if free >= needed_bytes {
        return Ok(());
    }
    let (needed_mib, free_mib) = (needed_bytes.div_ceil(1 << 20), free >> 20);
    Err(RecoveryError::NoRoom { path: place.into(), needed_mib, free_mib }.into())
}
