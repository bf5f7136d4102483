//! A drawer is carried to another till, and its shift goes with it.

use holdfast_domain::command::Settlement;
use holdfast_domain::ids::{ShiftId, TerminalId};
use holdfast_domain::order::Claim;
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::PinVerdict;
use holdfast_domain::{Action, Event};

use crate::shop::*;

pub fn move_shift(shift: ShiftId, to: TerminalId) -> Action {
    Action::MoveShift { shift, to }
}

fn open_at(shop: &Shop, till: TerminalId) -> Option<ShiftId> {
    shop.state.shift_of(till).map(|shift| shift.id)
}

#[test]
fn a_shift_goes_on_at_the_other_till_with_all_it_has_in_hand() {
    let mut shop = Shop::open();
    shop.sign_on(OTHER_TILL, CASHIER);
    let shift = open_at(&shop, TILL).expect("open");
    shop.sell(&[line(1, "TEA", "1")]);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let done = shop.ask(TILL, move_shift(shift, OTHER_TILL)).expect("moved");
    let [Event::ShiftMoved { from, to, figures, .. }] = &done.events[..] else { panic!("{done:?}") };
    assert_eq!((*from, *to, figures.gross), (TILL, OTHER_TILL, eur("3.99")));
    assert_eq!((open_at(&shop, TILL), open_at(&shop, OTHER_TILL)), (None, Some(shift)));
    // One till at a time: the order is where the drawer is, and the old till begins anew.
    let holder = shop.state.holder_of(shop.order(order)).expect("held");
    assert_eq!((holder.terminal, holder.shift), (OTHER_TILL, shift));
    shop.open_shift(TILL, Mode::Live);
    assert_eq!(shop.pay(order, &["10"]).expect_err("not here").code(), "HF-CMD-200");
    let paid = shop.ask(OTHER_TILL, pay(order, &["10"], Settlement::Full)).expect("there");
    assert!(paid.receipt().starts_with('2'), "the till that prints gives the number: {}", paid.receipt());
    let z = shop.close_shift(OTHER_TILL, "113.99").expect("closed there");
    let Some(Event::ShiftClosed { figures, over_short, .. }) = z.events.first() else { panic!("{z:?}") };
    assert_eq!((figures.sales, figures.gross, *over_short), (2, eur("13.99"), eur("0")));
}

#[test]
fn what_was_sold_before_the_move_is_voided_in_the_same_shift() {
    let mut shop = Shop::open();
    shop.sign_on(OTHER_TILL, MANAGER);
    let sale = shop.sell(&[line(1, "TEA", "1")]);
    let shift = open_at(&shop, TILL).expect("open");
    shop.ask(TILL, move_shift(shift, OTHER_TILL)).expect("moved");
    shop.ask(OTHER_TILL, Action::PostVoid { original: sale, reason: reason("wrong") }).expect("same shift");
}

#[test]
fn the_shift_of_a_till_that_is_dead_is_fetched_by_permission() {
    let mut shop = Shop::open();
    shop.sign_on(OTHER_TILL, CASHIER);
    let shift = open_at(&shop, TILL).expect("open");
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let fetch = || move_shift(shift, OTHER_TILL);
    assert_eq!(shop.ask(OTHER_TILL, fetch()).expect_err("a cashier").code(), "HF-CMD-104");
    let done = shop.ask_approved(OTHER_TILL, fetch(), MANAGER, PinVerdict::Correct).expect("approved");
    assert_eq!(done.names(), ["shift_moved", "override_approved"]);
    let taken = shop.ask(OTHER_TILL, retrieve(order, Claim::Parked)).expect("it is here already");
    let [Event::OrderRetrieved { from, .. }] = &taken.events[..] else { panic!("{taken:?}") };
    assert_eq!(*from, Some(OTHER_TILL));
}
