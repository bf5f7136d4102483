//! One till at its hub: connection, requests in their order, streams.

mod back_off;
mod engine;
mod link;
mod streams;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::Action;
use holdfast_domain::ids::{CommandId, EpochId, Uuid};
use holdfast_domain::staff::StaffNumber;
use holdfast_journal::{DiskStorage, Storage};
use holdfast_protocol::card_numbers;
use holdfast_protocol::message::TillEvent as DeviceEvent;
use holdfast_protocol::message::{
    Answer, ApprovedMessage, CatalogMessage, CommandMessage, CounterNews, OrdersMessage, Pin,
    REQUEST_BYTES_MAX, Reply, Request, SignOnMessage, StatusMessage, StockMessage,
};
use holdfast_protocol::till_api::Snapshot;
use holdfast_protocol::topics::Stream;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

pub use back_off::BackOff;
pub use link::Address;
pub use streams::{Cursor, Step};

use crate::dice::Dice;
use crate::error::TillError;
use crate::hub_api::{HubApi, Snapshots};
use crate::identity::{Folder, Identity};
use crate::outbox::Outbox;
use engine::{Engine, Order};

/// The most requests that wait at the till for their turn.
pub const QUEUE_REQUESTS_MAX: usize = 256;
/// Events that a slow listener may lag behind before it misses some (and is told how many).
const EVENTS_BEHIND_MAX: usize = 4_096;

/// How long the till waits for what. All waits after a failure are spread by chance.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// A request without a reply is sent again after this long, then after twice as long, and so on.
    pub resend_after: Duration,
    pub resend_cap: Duration,
    /// First and longest wait before another connection attempt.
    pub reconnect_base: Duration,
    pub reconnect_cap: Duration,
    /// The widest spread of snapshot reads after a reconnect or a gap.
    pub snapshot_spread: Duration,
    /// How often one record is offered before the rest of the offers pause and trade goes on.
    pub offer_attempts_max: u32,
    /// First and longest wait before an offer that was out of order is made again.
    pub offer_base: Duration,
    pub offer_cap: Duration,
    /// How long offers pause then.
    pub offer_pause: Duration,
    pub keep_alive: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            resend_after: Duration::from_secs(2),
            resend_cap: Duration::from_secs(15),
            reconnect_base: Duration::from_millis(200),
            reconnect_cap: Duration::from_secs(10),
            snapshot_spread: Duration::from_millis(500),
            offer_attempts_max: 40,
            offer_base: Duration::from_millis(200),
            offer_cap: Duration::from_secs(5),
            offer_pause: Duration::from_secs(60),
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// Whether the hub can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Not connected. `why` is the last failure for a person, with its code; none before the first attempt ended.
    Offline { attempts: u32, why: Option<String> },
    /// Connected; the till learns which hub this is and gives it what it lacks.
    Connected,
    /// Requests are answered.
    Ready { epoch: EpochId },
    /// The till stopped for good.
    Stopped { why: String },
}

/// What the hub told, in its order.
#[derive(Debug, Clone)]
pub enum TillEvent {
    /// What is true now; everything before it is past.
    Snapshot(Arc<Snapshot>),
    Stock(Arc<StockMessage>),
    /// A transaction, or an order that passed from till to till.
    Orders(Arc<OrdersMessage>),
    Catalog(Arc<CatalogMessage>),
    Status(Arc<StatusMessage>),
    /// What happens at a card terminal or wallet that is at a payment of this till.
    AtDevice(Arc<DeviceEvent>),
    /// The scanner or scale beside this till, at this moment. Whatever was missed of it is asked for
    /// ([`HubApi::counter`]) or scanned again.
    Counter(Arc<CounterNews>),
    /// A stream's message was missed; a snapshot follows.
    Gap {
        stream: Stream,
    },
    /// A hub of a newer epoch took over what an earlier one had acknowledged.
    Offered {
        id: CommandId,
    },
    /// A hub would not take a record over; it stays here and is offered again later.
    OfferWaits {
        id: CommandId,
        code: String,
        text: String,
    },
}

/// What happened so far, as counts.
#[derive(Debug, Default)]
pub struct Counters {
    pub sent: AtomicU64,
    /// Requests sent again for want of an answer.
    pub resent: AtomicU64,
    /// Answers that asked to try again later.
    pub retry_answers: AtomicU64,
    pub connections: AtomicU64,
    pub offers_taken: AtomicU64,
    pub gaps: AtomicU64,
    /// Messages of the hub that could not be understood.
    pub malformed: AtomicU64,
}

