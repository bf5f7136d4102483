//! Index entries, many to a row: sled splits its own leaves at 16 rows whatever their size, so that an entry of twenty
//! bytes in a row of its own costs more memory and more writes than a hundred of them together.
//!
//! An entry is a key of a fixed length and the sequences of the records that it leads to, ascending.

use crate::error::StoreError;
use crate::table::Table;

/// The most entries of a leaf. Full, it stays below [`crate::table::ROW_BYTES_MAX`] unless single entries lead to many
/// records.
pub(crate) const LEAF_ENTRIES_MAX: usize = 128;

/// The longest key of an index in bytes.
const KEY_BYTES_MAX: usize = 16;

/// A key, filled up with zeros behind its table's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key([u8; KEY_BYTES_MAX]);

impl Key {
    /// No key of any table lies above it.
    pub(crate) const MAX: Self = Self([0xFF; KEY_BYTES_MAX]);

    pub(crate) fn of(table: Table, bytes: &[u8]) -> Result<Self, StoreError> {
        if bytes.len() != table.key_bytes() {
            return Err(unreadable(table));
        }
        let mut key = [0; KEY_BYTES_MAX];
        key[..bytes.len()].copy_from_slice(bytes);
        Ok(Self(key))
    }

    pub(crate) fn bytes(&self, table: Table) -> &[u8] {
        &self.0[..table.key_bytes()]
    }
}

/// The records that an entry leads to. Nearly always one or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seqs {
    One(u64),
    Many(Vec<u64>),
}

impl Seqs {
    pub(crate) fn as_slice(&self) -> &[u64] {
        match self {
            Self::One(seq) => std::slice::from_ref(seq),
            Self::Many(seqs) => seqs,
        }
    }

    pub(crate) fn first(&self) -> Option<u64> {
        self.as_slice().first().copied()
    }

    /// Adds a record behind the others; the same one twice counts once.
    fn push(&mut self, seq: u64) {
        match self {
            Self::One(only) if *only == seq => {}
            Self::One(only) => *self = Self::Many(vec![*only, seq]),
            Self::Many(seqs) if seqs.last() == Some(&seq) => {}
            Self::Many(seqs) => seqs.push(seq),
        }
    }
}

/// A run of entries in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Leaf {
    entries: Vec<(Key, Seqs)>,
}

impl Leaf {
    pub(crate) fn entries(&self) -> &[(Key, Seqs)] {
        &self.entries
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Seqs> {
        self.position(key).ok().map(|at| &self.entries[at].1)
    }

    fn position(&self, key: &Key) -> Result<usize, usize> {
        match self.entries.last() {
            // Ids are ordered by time: most are the newest.
            Some((last, _)) if last < key => Err(self.entries.len()),
            _ => self.entries.binary_search_by(|(known, _)| known.cmp(key)),
        }
    }

    /// Leads `key` to `seq` unless it leads somewhere already. Says whether it does now.
    pub(crate) fn put_first(&mut self, key: Key, seq: u64) -> bool {
        match self.position(&key) {
            Ok(_) => false,
            Err(at) => {
                self.entries.insert(at, (key, Seqs::One(seq)));
                true
            }
        }
    }

    /// Leads `key` to `seq` as well.
    pub(crate) fn append(&mut self, key: Key, seq: u64) {
        match self.position(&key) {
            Ok(at) => self.entries[at].1.push(seq),
            Err(at) => self.entries.insert(at, (key, Seqs::One(seq))),
        }
    }

    /// Cuts a leaf that has grown too long: behind the newest entry where that came last, which leaves full leaves behind
    /// where keys ascend, or in the middle.
    pub(crate) fn split(&mut self, inserted: &Key) -> Option<(Key, Self)> {
        if self.entries.len() <= LEAF_ENTRIES_MAX {
            return None;
        }
        let last = self.entries.len() - 1;
        let at = if self.entries[last].0 == *inserted { last } else { self.entries.len() / 2 };
        let right = self.entries.split_off(at);
        Some((right[0].0, Self { entries: right }))
    }

    /// Each entry: how many bytes of the key are the entry's before, the rest of the key, how many records, and each
    /// record's distance from the one before. Numbers are LEB128.
    pub(crate) fn encode(&self, table: Table) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.len() * 16);
        let mut before = Key([0; KEY_BYTES_MAX]);
        for (key, seqs) in &self.entries {
            let (known, this) = (before.bytes(table), key.bytes(table));
            let shared = known.iter().zip(this).take_while(|(a, b)| a == b).count();
            bytes.push(u8::try_from(shared).expect("keys are short"));
            bytes.extend_from_slice(&this[shared..]);
            let seqs = seqs.as_slice();
            put_number(&mut bytes, seqs.len() as u64);
            let mut last = 0;
            for seq in seqs {
                put_number(&mut bytes, seq - last);
                last = *seq;
            }
            before = *key;
        }
        bytes
    }

    pub(crate) fn decode(table: Table, bytes: &[u8]) -> Result<Self, StoreError> {
        Self::read(table, bytes).ok_or_else(|| unreadable(table))
    }

    fn read(table: Table, mut rest: &[u8]) -> Option<Self> {
        let mut entries: Vec<(Key, Seqs)> = Vec::with_capacity(LEAF_ENTRIES_MAX + 1);
        let mut key = Key([0; KEY_BYTES_MAX]);
        while let Some((&shared, after)) = rest.split_first() {
            let own = table.key_bytes().checked_sub(usize::from(shared))?;
            let (suffix, after) = after.split_at_checked(own)?;
            key.0[usize::from(shared)..table.key_bytes()].copy_from_slice(suffix);
            if entries.last().is_some_and(|(before, _)| *before >= key) {
                return None;
            }
            rest = after;
            let count = take_number(&mut rest)?;
            let mut last = take_number(&mut rest)?;
            let mut seqs = Seqs::One(last);
            for _ in 1..count {
                last = last.checked_add(take_number(&mut rest)?)?;
                seqs.push(last);
            }
            if seqs.as_slice().len() as u64 != count {
                return None;
            }
            entries.push((key, seqs));
        }
        Some(Self { entries })
    }
}

