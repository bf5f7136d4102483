//! Every actor of the tree lost in every way while tills sell: nothing acknowledged is lost, nothing happens twice, the
//! shop goes on, and no other actor notices.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod selling;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use holdfast_actors::{
    Faults, Loss, Moment, Patience, PaymentSetup, Pins, PrinterSetup, ScaleDevice, ScaleSetup, ScannerDevice,
    ScannerSetup, Watch,
};
use holdfast_devices::escpos::Profile;
use holdfast_devices::printer::{Printer, Timings};
use holdfast_devices::scanner::Suffix;
use holdfast_devices::simulated::SimulatedPrinter;
use holdfast_devices::simulated::barcode_gun::BarcodeGun;
use holdfast_devices::simulated::poi::SimulatedPoi;
use holdfast_devices::simulated::scale::{Model, SimulatedScale};
use holdfast_domain::Event;
use holdfast_domain::attempt::Turn;
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use holdfast_testkit::proof::Proof;
use selling::{Shop, until};
use store::{Store, till};

const LOSSES: [Loss; 4] = [Loss::Panic, Loss::Error, Loss::Hang, Loss::Stop];
/// Losses of one actor in one store; fewer than the restarts that its supervisor bears.
const ROUNDS: u64 = 5;
/// Stores that trade at the same time.
const STORES_AT_ONCE: usize = 12;
const TILLS: u128 = 3;
/// How long each step at the terminal takes.
const PACE: Duration = Duration::from_millis(3);

/// Short enough for a test, and the ledger's far from the others', as in a hub.
const PATIENCE: Patience = Patience {
    ledger: Duration::from_secs(1),
    others: Duration::from_secs(3),
    start: Duration::from_secs(60),
    look_every: Duration::from_millis(50),
};

/// One loss that is planned, and how many happened.
#[derive(Debug, Default)]
struct Planned {
    next: Mutex<Option<(String, Loss, Moment)>>,
    happened: AtomicU64,
}

impl Faults for Planned {
    fn next(&self, actor: &str) -> Option<(Loss, Moment)> {
        let mut next = self.next.lock().unwrap();
        let (_, loss, moment) = next.take_if(|(of, _, _)| of == actor)?;
        self.happened.fetch_add(1, Ordering::Release);
        Some((loss, moment))
    }
}

impl Planned {
    fn plan(&self, actor: &str, loss: Loss, moment: Moment) {
        *self.next.lock().unwrap() = Some((actor.to_owned(), loss, moment));
    }
}

fn printer(folder: &std::path::Path) -> PrinterSetup {
    let paper = SimulatedPrinter::open(folder, Profile::MM80, 4).unwrap();
    PrinterSetup::new("counter", Printer::simulated(paper, Timings::default()))
}

/// One terminal for all tills, with a book of its own.
fn terminal(poi: &SimulatedPoi) -> PaymentSetup {
    let (name, tender) = (DeviceName::new("counter").unwrap(), TenderCode::new("terminal").unwrap());
    let (driver, practice) = (Arc::new(poi.clone()), Arc::new(poi.practice()));
    let mut setup = PaymentSetup::new(name, tender, Vec::new(), Turn::OneAtATime, driver, practice);
    setup.patience.ask_again = Duration::from_millis(20);
    setup
}

/// A scanner of the first till, and a scale that it shares.
fn beside() -> (ScannerSetup, ScaleSetup) {
    let name = DeviceName::new("counter").unwrap();
    let device = ScannerDevice::Simulated(BarcodeGun::new(Suffix::Cr));
    let scanner = ScannerSetup { name: name.clone(), till: TillNumber(1), device };
    let device = ScaleDevice::Simulated(SimulatedScale::new(Model::default()));
    (scanner, ScaleSetup { name, tills: vec![TillNumber(1), TillNumber(2)], device })
}

async fn watched_store(faults: Arc<dyn Faults>, folder: &std::path::Path, poi: &SimulatedPoi) -> Store {
    let (printer, terminal, (scanner, scale)) = (printer(folder), terminal(poi), beside());
    let watch = Watch { patience: PATIENCE, faults: Some(faults) };
    Store::open_with(TILLS, move |parts| {
        parts.printers = vec![printer];
        parts.payments = vec![terminal];
        parts.scanners = vec![scanner];
        parts.scales = vec![scale];
        parts.watch = watch;
    })
    .await
}

