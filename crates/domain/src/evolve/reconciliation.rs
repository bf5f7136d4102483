//! What payment devices moved since their days began.

use holdfast_money::Money;

use super::Changes;
use crate::attempt::{Approval, Attempt, AttemptStanding, BY_HAND, CardFacts, GivesBack, Purpose};
use crate::bounded::{DeviceName, PoiReference};
use crate::calendar::Timestamp;
use crate::exposure::{Acquirer, OfflineApproval, OfflineLimit, is_exposing};
use crate::ids::{AttemptId, ReconciliationId};
use crate::invariant::Violation;
use crate::reconciliation::{AskedReconciliation, LostDay, Moved, Reconciliation, is_doubtful, signed};
use crate::shift::Mode;
use crate::state::State;

impl State {
    /// A device, or a person in its place, says that money moved.
    pub(super) fn moved_at_device(&mut self, attempt: AttemptId, approval: &Approval, changes: &mut Changes) {
        let Some(found) = self.attempts.get(&attempt).filter(|found| found.stamp.mode == Mode::Live) else {
            return;
        };
        let moved = Moved {
            attempt,
            scheme: approval.card.scheme.as_ref(),
            net: signed(&found.purpose, approval.amount),
            by_hand: approval.transaction.as_str() == BY_HAND,
        };
        let day = self.device_days.entry(found.device.clone()).or_default();
        day.add(&moved);
        // A person's word says nothing of the acquirer; that the device approved by itself follows.
        if is_exposing(found) && !moved.by_hand {
            day.acquirer = Acquirer::Reached;
        }
        changes.device_days.insert(found.device.clone());
    }

    /// It was approved without an acquirer.
    pub(super) fn approved_offline(
        &mut self,
        at: Timestamp,
        attempt: AttemptId,
        amount: Money,
        beyond: Option<OfflineLimit>,
        changes: &mut Changes,
    ) {
        let Some(found) = self.attempts.get(&attempt).filter(|found| is_exposing(found)) else {
            changes.violations.push(Violation::AttemptMissing);
            return;
        };
        let day = self.device_days.entry(found.device.clone()).or_default();
        day.acquirer = Acquirer::NotReached;
        day.add_offline(OfflineApproval { attempt, at, amount, beyond });
        changes.device_days.insert(found.device.clone());
    }

    /// Where a device undid a payment as a whole, nothing of it is outstanding. A refund leaves it: that is other money.
    pub(super) fn undone_at_device(&mut self, by: AttemptId, changes: &mut Changes) {
        let Some(attempt) = self.attempts.get(&by) else { return };
        let of = match attempt.purpose {
            Purpose::Reversal { of, means: GivesBack::Reversal, .. }
            | Purpose::Refund { original: of, means: GivesBack::Reversal, .. } => of,
            _ => return,
        };
        let device = attempt.device.clone();
        if let Some(day) = self.device_days.get_mut(&device) {
            day.take_back(of);
            changes.device_days.insert(device);
        }
    }

    /// A till's own record shows that an attempt moved which nobody here heard of: the hub that heard it is gone.
    pub(super) fn moved_by_a_till(&mut self, attempt: AttemptId, changes: &mut Changes) {
        let in_doubt = |found: &&Attempt| matches!(found.standing, AttemptStanding::InDoubt { .. });
        let Some(found) = self.attempts.get(&attempt).filter(in_doubt) else { return };
        let said = Approval {
            amount: found.amount,
            tip: found.tip,
            transaction: PoiReference::new(BY_HAND).expect("the word is short and plain"),
            card: CardFacts::default(),
            signature: false,
        };
        self.moved_at_device(attempt, &said, changes);
    }

    pub(super) fn ask_device_day(
        &mut self,
        recorded_at: Timestamp,
        device: &DeviceName,
        id: ReconciliationId,
        lost: Option<LostDay>,
        changes: &mut Changes,
    ) {
        let day = self.device_days.entry(device.clone()).or_default();
        if let Some(what) = lost {
            day.found_out(what);
        }
        // What an earlier hub asked for is over before it is told here.
        day.asked = day.asked.or(Some(AskedReconciliation { id, at: recorded_at }));
        changes.device_days.insert(device.clone());
    }

    pub(super) fn end_device_day(
        &mut self,
        device: &DeviceName,
        reconciliation: &Reconciliation,
        changes: &mut Changes,
    ) {
        let doubtful = self.attempts.values().filter(|one| one.device == *device && is_doubtful(one));
        let doubtful = doubtful.map(|attempt| attempt.id).collect();
        let day = self.device_days.entry(device.clone()).or_default();
        if day.sums.moved != reconciliation.journal {
            changes.violations.push(Violation::ReconciliationDrift);
        }
        day.end(reconciliation, doubtful);
        changes.device_days.insert(device.clone());
    }

    /// A device that the settings have no more is remembered for as long as something of it is open.
    pub(super) fn forget_device_days(&mut self, changes: &mut Changes) {
        let configured = |name: &DeviceName| self.devices.iter().any(|device| device.name == *name);
        let over = self.device_days.iter().filter(|(name, day)| !configured(name) && !day.is_open());
        for name in over.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.device_days.remove(&name);
            changes.device_days.insert(name);
        }
    }
}
