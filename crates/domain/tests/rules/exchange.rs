//! Goods are exchanged in one step: what was paid for the one pays for the other, and only the difference changes hands.

use holdfast_domain::command::{Exchange, ReturnGoods};
use holdfast_domain::ids::{OrderId, TransactionId};
use holdfast_domain::line::LineInput;
use holdfast_domain::money::Money;
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::tender::Payment;
use holdfast_domain::{Action, Effect, Event, Refusal};
use proptest::prelude::*;

use crate::shop::*;

pub fn swap(shop: &mut Shop, back: Action, lines: &[LineInput], given: &[&str]) -> Action {
    let Action::Return(back) = back else { panic!("a return") };
    let place = PlaceOrder::of(OrderId(shop.id()), Channel::Counter, lines.to_vec());
    Action::Exchange(Box::new(Exchange {
        back,
        place,
        tenders: given.iter().map(|text| tender(text)).collect(),
    }))
}

/// What came back and what was sold: payments and transactions.
fn parts(events: &[Event]) -> [(TransactionId, Payment); 2] {
    let mut parts = events.iter().filter_map(|event| match event {
        Event::GoodsReturned { transaction, payment, .. }
        | Event::SaleCompleted { transaction, payment, .. } => Some((*transaction, payment.clone())),
        _ => None,
    });
    [parts.next().expect("a return"), parts.next().expect("a sale")]
}

fn drawer(shop: &Shop) -> Money {
    shop.figures(TILL).cash_expected
}

#[test]
fn the_same_value_moves_no_money_and_opens_no_drawer() {
    let mut shop = Shop::open();
    let tea = shop.sell_for(&[line(1, "TEA", "2")], &["card 7.98 auth 1"]);
    let before = drawer(&shop);
    let swap = swap(&mut shop, by_receipt(tea, &[(1, "1")]), &[line(1, "TEA", "1")], &[]);
    let done = shop.ask(TILL, swap).expect("one for another");
    let [(came_back, back), (sold, paid)] = parts(&done.events);
    assert_eq!(
        (told(&back), told(&paid)),
        (vec![("card".into(), eur("-3.99"))], vec![("card".into(), eur("3.99"))])
    );
    assert_eq!((drawer(&shop), paid.change, back.due), (before, eur("0"), eur("-3.99")));
    assert!(
        !done.effects.iter().any(|effect| matches!(effect, Effect::OpenDrawer { .. })),
        "{:?}",
        done.effects
    );
    assert_eq!((came_back.counterpart(), sold.counterpart()), (sold, came_back));
    let numbers: Vec<String> = done
        .events
        .iter()
        .filter_map(Event::transaction)
        .map(|(_, receipt, _)| receipt.to_string())
        .collect();
    assert_eq!(numbers, ["1-000002", "1-000003"], "each has a number of its own");
    assert!(
        matches!(done.events.last(), Some(Event::GoodsExchanged { returned, .. }) if *returned == came_back)
    );
    assert_eq!(shop.stock("TEA").on_hand, qty("-2"), "one came, one went");
    // What was exchanged comes back too, to the card that paid for it.
    let later = shop.bring_back(sold, &[(1, "1")]).expect("once more");
    assert_eq!(told(later.payment()), [("card".to_owned(), eur("-3.99"))]);
    let again = shop.bring_back(tea, &[(1, "2")]).expect_err("one of them came back already");
    assert_eq!(again.code(), "HF-CMD-165");
}

