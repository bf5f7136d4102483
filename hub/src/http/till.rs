//! What tills read over HTTPS: nothing of it fits MQTT's packets, everything names the record it is true at.

use std::ops::Bound;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use holdfast_domain::bounded::Sku;
use holdfast_domain::catalog::Product;
use holdfast_domain::ids::TerminalId;
use holdfast_protocol::message::{StatusMessage, StockEntry};
use holdfast_protocol::till_api::{CatalogPage, OpenShift, PAGE_ENTRIES_MAX, Snapshot, StockPage, TillState};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::AtTill;
use crate::console::with_state;
use crate::error::HubError;

/// What a till needs after connecting.
#[utoipa::path(get, path = "/api/v1/till/snapshot", tag = "tills", responses(
    (status = 200, description = "a snapshot", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn snapshot(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
) -> Result<Json<Snapshot>, Refused> {
    blocking(move || read_snapshot(&app, terminal)).await.map(Json)
}

fn read_snapshot(app: &App, terminal: TerminalId) -> Result<Snapshot, Refused> {
    let published: StatusMessage =
        app.status.borrow().clone().ok_or_else(|| Refused::unavailable("the hub has just started"))?;
    loop {
        let before = app.state.applied().ok_or_else(|| Refused::unavailable("the journal is empty"))?;
        let seen = with_state(app.state.as_ref(), |state| {
            let till = state.tills.get(&terminal)?;
            let profile = state.profile.clone()?;
            let till = TillState {
                terminal,
                number: till.number,
                numbers: till.numbers,
                operator: till.operator.and_then(|operator| state.staff.get(&operator).cloned()),
                shift: state.shift_of(terminal).map(OpenShift::from),
            };
            Some((profile, till, state.catalog_version, state.tender_types()))
        });
        if app.state.applied() != Some(before) {
            continue;
        }
        // A till that was enrolled a moment ago may not be in the state yet; it asks again.
        let (profile, till, catalog_version, tenders) =
            seen.ok_or_else(|| Refused::unavailable("the till is not applied yet"))?;
        let status = StatusMessage { epoch: before.epoch, head_seq: before.seq, ..published };
        return Ok(Snapshot { epoch: before.epoch, status, profile, tenders, catalog_version, till });
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AfterQuery {
    /// The last product number of the page before.
    after: Option<String>,
}

impl AfterQuery {
    fn sku(query: Result<Query<Self>, QueryRejection>) -> Result<Option<Sku>, Refused> {
        let Query(query) = query.map_err(|error| Refused::request(error.body_text()))?;
        let sku = query.after.as_deref().map(Sku::new).transpose();
        sku.map_err(|error| Refused(HubError::Request { problem: error.to_string() }))
    }
}

/// One page of stock levels.
#[utoipa::path(get, path = "/api/v1/till/stock", tag = "tills", params(AfterQuery), responses(
    (status = 200, description = "a page of stock levels", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020")))]
pub(super) async fn stock(
    _: AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<AfterQuery>, QueryRejection>,
) -> Result<Json<StockPage>, Refused> {
    let after = AfterQuery::sku(query)?;
    blocking(move || {
        let (as_of_seq, (levels, more)) = app.as_of(|| {
            with_state(app.state.as_ref(), |state| {
                let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
                let mut rest = state.stock.range::<Sku, _>((from, Bound::Unbounded));
                let levels: Vec<StockEntry> = rest
                    .by_ref()
                    .take(PAGE_ENTRIES_MAX)
                    .map(|(sku, level)| StockEntry::new(sku.clone(), level))
                    .collect();
                (levels, rest.next().is_some())
            })
        });
        let next_after = levels.last().filter(|_| more).map(|last| last.sku.to_string());
        Ok(Json(StockPage { as_of_seq, levels, next_after }))
    })
    .await
}

/// One page of the active catalog.
#[utoipa::path(get, path = "/api/v1/till/catalog", tag = "tills", params(AfterQuery), responses(
    (status = 200, description = "a page of products", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020")))]
pub(super) async fn catalog(
    _: AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<AfterQuery>, QueryRejection>,
) -> Result<Json<CatalogPage>, Refused> {
    let after = AfterQuery::sku(query)?;
    let catalog = Arc::clone(&app.catalog.borrow());
    // Products come in the order of their numbers, so the page begins where the number is passed.
    let mut rest =
        catalog.products().skip_while(|product| after.as_ref().is_some_and(|after| product.sku <= *after));
    let products: Vec<Product> = rest.by_ref().take(PAGE_ENTRIES_MAX).cloned().collect();
    let next_after = products.last().filter(|_| rest.next().is_some()).map(|last| last.sku.to_string());
    Ok(Json(CatalogPage { version: catalog.version(), products, next_after }))
}
