//! What is refused about customers' accounts, tips and changes at the store.

use super::*;
use crate::accounts::{ACCOUNT, books_for, pay_off, set_account, with_account};
use crate::amendments::mark_down;
use crate::tips::tipped;
use crate::value::issue;

pub(super) const CASES: &[Case] = &[
    ("HF-CMD-110", || {
        let mut shop = Shop::closed();
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, set_account("K-1", 1, "50"))
    }),
    ("HF-CMD-104", || known(set_account("K-2", 1, "50"))),
    ("HF-CMD-190", || as_manager(|_| set_account("K-1", 9, "50"))),
    ("HF-CMD-130", || managed(set_account("K-2", 1, "-1"))),
    ("HF-CMD-222", || managed(set_account("4111111111111111", 1, "50"))),
    ("HF-CMD-279", || managed(set_account(ACCOUNT, 2, "50"))),
    ("HF-CMD-273", || {
        let mut shop = with_account();
        shop.ask(TILL, issue("G-1", "10", &["cash 10"])).expect("a gift card");
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, set_account("G-1", 1, "50"))
    }),
    ("HF-CMD-274", || {
        let mut shop = with_account();
        shop.close_shift(TILL, "100").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        shop.sign_on(TILL, MANAGER);
        asked(&mut shop, set_account(ACCOUNT, 1, "50"))
    }),
    ("HF-CMD-221", || paid(1, "1", "on-account 10", 2)),
    ("HF-CMD-279", || paid(2, "1", "on-account 10 K-1", 1)),
    ("HF-CMD-280", || paid(1, "6", "on-account 60", 1)),
    ("HF-CMD-282", || paid(1, "1", "store-credit 10 K-1", 1)),
    ("HF-CMD-281", || known(pay_off(ACCOUNT, "10", &["cash 10"]))),
    ("HF-CMD-270", || known(pay_off("K-7", "10", &["cash 10"]))),
    ("HF-CMD-275", || {
        let mut shop = with_account();
        let order = books_for(&mut shop, 1, "1");
        shop.pay_with(order, &["on-account 10"]).expect("paid");
        asked(&mut shop, pay_off(ACCOUNT, "10", &["on-account 10 K-1"]))
    }),
    ("HF-CMD-285", || {
        let mut shop = Shop::open();
        let same = mark_down(&shop, MANAGER, "3.99", "3.99");
        shop.hub(same).map(drop)
    }),
    ("HF-CMD-286", || {
        let mut shop = Shop::open();
        let (one, other) = (mark_down(&shop, MANAGER, "3.99", "2"), mark_down(&shop, MANAGER, "3.99", "1"));
        shop.hub(one).expect("the first");
        shop.hub(other).map(drop)
    }),
    ("HF-CMD-283", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "BOOK", "1")]);
        let Action::Pay { order, tenders, tips, receipt, .. } = tipped(order, &["cash 5"], &["cash 1"])
        else {
            panic!("a payment")
        };
        asked(&mut shop, Action::Pay { order, tenders, tips, settlement: Settlement::Deposit, receipt })
    }),
    ("HF-CMD-284", || with_tip("voucher 1")),
    ("HF-CMD-151", || with_tip("cash 0")),
    ("HF-CMD-221", || with_tip("card 1")),
];

fn known(action: Action) -> Result<(), Refusal> {
    asked(&mut with_account(), action)
}

fn managed(action: Action) -> Result<(), Refusal> {
    let mut shop = with_account();
    shop.sign_on(TILL, MANAGER);
    asked(&mut shop, action)
}

/// Books for a customer, who has so many accounts, paid at once.
fn paid(of: u128, pieces: &str, given: &str, accounts: usize) -> Result<(), Refusal> {
    let mut shop = with_account();
    if accounts > 1 {
        shop.sign_on(TILL, MANAGER);
        shop.ask(TILL, set_account("K-2", of, "50")).expect("a second one");
    }
    let order = books_for(&mut shop, of, pieces);
    asked(&mut shop, pay_with(order, &[given], Settlement::Full))
}

fn with_tip(tip: &str) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    asked(&mut shop, tipped(order, &["cash 10"], &[tip]))
}
