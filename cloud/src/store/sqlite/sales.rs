//! Turnover, sums, and every projected figure as text.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::line::NEWEST;
use super::{SqliteStore, scope_binds};
use crate::error::StoreError;
use crate::model::{SalesRow, StoreTotals, TaxTotalsRow, TenderTotalsRow};
use crate::store::{Figures, PAGE_ROWS_MAX, Scope};

pub(super) async fn sales(
    db: &SqliteStore,
    scope: &Scope,
    store: Option<Uuid>,
    from: &str,
    to: &str,
    hourly: bool,
) -> Result<Vec<SalesRow>, StoreError> {
    let (all, ids) = scope_binds(scope);
    let query = if hourly {
        "SELECT store_id, business_date, local_hour, currency, sales, returns, post_voids, net, tax, gross, discount \
         FROM sales_hourly WHERE (? OR store_id IN (SELECT value FROM json_each(?))) AND (? = '' OR store_id = ?) \
         AND business_date >= ? AND business_date <= ? ORDER BY store_id, business_date, local_hour, currency"
    } else {
        "SELECT store_id, business_date, NULL AS local_hour, currency, sales, returns, post_voids, net, tax, gross, \
         discount \
         FROM sales_daily WHERE (? OR store_id IN (SELECT value FROM json_each(?))) AND (? = '' OR store_id = ?) \
         AND business_date >= ? AND business_date <= ? ORDER BY store_id, business_date, currency"
    };
    let store = store.map(|store| store.to_string()).unwrap_or_default();
    let rows = sqlx::query(query)
        .bind(all)
        .bind(ids)
        .bind(&store)
        .bind(&store)
        .bind(from)
        .bind(to)
        .fetch_all(&db.readers)
        .await?;
    rows.iter().map(sales_row).collect()
}

fn sales_row(row: &SqliteRow) -> Result<SalesRow, StoreError> {
    Ok(SalesRow {
        store: row.try_get("store_id")?,
        business_date: row.try_get("business_date")?,
        local_hour: row.try_get("local_hour")?,
        currency: row.try_get("currency")?,
        sales: row.try_get("sales")?,
        returns: row.try_get("returns")?,
        post_voids: row.try_get("post_voids")?,
        net_minor: row.try_get("net")?,
        tax_minor: row.try_get("tax")?,
        gross_minor: row.try_get("gross")?,
        discount_minor: row.try_get("discount")?,
    })
}

pub(super) async fn tenders(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
    from: &str,
    to: &str,
) -> Result<Vec<TenderTotalsRow>, StoreError> {
    if !scope.covers(store) {
        return Ok(Vec::new());
    }
    // Change leaves the drawer as cash, whatever it was given for; tips come with tenders that are counted already.
    let rows = sqlx::query(
        "SELECT business_date, currency, tender, SUM(tenders) AS count, SUM(amount) AS amount FROM ( \
         SELECT t.business_date, t.currency, x.kind AS tender, 1 AS tenders, x.amount AS amount \
         FROM transactions t JOIN transaction_tenders x \
         ON x.store_id = t.store_id AND x.transaction_id = t.transaction_id \
         WHERE t.store_id = ?1 AND t.training = 0 AND t.business_date >= ?2 AND t.business_date <= ?3 \
         AND t.kind IN ('sale', 'deposit', 'return', 'post_void', 'value_issued', 'value_issue_voided') \
         UNION ALL SELECT t.business_date, t.currency, x.kind, 0, x.amount \
         FROM transactions t JOIN transaction_tips x \
         ON x.store_id = t.store_id AND x.transaction_id = t.transaction_id \
         WHERE t.store_id = ?1 AND t.training = 0 AND t.business_date >= ?2 AND t.business_date <= ?3 \
         UNION ALL SELECT business_date, currency, 'cash', 0, -change_given FROM transactions \
         WHERE store_id = ?1 AND training = 0 AND business_date >= ?2 AND business_date <= ?3 AND change_given <> 0) \
         GROUP BY business_date, currency, tender ORDER BY business_date, currency, tender",
    )
    .bind(store.to_string())
    .bind(from)
    .bind(to)
    .fetch_all(&db.readers)
    .await?;
    let row = |row: &SqliteRow| {
        Ok(TenderTotalsRow {
            business_date: row.try_get("business_date")?,
            currency: row.try_get("currency")?,
            tender: row.try_get("tender")?,
            count: row.try_get("count")?,
            amount_minor: row.try_get("amount")?,
        })
    };
    rows.iter().map(row).collect()
}

pub(super) async fn taxes(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
    from: &str,
    to: &str,
) -> Result<Vec<TaxTotalsRow>, StoreError> {
    if !scope.covers(store) {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT t.business_date, t.currency, x.code, x.rate_millionths, SUM(x.net) AS net, SUM(x.tax) AS tax \
         FROM transactions t JOIN transaction_taxes x \
         ON x.store_id = t.store_id AND x.transaction_id = t.transaction_id \
         WHERE t.store_id = ? AND t.training = 0 AND t.business_date >= ? AND t.business_date <= ? \
         GROUP BY t.business_date, t.currency, x.code, x.rate_millionths \
         ORDER BY t.business_date, t.currency, x.code, x.rate_millionths",
    )
    .bind(store.to_string())
    .bind(from)
    .bind(to)
    .fetch_all(&db.readers)
    .await?;
    let row = |row: &SqliteRow| {
        Ok(TaxTotalsRow {
            business_date: row.try_get("business_date")?,
            currency: row.try_get("currency")?,
            code: row.try_get("code")?,
            rate_millionths: row.try_get("rate_millionths")?,
            net_minor: row.try_get("net")?,
            tax_minor: row.try_get("tax")?,
        })
    };
    rows.iter().map(row).collect()
}

