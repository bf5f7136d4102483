//! The day Z: what the shifts of a business date came to, once. What closes later goes into the date's next one.

use std::collections::BTreeSet;

use holdfast_money::Money;

use super::{Decision, Desk};
use crate::attempt::DEVICES_MAX;
use crate::calendar::BusinessDate;
use crate::day::{CarriedOver, OPEN_ORDERS_MAX, OPEN_SHIFTS_MAX};
use crate::effect::{Effect, PaperForm};
use crate::event::Event;
use crate::ids::{OrderId, ShiftId, TransactionId};
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::staff::Permission;

pub(super) fn decide(desk: &Desk<'_>, day: BusinessDate) -> Result<Decision, Refusal> {
    let staff = desk.operator()?.id;
    desk.permit(Permission::CloseDay)?;
    if day > desk.context.business_date {
        return Err(Refusal::DateInFuture { date: day });
    }
    let open = desk.state.days.get(&day).filter(|open| !open.gathered.is_none());
    let open = open.ok_or(Refusal::NothingClosed { day })?;
    let document = TransactionId(desk.command.id);
    let closed = Event::DayClosed {
        document,
        terminal: desk.till.terminal,
        staff,
        approver: desk.approver_of(Permission::CloseDay),
        occurred_at: desk.command.occurred_at,
        day,
        number: desk.state.last_day_z + 1,
        part: open.parts + 1,
        figures: Box::new(open.gathered.clone()),
        carried_over: Box::new(carried_over(desk, day)),
    };
    let print =
        Effect::Print { terminal: desk.till.terminal, transaction: document, form: PaperForm::Original };
    let mut events = vec![closed];
    let days = desk.state.device_days.iter().filter(|(_, day)| day.is_open());
    let devices: Vec<_> = days.map(|(device, _)| device.clone()).take(DEVICES_MAX).collect();
    if !devices.is_empty() {
        events.push(Event::DevicesCarriedOver { document, devices });
    }
    Ok(Decision { events, effects: vec![print] })
}

fn carried_over(desk: &Desk<'_>, day: BusinessDate) -> CarriedOver {
    let shifts: BTreeSet<ShiftId> = desk
        .state
        .shifts
        .values()
        .filter(|shift| shift.mode == Mode::Live && shift.business_date == day)
        .map(|shift| shift.id)
        .collect();
    let mut orders: BTreeSet<OrderId> = BTreeSet::new();
    let zero = Money::zero(desk.profile.currency);
    let (mut open_amount, mut deposits) = (zero, zero);
    let open = desk.state.orders.values().filter(|order| order.state.holds_reservation());
    for order in open.filter(|order| order.placed.mode == Mode::Live) {
        orders.insert(order.id);
        open_amount += order.open_amount();
        deposits += order.paid;
    }
    CarriedOver {
        shifts: count(shifts.len()),
        open_shifts: shifts.into_iter().take(OPEN_SHIFTS_MAX).collect(),
        orders: count(orders.len()),
        open_orders: orders.into_iter().take(OPEN_ORDERS_MAX).collect(),
        open_amount,
        deposits,
    }
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
