//! Printers that fail in every way while the shop sells: no sale waits, every document is known as printed, not printed or
//! unknown, and no document has two papers that both pass for the first.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

mod store;

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use holdfast_actors::printer::{DOCUMENTS_WAITING_MAX, Observation};
use holdfast_actors::{Pace, Parts, PrinterSetup};
use holdfast_devices::escpos::{Condition, Profile};
use holdfast_devices::printer::{Printer, PrinterAddress, Timings};
use holdfast_devices::simulated::{Misbehaviour, SimulatedPrinter};
use holdfast_domain::Event;
use holdfast_domain::command::HubCommand;
use holdfast_domain::event::DocumentOutcome;
use holdfast_domain::ids::{EpochId, HubId, TransactionId, Uuid};
use holdfast_domain::receipt::TillNumber;
use holdfast_protocol::message::Answer;
use holdfast_store::StateStore as _;
use holdfast_testkit::proof::Proof;
use store::{Store, till};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

/// How long anything may take that has to come true.
const SOON: Duration = Duration::from_secs(60);
/// Not so often that a hundred tills that look are the load.
const LOOK_EVERY: Duration = Duration::from_millis(30);
/// A sale that waits for nothing but the disk is far below it, also on a busy machine; one that waits for a printer is not.
const SALE_WITHIN: Duration = Duration::from_secs(5);
/// Sheets that a simulated printer keeps, more than any test looks back.
const SHEETS_MAX: usize = 400;

/// Short enough for thousands of stops. Nothing is right or wrong by time alone: what is too slow is unknown.
const SHORT: Timings = Timings {
    connect: Duration::from_secs(5),
    status: Duration::from_millis(300),
    stall: Duration::from_millis(250),
    confirm: Duration::from_millis(250),
    job: Duration::from_secs(20),
};
const QUICK: Pace = Pace {
    look_every: Duration::from_secs(10),
    ask_again: Duration::from_millis(5),
    ask_again_max: Duration::from_millis(20),
};

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(SOON, async {
        while !holds().await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("it did not come true within {SOON:?} that {what}"));
}

fn simulator(folder: &Path, name: &str) -> SimulatedPrinter {
    SimulatedPrinter::open(folder.join(name), Profile::MM80, SHEETS_MAX).unwrap()
}

/// A printer for the till of that number.
fn for_till(number: u16, device: Printer, fails_over_to: Option<&str>) -> PrinterSetup {
    PrinterSetup {
        tills: vec![TillNumber(number)],
        fails_over_to: fails_over_to.map(str::to_owned),
        ..PrinterSetup::new(format!("printer-{number}"), device)
    }
}

/// A paper that came out.
#[derive(Debug)]
struct Sheet {
    /// Whether it says that it is not the first.
    marked: bool,
    /// Whether it has its last line.
    whole: bool,
    text: String,
}

fn papers_of(simulators: &[&SimulatedPrinter], transaction: TransactionId) -> Vec<Sheet> {
    let id = transaction.0.0.simple().to_string();
    let sheets = simulators.iter().flat_map(|simulator| simulator.sheets().unwrap());
    let texts =
        sheets.filter(|sheet| sheet.id == id).map(|sheet| std::fs::read_to_string(&sheet.text).unwrap());
    texts
        .map(|text| Sheet {
            marked: text.contains("COPY 1") || text.contains("COPY 2") || text.contains("COPY 3"),
            whole: text.contains("Journal "),
            text,
        })
        .collect()
}

/// What the journal says became of documents, read as it grows.
#[derive(Default)]
struct Outcomes {
    read_through: u64,
    known: HashMap<TransactionId, Vec<DocumentOutcome>>,
}

impl Outcomes {
    fn of(&mut self, store: &Store, transaction: TransactionId) -> Option<DocumentOutcome> {
        let head = store.reader.head().map_or(0, |head| head.seq);
        if head > self.read_through {
            for record in store.reader.scan(self.read_through + 1) {
                let stored = holdfast_store::stored_record(record.unwrap()).unwrap();
                self.read_through = stored.position.seq;
                for event in stored.record.outcome.events() {
                    if let Event::DocumentSettled { transaction, outcome } = event {
                        self.known.entry(*transaction).or_default().push(*outcome);
                    }
                }
            }
        }
        let known = self.known.get(&transaction)?;
        assert_eq!(known.len(), 1, "{transaction} is settled once");
        known.first().copied()
    }
}

