//! Lines of baskets: what a till asks for, and the priced snapshot that a sale keeps.

use holdfast_money::{Money, Quantity, Rate, UnitPrice};

use crate::bounded::{Barcode, CouponCode, Description, Label, PromotionCode, Reason, Sku, TaxClass};
use crate::catalog::{Component, ItemRef, StockRule, Unit};
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

impl LineInput {
    /// That much of an item at the catalog's price.
    pub fn of(number: LineNumber, item: ItemRef, quantity: Quantity) -> Self {
        Self {
            number,
            item,
            quantity,
            price: PriceInput::default(),
            discount: DiscountInput::default(),
            fate: LineFate::default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PriceInput {
    /// The catalog's price.
    #[default]
    List,
    /// A price that somebody set, with a reason.
    Override { unit_price: UnitPrice, reason: Reason },
    /// The price of an item that has none of its own.
    Open { unit_price: UnitPrice },
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DiscountInput {
    #[default]
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LineFate {
    #[default]
    Kept,
    /// Taken off again; it stays in the history and counts for nothing.
    Voided { reason: Reason },
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

    /// Whether the product moves stock under its own number; a bundle moves its parts.
    pub fn carries_stock(&self) -> bool {
        self.is_kept() && self.stock.is_counted()
    }

    /// What leaves stock with it, and by which rule: the product itself, the parts of a bundle, or nothing.
    pub fn goods(&self) -> impl Iterator<Item = Goods<'_>> {
        let own = self.stock.is_counted().then_some(Goods {
            sku: &self.sku,
            quantity: self.quantity,
            strict: self.stock == StockRule::Strict,
        });
        let parts: &[Component] = match &self.stock {
            StockRule::Bundle { components } => components,
            _ => &[],
        };
        let parts = parts.iter().filter(|part| part.rule.is_counted()).map(|part| Goods {
            sku: &part.sku,
            quantity: self.quantity.times(part.quantity),
            strict: part.rule == StockRule::Strict,
        });
        own.into_iter().chain(parts).filter(|_| self.is_kept())
    }
}

/// Goods that a line moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Goods<'a> {
    pub sku: &'a Sku,
    pub quantity: Quantity,
    /// Refused when nothing is available, even at the counter.
    pub strict: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppliedPrice {
    List {
        unit_price: UnitPrice,
    },
    Override {
        unit_price: UnitPrice,
        list_price: UnitPrice,
        reason: Reason,
    },
    /// Somebody said what it costs: the item has no price of its own.
    Open {
        unit_price: UnitPrice,
    },
    /// The label of the piece states its price; the quantity follows from the unit price.
    Label {
        unit_price: UnitPrice,
    },
}

impl AppliedPrice {
    pub fn unit_price(&self) -> UnitPrice {
        match self {
            Self::List { unit_price }
            | Self::Override { unit_price, .. }
            | Self::Open { unit_price }
            | Self::Label { unit_price } => *unit_price,
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
    /// More than one thing came off, or something that nobody gave by hand.
    Parts {
        parts: Vec<DiscountPart>,
    },
}

/// One thing that came off a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscountPart {
    pub source: DiscountSource,
    /// Positive.
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscountSource {
    /// Given on the line.
    Line {
        reason: Reason,
    },
    Promotion {
        code: PromotionCode,
        name: Description,
        coupon: Option<CouponCode>,
    },
    /// This line's share of what was given on the whole basket.
    Basket {
        reason: Reason,
    },
}

impl AppliedDiscount {
    /// What came off the line, if anything.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::None => None,
            Self::Percent { amount, .. } | Self::Amount { amount, .. } => Some(*amount),
            Self::Parts { parts } => {
                let first = parts.first()?.amount;
                Some(Money::sum(first.currency(), parts.iter().map(|part| part.amount)))
            }
        }
    }

    /// What somebody gave, on the line or as its share of the basket's. What promotions took off is not among it.
    pub fn by_hand(&self) -> Option<Money> {
        let Self::Parts { parts } = self else { return self.amount() };
        let given = parts.iter().filter(|part| !matches!(part.source, DiscountSource::Promotion { .. }));
        given.map(|part| part.amount).reduce(|sum, part| sum + part)
    }

    /// Every amount in it.
    pub fn amounts_mut(&mut self) -> impl Iterator<Item = &mut Money> {
        let (one, parts): (Option<&mut Money>, &mut [DiscountPart]) = match self {
            Self::None => (None, &mut []),
            Self::Percent { amount, .. } | Self::Amount { amount, .. } => (Some(amount), &mut []),
            Self::Parts { parts } => (None, parts),
        };
        one.into_iter().chain(parts.iter_mut().map(|part| &mut part.amount))
    }
}
