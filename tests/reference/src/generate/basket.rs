//! What a customer buys, and what comes back.

use super::Scene;
use super::catalog::{COUPONS, GROUPS, TAG, off};
use super::source::Source;
use crate::case::{Basket, BasketLine, HadPrice, Measure, Moment, Product, Returned};
use crate::number::{Decimal, round, whole};

/// A basket, and what it would be worth at the products' own prices.
pub fn basket(source: &mut Source, scene: &Scene, products: &[Product]) -> (Basket, Decimal) {
    let lines: Vec<BasketLine> = (0..source.between(1, if scene.large { 14 } else { 6 }))
        .map(|number| line(source, scene, products, number * 2 + 1))
        .collect();
    let worth = |line: &BasketLine| {
        let product = products.iter().find(|product| product.sku == line.sku).expect("picked from these");
        round(&(product.unit_price.in_minor(scene.exponent) * line.quantity.exact()))
    };
    let worth: i128 = lines.iter().filter(|line| !line.voided).map(worth).sum();
    let basket = Basket {
        now: Moment {
            date: format!("2026-{:02}-{:02}", source.between(1, 12), source.between(1, 28)),
            minute: u16::try_from(source.between(0, 1_438)).expect("a minute of the day"),
        },
        tag: source.one_in(3).then(|| TAG.to_owned()),
        group: source.one_in(2).then(|| (*source.pick(&GROUPS)).to_owned()),
        coupons: COUPONS.iter().filter(|_| source.one_in(2)).map(|code| (*code).to_owned()).collect(),
        exempt: source.one_in(12),
        discount: source.one_in(5).then(|| off(source, scene)),
        lines,
    };
    (basket, Decimal::new(worth, scene.exponent))
}

fn line(source: &mut Source, scene: &Scene, products: &[Product], number: u32) -> BasketLine {
    let product = source.pick(products);
    let quantity = match (product.unit, source.between(1, 10)) {
        (Measure::Piece, 1..=5) => Decimal::new(1, 0),
        (Measure::Piece, 6..=8) => source.decimal(2, 3, 0),
        (Measure::Piece, _) => source.decimal(1, if scene.large { 40 } else { 12 }, 0),
        (_, 1) => Decimal::new(1, 0),
        _ => source.decimal(1, 3_000, 3),
    };
    let set_price = source.one_in(20).then(|| match scene.exponent {
        0 => source.decimal(0, 500, 0),
        _ => source.decimal(0, 2_000, 2),
    });
    let discount = source.one_in(14).then(|| off(source, scene));
    let voided = source.one_in(14);
    // Now and then the basket has stood open while prices changed, or not.
    let had = source.one_in(10).then(|| {
        let unit_price = match source.between(1, 3) {
            1 => product.unit_price,
            _ if scene.exponent == 0 => source.decimal(0, 2_000, 0),
            _ => source.decimal(0, 2_000, 2),
        };
        HadPrice { list: (*source.pick(&["standard", "LAST WEEK"])).to_owned(), unit_price }
    });
    BasketLine { number, sku: product.sku.clone(), quantity, set_price, discount, voided, had }
}

/// Nothing, some of the goods, or part by part all of them, in whatever order.
pub fn returns(source: &mut Source, basket: &Basket, products: &[Product]) -> Vec<Vec<Returned>> {
    if source.one_in(3) {
        return Vec::new();
    }
    // In thousandths, which pieces have too.
    let thousandths = |line: &BasketLine| round(&(line.quantity.exact() * whole(1_000)));
    let mut left: Vec<(u32, i128, bool)> = basket
        .lines
        .iter()
        .filter(|line| !line.voided)
        .map(|line| {
            let product = products.iter().find(|product| product.sku == line.sku).expect("picked from these");
            (line.number, thousandths(line), product.unit == Measure::Piece)
        })
        .collect();
    let everything = !source.one_in(4);
    let most = source.between(1, 6);
    let mut returns = Vec::new();
    for turn in 1..=most {
        let mut goods = Vec::new();
        for (line, left, pieces) in &mut left {
            let unit = if *pieces { 1_000 } else { 1 };
            let have = u32::try_from(*left / unit).expect("a basket is small");
            let now = if have == 0 || (turn < most && source.one_in(3)) {
                0
            } else if turn == most && everything {
                have
            } else {
                source.between(0, have)
            };
            if now > 0 {
                *left -= i128::from(now) * unit;
                let places = if *pieces { 0 } else { 3 };
                goods.push(Returned { line: *line, quantity: Decimal::new(now.into(), places) });
            }
        }
        if !goods.is_empty() {
            // The lines come back in another order than they were sold in.
            if source.one_in(2) {
                goods.reverse();
            }
            returns.push(goods);
        }
    }
    returns
}
