//! The till against a hub that a test plays: what is sent, when, and with which bytes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use holdfast_domain::command::Action;
use holdfast_domain::staff::StaffNumber;
use holdfast_journal::storage::{CrashImage, WriteFate};
use holdfast_journal::{DiskStorage, MemoryStorage, Storage};
use holdfast_protocol::message::{CounterNews, Pin, Reply, Request};

use super::{Address, Connection, Pace, Till, TillEvent};
use crate::error::TillError;
use crate::fake_hub::{Arrivals, FakeHub, WITHIN, accepted, epoch, identity, next, retry};
use crate::outbox::Outbox;

const OUTBOX: &str = "till/outbox";

/// Short waits; an offer is given up after three attempts.
fn pace() -> Pace {
    let ms = Duration::from_millis;
    Pace {
        resend_after: ms(100),
        resend_cap: ms(200),
        reconnect_base: ms(10),
        reconnect_cap: ms(50),
        snapshot_spread: ms(5),
        offer_attempts_max: 3,
        offer_base: ms(5),
        offer_cap: ms(10),
        offer_pause: Duration::from_secs(600),
        keep_alive: Duration::from_secs(5),
    }
}

async fn till(hub: &FakeHub, storage: Arc<dyn Storage>, outbox: PathBuf) -> Till {
    let connection = Connection {
        identity: identity(),
        address: Address::plain(hub.port),
        snapshots: Arc::new(hub.clone()),
        pace: pace(),
        storage,
        outbox,
    };
    Till::connect(connection).await.unwrap()
}

async fn on_memory(hub: &FakeHub, storage: &MemoryStorage) -> Till {
    till(hub, Arc::new(storage.clone()), OUTBOX.into()).await
}

fn ask(till: &Till) -> tokio::task::JoinHandle<Result<Reply, TillError>> {
    let till = till.clone();
    tokio::spawn(async move { till.send(Action::SignOff).await })
}

async fn answer_of(asked: tokio::task::JoinHandle<Result<Reply, TillError>>) -> Reply {
    tokio::time::timeout(WITHIN, asked).await.expect("an answer in time").unwrap().unwrap()
}

/// Acknowledges one request at `seq` of epoch 1.
async fn acknowledged(till: &Till, hub: &FakeHub, arrivals: &mut Arrivals, seq: u64) -> Reply {
    let asked = ask(till);
    let (request, _) = next(arrivals).await;
    let reply = accepted(request.id(), epoch(1), seq);
    hub.reply(&reply);
    assert_eq!(answer_of(asked).await, reply);
    reply
}

/// Loses everything that was not synced.
struct NothingUnsynced;

impl CrashImage for NothingUnsynced {
    fn write(&mut self, _index: usize, _bytes: usize) -> WriteFate {
        WriteFate::Dropped
    }

