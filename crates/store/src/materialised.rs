//! The state over any storage: one lock around what is in memory, one transaction per batch.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use holdfast_domain::State;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, SubjectId, TransactionId};
use holdfast_domain::order::Order;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::sale::Sale;
use holdfast_domain::subject::SubjectStanding;
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::message::{ReplyPosition, StoredRecord};

use crate::codec::id_key;
use crate::entry::{OutcomeEntry, ReconciliationTotals, TransactionEntry};
use crate::error::StoreError;
use crate::fold::{self, Fold};
use crate::history::History;
use crate::past::Past;
use crate::rows::{Rows, read};
use crate::table::{Table, Writes};

pub(crate) use crate::fold::Core;

/// The most records of one transaction.
pub const BATCH_RECORDS_MAX: usize = 1_024;
/// The most payload bytes of one transaction, unless a single record has more.
pub const BATCH_PAYLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most transactions that one call lists.
pub const PAGE_TRANSACTIONS_MAX: usize = 1_000;
/// The longest name and the largest value of a cursor in bytes.
pub const CURSOR_BYTES_MAX: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Materialised<R> {
    rows: R,
    past: Past,
    core: RwLock<Core>,
    stopped: AtomicBool,
    /// Nobody trusts what is stored before it is complete, so that what is in memory is written once, at the end.
    building: bool,
}

impl<R: Rows> Materialised<R> {
    pub(crate) fn new(rows: R, past: Past, core: Core) -> Self {
        Self { rows, past, core: RwLock::new(core), stopped: AtomicBool::new(false), building: false }
    }

    /// An empty state that is built from the first record on and counts for nothing until [`Materialised::built`].
    pub(crate) fn building(rows: R, past: Past) -> Self {
        Self { building: true, ..Self::new(rows, past, Core::default()) }
    }

    /// Writes what a build has left in memory.
    pub(crate) fn built(&self) -> Result<(), StoreError> {
        let mut core = self.quiesce()?;
        let mut writes = Writes::default();
        Fold::of_everything(&core.state).write_touched(&mut core, &mut writes);
        self.judged(self.rows.load(&writes.into_rows()))
    }

    pub(crate) fn rows(&self) -> &R {
        &self.rows
    }

    pub(crate) fn state_hash(&self) -> Result<[u8; 32], StoreError> {
        crate::hash::of(&self.rows, self.applied())
    }

