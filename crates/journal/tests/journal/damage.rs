//! Flipped bits, missing, swapped and shortened files: found, or without effect, and never served as truth.

use std::path::PathBuf;

use holdfast_journal::format::segment_name;
use holdfast_journal::{
    Finding, Journal, JournalError, MemoryStorage, Options, Reader, Record, Scrub, Storage, verify,
};
use holdfast_testkit::proof::Proof;

use crate::support::{
    EPOCH_A, EPOCH_B, Seeded, append_some, chain, dir, open, payload, shared, small, visible,
};

struct Original {
    files: Vec<(PathBuf, Vec<u8>)>,
    records: Vec<Record>,
    /// The first record of the last group, and the one before which everything is proven by a later group.
    last_group_seq: u64,
}

/// A small journal of three segments and two epochs, ended cleanly or not.
fn original(clean: bool) -> Original {
    let storage = MemoryStorage::new();
    let options = tiny();
    let (mut writer, reader, _) = open(&options, &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 7);
    writer.begin_epoch(EPOCH_B);
    append_some(&mut writer, 1);
    let last_group_seq = 9;
    for seq in 9..12 {
        writer.append(payload(seq)).expect("appending works");
    }
    writer.commit().expect("the commit works");
    if clean {
        writer.shutdown().expect("a clean end");
    } else {
        drop(writer);
    }
    let names = storage.list(&dir()).expect("the folder is there");
    let files = names
        .iter()
        .map(|name| dir().join(name))
        .map(|path| (path.clone(), storage.content(&path).expect("the file is there")))
        .collect();
    Original { files, records: visible(&reader), last_group_seq }
}

fn tiny() -> Options {
    Options { segment_bytes: 704, record_bytes_max: 200, group_bytes_max: 448, ..small(&dir()) }
}

impl Original {
    fn disk(&self) -> MemoryStorage {
        let storage = MemoryStorage::new();
        for (path, bytes) in &self.files {
            storage.put(path, bytes.clone());
        }
        storage
    }

    fn with(&self, index: usize, bytes: Vec<u8>) -> MemoryStorage {
        let storage = self.disk();
        storage.put(&self.files[index].0, bytes);
        storage
    }
}

/// Reads one by one; whatever is returned must be what was written.
fn read_truthfully(storage: &MemoryStorage, options: &Options, original: &Original) -> Option<(u64, bool)> {
    match Journal::open(options.clone(), shared(storage)) {
        Err(error) => {
            assert!(error.code().starts_with("HF-JRN-0"));
            None
        }
        Ok((_writer, reader, recovery)) => {
            let mut scanned = 0;
            for (record, expected) in reader.scan(1).zip(&original.records) {
                let Ok(record) = record else { break };
                assert_eq!(record, *expected);
                scanned += 1;
            }
            for expected in &original.records {
                if let Ok(Some(record)) = reader.read(expected.position.seq) {
                    assert_eq!(record, *expected);
                }
            }
            let head_seq = recovery.head.map_or(0, |head| head.seq);
            if head_seq < original.records.len() as u64 {
                assert!(recovery.torn_tail_bytes > 0, "what was cut is reported");
                assert!(head_seq + 1 >= original.last_group_seq, "only the last group is ambiguous");
            }
            Some((head_seq, scanned == head_seq))
        }
    }
}

#[test]
fn every_flipped_bit_is_found_or_without_effect() {
    for clean in [true, false] {
        let original = original(clean);
        let all = original.records.len() as u64;
        let (mut flips, mut refused, mut cut, mut harmless) = (0, 0, 0, 0);
        for (index, (path, bytes)) in original.files.iter().enumerate() {
            for at in 0..bytes.len() {
                for bit in [0, 7].into_iter().chain([(at % 6) + 1]) {
                    let mut flipped = bytes.clone();
                    flipped[at] ^= 1 << bit;
                    let storage = original.with(index, flipped);
                    let report = verify(&storage, &dir(), chain).expect("verify runs");
                    assert!(!report.is_intact(), "verify finds byte {at} of {}", path.display());

                    let witnessed = Options { witness_seq: all, ..tiny() };
                    if let Some((head_seq, complete)) = read_truthfully(&storage, &witnessed, &original) {
                        assert_eq!(head_seq, all, "a witness allows no loss");
                        // A sealed segment is read when it is needed; damage in it is an error then.
                        assert!(complete || index + 1 < original.files.len());
                    }
                    let storage = original.with(index, {
                        let mut flipped = bytes.clone();
                        flipped[at] ^= 1 << bit;
                        flipped
                    });
                    match read_truthfully(&storage, &tiny(), &original) {
                        None => refused += 1,
                        Some((head_seq, true)) if head_seq == all => harmless += 1,
                        Some((_, true)) => cut += 1,
                        Some((_, false)) => refused += 1,
                    }
                    flips += 1;
                }
            }
        }
        println!(
            "clean end {clean}: {flips} flips: {refused} refused, {cut} cut as an ambiguous tail, {harmless} without effect"
        );
        assert!(flips > 6_000);
        assert_eq!(cut == 0, clean, "after a clean end nothing is ambiguous");
    }
}

