//! Section 9.

use super::picked::{Picked, amount, decimal, shop};
use crate::case::TaxBase::Net;

pub fn cash_and_returns() -> Vec<Picked> {
    let coin = |picked: Picked, coin: &str| {
        let coin = decimal(coin);
        picked.store(move |store| store.cash_step = coin)
    };
    let costs =
        |name: &str, step: &str, price: &str| coin(shop(name), step).product("tea", price).line("tea", "1");
    vec![
        costs("cash goes down to the nearest coin", "0.05", "1.97")
            .is(&[("gross", "1.97"), ("payable", "1.95")]),
        costs("cash goes up to the nearest coin", "0.05", "1.98")
            .is(&[("gross", "1.98"), ("payable", "2.00")]),
        costs("half a coin goes up", "0.10", "1.95").is(&[("payable", "2.00")]),
        // 3.333, 6.667 and 10.00 so far.
        shop("pieces that come back one by one give back what was paid")
            .product("tea", "3.50")
            .line_with("tea", "3", |line| line.discount = Some(amount("0.50")))
            .returned(&[(1, "1")])
            .returned(&[(1, "1")])
            .returned(&[(1, "1")])
            .is(&[("gross", "10.00"), ("refund 1", "3.33"), ("refund 2", "3.34"), ("refund 3", "3.33")]),
        // The tax of 1.00 is 0.17: 0.057, 0.113 and 0.17 so far.
        shop("a tax is given back by its own shares")
            .tax(None, &[("VAT", "0.2", Net)])
            .product("tea", "0.34")
            .line_with("tea", "3", |line| line.discount = Some(amount("0.02")))
            .returned(&[(1, "1")])
            .returned(&[(1, "1")])
            .returned(&[(1, "1")])
            .is(&[
                ("tax", "0.17"),
                ("refund 1 tax", "0.06"),
                ("refund 2 tax", "0.05"),
                ("refund 3 tax", "0.06"),
                ("refund 1 net", "0.27"),
                ("refund 2 net", "0.29"),
                ("refund 3 net", "0.27"),
            ]),
        // 0.99, 1.98 and 2.97 so far are 1.00, 2.00 and 2.95 in coins.
        coin(shop("in cash the sum of what was given back is rounded"), "0.05")
            .product("tea", "0.99")
            .line("tea", "3")
            .returned(&[(1, "1")])
            .returned(&[(1, "1")])
            .returned(&[(1, "1")])
            .is(&[
                ("payable", "2.95"),
                ("refund 1 cash", "1.00"),
                ("refund 2 cash", "1.00"),
                ("refund 3 cash", "0.95"),
            ]),
        coin(shop("in cash the lines of all returns count together"), "0.05")
            .product("tea", "0.99")
            .product("cake", "1.03")
            .line("tea", "1")
            .line("cake", "1")
            .returned(&[(2, "1")])
            .returned(&[(1, "1")])
            // 1.03 is 1.05 in coins and 2.02 is 2.00.
            .is(&[("payable", "2.00"), ("refund 1 cash", "1.05"), ("refund 2 cash", "0.95")]),
        shop("a part of a weighed line gives back its share")
            .by_weight("cheese", "9.99")
            .line("cheese", "1")
            .returned(&[(1, "0.333")])
            .returned(&[(1, "0.667")])
            .is(&[("refund 1", "3.33"), ("refund 2", "6.66")]),
        // 0.06 with 0.01 of tax: seven of thirteen have 0.0323 and 0.0054 of it, six have 0.0277 and 0.0046.
        shop("a share of tax may round up where the share of the whole does not")
            .tax(None, &[("VAT", "0.2", Net)])
            .product("grain", "0.0046")
            .line("grain", "13")
            .returned(&[(1, "6")])
            .returned(&[(1, "1")])
            .returned(&[(1, "6")])
            .is(&[
                ("gross", "0.06"),
                ("tax", "0.01"),
                ("refund 1", "0.03"),
                ("refund 1 tax", "0.00"),
                ("refund 2", "0.00"),
                ("refund 2 tax", "0.01"),
                ("refund 2 net", "-0.01"),
                ("refund 3", "0.03"),
            ]),
    ]
}
