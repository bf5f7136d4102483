//! A catalog from a CSV file: every row is looked at, every bad one is named with its column and what to do, and nothing
//! is taken over unless all rows are good or the person said to skip the bad ones.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use csv::ByteRecord;
use holdfast_domain::barcode;
use holdfast_domain::bounded::{Barcode, Category, Description, Label, Sku, TaxClass};
use holdfast_domain::catalog::{
    CatalogError, Component, PriceRule, Product, ProductDetails, StockRule, Unit, Variant,
};
use holdfast_money::{Quantity, UnitPrice, parse_decimal};
use holdfast_protocol::wire::{Wire, Wired};

/// The largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// The most rows of one file.
pub const ROWS_MAX: usize = 500_000;
/// The most barcodes of one product.
pub const BARCODES_MAX: usize = 32;

/// Why a file is not imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(
        "HF-IMP-001 {name} cannot be read as CSV; check the path and that it is a CSV file with a header row"
    )]
    Unreadable {
        name: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "HF-IMP-002 the file has no column `{column}` for {field}; it has: {found}; name another one with --map {field}=Column"
    )]
    ColumnMissing { field: Field, column: String, found: String },
    #[error(
        "HF-IMP-003 the mapping `{mapping}` cannot be used: {problem}; write --map field=Column with a field of: {}",
        Field::names()
    )]
    Mapping { mapping: String, problem: &'static str },
    #[error("HF-IMP-004 the file has more than {limit} {unit}; split it")]
    TooLarge { limit: u64, unit: &'static str },
    #[error(
        "HF-IMP-005 nothing was imported because {bad} of {rows} rows are bad; correct them, or leave them out with --skip-bad-rows"
    )]
    BadRows { bad: usize, rows: usize },
    #[error("HF-IMP-006 the file has no product that can be imported")]
    Empty,
    #[error("HF-IMP-007 products, price lists and promotions do not go together; nothing was imported")]
    Contradiction(#[source] CatalogError),
    #[error("HF-IMP-008 {name} is not a {what}; correct the file and import it again")]
    NotThat {
        name: String,
        what: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a column can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Sku,
    Description,
    Barcode,
    Unit,
    TaxClass,
    UnitPrice,
    Stock,
    Category,
    Variant,
    PriceRule,
    Deposit,
    MinimumAge,
    Components,
}

impl Field {
    pub const ALL: [Self; 13] = [
        Self::Sku,
        Self::Description,
        Self::Barcode,
        Self::Unit,
        Self::TaxClass,
        Self::UnitPrice,
        Self::Stock,
        Self::Category,
        Self::Variant,
        Self::PriceRule,
        Self::Deposit,
        Self::MinimumAge,
        Self::Components,
    ];

    /// Its name in mappings, and its column where no mapping says otherwise.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sku => "sku",
            Self::Description => "description",
            Self::Barcode => "barcode",
            Self::Unit => "unit",
            Self::TaxClass => "tax_class",
            Self::UnitPrice => "unit_price",
            Self::Stock => "stock",
            Self::Category => "category",
            Self::Variant => "variant",
            Self::PriceRule => "price_rule",
            Self::Deposit => "deposit",
            Self::MinimumAge => "minimum_age",
            Self::Components => "components",
        }
    }

    /// Columns that a file may do without: no barcode, by the piece, the standard rate, counted at the counter, and
    /// nothing of what most products do not have.
    fn is_optional(self) -> bool {
        !matches!(self, Self::Sku | Self::Description | Self::UnitPrice)
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which column of the file holds which field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    columns: BTreeMap<Field, String>,
}

