//! Stored records come back as they went in, and anything else is refused without a panic.

use holdfast_domain::Record;
use holdfast_protocol::record::{DecodeError, PAYLOAD_BYTES_MAX, RECORD_VERSION, record_json};
use holdfast_protocol::wire::Wired;
use holdfast_protocol::{decode_record, encode_record};
use proptest::prelude::*;

use crate::arbitrary::Source;
use crate::golden::files;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_record_survives_both_of_its_forms(seed: u64) {
        let record = Source(seed).record();
        let stored = encode_record(&record);
        prop_assert_eq!(stored[0], RECORD_VERSION);
        prop_assert!(stored.len() < PAYLOAD_BYTES_MAX);
        prop_assert_eq!(&decode_record(&stored).expect("its own bytes"), &record);
        let text = serde_json::to_string(&record_json(&record)).expect("text");
        let read: Wired<Record> = serde_json::from_str(&text).expect("its own text");
        prop_assert_eq!(&read.0, &record);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300), versioned: bool) {
        let mut bytes = bytes;
        if versioned {
            bytes.insert(0, RECORD_VERSION);
        }
        let _ = decode_record(&bytes);
    }
}

#[test]
fn damaged_records_are_answered_and_what_is_accepted_can_be_shown_and_stored() {
    let golden: Vec<Vec<u8>> = files("v1", "bin").into_values().collect();
    let mut source = Source(42);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..100_000 {
        let at = usize::try_from(source.below(golden.len() as u64)).unwrap();
        let mut bytes = golden[at].clone();
        for _ in 0..=source.below(3) {
            let at = usize::try_from(source.below(bytes.len() as u64)).unwrap();
            match source.below(4) {
                0 => bytes[at] ^= 1 << source.below(8),
                1 => bytes[at] = u8::try_from(source.below(256)).unwrap(),
                2 => bytes.insert(at, u8::try_from(source.below(256)).unwrap()),
                _ => bytes.truncate(at.max(1)),
            }
        }
        match decode_record(&bytes) {
            Ok(record) => {
                accepted += 1;
                let _ = record_json(&record);
                let stored = encode_record(&record);
                assert_eq!(decode_record(&stored).expect("its own bytes"), record);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted} accepted, {refused} refused");
}

#[test]
fn what_is_no_record_is_named() {
    let stored = encode_record(&Source(1).record());
    assert!(matches!(decode_record(&[]), Err(DecodeError::Empty)));
    let newer = [&[RECORD_VERSION + 1], &stored[1..]].concat();
    assert!(matches!(decode_record(&newer), Err(DecodeError::UnknownVersion { version: 2 })));
    assert!(matches!(decode_record(&stored[..stored.len() - 1]), Err(DecodeError::Malformed(_))));
    let longer = [&stored[..], &[0]].concat();
    assert!(matches!(decode_record(&longer), Err(DecodeError::Trailing { extra: 1 })));
}
