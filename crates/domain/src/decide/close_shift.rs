//! Counting the drawer ends a shift with a numbered, immutable Z. Open orders never block it.

use holdfast_money::Money;

use super::{Decision, Desk, tenders::type_of};
use crate::attempt::Attempt;
use crate::command::ShiftCount;
use crate::event::{Event, Stamp};
use crate::ids::{OrderId, ShiftId};
use crate::order::{CARRIED_OVER_MAX, Custody, Order};
use crate::refusal::Refusal;
use crate::shift::{Mode, Shift};
use crate::tender::{
    CASH, DeclaredTender, Pieces, TENDERS_MAX, TenderClass, TenderCount, TenderFigures, TenderKind,
    TenderLine, TenderType,
};

/// The most face values that one count lists.
pub const PIECES_MAX: usize = 64;

pub(super) fn decide(
    desk: &Desk<'_>,
    shift: ShiftId,
    declared: Money,
    count: &ShiftCount,
) -> Result<Decision, Refusal> {
    let (open, stamp) = desk.shift()?;
    if open.id != shift {
        return Err(Refusal::ShiftNotOpen { shift });
    }
    let declared = desk.amount(declared)?;
    let tenders = count_tenders(desk, open, declared, count)?;
    let z_number = match open.mode {
        Mode::Live => desk.state.last_z + 1,
        // Training never takes a Z number.
        Mode::Training => 0,
    };
    let closed = Event::ShiftClosed {
        stamp,
        z_number,
        figures: Box::new(open.figures.clone()),
        declared,
        over_short: declared - open.figures.cash_expected,
    };
    let mut events = vec![closed];
    if !open.cash.is_none() {
        events.push(Event::CashReported { stamp, z_number, cash: Box::new(open.cash.clone()) });
    }
    events.push(Event::TendersReported { stamp, z_number, tenders });
    if !open.value.is_none() {
        events.push(Event::ValueReported { stamp, z_number, value: Box::new(open.value.clone()) });
    }
    if !open.accounts.is_none() {
        let accounts = Box::new(open.accounts.clone());
        events.push(Event::AccountsReported { stamp, z_number, accounts });
    }
    if !open.tips.is_empty() {
        events.push(Event::TipsReported { stamp, z_number, tips: open.tips.clone() });
    }
    events.extend(carried_over(desk, stamp, z_number));
    events.extend(open_tenders(desk, stamp, z_number));
    let effects = match open.mode {
        Mode::Live => vec![super::paper(stamp.terminal, shift.document())],
        Mode::Training => Vec::new(),
    };
    Ok(Decision { events, effects })
}

/// One line for cash, and one for every other tender that was taken or counted, in the order of class and code.
fn count_tenders(
    desk: &Desk<'_>,
    shift: &Shift,
    cash: Money,
    count: &ShiftCount,
) -> Result<Vec<TenderLine>, Refusal> {
    let types = desk.state.tender_types();
    let declared = Declared::read(desk, &types, cash, count)?;
    let mut figures = shift.tenders.clone();
    for of in types.iter().filter(|of| of.class == TenderClass::Cash || declared.of(of).is_some()) {
        let missing = |at: &TenderFigures| (at.class, &at.code).cmp(&(of.class, &of.code));
        if let Err(at) = figures.binary_search_by(missing) {
            let (code, zero) = (of.code.clone(), Money::zero(cash.currency()));
            let nothing = TenderFigures { code, class: of.class, count: 0, taken: zero, refunded: zero };
            figures.insert(at, nothing);
        }
    }
    figures.into_iter().map(|figures| line(shift, &types, &declared, figures)).collect()
}

fn line(
    shift: &Shift,
    types: &[TenderType],
    declared: &Declared<'_>,
    figures: TenderFigures,
) -> Result<TenderLine, Refusal> {
    let TenderFigures { code, class, count, taken, refunded } = figures;
    let expected = if class == TenderClass::Cash { shift.figures.cash_expected } else { taken - refunded };
    // A type that left the list since it was taken is reported, and nobody can be asked to count it.
    let of = type_of(types, code.as_str()).filter(|of| of.class == class);
    let counted = match of.and_then(|of| declared.of(of)) {
        Some((declared, pieces)) => {
            TenderCount::Counted { declared, over_short: declared - expected, pieces: pieces.to_vec() }
        }
        None if of.is_some_and(|of| of.counted_at_close) => {
            return Err(Refusal::CountMissing { code });
        }
        None => TenderCount::NotCounted,
    };
    Ok(TenderLine { code, class, count, taken, refunded, expected, counted })
}

