//! Subjects come and go: a till registers one, a person with the permission at the hub erases one, for ever.

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
        Some(SubjectStanding::Registered) => Err(Refusal::SubjectRegistered { subject }),
        Some(SubjectStanding::Erased) => Err(Refusal::SubjectErased { subject }),
    }
}

pub(super) fn erase(state: &State, subject: SubjectId, cause: ErasureCause) -> Result<Event, Refusal> {
    if let ErasureCause::Person { staff, .. } = cause {
        may_erase(state, staff)?;
    }
    match (state.subjects.get(&subject), cause) {
        (Some(SubjectStanding::Erased), _) => Err(Refusal::SubjectErased { subject }),
        (None, ErasureCause::Person { .. }) => Err(Refusal::SubjectUnknown { subject }),
        // What another history erased need not be known to this one.
        (Some(SubjectStanding::Registered), _) | (None, ErasureCause::EarlierHub) => {
            Ok(Event::SubjectErased { subject, cause })
        }
    }
}

fn may_erase(state: &State, staff: StaffId) -> Result<(), Refusal> {
    let permission = Permission::EraseSubject;
    match state.staff.get(&staff) {
        Some(person) if state.may(person.role, permission) => Ok(()),
        _ => Err(Refusal::NotPermitted { permission }),
    }
}

/// Whether an order may name this customer.
pub(super) fn check_customer(state: &State, customer: Option<SubjectId>) -> Result<(), Refusal> {
    let Some(subject) = customer else { return Ok(()) };
    match state.subjects.get(&subject) {
        Some(SubjectStanding::Registered) => Ok(()),
        Some(SubjectStanding::Erased) => Err(Refusal::SubjectErased { subject }),
        None => Err(Refusal::SubjectUnknown { subject }),
    }
}
