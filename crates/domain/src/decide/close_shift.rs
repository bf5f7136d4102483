//! Counting the drawer ends a shift with a numbered, immutable Z. Open orders never block it.

use holdfast_money::Money;

use super::{Decision, Desk};
use crate::event::Event;
use crate::ids::ShiftId;
use crate::refusal::Refusal;
use crate::shift::Mode;

pub(super) fn decide(desk: &Desk<'_>, shift: ShiftId, declared: Money) -> Result<Decision, Refusal> {
    let (open, stamp) = desk.shift()?;
    if open.id != shift {
        return Err(Refusal::ShiftNotOpen { shift });
    }
    let declared = desk.amount(declared)?;
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
    Ok(Decision { events, effects: Vec::new() })
}
