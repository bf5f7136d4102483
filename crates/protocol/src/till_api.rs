//! The HTTPS bodies between tills and the hub: pairing, the snapshot, the catalog.

mod exposure;
mod reads;
mod tenders;

use std::collections::BTreeSet;

pub use exposure::ExposureView;
pub use reads::{
    BOOK_PATH, Book, CATALOG_CHANGES_PATH, CatalogChanges, CounterDevice, DEVICES_PATH, DeviceStanding,
    DevicesPage, PEOPLE_PATH, PeoplePage, PersonView, ReturnedOf, SaleStanding, TRANSACTION_PAPER_PATH,
    TRANSACTION_PATH, TRANSACTIONS_PATH, TillTransactions, TransactionAt, TransactionPage,
};
pub use tenders::{DeviceOf, DeviceSeen, DeviceState, DeviceWas, TENDERS_PATH, TenderDevice, TendersPage};

use holdfast_domain::State;
use holdfast_domain::bounded::{DeviceName, Label, ValueNumber};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::catalog::Product;
use holdfast_domain::exposure::{Acquirer, OfflineSums};
use holdfast_domain::ids::{EpochId, OrderId, ReconciliationId, ShiftId, StoreId, SubjectId, TerminalId};
use holdfast_domain::line::Line;
use holdfast_domain::order::{Channel, Custody, Order, OrderState, PlaceOrder, Totals};
use holdfast_domain::promotion::Explained;
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::reconciliation::{DeviceDay, Reconciliation, SchemeLine};
use holdfast_domain::shift::{Mode, Shift};
use holdfast_domain::staff::{Staff, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tender::TenderType;
use holdfast_domain::till::LastNumbers;
use holdfast_domain::value::{AccountTerms, ValueKind, ValueStanding};
use holdfast_money::Money;
use serde::{Deserialize, Serialize};

use crate::message::{ScaleView, ScannerView, StatusMessage, StockEntry, TenderView, WeightView};
use crate::wire::plain;

/// POST: pairs a till with a code from `holdfast-hub pair`. Not authenticated but by the code.
pub const PAIR_PATH: &str = "/api/v1/pair";
/// GET, with the till's credential: what a till needs after connecting.
pub const SNAPSHOT_PATH: &str = "/api/v1/till/snapshot";
/// GET, with the till's credential: one page of stock levels, `?after=<sku>`.
pub const STOCK_PATH: &str = "/api/v1/till/stock";
/// GET, with the till's credential: one page of the active catalog, `?after=<sku>`.
pub const CATALOG_PATH: &str = "/api/v1/till/catalog";
/// GET, with the till's credential and a manager signed on at it: what the open shift adds up to so far.
pub const X_REPORT_PATH: &str = "/api/v1/till/x-report";
/// GET, as [`X_REPORT_PATH`]: the same as it would stand on paper, `?form=text`, `html` or `png`.
pub const X_PAPER_PATH: &str = "/api/v1/till/x-report/paper";
/// GET, with the till's credential: one page of the orders that are not closed, `?after=<order id>`.
pub const ORDERS_PATH: &str = "/api/v1/till/orders";
/// GET, with the till's credential: one order as it is now, closed ones too.
pub const ORDER_PATH: &str = "/api/v1/till/orders/{id}";
/// POST, with the till's credential: what a basket would cost now. Nothing of it is kept.
pub const QUOTE_PATH: &str = "/api/v1/till/quote";
/// GET, with the till's credential: what a gift card or store credit has left, `?account=<number>`.
pub const VALUE_PATH: &str = "/api/v1/till/value";
/// GET, with the till's credential: how a payment at a device stands, `?attempt=<id>`.
pub const TENDER_PATH: &str = "/api/v1/till/tender";
/// GET, with the till's credential: what each payment device moved since its day began, and its last end of day.
pub const DEVICE_DAYS_PATH: &str = "/api/v1/till/device-days";
/// GET, with the till's credential: the scanners and scales at this till, as they are now.
pub const COUNTER_PATH: &str = "/api/v1/till/counter";
/// POST, with the till's credential: weighs with a scale at this till, or sets its zero or tare.
pub const SCALE_PATH: &str = "/api/v1/till/scale";
/// The most entries of one page of stock, catalog or orders.
pub const PAGE_ENTRIES_MAX: usize = 1_000;

/// A till's HTTP credential is Basic authentication: user name the terminal's id, password the secret in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairRequest {
    /// As printed by `holdfast-hub pair`; letter case and dashes do not matter.
    pub code: String,
    /// A till that was paired before (with this hub or one that it replaces) keeps its identity and number.
    pub known_as: Option<KnownTill>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownTill {
    #[serde(with = "plain")]
    pub terminal: TerminalId,
    #[serde(with = "plain")]
    pub number: TillNumber,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairResponse {
    #[serde(with = "plain")]
    pub store: StoreId,
    #[serde(with = "plain")]
    pub store_name: Label,
    #[serde(with = "plain")]
    pub terminal: TerminalId,
    #[serde(with = "plain")]
    pub number: TillNumber,
    #[serde(with = "plain")]
    pub name: Label,
    /// 256 bits, hex. Shown once; the hub keeps its SHA-256.
    pub secret: String,
    /// The store's certificate authority, PEM: the only issuer that the till trusts from now on.
    pub ca_pem: String,
    /// The name in the hub's certificate.
    pub server_name: String,
    /// `host:port` of the MQTT listener.
    pub mqtt: String,
    /// `host:port` of the HTTPS listener.
    pub https: String,
}

/// What is true at journal sequence `status.head_seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    #[serde(with = "plain")]
    pub epoch: EpochId,
    pub status: StatusMessage,
    #[serde(with = "plain")]
    pub profile: StoreProfile,
    /// What the store takes.
    #[serde(with = "plain")]
    pub tenders: Vec<TenderType>,
    #[serde(with = "plain")]
    pub catalog_version: u64,
    pub till: TillState,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TillState {
    #[serde(with = "plain")]
    pub terminal: TerminalId,
    #[serde(with = "plain")]
    pub number: TillNumber,
    #[serde(with = "plain")]
    pub numbers: LastNumbers,
    #[serde(with = "plain")]
    pub operator: Option<Staff>,
    pub shift: Option<OpenShift>,
}

/// The open shift as its cashier knows it: nothing here says what the drawer should hold, because it is counted blind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenShift {
    #[serde(with = "plain")]
    pub id: ShiftId,
    #[serde(with = "plain")]
    pub opened_at: Timestamp,
    #[serde(with = "plain")]
    pub business_date: BusinessDate,
    #[serde(with = "plain")]
    pub mode: Mode,
    #[serde(with = "plain")]
    pub float: Money,
}

impl From<&Shift> for OpenShift {
    fn from(shift: &Shift) -> Self {
        let Shift { id, opened_at, business_date, mode, float, .. } = shift;
        Self { id: *id, opened_at: *opened_at, business_date: *business_date, mode: *mode, float: *float }
    }
}

/// The X report: turnover, taxes by rate, tenders, cash that moved and counts of a shift that is still open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XReport {
    /// The journal sequence that the report is true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    #[serde(with = "plain")]
    pub shift: Shift,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockPage {
    /// The journal sequence that the page is true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    pub levels: Vec<StockEntry>,
    /// Where the next page starts; absent on the last one.
    pub next_after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogPage {
    #[serde(with = "plain")]
    pub version: u64,
    #[serde(with = "plain")]
    pub products: Vec<Product>,
    pub next_after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdersPage {
    /// The journal sequence that the page is true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    /// In the order of their ids.
    pub orders: Vec<OrderEntry>,
    /// Where the next page starts; absent on the last one.
    pub next_after: Option<String>,
}

/// An order in short: what a cashier needs to find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderEntry {
    #[serde(with = "plain")]
    pub order: OrderId,
    pub revision: u32,
    #[serde(with = "plain")]
    pub state: OrderState,
    #[serde(with = "plain")]
    pub channel: Channel,
    #[serde(with = "plain")]
    pub mode: Mode,
    #[serde(with = "plain")]
    pub placed_at: Timestamp,
    #[serde(with = "plain")]
    pub customer: Option<SubjectId>,
    /// What a parked order was set aside as.
    #[serde(with = "plain")]
    pub label: Option<Label>,
    /// The till that has the order in hand now. Nobody when it is parked, or free for any till.
    pub holder: Option<HolderEntry>,
    /// Lines that count.
    pub lines: u32,
    #[serde(with = "plain")]
    pub gross: Money,
    #[serde(with = "plain")]
    pub paid: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolderEntry {
    #[serde(with = "plain")]
    pub terminal: TerminalId,
    #[serde(with = "plain")]
    pub till: Option<TillNumber>,
    #[serde(with = "plain")]
    pub staff: Option<StaffNumber>,
    #[serde(with = "plain")]
    pub since: Timestamp,
}

impl OrderEntry {
    /// The order as `state` knows it.
    pub fn new(state: &State, order: &Order) -> Self {
        let holder = state.holder_of(order).map(|holder| HolderEntry {
            terminal: holder.terminal,
            till: state.tills.get(&holder.terminal).map(|till| till.number),
            staff: state.staff.get(&holder.operator).map(|staff| staff.number),
            since: holder.since,
        });
        let label = match &order.custody {
            Custody::Parked { label, .. } => Some(label.clone()),
            Custody::Free | Custody::Held(_) => None,
        };
        Self {
            order: order.id,
            revision: order.revision,
            state: order.state,
            channel: order.channel,
            mode: order.placed.mode,
            placed_at: order.recorded_at,
            customer: order.customer,
            label,
            holder,
            lines: u32::try_from(order.kept_lines().count()).unwrap_or(u32::MAX),
            gross: order.totals.gross,
            paid: order.paid,
        }
    }
}

/// One order with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPage {
    /// The journal sequence that the page is true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    pub entry: OrderEntry,
    #[serde(with = "plain")]
    pub order: Order,
}

/// What a gift card or store credit has left, or is owed on a customer's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValuePage {
    /// The journal sequence that the balance is true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    #[serde(with = "plain")]
    pub account: ValueNumber,
    #[serde(with = "plain")]
    pub kind: ValueKind,
    /// An account of training pays in training only.
    #[serde(with = "plain")]
    pub mode: Mode,
    #[serde(with = "plain")]
    pub standing: ValueStanding,
    /// Below zero by what is owed on a customer's account.
    #[serde(with = "plain")]
    pub balance: Money,
    /// Of a customer's account only.
    #[serde(with = "plain")]
    pub terms: Option<AccountTerms>,
}

/// How a payment at a device stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenderPage {
    /// The journal sequence that it is true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    pub tender: TenderView,
}

