//! Whatever arrives during a sync shares the next one.

use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use holdfast_journal::storage::DirLock;
use holdfast_journal::{Journal, MemoryStorage, Options, Storage, StorageFile};

use crate::support::{EPOCH_A, dir, threaded, visible};

const DEADLINE: Duration = Duration::from_secs(10);

/// Holds every sync of a file back until the test lets it through, and counts them.
#[derive(Debug, Default)]
struct Turnstile {
    state: Mutex<(u64, u64)>,
    changed: Condvar,
}

impl Turnstile {
    fn pass(&self) {
        let mut state = self.state.lock().expect("not poisoned");
        state.0 += 1;
        self.changed.notify_all();
        let arrived = state.0;
        while state.1 < arrived {
            state = self.wait(state);
        }
    }

    fn wait_for_arrivals(&self, syncs: u64) {
        let mut state = self.state.lock().expect("not poisoned");
        while state.0 < syncs {
            state = self.wait(state);
        }
    }

    /// A sync that never comes must fail the test, not hold it for ever.
    fn wait<'a>(&self, state: MutexGuard<'a, (u64, u64)>) -> MutexGuard<'a, (u64, u64)> {
        let (state, waited) = self.changed.wait_timeout(state, DEADLINE).expect("not poisoned");
        assert!(!waited.timed_out(), "no sync came within {DEADLINE:?}");
        state
    }

    fn allow(&self, syncs: u64) {
        self.state.lock().expect("not poisoned").1 += syncs;
        self.changed.notify_all();
    }

    fn arrivals(&self) -> u64 {
        self.state.lock().expect("not poisoned").0
    }
}

#[derive(Debug)]
struct Gated {
    inner: MemoryStorage,
    turnstile: Arc<Turnstile>,
}

#[derive(Debug)]
struct GatedFile {
    inner: Arc<dyn StorageFile>,
    turnstile: Arc<Turnstile>,
}

impl Gated {
    fn gate(&self, file: io::Result<Arc<dyn StorageFile>>) -> io::Result<Arc<dyn StorageFile>> {
        Ok(Arc::new(GatedFile { inner: file?, turnstile: self.turnstile.clone() }))
    }
}

impl Storage for Gated {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.inner.create_dir_all(dir)
    }
    fn lock_dir(&self, dir: &Path) -> io::Result<DirLock> {
        self.inner.lock_dir(dir)
    }
    fn create(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        self.gate(self.inner.create(path))
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn StorageFile>> {
        self.gate(self.inner.open(path))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.inner.list(dir)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.inner.sync_dir(dir)
    }
    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        self.inner.free_bytes(dir)
    }
}

impl StorageFile for GatedFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.inner.write_at(bytes, offset)
    }
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.turnstile.pass();
        self.inner.sync_data()
    }
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }
}

#[test]
fn a_thousand_records_that_arrive_during_one_sync_share_the_next() {
    let turnstile = Arc::new(Turnstile::default());
    let storage = Arc::new(Gated { inner: MemoryStorage::new(), turnstile: turnstile.clone() });
    let options = Options {
        segment_bytes: 1 << 20,
        group_bytes_max: 256 << 10,
        queue_records_max: 2_000,
        queue_bytes_max: 1 << 20,
        ..threaded(&dir())
    };
    let (mut writer, reader, _) = Journal::open(options, storage).expect("the journal opens");
    writer.begin_epoch(EPOCH_A);
    let synced = writer.synced();

    writer.append(vec![1; 100]).expect("appending works");
    // The new segment's zeros, its header, and then the first group.
    turnstile.allow(2);
    turnstile.wait_for_arrivals(3);
    for _ in 0..1_000 {
        writer.append(vec![2; 100]).expect("appending works");
    }
    assert_eq!((*synced.borrow(), reader.head()), (0, None), "written, but not synced, is not visible");

    turnstile.allow(1);
    turnstile.wait_for_arrivals(4);
    assert_eq!(*synced.borrow(), 1, "the first record alone was covered by the first sync");
    turnstile.allow(1);
    writer.commit().expect("the records become durable");
    assert_eq!((*synced.borrow(), turnstile.arrivals()), (1_001, 4), "1,000 records cost one sync");
    assert_eq!(visible(&reader).len(), 1_001);
    turnstile.allow(1);
    writer.shutdown().expect("a clean end");
}

#[test]
fn one_record_at_a_time_costs_one_sync_each() {
    let storage = MemoryStorage::new();
    let options = Options { segment_bytes: 64 << 10, ..threaded(&dir()) };
    let (mut writer, _, _) = Journal::open(options, Arc::new(storage.clone())).expect("the journal opens");
    writer.begin_epoch(EPOCH_A);
    writer.append_durable(vec![1]).expect("appending works");
    let before = storage.data_syncs();
    for _ in 0..50 {
        writer.append_durable(vec![1]).expect("appending works");
    }
    assert_eq!(storage.data_syncs() - before, 50);
}
