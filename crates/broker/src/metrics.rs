//! What the gate counts.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::{DisconnectReason, Refusal};

/// A snapshot of the gate's counters since its start. Each count is exact; two of them may be a moment apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateMetrics {
    /// Tills connected now.
    pub connected: u64,
    /// Unfinished handshakes now.
    pub handshakes: u64,
    /// Sockets and WebSocket upgrades that reached the gate.
    pub accepted: u64,
    /// Accepts that failed.
    pub accept_errors: u64,
    /// Sessions that began.
    pub sessions: u64,
    /// Sessions replaced by a newer one of the same till.
    pub takeovers: u64,
    /// Sessions closed because the till did not read.
    pub overflows: u64,
    /// Sessions closed because the till fell silent.
    pub keep_alive_expired: u64,
    /// Commands handed over.
    pub commands: u64,
    /// Replies and events queued for a till.
    pub deliveries: u64,
    /// Replies and events for a till that is not connected or has not subscribed.
    pub undeliverable: u64,
    /// Replies, events and store-wide messages over `packet_bytes_max`, which were not sent.
    pub outbound_too_large: u64,
    /// Store-wide messages given to the router.
    pub published: u64,
    /// Store-wide messages that came out of the router.
    pub fanned_out: u64,
    /// Store-wide messages dropped because too many waited for the router, or because it had stopped.
    pub publish_dropped: u64,
    /// Times the router had to be started again.
    pub router_restarts: u64,
    /// Bytes of MQTT read from tills that are in.
    pub bytes_in: u64,
    /// Bytes of MQTT written to tills.
    pub bytes_out: u64,
    /// How often each refusal happened, in the order of [`Refusal::ALL`].
    pub refusals: Vec<(Refusal, u64)>,
}

impl GateMetrics {
    /// How often `refusal` happened.
    pub fn refused(&self, refusal: Refusal) -> u64 {
        self.refusals.iter().find(|(r, _)| *r == refusal).map_or(0, |(_, count)| *count)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub accepted: AtomicU64,
    pub accept_errors: AtomicU64,
    pub sessions: AtomicU64,
    pub takeovers: AtomicU64,
    pub overflows: AtomicU64,
    pub keep_alive_expired: AtomicU64,
    pub commands: AtomicU64,
    pub deliveries: AtomicU64,
    pub undeliverable: AtomicU64,
    pub outbound_too_large: AtomicU64,
    pub published: AtomicU64,
    pub fanned_out: AtomicU64,
    pub publish_dropped: AtomicU64,
    pub router_restarts: AtomicU64,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    refusals: [AtomicU64; Refusal::ALL.len()],
}

impl Counters {
    pub fn refuse(&self, refusal: Refusal) {
        self.refusals[refusal as usize].fetch_add(1, Relaxed);
    }

    /// Counts the end of a session. A broken rule was counted as a refusal when it was seen.
    pub fn ended(&self, reason: DisconnectReason) {
        match reason {
            DisconnectReason::Overflow => bump(&self.overflows),
            DisconnectReason::KeepAliveExpired => bump(&self.keep_alive_expired),
            DisconnectReason::TakenOver => bump(&self.takeovers),
            _ => {}
        }
    }

    pub fn snapshot(&self, connected: usize, handshakes: usize) -> GateMetrics {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        GateMetrics {
            connected: connected as u64,
            handshakes: handshakes as u64,
            accepted: read(&self.accepted),
            accept_errors: read(&self.accept_errors),
            sessions: read(&self.sessions),
            takeovers: read(&self.takeovers),
            overflows: read(&self.overflows),
            keep_alive_expired: read(&self.keep_alive_expired),
            commands: read(&self.commands),
            deliveries: read(&self.deliveries),
            undeliverable: read(&self.undeliverable),
            outbound_too_large: read(&self.outbound_too_large),
            published: read(&self.published),
            fanned_out: read(&self.fanned_out),
            publish_dropped: read(&self.publish_dropped),
            router_restarts: read(&self.router_restarts),
            bytes_in: read(&self.bytes_in),
            bytes_out: read(&self.bytes_out),
            refusals: Refusal::ALL.iter().map(|r| (*r, read(&self.refusals[*r as usize]))).collect(),
        }
    }
}

pub(crate) fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
