//! What payment devices moved since their days began, and what became of their last ends of day.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use holdfast_protocol::till_api::{DeviceDayView, DeviceDaysPage};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::{AtTill, Insider};
use crate::console::with_state;

/// Every payment device with what the journal says that it moved since its day began, and its last end of day.
#[utoipa::path(get, path = "/api/v1/till/device-days", tag = "tills", responses(
    (status = 200, description = "devices, sums by scheme, the last end of day with both sides and what differs", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn till_device_days(
    _: AtTill,
    State(app): State<Arc<App>>,
) -> Result<Json<DeviceDaysPage>, Refused> {
    blocking(move || Ok(Json(all(&app)))).await
}

/// The same as tills read, for people and programs of the shop.
#[utoipa::path(get, path = "/api/v1/device-days", tag = "reports", responses(
    (status = 200, description = "as a till reads it", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn device_days(
    _: Insider,
    State(app): State<Arc<App>>,
) -> Result<Json<DeviceDaysPage>, Refused> {
    blocking(move || Ok(Json(all(&app)))).await
}

pub(super) fn all(app: &App) -> DeviceDaysPage {
    let (as_of_seq, devices) = app.as_of(|| with_state(app.state.as_ref(), DeviceDayView::all));
    DeviceDaysPage { as_of_seq, devices }
}
