//! How one record changes the state and the indexes. Nothing is written here: what must be written is collected.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::State;
use holdfast_domain::event::Event;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{
    AttemptId, CommandId, OrderId, ShiftId, StaffId, SubjectId, TerminalId, TransactionId,
};
use holdfast_domain::invariant::check_event;
use holdfast_domain::state::Need;
use holdfast_domain::subject::SubjectStanding;
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::message::{ReplyPosition, StoredRecord, transactions_of};

use crate::codec::{
    AppliedRow, StoreRow, coupon_of_key, date_key, date_of_key, day_key, decode, decode_wire, device_of_key,
    encode, encode_wire, id_key, id_of_key, meta, receipt_key, seq_key, sku_of_key, transaction_key,
    value_of_key, z_of_key,
};
use crate::entry::ReconciliationTotals;
use crate::error::StoreError;
use crate::history::{BLOCK_RECORDS, History};
use crate::index::Index;
use crate::past::Past;
use crate::rows::{Rows, assemble, read};
use crate::table::{Table, Writes};

/// The id under which records that cannot be decoded are counted among the violations.
pub const UNDECODABLE: &str = "DEC-1";

/// What is in memory.
#[derive(Debug, Default)]
pub(crate) struct Core {
    pub(crate) state: State,
    pub(crate) applied: Option<ReplyPosition>,
    pub(crate) totals: ReconciliationTotals,
    pub(crate) violations: BTreeMap<String, u64>,
    pub(crate) index: Index,
    /// The orders that the rows name as open.
    open_orders: BTreeSet<OrderId>,
}

/// One transaction while it is put together.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    changes: Changes,
    brought: BTreeSet<Need>,
}

impl Core {
    /// Reads back what earlier transactions kept.
    pub(crate) fn load(rows: &dyn Rows, past: &Past) -> Result<Self, StoreError> {
        let mut core = Self::default();
        let Some(applied) = read(rows, Table::Meta, meta::APPLIED)? else { return Ok(core) };
        let applied: AppliedRow = decode(Table::Meta, &applied)?;
        core.applied = Some(applied.position);
        core.totals = applied.totals();
        core.violations = applied.violations;
        let state = &mut core.state;
        if let Some(row) = read(rows, Table::Store, &[])? {
            decode::<StoreRow>(Table::Store, &row)?.restore(state);
        }
        each(rows, Table::Tills, |key, value| {
            state.tills.insert(TerminalId(id_of_key(Table::Tills, key)?), decode_wire(Table::Tills, value)?);
            Ok(())
        })?;
        each(rows, Table::Staff, |key, value| {
            state.staff.insert(StaffId(id_of_key(Table::Staff, key)?), decode_wire(Table::Staff, value)?);
            Ok(())
        })?;
        each(rows, Table::Shifts, |key, value| {
            state.shifts.insert(ShiftId(id_of_key(Table::Shifts, key)?), decode_wire(Table::Shifts, value)?);
            Ok(())
        })?;
        each(rows, Table::Stock, |key, value| {
            state.stock.insert(sku_of_key(Table::Stock, key)?, decode_wire(Table::Stock, value)?);
            Ok(())
        })?;
        each(rows, Table::Counted, |key, value| {
            state.counted.insert(sku_of_key(Table::Counted, key)?, decode_wire(Table::Counted, value)?);
            Ok(())
        })?;
        each(rows, Table::Coupons, |key, value| {
            state.coupons.insert(coupon_of_key(key)?, decode_wire(Table::Coupons, value)?);
            Ok(())
        })?;
        each(rows, Table::OpenDays, |key, value| {
            state.days.insert(date_of_key(key)?, decode_wire(Table::OpenDays, value)?);
            Ok(())
        })?;
        each(rows, Table::Zs, |key, value| {
            state.zs.insert(z_of_key(key)?, decode_wire(Table::Zs, value)?);
            Ok(())
        })?;
        each(rows, Table::Values, |key, value| {
            state.values.insert(value_of_key(key)?, decode_wire(Table::Values, value)?);
            Ok(())
        })?;
        each(rows, Table::Issues, |key, value| {
            let id = TransactionId(CommandId(id_of_key(Table::Issues, key)?));
            state.issues.insert(id, decode_wire(Table::Issues, value)?);
            Ok(())
        })?;
        each(rows, Table::Attempts, |key, value| {
            let id = AttemptId(CommandId(id_of_key(Table::Attempts, key)?));
            state.attempts.insert(id, decode_wire(Table::Attempts, value)?);
            Ok(())
        })?;
        each(rows, Table::DeviceDays, |key, value| {
            state.device_days.insert(device_of_key(key)?, decode_wire(Table::DeviceDays, value)?);
            Ok(())
        })?;
        each(rows, Table::Documents, |key, _| {
            let id = id_of_key(Table::Documents, key)?;
            state.documents.insert(TransactionId(CommandId(id)));
            Ok(())
        })?;
        for (key, _) in rows.all(Table::OpenOrders)? {
            let id = OrderId(id_of_key(Table::OpenOrders, &key)?);
            let missing = StoreError::Unreadable { table: Table::OpenOrders.name(), source: None };
            match core.history(rows, past).order(id) {
                Ok(Some(order)) if !order.state.is_closed() => drop(core.state.orders.insert(id, order)),
                Ok(_) => return Err(missing),
                // Selling goes on without it: a block that has gone bad costs this order, and asking for it tells why.
                Err(error @ StoreError::Journal { .. }) => tracing::error!(
                    code = error.code(),
                    order = %id,
                    %error,
                    "an open order cannot be read in the journal and is left out"
                ),
                Err(error) => return Err(error),
            }
            core.open_orders.insert(id);
        }
        Ok(core)
    }

