//! The in-memory twin: it keeps synced and unsynced bytes apart, can cut the power, and can fail the n-th call.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{DirLock, Storage, StorageFile};

/// How the n-th call fails. EIO and ENOSPC are the two that a real disk gives most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Fails with EIO and has no effect.
    Eio,
    /// Fails with ENOSPC and has no effect.
    Enospc,
    /// A write takes half of its bytes and says so; another call behaves as with [`Fault::Interrupted`].
    ShortWrite,
    /// Fails with EINTR once and has no effect.
    Interrupted,
    /// A write takes half of its bytes, then this and every later call fails with EIO: the process is gone.
    Halt,
}

/// A class of calls that a fault can be planted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Every call that changes something or makes it durable.
    Change,
    /// Writes into a file.
    Write,
    /// Syncs of a file.
    SyncData,
    /// Syncs of a folder.
    SyncDir,
    /// Reads.
    Read,
}

/// What a power cut does to one unsynced write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteFate {
    /// It never reached the disk.
    Dropped,
    /// It reached the disk.
    Kept,
    /// Only some of its 512-byte sectors did: sector `n` when the closure's n-th bit is set, repeating after 64.
    Torn(u64),
}

/// Decides what survives a power cut. Folder changes and writes are numbered in the order they were made.
pub trait CrashImage {
    /// The fate of the n-th unsynced write, which has so many bytes.
    fn write(&mut self, index: usize, bytes: usize) -> WriteFate;
    /// Whether the n-th unsynced folder change survives.
    fn dir_change(&mut self, index: usize) -> bool;
}

