//! Money that goes back: in any portions and any order it sums to what was paid.

use holdfast_domain::Event;
use holdfast_domain::line::LineInput;
use holdfast_domain::money::{Currency, Money, Quantity};
use holdfast_domain::order::{Channel, OrderState};
use holdfast_domain::shift::Mode;
use holdfast_domain::tax::{TaxBasis, TaxRounding};
use proptest::prelude::*;

use crate::shop::*;

#[test]
fn cash_is_paid_and_refunded_to_the_smallest_coin() {
    // Total, tendered, paid after rounding, change; then one sweet at a time comes back.
    for (sweets, tendered, paid, rounding, change) in [
        ("2", &[][..], "0.00", "-0.02", "0.00"),
        ("3", &["0.05"], "0.05", "0.02", "0.00"),
        ("7", &["0.10"], "0.05", "-0.02", "0.05"),
        ("8", &["0.20"], "0.10", "0.02", "0.10"),
        ("10", &["0.10"], "0.10", "0.00", "0.00"),
        ("13", &["0.10", "0.10"], "0.15", "0.02", "0.05"),
    ] {
        let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
        let order = shop.place(&[line(1, "SWEET", sweets)]);
        let done = shop.pay(order, tendered).expect("enough");
        let payment = done.payment();
        assert_eq!((payment.rounding, payment.change), (eur(rounding), eur(change)), "{sweets} sweets");
        assert_eq!(payment.cash(), eur(paid), "{sweets} sweets");
        let mut back = eur("0");
        for _ in 0..sweets.parse::<u32>().unwrap() {
            let out = shop.bring_back(done.transaction, &[(1, "1")]).expect("one more").paid_out();
            assert!(!out.is_negative() && out.minor() % 5 == 0, "{out} cannot be paid in coins");
            back += out;
        }
        assert_eq!(back, eur(paid), "{sweets} sweets");
        assert_eq!(shop.figures(TILL).cash_expected, eur("100"));
        assert_eq!(shop.figures(TILL).rounding, eur("0"));
        assert_eq!(shop.figures(TILL).gross, eur("0"));
    }
}

#[test]
fn what_is_refunded_is_what_was_paid_though_deposits_or_a_new_coin_came_between() {
    let step = |shop: &mut Shop, coin: &str| {
        let mut profile = profile();
        profile.cash_step = decimal(coin);
        let command = holdfast_domain::command::HubCommand::ConfigureStore { profile: Box::new(profile) };
        shop.hub(command).expect("settings change");
    };
    // 10.04 with 5.02 down: 5.02 is left and 5.00 is paid, 10.02 altogether, which no coin rounding of 10.04 gives.
    let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
    let order = shop.place(&[line(1, "BOOK", "1"), line(2, "SWEET", "4")]);
    shop.deposit(order, "5.02").expect("a deposit");
    let sale = shop.pay(order, &["5.00"]).expect("the rest").transaction;
    let first = shop.bring_back(sale, &[(2, "4")]).expect("the sweets").paid_out();
    let second = shop.bring_back(sale, &[(1, "1")]).expect("the book").paid_out();
    assert_eq!(first + second, eur("10.02"));
    // Paid to the cent, refunded after the smallest coins are gone.
    for order_of_return in [[1, 2], [2, 1]] {
        let mut shop = Shop::open();
        let sale = shop.sell(&[line(1, "TEA", "1"), line(2, "SWEET", "3")]);
        step(&mut shop, "0.05");
        let mut back = eur("0");
        for number in order_of_return {
            let all =
                shop.sale(sale).line(holdfast_domain::line::LineNumber(number)).expect("sold").returnable();
            let out = shop.bring_back(sale, &[(number, &all.to_string())]).expect("a return").paid_out();
            assert!(!out.is_negative());
            back += out;
        }
        assert_eq!(back, eur("4.02"));
    }
}

#[test]
fn a_partial_return_takes_the_paid_share_with_its_discount_and_tax() {
    let mut shop = Shop::open();
    // Three teas with 10 % off: 11.97 - 1.20 = 10.77, tax 1.795 → 1.80.
    let sale = shop.sell(&[line(1, "TEA", "3").percent_off("10")]);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let back = shop.bring_back(sale, &[(1, "1")]).expect("one more");
        let Some(Event::GoodsReturned { totals, lines, .. }) = back.events.first() else {
            panic!("{back:?}")
        };
        assert_eq!(lines[0].line.quantity, qty("1"));
        seen.push((totals.gross, totals.tax, totals.discount));
    }
    let (gross, tax, discount) = (eur("3.59"), eur("0.60"), eur("0.40"));
    assert_eq!(seen, vec![(gross, tax, discount); 3]);
    assert_eq!(shop.figures(TILL).taxes[0].tax, eur("0"));
    assert_eq!(shop.figures(TILL).discount, eur("0"));
    assert_eq!(shop.figures(TILL).returned, eur("10.77"));
}

#[test]
fn a_post_void_reverses_everything_at_once() {
    let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
    shop.receive("TEA", "5");
    shop.sign_on(TILL, MANAGER);
    let before = (shop.stock("TEA"), shop.figures(TILL).cash_expected);
    let sale = shop.sell(&[line(1, "TEA", "3"), line(2, "REPAIR", "1"), line(3, "BREAD", "1").voided()]);
    let done = shop.post_void(sale).expect("the same shift");
    assert_eq!(done.names(), ["sale_post_voided"]);
    assert_eq!(done.effects.len(), 2, "a drawer and a receipt");
    assert_eq!((shop.stock("TEA"), shop.figures(TILL).cash_expected), before);
    let figures = shop.figures(TILL);
    assert_eq!((figures.sales, figures.post_voids, figures.returns), (1, 1, 0));
    for left in [figures.gross, figures.net, figures.rounding, figures.taxes[0].tax] {
        assert!(left.is_zero());
    }
    assert_eq!(shop.sale(sale).voided, Some(done.transaction));
}

