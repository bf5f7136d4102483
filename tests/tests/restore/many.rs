//! Many small stores, each lost and restored from its backup, and what must be refused on the way.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use holdfast_domain::bounded::{Address, Description, Label, Sku, TaxClass, TaxCode, TimeZoneName};
use holdfast_domain::catalog::{Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::{HubCommand, NumberChoice};
use holdfast_domain::ids::{EpochId, HubId, StoreId, TerminalId};
use holdfast_domain::money::{Currency, Decimal, Rate, UnitPrice};
use holdfast_domain::staff::{PinVerdict, Role, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBasis, TaxRate, TaxRounding, TaxRule};
use holdfast_hub::HubError;
use holdfast_hub::clock::Machine;
use holdfast_hub::config::Config;
use holdfast_hub::console::Console;
use holdfast_hub::folder::DataFolder;
use holdfast_hub::identity::Identity;
use holdfast_hub::people::{People, Place};
use holdfast_hub::recovery::backup::{self, BackupFile};
use holdfast_hub::recovery::code::RecoveryCode;
use holdfast_hub::recovery::restore::{self, Request, Restored};
use holdfast_hub::recovery::standing::{self, VaultStanding};
use holdfast_hub::recovery::vault::{self, Content};
use holdfast_hub::tls::Authority;
use holdfast_planted::{Bug, plant};
use holdfast_testkit::proof::Proof;

use crate::books::{SEGMENT_MIB, Trade, assert_restored, journal};

const STORES: u64 = 20;
const STAFF: u32 = 201;
const PIN: &str = "8642";
/// Nobody listens there.
const NO_CLOUD: &str = "http://127.0.0.1:9";

/// A store on a disk, without HQ.
struct Small {
    place: tempfile::TempDir,
    folder: DataFolder,
    identity: Identity,
    store: StoreId,
    code: String,
}

fn product(index: u64) -> Product {
    Product {
        sku: Sku::new(&format!("P{index}")).unwrap(),
        description: Description::new(&format!("Product {index}")).unwrap(),
        barcodes: Vec::new(),
        unit: Unit::Piece,
        tax_class: TaxClass::new("standard").unwrap(),
        unit_price: UnitPrice::new(Decimal::new(99 + i64::try_from(index).unwrap() * 7, 2)).unwrap(),
        stock: StockRule::Counter,
        details: ProductDetails::default(),
    }
}

fn profile(store: StoreId) -> StoreProfile {
    let label = |text| Label::new(text).unwrap();
    let rate = TaxRate { code: TaxCode::new("A").unwrap(), rate: Rate::percent(Decimal::from(20)).unwrap() };
    StoreProfile {
        store,
        name: label("Corner shop"),
        legal_name: label("Corner Shop Ltd"),
        address: Address::new("1 High Street").unwrap(),
        tax_id: label("ATU12345678"),
        currency: Currency::EUR,
        basis: TaxBasis::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        cash_step: Decimal::new(5, 2),
        time_zone: TimeZoneName::new("Europe/Vienna").unwrap(),
        cut_over_minutes: 240,
        taxes: vec![TaxRule { class: TaxClass::new("standard").unwrap(), rates: vec![rate] }],
    }
}

/// Different from store to store, and the same for the same seed.
fn dice(seed: u64, at: u64) -> u64 {
    let mixed = (seed << 32 ^ at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 3
}

impl Small {
    fn open(seed: u64) -> Self {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path().join("hub"));
        folder.create().unwrap();
        let store = StoreId(Machine.fresh_id());
        let mut identity =
            Identity::new(HubId(Machine.fresh_id()), &Machine.random(), NO_CLOUD.into(), "Corner".into());
        identity.store = Some(store);
        identity.write(&folder).unwrap();
        let mut console = Console::open(&folder, SEGMENT_MIB).unwrap();
        console
            .record(&HubCommand::OpenEpoch {
                epoch: EpochId(Machine.fresh_id()),
                hub: identity.hub,
                hub_key: identity.public_key(),
                store,
                parent: None,
            })
            .unwrap();
        console.record(&HubCommand::ConfigureStore { profile: Box::new(profile(store)) }).unwrap();
        let manager = Label::new("Manager Canary").unwrap();
        console.add_staff(StaffNumber(STAFF), &manager, Role::Manager, PIN).unwrap();
        for till in 1..=1 + seed % 3 {
            console
                .record(&HubCommand::EnrolTerminal {
                    terminal: TerminalId(Machine.fresh_id()),
                    name: Label::new(&format!("Till {till}")).unwrap(),
                    secret_hash: Machine.random(),
                    number: NumberChoice::Next,
                })
                .unwrap();
        }
        let products: Vec<_> = (0..5 + seed % 40).map(product).collect();
        console.activate(&products).unwrap();
        console.close().unwrap();
        Authority::open(&folder, store, Machine.now_ms()).unwrap();
        let code = standing::new_code(&folder, store).unwrap().to_string();
        let mut trade = Trade::open(folder.root(), STAFF);
        for sale in 0..10 + seed * 17 % 90 {
            trade.sell(dice(seed, sale));
        }
        trade.close();
        Self { place, folder, identity, store, code }
    }

    fn catalog_hash(&self) -> Option<[u8; 32]> {
        let console = Console::open(&self.folder, SEGMENT_MIB).unwrap();
        let hash = console.with_state(|state| state.catalog_hash);
        console.close().unwrap();
        hash
    }

    fn backup(&self) -> Result<PathBuf, HubError> {
        let lock = self.folder.lock()?;
        let opened = holdfast_hub::storage::open(&self.folder, SEGMENT_MIB)?;
        let mut catalog = None;
        opened.state.with_state(&mut |state| catalog = state.catalog_hash);
        let mut file =
            BackupFile::create(self.place.path(), self.store, backup::bytes_needed(&self.folder)?)?;
        let also = file.also();
        backup::write(&self.folder, &self.identity, &opened.reader, catalog, Some(&also), &mut file)?;
        let done = file.keep()?;
        assert!(done.opened.has_catalog());
        opened.writer.shutdown()?;
        opened.on_disk.expect("the state is on disk").close().unwrap();
        drop(lock);
        Ok(done.path)
    }

    fn restore(&self, from: &Path, code: &str) -> Result<(PathBuf, Restored), HubError> {
        let data = self.place.path().join("restored");
        let request = Request { from: from.to_owned(), data: data.clone(), code: code.to_owned() };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let mut config = Config::on_free_ports();
        config.journal.segment_mib = SEGMENT_MIB;
        let restored = runtime.block_on(restore::run(&request, &config, &mut std::io::sink()));
        let left = std::fs::read_dir(self.place.path()).unwrap().count();
        if restored.is_err() {
            assert!(!data.exists(), "nothing half-written stays");
            assert!(!self.place.path().join("restored.restoring").exists(), "of {left} entries");
        }
        restored.map(|restored| (data, restored))
    }
}

fn code_of<T>(result: Result<T, HubError>) -> String {
    let text = result.err().expect("it is refused").to_string();
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// One store: backed up, lost, restored, held against what it was.
fn lost_and_restored(seed: u64) -> u64 {
    let small = Small::open(seed);
    let lost = journal(small.folder.root());
    let from = small.backup().unwrap();
    let name = from.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with(&format!("holdfast-{}-", small.store)) && name.ends_with(".backup"), "{name}");
    assert_eq!(code_of(small.backup()), "HF-REC-006", "nothing is overwritten");
    let bytes = std::fs::read(&from).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"Canary"), "a backup shows nothing");

    refused(&small, &from, &bytes, seed);

    let (data, restored) = small.restore(&from, &small.code.to_lowercase()).unwrap();
    assert_eq!(restored.records, lost.len() as u64);
    assert_restored(&lost, lost.len() as u64, &data);
    same_as_before(&small, &data);
    sells_on(&small, &data);
    lost.len() as u64
}

