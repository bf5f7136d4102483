//! The store and what it sells.

use super::Scene;
use super::source::Source;
use crate::case::{
    Basis, Basket, BasketOff, Combination, Coupon, Hours, Items, Kind, ListedPrice, Measure, Moment, Off,
    PriceList, Product, Promotion, Store, TaxBase, TaxRate, TaxRounding, TaxRule, Weekday,
};
use crate::number::Decimal;

const CATEGORIES: [&str; 3] = ["bread", "fruit", "tea"];
pub const GROUPS: [&str; 2] = ["club", "staff"];
pub const COUPONS: [&str; 3] = ["C-1", "C-2", "C-3"];
pub const TAG: &str = "take-away";
const CLASSES: [&str; 4] = ["standard", "reduced", "stacked", "none"];

pub fn store(source: &mut Source, scene: &Scene) -> Store {
    let rate = |code: &str, rate: &str, base| TaxRate {
        code: code.to_owned(),
        rate: rate.parse().expect("a decimal"),
        base,
    };
    let rule = |class: &str, tag: Option<&str>, rates| TaxRule {
        class: class.to_owned(),
        tag: tag.map(str::to_owned),
        rates,
    };
    let standard = *source.pick(&["0.2", "0.19", "0.077"]);
    let compound = *source.pick(&[TaxBase::Net, TaxBase::NetAndTaxes]);
    let mut taxes = vec![
        rule("standard", None, vec![rate("VAT", standard, TaxBase::Net)]),
        rule("reduced", None, vec![rate("VAT", "0.07", TaxBase::Net)]),
        rule(
            "stacked",
            None,
            vec![
                rate("GST", "0.05", TaxBase::Net),
                rate("PST", "0.09975", compound),
                rate("CITY", "0.015", TaxBase::NetAndTaxes),
            ],
        ),
        rule("none", None, Vec::new()),
    ];
    if source.one_in(2) {
        taxes.push(rule("standard", Some(TAG), vec![rate("VAT", "0.07", TaxBase::Net)]));
        taxes.push(rule("stacked", Some(TAG), vec![rate("GST", "0.05", TaxBase::Net)]));
    }
    Store {
        currency: scene.currency.to_owned(),
        basis: *source.pick(&[Basis::Inclusive, Basis::Exclusive]),
        tax_rounding: *source.pick(&[TaxRounding::PerLine, TaxRounding::PerTotal]),
        cash_step: match scene.currency {
            "GBP" => Decimal::new(5, 2),
            "JPY" => Decimal::new(1, 0),
            _ => Decimal::new(1, 2),
        },
        taxes,
    }
}

pub fn products(source: &mut Source, scene: &Scene) -> Vec<Product> {
    let count = source.between(2, if scene.large { 14 } else { 4 });
    // A few prices that come back again and again make ties.
    let usual = [price(source, scene), price(source, scene)];
    (1..=count)
        .map(|number| Product {
            sku: format!("S{number}"),
            category: (!source.one_in(10)).then(|| (*source.pick(&CATEGORIES)).to_owned()),
            unit: if source.one_in(6) {
                *source.pick(&[Measure::Kilogram, Measure::Litre, Measure::Metre])
            } else {
                Measure::Piece
            },
            tax_class: (*source.pick(&CLASSES)).to_owned(),
            unit_price: if source.one_in(3) { *source.pick(&usual) } else { price(source, scene) },
        })
        .collect()
}

fn price(source: &mut Source, scene: &Scene) -> Decimal {
    let sort = source.between(1, 20);
    if scene.exponent == 0 {
        return match sort {
            1 => Decimal::new(0, 0),
            2..=3 => source.decimal(1, 9_999, 1),
            _ => source.decimal(1, 900, 0),
        };
    }
    match sort {
        1 => Decimal::new(0, 2),
        2 => source.decimal(1, 200, 4),
        3..=4 => source.decimal(1, 99_999, 4),
        5..=10 => Decimal::new(i128::from(source.between(1, 12)) * 50, 2),
        11 => source.decimal(1, 9, 2),
        _ => source.decimal(1, 1_500, 2),
    }
}

pub fn price_lists(
    source: &mut Source,
    scene: &Scene,
    products: &[Product],
    basket: &Basket,
) -> Vec<PriceList> {
    let count = if source.one_in(2) { 0 } else { source.between(1, 3) };
    (1..=count)
        .map(|number| PriceList {
            code: format!("L{}{number}", source.pick(&["a", "b"])),
            priority: source.between(1, 2),
            group: group(source, 3),
            from: moment(source, basket, 3),
            until: moment(source, basket, 3),
            prices: products
                .iter()
                .filter_map(|product| {
                    let unit_price = match source.between(1, 4) {
                        1 => product.unit_price,
                        2 => price(source, scene),
                        _ => return None,
                    };
                    Some(ListedPrice { sku: product.sku.clone(), unit_price })
                })
                .collect(),
        })
        .collect()
}

pub fn promotions(
    source: &mut Source,
    scene: &Scene,
    products: &[Product],
    basket: &Basket,
    worth: Decimal,
) -> Vec<Promotion> {
    let count = if source.one_in(20) { 0 } else { source.between(1, 6) };
    (1..=count)
        .map(|number| Promotion {
            code: format!("{}{number}", source.pick(&["P", "A", "b", "p"])),
            name: format!("Promotion {number}"),
            priority: source.between(1, 3),
            from: moment(source, basket, 16),
            until: moment(source, basket, 16),
            weekdays: weekdays(source),
            hours: source.one_in(14).then(|| hours(source, basket)),
            group: group(source, 12),
            coupon: source.one_in(10).then(|| Coupon {
                code: (*source.pick(&COUPONS)).to_owned(),
                uses_max: source.one_in(3).then_some(1),
            }),
            limit: source.one_in(3).then(|| source.between(1, 3)),
            combination: if source.one_in(7) { Combination::Alone } else { Combination::WithOthers },
            family: source.one_in(2).then(|| (*source.pick(&["x", "y"])).to_owned()),
            kind: kind(source, scene, products, worth),
        })
        .collect()
}

