//! Where money and goods got lost, as a manager reads it.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use holdfast_money::{Currency, Money};
use maud::{Markup, html};

use super::markup::{page, problem, time};
use super::reports::dates_form;
use super::store_name;
use crate::http::App;
use crate::http::losses::{LossList, LossQuery, list};
use crate::http::problem::Refused;
use crate::http::reports::blocking;
use crate::http::sales::{DatesQuery, query};
use crate::http::who::ManagingViewer;
use crate::reports::LossKind;

pub(in crate::http) async fn losses(
    ManagingViewer(viewer): ManagingViewer,
    State(app): State<Arc<App>>,
    asked: Result<Query<LossQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let (reading, wanted) = (Arc::clone(&app), asked.clone());
    let content = match blocking(move || list(&reading, &wanted)).await {
        Ok(list) => losses_markup(&asked, &list),
        Err(refused) if refused.status().is_client_error() => {
            html! { (form(&asked, asked.from.clone(), asked.to.clone())) (problem(&refused.0.to_string())) }
        }
        Err(refused) => return Err(refused),
    };
    Ok(page("Losses", &store_name(&app), &viewer, &content).into_response())
}

/// A kind in words.
fn words(kind: &str) -> String {
    kind.replace('_', " ")
}

fn form(asked: &LossQuery, from: Option<String>, to: Option<String>) -> Markup {
    let staff = asked.staff.clone().unwrap_or_default();
    let more = html! {
        div { label for="staff" { "Staff number" } input #staff name="staff" inputmode="numeric" value=(staff); }
        div {
            label for="kind" { "What" }
            select #kind name="kind" {
                option value="" { "everything" }
                @for kind in LossKind::ALL {
                    option value=(kind.name()) selected[asked.kind.as_deref() == Some(kind.name())] { (words(kind.name())) }
                }
            }
        }
    };
    dates_form("/losses", &DatesQuery { from, to }, &more)
}

fn losses_markup(asked: &LossQuery, list: &LossList) -> Markup {
    let currency = Currency::from_code(&list.currency).expect("the list names the store's own currency");
    let money = |minor| Money::from_minor(minor, currency).to_string();
    let filter = format!(
        "from={}&to={}&staff={}&kind={}",
        list.from,
        list.to,
        encoded(asked.staff.as_deref()),
        encoded(asked.kind.as_deref())
    );
    html! {
        (form(asked, Some(list.from.clone()), Some(list.to.clone())))
        @if list.by_person.is_empty() { p.card.soft { "Nothing of this happened on these dates." } }
        @else {
            section.card {
                h2 { "By person" }
                table {
                    tr { th { "Person" } th { "What" } th.number { "How often" } th.number { "Worth" } }
                    @for person in &list.by_person {
                        @for (at, (kind, sum)) in person.kinds.iter().enumerate() {
                            tr {
                                td { @if at == 0 { (who(person.staff_number.as_deref(), person.staff_name.as_deref())) } }
                                td { (words(kind)) }
                                td.number { (sum.count) }
                                td.number { @if sum.amount_minor != 0 { (money(sum.amount_minor)) } }
                            }
                        }
                    }
                }
            }
            section.card {
                div.titled { h2 { "Each of them" } a href={ "/api/v1/reports/losses.csv?" (filter) } download { "CSV" } }
                table {
                    tr { th { "When" } th { "What" } th { "Who" } th.wide { "Till" } th { "Receipt" } th.number { "Worth" } th { "Of" } th { "Why" } }
                    @for row in &list.losses {
                        tr {
                            td { a href={ "/journal/" (row.seq) } { (time(row.recorded_at_ms)) } }
                            td { (words(row.kind.name())) }
                            td { (who(row.staff_number.as_deref(), row.staff_name.as_deref())) @if let Some(by) = &row.approved_by { " by leave of " (by) } }
                            td.wide { @if let Some(till) = &row.till { (till) } }
                            td { @if let (Some(receipt), Some(id)) = (&row.receipt, &row.transaction) { a href={ "/transactions/" (id) } { (receipt) } } }
                            td.number { @if let Some(minor) = row.amount_minor { (money(minor)) } }
                            td { (row.what) }
                            td.wrap { (row.reason) }
                        }
                    }
                }
                @if let Some(after) = list.next_after_seq { p { a href={ "/losses?" (filter) "&after_seq=" (after) } { "More" } } }
            }
        }
        p.soft { "Training is left out. As of record " (list.as_of_seq) "." }
    }
}

fn who(number: Option<&str>, name: Option<&str>) -> String {
    match (number, name) {
        (Some(number), Some(name)) if name != number => format!("{number} {name}"),
        (Some(number), _) => number.to_owned(),
        _ => "nobody signed on".to_owned(),
    }
}

/// Part of an address: letters, digits and underscores, and of anything else nothing.
pub(super) fn encoded(text: Option<&str>) -> String {
    text.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::http::losses::{LossRow, LossSum, LossesOfPerson};

    #[test]
    fn reasons_and_names_stay_text_and_lead_to_the_record() {
        let hostile = "<img src=x onerror=alert(1)>";
        let kinds = BTreeMap::from([("line_void".to_owned(), LossSum { count: 1, amount_minor: 357 })]);
        let list = LossList {
            from: "2026-11-28".into(),
            to: "2026-11-28".into(),
            currency: "GBP".into(),
            as_of_seq: 9,
            by_person: vec![LossesOfPerson {
                staff_number: Some("200".into()),
                staff_name: Some(hostile.into()),
                kinds,
            }],
            losses: vec![LossRow {
                seq: 7,
                recorded_at_ms: 0,
                business_date: "2026-11-28".into(),
                kind: LossKind::LineVoid,
                staff_number: Some("200".into()),
                staff_name: Some(hostile.into()),
                approved_by: None,
                till: Some("1".into()),
                transaction: None,
                receipt: None,
                amount_minor: Some(357),
                what: hostile.into(),
                reason: hostile.into(),
            }],
            next_after_seq: Some(7),
        };
        let asked = LossQuery { staff: Some("\"><script>".into()), ..LossQuery::default() };
        let text = losses_markup(&asked, &list).into_string();
        assert!(!text.contains("<img") && !text.contains("\"><script>"), "{text}");
        assert!(text.contains("href=\"/journal/7\"") && text.contains("3.57 GBP"), "{text}");
        assert!(text.contains("after_seq=7"), "{text}");
    }
}
