//! One flipped bit in every byte of an export, and every bit of its header and trailer.

use holdfast_protocol::export::{HEADER_BYTES, TRAILER_BYTES};
use holdfast_testkit::proof::Proof;

use crate::books::{Books, EXPORT_BYTES_MIN};
use crate::independent;

const SEED: u64 = 27;

/// The seeded choice of a byte's bit: splitmix64 of seed and place. The Python driver has its own.
pub fn bit_of(seed: u64, at: usize) -> u8 {
    let mut z = seed.wrapping_add((at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ z >> 31) & 7) as u8
}

fn places(bytes: usize) -> Vec<(usize, u8)> {
    let mut places = Vec::new();
    for at in 0..bytes {
        if at < HEADER_BYTES || at >= bytes - TRAILER_BYTES {
            places.extend((0..8).map(|bit| (at, bit)));
        } else {
            places.push((at, bit_of(SEED, at)));
        }
    }
    places
}

#[test]
fn no_flipped_bit_of_an_export_stays_unseen_by_either_verifier() {
    let proof = Proof::of("R27", "a flipped bit in every byte of an export");
    let books = Books::of_a_day(1, EXPORT_BYTES_MIN);
    let mut export = books.export(1, books.last_seq());
    assert!(export.len() >= EXPORT_BYTES_MIN);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("books.hfx");
    std::fs::write(&file, &export).unwrap();
    let other = independent::flips(&books, &file, SEED);

    assert_eq!(books.verdict(&export), "intact");
    assert_eq!(independent::judge(&books, std::slice::from_ref(&export)), ["intact"]);
    let places = places(export.len());
    let mut own = Vec::with_capacity(places.len());
    for (at, bit) in &places {
        export[*at] ^= 1 << bit;
        own.push(books.verdict(&export));
        export[*at] ^= 1 << bit;
    }
    let other = independent::verdicts(other);
    assert_eq!(own.len(), other.len(), "both made the same flips");
    for (((at, bit), own), other) in places.iter().zip(&own).zip(&other) {
        assert_ne!(own, "intact", "bit {bit} of byte {at} stays unseen by the hub's verifier");
        assert_ne!(other, "intact", "bit {bit} of byte {at} stays unseen by the independent verifier");
        assert_eq!(own, other, "the verifiers disagree about bit {bit} of byte {at}");
    }
    proof
        .counted(export.len() as u64, "bytes")
        .counted(own.len() as u64, "flips found by both verifiers")
        .holds();
}
