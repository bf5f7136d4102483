//! A receiver in memory: what HQ does with one store's line, by the same decisions as its databases, without one. Tests
//! and simulations run against it; one contract suite holds it and the databases to the same answers.

use holdfast_planted::{Bug, is_planted};

use crate::position::{Epoch, Hash, Parent, Point, Record};
use crate::receiver::{BatchHeader, Cursor, Decision, decide};
use crate::registration::{Facts, KnownEpoch, KnownParent, Registered, Registration, register};
use crate::tree::{Branch, Twig, branches};

/// The id of a hub; opaque here.
pub type HubId = [u8; 16];

/// A record as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRecord {
    /// The epoch that it was written under.
    pub epoch: Epoch,
    pub seq: u64,
    pub hash: Hash,
    pub payload: Vec<u8>,
}

/// One epoch and what is held of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldEpoch {
    pub epoch: Epoch,
    /// From 1, in the order of registration.
    pub order: u32,
    pub hub: HubId,
    /// The order of the epoch that it continues.
    pub parent_order: Option<u32>,
    /// The point that it continues from.
    pub from: Point,
    pub open: bool,
    pub forked: bool,
    /// The last record held, or the point that the epoch continues from.
    pub last: Point,
    /// Its own records, those after `from`, as they were applied.
    pub records: Vec<HeldRecord>,
}

/// What a batch led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ingested {
    /// `applied` records of it were new.
    Accepted {
        acked_through: u64,
        applied: u64,
    },
    Refused(Decision),
    UnknownEpoch,
}

/// One store's line. A clone of it is a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryLine {
    epochs: Vec<HeldEpoch>,
    /// Not stored yet: empty whenever an answer is given, but for a planted bug.
    unstored: Vec<Applied>,
}

/// What a batch adds to an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Applied {
    index: usize,
    records: Vec<HeldRecord>,
    last: Point,
}

impl MemoryLine {
    /// Registers an epoch for a hub.
    pub fn register(&mut self, hub: HubId, epoch: Epoch, parent: Option<Parent>) -> Registered {
        self.store();
        let known = self.find(epoch).map(|held| KnownEpoch {
            order: held.order,
            last: held.last,
            open: held.open,
            forked: held.forked,
            own: held.hub == hub,
        });
        let known_parent = parent.and_then(|parent| {
            let held = self.find(parent.epoch)?;
            Some(KnownParent {
                order: held.order,
                last: held.last,
                hash: self.line_hash(held, parent.point.seq),
                before_first: parent.point.seq < held.from.seq,
                continued: self.epochs.iter().any(|other| other.parent_order == Some(held.order)),
                own: held.hub == hub,
            })
        });
        let newest_order = u32::try_from(self.epochs.len()).unwrap_or(u32::MAX);
        let decision = register(&Facts { known, newest_order, parent, known_parent });
        match decision {
            Registration::Known { order, close: true, .. } => self.at(order).open = false,
            Registration::Open { order, parent_order, from, forked, close_parent } => {
                if let Some(parent) = parent_order {
                    let parent = self.at(parent);
                    parent.open &= !close_parent;
                    if is_planted(Bug::ForkOverwritten) {
                        parent.records.retain(|record| record.seq <= from.seq);
                        parent.last = from;
                    }
                }
                self.epochs.push(HeldEpoch {
                    epoch,
                    order,
                    hub,
                    parent_order,
                    from,
                    open: true,
                    forked,
                    last: from,
                    records: Vec::new(),
                });
            }
            Registration::Known { .. } | Registration::Gap { .. } | Registration::Fork { .. } => {}
        }
        decision.answer()
    }

