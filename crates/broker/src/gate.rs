//! The handle that the rest of the hub holds.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use bytes::Bytes;
use holdfast_domain::ids::{StoreId, TerminalId};
use holdfast_protocol::topics::{Stream, Topics};
use tokio::runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admission::Admission;
use crate::connection::Connection;
use crate::fanout::{self, Feed};
use crate::metrics::{Counters, bump};
use crate::outbox::{Outbox, Pushed};
use crate::packet::{self, Quality};
use crate::{Authenticator, Commands, DisconnectReason, GateMetrics, Limits, Presence, Refusal, lock};

pub(crate) const CODE_LIMIT: &str = "HF-GATE-026";
pub(crate) const CODE_RUNTIME: &str = "HF-GATE-027";
pub(crate) const CODE_ROUTER: &str = "HF-GATE-028";

/// Why the gate did not start.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("{CODE_LIMIT} the limit {name} is {value}; it must be between {least} and {most}")]
    Limit { name: &'static str, value: usize, least: usize, most: usize },
    #[error("{CODE_RUNTIME} the gate must be started inside a tokio runtime")]
    NoRuntime {
        #[source]
        source: runtime::TryCurrentError,
    },
    #[error("{CODE_ROUTER} the thread of the MQTT router could not be started")]
    Thread {
        #[source]
        source: io::Error,
    },
    #[error("{CODE_ROUTER} the MQTT router refused its links")]
    Router {
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{CODE_ROUTER} the MQTT router did not answer within {seconds} s")]
    RouterSilent { seconds: u64 },
}

/// What became of a reply or event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It waits for the till's socket. That is no proof that the till got it.
    Queued,
    /// The till is not connected, or no longer by the connection named.
    NotConnected,
    /// The till is connected and has not subscribed to the topic.
    NotSubscribed,
    /// The till's queue was full; its connection is being closed.
    Overflow,
    /// The payload does not fit a packet; nothing was sent.
    TooLarge,
    /// What waits for the till already is too much for something that is for this moment only; nothing was sent.
    Behind,
}

/// A handle to the gate; clones are the same gate. Connections live as long as the runtime, or until [`Gate::close`].
#[derive(Clone)]
pub struct Gate {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub topics: Topics,
    pub limits: Limits,
    pub authenticator: Arc<dyn Authenticator>,
    pub commands: Arc<dyn Commands>,
    pub counters: Arc<Counters>,
    pub admission: Arc<Admission>,
    pub closing: CancellationToken,
    pub tasks: TaskTracker,
    connections: Mutex<HashMap<TerminalId, Arc<Connection>>>,
    last_connection: AtomicU64,
    feed: Feed,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("connected", &self.inner.connected()).finish_non_exhaustive()
    }
}

impl Gate {
    /// Starts the router's threads. No socket is open yet. Blocks for about a millisecond.
    ///
    /// # Errors
    /// A limit out of range, no tokio runtime, or a router that does not start.
    pub fn start(
        store: StoreId,
        limits: Limits,
        authenticator: Arc<dyn Authenticator>,
        commands: Arc<dyn Commands>,
    ) -> Result<Self, GateError> {
        limits.validate()?;
        runtime::Handle::try_current().map_err(|source| GateError::NoRuntime { source })?;
        let topics = Topics::new(store);
        let counters = Arc::new(Counters::default());
        // The fan-out starts before the gate it delivers to, and must not keep it alive.
        let target: Arc<Mutex<Weak<Inner>>> = Arc::default();
        let deliver: fanout::Deliver = {
            let target = Arc::clone(&target);
            Arc::new(move |stream, payload| {
                let inner = lock(&target).upgrade();
                if let Some(inner) = inner {
                    inner.fan_out(stream, &payload);
                }
            })
        };
        let feed = fanout::start(topics, &limits, Arc::clone(&counters), deliver)?;
        let inner = Arc::new(Inner {
            topics,
            admission: Admission::new(&limits),
            limits,
            authenticator,
            commands,
            counters,
            closing: CancellationToken::new(),
            tasks: TaskTracker::new(),
            connections: Mutex::default(),
            last_connection: AtomicU64::new(0),
            feed,
        });
        *lock(&target) = Arc::downgrade(&inner);
        Ok(Self { inner })
    }

    /// Sends a reply to the till, past the router. With a connection number it is sent only if the till is still
    /// connected by that connection. Never waits.
    pub fn reply(&self, terminal: TerminalId, connection: Option<u64>, payload: Bytes) -> Delivery {
        let topic = self.inner.topics.reply(terminal);
        let granted = |c: &Connection| c.grants.reply();
        self.inner.deliver(terminal, connection, &topic, &payload, granted, Outbox::push_publish)
    }

    /// Sends a progress event to the till, past the router. Never waits.
    pub fn event(&self, terminal: TerminalId, payload: Bytes) -> Delivery {
        let topic = self.inner.topics.event(terminal);
        let granted = |c: &Connection| c.grants.event();
        self.inner.deliver(terminal, None, &topic, &payload, granted, Outbox::push_publish)
    }

