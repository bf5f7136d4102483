//! What somebody does who knows the format: records dropped, doubled, swapped, taken from elsewhere; the end cut off; the
//! chain computed anew. All that is missing to him is the hub's key.

use ed25519_dalek::{Signer as _, SigningKey};
use holdfast_domain::ids::{StoreId, Uuid};
use holdfast_hub::verify::{Evidence, Finding};
use holdfast_protocol::chain_hash;
use holdfast_protocol::export::TRAILER_BYTES;
use holdfast_protocol::head::{SignedHeadJson, short};
use holdfast_testkit::proof::Proof;

use crate::books::{Books, EXPORT_BYTES_MIN, borders, line};
use crate::independent;

/// Exports that must not pass, each with what was done to it.
struct Forgeries {
    export: Vec<u8>,
    borders: Vec<usize>,
    made: Vec<(String, Vec<u8>)>,
}

impl Forgeries {
    fn of(export: Vec<u8>) -> Self {
        Self { borders: borders(&export), export, made: Vec::new() }
    }

    fn records(&self) -> usize {
        self.borders.len() - 1
    }

    /// The bytes of the records `from..to`, counted from 0; the trailer is what follows the last one.
    fn part(&self, from: usize, to: usize) -> &[u8] {
        &self.export[self.borders[from]..self.borders[to]]
    }

    fn before(&self, index: usize) -> &[u8] {
        &self.export[..self.borders[index]]
    }

    fn from(&self, index: usize) -> &[u8] {
        &self.export[self.borders[index]..]
    }

    fn make(&mut self, what: String, parts: &[&[u8]]) {
        let bytes = parts.concat();
        assert_ne!(bytes, self.export, "{what} changes nothing");
        self.made.push((what, bytes));
    }
}

/// Every record from `edited` on with a hash that fits, as somebody without the key can make it; the trailer's head follows.
fn with_a_new_chain(books: &Books, edited: usize, change: impl Fn(&mut Vec<u8>)) -> Books {
    let mut records = books.records.clone();
    change(&mut records[edited].payload);
    for index in edited..records.len() {
        let previous = if index == 0 { [0; 32] } else { records[index - 1].position.hash };
        let record = &mut records[index];
        let position = &mut record.position;
        position.hash = chain_hash(&previous, &position.epoch, position.seq, &record.payload);
    }
    Books { records, ..books.clone() }
}

fn forge_records(forgeries: &mut Forgeries, other: &Forgeries) {
    let records = forgeries.records();
    for index in 0..records {
        let (before, after) = (forgeries.before(index).to_vec(), forgeries.from(index + 1).to_vec());
        let record = forgeries.part(index, index + 1).to_vec();
        forgeries.make(format!("record {index} dropped"), &[&before, &after]);
        forgeries.make(format!("record {index} doubled"), &[&before, &record, &record, &after]);
        if index + 1 < records {
            let next = forgeries.part(index + 1, index + 2).to_vec();
            let rest = forgeries.from(index + 2).to_vec();
            forgeries.make(format!("record {index} swapped"), &[&before, &next, &record, &rest]);
        }
        if index < other.records() {
            let foreign = other.part(index, index + 1).to_vec();
            forgeries.make(format!("record {index} of another history"), &[&before, &foreign, &after]);
            let foreign_end = other.from(index).to_vec();
            if index > 0 {
                forgeries.make(format!("another history from record {index} on"), &[&before, &foreign_end]);
            }
        }
    }
}

fn forge_ends(forgeries: &mut Forgeries, earlier: &[u8]) {
    let trailer = forgeries.export[forgeries.export.len() - TRAILER_BYTES..].to_vec();
    let earlier_trailer = &earlier[earlier.len() - TRAILER_BYTES..];
    for index in 0..=forgeries.records() {
        let before = forgeries.before(index).to_vec();
        forgeries.make(format!("cut before record {index}"), &[&before]);
        if index < forgeries.records() {
            forgeries.make(format!("cut before record {index}, the trailer kept"), &[&before, &trailer]);
            let header_kept = forgeries.before(0).to_vec();
            let rest = forgeries.from(index + 1).to_vec();
            forgeries.make(format!("the records up to {index} left out"), &[&header_kept, &rest]);
        }
    }
    let whole = forgeries.before(forgeries.records()).to_vec();
    forgeries.make("an earlier export's trailer".into(), &[&whole, earlier_trailer]);
    forgeries.make("two trailers".into(), &[&whole, &trailer, &trailer]);
    forgeries.make("one export after another".into(), &[&whole, &trailer, earlier]);
    forgeries.make("a byte more".into(), &[&whole, &trailer, &[0]]);
    for cut in 1..TRAILER_BYTES {
        forgeries.make(format!("{cut} bytes of the trailer cut"), &[&whole, &trailer[..TRAILER_BYTES - cut]]);
    }
    forgeries.make("nothing".into(), &[]);
}

