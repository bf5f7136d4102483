//! The one task that owns the till's outbox: which request is on its way, when it is sent again, what a reply ends.
//!
//! Order: what an earlier hub acknowledged is offered to a newer one first, then what was not answered before, then what
//! is asked now. One request is on its way at a time. A reply is on disk before its asker hears of it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use holdfast_domain::ids::{CommandId, EpochId};
use holdfast_protocol::message::{
    Answer, CounterEvent, EventMessage, OfferMessage, Reply, Request, StatusMessage,
};
use holdfast_protocol::till_api::Snapshot;
use holdfast_protocol::topics::{Stream, Topics};
use rumqttc::{AsyncClient, Publish, QoS};
use serde::de::DeserializeOwned;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::link::{self, Address, LinkEvent};
use super::streams::{Numbered, Outcome, Streams};
use super::{BackOff, Counters, LinkState, Pace, QUEUE_REQUESTS_MAX, TillEvent};
use crate::dice::Dice;
use crate::error::{TillError, with_causes};
use crate::hub_api::Snapshots;
use crate::identity::Identity;
use crate::outbox::{Asked, Outbox};

/// Reports of the connection that may wait.
const LINK_EVENTS_MAX: usize = 256;

/// A snapshot that was read, and during which connection.
type Read = (u64, Result<Snapshot, TillError>);

pub(super) type Waiter = oneshot::Sender<Result<Reply, TillError>>;

#[derive(Debug)]
pub(super) enum Order {
    /// `kept` is what is stored before the bytes are sent: the same without a PIN, or nothing.
    Submit {
        id: CommandId,
        bytes: Bytes,
        kept: Option<Bytes>,
        answer: Waiter,
    },
    Resnapshot,
    Close {
        done: oneshot::Sender<Result<(), TillError>>,
    },
}

/// Where the engine tells what it knows.
pub(super) struct Outward {
    pub(super) link: watch::Sender<LinkState>,
    pub(super) status: watch::Sender<Option<Arc<StatusMessage>>>,
    pub(super) snapshot: watch::Sender<Option<Arc<Snapshot>>>,
    pub(super) events: broadcast::Sender<TillEvent>,
    pub(super) counters: Arc<Counters>,
}

impl Outward {
    fn tell(&self, event: TillEvent) {
        // Nobody has to listen.
        let _listeners = self.events.send(event);
    }

    fn link(&self, state: LinkState) {
        self.link.send_if_modified(|known| {
            let changed = *known != state;
            *known = state;
            changed
        });
    }
}

/// A request that waits for its turn. Without bytes it is read from the outbox.
struct Queued {
    id: CommandId,
    bytes: Option<Bytes>,
    sent: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    Offer,
}

/// The request that is on its way.
struct InFlight {
    id: CommandId,
    bytes: Bytes,
    kind: Kind,
    sent: u32,
    /// Answers that asked to try again.
    retries: u32,
    resend: BackOff,
    retry: BackOff,
    next: Instant,
}

pub(super) struct Engine {
    out: Outward,
    identity: Arc<Identity>,
    topics: Topics,
    snapshots: Arc<dyn Snapshots>,
    pace: Pace,
    outbox: Option<Outbox>,
    dice: Dice,
    queue: VecDeque<Queued>,
    waiters: HashMap<CommandId, Vec<Waiter>>,
    in_flight: Option<InFlight>,
    link: Option<AsyncClient>,
    hub: Option<EpochId>,
    streams: Streams,
    /// Counts connections, so that a snapshot of an earlier one is not taken for this one's.
    connection: u64,
    snapshot_at: Option<Instant>,
    snapshot_back_off: BackOff,
    snapshot_results: (mpsc::Sender<Read>, mpsc::Receiver<Read>),
    /// Records that this hub will not take.
    set_aside: HashSet<CommandId>,
    offers_paused: Option<Instant>,
}

