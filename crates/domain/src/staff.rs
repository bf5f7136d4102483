//! Who may do what. Names and PIN verifiers live outside the journal.
//!
//! A role is data: what it permits and how far it goes. Three are built in; a store defines others of its own. Where an
//! operator's role does not reach, a second person whose role does may approve the one command.

use std::collections::BTreeSet;
use std::fmt;

use holdfast_money::{Currency, Money, Rate};

use crate::bounded::Label;
use crate::ids::StaffId;

/// The most roles of its own that a store defines.
pub const OWN_ROLES_MAX: usize = 32;

/// What a person types to say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaffNumber(pub u32);

impl fmt::Display for StaffNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a role that a store defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleNumber(pub u16);

impl fmt::Display for RoleNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Cashier,
    Manager,
    Supervisor,
    /// One of the store's own.
    Own(RoleNumber),
}

/// As it is typed.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cashier => f.write_str("cashier"),
            Self::Manager => f.write_str("manager"),
            Self::Supervisor => f.write_str("supervisor"),
            Self::Own(number) => write!(f, "role {number}"),
        }
    }
}

/// What not everybody may do. Selling, parking, cancelling an order, returns by receipt and moving cash to and from the
/// safe need no permission: whoever has a shift open may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    PostVoid,
    ReturnWithoutReceipt,
    /// Waste and corrections.
    AdjustStock,
    DatedShift,
    ReadSubject,
    EraseSubject,
    MoveCash,
    /// Another price than the catalog's, always with a reason.
    OverridePrice,
    /// A discount by hand, up to the role's limits.
    Discount,
    /// Take over an order that another till holds.
    TakeOver,
    ReceiveStock,
    CountStock,
    ReadXReport,
    ManageStaff,
    ManageProducts,
    /// Give cash back for goods, up to the role's limit.
    RefundCash,
    /// Give cash for what was paid with a tender that takes nothing back.
    CashForTender,
    /// See what everybody did: sales, losses, the journal and files of them, on the hub's pages.
    ReadReports,
    /// The day's Z, the end of a payment device's day, and corrections of what shifts declared.
    CloseDay,
    /// Block a gift card or store credit, and open it again.
    BlockValue,
    /// Open a customer's account, and say how much may be owed on it.
    SetAccount,
    /// Say what became of a payment whose terminal cannot.
    ResolveTender,
}

impl Permission {
    pub const ALL: [Self; 22] = [
        Self::PostVoid,
        Self::ReturnWithoutReceipt,
        Self::AdjustStock,
        Self::DatedShift,
        Self::ReadSubject,
        Self::EraseSubject,
        Self::MoveCash,
        Self::OverridePrice,
        Self::Discount,
        Self::TakeOver,
        Self::ReceiveStock,
        Self::CountStock,
        Self::ReadXReport,
        Self::ManageStaff,
        Self::ManageProducts,
        Self::RefundCash,
        Self::CashForTender,
        Self::ReadReports,
        Self::CloseDay,
        Self::BlockValue,
        Self::SetAccount,
        Self::ResolveTender,
    ];

    /// The name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::PostVoid => "post-void",
            Self::ReturnWithoutReceipt => "return-without-receipt",
            Self::AdjustStock => "adjust-stock",
            Self::DatedShift => "dated-shift",
            Self::ReadSubject => "read-subject",
            Self::EraseSubject => "erase-subject",
            Self::MoveCash => "move-cash",
            Self::OverridePrice => "override-price",
            Self::Discount => "discount",
            Self::TakeOver => "take-over",
            Self::ReceiveStock => "receive-stock",
            Self::CountStock => "count-stock",
            Self::ReadXReport => "read-x-report",
            Self::ManageStaff => "manage-staff",
            Self::ManageProducts => "manage-products",
            Self::RefundCash => "refund-cash",
            Self::CashForTender => "cash-for-tender",
            Self::ReadReports => "read-reports",
            Self::CloseDay => "close-day",
            Self::BlockValue => "block-value",
            Self::SetAccount => "set-account",
            Self::ResolveTender => "resolve-tender",
        }
    }
}

/// As a cashier reads it: "this needs the permission to …".
impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PostVoid => "reverse a completed sale",
            Self::ReturnWithoutReceipt => "take goods back without a receipt",
            Self::AdjustStock => "change stock",
            Self::DatedShift => "open a shift on another day",
            Self::ReadSubject => "read a customer's details at the hub",
            Self::EraseSubject => "erase a customer's details",
            Self::MoveCash => "pay cash in or out of the drawer",
            Self::OverridePrice => "set another price than the catalog's",
            Self::Discount => "give a discount",
            Self::TakeOver => "take over an order of another till",
            Self::ReceiveStock => "receive goods",
            Self::CountStock => "count stock",
            Self::ReadXReport => "read what a shift has taken so far",
            Self::ManageStaff => "change staff and roles",
            Self::ManageProducts => "change products and prices",
            Self::RefundCash => "give cash back",
            Self::CashForTender => "refund in cash what was paid otherwise",
            Self::ReadReports => "read the store's reports",
            Self::CloseDay => "close the day and correct counts",
            Self::BlockValue => "block a gift card or store credit",
            Self::SetAccount => "say how much a customer may owe",
            Self::ResolveTender => "say what became of a payment in doubt",
        })
    }
}

