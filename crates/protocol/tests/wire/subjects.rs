//! What is kept of people: the stored bytes stay readable, limits hold, and nothing shows itself by being printed.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{SubjectId, Uuid};
use holdfast_protocol::subject::file::{
    Key, Part, decode_ids, decode_keys, decode_part, decode_sealed, encode_ids, encode_keys, encode_part,
    encode_sealed,
};
use holdfast_protocol::subject::{
    Details, DetailsError, NAME_CHARS_MAX, NOTES_CHARS_MAX, Private, Subject, SubjectBytesError,
    SubjectSearch, SubjectsFound, associated, comparable_email, comparable_phone, decode_details,
    encode_details, join_sealed, split_sealed,
};
use proptest::prelude::*;

use crate::golden::{folder, updating};

fn subject(number: u128) -> SubjectId {
    SubjectId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + number))
}

fn details() -> Details {
    Details {
        name: Some(Private::new("Ada Brown")),
        email: Some(Private::new("ada@example.com")),
        phone: Some(Private::new("+43 1 555 0199")),
        notes: Some(Private::new("left the umbrella\nlikes Müsli")),
    }
}

fn part() -> Part {
    Part {
        keys: Some([(subject(1), Key::new([7; 32])), (subject(2), Key::new([8; 32]))].into()),
        sealed: [(subject(1), join_sealed(&[1; 12], b"one")), (subject(2), join_sealed(&[2; 12], b"two"))]
            .into(),
        erased: [subject(3)].into(),
    }
}

