//! One receipt: what was sold, how it was taxed and paid, what followed, and where the journal holds every step.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use uuid::Uuid;

use super::overview::kind;
use super::{PageRefusal, signed_in, text};
use crate::app::App;
use crate::http::reads::{covered, overviews};
use crate::http::refusal::ApiRefusal;
use crate::http::session::PageViewer;
use crate::model::{DocumentLineRow, Receipt, StoreRow};
use crate::projection::StoreClock;
use crate::store::Scope;

/// The page.
pub async fn page(
    State(app): State<Arc<App>>,
    PageViewer(viewer): PageViewer,
    Path((store, transaction)): Path<(String, String)>,
) -> Result<Html<String>, PageRefusal> {
    let store = covered(&viewer.scope, &store)?;
    let transaction = Uuid::try_parse(&transaction).map_err(|_| ApiRefusal::not_found())?;
    let receipt =
        app.store.receipt(&viewer.scope, store, transaction).await?.ok_or_else(ApiRefusal::not_found)?;
    let mut found = overviews(&app, &Scope::Stores([store].into())).await?;
    let row = found.pop().ok_or_else(ApiRefusal::not_found)?.store;
    let clock = StoreClock::new(&row.time_zone, row.cut_over_minutes)
        .map_err(|_| ApiRefusal::parameter("the store's time zone is not known here"))?;
    let name = row.name.clone();
    let number = format!("Receipt {}", receipt.transaction.receipt);
    let crumbs =
        [("Overview", Some("/".to_owned())), (&*name, Some(format!("/stores/{store}"))), (&*number, None)];
    Ok(signed_in(&viewer, &number, &crumbs, &body(&row, &clock, &receipt)))
}

fn body(store: &StoreRow, clock: &StoreClock, receipt: &Receipt) -> Markup {
    let row = &receipt.transaction;
    html! {
        div.title {
            h1 { "Receipt " (row.receipt) }
            p { (kind(&row.kind))
                @if row.training { " " span.mark { "training" } }
                @if let Some(state) = &receipt.order_state { " " span.quiet { "order " (state.replace('_', " ")) } }
            }
        }
        div.columns {
            div.wide { (lines_card(row.currency.as_str(), &receipt.lines)) (trail_card(clock, receipt)) }
            div.narrow { (facts_card(store, clock, receipt)) (sums_card(receipt)) (related_card(clock, receipt)) }
        }
    }
}

