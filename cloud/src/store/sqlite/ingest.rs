//! One hub batch, one transaction.

use std::collections::HashMap;

use holdfast_replication::{Cursor, Decision, Point, decide};
use sqlx::{Row, Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, contact, heads, json_ids, line, rows, seq_in, uuid, write};
use crate::error::StoreError;
use crate::ingest::{Batch, Item};
use crate::projection::{EXPIRED, Facts, KnownOrder, Needs, Placed, StoreClock, needs, project};
use crate::store::Ingested;
use crate::stored;

pub(super) async fn ingest(
    db: &SqliteStore,
    store: Uuid,
    batch: &Batch,
    now_ms: i64,
) -> Result<Ingested, StoreError> {
    let store = store.to_string();
    let mut tx = db.begin().await?;
    let Some(held) = line::held(&mut tx, &store, batch.header.epoch).await? else {
        return Ok(Ingested::UnknownEpoch);
    };
    let open = held.open && held.hub == batch.hub.to_string();
    let cursor = Cursor { epoch: batch.header.epoch, last: held.last, open };
    let end = batch.header.last_seq();
    let held_at_end =
        if end < held.last.seq { line::hash_at(&mut tx, &store, &held, end).await? } else { None };
    let sent: Vec<_> = batch.records.iter().map(Item::sent).collect();
    let (skip, last) = match decide(&cursor, &batch.header, &sent, held_at_end, stored::chain) {
        Decision::Apply { skip, last } => (skip, last),
        Decision::Duplicate => {
            return Ok(Ingested::Accepted { acked_through: held.last.seq, applied: 0, quarantined: 0 });
        }
        refused => return Ok(Ingested::Refused(refused)),
    };
    let new = &batch.records[skip..];
    write::journal(&mut tx, &store, held.order, new, now_ms).await?;
    let quarantined = write::quarantine(&mut tx, &store, held.order, new, now_ms).await?;

    let row = sqlx::query("SELECT * FROM stores WHERE store_id = ?").bind(&store).fetch_one(&mut *tx).await?;
    let settings = rows::store(&row)?;
    let clock = StoreClock::new(&settings.time_zone, settings.cut_over_minutes)
        .map_err(|_| StoreError::Corrupt { what: "a store's time zone is unknown" })?;
    let order = super::order_out(held.order);
    let records =
        || new.iter().filter_map(|item| item.meaning.as_deref().ok().map(|record| (item.seq, record)));
    let wanted = needs(records().map(|(_, record)| record));
    let mut facts = facts(&mut tx, &store, &wanted).await?;
    let placed = records().map(|(seq, record)| Placed { epoch_order: order, seq, record });
    let projection = project(&clock, placed, &mut facts);
    write::projection(&mut tx, &store, &projection).await?;
    advance(&mut tx, &store, held.order, last, projection.last_recorded_at_ms).await?;
    contact::epoch_seen(&mut tx, &store, held.order, now_ms).await?;
    contact::compare_control(&mut tx, &store).await?;
    heads::compare(&mut tx, &store, held.last.seq + 1, last.seq).await?;
    tx.commit().await?;
    Ok(Ingested::Accepted {
        acked_through: last.seq,
        applied: u32::try_from(new.len()).unwrap_or(u32::MAX),
        quarantined,
    })
}

async fn advance(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    order: i64,
    last: Point,
    recorded_at_ms: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE epochs SET last_seq = ?, last_hash = ?, last_recorded_at_ms = COALESCE(?, last_recorded_at_ms) \
         WHERE store_id = ? AND epoch_order = ?",
    )
    .bind(seq_in(last.seq))
    .bind(&last.hash[..])
    .bind(recorded_at_ms)
    .bind(store)
    .bind(order)
    .execute(&mut **tx)
    .await?;
    // An epoch that grows beyond the record that another one continues from: two histories from now on.
    sqlx::query(
        "UPDATE epochs SET forked = 1 WHERE store_id = ? AND parent_order = ? AND parent_seq < ? AND forked = 0",
    )
    .bind(store)
    .bind(order)
    .bind(seq_in(last.seq))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Looks up what a batch points at.
async fn facts(tx: &mut Transaction<'_, Sqlite>, store: &str, needs: &Needs) -> Result<Facts, StoreError> {
    let mut facts = Facts::default();
    if !needs.transactions.is_empty() {
        let found = sqlx::query(
            "SELECT transaction_id FROM transactions WHERE store_id = ? \
             AND transaction_id IN (SELECT value FROM json_each(?))",
        )
        .bind(store)
        .bind(json_ids(needs.transactions.iter()))
        .fetch_all(&mut **tx)
        .await?;
        for row in &found {
            facts.counted.insert(uuid(row.try_get(0)?)?);
        }
    }
    let mut orders = needs.orders.clone();
    if !needs.sales.is_empty() {
        let found = sqlx::query(
            "SELECT transaction_id, order_id FROM transactions WHERE store_id = ? AND order_id IS NOT NULL \
             AND transaction_id IN (SELECT value FROM json_each(?))",
        )
        .bind(store)
        .bind(json_ids(needs.sales.iter()))
        .fetch_all(&mut **tx)
        .await?;
        for row in &found {
            let order = uuid(row.try_get(1)?)?;
            facts.sales.insert(uuid(row.try_get(0)?)?, order);
            orders.push(order);
        }
    }
    if !orders.is_empty() {
        facts.orders = known_orders(tx, store, &json_ids(orders.iter())).await?;
    }
    Ok(facts)
}

async fn known_orders(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    ids: &str,
) -> Result<HashMap<Uuid, KnownOrder>, StoreError> {
    let mut known = HashMap::new();
    let found = sqlx::query(
        "SELECT order_id, training, channel, gross, state FROM orders WHERE store_id = ? \
         AND order_id IN (SELECT value FROM json_each(?))",
    )
    .bind(store)
    .bind(ids)
    .fetch_all(&mut **tx)
    .await?;
    for row in &found {
        let channel: &str = row.try_get("channel")?;
        let order = KnownOrder {
            training: row.try_get("training")?,
            not_in_hand: channel == "not_in_hand",
            expired: row.try_get::<&str, _>("state")? == EXPIRED,
            stock: Vec::new(),
            gross: row.try_get("gross")?,
        };
        known.insert(uuid(row.try_get("order_id")?)?, order);
    }
    let lines = sqlx::query(
        "SELECT document_id, sku, description, quantity FROM document_lines WHERE store_id = ?1 AND carries_stock = 1 \
         AND document_id IN (SELECT value FROM json_each(?2)) UNION ALL \
         SELECT order_id, sku, '', quantity FROM order_parts WHERE store_id = ?1 \
         AND order_id IN (SELECT value FROM json_each(?2)) ORDER BY document_id",
    )
    .bind(store)
    .bind(ids)
    .fetch_all(&mut **tx)
    .await?;
    for row in &lines {
        if let Some(order) = known.get_mut(&uuid(row.try_get("document_id")?)?) {
            order.stock.push((row.try_get("sku")?, row.try_get("description")?, row.try_get("quantity")?));
        }
    }
    Ok(known)
}
