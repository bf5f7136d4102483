//! Hub → till, on `…/reply`: the acknowledgement. Everything in it follows from the stored record, so a retry gets the
//! first answer.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdfast_domain::attempt::TenderVerdict;
use holdfast_domain::bounded::{CouponCode, DeviceName, Sku, TenderCode, ValueNumber};
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{
    AttemptId, CommandId, CountId, EpochId, OrderId, ReconciliationId, ShiftId, StaffId, SubjectId,
    TerminalId, TransactionId,
};
use holdfast_domain::island::IslandDifference;
use holdfast_domain::order::Totals;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::record::{Outcome, Record};
use holdfast_domain::sale::CopyForm;
use holdfast_domain::staff::Permission;
use holdfast_domain::tender::{Payment, TenderCount};
use holdfast_domain::value::{AccountTerms, ValueStanding};
use holdfast_money::{Money, Quantity};
use serde::{Deserialize, Serialize};

use super::stream::TransactionKind;
use crate::codes;
use crate::record::{DecodeError, PAYLOAD_BYTES_MAX, decode_record};
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
    /// How the stored payload is packed before base64.
    #[serde(default)]
    pub encoding: PayloadEncoding,
    /// Base64 (standard, padded) of the packed payload.
    pub payload: String,
}

/// How a stored payload travels inside a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayloadEncoding {
    #[default]
    Plain,
    /// One zstd frame: what keeps a 2,000-line order within the largest message.
    Zstd,
}

/// Stored payloads beyond this many bytes travel compressed.
pub const PLAIN_PAYLOAD_BYTES_MAX: usize = 16 * 1024;

/// The largest zstd window that is accepted, as a power of two: enough for the largest payload.
const WINDOW_LOG_MAX: u32 = 21;

/// Why a record that was given back cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    #[error("the record's payload is not base64")]
    NotBase64(#[source] base64::DecodeError),
    #[error("the record's payload is not one zstd frame")]
    NotZstd(#[source] std::io::Error),
    #[error("the record's payload is larger than a record can be")]
    TooLarge,
    #[error("the record's payload is not a record")]
    NotARecord(#[source] DecodeError),
}

impl OfferRecord {
    /// Packs a stored payload.
    pub fn new(position: ReplyPosition, payload: &[u8]) -> Self {
        if payload.len() <= PLAIN_PAYLOAD_BYTES_MAX {
            return Self { position, encoding: PayloadEncoding::Plain, payload: STANDARD.encode(payload) };
        }
        let packed = zstd::bulk::compress(payload, zstd::DEFAULT_COMPRESSION_LEVEL)
            .expect("compressing memory into memory fails only when there is none left");
        Self { position, encoding: PayloadEncoding::Zstd, payload: STANDARD.encode(packed) }
    }

    /// The stored payload, byte for byte.
    ///
    /// # Errors
    /// [`OfferError`] when it cannot be unpacked or is larger than [`PAYLOAD_BYTES_MAX`].
    pub fn stored_payload(&self) -> Result<Vec<u8>, OfferError> {
        let packed = STANDARD.decode(&self.payload).map_err(OfferError::NotBase64)?;
        let payload = match self.encoding {
            PayloadEncoding::Plain => packed,
            PayloadEncoding::Zstd => unpack(&packed).map_err(OfferError::NotZstd)?,
        };
        if payload.len() > PAYLOAD_BYTES_MAX { Err(OfferError::TooLarge) } else { Ok(payload) }
    }

    /// # Errors
    /// [`OfferError`] when the payload is not a stored record.
    pub fn decode(&self) -> Result<Record, OfferError> {
        decode_record(&self.stored_payload()?).map_err(OfferError::NotARecord)
    }
}

/// Unpacks at most one byte more than a payload may have, whatever the frame claims.
fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::new(packed)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    let mut payload = Vec::new();
    decoder.take(PAYLOAD_BYTES_MAX as u64 + 1).read_to_end(&mut payload)?;
    Ok(payload)
}

/// A record with its stored bytes and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    pub position: ReplyPosition,
    pub payload: Vec<u8>,
    pub record: Record,
}

