//! The state on disk: what is continued, what is rebuilt, and what must stay small.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use holdfast_domain::order::Channel;
use holdfast_journal::Reader;
use holdfast_store::{
    ASIDE_MAX, MemoryStore, OpenReport, Progress, RebuildReason, SledOptions, SledStore, StateStore,
    StoreError, catch_up,
};

use crate::shop::{Shop, journal};

pub fn open(dir: &Path, reader: &Reader, boot: &str) -> (Arc<SledStore>, OpenReport) {
    SledStore::open(dir, reader, SledOptions::new(boot)).expect("the state opens")
}

pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("state");
    (folder, dir)
}

fn aside(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir.parent().expect("a parent"))
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "state")
        .collect();
    names.sort();
    names
}

#[test]
fn a_store_that_was_closed_goes_on_after_any_boot() {
    let ((_folder, dir), mut shop) = (folder(), Shop::open());
    let (store, report) = open(&dir, &shop.reader, "monday");
    let replayed = shop.records.len() as u64;
    assert_eq!(report, OpenReport { rebuilt: Some(RebuildReason::Missing), replayed });
    store.set_cursor("uplink", b"17").expect("kept");
    store.close().expect("a clean stop");
    assert!(matches!(store.apply(&[]), Ok(())));
    assert!(matches!(store.apply(&shop.records), Err(StoreError::Stopped)));
    assert!(matches!(store.close(), Err(StoreError::Stopped)));
    drop(store);
    shop.sell(0, 2);
    let (store, report) = open(&dir, &shop.reader, "tuesday");
    assert_eq!(report, OpenReport { rebuilt: None, replayed: 2 });
    assert_eq!(store.cursor("uplink").expect("readable").as_deref(), Some(&b"17"[..]));
    shop.check(&*store);
    assert!(aside(&dir).is_empty());
}

#[test]
fn without_a_clean_stop_the_same_boot_goes_on_and_another_rebuilds() {
    let ((_folder, dir), mut shop) = (folder(), Shop::open());
    drop(open(&dir, &shop.reader, "monday"));
    shop.sell(0, 2);
    let (store, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report, OpenReport { rebuilt: None, replayed: 2 });
    shop.check(&*store);
    drop(store);
    let (store, report) = open(&dir, &shop.reader, "tuesday");
    let replayed = shop.records.len() as u64;
    assert_eq!(report, OpenReport { rebuilt: Some(RebuildReason::UncleanStop), replayed });
    shop.check(&*store);
    assert_eq!(aside(&dir), ["state.doubtful-1"]);
    drop(store);
    // A clean stop counts once: whoever opens the store takes the mark away.
    let (store, _) = open(&dir, &shop.reader, "tuesday");
    store.close().expect("a clean stop");
    drop(store);
    drop(open(&dir, &shop.reader, "wednesday"));
    let (_, report) = open(&dir, &shop.reader, "thursday");
    assert_eq!(report.rebuilt, Some(RebuildReason::UncleanStop));
}

