//! What a till reads of stored value before it takes it: what is left, and whether it pays.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use holdfast_domain::bounded::ValueNumber;
use holdfast_domain::value::ValueAccount;
use holdfast_protocol::till_api::ValuePage;
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
pub(crate) struct OfAccount {
    /// The number of the gift card or store credit, as typed or scanned.
    account: String,
}

/// What a gift card or store credit has left.
#[utoipa::path(get, path = "/api/v1/till/value", tag = "tills", params(OfAccount), responses(
    (status = 200, description = "kind, standing and balance", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 404, description = "HF-HUB-023")))]
pub(super) async fn value(
    _: AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<OfAccount>, QueryRejection>,
) -> Result<Json<ValuePage>, Refused> {
    let Query(OfAccount { account }) = query.map_err(|error| Refused::request(error.body_text()))?;
    let account = ValueNumber::new(&account).map_err(|error| Refused::request(error.to_string()))?;
    blocking(move || {
        let (as_of_seq, found) =
            app.as_of(|| with_state(app.state.as_ref(), |state| state.values.get(&account).cloned()));
        let found = found.ok_or(HubError::NotFound { what: "gift card or store credit" })?;
        let ValueAccount { kind, mode, standing, balance, terms, .. } = found;
        Ok(Json(ValuePage { as_of_seq, account, kind, mode, standing, balance, terms }))
    })
    .await
}
