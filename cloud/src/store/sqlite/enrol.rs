//! Stores, claim codes and hubs.

use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::line::NEWEST;
use super::{SqliteStore, order_out, rows, seq_out, uuid};
use crate::error::StoreError;
use crate::model::StoreRow;
use crate::store::{Claimed, HubRow};

pub(super) async fn add_store(db: &SqliteStore, store: &StoreRow, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO stores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(&store.store)
        .bind(&store.name)
        .bind(&store.currency)
        .bind(&store.time_zone)
        .bind(i64::from(store.cut_over_minutes))
        .bind(store.prices_include_tax)
        .bind(&store.legal_name)
        .bind(&store.address)
        .bind(&store.tax_id)
        .bind(now_ms)
        .execute(&db.writer)
        .await?;
    Ok(())
}

pub(super) async fn add_claim(
    db: &SqliteStore,
    store: Uuid,
    code_hash: [u8; 32],
    expires_at_ms: i64,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let store = store.to_string();
    sqlx::query("DELETE FROM claims WHERE store_id = ? AND used_at_ms IS NULL")
        .bind(&store)
        .execute(&mut *tx)
        .await?;
    sqlx::query("INSERT INTO claims (store_id, code_hash, expires_at_ms) VALUES (?, ?, ?)")
        .bind(&store)
        .bind(&code_hash[..])
        .bind(expires_at_ms)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn claim(
    db: &SqliteStore,
    code_hash: [u8; 32],
    hub: Uuid,
    public_key: &[u8],
    software: &str,
    now_ms: i64,
) -> Result<Claimed, StoreError> {
    let mut tx = db.begin().await?;
    let hub = hub.to_string();
    let found =
        sqlx::query("SELECT store_id, expires_at_ms, used_by_hub, used_key FROM claims WHERE code_hash = ?")
            .bind(&code_hash[..])
            .fetch_optional(&mut *tx)
            .await?;
    let Some(found) = found else { return Ok(Claimed::Refused) };
    let store: String = found.try_get("store_id")?;
    let used_by: Option<String> = found.try_get("used_by_hub")?;
    let used_key: Option<Vec<u8>> = found.try_get("used_key")?;
    match used_by {
        // The first answer was lost on its way: the same hub with the same key gets it again.
        Some(used_by) if used_by == hub && used_key.as_deref() == Some(public_key) => {}
        Some(_) => return Ok(Claimed::Refused),
        None if found.try_get::<i64, _>("expires_at_ms")? <= now_ms => return Ok(Claimed::Refused),
        None => {
            sqlx::query(
                "UPDATE claims SET used_at_ms = ?, used_by_hub = ?, used_key = ? WHERE store_id = ? AND code_hash = ?",
            )
            .bind(now_ms)
            .bind(&hub)
            .bind(public_key)
            .bind(&store)
            .bind(&code_hash[..])
            .execute(&mut *tx)
            .await?;
            sqlx::query("UPDATE hubs SET retired_at_ms = ? WHERE store_id = ? AND retired_at_ms IS NULL")
                .bind(now_ms)
                .bind(&store)
                .execute(&mut *tx)
                .await?;
            sqlx::query(
                "INSERT INTO hubs (store_id, hub_id, public_key, software, enrolled_at_ms) VALUES (?, ?, ?, ?, ?) \
                 ON CONFLICT (store_id, hub_id) DO UPDATE SET public_key = excluded.public_key, \
                 software = excluded.software, enrolled_at_ms = excluded.enrolled_at_ms, retired_at_ms = NULL",
            )
            .bind(&store)
            .bind(&hub)
            .bind(public_key)
            .bind(software)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        }
    }
    let newest = sqlx::query(AssertSqlSafe(format!(
        "SELECT COALESCE(MAX(epoch_order), 0) AS newest, \
         COALESCE((SELECT last_seq FROM epochs WHERE store_id = ?1 {NEWEST}), 0) AS through \
         FROM epochs WHERE store_id = ?1",
    )))
    .bind(&store)
    .fetch_one(&mut *tx)
    .await?;
    let row = sqlx::query("SELECT * FROM stores WHERE store_id = ?").bind(&store).fetch_one(&mut *tx).await?;
    let answer = Claimed::Enrolled {
        store: rows::store(&row)?,
        next_epoch_order: order_out(newest.try_get("newest")?) + 1,
        journal_through: seq_out(newest.try_get("through")?),
    };
    tx.commit().await?;
    uuid(&store)?;
    Ok(answer)
}

pub(super) async fn hub(db: &SqliteStore, store: Uuid, hub: Uuid) -> Result<Option<HubRow>, StoreError> {
    let row = sqlx::query("SELECT public_key, retired_at_ms FROM hubs WHERE store_id = ? AND hub_id = ?")
        .bind(store.to_string())
        .bind(hub.to_string())
        .fetch_optional(&db.readers)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let retired: Option<i64> = row.try_get("retired_at_ms")?;
    Ok(Some(HubRow { public_key: row.try_get("public_key")?, retired: retired.is_some() }))
}

pub(super) async fn note_refused_hub(
    db: &SqliteStore,
    store: Uuid,
    hub: Uuid,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE hubs SET refused_at_ms = ? WHERE store_id = ? AND hub_id = ?")
        .bind(now_ms)
        .bind(store.to_string())
        .bind(hub.to_string())
        .execute(&db.writer)
        .await?;
    Ok(())
}
