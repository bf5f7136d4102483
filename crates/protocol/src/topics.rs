//! The MQTT topics of one store and who may use them.
//!
//! | topic | direction | carries |
//! |---|---|---|
//! | `hf/1/<store>/t/<terminal>/cmd` | till → hub | commands, never enters the router |
//! | `hf/1/<store>/t/<terminal>/reply` | hub → that till | replies, never enter the router |
//! | `hf/1/<store>/t/<terminal>/event` | hub → that till | numbered progress for that till |
//! | `hf/1/<store>/store/<stream>` | hub → all tills | the store-wide streams |

use holdfast_domain::ids::{StoreId, TerminalId};

/// The store-wide streams that every till may read and only the hub publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Stock levels that changed.
    Stock,
    /// Orders and transactions as they become durable.
    Orders,
    /// The active catalog version.
    Catalog,
    /// The hub's own state: epoch, journal position, what waits for HQ, tills present.
    Status,
}

impl Stream {
    pub const ALL: [Self; 4] = [Self::Stock, Self::Orders, Self::Catalog, Self::Status];

    pub fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Orders => "orders",
            Self::Catalog => "catalog",
            Self::Status => "status",
        }
    }
}

/// Formats the topics of one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topics {
    store: StoreId,
}

/// What a till may publish to or subscribe to; everything else is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// Its own replies, sent past the router.
    Reply,
    /// Its own progress events, sent past the router.
    Event,
    /// Both of its own, through `hf/1/<store>/t/<terminal>/#` or `/+`.
    Own,
    /// One store-wide stream, through the router.
    Stream(Stream),
    /// All store-wide streams, through `hf/1/<store>/store/#` or `/+`.
    AllStreams,
}

impl Topics {
    pub fn new(store: StoreId) -> Self {
        Self { store }
    }

    pub fn command(self, terminal: TerminalId) -> String {
        format!("hf/1/{}/t/{terminal}/cmd", self.store)
    }

    pub fn reply(self, terminal: TerminalId) -> String {
        format!("hf/1/{}/t/{terminal}/reply", self.store)
    }

    pub fn event(self, terminal: TerminalId) -> String {
        format!("hf/1/{}/t/{terminal}/event", self.store)
    }

    pub fn stream(self, stream: Stream) -> String {
        format!("hf/1/{}/store/{}", self.store, stream.name())
    }

    /// Whether `topic` is exactly the command topic of `terminal`: the only topic a till may publish to.
    pub fn is_own_command(self, terminal: TerminalId, topic: &str) -> bool {
        topic == self.command(terminal)
    }

    /// What the filter of a SUBSCRIBE asks for, if `terminal` may have it.
    pub fn allowed_subscription(self, terminal: TerminalId, filter: &str) -> Option<Subscription> {
        let rest = filter.strip_prefix("hf/1/")?.strip_prefix(&self.store.to_string())?.strip_prefix('/')?;
        if let Some(stream) = rest.strip_prefix("store/") {
            if matches!(stream, "#" | "+") {
                return Some(Subscription::AllStreams);
            }
            return Stream::ALL.into_iter().find(|s| s.name() == stream).map(Subscription::Stream);
        }
        match rest.strip_prefix("t/")?.strip_prefix(&terminal.to_string())?.strip_prefix('/')? {
            "reply" => Some(Subscription::Reply),
            "event" => Some(Subscription::Event),
            "#" | "+" => Some(Subscription::Own),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_domain::ids::Uuid;

    #[test]
    fn a_till_reads_its_own_subtree_and_the_stores_streams_only() {
        let (store, other) = (StoreId(Uuid::from_u128(1)), StoreId(Uuid::from_u128(2)));
        let (till, rogue) = (TerminalId(Uuid::from_u128(3)), TerminalId(Uuid::from_u128(4)));
        let topics = Topics::new(store);
        for (filter, allowed) in [
            (topics.reply(till), Some(Subscription::Reply)),
            (topics.event(till), Some(Subscription::Event)),
            (format!("hf/1/{store}/t/{till}/#"), Some(Subscription::Own)),
            (topics.stream(Stream::Stock), Some(Subscription::Stream(Stream::Stock))),
            (format!("hf/1/{store}/store/+"), Some(Subscription::AllStreams)),
            (topics.command(till), None),
            (topics.reply(rogue), None),
            (Topics::new(other).reply(till), None),
            ("#".into(), None),
            ("+/#".into(), None),
            (format!("hf/1/{store}/#"), None),
            (format!("hf/1/{store}/t/+/reply"), None),
            (format!("$share/g/hf/1/{store}/store/stock"), None),
            (format!("hf/1/{store}/store/stock/x"), None),
        ] {
            assert_eq!(topics.allowed_subscription(till, &filter), allowed, "{filter}");
        }
        assert!(topics.is_own_command(till, &topics.command(till)));
        assert!(!topics.is_own_command(till, &topics.command(rogue)));
    }
}
