//! What is kept is found, what is erased is nowhere, and the files may be left at any moment.

use std::path::{Path, PathBuf};
use std::time::Instant;

use holdfast_domain::ids::Uuid;
use holdfast_protocol::subject::file::{Keys, Part, decode_part, encode_part};
use holdfast_protocol::subject::{Private, Purpose};

use super::*;

fn id(number: u128) -> SubjectId {
    SubjectId(Uuid::from_u128((0x0192 << 112) + (7 << 76) + number))
}

fn private(text: &str) -> Option<Private> {
    Some(Private::new(text))
}

fn details(number: u128) -> Details {
    Details {
        name: private(&format!("Canary Name {number}")),
        email: private(&format!("canary.{number}@example.com")),
        phone: private(&format!("+43 1 {number:05}77")),
        card: private(&format!("Canary-{number:04}")),
        ..Details::default()
    }
}

struct Place {
    _place: tempfile::TempDir,
    folder: DataFolder,
}

impl Place {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path().join("hub"));
        folder.create().unwrap();
        Self { _place: place, folder }
    }

    fn open(&self) -> Subjects {
        Subjects::open(&self.folder, &Gone::default()).unwrap()
    }

    fn with(people: u128) -> (Self, Subjects) {
        let place = Self::new();
        restore_part(&place.folder, &crowd(people), &BTreeSet::new()).unwrap();
        let subjects = place.open();
        (place, subjects)
    }

    fn vault(&self) -> Part {
        decode_part(&vault_part(&self.folder).unwrap().unwrap()).unwrap()
    }
}

