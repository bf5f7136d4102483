//! Epochs, heartbeats, and the journal read back.

use holdfast_replication::{Epoch, Parent, Point};
use sqlx::{Row, Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, epoch_of, epoch_text, hash32, order_out, seq_in, seq_out};
use crate::error::StoreError;
use crate::model::ContactRow;
use crate::store::{EpochRow, JournalPage, JournalRow, Registered};

/// An epoch's row while a batch or a registration is decided.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub order: i64,
    pub hub: String,
    pub parent: Point,
    pub last: Point,
    pub open: bool,
    pub forked: bool,
}

pub(super) async fn held(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    epoch: Epoch,
) -> Result<Option<Held>, StoreError> {
    let row = sqlx::query(
        "SELECT epoch_order, hub_id, parent_seq, parent_hash, last_seq, last_hash, is_open, forked FROM epochs \
         WHERE store_id = ? AND epoch_id = ?",
    )
    .bind(store)
    .bind(epoch_text(epoch))
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Held {
        order: row.try_get("epoch_order")?,
        hub: row.try_get("hub_id")?,
        parent: Point {
            seq: seq_out(row.try_get("parent_seq")?),
            hash: hash32(row.try_get("parent_hash")?)?,
        },
        last: Point { seq: seq_out(row.try_get("last_seq")?), hash: hash32(row.try_get("last_hash")?)? },
        open: row.try_get("is_open")?,
        forked: row.try_get("forked")?,
    }))
}

/// The chain hash that an epoch holds at a number, its parent's included.
pub(super) async fn hash_at(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    held: &Held,
    seq: u64,
) -> Result<Option<[u8; 32]>, StoreError> {
    if seq == held.last.seq {
        return Ok(Some(held.last.hash));
    }
    if seq == held.parent.seq {
        return Ok(Some(held.parent.hash));
    }
    let row = sqlx::query("SELECT hash FROM journal WHERE store_id = ? AND epoch_order = ? AND seq = ?")
        .bind(store)
        .bind(held.order)
        .bind(seq_in(seq))
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|row| hash32(row.try_get("hash")?)).transpose()
}

pub(super) async fn register_epoch(
    db: &SqliteStore,
    store: Uuid,
    hub: Uuid,
    epoch: Epoch,
    parent: Option<Parent>,
    now_ms: i64,
) -> Result<Registered, StoreError> {
    let (store, hub) = (store.to_string(), hub.to_string());
    let mut tx = db.begin().await?;
    if let Some(known) = held(&mut tx, &store, epoch).await? {
        if known.hub != hub {
            // A hub that was rebuilt from HQ's copy walks through the epochs of the hub before it; it may read their
            // cursors, and they are closed to growing.
            let closed = !known.open;
            if !closed {
                sqlx::query("UPDATE epochs SET is_open = 0 WHERE store_id = ? AND epoch_order = ?")
                    .bind(&store)
                    .bind(known.order)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
            }
        }
        return Ok(Registered::Epoch {
            order: order_out(known.order),
            acked_through: known.last.seq,
            forked: known.forked,
        });
    }
    let newest: i64 = sqlx::query("SELECT COALESCE(MAX(epoch_order), 0) FROM epochs WHERE store_id = ?")
        .bind(&store)
        .fetch_one(&mut *tx)
        .await?
        .try_get(0)?;
    let (parent_order, point, forked) = match parent {
        None => (None, Point::ORIGIN, newest > 0),
        Some(parent) => {
            let Some(before) = held(&mut tx, &store, parent.epoch).await? else {
                return Ok(Registered::Gap { expected: 1 });
            };
            if parent.point.seq > before.last.seq {
                return Ok(Registered::Gap { expected: before.last.seq + 1 });
            }
            match hash_at(&mut tx, &store, &before, parent.point.seq).await? {
                Some(hash) if hash == parent.point.hash => {}
                Some(hash) => return Ok(Registered::Fork { at: Point { seq: parent.point.seq, hash } }),
                None => return Ok(Registered::Fork { at: before.parent }),
            }
            let siblings: i64 =
                sqlx::query("SELECT COUNT(*) FROM epochs WHERE store_id = ? AND parent_order = ?")
                    .bind(&store)
                    .bind(before.order)
                    .fetch_one(&mut *tx)
                    .await?
                    .try_get(0)?;
            sqlx::query("UPDATE epochs SET is_open = 0 WHERE store_id = ? AND epoch_order = ?")
                .bind(&store)
                .bind(before.order)
                .execute(&mut *tx)
                .await?;
            (Some(before.order), parent.point, siblings > 0 || parent.point.seq < before.last.seq)
        }
    };
    sqlx::query(
        "INSERT INTO epochs (store_id, epoch_order, epoch_id, hub_id, parent_order, parent_seq, parent_hash, last_seq, \
         last_hash, forked, is_open, registered_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
    )
    .bind(&store)
    .bind(newest + 1)
    .bind(epoch_text(epoch))
    .bind(&hub)
    .bind(parent_order)
    .bind(seq_in(point.seq))
    .bind(&point.hash[..])
    .bind(seq_in(point.seq))
    .bind(&point.hash[..])
    .bind(forked)
    .bind(now_ms)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Registered::Epoch { order: order_out(newest + 1), acked_through: point.seq, forked })
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
    compare_control(&mut tx, &store.to_string()).await?;
    tx.commit().await?;
    Ok(())
}

