//! What tills read of orders: those that wait, and one with its lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use holdfast_domain::ids::OrderId;
use holdfast_domain::order::Order;
use holdfast_protocol::till_api::{OrderEntry, OrderPage, OrdersPage, PAGE_ENTRIES_MAX};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::AtTill;
use crate::console::with_state;
use crate::error::HubError;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AfterOrder {
    /// The last order of the page before.
    after: Option<String>,
}

/// One page of the orders that are not closed: parked, in a till's hands, free for any till, paid and not handed over.
#[utoipa::path(get, path = "/api/v1/till/orders", tag = "tills", params(AfterOrder), responses(
    (status = 200, description = "a page of open orders", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020")))]
pub(super) async fn orders(
    _: AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<AfterOrder>, QueryRejection>,
) -> Result<Json<OrdersPage>, Refused> {
    let Query(AfterOrder { after }) = query.map_err(|error| Refused::request(error.body_text()))?;
    let after = after.as_deref().map(str::parse::<OrderId>).transpose();
    let after = after.map_err(|error| Refused::request(error.to_string()))?;
    blocking(move || {
        let (as_of_seq, (orders, more)) = app.as_of(|| {
            with_state(app.state.as_ref(), |state| {
                let open = state.orders.values().filter(|order| !order.state.is_closed());
                let later: BTreeMap<OrderId, &Order> = open
                    .filter(|order| after.is_none_or(|after| order.id > after))
                    .map(|order| (order.id, order))
                    .collect();
                let page = later.values().take(PAGE_ENTRIES_MAX);
                let entries: Vec<OrderEntry> = page.map(|order| OrderEntry::new(state, order)).collect();
                (entries, later.len() > PAGE_ENTRIES_MAX)
            })
        });
        let next_after = orders.last().filter(|_| more).map(|last| last.order.to_string());
        Ok(Json(OrdersPage { as_of_seq, orders, next_after }))
    })
    .await
}

/// One order as it is now, closed ones too.
#[utoipa::path(get, path = "/api/v1/till/orders/{id}", tag = "tills", params(("id" = String, Path, description = "the order's id")), responses(
    (status = 200, description = "the order", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 404, description = "HF-HUB-023")))]
pub(super) async fn order(
    _: AtTill,
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<OrderPage>, Refused> {
    let Path(id) = id.map_err(|error| Refused::request(error.body_text()))?;
    let id: OrderId = id.parse().map_err(|_| HubError::NotFound { what: "order" })?;
    blocking(move || {
        let (as_of_seq, found) = app.as_of(|| {
            let found = app.state.order(id).map_err(Refused::unavailable)?;
            let order = found.ok_or(HubError::NotFound { what: "order" })?;
            let entry = with_state(app.state.as_ref(), |state| OrderEntry::new(state, &order));
            Ok::<_, Refused>((entry, order))
        });
        let (entry, order) = found?;
        Ok(Json(OrderPage { as_of_seq, entry, order }))
    })
    .await
}
