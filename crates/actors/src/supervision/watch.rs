//! Notices actors that hang, and ends them so that their supervisor starts them again.
//!
//! Every supervised actor is wrapped in [`Watched`], which notes on the [`Board`] when a message is begun and when it is
//! done. The watchdog looks at the board; the watchdog itself is looked at by every other actor when it begins a message.
//! An actor that waits for something that never comes is ended. One that waits for work on a thread (a disk that hangs)
//! or never gives its thread back cannot be ended by anyone: that is logged once and shown until it is over.
//!
//! Invariant: nothing here knows what an actor does, and nothing here starts one.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent};
use serde::Serialize;
use tokio::time::Instant;

use crate::house::House;

/// The watchdog's name in the tree.
pub(super) const WATCHDOG: &str = "watchdog";

/// Every code of this crate with its meaning; `docs/errors` has a page for each.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-ACT-001", "a part of the hub hung and was started again"),
    ("HF-ACT-002", "a part of the hub hangs and cannot be ended"),
    ("HF-ACT-003", "the disk is filling up"),
    ("HF-ACT-004", "the disk is nearly full and new orders wait"),
    ("HF-ACT-005", "the signed head of the journal could not be kept"),
    ("HF-ACT-006", "the hub's history and HQ's parted, and both are kept"),
    ("HF-ACT-007", "a payment is in doubt because the hub that began it is gone"),
    ("HF-ACT-008", "an end of a payment device's day is unknown because the hub stopped"),
];

/// How long an actor may take over one message before it is taken to hang.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The ledger, which waits for nobody.
    pub ledger: Duration,
    /// Everyone else. Longer than anyone waits for the ledger (20 s), so that only the one that hangs is ended.
    pub others: Duration,
    /// Starting, which may replay a journal.
    pub start: Duration,
    /// How often the watchdog looks.
    pub look_every: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            ledger: Duration::from_secs(10),
            others: Duration::from_secs(30),
            start: Duration::from_secs(300),
            look_every: Duration::from_millis(500),
        }
    }
}

/// A way in which an actor can be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    Panic,
    /// It says itself that its state cannot be trusted.
    Error,
    /// It never ends what it does.
    Hang,
    Stop,
}

/// Whether the message is lost with the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    BeforeItsWork,
    AfterItsWork,
}

/// Where a test says which actor is lost next, and how. A hub has none of this.
pub trait Faults: Send + Sync + Debug + 'static {
    /// Asked for every message. `actor` is the actor's name in the tree.
    fn next(&self, actor: &str) -> Option<(Loss, Moment)>;
}

/// How the actors are watched.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    pub patience: Patience,
    /// None but in tests.
    pub faults: Option<Arc<dyn Faults>>,
}

/// What the watch knows of one actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Observation {
    pub actor: String,
    /// 1 for an actor that never had to be started again.
    pub starts: u64,
    /// How often it was ended because it hung.
    pub ended: u64,
    /// How long it has been at its message, milliseconds, when that is longer than it may be: it hangs now.
    pub hangs_ms: Option<u64>,
}

tokio::task_local! {
    /// The post of the actor that this task is, while it is at a message.
    static AT_WORK: Arc<Post>;
}

/// One actor's place on the board; it outlives the actor's restarts.
pub(crate) struct Post {
    name: String,
    limit: Duration,
    epoch: Instant,
    /// Milliseconds after `epoch` at which the message was begun, from 1; 0 between messages.
    began: AtomicU64,
    limit_ms: AtomicU64,
    /// Work on threads that the actor waits for now.
    on_threads: AtomicU32,
    starts: AtomicU64,
    ended: AtomicU64,
    /// The `began` of the last message that the actor was ended for.
    ended_for: AtomicU64,
    /// The `began` of the last message that was told as one that cannot be ended.
    told_for: AtomicU64,
    cell: Mutex<Option<ActorCell>>,
}

