//! Gift cards and store credit: outside turnover until they are redeemed, and never more than what was paid for them.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::bounded::ValueNumber;
use holdfast_domain::command::ReturnGoods;
use holdfast_domain::ids::{OrderId, TransactionId};
use holdfast_domain::order::Channel;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::Mode;
use holdfast_domain::tender::{Payment, RefundRule, TenderClass, TenderKind};
use holdfast_domain::value::{IssueValue, ValueFlow, ValueKind, ValueStanding};
use holdfast_domain::{Action, Effect, Event, Refusal};

use crate::shop::*;

pub fn number(text: &str) -> ValueNumber {
    ValueNumber::new(text).expect("a number")
}

pub fn issue_as(kind: ValueKind, account: &str, amount: &str, given: &[&str]) -> Action {
    Action::IssueValue(IssueValue {
        account: number(account),
        kind,
        amount: eur(amount),
        tenders: given.iter().map(|text| tender(text)).collect(),
        receipt: ReceiptSource::Hub,
    })
}

pub fn issue(account: &str, amount: &str, given: &[&str]) -> Action {
    issue_as(ValueKind::GiftCard, account, amount, given)
}

pub fn block(account: &str, standing: ValueStanding) -> Action {
    Action::SetValueStanding { account: number(account), standing, reason: reason("stolen") }
}

/// A return whose refund goes to a new store credit where its tender takes nothing back.
pub fn credited(goods: Action, account: &str) -> Action {
    let Action::Return(goods) = goods else { panic!("a return") };
    Action::Return(ReturnGoods { credit: Some(number(account)), ..goods })
}

pub fn balance(shop: &Shop, account: &str) -> String {
    shop.state.values[&number(account)].balance.to_string()
}

/// What a payment took from accounts and gave back to them, by what the tenders themselves say.
pub fn of_accounts(payment: &Payment) -> Vec<(String, i64)> {
    let stored = payment
        .tenders
        .iter()
        .filter(|tender| matches!(tender.kind.class(), TenderClass::StoredValue | TenderClass::OnAccount));
    let named = stored.map(|tender| match &tender.kind {
        TenderKind::Typed { reference: Some(reference), .. } => {
            (reference.to_string(), tender.amount.minor())
        }
        other => panic!("{other:?} has no account"),
    });
    named.collect()
}

/// VAL-1, from issues and tenders alone: what each account must have left, and that stored value never had less than
/// nothing.
pub fn balances(shop: &Shop) -> BTreeMap<String, i64> {
    let mut balances: BTreeMap<String, i64> = BTreeMap::new();
    let mut owed: BTreeSet<String> = BTreeSet::new();
    for event in &shop.log {
        match event {
            Event::AccountSet { account, .. } => {
                owed.insert(account.to_string());
                balances.entry(account.to_string()).or_default();
            }
            Event::ValueIssued { account, amount, .. } => {
                *balances.entry(account.to_string()).or_default() += amount.minor();
            }
            Event::ValueIssueVoided { account, amount, .. } => {
                *balances.entry(account.to_string()).or_default() -= amount.minor();
            }
            Event::SaleCompleted { payment, .. }
            | Event::DepositTaken { payment, .. }
            | Event::GoodsReturned { payment, .. }
            | Event::SalePostVoided { payment, .. } => {
                for (account, minor) in of_accounts(payment) {
                    *balances.entry(account).or_default() -= minor;
                }
            }
            _ => {}
        }
        let sound = |(account, balance): (&String, &i64)| *balance >= 0 || owed.contains(account);
        assert!(balances.iter().all(sound), "{balances:?} after {event:?}");
    }
    balances
}

/// A shop with a gift card of 50.00, paid by card.
pub fn with_card() -> (Shop, TransactionId) {
    let mut shop = Shop::open();
    let issued = shop.ask(TILL, issue("G-1", "50", &["card 50 auth 1"])).expect("issued").transaction;
    (shop, issued)
}

