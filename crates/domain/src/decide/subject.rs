//! Subjects come and go: a till registers one, a person with the permission at the hub erases one, for ever.

use crate::bounded::{Label, PriceGroup};
use crate::event::Event;
use crate::ids::{StaffId, SubjectId, TerminalId};
use crate::refusal::Refusal;
use crate::staff::Permission;
use crate::state::State;
use crate::subject::{ErasureCause, SubjectStanding};
use crate::till::Standing;

pub(super) fn register(state: &State, subject: SubjectId, terminal: TerminalId) -> Result<Event, Refusal> {
    let till = state.tills.get(&terminal).filter(|till| till.standing == Standing::Enrolled);
    let staff = till.ok_or(Refusal::TillUnknown)?.operator.ok_or(Refusal::NotSignedOn)?;
    match state.subjects.get(&subject) {
        None => Ok(Event::SubjectRegistered { subject, terminal, staff }),
        Some(SubjectStanding::Registered | SubjectStanding::InGroup(_)) => {
            Err(Refusal::SubjectRegistered { subject })
        }
        Some(SubjectStanding::Erased) => Err(Refusal::SubjectErased { subject }),
    }
}

pub(super) fn erase(state: &State, subject: SubjectId, cause: ErasureCause) -> Result<Event, Refusal> {
    if let ErasureCause::Person { staff, .. } = cause {
        may(state, staff, Permission::EraseSubject)?;
    }
    match (state.subjects.get(&subject), cause) {
        (Some(SubjectStanding::Erased), _) => Err(Refusal::SubjectErased { subject }),
        (None, ErasureCause::Person { .. }) => Err(Refusal::SubjectUnknown { subject }),
        // What another history erased need not be known to this one.
        (Some(SubjectStanding::Registered | SubjectStanding::InGroup(_)), _)
        | (None, ErasureCause::EarlierHub) => Ok(Event::SubjectErased { subject, cause }),
    }
}

/// Prices are what a group is about, so whoever changes prices changes groups.
pub(super) fn group(
    state: &State,
    subject: SubjectId,
    group: Option<PriceGroup>,
    staff: StaffId,
) -> Result<Event, Refusal> {
    may(state, staff, Permission::ManageProducts)?;
    check_customer(state, Some(subject))?;
    Ok(Event::SubjectGrouped { subject, group: group.map(Label::from), staff })
}

fn may(state: &State, staff: StaffId, permission: Permission) -> Result<(), Refusal> {
    match state.staff.get(&staff) {
        Some(person) if state.may(person.role, permission) => Ok(()),
        _ => Err(Refusal::NotPermitted { permission }),
    }
}

/// Whether an order may name this customer.
pub(super) fn check_customer(state: &State, customer: Option<SubjectId>) -> Result<(), Refusal> {
    let Some(subject) = customer else { return Ok(()) };
    match state.subjects.get(&subject) {
        Some(SubjectStanding::Registered | SubjectStanding::InGroup(_)) => Ok(()),
        Some(SubjectStanding::Erased) => Err(Refusal::SubjectErased { subject }),
        None => Err(Refusal::SubjectUnknown { subject }),
    }
}
