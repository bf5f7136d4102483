//! Voids, discounts, returns, no-sales and refused commands of a range of dates, by person.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use holdfast_domain::ids::{StaffId, TerminalId};
use holdfast_domain::record::Outcome;
use holdfast_domain::staff::StaffNumber;
use holdfast_money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::sales::{Clock, DatesQuery, clock, person, query, till};
use super::sheet::{self, Cell};
use super::who::Manager;
use crate::calendar;
use crate::console::with_state;
use crate::error::HubError;
use crate::reports::{Dates, Loss, LossFinder, LossKind, Runs, Walked, first_at};

/// The longest range of one list.
pub(super) const LIST_DAYS_MAX: i64 = 92;
/// The most entries of one answer; the file has all.
const PAGE_LOSSES_MAX: usize = 1_000;
/// How far before the dates it is looked for who was signed on at a till.
const LOOK_BACK_RECORDS: u64 = 4_096;

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LossQuery {
    /// The first business date; the store's date now when absent.
    pub from: Option<String>,
    /// The last business date; the first one when absent.
    pub to: Option<String>,
    /// Only of the person with this staff number.
    pub staff: Option<String>,
    /// Only of one kind, such as `line_void`.
    pub kind: Option<String>,
    /// Only of later records than this one: the next page.
    pub after_seq: Option<u64>,
}

/// One entry. `amount_minor` is positive and null where nothing has a worth.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LossRow {
    /// Its record in the journal.
    pub seq: u64,
    /// Milliseconds since 1970, by the hub's clock.
    pub recorded_at_ms: i64,
    pub business_date: String,
    pub kind: LossKind,
    /// Null where nobody was signed on.
    pub staff_number: Option<String>,
    pub staff_name: Option<String>,
    /// The staff number of whoever allowed it.
    pub approved_by: Option<String>,
    /// Null for a drawer that tills share.
    pub till: Option<String>,
    pub transaction: Option<String>,
    pub receipt: Option<String>,
    pub amount_minor: Option<i64>,
    /// The product's number, the refusal's code, or the printer that the drawer is at.
    pub what: String,
    pub reason: String,
}

/// How often, and what it was worth together.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct LossSum {
    pub count: u64,
    pub amount_minor: i64,
}

/// One person's sums by kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LossesOfPerson {
    pub staff_number: Option<String>,
    pub staff_name: Option<String>,
    pub kinds: BTreeMap<String, LossSum>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LossList {
    pub from: String,
    pub to: String,
    pub currency: String,
    pub as_of_seq: u64,
    pub by_person: Vec<LossesOfPerson>,
    /// In the journal's order, at most 1,000.
    pub losses: Vec<LossRow>,
    /// Ask for what follows after this record; null on the last page.
    pub next_after_seq: Option<u64>,
}

/// Voids, discounts, price overrides, returns, post-voids, cancelled orders, abandoned baskets, no-sales, drawers that were opened without the till, paid-outs and
/// every refused command, with who and why. Training is left out.
#[utoipa::path(get, path = "/api/v1/reports/losses", tag = "reports", params(LossQuery), responses(
    (status = 200, body = LossList), (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: only a manager may"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn losses(
    _: Manager,
    State(app): State<Arc<App>>,
    asked: Result<Query<LossQuery>, QueryRejection>,
) -> Result<Json<LossList>, Refused> {
    let asked = query(asked)?;
    blocking(move || list(&app, &asked)).await.map(Json)
}

/// What is looked for.
struct Wanted {
    dates: Dates,
    staff: Option<StaffId>,
    kind: Option<LossKind>,
}

impl Wanted {
    fn of(app: &App, asked: &LossQuery, clock: &Clock, days_max: i64) -> Result<Self, Refused> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let dates =
            DatesQuery { from: asked.from.clone(), to: asked.to.clone() }.dates(clock.today, days_max)?;
        let staff = given(&asked.staff).map(|text| staff(app, &text)).transpose()?;
        let kind = given(&asked.kind).map(|text| kind(&text)).transpose()?;
        Ok(Self { dates, staff, kind })
    }

    fn holds(&self, loss: &Loss) -> bool {
        self.dates.holds(loss.business_date)
            && self.staff.is_none_or(|staff| loss.operator == Some(staff))
            && self.kind.is_none_or(|kind| loss.kind == kind)
    }
}