    fn dir_change(&mut self, _index: usize) -> bool {
        false
    }
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = tokio::time::Instant::now() + WITHIN;
    while !holds() {
        assert!(tokio::time::Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_request_is_durable_before_it_is_sent_and_silence_is_no_answer() {
    let (hub, mut arrivals) = FakeHub::start(epoch(1)).await;
    let storage = MemoryStorage::new();
    let till = on_memory(&hub, &storage).await;
    let asked = ask(&till);
    let (request, first) = next(&mut arrivals).await;
    // The power goes at the moment the hub has the request: the till still knows it.
    let disk = storage.power_cut(&mut NothingUnsynced);
    let after = Outbox::open(OUTBOX.into(), Arc::new(disk)).unwrap();
    assert_eq!(after.index().waiting().collect::<Vec<_>>(), [request.id()]);
    assert_eq!(after.request(request.id()).unwrap(), first);
    // MQTT acknowledged it, the hub did not reply: the same bytes come again, and again.
    assert_eq!(next(&mut arrivals).await.1, first);
    assert_eq!(next(&mut arrivals).await.1, first);
    assert!(!asked.is_finished());
    hub.reply(&accepted(request.id(), epoch(1), 1));
    assert_eq!(answer_of(asked).await.id, request.id());
    assert!(till.counters().resent.load(Ordering::Relaxed) >= 2);
    // The answer is durable before its asker has it.
    let disk = storage.power_cut(&mut NothingUnsynced);
    let after = Outbox::open(OUTBOX.into(), Arc::new(disk)).unwrap();
    assert_eq!(after.index().waiting().len(), 0);
    assert_eq!(after.index().kept_count(), 1);
    till.close().await.unwrap();
}

#[tokio::test]
async fn a_till_that_was_killed_sends_the_same_bytes_when_it_is_back() {
    let (hub, mut arrivals) = FakeHub::start(epoch(1)).await;
    let storage = MemoryStorage::new();
    let till = on_memory(&hub, &storage).await;
    let (one, two) = (ask(&till), ask(&till));
    let (request, bytes) = next(&mut arrivals).await;
    until("both requests are stored", || {
        let disk = storage.killed();
        Outbox::open(OUTBOX.into(), Arc::new(disk)).unwrap().index().waiting().len() == 2
    })
    .await;
    let disk = storage.killed();
    one.abort();
    two.abort();
    till.close().await.unwrap();
    while arrivals.try_recv().is_ok() {}
    let again = on_memory(&hub, &disk).await;
    assert_eq!(next(&mut arrivals).await.1, bytes);
    hub.reply(&accepted(request.id(), epoch(1), 1));
    // The second one's turn comes after the first one's answer, and nobody asks for it any more.
    let second = loop {
        let (arrived, _) = next(&mut arrivals).await;
        if arrived.id() != request.id() {
            break arrived.id();
        }
    };
    hub.reply(&accepted(second, epoch(1), 2));
    until("both answers are kept", || {
        let disk = Outbox::open(OUTBOX.into(), Arc::new(disk.killed())).unwrap();
        (disk.index().waiting().len(), disk.index().kept_count()) == (0, 2)
    })
    .await;
    again.close().await.unwrap();
}

#[tokio::test]
async fn a_request_whose_asker_went_away_is_answered_all_the_same() {
    let (hub, mut arrivals) = FakeHub::start(epoch(1)).await;
    let storage = MemoryStorage::new();
    let till = on_memory(&hub, &storage).await;
    let asked = ask(&till);
    let (request, _) = next(&mut arrivals).await;
    asked.abort();
    hub.reply(&accepted(request.id(), epoch(1), 1));
    until("the answer is kept", || {
        let disk = Outbox::open(OUTBOX.into(), Arc::new(storage.killed())).unwrap();
        disk.index().kept(request.id()).is_some()
    })
    .await;
    till.close().await.unwrap();
}

#[tokio::test]
async fn a_newer_hub_is_offered_what_the_old_one_acknowledged_before_anything_new() {
    let (hub, mut arrivals) = FakeHub::start(epoch(1)).await;
    let storage = MemoryStorage::new();
    let till = on_memory(&hub, &storage).await;
    let first = acknowledged(&till, &hub, &mut arrivals, 5).await;
    let second = acknowledged(&till, &hub, &mut arrivals, 6).await;
    let third = acknowledged(&till, &hub, &mut arrivals, 7).await;
    // HQ has the first one.
    hub.set(|standing| standing.headquarters_seq = 5);
    hub.status();
    until("the status arrived", || {
        till.status().borrow().as_ref().is_some_and(|status| status.headquarters_seq == 5)
    })
    .await;
    // Another hub, restored from HQ's copy.
    hub.set(|standing| (standing.epoch, standing.headquarters_seq) = (epoch(2), 0));
    hub.hang_up();
    until(
        "the old hub is lost",
        || !matches!(*till.link().borrow(), super::LinkState::Ready { epoch: of } if of == epoch(1)),
    )
    .await;
    let asked = ask(&till);
    for (place, kept) in [(&second, 1_u64), (&third, 2)] {
        let (request, bytes) = next(&mut arrivals).await;
        let Request::Offer(offer) = request else { panic!("{request:?} before the offers") };
        assert_eq!(offer.id, place.id);
        let super::Answer::Accepted { record, .. } = &place.answer else { unreachable!() };
        assert_eq!(&offer.record, record);
        if kept == 1 {
            // Out of order: another till has to come first. The same offer is made again.
            hub.reply(&retry(offer.id));
            assert_eq!(next(&mut arrivals).await.1, bytes);
        }
        // The second one is known there already: its first answer names its first place.
        let (at, seq) = if kept == 1 { (epoch(2), 8) } else { (epoch(1), 7) };
        hub.reply(&accepted(offer.id, at, seq));
    }
    let (request, _) = next(&mut arrivals).await;
    assert!(matches!(request, Request::Command(_)));
    hub.reply(&accepted(request.id(), epoch(2), 9));
    answer_of(asked).await;
    assert_eq!(till.counters().offers_taken.load(Ordering::Relaxed), 2);
    till.close().await.unwrap();
    // The new places are what the next hub would be told.
    let outbox = Outbox::open(OUTBOX.into(), Arc::new(storage)).unwrap();
    assert!(outbox.index().kept(first.id).is_none());
    let places =
        [&second, &third].map(|reply| outbox.index().kept(reply.id).map(|kept| (kept.epoch, kept.seq)));
    assert_eq!(places, [Some((epoch(2), 8)), Some((epoch(2), 7))]);
    assert_eq!(outbox.index().offers(epoch(2)).count(), 0);
}

#[tokio::test]
async fn offers_that_stay_out_of_order_are_reported_and_do_not_stop_the_shop() {
    let (hub, mut arrivals) = FakeHub::start(epoch(1)).await;
    let storage = MemoryStorage::new();
    let till = on_memory(&hub, &storage).await;
    let kept = acknowledged(&till, &hub, &mut arrivals, 5).await;
    let mut events = till.events();
    hub.set(|standing| standing.epoch = epoch(2));
    hub.hang_up();
    let asked = ask(&till);
    let mut offers = 0;
    let command = loop {
        let (request, _) = next(&mut arrivals).await;
        match request {
            Request::Offer(offer) => {
                offers += 1;
                hub.reply(&retry(offer.id));
            }
            // It may have been sent before the old hub hung up.
            Request::Command(command) if offers >= 3 => break command,
            other => assert!(matches!(other, Request::Command(_))),
        }
    };
    assert_eq!(offers, 3);
    hub.reply(&accepted(command.id, epoch(2), 1));
    answer_of(asked).await;
    let waits = loop {
        let event = tokio::time::timeout(WITHIN, events.recv()).await.unwrap().unwrap();
        if let TillEvent::OfferWaits { id, code, .. } = event {
            break (id, code);
        }
    };
    assert_eq!(waits, (kept.id, "HF-CMD-185".to_owned()));
    till.close().await.unwrap();
    assert!(Outbox::open(OUTBOX.into(), Arc::new(storage)).unwrap().index().kept(kept.id).is_some());
}

#[tokio::test]
async fn a_gap_in_a_stream_leads_to_one_more_snapshot() {
    let (hub, _arrivals) = FakeHub::start(epoch(1)).await;
    hub.set(|standing| standing.head_seq = 10);
    let till = on_memory(&hub, &MemoryStorage::new()).await;
    let mut events = till.events();
    till.ready(WITHIN).await.unwrap();
    let before = hub.snapshots_read.load(Ordering::SeqCst);
    hub.stock(11, 9);
    hub.set(|standing| standing.head_seq = 14);
    hub.stock(14, 13);
    hub.stock(15, 14);
    let mut seen = Vec::new();
    while seen.last() != Some(&"15".to_owned()) {
        match tokio::time::timeout(WITHIN, events.recv()).await.unwrap().unwrap() {
            TillEvent::Stock(stock) => seen.push(stock.seq.to_string()),
            TillEvent::Gap { .. } => seen.push("gap".to_owned()),
            TillEvent::Snapshot(snapshot) if snapshot.status.head_seq == 14 => {
                seen.push("snapshot".to_owned())
            }
            _ => {}
        }
    }
    // 14 is within the snapshot and is not told twice.
    assert_eq!(seen, ["11", "gap", "snapshot", "15"]);
    assert_eq!(hub.snapshots_read.load(Ordering::SeqCst), before + 1);
    assert_eq!(till.counters().gaps.load(Ordering::Relaxed), 1);
    till.close().await.unwrap();
}

#[tokio::test]
async fn what_is_weighed_beside_the_till_is_told_and_what_is_not_understood_is_counted() {
    let (hub, _arrivals) = FakeHub::start(epoch(1)).await;
    let till = on_memory(&hub, &MemoryStorage::new()).await;
    let mut events = till.events();
    till.ready(WITHIN).await.unwrap();
    let weighs = |grams: &str| {
        format!(
            r#"{{"counter":{{"scale":{{"scale":"scale-1","simulated":false,"state":"stable",
                "net":{{"amount":"{grams}","unit":"kg"}},"tare":null,"text":null}}}}}}"#
        )
    };
    hub.event(&weighs("0,750"));
    hub.event(
        r#"{"number":"1","attempt":"018f3c2a-7b10-7000-8000-000000001080","news":{"step":"present_card"}}"#,
    );
    hub.event(&weighs("0.750"));
    let news = loop {
        if let TillEvent::Counter(news) = tokio::time::timeout(WITHIN, events.recv()).await.unwrap().unwrap()
        {
            break news;
        }
    };
    let CounterNews::Scale(view) = &*news else { panic!("{news:?}") };
    assert_eq!(view.net.unwrap().kilograms(), Some(holdfast_money::Quantity::from_thousandths(750)));
    assert_eq!(till.counters().malformed.load(Ordering::Relaxed), 1);
    till.close().await.unwrap();
}

