//! Golden files: what was stored once is read for ever. The committed files are the truth; `UPDATE_GOLDEN=1` writes those
//! that today's code makes, and a diff of them is a change of the stored format.

use std::collections::BTreeMap;
use std::path::PathBuf;

use holdfast_domain::catalog::PriceBook;
use holdfast_domain::refusal::RefusalNote;
use holdfast_domain::{Event, Outcome, Record};
use holdfast_protocol::catalog_file;
use holdfast_protocol::record::record_json;
use holdfast_protocol::{decode_record, encode_record};

use crate::arbitrary::{EVENTS, ORIGINS, OUTCOMES, Source, event_name, origin_name, outcome_name};

pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

pub fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// The files of a folder with an extension, by name.
pub fn files(name: &str, extension: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder(name)).expect("golden files are committed") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == extension) {
            let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
            found.insert(stem, std::fs::read(&path).expect("a golden file"));
        }
    }
    found
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

/// A record for every variant, two of each so that optional parts are met both ways.
fn samples() -> BTreeMap<String, Record> {
    let mut samples = BTreeMap::new();
    let hub = |source: &mut Source, events| Record {
        recorded_at: source.timestamp(),
        origin: source.origin(0),
        outcome: Outcome::Accepted { events },
    };
    for (index, name) in EVENTS.iter().enumerate() {
        for twin in 1..=2 {
            let mut source = Source(index as u64 * 1_000 + twin);
            let events: Vec<Event> = vec![source.event(index)];
            assert_eq!(event_name(&events[0]), *name);
            samples.insert(format!("event-{}-{twin}", snake(name)), hub(&mut source, events));
        }
    }
    for name in ["DepositTaken", "SaleCompleted", "GoodsReturned", "SalePostVoided"] {
        let index = EVENTS.iter().position(|event| *event == name).expect("a kind of event");
        let seed =
            (1..).find(|seed| has_tenders(&Source(*seed).event(index))).expect("one in a few has some");
        let mut source = Source(seed);
        let event = source.event(index);
        let events = vec![source.with_typed_tenders(event)];
        samples.insert(format!("event-{}-typed", snake(name)), hub(&mut source, events));
    }
    for name in ["DepositTaken", "SaleCompleted", "GoodsReturned", "SalePostVoided"] {
        let index = EVENTS.iter().position(|event| *event == name).expect("a kind of event");
        let seed =
            (1..).find(|seed| has_tenders(&Source(*seed).event(index))).expect("one in a few has some");
        let mut source = Source(seed);
        let event = source.event(index);
        let events = vec![source.with_electronic_tenders(event)];
        samples.insert(format!("event-{}-electronic", snake(name)), hub(&mut source, events));
    }
    for twin in 1..=4 {
        let mut source = Source(66_000 + twin);
        let events = vec![source.wide_order()];
        samples.insert(format!("order-of-wide-lines-{twin}"), hub(&mut source, events));
    }
    for (index, name) in ORIGINS.iter().enumerate() {
        let mut source = Source(77_000 + index as u64);
        let mut record = hub(&mut source, vec![]);
        record.origin = source.origin(index);
        assert_eq!(origin_name(&record.origin), *name);
        samples.insert(format!("origin-{}", snake(name)), record);
    }
    for name in OUTCOMES {
        let mut source = Source(88_000);
        let mut record = hub(&mut source, vec![]);
        if *name == "Refused" {
            let text = "only 0 of WATCH are available, 1 were asked for".into();
            record.outcome = Outcome::Refused { refusal: RefusalNote { code: "HF-CMD-132".into(), text } };
        }
        assert_eq!(outcome_name(&record.outcome), *name);
        samples.insert(format!("outcome-{}", snake(name)), record);
    }
    samples
}

fn has_tenders(event: &Event) -> bool {
    match event {
        Event::DepositTaken { payment, .. }
        | Event::SaleCompleted { payment, .. }
        | Event::GoodsReturned { payment, .. }
        | Event::SalePostVoided { payment, .. } => payment.tenders.len() > 1,
        _ => false,
    }
}

fn pretty(record: &Record) -> String {
    serde_json::to_string_pretty(&record_json(record)).expect("a readable form") + "\n"
}

#[test]
fn every_kind_of_record_that_was_ever_stored_is_read_as_it_was_meant() {
    if updating() {
        std::fs::create_dir_all(folder("v1")).expect("the folder");
        for (name, record) in samples() {
            std::fs::write(folder("v1").join(format!("{name}.bin")), encode_record(&record))
                .expect("written");
            std::fs::write(folder("v1").join(format!("{name}.json")), pretty(&record)).expect("written");
        }
    }
    let (stored, views) = (files("v1", "bin"), files("v1", "json"));
    assert_eq!(stored.keys().collect::<Vec<_>>(), views.keys().collect::<Vec<_>>());
    for (name, bytes) in &stored {
        let record = decode_record(bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(pretty(&record).as_bytes(), views[name], "{name} means something else now");
        assert_eq!(encode_record(&record), *bytes, "{name} would be stored in another form now");
    }
    for name in samples().keys() {
        assert!(
            stored.contains_key(name),
            "{name} has no golden file; run with UPDATE_GOLDEN=1 and commit it"
        );
    }
}

#[test]
fn a_catalog_file_that_was_ever_written_is_read_as_it_was_meant() {
    // The first version: products alone.
    let products: Vec<_> = (0..20).map(|seed| Source(seed).product()).collect();
    let stored = std::fs::read(folder("v1").join("catalog-20-products.cat")).expect("a golden file");
    let catalog = catalog_file::decode(&stored, 3).expect("a catalog");
    assert_eq!((catalog.version(), catalog.products().len()), (3, 20));
    assert_eq!(catalog.book(), &PriceBook::default());
    assert!(products.iter().all(|product| catalog.products().any(|read| read == product)));

    // The second: products with everything they can have, and a price book.
    let products: Vec<_> = (0..20).map(|seed| Source(seed).wide_product()).collect();
    let (bytes, _) = catalog_file::encode(&products, &Source(500).book());
    let path = folder("v2").join("catalog-20-products.cat");
    if updating() {
        std::fs::create_dir_all(folder("v2")).expect("the folder");
        std::fs::write(&path, &bytes).expect("written");
    }
    let stored = std::fs::read(&path).expect("a golden file");
    assert_eq!(stored, bytes);
    let catalog = catalog_file::decode(&stored, 3).expect("a catalog");
    assert_eq!((catalog.version(), catalog.products().len()), (3, 20));
    assert_eq!((catalog.book().lists.len(), catalog.book().promotions.len()), (3, 14));
    let (canonical, _) = catalog_file::encode(catalog.products(), catalog.book());
    let again = catalog_file::decode(&canonical, 3).expect("a catalog");
    assert_eq!(again.book(), catalog.book());
    for cut in 0..stored.len() {
        assert!(catalog_file::decode(&stored[..cut], 3).is_err(), "cut at {cut}");
    }
}
