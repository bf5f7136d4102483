//! Copies of a hub's disk and disks put back to an older day: found at first contact, every history kept at HQ, nothing
//! overwritten, and the shop sells all the while.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod headquarters;
mod store;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use headquarters::{Headquarters, Key, Wire};
use holdfast_actors::{Observation, Parts};
use holdfast_journal::MemoryStorage;
use holdfast_protocol::message::Answer;
use holdfast_store::{MemoryStore, StateStore as _};
use holdfast_testkit::proof::Proof;
use store::{DEADLINE, Store, till};

const ROUNDS: u64 = 200;
/// Rounds that run at the same time; most of a round is waiting for the next try.
const AT_ONCE: usize = 8;

/// Ids of tills and actors must not meet between the stores of this process.
static SERIES: AtomicU64 = AtomicU64::new(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    /// A copy of the disk in a second machine; both sell.
    Clone,
    /// The disk of an earlier moment, and nothing sold since.
    RolledBack,
    /// The disk of an earlier moment, sold from before HQ was reached.
    RolledBackAndSold,
}

/// A xorshift, so that a round is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

fn connected(wire: &Arc<Wire>) -> impl FnOnce(&mut Parts) + use<> {
    let wire = Arc::clone(wire);
    move |parts| {
        parts.uplink = Some(wire as _);
        parts.notary = Some(Key::new() as _);
    }
}

/// A hub on a copy of a disk, its state folded anew as after any doubt.
async fn started_on(disk: &MemoryStorage, wire: &Arc<Wire>) -> Store {
    let state = MemoryStore::new();
    let storage = Arc::new(disk.killed());
    fold(&storage, &state);
    let store = Store::start_with(storage, state, connected(wire)).await;
    // Two copies that sell do not mint the same ids.
    store.counter.store(SERIES.fetch_add(1, Ordering::Relaxed) << 20, Ordering::Relaxed);
    store
}

/// Brings the state to the disk's end, so that the catalog is known when the actors start.
fn fold(storage: &Arc<MemoryStorage>, state: &Arc<MemoryStore>) {
    let mut options = holdfast_journal::Options::new("/journal", holdfast_protocol::chain_hash);
    options.segment_bytes = 8 << 20;
    let (writer, reader, _) = holdfast_journal::Journal::open(options, Arc::clone(storage) as _).unwrap();
    holdfast_store::catch_up(state.as_ref(), &reader, 512).unwrap();
    writer.shutdown().unwrap();
}

/// Sells so many times and says that it could.
async fn sell(store: &Store, sales: u64) {
    for _ in 0..sales {
        let (order, place) = store.place(&[("SOAP", 1)]);
        let placed = store.send(till(1), place).await;
        assert!(matches!(placed.answer, Answer::Accepted { .. }), "{placed:?}");
        let paid = store.send(till(1), store.pay(order, 249)).await;
        assert!(matches!(paid.answer, Answer::Accepted { .. }), "{paid:?}");
    }
}