fn forge_chains(forgeries: &mut Forgeries, books: &Books) {
    let mallory = SigningKey::from_bytes(&[66; 32]);
    let trailer = forgeries.export[forgeries.export.len() - TRAILER_BYTES..].to_vec();
    let last_seq = books.last_seq();
    for edited in (0..books.records.len()).step_by(5) {
        let forged = with_a_new_chain(books, edited, |payload| {
            let middle = payload.len() / 2;
            payload[middle] ^= 1;
        });
        let by_mallory = forged.export_signed_by(&mallory, 1, last_seq);
        let records = &by_mallory[..by_mallory.len() - TRAILER_BYTES];
        let own_trailer = &by_mallory[by_mallory.len() - TRAILER_BYTES..];
        forgeries.make(format!("record {edited} edited, hashes anew"), &[records, &trailer]);
        forgeries.make(format!("record {edited} edited, signed by another"), &[&by_mallory]);
        // The hub's public key over signatures that are not its own; then with the hub's signatures of another export.
        let mut key_kept = own_trailer.to_vec();
        key_kept[192..224].copy_from_slice(&trailer[192..224]);
        forgeries.make(format!("record {edited} edited, the hub's key claimed"), &[records, &key_kept]);
        key_kept[128..192].copy_from_slice(&trailer[128..192]);
        key_kept[224..].copy_from_slice(&trailer[224..]);
        forgeries.make(format!("record {edited} edited, old signatures"), &[records, &key_kept]);
        // A head that the hub did sign, over this very history's end, does not sign the file.
        let mut head_kept = own_trailer.to_vec();
        let head = forged.head(last_seq).head;
        head_kept[128..192].copy_from_slice(&books.key.sign(&head.signing_bytes()).to_bytes());
        head_kept[192..224].copy_from_slice(&trailer[192..224]);
        forgeries.make(format!("record {edited} edited, only its head signed"), &[records, &head_kept]);
        if edited > 0 {
            let longer = with_a_new_chain(books, edited, |payload| payload.push(0));
            let longer = longer.export_signed_by(&mallory, 1, last_seq);
            let body = &longer[..longer.len() - TRAILER_BYTES];
            forgeries.make(format!("record {edited} made longer"), &[body, &trailer]);
        }
    }
}

#[test]
fn whoever_has_no_key_changes_no_record_unseen() {
    let proof = Proof::of("R27", "exports forged by somebody who knows the format");
    let books = Books::of_a_day(1, EXPORT_BYTES_MIN);
    let other = Forgeries::of(Books::of_a_day(2, EXPORT_BYTES_MIN).export(1, 150));
    let mut forgeries = Forgeries::of(books.export(1, books.last_seq()));
    forge_records(&mut forgeries, &other);
    forge_ends(&mut forgeries, &books.export(1, 40));
    forge_chains(&mut forgeries, &books);

    let (names, mut exports): (Vec<_>, Vec<_>) = forgeries.made.into_iter().unzip();
    // Beside them the honest ones, so that no verifier passes by refusing everything.
    let honest = [books.export(1, books.last_seq()), books.export(1, 40), books.export(30, books.last_seq())];
    exports.extend(honest);
    let theirs = independent::judge(&books, &exports);
    assert_eq!(theirs.len(), exports.len());
    for (index, export) in exports.iter().enumerate() {
        let name = names.get(index).map_or("an honest export", String::as_str);
        let ours = books.verdict(export);
        assert_eq!(ours == "intact", index >= names.len(), "{name}: {ours}");
        assert_eq!(theirs[index], ours, "the verifiers disagree: {name}");
    }
    proof.counted(names.len() as u64, "forgeries found by both verifiers").holds();
}

