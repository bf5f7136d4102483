//! The store's numbered streams: what is new, what is old, and what was missed. Pure.

use std::collections::VecDeque;
use std::sync::Arc;

use holdfast_protocol::message::{OrdersMessage, StockMessage};
use holdfast_protocol::topics::Stream;

/// Messages that are held until the snapshot says where the stream stands.
const HELD_MESSAGES_MAX: usize = 512;

/// What a message is to a till that knows where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Apply,
    /// The snapshot has it already.
    Stale,
    /// A message before it was missed.
    Gap,
}

/// The sequence that a till knows a stream up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(u64);

impl Cursor {
    /// At a snapshot that is true at `seq`.
    pub fn at(seq: u64) -> Self {
        Self(seq)
    }

    /// Takes one message that is true at `seq` and follows the stream's message at `previous`.
    pub fn step(&mut self, seq: u64, previous: u64) -> Step {
        if seq <= self.0 {
            Step::Stale
        } else if previous <= self.0 {
            self.0 = seq;
            Step::Apply
        } else {
            Step::Gap
        }
    }
}

/// One message of a numbered stream.
#[derive(Debug, Clone)]
pub(super) enum Numbered {
    Stock(Arc<StockMessage>),
    Orders(Arc<OrdersMessage>),
}

impl Numbered {
    fn place(&self) -> (Stream, u64, u64) {
        match self {
            Self::Stock(message) => (Stream::Stock, message.seq, message.previous),
            Self::Orders(message) => (Stream::Orders, message.seq(), message.previous()),
        }
    }
}

/// What comes of a message.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Pass it on.
    Fresh(Numbered),
    /// Nothing to pass on.
    Nothing,
    /// A message is missing: read a snapshot. What comes meanwhile is held.
    Missing(Stream),
}

#[derive(Debug, Default)]
pub(super) struct Streams {
    /// None until a snapshot said where the streams stand.
    cursors: Option<(Cursor, Cursor)>,
    held: VecDeque<Numbered>,
}

impl Streams {
    pub(super) fn take(&mut self, message: Numbered) -> Outcome {
        let (stream, seq, previous) = message.place();
        let Some((stock, orders)) = &mut self.cursors else {
            // The oldest goes: should the snapshot not have it, the gap shows itself.
            if self.held.len() == HELD_MESSAGES_MAX {
                self.held.pop_front();
            }
            self.held.push_back(message);
            return Outcome::Nothing;
        };
        let cursor = if stream == Stream::Stock { stock } else { orders };
        match cursor.step(seq, previous) {
            Step::Apply => Outcome::Fresh(message),
            Step::Stale => Outcome::Nothing,
            Step::Gap => {
                self.cursors = None;
                self.held.push_back(message);
                Outcome::Missing(stream)
            }
        }
    }

    /// Forgets where the streams stand: the connection was lost.
    pub(super) fn lose(&mut self) {
        self.cursors = None;
        self.held.clear();
    }

    /// A snapshot is true at `seq`: what was held is taken again.
    pub(super) fn align(&mut self, seq: u64) -> Vec<Outcome> {
        self.cursors = Some((Cursor::at(seq), Cursor::at(seq)));
        std::mem::take(&mut self.held).into_iter().map(|message| self.take(message)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock(seq: u64, previous: u64) -> Numbered {
        Numbered::Stock(Arc::new(StockMessage { seq, previous, levels: Vec::new() }))
    }

    fn fresh(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Fresh(_))
    }

    #[test]
    fn what_follows_is_applied_what_is_old_is_not_and_a_hole_is_seen() {
        for (at, seq, previous, step) in [
            (10, 9, 8, Step::Stale),
            (10, 10, 8, Step::Stale),
            (10, 11, 10, Step::Apply),
            // The stream's last message may be older than the snapshot.
            (10, 14, 7, Step::Apply),
            (10, 15, 12, Step::Gap),
        ] {
            assert_eq!(Cursor::at(at).step(seq, previous), step, "{at} {seq} {previous}");
        }
    }

    #[test]
    fn messages_before_the_snapshot_are_held_and_taken_once() {
        let mut streams = Streams::default();
        assert!(matches!(streams.take(stock(5, 4)), Outcome::Nothing));
        assert!(matches!(streams.take(stock(8, 5)), Outcome::Nothing));
        let after: Vec<bool> = streams.align(5).iter().map(fresh).collect();
        assert_eq!(after, [false, true]);
        assert!(fresh(&streams.take(stock(9, 8))));
    }

    #[test]
    fn after_a_gap_nothing_is_applied_until_the_next_snapshot() {
        let mut streams = Streams::default();
        streams.align(5);
        assert!(matches!(streams.take(stock(9, 8)), Outcome::Missing(Stream::Stock)));
        assert!(matches!(streams.take(stock(10, 9)), Outcome::Nothing));
        let after: Vec<bool> = streams.align(9).iter().map(fresh).collect();
        assert_eq!(after, [false, true]);
        streams.lose();
        assert!(matches!(streams.take(stock(11, 10)), Outcome::Nothing));
    }

    #[test]
    fn what_is_held_is_bounded_and_the_loss_shows_as_a_gap() {
        let mut streams = Streams::default();
        for seq in 1..=(HELD_MESSAGES_MAX as u64 + 5) {
            streams.take(stock(seq, seq - 1));
        }
        assert!(streams.align(0).iter().any(|outcome| matches!(outcome, Outcome::Missing(_))));
    }
}
