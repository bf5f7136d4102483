//! What the cloud answers: plain rows, in the units of their names. Money is in minor units of the row's currency,
//! quantities in thousandths, times in milliseconds since the Unix epoch.

use holdfast_protocol::head::SignedHeadJson;
use serde::Serialize;
use utoipa::ToSchema;

/// A store as HQ set it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreRow {
    pub store: String,
    pub name: String,
    pub currency: String,
    pub time_zone: String,
    pub cut_over_minutes: u16,
    pub prices_include_tax: bool,
    pub legal_name: String,
    pub address: String,
    pub tax_id: String,
}

/// How a store's line stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreOverview {
    #[serde(flatten)]
    pub store: StoreRow,
    pub status: StoreStatus,
    /// HQ's figures are complete up to this moment; absent before the first record.
    pub data_as_of_ms: Option<i64>,
    /// How far that lies back, by the cloud's clock.
    pub lag_ms: Option<i64>,
    /// When the hub was last heard of.
    pub seen_at_ms: Option<i64>,
    /// The last record held of the newest epoch.
    pub acked_through: i64,
    pub epoch_order: i64,
    /// Records that wait at the hub, by its own word.
    pub backlog: i64,
    pub tills_up: i64,
    pub tills_known: i64,
    /// The hub's clock minus the cloud's.
    pub clock_offset_ms: i64,
    pub software: String,
    /// What a person should look at, as codes with a page each.
    pub alarms: Vec<Alarm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreStatus {
    /// No hub has claimed the store yet.
    Unclaimed,
    /// Heard of just now and nothing waits.
    Live,
    /// Heard of just now, records wait.
    CatchingUp,
    /// Not heard of lately: the store sells on, its figures here are of the past.
    Silent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Alarm {
    pub code: String,
    pub message: String,
}

/// What the database knows about a store's line; status and lag are derived from it and the time now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    pub store: StoreRow,
    pub claimed: bool,
    pub epoch_order: i64,
    pub epoch: Option<String>,
    pub acked_through: i64,
    pub last_recorded_at_ms: Option<i64>,
    pub forked: bool,
    pub quarantined: i64,
    /// Signed heads that the journal contradicts.
    pub heads_differing: i64,
    pub fenced_at_ms: Option<i64>,
    pub contact: Option<ContactRow>,
}

/// The last heartbeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    pub seen_at_ms: i64,
    pub epoch: String,
    pub head_seq: i64,
    pub backlog: i64,
    pub oldest_unsent_ms: Option<i64>,
    pub tills_up: i64,
    pub tills_known: i64,
    pub clock_offset_ms: i64,
    pub software: String,
    pub control: Option<ControlRow>,
    pub control_state: ControlState,
}

/// A hub's own sums as of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlRow {
    pub as_of_seq: i64,
    pub transactions: i64,
    pub gross_minor: i64,
    pub net_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlState {
    /// The hub has not said its sums for a position that could be compared.
    Provisional,
    Agreed,
    Mismatch,
}

impl ControlState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Agreed => "agreed",
            Self::Mismatch => "mismatch",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "agreed" => Self::Agreed,
            "mismatch" => Self::Mismatch,
            _ => Self::Provisional,
        }
    }
}

/// What a signed head and the journal here say about each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeadState {
    /// The record has not arrived yet.
    Waiting,
    Agreed,
    /// The journal has another record there: one of the two was changed.
    Mismatch,
}

impl HeadState {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "agreed" => Self::Agreed,
            "mismatch" => Self::Mismatch,
            _ => Self::Waiting,
        }
    }
}

/// A hub's signed word on how far its history went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeadRow {
    /// As the hub signed it; a verifier takes it as it is.
    pub head: SignedHeadJson,
    /// The hub's Ed25519 public key when it brought the head, 64 hex digits.
    pub public_key: String,
    pub state: HeadState,
    pub received_at_ms: i64,
}

/// One epoch of a store's history, as a branch of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BranchRow {
    pub epoch_order: i64,
    pub epoch: String,
    pub hub: String,
    /// Whether another hub has taken the store over since.
    pub hub_retired: bool,
    /// The epoch that this one continues, and the last record that both share.
    pub parent_order: Option<i64>,
    pub from_seq: i64,
    pub last_seq: i64,
    /// How many epochs lie below it.
    pub depth: i64,
    /// Its own records; those that it shares are its parents'.
    pub records: i64,
    /// Whether another history runs beside it. Both are kept and counted.
    pub forked: bool,
    /// Whether it lies on the line that ends in the newest epoch.
    pub newest: bool,
    /// Whether it may still grow.
    pub open: bool,
    pub registered_at_ms: i64,
    /// When its last record was recorded, by the hub's clock.
    pub last_recorded_at_ms: Option<i64>,
    /// When the hub was last heard of under it.
    pub seen_at_ms: Option<i64>,
    /// What its own records sold, by currency.
    pub sold: Vec<BranchSales>,
}

/// Sales, returns and post-voids of one branch, training left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BranchSales {
    pub currency: String,
    pub transactions: i64,
    pub net_minor: i64,
    pub gross_minor: i64,
}

/// Turnover of one business date (and hour): sales less returns and post-voids, training left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SalesRow {
    pub store: String,
    pub business_date: String,
    /// Local hour of the store, 0 to 23; absent in daily rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_hour: Option<i64>,
    pub currency: String,
    pub sales: i64,
    pub returns: i64,
    pub post_voids: i64,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    pub discount_minor: i64,
}

