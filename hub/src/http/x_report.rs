//! What an open shift adds up to so far. A drawer is counted blind, so nobody but a manager is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use holdfast_domain::Refusal;
use holdfast_domain::ids::TerminalId;
use holdfast_domain::staff::Permission;
use holdfast_protocol::till_api::XReport;

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::subjects::somebody_at;
use super::who::AtTill;
use crate::console::with_state;
use crate::error::HubError;

/// The X report of the till's open shift.
#[utoipa::path(get, path = "/api/v1/till/x-report", tag = "tills", responses(
    (status = 200, description = "turnover, taxes by rate, tenders, cash that moved, counts", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: nobody with the permission is signed on at the till, or no shift is open"),
    (status = 503, description = "HF-HUB-024")))]
pub(super) async fn x_report(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
) -> Result<Json<XReport>, Refused> {
    somebody_at(&app, terminal).await?;
    blocking(move || read(&app, terminal)).await.map(Json)
}

fn read(app: &App, terminal: TerminalId) -> Result<XReport, Refused> {
    let refused = |refusal| Refused(HubError::Refused { refusal: Box::new(refusal) });
    let (as_of_seq, seen) = app.as_of(|| {
        with_state(app.state.as_ref(), |state| {
            let operator = state.tills.get(&terminal).and_then(|till| till.operator);
            let operator = operator.and_then(|id| state.staff.get(&id)).ok_or(Refusal::NotSignedOn)?;
            let permission = Permission::ReadXReport;
            if !state.authority(operator.role).may(permission) {
                return Err(Refusal::NotPermitted { permission });
            }
            state.shift_of(terminal).cloned().ok_or(Refusal::NoShift)
        })
    });
    seen.map(|shift| XReport { as_of_seq, shift }).map_err(refused)
}
