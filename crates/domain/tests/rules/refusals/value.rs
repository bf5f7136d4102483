//! What is refused about gift cards and store credit.

use holdfast_domain::value::{ValueKind, ValueStanding};

use super::*;
use crate::value::{block, credited, issue, issue_as, with_card};

pub(super) const CASES: &[Case] = &[
    ("HF-CMD-110", || without_shift(issue("G-1", "10", &["cash 10"]))),
    ("HF-CMD-130", || fresh(issue("G-1", "-1", &["cash 10"]))),
    ("HF-CMD-278", || fresh(issue("G-1", "0", &["cash 10"]))),
    ("HF-CMD-151", || fresh(issue("G-1", "10", &[]))),
    ("HF-CMD-150", || fresh(issue("G-1", "10", &["cash 9"]))),
    ("HF-CMD-223", || fresh(issue("G-1", "10", &["card 11 auth 1"]))),
    ("HF-CMD-222", || fresh(issue("4111111111111111", "10", &["cash 10"]))),
    ("HF-CMD-128", || on_a_card(issue("G-1", "9999999999999.99", &["card 9999999999999.99 auth 1"]))),
    ("HF-CMD-275", || on_a_card(issue("G-2", "10", &["gift-card 10 G-1"]))),
    ("HF-CMD-273", || on_a_card(issue_as(ValueKind::StoreCredit, "G-1", "10", &["cash 10"]))),
    ("HF-CMD-270", || paid_with("gift-card 3.99 G-7")),
    ("HF-CMD-270", || paid_with("gift-card 3.99 G 1")),
    ("HF-CMD-221", || paid_with("gift-card 3.99")),
    ("HF-CMD-222", || paid_with("gift-card 3.99 4111-1111-1111-1111")),
    ("HF-CMD-223", || paid_with("gift-card 4.00 G-1")),
    ("HF-CMD-272", || {
        let (mut shop, _) = with_card();
        let order = shop.place(&[line(1, "BOOK", "6")]);
        asked(&mut shop, pay_with(order, &["gift-card 60 G-1"], Settlement::Full))
    }),
    ("HF-CMD-272", || {
        let (mut shop, _) = with_card();
        let order = shop.place(&[line(1, "BOOK", "6")]);
        asked(&mut shop, pay_with(order, &["gift-card 51 G-1"], Settlement::Deposit))
    }),
    ("HF-CMD-271", || {
        let (mut shop, order) = blocked();
        asked(&mut shop, pay_with(order, &["gift-card 3.99 G-1"], Settlement::Full))
    }),
    ("HF-CMD-271", || {
        let (mut shop, _) = blocked();
        asked(&mut shop, issue("G-1", "10", &["cash 10"]))
    }),
    ("HF-CMD-104", || on_a_card(block("G-1", ValueStanding::Blocked))),
    ("HF-CMD-270", || as_manager(|_| block("G-7", ValueStanding::Blocked))),
    ("HF-CMD-274", || {
        let (mut shop, _) = with_card();
        shop.close_shift(TILL, "100").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        asked(&mut shop, issue("G-1", "10", &["cash 10"]))
    }),
    ("HF-CMD-274", || {
        let (mut shop, _) = with_card();
        shop.sign_on(TILL, MANAGER);
        shop.close_shift(TILL, "100").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        asked(&mut shop, block("G-1", ValueStanding::Blocked))
    }),
    ("HF-CMD-276", || {
        let (mut shop, issued) = with_card();
        shop.sell_for(&[line(1, "TEA", "1")], &["gift-card 3.99 G-1"]);
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, Action::PostVoid { original: issued, reason: reason("wrong amount") })
    }),
    ("HF-CMD-163", || {
        let (mut shop, issued) = with_card();
        shop.sign_on(OTHER_TILL, MANAGER);
        shop.open_shift(OTHER_TILL, Mode::Live);
        let void = Action::PostVoid { original: issued, reason: reason("wrong amount") };
        shop.ask(OTHER_TILL, void).map(drop)
    }),
    ("HF-CMD-166", || {
        let (mut shop, _) = with_card();
        let issued = shop.ask(TILL, issue("G-2", "10", &["cash 10"])).expect("issued").transaction;
        shop.ask(TILL, move_cash(CashMovement::Drop, "105")).expect("to the safe");
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, Action::PostVoid { original: issued, reason: reason("wrong amount") })
    }),
    ("HF-CMD-277", || {
        let mut shop = Shop::open();
        let sale = shop.sell(&[line(1, "TEA", "1")]);
        asked(&mut shop, credited(by_receipt(sale, &[(1, "1")]), "C-1"))
    }),
    ("HF-CMD-273", || {
        let (mut shop, _) = with_card();
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, credited(without_receipt(&[line(1, "TEA", "1")]), "G-1"))
    }),
    ("HF-CMD-220", || {
        let mut shop = Shop::open();
        shop.hub(tender_list(|types| types.retain(|of| of.code != ValueKind::StoreCredit.code())))
            .expect("a list");
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, credited(without_receipt(&[line(1, "TEA", "1")]), "C-1"))
    }),
];

pub(super) fn without_shift(action: Action) -> Result<(), Refusal> {
    let mut shop = Shop::closed();
    shop.sign_on(TILL, CASHIER);
    asked(&mut shop, action)
}

fn on_a_card(action: Action) -> Result<(), Refusal> {
    let (mut shop, _) = with_card();
    asked(&mut shop, action)
}

fn paid_with(given: &str) -> Result<(), Refusal> {
    let (mut shop, _) = with_card();
    let order = shop.place(&[line(1, "TEA", "1")]);
    asked(&mut shop, pay_with(order, &[given], Settlement::Full))
}

/// The gift card is blocked, and an order of one tea waits for its payment.
fn blocked() -> (Shop, OrderId) {
    let (mut shop, _) = with_card();
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, block("G-1", ValueStanding::Blocked)).expect("blocked");
    shop.sign_on(TILL, CASHIER);
    (shop, order)
}
