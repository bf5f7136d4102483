//! Cash that enters or leaves a drawer without goods: ARTS POSLog's tender control transactions.

use holdfast_money::Money;

use crate::tender::{Payment, Tender, TenderKind};

/// Why cash moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CashMovement {
    /// Money from outside the shop, as a deposit on crates that a supplier gives back.
    PaidIn,
    /// Money to somebody outside the shop, as a window cleaner.
    PaidOut,
    /// From the drawer into the safe (a pickup).
    Drop,
    /// From the safe into the drawer, as change.
    Loan,
}

impl CashMovement {
    pub const ALL: [Self; 4] = [Self::PaidIn, Self::PaidOut, Self::Drop, Self::Loan];

    /// Whether the drawer holds more afterwards.
    pub fn enters(self) -> bool {
        matches!(self, Self::PaidIn | Self::Loan)
    }

    /// Whether money crosses the shop's own walls, which needs more than a cashier.
    pub fn is_outside(self) -> bool {
        matches!(self, Self::PaidIn | Self::PaidOut)
    }

    /// The money side of a movement of `amount`: negative when it leaves the drawer, as for a refund.
    pub fn payment(self, amount: Money) -> Payment {
        let zero = Money::zero(amount.currency());
        let due = if self.enters() { amount } else { -amount };
        let tenders = vec![Tender { kind: TenderKind::Cash, amount: due }];
        Payment { due, tenders, rounding: zero, change: zero }
    }
}

/// What moved in and out of one drawer beside sales and returns. All amounts are positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashFlow {
    pub paid_in: Money,
    pub paid_out: Money,
    pub dropped: Money,
    pub loaned: Money,
    /// How often the drawer was opened for nothing.
    pub no_sales: u32,
}

impl CashFlow {
    /// Nothing moved yet, in the currency of `like`.
    pub fn none(like: Money) -> Self {
        let zero = Money::zero(like.currency());
        Self { paid_in: zero, paid_out: zero, dropped: zero, loaned: zero, no_sales: 0 }
    }

    pub fn is_none(&self) -> bool {
        *self == Self::none(self.paid_in)
    }

    pub fn add(&mut self, movement: CashMovement, amount: Money) {
        match movement {
            CashMovement::PaidIn => self.paid_in += amount,
            CashMovement::PaidOut => self.paid_out += amount,
            CashMovement::Drop => self.dropped += amount,
            CashMovement::Loan => self.loaned += amount,
        }
    }

    /// What the drawer holds more (or less, when negative) because of it.
    pub fn sum(&self) -> Money {
        self.paid_in + self.loaned - self.paid_out - self.dropped
    }
}

#[cfg(test)]
mod tests {
    use holdfast_money::Currency;

    use super::*;

    #[test]
    fn every_movement_adds_what_its_payment_says() {
        let amount = Money::from_minor(1_250, Currency::EUR);
        for movement in CashMovement::ALL {
            let mut flow = CashFlow::none(amount);
            assert!(flow.is_none());
            flow.add(movement, amount);
            assert!(!flow.is_none());
            assert_eq!(flow.sum(), movement.payment(amount).cash(), "{movement:?}");
            assert_eq!(flow.sum().is_negative(), !movement.enters(), "{movement:?}");
        }
    }
}
