//! Card terminals and wallets as a manager reads them: what each moved, and whether it counted the same.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::exposure::{Acquirer, OfflineSums};
use holdfast_domain::reconciliation::{
    Reconciliation, ReconciliationOutcome, SchemeLine, Unsettled, UnsettledReason,
};
use holdfast_money::Money;
use holdfast_protocol::till_api::{DeviceDayView, ExposureView};
use maud::{Markup, html};

use super::markup::{page, time};
use super::store_name;
use crate::http::App;
use crate::http::problem::Refused;
use crate::http::reports::blocking;
use crate::http::who::ManagingViewer;

/// How many payments of one device are shown that no bank approved.
const OFFLINE_SHOWN_MAX: usize = 50;

pub(in crate::http) async fn device_days(
    ManagingViewer(viewer): ManagingViewer,
    State(app): State<Arc<App>>,
) -> Result<Markup, Refused> {
    let reading = Arc::clone(&app);
    let days = blocking(move || Ok(crate::http::device_days::all(&reading))).await?;
    let content = html! {
        @if let Some(exposure) = &days.exposure { (at_risk(exposure)) }
        @if days.devices.is_empty() { p.card.soft { "The settings name no card terminal and no wallet." } }
        @for day in &days.devices { (device(day)) }
        p.soft { "A device's day is ended at a till: " code { "holdfast-terminal card reconcile" } ". As of record " (days.as_of_seq) "." }
    };
    Ok(page("Card terminals", &store_name(&app), &viewer, &content))
}

/// What the store risks where terminals approved by themselves. Nothing where none did.
pub(super) fn at_risk(exposure: &ExposureView) -> Markup {
    let word = if exposure.left.is_some_and(|left| !left.is_positive()) { "bad" } else { "warn" };
    html! {
        @if exposure.count > 0 {
            section.card {
                h2 { "Without a bank" }
                p { span class={ "state " (word) } { (exposure.outstanding) " in " (exposure.count) " payments" }
                    " were approved by terminals that did not reach their banks, and are the shop's risk until the terminals' days end." }
                @if exposure.beyond > 0 { p.state.bad { (exposure.beyond) " of them were beyond the limits: terminals decide by themselves." } }
                @match (&exposure.limits, &exposure.left) {
                    (Some(limits), Some(left)) => p.soft {
                        "Limits: " (limits.floor) " for one payment, " (limits.velocity) " payments in " (limits.window_minutes)
                        " minutes, " (limits.cumulative) " in all. A terminal without its bank is given at most " (left) " now."
                    },
                    _ => p.soft { "The settings name no limits." },
                }
            }
        }
    }
}

fn device(day: &DeviceDayView) -> Markup {
    html! {
        section.card {
            h2 { (day.device) " " (state(day)) }
            h3 { "Since " @match day.since { Some(since) => (time(since.0)), None => "its first payment" } }
            (lines(&day.moved))
            (by_itself(&day.offline))
            @if let Some(lost) = &day.lost {
                h3 { "Before " (time(lost.at.0)) ", when its answer was lost" }
                (lines(&lost.moved))
                (by_itself(&lost.offline))
            }
            @if let Some(last) = &day.last { (end_of_day(last)) }
        }
    }
}

fn by_itself(sums: &OfflineSums) -> Markup {
    html! {
        @if let Some(outstanding) = sums.outstanding {
            h3 { (outstanding) " of it without a bank, in " (sums.count) " payments" }
            table {
                tr { th { "Payment" } th { "When" } th.number { "Amount" } th { "Beyond the limits" } }
                @for one in sums.listed.iter().rev().take(OFFLINE_SHOWN_MAX) {
                    tr {
                        td { (one.attempt) } td { (time(one.at.0)) } td.number { (one.amount) }
                        td { @if let Some(limit) = one.beyond { span.state.bad { (limit.name()) } } }
                    }
                }
            }
            @if sums.listed.len() > OFFLINE_SHOWN_MAX { p.soft { "Only the newest are shown." } }
        }
    }
}

