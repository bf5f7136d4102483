//! A store's histories as people look at them: the tree of epochs with what each branch alone sold, and how far the hub's
//! signed word goes.

use maud::{Markup, html};

use super::text;
use crate::model::{BranchRow, HeadRow, HeadState, StoreRow};
use crate::projection::StoreClock;

/// The card of one store's page.
pub fn card(store: &StoreRow, branches: &[BranchRow], latest: Option<&HeadRow>, now_ms: i64) -> Markup {
    let clock = StoreClock::new(&store.time_zone, store.cut_over_minutes).ok();
    let forked = branches.iter().any(|branch| branch.forked);
    html! {
        section.card #history data-live="" {
            header {
                h2 { "History" }
                p.quiet {
                    @match (branches.len(), forked) {
                        (0, _) => "the hub has not registered yet",
                        (1, _) => "one line since the first record",
                        (count, false) => { (count) " epochs in one line" },
                        (count, true) => { (count) " epochs: what branches share counts once, both sides of a fork count" },
                    }
                }
                (evidence(store, latest, clock.as_ref()))
            }
            @if branches.is_empty() {
                p.empty { "Nothing yet. Provision the store's hub with its claim code." }
            } @else {
                div.scroll {
                    table.history {
                        thead { tr {
                            th { "Epoch" } th { "Hub" } th.number { "Records" } th.number { "Net sales" }
                            th.number.wide-only { "Transactions" } th { "Last heard of" }
                        } }
                        tbody { @for branch in branches { (row(store, branch, clock.as_ref(), now_ms)) } }
                        @if branches.len() > 1 { (sum(store, branches)) }
                    }
                }
            }
        }
    }
}

fn row(store: &StoreRow, branch: &BranchRow, clock: Option<&StoreClock>, now_ms: i64) -> Markup {
    let depth = branch.depth.clamp(0, 6);
    html! {
        tr.aside[!branch.newest] {
            td {
                div class={ "branch d" (depth) } {
                    span.node[branch.newest].node-aside[!branch.newest] {}
                    span {
                        strong { (branch.epoch_order) }
                        " " span.code.quiet title=(branch.epoch) { (short_id(&branch.epoch)) }
                        @if branch.forked { " " span.mark { "Fork" } }
                        @if !branch.open { " " span.kind.off { "Closed" } }
                        @if let Some(parent) = branch.parent_order {
                            p.quiet { "continues epoch " (parent) " after record " (text::count(branch.from_seq)) }
                        } @else {
                            p.quiet { "from the first record" }
                        }
                    }
                }
            }
            td {
                span.code title=(branch.hub) { (short_id(&branch.hub)) }
                @if branch.hub_retired { p.quiet { "replaced" } }
            }
            td.number {
                (text::count(branch.records))
                @if branch.records > 0 {
                    p.quiet { (text::count(branch.from_seq + 1)) "–" (text::count(branch.last_seq)) }
                }
            }
            td.number {
                @if branch.sold.is_empty() { (text::money(0, &store.currency)) }
                @for sold in &branch.sold {
                    p { (text::money(sold.net_minor, &sold.currency)) }
                    p.quiet { (text::money(sold.gross_minor, &sold.currency)) " gross" }
                }
            }
            td.number.wide-only { (text::count(branch.sold.iter().map(|sold| sold.transactions).sum())) }
            td {
                @match (branch.seen_at_ms, clock) {
                    (Some(at), Some(clock)) => {
                        time data-ago=(at) title=(text::full_time(clock, at)) { (text::ago(now_ms - at)) }
                    },
                    _ => span.quiet { "before this was kept" },
                }
            }
        }
    }
}

fn sum(store: &StoreRow, branches: &[BranchRow]) -> Markup {
    let sold = || branches.iter().flat_map(|branch| &branch.sold).filter(|s| s.currency == store.currency);
    html! {
        tfoot { tr {
            th { "Together" } td {}
            td.number { (text::count(branches.iter().map(|branch| branch.records).sum())) }
            td.number {
                p { (text::money(sold().map(|sold| sold.net_minor).sum(), &store.currency)) }
                p.quiet { (text::money(sold().map(|sold| sold.gross_minor).sum(), &store.currency)) " gross" }
            }
            td.number.wide-only { (text::count(sold().map(|sold| sold.transactions).sum())) }
            td {}
        } }
    }
}

/// How far the hub's signed word goes, and where an auditor gets it.
fn evidence(store: &StoreRow, latest: Option<&HeadRow>, clock: Option<&StoreClock>) -> Markup {
    html! {
        p.quiet.evidence {
            @match latest {
                Some(row) => {
                    @let (class, word) = match row.state {
                        HeadState::Agreed => ("good", "agrees with the journal here"),
                        HeadState::Waiting => ("off", "its record is on its way"),
                        HeadState::Mismatch => ("bad", "differs from the journal here"),
                    };
                    "Signed through record " strong { (text::count(i64::try_from(row.head.seq).unwrap_or(i64::MAX))) }
                    @if let Some(clock) = clock { ", " (text::full_time(clock, row.head.signed_at_ms)) }
                    ", " span class={ "status " (class) } { (word) }
                    " · " a href={ "/api/v1/stores/" (store.store) "/heads/latest" } download="signed-head.json" { "Signed head" }
                },
                None => "No signed head yet",
            }
        }
    }
}

/// The last part of an id: enough to tell apart what stands on one page.
fn short_id(id: &str) -> &str {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id)
}