/// A vault's part with so many people: one write for each file instead of several for each person.
fn crowd(people: u128) -> zeroize::Zeroizing<Vec<u8>> {
    let mut part = Part { keys: Some(Keys::new()), ..Part::default() };
    for n in 0..people {
        let key = seal::fresh_key();
        part.sealed.insert(id(n), seal::seal(&key, id(n), Timestamp(1), &details(n)));
        part.keys.as_mut().unwrap().insert(id(n), key);
    }
    encode_part(&part)
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

fn is_anywhere(folder: &DataFolder, wanted: &[u8]) -> bool {
    files(folder.root()).iter().any(|(_, bytes)| bytes.windows(wanted.len()).any(|part| part == wanted))
}

fn is_erased(subjects: &Subjects, subject: SubjectId) -> bool {
    matches!(subjects.check_stands(subject), Err(HubError::Refused { refusal }) if *refusal == Refusal::SubjectErased { subject })
}

fn names(found: &[Subject]) -> Vec<&str> {
    found.iter().filter_map(|known| known.details.name.as_ref().map(Private::reveal)).collect()
}

#[test]
fn what_is_kept_comes_back_after_a_restart_and_is_found_by_address_or_number() {
    let (place, subjects) = Place::with(3);
    subjects
        .put(id(1), &Details { email: private("CANARY.2@example.com"), ..details(1) }, Timestamp(9))
        .unwrap();
    for subjects in [subjects, place.open()] {
        let known = subjects.get(id(1)).unwrap().unwrap();
        assert_eq!((known.changed_at, known.details.email), (Timestamp(9), private("CANARY.2@example.com")));
        assert_eq!(subjects.get(id(3)).unwrap(), None);
        let by_email = |email: &str| subjects.find(&SubjectSearch::Email(Private::new(email))).unwrap();
        let by_phone = |phone: &str| subjects.find(&SubjectSearch::Phone(Private::new(phone))).unwrap();
        assert_eq!(names(&by_email("Canary.2@EXAMPLE.com")), ["Canary Name 1", "Canary Name 2"]);
        assert!(by_email("canary.1@example.com").is_empty(), "the address that was changed");
        assert!(by_email("canary").is_empty());
        assert_eq!(names(&by_phone("+43/1/0000277")), ["Canary Name 2"]);
        assert_eq!((subjects.count(), subjects.newest(2)), (3, vec![id(2), id(1)]));
    }
}

#[test]
fn a_card_finds_one_customer_however_it_is_written_and_is_free_again_when_they_are_gone() {
    let (place, subjects) = Place::with(3);
    for subjects in [subjects, place.open()] {
        let by_card = |card: &str| subjects.find(&SubjectSearch::Card(Private::new(card))).unwrap();
        assert_eq!(names(&by_card(" can ary-0002")), ["Canary Name 2"]);
        assert!(
            by_card("canary-00021").is_empty() && by_card("canary0002").is_empty() && by_card(" ").is_empty()
        );
        let same = Details { card: private("CANARY-00 02"), ..details(1) };
        let taken = subjects.check_card(id(1), &same);
        assert!(matches!(taken, Err(HubError::CardTaken { other }) if other == id(2)));
        subjects.check_card(id(2), &same).unwrap();
        subjects.check_card(id(1), &details(9)).unwrap();
        subjects.check_card(id(1), &Details { card: None, ..details(1) }).unwrap();
    }
    let subjects = place.open();
    subjects.put(id(1), &Details { card: private("other"), ..details(1) }, Timestamp(9)).unwrap();
    subjects.check_card(id(0), &details(1)).unwrap();
    subjects.erase(id(2)).unwrap();
    subjects.check_card(id(0), &details(2)).unwrap();
}

/// What is known of one person under two ids: what only the first has, and what both have.
fn registered_twice() -> (Place, Details) {
    let (place, subjects) = Place::with(3);
    let loyal = [(Purpose::Loyalty, Timestamp(7))].into_iter().collect();
    let goes = Details { tax_id: private("ATU-CANARY"), consents: loyal, ..details(1) };
    subjects.put(id(1), &goes, Timestamp(1)).unwrap();
    let kept = Details { card: None, phone: None, ..details(2) };
    subjects.put(id(2), &kept, Timestamp(1)).unwrap();
    let (card, phone, tax_id) = (goes.card, goes.phone, goes.tax_id);
    (place, Details { card, phone, tax_id, ..kept })
}

fn merged() -> Gone {
    Gone { merged: [(id(1), id(2))].into(), ..Gone::default() }
}

/// Nothing of the first is left anywhere, and the second has what both had.
fn is_one(place: &Place, subjects: &Subjects, before: &Part, expected: &Details) {
    let (key, sealed) = (&before.keys.as_ref().unwrap()[&id(1)], &before.sealed[&id(1)]);
    assert!(!is_anywhere(&place.folder, key.bytes()), "the key");
    assert!(!is_anywhere(&place.folder, &sealed[13..29]), "the details");
    assert_eq!(subjects.get(id(1)).unwrap(), None);
    assert_eq!(&subjects.get(id(2)).unwrap().unwrap().details, expected);
    let found = subjects.find(&SubjectSearch::Card(Private::new("canary-0001"))).unwrap();
    assert_eq!(found.iter().map(|known| known.subject).collect::<Vec<_>>(), [id(2)]);
    assert!(subjects.find(&SubjectSearch::Email(Private::new("canary.1@example.com"))).unwrap().is_empty());
    let stands = subjects.check_stands(id(1));
    let says = Refusal::SubjectMerged { subject: id(1), into: id(2) };
    assert!(matches!(stands, Err(HubError::Refused { refusal }) if *refusal == says));
    assert_eq!((subjects.count(), subjects.erased_count()), (2, 0));
    assert_eq!((subjects.who_is(id(1)), subjects.merged_into(id(2))), (id(2), vec![id(1)]));
    assert!(subjects.erased_beyond(&merged()).is_empty());
    let after = place.vault();
    assert!(!after.keys.unwrap().contains_key(&id(1)) && !after.sealed.contains_key(&id(1)));
    assert!(after.erased.contains(&id(1)), "no older copy brings them back");
}

#[test]
fn a_merge_takes_what_the_kept_one_lacks_and_destroys_the_rest() {
    let (place, expected) = registered_twice();
    let (before, subjects) = (place.vault(), place.open());
    let shelves = Shelves::of(&place.folder);
    // Second names show what became of the bytes on the disk.
    let old_keys = place.folder.root().join("old-keys");
    std::fs::hard_link(shelves.keys(shelf_of(id(1))), &old_keys).unwrap();
    let done = subjects.merge(id(1), id(2)).unwrap();
    assert_eq!(done.taken, ["phone", "card", "tax id"]);
    assert_eq!(done.destroyed, Destroyed { keys: 1, sealed_bytes: before.sealed[&id(1)].len() });
    assert!(std::fs::read(&old_keys).unwrap().iter().all(|byte| *byte == 0));
    is_one(&place, &subjects, &before, &expected);
    assert_eq!(subjects.merge(id(1), id(2)).unwrap(), merge::Merged::default(), "nothing is left to do");
    let again = Subjects::open(&place.folder, &merged()).unwrap();
    is_one(&place, &again, &before, &expected);
}

#[test]
fn a_start_goes_on_with_a_merge_that_an_end_interrupted_anywhere() {
    for ended in ["after the journal", "after the taking", "after the note"] {
        let (place, expected) = registered_twice();
        let (before, subjects) = (place.vault(), place.open());
        let shelves = Shelves::of(&place.folder);
        let mut index = subjects.lock();
        index.merged = merged().merged;
        if ended != "after the journal" {
            subjects.fill(&mut index, id(1)).unwrap();
        }
        if ended == "after the note" {
            shelf::replace(&shelves.erased(), &encode_ids(&BTreeSet::from([id(1)]))).unwrap();
        }
        drop(index);
        let subjects = Subjects::open(&place.folder, &merged()).unwrap();
        is_one(&place, &subjects, &before, &expected);
        // What is taken away later stays away.
        let without = Details { phone: None, ..expected };
        subjects.put(id(2), &without, Timestamp(9)).unwrap();
        is_one(&place, &Subjects::open(&place.folder, &merged()).unwrap(), &before, &without);
    }
}

#[test]
fn an_older_vault_brings_back_what_a_later_merge_took_over_and_only_that() {
    let (here, expected) = registered_twice();
    let (before, older) = (here.vault(), vault_part(&here.folder).unwrap().unwrap());
    let elsewhere = Place::new();
    restore_part(&elsewhere.folder, &older, &BTreeSet::new()).unwrap();
    let subjects = Subjects::open(&elsewhere.folder, &merged()).unwrap();
    is_one(&elsewhere, &subjects, &before, &expected);
    restore_part(&elsewhere.folder, &older, &BTreeSet::new()).unwrap();
    subjects.reload(&merged()).unwrap();
    assert_eq!(subjects.get(id(1)).unwrap(), None, "the second time there is nothing to take");
}

#[test]
fn an_erasure_destroys_what_is_left_of_everybody_who_was_merged_into_the_one() {
    let (place, _) = registered_twice();
    let before = place.vault();
    let subjects = place.open();
    // The journal says so, and an end came before anything was taken.
    subjects.lock().merged = merged().merged;
    subjects.erase(id(2)).unwrap();
    for gone in [id(1), id(2)] {
        assert!(!is_anywhere(&place.folder, before.keys.as_ref().unwrap()[&gone].bytes()));
        assert!(is_erased(&subjects, gone));
    }
    // The same where the start finds out.
    let (place, _) = registered_twice();
    let gone = Gone { erased: BTreeSet::from([id(2)]), ..merged() };
    let subjects = Subjects::open(&place.folder, &gone).unwrap();
    assert_eq!(subjects.newest(9), [id(0)]);
    assert_eq!(place.vault().keys.unwrap().into_keys().collect::<Vec<_>>(), [id(0)]);
}

#[test]
fn a_merge_waits_for_a_file_that_cannot_be_read() {
    let (place, _) = registered_twice();
    let shelves = Shelves::of(&place.folder);
    assert_ne!(shelf_of(id(1)), shelf_of(id(2)));
    let path = shelves.details(shelf_of(id(2)));
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[1..]).unwrap();
    let subjects = Subjects::open(&place.folder, &merged()).unwrap();
    assert!(subjects.get(id(1)).unwrap().is_some(), "what only they have is not destroyed");
    std::fs::write(&path, &whole).unwrap();
    subjects.reload(&merged()).unwrap();
    assert_eq!(subjects.get(id(1)).unwrap(), None);
}

