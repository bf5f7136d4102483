//! A history that was really decided, written into a hub's folder as fast as the disk allows, and the comparison of a
//! restored hub with it.

use std::path::Path;
use std::sync::Arc;

use holdfast_domain::calendar::{BusinessDate, LocalTime};
use holdfast_domain::catalog::{Catalog, ItemRef, Product, StockRule, Unit};
use holdfast_domain::command::{Action, Settlement, ShiftCount};
use holdfast_domain::event::Event;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, TerminalId, TransactionId};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::money::{Money, Quantity};
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use holdfast_domain::state::Need;
use holdfast_domain::tender::TenderInput;
use holdfast_domain::{Command, Context, Origin, Outcome, Record, State, decide};
use holdfast_hub::clock::Machine;
use holdfast_hub::folder::{DataFolder, FolderLock};
use holdfast_hub::storage::{self, Storage};
use holdfast_journal::{DiskStorage, Journal, Record as Journaled};
use holdfast_protocol::{decode_record, encode_record, fingerprint};
use holdfast_store::{MemoryStore, REPLAY_BATCH_RECORDS, StateStore, stored_record};

/// The smallest that a hub takes: less to write for a small store.
pub const SEGMENT_MIB: u64 = 16;
/// Records that become durable together.
const GROUP_RECORDS: usize = 256;

/// The folder of a hub that does not serve, and everything that was sold there.
pub struct Trade {
    storage: Storage,
    state: State,
    catalog: Arc<Catalog>,
    tills: Vec<TerminalId>,
    waiting: Vec<Journaled>,
    pub records: u64,
    pub events: u64,
    _lock: FolderLock,
}

impl Trade {
    /// Opens the folder, signs the staff on at every till, and opens their shifts.
    pub fn open(data: &Path, staff: u32) -> Self {
        let folder = DataFolder::new(data);
        let lock = folder.lock().unwrap();
        let storage = storage::open(&folder, SEGMENT_MIB).unwrap();
        let mut state = State::default();
        storage.state.with_state(&mut |known| state = known.clone());
        let catalog = holdfast_hub::catalogs::active(&folder, &state);
        let tills = state.tills.keys().copied().collect();
        let mut trade =
            Self { storage, state, catalog, tills, waiting: Vec::new(), records: 0, events: 0, _lock: lock };
        for till in 0..trade.tills.len() {
            let number = StaffNumber(staff);
            trade.act(till, Action::SignOn { number, verdict: PinVerdict::Correct });
            let shift = ShiftId(Machine.fresh_id());
            let float = trade.money(10_000);
            trade.act(till, Action::OpenShift { shift, float, day: BusinessDay::Today, mode: Mode::Live });
        }
        trade
    }

    fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.state.profile.as_ref().unwrap().currency)
    }

    /// Sells one basket of 1 to 4 lines; `dice` decides what is in it.
    pub fn sell(&mut self, dice: u64) {
        let till = usize::try_from(dice % self.tills.len() as u64).unwrap();
        let is_common =
            |product: &&Product| product.unit == Unit::Piece && product.stock == StockRule::Counter;
        let goods: Vec<_> = self.catalog.products().filter(is_common).collect();
        let line = |number: u64| {
            LineInput::of(
                LineNumber(u16::try_from(number).unwrap()),
                ItemRef::Sku(
                    goods[usize::try_from((dice / 7 + number) % goods.len() as u64).unwrap()].sku.clone(),
                ),
                Quantity::pieces(1 + i32::try_from((dice >> 8) % 3).unwrap()),
            )
        };
        let lines = (1..=1 + (dice >> 16) % 4).map(line).collect();
        let order = OrderId(Machine.fresh_id());
        let place = PlaceOrder::of(order, Channel::Counter, lines);
        self.act(till, Action::PlaceOrder(place));
        let tenders = vec![TenderInput::cash(self.money(1_000_000))];
        let pay = Action::Pay {
            order,
            tenders,
            tips: Vec::new(),
            settlement: Settlement::Full,
            receipt: ReceiptSource::Hub,
        };
        let sale = TransactionId(self.act(till, pay));
        for need in [Need::Order(order), Need::Sale(sale)] {
            self.state.forget(need);
        }
    }

    fn act(&mut self, till: usize, action: Action) -> CommandId {
        let (id, now) = (CommandId(Machine.fresh_id()), Machine.timestamp());
        let terminal = self.tills[till];
        let command = Command { id, terminal, occurred_at: now, action, approval: None };
        let business_date = BusinessDate::new(2026, 11, 30).unwrap();
        let context = Context {
            recorded_at: now,
            business_date,
            local: LocalTime::midnight(business_date),
            catalog: &self.catalog,
            out_of_reach: &[],
        };
        let decision = decide(&self.state, &command, &context);
        let events = decision.unwrap_or_else(|refusal| panic!("{refusal}: {command:?}")).events;
        self.state.evolve_all(now, &events, &mut Changes::default());
        self.events += events.len() as u64;
        self.records += 1;
        let origin = Origin::Till { terminal, command: id, fingerprint: fingerprint(id.0.as_bytes()) };
        let payload =
            encode_record(&Record { recorded_at: now, origin, outcome: Outcome::Accepted { events } });
        let position = self.storage.writer.append(payload.clone()).unwrap();
        self.waiting.push(Journaled { position, payload });
        if self.waiting.len() >= GROUP_RECORDS {
            self.commit();
        }
        id
    }

    fn commit(&mut self) {
        self.storage.writer.commit().unwrap();
        let stored: Vec<_> = self.waiting.drain(..).map(|record| stored_record(record).unwrap()).collect();
        self.storage.state.apply(&stored).unwrap();
    }

    /// Closes the shifts, signs everybody off, and leaves the folder as a hub that stopped cleanly.
    pub fn close(mut self) -> (u64, u64) {
        for till in 0..self.tills.len() {
            let shift = self.state.tills[&self.tills[till]].shift.unwrap();
            let declared = self.money(10_000);
            self.act(till, Action::CloseShift { shift, declared, count: ShiftCount::default() });
            self.act(till, Action::SignOff);
        }
        self.commit();
        close(self.storage);
        (self.records, self.events)
    }
}

fn close(storage: Storage) {
    storage.writer.shutdown().unwrap();
    storage.on_disk.expect("the state is on disk").close().unwrap();
}

/// Every record of a folder that nobody serves.
pub fn journal(data: &Path) -> Vec<Journaled> {
    let folder = DataFolder::new(data);
    let _lock = folder.lock().unwrap();
    let options = storage::journal_options(&folder, SEGMENT_MIB, 0);
    let (writer, reader, _) = Journal::open(options, Arc::new(DiskStorage::new())).unwrap();
    let records = reader.scan(1).map(Result::unwrap).collect();
    writer.shutdown().unwrap();
    records
}

/// Holds a restored hub, before it has served, against the journal of the one that was lost: the same bytes as far as it
/// goes, one new epoch after it, and a state that is the fold of exactly that. The state's hash.
///
/// # Panics
/// When it is not so.
pub fn assert_restored(lost: &[Journaled], through_seq: u64, restored: &Path) -> [u8; 32] {
    let folder = DataFolder::new(restored);
    let _lock = folder.lock().unwrap();
    let storage = storage::open(&folder, SEGMENT_MIB).unwrap();
    let records: Vec<Journaled> = storage.reader.scan(1).map(Result::unwrap).collect();
    let shared = usize::try_from(through_seq).unwrap();
    assert!(records[..shared] == lost[..shared], "the restored journal is another one");
    assert_eq!(records.len(), shared + 1, "one record follows: the new epoch");
    let opened = decode_record(&records[shared].payload).unwrap();
    let parent = match opened.outcome.events() {
        [Event::EpochOpened { epoch, parent, .. }] => {
            assert_ne!(epoch.0.as_bytes(), &lost[shared - 1].position.epoch, "the epoch is a new one");
            parent.expect("a restored hub has a history")
        }
        other => panic!("{other:?}"),
    };
    let last = lost[shared - 1].position;
    assert_eq!((parent.epoch.0.as_bytes(), parent.seq, parent.hash), (&last.epoch, last.seq, last.hash));
    let twin = MemoryStore::new();
    for batch in lost[..shared].chunks(REPLAY_BATCH_RECORDS).chain([&records[shared..]]) {
        let stored: Vec<_> = batch.iter().cloned().map(|record| stored_record(record).unwrap()).collect();
        twin.apply(&stored).unwrap();
    }
    let hash = storage.on_disk.as_ref().expect("the state is on disk").state_hash().unwrap();
    assert_eq!(hash, twin.state_hash().unwrap(), "the state is not what the journal adds up to");
    close(storage);
    hash
}