/// Compares the hub's own sums with the cloud's once the cursor stands exactly at the record they were taken at. A cursor
/// that has passed it waits for the next heartbeat.
pub(super) async fn compare_control(tx: &mut Transaction<'_, Sqlite>, store: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE contact SET control_state = CASE WHEN \
         control_transactions = (SELECT COALESCE(SUM(sales + returns + post_voids), 0) FROM sales_daily WHERE store_id = ?1) \
         AND control_gross = (SELECT COALESCE(SUM(gross), 0) FROM sales_daily WHERE store_id = ?1) \
         AND control_net = (SELECT COALESCE(SUM(net), 0) FROM sales_daily WHERE store_id = ?1) \
         THEN 'agreed' ELSE 'mismatch' END \
         WHERE store_id = ?1 AND control_seq = (SELECT last_seq FROM epochs WHERE store_id = ?1 \
         ORDER BY epoch_order DESC LIMIT 1)",
    )
    .bind(store)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn epochs(db: &SqliteStore, store: Uuid) -> Result<Vec<EpochRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT epoch_order, parent_seq, parent_hash, last_seq, last_hash FROM epochs WHERE store_id = ? \
         ORDER BY epoch_order",
    )
    .bind(store.to_string())
    .fetch_all(&db.readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(EpochRow {
                order: order_out(row.try_get("epoch_order")?),
                parent: Point {
                    seq: seq_out(row.try_get("parent_seq")?),
                    hash: hash32(row.try_get("parent_hash")?)?,
                },
                last: Point {
                    seq: seq_out(row.try_get("last_seq")?),
                    hash: hash32(row.try_get("last_hash")?)?,
                },
            })
        })
        .collect()
}

pub(super) async fn journal_of_epoch(
    db: &SqliteStore,
    store: Uuid,
    order: u32,
    after_seq: u64,
    records_max: u32,
) -> Result<Vec<JournalRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT epoch_order, record_epoch, seq, hash, payload FROM journal \
         WHERE store_id = ? AND epoch_order = ? AND seq > ? ORDER BY seq LIMIT ?",
    )
    .bind(store.to_string())
    .bind(i64::from(order))
    .bind(seq_in(after_seq))
    .bind(i64::from(records_max))
    .fetch_all(&db.readers)
    .await?;
    rows.iter().map(journal_row).collect()
}

fn journal_row(row: &sqlx::sqlite::SqliteRow) -> Result<JournalRow, StoreError> {
    Ok(JournalRow {
        epoch_order: order_out(row.try_get("epoch_order")?),
        epoch: epoch_of(row.try_get("record_epoch")?)?,
        seq: seq_out(row.try_get("seq")?),
        hash: hash32(row.try_get("hash")?)?,
        payload: row.try_get("payload")?,
    })
}

/// Walks from the newest epoch back through its parents, then reads forward along that line.
pub(super) async fn journal_line(
    db: &SqliteStore,
    store: Uuid,
    from_seq: u64,
    records_max: u32,
    bytes_max: usize,
) -> Result<JournalPage, StoreError> {
    let all = sqlx::query(
        "SELECT epoch_order, parent_order, parent_seq, parent_hash, last_seq FROM epochs WHERE store_id = ? \
         ORDER BY epoch_order DESC",
    )
    .bind(store.to_string())
    .fetch_all(&db.readers)
    .await?;
    let mut spans = Vec::new();
    let mut wanted: Option<i64> = None;
    let mut through = u64::MAX;
    for row in &all {
        let order: i64 = row.try_get("epoch_order")?;
        if wanted.is_some_and(|wanted| wanted != order) {
            continue;
        }
        let parent_seq = seq_out(row.try_get("parent_seq")?);
        let parent_hash = hash32(row.try_get("parent_hash")?)?;
        let last = seq_out(row.try_get("last_seq")?).min(through);
        spans.push((order, Point { seq: parent_seq, hash: parent_hash }, last));
        let Some(parent) = row.try_get::<Option<i64>, _>("parent_order")? else { break };
        wanted = Some(parent);
        through = parent_seq;
    }
    spans.reverse();
    let mut page = JournalPage { chain_before: [0; 32], rows: Vec::new() };
    let mut next = from_seq.max(1);
    let mut bytes = 0;
    for (order, parent, last) in spans {
        while next > parent.seq && next <= last && page.rows.len() < records_max as usize {
            if page.rows.is_empty() {
                page.chain_before = match next - 1 {
                    before if before == parent.seq => parent.hash,
                    before => hash_of(db, store, order, before).await?,
                };
            }
            let room = (records_max as usize - page.rows.len()).min(500);
            let order = order_out(order);
            let rows = journal_of_epoch(db, store, order, next - 1, u32::try_from(room).unwrap_or(1)).await?;
            if rows.is_empty() {
                return Err(StoreError::Corrupt { what: "the journal has a hole" });
            }
            for row in rows.into_iter().filter(|row| row.seq <= last) {
                bytes += row.payload.len();
                if bytes > bytes_max && !page.rows.is_empty() {
                    return Ok(page);
                }
                next = row.seq + 1;
                page.rows.push(row);
            }
        }
    }
    Ok(page)
}

async fn hash_of(db: &SqliteStore, store: Uuid, order: i64, seq: u64) -> Result<[u8; 32], StoreError> {
    let row = sqlx::query("SELECT hash FROM journal WHERE store_id = ? AND epoch_order = ? AND seq = ?")
        .bind(store.to_string())
        .bind(order)
        .bind(seq_in(seq))
        .fetch_one(&db.readers)
        .await?;
    hash32(row.try_get("hash")?)
}
