//! What is kept of people: the stored bytes stay readable, limits hold, and nothing shows itself by being printed.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{SubjectId, Uuid};
use holdfast_protocol::subject::file::{
    Key, Part, decode_ids, decode_keys, decode_part, decode_sealed, encode_ids, encode_keys, encode_part,
    encode_sealed,
};
use holdfast_protocol::subject::{
    CARD_CHARS_MAX, Consents, Details, DetailsError, DetailsUpdate, Mention, NAME_CHARS_MAX, NOTES_CHARS_MAX,
    Private, Purpose, Subject, SubjectBytesError, SubjectSearch, SubjectsFound, TAX_ID_CHARS_MAX, associated,
    comparable_card, comparable_email, comparable_phone, decode_details, encode_details, join_sealed,
    split_sealed,
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
        card: Some(Private::new("Club 4711 0815")),
        tax_id: Some(Private::new("ATU12345678")),
        consents: [
            (Purpose::ReceiptsByEmail, Timestamp(1_780_000_000_000)),
            (Purpose::Loyalty, Timestamp(5)),
        ]
        .into_iter()
        .collect(),
    }
}

/// What the first version could say.
fn first_details() -> Details {
    Details { card: None, tax_id: None, consents: Consents::default(), ..details() }
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
    let stored = golden("details-v2.bin", &made);
    assert_eq!(stored, *made);
    assert_eq!(decode_details(&stored).unwrap(), (Timestamp(1_790_000_000_000), details()));
    // The first version is not written any more, and never written anew.
    let stored = std::fs::read(folder("subjects").join("details.bin")).unwrap();
    assert_eq!(stored[0], 1, "the version");
    assert_eq!(decode_details(&stored).unwrap(), (Timestamp(1_790_000_000_000), first_details()));

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
    assert_eq!(
        refused(&|d| d.card = private(&"x".repeat(CARD_CHARS_MAX + 1))),
        DetailsError::TooLong { what: "customer card's number", max: CARD_CHARS_MAX }
    );
    assert_eq!(
        refused(&|d| d.tax_id = private(&"1".repeat(TAX_ID_CHARS_MAX + 1))),
        DetailsError::TooLong { what: "tax number", max: TAX_ID_CHARS_MAX }
    );
    for hidden in ["C\u{200b}1", "C\t1", "Č1"] {
        let forbidden = |what| DetailsError::Forbidden { what };
        assert_eq!(refused(&|d| d.card = private(hidden)), forbidden("customer card's number"), "{hidden:?}");
        assert_eq!(refused(&|d| d.tax_id = private(hidden)), forbidden("tax number"), "{hidden:?}");
    }
    let agreed = Details { consents: details().consents, ..Details::default() };
    assert_eq!(agreed.checked(), Err(DetailsError::Nothing), "a consent of nobody");
    let card = Details { card: private(" C-1 "), ..Details::default() };
    assert_eq!(card.checked().unwrap().card, private("C-1"), "a card alone is somebody");
}

#[test]
fn a_payment_card_is_no_customer_card_however_it_is_spaced() {
    let with = |card: &str| Details { card: Some(Private::new(card)), ..details() }.checked();
    for payment in ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "C 3782 822463 10005 x"]
    {
        assert_eq!(with(payment), Err(DetailsError::PaymentCard));
        assert!(!DetailsError::PaymentCard.to_string().contains("4111"));
    }
    // The barcode that most customer cards have.
    for own in ["2900000000018", "CLUB-0815", "A"] {
        assert_eq!(with(own).unwrap().card.unwrap().reveal(), own);
    }
}

#[test]
fn a_till_that_says_nothing_of_card_tax_number_and_consents_changes_none_of_them() {
    let update = |json: serde_json::Value| serde_json::from_value::<DetailsUpdate>(json).unwrap();
    let (before, now) = (details(), Timestamp(9));
    // As tills of the first version put it: what they know is replaced, and what they cannot know stays.
    let older = update(serde_json::json!({"name": "Ada Brown", "email": null, "phone": "+43 1"}));
    let after = older.onto(Some(&before), now).unwrap();
    assert_eq!((after.email, after.notes), (None, None));
    assert_eq!(after.phone, Some(Private::new("+43 1")));
    assert_eq!(
        (&after.card, &after.tax_id, &after.consents),
        (&before.card, &before.tax_id, &before.consents)
    );

    // Taking away is said.
    let taken = update(serde_json::json!({"name": "Ada Brown", "card": null, "tax_id": "", "consents": []}));
    let after = taken.onto(Some(&before), now).unwrap();
    assert_eq!((after.card, after.tax_id, after.consents), (None, None, Consents::default()));
    assert!(serde_json::from_value::<DetailsUpdate>(serde_json::json!({"consents": null})).is_err());
    for unknown in [serde_json::json!(["profiling"]), serde_json::json!({"loyalty": 1})] {
        let body = serde_json::json!({"name": "Ada", "consents": unknown});
        assert!(serde_json::from_value::<DetailsUpdate>(body).is_err());
    }
}

