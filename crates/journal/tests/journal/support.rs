//! What the tests share: a chain function, small limits, and one check of everything a reader can see.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_journal::{
    ChainHash, CommitMode, Journal, JournalError, MemoryStorage, Options, Position, Reader, Record, Recovery,
    Retention, Storage, Writer,
};
use sha2::{Digest, Sha256};

pub const EPOCH_A: [u8; 16] = [0xA1; 16];
pub const EPOCH_B: [u8; 16] = [0xB2; 16];

pub fn chain(previous: &ChainHash, epoch: &[u8; 16], seq: u64, payload: &[u8]) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(epoch);
    hasher.update(seq.to_le_bytes());
    hasher.update(payload);
    hasher.finalize().into()
}

pub fn dir() -> PathBuf {
    PathBuf::from("/journal")
}

/// Leaves the process alive so that the test can look at what is left.
pub fn stay_alive(_: &JournalError) {}

/// Segments of 2 KiB, groups of 1 KiB, records of 400 bytes, committed by the test itself.
pub fn small(dir: &Path) -> Options {
    Options {
        segment_bytes: 2048,
        record_bytes_max: 400,
        group_bytes_max: 1024,
        queue_records_max: 64,
        queue_bytes_max: 64 * 400,
        commit: CommitMode::Manual,
        on_fatal: stay_alive,
        ..Options::new(dir, chain)
    }
}

pub fn threaded(dir: &Path) -> Options {
    Options { commit: CommitMode::Thread, ..small(dir) }
}

pub fn prunable(dir: &Path) -> Options {
    Options { retention: Retention::Prunable, ..small(dir) }
}

pub fn open(options: &Options, storage: &Arc<dyn Storage>) -> (Writer, Reader, Recovery) {
    Journal::open(options.clone(), storage.clone()).expect("the journal opens")
}

pub fn shared(storage: &MemoryStorage) -> Arc<dyn Storage> {
    Arc::new(storage.clone())
}

/// A payload that differs for every sequence and has an uneven length.
pub fn payload(seq: u64) -> Vec<u8> {
    let bytes = usize::try_from(seq * 37 % 180).expect("small");
    (0..bytes).map(|at| u8::try_from((at as u64 + seq * 7) % 251).expect("below 251")).collect()
}

/// Appends `payload(seq)` for the next `count` sequences and commits each alone.
pub fn append_some(writer: &mut Writer, count: u64) -> Vec<Record> {
    (0..count)
        .map(|_| {
            let payload = payload(writer.head().map_or(1, |head| head.seq + 1));
            let position = writer.append_durable(payload.clone()).expect("appending works");
            Record { position, payload }
        })
        .collect()
}

/// Everything the reader shows, by both ways of reading, which must agree.
pub fn visible(reader: &Reader) -> Vec<Record> {
    let scanned: Vec<Record> = reader.scan(0).map(|record| record.expect("scanning works")).collect();
    for record in &scanned {
        let read = reader.read(record.position.seq).expect("reading works");
        assert_eq!(read.as_ref(), Some(record), "read and scan agree");
    }
    assert_eq!(reader.head(), scanned.last().map(|record| record.position).or(reader.head()));
    if let Some(last) = scanned.last() {
        assert_eq!(reader.read(last.position.seq + 1).expect("reading works"), None);
    }
    scanned
}

pub fn assert_chained(records: &[Record]) {
    let mut previous: Option<Position> = None;
    for Record { position, payload } in records {
        if let Some(before) =
            previous.or((position.seq == 1).then_some(Position { epoch: [0; 16], seq: 0, hash: [0; 32] }))
        {
            assert_eq!(position.seq, before.seq + 1);
            assert_eq!(position.hash, chain(&before.hash, &position.epoch, position.seq, payload));
        }
        previous = Some(*position);
    }
}

/// A small repeatable generator, so that a failing case can be run again.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