#[test]
fn nothing_of_a_person_can_be_read_in_any_file_and_keys_lie_apart_from_what_they_open() {
    let (place, _) = Place::with(20);
    for canary in ["Canary", "canary", "example", "43 1"] {
        assert!(!is_anywhere(&place.folder, canary.as_bytes()), "{canary}");
    }
    let part = place.vault();
    let keys = part.keys.unwrap();
    assert_eq!((keys.len(), part.sealed.len()), (20, 20));
    for (path, bytes) in files(place.folder.root()) {
        let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|some| some == wanted);
        let holds_key = keys.values().any(|key| has(key.bytes()));
        let holds_details = part.sealed.values().any(|sealed| has(sealed));
        assert!(!(holds_key && holds_details), "{}", path.display());
    }
}

#[test]
fn an_erasure_leaves_neither_key_nor_details_in_any_file_and_nobody_else_notices() {
    let (place, subjects) = Place::with(600);
    let before = place.vault();
    let (key, sealed) = (before.keys.as_ref().unwrap()[&id(7)].clone(), before.sealed[&id(7)].clone());
    let shelves = Shelves::of(&place.folder);
    let shelf = shelf_of(id(7));
    // Second names show what became of the bytes on the disk, whatever the files are called now.
    let (old_keys, old_details) =
        (place.folder.root().join("old-keys"), place.folder.root().join("old-details"));
    std::fs::hard_link(shelves.keys(shelf), &old_keys).unwrap();
    std::fs::hard_link(shelves.details(shelf), &old_details).unwrap();
    assert!(is_anywhere(&place.folder, key.bytes()) && is_anywhere(&place.folder, &sealed));

    let destroyed = subjects.erase(id(7)).unwrap();
    assert_eq!(destroyed, Destroyed { keys: 1, sealed_bytes: sealed.len() });
    assert!(!is_anywhere(&place.folder, key.bytes()), "the key");
    assert!(
        !is_anywhere(&place.folder, &sealed) && !is_anywhere(&place.folder, &sealed[13..29]),
        "the details"
    );
    assert!(std::fs::read(&old_keys).unwrap().iter().all(|byte| *byte == 0));
    assert!(std::fs::read(&old_details).unwrap().iter().all(|byte| *byte == 0));

    assert_eq!(subjects.erase(id(7)).unwrap(), Destroyed::default(), "nothing is left the second time");
    for subjects in [subjects, place.open()] {
        assert!(is_erased(&subjects, id(7)) && !subjects.has(id(7)));
        assert_eq!(subjects.get(id(7)).unwrap(), None);
        assert!(
            subjects.find(&SubjectSearch::Email(Private::new("canary.7@example.com"))).unwrap().is_empty()
        );
        assert_eq!(subjects.count(), 599);
        (0..600).filter(|n| *n != 7).for_each(|n| {
            assert_eq!(subjects.get(id(n)).unwrap().unwrap().details, details(n));
        });
    }
    let after = place.vault();
    assert_eq!(after.erased, BTreeSet::from([id(7)]));
    assert!(!after.keys.unwrap().contains_key(&id(7)) && !after.sealed.contains_key(&id(7)));
}

