//! Subjects come and go: a till registers one, a person with the permission at the hub erases one, for ever, or says that
//! two of them are one person.

use super::Decision;
use super::permit::may;
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
        Some(SubjectStanding::MergedInto(_)) => Err(merged(state, subject)),
    }
}

pub(super) fn erase(state: &State, subject: SubjectId, cause: ErasureCause) -> Result<Event, Refusal> {
    if let ErasureCause::Person { staff, .. } = cause {
        may(state, staff, Permission::EraseSubject)?;
    }
    match (state.subjects.get(&subject), cause) {
        (Some(SubjectStanding::Erased), _) => Err(Refusal::SubjectErased { subject }),
        // Nothing is kept of them but what is kept of whoever they are now.
        (Some(SubjectStanding::MergedInto(_)), _) => Err(merged(state, subject)),
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
    standing(state, subject)?;
    Ok(Event::SubjectGrouped { subject, group: group.map(Label::from), staff })
}

/// A merge destroys what was kept of one of the two apart, so whoever erases merges. Nobody gets a group by it that the
/// person was not in before.
pub(super) fn merge(
    state: &State,
    subject: SubjectId,
    into: SubjectId,
    staff: StaffId,
) -> Result<Decision, Refusal> {
    may(state, staff, Permission::EraseSubject)?;
    if subject == into {
        return Err(Refusal::SubjectItself { subject });
    }
    let (goes, kept) = (standing(state, subject)?, standing(state, into)?);
    let mut events = vec![Event::SubjectMerged { subject, into, staff }];
    if let (Some(group), None) = (goes.price_group(), kept.price_group()) {
        events.push(Event::SubjectGrouped { subject: into, group: Some(group.clone()), staff });
    }
    Ok(Decision { events, effects: Vec::new() })
}

/// The standing of somebody who is registered under this very id.
fn standing(state: &State, subject: SubjectId) -> Result<&SubjectStanding, Refusal> {
    match state.subjects.get(&subject) {
        Some(standing @ (SubjectStanding::Registered | SubjectStanding::InGroup(_))) => Ok(standing),
        Some(SubjectStanding::MergedInto(_)) => Err(merged(state, subject)),
        Some(SubjectStanding::Erased) => Err(Refusal::SubjectErased { subject }),
        None => Err(Refusal::SubjectUnknown { subject }),
    }
}

fn merged(state: &State, subject: SubjectId) -> Refusal {
    Refusal::SubjectMerged { subject, into: state.who_is(subject) }
}

/// Whether an order may name this customer. One who was merged into another is that one: the order keeps the id that it was
/// asked with, and whoever reads it finds out who that is now.
pub(super) fn check_customer(state: &State, customer: Option<SubjectId>) -> Result<(), Refusal> {
    let Some(subject) = customer else { return Ok(()) };
    match state.subjects.get(&state.who_is(subject)) {
        Some(SubjectStanding::Registered | SubjectStanding::InGroup(_)) => Ok(()),
        Some(SubjectStanding::Erased) => Err(Refusal::SubjectErased { subject }),
        Some(SubjectStanding::MergedInto(_)) | None => Err(Refusal::SubjectUnknown { subject }),
    }
}
