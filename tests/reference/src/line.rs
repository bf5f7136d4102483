//! Sections 1 to 3: what a line costs before any promotion, and whether promotions may touch it.

use anyhow::{Context, Result, ensure};

use crate::case::{Basket, BasketLine, BasketOff, Case, Catalog, Measure, PriceList, Product};
use crate::number::{Decimal, Exact, Minor, round, zero};

/// A line on its way through the rule book.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    pub written: &'a BasketLine,
    pub product: &'a Product,
    pub quantity: Exact,
    /// None where somebody set the price.
    pub price_list: Option<String>,
    pub price_written: Decimal,
    /// Per piece or measure, in minor units.
    pub unit_price: Exact,
    pub extended: Minor,
    pub manual: Minor,
    /// What is left to pay.
    pub charged: Minor,
}

/// Section 2 for every line of the basket.
pub fn all(case: &Case) -> Result<Vec<Line<'_>>> {
    let exponent = case.store.exponent()?;
    case.basket.lines.iter().map(|written| line(case, written, exponent)).collect()
}

fn line<'a>(case: &'a Case, written: &'a BasketLine, exponent: u32) -> Result<Line<'a>> {
    let product = case.catalog.products.iter().find(|product| product.sku == written.sku);
    let product = product.with_context(|| format!("the catalog has no {}", written.sku))?;
    let quantity = written.quantity.exact();
    ensure!(quantity > zero(), "line {} has no quantity", written.number);
    ensure!(
        product.unit != Measure::Piece || quantity.is_integer(),
        "line {} is of pieces and has a part of one",
        written.number
    );
    let (price_list, price_written) = unit_price(&case.catalog, &case.basket, written, product);
    let unit_price = price_written.in_minor(exponent);
    ensure!(unit_price >= zero(), "line {} has a negative price", written.number);
    let extended = round(&(&unit_price * &quantity));
    let manual = given(written.discount.as_ref(), extended, exponent)?;
    Ok(Line {
        written,
        product,
        quantity,
        price_list,
        price_written,
        unit_price,
        extended,
        manual,
        charged: extended - manual,
    })
}

/// Section 1: the price and the list that gives it.
fn unit_price(
    catalog: &Catalog,
    basket: &Basket,
    written: &BasketLine,
    product: &Product,
) -> (Option<String>, Decimal) {
    if let Some(price) = written.set_price {
        return (None, price);
    }
    let mut offers: Vec<(u32, Exact, &str, Decimal)> = Vec::new();
    for list in catalog.price_lists.iter().filter(|list| belongs(list, basket) && in_force(list, basket)) {
        for price in list.prices.iter().filter(|price| price.sku == product.sku) {
            offers.push((list.priority, price.unit_price.exact(), &list.code, price.unit_price));
        }
    }
    // The smallest priority, then the lower price, then the smaller code: the order of the tuple.
    offers.sort_by(|one, other| (one.0, &one.1, one.2).cmp(&(other.0, &other.1, other.2)));
    let (list, now) = match offers.first() {
        Some((_, _, code, price)) => (*code, *price),
        None => ("standard", product.unit_price),
    };
    match &written.had {
        Some(had) if now.exact() >= had.unit_price.exact() => (Some(had.list.clone()), had.unit_price),
        _ => (Some(list.to_owned()), now),
    }
}

fn belongs(list: &PriceList, basket: &Basket) -> bool {
    list.group.is_none() || list.group == basket.group
}

fn in_force(list: &PriceList, basket: &Basket) -> bool {
    list.from.as_ref().is_none_or(|from| *from <= basket.now)
        && list.until.as_ref().is_none_or(|until| basket.now < *until)
}

/// What a person takes off something that costs so much: section 2 for a line, section 7 for a basket.
pub fn given(discount: Option<&BasketOff>, costs: Minor, exponent: u32) -> Result<Minor> {
    Ok(match discount {
        None => 0,
        Some(BasketOff::Percent { rate }) => round(&(Exact::from_integer(costs.into()) * rate.exact())),
        Some(BasketOff::Amount { amount }) => amount.money(exponent)?.min(costs),
    })
}

impl Line<'_> {
    /// Section 3: kept, at a price from a list, without a discount that somebody gave.
    pub fn takes_part(&self) -> bool {
        !self.written.voided && self.price_list.is_some() && self.written.discount.is_none()
    }

    /// Section 3: the units of a line that takes part.
    pub fn units(&self, at: usize) -> Vec<Unit> {
        if self.product.unit == Measure::Piece {
            let unit = Unit { line: at, value: self.unit_price.clone(), measure: None };
            vec![unit; usize::try_from(round(&self.quantity)).expect("a basket has few pieces")]
        } else {
            let value = &self.unit_price * &self.quantity;
            vec![Unit { line: at, value, measure: Some(self.quantity.clone()) }]
        }
    }
}

/// What a promotion takes: a piece, or all that a line has of a divisible good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Which line of the basket, from 0.
    pub line: usize,
    pub value: Exact,
    /// How much of a divisible good; none for a piece.
    pub measure: Option<Exact>,
}
