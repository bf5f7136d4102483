//! Tips: the staff's money beside the shop's, by tender and by person, outside turnover and tax.

use holdfast_domain::command::Settlement;
use holdfast_domain::ids::OrderId;
use holdfast_domain::shift::Tips;
use holdfast_domain::{Action, Effect, Event, Refusal};

use crate::shop::*;

pub fn tipped(order: OrderId, given: &[&str], tip: &[&str]) -> Action {
    let Action::Pay { order, tenders, settlement, receipt, .. } = pay_with(order, given, Settlement::Full)
    else {
        panic!("a payment")
    };
    Action::Pay { order, tenders, tips: tip.iter().map(|text| tender(text)).collect(), settlement, receipt }
}

fn of(shop: &Shop) -> Vec<Tips> {
    shop.state.shift_of(TILL).expect("a shift").tips.clone()
}

fn tips(number: u32, amount: &str) -> Tips {
    Tips { staff: staff(number), amount: eur(amount) }
}

#[test]
fn a_tip_is_in_the_drawer_and_on_the_slip_and_in_no_figure_of_the_sale() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let paid = tipped(order, &["card 4 auth 1", "cash 10"], &["card 1.50 auth 1", "cash 0.50"]);
    let done = shop.ask(TILL, paid).expect("paid");
    assert_eq!(done.names(), ["sale_completed", "tip_taken", "stock_went_negative"]);
    let payment = done.payment();
    assert_eq!((payment.due, payment.change), (eur("10"), eur("4")), "MON-1 knows of no tip");
    let figures = shop.figures(TILL);
    assert_eq!((figures.gross, figures.cash_expected), (eur("10"), eur("106.50")));
    assert_eq!(of(&shop), [tips(CASHIER, "2")]);
    let z = shop.close_shift(TILL, "106.50").expect("closed");
    assert_eq!(z.names(), ["shift_closed", "tenders_reported", "tips_reported"]);
    let Event::TendersReported { tenders, .. } = &z.events[1] else { panic!("a Z") };
    let told: Vec<_> = tenders.iter().map(|line| (line.code.as_str(), line.count, line.taken)).collect();
    // The card terminal's own totals say the same: one transaction, with its tip.
    assert_eq!(told, [("cash", 1, eur("6.50")), ("card", 1, eur("5.50"))]);
    let Event::TipsReported { tips: whose, .. } = &z.events[2] else { panic!("a Z") };
    assert_eq!(*whose, [tips(CASHIER, "2")]);
}

#[test]
fn whoever_takes_the_money_has_the_tip_and_an_undone_sale_gives_it_back() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let sale = shop.ask(TILL, tipped(order, &["cash 10"], &["cash 2"])).expect("paid").transaction;
    shop.sign_on(TILL, MANAGER);
    let order = shop.place(&[line(1, "BOOK", "1")]);
    shop.ask(TILL, tipped(order, &["cash 10"], &["cash 1"])).expect("paid");
    assert_eq!(of(&shop), [tips(CASHIER, "2"), tips(MANAGER, "1")]);
    let undone = shop.post_void(sale).expect("undone");
    assert_eq!(undone.names(), ["sale_post_voided", "tip_returned"]);
    assert_eq!(
        (of(&shop), shop.figures(TILL).cash_expected),
        (vec![tips(CASHIER, "0"), tips(MANAGER, "1")], eur("111"))
    );
}

#[test]
fn goods_that_come_back_leave_the_tip_where_it_is() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let sale = shop.ask(TILL, tipped(order, &["cash 10"], &["card 2 auth 1"])).expect("paid").transaction;
    let back = shop.bring_back(sale, &[(1, "1")]).expect("back");
    assert_eq!(back.paid_out(), eur("10"));
    assert_eq!(of(&shop), [tips(CASHIER, "2")]);
}

#[test]
fn a_tip_and_the_sales_cash_leave_the_drawer_together_or_not_at_all() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let sale = shop.ask(TILL, tipped(order, &["cash 10"], &["cash 3"])).expect("paid").transaction;
    shop.ask(TILL, move_cash(holdfast_domain::cash::CashMovement::Drop, "102")).expect("to the safe");
    shop.sign_on(TILL, MANAGER);
    assert_eq!(shop.post_void(sale).err(), Some(Refusal::DrawerShort { wanted: eur("13") }));
}

#[test]
fn a_tip_in_cash_opens_the_drawer_and_comes_in_coins_that_there_are() {
    let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
    let order = shop.place(&[line(1, "BOOK", "1")]);
    let asked = shop.ask(TILL, tipped(order, &["card 10 auth 1"], &["cash 0.52"]));
    assert_eq!(asked.err(), Some(Refusal::TipNotTaken { code: tender_code("cash"), amount: eur("0.52") }));
    let done = shop.ask(TILL, tipped(order, &["card 10 auth 1"], &["cash 0.55"])).expect("paid");
    assert!(done.effects.contains(&Effect::OpenDrawer { terminal: TILL }));
}
