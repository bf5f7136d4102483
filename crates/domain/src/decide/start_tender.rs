//! A device is to take money for an order, or to give back what a sale was paid with. Nothing has left when this is decided.

use holdfast_money::Money;

use super::{Decision, Desk, attempts};
use crate::attempt::{
    AskedTender, Attempt, GivesBack, PaymentDevice, Purpose, RefundMeans, StartTender, Turn,
};
use crate::bounded::{DeviceName, Reason, TenderCode};
use crate::effect::Effect;
use crate::event::Event;
use crate::ids::{AttemptId, OrderId, TransactionId};
use crate::order::OrderState;
use crate::refusal::Refusal;
use crate::shift::{Mode, Shift};
use crate::tender::{ElectronicTender, TenderClass};

pub(super) fn decide(desk: &Desk<'_>, start: &StartTender) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    let amount = desk.amount(start.amount)?;
    if !amount.is_positive() {
        return Err(Refusal::NoTender);
    }
    let zero = Money::zero(desk.profile.currency);
    let tip = start.tip.map_or(Ok(zero), |tip| desk.amount(tip))?;
    let device = start.device.as_ref();
    let elsewhere = desk.state.epoch != Some(start.epoch);
    let (purpose, device, code) = match &start.asked {
        // Whatever this hub would say, another one may have let it leave: what became of it is found out first.
        AskedTender::Pay { order, code } if elsewhere => {
            (Purpose::Sale { order: *order }, choose(desk, code, device)?, code.clone())
        }
        AskedTender::Pay { order, code } => pay(desk, shift, *order, code, amount, tip, device)?,
        AskedTender::Refund { sale, original } => refund(desk, shift, *sale, *original, amount, device)?,
    };
    if !elsewhere {
        free(desk, &device)?;
        if matches!(purpose, Purpose::Sale { .. }) && shift.mode == Mode::Live {
            super::offline::within_limits(desk, &device, amount)?;
        }
    }
    let attempt = AttemptId(desk.command.id);
    let device = device.name;
    let mut events = vec![Event::TenderStarted { stamp, attempt, purpose, code, device, amount, tip }];
    if elsewhere {
        events.extend(attempts::may_have_left(attempt));
    }
    Ok(Decision { events, effects: vec![Effect::StartTender { attempt }] })
}

type Chosen = (Purpose, PaymentDevice, TenderCode);

fn pay(
    desk: &Desk<'_>,
    shift: &Shift,
    order: OrderId,
    code: &TenderCode,
    amount: Money,
    tip: Money,
    device: Option<&DeviceName>,
) -> Result<Chosen, Refusal> {
    let types = desk.state.tender_types();
    let of = super::tenders::type_of(&types, code.as_str())
        .ok_or_else(|| Refusal::TenderUnknown { code: code.clone() })?;
    if of.class != TenderClass::Electronic {
        return Err(Refusal::TenderByHand { code: code.clone() });
    }
    let found = desk.state.orders.get(&order).ok_or(Refusal::OrderUnknown { order })?;
    match found.state {
        OrderState::Placed | OrderState::PartlyPaid => {}
        state => return Err(Refusal::OrderNotOpen { order, state }),
    }
    if found.placed.mode != shift.mode {
        return Err(Refusal::ModeMismatch { order });
    }
    super::custody::at_hand(desk, found)?;
    attempts::none_under_way(desk.state, order)?;
    let open = found.open_amount() - attempts::held_amount(desk.state, order, desk.profile.currency);
    if amount - tip > open || tip >= amount {
        return Err(Refusal::TenderTooMuch { wanted: amount - tip, open });
    }
    let device = choose(desk, code, device)?;
    Ok((Purpose::Sale { order }, device, code.clone()))
}

fn refund(
    desk: &Desk<'_>,
    shift: &Shift,
    sale: TransactionId,
    original: AttemptId,
    amount: Money,
    device: Option<&DeviceName>,
) -> Result<Chosen, Refusal> {
    let found = desk.state.sales.get(&sale).ok_or(Refusal::SaleUnknown { transaction: sale })?;
    if found.voided.is_some() {
        return Err(Refusal::SaleVoided { transaction: sale });
    }
    if found.stamp.mode != shift.mode {
        return Err(Refusal::ModeMismatch { order: found.order });
    }
    let zero = Money::zero(desk.profile.currency);
    desk.permit_refund(zero)?;
    let is_original = |of: &&ElectronicTender| of.attempt == original;
    let paid = found.tenders.iter().find(|balance| balance.kind.electronic().filter(is_original).is_some());
    let paid = paid.ok_or(Refusal::AttemptUnknown { attempt: original })?;
    let tender = paid.kind.electronic().expect("it was found as one");
    let tips = found.tips.iter().filter(|tip| tip.kind == paid.kind).map(|tip| tip.amount);
    let took = paid.taken + Money::sum(zero.currency(), tips);
    let begun = attempts::refunds_of(desk.state, original).map(|attempt| attempt.amount);
    let open = took - paid.returned - Money::sum(zero.currency(), begun);
    if amount > open {
        return Err(Refusal::TenderTooMuch { wanted: amount, open });
    }
    let device = refunding(desk, tender, device)?;
    let whole = amount == took && paid.returned.is_zero();
    let means = match device.refunds {
        _ if device.reverses && whole && device.name == tender.device && found.stamp.shift == shift.id => {
            GivesBack::Reversal
        }
        RefundMeans::None => return Err(Refusal::NoRefundAtDevice { device: device.name }),
        RefundMeans::ByOriginal | RefundMeans::WithCard => GivesBack::Refund,
    };
    let transaction = tender.transaction.clone();
    Ok((Purpose::Refund { sale, original, transaction, means }, device, tender.code.clone()))
}

