//! Taking money for an order: in full, which completes the sale, or a part as a deposit.

use holdfast_money::Money;

use super::{Decision, Desk, paper_and_drawer};
use crate::command::Settlement;
use crate::event::{Event, Stamp};
use crate::ids::{OrderId, TransactionId};
use crate::line::Line;
use crate::order::{Order, OrderState};
use crate::pricing::{self, ROUNDING};
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::tender::{Payment, Tender, TenderInput};

pub(super) fn decide(
    desk: &Desk<'_>,
    order: OrderId,
    tenders: &[TenderInput],
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
    let mut tendered = Money::zero(desk.profile.currency);
    for tender in tenders {
        if !desk.amount(tender.amount)?.is_positive() {
            return Err(Refusal::NoTender);
        }
        tendered += tender.amount;
        if !tendered.in_range() {
            return Err(Refusal::AmountOutOfRange);
        }
    }
    match settlement {
        Settlement::Full => settle(desk, found, stamp, tenders, tendered, receipt),
        Settlement::Deposit => deposit(desk, found, stamp, tenders, tendered, receipt),
    }
}

fn settle(
    desk: &Desk<'_>,
    order: &Order,
    stamp: Stamp,
    tenders: &[TenderInput],
    tendered: Money,
    receipt: ReceiptSource,
) -> Result<Decision, Refusal> {
    let due = order.open_amount();
    let payable = cash_amount(desk, due);
    if tendered < payable {
        return Err(Refusal::TenderShort { due: payable, tendered });
    }
    let (receipt, mut events) = desk.number(receipt, stamp.mode)?;
    let transaction = TransactionId(desk.command.id);
    let sold = order.lines.iter().filter(|line| line.carries_stock());
    let below_zero = desk.below_zero(stamp.mode, sold.map(|line: &Line| (&line.sku, line.quantity)));
    events.push(Event::SaleCompleted {
        stamp,
        transaction,
        receipt,
        order: order.id,
        basis: order.basis,
        totals: order.totals.clone(),
        taxes: pricing::tax_totals(&order.lines),
        payment: Payment { due, tenders: kept(tenders), rounding: payable - due, change: tendered - payable },
    });
    events.extend(below_zero);
    Ok(Decision { events, effects: paper_and_drawer(desk.till.terminal, transaction) })
}

fn deposit(
    desk: &Desk<'_>,
    order: &Order,
    stamp: Stamp,
    tenders: &[TenderInput],
    tendered: Money,
    receipt: ReceiptSource,
) -> Result<Decision, Refusal> {
    let due = order.open_amount();
    if tenders.is_empty() {
        return Err(Refusal::NoTender);
    }
    if tendered >= due {
        return Err(Refusal::DepositTooLarge { due });
    }
    let (receipt, mut events) = desk.number(receipt, stamp.mode)?;
    let zero = Money::zero(desk.profile.currency);
    events.push(Event::DepositTaken {
        stamp,
        transaction: TransactionId(desk.command.id),
        receipt,
        order: order.id,
        payment: Payment { due: tendered, tenders: kept(tenders), rounding: zero, change: zero },
    });
    Ok(Decision { events, effects: vec![crate::effect::Effect::OpenDrawer { terminal: desk.till.terminal }] })
}

fn kept(tenders: &[TenderInput]) -> Vec<Tender> {
    tenders.iter().map(|t| Tender { kind: t.kind, amount: t.amount }).collect()
}

/// What can be paid in coins: the amount to the store's smallest one.
pub(super) fn cash_amount(desk: &Desk<'_>, amount: Money) -> Money {
    let rounded = ROUNDING.to_step(amount.amount(), desk.profile.cash_step);
    Money::round(rounded, amount.currency(), ROUNDING)
}
