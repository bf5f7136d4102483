//! Customers' accounts: what is bought on them is turnover at once and owed until it is paid off.

use holdfast_domain::command::{Exchange, HubCommand, Settlement};
use holdfast_domain::ids::OrderId;
use holdfast_domain::order::{Channel, OrderEdit, PlaceOrder};
use holdfast_domain::shift::Mode;
use holdfast_domain::value::{AccountTerms, ValueFlow, ValueKind, ValueStanding};
use holdfast_domain::{Action, Event, Refusal};

use crate::shop::*;
use crate::value::{balance, block, issue_as, number};

pub const ACCOUNT: &str = "K-1";

pub fn set_account(account: &str, of: u128, limit: &str) -> Action {
    let terms = AccountTerms { customer: customer(of), limit: eur(limit) };
    Action::SetAccount { account: number(account), terms }
}

pub fn pay_off(account: &str, amount: &str, given: &[&str]) -> Action {
    issue_as(ValueKind::CustomerAccount, account, amount, given)
}

/// A shop whose first customer may owe 50.00; the cashier is at the till.
pub fn with_account() -> Shop {
    let mut shop = Shop::open();
    shop.register(customer(1)).expect("a new id");
    shop.register(customer(2)).expect("a new id");
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, set_account(ACCOUNT, 1, "50")).expect("a manager may");
    shop.sign_on(TILL, CASHIER);
    shop
}

/// So many books at 10.00 for a customer.
pub fn books_for(shop: &mut Shop, of: u128, pieces: &str) -> OrderId {
    let order = OrderId(shop.id());
    let place = PlaceOrder {
        customer: Some(customer(of)),
        ..PlaceOrder::of(order, Channel::Counter, vec![line(1, "BOOK", pieces)])
    };
    shop.ask(TILL, Action::PlaceOrder(place)).expect("placed");
    order
}

#[test]
fn what_is_bought_on_account_is_turnover_and_owed_until_it_is_paid_off() {
    let mut shop = with_account();
    let order = books_for(&mut shop, 1, "3");
    // The customer has one account: nobody needs to type its number.
    let paid = shop.pay_with(order, &["on-account 20", "cash 10"]).expect("within the limit");
    assert_eq!(paid.names(), ["sale_completed", "value_redeemed", "stock_went_negative"]);
    assert_eq!(told(paid.payment())[0], ("on-account".to_owned(), eur("20")));
    assert_eq!((balance(&shop, ACCOUNT).as_str(), shop.figures(TILL).gross), ("-20.00 EUR", eur("30")));
    let off = shop.ask(TILL, pay_off(ACCOUNT, "15", &["cash 20"])).expect("paid off");
    assert_eq!((off.names(), off.payment().change), (vec!["value_issued"], eur("5")));
    assert_eq!((balance(&shop, ACCOUNT).as_str(), shop.figures(TILL).gross), ("-5.00 EUR", eur("30")));
    assert_eq!(shop.figures(TILL).cash_expected, eur("125"));
    let more = shop.ask(TILL, pay_off(ACCOUNT, "5.01", &["cash 10"]));
    assert_eq!(more.err(), Some(Refusal::AccountOverpaid { account: number(ACCOUNT), owed: eur("5") }));
}

#[test]
fn nobody_owes_more_than_the_limit_however_it_is_split_and_however_many_tills_ask() {
    let mut shop = with_account();
    shop.sign_on(OTHER_TILL, MANAGER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let orders = [books_for(&mut shop, 1, "3"), books_for(&mut shop, 1, "3")];
    shop.pay_with(orders[0], &["on-account 30"]).expect("within the limit");
    let short =
        Refusal::AccountExhausted { account: number(ACCOUNT), available: eur("20"), wanted: eur("30") };
    assert_eq!(shop.pay_with(orders[1], &["on-account 30"]).err(), Some(short.clone()));
    assert_eq!(shop.pay_with(orders[1], &["on-account 15", "on-account 15 k-1"]).err(), Some(short));
    shop.pay_with(orders[1], &["on-account 20", "cash 10"]).expect("what is left of it");
    // A lower limit asks nothing back, and nothing more is bought.
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, set_account(ACCOUNT, 1, "0")).expect("nothing more");
    assert_eq!(balance(&shop, ACCOUNT), "-50.00 EUR");
    let order = books_for(&mut shop, 1, "1");
    assert!(matches!(shop.pay_with(order, &["on-account 10"]), Err(Refusal::AccountExhausted { .. })));
    shop.ask(TILL, pay_off(ACCOUNT, "50", &["card 50 auth 1"])).expect("it is paid off all the same");
}

