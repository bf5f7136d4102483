//! What a till reads of what was sold: its own newest transactions, one with its lines, and the same as paper.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use holdfast_domain::event::Event;
use holdfast_domain::ids::TerminalId;
use holdfast_domain::line::Line;
use holdfast_domain::pricing::tax_totals;
use holdfast_domain::sale::Sale;
use holdfast_domain::tax::TaxTotal;
use holdfast_protocol::decode_record;
use holdfast_protocol::till_api::{
    ReturnedOf, SaleStanding, TillTransactions, TransactionAt, TransactionPage,
};
use holdfast_store::{PAGE_TRANSACTIONS_MAX, TransactionEntry};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::problem::Refused;
use super::reports::{blocking, entry, not_found};
use super::subjects::somebody_at;
use super::who::AtTill;
use super::x_report::{AsPaper, shown};

/// Transactions of a page when nothing else is asked for.
const PAGE_TRANSACTIONS: usize = 50;
/// How many transactions of the store one request looks through for those of the till.
const LOOKED_THROUGH_MAX: usize = 2_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LatestQuery {
    /// Transactions recorded before this journal record; the newest ones when absent.
    before_seq: Option<u64>,
    /// At most this many.
    limit: Option<usize>,
}

/// The till's own transactions, newest first. A page may be empty and still have a next one.
#[utoipa::path(get, path = "/api/v1/till/transactions", tag = "tills", params(LatestQuery), responses(
    (status = 200, description = "a page of transactions", content_type = "application/json"),
    (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn latest(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    query: Result<Query<LatestQuery>, QueryRejection>,
) -> Result<Json<TillTransactions>, Refused> {
    let Query(asked) = query.map_err(|error| Refused::request(error.body_text()))?;
    blocking(move || of_till(&app, terminal, &asked).map(Json)).await
}

fn of_till(app: &App, terminal: TerminalId, asked: &LatestQuery) -> Result<TillTransactions, Refused> {
    let limit = asked.limit.unwrap_or(PAGE_TRANSACTIONS).clamp(1, PAGE_TRANSACTIONS_MAX);
    let as_of_seq = app.state.applied().map_or(0, |at| at.seq);
    let (mut transactions, mut before, mut looked) = (Vec::new(), asked.before_seq, 0);
    loop {
        let page =
            app.state.latest_transactions(before, PAGE_TRANSACTIONS_MAX).map_err(Refused::unavailable)?;
        let ends = page.len() < PAGE_TRANSACTIONS_MAX;
        looked += page.len();
        for TransactionEntry { seq, view, .. } in page {
            // One record can hold two transactions, and a page goes on before a record.
            if transactions.len() >= limit && before != Some(seq) {
                return Ok(TillTransactions { as_of_seq, transactions, next_before_seq: before });
            }
            before = Some(seq);
            if view.terminal == terminal {
                transactions.push(TransactionAt { seq, transaction: view });
            }
        }
        if ends || looked >= LOOKED_THROUGH_MAX {
            let next_before_seq = before.filter(|_| !ends);
            return Ok(TillTransactions { as_of_seq, transactions, next_before_seq });
        }
    }
}

/// One transaction of the store with its lines, by its id or receipt number.
#[utoipa::path(get, path = "/api/v1/till/transactions/{id}", tag = "tills",
    params(("id" = String, Path, description = "the transaction's id or its receipt number, such as 3-000042")),
    responses((status = 200, description = "the transaction", content_type = "application/json"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: nobody is signed on at the till"), (status = 404, description = "HF-HUB-023"),
    (status = 503, description = "HF-HUB-024")))]
pub(super) async fn one(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<TransactionPage>, Refused> {
    let Path(id) = id.map_err(|error| Refused::request(error.body_text()))?;
    somebody_at(&app, terminal).await?;
    blocking(move || page(&app, &id).map(Json)).await
}

/// The same as it would stand on paper of 80 mm.
#[utoipa::path(get, path = "/api/v1/till/transactions/{id}/paper", tag = "tills", params(AsPaper,
    ("id" = String, Path, description = "the transaction's id or its receipt number")), responses(
    (status = 200, description = "the paper, as text, a page of HTML or a picture"), (status = 400, description = "HF-HUB-022"),
    (status = 401, description = "HF-HUB-020"), (status = 403, description = "HF-HUB-026: nobody is signed on at the till"),
    (status = 404, description = "HF-HUB-023"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn paper(
    AtTill(terminal): AtTill,
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<AsPaper>, QueryRejection>,
) -> Result<Response, Refused> {
    let Path(id) = id.map_err(|error| Refused::request(error.body_text()))?;
    let Query(AsPaper { form }) = query.map_err(|error| Refused::request(error.body_text()))?;
    somebody_at(&app, terminal).await?;
    blocking(move || {
        let entry = entry(&app, &id)?;
        let paper = app.beside.paper(entry.view.transaction).map_err(Refused::unavailable)?;
        Ok(shown(&paper.ok_or_else(not_found)?, form))
    })
    .await
}

fn page(app: &App, id: &str) -> Result<TransactionPage, Refused> {
    let entry = entry(app, id)?;
    let (as_of_seq, sale) = app.as_of(|| app.state.sale(entry.view.transaction));
    let sale = sale.map_err(Refused::unavailable)?;
    let (lines, taxes) = match &sale {
        Some(sale) => sold(sale),
        None => brought_back(app, &entry)?,
    };
    let sale = sale.map(|sale| SaleStanding {
        post_voided: sale.voided.is_some(),
        returned: sale
            .lines
            .iter()
            .filter(|sold| !sold.returned.is_zero())
            .map(|sold| ReturnedOf { line: sold.line.number, quantity: sold.returned })
            .collect(),
    });
    Ok(TransactionPage { as_of_seq, transaction: entry.view, lines, taxes, sale })
}

fn sold(sale: &Sale) -> (Vec<Line>, Vec<TaxTotal>) {
    let lines: Vec<Line> = sale.lines.iter().map(|sold| sold.line.clone()).collect();
    let taxes = tax_totals(&lines);
    (lines, taxes)
}

/// The lines of a return, as they were given back. Of what has no lines of its own there are none.
fn brought_back(app: &App, entry: &TransactionEntry) -> Result<(Vec<Line>, Vec<TaxTotal>), Refused> {
    let stored = app.reader.read(entry.seq)?.ok_or_else(not_found)?;
    let record = decode_record(&stored.payload).map_err(Refused::unavailable)?;
    let found = record.outcome.events().iter().find_map(|event| match event {
        Event::GoodsReturned { transaction, lines, taxes, .. } if *transaction == entry.view.transaction => {
            Some((lines.iter().map(|back| back.line.clone()).collect(), taxes.clone()))
        }
        _ => None,
    });
    Ok(found.unwrap_or_default())
}
