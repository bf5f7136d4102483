//! Heartbeats: how a hub says it stands, and its own sums against those here.

use sqlx::{Row, Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, epoch_of, line, seq_in, seq_out};
use crate::error::StoreError;
use crate::model::{ContactRow, ControlState};

/// Something was heard of an epoch.
pub(super) async fn epoch_seen(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    order: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO epoch_contact VALUES (?, ?, ?) \
         ON CONFLICT (store_id, epoch_order) DO UPDATE SET seen_at_ms = excluded.seen_at_ms",
    )
    .bind(store)
    .bind(order)
    .bind(now_ms)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn heartbeat(db: &SqliteStore, store: Uuid, contact: &ContactRow) -> Result<(), StoreError> {
    let control = contact.control;
    let mut tx = db.begin().await?;
    sqlx::query(
        "INSERT INTO contact (store_id, seen_at_ms, epoch_id, head_seq, backlog, oldest_unsent_ms, tills_up, tills_known, \
         clock_offset_ms, software, control_seq, control_transactions, control_gross, control_net, control_state) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (store_id) DO UPDATE SET seen_at_ms = excluded.seen_at_ms, epoch_id = excluded.epoch_id, \
         head_seq = excluded.head_seq, backlog = excluded.backlog, oldest_unsent_ms = excluded.oldest_unsent_ms, \
         tills_up = excluded.tills_up, tills_known = excluded.tills_known, clock_offset_ms = excluded.clock_offset_ms, \
         software = excluded.software, control_seq = COALESCE(excluded.control_seq, control_seq), \
         control_transactions = COALESCE(excluded.control_transactions, control_transactions), \
         control_gross = COALESCE(excluded.control_gross, control_gross), \
         control_net = COALESCE(excluded.control_net, control_net)",
    )
    .bind(store.to_string())
    .bind(contact.seen_at_ms)
    .bind(&contact.epoch)
    .bind(contact.head_seq)
    .bind(contact.backlog)
    .bind(contact.oldest_unsent_ms)
    .bind(contact.tills_up)
    .bind(contact.tills_known)
    .bind(contact.clock_offset_ms)
    .bind(&contact.software)
    .bind(control.map(|c| c.as_of_seq))
    .bind(control.map(|c| c.transactions))
    .bind(control.map(|c| c.gross_minor))
    .bind(control.map(|c| c.net_minor))
    .bind(contact.control_state.as_str())
    .execute(&mut *tx)
    .await?;
    let store = store.to_string();
    if let Some(held) = line::held(&mut tx, &store, epoch_of(&contact.epoch)?).await? {
        epoch_seen(&mut tx, &store, held.order, contact.seen_at_ms).await?;
    }
    compare_control(&mut tx, &store).await?;
    tx.commit().await?;
    Ok(())
}

/// Compares the hub's own sums with those here once the cursor of its epoch stands exactly at the record they were taken
/// at. A cursor that has passed it waits for the next heartbeat. A hub knows its own line: of an epoch that went on without
/// it after a fork, only the records through the last shared one are compared.
pub(super) async fn compare_control(tx: &mut Transaction<'_, Sqlite>, store: &str) -> Result<(), StoreError> {
    let row = sqlx::query(
        "SELECT epoch_id, control_seq, control_transactions, control_gross, control_net FROM contact \
         WHERE store_id = ? AND control_seq IS NOT NULL",
    )
    .bind(store)
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let Some(held) = line::held(tx, store, epoch_of(row.try_get("epoch_id")?)?).await? else {
        return Ok(());
    };
    if held.last.seq != seq_out(row.try_get("control_seq")?) {
        return Ok(());
    }
    let told: [i64; 3] =
        [row.try_get("control_transactions")?, row.try_get("control_gross")?, row.try_get("control_net")?];
    let mut here = [0_i64; 3];
    for (held, through) in line::line_of(tx, store, held).await? {
        let whole = "SELECT COALESCE((SELECT transactions FROM transactions_by_epoch n \
             WHERE n.store_id = ?1 AND n.epoch_order = ?2), 0), COALESCE(SUM(gross), 0), COALESCE(SUM(net), 0) \
             FROM sales_by_epoch WHERE store_id = ?1 AND epoch_order = ?2 AND ?3 >= 0";
        let beyond = "SELECT COUNT(*), COALESCE(SUM(gross), 0), COALESCE(SUM(net), 0) FROM transactions \
             WHERE store_id = ? AND epoch_order = ? AND seq > ? AND training = 0";
        for (query, sign) in [(whole, 1), (beyond, -1)] {
            if sign < 0 && held.last.seq == through {
                continue;
            }
            let sums = sqlx::query(query)
                .bind(store)
                .bind(held.order)
                .bind(seq_in(through))
                .fetch_one(&mut **tx)
                .await?;
            for (at, sum) in here.iter_mut().enumerate() {
                *sum += sign * sums.try_get::<i64, _>(at)?;
            }
        }
    }
    let state = if told == here { ControlState::Agreed } else { ControlState::Mismatch };
    sqlx::query("UPDATE contact SET control_state = ? WHERE store_id = ?")
        .bind(state.as_str())
        .bind(store)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
