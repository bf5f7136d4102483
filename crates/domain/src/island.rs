//! What a till did while no hub was there: a sale as it happened, and in what it differs from what the hub knows.

use holdfast_money::{Money, Quantity};

use crate::bounded::{CouponCode, Sku, TenderCode};
use crate::calendar::BusinessDate;
use crate::ids::{OrderId, ShiftId, StaffId, SubjectId};
use crate::line::{Line, LineInput, LineNumber};
use crate::order::{Terms, Totals};
use crate::staff::Permission;
use crate::tender::TenderInput;

/// A sale that a till made alone, whole. Goods and money have changed hands: the hub writes it down as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IslandSale {
    pub order: OrderId,
    /// Who was signed on at the till.
    pub operator: StaffId,
    pub customer: Option<SubjectId>,
    /// As they were asked for.
    pub lines: Vec<LineInput>,
    /// As the till priced them, deposits included.
    pub priced: Vec<Line>,
    pub totals: Totals,
    pub terms: Terms,
    pub tenders: Vec<TenderInput>,
    pub tips: Vec<TenderInput>,
    /// What cash rounding added, or took when negative.
    pub rounding: Money,
    /// What was given back in cash.
    pub change: Money,
    /// The receipt's number in the till's own series.
    pub number: u32,
    /// Of the catalog that the till priced by.
    pub catalog_version: u64,
    /// The shift that the till opened alone, where it did.
    pub opened: Option<OpenedAlone>,
}

/// A shift that a till opened while no hub was there. It begins at the hub with the first sale that names it, unless the
/// till has a shift there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedAlone {
    pub shift: ShiftId,
    pub float: Money,
    /// The store's day when it began; None for the day on which the hub hears of it.
    pub day: Option<BusinessDate>,
}

/// In what a sale that a till made alone differs from what the hub would have done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IslandDifference {
    /// None where it could not be priced now as it was asked for.
    Price { charged: Money, now: Option<Money> },
    /// A price or a discount that the seller needs somebody else for.
    BeyondRights { permission: Permission },
    /// Of a strict product there was less than was sold. `available` is what is left, below zero.
    StrictBelowZero { sku: Sku, available: Quantity },
    /// The coupon had no use left.
    CouponUsedUp { coupon: CouponCode },
    /// The product is not in the hub's catalog any more.
    ItemGone { sku: Sku },
    /// Nobody made sure of the customer's age, in years.
    AgeNotChecked { sku: Sku, age: u8 },
    /// The store's list does not let a till that is alone take this tender so.
    TenderNotTaken { code: TenderCode },
    /// No such customer is registered, or not any more: the sale was written down without one.
    CustomerLeftOut { customer: SubjectId },
}

/// Why what a till sent is no sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SumFault {
    #[error("line {line} is there twice")]
    LineTwice { line: LineNumber },
    #[error("line {line} was asked for and not priced, or priced and not asked for")]
    LineMissing { line: LineNumber },
    #[error("the amounts of line {line} do not add up")]
    Line { line: LineNumber },
    #[error("the totals are not the sum of the lines")]
    Totals,
    #[error("the tenders are not the total, its cash rounding and the change")]
    Tenders,
    #[error("only cash is rounded, by half of the store's smallest coin at most")]
    Rounding,
}
