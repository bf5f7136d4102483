//! What managers changed at their stores.

use sqlx::Row;
use uuid::Uuid;

use super::SqliteStore;
use crate::error::StoreError;
use crate::model::StoreChangeRow;
use crate::store::{PAGE_ROWS_MAX, Scope};

pub(super) async fn read(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
) -> Result<Vec<StoreChangeRow>, StoreError> {
    if !scope.covers(store) {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT * FROM store_changes WHERE store_id = ? \
         ORDER BY epoch_order DESC, seq DESC, event_number DESC LIMIT ?",
    )
    .bind(store.to_string())
    .bind(i64::from(PAGE_ROWS_MAX))
    .fetch_all(&db.readers)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StoreChangeRow {
                epoch_order: row.try_get("epoch_order")?,
                seq: row.try_get("seq")?,
                kind: row.try_get("kind")?,
                subject: row.try_get("subject")?,
                detail: row.try_get("detail")?,
                staff: row.try_get("staff_id")?,
                recorded_at_ms: row.try_get("recorded_at_ms")?,
            })
        })
        .collect()
}
