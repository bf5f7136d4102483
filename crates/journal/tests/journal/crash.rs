//! The power is cut at every write boundary, and inside every write; whatever the disk kept, nothing synced is gone.

use std::sync::Arc;

use holdfast_journal::storage::{CallKind, Fault, WriteFate};
use holdfast_journal::{Journal, MemoryStorage, Options};
use holdfast_testkit::proof::Proof;

use crate::power::{Image, Opened, Told, a_day, check, crash_everywhere, images};
use crate::support::{EPOCH_A, Seeded, append_some, dir, open, prunable, shared, small, visible};

#[test]
fn a_power_cut_at_any_write_loses_nothing_synced() {
    let proof = Proof::of("R6", "journal that is kept for ever");
    let opened = crash_everywhere(&small(&dir()));
    assert!(opened.points > 80 && opened.fewest() >= 50);
    counted(proof, &opened).holds();
}

fn counted(proof: Proof, opened: &Opened) -> Proof {
    let proof = proof.counted(opened.points, "power cuts, one at every call that changes the disk");
    let proof = proof.counted(opened.by_model.len() as u64, "fault models");
    proof
        .counted(opened.fewest(), "images at least of each")
        .counted(opened.images(), "images, 0 records lost")
}

#[test]
fn a_power_cut_loses_nothing_of_a_journal_that_is_pruned() {
    let proof = Proof::of("R6", "journal that is pruned, as the till's outbox");
    let opened = crash_everywhere(&prunable(&dir()));
    assert!(opened.points > 80 && opened.fewest() >= 50);
    counted(proof, &opened).holds();
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
        for (_, image) in images(&again, point) {
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
