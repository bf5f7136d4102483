//! The n-th storage call fails, for n = 1, 2, 3 … until the run ends untouched: once and for good, in every way a disk has.
//! Nothing is acknowledged that is not durable, and a restart tells the truth, also when the power goes with the fault.

use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_journal::format::segment_name;
use holdfast_journal::storage::{CallKind, Fault, WriteFate};
use holdfast_journal::{Journal, JournalError, MemoryStorage, Options};
use holdfast_testkit::proof::Proof;

use crate::power::{Image, Told, a_day, check};
use crate::support::{EPOCH_A, Seeded, append_some, chain, dir, open, prunable, shared, small, visible};

/// A fault that never strikes ends the loop; this many calls would mean that it always does.
const CALLS_MAX: u64 = 2_000;

/// Everything that was not synced is gone.
fn power_cut(storage: &MemoryStorage) -> MemoryStorage {
    let fate = |_: &mut Seeded| WriteFate::Dropped;
    storage.power_cut(&mut Image { fate, dir_change: |_| false, seeded: Seeded(0) })
}

/// Plants the fault at every call of the kind in turn and holds what is left against what was told.
fn every_call(options: &Options, kind: CallKind, fault: Fault, persistent: bool, tries: u32) -> u64 {
    for nth in 1..=CALLS_MAX {
        let storage = MemoryStorage::new();
        storage.plant(kind, nth, fault, persistent);
        let mut told = Told { tries_left: tries, ..Told::default() };
        let ended = a_day(options, &storage, &mut told);
        let struck = storage.strikes() > 0;
        assert!(struck || ended.is_ok(), "an untouched run succeeds: {ended:?}");
        if persistent && struck {
            // A start while the fault lasts may fail; it must not make things worse.
            let still = Journal::open(options.clone(), shared(&storage)).map(drop);
            assert!(still.is_ok() || still.is_err_and(|error| error.code().starts_with("HF-JRN-0")));
        }
        storage.heal();
        for image in [storage.killed(), power_cut(&storage)] {
            check(options, &image, &told, told.acknowledged_seq);
        }
        if !struck {
            return nth - 1;
        }
    }
    panic!("{kind:?} {fault:?}: the fault strikes at call {CALLS_MAX}, too");
}

fn points(options: &Options) -> u64 {
    let mut points = 0;
    for kind in [CallKind::Change, CallKind::Write, CallKind::SyncData, CallKind::SyncDir, CallKind::Read] {
        for fault in [Fault::Eio, Fault::Enospc, Fault::ShortWrite, Fault::Interrupted] {
            for persistent in [false, true] {
                // A call that is short or interrupted for ever is no fault of a disk.
                if persistent && matches!(fault, Fault::ShortWrite | Fault::Interrupted) {
                    continue;
                }
                points += every_call(options, kind, fault, persistent, 0);
            }
        }
    }
    // A disk that is full for a moment: the same process goes on.
    points + every_call(options, CallKind::Write, Fault::Enospc, false, 3)
}

#[test]
fn any_call_may_fail_once_or_for_good() {
    let proof = Proof::of("R8", "journal in process");
    let (kept, pruned) = (points(&small(&dir())), points(&prunable(&dir())));
    assert!(kept + pruned >= 900, "{kept} + {pruned} points");
    proof
        .counted(kept + pruned, "n-th calls failed: EIO, ENOSPC, short and interrupted, once and for good")
        .counted(2 * (kept + pruned), "restarts afterwards, killed and without power, 0 records lost")
        .holds();
}

/// What happened to the process: how often it was asked to end, and why.
static ENDED: AtomicU64 = AtomicU64::new(0);

fn ended(error: &JournalError) {
    assert_eq!(error.code(), "HF-JRN-002", "{error}");
    ENDED.fetch_add(1, Ordering::SeqCst);
}

/// Fails each sync of the journal's days once. Were it tried again, it would succeed and be believed.
fn every_sync(options: &Options, kind: CallKind) -> u64 {
    for nth in 1..=CALLS_MAX {
        let storage = MemoryStorage::new();
        storage.plant(kind, nth, Fault::Eio, false);
        let (mut told, before) = (Told::default(), ENDED.load(Ordering::SeqCst));
        let outcome = a_day(options, &storage, &mut told);
        if storage.strikes() == 0 {
            return nth - 1;
        }
        match outcome {
            // A file that was prepared ahead is thrown away; nobody relies on it and the day goes on.
            Ok(()) => assert_eq!(ENDED.load(Ordering::SeqCst), before),
            Err(JournalError::Io { .. }) => {}
            Err(error) => {
                assert_eq!(error.code(), "HF-JRN-002", "{error}");
                assert!(ENDED.load(Ordering::SeqCst) <= before + 1, "the process is asked to end once");
            }
        }
        for image in [storage.killed(), power_cut(&storage)] {
            check(options, &image, &told, told.acknowledged_seq);
        }
    }
    panic!("{kind:?} strikes at call {CALLS_MAX}, too");
}

/// The cut at damage that a person asked for syncs, too: after any failure it can be made again, and nothing of what was
/// damaged is destroyed.
fn every_sync_of_a_cut() -> u64 {
    let damaged = || {
        let storage = MemoryStorage::new();
        let (mut writer, _, _) = open(&small(&dir()), &shared(&storage));
        writer.begin_epoch(EPOCH_A);
        append_some(&mut writer, 40);
        writer.shutdown().expect("a clean end");
        let path = dir().join(segment_name(2));
        let mut bytes = storage.content(&path).expect("there are several segments");
        bytes[600] ^= 1;
        storage.put(&path, bytes.clone());
        (storage, bytes)
    };
    let (whole, _) = damaged();
    let kept = Journal::cut_at_damage(&small(&dir()), shared(&whole)).expect("the cut works");
    let mut sites = 0;
    for kind in [CallKind::SyncData, CallKind::SyncDir] {
        for nth in 1.. {
            let (storage, bytes) = damaged();
            storage.plant(kind, nth, Fault::Eio, false);
            let outcome = Journal::cut_at_damage(&small(&dir()), shared(&storage));
            if storage.strikes() == 0 {
                break;
            }
            sites += 1;
            assert_eq!(outcome.expect_err("the sync failed").code(), "HF-JRN-002");
            let left = power_cut(&storage);
            let again = Journal::cut_at_damage(&small(&dir()), shared(&left)).expect("it is made again");
            assert_eq!(again, kept);
            let (_, reader, _) = open(&small(&dir()), &shared(&left));
            assert!(reader.verify(chain).expect("verify runs").is_intact());
            assert_eq!(visible(&reader).last().map(|last| last.position), kept);
            let names = holdfast_journal::Storage::list(&left, &dir()).expect("the folder is there");
            let evidence = names.iter().any(|name| left.content(&dir().join(name)).as_ref() == Some(&bytes));
            assert!(evidence, "the damaged bytes are still there: {names:?}");
        }
    }
    sites
}

#[test]
fn a_failed_sync_is_never_believed_at_any_site() {
    let proof = Proof::of("R9", "journal in process");
    let mut sites = every_sync_of_a_cut();
    for options in [small(&dir()), prunable(&dir())] {
        let options = Options { on_fatal: ended, ..options };
        sites += every_sync(&options, CallKind::SyncData) + every_sync(&options, CallKind::SyncDir);
    }
    assert!(sites >= 60, "{sites} sites");
    assert!(ENDED.load(Ordering::SeqCst) > 20, "the process was asked to end");
    proof.counted(sites, "syncs failed, each once; none was tried again or acknowledged").holds();
}
