//! Tax rates and how they are shown and rounded. The seller's settings choose; the sale keeps a snapshot.

use holdfast_money::{Money, Rate};

use crate::bounded::{TaxClass, TaxCode};

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