/// What stands in the way of a restore, none of which leaves anything behind.
fn refused(small: &Small, from: &Path, bytes: &[u8], seed: u64) {
    assert_eq!(code_of(small.restore(from, &small.code[1..])), "HF-REC-001");
    let damaged = small.place.path().join("damaged");
    let other = RecoveryCode::mint().text();
    // Each of these costs what a guess costs.
    if seed.is_multiple_of(4) {
        assert_eq!(code_of(small.restore(from, &other)), "HF-REC-002");
    }
    for at in 0..1 + seed % 2 {
        let mut changed = bytes.to_vec();
        let place = usize::try_from(dice(seed, 1_000 + at)).unwrap() % changed.len();
        changed[place] ^= 1 << (dice(seed, 2_000 + at) % 8);
        std::fs::write(&damaged, &changed).unwrap();
        let code = code_of(small.restore(&damaged, &small.code));
        // A changed header is a header for another key.
        assert!(["HF-REC-002", "HF-REC-003"].contains(&code.as_str()), "byte {place}: {code}");
        std::fs::write(&damaged, &bytes[..place]).unwrap();
        assert_eq!(code_of(small.restore(&damaged, &small.code)), "HF-REC-003", "cut at {place}");
    }
    let taken = small.place.path().join("restored");
    std::fs::create_dir(&taken).unwrap();
    std::fs::File::create(taken.join("something")).unwrap().write_all(b"mine").unwrap();
    let request = Request { from: from.into(), data: taken.clone(), code: small.code.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(restore::run(&request, &Config::on_free_ports(), &mut std::io::sink()));
    assert_eq!(code_of(refused), "HF-REC-005");
    std::fs::remove_dir_all(&taken).unwrap();
}

/// Certificates, people, identity and catalog are those of before; the vault at HQ is left alone while it cannot be opened.
fn same_as_before(small: &Small, data: &Path) {
    let folder = DataFolder::new(data);
    for file in ["tls/ca.pem", "tls/ca.key", "identity.json"] {
        let read = |root: &Path| std::fs::read(root.join(file)).unwrap();
        assert!(read(data) == read(small.folder.root()), "{file} is as it was");
    }
    let people = People::open(folder.staff()).unwrap();
    assert_eq!(people.check(Place::Hub, StaffNumber(STAFF), PIN, Machine.now_ms()), PinVerdict::Correct);
    assert_eq!(people.check(Place::Hub, StaffNumber(STAFF), "0000", Machine.now_ms()), PinVerdict::Wrong);
    let code = RecoveryCode::parse(&small.code).unwrap();
    assert_eq!(standing::recipient_needed(&folder).unwrap(), code.opener(small.store).recipient());
    assert!(VaultStanding::read(&folder).unwrap().held.is_some(), "HQ could not be asked");
}

fn sells_on(small: &Small, data: &Path) {
    let before = journal(data).len();
    let mut trade = Trade::open(data, STAFF);
    trade.sell(dice(1, 1));
    let (records, _) = trade.close();
    let after = journal(data);
    assert_eq!(after.len() as u64, before as u64 + records);
    assert_ne!(
        after.last().unwrap().position.epoch,
        journal(small.folder.root()).last().unwrap().position.epoch
    );
}

/// What HQ is given: opened by the code it is all there, without the code nothing of it can be seen.
fn the_vault_is_whole_and_closed(seed: u64) {
    let small = Small::open(seed);
    let recipient = standing::recipient_needed(&small.folder).unwrap();
    let content = Content::gather(&small.folder, small.store, small.catalog_hash()).unwrap();
    let sealed = vault::seal(&recipient, small.store, &content.vault(&small.folder));
    for canary in [b"Canary".as_slice(), b"PRIVATE KEY", b"CERTIFICATE", b"Product"] {
        assert!(!sealed.windows(canary.len()).any(|window| window == canary), "HQ would see {canary:?}");
    }
    let opener = RecoveryCode::parse(&small.code).unwrap().opener(small.store);
    let opened = vault::open(&opener, small.store, &sealed).unwrap();
    assert_eq!(opened.people.len(), 1, "everybody is in it");
    assert!(opened.catalog.is_some());
    let other = StoreId(Machine.fresh_id());
    assert!(
        vault::open(&RecoveryCode::parse(&small.code).unwrap().opener(other), small.store, &sealed).is_err()
    );
    assert!(vault::open(&opener, other, &sealed).unwrap_err().to_string().starts_with("HF-REC-004"));
}

#[test]
fn twenty_stores_are_lost_and_restored_and_each_mistake_is_caught() {
    let proof = Proof::of("R33", "small stores restored from their backups");
    let records: u64 = (0..STORES).map(lost_and_restored).sum();
    the_vault_is_whole_and_closed(3);
    // The old code opens what was sealed before, the new one what is sealed from now on.
    let small = Small::open(5);
    let older = small.backup().unwrap();
    let new = standing::new_code(&small.folder, small.store).unwrap();
    assert_eq!(code_of(small.restore(&older, &new)), "HF-REC-002");
    small.restore(&older, &small.code).unwrap();
    proof.counted(STORES, "stores restored").counted(records, "records in them").holds();

    let proof = Proof::of("R3", "mistakes of vault and restore");
    let mistakes = [Bug::NoNewEpochAtRestore, Bug::PeopleNotInVault, Bug::VaultNotSealed];
    for bug in mistakes {
        plant(Some(bug));
        let caught = catch_unwind(AssertUnwindSafe(|| {
            the_vault_is_whole_and_closed(1);
            lost_and_restored(1);
        }))
        .is_err();
        plant(None);
        assert!(caught, "{bug:?} was planted and the suite passed");
    }
    proof.counted(mistakes.len() as u64, "planted mistakes caught").holds();
}
