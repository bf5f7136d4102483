//! One actor per payment device: lets attempts leave once they are durable, and goes on asking until somebody knows what
//! became of each.
//!
//! Job: an attempt is started by the ledger's effect. What the device said last before is made durable, then the attempt
//! leaves, then what became of it is made durable. Where the device cannot say, it is asked again and again, and nothing is
//! sent a second time. After a restart whatever the ledger has open is taken up: what never left is declined, everything else
//! is asked about.
//!
//! Invariants: not a byte of an attempt leaves before the ledger has it as sent; a request is carried out once; every wait
//! has a limit; a device that ends its day does nothing else. Nothing here decides what an outcome means for a sale.

mod attempt;
mod end_of_day;
mod look;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use holdfast_devices::payment::breaker::{BreakerState, Gate};
use holdfast_devices::payment::{Fault, Health, PaymentDriver, Refunds};
use holdfast_domain::attempt::{Attempt, PaymentDevice, RefundMeans, Turn};
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::context::OutOfReach;
use holdfast_domain::ids::{AttemptId, ReconciliationId};
use holdfast_domain::receipt::TillNumber;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::house::{House, get, put};
use crate::ledger::LedgerHandle;
use attempt::{Course, Ending};
pub(crate) use look::Board;
pub use look::{Look, Looks, Seen};
pub(crate) use words::step;

/// How long a device is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentPatience {
    /// For what it said last, before an attempt leaves.
    pub mark: Duration,
    /// For an attempt as a whole, whatever the driver's own limits are: a customer may look for a card for a while.
    pub carry_out: Duration,
    /// For the answer to what became of an attempt.
    pub ask: Duration,
    /// From one question to the next; it doubles from the first to the last, with jitter.
    pub ask_again: Duration,
    pub ask_again_max: Duration,
    /// When it is looked at while nothing is asked of it.
    pub looks: Looks,
}

impl Default for PaymentPatience {
    fn default() -> Self {
        Self {
            mark: Duration::from_secs(15),
            carry_out: Duration::from_secs(300),
            ask: Duration::from_secs(60),
            ask_again: Duration::from_millis(500),
            ask_again_max: Duration::from_secs(10),
            looks: Looks::USUAL,
        }
    }
}

/// A payment device of the store, and what drives it.
#[derive(Debug, Clone)]
pub struct PaymentSetup {
    pub device: PaymentDevice,
    pub driver: Arc<dyn PaymentDriver>,
    /// Carries out what is only practised; no real money moves there.
    pub practice: Arc<dyn PaymentDriver>,
    /// What is known of the gateway that the driver reaches it by, where there is one.
    pub gate: Option<Gate>,
    pub patience: PaymentPatience,
}

impl PaymentSetup {
    /// A device that can do what its driver says.
    pub fn new(
        name: DeviceName,
        tender: TenderCode,
        tills: Vec<TillNumber>,
        turn: Turn,
        driver: Arc<dyn PaymentDriver>,
        practice: Arc<dyn PaymentDriver>,
    ) -> Self {
        let can = driver.capabilities();
        let device = PaymentDevice {
            name,
            tender,
            tills,
            turn,
            refunds: match can.refunds {
                Refunds::None => RefundMeans::None,
                Refunds::ByOriginal => RefundMeans::ByOriginal,
                Refunds::WithCard => RefundMeans::WithCard,
            },
            reverses: can.reversal,
            simulated: false,
        };
        Self { device, driver, practice, gate: None, patience: PaymentPatience::default() }
    }
}

#[derive(Debug)]
pub(crate) enum Message {
    /// Durable as started.
    Start(Box<Attempt>),
    Abort(AttemptId),
    /// What the ledger has open, as this actor or the ledger starts.
    TakeUp(Vec<Attempt>),
    /// The device is to end its day: durable as asked.
    Reconcile(ReconciliationId),
    /// An end of day that an actor before this one may have begun.
    TakeUpDay(ReconciliationId),
    DayEnded,
    /// It may be time to look at the device.
    Tick,
    /// Whoever was refused because it cannot be reached has it looked at again.
    LookAgain,
    Looked(Result<Health, Fault>),
    Ended(AttemptId, Ending),
    Observe(RpcReplyPort<Observation>),
}

