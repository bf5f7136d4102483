//! What the store sells: products by number and by barcode, with the price lists and promotions of one version.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use holdfast_money::{Quantity, UnitPrice};

use crate::barcode::{Embedded, MeasureLayout, spelling};
use crate::bounded::{Barcode, Category, Description, Label, PromotionCode, Sku, TaxClass};
use crate::price_list::PriceList;
use crate::promotion::{PROMOTIONS_MAX, Promotion};

/// The most components of one bundle.
pub const COMPONENTS_MAX: usize = 50;

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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StockRule {
    /// Goods at the counter are never refused: stock may go below zero, with a warning.
    Counter,
    /// Refused when nothing is available, even at the counter.
    Strict,
    /// Services, fees, deposits and open-price items carry no stock.
    Untracked,
    /// What is sold as one and counted as its parts.
    Bundle { components: Vec<Component> },
}

impl StockRule {
    /// Whether goods of this rule have a stock of their own: a bundle has that of its parts.
    pub fn is_counted(&self) -> bool {
        matches!(self, Self::Counter | Self::Strict)
    }
}

/// A part of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Component {
    pub sku: Sku,
    /// In one bundle.
    pub quantity: Quantity,
    /// The part's own rule, never a bundle; the catalog fills it in.
    pub rule: StockRule,
}

/// Where the price of a product comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PriceRule {
    #[default]
    Listed,
    /// Whoever sells it says what it costs.
    Open,
}

/// One of several forms of a product, such as sizes and colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// What the forms have in common.
    pub family: Label,
    /// What this one is, such as `red, L`.
    pub name: Label,
}

/// What most products have nothing of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProductDetails {
    pub category: Option<Category>,
    pub variant: Option<Variant>,
    pub price_rule: PriceRule,
    /// The deposit item that is sold with each one, such as a bottle's.
    pub deposit: Option<Sku>,
    /// Years that a customer must be old.
    pub minimum_age: Option<u8>,
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
    pub details: ProductDetails,
}

/// How a line names its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemRef {
    Sku(Sku),
    Barcode(Barcode),
}

/// As it was typed or scanned.
impl fmt::Display for ItemRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sku(sku) => sku.fmt(f),
            Self::Barcode(barcode) => barcode.fmt(f),
        }
    }
}

/// What is priced beyond each product's own price, and how the store's own codes are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PriceBook {
    pub lists: Vec<PriceList>,
    pub promotions: Vec<Promotion>,
    pub layouts: Vec<MeasureLayout>,
}

/// One version of the store's catalog. Products are found by number or by any of their barcodes.
#[derive(Debug, Clone)]
pub struct Catalog {
    version: u64,
    price_list: Label,
    products: BTreeMap<Sku, Product>,
    by_barcode: BTreeMap<Barcode, Sku>,
    book: PriceBook,
}

/// A product as it was named, with what its label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    pub product: &'a Product,
    pub embedded: Option<Embedded>,
}

/// Why products do not make a catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    #[error("product number {sku} is there twice; keep one row for it")]
    DuplicateSku { sku: Sku },
    #[error("barcode {barcode} belongs to both {first} and {second}; give it to one of them")]
    SharedBarcode { barcode: Barcode, first: Sku, second: Sku },
    #[error(
        "bundle {sku} is not made of other products of the catalog that are no bundles, sold by the piece; correct its parts"
    )]
    UnsoundBundle { sku: Sku },
    #[error(
        "product {sku} has the deposit {deposit}, which the catalog does not have; add it or leave it out"
    )]
    DepositMissing { sku: Sku, deposit: Sku },
    #[error("price list {code} is there twice; keep one")]
    DuplicatePriceList { code: Label },
    #[error("promotion {code} is there twice; keep one")]
    DuplicatePromotion { code: PromotionCode },
    #[error("promotion {code} cannot be used: {fault}")]
    UnsoundPromotion { code: PromotionCode, fault: &'static str },
    #[error("the store has more than {max} promotions; leave out those that are over")]
    TooManyPromotions { max: usize },
    #[error(
        "the in-store code {prefix} is not thirteen digits of prefix (02 or 20 to 29), item, value and check digit; correct its parts"
    )]
    UnsoundLayout { prefix: Barcode },
}

impl Catalog {
    /// The catalog of a store that has none yet.
    pub fn empty() -> Self {
        Self {
            version: 0,
            price_list: standard(),
            products: BTreeMap::new(),
            by_barcode: BTreeMap::new(),
            book: PriceBook::default(),
        }
    }

