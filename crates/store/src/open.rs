//! Opening the state on disk: what is trusted, what is moved aside, and building it again from the journal.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_journal::Reader;

use crate::catch_up::{REPLAY_BATCH_RECORDS, catch_up_with, reply_position};
use crate::codec::{BootRow, decode, encode, meta};
use crate::disk::{DOUBTFUL_MARK, SledRows, sync_path};
use crate::error::StoreError;
use crate::materialised::{Core, Materialised, delegate_state_store};
use crate::past::Past;
use crate::rows::{Rows, read};
use crate::table::{STATE_VERSION, Table, Writes};

/// How many folders of doubtful state are kept for a person to look at.
pub const ASIDE_MAX: usize = 2;

/// sled's own threads may hold the lock of a database for a moment after it was closed in the same process.
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(5);

/// How the state on disk is opened.
#[derive(Clone)]
pub struct SledOptions {
    /// What changes with every boot of the machine (`/proc/sys/kernel/random/boot_id`): after another boot, files that
    /// nobody closed may hold less than what was read from them before.
    pub boot_id: String,
    /// Called while records are replayed, from the opening thread.
    pub progress: Arc<dyn Fn(Progress) + Send + Sync>,
}

impl SledOptions {
    /// Options that tell nobody about the progress.
    pub fn new(boot_id: impl Into<String>) -> Self {
        Self { boot_id: boot_id.into(), progress: Arc::new(|_| {}) }
    }
}

impl std::fmt::Debug for SledOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledOptions").field("boot_id", &self.boot_id).finish_non_exhaustive()
    }
}

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub applied_seq: u64,
    /// The journal's last record when the replay began.
    pub head_seq: u64,
}

/// Why the state was built again from the journal's first record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebuildReason {
    /// The journal has records and there was no state.
    Missing,
    /// It was written by another version of this software.
    StateVersion { found: u8 },
    /// The machine was started again and nobody had closed the state.
    UncleanStop,
    /// Its last record is not the journal's, or the journal does not have it.
    JournalMismatch { applied_seq: u64 },
    /// An earlier failure marked it.
    MarkedDoubtful,
    /// It could not be opened, read or continued.
    Unusable,
}

/// What opening the state came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenReport {
    /// `None` when the state was there and is continued, or when the journal is empty.
    pub rebuilt: Option<RebuildReason>,
    /// Records that were applied while opening.
    pub replayed: u64,
}

/// The state on disk. Dropping it leaves no mark of a clean stop; [`SledStore::close`] does.
#[derive(Debug)]
pub struct SledStore {
    inner: Materialised<SledRows>,
}

delegate_state_store!(SledStore);

enum Found {
    Trusted(Arc<SledStore>),
    Nothing,
    Doubtful(RebuildReason),
}

impl SledStore {
    /// SHA-256 over everything that the state holds and the position that it is true at. Reads every row; a state that is
    /// written meanwhile has no such number.
    ///
    /// # Errors
    /// A failure of the storage.
    pub fn state_hash(&self) -> Result<[u8; 32], StoreError> {
        self.inner.state_hash()
    }

    /// Opens the state in `dir`, which nothing else should live in, and brings it to the journal's head. What is doubtful
    /// is renamed to `<dir>.doubtful-<n>` and built again; at most [`ASIDE_MAX`] of these are kept.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process holds it, errors of the journal and of its records, and whatever makes
    /// a rebuild impossible too. A hub can then go on with a [`crate::MemoryStore`] and [`crate::catch_up`].
    pub fn open(
        dir: &Path,
        reader: &Reader,
        options: SledOptions,
    ) -> Result<(Arc<Self>, OpenReport), StoreError> {
        wait_for_lock(dir)?;
        let reason = match examine(dir, reader, &options) {
            Ok(Found::Trusted(store)) => match store.continue_with(reader, &options) {
                Ok(replayed) => return Ok((store, OpenReport { rebuilt: None, replayed })),
                Err(error) => unusable(error)?,
            },
            Ok(Found::Nothing) => {
                let rebuilt = reader.head().map(|_| RebuildReason::Missing);
                let (store, replayed) = Self::build(dir, reader, &options)?;
                return Ok((Arc::new(store), OpenReport { rebuilt, replayed }));
            }
            Ok(Found::Doubtful(reason)) => reason,
            Err(error) => unusable(error)?,
        };
        let aside = move_aside(dir)?;
        tracing::warn!(
            code = "HF-STO-012",
            reason = ?reason,
            aside = %aside.display(),
            "the state was moved aside and is rebuilt from the journal"
        );
        let (store, replayed) = Self::build(dir, reader, &options)?;
        Ok((Arc::new(store), OpenReport { rebuilt: Some(reason), replayed }))
    }

    /// Makes everything durable, marks a clean stop, and answers nothing from then on.
    ///
    /// # Errors
    /// A failure of the storage; the next boot then rebuilds.
    pub fn close(&self) -> Result<(), StoreError> {
        let core = self.inner.quiesce()?;
        self.inner.stop();
        let marked = self.inner.rows().sync_everything().and_then(|()| self.mark_boot_of_last(true));
        drop(core);
        self.inner.judged(marked)
    }

    fn continue_with(&self, reader: &Reader, options: &SledOptions) -> Result<u64, StoreError> {
        mark_boot(self.inner.rows(), &options.boot_id, false)?;
        catch_up_with(self, reader, REPLAY_BATCH_RECORDS, &*options.progress)
    }