/// How much cash a refund may give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CashLimit {
    Unlimited,
    UpTo(Money),
}

impl CashLimit {
    pub fn covers(self, amount: Money) -> bool {
        match self {
            Self::Unlimited => true,
            Self::UpTo(most) => amount <= most,
        }
    }
}

/// How far a role's permissions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The share of one line that a discount by hand may take.
    pub line_discount: Rate,
    /// The share of a whole basket that its discounts by hand may take together.
    pub basket_discount: Rate,
    /// The largest refund in cash of one return.
    pub cash_refund: CashLimit,
}

/// What a role permits, and how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    pub permissions: BTreeSet<Permission>,
    pub limits: Limits,
}

impl Authority {
    /// Of somebody who may do nothing that needs a permission.
    pub fn none(currency: Currency) -> Self {
        let limits = Limits {
            line_discount: Rate::ZERO,
            basket_discount: Rate::ZERO,
            cash_refund: CashLimit::UpTo(Money::zero(currency)),
        };
        Self { permissions: BTreeSet::new(), limits }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// A role that the store defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRole {
    pub number: RoleNumber,
    pub name: Label,
    pub authority: Authority,
}

/// What a cashier may give back in cash without asking, in minor units: 500.00 of most currencies, 50,000 yen.
const CASHIER_REFUND_MINOR: i64 = 50_000;
const SUPERVISOR_REFUND_MINOR: i64 = 500_000;

impl Role {
    pub const BUILT_IN: [Self; 3] = [Self::Cashier, Self::Supervisor, Self::Manager];

    /// What a built-in role permits in a store of this currency. None for a role of the store's own, whose authority is in
    /// the state.
    pub fn built_in(self, currency: Currency) -> Option<Authority> {
        let share = |percent: u32| {
            Rate::from_millionths(percent * 10_000).expect("a constant share lies between 0 and 100 %")
        };
        let refund = |minor| CashLimit::UpTo(Money::from_minor(minor, currency));
        Some(match self {
            Self::Cashier => Authority {
                permissions: [Permission::Discount, Permission::RefundCash].into(),
                limits: Limits {
                    line_discount: share(15),
                    basket_discount: share(15),
                    cash_refund: refund(CASHIER_REFUND_MINOR),
                },
            },
            Self::Supervisor => Authority {
                permissions: [
                    Permission::PostVoid,
                    Permission::ReturnWithoutReceipt,
                    Permission::AdjustStock,
                    Permission::MoveCash,
                    Permission::OverridePrice,
                    Permission::Discount,
                    Permission::TakeOver,
                    Permission::ReceiveStock,
                    Permission::CountStock,
                    Permission::ReadXReport,
                    Permission::RefundCash,
                    Permission::CashForTender,
                    Permission::BlockValue,
                ]
                .into(),
                limits: Limits {
                    line_discount: share(50),
                    basket_discount: share(30),
                    cash_refund: refund(SUPERVISOR_REFUND_MINOR),
                },
            },
            Self::Manager => Authority {
                permissions: Permission::ALL.into(),
                limits: Limits {
                    line_discount: share(100),
                    basket_discount: share(100),
                    cash_refund: CashLimit::Unlimited,
                },
            },
            Self::Own(_) => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    pub id: StaffId,
    pub number: StaffNumber,
    pub role: Role,
}

/// What the hub found out about a PIN before the command was decided: a fact, never the PIN itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinVerdict {
    Correct,
    Wrong,
    /// Too many wrong attempts for this person or at this till; the PIN was not looked at.
    LockedOut,
    /// A till keeps no PIN: what it sends again after its own restart comes without one.
    NotGiven,
}

/// A second person's word for one command, with what the hub found out about their PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    pub number: StaffNumber,
    pub verdict: PinVerdict,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_built_in_role_may_all_that_the_one_below_may_and_goes_further() {
        let [cashier, supervisor, manager] =
            Role::BUILT_IN.map(|role| role.built_in(Currency::EUR).expect("built in"));
        for (less, more) in [(&cashier, &supervisor), (&supervisor, &manager)] {
            assert!(less.permissions.is_subset(&more.permissions) && less.permissions != more.permissions);
            assert!(less.limits.line_discount < more.limits.line_discount);
            assert!(less.limits.basket_discount < more.limits.basket_discount);
            let CashLimit::UpTo(most) = less.limits.cash_refund else {
                panic!("only a manager is unlimited")
            };
            assert!(more.limits.cash_refund.covers(most));
        }
        assert_eq!(manager.permissions, Permission::ALL.into());
        assert_eq!(Role::Own(RoleNumber(1)).built_in(Currency::EUR), None);
    }

    #[test]
    fn every_permission_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
    }
}
