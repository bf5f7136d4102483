//! Reads for people and programs of the shop: the books, the transactions down to the audit trail, the status.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_protocol::decode_record;
use holdfast_protocol::record::record_json;
use holdfast_protocol::till_api::ExposureView;
use holdfast_store::{PAGE_TRANSACTIONS_MAX, TransactionEntry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::problem::Refused;
use super::who::Insider;
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;

/// Transactions of a page when nothing else is asked for.
const PAGE_TRANSACTIONS: usize = 50;

/// The books of this hub as of one record, training left out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Reconciliation {
    /// The journal's last durable record.
    pub head_seq: u64,
    /// The record that everything below is true at.
    pub as_of_seq: u64,
    pub currency: String,
    /// Every transaction: sales, deposits, returns, post-voids, cancelled orders, abandoned baskets, cash movements.
    pub transactions: u64,
    pub sales: u64,
    pub returns: u64,
    pub post_voids: u64,
    /// Minor units; returns and post-voids subtract.
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    /// On-hand by product number, thousandths of its unit.
    pub stock: BTreeMap<String, i64>,
    /// Records that this version cannot read.
    pub unreadable_records: u64,
}

/// What the till, the hub and HQ must agree on.
#[utoipa::path(get, path = "/api/v1/reconciliation", tag = "reports", responses(
    (status = 200, body = Reconciliation), (status = 401, description = "HF-HUB-020"), (status = 503, description = "HF-HUB-024")))]
pub(super) async fn reconciliation(
    _: Insider,
    State(app): State<Arc<App>>,
) -> Result<Json<Reconciliation>, Refused> {
    blocking(move || books(&app)).await.map(Json)
}

fn books(app: &App) -> Result<Reconciliation, Refused> {
    let mut tally = app.tally.lock().unwrap_or_else(PoisonError::into_inner);
    let (as_of_seq, (currency, stock)) = app.as_of(|| {
        with_state(app.state.as_ref(), |state| {
            let stock = state.stock.iter().map(|(sku, level)| (sku.to_string(), level.on_hand.thousandths()));
            (state.profile.as_ref().map(|profile| profile.currency.code().to_owned()), stock.collect())
        })
    });
    tally.follow(&app.reader, as_of_seq)?;
    if tally.through_seq > as_of_seq {
        // Only a state that went back, rebuilt behind what was counted, is behind the books.
        return Err(Refused::unavailable("the state is being rebuilt"));
    }
    Ok(Reconciliation {
        head_seq: app.reader.head().map_or(0, |head| head.seq),
        as_of_seq,
        currency: currency.ok_or_else(|| Refused::unavailable("the store has no profile"))?,
        transactions: tally.transactions,
        sales: tally.sales,
        returns: tally.returns,
        post_voids: tally.post_voids,
        net_minor: tally.net_minor,
        tax_minor: tally.tax_minor,
        gross_minor: tally.gross_minor,
        stock,
        unreadable_records: tally.unreadable,
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Transactions recorded before this journal record; the newest ones when absent.
    before_seq: Option<u64>,
    /// At most this many.
    limit: Option<usize>,
}

/// One page of transactions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionPage {
    #[schema(value_type = Vec<Object>)]
    transactions: Vec<TransactionEntry>,
    /// Where the next page starts; absent on the last one.
    next_before_seq: Option<u64>,
}

/// The transactions of the store, newest first.
#[utoipa::path(get, path = "/api/v1/transactions", tag = "reports", params(PageQuery), responses(
    (status = 200, body = TransactionPage), (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020")))]
pub(super) async fn transactions(
    _: Insider,
    State(app): State<Arc<App>>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<TransactionPage>, Refused> {
    let Query(query) = query.map_err(|error| Refused::request(error.body_text()))?;
    let limit = query.limit.unwrap_or(PAGE_TRANSACTIONS).clamp(1, PAGE_TRANSACTIONS_MAX);
    let found = blocking(move || {
        app.state.latest_transactions(query.before_seq, limit).map_err(Refused::unavailable)
    });
    let transactions = found.await?;
    let next_before_seq = transactions.last().filter(|_| transactions.len() == limit).map(|last| last.seq);
    Ok(Json(TransactionPage { transactions, next_before_seq }))
}

/// A transaction with everything that proves it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TransactionDetail {
    #[schema(value_type = Object)]
    pub transaction: TransactionEntry,
    /// The number that the till gave the sale beside its own, because the hub's reply was lost.
    pub also: Option<String>,
    pub audit: Audit,
    /// The completed sale with what has come back of it, or null.
    #[schema(value_type = Option<Object>)]
    pub returned: Option<Value>,
}

/// A record's place in the chain, and its readable form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    pub seq: u64,
    pub epoch: String,
    /// The chain hash after the record, 64 hex digits.
    pub hash: String,
    #[schema(value_type = Object)]
    pub record: Value,
}

/// One transaction by its id or receipt number, with its audit trail.
#[utoipa::path(get, path = "/api/v1/transactions/{id}", tag = "reports",
    params(("id" = String, Path, description = "the transaction's id or its receipt number, such as 3-000042")),
    responses((status = 200, body = TransactionDetail), (status = 401, description = "HF-HUB-020"), (status = 404, description = "HF-HUB-023")))]
