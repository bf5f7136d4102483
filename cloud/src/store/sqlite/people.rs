//! Users and their sessions.

use std::collections::BTreeSet;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, uuid};
use crate::error::StoreError;
use crate::model::UserRow;
use crate::store::Scope;

pub(super) async fn add_user(
    db: &SqliteStore,
    user: &UserRow,
    scope: &Scope,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let mut tx = db.begin().await?;
    let taken =
        sqlx::query("SELECT 1 FROM users WHERE name = ?").bind(&user.name).fetch_optional(&mut *tx).await?;
    if taken.is_some() {
        return Ok(false);
    }
    sqlx::query("INSERT INTO users VALUES (?, ?, ?, ?, 0, 0, ?)")
        .bind(&user.user)
        .bind(&user.name)
        .bind(&user.password_hash)
        .bind(*scope == Scope::All)
        .bind(now_ms)
        .execute(&mut *tx)
        .await?;
    if let Scope::Stores(stores) = scope {
        for store in stores {
            sqlx::query("INSERT INTO user_stores VALUES (?, ?)")
                .bind(store.to_string())
                .bind(&user.user)
                .execute(&mut *tx)
                .await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

fn user_row(row: &SqliteRow) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        user: row.try_get("user_id")?,
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        failures: row.try_get("failures")?,
        locked_until_ms: row.try_get("locked_until_ms")?,
    })
}

pub(super) async fn user(db: &SqliteStore, name: &str) -> Result<Option<UserRow>, StoreError> {
    let row =
        sqlx::query("SELECT * FROM users WHERE name = ?").bind(name).fetch_optional(&db.readers).await?;
    row.as_ref().map(user_row).transpose()
}

pub(super) async fn note_sign_in(
    db: &SqliteStore,
    user: &str,
    failures: i64,
    locked_until_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET failures = ?, locked_until_ms = ? WHERE user_id = ?")
        .bind(failures)
        .bind(locked_until_ms)
        .bind(user)
        .execute(&db.writer)
        .await?;
    Ok(())
}

pub(super) async fn add_session(
    db: &SqliteStore,
    token_hash: [u8; 32],
    user: &str,
    expires_at_ms: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    sqlx::query("DELETE FROM sessions WHERE expires_at_ms <= ?").bind(now_ms).execute(&mut *tx).await?;
    sqlx::query("INSERT INTO sessions VALUES (?, ?, ?)")
        .bind(&token_hash[..])
        .bind(user)
        .bind(expires_at_ms)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn session(
    db: &SqliteStore,
    token_hash: [u8; 32],
    now_ms: i64,
) -> Result<Option<(UserRow, Scope)>, StoreError> {
    let mut tx = db.readers.begin().await?;
    let row = sqlx::query(
        "SELECT u.* FROM sessions s JOIN users u ON u.user_id = s.user_id WHERE s.token_hash = ? AND s.expires_at_ms > ?",
    )
    .bind(&token_hash[..])
    .bind(now_ms)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let user = user_row(&row)?;
    if row.try_get::<bool, _>("all_stores")? {
        return Ok(Some((user, Scope::All)));
    }
    let mut stores = BTreeSet::new();
    for row in &sqlx::query("SELECT store_id FROM user_stores WHERE user_id = ?")
        .bind(&user.user)
        .fetch_all(&mut *tx)
        .await?
    {
        stores.insert(uuid(row.try_get(0)?)?);
    }
    Ok(Some((user, Scope::Stores(stores))))
}

pub(super) async fn end_session(db: &SqliteStore, token_hash: [u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE token_hash = ?")
        .bind(&token_hash[..])
        .execute(&db.writer)
        .await?;
    Ok(())
}
