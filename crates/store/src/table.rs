//! The tables of the state, and how a value of any size becomes rows that sled keeps in its log.

use std::collections::BTreeMap;

use crate::error::StoreError;

/// The version of everything that is stored here: tables, keys and values. Another version means rebuild, so it is raised
/// whenever one of them, the fold itself, or the decoder's reach changes.
pub const STATE_VERSION: u8 = 16;

/// The largest value of one row in bytes. sled splits a leaf at 16 entries, whatever their size, can let ten more wait
/// before it does, and writes a leaf of more than 128 KiB into a separate file that it never syncs. 26 rows of this size
/// stay below that; rows of 16 KiB do not, as the test on large orders shows.
pub const ROW_BYTES_MAX: usize = 4 * 1024;

/// The most rows of one value: a record's payload cannot be larger than this times [`ROW_BYTES_MAX`].
const PIECES_MAX: u32 = 4 * 1024;

const WHOLE: u8 = 0;
const IN_PIECES: u8 = 1;

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident = $name:literal),+ $(,)?) => {
        /// One table; keys sort as bytes, numbers in them are big-endian.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Table { $($(#[$doc])* $table),+ }

        impl Table {
            pub(crate) const ALL: &[Self] = &[$(Self::$table),+];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$table => $name),+ }
            }
        }
    };
}

tables! {
    /// Version, boot and what is applied, each under a key of its own.
    Meta = "meta",
    /// Epochs, store, profile, tenders, taxes, catalog version, last numbers of Z, day Z and correction, the store's roles, the
    /// count under way, payment devices and what the store risks where they approve by themselves, under one empty key.
    Store = "store",
    /// Terminal id → till.
    Tills = "tills",
    /// Staff id → member of staff.
    Staff = "staff",
    /// Shift id → open shift.
    Shifts = "shifts",
    /// Shift id → nothing.
    ClosedShifts = "closed-shifts",
    /// Order id → nothing: the orders that belong into memory.
    OpenOrders = "open-orders",
    /// Product number → stock level.
    Stock = "stock",
    /// Transaction id → nothing: documents whose printing is not settled.
    Documents = "documents",
    /// Index: command id → its first record. A transaction has the id of the command that made it.
    Commands = "commands",
    /// Index: order id → every record that changed the order or a sale of it.
    Histories = "histories",
    /// Index: a record with transactions → nothing.
    Transactions = "transactions",
    /// Index: till number, series, number → the record of the transaction that bears it.
    Receipts = "receipts",
    /// Index: business date, block of records → the block's first record with an event of that date.
    Days = "days",
    /// Cursor name → what its owner keeps.
    Cursors = "cursors",
    /// Table, key, index → a piece of a value that does not fit one row.
    Pieces = "pieces",
    /// Product number → what the count under way found of it.
    Counted = "counted",
    /// Subject id → what the store knows of it.
    Subjects = "subjects",
    /// Subject id → nothing: the subjects that were erased.
    ErasedSubjects = "erased-subjects",
    /// Subject id → whom the subject was merged into.
    MergedSubjects = "merged-subjects",
    /// Coupon code → how often it was used.
    Coupons = "coupons",
    /// Business date → its day Zs so far, and what was closed since.
    OpenDays = "open-days",
    /// Number of a Z → what its shift declared.
    Zs = "zs",
    /// Number → gift card or store credit.
    Values = "values",
    /// Transaction id → issue of stored value in an open shift.
    Issues = "issues",
    /// Attempt id → attempt to move money that is not over, or whose shift is open.
    Attempts = "attempts",
    /// Payment device → what it moved since its day began.
    DeviceDays = "device-days",
}

impl Table {
    /// The length of an index's keys in bytes.
    pub(crate) fn key_bytes(self) -> usize {
        match self {
            Self::Receipts => 7,
            Self::Transactions => 8,
            Self::Days => 12,
            _ => 16,
        }
    }

    /// Whether the table's rows are leaves of an index.
    pub(crate) fn is_index(self) -> bool {
        matches!(self, Self::Commands | Self::Histories | Self::Transactions | Self::Receipts | Self::Days)
    }
}

/// One row to be written or, without a value, removed.
pub(crate) type Row = (Table, Vec<u8>, Option<Vec<u8>>);

