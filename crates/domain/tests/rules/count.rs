//! Counting while the shop sells, goods that come in on an order, and products that run low.

use holdfast_domain::bounded::{Label, Sku};
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::AdjustLine;
use holdfast_domain::ids::{CountId, Uuid};
use holdfast_domain::order::Channel;
use holdfast_domain::stock::{AdjustmentReason, CountScope};
use holdfast_domain::{Action, Event, Refusal};

use crate::shop::*;

const COUNT: CountId = CountId(Uuid::from_u128(0xC0));

fn item(product: &str) -> ItemRef {
    ItemRef::Sku(sku(product))
}

pub fn start(scope: CountScope) -> Action {
    Action::StartCount { count: COUNT, scope }
}

pub fn only(products: &[&str]) -> CountScope {
    CountScope::Products(products.iter().map(|product| sku(product)).collect())
}

pub fn found(product: &str, quantity: &str) -> Action {
    Action::CountProduct { count: COUNT, item: item(product), quantity: qty(quantity) }
}

pub const FINISH: Action = Action::FinishCount { count: COUNT };

pub fn reorder(product: &str, level: &str) -> Action {
    Action::SetReorderLevel { item: item(product), level: qty(level) }
}

/// A manager at one till who counts, a cashier at the other who sells.
fn counting(scope: CountScope) -> Shop {
    let mut shop = Shop::open();
    shop.receive("TEA", "10");
    shop.receive("BREAD", "5");
    shop.sign_on(OTHER_TILL, MANAGER);
    shop.open_shift(OTHER_TILL, holdfast_domain::shift::Mode::Live);
    shop.ask(OTHER_TILL, start(scope)).expect("no count is under way");
    shop
}