#[test]
fn a_start_goes_on_with_what_an_end_interrupted() {
    let (place, subjects) = Place::with(3);
    drop(subjects);
    let shelves = Shelves::of(&place.folder);
    // An end between the journal and the files: the journal says that the first is erased.
    let erased = BTreeSet::from([id(0)]);
    // An end between a key and its details, at a registration and at an erasure.
    let mut drawer = Drawer::read(&shelves, shelf_of(id(50))).unwrap();
    drawer.keys.insert(id(50), seal::fresh_key());
    drawer.write_keys(&shelves).unwrap();
    let mut drawer = Drawer::read(&shelves, shelf_of(id(1))).unwrap();
    drawer.keys.remove(&id(1)).unwrap();
    drawer.write_keys(&shelves).unwrap();

    let gone = Gone { erased, ..Gone::default() };
    let subjects = Subjects::open(&place.folder, &gone).unwrap();
    assert_eq!(subjects.newest(9), [id(2)]);
    let part = place.vault();
    assert_eq!(part.keys.unwrap().into_keys().collect::<Vec<_>>(), [id(2)]);
    assert_eq!(part.sealed.into_keys().collect::<Vec<_>>(), [id(2)]);
    assert!(is_erased(&subjects, id(0)) && subjects.erased_beyond(&gone).is_empty());
}

#[test]
fn a_vault_brings_everybody_back_but_those_who_were_erased_anywhere() {
    let (here, subjects) = Place::with(5);
    let older = vault_part(&here.folder).unwrap().unwrap();
    subjects.erase(id(1)).unwrap();
    let newer = vault_part(&here.folder).unwrap().unwrap();

    let elsewhere = Place::new();
    restore_part(&elsewhere.folder, &newer, &BTreeSet::from([id(2)])).unwrap();
    // An older vault that comes later brings nobody back.
    restore_part(&elsewhere.folder, &older, &BTreeSet::new()).unwrap();
    let restored = elsewhere.open();
    assert_eq!(restored.newest(9), [id(4), id(3), id(0)]);
    assert_eq!(restored.get(id(4)).unwrap().unwrap().details, details(4));
    assert_eq!(
        restored.erased_beyond(&Gone { erased: BTreeSet::from([id(2)]), ..Gone::default() }),
        [id(1)],
        "for the journal to be told"
    );
    assert!(matches!(
        restore_part(&elsewhere.folder, &newer[1..], &BTreeSet::new()),
        Err(HubError::FileDamaged { .. })
    ));
    assert_eq!(vault_part(&Place::new().folder).unwrap(), None, "nobody was ever kept there");
}

