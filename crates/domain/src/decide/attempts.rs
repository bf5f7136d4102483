//! What attempts mean for the transactions that they pay for, and how an approval goes back that belongs to none.

use holdfast_money::{Currency, Money};

use super::Decision;
use crate::attempt::{
    Approval, Attempt, AttemptStanding, BY_HAND, GivesBack, LOST_MARK, Purpose, RefundMeans,
};
use crate::bounded::{Label, PoiMark};
use crate::effect::Effect;
use crate::event::Event;
use crate::ids::{AttemptId, OrderId, TransactionId};
use crate::refusal::Refusal;
use crate::sale::Sale;
use crate::state::State;
use crate::tender::{Payment, Tender};

/// The attempts of an order, in the order in which they were begun.
pub(super) fn of_order(state: &State, order: OrderId) -> impl Iterator<Item = &Attempt> {
    state.attempts.values().filter(move |attempt| attempt.order() == Some(order))
}

/// What devices took for an order and no transaction has yet.
pub(super) fn held(state: &State, order: OrderId) -> impl Iterator<Item = (&Attempt, &Approval)> {
    of_order(state, order).filter_map(|attempt| match &attempt.standing {
        AttemptStanding::Held(approval) => Some((attempt, &**approval)),
        _ => None,
    })
}

/// What of it pays for the order, tips left out.
pub(super) fn held_amount(state: &State, order: OrderId, currency: Currency) -> Money {
    Money::sum(currency, held(state, order).map(|(_, approval)| approval.amount - approval.tip))
}

/// # Errors
/// [`Refusal::TenderUnderWay`] while a device is at a payment of the order.
pub(super) fn none_under_way(state: &State, order: OrderId) -> Result<(), Refusal> {
    match of_order(state, order).find(|attempt| attempt.is_under_way()) {
        Some(attempt) => Err(Refusal::TenderUnderWay { device: attempt.device.clone() }),
        None => Ok(()),
    }
}

/// # Errors
/// Why the order stays as it is: a device is at a payment of it, or has taken something for it.
pub(super) fn none_open(state: &State, order: OrderId) -> Result<(), Refusal> {
    none_under_way(state, order)?;
    match held(state, order).next() {
        Some((attempt, _)) => Err(Refusal::TenderHeld { device: attempt.device.clone() }),
        None => Ok(()),
    }
}

/// Refunds of what an attempt paid that may still come to something, or have and are part of no return yet.
pub(super) fn refunds_of(state: &State, original: AttemptId) -> impl Iterator<Item = &Attempt> {
    let is_refund = move |attempt: &&Attempt| match attempt.purpose {
        Purpose::Refund { original: of, .. } => of == original && !attempt.is_closed(),
        Purpose::Sale { .. } | Purpose::Reversal { .. } => false,
    };
    state.attempts.values().filter(is_refund)
}

/// The hub that began an attempt is gone, and what it knew of its device with it: the attempt may have left, and only the
/// device knows what became of it.
pub(super) fn may_have_left(attempt: AttemptId) -> [Event; 2] {
    let mark = PoiMark::new(LOST_MARK).expect("the mark is short and plain");
    let cause = Label::new("HF-ACT-007").expect("a code is a name");
    [Event::TenderSent { attempt, mark }, Event::TenderInDoubt { attempt, cause }]
}

/// Begins to give back what belongs to no transaction. Where its device cannot, a person has to.
pub(super) fn reverse(state: &State, attempt: &Attempt, by: AttemptId, decision: &mut Decision) {
    let device = state.devices.iter().find(|device| device.name == attempt.device);
    let means = device.and_then(|device| match device.refunds {
        _ if device.reverses => Some(GivesBack::Reversal),
        RefundMeans::ByOriginal => Some(GivesBack::Refund),
        // Nobody is there to present the card.
        RefundMeans::WithCard | RefundMeans::None => None,
    });
    let confirmed = |approval: &&Approval| approval.transaction.as_str() != BY_HAND;
    match (means, attempt.approval().filter(confirmed)) {
        (Some(means), Some(approval)) => {
            let transaction = approval.transaction.clone();
            decision.events.push(Event::TenderStarted {
                stamp: attempt.stamp,
                attempt: by,
                purpose: Purpose::Reversal { of: attempt.id, transaction, means },
                code: attempt.code.clone(),
                device: attempt.device.clone(),
                amount: approval.amount,
                tip: Money::zero(approval.amount.currency()),
            });
            decision.effects.push(Effect::StartTender { attempt: by });
        }
        _ => decision.events.push(Event::TenderUnclaimed { attempt: attempt.id }),
    }
}

/// What goes back to devices has gone back before its goods are taken back: exactly as much as is given now.
///
/// # Errors
/// [`Refusal::RefundFirst`] names the payment and how much of it a device has to give back.
pub(super) fn refunded(
    state: &State,
    sale: Option<&Sale>,
    transaction: TransactionId,
    payment: &Payment,
    tips: &[Tender],
) -> Result<Vec<Event>, Refusal> {
    let mut taken = Vec::new();
    let Some(sale) = sale else { return Ok(taken) };
    for balance in &sale.tenders {
        let Some(of) = balance.kind.electronic() else { continue };
        let zero = Money::zero(balance.taken.currency());
        let given = payment.tenders.iter().chain(tips).filter(|tender| tender.kind == balance.kind);
        let wanted = -Money::sum(zero.currency(), given.map(|tender| tender.amount));
        let held: Vec<&Attempt> = refunds_of(state, of.attempt)
            .filter(|attempt| matches!(attempt.standing, AttemptStanding::Held(_)))
            .collect();
        let approved = held.iter().filter_map(|attempt| attempt.approval()).map(|approval| approval.amount);
        let approved = Money::sum(zero.currency(), approved);
        if approved != wanted {
            let (original, code) = (of.attempt, of.code.clone());
            return Err(Refusal::RefundFirst { original, code, wanted, given: approved });
        }
        taken.extend(held.iter().map(|attempt| Event::TenderTaken { attempt: attempt.id, transaction }));
    }
    Ok(taken)
}