    pub(crate) fn history<'a>(&'a self, rows: &'a dyn Rows, past: &'a Past) -> History<'a> {
        History { index: &self.index, rows, past }
    }

    /// Drops what is kept and closed, so that memory holds what is open alone.
    pub(crate) fn forget(&mut self, fold: &Fold) {
        let changes = &fold.changes;
        let orders = changes.orders.iter().map(|id| Need::Order(*id));
        let sales = changes.sales.iter().map(|id| Need::Sale(*id));
        let shifts = changes.shifts.iter().map(|id| Need::ClosedShift(*id));
        let subjects = changes.subjects.iter().map(|id| Need::Subject(*id));
        for need in orders.chain(sales).chain(shifts).chain(subjects).chain(fold.brought.iter().copied()) {
            self.state.forget(need);
        }
    }
}

fn each(
    rows: &dyn Rows,
    table: Table,
    mut take: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for (key, row) in rows.all(table)? {
        take(&key, &assemble(rows, table, &key, &row)?)?;
    }
    Ok(())
}

/// What is known of a subject.
pub(crate) fn subject(rows: &dyn Rows, id: SubjectId) -> Result<Option<SubjectStanding>, StoreError> {
    read(rows, Table::Subjects, &id_key(id.0))?.map(|value| decode_wire(Table::Subjects, &value)).transpose()
}

/// Every subject that was erased.
pub(crate) fn erased_subjects(rows: &dyn Rows) -> Result<Vec<SubjectId>, StoreError> {
    let rows = rows.all(Table::ErasedSubjects)?;
    rows.iter().map(|(key, _)| id_of_key(Table::ErasedSubjects, key).map(SubjectId)).collect()
}

/// Every subject that was merged, and whom into.
pub(crate) fn merged_subjects(rows: &dyn Rows) -> Result<Vec<(SubjectId, SubjectId)>, StoreError> {
    let table = Table::MergedSubjects;
    let merged = rows.all(table)?.into_iter().map(|(key, row)| {
        let into = decode_wire(table, &assemble(rows, table, &key, &row)?)?;
        Ok((SubjectId(id_of_key(table, &key)?), into))
    });
    merged.collect()
}

impl Fold {
    /// As if everything that is in memory had been touched: what a state that was built is written from.
    pub(crate) fn of_everything(state: &State) -> Self {
        Self { changes: Changes::everything(state), ..Self::default() }
    }

