//! The outbox on a disk that dies at every step: what was promised is there, and nothing else is.

use std::path::PathBuf;
use std::sync::Arc;

use holdfast_domain::ids::{CommandId, EpochId, Uuid};
use holdfast_journal::storage::{CallKind, CrashImage, Fault, WriteFate};
use holdfast_journal::{CommitMode, MemoryStorage, Options, Retention};
use holdfast_protocol::chain_hash;
use holdfast_protocol::message::{Answer, Reply};

use super::{Asked, Outbox};
use crate::fake_hub::{accepted, epoch};

/// Requests of one run; each is asked and answered, then HQ covers some.
const REQUESTS: u64 = 6;
/// More changes than one run makes on the disk.
const CHANGES_MAX: u64 = 400;

fn options() -> Options {
    Options {
        segment_bytes: 64 << 10,
        record_bytes_max: 4 << 10,
        group_bytes_max: 8 << 10,
        retention: Retention::Prunable,
        commit: CommitMode::Manual,
        on_fatal: |_| {},
        ..Options::new(PathBuf::from("outbox"), chain_hash)
    }
}

fn id(n: u64) -> CommandId {
    CommandId(Uuid::from_u128(u128::from(n) + 1))
}

fn request(n: u64) -> Vec<u8> {
    format!("request {n} {}", "x".repeat(3_000)).into_bytes()
}

/// What a till was promised before its disk died.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Promised {
    asked: u64,
    answered: u64,
    covered: u64,
}

/// Asks, answers and covers until the disk dies.
fn run(outbox: &mut Outbox, hub: EpochId) -> (Promised, bool) {
    let mut promised = Promised::default();
    for n in 0..REQUESTS {
        if outbox.ask(id(n), &request(n)).is_err() {
            return (promised, true);
        }
        promised.asked = n + 1;
        let reply = accepted(id(n), hub, n + 1);
        let bytes = serde_json::to_vec(&reply).unwrap();
        if outbox.answer(&reply, &bytes, hub).is_err() {
            return (promised, true);
        }
        promised.answered = n + 1;
        if n % 2 == 1 {
            if outbox.cover(hub, n).is_err() {
                return (promised, true);
            }
            promised.covered = n;
        }
    }
    (promised, false)
}

/// Loses everything that was not synced, or keeps everything.
struct All(bool);

impl CrashImage for All {
    fn write(&mut self, _index: usize, _bytes: usize) -> WriteFate {
        if self.0 { WriteFate::Kept } else { WriteFate::Dropped }
    }

    fn dir_change(&mut self, _index: usize) -> bool {
        self.0
    }
}

#[test]
fn whatever_was_promised_survives_a_death_at_every_step() {
    let hub = epoch(1);
    let mut deaths = 0;
    for nth in 1..CHANGES_MAX {
        let storage = MemoryStorage::new();
        let mut outbox = Outbox::open_with(options(), Arc::new(storage.clone())).unwrap();
        storage.plant(CallKind::Change, nth, Fault::Halt, true);
        let (promised, died) = run(&mut outbox, hub);
        if !died {
            break;
        }
        deaths += 1;
        for disk in [storage.killed(), storage.power_cut(&mut All(false)), storage.power_cut(&mut All(true))]
        {
            let after = Outbox::open_with(options(), Arc::new(disk)).unwrap();
            let index = after.index();
            for n in 0..promised.answered {
                assert!(!index.is_waiting(id(n)), "{n} was answered, death {nth}");
                // HQ may have covered more than it was said, never less is kept than it needs.
                let kept = index.kept(id(n)).is_some();
                assert!(kept || n < promised.covered + 2, "{n} is lost, death {nth}");
                if n >= promised.covered + 2 {
                    assert_eq!(after.kept_reply(id(n)).unwrap().unwrap(), accepted(id(n), hub, n + 1));
                }
            }
            if promised.asked > promised.answered {
                let n = promised.answered;
                // The answer may have reached the disk though nobody heard of it.
                let there = index.is_waiting(id(n)) || index.kept(id(n)).is_some();
                assert!(there, "{n} was asked, death {nth}");
                if index.is_waiting(id(n)) {
                    assert_eq!(after.request(id(n)).unwrap(), request(n));
                }
            }
            assert!(index.waiting().len() <= 1);
        }
    }
    assert!(deaths > 10 && deaths < CHANGES_MAX - 1, "{deaths}");
}

#[test]
fn an_answer_that_comes_twice_is_stored_once_and_what_the_hub_would_not_take_is_not_asked_again() {
    let storage = MemoryStorage::new();
    let hub = epoch(1);
    let mut outbox = Outbox::open_with(options(), Arc::new(storage.clone())).unwrap();
    assert_eq!(outbox.ask(id(0), b"a").unwrap(), Asked::Stored);
    assert_eq!(outbox.ask(id(0), b"a").unwrap(), Asked::StillWaiting);
    assert_eq!(outbox.ask(id(0), b"b").unwrap_err().code(), "HF-TIL-026");
    let reply = accepted(id(0), hub, 1);
    outbox.answer(&reply, &serde_json::to_vec(&reply).unwrap(), hub).unwrap();
    let syncs = storage.data_syncs();
    outbox.answer(&reply, &serde_json::to_vec(&reply).unwrap(), hub).unwrap();
    assert_eq!(storage.data_syncs(), syncs);
    assert_eq!(outbox.ask(id(0), b"a").unwrap(), Asked::AnsweredBefore);
    outbox.ask(id(1), b"c").unwrap();
    let (code, text) = ("HF-CMD-002".to_owned(), "malformed".to_owned());
    let rejected = Reply { id: id(1), answer: Answer::Rejected { code, text } };
    outbox.answer(&rejected, &serde_json::to_vec(&rejected).unwrap(), hub).unwrap();
    outbox.close().unwrap();
    let after = Outbox::open_with(options(), Arc::new(storage)).unwrap();
    assert_eq!((after.index().waiting().len(), after.index().kept_count()), (0, 1));
}

#[test]
fn the_outbox_does_not_grow_once_hq_has_everything() {
    let storage = MemoryStorage::new();
    let hub = epoch(1);
    let mut outbox = Outbox::open_with(options(), Arc::new(storage)).unwrap();
    let mut segments_deleted_before = 0;
    for n in 0..200 {
        outbox.ask(id(n), &request(n)).unwrap();
        let reply = accepted(id(n), hub, n + 1);
        outbox.answer(&reply, &serde_json::to_vec(&reply).unwrap(), hub).unwrap();
        outbox.cover(hub, n + 1).unwrap();
        assert_eq!(outbox.index().kept_count(), 0);
        segments_deleted_before = outbox.reader.scan(1).next().map_or(0, |first| first.unwrap().position.seq);
    }
    assert!(segments_deleted_before > 500, "the oldest kept entry is {segments_deleted_before} of 600");
}
