//! Tax rates and how they are shown and rounded. The seller's settings choose; the sale keeps a snapshot.

use holdfast_money::{Money, Rate};

use crate::bounded::{OrderTag, TaxClass, TaxCode};

/// Whether prices contain their tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxBasis {
    Inclusive,
    Exclusive,
}

/// Where tax is rounded to the minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaxRounding {
    PerLine,
    PerTotal,
}

/// One rate as the store's settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRate {
    pub code: TaxCode,
    pub rate: Rate,
}

/// The rates that apply to one class of goods, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRule {
    pub class: TaxClass,
    pub rates: Vec<TaxRate>,
}

/// What a rate is charged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TaxBase {
    /// The price without taxes.
    #[default]
    Net,
    /// The price and the taxes before it in the rule: a tax on taxes.
    NetAndTaxes,
}

/// One rate of a tax table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxCharge {
    pub code: TaxCode,
    pub rate: Rate,
    pub base: TaxBase,
}

/// The charges on one class of goods, for one tag of an order or for all that have no charges of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxEntry {
    pub class: TaxClass,
    pub tag: Option<OrderTag>,
    pub charges: Vec<TaxCharge>,
}

/// The store's taxes where its profile's plain rates do not say enough.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaxTable {
    pub entries: Vec<TaxEntry>,
}

impl TaxTable {
    /// The charges on a class of goods in an order with this tag.
    pub fn charges(&self, class: &TaxClass, tag: Option<&OrderTag>) -> Option<&[TaxCharge]> {
        let of = |tag: Option<&OrderTag>| {
            self.entries.iter().find(|entry| entry.class == *class && entry.tag.as_ref() == tag)
        };
        let entry = tag.and_then(|tag| of(Some(tag))).or_else(|| of(None))?;
        Some(&entry.charges)
    }

    /// Whether any order with this tag is taxed differently: a tag that no entry names is a mistake.
    pub fn knows(&self, tag: &OrderTag) -> bool {
        self.entries.iter().any(|entry| entry.tag.as_ref() == Some(tag))
    }
}

/// The tax of one rate on one line, as applied: a snapshot, never a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedTax {
    pub code: TaxCode,
    pub rate: Rate,
    pub tax: Money,
}

/// Net, tax and gross of one rate over a whole transaction, as the receipt shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxTotal {
    pub code: TaxCode,
    pub rate: Rate,
    pub net: Money,
    pub tax: Money,
}