    /// Nothing is answered any more; what is in memory can still be shown.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Waits until nobody writes, so that what follows is the last word.
    pub(crate) fn quiesce(&self) -> Result<RwLockWriteGuard<'_, Core>, StoreError> {
        let core = self.core.write().unwrap_or_else(PoisonError::into_inner);
        self.running().map(|()| core)
    }

    fn running(&self) -> Result<(), StoreError> {
        if self.stopped.load(Ordering::Acquire) { Err(StoreError::Stopped) } else { Ok(()) }
    }

    fn shown(&self) -> RwLockReadGuard<'_, Core> {
        self.core.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A failure of the storage ends its use: later answers could be wrong.
    pub(crate) fn judged<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &outcome
            && error.is_doubt()
        {
            tracing::error!(code = error.code(), error = %error, "the state failed and stops");
            self.stop();
            self.rows.doubt();
        }
        outcome
    }

    /// Reads under the lock, so that no half of a batch is seen.
    fn reading<T>(&self, answer: impl FnOnce(&Core, &R) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let core = self.shown();
        self.running()?;
        self.judged(answer(&core, &self.rows))
    }

    fn recalling<T>(
        &self,
        answer: impl FnOnce(History<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.reading(|core, rows| answer(core.history(rows, &self.past)))
    }

    pub(crate) fn applied(&self) -> Option<ReplyPosition> {
        self.shown().applied
    }

    pub(crate) fn with_state(&self, read: &mut dyn FnMut(&State)) {
        read(&self.shown().state);
    }

    pub(crate) fn apply(&self, batch: &[StoredRecord]) -> Result<(), StoreError> {
        let mut rest = batch;
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(transaction_len(rest));
            self.apply_together(piece)?;
            rest = later;
        }
        Ok(())
    }

    fn apply_together(&self, piece: &[StoredRecord]) -> Result<(), StoreError> {
        let mut core = self.quiesce()?;
        let next_seq = core.applied.map_or(1, |position| position.seq + 1);
        for (expected_seq, stored) in (next_seq..).zip(piece) {
            follows(expected_seq, stored.position)?;
        }
        if is_planted(Bug::AppliedBeforeWritten)
            && let Some(last) = piece.last()
        {
            let mut early = Writes::default();
            fold::put_applied(&mut early, &core, last.position);
            self.rows.commit(&early.into_rows())?;
            self.rows.sync()?;
        }
        self.transaction(&mut core, |fold, core| {
            piece.iter().try_for_each(|stored| fold.record(&self.rows, &self.past, core, stored))
        })?;
        self.past.keep(piece);
        Ok(())
    }

    pub(crate) fn pass_over(&self, position: ReplyPosition) -> Result<(), StoreError> {
        let mut core = self.quiesce()?;
        follows(core.applied.map_or(1, |position| position.seq + 1), position)?;
        self.transaction(&mut core, |_, core| {
            Fold::undecodable(core, position);
            Ok(())
        })
    }

    /// Folds in memory, then writes. Between the two, memory is ahead of what is kept: the store counts as stopped until
    /// both agree, so that neither an error nor a panic leaves it answering.
    fn transaction(
        &self,
        core: &mut Core,
        change: impl FnOnce(&mut Fold, &mut Core) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.stop();
        let mut fold = Fold::default();
        let written = change(&mut fold, core).and_then(|()| {
            let mut writes = Writes::default();
            fold.write_forgotten(core, &mut writes);
            if self.building {
                core.index.write_old(&mut writes);
                return self.rows.load(&writes.into_rows());
            }
            fold.write_touched(core, &mut writes);
            self.rows.commit(&writes.into_rows())
        });
        self.judged(written)?;
        core.forget(&fold);
        self.stopped.store(false, Ordering::Release);
        Ok(())
    }

    pub(crate) fn outcome(&self, id: CommandId) -> Result<Option<OutcomeEntry>, StoreError> {
        self.recalling(|history| history.outcome(id))
    }

    pub(crate) fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.reading(|core, rows| match core.state.orders.get(&id) {
            Some(order) => Ok(Some(order.clone())),
            None => core.history(rows, &self.past).order(id),
        })
    }

    pub(crate) fn sale(&self, id: TransactionId) -> Result<Option<Sale>, StoreError> {
        self.recalling(|history| history.sale(id))
    }

    pub(crate) fn shift_closed(&self, id: ShiftId) -> Result<bool, StoreError> {
        self.reading(|_, rows| Ok(rows.get(Table::ClosedShifts, &id_key(id.0))?.is_some()))
    }

    pub(crate) fn subject(&self, id: SubjectId) -> Result<Option<SubjectStanding>, StoreError> {
        self.reading(|_, rows| fold::subject(rows, id))
    }

    pub(crate) fn erased_subjects(&self) -> Result<Vec<SubjectId>, StoreError> {
        self.reading(|_, rows| fold::erased_subjects(rows))
    }

    pub(crate) fn merged_subjects(&self) -> Result<Vec<(SubjectId, SubjectId)>, StoreError> {
        self.reading(|_, rows| fold::merged_subjects(rows))
    }

    pub(crate) fn transaction_entry(
        &self,
        id: TransactionId,
    ) -> Result<Option<TransactionEntry>, StoreError> {
        self.recalling(|history| history.transaction(id))
    }

    pub(crate) fn transaction_by_receipt(
        &self,
        number: ReceiptNumber,
    ) -> Result<Option<TransactionEntry>, StoreError> {
        self.recalling(|history| history.by_receipt(number))
    }

    pub(crate) fn latest_transactions(
        &self,
        before_seq: Option<u64>,
        limit: usize,
    ) -> Result<Vec<TransactionEntry>, StoreError> {
        self.recalling(|history| history.latest(before_seq, limit.min(PAGE_TRANSACTIONS_MAX)))
    }

    pub(crate) fn blocks_of_dates(
        &self,
        from: BusinessDate,
        to: BusinessDate,
    ) -> Result<Vec<u64>, StoreError> {
        self.recalling(|history| history.blocks(from, to))
    }

    pub(crate) fn totals(&self) -> ReconciliationTotals {
        let core = self.shown();
        ReconciliationTotals { currency: core.state.profile.as_ref().map(|p| p.currency), ..core.totals }
    }

    pub(crate) fn violations(&self) -> BTreeMap<String, u64> {
        self.shown().violations.clone()
    }

    pub(crate) fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.reading(|_, rows| read(rows, Table::Cursors, name.as_bytes()))
    }

    pub(crate) fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        let bytes = name.len().max(value.len());
        if bytes > CURSOR_BYTES_MAX {
            return Err(StoreError::CursorTooLarge { bytes, bytes_max: CURSOR_BYTES_MAX });
        }
        let _core = self.quiesce()?;
        let mut writes = Writes::default();
        writes.put(Table::Cursors, name.as_bytes(), value.to_vec());
        self.judged(self.rows.commit(&writes.into_rows()))
    }

    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.running()?;
        self.judged(self.rows.sync())
    }
}

