//! Damaged files: whatever sled makes of them, the state is the journal's or the caller gets an error.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use holdfast_domain::order::Channel;
use holdfast_store::{RebuildReason, STATE_VERSION, StateStore, StoreError};

use crate::disk::{folder, open};
use crate::shop::Shop;

fn overwrite(path: &Path, bytes: &[u8], offset: u64) {
    let file = OpenOptions::new().write(true).open(path).expect("the file is there");
    file.write_all_at(bytes, offset).expect("written");
}

fn busy_shop() -> Shop {
    let mut shop = Shop::open();
    for index in 0..60 {
        let (_, sold) = shop.sell(index % 2, 3);
        if index % 5 == 0 {
            shop.give_back(index % 2, sold, 1).expect("just bought");
        }
    }
    shop
}

#[test]
fn a_file_of_garbage_is_moved_aside_and_rebuilt() {
    let ((_folder, dir), shop) = (folder(), busy_shop());
    drop(open(&dir, &shop.reader, "monday"));
    let bytes = std::fs::metadata(dir.join("db")).expect("there").len();
    let garbage: Vec<u8> = (0..bytes).map(|at| (at * 167 % 251) as u8).collect();
    overwrite(&dir.join("db"), &garbage, 0);
    let (store, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report.rebuilt, Some(RebuildReason::Unusable));
    assert_eq!(report.replayed, shop.records.len() as u64);
    shop.check(&*store);
}

#[test]
fn a_damaged_configuration_is_moved_aside_and_rebuilt() {
    let ((_folder, dir), shop) = (folder(), busy_shop());
    drop(open(&dir, &shop.reader, "monday"));
    overwrite(&dir.join("conf"), b"garbage garbage garbage", 0);
    let (store, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report.rebuilt, Some(RebuildReason::Unusable));
    shop.check(&*store);
}

/// Opens the database behind the store's back. sled's own threads give its lock back a moment after it was closed.
fn open_behind(dir: &Path) -> sled::Db {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match sled::open(dir) {
            Ok(db) => return db,
            Err(error) => assert!(Instant::now() < deadline, "nobody else holds {}: {error}", dir.display()),
        }
        std::thread::yield_now();
    }
}

/// Changes one row behind the store's back.
fn tamper(dir: &Path, tree: &str, key: &[u8], row: &[u8]) {
    let db = open_behind(dir);
    db.open_tree(tree).expect("a tree").insert(key, row).expect("written");
    db.flush().expect("written");
}

#[test]
fn another_version_of_the_state_is_rebuilt() {
    let ((_folder, dir), shop) = (folder(), busy_shop());
    let (store, _) = open(&dir, &shop.reader, "monday");
    store.close().expect("a clean stop");
    drop(store);
    tamper(&dir, "meta", b"version", &[0, STATE_VERSION + 1]);
    let (store, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report.rebuilt, Some(RebuildReason::StateVersion { found: STATE_VERSION + 1 }));
    shop.check(&*store);
}

#[test]
fn a_row_that_has_no_meaning_is_found_and_rebuilt() {
    let shop = busy_shop();
    let closed = shop.orders[0];
    // What belongs into memory is found when the state is opened.
    for (tree, key) in [("stock", &b"P0"[..]), ("tills", b"short"), ("open-orders", closed.0.as_bytes())] {
        let (_folder, dir) = folder();
        drop(open(&dir, &shop.reader, "monday"));
        tamper(&dir, tree, key, b"\xFF\xFF\xFF");
        let (store, report) = open(&dir, &shop.reader, "monday");
        assert_eq!(report.rebuilt, Some(RebuildReason::Unusable), "{tree}");
        shop.check(&*store);
    }
    // What is read by its id is found when somebody asks for it.
    let (_folder, dir) = folder();
    drop(open(&dir, &shop.reader, "monday"));
    tamper(&dir, "histories", b"", b"\0\xFF\xFF");
    let (store, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report.rebuilt, None);
    assert!(matches!(store.order(closed), Err(StoreError::Unreadable { table: "histories", .. })));
    assert!(matches!(store.order(shop.orders[1]), Err(StoreError::Stopped)));
    drop(store);
    let (store, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report.rebuilt, Some(RebuildReason::MarkedDoubtful));
    shop.check(&*store);
}

