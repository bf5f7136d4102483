//! The form of the vectors: what the price is.

use serde::{Deserialize, Serialize};

use crate::case::{Basket, Case, Catalog, Returned, Store};
use crate::number::Decimal;

/// A case with its name and its answer, as the files of `tests/vectors` hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// A sentence that says what the case shows.
    pub name: String,
    pub store: Store,
    pub catalog: Catalog,
    pub basket: Basket,
    pub returns: Vec<Vec<Returned>>,
    pub expected: Expected,
}

impl Vector {
    pub fn new(name: String, case: Case, expected: Expected) -> Self {
        let Case { store, catalog, basket, returns } = case;
        Self { name, store, catalog, basket, returns, expected }
    }

    /// What is priced.
    pub fn case(&self) -> Case {
        Case {
            store: self.store.clone(),
            catalog: self.catalog.clone(),
            basket: self.basket.clone(),
            returns: self.returns.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub lines: Vec<ExpectedLine>,
    pub totals: Totals,
    /// In cash.
    pub payable: Decimal,
    pub promotions: Vec<Said>,
    pub refunds: Vec<Refund>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedLine {
    pub number: u32,
    /// Null where somebody set the price.
    pub price_list: Option<String>,
    pub unit_price: Decimal,
    pub extended: Decimal,
    /// What a person took off the line.
    pub manual: Decimal,
    /// What each promotion took off the line, without those that took nothing.
    pub promotions: Vec<LinePromotion>,
    pub basket_discount: Decimal,
    pub taxes: Vec<LineTax>,
    pub net: Decimal,
    pub gross: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinePromotion {
    pub code: String,
    pub amount: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineTax {
    pub code: String,
    pub rate: Decimal,
    pub tax: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    pub net: Decimal,
    pub tax: Decimal,
    pub gross: Decimal,
    pub discount: Decimal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub code: String,
    pub outcome: Outcome,
    pub amount: Option<Decimal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Applied,
    NotNow,
    OtherGroup,
    CouponMissing,
    NothingMatches,
    TooFew,
    BelowThreshold,
    AnotherIsBetter,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    pub net: Decimal,
    pub tax: Decimal,
    pub gross: Decimal,
    pub cash: Decimal,
}
