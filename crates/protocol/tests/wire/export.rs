//! The export file: one golden file that is read for ever, the same in pieces of any size, and every fault by its name.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{EpochId, HubId, StoreId, Uuid};
use holdfast_protocol::export::{
    Closing, Decoder, Encoder, Entry, Fault, HEADER_BYTES, Opening, Problem, RECORD_HEADER_BYTES,
    TRAILER_BYTES,
};
use holdfast_protocol::head::{Head, SignedHead};
use holdfast_protocol::{chain_hash, encode_record};

use crate::arbitrary::Source;
use crate::golden::{folder, updating};

const KEY: [u8; 32] = [42; 32];
/// The kinds of events that there were when the file was first written.
const KINDS_THEN: usize = 25;
const RECORDS: u64 = 7;

fn opening(first_seq: u64, previous: [u8; 32]) -> Opening {
    Opening {
        store: StoreId(Uuid::from_u128(1)),
        hub: HubId(Uuid::from_u128(2)),
        created_at: Timestamp(1_700_000_000_000),
        first_seq,
        previous,
    }
}

fn epoch_of(seq: u64) -> EpochId {
    EpochId(Uuid::from_u128(if seq < 5 { 3 } else { 4 }))
}

/// A history of seven records under two epochs, exported from `first_seq` on.
fn export(first_seq: u64) -> Vec<u8> {
    let key = SigningKey::from_bytes(&KEY);
    let mut hash = [0; 32];
    let mut out = Vec::new();
    let mut encoder = None;
    for seq in 1..=RECORDS {
        let payload = encode_record(&Source(seq).record_of(KINDS_THEN));
        let epoch = epoch_of(seq);
        if seq == first_seq {
            encoder = Some(Encoder::new(&opening(first_seq, hash), &mut out));
        }
        hash = chain_hash(&hash, epoch.0.as_bytes(), seq, &payload);
        if let Some(encoder) = &mut encoder {
            encoder.record(&Entry { seq, epoch, hash, payload: &payload }, &mut out);
        }
    }
    let head = Head {
        store: StoreId(Uuid::from_u128(1)),
        hub: HubId(Uuid::from_u128(2)),
        epoch: epoch_of(RECORDS),
        seq: RECORDS,
        hash,
        signed_at: Timestamp(1_700_000_000_456),
    };
    let head = SignedHead { head, signature: key.sign(&head.signing_bytes()).to_bytes() };
    let public = key.verifying_key().to_bytes();
    encoder.expect("a first record").close(&head, &public, |seal| key.sign(seal).to_bytes(), &mut out);
    out
}

fn read(bytes: &[u8], piece: usize) -> Result<(Vec<u64>, Opening, Closing), Fault> {
    let mut decoder = Decoder::new();
    let mut seen = Vec::new();
    for piece in bytes.chunks(piece) {
        decoder.feed(piece, &mut |entry| seen.push(entry.seq))?;
    }
    let (opening, closing) = decoder.finish()?;
    Ok((seen, opening, closing))
}

#[test]
fn an_export_that_was_ever_written_is_read_as_it_was_meant() {
    let path = folder("export").join("v1.hfx");
    let written = export(1);
    if updating() {
        std::fs::create_dir_all(folder("export")).unwrap();
        std::fs::write(&path, &written).unwrap();
        let public = SigningKey::from_bytes(&KEY).verifying_key().to_bytes();
        std::fs::write(folder("export").join("v1.key"), hex::encode(public) + "\n").unwrap();
    }
    let stored = std::fs::read(path).expect("the golden file is committed");
    assert_eq!(stored, written, "an export would be written in another form now");
    for piece in [1, 7, 64, 1_000, stored.len()] {
        let (seen, opened, closing) = read(&stored, piece).unwrap();
        assert_eq!((seen.len() as u64, opened), (RECORDS, opening(1, [0; 32])));
        assert_eq!((closing.records, closing.head.head.seq, closing.bytes), (7, 7, stored.len() as u64));
        let key = VerifyingKey::from_bytes(&closing.public_key).unwrap();
        let holds =
            |bytes: &[u8], by: &[u8; 64]| key.verify_strict(bytes, &Signature::from_bytes(by)).is_ok();
        assert!(holds(&closing.head.head.signing_bytes(), &closing.head.signature));
        assert!(holds(&closing.seal_bytes(), &closing.signature));
        assert!(!holds(&closing.seal_bytes(), &closing.head.signature));
    }
}

