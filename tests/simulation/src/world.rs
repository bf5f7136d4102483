//! What the simulated machines share with the run that drives them: disks, the clerks' desks, the weather on the network,
//! and the trace that two runs of one seed must agree on.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use holdfast_devices::simulated::poi::SimulatedPoi;
use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::{CommandId, EpochId, HubId, TerminalId, Uuid};
use holdfast_journal::{MemoryStorage, Reader};
use holdfast_protocol::head::SignedHead;
use holdfast_store::MemoryStore;
use holdfast_terminal::dice::Dice;
use tokio::sync::Notify;

use crate::headquarters::Headquarters;
use crate::model::Model;

/// How far all machines go before messages move.
pub const TICK: Duration = Duration::from_millis(20);
/// The wall clock when a run begins, milliseconds since the Unix epoch.
pub const DAWN_MS: i64 = 1_796_000_000_000;
/// Two card terminals that the tills share, and a wallet.
pub const TERMINALS: usize = 3;
/// How long each step at a terminal takes.
const PACE: Duration = Duration::from_millis(120);
/// Lines of the trace that are kept for whoever reads a failure.
const TRACE_LINES_MAX: usize = 120;

/// Everything that machines and run share.
#[derive(Debug)]
pub struct World {
    pub seed: u64,
    pub tills: Vec<Mutex<TillPlace>>,
    pub till_bells: Vec<Notify>,
    pub hub: Mutex<HubPlace>,
    pub hub_bell: Notify,
    pub headquarters: Mutex<Headquarters>,
    pub model: Mutex<Model>,
    pub weather: Mutex<Weather>,
    pub trace: Mutex<Trace>,
    /// Card terminals and a wallet: they and their books survive whatever happens to the hub.
    pub terminals: Vec<SimulatedPoi>,
    now_ms: Arc<AtomicU64>,
    clock_ms: AtomicI64,
}

/// What is at a till and survives its process.
#[derive(Debug)]
pub struct TillPlace {
    pub disk: MemoryStorage,
    /// What the clerk wants and the till has not taken yet.
    pub desk: VecDeque<Want>,
    /// Ids that were on the wire, sign-ons left out.
    pub sent: BTreeSet<CommandId>,
    /// Everything that was on the wire, for replays, with the hub's history that it was sent to.
    pub history: Vec<(u32, Bytes)>,
    /// Old bytes that are to arrive once more, at a hub that writes the same history: what was sent over a connection
    /// never reaches another machine.
    pub replays: VecDeque<(u32, Bytes)>,
    /// What the till's process last said of itself.
    pub waiting: usize,
    pub offers_left: usize,
    /// What it goes on offering.
    pub offering: BTreeSet<CommandId>,
    /// The epoch of the hub that it talks to.
    pub hub: Option<EpochId>,
    /// Its disk failed and the process ended.
    pub stopped: bool,
}

/// Something that a clerk wants to be sent.
#[derive(Debug, Clone)]
pub struct Want {
    pub id: CommandId,
    pub bytes: Bytes,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Kept in the outbox until it is answered.
    Stored,
    /// Never stored: it carries a PIN.
    Secret,
    /// Another body under a used id; only "the id was used" ends it.
    Misuse,
}

/// What is at the hub and survives its process.
#[derive(Debug)]
pub struct HubPlace {
    pub disk: MemoryStorage,
    pub image: Option<(MemoryStorage, Option<SignedHead>)>,
    /// The file of the last signed head.
    pub head: Option<SignedHead>,
    /// How many machines have been this hub.
    pub machines: u128,
    /// The state, when a killed process left it whole.
    pub state: Option<Arc<MemoryStore>>,
    pub state_fails: bool,
    /// Records to import before anything else, and the epoch to open after them.
    pub rebuild: Option<Vec<holdfast_journal::Record>>,
    pub console: VecDeque<HubCommand>,
    pub disk_pause_ms: u64,
    pub reader: Option<Reader>,
    pub serving: bool,
    /// The journal said that it can promise nothing any more.
    pub fatal: bool,
    /// The journal could not be opened.
    pub unopened: Option<String>,
    /// The run asks the actors about themselves.
    pub asked_to_tell: bool,
    pub told: Option<holdfast_actors::Observation>,
    pub epochs_opened: u64,
}

impl HubPlace {
    /// The identity of the machine that is the hub now.
    pub fn identity(&self) -> HubId {
        HubId(Uuid::from_u128((0x48 << 64) | self.machines))
    }
}

/// What the network does to messages, in parts of a thousand.
#[derive(Debug)]
pub struct Weather {
    pub dice: Dice,
    pub lost: u64,
    pub doubled: u64,
    /// The most copies of one message.
    pub copies_max: u64,
}

/// What happened, in order.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: VecDeque<String>,
    pub aloud: bool,
}

/// The last lines of a trace and its hash.
#[derive(Debug, Clone)]
pub struct TraceEnd {
    pub hash: u64,
    pub lines: Vec<String>,
}

