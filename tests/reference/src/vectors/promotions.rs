//! Section 4: when promotions apply, what each kind does, and what is said about each.

use super::picked::{Picked, amount, at, shop};
use crate::case::{Coupon, Hours, Weekday};

const ONE_OFF: &str = r#"{"item_off": {"items": "all", "off": {"amount": {"amount": "1.00"}}}}"#;
const THREE_FOR_FIVE: &str = r#"{"group_price": {"items": "all", "count": 3, "price": "5.00"}}"#;
const CHEAPEST_FREE: &str = r#"{"group_off": {"items": "all", "count": 3, "reduced": 1, "rate": "1"}}"#;
const BUY_TWO_GET_ONE: &str =
    r#"{"buy_get": {"buy": "all", "buy_count": 2, "get": "all", "get_count": 1, "rate": "1"}}"#;

fn tea(name: &str) -> Picked {
    shop(name).product("tea", "3.00").line("tea", "1")
}

pub fn conditions() -> Vec<Picked> {
    let hours = |from_minute, until_minute| Some(Hours { from_minute, until_minute });
    let coupon = || Some(Coupon { code: "C".to_owned(), uses_max: Some(1) });
    vec![
        tea("a promotion begins in its very minute")
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.from = Some(at(720)))
            .is(&[("P", "1.00")]),
        tea("a promotion is over in the minute it lasts until")
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.until = Some(at(720)))
            .is(&[("P", "not_now")]),
        tea("a promotion of a Saturday applies on a Saturday")
            .promotion_with("P", 1, ONE_OFF, |promotion| {
                promotion.weekdays = vec![Weekday::Fri, Weekday::Sat]
            })
            .is(&[("P", "1.00")]),
        tea("a promotion of other days does not apply on a Saturday")
            .promotion_with("P", 1, ONE_OFF, |promotion| {
                promotion.weekdays = vec![Weekday::Fri, Weekday::Sun]
            })
            .is(&[("P", "not_now")]),
        tea("hours begin in their first minute")
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.hours = hours(720, 721))
            .is(&[("P", "1.00")]),
        tea("hours are over in the minute they last until")
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.hours = hours(660, 720))
            .is(&[("P", "not_now")]),
        tea("hours that end before they begin span midnight: before it")
            .basket(|basket| basket.now = at(1_380))
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.hours = hours(1_320, 120))
            .is(&[("P", "1.00")]),
        tea("hours that end before they begin span midnight: after it")
            .basket(|basket| basket.now = at(119))
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.hours = hours(1_320, 120))
            .is(&[("P", "1.00")]),
        tea("hours that span midnight are not those of noon")
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.hours = hours(1_320, 120))
            .is(&[("P", "not_now")]),
        tea("a promotion of a group is not for everybody")
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.group = Some("club".to_owned()))
            .is(&[("P", "other_group")]),
        tea("a promotion with a coupon applies when it is presented")
            .basket(|basket| basket.coupons = vec!["C".to_owned()])
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.coupon = coupon())
            .is(&[("P", "1.00")]),
        tea("a promotion with a coupon does not apply without it")
            .basket(|basket| basket.coupons = vec!["D".to_owned()])
            .promotion_with("P", 1, ONE_OFF, |promotion| promotion.coupon = coupon())
            .is(&[("P", "coupon_missing")]),
        shop("a limit is on the applications of the whole basket")
            .product("tea", "2.00")
            .promotion_with("P", 1, THREE_FOR_FIVE, |promotion| promotion.limit = Some(1))
            .line("tea", "4")
            .line("tea", "2")
            .is(&[("P", "1.00"), ("gross", "11.00")]),
    ]
}