#[test]
fn a_gift_card_is_no_turnover_until_it_pays() {
    let (mut shop, issued) = with_card();
    let Some(Event::ValueIssued { receipt, transaction, .. }) = shop.log.last() else { panic!("an issue") };
    assert_eq!((receipt.to_string().as_str(), *transaction), ("1-000001", issued));
    assert_eq!(shop.figures(TILL).gross, eur("0"));
    assert!(shop.figures(TILL).taxes.is_empty());
    let order = shop.place(&[line(1, "TEA", "2")]);
    let paid = shop.pay_with(order, &["gift-card 7.98 g-1"]).expect("paid");
    assert_eq!(paid.names(), ["sale_completed", "value_redeemed", "stock_went_negative"]);
    assert_eq!(paid.effects.len(), 1, "the drawer stays shut");
    assert_eq!((balance(&shop, "G-1").as_str(), shop.figures(TILL).gross), ("42.02 EUR", eur("7.98")));
}

#[test]
fn a_gift_card_is_paid_for_in_cash_with_change_and_topped_up() {
    let mut shop = Shop::open();
    let issued = shop.ask(TILL, issue("G-1", "30", &["cash 50"])).expect("issued");
    assert_eq!(issued.payment().change, eur("20"));
    assert!(issued.effects.contains(&Effect::OpenDrawer { terminal: TILL }));
    assert_eq!(shop.figures(TILL).cash_expected, eur("130"));
    shop.ask(TILL, issue("G-1", "5", &["cash 5"])).expect("topped up");
    assert_eq!(balance(&shop, "G-1"), "35.00 EUR");
}

#[test]
fn of_two_tills_that_take_the_same_card_the_second_meets_what_is_left() {
    let (mut shop, _) = with_card();
    shop.sign_on(OTHER_TILL, MANAGER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let orders: Vec<OrderId> = [TILL, OTHER_TILL]
        .map(|till| shop.try_place(till, Channel::Counter, &[line(1, "BOOK", "3")]).expect("placed"))
        .into();
    let action = |order| pay_with(order, &["gift-card 30 G-1"], holdfast_domain::command::Settlement::Full);
    shop.ask(TILL, action(orders[0])).expect("paid");
    let second = shop.ask(OTHER_TILL, action(orders[1])).expect_err("20.00 are left");
    assert_eq!(second, Refusal::ValueShort { account: number("G-1"), balance: eur("20"), wanted: eur("30") });
    // Nor twice in one payment.
    let split = ["gift-card 10.01 G-1", "gift-card 10.00 g-1", "cash 9.99"];
    let twice = pay_with(orders[1], &split, holdfast_domain::command::Settlement::Full);
    assert!(matches!(shop.ask(OTHER_TILL, twice), Err(Refusal::ValueShort { .. })));
    assert_eq!(balance(&shop, "G-1"), "20.00 EUR");
}

#[test]
fn what_was_paid_with_stored_value_goes_back_to_it_even_when_it_is_blocked() {
    let (mut shop, _) = with_card();
    let sale = shop.sell_for(&[line(1, "TEA", "2")], &["gift-card 5 G-1", "cash 2.98"]);
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, block("G-1", ValueStanding::Blocked)).expect("blocked");
    let back = shop.bring_back(sale, &[(1, "1")]).expect("back");
    assert_eq!(told(back.payment()), [("gift-card".to_owned(), eur("-3.99"))]);
    assert_eq!(back.names(), ["goods_returned", "value_refunded"]);
    assert_eq!(balance(&shop, "G-1"), "48.99 EUR");
    let rest = shop.bring_back(sale, &[(1, "1")]).expect("back");
    let all = [("gift-card".to_owned(), eur("-1.01")), ("cash".to_owned(), eur("-2.98"))];
    assert_eq!(told(rest.payment()), all);
    assert_eq!(balance(&shop, "G-1"), "50.00 EUR");
}

#[test]
fn a_deposit_and_a_sale_paid_with_stored_value_are_reversed_to_it() {
    let (mut shop, _) = with_card();
    let order = shop.place(&[line(1, "BOOK", "2")]);
    let part = pay_with(order, &["gift-card 8 G-1"], holdfast_domain::command::Settlement::Deposit);
    assert_eq!(shop.ask(TILL, part).expect("a deposit").names(), ["deposit_taken", "value_redeemed"]);
    let sale = shop.pay_with(order, &["gift-card 12 G-1"]).expect("paid").transaction;
    assert_eq!(balance(&shop, "G-1"), "30.00 EUR");
    shop.sign_on(TILL, MANAGER);
    assert_eq!(shop.post_void(sale).expect("voided").names(), ["sale_post_voided", "value_refunded"]);
    assert_eq!(balance(&shop, "G-1"), "50.00 EUR");
}