#[tokio::test]
async fn a_pin_travels_and_never_touches_the_disk_but_its_answer_is_kept() {
    let (hub, mut arrivals) = FakeHub::start(epoch(1)).await;
    let dir = tempfile::tempdir().unwrap();
    let till = till(&hub, Arc::new(DiskStorage), dir.path().join("outbox")).await;
    let pin = "4871-2209-6634";
    let asked = {
        let till = till.clone();
        tokio::spawn(async move { till.sign_on(StaffNumber(1), Pin(pin.to_owned())).await })
    };
    let (request, bytes) = next(&mut arrivals).await;
    assert!(String::from_utf8(bytes).unwrap().contains(pin));
    hub.reply(&accepted(request.id(), epoch(1), 1));
    answer_of(asked).await;
    till.close().await.unwrap();
    for file in std::fs::read_dir(dir.path().join("outbox")).unwrap() {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!content.windows(pin.len()).any(|window| window == pin.as_bytes()));
    }
    let outbox = Outbox::open(dir.path().join("outbox"), Arc::new(DiskStorage)).unwrap();
    assert!(outbox.index().kept(request.id()).is_some());
}

#[tokio::test]
async fn the_same_id_with_other_bytes_is_not_sent() {
    let (hub, _arrivals) = FakeHub::start(epoch(1)).await;
    let till = on_memory(&hub, &MemoryStorage::new()).await;
    let id = holdfast_domain::ids::CommandId(till.mint().unwrap());
    let asked = {
        let till = till.clone();
        tokio::spawn(async move {
            till.send_as(id, holdfast_domain::calendar::Timestamp(1), Action::SignOff).await
        })
    };
    until("the first is on its way", || till.counters().sent.load(Ordering::Relaxed) == 1).await;
    let error = till.send_as(id, holdfast_domain::calendar::Timestamp(2), Action::SignOff).await.unwrap_err();
    assert_eq!(error.code(), "HF-TIL-026");
    till.close().await.unwrap();
    assert_eq!(asked.await.unwrap().unwrap_err().code(), "HF-TIL-011");
}