impl Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Post {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn begin(&self, limit: Duration) -> AtMessage<'_> {
        self.limit_ms.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.began.store(self.now_ms(), Ordering::Release);
        AtMessage(self)
    }

    /// When the message was begun and how long ago that is, if it is longer ago than it may be.
    fn overdue(&self) -> Option<(u64, u64)> {
        let began = self.began.load(Ordering::Acquire);
        let age = self.now_ms().saturating_sub(began);
        (began > 0 && age > self.limit_ms.load(Ordering::Relaxed)).then_some((began, age))
    }

    fn look(&self) {
        let Some((began, age_ms)) = self.overdue() else { return };
        let actor = self.name.as_str();
        if self.on_threads.load(Ordering::Acquire) > 0 {
            if self.told_for.swap(began, Ordering::AcqRel) != began {
                tracing::error!(
                    code = "HF-ACT-002",
                    actor,
                    age_ms,
                    "an actor waits for work on a thread that does not end"
                );
            }
        } else if self.ended_for.swap(began, Ordering::AcqRel) != began {
            tracing::error!(
                code = "HF-ACT-001",
                actor,
                age_ms,
                "an actor hangs; it is ended and started again"
            );
            self.ended.fetch_add(1, Ordering::Relaxed);
            let cell = self.cell.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(cell) = cell {
                cell.kill();
            }
        } else if age_ms > 2 * self.limit_ms.load(Ordering::Relaxed)
            && self.told_for.swap(began, Ordering::AcqRel) != began
        {
            tracing::error!(
                code = "HF-ACT-002",
                actor,
                age_ms,
                "an actor hangs and does not let itself be ended"
            );
        }
    }

    fn observe(&self) -> Observation {
        Observation {
            actor: self.name.clone(),
            starts: self.starts.load(Ordering::Acquire),
            ended: self.ended.load(Ordering::Relaxed),
            hangs_ms: self.overdue().map(|(_, age_ms)| age_ms),
        }
    }
}

/// Until it is dropped the actor is at a message; it is dropped too when the actor panics or is ended.
struct AtMessage<'a>(&'a Post);

impl Drop for AtMessage<'_> {
    fn drop(&mut self) {
        self.0.began.store(0, Ordering::Release);
    }
}

/// Until it is dropped the actor that asked waits for work on a thread and cannot be ended.
pub(crate) struct OnThread(Option<Arc<Post>>);

impl OnThread {
    /// For the actor that this task is; for any other task it means nothing.
    pub fn begin() -> Self {
        let post = AT_WORK.try_with(Arc::clone).ok();
        if let Some(post) = &post {
            post.on_threads.fetch_add(1, Ordering::AcqRel);
        }
        Self(post)
    }
}

