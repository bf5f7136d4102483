//! The indexes: leaves of entries, each under the first key that it may hold. The leaves that were used last stay in memory,
//! because the ids of a shop ascend with its clock and nearly all of them fall into the last leaf.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::error::StoreError;
use crate::leaf::{Key, Leaf, Seqs};
use crate::rows::{Rows, assemble};
use crate::table::{Table, Writes};

/// The most leaves in memory after a transaction: about 5 KiB each.
const LEAVES_KEPT_MAX: usize = 128;
/// And while a state is built, where those that are full go first.
const LEAVES_BUILT_MAX: usize = 512;

/// From which key on a leaf holds; none for a table's first leaf.
type Lower = Option<Key>;

/// The leaves in memory. They cover their range together with the rows: whatever no leaf here covers is as it was written.
#[derive(Debug, Default)]
pub(crate) struct Index {
    leaves: BTreeMap<(Table, Lower), Kept>,
    uses: u64,
}

#[derive(Debug)]
struct Kept {
    leaf: Leaf,
    /// Where the next leaf begins.
    upper: Option<Key>,
    unwritten: bool,
    used: u64,
}

impl Index {
    /// The records that a key leads to.
    pub(crate) fn get(&self, rows: &dyn Rows, table: Table, key: &[u8]) -> Result<Option<Seqs>, StoreError> {
        let key = Key::of(table, key)?;
        if let Some((_, kept)) = self.covering(table, &key) {
            return Ok(kept.leaf.get(&key).cloned());
        }
        Ok(stored(rows, table, &key)?.and_then(|(_, leaf)| leaf.get(&key).cloned()))
    }

    /// Leads a key to a record unless it leads to one already. Says to which one it leads now.
    pub(crate) fn put_first(
        &mut self,
        rows: &dyn Rows,
        table: Table,
        key: &[u8],
        seq: u64,
    ) -> Result<u64, StoreError> {
        let key = Key::of(table, key)?;
        let (lower, kept) = self.bring(rows, table, &key)?;
        if !kept.leaf.put_first(key, seq) {
            return Ok(kept.leaf.get(&key).and_then(Seqs::first).unwrap_or(seq));
        }
        kept.unwritten = true;
        self.split(table, lower, &key);
        Ok(seq)
    }

    /// Leads a key to one more record.
    pub(crate) fn append(
        &mut self,
        rows: &dyn Rows,
        table: Table,
        key: &[u8],
        seq: u64,
    ) -> Result<(), StoreError> {
        let key = Key::of(table, key)?;
        let (lower, kept) = self.bring(rows, table, &key)?;
        kept.leaf.append(key, seq);
        kept.unwritten = true;
        self.split(table, lower, &key);
        Ok(())
    }

    /// The highest keys below `below` (or of all), the highest first.
    pub(crate) fn last_below(
        &self,
        rows: &dyn Rows,
        table: Table,
        below: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut bound = below.map(|below| Key::of(table, below)).transpose()?;
        let mut found = Vec::new();
        while found.len() < limit {
            // The leaf that ends where the one before began.
            let Some((lower, leaf)) = self.last_leaf_below(rows, table, bound)? else { break };
            let keys = leaf.entries().iter().rev().map(|(key, _)| key);
            let wanted = keys.filter(|key| bound.is_none_or(|bound| **key < bound));
            found.extend(wanted.take(limit - found.len()).map(|key| key.bytes(table).to_vec()));
            let Some(lower) = lower else { break };
            bound = Some(lower);
        }
        Ok(found)
    }

    /// The leaf with the highest lower bound below `bound`, here or among the rows: nothing of a table lies between them.
    fn last_leaf_below(
        &self,
        rows: &dyn Rows,
        table: Table,
        bound: Option<Key>,
    ) -> Result<Option<(Lower, Leaf)>, StoreError> {
        let end = match bound {
            Some(bound) => Bound::Excluded((table, Some(bound))),
            None => Bound::Included((table, Some(Key::MAX))),
        };
        let here = self.leaves.range((Bound::Included((table, None)), end)).next_back();
        let below = bound.as_ref().map(|bound| bound.bytes(table));
        let Some((row_key, row)) = rows.last_below(table, below, 1)?.pop() else {
            return Ok(here.map(|((_, lower), kept)| (*lower, kept.leaf.clone())));
        };
        let lower = lower_of(table, &row_key)?;
        match here {
            Some(((_, known), kept)) if *known >= lower => Ok(Some((*known, kept.leaf.clone()))),
            _ => Ok(Some((lower, decode(rows, table, &row_key, &row)?))),
        }
    }