/// The device that is named, the till's own one of that tender, or the one that all tills share.
fn choose(desk: &Desk<'_>, code: &TenderCode, named: Option<&DeviceName>) -> Result<PaymentDevice, Refusal> {
    let devices = || desk.state.devices.iter().filter(|device| device.tender == *code);
    let found = match named {
        Some(name) => devices().find(|device| device.name == *name),
        None => devices()
            .find(|device| device.tills.contains(&desk.till.number))
            .or_else(|| devices().find(|device| device.tills.is_empty())),
    };
    found.cloned().ok_or_else(|| Refusal::NoDevice { code: code.clone() })
}

/// Where a payment came from gives it back, or any terminal with the card at hand.
fn refunding(
    desk: &Desk<'_>,
    tender: &ElectronicTender,
    named: Option<&DeviceName>,
) -> Result<PaymentDevice, Refusal> {
    let device = match named {
        Some(_) => choose(desk, &tender.code, named)?,
        None => {
            let origin = desk.state.devices.iter().find(|device| device.name == tender.device);
            origin.cloned().map_or_else(|| choose(desk, &tender.code, None), Ok)?
        }
    };
    if device.name != tender.device && device.refunds != RefundMeans::WithCard {
        return Err(Refusal::NoRefundAtDevice { device: device.name });
    }
    Ok(device)
}

/// A terminal that is at something else, or does not know yet what became of it, takes nothing new.
fn free(desk: &Desk<'_>, device: &PaymentDevice) -> Result<(), Refusal> {
    if desk.state.device_days.get(&device.name).is_some_and(|day| day.asked.is_some()) {
        return Err(Refusal::DeviceReconciling { device: device.name.clone() });
    }
    if desk.shift()?.0.mode == Mode::Live
        && let Some(out) = desk.context.out_of_reach.iter().find(|out| out.device == device.name)
    {
        return Err(Refusal::DeviceOutOfReach { device: device.name.clone(), since: out.since });
    }
    if device.turn == Turn::Many {
        return Ok(());
    }
    let holds = |attempt: &&Attempt| attempt.device == device.name && attempt.occupies_device();
    match desk.state.attempts.values().find(holds) {
        None => Ok(()),
        Some(attempt) => {
            let till = desk.state.tills.get(&attempt.stamp.terminal).map_or(0, |till| till.number.0);
            Err(Refusal::DeviceBusy { device: device.name.clone(), till })
        }
    }
}

/// The device is asked to stop. Whether it does is its own word.
pub(super) fn abort(desk: &Desk<'_>, attempt: AttemptId) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    let found = known(desk, attempt)?;
    if !found.is_under_way() {
        return Err(Refusal::AttemptNotOpen { attempt });
    }
    let events = vec![Event::TenderAbortAsked { stamp, attempt }];
    Ok(Decision { events, effects: vec![Effect::AbortTender { attempt }] })
}

/// What a device took and no sale needs goes back to whoever paid it.
pub(super) fn give_back(desk: &Desk<'_>, attempt: AttemptId, reason: &Reason) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    desk.permit_refund(Money::zero(desk.profile.currency))?;
    let found = known(desk, attempt)?;
    if !matches!(found.standing, crate::attempt::AttemptStanding::Held(_)) {
        return Err(Refusal::AttemptNotOpen { attempt });
    }
    let mut decision = Decision {
        events: vec![Event::TenderReleased { stamp, attempt, reason: reason.clone() }],
        effects: Vec::new(),
    };
    attempts::reverse(desk.state, found, AttemptId(desk.command.id), &mut decision);
    Ok(decision)
}

pub(super) fn known<'a>(desk: &Desk<'a>, attempt: AttemptId) -> Result<&'a Attempt, Refusal> {
    desk.state.attempts.get(&attempt).ok_or(Refusal::AttemptUnknown { attempt })
}
