//! What is measured, each in a process of its own so that its memory is its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use holdfast_journal::{DiskStorage, Journal, Options, Reader, Writer, verify};
use holdfast_protocol::chain_hash;
use holdfast_store::{SledOptions, SledStore, StateStore, catch_up};
use serde::{Deserialize, Serialize};

use crate::shop::{Shop, Sink};

const EPOCH: [u8; 16] = [0xE1; 16];
/// The same boot for every phase: what a hub finds after a clean stop.
const BOOT: &str = "benchmark";

/// What one phase came to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    pub took_ms: u64,
    pub records: u64,
    /// Bytes on disk of what the phase wrote or read.
    pub disk_bytes: u64,
    pub rss_kib: u64,
    pub rss_peak_kib: u64,
}

impl Measured {
    fn new(took: Duration, records: u64, disk_bytes: u64) -> Result<Self> {
        let took_ms = u64::try_from(took.as_millis())?;
        Ok(Self { took_ms, records, disk_bytes, rss_kib: memory("VmRSS:")?, rss_peak_kib: memory("VmHWM:")? })
    }
}

fn memory(line: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("read this process's status")?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)).context("the kernel says it")?;
    Ok(found.trim().trim_end_matches(" kB").parse()?)
}

fn options(folder: &Path) -> Options {
    Options::new(folder.join("journal"), chain_hash)
}

struct Journaled(Writer);

impl Sink for Journaled {
    fn take(&mut self, payload: Vec<u8>) -> Result<()> {
        if self.0.queue_room_records() == 0 {
            self.0.commit()?;
        }
        loop {
            match self.0.append(payload.clone()) {
                Ok(_) => return Ok(()),
                Err(error) if error.is_busy() => self.0.commit()?,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn open(folder: &Path) -> Result<(Writer, Reader)> {
    let (writer, reader, _) = Journal::open(options(folder), Arc::new(DiskStorage::new()))?;
    Ok((writer, reader))
}

/// Writes a journal of so many orders.
pub fn fill(folder: &Path, orders: u64) -> Result<Measured> {
    let started = Instant::now();
    let (mut writer, reader) = open(folder)?;
    writer.begin_epoch(EPOCH);
    let mut shop = Shop::open(EPOCH, Journaled(writer))?;
    for order in 0..orders {
        shop.sell(usize::try_from(order % 1_000)?)?;
    }
    shop.close()?.0.shutdown()?;
    let records = reader.head().map_or(0, |head| head.seq);
    Measured::new(started.elapsed(), records, bytes_below(&folder.join("journal"))?)
}

/// Records that reach the journal together and are applied together, as at a hub with a few busy tills.
const TOGETHER: usize = 8;
/// The threads that a hub's blocking work is spread over.
const WORKERS: usize = 16;
/// Records between two syncs of the state, about what a busy hub sells in 30 s.
const RECORDS_PER_SYNC: usize = 6_000;

/// Sells as a running hub does: each few records are durable in the journal and then applied to the state, by whichever
/// thread is free.
struct Selling {
    writer: Writer,
    reader: Reader,
    waiting: usize,
    since_sync: usize,
    turn: usize,
    workers: Vec<Worker>,
}

struct Worker {
    work: SyncSender<bool>,
    done: Receiver<Result<()>>,
}

impl Worker {
    fn start(store: Arc<SledStore>, reader: Reader) -> Self {
        let (work, ask) = sync_channel::<bool>(1);
        let (tell, done) = sync_channel(1);
        std::thread::spawn(move || {
            while let Ok(sync) = ask.recv() {
                let applied = catch_up(&*store, &reader, TOGETHER).map_err(anyhow::Error::from);
                let synced = applied.and_then(|_| if sync { Ok(store.sync()?) } else { Ok(()) });
                if tell.send(synced).is_err() {
                    return;
                }
            }
        });
        Self { work, done }
    }
}

impl Selling {
    fn flush(&mut self) -> Result<()> {
        self.writer.commit()?;
        self.since_sync += self.waiting;
        self.waiting = 0;
        let sync = self.since_sync >= RECORDS_PER_SYNC;
        if sync {
            self.since_sync = 0;
        }
        self.turn = (self.turn + 1) % self.workers.len();
        let worker = &self.workers[self.turn];
        worker.work.send(sync).context("the worker runs")?;
        worker.done.recv().context("the worker runs")?
    }
}

impl Sink for Selling {
    fn take(&mut self, payload: Vec<u8>) -> Result<()> {
        self.writer.append(payload)?;
        self.waiting += 1;
        if self.waiting >= TOGETHER { self.flush() } else { Ok(()) }
    }
}

/// Sells so many orders into journal and state.
pub fn sell(folder: &Path, orders: u64) -> Result<Measured> {
    let started = Instant::now();
    std::fs::create_dir_all(folder)?;
    let (mut writer, reader) = open(folder)?;
    writer.begin_epoch(EPOCH);
    let (store, _) = SledStore::open(&folder.join("state"), &reader, SledOptions::new(BOOT))?;
    let workers = (0..WORKERS).map(|_| Worker::start(store.clone(), reader.clone())).collect();
    let selling = Selling { writer, reader: reader.clone(), waiting: 0, since_sync: 0, turn: 0, workers };
    let mut shop = Shop::open(EPOCH, selling)?;
    for order in 0..orders {
        shop.sell(usize::try_from(order % 1_000)?)?;
    }
    let mut selling = shop.close()?;
    selling.flush()?;
    let records = selling.reader.head().map_or(0, |head| head.seq);
    ensure!(store.applied().map(|position| position.seq) == Some(records), "all of it is applied");
    let measured = Measured::new(started.elapsed(), records, bytes_below(folder)?);
    selling.writer.shutdown()?;
    store.close()?;
    measured
}

/// Checks every byte, checksum, sequence and hash.
pub fn check(folder: &Path) -> Result<Measured> {
    let started = Instant::now();
    let report = verify(&DiskStorage::new(), &options(folder).dir, chain_hash)?;
    ensure!(report.is_intact() && report.clean_end, "{:?}", report.findings);
    Measured::new(started.elapsed(), report.records, report.stored_bytes)
}

/// Builds the state from the first record on.
pub fn replay(folder: &Path) -> Result<Measured> {
    let (writer, reader) = open(folder)?;
    let state = folder.join("state");
    if state.exists() {
        std::fs::remove_dir_all(&state)?;
    }
    let started = Instant::now();
    let (store, report) = SledStore::open(&state, &reader, SledOptions::new(BOOT))?;
    let took = started.elapsed();
    ensure!(report.rebuilt.is_some() && store.violations().is_empty());
    store.close()?;
    let measured = Measured::new(took, report.replayed, bytes_below(&state)?);
    writer.shutdown()?;
    measured
}

/// Opens journal and state as a hub does after a clean stop.
pub fn start(folder: &Path) -> Result<Measured> {
    let started = Instant::now();
    let (writer, reader) = open(folder)?;
    let (store, report) = SledStore::open(&folder.join("state"), &reader, SledOptions::new(BOOT))?;
    let took = started.elapsed();
    ensure!(report.rebuilt.is_none() && report.replayed == 0, "{report:?}");
    let newest = store.latest_transactions(None, 100)?;
    ensure!(newest.len() == 100, "the newest sales are there");
    let measured = Measured::new(took, 0, bytes_below(&folder.join("state"))?);
    store.close()?;
    writer.shutdown()?;
    measured
}

fn bytes_below(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes +=
            if entry.file_type()?.is_dir() { bytes_below(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
