//! The store's sales of a business date or a range of dates, without a line to HQ.

use std::fmt;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use holdfast_domain::calendar::{BusinessDate, DateError, Timestamp};
use holdfast_domain::ids::{StaffId, TerminalId};
use holdfast_money::{Currency, Rate};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::sheet::{self, Cell};
use super::who::Manager;
use crate::calendar;
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;
use crate::reports::{Dates, Figures, OpenDrawers, ProductTurnover, Turnover};

/// The longest range of one report: a quarter.
pub(super) const REPORT_DAYS_MAX: i64 = 92;

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DatesQuery {
    /// The first business date, such as 2026-11-28; the store's date now when absent.
    pub from: Option<String>,
    /// The last business date; the first one when absent.
    pub to: Option<String>,
}

/// What a report needs to know about the store.
pub(super) struct Clock {
    pub zone: TimeZone,
    pub cut_over_minutes: u16,
    pub currency: Currency,
    pub today: BusinessDate,
}

impl Clock {
    /// The store's date at an instant.
    pub fn date_at(&self, at: Timestamp) -> Result<BusinessDate, HubError> {
        calendar::date_at(&self.zone, self.cut_over_minutes, at)
            .map_err(|error| HubError::Unavailable { source: error.into() })
    }
}

/// The store's own clock and currency.
pub(super) fn clock(app: &App) -> Result<Clock, Refused> {
    let profile = with_state(app.state.as_ref(), |state| state.profile.clone());
    let profile = profile.ok_or_else(|| Refused::unavailable("the store has no profile"))?;
    let zone = calendar::zone(profile.time_zone.as_str()).map_err(Refused::unavailable)?;
    let now = Timestamp(Machine.now_ms());
    let today = calendar::date_at(&zone, profile.cut_over_minutes, now).map_err(Refused::unavailable)?;
    Ok(Clock { zone, cut_over_minutes: profile.cut_over_minutes, currency: profile.currency, today })
}

impl DatesQuery {
    /// The dates that are asked for, at most `days_max` of them.
    pub fn dates(&self, today: BusinessDate, days_max: i64) -> Result<Dates, Refused> {
        let read = |text: &Option<String>| -> Result<Option<BusinessDate>, Refused> {
            let text = text.as_deref().filter(|text| !text.is_empty());
            text.map(str::parse).transpose().map_err(|error: DateError| Refused::request(error.to_string()))
        };
        let (from, to) = (read(&self.from)?, read(&self.to)?);
        let from = from.or(to).unwrap_or(today);
        Dates::new(from, to.unwrap_or(from), days_max).map_err(|error| Refused::request(error.to_string()))
    }
}

/// What a query says, or why it cannot be read.
pub(super) fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Refused> {
    query.map(|Query(query)| query).map_err(|error| Refused::request(error.body_text()))
}

/// Turnover of anything, in minor units of the store's currency. Returns and post-voids subtract.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct TurnoverFigures {
    pub sales: u64,
    pub returns: u64,
    pub post_voids: u64,
    /// Sales less returns and post-voids, tax included.
    pub gross_minor: i64,
    /// The same without tax.
    pub net_minor: i64,
    pub tax_minor: i64,
    /// What was taken off, less what came back of it.
    pub discount_minor: i64,
    /// Gross of returns and post-voids, positive.
    pub returned_minor: i64,
}

impl From<&Turnover> for TurnoverFigures {
    fn from(of: &Turnover) -> Self {
        Self {
            sales: of.sales,
            returns: of.returns,
            post_voids: of.post_voids,
            gross_minor: of.gross_minor,
            net_minor: of.net_minor,
            tax_minor: of.tax_minor,
            discount_minor: of.discount_minor,
            returned_minor: of.returned_minor,
        }
    }
}

/// Turnover of something that has a name: a date, an hour, a person, a till.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TurnoverRow {
    /// The date; the hour's first minute; the staff or till number.
    pub key: String,
    /// What people call it.
    pub name: String,
    #[serde(flatten)]
    pub figures: TurnoverFigures,
}

/// One product. Quantities are thousandths of its unit.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProductRow {
    pub sku: String,
    pub description: String,
    pub sold_thousandths: i64,
    pub returned_thousandths: i64,
    pub gross_minor: i64,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub discount_minor: i64,
}

/// What was paid with one kind of tender, deposits included and change taken off.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TenderRow {
    pub kind: String,
    pub transactions: u64,
    pub taken_minor: i64,
    pub given_back_minor: i64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TaxRow {
    pub code: String,
    /// As 20 or 5.5.
    pub rate_percent: String,
    pub net_minor: i64,
    pub tax_minor: i64,
}

