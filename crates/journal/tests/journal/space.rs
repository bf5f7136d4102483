//! A disk that fills up: what is open still finds its place, nothing acknowledged is at risk, and it recovers by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use holdfast_journal::storage::{CallKind, Fault};
use holdfast_journal::{
    Ballast, CommitMode, Journal, JournalError, MemoryStorage, NextSegment, Options, Room, Writer,
};
use holdfast_testkit::proof::Proof;

use crate::support::{
    EPOCH_A, EPOCH_B, Seeded, append_some, assert_chained, chain, dir, open, payload, shared, small,
    threaded, visible,
};

const DEADLINE: Duration = Duration::from_secs(20);

/// Files beside the journal that can be given back, one for every segment that finds no room.
#[derive(Debug)]
struct Sandbags {
    storage: MemoryStorage,
    left: AtomicU64,
    bytes: u64,
}

impl Sandbags {
    fn new(storage: &MemoryStorage, count: u64, bytes: u64) -> Arc<Self> {
        Arc::new(Self { storage: storage.clone(), left: count.into(), bytes })
    }
}

impl Ballast for Sandbags {
    fn give_back(&self) -> bool {
        let given =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if given {
            let used = self.storage.used_bytes();
            self.storage.set_capacity_bytes(used + self.bytes);
        }
        given
    }
}

fn wait_for(writer: &mut Writer, next: NextSegment) -> Room {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let room = writer.room();
        if room.next == next {
            return room;
        }
        assert!(Instant::now() < deadline, "{room:?} never became {next:?}");
        std::thread::yield_now();
    }
}

/// Fills the disk to what it holds now.
fn fill(storage: &MemoryStorage) {
    storage.set_capacity_bytes(storage.used_bytes());
}

fn fill_and_recover(options: &Options, records_before: u64) {
    let storage = MemoryStorage::new();
    let (mut writer, reader, _) = open(options, &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, records_before);
    // The prepared segment is used up, too, before there is nothing left.
    let mut acknowledged_seq = records_before;
    let refused = loop {
        fill(&storage);
        let room = writer.room();
        match writer.append_durable(payload(acknowledged_seq + 1)) {
            Ok(position) => acknowledged_seq = position.seq,
            Err(error) => break (room, error),
        }
        assert!(acknowledged_seq < records_before + 100, "the disk is full");
    };
    let (_, error) = refused;
    assert!(error.is_out_of_space(), "{error}");
    let room = wait_for(&mut writer, NextSegment::NoSpace);
    assert!(room.is_short() && !room.takes(400));
    assert!(matches!(writer.append(vec![0; 400]), Err(JournalError::NoRoom { bytes: 400 })));
    assert_eq!(writer.head().map(|head| head.seq), Some(acknowledged_seq), "no sequence was used");
    assert_eq!(reader.head(), writer.head());
    assert_eq!(visible(&reader).len() as u64, acknowledged_seq, "what was acknowledged is served");

    storage.set_capacity_bytes(u64::MAX);
    let deadline = Instant::now() + DEADLINE;
    while writer.room().is_short() {
        assert!(Instant::now() < deadline, "space is back and nobody noticed");
        std::thread::yield_now();
    }
    append_some(&mut writer, 30);
    assert_eq!(writer.head().map(|head| head.seq), Some(acknowledged_seq + 30));
    assert_chained(&visible(&reader));
    assert!(reader.verify(chain).expect("verify runs").is_intact());
    writer.shutdown().expect("a clean end");
    assert_eq!(open(options, &shared(&storage)).2.records, acknowledged_seq + 30);
}

#[test]
fn a_full_disk_ends_nothing_and_recovers() {
    let proof = Proof::of("R10", "journal on a full disk in memory");
    let mut fills = 0;
    for options in [small(&dir()), threaded(&dir())] {
        for records_before in 1..=20 {
            fill_and_recover(&options, records_before);
            fills += 1;
        }
    }
    proof.counted(fills, "fills, each recovered").holds();
}