#[test]
fn goods_without_a_receipt_are_priced_like_a_basket() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let done =
        shop.ask(TILL, without_receipt(&[line(1, "TEA", "2").at("3.00"), line(2, "BREAD", "1").voided()]));
    assert_eq!(done.expect("by permission").paid_out(), eur("6.00"));
    assert_eq!(shop.stock("TEA").on_hand, qty("2"));
    assert_eq!(shop.stock("BREAD").on_hand, qty("0"));
}

#[test]
fn what_is_given_back_before_it_was_handed_over_is_not_handed_over() {
    for give_back in ["return", "void"] {
        let mut shop = Shop::open();
        shop.receive("TEA", "2");
        shop.sign_on(TILL, MANAGER);
        let order = shop.try_place(TILL, Channel::NotInHand, &[line(1, "TEA", "2")]).expect("in stock");
        let sale = shop.pay(order, &["10"]).expect("paid").transaction;
        assert_eq!(shop.order(order).state, OrderState::Paid);
        if give_back == "void" {
            shop.post_void(sale).expect("voided");
        } else {
            shop.bring_back(sale, &[(1, "1")]).expect("a part");
            assert_eq!(shop.order(order).state, OrderState::Paid, "the rest still waits for its customer");
            shop.bring_back(sale, &[(1, "1")]).expect("the rest");
        }
        assert_eq!(shop.order(order).state, OrderState::Cancelled);
        let refused = shop.ask(TILL, holdfast_domain::Action::FulfilOrder { order }).map(drop);
        assert_eq!(refused.map_err(|r| r.code()), Err("HF-CMD-142"));
    }
}

#[test]
fn a_training_sale_comes_back_in_training() {
    let mut shop = Shop::closed();
    shop.sign_on(TILL, CASHIER);
    shop.open_shift(TILL, Mode::Training);
    let sale = shop.sell(&[line(1, "TEA", "1")]);
    assert_eq!(shop.bring_back(sale, &[(1, "1")]).expect("a return").receipt(), "1-T000002");
    assert_eq!(shop.stock("TEA").on_hand, Quantity::ZERO);
}

/// A basket of one to four lines: product, thousandths, percent off.
fn baskets() -> impl Strategy<Value = Vec<LineInput>> {
    let a_line = (0..5usize, 1..6u32, 0..100u32).prop_map(|(product, count, percent)| {
        let product = ["TEA", "BREAD", "SYRUP", "SWEET", "APPLES"][product];
        let quantity =
            if product == "APPLES" { format!("{count}.{:03}", percent * 7) } else { count.to_string() };
        let input = line(0, product, &quantity);
        if percent < 50 { input.percent_off(&percent.to_string()) } else { input }
    });
    prop::collection::vec(a_line, 1..5).prop_map(|mut lines| {
        for (number, line) in (1..).zip(&mut lines) {
            line.number = holdfast_domain::line::LineNumber(number);
        }
        lines
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// MON-3: returns in any portions and any order refund exactly what was paid, tax and discount included.
    #[test]
    fn every_partition_of_a_sale_refunds_what_was_paid(
        lines in baskets(),
        portions in prop::collection::vec((any::<prop::sample::Index>(), 1..4i64), 0..20),
        inclusive: bool,
        by_line: bool,
        coins in 0..3usize,
    ) {
        let mut shop = Shop::open_with(|profile| {
            profile.basis = if inclusive { TaxBasis::Inclusive } else { TaxBasis::Exclusive };
            profile.tax_rounding = if by_line { TaxRounding::PerLine } else { TaxRounding::PerTotal };
            profile.cash_step = decimal(["0", "0.05", "0.10"][coins]);
        });
        shop.sign_on(TILL, MANAGER);
        let sale = shop.sell(&lines);
        let paid = shop.sale(sale).payment.cash();
        let cents = |minor| Money::from_minor(minor, Currency::EUR);
        let mut back = cents(0);
        let take = |shop: &mut Shop, number: u16, quantity: Quantity| {
            shop.bring_back(sale, &[(number, &quantity.to_string())]).expect("within what was sold").paid_out()
        };
        for (index, pieces) in portions {
            let sold = index.get(&shop.sale(sale).lines).clone();
            let wanted = if sold.line.unit.divisible() { Quantity::from_thousandths(pieces * 333) } else {
                Quantity::pieces(i32::try_from(pieces).expect("a few"))
            };
            let portion = wanted.min(sold.returnable());
            if portion.is_positive() {
                back += take(&mut shop, sold.line.number.0, portion);
            }
        }
        for sold in shop.sale(sale).lines.clone() {
            if sold.returnable().is_positive() {
                back += take(&mut shop, sold.line.number.0, sold.returnable());
            }
        }
        prop_assert_eq!(back, paid);
        let figures = shop.figures(TILL);
        prop_assert_eq!(figures.cash_expected, eur("100"));
        for left in [figures.gross, figures.net, figures.discount, figures.rounding] {
            prop_assert!(left.is_zero());
        }
        for rate in &figures.taxes {
            prop_assert!(rate.tax.is_zero() && rate.net.is_zero(), "{:?}", rate);
        }
        for level in shop.state.stock.values() {
            prop_assert!(level.on_hand.is_zero() && level.sold.is_zero() && level.reserved.is_zero());
        }
    }
}
