//! Stores with their line, stock, quarantine.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::line::NEWEST;
use super::{SqliteStore, scope_binds};
use crate::error::StoreError;
use crate::model::{
    ContactRow, ControlRow, ControlState, LineRow, QuarantineRow, StockRow, StockSummary, StoreRow,
};
use crate::store::{PAGE_ROWS_MAX, Scope, StockFilter};

pub(super) fn store(row: &SqliteRow) -> Result<StoreRow, StoreError> {
    Ok(StoreRow {
        store: row.try_get("store_id")?,
        name: row.try_get("name")?,
        currency: row.try_get("currency")?,
        time_zone: row.try_get("time_zone")?,
        cut_over_minutes: u16::try_from(row.try_get::<i64, _>("cut_over_minutes")?)
            .map_err(|_| StoreError::Corrupt { what: "a cut-over is not within a day" })?,
        prices_include_tax: row.try_get("prices_include_tax")?,
        legal_name: row.try_get("legal_name")?,
        address: row.try_get("address")?,
        tax_id: row.try_get("tax_id")?,
    })
}

pub(super) async fn stores(db: &SqliteStore, scope: &Scope) -> Result<Vec<StoreRow>, StoreError> {
    let (all, ids) = scope_binds(scope);
    let rows = sqlx::query(
        "SELECT * FROM stores WHERE (? OR store_id IN (SELECT value FROM json_each(?))) ORDER BY name, store_id",
    )
    .bind(all)
    .bind(ids)
    .fetch_all(&db.readers)
    .await?;
    rows.iter().map(store).collect()
}

pub(super) async fn lines(db: &SqliteStore, scope: &Scope) -> Result<Vec<LineRow>, StoreError> {
    let (all, ids) = scope_binds(scope);
    let rows = sqlx::query(AssertSqlSafe(format!(
        "SELECT s.*, e.epoch_order, e.epoch_id AS epoch, e.last_seq, e.last_recorded_at_ms, \
         (SELECT COUNT(*) FROM hubs h WHERE h.store_id = s.store_id) AS hubs, \
         (SELECT MAX(refused_at_ms) FROM hubs h WHERE h.store_id = s.store_id) AS fenced_at_ms, \
         (SELECT COUNT(*) FROM epochs f WHERE f.store_id = s.store_id AND f.forked) AS forks, \
         (SELECT COUNT(*) FROM quarantine q WHERE q.store_id = s.store_id) AS quarantined, \
         (SELECT COUNT(*) FROM heads d WHERE d.store_id = s.store_id AND d.state = 'mismatch') AS heads_differing, \
         c.seen_at_ms, c.epoch_id AS contact_epoch, c.head_seq, c.backlog, c.oldest_unsent_ms, c.tills_up, \
         c.tills_known, c.clock_offset_ms, c.software, c.control_seq, c.control_transactions, c.control_gross, \
         c.control_net, c.control_state \
         FROM stores s \
         LEFT JOIN epochs e ON e.store_id = s.store_id AND e.epoch_order = \
             (SELECT n.epoch_order FROM epochs n WHERE n.store_id = s.store_id {NEWEST}) \
         LEFT JOIN contact c ON c.store_id = s.store_id \
         WHERE (? OR s.store_id IN (SELECT value FROM json_each(?))) ORDER BY s.name, s.store_id",
    )))
    .bind(all)
    .bind(ids)
    .fetch_all(&db.readers)
    .await?;
    rows.iter().map(line).collect()
}

