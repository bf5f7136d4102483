//! Reading what is synced.

use std::sync::Arc;

use crate::catalog::Shared;
use crate::error::JournalError;
use crate::verify::{self, VerifyReport};
use crate::walk::{READ_AHEAD_BYTES, RecordWalk, WALK_AHEAD_BYTES};
use crate::{ChainFn, Position, Record};

/// Reads synced records; clones are cheap and may live on any thread. Calls block on the disk.
#[derive(Clone, Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The last synced record; `None` in an empty journal.
    #[must_use]
    pub fn head(&self) -> Option<Position> {
        self.shared.head()
    }

    /// One record; `None` when it is not synced yet, was pruned, or never existed.
    ///
    /// # Errors
    /// Storage errors and [`JournalError::RecordDamaged`].
    pub fn read(&self, seq: u64) -> Result<Option<Record>, JournalError> {
        if seq == 0 || self.head().is_none_or(|head| seq > head.seq) {
            return Ok(None);
        }
        let Some((mut walk, mark_seq, _)) = self.shared.walk_at(seq, READ_AHEAD_BYTES)? else {
            return Ok(None);
        };
        for _ in mark_seq..seq {
            walk.pass()?;
        }
        walk.step().map(Some)
    }

    /// The records from `from_seq` (or the oldest that is kept) to what is synced at this moment, in order. Holds one
    /// read-ahead piece and one record in memory. After an error the iterator ends.
    #[must_use]
    pub fn scan(&self, from_seq: u64) -> Scan {
        let oldest = {
            let catalog = self.shared.catalog.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let sealed = catalog.sealed.first().map(|sealed| sealed.header.first_seq);
            sealed.or(catalog.active.as_ref().map(|active| active.header.first_seq))
        };
        let last_seq = self.head().map_or(0, |head| head.seq);
        Scan {
            shared: self.shared.clone(),
            next_seq: from_seq.max(oldest.unwrap_or(1)),
            last_seq,
            walk: None,
        }
    }

    /// Walks everything that is synced, checks every CRC, sequence and chain hash, and reports.
    ///
    /// # Errors
    /// Storage errors only; what is wrong in the journal is in the report.
    pub fn verify(&self, chain: ChainFn) -> Result<VerifyReport, JournalError> {
        let last_seq = self.head().map_or(0, |head| head.seq);
        verify::verify_through(&*self.shared.storage, &self.shared.dir, chain, Some(last_seq))
    }
}

/// See [`Reader::scan`].
#[derive(Debug)]
pub struct Scan {
    shared: Arc<Shared>,
    next_seq: u64,
    last_seq: u64,
    /// The walk through the current segment and that segment's last sequence.
    walk: Option<(RecordWalk, u64)>,
}

impl Scan {
    fn read_next(&mut self) -> Result<Option<Record>, JournalError> {
        if self.walk.as_ref().is_none_or(|(_, segment_last)| self.next_seq > *segment_last) {
            let Some((mut walk, mark_seq, segment_last)) =
                self.shared.walk_at(self.next_seq, WALK_AHEAD_BYTES)?
            else {
                return Ok(None);
            };
            for _ in mark_seq..self.next_seq {
                walk.pass()?;
            }
            self.walk = Some((walk, segment_last));
        }
        match &mut self.walk {
            Some((walk, _)) => walk.step().map(Some),
            None => Ok(None),
        }
    }
}

impl Iterator for Scan {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next_seq > self.last_seq {
            return None;
        }
        let record = self.read_next();
        match record {
            Ok(Some(record)) => {
                self.next_seq += 1;
                Some(Ok(record))
            }
            Ok(None) => {
                self.next_seq = u64::MAX;
                None
            }
            Err(error) => {
                self.next_seq = u64::MAX;
                Some(Err(error))
            }
        }
    }
}
