//! Section 4: which applications are made, and by whom.

use super::picked::{Picked, shop};
use crate::case::{Combination, Promotion};

fn off(items: &str, rate: &str) -> String {
    format!(r#"{{"item_off": {{"items": {items}, "off": {{"percent": {{"rate": "{rate}"}}}}}}}}"#)
}

fn amount_off(amount: &str) -> String {
    format!(r#"{{"item_off": {{"items": "all", "off": {{"amount": {{"amount": "{amount}"}}}}}}}}"#)
}

fn pair_for_four() -> &'static str {
    r#"{"group_price": {"items": "all", "count": 2, "price": "4.00"}}"#
}

fn once(promotion: &mut Promotion) {
    promotion.limit = Some(1);
}

fn alone(promotion: &mut Promotion) {
    promotion.combination = Combination::Alone;
}

pub fn best_deal() -> Vec<Picked> {
    let a = r#"{"skus": ["a"]}"#;
    let b = r#"{"skus": ["b"]}"#;
    vec![
        shop("of two promotions for a unit the one that saves more takes it")
            .product("tea", "3.00")
            .promotion("P", 1, &off("\"all\"", "0.1"))
            .promotion("Q", 2, &amount_off("1.00"))
            .line("tea", "1")
            .is(&[("P", "another_is_better"), ("Q", "1.00")]),
        shop("two small savings are better than the largest one")
            .product("a", "4.00")
            .product("b", "3.00")
            .promotion("P", 1, pair_for_four())
            .promotion("Q", 2, &off(a, "0.5"))
            .promotion("R", 3, &off(b, "0.6"))
            .line("a", "1")
            .line("b", "1")
            .is(&[("P", "another_is_better"), ("Q", "2.00"), ("R", "1.80"), ("gross", "3.20")]),
        shop("a unit is taken once and what a group leaves is for others")
            .product("tea", "2.00")
            .promotion("P", 2, r#"{"group_price": {"items": "all", "count": 3, "price": "5.00"}}"#)
            .promotion("Q", 1, &off("\"all\"", "0.1"))
            .line("tea", "4")
            .is(&[("P", "1.00"), ("Q", "0.20"), ("gross", "6.80")]),
        shop("among equal promotions the smaller priority has it")
            .product("tea", "3.00")
            .promotion("P", 2, &off("\"all\"", "0.1"))
            .promotion("Q", 1, &off("\"all\"", "0.1"))
            .line("tea", "1")
            .is(&[("P", "another_is_better"), ("Q", "0.30")]),
        shop("among equal priorities the smaller code by bytes has it")
            .product("tea", "3.00")
            .promotion("b", 1, &off("\"all\"", "0.1"))
            .promotion("C", 1, &off("\"all\"", "0.1"))
            .line("tea", "1")
            .is(&[("b", "another_is_better"), ("C", "0.30")]),
        shop("among deals that save the same the first promotion saves more")
            .product("a", "1.00")
            .product("b", "2.00")
            .promotion_with("P", 1, &off("\"all\"", "1"), once)
            .promotion_with("Q", 2, &off("\"all\"", "1"), once)
            .line("a", "1")
            .line("b", "1")
            .is(&[("P", "2.00"), ("Q", "1.00")]),
        shop("a saving that could lie on either line lies on the first")
            .product("a", "3.00")
            .product("b", "5.00")
            .promotion_with("P", 1, &amount_off("1.00"), once)
            .line("a", "1")
            .line("b", "1")
            .is(&[("P", "1.00"), ("line 1", "2.00"), ("line 2", "5.00")]),
        shop("of units to buy that save the same the one with more weight on the first line is taken")
            .product("a", "3.00")
            .product("b", "4.00")
            .product("c", "2.00")
            .promotion(
                "P",
                1,
                r#"{"buy_get": {"buy": {"skus": ["a", "b"]}, "buy_count": 1, "get": {"skus": ["c"]}, "get_count": 1, "rate": "1"}}"#,
            )
            .line("a", "1")
            .line("b", "1")
            .line("c", "1")
            .is(&[("P", "2.00"), ("line 1", "1.80"), ("line 2", "4.00"), ("line 3", "1.20")]),
    ]
}

pub fn search_limit() -> Vec<Picked> {
    let a = r#"{"skus": ["a"]}"#;
    let b = r#"{"skus": ["b"]}"#;
    // Five ways: a pair in three mixtures, and each good by itself.
    let pairs = |name: &str, each: &str| {
        shop(name)
            .product("a", "4.00")
            .product("b", "3.00")
            .promotion("P", 1, pair_for_four())
            .promotion("Q", 2, &off(a, "0.6"))
            .promotion("R", 3, &off(b, "0.6"))
            .line("a", each)
            .line("b", each)
    };
    vec![
        // 5 × 63 × 63 = 19,845: 62 × (2.40 + 1.80) of 434.00.
        pairs("a component just within the limit is searched", "62").is(&[
            ("P", "another_is_better"),
            ("Q", "148.80"),
            ("R", "111.60"),
            ("gross", "173.60"),
        ]),
        // 5 × 64 × 64 = 20,480: 31 pairs of a for 4.00 each, one mixed pair for 3.00, 31 pairs of b for 2.00 each.
        pairs("a component above the limit makes what saves the most, again and again", "63").is(&[
            ("P", "189.00"),
            ("Q", "another_is_better"),
            ("R", "another_is_better"),
            ("gross", "252.00"),
        ]),
        shop("above the limit the earlier promotion is made among equals")
            .product("tea", "1.00")
            .promotion("P", 2, &off("\"all\"", "0.1"))
            .promotion("Q", 1, &off("\"all\"", "0.1"))
            .line("tea", "10000")
            .is(&[("P", "another_is_better"), ("Q", "1000.00")]),
        shop("above the limit the earlier line gives the unit among equals")
            .product("tea", "1.00")
            .promotion_with("P", 1, &off("\"all\"", "0.1"), once)
            .line("tea", "2")
            .line("tea", "20000")
            .is(&[("P", "0.10"), ("line 1", "1.90"), ("line 2", "20000.00")]),
        shop("above the limit the least valuable is bought and the most valuable got")
            .product("a", "3.00")
            .product("b", "2.00")
            .product("c", "5.00")
            .product("mint", "0.01")
            .promotion_with(
                "P",
                1,
                r#"{"buy_get": {"buy": {"skus": ["a", "b"]}, "buy_count": 1, "get": {"skus": ["c", "mint"]}, "get_count": 1, "rate": "1"}}"#,
                once,
            )
            .line("a", "1")
            .line("b", "1")
            .line("c", "1")
            .line("mint", "20000")
            .is(&[("P", "5.00"), ("line 1", "3.00"), ("line 2", "0.57"), ("line 3", "1.43"), ("gross", "205.00")]),
    ]
}

pub fn stands_alone() -> Vec<Picked> {
    let basket_off = |amount: &str| {
        format!(
            r#"{{"basket_off": {{"items": "all", "threshold": "0.00", "off": {{"amount": {{"amount": "{amount}"}}}}}}}}"#
        )
    };
    let ten = |name: &str| shop(name).product("tea", "10.00").line("tea", "1");
    vec![
        ten("a promotion that stands alone is taken when it saves more")
            .promotion("P", 1, &off("\"all\"", "0.1"))
            .promotion_with("Q", 2, &off("\"all\"", "0.2"), alone)
            .is(&[("P", "another_is_better"), ("Q", "2.00")]),
        ten("all others together may be better than one that stands alone")
            .promotion("P", 1, &off("\"all\"", "0.1"))
            .promotion("B", 2, &basket_off("1.50"))
            .promotion_with("Q", 3, &off("\"all\"", "0.2"), alone)
            .is(&[("P", "1.00"), ("B", "1.50"), ("Q", "another_is_better")]),
        ten("among equals the others together are taken")
            .promotion_with("P", 1, &off("\"all\"", "0.1"), alone)
            .promotion("Q", 2, &off("\"all\"", "0.1"))
            .is(&[("P", "another_is_better"), ("Q", "1.00")]),
        ten("of two that stand alone and save the same the first in order is taken")
            .promotion_with("P", 2, &off("\"all\"", "0.1"), alone)
            .promotion_with("Q", 1, &amount_off("1.00"), alone)
            .is(&[("P", "another_is_better"), ("Q", "1.00")]),
        ten("a basket promotion may stand alone")
            .promotion("P", 1, &off("\"all\"", "0.1"))
            .promotion_with("B", 2, &basket_off("1.01"), alone)
            .is(&[("P", "another_is_better"), ("B", "1.01"), ("gross", "8.99")]),
        shop("offers are compared by their rounded totals")
            .product("mint", "0.15")
            // 0.015 exactly, which rounds to 0.02; the other saves 0.0195 exactly, and rounds to the same.
            .promotion("P", 1, &off("\"all\"", "0.1"))
            .promotion_with("Q", 2, &off("\"all\"", "0.13"), alone)
            .line("mint", "1")
            .is(&[("P", "0.02"), ("Q", "another_is_better"), ("gross", "0.13")]),
    ]
}
