//! Customers as a till sees them, while somebody is signed on at it. What is looked for is in the body and never in an
//! address, and nothing of it is logged.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use holdfast_domain::Refusal;
use holdfast_domain::ids::{SubjectId, TerminalId};
use holdfast_protocol::subject::{DetailsUpdate, Subject, SubjectSearch, SubjectsFound};
use tokio::time::Instant;
use uuid::{Uuid, Version};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::AtTill;
use crate::console::with_state;
use crate::error::HubError;

/// A sign-on that was answered is in the state within this time; a question that comes sooner waits for it.
const STATE_WITHIN: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(5);

fn refused(refusal: Refusal) -> Refused {
    Refused(HubError::Refused { refusal: Box::new(refusal) })
}

/// Whether somebody is signed on at the till, as of everything that is durable now.
pub(super) async fn somebody_at(app: &App, terminal: TerminalId) -> Result<(), Refused> {
    let durable = app.reader.head().map_or(0, |head| head.seq);
    let until = Instant::now() + STATE_WITHIN;
    loop {
        let applied = app.state.applied().map_or(0, |at| at.seq);
        let operator = with_state(app.state.as_ref(), |state| state.tills.get(&terminal)?.operator);
        if applied >= durable || Instant::now() >= until {
            return operator.map(drop).ok_or_else(|| refused(Refusal::NotSignedOn));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn id(path: Result<Path<String>, PathRejection>) -> Result<SubjectId, Refused> {
    let Path(text) = path.map_err(|error| Refused::request(error.body_text()))?;
    let id = Uuid::try_parse(&text).ok().filter(|id| id.get_version() == Some(Version::SortRand));
    id.map(SubjectId).ok_or_else(|| Refused::request("the id is not a UUID of version 7"))
}

/// What is wrong with a body, without a word of what is in it.
fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Refused> {
    body.map(|Json(body)| body).map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refused::request("the body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Refused::request("the body is not announced as application/json")
        }
        _ => Refused::request("the body is not the JSON that the documentation describes"),
    })
}

/// Registers a customer, or changes the details of a known one. The till mints the id and may send the same again.
#[utoipa::path(put, path = "/api/v1/subjects/{id}", tag = "customers",
    params(("id" = String, Path, description = "a UUID of version 7 that the till mints")),
    request_body(description = "name, email, phone, notes: one that is missing is taken away. card, tax_id, consents (a list of receipts_by_email, marketing_by_email, marketing_by_phone, loyalty): one that is missing stays as it is, null or an empty list takes it away. At least one text is left; when a consent was given, the hub's clock says", content_type = "application/json"),
    responses((status = 204, description = "kept, durably"), (status = 400, description = "HF-HUB-022"),
        (status = 401, description = "HF-HUB-020"), (status = 403, description = "HF-HUB-026: nobody is signed on at the till"),
        (status = 409, description = "HF-HUB-037: another customer has the card; HF-HUB-026: the customer was merged into another one"),
        (status = 410, description = "HF-HUB-026: the customer was erased"), (status = 503, description = "HF-HUB-024"),
        (status = 507, description = "HF-HUB-036")))]
pub(super) async fn put(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    update: Result<Json<DetailsUpdate>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    let subject = id(path)?;
    somebody_at(&app, terminal).await?;
    app.office.keep(subject, terminal, body(update)?).await?;
    app.recovery.look_now();
    Ok(StatusCode::NO_CONTENT)
}

/// A customer's details. One who was merged into another is answered with the other: their id is in the answer.
#[utoipa::path(get, path = "/api/v1/subjects/{id}", tag = "customers",
    params(("id" = String, Path, description = "the customer's id")),
    responses((status = 200, description = "the details", content_type = "application/json"),
        (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
        (status = 403, description = "HF-HUB-026: nobody is signed on at the till"), (status = 404, description = "HF-HUB-023"),
        (status = 410, description = "HF-HUB-026: the customer was erased")))]
pub(super) async fn get(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<Subject>, Refused> {
    let subject = id(path)?;
    somebody_at(&app, terminal).await?;
    let subject = app.office.subjects.who_is(subject);
    app.office.subjects.check_stands(subject)?;
    let found = blocking(move || Ok(app.office.subjects.get(subject)?)).await?;
    found.map(Json).ok_or(Refused(HubError::NotFound { what: "customer" }))
}

/// Finds customers by their exact e-mail address, telephone number or customer card, at most twenty.
#[utoipa::path(post, path = "/api/v1/subjects/search", tag = "customers",
    request_body(description = "{\"email\": …}, {\"phone\": …} or {\"card\": …}", content_type = "application/json"),
    responses((status = 200, description = "{\"subjects\": […]}", content_type = "application/json"),
        (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
        (status = 403, description = "HF-HUB-026: nobody is signed on at the till")))]
pub(super) async fn search(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    search: Result<Json<SubjectSearch>, JsonRejection>,
) -> Result<Json<SubjectsFound>, Refused> {
    somebody_at(&app, terminal).await?;
    let search = body(search)?;
    let subjects = blocking(move || Ok(app.office.subjects.find(&search)?)).await?;
    Ok(Json(SubjectsFound { subjects }))
}