impl Counters {
    fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a till is connected with.
pub struct Connection {
    pub identity: Identity,
    pub address: Address,
    pub snapshots: Arc<dyn Snapshots>,
    pub pace: Pace,
    pub storage: Arc<dyn Storage>,
    pub outbox: std::path::PathBuf,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// A handle on a till. Clones share the till; it ends with [`Till::close`].
#[derive(Debug, Clone)]
pub struct Till {
    orders: mpsc::Sender<Order>,
    link: watch::Receiver<LinkState>,
    status: watch::Receiver<Option<Arc<StatusMessage>>>,
    snapshot: watch::Receiver<Option<Arc<Snapshot>>>,
    events: broadcast::Sender<TillEvent>,
    counters: Arc<Counters>,
    identity: Arc<Identity>,
}

impl Till {
    /// Opens the till in `folder` and begins to connect. What was not answered before is sent again by itself.
    ///
    /// # Errors
    /// [`TillError`] when the folder holds no till, its outbox cannot be opened, or another process has it.
    pub async fn open(folder: &Folder, pace: Pace) -> Result<(Self, HubApi), TillError> {
        let identity = folder.identity()?;
        let api = HubApi::new(&identity)?;
        let connection = Connection {
            address: Address::of(&identity)?,
            snapshots: Arc::new(api.clone()),
            pace,
            storage: Arc::new(DiskStorage),
            outbox: folder.outbox(),
            identity,
        };
        Ok((Self::connect(connection).await?, api))
    }

    /// Opens a till with everything chosen by the caller.
    ///
    /// # Errors
    /// [`TillError::Outbox`] or [`TillError::OutboxEntry`] when its outbox cannot be opened.
    pub async fn connect(connection: Connection) -> Result<Self, TillError> {
        let Connection { identity, address, snapshots, pace, storage, outbox } = connection;
        let outbox = tokio::task::spawn_blocking(move || Outbox::open(outbox, storage))
            .await
            .map_err(|_| TillError::Closed)??;
        let dice = Dice::unseeded().unwrap_or_else(|_| Dice::new(u64::from(std::process::id())));
        let identity = Arc::new(identity);
        let (orders, orders_rx) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let (events, _) = broadcast::channel(EVENTS_BEHIND_MAX);
        let (link_tx, link) = watch::channel(LinkState::Offline { attempts: 0, why: None });
        let (status_tx, status) = watch::channel(None);
        let (snapshot_tx, snapshot) = watch::channel(None);
        let counters = Arc::new(Counters::default());
        let engine = Engine::new(
            engine::Outward {
                link: link_tx,
                status: status_tx,
                snapshot: snapshot_tx,
                events: events.clone(),
                counters: counters.clone(),
            },
            identity.clone(),
            snapshots,
            pace,
            outbox,
            dice,
        );
        tokio::spawn(engine.run(address, orders_rx));
        Ok(Self { orders, link, status, snapshot, events, counters, identity })
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    pub fn link(&self) -> watch::Receiver<LinkState> {
        self.link.clone()
    }

    /// The hub's last status.
    pub fn status(&self) -> watch::Receiver<Option<Arc<StatusMessage>>> {
        self.status.clone()
    }

    /// The last snapshot.
    pub fn snapshot(&self) -> watch::Receiver<Option<Arc<Snapshot>>> {
        self.snapshot.clone()
    }

    /// What the hub tells from now on.
    pub fn events(&self) -> broadcast::Receiver<TillEvent> {
        self.events.subscribe()
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Waits until the hub answers requests and has given its snapshot.
    ///
    /// # Errors
    /// [`TillError::NoAnswer`] after `within`, [`TillError::Credential`] when the hub refuses this till,
    /// [`TillError::Closed`] when it stopped.
    pub async fn ready(&self, within: Duration) -> Result<Arc<Snapshot>, TillError> {
        let (mut link, mut snapshot) = (self.link(), self.snapshot());
        let waited = tokio::time::timeout(within, async {
            loop {
                match &*link.borrow_and_update() {
                    LinkState::Ready { .. } => break,
                    LinkState::Stopped { why } => {
                        tracing::error!(why, "the till stopped");
                        return Err(TillError::Closed);
                    }
                    LinkState::Offline { .. } | LinkState::Connected => {}
                }
                link.changed().await.map_err(|_| TillError::Closed)?;
            }
            let found = snapshot.wait_for(Option::is_some).await.map_err(|_| TillError::Closed)?;
            found.clone().ok_or(TillError::Closed)
        })
        .await;
        waited.unwrap_or_else(|_| {
            Err(match &*self.link.borrow() {
                LinkState::Offline { why: Some(why), .. } if why.contains("HF-TIL-017") => {
                    TillError::Credential { what: why.clone() }
                }
                LinkState::Offline { why: Some(why), .. } => TillError::Unreachable {
                    address: self.identity.paired().mqtt.clone(),
                    source: why.clone().into(),
                },
                _ => TillError::NoAnswer { seconds: within.as_secs() },
            })
        })
    }

    /// Reads a fresh snapshot and waits for it.
    ///
    /// # Errors
    /// [`TillError::NoAnswer`] after `within`, [`TillError::Closed`] when the till stopped.
    pub async fn refresh(&self, within: Duration) -> Result<Arc<Snapshot>, TillError> {
        let mut snapshot = self.snapshot();
        snapshot.mark_unchanged();
        self.orders.send(Order::Resnapshot).await.map_err(|_| TillError::Closed)?;
        match tokio::time::timeout(within, snapshot.changed()).await {
            Ok(Ok(())) => snapshot.borrow().clone().ok_or(TillError::Closed),
            Ok(Err(_)) => Err(TillError::Closed),
            Err(_) => Err(TillError::NoAnswer { seconds: within.as_secs() }),
        }
    }

    /// Signs a person on. The PIN is sent and never stored.
    ///
    /// # Errors
    /// As [`Till::request`].
    pub async fn sign_on(&self, number: StaffNumber, pin: Pin) -> Result<Reply, TillError> {
        let (id, occurred_at) = (CommandId(self.mint()?), now());
        self.request(&Request::SignOn(SignOnMessage { id, occurred_at, number, pin })).await
    }

    /// Asks the hub and waits for its answer, however long that takes. Requests are answered one by one in the order they
    /// were made. Dropping the future changes nothing: the request is sent and answered all the same.
    ///
    /// # Errors
    /// As [`Till::request`].
    pub async fn send(&self, action: Action) -> Result<Reply, TillError> {
        let id = CommandId(self.mint()?);
        self.send_as(id, now(), action).await
    }

    /// As [`Till::send`], with the id and the time chosen by the caller.
    ///
    /// # Errors
    /// As [`Till::request`].
    pub async fn send_as(
        &self,
        id: CommandId,
        occurred_at: Timestamp,
        action: Action,
    ) -> Result<Reply, TillError> {
        self.request(&Request::Command(CommandMessage { id, occurred_at, action })).await
    }

    /// As [`Till::send`], with a second person's word for it. Their PIN is sent and never stored: when this till is restarted
    /// before the hub heard of the command, the hub refuses it for want of the PIN.
    ///
    /// # Errors
    /// As [`Till::request`].
    pub async fn send_approved(
        &self,
        action: Action,
        approver: StaffNumber,
        pin: Pin,
    ) -> Result<Reply, TillError> {
        let (id, occurred_at) = (CommandId(self.mint()?), now());
        let approved = ApprovedMessage { id, occurred_at, action, approver, pin: Some(pin) };
        self.request(&Request::Approved(approved)).await
    }

    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// [`TillError::RequestTooLarge`], [`TillError::Busy`], [`TillError::IdReused`], or [`TillError::Outbox`] when the
    /// request was not taken; [`TillError::Closed`] when the till stopped before the answer.
    pub async fn request(&self, request: &Request) -> Result<Reply, TillError> {
        let (id, bytes) = (request.id(), request.to_bytes());
        if bytes.len() > REQUEST_BYTES_MAX {
            return Err(TillError::RequestTooLarge { bytes: bytes.len(), max: REQUEST_BYTES_MAX });
        }
        if !matches!(request, Request::Offer(_)) && card_numbers::are_in(&bytes) {
            let why = "it looks like a card's number, which is never kept; type at most its last four digits";
            return Err(TillError::Typed { what: "text", why: why.to_owned() });
        }
        let kept = request.to_kept_bytes().map(Into::into);
        let (answer, waiter) = oneshot::channel();
        let order = Order::Submit { id, bytes: bytes.into(), kept, answer };
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => TillError::Busy { waiting: QUEUE_REQUESTS_MAX },
            mpsc::error::TrySendError::Closed(_) => TillError::Closed,
        })?;
        waiter.await.map_err(|_| TillError::Closed)?
    }

