//! What HQ opens first: stores with their freshness, net sales by date and hour, the latest transactions. One store's page
//! is the same with one store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::Html;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::chart::{self, Bar};
use super::{PageRefusal, changes, history, signed_in, text};
use crate::app::App;
use crate::http::reads::{covered, date as read_date, overviews};
use crate::http::refusal::ApiRefusal;
use crate::http::session::{PageViewer, Viewer};
use crate::model::{
    BranchRow, HeadRow, SalesRow, StoreChangeRow, StoreOverview, StoreStatus, TransactionRow,
};
use crate::projection::StoreClock;
use crate::store::{Scope, TransactionFilter};

/// Business dates in the chart by date.
const DATES: u32 = 14;
/// Transactions in the list.
const LATEST: u32 = 14;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// The business date that is looked at; the newest with sales when absent.
    date: Option<String>,
}

type PageParameters = Result<Query<PageQuery>, QueryRejection>;

/// All stores of the sign-in.
pub async fn page(
    State(app): State<Arc<App>>,
    PageViewer(viewer): PageViewer,
    query: PageParameters,
) -> Result<Html<String>, PageRefusal> {
    let seen = Seen::read(&app, &viewer, None, query).await?;
    let body = html! {
        @if seen.stores.is_empty() { (no_stores()) } @else { (seen.body()) }
    };
    Ok(signed_in(&viewer, "Overview", &[("Overview", None)], &body))
}

/// One store.
pub async fn store_page(
    State(app): State<Arc<App>>,
    PageViewer(viewer): PageViewer,
    Path(store): Path<String>,
    query: PageParameters,
) -> Result<Html<String>, PageRefusal> {
    let store = covered(&viewer.scope, &store)?;
    let seen = Seen::read(&app, &viewer, Some(store), query).await?;
    let Some(overview) = seen.stores.first() else { return Err(PageRefusal(ApiRefusal::not_found())) };
    let name = overview.store.name.clone();
    Ok(signed_in(&viewer, &name, &[("Overview", Some("/".to_owned())), (&name, None)], &seen.body()))
}

fn no_stores() -> Markup {
    html! {
        section.notice #empty data-live="" {
            h1 { "No stores yet" }
            p { "Add the first one where the cloud runs; it prints a claim code for the store's hub." }
            pre { "holdfast-cloud store add --name \"Main Street\" --currency EUR \\\n    --timezone Europe/Vienna …" }
            p.quiet { "If stores exist, this sign-in does not cover them." }
        }
    }
}

/// Everything that the page shows.
struct Seen {
    only: Option<Uuid>,
    now_ms: i64,
    stores: Vec<StoreOverview>,
    date: Option<String>,
    dates: Vec<String>,
    daily: Vec<SalesRow>,
    hourly: Vec<SalesRow>,
    before: Option<String>,
    hourly_before: Vec<SalesRow>,
    latest: Vec<TransactionRow>,
    /// Of one store's page only.
    branches: Vec<BranchRow>,
    changes: Vec<StoreChangeRow>,
    head: Option<HeadRow>,
}

impl Seen {
    async fn read(
        app: &App,
        viewer: &Viewer,
        only: Option<Uuid>,
        query: PageParameters,
    ) -> Result<Self, ApiRefusal> {
        let query = query.map_err(|rejection| ApiRefusal::parameter(rejection.body_text()))?.0;
        if let Some(date) = &query.date {
            read_date(date)?;
        }
        let scope = only.map_or_else(|| viewer.scope.clone(), |store| Scope::Stores([store].into()));
        let stores = overviews(app, &scope).await?;
        let dates = app.store.business_dates(&scope, only, DATES).await?;
        let date = query.date.or_else(|| dates.first().cloned());
        let (mut daily, mut hourly, mut hourly_before, mut before) =
            (Vec::new(), Vec::new(), Vec::new(), None);
        if let (Some(date), Some(oldest), Some(newest)) = (&date, dates.last(), dates.first()) {
            daily = app.store.sales(&scope, only, oldest, newest, false).await?;
            hourly = app.store.sales(&scope, only, date, date, true).await?;
            before = dates.iter().find(|other| *other < date).cloned();
            if let Some(before) = &before {
                hourly_before = app.store.sales(&scope, only, before, before, true).await?;
            }
        }
        let filter = TransactionFilter { store: only, before_ms: None, limit: LATEST };
        let latest = app.store.transactions(&scope, &filter).await?;
        let (mut branches, mut changes, mut head) = (Vec::new(), Vec::new(), None);
        if let Some(store) = only {
            branches = app.store.branches(&scope, store).await?;
            changes = app.store.store_changes(&scope, store).await?;
            head = app.store.latest_head(store).await?;
        }
        let now_ms = app.now_ms();
        Ok(Self {
            only,
            now_ms,
            stores,
            date,
            dates,
            daily,
            hourly,
            before,
            hourly_before,
            latest,
            branches,
            changes,
            head,
        })
    }

