//! Sections 5, 6, 7 and 10.

use super::picked::{Picked, amount, decimal, percent, shop};
use crate::case::Promotion;

const TENTH: &str = r#"{"item_off": {"items": "all", "off": {"percent": {"rate": "0.1"}}}}"#;
const ALL_FREE: &str = r#"{"item_off": {"items": "all", "off": {"percent": {"rate": "1"}}}}"#;

pub fn rounding() -> Vec<Picked> {
    vec![
        shop("the saving of a promotion is rounded once and then split")
            .product("mint", "0.35")
            .promotion("P", 1, TENTH)
            .line("mint", "1")
            .line("mint", "1")
            .line("mint", "1")
            // 0.105 is 0.11, in parts of 3⅔ cents.
            .is(&[("P", "0.11"), ("line 1", "0.31"), ("line 2", "0.31"), ("line 3", "0.32")]),
        shop("no promotion takes more than its lines still cost")
            .product("grain", "0.0149")
            .promotion("P", 1, ALL_FREE)
            .line("grain", "1")
            .line("grain", "1")
            // 0.0298 is 0.03, and the lines cost 0.01 each.
            .is(&[("P", "0.02"), ("gross", "0.00")]),
        shop("what a line cannot take goes to the first that can")
            .product("a", "0.005")
            .product("b", "0.015")
            .promotion_with(
                "P",
                1,
                r#"{"item_off": {"items": {"skus": ["a"]}, "off": {"percent": {"rate": "1"}}}}"#,
                |promotion| promotion.limit = Some(1),
            )
            .promotion("Q", 2, ALL_FREE)
            .line("a", "2")
            .line("b", "1")
            // P rounds half a cent up to all that line 1 costs. Of Q's two cents line 1 would have one, and can not.
            .is(&[("P", "0.01"), ("Q", "0.02"), ("line 1", "0.00"), ("line 2", "0.00")]),
    ]
}