#[test]
fn an_honest_export_that_ends_too_early_is_found_against_a_later_head_or_receipt() {
    let proof = Proof::of("R27", "truncation against heads and receipts");
    let books = Books::of_a_day(1, 16 * 1024);
    let last = books.last_seq();
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let foreign = Books::of_a_day(2, 16 * 1024);
    let write_head = |name: &str, from: &Books, seq: u64| {
        let json = serde_json::to_string(&SignedHeadJson::from(&from.head(seq))).unwrap();
        std::fs::write(path(name), json).unwrap();
        path(name).to_str().unwrap().to_owned()
    };
    let receipt =
        |from: &Books, seq: u64| short(seq, &from.records[usize::try_from(seq).unwrap() - 1].position.hash);
    let mut compared = 0;
    for cut in 1..last {
        let export = books.export(1, cut);
        let evidence = |head: Option<u64>, paper: Option<String>| {
            let mut evidence = Evidence::default();
            if let Some(seq) = head {
                evidence.head("head", books.head(seq), &[books.public_key()]).unwrap();
            }
            if let Some(paper) = paper {
                evidence.receipt(paper.parse().unwrap()).unwrap();
            }
            evidence
        };
        let intact = books.verify(&export, &evidence(None, None)).unwrap();
        assert!(intact.to_string().contains(&format!("complete up to record {cut}, ")), "{intact}");
        for later in [cut + 1, last] {
            for proof in [evidence(Some(later), None), evidence(None, Some(receipt(&books, later)))] {
                let finding = books.verify(&export, &proof).unwrap_err();
                assert!(
                    matches!(&finding, Finding::CutOff { seq, last_seq, .. } if (*seq, *last_seq) == (later, cut))
                );
                compared += 1;
            }
        }
        let agrees = evidence(Some(cut), Some(receipt(&books, cut.div_ceil(2))));
        assert_eq!(books.verify(&export, &agrees).unwrap().agrees.len(), 2);
        let other = evidence(None, Some(receipt(&foreign, cut)));
        assert_eq!(line(&books.verify(&export, &other)), format!("history - {cut}"));
        compared += 2;
    }

    // The independent one, as an auditor calls it.
    let export = path("books.hfx");
    std::fs::write(&export, books.export(20, 30)).unwrap();
    let later = write_head("later.json", &books, 31);
    let inside = write_head("inside.json", &books, 25);
    let before = write_head("before.json", &books, 19);
    let early = write_head("early.json", &books, 3);
    // The same hub under another history, another hub under this one, another store.
    let twin = Books { records: foreign.records.clone(), ..books.clone() };
    let set_back = write_head("set-back.json", &twin, 25);
    let strange = Books { key: SigningKey::from_bytes(&[66; 32]), ..books.clone() };
    let unsigned = write_head("unsigned.json", &strange, 25);
    let elsewhere = Books { store: StoreId(Uuid::nil()), ..books.clone() };
    let elsewhere = write_head("elsewhere.json", &elsewhere, 25);
    let (on_paper, cut_off) = (receipt(&books, 30).to_lowercase(), receipt(&books, last));
    let wrong = format!("25{}", &receipt(&books, 26)[2..]);
    for (arguments, code, said) in [
        (vec!["--head", &inside, "--head", &before, "--receipt", &on_paper], 0, "agrees: receipt 30-"),
        (vec!["--head", &early], 0, "not compared"),
        (vec!["--head", &later], 1, "[cut-off]"),
        (vec!["--receipt", &cut_off], 1, "[cut-off]"),
        (vec!["--head", &set_back], 1, "[history]"),
        (vec!["--receipt", &wrong], 1, "[history]"),
        (vec!["--head", &unsigned], 2, "is not signed by the key given"),
        (vec!["--head", &elsewhere], 2, "is of another store"),
        (vec!["--head", "/nowhere"], 2, "cannot be read"),
        (vec!["--receipt", "1042-ABC"], 2, "is no short head"),
    ] {
        let theirs = independent::called(&books, &export, &arguments);
        assert!(theirs.0 == code && theirs.1.contains(said), "{arguments:?}: {theirs:?}");
        let ours = independent::beside(&books, &export, &arguments);
        assert!(ours.0 == code && ours.1.contains(said), "{arguments:?}: {ours:?}");
        if code != 2 {
            assert_eq!(ours.1.lines().next(), theirs.1.lines().next(), "{arguments:?}");
        }
        compared += 1;
    }
    proof.counted(compared, "comparisons with heads and receipts").holds();
}