/// One actor of each kind that the tree has, by name. A new actor is in it by itself.
async fn actors() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let poi = SimulatedPoi::new(PACE);
    let store = watched_store(Arc::new(Planned::default()), folder.path(), &poi).await;
    store.open_shift(till(1)).await;
    let mut kinds = BTreeSet::new();
    let mut one_each: Vec<String> = store.running.watched().into_iter().map(|seen| seen.actor).collect();
    one_each.retain(|name| kinds.insert(name.split('/').next().unwrap().to_owned()));
    let tree = store.running.tree();
    let drawn: BTreeSet<String> = tree
        .lines()
        .filter_map(|line| line.trim_start_matches(['│', ' ']).strip_prefix(['├', '└'])?.strip_prefix("─ "))
        .filter(|line| !line.contains("supervisor") && !line.starts_with("journal writer"))
        .map(|line| line.split([' ', '/']).next().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, drawn, "every actor of the tree is watched:\n{tree}");
    store.running.stop().await;
    one_each
}

/// Loses one actor in one way, again and again, while the shop sells. Says how many were lost and how many answers the
/// tills hold.
async fn lose(actor: String, loss: Loss) -> (u64, u64) {
    let what = format!("{actor} × {loss:?}");
    let folder = tempfile::tempdir().unwrap();
    let planned = Arc::new(Planned::default());
    let poi = SimulatedPoi::new(PACE);
    let store = Arc::new(watched_store(Arc::clone(&planned) as _, folder.path(), &poi).await);
    let shop = Shop::open(&store, TILLS).await;
    for round in 1..=ROUNDS {
        shop.sells_on(&format!("{what}: the shop sells before loss {round}")).await;
        let starts = starts_of(&store, &actor);
        let moment = if round % 2 == 0 { Moment::AfterItsWork } else { Moment::BeforeItsWork };
        planned.plan(&actor, loss, moment);
        until(&format!("{what}: loss {round} happens"), async || {
            // Whoever has nothing to do is asked how it is, and that is a message too.
            store.running.observe().await;
            planned.happened.load(Ordering::Acquire) == round
        })
        .await;
        until(&format!("{what}: the actor is started again after loss {round}"), async || {
            starts_of(&store, &actor) > starts
        })
        .await;
    }
    shop.sells_on(&format!("{what}: the shop sells after the last loss")).await;
    for seen in store.running.watched() {
        let expected = if seen.actor == actor { 1 + ROUNDS } else { 1 };
        assert_eq!(seen.starts, expected, "{what}: {} was started {} times", seen.actor, seen.starts);
        let ended = if seen.actor == actor && loss == Loss::Hang { ROUNDS } else { 0 };
        assert_eq!(seen.ended, ended, "{what}: {} was ended {} times for hanging", seen.actor, seen.ended);
    }
    let answers = shop.close_and_audit(&what).await;
    charged_once(&store, &poi, &what);
    let store = Arc::into_inner(store).expect("the tills have gone home");
    store.running.stop().await;
    (ROUNDS, answers)
}

/// P3: the terminal's book and the sales agree on every payment, each once.
fn charged_once(store: &Store, poi: &SimulatedPoi, what: &str) {
    let mut sold: BTreeMap<u128, i64> = BTreeMap::new();
    for record in store.reader.scan(1) {
        let stored = holdfast_store::stored_record(record.unwrap()).unwrap();
        for event in stored.record.outcome.events() {
            let Event::SaleCompleted { payment, .. } = event else { continue };
            for tender in &payment.tenders {
                if let Some(of) = tender.kind.electronic() {
                    let before = sold.insert(of.attempt.0.0.as_u128(), tender.amount.minor());
                    assert!(before.is_none(), "{what}: {} pays for two sales", of.attempt);
                }
            }
        }
    }
    let book = poi.book();
    let booked: BTreeMap<u128, i64> = book.iter().map(|one| (one.attempt.0, one.amount.minor())).collect();
    assert_eq!(booked.len(), book.len(), "{what}: charged twice: {book:?}");
    assert!(!booked.is_empty(), "{what}: nobody paid by card");
    assert_eq!(booked, sold, "{what}: the terminal's book and the sales");
}

