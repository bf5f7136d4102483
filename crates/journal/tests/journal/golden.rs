//! Version 1 of the stored format, byte by byte. These files were written once and are never written again.

use std::fs;
use std::path::{Path, PathBuf};

use holdfast_journal::format::segment_name;
use holdfast_journal::{MemoryStorage, Options, Record, verify};

use crate::support::{EPOCH_A, EPOCH_B, chain, dir, open, payload, shared, small, visible};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn options() -> Options {
    Options { segment_bytes: 1024, record_bytes_max: 256, group_bytes_max: 512, ..small(&dir()) }
}

/// Writes today what the golden files hold: single records and groups of several, empty and uneven payloads, two epochs,
/// a clean end in the middle and one at the end.
fn written_today() -> (MemoryStorage, Vec<Record>) {
    let storage = MemoryStorage::new();
    let (mut writer, _, _) = open(&options(), &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    writer.append_durable(Vec::new()).expect("appending works");
    writer.append_durable(b"one record alone".to_vec()).expect("appending works");
    writer.shutdown().expect("a clean end");
    let (mut writer, reader, _) = open(&options(), &shared(&storage));
    for seq in 3..6 {
        writer.append(payload(seq)).expect("appending works");
    }
    writer.commit().expect("the commit works");
    writer.begin_epoch(EPOCH_B);
    writer.append_durable("Grüße".into()).expect("appending works");
    writer.shutdown().expect("a clean end");
    let records = visible(&reader);
    (storage, records)
}

#[test]
fn what_is_written_today_is_what_was_written_then() {
    let (storage, records) = written_today();
    assert_eq!(records.len(), 6);
    for number in 1..=2 {
        let golden =
            fs::read(folder().join(format!("v1-segment-{number}.bin"))).expect("the golden file is there");
        let today = storage.content(&dir().join(segment_name(number))).expect("the segment is there");
        assert_eq!(today, golden, "segment {number} of version 1 changed; stored formats are frozen");
    }
    assert_eq!(storage.content(&dir().join(segment_name(3))), None);
}

#[test]
fn what_was_written_then_is_read_today() {
    let storage = MemoryStorage::new();
    for number in 1..=2 {
        let golden =
            fs::read(folder().join(format!("v1-segment-{number}.bin"))).expect("the golden file is there");
        storage.put(&dir().join(segment_name(number)), golden);
    }
    let report = verify(&storage, &dir(), chain).expect("verify runs");
    assert!(report.is_intact() && report.clean_end);
    assert_eq!((report.records, report.segments, report.groups), (6, 2, 6));
    let (_, reader, recovery) = open(&options(), &shared(&storage));
    assert!(recovery.clean_end && recovery.copied_segment.is_none());
    assert_eq!(visible(&reader), written_today().1);
}
