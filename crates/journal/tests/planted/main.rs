//! The crash tests can fail: each of the journal's mistakes, planted in this process, is caught by the suite that promises
//! to catch it. Planting is for a whole process, so nothing else runs here.

#[path = "../journal/power.rs"]
#[expect(dead_code, reason = "how many images there were is counted elsewhere")]
mod power;
#[path = "../journal/support.rs"]
#[expect(dead_code, reason = "the crash tests alone are planted")]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use holdfast_journal::format::segment_name;
use holdfast_journal::storage::{CallKind, Fault, WriteFate};
use holdfast_journal::{Journal, JournalError, MemoryStorage, Options};
use holdfast_planted::{Bug, plant};
use holdfast_testkit::proof::Proof;

use crate::support::{EPOCH_A, Seeded, append_some, dir, open, shared, small};

/// Power cuts at every write of three days, and what was seen of a damaged end.
fn suite() {
    power::crash_everywhere(&small(&dir()));
    a_witness_allows_no_loss();
    a_failed_sync_is_never_believed();
}

/// Each sync of a few days fails once, and then the power goes.
fn a_failed_sync_is_never_believed() {
    for nth in 1..40 {
        let storage = MemoryStorage::new();
        storage.plant(CallKind::SyncData, nth, Fault::Eio, false);
        let mut told = power::Told::default();
        // How the days end is told by what is left of them.
        let _ended = power::a_day(&small(&dir()), &storage, &mut told);
        storage.heal();
        let left = storage.power_cut(&mut power::Image {
            fate: |_| WriteFate::Dropped,
            dir_change: |_| false,
            seeded: Seeded(nth),
        });
        power::check(&small(&dir()), &left, &told, told.acknowledged_seq);
    }
}

/// The last group is damaged, and somebody has seen its record.
fn a_witness_allows_no_loss() {
    let storage = MemoryStorage::new();
    let (mut writer, _, _) = open(&small(&dir()), &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 3);
    drop(writer);
    let path = dir().join(segment_name(1));
    let mut bytes = storage.content(&path).expect("the segment is there");
    let last = bytes.iter().rposition(|byte| *byte != 0).expect("records");
    bytes[last] ^= 1;
    storage.put(&path, bytes);
    let witnessed = Options { witness_seq: 3, ..small(&dir()) };
    let refused = Journal::open(witnessed, shared(&storage)).map(drop);
    assert!(matches!(refused, Err(JournalError::Damaged { seq: 3, .. })), "{refused:?}");
}

#[test]
fn each_mistake_is_caught() {
    suite();
    let proof = Proof::of("R3", "mistakes in the journal");
    let mistakes = [
        Bug::NoSync,
        Bug::WatermarkBeforeSync,
        Bug::NoDirectorySync,
        Bug::NoCopyAfterUncleanEnd,
        Bug::WitnessIgnored,
        Bug::SyncTriedAgain,
    ];
    for bug in mistakes {
        plant(Some(bug));
        let caught = catch_unwind(AssertUnwindSafe(suite)).is_err();
        plant(None);
        assert!(caught, "{bug:?} was planted and the suite passed");
    }
    suite();
    proof.counted(mistakes.len() as u64, "planted mistakes, each caught").holds();
}
