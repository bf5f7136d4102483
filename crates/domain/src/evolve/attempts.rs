//! What becomes of attempts to move money with a device.

use super::Changes;
use crate::attempt::{
    Approval, Attempt, AttemptStanding, LOST_MARK, PaymentDevice, Purpose, TenderVerdict, Turn,
};
use crate::bounded::{DeviceName, PoiMark};
use crate::event::Event;
use crate::ids::{AttemptId, ShiftId};
use crate::invariant::Violation;
use crate::shift::Mode;
use crate::state::State;

impl State {
    /// Whether what an attempt pays for is still to be paid. What gives money back is always needed.
    pub fn is_needed(&self, attempt: &Attempt) -> bool {
        attempt
            .order()
            .is_none_or(|order| self.orders.get(&order).is_some_and(|order| order.state.holds_reservation()))
    }

    /// Whether a slip is printed for somebody to sign: the device wants it, and the money does not go back at once.
    pub fn is_to_be_signed(&self, attempt: &Attempt, approval: &Approval) -> bool {
        let undoes = matches!(attempt.purpose, Purpose::Reversal { .. });
        approval.signature && !undoes && self.is_needed(attempt)
    }

    /// Folds one event about an attempt.
    pub(super) fn attempt(&mut self, event: &Event, changes: &mut Changes) {
        match event {
            Event::TenderStarted { stamp, attempt, purpose, code, device, amount, tip } => {
                if let Purpose::Reversal { of, .. } = purpose {
                    self.stand_at(*of, changes, |standing| match standing {
                        AttemptStanding::Held(approval) => {
                            Some(AttemptStanding::Reversing { approval, by: *attempt })
                        }
                        // Only the till that gave this back knows that it was approved.
                        AttemptStanding::InDoubt { mark } => Some(AttemptStanding::InDoubt { mark }),
                        _ => None,
                    });
                }
                let started = Attempt {
                    id: *attempt,
                    stamp: *stamp,
                    purpose: purpose.clone(),
                    code: code.clone(),
                    device: device.clone(),
                    amount: *amount,
                    tip: *tip,
                    standing: AttemptStanding::Started,
                };
                self.attempts.insert(*attempt, started);
                changes.attempts.insert(*attempt);
            }
            Event::TenderSent { attempt, mark } => {
                self.stand_at(*attempt, changes, |standing| match standing {
                    AttemptStanding::Started => Some(AttemptStanding::Sent { mark: mark.clone() }),
                    _ => None,
                });
                self.forget_marks_behind(*attempt, changes);
            }
            Event::TenderInDoubt { attempt, .. } => {
                self.stand_at(*attempt, changes, |standing| match standing {
                    AttemptStanding::Sent { mark } => Some(AttemptStanding::InDoubt { mark }),
                    _ => None,
                });
            }
            Event::TenderApproved { attempt, approval } => {
                self.moved_at_device(*attempt, approval, changes);
                self.undone_at_device(*attempt, changes);
                if self.attempts.get(attempt).is_some_and(|of| self.is_to_be_signed(of, approval)) {
                    self.documents.insert(attempt.document());
                    changes.documents.insert(attempt.document());
                }
                let held = AttemptStanding::Held(approval.clone());
                self.known_outcome(*attempt, held, changes);
                if let Some(Purpose::Reversal { of, .. }) =
                    self.attempts.get(attempt).map(|a| a.purpose.clone())
                {
                    self.moved_by_a_till(of, changes);
                    self.close(*attempt, AttemptStanding::GivenBack, changes);
                    // A person may have given it back in another way while nobody knew whether this one had.
                    if self.attempts.get(&of).is_some_and(|of| !of.is_closed()) {
                        self.close(of, AttemptStanding::GivenBack, changes);
                    }
                }
            }
            Event::TenderDeclined { attempt, reason } => {
                self.known_outcome(*attempt, AttemptStanding::Declined(*reason), changes);
                self.forget_if_over(*attempt, changes);
            }
            Event::TenderResolved { attempt, verdict: TenderVerdict::NotCharged, .. } => {
                self.stand_at(*attempt, changes, |standing| match standing {
                    // It was in doubt where it was said; a till may give that back to a hub that has not come so far.
                    AttemptStanding::Sent { mark } | AttemptStanding::InDoubt { mark } => {
                        Some(AttemptStanding::Disowned { mark })
                    }
                    // The same word, given back to a hub whose device has said more since.
                    AttemptStanding::Started => None,
                    known => Some(known),
                });
            }
            Event::TenderResolved { attempt, verdict: TenderVerdict::GivenBack, .. } => {
                self.close(*attempt, AttemptStanding::GivenBack, changes);
            }
            Event::TenderTaken { attempt, transaction } => {
                self.moved_by_a_till(*attempt, changes);
                self.close(*attempt, AttemptStanding::Taken { transaction: *transaction }, changes);
            }
            Event::TenderUnclaimed { attempt } => {
                self.stand_at(*attempt, changes, |standing| match standing {
                    AttemptStanding::Held(approval) | AttemptStanding::Reversing { approval, .. } => {
                        Some(AttemptStanding::Unclaimed(approval))
                    }
                    _ => None,
                });
            }
            // The approval that a person gives, and the reversal, follow in events of their own.
            _ => {}
        }
    }

