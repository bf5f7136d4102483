//! Who is connected, and the two traits through which the gate asks and tells the hub.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use holdfast_domain::ids::TerminalId;

use crate::Refusal;

/// How a till reached the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// MQTT over TLS on the gate's own port.
    Tls,
    /// MQTT over a WebSocket of the hub's HTTPS port.
    WebSocket,
}

/// One authenticated connection of one till.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session {
    pub terminal: TerminalId,
    /// Counts the connections of this process from 1. A larger number is a later connection.
    pub connection: u64,
    pub peer: SocketAddr,
    pub transport: Transport,
}

/// A connected till, for status pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    pub session: Session,
    /// How long it has been connected.
    pub connected_for: Duration,
    /// Packets that wait for its socket.
    pub queued_packets: usize,
    /// Whether it has subscribed to its replies, so that it can be served.
    pub hears_replies: bool,
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DisconnectReason {
    /// The till said DISCONNECT.
    Left,
    /// The connection ended without DISCONNECT.
    Lost,
    /// Nothing came for 1.5 times the keep-alive.
    KeepAliveExpired,
    /// The same till connected again.
    TakenOver,
    /// The hub withdrew the till's credential or asked it to reconnect.
    Revoked,
    /// It did not take its packets as fast as they came.
    Overflow,
    /// It broke a rule of the gate.
    Refused(Refusal),
    /// The gate is stopping.
    Shutdown,
}

/// Why a credential was not accepted. The till is told "not authorised" in every case; only the hub's counters differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denied {
    #[error("no till with this id is enrolled")]
    UnknownTerminal,
    #[error("the secret is not this till's")]
    WrongSecret,
    #[error("the till's credential was withdrawn")]
    Revoked,
}

/// Knows the enrolled tills.
pub trait Authenticator: Send + Sync + 'static {
    /// Whether `secret`, the bytes of the CONNECT's password as sent, proves to be `terminal`. Called on the
    /// connection's task; must not block, and should compare in constant time.
    ///
    /// # Errors
    /// Why the credential is not accepted.
    fn authenticate(&self, terminal: TerminalId, secret: &[u8], peer: SocketAddr) -> Result<(), Denied>;
}

/// Receives what the tills do. For one connection the calls come in the order connected, command…, disconnected, one
/// at a time, and all calls of a till's former connection come before the first of its next.
///
/// The methods must not block. They may call the [`Gate`](crate::Gate).
pub trait Commands: Send + Sync + 'static {
    /// A till is in. Its subscriptions come later.
    fn connected(&self, session: Session);
    /// A payload from the till's own command topic, as sent.
    fn command(&self, session: Session, payload: Bytes);
    /// The connection is over; nothing of it follows.
    fn disconnected(&self, session: Session, reason: DisconnectReason);
}
