//! Shifts: accountability for one drawer from float to count.

use holdfast_money::Money;

use crate::calendar::{BusinessDate, Timestamp};
use crate::cash::CashFlow;
use crate::ids::{ShiftId, StaffId, TerminalId};
use crate::tax::TaxTotal;
use crate::tender::TenderFigures;
use crate::value::ValueFlow;

/// Whether money and stock are real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Live,
    /// Own receipt numbers; no stock, no turnover, never in X, Z or HQ's figures.
    Training,
}

/// Which business day a shift belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusinessDay {
    /// The store's day now, by its time zone and cut-over.
    Today,
    /// A named day, by permission: for entering what happened on paper.
    On(BusinessDate),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub id: ShiftId,
    pub terminal: TerminalId,
    pub opened_by: StaffId,
    pub opened_at: Timestamp,
    pub business_date: BusinessDate,
    pub mode: Mode,
    pub float: Money,
    pub figures: ShiftFigures,
    pub cash: CashFlow,
    /// By tender type, in the order of class and code.
    pub tenders: Vec<TenderFigures>,
    pub value: ValueFlow,
    /// Of customers' accounts: what they paid off and bought on them.
    pub accounts: ValueFlow,
    /// Whose tips they are, in the order of the ids.
    pub tips: Vec<Tips>,
}

/// What one person was given beside what was due: theirs, and so outside turnover and tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tips {
    pub staff: StaffId,
    /// Less what was given back with post-voided sales.
    pub amount: Money,
}

/// Adds to a list kept in the order of the people.
pub fn add_tip(tips: &mut Vec<Tips>, staff: StaffId, amount: Money) {
    match tips.binary_search_by_key(&staff, |tips| tips.staff) {
        Ok(at) => tips[at].amount += amount,
        Err(at) => tips.insert(at, Tips { staff, amount }),
    }
}

/// What a shift adds up to; the X report now, the Z report when it closes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftFigures {
    pub sales: u32,
    pub returns: u32,
    pub post_voids: u32,
    pub cancelled: u32,
    /// Gross of sales less returns and post-voids.
    pub gross: Money,
    pub net: Money,
    pub discount: Money,
    pub returned: Money,
    /// Deposits taken and not yet part of a completed sale.
    pub deposits: Money,
    pub rounding: Money,
    /// What the drawer should hold, the float included.
    pub cash_expected: Money,
    pub taxes: Vec<TaxTotal>,
}

impl ShiftFigures {
    pub fn new(float: Money) -> Self {
        let zero = Money::zero(float.currency());
        Self {
            sales: 0,
            returns: 0,
            post_voids: 0,
            cancelled: 0,
            gross: zero,
            net: zero,
            discount: zero,
            returned: zero,
            deposits: zero,
            rounding: zero,
            cash_expected: float,
            taxes: Vec::new(),
        }
    }
}