impl Drop for OnThread {
    fn drop(&mut self) {
        if let Some(post) = &self.0 {
            post.on_threads.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// All posts.
#[derive(Debug)]
pub(crate) struct Board {
    watch: Watch,
    epoch: Instant,
    watchdog: Arc<Post>,
    posts: Mutex<BTreeMap<String, Arc<Post>>>,
}

impl Board {
    pub fn new(watch: Watch) -> Self {
        let epoch = Instant::now();
        let watchdog = Arc::new(post(WATCHDOG, watch.patience.others, epoch));
        let posts = Mutex::new(BTreeMap::from([(WATCHDOG.to_owned(), Arc::clone(&watchdog))]));
        Self { watch, epoch, watchdog, posts }
    }

    pub fn patience(&self) -> Patience {
        self.watch.patience
    }

    /// The post of that name; there are as many as actors in the tree.
    pub fn post(&self, name: &str, limit: Duration) -> Arc<Post> {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = posts.entry(name.to_owned());
        Arc::clone(known.or_insert_with(|| Arc::new(post(name, limit, self.epoch))))
    }

    fn posts(&self) -> Vec<Arc<Post>> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub fn observe(&self) -> Vec<Observation> {
        self.posts().iter().map(|post| post.observe()).collect()
    }
}

fn post(name: &str, limit: Duration, epoch: Instant) -> Post {
    Post {
        name: name.to_owned(),
        limit,
        epoch,
        began: AtomicU64::new(0),
        limit_ms: AtomicU64::new(u64::MAX),
        on_threads: AtomicU32::new(0),
        starts: AtomicU64::new(0),
        ended: AtomicU64::new(0),
        ended_for: AtomicU64::new(0),
        told_for: AtomicU64::new(0),
        cell: Mutex::new(None),
    }
}

/// An actor that is watched. To everyone else it is the actor itself.
pub(crate) struct Watched<A> {
    actor: A,
    board: Arc<Board>,
    post: Arc<Post>,
}

impl<A> Watched<A> {
    pub fn new(actor: A, board: &Arc<Board>, post: Arc<Post>) -> Self {
        Self { actor, board: Arc::clone(board), post }
    }
}

#[ractor::async_trait]
impl<A: Actor<Arguments = ()>> Actor for Watched<A> {
    type Msg = A::Msg;
    type State = A::State;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<A::Msg>, (): ()) -> Result<A::State, ActorProcessingErr> {
        *self.post.cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(myself.get_cell());
        let _starting = self.post.begin(self.board.patience().start);
        let state = AT_WORK.scope(Arc::clone(&self.post), self.actor.pre_start(myself, ())).await;
        self.post.starts.fetch_add(1, Ordering::AcqRel);
        state
    }

    async fn post_start(
        &self,
        myself: ActorRef<A::Msg>,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        self.actor.post_start(myself, state).await
    }

    async fn handle(
        &self,
        myself: ActorRef<A::Msg>,
        message: A::Msg,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        let _at_message = self.post.begin(self.post.limit);
        if !Arc::ptr_eq(&self.post, &self.board.watchdog) {
            self.board.watchdog.look();
        }
        let planned = self.board.watch.faults.as_ref().and_then(|faults| faults.next(&self.post.name));
        if let Some((loss, Moment::BeforeItsWork)) = planned {
            return lose(loss, &myself).await;
        }
        let work = self.actor.handle(myself.clone(), message, state);
        let handled = AT_WORK.scope(Arc::clone(&self.post), work).await;
        match planned {
            Some((loss, Moment::AfterItsWork)) => lose(loss, &myself).await,
            _ => handled,
        }
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<A::Msg>,
        event: SupervisionEvent,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        self.actor.handle_supervisor_evt(myself, event, state).await
    }

    async fn post_stop(
        &self,
        myself: ActorRef<A::Msg>,
        state: &mut A::State,
    ) -> Result<(), ActorProcessingErr> {
        let _stopping = self.post.begin(self.post.limit);
        AT_WORK.scope(Arc::clone(&self.post), self.actor.post_stop(myself, state)).await
    }
}

async fn lose<M>(loss: Loss, myself: &ActorRef<M>) -> Result<(), ActorProcessingErr> {
    match loss {
        Loss::Panic => panic!("a test wants this actor to panic"),
        Loss::Error => Err("a test wants this actor to fail".into()),
        Loss::Hang => std::future::pending().await,
        Loss::Stop => {
            myself.stop(Some("a test wants this actor to stop".to_owned()));
            Ok(())
        }
    }
}

/// Time to look.
#[derive(Debug)]
pub(crate) struct Look;

/// The actor that looks at all the others.
pub(super) struct Watchdog {
    pub house: Arc<House>,
}

#[ractor::async_trait]
impl Actor for Watchdog {
    type Msg = Look;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Look>, (): ()) -> Result<(), ActorProcessingErr> {
        myself.send_interval(self.house.board.patience().look_every, || Look);
        Ok(())
    }

    async fn handle(&self, _: ActorRef<Look>, _: Look, (): &mut ()) -> Result<(), ActorProcessingErr> {
        for post in self.house.board.posts() {
            // The others look at the watchdog.
            if !Arc::ptr_eq(&post, &self.house.board.watchdog) {
                post.look();
            }
        }
        Ok(())
    }
}