/// The payment devices of the store, and what each moved since its day began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceDaysPage {
    /// The journal sequence that it is true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    pub devices: Vec<DeviceDayView>,
    /// What devices approved by themselves, in all. None before the store is configured.
    pub exposure: Option<ExposureView>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceDayView {
    #[serde(with = "plain")]
    pub device: DeviceName,
    /// When its day began; none before its first end of day.
    #[serde(with = "plain")]
    pub since: Option<Timestamp>,
    /// What the journal says that it moved since.
    #[serde(with = "plain")]
    pub moved: Vec<SchemeLine>,
    /// Whether its last approval came from its acquirer, as far as it tells.
    #[serde(with = "plain")]
    pub acquirer: Acquirer,
    /// What of `moved` it approved by itself.
    #[serde(with = "plain")]
    pub offline: OfflineSums,
    /// An end of day whose answer was lost, and what the journal says that it moved before.
    pub lost: Option<LostDayView>,
    /// It is asked now.
    #[serde(with = "plain")]
    pub asked: Option<ReconciliationId>,
    /// What became of its last end of day.
    #[serde(with = "plain")]
    pub last: Option<Box<Reconciliation>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LostDayView {
    #[serde(with = "plain")]
    pub at: Timestamp,
    #[serde(with = "plain")]
    pub moved: Vec<SchemeLine>,
    /// What of it the device approved by itself.
    #[serde(with = "plain")]
    pub offline: OfflineSums,
}

impl DeviceDayView {
    /// Every device of the settings, and whatever others still have something open.
    pub fn all(state: &State) -> Vec<Self> {
        let configured = state.devices.iter().map(|device| &device.name);
        let names: BTreeSet<&DeviceName> = configured.chain(state.device_days.keys()).collect();
        let none = DeviceDay::default();
        names.into_iter().map(|name| Self::of(name, state.device_days.get(name).unwrap_or(&none))).collect()
    }

    fn of(device: &DeviceName, day: &DeviceDay) -> Self {
        Self {
            device: device.clone(),
            since: day.since,
            moved: day.sums.moved.clone(),
            acquirer: day.acquirer,
            offline: day.sums.offline.clone(),
            lost: day.lost.as_ref().map(|lost| LostDayView {
                at: lost.at,
                moved: lost.sums.moved.clone(),
                offline: lost.sums.offline.clone(),
            }),
            asked: day.asked.map(|asked| asked.id),
            last: day.last.clone(),
        }
    }
}

/// The devices at one till's counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterPage {
    pub scanners: Vec<ScannerView>,
    pub scales: Vec<ScaleView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleRequest {
    /// The till's first scale when none is named.
    #[serde(with = "plain")]
    pub scale: Option<DeviceName>,
    pub ask: ScaleAsk,
}

/// What a scale is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScaleAsk {
    /// A weight to sell by: settled, above nothing, asked for from now on.
    Weigh,
    Zero,
    /// What lies on it counts no more.
    Tare,
    /// As much counts no more; not every scale can.
    PresetTare(WeightView),
    ClearTare,
}

/// The scale did so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleAnswer {
    #[serde(with = "plain")]
    pub scale: DeviceName,
    /// Made of software: nothing lies on it.
    pub simulated: bool,
    /// The net weight, or the tare where the scale says how much that is.
    pub weight: Option<WeightView>,
}

/// A basket as it would be placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    #[serde(with = "plain")]
    pub place: PlaceOrder,
}

/// What the basket would cost now, by the prices, taxes and promotions in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotePage {
    /// The journal sequence that stock, coupons and people are true at.
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    #[serde(with = "plain")]
    pub lines: Vec<Line>,
    #[serde(with = "plain")]
    pub totals: Totals,
    /// What became of every promotion and why, in the order in which they are looked at.
    #[serde(with = "plain")]
    pub promotions: Vec<Explained>,
    /// Why whoever is signed on at the till could not place it as it is.
    pub refusal: Option<Problem>,
}

/// An error of any HTTP route of hub or cloud (RFC 9457 in spirit): a code with a page, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    pub code: String,
    pub text: String,
}
