//! The pages' HTML. Everything that comes from data is escaped by the template.

use holdfast_domain::shift::Mode;
use holdfast_protocol::message::TransactionKind;
use holdfast_store::TransactionEntry;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::PrintedSheet;
use super::devices::devices;
use crate::http::reports::TransactionDetail;
use crate::http::who::Viewer;

pub(super) fn page(title: &str, store: &str, viewer: &Viewer, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (store) }
                link rel="stylesheet" href="/assets/hub.css";
                script src="/assets/hub.js" defer {}
            }
            body {
                header {
                    h1 { a href="/" { (store) } " · Holdfast hub" }
                    nav {
                        @if viewer.manages {
                            a href="/reports" { "Sales" }
                            a href="/losses" { "Losses" }
                            a href="/journal" { "Journal" }
                            a href="/device-days" { "Card terminals" }
                            a href="/changes" { "Changes" }
                        }
                        a href="/counter" { "Counter" }
                    }
                    div.who {
                        @match viewer.name.as_deref() {
                            Some(name) => {
                                span { (name) }
                                form method="post" action="/sign-out" { button { "Sign out" } }
                            }
                            None => span { "on this machine" }
                        }
                    }
                }
                main { (content) }
            }
        }
    }
}

pub fn sign_in(store: &str, problem: Option<&str>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Sign in · " (store) }
                link rel="stylesheet" href="/assets/hub.css";
            }
            body {
                form.card.sign-in method="post" action="/sign-in" {
                    h2 { (store) " · Holdfast hub" }
                    @if let Some(problem) = problem { p.state.bad role="alert" { (problem) } }
                    label for="number" { "Staff number" }
                    input id="number" name="number" inputmode="numeric" pattern="[0-9]+" required autofocus autocomplete="username";
                    label for="pin" { "PIN" }
                    input id="pin" name="pin" type="password" inputmode="numeric" required autocomplete="current-password";
                    button { "Sign in" }
                }
            }
        }
    }
}

/// Why a page is not shown.
pub fn refused(problem: &str) -> Markup {
    html! { section.card { h2 { "This page is not yours to see" } p.state.bad role="alert" { (problem) } } }
}

/// Something that is wrong with what was asked for.
pub(super) fn problem(problem: &str) -> Markup {
    html! { p.state.bad role="alert" { (problem) } }
}

pub fn status(store: &str, viewer: &Viewer, status: &Value, latest: &[TransactionEntry]) -> Markup {
    let content = html! {
        p #lost .state.bad hidden role="alert" { "The hub does not answer. What follows is old." }
        div #live data-source="/live" { (live(status, latest)) }
    };
    page("Status", store, viewer, &content)
}

pub fn live(shown: &Value, latest: &[TransactionEntry]) -> Markup {
    let actors = &shown["actors"];
    html! {
        div.grid {
            (journal(shown))
            (headquarters(shown))
            (tills(shown))
            (devices(actors, &shown["exposure"]))
            (recovery(&shown["recovery"]))
        }
        section.card { h2 { "Latest transactions" } (transactions(latest, shown)) }
        section.card { h2 { "Actors" } (actors_table(actors)) }
    }
}

