//! What is durable: the real state of a shop, folded by the real rules, and the first answer to every command.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use holdfast_domain::attempt::{Attempt, AttemptStanding, TenderOutcome};
use holdfast_domain::bounded::PoiMark;
use holdfast_domain::calendar::{LocalTime, Timestamp};
use holdfast_domain::catalog::Catalog;
use holdfast_domain::command::HubCommand;
use holdfast_domain::decide::accept_offer;
use holdfast_domain::event::Parent;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{AttemptId, CommandId, EpochId, HubId, TerminalId, Uuid};
use holdfast_domain::invariant::check_state;
use holdfast_domain::{
    Command, Context, Effect, Event, Origin, Outcome, Record, Refusal, State, decide, decide_hub,
};

use crate::shop::{EPOCH, STORE, date};

/// All that happens, happens at one moment: the model knows order and no time.
const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// The first answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Accepted(Arc<Vec<Event>>),
    Refused(&'static str),
}

/// One value of everything durable. It is shared between the states of the model and never changed.
#[derive(Clone)]
pub struct Ledger {
    pub state: State,
    pub answers: BTreeMap<CommandId, Answer>,
    print: u64,
}

impl Ledger {
    pub fn of(state: State) -> Arc<Self> {
        Self { state, answers: BTreeMap::new(), print: 0 }.sealed()
    }

    fn sealed(mut self) -> Arc<Self> {
        self.print = print(&self.state, &self.answers);
        Arc::new(self)
    }

    fn folded(&self, events: &[Event]) -> Self {
        let mut next = self.clone();
        let mut changes = Changes::default();
        next.state.evolve_all(NOW, events, &mut changes);
        assert_eq!(changes.violations, [], "{events:?}");
        assert_eq!(check_state(&next.state), [], "{events:?}");
        next
    }

    /// A till's command is decided and kept, a refusal too. Answers what devices are to do once it is durable.
    pub fn take(&self, catalog: &Catalog, command: &Command) -> (Arc<Self>, Vec<AttemptId>) {
        let today = date("2026-11-20");
        let context = Context {
            recorded_at: NOW,
            business_date: today,
            local: LocalTime { date: today, minute: 600 },
            catalog,
            out_of_reach: &[],
        };
        match decide(&self.state, command, &context) {
            Ok(decision) => {
                let mut next = self.folded(&decision.events);
                next.answers.insert(command.id, Answer::Accepted(Arc::new(decision.events)));
                (next.sealed(), started(&decision.effects))
            }
            Err(refusal) => {
                let mut next = self.clone();
                next.answers.insert(command.id, Answer::Refused(refusal.code()));
                (next.sealed(), Vec::new())
            }
        }
    }

    /// The hub's own command.
    pub fn hub(&self, command: &HubCommand) -> Result<(Arc<Self>, Vec<AttemptId>), Refusal> {
        let decision = decide_hub(&self.state, command)?;
        Ok((self.folded(&decision.events).sealed(), started(&decision.effects)))
    }

    pub fn send(&self, attempt: AttemptId, mark: &PoiMark) -> Result<Arc<Self>, Refusal> {
        self.hub(&HubCommand::SendTender { attempt, mark: mark.clone() }).map(|(next, _)| next)
    }

    pub fn settle(
        &self,
        attempt: AttemptId,
        outcome: TenderOutcome,
    ) -> Result<(Arc<Self>, Vec<AttemptId>), Refusal> {
        self.hub(&HubCommand::SettleTender { attempt, outcome })
    }

    /// What a till was told by a hub that is gone. None while it does not fit yet.
    pub fn offered(&self, terminal: TerminalId, id: CommandId, told: &Answer) -> Option<Arc<Self>> {
        let mut next = match told {
            Answer::Refused(_) => self.clone(),
            Answer::Accepted(events) => {
                let record = Record {
                    recorded_at: NOW,
                    origin: Origin::Till { terminal, command: id, fingerprint: [0; 32] },
                    outcome: Outcome::Accepted { events: events.to_vec() },
                };
                let taken = accept_offer(&self.state, terminal, &record, EPOCH, 1).ok()?;
                self.folded(taken.outcome.events())
            }
        };
        next.answers.insert(id, told.clone());
        Some(next.sealed())
    }

    /// As another hub begins with it.
    pub fn in_epoch(&self, epoch: EpochId) -> Arc<Self> {
        let open = HubCommand::OpenEpoch {
            epoch,
            hub: HubId(Uuid::from_u128(3)),
            hub_key: [8; 32],
            store: STORE,
            parent: Some(Parent { epoch: EPOCH, seq: 1, hash: [0; 32] }),
        };
        self.hub(&open).expect("a copy of this store's history").0
    }

    pub fn attempt(&self, attempt: AttemptId) -> Option<&Attempt> {
        self.state.attempts.get(&attempt)
    }

    pub fn standing(&self, attempt: AttemptId) -> Option<&AttemptStanding> {
        self.attempt(attempt).map(|attempt| &attempt.standing)
    }
}

fn started(effects: &[Effect]) -> Vec<AttemptId> {
    let started = effects.iter().filter_map(|effect| match effect {
        Effect::StartTender { attempt } => Some(*attempt),
        Effect::AbortTender { .. }
        | Effect::ReconcileDevice { .. }
        | Effect::Print { .. }
        | Effect::OpenDrawer { .. } => None,
    });
    started.collect()
}

impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl Eq for Ledger {}

impl Hash for Ledger {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.print);
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.state.attempts.values().map(|a| (a.id, &a.standing))).finish()
    }
}

/// Text goes into a hash as it is written.
struct Written(DefaultHasher);

impl fmt::Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// Tells two ledgers apart by everything that a run of the model can change. The pattern names every field, so that a new one
/// has to be placed here before this compiles.
fn print(state: &State, answers: &BTreeMap<CommandId, Answer>) -> u64 {
    let State {
        epoch,
        epochs: _,
        store: _,
        profile: _,
        tenders: _,
        taxes: _,
        catalog_version: _,
        catalog_hash: _,
        tills,
        staff: _,
        roles: _,
        shifts,
        closed_shifts: _,
        last_z: _,
        last_day_z: _,
        last_correction: _,
        days: _,
        zs: _,
        orders,
        sales,
        stock,
        count: _,
        counted: _,
        coupons: _,
        values: _,
        issues: _,
        documents,
        subjects: _,
        devices: _,
        offline_limits: _,
        attempts,
        device_days,
        open_drawers: _,
    } = state;
    let orders: BTreeMap<_, _> = orders.iter().collect();
    let sales: BTreeMap<_, _> = sales.iter().collect();
    let mut written = Written(DefaultHasher::new());
    write!(
        written,
        "{epoch:?} {tills:?} {shifts:?} {orders:?} {sales:?} {stock:?} {documents:?} {attempts:?} \
         {device_days:?} {answers:?}"
    )
    .expect("a hash takes all text");
    written.0.finish()
}
