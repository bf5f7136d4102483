//! What must be true of every state, and of every state in which nothing happens any more by itself.

use holdfast_domain::attempt::{Attempt, AttemptStanding, Purpose};
use holdfast_domain::ids::AttemptId;

use crate::device::Movement;
use crate::world::{Bounds, Job, World};

/// No customer pays twice for one attempt.
pub fn one_capture_for_an_attempt(world: &World) -> bool {
    world.device.book.iter().all(|entry| world.device.payments(entry.attempt) <= 1)
}

/// What counts as paid was taken, and is kept by the device.
pub fn what_is_paid_was_taken(world: &World) -> bool {
    world.durable.state.attempts.values().all(|attempt| {
        let (taken, kept) = (world.device.payments(attempt.id), world.device.kept(attempt.id));
        match (&attempt.purpose, &attempt.standing) {
            (Purpose::Sale { .. }, AttemptStanding::Held(_) | AttemptStanding::Taken { .. }) => kept == 1,
            (Purpose::Sale { .. }, AttemptStanding::Reversing { .. } | AttemptStanding::Unclaimed(_)) => {
                taken == 1
            }
            (Purpose::Reversal { .. }, AttemptStanding::GivenBack) => world.device.reversed_by(attempt.id),
            _ => true,
        }
    })
}

/// What is recorded as not done was not done.
pub fn a_decline_moved_no_money(world: &World) -> bool {
    let declined = |attempt: &&Attempt| matches!(attempt.standing, AttemptStanding::Declined(_));
    world.durable.state.attempts.values().filter(declined).all(|attempt| match attempt.purpose {
        Purpose::Sale { .. } => world.device.kept(attempt.id) == 0,
        Purpose::Refund { .. } | Purpose::Reversal { .. } => !world.device.reversed_by(attempt.id),
    })
}

/// Once device and hub stay up and all is said, every attempt is known, or its device has said that it cannot say and a person
/// sees that; what the device keeps is accounted for, and nothing is held for a sale that needs it no more.
pub fn all_is_known_in_the_end(world: &World, bounds: &Bounds) -> bool {
    if !world.is_quiet(bounds) {
        return true;
    }
    let ledger = &world.durable;
    let job = |attempt: AttemptId| world.run.as_ref().and_then(|run| run.jobs.get(&attempt));
    let known = ledger.state.attempts.values().all(|attempt| match attempt.standing {
        AttemptStanding::Started | AttemptStanding::Sent { .. } => false,
        AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. } => {
            matches!(job(attempt.id), Some(Job::Parked(..)))
        }
        AttemptStanding::Reversing { by, .. } => matches!(job(by), Some(Job::Parked(..))),
        AttemptStanding::Held(_) => {
            let sold = attempt.order().and_then(|order| ledger.state.orders.get(&order));
            sold.is_some_and(|order| order.state.holds_reservation())
        }
        AttemptStanding::Unclaimed(_)
        | AttemptStanding::Declined(_)
        | AttemptStanding::Taken { .. }
        | AttemptStanding::GivenBack => true,
    });
    let payments = world.device.book.iter().filter(|entry| entry.movement == Movement::Payment);
    known && payments.clone().all(|entry| ledger.attempt(entry.attempt).is_some())
}

/// Whether an attempt came so far.
pub fn some(world: &World, is: impl Fn(&AttemptStanding) -> bool) -> bool {
    world.durable.state.attempts.values().any(|attempt| is(&attempt.standing))
}
