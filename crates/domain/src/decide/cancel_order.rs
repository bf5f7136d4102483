//! An order given up before payment: its reservation is released, its number stays in the series.

use super::{Decision, Desk};
use crate::bounded::Reason;
use crate::event::Event;
use crate::ids::{OrderId, TransactionId};
use crate::order::OrderState;
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;

pub(super) fn decide(desk: &Desk<'_>, order: OrderId, reason: &Reason) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    let found = desk.state.orders.get(&order).ok_or(Refusal::OrderUnknown { order })?;
    match found.state {
        OrderState::Placed => {}
        OrderState::PartlyPaid => return Err(Refusal::OrderPartlyPaid { order }),
        state => return Err(Refusal::OrderNotOpen { order, state }),
    }
    if found.placed.mode != shift.mode {
        return Err(Refusal::ModeMismatch { order });
    }
    super::custody::at_hand(desk, found)?;
    super::attempts::none_open(desk.state, order)?;
    let (receipt, mut events) = desk.number(ReceiptSource::Hub, shift.mode)?;
    events.push(Event::OrderCancelled {
        stamp,
        transaction: TransactionId(desk.command.id),
        receipt,
        order,
        reason: reason.clone(),
    });
    Ok(Decision { events, effects: Vec::new() })
}