/// One of the two transactions of an exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangedPart {
    #[serde(with = "plain")]
    pub transaction: TransactionId,
    #[serde(with = "plain")]
    pub receipt: ReceiptNumber,
    #[serde(with = "plain")]
    pub totals: Totals,
    #[serde(with = "plain")]
    pub payment: Payment,
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
    DrawerOpened {},
    TillLocked {},
    CountStarted {
        #[serde(with = "plain")]
        count: CountId,
    },
    /// What was found, and what the books said at that moment.
    ProductCounted {
        #[serde(with = "plain")]
        sku: Sku,
        #[serde(with = "plain")]
        found: Quantity,
        #[serde(with = "plain")]
        book: Quantity,
    },
    CountFinished {
        #[serde(with = "plain")]
        count: CountId,
        counted: u32,
        /// Products that nobody counted and whose books stay as they are.
        uncounted: u32,
        /// The first of them.
        #[serde(with = "plain")]
        listed: Vec<Sku>,
        /// How many products differed and were put right.
        adjusted: u32,
    },
    CountCancelled {
        #[serde(with = "plain")]
        count: CountId,
    },
    ReorderLevelSet {
        #[serde(with = "plain")]
        sku: Sku,
        #[serde(with = "plain")]
        level: Quantity,
    },
    OrderParked {
        #[serde(with = "plain")]
        order: OrderId,
        revision: u32,
        /// Of a basket that was placed by the same command.
        #[serde(with = "plain")]
        totals: Option<Totals>,
    },
    OrderRetrieved {
        #[serde(with = "plain")]
        order: OrderId,
        revision: u32,
        /// The till that had it before.
        #[serde(with = "plain")]
        from: Option<TerminalId>,
    },
    OrderEdited {
        #[serde(with = "plain")]
        order: OrderId,
        revision: u32,
        #[serde(with = "plain")]
        totals: Totals,
    },
    Exchanged {
        returned: Box<ExchangedPart>,
        sold: Box<ExchangedPart>,
        /// What the new goods cost more, before cash rounding; negative where the customer got money back.
        #[serde(with = "plain")]
        balance: Money,
    },
    CopyPrinted {
        #[serde(with = "plain")]
        original: TransactionId,
        copy: u32,
        #[serde(with = "plain")]
        form: CopyForm,
    },
    DayClosed {
        #[serde(with = "plain")]
        day: BusinessDate,
        number: u32,
        part: u32,
        #[serde(with = "plain")]
        gross: Money,
        /// Shifts of that date that are still open and go into its next part.
        open_shifts: u32,
        /// Orders that are still open.
        open_orders: u32,
    },
    ShiftCorrected {
        number: u32,
        z_number: u32,
        #[serde(with = "plain")]
        code: TenderCode,
        #[serde(with = "plain")]
        before: TenderCount,
        #[serde(with = "plain")]
        after: TenderCount,
    },
    ShiftMoved {
        #[serde(with = "plain")]
        shift: ShiftId,
        #[serde(with = "plain")]
        from: TerminalId,
        #[serde(with = "plain")]
        to: TerminalId,
    },
    ValueStandingSet {
        #[serde(with = "plain")]
        account: ValueNumber,
        #[serde(with = "plain")]
        standing: ValueStanding,
    },
    AccountSet {
        #[serde(with = "plain")]
        account: ValueNumber,
        #[serde(with = "plain")]
        terms: AccountTerms,
    },
    /// The intent is durable. What becomes of it is told on the till's own stream.
    TenderStarted {
        #[serde(with = "plain")]
        attempt: AttemptId,
        #[serde(with = "plain")]
        device: DeviceName,
        #[serde(with = "plain")]
        amount: Money,
    },
    TenderAbortAsked {
        #[serde(with = "plain")]
        attempt: AttemptId,
    },
    TenderResolved {
        #[serde(with = "plain")]
        attempt: AttemptId,
        #[serde(with = "plain")]
        verdict: TenderVerdict,
    },
    TenderReleased {
        #[serde(with = "plain")]
        attempt: AttemptId,
    },
    /// What a till sold alone is a sale of this shift, which may have begun with it.
    SoldAlone {
        #[serde(with = "plain")]
        transaction: TransactionId,
        #[serde(with = "plain")]
        receipt: ReceiptNumber,
        #[serde(with = "plain")]
        shift: ShiftId,
        #[serde(with = "plain")]
        business_date: BusinessDate,
        #[serde(with = "plain")]
        totals: Totals,
        #[serde(with = "plain")]
        payment: Payment,
    },
    /// The sale bears both numbers.
    ReceiptAliased {
        #[serde(with = "plain")]
        transaction: TransactionId,
        #[serde(with = "plain")]
        receipt: ReceiptNumber,
        #[serde(with = "plain")]
        alias: ReceiptNumber,
    },
    /// Nobody is signed on by it; who it was, where the number is somebody's.
    SignedOnAlone {
        #[serde(with = "plain")]
        staff: Option<StaffId>,
    },
    /// That the device is to end its day is durable. What becomes of it is read with `GET /api/v1/till/device-days`.
    ReconciliationAsked {
        #[serde(with = "plain")]
        reconciliation: ReconciliationId,
        #[serde(with = "plain")]
        device: DeviceName,
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
    /// The goods of the order were no longer held for the customer when it was paid.
    ReservationExpired {
        #[serde(with = "plain")]
        order: OrderId,
    },
    /// What the till charged while it was alone is not what the hub would charge now; none where the hub could not price it
    /// as it was asked for.
    PriceDiffers {
        #[serde(with = "plain")]
        order: OrderId,
        #[serde(with = "plain")]
        charged: Money,
        #[serde(with = "plain")]
        now: Option<Money>,
    },
    /// Whoever sold alone needed somebody else for it.
    BeyondRights {
        #[serde(with = "plain")]
        permission: Permission,
    },
    /// More of a strict product was sold alone than there was; `available` is what is left, below zero.
    StrictBelowZero {
        #[serde(with = "plain")]
        sku: Sku,
        #[serde(with = "plain")]
        available: Quantity,
    },
    /// The coupon had no use left when the hub heard of it.
    CouponUsedUp {
        #[serde(with = "plain")]
        coupon: CouponCode,
    },
    /// The product is not in the hub's catalog any more.
    ItemGone {
        #[serde(with = "plain")]
        sku: Sku,
    },
    /// Nobody made sure of the customer's age, in years.
    AgeNotChecked {
        #[serde(with = "plain")]
        sku: Sku,
        age: u8,
    },
    /// The store's list does not let a till that is alone take this tender so.
    TenderNotTaken {
        #[serde(with = "plain")]
        code: TenderCode,
    },
    /// No such customer is registered, or not any more: the sale stands without one.
    CustomerLeftOut {
        #[serde(with = "plain")]
        customer: SubjectId,
    },
}

