//! Which till serves an order: set aside for another, taken up again, taken over.

use super::{Decision, Desk, place_order};
use crate::event::{Event, Stamp};
use crate::ids::OrderId;
use crate::order::{Claim, Custody, Holder, Order, OrderState, ParkOrder, ParkedBasket};
use crate::refusal::Refusal;
use crate::staff::{Permission, StaffNumber};

/// A new order has its first revision once it is placed.
const PLACED_REVISION: u32 = 1;

pub(super) fn park(desk: &Desk<'_>, park: &ParkOrder) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    let (mut events, order, revision) = match &park.basket {
        ParkedBasket::Draft(place) => {
            (place_order::decide(desk, place)?.events, place.order, PLACED_REVISION)
        }
        ParkedBasket::Placed { order, revision } => {
            let found = open_order(desk, *order, &stamp)?;
            at_hand(desk, found)?;
            is_as_seen(found, *revision)?;
            (Vec::new(), *order, *revision)
        }
    };
    events.push(Event::OrderParked { stamp, order, revision: revision + 1, label: park.label.clone() });
    Ok(Decision { events, effects: Vec::new() })
}

/// Whoever asks first has it. A till that has it already takes it up anew.
pub(super) fn retrieve(desk: &Desk<'_>, order: OrderId, claim: Claim) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    let found = open_order(desk, order, &stamp)?;
    if let (Some(holder), Claim::Parked) = (held_elsewhere(desk, found), claim) {
        return Err(refused(desk, order, holder));
    }
    if held_elsewhere(desk, found).is_some() {
        desk.permit(Permission::TakeOver)?;
    }
    let from = match &found.custody {
        Custody::Free => None,
        Custody::Held(holder) => Some(desk.state.holder_of(found).unwrap_or(*holder).terminal),
        Custody::Parked { by, .. } => Some(by.terminal),
    };
    let retrieved = Event::OrderRetrieved { stamp, order, revision: found.revision + 1, from };
    Ok(Decision { events: vec![retrieved], effects: Vec::new() })
}

/// Whether this till may change the order or take money for it now.
pub(super) fn at_hand(desk: &Desk<'_>, order: &Order) -> Result<(), Refusal> {
    if let Custody::Parked { label, .. } = &order.custody {
        return Err(Refusal::OrderParked { order: order.id, label: label.clone() });
    }
    held_elsewhere(desk, order).map_or(Ok(()), |holder| Err(refused(desk, order.id, holder)))
}

/// Nobody changes what somebody else has changed without having seen it.
pub(super) fn is_as_seen(order: &Order, seen: u32) -> Result<(), Refusal> {
    let current = order.revision;
    if current == seen { Ok(()) } else { Err(Refusal::OrderChanged { order: order.id, seen, current }) }
}

fn held_elsewhere(desk: &Desk<'_>, order: &Order) -> Option<Holder> {
    desk.state.holder_of(order).filter(|holder| holder.terminal != desk.till.terminal)
}

fn refused(desk: &Desk<'_>, order: OrderId, holder: Holder) -> Refusal {
    let till = desk.state.tills.get(&holder.terminal).map_or(0, |till| till.number.0);
    // What another hub acknowledged can name somebody that this hub has not heard of yet.
    let staff = desk.state.staff.get(&holder.operator).map_or(StaffNumber(0), |staff| staff.number);
    Refusal::OrderHeld { order, till, staff, since: holder.since }
}

/// An order that is not closed, of this shift's mode.
pub(super) fn open_order<'a>(desk: &Desk<'a>, order: OrderId, stamp: &Stamp) -> Result<&'a Order, Refusal> {
    let found = desk.state.orders.get(&order).ok_or(Refusal::OrderUnknown { order })?;
    match found.state {
        OrderState::Placed | OrderState::PartlyPaid => {}
        state => return Err(Refusal::OrderNotOpen { order, state }),
    }
    if found.placed.mode != stamp.mode {
        return Err(Refusal::ModeMismatch { order });
    }
    Ok(found)
}