/// Sells at a till; says how long the till waited for the longer of both answers.
async fn sell(store: &Store, number: u16, lines: &[(&str, i32)]) -> (TransactionId, Duration) {
    let till = till(u128::from(number));
    let (order, place) = store.place(lines);
    let began = Instant::now();
    let placed = store.send(till, place).await;
    assert!(matches!(placed.answer, Answer::Accepted { .. }), "{placed:?}");
    let placing = began.elapsed();
    let began = Instant::now();
    let (id, payload) = store.request(store.pay(order, 100_000));
    let paid = store.exchange(till, id, payload).await;
    assert!(matches!(paid.answer, Answer::Accepted { .. }), "{paid:?}");
    (TransactionId(id), placing.max(began.elapsed()))
}

/// Closes the shift of a till and returns its report.
async fn close_shift(store: &Store, number: u128) -> TransactionId {
    store.applied(store.reader.head().unwrap().seq).await;
    let mut shift = None;
    store.state.with_state(&mut |state| {
        shift = state.shifts.values().find(|shift| shift.terminal == till(number)).map(|shift| shift.id);
    });
    let shift = shift.expect("it is open");
    let declared = store::eur(10_000);
    let count = holdfast_domain::command::ShiftCount::default();
    let close = holdfast_domain::command::Action::CloseShift { shift, declared, count };
    let (id, payload) = store.request(close);
    let closed = store.exchange(till(number), id, payload).await;
    assert!(matches!(closed.answer, Answer::Accepted { .. }), "{closed:?}");
    shift.document()
}

async fn printer_of(store: &Store, name: &str) -> Observation {
    store.observed(|mut seen| seen.printers.remove(name).flatten()).await
}

/// The way in which the printer stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    ClosesTheLine,
    HoldsItOpen,
    PaperOut,
}

impl Stop {
    const ALL: [Stop; 3] = [Stop::ClosesTheLine, Stop::HoldsItOpen, Stop::PaperOut];

    fn at(self, byte: usize) -> Misbehaviour {
        match self {
            Stop::ClosesTheLine => Misbehaviour::CloseAt(byte),
            Stop::HoldsItOpen => Misbehaviour::StopReadingAt(byte),
            Stop::PaperOut => Misbehaviour::PaperOutAt(byte),
        }
    }
}

/// Lines of a receipt of about two thousand bytes.
fn basket() -> Vec<(&'static str, i32)> {
    (0..26).map(|at| (["MILK", "SOAP"][at % 2], 1 + i32::try_from(at).unwrap() % 3)).collect()
}

/// The drawer's pulse and the question after it, which the simulated printer counts like a job of their own: its paper may
/// end there already, and then not one byte of the receipt leaves.
const PULSE_BYTES: usize = 8;
const STORES: usize = 12;
const TILLS_OF_A_STORE: u16 = 8;

#[derive(Default)]
struct Tally {
    stops: AtomicU64,
    printed: AtomicU64,
    unknown: AtomicU64,
    marked: AtomicU64,
    elsewhere: AtomicU64,
    /// Papers that came out and were confirmed too late for the short times here.
    late: AtomicU64,
    slowest_ms: AtomicU64,
}

struct Lane {
    store: Arc<Store>,
    number: u16,
    simulator: SimulatedPrinter,
    /// Half of the printers have one that they fail over to.
    spare: Option<SimulatedPrinter>,
    outcomes: Outcomes,
    tally: Arc<Tally>,
}

impl Lane {
    async fn outcome(&mut self, transaction: TransactionId, what: &str) -> DocumentOutcome {
        let (store, outcomes) = (Arc::clone(&self.store), &mut self.outcomes);
        let mut found = None;
        until(what, async || {
            found = outcomes.of(&store, transaction);
            found.is_some()
        })
        .await;
        found.unwrap()
    }