/// The person with a staff number.
pub(super) fn staff(app: &App, number: &str) -> Result<StaffId, Refused> {
    let parsed = number.parse().map(StaffNumber);
    let parsed = parsed.map_err(|_| Refused::request("a staff number is digits, such as 200"))?;
    let known = with_state(app.state.as_ref(), |state| state.staff_by_number(parsed).map(|staff| staff.id));
    known.ok_or_else(|| Refused::request(format!("nobody has staff number {parsed}")))
}

fn kind(name: &str) -> Result<LossKind, Refused> {
    let found = LossKind::ALL.into_iter().find(|kind| kind.name() == name);
    found.ok_or_else(|| {
        Refused::request(format!("`{name}` is no kind; {}", LossKind::ALL.map(LossKind::name).join(", ")))
    })
}

/// Shows every loss that is wanted, in the journal's order. Blocks on the disk.
fn walk(
    app: &App,
    wanted: &Wanted,
    clock: &Clock,
    as_of_seq: u64,
    mut see: impl FnMut(Loss) -> Result<(), HubError>,
) -> Result<(), HubError> {
    let unavailable =
        |error: Box<dyn std::error::Error + Send + Sync>| HubError::Unavailable { source: error };
    let Dates { from, to } = wanted.dates;
    let blocks = app.state.blocks_of_dates(from, to).map_err(|error| unavailable(error.into()))?;
    let mut runs = Runs::of_blocks(&blocks);
    // A refused command has no shift and so no date of its own: it is of the date at its time.
    let span = |date| calendar::span(&clock.zone, clock.cut_over_minutes, date);
    let (begin, _) = span(from).map_err(|error| unavailable(error.into()))?;
    let (_, end) = span(to).map_err(|error| unavailable(error.into()))?;
    runs.add(first_at(&app.reader, begin, as_of_seq)?, first_at(&app.reader, end, as_of_seq)?);
    if let Some(first) = runs.first() {
        runs.add(first.saturating_sub(LOOK_BACK_RECORDS), first);
    }
    let mut finder = LossFinder::default();
    runs.walk(&app.reader, as_of_seq, |walked| {
        let Walked { seq, record: Some(record) } = walked else { return Ok(()) };
        let date = match record.outcome {
            Outcome::Refused { .. } => clock.date_at(record.recorded_at)?,
            // What says no date of its own is of the date at its time, too.
            Outcome::Accepted { ref events } if events.iter().any(|of| of.business_date().is_none()) => {
                clock.date_at(record.recorded_at)?
            }
            Outcome::Accepted { .. } => clock.today,
        };
        finder.find(seq, &record, date).into_iter().filter(|loss| wanted.holds(loss)).try_for_each(&mut see)
    })
}

/// Collects what a page or a program asks for. Blocks on the disk.
pub(super) fn list(app: &App, asked: &LossQuery) -> Result<LossList, Refused> {
    let clock = clock(app)?;
    let wanted = Wanted::of(app, asked, &clock, LIST_DAYS_MAX)?;
    let as_of_seq = app.state.applied().map_or(0, |at| at.seq);
    let mut names = Names::default();
    let mut sums: BTreeMap<Option<StaffId>, BTreeMap<String, LossSum>> = BTreeMap::new();
    let (mut losses, mut next_after_seq) = (Vec::<LossRow>::new(), None);
    walk(app, &wanted, &clock, as_of_seq, |loss| {
        let sum = sums.entry(loss.operator).or_default().entry(loss.kind.name().to_owned()).or_default();
        sum.count += 1;
        sum.amount_minor += loss.amount_minor.unwrap_or(0);
        if asked.after_seq.is_some_and(|after| loss.seq <= after) {
            return Ok(());
        }
        // All of one record are on one page.
        let last = losses.last().map(|last| last.seq);
        if losses.len() < PAGE_LOSSES_MAX || last == Some(loss.seq) && next_after_seq.is_none() {
            losses.push(names.row(app, loss));
        } else {
            next_after_seq = next_after_seq.or(last);
        }
        Ok(())
    })?;
    let by_person = sums.into_iter().map(|(staff, kinds)| {
        let (staff_number, staff_name) = names.person(app, staff);
        LossesOfPerson { staff_number, staff_name, kinds }
    });
    Ok(LossList {
        from: wanted.dates.from.to_string(),
        to: wanted.dates.to.to_string(),
        currency: clock.currency.code().to_owned(),
        as_of_seq,
        by_person: by_person.collect(),
        losses,
        next_after_seq,
    })
}

