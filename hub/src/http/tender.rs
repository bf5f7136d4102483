//! What a till reads of a payment at a device: how it stands, whatever the till missed on its stream.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use holdfast_domain::ids::AttemptId;
use holdfast_protocol::message::TenderView;
use holdfast_protocol::till_api::TenderPage;
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
pub(crate) struct OfAttempt {
    /// The id of the command that started it.
    attempt: String,
}

/// How a payment at a card terminal or wallet stands. One that is over is known until its shift ends.
#[utoipa::path(get, path = "/api/v1/till/tender", tag = "tills", params(OfAttempt), responses(
    (status = 200, description = "the payment and its state, as the event topic tells them", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 404, description = "HF-HUB-023")))]
pub(super) async fn tender(
    _: AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<OfAttempt>, QueryRejection>,
) -> Result<Json<TenderPage>, Refused> {
    let Query(OfAttempt { attempt }) = query.map_err(|error| Refused::request(error.body_text()))?;
    let attempt: AttemptId = attempt.parse().map_err(|_| {
        Refused::request("attempt is the id of the command that started the payment".to_owned())
    })?;
    blocking(move || {
        let (as_of_seq, found) = app.as_of(|| {
            with_state(app.state.as_ref(), |state| state.attempts.get(&attempt).map(TenderView::of))
        });
        let tender = found.ok_or(HubError::NotFound { what: "payment at a device" })?;
        Ok(Json(TenderPage { as_of_seq, tender }))
    })
    .await
}