    fn papers(&self, transaction: TransactionId) -> (Vec<Sheet>, usize) {
        let own = papers_of(&[&self.simulator], transaction);
        let spare = self.spare.iter().flat_map(|spare| papers_of(&[spare], transaction)).collect::<Vec<_>>();
        let elsewhere = spare.len();
        (own.into_iter().chain(spare).collect(), elsewhere)
    }

    /// What must be true of every document, whenever it is looked at.
    fn is_true(
        &self,
        transaction: TransactionId,
        outcome: DocumentOutcome,
        what: &str,
    ) -> (Vec<Sheet>, usize) {
        let (papers, elsewhere) = self.papers(transaction);
        let unmarked = papers.iter().filter(|paper| !paper.marked).count();
        assert!(unmarked <= 1, "{what}: {unmarked} papers pass for the first: {papers:?}");
        let whole = papers.iter().any(|paper| paper.whole);
        match outcome {
            DocumentOutcome::Printed => assert!(whole, "{what}: called printed: {papers:?}"),
            DocumentOutcome::NotPrinted => {
                assert!(papers.is_empty(), "{what}: called not printed: {papers:?}")
            }
            DocumentOutcome::Unknown => {}
        }
        for paper in papers.iter().filter(|paper| paper.marked && paper.whole) {
            assert!(paper.text.contains("PRINTED AGAIN"), "{what}: {}", paper.text);
        }
        (papers, elsewhere)
    }