#[test]
fn a_part_names_what_came_before_it() {
    let (seen, opened, closing) = read(&export(5), 100).unwrap();
    assert_eq!((seen, opened.first_seq, closing.records), (vec![5, 6, 7], 5, 3));
    assert_ne!(opened.previous, [0; 32]);
}

#[test]
fn every_fault_has_its_name_and_place() {
    let good = export(1);
    let first = u32::from_be_bytes(good[HEADER_BYTES + 4..HEADER_BYTES + 8].try_into().unwrap()) as usize;
    let second = HEADER_BYTES + RECORD_HEADER_BYTES + first;
    let trailer = good.len() - TRAILER_BYTES;
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let without_records = [&good[..HEADER_BYTES], &good[trailer..]].concat();
    let without_first = [&good[..HEADER_BYTES], &good[second..]].concat();
    let far = trailer as u64;
    let cases: Vec<(&str, Vec<u8>, Problem, u64, u64)> = vec![
        ("empty", Vec::new(), Problem::Cut, 0, 0),
        ("half a header", good[..50].to_vec(), Problem::Cut, 0, 0),
        ("another magic", with(0, b'h'), Problem::Header, 0, 0),
        ("another version", with(5, 2), Problem::Header, 0, 0),
        ("another header length", with(7, 97), Problem::Header, 0, 0),
        ("a reserved byte", with(95, 1), Problem::Header, 0, 0),
        ("no first record", with(55, 0), Problem::Header, 0, 0),
        ("something before record 1", with(87, 1), Problem::Header, 0, 0),
        ("no mark", with(HEADER_BYTES, b'x'), Problem::Entry, 96, 1),
        ("a mark cut short", good[..HEADER_BYTES + 3].to_vec(), Problem::Cut, 96, 1),
        ("a huge payload", with(HEADER_BYTES + 4, 1), Problem::Length, 96, 1),
        ("another sequence", with(HEADER_BYTES + 15, 9), Problem::Sequence, 96, 1),
        ("another payload", with(second - 1, good[second - 1] ^ 1), Problem::Chain, 96, 1),
        ("the first record left out", without_first, Problem::Sequence, 96, 1),
        ("no record", without_records, Problem::Count, 96, 1),
        ("cut in a record", good[..second + 10].to_vec(), Problem::Cut, second as u64, 2),
        ("no trailer", good[..trailer].to_vec(), Problem::Cut, far, 8),
        ("another count", with(trailer + 15, 6), Problem::Count, far, 8),
        ("a reserved byte at the end", with(trailer + 127, 1), Problem::Reserved, far, 8),
        ("another tag", with(trailer + 16, b'H'), Problem::Head, far, 8),
        ("another head", with(trailer + 110, good[trailer + 110] ^ 1), Problem::Head, far, 8),
        ("another store", with(8, 1), Problem::Head, far, 8),
        ("one byte more", [&good[..], &[0]].concat(), Problem::Following, far + 288, 8),
    ];
    for (name, bytes, problem, offset, seq) in cases {
        for piece in [13, bytes.len().max(1)] {
            let fault = read(&bytes, piece).expect_err(name);
            assert_eq!(fault, Fault { problem, offset, seq }, "{name}");
        }
    }
}

#[test]
fn what_is_signed_changes_with_every_byte_before_it() {
    let good = export(1);
    let digest = read(&good, 4_096).unwrap().2.digest;
    // The hub's clock and the trailer's key and first signature are covered by the digest alone.
    let trailer = good.len() - TRAILER_BYTES;
    for at in [40, 47, trailer + 119, trailer + 128, trailer + 191, trailer + 192, trailer + 223] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        assert_ne!(read(&bytes, 4_096).unwrap().2.digest, digest, "byte {at}");
    }
}
