//! What payment devices moved since their days began, and what became of their last ends of day.

use std::sync::Arc;

use axum::Json;
use axum::extract;
use holdfast_domain::State;
use holdfast_domain::calendar::Timestamp;
use holdfast_protocol::till_api::{DeviceDayView, DeviceDaysPage, ExposureView};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::{AtTill, Insider};
use crate::clock::Machine;
use crate::console::with_state;

/// Every payment device with what the journal says that it moved since its day began, and its last end of day.
#[utoipa::path(get, path = "/api/v1/till/device-days", tag = "tills", responses(
    (status = 200, description = "devices, sums by scheme, the last end of day with both sides and what differs", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn till_device_days(
    _: AtTill,
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Json<DeviceDaysPage>, Refused> {
    blocking(move || Ok(Json(all(&app)))).await
}

/// The same as tills read, for people and programs of the shop.
#[utoipa::path(get, path = "/api/v1/device-days", tag = "reports", responses(
    (status = 200, description = "as a till reads it", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn device_days(
    _: Insider,
    extract::State(app): extract::State<Arc<App>>,
) -> Result<Json<DeviceDaysPage>, Refused> {
    blocking(move || Ok(Json(all(&app)))).await
}

pub(super) fn all(app: &App) -> DeviceDaysPage {
    let now = Timestamp(Machine.now_ms());
    let read = |state: &State| (DeviceDayView::all(state), ExposureView::of(state, now));
    let (as_of_seq, (devices, exposure)) = app.as_of(|| with_state(app.state.as_ref(), read));
    DeviceDaysPage { as_of_seq, devices, exposure }
}
