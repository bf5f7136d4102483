//! A basket becomes an order: priced, taxed, its stock reserved.

use std::collections::BTreeSet;

use super::{Decision, Desk, by_product, taken_by};
use crate::bounded::{CouponCode, PriceGroup};
use crate::event::Event;
use crate::line::{AppliedDiscount, DiscountSource, Line};
use crate::order::{COUPONS_MAX, Channel, OrderTerms, PlaceOrder};
use crate::pricing::{self, Circumstances, Exempt, Priced};
use crate::refusal::Refusal;
use crate::shift::Mode;

pub(super) fn decide(desk: &Desk<'_>, place: &PlaceOrder) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    if desk.state.orders.contains_key(&place.order) {
        return Err(Refusal::OrderExists { order: place.order });
    }
    super::subject::check_customer(desk.state, place.customer)?;
    let (Priced { lines, totals, .. }, terms) = price(desk, place)?;
    if !lines.iter().any(Line::is_kept) {
        return Err(Refusal::EmptyBasket);
    }
    desk.permit_prices(&place.lines, &lines)?;
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
    let low = desk.low(stamp.mode, taken_by(&lines));
    let placed = Event::OrderPlaced {
        stamp,
        order: place.order,
        channel: place.channel,
        customer: place.customer,
        basis: desk.profile.basis,
        lines,
        totals,
    };
    let terms = (!terms.are_none()).then_some(Event::OrderTermsSet { order: place.order, terms });
    let events = std::iter::once(placed).chain(terms).chain(limited).chain(low).collect();
    Ok(Decision { events, effects: Vec::new() })
}

/// Prices a basket by its terms; of the coupons those are kept that took something off.
fn price(desk: &Desk<'_>, place: &PlaceOrder) -> Result<(Priced, OrderTerms), Refusal> {
    let terms = &place.terms;
    check_coupons(desk, &terms.coupons)?;
    if let Some(tag) = &terms.tag
        && !desk.state.taxes.as_ref().is_some_and(|table| table.knows(tag))
    {
        return Err(Refusal::TagUnknown { tag: tag.clone() });
    }
    let group = place.customer.and_then(|customer| desk.state.price_group(customer));
    // Records hold a name; one that no price list can have has no prices of its own.
    let group = group.and_then(|group| PriceGroup::new(group.as_str()).ok());
    let circumstances = Circumstances {
        now: desk.context.local,
        tag: terms.tag.as_ref(),
        group: group.as_ref(),
        coupons: &terms.coupons,
        exempt: if terms.exemption.is_some() { Exempt::Yes } else { Exempt::No },
        discount: &terms.discount,
    };
    let priced = pricing::price(&desk.rules(), &place.lines, &circumstances)?;
    let coupons = used_coupons(&priced.lines);
    let terms = OrderTerms { tag: terms.tag.clone(), exemption: terms.exemption.clone(), coupons };
    Ok((priced, terms))
}

/// Every coupon must belong to a promotion and not be used up: a cashier who scans one is told at once.
fn check_coupons(desk: &Desk<'_>, coupons: &[CouponCode]) -> Result<(), Refusal> {
    if coupons.len() > COUPONS_MAX {
        return Err(Refusal::TooManyCoupons { max: COUPONS_MAX });
    }
    for coupon in coupons {
        let promotions = &desk.context.catalog.book().promotions;
        let rules = promotions.iter().filter_map(|promotion| promotion.coupon.as_ref());
        let mut of_coupon = rules.filter(|rule| rule.code == *coupon).peekable();
        if of_coupon.peek().is_none() {
            return Err(Refusal::CouponUnknown { coupon: coupon.clone() });
        }
        let used = desk.state.coupons.get(coupon).copied().unwrap_or_default();
        if of_coupon.any(|rule| rule.uses_max.is_some_and(|max| used >= max)) {
            return Err(Refusal::CouponUsedUp { coupon: coupon.clone(), used });
        }
    }
    Ok(())
}

/// The coupons whose promotions took something off, each once, in order.
fn used_coupons(lines: &[Line]) -> Vec<CouponCode> {
    let mut used = BTreeSet::new();
    for line in lines.iter().filter(|line| line.is_kept()) {
        let AppliedDiscount::Parts { parts } = &line.discount else { continue };
        for part in parts {
            if let DiscountSource::Promotion { coupon: Some(coupon), .. } = &part.source {
                used.insert(coupon.clone());
            }
        }
    }
    used.into_iter().collect()
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
