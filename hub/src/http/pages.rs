//! The pages: what the hub is doing, live, and one transaction down to its proof.

pub(super) mod changes;
pub(super) mod counter;
pub(super) mod device_days;
mod devices;
pub(super) mod journal;
pub(super) mod losses;
mod markup;
pub(super) mod reports;
mod trust;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use maud::Markup;

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::Viewer;
use crate::console::with_state;
use crate::error::HubError;

pub(super) use trust::{no_till_app, trust};

/// Changes within this time are shown together.
const LIVE_EVERY: Duration = Duration::from_millis(500);
/// The page is sent again after this time even if the status is the same: devices and actors change too.
const LIVE_AT_LEAST: Duration = Duration::from_secs(5);
/// Transactions on the status page.
const LATEST_TRANSACTIONS: usize = 15;

/// Everything that the live part shows.
struct Shown {
    status: serde_json::Value,
    latest: Vec<holdfast_store::TransactionEntry>,
}

async fn shown(app: &Arc<App>) -> Result<Shown, Refused> {
    let status = super::reports::status_json(app).await;
    let reading = Arc::clone(app);
    let latest = blocking(move || {
        reading.state.latest_transactions(None, LATEST_TRANSACTIONS).map_err(Refused::unavailable)
    });
    Ok(Shown { status, latest: latest.await? })
}

fn store_name(app: &App) -> String {
    with_state(app.state.as_ref(), |state| state.profile.as_ref().map(|profile| profile.name.to_string()))
        .unwrap_or_default()
}

pub(super) async fn status(viewer: Viewer, State(app): State<Arc<App>>) -> Result<Markup, Refused> {
    let shown = shown(&app).await?;
    Ok(markup::status(&store_name(&app), &viewer, &shown.status, &shown.latest))
}

/// The live part, each time something changed.
pub(super) async fn live(
    _: Viewer,
    State(app): State<Arc<App>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut status = app.status.clone();
    status.mark_changed();
    let stop = app.stop.clone();
    let changes = futures::stream::unfold((app, status), |(app, mut status)| async move {
        tokio::select! {
            changed = status.changed() => changed.ok()?,
            () = tokio::time::sleep(LIVE_AT_LEAST) => {}
        }
        tokio::time::sleep(LIVE_EVERY).await;
        status.mark_unchanged();
        let event = match shown(&app).await {
            Ok(shown) => {
                Event::default().event("page").data(markup::live(&shown.status, &shown.latest).into_string())
            }
            Err(_) => Event::default().comment("the hub cannot show itself now"),
        };
        Some((Ok(event), (app, status)))
    });
    let until_stop = futures::StreamExt::take_until(changes, stop.cancelled_owned());
    Sse::new(until_stop).keep_alive(KeepAlive::default())
}

pub(super) async fn transaction(
    viewer: Viewer,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Markup, Refused> {
    let name = store_name(&app);
    let (detail, papers) = blocking(move || {
        let detail = super::reports::detail(&app, &id)?;
        // The printers name their jobs by the transaction's id without hyphens.
        let job = detail.transaction.view.transaction.0.0.simple().to_string();
        let papers = papers(&app, &job);
        Ok((detail, papers))
    })
    .await?;
    Ok(markup::transaction(&name, &viewer, &detail, &papers))
}

/// A sheet that a simulated printer keeps for a transaction.
struct PrintedSheet {
    printer: String,
    number: u64,
    text: String,
}

/// What simulated printers printed for a job. Real printers keep no copy of their paper.
fn papers(app: &App, job: &str) -> Vec<PrintedSheet> {
    let mut found = Vec::new();
    for (printer, simulator) in &app.counter.printers {
        let Ok(sheets) = simulator.sheets() else { continue };
        for sheet in sheets.into_iter().filter(|sheet| sheet.id == job) {
            let text = std::fs::read_to_string(&sheet.text).unwrap_or_default();
            found.push(PrintedSheet { printer: printer.clone(), number: sheet.number, text });
        }
    }
    found
}

/// The picture of a sheet.
pub(super) async fn paper(
    _: Viewer,
    State(app): State<Arc<App>>,
    Path((printer, sheet)): Path<(String, u64)>,
) -> Result<Response, Refused> {
    let not_found = || Refused(HubError::NotFound { what: "sheet" });
    let bytes = blocking(move || {
        let simulator = app.counter.printer(&printer).ok_or_else(not_found)?;
        let sheets = simulator.sheets().map_err(|_| not_found())?;
        let sheet = sheets.into_iter().find(|known| known.number == sheet).ok_or_else(not_found)?;
        std::fs::read(&sheet.png).map_err(|_| not_found())
    });
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes.await?).into_response())
}

/// The sign-in, with what was wrong with the last one.
pub(super) fn sign_in(app: &App, problem: Option<&str>) -> Markup {
    markup::sign_in(&store_name(app), problem)
}

/// What was refused, to a person who is signed in.
pub(super) fn refused(app: &App, viewer: &Viewer, refused: &Refused) -> Response {
    let content = markup::refused(&refused.0.to_string());
    (refused.status(), markup::page("Not for you", &store_name(app), viewer, &content)).into_response()
}
