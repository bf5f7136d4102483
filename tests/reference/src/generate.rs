//! Random cases. `case(seed)` is the same on every machine, and leans to where the rule book is subtle: few products
//! at few prices, so that promotions want the same units and save the same; thresholds and hours at their very edge;
//! prices with parts of a cent; goods that come back piece by piece.

mod basket;
mod catalog;
mod source;

use crate::Decimal;
use crate::case::{BasketOff, Case};
use source::Source;

/// What the parts of one case have to agree on.
#[derive(Debug)]
struct Scene {
    currency: &'static str,
    exponent: u32,
    /// Whether the basket may be too large for a search.
    large: bool,
}

/// The case of a seed. Nobody gives more than a line or a basket costs: a till that asked for it would be refused.
pub fn case(seed: u64) -> Case {
    let mut case = asked(seed);
    let gives = |given: Option<BasketOff>| matches!(given, Some(BasketOff::Amount { .. }));
    if !gives(case.basket.discount) && !case.basket.lines.iter().any(|line| gives(line.discount)) {
        return case;
    }
    let given = crate::price(&case).expect("every case has a price");
    for (line, given) in case.basket.lines.iter_mut().zip(&given.lines) {
        if let Some(BasketOff::Amount { amount }) = &mut line.discount {
            *amount = given.manual;
        }
    }
    if let Some(BasketOff::Amount { amount }) = &mut case.basket.discount {
        let exponent = case.store.exponent().expect("every case has a price");
        let parts = given.lines.iter().map(|line| line.basket_discount.money(exponent).expect("minor units"));
        *amount = Decimal::new(parts.sum(), exponent);
    }
    case
}

fn asked(seed: u64) -> Case {
    let mut source = Source::new(seed);
    let (currency, exponent) = *source.pick(&[("EUR", 2), ("EUR", 2), ("EUR", 2), ("GBP", 2), ("JPY", 0)]);
    let scene = Scene { currency, exponent, large: source.one_in(10) };
    let store = catalog::store(&mut source, &scene);
    let products = catalog::products(&mut source, &scene);
    let (basket, worth) = basket::basket(&mut source, &scene, &products);
    let price_lists = catalog::price_lists(&mut source, &scene, &products, &basket);
    let promotions = catalog::promotions(&mut source, &scene, &products, &basket, worth);
    let returns = basket::returns(&mut source, &basket, &products);
    Case { store, catalog: crate::case::Catalog { products, price_lists, promotions }, basket, returns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_the_same_case_again_and_another_seed_another() {
        assert_eq!(case(7), case(7));
        assert_ne!(case(7), case(8));
    }
}
