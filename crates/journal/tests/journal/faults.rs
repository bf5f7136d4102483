//! Every storage call fails once, and for good: nothing is acknowledged that is not durable, and a restart finds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_journal::storage::{CallKind, Fault};
use holdfast_journal::{Journal, JournalError, MemoryStorage, Options};

use crate::support::{
    EPOCH_A, append_some, dir, open, payload, shared, small, stay_alive, threaded, visible,
};

/// Two runs with rotation and a copy in between; returns the highest acknowledged sequence and how it ended.
fn run(options: &Options, storage: &MemoryStorage) -> (u64, Result<(), JournalError>) {
    let mut acknowledged_seq = 0;
    let mut two_runs = || {
        for run in 0..2 {
            let (mut writer, reader, _) = Journal::open(options.clone(), shared(storage))?;
            writer.begin_epoch(EPOCH_A);
            for seq in acknowledged_seq + 1..=acknowledged_seq + 12 {
                acknowledged_seq = writer.append_durable(payload(seq))?.seq;
                reader.read(seq)?;
            }
            if run == 1 {
                writer.shutdown()?;
            }
        }
        Ok(())
    };
    let ended = two_runs();
    (acknowledged_seq, ended)
}

#[test]
fn a_short_or_interrupted_write_is_gone_on_with() {
    for fault in [Fault::ShortWrite, Fault::Interrupted] {
        for nth in 1..40 {
            let storage = MemoryStorage::new();
            storage.plant(CallKind::Write, nth, fault, false);
            let (acknowledged_seq, ended) = run(&small(&dir()), &storage);
            ended.expect("the write goes on");
            assert_eq!(acknowledged_seq, 24);
        }
    }
}

#[test]
fn a_failed_sync_is_fatal_at_every_site_and_never_acknowledged() {
    static FATAL: AtomicU64 = AtomicU64::new(0);
    let options = Options {
        on_fatal: |error| {
            assert_eq!(error.code(), "HF-JRN-002");
            FATAL.fetch_add(1, Ordering::SeqCst);
        },
        ..threaded(&dir())
    };
    let mut sites = 0;
    for kind in [CallKind::SyncData, CallKind::SyncDir] {
        for nth in 1.. {
            let storage = MemoryStorage::new();
            let (mut writer, reader, _) = open(&options, &shared(&storage));
            writer.begin_epoch(EPOCH_A);
            // Only this one sync fails: were it tried again, it would succeed and be believed.
            storage.plant(kind, nth, Fault::Eio, false);
            let mut acknowledged_seq = 0;
            let failed = loop {
                match writer.append_durable(payload(acknowledged_seq + 1)) {
                    Ok(position) => acknowledged_seq = position.seq,
                    Err(error) => break Some(error),
                }
                if acknowledged_seq == 30 {
                    break None;
                }
            };
            let Some(failed) = failed else { break };
            // A spare that cannot be synced is thrown away; the sites here are those that a record waits for.
            assert_eq!(failed.code(), "HF-JRN-013");
            assert_eq!(*writer.synced().borrow(), acknowledged_seq, "the watermark stands");
            assert_eq!(reader.head().map_or(0, |head| head.seq), acknowledged_seq);
            assert!(reader.read(acknowledged_seq + 1).expect("reading works").is_none());
            assert!(matches!(writer.append(vec![1]), Err(JournalError::Stopped)));
            assert!(matches!(writer.shutdown(), Err(JournalError::Stopped)));
            sites += 1;
            assert_eq!(FATAL.load(Ordering::SeqCst), sites, "said once");
            let (_, reader, _) = open(&small(&dir()), &shared(&storage.killed()));
            assert!(visible(&reader).len() as u64 >= acknowledged_seq);
        }
    }
    assert!(sites >= 8, "{sites} sites");
}

#[test]
fn the_watermark_channel_closes_when_the_writer_fails() {
    let storage = MemoryStorage::new();
    let (mut writer, _, _) = open(&threaded(&dir()), &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 1);
    let mut synced = writer.synced();
    synced.mark_unchanged();
    storage.plant(CallKind::SyncData, 1, Fault::Eio, true);
    writer.append(vec![1]).expect("appending works");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(synced.changed()).expect_err("it closes without moving");
    assert_eq!(*synced.borrow(), 1);
}

#[test]
fn a_full_disk_has_its_own_code_and_keeps_what_was_acknowledged() {
    let storage = MemoryStorage::new();
    let options = small(&dir());
    let (mut writer, _, _) = open(&options, &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 3);
    // Inside a preallocated segment nothing is allocated; the next segment's zeros are what finds no room.
    writer.begin_epoch([3; 16]);
    storage.plant(CallKind::Write, 1, Fault::Enospc, true);
    let error = writer.append_durable(vec![1]).expect_err("no room");
    assert_eq!(error.code(), "HF-JRN-015");
    drop(writer);
    storage.heal();
    let (mut writer, reader, _) = open(&options, &shared(&storage));
    assert_eq!(visible(&reader).len(), 3);
    append_some(&mut writer, 1);
}

#[test]
fn a_spare_that_cannot_be_made_stops_nobody() {
    let storage = MemoryStorage::new();
    let options = Options { on_fatal: stay_alive, ..threaded(&dir()) };
    let (mut writer, reader, _) = open(&options, &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 1);
    // The next file to be created is the spare of the thread that prepares ahead; the writer then makes its own.
    let create = Arc::new(NoSpares { inner: storage.clone(), failed: AtomicU64::new(0) });
    drop(writer);
    drop(reader);
    let (mut writer, reader, _) = Journal::open(options, create.clone()).expect("the journal opens");
    append_some(&mut writer, 60);
    assert_eq!(visible(&reader).len(), 61);
    assert!(create.failed.load(Ordering::SeqCst) > 0, "spares failed");
}

/// Refuses to create any file that is prepared ahead.
#[derive(Debug)]
struct NoSpares {
    inner: MemoryStorage,
    failed: AtomicU64,
}

impl holdfast_journal::Storage for NoSpares {
    fn create_dir_all(&self, dir: &std::path::Path) -> std::io::Result<()> {
        self.inner.create_dir_all(dir)
    }
    fn lock_dir(&self, dir: &std::path::Path) -> std::io::Result<holdfast_journal::storage::DirLock> {
        self.inner.lock_dir(dir)
    }
    fn create(&self, path: &std::path::Path) -> std::io::Result<Arc<dyn holdfast_journal::StorageFile>> {
        if path.to_string_lossy().contains("spare") {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return Err(std::io::ErrorKind::PermissionDenied.into());
        }
        self.inner.create(path)
    }
    fn open(&self, path: &std::path::Path) -> std::io::Result<Arc<dyn holdfast_journal::StorageFile>> {
        self.inner.open(path)
    }
    fn rename(&self, from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
        self.inner.rename(from, to)
    }
    fn remove(&self, path: &std::path::Path) -> std::io::Result<()> {
        self.inner.remove(path)
    }
    fn list(&self, dir: &std::path::Path) -> std::io::Result<Vec<String>> {
        self.inner.list(dir)
    }
    fn sync_dir(&self, dir: &std::path::Path) -> std::io::Result<()> {
        self.inner.sync_dir(dir)
    }
    fn free_bytes(&self, dir: &std::path::Path) -> std::io::Result<u64> {
        self.inner.free_bytes(dir)
    }
}