pub(super) async fn transaction(
    _: Insider,
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<TransactionDetail>, Refused> {
    let Path(id) = id.map_err(|error| Refused::request(error.body_text()))?;
    blocking(move || detail(&app, &id)).await.map(Json)
}

pub(super) fn not_found() -> Refused {
    Refused(HubError::NotFound { what: "transaction" })
}

/// Finds a transaction by its id or receipt number.
pub(super) fn entry(app: &App, id: &str) -> Result<TransactionEntry, Refused> {
    let found = match (id.parse::<TransactionId>(), id.parse::<ReceiptNumber>()) {
        (Ok(id), _) => app.state.transaction(id),
        (_, Ok(number)) => app.state.transaction_by_receipt(number),
        _ => return Err(not_found()),
    };
    found.map_err(Refused::unavailable)?.ok_or_else(not_found)
}

/// Finds a transaction and its record.
pub(super) fn detail(app: &App, id: &str) -> Result<TransactionDetail, Refused> {
    let entry = entry(app, id)?;
    let stored = app.reader.read(entry.seq)?.ok_or_else(not_found)?;
    let record = decode_record(&stored.payload).map_err(Refused::unavailable)?;
    let sale = app.state.sale(entry.view.transaction).map_err(Refused::unavailable)?;
    let also = sale.as_ref().and_then(|sale| sale.alias).map(|alias| alias.to_string());
    let returned = sale.map(|sale| {
        let lines = sale.lines.iter().filter(|sold| !sold.returned.is_zero());
        json!({
            "lines": lines.map(|sold| json!({"line": sold.line.number.0, "sku": sold.line.sku.as_str(), "quantity": sold.returned.to_string()})).collect::<Vec<_>>(),
            "refunded": sale.refunded.amount().to_string(),
            "post_voided_by": sale.voided.map(|by| by.to_string()),
        })
    });
    Ok(TransactionDetail {
        audit: Audit {
            seq: stored.position.seq,
            epoch: uuid::Uuid::from_bytes(stored.position.epoch).to_string(),
            hash: hex::encode(stored.position.hash),
            record: record_json(&record),
        },
        transaction: entry,
        also,
        returned,
    })
}

/// The hub's own state, as its page shows it.
#[utoipa::path(get, path = "/api/v1/status", tag = "reports", responses(
    (status = 200, description = "the published status, the actors' observable state, the gate, HQ", content_type = "application/json"),
    (status = 401, description = "HF-HUB-020")))]
pub(super) async fn status(_: Insider, State(app): State<Arc<App>>) -> Json<Value> {
    Json(status_json(&app).await)
}

/// Everything that the hub can say about itself.
pub(crate) async fn status_json(app: &App) -> Value {
    let observation = match app.running.read().await.as_ref() {
        Some(running) => serde_json::to_value(running.observe().await).unwrap_or_default(),
        None => Value::Null,
    };
    let status = app.status.borrow().clone();
    let mark = *app.headquarters.borrow();
    let gate = app.gate.metrics();
    json!({
        "store": app.store.to_string(),
        "started_ms": app.started_ms,
        "now_ms": Machine.now_ms(),
        "addresses": app.addresses,
        "head_seq": app.reader.head().map_or(0, |head| head.seq),
        "headquarters": {
            "reachable": mark.reachable,
            "acked_through": mark.acked_through,
            "durable_through": mark.durable_through,
        },
        "status": status,
        "gate": {"connected": gate.connected, "handshakes": gate.handshakes, "takeovers": gate.takeovers,
                 "refused": gate.refusals.iter().map(|(_, count)| count).sum::<u64>()},
        "recovery": app.recovery.shown(),
        "violations": app.state.violations(),
        "exposure": with_state(app.state.as_ref(), |state| ExposureView::of(state, Timestamp(Machine.now_ms()))),
        "actors": observation,
    })
}

/// Runs what blocks on the disk where that is allowed.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work).await.map_err(Refused::unavailable)?
}
