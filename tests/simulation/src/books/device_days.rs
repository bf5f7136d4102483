//! The ends of devices' days: what the journal says that they counted, against the devices' own books.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_devices::payment::{Authorised, Service};
use holdfast_devices::simulated::poi::{Booked, SimulatedPoi};
use holdfast_domain::Event;
use holdfast_domain::reconciliation::{ReconciliationOutcome, SchemeLine};
use holdfast_store::StateStore;

/// What the journal says of one end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// What the device counted.
    Ended(i64),
    Unknown,
}

/// All devices.
#[derive(Debug, Default)]
pub struct DeviceDays {
    told: BTreeMap<String, Vec<Told>>,
}

fn net(lines: &[SchemeLine]) -> i64 {
    lines.iter().map(|line| line.net.minor()).sum()
}

fn booked(day: &[Booked]) -> i64 {
    day.iter().map(|one| one.net().minor()).sum()
}

impl DeviceDays {
    pub(super) fn add(&mut self, event: &Event, wrong: &mut Vec<String>) {
        let Event::DeviceReconciled { device, reconciliation } = event else { return };
        let told = self.told.entry(device.to_string()).or_default();
        match &reconciliation.outcome {
            ReconciliationOutcome::Ended { device: counted, differences, .. } => {
                // After an answer was lost the sides can differ by what somebody found out wrongly.
                let sure = told.last().is_none_or(|last| *last != Told::Unknown);
                if sure && reconciliation.unsettled.is_empty() && !differences.is_empty() {
                    wrong.push(format!(
                        "P3: {device} and the journal differ, and nothing says why: {reconciliation:?}"
                    ));
                }
                if differences.is_empty() != (net(counted) == net(&reconciliation.journal)) {
                    wrong.push(format!(
                        "P3: what is listed of {device} is not what differs: {reconciliation:?}"
                    ));
                }
                told.push(Told::Ended(net(counted)));
            }
            ReconciliationOutcome::Unknown { .. } => told.push(Told::Unknown),
            ReconciliationOutcome::NoTotals | ReconciliationOutcome::NotEnded { .. } => {}
        }
    }

    /// P3: every day that a device ended is told with what it counted, or as one of which nobody knows; none is ended twice
    /// for one. What has moved since is what the device has booked since.
    pub fn check<'a>(
        &self,
        devices: impl Iterator<Item = (&'a str, &'a SimulatedPoi)>,
        state: &dyn StateStore,
        wrong: &mut Vec<String>,
    ) {
        for (name, poi) in devices {
            let days: Vec<i64> = poi.days().iter().map(|day| booked(day)).collect();
            let told = self.told.get(name).map(Vec::as_slice).unwrap_or_default();
            // How many of its days can be told by now.
            let mut through = BTreeSet::from([0]);
            for one in told {
                through = match one {
                    Told::Ended(net) => {
                        let fits = |at: &&usize| days.get(**at) == Some(net);
                        through.iter().filter(fits).map(|at| at + 1).collect()
                    }
                    Told::Unknown => through.iter().flat_map(|at| [*at, at + 1]).collect(),
                };
            }
            if !through.contains(&days.len()) {
                wrong.push(format!("P3: {name} ended days with {days:?}, the journal says {told:?}"));
            }
            if told.last() == Some(&Told::Unknown) {
                continue;
            }
            let since: usize = poi.days().iter().map(Vec::len).sum();
            let (ours, theirs) = (open(state, name), booked(&poi.book()[since..]));
            if ours.is_some_and(|ours| ours != theirs) {
                wrong.push(format!(
                    "P3: {name} booked {theirs} since its day began, the journal says {ours:?}"
                ));
            }
            let (ours, theirs) = (ours.map(|_| outstanding(state, name)), by_itself(&poi.book()[since..]));
            if ours.is_some_and(|ours| ours != theirs) {
                wrong.push(format!(
                    "P3: {name} approved {theirs} by itself since its day began, the journal says {ours:?}"
                ));
            }
        }
    }
}

/// What a device approved without a bank and did not give back by undoing it.
fn by_itself(day: &[Booked]) -> i64 {
    let undone = |paid: &Booked| {
        day.iter().any(
            |one| matches!(&one.service, Service::Reversal { original } if *original == paid.transaction),
        )
    };
    let offline = day.iter().filter(|one| one.authorised == Authorised::Offline && !undone(one));
    offline.map(|one| one.amount.minor()).sum()
}

/// What the state says of that.
fn outstanding(state: &dyn StateStore, device: &str) -> i64 {
    let mut sum = 0;
    state.with_state(&mut |state| {
        let days = state.device_days.iter().filter(|(name, _)| name.as_str() == device);
        sum = days.filter_map(|(_, day)| day.sums.offline.outstanding).map(|money| money.minor()).sum();
    });
    sum
}

/// What the state says that moved since the day began. None where something of it may be booked otherwise.
fn open(state: &dyn StateStore, device: &str) -> Option<i64> {
    let mut moved = Some(0);
    state.with_state(&mut |state| {
        for (_, day) in state.device_days.iter().filter(|(name, _)| name.as_str() == device) {
            moved = day.sums.listed.is_empty().then(|| net(&day.sums.moved));
        }
    });
    moved
}