    /// Takes in a batch of a hub. `chain` is the one chain function.
    pub fn ingest(
        &mut self,
        hub: HubId,
        header: &BatchHeader,
        records: &[Record<'_>],
        chain: impl Fn(&Hash, &Record<'_>) -> Hash,
    ) -> Ingested {
        self.store();
        let Some(index) = self.epochs.iter().position(|held| held.epoch == header.epoch) else {
            return Ingested::UnknownEpoch;
        };
        let held = &self.epochs[index];
        let last = held.last;
        let cursor = Cursor { epoch: held.epoch, last, open: held.open && held.hub == hub };
        let held_at_end = own_hash(held, header.last_seq());
        let (skip, last) = match decide(&cursor, header, records, held_at_end, chain) {
            Decision::Apply { skip, last } => (skip, last),
            Decision::Duplicate => (records.len(), last),
            refused => return Ingested::Refused(refused),
        };
        let skip = if is_planted(Bug::BatchAppliedTwice) { 0 } else { skip };
        let new: Vec<HeldRecord> = records[skip..].iter().map(held_record).collect();
        let applied = new.len() as u64;
        self.unstored.push(Applied { index, records: new, last });
        if !is_planted(Bug::AcknowledgedBeforeStored) {
            self.store();
        }
        Ingested::Accepted { acked_through: last.seq, applied }
    }

    /// The chain hash at a record along an epoch's line: its own records, then its parent's. None where there is no such
    /// record, or no such epoch.
    pub fn hash_at(&self, epoch: Epoch, seq: u64) -> Option<Hash> {
        self.line_hash(self.find(epoch)?, seq)
    }

    /// Whether the epoch is registered.
    pub fn knows(&self, epoch: Epoch) -> bool {
        self.find(epoch).is_some()
    }

    /// Everything that is held, epoch by epoch in the order of registration: both branches of every fork.
    pub fn epochs(&self) -> &[HeldEpoch] {
        &self.epochs
    }

    /// The newest epoch: the last registered one that has a record of its own. A registration can arrive late, from a hub that
    /// was put back meanwhile, and no history comes to its end by what may never be written.
    pub fn newest(&self) -> Option<&HeldEpoch> {
        self.epochs.iter().max_by_key(|held| (held.last.seq > held.from.seq, held.order))
    }

    /// The records along the line that ends in the newest epoch, from record 1 on: what a replaced hub is rebuilt from.
    pub fn newest_line(&self) -> Vec<&HeldRecord> {
        let mut spans = Vec::new();
        let mut through = u64::MAX;
        let mut at = self.newest();
        while let Some(held) = at {
            spans.push((held, through));
            through = through.min(held.from.seq);
            at = held.parent_order.and_then(|order| self.epochs.get(order as usize - 1));
        }
        spans.reverse();
        spans
            .into_iter()
            .flat_map(|(held, through)| held.records.iter().filter(move |record| record.seq <= through))
            .collect()
    }

    /// The histories as a tree.
    pub fn branches(&self) -> Vec<Branch> {
        let twigs: Vec<Twig> = self
            .epochs
            .iter()
            .map(|held| Twig {
                order: held.order,
                parent: held.parent_order.map(|order| (order, held.from.seq)),
                last_seq: held.last.seq,
            })
            .collect();
        branches(&twigs)
    }

    /// The receiver's process ends and starts again: what was not stored is gone.
    pub fn restart(&mut self) {
        self.unstored.clear();
    }

    fn store(&mut self) {
        for Applied { index, records, last } in std::mem::take(&mut self.unstored) {
            let held = &mut self.epochs[index];
            held.records.extend(records);
            held.last = last;
            let order = held.order;
            for child in self.epochs.iter_mut().filter(|child| child.parent_order == Some(order)) {
                // The parent has a record after the one that the child continues from: two histories from now on.
                child.forked |= child.from.seq < last.seq;
            }
        }
    }

    fn find(&self, epoch: Epoch) -> Option<&HeldEpoch> {
        self.epochs.iter().find(|held| held.epoch == epoch)
    }

    fn at(&mut self, order: u32) -> &mut HeldEpoch {
        &mut self.epochs[order as usize - 1]
    }

    fn line_hash(&self, held: &HeldEpoch, seq: u64) -> Option<Hash> {
        if seq >= held.from.seq {
            return own_hash(held, seq);
        }
        let parent = self.epochs.get(held.parent_order? as usize - 1)?;
        self.line_hash(parent, seq)
    }
}

fn own_hash(held: &HeldEpoch, seq: u64) -> Option<Hash> {
    if seq == held.from.seq {
        return Some(held.from.hash);
    }
    if seq > held.last.seq {
        return None;
    }
    // Records lie in the order of their numbers, but for a planted bug.
    let at = usize::try_from(seq.checked_sub(held.from.seq + 1)?).ok()?;
    let straight = held.records.get(at).filter(|record| record.seq == seq);
    straight.or_else(|| held.records.iter().find(|record| record.seq == seq)).map(|record| record.hash)
}

fn held_record(record: &Record<'_>) -> HeldRecord {
    HeldRecord { epoch: record.epoch, seq: record.seq, hash: record.hash, payload: record.payload.to_vec() }
}
