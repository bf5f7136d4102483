//! One contract for every receiver of a store's line: the databases and the one in memory give the same answers to the same
//! requests, whatever order they come in.

use std::collections::VecDeque;

use holdfast_cloud::ingest::{Batch, Item};
use holdfast_cloud::model::StoreRow;
use holdfast_cloud::store::sqlite::SqliteStore;
use holdfast_cloud::store::{CloudStore, HeldHash, Ingested, Scope};
use holdfast_cloud::stored;
use holdfast_protocol::chain_hash;
use holdfast_replication::memory_line;
use holdfast_replication::{
    BatchHeader, Decision, Epoch, Hash, Lane, MemoryLine, Parent, Point, Record, Registered,
};
use uuid::Uuid;

use crate::support::Stored;

const NOW: i64 = 1_795_856_400_000;

/// A question and what must be answered.
#[derive(Debug, Clone)]
enum Ask {
    Register { hub: Uuid, epoch: Epoch, parent: Option<Parent> },
    Ingest { hub: Uuid, epoch: Epoch, before: Hash, records: Vec<Stored> },
    Hash { epoch: Epoch, seq: u64 },
    Line,
    Branches,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Registered(Registered),
    Accepted {
        acked_through: u64,
        applied: u64,
    },
    Refused(Decision),
    UnknownEpoch,
    Hash(HeldHash),
    Line(Vec<(u64, Hash)>),
    /// Order, depth, own records, forked, on the newest line.
    Branches(Vec<(i64, i64, i64, bool, bool)>),
}

trait Receiver {
    async fn ask(&mut self, ask: &Ask) -> Told;
}

struct Memory(MemoryLine);

impl Receiver for Memory {
    async fn ask(&mut self, ask: &Ask) -> Told {
        match ask {
            Ask::Register { hub, epoch, parent } => {
                Told::Registered(self.0.register(hub.into_bytes(), *epoch, *parent))
            }
            Ask::Ingest { hub, epoch, before, records } => {
                let header = header(*epoch, *before, records);
                let sent: Vec<Record<'_>> = records.iter().map(Stored::sent).collect();
                match self.0.ingest(hub.into_bytes(), &header, &sent, stored::chain) {
                    memory_line::Ingested::Accepted { acked_through, applied } => {
                        Told::Accepted { acked_through, applied }
                    }
                    memory_line::Ingested::Refused(decision) => Told::Refused(decision),
                    memory_line::Ingested::UnknownEpoch => Told::UnknownEpoch,
                }
            }
            Ask::Hash { epoch, .. } if !self.0.knows(*epoch) => Told::Hash(HeldHash::UnknownEpoch),
            Ask::Hash { epoch, seq } => {
                Told::Hash(self.0.hash_at(*epoch, *seq).map_or(HeldHash::NoRecord, HeldHash::Hash))
            }
            Ask::Line => Told::Line(self.0.newest_line().iter().map(|row| (row.seq, row.hash)).collect()),
            Ask::Branches => Told::Branches(
                self.0
                    .branches()
                    .iter()
                    .map(|b| {
                        let (order, depth) = (i64::from(b.order), i64::from(b.depth));
                        (order, depth, b.records as i64, b.forked, b.on_newest_line)
                    })
                    .collect(),
            ),
        }
    }
}

struct Database<'a> {
    db: &'a dyn CloudStore,
    store: Uuid,
}

impl Receiver for Database<'_> {
    async fn ask(&mut self, ask: &Ask) -> Told {
        let Self { db, store } = *self;
        match ask {
            Ask::Register { hub, epoch, parent } => {
                Told::Registered(db.register_epoch(store, *hub, *epoch, *parent, NOW).await.unwrap())
            }
            Ask::Ingest { hub, epoch, before, records } => {
                let header = header(*epoch, *before, records);
                let items = records.iter().map(|record| Item {
                    epoch: record.epoch,
                    seq: record.seq,
                    hash: record.hash,
                    payload: record.payload.clone(),
                    meaning: Err("of no meaning here".to_owned()),
                });
                let batch = Batch {
                    hub: *hub,
                    lane: Lane::Live,
                    hub_clock_ms: NOW,
                    header,
                    records: items.collect(),
                };
                match db.ingest(store, &batch, NOW).await.unwrap() {
                    Ingested::Accepted { acked_through, applied, .. } => {
                        Told::Accepted { acked_through, applied: u64::from(applied) }
                    }
                    Ingested::Refused(decision) => Told::Refused(decision),
                    Ingested::UnknownEpoch => Told::UnknownEpoch,
                }
            }
            Ask::Hash { epoch, seq } => Told::Hash(db.held_hash(store, *epoch, *seq).await.unwrap()),
            Ask::Line => {
                let page = db.journal_line(store, 1, u32::MAX, usize::MAX).await.unwrap();
                Told::Line(page.rows.iter().map(|row| (row.seq, row.hash)).collect())
            }
            Ask::Branches => Told::Branches(
                db.branches(&Scope::All, store)
                    .await
                    .unwrap()
                    .iter()
                    .map(|b| (b.epoch_order, b.depth, b.records, b.forked, b.newest))
                    .collect(),
            ),
        }
    }
}