    fn covering(&self, table: Table, key: &Key) -> Option<(Lower, &Kept)> {
        let range = (table, None)..=(table, Some(*key));
        let ((_, lower), kept) = self.leaves.range(range).next_back()?;
        kept.upper.is_none_or(|upper| *key < upper).then_some((*lower, kept))
    }

    /// The leaf that a key belongs into, from its row where it is not here.
    fn bring(&mut self, rows: &dyn Rows, table: Table, key: &Key) -> Result<(Lower, &mut Kept), StoreError> {
        let covering = self.covering(table, key).map(|(lower, _)| lower);
        let lower = match covering {
            Some(lower) => lower,
            None => self.load(rows, table, key)?,
        };
        self.uses += 1;
        let kept = self.leaves.get_mut(&(table, lower)).expect("found or brought just now");
        kept.used = self.uses;
        Ok((lower, kept))
    }

    fn load(&mut self, rows: &dyn Rows, table: Table, key: &Key) -> Result<Lower, StoreError> {
        let (lower, leaf) = stored(rows, table, key)?.unwrap_or_default();
        let from = lower.as_ref().map_or(&[][..], |lower| lower.bytes(table));
        let next_row = rows.first_above(table, from)?.map(|row_key| Key::of(table, &row_key)).transpose()?;
        // A leaf that was cut off from this one may not be written yet.
        let behind = (Bound::Excluded((table, lower)), Bound::Unbounded);
        let next_here = self.leaves.range(behind).next().filter(|((of, _), _)| *of == table);
        let next_here = next_here.and_then(|((_, lower), _)| *lower);
        let upper = next_row.into_iter().chain(next_here).min();
        self.leaves.insert((table, lower), Kept { leaf, upper, unwritten: false, used: self.uses });
        Ok(lower)
    }

    fn split(&mut self, table: Table, lower: Lower, inserted: &Key) {
        let Some(kept) = self.leaves.get_mut(&(table, lower)) else { return };
        let Some((first, leaf)) = kept.leaf.split(inserted) else { return };
        let right = Kept { leaf, upper: kept.upper, unwritten: true, used: kept.used };
        kept.upper = Some(first);
        self.leaves.insert((table, Some(first)), right);
    }

    /// Adds every leaf that changed to what is written, and forgets those that nobody used lately.
    pub(crate) fn write_all(&mut self, writes: &mut Writes) {
        for ((table, lower), kept) in &mut self.leaves {
            if kept.unwritten {
                put(writes, *table, *lower, &kept.leaf);
                kept.unwritten = false;
            }
        }
        self.keep_newest(LEAVES_KEPT_MAX, writes);
    }

    /// While a state is built: writes and forgets the leaves that nobody used lately, once there are too many.
    pub(crate) fn write_old(&mut self, writes: &mut Writes) {
        self.keep_newest(LEAVES_BUILT_MAX, writes);
    }

    /// Where there are more than `most` leaves, half as many stay, so that this is done seldom.
    fn keep_newest(&mut self, most: usize, writes: &mut Writes) {
        if self.leaves.len() <= most {
            return;
        }
        let mut uses: Vec<u64> = self.leaves.values().map(|kept| kept.used).collect();
        let at = uses.len() - most / 2;
        let (_, oldest_kept, _) = uses.select_nth_unstable(at);
        let oldest_kept = *oldest_kept;
        self.leaves.retain(|(table, lower), kept| {
            if kept.used < oldest_kept && kept.unwritten {
                put(writes, *table, *lower, &kept.leaf);
            }
            kept.used >= oldest_kept
        });
    }
}

/// An entry: its key and the records that it leads to.
pub(crate) type Entry = (Vec<u8>, Vec<u64>);

/// Every entry of an index as it is written.
pub(crate) fn entries(rows: &dyn Rows, table: Table) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::new();
    for (key, row) in rows.all(table)? {
        let leaf = decode(rows, table, &key, &row)?;
        let of_leaf = leaf.entries().iter();
        entries.extend(of_leaf.map(|(key, seqs)| (key.bytes(table).to_vec(), seqs.as_slice().to_vec())));
    }
    Ok(entries)
}

fn put(writes: &mut Writes, table: Table, lower: Lower, leaf: &Leaf) {
    let key = lower.as_ref().map_or(&[][..], |lower| lower.bytes(table));
    writes.put(table, key, leaf.encode(table));
}

/// The written leaf that a key belongs into.
fn stored(rows: &dyn Rows, table: Table, key: &Key) -> Result<Option<(Lower, Leaf)>, StoreError> {
    // Keys of a table are of one length, so that nothing lies between a key and the same with a byte more.
    let mut above = key.bytes(table).to_vec();
    above.push(0);
    let Some((row_key, row)) = rows.last_below(table, Some(&above), 1)?.pop() else { return Ok(None) };
    Ok(Some((lower_of(table, &row_key)?, decode(rows, table, &row_key, &row)?)))
}

