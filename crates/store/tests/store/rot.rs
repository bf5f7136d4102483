//! Bit rot in the state: whatever sled makes of a flipped bit, no answer is ever wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_store::{SledOptions, SledStore};
use holdfast_testkit::proof::Proof;

use crate::shop::Shop;

const BLOCK_BYTES: usize = 512;
const FLIPS_PER_BLOCK: usize = 2;
const WORKERS: usize = 2;

/// A state that was closed cleanly, file by file.
struct Kept {
    shop: Shop,
    files: Vec<(PathBuf, Vec<u8>)>,
}

#[derive(Default)]
struct Counts {
    flips: AtomicU64,
    rebuilt: AtomicU64,
    refused: AtomicU64,
    without_effect: AtomicU64,
}

/// Memory where there is some: thousands of states are opened, and each open syncs its files.
fn folder() -> tempfile::TempDir {
    let builder = tempfile::Builder::new();
    builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir()).expect("a folder")
}

fn kept() -> Kept {
    let mut shop = Shop::open();
    let folder = folder();
    let dir = folder.path().join("state");
    for round in 0..4 {
        for index in 0..30 {
            let (_, sold) = shop.sell(index % 2, 2);
            if index % 5 == 0 {
                shop.give_back(index % 2, sold, 1).expect("just bought");
            }
        }
        // Opened again and again, so that there is a snapshot and a log of several runs.
        let boot = format!("boot {round}");
        let (store, _) =
            SledStore::open(&dir, &shop.reader, SledOptions::new(boot)).expect("the state opens");
        store.close().expect("a clean stop");
    }
    let files = std::fs::read_dir(&dir)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_file())
        .map(|path| (path.file_name().expect("a name").into(), std::fs::read(&path).expect("readable")))
        .collect();
    Kept { shop, files }
}

/// One flipped bit: the state opens and answers as the journal says, or says that it cannot and is rebuilt.
fn flip(kept: &Kept, at: (usize, usize, u8), place: &Path, counts: &Counts) {
    let (damaged, offset, bit) = at;
    std::fs::create_dir_all(place.join("blobs")).expect("a folder");
    for (index, (name, bytes)) in kept.files.iter().enumerate() {
        let mut bytes = bytes.clone();
        if index == damaged {
            bytes[offset] ^= 1 << bit;
        }
        std::fs::write(place.join(name), bytes).expect("written");
    }
    let name = kept.files[damaged].0.display();
    let open = || SledStore::open(place, &kept.shop.reader, SledOptions::new("later"));
    let (store, report) = open().unwrap_or_else(|error| panic!("{name} byte {offset} bit {bit}: {error}"));
    let answered = catch_unwind(AssertUnwindSafe(|| kept.shop.try_check(&*store)));
    drop(store);
    match answered {
        Ok(Ok(())) if report.rebuilt.is_some() => counts.rebuilt.fetch_add(1, Ordering::Relaxed),
        Ok(Ok(())) => counts.without_effect.fetch_add(1, Ordering::Relaxed),
        Ok(Err(error)) => {
            assert!(error.is_doubt(), "{error}");
            let (store, report) = open().expect("it is rebuilt");
            assert!(report.rebuilt.is_some());
            kept.shop.check(&*store);
            counts.refused.fetch_add(1, Ordering::Relaxed)
        }
        Err(_) => panic!("a wrong answer after {name} byte {offset} bit {bit}, rebuilt {:?}", report.rebuilt),
    };
    counts.flips.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_flipped_bit_in_any_block_never_changes_an_answer() {
    let proof = Proof::of("R11", "state, every 512-byte block");
    let kept = kept();
    let places: Vec<(usize, usize, u8)> = (0..kept.files.len())
        .flat_map(|index| {
            let bytes = kept.files[index].1.len();
            let blocks = (0..bytes).step_by(BLOCK_BYTES);
            blocks.flat_map(|block| (0..FLIPS_PER_BLOCK).map(move |flip| (block, flip))).map(
                move |(block, flip)| {
                    // Anywhere in the block, and any bit, but the same in every run.
                    let draw = (block / BLOCK_BYTES * 7_919 + index * 131 + flip * 1_709) % 4_096;
                    let offset = (block + draw % BLOCK_BYTES).min(bytes - 1);
                    (index, offset, u8::try_from(draw / BLOCK_BYTES).expect("below 8"))
                },
            )
        })
        .collect();
    let counts = Counts::default();
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (kept, places, counts) = (&kept, &places, &counts);
            scope.spawn(move || {
                for at in places.iter().skip(worker).step_by(WORKERS) {
                    let folder = folder();
                    flip(kept, *at, &folder.path().join("state"), counts);
                }
            });
        }
    });
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    assert_eq!(read(&counts.flips), places.len() as u64);
    assert!(read(&counts.rebuilt) > 0, "some of the damage was seen");
    proof
        .counted(read(&counts.flips), "flipped bits, 0 wrong answers")
        .counted(read(&counts.rebuilt), "found when opened, and rebuilt")
        .counted(read(&counts.refused), "found when read, and rebuilt")
        .counted(read(&counts.without_effect), "without effect: every answer equals the journal's")
        .holds();
}
