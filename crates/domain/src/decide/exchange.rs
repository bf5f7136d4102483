//! Goods come back and others go in one step, and only the difference changes hands. Two transactions with a receipt number
//! each: what was paid for the goods that come back pays for those that go, with the tenders that it was paid with.

use std::collections::BTreeMap;

use holdfast_money::{Money, Quantity};

use super::refund::Refund;
use super::return_goods::Returned;
use super::tenders::{Settled, Tenders};
use super::{Decision, Desk, attempts, by_product, paper, place_order, taken_by, value};
use crate::bounded::Sku;
use crate::calendar::Timestamp;
use crate::command::Exchange;
use crate::effect::Effect;
use crate::event::Event;
use crate::evolve::Changes;
use crate::ids::TransactionId;
use crate::order::{Channel, Order};
use crate::pricing;
use crate::receipt::ReceiptNumber;
use crate::refusal::Refusal;
use crate::state::State;
use crate::tender::{Payment, Tender, TenderKind};

pub(super) fn decide(desk: &Desk<'_>, exchange: &Exchange) -> Result<Decision, Refusal> {
    let Exchange { back, place, tenders } = exchange;
    let (shift, stamp) = desk.shift()?;
    if place.channel != Channel::Counter {
        return Err(Refusal::ExchangeNotAtCounter);
    }
    let returned = Returned::of(desk, &back.goods)?;
    let placed = place_order::decide(desk, place)?.events;
    let order =
        order_of(desk.context.recorded_at, &placed).ok_or(Refusal::OrderUnknown { order: place.order })?;
    let (gross, due) = (returned.totals.gross, order.totals.gross);
    let (zero, staying) = (Money::zero(gross.currency()), if due < gross { due } else { gross });
    let refund = match returned.sale {
        _ if gross <= due => Refund::nothing(zero),
        Some(sale) => Refund::of_sale(desk, sale, gross - due, back.credit.as_ref())?,
        None => Refund::without_sale(desk, gross - due, back.credit.as_ref())?,
    };
    let stays = refund.stays(desk, returned.sale, staying);
    let more = Tenders::read(desk, tenders, order.customer, back.receipt)?;
    let Settled { rounding, change } = match due > gross {
        true => more.settle(desk, due - gross)?,
        false if more.is_empty() => Settled { rounding: zero, change: zero },
        // Nothing is due.
        false => return Err(Refusal::ChangeNotGiven { over: more.total() }),
    };
    let drawer = more.drawer(desk, change);
    let paid = Payment { due, tenders: join(stays.clone(), more.stored()), rounding, change };
    let given = match gross > due {
        true => {
            refund.permit(desk)?;
            refund.payment(shift)?
        }
        false => Payment { due: zero, tenders: Vec::new(), rounding: zero, change: zero },
    };
    let cash = given.tenders.iter().any(|tender| tender.kind == TenderKind::Cash);
    let drawer = drawer.or(cash.then_some(Effect::OpenDrawer { terminal: desk.till.terminal }));
    let given_out = given.tenders.clone();
    let stays = stays.into_iter().map(|tender| Tender { amount: -tender.amount, ..tender }).collect();
    let given = Payment { due: -gross, tenders: join(stays, given.tenders), ..given };

    let (number, mut events) = desk.number(back.receipt, stamp.mode)?;
    let sold = TransactionId(desk.command.id);
    let came_back = sold.counterpart();
    let refunded = value::refunded(desk, stamp, came_back, &given);
    let left = Payment { tenders: given_out, ..given.clone() };
    let taken = attempts::refunded(desk.state, returned.sale, came_back, &left, &[])?;
    let redeemed = value::redeemed(desk, stamp, sold, &paid, order.customer, Some(&given))?;
    let moved: BTreeMap<Sku, Quantity> = {
        let back = returned.goods().map(|(sku, quantity)| (sku, -quantity));
        let moved = by_product(taken_by(&order.lines).chain(back));
        moved.into_iter().map(|(sku, quantity)| (sku.clone(), quantity)).collect()
    };
    let moved = || moved.iter().map(|(sku, quantity)| (sku, *quantity));
    events.push(returned.event(stamp, came_back, number, given, &back.reason));
    events.extend(refunded);
    // What runs low is seen below: some of it may just have come back.
    events.extend(placed.into_iter().filter(|event| !matches!(event, Event::StockRanLow { .. })));
    events.push(Event::SaleCompleted {
        stamp,
        transaction: sold,
        receipt: ReceiptNumber { number: number.number + 1, ..number },
        order: order.id,
        basis: order.basis,
        totals: order.totals.clone(),
        taxes: pricing::tax_totals(&order.lines),
        payment: paid,
    });
    events.extend(redeemed);
    events.extend(taken);
    events.extend(desk.below_zero(stamp.mode, moved()));
    events.extend(desk.low(stamp.mode, moved()));
    events.push(Event::GoodsExchanged { stamp, order: order.id, returned: came_back, sold });
    let papers = [came_back, sold].map(|transaction| paper(desk.till.terminal, transaction));
    Ok(Decision { events, effects: drawer.into_iter().chain(papers).collect() })
}

/// The order that events place.
fn order_of(recorded_at: Timestamp, placed: &[Event]) -> Option<Order> {
    let mut state = State::default();
    for event in placed {
        state.evolve(recorded_at, event, &mut Changes::default());
    }
    state.orders.into_values().next()
}

/// One tender of each kind.
fn join(first: Vec<Tender>, then: Vec<Tender>) -> Vec<Tender> {
    let mut joined: Vec<Tender> = Vec::new();
    for tender in first.into_iter().chain(then) {
        match joined.iter_mut().find(|known| known.kind == tender.kind) {
            Some(known) => known.amount += tender.amount,
            None => joined.push(tender),
        }
    }
    joined
}
