//! Signed heads: kept for ever, compared with the journal as soon as it has the record that they speak of.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{EpochId, HubId, StoreId};
use holdfast_protocol::head::{Head, SignedHead, SignedHeadJson};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, hash32, seq_in, seq_out, uuid};
use crate::error::StoreError;
use crate::model::{HeadRow, HeadState};
use crate::store::{CheckedHead, PAGE_HEADS_MAX};

/// Whether the journal, in any of its branches, has the record of a head's epoch at its number: with the head's hash, or
/// at all.
macro_rules! journal_has {
    ($and:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM epochs e JOIN journal j ON j.store_id = e.store_id ",
            "AND j.epoch_order = e.epoch_order AND j.seq = heads.seq ",
            "WHERE e.store_id = heads.store_id AND j.record_epoch = heads.epoch_id ",
            $and,
            ")"
        )
    };
}

pub(super) async fn add(
    db: &SqliteStore,
    signed: &SignedHead,
    key: &[u8; 32],
    now_ms: i64,
) -> Result<HeadState, StoreError> {
    let head = &signed.head;
    let store = head.store.0.to_string();
    let mut tx = db.begin().await?;
    sqlx::query(
        "INSERT INTO heads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting') \
         ON CONFLICT (store_id, epoch_id, seq, signature) DO NOTHING",
    )
    .bind(&store)
    .bind(head.epoch.0.to_string())
    .bind(seq_in(head.seq))
    .bind(&signed.signature[..])
    .bind(head.hub.0.to_string())
    .bind(&key[..])
    .bind(&head.hash[..])
    .bind(head.signed_at.0)
    .bind(now_ms)
    .execute(&mut *tx)
    .await?;
    compare(&mut tx, &store, head.seq, head.seq).await?;
    let state: String = sqlx::query(
        "SELECT state FROM heads WHERE store_id = ? AND epoch_id = ? AND seq = ? AND signature = ?",
    )
    .bind(&store)
    .bind(head.epoch.0.to_string())
    .bind(seq_in(head.seq))
    .bind(&signed.signature[..])
    .fetch_one(&mut *tx)
    .await?
    .try_get(0)?;
    tx.commit().await?;
    Ok(HeadState::parse(&state))
}

/// Compares the heads of some numbers with the journal. What differed may agree later, when the branch that it speaks of
/// has arrived; what agreed stays so, because the journal only grows.
pub(super) async fn compare(
    tx: &mut Transaction<'_, Sqlite>,
    store: &str,
    from_seq: u64,
    to_seq: u64,
) -> Result<(), StoreError> {
    let agreed = concat!(
        "UPDATE heads SET state = 'agreed' WHERE store_id = ? AND state IN ('waiting', 'mismatch') ",
        "AND seq BETWEEN ? AND ? AND ",
        journal_has!("AND j.hash = heads.hash")
    );
    let mismatch = concat!(
        "UPDATE heads SET state = 'mismatch' WHERE store_id = ? AND state = 'waiting' AND seq BETWEEN ? AND ? AND ",
        journal_has!("")
    );
    for statement in [agreed, mismatch] {
        sqlx::query(statement)
            .bind(store)
            .bind(seq_in(from_seq))
            .bind(seq_in(to_seq))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn page(
    db: &SqliteStore,
    store: Uuid,
    after_seq: u64,
    limit: u32,
) -> Result<Vec<HeadRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM heads WHERE store_id = ? AND seq > ? ORDER BY seq, signed_at_ms, signature LIMIT ?",
    )
    .bind(store.to_string())
    .bind(seq_in(after_seq))
    .bind(i64::from(limit.clamp(1, PAGE_HEADS_MAX)))
    .fetch_all(&db.readers)
    .await?;
    rows.iter().map(head_row).collect()
}

pub(super) async fn latest(db: &SqliteStore, store: Uuid) -> Result<Option<HeadRow>, StoreError> {
    let row = sqlx::query(
        "SELECT * FROM heads WHERE store_id = ? ORDER BY seq DESC, signed_at_ms DESC, signature LIMIT 1",
    )
    .bind(store.to_string())
    .fetch_optional(&db.readers)
    .await?;
    row.as_ref().map(head_row).transpose()
}

/// Heads after a place in the order of their keys, each compared with the journal anew.
pub(super) async fn checked(
    db: &SqliteStore,
    store: Uuid,
    after: Option<&HeadRow>,
    limit: u32,
) -> Result<Vec<CheckedHead>, StoreError> {
    let (epoch, seq, signature) = after.map_or((String::new(), 0, Vec::new()), |row| {
        let signature = hex::decode(&row.head.signature).unwrap_or_default();
        (row.head.epoch.to_string(), seq_in(row.head.seq), signature)
    });
    let query = concat!(
        "SELECT heads.*, ",
        journal_has!("AND j.hash = heads.hash"),
        " AS same, ",
        journal_has!(""),
        " AS there FROM heads ",
        "WHERE store_id = ? AND (epoch_id, seq, signature) > (?, ?, ?) ORDER BY epoch_id, seq, signature LIMIT ?"
    );
    let rows = sqlx::query(query)
        .bind(store.to_string())
        .bind(epoch)
        .bind(seq)
        .bind(signature)
        .bind(i64::from(limit.clamp(1, PAGE_HEADS_MAX)))
        .fetch_all(&db.readers)
        .await?;
    rows.iter()
        .map(|row| {
            let found = match (row.try_get("same")?, row.try_get("there")?) {
                (true, _) => HeadState::Agreed,
                (false, true) => HeadState::Mismatch,
                (false, false) => HeadState::Waiting,
            };
            Ok(CheckedHead { row: head_row(row)?, found })
        })
        .collect()
}

fn head_row(row: &SqliteRow) -> Result<HeadRow, StoreError> {
    let signature: &[u8] = row.try_get("signature")?;
    let head = Head {
        store: StoreId(uuid(row.try_get("store_id")?)?),
        hub: HubId(uuid(row.try_get("hub_id")?)?),
        epoch: EpochId(uuid(row.try_get("epoch_id")?)?),
        seq: seq_out(row.try_get("seq")?),
        hash: hash32(row.try_get("hash")?)?,
        signed_at: Timestamp(row.try_get("signed_at_ms")?),
    };
    let signature =
        signature.try_into().map_err(|_| StoreError::Corrupt { what: "a signature has not 64 bytes" })?;
    Ok(HeadRow {
        head: SignedHeadJson::from(&SignedHead { head, signature }),
        public_key: hex::encode(row.try_get::<&[u8], _>("public_key")?),
        state: HeadState::parse(row.try_get("state")?),
        received_at_ms: row.try_get("received_at_ms")?,
    })
}
