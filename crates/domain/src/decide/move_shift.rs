//! A drawer goes to another till, and its shift with it. Whatever the shift has in hand follows: one till at a time stays
//! true because the till that has the shift is the till that has its orders.

use super::{Decision, Desk};
use crate::event::{Event, Stamp};
use crate::ids::{ShiftId, TerminalId};
use crate::refusal::Refusal;
use crate::staff::Permission;
use crate::till::Standing;

pub(super) fn decide(desk: &Desk<'_>, shift: ShiftId, to: TerminalId) -> Result<Decision, Refusal> {
    let operator = desk.operator()?.id;
    let open = desk.state.shifts.get(&shift).ok_or(Refusal::ShiftNotOpen { shift })?;
    let here = desk.till.terminal;
    if open.terminal == to {
        return Err(Refusal::ShiftIsThere { shift });
    }
    if open.terminal != here {
        // The till that has it may be dead: it is fetched to where somebody who may do that stands.
        if to != here {
            return Err(Refusal::ShiftNotOpen { shift });
        }
        desk.permit(Permission::TakeOver)?;
    }
    let target = desk.state.tills.get(&to).filter(|till| till.standing == Standing::Enrolled);
    let target = target.ok_or(Refusal::TargetTillUnknown { terminal: to })?;
    if target.shift.is_some() {
        return Err(Refusal::TargetTillBusy { till: target.number.0 });
    }
    let stamp = Stamp {
        terminal: here,
        operator,
        shift,
        business_date: open.business_date,
        mode: open.mode,
        occurred_at: desk.command.occurred_at,
    };
    let figures = Box::new(open.figures.clone());
    let moved = Event::ShiftMoved { stamp, from: open.terminal, to, figures };
    Ok(Decision { events: vec![moved], effects: Vec::new() })
}
