//! What became of an attempt: by its device, or by a person in the device's place. An approval is held for its order, whose
//! sale a till completes; one for a sale that was paid otherwise goes back.

use super::{Decision, Desk, attempts};
use crate::attempt::{
    Approval, Attempt, AttemptStanding, BY_HAND, CardFacts, DeclineReason, Purpose, TenderOutcome,
    TenderVerdict,
};
use crate::bounded::{PoiMark, PoiReference, Reason};
use crate::event::Event;
use crate::ids::AttemptId;
use crate::refusal::Refusal;
use crate::staff::Permission;
use crate::state::State;

/// The attempt leaves now: from here on only its device knows.
pub(super) fn send(state: &State, attempt: AttemptId, mark: &PoiMark) -> Result<Decision, Refusal> {
    let found = state.attempts.get(&attempt).ok_or(Refusal::AttemptUnknown { attempt })?;
    if found.standing != AttemptStanding::Started {
        return Err(Refusal::AttemptNotOpen { attempt });
    }
    Ok(Decision { events: vec![Event::TenderSent { attempt, mark: mark.clone() }], effects: Vec::new() })
}

/// A device's word. The same word again, or one about something that is over, changes nothing and is no fault.
pub(super) fn settle(
    state: &State,
    attempt: AttemptId,
    outcome: &TenderOutcome,
) -> Result<Decision, Refusal> {
    let found = state.attempts.get(&attempt).ok_or(Refusal::AttemptUnknown { attempt })?;
    let mut decision = Decision::default();
    match (&found.standing, outcome) {
        // What never left cannot have been approved, and was not begun whatever went wrong.
        (AttemptStanding::Started, TenderOutcome::Approved(_) | TenderOutcome::ApprovedOffline { .. }) => {
            return Err(Refusal::AttemptNotOpen { attempt });
        }
        (AttemptStanding::Started, TenderOutcome::InDoubt { .. }) => {
            declined(found, DeclineReason::NotSent, state, &mut decision);
        }
        (
            AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. },
            TenderOutcome::InDoubt { .. },
        ) => {
            return Err(Refusal::AttemptNotOpen { attempt });
        }
        (AttemptStanding::Sent { .. }, TenderOutcome::InDoubt { cause }) => {
            decision.events.push(Event::TenderInDoubt { attempt, cause: cause.clone() });
        }
        (
            AttemptStanding::Sent { .. } | AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. },
            TenderOutcome::Approved(approval),
        ) => approved(state, found, approval, None, &mut decision),
        (
            AttemptStanding::Sent { .. } | AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. },
            TenderOutcome::ApprovedOffline { approval, at },
        ) => {
            let offline = super::offline::approved(state, found, approval, *at);
            approved(state, found, approval, offline, &mut decision);
        }
        (
            AttemptStanding::Started
            | AttemptStanding::Sent { .. }
            | AttemptStanding::InDoubt { .. }
            | AttemptStanding::Disowned { .. },
            TenderOutcome::Declined(reason),
        ) => declined(found, *reason, state, &mut decision),
        (
            AttemptStanding::Held(_)
            | AttemptStanding::Reversing { .. }
            | AttemptStanding::Unclaimed(_)
            | AttemptStanding::Declined(_)
            | AttemptStanding::Taken { .. }
            | AttemptStanding::GivenBack,
            _,
        ) => return Err(Refusal::AttemptNotOpen { attempt }),
    }
    Ok(decision)
}

/// A person's word about what a device cannot say, or about what could not be given back by itself. A second person says it,
/// or somebody who may.
pub(super) fn resolve(
    desk: &Desk<'_>,
    attempt: AttemptId,
    verdict: TenderVerdict,
    reason: &Reason,
) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    let found = super::start_tender::known(desk, attempt)?;
    desk.permit(Permission::ResolveTender)?;
    if stamp.operator == found.stamp.operator && desk.approver.is_none() {
        return Err(Refusal::SecondPersonNeeded);
    }
    let said = Event::TenderResolved { stamp, attempt, verdict, reason: reason.clone() };
    let mut decision = Decision { events: vec![said], effects: Vec::new() };
    match (&found.standing, verdict) {
        (AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. }, TenderVerdict::Charged) => {
            let approval = by_a_person(found);
            let offline = super::offline::said(desk, found, &approval);
            approved(desk.state, found, &approval, offline, &mut decision);
        }
        (AttemptStanding::InDoubt { .. }, TenderVerdict::NotCharged) => {
            give_up_reversal(desk.state, found, &mut decision);
        }
        (AttemptStanding::Unclaimed(_), TenderVerdict::GivenBack) => {}
        _ => return Err(Refusal::AttemptNotOpen { attempt }),
    }
    Ok(decision)
}

/// What a person can say of a payment: that it was made, as it was asked for.
fn by_a_person(attempt: &Attempt) -> Approval {
    Approval {
        amount: attempt.amount,
        tip: attempt.tip,
        transaction: PoiReference::new(BY_HAND).expect("the word is short and plain"),
        card: CardFacts::default(),
        signature: false,
    }
}

fn declined(attempt: &Attempt, reason: DeclineReason, state: &State, decision: &mut Decision) {
    decision.events.push(Event::TenderDeclined { attempt: attempt.id, reason });
    give_up_reversal(state, attempt, decision);
}

/// What was to go back did not: nobody but a person tries it again.
fn give_up_reversal(state: &State, attempt: &Attempt, decision: &mut Decision) {
    if let Purpose::Reversal { of, .. } = attempt.purpose
        && let Some(AttemptStanding::Held(_) | AttemptStanding::Reversing { .. }) =
            state.attempts.get(&of).map(|of| &of.standing)
    {
        decision.events.push(Event::TenderUnclaimed { attempt: of });
    }
}

/// `offline` follows where no acquirer was asked.
fn approved(
    state: &State,
    attempt: &Attempt,
    approval: &Approval,
    offline: Option<Event>,
    decision: &mut Decision,
) {
    let boxed = Box::new(approval.clone());
    if state.is_to_be_signed(attempt, approval) {
        decision.effects.push(super::paper(attempt.stamp.terminal, attempt.id.document()));
    }
    decision.events.push(Event::TenderApproved { attempt: attempt.id, approval: boxed.clone() });
    decision.events.extend(offline);
    let mut held = attempt.clone();
    held.standing = AttemptStanding::Held(boxed);
    // What was paid otherwise meanwhile, or given up, needs it no more.
    if !state.is_needed(attempt) {
        attempts::reverse(state, &held, held.id.counterpart(), decision);
    }
}
