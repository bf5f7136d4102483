//! Everything that was ever released is opened by today's code. Each version of each stored format has a folder here that is
//! written once, when the version is new, and never again; a version without one is a version that nobody tests.

#[path = "../store/shop.rs"]
#[expect(dead_code, reason = "one day of the shop is enough")]
mod shop;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_domain::catalog::PriceBook;
use holdfast_domain::ids::Uuid;
use holdfast_domain::stock::StockLevel;
use holdfast_journal::format::{FORMAT_VERSION, segment_number};
use holdfast_journal::{CommitMode, Journal, MemoryStorage, Options, Storage, verify};
use holdfast_protocol::backup::{self, Front, HubIdentity};
use holdfast_protocol::export::{Decoder, EXPORT_VERSION};
use holdfast_protocol::head::SignedHeadJson;
use holdfast_protocol::record::RECORD_VERSION;
use holdfast_protocol::vault::{self, Authority, Vault};
use holdfast_protocol::{catalog_file, chain_hash, decode_record, encode_record};
use holdfast_store::{MemoryStore, SledOptions, SledStore, StateStore, catch_up};
use holdfast_testkit::proof::Proof;

use crate::shop::Shop;

fn released() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released")
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/tests/golden").join(name)
}

fn a_vault() -> Vault {
    let authority = Authority { certificate: String::new(), key: String::new() };
    let store = Uuid::nil();
    Vault { store, made_at_ms: 0, authority, people: Vec::new(), catalog: None, subjects: None }
}

fn a_backup() -> Vec<u8> {
    let hub = HubIdentity { hub: Uuid::nil(), key: [0; 32], cloud: String::new(), name: String::new() };
    let front = Front { store: Uuid::nil(), made_at_ms: 0, software: String::new(), hub, vault: a_vault() };
    let mut bytes = Vec::new();
    backup::write_front(&mut bytes, &front).expect("memory takes it");
    bytes
}