/// What a payment actor shows of itself.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Observation {
    pub device: String,
    /// Attempts that are under way or in doubt now.
    pub open: usize,
    /// Attempts of them that the device could not say anything about yet.
    pub in_doubt: usize,
    pub approved: u64,
    pub declined: u64,
    /// How often it was asked what became of an attempt.
    pub asked: u64,
    /// How often it was asked to end its day.
    pub reconciled: u64,
    pub last_fault: Option<String>,
    /// How it was at its last look; none before the first.
    pub look: Option<Look>,
    /// It works through the store's way to the outside.
    pub needs_wan: bool,
    /// How the gateway behind it is, where it has one.
    pub gateway: Option<Gateway>,
}

/// A gateway as its breaker sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gateway {
    pub state: GatewayState,
    /// For how many seconds no payment begins there yet; 0 when one may.
    pub rests_seconds: u64,
    /// Failures that count now.
    pub failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GatewayState {
    Answers,
    /// It did not answer often enough, and is left alone for a while.
    LeftAlone,
    /// It is asked one harmless question before the next payment.
    OnTrial,
}

fn gateway(gate: &Gate) -> Gateway {
    let health = gate.health();
    Gateway {
        state: match health.state {
            BreakerState::Closed => GatewayState::Answers,
            BreakerState::Open => GatewayState::LeftAlone,
            BreakerState::HalfOpen => GatewayState::OnTrial,
        },
        rests_seconds: u64::try_from(health.rests.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX),
        failures: health.failures,
    }
}

#[derive(Debug, Default)]
pub(crate) struct Desk {
    jobs: BTreeMap<AttemptId, Job>,
    /// The device ends its day. What is to begin meanwhile waits for that.
    day: Option<(ReconciliationId, Task)>,
    waiting: Vec<(Attempt, Begun)>,
    seen: Observation,
    /// Asks the ledger what is open. Dropped with the actor.
    taking_up: Option<Task>,
    /// Reminds the actor that it may be time to look. Dropped with the actor.
    ticking: Option<Task>,
    /// A look at the device. A payment that begins ends it.
    looking: Option<Task>,
}

/// Something that runs beside the actor and ends with it.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Debug)]
struct Job {
    #[expect(dead_code, reason = "it is held so that the task ends with the actor")]
    task: Task,
    course: Arc<Course>,
}

pub(crate) struct PaymentActor {
    pub house: Arc<House>,
    pub index: usize,
}

/// The actor of a device. None for a device that the settings have no more: a person has to say what became of its attempts.
fn of_device(house: &House, device: &DeviceName) -> Option<ActorRef<Message>> {
    let index = house.payments.iter().position(|setup| setup.device.name == *device)?;
    get(&house.paying[index])
}

/// What a decision wants from a device, once it is durable.
#[derive(Debug)]
pub(crate) enum Wanted {
    Start(Box<Attempt>),
    Abort(Box<Attempt>),
    Reconcile(DeviceName, ReconciliationId),
}

pub(crate) fn want(house: &House, wanted: Wanted) {
    let (device, message) = match wanted {
        Wanted::Start(attempt) => (attempt.device.clone(), Message::Start(attempt)),
        Wanted::Abort(attempt) => (attempt.device.clone(), Message::Abort(attempt.id)),
        Wanted::Reconcile(device, id) => (device, Message::Reconcile(id)),
    };
    // An actor that is not there now takes it up when it is started again.
    if let Some(actor) = of_device(house, &device) {
        let _ = actor.cast(message);
    }
}

