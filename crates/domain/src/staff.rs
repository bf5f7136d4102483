//! Who may do what. Names and PIN verifiers live outside the journal.

use std::fmt;

use crate::ids::StaffId;

/// What a person types to say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaffNumber(pub u32);

impl fmt::Display for StaffNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Cashier,
    Manager,
}

/// What needs more than a cashier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    PostVoid,
    ReturnWithoutReceipt,
    AdjustStock,
    DatedShift,
    ReadSubject,
    EraseSubject,
    MoveCash,
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
        })
    }
}

impl Role {
    pub fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::PostVoid
            | Permission::ReturnWithoutReceipt
            | Permission::AdjustStock
            | Permission::DatedShift
            | Permission::ReadSubject
            | Permission::EraseSubject
            | Permission::MoveCash => self == Self::Manager,
        }
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
}