#[test]
fn a_missing_a_swapped_and_a_shortened_file_are_found() {
    let original = original(true);
    let numbers = original.files.len();
    for index in 0..numbers {
        let storage = original.disk();
        storage.remove(&original.files[index].0).expect("the file is there");
        let witnessed = Options { witness_seq: original.records.len() as u64, ..tiny() };
        let error = Journal::open(witnessed, shared(&storage)).expect_err("a segment is missing");
        let expected = match index {
            0 => "HF-JRN-016",
            last if last + 1 == numbers => "HF-JRN-004",
            _ => "HF-JRN-005",
        };
        assert_eq!(error.code(), expected);
    }
    let swapped = original.with(0, original.files[1].1.clone());
    assert_eq!(Journal::open(tiny(), shared(&swapped)).expect_err("swapped").code(), "HF-JRN-005");
    for bytes in (0..original.files[0].1.len()).step_by(7) {
        for index in 0..numbers {
            let storage = original.with(index, original.files[index].1[..bytes].to_vec());
            assert!(!verify(&storage, &dir(), chain).expect("verify runs").is_intact());
            let witnessed = Options { witness_seq: original.records.len() as u64, ..tiny() };
            if let Some((head_seq, _)) = read_truthfully(&storage, &witnessed, &original) {
                assert_eq!(head_seq, original.records.len() as u64);
            }
        }
    }
}

#[test]
fn a_record_changed_with_its_checksums_made_to_fit_breaks_the_chain() {
    fn other(previous: &[u8; 32], epoch: &[u8; 16], seq: u64, payload: &[u8]) -> [u8; 32] {
        let mut hash = chain(previous, epoch, seq, payload);
        hash[0] ^= 1;
        hash
    }
    // A forger who knows the format but not what was written before: all CRCs fit, the chain does not.
    let storage = MemoryStorage::new();
    let (mut writer, _, _) = open(&Options { chain: other, ..tiny() }, &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    append_some(&mut writer, 2);
    drop(writer);
    let error = Journal::open(tiny(), shared(&storage)).expect_err("the chain breaks");
    assert!(matches!(error, JournalError::Damaged { seq: 1, .. }));
    assert_eq!(verify(&storage, &dir(), chain).expect("verify runs").findings.len(), 1);
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let original = original(true);
    let mut bytes = original.files[1].1.clone();
    bytes[8] = 2;
    let crc = crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    let error = Journal::open(tiny(), shared(&original.with(1, bytes))).expect_err("a newer version");
    assert_eq!(error.code(), "HF-JRN-006");
}

/// CRC-32C bit by bit, written here so that the format is checked against something else than itself.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0x82F6_3B78 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn cutting_at_damage_keeps_what_is_before_and_destroys_nothing() {
    let original = original(true);
    let (first_path, first) = &original.files[0];
    for (index, at) in [(0, 400), (1, 300), (1, 20), (2, 200)] {
        let mut bytes = original.files[index].1.clone();
        bytes[at] ^= 4;
        let storage = original.with(index, bytes);
        let witnessed = Options { witness_seq: 11, ..tiny() };
        let kept = Journal::cut_at_damage(&witnessed, shared(&storage)).expect("the cut works");
        let (mut writer, reader, recovery) = open(&tiny(), &shared(&storage));
        assert_eq!(recovery.head, kept);
        let records = visible(&reader);
        assert_eq!(records[..], original.records[..records.len()]);
        assert!(records.len() < 11 && (index == 0 || !records.is_empty()));
        let aside = storage.list(&dir()).expect("the folder is there");
        let aside = aside.iter().filter(|name| name.ends_with(".damaged")).count();
        assert!(aside >= 1, "the damaged bytes are still there");
        if index > 0 {
            assert_eq!(storage.content(first_path).as_ref().map(|bytes| &bytes[..128]), Some(&first[..128]));
        }
        writer.begin_epoch([9; 16]);
        append_some(&mut writer, 2);
        assert!(reader.verify(chain).expect("verify runs").is_intact());
    }
    let mut bytes = first.clone();
    bytes[3] ^= 1;
    let storage = original.with(0, bytes);
    let error = Journal::cut_at_damage(&tiny(), shared(&storage)).expect_err("nothing would be left");
    assert_eq!(error.code(), "HF-JRN-005");
    assert!(storage.content(&dir().join(segment_name(1))).is_some());
}

/// Walks all sealed segments in pieces.
fn scrubbed(reader: &Reader, bytes_max: u64) -> (u64, Vec<Finding>) {
    let (mut scrub, mut bytes, mut findings) = (Scrub::default(), 0, Vec::new());
    loop {
        let piece = reader.scrub(&mut scrub, chain, bytes_max).expect("the disk answers");
        bytes += piece.bytes;
        findings.extend(piece.finding);
        if piece.pass_done {
            return (bytes, findings);
        }
    }
}