/// A payment was refused because its device cannot be reached: whether that is still so is found out at once.
pub(crate) fn look_again(house: &House, device: &DeviceName) {
    if let Some(actor) = of_device(house, device) {
        let _ = actor.cast(Message::LookAgain);
    }
}

/// Which devices nobody reached just now.
pub(crate) fn out_of_reach(house: &House) -> Vec<OutOfReach> {
    let devices = house.payments.iter().map(|setup| &setup.device.name);
    house.looks.out_of_reach(devices, Instant::now())
}

/// A ledger that starts again may have lost what it was to tell: whatever is open and followed by nobody is taken up.
pub(crate) fn take_up(
    house: &House,
    open: impl Iterator<Item = Attempt>,
    days: impl Iterator<Item = (DeviceName, ReconciliationId)>,
) {
    for (device, id) in days {
        if let Some(actor) = of_device(house, &device) {
            let _ = actor.cast(Message::TakeUpDay(id));
        }
    }
    for attempt in open {
        if let Some(actor) = of_device(house, &attempt.device) {
            let _ = actor.cast(Message::TakeUp(vec![attempt]));
        }
    }
}

#[ractor::async_trait]
impl Actor for PaymentActor {
    type Msg = Message;
    type State = Desk;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Desk, ActorProcessingErr> {
        put(&self.house.paying[self.index], myself.clone());
        let reminded = myself.clone();
        let device = self.setup().device.name.clone();
        let mut desk = Desk::default();
        desk.seen.device = device.to_string();
        let ledger = LedgerHandle { house: Arc::clone(&self.house) };
        desk.taking_up = Some(Task(tokio::spawn(async move {
            let open = attempt::open_at(&ledger, &device).await;
            if let Some(id) = open.reconciliation {
                let _ = myself.cast(Message::TakeUpDay(id));
            }
            let _ = myself.cast(Message::TakeUp(open.attempts));
        })));
        desk.seen.needs_wan = self.setup().driver.capabilities().needs_wan;
        desk.ticking = Some(self.tick(&reminded));
        Ok(desk)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        desk: &mut Desk,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Start(attempt) if desk.day.is_some() => desk.waiting.push((*attempt, Begun::Now)),
            Message::Start(attempt) => self.begin(&myself, *attempt, Begun::Now, desk),
            Message::TakeUp(open) => {
                for attempt in open {
                    self.begin(&myself, attempt, Begun::Before, desk);
                }
            }
            Message::Reconcile(id) => self.end_day(&myself, id, Begun::Now, desk),
            Message::TakeUpDay(id) => self.end_day(&myself, id, Begun::Before, desk),
            Message::DayEnded => {
                desk.day = None;
                for (attempt, begun) in std::mem::take(&mut desk.waiting) {
                    self.begin(&myself, attempt, begun, desk);
                }
            }
            Message::Tick => {
                let last = self.house.looks.last(self.index);
                if look::is_due(last.as_ref(), Instant::now(), &self.setup().patience.looks) {
                    self.look(&myself, desk);
                }
            }
            Message::LookAgain => {
                if look::may_look_again(self.house.looks.last(self.index).as_ref(), Instant::now()) {
                    self.look(&myself, desk);
                }
            }
            Message::Looked(told) => {
                desk.looking = None;
                self.house.looks.note(self.index, Instant::now(), self.house.clock.now(), told);
            }
            Message::Abort(id) => {
                if let Some(job) = desk.jobs.get(&id) {
                    job.course.abort.store(true, Ordering::Release);
                    self.abort(id, &job.course);
                }
            }
            Message::Ended(id, ending) => {
                desk.jobs.remove(&id);
                match ending {
                    Ending::Approved => desk.seen.approved += 1,
                    Ending::Declined => desk.seen.declined += 1,
                    Ending::Otherwise => {}
                }
            }
            Message::Observe(reply) => {
                let courses = || desk.jobs.values().map(|job| &job.course);
                desk.seen.open = desk.jobs.len();
                desk.seen.in_doubt = courses().filter(|course| course.doubted()).count();
                let mut seen = desk.seen.clone();
                seen.asked += courses().map(|course| course.asked.load(Ordering::Relaxed)).sum::<u64>();
                seen.last_fault = courses().find_map(|course| course.fault()).or(seen.last_fault);
                seen.look = self.house.looks.last(self.index);
                seen.gateway = self.setup().gate.as_ref().map(gateway);
                let _ = reply.send(seen);
            }
        }
        Ok(())
    }
}

