//! What a till reads to sell alone and to look back: the price book, the people, what changed in the catalog, and what was
//! sold.

use holdfast_domain::bounded::Sku;
use holdfast_domain::catalog::{PriceBook, Product};
use holdfast_domain::ids::StaffId;
use holdfast_domain::line::{Line, LineNumber};
use holdfast_domain::staff::{Authority, Role, StaffNumber};
use holdfast_domain::tax::{TaxTable, TaxTotal};
use holdfast_money::Quantity;
use serde::{Deserialize, Serialize};

use crate::message::TransactionView;
use crate::wire::plain;

/// GET, with the till's credential: the prices beyond the products, and the taxes.
pub const BOOK_PATH: &str = "/api/v1/till/book";
/// GET, with the till's credential: what is another product or none since a catalog, `?since=<content hash>&after=<sku>`.
pub const CATALOG_CHANGES_PATH: &str = "/api/v1/till/catalog/changes";
/// GET, with the till's credential: everybody who may sign on, with what each may do.
pub const PEOPLE_PATH: &str = "/api/v1/till/people";
/// GET, with the till's credential: the till's own transactions, newest first, `?before_seq=<n>&limit=<n>`.
pub const TRANSACTIONS_PATH: &str = "/api/v1/till/transactions";
/// GET, with the till's credential and somebody signed on at it: one transaction of the store by its id or receipt number.
pub const TRANSACTION_PATH: &str = "/api/v1/till/transactions/{id}";
/// GET, as [`TRANSACTION_PATH`]: the same as it would stand on paper, `?form=text`, `html` or `png`.
pub const TRANSACTION_PAPER_PATH: &str = "/api/v1/till/transactions/{id}/paper";
/// GET, with the till's credential: the printers and the drawer that serve the till.
pub const DEVICES_PATH: &str = "/api/v1/till/devices";

/// What a till prices by, beside the products of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// The catalog's version.
    #[serde(with = "plain")]
    pub version: u64,
    /// The catalog's file, in hex: what [`CATALOG_CHANGES_PATH`] is asked with. None before there is a catalog.
    pub content_hash: Option<String>,
    #[serde(with = "plain")]
    pub book: PriceBook,
    /// None where the profile's plain rates hold.
    #[serde(with = "plain")]
    pub taxes: Option<TaxTable>,
}

/// One page of what is another product since a catalog that the till has, or none any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogChanges {
    /// The version that the till has once every page is taken over.
    #[serde(with = "plain")]
    pub version: u64,
    pub content_hash: String,
    /// New ones and those of which anything is another.
    #[serde(with = "plain")]
    pub products: Vec<Product>,
    /// Those that are no more; on the first page.
    #[serde(with = "plain")]
    pub removed: Vec<Sku>,
    pub next_after: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeoplePage {
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    pub people: Vec<PersonView>,
}

/// Somebody who may sign on. What proves a PIN never leaves the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonView {
    #[serde(with = "plain")]
    pub staff: StaffId,
    #[serde(with = "plain")]
    pub number: StaffNumber,
    /// As the hub's pages show it.
    pub name: String,
    #[serde(with = "plain")]
    pub role: Role,
    #[serde(with = "plain")]
    pub authority: Authority,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TillTransactions {
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    pub transactions: Vec<TransactionAt>,
    /// Ask for what follows before this record; none at the end.
    #[serde(with = "plain")]
    pub next_before_seq: Option<u64>,
}

/// A transaction and its record in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionAt {
    #[serde(with = "plain")]
    pub seq: u64,
    pub transaction: TransactionView,
}

/// One transaction with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionPage {
    #[serde(with = "plain")]
    pub as_of_seq: u64,
    pub transaction: TransactionView,
    /// What was sold, as it was sold; of a return or a post-void nothing: its original has them.
    #[serde(with = "plain")]
    pub lines: Vec<Line>,
    #[serde(with = "plain")]
    pub taxes: Vec<TaxTotal>,
    /// Of a sale: what has come back of it.
    pub sale: Option<SaleStanding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaleStanding {
    pub returned: Vec<ReturnedOf>,
    pub post_voided: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnedOf {
    #[serde(with = "plain")]
    pub line: LineNumber,
    #[serde(with = "plain")]
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevicesPage {
    pub devices: Vec<DeviceStanding>,
}

/// How a printer or drawer of the till is, in words for whoever stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceStanding {
    /// The name in the hub's settings; a drawer has its printer's.
    pub device: String,
    pub kind: CounterDevice,
    pub ready: bool,
    /// Documents that are not on paper yet.
    pub waiting: u32,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterDevice {
    Printer,
    Drawer,
}