/// How many of the first records make one transaction: at least one.
fn transaction_len(batch: &[StoredRecord]) -> usize {
    let mut bytes = 0;
    let fits = |stored: &&StoredRecord| {
        bytes += stored.payload.len();
        bytes <= BATCH_PAYLOAD_BYTES_MAX
    };
    batch.iter().take(BATCH_RECORDS_MAX).take_while(fits).count().max(1)
}

fn follows(expected_seq: u64, position: ReplyPosition) -> Result<(), StoreError> {
    let found_seq = position.seq;
    if found_seq == expected_seq {
        Ok(())
    } else {
        Err(StoreError::NotContiguous { expected_seq, found_seq })
    }
}

/// Implements [`crate::StateStore`] for a struct whose field `inner` is a [`Materialised`].
macro_rules! delegate_state_store {
    ($store:ty) => {
        impl crate::StateStore for $store {
            fn applied(&self) -> Option<holdfast_protocol::message::ReplyPosition> {
                self.inner.applied()
            }
            fn with_state(&self, read: &mut dyn FnMut(&holdfast_domain::State)) {
                self.inner.with_state(read);
            }
            fn apply(&self, batch: &[holdfast_protocol::message::StoredRecord]) -> Result<(), StoreError> {
                self.inner.apply(batch)
            }
            fn pass_over(
                &self,
                position: holdfast_protocol::message::ReplyPosition,
            ) -> Result<(), StoreError> {
                self.inner.pass_over(position)
            }
            fn outcome(
                &self,
                id: holdfast_domain::ids::CommandId,
            ) -> Result<Option<crate::OutcomeEntry>, StoreError> {
                self.inner.outcome(id)
            }
            fn order(
                &self,
                id: holdfast_domain::ids::OrderId,
            ) -> Result<Option<holdfast_domain::order::Order>, StoreError> {
                self.inner.order(id)
            }
            fn sale(
                &self,
                id: holdfast_domain::ids::TransactionId,
            ) -> Result<Option<holdfast_domain::sale::Sale>, StoreError> {
                self.inner.sale(id)
            }
            fn shift_closed(&self, id: holdfast_domain::ids::ShiftId) -> Result<bool, StoreError> {
                self.inner.shift_closed(id)
            }
            fn subject(
                &self,
                id: holdfast_domain::ids::SubjectId,
            ) -> Result<Option<holdfast_domain::subject::SubjectStanding>, StoreError> {
                self.inner.subject(id)
            }
            fn erased_subjects(&self) -> Result<Vec<holdfast_domain::ids::SubjectId>, StoreError> {
                self.inner.erased_subjects()
            }
            fn merged_subjects(
                &self,
            ) -> Result<Vec<(holdfast_domain::ids::SubjectId, holdfast_domain::ids::SubjectId)>, StoreError>
            {
                self.inner.merged_subjects()
            }
            fn transaction(
                &self,
                id: holdfast_domain::ids::TransactionId,
            ) -> Result<Option<crate::TransactionEntry>, StoreError> {
                self.inner.transaction_entry(id)
            }
            fn transaction_by_receipt(
                &self,
                number: holdfast_domain::receipt::ReceiptNumber,
            ) -> Result<Option<crate::TransactionEntry>, StoreError> {
                self.inner.transaction_by_receipt(number)
            }
            fn latest_transactions(
                &self,
                before_seq: Option<u64>,
                limit: usize,
            ) -> Result<Vec<crate::TransactionEntry>, StoreError> {
                self.inner.latest_transactions(before_seq, limit)
            }
            fn blocks_of_dates(
                &self,
                from: holdfast_domain::calendar::BusinessDate,
                to: holdfast_domain::calendar::BusinessDate,
            ) -> Result<Vec<u64>, StoreError> {
                self.inner.blocks_of_dates(from, to)
            }
            fn totals(&self) -> crate::ReconciliationTotals {
                self.inner.totals()
            }
            fn violations(&self) -> std::collections::BTreeMap<String, u64> {
                self.inner.violations()
            }
            fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
                self.inner.cursor(name)
            }
            fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
                self.inner.set_cursor(name, value)
            }
            fn sync(&self) -> Result<(), StoreError> {
                self.inner.sync()
            }
        }
    };
}
pub(crate) use delegate_state_store;

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicUsize;

    use holdfast_domain::calendar::Timestamp;
    use holdfast_domain::event::Event;
    use holdfast_domain::ids::{EpochId, Uuid};
    use holdfast_domain::{Origin, Outcome, Record};

    use super::*;
    use crate::memory::MemoryRows;
    use crate::rows::Pair;
    use crate::table::Row;

    /// Fails or panics at one commit, as a disk or sled may.
    #[derive(Debug, Default)]
    struct FaultyRows {
        rows: MemoryRows,
        commits_left: AtomicUsize,
        panics: bool,
        doubted: AtomicBool,
    }

    impl Rows for FaultyRows {
        fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            self.rows.get(table, key)
        }

        fn all(&self, table: Table) -> Result<Vec<Pair>, StoreError> {
            self.rows.all(table)
        }

        fn last_below(
            &self,
            table: Table,
            below: Option<&[u8]>,
            limit: usize,
        ) -> Result<Vec<Pair>, StoreError> {
            self.rows.last_below(table, below, limit)
        }

        fn first_above(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            self.rows.first_above(table, key)
        }

        fn commit(&self, rows: &[Row]) -> Result<(), StoreError> {
            if self.commits_left.fetch_sub(1, Ordering::Relaxed) > 0 {
                return self.rows.commit(rows);
            }
            assert!(!self.panics, "the storage breaks down");
            Err(StoreError::Unreadable { table: "meta", source: None })
        }

        fn sync(&self) -> Result<(), StoreError> {
            Ok(())
        }

        fn doubt(&self) {
            self.doubted.store(true, Ordering::Relaxed);
        }
    }

    fn record(seq: u64) -> StoredRecord {
        let before = Timestamp(0);
        let event = Event::ClockStepped { before, after: Timestamp(1) };
        let outcome = Outcome::Accepted { events: vec![event] };
        StoredRecord {
            position: ReplyPosition { epoch: EpochId(Uuid::from_u128(1)), seq, hash: [7; 32] },
            payload: vec![0; 10],
            record: Record { recorded_at: before, origin: Origin::Hub, outcome },
        }
    }

    fn faulty(commits: usize, panics: bool) -> Materialised<FaultyRows> {
        let rows = FaultyRows { commits_left: commits.into(), panics, ..FaultyRows::default() };
        Materialised::new(rows, Past::in_memory(), Core::default())
    }

    #[test]
    fn after_a_failed_write_nothing_is_answered_and_what_is_kept_is_whole() {
        let store = faulty(1, false);
        store.apply(&[record(1)]).expect("the first batch is kept");
        assert!(matches!(store.apply(&[record(2)]), Err(StoreError::Unreadable { .. })));
        assert!(matches!(store.apply(&[record(2)]), Err(StoreError::Stopped)));
        assert!(matches!(store.outcome(CommandId(Uuid::from_u128(1))), Err(StoreError::Stopped)));
        assert!(matches!(store.sync(), Err(StoreError::Stopped)));
        assert!(store.rows().doubted.load(Ordering::Relaxed));
        let kept = Core::load(store.rows(), &Past::in_memory()).expect("readable");
        assert_eq!(kept.applied.map(|position| position.seq), Some(1));
    }

    #[test]
    fn after_a_panic_in_between_nothing_is_answered() {
        let store = faulty(1, true);
        store.apply(&[record(1)]).expect("the first batch is kept");
        assert!(catch_unwind(AssertUnwindSafe(|| store.apply(&[record(2)]))).is_err());
        assert!(matches!(store.apply(&[record(2)]), Err(StoreError::Stopped)));
        assert!(matches!(store.cursor("uplink"), Err(StoreError::Stopped)));
    }

    #[test]
    fn a_refused_record_stops_nothing() {
        let store = faulty(9, false);
        assert!(matches!(
            store.apply(&[record(2)]),
            Err(StoreError::NotContiguous { expected_seq: 1, found_seq: 2 })
        ));
        assert!(matches!(
            store.apply(&[record(1), record(3)]),
            Err(StoreError::NotContiguous { expected_seq: 2, found_seq: 3 })
        ));
        assert_eq!(store.applied(), None);
        store.apply(&[record(1), record(2)]).expect("these follow");
        assert!(matches!(store.apply(&[record(2)]), Err(StoreError::NotContiguous { .. })));
    }

    #[test]
    fn a_long_batch_becomes_several_transactions() {
        let batch: Vec<StoredRecord> = (1..=2 * BATCH_RECORDS_MAX as u64 + 1).map(record).collect();
        assert_eq!(transaction_len(&batch), BATCH_RECORDS_MAX);
        let store = faulty(3, false);
        store.apply(&batch).expect("three transactions");
        assert_eq!(store.applied().map(|position| position.seq), Some(batch.len() as u64));
        let mut large = record(1);
        large.payload = vec![0; BATCH_PAYLOAD_BYTES_MAX + 1];
        assert_eq!(transaction_len(&[large.clone(), large]), 1);
    }
}