    /// # Errors
    /// [`CatalogError`] when a product number or a barcode is not unique, or a bundle or deposit names what is not there.
    pub fn new(version: u64, products: impl IntoIterator<Item = Product>) -> Result<Self, CatalogError> {
        let mut catalog = Self { version, ..Self::empty() };
        for product in products {
            for barcode in &product.barcodes {
                let taken = catalog.by_barcode.insert(spelling(barcode), product.sku.clone());
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
        catalog.check_deposits()?;
        catalog.join_bundles()?;
        Ok(catalog)
    }

    /// Adds price lists, promotions and in-store codes.
    ///
    /// # Errors
    /// [`CatalogError`] when codes are not unique or a promotion or layout makes no sense.
    pub fn with_book(mut self, mut book: PriceBook) -> Result<Self, CatalogError> {
        let mut lists = BTreeSet::new();
        if let Some(twice) = book.lists.iter().find(|list| !lists.insert(&list.code)) {
            return Err(CatalogError::DuplicatePriceList { code: twice.code.clone() });
        }
        if book.promotions.len() > PROMOTIONS_MAX {
            return Err(CatalogError::TooManyPromotions { max: PROMOTIONS_MAX });
        }
        let mut codes = BTreeSet::new();
        for promotion in &book.promotions {
            let code = &promotion.code;
            if !codes.insert(code) {
                return Err(CatalogError::DuplicatePromotion { code: code.clone() });
            }
            if let Some(fault) = promotion.fault() {
                return Err(CatalogError::UnsoundPromotion { code: code.clone(), fault });
            }
        }
        if let Some(unsound) = book.layouts.iter().find(|layout| !layout.is_sound()) {
            return Err(CatalogError::UnsoundLayout { prefix: unsound.prefix.clone() });
        }
        book.promotions.sort_by(|a, b| (a.priority, &a.code).cmp(&(b.priority, &b.code)));
        self.book = book;
        Ok(self)
    }

    fn check_deposits(&self) -> Result<(), CatalogError> {
        for product in self.products.values() {
            if let Some(deposit) = &product.details.deposit
                && !self.products.contains_key(deposit)
            {
                let (sku, deposit) = (product.sku.clone(), deposit.clone());
                return Err(CatalogError::DepositMissing { sku, deposit });
            }
        }
        Ok(())
    }

    /// Gives every part of a bundle the stock rule of its product.
    fn join_bundles(&mut self) -> Result<(), CatalogError> {
        let is_bundle = |product: &&Product| matches!(product.stock, StockRule::Bundle { .. });
        let bundles: Vec<Product> = self.products.values().filter(is_bundle).cloned().collect();
        for mut bundle in bundles {
            let unsound = || CatalogError::UnsoundBundle { sku: bundle.sku.clone() };
            let StockRule::Bundle { components } = &bundle.stock else { continue };
            if bundle.unit.divisible() || components.is_empty() || components.len() > COMPONENTS_MAX {
                return Err(unsound());
            }
            let mut joined = Vec::with_capacity(components.len());
            for part in components {
                let product = self.products.get(&part.sku).ok_or_else(unsound)?;
                let whole = product.unit.divisible() || part.quantity.is_whole();
                if is_bundle(&product) || !part.quantity.is_positive() || !whole {
                    return Err(unsound());
                }
                joined.push(Component { rule: product.stock.clone(), ..part.clone() });
            }
            bundle.stock = StockRule::Bundle { components: joined };
            self.products.insert(bundle.sku.clone(), bundle);
        }
        Ok(())
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// The price list that its prices belong to.
    pub fn price_list(&self) -> &Label {
        &self.price_list
    }

    pub fn find(&self, item: &ItemRef) -> Option<&Product> {
        self.scan(item).map(|found| found.product)
    }

    /// The product that is named, by its number, by a barcode, or by one of the store's own codes with a value in it.
    pub fn scan(&self, item: &ItemRef) -> Option<Found<'_>> {
        let barcode = match item {
            ItemRef::Sku(sku) => {
                return self.products.get(sku).map(|product| Found { product, embedded: None });
            }
            ItemRef::Barcode(barcode) => barcode,
        };
        if let Some(product) = self.by_barcode.get(&spelling(barcode)).and_then(|sku| self.products.get(sku))
        {
            return Some(Found { product, embedded: None });
        }
        self.book.layouts.iter().find_map(|layout| {
            let (code, embedded) = layout.read(barcode)?;
            let product = self.products.get(self.by_barcode.get(&spelling(&code))?)?;
            Some(Found { product, embedded: Some(embedded) })
        })
    }

    pub fn book(&self) -> &PriceBook {
        &self.book
    }

    pub fn products(&self) -> impl ExactSizeIterator<Item = &Product> {
        self.products.values()
    }
}

fn standard() -> Label {
    Label::new("standard").expect("a constant name within its limit")
}