impl Warning {
    fn of_island(order: OrderId, differs: &IslandDifference) -> Self {
        match differs.clone() {
            IslandDifference::Price { charged, now } => Self::PriceDiffers { order, charged, now },
            IslandDifference::BeyondRights { permission } => Self::BeyondRights { permission },
            IslandDifference::StrictBelowZero { sku, available } => Self::StrictBelowZero { sku, available },
            IslandDifference::CouponUsedUp { coupon } => Self::CouponUsedUp { coupon },
            IslandDifference::ItemGone { sku } => Self::ItemGone { sku },
            IslandDifference::AgeNotChecked { sku, age } => Self::AgeNotChecked { sku, age },
            IslandDifference::TenderNotTaken { code } => Self::TenderNotTaken { code },
            IslandDifference::CustomerLeftOut { customer } => Self::CustomerLeftOut { customer },
        }
    }
}

/// The answer that a stored record of a till's command stands for.
pub fn accepted_or_refused(id: CommandId, stored: &StoredRecord) -> Reply {
    let position = stored.position;
    let record = OfferRecord::new(position, &stored.payload);
    let answer = match &stored.record.outcome {
        Outcome::Refused { refusal } => {
            Answer::Refused { position, code: refusal.code.clone(), text: refusal.text.clone(), record }
        }
        Outcome::Accepted { events } => match summary(events) {
            Some(summary) => Answer::Accepted { position, summary, warnings: warnings(events), record },
            None => Answer::Rejected {
                code: codes::NO_ANSWER.to_owned(),
                text: "the record of this command has no answer; export the journal and ask for help"
                    .to_owned(),
            },
        },
    };
    Reply { id, answer }
}

