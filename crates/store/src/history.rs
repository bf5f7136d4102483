//! What is closed, as it was: the records that the indexes lead to, read again and folded.

use std::collections::BTreeSet;

use holdfast_domain::State;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::event::Event;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{CommandId, OrderId, TransactionId};
use holdfast_domain::order::Order;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::sale::Sale;
use holdfast_protocol::message::{StoredRecord, TransactionKind, TransactionView, transactions_of};

use crate::codec::{day_key, id_key, receipt_key, seq_key, transaction_key};
use crate::entry::{OutcomeEntry, TransactionEntry};
use crate::error::StoreError;
use crate::index::Index;
use crate::leaf::Seqs;
use crate::past::Past;
use crate::rows::Rows;
use crate::table::Table;

/// How many records the index of business dates takes together: an entry for each block that holds anything of a date,
/// and not for each record, keeps years of dates small.
pub const BLOCK_RECORDS: u64 = 128;

/// Blocks of dates that are read from the index at once.
const BLOCKS_PAGE: usize = 1_024;

/// Everything that a question about the past is answered from.
#[derive(Clone, Copy)]
pub(crate) struct History<'a> {
    pub(crate) index: &'a Index,
    pub(crate) rows: &'a dyn Rows,
    pub(crate) past: &'a Past,
}

impl History<'_> {
    pub(crate) fn outcome(self, id: CommandId) -> Result<Option<OutcomeEntry>, StoreError> {
        let Some(stored) = self.first_of(Table::Commands, &id_key(id.0))? else { return Ok(None) };
        let asked = stored.record.origin.command().filter(|(command, _)| *command == id);
        Ok(asked.map(|(_, fingerprint)| OutcomeEntry { seq: stored.position.seq, fingerprint }))
    }

    pub(crate) fn order(self, id: OrderId) -> Result<Option<Order>, StoreError> {
        Ok(self.fold(id)?.orders.remove(&id))
    }

    pub(crate) fn sale(self, id: TransactionId) -> Result<Option<Sale>, StoreError> {
        let Some(stored) = self.first_of(Table::Commands, &transaction_key(id))? else { return Ok(None) };
        let order = stored.record.outcome.events().iter().find_map(|event| match event {
            Event::SaleCompleted { transaction, order, .. } if *transaction == id => Some(*order),
            _ => None,
        });
        let Some(order) = order else { return Ok(None) };
        Ok(self.fold(order)?.sales.remove(&id))
    }

    pub(crate) fn transaction(self, id: TransactionId) -> Result<Option<TransactionEntry>, StoreError> {
        // Of the two transactions of one command one bears its id.
        for of in [id, id.counterpart()] {
            let stored = self.first_of(Table::Commands, &transaction_key(of))?;
            let found = stored.and_then(|stored| entry(&stored, |view| view.transaction == id));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    pub(crate) fn by_receipt(self, number: ReceiptNumber) -> Result<Option<TransactionEntry>, StoreError> {
        let stored = self.first_of(Table::Receipts, &receipt_key(number))?;
        let found = stored.as_ref().and_then(|stored| entry(stored, |view| view.receipt == number));
        // A sale can bear a second number, which its own record does not know; a record has one sale at most.
        let also =
            || stored.as_ref().and_then(|stored| entry(stored, |view| view.kind == TransactionKind::Sale));
        Ok(found.or_else(also))
    }

    /// The newest transactions, newest first.
    pub(crate) fn latest(
        self,
        before_seq: Option<u64>,
        limit: usize,
    ) -> Result<Vec<TransactionEntry>, StoreError> {
        let below = before_seq.map(seq_key);
        let below = below.as_ref().map(<[u8; 8]>::as_slice);
        let mut entries = Vec::new();
        for key in self.index.last_below(self.rows, Table::Transactions, below, limit)? {
            let unreadable = StoreError::Unreadable { table: Table::Transactions.name(), source: None };
            let seq = u64::from_be_bytes(key.try_into().map_err(|_| unreadable)?);
            let stored = self.past.record(Table::Transactions, seq)?;
            let first = entries.len();
            entries.extend(views(&stored).map(|view| entry_of(&stored, view)));
            entries[first..].reverse();
            if entries.len() >= limit {
                break;
            }
        }
        Ok(entries)
    }

    /// The blocks of records that hold anything of the dates from `from` to `to`, ascending, each once.
    pub(crate) fn blocks(self, from: BusinessDate, to: BusinessDate) -> Result<Vec<u64>, StoreError> {
        let (lowest, mut below) = (day_key(from, 0), day_key(to, u64::MAX));
        let mut blocks = BTreeSet::new();
        loop {
            let page = self.index.last_below(self.rows, Table::Days, Some(&below), BLOCKS_PAGE)?;
            let full = page.len() == BLOCKS_PAGE;
            for key in page {
                let unreadable = || StoreError::Unreadable { table: Table::Days.name(), source: None };
                below = key.try_into().map_err(|_| unreadable())?;
                if below < lowest {
                    return Ok(blocks.into_iter().collect());
                }
                blocks.insert(u64::from_be_bytes(below[4..].try_into().map_err(|_| unreadable())?));
            }
            if !full {
                return Ok(blocks.into_iter().collect());
            }
        }
    }

    /// A state of nothing but one order's history.
    fn fold(self, id: OrderId) -> Result<State, StoreError> {
        let seqs = self.index.get(self.rows, Table::Histories, &id_key(id.0))?;
        let (mut state, mut changes) = (State::default(), Changes::default());
        for seq in seqs.as_ref().map_or(&[][..], Seqs::as_slice) {
            let record = self.past.record(Table::Histories, *seq)?.record;
            state.evolve_all(record.recorded_at, record.outcome.events(), &mut changes);
        }
        Ok(state)
    }

    fn first_of(self, table: Table, key: &[u8]) -> Result<Option<StoredRecord>, StoreError> {
        let first = self.index.get(self.rows, table, key)?.as_ref().and_then(Seqs::first);
        first.map(|seq| self.past.record(table, seq)).transpose()
    }
}

fn views(stored: &StoredRecord) -> impl Iterator<Item = TransactionView> + '_ {
    transactions_of(&stored.record)
}

fn entry(stored: &StoredRecord, wanted: impl Fn(&TransactionView) -> bool) -> Option<TransactionEntry> {
    views(stored).find(wanted).map(|view| entry_of(stored, view))
}

fn entry_of(stored: &StoredRecord, view: TransactionView) -> TransactionEntry {
    TransactionEntry { view, seq: stored.position.seq, recorded_at: stored.record.recorded_at }
}
