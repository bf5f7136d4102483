//! One suite, two storages.

use std::path::PathBuf;
use std::sync::Arc;

use holdfast_journal::{
    DiskStorage, Journal, JournalError, MemoryStorage, Options, Record, Storage, Writer, verify,
};

use crate::support::{
    EPOCH_A, EPOCH_B, append_some, assert_chained, chain, dir, open, payload, prunable, small, threaded,
    visible,
};

struct Place {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    _folder: Option<tempfile::TempDir>,
}

fn places() -> Vec<Place> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir_on_disk = folder.path().join("a").join("journal");
    vec![
        Place { storage: Arc::new(MemoryStorage::new()), dir: dir(), _folder: None },
        Place { storage: Arc::new(DiskStorage::new()), dir: dir_on_disk, _folder: Some(folder) },
    ]
}

fn on_both(check: impl Fn(&Place)) {
    for place in places() {
        check(&place);
    }
}

fn begun(options: &Options, place: &Place) -> (Writer, holdfast_journal::Reader) {
    let (mut writer, reader, _) = open(options, &place.storage);
    writer.begin_epoch(EPOCH_A);
    (writer, reader)
}

#[test]
fn a_new_journal_is_empty_and_wants_an_epoch() {
    on_both(|place| {
        let (mut writer, reader, recovery) = open(&threaded(&place.dir), &place.storage);
        assert_eq!((recovery.head, recovery.records, recovery.clean_end), (None, 0, true));
        assert_eq!((reader.head(), writer.head()), (None, None));
        assert_eq!(reader.read(1).expect("reading works"), None);
        assert!(matches!(writer.append(vec![1]), Err(JournalError::NoEpoch)));
        writer.shutdown().expect("an empty journal closes");
    });
}

#[test]
fn what_was_appended_is_read_back_across_segments_and_starts() {
    on_both(|place| {
        let options = threaded(&place.dir);
        let (mut writer, reader) = begun(&options, place);
        let mut written = append_some(&mut writer, 100);
        assert_eq!(visible(&reader), written);
        writer.shutdown().expect("a clean end");

        let (mut writer, reader, recovery) = open(&options, &place.storage);
        assert!(recovery.clean_end && recovery.copied_segment.is_none());
        assert!(recovery.segments > 3, "the small segments rotated");
        assert_eq!((recovery.records, recovery.first_seq), (100, 1));
        assert_eq!(writer.epoch(), Some(EPOCH_A));
        written.extend(append_some(&mut writer, 100));
        drop(writer);

        let (writer, reader_again, recovery) = open(&options, &place.storage);
        assert!(!recovery.clean_end && recovery.copied_segment.is_some());
        assert_eq!((recovery.torn_tail_bytes, recovery.salvaged_records), (0, 0));
        assert_eq!(visible(&reader_again), written);
        assert_chained(&written);
        assert_eq!(visible(&reader), written, "an older reader follows its own writer to the end");
        let middle: Vec<u64> =
            reader_again.scan(150).map(|record| record.expect("scanning works").position.seq).collect();
        assert_eq!(middle, (150..=200).collect::<Vec<_>>());
        assert!(reader_again.verify(chain).expect("verify runs").is_intact());
        drop(writer);
    });
}

#[test]
fn readers_see_only_what_is_synced() {
    on_both(|place| {
        let (mut writer, reader) = begun(&small(&place.dir), place);
        let position = writer.append(payload(1)).expect("appending works");
        assert_eq!(writer.head(), Some(position));
        assert_eq!((reader.head(), *writer.synced().borrow()), (None, 0));
        assert_eq!(reader.read(1).expect("reading works"), None);
        assert_eq!(reader.scan(1).count(), 0);
        writer.commit().expect("the commit works");
        assert_eq!((reader.head(), *writer.synced().borrow()), (Some(position), 1));
        assert_eq!(visible(&reader).len(), 1);
    });
}

#[test]
fn a_new_epoch_continues_sequence_and_chain_in_a_new_segment() {
    on_both(|place| {
        let options = small(&place.dir);
        let (mut writer, reader) = begun(&options, place);
        append_some(&mut writer, 3);
        writer.append(payload(4)).expect("appending works");
        writer.begin_epoch(EPOCH_B);
        writer.append(payload(5)).expect("appending works");
        writer.commit().expect("one commit may span two epochs");
        let written = visible(&reader);
        let epochs: Vec<[u8; 16]> = written.iter().map(|record| record.position.epoch).collect();
        assert_eq!(epochs, [EPOCH_A, EPOCH_A, EPOCH_A, EPOCH_A, EPOCH_B]);
        assert_chained(&written);
        writer.shutdown().expect("a clean end");
        let (writer, _, recovery) = open(&options, &place.storage);
        assert_eq!((writer.epoch(), recovery.segments), (Some(EPOCH_B), 2));
        let report = verify(&*place.storage, &place.dir, chain).expect("verify runs");
        assert!(report.is_intact() && report.clean_end);
        let spans: Vec<_> = report.epochs.iter().map(|span| (span.first_seq, span.last_seq)).collect();
        assert_eq!(spans, [(1, 4), (5, 5)]);
    });
}

