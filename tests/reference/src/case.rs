//! The form of the vectors: what is priced.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::number::Decimal;

/// One basket in one store with one catalog, and how it comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub store: Store,
    pub catalog: Catalog,
    pub basket: Basket,
    /// Each return, in the order in which they happen.
    pub returns: Vec<Vec<Returned>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub currency: String,
    pub basis: Basis,
    pub tax_rounding: TaxRounding,
    /// The smallest coin.
    pub cash_step: Decimal,
    pub taxes: Vec<TaxRule>,
}

impl Store {
    /// How many decimals the currency has.
    pub fn exponent(&self) -> Result<u32> {
        Ok(match self.currency.as_str() {
            "JPY" | "KRW" => 0,
            "EUR" | "GBP" | "USD" | "CHF" | "SEK" | "CAD" => 2,
            "KWD" | "TND" => 3,
            other => bail!("the reference does not know the currency {other}"),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    Inclusive,
    Exclusive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    PerLine,
    PerTotal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRule {
    pub class: String,
    pub tag: Option<String>,
    pub rates: Vec<TaxRate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    pub code: String,
    pub rate: Decimal,
    pub base: TaxBase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxBase {
    Net,
    NetAndTaxes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    pub products: Vec<Product>,
    pub price_lists: Vec<PriceList>,
    pub promotions: Vec<Promotion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub sku: String,
    pub category: Option<String>,
    pub unit: Measure,
    pub tax_class: String,
    pub unit_price: Decimal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Piece,
    Kilogram,
    Litre,
    Metre,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    pub code: String,
    pub priority: u32,
    pub group: Option<String>,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    pub prices: Vec<ListedPrice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedPrice {
    pub sku: String,
    pub unit_price: Decimal,
}

/// A local date and minute of its day. Dates are spelled `2026-11-28`, so that their text has their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    pub date: String,
    pub minute: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    pub code: String,
    pub name: String,
    pub priority: u32,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
    /// Empty is every day.
    pub weekdays: Vec<Weekday>,
    pub hours: Option<Hours>,
    pub group: Option<String>,
    pub coupon: Option<Coupon>,
    pub limit: Option<u32>,
    pub combination: Combination,
    pub family: Option<String>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub from_minute: u16,
    pub until_minute: u16,
}

/// How often a coupon may be used is a matter of the store's books; one basket's price does not depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coupon {
    pub code: String,
    pub uses_max: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combination {
    WithOthers,
    Alone,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    ItemOff { items: Items, off: Off },
    GroupPrice { items: Items, count: u32, price: Decimal },
    GroupOff { items: Items, count: u32, reduced: u32, rate: Decimal },
    BuyGet { buy: Items, buy_count: u32, get: Items, get_count: u32, rate: Decimal },
    BasketOff { items: Items, threshold: Decimal, off: BasketOff },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Items {
    All,
    Skus(Vec<String>),
    Categories(Vec<String>),
}

impl Items {
    /// Whether the selector names the product.
    pub fn name(&self, product: &Product) -> bool {
        match self {
            Self::All => true,
            Self::Skus(skus) => skus.contains(&product.sku),
            Self::Categories(wanted) => product.category.as_ref().is_some_and(|own| wanted.contains(own)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Off {
    Percent { rate: Decimal },
    Amount { amount: Decimal },
    Price { price: Decimal },
}

/// What a basket promotion takes off, and what a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BasketOff {
    Percent { rate: Decimal },
    Amount { amount: Decimal },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    pub now: Moment,
    pub tag: Option<String>,
    pub group: Option<String>,
    pub coupons: Vec<String>,
    pub exempt: bool,
    pub discount: Option<BasketOff>,
    pub lines: Vec<BasketLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasketLine {
    pub number: u32,
    pub sku: String,
    pub quantity: Decimal,
    /// A unit price that somebody set.
    #[serde(rename = "override")]
    pub set_price: Option<Decimal>,
    pub discount: Option<BasketOff>,
    pub voided: bool,
    /// What the line was priced at before, where the basket is open and is priced again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub had: Option<HadPrice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HadPrice {
    pub list: String,
    pub unit_price: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    pub line: u32,
    pub quantity: Decimal,
}
