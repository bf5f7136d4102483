//! Exactly once under a hostile network: every batch delivered one to five times, out of order within a window, batches cut
//! anew so that they overlap, answers lost, and a whole day sent once more. Every record counts once.

use std::collections::{BTreeMap, HashMap};

use holdfast_cloud::ingest::{Batch, Item, read_batch};
use holdfast_cloud::model::StoreRow;
use holdfast_cloud::projection::{Facts, Placed, StoreClock, project};
use holdfast_cloud::store::sqlite::SqliteStore;
use holdfast_cloud::store::{CloudStore, Ingested, Scope};
use holdfast_cloud::stored::{self, Meaning};
use holdfast_cloud::verify::verify;
use holdfast_replication::memory_line;
use holdfast_replication::{Decision, MemoryLine, Registered};
use holdfast_testkit::proof::Proof;
use uuid::Uuid;

use crate::support::{Hub, Stored};

const NOW: i64 = 1_795_856_400_000;
/// Deliveries that wait on the way at one time; any of them may be next.
const WINDOW: usize = 64;
const DELIVERIES: u64 = 200_000;
/// Of them into the real database; the rest go to its twin in memory by the same decisions.
const INTO_SQLITE: u64 = 40_000;

/// Numbers by a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What happened to one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// So many records of it were new.
    Taken(u64),
    /// It came too early; the hub sends it again.
    Early,
}

/// A network between a journal and a receiver.
struct Network {
    dice: Dice,
    on_the_way: Vec<(u64, u64)>,
    /// The first record that the hub has not sent for the first time.
    next: u64,
    head: u64,
    /// What was sent on this day, for the replay.
    day: Vec<(u64, u64)>,
    deliveries: u64,
}

impl Network {
    fn new(seed: u64, head: u64) -> Self {
        Self { dice: Dice(seed), on_the_way: Vec::new(), next: 1, head, day: Vec::new(), deliveries: 0 }
    }

    /// The next delivery, from a full window; none when everything was sent and nothing is on the way.
    fn deliver(&mut self) -> Option<(u64, u64)> {
        while self.on_the_way.len() < WINDOW && self.next <= self.head {
            let to = (self.next + self.dice.below(4)).min(self.head);
            // A hub that was not answered cuts its next batch from an older record.
            let from = self.next.saturating_sub(self.dice.below(3)).max(1);
            for _ in 0..=self.dice.below(5) {
                self.on_the_way.push((from, to));
            }
            self.day.push((from, to));
            self.next = to + 1;
        }
        if self.on_the_way.is_empty() {
            return None;
        }
        self.deliveries += 1;
        let at = self.dice.below(self.on_the_way.len().min(WINDOW) as u64) as usize;
        Some(self.on_the_way.swap_remove(at))
    }

    fn learn(&mut self, delivery: (u64, u64), fate: Fate) {
        // A lost answer looks like an early delivery to the hub.
        let answer_lost = self.dice.below(20) == 0;
        if fate == Fate::Early || answer_lost {
            self.on_the_way.push(delivery);
        }
    }
}

fn traded(store: Uuid, sales: u32) -> Hub {
    let claim = holdfast_cloud::admin::Claim { store, code: String::new(), expires_at_ms: 0 };
    let mut hub = Hub::new(&claim);
    hub.trade(sales);
    hub
}

#[tokio::test]
async fn two_hundred_thousand_deliveries_count_every_record_once() {
    let proof = Proof::of("R14", "HQ ingest");
    let (in_sqlite, records) = into_sqlite(INTO_SQLITE).await;
    let (in_memory, more) = into_memory(DELIVERIES - in_sqlite);
    let all = in_sqlite + in_memory;
    assert!(all >= DELIVERIES, "{all} deliveries");
    proof
        .counted(all, "deliveries")
        .counted(in_sqlite, "of them into the database")
        .counted(records + more, "records")
        .counted(0, "doubles")
        .holds();
}

