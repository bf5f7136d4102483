//! One run: a store with its tills, its hub and HQ, a plan of moves by the seed, then repair, quiet, and the audit.

mod console;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use holdfast_domain::attempt::{Attempt, AttemptStanding};
use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::{EpochId, Uuid};
use holdfast_journal::{MemoryStorage, storage};
use holdfast_store::StateStore as _;
use holdfast_terminal::dice::Dice;
use turmoil::Sim;

use crate::alphabet::{Fate, Move, TerminalTrouble, TillMove, WorldMove};
use crate::auditor::{Evidence, audit, survives_a_power_cut};
use crate::fate::Cut;
use crate::plan::{Plan, Profile};
use crate::world::{HEADQUARTERS_HOST, HUB_HOST, TICK, TraceEnd, Weather, World, till_host};
use crate::{clerk, headquarters, hub, model, till};

/// How long the repaired system may take until everything is answered and at HQ.
const QUIET_WITHIN: Duration = Duration::from_secs(240);
/// How long a machine may take to start and found its store.
const START_WITHIN: Duration = Duration::from_secs(30);

/// How long it takes at least until another machine is there: longer than any message is on its way.
const FETCHED_AFTER_TICKS: u64 = 150;

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    pub trace: TraceEnd,
    pub violation: Option<String>,
    pub moves: Vec<String>,
    pub counts: model::Counts,
    pub virtual_ms: u64,
    pub records: u64,
}

struct Run {
    world: std::sync::Arc<World>,
    sim: Sim<'static>,
    plan: Plan,
    dice: Dice,
    moves: Vec<String>,
    reached: BTreeSet<String>,
    /// When each machine that is down starts again, in virtual milliseconds.
    hub_starts_at: Option<u64>,
    till_starts_at: Vec<Option<u64>>,
    headquarters_starts_at: Option<u64>,
    state_heals_at: Option<u64>,
    cut_after_start: bool,
    one_history: bool,
    forks: bool,
    conflicts: bool,
}

/// Runs one seed.
#[must_use]
pub fn run(seed: u64, profile: Profile, aloud: bool) -> Outcome {
    let mut dice = Dice::new(seed ^ 0x5EED_0000_0000_0000);
    let plan = Plan::of(profile, &mut dice);
    let weather = Weather { dice: Dice::new(dice.throw()), lost: 0, doubled: 0, copies_max: plan.copies_max };
    let world = World::new(seed, plan.tills, weather, aloud);
    let mut builder = turmoil::Builder::new();
    builder
        .tick_duration(TICK)
        .simulation_duration(Duration::from_secs(86_400))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(plan.latency_max_ms))
        .udp_capacity(65_536)
        .rng_seed(dice.throw())
        .enable_random_order();
    let mut sim = builder.build();
    let headquarters_world = std::sync::Arc::clone(&world);
    let headquarters_seed = dice.throw();
    sim.host(HEADQUARTERS_HOST, move || headquarters::run(headquarters_world.clone(), headquarters_seed));
    let starts = std::sync::atomic::AtomicU64::new(dice.throw());
    let hub_world = std::sync::Arc::clone(&world);
    sim.host(HUB_HOST, move || {
        hub::run(hub_world.clone(), starts.fetch_add(0x9E37_79B9, std::sync::atomic::Ordering::Relaxed))
    });
    for n in 0..plan.tills {
        let till_world = std::sync::Arc::clone(&world);
        let starts = std::sync::atomic::AtomicU64::new(dice.throw());
        sim.host(till_host(n), move || {
            let seed = starts.fetch_add(0x9E37_79B9, std::sync::atomic::Ordering::Relaxed);
            till::run(till_world.clone(), n, seed)
        });
    }
    let tills = plan.tills;
    let mut run = Run {
        world,
        sim,
        plan,
        dice,
        moves: Vec::new(),
        reached: BTreeSet::new(),
        hub_starts_at: None,
        till_starts_at: vec![None; tills],
        headquarters_starts_at: None,
        state_heals_at: None,
        cut_after_start: false,
        one_history: true,
        forks: false,
        conflicts: false,
    };
    let verdict = run.play();
    run.outcome(verdict.err())
}