#[test]
fn a_consent_has_the_time_when_it_was_given_first_and_a_new_one_after_it_was_taken_back() {
    let agree = |before: Option<&Details>, to: &[Purpose], now: i64| {
        let consents = Mention::Said(to.iter().copied().collect());
        let update = DetailsUpdate { name: Some(Private::new("Ada")), consents, ..DetailsUpdate::default() };
        update.onto(before, Timestamp(now)).unwrap()
    };
    let times =
        |details: &Details| details.consents.iter().map(|(purpose, at)| (purpose, at.0)).collect::<Vec<_>>();
    let first = agree(None, &[Purpose::Loyalty], 10);
    let again = agree(Some(&first), &[Purpose::Loyalty, Purpose::MarketingByPhone], 20);
    assert_eq!(times(&again), [(Purpose::MarketingByPhone, 20), (Purpose::Loyalty, 10)]);
    let back = agree(Some(&again), &[Purpose::MarketingByPhone], 30);
    assert_eq!(times(&back), [(Purpose::MarketingByPhone, 20)]);
    let anew = agree(Some(&back), &[Purpose::Loyalty], 40);
    assert_eq!(times(&anew), [(Purpose::Loyalty, 40)]);
}

#[test]
fn what_one_registration_lacks_comes_from_the_other_but_no_consent_does() {
    let text = |text: &str| Some(Private::new(text));
    let other = Details { name: text("A. Brown"), ..details() };
    let mut kept = Details { name: text("Ada Brown"), email: text("ada@example.org"), ..Details::default() };
    assert_eq!(kept.fill_from(&other), ["phone", "notes", "card", "tax id"]);
    let email = text("ada@example.org");
    assert_eq!(kept, Details { name: text("Ada Brown"), email, consents: Consents::default(), ..details() });
    assert!(kept.clone().fill_from(&other).is_empty(), "the second time there is nothing to take");
}

#[test]
fn addresses_and_numbers_are_compared_by_what_they_mean() {
    assert_eq!(*comparable_email(" Ada@Example.COM "), *comparable_email("ada@example.com"));
    for written in ["+43 1 555-0199", "+43/1/5550199", " +43 (1) 555.01.99"] {
        assert_eq!(comparable_phone(written).as_str(), "+4315550199", "{written}");
    }
    assert_ne!(comparable_phone("+4315550199"), comparable_phone("4315550199"));
    for written in [" club 4711 0815", "CLUB47110815", "Club4711 0815 "] {
        assert_eq!(comparable_card(written).as_str(), "CLUB47110815", "{written}");
    }
    assert_ne!(comparable_card("CLUB-4711"), comparable_card("CLUB4711"));
}

#[test]
fn printing_shows_nothing_of_a_person() {
    let subject = Subject { subject: subject(1), changed_at: Timestamp(0), details: details() };
    let search = SubjectSearch::Email(Private::new("ada@example.com"));
    let found = SubjectsFound { subjects: vec![subject.clone()] };
    let update = DetailsUpdate::from(details());
    let printed = format!("{subject:?} {subject:#?} {search:?} {found:?} {update:?} {:?}", part().keys);
    for canary in ["Ada", "ada", "example", "555", "umbrella", "4711", "ATU", "Loyalty", "7, 7", "0707"] {
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
    let search = serde_json::to_value(SubjectSearch::Card(Private::new("C 1"))).unwrap();
    assert_eq!(search, serde_json::json!({"card": "C 1"}));
    let consents = serde_json::json!({
        "receipts_by_email": "2026-05-28T20:26:40.000Z", "loyalty": "1970-01-01T00:00:00.005Z"
    });
    assert_eq!((&body["consents"], &body["tax_id"]), (&consents, &"ATU12345678".into()));
    assert_eq!(serde_json::from_value::<Details>(body).unwrap(), details());
    // A till of the first version refuses what it does not know, so it is not told that there is nothing of it.
    let first = serde_json::to_value(first_details()).unwrap();
    assert_eq!(first.as_object().unwrap().keys().collect::<Vec<_>>(), ["email", "name", "notes", "phone"]);
    let update = serde_json::to_value(DetailsUpdate::from(details())).unwrap();
    assert_eq!(update["consents"], serde_json::json!(["receipts_by_email", "loyalty"]));
    let silent = serde_json::to_value(DetailsUpdate::default()).unwrap();
    assert_eq!(silent.as_object().unwrap().len(), 4, "{silent}");
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
