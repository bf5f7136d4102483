//! Files of receipts: CSV with the columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice and
//! CustomerID, in any order; other columns are passed over.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use holdfast_domain::bounded::Sku;
use holdfast_money::{Decimal, Quantity, UnitPrice, parse_decimal};
use jiff::civil::DateTime;
use sha2::{Digest, Sha256};

use crate::error::TillError;

/// Columns that must be there.
const COLUMNS: [&str; 7] =
    ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"];

/// Where a line stands: which file, and the row as an editor counts it (the header is row 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: usize,
    pub row: u64,
}

/// One line of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub place: Place,
    pub invoice: String,
    /// Upper case: both letter cases name one product.
    pub sku: Sku,
    pub description: String,
    /// Signed, as in the file.
    pub quantity: i64,
    /// By the store's wall clock.
    pub at: DateTime,
    pub price: UnitPrice,
    pub customer: Option<String>,
}

impl Row {
    /// Whether the invoice is a cancellation of earlier ones.
    pub fn is_cancellation(&self) -> bool {
        self.invoice.starts_with(['C', 'c'])
    }

    /// How much, without its sign.
    pub fn amount(&self) -> Quantity {
        Quantity::from_thousandths(self.quantity.abs().saturating_mul(1_000))
    }
}

/// A row that is no line of a receipt, with what it held as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    pub place: Place,
    pub fields: HashMap<&'static str, String>,
    pub what: String,
}

/// All lines of some files in their order.
#[derive(Debug, Clone, Default)]
pub struct Receipts {
    pub files: Vec<PathBuf>,
    pub rows: Vec<Row>,
    pub bad: Vec<BadRow>,
    /// SHA-256 over the files' SHA-256s.
    pub content: [u8; 32],
}

impl Receipts {
    /// Reads files in the order given.
    ///
    /// # Errors
    /// [`TillError::File`] for a file that cannot be read, [`TillError::Column`] for one without a needed column. A bad
    /// row is no error: it is kept in [`Receipts::bad`].
    pub fn read(files: &[PathBuf]) -> Result<Self, TillError> {
        let mut receipts = Self { files: files.to_vec(), ..Self::default() };
        let mut content = Sha256::new();
        for (file, path) in files.iter().enumerate() {
            let bytes = std::fs::read(path).map_err(|source| TillError::File {
                path: path.clone(),
                what: "read",
                source,
            })?;
            content.update(Sha256::digest(&bytes));
            receipts.parse(file, path, &bytes)?;
        }
        receipts.content = content.finalize().into();
        Ok(receipts)
    }

    /// Reads one file's bytes, as [`Receipts::read`] does.
    ///
    /// # Errors
    /// As [`Receipts::read`].
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, TillError> {
        let mut receipts = Self { files: vec![path.to_path_buf()], ..Self::default() };
        receipts.content = Sha256::digest(Sha256::digest(bytes)).into();
        receipts.parse(0, path, bytes)?;
        Ok(receipts)
    }

    fn parse(&mut self, file: usize, path: &Path, bytes: &[u8]) -> Result<(), TillError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let unreadable = |error: csv::Error| TillError::File {
            path: path.to_path_buf(),
            what: "read",
            source: error.into(),
        };
        let header = reader.byte_headers().map_err(unreadable)?.clone();
        let mut columns = HashMap::new();
        for column in COLUMNS {
            let at = header.iter().position(|name| text(name).trim().eq_ignore_ascii_case(column));
            columns.insert(column, at.ok_or_else(|| TillError::Column { path: path.to_path_buf(), column })?);
        }
        for (counted, record) in (2_u64..).zip(reader.byte_records()) {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let row = error.position().map_or(counted, csv::Position::line);
                    let what = "it is no CSV row".to_owned();
                    self.bad.push(BadRow { place: Place { file, row }, fields: HashMap::new(), what });
                    continue;
                }
            };
            let place = Place { file, row: record.position().map_or(counted, csv::Position::line) };
            let fields: HashMap<&'static str, String> = columns
                .iter()
                .map(|(name, at)| (*name, record.get(*at).map(text).unwrap_or_default().trim().to_owned()))
                .collect();
            if record.len() != header.len() {
                let what = format!("it has {} fields instead of {}", record.len(), header.len());
                self.bad.push(BadRow { place, fields, what });
                continue;
            }
            match row(place, &fields) {
                Ok(row) => self.rows.push(row),
                Err(what) => self.bad.push(BadRow { place, fields, what }),
            }
        }
        Ok(())
    }
}

/// Files of that age come in UTF-8 or in Latin-1.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn row(place: Place, fields: &HashMap<&'static str, String>) -> Result<Row, String> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let invoice = field("InvoiceNo").to_owned();
    if invoice.is_empty() {
        return Err("it names no invoice".to_owned());
    }
    let sku = Sku::new(field("StockCode")).map_err(|error| error.to_string())?;
    let quantity = parse_decimal(field("Quantity")).map_err(|error| error.to_string())?;
    if !quantity.fract().is_zero() || Quantity::new(quantity).is_err() {
        return Err(format!("the quantity {quantity} is not a usable whole number"));
    }
    let quantity = i64::try_from(quantity.trunc().mantissa() / 10_i128.pow(quantity.trunc().scale()))
        .map_err(|_| "the quantity is too large".to_owned())?;
    if quantity == 0 {
        return Err("the quantity is zero".to_owned());
    }
    let price: Decimal = parse_decimal(field("UnitPrice")).map_err(|error| error.to_string())?;
    let price = UnitPrice::new(price).map_err(|error| format!("the price cannot be taken: {error}"))?;
    let at = field("InvoiceDate")
        .parse::<DateTime>()
        .map_err(|_| format!("`{}` is not a time; write it as 2010-12-01 08:26:00", field("InvoiceDate")))?;
    let customer = field("CustomerID");
    let customer = customer.strip_suffix(".0").unwrap_or(customer);
    Ok(Row {
        place,
        invoice,
        sku,
        description: field("Description").to_owned(),
        quantity,
        at,
        price,
        customer: (!customer.is_empty()).then(|| customer.to_owned()),
    })
}