impl Mapping {
    /// Reads `field=Column` texts.
    ///
    /// # Errors
    /// HF-IMP-003.
    pub fn parse(texts: &[String]) -> Result<Self, ImportError> {
        let mut columns = BTreeMap::new();
        for text in texts {
            let refuse = |problem| ImportError::Mapping { mapping: text.clone(), problem };
            let (field, column) = text.split_once('=').ok_or_else(|| refuse("it has no ="))?;
            let field = Field::ALL.into_iter().find(|known| known.name() == field.trim());
            let field = field.ok_or_else(|| refuse("the field is unknown"))?;
            if column.trim().is_empty() {
                return Err(refuse("the column is empty"));
            }
            if columns.insert(field, column.trim().to_owned()).is_some() {
                return Err(refuse("the field is mapped twice"));
            }
        }
        Ok(Self { columns })
    }

    fn column(&self, field: Field) -> &str {
        self.columns.get(&field).map_or(field.name(), String::as_str)
    }
}

/// One thing that is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The line of the file on which the row begins, from 1; the header is line 1.
    pub line: u64,
    pub column: String,
    pub code: &'static str,
    pub text: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}, column {}: {} {}", self.line, self.column, self.code, self.text)
    }
}

/// What was read from a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub products: Vec<Product>,
    pub bad: Vec<BadRow>,
    /// Rows of the file, the header not counted.
    pub rows: usize,
}

impl Sheet {
    /// The products to take over.
    ///
    /// # Errors
    /// HF-IMP-005 when rows are bad and none may be skipped, HF-IMP-006.
    pub fn accept(self, skip_bad_rows: bool) -> Result<Vec<Product>, ImportError> {
        if !self.bad.is_empty() && !skip_bad_rows {
            let mut lines: Vec<_> = self.bad.iter().map(|bad| bad.line).collect();
            lines.dedup();
            return Err(ImportError::BadRows { bad: lines.len(), rows: self.rows });
        }
        if self.products.is_empty() { Err(ImportError::Empty) } else { Ok(self.products) }
    }
}

/// Reads a CSV text. `tax_classes` are those that the store has rules for.
///
/// # Errors
/// HF-IMP-001, HF-IMP-002, HF-IMP-004; bad rows are in the sheet.
pub fn read(
    name: &str,
    bytes: &[u8],
    mapping: &Mapping,
    tax_classes: &[TaxClass],
) -> Result<Sheet, ImportError> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(ImportError::TooLarge { limit: FILE_BYTES_MAX, unit: "bytes" });
    }
    // A byte order mark is what spreadsheets put in front of UTF-8.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let unreadable =
        |source: csv::Error| ImportError::Unreadable { name: name.to_owned(), source: source.into() };
    let header = reader.byte_headers().map_err(unreadable)?.clone();
    let columns = columns(&header, mapping)?;
    let mut sheet = Sheet::default();
    let mut seen = Seen::default();
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(sheet),
            Err(error) => return Err(unreadable(error)),
        }
        sheet.rows += 1;
        if sheet.rows > ROWS_MAX {
            return Err(ImportError::TooLarge { limit: ROWS_MAX as u64, unit: "rows" });
        }
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = Row {
            line,
            header_len: header.len(),
            record: &record,
            columns: &columns,
            mapping,
            bad: Vec::new(),
        };
        let product = row.product(tax_classes);
        if let Some(product) = product
            && row.bad.is_empty()
            && seen.takes(&product, &mut row)
        {
            sheet.products.push(product);
        }
        sheet.bad.append(&mut row.bad);
    }
}

impl Field {
    /// Whether it holds numbers of articles, of which one in ten passes for a card's.
    fn names_articles(self) -> bool {
        matches!(self, Self::Sku | Self::Barcode | Self::Components | Self::Deposit)
    }
}

fn columns(header: &ByteRecord, mapping: &Mapping) -> Result<HashMap<Field, usize>, ImportError> {
    let names: Vec<String> =
        header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let mut columns = HashMap::new();
    for field in Field::ALL {
        let column = mapping.column(field);
        match names.iter().position(|name| name.eq_ignore_ascii_case(column)) {
            Some(index) => {
                columns.insert(field, index);
            }
            None if field.is_optional() && !mapping.columns.contains_key(&field) => {}
            None => {
                let found = names.join(", ").chars().take(200).collect();
                return Err(ImportError::ColumnMissing { field, column: column.to_owned(), found });
            }
        }
    }
    Ok(columns)
}