pub fn kinds() -> Vec<Picked> {
    let price = |price: &str| {
        format!(r#"{{"item_off": {{"items": "all", "off": {{"price": {{"price": "{price}"}}}}}}}}"#)
    };
    vec![
        shop("an amount off an item is at most the item")
            .product("tea", "0.70")
            .promotion("P", 1, ONE_OFF)
            .line("tea", "2")
            .is(&[("P", "1.40"), ("gross", "0.00")]),
        tea("a promotional price above the price is not made")
            .promotion("P", 1, &price("3.50"))
            .is(&[("P", "another_is_better"), ("gross", "3.00")]),
        shop("a promotional price of a weighed good is per kilogram")
            .by_weight("cheese", "9.99")
            .promotion("P", 1, &price("7.99"))
            .line("cheese", "1.5")
            .is(&[("P", "3.00"), ("gross", "11.99")]),
        shop("an amount off a weighed good is per kilogram")
            .by_weight("rice", "2.00")
            .promotion("P", 1, ONE_OFF)
            .line("rice", "0.333")
            .is(&[("P", "0.33"), ("gross", "0.34")]),
        shop("a group at a price is made as often as it can be")
            .product("tea", "2.00")
            .promotion("P", 1, THREE_FOR_FIVE)
            .line("tea", "7")
            .is(&[("P", "2.00"), ("gross", "12.00")]),
        shop("a group at a price takes the dearest")
            .product("a", "2.00")
            .product("b", "1.00")
            .product("c", "3.00")
            .promotion("P", 1, THREE_FOR_FIVE)
            .line("a", "2")
            .line("b", "1")
            .line("c", "1")
            .is(&[("P", "2.00"), ("gross", "6.00"), ("line 2", "1.00")]),
        shop("the cheapest of three is free and groups are formed for the customer")
            .product("a", "3.00")
            .product("b", "1.00")
            .promotion("P", 1, CHEAPEST_FREE)
            .line("b", "3")
            .line("a", "3")
            .is(&[("P", "4.00"), ("gross", "8.00")]),
        shop("what is got is reduced and the saving lies on all that was taken")
            .product("tea", "3.00")
            .product("cake", "4.00")
            .promotion(
                "P",
                1,
                r#"{"buy_get": {"buy": {"skus": ["tea"]}, "buy_count": 2, "get": {"skus": ["cake"]}, "get_count": 1, "rate": "0.5"}}"#,
            )
            .line("tea", "2")
            .line("cake", "1")
            .is(&[("P", "2.00"), ("line 1", "4.80"), ("line 2", "3.20")]),
        shop("five pieces are bought and got once, the sixth makes it twice: five")
            .product("tea", "3.00")
            .promotion("P", 1, BUY_TWO_GET_ONE)
            .line("tea", "5")
            .is(&[("P", "3.00"), ("gross", "12.00")]),
        shop("five pieces are bought and got once, the sixth makes it twice: six")
            .product("tea", "3.00")
            .promotion("P", 1, BUY_TWO_GET_ONE)
            .line("tea", "6")
            .is(&[("P", "6.00"), ("gross", "12.00")]),
        shop("weighed goods make no group")
            .by_weight("cheese", "9.99")
            .promotion("P", 1, THREE_FOR_FIVE)
            .line("cheese", "3")
            .is(&[("P", "too_few"), ("gross", "29.97")]),
    ]
}

pub fn outcomes() -> Vec<Picked> {
    let named = |sku: &str| {
        format!(r#"{{"group_price": {{"items": {{"skus": ["{sku}"]}}, "count": 2, "price": "1.00"}}}}"#)
    };
    let club = || Some("club".to_owned());
    let coupon = || Some(Coupon { code: "C".to_owned(), uses_max: None });
    vec![
        tea("the first reason that holds is the one that is given")
            .promotion_with("A", 1, &named("cake"), |promotion| {
                promotion.until = Some(at(0));
                promotion.group = club();
                promotion.coupon = coupon();
            })
            .promotion_with("B", 1, &named("cake"), |promotion| {
                promotion.group = club();
                promotion.coupon = coupon();
            })
            .promotion_with("C", 1, &named("cake"), |promotion| promotion.coupon = coupon())
            .promotion("D", 1, &named("cake"))
            .promotion("E", 1, &named("tea"))
            .is(&[
                ("A", "not_now"),
                ("B", "other_group"),
                ("C", "coupon_missing"),
                ("D", "nothing_matches"),
                ("E", "too_few"),
            ]),
        shop("two pieces are too few to buy two and get one of the same")
            .product("tea", "3.00")
            .promotion("P", 1, BUY_TWO_GET_ONE)
            .line("tea", "2")
            .is(&[("P", "too_few")]),
        shop("enough to buy and nothing to get is too few")
            .product("tea", "3.00")
            .product("cake", "4.00")
            .promotion(
                "P",
                1,
                r#"{"buy_get": {"buy": {"skus": ["tea"]}, "buy_count": 1, "get": {"skus": ["cake"]}, "get_count": 1, "rate": "1"}}"#,
            )
            .line("tea", "5")
            .line_with("cake", "1", |line| line.discount = Some(amount("0.50")))
            .is(&[("P", "too_few"), ("gross", "18.50")]),
        shop("a saving that rounds to nothing was not applied")
            .product("mint", "0.10")
            .promotion("P", 1, r#"{"item_off": {"items": "all", "off": {"percent": {"rate": "0.01"}}}}"#)
            .line("mint", "1")
            .is(&[("P", "another_is_better"), ("gross", "0.10")]),
        shop("a product without a category is in none")
            .product("tea", "3.00")
            .promotion(
                "P",
                1,
                r#"{"item_off": {"items": {"categories": ["hot"]}, "off": {"amount": {"amount": "1.00"}}}}"#,
            )
            .line("tea", "1")
            .is(&[("P", "nothing_matches")]),
    ]
}