/// What somebody counted, checked: known types, each once, and pieces that sum to what was declared.
struct Declared<'a> {
    cash: Money,
    count: &'a ShiftCount,
}

impl<'a> Declared<'a> {
    fn read(
        desk: &Desk<'_>,
        types: &[TenderType],
        cash: Money,
        count: &'a ShiftCount,
    ) -> Result<Self, Refusal> {
        if count.tenders.len() > TENDERS_MAX {
            return Err(Refusal::TooManyTenders { max: TENDERS_MAX });
        }
        check_pieces(desk, cash, &count.pieces)?;
        let mut seen = std::collections::BTreeSet::new();
        for DeclaredTender { code, amount, pieces } in &count.tenders {
            type_of(types, code.as_str()).ok_or_else(|| Refusal::TenderUnknown { code: code.clone() })?;
            // The sum of the cash is declared by itself.
            if code.as_str() == CASH || !seen.insert(code) {
                return Err(Refusal::DeclaredTwice { code: code.clone() });
            }
            check_pieces(desk, desk.amount(*amount)?, pieces)?;
        }
        Ok(Self { cash, count })
    }

    fn of(&self, of: &TenderType) -> Option<(Money, &'a [Pieces])> {
        if of.kind(None) == TenderKind::Cash {
            return Some((self.cash, &self.count.pieces));
        }
        let declared = self.count.tenders.iter().find(|declared| declared.code == of.code)?;
        Some((declared.amount, &declared.pieces))
    }
}

pub(super) fn check_pieces(desk: &Desk<'_>, declared: Money, pieces: &[Pieces]) -> Result<(), Refusal> {
    if !declared.in_range() {
        return Err(Refusal::AmountOutOfRange);
    }
    if pieces.is_empty() {
        return Ok(());
    }
    if pieces.len() > PIECES_MAX {
        return Err(Refusal::TooManyTenders { max: PIECES_MAX });
    }
    let mut counted = Money::zero(declared.currency());
    for Pieces { face, count } in pieces {
        let worth = i128::from(desk.amount(*face)?.minor()) * i128::from(*count);
        let worth = i64::try_from(worth).map_err(|_| Refusal::AmountOutOfRange)?;
        let worth = Money::from_minor(worth, declared.currency());
        if !worth.in_range() {
            return Err(Refusal::AmountOutOfRange);
        }
        counted += worth;
    }
    if counted == declared { Ok(()) } else { Err(Refusal::CountMismatch { declared, counted }) }
}

/// What this shift has in hand or has parked. Nothing of it blocks the close: no till has it in hand afterwards.
fn carried_over(desk: &Desk<'_>, stamp: Stamp, z_number: u32) -> Option<Event> {
    let left = |order: &&Order| match &order.custody {
        Custody::Free => false,
        Custody::Held(holder) | Custody::Parked { by: holder, .. } => holder.shift == stamp.shift,
    };
    let open = |order: &&Order| order.state.holds_reservation();
    let mut orders: Vec<OrderId> = Vec::new();
    let mut open_amount = Money::zero(desk.profile.currency);
    for order in desk.state.orders.values().filter(open).filter(left) {
        orders.push(order.id);
        open_amount += order.open_amount();
    }
    if orders.is_empty() {
        return None;
    }
    orders.sort_unstable();
    let count = u32::try_from(orders.len()).unwrap_or(u32::MAX);
    orders.truncate(CARRIED_OVER_MAX);
    Some(Event::OrdersCarriedOver { stamp, z_number, count, open_amount, orders })
}

/// What devices were asked for in this shift and what is not over. Nothing of it blocks the close either.
fn open_tenders(desk: &Desk<'_>, stamp: Stamp, z_number: u32) -> Option<Event> {
    let of_shift = desk.state.attempts.values().filter(|attempt| attempt.stamp.shift == stamp.shift);
    let tenders: Vec<_> = of_shift.filter_map(Attempt::open).take(CARRIED_OVER_MAX).collect();
    (!tenders.is_empty()).then_some(Event::TendersCarriedOver { stamp, z_number, tenders })
}