pub(super) fn figure(value: &str, name: &str) -> Markup {
    html! { div.figure { b { (value) } span { (name) } } }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(fields) if fields.is_empty() => "–".to_owned(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| format!("{key} {}", text(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

pub(super) fn number(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0)
}

fn journal(shown: &Value) -> Markup {
    let ledger = &shown["actors"]["ledger"];
    let violations: u64 = shown["violations"].as_object().map_or(0, |all| all.values().map(number).sum());
    html! {
        section.card {
            h2 { "Journal " (alive(!ledger.is_null(), "deciding", "not answering")) }
            div.figures {
                (figure(&number(&shown["head_seq"]).to_string(), "records durable here"))
                (figure(&number(&ledger["waiting"]).to_string(), "replies wait for the disk"))
                (figure(&number(&ledger["open_orders"]).to_string(), "open orders"))
                (disk(&shown["actors"]["space"]))
                @if violations > 0 { (figure(&violations.to_string(), "invariants violated")) }
            }
        }
    }
}

/// The room on the hub's disk, and what follows when it is little.
fn disk(space: &Value) -> Markup {
    let free_mib = number(&space["free_bytes"]) >> 20;
    html! {
        @if !space["free_bytes"].is_null() { (figure(&free_mib.to_string(), "MiB free on the disk")) }
        @match space["level"].as_str() {
            Some("short") => p.state.bad { "HF-ACT-004 The disk is nearly full: new orders wait, payments and closing go on. Make room." },
            Some("low") => p.state.warn { "HF-ACT-003 The disk is filling up. Make room." },
            _ => {}
        }
    }
}

fn headquarters(shown: &Value) -> Markup {
    let hq = &shown["headquarters"];
    let waiting = number(&shown["head_seq"]).saturating_sub(number(&hq["acked_through"]));
    let reachable = hq["reachable"] == Value::Bool(true);
    let (class, word) = match (reachable, waiting) {
        (true, 0) => ("good", "everything is there"),
        (true, _) => ("warn", "catching up"),
        (false, _) => ("bad", "not reachable; selling goes on"),
    };
    html! {
        section.card {
            h2 { "Headquarters " span.state.(class) { (word) } }
            div.figures {
                (figure(&waiting.to_string(), "records still wait for HQ"))
                (figure(&number(&hq["durable_through"]).to_string(), "durable at HQ"))
            }
            @let parting = &shown["actors"]["replicator"]["parting"];
            @if !parting.is_null() {
                p.state.warn { "HF-ACT-006 HQ has another history after record " (number(&parting["shared_seq"])) ". Both are kept; this hub goes on in an epoch of its own." }
            }
            @if let Some(fault) = shown["actors"]["replicator"]["last_fault"].as_str() {
                @if !reachable { p.soft { (fault) } }
            }
        }
    }
}

/// Whether the shop would come back if this machine were gone.
fn recovery(shown: &Value) -> Markup {
    let (class, word, more) = match shown["vault"]["state"].as_str() {
        Some("at_hq") => ("good", "the vault is at HQ", None),
        Some("waiting") => ("warn", "the vault waits for HQ", shown["vault"]["last_fault"].as_str()),
        Some("held") => ("bad", "HQ's vault is not opened", shown["vault"]["reason"].as_str()),
        _ => ("bad", "there is no recovery code", None),
    };
    let due = shown["backup_due"] == Value::Bool(true);
    html! {
        section.card {
            h2 { "Recovery " span.state.(class) { (word) } }
            @if let Some(more) = more { p.soft { (more) } }
            @match shown["last_backup"]["at_ms"].as_i64() {
                Some(at_ms) => p { "Last backup " (time(at_ms)) ", up to record " (number(&shown["last_backup"]["seq"])) " "
                    @if due { span.state.warn { "old" } } },
                None => p { span.state.warn { "no backup yet" } " " code { "holdfast-hub backup" } },
            }
        }
    }
}

pub(super) fn alive(good: bool, yes: &str, no: &str) -> Markup {
    html! { @if good { span.state.good { (yes) } } @else { span.state.bad { (no) } } }
}

fn tills(shown: &Value) -> Markup {
    let known = shown["status"]["tills"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        section.card {
            h2 { "Tills" }
            @if known.is_empty() { p.soft { "No till is paired. Make a code with " code { "holdfast-hub pair" } "." } }
            @else {
                table {
                    tr { th { "No." } th { "Name" } th { "Connection" } }
                    @for till in known {
                        tr {
                            td { (text(&till["number"])) }
                            td { (text(&till["name"])) }
                            td { (alive(till["connected"] == Value::Bool(true), "connected", "not there")) }
                        }
                    }
                }
            }
        }
    }
}

fn kind(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Sale => "Sale",
        TransactionKind::Deposit => "Deposit",
        TransactionKind::Return => "Return",
        TransactionKind::PostVoid => "Post-void",
        TransactionKind::Cancelled => "Cancelled order",
        TransactionKind::Abandoned => "Abandoned basket",
        TransactionKind::PaidIn => "Paid in",
        TransactionKind::PaidOut => "Paid out",
        TransactionKind::CashDrop => "To the safe",
        TransactionKind::CashLoan => "From the safe",
        TransactionKind::ValueIssued => "Gift card or credit",
        TransactionKind::ValueIssueVoided => "Gift card undone",
    }
}

/// What a transaction counts: returns and post-voids leave.
fn amount(entry: &TransactionEntry) -> String {
    let Some(totals) = &entry.view.totals else {
        return entry.view.payment.as_ref().map_or_else(|| "–".to_owned(), |payment| payment.due.to_string());
    };
    match entry.view.kind {
        TransactionKind::Return | TransactionKind::PostVoid => (-totals.gross).to_string(),
        _ => totals.gross.to_string(),
    }
}

pub(super) fn time(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn transactions(latest: &[TransactionEntry], shown: &Value) -> Markup {
    let acked = number(&shown["headquarters"]["acked_through"]);
    html! {
        @if latest.is_empty() { p.soft { "Nothing was sold yet." } }
        @else {
            table {
                tr { th { "Receipt" } th { "Kind" } th.wide { "Business day" } th { "Recorded" } th.number { "Amount" } th { "Where it is" } }
                @for entry in latest {
                    tr {
                        td { a href={ "/transactions/" (entry.view.transaction) } { (entry.view.receipt) } }
                        td { (kind(entry.view.kind)) @if entry.view.mode == Mode::Training { " (training)" } }
                        td.wide { (entry.view.business_date) }
                        td { (time(entry.recorded_at.0)) }
                        td.number { (amount(entry)) }
                        td { @if entry.seq <= acked { span.state.good { "at HQ" } } @else { span.state.warn { "here, waits for HQ" } } }
                    }
                }
            }
        }
    }
}

fn actors_table(actors: &Value) -> Markup {
    let single = ["ledger", "projector", "catalog", "drawers", "replicator", "notary", "space"];
    html! {
        table {
            tr { th { "Actor" } th { "Observable state" } }
            @for name in single { (actor(name, &actors[name])) }
            @for (name, printer) in actors["printers"].as_object().into_iter().flatten() { (actor(&format!("printer {name}"), printer)) }
            @for (name, device) in actors["payments"].as_object().into_iter().flatten() { (actor(&format!("payment {name}"), device)) }
            @for (name, device) in actors["scanners"].as_object().into_iter().flatten() { (actor(&format!("scanner {name}"), device)) }
            @for (name, device) in actors["scales"].as_object().into_iter().flatten() { (actor(&format!("scale {name}"), device)) }
            @for terminal in actors["terminals"].as_array().into_iter().flatten() {
                (actor(&format!("terminal {}", text(&terminal["terminal"]).chars().take(8).collect::<String>()), terminal))
            }
        }
        @if let Some(tree) = actors["tree"].as_str() {
            details #tree { summary { "Supervision tree" } pre { (tree) } }
        }
    }
}

fn actor(name: &str, state: &Value) -> Markup {
    html! {
        tr {
            td { (name) }
            td.wrap { @match state.as_object() {
                None => span.state.bad { "no answer" },
                Some(fields) => span.soft {
                    @for (key, value) in fields.iter().filter(|(key, value)| *key != "terminal" && !value.is_null()) {
                        (key.replace('_', " ")) " " b { (text(value)) } "  "
                    }
                },
            } }
        }
    }
}

pub fn transaction(
    store: &str,
    viewer: &Viewer,
    detail: &TransactionDetail,
    papers: &[PrintedSheet],
) -> Markup {
    let view = &detail.transaction.view;
    let content = html! {
        section.card {
            h2 { (kind(view.kind)) " " (view.receipt) @if let Some(also) = &detail.also { " and " (also) } }
            div.figures {
                (figure(&amount(&detail.transaction), "gross"))
                @if let Some(totals) = &view.totals { (figure(&totals.tax.to_string(), "tax")) (figure(&totals.net.to_string(), "net")) }
                @if let Some(payment) = &view.payment { (figure(&payment.cash().to_string(), "into the drawer")) }
            }
        }
        section.card {
            h2 { "Paper" }
            @if papers.is_empty() { p.soft { "The printers keep no copy of this receipt." } }
            @for sheet in papers {
                details open { summary { "Printer " (sheet.printer) ", sheet " (sheet.number) } pre.paper { (sheet.text) } }
                p { a href={ "/paper/" (sheet.printer) "/" (sheet.number) } { "as a picture" } }
            }
        }
        section.card {
            h2 { "Audit trail" }
            dl {
                dt { "Transaction" } dd { (view.transaction) }
                dt { "Till" } dd { (view.terminal) }
                dt { "Operator" } dd { (view.operator) }
                dt { "Business day" } dd { (view.business_date) }
                dt { "At the till" } dd { (time(view.occurred_at.0)) }
                dt { "Recorded" } dd { (time(detail.transaction.recorded_at.0)) }
                dt { "Record" } dd { @if viewer.manages { a href={ "/journal/" (detail.audit.seq) } { (detail.audit.seq) } } @else { (detail.audit.seq) } }
                dt { "Epoch" } dd { (detail.audit.epoch) }
                dt { "Chain hash" } dd { (detail.audit.hash) }
                @if let Some(original) = view.original { dt { "Of" } dd { a href={ "/transactions/" (original) } { (original) } } }
            }
            details { summary { "The record as JSON" } pre { (serde_json::to_string_pretty(&detail.audit.record).unwrap_or_default()) } }
        }
    };
    page(&view.receipt.to_string(), store, viewer, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_data_is_shown_and_never_run() {
        let shown = serde_json::json!({"status": {"tills": [{"number": 1, "name": "<script>x</script>", "connected": true}]},
            "headquarters": {"reachable": false, "acked_through": 3}, "head_seq": 9,
            "actors": {"replicator": {"last_fault": "<b>no route</b>"}}});
        let text = status("Shop & Co", &Viewer::default(), &shown, &[]).into_string();
        assert!(text.contains("&lt;script&gt;x") && !text.contains("<script>x"), "{text}");
        assert!(text.contains("Shop &amp; Co") && text.contains("&lt;b&gt;no route"));
        assert!(text.contains("not reachable; selling goes on"));
    }

    #[test]
    fn a_disk_that_fills_up_is_told() {
        for (level, words) in [("plenty", "HF-ACT"), ("low", "HF-ACT-003"), ("short", "new orders wait")] {
            let shown = serde_json::json!({"actors": {"space": {"level": level, "free_bytes": 5_u64 << 20}}});
            let text = journal(&shown).into_string();
            assert_eq!(text.contains(words), level != "plenty", "{level}: {text}");
            assert!(text.contains("MiB free on the disk"));
        }
    }

    #[test]
    fn nothing_shows_green_while_something_waits() {
        for (reachable, acked, word) in
            [(true, 9, "everything is there"), (true, 8, "catching up"), (false, 9, "not reachable")]
        {
            let shown = serde_json::json!({"headquarters": {"reachable": reachable, "acked_through": acked}, "head_seq": 9});
            assert!(headquarters(&shown).into_string().contains(word), "{reachable} {acked}");
        }
    }
}