impl Run {
    fn play(&mut self) -> Result<(), String> {
        self.open_the_store()?;
        self.world.weather().lost = self.plan.lost;
        self.world.weather().doubled = self.plan.doubled;
        for _ in 0..self.plan.moves {
            let next = self.plan.next(&mut self.dice);
            self.carry_out(next)?;
            let ticks = self.dice.below(self.plan.pause_ticks);
            self.pass(ticks)?;
        }
        self.repair();
        self.wait_for_quiet()?;
        if self.plan.replay_the_day {
            self.replay_the_day()?;
        }
        self.audit()
    }

    fn open_the_store(&mut self) -> Result<(), String> {
        let within = self.within(START_WITHIN);
        while !self.world.hub().serving {
            if self.world.now_ms() > within {
                return Err("liveness: the hub does not found its store".to_owned());
            }
            self.pass(1)?;
        }
        for n in 0..self.plan.tills {
            for doing in [TillMove::SignOn, TillMove::OpenShift, TillMove::AdjustStock] {
                self.clerk(n, doing);
            }
        }
        Ok(())
    }

    fn within(&self, duration: Duration) -> u64 {
        self.world.now_ms() + u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }

    /// Lets time pass and does what is due meanwhile.
    fn pass(&mut self, ticks: u64) -> Result<(), String> {
        for _ in 0..ticks {
            self.due();
            self.world.pass(TICK);
            if let Err(error) = self.sim.step() {
                return Err(format!("a machine failed: {error}"));
            }
            if let Some(panic) = crate::world::panicked() {
                return Err(format!("panic: {panic}"));
            }
            if let Some(violation) = self.world.model().violations.first() {
                return Err(violation.clone());
            }
        }
        Ok(())
    }

    fn due(&mut self) {
        let now = self.world.now_ms();
        if self.world.hub().fatal {
            self.world.hub().fatal = false;
            self.crash_hub(None);
        }
        let unopened = self.world.hub().unopened.take();
        if unopened.is_some() {
            self.crash_hub(None);
        }
        if self.hub_starts_at.is_some_and(|at| at <= now) {
            self.hub_starts_at = None;
            self.sim.bounce(HUB_HOST);
        } else if self.cut_after_start && self.hub_starts_at.is_none() && self.world.hub().serving {
            // The power goes again soon after the start.
            if self.dice.permille(60) {
                self.cut_after_start = false;
                self.crash_hub(Some(Fate::AllLost));
            }
        }
        for n in 0..self.plan.tills {
            if self.till_starts_at[n].is_some_and(|at| at <= now) {
                self.till_starts_at[n] = None;
                self.sim.bounce(till_host(n));
            } else if self.till_starts_at[n].is_none() && self.world.till(n).stopped {
                self.crash_till(n, None);
            }
        }
        if self.headquarters_starts_at.is_some_and(|at| at <= now) {
            self.headquarters_starts_at = None;
            self.sim.bounce(HEADQUARTERS_HOST);
        }
        if self.state_heals_at.is_some_and(|at| at <= now) {
            self.state_heals_at = None;
            self.world.hub().state_fails = false;
        }
    }

    fn clerk(&mut self, n: usize, doing: TillMove) {
        if doing == TillMove::Replay {
            let count = self.dice.between(1, 6);
            let mut place = self.world.till(n);
            for _ in 0..count {
                let old: Option<(u32, Bytes)> = self.dice.pick(&place.history).cloned();
                place.replays.extend(old);
            }
            drop(place);
            self.world.till_bells[n].notify_one();
            return;
        }
        let hub = self.world.till(n).hub;
        let want = {
            let mut model = self.world.model();
            if let Some(epoch) = hub {
                model.clerks[n].epoch = epoch;
            }
            if model.open(n) >= self.plan.open_max {
                return;
            }
            clerk::want(&mut model, n, doing, &mut self.dice)
        };
        if let Some(want) = want {
            self.world.note(|| format!("till {n} wants {doing:?} {}", want.id));
            self.world.till(n).desk.push_back(want);
            self.world.till_bells[n].notify_one();
        }
    }