/// The committed bytes; `UPDATE_GOLDEN=1` writes those that today's code makes.
fn golden(name: &str, made: &[u8]) -> Vec<u8> {
    let path = folder("subjects").join(name);
    if updating() {
        std::fs::create_dir_all(folder("subjects")).unwrap();
        std::fs::write(&path, made).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn what_was_stored_once_is_read_as_it_was_meant() {
    let made = encode_details(Timestamp(1_790_000_000_000), &details());
    let stored = golden("details.bin", &made);
    assert_eq!(stored, *made);
    assert_eq!(decode_details(&stored).unwrap(), (Timestamp(1_790_000_000_000), details()));

    let part = part();
    let (keys, sealed) = (part.keys.clone().unwrap(), part.sealed.clone());
    let stored = golden("keys.bin", &encode_keys(&keys));
    assert_eq!((decode_keys(&stored).unwrap(), stored), (keys.clone(), encode_keys(&keys).to_vec()));
    let stored = golden("sealed.bin", &encode_sealed(&sealed));
    assert_eq!((decode_sealed(&stored).unwrap(), stored), (sealed.clone(), encode_sealed(&sealed)));
    let stored = golden("ids.bin", &encode_ids(&part.erased));
    assert_eq!((decode_ids(&stored).unwrap(), stored), (part.erased.clone(), encode_ids(&part.erased)));
    let stored = golden("part-vault.bin", &encode_part(&part));
    assert_eq!((decode_part(&stored).unwrap(), stored), (part.clone(), encode_part(&part).to_vec()));
    let backup = Part { keys: None, ..part };
    let stored = golden("part-backup.bin", &encode_part(&backup));
    assert_eq!((decode_part(&stored).unwrap(), stored), (backup.clone(), encode_part(&backup).to_vec()));
}

#[test]
fn an_edited_or_cut_file_is_no_file_and_no_kind_passes_for_another() {
    let bytes = encode_keys(&part().keys.unwrap());
    for at in 0..bytes.len() {
        let mut edited = bytes.to_vec();
        edited[at] ^= 1;
        assert!(decode_keys(&edited).is_err(), "byte {at}");
        assert!(decode_keys(&bytes[..at]).is_err(), "cut at {at}");
    }
    assert!(matches!(decode_sealed(&bytes), Err(SubjectBytesError::Unknown)));
    let mut newer = bytes.to_vec();
    newer[4] = 2;
    assert!(matches!(decode_keys(&newer), Err(SubjectBytesError::UnknownVersion { version: 2 })));
}

#[test]
fn sealed_bytes_come_apart_as_they_were_put_together() {
    let sealed = join_sealed(&[9; 12], b"secret");
    assert_eq!(split_sealed(&sealed).unwrap(), ([9; 12], &b"secret"[..]));
    assert!(split_sealed(&sealed[..12]).is_err() && split_sealed(&[]).is_err());
    assert_ne!(associated(subject(1)), associated(subject(2)));
}

#[test]
fn details_are_trimmed_and_held_to_their_limits() {
    let padded =
        Details { name: Some(Private::new("  Ada Brown ")), phone: Some(Private::new("")), ..details() };
    let checked = padded.checked().unwrap();
    assert_eq!(checked, Details { phone: None, ..details() });
    let refused = |change: &dyn Fn(&mut Details)| {
        let mut details = details();
        change(&mut details);
        details.checked().unwrap_err()
    };
    let private = |text: &str| Some(Private::new(text));
    assert_eq!(Details::default().checked(), Err(DetailsError::Nothing));
    assert_eq!(
        refused(&|d| d.name = private(&"x".repeat(NAME_CHARS_MAX + 1))),
        DetailsError::TooLong { what: "name", max: NAME_CHARS_MAX }
    );
    assert_eq!(
        refused(&|d| d.notes = private(&"ü".repeat(NOTES_CHARS_MAX + 1))),
        DetailsError::TooLong { what: "notes", max: NOTES_CHARS_MAX }
    );
    assert_eq!(refused(&|d| d.name = private("Ada\nBrown")), DetailsError::Forbidden { what: "name" });
    assert_eq!(refused(&|d| d.notes = private("\u{202e}adA")), DetailsError::Forbidden { what: "notes" });
    assert_eq!(
        refused(&|d| d.email = private("ada @example.com")),
        DetailsError::Forbidden { what: "e-mail address" }
    );
    for bad in ["ada", "@", "ada@", "@example.com", "a@b@c"] {
        assert_eq!(refused(&|d| d.email = private(bad)), DetailsError::NoAddress, "{bad}");
    }
    assert_eq!(refused(&|d| d.phone = private("none")), DetailsError::NoNumber);
}

#[test]
fn addresses_and_numbers_are_compared_by_what_they_mean() {
    assert_eq!(*comparable_email(" Ada@Example.COM "), *comparable_email("ada@example.com"));
    for written in ["+43 1 555-0199", "+43/1/5550199", " +43 (1) 555.01.99"] {
        assert_eq!(comparable_phone(written).as_str(), "+4315550199", "{written}");
    }
    assert_ne!(comparable_phone("+4315550199"), comparable_phone("4315550199"));
}

#[test]
fn printing_shows_nothing_of_a_person() {
    let subject = Subject { subject: subject(1), changed_at: Timestamp(0), details: details() };
    let search = SubjectSearch::Email(Private::new("ada@example.com"));
    let found = SubjectsFound { subjects: vec![subject.clone()] };
    let printed = format!("{subject:?} {subject:#?} {search:?} {found:?} {:?}", part().keys);
    for canary in ["Ada", "ada", "example", "555", "umbrella", "7, 7", "0707"] {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
}

#[test]
fn the_bodies_are_what_the_document_says_and_refuse_what_they_do_not_know() {
    let body = serde_json::to_value(details()).unwrap();
    assert_eq!(body["email"], "ada@example.com");
    assert_eq!(
        serde_json::from_value::<Details>(serde_json::json!({"name": "Ada Brown"})).unwrap().email,
        None
    );
    assert!(serde_json::from_value::<Details>(serde_json::json!({"name": "Ada", "iban": "x"})).is_err());
    let search = serde_json::to_value(SubjectSearch::Phone(Private::new("+43"))).unwrap();
    assert_eq!(search, serde_json::json!({"phone": "+43"}));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200), tagged: bool) {
        let tag: &[u8] = if tagged { b"HFSP\x01" } else { b"" };
        let bytes = [tag, &bytes].concat();
        let _ = (decode_part(&bytes), decode_keys(&bytes), decode_sealed(&bytes), decode_ids(&bytes));
        let _ = (decode_details(&bytes), split_sealed(&bytes));
    }
}