    /// What a device or a person said of an attempt that nobody knew about.
    fn known_outcome(&mut self, attempt: AttemptId, known: AttemptStanding, changes: &mut Changes) {
        self.stand_at(attempt, changes, |standing| match standing {
            AttemptStanding::Started if matches!(known, AttemptStanding::Declined(_)) => Some(known),
            AttemptStanding::Sent { .. }
            | AttemptStanding::InDoubt { .. }
            | AttemptStanding::Disowned { .. } => Some(known),
            _ => None,
        });
    }

    fn close(&mut self, attempt: AttemptId, closed: AttemptStanding, changes: &mut Changes) {
        let is_practised =
            self.attempts.get(&attempt).is_some_and(|attempt| attempt.stamp.mode == Mode::Training);
        self.stand_at(attempt, changes, |standing| match standing {
            AttemptStanding::Held(_) | AttemptStanding::Reversing { .. } | AttemptStanding::Unclaimed(_) => {
                Some(closed)
            }
            // What is practised is carried out by a device that lives no longer than its hub. A hub that comes after it hears
            // that nothing was made, before the till gives back the sale that it is part of.
            AttemptStanding::Declined(_) if is_practised => Some(closed),
            // A till gave back the sale that it is part of, and the hub that knew the approval is gone.
            AttemptStanding::Sent { .. }
            | AttemptStanding::InDoubt { .. }
            | AttemptStanding::Disowned { .. } => Some(closed),
            _ => None,
        });
        self.forget_if_over(attempt, changes);
    }

    /// Changes a standing by the table that `next` is a part of; None is against it.
    fn stand_at(
        &mut self,
        attempt: AttemptId,
        changes: &mut Changes,
        next: impl FnOnce(AttemptStanding) -> Option<AttemptStanding>,
    ) {
        changes.attempts.insert(attempt);
        let Some(found) = self.attempts.get_mut(&attempt) else {
            changes.violations.push(Violation::AttemptMissing);
            return;
        };
        match next(found.standing.clone()) {
            Some(next) => found.standing = next,
            None => changes.violations.push(Violation::IllegalAttempt),
        }
    }

    /// What is closed is remembered for as long as its shift is open.
    fn forget_if_over(&mut self, attempt: AttemptId, changes: &mut Changes) {
        let over = |known: &Attempt| known.is_closed() && !self.shifts.contains_key(&known.stamp.shift);
        if self.attempts.get(&attempt).is_some_and(over) {
            self.attempts.remove(&attempt);
            changes.attempts.insert(attempt);
        }
    }

    /// A history that goes on from a copy may have lost what came after it: whatever had begun may have left. What the hub
    /// before did since at a device that takes one thing at a time stands behind every mark, and looks like the attempt
    /// that the mark was made for.
    pub(super) fn doubt_what_was_begun(&mut self, changes: &mut Changes) {
        for (id, attempt) in &mut self.attempts {
            let by_turn = takes_turns(&self.devices, &attempt.device);
            attempt.standing = match &attempt.standing {
                AttemptStanding::Started => AttemptStanding::InDoubt { mark: lost_mark() },
                AttemptStanding::Sent { .. } | AttemptStanding::InDoubt { .. } if by_turn => {
                    AttemptStanding::InDoubt { mark: lost_mark() }
                }
                AttemptStanding::Disowned { .. } if by_turn => {
                    AttemptStanding::Disowned { mark: lost_mark() }
                }
                _ => continue,
            };
            changes.attempts.insert(*id);
        }
    }

    /// A device that takes one thing at a time is told apart by what it did last, so what leaves now stands behind the marks
    /// of those that a person gave up: from here on their devices cannot say any more.
    fn forget_marks_behind(&mut self, sent: AttemptId, changes: &mut Changes) {
        let Some(device) = self.attempts.get(&sent).map(|attempt| attempt.device.clone()) else { return };
        if !takes_turns(&self.devices, &device) {
            return;
        }
        for (id, attempt) in self.attempts.iter_mut().filter(|(id, _)| **id != sent) {
            if attempt.device == device && matches!(attempt.standing, AttemptStanding::Disowned { .. }) {
                attempt.standing = AttemptStanding::Disowned { mark: lost_mark() };
                changes.attempts.insert(*id);
            }
        }
    }

    pub(super) fn forget_attempts(&mut self, shift: ShiftId, changes: &mut Changes) {
        let closed = self.attempts.values().filter(|a| a.stamp.shift == shift && a.is_closed());
        for attempt in closed.map(|attempt| attempt.id).collect::<Vec<_>>() {
            self.attempts.remove(&attempt);
            changes.attempts.insert(attempt);
        }
    }
}

fn takes_turns(devices: &[PaymentDevice], device: &DeviceName) -> bool {
    devices.iter().any(|known| known.name == *device && known.turn == Turn::OneAtATime)
}

fn lost_mark() -> PoiMark {
    PoiMark::new(LOST_MARK).expect("the mark is short and plain")
}
