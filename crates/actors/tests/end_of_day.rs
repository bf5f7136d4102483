//! The end of a terminal's day among its payments: it is asked once whatever becomes of the hub, and nothing else leaves for the
//! terminal meanwhile.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod store;

use std::sync::Arc;
use std::time::Duration;

use holdfast_actors::PaymentSetup;
use holdfast_devices::simulated::poi::{Mishap, Moment, SimulatedPoi};
use holdfast_domain::Event;
use holdfast_domain::attempt::Turn;
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::command::Action;
use holdfast_domain::ids::{AttemptId, OrderId};
use holdfast_domain::reconciliation::{DeviceDay, ReconcileDevice, ReconciliationOutcome};
use holdfast_protocol::message::{Answer, TenderState};
use holdfast_store::StateStore as _;
use store::{DEADLINE, EPOCH, Store, reason, till};

/// How long each step at the terminal takes.
const PACE: Duration = Duration::from_millis(3);

fn counter() -> DeviceName {
    DeviceName::new("counter").unwrap()
}

/// `within` is how long the terminal is waited for.
fn terminal(poi: &SimulatedPoi, within: Duration) -> PaymentSetup {
    let (driver, practice) = (Arc::new(poi.clone()), Arc::new(poi.practice()));
    let tender = TenderCode::new("terminal").unwrap();
    let mut setup = PaymentSetup::new(counter(), tender, Vec::new(), Turn::OneAtATime, driver, practice);
    setup.patience.ask_again = Duration::from_millis(20);
    setup.patience.carry_out = within;
    setup
}

async fn shop(poi: &SimulatedPoi, within: Duration) -> Store {
    let setup = terminal(poi, within);
    let store = Store::open_with(1, move |parts| parts.payments = vec![setup]).await;
    store.open_shift(till(1)).await;
    store
}

fn reconcile() -> Action {
    Action::ReconcileDevice(ReconcileDevice { epoch: EPOCH, device: counter(), lost: None })
}

fn day(store: &Store) -> DeviceDay {
    let mut day = DeviceDay::default();
    store.state.with_state(&mut |state| day = state.device_days.get(&counter()).cloned().unwrap_or_default());
    day
}

/// Everything in the journal, by name.
fn events(store: &Store) -> Vec<&'static str> {
    let records = (1..).map_while(|seq| store.reader.read(seq).unwrap());
    let decoded = records.map(|record| holdfast_protocol::decode_record(&record.payload).unwrap());
    decoded.flat_map(|record| record.outcome.events().iter().map(Event::name).collect::<Vec<_>>()).collect()
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let waited = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waited).await.unwrap_or_else(|_| panic!("{what}"));
}

async fn accepted(store: &Store, action: Action) {
    match store.send(till(1), action).await.answer {
        Answer::Accepted { position, .. } => store.applied(position.seq).await,
        other => panic!("{other:?}"),
    }
}

/// Milk for 1.19 that the terminal takes.
async fn charged(store: &Store) -> AttemptId {
    let order: OrderId = {
        let (order, place) = store.place(&[("MILK", 1)]);
        accepted(store, place).await;
        order
    };
    let (id, payload) = store.request(store.start_tender(order, 119));
    let reply = store.exchange(till(1), id, payload).await;
    assert!(matches!(reply.answer, Answer::Accepted { .. }), "{reply:?}");
    let attempt = AttemptId(id);
    until("the terminal takes it", || matches!(store.standing(attempt), Some(TenderState::Approved { .. })))
        .await;
    attempt
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminals_day_ends_with_what_it_took() {
    let poi = SimulatedPoi::new(PACE);
    let store = shop(&poi, Duration::from_secs(10)).await;
    charged(&store).await;
    accepted(&store, reconcile()).await;
    until("the terminal answers", || day(&store).last.is_some()).await;
    let told = day(&store).last.unwrap();
    assert!(told.agrees() && told.journal[0].net.minor() == 119, "{told:?}");
    store.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_stops_while_a_terminal_ends_its_day_does_not_ask_it_again() {
    let poi = SimulatedPoi::new(PACE);
    let store = shop(&poi, Duration::from_secs(60)).await;
    charged(&store).await;
    poi.mishap(Moment::AfterBooking, Mishap::Mute);
    accepted(&store, reconcile()).await;
    until("the terminal has ended its day, and nobody hears of it", || poi.days().len() == 1).await;
    let (order, place) = store.place(&[("MILK", 1)]);
    accepted(&store, place).await;
    let busy = store.send(till(1), store.start_tender(order, 119)).await;
    assert!(matches!(&busy.answer, Answer::Refused { code, .. } if code == "HF-CMD-304"), "{busy:?}");

    let (storage, state) = (Arc::clone(&store.storage), Arc::clone(&store.state));
    store.running.stop().await;
    let setup = terminal(&poi, Duration::from_secs(60));
    let store = Store::start_with(storage, state, move |parts| parts.payments = vec![setup]).await;
    until("that nobody knows is recorded", || day(&store).lost.is_some()).await;
    let told = day(&store).last.unwrap();
    let ReconciliationOutcome::Unknown { cause } = &told.outcome else { panic!("{told:?}") };
    assert_eq!((cause.as_str(), told.journal[0].net.minor()), ("HF-ACT-008", 119));
    assert_eq!(poi.days().len(), 1, "it was asked once");
    store.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_back_while_a_terminal_ends_its_day_waits_for_that() {
    let poi = SimulatedPoi::new(PACE);
    let store = shop(&poi, Duration::from_secs(2)).await;
    let attempt = charged(&store).await;
    poi.mishap(Moment::BeforeArrival, Mishap::Mute);
    accepted(&store, reconcile()).await;
    accepted(&store, Action::GiveBackTender { attempt, reason: reason("changed their mind") }).await;
    until("it goes back", || matches!(store.standing(attempt), Some(TenderState::GivenBack))).await;
    assert_eq!(poi.heard(), 2);
    let written = events(&store);
    let last = |name: &str| written.iter().rposition(|event| *event == name).unwrap();
    assert!(last("tender_sent") > last("device_reconciled"), "it left before: {written:?}");
    store.running.stop().await;
}
