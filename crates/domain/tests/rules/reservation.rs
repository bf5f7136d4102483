//! Goods that are held for a customer until a time, and what happens to the order afterwards.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::{HubCommand, Settlement};
use holdfast_domain::ids::{OrderId, Uuid};
use holdfast_domain::order::{Channel, OrderState, PlaceOrder, Reservation};
use holdfast_domain::{Action, Event, Refusal};

use crate::shop::*;

/// Later than the shop's clock ever comes to in a test.
const UNTIL: Timestamp = Timestamp(1_800_000_000_000);

pub fn fetched_later(order: OrderId, until: Timestamp, product: &str, quantity: &str) -> Action {
    Action::PlaceOrder(PlaceOrder {
        reserve_until: Some(until),
        ..PlaceOrder::of(order, Channel::NotInHand, vec![line(1, product, quantity)])
    })
}

fn held(shop: &mut Shop, product: &str, quantity: &str) -> OrderId {
    let order = OrderId(shop.id());
    let done = shop.ask(TILL, fetched_later(order, UNTIL, product, quantity)).expect("it is there");
    assert_eq!(done.names(), ["order_placed", "reservation_limited"]);
    order
}

fn expire(shop: &mut Shop, at: Timestamp) -> usize {
    shop.hub(HubCommand::ExpireReservations { at }).expect("time passes").len()
}

#[test]
fn goods_are_free_again_when_the_time_is_over_and_the_order_stays() {
    let mut shop = Shop::open();
    shop.receive("WATCH", "1");
    let order = held(&mut shop, "WATCH", "1");
    assert_eq!(expire(&mut shop, Timestamp(UNTIL.0 - 1)), 0);
    assert_eq!(shop.stock("WATCH").available(), qty("0"));
    assert_eq!(expire(&mut shop, UNTIL), 1);
    assert_eq!(expire(&mut shop, UNTIL), 0, "it ends once");
    assert_eq!((shop.stock("WATCH").reserved, shop.stock("WATCH").available()), (qty("0"), qty("1")));
    let kept = shop.order(order);
    assert_eq!((kept.state, kept.reservation), (OrderState::Placed, Reservation::Expired));
    // Somebody else has it now, and the strict product cannot be sold twice.
    shop.sell(&[line(1, "WATCH", "1")]);
    let refused = shop.pay(order, &["99"]).map(drop);
    assert!(matches!(refused, Err(Refusal::OutOfStock { .. })), "{refused:?}");
    shop.ask(TILL, Action::CancelOrder { order, reason: reason("too late") }).expect("nothing is paid");
    assert_eq!(shop.stock("WATCH").reserved, qty("0"), "nothing is given back twice");
}

#[test]
fn an_order_is_paid_after_its_time_with_a_warning_and_takes_stock_as_it_is() {
    let mut shop = Shop::open();
    shop.receive("TEA", "2");
    shop.receive("WATCH", "1");
    let (tea, watch) = (held(&mut shop, "TEA", "2"), held(&mut shop, "WATCH", "1"));
    shop.deposit(tea, "1").expect("a deposit");
    assert_eq!(expire(&mut shop, UNTIL), 2);
    shop.sell(&[line(1, "TEA", "1")]);
    let paid = shop.pay(tea, &["100"]).expect("goods at the counter are never refused");
    assert_eq!(paid.names(), ["sale_completed", "stock_went_negative", "sold_after_expiry"]);
    assert_eq!((shop.stock("TEA").on_hand, shop.stock("TEA").reserved), (qty("-1"), qty("0")));
    let paid = shop.pay(watch, &["99"]).expect("it is still there");
    assert_eq!(paid.names(), ["sale_completed", "sold_after_expiry"]);
    let level = shop.stock("WATCH");
    assert!(level.on_hand.is_zero() && level.reserved.is_zero());
}

#[test]
fn what_is_paid_or_cancelled_in_time_does_not_expire() {
    let mut shop = Shop::open();
    shop.receive("TEA", "3");
    let [paid, cancelled, open] = [(); 3].map(|()| held(&mut shop, "TEA", "1"));
    shop.ask(TILL, pay(paid, &["100"], Settlement::Full)).expect("enough");
    shop.ask(TILL, Action::CancelOrder { order: cancelled, reason: reason("left") })
        .expect("nothing is paid");
    let events = shop.hub(HubCommand::ExpireReservations { at: UNTIL }).expect("time passes");
    assert_eq!(events, [Event::ReservationExpired { order: open, until: UNTIL }]);
    assert_eq!(shop.stock("TEA").on_hand, qty("2"));
}

#[test]
fn many_reservations_end_in_several_records() {
    let mut shop = Shop::open();
    shop.receive("TEA", "100");
    for _ in 0..100 {
        held(&mut shop, "TEA", "1");
    }
    assert_eq!([expire(&mut shop, UNTIL), expire(&mut shop, UNTIL), expire(&mut shop, UNTIL)], [64, 36, 0]);
    assert_eq!(shop.stock("TEA").available(), qty("100"));
}

pub fn at_the_counter() -> Action {
    match fetched_later(OrderId(Uuid::from_u128(5)), UNTIL, "TEA", "1") {
        Action::PlaceOrder(place) => Action::PlaceOrder(PlaceOrder { channel: Channel::Counter, ..place }),
        other => other,
    }
}
