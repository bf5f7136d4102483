//! Transactions, their lines, tenders and taxes, and the stock, as files of comma-separated values. The journal is read
//! while the file is written; no more than a record is in memory.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::response::Response;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{ShiftId, StaffId, TerminalId};
use holdfast_domain::line::{AppliedPrice, Line};
use holdfast_domain::record::Record;
use holdfast_domain::shift::Mode;
use holdfast_domain::tax::TaxTotal;
use holdfast_domain::tender::TenderKind;
use holdfast_money::{Currency, Money};
use holdfast_protocol::message::{TransactionKind, TransactionView, transactions_of};

use super::App;
use super::problem::Refused;
use super::reports::blocking;
use super::sales::{DatesQuery, clock, person, query, till};
use super::sheet::{self, Cell, Sheet};
use super::who::Manager;
use crate::console::with_state;
use crate::error::HubError;
use crate::reports::figures::tender_name;
use crate::reports::{Baskets, Dates, OpenDrawers, Runs, Walked};

/// The longest range of one file: a leap year.
const FILE_DAYS_MAX: i64 = 366;

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Transactions,
    Lines,
    Tenders,
    Taxes,
    Stock,
}

impl What {
    const ALL: [Self; 5] = [Self::Transactions, Self::Lines, Self::Tenders, Self::Taxes, Self::Stock];

    fn name(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Lines => "lines",
            Self::Tenders => "tenders",
            Self::Taxes => "taxes",
            Self::Stock => "stock",
        }
    }

    fn header(self) -> &'static [&'static str] {
        match self {
            Self::Transactions => &[
                "record",
                "recorded_at",
                "business_date",
                "till",
                "receipt",
                "transaction",
                "kind",
                "training",
                "staff_number",
                "staff_name",
                "original",
                "currency",
                "gross",
                "net",
                "tax",
                "discount",
                "due",
                "rounding",
            ],
            Self::Lines => &[
                "record",
                "business_date",
                "receipt",
                "transaction",
                "kind",
                "training",
                "line",
                "sku",
                "description",
                "quantity",
                "unit_price",
                "list_price",
                "discount",
                "net",
                "tax",
                "gross",
            ],
            Self::Tenders => {
                &["record", "business_date", "receipt", "transaction", "kind", "training", "tender", "amount"]
            }
            Self::Taxes => &[
                "record",
                "business_date",
                "receipt",
                "transaction",
                "kind",
                "training",
                "code",
                "rate_percent",
                "net",
                "tax",
            ],
            Self::Stock => &["sku", "description", "on_hand", "reserved", "available"],
        }
    }
}

/// Transactions, lines, tenders and taxes of a range of at most 366 business dates, or the stock now. Returns and
/// post-voids are negative; training is there and marked. For whoever may not read an X report, the tenders and the cash rounding
/// of shifts that are still open are left out, and the file's name says so.
#[utoipa::path(get, path = "/api/v1/exports/{id}", tag = "reports",
    params(("id" = String, Path, description = "transactions.csv, lines.csv, tenders.csv, taxes.csv or stock.csv"), DatesQuery),
    responses((status = 200, description = "RFC 4180; words that a spreadsheet would run begin with an apostrophe", content_type = "text/csv"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: only a manager may"), (status = 404, description = "HF-HUB-023"),
    (status = 503, description = "HF-HUB-024: other files are being written")))]
pub(super) async fn export(
    reader: Manager,
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    asked: Result<Query<DatesQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let Path(id) = id.map_err(|error| Refused::request(error.body_text()))?;
    let what = What::ALL.into_iter().find(|what| id.strip_suffix(".csv") == Some(what.name()));
    let what = what.ok_or(Refused(HubError::NotFound { what: "file" }))?;
    let asked = query(asked)?;
    let reading = Arc::clone(&app);
    let (dates, currency, as_of_seq, blind) = blocking(move || {
        let clock = clock(&reading)?;
        let dates = asked.dates(clock.today, FILE_DAYS_MAX)?;
        // First the record and then the shifts: what is open then was not closed by that record.
        let as_of_seq = reading.state.applied().map_or(0, |at| at.seq);
        Ok((dates, clock.currency, as_of_seq, counted_blind(&reading, dates, reader.open_drawers)))
    })
    .await?;
    let reading = Arc::clone(&app);
    if what == What::Stock {
        return sheet::stream(&app, what.name(), what.header(), move |sheet| stock(&reading, sheet));
    }
    let name = format!("{}-{}-{}", what.name(), dates.from, dates.to);
    let left_out = if matches!(what, What::Transactions | What::Tenders) { blind.len() as u64 } else { 0 };
    let name = sheet::without_drawers(name, left_out);
    sheet::stream(&app, &name, what.header(), move |sheet| {
        let (names, tills) = (HashMap::new(), HashMap::new());
        write(Writing { app: &reading, what, currency, blind, names, tills }, dates, as_of_seq, sheet)
    })
}