/// What one tender brought a store on one business date, training left out. Cash is less the change that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TenderTotalsRow {
    pub business_date: String,
    pub currency: String,
    /// The code of the tender type, such as `cash` or `card`.
    pub tender: String,
    /// How many tenders, both ways.
    pub count: i64,
    /// Taken less refunded. Paid in and out, drops and loans are no tenders of a customer and are left out.
    pub amount_minor: i64,
}

/// What one tax rate brought a store on one business date, training left out: sales less returns and post-voids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaxTotalsRow {
    pub business_date: String,
    pub currency: String,
    pub code: String,
    /// 190000 is 19 %.
    pub rate_millionths: i64,
    pub net_minor: i64,
    pub tax_minor: i64,
}

/// Something that a manager changed at a store without asking HQ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreChangeRow {
    pub epoch_order: i64,
    pub seq: i64,
    /// `item_added`, `marked_down` or `staff_added`.
    pub kind: String,
    /// A product number, or a staff number.
    pub subject: String,
    pub detail: String,
    /// The id of who did it.
    pub staff: String,
    pub recorded_at_ms: i64,
}

/// One transaction. Amounts of returns and post-voids are negative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TransactionRow {
    pub store: String,
    pub transaction: String,
    /// `sale`, `return`, `post_void`, `deposit`, `cancelled`, `abandoned`, `paid_in`, `paid_out`, `cash_drop`,
    /// `cash_loan`, `value_issued` or `value_issue_voided`.
    pub kind: String,
    pub training: bool,
    pub receipt: String,
    pub terminal: String,
    pub till: String,
    pub operator: String,
    pub shift: String,
    pub business_date: String,
    pub local_hour: i64,
    pub occurred_at_ms: i64,
    pub recorded_at_ms: i64,
    pub order: Option<String>,
    pub original: Option<String>,
    pub tax_basis: String,
    pub currency: String,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    pub discount_minor: i64,
    pub due_minor: i64,
    pub rounding_minor: i64,
    pub change_minor: i64,
    pub reason: String,
    /// Where it stands in the journal: epoch order and number.
    pub epoch_order: i64,
    pub seq: i64,
}

/// One line of a basket. Amounts are positive also on returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DocumentLineRow {
    pub line_number: i64,
    pub sku: String,
    pub description: String,
    pub unit: String,
    pub carries_stock: bool,
    pub quantity_thousandths: i64,
    /// In 1/10000 of the major unit.
    pub unit_price_e4: i64,
    pub extended_minor: i64,
    pub discount_minor: i64,
    pub net_minor: i64,
    pub gross_minor: i64,
    pub tax_class: String,
    /// As applied, such as `A 20 %`.
    pub tax_rates: String,
    pub voided: bool,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaxRow {
    pub code: String,
    pub rate_millionths: i64,
    pub net_minor: i64,
    pub tax_minor: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TenderRow {
    pub kind: String,
    pub amount_minor: i64,
}

/// One event of a receipt's history and where the journal holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrailRow {
    pub epoch_order: i64,
    pub seq: i64,
    pub event: String,
    pub recorded_at_ms: i64,
    /// The journal's chain hash after that record, 64 hex digits.
    pub hash: String,
}

/// A receipt with everything that led to it and followed from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Receipt {
    pub transaction: TransactionRow,
    pub order_state: Option<String>,
    pub lines: Vec<DocumentLineRow>,
    pub taxes: Vec<TaxRow>,
    pub tenders: Vec<TenderRow>,
    /// Given beside it for whoever served: no part of the tenders above, negative where it was given back.
    pub tips: Vec<TenderRow>,
    /// Returns and post-voids of this transaction, or the sale it points back at.
    pub related: Vec<TransactionRow>,
    pub trail: Vec<TrailRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StockRow {
    pub sku: String,
    pub description: String,
    pub on_hand_thousandths: i64,
    pub reserved_thousandths: i64,
    pub available_thousandths: i64,
    pub negative: bool,
}

/// How many products have moved, and how many of them are below zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StockSummary {
    pub products: i64,
    pub negative: i64,
}

/// Sums over a whole store, for comparing with the hub and the tills. Training is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreTotals {
    pub store: String,
    pub currency: String,
    /// Sales, returns and post-voids together.
    pub transactions: i64,
    pub sales: i64,
    pub returns: i64,
    pub post_voids: i64,
    pub deposits: i64,
    pub cancelled: i64,
    pub abandoned: i64,
    /// Cash in and out of drawers without goods.
    pub cash_moves: i64,
    /// Gift cards and store credit that were paid for, and such issues undone.
    pub value_issues: i64,
    pub net_minor: i64,
    pub tax_minor: i64,
    pub gross_minor: i64,
    /// Sum of on-hand over all products.
    pub stock_thousandths: i64,
    pub products: i64,
    pub products_negative: i64,
    /// Records held, over all epochs.
    pub records: i64,
    pub quarantined: i64,
    /// The last record held of the newest epoch.
    pub acked_through: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct QuarantineRow {
    pub epoch_order: i64,
    pub seq: i64,
    pub reason: String,
    pub received_at_ms: i64,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub user: String,
    pub name: String,
    pub password_hash: String,
    pub failures: i64,
    pub locked_until_ms: i64,
}
