//! Taking money for an order: in full, which completes the sale, or a part as a deposit.

use holdfast_money::Money;

use super::tenders::{Settled, Tenders};
use super::tips::Tips;
use super::{Decision, Desk, attempts, paper, taken_by};
use crate::attempt::Attempt;
use crate::command::Settlement;
use crate::event::{Event, Stamp};
use crate::ids::{OrderId, TransactionId};
use crate::order::{Channel, Order, OrderState, Reservation};
use crate::pricing::{self, ROUNDING};
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::tender::{Payment, TenderInput};

pub(super) fn decide(
    desk: &Desk<'_>,
    order: OrderId,
    tenders: &[TenderInput],
    tips: &[TenderInput],
    settlement: Settlement,
    receipt: ReceiptSource,
) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    let found = desk.state.orders.get(&order).ok_or(Refusal::OrderUnknown { order })?;
    match found.state {
        OrderState::Placed | OrderState::PartlyPaid => {}
        state => return Err(Refusal::OrderNotOpen { order, state }),
    }
    if found.placed.mode != shift.mode {
        return Err(Refusal::ModeMismatch { order });
    }
    // What a till sold alone has happened: goods and money have changed hands, whoever claims the order now. Practice has
    // not.
    if receipt == ReceiptSource::Hub || shift.mode == Mode::Training {
        super::custody::at_hand(desk, found)?;
    }
    let mut tenders = Tenders::read(desk, tenders, found.customer, receipt)?;
    let mut tips = Tips::read(desk, tips, receipt)?;
    let held: Vec<&Attempt> = attempts::held(desk.state, order).map(|(attempt, _)| attempt).collect();
    let by_hub = receipt == ReceiptSource::Hub;
    if by_hub {
        attempts::none_under_way(desk.state, order)?;
        hold(&held, &mut tenders, &mut tips);
    }
    let mut decision = match settlement {
        Settlement::Full => settle(desk, found, stamp, tenders, tips, receipt)?,
        Settlement::Deposit if !tips.is_empty() => return Err(Refusal::TipWithDeposit),
        Settlement::Deposit => deposit(desk, found, stamp, tenders, receipt)?,
    };
    if by_hub {
        take(&held, TransactionId(desk.command.id), &mut decision);
    } else {
        // A till that sold alone took everything otherwise: what a device took beside it goes back.
        for attempt in held {
            attempts::reverse(desk.state, attempt, attempt.id.counterpart(), &mut decision);
        }
    }
    Ok(decision)
}

fn hold(held: &[&Attempt], tenders: &mut Tenders, tips: &mut Tips) {
    for (attempt, approval) in held.iter().filter_map(|attempt| Some((attempt, attempt.approval()?))) {
        let kind = attempt.tender(approval);
        if !approval.tip.is_zero() {
            tips.hold(kind.clone(), approval.tip);
        }
        tenders.hold(kind, approval.amount - approval.tip);
    }
}

/// What was held is part of a transaction from now on.
fn take(held: &[&Attempt], transaction: TransactionId, decision: &mut Decision) {
    let taken = held.iter().map(|attempt| Event::TenderTaken { attempt: attempt.id, transaction });
    decision.events.extend(taken);
}

fn settle(
    desk: &Desk<'_>,
    order: &Order,
    stamp: Stamp,
    tenders: Tenders,
    tips: Tips,
    receipt: ReceiptSource,
) -> Result<Decision, Refusal> {
    let expired = order.reservation == Reservation::Expired;
    if expired && stamp.mode == Mode::Live {
        // The goods are no longer held: what is strict has to be there, and what is not is never refused.
        super::place_order::check_stock(desk, Channel::Counter, &order.lines)?;
    }
    let due = order.open_amount();
    let Settled { rounding, change } = tenders.settle(desk, due)?;
    let drawer = tenders.drawer(desk, change).or(tips.drawer(desk));
    let (receipt, mut events) = desk.number(receipt, stamp.mode)?;
    let transaction = TransactionId(desk.command.id);
    let below_zero = desk.below_zero(stamp.mode, taken_by(&order.lines));
    let payment = Payment { due, tenders: tenders.stored(), rounding, change };
    let redeemed = super::value::redeemed(desk, stamp, transaction, &payment, order.customer, None)?;
    events.push(Event::SaleCompleted {
        stamp,
        transaction,
        receipt,
        order: order.id,
        basis: order.basis,
        totals: order.totals.clone(),
        taxes: pricing::tax_totals(&order.lines),
        payment,
    });
    events.extend(redeemed);
    events.extend(tips.taken(stamp, transaction, order.id));
    events.extend(below_zero);
    if expired {
        events.extend(desk.low(stamp.mode, taken_by(&order.lines)));
        events.push(Event::SoldAfterExpiry { stamp, order: order.id });
    }
    let print = paper(desk.till.terminal, transaction);
    Ok(Decision { events, effects: drawer.into_iter().chain([print]).collect() })
}

fn deposit(
    desk: &Desk<'_>,
    order: &Order,
    stamp: Stamp,
    tenders: Tenders,
    receipt: ReceiptSource,
) -> Result<Decision, Refusal> {
    let due = order.open_amount();
    if tenders.is_empty() {
        return Err(Refusal::NoTender);
    }
    let tendered = tenders.total();
    if tendered >= due {
        return Err(Refusal::DepositTooLarge { due });
    }
    let (receipt, mut events) = desk.number(receipt, stamp.mode)?;
    let zero = Money::zero(desk.profile.currency);
    let drawer = tenders.drawer(desk, zero);
    let transaction = TransactionId(desk.command.id);
    let payment = Payment { due: tendered, tenders: tenders.stored(), rounding: zero, change: zero };
    let redeemed = super::value::redeemed(desk, stamp, transaction, &payment, order.customer, None)?;
    events.push(Event::DepositTaken { stamp, transaction, receipt, order: order.id, payment });
    events.extend(redeemed);
    let print = paper(desk.till.terminal, transaction);
    Ok(Decision { events, effects: drawer.into_iter().chain([print]).collect() })
}

/// What can be paid in coins: the amount to the store's smallest one.
pub(super) fn cash_amount(desk: &Desk<'_>, amount: Money) -> Money {
    let rounded = ROUNDING.to_step(amount.amount(), desk.profile.cash_step);
    Money::round(rounded, amount.currency(), ROUNDING)
}