#[test]
fn what_the_room_promises_is_kept() {
    for seed in 0..60 {
        let storage = MemoryStorage::new();
        let (mut writer, reader, _) = open(&small(&dir()), &shared(&storage));
        writer.begin_epoch(EPOCH_A);
        let mut seeded = Seeded(seed);
        append_some(&mut writer, 1 + seeded.next() % 12);
        fill(&storage);
        writer.commit().expect("nothing waits");
        // Whatever fits the promise is taken without a segment to come, alone or together, and then becomes durable.
        let mut refused = 0;
        while refused < 8 {
            let (room, bytes) = (writer.room(), usize::try_from(seeded.next() % 400).expect("small"));
            let promised = room.next == NextSegment::NoSpace && room.takes(bytes);
            match writer.append(vec![1; bytes]) {
                Ok(_) => {}
                Err(JournalError::NoRoom { .. }) => {
                    assert!(!promised, "{room:?} promised {bytes} bytes");
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
            if room.next != NextSegment::NoSpace || seeded.next().is_multiple_of(3) {
                match writer.commit() {
                    Ok(()) => {}
                    // Found out only now: what waits is kept and goes when there is space.
                    Err(error) => {
                        assert!(error.is_out_of_space(), "{error}");
                        break;
                    }
                }
            }
        }
        storage.set_capacity_bytes(u64::MAX);
        writer.commit().expect("there is space again");
        assert_eq!(reader.head(), writer.head());
        assert_chained(&visible(&reader));
    }
}

#[test]
fn a_record_that_was_decided_waits_for_space_and_is_not_lost() {
    let storage = MemoryStorage::new();
    let (mut writer, reader, _) = open(&small(&dir()), &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 2);
    // Another epoch needs another segment, and nobody knew that there is no room.
    writer.begin_epoch(EPOCH_B);
    fill(&storage);
    let position = writer.append(payload(3)).expect("nothing speaks against it");
    for _ in 0..3 {
        let error = writer.commit().expect_err("there is no room");
        assert_eq!(error.code(), "HF-JRN-015");
        assert_eq!((*writer.synced().borrow(), reader.head().map(|head| head.seq)), (2, Some(2)));
    }
    assert_eq!(writer.append(payload(4)).expect_err("no more").code(), "HF-JRN-018");
    storage.set_capacity_bytes(u64::MAX);
    writer.commit().expect("there is space again");
    assert_eq!(reader.head(), Some(position));
    append_some(&mut writer, 5);
    assert_chained(&visible(&reader));
}

#[test]
fn a_record_that_somebody_waits_for_is_withdrawn() {
    let storage = MemoryStorage::new();
    let (mut writer, reader, _) = open(&threaded(&dir()), &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 2);
    writer.begin_epoch(EPOCH_B);
    fill(&storage);
    let error = writer.append_durable(payload(3)).expect_err("there is no room");
    assert!(error.is_out_of_space());
    assert_eq!(writer.head().map(|head| head.seq), Some(2));
    storage.set_capacity_bytes(u64::MAX);
    wait_for(&mut writer, NextSegment::Ready);
    let position = writer.append_durable(b"another".to_vec()).expect("there is space again");
    assert_eq!((position.seq, position.epoch), (3, EPOCH_B));
    assert_eq!(visible(&reader).last().map(|last| last.payload.clone()), Some(b"another".to_vec()));
}

#[test]
fn the_ballast_is_given_back_when_a_segment_finds_no_room() {
    for commit in [CommitMode::Manual, CommitMode::Thread] {
        let storage = MemoryStorage::new();
        let ballast = Sandbags::new(&storage, 2, 4096);
        let options = Options { commit, ballast: Some(ballast.clone()), ..small(&dir()) };
        let (mut writer, reader, _) = open(&options, &shared(&storage));
        writer.begin_epoch(EPOCH_A);
        append_some(&mut writer, 1);
        fill(&storage);
        let mut taken = 1;
        while let Ok(position) = writer.append_durable(payload(taken + 1)) {
            taken = position.seq;
            assert!(taken < 200, "the ballast is not endless");
        }
        assert_eq!(ballast.left.load(Ordering::SeqCst), 0);
        assert!(taken > 20, "{taken} records: the ballast's segments were used");
        assert_eq!(visible(&reader).len() as u64, taken);
    }
}

/// Counts how often a segment found no room.
#[derive(Debug, Default)]
struct Tries(AtomicU64);

impl Ballast for Tries {
    fn give_back(&self) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst);
        false
    }
}

#[test]
fn a_disk_that_only_seems_to_have_room_is_tried_at_once_and_then_less_and_less_often() {
    let (storage, tries) = (MemoryStorage::new(), Arc::new(Tries::default()));
    let options = Options { ballast: Some(tries.clone()), ..small(&dir()) };
    let (mut writer, _, _) = open(&options, &shared(&storage));
    // As with a quota, the disk says that it has room all the time. Another epoch needs another segment.
    for epoch in [EPOCH_A, EPOCH_B] {
        storage.plant(CallKind::Change, 1, Fault::Enospc, true);
        writer.begin_epoch(epoch);
        writer.append(payload(1)).expect("nothing speaks against it");
        let mut tried = Vec::new();
        for look in 0..64 {
            let before = tries.0.load(Ordering::SeqCst);
            writer.commit().expect_err("there is no room");
            if tries.0.load(Ordering::SeqCst) > before {
                tried.push(look);
            }
        }
        assert_eq!(tried, [0, 1, 3, 7, 15, 31, 47, 63]);
        storage.heal();
        let tries_left = (0..16).find(|_| writer.commit().is_ok());
        assert!(tries_left.is_some(), "what waits goes when there is room");
    }
}

#[test]
fn a_restart_after_an_unclean_end_takes_the_ballast_for_its_copy() {
    let storage = MemoryStorage::new();
    let (mut writer, _, _) = open(&small(&dir()), &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 2);
    let left = storage.killed();
    fill(&left);
    let refused = Journal::open(small(&dir()), shared(&left)).expect_err("there is no room for the copy");
    assert_eq!(refused.code(), "HF-JRN-015");
    assert_eq!(left.used_bytes(), storage.used_bytes(), "what could not be finished does not stay");
    let with_ballast =
        Options { ballast: Some(Sandbags::new(&left, 1, 4096)), witness_seq: 2, ..small(&dir()) };
    let (_, reader, recovery) = open(&with_ballast, &shared(&left));
    assert!(recovery.copied_segment.is_some());
    assert_eq!(visible(&reader).len(), 2);
}
