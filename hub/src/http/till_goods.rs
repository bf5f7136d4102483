//! What a till needs to sell while the hub is gone: prices beyond the products, what changed in the catalog, the people.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use holdfast_domain::bounded::Sku;
use holdfast_domain::catalog::{Catalog, Product};
use holdfast_protocol::till_api::{Book, CatalogChanges, PAGE_ENTRIES_MAX, PeoplePage, PersonView};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::who::AtTill;
use crate::catalogs;
use crate::console::with_state;
use crate::error::HubError;

/// The price book and the taxes in force.
#[utoipa::path(get, path = "/api/v1/till/book", tag = "tills", responses(
    (status = 200, description = "price lists, promotions, layouts of labels, taxes", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn book(_: AtTill, State(app): State<Arc<App>>) -> Result<Json<Book>, Refused> {
    let (version, hash, taxes) = with_state(app.state.as_ref(), |state| {
        (state.catalog_version, state.catalog_hash, state.taxes.clone())
    });
    let catalog = active(&app, version)?;
    let book = catalog.book().clone();
    Ok(Json(Book { version, content_hash: hash.map(hex::encode), book, taxes }))
}

/// The catalog that the state names; the one that is sold by follows it within moments.
fn active(app: &App, version: u64) -> Result<Arc<Catalog>, Refused> {
    let catalog = Arc::clone(&app.catalog.borrow());
    if version != 0 && catalog.version() != version && catalog.products().len() > 0 {
        return Err(Refused::unavailable("the catalog is being changed"));
    }
    Ok(catalog)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SinceQuery {
    /// The content hash of the catalog that the till has, in hex.
    since: String,
    /// The last product number of the page before.
    after: Option<String>,
}

/// What became of the products between two catalogs.
#[derive(Debug)]
pub(super) struct Difference {
    since: [u8; 32],
    until: [u8; 32],
    changed: Vec<Product>,
    removed: Vec<Sku>,
}

/// The last difference that a till asked for: the tills of a store ask for the same one after another.
#[derive(Debug, Default)]
pub(super) struct LastDifference(Mutex<Option<Arc<Difference>>>);

/// What is another product since a catalog that the till has, or none any more.
#[utoipa::path(get, path = "/api/v1/till/catalog/changes", tag = "tills", params(SinceQuery), responses(
    (status = 200, description = "a page of products and the numbers of those that are gone", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 404, description = "HF-HUB-023: the hub has that catalog no more; read the whole one"),
    (status = 503, description = "HF-HUB-024")))]
pub(super) async fn changes(
    _: AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<SinceQuery>, QueryRejection>,
) -> Result<Json<CatalogChanges>, Refused> {
    let Query(SinceQuery { since, after }) = query.map_err(|error| Refused::request(error.body_text()))?;
    let mut hash = [0; 32];
    hex::decode_to_slice(&since, &mut hash)
        .map_err(|_| Refused::request("`since` is not the content hash of a catalog, 64 hex digits"))?;
    let after = after.as_deref().map(Sku::new).transpose();
    let after = after.map_err(|error| Refused::request(error.to_string()))?;
    blocking(move || page(&app, hash, after.as_ref()).map(Json)).await
}

fn page(app: &App, since: [u8; 32], after: Option<&Sku>) -> Result<CatalogChanges, Refused> {
    let (version, until) =
        with_state(app.state.as_ref(), |state| (state.catalog_version, state.catalog_hash));
    let until = until.ok_or(HubError::NotFound { what: "catalog" })?;
    let catalog = active(app, version)?;
    let difference = {
        let mut last = app.difference.0.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref().filter(|known| known.since == since && known.until == until) {
            Some(known) => Arc::clone(known),
            None => {
                let before = catalogs::read(&app.folder, &since, 0);
                let before = before.map_err(|_| HubError::NotFound { what: "catalog" })?;
                let (changed, removed) = between(&before, &catalog);
                Arc::clone(last.insert(Arc::new(Difference { since, until, changed, removed })))
            }
        }
    };
    let begin =
        difference.changed.partition_point(|product| after.is_some_and(|after| product.sku <= *after));
    let rest = &difference.changed[begin..];
    let products = rest[..rest.len().min(PAGE_ENTRIES_MAX)].to_vec();
    let next_after = products.last().filter(|_| rest.len() > products.len()).map(|last| last.sku.to_string());
    let removed = if after.is_none() { difference.removed.clone() } else { Vec::new() };
    Ok(CatalogChanges { version, content_hash: hex::encode(until), products, removed, next_after })
}

/// In the order of their numbers: those that are new or another, and those that are no more.
fn between(before: &Catalog, now: &Catalog) -> (Vec<Product>, Vec<Sku>) {
    let known: HashMap<&Sku, &Product> = before.products().map(|product| (&product.sku, product)).collect();
    let changed = now.products().filter(|product| known.get(&product.sku) != Some(product));
    let kept: HashSet<&Sku> = now.products().map(|product| &product.sku).collect();
    let removed = before.products().map(|product| &product.sku).filter(|sku| !kept.contains(sku));
    (changed.cloned().collect(), removed.cloned().collect())
}

/// Everybody who may sign on at a till, and what each may do.
#[utoipa::path(get, path = "/api/v1/till/people", tag = "tills", responses(
    (status = 200, description = "people by their numbers", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn people(_: AtTill, State(app): State<Arc<App>>) -> Result<Json<PeoplePage>, Refused> {
    let (as_of_seq, mut people) = app.as_of(|| {
        with_state(app.state.as_ref(), |state| {
            let all = state.staff.values();
            all.map(|staff| PersonView {
                staff: staff.id,
                number: staff.number,
                name: app.people.name(staff.id).unwrap_or_else(|| staff.number.to_string()),
                role: staff.role,
                authority: state.authority(staff.role),
            })
            .collect::<Vec<_>>()
        })
    });
    people.sort_by_key(|person| person.number);
    Ok(Json(PeoplePage { as_of_seq, people }))
}

#[cfg(test)]
mod tests {
    use holdfast_domain::bounded::{Description, TaxClass};
    use holdfast_domain::catalog::{ProductDetails, StockRule, Unit};
    use holdfast_money::UnitPrice;

    use super::*;

    fn product(sku: &str, name: &str) -> Product {
        Product {
            sku: Sku::new(sku).unwrap(),
            description: Description::new(name).unwrap(),
            barcodes: Vec::new(),
            unit: Unit::Piece,
            tax_class: TaxClass::new("standard").unwrap(),
            unit_price: UnitPrice::ZERO,
            stock: StockRule::Counter,
            details: ProductDetails::default(),
        }
    }

    #[test]
    fn a_difference_has_what_is_new_another_and_gone_and_nothing_else() {
        let before = [product("A", "Tea"), product("B", "Soap"), product("C", "Rice")];
        let now = [product("A", "Tea"), product("B", "Olive soap"), product("D", "Milk")];
        let (before, now) = (Catalog::new(1, before).unwrap(), Catalog::new(2, now).unwrap());
        let (changed, removed) = between(&before, &now);
        let changed: Vec<&str> = changed.iter().map(|product| product.sku.as_str()).collect();
        assert_eq!((changed, removed), (vec!["B", "D"], vec![Sku::new("C").unwrap()]));
        assert_eq!(between(&now, &now), (Vec::new(), Vec::new()));
    }
}