#[test]
fn for_what_costs_more_the_difference_is_paid() {
    let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
    let tea = shop.sell_for(&[line(1, "TEA", "1")], &["card 3.99 auth 1"]);
    let before = drawer(&shop);
    let book = [line(1, "BOOK", "1")];
    let short = swap(&mut shop, by_receipt(tea, &[(1, "1")]), &book, &["cash 5"]);
    assert_eq!(shop.ask(TILL, short).expect_err("6.01 to pay").code(), "HF-CMD-150");
    let swap = swap(&mut shop, by_receipt(tea, &[(1, "1")]), &book, &["cash 10"]);
    let done = shop.ask(TILL, swap).expect("10.00 for 3.99");
    let [_, (_, paid)] = parts(&done.events);
    assert_eq!(told(&paid), [("card".to_owned(), eur("3.99")), ("cash".to_owned(), eur("10"))]);
    assert_eq!((paid.due, paid.rounding, paid.change), (eur("10"), eur("-0.01"), eur("4")));
    assert_eq!(drawer(&shop) - before, eur("6"), "6.01 in coins");
    assert!(done.effects.contains(&Effect::OpenDrawer { terminal: TILL }));
}

#[test]
fn for_what_costs_less_the_difference_goes_back_to_the_card_first() {
    let mut shop = Shop::open();
    let books = shop.sell_for(&[line(1, "BOOK", "2")], &["card 12 auth 1", "cash 8"]);
    let before = drawer(&shop);
    let swap_them = swap(&mut shop, by_receipt(books, &[(1, "2")]), &[line(1, "TEA", "1")], &[]);
    let done = shop.ask(TILL, swap_them).expect("3.99 for 20.00");
    let [(_, back), (_, paid)] = parts(&done.events);
    assert_eq!(told(&paid), [("cash".to_owned(), eur("3.99"))], "cash stays first");
    assert_eq!(told(&back), [("cash".to_owned(), eur("-8.00")), ("card".to_owned(), eur("-12"))]);
    assert_eq!(before - drawer(&shop), eur("4.01"));
    let too_much = swap(&mut shop, by_receipt(books, &[(1, "1")]), &[line(1, "TEA", "1")], &[]);
    assert_eq!(shop.ask(TILL, too_much).expect_err("both are back").code(), "HF-CMD-165");
}

#[test]
fn a_voucher_stays_a_voucher() {
    let mut shop = Shop::open();
    shop.hub(tender_list(|types| {
        let voucher = types.iter_mut().find(|of| of.code.as_str() == "voucher").expect("a voucher");
        voucher.refund = holdfast_domain::tender::RefundRule::CashUpTo { max: eur("5") };
    }))
    .expect("a list");
    let book = shop.sell_for(&[line(1, "BOOK", "1")], &["voucher 10"]);
    let same = swap(&mut shop, by_receipt(book, &[(1, "1")]), &[line(1, "BOOK", "1")], &[]);
    let done = shop.ask(TILL, same).expect("by a cashier: no cash for a voucher");
    let [_, (sold, paid)] = parts(&done.events);
    assert_eq!(told(&paid), [("voucher".to_owned(), eur("10"))]);
    let less = swap(&mut shop, by_receipt(sold, &[(1, "1")]), &[line(1, "TEA", "1")], &[]);
    assert!(matches!(shop.ask(TILL, less), Err(Refusal::NotPermitted { .. })), "6.01 in cash for a voucher");
}

#[test]
fn without_a_receipt_it_takes_the_permission_and_nothing_is_paid_when_nothing_is_due() {
    let mut shop = Shop::open();
    let back = || without_receipt(&[line(1, "BOOK", "1")]);
    let tea = [line(1, "TEA", "1")];
    let cashier = swap(&mut shop, back(), &tea, &[]);
    assert_eq!(shop.ask(TILL, cashier).expect_err("a cashier").code(), "HF-CMD-104");
    shop.sign_on(TILL, MANAGER);
    let paid = swap(&mut shop, back(), &tea, &["cash 1"]);
    assert_eq!(shop.ask(TILL, paid).expect_err("nothing is due").code(), "HF-CMD-223");
    let before = drawer(&shop);
    let swap = swap(&mut shop, back(), &tea, &[]);
    shop.ask(TILL, swap).expect("a manager");
    assert_eq!(before - drawer(&shop), eur("6.01"));
}

