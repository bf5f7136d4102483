//! Epochs, the hashes along their lines, and the journal read back.

use holdfast_replication::registration::{Facts, KnownEpoch, KnownParent};
use holdfast_replication::{Epoch, Hash, Parent, Point, Registered, Registration, register};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row, Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, contact, epoch_of, epoch_text, hash32, order_out, seq_in, seq_out};
use crate::error::StoreError;
use crate::store::{EpochRow, HeldHash, JournalPage, JournalRow};

/// An epoch's row while a batch or a registration is decided.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub order: i64,
    pub hub: String,
    pub parent_order: Option<i64>,
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
    let row = sqlx::query("SELECT * FROM epochs WHERE store_id = ? AND epoch_id = ?")
        .bind(store)
        .bind(epoch_text(epoch))
        .fetch_optional(&mut **tx)
        .await?;
    row.as_ref().map(held_row).transpose()
}

async fn held_by_order(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    order: i64,
) -> Result<Held, StoreError> {
    let row = sqlx::query("SELECT * FROM epochs WHERE store_id = ? AND epoch_order = ?")
        .bind(store)
        .bind(order)
        .fetch_one(&mut **tx)
        .await?;
    held_row(&row)
}

fn held_row(row: &SqliteRow) -> Result<Held, StoreError> {
    Ok(Held {
        order: row.try_get("epoch_order")?,
        hub: row.try_get("hub_id")?,
        parent_order: row.try_get("parent_order")?,
        parent: Point {
            seq: seq_out(row.try_get("parent_seq")?),
            hash: hash32(row.try_get("parent_hash")?)?,
        },
        last: Point { seq: seq_out(row.try_get("last_seq")?), hash: hash32(row.try_get("last_hash")?)? },
        open: row.try_get("is_open")?,
        forked: row.try_get("forked")?,
    })
}

/// The line that ends in an epoch, newest epoch first, each with the last of its records that belongs to the line.
pub(super) async fn line_of(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    newest: Held,
) -> Result<Vec<(Held, u64)>, StoreError> {
    let mut spans = Vec::new();
    let mut through = newest.last.seq;
    let mut at = Some(newest);
    while let Some(held) = at {
        // A parent is older than its child, so that the walk ends.
        let parent = held.parent_order.filter(|parent| *parent < held.order);
        let end = held.parent.seq;
        spans.push((held, through));
        through = through.min(end);
        at = match parent {
            Some(parent) => Some(held_by_order(tx, store, parent).await?),
            None => None,
        };
    }
    Ok(spans)
}

/// The chain hash at a number along the line that ends in an epoch: its own records, then its parent's. None above its end.
pub(super) async fn hash_at(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    held: &Held,
    seq: u64,
) -> Result<Option<Hash>, StoreError> {
    if seq > held.last.seq {
        return Ok(None);
    }
    let mut at = held.clone();
    while seq < at.parent.seq {
        let Some(parent) = at.parent_order.filter(|parent| *parent < at.order) else { return Ok(None) };
        at = held_by_order(tx, store, parent).await?;
    }
    for point in [at.last, at.parent] {
        if seq == point.seq {
            return Ok(Some(point.hash));
        }
    }
    let row = sqlx::query("SELECT hash FROM journal WHERE store_id = ? AND epoch_order = ? AND seq = ?")
        .bind(store)
        .bind(at.order)
        .bind(seq_in(seq))
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|row| hash32(row.try_get("hash")?)).transpose()
}

