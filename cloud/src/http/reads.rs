//! What programs read. Every answer is limited to the stores of the sign-in; a store outside of it is "not found".

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::http::refusal::{ApiError, ApiRefusal};
use crate::http::session::Viewer;
use crate::model::{
    BranchRow, QuarantineRow, Receipt, SalesRow, StockRow, StoreChangeRow, StoreOverview, StoreTotals,
    TaxTotalsRow, TenderTotalsRow, TransactionRow,
};
use crate::standing::standing;
use crate::store::{PAGE_ROWS_MAX, Scope, StockFilter, TransactionFilter};

type Answer<T> = Result<Json<T>, ApiRefusal>;
const PAGE_ROWS_DEFAULT: u32 = 100;
/// The most days that one question about sales may span.
const SALES_DAYS_MAX: i32 = 400;

/// The stores of this sign-in with how they stand and up to when their data is complete.
#[utoipa::path(get, path = "/api/v1/stores", tag = "reads", responses(
    (status = 200, body = Vec<StoreOverview>), (status = 401, body = ApiError)))]
pub async fn stores(State(app): State<Arc<App>>, viewer: Viewer) -> Answer<Vec<StoreOverview>> {
    Ok(Json(overviews(&app, &viewer.scope).await?))
}

/// How the stores of a scope stand now.
pub async fn overviews(app: &App, scope: &Scope) -> Result<Vec<StoreOverview>, ApiRefusal> {
    let lines = app.store.lines(scope).await?;
    let now_ms = app.now_ms();
    Ok(lines.into_iter().map(|line| standing(line, now_ms)).collect())
}

/// One store.
#[utoipa::path(get, path = "/api/v1/stores/{store}", tag = "reads", params(("store" = String, Path)), responses(
    (status = 200, body = StoreOverview), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub async fn store(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
) -> Answer<StoreOverview> {
    let store = covered(&viewer.scope, &store)?;
    let mut found = overviews(&app, &Scope::Stores([store].into())).await?;
    found.pop().map(Json).ok_or_else(ApiRefusal::not_found)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SalesQuery {
    /// First business date, such as 2026-11-30.
    from: String,
    /// Last business date, included.
    to: String,
    /// One store only.
    store: Option<String>,
    /// By local hour of the store as well; by day otherwise.
    #[serde(default)]
    hourly: bool,
}

/// Turnover by business date (and hour): sales less returns and post-voids, training left out.
#[utoipa::path(get, path = "/api/v1/sales", tag = "reads", params(SalesQuery), responses(
    (status = 200, body = Vec<SalesRow>), (status = 400, body = ApiError), (status = 401, body = ApiError),
    (status = 404, body = ApiError)))]
pub async fn sales(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    query: Result<Query<SalesQuery>, QueryRejection>,
) -> Answer<Vec<SalesRow>> {
    let query = parameters(query)?;
    let store = query.store.as_deref().map(|store| covered(&viewer.scope, store)).transpose()?;
    span(&query.from, &query.to)?;
    Ok(Json(app.store.sales(&viewer.scope, store, &query.from, &query.to, query.hourly).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TendersQuery {
    /// First business date, such as 2026-11-30.
    from: String,
    /// Last business date, included.
    to: String,
}

/// What each tender brought by business date, training left out: what the Zs of the store's shifts sum to.
#[utoipa::path(get, path = "/api/v1/stores/{store}/tenders", tag = "reads", params(("store" = String, Path), TendersQuery),
    responses((status = 200, body = Vec<TenderTotalsRow>), (status = 400, body = ApiError), (status = 401, body = ApiError),
    (status = 404, body = ApiError)))]
pub async fn tenders(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
    query: Result<Query<TendersQuery>, QueryRejection>,
) -> Answer<Vec<TenderTotalsRow>> {
    let store = covered(&viewer.scope, &store)?;
    let query = parameters(query)?;
    span(&query.from, &query.to)?;
    Ok(Json(app.store.tenders(&viewer.scope, store, &query.from, &query.to).await?))
}

/// What each tax rate brought by business date, training left out: what the Zs of the store's shifts sum to.
#[utoipa::path(get, path = "/api/v1/stores/{store}/taxes", tag = "reads", params(("store" = String, Path), TendersQuery),
    responses((status = 200, body = Vec<TaxTotalsRow>), (status = 400, body = ApiError), (status = 401, body = ApiError),
    (status = 404, body = ApiError)))]
pub async fn taxes(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
    query: Result<Query<TendersQuery>, QueryRejection>,
) -> Answer<Vec<TaxTotalsRow>> {
    let store = covered(&viewer.scope, &store)?;
    let query = parameters(query)?;
    span(&query.from, &query.to)?;
    Ok(Json(app.store.taxes(&viewer.scope, store, &query.from, &query.to).await?))
}

/// What managers changed at the store without asking: products that were added, prices that fell, people who were taken on.
/// Newest first.
#[utoipa::path(get, path = "/api/v1/stores/{store}/changes", tag = "reads", params(("store" = String, Path)),
    responses((status = 200, body = Vec<StoreChangeRow>), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub async fn changes(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
) -> Answer<Vec<StoreChangeRow>> {
    let store = covered(&viewer.scope, &store)?;
    Ok(Json(app.store.store_changes(&viewer.scope, store).await?))
}

/// A question about days spans a limited number of them.
fn span(from: &str, to: &str) -> Result<(), ApiRefusal> {
    let (from, to) = (date(from)?, date(to)?);
    let days = from.until(to).map(|span| span.get_days()).unwrap_or(i32::MAX);
    if !(0..=SALES_DAYS_MAX).contains(&days) {
        return Err(ApiRefusal::parameter(format!("`to` lies 0 to {SALES_DAYS_MAX} days after `from`")));
    }
    Ok(())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransactionsQuery {
    /// One store only.
    store: Option<String>,
    /// Only those recorded before this time, milliseconds since the Unix epoch; for the next page.
    before_ms: Option<i64>,
    /// Rows, 1 to 500.
    limit: Option<u32>,
}

/// The latest transactions, newest first, training left out.
#[utoipa::path(get, path = "/api/v1/transactions", tag = "reads", params(TransactionsQuery), responses(
    (status = 200, body = Vec<TransactionRow>), (status = 400, body = ApiError), (status = 401, body = ApiError),
    (status = 404, body = ApiError)))]
