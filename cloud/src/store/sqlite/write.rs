//! Journal rows and projected rows, written inside the batch's transaction.

use std::collections::BTreeMap;

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, Transaction};

use super::{epoch_text, seq_in};
use crate::error::StoreError;
use crate::ingest::Item;
use crate::model::DocumentLineRow;
use crate::projection::{OrderEdit, OrderRow, Projection, SalesDelta, StockDelta, TransactionEntry};

type Tx<'a> = Transaction<'a, Sqlite>;

pub(super) async fn journal(
    tx: &mut Tx<'_>,
    store: &str,
    order: i64,
    items: &[Item],
    now_ms: i64,
) -> Result<(), StoreError> {
    for item in items {
        sqlx::query("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(store)
            .bind(order)
            .bind(seq_in(item.seq))
            .bind(epoch_text(item.epoch))
            .bind(&item.hash[..])
            .bind(&item.payload[..])
            .bind(now_ms)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Lists records that nobody could read. They are in the journal like all others.
pub(super) async fn quarantine(
    tx: &mut Tx<'_>,
    store: &str,
    order: i64,
    items: &[Item],
    now_ms: i64,
) -> Result<u32, StoreError> {
    let mut count = 0;
    for (item, reason) in
        items.iter().filter_map(|item| item.meaning.as_ref().err().map(|reason| (item, reason)))
    {
        sqlx::query("INSERT INTO quarantine VALUES (?, ?, ?, ?, ?)")
            .bind(store)
            .bind(order)
            .bind(seq_in(item.seq))
            .bind(reason)
            .bind(now_ms)
            .execute(&mut **tx)
            .await?;
        count += 1;
    }
    Ok(count)
}

/// An order of an earlier batch has other totals, and its lines make room for the new ones.
async fn edited(tx: &mut Tx<'_>, store: &str, edit: &OrderEdit) -> Result<(), StoreError> {
    let order = edit.order.to_string();
    for delete in [
        "DELETE FROM document_lines WHERE store_id = ? AND document_id = ?",
        "DELETE FROM order_parts WHERE store_id = ? AND order_id = ?",
    ] {
        sqlx::query(delete).bind(store).bind(&order).execute(&mut **tx).await?;
    }
    sqlx::query(
        "UPDATE orders SET net = ?, tax = ?, gross = ?, discount = ? WHERE store_id = ? AND order_id = ?",
    )
    .bind(edit.totals.net)
    .bind(edit.totals.tax)
    .bind(edit.totals.gross)
    .bind(edit.totals.discount)
    .bind(store)
    .bind(&order)
    .execute(&mut **tx)
    .await?;
    parts(tx, store, &order, &edit.parts).await
}

/// What bundles of an order take.
async fn parts(
    tx: &mut Tx<'_>,
    store: &str,
    order: &str,
    parts: &[(String, String, i64)],
) -> Result<(), StoreError> {
    for (position, (sku, _, quantity)) in (0_i64..).zip(parts) {
        sqlx::query("INSERT INTO order_parts VALUES (?, ?, ?, ?, ?)")
            .bind(store)
            .bind(order)
            .bind(position)
            .bind(sku)
            .bind(quantity)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn projection(
    tx: &mut Tx<'_>,
    store: &str,
    projection: &Projection,
) -> Result<(), StoreError> {
    for (terminal, (number, name)) in &projection.tills {
        sqlx::query(
            "INSERT INTO tills VALUES (?, ?, ?, ?) \
             ON CONFLICT (store_id, terminal_id) DO UPDATE SET number = excluded.number, name = excluded.name",
        )
        .bind(store)
        .bind(terminal.to_string())
        .bind(number)
        .bind(name)
        .execute(&mut **tx)
        .await?;
    }
    for row in &projection.orders {
        order(tx, store, row).await?;
    }
    for edit in &projection.order_edits {
        edited(tx, store, edit).await?;
    }
    for (document, rows) in &projection.lines {
        for (position, row) in rows.iter().enumerate() {
            line(tx, store, &document.to_string(), position as i64, row).await?;
        }
    }
    for change in &projection.order_changes {
        sqlx::query("UPDATE orders SET state = ?, paid = paid + ? WHERE store_id = ? AND order_id = ?")
            .bind(change.state)
            .bind(change.paid)
            .bind(store)
            .bind(change.order.to_string())
            .execute(&mut **tx)
            .await?;
    }
    for entry in &projection.transactions {
        transaction(tx, store, entry).await?;
    }
    for entry in &projection.trail {
        sqlx::query("INSERT INTO trail VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(store)
            .bind(entry.document.to_string())
            .bind(i64::from(entry.epoch_order))
            .bind(seq_in(entry.seq))
            .bind(i64::from(entry.event_number))
            .bind(entry.event)
            .bind(entry.recorded_at_ms)
            .execute(&mut **tx)
            .await?;
    }
    for entry in &projection.changes {
        sqlx::query("INSERT INTO store_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(store)
            .bind(i64::from(entry.epoch_order))
            .bind(seq_in(entry.seq))
            .bind(i64::from(entry.event_number))
            .bind(entry.kind)
            .bind(&entry.subject)
            .bind(&entry.detail)
            .bind(entry.staff.to_string())
            .bind(entry.recorded_at_ms)
            .execute(&mut **tx)
            .await?;
    }
    for (sku, delta) in &projection.stock {
        stock(tx, store, sku, delta).await?;
    }
    rollups(tx, store, projection).await
}

async fn order(tx: &mut Tx<'_>, store: &str, row: &OrderRow) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)")
        .bind(store)
        .bind(row.order.to_string())
        .bind(row.state)
        .bind(row.channel)
        .bind(row.stamp.training)
        .bind(row.stamp.terminal.to_string())
        .bind(row.stamp.operator.to_string())
        .bind(&row.stamp.business_date)
        .bind(row.placed_at_ms)
        .bind(row.currency)
        .bind(row.totals.net)
        .bind(row.totals.tax)
        .bind(row.totals.gross)
        .bind(row.totals.discount)
        .bind(i64::from(row.epoch_order))
        .bind(seq_in(row.seq))
        .execute(&mut **tx)
        .await?;
    parts(tx, store, &row.order.to_string(), &row.parts).await
}

async fn line(
    tx: &mut Tx<'_>,
    store: &str,
    document: &str,
    position: i64,
    row: &DocumentLineRow,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO document_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(store)
        .bind(document)
        .bind(row.line_number)
        .bind(position)
        .bind(&row.sku)
        .bind(&row.description)
        .bind(&row.unit)
        .bind(row.carries_stock)
        .bind(row.quantity_thousandths)
        .bind(row.unit_price_e4)
        .bind(row.extended_minor)
        .bind(row.discount_minor)
        .bind(row.net_minor)
        .bind(row.gross_minor)
        .bind(&row.tax_class)
        .bind(&row.tax_rates)
        .bind(row.voided)
        .bind(&row.note)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn transaction(tx: &mut Tx<'_>, store: &str, entry: &TransactionEntry) -> Result<(), StoreError> {
    let id = entry.transaction.to_string();
    sqlx::query(
        "INSERT INTO transactions VALUES \
         (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(store)
    .bind(&id)
    .bind(entry.kind.as_str())
    .bind(entry.stamp.training)
    .bind(&entry.receipt)
    .bind(entry.stamp.terminal.to_string())
    .bind(entry.stamp.operator.to_string())
    .bind(entry.stamp.shift.to_string())
    .bind(&entry.stamp.business_date)
    .bind(entry.local_hour)
    .bind(entry.stamp.occurred_at_ms)
    .bind(entry.recorded_at_ms)
    .bind(entry.order.map(|id| id.to_string()))
    .bind(entry.original.map(|id| id.to_string()))
    .bind(entry.document.map(|id| id.to_string()))
    .bind(entry.tax_basis)
    .bind(entry.currency)
    .bind(entry.totals.net)
    .bind(entry.totals.tax)
    .bind(entry.totals.gross)
    .bind(entry.totals.discount)
    .bind(entry.due)
    .bind(entry.rounding)
    .bind(entry.change)
    .bind(&entry.reason)
    .bind(i64::from(entry.epoch_order))
    .bind(seq_in(entry.seq))
    .execute(&mut **tx)
    .await?;
    for (position, tax) in entry.taxes.iter().enumerate() {
        sqlx::query("INSERT INTO transaction_taxes VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(store)
            .bind(&id)
            .bind(position as i64)
            .bind(&tax.code)
            .bind(tax.rate_millionths)
            .bind(tax.net_minor)
            .bind(tax.tax_minor)
            .execute(&mut **tx)
            .await?;
    }
    for (position, tender) in entry.tenders.iter().enumerate() {
        sqlx::query("INSERT INTO transaction_tenders VALUES (?, ?, ?, ?, ?)")
            .bind(store)
            .bind(&id)
            .bind(position as i64)
            .bind(&tender.kind)
            .bind(tender.amount_minor)
            .execute(&mut **tx)
            .await?;
    }
    for (position, tip) in entry.tips.iter().enumerate() {
        sqlx::query("INSERT INTO transaction_tips VALUES (?, ?, ?, ?, ?)")
            .bind(store)
            .bind(&id)
            .bind(position as i64)
            .bind(&tip.kind)
            .bind(tip.amount_minor)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn stock(tx: &mut Tx<'_>, store: &str, sku: &str, delta: &StockDelta) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO stock VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (store_id, sku) DO UPDATE SET \
         description = CASE WHEN excluded.description = '' THEN stock.description ELSE excluded.description END, \
         on_hand = stock.on_hand + excluded.on_hand, sold = stock.sold + excluded.sold, \
         adjusted = stock.adjusted + excluded.adjusted, reserved = stock.reserved + excluded.reserved",
    )
    .bind(store)
    .bind(sku)
    .bind(&delta.description)
    .bind(delta.on_hand)
    .bind(delta.sold)
    .bind(delta.adjusted)
    .bind(delta.reserved)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An upsert that adds to a rollup: its table, the rest of its key after the store, and a mark for each column.
macro_rules! rollup {
    ($table:literal, $key:literal, $marks:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " VALUES (",
            $marks,
            ", ?, ?, ?, ?, ?, ?, ?) ",
            "ON CONFLICT (store_id, ",
            $key,
            ") DO UPDATE SET ",
            "sales = ",
            $table,
            ".sales + excluded.sales, returns = ",
            $table,
            ".returns + excluded.returns, ",
            "post_voids = ",
            $table,
            ".post_voids + excluded.post_voids, net = ",
            $table,
            ".net + excluded.net, ",
            "tax = ",
            $table,
            ".tax + excluded.tax, gross = ",
            $table,
            ".gross + excluded.gross, ",
            "discount = ",
            $table,
            ".discount + excluded.discount"
        )
    };
}

async fn rollups(tx: &mut Tx<'_>, store: &str, projection: &Projection) -> Result<(), StoreError> {
    let mut daily: BTreeMap<(&str, &str), SalesDelta> = BTreeMap::new();
    for ((date, hour, currency), delta) in &projection.hourly {
        daily.entry((date, currency)).or_default().add(delta);
        let upsert =
            sqlx::query(rollup!("sales_hourly", "business_date, local_hour, currency", "?, ?, ?, ?"));
        add(tx, upsert.bind(store).bind(date).bind(hour).bind(currency), delta).await?;
    }
    for ((date, currency), delta) in &daily {
        let upsert = sqlx::query(rollup!("sales_daily", "business_date, currency", "?, ?, ?"));
        add(tx, upsert.bind(store).bind(date).bind(currency), delta).await?;
    }
    for ((order, currency), delta) in &projection.by_epoch {
        let upsert = sqlx::query(rollup!("sales_by_epoch", "epoch_order, currency", "?, ?, ?"));
        add(tx, upsert.bind(store).bind(i64::from(*order)).bind(currency), delta).await?;
    }
    for (order, transactions) in &projection.transactions_by_epoch {
        sqlx::query(
            "INSERT INTO transactions_by_epoch VALUES (?, ?, ?) \
             ON CONFLICT (store_id, epoch_order) DO UPDATE SET \
             transactions = transactions_by_epoch.transactions + excluded.transactions",
        )
        .bind(store)
        .bind(i64::from(*order))
        .bind(transactions)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Binds what is added after a rollup's key, and runs it.
async fn add<'q>(
    tx: &mut Tx<'_>,
    upsert: Query<'q, Sqlite, SqliteArguments>,
    delta: &SalesDelta,
) -> Result<(), StoreError> {
    upsert
        .bind(delta.sales)
        .bind(delta.returns)
        .bind(delta.post_voids)
        .bind(delta.totals.net)
        .bind(delta.totals.tax)
        .bind(delta.totals.gross)
        .bind(delta.totals.discount)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
