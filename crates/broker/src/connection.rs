//! One till's place in the gate: what it may hear, what waits for it, and the order in which the hub hears of it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Instant;

use bytes::Bytes;
use holdfast_protocol::topics::{Stream, Subscription};

use crate::outbox::Outbox;
use crate::packet::Quality;
use crate::{Commands, DisconnectReason, Limits, Presence, Session, lock};

#[derive(Debug)]
pub(crate) struct Connection {
    pub session: Session,
    pub outbox: Outbox,
    pub grants: Grants,
    since: Instant,
    stage: Mutex<Stage>,
}

/// Where the calls to [`Commands`] stand. Its lock is held during each call: that is what orders them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Announced,
    Open,
    Over,
}

impl Connection {
    pub fn new(session: Session, limits: &Limits, since: Instant) -> Self {
        Self {
            session,
            outbox: Outbox::new(limits),
            grants: Grants::default(),
            since,
            stage: Mutex::new(Stage::Announced),
        }
    }

    /// Ends this connection's turn and begins that of `self`: runs `enter`, which gives the connection that is
    /// replaced, tells of that one's end, then of this one's begin.
    pub fn begin<E>(
        &self,
        commands: &dyn Commands,
        enter: impl FnOnce() -> Result<Option<std::sync::Arc<Self>>, E>,
    ) -> Result<(), E> {
        // A third connection of the same till that replaces this one waits here until this one has begun. Locks are
        // taken from the newer to the older connection only, so they cannot lock each other out.
        let mut stage = lock(&self.stage);
        if let Some(replaced) = enter()? {
            replaced.outbox.close(DisconnectReason::TakenOver);
            replaced.end(commands, DisconnectReason::TakenOver);
        }
        *stage = Stage::Open;
        commands.connected(self.session);
        Ok(())
    }

    /// Hands a command over, unless the connection is over.
    pub fn command(&self, commands: &dyn Commands, payload: Bytes) -> bool {
        let stage = lock(&self.stage);
        let open = *stage == Stage::Open;
        if open {
            commands.command(self.session, payload);
        }
        open
    }

    /// Tells of the end once.
    pub fn end(&self, commands: &dyn Commands, reason: DisconnectReason) {
        let mut stage = lock(&self.stage);
        if std::mem::replace(&mut *stage, Stage::Over) == Stage::Open {
            commands.disconnected(self.session, reason);
        }
    }

    pub fn presence(&self, now: Instant) -> Presence {
        Presence {
            session: self.session,
            connected_for: now.saturating_duration_since(self.since),
            queued_packets: self.outbox.len(),
            hears_replies: self.grants.reply().is_some(),
        }
    }
}

/// The subscriptions of one connection: one place per thing a till may ask for, so they cannot grow.
#[derive(Debug, Default)]
pub(crate) struct Grants([AtomicU8; SLOTS]);

const SLOTS: usize = 4 + Stream::ALL.len();
const NONE: u8 = 0;

fn slot(subscription: Subscription) -> usize {
    match subscription {
        Subscription::Reply => 0,
        Subscription::Event => 1,
        Subscription::Own => 2,
        Subscription::AllStreams => 3,
        Subscription::Stream(stream) => 4 + stream as usize,
    }
}

impl Grants {
    pub fn grant(&self, subscription: Subscription, quality: Quality) {
        let level = match quality {
            Quality::AtMostOnce => 1,
            Quality::AtLeastOnce => 2,
        };
        self.0[slot(subscription)].store(level, Relaxed);
    }

    pub fn withdraw(&self, subscription: Subscription) {
        self.0[slot(subscription)].store(NONE, Relaxed);
    }

    pub fn reply(&self) -> Option<Quality> {
        self.either(Subscription::Reply, Subscription::Own)
    }

    pub fn event(&self) -> Option<Quality> {
        self.either(Subscription::Event, Subscription::Own)
    }

    pub fn stream(&self, stream: Stream) -> Option<Quality> {
        self.either(Subscription::Stream(stream), Subscription::AllStreams)
    }

    /// Overlapping subscriptions give one copy at the better quality, which MQTT 3.1.1 (3.3.5) allows.
    fn either(&self, exact: Subscription, wide: Subscription) -> Option<Quality> {
        match self.0[slot(exact)].load(Relaxed).max(self.0[slot(wide)].load(Relaxed)) {
            NONE => None,
            1 => Some(Quality::AtMostOnce),
            _ => Some(Quality::AtLeastOnce),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_subscriptions_are_one_at_the_better_quality() {
        let grants = Grants::default();
        assert_eq!(grants.reply(), None);
        grants.grant(Subscription::Own, Quality::AtMostOnce);
        grants.grant(Subscription::Reply, Quality::AtLeastOnce);
        assert_eq!(grants.reply(), Some(Quality::AtLeastOnce));
        assert_eq!(grants.event(), Some(Quality::AtMostOnce));
        grants.withdraw(Subscription::Reply);
        assert_eq!(grants.reply(), Some(Quality::AtMostOnce));
        grants.withdraw(Subscription::Own);
        assert_eq!((grants.reply(), grants.event()), (None, None));
        grants.grant(Subscription::Stream(Stream::Status), Quality::AtMostOnce);
        assert_eq!(grants.stream(Stream::Status), Some(Quality::AtMostOnce));
        assert_eq!(grants.stream(Stream::Stock), None);
        grants.grant(Subscription::AllStreams, Quality::AtLeastOnce);
        assert!(Stream::ALL.iter().all(|s| grants.stream(*s) == Some(Quality::AtLeastOnce)));
    }
}
