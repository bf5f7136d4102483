//! A manager changes something at the store: signed in by name, never by the machine alone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::staff::{Role, StaffNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::App;
use super::problem::Refused;
use super::who::Signed;
use crate::amend::{self, Amended, TypedItem, TypedMarkdown};

/// A product that no catalog has. The store sells it from the answer on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewItem {
    /// The product's number; its barcode when absent.
    #[serde(default)]
    sku: String,
    description: String,
    #[serde(default)]
    barcode: String,
    /// `piece`, `kg`, `l` or `m`; a piece when absent.
    #[serde(default)]
    unit: String,
    /// One of the store's tax classes; `standard` when absent.
    #[serde(default)]
    tax_class: String,
    /// Of one unit, in the store's currency, at most four places.
    unit_price: String,
}

/// A price that falls, for everybody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Markdown {
    /// A product number or a barcode.
    item: String,
    /// Lower than what it costs now.
    price: String,
    /// The last day of it, as 2026-11-30; for good when absent.
    #[serde(default)]
    until: Option<String>,
    /// Why; HQ reads it.
    reason: String,
}

/// Somebody who is taken on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStaff {
    number: u32,
    name: String,
    /// `cashier`, `supervisor`, `manager`, or the number of a role of the store's own; none that may more than whoever asks.
    role: String,
    /// Four to twelve digits. It goes into no record and no log.
    #[schema(value_type = String)]
    pin: Zeroizing<String>,
}

/// The version of the catalog in force from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangedCatalog {
    pub version: u64,
    pub sku: String,
}

impl From<Amended> for ChangedCatalog {
    fn from(Amended { version, sku }: Amended) -> Self {
        Self { version, sku }
    }
}

impl From<NewItem> for TypedItem {
    fn from(NewItem { sku, description, barcode, unit, tax_class, unit_price }: NewItem) -> Self {
        Self { sku, description, barcode, unit, tax_class, unit_price }
    }
}

fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Refused> {
    body.map(|Json(body)| body).map_err(|error| Refused::request(error.body_text()))
}

/// A date as it is typed; none where nothing was.
pub(super) fn last_day(text: Option<&str>) -> Result<Option<BusinessDate>, Refused> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.map(str::parse).transpose().map_err(|_| Refused::request("a date reads as 2026-11-30"))
}

/// A role as it is typed.
pub(super) fn role(text: &str) -> Result<Role, Refused> {
    crate::cli::staff::role(text).map_err(Refused::request)
}

/// Adds a product that the store sells from now on. HQ is shown it.
#[utoipa::path(post, path = "/api/v1/catalog/items", tag = "store", request_body = NewItem, responses(
    (status = 200, body = ChangedCatalog), (status = 400, description = "HF-HUB-022: what is wrong with it, or the store sells it already"),
    (status = 401, description = "HF-HUB-020"), (status = 403, description = "HF-HUB-026: whoever is signed in may not"),
    (status = 409, description = "HF-HUB-026"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn add_item(
    Signed(person): Signed,
    State(app): State<Arc<App>>,
    given: Result<Json<NewItem>, JsonRejection>,
) -> Result<Json<ChangedCatalog>, Refused> {
    let added = amend::add_item(&app, person.staff, &body(given)?.into()).await?;
    Ok(Json(added.into()))
}

/// Marks a product down, for good or until a day. HQ is shown it.
#[utoipa::path(post, path = "/api/v1/catalog/markdowns", tag = "store", request_body = Markdown, responses(
    (status = 200, body = ChangedCatalog), (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: whoever is signed in may not"),
    (status = 409, description = "HF-HUB-026: the product is unknown, or costs no more already"),
    (status = 503, description = "HF-HUB-024")))]
pub(super) async fn mark_down(
    Signed(person): Signed,
    State(app): State<Arc<App>>,
    given: Result<Json<Markdown>, JsonRejection>,
) -> Result<Json<ChangedCatalog>, Refused> {
    let Markdown { item, price, until, reason } = body(given)?;
    let typed = TypedMarkdown { item, price, until: last_day(until.as_deref())?, reason };
    Ok(Json(amend::mark_down(&app, person.staff, &typed).await?.into()))
}

/// Takes somebody on. HQ is shown it.
#[utoipa::path(post, path = "/api/v1/staff", tag = "store", request_body = NewStaff, responses(
    (status = 204, description = "they may sign on"), (status = 400, description = "HF-HUB-022, -031 or -032"),
    (status = 401, description = "HF-HUB-020"), (status = 403, description = "HF-HUB-026: whoever is signed in may not, or not so much"),
    (status = 409, description = "HF-HUB-026: the number is taken"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn add_staff(
    Signed(person): Signed,
    State(app): State<Arc<App>>,
    given: Result<Json<NewStaff>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    let NewStaff { number, name, role: typed, pin } = given
        .map(|Json(given)| given)
        .map_err(|_| Refused::request("the body is not the JSON that the documentation describes"))?;
    amend::add_staff(&app, person.staff, StaffNumber(number), &name, role(&typed)?, pin).await?;
    Ok(StatusCode::NO_CONTENT)
}
