//! The state's twin in memory behind a disk that can fail: selling must go on, and nothing may be forgotten meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_domain::State;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, SubjectId, TransactionId};
use holdfast_domain::order::Order;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::sale::Sale;
use holdfast_domain::subject::SubjectStanding;
use holdfast_protocol::message::{ReplyPosition, StoredRecord};
use holdfast_store::{
    MemoryStore, OutcomeEntry, ReconciliationTotals, StateStore, StoreError, TransactionEntry,
};

use crate::world::World;

/// Passes everything on; applies nothing while the state's disk fails.
#[derive(Debug)]
pub struct FailingStore {
    inner: Arc<MemoryStore>,
    world: Arc<World>,
}

impl FailingStore {
    pub fn new(inner: Arc<MemoryStore>, world: Arc<World>) -> Self {
        Self { inner, world }
    }

    fn ready(&self) -> Result<(), StoreError> {
        if self.world.hub().state_fails { Err(StoreError::Stopped) } else { Ok(()) }
    }
}

impl StateStore for FailingStore {
    fn applied(&self) -> Option<ReplyPosition> {
        self.inner.applied()
    }
    fn with_state(&self, read: &mut dyn FnMut(&State)) {
        self.inner.with_state(read);
    }
    fn apply(&self, batch: &[StoredRecord]) -> Result<(), StoreError> {
        self.ready()?;
        self.inner.apply(batch)
    }
    fn pass_over(&self, position: ReplyPosition) -> Result<(), StoreError> {
        self.ready()?;
        self.inner.pass_over(position)
    }
    fn outcome(&self, id: CommandId) -> Result<Option<OutcomeEntry>, StoreError> {
        self.inner.outcome(id)
    }
    fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.inner.order(id)
    }
    fn sale(&self, id: TransactionId) -> Result<Option<Sale>, StoreError> {
        self.inner.sale(id)
    }
    fn shift_closed(&self, id: ShiftId) -> Result<bool, StoreError> {
        self.inner.shift_closed(id)
    }
    fn subject(&self, id: SubjectId) -> Result<Option<SubjectStanding>, StoreError> {
        self.inner.subject(id)
    }
    fn erased_subjects(&self) -> Result<Vec<SubjectId>, StoreError> {
        self.inner.erased_subjects()
    }
    fn merged_subjects(&self) -> Result<Vec<(SubjectId, SubjectId)>, StoreError> {
        self.inner.merged_subjects()
    }
    fn transaction(&self, id: TransactionId) -> Result<Option<TransactionEntry>, StoreError> {
        self.inner.transaction(id)
    }
    fn transaction_by_receipt(&self, number: ReceiptNumber) -> Result<Option<TransactionEntry>, StoreError> {
        self.inner.transaction_by_receipt(number)
    }
    fn blocks_of_dates(&self, from: BusinessDate, to: BusinessDate) -> Result<Vec<u64>, StoreError> {
        self.inner.blocks_of_dates(from, to)
    }

    fn latest_transactions(
        &self,
        before_seq: Option<u64>,
        limit: usize,
    ) -> Result<Vec<TransactionEntry>, StoreError> {
        self.inner.latest_transactions(before_seq, limit)
    }
    fn totals(&self) -> ReconciliationTotals {
        self.inner.totals()
    }
    fn violations(&self) -> BTreeMap<String, u64> {
        self.inner.violations()
    }
    fn cursor(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.cursor(name)
    }
    fn set_cursor(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.ready()?;
        self.inner.set_cursor(name, value)
    }
    fn sync(&self) -> Result<(), StoreError> {
        self.ready()?;
        self.inner.sync()
    }
}
