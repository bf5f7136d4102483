//! What happened before: an index leads to a record, and the record is read where it stands.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use holdfast_journal::Reader;
use holdfast_protocol::message::StoredRecord;

use crate::catch_up::stored_record;
use crate::error::StoreError;
use crate::table::Table;

/// Where records are read again.
#[derive(Debug)]
pub(crate) enum Past {
    /// In the journal, which has them for ever.
    Journal(Reader),
    /// In memory, for a state without a journal beside it.
    Kept(RwLock<BTreeMap<u64, StoredRecord>>),
}

impl Past {
    pub(crate) fn in_memory() -> Self {
        Self::Kept(RwLock::default())
    }

    /// Takes note of records that were applied.
    pub(crate) fn keep(&self, records: &[StoredRecord]) {
        if let Self::Kept(kept) = self {
            let mut kept = kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.extend(records.iter().map(|stored| (stored.position.seq, stored.clone())));
        }
    }

    /// A record that an index of `table` leads to.
    pub(crate) fn record(&self, table: Table, seq: u64) -> Result<StoredRecord, StoreError> {
        let missing = StoreError::Unreadable { table: table.name(), source: None };
        match self {
            Self::Journal(reader) => {
                let record = reader.read(seq).map_err(|source| StoreError::Journal { source })?;
                stored_record(record.ok_or(missing)?)
            }
            Self::Kept(kept) => {
                let kept = kept.read().unwrap_or_else(PoisonError::into_inner);
                kept.get(&seq).cloned().ok_or(missing)
            }
        }
    }
}
