//! The journal as a manager or an auditor reads it.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::losses::encoded;
use super::markup::{page, problem, time};
use super::store_name;
use crate::http::App;
use crate::http::journal::{self, JournalPage, JournalQuery, JournalRecord};
use crate::http::problem::Refused;
use crate::http::reports::blocking;
use crate::http::sales::query;
use crate::http::who::ManagingViewer;

pub(in crate::http) async fn journal(
    ManagingViewer(viewer): ManagingViewer,
    State(app): State<Arc<App>>,
    asked: Result<Query<JournalQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let (reading, wanted) = (Arc::clone(&app), asked.clone());
    let content = match blocking(move || journal::page(&reading, &wanted)).await {
        Ok(found) => journal_markup(&asked, &found),
        Err(refused) if refused.status().is_client_error() => {
            html! { (form(&asked)) (problem(&refused.0.to_string())) }
        }
        Err(refused) => return Err(refused),
    };
    Ok(page("Journal", &store_name(&app), &viewer, &content).into_response())
}

pub(in crate::http) async fn record(
    ManagingViewer(viewer): ManagingViewer,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Markup, Refused> {
    let reading = Arc::clone(&app);
    let record = blocking(move || journal::one(&reading, &id)).await?;
    Ok(page(&format!("Record {}", record.seq), &store_name(&app), &viewer, &record_markup(&record)))
}

fn form(asked: &JournalQuery) -> Markup {
    let field = |id: &'static str, label: &str, kind: &str, value: &Option<String>| {
        html! { div { label for=(id) { (label) } input id=(id) name=(id) type=(kind) value=(value.clone().unwrap_or_default()); } }
    };
    html! {
        form.card.asked method="get" action="/journal" {
            (field("find", "Record, receipt, transaction or command", "search", &asked.find))
            (field("till", "Till", "text", &asked.till))
            (field("staff", "Staff number", "text", &asked.staff))
            (field("date", "Business date", "date", &asked.date))
            button { "Search" }
        }
    }
}

fn journal_markup(asked: &JournalQuery, found: &JournalPage) -> Markup {
    let filter = format!(
        "till={}&staff={}&date={}",
        encoded(asked.till.as_deref()),
        encoded(asked.staff.as_deref()),
        encoded(asked.date.as_deref())
    );
    html! {
        (form(asked))
        section.card {
            h2 { "Records, newest first" }
            @if found.records.is_empty() { p.soft { "Nothing matches in the part of the journal that was looked at." } }
            @else {
                table {
                    tr { th.number { "Record" } th { "Recorded" } th { "Till" } th { "What" } th { "Receipt" } }
                    @for row in &found.records {
                        tr {
                            td.number { a href={ "/journal/" (row.seq) } { (row.seq) } }
                            td { (time(row.recorded_at_ms)) }
                            td { @match &row.till { Some(till) => (till), None => span.soft { "hub" } } }
                            td.wrap { (row.events.join(", ").replace('_', " ")) }
                            td { @for receipt in &row.receipts { a href={ "/transactions/" (receipt) } { (receipt) } " " } }
                        }
                    }
                }
            }
            @if let Some(before) = found.next_before_seq { p { a href={ "/journal?" (filter) "&before_seq=" (before) } { "Older" } } }
        }
        p.soft { "The journal has " (found.head_seq) " records." }
    }
}

fn record_markup(record: &JournalRecord) -> Markup {
    html! {
        section.card {
            h2 { "Record " (record.seq) }
            dl {
                dt { "Recorded" } dd { (time(record.recorded_at_ms)) }
                dt { "Caused by" } dd { @match &record.till { Some(till) => { "till " (till) }, None => "the hub" } }
                dt { "Epoch" } dd { (record.epoch) }
                dt { "Chain hash" } dd { (record.hash) }
                @match &record.covered_by {
                    Some(head) => {
                        dt { "Covered by" } dd { "the hub's signature over everything up to record " (head.seq) }
                        dt { "Signature" } dd { (head.signature) }
                    }
                    None => { dt { "Covered by" } dd { span.state.warn { "no signed head yet" } } }
                }
            }
        }
        section.card { h2 { "What it says" } pre { (serde_json::to_string_pretty(&record.record).unwrap_or_default()) } }
        p {
            @if record.seq > 1 { a href={ "/journal/" (record.seq - 1) } { "The record before" } " · " }
            a href={ "/journal/" (record.seq + 1) } { "The record after" } " · " a href="/journal" { "The journal" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_record_says_stays_text() {
        let record = JournalRecord {
            seq: 7,
            epoch: "e".into(),
            hash: "ab".into(),
            recorded_at_ms: 0,
            till: None,
            record: serde_json::json!({"reason": "</pre><script>alert(1)</script>"}),
            covered_by: None,
        };
        let text = record_markup(&record).into_string();
        assert!(!text.contains("<script>") && text.contains("&lt;script&gt;"), "{text}");
        assert!(text.contains("no signed head yet") && text.contains("href=\"/journal/6\""), "{text}");
        let asked = JournalQuery { find: Some("\"><b>".into()), ..JournalQuery::default() };
        assert!(!form(&asked).into_string().contains("<b>"));
    }
}