#[test]
fn a_bad_block_under_an_open_order_costs_that_order_alone() {
    let ((_folder, dir), mut shop) = (folder(), Shop::empty_with_small_segments().opened_as(1));
    let damaged = shop.place(0, 3, Channel::NotInHand).expect("in stock");
    let placed = shop.records.last().expect("the order").payload.clone();
    // What follows is reached through the damage, by lengths alone.
    let whole = shop.place(1, 2, Channel::Counter).expect("never refused");
    let (_, sold) = shop.sell(0, 2);
    // Until the segment is full and another is written: a segment that is still written is looked at when it is opened.
    for index in 0..200 {
        shop.sell(index % 2, 3);
    }
    let (store, _) = open(&dir, &shop.reader, "monday");
    store.close().expect("a clean stop");
    drop(store);
    let (path, mut bytes) = shop.first_segment();
    let at = bytes.windows(placed.len()).position(|window| window == placed).expect("it is in the journal");
    bytes[at + placed.len() / 2] ^= 1;
    shop.storage.put(&path, bytes);
    let (store, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report.rebuilt, None);
    assert!(matches!(store.order(damaged), Err(StoreError::Journal { .. })), "never a wrong answer");
    store.with_state(&mut |state| {
        assert!(state.orders.contains_key(&whole) && !state.orders.contains_key(&damaged));
    });
    assert_eq!(store.order(whole).expect("readable"), shop.state.orders.get(&whole).cloned());
    assert_eq!(store.sale(sold).expect("readable"), shop.state.sales.get(&sold).cloned());
    assert_eq!(store.applied(), shop.records.last().map(|stored| stored.position));
}

#[test]
fn a_folder_that_was_never_finished_is_moved_aside_and_rebuilt() {
    let shop = busy_shop();
    for name in ["conf", "db"] {
        let (_folder, dir) = folder();
        std::fs::create_dir_all(&dir).expect("a folder");
        std::fs::write(dir.join(name), b"").expect("written");
        let (store, report) = open(&dir, &shop.reader, "monday");
        assert_eq!(report.rebuilt, Some(RebuildReason::Unusable), "{name}");
        shop.check(&*store);
    }
}

#[test]
fn damage_anywhere_never_changes_an_answer() {
    let ((_folder, dir), shop) = (folder(), busy_shop());
    drop(open(&dir, &shop.reader, "monday"));
    let whole = std::fs::read(dir.join("db")).expect("readable");
    let snapshots: Vec<_> = std::fs::read_dir(&dir)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(&path).expect("readable")))
        .collect();
    let mut rebuilt = 0;
    for piece in 0..16 {
        let (_copied, copy) = folder();
        std::fs::create_dir_all(copy.join("blobs")).expect("a folder");
        for (path, bytes) in &snapshots {
            std::fs::write(copy.join(path.file_name().expect("a name")), bytes).expect("copied");
        }
        let offset = whole.len() as u64 * piece / 16;
        overwrite(&copy.join("db"), &[0xAA; 300], offset);
        let (store, report) = open(&copy, &shop.reader, "monday");
        rebuilt += u32::from(report.rebuilt.is_some());
        shop.check(&*store);
    }
    assert!(rebuilt > 0, "some of the damage was seen");
}

#[test]
fn a_file_that_vanishes_under_the_store_is_an_error_and_then_a_rebuild() {
    let ((_folder, dir), shop) = (folder(), busy_shop());
    drop(open(&dir, &shop.reader, "monday"));
    // Opened again, little of it is in memory.
    let (store, _) = open(&dir, &shop.reader, "monday");
    OpenOptions::new().write(true).open(dir.join("db")).expect("there").set_len(0).expect("cut");
    let failed = shop.orders.iter().find_map(|id| store.order(*id).err()).expect("sled notices");
    assert!(failed.is_doubt(), "{failed}");
    assert!(matches!(store.order(shop.orders[0]), Err(StoreError::Stopped)));
    assert!(matches!(store.sync(), Err(StoreError::Stopped)));
    assert!(matches!(store.close(), Err(StoreError::Stopped)));
    store.with_state(&mut |state| assert_eq!(*state, shop.open_state()));
    let (again, report) = open(&dir, &shop.reader, "monday");
    assert_eq!(report.rebuilt, Some(RebuildReason::MarkedDoubtful));
    shop.check(&*again);
}
