//! The power is cut at every write boundary, and inside every write; whatever the disk kept, nothing synced is gone.

use std::sync::Arc;

use holdfast_journal::storage::{CallKind, CrashImage, Fault, WriteFate};
use holdfast_journal::{Journal, JournalError, MemoryStorage, Options, Record, Retention, Writer};

use crate::support::{
    EPOCH_A, EPOCH_B, Seeded, append_some, assert_chained, chain, dir, open, payload, prunable, shared,
    small, visible,
};

/// What the tills were told, kept outside of the journal.
#[derive(Default)]
struct Told {
    appended: Vec<Record>,
    acknowledged_seq: u64,
}

impl Told {
    fn append(&mut self, writer: &mut Writer) -> Result<(), JournalError> {
        let payload = payload(self.appended.len() as u64 + 1);
        let position = writer.append(payload.clone())?;
        self.appended.push(Record { position, payload });
        Ok(())
    }

    fn commit(&mut self, writer: &mut Writer) -> Result<(), JournalError> {
        writer.commit()?;
        self.acknowledged_seq = self.appended.len() as u64;
        assert_eq!(*writer.synced().borrow(), self.acknowledged_seq);
        Ok(())
    }
}

/// Groups of one to five records, rotation, two epochs, a clean end, an unclean one, and pruning where it is allowed.
fn a_day(options: &Options, storage: &MemoryStorage, told: &mut Told) -> Result<(), JournalError> {
    for (round, epoch) in [EPOCH_A, EPOCH_A, EPOCH_B].into_iter().enumerate() {
        let (mut writer, _, _) = Journal::open(options.clone(), shared(storage))?;
        writer.begin_epoch(epoch);
        for group in 0..6 {
            for _ in 0..=(group * 2 + round) % 5 {
                told.append(&mut writer)?;
            }
            told.commit(&mut writer)?;
        }
        if options.retention == Retention::Prunable {
            writer.prune_before(told.acknowledged_seq)?;
        }
        if round != 1 {
            writer.shutdown()?;
        }
    }
    Ok(())
}

struct Image {
    fate: fn(&mut Seeded) -> WriteFate,
    dir_change: fn(&mut Seeded) -> bool,
    seeded: Seeded,
}

impl CrashImage for Image {
    fn write(&mut self, _index: usize, _bytes: usize) -> WriteFate {
        (self.fate)(&mut self.seeded)
    }
    fn dir_change(&mut self, _index: usize) -> bool {
        (self.dir_change)(&mut self.seeded)
    }
}

fn images(storage: &MemoryStorage, seed: u64) -> Vec<MemoryStorage> {
    let any = |seeded: &mut Seeded| match seeded.next() % 3 {
        0 => WriteFate::Dropped,
        1 => WriteFate::Kept,
        _ => WriteFate::Torn(seeded.next()),
    };
    let cut =
        |fate, dir_change, seed| storage.power_cut(&mut Image { fate, dir_change, seeded: Seeded(seed) });
    let mut images = vec![
        storage.killed(),
        cut(|_| WriteFate::Dropped, |_| false, 0),
        cut(|_| WriteFate::Dropped, |_| true, 0),
        cut(|_| WriteFate::Kept, |_| false, 0),
        cut(|_| WriteFate::Kept, |_| true, 0),
        // The first sector is lost and the later ones are not: records without their group header.
        cut(|_| WriteFate::Torn(!1), |_| true, 0),
        cut(|_| WriteFate::Torn(1), |_| true, 0),
    ];
    images.extend((0..4).map(|extra| cut(any, |seeded| seeded.next() % 2 == 0, seed * 4 + extra)));
    images
}

/// Opens what a crash left and holds it against what the tills were told.
fn check(options: &Options, image: &MemoryStorage, told: &Told, witness_seq: u64) -> u64 {
    let options = Options { witness_seq, ..options.clone() };
    let (mut writer, reader, recovery) = open(&options, &shared(image));
    let head_seq = recovery.head.map_or(0, |head| head.seq);
    assert!(head_seq >= told.acknowledged_seq, "record {} was acknowledged", told.acknowledged_seq);
    let records = visible(&reader);
    for record in &records {
        let index = usize::try_from(record.position.seq).expect("small") - 1;
        assert_eq!(*record, told.appended[index]);
    }
    if options.retention == Retention::Forever {
        assert_eq!(records.len() as u64, head_seq);
        assert!(reader.verify(chain).expect("verify runs").is_intact());
    }
    writer.begin_epoch(EPOCH_B);
    append_some(&mut writer, 3);
    assert_chained(&visible(&reader));
    writer.shutdown().expect("a clean end");
    let again = Options { witness_seq: head_seq + 3, ..options };
    let (_, reader, recovery) = open(&again, &shared(image));
    assert!(recovery.clean_end);
    assert_eq!(recovery.head.map(|head| head.seq), Some(head_seq + 3));
    assert_eq!(visible(&reader).last().map(|record| record.position), recovery.head);
    recovery.segments
}