fn header(epoch: Epoch, before: Hash, records: &[Stored]) -> BatchHeader {
    BatchHeader {
        epoch,
        first_seq: records[0].seq,
        count: records.len() as u32,
        chain_before: before,
        chain_after: records[records.len() - 1].hash,
    }
}

/// A history as one disk holds it.
#[derive(Debug, Clone)]
struct Disk {
    hub: Uuid,
    epoch: Epoch,
    parent: Option<Parent>,
    journal: Vec<Stored>,
}

impl Disk {
    fn hash_at(&self, seq: u64) -> Hash {
        seq.checked_sub(1).map_or([0; 32], |at| self.journal[at as usize].hash)
    }

    fn append(&mut self, salt: u64) {
        let seq = self.journal.len() as u64 + 1;
        let mut payload = vec![1, 0xff, 0xff];
        payload.extend_from_slice(&salt.to_le_bytes());
        let hash = chain_hash(&self.hash_at(seq - 1), &self.epoch.0, seq, &payload);
        self.journal.push(Stored { epoch: self.epoch, seq, hash, payload });
    }

    fn point(&self, seq: u64) -> Parent {
        Parent { epoch: self.epoch, point: Point { seq, hash: self.hash_at(seq) } }
    }
}

/// Everything that goes right and wrong between some disks and their receiver, by one seed.
fn script(seed: u64) -> Vec<Ask> {
    let mut state = seed;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let epoch = |number: u64| Epoch(*Uuid::from_u128(u128::from(seed << 32 | number)).as_bytes());
    let mut minted = 1;
    let first = Disk { hub: Uuid::from_u128(1), epoch: epoch(0), parent: None, journal: Vec::new() };
    let mut disks = vec![first];
    let mut asks = Vec::new();
    let mut late: VecDeque<Ask> = VecDeque::new();
    for _ in 0..160 {
        let at = next(disks.len() as u64) as usize;
        let many = disks.len();
        let disk = &mut disks[at];
        match next(12) {
            0..=2 => (0..=next(6)).for_each(|_| disk.append(next(u64::MAX >> 34))),
            3..=6 if !disk.journal.is_empty() => {
                let head = disk.journal.len() as u64;
                let from = 1 + next(head);
                let to = from + next(head - from + 1);
                let ask = Ask::Ingest {
                    hub: disk.hub,
                    epoch: disk.epoch,
                    before: disk.hash_at(from - 1),
                    records: disk.journal[from as usize - 1..to as usize].to_vec(),
                };
                late.push_back(ask.clone());
                asks.push(ask);
            }
            7 => asks.extend(late.pop_front()),
            8 => {
                let mut parent = disk.parent;
                if let (Some(parent), 0) = (&mut parent, next(5)) {
                    parent.point.hash[0] ^= 1;
                }
                asks.push(Ask::Register { hub: disk.hub, epoch: disk.epoch, parent });
            }
            9 => asks.push(Ask::Hash { epoch: disk.epoch, seq: next(disk.journal.len() as u64 + 2) }),
            10 if many < 6 => {
                // A clone, a restore to an older image, or a replacement by another hub, each in an epoch of its own.
                let keep = next(disk.journal.len() as u64 + 1);
                let mut other = disk.clone();
                other.journal.truncate(keep as usize);
                if next(3) == 0 {
                    // It does not know yet that it is a copy: the same epoch goes on in two ways.
                    disks.push(other);
                    continue;
                }
                let shared = next(keep + 1);
                other.parent = Some(disk.point(shared));
                other.epoch = epoch(minted);
                minted += 1;
                if next(3) == 0 {
                    other.hub = Uuid::from_u128(u128::from(2 + next(2)));
                }
                let Disk { hub, epoch, parent, .. } = other;
                asks.push(Ask::Register { hub, epoch, parent });
                disks.push(other);
            }
            _ => asks.push(if next(2) == 0 { Ask::Line } else { Ask::Branches }),
        }
    }
    asks.extend([Ask::Line, Ask::Branches]);
    asks
}

