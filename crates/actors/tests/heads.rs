//! Heads: signed in time, kept before they travel, handed to HQ until it has the newest.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod headquarters;
mod store;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use headquarters::{Headquarters, Key, Wire};
use holdfast_actors::notary::{HEAD_EVERY, HEAD_EVERY_RECORDS};
use holdfast_actors::{Notary as _, SignError};
use holdfast_protocol::head::SignedHead;
use holdfast_protocol::message::Answer;
use store::{DEADLINE, Store, till};

async fn store_with(wire: &Arc<Wire>, key: &Arc<Key>) -> Store {
    let (wire, key) = (Arc::clone(wire), Arc::clone(key));
    Store::open_with(1, move |parts| {
        parts.uplink = Some(wire as _);
        parts.notary = Some(key as _);
    })
    .await
}

async fn until(mut holds: impl FnMut() -> bool, within: Duration, what: &str) {
    let looked = tokio::time::timeout(within, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    looked.await.unwrap_or_else(|_| panic!("{what}"));
}

fn is_true(store: &Store, signed: &SignedHead, key: &Key) {
    let key = VerifyingKey::from_bytes(&key.public_key()).unwrap();
    key.verify(&signed.head.signing_bytes(), &Signature::from_bytes(&signed.signature)).unwrap();
    let record = store.reader.read(signed.head.seq).unwrap().expect("only what is synced is signed");
    assert_eq!(
        (record.position.hash, record.position.epoch),
        (signed.head.hash, signed.head.epoch.0.into_bytes())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_shop_signs_every_so_many_records_and_hq_gets_the_newest() {
    let (hq, key) = (Arc::new(Headquarters::default()), Key::new());
    let store = store_with(&Wire::to(&hq), &key).await;
    store.open_shift(till(1)).await;
    // The first two are lost on the way; what waits is replaced by what is newer.
    hq.lost_heads.store(2, Ordering::Release);
    for _ in 0..HEAD_EVERY_RECORDS {
        let (_, place) = store.place(&[("SOAP", 1)]);
        assert!(matches!(store.send(till(1), place).await.answer, Answer::Accepted { .. }));
    }
    let soon = Duration::from_secs(5);
    until(|| key.kept.lock().unwrap().is_some(), soon, "so many records are not left to the timer").await;
    let kept = key.kept.lock().unwrap().unwrap();
    is_true(&store, &kept, &key);
    assert!(kept.head.seq >= HEAD_EVERY_RECORDS);
    let has = |signed: &SignedHead| hq.heads.lock().unwrap().contains(signed);
    let newest = store.running.notary().sign_now().await.unwrap();
    is_true(&store, &newest, &key);
    assert_eq!(newest.head.seq, store.reader.head().unwrap().seq, "signed at once, through the last record");
    until(|| has(&newest), DEADLINE, "HQ has the newest head").await;
    let observed = store.observed(|seen| seen.notary).await;
    assert_eq!((observed.signed_seq, observed.unsigned), (newest.head.seq, 0));
    assert!(observed.failures >= 1, "the lost answers are counted: {observed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_shop_signs_within_ten_seconds_and_a_restart_hands_it_over_again() {
    let (hq, key) = (Arc::new(Headquarters::default()), Key::new());
    let wire = Wire::to(&hq);
    wire.cut.store(true, Ordering::Release);
    let began = std::time::Instant::now();
    let store = store_with(&wire, &key).await;
    let head = store.reader.head().unwrap().seq;
    let within = HEAD_EVERY + Duration::from_secs(5);
    until(|| key.kept.lock().unwrap().is_some_and(|kept| kept.head.seq >= head), within, "signed in time")
        .await;
    assert!(began.elapsed() >= HEAD_EVERY, "a quiet shop does not write its disk all the time");
    let kept = key.kept.lock().unwrap().unwrap();
    is_true(&store, &kept, &key);
    assert!(hq.heads.lock().unwrap().is_empty());
    let (storage, state) = (Arc::clone(&store.storage), Arc::clone(&store.state));
    store.running.stop().await;
    wire.cut.store(false, Ordering::Release);
    let (wire_again, key_again) = (Arc::clone(&wire), Arc::clone(&key));
    let again = Store::start_with(storage, state, move |parts| {
        parts.uplink = Some(wire_again as _);
        parts.notary = Some(key_again as _);
    })
    .await;
    until(|| hq.heads.lock().unwrap().contains(&kept), DEADLINE, "HQ has what was kept before").await;
    again.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_cannot_be_kept_goes_nowhere() {
    let (hq, key) = (Arc::new(Headquarters::default()), Key::new());
    // From the first record on: a signature that is due by itself goes nowhere either.
    key.full.store(true, Ordering::Release);
    let store = store_with(&Wire::to(&hq), &key).await;
    let failed = store.running.notary().sign_now().await;
    assert!(matches!(failed, Err(SignError::NotKept(_))), "{failed:?}");
    assert!(hq.heads.lock().unwrap().is_empty());
    key.full.store(false, Ordering::Release);
    store.running.notary().sign_now().await.unwrap();
    let nobody = Store::open(0).await;
    assert_eq!(nobody.running.notary().sign_now().await, Err(SignError::NoKey));
}