    /// Sends the till something that is of use at this moment only, on the topic of its progress events. A till that does
    /// not keep up goes without it and stays connected. Never waits.
    pub fn show(&self, terminal: TerminalId, payload: Bytes) -> Delivery {
        if self.inner.find(terminal).is_none() {
            return Delivery::NotConnected;
        }
        let topic = self.inner.topics.event(terminal);
        let granted = |c: &Connection| c.grants.event();
        let passing = |outbox: &Outbox, topic: &str, payload: &Bytes, _| outbox.push_passing(topic, payload);
        self.inner.deliver(terminal, None, &topic, &payload, granted, passing)
    }

    /// Sends a message to every till that reads the stream. Messages of one stream arrive in order; one that cannot be
    /// queued is dropped and counted, and a till finds the gap by the stream's own sequence. Never waits.
    pub fn publish(&self, stream: Stream, payload: Bytes) {
        let topic = self.inner.topics.stream(stream);
        if packet::publish_bytes(&topic, true, payload.len()) > self.inner.limits.packet_bytes_max {
            self.inner.too_large(&topic, payload.len());
        } else {
            self.inner.feed.publish(stream, payload);
        }
    }

    /// Closes the till's connection, if there is one, and says whether there was. No command of it is handed over
    /// after this call.
    pub fn disconnect(&self, terminal: TerminalId, reason: DisconnectReason) -> bool {
        let connection = self.inner.find(terminal);
        connection.is_some_and(|c| c.outbox.close(reason) == reason)
    }

    /// The tills connected now, by terminal id.
    pub fn present(&self) -> Vec<Presence> {
        let now = Instant::now();
        let mut present: Vec<_> =
            lock(&self.inner.connections).values().map(|connection| connection.presence(now)).collect();
        present.sort_by_key(|p| p.session.terminal);
        present
    }

    pub fn metrics(&self) -> GateMetrics {
        self.inner.counters.snapshot(self.inner.connected(), self.inner.admission.handshakes())
    }

    /// Takes nobody in any more, sends what is queued, closes every connection and waits for their ends.
    pub async fn close(&self) {
        self.inner.closing.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

impl Inner {
    pub fn next_connection(&self) -> u64 {
        self.last_connection.fetch_add(1, Relaxed) + 1
    }

    /// Gives the connection its place, and returns the one of the same till that it replaces.
    pub fn enter(&self, connection: &Arc<Connection>) -> Result<Option<Arc<Connection>>, Refusal> {
        let mut connections = lock(&self.connections);
        if self.closing.is_cancelled() {
            return Err(Refusal::Stopping);
        }
        let terminal = connection.session.terminal;
        if connections.len() >= self.limits.connections_max && !connections.contains_key(&terminal) {
            return Err(Refusal::ConnectionsFull);
        }
        Ok(connections.insert(terminal, Arc::clone(connection)))
    }

    /// Frees the place, unless a newer connection of the same till has it by now.
    pub fn leave(&self, connection: &Connection) {
        let mut connections = lock(&self.connections);
        let terminal = connection.session.terminal;
        if connections.get(&terminal).is_some_and(|c| c.session.connection == connection.session.connection) {
            connections.remove(&terminal);
        }
    }

    fn connected(&self) -> usize {
        lock(&self.connections).len()
    }

    fn find(&self, terminal: TerminalId) -> Option<Arc<Connection>> {
        lock(&self.connections).get(&terminal).cloned()
    }

    fn deliver(
        &self,
        terminal: TerminalId,
        connection: Option<u64>,
        topic: &str,
        payload: &Bytes,
        granted: impl FnOnce(&Connection) -> Option<Quality>,
        push: impl FnOnce(&Outbox, &str, &Bytes, Quality) -> Pushed,
    ) -> Delivery {
        if packet::publish_bytes(topic, true, payload.len()) > self.limits.packet_bytes_max {
            self.too_large(topic, payload.len());
            return Delivery::TooLarge;
        }
        let found = self.find(terminal).filter(|c| connection.is_none_or(|n| n == c.session.connection));
        let Some(found) = found else {
            bump(&self.counters.undeliverable);
            return Delivery::NotConnected;
        };
        let Some(quality) = granted(&found) else {
            bump(&self.counters.undeliverable);
            return Delivery::NotSubscribed;
        };
        match push(&found.outbox, topic, payload, quality) {
            Pushed::Queued => {
                bump(&self.counters.deliveries);
                Delivery::Queued
            }
            Pushed::Overflow => Delivery::Overflow,
            Pushed::Behind => Delivery::Behind,
            Pushed::Closed => {
                bump(&self.counters.undeliverable);
                Delivery::NotConnected
            }
        }
    }

    /// One message of a stream to every till that reads it. Nothing here waits, so the lock may be held.
    fn fan_out(&self, stream: Stream, payload: &Bytes) {
        let topic = self.topics.stream(stream);
        for connection in lock(&self.connections).values() {
            if let Some(quality) = connection.grants.stream(stream) {
                // An overflow closes that till's connection, and its end is counted there.
                connection.outbox.push_publish(&topic, payload, quality);
            }
        }
    }

    fn too_large(&self, topic: &str, bytes: usize) {
        bump(&self.counters.outbound_too_large);
        tracing::error!(
            code = Refusal::PacketTooLarge.code(),
            topic,
            bytes,
            "message of the hub is too large"
        );
    }
}