impl Engine {
    pub(super) fn new(
        out: Outward,
        identity: Arc<Identity>,
        snapshots: Arc<dyn Snapshots>,
        pace: Pace,
        outbox: Outbox,
        dice: Dice,
    ) -> Self {
        let queue = outbox.index().waiting().map(|id| Queued { id, bytes: None, sent: 0 }).collect();
        Self {
            topics: Topics::new(identity.store()),
            out,
            identity,
            snapshots,
            pace,
            outbox: Some(outbox),
            dice,
            queue,
            waiters: HashMap::new(),
            in_flight: None,
            link: None,
            hub: None,
            streams: Streams::default(),
            connection: 0,
            snapshot_at: None,
            snapshot_back_off: BackOff::new(pace.reconnect_base, pace.reconnect_cap),
            snapshot_results: mpsc::channel(4),
            set_aside: HashSet::new(),
            offers_paused: None,
        }
    }

    /// Runs until the till is closed or its disk fails.
    pub(super) async fn run(mut self, address: Address, mut orders: mpsc::Receiver<Order>) {
        let (reports, mut link_events) = mpsc::channel(LINK_EVENTS_MAX);
        let dice = Dice::new(self.dice.throw());
        let counters = self.out.counters.clone();
        tokio::spawn(link::run(address, self.identity.clone(), self.pace, counters, dice, reports));
        let done = loop {
            let deadline = self.deadline();
            let worked = tokio::select! {
                order = orders.recv() => match order {
                    None => break None,
                    Some(Order::Close { done }) => break Some(done),
                    Some(Order::Resnapshot) => {
                        self.snapshot_at = Some(Instant::now());
                        Ok(())
                    }
                    Some(Order::Submit { id, bytes, kept, answer }) => {
                        self.submit(id, bytes, kept, answer).await;
                        Ok(())
                    }
                },
                event = link_events.recv() => match event {
                    // The link runs as long as its reports are taken.
                    None => Err(TillError::Closed),
                    Some(LinkEvent::Up(client)) => {
                        self.up(client);
                        Ok(())
                    }
                    Some(LinkEvent::Down { attempts, why }) => {
                        self.down(attempts, why);
                        Ok(())
                    }
                    Some(LinkEvent::Message(message)) => self.message(message).await,
                },
                Some((connection, result)) = self.snapshot_results.1.recv() => self.snapshot(connection, result).await,
                () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.due();
                    Ok(())
                }
            };
            let worked = match worked {
                Ok(()) => self.advance().await,
                Err(error) => Err(error),
            };
            if let Err(error) = worked {
                let why = with_causes(&error);
                tracing::error!(why, "the till stops");
                self.out.link(LinkState::Stopped { why });
                return;
            }
        };
        if let Some(client) = self.link.take() {
            // The hub notices the end either way.
            let _goodbye = client.try_disconnect();
        }
        self.out.link(LinkState::Stopped { why: TillError::Closed.to_string() });
        let ended = match self.outbox.take() {
            Some(outbox) => {
                tokio::task::spawn_blocking(move || outbox.close()).await.unwrap_or(Err(TillError::Closed))
            }
            None => Err(TillError::Closed),
        };
        if let Some(done) = done {
            // Who asked may have gone.
            let _gone = done.send(ended);
        }
    }

    async fn on_disk<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Outbox) -> Result<T, TillError> + Send + 'static,
    ) -> Result<T, TillError> {
        let mut outbox = self.outbox.take().ok_or(TillError::Closed)?;
        let worked = tokio::task::spawn_blocking(move || {
            let result = work(&mut outbox);
            (outbox, result)
        });
        let (outbox, result) = worked.await.map_err(|_| TillError::Closed)?;
        self.outbox = Some(outbox);
        result
    }

    fn index(&self) -> Option<&crate::outbox::Index> {
        self.outbox.as_ref().map(Outbox::index)
    }

    /// The next moment at which something is to be done by itself.
    fn deadline(&self) -> Option<Instant> {
        let connected = self.link.is_some();
        let resend = self.in_flight.as_ref().filter(|_| connected).map(|flight| flight.next);
        let snapshot = self.snapshot_at.filter(|_| connected);
        let offers = self.offers_paused.filter(|_| connected && self.in_flight.is_none());
        [resend, snapshot, offers].into_iter().flatten().min()
    }

    fn due(&mut self) {
        let now = Instant::now();
        if self.link.is_some() && self.in_flight.as_ref().is_some_and(|flight| flight.next <= now) {
            self.transmit();
        }
        if self.link.is_some() && self.snapshot_at.is_some_and(|at| at <= now) {
            self.snapshot_at = None;
            let (snapshots, results, connection) =
                (self.snapshots.clone(), self.snapshot_results.0.clone(), self.connection);
            tokio::spawn(async move {
                let result = snapshots.snapshot().await;
                // The till may have been closed meanwhile.
                let _gone = results.send((connection, result)).await;
            });
        }
        if self.offers_paused.is_some_and(|until| until <= now) {
            self.offers_paused = None;
        }
    }

    async fn submit(&mut self, id: CommandId, bytes: Bytes, kept: Option<Bytes>, answer: Waiter) {
        if self.queue.len() >= QUEUE_REQUESTS_MAX {
            // Who asked may have gone.
            let _gone = answer.send(Err(TillError::Busy { waiting: self.queue.len() }));
            return;
        }
        let asked = match kept {
            None => Ok(Asked::Stored),
            Some(kept) => self.on_disk(move |outbox| outbox.ask(id, &kept)).await,
        };
        match asked {
            Err(error) => {
                let _gone = answer.send(Err(error));
                return;
            }
            Ok(Asked::StillWaiting) => {}
            Ok(Asked::Stored | Asked::AnsweredBefore) => {
                let on_its_way = self.in_flight.as_ref().is_some_and(|flight| flight.id == id);
                if !on_its_way && !self.queue.iter().any(|queued| queued.id == id) {
                    self.queue.push_back(Queued { id, bytes: Some(bytes), sent: 0 });
                }
            }
        }
        self.waiters.entry(id).or_default().push(answer);
    }

    fn up(&mut self, client: AsyncClient) {
        self.connection += 1;
        self.link = Some(client);
        self.out.link(LinkState::Connected);
        // After the first connection all tills of a shop may come back together.
        self.snapshot_at = Some(Instant::now() + self.spread(self.connection > 1));
    }

    fn spread(&mut self, wide: bool) -> std::time::Duration {
        let most = u64::try_from(self.pace.snapshot_spread.as_micros()).unwrap_or(u64::MAX);
        std::time::Duration::from_micros(if wide { self.dice.below(most) } else { 0 })
    }

    fn down(&mut self, attempts: u32, why: String) {
        if self.link.take().is_some() {
            tracing::warn!(why, "the hub is lost");
        }
        self.hub = None;
        self.streams.lose();
        self.connection += 1;
        self.snapshot_at = None;
        // What was offered is found again; a request keeps its turn behind the offers to whatever hub comes next.
        if let Some(flight) = self.in_flight.take()
            && flight.kind == Kind::Request
        {
            self.queue.push_front(Queued { id: flight.id, bytes: Some(flight.bytes), sent: flight.sent });
        }
        self.out.link(LinkState::Offline { attempts, why: Some(why) });
    }

    /// Puts the next request on its way when none is.
    async fn advance(&mut self) -> Result<(), TillError> {
        let (true, Some(hub)) = (self.link.is_some(), self.hub) else { return Ok(()) };
        if self.in_flight.is_some() {
            return Ok(());
        }
        while let Some(id) = self.next_offer(hub) {
            match self.on_disk(move |outbox| outbox.offer(id)).await {
                Ok(Some(record)) => {
                    let bytes = Request::Offer(OfferMessage { id, record }).to_bytes();
                    self.put_on_its_way(id, bytes.into(), Kind::Offer, 0);
                    return Ok(());
                }
                Ok(None) => self.set_offer_aside(id, "HF-TIL-008", "the kept answer has no record"),
                Err(error) => self.set_offer_aside(id, error.code(), &error.to_string()),
            }
        }
        self.out.link(LinkState::Ready { epoch: hub });
        if let Some(Queued { id, bytes, sent }) = self.queue.pop_front() {
            let bytes = match bytes {
                Some(bytes) => bytes,
                None => self.on_disk(move |outbox| outbox.request(id)).await?.into(),
            };
            self.put_on_its_way(id, bytes, Kind::Request, sent);
        }
        Ok(())
    }

    fn next_offer(&self, hub: EpochId) -> Option<CommandId> {
        if self.offers_paused.is_some() {
            return None;
        }
        self.index()?.offers(hub).map(|kept| kept.id).find(|id| !self.set_aside.contains(id))
    }

    fn set_offer_aside(&mut self, id: CommandId, code: &str, text: &str) {
        tracing::warn!(%id, code, text, "the hub does not take over what an earlier hub acknowledged");
        self.set_aside.insert(id);
        self.out.tell(TillEvent::OfferWaits { id, code: code.to_owned(), text: text.to_owned() });
    }

    fn put_on_its_way(&mut self, id: CommandId, bytes: Bytes, kind: Kind, sent: u32) {
        self.in_flight = Some(InFlight {
            id,
            bytes,
            kind,
            sent,
            retries: 0,
            resend: BackOff::new(self.pace.resend_after, self.pace.resend_cap),
            retry: BackOff::new(self.pace.offer_base, self.pace.offer_cap),
            next: Instant::now(),
        });
        self.transmit();
    }

    /// Sends what is on its way, the same bytes as ever, and sets the time to send them again.
    fn transmit(&mut self) {
        let (Some(flight), Some(client)) = (&mut self.in_flight, &self.link) else { return };
        flight.next = Instant::now() + flight.resend.fail(&mut self.dice);
        let counter = if flight.sent == 0 { &self.out.counters.sent } else { &self.out.counters.resent };
        Counters::add(counter);
        flight.sent = flight.sent.saturating_add(1);
        let topic = self.topics.command(self.identity.terminal());
        // A full or lost connection is the same as a lost packet: it is sent again.
        if let Err(error) = client.try_publish(topic, QoS::AtLeastOnce, false, flight.bytes.to_vec()) {
            tracing::debug!(%error, id = %flight.id, "a request was not put on the wire");
        }
    }

    async fn message(&mut self, message: Publish) -> Result<(), TillError> {
        let topic = message.topic.as_str();
        if topic == self.topics.reply(self.identity.terminal()) {
            return match self.understood::<Reply>(&message) {
                Some(reply) => self.reply(reply, message.payload).await,
                None => Ok(()),
            };
        }
        if topic == self.topics.event(self.identity.terminal()) {
            match self.understood(&message) {
                Some(EventMessage::Tender(news)) => self.out.tell(TillEvent::AtDevice(Arc::new(*news))),
                Some(EventMessage::Counter(CounterEvent { counter })) => {
                    self.out.tell(TillEvent::Counter(Arc::new(counter)));
                }
                None => {}
            }
            return Ok(());
        }
        match Stream::ALL.into_iter().find(|stream| topic == self.topics.stream(*stream)) {
            Some(Stream::Stock) => {
                if let Some(stock) = self.understood(&message) {
                    self.numbered(Numbered::Stock(Arc::new(stock)));
                }
            }
            Some(Stream::Orders) => {
                if let Some(orders) = self.understood(&message) {
                    self.numbered(Numbered::Orders(Arc::new(orders)));
                }
            }
            Some(Stream::Catalog) => {
                if let Some(catalog) = self.understood(&message) {
                    self.out.tell(TillEvent::Catalog(Arc::new(catalog)));
                }
            }
            Some(Stream::Status) => {
                if let Some(status) = self.understood(&message) {
                    return self.status(status).await;
                }
            }
            None => tracing::debug!(topic, "a message that this till does not use"),
        }
        Ok(())
    }

    fn understood<T: DeserializeOwned>(&self, message: &Publish) -> Option<T> {
        match serde_json::from_slice(&message.payload) {
            Ok(value) => Some(value),
            Err(error) => {
                Counters::add(&self.out.counters.malformed);
                tracing::warn!(topic = message.topic, %error, "a message of the hub cannot be understood");
                None
            }
        }
    }

    fn numbered(&mut self, message: Numbered) {
        let outcome = self.streams.take(message);
        self.stream_outcome(outcome);
    }

    fn stream_outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Fresh(Numbered::Stock(stock)) => self.out.tell(TillEvent::Stock(stock)),
            Outcome::Fresh(Numbered::Orders(message)) => self.out.tell(TillEvent::Orders(message)),
            Outcome::Nothing => {}
            Outcome::Missing(stream) => {
                Counters::add(&self.out.counters.gaps);
                self.out.tell(TillEvent::Gap { stream });
                let at = Instant::now() + self.spread(true);
                self.snapshot_at = Some(self.snapshot_at.map_or(at, |planned| planned.min(at)));
            }
        }
    }

    async fn snapshot(
        &mut self,
        connection: u64,
        result: Result<Snapshot, TillError>,
    ) -> Result<(), TillError> {
        if connection != self.connection || self.link.is_none() {
            return Ok(());
        }
        match result {
            Err(error) => {
                tracing::warn!(error = with_causes(&error), "the hub's snapshot cannot be read");
                self.snapshot_at = Some(Instant::now() + self.snapshot_back_off.fail(&mut self.dice));
                Ok(())
            }
            Ok(snapshot) => {
                self.snapshot_back_off.succeed();
                let snapshot = Arc::new(snapshot);
                self.learn(snapshot.epoch);
                self.out.snapshot.send_replace(Some(snapshot.clone()));
                self.out.tell(TillEvent::Snapshot(snapshot.clone()));
                for outcome in self.streams.align(snapshot.status.head_seq) {
                    self.stream_outcome(outcome);
                }
                self.status(snapshot.status.clone()).await
            }
        }
    }

    fn learn(&mut self, epoch: EpochId) {
        if self.hub != Some(epoch) {
            self.hub = Some(epoch);
            self.set_aside.clear();
            self.offers_paused = None;
        }
    }

    async fn status(&mut self, status: StatusMessage) -> Result<(), TillError> {
        self.learn(status.epoch);
        let (epoch, seq) = (status.epoch, status.headquarters_seq);
        if self.index().is_some_and(|index| index.covered_by(epoch, seq) > 0) {
            self.on_disk(move |outbox| outbox.cover(epoch, seq)).await?;
        }
        let status = Arc::new(status);
        self.out.status.send_replace(Some(status.clone()));
        self.out.tell(TillEvent::Status(status));
        Ok(())
    }

    async fn reply(&mut self, reply: Reply, bytes: Bytes) -> Result<(), TillError> {
        let id = reply.id;
        let kind = self.in_flight.as_ref().filter(|flight| flight.id == id).map(|flight| flight.kind);
        match (&reply.answer, kind) {
            (Answer::Retry { code, text, after_ms }, Some(kind)) => {
                Counters::add(&self.out.counters.retry_answers);
                self.try_later(kind, code, text, *after_ms);
                return Ok(());
            }
            (Answer::Retry { .. }, None) => return Ok(()),
            (Answer::Rejected { code, text }, Some(Kind::Offer)) => {
                self.in_flight = None;
                self.set_offer_aside(id, code, text);
                return Ok(());
            }
            _ => {}
        }
        let known = kind.is_some()
            || self.queue.iter().any(|queued| queued.id == id)
            || self.index().is_some_and(|index| index.is_waiting(id));
        if !known {
            return Ok(());
        }
        let kept = reply.clone();
        let place = match &reply.answer {
            Answer::Accepted { position, .. } | Answer::Refused { position, .. } => Some(position.epoch),
            Answer::Retry { .. } | Answer::Rejected { .. } => None,
        };
        // Before this hub said who it is, nothing was sent to it; a reply that comes all the same names its own epoch.
        if let Some(hub) = self.hub.or(place) {
            self.on_disk(move |outbox| outbox.answer(&kept, &bytes, hub)).await?;
        } else {
            return Ok(());
        }
        if kind.is_some() {
            self.in_flight = None;
        }
        if kind == Some(Kind::Offer) {
            Counters::add(&self.out.counters.offers_taken);
            self.out.tell(TillEvent::Offered { id });
        }
        // An offer's answer is the answer to whoever asks for the same id again.
        self.queue.retain(|queued| queued.id != id);
        for waiter in self.waiters.remove(&id).unwrap_or_default() {
            // Who asked may have gone; the answer is on disk.
            let _gone = waiter.send(Ok(reply.clone()));
        }
        Ok(())
    }

    fn try_later(&mut self, kind: Kind, code: &str, text: &str, after_ms: u32) {
        let Some(flight) = &mut self.in_flight else { return };
        flight.retries += 1;
        let wait = flight.retry.fail(&mut self.dice);
        let asked_for = std::time::Duration::from_millis(u64::from(after_ms));
        flight.next = Instant::now() + wait.max(asked_for);
        if kind == Kind::Offer && flight.retries >= self.pace.offer_attempts_max {
            let id = flight.id;
            self.in_flight = None;
            tracing::warn!(%id, code, text, "offers pause; trade goes on");
            self.offers_paused = Some(Instant::now() + self.pace.offer_pause);
            self.out.tell(TillEvent::OfferWaits { id, code: code.to_owned(), text: text.to_owned() });
        }
    }
}