fn line(row: &SqliteRow) -> Result<LineRow, StoreError> {
    Ok(LineRow {
        store: store(row)?,
        claimed: row.try_get::<i64, _>("hubs")? > 0,
        epoch_order: row.try_get::<Option<i64>, _>("epoch_order")?.unwrap_or(0),
        epoch: row.try_get("epoch")?,
        acked_through: row.try_get::<Option<i64>, _>("last_seq")?.unwrap_or(0),
        last_recorded_at_ms: row.try_get("last_recorded_at_ms")?,
        forked: row.try_get::<i64, _>("forks")? > 0,
        quarantined: row.try_get("quarantined")?,
        heads_differing: row.try_get("heads_differing")?,
        fenced_at_ms: row.try_get("fenced_at_ms")?,
        contact: row.try_get::<Option<i64>, _>("seen_at_ms")?.map(|at| contact(row, at)).transpose()?,
    })
}

fn contact(row: &SqliteRow, seen_at_ms: i64) -> Result<ContactRow, StoreError> {
    let control = row.try_get::<Option<i64>, _>("control_seq")?.map(|as_of_seq| {
        Ok::<_, StoreError>(ControlRow {
            as_of_seq,
            transactions: row.try_get("control_transactions")?,
            gross_minor: row.try_get("control_gross")?,
            net_minor: row.try_get("control_net")?,
        })
    });
    Ok(ContactRow {
        seen_at_ms,
        epoch: row.try_get("contact_epoch")?,
        head_seq: row.try_get("head_seq")?,
        backlog: row.try_get("backlog")?,
        oldest_unsent_ms: row.try_get("oldest_unsent_ms")?,
        tills_up: row.try_get("tills_up")?,
        tills_known: row.try_get("tills_known")?,
        clock_offset_ms: row.try_get("clock_offset_ms")?,
        software: row.try_get("software")?,
        control: control.transpose()?,
        control_state: ControlState::parse(row.try_get("control_state")?),
    })
}

pub(super) async fn stock(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
    filter: &StockFilter,
) -> Result<Vec<StockRow>, StoreError> {
    if !scope.covers(store) {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT sku, description, on_hand, reserved FROM stock \
         WHERE store_id = ? AND sku > ? AND (? OR on_hand < 0) ORDER BY sku LIMIT ?",
    )
    .bind(store.to_string())
    .bind(&filter.after)
    .bind(!filter.negative_only)
    .bind(i64::from(filter.limit.clamp(1, PAGE_ROWS_MAX)))
    .fetch_all(&db.readers)
    .await?;
    rows.iter()
        .map(|row| {
            let (on_hand, reserved): (i64, i64) = (row.try_get("on_hand")?, row.try_get("reserved")?);
            Ok(StockRow {
                sku: row.try_get("sku")?,
                description: row.try_get("description")?,
                on_hand_thousandths: on_hand,
                reserved_thousandths: reserved,
                available_thousandths: on_hand - reserved,
                negative: on_hand < 0,
            })
        })
        .collect()
}

pub(super) async fn stock_summary(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
) -> Result<StockSummary, StoreError> {
    if !scope.covers(store) {
        return Ok(StockSummary::default());
    }
    let row = sqlx::query(
        "SELECT COUNT(*) AS products, COUNT(CASE WHEN on_hand < 0 THEN 1 END) AS negative FROM stock WHERE store_id = ?",
    )
    .bind(store.to_string())
    .fetch_one(&db.readers)
    .await?;
    Ok(StockSummary { products: row.try_get("products")?, negative: row.try_get("negative")? })
}

pub(super) async fn quarantine(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
    limit: u32,
) -> Result<Vec<QuarantineRow>, StoreError> {
    if !scope.covers(store) {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT epoch_order, seq, reason, received_at_ms FROM quarantine WHERE store_id = ? \
         ORDER BY epoch_order DESC, seq DESC LIMIT ?",
    )
    .bind(store.to_string())
    .bind(i64::from(limit.clamp(1, PAGE_ROWS_MAX)))
    .fetch_all(&db.readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(QuarantineRow {
                epoch_order: row.try_get("epoch_order")?,
                seq: row.try_get("seq")?,
                reason: row.try_get("reason")?,
                received_at_ms: row.try_get("received_at_ms")?,
            })
        })
        .collect()
}