    fn carry_out(&mut self, next: Move) -> Result<(), String> {
        self.moves.push(format!("{:>7} {next:?}", self.world.now_ms()));
        match next {
            Move::Till(n, doing) => self.clerk(n, doing),
            Move::Hub(doing) => self.console(doing),
            Move::World(doing) => {
                self.world.note(|| format!("{doing:?}"));
                self.happen(doing)?;
            }
        }
        Ok(())
    }

    fn enter(&mut self, command: HubCommand) {
        self.world.hub().console.push_back(command);
        self.world.hub_bell.notify_one();
    }

    fn happen(&mut self, doing: WorldMove) -> Result<(), String> {
        match doing {
            WorldMove::KillHub => self.crash_hub(None),
            WorldMove::CutPower(fate) => self.crash_hub(Some(fate)),
            WorldMove::HubDiskFault { nth, sync, then_cut } => {
                let kind = if sync { storage::CallKind::SyncData } else { storage::CallKind::Change };
                let fault = match self.dice.below(3) {
                    0 => storage::Fault::Halt,
                    1 => storage::Fault::Enospc,
                    _ => storage::Fault::Eio,
                };
                self.world.hub().disk.plant(kind, nth, fault, false);
                self.cut_after_start |= then_cut;
            }
            WorldMove::StateFails => {
                self.world.hub().state_fails = true;
                self.state_heals_at = Some(self.world.now_ms() + self.dice.between(200, 7_000));
            }
            WorldMove::CrashTill(n) => self.crash_till(n, None),
            WorldMove::CutTillPower(n, fate) => self.crash_till(n, Some(fate)),
            WorldMove::TillDiskFault(n, nth) => {
                let fault = if self.dice.permille(500) { storage::Fault::Halt } else { storage::Fault::Eio };
                self.world.till(n).disk.plant(storage::CallKind::Change, nth, fault, false);
            }
            WorldMove::PartitionTill(n) => self.sim.partition(till_host(n), HUB_HOST),
            WorldMove::DeafTill(n) => self.sim.partition_oneway(HUB_HOST, till_host(n)),
            WorldMove::PartitionHeadquarters => self.sim.partition(HUB_HOST, HEADQUARTERS_HOST),
            WorldMove::SlowWan => {
                self.sim.set_link_max_message_latency(
                    HUB_HOST,
                    HEADQUARTERS_HOST,
                    Duration::from_millis(2_500),
                );
            }
            WorldMove::HeadquartersDown => self.crash_headquarters(false),
            WorldMove::HeadquartersGoesBack => self.crash_headquarters(true),
            WorldMove::Repair => self.repair_network(),
            WorldMove::StepClock(by) => {
                self.world.model().counts.clock_jumps += 1;
                self.world.step_clock(by);
            }
            WorldMove::BootIn1970 => {
                self.world.model().counts.clock_jumps += 1;
                self.crash_hub(None);
                self.world.set_clock(1_000);
            }
            WorldMove::Terminal(n, trouble) => {
                let poi = &self.world.terminals[n];
                match trouble {
                    TerminalTrouble::Unplug => poi.unplug(),
                    TerminalTrouble::PlugIn => poi.plug_in(),
                    TerminalTrouble::Mishap(moment, mishap) => poi.mishap(moment, mishap),
                    TerminalTrouble::Will(will) => poi.will(will),
                }
            }
            WorldMove::DestroyHub => return self.destroy_hub(),
            WorldMove::CloneDisk => {
                let mut hub = self.world.hub();
                hub.image = Some((hub.disk.killed(), hub.head));
            }
            WorldMove::RollBack => {
                // What neither the image nor HQ has nobody could find: the clone is found at the first contact.
                self.world.headquarters().flush();
                let at_headquarters = self.world.headquarters().newest().map(|last| last.hash);
                let head = self.world.hub().reader.as_ref().and_then(holdfast_journal::Reader::head);
                if !self.world.hub().serving || head.map(|head| head.hash) != at_headquarters {
                    return Ok(());
                }
                let Some((image, head)) = self.world.hub().image.take() else { return Ok(()) };
                self.crash_hub(None);
                self.one_history = false;
                self.forks = true;
                self.world.model().new_history(&[]);
                let mut hub = self.world.hub();
                (hub.disk, hub.head) = (image, head);
                hub.state = None;
            }
        }
        Ok(())
    }