/// The open shifts of some dates whose drawers whoever asks is not told of.
fn counted_blind(app: &App, dates: Dates, open: OpenDrawers) -> BTreeSet<ShiftId> {
    if open == OpenDrawers::Shown {
        return BTreeSet::new();
    }
    with_state(app.state.as_ref(), |state| {
        let shifts = state.shifts.values().filter(|shift| dates.holds(shift.business_date));
        shifts.map(|shift| shift.id).collect()
    })
}

/// The stock as one moment has it: what is in memory anyway, copied once.
fn stock(app: &App, sheet: &mut Sheet) -> Result<(), HubError> {
    let catalog = Arc::clone(&app.catalog.borrow());
    let levels: Vec<_> = with_state(app.state.as_ref(), |state| {
        state
            .stock
            .iter()
            .map(|(sku, level)| (sku.clone(), level.on_hand, level.reserved, level.available()))
            .collect()
    });
    levels.into_iter().try_for_each(|(sku, on_hand, reserved, available)| {
        let product = catalog.find(&holdfast_domain::catalog::ItemRef::Sku(sku.clone()));
        sheet.row(&[
            Cell::text(sku.as_str()),
            Cell::maybe(product, |product| Cell::text(product.description.as_str())),
            Cell::plain(on_hand),
            Cell::plain(reserved),
            Cell::plain(available),
        ])
    })
}

struct Writing<'a> {
    app: &'a App,
    what: What,
    currency: Currency,
    blind: BTreeSet<ShiftId>,
    names: HashMap<StaffId, (String, String)>,
    tills: HashMap<TerminalId, String>,
}

fn write(mut writing: Writing<'_>, dates: Dates, as_of_seq: u64, sheet: &mut Sheet) -> Result<(), HubError> {
    let app = writing.app;
    let blocks = app.state.blocks_of_dates(dates.from, dates.to);
    let blocks = blocks.map_err(|error| HubError::Unavailable { source: error.into() })?;
    let mut baskets = Baskets::default();
    Runs::of_blocks(&blocks).walk(&app.reader, as_of_seq, |walked| {
        let Walked { seq, record: Some(record) } = walked else { return Ok(()) };
        if writing.what == What::Lines {
            baskets.follow(&record, app.state.as_ref())?;
        }
        for (view, event) in views(&record).filter(|(view, _)| dates.holds(view.business_date)) {
            let blind = event.stamp().is_some_and(|stamp| writing.blind.contains(&stamp.shift));
            match writing.what {
                What::Transactions => {
                    let rounding = view.payment.as_ref().filter(|_| !blind).map(|payment| payment.rounding);
                    sheet.row(&writing.transaction(seq, &record, &view, rounding))?;
                }
                What::Lines => {
                    let lines = goods(event, &baskets);
                    lines.iter().try_for_each(|line| sheet.row(&writing.line(seq, &view, line)))?;
                }
                What::Tenders if blind => {}
                What::Tenders => {
                    writing.tenders(seq, &view).iter().try_for_each(|row| sheet.row(row))?;
                }
                What::Taxes => {
                    taxes(event).iter().try_for_each(|tax| sheet.row(&writing.tax(seq, &view, tax)))?;
                }
                What::Stock => {}
            }
        }
        baskets.forget_closed();
        Ok(())
    })
}

/// Each transaction of a record with the event that it is.
fn views(record: &Record) -> impl Iterator<Item = (TransactionView, &Event)> {
    let events = record.outcome.events().iter().filter(|event| event.transaction().is_some());
    transactions_of(record).zip(events)
}

/// What a transaction sold, took back or gave up.
fn goods<'a>(event: &'a Event, baskets: &'a Baskets) -> Vec<&'a Line> {
    match event {
        Event::BasketAbandoned { lines, .. } => lines.iter().filter(|line| line.is_kept()).collect(),
        _ => baskets.lines_of(event).iter().collect(),
    }
}

fn taxes(event: &Event) -> &[TaxTotal] {
    match event {
        Event::SaleCompleted { taxes, .. }
        | Event::GoodsReturned { taxes, .. }
        | Event::SalePostVoided { taxes, .. } => taxes,
        _ => &[],
    }
}

