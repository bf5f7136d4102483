//! Lines of baskets: what a till asks for, and the priced snapshot that a sale keeps.

use holdfast_money::{Money, Quantity, Rate, UnitPrice};

use crate::bounded::{Barcode, Description, Label, Reason, Sku, TaxClass};
use crate::catalog::{ItemRef, StockRule, Unit};
use crate::tax::AppliedTax;

/// The most lines one basket can have, voided ones included.
pub const LINES_MAX: usize = 2_000;

/// A line's number within its order, given by the till, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineNumber(pub u16);

impl std::fmt::Display for LineNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A line as the till asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineInput {
    pub number: LineNumber,
    pub item: ItemRef,
    /// Always positive; goods that come back are a return.
    pub quantity: Quantity,
    pub price: PriceInput,
    pub discount: DiscountInput,
    pub fate: LineFate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PriceInput {
    /// The catalog's price.
    List,
    /// A price that somebody set, with a reason.
    Override { unit_price: UnitPrice, reason: Reason },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscountInput {
    None,
    Percent {
        rate: Rate,
        reason: Reason,
    },
    /// Off the extended price of the line.
    Amount {
        amount: Money,
        reason: Reason,
    },
}

/// What became of a line before the basket was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFate {
    Kept,
    /// Taken off again; it stays in the history and counts for nothing.
    Voided {
        reason: Reason,
    },
}

/// A priced line: everything a receipt, a return and an audit need, whatever the catalog says later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub number: LineNumber,
    pub sku: Sku,
    pub description: Description,
    pub scanned: Option<Barcode>,
    pub unit: Unit,
    pub stock: StockRule,
    pub quantity: Quantity,
    pub price_list: Label,
    pub price: AppliedPrice,
    /// Unit price times quantity, rounded once.
    pub extended: Money,
    pub discount: AppliedDiscount,
    pub tax_class: TaxClass,
    pub taxes: Vec<AppliedTax>,
    pub net: Money,
    pub gross: Money,
    pub fate: LineFate,
}

impl Line {
    pub fn is_kept(&self) -> bool {
        self.fate == LineFate::Kept
    }

    pub fn tax(&self) -> Money {
        self.gross - self.net
    }

    /// Whether the line moves stock.
    pub fn carries_stock(&self) -> bool {
        self.is_kept() && self.stock != StockRule::Untracked
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppliedPrice {
    List { unit_price: UnitPrice },
    Override { unit_price: UnitPrice, list_price: UnitPrice, reason: Reason },
}

impl AppliedPrice {
    pub fn unit_price(&self) -> UnitPrice {
        match self {
            Self::List { unit_price } | Self::Override { unit_price, .. } => *unit_price,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppliedDiscount {
    None,
    /// `amount` is what came off, positive.
    Percent {
        rate: Rate,
        amount: Money,
        reason: Reason,
    },
    Amount {
        amount: Money,
        reason: Reason,
    },
}

impl AppliedDiscount {
    /// What came off the line, if anything.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::None => None,
            Self::Percent { amount, .. } | Self::Amount { amount, .. } => Some(*amount),
        }
    }
}
