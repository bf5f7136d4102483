//! Hub → all tills, on `…/store/<stream>`. Each message carries the journal sequence it is true at and the one of the
//! stream's message before it: a till that misses one sees the gap, fetches the snapshot, and goes on from there.

use holdfast_domain::bounded::{Label, Sku};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{EpochId, OrderId, StaffId, TerminalId, TransactionId};
use holdfast_domain::order::Totals;
use holdfast_domain::receipt::{ReceiptNumber, TillNumber};
use holdfast_domain::record::Record;
use holdfast_domain::shift::Mode;
use holdfast_domain::stock::StockLevel;
use holdfast_domain::tender::Payment;
use holdfast_money::Quantity;
use serde::{Deserialize, Serialize};

use crate::wire::plain;

/// `…/store/stock`: levels that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockMessage {
    #[serde(with = "plain")]
    pub seq: u64,
    #[serde(with = "plain")]
    pub previous: u64,
    pub levels: Vec<StockEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockEntry {
    #[serde(with = "plain")]
    pub sku: Sku,
    #[serde(with = "plain")]
    pub on_hand: Quantity,
    #[serde(with = "plain")]
    pub reserved: Quantity,
    #[serde(with = "plain")]
    pub available: Quantity,
}

impl StockEntry {
    pub fn new(sku: Sku, level: &StockLevel) -> Self {
        Self { sku, on_hand: level.on_hand, reserved: level.reserved, available: level.available() }
    }
}

/// `…/store/orders`: transactions as they become durable, and orders that are not paid yet as they pass from till to till.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OrdersMessage {
    Transaction(TransactionMessage),
    Order(OrderMessage),
}

impl OrdersMessage {
    pub fn seq(&self) -> u64 {
        match self {
            Self::Transaction(message) => message.seq,
            Self::Order(message) => message.seq,
        }
    }

    pub fn previous(&self) -> u64 {
        match self {
            Self::Transaction(message) => message.previous,
            Self::Order(message) => message.previous,
        }
    }
}

/// What happened to an order between placing and payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderMessage {
    #[serde(with = "plain")]
    pub seq: u64,
    #[serde(with = "plain")]
    pub previous: u64,
    pub order: OrderView,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderView {
    #[serde(with = "plain")]
    pub order: OrderId,
    /// The order's from now on.
    pub revision: u32,
    pub change: OrderChange,
    #[serde(with = "plain")]
    pub terminal: TerminalId,
    #[serde(with = "plain")]
    pub operator: StaffId,
    #[serde(with = "plain")]
    pub mode: Mode,
    #[serde(with = "plain")]
    pub occurred_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OrderChange {
    /// Whoever asks first has it.
    Parked {
        #[serde(with = "plain")]
        label: Label,
    },
    /// The message's till has it in hand now.
    Retrieved {
        /// Who had it before.
        #[serde(with = "plain")]
        from: Option<TerminalId>,
    },
    /// Its lines are others now.
    Edited {
        #[serde(with = "plain")]
        totals: Totals,
    },
}

/// What a record tells all tills on the orders stream, in its order; the shell fills in the places.
pub fn orders_news_of(record: &Record) -> impl Iterator<Item = OrdersNews> + '_ {
    record.outcome.events().iter().filter_map(|event| {
        let transaction = transaction_view(event).map(OrdersNews::Transaction);
        transaction.or_else(|| order_view(event).map(OrdersNews::Order))
    })
}

/// A message of the orders stream without its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrdersNews {
    Transaction(TransactionView),
    Order(OrderView),
}

impl OrdersNews {
    pub fn mode(&self) -> Mode {
        match self {
            Self::Transaction(view) => view.mode,
            Self::Order(view) => view.mode,
        }
    }

    pub fn at(self, seq: u64, previous: u64) -> OrdersMessage {
        match self {
            Self::Transaction(transaction) => {
                OrdersMessage::Transaction(TransactionMessage { seq, previous, transaction })
            }
            Self::Order(order) => OrdersMessage::Order(OrderMessage { seq, previous, order }),
        }
    }
}

fn order_view(event: &Event) -> Option<OrderView> {
    let (stamp, order, revision, change) = match event {
        Event::OrderParked { stamp, order, revision, label } => {
            (stamp, order, revision, OrderChange::Parked { label: label.clone() })
        }
        Event::OrderEdited { stamp, order, revision, totals, .. } => {
            (stamp, order, revision, OrderChange::Edited { totals: totals.clone() })
        }
        Event::OrderRetrieved { stamp, order, revision, from } => {
            (stamp, order, revision, OrderChange::Retrieved { from: *from })
        }
        _ => return None,
    };
    Some(OrderView {
        order: *order,
        revision: *revision,
        change,
        terminal: stamp.terminal,
        operator: stamp.operator,
        mode: stamp.mode,
        occurred_at: stamp.occurred_at,
    })
}

/// One transaction that became durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionMessage {
    #[serde(with = "plain")]
    pub seq: u64,
    #[serde(with = "plain")]
    pub previous: u64,
    pub transaction: TransactionView,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionKind {
    Sale,
    Deposit,
    Return,
    PostVoid,
    Cancelled,
    Abandoned,
    PaidIn,
    PaidOut,
    /// From the drawer into the safe.
    CashDrop,
    /// From the safe into the drawer.
    CashLoan,
    /// A gift card or store credit was paid for.
    ValueIssued,
    ValueIssueVoided,
}