    async fn stop_at(&mut self, stop: Stop, byte: usize) -> (TransactionId, DocumentOutcome) {
        let what = format!("{stop:?} at byte {byte}");
        let name = format!("printer-{}", self.number);
        self.simulator.misbehave(stop.at(byte));
        let (transaction, waited) = sell(&self.store, self.number, &basket()).await;
        assert!(waited < SALE_WITHIN, "{what}: a sale waited {waited:?}");
        self.tally.slowest_ms.fetch_max(u64::try_from(waited.as_millis()).unwrap(), Ordering::Relaxed);
        // Before its first byte nothing is lost, and paper that ended is put in again: both are waited for. With a printer to
        // fail over to nobody has to do anything.
        let waits = byte == 0 || stop == Stop::PaperOut;
        if waits && self.spare.is_none() {
            let (store, name, outcomes) = (Arc::clone(&self.store), name.clone(), &mut self.outcomes);
            until(&format!("{what}: the document waits"), async || {
                let seen = printer_of(&store, &name).await;
                let waits = seen.waiting == 1 && seen.down_since.is_some();
                waits || outcomes.of(&store, transaction).is_some()
            })
            .await;
            self.simulator.misbehave(Misbehaviour::None);
        }
        let outcome = self.outcome(transaction, &format!("{what}: the document is settled")).await;
        self.simulator.misbehave(Misbehaviour::None);
        let (papers, elsewhere) = self.is_true(transaction, outcome, &what);
        let marked = papers.iter().filter(|paper| paper.marked).count();
        let expected = if waits { DocumentOutcome::Printed } else { DocumentOutcome::Unknown };
        if outcome != expected {
            assert_eq!(outcome, DocumentOutcome::Unknown, "{what}");
            self.tally.late.fetch_add(1, Ordering::Relaxed);
        } else if stop == Stop::PaperOut && byte > PULSE_BYTES {
            assert!(marked > 0, "{what}: printed again without a mark: {papers:?}");
        } else if !waits {
            assert_eq!((marked, elsewhere), (0, 0), "{what}: what may be on paper goes nowhere: {papers:?}");
        }
        let tally = &self.tally;
        tally.stops.fetch_add(1, Ordering::Relaxed);
        tally.printed.fetch_add(u64::from(outcome == DocumentOutcome::Printed), Ordering::Relaxed);
        tally.unknown.fetch_add(u64::from(outcome == DocumentOutcome::Unknown), Ordering::Relaxed);
        tally.marked.fetch_add(marked as u64, Ordering::Relaxed);
        tally.elsewhere.fetch_add(elsewhere as u64, Ordering::Relaxed);
        let (store, name) = (Arc::clone(&self.store), name.clone());
        until(&format!("{what}: the printer is ready again"), async || {
            printer_of(&store, &name).await.down_since.is_none()
        })
        .await;
        (transaction, outcome)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_may_stop_at_any_byte_in_any_way_and_every_document_is_known() {
    let proof = Proof::of("R16", "a printer that stops at every byte");
    let tally = Arc::new(Tally::default());
    let folder = tempfile::tempdir().unwrap();
    let (mut stores, mut lanes) = (Vec::new(), Vec::new());
    for at in 0..STORES {
        let folder = folder.path().join(format!("store-{at}"));
        std::fs::create_dir(&folder).unwrap();
        let spare = simulator(&folder, "spare");
        let mut setups = vec![PrinterSetup {
            pace: QUICK,
            ..for_till(999, Printer::simulated(spare.clone(), SHORT), None)
        }];
        setups[0].name = "spare".to_owned();
        let mut simulators = Vec::new();
        for number in 1..=TILLS_OF_A_STORE {
            let simulator = simulator(&folder, &format!("printer-{number}"));
            let other = (number % 2 == 0).then_some("spare");
            let device = Printer::simulated(simulator.clone(), SHORT);
            setups.push(PrinterSetup { pace: QUICK, ..for_till(number, device, other) });
            simulators.push((number, simulator, other.map(|_| spare.clone())));
        }
        let change = move |parts: &mut Parts| parts.printers = setups;
        let store = Arc::new(Store::open_with(u128::from(TILLS_OF_A_STORE), change).await);
        stores.push(Arc::clone(&store));
        for (number, simulator, spare) in simulators {
            store.open_shift(till(u128::from(number))).await;
            let (store, tally) = (Arc::clone(&store), Arc::clone(&tally));
            lanes.push(Lane { store, number, simulator, spare, outcomes: Outcomes::default(), tally });
        }
    }
    // One that nothing happens to says how long the job is.
    let first = &mut lanes[0];
    let (clean, _) = sell(&first.store, first.number, &basket()).await;
    assert_eq!(
        first.outcome(clean, "a printer that does nothing wrong prints").await,
        DocumentOutcome::Printed
    );
    let total = first.simulator.job_bytes();
    assert!((2_000..3_000).contains(&total), "the receipt has {total} bytes");
    let of_all = lanes.len();
    let running = lanes.into_iter().enumerate().map(|(at, mut lane)| async move {
        let mut before: Option<(TransactionId, DocumentOutcome)> = None;
        for byte in (at..total).step_by(of_all) {
            for stop in Stop::ALL {
                let now = lane.stop_at(stop, byte).await;
                // What was true of the last one still is: no paper came out later.
                if let Some((transaction, outcome)) = before.replace(now) {
                    lane.is_true(transaction, outcome, &format!("before {stop:?} at byte {byte}"));
                }
            }
        }
    });
    futures::future::join_all(running).await;
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    assert_eq!(count(&tally.stops), total as u64 * 3);
    assert_eq!(count(&tally.printed) + count(&tally.unknown), count(&tally.stops));
    assert!(count(&tally.late) * 20 < count(&tally.stops), "{} were confirmed too late", count(&tally.late));
    assert!(count(&tally.marked) > 0 && count(&tally.elsewhere) > 0);
    println!("R16: {} stops, the slowest sale took {} ms", count(&tally.stops), count(&tally.slowest_ms));
    let stops =
        stores.into_iter().map(|store| Arc::into_inner(store).expect("the lanes are gone").running.stop());
    futures::future::join_all(stops).await;
    proof
        .counted(count(&tally.stops), "stops at a byte")
        .counted(total as u64, "bytes of the receipt, each in 3 ways")
        .counted(count(&tally.printed), "known as printed")
        .counted(count(&tally.unknown), "known as unknown")
        .counted(count(&tally.marked), "marked papers")
        .counted(0, "documents with two unmarked papers")
        .holds();
}

/// A host that takes no connection and refuses none, as one that is switched off: its queue of connections is full.
async fn switched_off() -> (Printer, Box<dyn Send>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    // The kernel takes a few more than it was told; once one hangs all others do.
    for _ in 0..16 {
        match tokio::time::timeout(Duration::from_millis(200), tokio::net::TcpStream::connect(address)).await
        {
            Ok(Ok(line)) => held.push(line),
            _ => break,
        }
    }
    (over_tcp(&address.to_string()), Box::new((listener, held)))
}

fn over_tcp(address: &str) -> Printer {
    let address: PrinterAddress = format!("tcp://{address}").parse().unwrap();
    Printer::new(&address, Profile::MM80, Timings::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_behind_a_dead_printer_moves_over_within_five_seconds_and_comes_back() {
    const SALES: u64 = 12;
    let folder = tempfile::tempdir().unwrap();
    let (spare, home) = (simulator(folder.path(), "spare"), simulator(folder.path(), "home"));
    let (dead, _held) = switched_off().await;
    let mut other = for_till(3, Printer::simulated(spare.clone(), Timings::default()), None);
    other.name = "spare".to_owned();
    let setups = vec![
        for_till(1, dead, Some("spare")),
        for_till(2, Printer::simulated(home.clone(), Timings::default()), Some("spare")),
        other,
    ];
    let store = Store::open_with(2, move |parts| parts.printers = setups).await;
    store.open_shift(till(1)).await;
    store.open_shift(till(2)).await;
    let began = Instant::now();
    let mut sold = Vec::new();
    for _ in 0..SALES {
        sold.push(sell(&store, 1, &[("SOAP", 1)]).await.0);
    }
    let all_out = || sold.iter().all(|sale| papers_of(&[&spare], *sale).iter().any(|paper| paper.whole));
    until("the queue has moved over", async || all_out()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "it took {:?}", began.elapsed());
    for sale in &sold {
        let papers = papers_of(&[&spare], *sale);
        assert!(papers.len() == 1 && !papers[0].marked, "an original each: {papers:?}");
    }
    // Known to be down, it is not waited for again.
    let began = Instant::now();
    let sale = sell(&store, 1, &[("SOAP", 1)]).await.0;
    until("the next one goes there at once", async || !papers_of(&[&spare], sale).is_empty()).await;
    assert!(began.elapsed() < Duration::from_secs(2), "it took {:?}", began.elapsed());
    let seen = printer_of(&store, "printer-1").await;
    assert_eq!((seen.goes_to.as_deref(), seen.state.as_slice()), (Some("spare"), ["Offline"].as_slice()));
    assert!(seen.down_since.is_some() && seen.printed_elsewhere > SALES, "{seen:?}");

    // A cover that is open: the other one prints until it is closed.
    home.misbehave(Misbehaviour::Condition(Condition::CoverOpen));
    let sale = sell(&store, 2, &[("MILK", 1)]).await.0;
    until("it goes elsewhere", async || !papers_of(&[&spare], sale).is_empty()).await;
    let seen = printer_of(&store, "printer-2").await;
    assert_eq!(seen.state, ["CoverOpen", "PaperOK"], "{seen:?}");
    home.misbehave(Misbehaviour::Condition(Condition::PaperNearEmpty));
    until("it is ready again", async || printer_of(&store, "printer-2").await.down_since.is_none()).await;
    let sale = sell(&store, 2, &[("MILK", 1)]).await.0;
    until("it prints itself", async || !papers_of(&[&home], sale).is_empty()).await;
    assert_eq!(printer_of(&store, "printer-2").await.state, ["CoverOK", "PaperNearEmpty"]);
    store.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_jammed_printer_cost_nobody_else_anything() {
    const SALES: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let good = simulator(folder.path(), "good");
    // Nobody listens there any more.
    let gone = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let dead = over_tcp(&gone.local_addr().unwrap().to_string());
    drop(gone);
    // It takes the connection and then reads and says nothing.
    let jam = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let jammed = over_tcp(&jam.local_addr().unwrap().to_string());
    let setups = vec![
        for_till(1, dead, None),
        for_till(2, jammed, None),
        for_till(3, Printer::simulated(good.clone(), Timings::default()), None),
    ];
    let store = Arc::new(Store::open_with(3, move |parts| parts.printers = setups).await);
    for n in 1..=3 {
        store.open_shift(till(n)).await;
    }
    let slowest = Arc::new(Mutex::new(Duration::ZERO));
    let mut tills = JoinSet::new();
    for number in 1..=3 {
        let (store, slowest) = (Arc::clone(&store), Arc::clone(&slowest));
        // More than may wait at the one that is dead.
        let sales = if number == 1 { DOCUMENTS_WAITING_MAX + SALES } else { SALES };
        tills.spawn(async move {
            let mut sold = Vec::new();
            for _ in 0..sales {
                let (sale, waited) = sell(&store, number, &[("SOAP", 1)]).await;
                let mut slowest = slowest.lock().unwrap();
                *slowest = waited.max(*slowest);
                sold.push(sale);
            }
            (number, sold)
        });
    }
    let sold: HashMap<u16, Vec<TransactionId>> = tills.join_all().await.into_iter().collect();
    let slowest = *slowest.lock().unwrap();
    assert!(slowest < SALE_WITHIN, "a sale waited {slowest:?}");
    until("the good one prints all of its own", async || {
        sold[&3].iter().all(|sale| papers_of(&[&good], *sale).iter().any(|paper| paper.whole))
    })
    .await;
    let (dead, jammed) = (printer_of(&store, "printer-1").await, printer_of(&store, "printer-2").await);
    assert_eq!((dead.waiting, dead.printed), (DOCUMENTS_WAITING_MAX, 0), "{dead:?}");
    assert!(dead.not_printed >= SALES as u64 - 1 && dead.why_down.is_some(), "{dead:?}");
    assert!(jammed.waiting + 2 >= SALES && jammed.printed == 0, "{jammed:?}");
    let mut outcomes = Outcomes::default();
    for sale in &sold[&3] {
        until("it is recorded", async || outcomes.of(&store, *sale) == Some(DocumentOutcome::Printed)).await;
    }
    println!("the slowest of {} sales took {slowest:?}", sold.values().map(Vec::len).sum::<usize>());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_nothing_is_dropped_and_only_what_had_begun_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = simulator(folder.path(), "paper");
    let printers = |simulator: &SimulatedPrinter| {
        let device = Printer::simulated(simulator.clone(), Timings::default());
        vec![PrinterSetup { pace: QUICK, ..PrinterSetup::new("counter", device) }]
    };
    let setups = printers(&simulator);
    let store = Store::open_with(2, move |parts| parts.printers = setups).await;
    store.open_shift(till(1)).await;
    store.open_shift(till(2)).await;
    // It stops in the middle of the first; the others have not begun.
    simulator.misbehave(Misbehaviour::StopReadingAt(300));
    let mut sold = Vec::new();
    for (number, sku) in [(1, "MILK"), (1, "SOAP"), (2, "MILK"), (1, "RARE")] {
        if sku == "RARE" {
            let copy = holdfast_domain::command::Action::PrintCopy {
                original: sold[0],
                form: holdfast_domain::sale::CopyForm::Copy,
            };
            let (id, payload) = store.request(copy);
            let printed = store.exchange(till(1), id, payload).await;
            assert!(matches!(printed.answer, Answer::Accepted { .. }), "{printed:?}");
            sold.push(TransactionId(id));
        } else {
            sold.push(sell(&store, number, &[(sku, 2)]).await.0);
        }
    }
    let report = close_shift(&store, 2).await;
    sold.push(report);
    let head = store.reader.head().unwrap().seq;
    store.applied(head).await;
    let (storage, state) = (Arc::clone(&store.storage), Arc::clone(&store.state));
    store.running.stop().await;
    simulator.misbehave(Misbehaviour::None);
    let setups = printers(&simulator);
    let store = Store::start_with(storage, state, move |parts| parts.printers = setups).await;
    let mut outcomes = Outcomes::default();
    for sale in &sold {
        until("every document is settled", async || outcomes.of(&store, *sale).is_some()).await;
        assert_eq!(outcomes.of(&store, *sale), Some(DocumentOutcome::Printed));
    }
    let whole = |at: usize| {
        let mut papers = papers_of(&[&simulator], sold[at]);
        papers.retain(|paper| paper.whole);
        assert_eq!(papers.len(), 1, "one whole paper: {papers:?}");
        papers.remove(0)
    };
    let begun = whole(0);
    assert!(begun.marked && begun.text.contains("PRINTED AGAIN"), "it may have begun: {}", begun.text);
    let second = whole(1);
    assert!(!second.marked && !second.text.contains("PRINTED AGAIN"), "it had not: {}", second.text);
    for words in ["Corner shop", "Item SOAP", "1-000002", "TOTAL EUR", "4.98", "Change"] {
        assert!(second.text.contains(words), "`{words}` is on the paper made again:\n{}", second.text);
    }
    let others = whole(2);
    assert!(others.marked, "of another till, and the oldest one of it: {}", others.text);
    let copy = whole(3);
    assert!(copy.text.contains("COPY 1") && !copy.text.contains("PRINTED AGAIN"), "{}", copy.text);
    let report = whole(4);
    assert!(
        report.text.contains("over or short") && !report.marked,
        "found by what it says: {}",
        report.text
    );
    store.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_hub_marks_whatever_its_copy_has_open() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = simulator(folder.path(), "paper");
    let printers = |simulator: &SimulatedPrinter| {
        let device = Printer::simulated(simulator.clone(), Timings::default());
        vec![PrinterSetup { pace: QUICK, ..PrinterSetup::new("counter", device) }]
    };
    let setups = printers(&simulator);
    let store = Store::open_with(1, move |parts| parts.printers = setups).await;
    store.open_shift(till(1)).await;
    simulator.misbehave(Misbehaviour::Condition(Condition::PaperEmpty));
    let sold = [sell(&store, 1, &[("MILK", 1)]).await.0, sell(&store, 1, &[("SOAP", 1)]).await.0];
    // The hub that wrote the rest of this history may have printed both.
    let restored = HubCommand::OpenEpoch {
        epoch: EpochId(Uuid::from_u128(0xE1)),
        hub: HubId(Uuid::from_u128(0x49)),
        hub_key: [2; 32],
        store: store::profile().store,
        parent: None,
    };
    store.running.ledger().hub_command(restored).await.unwrap();
    store.applied(store.reader.head().unwrap().seq).await;
    let (storage, state) = (Arc::clone(&store.storage), Arc::clone(&store.state));
    store.running.stop().await;
    simulator.misbehave(Misbehaviour::None);
    let setups = printers(&simulator);
    let store = Store::start_with(storage, state, move |parts| parts.printers = setups).await;
    for sale in sold {
        until("both are printed", async || !papers_of(&[&simulator], sale).is_empty()).await;
        let papers = papers_of(&[&simulator], sale);
        assert!(papers.iter().all(|paper| paper.marked), "nobody knows that it had not begun: {papers:?}");
    }
    store.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wants_any_more_is_not_printed_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = simulator(folder.path(), "paper");
    simulator.misbehave(Misbehaviour::Condition(Condition::PaperEmpty));
    let device = Printer::simulated(simulator.clone(), Timings::default());
    let wanted = holdfast_actors::Wanted { receipt: Duration::from_millis(300), ..Default::default() };
    let setup = PrinterSetup { pace: QUICK, wanted, ..PrinterSetup::new("counter", device) };
    let store = Store::open_with(1, move |parts| parts.printers = vec![setup]).await;
    store.open_shift(till(1)).await;
    let sale = sell(&store, 1, &[("SOAP", 1)]).await.0;
    let seen = printer_of(&store, "counter").await;
    assert_eq!(seen.waiting, 1, "{seen:?}");
    let mut outcomes = Outcomes::default();
    until("it is given up", async || outcomes.of(&store, sale) == Some(DocumentOutcome::NotPrinted)).await;
    let seen = printer_of(&store, "counter").await;
    assert_eq!((seen.waiting, seen.expired, seen.not_printed), (0, 1, 1), "{seen:?}");
    simulator.misbehave(Misbehaviour::None);
    let next = sell(&store, 1, &[("MILK", 1)]).await.0;
    until("the next one is printed", async || !papers_of(&[&simulator], next).is_empty()).await;
    assert!(papers_of(&[&simulator], sale).is_empty(), "nobody gets what is expired");
    store.running.stop().await;
}
