//! A catalog out of receipts, for `holdfast-hub import catalog`: what was sold, as it was called, at its usual price.

use std::collections::BTreeMap;
use std::path::Path;

use holdfast_domain::bounded::{Description, Sku};
use holdfast_money::UnitPrice;

use super::receipts::Receipts;
use crate::error::TillError;

/// The header that the hub's import reads without a mapping.
pub const HEADER: [&str; 7] = ["sku", "description", "barcode", "unit", "tax_class", "unit_price", "stock"];

/// Codes of the receipts that stand for postage, discounts, fees and samples: they carry no stock.
pub const WITHOUT_STOCK: [&str; 8] = ["AMAZONFEE", "BANK CHARGES", "C2", "D", "DOT", "M", "POST", "S"];

/// One product of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub sku: Sku,
    pub description: String,
    pub unit_price: UnitPrice,
    pub carries_stock: bool,
}

/// The products of the receipts in the order of their numbers: the first description that is not empty, the price that
/// most lines have (the lower of two that are as frequent), prices of zero left aside.
pub fn products(receipts: &Receipts) -> Vec<Listed> {
    let mut seen: BTreeMap<&Sku, (Option<String>, BTreeMap<UnitPrice, u32>)> = BTreeMap::new();
    for row in &receipts.rows {
        let (description, prices) = seen.entry(&row.sku).or_default();
        if description.is_none() {
            *description = shown(&row.description);
        }
        if row.price > UnitPrice::ZERO {
            *prices.entry(row.price).or_insert(0) += 1;
        }
    }
    let listed = seen.into_iter().map(|(sku, (description, prices))| {
        let usual = prices.iter().max_by_key(|(price, count)| (**count, std::cmp::Reverse(**price)));
        Listed {
            sku: sku.clone(),
            description: description.unwrap_or_else(|| sku.to_string()),
            unit_price: usual.map_or(UnitPrice::ZERO, |(price, _)| *price),
            carries_stock: !WITHOUT_STOCK.contains(&sku.as_str()),
        }
    });
    listed.collect()
}

/// A description that a hub accepts.
fn shown(text: &str) -> Option<String> {
    let plain: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(Description::MAX).collect();
    Description::new(&plain).ok().map(|description| description.to_string())
}

/// Writes the catalog.
///
/// # Errors
/// [`TillError::File`] when the file cannot be written.
pub fn write(path: &Path, products: &[Listed]) -> Result<(), TillError> {
    let failed = |error: csv::Error| TillError::File {
        path: path.to_path_buf(),
        what: "written",
        source: error.into(),
    };
    let mut writer = csv::Writer::from_path(path).map_err(failed)?;
    writer.write_record(HEADER).map_err(failed)?;
    for product in products {
        let (price, stock) =
            (product.unit_price.to_string(), if product.carries_stock { "counter" } else { "none" });
        let record = [product.sku.as_str(), &product.description, "", "piece", "zero", &price, stock];
        writer.write_record(record).map_err(failed)?;
    }
    writer.flush().map_err(|source| TillError::File { path: path.to_path_buf(), what: "written", source })
}
