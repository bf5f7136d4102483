//! A manager changes something at the store. Whoever may change products or staff may; nothing that somebody else changed
//! meanwhile is lost.

use super::permit::may;
use super::roles;
use crate::amendment::{AmendedCatalog, CatalogChange};
use crate::event::{CatalogSource, Event};
use crate::ids::StaffId;
use crate::refusal::Refusal;
use crate::staff::{Permission, Role, StaffNumber};
use crate::state::State;

pub(super) fn catalog(
    state: &State,
    by: StaffId,
    change: &CatalogChange,
    amended: &AmendedCatalog,
) -> Result<Vec<Event>, Refusal> {
    may(state, by, Permission::ManageProducts)?;
    if let CatalogChange::MarkedDown { sku, before, after, .. } = change
        && after >= before
    {
        return Err(Refusal::NotCheaper { sku: sku.clone(), price: *before });
    }
    if amended.base != state.catalog_version {
        return Err(Refusal::CatalogChanged { base: amended.base, current: state.catalog_version });
    }
    let AmendedCatalog { base, content_hash, products } = *amended;
    let activated =
        Event::CatalogActivated { version: base + 1, content_hash, products, source: CatalogSource::Store };
    Ok(vec![activated, Event::CatalogAmended { by, change: change.clone() }])
}

pub(super) fn staff(
    state: &State,
    by: StaffId,
    staff: StaffId,
    number: StaffNumber,
    role: Role,
) -> Result<Vec<Event>, Refusal> {
    may(state, by, Permission::ManageStaff)?;
    if state.staff_by_number(number).is_some() {
        return Err(Refusal::StaffNumberTaken { number });
    }
    // Nobody makes somebody else more than they are themselves.
    let own = state.staff.get(&by).map(|person| state.authority(person.role));
    let given = state.authority(role);
    if own.is_none_or(|own| !given.permissions.is_subset(&own.permissions)) {
        return Err(Refusal::NotPermitted { permission: Permission::ManageStaff });
    }
    let registered = roles::register(state, staff, number, role)?;
    Ok(vec![registered, Event::StaffAdded { by, staff, number, role }])
}
