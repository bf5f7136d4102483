//! Stock of one store, with what is below zero marked.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use maud::html;
use serde::Deserialize;

use super::{PageRefusal, signed_in, text};
use crate::app::App;
use crate::http::reads::{covered, overviews};
use crate::http::refusal::ApiRefusal;
use crate::http::session::PageViewer;
use crate::store::{Scope, StockFilter};

const ROWS: u32 = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockQuery {
    #[serde(default)]
    negative: bool,
    #[serde(default)]
    after: String,
}

/// The page.
pub async fn page(
    State(app): State<Arc<App>>,
    PageViewer(viewer): PageViewer,
    Path(store): Path<String>,
    query: Result<Query<StockQuery>, QueryRejection>,
) -> Result<Html<String>, PageRefusal> {
    let store = covered(&viewer.scope, &store)?;
    let query = query.map_err(|rejection| ApiRefusal::parameter(rejection.body_text()))?.0;
    let mut found = overviews(&app, &Scope::Stores([store].into())).await?;
    let Some(overview) = found.pop() else { return Err(PageRefusal(ApiRefusal::not_found())) };
    let filter = StockFilter { negative_only: query.negative, after: query.after.clone(), limit: ROWS };
    let rows = app.store.stock(&viewer.scope, store, &filter).await?;
    let summary = app.store.stock_summary(&viewer.scope, store).await?;
    let here = format!("/stores/{store}/stock");
    let more = (rows.len() == ROWS as usize).then(|| rows.last()).flatten();
    let body = html! {
        div.title #title data-live="" {
            h1 { "Stock" }
            p.quiet {
                (text::count(summary.products)) " products, "
                strong { (text::count(summary.negative)) " below zero" }
                @if let Some(as_of) = overview.data_as_of_ms {
                    ", data as of " time data-ago=(as_of) { (text::ago(overview.lag_ms.unwrap_or(0))) }
                }
            }
            p.actions.switch role="group" aria-label="Which products" {
                a href=(here) aria-current=[(!query.negative).then_some("true")] { "All" }
                a href={ (here) "?negative=true" } aria-current=[query.negative.then_some("true")] { "Below zero" }
            }
        }
        section.card #stock data-live="" {
            @if rows.is_empty() {
                p.empty {
                    @if query.negative { "Nothing is below zero." } @else { "No product has moved yet." }
                }
            } @else {
                div.scroll {
                    table {
                        thead { tr {
                            th { "Product" } th { "Description" } th.number { "On hand" } th.number { "Reserved" }
                            th.number { "Available" }
                        } }
                        tbody {
                            @for row in &rows {
                                tr.negative[row.negative] {
                                    td.code { (row.sku) }
                                    td { (row.description) }
                                    td.number {
                                        @if row.negative { span.mark { "below zero" } " " }
                                        (text::quantity(row.on_hand_thousandths))
                                    }
                                    td.number.quiet { (text::quantity(row.reserved_thousandths)) }
                                    td.number { (text::quantity(row.available_thousandths)) }
                                }
                            }
                        }
                    }
                }
                @if let Some(last) = more {
                    p.more { a.button href={ (here) "?negative=" (query.negative) "&after=" (percent(&last.sku)) } { "Next products" } }
                }
            }
        }
    };
    let name = overview.store.name.clone();
    let crumbs =
        [("Overview", Some("/".to_owned())), (&*name, Some(format!("/stores/{store}"))), ("Stock", None)];
    Ok(signed_in(&viewer, &format!("Stock of {name}"), &crumbs, &body))
}

/// A product number within a query.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
