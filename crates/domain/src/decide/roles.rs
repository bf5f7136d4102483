//! Staff get their roles, and a store defines roles of its own. Somebody who may change staff is always left.

use crate::event::Event;
use crate::ids::StaffId;
use crate::refusal::Refusal;
use crate::staff::{CashLimit, OWN_ROLES_MAX, OwnRole, Permission, Role, Staff, StaffNumber};
use crate::state::State;

pub(super) fn register(
    state: &State,
    staff: StaffId,
    number: StaffNumber,
    role: Role,
) -> Result<Event, Refusal> {
    if let Role::Own(own) = role
        && !state.roles.contains_key(&own)
    {
        return Err(Refusal::RoleUnknown { role: own });
    }
    let manages = state.may(role, Permission::ManageStaff);
    keep_a_manager(state, |person| match person.id == staff {
        true => manages,
        false => state.may(person.role, Permission::ManageStaff),
    })?;
    Ok(Event::StaffRegistered { staff, number, role })
}

pub(super) fn define(state: &State, role: &OwnRole) -> Result<Event, Refusal> {
    if !state.roles.contains_key(&role.number) && state.roles.len() >= OWN_ROLES_MAX {
        return Err(Refusal::TooManyRoles { max: OWN_ROLES_MAX });
    }
    if let (CashLimit::UpTo(amount), Some(profile)) = (role.authority.limits.cash_refund, &state.profile) {
        if amount.currency() != profile.currency {
            return Err(Refusal::ForeignCurrency { amount });
        }
        if amount.is_negative() {
            return Err(Refusal::NegativeAmount { amount });
        }
    }
    keep_a_manager(state, |person| match person.role == Role::Own(role.number) {
        true => role.authority.may(Permission::ManageStaff),
        false => state.may(person.role, Permission::ManageStaff),
    })?;
    Ok(Event::RoleDefined { role: Box::new(role.clone()) })
}

/// A store that has somebody who may change staff keeps one.
fn keep_a_manager(state: &State, manages_then: impl Fn(&Staff) -> bool) -> Result<(), Refusal> {
    let manages_now = |person: &Staff| state.may(person.role, Permission::ManageStaff);
    if state.staff.values().any(manages_now) && !state.staff.values().any(manages_then) {
        return Err(Refusal::LastManager);
    }
    Ok(())
}