fn lines_card(currency: &str, lines: &[DocumentLineRow]) -> Markup {
    html! {
        section.card {
            header { h2 { "Lines" } }
            @if lines.is_empty() { p.empty { "This transaction has no lines of its own." } }
            @else {
                div.scroll {
                    table {
                        thead { tr { th { "Product" } th.number { "Quantity" } th.number { "Unit price" }
                            th { "Tax" } th.number { "Gross" } } }
                        tbody {
                            @for line in lines {
                                tr.voided[line.voided] {
                                    td {
                                        (line.description)
                                        div.quiet { span.code { (line.sku) } @if !line.note.is_empty() { " · " (line.note) } }
                                    }
                                    td.number { (text::quantity(line.quantity_thousandths)) }
                                    td.number { (text::unit_price(line.unit_price_e4)) }
                                    td.quiet { (line.tax_rates) }
                                    td.number {
                                        (text::amount(line.gross_minor, currency))
                                        @if line.discount_minor != 0 {
                                            div.quiet { "\u{2212}" (text::amount(line.discount_minor, currency)) " off" }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn trail_card(clock: &StoreClock, receipt: &Receipt) -> Markup {
    html! {
        section.card {
            header {
                h2 { "Audit trail" }
                p.quiet { "Each step, its place in the store's journal (epoch.record), and the chain hash that seals it" }
            }
            ol.trail {
                @for step in &receipt.trail {
                    li {
                        div.line {
                            strong { (text::sentence(&step.event.replace('_', " "))) }
                            span.quiet { (text::full_time(clock, step.recorded_at_ms)) }
                        }
                        div.line.quiet {
                            span.code { (step.epoch_order) "." (step.seq) }
                            span.hash.code title=(step.hash) { (step.hash) }
                        }
                    }
                }
            }
        }
    }
}

fn facts_card(store: &StoreRow, clock: &StoreClock, receipt: &Receipt) -> Markup {
    let row = &receipt.transaction;
    html! {
        section.card {
            header { h2 { "Facts" } }
            dl {
                dt { "Store" } dd { (store.name) }
                dt { "Business date" } dd { (text::long_date(&row.business_date)) }
                dt { "At the till" } dd { (text::full_time(clock, row.occurred_at_ms)) }
                dt { "In the journal" } dd { (text::full_time(clock, row.recorded_at_ms)) }
                dt { "Till" } dd { @if row.till.is_empty() { span.code { (row.terminal) } } @else { (row.till) } }
                dt { "Operator" } dd.code { (row.operator) }
                dt { "Shift" } dd.code { (row.shift) }
                @if !row.tax_basis.is_empty() { dt { "Prices" } dd { "tax " (row.tax_basis) } }
                @if !row.reason.is_empty() { dt { "Reason" } dd { (row.reason) } }
                dt { "Transaction" } dd.code { (row.transaction) }
            }
        }
    }
}

fn sums_card(receipt: &Receipt) -> Markup {
    let row = &receipt.transaction;
    let currency = row.currency.as_str();
    html! {
        section.card {
            header { h2 { "Sums" } }
            table.sums {
                tbody {
                    @for tax in &receipt.taxes {
                        tr.quiet {
                            td { "Net " (tax.code) " " (percent(tax.rate_millionths)) }
                            td.number { (text::amount(tax.net_minor, currency)) }
                        }
                        tr.quiet { td { "Tax " (tax.code) } td.number { (text::amount(tax.tax_minor, currency)) } }
                    }
                    @if row.discount_minor != 0 {
                        tr.quiet { td { "Discounts within" } td.number { (text::amount(row.discount_minor, currency)) } }
                    }
                    tr.total { th { "Total" } td.number { (text::money(row.gross_minor, currency)) } }
                    @for tender in &receipt.tenders {
                        tr { td { (tender_words(&tender.kind)) } td.number { (text::amount(tender.amount_minor, currency)) } }
                    }
                    @if row.rounding_minor != 0 {
                        tr.quiet { td { "Cash rounding" } td.number { (text::amount(row.rounding_minor, currency)) } }
                    }
                    @if row.change_minor != 0 {
                        tr { td { "Change" } td.number { (text::amount(row.change_minor, currency)) } }
                    }
                    @for tip in &receipt.tips {
                        tr.quiet { td { "Tip, " (tender_words(&tip.kind)) } td.number { (text::amount(tip.amount_minor, currency)) } }
                    }
                }
            }
        }
    }
}

fn related_card(clock: &StoreClock, receipt: &Receipt) -> Markup {
    html! {
        @if !receipt.related.is_empty() {
            section.card {
                header { h2 { "Belongs together" } }
                ul.stores {
                    @for row in &receipt.related {
                        li {
                            div.line {
                                a href={ "/stores/" (row.store) "/receipts/" (row.transaction) } { (row.receipt) }
                                span { (text::money(row.gross_minor, &row.currency)) }
                            }
                            div.line { (kind(&row.kind)) span.quiet { (text::full_time(clock, row.recorded_at_ms)) } }
                        }
                    }
                }
            }
        }
    }
}

fn tender_words(kind: &str) -> &str {
    match kind {
        "cash" => "Cash",
        other => other,
    }
}

/// `20 %` of 200 000 millionths.
fn percent(millionths: i64) -> String {
    format!("{} %", rust_decimal::Decimal::new(millionths, 4).normalize())
}