fn lower_of(table: Table, row_key: &[u8]) -> Result<Lower, StoreError> {
    if row_key.is_empty() { Ok(None) } else { Key::of(table, row_key).map(Some) }
}

fn decode(rows: &dyn Rows, table: Table, key: &[u8], row: &[u8]) -> Result<Leaf, StoreError> {
    Leaf::decode(table, &assemble(rows, table, key, row)?)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::memory::MemoryRows;

    const TABLE: Table = Table::Histories;

    /// Few enough keys that some come again, and in runs as ids ascend.
    fn keys() -> impl Strategy<Value = Vec<(u16, bool)>> {
        let run = (any::<u16>(), 1_u16..200).prop_map(|(from, count)| (from % 4_000, count));
        let runs = prop::collection::vec((run, any::<bool>()), 1..40);
        runs.prop_map(|runs| {
            let of_run = |((from, count), ascending): ((u16, u16), bool)| {
                (0..count).map(move |at| (from + if ascending { at } else { count - at }, ascending))
            };
            runs.into_iter().flat_map(of_run).collect()
        })
    }

    fn bytes(number: u16) -> [u8; 16] {
        (u128::from(number) << 40).to_be_bytes()
    }

    fn check(index: &Index, rows: &MemoryRows, model: &BTreeMap<u16, BTreeSet<u64>>) {
        for (number, seqs) in model {
            let found = index.get(rows, TABLE, &bytes(*number)).expect("readable").expect("kept");
            assert_eq!(found.as_slice(), seqs.iter().copied().collect::<Vec<_>>(), "{number}");
            let absent = (u128::from(*number) << 40 | 1).to_be_bytes();
            assert_eq!(index.get(rows, TABLE, &absent).expect("readable"), None);
        }
        let newest = |below: Option<u16>, limit| {
            let below = below.map(bytes);
            index.last_below(rows, TABLE, below.as_ref().map(<[u8; 16]>::as_slice), limit).expect("readable")
        };
        let all: Vec<Vec<u8>> = model.keys().rev().map(|number| bytes(*number).to_vec()).collect();
        assert_eq!(newest(None, usize::MAX), all);
        assert_eq!(newest(None, 3), all[..all.len().min(3)]);
        if let Some(middle) = model.keys().nth(model.len() / 2) {
            assert_eq!(
                newest(Some(*middle), 200),
                all[all.len() - model.len() / 2..][..(model.len() / 2).min(200)]
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// Written after every few entries as a hub does, or only where there are too many as a build does.
        #[test]
        fn an_index_answers_as_a_map_does(keys in keys(), written_every in 1_usize..300, building in any::<bool>()) {
            let (rows, mut index, mut model) = (MemoryRows::default(), Index::default(), BTreeMap::new());
            let write = |index: &mut Index, last: bool| {
                let mut writes = Writes::default();
                match (building, last) {
                    (true, false) => index.keep_newest(4, &mut writes),
                    _ => index.write_all(&mut writes),
                }
                if !building {
                    index.keep_newest(4, &mut writes);
                }
                rows.commit(&writes.into_rows()).expect("kept");
            };
            for (seq, (number, more)) in (1..).zip(&keys) {
                let seqs: &mut BTreeSet<u64> = model.entry(*number).or_default();
                if *more || seqs.is_empty() {
                    seqs.insert(seq);
                }
                if *more {
                    index.append(&rows, TABLE, &bytes(*number), seq).expect("kept");
                } else {
                    let first = index.put_first(&rows, TABLE, &bytes(*number), seq).expect("kept");
                    prop_assert_eq!(Some(&first), seqs.first());
                }
                if seq % written_every as u64 == 0 {
                    write(&mut index, false);
                }
            }
            check(&index, &rows, &model);
            write(&mut index, true);
            // Another process begins with nothing in memory.
            check(&Index::default(), &rows, &model);
            let written = entries(&rows, TABLE).expect("readable");
            prop_assert_eq!(written.len(), model.len());
            prop_assert!(written.is_sorted());
        }
    }

    #[test]
    fn what_is_in_memory_stays_small() {
        let (rows, mut index) = (MemoryRows::default(), Index::default());
        for number in 0..60_000_u64 {
            let key = u128::from(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)).to_be_bytes();
            index.append(&rows, TABLE, &key, number).expect("kept");
            if number % 64 == 0 {
                let mut writes = Writes::default();
                index.write_all(&mut writes);
                rows.commit(&writes.into_rows()).expect("kept");
                assert!(index.leaves.len() <= LEAVES_KEPT_MAX);
            }
        }
    }
}
