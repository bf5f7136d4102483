//! The supervision tree: what is started in which order, what restarts what, and when it is enough.
//!
//! The journal's writer is no actor: its failure is the process's exit. Everything under the store supervisor restarts
//! alone from the journal; too many restarts in a short time end the store supervisor, and with it the process.

mod watch;

use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use ractor_supervisor::{
    ChildBackoffFn, ChildSpec, DynamicSupervisor, DynamicSupervisorMsg, DynamicSupervisorOptions, Restart,
    SpawnFn, Supervisor, SupervisorArguments, SupervisorMsg, SupervisorOptions, SupervisorStrategy,
};

use crate::house::House;
use watch::Post;
pub(crate) use watch::{Board, OnThread, Watched};
pub use watch::{ERROR_CODES, Faults, Loss, Moment, Observation, Patience, Watch};

/// Restarts within [`RESTART_WINDOW`] that the store supervisor bears.
pub const RESTARTS_MAX: usize = 10;
/// Restarts within [`RESTART_WINDOW`] that the tills' supervisor bears.
pub const TILL_RESTARTS_MAX: usize = 50;
pub const RESTART_WINDOW: Duration = Duration::from_secs(30);
const DEVICE_BACK_OFF_MAX: Duration = Duration::from_secs(30);

/// The children of the store supervisor, in the order they start. They stop in the opposite order.
fn children(house: &Arc<House>) -> Vec<Child> {
    let mut children = vec![
        Child::new("space", "watches the room on the disk", {
            let house = Arc::clone(house);
            move || crate::space::SpaceKeeper { house: Arc::clone(&house) }
        }),
        Child::new("ledger", "the single writer of the store's history", {
            let house = Arc::clone(house);
            move || crate::ledger::Ledger { house: Arc::clone(&house) }
        })
        .within(house.board.patience().ledger),
        Child::new("projector", "brings synced records into the state on disk", {
            let house = Arc::clone(house);
            move || crate::projector::Projector { house: Arc::clone(&house) }
        }),
        Child::new("catalog", "the active catalog", {
            let house = Arc::clone(house);
            move || crate::catalog::CatalogKeeper { house: Arc::clone(&house) }
        }),
        Child::new("drawers", "cash drawers", {
            let house = Arc::clone(house);
            move || crate::drawer::Drawers { house: Arc::clone(&house) }
        })
        .with_back_off(),
        Child::new("status", "the store's state, for tills and pages", {
            let house = Arc::clone(house);
            move || crate::status::StatusKeeper { house: Arc::clone(&house) }
        }),
        Child::new("replicator", "carries the journal to HQ", {
            let house = Arc::clone(house);
            move || crate::replicator::Replicator { house: Arc::clone(&house) }
        }),
        Child::new("notary", "signs the end of the history", {
            let house = Arc::clone(house);
            move || crate::notary::Notary { house: Arc::clone(&house) }
        }),
    ];
    children.push(Child::new(watch::WATCHDOG, "ends what hangs, so that it is started again", {
        let house = Arc::clone(house);
        move || watch::Watchdog { house: Arc::clone(&house) }
    }));
    for index in 0..house.printers.len() {
        let of = Arc::clone(house);
        let name = format!("printer/{}", house.printers[index].name);
        let child = Child::new(&name, "prints documents, records what became of each", move || {
            crate::printer::PrinterActor { house: Arc::clone(&of), index }
        });
        children.push(child.with_back_off());
    }
    for index in 0..house.payments.len() {
        let of = Arc::clone(house);
        let name = format!("payment/{}", house.payments[index].device.name);
        let child = Child::new(&name, "lets payments leave, asks what became of each", move || {
            crate::payment::PaymentActor { house: Arc::clone(&of), index }
        });
        children.push(child.with_back_off());
    }
    for index in 0..house.scanners.len() {
        let of = Arc::clone(house);
        let name = format!("scanner/{}", house.scanners[index].name);
        let child = Child::new(&name, "hands scans to the till that they are for", move || {
            crate::scanner::ScannerActor { house: Arc::clone(&of), index }
        });
        children.push(child.with_back_off());
    }
    for index in 0..house.scales.len() {
        let of = Arc::clone(house);
        let name = format!("scale/{}", house.scales[index].name);
        let child = Child::new(&name, "shows weights to the tills beside it, weighs for them", move || {
            crate::scale::ScaleActor { house: Arc::clone(&of), index }
        });
        children.push(child.with_back_off());
    }
    children
}

