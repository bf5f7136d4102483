//! What a batch means at the cursor it meets. The caller holds the cursor's row locked and carries the decision out in the
//! same transaction, so a batch is applied exactly once by its position; there is no table of ids to look up.

use holdfast_planted::{Bug, is_planted};

use crate::limits::BATCH_RECORDS_MAX;
use crate::position::{Epoch, Hash, Point, Record};

/// How far the receiver has one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub epoch: Epoch,
    /// The last record held; where nothing is held yet, the epoch's parent point.
    pub last: Point,
    /// Whether the epoch may still grow. It may not once another epoch continues the store's line.
    pub open: bool,
}

/// What a batch says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    pub epoch: Epoch,
    pub first_seq: u64,
    pub count: u32,
    pub chain_before: Hash,
    pub chain_after: Hash,
}

impl BatchHeader {
    /// The number of the last record.
    pub fn last_seq(&self) -> u64 {
        self.first_seq.saturating_add(u64::from(self.count)).saturating_sub(1)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Leave out the first `skip` records, they are held already; store the rest and move the cursor to `last`.
    Apply { skip: usize, last: Point },
    /// Everything is held already; acknowledge the cursor.
    Duplicate,
    /// Records between are missing: send from `expected`.
    Gap { expected: u64 },
    /// The sender's history is another one than what is held at `at`.
    Fork { at: Point },
    /// The epoch was continued by another one and cannot grow.
    Stale,
    /// The batch contradicts itself at this record: its number, its count or its hash. Nothing of it can be believed.
    Broken { seq: u64 },
}

/// Decides about one batch.
///
/// `held_at_end` is the receiver's own hash at the batch's last number, when that number lies below the cursor; it tells a
/// late duplicate from a fork. `chain` is the one chain function: the hash after a record from the hash before it.
pub fn decide(
    cursor: &Cursor,
    header: &BatchHeader,
    records: &[Record<'_>],
    held_at_end: Option<Hash>,
    chain: impl Fn(&Hash, &Record<'_>) -> Hash,
) -> Decision {
    if let Err(seq) = check_shape(header, records, chain) {
        return Decision::Broken { seq };
    }
    if header.epoch != cursor.epoch {
        return Decision::Stale;
    }
    let expected = cursor.last.seq + 1;
    if header.first_seq > expected {
        if is_planted(Bug::GapAccepted) {
            return Decision::Apply {
                skip: 0,
                last: Point { seq: header.last_seq(), hash: header.chain_after },
            };
        }
        return Decision::Gap { expected };
    }
    let held = usize::try_from(expected - header.first_seq).unwrap_or(usize::MAX);
    if held >= records.len() {
        // Wholly below the cursor: the hash that the receiver holds at the batch's end tells duplicate from fork.
        let ours = if header.last_seq() == cursor.last.seq { Some(cursor.last.hash) } else { held_at_end };
        return match ours {
            Some(hash) if hash != header.chain_after => {
                Decision::Fork { at: Point { seq: header.last_seq(), hash } }
            }
            _ => Decision::Duplicate,
        };
    }
    let before = match held {
        0 => header.chain_before,
        held => records[held - 1].hash,
    };
    if before != cursor.last.hash {
        return Decision::Fork { at: cursor.last };
    }
    if !cursor.open {
        return Decision::Stale;
    }
    Decision::Apply { skip: held, last: Point { seq: header.last_seq(), hash: header.chain_after } }
}

/// Numbers without a gap, the count as claimed, every hash as the chain function gives it.
fn check_shape(
    header: &BatchHeader,
    records: &[Record<'_>],
    chain: impl Fn(&Hash, &Record<'_>) -> Hash,
) -> Result<(), u64> {
    let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
    if records.is_empty() || count > BATCH_RECORDS_MAX || count != header.count || header.first_seq == 0 {
        return Err(header.first_seq);
    }
    let mut hash = header.chain_before;
    let mut expected = header.first_seq;
    for record in records {
        hash = chain(&hash, record);
        if record.seq != expected || record.hash != hash {
            return Err(expected);
        }
        expected = expected.checked_add(1).ok_or(record.seq)?;
    }
    if hash != header.chain_after {
        return Err(expected - 1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const E1: Epoch = Epoch([1; 16]);
    const E2: Epoch = Epoch([2; 16]);

    /// A chain good enough to tell histories apart, without a hash function.
    fn chain(before: &Hash, record: &Record<'_>) -> Hash {
        let mut hash = *before;
        for (i, byte) in record.seq.to_le_bytes().iter().chain(record.payload).enumerate() {
            hash[i % 32] = hash[i % 32].rotate_left(3) ^ byte;
            hash[(i + 7) % 32] = hash[(i + 7) % 32].wrapping_add(hash[i % 32] ^ 0x5a);
        }
        hash
    }

    fn line(epoch: Epoch, from: Point, payloads: &[&'static [u8]]) -> Vec<Record<'static>> {
        let mut last = from;
        payloads
            .iter()
            .map(|payload| {
                let mut record = Record { epoch, seq: last.seq + 1, hash: [0; 32], payload };
                record.hash = chain(&last.hash, &record);
                last = Point { seq: record.seq, hash: record.hash };
                record
            })
            .collect()
    }

    fn header(epoch: Epoch, before: Hash, records: &[Record<'_>]) -> BatchHeader {
        BatchHeader {
            epoch,
            first_seq: records[0].seq,
            count: records.len() as u32,
            chain_before: before,
            chain_after: records[records.len() - 1].hash,
        }
    }

    fn at(record: &Record<'_>, open: bool) -> Cursor {
        Cursor { epoch: E1, last: Point { seq: record.seq, hash: record.hash }, open }
    }

    #[test]
    fn every_position_of_a_batch_has_its_answer() {
        let ours = line(E1, Point::ORIGIN, &[b"a", b"b", b"c", b"d", b"e"]);
        let theirs = line(E1, Point::ORIGIN, &[b"a", b"b", b"X", b"Y", b"Z"]);
        let start = Cursor { epoch: E1, last: Point::ORIGIN, open: true };
        let end = |r: &Record<'_>| Point { seq: r.seq, hash: r.hash };
        let head = header(E1, [0; 32], &ours);
        // What, the cursor, the records, the hash held at their end, the answer.
        type Case<'a> = (&'static str, Cursor, &'a [Record<'a>], Option<Hash>, Decision);
        let cases: Vec<Case<'_>> = vec![
            ("all new", start, &ours[..], None, Decision::Apply { skip: 0, last: end(&ours[4]) }),
            (
                "half held",
                at(&ours[2], true),
                &ours[..],
                None,
                Decision::Apply { skip: 3, last: end(&ours[4]) },
            ),
            ("all held", at(&ours[4], true), &ours[..], None, Decision::Duplicate),
            ("long held", at(&ours[4], true), &ours[..2], Some(ours[1].hash), Decision::Duplicate),
            ("gap", at(&ours[0], true), &ours[3..], None, Decision::Gap { expected: 2 }),
            ("gap at the start", start, &ours[3..], None, Decision::Gap { expected: 1 }),
            ("fork ahead", at(&ours[2], true), &theirs[3..], None, Decision::Fork { at: end(&ours[2]) }),
            ("fork in overlap", at(&ours[2], true), &theirs[..], None, Decision::Fork { at: end(&ours[2]) }),
            ("fork at the end", at(&ours[4], true), &theirs[..], None, Decision::Fork { at: end(&ours[4]) }),
            (
                "fork long ago",
                at(&ours[4], true),
                &theirs[..4],
                Some(ours[3].hash),
                Decision::Fork { at: end(&ours[3]) },
            ),
            ("closed epoch grows", at(&ours[2], false), &ours[..], None, Decision::Stale),
            ("closed epoch repeats", at(&ours[4], false), &ours[..], None, Decision::Duplicate),
        ];
        for (what, cursor, records, held, expected) in cases {
            let before = match records[0].seq {
                1 => [0; 32],
                seq => {
                    let whole =
                        if records[records.len() - 1] == ours[records[records.len() - 1].seq as usize - 1] {
                            &ours
                        } else {
                            &theirs
                        };
                    whole[seq as usize - 2].hash
                }
            };
            let header = header(E1, before, records);
            assert_eq!(decide(&cursor, &header, records, held, chain), expected, "{what}");
        }
        let other = Cursor { epoch: E2, ..start };
        assert_eq!(decide(&other, &head, &ours, None, chain), Decision::Stale, "another epoch");
    }

    #[test]
    fn a_batch_that_contradicts_itself_is_broken_at_the_record() {
        let ours = line(E1, Point::ORIGIN, &[b"a", b"b", b"c"]);
        let start = Cursor { epoch: E1, last: Point::ORIGIN, open: true };
        let good = header(E1, [0; 32], &ours);
        let check =
            |header: &BatchHeader, records: &[Record<'_>]| decide(&start, header, records, None, chain);

        let mut edited = ours.clone();
        edited[1].payload = b"B";
        assert_eq!(check(&good, &edited), Decision::Broken { seq: 2 }, "payload edited");
        let mut renumbered = ours.clone();
        renumbered[2].seq = 4;
        assert_eq!(check(&good, &renumbered), Decision::Broken { seq: 3 }, "number skipped");
        assert_eq!(check(&BatchHeader { count: 2, ..good }, &ours), Decision::Broken { seq: 1 }, "count");
        assert_eq!(
            check(&BatchHeader { chain_after: [9; 32], ..good }, &ours),
            Decision::Broken { seq: 3 },
            "end"
        );
        assert_eq!(check(&good, &[]), Decision::Broken { seq: 1 }, "empty");
    }
}
