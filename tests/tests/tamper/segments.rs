//! The journal's own files: a flipped bit in every byte of them is found, or named as an ambiguous tail where only somebody
//! who saw a later head can say more.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_journal::format::segment_name;
use holdfast_journal::{CommitMode, Journal, MemoryStorage, Options, Storage as _, verify};
use holdfast_protocol::chain_hash;
use holdfast_testkit::proof::Proof;

use crate::books::Books;
use crate::flips::bit_of;

const SEED: u64 = 28;
/// Zeros behind the last group of a segment that are flipped as well.
const ZEROS_TRIED: usize = 512;
const FOLDER: &str = "/journal";
/// Records that are committed with one sync.
const GROUP_RECORDS: usize = 8;
const SEGMENT_BYTES: u64 = 48 * 1024;
const GROUP_BYTES_MAX: usize = 16 * 1024;
const RECORD_BYTES_MAX: usize = 8 * 1024;

fn path(number: u64) -> PathBuf {
    Path::new(FOLDER).join(segment_name(number))
}

/// The books in a journal of small segments.
fn journal(books: &Books) -> MemoryStorage {
    let disk = MemoryStorage::new();
    let options = Options {
        segment_bytes: SEGMENT_BYTES,
        group_bytes_max: GROUP_BYTES_MAX,
        record_bytes_max: RECORD_BYTES_MAX,
        commit: CommitMode::Manual,
        ..Options::new(FOLDER, chain_hash)
    };
    let (mut writer, _, _) = Journal::open(options, Arc::new(disk.clone())).unwrap();
    for records in books.records.chunks(GROUP_RECORDS) {
        for record in records {
            writer.import(record).unwrap();
        }
        writer.commit().unwrap();
    }
    disk.killed()
}

#[test]
fn no_flipped_bit_of_the_journals_files_stays_unseen() {
    let proof = Proof::of("R27", "a flipped bit in every byte of the journal's segments");
    let books = Books::of_a_day(1, 72 * 1024);
    let disk = journal(&books);
    let check = |disk: &MemoryStorage| verify(disk, Path::new(FOLDER), chain_hash).unwrap();
    let untouched = check(&disk);
    assert!(untouched.is_intact(), "{:?}", untouched.findings);
    assert_eq!(untouched.records, books.last_seq());
    assert!(untouched.segments >= 3, "{}", untouched.segments);
    assert!(untouched.stored_bytes >= 64 * 1024, "{}", untouched.stored_bytes);

    let last_group_first_seq = books.last_seq() - (books.last_seq() - 1) % GROUP_RECORDS as u64;
    let (mut found, mut ambiguous) = (0_u64, 0_u64);
    for number in 1..=untouched.segments {
        let bytes = disk.content(&path(number)).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let file = disk.open(&path(number)).unwrap();
        for (at, byte) in bytes.iter().enumerate().take(used + ZEROS_TRIED) {
            file.write_at(&[byte ^ 1 << bit_of(SEED, at)], at as u64).unwrap();
            let report = check(&disk);
            assert!(!report.is_intact(), "byte {at} of segment {number}");
            match &report.ambiguous_tail {
                Some(tail) if report.findings.is_empty() => {
                    assert_eq!(number, untouched.segments, "only the last segment has a tail");
                    assert!(tail.seq >= last_group_first_seq, "byte {at}: {tail:?}");
                    ambiguous += 1;
                }
                _ => found += 1,
            }
            file.write_at(&[*byte], at as u64).unwrap();
        }
    }
    assert!(check(&disk).is_intact(), "put back as it was");
    assert!(found > 10 * ambiguous, "{found} found, {ambiguous} in the tail");
    proof
        .counted(untouched.stored_bytes, "stored bytes")
        .counted(found, "flips found")
        .counted(ambiguous, "flips named as an ambiguous tail")
        .holds();
}