#[test]
fn an_issue_is_undone_while_all_of_it_is_there_and_its_shift_is_open() {
    let (mut shop, issued) = with_card();
    let cash = shop.ask(TILL, issue("G-2", "10", &["cash 20"])).expect("issued").transaction;
    shop.sell_for(&[line(1, "BOOK", "1")], &["gift-card 10 G-1"]);
    shop.sign_on(TILL, MANAGER);
    assert_eq!(shop.post_void(issued).err(), Some(Refusal::ValueSpent { account: number("G-1") }));
    let undone = shop.post_void(cash).expect("nothing was spent");
    assert_eq!(told(undone.payment()), [("cash".to_owned(), eur("-10"))]);
    assert_eq!((balance(&shop, "G-2").as_str(), shop.figures(TILL).cash_expected), ("0.00 EUR", eur("100")));
    assert!(matches!(shop.post_void(cash), Err(Refusal::SaleVoided { .. })));
    shop.ask(TILL, issue("G-1", "10", &["cash 10"])).expect("topped up");
    shop.close_shift(TILL, "110").expect("closed");
    shop.open_shift(TILL, Mode::Live);
    assert!(matches!(shop.post_void(issued), Err(Refusal::SaleUnknown { .. })), "another shift's");
    assert!(shop.state.issues.is_empty());
}

#[test]
fn goods_paid_with_a_tender_that_takes_nothing_back_become_store_credit_to_the_cent() {
    let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
    let sale = shop.sell_for(&[line(1, "TEA", "3")], &["voucher 7.99", "cash 4.00"]);
    let back = shop.ask(TILL, credited(by_receipt(sale, &[(1, "1")]), "C-1")).expect("no manager is needed");
    assert_eq!(told(back.payment()), [("store-credit".to_owned(), eur("-3.99"))]);
    assert_eq!(balance(&shop, "C-1"), "3.99 EUR");
    // Of the voucher 4.00 are left; the rest was cash.
    let rest = shop.ask(TILL, credited(by_receipt(sale, &[(1, "2")]), "C-2")).expect("back");
    let all = [("store-credit".to_owned(), eur("-4.00")), ("cash".to_owned(), eur("-4.00"))];
    assert_eq!(told(rest.payment()), all);
    let sold = shop.sale(sale);
    assert_eq!((sold.credited, sold.paid_out, sold.paid()), (eur("7.99"), eur("4.00"), eur("11.99")));
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.pay_with(order, &["store-credit 3.99 C-1"]).expect("it pays");
    // Of a card everything goes back to the card.
    let card = shop.sell_for(&[line(1, "TEA", "1")], &["card 3.99 auth 1"]);
    let asked = shop.ask(TILL, credited(by_receipt(card, &[(1, "1")]), "C-3"));
    assert_eq!(asked.err(), Some(Refusal::CreditNotDue));
}

#[test]
fn a_credit_counts_as_given_back_when_the_next_part_is_refunded_in_cash() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let sale = shop.sell_for(&[line(1, "BOOK", "3")], &["voucher 20", "cash 10"]);
    shop.ask(TILL, credited(by_receipt(sale, &[(1, "1")]), "C-1")).expect("credited");
    // By permission in cash: the voucher's second ten euros, then those that were cash.
    for _ in 0..2 {
        let back = shop.bring_back(sale, &[(1, "1")]).expect("back");
        assert_eq!(told(back.payment()), [("cash".to_owned(), eur("-10"))]);
    }
    assert_eq!(shop.figures(TILL).cash_expected, eur("90"));
}

#[test]
fn without_a_receipt_a_credit_takes_the_place_of_cash() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let goods = without_receipt(&[line(1, "BOOK", "2")]);
    let back = shop.ask(TILL, credited(goods, "C-1")).expect("back");
    assert_eq!(told(back.payment()), [("store-credit".to_owned(), eur("-20"))]);
    assert_eq!((balance(&shop, "C-1").as_str(), shop.figures(TILL).cash_expected), ("20.00 EUR", eur("100")));
}

