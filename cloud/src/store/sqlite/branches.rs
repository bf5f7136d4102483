//! A store's histories as a tree, each branch with what it alone recorded and sold.

use std::collections::HashMap;

use holdfast_replication::tree::{Twig, branches as tree};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{SqliteStore, order_out, seq_out};
use crate::error::StoreError;
use crate::model::{BranchRow, BranchSales};
use crate::store::Scope;

pub(super) async fn branches(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
) -> Result<Vec<BranchRow>, StoreError> {
    if !scope.covers(store) {
        return Ok(Vec::new());
    }
    let store = store.to_string();
    // One connection, one snapshot: records and sums belong together.
    let mut tx = db.readers.begin().await?;
    let epochs = sqlx::query(
        "SELECT e.epoch_order, e.epoch_id, e.hub_id, e.parent_order, e.parent_seq, e.last_seq, e.is_open, \
         e.registered_at_ms, e.last_recorded_at_ms, c.seen_at_ms, h.retired_at_ms FROM epochs e \
         LEFT JOIN epoch_contact c ON c.store_id = e.store_id AND c.epoch_order = e.epoch_order \
         LEFT JOIN hubs h ON h.store_id = e.store_id AND h.hub_id = e.hub_id WHERE e.store_id = ?",
    )
    .bind(&store)
    .fetch_all(&mut *tx)
    .await?;
    let sums = sqlx::query("SELECT * FROM sales_by_epoch WHERE store_id = ? ORDER BY epoch_order, currency")
        .bind(&store)
        .fetch_all(&mut *tx)
        .await?;
    let mut sold: HashMap<u32, Vec<BranchSales>> = HashMap::new();
    for row in &sums {
        let order = order_out(row.try_get("epoch_order")?);
        sold.entry(order).or_default().push(BranchSales {
            currency: row.try_get("currency")?,
            transactions: row.try_get::<i64, _>("sales")?
                + row.try_get::<i64, _>("returns")?
                + row.try_get::<i64, _>("post_voids")?,
            net_minor: row.try_get("net")?,
            gross_minor: row.try_get("gross")?,
        });
    }
    let twigs = epochs.iter().map(twig).collect::<Result<Vec<_>, _>>()?;
    let by_order: HashMap<u32, &SqliteRow> = twigs.iter().map(|twig| twig.order).zip(&epochs).collect();
    tree(&twigs)
        .into_iter()
        .map(|branch| {
            let row = by_order[&branch.order];
            Ok(BranchRow {
                epoch_order: i64::from(branch.order),
                epoch: row.try_get("epoch_id")?,
                hub: row.try_get("hub_id")?,
                hub_retired: row.try_get::<Option<i64>, _>("retired_at_ms")?.is_some(),
                parent_order: row.try_get("parent_order")?,
                from_seq: row.try_get("parent_seq")?,
                last_seq: row.try_get("last_seq")?,
                depth: i64::from(branch.depth),
                records: i64::try_from(branch.records).unwrap_or(i64::MAX),
                forked: branch.forked,
                newest: branch.on_newest_line,
                open: row.try_get("is_open")?,
                registered_at_ms: row.try_get("registered_at_ms")?,
                last_recorded_at_ms: row.try_get("last_recorded_at_ms")?,
                seen_at_ms: row.try_get("seen_at_ms")?,
                sold: sold.remove(&branch.order).unwrap_or_default(),
            })
        })
        .collect()
}

fn twig(row: &SqliteRow) -> Result<Twig, StoreError> {
    let parent: Option<i64> = row.try_get("parent_order")?;
    let from = seq_out(row.try_get("parent_seq")?);
    Ok(Twig {
        order: order_out(row.try_get("epoch_order")?),
        parent: parent.map(|order| (order_out(order), from)),
        last_seq: seq_out(row.try_get("last_seq")?),
    })
}
