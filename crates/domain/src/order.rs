//! Orders: what a customer wants.

use holdfast_money::{Money, Quantity, Rate};

use crate::bounded::{CouponCode, Description, Label, OrderTag, PriceGroup, Reason};
use crate::calendar::Timestamp;
use crate::event::Stamp;
use crate::ids::{OrderId, ShiftId, StaffId, SubjectId, TerminalId};
use crate::line::{DiscountInput, Line, LineInput, LineNumber, PriceInput};
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

/// The most orders that the end of a shift lists by their ids.
pub const CARRIED_OVER_MAX: usize = 500;

/// Who took an order in hand, and since when by the hub's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    pub terminal: TerminalId,
    pub operator: StaffId,
    pub shift: ShiftId,
    pub since: Timestamp,
}

/// Which till serves an order. It says who may change what is not paid yet; what is closed is served by nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Custody {
    /// Any till may serve it: goods that are not in hand, and whatever has a deposit, since its customer comes back to
    /// whatever till is free.
    Free,
    /// One till has it. The claim ends with the shift it was made in, and when the till is revoked.
    Held(Holder),
    /// Set aside by `by`; whoever asks first takes it. A closed shift changes nothing about that.
    Parked { label: Label, by: Holder },
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
    pub custody: Custody,
    pub asked: Asked,
    /// The highest age that somebody made sure of.
    pub age_checked: Option<u8>,
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
    /// What is to be done or known besides, such as "no onions". Never who the customer is.
    pub notes: Vec<Note>,
    /// That somebody made sure of the customer's age, where the goods ask for one.
    pub age_check: Option<AgeCheck>,
}

/// The most notes of one basket.
pub const NOTES_MAX: usize = 50;

/// Said about a line, or about the whole basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub line: Option<LineNumber>,
    pub text: Description,
}

/// How somebody made sure that the customer is old enough. A date of birth is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgeCheck {
    /// Obviously old enough.
    ByLook,
    /// By an identity document.
    ByDocument,
}

/// What holds for a whole order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderTerms {
    pub tag: Option<OrderTag>,
    pub exemption: Option<Label>,
    /// The coupons that took something off, each once.
    pub coupons: Vec<CouponCode>,
}

/// What was asked for a basket and cannot be read from its lines and terms. With it the basket can be priced again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The group at whose prices the customer buys.
    pub group: Option<PriceGroup>,
    /// Coupons that were presented and take nothing off as it stands, each once.
    pub unused: Vec<CouponCode>,
    /// On the whole basket.
    pub discount: DiscountInput,
    /// What the percentages of lines were, where the basket's discount came on top.
    pub rates: Vec<AskedRate>,
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedRate {
    pub line: LineNumber,
    pub rate: Rate,
}

impl OrderTerms {
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// An order is set aside under a name that people find it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkOrder {
    pub label: Label,
    pub basket: ParkedBasket,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkedBasket {
    /// Placed by the same command: its stock is reserved, its lines and prices are kept.
    Draft(Box<PlaceOrder>),
    /// At the revision that the till has seen.
    Placed { order: OrderId, revision: u32 },
}

/// An order is changed before anything is paid, at the revision that the till has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditOrder {
    pub order: OrderId,
    pub revision: u32,
    /// Carried out in their order, all of them or none.
    pub edits: Vec<OrderEdit>,
    /// The total that the customer was shown, when the till wants the hub to hold it.
    pub expected_total: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderEdit {
    AddLine(LineInput),
    /// Taken off again; it stays in the history and counts for nothing.
    VoidLine {
        line: LineNumber,
        reason: Reason,
    },
    /// To another quantity. Less than before needs a reason.
    ChangeQuantity {
        line: LineNumber,
        quantity: Quantity,
        reason: Option<Reason>,
    },
    SetPrice {
        line: LineNumber,
        price: PriceInput,
    },
    /// On one line, or on the whole basket.
    SetDiscount {
        line: Option<LineNumber>,
        discount: DiscountInput,
    },
    SetCustomer {
        customer: Option<SubjectId>,
    },
    SetTag {
        tag: Option<OrderTag>,
    },
    /// All that the customer presents, instead of what was presented before.
    SetCoupons {
        coupons: Vec<CouponCode>,
    },
    SetExemption {
        certificate: Option<Label>,
    },
    /// All notes, instead of those before.
    SetNotes {
        notes: Vec<Note>,
    },
    CheckAge {
        how: AgeCheck,
    },
}

/// What an edit did to one line: it came, was voided, has another quantity or price, or another sum was taken off by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineChange {
    pub line: LineNumber,
    /// None for a line that came.
    pub before: Option<Line>,
    /// Why it has another quantity, where somebody said so. Everything else has its reason on the line.
    pub reason: Option<Reason>,
}

/// What a till claims an order with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Nobody has it in hand.
    Parked,
    /// Whoever has it in hand loses it; by permission, unless that till is out of service or its shift is over.
    TakeOver,
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
