//! A basket becomes an order: priced, taxed, its stock reserved.

use super::basket::{Basket, group_of};
use super::{Decision, Desk, by_product, taken_by};
use crate::event::Event;
use crate::line::Line;
use crate::order::{Channel, PlaceOrder};
use crate::refusal::Refusal;
use crate::shift::Mode;

pub(super) fn decide(desk: &Desk<'_>, place: &PlaceOrder) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    if desk.state.orders.contains_key(&place.order) {
        return Err(Refusal::OrderExists { order: place.order });
    }
    super::subject::check_customer(desk.state, place.customer)?;
    let priced = Basket {
        lines: &place.lines,
        terms: &place.terms,
        group: group_of(desk, place.customer),
        expected_total: place.expected_total,
        before: None,
    }
    .price(desk)?;
    desk.permit_prices(&place.lines, &priced.lines, &[])?;
    if shift.mode == Mode::Live {
        check_stock(desk, place.channel, &priced.lines)?;
    }
    let limited = match place.reserve_until {
        None => None,
        Some(_) if place.channel == Channel::Counter => return Err(Refusal::ReservedAtCounter),
        Some(until) if until <= desk.context.recorded_at => return Err(Refusal::ReservedInPast),
        Some(until) => Some(Event::ReservationLimited { stamp, order: place.order, until }),
    };
    let low = desk.low(stamp.mode, taken_by(&priced.lines));
    let said = priced.said(place.order, None);
    let age_checked = priced.check_age(stamp, place.order, place.terms.age_check, None)?;
    let placed = Event::OrderPlaced {
        stamp,
        order: place.order,
        channel: place.channel,
        customer: place.customer,
        basis: desk.profile.basis,
        lines: priced.lines,
        totals: priced.totals,
    };
    let events = std::iter::once(placed).chain(said).chain(age_checked).chain(limited).chain(low).collect();
    Ok(Decision { events, effects: Vec::new() })
}

/// Goods at the counter are never refused for stock; strict products and goods not in hand race for the last unit.
pub(super) fn check_stock(desk: &Desk<'_>, channel: Channel, lines: &[Line]) -> Result<(), Refusal> {
    let racing =
        lines.iter().flat_map(Line::goods).filter(|goods| goods.strict || channel == Channel::NotInHand);
    for (sku, wanted) in by_product(racing.map(|goods| (goods.sku, goods.quantity))) {
        let available = desk.state.stock_level(sku).available();
        if wanted > available {
            return Err(Refusal::OutOfStock { sku: sku.clone(), available, wanted });
        }
    }
    Ok(())
}
