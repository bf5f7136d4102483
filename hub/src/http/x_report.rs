//! What an open shift adds up to so far, as figures and as paper. A drawer is counted blind, so nobody but a manager is told.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use holdfast_devices::document::{Columns, Document, HTML_POLICY};
use holdfast_devices::escpos::Profile;
use holdfast_devices::simulated::preview_png;
use holdfast_domain::Refusal;
use holdfast_domain::ids::TerminalId;
use holdfast_domain::shift::Shift;
use holdfast_domain::staff::Permission;
use holdfast_domain::state::State as Shop;
use holdfast_protocol::till_api::XReport;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::subjects::somebody_at;
use super::who::{AtTill, signed_on_with};
use crate::console::with_state;
use crate::error::HubError;

/// What a paper is read as.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Form {
    Text,
    Html,
    Png,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsPaper {
    /// `text`, `html` or `png`.
    #[param(value_type = String)]
    pub(super) form: Form,
}

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

/// The X report as it would stand on paper of 80 mm.
#[utoipa::path(get, path = "/api/v1/till/x-report/paper", tag = "tills", params(AsPaper), responses(
    (status = 200, description = "the paper, as text, a page of HTML or a picture"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: nobody with the permission is signed on at the till, or no shift is open"),
    (status = 503, description = "HF-HUB-024")))]
pub(super) async fn x_paper(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<AsPaper>, QueryRejection>,
) -> Result<Response, Refused> {
    let Query(AsPaper { form }) = query.map_err(|error| Refused::request(error.body_text()))?;
    somebody_at(&app, terminal).await?;
    blocking(move || Ok(shown(&paper(&app, terminal)?, form))).await
}

fn read(app: &App, terminal: TerminalId) -> Result<XReport, Refused> {
    let (as_of_seq, seen) =
        app.as_of(|| with_state(app.state.as_ref(), |state| open_shift(state, terminal).cloned()));
    seen.map(|shift| XReport { as_of_seq, shift }).map_err(refused)
}

fn paper(app: &App, terminal: TerminalId) -> Result<Document, Refused> {
    loop {
        let before = app.state.applied().ok_or_else(|| Refused::unavailable("the journal is empty"))?;
        let seen = with_state(app.state.as_ref(), |state| {
            let shift = open_shift(state, terminal)?;
            Ok(holdfast_actors::printer::paper::x_report(&app.template, state, shift, &before))
        });
        if app.state.applied() == Some(before) {
            let paper = seen.map_err(refused)?;
            return paper.ok_or_else(|| Refused::unavailable("the till is not applied yet"));
        }
    }
}

/// The open shift of the till, for somebody who may read what it came to.
fn open_shift(state: &Shop, terminal: TerminalId) -> Result<&Shift, Refusal> {
    signed_on_with(state, terminal, Permission::ReadXReport)?;
    state.shift_of(terminal).ok_or(Refusal::NoShift)
}

fn refused(refusal: Refusal) -> Refused {
    Refused(HubError::Refused { refusal: Box::new(refusal) })
}

pub(super) fn shown(document: &Document, form: Form) -> Response {
    let (kind, body) = match form {
        Form::Text => ("text/plain; charset=utf-8", document.to_text(Columns::MM80).into_bytes()),
        Form::Html => ("text/html; charset=utf-8", document.to_html(0).into_bytes()),
        Form::Png => {
            let picture = preview_png(document, 0, &Profile::MM80);
            ("image/png", picture.expect("the strict decoder takes whatever our own encoder writes"))
        }
    };
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, HTML_POLICY)], body).into_response()
}
