//! A basket becomes an order: priced, taxed, its stock reserved.

use std::collections::BTreeMap;

use holdfast_money::Quantity;

use super::{Decision, Desk};
use crate::bounded::Sku;
use crate::catalog::StockRule;
use crate::event::Event;
use crate::line::Line;
use crate::order::{Channel, PlaceOrder};
use crate::pricing;
use crate::refusal::Refusal;
use crate::shift::Mode;

pub(super) fn decide(desk: &Desk<'_>, place: &PlaceOrder) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    if desk.state.orders.contains_key(&place.order) {
        return Err(Refusal::OrderExists { order: place.order });
    }
    super::subject::check_customer(desk.state, place.customer)?;
    let lines = pricing::price_lines(desk.profile, desk.context.catalog, &place.lines)?;
    if !lines.iter().any(Line::is_kept) {
        return Err(Refusal::EmptyBasket);
    }
    desk.permit_prices(&lines)?;
    let totals = pricing::totals(desk.profile.currency, &lines);
    if !totals.gross.in_range() {
        return Err(Refusal::AmountOutOfRange);
    }
    if let Some(expected) = place.expected_total
        && desk.amount(expected)? != totals.gross
    {
        return Err(Refusal::TotalChanged { expected, actual: totals.gross });
    }
    if shift.mode == Mode::Live {
        check_stock(desk, place.channel, &lines)?;
    }
    let limited = match place.reserve_until {
        None => None,
        Some(_) if place.channel == Channel::Counter => return Err(Refusal::ReservedAtCounter),
        Some(until) if until <= desk.context.recorded_at => return Err(Refusal::ReservedInPast),
        Some(until) => Some(Event::ReservationLimited { stamp, order: place.order, until }),
    };
    let reserved = lines.iter().filter(|line| line.carries_stock());
    let low = desk.low(stamp.mode, reserved.map(|line| (&line.sku, line.quantity)));
    let placed = Event::OrderPlaced {
        stamp,
        order: place.order,
        channel: place.channel,
        customer: place.customer,
        basis: desk.profile.basis,
        lines,
        totals,
    };
    let events = std::iter::once(placed).chain(limited).chain(low).collect();
    Ok(Decision { events, effects: Vec::new() })
}

/// Goods at the counter are never refused for stock; strict products and goods not in hand race for the last unit.
pub(super) fn check_stock(desk: &Desk<'_>, channel: Channel, lines: &[Line]) -> Result<(), Refusal> {
    let races = |line: &&Line| {
        line.carries_stock() && (line.stock == StockRule::Strict || channel == Channel::NotInHand)
    };
    let mut wanted: BTreeMap<&Sku, Quantity> = BTreeMap::new();
    for line in lines.iter().filter(races) {
        *wanted.entry(&line.sku).or_default() += line.quantity;
    }
    for (sku, wanted) in wanted {
        let available = desk.state.stock_level(sku).available();
        if wanted > available {
            return Err(Refusal::OutOfStock { sku: sku.clone(), available, wanted });
        }
    }
    Ok(())
}