/// What the record did: the last word where its first event does not say it, the first event that says something otherwise.
fn summary(events: &[Event]) -> Option<Summary> {
    let last_words = count_finished(events).or_else(|| parked(events)).or_else(|| exchanged(events));
    let last_words = last_words.or_else(|| sold_alone(events));
    last_words.or_else(|| events.iter().find_map(summarise))
}

/// What a till sold alone is a sale, though the same record places its order and may begin its shift.
fn sold_alone(events: &[Event]) -> Option<Summary> {
    events.iter().find(|event| matches!(event, Event::SoldAlone { .. }))?;
    events.iter().find_map(|event| match event {
        Event::SaleCompleted { stamp, transaction, receipt, totals, payment, .. } => {
            Some(Summary::SoldAlone {
                transaction: *transaction,
                receipt: *receipt,
                shift: stamp.shift,
                business_date: stamp.business_date,
                totals: totals.clone(),
                payment: payment.clone(),
            })
        }
        _ => None,
    })
}

/// An exchange is neither the return nor the sale alone.
fn exchanged(events: &[Event]) -> Option<Summary> {
    events.iter().find(|event| matches!(event, Event::GoodsExchanged { .. }))?;
    let mut parts = events.iter().filter_map(|event| match event {
        Event::GoodsReturned { transaction, receipt, totals, payment, .. }
        | Event::SaleCompleted { transaction, receipt, totals, payment, .. } => Some(ExchangedPart {
            transaction: *transaction,
            receipt: *receipt,
            totals: totals.clone(),
            payment: payment.clone(),
        }),
        _ => None,
    });
    let (returned, sold) = (Box::new(parts.next()?), Box::new(parts.next()?));
    let balance = sold.totals.gross - returned.totals.gross;
    Some(Summary::Exchanged { returned, sold, balance })
}

/// A basket that was parked at once was not only placed.
fn parked(events: &[Event]) -> Option<Summary> {
    let (order, revision) = events.iter().find_map(|event| match event {
        Event::OrderParked { order, revision, .. } => Some((*order, *revision)),
        _ => None,
    })?;
    let totals = events.iter().find_map(|event| match event {
        Event::OrderPlaced { totals, .. } => Some(totals.clone()),
        _ => None,
    });
    Some(Summary::OrderParked { order, revision, totals })
}

fn warnings(events: &[Event]) -> Vec<Warning> {
    let worth_knowing = events.iter().flat_map(|event| match event {
        Event::StockWentNegative { sku, on_hand } => {
            vec![Warning::StockBelowZero { sku: sku.clone(), on_hand: *on_hand }]
        }
        Event::SoldAfterExpiry { order, .. } => vec![Warning::ReservationExpired { order: *order }],
        Event::SoldAlone { order, differs, .. } => {
            differs.iter().map(|differs| Warning::of_island(*order, differs)).collect()
        }
        _ => Vec::new(),
    });
    worth_knowing.collect()
}

