//! One till serves an order: parked, retrieved, taken over, and left behind by a shift that ends.

use holdfast_domain::command::{HubCommand, Settlement};
use holdfast_domain::ids::{OrderId, TerminalId};
use holdfast_domain::order::{Channel, Claim, Custody, OrderState};
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::PinVerdict;
use holdfast_domain::{Action, Event, Refusal};

use crate::shop::*;

/// Two tills with a live shift each, cashiers at both.
fn two_tills() -> Shop {
    let mut shop = Shop::open();
    shop.sign_on(OTHER_TILL, CASHIER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    shop
}

fn parked(shop: &mut Shop) -> OrderId {
    let order = OrderId(shop.id());
    shop.ask(TILL, park_new(order, "red scarf", &[line(1, "TEA", "2"), line(2, "BOOK", "1").voided()]))
        .expect("parked");
    order
}

fn holder(shop: &Shop, order: OrderId) -> Option<TerminalId> {
    shop.state.holder_of(shop.order(order)).map(|holder| holder.terminal)
}

fn pay_at(shop: &mut Shop, till: TerminalId, order: OrderId) -> Result<(), Refusal> {
    shop.ask(till, pay(order, &["100"], Settlement::Full)).map(drop)
}

#[test]
fn a_draft_is_parked_with_its_history_and_paid_at_another_till() {
    let mut shop = two_tills();
    let order = OrderId(shop.id());
    let lines = [line(1, "TEA", "2"), line(2, "BOOK", "1").voided()];
    let done = shop.ask(TILL, park_new(order, "red scarf", &lines)).expect("parked");
    assert_eq!(done.names(), ["order_placed", "order_parked"]);
    assert_eq!(shop.order(order).lines.len(), 2, "the voided line is part of the history");
    assert_eq!(shop.stock("TEA").reserved, qty("2"), "stock stays reserved");
    assert_eq!((shop.order(order).state, shop.order(order).revision), (OrderState::Placed, 2));
    assert_eq!(holder(&shop, order), None);

    let done = shop.ask(OTHER_TILL, retrieve(order, Claim::Parked)).expect("first");
    let [Event::OrderRetrieved { from, revision, .. }] = &done.events[..] else { panic!("{done:?}") };
    assert_eq!((*from, *revision, shop.order(order).revision), (Some(TILL), 3, 3));
    assert_eq!(holder(&shop, order), Some(OTHER_TILL));
    pay_at(&mut shop, OTHER_TILL, order).expect("paid");
    assert_eq!(shop.stock("TEA").reserved, qty("0"));
    assert_eq!(shop.order(order).custody, Custody::Free);
}

#[test]
fn whoever_asks_first_has_it_and_the_second_is_told_who() {
    let mut shop = two_tills();
    let order = parked(&mut shop);
    shop.ask(OTHER_TILL, retrieve(order, Claim::Parked)).expect("first");
    let refusal = shop.ask(TILL, retrieve(order, Claim::Parked)).expect_err("second");
    let Refusal::OrderHeld { till, staff, since, .. } = &refusal else { panic!("{refusal}") };
    let Custody::Held(held) = &shop.order(order).custody else { panic!("held") };
    assert_eq!((*till, staff.0, *since), (2, CASHIER, held.since));
    let text = refusal.to_string();
    assert!(text.contains("till 2") && text.contains("staff number 100") && text.contains("UTC"), "{text}");
    // The one that has it can ask again, and park it again.
    shop.ask(OTHER_TILL, retrieve(order, Claim::Parked)).expect("its own");
    shop.ask(OTHER_TILL, park(order, shop.order(order).revision)).expect("parked again");
    shop.ask(TILL, retrieve(order, Claim::Parked)).expect("now it is free");
}

#[test]
fn a_manager_takes_over_and_the_loser_is_refused_from_then_on() {
    let mut shop = two_tills();
    let order = shop.place(&[line(1, "TEA", "1")]);
    assert_eq!(holder(&shop, order), Some(TILL), "placing takes it in hand");
    shop.ask(OTHER_TILL, retrieve(order, Claim::TakeOver)).expect_err("a cashier may not");
    shop.sign_on(OTHER_TILL, MANAGER);
    shop.ask(OTHER_TILL, retrieve(order, Claim::Parked)).expect_err("it is not parked");
    let done = shop.ask(OTHER_TILL, retrieve(order, Claim::TakeOver)).expect("by permission");
    assert!(matches!(done.events[..], [Event::OrderRetrieved { from: Some(TILL), .. }]), "{done:?}");
    assert_eq!(pay_at(&mut shop, TILL, order).expect_err("lost").code(), "HF-CMD-200");
    pay_at(&mut shop, OTHER_TILL, order).expect("its own");
}

#[test]
fn a_second_person_approves_a_take_over_and_stands_beside_it() {
    let mut shop = two_tills();
    let order = shop.place(&[line(1, "TEA", "1")]);
    let force = retrieve(order, Claim::TakeOver);
    let done = shop.ask_approved(OTHER_TILL, force, MANAGER, PinVerdict::Correct).expect("approved");
    assert_eq!(done.names(), ["order_retrieved", "override_approved"]);
    // What needs no permission needs no approval.
    shop.ask(OTHER_TILL, park(order, shop.order(order).revision)).expect("parked");
    let done = shop.ask_approved(TILL, retrieve(order, Claim::TakeOver), MANAGER, PinVerdict::Correct);
    assert_eq!(done.expect("parked").names(), ["order_retrieved"]);
}

#[test]
fn what_a_till_sold_alone_has_happened_whoever_claims_the_order() {
    let mut shop = two_tills();
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.sign_on(OTHER_TILL, MANAGER);
    shop.ask(OTHER_TILL, retrieve(order, Claim::TakeOver)).expect("by permission");
    shop.ask(TILL, pay_alone(order, 1)).expect("the goods are gone");
    let order = parked(&mut shop);
    shop.ask(TILL, pay_alone(order, 2)).expect("the goods are gone");
}

#[test]
fn a_dead_till_holds_nothing() {
    // Its shift is over.
    let mut shop = two_tills();
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.close_shift(TILL, "100").expect("an open order does not block");
    assert_eq!(holder(&shop, order), None);
    shop.ask(OTHER_TILL, retrieve(order, Claim::Parked)).expect("by a cashier");
    // It was revoked.
    let mut shop = two_tills();
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.hub(HubCommand::RevokeTerminal { terminal: TILL }).expect("known");
    shop.ask(OTHER_TILL, retrieve(order, Claim::TakeOver)).expect("by a cashier");
    assert_eq!(holder(&shop, order), Some(OTHER_TILL));
    // It has nothing in hand in the shift that it opens next either.
    let mut shop = two_tills();
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.close_shift(TILL, "100").expect("closed");
    shop.open_shift(TILL, Mode::Live);
    assert_eq!(holder(&shop, order), None);
    pay_at(&mut shop, OTHER_TILL, order).expect("whoever is there");
}

#[test]
fn goods_not_in_hand_and_deposits_are_served_by_any_till() {
    let mut shop = two_tills();
    shop.receive("BOOK", "5");
    let later = shop.try_place(TILL, Channel::NotInHand, &[line(1, "BOOK", "1")]).expect("there are some");
    assert_eq!(holder(&shop, later), None);
    shop.ask(OTHER_TILL, pay(later, &["4"], Settlement::Deposit)).expect("any till");
    pay_at(&mut shop, TILL, later).expect("any till");
    shop.ask(OTHER_TILL, Action::FulfilOrder { order: later }).expect("any till");
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.deposit(order, "1").expect("its customer goes");
    assert_eq!(holder(&shop, order), None);
    pay_at(&mut shop, OTHER_TILL, order).expect("and comes back elsewhere");
}

#[test]
fn a_shift_that_ends_lists_what_it_leaves_behind() {
    let mut shop = two_tills();
    let waiting = parked(&mut shop);
    let in_hand = shop.place(&[line(1, "BOOK", "1")]);
    let paid = shop.place(&[line(1, "BOOK", "1")]);
    shop.pay(paid, &["10"]).expect("paid");
    let foreign = shop.try_place(OTHER_TILL, Channel::Counter, &[line(1, "TEA", "1")]).expect("placed");
    let closed = shop.close_shift(TILL, "110").expect("nothing blocks it");
    let [
        Event::ShiftClosed { z_number, .. },
        Event::TendersReported { .. },
        Event::OrdersCarriedOver { z_number: same, count, open_amount, orders, .. },
    ] = &closed.events[..]
    else {
        panic!("{closed:?}")
    };
    assert_eq!((z_number, *count, *open_amount), (same, 2, eur("17.98")));
    assert_eq!(orders[..], [waiting, in_hand]);
    // What is parked stays parked.
    assert_eq!(pay_at(&mut shop, OTHER_TILL, waiting).expect_err("parked").code(), "HF-CMD-201");
    shop.ask(OTHER_TILL, retrieve(waiting, Claim::Parked)).expect("by whoever asks");
    // The other shift carries over what it has by now.
    let closed = shop.close_shift(OTHER_TILL, "100").expect("closed");
    let Some(Event::OrdersCarriedOver { orders, .. }) = closed.events.last() else { panic!("{closed:?}") };
    assert_eq!(orders[..], [waiting, foreign]);
}

#[test]
fn practice_is_parked_and_retrieved_in_practice_only() {
    let mut shop = Shop::closed();
    shop.sign_on(TILL, CASHIER);
    shop.open_shift(TILL, Mode::Training);
    shop.sign_on(OTHER_TILL, CASHIER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let order = parked(&mut shop);
    assert_eq!(shop.stock("TEA").reserved, qty("0"));
    let refusal = shop.ask(OTHER_TILL, retrieve(order, Claim::Parked)).expect_err("live");
    assert_eq!(refusal.code(), "HF-CMD-144");
    let refusal = shop.ask(TILL, pay_alone(order, 1)).expect_err("nothing has changed hands");
    assert_eq!(refusal.code(), "HF-CMD-201");
    shop.ask(TILL, retrieve(order, Claim::Parked)).expect("practice");
}
