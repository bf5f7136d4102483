//! A payment device is looked at while nothing is asked of it: whoever cannot be reached is known before a customer is asked, and
//! takes the next payment once it is back.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_actors::payment::Seen;
use holdfast_actors::{Looks, PaymentSetup};
use holdfast_devices::simulated::poi::SimulatedPoi;
use holdfast_domain::attempt::Turn;
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::ids::OrderId;
use holdfast_protocol::message::{Answer, TenderState};
use store::{DEADLINE, Store, till};

const PACE: Duration = Duration::from_millis(3);
/// How often somebody who was refused presses again.
const AGAIN: Duration = Duration::from_millis(1_100);

async fn shop(poi: &SimulatedPoi) -> Store {
    let (driver, practice) = (Arc::new(poi.clone()), Arc::new(poi.practice()));
    let (name, tender) = (DeviceName::new("counter").unwrap(), TenderCode::new("terminal").unwrap());
    let mut setup = PaymentSetup::new(name, tender, Vec::new(), Turn::OneAtATime, driver, practice);
    setup.patience.looks =
        Looks { every: Duration::from_millis(40), again: Duration::from_millis(20), limit: DEADLINE };
    let store = Store::open_with(1, move |parts| parts.payments = vec![setup]).await;
    store.open_shift(till(1)).await;
    store
}

async fn seen(store: &Store, is_it: impl Fn(&Seen) -> bool) {
    let looked = async {
        loop {
            let observed = store.running.payments().await.remove("counter").flatten();
            if observed.and_then(|seen| seen.look).is_some_and(|look| is_it(&look.was)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, looked).await.expect("it is looked at");
}

async fn order(store: &Store) -> OrderId {
    let (order, place) = store.place(&[("SOAP", 1)]);
    assert!(matches!(store.send(till(1), place).await.answer, Answer::Accepted { .. }));
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_away_is_known_before_the_customer_is_asked_and_takes_the_next_payment_once_it_is_back() {
    let poi = SimulatedPoi::new(PACE);
    let store = shop(&poi).await;
    seen(&store, |seen| *seen == Seen::Ready).await;
    poi.unplug();
    seen(&store, |seen| matches!(seen, Seen::OutOfReach { failures: 2.., .. })).await;

    let order = order(&store).await;
    let began = Instant::now();
    let refused = store.send(till(1), store.start_tender(order, 249)).await.answer;
    let Answer::Refused { code, text, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(code, "HF-CMD-233", "{text}");
    assert!(text.contains("counter cannot be reached since"), "{text}");
    assert!(began.elapsed() < Duration::from_secs(5), "nobody waits for a device that is not there");
    assert_eq!(poi.heard(), 0);

    // It is back: the refusal itself had it looked at again, so that at the latest the press after the next one goes through.
    poi.plug_in();
    let mut presses = 0;
    let attempt = loop {
        presses += 1;
        let (id, payload) = store.request(store.start_tender(order, 249));
        match store.exchange(till(1), id, payload).await.answer {
            Answer::Accepted { .. } => break holdfast_domain::ids::AttemptId(id),
            Answer::Refused { code, .. } => assert_eq!(code, "HF-CMD-233"),
            other => panic!("{other:?}"),
        }
        assert!(presses < 3, "a payment that works was refused again and again");
        tokio::time::sleep(AGAIN).await;
    };
    let approved = async {
        while !matches!(store.standing(attempt), Some(TenderState::Approved { .. })) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, approved).await.expect("it is approved");
}