    fn currencies(&self) -> BTreeSet<&str> {
        self.stores.iter().map(|overview| overview.store.currency.as_str()).collect()
    }

    fn link(&self, date: &str) -> String {
        self.only.map_or_else(|| format!("/?date={date}"), |store| format!("/stores/{store}?date={date}"))
    }

    fn body(&self) -> Markup {
        html! {
            (self.title())
            (self.tiles())
            div.columns {
                div.wide {
                    @for currency in self.currencies() { (self.by_hour(currency)) (self.by_date(currency)) }
                    @if let (Some(_), Some(overview)) = (self.only, self.stores.first()) {
                        (changes::card(&overview.store, &self.changes))
                        (history::card(&overview.store, &self.branches, self.head.as_ref(), self.now_ms))
                    }
                }
                div.narrow {
                    (self.stores_card())
                    (self.latest_card())
                }
            }
        }
    }

    fn title(&self) -> Markup {
        let one = self.only.and(self.stores.first());
        html! {
            div.title #title data-live="" {
                h1 { (one.map_or("Overview", |overview| overview.store.name.as_str())) }
                @if let Some(date) = &self.date {
                    p.quiet { "Business date " strong { (text::long_date(date)) } }
                }
                @if let Some(overview) = one {
                    p.actions { a.button href={ "/stores/" (overview.store.store) "/stock" } { "Stock" } }
                }
            }
            @if let Some(overview) = one {
                div #alarms data-live="" { (alarms(overview)) }
            }
        }
    }

    fn tiles(&self) -> Markup {
        let online = self
            .stores
            .iter()
            .filter(|s| matches!(s.status, StoreStatus::Live | StoreStatus::CatchingUp))
            .count();
        let of_date = |date: &Option<String>, currency: &str| {
            let rows = self
                .daily
                .iter()
                .filter(|row| Some(&row.business_date) == date.as_ref() && row.currency == currency);
            rows.fold((0, 0, 0), |(net, sales, gross), row| {
                (net + row.net_minor, sales + row.sales, gross + row.gross_minor)
            })
        };
        html! {
            section.tiles #tiles data-live="" aria-label="Figures of the business date" {
                @for currency in self.currencies() {
                    @let (net, sales, gross) = of_date(&self.date, currency);
                    div.tile {
                        p.label { "Net sales" }
                        p.figure { (text::amount(net, currency)) " " small { (currency) } }
                        p.quiet { (text::money(gross, currency)) " gross" }
                    }
                    div.tile {
                        p.label { "Sales" }
                        p.figure { (text::count(sales)) }
                        p.quiet {
                            @if sales > 0 { (text::money(net / sales, currency)) " net on average" } @else { "none yet" }
                        }
                    }
                }
                div.tile {
                    @if let (Some(_), Some(overview)) = (self.only, self.stores.first()) {
                        p.label { "Tills up" }
                        p.figure { (overview.tills_up) " " small { "of " (overview.tills_known) } }
                    } @else {
                        p.label { "Stores online" }
                        p.figure { (online) " " small { "of " (self.stores.len()) } }
                    }
                    @let waiting: i64 = self.stores.iter().map(|overview| overview.backlog).sum();
                    p.quiet {
                        @if waiting > 0 { (text::count(waiting)) " records wait at stores" } @else { "nothing waits" }
                    }
                }
            }
        }
    }

    fn by_hour(&self, currency: &str) -> Markup {
        let sums = |rows: &[SalesRow]| {
            let mut hours: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
            for row in rows.iter().filter(|row| row.currency == currency) {
                let hour = hours.entry(row.local_hour.unwrap_or(0)).or_default();
                hour.0 += row.net_minor;
                hour.1 += row.sales;
            }
            hours
        };
        let (now, before) = (sums(&self.hourly), sums(&self.hourly_before));
        // The business day starts at the cut-over: hours after midnight stand at the right.
        let first = self
            .stores
            .iter()
            .map(|overview| i64::from(overview.store.cut_over_minutes / 60))
            .min()
            .unwrap_or(0);
        let place = |hour: i64| (hour - first).rem_euclid(24);
        let used = || now.keys().chain(before.keys()).map(|hour| place(*hour));
        let (from, to) = (used().min().unwrap_or(8).min(place(8)), used().max().unwrap_or(20).max(place(19)));
        let bars: Vec<Bar> = (from..=to)
            .map(|at| (at + first).rem_euclid(24))
            .map(|hour| {
                let (net, sales) = now.get(&hour).copied().unwrap_or_default();
                Bar {
                    label: format!("{hour:02}"),
                    title: format!("{hour:02}:00, {} net, {sales} sales", text::money(net, currency)),
                    value: net,
                    before: self.before.as_ref().map(|_| before.get(&hour).map_or(0, |sum| sum.0)),
                    link: None,
                    current: false,
                }
            })
            .collect();
        let name = format!("Net sales by hour in {currency}");
        html! {
            section.card id={ "hours-" (currency) } data-live="" {
                header {
                    h2 { "Net sales by hour" }
                    p.quiet { (currency) ", each store's local time" }
                    @if let Some(before) = &self.before {
                        p.legend { span.swatch.value {} (self.date.as_deref().map_or(String::new(), text::short_date))
                            span.swatch.before {} (text::short_date(before)) }
                    }
                }
                @if now.is_empty() && before.is_empty() {
                    p.empty { "No sales in " (currency) " on this date yet. They appear here as tills sell." }
                } @else { (chart::bars(&name, &bars, currency, chart::TALL)) }
            }
        }
    }

    fn by_date(&self, currency: &str) -> Markup {
        let mut net: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for row in self.daily.iter().filter(|row| row.currency == currency) {
            let day = net.entry(&row.business_date).or_default();
            day.0 += row.net_minor;
            day.1 += row.sales;
        }
        let bars: Vec<Bar> = self
            .dates
            .iter()
            .rev()
            .map(|date| {
                let (value, sales) = net.get(date.as_str()).copied().unwrap_or_default();
                Bar {
                    label: text::short_date(date),
                    title: format!(
                        "{}, {} net, {sales} sales",
                        text::short_date(date),
                        text::money(value, currency)
                    ),
                    value,
                    before: None,
                    link: Some(self.link(date)),
                    current: self.date.as_ref() == Some(date),
                }
            })
            .collect();
        let name = format!("Net sales by business date in {currency}");
        html! {
            section.card id={ "dates-" (currency) } data-live="" {
                header { h2 { "Net sales by business date" } p.quiet { (currency) ", choose a date to look at it" } }
                @if net.is_empty() { p.empty { "Nothing yet." } } @else { (chart::bars(&name, &bars, currency, chart::LOW)) }
            }
        }
    }

    fn stores_card(&self) -> Markup {
        html! {
            section.card #stores data-live="" {
                header { h2 { @if self.only.is_some() { "This store" } @else { "Stores" } } }
                ul.stores {
                    @for overview in &self.stores { (self.store_row(overview)) }
                }
            }
        }
    }

    fn store_row(&self, overview: &StoreOverview) -> Markup {
        let store = &overview.store;
        let (class, word) = status_words(overview.status);
        let net: i64 = self
            .daily
            .iter()
            .filter(|row| row.store == store.store && Some(&row.business_date) == self.date.as_ref())
            .map(|row| row.net_minor)
            .sum();
        let clock = StoreClock::new(&store.time_zone, store.cut_over_minutes).ok();
        html! {
            li {
                div.line {
                    a.name href={ "/stores/" (store.store) } { (store.name) }
                    span.net { (text::money(net, &store.currency)) }
                }
                div.line {
                    span class={ "status " (class) } { span.dot {} (word) }
                    span.quiet {
                        @match (overview.data_as_of_ms, &clock) {
                            (Some(at), Some(clock)) => {
                                "Data as of " (text::clock_time(clock, at)) ", "
                                time data-ago=(at) { (text::ago(self.now_ms - at)) }
                            },
                            _ => "No data yet",
                        }
                    }
                }
                div.line.quiet {
                    span { (overview.tills_up) " of " (overview.tills_known) " tills up" }
                    @if overview.backlog > 0 { span.warn { (text::count(overview.backlog)) " records wait" } }
                    @else { span { (store.time_zone) } }
                }
                @if self.only.is_none() { (alarms(overview)) }
            }
        }
    }

    fn latest_card(&self) -> Markup {
        let names: BTreeMap<&str, &StoreOverview> =
            self.stores.iter().map(|overview| (overview.store.store.as_str(), overview)).collect();
        html! {
            section.card #latest data-live="" {
                header { h2 { "Latest transactions" } p.quiet { "a receipt leads to its audit trail" } }
                @if self.latest.is_empty() {
                    p.empty { "No transactions yet. The first sale of a till appears here within seconds." }
                } @else {
                    ul.stores.latest {
                        @for row in &self.latest {
                            @let overview = names.get(row.store.as_str());
                            li id={ "t-" (row.transaction) } data-row="" {
                                div.line {
                                    span {
                                        a.name href={ "/stores/" (row.store) "/receipts/" (row.transaction) } { (row.receipt) }
                                        " " (kind(&row.kind))
                                    }
                                    span.net { (text::money(row.gross_minor, &row.currency)) }
                                }
                                div.line.quiet {
                                    span {
                                        @if self.only.is_none() { (overview.map_or("", |o| o.store.name.as_str())) ", " }
                                        (row.till)
                                    }
                                    span { (overview.map_or(String::new(), |o| local_time(o, row.recorded_at_ms))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn local_time(overview: &StoreOverview, at_ms: i64) -> String {
    let store = &overview.store;
    StoreClock::new(&store.time_zone, store.cut_over_minutes)
        .map_or_else(|_| String::new(), |clock| text::clock_time(&clock, at_ms))
}

fn status_words(status: StoreStatus) -> (&'static str, &'static str) {
    match status {
        StoreStatus::Live => ("good", "Live"),
        StoreStatus::CatchingUp => ("warn", "Catching up"),
        StoreStatus::Silent => ("bad", "Not heard of"),
        StoreStatus::Unclaimed => ("off", "Waiting for its hub"),
    }
}

/// The alarms of a store.
pub fn alarms(overview: &StoreOverview) -> Markup {
    html! {
        @for alarm in &overview.alarms {
            p.alarm { span.code { (alarm.code) } " " (alarm.message) }
        }
    }
}

/// A kind of transaction as a word with a colour.
pub fn kind(kind: &str) -> Markup {
    let word = match kind {
        "sale" => "Sale",
        "return" => "Return",
        "post_void" => "Post-void",
        "deposit" => "Deposit",
        "cancelled" => "Cancelled",
        "abandoned" => "Abandoned",
        "paid_in" => "Paid in",
        "paid_out" => "Paid out",
        "cash_drop" => "To the safe",
        "cash_loan" => "From the safe",
        "value_issued" => "Gift card or credit",
        "value_issue_voided" => "Gift card undone",
        other => other,
    };
    html! { span class={ "kind " (kind) } { (word) } }
}
