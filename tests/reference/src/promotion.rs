//! Section 4, its beginning: when a promotion can apply, and what one application takes and saves.

use anyhow::{Context, Result, ensure};

use crate::case::{Basket, BasketOff, Combination, Items, Kind, Off, Product, Promotion, Weekday};
use crate::line::Unit;
use crate::number::{Exact, Minor, one, whole, zero};

/// A promotion with its numbers as fractions, in minor units.
#[derive(Debug, Clone)]
pub struct Deal<'a> {
    pub promotion: &'a Promotion,
    pub terms: Terms<'a>,
}

#[derive(Debug, Clone)]
pub enum Terms<'a> {
    ItemOff { items: &'a Items, off: ItemOff },
    GroupPrice { items: &'a Items, count: usize, price: Exact },
    GroupOff { items: &'a Items, count: usize, reduced: usize, rate: Exact },
    BuyGet { buy: &'a Items, buy_count: usize, get: &'a Items, get_count: usize, rate: Exact },
    Basket { items: &'a Items, threshold: Exact, off: Whole },
}

#[derive(Debug, Clone)]
pub enum ItemOff {
    Percent(Exact),
    Amount(Exact),
    Price(Exact),
}

#[derive(Debug, Clone)]
pub enum Whole {
    Percent(Exact),
    Amount(Minor),
}

/// All promotions in order: by priority, then by the bytes of the code.
pub fn in_order(promotions: &[Promotion], exponent: u32) -> Result<Vec<Deal<'_>>> {
    let mut sorted: Vec<&Promotion> = promotions.iter().collect();
    sorted.sort_by_key(|promotion| (promotion.priority, promotion.code.as_bytes()));
    sorted.into_iter().map(|promotion| Deal::new(promotion, exponent)).collect()
}

impl<'a> Deal<'a> {
    fn new(promotion: &'a Promotion, exponent: u32) -> Result<Self> {
        let code = &promotion.code;
        ensure!(promotion.limit != Some(0), "{code} may never apply");
        let share = |rate: Exact| {
            ensure!(rate >= zero() && rate <= one(), "{code} takes a part that is no part");
            Ok(rate)
        };
        let terms = match &promotion.kind {
            Kind::ItemOff { items, off } => Terms::ItemOff {
                items,
                off: match off {
                    Off::Percent { rate } => ItemOff::Percent(share(rate.exact())?),
                    Off::Amount { amount } => ItemOff::Amount(amount.in_minor(exponent)),
                    Off::Price { price } => ItemOff::Price(price.in_minor(exponent)),
                },
            },
            Kind::GroupPrice { items, count, price } => {
                Terms::GroupPrice { items, count: *count as usize, price: price.in_minor(exponent) }
            }
            Kind::GroupOff { items, count, reduced, rate } => {
                ensure!(reduced <= count, "{code} reduces more than it takes");
                let (count, reduced) = (*count as usize, *reduced as usize);
                Terms::GroupOff { items, count, reduced, rate: share(rate.exact())? }
            }
            Kind::BuyGet { buy, buy_count, get, get_count, rate } => Terms::BuyGet {
                buy,
                buy_count: *buy_count as usize,
                get,
                get_count: *get_count as usize,
                rate: share(rate.exact())?,
            },
            Kind::BasketOff { items, threshold, off } => Terms::Basket {
                items,
                threshold: threshold.in_minor(exponent),
                off: match off {
                    BasketOff::Percent { rate } => Whole::Percent(share(rate.exact())?),
                    BasketOff::Amount { amount } => Whole::Amount(amount.money(exponent)?),
                },
            },
        };
        let empty = match &terms {
            Terms::GroupPrice { count, .. } | Terms::GroupOff { count, .. } => *count == 0,
            Terms::BuyGet { buy_count, get_count, .. } => *buy_count == 0 || *get_count == 0,
            _ => false,
        };
        ensure!(!empty, "{code} takes nothing");
        Ok(Self { promotion, terms })
    }

    pub fn is_alone(&self) -> bool {
        self.promotion.combination == Combination::Alone
    }

    /// Applications per basket.
    pub fn limit(&self) -> usize {
        self.promotion.limit.map_or(usize::MAX, |limit| limit as usize)
    }

    /// Whether one of the promotion's selectors names the product.
    pub fn names(&self, product: &Product) -> bool {
        match &self.terms {
            Terms::ItemOff { items, .. }
            | Terms::GroupPrice { items, .. }
            | Terms::GroupOff { items, .. }
            | Terms::Basket { items, .. } => items.name(product),
            Terms::BuyGet { buy, get, .. } => buy.name(product) || get.name(product),
        }
    }

    /// Whether a unit of the product can be taken: it is named, and the kind takes such units.
    pub fn takes(&self, product: &Product, unit: &Unit) -> bool {
        let kind_takes_it = match self.terms {
            Terms::ItemOff { .. } => true,
            Terms::Basket { .. } => false,
            _ => unit.measure.is_none(),
        };
        kind_takes_it && self.names(product)
    }

    /// The table: what one application saves that takes `units` and, for `buy_get`, gets `got`.
    pub fn saves(&self, units: &[&Unit], got: &[&Unit]) -> Exact {
        match &self.terms {
            Terms::ItemOff { off, .. } => {
                let [unit] = units else { unreachable!("one application takes one unit") };
                let measure = unit.measure.clone().unwrap_or_else(one);
                match off {
                    ItemOff::Percent(rate) => &unit.value * rate,
                    ItemOff::Amount(amount) => (amount * measure).min(unit.value.clone()),
                    ItemOff::Price(price) => (&unit.value - price * measure).max(zero()),
                }
            }
            Terms::GroupPrice { price, .. } => (value(units) - price).max(zero()),
            Terms::GroupOff { reduced, rate, .. } => {
                let mut values: Vec<&Exact> = units.iter().map(|unit| &unit.value).collect();
                values.sort();
                rate * values.into_iter().take(*reduced).sum::<Exact>()
            }
            Terms::BuyGet { rate, .. } => rate * value(got),
            Terms::Basket { .. } => zero(),
        }
    }

    /// The *weight* that one application gives the line of each unit that it takes, whatever the unit's role.
    pub fn weighs(&self, unit: &Unit) -> Exact {
        match self.terms {
            Terms::ItemOff { .. } => self.saves(&[unit], &[]),
            _ => unit.value.clone(),
        }
    }
}

/// What units are worth together.
pub fn value(units: &[&Unit]) -> Exact {
    units.iter().map(|unit| &unit.value).sum()
}

/// Whether the promotion's dates, days and hours are those of now.
pub fn is_now(promotion: &Promotion, basket: &Basket) -> Result<bool> {
    let now = &basket.now;
    let dates = promotion.from.as_ref().is_none_or(|from| from <= now)
        && promotion.until.as_ref().is_none_or(|until| now < until);
    let days = promotion.weekdays.is_empty() || promotion.weekdays.contains(&weekday(&now.date)?);
    let hours = promotion.hours.is_none_or(|hours| {
        let begun = hours.from_minute <= now.minute;
        let not_over = now.minute < hours.until_minute;
        if hours.until_minute < hours.from_minute { begun || not_over } else { begun && not_over }
    });
    Ok(dates && days && hours)
}

pub fn is_of_group(promotion: &Promotion, basket: &Basket) -> bool {
    promotion.group.is_none() || promotion.group == basket.group
}

pub fn has_coupon(promotion: &Promotion, basket: &Basket) -> bool {
    promotion.coupon.as_ref().is_none_or(|coupon| basket.coupons.contains(&coupon.code))
}

/// The day of the week of a date of this century: counted from 1 January 2000, a Saturday.
fn weekday(date: &str) -> Result<Weekday> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let numbers: Vec<usize> = date.split('-').map(str::parse).collect::<Result<_, _>>()?;
    let [year, month, day] = numbers[..] else { anyhow::bail!("{date} is no date") };
    ensure!((2000..2100).contains(&year), "{date} is not of this century");
    let leap = |year: usize| year.is_multiple_of(4);
    let months = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let earlier = months.get(..month.wrapping_sub(1)).with_context(|| format!("{date} is no date"))?;
    let years: usize = (2000..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    Ok([Sat, Sun, Mon, Tue, Wed, Thu, Fri][(years + earlier.iter().sum::<usize>() + day - 1) % 7])
}

/// A promotion's exact savings, and by line of the basket the weights they are split by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub saving: Exact,
    pub weights: Vec<Exact>,
}

impl Saved {
    pub fn nothing(lines: usize) -> Self {
        Self { saving: whole(0), weights: vec![zero(); lines] }
    }

    pub fn add(&mut self, other: &Self) {
        self.saving += &other.saving;
        for (own, more) in self.weights.iter_mut().zip(&other.weights) {
            *own += more;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_week_are_those_of_the_calendar() {
        for (date, day) in [
            ("2000-01-01", Weekday::Sat),
            ("2024-02-29", Weekday::Thu),
            ("2026-03-01", Weekday::Sun),
            ("2026-11-28", Weekday::Sat),
            ("2027-01-01", Weekday::Fri),
        ] {
            assert_eq!(weekday(date).unwrap(), day, "{date}");
        }
    }
}
