//! Receipt, till and Z numbers.

use holdfast_domain::command::NumberChoice;
use holdfast_domain::ids::{TerminalId, Uuid};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Event};

use crate::shop::*;

#[test]
fn every_transaction_takes_the_next_number_of_its_till() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    shop.sign_on(OTHER_TILL, CASHIER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let mut receipts = Vec::new();
    let order = shop.place(&[line(1, "TEA", "1")]);
    receipts.push(shop.deposit(order, "1").expect("a deposit").receipt());
    let sale = shop.pay(order, &["10"]).expect("paid");
    receipts.push(sale.receipt());
    let order = shop.place(&[line(1, "TEA", "1")]);
    receipts.push(
        shop.ask(TILL, Action::CancelOrder { order, reason: reason("no") }).expect("cancelled").receipt(),
    );
    let lines = vec![line(1, "TEA", "1")];
    receipts.push(
        shop.ask(TILL, Action::AbandonBasket { lines, reason: reason("left") }).expect("left").receipt(),
    );
    receipts.push(shop.post_void(sale.transaction).expect("voided").receipt());
    receipts.push(shop.ask(TILL, without_receipt(&[line(1, "TEA", "1")])).expect("returned").receipt());
    let order = shop.try_place(OTHER_TILL, holdfast_domain::order::Channel::Counter, &[line(1, "TEA", "1")]);
    let other = pay(order.expect("placed"), &["10"], holdfast_domain::command::Settlement::Full);
    receipts.push(shop.ask(OTHER_TILL, other).expect("paid").receipt());
    let expected = ["1-000001", "1-000002", "1-000003", "1-000004", "1-000005", "1-000006", "2-000001"]
        .map(String::from);
    assert_eq!(receipts, expected);
}

#[test]
fn a_gap_in_a_tills_own_series_becomes_void_numbers() {
    let mut shop = Shop::open();
    for (number, names) in [
        (1, vec!["sale_completed"]),
        (4, vec!["receipt_number_voided", "receipt_number_voided", "sale_completed"]),
    ] {
        let order = shop.place(&[line(1, "SWEET", "1")]);
        shop.receive("SWEET", "1");
        let done = shop.ask(TILL, pay_alone(order, number)).expect("paid");
        assert_eq!(done.names(), names);
        assert_eq!(done.receipt(), format!("1-I{number:06}"));
    }
    let order = shop.place(&[line(1, "SWEET", "1")]);
    shop.receive("SWEET", "1");
    let done = shop.ask(TILL, pay_alone(order, 1_004)).expect("the widest gap");
    assert_eq!(done.events.len(), 1_000);
    let voided = |event: &&Event| matches!(event, Event::ReceiptNumberVoided { .. });
    assert_eq!(done.events.iter().filter(voided).count(), 999);
    assert_eq!(shop.state.tills[&TILL].numbers.hub, 0, "the hub's series stands where it was");
}

#[test]
fn a_till_keeps_its_number_through_pairing_and_a_new_one_never_gets_an_old_number() {
    let mut shop = Shop::open();
    shop.sell(&[line(1, "TEA", "1")]);
    shop.hub(enrol(TILL, NumberChoice::Next)).expect("paired again");
    assert_eq!(shop.state.tills[&TILL].number, TillNumber(1));
    assert_eq!(shop.state.tills[&TILL].numbers.hub, 1, "its series goes on");
    let third = TerminalId(Uuid::from_u128(3));
    shop.hub(enrol(third, NumberChoice::Keep(TillNumber(7)))).expect("free");
    let fourth = TerminalId(Uuid::from_u128(4));
    shop.hub(enrol(fourth, NumberChoice::Next)).expect("free");
    assert_eq!(shop.state.tills[&fourth].number, TillNumber(8));
}
