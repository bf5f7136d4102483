//! Signing on at a till while the others sell.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod selling;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use holdfast_actors::Pins;
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use holdfast_protocol::message::Answer;
use selling::Shop;
use store::{Store, till};

/// As slow as a hash that is meant to be slow.
const HASHING: Duration = Duration::from_millis(150);

#[derive(Debug, Default)]
struct SlowPins(AtomicU64);
impl Pins for SlowPins {
    fn check(&self, _: holdfast_domain::ids::TerminalId, _: StaffNumber, _: &str) -> PinVerdict {
        self.0.fetch_add(1, Ordering::AcqRel);
        std::thread::sleep(HASHING);
        PinVerdict::Correct
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_on_at_once_while_other_tills_sell() {
    let pins = Arc::new(SlowPins::default());
    let store = Arc::new(Store::open_with(3, |parts| parts.pins = Arc::clone(&pins) as _).await);
    let shop = Shop::open(&store, 2).await;
    shop.sells_on("two tills sell").await;
    let before = pins.0.load(Ordering::Acquire);
    let id = store.command_id();
    let message = holdfast_protocol::message::SignOnMessage {
        id,
        occurred_at: holdfast_domain::calendar::Timestamp(1_796_000_000_000),
        number: StaffNumber(1),
        pin: holdfast_protocol::message::Pin("2468".to_owned()),
    };
    let payload = holdfast_protocol::message::Request::SignOn(message).to_bytes();
    // The till's actor starts when it is first heard of: the till connects before it asks.
    store.tills.connected(till(3), 1);
    selling::until("the third till's actor is there", async || {
        store
            .running
            .watched()
            .iter()
            .any(|seen| seen.actor == format!("terminal/{}", till(3)) && seen.starts == 1)
    })
    .await;
    let reply = store.exchange(till(3), id, payload.into()).await;
    assert!(matches!(reply.answer, Answer::Accepted { .. }), "{reply:?}");
    assert_eq!(pins.0.load(Ordering::Acquire) - before, 1, "one sign-on is one attempt");
    shop.close_and_audit("signing on").await;
}