struct Row<'a> {
    line: u64,
    header_len: usize,
    record: &'a ByteRecord,
    columns: &'a HashMap<Field, usize>,
    mapping: &'a Mapping,
    bad: Vec<BadRow>,
}

impl<'a> Row<'a> {
    /// The product, or nothing and the reasons.
    fn product(&mut self, tax_classes: &[TaxClass]) -> Option<Product> {
        if self.record.len() != self.header_len {
            let text = format!(
                "the row has {} fields, the header has {}; check quotes and commas",
                self.record.len(),
                self.header_len
            );
            self.bad.push(BadRow { line: self.line, column: "-".into(), code: "HF-IMP-019", text });
            return None;
        }
        // Every field is looked at before the row is given up, so that a person corrects it once.
        let sku = self.parse(Field::Sku, "HF-IMP-010", |text| Sku::new(text).map_err(|e| e.to_string()));
        let description = self.parse(Field::Description, "HF-IMP-011", |text| {
            Description::new(text).map_err(|e| e.to_string())
        });
        let barcodes = self.parse(Field::Barcode, "HF-IMP-012", barcodes);
        let unit = self.parse(Field::Unit, "HF-IMP-013", unit);
        let tax_class = self.parse(Field::TaxClass, "HF-IMP-014", |text| tax_class(text, tax_classes));
        let unit_price = self.parse(Field::UnitPrice, "HF-IMP-015", |text| {
            parse_decimal(text).and_then(UnitPrice::new).map_err(|e| e.to_string())
        });
        let components = self.parse(Field::Components, "HF-IMP-020", components);
        let stock = self.parse(Field::Stock, "HF-IMP-016", |text| match components.clone() {
            Some(components) if !components.is_empty() => bundle(text, components),
            _ => stock(text),
        });
        let details = self.details();
        Some(Product {
            sku: sku?,
            description: description?,
            barcodes: barcodes?,
            unit: unit?,
            tax_class: tax_class?,
            unit_price: unit_price?,
            stock: stock?,
            details: details?,
        })
    }

    /// What most products have nothing of.
    fn details(&mut self) -> Option<ProductDetails> {
        fn optional<T>(
            parse: impl Fn(&str) -> Result<T, String>,
        ) -> impl Fn(&str) -> Result<Option<T>, String> {
            move |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
        }
        let category = self.parse(
            Field::Category,
            "HF-IMP-021",
            optional(|text| Category::new(text).map_err(|e| e.to_string())),
        );
        let variant = self.parse(Field::Variant, "HF-IMP-021", optional(variant));
        let price_rule = self.parse(Field::PriceRule, "HF-IMP-022", price_rule);
        let deposit = self.parse(
            Field::Deposit,
            "HF-IMP-010",
            optional(|text| Sku::new(text).map_err(|e| e.to_string())),
        );
        let minimum_age = self.parse(
            Field::MinimumAge,
            "HF-IMP-023",
            optional(|text| match text.parse() {
                Ok(years @ 1..=99_u8) => Ok(years),
                _ => Err(format!("`{}` is not an age; write whole years, 1 to 99", short(text))),
            }),
        );
        Some(ProductDetails {
            category: category?,
            variant: variant?,
            price_rule: price_rule?,
            deposit: deposit?,
            minimum_age: minimum_age?,
        })
    }