/// Whose tips they are.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TipsRow {
    /// The person's number.
    pub key: String,
    pub name: String,
    pub tips_minor: i64,
}

/// What is no turnover.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct OutsideTurnover {
    /// Deposits taken, less those that became part of a completed sale.
    pub deposits_minor: i64,
    /// What cash rounding added; without the open shifts that are left out.
    pub rounding_minor: i64,
    /// What was given to whoever served, less what went back with post-voided sales.
    pub tips_minor: i64,
    /// What the drawers should hold, the floats included; without the open shifts that are left out.
    pub cash_expected_minor: i64,
    /// Orders cancelled and baskets abandoned.
    pub cancelled: u64,
}

/// The shifts of the dates and their Z reports.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShiftsOfReport {
    pub opened: u64,
    pub still_open: u64,
    /// Open shifts whose cash and tenders are in no figure of this report, because their drawers are counted blind and
    /// whoever asks may not read an X report. Their turnover is there.
    pub drawers_left_out: u64,
    pub z_numbers: Vec<u32>,
    /// Gross of every Z.
    pub z_gross_minor: i64,
    /// What was counted less what was expected.
    pub over_short_minor: i64,
    /// Whether all Z reports together say what the transactions say; null while a shift is open.
    pub agrees_with_z: Option<bool>,
}

/// The sales of a range of business dates. Training counts for nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SalesReport {
    pub from: String,
    pub to: String,
    pub currency: String,
    /// The record that everything below is true at.
    pub as_of_seq: u64,
    /// Records of these dates that this version cannot read.
    pub unreadable_records: u64,
    pub all: TurnoverFigures,
    pub outside_turnover: OutsideTurnover,
    pub shifts: ShiftsOfReport,
    pub by_day: Vec<TurnoverRow>,
    pub by_hour: Vec<TurnoverRow>,
    pub by_product: Vec<ProductRow>,
    pub by_staff: Vec<TurnoverRow>,
    pub by_till: Vec<TurnoverRow>,
    pub by_tender: Vec<TenderRow>,
    pub by_tax: Vec<TaxRow>,
    pub tips: Vec<TipsRow>,
}

/// Sales by day, hour, product, staff, till, tender and tax rate, of a business date or a range of at most 92 dates.
#[utoipa::path(get, path = "/api/v1/reports/sales", tag = "reports", params(DatesQuery), responses(
    (status = 200, body = SalesReport), (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: only a manager may"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn sales(
    reader: Manager,
    State(app): State<Arc<App>>,
    asked: Result<Query<DatesQuery>, QueryRejection>,
) -> Result<Json<SalesReport>, Refused> {
    let asked = query(asked)?;
    blocking(move || report(&app, &asked, reader.open_drawers)).await.map(Json)
}

/// Adds up what is asked for. Blocks on the disk.
pub(super) fn report(app: &App, asked: &DatesQuery, open: OpenDrawers) -> Result<SalesReport, Refused> {
    let clock = clock(app)?;
    let dates = asked.dates(clock.today, REPORT_DAYS_MAX)?;
    let as_of_seq = app.state.applied().map_or(0, |at| at.seq);
    let mut sum = Figures::default();
    let mut by_day = Vec::new();
    for date in dates.each() {
        let mut kept = app.dates.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = kept.of(date, as_of_seq, &app.reader, app.state.as_ref(), &clock.zone)?;
        if *figures != Figures::default() {
            by_day.push(row(date, date, &figures.all));
        }
        sum.add(figures);
    }
    Ok(shown(app, dates, &clock, as_of_seq, &sum, by_day, open))
}

fn row(key: impl fmt::Display, name: impl fmt::Display, figures: &Turnover) -> TurnoverRow {
    TurnoverRow { key: key.to_string(), name: name.to_string(), figures: figures.into() }
}

/// A person as reports name them: number and name.
pub(super) fn person(app: &App, staff: StaffId) -> (String, String) {
    let number = with_state(app.state.as_ref(), |state| state.staff.get(&staff).map(|known| known.number));
    let number = number.map_or_else(|| staff.to_string(), |number| number.to_string());
    let name = app.people.name(staff).unwrap_or_else(|| number.clone());
    (number, name)
}

/// A till as reports name it: number and name.
pub(super) fn till(app: &App, terminal: TerminalId) -> (String, String) {
    let known = with_state(app.state.as_ref(), |state| {
        state.tills.get(&terminal).map(|till| (till.number.0.to_string(), till.name.to_string()))
    });
    known.unwrap_or_else(|| (terminal.to_string(), terminal.to_string()))
}

