//! Promotions, coupons, basket discounts, taxes by tag: what `docs/pricing.md` says, seen from a till. The vectors and the
//! reference hold the cents; here it is what the shop keeps of it.

use holdfast_domain::Refusal;
use holdfast_domain::bounded::Label;
use holdfast_domain::line::{AppliedDiscount, DiscountInput, DiscountSource};
use holdfast_domain::order::Terms;
use holdfast_domain::promotion::{Combination, PromotionKind, Selector};

use crate::assortment::*;
use crate::shop::*;

fn three_for_two() -> PromotionKind {
    PromotionKind::GroupOff { items: drinks(), count: 3, reduced: 1, rate: percent("100") }
}

#[test]
fn the_best_deal_is_found_across_promotions_that_want_the_same_items() {
    // Three for two on drinks would save 1.50; two juices for 3.00 saves 1.40 and leaves a cola at half price.
    let two_juices = PromotionKind::GroupPrice { items: skus(&["JUICE"]), count: 2, price: eur("3.00") };
    let cola = item_off(skus(&["COLA"]), "50");
    let mut shop = promoting(vec![
        promotion("A-THREE", three_for_two()),
        promotion("B-JUICES", two_juices),
        promotion("C-COLA", cola),
    ]);
    let order = shop.place(&[line(1, "JUICE", "2"), line(2, "COLA", "1")]);
    let order = shop.order(order);
    assert_eq!(order.totals.discount, eur("2.15"), "1.40 and 0.75");
    let AppliedDiscount::Parts { parts } = &order.lines[0].discount else { panic!("{:?}", order.lines[0]) };
    let DiscountSource::Promotion { code, .. } = &parts[0].source else { panic!("{parts:?}") };
    assert_eq!((code.as_str(), parts[0].amount), ("B-JUICES", eur("1.40")));
}

#[test]
fn happy_hour_ends_on_the_minute() {
    let mut shop = promoting(vec![happy_hour()]);
    let total_at = |shop: &mut Shop, minute| {
        shop.minute = minute;
        let order = shop.place(&[line(1, "COLA", "1")]);
        shop.order(order).totals.gross
    };
    assert_eq!(total_at(&mut shop, 17 * 60 - 1), eur("1.75"));
    assert_eq!(total_at(&mut shop, 17 * 60), eur("1.00"), "0.75 and the bottle");
    assert_eq!(total_at(&mut shop, 19 * 60 - 1), eur("1.00"));
    assert_eq!(total_at(&mut shop, 19 * 60), eur("1.75"));
}

#[test]
fn a_promotion_that_stands_alone_wins_or_stays_out() {
    let mut alone = promotion("ALONE", item_off(Selector::All, "20"));
    alone.combination = Combination::Alone;
    let mut shop = promoting(vec![alone, promotion("TEA", item_off(skus(&["TEA"]), "50"))]);
    let tea = shop.place(&[line(1, "TEA", "1"), line(2, "SWEET", "1")]);
    assert_eq!(shop.order(tea).totals.discount, eur("2.00"), "half of the tea is more than a fifth of all");
    let book = shop.place(&[line(1, "TEA", "1"), line(2, "BOOK", "1")]);
    assert_eq!(shop.order(book).totals.discount, eur("2.80"), "a fifth of all, and nothing else");
}

#[test]
fn a_price_that_a_person_set_is_no_promotion_s() {
    let mut shop = promoting(vec![promotion("ALL", item_off(Selector::All, "10"))]);
    shop.sign_on(TILL, MANAGER);
    let lines = [line(1, "TEA", "1").at("2.00"), line(2, "TEA", "1").off("0.99"), line(3, "TEA", "1")];
    let order = shop.place(&lines);
    assert_eq!(shop.order(order).totals.discount, eur("1.39"), "0.99 by hand and a tenth of the third");
}

#[test]
fn a_coupon_is_used_once_and_comes_back_when_its_order_is_cancelled() {
    let mut shop = wide_shop();
    let books = [line(1, "BOOK", "3")];
    let first = try_terms(&mut shop, &books, with_coupons(&["once"])).expect("the first use");
    assert_eq!(shop.order(first).totals.gross, eur("25"));
    assert_eq!(shop.order(first).terms.coupons, [coupon("ONCE")]);
    let second = try_terms(&mut shop, &books, with_coupons(&["ONCE"]));
    assert_eq!(second, Err(Refusal::CouponUsedUp { coupon: coupon("ONCE"), used: 1 }));
    let reason = reason("changed mind");
    shop.ask(TILL, holdfast_domain::Action::CancelOrder { order: first, reason }).expect("nothing is paid");
    try_terms(&mut shop, &books, with_coupons(&["once"])).expect("the use was given back");
}