    /// Builds the state from the journal's first record. It has no version before all of it is durable, so that nobody
    /// goes on with half of it.
    fn build(dir: &Path, reader: &Reader, options: &SledOptions) -> Result<(Self, u64), StoreError> {
        std::fs::create_dir_all(dir).map_err(|source| io("create", dir, source))?;
        let mut rows = SledRows::at(dir)?;
        let mut replayed = 0;
        if reader.head().is_some() {
            let building = Self { inner: Materialised::building(rows, Past::Journal(reader.clone())) };
            replayed = catch_up_with(&building, reader, REPLAY_BATCH_RECORDS, &*options.progress)?;
            building.inner.built()?;
            building.inner.rows().sync_everything()?;
            drop(building);
            // sled keeps a digest of its log when it is opened; without one the next start would read all of it.
            wait_for_lock(dir)?;
            rows = SledRows::at(dir)?;
        }
        let past = Past::Journal(reader.clone());
        let core = Core::load(&rows, &past)?;
        let mut writes = Writes::default();
        writes.put(Table::Meta, meta::VERSION, vec![STATE_VERSION]);
        rows.commit(&writes.into_rows())?;
        mark_boot(&rows, &options.boot_id, false)?;
        Ok((Self { inner: Materialised::new(rows, past, core) }, replayed))
    }

    fn mark_boot_of_last(&self, clean_stop: bool) -> Result<(), StoreError> {
        let rows = self.inner.rows();
        let missing = StoreError::Unreadable { table: Table::Meta.name(), source: None };
        let boot: BootRow = decode(Table::Meta, &read(rows, Table::Meta, meta::BOOT)?.ok_or(missing)?)?;
        mark_boot(rows, &boot.boot_id, clean_stop)
    }
}

/// Keeps who writes from now on, durably: later rows must never be found beside an older mark.
fn mark_boot(rows: &SledRows, boot_id: &str, clean_stop: bool) -> Result<(), StoreError> {
    let mut writes = Writes::default();
    let boot = BootRow { boot_id: boot_id.to_owned(), clean_stop };
    writes.put(Table::Meta, meta::BOOT, encode(&boot));
    rows.commit(&writes.into_rows())?;
    rows.sync()
}

/// Opens what is there and compares it with the boot, this version and the journal.
fn examine(dir: &Path, reader: &Reader, options: &SledOptions) -> Result<Found, StoreError> {
    let is_empty = match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(source) => return Err(io("list", dir, source)),
    };
    if is_empty {
        return Ok(Found::Nothing);
    }
    if dir.join(DOUBTFUL_MARK).exists() {
        return Ok(Found::Doubtful(RebuildReason::MarkedDoubtful));
    }
    if !dir.join("db").exists() {
        // A power cut while the folder was made, or somebody deleted the file.
        return Ok(Found::Doubtful(RebuildReason::Unusable));
    }
    let rows = SledRows::at(dir)?;
    match read(&rows, Table::Meta, meta::VERSION)?.as_deref() {
        Some([STATE_VERSION]) => {}
        Some([found, ..]) => return Ok(Found::Doubtful(RebuildReason::StateVersion { found: *found })),
        Some([]) | None => return Ok(Found::Doubtful(RebuildReason::Unusable)),
    }
    let boot = read(&rows, Table::Meta, meta::BOOT)?
        .map(|value| decode::<BootRow>(Table::Meta, &value))
        .transpose()?;
    if !boot.is_some_and(|boot| boot.clean_stop || boot.boot_id == options.boot_id) {
        return Ok(Found::Doubtful(RebuildReason::UncleanStop));
    }
    let past = Past::Journal(reader.clone());
    let core = Core::load(&rows, &past)?;
    if let Some(applied) = core.applied {
        let kept = reader.read(applied.seq).map_err(|source| StoreError::Journal { source })?;
        if kept.map(|record| reply_position(record.position)) != Some(applied) {
            return Ok(Found::Doubtful(RebuildReason::JournalMismatch { applied_seq: applied.seq }));
        }
    }
    Ok(Found::Trusted(Arc::new(SledStore { inner: Materialised::new(rows, past, core) })))
}

/// Failures that a rebuild heals; others are the caller's.
fn unusable(error: StoreError) -> Result<RebuildReason, StoreError> {
    if !error.is_doubt() {
        return Err(error);
    }
    tracing::warn!(code = error.code(), error = %error, "the state cannot be used");
    Ok(RebuildReason::Unusable)
}

/// Looks whether somebody holds the database, without touching it.
fn wait_for_lock(dir: &Path) -> Result<(), StoreError> {
    let path = dir.join("db");
    if dir.join(DOUBTFUL_MARK).exists() {
        // Whoever failed on it may hold its lock for ever; it is moved aside as it is.
        return Ok(());
    }
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(io("open", &path, source)),
    };
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(LOCK_POLL),
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io("lock", &path, source)),
        }
    }
}

fn io(call: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { call, path: path.to_owned(), source }
}

/// Renames the folder to the next free name and removes the oldest ones.
fn move_aside(dir: &Path) -> Result<PathBuf, StoreError> {
    let name = dir.file_name().map_or_else(|| "state".to_owned(), |name| name.to_string_lossy().into_owned());
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let prefix = format!("{name}.doubtful-");
    let mut aside: Vec<u64> = std::fs::read_dir(parent)
        .map_err(|source| io("list", parent, source))?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix(&prefix)?.parse().ok())
        .collect();
    aside.sort_unstable();
    let next = aside.last().map_or(1, |last| last + 1);
    let surplus = (aside.len() + 1).saturating_sub(ASIDE_MAX);
    for old in &aside[..surplus] {
        let old = parent.join(format!("{prefix}{old}"));
        std::fs::remove_dir_all(&old).map_err(|source| io("remove", &old, source))?;
    }
    let target = parent.join(format!("{prefix}{next}"));
    std::fs::rename(dir, &target).map_err(|source| io("rename", dir, source))?;
    sync_path(parent)?;
    Ok(target)
}