/// Goods and money that come back are negative.
fn sign(kind: TransactionKind) -> i64 {
    if matches!(kind, TransactionKind::Return | TransactionKind::PostVoid) { -1 } else { 1 }
}

fn kind_name(kind: TransactionKind) -> String {
    serde_json::to_value(kind).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

impl Writing<'_> {
    fn money(&self, view: &TransactionView, amount: Money) -> Cell {
        Cell::money(sign(view.kind) * amount.minor(), self.currency)
    }

    fn transaction(
        &mut self,
        seq: u64,
        record: &Record,
        view: &TransactionView,
        rounding: Option<Money>,
    ) -> Vec<Cell> {
        let app = self.app;
        let (number, name) =
            self.names.entry(view.operator).or_insert_with(|| person(app, view.operator)).clone();
        let till = self.tills.entry(view.terminal).or_insert_with(|| till(app, view.terminal).0).clone();
        let totals = view.totals.as_ref();
        let total = |amount: fn(&holdfast_domain::order::Totals) -> Money| {
            Cell::maybe(totals.map(amount), |amount| self.money(view, amount))
        };
        let payment = view.payment.as_ref();
        vec![
            Cell::plain(seq),
            Cell::instant(record.recorded_at.0),
            Cell::plain(view.business_date),
            Cell::plain(till),
            Cell::plain(view.receipt),
            Cell::plain(view.transaction),
            Cell::plain(kind_name(view.kind)),
            training(view),
            Cell::plain(number),
            Cell::text(name),
            Cell::maybe(view.original, Cell::plain),
            Cell::plain(self.currency.code()),
            total(|totals| totals.gross),
            total(|totals| totals.net),
            total(|totals| totals.tax),
            total(|totals| totals.discount),
            Cell::maybe(payment, |payment| Cell::money(payment.due.minor(), self.currency)),
            Cell::maybe(rounding, |rounding| Cell::money(rounding.minor(), self.currency)),
        ]
    }

    /// What the rows about a part of a transaction begin with.
    fn begin(seq: u64, view: &TransactionView) -> Vec<Cell> {
        vec![
            Cell::plain(seq),
            Cell::plain(view.business_date),
            Cell::plain(view.receipt),
            Cell::plain(view.transaction),
            Cell::plain(kind_name(view.kind)),
            training(view),
        ]
    }

    fn line(&self, seq: u64, view: &TransactionView, line: &Line) -> Vec<Cell> {
        let list_price = match &line.price {
            AppliedPrice::List { unit_price }
            | AppliedPrice::Open { unit_price }
            | AppliedPrice::Label { unit_price } => *unit_price,
            AppliedPrice::Override { list_price, .. } => *list_price,
        };
        let mut row = Self::begin(seq, view);
        row.extend([
            Cell::plain(line.number),
            Cell::text(line.sku.as_str()),
            Cell::text(line.description.as_str()),
            Cell::quantity(sign(view.kind) * line.quantity.thousandths()),
            Cell::plain(line.price.unit_price()),
            Cell::plain(list_price),
            Cell::money(sign(view.kind) * line.discount.amount().map_or(0, Money::minor), self.currency),
            self.money(view, line.net),
            self.money(view, line.tax()),
            self.money(view, line.gross),
        ]);
        row
    }

    /// A row for each tender as it was handed over, and one for the change. Money that leaves is negative already.
    fn tenders(&self, seq: u64, view: &TransactionView) -> Vec<Vec<Cell>> {
        let Some(payment) = &view.payment else { return Vec::new() };
        let tendered = payment.tenders.iter().map(|tender| (tender_name(&tender.kind), tender.amount));
        let change = (!payment.change.is_zero())
            .then(|| (format!("{} change", tender_name(&TenderKind::Cash)), -payment.change));
        let row = |(name, amount): (String, Money)| {
            let mut row = Self::begin(seq, view);
            row.extend([Cell::text(name), Cell::money(amount.minor(), self.currency)]);
            row
        };
        tendered.chain(change).map(row).collect()
    }

    fn tax(&self, seq: u64, view: &TransactionView, tax: &TaxTotal) -> Vec<Cell> {
        let mut row = Self::begin(seq, view);
        row.extend([
            Cell::text(tax.code.as_str()),
            Cell::plain(tax.rate.as_percent().normalize()),
            self.money(view, tax.net),
            self.money(view, tax.tax),
        ]);
        row
    }
}

fn training(view: &TransactionView) -> Cell {
    Cell::plain(if view.mode == Mode::Training { "yes" } else { "no" })
}