/// In a word, how its last end of day went.
fn state(day: &DeviceDayView) -> Markup {
    let last = day.last.as_ref().map(|last| (&last.outcome, last.agrees()));
    html! {
        @if day.acquirer == Acquirer::NotReached { span.state.warn { "does not reach its bank and approves by itself" } " " }
        @if day.asked.is_some() { span.state.warn { "is asked to end its day now" } }
        @else if day.lost.is_some() { span.state.bad { "nobody knows whether it ended its day: look at its own paper" } }
        @else {
            @match last {
                None => span.state.warn { "never reconciled" },
                Some((ReconciliationOutcome::Ended { .. }, true)) => span.state.good { "it counted what the journal says" },
                Some((ReconciliationOutcome::Ended { .. }, false)) => span.state.bad { "it counted something else than the journal says" },
                Some((ReconciliationOutcome::NoTotals, _)) => span.state.warn { "counts nothing by itself" },
                Some((_, _)) => span.state.warn { "could not be asked" },
            }
        }
    }
}

fn end_of_day(last: &Reconciliation) -> Markup {
    html! {
        h3 { "Last end of day: " (time(last.until.0)) }
        @match &last.outcome {
            ReconciliationOutcome::Ended { reference, device, differences } => {
                @if let Some(reference) = reference { p.soft { "Its own number of it: " (reference) } }
                table {
                    tr { th { "Side" } th.number { "Payments" } th.number { "Net" } }
                    tr { td { "journal" } (sums(&last.journal)) }
                    tr { td { "device" } (sums(device)) }
                }
                @if !differences.is_empty() {
                    table {
                        tr { th { "Differs in" } th.number { "Journal" } th.number { "Device" } th.number { "Device has more" } }
                        @for found in differences {
                            tr {
                                td { @match &found.scheme { Some(scheme) => (scheme), None => "all together" } }
                                td.number { (found.journal) } td.number { (found.device) } td.number { (found.device - found.journal) }
                            }
                        }
                    }
                }
            }
            ReconciliationOutcome::NoTotals => p { "The journal says what follows; hold it against the provider's statement." (lines(&last.journal)) },
            ReconciliationOutcome::NotEnded { cause } => p { (cause) ": it could not be asked. Its day goes on, and it can be asked again." },
            ReconciliationOutcome::Unknown { cause } => p { (cause) ": it was asked, and its answer was lost. The journal says for that day:" (lines(&last.journal)) },
        }
        @if !last.unsettled.is_empty() {
            table {
                tr { th { "Payment" } th.number { "Amount" } th { "Why it can make the difference" } }
                @for one in &last.unsettled { tr { td { (one.attempt) } td.number { (one.net) } td.wrap { (why(one)) } } }
            }
        }
    }
}

fn why(one: &Unsettled) -> &'static str {
    match one.why {
        UnsettledReason::InDoubt => "it is in doubt: the journal leaves it out, the device may count it",
        UnsettledReason::Disowned => {
            "a person says that it was not made: the journal leaves it out, the device may count it"
        }
        UnsettledReason::SaidByAPerson => {
            "a person says that it was made: the journal counts it, the device may not"
        }
        UnsettledReason::FoundLate => {
            "it was in doubt when the day before ended, and was made: the device counted it then"
        }
    }
}

fn sums(lines: &[SchemeLine]) -> Markup {
    let count: u64 = lines.iter().map(|line| u64::from(line.count)).sum();
    let net = lines.first().map(|first| Money::sum(first.net.currency(), lines.iter().map(|line| line.net)));
    html! {
        td.number { (count) }
        td.number { @match net { Some(net) => (net), None => "nothing" } }
    }
}

fn lines(lines: &[SchemeLine]) -> Markup {
    html! {
        @if lines.is_empty() { p.soft { "Nothing moved." } }
        @else {
            table {
                tr { th { "Scheme" } th.number { "Payments" } th.number { "Net" } }
                @for line in lines {
                    tr {
                        td { @match &line.scheme { Some(scheme) => (scheme), None => "without a name" } }
                        td.number { (line.count) } td.number { (line.net) }
                    }
                }
                tr { td { "all" } (sums(lines)) }
            }
        }
    }
}
