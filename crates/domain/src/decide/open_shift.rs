//! A shift starts with the float in its drawer, on one business day.

use holdfast_money::Money;

use super::{Decision, Desk};
use crate::event::{Event, Stamp};
use crate::ids::ShiftId;
use crate::refusal::Refusal;
use crate::shift::{BusinessDay, Mode};
use crate::staff::Permission;

pub(super) fn decide(
    desk: &Desk<'_>,
    shift: ShiftId,
    float: Money,
    day: BusinessDay,
    mode: Mode,
) -> Result<Decision, Refusal> {
    let operator = desk.operator()?.id;
    if let Some(open) = desk.till.shift {
        return Err(Refusal::ShiftAlreadyOpen { shift: open });
    }
    if desk.state.closed_shifts.contains(&shift) || desk.state.shifts.contains_key(&shift) {
        return Err(Refusal::ShiftIdUsed { shift });
    }
    let float = desk.amount(float)?;
    let business_date = match day {
        BusinessDay::Today => desk.context.business_date,
        BusinessDay::On(date) => {
            desk.permit(Permission::DatedShift)?;
            if date > desk.context.business_date {
                return Err(Refusal::DateInFuture { date });
            }
            date
        }
    };
    let stamp = Stamp {
        terminal: desk.till.terminal,
        operator,
        shift,
        business_date,
        mode,
        occurred_at: desk.command.occurred_at,
    };
    Ok(Decision { events: vec![Event::ShiftOpened { stamp, float }], effects: Vec::new() })
}
