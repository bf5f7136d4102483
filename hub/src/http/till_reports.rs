//! The store's reports at a till, for whoever is signed on there and may read them: the same bodies as people's pages read.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use holdfast_domain::ids::TerminalId;
use holdfast_domain::staff::Permission;

use super::App;
use super::losses::{self, LossList, LossQuery};
use super::problem::Refused;
use super::reports::blocking;
use super::sales::{self, DatesQuery, SalesReport, query};
use super::subjects::somebody_at;
use super::who::{AtTill, signed_on_with};
use crate::console::with_state;
use crate::error::HubError;
use crate::reports::OpenDrawers;

/// Sales by day, hour, product, staff, till, tender and tax rate.
#[utoipa::path(get, path = "/api/v1/till/reports/sales", tag = "tills", params(DatesQuery), responses(
    (status = 200, body = SalesReport), (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: nobody who may read reports is signed on at the till"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn sales(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    asked: Result<Query<DatesQuery>, QueryRejection>,
) -> Result<Json<SalesReport>, Refused> {
    let asked = query(asked)?;
    somebody_at(&app, terminal).await?;
    let open = reads(&app, terminal)?;
    blocking(move || sales::report(&app, &asked, open)).await.map(Json)
}

/// Voids, discounts, returns, no-sales and refused commands with who and why.
#[utoipa::path(get, path = "/api/v1/till/reports/losses", tag = "tills", params(LossQuery), responses(
    (status = 200, body = LossList), (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: nobody who may read reports is signed on at the till"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn losses(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    asked: Result<Query<LossQuery>, QueryRejection>,
) -> Result<Json<LossList>, Refused> {
    let asked = query(asked)?;
    somebody_at(&app, terminal).await?;
    reads(&app, terminal)?;
    blocking(move || losses::list(&app, &asked)).await.map(Json)
}

/// Whether whoever is signed on may read reports, and then whether what open drawers hold is theirs to know.
fn reads(app: &App, terminal: TerminalId) -> Result<OpenDrawers, Refused> {
    let refused = |refusal| Refused(HubError::Refused { refusal: Box::new(refusal) });
    with_state(app.state.as_ref(), |state| {
        let authority = signed_on_with(state, terminal, Permission::ReadReports)?;
        let x = authority.may(Permission::ReadXReport);
        Ok(if x { OpenDrawers::Shown } else { OpenDrawers::LeftOut })
    })
    .map_err(refused)
}
