//! Card money that a terminal approves by itself is bounded before the customer is asked, and counted whatever the terminal did.

use super::Desk;
use crate::attempt::{Approval, Attempt, PaymentDevice};
use crate::bounded::DeviceName;
use crate::calendar::Timestamp;
use crate::event::Event;
use crate::exposure::{Acquirer, Beside, OfflineLimit, OfflineLimits, is_exposing};
use crate::refusal::Refusal;
use crate::state::State;

use holdfast_money::Money;

pub(super) fn set(state: &State, limits: Option<&OfflineLimits>) -> Result<Event, Refusal> {
    if let Some(limits) = limits {
        let profile = state.profile.as_ref().ok_or(Refusal::StoreNotConfigured)?;
        for amount in [limits.floor, limits.cumulative] {
            if amount.currency() != profile.currency {
                return Err(Refusal::ForeignCurrency { amount });
            }
        }
        limits.check().map_err(|fault| Refusal::OfflineLimitsInvalid { fault })?;
    }
    Ok(Event::OfflineLimitsSet { limits: limits.cloned() })
}

fn is_without_acquirer(state: &State, device: &DeviceName) -> bool {
    state.device_days.get(device).is_some_and(|day| day.acquirer == Acquirer::NotReached)
}

/// A terminal that is known to reach its acquirer is never refused here: it asks, and no limit is touched.
pub(super) fn within_limits(desk: &Desk<'_>, device: &PaymentDevice, wanted: Money) -> Result<(), Refusal> {
    let (state, now) = (desk.state, desk.context.recorded_at);
    let Some(limits) = &state.offline_limits else { return Ok(()) };
    if !is_without_acquirer(state, &device.name) {
        return Ok(());
    }
    let exposure = state.exposure(limits.currency(), limits.window_minutes, now);
    let coming: Vec<Money> = state.may_come_offline().map(|attempt| attempt.amount).collect();
    let count = exposure.in_window.saturating_add(u32::try_from(coming.len()).unwrap_or(u32::MAX));
    let outstanding = exposure.outstanding + Money::sum(limits.currency(), coming);
    let device = device.name.clone();
    match state.offline_limit(wanted, now, Beside::WhatMayCome) {
        None => Ok(()),
        Some(OfflineLimit::Floor) => Err(Refusal::OfflineTooLarge { device, floor: limits.floor, wanted }),
        Some(OfflineLimit::Cumulative) => {
            Err(Refusal::OfflineTooMuch { device, cumulative: limits.cumulative, outstanding, wanted })
        }
        Some(OfflineLimit::Velocity) => {
            let (velocity, minutes) = (limits.velocity, limits.window_minutes);
            Err(Refusal::OfflineTooMany { device, velocity, minutes, count, outstanding })
        }
    }
}

/// What follows an approval that a device gave by itself. Nothing where no goods leave for real money.
pub(super) fn approved(
    state: &State,
    attempt: &Attempt,
    approval: &Approval,
    at: Timestamp,
) -> Option<Event> {
    is_exposing(attempt).then(|| Event::TenderApprovedOffline {
        attempt: attempt.id,
        amount: approval.amount,
        beyond: state.offline_limit(approval.amount, at, Beside::Nothing),
    })
}

/// A person says that a device took money while it did not reach its acquirer.
pub(super) fn said(desk: &Desk<'_>, attempt: &Attempt, approval: &Approval) -> Option<Event> {
    let without = is_without_acquirer(desk.state, &attempt.device);
    without.then(|| approved(desk.state, attempt, approval, desk.context.recorded_at)).flatten()
}