#[test]
fn a_backup_opens_nothing_by_itself_and_waits_for_the_keys_of_those_who_are_left() {
    let (here, subjects) = Place::with(4);
    let before = here.vault();
    let vault = vault_part(&here.folder).unwrap().unwrap();
    subjects.put(id(3), &Details { notes: private("changed later"), ..details(3) }, Timestamp(5)).unwrap();
    let backup = backup_part(&here.folder).unwrap().unwrap();
    let keys = before.keys.unwrap();
    for key in keys.values() {
        assert!(!backup.windows(16).any(|part| part == &key.bytes()[..16]), "a key in a backup");
    }
    subjects.erase(id(1)).unwrap();

    let restored = Place::new();
    restore_part(&restored.folder, &backup, &BTreeSet::from([id(0)])).unwrap();
    let opened = restored.open();
    assert_eq!(opened.count(), 0, "there is no key yet");
    assert!(!is_anywhere(&restored.folder, &before.sealed[&id(0)]), "erased while it lay in the drawer");
    assert!(is_anywhere(&restored.folder, &before.sealed[&id(2)]));
    // An erasure before the keys come reaches what waits.
    assert_eq!(opened.erase(id(2)).unwrap().sealed_bytes, before.sealed[&id(2)].len());
    assert!(!is_anywhere(&restored.folder, &before.sealed[&id(2)]));

    // The vault is older than the erasure of the second and the change of the fourth.
    restore_part(&restored.folder, &vault, &BTreeSet::from([id(1)])).unwrap();
    opened.reload(&Gone::default()).unwrap();
    assert_eq!(opened.newest(9), [id(3)]);
    assert_eq!(opened.get(id(3)).unwrap().unwrap().details.notes, private("changed later"));
    assert!(!restored.folder.subjects().join("waiting").exists());
}

#[test]
fn a_damaged_file_costs_its_own_customers_and_an_erasure_destroys_it() {
    let (place, subjects) = Place::with(50);
    drop(subjects);
    let shelves = Shelves::of(&place.folder);
    let path = shelves.details(shelf_of(id(7)));
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let subjects = place.open();
    let lost = (0..50).filter(|n| shelf_of(id(*n)) == shelf_of(id(7))).count();
    assert_eq!(subjects.count(), 50 - lost);
    assert!(matches!(subjects.put(id(7), &details(7), Timestamp(2)), Err(HubError::FileDamaged { .. })));
    subjects.erase(id(7)).unwrap();
    assert!(!path.exists() && !shelves.keys(shelf_of(id(7))).exists());
}

#[test]
fn nothing_of_a_person_is_printed() {
    let (_place, subjects) = Place::with(2);
    let shown = subjects.get(id(1)).unwrap();
    let printed = format!("{subjects:?} {shown:?} {:?}", details(1)).to_lowercase();
    for canary in ["canary", "example", "0000177"] {
        assert!(!printed.contains(canary), "{canary}");
    }
}

#[test]
fn a_change_among_a_hundred_thousand_customers_writes_a_small_part_of_them() {
    let place = Place::new();
    let count = SUBJECTS_MAX as u128 - 1;
    restore_part(&place.folder, &crowd(count), &BTreeSet::new()).unwrap();
    let all: usize = files(&place.folder.subjects()).iter().map(|(_, bytes)| bytes.len()).sum();

    let timed = |what: &str, work: &mut dyn FnMut()| {
        let started = Instant::now();
        work();
        println!("{what}: {:?}", started.elapsed());
    };
    let mut opened = None;
    timed("opened", &mut || opened = Some(place.open()));
    let subjects = opened.unwrap();
    assert_eq!(subjects.count() as u128, count);
    timed("registered one", &mut || subjects.put(id(count), &details(count), Timestamp(2)).unwrap());
    assert!(matches!(
        subjects.put(id(count + 1), &details(count), Timestamp(2)),
        Err(HubError::SubjectsFull { .. })
    ));
    timed("changed one", &mut || subjects.put(id(5), &details(count), Timestamp(2)).unwrap());
    timed("read one", &mut || assert!(subjects.get(id(5)).unwrap().is_some()));
    let same = SubjectSearch::Email(Private::new(format!("canary.{count}@example.com")));
    timed("found two", &mut || assert_eq!(subjects.find(&same).unwrap().len(), 2));
    timed("erased one", &mut || assert_eq!(subjects.erase(id(5)).unwrap().keys, 1));
    let mut vault = 0;
    timed("made the vault's part", &mut || vault = vault_part(&place.folder).unwrap().unwrap().len());
    println!("{all} bytes of files, {vault} bytes for the vault");

    // What one change writes: the two files of one shelf.
    let largest = (0..SHELVES)
        .map(|shelf| {
            let shelves = Shelves::of(&place.folder);
            [shelves.keys(shelf), shelves.details(shelf)]
                .iter()
                .map(|path| path.metadata().unwrap().len())
                .sum::<u64>()
        })
        .max()
        .unwrap();
    assert!(largest * 150 < all as u64, "a change writes {largest} of {all} bytes");
}
