//! Stored value: gift cards and store credit. The store owes it to whoever brings the number, and it is outside turnover and
//! tax until it is redeemed (a multi-purpose voucher, Directive (EU) 2016/1065).
//!
//! VAL-1: the balance of an account is what was issued, less what was redeemed, plus what was given back to it, and is
//! never below zero.

use holdfast_money::Money;

use crate::bounded::{TenderCode, ValueNumber};
use crate::ids::ShiftId;
use crate::receipt::ReceiptSource;
use crate::shift::Mode;
use crate::tender::{Payment, TenderInput};

/// What an account is to whoever holds its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// Bought, for whoever it is given to.
    GiftCard,
    /// What the store owes a customer, as for goods that came back.
    StoreCredit,
}

impl ValueKind {
    /// The tender of the store's list that it is redeemed and given back with.
    pub fn code(self) -> TenderCode {
        let code = match self {
            Self::GiftCard => "gift-card",
            Self::StoreCredit => "store-credit",
        };
        TenderCode::new(code).expect("both codes are short and plain")
    }
}

/// Whether an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueStanding {
    Open,
    /// Lost, stolen or in doubt. What goes back to it waits there.
    Blocked,
}

/// One gift card or store credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueAccount {
    pub kind: ValueKind,
    /// An account of training pays in training only.
    pub mode: Mode,
    pub standing: ValueStanding,
    pub balance: Money,
    /// Paid for, less what was post-voided.
    pub issued: Money,
    pub redeemed: Money,
    /// Given back by returns and post-voids.
    pub refunded: Money,
}

impl ValueAccount {
    pub fn new(kind: ValueKind, mode: Mode, like: Money) -> Self {
        let zero = Money::zero(like.currency());
        Self {
            kind,
            mode,
            standing: ValueStanding::Open,
            balance: zero,
            issued: zero,
            redeemed: zero,
            refunded: zero,
        }
    }

    /// VAL-1 for this account.
    pub fn is_sound(&self) -> bool {
        self.balance == self.issued - self.redeemed + self.refunded && !self.balance.is_negative()
    }
}

/// An issue that can still be post-voided: its shift is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueIssue {
    pub account: ValueNumber,
    pub shift: ShiftId,
    pub payment: Payment,
    pub fate: IssueFate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueFate {
    Standing,
    PostVoided,
}

/// Stored value that one shift issued and took. All amounts are positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueFlow {
    pub issued: Money,
    /// Issues that were post-voided.
    pub voided: Money,
    pub redeemed: Money,
    /// Given back by returns and post-voids.
    pub refunded: Money,
}

impl ValueFlow {
    /// Nothing yet, in the currency of `like`.
    pub fn none(like: Money) -> Self {
        let zero = Money::zero(like.currency());
        Self { issued: zero, voided: zero, redeemed: zero, refunded: zero }
    }

    pub fn is_none(&self) -> bool {
        *self == Self::none(self.issued)
    }

    /// What customers paid for stored value, less what they were given back for it.
    pub fn sold(&self) -> Money {
        self.issued - self.voided
    }

    /// By how much the store owes more (or less, when negative) because of it.
    pub fn sum(&self) -> Money {
        self.sold() - self.redeemed + self.refunded
    }
}

/// A gift card or store credit is paid for: a new account, or more on one that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueValue {
    /// Minted by the till, or read from the card.
    pub account: ValueNumber,
    pub kind: ValueKind,
    pub amount: Money,
    pub tenders: Vec<TenderInput>,
    pub receipt: ReceiptSource,
}
