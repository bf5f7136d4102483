//! What the registration of an epoch means, given what the receiver holds. The caller reads the facts under a lock and
//! carries the decision out in the same transaction.
//!
//! An epoch that is continued by *another hub* is closed: that hub has taken over, and what an old one still sends must not
//! slip in beneath it. An epoch that its *own hub* continues stays open: a restored disk and a clone carry the same
//! identity, nobody can tell which of them a record comes from, and so both are kept as branches and counted.

use crate::position::{Hash, Parent, Point};

/// What the receiver holds of the epoch that is registered, when it knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownEpoch {
    pub order: u32,
    pub last: Point,
    pub open: bool,
    pub forked: bool,
    /// Whether the hub that asks is the one that registered it.
    pub own: bool,
}

/// What the receiver holds of the epoch that is named as parent, when it knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownParent {
    pub order: u32,
    pub last: Point,
    /// The receiver's own chain hash at the number that is named, along the parent's line; none above its end.
    pub hash: Option<Hash>,
    /// Whether the number lies before the parent epoch's own first record.
    pub before_first: bool,
    /// Whether another epoch continues it already.
    pub continued: bool,
    /// Whether the hub that asks is the one that registered it.
    pub own: bool,
}

/// Everything that the decision needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub known: Option<KnownEpoch>,
    /// The highest order number that was given, 0 before the first.
    pub newest_order: u32,
    /// What the hub says: the last record shared, none for a journal that starts at record 1.
    pub parent: Option<Parent>,
    pub known_parent: Option<KnownParent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Registered before: answer the same again. With `close` the epoch cannot grow from now on.
    Known { order: u32, acked_through: u64, forked: bool, close: bool },
    /// A new epoch: keep it with this number, its cursor at `from`. With `close_parent` the parent cannot grow from now on.
    Open { order: u32, parent_order: Option<u32>, from: Point, forked: bool, close_parent: bool },
    /// The parent is not complete here: send it from `expected`.
    Gap { expected: u64 },
    /// The parent's record is another one here.
    Fork { at: Point },
}

/// What is answered to a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    Epoch { order: u32, acked_through: u64, forked: bool },
    Gap { expected: u64 },
    Fork { at: Point },
}

impl Registration {
    /// The answer, once the decision has been carried out.
    pub fn answer(&self) -> Registered {
        match *self {
            Self::Known { order, acked_through, forked, .. } => {
                Registered::Epoch { order, acked_through, forked }
            }
            Self::Open { order, from, forked, .. } => {
                Registered::Epoch { order, acked_through: from.seq, forked }
            }
            Self::Gap { expected } => Registered::Gap { expected },
            Self::Fork { at } => Registered::Fork { at },
        }
    }
}

/// Decides about one registration.
pub fn register(facts: &Facts) -> Registration {
    if let Some(KnownEpoch { order, last, open, forked, own }) = facts.known {
        // A hub that was rebuilt from the receiver's copy walks through the epochs of the hub before it: it may read their
        // cursors.
        return Registration::Known { order, acked_through: last.seq, forked, close: open && !own };
    }
    let order = facts.newest_order + 1;
    let Some(parent) = facts.parent else {
        let forked = facts.newest_order > 0;
        return Registration::Open {
            order,
            parent_order: None,
            from: Point::ORIGIN,
            forked,
            close_parent: false,
        };
    };
    let Some(known) = facts.known_parent else { return Registration::Gap { expected: 1 } };
    if parent.point.seq > known.last.seq {
        return Registration::Gap { expected: known.last.seq + 1 };
    }
    match known.hash {
        Some(hash) if hash == parent.point.hash && !known.before_first => Registration::Open {
            order,
            parent_order: Some(known.order),
            from: parent.point,
            forked: known.continued || parent.point.seq < known.last.seq,
            close_parent: !known.own,
        },
        hash => Registration::Fork {
            at: Point { seq: parent.point.seq, hash: hash.unwrap_or(Point::ORIGIN.hash) },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::Epoch;

    fn point(seq: u64) -> Point {
        Point { seq, hash: [u8::try_from(seq).expect("small"); 32] }
    }

    fn parent(seq: u64) -> Option<Parent> {
        Some(Parent { epoch: Epoch([1; 16]), point: point(seq) })
    }

    #[test]
    fn every_registration_has_its_answer() {
        let nothing = Facts { known: None, newest_order: 0, parent: None, known_parent: None };
        let held = KnownParent {
            order: 2,
            last: point(9),
            hash: Some(point(9).hash),
            before_first: false,
            continued: false,
            own: true,
        };
        let after = Facts { newest_order: 3, parent: parent(9), known_parent: Some(held), ..nothing };
        let at = |seq: u64, known: KnownParent| Facts {
            parent: parent(seq),
            known_parent: Some(KnownParent { hash: Some(point(seq).hash), ..known }),
            ..after
        };
        let open = |order, parent_order, from, forked, close_parent| Registration::Open {
            order,
            parent_order,
            from,
            forked,
            close_parent,
        };
        let mine = KnownEpoch { order: 2, last: point(9), open: true, forked: false, own: true };
        let known = |known| Facts { known: Some(known), ..after };
        let again = |close| Registration::Known { order: 2, acked_through: 9, forked: false, close };
        let cases = [
            ("the first epoch", nothing, open(1, None, Point::ORIGIN, false, false)),
            (
                "a second beginning",
                Facts { newest_order: 1, ..nothing },
                open(2, None, Point::ORIGIN, true, false),
            ),
            ("a restore at the end", after, open(4, Some(2), point(9), false, false)),
            (
                "a replacement at the end",
                at(9, KnownParent { own: false, ..held }),
                open(4, Some(2), point(9), false, true),
            ),
            ("a fork", at(5, held), open(4, Some(2), point(5), true, false)),
            (
                "a second head on one parent",
                at(9, KnownParent { continued: true, ..held }),
                open(4, Some(2), point(9), true, false),
            ),
            ("an unknown parent", Facts { known_parent: None, ..after }, Registration::Gap { expected: 1 }),
            (
                "an incomplete parent",
                Facts { parent: parent(12), known_parent: Some(KnownParent { hash: None, ..held }), ..after },
                Registration::Gap { expected: 10 },
            ),
            (
                "another record",
                Facts { known_parent: Some(KnownParent { hash: Some([7; 32]), ..held }), ..after },
                Registration::Fork { at: Point { seq: 9, hash: [7; 32] } },
            ),
            (
                "a parent that had not begun there",
                at(3, KnownParent { before_first: true, ..held }),
                Registration::Fork { at: point(3) },
            ),
            ("again", known(mine), again(false)),
            ("walked through by another hub", known(KnownEpoch { own: false, ..mine }), again(true)),
            ("walked through again", known(KnownEpoch { own: false, open: false, ..mine }), again(false)),
        ];
        for (what, facts, expected) in cases {
            assert_eq!(register(&facts), expected, "{what}");
        }
    }
}