fn unreadable(table: Table) -> StoreError {
    StoreError::Unreadable { table: table.name(), source: None }
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        let part = u64::from(byte & 0x7F);
        if part << shift >> shift != part {
            return None;
        }
        number |= part << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: Table = Table::Histories;

    fn key(number: u128) -> Key {
        Key::of(TABLE, &number.to_be_bytes()).expect("16 bytes")
    }

    fn filled(keys: impl Iterator<Item = u128>) -> Leaf {
        let mut leaf = Leaf::default();
        for number in keys {
            assert!(leaf.put_first(key(number), 1));
        }
        leaf
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            entries in prop::collection::btree_map(any::<u128>(), prop::collection::btree_set(any::<u64>(), 1..5), 0..150)
        ) {
            let mut leaf = Leaf::default();
            for (number, seqs) in &entries {
                for seq in seqs {
                    leaf.append(key(*number), *seq);
                }
            }
            let back = Leaf::decode(TABLE, &leaf.encode(TABLE)).expect("its own bytes");
            prop_assert_eq!(&back, &leaf);
            for (number, seqs) in &entries {
                let seqs: Vec<u64> = seqs.iter().copied().collect();
                prop_assert_eq!(back.get(&key(*number)).map(Seqs::as_slice), Some(&seqs[..]));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(leaf) = Leaf::decode(TABLE, &bytes) {
                prop_assert_eq!(Leaf::decode(TABLE, &leaf.encode(TABLE)).expect("its own bytes"), leaf);
            }
        }
    }

    #[test]
    fn what_came_first_stays_and_more_is_added_behind() {
        let mut leaf = filled([5].into_iter());
        assert!(!leaf.put_first(key(5), 9));
        leaf.append(key(5), 1);
        leaf.append(key(5), 7);
        leaf.append(key(5), 7);
        assert_eq!(leaf.get(&key(5)).map(Seqs::as_slice), Some(&[1, 7][..]));
        assert_eq!(leaf.get(&key(6)), None);
    }

    #[test]
    fn ascending_keys_leave_full_leaves_behind_and_others_are_cut_in_the_middle() {
        let most = LEAF_ENTRIES_MAX as u128;
        let mut ascending = filled(0..=most);
        let (first, right) = ascending.split(&key(most)).expect("too long");
        assert_eq!((first, right.entries.len(), ascending.entries.len()), (key(most), 1, LEAF_ENTRIES_MAX));
        let mut between = filled(0..=most);
        let (first, right) = between.split(&key(3)).expect("too long");
        assert_eq!((first, right.entries.len(), between.entries.len()), (key(64), 65, 64));
        assert_eq!(filled(0..most).split(&key(0)), None);
    }

    #[test]
    fn a_full_leaf_fits_a_row() {
        let mut leaf = Leaf::default();
        for index in 0..LEAF_ENTRIES_MAX as u128 {
            // Nothing in common, and a number of records that a shop of the largest size has.
            leaf.append(key(index << 120 | index), u64::from(u32::MAX) - 1);
        }
        assert!(leaf.encode(TABLE).len() < crate::table::ROW_BYTES_MAX);
    }
}
