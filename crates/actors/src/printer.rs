//! One actor per printer: prints documents in order, one at a time, and records what became of each. Nothing here can
//! block or fail a sale: a full queue, a dead printer or a jam ends as an outcome of the document.
//!
//! A document that certainly is not on paper waits for the printer, or goes to the one that it fails over to, until nobody
//! wants it any more. A document that may be on paper is never sent as an original again: where the printer itself said that
//! it stopped in the middle, and where a hub or an actor was lost in the middle, it is printed again and says so. What is
//! decided about each is in [`queue`]; this is the shell that carries it out.

mod job;
mod open;
pub mod paper;
mod queue;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use holdfast_devices::Fault;
use holdfast_devices::escpos::{DrawerPulse, Status};
use holdfast_devices::printer::{Outcome, Printer};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::state::State;
use holdfast_protocol::message::ReplyPosition;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use job::{Job, wanted_for};
pub(crate) use open::read as read_open;
use open::{OpenPaper, OpenPapers};
pub(crate) use paper::papers;
pub use paper::{Paper, PaperKind, document};
use queue::{Place, Queue};
pub use standing::Pace;

use crate::drawer::DrawerSensor;
use crate::house::{House, get, put};
use crate::ledger::LedgerHandle;

/// The most documents that wait for one printer; more are recorded as not printed and can be reprinted.
pub const DOCUMENTS_WAITING_MAX: usize = 1_000;
/// Outcomes are recorded together, at most this many in one record.
const OUTCOMES_TOGETHER_MAX: usize = 64;
/// How long until the ledger is asked again that was not there or had no room.
const LEDGER_AGAIN: Duration = Duration::from_millis(250);
/// How long a hub that stops waits for the paper that is being printed, so that the next start need not mark it.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// A customer waits for a receipt at the counter; after ten minutes they are gone, and a drawer full of old receipts is
/// printed for nobody. Whoever comes back gets a copy.
pub const RECEIPT_WANTED_FOR: Duration = Duration::from_secs(10 * 60);
/// A slip of cash that was paid in or out is signed and laid into the drawer, which is counted at the end of the shift.
pub const SLIP_WANTED_FOR: Duration = Duration::from_secs(12 * 60 * 60);
/// A day's Z belongs into a folder; whoever closes the shop finds it the next morning, when there is paper again.
pub const REPORT_WANTED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How long papers are wanted after their record, by what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub receipt: Duration,
    pub slip: Duration,
    pub report: Duration,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { receipt: RECEIPT_WANTED_FOR, slip: SLIP_WANTED_FOR, report: REPORT_WANTED_FOR }
    }
}

/// A printer of the store and the tills that use it.
#[derive(Debug, Clone)]
pub struct PrinterSetup {
    pub name: String,
    pub device: Arc<Printer>,
    /// Empty: every till that no other printer names.
    pub tills: Vec<TillNumber>,
    pub drawer_pulse: DrawerPulse,
    /// None for a drawer without one, or none that is wired.
    pub drawer_sensor: Option<DrawerSensor>,
    /// The name of the printer that prints while this one cannot.
    pub fails_over_to: Option<String>,
    pub wanted: Wanted,
    pub pace: Pace,
}

