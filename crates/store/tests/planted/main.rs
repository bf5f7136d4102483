//! The store's suite can fail: each of its mistakes, planted in this process, is caught. Planting is for a whole process, so
//! nothing else runs here.

#[path = "../store/shop.rs"]
#[expect(dead_code, reason = "one kind of day is enough")]
mod shop;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use holdfast_planted::{Bug, plant};
use holdfast_store::{MemoryStore, SledOptions, SledStore, catch_up};
use holdfast_testkit::proof::Proof;

use crate::shop::Shop;

/// A day told to both stores, in between the files as a kill leaves them, and every answer against the shop's own memory.
fn suite() {
    let mut shop = Shop::open();
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("state");
    let open = |dir: &Path, shop: &Shop| {
        SledStore::open(dir, &shop.reader, SledOptions::new("monday")).expect("the state opens").0
    };
    let (on_disk, in_memory) = (open(&dir, &shop), MemoryStore::new());
    for round in 0..3 {
        for _ in 0..4 {
            shop.sell(round % 2, 3);
        }
        catch_up(&*on_disk, &shop.reader, 5).expect("they follow");
        catch_up(&*in_memory, &shop.reader, 5).expect("they follow");
        shop.check(&*in_memory);
        let killed = folder.path().join(format!("killed-{round}"));
        copy_files(&dir, &killed);
        shop.check(&*open(&killed, &shop));
    }
    shop.check(&*on_disk);
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("blobs")).expect("a folder");
    for entry in std::fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
        }
    }
}

#[test]
fn each_mistake_is_caught() {
    suite();
    let proof = Proof::of("R3", "mistakes in the state");
    let mistakes = [Bug::RecordNotApplied, Bug::AppliedBeforeWritten];
    for bug in mistakes {
        plant(Some(bug));
        let caught = catch_unwind(AssertUnwindSafe(suite)).is_err();
        plant(None);
        assert!(caught, "{bug:?} was planted and the suite passed");
    }
    suite();
    proof.counted(mistakes.len() as u64, "planted mistakes, each caught").holds();
}