#[test]
fn an_account_pays_for_its_customer_alone() {
    let mut shop = with_account();
    let theirs = books_for(&mut shop, 2, "1");
    let another = Refusal::AccountOfAnother { account: number(ACCOUNT) };
    assert_eq!(shop.pay_with(theirs, &["on-account 10 K-1"]).err(), Some(another.clone()));
    assert!(matches!(shop.pay_with(theirs, &["on-account 10"]), Err(Refusal::TenderReferenceMissing { .. })));
    let nobodys = shop.place(&[line(1, "BOOK", "1")]);
    assert_eq!(shop.pay_with(nobodys, &["on-account 10 K-1"]).err(), Some(another));
    // Once the order is the customer's it pays.
    let named = OrderEdit::SetCustomer { customer: Some(customer(1)) };
    let revision = shop.order(nobodys).revision;
    shop.ask(TILL, edit(nobodys, revision, &[named])).expect("named");
    shop.pay_with(nobodys, &["on-account 10"]).expect("paid");
    shop.sign_on(TILL, MANAGER);
    let taken = shop.ask(TILL, set_account(ACCOUNT, 2, "50"));
    assert_eq!(taken.err(), Some(Refusal::AccountOfAnother { account: number(ACCOUNT) }));
}

#[test]
fn goods_bought_on_account_come_back_to_it() {
    let mut shop = with_account();
    let order = books_for(&mut shop, 1, "3");
    let sale = shop.pay_with(order, &["on-account 20", "cash 10"]).expect("paid").transaction;
    let back = shop.bring_back(sale, &[(1, "1")]).expect("no manager: no cash leaves");
    assert_eq!(back.names(), ["goods_returned", "value_refunded"]);
    assert_eq!(balance(&shop, ACCOUNT), "-10.00 EUR");
    shop.ask(TILL, pay_off(ACCOUNT, "10", &["cash 10"])).expect("paid off");
    shop.bring_back(sale, &[(1, "1")]).expect("back");
    // What is the customer's now pays first, and goes beyond the limit by as much.
    assert_eq!(balance(&shop, ACCOUNT), "10.00 EUR");
    let order = books_for(&mut shop, 1, "6");
    let paid = shop.pay_with(order, &["on-account 60"]).expect("ten and the limit").transaction;
    shop.sign_on(TILL, MANAGER);
    shop.post_void(paid).expect("undone");
    assert_eq!(balance(&shop, ACCOUNT), "10.00 EUR");
}

#[test]
fn a_payment_by_mistake_is_owed_again_whatever_was_bought_since() {
    let mut shop = with_account();
    let order = books_for(&mut shop, 1, "5");
    shop.pay_with(order, &["on-account 50"]).expect("paid");
    let off = shop.ask(TILL, pay_off(ACCOUNT, "50", &["cash 50"])).expect("paid off").transaction;
    let order = books_for(&mut shop, 1, "4");
    shop.pay_with(order, &["on-account 40"]).expect("paid");
    shop.sign_on(TILL, MANAGER);
    let undone = shop.post_void(off).expect("the money goes back");
    assert_eq!(told(undone.payment()), [("cash".to_owned(), eur("-50"))]);
    assert_eq!(balance(&shop, ACCOUNT), "-90.00 EUR");
}

