//! The store's sealed vault: one per store, and of the one before not a byte is left in the database's files.

use sqlx::{Row, Sqlite, Transaction};
use uuid::Uuid;

use super::{SqliteStore, seq_out};
use crate::error::StoreError;
use crate::store::{KeptVault, Vault};

/// Replaces the vault. What is overwritten is zeroed in its pages (`secure_delete`), and the write-ahead log that still
/// held it is emptied before the answer.
pub(super) async fn put(
    db: &SqliteStore,
    store: Uuid,
    hub: Uuid,
    sealed: &[u8],
    now_ms: i64,
) -> Result<KeptVault, StoreError> {
    let store = store.to_string();
    let mut tx = db.begin().await?;
    // The answer to an earlier try was lost: the same bytes keep their version.
    let kept = match held(&mut tx, &store).await? {
        Some(held) if held.sealed == sealed => held.kept,
        held => {
            let version = held.map_or(0, |held| held.kept.version) + 1;
            sqlx::query(
                "INSERT INTO vaults VALUES (?, ?, ?, ?, ?) ON CONFLICT (store_id) DO UPDATE SET \
                 version = excluded.version, hub_id = excluded.hub_id, kept_at_ms = excluded.kept_at_ms, \
                 sealed = excluded.sealed",
            )
            .bind(&store)
            .bind(i64::try_from(version).unwrap_or(i64::MAX))
            .bind(hub.to_string())
            .bind(now_ms)
            .bind(sealed)
            .execute(&mut *tx)
            .await?;
            KeptVault { version, kept_at_ms: now_ms }
        }
    };
    tx.commit().await?;
    empty_log(db).await?;
    Ok(kept)
}

/// Moves the write-ahead log into the database and truncates it.
async fn empty_log(db: &SqliteStore) -> Result<(), StoreError> {
    // Waits for readers up to the connection's busy time-out.
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&db.writer).await?;
    match row.try_get::<i64, _>(0)? {
        0 => Ok(()),
        _ => Err(StoreError::LogInUse),
    }
}

pub(super) async fn get(db: &SqliteStore, store: Uuid) -> Result<Option<Vault>, StoreError> {
    let mut tx = db.readers.begin().await?;
    held(&mut tx, &store.to_string()).await
}

async fn held(tx: &mut Transaction<'_, Sqlite>, store: &str) -> Result<Option<Vault>, StoreError> {
    let row = sqlx::query("SELECT version, kept_at_ms, sealed FROM vaults WHERE store_id = ?")
        .bind(store)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let kept =
        KeptVault { version: seq_out(row.try_get("version")?), kept_at_ms: row.try_get("kept_at_ms")? };
    Ok(Some(Vault { kept, sealed: row.try_get("sealed")? }))
}
