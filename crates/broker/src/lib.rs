//! The gate: the only door through which a till's bytes enter the hub.
//!
//! It accepts TLS and WebSocket connections, checks who is there, holds every packet against the topic rules and the
//! limits, hands commands to [`Commands`] and writes replies, events and the store's streams to the tills' sockets.
//!
//! ```text
//!   till ── TLS ───────┐                                    ┌── Commands (terminal actors)
//!                      ├─ admission ─ CONNECT ─ packet rules ┤
//!   till ── WebSocket ─┘                                    └── Outbox ◄── reply, event (past the router)
//!                                                                 ▲
//!                                     fan-out ◄── rumqttd router ◄── publish (store-wide streams)
//! ```
//!
//! rumqttd's own network listeners cannot face a LAN: an idle handshake, two bad client ids or one connection too many
//! stops them for everyone. Its router and its MQTT 3.1.1 codec are sound, so the gate embeds those two and nothing
//! else of it.
//!
//! # Invariant: what is absent
//! - **No byte of a till reaches the router**, and no till is a client of it: the router sees one publisher and one
//!   subscriber, both ours, and four filters, for ever (see `fanout`). What grows with clients, filters or ids in
//!   rumqttd therefore never grows.
//! - No reply and no event waits for the router or for another till: they go straight into the till's own bounded queue.
//! - Nothing here waits for a till: a queue that is full closes its connection, and the till fetches what it missed.
//! - A PUBACK is sent from memory and promises nothing; the hub's own reply is the acknowledgement.
//! - The gate keeps no session, no retained message and no will, knows no secret, reads no payload and touches no disk.

mod admission;
mod connection;
mod fanout;
mod gate;
mod handshake;
mod limits;
mod listener;
mod metrics;
mod outbox;
mod packet;
mod refusal;
mod serve;
mod session;
mod websocket;

pub use gate::{Delivery, Gate, GateError};
pub use limits::Limits;
pub use metrics::GateMetrics;
pub use refusal::{ERROR_CODES, Refusal};
pub use session::{Authenticator, Commands, Denied, DisconnectReason, Presence, Session, Transport};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks and ignores poison: a panic in one connection's task must not shut the gate for the others, and every state
/// behind these locks is changed by steps that each leave it valid.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
