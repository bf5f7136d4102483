//! How the printer and the drawer of a till are, in words for whoever stands there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use holdfast_protocol::till_api::{CounterDevice, DeviceStanding, DevicesPage};

use super::App;
use super::problem::Refused;
use super::who::AtTill;

/// The printer that serves the till, the one that it fails over to, and the drawer.
#[utoipa::path(get, path = "/api/v1/till/devices", tag = "tills", responses(
    (status = 200, description = "the till's printers and drawer", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn devices(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
) -> Result<Json<DevicesPage>, Refused> {
    let running = app.running.read().await;
    let running = running.as_ref().ok_or_else(|| Refused::unavailable("the hub is starting or stopping"))?;
    let (printers, drawers) = (running.printers_of(terminal).await, running.drawers().await);
    let mut devices = Vec::new();
    for (at, printer) in printers.iter().enumerate() {
        let ready = printer.down_since.is_none();
        let text = match (&printer.why_down, &printer.goes_to) {
            (None, _) if printer.state.is_empty() => "prints, and says nothing of itself".to_owned(),
            (None, _) => printer.state.join(", "),
            (Some(why), Some(other)) => format!("{why}; {other} prints meanwhile"),
            (Some(why), None) => why.clone(),
        };
        let waiting = u32::try_from(printer.waiting).unwrap_or(u32::MAX);
        let (device, kind) = (printer.printer.clone(), CounterDevice::Printer);
        devices.push(DeviceStanding { device, kind, ready, waiting, text });
        // The drawer is at the till's own printer.
        if at == 0 {
            let open = drawers.as_ref().and_then(|drawers| drawers.stands_open.get(&printer.printer));
            let text = match open {
                Some(true) => "open",
                Some(false) => "shut",
                None => "no sensor says how it stands",
            };
            let (device, kind, text) = (printer.printer.clone(), CounterDevice::Drawer, text.to_owned());
            devices.push(DeviceStanding { device, kind, ready, waiting: 0, text });
        }
    }
    Ok(Json(DevicesPage { devices }))
}