pub(super) async fn held_hash(
    db: &SqliteStore,
    store: Uuid,
    epoch: Epoch,
    seq: u64,
) -> Result<HeldHash, StoreError> {
    let store = store.to_string();
    let mut tx = db.readers.begin().await?;
    let Some(held) = held(&mut tx, &store, epoch).await? else { return Ok(HeldHash::UnknownEpoch) };
    Ok(hash_at(&mut tx, &store, &held, seq).await?.map_or(HeldHash::NoRecord, HeldHash::Hash))
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
    let facts = facts(&mut tx, &store, &hub, epoch, parent).await?;
    let decision = register(&facts);
    let order = match decision {
        Registration::Known { order, close, .. } => {
            if close {
                close_epoch(&mut tx, &store, order).await?;
            }
            order
        }
        Registration::Open { order, parent_order, from, forked, close_parent } => {
            if let (Some(parent), true) = (parent_order, close_parent) {
                close_epoch(&mut tx, &store, parent).await?;
            }
            sqlx::query(
                "INSERT INTO epochs (store_id, epoch_order, epoch_id, hub_id, parent_order, parent_seq, parent_hash, \
                 last_seq, last_hash, forked, is_open, registered_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            )
            .bind(&store)
            .bind(i64::from(order))
            .bind(epoch_text(epoch))
            .bind(&hub)
            .bind(parent_order.map(i64::from))
            .bind(seq_in(from.seq))
            .bind(&from.hash[..])
            .bind(seq_in(from.seq))
            .bind(&from.hash[..])
            .bind(forked)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
            order
        }
        Registration::Gap { .. } | Registration::Fork { .. } => return Ok(decision.answer()),
    };
    contact::epoch_seen(&mut tx, &store, i64::from(order), now_ms).await?;
    tx.commit().await?;
    Ok(decision.answer())
}

/// Everything that the decision about a registration needs.
async fn facts(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    hub: &str,
    epoch: Epoch,
    parent: Option<Parent>,
) -> Result<Facts, StoreError> {
    let known = held(tx, store, epoch).await?.map(|held| KnownEpoch {
        order: order_out(held.order),
        last: held.last,
        open: held.open,
        forked: held.forked,
        own: held.hub == hub,
    });
    let newest: i64 = sqlx::query("SELECT COALESCE(MAX(epoch_order), 0) FROM epochs WHERE store_id = ?")
        .bind(store)
        .fetch_one(&mut **tx)
        .await?
        .try_get(0)?;
    let mut known_parent = None;
    if let Some(parent) = parent
        && let Some(held) = held(tx, store, parent.epoch).await?
    {
        let children: i64 =
            sqlx::query("SELECT COUNT(*) FROM epochs WHERE store_id = ? AND parent_order = ?")
                .bind(store)
                .bind(held.order)
                .fetch_one(&mut **tx)
                .await?
                .try_get(0)?;
        known_parent = Some(KnownParent {
            order: order_out(held.order),
            last: held.last,
            hash: hash_at(tx, store, &held, parent.point.seq).await?,
            before_first: parent.point.seq < held.parent.seq,
            continued: children > 0,
            own: held.hub == hub,
        });
    }
    Ok(Facts { known, newest_order: order_out(newest), parent, known_parent })
}

async fn close_epoch(tx: &mut Transaction<'_, Sqlite>, store: &str, order: u32) -> Result<(), StoreError> {
    sqlx::query("UPDATE epochs SET is_open = 0 WHERE store_id = ? AND epoch_order = ?")
        .bind(store)
        .bind(i64::from(order))
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

fn journal_row(row: &SqliteRow) -> Result<JournalRow, StoreError> {
    Ok(JournalRow {
        epoch_order: order_out(row.try_get("epoch_order")?),
        epoch: epoch_of(row.try_get("record_epoch")?)?,
        seq: seq_out(row.try_get("seq")?),
        hash: hash32(row.try_get("hash")?)?,
        payload: row.try_get("payload")?,
    })
}

/// Which epoch is the newest: the last registered one that has a record of its own, as [`holdfast_replication::tree`] says.
pub(super) const NEWEST: &str = "ORDER BY (last_seq > parent_seq) DESC, epoch_order DESC LIMIT 1";

/// Walks from the newest epoch back through its parents, then reads forward along that line.
pub(super) async fn journal_line(
    db: &SqliteStore,
    store: Uuid,
    from_seq: u64,
    records_max: u32,
    bytes_max: usize,
) -> Result<JournalPage, StoreError> {
    let mut tx = db.readers.begin().await?;
    let text = store.to_string();
    let newest = sqlx::query(AssertSqlSafe(format!("SELECT * FROM epochs WHERE store_id = ? {NEWEST}")))
        .bind(&text)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(newest) = newest else { return Ok(JournalPage { chain_before: [0; 32], rows: Vec::new() }) };
    let newest = held_row(&newest)?;
    let mut spans = line_of(&mut tx, &text, newest).await?;
    spans.reverse();
    let mut page = JournalPage { chain_before: [0; 32], rows: Vec::new() };
    let mut next = from_seq.max(1);
    let mut bytes = 0;
    for (held, last) in spans {
        while next > held.parent.seq && next <= last && page.rows.len() < records_max as usize {
            if page.rows.is_empty() {
                page.chain_before = hash_at(&mut tx, &text, &held, next - 1)
                    .await?
                    .ok_or(StoreError::Corrupt { what: "the journal has a hole" })?;
            }
            let room = (records_max as usize - page.rows.len()).min(500);
            let order = order_out(held.order);
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