fn shown(
    app: &App,
    dates: Dates,
    clock: &Clock,
    as_of_seq: u64,
    sum: &Figures,
    by_day: Vec<TurnoverRow>,
    open: OpenDrawers,
) -> SalesReport {
    let drawers = sum.drawers(open);
    let by_hour = sum
        .by_hour
        .iter()
        .map(|(hour, of)| row(format!("{hour:02}:00"), format!("{hour:02}–{:02}", hour + 1), of));
    let by_staff = sum.by_staff.iter().map(|(staff, of)| {
        let (number, name) = person(app, *staff);
        row(number, name, of)
    });
    let by_till = sum.by_till.iter().map(|(terminal, of)| {
        let (number, name) = till(app, *terminal);
        row(number, name, of)
    });
    let mut by_product: Vec<ProductRow> = sum.by_product.iter().map(|(sku, of)| product(sku, of)).collect();
    by_product.sort_by(|a, b| b.gross_minor.cmp(&a.gross_minor).then_with(|| a.sku.cmp(&b.sku)));
    let by_tender = drawers.by_tender.iter().map(|(kind, of)| TenderRow {
        kind: kind.clone(),
        transactions: of.transactions,
        taken_minor: of.taken_minor,
        given_back_minor: of.given_back_minor,
    });
    let by_tax = sum.standing.taxes.iter().map(|((code, millionths), of)| TaxRow {
        code: code.clone(),
        rate_percent: Rate::from_millionths(*millionths)
            .map_or_else(|_| String::new(), |rate| rate.as_percent().normalize().to_string()),
        net_minor: of.net_minor,
        tax_minor: of.tax_minor,
    });
    let tips = sum.tips_by_staff.iter().map(|(staff, minor)| {
        let (key, name) = person(app, *staff);
        TipsRow { key, name, tips_minor: *minor }
    });
    let mut tips: Vec<_> = tips.collect();
    tips.sort_by_key(|row| (row.key.len(), row.key.clone()));
    SalesReport {
        from: dates.from.to_string(),
        to: dates.to.to_string(),
        currency: clock.currency.code().to_owned(),
        as_of_seq,
        unreadable_records: sum.unreadable_records,
        all: (&sum.all).into(),
        outside_turnover: OutsideTurnover {
            deposits_minor: sum.standing.deposits_minor,
            rounding_minor: drawers.cash.rounding_minor,
            tips_minor: sum.tips_by_staff.values().sum(),
            cash_expected_minor: drawers.cash.expected_minor,
            cancelled: sum.standing.cancelled,
        },
        shifts: ShiftsOfReport {
            opened: sum.shifts.opened,
            still_open: sum.shifts.open.len() as u64,
            drawers_left_out: if open == OpenDrawers::Shown { 0 } else { sum.shifts.open.len() as u64 },
            z_numbers: sum.shifts.z_numbers.iter().copied().collect(),
            z_gross_minor: sum.shifts.z.gross_minor,
            over_short_minor: sum.shifts.over_short_minor,
            agrees_with_z: sum.agrees_with_z(),
        },
        by_day,
        by_hour: by_hour.collect(),
        by_staff: by_number(by_staff),
        by_till: by_number(by_till),
        by_product,
        by_tender: by_tender.collect(),
        by_tax: by_tax.collect(),
        tips,
    }
}

/// In the order of their numbers, whose digits are no text; what has no number any more comes last.
fn by_number(rows: impl Iterator<Item = TurnoverRow>) -> Vec<TurnoverRow> {
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| (row.key.len(), row.key.clone()));
    rows
}

fn product(sku: &str, of: &ProductTurnover) -> ProductRow {
    ProductRow {
        sku: sku.to_owned(),
        description: of.description.clone(),
        sold_thousandths: of.sold_thousandths,
        returned_thousandths: of.returned_thousandths,
        gross_minor: of.gross_minor,
        net_minor: of.net_minor,
        tax_minor: of.tax_minor,
        discount_minor: of.discount_minor,
    }
}

/// Which of the report's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    Day,
    Hour,
    Product,
    Staff,
    Till,
    Tender,
    Tax,
    Tips,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SalesFileQuery {
    /// The first business date; the store's date now when absent.
    from: Option<String>,
    /// The last business date; the first one when absent.
    to: Option<String>,
    /// The table.
    #[param(inline)]
    by: By,
}