fn off(items: &str, threshold: &str, off: &str) -> String {
    format!(r#"{{"basket_off": {{"items": {items}, "threshold": "{threshold}", "off": {off}}}}}"#)
}

fn rate(rate: &str) -> String {
    format!(r#"{{"percent": {{"rate": "{rate}"}}}}"#)
}

fn money(amount: &str) -> String {
    format!(r#"{{"amount": {{"amount": "{amount}"}}}}"#)
}

fn family(promotion: &mut Promotion) {
    promotion.family = Some("x".to_owned());
}

pub fn promotions() -> Vec<Picked> {
    let fifty =
        |name: &str| shop(name).product("a", "20.00").product("b", "30.00").line("a", "1").line("b", "1");
    let all = "\"all\"";
    vec![
        fifty("a threshold is reached by the very cent")
            .promotion("B", 1, &off(all, "50.00", &rate("0.1")))
            .is(&[("B", "5.00"), ("line 1", "18.00"), ("line 2", "27.00")]),
        fifty("a cent short is short")
            .promotion("B", 1, &off(all, "50.01", &rate("0.1")))
            .is(&[("B", "below_threshold"), ("gross", "50.00")]),
        fifty("a threshold counts what lines cost before promotions, and the rate what they cost after them")
            .promotion("B", 1, &off(all, "50.00", &rate("0.1")))
            .promotion("P", 2, TENTH)
            .is(&[("P", "5.00"), ("B", "4.50"), ("gross", "40.50")]),
        fifty("only named lines that take part count towards a threshold")
            .promotion("B", 1, &off(r#"{"skus": ["a"]}"#, "40.00", &money("7.00")))
            .line_with("a", "1", |line| line.set_price = Some(decimal("20.00")))
            .is(&[("B", "below_threshold")]),
        fifty("an amount off is at most what the named lines cost")
            .promotion("B", 1, &off(r#"{"skus": ["a"]}"#, "0.00", &money("25.00")))
            .is(&[("B", "20.00"), ("line 1", "0.00"), ("line 2", "30.00")]),
        fifty("basket promotions without a family follow one another")
            .promotion("B", 1, &off(all, "0.00", &rate("0.1")))
            .promotion("C", 2, &off(all, "0.00", &rate("0.1")))
            .is(&[("B", "5.00"), ("C", "4.50"), ("gross", "40.50")]),
        fifty("of a family the one that saves the most is taken")
            .promotion_with("B", 1, &off(all, "0.00", &money("2.00")), family)
            .promotion_with("C", 2, &off(all, "50.00", &rate("0.1")), family)
            .promotion_with("D", 3, &off(all, "60.00", &rate("0.5")), family)
            .is(&[("B", "another_is_better"), ("C", "5.00"), ("D", "below_threshold")]),
        fifty("among equals of a family the first in order is taken")
            .promotion_with("B", 2, &off(all, "0.00", &money("5.00")), family)
            .promotion_with("C", 1, &off(all, "0.00", &rate("0.1")), family)
            .is(&[("B", "another_is_better"), ("C", "5.00")]),
        fifty("a family has its turn with the first of it that can apply")
            .promotion_with("B", 1, &off(all, "0.00", &money("5.00")), family)
            .promotion("C", 2, &off(all, "0.00", &rate("0.5")))
            .promotion_with("D", 3, &off(all, "0.00", &rate("0.12")), family)
            .is(&[("B", "another_is_better"), ("C", "22.00"), ("D", "6.00"), ("gross", "22.00")]),
        fifty("a member of a family that is below its threshold holds no turn")
            .promotion_with("B", 1, &off(all, "99.00", &money("5.00")), family)
            .promotion("C", 2, &off(all, "0.00", &rate("0.5")))
            .promotion_with("D", 3, &off(all, "0.00", &rate("0.12")), family)
            .is(&[("B", "below_threshold"), ("C", "25.00"), ("D", "3.00")]),
    ]
}

pub fn discount() -> Vec<Picked> {
    vec![
        shop("a discount on the basket is for lines with a price set by hand too")
            .product("tea", "2.00")
            .basket(|basket| basket.discount = Some(percent("0.1")))
            .line_with("tea", "1", |line| line.set_price = Some(decimal("3.00")))
            .line("tea", "1")
            .is(&[("discount", "0.50"), ("line 1", "2.70"), ("line 2", "1.80")]),
        shop("a discount on the basket comes after promotions")
            .product("tea", "10.00")
            .promotion("P", 1, TENTH)
            .basket(|basket| basket.discount = Some(percent("0.1")))
            .line("tea", "1")
            .is(&[("P", "1.00"), ("discount", "1.90"), ("gross", "8.10")]),
        shop("a discount on the basket can be all that is charged, and voided lines have no part")
            .product("tea", "3.00")
            .basket(|basket| basket.discount = Some(amount("3.00")))
            .line_with("tea", "1", |line| line.voided = true)
            .line("tea", "1")
            .is(&[("discount", "3.00"), ("gross", "0.00"), ("line 1", "3.00"), ("line 2", "0.00")]),
    ]
}

pub fn splitting() -> Vec<Picked> {
    let lines = |name: &str, off: &str| {
        shop(name)
            .product("a", "1.00")
            .product("b", "2.00")
            .product("c", "3.00")
            .basket(|basket| basket.discount = Some(amount(off)))
    };
    vec![
        lines("a cent that is left goes to the first of equal lines", "1.00")
            .line("a", "1")
            .line("a", "1")
            .line("a", "1")
            .is(&[("line 1", "0.66"), ("line 2", "0.67"), ("line 3", "0.67")]),
        // 0.8333, 1.6667 and 2.5 cents.
        lines("cents that are left go to the largest remainders", "0.05")
            .line("a", "1")
            .line("b", "1")
            .line("c", "1")
            .is(&[("line 1", "0.99"), ("line 2", "1.98"), ("line 3", "2.98")]),
        // 1.5 and 0.5 and 1 cents.
        lines("equal remainders are served in the order of the lines", "0.03")
            .line("c", "1")
            .line("a", "1")
            .line("b", "1")
            .is(&[("line 1", "2.98"), ("line 2", "1.00"), ("line 3", "1.99")]),
        lines("a line that costs nothing has no part", "0.02")
            .line_with("a", "1", |line| line.set_price = Some(decimal("0")))
            .line("b", "1")
            .is(&[("line 1", "0.00"), ("line 2", "1.98")]),
    ]
}
