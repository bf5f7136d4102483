//! What a basket would cost now, and why: nothing of it is kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use holdfast_domain::bounded::Sku;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::catalog::{Catalog, StockRule};
use holdfast_domain::decide::quote;
use holdfast_domain::ids::{CommandId, TerminalId};
use holdfast_domain::order::PlaceOrder;
use holdfast_domain::{Action, Command, Context, State as Books};
use holdfast_protocol::till_api::{Problem, QuotePage, QuoteRequest};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::AtTill;
use crate::calendar::{business_date, local_time};
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;

/// Prices a basket without a trace: lines, totals, and what became of every promotion.
#[utoipa::path(post, path = "/api/v1/till/quote", tag = "tills",
    request_body(description = "{\"place\": …}, as in the command place_order", content_type = "application/json"), responses(
    (status = 200, description = "the basket as it would be placed now; `refusal` says why it could not be", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 409, description = "HF-HUB-026: the basket has no price"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn ask(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    request: Result<Json<QuoteRequest>, JsonRejection>,
) -> Result<Json<QuotePage>, Refused> {
    let Json(QuoteRequest { place }) = request.map_err(|error| Refused::request(error.body_text()))?;
    blocking(move || price(&app, terminal, place)).await.map(Json)
}

fn price(app: &App, terminal: TerminalId, place: PlaceOrder) -> Result<QuotePage, Refused> {
    let refused = |refusal| Refused(HubError::Refused { refusal: Box::new(refusal) });
    let catalog = Arc::clone(&app.catalog.borrow());
    let goods = goods(&catalog, &place);
    let (as_of_seq, mut books) = app.as_of(|| with_state(app.state.as_ref(), |state| excerpt(state, &goods)));
    if let Some(customer) = place.customer {
        books.subjects.extend(app.state.subject_with_merges(customer).map_err(Refused::unavailable)?);
    }
    let recorded_at = Timestamp(Machine.now_ms());
    let profile =
        books.profile.as_ref().ok_or_else(|| refused(holdfast_domain::Refusal::StoreNotConfigured))?;
    let zone = profile.time_zone.as_str();
    let context = Context {
        recorded_at,
        business_date: business_date(zone, profile.cut_over_minutes, recorded_at)
            .map_err(Refused::unavailable)?,
        local: local_time(zone, recorded_at).map_err(Refused::unavailable)?,
        catalog: &catalog,
        out_of_reach: &[],
    };
    let command = Command {
        id: CommandId(Machine.fresh_id()),
        terminal,
        occurred_at: recorded_at,
        action: Action::PlaceOrder(place.clone()),
        approval: None,
    };
    let quote = quote(&books, &command, &place, &context).map_err(refused)?;
    let refusal =
        quote.refusal.map(|refusal| Problem { code: refusal.code().to_owned(), text: refusal.to_string() });
    Ok(QuotePage {
        as_of_seq,
        lines: quote.lines,
        totals: quote.totals,
        promotions: quote.promotions,
        refusal,
    })
}

/// The products that a basket could take out of stock.
fn goods(catalog: &Catalog, place: &PlaceOrder) -> BTreeSet<Sku> {
    let mut goods = BTreeSet::new();
    for found in place.lines.iter().filter_map(|line| catalog.scan(&line.item)) {
        goods.insert(found.product.sku.clone());
        if let StockRule::Bundle { components } = &found.product.stock {
            goods.extend(components.iter().map(|part| part.sku.clone()));
        }
    }
    goods
}

/// What pricing looks at, taken out of the state so that nobody waits while a basket is priced.
fn excerpt(state: &Books, goods: &BTreeSet<Sku>) -> Books {
    let stock = goods.iter().filter_map(|sku| Some((sku.clone(), *state.stock.get(sku)?)));
    Books {
        profile: state.profile.clone(),
        taxes: state.taxes.clone(),
        tills: state.tills.clone(),
        staff: state.staff.clone(),
        roles: state.roles.clone(),
        shifts: state.shifts.clone(),
        coupons: state.coupons.clone(),
        stock: stock.collect(),
        ..Books::default()
    }
}