/// Segments of many blocks, two epochs, groups of many sizes.
fn larger(clean: bool) -> (Original, Options) {
    let options = Options { segment_bytes: 8 << 10, group_bytes_max: 4 << 10, ..small(&dir()) };
    let storage = MemoryStorage::new();
    let (mut writer, reader, _) = open(&options, &shared(&storage));
    writer.begin_epoch(EPOCH_A);
    let mut last_group_seq = 0;
    for group in 0..60 {
        if group == 40 {
            writer.begin_epoch(EPOCH_B);
        }
        for _ in 0..=group * 7 % 9 {
            let seq = writer.head().map_or(1, |head| head.seq + 1);
            writer.append(payload(seq)).expect("appending works");
        }
        last_group_seq = reader.head().map_or(1, |head| head.seq + 1);
        writer.commit().expect("the commit works");
    }
    let records = visible(&reader);
    if clean {
        writer.shutdown().expect("a clean end");
    } else {
        drop(writer);
    }
    let names = storage.list(&dir()).expect("the folder is there");
    let files = names
        .iter()
        .filter(|name| name.ends_with(".hfj"))
        .map(|name| dir().join(name))
        .map(|path| (path.clone(), storage.content(&path).expect("the file is there")))
        .collect();
    (Original { files, records, last_group_seq }, options)
}

#[test]
fn a_flipped_bit_in_any_block_is_found_before_it_is_served() {
    const BLOCK: usize = 512;
    let proof = Proof::of("R11", "journal, every 512-byte block");
    let (mut blocks, mut refused, mut cut, mut scrub_found) = (0_u64, 0_u64, 0_u64, 0_u64);
    for clean in [true, false] {
        let (original, options) = larger(clean);
        let all = original.records.len() as u64;
        assert!(original.files.len() >= 6, "{} segments", original.files.len());
        let mut seeded = Seeded(11);
        for (index, (path, bytes)) in original.files.iter().enumerate() {
            for block in (0..bytes.len()).step_by(BLOCK) {
                let at = block + usize::try_from(seeded.next()).expect("64 bits") % BLOCK;
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (seeded.next() % 8);
                blocks += 1;
                let storage = original.with(index, flipped.clone());
                let report = verify(&storage, &dir(), chain).expect("verify runs");
                assert!(!report.is_intact(), "verify finds byte {at} of {}", path.display());
                // Whoever has seen the last record allows no loss, wherever the bit is.
                let witnessed = Options { witness_seq: all, ..options.clone() };
                if let Some((head_seq, complete)) = read_truthfully(&storage, &witnessed, &original) {
                    assert_eq!(head_seq, all);
                    assert!(complete || index + 1 < original.files.len());
                }
                // Without a witness the last group alone may be cut, and that is said.
                match read_truthfully(&original.with(index, flipped.clone()), &options, &original) {
                    Some((head_seq, true)) if head_seq == all => {}
                    Some((_, true)) => cut += 1,
                    _ => refused += 1,
                }
                // In a sealed segment the slow walk finds it while nobody needs the record yet.
                let storage = original.with(index, flipped);
                if let Ok((_writer, reader, _)) = Journal::open(witnessed, shared(&storage))
                    && index + 1 < original.files.len()
                {
                    let (_, findings) = scrubbed(&reader, 1_000);
                    assert_eq!(findings.len(), 1, "byte {at} of {}: {findings:?}", path.display());
                    assert_eq!(findings[0].path, *path);
                    scrub_found += 1;
                }
            }
        }
    }
    assert!(blocks > 180 && cut > 0 && scrub_found > 100);
    proof
        .counted(blocks, "flipped bits, each found by verify")
        .counted(refused, "refused when opened or read")
        .counted(scrub_found, "in sealed segments, found by the slow walk")
        .counted(cut, "in the last group, reported as an ambiguous tail")
        .holds();
}

#[test]
fn the_slow_walk_reads_everything_that_is_sealed_and_begins_again() {
    let (original, options) = larger(true);
    let (_writer, reader, _) = open(&options, &shared(&original.disk()));
    let sealed = &original.files[..original.files.len() - 1];
    let bytes: usize = sealed
        .iter()
        .map(|(_, bytes)| {
            bytes.iter().rposition(|byte| *byte != 0).expect("records").next_multiple_of(8) - 128
        })
        .sum();
    for bytes_max in [1, 700, 1 << 20] {
        let (read, findings) = scrubbed(&reader, bytes_max);
        assert_eq!((read, findings), (bytes as u64, Vec::new()), "in pieces of {bytes_max}");
    }
    let mut scrub = Scrub::default();
    let first = reader.scrub(&mut scrub, chain, 1).expect("the disk answers");
    assert!(first.bytes > 0 && first.through_seq > 0 && !first.pass_done);
}