    fn crash_hub(&mut self, power: Option<Fate>) {
        self.sim.crash(HUB_HOST);
        let later = self.world.now_ms() + self.dice.between(40, 1_500);
        self.hub_starts_at = Some(later);
        let mut hub = self.world.hub();
        hub.serving = false;
        hub.fatal = false;
        hub.reader = None;
        hub.disk.heal();
        let left = match power {
            None => hub.disk.killed(),
            Some(fate) => hub.disk.power_cut(&mut Cut { fate, dice: &mut self.dice }),
        };
        hub.disk = left;
        // A killed process leaves its state as it was; after a power cut nobody trusts it.
        if power.is_some() || self.dice.permille(500) {
            hub.state = None;
        }
        drop(hub);
        let mut model = self.world.model();
        model.counts.crashes += 1;
        model.counts.power_cuts += u64::from(power.is_some());
        drop(model);
        self.world.note(|| format!("hub is down, power {power:?}"));
    }

    fn crash_till(&mut self, n: usize, power: Option<Fate>) {
        self.sim.crash(till_host(n));
        self.till_starts_at[n] = Some(self.world.now_ms() + self.dice.between(40, 1_000));
        {
            let mut place = self.world.till(n);
            place.stopped = false;
            place.disk.heal();
            let left = match power {
                None => place.disk.killed(),
                Some(fate) => place.disk.power_cut(&mut Cut { fate, dice: &mut self.dice }),
            };
            place.disk = left;
            place.desk.retain(|want| want.how == crate::world::How::Stored);
            place.replays.clear();
        }
        let mut model = self.world.model();
        model.till_died(n);
        model.counts.crashes += 1;
        drop(model);
        self.world.note(|| format!("till {n} is down, power {power:?}"));
    }

    fn crash_headquarters(&mut self, goes_back: bool) {
        self.sim.crash(HEADQUARTERS_HOST);
        self.headquarters_starts_at = Some(self.world.now_ms() + self.dice.between(100, 4_000));
        let lost = self.world.headquarters().crash();
        if let Some(lost) = lost {
            self.world.violated("P1", lost);
        }
        if goes_back {
            self.world.headquarters().go_back(&mut self.dice);
        }
    }

    /// The disk is gone. What was acknowledged comes back from HQ's copy and from the tills.
    fn destroy_hub(&mut self) -> Result<(), String> {
        // A replacement needs the store's first records at HQ, and HQ itself.
        let founded = 6 + self.plan.tills as u64;
        if self.copy_at_headquarters().is_none_or(|copy| (copy.len() as u64) < founded) {
            return Ok(());
        }
        self.crash_hub(None);
        // Another machine is fetched: whatever the old one had on its way to HQ has arrived by then.
        self.hub_starts_at = None;
        self.pass(FETCHED_AFTER_TICKS)?;
        self.hub_starts_at = Some(self.world.now_ms() + self.dice.between(40, 1_500));
        let Some(copy) = self.copy_at_headquarters() else { return Ok(()) };
        self.one_history = false;
        {
            let mut model = self.world.model();
            model.new_history(&copy);
            model.counts.disasters += 1;
        }
        let mut hub = self.world.hub();
        hub.disk = MemoryStorage::new();
        hub.state = None;
        hub.image = None;
        hub.head = None;
        hub.machines += 1;
        hub.rebuild = Some(copy);
        Ok(())
    }

