//! Accounts that tenders draw on. Stored value is what the store owes to whoever brings the number: gift cards and store
//! credit, outside turnover and tax until they are redeemed (a multi-purpose voucher, Directive (EU) 2016/1065). A customer's
//! account is what somebody owes the store: it pays up to a limit and is paid off later, which is no turnover again.
//!
//! VAL-1: the balance of an account is what was issued (or paid off), less what was redeemed, plus what was given back to
//! it, and that of stored value is never below zero.

use holdfast_money::Money;

use crate::bounded::{TenderCode, ValueNumber};
use crate::ids::{ShiftId, SubjectId};
use crate::receipt::ReceiptSource;
use crate::shift::Mode;
use crate::tender::{Payment, TenderClass, TenderInput};

/// What an account is to whoever holds its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// Bought, for whoever it is given to.
    GiftCard,
    /// What the store owes a customer, as for goods that came back.
    StoreCredit,
    /// What a customer owes the store: the balance is below zero by that.
    CustomerAccount,
}

impl ValueKind {
    /// The tender of the store's list that it is redeemed and given back with.
    pub fn code(self) -> TenderCode {
        let code = match self {
            Self::GiftCard => "gift-card",
            Self::StoreCredit => "store-credit",
            Self::CustomerAccount => "on-account",
        };
        TenderCode::new(code).expect("the codes are short and plain")
    }

    /// What such a tender is to the rules.
    pub fn class(self) -> TenderClass {
        match self {
            Self::GiftCard | Self::StoreCredit => TenderClass::StoredValue,
            Self::CustomerAccount => TenderClass::OnAccount,
        }
    }
}

/// Whether an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueStanding {
    Open,
    /// Lost, stolen or in doubt. What goes back to it waits there.
    Blocked,
}

/// Whose account it is, and how much they may owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountTerms {
    pub customer: SubjectId,
    /// Zero where nothing more is to be bought on it.
    pub limit: Money,
}

/// One gift card, store credit or customer's account.
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
    /// Of a customer's account only.
    pub terms: Option<AccountTerms>,
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
            terms: None,
        }
    }

    /// VAL-1 for this account. A limit can be lowered below what is owed, so it is held where something is bought.
    pub fn is_sound(&self) -> bool {
        self.balance == self.issued - self.redeemed + self.refunded
            && (self.kind == ValueKind::CustomerAccount || !self.balance.is_negative())
    }

    /// What can still be paid with it.
    pub fn available(&self) -> Money {
        self.balance + self.terms.map_or(Money::zero(self.balance.currency()), |terms| terms.limit)
    }

    /// What its customer owes.
    pub fn owed(&self) -> Money {
        if self.balance.is_negative() { -self.balance } else { Money::zero(self.balance.currency()) }
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

/// What one shift issued and took of stored value, or was paid off and bought on customers' accounts. All amounts are
/// positive.
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

    /// By how much the store owes more (or is owed more, when negative) because of it.
    pub fn sum(&self) -> Money {
        self.sold() - self.redeemed + self.refunded
    }
}

/// A gift card or store credit is paid for: a new account, or more on one that there is. Or a customer pays off some of what
/// they owe on their account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueValue {
    /// Minted by the till, or read from the card.
    pub account: ValueNumber,
    pub kind: ValueKind,
    pub amount: Money,
    pub tenders: Vec<TenderInput>,
    pub receipt: ReceiptSource,
}