#[test]
fn a_z_tells_what_is_owed_from_what_the_store_owes() {
    let mut shop = with_account();
    let order = books_for(&mut shop, 1, "3");
    let sale = shop.pay_with(order, &["on-account 30"]).expect("paid").transaction;
    shop.bring_back(sale, &[(1, "1")]).expect("back");
    shop.ask(TILL, pay_off(ACCOUNT, "5", &["cash 5"])).expect("paid off");
    let closed = shop.close_shift(TILL, "105").expect("closed");
    assert_eq!(closed.names(), ["shift_closed", "tenders_reported", "accounts_reported"]);
    let Some(Event::AccountsReported { accounts, .. }) = closed.events.last() else { panic!("a Z") };
    let flow = ValueFlow { issued: eur("5"), voided: eur("0"), redeemed: eur("30"), refunded: eur("10") };
    assert_eq!(**accounts, flow);
    let lines = closed.events.iter().find_map(|event| match event {
        Event::TendersReported { tenders, .. } => Some(tenders),
        _ => None,
    });
    let owed = lines.expect("a Z").iter().find(|line| line.code.as_str() == "on-account").expect("a line");
    assert_eq!((owed.count, owed.taken, owed.refunded), (2, eur("30"), eur("10")));
}

#[test]
fn an_account_is_paid_with_as_what_it_is() {
    let mut shop = with_account();
    let order = books_for(&mut shop, 1, "1");
    let asked = shop.pay_with(order, &["gift-card 10 K-1"]);
    let other = Refusal::TenderOfOtherKind { account: number(ACCOUNT), code: tender_code("on-account") };
    assert_eq!(asked.err(), Some(other));
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, block(ACCOUNT, ValueStanding::Blocked)).expect("blocked");
    assert!(matches!(shop.pay_with(order, &["on-account 10"]), Err(Refusal::ValueBlocked { .. })));
}

#[test]
fn an_exchange_takes_the_difference_on_account_and_an_erased_customer_still_owes() {
    let mut shop = with_account();
    let order = books_for(&mut shop, 1, "1");
    let sale = shop.pay_with(order, &["on-account 10"]).expect("paid").transaction;
    let Action::Return(back) = by_receipt(sale, &[(1, "1")]) else { panic!("a return") };
    let wanted = PlaceOrder {
        customer: Some(customer(1)),
        ..PlaceOrder::of(OrderId(shop.id()), Channel::Counter, vec![line(1, "BOOK", "3")])
    };
    let exchange = Exchange { back, place: wanted, tenders: vec![tender("on-account 20")] };
    shop.ask(TILL, Action::Exchange(Box::new(exchange))).expect("exchanged");
    assert_eq!(balance(&shop, ACCOUNT), "-30.00 EUR");
    shop.erase(customer(1), MANAGER).expect("it is their right");
    shop.ask(TILL, pay_off(ACCOUNT, "30", &["cash 30"])).expect("whoever brings the money");
    shop.sign_on(TILL, MANAGER);
    let again = shop.ask(TILL, set_account(ACCOUNT, 1, "50"));
    assert!(matches!(again, Err(Refusal::SubjectErased { .. })));
}

#[test]
fn the_account_of_somebody_who_was_registered_twice_is_theirs_under_the_name_that_stays() {
    let mut shop = with_account();
    let before = books_for(&mut shop, 1, "1");
    let merge = HubCommand::MergeSubject { subject: customer(1), into: customer(2), staff: staff(MANAGER) };
    shop.hub(merge).expect("a manager may");
    let order = books_for(&mut shop, 2, "2");
    shop.pay_with(order, &["on-account 20"]).expect("it is theirs");
    shop.pay_with(before, &["on-account 10"]).expect("whatever they were called when they ordered");
    assert_eq!(balance(&shop, ACCOUNT), "-30.00 EUR");
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, set_account(ACCOUNT, 1, "60")).expect("by either name");
    assert_eq!(shop.state.values[&number(ACCOUNT)].terms.map(|terms| terms.customer), Some(customer(2)));
}

#[test]
fn a_store_that_lists_no_account_takes_none() {
    let mut shop = with_account();
    shop.hub(tender_list(|types| types.retain(|of| of.code.as_str() != "on-account"))).expect("a list");
    let order = books_for(&mut shop, 1, "1");
    let asked = shop.ask(TILL, pay_with(order, &["on-account 10"], Settlement::Full));
    assert!(matches!(asked, Err(Refusal::TenderUnknown { .. })));
}
