//! Hub → till, on `…/reply`: the acknowledgement. Everything in it follows from the stored record, so a retry gets the
//! first answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_domain::bounded::Sku;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{CommandId, EpochId, OrderId, ShiftId, StaffId, TransactionId};
use holdfast_domain::order::Totals;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::record::{Outcome, Record};
use holdfast_domain::tender::Payment;
use holdfast_money::{Money, Quantity};
use serde::{Deserialize, Serialize};

use super::stream::TransactionKind;
use crate::record::{DecodeError, decode_record};
use crate::wire::plain;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The command that is answered.
    #[serde(with = "plain")]
    pub id: CommandId,
    pub answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Done, and durable at this hub.
    Accepted { position: ReplyPosition, summary: Summary, warnings: Vec<Warning>, record: OfferRecord },
    /// The business said no; kept for ever, a retry gets the same.
    Refused { position: ReplyPosition, code: String, text: String, record: OfferRecord },
    /// Not decided: send the same bytes again later.
    Retry { code: String, text: String, after_ms: u32 },
    /// Not decided and never will be: malformed, unauthorised, or the id was used for something else.
    Rejected { code: String, text: String },
}

/// Where the outcome stands in the hub's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyPosition {
    #[serde(with = "plain")]
    pub epoch: EpochId,
    #[serde(with = "plain")]
    pub seq: u64,
    #[serde(with = "plain")]
    pub hash: [u8; 32],
}

/// The stored record, which the till keeps until HQ has it and gives to any hub of a newer epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferRecord {
    pub position: ReplyPosition,
    /// Base64 of the stored payload.
    pub payload: String,
}

/// Why a record that was given back cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    #[error("the record's payload is not base64")]
    NotBase64(#[source] base64::DecodeError),
    #[error("the record's payload is not a record")]
    NotARecord(#[source] DecodeError),
}

impl OfferRecord {
    /// # Errors
    /// [`OfferError`] when the payload is not a stored record.
    pub fn decode(&self) -> Result<Record, OfferError> {
        let payload = STANDARD.decode(&self.payload).map_err(OfferError::NotBase64)?;
        decode_record(&payload).map_err(OfferError::NotARecord)
    }
}

/// A record with its stored bytes and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    pub position: ReplyPosition,
    pub payload: Vec<u8>,
    pub record: Record,
}

/// How far a position has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    Hub,
    Headquarters,
}

/// What the command did, for the till's screen and paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Summary {
    SignedOn {
        #[serde(with = "plain")]
        staff: StaffId,
    },
    SignedOff {},
    ShiftOpened {
        #[serde(with = "plain")]
        shift: ShiftId,
        #[serde(with = "plain")]
        business_date: BusinessDate,
    },
    ShiftClosed {
        #[serde(with = "plain")]
        shift: ShiftId,
        z_number: u32,
        #[serde(with = "plain")]
        expected: Money,
        #[serde(with = "plain")]
        declared: Money,
        #[serde(with = "plain")]
        over_short: Money,
    },
    OrderPlaced {
        #[serde(with = "plain")]
        order: OrderId,
        #[serde(with = "plain")]
        totals: Totals,
    },
    OrderFulfilled {
        #[serde(with = "plain")]
        order: OrderId,
    },
    Transaction {
        #[serde(with = "plain")]
        transaction: TransactionId,
        kind: TransactionKind,
        #[serde(with = "plain")]
        receipt: ReceiptNumber,
        #[serde(with = "plain")]
        business_date: BusinessDate,
        #[serde(with = "plain")]
        totals: Option<Totals>,
        #[serde(with = "plain")]
        payment: Option<Payment>,
    },
    StockAdjusted {
        products: u32,
    },
}

/// Something the cashier should know though the command went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Warning {
    /// More was sold than the books say is there.
    StockBelowZero {
        #[serde(with = "plain")]
        sku: Sku,
        #[serde(with = "plain")]
        on_hand: Quantity,
    },
}

/// The answer that a stored record of a till's command stands for.
pub fn accepted_or_refused(id: CommandId, stored: &StoredRecord) -> Reply {
    let position = stored.position;
    let record = OfferRecord { position, payload: STANDARD.encode(&stored.payload) };
    let answer = match &stored.record.outcome {
        Outcome::Refused { refusal } => {
            Answer::Refused { position, code: refusal.code.clone(), text: refusal.text.clone(), record }
        }
        Outcome::Accepted { events } => match events.iter().find_map(summarise) {
            Some(summary) => Answer::Accepted { position, summary, warnings: warnings(events), record },
            None => Answer::Rejected {
                code: "HF-CMD-005".to_owned(),
                text: "the record of this command has no answer; export the journal and ask for help".to_owned(),
            },
        },
    };
    Reply { id, answer }
}

fn warnings(events: &[Event]) -> Vec<Warning> {
    let below_zero = events.iter().filter_map(|event| match event {
        Event::StockWentNegative { sku, on_hand } => {
            Some(Warning::StockBelowZero { sku: sku.clone(), on_hand: *on_hand })
        }
        _ => None,
    });
    below_zero.collect()
}

fn summarise(event: &Event) -> Option<Summary> {
    Some(match event {
        Event::SignedOn { staff, .. } => Summary::SignedOn { staff: *staff },
        Event::SignedOff { .. } => Summary::SignedOff {},
        Event::ShiftOpened { stamp, .. } => {
            Summary::ShiftOpened { shift: stamp.shift, business_date: stamp.business_date }
        }
        Event::ShiftClosed { stamp, z_number, figures, declared, over_short } => Summary::ShiftClosed {
            shift: stamp.shift,
            z_number: *z_number,
            expected: figures.cash_expected,
            declared: *declared,
            over_short: *over_short,
        },
        Event::OrderPlaced { order, totals, .. } => Summary::OrderPlaced { order: *order, totals: totals.clone() },
        Event::OrderFulfilled { order, .. } => Summary::OrderFulfilled { order: *order },
        Event::StockAdjusted { changes, .. } => {
            Summary::StockAdjusted { products: u32::try_from(changes.len()).unwrap_or(u32::MAX) }
        }
        other => {
            let view = super::stream::transaction_view(other)?;
            Summary::Transaction {
                transaction: view.transaction,
                kind: view.kind,
                receipt: view.receipt,
                business_date: view.business_date,
                totals: view.totals,
                payment: view.payment,
            }
        }
    })
}
