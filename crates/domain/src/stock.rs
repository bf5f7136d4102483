//! The stock ledger: double entry. Every movement takes a quantity of one product from one account to another, so the
//! accounts of a product always sum to zero (STK-1). A reservation is a pending movement that is posted or voided once.

use holdfast_money::Quantity;

use std::collections::BTreeSet;

use crate::bounded::{Label, Reason, Sku};
use crate::event::Stamp;
use crate::ids::CountId;

/// Where goods can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// In the store, on hand.
    OnHand,
    /// With customers.
    Sold,
    /// The other side of deliveries, counts, waste and corrections.
    Adjustment,
}

/// The balances of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StockLevel {
    pub on_hand: Quantity,
    pub sold: Quantity,
    pub adjusted: Quantity,
    /// Held for placed orders: pending movements out of on-hand.
    pub reserved: Quantity,
    /// From how much available on the product is to be ordered again; zero for never.
    pub reorder_level: Quantity,
}

impl StockLevel {
    pub fn available(&self) -> Quantity {
        self.on_hand - self.reserved
    }

    pub fn balance(&self, account: Account) -> Quantity {
        match account {
            Account::OnHand => self.on_hand,
            Account::Sold => self.sold,
            Account::Adjustment => self.adjusted,
        }
    }

    /// Carries out one movement.
    pub fn post(&mut self, from: Account, to: Account, quantity: Quantity) {
        *self.account(from) -= quantity;
        *self.account(to) += quantity;
    }

    /// STK-1: movements sum to zero.
    pub fn is_balanced(&self) -> bool {
        (self.on_hand + self.sold + self.adjusted).is_zero()
    }

    fn account(&mut self, account: Account) -> &mut Quantity {
        match account {
            Account::OnHand => &mut self.on_hand,
            Account::Sold => &mut self.sold,
            Account::Adjustment => &mut self.adjusted,
        }
    }
}

/// One product of a stock adjustment: positive adds to on-hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockChange {
    pub sku: Sku,
    pub quantity: Quantity,
}

/// Why stock changed without a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdjustmentReason {
    /// Goods came in.
    Received,
    /// A count found another number.
    Counted,
    /// Broken, spoiled, stolen.
    Waste,
    Other(Reason),
    /// Goods came in on a purchase order.
    Delivered {
        reference: Label,
    },
    /// Thrown away, and why.
    Wasted {
        reason: Reason,
    },
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountScope {
    /// Everything that carries stock.
    Full,
    /// These products only (a cycle count).
    Products(BTreeSet<Sku>),
}

impl CountScope {
    pub fn covers(&self, sku: &Sku) -> bool {
        match self {
            Self::Full => true,
            Self::Products(products) => products.contains(sku),
        }
    }
}

/// The count that is under way: a store has one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCount {
    pub id: CountId,
    pub scope: CountScope,
    pub started: Stamp,
}

/// What was found of one product, and what the books said at that moment: goods that are sold or come in while others are
/// still counted change both in the same way, so the difference stays true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub found: Quantity,
    pub book: Quantity,
}

impl Counted {
    pub fn difference(self) -> Quantity {
        self.found - self.book
    }
}