impl PrinterSetup {
    /// A printer for every till, with nothing that it fails over to.
    pub fn new(name: impl Into<String>, device: Printer) -> Self {
        Self {
            name: name.into(),
            device: Arc::new(device),
            tills: Vec::new(),
            drawer_pulse: DrawerPulse::STANDARD,
            drawer_sensor: None,
            fails_over_to: None,
            wanted: Wanted::default(),
            pace: Pace::default(),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Message {
    Print(Box<Paper>, ReplyPosition),
    /// The job that was under way has ended.
    Ended(Outcome),
    /// The ledger may have documents open that nobody told of.
    TakeUp,
    /// What the ledger had open when it was asked for the n-th time.
    TakenUp(u64, Box<OpenPapers>),
    /// Whether the ledger has durably recorded what it was given.
    Recorded(bool),
    RecordAgain,
    /// Time to ask the printer how it is; the number is that of the newest appointment.
    Look(u64),
    Looked(Result<Status, Fault>),
    Observe(RpcReplyPort<Observation>),
}

/// What a printer actor shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub printer: String,
    /// In UnifiedPOS words, as the printer said last; only `Offline` where there is no line to it.
    pub state: Vec<&'static str>,
    /// When it was first found unable to print, in milliseconds since 1970; none while it can.
    pub down_since: Option<i64>,
    pub why_down: Option<String>,
    /// Where documents go meanwhile.
    pub goes_to: Option<String>,
    /// Documents that are not on paper, the one under way included.
    pub waiting: usize,
    pub printed: u64,
    pub not_printed: u64,
    pub unknown: u64,
    /// Of those that did not come to paper, the ones that nobody wanted any more.
    pub expired: u64,
    /// Of the printed, those that were marked as printed again.
    pub printed_again: u64,
    /// Of the printed, those that came out of the other printer.
    pub printed_elsewhere: u64,
    pub last_fault: Option<String>,
}

/// What a printer actor has in hand.
#[derive(Debug)]
pub(crate) struct Desk {
    queue: Queue,
    printing: Option<JoinHandle<Outcome>>,
    looking: bool,
    /// The number of the newest appointment to look.
    look: u64,
    /// How often the ledger was asked what is open; the newest answer counts.
    asked: u64,
    first_taken_up: bool,
    taking_up: Option<Task>,
    recording: Option<Task>,
}

/// Something that runs beside the actor and ends with it.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(crate) struct PrinterActor {
    pub house: Arc<House>,
    pub index: usize,
}

/// The printer that serves a till: the one that names its number, else the one that names none.
pub(crate) fn of_till(printers: &[PrinterSetup], number: TillNumber) -> Option<usize> {
    let named = printers.iter().position(|setup| setup.tills.contains(&number));
    named.or_else(|| printers.iter().position(|setup| setup.tills.is_empty()))
}

/// Hands a document to the till's printer. False when there is none: nothing will be printed. A printer's actor that is not
/// there now takes the document up when it is started again.
pub(crate) fn submit(house: &House, paper: Paper, position: &ReplyPosition) -> bool {
    let Some(index) = of_till(&house.printers, paper.till()) else { return false };
    if let Some(actor) = get(&house.printing[index]) {
        let _ = actor.cast(Message::Print(Box::new(paper), *position));
    }
    true
}

/// A ledger that starts again may have lost what it was to tell.
pub(crate) fn take_up(house: &House) {
    for actor in house.printing.iter().filter_map(get) {
        let _ = actor.cast(Message::TakeUp);
    }
}

#[ractor::async_trait]
impl Actor for PrinterActor {
    type Msg = Message;
    type State = Desk;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Desk, ActorProcessingErr> {
        put(&self.house.printing[self.index], myself.clone());
        let mut desk = Desk {
            queue: Queue::new(self.other().is_some()),
            printing: None,
            looking: false,
            look: 0,
            asked: 0,
            first_taken_up: false,
            taking_up: None,
            recording: None,
        };
        self.ask_what_is_open(&myself, &mut desk);
        self.look_at(&myself, &mut desk);
        Ok(desk)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        desk: &mut Desk,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Print(paper, position) => {
                let job = self.job(&paper, &position, Duration::ZERO, false);
                desk.queue.submit(job);
            }
            Message::Ended(outcome) => {
                desk.printing = None;
                let stood = desk.queue.standing.takes_jobs();
                desk.queue.ended(outcome, Instant::now(), self.house.clock.now());
                if stood && !desk.queue.standing.takes_jobs() {
                    self.look_later(&myself, desk);
                }
            }
            Message::TakeUp => self.ask_what_is_open(&myself, desk),
            Message::TakenUp(asked, open) => {
                if asked == desk.asked {
                    desk.taking_up = None;
                    let first = !std::mem::replace(&mut desk.first_taken_up, true);
                    let jobs = open.papers.iter().map(|open| self.open_job(open, first)).collect();
                    desk.queue.take_up(jobs);
                }
            }
            Message::Recorded(durable) => {
                desk.recording = None;
                desk.queue.recorded(durable);
                if !durable {
                    myself.send_after(LEDGER_AGAIN, || Message::RecordAgain);
                    return Ok(());
                }
            }
            Message::RecordAgain => {}
            Message::Look(appointment) => {
                if appointment == desk.look && !desk.queue.is_printing_at(Place::Home) {
                    self.look_at(&myself, desk);
                } else if appointment == desk.look {
                    self.look_later(&myself, desk);
                }
            }
            Message::Looked(said) => {
                desk.looking = false;
                match said {
                    Ok(status) if !status.stops_printing() => desk.queue.standing.is_ready(),
                    Ok(status) => self.fell(desk, status.to_string()),
                    Err(fault) => self.fell(desk, fault.to_string()),
                }
                self.look_later(&myself, desk);
            }
            Message::Observe(reply) => {
                let _ = reply.send(self.observe(desk));
            }
        }
        self.next(&myself, desk);
        self.record(&myself, desk);
        Ok(())
    }

    async fn post_stop(&self, _: ActorRef<Message>, desk: &mut Desk) -> Result<(), ActorProcessingErr> {
        let end = Instant::now() + STOP_WITHIN;
        if let Some(printing) = desk.printing.take()
            && let Ok(Ok(outcome)) = tokio::time::timeout_at(end, printing).await
        {
            desk.queue.ended(outcome, Instant::now(), self.house.clock.now());
        }
        // What was given to the ledger and is recorded already is given to it again, which changes nothing.
        desk.recording = None;
        desk.queue.recorded(false);
        if let Some(outcomes) = desk.queue.begin_recording() {
            let ledger = LedgerHandle { house: Arc::clone(&self.house) };
            let _ = timeout(STOP_WITHIN, ledger.settle(outcomes)).await;
        }
        Ok(())
    }
}

impl PrinterActor {
    fn setup(&self) -> &PrinterSetup {
        &self.house.printers[self.index]
    }