async fn until(mut holds: impl FnMut() -> bool, what: &str) {
    let looked = tokio::time::timeout(DEADLINE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    looked.await.unwrap_or_else(|_| panic!("{what}"));
}

/// Everything in the journal, as HQ would hold it.
fn history(store: &Store) -> Vec<(u64, [u8; 32], Vec<u8>)> {
    let records = store.reader.scan(1).map(Result::unwrap);
    records.map(|record| (record.position.seq, record.position.hash, record.payload)).collect()
}

fn has_all(hq: &Headquarters, store: &Store) -> bool {
    let held: HashSet<_> = hq.held().into_iter().map(|(seq, hash, _)| (seq, hash)).collect();
    let head = store.running.headquarters().borrow().acked_through;
    head == store.reader.head().unwrap().seq
        && history(store).into_iter().all(|(seq, hash, _)| held.contains(&(seq, hash)))
}

/// HQ holds what it held before, byte for byte, and nothing twice.
fn nothing_overwritten(hq: &Headquarters, before: &[(u64, [u8; 32], Vec<u8>)]) {
    let held = hq.held();
    let once: HashSet<_> = held.iter().map(|(seq, hash, _)| (*seq, *hash)).collect();
    assert_eq!(once.len(), held.len(), "nothing is held twice");
    let held: HashSet<_> = held.into_iter().collect();
    assert!(before.iter().all(|record| held.contains(record)), "what HQ once held it holds");
}

fn branches(hq: &Headquarters) -> usize {
    hq.line.lock().unwrap().branches().len()
}

async fn round(seed: u64) -> Mishap {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mishap = match dice.below(3) {
        0 => Mishap::Clone,
        1 => Mishap::RolledBack,
        _ => Mishap::RolledBackAndSold,
    };
    let hq = Arc::new(Headquarters::default());
    let first = Store::open_with(1, connected(&Wire::to(&hq))).await;
    first.open_shift(till(1)).await;
    sell(&first, dice.below(4)).await;
    if dice.below(2) == 0 {
        until(|| has_all(&hq, &first), "HQ follows").await;
    }
    let old_disk = first.storage.killed();
    // What was sold after the copy was taken, and reached HQ.
    sell(&first, 1 + dice.below(4)).await;
    until(|| has_all(&hq, &first), "HQ follows").await;
    let before = hq.held();

    let mut wire = Wire::to(&hq);
    wire.cut.store(mishap == Mishap::RolledBackAndSold, Ordering::Release);
    let survivor = if mishap == Mishap::Clone {
        Some(first)
    } else {
        first.running.stop().await;
        None
    };
    let mut second = started_on(&old_disk, &wire).await;
    match mishap {
        Mishap::Clone => {
            let original = survivor.as_ref().unwrap();
            tokio::join!(sell(original, 1 + dice.below(3)), sell(&second, 1 + dice.below(3)));
        }
        Mishap::RolledBack => {}
        Mishap::RolledBackAndSold => {
            sell(&second, 1 + dice.below(4)).await;
            wire.cut.store(false, Ordering::Release);
        }
    }
    if dice.below(3) == 0 {
        // The power goes in the middle of it, wherever that is.
        tokio::time::sleep(Duration::from_millis(dice.below(400))).await;
        wire.cut.store(true, Ordering::Release);
        let disk = second.storage.killed();
        second.running.stop().await;
        wire = Wire::to(&hq);
        second = started_on(&disk, &wire).await;
        sell(&second, 1).await;
    }
    until(|| has_all(&hq, &second), "HQ has the second history").await;
    // Both go on, in epochs of their own.
    sell(&second, 1).await;
    if let Some(original) = &survivor {
        sell(original, 1).await;
        until(|| has_all(&hq, original), "HQ has the first history").await;
    }
    until(|| has_all(&hq, &second), "HQ has the second history to its end").await;
    nothing_overwritten(&hq, &before);
    assert_eq!(branches(&hq), 2, "{mishap:?} {seed}: both histories are listed");
    for store in survivor.iter().chain([&second]) {
        store.applied(store.reader.head().unwrap().seq).await;
    }
    let epochs = |store: &Store| {
        let mut epochs = 0;
        store.state.with_state(&mut |state| epochs = state.epochs.len());
        epochs
    };
    let opened = epochs(&second) + survivor.as_ref().map_or(0, epochs);
    let expected = if survivor.is_some() { 3 } else { 2 };
    assert_eq!(opened, expected, "{mishap:?} {seed}: one epoch was opened, by one of them");
    for store in survivor.into_iter().chain([second]) {
        let caught_up = async {
            while store.running.observe().await.replicator.is_none_or(|seen| seen.state != "CaughtUp") {}
        };
        tokio::time::timeout(DEADLINE, caught_up).await.expect("nothing is left to send");
        assert_eq!(store.observed(|seen| seen.ledger).await.violations, 0);
        store.running.stop().await;
    }
    mishap
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_history_is_kept_and_selling_never_stops() {
    let proof = Proof::of("R17", "clones and rollbacks against HQ in memory");
    let met: Vec<Mishap> =
        futures::stream::iter(0..ROUNDS).map(round).buffer_unordered(AT_ONCE).collect().await;
    let of = |kind: Mishap| met.iter().filter(|mishap| **mishap == kind).count() as u64;
    let (clones, rollbacks) = (of(Mishap::Clone), of(Mishap::RolledBack) + of(Mishap::RolledBackAndSold));
    assert!(clones > 0 && of(Mishap::RolledBack) > 0 && of(Mishap::RolledBackAndSold) > 0);
    assert_eq!(clones + rollbacks, ROUNDS);
    proof.counted(clones, "clones").counted(rollbacks, "rollbacks").holds();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told() {
    let hq = Arc::new(Headquarters::default());
    let first = Store::open_with(1, connected(&Wire::to(&hq))).await;
    first.open_shift(till(1)).await;
    let disk = first.storage.killed();
    let shared = first.reader.head().unwrap().seq;
    sell(&first, 2).await;
    until(|| has_all(&hq, &first), "HQ follows").await;
    first.running.stop().await;
    let second = started_on(&disk, &Wire::to(&hq)).await;
    let told = |seen: Observation| seen.replicator?.parting.filter(|parting| parting.epoch.is_some());
    let parting = second.observed(told).await;
    assert_eq!(parting.shared_seq, shared);
    second.applied(shared + 1).await;
    let mut last = None;
    second.state.with_state(&mut |state| last = state.epochs.last().copied());
    let last = last.unwrap();
    assert_eq!(parting.epoch, Some(last.epoch.to_string()));
    assert_eq!(last.parent.unwrap().seq, shared, "the new epoch names the last shared record");
}