#[test]
fn training_has_accounts_of_its_own() {
    let (mut shop, _) = with_card();
    shop.close_shift(TILL, "100").expect("closed");
    shop.open_shift(TILL, Mode::Training);
    let order = shop.place(&[line(1, "TEA", "1")]);
    let asked = shop.pay_with(order, &["gift-card 3.99 G-1"]);
    assert_eq!(asked.err(), Some(Refusal::ValueOfOtherMode { account: number("G-1") }));
    shop.ask(TILL, issue("G-9", "10", &["cash 10"])).expect("practice");
    shop.pay_with(order, &["gift-card 3.99 G-9"]).expect("practice");
    assert_eq!(shop.state.values[&number("G-9")].mode, Mode::Training);
}

#[test]
fn a_till_alone_takes_it_only_where_the_list_says_so_and_never_more_than_there_is() {
    let (mut shop, _) = with_card();
    let order = shop.place(&[line(1, "BOOK", "6")]);
    let alone = |given: &[&str]| {
        let mut action = pay_with(order, given, holdfast_domain::command::Settlement::Full);
        if let Action::Pay { receipt, .. } = &mut action {
            *receipt = ReceiptSource::Island { number: 1 };
        }
        action
    };
    let asked = shop.ask(TILL, alone(&["gift-card 50 G-1", "cash 10"]));
    assert!(matches!(asked, Err(Refusal::TenderNotOffline { .. })));
    let offline = tender_list(|types| {
        for of in types.iter_mut().filter(|of| of.class == TenderClass::StoredValue) {
            of.allowed_offline = true;
        }
    });
    shop.hub(offline).expect("a list");
    assert!(matches!(shop.ask(TILL, alone(&["gift-card 60 G-1"])), Err(Refusal::ValueShort { .. })));
    shop.ask(TILL, alone(&["gift-card 50 G-1", "cash 10"])).expect("paid");
    assert_eq!(balance(&shop, "G-1"), "0.00 EUR");
}

#[test]
fn a_z_says_what_was_issued_taken_and_given_back() {
    let (mut shop, _) = with_card();
    let sale = shop.sell_for(&[line(1, "BOOK", "3")], &["gift-card 30 G-1"]);
    shop.bring_back(sale, &[(1, "1")]).expect("back");
    let undone = shop.ask(TILL, issue("G-2", "5", &["cash 5"])).expect("issued").transaction;
    shop.sign_on(TILL, MANAGER);
    shop.post_void(undone).expect("undone");
    let closed = shop.close_shift(TILL, "100").expect("closed");
    assert_eq!(closed.names(), ["shift_closed", "tenders_reported", "value_reported"]);
    let Some(Event::ValueReported { value, .. }) = closed.events.last() else { panic!("a Z") };
    let flow = ValueFlow { issued: eur("55"), voided: eur("5"), redeemed: eur("30"), refunded: eur("10") };
    assert_eq!((&**value, value.sum()), (&flow, eur("30")));
    assert_eq!(balance(&shop, "G-1"), "30.00 EUR");
}

#[test]
fn a_tender_that_takes_nothing_back_any_more_is_refunded_by_its_rule() {
    let (mut shop, _) = with_card();
    let sale = shop.sell_for(&[line(1, "BOOK", "1")], &["gift-card 10 G-1"]);
    let strict = tender_list(|types| {
        for of in types.iter_mut().filter(|of| of.class == TenderClass::StoredValue) {
            of.refund = RefundRule::CashUpTo { max: eur("5") };
        }
    });
    shop.hub(strict).expect("a list");
    shop.sign_on(TILL, MANAGER);
    assert!(matches!(shop.bring_back(sale, &[(1, "1")]), Err(Refusal::CashRefundTooLarge { .. })));
    shop.ask(TILL, credited(by_receipt(sale, &[(1, "1")]), "C-1")).expect("credited");
    assert_eq!(balance(&shop, "C-1"), "10.00 EUR");
}
