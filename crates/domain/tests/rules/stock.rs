//! Who gets the last unit, and what the books say about goods.

use holdfast_domain::bounded::Sku;
use holdfast_domain::money::Quantity;
use holdfast_domain::order::{Channel, OrderState};
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Event};

use crate::shop::*;

fn below_zero(events: &[Event]) -> Vec<(Sku, Quantity)> {
    let negative = events.iter().filter_map(|event| match event {
        Event::StockWentNegative { sku, on_hand } => Some((sku.clone(), *on_hand)),
        _ => None,
    });
    negative.collect()
}

#[test]
fn goods_at_the_counter_are_sold_below_zero_and_the_books_say_so() {
    let mut shop = Shop::open();
    shop.receive("TEA", "2");
    let order = shop.place(&[line(1, "TEA", "1"), line(2, "TEA", "2"), line(3, "REPAIR", "9")]);
    assert_eq!((shop.stock("TEA").reserved, shop.stock("TEA").available()), (qty("3"), qty("-1")));
    let done = shop.pay(order, &["1000"]).expect("paid");
    assert_eq!(done.names(), ["sale_completed", "stock_went_negative"]);
    assert_eq!(below_zero(&done.events), [(sku("TEA"), qty("-1"))]);
    let level = shop.stock("TEA");
    assert_eq!((level.on_hand, level.sold, level.reserved), (qty("-1"), qty("3"), qty("0")));
    assert_eq!(shop.stock("REPAIR").sold, qty("0"), "a service carries no stock");
}

#[test]
fn a_correction_below_zero_is_told_too() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let done = shop.ask(TILL, adjust("TEA", "-2")).expect("by permission");
    assert_eq!(below_zero(&done.events), [(sku("TEA"), qty("-2"))]);
    let done = shop.ask(TILL, adjust("TEA", "1")).expect("by permission");
    assert_eq!(below_zero(&done.events), [], "what comes in takes nothing below zero");
}

#[test]
fn the_last_strict_unit_goes_to_one_till() {
    let mut shop = Shop::open();
    shop.receive("WATCH", "1");
    shop.sign_on(OTHER_TILL, CASHIER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let first = shop.try_place(TILL, Channel::Counter, &[line(1, "WATCH", "1")]).expect("the last one");
    let refused = shop.try_place(OTHER_TILL, Channel::Counter, &[line(1, "WATCH", "1")]);
    assert_eq!(refused.map_err(|r| r.code()), Err("HF-CMD-132"));
    let gone = Action::CancelOrder { order: first, reason: reason("changed mind") };
    shop.ask(TILL, gone).expect("not paid");
    assert!(shop.try_place(OTHER_TILL, Channel::Counter, &[line(1, "WATCH", "1")]).is_ok());
}

#[test]
fn two_lines_of_one_basket_race_as_one() {
    let mut shop = Shop::open();
    shop.receive("WATCH", "1");
    let twice = [line(1, "WATCH", "1"), line(2, "WATCH", "1")];
    assert!(shop.try_place(TILL, Channel::Counter, &twice).is_err());
    assert!(
        shop.try_place(TILL, Channel::Counter, &[line(1, "WATCH", "1"), line(2, "WATCH", "1").voided()])
            .is_ok()
    );
}

#[test]
fn an_order_for_goods_not_in_hand_is_held_until_it_is_handed_over() {
    let mut shop = Shop::open();
    shop.receive("TEA", "3");
    let order = shop.try_place(TILL, Channel::NotInHand, &[line(1, "TEA", "3")]).expect("in stock");
    assert!(shop.try_place(TILL, Channel::NotInHand, &[line(1, "TEA", "1")]).is_err(), "all are held");
    shop.deposit(order, "5").expect("a deposit");
    assert_eq!((shop.order(order).state, shop.stock("TEA").reserved), (OrderState::PartlyPaid, qty("3")));
    assert_eq!(shop.order(order).open_amount(), eur("6.97"));
    let paid = shop.pay(order, &["6.97"]).expect("the rest");
    assert_eq!(paid.payment().due, eur("6.97"));
    assert_eq!((shop.order(order).state, shop.stock("TEA").reserved), (OrderState::Paid, qty("0")));
    shop.ask(TILL, Action::FulfilOrder { order }).expect("handed over");
    assert_eq!(shop.order(order).state, OrderState::Fulfilled);
    assert_eq!(shop.stock("TEA").on_hand, qty("0"));
}

#[test]
fn training_leaves_no_trace_in_stock_turnover_or_live_numbers() {
    let mut shop = Shop::open();
    shop.receive("WATCH", "1");
    let live = shop.sell(&[line(1, "TEA", "1")]);
    let stock = shop.state.stock.clone();
    shop.close_shift(TILL, "103.99").expect("closed");
    let z = shop.state.last_z;

    shop.open_shift(TILL, Mode::Training);
    let order = shop.place(&[line(1, "WATCH", "7"), line(2, "TEA", "7")]);
    assert_eq!(shop.state.stock, stock, "strict goods that are not there can be practised with");
    let paid = shop.pay(order, &["1000"]).expect("paid");
    assert_eq!((paid.receipt().as_str(), paid.names()), ("1-T000001", vec!["sale_completed"]));
    let given_up = shop.place(&[line(1, "TEA", "1")]);
    shop.ask(TILL, Action::CancelOrder { order: given_up, reason: reason("practice") }).expect("cancelled");
    let lines = vec![line(1, "TEA", "1")];
    shop.ask(TILL, Action::AbandonBasket { lines, reason: reason("practice") }).expect("abandoned");
    let alone = shop.place(&[line(1, "TEA", "1")]);
    let alone = shop.ask(TILL, pay_alone(alone, 50)).expect("paid");
    assert_eq!(alone.receipt(), "1-T000004", "an island number is not used up by practice");
    shop.sign_on(TILL, MANAGER);
    shop.bring_back(paid.transaction, &[(1, "7")]).expect("returned");
    shop.post_void(alone.transaction).expect("voided");
    let closed = shop.close_shift(TILL, "100").expect("closed");
    let Some(Event::ShiftClosed { z_number, .. }) = closed.events.first() else { panic!("{closed:?}") };

    assert_eq!((*z_number, shop.state.last_z), (0, z), "no Z for practice");
    assert_eq!(shop.state.stock, stock);
    let numbers = shop.state.tills[&TILL].numbers;
    assert_eq!((numbers.hub, numbers.island, numbers.training), (1, 0, 6));
    assert!(!shop.sale(live).has_returns());
}