#[test]
fn a_copy_is_imported_verbatim_and_only_in_order() {
    let original = MemoryStorage::new();
    let (mut writer, reader, _) = open(&small(&dir()), &crate::support::shared(&original));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 20);
    writer.begin_epoch(EPOCH_B);
    append_some(&mut writer, 5);
    let records = visible(&reader);
    on_both(|place| {
        let (mut copy, copied, _) = open(&small(&place.dir), &place.storage);
        for record in &records {
            copy.import(record).expect("the chain continues");
            assert!(
                matches!(copy.import(record), Err(JournalError::ImportRejected { .. })),
                "a repeat is refused"
            );
            copy.commit().expect("the commit works");
        }
        let next = Record { position: records[0].position, payload: Vec::new() };
        assert!(matches!(copy.import(&next), Err(JournalError::ImportRejected { head_seq: 25, .. })));
        let mut forged = records[24].clone();
        forged.position.seq = 26;
        assert!(matches!(copy.import(&forged), Err(JournalError::ImportRejected { .. })));
        assert_eq!(visible(&copied), records);
        assert_eq!(copy.epoch(), Some(EPOCH_B));
        append_some(&mut copy, 1);
        assert_chained(&visible(&copied));
    });
}

#[test]
fn pruning_deletes_whole_segments_and_the_rest_opens_again() {
    on_both(|place| {
        let options = prunable(&place.dir);
        let (mut writer, reader) = begun(&options, place);
        let written = append_some(&mut writer, 80);
        let deleted = writer.prune_before(50).expect("pruning works");
        assert!(deleted >= 2, "{deleted} segments held only older records");
        let kept = visible(&reader);
        let first = kept[0].position.seq;
        assert!(first <= 50 && first > 1);
        assert_eq!(kept[..], written[written.len() - kept.len()..]);
        assert_eq!(reader.read(1).expect("reading works"), None);
        writer.shutdown().expect("a clean end");

        let (mut writer, reader, recovery) = open(&options, &place.storage);
        assert_eq!((recovery.first_seq, recovery.records), (first, 81 - first));
        append_some(&mut writer, 1);
        assert_eq!(visible(&reader).len() as u64, 82 - first);
        drop(writer);
        let forever = small(&place.dir);
        let refused = Journal::open(forever, place.storage.clone()).expect_err("the beginning is missing");
        assert_eq!(refused.code(), "HF-JRN-016");
    });
    on_both(|place| {
        let (mut writer, _) = begun(&small(&place.dir), place);
        assert!(matches!(writer.prune_before(9), Err(JournalError::PruneRefused)));
    });
}

#[test]
fn limits_refuse_without_using_a_sequence() {
    on_both(|place| {
        let options = small(&place.dir);
        let (mut writer, _) = begun(&options, place);
        assert!(matches!(writer.append(vec![0; 401]), Err(JournalError::RecordTooLarge { bytes: 401, .. })));
        assert_eq!(writer.queue_room_records(), 64);
        for _ in 0..64 {
            writer.append(vec![0; 400]).expect("the queue has room");
        }
        let full = writer.append(Vec::new()).expect_err("the queue is full");
        assert!(full.is_busy());
        assert_eq!((writer.head().map(|head| head.seq), writer.queue_room_records()), (Some(64), 0));
        writer.commit().expect("the commit works");
        assert_eq!(writer.append(Vec::new()).expect("there is room again").seq, 65);
    });
}

#[test]
fn options_that_cannot_work_are_refused() {
    let refuse = |change: fn(&mut Options)| {
        let mut options = small(&dir());
        change(&mut options);
        let error = Journal::open(options, Arc::new(MemoryStorage::new())).expect_err("refused");
        assert_eq!(error.code(), "HF-JRN-010");
    };
    refuse(|options| options.record_bytes_max = 1024);
    refuse(|options| options.segment_bytes = 1024);
    refuse(|options| options.segment_bytes = 2 << 30);
    refuse(|options| options.segment_bytes = 2049);
    refuse(|options| options.queue_records_max = 0);
    refuse(|options| options.queue_bytes_max = 399);
}

#[test]
fn a_second_process_is_kept_out() {
    on_both(|place| {
        let options = small(&place.dir);
        let (writer, _) = begun(&options, place);
        let refused = Journal::open(options.clone(), place.storage.clone()).expect_err("the lock is held");
        assert_eq!(refused.code(), "HF-JRN-007");
        drop(writer);
        open(&options, &place.storage);
    });
}

#[test]
fn the_largest_records_fit_and_empty_ones_too() {
    on_both(|place| {
        let options = threaded(&place.dir);
        let (mut writer, reader) = begun(&options, place);
        for bytes in [400, 0, 400, 399, 1, 0, 0, 400] {
            writer.append_durable(vec![7; bytes]).expect("appending works");
        }
        let sizes: Vec<usize> = visible(&reader).iter().map(|record| record.payload.len()).collect();
        assert_eq!(sizes, [400, 0, 400, 399, 1, 0, 0, 400]);
        assert!(reader.verify(chain).expect("verify runs").is_intact());
    });
}

#[test]
fn the_disk_says_how_much_room_it_has() {
    on_both(|place| {
        place.storage.create_dir_all(&place.dir).expect("the folder is made");
        assert!(place.storage.free_bytes(&place.dir).expect("the file system answers") > 0);
    });
}

#[test]
fn every_code_has_its_page() {
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
    let mut found: Vec<String> = std::fs::read_dir(pages)
        .expect("the folder of pages exists")
        .filter_map(|entry| entry.expect("readable").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .filter(|name| name.starts_with("HF-JRN-"))
        .collect();
    found.sort();
    let codes: Vec<&str> = holdfast_journal::ERROR_CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(found, codes);
}
