//! The one line of epochs that a hub's own history follows, from its first record to its head.

use crate::limits::EPOCHS_MAX;
use crate::position::{Epoch, Parent, Point};

/// One epoch of the hub's own journal. Numbers continue from the parent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochSpan {
    pub epoch: Epoch,
    /// The last record shared with the epoch that this one continues; none for a journal that starts at record 1.
    pub parent: Option<Parent>,
    /// The last durable record of this epoch; the parent's number while it has none.
    pub last_seq: u64,
}

impl EpochSpan {
    /// The point that the epoch continues from.
    pub(crate) fn floor(&self) -> Point {
        self.parent.map_or(Point::ORIGIN, |parent| parent.point)
    }

    /// A record of the hub's own history as the parent of a new epoch. The point that this epoch itself continues from
    /// belongs to the epoch before.
    pub(crate) fn shared(&self, point: Point) -> Parent {
        match self.parent {
            Some(parent) if parent.point.seq == point.seq => parent,
            _ => Parent { epoch: self.epoch, point },
        }
    }
}

/// The epochs of a journal do not form one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("a journal has at least one epoch and at most {EPOCHS_MAX}")]
    Count,
    #[error("epoch {index} does not continue an epoch before it")]
    NotContinued { index: usize },
}

/// Walks from the newest epoch back through the parents. An epoch ends where the next one on the line continues from it;
/// epochs that the line has left, because a newer one continues from before their first record, are not on it: what the
/// hub wrote under them is sent under the newer one.
///
/// # Errors
/// When an epoch continues one that is not among those before it, or the line does not lead back to the oldest.
pub(crate) fn line(epochs: &[EpochSpan]) -> Result<Vec<EpochSpan>, LineError> {
    if epochs.len() > EPOCHS_MAX {
        return Err(LineError::Count);
    }
    let mut at = *epochs.last().ok_or(LineError::Count)?;
    let mut index = epochs.len() - 1;
    let mut line = Vec::new();
    while let Some(parent) = at.parent {
        line.push(at);
        let older = &epochs[..index];
        let before = older.iter().rposition(|span| span.epoch == parent.epoch);
        let before = before.filter(|before| older[*before].floor().seq <= parent.point.seq);
        let before = before.ok_or(LineError::NotContinued { index })?;
        at = EpochSpan { last_seq: parent.point.seq, ..older[before] };
        index = before;
    }
    if index != 0 {
        return Err(LineError::NotContinued { index });
    }
    line.push(at);
    line.reverse();
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(epoch: u8, parent: Option<(u8, u64)>, last_seq: u64) -> EpochSpan {
        let parent = parent.map(|(epoch, seq)| Parent {
            epoch: Epoch([epoch; 16]),
            point: Point { seq, hash: [epoch; 32] },
        });
        EpochSpan { epoch: Epoch([epoch; 16]), parent, last_seq }
    }

    #[test]
    fn a_line_is_walked_back_from_its_newest_epoch() {
        let (one, two) = (span(1, None, 10), span(2, Some((1, 7)), 12));
        let cases = [
            ("one epoch", vec![one], Ok(vec![one])),
            ("ends where the next begins", vec![one, two], Ok(vec![span(1, None, 7), two])),
            (
                "an epoch that the line has left",
                vec![one, two, span(3, Some((1, 5)), 20)],
                Ok(vec![span(1, None, 5), span(3, Some((1, 5)), 20)]),
            ),
            ("nothing", vec![], Err(LineError::Count)),
            ("the wrong order", vec![two, one], Err(LineError::NotContinued { index: 1 })),
            ("a stranger", vec![one, span(3, Some((9, 5)), 6)], Err(LineError::NotContinued { index: 1 })),
            (
                "a parent from before its epoch",
                vec![one, two, span(3, Some((2, 6)), 9)],
                Err(LineError::NotContinued { index: 2 }),
            ),
            ("two beginnings", vec![one, span(2, None, 3)], Err(LineError::NotContinued { index: 1 })),
        ];
        for (what, epochs, expected) in cases {
            assert_eq!(line(&epochs), expected, "{what}");
        }
    }
}
