//! What the hub itself or a person at its console brings into the journal.

use super::Decision;
use crate::attempt::check_devices;
use crate::calendar::Timestamp;
use crate::command::{HubCommand, NumberChoice};
use crate::event::Event;
use crate::order::Reservation;
use crate::receipt::TillNumber;
use crate::refusal::Refusal;
use crate::state::State;
use crate::tender::check_list;
use crate::till::LastNumbers;

/// The largest till number.
pub const TILL_NUMBER_MAX: u16 = 9_999;

/// Decides one command of the hub.
///
/// # Errors
/// A [`Refusal`] when the command contradicts what the store already is.
pub fn decide_hub(state: &State, command: &HubCommand) -> Result<Decision, Refusal> {
    let event = match command {
        HubCommand::ExpireReservations { at } => return Ok(expire(state, *at)),
        HubCommand::MergeSubject { subject, into, staff } => {
            return super::subject::merge(state, *subject, *into, *staff);
        }
        HubCommand::AmendCatalog { by, change, amended } => {
            let events = super::amend::catalog(state, *by, change, amended)?;
            return Ok(Decision { events, effects: Vec::new() });
        }
        HubCommand::AddStaff { by, staff, number, role } => {
            let events = super::amend::staff(state, *by, *staff, *number, *role)?;
            return Ok(Decision { events, effects: Vec::new() });
        }
        HubCommand::SendTender { attempt, mark } => {
            return super::settle_tender::send(state, *attempt, mark);
        }
        HubCommand::SettleTender { attempt, outcome } => {
            return super::settle_tender::settle(state, *attempt, outcome);
        }
        HubCommand::SettleReconciliation { reconciliation, count } => {
            return super::reconcile_device::settle(state, *reconciliation, count);
        }
        HubCommand::ConfigureDevices { devices } => {
            check_devices(devices).map_err(|fault| Refusal::DeviceListInvalid { fault })?;
            Event::PaymentDevicesConfigured { devices: devices.clone() }
        }
        HubCommand::SetOfflineLimits { limits } => super::offline::set(state, limits.as_ref())?,
        HubCommand::SenseDrawer { drawer, till, movement } => {
            super::sense_drawer::decide(state, drawer, *till, *movement)?
        }
        HubCommand::OpenEpoch { epoch, hub, hub_key, store, parent } => {
            if state.store.is_some_and(|known| known != *store) {
                return Err(Refusal::StoreMismatch);
            }
            Event::EpochOpened { epoch: *epoch, hub: *hub, hub_key: *hub_key, store: *store, parent: *parent }
        }
        HubCommand::ConfigureStore { profile } => {
            if state.store.is_some_and(|known| known != profile.store) {
                return Err(Refusal::StoreMismatch);
            }
            if let Some(known) = state.profile.as_ref().map(|p| p.currency)
                && known != profile.currency
                && has_traded(state)
            {
                return Err(Refusal::CurrencyFixed { currency: known });
            }
            Event::StoreConfigured { profile: profile.clone() }
        }
        HubCommand::ConfigureTenders { types } => {
            let profile = state.profile.as_ref().ok_or(Refusal::StoreNotConfigured)?;
            check_list(types, profile.currency).map_err(|fault| Refusal::TenderListInvalid { fault })?;
            Event::TendersConfigured { types: types.clone() }
        }
        HubCommand::ConfigureTaxes { table } => Event::TaxesConfigured { table: table.clone() },
        HubCommand::ActivateCatalog { content_hash, products, source } => Event::CatalogActivated {
            version: state.catalog_version + 1,
            content_hash: *content_hash,
            products: *products,
            source: *source,
        },
        HubCommand::RegisterStaff { staff, number, role } => {
            if state.staff_by_number(*number).is_some_and(|known| known.id != *staff) {
                return Err(Refusal::StaffNumberTaken { number: *number });
            }
            super::roles::register(state, *staff, *number, *role)?
        }
        HubCommand::EnrolTerminal { terminal, name, secret_hash, number } => Event::TerminalEnrolled {
            terminal: *terminal,
            number: till_number(state, *terminal, *number)?,
            name: name.clone(),
            secret_hash: *secret_hash,
        },
        HubCommand::RevokeTerminal { terminal } => {
            if !state.tills.contains_key(terminal) {
                return Err(Refusal::TillUnknown);
            }
            Event::TerminalRevoked { terminal: *terminal }
        }
        HubCommand::StepClock { before, after } => Event::ClockStepped { before: *before, after: *after },
        HubCommand::SettleDocument { transaction, outcome } => {
            Event::DocumentSettled { transaction: *transaction, outcome: *outcome }
        }
        HubCommand::RegisterSubject { subject, terminal } => {
            super::subject::register(state, *subject, *terminal)?
        }
        HubCommand::EraseSubject { subject, cause } => super::subject::erase(state, *subject, *cause)?,
        HubCommand::GroupSubject { subject, group, staff } => {
            super::subject::group(state, *subject, group.clone(), *staff)?
        }
        HubCommand::DefineRole { role } => super::roles::define(state, role)?,
    };
    Ok(Decision { events: vec![event], effects: Vec::new() })
}

/// The most reservations that one record ends.
pub const EXPIRED_AT_ONCE_MAX: usize = 64;

/// Frees what was held long enough. Whatever is left is for the next record.
fn expire(state: &State, at: Timestamp) -> Decision {
    let due = state.reservations_due(at).into_iter().take(EXPIRED_AT_ONCE_MAX);
    let events = due.filter_map(|order| match order.reservation {
        Reservation::Until(until) => Some(Event::ReservationExpired { order: order.id, until }),
        Reservation::Held | Reservation::Expired => None,
    });
    Decision { events: events.collect(), effects: Vec::new() }
}

/// Whether amounts of the store's currency are already on its books: sums never mix two currencies.
fn has_traded(state: &State) -> bool {
    let numbered = state.tills.values().any(|till| till.numbers != LastNumbers::default());
    numbered || state.last_z > 0 || !state.shifts.is_empty() || !state.orders.is_empty()
}

/// A till that is known keeps its number; numbers are never given twice.
fn till_number(
    state: &State,
    terminal: crate::ids::TerminalId,
    choice: NumberChoice,
) -> Result<TillNumber, Refusal> {
    if let Some(known) = state.tills.get(&terminal) {
        return Ok(known.number);
    }
    match choice {
        NumberChoice::Keep(number) => {
            if number.0 == 0
                || number.0 > TILL_NUMBER_MAX
                || state.tills.values().any(|till| till.number == number)
            {
                return Err(Refusal::TillNumberTaken { number: number.0 });
            }
            Ok(number)
        }
        NumberChoice::Next => {
            let last = state.tills.values().map(|till| till.number.0).max().unwrap_or(0);
            if last >= TILL_NUMBER_MAX {
                return Err(Refusal::TillNumbersExhausted);
            }
            Ok(TillNumber(last + 1))
        }
    }
}