    /// What HQ could hand to another machine; none while it lacks something itself.
    fn copy_at_headquarters(&self) -> Option<Vec<holdfast_journal::Record>> {
        let mut headquarters = self.world.headquarters();
        headquarters.flush();
        headquarters.is_whole().then(|| headquarters.copy())
    }

    fn repair_network(&mut self) {
        for n in 0..self.plan.tills {
            self.sim.repair(till_host(n), HUB_HOST);
        }
        self.sim.repair(HUB_HOST, HEADQUARTERS_HOST);
        let usual = Duration::from_millis(self.plan.latency_max_ms);
        self.sim.set_link_max_message_latency(HUB_HOST, HEADQUARTERS_HOST, usual);
    }

    fn repair(&mut self) {
        self.world.note(|| "repair".to_owned());
        self.repair_network();
        {
            let mut weather = self.world.weather();
            (weather.lost, weather.doubled) = (0, 0);
        }
        self.cut_after_start = false;
        self.state_heals_at = None;
        let mut hub = self.world.hub();
        hub.state_fails = false;
        hub.disk.heal();
        drop(hub);
        for n in 0..self.plan.tills {
            self.world.till(n).disk.heal();
        }
        for poi in &self.world.terminals {
            poi.behave();
            poi.plug_in();
        }
    }

    /// Everything is answered, nothing is left to offer, and HQ has it all.
    fn is_quiet(&self) -> bool {
        let up = self.hub_starts_at.is_none()
            && self.headquarters_starts_at.is_none()
            && self.till_starts_at.iter().all(Option::is_none)
            && self.world.hub().serving
            && self.world.hub().console.is_empty();
        if !up || (0..self.plan.tills).any(|n| !self.till_is_quiet(n)) {
            return false;
        }
        let head = self.world.hub().reader.as_ref().and_then(holdfast_journal::Reader::head);
        let newest = self.world.headquarters().newest();
        let epoch = head.map(|head| EpochId(Uuid::from_bytes(head.epoch)));
        if (0..self.plan.tills).any(|n| self.world.till(n).hub != epoch) {
            return false;
        }
        let applied = self.world.hub().state.as_ref().and_then(|state| state.applied());
        if !self.doubts().is_empty() {
            return false;
        }
        match (head, newest) {
            (Some(head), Some(last)) => {
                head.seq == last.seq
                    && head.hash == last.hash
                    && applied.is_some_and(|applied| applied.seq == head.seq)
            }
            _ => false,
        }
    }

