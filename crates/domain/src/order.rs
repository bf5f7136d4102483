//! Orders: what a customer wants.

use holdfast_money::Money;

use crate::bounded::{CouponCode, Label, OrderTag};
use crate::calendar::Timestamp;
use crate::event::Stamp;
use crate::ids::{OrderId, SubjectId};
use crate::line::{DiscountInput, Line, LineInput};
use crate::tax::TaxBasis;
use crate::tender::TenderBalance;

/// How the goods reach the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Handed over at the counter when paid; never refused for stock unless the product is strict.
    Counter,
    /// Goods not in hand: click & collect, layaway, delivery. Reserved strictly, handed over by a later step.
    NotInHand,
}

/// The life of an order from the moment the hub knows it. A draft lives at its till.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OrderState {
    /// Stock is reserved, nothing is paid.
    Placed,
    PartlyPaid,
    /// Paid in full, goods not yet handed over.
    Paid,
    /// Paid and handed over.
    Fulfilled,
    /// Given up before payment, and the reservation released; or given back as a whole before it was handed over.
    Cancelled,
}

impl OrderState {
    pub const ALL: [Self; 5] = [Self::Placed, Self::PartlyPaid, Self::Paid, Self::Fulfilled, Self::Cancelled];

    /// The legal transitions: everything that is not in this table is a bug.
    pub const TRANSITIONS: [(Self, Self); 9] = [
        (Self::Placed, Self::PartlyPaid),
        (Self::Placed, Self::Paid),
        (Self::Placed, Self::Fulfilled),
        (Self::Placed, Self::Cancelled),
        (Self::PartlyPaid, Self::PartlyPaid),
        (Self::PartlyPaid, Self::Paid),
        (Self::PartlyPaid, Self::Fulfilled),
        (Self::Paid, Self::Fulfilled),
        (Self::Paid, Self::Cancelled),
    ];

    pub fn may_become(self, next: Self) -> bool {
        Self::TRANSITIONS.contains(&(self, next))
    }

    /// Whether nothing can happen to the order any more.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Fulfilled | Self::Cancelled)
    }

    /// Whether stock is held for it.
    pub fn holds_reservation(self) -> bool {
        matches!(self, Self::Placed | Self::PartlyPaid)
    }
}

/// As a cashier reads it: "the order is …".
impl std::fmt::Display for OrderState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Placed => "not paid yet",
            Self::PartlyPaid => "partly paid",
            Self::Paid => "paid and waits to be handed over",
            Self::Fulfilled => "paid and handed over",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Whether goods are held for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// Until the order is paid or cancelled.
    Held,
    /// Until then; afterwards anybody may have them.
    Until(Timestamp),
    /// Nothing is held any more; the order stays.
    Expired,
}

/// The sums of a basket. `gross = net + tax`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub net: Money,
    pub tax: Money,
    pub gross: Money,
    /// What discounts took off, positive.
    pub discount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub state: OrderState,
    pub placed: Stamp,
    pub recorded_at: Timestamp,
    pub channel: Channel,
    pub customer: Option<SubjectId>,
    pub basis: TaxBasis,
    pub lines: Vec<Line>,
    pub totals: Totals,
    pub paid: Money,
    /// What of it was not paid in cash.
    pub tenders: Vec<TenderBalance>,
    pub revision: u32,
    pub reservation: Reservation,
    pub terms: OrderTerms,
}

impl Order {
    pub fn kept_lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.is_kept())
    }

    /// Whether goods are held for it now.
    pub fn holds_stock(&self) -> bool {
        self.state.holds_reservation() && self.reservation != Reservation::Expired
    }

    pub fn open_amount(&self) -> Money {
        self.totals.gross - self.paid
    }
}

/// Place carries the whole history of the draft's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceOrder {
    pub order: OrderId,
    pub channel: Channel,
    pub customer: Option<SubjectId>,
    pub lines: Vec<LineInput>,
    /// The total that the customer was shown, when the till wants the hub to hold it.
    pub expected_total: Option<Money>,
    /// How long goods that are not in hand are held for the customer; without it until the order is paid or cancelled.
    pub reserve_until: Option<Timestamp>,
    pub terms: Terms,
}

impl PlaceOrder {
    /// These lines, and nothing else asked for.
    pub fn of(order: OrderId, channel: Channel, lines: Vec<LineInput>) -> Self {
        Self {
            order,
            channel,
            customer: None,
            lines,
            expected_total: None,
            reserve_until: None,
            terms: Terms::default(),
        }
    }
}

/// The most coupons of one basket.
pub const COUPONS_MAX: usize = 20;

/// What is asked for the whole basket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Eat-in, delivery and the like, where these change the tax.
    pub tag: Option<OrderTag>,
    /// What the customer presents.
    pub coupons: Vec<CouponCode>,
    /// The number of the certificate that frees the customer from tax.
    pub exemption: Option<Label>,
    /// Given on the whole basket, after promotions.
    pub discount: DiscountInput,
}

/// What holds for a whole order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderTerms {
    pub tag: Option<OrderTag>,
    pub exemption: Option<Label>,
    /// The coupons that took something off, each once.
    pub coupons: Vec<CouponCode>,
}

impl OrderTerms {
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_reached_and_every_closed_state_is_final() {
        for state in OrderState::ALL {
            let reached =
                state == OrderState::Placed || OrderState::TRANSITIONS.iter().any(|(_, to)| *to == state);
            assert!(reached, "{state:?} cannot be reached");
            let leaves = OrderState::TRANSITIONS.iter().any(|(from, _)| *from == state);
            assert_eq!(leaves, !state.is_closed(), "{state:?}");
        }
    }
}