fn starts_of(store: &Store, actor: &str) -> u64 {
    store.running.watched().into_iter().find(|seen| seen.actor == actor).map_or(0, |seen| seen.starts)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_actor_may_be_lost_in_any_way_while_the_shop_sells() {
    let proof = Proof::of("R5", "loss of any single actor");
    let actors = actors().await;
    assert!(actors.len() >= 14, "{actors:?}");
    // Those that come back slowly begin first.
    let ways = LOSSES.iter().flat_map(|loss| actors.iter().rev().map(|actor| lose(actor.clone(), *loss)));
    let mut stores = futures::stream::iter(ways).buffer_unordered(STORES_AT_ONCE);
    let (mut losses, mut answers) = (0, 0);
    while let Some((some, told)) = stores.next().await {
        losses += some;
        answers += told;
    }
    assert_eq!(losses, actors.len() as u64 * 4 * ROUNDS);
    proof
        .counted(actors.len() as u64, "actors of the tree")
        .counted(4, "ways to be lost")
        .counted(losses, "losses")
        .counted(answers, "acknowledged commands, each once in the journal")
        .holds();
}

#[derive(Debug)]
struct Always(&'static str);
impl Faults for Always {
    fn next(&self, actor: &str) -> Option<(Loss, Moment)> {
        (actor == self.0).then_some((Loss::Error, Moment::BeforeItsWork))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_that_fails_again_and_again_ends_the_tree() {
    let watch = Watch { patience: PATIENCE, faults: Some(Arc::new(Always("catalog"))) };
    let store = Store::open_with(0, |parts| parts.watch = watch).await;
    let gave_up = tokio::time::timeout(store::DEADLINE, async {
        let gave_up = store.running.gave_up();
        tokio::pin!(gave_up);
        loop {
            tokio::select! {
                () = &mut gave_up => return,
                _ = store.running.observe() => tokio::task::yield_now().await,
            }
        }
    });
    gave_up.await.expect("too many restarts end the supervisor, and with it the process");
    assert!(starts_of(&store, "catalog") > 10, "{:?}", store.running.watched());
}

/// PINs whose disk hangs until it is let go.
#[derive(Debug, Default)]
struct HangingPins {
    free: Mutex<bool>,
    freed: Condvar,
}
impl Pins for HangingPins {
    fn check(&self, _: holdfast_domain::ids::TerminalId, _: StaffNumber, _: &str) -> PinVerdict {
        let mut free = self.free.lock().unwrap();
        while !*free {
            free = self.freed.wait(free).unwrap();
        }
        PinVerdict::Correct
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_hangs_is_shown_and_nobody_is_ended_for_it() {
    let pins = Arc::new(HangingPins::default());
    let patience = Patience { others: Duration::from_millis(300), ..PATIENCE };
    let store = Store::open_with(1, |parts| {
        parts.pins = Arc::clone(&pins) as _;
        parts.watch = Watch { patience, faults: None };
    })
    .await;
    let store = Arc::new(store);
    let signing_on = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.sign_on(till(1), "2468").await })
    };
    let terminal = format!("terminal/{}", till(1));
    let hangs =
        || store.running.watched().into_iter().find(|seen| seen.actor == terminal && seen.hangs_ms > Some(0));
    until("the terminal is shown as hanging", async || hangs().is_some()).await;
    // The watchdog has had time to look many times since.
    until("the watchdog has looked again", async || hangs().is_some_and(|seen| seen.hangs_ms > Some(900)))
        .await;
    let seen = hangs().unwrap();
    assert_eq!((seen.starts, seen.ended), (1, 0), "{seen:?}");
    *pins.free.lock().unwrap() = true;
    pins.freed.notify_all();
    let reply = signing_on.await.unwrap();
    assert!(matches!(reply.answer, holdfast_protocol::message::Answer::Accepted { .. }), "{reply:?}");
    assert!(hangs().is_none());
}