fn crash_everywhere(options: &Options) -> (u64, u64) {
    let mut points = 0;
    let mut checked = 0;
    loop {
        let storage = MemoryStorage::new();
        storage.plant(CallKind::Change, points + 1, Fault::Halt, true);
        let mut told = Told::default();
        let ended = a_day(options, &storage, &mut told);
        for image in images(&storage, points) {
            let witness = if checked % 2 == 0 { told.acknowledged_seq } else { 0 };
            check(options, &image, &told, witness);
            checked += 1;
        }
        if ended.is_ok() {
            return (points, checked);
        }
        points += 1;
    }
}

#[test]
fn a_power_cut_at_any_write_loses_nothing_synced() {
    let (points, checked) = crash_everywhere(&small(&dir()));
    println!("{points} crash points, {checked} images, 0 acknowledged records lost");
    assert!(points > 80 && checked > 900);
}

#[test]
fn a_power_cut_loses_nothing_of_a_journal_that_is_pruned() {
    let (points, checked) = crash_everywhere(&prunable(&dir()));
    println!("{points} crash points, {checked} images, 0 acknowledged records lost");
    assert!(points > 80);
}

#[test]
fn a_power_cut_during_recovery_can_be_recovered_from() {
    let options = small(&dir());
    let storage = MemoryStorage::new();
    let mut told = Told::default();
    storage.plant(CallKind::Change, 40, Fault::Halt, true);
    a_day(&options, &storage, &mut told).expect_err("the disk halted");
    let left = storage.power_cut(&mut Image {
        fate: |_| WriteFate::Torn(1),
        dir_change: |_| true,
        seeded: Seeded(0),
    });
    for point in 1.. {
        let again = left.killed();
        again.plant(CallKind::Change, point, Fault::Halt, true);
        let opened = Journal::open(options.clone(), shared(&again)).map(drop);
        for image in images(&again, point) {
            check(&options, &image, &told, told.acknowledged_seq);
        }
        if opened.is_ok() {
            assert!(point > 4, "recovery writes, syncs, renames and syncs the folder");
            return;
        }
    }
}

#[test]
fn the_unsynced_group_is_cut_or_kept_in_part_and_said_so() {
    let options = small(&dir());
    let storage = MemoryStorage::new();
    let (mut writer, _, _) = open(&options, &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 2);
    // The sync of a group with four records never happens, and half of its one write reaches the disk.
    storage.plant(CallKind::Write, 1, Fault::Halt, true);
    for _ in 0..4 {
        writer.append(vec![9; 150]).expect("appending works");
    }
    assert_eq!(writer.commit().expect_err("the disk is gone").code(), "HF-JRN-001");
    let image = storage.killed();
    let (_, _, recovery) = open(&options, &shared(&image));
    assert_eq!(recovery.head.map(|head| head.seq), Some(3));
    assert_eq!((recovery.salvaged_records, recovery.clean_end), (1, false));
    assert!(recovery.torn_tail_bytes > 0);

    let read_only =
        Journal::open_read_only(&options, Arc::new(storage.killed())).expect("it can be looked at");
    assert_eq!(read_only.1.head.map(|head| head.seq), Some(1), "only what a later group proves is shown");
    let witnessed = Options { witness_seq: 2, ..options.clone() };
    let read_only =
        Journal::open_read_only(&witnessed, Arc::new(storage.killed())).expect("it can be looked at");
    assert_eq!(visible(&read_only.0).len(), 2);

    let seen = Options { witness_seq: 5, ..options };
    let refused = Journal::open(seen, Arc::new(storage.killed())).expect_err("record 5 was seen");
    assert_eq!(refused.code(), "HF-JRN-003");
}
