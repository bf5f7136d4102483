//! What the materialised state asks of its storage.

use crate::error::StoreError;
use crate::table::{Row, Table, whole_value};

/// A key with its row.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// Ordered tables of rows. Every call may fail, none may panic.
pub(crate) trait Rows: Send + Sync + std::fmt::Debug {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// All rows of a table that belongs into memory anyway.
    fn all(&self, table: Table) -> Result<Vec<Pair>, StoreError>;

    /// At most `limit` rows with keys below `below` (or of all), the highest key first.
    fn last_below(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError>;

    /// The lowest key above `key`.
    fn first_above(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Writes all rows or none.
    fn commit(&self, rows: &[Row]) -> Result<(), StoreError>;

    /// Writes rows one by one, for a state that nobody trusts before it is complete.
    fn load(&self, rows: &[Row]) -> Result<(), StoreError> {
        self.commit(rows)
    }

    /// Makes every commit so far durable.
    fn sync(&self) -> Result<(), StoreError>;

    /// Something failed: what is stored must not be trusted by whoever opens it next.
    fn doubt(&self);
}

/// Reads a value, from its pieces where it has any.
pub(crate) fn read(rows: &dyn Rows, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    rows.get(table, key)?.map(|row| assemble(rows, table, key, &row)).transpose()
}

/// The value of a row that was read.
pub(crate) fn assemble(rows: &dyn Rows, table: Table, key: &[u8], row: &[u8]) -> Result<Vec<u8>, StoreError> {
    whole_value(table, key, row, |piece| rows.get(Table::Pieces, piece))
}
