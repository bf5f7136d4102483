//! What the outbox's entries add up to: what waits, what is kept, what may go. Pure.

use std::collections::{BTreeMap, HashMap};

use holdfast_domain::ids::{CommandId, EpochId};
use holdfast_planted::{Bug, is_planted};

use super::Entry;

/// A kept answer: `at` is its entry in the outbox, `epoch` the hub that gave it, `seq` its place in that hub's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    pub id: CommandId,
    pub at: u64,
    pub epoch: EpochId,
    pub seq: u64,
}

/// Ids and positions, folded from entries in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Unanswered requests by their entry, oldest first.
    waiting: BTreeMap<u64, CommandId>,
    waiting_at: HashMap<CommandId, u64>,
    /// Answers that HQ may not have, in the order in which they were first given: an answer that another hub gave again
    /// keeps its turn, because what came after it builds on it.
    kept: BTreeMap<u64, Kept>,
    /// By its id, where the answer is in that order: the entry that it was first given in.
    kept_at: HashMap<CommandId, u64>,
}

impl Index {
    pub fn apply(&mut self, at: u64, entry: &Entry) {
        match entry {
            Entry::Asked { id, .. } => {
                if !self.waiting_at.contains_key(id) {
                    self.waiting.insert(at, *id);
                    self.waiting_at.insert(*id, at);
                }
            }
            Entry::Answered { id, place, .. } => {
                if let Some(asked) = self.waiting_at.remove(id) {
                    self.waiting.remove(&asked);
                }
                if let Some((epoch, seq)) = *place {
                    let turn = *self.kept_at.entry(*id).or_insert(at);
                    self.kept.insert(turn, Kept { id: *id, at, epoch, seq });
                }
            }
            Entry::Covered { epoch, seq } => {
                let gone: Vec<CommandId> = self.covered(*epoch, *seq).map(|kept| kept.id).collect();
                for id in gone {
                    if let Some(turn) = self.kept_at.remove(&id) {
                        self.kept.remove(&turn);
                    }
                }
            }
        }
    }

    fn covered(&self, epoch: EpochId, seq: u64) -> impl Iterator<Item = &Kept> {
        self.kept.values().filter(move |kept| kept.epoch == epoch && kept.seq <= seq)
    }

    /// How many kept answers HQ holds when it holds everything up to `seq` of `epoch`.
    pub fn covered_by(&self, epoch: EpochId, seq: u64) -> usize {
        self.covered(epoch, seq).count()
    }

    /// Unanswered requests, oldest first.
    pub fn waiting(&self) -> impl ExactSizeIterator<Item = CommandId> + '_ {
        self.waiting.values().copied()
    }

    pub fn is_waiting(&self, id: CommandId) -> bool {
        self.waiting_at.contains_key(&id)
    }

    pub fn waiting_at(&self, id: CommandId) -> Option<u64> {
        self.waiting_at.get(&id).copied()
    }

    pub fn kept(&self, id: CommandId) -> Option<&Kept> {
        self.kept.get(self.kept_at.get(&id)?)
    }

    /// How many answers are kept.
    pub fn kept_count(&self) -> usize {
        self.kept.len()
    }

    /// Answers of other epochs than the hub's, in the order they were given: what it is offered.
    pub fn offers(&self, hub: EpochId) -> impl Iterator<Item = &Kept> {
        self.kept.values().filter(move |kept| kept.epoch != hub && !is_planted(Bug::NothingOffered))
    }

    /// The oldest entry that is still needed.
    pub fn oldest_needed(&self) -> Option<u64> {
        let waiting = self.waiting.keys().next();
        let kept = self.kept.keys().next();
        waiting.into_iter().chain(kept).min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_domain::ids::Uuid;

    fn id(n: u128) -> CommandId {
        CommandId(Uuid::from_u128(n))
    }

    fn epoch(n: u128) -> EpochId {
        EpochId(Uuid::from_u128(n))
    }

    fn asked(n: u128) -> Entry {
        Entry::Asked { id: id(n), request: Vec::new() }
    }

    fn answered(n: u128, place: Option<(EpochId, u64)>) -> Entry {
        Entry::Answered { id: id(n), place, reply: Vec::new() }
    }

    fn fold(entries: &[Entry]) -> Index {
        let mut index = Index::default();
        for (at, entry) in (1..).zip(entries) {
            index.apply(at, entry);
        }
        index
    }

    fn offers(index: &Index, hub: EpochId) -> Vec<CommandId> {
        index.offers(hub).map(|kept| kept.id).collect()
    }

    #[test]
    fn a_request_waits_until_its_answer_and_the_answer_is_kept_until_hq_has_it() {
        let (e, mut index) = (epoch(1), fold(&[asked(1), asked(2), answered(1, Some((epoch(1), 10)))]));
        assert_eq!(index.waiting().collect::<Vec<_>>(), [id(2)]);
        assert_eq!(index.kept(id(1)), Some(&Kept { id: id(1), at: 3, epoch: e, seq: 10 }));
        assert_eq!(index.oldest_needed(), Some(2));
        index.apply(4, &Entry::Covered { epoch: epoch(2), seq: 99 });
        assert_eq!(index.kept_count(), 1, "another epoch's progress says nothing");
        index.apply(5, &Entry::Covered { epoch: e, seq: 9 });
        assert_eq!(index.kept_count(), 1);
        index.apply(6, &Entry::Covered { epoch: e, seq: 10 });
        assert_eq!(index.kept_count(), 0);
        index.apply(7, &answered(2, None));
        assert_eq!(index.oldest_needed(), None);
    }

    #[test]
    fn offers_are_what_other_epochs_acknowledged_in_order_and_a_new_place_ends_them() {
        let (old, new) = (epoch(1), epoch(2));
        let mut index = fold(&[
            answered(1, Some((old, 5))),
            answered(2, Some((old, 6))),
            answered(3, Some((new, 1))),
            answered(4, None),
        ]);
        assert_eq!(offers(&index, new), [id(1), id(2)]);
        assert_eq!(offers(&index, old), [id(3)]);
        index.apply(5, &answered(1, Some((new, 2))));
        assert_eq!(offers(&index, new), [id(2)]);
        assert_eq!(index.kept_count(), 3);
    }

    #[test]
    fn an_answer_that_was_given_again_keeps_its_turn_before_what_builds_on_it() {
        let (first, second, third) = (epoch(1), epoch(2), epoch(3));
        // The second hub took over one of three and was lost too.
        let mut index = fold(&[
            answered(1, Some((first, 5))),
            answered(2, Some((first, 6))),
            answered(3, Some((first, 7))),
            answered(1, Some((second, 1))),
        ]);
        assert_eq!(offers(&index, third), [id(1), id(2), id(3)]);
        assert_eq!(index.oldest_needed(), Some(1), "the entry that says so stays");
        index.apply(5, &Entry::Covered { epoch: second, seq: 1 });
        assert_eq!(offers(&index, third), [id(2), id(3)]);
    }

    #[test]
    fn a_request_that_is_asked_again_keeps_its_turn() {
        let index = fold(&[asked(1), asked(2), asked(1)]);
        assert_eq!(index.waiting().collect::<Vec<_>>(), [id(1), id(2)]);
    }
}