    fn parse<T>(
        &mut self,
        field: Field,
        code: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let bytes = self.columns.get(&field).and_then(|index| self.record.get(*index)).unwrap_or_default();
        let parsed = match std::str::from_utf8(bytes) {
            Ok(text) if !field.names_articles() && holdfast_pan::holds_pan(text) => {
                Err("it looks like a card's number, which is never kept".to_owned())
            }
            Ok(text) => parse(text.trim()),
            Err(_) => {
                self.refuse(field, "HF-IMP-019", "the field is not UTF-8; save the file as UTF-8".into());
                return None;
            }
        };
        match parsed {
            Ok(value) => Some(value),
            Err(text) => {
                self.refuse(field, code, text);
                None
            }
        }
    }

    fn refuse(&mut self, field: Field, code: &'static str, text: String) {
        let column = self.mapping.column(field).to_owned();
        self.bad.push(BadRow { line: self.line, column, code, text });
    }
}

fn barcodes(text: &str) -> Result<Vec<Barcode>, String> {
    let mut barcodes = Vec::new();
    for part in text.split('|').map(str::trim).filter(|part| !part.is_empty()) {
        let barcode = Barcode::new(part).map_err(|e| e.to_string())?;
        check_digit_is_right(part)?;
        if !barcodes.contains(&barcode) {
            barcodes.push(barcode);
        }
    }
    if barcodes.len() > BARCODES_MAX {
        return Err(format!("there are more than {BARCODES_MAX} barcodes"));
    }
    Ok(barcodes)
}

/// Codes of twelve digits and more are numbers of GS1, which end with a check digit; shorter ones and those of the prefixes
/// for use in the store are the store's own.
fn check_digit_is_right(code: &str) -> Result<(), String> {
    let own = code.len() < 12 || code.starts_with('2') || code.starts_with("02") || code.starts_with("04");
    if own || !barcode::is_gtin_shaped(code) || barcode::is_gtin(code) {
        return Ok(());
    }
    let right = barcode::check_digit(&code[..code.len() - 1]).unwrap_or_default();
    Err(format!("{code} does not end with its check digit, which would be {right}; look at the goods again"))
}

/// `family: name`, such as `shirt: red, L`.
fn variant(text: &str) -> Result<Variant, String> {
    let (family, name) = text.split_once(':').ok_or_else(|| {
        format!("`{}` is not a variant; write the family, a colon and what this one is", short(text))
    })?;
    let label = |text: &str| Label::new(text).map_err(|e| e.to_string());
    Ok(Variant { family: label(family)?, name: label(name)? })
}

fn price_rule(text: &str) -> Result<PriceRule, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "listed" => Ok(PriceRule::Listed),
        "open" => Ok(PriceRule::Open),
        other => Err(format!("the price rule `{}` is unknown; write listed or open", short(other))),
    }
}

/// `85123A*2|22423*1`: parts of a bundle, each with how many of it are in one.
fn components(text: &str) -> Result<Vec<Component>, String> {
    let parts = text.split('|').map(str::trim).filter(|part| !part.is_empty());
    let part = |part: &str| {
        let (sku, quantity) = part.rsplit_once('*').unwrap_or((part, "1"));
        let quantity = parse_decimal(quantity.trim()).and_then(Quantity::new).map_err(|e| e.to_string())?;
        if !quantity.is_positive() {
            return Err(format!("a bundle has more than nothing of {}", short(sku)));
        }
        let sku = Sku::new(sku).map_err(|e| e.to_string())?;
        Ok(Component { sku, quantity, rule: StockRule::Untracked })
    };
    parts.map(part).collect()
}

fn bundle(text: &str, components: Vec<Component>) -> Result<StockRule, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "bundle" => Ok(StockRule::Bundle { components }),
        other => {
            Err(format!("what has components is a bundle, not `{}`; leave the stock rule out", short(other)))
        }
    }
}

/// A price book or a tax table: JSON in the form that the documents of the hub's formats give.
///
/// # Errors
/// HF-IMP-008 with the place in the file.
pub fn read_json<T: Wire>(name: &str, what: &'static str, bytes: &[u8]) -> Result<T, ImportError> {
    let not_that = |source: Box<dyn std::error::Error + Send + Sync>| ImportError::NotThat {
        name: name.to_owned(),
        what,
        source,
    };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read: Wired<T> =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| not_that(error.into()))?;
    deserializer.end().map_err(|error| not_that(error.into()))?;
    Ok(read.0)
}

