//! Transactions, and one receipt with everything around it.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{SqliteStore, scope_binds};
use crate::error::StoreError;
use crate::model::{DocumentLineRow, Receipt, TaxRow, TenderRow, TrailRow, TransactionRow};
use crate::store::{PAGE_ROWS_MAX, Scope, TransactionFilter};

/// The newest of each store along its own index, then the newest of all: the cost grows with the stores, not with what they
/// ever sold.
pub(super) async fn transactions(
    db: &SqliteStore,
    scope: &Scope,
    filter: &TransactionFilter,
) -> Result<Vec<TransactionRow>, StoreError> {
    let (all, ids) = scope_binds(scope);
    let only = filter.store.map(|store| store.to_string()).unwrap_or_default();
    let limit = filter.limit.clamp(1, PAGE_ROWS_MAX);
    let mut tx = db.readers.begin().await?;
    let stores = sqlx::query(
        "SELECT store_id FROM stores WHERE (? OR store_id IN (SELECT value FROM json_each(?))) \
         AND (? = '' OR store_id = ?)",
    )
    .bind(all)
    .bind(ids)
    .bind(&only)
    .bind(&only)
    .fetch_all(&mut *tx)
    .await?;
    let mut newest = Vec::new();
    for store in &stores {
        let store: &str = store.try_get(0)?;
        let rows = sqlx::query(
            "SELECT t.*, COALESCE(k.name, '') AS till FROM transactions t \
             LEFT JOIN tills k ON k.store_id = t.store_id AND k.terminal_id = t.terminal_id \
             WHERE t.store_id = ? AND t.recorded_at_ms < ? AND t.training = 0 \
             ORDER BY t.recorded_at_ms DESC, t.transaction_id DESC LIMIT ?",
        )
        .bind(store)
        .bind(filter.before_ms.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            newest.push(transaction_row(row)?);
        }
    }
    newest.sort_by(|a, b| (b.recorded_at_ms, &b.transaction).cmp(&(a.recorded_at_ms, &a.transaction)));
    newest.truncate(limit as usize);
    Ok(newest)
}

fn transaction_row(row: &SqliteRow) -> Result<TransactionRow, StoreError> {
    Ok(TransactionRow {
        store: row.try_get("store_id")?,
        transaction: row.try_get("transaction_id")?,
        kind: row.try_get("kind")?,
        training: row.try_get("training")?,
        receipt: row.try_get("receipt")?,
        terminal: row.try_get("terminal_id")?,
        till: row.try_get("till")?,
        operator: row.try_get("operator_id")?,
        shift: row.try_get("shift_id")?,
        business_date: row.try_get("business_date")?,
        local_hour: row.try_get("local_hour")?,
        occurred_at_ms: row.try_get("occurred_at_ms")?,
        recorded_at_ms: row.try_get("recorded_at_ms")?,
        order: row.try_get("order_id")?,
        original: row.try_get("original_id")?,
        tax_basis: row.try_get("tax_basis")?,
        currency: row.try_get("currency")?,
        net_minor: row.try_get("net")?,
        tax_minor: row.try_get("tax")?,
        gross_minor: row.try_get("gross")?,
        discount_minor: row.try_get("discount")?,
        due_minor: row.try_get("due")?,
        rounding_minor: row.try_get("rounding")?,
        change_minor: row.try_get("change_given")?,
        reason: row.try_get("reason")?,
        epoch_order: row.try_get("epoch_order")?,
        seq: row.try_get("seq")?,
    })
}