#[test]
fn what_a_kill_leaves_behind_goes_on() {
    let ((_folder, dir), mut shop) = (folder(), Shop::open());
    let (store, _) = open(&dir, &shop.reader, "monday");
    for round in 0..6 {
        for _ in 0..20 {
            shop.sell(round % 2, 3);
        }
        catch_up(&*store, &shop.reader, 7).expect("they follow");
        if round % 2 == 0 {
            store.sync().expect("synced");
        }
        // The files as a kill at this moment leaves them: without what the process had not written yet.
        let (_copied, copy) = folder();
        copy_dir(&dir, &copy);
        let (killed, report) = open(&copy, &shop.reader, "monday");
        assert_eq!(report.rebuilt, None);
        shop.check(&*killed);
    }
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("readable").is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn another_history_is_not_continued() {
    let ((_folder, dir), shop) = (folder(), Shop::open_as(1));
    drop(open(&dir, &shop.reader, "monday"));
    let applied_seq = shop.records.len() as u64;
    let mismatch = Some(RebuildReason::JournalMismatch { applied_seq });
    let mut other = Shop::open_as(2);
    other.sell(0, 1);
    let (store, report) = open(&dir, &other.reader, "monday");
    assert_eq!(report, OpenReport { rebuilt: mismatch, replayed: other.records.len() as u64 });
    other.check(&*store);
    drop(store);
    // A journal that is shorter than the state: a disk was put back.
    let applied_seq = other.records.len() as u64;
    let (_, reader) = journal();
    let (store, report) = open(&dir, &reader, "monday");
    assert_eq!(report.rebuilt, Some(RebuildReason::JournalMismatch { applied_seq }));
    assert_eq!((store.applied(), report.replayed), (None, 0));
}

#[test]
fn the_newest_doubtful_folders_are_kept() {
    let ((_folder, dir), shop) = (folder(), Shop::open());
    for boot in ["a", "b", "c", "d", "e"] {
        drop(open(&dir, &shop.reader, boot));
    }
    assert_eq!(aside(&dir), ["state.doubtful-3", "state.doubtful-4"]);
    assert_eq!(aside(&dir).len(), ASIDE_MAX);
}

#[test]
fn a_second_holder_is_refused_and_nothing_is_moved() {
    let ((_folder, dir), shop) = (folder(), Shop::open());
    let (store, _) = open(&dir, &shop.reader, "monday");
    let second = SledStore::open(&dir, &shop.reader, SledOptions::new("tuesday"));
    assert!(matches!(second, Err(StoreError::InUse { .. })));
    assert!(aside(&dir).is_empty());
    shop.check(&*store);
}

#[test]
fn progress_is_told_while_records_are_replayed() {
    let ((_folder, dir), mut shop) = (folder(), Shop::open());
    for _ in 0..3_000 {
        shop.sell(0, 1);
    }
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = told.clone();
    let progress = Arc::new(move |progress: Progress| heard.lock().expect("one thread").push(progress));
    let options = SledOptions { progress, ..SledOptions::new("monday") };
    let (_, report) = SledStore::open(&dir, &shop.reader, options).expect("the state opens");
    let told = told.lock().expect("one thread");
    let head_seq = shop.records.len() as u64;
    assert_eq!(report.replayed, head_seq);
    assert!(told.iter().all(|progress| progress.head_seq == head_seq));
    assert!(told.is_sorted_by_key(|progress| progress.applied_seq));
    assert_eq!(told.first().map(|progress| progress.applied_seq), Some(0));
    assert_eq!(told.last().map(|progress| progress.applied_seq), Some(head_seq));
    assert!(told.len() >= 4, "{told:?}");
}

#[test]
fn orders_of_any_size_are_kept_in_small_rows() {
    let ((_folder, dir), mut shop) = (folder(), Shop::open());
    let (store, _) = open(&dir, &shop.reader, "monday");
    let mut wanted = Vec::new();
    for lines in [1, 25, 40, 60, 200, 400, 2_000] {
        wanted.push(shop.sell(0, lines).0);
        wanted.push(shop.place(1, lines, Channel::Counter).expect("never refused"));
        catch_up(&*store, &shop.reader, 100).expect("they follow");
    }
    // Many large orders side by side are what makes leaves large.
    for _ in 0..40 {
        wanted.push(shop.place(0, 120, Channel::Counter).expect("never refused"));
    }
    catch_up(&*store, &shop.reader, 16).expect("they follow");
    shop.check(&*store);
    store.close().expect("a clean stop");
    drop(store);
    let (store, report) = open(&dir, &shop.reader, "tuesday");
    assert_eq!(report, OpenReport { rebuilt: None, replayed: 0 });
    shop.check(&*store);
    assert_eq!(wanted.len(), shop.orders.len());
    let blobs = std::fs::read_dir(dir.join("blobs")).expect("readable").count();
    assert_eq!(blobs, 0, "sled never syncs what it puts into files of its own");
}

#[test]
fn memory_holds_what_is_open_alone() {
    let ((_folder, dir), mut shop) = (folder(), Shop::open());
    for index in 0..5_000 {
        shop.sell(index % 2, 1);
    }
    let (on_disk, _) = open(&dir, &shop.reader, "monday");
    let in_memory = MemoryStore::new();
    catch_up(&*in_memory, &shop.reader, 512).expect("they follow");
    for store in [&*on_disk as &dyn StateStore, &*in_memory] {
        store.with_state(&mut |state| {
            assert!(state.orders.is_empty() && state.sales.is_empty() && state.closed_shifts.is_empty());
            assert_eq!(state.shifts.len(), 2);
            assert_eq!(state.documents.len(), 5_000, "nobody has settled them");
        });
        assert_eq!(store.totals(), shop.totals());
        assert_eq!(store.totals().transactions, 5_000);
        let newest = store.latest_transactions(None, 1).expect("readable");
        assert_eq!(newest[0].view.transaction, *shop.sales.last().expect("5,000 of them"));
    }
}
