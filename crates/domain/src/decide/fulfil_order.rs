//! Handing over what was paid before.

use super::{Decision, Desk};
use crate::event::Event;
use crate::ids::OrderId;
use crate::order::OrderState;
use crate::refusal::Refusal;

pub(super) fn decide(desk: &Desk<'_>, order: OrderId) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    let found = desk.state.orders.get(&order).ok_or(Refusal::OrderUnknown { order })?;
    if found.state != OrderState::Paid {
        return Err(Refusal::OrderNotOpen { order, state: found.state });
    }
    if found.placed.mode != shift.mode {
        return Err(Refusal::ModeMismatch { order });
    }
    Ok(Decision { events: vec![Event::OrderFulfilled { stamp, order }], effects: Vec::new() })
}
