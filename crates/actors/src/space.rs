//! Watches the room on the hub's disk, so that sales stop cleanly before anything is lost.
//!
//! Job: look every second; tell the level to whoever decides; give the ballast back in time and make it again. Who reads:
//! the ledger (new work waits while room is short), the hub's pages and health.
//!
//! Invariant: nothing here stops a payment, a cancellation or the end of a shift.

mod plan;

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::command::Action;
use holdfast_domain::order::ParkedBasket;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;

use crate::house::{House, put};
use crate::ports::Disk;
pub use plan::{Level, Limits};
use plan::{Step, look};

/// How often the disk is asked.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The disk under the data folder, and when its room is short.
#[derive(Debug, Clone)]
pub struct Space {
    pub disk: Arc<dyn Disk>,
    pub limits: Limits,
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Room {
    pub level: Level,
    /// None before the first look, and on a hub that watches no disk.
    pub free_bytes: Option<u64>,
    pub ballast_bytes: u64,
}

#[derive(Debug)]
pub(crate) enum Message {
    Look,
    Observe(RpcReplyPort<Observation>),
}

/// What the watch over the disk shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    #[serde(flatten)]
    pub room: Room,
    pub ballast_made: u64,
    pub ballast_given_back: u64,
    pub failures: u64,
    pub last_fault: Option<String>,
}

/// Whether an action begins something new, as against ending what is begun. New work waits while room is short.
pub(crate) fn begins_work(action: &Action) -> bool {
    match action {
        Action::PlaceOrder(_)
        | Action::OpenShift { .. }
        | Action::AdjustStock { .. }
        | Action::StartCount { .. } => true,
        Action::ParkOrder(park) => matches!(park.basket, ParkedBasket::Draft(_)),
        // A cashier must be there to end what is open, and a customer who brings goods back is served.
        Action::SignOn { .. }
        | Action::SignOff
        | Action::CloseShift { .. }
        | Action::CancelOrder { .. }
        | Action::AbandonBasket { .. }
        | Action::Pay { .. }
        | Action::FulfilOrder { .. }
        | Action::MoveCash { .. }
        | Action::OpenDrawer { .. }
        | Action::LockTill
        | Action::CountProduct { .. }
        | Action::FinishCount { .. }
        | Action::CancelCount { .. }
        | Action::SetReorderLevel { .. }
        | Action::RetrieveOrder { .. }
        | Action::PrintCopy { .. }
        | Action::EditOrder(_)
        | Action::Exchange(_)
        | Action::CloseDay { .. }
        | Action::CorrectShift { .. }
        | Action::MoveShift { .. }
        | Action::IssueValue(_)
        | Action::SetValueStanding { .. }
        | Action::SetAccount { .. }
        // What is paid for is open already, and what goes back is owed.
        | Action::StartTender(_)
        | Action::AbortTender { .. }
        | Action::ResolveTender { .. }
        | Action::GiveBackTender { .. }
        | Action::ReconcileDevice(_)
        // It has happened, and goods and money are where they are.
        | Action::IslandSale(_)
        | Action::AliasReceipt { .. }
        | Action::SignedOnAlone { .. }
        | Action::Return(_)
        | Action::PostVoid { .. } => false,
    }
}

pub(crate) struct SpaceKeeper {
    pub house: Arc<House>,
}

#[derive(Debug, Default)]
pub(crate) struct Watch {
    made: u64,
    given_back: u64,
    failures: u64,
    last_fault: Option<String>,
}

#[ractor::async_trait]
impl Actor for SpaceKeeper {
    type Msg = Message;
    type State = Watch;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Watch, ActorProcessingErr> {
        put(&self.house.space_actor, myself.clone());
        let mut watch = Watch::default();
        if self.house.space.is_some() {
            // The level is known before the first command is decided.
            self.look(&mut watch).await;
            myself.send_interval(LOOK_EVERY, || Message::Look);
        }
        Ok(watch)
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        watch: &mut Watch,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Look => self.look(watch).await,
            Message::Observe(reply) => {
                let _ = reply.send(Observation {
                    room: *self.house.room.borrow(),
                    ballast_made: watch.made,
                    ballast_given_back: watch.given_back,
                    failures: watch.failures,
                    last_fault: watch.last_fault.clone(),
                });
            }
        }
        Ok(())
    }
}

/// What one look saw and did.
struct Seen {
    room: Room,
    step: Step,
    fault: Option<String>,
}

impl SpaceKeeper {
    async fn look(&self, watch: &mut Watch) {
        let Some(space) = self.house.space.clone() else { return };
        let before = self.house.room.borrow().level;
        let journal_is_short = self.house.writer().as_mut().is_some_and(|writer| writer.room().is_short());
        let looked = self.house.work.run(move || once(&space, before, journal_is_short)).await;
        let seen = match looked {
            Ok(Ok(seen)) => seen,
            failed => {
                // The level stays what it was: a disk that cannot be asked is no reason to sell more or less.
                let why = match failed {
                    Ok(Err(error)) => error.to_string(),
                    Ok(Ok(_)) => return,
                    Err(error) => error.to_string(),
                };
                watch.failures += 1;
                watch.last_fault = Some(why);
                return;
            }
        };
        match (seen.step, &seen.fault) {
            (_, Some(fault)) => {
                watch.failures += 1;
                watch.last_fault = Some(fault.clone());
            }
            (Step::MakeBallast, None) => watch.made += 1,
            (Step::GiveBallastBack, None) => watch.given_back += 1,
            (Step::None, None) => {}
        }
        let free_mib = seen.room.free_bytes.unwrap_or(0) >> 20;
        match (before, seen.room.level) {
            (old, new) if old == new => {}
            (_, Level::Short) => tracing::error!(
                code = "HF-ACT-004",
                free_mib,
                "the disk is nearly full; new orders wait, payments and closing go on"
            ),
            (_, Level::Low) => tracing::warn!(code = "HF-ACT-003", free_mib, "the disk is filling up"),
            (_, Level::Plenty) => tracing::info!(free_mib, "the disk has room again"),
        }
        let changed = self.house.room.send_replace(seen.room).level != seen.room.level;
        if changed {
            crate::status::wake(&self.house);
        }
    }
}

/// One look and what follows from it. Blocking.
fn once(space: &Space, before: Level, journal_is_short: bool) -> std::io::Result<Seen> {
    let free = space.disk.free_bytes()?;
    let ballast = space.disk.ballast_bytes()?;
    let (level, step) = look(&space.limits, before, free, ballast, journal_is_short);
    let outcome = match step {
        Step::None => Ok(()),
        Step::MakeBallast => space.disk.make_ballast(space.limits.ballast_bytes),
        Step::GiveBallastBack => space.disk.give_back_ballast(),
    };
    let (free, ballast) = match step {
        Step::None => (free, ballast),
        _ => (space.disk.free_bytes()?, space.disk.ballast_bytes()?),
    };
    Ok(Seen {
        room: Room { level, free_bytes: Some(free), ballast_bytes: ballast },
        step,
        fault: outcome.err().map(|error| format!("the ballast: {error}")),
    })
}