/// The end of a count stands behind what it put right.
fn count_finished(events: &[Event]) -> Option<Summary> {
    let adjusted = events.iter().find_map(|event| match event {
        Event::StockAdjusted { changes, .. } => Some(u32::try_from(changes.len()).unwrap_or(u32::MAX)),
        _ => None,
    });
    events.iter().find_map(|event| match event {
        Event::CountFinished { count, counted, uncounted, listed, .. } => Some(Summary::CountFinished {
            count: *count,
            counted: *counted,
            uncounted: *uncounted,
            listed: listed.clone(),
            adjusted: adjusted.unwrap_or(0),
        }),
        _ => None,
    })
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
        Event::OrderPlaced { order, totals, .. } => {
            Summary::OrderPlaced { order: *order, totals: totals.clone() }
        }
        Event::OrderFulfilled { order, .. } => Summary::OrderFulfilled { order: *order },
        Event::StockAdjusted { changes, .. } => {
            Summary::StockAdjusted { products: u32::try_from(changes.len()).unwrap_or(u32::MAX) }
        }
        Event::DrawerOpened { .. } => Summary::DrawerOpened {},
        Event::TillLocked { .. } => Summary::TillLocked {},
        Event::CountStarted { count, .. } => Summary::CountStarted { count: *count },
        Event::ProductCounted { sku, found, book, .. } => {
            Summary::ProductCounted { sku: sku.clone(), found: *found, book: *book }
        }
        Event::CountCancelled { count, .. } => Summary::CountCancelled { count: *count },
        Event::ReorderLevelSet { sku, level, .. } => {
            Summary::ReorderLevelSet { sku: sku.clone(), level: *level }
        }
        Event::OrderEdited { order, revision, totals, .. } => {
            Summary::OrderEdited { order: *order, revision: *revision, totals: totals.clone() }
        }
        Event::CopyPrinted { original, copy, form, .. } => {
            Summary::CopyPrinted { original: *original, copy: *copy, form: *form }
        }
        Event::ValueStandingSet { account, standing, .. } => {
            Summary::ValueStandingSet { account: account.clone(), standing: *standing }
        }
        Event::AccountSet { account, terms, .. } => {
            Summary::AccountSet { account: account.clone(), terms: *terms }
        }
        Event::TenderStarted { attempt, device, amount, .. } => {
            Summary::TenderStarted { attempt: *attempt, device: device.clone(), amount: *amount }
        }
        Event::TenderAbortAsked { attempt, .. } => Summary::TenderAbortAsked { attempt: *attempt },
        Event::TenderResolved { attempt, verdict, .. } => {
            Summary::TenderResolved { attempt: *attempt, verdict: *verdict }
        }
        Event::TenderReleased { attempt, .. } => Summary::TenderReleased { attempt: *attempt },
        Event::DeviceReconciliationAsked { reconciliation, device, .. } => {
            Summary::ReconciliationAsked { reconciliation: *reconciliation, device: device.clone() }
        }
        Event::SignedOnAlone { staff, .. } => Summary::SignedOnAlone { staff: *staff },
        Event::ReceiptAliased { transaction, receipt, alias, .. } => {
            Summary::ReceiptAliased { transaction: *transaction, receipt: *receipt, alias: *alias }
        }
        Event::OrderRetrieved { order, revision, from, .. } => {
            Summary::OrderRetrieved { order: *order, revision: *revision, from: *from }
        }
        Event::DayClosed { day, number, part, figures, carried_over, .. } => Summary::DayClosed {
            day: *day,
            number: *number,
            part: *part,
            gross: figures.gross,
            open_shifts: carried_over.shifts,
            open_orders: carried_over.orders,
        },
        Event::ShiftCorrected { number, z_number, before, after, .. } => Summary::ShiftCorrected {
            number: *number,
            z_number: *z_number,
            code: before.code.clone(),
            before: before.counted.clone(),
            after: (**after).clone(),
        },
        Event::ShiftMoved { stamp, from, to, .. } => {
            Summary::ShiftMoved { shift: stamp.shift, from: *from, to: *to }
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
