//! Who is at the till now. The PIN itself never comes here: the hub looked at it and brings the verdict.

use super::{Decision, Desk};
use crate::calendar::Timestamp;
use crate::event::Event;
use crate::refusal::Refusal;
use crate::staff::{PinVerdict, StaffNumber};

pub(super) fn sign_on(
    desk: &Desk<'_>,
    number: StaffNumber,
    verdict: PinVerdict,
) -> Result<Decision, Refusal> {
    match verdict {
        PinVerdict::Correct => {}
        PinVerdict::Wrong | PinVerdict::NotGiven => return Err(Refusal::WrongPin { number }),
        PinVerdict::LockedOut => return Err(Refusal::LockedOut { number }),
    }
    let staff = desk.state.staff_by_number(number).ok_or(Refusal::WrongPin { number })?.id;
    let (terminal, occurred_at) = (desk.till.terminal, desk.command.occurred_at);
    Ok(Decision { events: vec![Event::SignedOn { terminal, staff, occurred_at }], effects: Vec::new() })
}

/// It has happened, whoever it was: a number that nobody has here is written down as well.
pub(super) fn alone(desk: &Desk<'_>, number: StaffNumber, at: Timestamp, failed_attempts: u32) -> Decision {
    let staff = desk.state.staff_by_number(number).map(|staff| staff.id);
    let terminal = desk.till.terminal;
    let events = vec![Event::SignedOnAlone { terminal, number, staff, at, failed_attempts }];
    Decision { events, effects: Vec::new() }
}

/// Somebody leaves the till for a moment: whoever comes next signs on, and what they do is theirs.
pub(super) fn lock(desk: &Desk<'_>) -> Result<Decision, Refusal> {
    let staff = desk.operator()?.id;
    let (terminal, occurred_at) = (desk.till.terminal, desk.command.occurred_at);
    Ok(Decision { events: vec![Event::TillLocked { terminal, staff, occurred_at }], effects: Vec::new() })
}

pub(super) fn sign_off(desk: &Desk<'_>) -> Result<Decision, Refusal> {
    let staff = desk.operator()?.id;
    let (terminal, occurred_at) = (desk.till.terminal, desk.command.occurred_at);
    Ok(Decision { events: vec![Event::SignedOff { terminal, staff, occurred_at }], effects: Vec::new() })
}