fn unit(text: &str) -> Result<Unit, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "piece" | "pc" | "pcs" | "each" => Ok(Unit::Piece),
        "kg" | "kilogram" => Ok(Unit::Kilogram),
        "l" | "litre" | "liter" => Ok(Unit::Litre),
        "m" | "metre" | "meter" => Ok(Unit::Metre),
        other => Err(format!("the unit `{}` is unknown; write piece, kg, l or m", short(other))),
    }
}

fn stock(text: &str) -> Result<StockRule, String> {
    match text.to_ascii_lowercase().as_str() {
        "bundle" => Err("a bundle names its components; add the column components".to_owned()),
        "" | "counter" => Ok(StockRule::Counter),
        "strict" => Ok(StockRule::Strict),
        "untracked" | "none" => Ok(StockRule::Untracked),
        other => {
            Err(format!("the stock rule `{}` is unknown; write counter, strict or untracked", short(other)))
        }
    }
}

fn tax_class(text: &str, known: &[TaxClass]) -> Result<TaxClass, String> {
    let class = TaxClass::new(if text.is_empty() { "standard" } else { text }).map_err(|e| e.to_string())?;
    if known.contains(&class) {
        return Ok(class);
    }
    let known: Vec<_> = known.iter().map(TaxClass::as_str).collect();
    Err(format!("the store has no tax class `{class}`; it has {}", known.join(", ")))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// What earlier rows have taken.
#[derive(Default)]
struct Seen {
    skus: HashMap<Sku, u64>,
    barcodes: HashMap<Barcode, (Sku, u64)>,
}

impl Seen {
    fn takes(&mut self, product: &Product, row: &mut Row<'_>) -> bool {
        if let Some(line) = self.skus.get(&product.sku) {
            let text = format!("{} is in row {line} already; keep one row for it", product.sku);
            row.refuse(Field::Sku, "HF-IMP-017", text);
            return false;
        }
        if let Some((barcode, (sku, line))) =
            product.barcodes.iter().find_map(|b| Some((b, self.barcodes.get(&barcode::spelling(b))?)))
        {
            let text = format!("{barcode} belongs to {sku} in row {line}; give it to one of them");
            row.refuse(Field::Barcode, "HF-IMP-018", text);
            return false;
        }
        self.skus.insert(product.sku.clone(), row.line);
        for barcode in &product.barcodes {
            self.barcodes.insert(barcode::spelling(barcode), (product.sku.clone(), row.line));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "sku,description,barcode,unit,tax_class,unit_price,stock\n";

    fn classes() -> Vec<TaxClass> {
        ["standard", "reduced"].map(|class| TaxClass::new(class).unwrap()).to_vec()
    }

    fn sheet(rows: &str) -> Sheet {
        read("f.csv", format!("{HEADER}{rows}").as_bytes(), &Mapping::default(), &classes()).unwrap()
    }

    #[test]
    fn good_rows_become_products() {
        let sheet = sheet(
            "a1,\"Tea, green\",4006381333931|952,piece,reduced,2.50,counter\nB2,Müsli loose,,KG,,12.9900,\n",
        );
        assert_eq!(sheet.bad, []);
        let [tea, muesli] = &sheet.products[..] else { panic!("two products") };
        assert_eq!((tea.sku.as_str(), tea.barcodes.len(), tea.unit), ("A1", 2, Unit::Piece));
        assert_eq!(
            (muesli.unit, muesli.stock.clone(), muesli.tax_class.as_str()),
            (Unit::Kilogram, StockRule::Counter, "standard")
        );
        assert_eq!(muesli.unit_price.to_string(), "12.99");
    }

    #[test]
    fn every_bad_field_is_named_with_its_row_column_and_code() {
        for (row, column, code) in [
            (",Tea,,piece,reduced,1,counter", "sku", "HF-IMP-010"),
            ("A,,,piece,reduced,1,counter", "description", "HF-IMP-011"),
            ("A,\"T\u{1b}ea\",,piece,reduced,1,counter", "description", "HF-IMP-011"),
            ("A,Tea,9|ä,piece,reduced,1,counter", "barcode", "HF-IMP-012"),
            ("A,Tea,,dozen,reduced,1,counter", "unit", "HF-IMP-013"),
            ("A,Tea,,piece,luxury,1,counter", "tax_class", "HF-IMP-014"),
            ("A,Tea,,piece,reduced,,counter", "unit_price", "HF-IMP-015"),
            ("A,Tea,,piece,reduced,-1,counter", "unit_price", "HF-IMP-015"),
            ("A,Tea,,piece,reduced,\"1,50\",counter", "unit_price", "HF-IMP-015"),
            ("A,Tea,,piece,reduced,1.00001,counter", "unit_price", "HF-IMP-015"),
            ("A,Tea,,piece,reduced,1e3,counter", "unit_price", "HF-IMP-015"),
            ("A,Tea,,piece,reduced,1,maybe", "stock", "HF-IMP-016"),
            ("OK,Rice,777,piece,reduced,1,counter", "sku", "HF-IMP-017"),
            ("A,Tea,777,piece,reduced,1,counter", "barcode", "HF-IMP-018"),
            ("A,Tea,,piece", "-", "HF-IMP-019"),
        ] {
            let sheet = sheet(&format!("ok,Rice,777,piece,reduced,1,counter\n{row}\n"));
            assert_eq!(sheet.products.len(), 1, "{row}");
            let [bad] = &sheet.bad[..] else { panic!("{row}: {:?}", sheet.bad) };
            assert_eq!((bad.line, bad.column.as_str(), bad.code), (3, column, code), "{row}");
            assert!(matches!(sheet.clone().accept(false), Err(ImportError::BadRows { bad: 1, rows: 2 })));
            assert_eq!(sheet.accept(true).unwrap().len(), 1);
        }
    }

    #[test]
    fn all_faults_of_one_row_are_told_at_once_and_bytes_that_are_no_text_too() {
        assert_eq!(sheet(",,,dozen,luxury,x,maybe\n").bad.len(), 6);
        let latin = [HEADER.as_bytes(), b"A,M\xfcsli,,piece,reduced,1,counter\n"].concat();
        let sheet = read("f.csv", &latin, &Mapping::default(), &classes()).unwrap();
        assert_eq!((sheet.bad[0].code, sheet.bad[0].column.as_str()), ("HF-IMP-019", "description"));
    }

    #[test]
    fn columns_are_mapped_and_missing_ones_are_named() {
        let mapping =
            |texts: &[&str]| Mapping::parse(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        let map = mapping(&["sku=StockCode", "description=Description", "unit_price=UnitPrice"]).unwrap();
        let text = b"InvoiceNo,StockCode,Description,UnitPrice\n1,85123A,HANGING HEART,2.55\n";
        assert_eq!(read("f.csv", text, &map, &classes()).unwrap().products[0].sku.as_str(), "85123A");
        let missing = read("f.csv", text, &Mapping::default(), &classes()).unwrap_err().to_string();
        assert!(missing.starts_with("HF-IMP-002") && missing.contains("StockCode"), "{missing}");
        for bad in ["sku", "colour=C", "sku="] {
            assert!(mapping(&[bad]).unwrap_err().to_string().starts_with("HF-IMP-003"), "{bad}");
        }
        assert!(mapping(&["sku=A", "sku=B"]).is_err());
        assert!(matches!(sheet("").accept(true), Err(ImportError::Empty)));
    }
}
