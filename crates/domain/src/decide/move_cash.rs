//! Cash in and out of a drawer without a sale, and a drawer that is opened for nothing: each leaves who, why and how much.

use holdfast_money::Money;

use super::{Decision, Desk, paper_and_drawer};
use crate::bounded::Reason;
use crate::cash::CashMovement;
use crate::effect::Effect;
use crate::event::Event;
use crate::ids::TransactionId;
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::staff::Permission;

pub(super) fn decide(
    desk: &Desk<'_>,
    movement: CashMovement,
    amount: Money,
    reason: &Reason,
    receipt: ReceiptSource,
) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    if movement.is_outside() {
        desk.permit(Permission::MoveCash)?;
    }
    let amount = desk.amount(amount)?;
    if amount.is_zero() {
        return Err(Refusal::NothingMoved);
    }
    let expected = shift.figures.cash_expected;
    if !movement.enters() && amount > expected {
        return Err(Refusal::DrawerShort { wanted: amount });
    }
    if !amount.in_range() || !(expected + amount).in_range() {
        return Err(Refusal::AmountOutOfRange);
    }
    let (receipt, mut events) = desk.number(receipt, shift.mode)?;
    let transaction = TransactionId(desk.command.id);
    let reason = reason.clone();
    events.push(Event::CashMoved { stamp, transaction, receipt, movement, amount, reason });
    Ok(Decision { events, effects: paper_and_drawer(stamp.terminal, transaction) })
}

pub(super) fn open_drawer(desk: &Desk<'_>, reason: &Reason) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    let opened = Event::DrawerOpened { stamp, reason: reason.clone() };
    Ok(Decision { events: vec![opened], effects: vec![Effect::OpenDrawer { terminal: stamp.terminal }] })
}