/// The names of people and tills, each looked up once.
#[derive(Default)]
struct Names {
    people: BTreeMap<StaffId, (String, String)>,
    tills: BTreeMap<TerminalId, String>,
}

impl Names {
    fn person(&mut self, app: &App, staff: Option<StaffId>) -> (Option<String>, Option<String>) {
        let Some(staff) = staff else { return (None, None) };
        let (number, name) = self.people.entry(staff).or_insert_with(|| person(app, staff)).clone();
        (Some(number), Some(name))
    }

    fn till(&mut self, app: &App, terminal: TerminalId) -> String {
        self.tills.entry(terminal).or_insert_with(|| till(app, terminal).0).clone()
    }

    fn row(&mut self, app: &App, loss: Loss) -> LossRow {
        let (staff_number, staff_name) = self.person(app, loss.operator);
        let (approved_by, _) = self.person(app, loss.approver);
        LossRow {
            seq: loss.seq,
            recorded_at_ms: loss.recorded_at.0,
            business_date: loss.business_date.to_string(),
            kind: loss.kind,
            staff_number,
            staff_name,
            approved_by,
            till: loss.terminal.map(|terminal| self.till(app, terminal)),
            transaction: loss.transaction.map(|id| id.to_string()),
            receipt: loss.receipt.map(|receipt| receipt.to_string()),
            amount_minor: loss.amount_minor,
            what: loss.what,
            reason: loss.reason,
        }
    }
}

const HEADER: [&str; 13] = [
    "record",
    "recorded_at",
    "business_date",
    "kind",
    "staff_number",
    "staff_name",
    "approved_by",
    "till",
    "receipt",
    "transaction",
    "amount",
    "what",
    "reason",
];

/// The same as a file of comma-separated values, all of it.
#[utoipa::path(get, path = "/api/v1/reports/losses.csv", tag = "reports", params(LossQuery), responses(
    (status = 200, description = "RFC 4180, amounts in the store's currency", content_type = "text/csv"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: only a manager may"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn losses_file(
    _: Manager,
    State(app): State<Arc<App>>,
    asked: Result<Query<LossQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let reading = Arc::clone(&app);
    let (clock, wanted) = blocking(move || {
        let clock = clock(&reading)?;
        let wanted = Wanted::of(&reading, &asked, &clock, LIST_DAYS_MAX)?;
        Ok((clock, wanted))
    })
    .await?;
    let name = format!("losses-{}-{}", wanted.dates.from, wanted.dates.to);
    let reading = Arc::clone(&app);
    sheet::stream(&app, &name, &HEADER, move |sheet| {
        let (mut names, as_of_seq) = (Names::default(), reading.state.applied().map_or(0, |at| at.seq));
        walk(&reading, &wanted, &clock, as_of_seq, |loss| {
            sheet.row(&cells(&names.row(&reading, loss), clock.currency))
        })
    })
}

fn cells(row: &LossRow, currency: Currency) -> Vec<Cell> {
    vec![
        Cell::plain(row.seq),
        Cell::instant(row.recorded_at_ms),
        Cell::plain(&row.business_date),
        Cell::plain(row.kind.name()),
        Cell::maybe(row.staff_number.as_ref(), Cell::plain),
        Cell::maybe(row.staff_name.as_ref(), Cell::text),
        Cell::maybe(row.approved_by.as_ref(), Cell::plain),
        Cell::maybe(row.till.as_ref(), Cell::plain),
        Cell::maybe(row.receipt.as_ref(), Cell::plain),
        Cell::maybe(row.transaction.as_ref(), Cell::plain),
        Cell::maybe(row.amount_minor, |minor| Cell::money(minor, currency)),
        Cell::text(&row.what),
        Cell::text(&row.reason),
    ]
}
