//! What a manager changes at the store while the shop goes on: HQ is not asked, and is told what to look at.

use holdfast_money::UnitPrice;

use crate::bounded::{Barcode, Description, Reason, Sku, TaxClass};
use crate::calendar::LocalTime;
use crate::catalog::{Product, Unit};

/// A change of the catalog. Each is a snapshot: HQ need not have the catalog that it was made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogChange {
    /// Something that lies on the counter and is in no catalog.
    ItemAdded { item: Box<AddedItem> },
    /// Cheaper from now on, for everybody, until a time of the store's clock where one was said.
    MarkedDown { sku: Sku, before: UnitPrice, after: UnitPrice, until: Option<LocalTime>, reason: Reason },
}

/// What HQ needs to know of a product that a store added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedItem {
    pub sku: Sku,
    pub description: Description,
    pub barcodes: Vec<Barcode>,
    pub unit: Unit,
    pub tax_class: TaxClass,
    pub unit_price: UnitPrice,
}

impl From<&Product> for AddedItem {
    fn from(product: &Product) -> Self {
        Self {
            sku: product.sku.clone(),
            description: product.description.clone(),
            barcodes: product.barcodes.clone(),
            unit: product.unit,
            tax_class: product.tax_class.clone(),
            unit_price: product.unit_price,
        }
    }
}

/// The catalog that a change leads to: a synced file, made from the version `base`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmendedCatalog {
    pub base: u64,
    pub content_hash: [u8; 32],
    pub products: u32,
}
