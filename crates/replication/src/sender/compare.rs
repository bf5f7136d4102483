//! The search for the last record that two histories share. A chain hash covers everything before it, so two histories
//! that agree at a record agree at every record before it, and a bisection finds the record after which they part.

use crate::position::{Hash, Point};

/// A comparison under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compare {
    /// HQ's own word on how far it has the epoch, and how far durably.
    pub claimed: u64,
    pub durable: u64,
    /// Both have this record.
    agreed: Point,
    /// The lowest record known to differ.
    differs: Option<u64>,
    ask: u64,
}

/// What one pair of hashes led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Further pairs are needed; the histories are known to differ.
    Differs,
    /// Nothing that could be compared differs.
    Agreed(Point),
    /// The last shared record.
    Parted(Point),
}

impl Compare {
    /// Between a point that both have and the last record that both claim to have. None when that is the same one.
    pub fn new(agreed: Point, claimed: u64, durable: u64, own_last: u64) -> Option<Self> {
        let ask = claimed.min(own_last);
        (ask > agreed.seq).then_some(Self { claimed, durable, agreed, differs: None, ask })
    }

    /// The record whose hash is asked for.
    pub fn ask(&self) -> u64 {
        self.ask
    }

    pub fn take(&mut self, ours: Hash, theirs: Hash) -> Verdict {
        if ours == theirs {
            self.agreed = Point { seq: self.ask, hash: ours };
        } else {
            self.differs = Some(self.ask);
        }
        match self.differs {
            None => Verdict::Agreed(self.agreed),
            Some(differs) if differs == self.agreed.seq + 1 => Verdict::Parted(self.agreed),
            Some(differs) => {
                self.ask = self.agreed.seq + (differs - self.agreed.seq) / 2;
                Verdict::Differs
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(seq: u64, shared: u64, side: u8) -> Hash {
        let mut hash = [if seq > shared { side } else { 0 }; 32];
        hash[..8].copy_from_slice(&seq.to_le_bytes());
        hash
    }

    #[test]
    fn every_last_shared_record_is_found_in_few_questions() {
        for last in 1..=40_u64 {
            for shared in 0..=last {
                let mut compare = Compare::new(Point::ORIGIN, last, last, last).expect("records to compare");
                let mut questions = 0;
                let found = loop {
                    questions += 1;
                    let seq = compare.ask();
                    match compare.take(hash(seq, shared, 1), hash(seq, shared, 2)) {
                        Verdict::Differs => {}
                        Verdict::Agreed(point) => break (point.seq, true),
                        Verdict::Parted(point) => break (point.seq, false),
                    }
                };
                assert_eq!(found, (shared, shared == last), "{shared} of {last}");
                assert!(questions <= 2 + last.ilog2(), "{questions} questions for {last}");
            }
        }
        assert!(Compare::new(Point { seq: 5, hash: [1; 32] }, 5, 5, 9).is_none(), "nothing to compare");
    }
}