/// Whether this actor let an attempt begin, or one before it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    Now,
    Before,
}

impl PaymentActor {
    fn setup(&self) -> &PaymentSetup {
        &self.house.payments[self.index]
    }

    /// Follows an attempt to its end, beside the actor. The same attempt again changes nothing.
    fn begin(&self, myself: &ActorRef<Message>, attempt: Attempt, begun: Begun, desk: &mut Desk) {
        let id = attempt.id;
        if desk.jobs.contains_key(&id) {
            return;
        }
        desk.looking = None;
        let course = Arc::new(Course::new(self.setup(), &attempt));
        let (following, house, myself) = (Arc::clone(&course), Arc::clone(&self.house), myself.clone());
        let task = tokio::spawn(async move {
            let ending = attempt::follow(&house, &following, attempt, begun == Begun::Before).await;
            let _ = myself.cast(Message::Ended(id, ending));
        });
        desk.jobs.insert(id, Job { task: Task(task), course });
    }

    /// Ends the device's day beside the actor, once: whatever an actor before this one began is not asked again.
    fn end_day(&self, myself: &ActorRef<Message>, id: ReconciliationId, begun: Begun, desk: &mut Desk) {
        if desk.day.is_some() {
            return;
        }
        desk.looking = None;
        desk.seen.reconciled += u64::from(begun == Begun::Now);
        let (house, index, myself) = (Arc::clone(&self.house), self.index, myself.clone());
        let task = tokio::spawn(async move {
            end_of_day::carry_out(&house, &house.payments[index], id, begun == Begun::Before).await;
            let _ = myself.cast(Message::DayEnded);
        });
        desk.day = Some((id, Task(task)));
    }

    fn tick(&self, myself: &ActorRef<Message>) -> Task {
        let (myself, every) = (myself.clone(), self.setup().patience.looks.again);
        Task(tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                if myself.cast(Message::Tick).is_err() {
                    return;
                }
            }
        }))
    }

    /// Looks at the device beside the actor, unless it is at something or its gateway is left alone.
    fn look(&self, myself: &ActorRef<Message>, desk: &mut Desk) {
        let rests = |gate: &Gate| gate.health().state != BreakerState::Closed;
        let is_at_it = !desk.jobs.is_empty() || desk.day.is_some() || desk.looking.is_some();
        if is_at_it || self.setup().gate.as_ref().is_some_and(rests) {
            return;
        }
        let (myself, driver) = (myself.clone(), Arc::clone(&self.setup().driver));
        let (device, limit) = (self.setup().device.name.to_string(), self.setup().patience.looks.limit);
        desk.looking = Some(Task(tokio::spawn(async move {
            let told = look::look(driver.as_ref(), &device, limit).await;
            let _ = myself.cast(Message::Looked(told));
        })));
    }

    /// The device is asked to stop; what it answers is only its word that it heard.
    fn abort(&self, id: AttemptId, course: &Arc<Course>) {
        let (driver, limit) = (Arc::clone(&course.driver), self.setup().patience.mark);
        tokio::spawn(async move {
            let asked = holdfast_devices::payment::AttemptId(id.0.0.as_u128());
            match tokio::time::timeout(limit, driver.abort(asked)).await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => tracing::info!(code = fault.code(), "a payment device was not stopped"),
                Err(_) => tracing::info!("a payment device did not answer whether it stops"),
            }
        });
    }
}

/// Whether an attempt is to stop before it leaves.
pub(crate) type StopFlag = AtomicBool;
