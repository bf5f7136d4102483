//! A payment device ends its day, and what it counted stands beside what the journal says that it moved.

use super::{Decision, Desk};
use crate::attempt::Attempt;
use crate::bounded::{DeviceName, Label};
use crate::calendar::Timestamp;
use crate::effect::Effect;
use crate::event::Event;
use crate::ids::ReconciliationId;
use crate::reconciliation::{DeviceCount, DeviceDay, LostDay, ReconcileDevice, is_doubtful};
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::staff::Permission;
use crate::state::State;

/// Stands for the fault where a hub stopped while a device ended its day.
pub const HUB_STOPPED: &str = "HF-ACT-008";

/// While a payment is under way nothing ends: whoever wants the day to end waits for it. A payment in doubt holds nothing
/// up, because only the device knows when that is over, and is listed.
pub(super) fn decide(desk: &Desk<'_>, asked: &ReconcileDevice) -> Result<Decision, Refusal> {
    let staff = desk.operator()?.id;
    let device = &asked.device;
    if desk.state.shift_of(desk.till.terminal).is_some_and(|shift| shift.mode == Mode::Training) {
        return Err(Refusal::TrainingShift);
    }
    desk.permit(Permission::CloseDay)?;
    if !desk.state.devices.iter().any(|known| known.name == *device) {
        return Err(Refusal::DeviceUnknown { device: device.clone() });
    }
    let day = desk.state.device_days.get(device);
    if day.is_some_and(|day| day.asked.is_some()) {
        return Err(Refusal::DeviceReconciling { device: device.clone() });
    }
    match (day.is_some_and(|day| day.lost.is_some()), asked.lost) {
        (true, None) => return Err(Refusal::DayEndLost { device: device.clone() }),
        (false, Some(_)) => return Err(Refusal::NoDayEndLost { device: device.clone() }),
        (true, Some(_)) | (false, None) => {}
    }
    let elsewhere = desk.state.epoch != Some(asked.epoch);
    if !elsewhere {
        none_under_way(desk, device)?;
    }
    let reconciliation = ReconciliationId(desk.command.id.0);
    let mut events = vec![Event::DeviceReconciliationAsked {
        reconciliation,
        terminal: desk.till.terminal,
        staff,
        approver: desk.approver_of(Permission::CloseDay),
        occurred_at: desk.command.occurred_at,
        device: device.clone(),
        lost: asked.lost,
    }];
    if elsewhere {
        // Another hub may have asked the device: nobody knows whether its day ended, and it is not asked again.
        let at = desk.context.recorded_at;
        events.push(lost_with_hub(desk.state, device, reconciliation, asked.lost, at));
        return Ok(Decision { events, effects: Vec::new() });
    }
    Ok(Decision { events, effects: vec![Effect::ReconcileDevice { reconciliation }] })
}

fn none_under_way(desk: &Desk<'_>, device: &DeviceName) -> Result<(), Refusal> {
    let at_it = |attempt: &&Attempt| {
        attempt.device == *device && attempt.is_under_way() && attempt.stamp.mode == Mode::Live
    };
    match desk.state.attempts.values().find(at_it) {
        None => Ok(()),
        Some(attempt) => {
            let till = desk.state.tills.get(&attempt.stamp.terminal).map_or(0, |till| till.number.0);
            Err(Refusal::DeviceBusy { device: device.clone(), till })
        }
    }
}

/// What a device, or the actor in its place, says of the end of day that it was asked for.
pub(super) fn settle(
    state: &State,
    reconciliation: ReconciliationId,
    count: &DeviceCount,
) -> Result<Decision, Refusal> {
    let is_asked = |day: &DeviceDay| day.asked.filter(|asked| asked.id == reconciliation);
    let found = state.device_days.iter().find_map(|(device, day)| Some((device, day, is_asked(day)?.at)));
    let (device, day, at) = found.ok_or(Refusal::ReconciliationNotOpen { reconciliation })?;
    Ok(Decision {
        events: vec![reconciled(state, device, day, reconciliation, at, count)],
        effects: Vec::new(),
    })
}

/// The hub that may have asked a device is gone with whatever it heard.
pub(super) fn lost_with_hub(
    state: &State,
    device: &DeviceName,
    reconciliation: ReconciliationId,
    lost: Option<LostDay>,
    at: Timestamp,
) -> Event {
    let mut day = state.device_days.get(device).cloned().unwrap_or_default();
    if let Some(what) = lost {
        day.found_out(what);
    }
    let count = DeviceCount::Unknown { cause: Label::new(HUB_STOPPED).expect("a code is a name") };
    reconciled(state, device, &day, reconciliation, at, &count)
}

fn reconciled(
    state: &State,
    device: &DeviceName,
    day: &DeviceDay,
    id: ReconciliationId,
    at: Timestamp,
    count: &DeviceCount,
) -> Event {
    let doubtful = |attempt: &&Attempt| attempt.device == *device && is_doubtful(attempt);
    let doubtful: Vec<&Attempt> = state.attempts.values().filter(doubtful).collect();
    let reconciliation = Box::new(day.reconciled(id, at, &doubtful, count));
    Event::DeviceReconciled { device: device.clone(), reconciliation }
}
