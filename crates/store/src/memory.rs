//! The in-memory twin: the same fold, keys and values over sorted maps. For simulations, tests, and a hub whose disk
//! refuses sled.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdfast_journal::Reader;

use crate::error::StoreError;
use crate::materialised::{Core, Materialised, delegate_state_store};
use crate::past::Past;
use crate::rows::{Pair, Rows};
use crate::table::{Row, Table};

/// The state in memory alone: nothing survives the process, and its indexes grow with everything that is closed.
#[derive(Debug)]
pub struct MemoryStore {
    inner: Materialised<MemoryRows>,
}

impl MemoryStore {
    /// As [`crate::SledStore::state_hash`].
    ///
    /// # Errors
    /// A failure of the storage.
    pub fn state_hash(&self) -> Result<[u8; 32], StoreError> {
        self.inner.state_hash()
    }

    /// An empty state that keeps every record it is given.
    pub fn new() -> Arc<Self> {
        Self::with(Past::in_memory())
    }

    /// An empty state that reads what is closed in the journal: the records that it is given must be the journal's.
    pub fn over(reader: &Reader) -> Arc<Self> {
        Self::with(Past::Journal(reader.clone()))
    }

    fn with(past: Past) -> Arc<Self> {
        Arc::new(Self { inner: Materialised::new(MemoryRows::default(), past, Core::default()) })
    }
}

delegate_state_store!(MemoryStore);

type Tables = BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>;

#[derive(Default)]
pub(crate) struct MemoryRows {
    tables: Mutex<Tables>,
}

impl std::fmt::Debug for MemoryRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows: usize = self.lock().values().map(BTreeMap::len).sum();
        f.debug_struct("MemoryRows").field("rows", &rows).finish()
    }
}

impl MemoryRows {
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows for MemoryRows {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().get(&table).and_then(|rows| rows.get(key)).cloned())
    }

    fn all(&self, table: Table) -> Result<Vec<Pair>, StoreError> {
        let tables = self.lock();
        Ok(tables.get(&table).into_iter().flatten().map(|(key, row)| (key.clone(), row.clone())).collect())
    }

    fn last_below(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let tables = self.lock();
        let Some(rows) = tables.get(&table) else { return Ok(Vec::new()) };
        let end = below.map_or(Bound::Unbounded, Bound::Excluded);
        let range = rows.range::<[u8], _>((Bound::Unbounded, end));
        Ok(range.rev().take(limit).map(|(key, row)| (key.clone(), row.clone())).collect())
    }

    fn first_above(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let tables = self.lock();
        let Some(rows) = tables.get(&table) else { return Ok(None) };
        let range = rows.range::<[u8], _>((Bound::Excluded(key), Bound::Unbounded));
        Ok(range.map(|(key, _)| key.clone()).next())
    }

    fn commit(&self, rows: &[Row]) -> Result<(), StoreError> {
        let mut tables = self.lock();
        for (table, key, row) in rows {
            let table = tables.entry(*table).or_default();
            match row {
                Some(row) => table.insert(key.clone(), row.clone()),
                None => table.remove(key),
            };
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn doubt(&self) {}
}