async fn into_sqlite(wanted: u64) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteStore::open(folder.path()).await.unwrap();
    let store = Uuid::now_v7();
    let row = StoreRow {
        store: store.to_string(),
        name: "Deliveries".into(),
        currency: "EUR".into(),
        time_zone: "Europe/Vienna".into(),
        cut_over_minutes: 240,
        prices_include_tax: true,
        legal_name: "Test Trading Ltd".into(),
        address: "1 High Street".into(),
        tax_id: "X1".into(),
    };
    db.add_store(&row, NOW).await.unwrap();
    let mut hub = traded(store, 400);
    db.register_epoch(store, hub.hub, hub.epoch, None, NOW).await.unwrap();
    let mut network = Network::new(7, hub.journal.len() as u64);
    let mut taken = 0;
    loop {
        let Some(delivery) = network.deliver() else {
            // The day is over and everything was taken. It is sent once more as it was, front to back and back to front.
            for (from, to) in network.day.iter().chain(network.day.iter().rev()) {
                let told = db.ingest(store, &batch(&hub, *from, *to), NOW).await.unwrap();
                let held = hub.journal.len() as u64;
                assert_eq!(told, Ingested::Accepted { acked_through: held, applied: 0, quarantined: 0 });
                network.deliveries += 1;
            }
            network.day.clear();
            if network.deliveries >= wanted {
                break;
            }
            hub.trade(200);
            network.head = hub.journal.len() as u64;
            continue;
        };
        let fate = match db.ingest(store, &batch(&hub, delivery.0, delivery.1), NOW).await.unwrap() {
            Ingested::Accepted { applied, quarantined: 0, .. } => Fate::Taken(u64::from(applied)),
            Ingested::Refused(Decision::Gap { .. }) => Fate::Early,
            other => panic!("one history is answered with {other:?}"),
        };
        if let Fate::Taken(new) = fate {
            taken += new;
        }
        network.learn(delivery, fate);
    }
    let head = hub.journal.len() as u64;
    assert_eq!(taken, head, "every record was new once");
    let sums = db.totals(&Scope::All, store).await.unwrap().unwrap();
    assert_eq!((sums.transactions, sums.gross_minor), (hub.sold.transactions, hub.sold.gross));
    assert_eq!((sums.net_minor, sums.records as u64), (hub.sold.net, head));
    let verified = verify(&db, &row).await.unwrap();
    assert_eq!((verified.records, verified.differences), (head, Vec::<String>::new()));
    db.close().await;
    (network.deliveries, head)
}

/// A batch as it arrives: packed by the hub, unpacked and decoded here.
fn batch(hub: &Hub, from: u64, to: u64) -> Batch {
    read_batch(&hub.body(from, to)).expect("a batch as hubs write them")
}

fn into_memory(wanted: u64) -> (u64, u64) {
    let mut line = MemoryLine::default();
    let mut hub = traded(Uuid::now_v7(), 2_000);
    let id = hub.hub.into_bytes();
    let registered = line.register(id, hub.epoch, None);
    assert_eq!(registered, Registered::Epoch { order: 1, acked_through: 0, forked: false });
    let mut network = Network::new(11, hub.journal.len() as u64);
    let ingest = |line: &mut MemoryLine, hub: &Hub, (from, to): (u64, u64)| {
        let stored = &hub.journal[from as usize - 1..to as usize];
        let records: Vec<_> = stored.iter().map(Stored::sent).collect();
        let header = holdfast_replication::BatchHeader {
            epoch: hub.epoch,
            first_seq: from,
            count: records.len() as u32,
            chain_before: hub.hash_at(from - 1),
            chain_after: hub.hash_at(to),
        };
        match line.ingest(id, &header, &records, stored::chain) {
            memory_line::Ingested::Accepted { applied, .. } => Fate::Taken(applied),
            memory_line::Ingested::Refused(Decision::Gap { .. }) => Fate::Early,
            other => panic!("one history is answered with {other:?}"),
        }
    };
    let mut taken = 0;
    loop {
        let Some(delivery) = network.deliver() else {
            for delivery in network.day.iter().chain(network.day.iter().rev()) {
                assert_eq!(ingest(&mut line, &hub, *delivery), Fate::Taken(0));
                network.deliveries += 1;
            }
            network.day.clear();
            if network.deliveries >= wanted {
                break;
            }
            hub.trade(2_000);
            network.head = hub.journal.len() as u64;
            continue;
        };
        let fate = ingest(&mut line, &hub, delivery);
        if let Fate::Taken(new) = fate {
            taken += new;
        }
        network.learn(delivery, fate);
    }
    let head = hub.journal.len() as u64;
    let mut times: HashMap<u64, u32> = HashMap::new();
    for record in line.newest_line() {
        *times.entry(record.seq).or_default() += 1;
    }
    assert_eq!((taken, times.len() as u64), (head, head));
    assert!(times.values().all(|times| *times == 1), "no record twice");
    assert_eq!(turnover(&line), (hub.sold.gross, hub.sold.net), "the sums are the hub's");
    (network.deliveries, head)
}

/// Gross and net of everything held, by the projection that the database uses.
fn turnover(line: &MemoryLine) -> (i64, i64) {
    let clock = StoreClock::new("Europe/Vienna", 240).expect("a known zone");
    let held: Vec<_> = line
        .newest_line()
        .into_iter()
        .map(|held| match stored::read(&held.payload) {
            Meaning::Record(record) => (held.seq, record),
            other => panic!("a hub's own record is {other:?}"),
        })
        .collect();
    let placed = held.iter().map(|(seq, record)| Placed { epoch_order: 1, seq: *seq, record });
    let projection = project(&clock, placed, &mut Facts::default());
    let sums: BTreeMap<_, _> = projection.by_epoch;
    let sum = sums.values().next().expect("one epoch, one currency");
    (sum.totals.gross, sum.totals.net)
}

/// The records of a batch are those that were cut from the journal, whatever the way they take.
#[test]
fn a_batch_that_was_packed_and_unpacked_is_the_same() {
    let hub = traded(Uuid::now_v7(), 5);
    let Batch { header, records, .. } = batch(&hub, 2, 5);
    assert_eq!((header.first_seq, header.count, header.chain_before), (2, 4, hub.hash_at(1)));
    assert!(records.iter().map(Item::sent).eq(hub.journal[1..5].iter().map(Stored::sent)));
}
