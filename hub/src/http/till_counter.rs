//! What a till asks of the devices beside it: how they are now, and a weight to sell by.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use holdfast_actors::CounterError;
use holdfast_protocol::till_api::{CounterPage, ScaleAnswer, ScaleRequest};

use super::App;
use super::problem::Refused;
use super::who::AtTill;
use crate::error::HubError;

/// The scanners and scales at this till. What changes afterwards comes on the event topic.
#[utoipa::path(get, path = "/api/v1/till/counter", tag = "tills", responses(
    (status = 200, description = "scanners and scales with whether they are there, and what each scale shows", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn counter(AtTill(terminal): AtTill, State(app): State<Arc<App>>) -> Json<CounterPage> {
    let (scanners, scales) = app.beside.beside(terminal).await;
    Json(CounterPage { scanners, scales })
}

/// Weighs with a scale at this till, or sets its zero or tare. A weight is asked for from now on, settled, and said twice.
#[utoipa::path(post, path = "/api/v1/till/scale", tag = "tills",
    request_body(description = "{\"scale\": null or its name, \"ask\": \"weigh\", \"zero\", \"tare\", \"clear_tare\" or {\"preset_tare\": {\"amount\": \"0.012\", \"unit\": \"kg\"}}}", content_type = "application/json"), responses(
    (status = 200, description = "the scale did so; `weight` is what it weighs, or the tare where it says how much that is", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 404, description = "HF-HUB-023: no such scale at this till"),
    (status = 409, description = "HF-DEV-014, 056, 057, 058 or 059: the scale did not, or does not say"),
    (status = 503, description = "HF-HUB-024: too many ask at once")))]
pub(super) async fn scale(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    request: Result<Json<ScaleRequest>, JsonRejection>,
) -> Result<Json<ScaleAnswer>, Refused> {
    let Json(ScaleRequest { scale, ask }) = request.map_err(|error| Refused::request(error.body_text()))?;
    let asked = app.beside.ask_scale(terminal, scale.as_ref(), ask).await;
    asked.map(Json).map_err(|error| {
        Refused(match error {
            CounterError::NoScale => HubError::NotFound { what: "scale at this till" },
            CounterError::Fault(fault) => HubError::Scale { fault },
            busy @ (CounterError::Busy | CounterError::Unavailable) => {
                HubError::Unavailable { source: busy.into() }
            }
        })
    })
}