    /// Ends the till: what is not answered stays in its outbox.
    ///
    /// # Errors
    /// [`TillError::Outbox`] when the outbox did not end cleanly.
    pub async fn close(self) -> Result<(), TillError> {
        let (done, ended) = oneshot::channel();
        self.orders.send(Order::Close { done }).await.map_err(|_| TillError::Closed)?;
        ended.await.map_err(|_| TillError::Closed)?
    }

    /// A new id for something that a person starts.
    ///
    /// # Errors
    /// [`TillError::Identity`] when the system has no randomness.
    pub fn mint(&self) -> Result<Uuid, TillError> {
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|error| TillError::Identity {
            path: std::path::PathBuf::from("/dev/urandom"),
            what: "the system has no randomness",
            source: Some(Box::new(error)),
        })?;
        Ok(crate::ids::minted(u64::try_from(now().0).unwrap_or(0), random))
    }
}

/// The till's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The answer when the hub did what was asked; a refusal as an error, for callers that cannot go on after one.
///
/// # Errors
/// [`TillError::Refused`] and [`TillError::Rejected`] with the hub's code and text.
pub fn accepted(reply: Reply) -> Result<Answer, TillError> {
    match reply.answer {
        Answer::Refused { code, text, .. } => Err(TillError::Refused { code, text }),
        Answer::Rejected { code, text } | Answer::Retry { code, text, .. } => {
            Err(TillError::Rejected { code, text })
        }
        answer @ Answer::Accepted { .. } => Ok(answer),
    }
}