#[test]
fn a_coupon_that_takes_nothing_off_is_not_used() {
    let mut shop = wide_shop();
    let order =
        try_terms(&mut shop, &[line(1, "BOOK", "1")], with_coupons(&["once"])).expect("a small basket");
    assert!(shop.order(order).terms.are_none(), "below its threshold");
    let order =
        try_terms(&mut shop, &[line(1, "BOOK", "3")], with_coupons(&["once", "many"])).expect("two coupons");
    assert_eq!(shop.order(order).totals.gross, eur("20"), "both");
}

#[test]
fn a_discount_on_the_basket_is_split_to_the_cent_and_comes_back_with_its_lines() {
    let mut shop = wide_shop();
    let discount = DiscountInput::Amount { amount: eur("1"), reason: reason("waited long") };
    let terms = Terms { discount, ..Terms::default() };
    let lines = [line(1, "TEA", "1"), line(2, "BREAD", "1"), line(3, "BOOK", "1")];
    let order = try_terms(&mut shop, &lines, terms).expect("a basket");
    let gross: Vec<_> = shop.order(order).lines.iter().map(|line| line.gross).collect();
    assert_eq!(gross, [eur("3.75"), eur("2.35"), eur("9.39")]);
    let sale = shop.pay(order, &["100"]).expect("enough").transaction;
    for number in [3, 1, 2] {
        shop.bring_back(sale, &[(number, "1")]).expect("each line");
    }
    assert_eq!(shop.figures(TILL).returned, eur("15.49"));
    assert_eq!(shop.figures(TILL).discount, eur("0"));
}

#[test]
fn a_tag_changes_the_tax_and_a_tax_can_be_charged_on_another() {
    let mut shop = wide_shop();
    shop.hub(taxes()).expect("a table");
    let here = shop.place(&[line(1, "TEA", "1")]);
    assert_eq!(shop.order(here).totals.tax, eur("0.67"), "20 % in 3.99");
    let away = try_terms(&mut shop, &[line(1, "TEA", "1")], tagged("take-away")).expect("a known tag");
    assert_eq!(shop.order(away).totals.tax, eur("0.36"), "10 % in 3.99");
    let both = shop.place(&[line(1, "BREAD", "1")]);
    let taxes: Vec<_> = shop.order(both).lines[0].taxes.iter().map(|tax| tax.tax).collect();
    assert_eq!(taxes, [eur("0.40"), eur("0.12")], "2.50 = 1.98 + 20 % + 5 % of that");
}

#[test]
fn an_exempt_customer_pays_the_price_without_tax_and_the_certificate_is_kept() {
    let mut shop = wide_shop();
    let certificate = Label::new("EX-2026-17").expect("a number");
    let terms = Terms { exemption: Some(certificate.clone()), ..Terms::default() };
    let order = try_terms(&mut shop, &[line(1, "TEA", "1")], terms).expect("an exempt basket");
    let order = shop.order(order);
    assert_eq!((order.totals.gross, order.totals.tax), (eur("3.33"), eur("0")));
    assert!(order.lines[0].taxes.is_empty());
    assert_eq!(order.terms.exemption, Some(certificate));
}

#[test]
fn a_discount_on_a_line_is_held_against_the_limit_as_it_was_asked_whatever_else_comes_off() {
    let mut shop = wide_shop();
    // 15 % of 0.01 rounds to nothing and of 0.10 to 0.02: more than 15 %, and what the cashier may give.
    let line = line(1, "SWEET", "10").percent_off("15");
    let discount = DiscountInput::Amount { amount: eur("0.01"), reason: reason("waited") };
    let lines = [line, super::shop::line(2, "BOOK", "1")];
    let order =
        try_terms(&mut shop, &lines, Terms { discount, ..Terms::default() }).expect("within the limits");
    assert_eq!(shop.order(order).totals.discount, eur("0.03"));
}