pub async fn transactions(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    query: Result<Query<TransactionsQuery>, QueryRejection>,
) -> Answer<Vec<TransactionRow>> {
    let query = parameters(query)?;
    let store = query.store.as_deref().map(|store| covered(&viewer.scope, store)).transpose()?;
    let filter = TransactionFilter { store, before_ms: query.before_ms, limit: limit(query.limit)? };
    Ok(Json(app.store.transactions(&viewer.scope, &filter).await?))
}

/// One transaction with its lines, taxes, tenders, what followed from it, and where the journal holds every step.
#[utoipa::path(get, path = "/api/v1/stores/{store}/transactions/{transaction}", tag = "reads",
    params(("store" = String, Path), ("transaction" = String, Path)), responses(
    (status = 200, body = Receipt), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub async fn receipt(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path((store, transaction)): Path<(String, String)>,
) -> Answer<Receipt> {
    let store = covered(&viewer.scope, &store)?;
    let transaction = Uuid::try_parse(&transaction).map_err(|_| ApiRefusal::not_found())?;
    let found = app.store.receipt(&viewer.scope, store, transaction).await?;
    found.map(Json).ok_or_else(ApiRefusal::not_found)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StockQuery {
    /// Only products below zero.
    #[serde(default)]
    negative: bool,
    /// Only products after this number; for the next page.
    #[serde(default)]
    after: String,
    /// Rows, 1 to 500.
    limit: Option<u32>,
}

/// Stock of one store by product number.
#[utoipa::path(get, path = "/api/v1/stores/{store}/stock", tag = "reads", params(("store" = String, Path), StockQuery),
    responses((status = 200, body = Vec<StockRow>), (status = 400, body = ApiError), (status = 401, body = ApiError),
    (status = 404, body = ApiError)))]
pub async fn stock(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
    query: Result<Query<StockQuery>, QueryRejection>,
) -> Answer<Vec<StockRow>> {
    let store = covered(&viewer.scope, &store)?;
    let query = parameters(query)?;
    let filter =
        StockFilter { negative_only: query.negative, after: query.after, limit: limit(query.limit)? };
    Ok(Json(app.store.stock(&viewer.scope, store, &filter).await?))
}

/// Sums over the whole store, to compare with the hub and the tills.
#[utoipa::path(get, path = "/api/v1/stores/{store}/totals", tag = "reads", params(("store" = String, Path)), responses(
    (status = 200, body = StoreTotals), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub async fn totals(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
) -> Answer<StoreTotals> {
    let store = covered(&viewer.scope, &store)?;
    app.store.totals(&viewer.scope, store).await?.map(Json).ok_or_else(ApiRefusal::not_found)
}

/// Records of a store that could not be understood; they are kept and acknowledged.
#[utoipa::path(get, path = "/api/v1/stores/{store}/quarantine", tag = "reads", params(("store" = String, Path)),
    responses((status = 200, body = Vec<QuarantineRow>), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub async fn quarantine(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
) -> Answer<Vec<QuarantineRow>> {
    let store = covered(&viewer.scope, &store)?;
    Ok(Json(app.store.quarantine(&viewer.scope, store, PAGE_ROWS_MAX).await?))
}

/// The store's histories as a tree, every branch after the one that it continues. What branches share is counted once, by
/// the branch that recorded it; both sides of a fork are kept and counted.
#[utoipa::path(get, path = "/api/v1/stores/{store}/epochs", tag = "reads", params(("store" = String, Path)),
    responses((status = 200, body = Vec<BranchRow>), (status = 401, body = ApiError), (status = 404, body = ApiError)))]
pub async fn epochs(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(store): Path<String>,
) -> Answer<Vec<BranchRow>> {
    let store = covered(&viewer.scope, &store)?;
    Ok(Json(app.store.branches(&viewer.scope, store).await?))
}

/// A store of the path, when the sign-in covers it.
pub fn covered(scope: &Scope, store: &str) -> Result<Uuid, ApiRefusal> {
    let store = Uuid::try_parse(store).map_err(|_| ApiRefusal::not_found())?;
    if scope.covers(store) { Ok(store) } else { Err(ApiRefusal::not_found()) }
}

pub fn parameters<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, ApiRefusal> {
    query.map(|Query(query)| query).map_err(|rejection| ApiRefusal::parameter(rejection.body_text()))
}

fn limit(limit: Option<u32>) -> Result<u32, ApiRefusal> {
    match limit.unwrap_or(PAGE_ROWS_DEFAULT) {
        limit @ 1..=PAGE_ROWS_MAX => Ok(limit),
        _ => Err(ApiRefusal::parameter(format!("`limit` is 1 to {PAGE_ROWS_MAX}"))),
    }
}

pub fn date(text: &str) -> Result<jiff::civil::Date, ApiRefusal> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let date = plain.then(|| text.parse().ok()).flatten();
    date.ok_or_else(|| ApiRefusal::parameter("a date is written as 2026-11-30"))
}
