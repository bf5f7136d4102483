//! The journal as it is: any record with its place in the chain, its events as readable JSON, and the signed head that
//! covers it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use holdfast_domain::event::Event;
use holdfast_domain::ids::{CommandId, StaffId, TerminalId, TransactionId};
use holdfast_domain::receipt::{ReceiptNumber, TillNumber};
use holdfast_domain::record::{Outcome, Record};
use holdfast_journal::Record as Stored;
use holdfast_protocol::decode_record;
use holdfast_protocol::head::SignedHeadJson;
use holdfast_protocol::record::record_json;
use holdfast_store::BLOCK_RECORDS;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::losses::staff;
use super::problem::Refused;
use super::reports::blocking;
use super::sales::query;
use super::who::Manager;
use crate::console::with_state;
use crate::error::HubError;
use crate::heads;

/// Records of a page when nothing else is asked for, and at most.
const PAGE_RECORDS: usize = 50;
const PAGE_RECORDS_MAX: usize = 200;
/// Records that one question looks at; the next page goes on from there.
const LOOKED_AT_MAX: u64 = 20_000;

#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JournalQuery {
    /// Records before this one; the newest ones when absent.
    pub before_seq: Option<u64>,
    /// At most this many, 50 when absent and never more than 200.
    pub limit: Option<usize>,
    /// A record's number, a receipt number such as 3-000042, or the id of a transaction or command: that record alone.
    pub find: Option<String>,
    /// Only what the till with this number caused.
    pub till: Option<String>,
    /// Only what was done under this staff number.
    pub staff: Option<String>,
    /// Only what is of this business date.
    pub date: Option<String>,
}

/// One record in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct JournalRow {
    pub seq: u64,
    /// Milliseconds since 1970, by the hub's clock.
    pub recorded_at_ms: i64,
    /// The number of the till that caused it; null for the hub itself.
    pub till: Option<String>,
    /// The till's id of the command.
    pub command: Option<String>,
    /// The events' names, or `refused` and the refusal's code.
    pub events: Vec<String>,
    /// The receipts of its transactions.
    pub receipts: Vec<String>,
}

/// One page of the journal, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct JournalPage {
    pub head_seq: u64,
    pub records: Vec<JournalRow>,
    /// Ask for what follows before this record; null at the journal's beginning. A page may be empty and still have a
    /// next one: a search looks at a part of the journal at a time.
    pub next_before_seq: Option<u64>,
}

/// A record with everything that proves it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct JournalRecord {
    pub seq: u64,
    pub epoch: String,
    /// The chain hash after the record, 64 hex digits.
    pub hash: String,
    pub recorded_at_ms: i64,
    pub till: Option<String>,
    #[schema(value_type = Object)]
    pub record: Value,
    /// The hub's last signed head, where it covers the record: the signature is over a hash that this record is part of.
    #[schema(value_type = Option<Object>)]
    pub covered_by: Option<SignedHeadJson>,
}

/// The journal's records, newest first, or those that match.
#[utoipa::path(get, path = "/api/v1/journal", tag = "journal", params(JournalQuery), responses(
    (status = 200, body = JournalPage), (status = 400, description = "HF-HUB-022"), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: only a manager may"), (status = 404, description = "HF-HUB-023")))]
pub(super) async fn journal(
    _: Manager,
    State(app): State<Arc<App>>,
    asked: Result<Query<JournalQuery>, QueryRejection>,
) -> Result<Json<JournalPage>, Refused> {
    let asked = query(asked)?;
    blocking(move || page(&app, &asked)).await.map(Json)
}

/// One record of the journal by its number.
#[utoipa::path(get, path = "/api/v1/journal/{id}", tag = "journal",
    params(("id" = String, Path, description = "the record's number, a receipt number, or the id of a transaction or command")),
    responses((status = 200, body = JournalRecord), (status = 401, description = "HF-HUB-020"),
    (status = 403, description = "HF-HUB-026: only a manager may"), (status = 404, description = "HF-HUB-023")))]