/// Every stored format with the version that today's code writes. Where the number is not public it is read from what is
/// written.
fn formats() -> [(&'static str, u64); 6] {
    [
        ("journal", FORMAT_VERSION.into()),
        ("record", RECORD_VERSION.into()),
        ("export", EXPORT_VERSION.into()),
        ("catalog", catalog_file::encode(&[], &PriceBook::default()).0[0].into()),
        ("vault", vault::encode(&a_vault())[4].into()),
        ("backup", a_backup()[4].into()),
    ]
}

fn folder(format: &str, version: u64) -> PathBuf {
    released().join(format!("{format}-v{version}"))
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|_| panic!("{} is missing", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

fn journal_options() -> Options {
    Options {
        segment_bytes: 32 << 10,
        record_bytes_max: 8 << 10,
        group_bytes_max: 12 << 10,
        commit: CommitMode::Manual,
        ..Options::new("/journal", chain_hash)
    }
}

/// What the state of a released journal came to when it was written.
fn summary(store: &dyn StateStore) -> String {
    let applied = store.applied().expect("there are records");
    let totals = store.totals();
    let mut text = format!("records {}\nhead ", applied.seq);
    for byte in applied.hash {
        write!(text, "{byte:02x}").expect("a String takes all");
    }
    writeln!(text, "\ntransactions {}", totals.transactions).expect("a String takes all");
    writeln!(text, "gross {}\nnet {}\ncash {}", totals.gross_minor, totals.net_minor, totals.cash_minor)
        .expect("a String takes all");
    let mut open = 0;
    let mut on_hand = String::new();
    store.with_state(&mut |state| {
        open = state.orders.len();
        for (sku, level) in &state.stock {
            // Written out by hand: what the state has learnt to keep since is no part of what the records meant.
            let StockLevel { on_hand: held, sold, adjusted, reserved, .. } = level;
            write!(
                on_hand,
                " {sku}=StockLevel {{ on_hand: {held}, sold: {sold}, adjusted: {adjusted}, reserved: {reserved} }}"
            )
            .expect("a String takes all");
        }
    });
    writeln!(text, "open orders {open}\nstock{on_hand}").expect("a String takes all");
    text
}

/// Writes the folders of versions that have none. What is there is never touched.
fn release() {
    for (format, version) in formats() {
        let folder = folder(format, version);
        if folder.exists() {
            continue;
        }
        fs::create_dir_all(&folder).expect("a folder");
        match format {
            "journal" => release_journal(&folder),
            "record" => copy(&golden(&format!("v{version}")), &folder, "bin"),
            "catalog" => copy(&golden(&format!("v{version}")), &folder, "cat"),
            "export" => copy(&golden("export"), &folder, "hfx"),
            _ => {
                for (name, bytes) in files(&golden("sealed")) {
                    if name.starts_with(format) {
                        fs::write(folder.join(name), bytes).expect("written");
                    }
                }
            }
        }
    }
}

fn copy(from: &Path, to: &Path, ending: &str) {
    for (name, bytes) in files(from) {
        if Path::new(&name).extension().is_some_and(|extension| extension == ending) {
            fs::write(to.join(name), bytes).expect("written");
        }
    }
}

fn release_journal(folder: &Path) {
    let mut shop = Shop::open();
    for index in 0..12 {
        let (_, sold) = shop.sell(index % 2, 3);
        if index % 3 == 0 {
            shop.give_back(index % 2, sold, 1).expect("just bought");
        }
    }
    let storage = MemoryStorage::new();
    let (mut writer, _, _) =
        Journal::open(journal_options(), Arc::new(storage.clone())).expect("the journal opens");
    for record in shop.reader.scan(1) {
        writer.import(&record.expect("readable")).expect("a copy");
        writer.commit().expect("committed");
    }
    writer.shutdown().expect("a clean end");
    for name in storage.list(Path::new("/journal")).expect("the folder is there") {
        if segment_number(&name).is_some() {
            let bytes = storage.content(&Path::new("/journal").join(&name)).expect("the file is there");
            fs::write(folder.join(name), bytes).expect("written");
        }
    }
    let store = MemoryStore::new();
    catch_up(&*store, &shop.reader, 100).expect("they follow");
    fs::write(folder.join("summary.txt"), summary(&*store)).expect("written");
}

fn open_journal(folder: &Path) -> u64 {
    let storage = MemoryStorage::new();
    let mut expected = String::new();
    let mut opened = 0;
    for (name, bytes) in files(folder) {
        if segment_number(&name).is_some() {
            storage.put(&Path::new("/journal").join(name), bytes);
            opened += 1;
        } else {
            expected = String::from_utf8(bytes).expect("text");
        }
    }
    let report = verify(&storage, Path::new("/journal"), chain_hash).expect("verify runs");
    assert!(report.is_intact() && report.clean_end, "{report:?}");
    let (_writer, reader, recovery) =
        Journal::open(journal_options(), Arc::new(storage)).expect("the journal opens");
    assert!(recovery.clean_end);
    let in_memory = MemoryStore::new();
    catch_up(&*in_memory, &reader, 64).expect("they follow");
    assert_eq!(summary(&*in_memory), expected, "the records mean something else now");
    let place = tempfile::tempdir().expect("a folder");
    let (on_disk, _) = SledStore::open(&place.path().join("state"), &reader, SledOptions::new("boot"))
        .expect("the state is built");
    assert_eq!(summary(&*on_disk), expected);
    opened
}

fn open_one(format: &str, name: &str, bytes: &[u8]) {
    match format {
        "record" => {
            let record = decode_record(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(encode_record(&record), bytes, "{name} would be stored in another form now");
        }
        "catalog" => {
            let catalog = catalog_file::decode(bytes, 1).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(catalog.products().count() > 0);
        }
        "vault" => {
            let opened = vault::decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!opened.people.is_empty() && !opened.authority.key.is_empty());
        }
        "backup" => {
            let front = backup::read_front(&mut &*bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!front.vault.people.is_empty());
        }
        "export" => {
            let mut decoder = Decoder::new();
            let mut records = 0;
            let mut each = |entry: &holdfast_protocol::export::Entry<'_>| {
                decode_record(entry.payload).expect("a record");
                records += 1;
            };
            decoder.feed(bytes, &mut each).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
            let (_, closing) = decoder.finish().unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
            assert_eq!(closing.records, records);
            // The signed head inside has a readable form, too, which HQ and the hub's own file keep.
            let json = SignedHeadJson::from(&closing.head);
            assert_eq!(json.decode(), Some(closing.head));
        }
        other => panic!("{other} has nobody who opens it"),
    }
}

#[test]
fn everything_released_is_opened_by_todays_code() {
    if std::env::var_os("RELEASE_GOLDEN").is_some_and(|value| value == "1") {
        release();
    }
    let proof = Proof::of("R36", "every released format");
    let (mut versions, mut opened) = (0, 0);
    for (format, today) in formats() {
        assert!(today >= 1);
        for version in 1..=today {
            let folder = folder(format, version);
            assert!(
                folder.exists(),
                "{format} version {version} has no released files; run with RELEASE_GOLDEN=1 and commit {}",
                folder.display()
            );
            versions += 1;
            if format == "journal" {
                opened += open_journal(&folder);
                continue;
            }
            let found = files(&folder);
            assert!(!found.is_empty(), "{} is empty", folder.display());
            for (name, bytes) in &found {
                open_one(format, name, bytes);
                opened += 1;
            }
        }
    }
    proof
        .counted(versions, "versions of stored formats")
        .counted(opened, "released files, each opened and meaning what it meant")
        .holds();
}

#[test]
fn every_released_folder_belongs_to_a_format_that_is_known() {
    let known: Vec<String> = formats()
        .iter()
        .flat_map(|(format, today)| (1..=*today).map(move |version| format!("{format}-v{version}")))
        .collect();
    for entry in fs::read_dir(released()).expect("readable") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(!path.is_dir() || known.contains(&name), "{name} is read by nobody");
    }
}