impl TransactionKind {
    /// Which way its totals count in turnover: added, taken off, or not at all.
    pub fn turnover_sign(self) -> i64 {
        match self {
            Self::Sale => 1,
            Self::Return | Self::PostVoid => -1,
            Self::Deposit
            | Self::Cancelled
            | Self::Abandoned
            | Self::PaidIn
            | Self::PaidOut
            | Self::CashDrop
            | Self::CashLoan
            | Self::ValueIssued
            | Self::ValueIssueVoided => 0,
        }
    }
}

impl From<CashMovement> for TransactionKind {
    fn from(movement: CashMovement) -> Self {
        match movement {
            CashMovement::PaidIn => Self::PaidIn,
            CashMovement::PaidOut => Self::PaidOut,
            CashMovement::Drop => Self::CashDrop,
            CashMovement::Loan => Self::CashLoan,
        }
    }
}

/// One transaction in short, the same for tills, pages and reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionView {
    #[serde(with = "plain")]
    pub transaction: TransactionId,
    pub kind: TransactionKind,
    #[serde(with = "plain")]
    pub receipt: ReceiptNumber,
    #[serde(with = "plain")]
    pub terminal: TerminalId,
    #[serde(with = "plain")]
    pub operator: StaffId,
    #[serde(with = "plain")]
    pub business_date: BusinessDate,
    #[serde(with = "plain")]
    pub mode: Mode,
    #[serde(with = "plain")]
    pub occurred_at: Timestamp,
    #[serde(with = "plain")]
    pub order: Option<OrderId>,
    /// What a return or a post-void points at.
    #[serde(with = "plain")]
    pub original: Option<TransactionId>,
    /// Always positive; the kind says which way they count. None where nothing was bought or given back.
    #[serde(with = "plain")]
    pub totals: Option<Totals>,
    #[serde(with = "plain")]
    pub payment: Option<Payment>,
}

/// The transactions that a record holds.
pub fn transactions_of(record: &Record) -> impl Iterator<Item = TransactionView> + '_ {
    record.outcome.events().iter().filter_map(transaction_view)
}

pub(super) fn transaction_view(event: &Event) -> Option<TransactionView> {
    let (transaction, receipt, stamp) = event.transaction()?;
    let base = |kind| view(kind, transaction, receipt, stamp);
    Some(match event {
        Event::SaleCompleted { order, totals, payment, .. } => TransactionView {
            order: Some(*order),
            totals: Some(totals.clone()),
            payment: Some(payment.clone()),
            ..base(TransactionKind::Sale)
        },
        Event::DepositTaken { order, payment, .. } => TransactionView {
            order: Some(*order),
            payment: Some(payment.clone()),
            ..base(TransactionKind::Deposit)
        },
        Event::GoodsReturned { source, totals, payment, .. } => TransactionView {
            original: match source {
                holdfast_domain::event::ReturnSource::Receipt { original } => Some(*original),
                holdfast_domain::event::ReturnSource::NoReceipt => None,
            },
            totals: Some(totals.clone()),
            payment: Some(payment.clone()),
            ..base(TransactionKind::Return)
        },
        Event::SalePostVoided { original, totals, payment, .. } => TransactionView {
            original: Some(*original),
            totals: Some(totals.clone()),
            payment: Some(payment.clone()),
            ..base(TransactionKind::PostVoid)
        },
        Event::OrderCancelled { order, .. } => {
            TransactionView { order: Some(*order), ..base(TransactionKind::Cancelled) }
        }
        Event::BasketAbandoned { .. } => base(TransactionKind::Abandoned),
        Event::ValueIssued { payment, .. } => {
            TransactionView { payment: Some(payment.clone()), ..base(TransactionKind::ValueIssued) }
        }
        Event::ValueIssueVoided { original, payment, .. } => TransactionView {
            original: Some(*original),
            payment: Some(payment.clone()),
            ..base(TransactionKind::ValueIssueVoided)
        },
        Event::CashMoved { movement, amount, .. } => {
            TransactionView { payment: Some(movement.payment(*amount)), ..base((*movement).into()) }
        }
        _ => return None,
    })
}

fn view(
    kind: TransactionKind,
    transaction: TransactionId,
    receipt: ReceiptNumber,
    stamp: &Stamp,
) -> TransactionView {
    TransactionView {
        transaction,
        kind,
        receipt,
        terminal: stamp.terminal,
        operator: stamp.operator,
        business_date: stamp.business_date,
        mode: stamp.mode,
        occurred_at: stamp.occurred_at,
        order: None,
        original: None,
        totals: None,
        payment: None,
    }
}

/// `…/store/catalog`: the active version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogMessage {
    #[serde(with = "plain")]
    pub version: u64,
    #[serde(with = "plain")]
    pub content_hash: Option<[u8; 32]>,
    pub products: u32,
}

/// `…/store/status`, every few seconds and at each change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusMessage {
    #[serde(with = "plain")]
    pub epoch: EpochId,
    /// The last durable record at this hub.
    #[serde(with = "plain")]
    pub head_seq: u64,
    /// The last record of this epoch's history that HQ holds durably: what a till may forget.
    #[serde(with = "plain")]
    pub headquarters_seq: u64,
    /// Records that still wait for HQ.
    #[serde(with = "plain")]
    pub waiting: u64,
    pub hub: HubStatus,
    pub tills: Vec<TillPresence>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubStatus {
    /// Everything is at HQ.
    Current,
    /// Selling; something waits for HQ.
    Behind,
    /// Selling; HQ cannot be reached.
    Alone,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TillPresence {
    #[serde(with = "plain")]
    pub terminal: TerminalId,
    #[serde(with = "plain")]
    pub number: TillNumber,
    #[serde(with = "plain")]
    pub name: Label,
    pub connected: bool,
}
