//! A disk that fills up: new work waits, what is open is ended, nothing is recorded of what waits, and it recovers.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod store;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use holdfast_actors::Disk;
use holdfast_actors::space::{Level, Limits, Space};
use holdfast_domain::command::Action;
use holdfast_domain::ids::ShiftId;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_protocol::message::Answer;
use store::{DEADLINE, Store, eur, reason, till};

const LIMITS: Limits = Limits { warn_bytes: 3_200, refuse_bytes: 1_600, ballast_bytes: 400 };

/// A disk of so many bytes that others fill.
#[derive(Debug)]
struct SmallDisk {
    free: AtomicU64,
    ballast: Mutex<u64>,
    broken: AtomicBool,
}

impl Disk for SmallDisk {
    fn free_bytes(&self) -> io::Result<u64> {
        if self.broken.load(Ordering::Acquire) {
            return Err(io::ErrorKind::Other.into());
        }
        Ok(self.free.load(Ordering::Acquire).saturating_sub(*self.ballast.lock().unwrap()))
    }
    fn ballast_bytes(&self) -> io::Result<u64> {
        Ok(*self.ballast.lock().unwrap())
    }
    fn make_ballast(&self, bytes: u64) -> io::Result<()> {
        if self.free_bytes()? < bytes {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *self.ballast.lock().unwrap() = bytes;
        Ok(())
    }
    fn give_back_ballast(&self) -> io::Result<()> {
        *self.ballast.lock().unwrap() = 0;
        Ok(())
    }
}

struct Shop {
    store: Store,
    disk: Arc<SmallDisk>,
}

impl Shop {
    async fn open() -> Self {
        let disk = Arc::new(SmallDisk {
            free: AtomicU64::new(9_000),
            ballast: Mutex::new(0),
            broken: AtomicBool::new(false),
        });
        let space = Space { disk: Arc::clone(&disk) as _, limits: LIMITS };
        let store = Store::open_with(1, |parts| parts.space = Some(space)).await;
        store.open_shift(till(1)).await;
        Self { store, disk }
    }

    async fn reaches(&self, free: u64, level: Level) {
        self.disk.free.store(free, Ordering::Release);
        let mut room = self.store.running.room();
        let seen = room.wait_for(|room| room.level == level);
        let reached = tokio::time::timeout(DEADLINE, seen).await;
        assert!(reached.is_ok(), "{level:?} with {free} bytes");
    }

    /// One try, without the till's patience.
    async fn once(&self, action: Action) -> Answer {
        let (id, payload) = self.store.request(action);
        self.store.exchange(till(1), id, payload).await.answer
    }
}

fn waits(answer: &Answer) -> bool {
    matches!(answer, Answer::Retry { code, .. } if code == "HF-CMD-007")
}

fn accepted(answer: &Answer) -> bool {
    matches!(answer, Answer::Accepted { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn new_work_waits_what_is_open_ends_and_room_brings_everything_back() {
    let shop = Shop::open().await;
    let store = &shop.store;
    assert_eq!(*shop.disk.ballast.lock().unwrap(), LIMITS.ballast_bytes, "made at the first look");
    let mut open = Vec::new();
    for _ in 0..4 {
        let (order, place) = store.place(&[("SOAP", 1)]);
        assert!(accepted(&shop.once(place).await));
        open.push(order);
    }
    shop.reaches(3_000, Level::Low).await;
    let (order, place) = store.place(&[("SOAP", 1)]);
    assert!(accepted(&shop.once(place).await), "a low disk sells");
    open.push(order);

    shop.reaches(1_900, Level::Short).await;
    let head = store.reader.head().unwrap().seq;
    let (placed_id, place) = {
        let (_, place) = store.place(&[("SOAP", 1)]);
        store.request(place)
    };
    let refused = store.exchange(till(1), placed_id, place.clone()).await.answer;
    assert!(waits(&refused), "{refused:?}");
    let shift = ShiftId(store.command_id().0);
    let new_shift = Action::OpenShift { shift, float: eur(1), day: BusinessDay::Today, mode: Mode::Live };
    assert!(waits(&shop.once(new_shift).await));
    assert_eq!(store.reader.head().unwrap().seq, head, "nothing is recorded of what waits");
    assert!(accepted(&shop.once(store.pay(open[0], 249)).await), "who stands there pays");
    let cancel = Action::CancelOrder { order: open[1], reason: reason("changed her mind") };
    assert!(accepted(&shop.once(cancel).await));
    assert_eq!(*shop.disk.ballast.lock().unwrap(), LIMITS.ballast_bytes, "the first step keeps the ballast");

    shop.reaches(500, Level::Short).await;
    let given_back = async {
        while *shop.disk.ballast.lock().unwrap() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, given_back).await.expect("the second step gives the ballast back");
    assert!(
        waits(&store.exchange(till(1), placed_id, place.clone()).await.answer),
        "that is no room for new work"
    );
    assert!(accepted(&shop.once(store.pay(open[2], 249)).await));

    shop.reaches(9_000, Level::Plenty).await;
    let now = store.exchange(till(1), placed_id, place.clone()).await.answer;
    assert!(accepted(&now), "the same bytes are decided once there is room: {now:?}");
    // What is known keeps its answer, whatever the disk says.
    shop.reaches(1_900, Level::Short).await;
    assert_eq!(store.exchange(till(1), placed_id, place).await.answer, now);
    for order in &open[3..] {
        assert!(accepted(&shop.once(store.pay(*order, 249)).await));
    }
    let seen = store.observed(|seen| seen.space).await;
    assert_eq!((seen.ballast_made, seen.ballast_given_back), (2, 1), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_asked_changes_nothing() {
    let shop = Shop::open().await;
    shop.disk.broken.store(true, Ordering::Release);
    shop.disk.free.store(0, Ordering::Release);
    let counted =
        async { while shop.store.running.observe().await.space.is_none_or(|space| space.failures == 0) {} };
    tokio::time::timeout(DEADLINE, counted).await.expect("the failure is counted");
    let (_, place) = shop.store.place(&[("SOAP", 1)]);
    assert!(accepted(&shop.once(place).await));
    shop.disk.broken.store(false, Ordering::Release);
    shop.reaches(0, Level::Short).await;
}
