//! A store's history as a tree: every epoch continues another one from a record on, and two that continue from one record
//! are branches. What branches share is held once, by the epoch that wrote it.

/// An epoch as the receiver holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Twig {
    /// Given by the receiver, from 1; a parent's is lower than its children's.
    pub order: u32,
    /// The order of the epoch that this one continues, and the last record that both share.
    pub parent: Option<(u32, u64)>,
    /// The last record held; the parent's number while there is none.
    pub last_seq: u64,
}

impl Twig {
    /// Its own: those after its parent's.
    fn records(&self) -> u64 {
        self.last_seq.saturating_sub(self.parent.map_or(0, |parent| parent.1))
    }
}

/// Where an epoch stands in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    pub order: u32,
    /// How many epochs lie below it.
    pub depth: u32,
    /// Its own records: those after its parent's.
    pub records: u64,
    /// Whether another history runs beside it: its parent went on, or another epoch continues from the same one, or the
    /// journal began twice.
    pub forked: bool,
    /// Whether it lies on the line that ends in the newest epoch: the last registered one that has a record of its own.
    pub on_newest_line: bool,
}

/// The tree in the order of its lines: every epoch directly after the one that it continues, older branches first.
pub fn branches(twigs: &[Twig]) -> Vec<Branch> {
    let find = |order: u32| twigs.iter().find(|twig| twig.order == order);
    let mut newest_line = Vec::new();
    let mut at = twigs.iter().max_by_key(|twig| (twig.records() > 0, twig.order));
    while let Some(twig) = at {
        newest_line.push(twig.order);
        // Parents are older than their children, so that the walk ends.
        at = twig.parent.filter(|parent| parent.0 < twig.order).and_then(|parent| find(parent.0));
    }
    let mut sorted: Vec<&Twig> = twigs.iter().collect();
    sorted.sort_by_key(|twig| std::cmp::Reverse(twig.order));
    let mut stack: Vec<(&Twig, u32)> =
        sorted.iter().filter(|twig| twig.parent.is_none()).map(|twig| (*twig, 0)).collect();
    let mut found = Vec::with_capacity(twigs.len());
    while let Some((twig, depth)) = stack.pop() {
        let parent_went_on =
            twig.parent.is_some_and(|(order, seq)| find(order).is_some_and(|parent| parent.last_seq > seq));
        let siblings = twigs.iter().filter(|other| match (other.parent, twig.parent) {
            (Some(other), Some(own)) => other.0 == own.0,
            (None, None) => true,
            _ => false,
        });
        found.push(Branch {
            order: twig.order,
            depth,
            records: twig.records(),
            forked: parent_went_on || siblings.count() > 1,
            on_newest_line: newest_line.contains(&twig.order),
        });
        let children = sorted.iter().filter(|child| child.parent.is_some_and(|p| p.0 == twig.order));
        stack.extend(children.map(|child| (*child, depth + 1)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twig(order: u32, parent: Option<(u32, u64)>, last_seq: u64) -> Twig {
        Twig { order, parent, last_seq }
    }

    #[test]
    fn branches_stand_after_what_they_continue() {
        // Restored once without loss, then a clone that went its own way from record 12, then two more.
        let twigs = [
            twig(1, None, 10),
            twig(2, Some((1, 10)), 20),
            twig(3, Some((2, 12)), 15),
            twig(4, Some((2, 20)), 20),
            twig(5, Some((3, 15)), 18),
        ];
        let found: Vec<_> = branches(&twigs)
            .iter()
            .map(|b| (b.order, b.depth, b.records, b.forked, b.on_newest_line))
            .collect();
        assert_eq!(
            found,
            [
                (1, 0, 10, false, true),
                (2, 1, 10, false, true),
                (3, 2, 3, true, true),
                (5, 3, 3, false, true),
                (4, 2, 0, true, false),
            ]
        );
        let total: u64 = branches(&twigs).iter().map(|branch| branch.records).sum();
        assert_eq!(total, 26, "what is shared counts once");
    }

    #[test]
    fn an_epoch_that_was_registered_late_and_has_no_record_ends_no_line() {
        let twigs = [twig(1, None, 10), twig(2, Some((1, 10)), 20), twig(3, Some((1, 10)), 10)];
        let on_line = |twigs: &[Twig]| -> Vec<u32> {
            branches(twigs).iter().filter(|branch| branch.on_newest_line).map(|branch| branch.order).collect()
        };
        assert_eq!(on_line(&twigs), [1, 2]);
        // With its first record it is the newest.
        assert_eq!(on_line(&[twigs[0], twigs[1], twig(3, Some((1, 10)), 11)]), [1, 3]);
    }

    #[test]
    fn two_beginnings_are_a_fork_of_nothing() {
        let found = branches(&[twig(1, None, 4), twig(2, None, 2)]);
        assert!(found.iter().all(|branch| branch.forked && branch.depth == 0));
        assert_eq!(found.iter().filter(|branch| branch.on_newest_line).count(), 1);
        assert!(branches(&[]).is_empty());
    }
}