    fn other(&self) -> Option<&PrinterSetup> {
        let name = self.setup().fails_over_to.as_deref()?;
        self.house.printers.iter().find(|setup| setup.name == name && setup.name != self.setup().name)
    }

    fn job(&self, paper: &Paper, position: &ReplyPosition, age: Duration, may_have_begun: bool) -> Job {
        let wanted = wanted_for(paper, &self.setup().wanted).saturating_sub(age);
        Job {
            transaction: paper.transaction(),
            document: document(paper, position),
            expires: Instant::now() + wanted,
            papers: u32::from(may_have_begun),
        }
    }

    /// A document that was open when this actor began may have been begun by one before it; later ones it knows itself.
    fn open_job(&self, open: &OpenPaper, first: bool) -> Job {
        let age_ms = self.house.clock.now().0.saturating_sub(open.recorded_at.0);
        let age = Duration::from_millis(u64::try_from(age_ms).unwrap_or(0));
        self.job(&open.paper, &open.position, age, first && open.may_have_begun)
    }

    fn ask_what_is_open(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        desk.queue.ask_what_is_open();
        desk.asked += 1;
        let (house, index, asked, myself) = (Arc::clone(&self.house), self.index, desk.asked, myself.clone());
        desk.taking_up = Some(Task(tokio::spawn(async move {
            let open = what_is_open(&house, index).await;
            let _ = myself.cast(Message::TakenUp(asked, Box::new(open)));
        })));
    }

    fn next(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        let Some((job, place)) = desk.queue.next(Instant::now(), desk.looking) else { return };
        let paper = job.next_paper(self.house.template.language);
        let setup = match place {
            Place::Home => Some(self.setup()),
            Place::Other => self.other(),
        };
        let device = Arc::clone(&setup.expect("the queue was told whether there is another printer").device);
        let myself = myself.clone();
        desk.printing = Some(tokio::spawn(async move {
            let outcome = device.print(&paper).await;
            let _ = myself.cast(Message::Ended(outcome.clone()));
            outcome
        }));
    }

    /// Gives outcomes to the ledger and hears when they are durable.
    fn record(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        let Some(outcomes) = desk.queue.begin_recording() else { return };
        let (ledger, myself) = (LedgerHandle { house: Arc::clone(&self.house) }, myself.clone());
        desk.recording = Some(Task(tokio::spawn(async move {
            let durable = ledger.settle(outcomes).await.is_ok();
            let _ = myself.cast(Message::Recorded(durable));
        })));
    }

    fn look_at(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        desk.looking = true;
        let (device, myself) = (Arc::clone(&self.setup().device), myself.clone());
        tokio::spawn(async move {
            let said = device.status().await;
            let _ = myself.cast(Message::Looked(said));
        });
    }

    fn look_later(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        desk.look += 1;
        let appointment = desk.look;
        myself.send_after(desk.queue.standing.look_after(&self.setup().pace), move || {
            Message::Look(appointment)
        });
    }

    fn fell(&self, desk: &mut Desk, why: String) {
        desk.queue.standing.fell(self.house.clock.now(), why);
    }

    fn observe(&self, desk: &Desk) -> Observation {
        let queue = &desk.queue;
        let down = queue.standing.down();
        let said = self.setup().device.said();
        let state = match (said, down) {
            (Some(said), _) if said.answered() => said.words(),
            (_, Some(_)) => Status::default().words(),
            // One that prints and never answers says nothing of itself.
            (_, None) => Vec::new(),
        };
        let counts = queue.counts.clone();
        Observation {
            printer: self.setup().name.clone(),
            state,
            down_since: down.map(|(since, _)| since.0),
            why_down: down.map(|(_, why)| why.to_owned()),
            goes_to: down.and(self.other()).map(|other| other.name.clone()),
            waiting: queue.len(),
            printed: counts.printed,
            not_printed: counts.not_printed,
            unknown: counts.unknown,
            expired: counts.expired,
            printed_again: counts.printed_again,
            printed_elsewhere: counts.printed_elsewhere,
            last_fault: queue.last_fault.clone(),
        }
    }
}

/// The open documents of a printer. It waits for a ledger that is not there yet, and for a state that has not followed.
async fn what_is_open(house: &Arc<House>, index: usize) -> OpenPapers {
    let ledger = LedgerHandle { house: Arc::clone(house) };
    loop {
        if let Ok((seq, open)) = ledger.open_documents().await {
            if open.is_empty() {
                return OpenPapers::default();
            }
            let reading = Arc::clone(house);
            let read = house.work.run(move || {
                let followed = reading.store.applied().is_some_and(|at| at.seq >= seq);
                followed.then(|| {
                    let mut state = State::default();
                    reading.store.with_state(&mut |known| state = known.clone());
                    read_open(&reading, &state, &open)
                })
            });
            match read.await {
                Ok(Some(Ok(mut found))) => {
                    found.papers.retain(|open| of_till(&house.printers, open.paper.till()) == Some(index));
                    return found;
                }
                Ok(Some(Err(error))) => tracing::warn!(%error, "open documents cannot be read now"),
                Ok(None) | Err(_) => {}
            }
        }
        tokio::time::sleep(LEDGER_AGAIN).await;
    }
}