pub(super) async fn record(
    _: Manager,
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<JournalRecord>, Refused> {
    let Path(id) = id.map_err(|error| Refused::request(error.body_text()))?;
    blocking(move || one(&app, &id)).await.map(Json)
}

fn not_found() -> Refused {
    Refused(HubError::NotFound { what: "record" })
}

/// The record that a number or an id leads to.
fn seq_of(app: &App, text: &str) -> Result<u64, Refused> {
    let text = text.trim();
    if let Ok(seq) = text.parse::<u64>() {
        return Ok(seq);
    }
    if let Ok(number) = text.parse::<ReceiptNumber>() {
        let entry = app.state.transaction_by_receipt(number).map_err(Refused::unavailable)?;
        return entry.map(|entry| entry.seq).ok_or_else(not_found);
    }
    let command: CommandId = text.parse().map_err(|_| not_found())?;
    if let Some(outcome) = app.state.outcome(command).map_err(Refused::unavailable)? {
        return Ok(outcome.seq);
    }
    let entry = app.state.transaction(TransactionId(command)).map_err(Refused::unavailable)?;
    entry.map(|entry| entry.seq).ok_or_else(not_found)
}

/// Reads one record. Blocks on the disk.
pub(super) fn one(app: &App, id: &str) -> Result<JournalRecord, Refused> {
    let stored = app.reader.read(seq_of(app, id)?)?.ok_or_else(not_found)?;
    let record = decode_record(&stored.payload).map_err(Refused::unavailable)?;
    let head = heads::last(&app.folder)?;
    let covered_by = head.filter(|head| head.head.seq >= stored.position.seq);
    Ok(JournalRecord {
        seq: stored.position.seq,
        epoch: uuid::Uuid::from_bytes(stored.position.epoch).to_string(),
        hash: hex::encode(stored.position.hash),
        recorded_at_ms: record.recorded_at.0,
        till: record.origin.terminal().map(|terminal| super::sales::till(app, terminal).0),
        record: record_json(&record),
        covered_by: covered_by.as_ref().map(SignedHeadJson::from),
    })
}

/// Which records are looked for.
struct Wanted {
    till: Option<TerminalId>,
    staff: Option<StaffId>,
    date: Option<holdfast_domain::calendar::BusinessDate>,
}

impl Wanted {
    fn of(app: &App, asked: &JournalQuery) -> Result<Self, Refused> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let till = given(&asked.till).map(|text| till(app, &text)).transpose()?;
        let staff = given(&asked.staff).map(|text| staff(app, &text)).transpose()?;
        let date = given(&asked.date).map(|text| text.parse()).transpose();
        let date =
            date.map_err(|error: holdfast_domain::calendar::DateError| Refused::request(error.to_string()))?;
        Ok(Self { till, staff, date })
    }

    fn is_anything(&self) -> bool {
        self.till.is_none() && self.staff.is_none() && self.date.is_none()
    }

    fn holds(&self, record: &Record) -> bool {
        let events = record.outcome.events();
        let of_till = |till| {
            record.origin.terminal() == Some(till)
                || events.iter().any(|event| event.stamp().is_some_and(|stamp| stamp.terminal == till))
                || events.iter().any(|event| {
                    matches!(event, Event::ShiftMoved { from, to, .. }
                    if [from, to].contains(&&till))
                        || matches!(event, Event::DrawerMoved { terminal, .. } if *terminal == Some(till))
                        || matches!(event, Event::ReceiptAliased { terminal, .. } if *terminal == till)
                        || matches!(event, Event::SignedOnAlone { terminal, .. } if *terminal == till)
                })
        };
        let of_staff = |staff| {
            events.iter().any(|event| match event {
                Event::SignedOn { staff: who, .. }
                | Event::SignedOff { staff: who, .. }
                | Event::DayClosed { staff: who, .. } => *who == staff,
                Event::DrawerMoved { operator, .. } => *operator == Some(staff),
                Event::SignedOnAlone { staff: who, .. } => *who == Some(staff),
                _ => event.stamp().is_some_and(|stamp| stamp.operator == staff),
            })
        };
        let of_date = |date| events.iter().any(|event| event.business_date() == Some(date));
        self.till.is_none_or(of_till) && self.staff.is_none_or(of_staff) && self.date.is_none_or(of_date)
    }
}