    /// Folds one record.
    pub(crate) fn record(
        &mut self,
        rows: &dyn Rows,
        past: &Past,
        core: &mut Core,
        stored: &StoredRecord,
    ) -> Result<(), StoreError> {
        if is_planted(Bug::RecordNotApplied) && stored.position.seq.is_multiple_of(7) {
            core.applied = Some(stored.position);
            return Ok(());
        }
        let record = &stored.record;
        for need in State::needs_of_record(record) {
            self.bring(rows, past, core, need)?;
        }
        for event in record.outcome.events() {
            self.changes.violations.extend(check_event(event));
        }
        core.state.evolve_all(record.recorded_at, record.outcome.events(), &mut self.changes);
        for violation in self.changes.violations.drain(..) {
            *core.violations.entry(violation.id().to_owned()).or_default() += 1;
        }
        index(rows, core, stored)?;
        core.applied = Some(stored.position);
        Ok(())
    }

    /// Moves past a record that cannot be decoded.
    pub(crate) fn undecodable(core: &mut Core, position: ReplyPosition) {
        *core.violations.entry(UNDECODABLE.to_owned()).or_default() += 1;
        core.applied = Some(position);
    }

    fn bring(&mut self, rows: &dyn Rows, past: &Past, core: &mut Core, need: Need) -> Result<(), StoreError> {
        if core.state.holds(need) {
            return Ok(());
        }
        match need {
            Need::Order(id) => {
                if let Some(order) = core.history(rows, past).order(id)? {
                    core.state.orders.insert(id, order);
                }
            }
            Need::Sale(id) => {
                if let Some(sale) = core.history(rows, past).sale(id)? {
                    core.state.sales.insert(id, sale);
                }
            }
            Need::ClosedShift(id) => {
                if rows.get(Table::ClosedShifts, &id_key(id.0))?.is_some() {
                    core.state.closed_shifts.insert(id);
                }
            }
            Need::Subject(id) => {
                if let Some(standing) = subject(rows, id)? {
                    core.state.subjects.insert(id, standing);
                }
            }
        }
        self.brought.insert(need);
        Ok(())
    }

    /// Everything that was touched and is about to be forgotten by memory.
    pub(crate) fn write_forgotten(&self, core: &Core, writes: &mut Writes) {
        let (state, changes) = (&core.state, &self.changes);
        for id in changes.shifts.iter().filter(|id| state.closed_shifts.contains(id)) {
            writes.put(Table::ClosedShifts, id_key(id.0), Vec::new());
        }
        for id in &changes.subjects {
            let Some(standing) = state.subjects.get(id) else { continue };
            writes.put(Table::Subjects, id_key(id.0), encode_wire(standing));
            match standing {
                SubjectStanding::Erased => writes.put(Table::ErasedSubjects, id_key(id.0), Vec::new()),
                SubjectStanding::MergedInto(into) => {
                    writes.put(Table::MergedSubjects, id_key(id.0), encode_wire(into));
                }
                SubjectStanding::Registered | SubjectStanding::InGroup(_) => {}
            }
        }
    }