struct Child {
    name: String,
    job: &'static str,
    spawn: Box<dyn FnOnce(Arc<Board>, Arc<Post>) -> SpawnFn>,
    back_off: bool,
    /// How long it may take over one message; none is what everyone may.
    within: Option<Duration>,
}

impl Child {
    fn new<A>(name: &str, job: &'static str, make: impl Fn() -> A + Send + Sync + 'static) -> Self
    where
        A: Actor<Arguments = ()>,
    {
        let spawn = |board: Arc<Board>, post: Arc<Post>| {
            SpawnFn::new(move |supervisor: ActorCell, id: String| {
                let actor = Watched::new(make(), &board, Arc::clone(&post));
                async move {
                    let (actor, _) = Supervisor::spawn_linked(id, actor, (), supervisor).await?;
                    Ok::<ActorCell, SpawnErr>(actor.get_cell())
                }
            })
        };
        Self { name: name.to_owned(), job, spawn: Box::new(spawn), back_off: false, within: None }
    }

    /// Devices come back slowly: what is broken stays broken for a while.
    fn with_back_off(self) -> Self {
        Self { back_off: true, ..self }
    }

    fn within(self, limit: Duration) -> Self {
        Self { within: Some(limit), ..self }
    }

    fn spec(self, house: &House) -> ChildSpec {
        let limit = self.within.unwrap_or(house.board.patience().others);
        let post = house.board.post(&self.name, limit);
        let back_off = ChildBackoffFn::new(|_, restarts, _, _| {
            let exponent = u32::try_from(restarts.min(8)).unwrap_or(8);
            Some(Duration::from_millis(250 << exponent).min(DEVICE_BACK_OFF_MAX))
        });
        ChildSpec {
            id: format!("{}/{}", house.name, self.name),
            restart: Restart::Permanent,
            spawn_fn: (self.spawn)(Arc::clone(&house.board), post),
            backoff_fn: self.back_off.then_some(back_off),
            reset_after: Some(Duration::from_secs(60)),
        }
    }
}

/// The running supervisors.
pub(crate) struct Tree {
    pub store: ActorRef<SupervisorMsg>,
    pub store_ended: tokio::task::JoinHandle<()>,
    pub tills: ActorRef<DynamicSupervisorMsg>,
    pub tills_ended: tokio::task::JoinHandle<()>,
}

pub(crate) async fn start(house: &Arc<House>) -> Result<Tree, SpawnErr> {
    let specs = children(house).into_iter().map(|child| child.spec(house)).collect();
    let options = SupervisorOptions {
        strategy: SupervisorStrategy::OneForOne,
        max_restarts: RESTARTS_MAX,
        max_window: RESTART_WINDOW,
        reset_after: Some(RESTART_WINDOW),
    };
    let arguments = SupervisorArguments { child_specs: specs, options };
    let (store, store_ended) = Supervisor::spawn(format!("{}/store", house.name), arguments).await?;
    let options = DynamicSupervisorOptions {
        max_children: Some(crate::terminal::TILLS_MAX),
        max_restarts: TILL_RESTARTS_MAX,
        max_window: RESTART_WINDOW,
        reset_after: Some(RESTART_WINDOW),
    };
    let (tills, tills_ended) = DynamicSupervisor::spawn(format!("{}/tills", house.name), options).await?;
    Ok(Tree { store, store_ended, tills, tills_ended })
}

/// The tree as text, for the status page and the golden file. Made from the same list that starts the actors.
pub(crate) fn rendered(house: &Arc<House>) -> String {
    let mut text = format!(
        "hub process\n├─ journal writer (thread; its failure ends the process)\n├─ store supervisor (one for one, {RESTARTS_MAX} restarts in {} s)\n",
        RESTART_WINDOW.as_secs()
    );
    let children = children(house);
    let last = children.len() - 1;
    for (index, child) in children.iter().enumerate() {
        let branch = if index == last { "└─" } else { "├─" };
        let back_off = if child.back_off { ", restarts with back-off" } else { "" };
        text.push_str(&format!("│  {branch} {} ({}{back_off})\n", child.name, child.job));
    }
    text.push_str(&format!(
        "└─ tills supervisor (one for one, {TILL_RESTARTS_MAX} restarts in {} s)\n   └─ terminal/<id> (one per till, decides nothing itself)\n",
        RESTART_WINDOW.as_secs()
    ));
    text
}