fn kind(source: &mut Source, scene: &Scene, products: &[Product], worth: Decimal) -> Kind {
    let items = items(source, products);
    match source.between(1, 6) {
        1 => Kind::ItemOff {
            items,
            off: match source.between(1, 3) {
                1 => Off::Percent { rate: source.rate() },
                2 => Off::Amount { amount: price(source, scene) },
                _ => Off::Price { price: price(source, scene) },
            },
        },
        2 => {
            let count = source.between(1, 4);
            // What the units would cost without it is of about this size, so that both better and worse come up.
            let each = price(source, scene);
            let price = Decimal::new(round_to(each, scene.exponent) * i128::from(count), scene.exponent);
            Kind::GroupPrice { items, count, price }
        }
        3 => {
            let count = source.between(1, 4);
            Kind::GroupOff { items, count, reduced: source.between(1, count), rate: source.rate() }
        }
        4 => {
            let get = if source.one_in(3) { items.clone() } else { self::items(source, products) };
            let (buy_count, get_count) = (source.between(1, 3), source.between(1, 2));
            Kind::BuyGet { buy: items, buy_count, get, get_count, rate: source.rate() }
        }
        _ => Kind::BasketOff {
            items: if source.one_in(2) { Items::All } else { items },
            threshold: threshold(source, scene, worth),
            off: off(source, scene),
        },
    }
}

/// An amount of money near a price.
fn round_to(price: Decimal, exponent: u32) -> i128 {
    crate::number::round(&price.in_minor(exponent))
}

/// The basket's worth to the cent, a cent above or below, or a part of it.
fn threshold(source: &mut Source, scene: &Scene, worth: Decimal) -> Decimal {
    let worth = round_to(worth, scene.exponent);
    let minor = match source.between(1, 6) {
        1 => worth,
        2 => worth + 1,
        3 => (worth - 1).max(0),
        4 => worth / 2,
        5 => worth / 4,
        _ => 0,
    };
    Decimal::new(minor, scene.exponent)
}

/// What a basket promotion or a person takes off.
pub fn off(source: &mut Source, scene: &Scene) -> BasketOff {
    if source.one_in(2) {
        BasketOff::Percent { rate: source.rate() }
    } else {
        let most = if scene.exponent == 0 { 500 } else { 1_000 };
        BasketOff::Amount { amount: source.decimal(0, most, scene.exponent) }
    }
}

fn items(source: &mut Source, products: &[Product]) -> Items {
    match source.between(1, 10) {
        1..=3 => Items::All,
        4..=6 => {
            let mut skus: Vec<String> = products.iter().map(|product| product.sku.clone()).collect();
            let keep = source.between(1, 3) as usize;
            while skus.len() > keep {
                let last = u32::try_from(skus.len() - 1).expect("few products");
                skus.remove(source.between(0, last) as usize);
            }
            if source.one_in(20) { Items::Skus(vec!["S0".to_owned()]) } else { Items::Skus(skus) }
        }
        _ => {
            let categories = CATEGORIES.iter().filter(|_| source.one_in(2)).map(|name| (*name).to_owned());
            let categories: Vec<String> = categories.collect();
            if categories.is_empty() {
                Items::Categories(vec![CATEGORIES[0].to_owned()])
            } else {
                Items::Categories(categories)
            }
        }
    }
}

fn group(source: &mut Source, times: u32) -> Option<String> {
    source.one_in(times).then(|| (*source.pick(&GROUPS)).to_owned())
}

/// Sometimes a moment about now: this very minute, the one before or after, or another day.
fn moment(source: &mut Source, basket: &Basket, times: u32) -> Option<Moment> {
    if !source.one_in(times) {
        return None;
    }
    let now = &basket.now;
    Some(match source.between(1, 5) {
        1 => now.clone(),
        2 => Moment { date: now.date.clone(), minute: (now.minute + 1).min(1_439) },
        3 => Moment { date: now.date.clone(), minute: now.minute.saturating_sub(1) },
        4 => Moment { date: "2025-12-31".to_owned(), minute: 1_439 },
        _ => Moment { date: "2027-01-01".to_owned(), minute: 0 },
    })
}

fn weekdays(source: &mut Source) -> Vec<Weekday> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    if !source.one_in(12) {
        return Vec::new();
    }
    [Mon, Tue, Wed, Thu, Fri, Sat, Sun].into_iter().filter(|_| !source.one_in(3)).collect()
}

/// A window that begins or ends about now, or spans midnight. None begins in the minute in which it ends.
fn hours(source: &mut Source, basket: &Basket) -> Hours {
    let now = basket.now.minute;
    let any = u16::try_from(source.between(0, 1_439)).expect("a minute of the day");
    let (from_minute, until_minute) = match source.between(1, 4) {
        1 => (now, any),
        2 => (any, now),
        3 => (any, (now + 1).min(1_439)),
        _ => (any, u16::try_from(source.between(0, 1_439)).expect("a minute of the day")),
    };
    let until_minute = if from_minute == until_minute { (until_minute + 1) % 1_440 } else { until_minute };
    Hours { from_minute, until_minute }
}