#[derive(Clone, Debug, Default)]
struct MemFile {
    synced: Vec<u8>,
    current: Vec<u8>,
    /// Unsynced writes as (offset, bytes).
    pending: Vec<(usize, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum DirChange {
    Link(PathBuf, usize),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

#[derive(Clone, Copy, Debug)]
struct PlantedFault {
    kind: CallKind,
    calls_left: u64,
    fault: Fault,
    persistent: bool,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<MemFile>,
    dirs: HashSet<PathBuf>,
    synced_entries: BTreeMap<PathBuf, usize>,
    entries: BTreeMap<PathBuf, usize>,
    pending_dir: Vec<DirChange>,
    locked: HashSet<PathBuf>,
    planted: Option<PlantedFault>,
    halted: bool,
    strikes: u64,
    changes: u64,
    data_syncs: u64,
    free_bytes: u64,
    capacity_bytes: u64,
}

/// Files in memory. Clones share the same files, as two handles on one disk would.
#[derive(Clone, Debug)]
pub struct MemoryStorage {
    state: Arc<Mutex<State>>,
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStorage {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        let state = State { free_bytes: u64::MAX, capacity_bytes: u64::MAX, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Fails the `nth` (from 1) coming call of `kind`, and with `persistent` every one after it.
    pub fn plant(&self, kind: CallKind, nth: u64, fault: Fault, persistent: bool) {
        self.lock().planted = Some(PlantedFault { kind, calls_left: nth, fault, persistent });
    }

    /// Takes a planted fault away; a halted disk answers again.
    pub fn heal(&self) {
        let mut state = self.lock();
        state.planted = None;
        state.halted = false;
    }

    /// How many calls a planted fault has struck so far: with 0 the run was untouched.
    #[must_use]
    pub fn strikes(&self) -> u64 {
        self.lock().strikes
    }

    /// How many calls changed something so far.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// How many times a file's content was synced so far.
    #[must_use]
    pub fn data_syncs(&self) -> u64 {
        self.lock().data_syncs
    }

    /// Limits what [`Storage::free_bytes`] reports.
    pub fn set_free_bytes(&self, bytes: u64) {
        self.lock().free_bytes = bytes;
    }

    /// Limits what all files together may hold: a write that would make a file longer takes what fits, then fails with
    /// ENOSPC.
    pub fn set_capacity_bytes(&self, bytes: u64) {
        self.lock().capacity_bytes = bytes;
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.lock().used_bytes()
    }

    /// The disk as a power cut at this moment could leave it, as a new disk; this one stays as it is.
    #[must_use]
    pub fn power_cut(&self, image: &mut dyn CrashImage) -> Self {
        let state = self.lock();
        let mut write_index = 0;
        let mut files = Vec::with_capacity(state.files.len());
        for file in &state.files {
            let mut survived = file.synced.clone();
            for (offset, bytes) in &file.pending {
                apply_fate(&mut survived, *offset, bytes, &image.write(write_index, bytes.len()));
                write_index += 1;
            }
            files.push(MemFile { synced: survived.clone(), current: survived, pending: Vec::new() });
        }
        let mut entries = state.synced_entries.clone();
        for (index, change) in state.pending_dir.iter().enumerate() {
            if image.dir_change(index) {
                apply_dir(&mut entries, change);
            }
        }
        let cut = State {
            files,
            dirs: state.dirs.clone(),
            synced_entries: entries.clone(),
            entries,
            free_bytes: state.free_bytes,
            capacity_bytes: state.capacity_bytes,
            ..State::default()
        };
        Self { state: Arc::new(Mutex::new(cut)) }
    }

    /// A copy of the disk as a killed process leaves it: every write is there, no lock is held.
    #[must_use]
    pub fn killed(&self) -> Self {
        let state = self.lock();
        let copy = State {
            files: state.files.clone(),
            dirs: state.dirs.clone(),
            synced_entries: state.synced_entries.clone(),
            entries: state.entries.clone(),
            pending_dir: state.pending_dir.clone(),
            free_bytes: state.free_bytes,
            capacity_bytes: state.capacity_bytes,
            ..State::default()
        };
        Self { state: Arc::new(Mutex::new(copy)) }
    }

    /// The bytes of a file, `None` when there is none.
    #[must_use]
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.lock();
        state.entries.get(path).map(|id| state.files[*id].current.clone())
    }

    /// Puts a file there durably, outside of any counting or fault.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.lock();
        if let Some(parent) = path.parent() {
            state.dirs.insert(parent.to_owned());
        }
        let id = state.files.len();
        state.files.push(MemFile { synced: bytes.clone(), current: bytes, pending: Vec::new() });
        state.entries.insert(path.to_owned(), id);
        state.synced_entries.insert(path.to_owned(), id);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds the disk's state")
    }
}

fn apply_fate(survived: &mut Vec<u8>, offset: usize, bytes: &[u8], fate: &WriteFate) {
    const SECTOR: usize = 512;
    if *fate == WriteFate::Dropped {
        return;
    }
    let end = offset + bytes.len();
    if survived.len() < end {
        survived.resize(end, 0);
    }
    for at in offset..end {
        let kept = match fate {
            WriteFate::Dropped => false,
            WriteFate::Kept => true,
            WriteFate::Torn(mask) => mask >> ((at / SECTOR - offset / SECTOR) % 64) & 1 == 1,
        };
        if kept {
            survived[at] = bytes[at - offset];
        }
    }
}

fn apply_dir(entries: &mut BTreeMap<PathBuf, usize>, change: &DirChange) {
    match change {
        DirChange::Link(path, id) => {
            entries.insert(path.clone(), *id);
        }
        DirChange::Rename(from, to) => {
            if let Some(id) = entries.remove(from) {
                entries.insert(to.clone(), id);
            }
        }
        DirChange::Remove(path) => {
            entries.remove(path);
        }
    }
}

impl State {
    /// Says whether a fault strikes this call.
    fn strike(&mut self, kind: CallKind) -> Option<Fault> {
        if kind != CallKind::Read {
            self.changes += 1;
        }
        if self.halted {
            return Some(Fault::Eio);
        }
        let planted = self.planted.as_mut()?;
        let meant = planted.kind == kind || (planted.kind == CallKind::Change && kind != CallKind::Read);
        if !meant {
            return None;
        }
        planted.calls_left = planted.calls_left.saturating_sub(1);
        if planted.calls_left > 0 {
            return None;
        }
        let fault = planted.fault;
        self.strikes += 1;
        if !planted.persistent {
            self.planted = None;
        }
        self.halted = fault == Fault::Halt;
        Some(fault)
    }

    fn strike_simple(&mut self, kind: CallKind) -> io::Result<()> {
        match self.strike(kind) {
            None => Ok(()),
            Some(fault) => Err(fault.error()),
        }
    }

    fn used_bytes(&self) -> u64 {
        self.entries.values().map(|id| self.files[*id].current.len() as u64).sum()
    }

    /// How many of `bytes` bytes at `offset` the disk can take.
    fn taken(&self, id: usize, offset: usize, bytes: usize) -> usize {
        if self.capacity_bytes == u64::MAX {
            return bytes;
        }
        let left = self.capacity_bytes.saturating_sub(self.used_bytes());
        let end = self.files[id].current.len() as u64 + left;
        bytes.min(usize::try_from(end.saturating_sub(offset as u64)).unwrap_or(usize::MAX))
    }

    fn change_dir(&mut self, change: DirChange) {
        apply_dir(&mut self.entries, &change);
        self.pending_dir.push(change);
    }
}

impl Fault {
    fn error(self) -> io::Error {
        match self {
            Self::Eio | Self::Halt => io::Error::from_raw_os_error(nix::errno::Errno::EIO as i32),
            Self::Enospc => io::Error::from_raw_os_error(nix::errno::Errno::ENOSPC as i32),
            Self::ShortWrite | Self::Interrupted => io::ErrorKind::Interrupted.into(),
        }
    }
}

#[derive(Debug)]
struct MemHandle {
    state: Arc<Mutex<State>>,
    id: usize,
}

#[derive(Debug)]
struct MemLock {
    state: Arc<Mutex<State>>,
    dir: PathBuf,
}

impl Drop for MemLock {
    fn drop(&mut self) {
        if let Ok(mut state) = self.state.lock() {
            state.locked.remove(&self.dir);
        }
    }
}

impl Storage for MemoryStorage {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.lock();
        if state.dirs.contains(dir) {
            return Ok(());
        }
        state.strike_simple(CallKind::SyncDir)?;
        state.dirs.insert(dir.to_owned());
        Ok(())
    }

    fn lock_dir(&self, dir: &Path) -> io::Result<DirLock> {
        if !self.lock().locked.insert(dir.to_owned()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(MemLock { state: self.state.clone(), dir: dir.to_owned() }))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        let mut state = self.lock();
        state.strike_simple(CallKind::Change)?;
        let id = state.files.len();
        state.files.push(MemFile::default());
        state.change_dir(DirChange::Link(path.to_owned(), id));
        Ok(Arc::new(MemHandle { state: self.state.clone(), id }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        let mut state = self.lock();
        state.strike_simple(CallKind::Read)?;
        let id = *state.entries.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(MemHandle { state: self.state.clone(), id }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.strike_simple(CallKind::Change)?;
        if !state.entries.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change_dir(DirChange::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.strike_simple(CallKind::Change)?;
        if !state.entries.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change_dir(DirChange::Remove(path.to_owned()));
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut state = self.lock();
        state.strike_simple(CallKind::Read)?;
        if !state.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let here = state.entries.keys().filter(|path| path.parent() == Some(dir));
        Ok(here.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.strike_simple(CallKind::SyncDir)?;
        if !state.dirs.contains(dir) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let (mine, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.pending_dir).into_iter().partition(|change| match change {
                DirChange::Link(path, _) | DirChange::Rename(path, _) | DirChange::Remove(path) => {
                    path.parent() == Some(dir)
                }
            });
        for change in &mine {
            apply_dir(&mut state.synced_entries, change);
        }
        state.pending_dir = others;
        Ok(())
    }

    fn free_bytes(&self, _dir: &Path) -> io::Result<u64> {
        let state = self.lock();
        Ok(state.free_bytes.min(state.capacity_bytes.saturating_sub(state.used_bytes())))
    }
}

impl StorageFile for MemHandle {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state.lock().expect("no code panics while it holds the disk's state");
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let struck = state.strike(CallKind::Write);
        let taken = match struck {
            None => bytes.len(),
            Some(Fault::ShortWrite | Fault::Halt) => bytes.len().div_ceil(2),
            Some(fault) => return Err(fault.error()),
        };
        let taken = match state.taken(self.id, offset, taken) {
            0 if taken > 0 => return Err(Fault::Enospc.error()),
            fits => fits,
        };
        let file = &mut state.files[self.id];
        if file.current.len() < offset + taken {
            file.current.resize(offset + taken, 0);
        }
        file.current[offset..offset + taken].copy_from_slice(&bytes[..taken]);
        file.pending.push((offset, bytes[..taken].to_vec()));
        match struck {
            Some(Fault::Halt) => Err(Fault::Halt.error()),
            _ => Ok(taken),
        }
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state.lock().expect("no code panics while it holds the disk's state");
        state.strike_simple(CallKind::Read)?;
        let current = &state.files[self.id].current;
        let start = usize::try_from(offset).map_or(current.len(), |offset| offset.min(current.len()));
        let taken = bytes.len().min(current.len() - start);
        bytes[..taken].copy_from_slice(&current[start..start + taken]);
        Ok(taken)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state.lock().expect("no code panics while it holds the disk's state");
        state.data_syncs += 1;
        if let Err(error) = state.strike_simple(CallKind::SyncData) {
            // The kernel counts the pages as written all the same: they can still be read, and no later sync writes them.
            state.files[self.id].pending.clear();
            return Err(error);
        }
        let file = &mut state.files[self.id];
        // Only what was written since the last sync is copied, so that a large file costs what it changed.
        let length = file.current.len();
        file.synced.resize(length, 0);
        for (offset, bytes) in std::mem::take(&mut file.pending) {
            file.synced[offset..offset + bytes.len()].copy_from_slice(&bytes);
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        let mut state = self.state.lock().expect("no code panics while it holds the disk's state");
        state.strike_simple(CallKind::Read)?;
        Ok(state.files[self.id].current.len() as u64)
    }
}