pub(super) async fn business_dates(
    db: &SqliteStore,
    scope: &Scope,
    store: Option<Uuid>,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let (all, ids) = scope_binds(scope);
    let store = store.map(|store| store.to_string()).unwrap_or_default();
    let rows = sqlx::query(
        "SELECT DISTINCT business_date FROM sales_daily WHERE (? OR store_id IN (SELECT value FROM json_each(?))) \
         AND (? = '' OR store_id = ?) ORDER BY business_date DESC LIMIT ?",
    )
    .bind(all)
    .bind(ids)
    .bind(&store)
    .bind(&store)
    .bind(i64::from(limit.clamp(1, PAGE_ROWS_MAX)))
    .fetch_all(&db.readers)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

pub(super) async fn totals(
    db: &SqliteStore,
    scope: &Scope,
    store: Uuid,
) -> Result<Option<StoreTotals>, StoreError> {
    if !scope.covers(store) {
        return Ok(None);
    }
    let store = store.to_string();
    // One connection, one snapshot: the sums belong together.
    let mut tx = db.readers.begin().await?;
    let Some(row) = sqlx::query("SELECT currency FROM stores WHERE store_id = ?")
        .bind(&store)
        .fetch_optional(&mut *tx)
        .await?
    else {
        return Ok(None);
    };
    let mut totals =
        StoreTotals { store: store.clone(), currency: row.try_get(0)?, ..StoreTotals::default() };
    let kinds = sqlx::query(
        "SELECT kind, COUNT(*) AS count, SUM(net) AS net, SUM(tax) AS tax, SUM(gross) AS gross FROM transactions \
         WHERE store_id = ? AND training = 0 GROUP BY kind",
    )
    .bind(&store)
    .fetch_all(&mut *tx)
    .await?;
    for row in &kinds {
        let count: i64 = row.try_get("count")?;
        let kind: &str = row.try_get("kind")?;
        match kind {
            "sale" => totals.sales = count,
            "return" => totals.returns = count,
            "post_void" => totals.post_voids = count,
            "deposit" => totals.deposits = count,
            "cancelled" => totals.cancelled = count,
            "abandoned" => totals.abandoned = count,
            "paid_in" | "paid_out" | "cash_drop" | "cash_loan" => totals.cash_moves += count,
            "value_issued" | "value_issue_voided" => totals.value_issues += count,
            _ => return Err(StoreError::Corrupt { what: "a kind of transaction is unknown" }),
        }
        totals.net_minor += row.try_get::<i64, _>("net")?;
        totals.tax_minor += row.try_get::<i64, _>("tax")?;
        totals.gross_minor += row.try_get::<i64, _>("gross")?;
    }
    totals.transactions = totals.sales + totals.returns + totals.post_voids;
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT (SELECT COALESCE(SUM(on_hand), 0) FROM stock WHERE store_id = ?1) AS on_hand, \
         (SELECT COUNT(*) FROM stock WHERE store_id = ?1) AS products, \
         (SELECT COUNT(*) FROM stock WHERE store_id = ?1 AND on_hand < 0) AS negative, \
         (SELECT COUNT(*) FROM journal WHERE store_id = ?1) AS records, \
         (SELECT COUNT(*) FROM quarantine WHERE store_id = ?1) AS quarantined, \
         COALESCE((SELECT last_seq FROM epochs WHERE store_id = ?1 {NEWEST}), 0) AS acked",
    )))
    .bind(&store)
    .fetch_one(&mut *tx)
    .await?;
    totals.stock_thousandths = row.try_get("on_hand")?;
    totals.products = row.try_get("products")?;
    totals.products_negative = row.try_get("negative")?;
    totals.records = row.try_get("records")?;
    totals.quarantined = row.try_get("quarantined")?;
    totals.acked_through = row.try_get("acked")?;
    Ok(Some(totals))
}

/// The statements that turn every projected row into a key and a value. What they say must be what
/// [`crate::verify`] says.
const FIGURES: [&str; 6] = [
    "SELECT 'hourly/' || business_date || '/' || local_hour || '/' || currency, \
     sales || ' ' || returns || ' ' || post_voids || ' ' || net || ' ' || tax || ' ' || gross || ' ' || discount \
     FROM sales_hourly WHERE store_id = ?",
    "SELECT 'daily/' || business_date || '/' || currency, \
     sales || ' ' || returns || ' ' || post_voids || ' ' || net || ' ' || tax || ' ' || gross || ' ' || discount \
     FROM sales_daily WHERE store_id = ?",
    "SELECT 'stock/' || sku, on_hand || ' ' || sold || ' ' || adjusted || ' ' || reserved FROM stock WHERE store_id = ?",
    "SELECT 'transaction/' || transaction_id, kind || ' ' || receipt || ' ' || net || ' ' || tax || ' ' || gross || ' ' \
     || due || ' ' || epoch_order || '.' || seq FROM transactions WHERE store_id = ?",
    "SELECT 'epoch/' || epoch_order || '/' || currency, \
     sales || ' ' || returns || ' ' || post_voids || ' ' || net || ' ' || tax || ' ' || gross || ' ' || discount \
     FROM sales_by_epoch WHERE store_id = ?",
    "SELECT 'order/' || order_id, state || ' ' || paid FROM orders WHERE store_id = ?",
];

pub(super) async fn figures(db: &SqliteStore, store: Uuid) -> Result<Figures, StoreError> {
    let mut tx = db.readers.begin().await?;
    let mut figures = Figures::new();
    for statement in FIGURES {
        for row in &sqlx::query(statement).bind(store.to_string()).fetch_all(&mut *tx).await? {
            figures.insert(row.try_get(0)?, row.try_get(1)?);
        }
    }
    Ok(figures)
}