#[test]
fn the_till_that_sold_alone_numbers_both() {
    let mut shop = Shop::open();
    let tea = shop.sell_for(&[line(1, "TEA", "1")], &["cash 3.99"]);
    let Action::Return(back) = by_receipt(tea, &[(1, "1")]) else { panic!("a return") };
    let back = ReturnGoods { receipt: holdfast_domain::receipt::ReceiptSource::Island { number: 1 }, ..back };
    let swap = swap(&mut shop, Action::Return(back), &[line(1, "BOOK", "1")], &["cash 6.01"]);
    let done = shop.ask(TILL, swap).expect("alone");
    let numbers = done.events.iter().filter_map(Event::transaction).map(|(_, receipt, _)| receipt.number);
    assert_eq!(numbers.collect::<Vec<_>>(), [1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever is exchanged for whatever, however it was paid: the drawer moves by what changed hands in cash, what both
    /// transactions say of each tender comes to the difference, and everything can still be brought back to the cent.
    #[test]
    fn only_the_difference_changes_hands(
        bought in 1u32..6, back in 1u32..6, wanted in 1u32..6, card in 0u32..=20, voucher in 0u32..=20, step in 0usize..3,
    ) {
        let back = back.min(bought);
        let mut shop = Shop::open_with(|profile| profile.cash_step = decimal(["0", "0.05", "0.10"][step]));
        shop.sign_on(TILL, MANAGER);
        let full = eur("3.99").minor() * i64::from(bought);
        let (card, voucher) = (full * i64::from(card) / 40, full * i64::from(voucher) / 40);
        let amount = |minor: i64| Money::from_minor(minor, eur("0").currency()).amount().to_string();
        let mut given = vec!["cash 50".to_owned()];
        given.extend((card > 0).then(|| format!("card {} 1", amount(card))));
        given.extend((voucher > 0).then(|| format!("voucher {}", amount(voucher))));
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let sale = shop.sell_for(&[line(1, "TEA", &bought.to_string())], &given);
        let before = drawer(&shop);
        let wanted = [line(1, "BOOK", &wanted.to_string())];
        let swap = swap(&mut shop, by_receipt(sale, &[(1, &back.to_string())]), &wanted, &["cash 100"]);
        let done = match shop.ask(TILL, swap) {
            Ok(done) => done,
            Err(Refusal::ChangeNotGiven { .. }) => return Ok(()),
            Err(other) => panic!("{other}"),
        };
        let [(_, returned), (sold, paid)] = parts(&done.events);
        prop_assert_eq!(drawer(&shop) - before, returned.cash() + paid.cash());
        let hands = returned.due + returned.rounding + paid.due + paid.rounding;
        let moved = Money::sum(hands.currency(), returned.tenders.iter().chain(&paid.tenders).map(|t| t.amount));
        prop_assert_eq!(moved - paid.change, hands);
        for (sale, left) in [(sale, bought - back), (sold, 1)] {
            if left > 0 {
                shop.bring_back(sale, &[(1, &left.to_string())]).expect("what is left can come back");
            }
        }
    }
}

#[test]
fn what_a_gift_card_paid_for_stays_on_it_or_pays_again() {
    let mut shop = Shop::open();
    shop.ask(TILL, crate::value::issue("GC-1", "10", &["cash 10"])).expect("sold");
    let book = shop.sell_for(&[line(1, "BOOK", "1")], &["gift-card 10 GC-1"]);
    let same = swap(&mut shop, by_receipt(book, &[(1, "1")]), &[line(1, "BOOK", "1")], &[]);
    let done = shop.ask(TILL, same).expect("though nothing is left on the card");
    let [_, (sold, paid)] = parts(&done.events);
    assert_eq!(told(&paid), [("gift-card".to_owned(), eur("10"))]);
    let less = swap(&mut shop, by_receipt(sold, &[(1, "1")]), &[line(1, "TEA", "1")], &[]);
    shop.ask(TILL, less).expect("the rest goes back to the card");
    assert_eq!(crate::value::balance(&shop, "GC-1"), "6.01 EUR");
}