impl World {
    pub fn new(seed: u64, tills: usize, weather: Weather, aloud: bool) -> Arc<Self> {
        let place = || TillPlace {
            disk: MemoryStorage::new(),
            desk: VecDeque::new(),
            sent: BTreeSet::new(),
            history: Vec::new(),
            replays: VecDeque::new(),
            waiting: 0,
            offers_left: 0,
            offering: BTreeSet::new(),
            hub: None,
            stopped: false,
        };
        let hub = HubPlace {
            disk: MemoryStorage::new(),
            image: None,
            head: None,
            machines: 1,
            state: None,
            state_fails: false,
            rebuild: None,
            console: VecDeque::new(),
            disk_pause_ms: 12,
            reader: None,
            serving: false,
            fatal: false,
            unopened: None,
            asked_to_tell: false,
            told: None,
            epochs_opened: 0,
        };
        let now_ms = Arc::new(AtomicU64::new(0));
        let terminals = (0..TERMINALS).map(|_| {
            let now_ms = Arc::clone(&now_ms);
            SimulatedPoi::new(PACE).by_clock(move || Duration::from_millis(now_ms.load(Ordering::Relaxed)))
        });
        Arc::new(Self {
            terminals: terminals.collect(),
            seed,
            tills: (0..tills).map(|_| Mutex::new(place())).collect(),
            till_bells: (0..tills).map(|_| Notify::new()).collect(),
            hub: Mutex::new(hub),
            hub_bell: Notify::new(),
            headquarters: Mutex::new(Headquarters::default()),
            model: Mutex::new(Model::new(tills)),
            weather: Mutex::new(weather),
            trace: Mutex::new(Trace { hash: 0xcbf2_9ce4_8422_2325, lines: VecDeque::new(), aloud }),
            now_ms,
            clock_ms: AtomicI64::new(DAWN_MS),
        })
    }

    pub fn till(&self, n: usize) -> MutexGuard<'_, TillPlace> {
        locked(&self.tills[n])
    }

    pub fn hub(&self) -> MutexGuard<'_, HubPlace> {
        locked(&self.hub)
    }

    pub fn headquarters(&self) -> MutexGuard<'_, Headquarters> {
        locked(&self.headquarters)
    }

    pub fn model(&self) -> MutexGuard<'_, Model> {
        locked(&self.model)
    }

    pub fn weather(&self) -> MutexGuard<'_, Weather> {
        locked(&self.weather)
    }

    /// Milliseconds since the run began.
    pub fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    /// One tick has passed.
    pub fn pass(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(0);
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
        self.clock_ms.fetch_add(i64::try_from(ms).unwrap_or(0), Ordering::Relaxed);
    }

    /// The hub's wall clock.
    pub fn clock_ms(&self) -> i64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    pub fn step_clock(&self, by_ms: i64) {
        self.clock_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    pub fn set_clock(&self, ms: i64) {
        self.clock_ms.store(ms, Ordering::Relaxed);
    }

    /// Puts a line on the trace.
    pub fn note(&self, what: impl FnOnce() -> String) {
        let line = format!("{:>7} {}", self.now_ms(), what());
        let mut trace = locked(&self.trace);
        for byte in line.bytes() {
            trace.hash = (trace.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if trace.aloud {
            eprintln!("{line}");
        }
        if trace.lines.len() == TRACE_LINES_MAX {
            trace.lines.pop_front();
        }
        trace.lines.push_back(line);
    }

    /// Something that must never be seen was seen.
    pub fn violated(&self, promise: &'static str, what: String) {
        self.note(|| format!("VIOLATED {promise}: {what}"));
        self.model().violations.push(format!("{promise}: {what}"));
    }

    pub fn trace_end(&self) -> TraceEnd {
        let trace = locked(&self.trace);
        TraceEnd { hash: trace.hash, lines: trace.lines.iter().cloned().collect() }
    }
}

/// The first panic of this process.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// From now on a panic anywhere in this process is kept, so that the run can fail by it: actors survive theirs.
pub fn watch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let said = panic.payload_as_str().unwrap_or("no words").to_owned();
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        locked(&PANIC).get_or_insert(format!("{said} at {place}"));
    }));
}

/// What the first panic said.
pub fn panicked() -> Option<String> {
    locked(&PANIC).clone()
}

/// A panic while it was held ends the run anyway.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The till's name on the network.
pub fn till_host(n: usize) -> String {
    format!("till{n}")
}

pub const HUB_HOST: &str = "hub";
pub const HEADQUARTERS_HOST: &str = "headquarters";

pub fn terminal(n: usize) -> TerminalId {
    TerminalId(Uuid::from_u128(0x7000 + n as u128))
}

pub fn till_of(terminal: TerminalId) -> Option<usize> {
    usize::try_from(terminal.0.as_u128().checked_sub(0x7000)?).ok()
}

/// The n-th epoch that a hub of this run opened.
pub fn epoch(n: u64) -> EpochId {
    EpochId(Uuid::from_u128(0xE000_0000 + u128::from(n)))
}