/// Values to be written together. A later value for the same key replaces the earlier one.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    values: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
}

impl Writes {
    pub(crate) fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: Vec<u8>) {
        self.values.insert((table, key.into()), Some(value));
    }

    pub(crate) fn remove(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        self.values.insert((table, key.into()), None);
    }

    /// The rows that keep the values. Pieces that a shorter value leaves behind stay and are never read again.
    pub(crate) fn into_rows(self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.values.len());
        for ((table, key), value) in self.values {
            match value {
                None => rows.push((table, key, None)),
                Some(value) if value.len() < ROW_BYTES_MAX => {
                    let mut row = Vec::with_capacity(value.len() + 1);
                    row.push(WHOLE);
                    row.extend_from_slice(&value);
                    rows.push((table, key, Some(row)));
                }
                Some(value) => {
                    let pieces = value.chunks(ROW_BYTES_MAX);
                    let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
                    for (index, piece) in (0..count).zip(pieces) {
                        rows.push((Table::Pieces, piece_key(table, &key, index), Some(piece.to_vec())));
                    }
                    let mut row = vec![IN_PIECES];
                    row.extend_from_slice(&count.to_be_bytes());
                    rows.push((table, key, Some(row)));
                }
            }
        }
        rows
    }
}

/// Puts a value together again from its row, reading its pieces where it has any.
pub(crate) fn whole_value(
    table: Table,
    key: &[u8],
    row: &[u8],
    piece: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<Vec<u8>, StoreError> {
    let unreadable = || StoreError::Unreadable { table: table.name(), source: None };
    match row.split_first() {
        Some((&WHOLE, value)) => Ok(value.to_vec()),
        Some((&IN_PIECES, count)) => {
            let count = u32::from_be_bytes(count.try_into().map_err(|_| unreadable())?);
            if count > PIECES_MAX {
                return Err(unreadable());
            }
            let mut value = Vec::new();
            for index in 0..count {
                value.extend(piece(&piece_key(table, key, index))?.ok_or_else(unreadable)?);
            }
            Ok(value)
        }
        _ => Err(unreadable()),
    }
}

fn piece_key(table: Table, key: &[u8], index: u32) -> Vec<u8> {
    let mut piece = Vec::with_capacity(key.len() + 7);
    piece.push(table as u8);
    piece.extend_from_slice(&u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
    piece.extend_from_slice(key);
    piece.extend_from_slice(&index.to_be_bytes());
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(bytes: usize) -> usize {
        let value: Vec<u8> = (0..bytes).map(|at| u8::try_from(at % 251).expect("below 251")).collect();
        let mut writes = Writes::default();
        writes.put(Table::Shifts, *b"key", value.clone());
        let rows = writes.into_rows();
        assert!(rows.iter().all(|(_, _, row)| row.as_ref().is_some_and(|row| row.len() <= ROW_BYTES_MAX)));
        let find = |table, key: &[u8]| {
            rows.iter().find(|(t, k, _)| *t == table && k == key).and_then(|(_, _, row)| row.clone())
        };
        let row = find(Table::Shifts, b"key").expect("the value's own row");
        let back =
            whole_value(Table::Shifts, b"key", &row, |key| Ok(find(Table::Pieces, key))).expect("readable");
        assert_eq!(back, value);
        rows.len()
    }

    #[test]
    fn a_value_of_any_size_comes_back_and_no_row_is_too_large() {
        assert_eq!(round_trip(0), 1);
        assert_eq!(round_trip(ROW_BYTES_MAX - 1), 1);
        assert_eq!(round_trip(ROW_BYTES_MAX), 2);
        assert_eq!(round_trip(ROW_BYTES_MAX + 1), 3);
        assert_eq!(round_trip(1 << 20), 1 + 256);
    }

    #[test]
    fn a_row_without_its_pieces_is_unreadable() {
        for row in
            [&[][..], &[9, 1], &[IN_PIECES, 0], &[IN_PIECES, 0, 0, 0, 1], &[IN_PIECES, 255, 255, 255, 255]]
        {
            let read = whole_value(Table::Shifts, b"key", row, |_| Ok(None));
            assert!(matches!(read, Err(StoreError::Unreadable { table: "shifts", .. })), "{row:?}");
        }
    }
}