/// The same as a file of comma-separated values, one of its tables.
#[utoipa::path(get, path = "/api/v1/reports/sales.csv", tag = "reports", params(SalesFileQuery), responses(
    (status = 200, description = "RFC 4180, amounts in the store's currency", content_type = "text/csv"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: only a manager may"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn sales_file(
    reader: Manager,
    State(app): State<Arc<App>>,
    asked: Result<Query<SalesFileQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let SalesFileQuery { from, to, by } = query(asked)?;
    let (reading, open_drawers) = (Arc::clone(&app), reader.open_drawers);
    let report = blocking(move || report(&reading, &DatesQuery { from, to }, open_drawers)).await?;
    let currency = Currency::from_code(&report.currency).map_err(Refused::unavailable)?;
    let name = format!("sales-by-{}-{}-{}", by.name(), report.from, report.to);
    let left_out = if by == By::Tender { report.shifts.drawers_left_out } else { 0 };
    let name = sheet::without_drawers(name, left_out);
    sheet::stream(&app, &name, by.header(), move |sheet| {
        by.rows(&report, currency).iter().try_for_each(|row| sheet.row(row))
    })
}

impl By {
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Product => "product",
            Self::Staff => "staff",
            Self::Till => "till",
            Self::Tender => "tender",
            Self::Tax => "tax",
            Self::Tips => "tips",
        }
    }

    pub fn header(self) -> &'static [&'static str] {
        match self {
            Self::Day => {
                &["date", "sales", "returns", "post_voids", "gross", "net", "tax", "discount", "returned"]
            }
            Self::Hour => {
                &["hour", "sales", "returns", "post_voids", "gross", "net", "tax", "discount", "returned"]
            }
            Self::Product => &["sku", "description", "sold", "returned", "gross", "net", "tax", "discount"],
            Self::Staff => &[
                "number",
                "name",
                "sales",
                "returns",
                "post_voids",
                "gross",
                "net",
                "tax",
                "discount",
                "returned",
            ],
            Self::Till => &[
                "till",
                "name",
                "sales",
                "returns",
                "post_voids",
                "gross",
                "net",
                "tax",
                "discount",
                "returned",
            ],
            Self::Tender => &["tender", "transactions", "taken", "given_back", "net"],
            Self::Tax => &["code", "rate_percent", "net", "tax", "gross"],
            Self::Tips => &["number", "name", "tips"],
        }
    }

    /// The rows of this table.
    pub fn rows(self, report: &SalesReport, currency: Currency) -> Vec<Vec<Cell>> {
        let money = |minor| Cell::money(minor, currency);
        let turnover = |of: &TurnoverFigures| {
            let counts = [of.sales, of.returns, of.post_voids].map(Cell::plain);
            let amounts = [of.gross_minor, of.net_minor, of.tax_minor, of.discount_minor, of.returned_minor];
            counts.into_iter().chain(amounts.map(money)).collect::<Vec<_>>()
        };
        let keyed = |rows: &[TurnoverRow]| {
            rows.iter().map(|row| [vec![Cell::plain(&row.key)], turnover(&row.figures)].concat()).collect()
        };
        let named = |rows: &[TurnoverRow]| {
            let row = |row: &TurnoverRow| {
                [vec![Cell::plain(&row.key), Cell::text(&row.name)], turnover(&row.figures)].concat()
            };
            rows.iter().map(row).collect()
        };
        match self {
            Self::Day => keyed(&report.by_day),
            Self::Hour => keyed(&report.by_hour),
            Self::Staff => named(&report.by_staff),
            Self::Till => named(&report.by_till),
            Self::Product => {
                let row = |row: &ProductRow| {
                    let quantities = [row.sold_thousandths, row.returned_thousandths].map(Cell::quantity);
                    let amounts =
                        [row.gross_minor, row.net_minor, row.tax_minor, row.discount_minor].map(money);
                    let names = [Cell::text(&row.sku), Cell::text(&row.description)];
                    names.into_iter().chain(quantities).chain(amounts).collect()
                };
                report.by_product.iter().map(row).collect()
            }
            Self::Tender => {
                let row = |row: &TenderRow| {
                    let net = row.taken_minor - row.given_back_minor;
                    let mut cells = vec![Cell::text(&row.kind), Cell::plain(row.transactions)];
                    cells.extend([row.taken_minor, row.given_back_minor, net].map(money));
                    cells
                };
                report.by_tender.iter().map(row).collect()
            }
            Self::Tips => {
                let row =
                    |row: &TipsRow| vec![Cell::plain(&row.key), Cell::text(&row.name), money(row.tips_minor)];
                report.tips.iter().map(row).collect()
            }
            Self::Tax => {
                let row = |row: &TaxRow| {
                    let amounts = [row.net_minor, row.tax_minor, row.net_minor + row.tax_minor].map(money);
                    [Cell::text(&row.code), Cell::plain(&row.rate_percent)]
                        .into_iter()
                        .chain(amounts)
                        .collect()
                };
                report.by_tax.iter().map(row).collect()
            }
        }
    }
}