fn finished(shop: &mut Shop) -> (u32, u32, Vec<Sku>) {
    let done = shop.ask(OTHER_TILL, FINISH).expect("a count under way");
    match done.events.last() {
        Some(Event::CountFinished { counted, uncounted, listed, .. }) => {
            (*counted, *uncounted, listed.clone())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_sold_during_a_count_is_no_difference() {
    let mut shop = counting(CountScope::Full);
    shop.sell(&[line(1, "TEA", "2")]);
    // Eight are there and one of them is hidden behind another shelf.
    shop.ask(OTHER_TILL, found("TEA", "7")).expect("part of it");
    shop.sell(&[line(1, "TEA", "3")]);
    shop.receive("TEA", "4");
    let (counted, uncounted, listed) = finished(&mut shop);
    assert_eq!(shop.stock("TEA").on_hand, qty("8"), "10 - 2 - 1 - 3 + 4");
    assert_eq!(shop.stock("BREAD").on_hand, qty("5"), "nobody counted it, and it is not zeroed");
    assert_eq!((counted, uncounted as usize), (1, listed.len()));
    assert!(listed.contains(&sku("BREAD")) && !listed.contains(&sku("TEA")));
    assert!(!listed.contains(&sku("REPAIR")), "a service has no shelf");
    assert_eq!(shop.state.count, None);
    assert!(shop.state.counted.is_empty());
}

#[test]
fn the_last_word_on_a_product_counts_and_what_agrees_changes_nothing() {
    let mut shop = counting(only(&["TEA", "BREAD"]));
    shop.ask(OTHER_TILL, found("TEA", "1")).expect("part of it");
    shop.ask(OTHER_TILL, found("TEA", "9")).expect("counted again");
    shop.ask(OTHER_TILL, found("BREAD", "5")).expect("part of it");
    let done = shop.ask(OTHER_TILL, FINISH).expect("a count under way");
    assert_eq!(done.names(), ["stock_adjusted", "count_finished"]);
    let Event::StockAdjusted { changes, reason, .. } = &done.events[0] else { panic!("{done:?}") };
    assert_eq!((changes.len(), changes[0].quantity, reason), (1, qty("-1"), &AdjustmentReason::Counted));
    assert_eq!((shop.stock("TEA").on_hand, shop.stock("BREAD").on_hand), (qty("9"), qty("5")));
}

#[test]
fn a_cancelled_count_leaves_the_books_and_makes_room_for_the_next() {
    let mut shop = counting(CountScope::Full);
    shop.ask(OTHER_TILL, found("TEA", "0")).expect("part of it");
    let cancel = Action::CancelCount { count: COUNT, reason: reason("the delivery came in between") };
    shop.ask(OTHER_TILL, cancel).expect("a count under way");
    assert_eq!(shop.stock("TEA").on_hand, qty("10"));
    shop.ask(OTHER_TILL, start(only(&["TEA"]))).expect("none is under way");
    shop.ask(OTHER_TILL, found("TEA", "10")).expect("part of it");
    let done = shop.ask(OTHER_TILL, FINISH).expect("a count under way");
    assert_eq!(done.names(), ["count_finished"], "nothing differs");
}

#[test]
fn a_product_runs_low_once_each_time_it_comes_down_to_its_level() {
    let mut shop = Shop::open();
    shop.receive("TEA", "10");
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, reorder("TEA", "4")).expect("a manager may");
    let names = |done: Done| done.names();
    let sell = |shop: &mut Shop, quantity: &str| {
        let order = holdfast_domain::ids::OrderId(shop.id());
        let placed = shop.ask(TILL, place(order, Channel::Counter, &[line(1, "TEA", quantity)]));
        let placed = placed.expect("an order that can be placed").names();
        assert_eq!(
            names(shop.pay(order, &["100"]).expect("enough")),
            ["sale_completed"],
            "it was said before"
        );
        placed
    };
    assert_eq!(sell(&mut shop, "5"), ["order_placed"]);
    assert_eq!(sell(&mut shop, "1"), ["order_placed", "stock_ran_low"]);
    assert_eq!(sell(&mut shop, "1"), ["order_placed"], "it is low already");
    shop.receive("TEA", "3");
    let waste = |reason| {
        let changes = vec![AdjustLine { item: item("TEA"), quantity: qty("-3") }];
        Action::AdjustStock { changes, reason }
    };
    let dropped = AdjustmentReason::Wasted { reason: reason("dropped") };
    let done = shop.ask(TILL, waste(dropped)).expect("a manager may");
    assert_eq!(done.names(), ["stock_adjusted", "stock_ran_low"], "6 - 3 comes down to it again");
    assert_eq!(
        names(shop.ask(TILL, reorder("TEA", "3")).expect("a manager may")).len(),
        2,
        "it is low at once"
    );
    assert_eq!(names(shop.ask(TILL, reorder("TEA", "0")).expect("a manager may")).len(), 1, "never");
}

#[test]
fn a_delivery_carries_the_order_that_it_came_in_on() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let reference = Label::new("PO 4711").expect("a reference");
    let changes = vec![AdjustLine { item: item("TEA"), quantity: qty("24") }];
    let delivered = AdjustmentReason::Delivered { reference };
    let done = shop.ask(TILL, Action::AdjustStock { changes, reason: delivered.clone() }).expect("may");
    let Event::StockAdjusted { reason, .. } = &done.events[0] else { panic!("{done:?}") };
    assert_eq!((reason, shop.stock("TEA").on_hand), (&delivered, qty("24")));
}

#[test]
fn counting_receiving_and_writing_off_are_permissions_of_their_own() {
    let mut shop = Shop::open();
    let mut role = frugal();
    role.authority.permissions.insert(holdfast_domain::staff::Permission::ReceiveStock);
    shop.define(role).expect("a free number");
    let own = holdfast_domain::staff::Role::Own(holdfast_domain::staff::RoleNumber(1));
    shop.hub(register(CASHIER, own)).expect("a defined role");
    shop.ask(TILL, adjust("TEA", "1")).expect("may receive");
    let changes = vec![AdjustLine { item: item("TEA"), quantity: qty("-1") }];
    let waste = Action::AdjustStock { changes, reason: AdjustmentReason::Waste };
    for action in [waste, start(CountScope::Full), reorder("TEA", "1")] {
        let refused = shop.ask(TILL, action).map(drop);
        assert!(matches!(refused, Err(Refusal::NotPermitted { .. })), "{refused:?}");
    }
}
