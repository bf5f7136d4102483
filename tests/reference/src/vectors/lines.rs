//! Sections 1 to 3.

use crate::case::HadPrice;

use super::picked::{Picked, amount, at, decimal, percent, shop};

const TENTH: &str = r#"{"item_off": {"items": "all", "off": {"percent": {"rate": "0.1"}}}}"#;

pub fn unit_price() -> Vec<Picked> {
    let tea = |name| shop(name).product("tea", "3.00").line("tea", "1");
    vec![
        tea("without a list the product's own price holds")
            .is(&[("gross", "3.00"), ("line 1 list", "standard")]),
        tea("a list in force gives the price")
            .list("L", 1, &[("tea", "2.50")], |_| {})
            .is(&[("gross", "2.50"), ("line 1 list", "L")]),
        tea("a list may make it dearer").list("L", 1, &[("tea", "3.50")], |_| {}).is(&[("gross", "3.50")]),
        tea("a list without a price for the product is passed over")
            .list("A", 1, &[("cake", "1.00")], |_| {})
            .list("B", 2, &[("tea", "2.80")], |_| {})
            .is(&[("gross", "2.80"), ("line 1 list", "B")]),
        tea("the smallest priority gives the price though another is lower")
            .list("A", 2, &[("tea", "2.00")], |_| {})
            .list("B", 1, &[("tea", "2.50")], |_| {})
            .is(&[("gross", "2.50"), ("line 1 list", "B")]),
        tea("among equal priorities the lower price holds")
            .list("A", 1, &[("tea", "2.50")], |_| {})
            .list("B", 1, &[("tea", "2.40")], |_| {})
            .is(&[("gross", "2.40"), ("line 1 list", "B")]),
        tea("among equal prices the smaller code by bytes holds")
            .list("a", 1, &[("tea", "2.40")], |_| {})
            .list("B", 1, &[("tea", "2.40")], |_| {})
            .is(&[("gross", "2.40"), ("line 1 list", "B")]),
        tea("a list of a group is not for everybody")
            .list("L", 1, &[("tea", "2.00")], |list| list.group = Some("club".to_owned()))
            .is(&[("gross", "3.00"), ("line 1 list", "standard")]),
        tea("a list of a group is for its members")
            .list("L", 1, &[("tea", "2.00")], |list| list.group = Some("club".to_owned()))
            .basket(|basket| basket.group = Some("club".to_owned()))
            .is(&[("gross", "2.00"), ("line 1 list", "L")]),
        tea("a list is in force from its very minute")
            .list("L", 1, &[("tea", "2.00")], |list| list.from = Some(at(720)))
            .is(&[("gross", "2.00")]),
        tea("a list is no longer in force in the minute it lasts until")
            .list("L", 1, &[("tea", "2.00")], |list| list.until = Some(at(720)))
            .is(&[("gross", "3.00")]),
        shop("an open basket keeps its price when the list's has risen")
            .product("tea", "3.00")
            .list("L", 1, &[("tea", "2.90")], |_| {})
            .line_with("tea", "1", |line| line.had = had("2.50"))
            .is(&[("gross", "2.50"), ("line 1 list", "before")]),
        shop("an open basket gets the list's price when that has fallen")
            .product("tea", "3.00")
            .list("L", 1, &[("tea", "2.40")], |_| {})
            .line_with("tea", "1", |line| line.had = had("2.50"))
            .is(&[("gross", "2.40"), ("line 1 list", "L")]),
        shop("an open basket whose price stays the same keeps the list that gave it")
            .product("tea", "2.50")
            .line_with("tea", "1", |line| line.had = had("2.50"))
            .is(&[("gross", "2.50"), ("line 1 list", "before")]),
        shop("a kept price takes part in promotions as any other of a list does")
            .product("tea", "3.00")
            .promotion("P", 1, TENTH)
            .line_with("tea", "1", |line| line.had = had("2.50"))
            .is(&[("gross", "2.25")]),
        shop("a price that somebody set stands above the one that the basket had")
            .product("tea", "3.00")
            .line_with("tea", "1", |line| {
                line.set_price = Some(decimal("2.75"));
                line.had = had("2.50");
            })
            .is(&[("gross", "2.75")]),
        shop("a price that somebody set stands above every list")
            .product("tea", "3.00")
            .list("L", 1, &[("tea", "2.00")], |_| {})
            .line_with("tea", "2", |line| line.set_price = Some(decimal("2.75")))
            .is(&[("gross", "5.50")]),
    ]
}

fn had(price: &str) -> Option<HadPrice> {
    Some(HadPrice { list: "before".to_owned(), unit_price: decimal(price) })
}

pub fn line() -> Vec<Picked> {
    vec![
        shop("a price with a part of a cent is rounded by the line, half up")
            .product("screw", "0.0375")
            .line("screw", "2")
            .is(&[("gross", "0.08")]),
        shop("a weighed good costs its price times its weight")
            .by_weight("cheese", "9.99")
            .line("cheese", "1.235")
            .is(&[("gross", "12.34")]),
        shop("a currency without decimals is rounded to whole units")
            .store(|store| {
                store.currency = "JPY".to_owned();
                store.cash_step = decimal("1");
            })
            .by_weight("rice", "455")
            .line("rice", "1.1")
            .is(&[("gross", "501"), ("payable", "501")]),
        shop("a rate on a line is taken of the rounded line, half up")
            .product("tea", "2.50")
            .line_with("tea", "1", |line| line.discount = Some(percent("0.33")))
            .is(&[("gross", "1.67"), ("discount", "0.83")]),
        shop("an amount off a line can be all of it")
            .product("tea", "3.00")
            .line_with("tea", "1", |line| line.discount = Some(amount("3.00")))
            .is(&[("gross", "0.00"), ("discount", "3.00")]),
    ]
}

pub fn which_take_part() -> Vec<Picked> {
    vec![
        shop("no promotion changes a price that somebody set")
            .product("tea", "3.00")
            .promotion("P", 1, TENTH)
            .line_with("tea", "1", |line| line.set_price = Some(decimal("3.00")))
            .line("tea", "1")
            .is(&[("P", "0.30"), ("line 1", "3.00"), ("line 2", "2.70")]),
        shop("even a discount of nothing by hand keeps promotions off")
            .product("tea", "3.00")
            .promotion("P", 1, TENTH)
            .line_with("tea", "1", |line| line.discount = Some(amount("0.00")))
            .is(&[("P", "nothing_matches"), ("gross", "3.00")]),
        shop("a voided line takes no part and its units make no group")
            .product("tea", "3.00")
            .promotion("P", 1, r#"{"group_price": {"items": "all", "count": 2, "price": "5.00"}}"#)
            .line("tea", "1")
            .line_with("tea", "1", |line| line.voided = true)
            .is(&[("P", "too_few"), ("gross", "3.00")]),
        shop("a weighed line is one unit worth its exact price")
            .by_weight("cheese", "3.99")
            .promotion("P", 1, TENTH)
            .line("cheese", "0.755")
            .is(&[("P", "0.30"), ("gross", "2.71")]),
        shop("a piece is worth its exact price though its line is rounded")
            .product("screw", "0.0375")
            .promotion("P", 1, r#"{"item_off": {"items": "all", "off": {"percent": {"rate": "0.5"}}}}"#)
            .line("screw", "2")
            // Half of 0.075 is 0.0375, and not half of 0.08.
            .is(&[("P", "0.04"), ("gross", "0.04")]),
    ]
}
