//! The business day: what its closed shifts came to, in one numbered report that never changes.

use holdfast_money::{Currency, Money};

use crate::bounded::TenderCode;
use crate::calendar::BusinessDate;
use crate::cash::CashFlow;
use crate::ids::{OrderId, ShiftId};
use crate::shift::ShiftFigures;
use crate::tax::TaxTotal;
use crate::tender::{TenderClass, TenderCount, TenderLine};

/// The most business dates that are known at once. Beyond it the oldest that wait for nothing are forgotten first: a shift
/// of such a date that closes after all begins a first part again.
pub const DAYS_MAX: usize = 1_000;
/// The most closed shifts whose declarations can still be corrected.
pub const ZS_MAX: usize = 500;
/// The most open shifts that a day Z lists.
pub const OPEN_SHIFTS_MAX: usize = 100;
/// The most open orders that a day Z lists.
pub const OPEN_ORDERS_MAX: usize = 100;

/// The Zs of the shifts that a report sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZRange {
    pub first: u32,
    pub last: u32,
}

/// What one tender type came to over several shifts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayTender {
    pub code: TenderCode,
    pub class: TenderClass,
    /// How many tenders, both ways.
    pub count: u32,
    pub taken: Money,
    pub refunded: Money,
    /// What should have been there: of cash with the floats and what moved without a sale.
    pub expected: Money,
    /// The part of it that nobody counted.
    pub not_counted: Money,
    pub declared: Money,
    /// DAY-1: what was declared less what was expected and counted.
    pub over_short: Money,
}

/// What several shifts came to together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayFigures {
    /// None while there are only corrections.
    pub zs: Option<ZRange>,
    pub shifts: u32,
    /// Corrections of declarations, which are part of the tenders below.
    pub corrections: u32,
    pub sales: u32,
    pub returns: u32,
    pub post_voids: u32,
    pub cancelled: u32,
    pub gross: Money,
    pub net: Money,
    pub discount: Money,
    pub returned: Money,
    pub deposits: Money,
    pub rounding: Money,
    pub taxes: Vec<TaxTotal>,
    pub cash: CashFlow,
    /// By tender type, in the order of class and code.
    pub tenders: Vec<DayTender>,
}

impl DayFigures {
    pub fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            zs: None,
            shifts: 0,
            corrections: 0,
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
            taxes: Vec::new(),
            cash: CashFlow::none(zero),
            tenders: Vec::new(),
        }
    }

    /// Whether no shift and no correction is in it.
    pub fn is_none(&self) -> bool {
        self.shifts == 0 && self.corrections == 0
    }

    pub fn add_shift(&mut self, z_number: u32, figures: &ShiftFigures) {
        let zs = self.zs.unwrap_or(ZRange { first: z_number, last: z_number });
        self.zs = Some(ZRange { first: zs.first.min(z_number), last: zs.last.max(z_number) });
        self.shifts += 1;
        self.sales += figures.sales;
        self.returns += figures.returns;
        self.post_voids += figures.post_voids;
        self.cancelled += figures.cancelled;
        self.gross += figures.gross;
        self.net += figures.net;
        self.discount += figures.discount;
        self.returned += figures.returned;
        self.deposits += figures.deposits;
        self.rounding += figures.rounding;
        for tax in &figures.taxes {
            crate::pricing::add_tax(&mut self.taxes, tax);
        }
    }

    pub fn add_cash(&mut self, cash: &CashFlow) {
        self.cash.paid_in += cash.paid_in;
        self.cash.paid_out += cash.paid_out;
        self.cash.dropped += cash.dropped;
        self.cash.loaned += cash.loaned;
        self.cash.no_sales += cash.no_sales;
    }

    pub fn add_tenders(&mut self, lines: &[TenderLine]) {
        for line in lines {
            let tender = self.tender(&line.code, line.class, line.expected);
            tender.count += line.count;
            tender.taken += line.taken;
            tender.refunded += line.refunded;
            tender.expected += line.expected;
            match &line.counted {
                TenderCount::NotCounted => tender.not_counted += line.expected,
                TenderCount::Counted { declared, over_short, .. } => {
                    tender.declared += *declared;
                    tender.over_short += *over_short;
                }
            }
        }
    }

    /// What a correction makes of a declaration. The first declaration may be in a report that is printed already: only the
    /// difference is added.
    pub fn add_correction(&mut self, line: &TenderLine, after: &TenderCount) {
        self.corrections += 1;
        let tender = self.tender(&line.code, line.class, line.expected);
        match &line.counted {
            TenderCount::NotCounted => tender.not_counted -= line.expected,
            TenderCount::Counted { declared, over_short, .. } => {
                tender.declared -= *declared;
                tender.over_short -= *over_short;
            }
        }
        if let TenderCount::Counted { declared, over_short, .. } = after {
            tender.declared += *declared;
            tender.over_short += *over_short;
        }
    }

    fn tender(&mut self, code: &TenderCode, class: TenderClass, like: Money) -> &mut DayTender {
        let found = self.tenders.binary_search_by(|of| (of.class, &of.code).cmp(&(class, code)));
        let at = found.unwrap_or_else(|at| {
            let zero = Money::zero(like.currency());
            let none = DayTender {
                code: code.clone(),
                class,
                count: 0,
                taken: zero,
                refunded: zero,
                expected: zero,
                not_counted: zero,
                declared: zero,
                over_short: zero,
            };
            self.tenders.insert(at, none);
            at
        });
        &mut self.tenders[at]
    }
}

/// A business date as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDay {
    /// How many day Zs the date has.
    pub parts: u32,
    /// What has been closed since the last of them.
    pub gathered: DayFigures,
}

/// What a shift declared when it closed, as corrected since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedShift {
    pub shift: ShiftId,
    pub business_date: BusinessDate,
    pub tenders: Vec<TenderLine>,
}

/// What does not end with the day. None of it holds a day Z up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedOver {
    /// All live shifts of that date that are open, also those that are not listed.
    pub shifts: u32,
    /// At most [`OPEN_SHIFTS_MAX`], oldest ids first.
    pub open_shifts: Vec<ShiftId>,
    /// All live orders of the store that are open.
    pub orders: u32,
    /// At most [`OPEN_ORDERS_MAX`], oldest ids first.
    pub open_orders: Vec<OrderId>,
    /// What their customers still owe.
    pub open_amount: Money,
    /// What they have paid so far.
    pub deposits: Money,
}