pub(super) async fn receipt(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
    transaction: Uuid,
) -> Result<Option<Receipt>, StoreError> {
    if !scope.covers(store) {
        return Ok(None);
    }
    let (store, id) = (store.to_string(), transaction.to_string());
    let mut tx = db.readers.begin().await?;
    let found = sqlx::query(
        "SELECT t.*, COALESCE(k.name, '') AS till FROM transactions t \
         LEFT JOIN tills k ON k.store_id = t.store_id AND k.terminal_id = t.terminal_id \
         WHERE t.store_id = ? AND t.transaction_id = ?",
    )
    .bind(&store)
    .bind(&id)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let row = transaction_row(&found)?;
    let document: Option<String> = found.try_get("document_id")?;
    let order_state = sqlx::query("SELECT state FROM orders WHERE store_id = ? AND order_id = ?")
        .bind(&store)
        .bind(&row.order)
        .fetch_optional(&mut *tx)
        .await?
        .map(|row| row.try_get(0))
        .transpose()?;
    let lines =
        sqlx::query("SELECT * FROM document_lines WHERE store_id = ? AND document_id = ? ORDER BY position")
            .bind(&store)
            .bind(&document)
            .fetch_all(&mut *tx)
            .await?;
    let taxes = sqlx::query(
        "SELECT * FROM transaction_taxes WHERE store_id = ? AND transaction_id = ? ORDER BY position",
    )
    .bind(&store)
    .bind(&id)
    .fetch_all(&mut *tx)
    .await?;
    let tenders = sqlx::query(
        "SELECT * FROM transaction_tenders WHERE store_id = ? AND transaction_id = ? ORDER BY position",
    )
    .bind(&store)
    .bind(&id)
    .fetch_all(&mut *tx)
    .await?;
    let tips = sqlx::query(
        "SELECT * FROM transaction_tips WHERE store_id = ? AND transaction_id = ? ORDER BY position",
    )
    .bind(&store)
    .bind(&id)
    .fetch_all(&mut *tx)
    .await?;
    let related = sqlx::query(
        "SELECT t.*, COALESCE(k.name, '') AS till FROM transactions t \
         LEFT JOIN tills k ON k.store_id = t.store_id AND k.terminal_id = t.terminal_id \
         WHERE t.store_id = ?1 AND t.transaction_id <> ?2 \
         AND (t.original_id = ?2 OR t.transaction_id = ?3 OR t.order_id = ?4) \
         ORDER BY t.recorded_at_ms, t.transaction_id LIMIT ?5",
    )
    .bind(&store)
    .bind(&id)
    .bind(&row.original)
    .bind(&row.order)
    .bind(i64::from(PAGE_ROWS_MAX))
    .fetch_all(&mut *tx)
    .await?;
    let trail = sqlx::query(
        "SELECT DISTINCT r.epoch_order, r.seq, r.event_number, r.event, r.recorded_at_ms, j.hash FROM trail r \
         JOIN journal j ON j.store_id = r.store_id AND j.epoch_order = r.epoch_order AND j.seq = r.seq \
         WHERE r.store_id = ?1 AND r.document_id IN (?2, ?3) \
         ORDER BY r.epoch_order, r.seq, r.event_number LIMIT ?4",
    )
    .bind(&store)
    .bind(&id)
    .bind(&row.order)
    .bind(i64::from(PAGE_ROWS_MAX))
    .fetch_all(&mut *tx)
    .await?;
    Ok(Some(Receipt {
        transaction: row,
        order_state,
        lines: lines.iter().map(document_line).collect::<Result<_, _>>()?,
        taxes: taxes.iter().map(tax).collect::<Result<_, _>>()?,
        tenders: tenders.iter().map(tender).collect::<Result<_, _>>()?,
        tips: tips.iter().map(tender).collect::<Result<_, _>>()?,
        related: related.iter().map(transaction_row).collect::<Result<_, _>>()?,
        trail: trail.iter().map(trail_row).collect::<Result<_, _>>()?,
    }))
}

fn document_line(row: &SqliteRow) -> Result<DocumentLineRow, StoreError> {
    Ok(DocumentLineRow {
        line_number: row.try_get("line_number")?,
        sku: row.try_get("sku")?,
        description: row.try_get("description")?,
        unit: row.try_get("unit")?,
        carries_stock: row.try_get("carries_stock")?,
        quantity_thousandths: row.try_get("quantity")?,
        unit_price_e4: row.try_get("unit_price")?,
        extended_minor: row.try_get("extended")?,
        discount_minor: row.try_get("discount")?,
        net_minor: row.try_get("net")?,
        gross_minor: row.try_get("gross")?,
        tax_class: row.try_get("tax_class")?,
        tax_rates: row.try_get("tax_rates")?,
        voided: row.try_get("voided")?,
        note: row.try_get("note")?,
    })
}

fn tax(row: &SqliteRow) -> Result<TaxRow, StoreError> {
    Ok(TaxRow {
        code: row.try_get("code")?,
        rate_millionths: row.try_get("rate_millionths")?,
        net_minor: row.try_get("net")?,
        tax_minor: row.try_get("tax")?,
    })
}

fn tender(row: &SqliteRow) -> Result<TenderRow, StoreError> {
    Ok(TenderRow { kind: row.try_get("kind")?, amount_minor: row.try_get("amount")? })
}

fn trail_row(row: &SqliteRow) -> Result<TrailRow, StoreError> {
    Ok(TrailRow {
        epoch_order: row.try_get("epoch_order")?,
        seq: row.try_get("seq")?,
        event: row.try_get("event")?,
        recorded_at_ms: row.try_get("recorded_at_ms")?,
        hash: hex::encode(row.try_get::<&[u8], _>("hash")?),
    })
}