    /// Payments, and ends of devices' days, of which nobody knows what became of them.
    fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if let Some(state) = &self.world.hub().state {
            state.with_state(&mut |state| {
                let asked = |attempt: &&Attempt| {
                    attempt.occupies_device() || matches!(attempt.standing, AttemptStanding::Disowned { .. })
                };
                let open = state.attempts.values().filter(asked);
                doubts = open
                    .map(|open| format!("{} at {} is {:?}", open.id, open.device, open.standing))
                    .collect();
                let ending = state.device_days.iter().filter(|(_, day)| day.asked.is_some());
                doubts.extend(ending.map(|(device, _)| format!("{device} ends its day")));
            });
        }
        doubts
    }

    fn till_is_quiet(&self, n: usize) -> bool {
        let place = self.world.till(n);
        let idle = place.desk.is_empty()
            && place.replays.is_empty()
            && place.waiting == 0
            && (place.offers_left == 0 || self.forks)
            && !place.stopped;
        drop(place);
        idle && self.world.model().open(n) == 0
    }

    fn wait_for_quiet(&mut self) -> Result<(), String> {
        let within = self.within(QUIET_WITHIN);
        let mut quiet_for = 0;
        // Quiet holds for a while: printers and HQ may still have a word.
        while quiet_for < 40 {
            self.pass(1)?;
            quiet_for = if self.is_quiet() { quiet_for + 1 } else { 0 };
            if self.world.now_ms() > within {
                // After a disk was lost two tills' acknowledged histories can contradict each other: who comes second goes
                // on offering, trade goes on, and a person is told.
                self.forks |= !self.one_history && !self.conflicts;
                if self.forks && !std::mem::replace(&mut self.conflicts, true) {
                    return self.wait_for_quiet();
                }
                return Err(format!("liveness: {}", self.unrest()));
            }
        }
        Ok(())
    }

    fn unrest(&self) -> String {
        let tills: Vec<String> = (0..self.plan.tills)
            .map(|n| {
                let place = self.world.till(n);
                let (desk, waiting, offers) = (place.desk.len(), place.waiting, place.offers_left);
                drop(place);
                let open = self.world.model().open(n);
                format!("till {n}: desk {desk}, waiting {waiting}, offers {offers}, open {open}")
            })
            .collect();
        let head = self.world.hub().reader.as_ref().and_then(holdfast_journal::Reader::head);
        let newest = self.world.headquarters().newest().map(|last| last.seq);
        format!(
            "not quiet after the repair; {}; hub at {:?}, HQ at {newest:?}; in doubt {:?}",
            tills.join("; "),
            head.map(|h| h.seq),
            self.doubts()
        )
    }

    /// Every request of the day arrives once more, in any order.
    fn replay_the_day(&mut self) -> Result<(), String> {
        for n in 0..self.plan.tills {
            let mut place = self.world.till(n);
            let mut day = place.history.clone();
            for at in (1..day.len()).rev() {
                let other = usize::try_from(self.dice.below(at as u64 + 1)).unwrap_or(0);
                day.swap(at, other);
            }
            place.replays.extend(day);
            drop(place);
            self.world.till_bells[n].notify_one();
        }
        self.wait_for_quiet()
    }

    /// What the actors told is of a quiet moment: a printer that has its last word just then is waited for.
    fn has_told(&self) -> bool {
        let told = self.world.hub().told.clone();
        let at_rest = told.is_some_and(|told| told.ledger.is_none_or(|ledger| ledger.waiting == 0));
        at_rest && self.is_quiet()
    }

    fn audit(&mut self) -> Result<(), String> {
        let within = self.within(START_WITHIN);
        let mut asked = false;
        while !self.has_told() {
            if !std::mem::replace(&mut asked, true) || self.world.hub().told.take().is_some() {
                self.world.hub().asked_to_tell = true;
                self.world.hub_bell.notify_one();
            }
            self.pass(1)?;
            if self.world.now_ms() > within {
                return Err(
                    "liveness: the actors do not tell about themselves, or never come to rest".to_owned()
                );
            }
        }
        let hub = self.world.hub();
        let (reader, state, told) = (hub.reader.clone(), hub.state.clone(), hub.told.clone());
        let disk = hub.disk.clone();
        drop(hub);
        let (Some(reader), Some(state), Some(told)) = (reader, state, told) else {
            return Err("liveness: the hub is not there at the end".to_owned());
        };
        let journal: Result<Vec<_>, _> = reader.scan(1).collect();
        let journal = journal.map_err(|error| format!("P1: the journal cannot be read: {error}"))?;
        survives_a_power_cut(&disk, &journal)?;
        let model = self.world.model();
        let headquarters = self.world.headquarters();
        let evidence = Evidence {
            journal,
            model: &model,
            headquarters: &headquarters,
            state: state.as_ref(),
            observed: &told,
            terminals: &self.world.terminals,
            one_history: self.one_history,
            forks_are_kept: self.forks,
            offering: (0..self.plan.tills).flat_map(|n| self.world.till(n).offering.clone()).collect(),
        };
        match audit(&evidence, &mut self.reached).into_iter().next() {
            Some(first) => Err(first),
            None => Ok(()),
        }
    }

    fn outcome(self, violation: Option<String>) -> Outcome {
        let mut counts = self.world.model().counts.clone();
        counts.reached.extend(self.reached);
        let records = self.world.headquarters().newest().map_or(0, |last| last.seq);
        Outcome {
            seed: self.world.seed,
            trace: self.world.trace_end(),
            violation,
            moves: self.moves,
            counts,
            virtual_ms: self.world.now_ms(),
            records,
        }
    }
}
