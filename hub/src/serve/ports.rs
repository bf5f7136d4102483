//! The actors' ports and the gate's, filled with the real things.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use holdfast_actors::{Calendar, Clock, Ids, Pins, TillLink, TillsHandle};
use holdfast_broker::{Commands, Delivery, DisconnectReason, Gate, Session};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::ids::{TerminalId, Uuid};
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_protocol::topics::Stream;

use crate::calendar::{CalendarError, business_date, local_time};
use crate::clock::Machine;
use crate::people::{People, Place};

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        self.timestamp()
    }
}

impl Ids for Machine {
    fn uuid(&self) -> Uuid {
        self.fresh_id()
    }

    fn random(&self) -> u64 {
        u64::from_le_bytes(Machine::random(*self))
    }
}

/// Business dates by the time zone database.
#[derive(Debug)]
pub(super) struct JiffCalendar;

impl Calendar for JiffCalendar {
    fn business_date(&self, profile: &StoreProfile, at: Timestamp) -> BusinessDate {
        let of_zone = |zone: &str| business_date(zone, profile.cut_over_minutes, at);
        of_zone(profile.time_zone.as_str())
            .or_else(|error: CalendarError| {
                // The zone was checked when the store was configured: this machine's database has lost it since.
                tracing::error!(%error, "the store's time zone cannot be used; its days are counted in UTC");
                of_zone("UTC")
            })
            .unwrap_or_else(|_| BusinessDate::new(1970, 1, 1).expect("a day of the calendar"))
    }

    fn local_time(&self, profile: &StoreProfile, at: Timestamp) -> LocalTime {
        local_time(profile.time_zone.as_str(), at).or_else(|_| local_time("UTC", at)).unwrap_or_else(|_| {
            LocalTime::midnight(BusinessDate::new(1970, 1, 1).expect("a day of the calendar"))
        })
    }
}

/// PINs with their attempts counted.
#[derive(Debug)]
pub(super) struct CountedPins {
    pub people: Arc<People>,
}

impl Pins for CountedPins {
    fn check(&self, terminal: TerminalId, number: StaffNumber, pin: &str) -> PinVerdict {
        self.people.check(Place::Till(terminal), number, pin, Machine.now_ms())
    }
}

/// From the actors to the tills.
#[derive(Debug)]
pub(super) struct GateLink {
    pub gate: Gate,
}

impl TillLink for GateLink {
    fn reply(&self, terminal: TerminalId, connection: u64, payload: Bytes) {
        let delivery = self.gate.reply(terminal, Some(connection), payload);
        if delivery != Delivery::Queued {
            // The till asks again with the same id and gets the same answer.
            tracing::debug!(%terminal, ?delivery, "a reply was not delivered");
        }
    }

    fn event(&self, terminal: TerminalId, payload: Bytes) {
        // A till that misses one asks how its payment stands.
        self.gate.event(terminal, payload);
    }

    fn show(&self, terminal: TerminalId, payload: Bytes) -> bool {
        self.gate.show(terminal, payload) == Delivery::Queued
    }

    fn publish(&self, stream: Stream, payload: Bytes) {
        self.gate.publish(stream, payload);
    }

    fn disconnect(&self, terminal: TerminalId) {
        self.gate.disconnect(terminal, DisconnectReason::Revoked);
    }

    fn present(&self) -> Vec<TerminalId> {
        self.gate.present().into_iter().map(|presence| presence.session.terminal).collect()
    }
}

/// From the tills to the actors. The gate starts first and opens no socket before the handle is set.
#[derive(Debug)]
pub(super) struct GateCommands {
    pub tills: Arc<OnceLock<TillsHandle>>,
}

impl Commands for GateCommands {
    fn connected(&self, session: Session) {
        if let Some(tills) = self.tills.get() {
            tills.connected(session.terminal, session.connection);
        }
    }

    fn command(&self, session: Session, payload: Bytes) {
        if let Some(tills) = self.tills.get() {
            tills.deliver(session.terminal, session.connection, payload);
        }
    }

    fn disconnected(&self, session: Session, reason: DisconnectReason) {
        tracing::debug!(terminal = %session.terminal, ?reason, "a till is gone");
        if let Some(tills) = self.tills.get() {
            tills.disconnected(session.terminal, session.connection);
        }
    }
}