fn till(app: &App, number: &str) -> Result<TerminalId, Refused> {
    let number = number.parse().map(TillNumber);
    let number = number.map_err(|_| Refused::request("a till number is digits, such as 3"))?;
    let known = with_state(app.state.as_ref(), |state| {
        state.tills.values().find(|till| till.number == number).map(|till| till.terminal)
    });
    known.ok_or_else(|| Refused::request(format!("there is no till {}", number.0)))
}

/// One page. Blocks on the disk.
pub(super) fn page(app: &App, asked: &JournalQuery) -> Result<JournalPage, Refused> {
    let head_seq = app.reader.head().map_or(0, |head| head.seq);
    if let Some(find) = asked.find.as_deref().filter(|find| !find.trim().is_empty()) {
        let stored = app.reader.read(seq_of(app, find)?)?.ok_or_else(not_found)?;
        let records = vec![row(app, &stored)];
        return Ok(JournalPage { head_seq, records, next_before_seq: None });
    }
    let wanted = Wanted::of(app, asked)?;
    let limit = asked.limit.unwrap_or(PAGE_RECORDS).clamp(1, PAGE_RECORDS_MAX);
    let before = asked.before_seq.unwrap_or(u64::MAX).min(head_seq + 1);
    let blocks: Box<dyn Iterator<Item = u64>> = match wanted.date {
        Some(date) => {
            let blocks = app.state.blocks_of_dates(date, date).map_err(Refused::unavailable)?;
            Box::new(blocks.into_iter().rev())
        }
        None => Box::new((0..=before / BLOCK_RECORDS).rev()),
    };
    let (mut records, mut looked_at, mut next_before_seq) = (Vec::new(), 0, None);
    for block in blocks.filter(|block| block * BLOCK_RECORDS < before) {
        let found = matching(app, &wanted, block, before)?;
        for stored in found.into_iter().rev() {
            if records.len() == limit {
                next_before_seq = records.last().map(|last: &JournalRow| last.seq);
                return Ok(JournalPage { head_seq, records, next_before_seq });
            }
            records.push(row(app, &stored));
        }
        looked_at += BLOCK_RECORDS;
        if looked_at >= LOOKED_AT_MAX && block > 0 {
            next_before_seq = Some(block * BLOCK_RECORDS);
            break;
        }
    }
    Ok(JournalPage { head_seq, records, next_before_seq })
}

/// The records of a block that match, ascending.
fn matching(app: &App, wanted: &Wanted, block: u64, before: u64) -> Result<Vec<Stored>, Refused> {
    let mut found = Vec::new();
    for stored in app.reader.scan(block * BLOCK_RECORDS) {
        let stored = stored?;
        if stored.position.seq >= before.min((block + 1) * BLOCK_RECORDS) {
            break;
        }
        // What cannot be read is shown among everything, and is nobody's.
        let holds = match decode_record(&stored.payload) {
            Ok(record) => wanted.holds(&record),
            Err(_) => wanted.is_anything(),
        };
        if holds {
            found.push(stored);
        }
    }
    Ok(found)
}

fn row(app: &App, stored: &Stored) -> JournalRow {
    let Ok(record) = decode_record(&stored.payload) else {
        return JournalRow {
            seq: stored.position.seq,
            recorded_at_ms: 0,
            till: None,
            command: None,
            events: vec!["unreadable".to_owned()],
            receipts: Vec::new(),
        };
    };
    let events = match &record.outcome {
        Outcome::Accepted { events } => events.iter().map(|event| event.name().to_owned()).collect(),
        Outcome::Refused { refusal } => vec!["refused".to_owned(), refusal.code.clone()],
    };
    let receipts = record.outcome.events().iter().filter_map(|event| event.transaction());
    JournalRow {
        seq: stored.position.seq,
        recorded_at_ms: record.recorded_at.0,
        till: record.origin.terminal().map(|terminal| super::sales::till(app, terminal).0),
        command: record.origin.command().map(|(command, _)| command.to_string()),
        events,
        receipts: receipts.map(|(_, receipt, _)| receipt.to_string()).collect(),
    }
}
