//! What a replay came to, line by line where something was not taken.

use std::collections::BTreeMap;

use serde::Serialize;

use super::receipts::{BadRow, Row};
use crate::books::{Books, Position};

/// A line that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedLine {
    /// Which of the files, from 0.
    pub file: usize,
    /// The row in it; the header is row 1.
    pub row: u64,
    pub invoice: String,
    pub stock_code: String,
    pub quantity: String,
    pub unit_price: String,
    /// The hub's code, or one of this program.
    pub code: String,
    pub reason: String,
}

impl RefusedLine {
    pub(super) fn of(row: &Row, code: &str, reason: &str) -> Self {
        Self {
            file: row.place.file,
            row: row.place.row,
            invoice: row.invoice.clone(),
            stock_code: row.sku.to_string(),
            quantity: row.quantity.to_string(),
            unit_price: row.price.to_string(),
            code: code.to_owned(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn unreadable(bad: &BadRow) -> Self {
        let field = |name: &str| bad.fields.get(name).cloned().unwrap_or_default();
        Self {
            file: bad.place.file,
            row: bad.place.row,
            invoice: field("InvoiceNo"),
            stock_code: field("StockCode"),
            quantity: field("Quantity"),
            unit_price: field("UnitPrice"),
            code: "HF-TIL-020".to_owned(),
            reason: bad.what.clone(),
        }
    }
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub lines: u64,
    pub lines_done: u64,
    pub refused: u64,
    pub transactions: u64,
}

/// The whole of a replay. Every line of the files is in exactly one of `sold_lines`, `returned_lines`, `adjusted_lines`
/// and `refused_lines`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplayReport {
    pub files: Vec<String>,
    pub content_sha256: String,
    pub store: String,
    pub terminal: String,
    pub business_dates: Vec<String>,
    pub lines: u64,
    /// Distinct invoice numbers, cancellations included.
    pub invoices: u64,
    pub cancellations: u64,
    pub sold_lines: u64,
    pub returned_lines: u64,
    pub adjusted_lines: u64,
    pub refused_lines: u64,
    /// Lines that moved stock.
    pub stock_lines: u64,
    pub returns_by_receipt: u64,
    /// Returned lines that an earlier sale answers for; the rest came back without a receipt.
    pub matched_lines: u64,
    pub returns_without_receipt: u64,
    /// Gross of the sales, and of the returns as a negative amount, in major units.
    pub sold: String,
    pub returned: String,
    pub net: String,
    pub sold_minor: i64,
    pub returned_minor: i64,
    /// `gross_minor` is sold less returned; `stock` is each product's change of on-hand in thousandths.
    #[serde(flatten)]
    pub books: Books,
    /// Receipt numbers in the order they were given.
    pub receipts: Vec<String>,
    pub last_position: Option<Position>,
    pub refused: Vec<RefusedLine>,
    pub refused_by_code: BTreeMap<String, u64>,
}
