//! What the store sells: products by number and by barcode, at one version.

use std::collections::BTreeMap;

use holdfast_money::UnitPrice;

use crate::bounded::{Barcode, Description, Label, Sku, TaxClass};

/// How a product is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    Piece,
    Kilogram,
    Litre,
    Metre,
}

impl Unit {
    /// Whether a part of one can be sold.
    pub fn divisible(self) -> bool {
        !matches!(self, Self::Piece)
    }
}

/// What stock means for a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StockRule {
    /// Goods at the counter are never refused: stock may go below zero, with a warning.
    Counter,
    /// Refused when nothing is available, even at the counter.
    Strict,
    /// Services, fees, deposits and open-price items carry no stock.
    Untracked,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    pub sku: Sku,
    pub description: Description,
    pub barcodes: Vec<Barcode>,
    pub unit: Unit,
    pub tax_class: TaxClass,
    pub unit_price: UnitPrice,
    pub stock: StockRule,
}

/// How a line names its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemRef {
    Sku(Sku),
    Barcode(Barcode),
}

/// One version of the store's catalog. Products are found by number or by any of their barcodes.
#[derive(Debug, Clone)]
pub struct Catalog {
    version: u64,
    price_list: Label,
    products: BTreeMap<Sku, Product>,
    by_barcode: BTreeMap<Barcode, Sku>,
}

/// Why products do not make a catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    #[error("product number {sku} is there twice; keep one row for it")]
    DuplicateSku { sku: Sku },
    #[error("barcode {barcode} belongs to both {first} and {second}; give it to one of them")]
    SharedBarcode { barcode: Barcode, first: Sku, second: Sku },
}

impl Catalog {
    /// The catalog of a store that has none yet.
    pub fn empty() -> Self {
        Self { version: 0, price_list: standard(), products: BTreeMap::new(), by_barcode: BTreeMap::new() }
    }

    /// # Errors
    /// [`CatalogError`] when a product number or a barcode is not unique.
    pub fn new(version: u64, products: impl IntoIterator<Item = Product>) -> Result<Self, CatalogError> {
        let mut catalog = Self { version, ..Self::empty() };
        for product in products {
            for barcode in &product.barcodes {
                let taken = catalog.by_barcode.insert(barcode.clone(), product.sku.clone());
                if let Some(first) = taken.filter(|first| *first != product.sku) {
                    return Err(CatalogError::SharedBarcode {
                        barcode: barcode.clone(),
                        first,
                        second: product.sku,
                    });
                }
            }
            let sku = product.sku.clone();
            if catalog.products.insert(sku.clone(), product).is_some() {
                return Err(CatalogError::DuplicateSku { sku });
            }
        }
        Ok(catalog)
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// The price list that its prices belong to.
    pub fn price_list(&self) -> &Label {
        &self.price_list
    }

    pub fn find(&self, item: &ItemRef) -> Option<&Product> {
        match item {
            ItemRef::Sku(sku) => self.products.get(sku),
            ItemRef::Barcode(barcode) => self.products.get(self.by_barcode.get(barcode)?),
        }
    }

    pub fn products(&self) -> impl ExactSizeIterator<Item = &Product> {
        self.products.values()
    }
}

fn standard() -> Label {
    Label::new("standard").expect("a constant name within its limit")
}