async fn same_answers(a: &mut impl Receiver, b: &mut impl Receiver, asks: &[Ask]) -> Vec<Told> {
    let mut told = Vec::new();
    for (at, ask) in asks.iter().enumerate() {
        let (one, other) = (a.ask(ask).await, b.ask(ask).await);
        assert_eq!(one, other, "question {at}: {ask:?}");
        told.push(one);
    }
    told
}

async fn new_store(db: &SqliteStore, name: String) -> Uuid {
    let store = Uuid::now_v7();
    let row = StoreRow {
        store: store.to_string(),
        name,
        currency: "EUR".into(),
        time_zone: "Europe/Vienna".into(),
        cut_over_minutes: 240,
        prices_include_tax: true,
        legal_name: "Test Trading Ltd".into(),
        address: "1 High Street".into(),
        tax_id: "X1".into(),
    };
    db.add_store(&row, NOW).await.unwrap();
    store
}

#[tokio::test]
async fn memory_and_sqlite_answer_alike() {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteStore::open(folder.path()).await.unwrap();
    let mut seen = [0_u32; 7];
    for seed in 1..=12 {
        let store = new_store(&db, format!("seed {seed}")).await;
        let mut database = Database { db: &db, store };
        let told = same_answers(&mut Memory(MemoryLine::default()), &mut database, &script(seed)).await;
        for told in told {
            let kind = match told {
                Told::Accepted { applied: 0, .. } => 0,
                Told::Accepted { .. } => 1,
                Told::Refused(Decision::Gap { .. }) => 2,
                Told::Refused(Decision::Fork { .. }) => 3,
                Told::Refused(Decision::Stale) => 4,
                Told::Registered(Registered::Epoch { forked: true, .. }) => 5,
                Told::Registered(Registered::Gap { .. } | Registered::Fork { .. }) => 6,
                _ => continue,
            };
            seen[kind] += 1;
        }
    }
    db.close().await;
    assert!(seen.iter().all(|times| *times > 0), "every kind of answer was compared: {seen:?}");
}

#[tokio::test]
async fn a_replacement_closes_the_line_before_it_and_a_restore_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteStore::open(folder.path()).await.unwrap();
    for by_another in [true, false] {
        let store = new_store(&db, format!("by another {by_another}")).await;
        let mut old =
            Disk { hub: Uuid::from_u128(1), epoch: Epoch([1; 16]), parent: None, journal: Vec::new() };
        (0..5).for_each(|salt| old.append(salt));
        let hub = Uuid::from_u128(if by_another { 2 } else { 1 });
        let parent = Some(old.point(5));
        let send = |disk: &Disk, from: u64| Ask::Ingest {
            hub: disk.hub,
            epoch: disk.epoch,
            before: disk.hash_at(from - 1),
            records: disk.journal[from as usize - 1..].to_vec(),
        };
        let mut asks = vec![
            Ask::Register { hub: old.hub, epoch: old.epoch, parent: None },
            send(&old, 1),
            Ask::Register { hub, epoch: Epoch([2; 16]), parent },
        ];
        old.append(9);
        asks.push(send(&old, 6));
        asks.push(Ask::Branches);
        let mut database = Database { db: &db, store };
        let told = same_answers(&mut Memory(MemoryLine::default()), &mut database, &asks).await;
        let (grown, branches) = (&told[3], &told[4]);
        if by_another {
            assert_eq!(*grown, Told::Refused(Decision::Stale), "what a replaced hub still sends is refused");
            // Until its first record comes it ends no line.
            let line = vec![(1, 0, 5, false, true), (2, 1, 0, false, false)];
            assert_eq!(*branches, Told::Branches(line));
        } else {
            assert_eq!(*grown, Told::Accepted { acked_through: 6, applied: 1 }, "nothing of one hub is lost");
            let fork = vec![(1, 0, 6, false, true), (2, 1, 0, true, false)];
            assert_eq!(*branches, Told::Branches(fork), "and both are shown as what they are");
        }
    }
    db.close().await;
}