    /// Every entry of the state that was touched and stays in memory, the indexes, and the position that the state was
    /// brought to.
    pub(crate) fn write_touched(&self, core: &mut Core, writes: &mut Writes) {
        let (state, changes) = (&core.state, &self.changes);
        if changes.store {
            writes.put(Table::Store, [], encode(&StoreRow::of(state)));
        }
        for id in &changes.tills {
            if let Some(till) = state.tills.get(id) {
                writes.put(Table::Tills, id_key(id.0), encode_wire(till));
            }
        }
        for id in &changes.staff {
            if let Some(staff) = state.staff.get(id) {
                writes.put(Table::Staff, id_key(id.0), encode_wire(staff));
            }
        }
        for id in &changes.shifts {
            match state.shifts.get(id) {
                Some(shift) => writes.put(Table::Shifts, id_key(id.0), encode_wire(shift)),
                None => writes.remove(Table::Shifts, id_key(id.0)),
            }
        }
        for id in &changes.orders {
            let is_open = state.orders.get(id).is_some_and(|order| !order.state.is_closed());
            if is_open && core.open_orders.insert(*id) {
                writes.put(Table::OpenOrders, id_key(id.0), Vec::new());
            } else if !is_open && core.open_orders.remove(id) {
                writes.remove(Table::OpenOrders, id_key(id.0));
            }
        }
        for sku in &changes.stock {
            if let Some(level) = state.stock.get(sku) {
                writes.put(Table::Stock, sku.as_str().as_bytes(), encode_wire(level));
            }
        }
        for sku in &changes.counted {
            match state.counted.get(sku) {
                Some(counted) => {
                    writes.put(Table::Counted, sku.as_str().as_bytes(), encode_wire(counted));
                }
                None => writes.remove(Table::Counted, sku.as_str().as_bytes()),
            }
        }
        for coupon in &changes.coupons {
            if let Some(uses) = state.coupons.get(coupon) {
                writes.put(Table::Coupons, coupon.as_str().as_bytes(), encode_wire(uses));
            }
        }
        for date in &changes.days {
            match state.days.get(date) {
                Some(day) => writes.put(Table::OpenDays, date_key(*date), encode_wire(day)),
                None => writes.remove(Table::OpenDays, date_key(*date)),
            }
        }
        for number in &changes.zs {
            match state.zs.get(number) {
                Some(closed) => writes.put(Table::Zs, number.to_be_bytes(), encode_wire(closed)),
                None => writes.remove(Table::Zs, number.to_be_bytes()),
            }
        }
        for account in &changes.values {
            if let Some(value) = state.values.get(account) {
                writes.put(Table::Values, account.as_str().as_bytes(), encode_wire(value));
            }
        }
        for id in &changes.attempts {
            let key = id_key(id.0.0);
            match state.attempts.get(id) {
                Some(attempt) => writes.put(Table::Attempts, key, encode_wire(attempt)),
                None => writes.remove(Table::Attempts, key),
            }
        }
        for device in &changes.device_days {
            let key = device.as_str().as_bytes();
            match state.device_days.get(device) {
                Some(day) => writes.put(Table::DeviceDays, key, encode_wire(day)),
                None => writes.remove(Table::DeviceDays, key),
            }
        }
        for id in &changes.issues {
            match state.issues.get(id) {
                Some(issue) => writes.put(Table::Issues, transaction_key(*id), encode_wire(issue)),
                None => writes.remove(Table::Issues, transaction_key(*id)),
            }
        }
        for id in &changes.documents {
            if state.documents.contains(id) {
                writes.put(Table::Documents, transaction_key(*id), Vec::new());
            } else {
                writes.remove(Table::Documents, transaction_key(*id));
            }
        }
        core.index.write_all(writes);
        if let Some(position) = core.applied {
            put_applied(writes, core, position);
        }
    }
}

/// Commands, histories, transactions, receipts and days: what came first under an id or a number stays.
fn index(rows: &dyn Rows, core: &mut Core, stored: &StoredRecord) -> Result<(), StoreError> {
    let seq = stored.position.seq;
    let index = &mut core.index;
    let command = stored.record.origin.command().map(|(command, _)| command);
    if let Some(command) = command {
        index.put_first(rows, Table::Commands, &id_key(command.0), seq)?;
    }
    for view in transactions_of(&stored.record) {
        core.totals.count(&view);
        if index.put_first(rows, Table::Commands, &transaction_key(view.transaction), seq)? == seq {
            index.put_first(rows, Table::Transactions, &seq_key(seq), seq)?;
        }
        index.put_first(rows, Table::Receipts, &receipt_key(view.receipt), seq)?;
    }
    for event in stored.record.outcome.events() {
        core.totals.count_tip(event);
        if let Event::ReceiptAliased { transaction, alias, .. } = event
            && let Some(sale) = index.get(rows, Table::Commands, &transaction_key(*transaction))?
            && let Some(sold_at) = sale.first()
        {
            // It leads where the sale's own number leads.
            index.put_first(rows, Table::Receipts, &receipt_key(*alias), sold_at)?;
        }
        if let Some(order) = core.state.order_of(event) {
            index.append(rows, Table::Histories, &id_key(order.0), seq)?;
        }
        if let Some(date) = event.business_date() {
            let key = day_key(date, seq / BLOCK_RECORDS);
            index.put_first(rows, Table::Days, &key, seq)?;
        }
    }
    Ok(())
}

/// The position that the state was brought to, and its sums.
pub(crate) fn put_applied(writes: &mut Writes, core: &Core, position: ReplyPosition) {
    let applied = AppliedRow {
        position,
        transactions: core.totals.transactions,
        gross_minor: core.totals.gross_minor,
        net_minor: core.totals.net_minor,
        cash_minor: core.totals.cash_minor,
        violations: core.violations.clone(),
    };
    writes.put(Table::Meta, meta::APPLIED, encode(&applied));
}
