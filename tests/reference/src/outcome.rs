//! What is said about each promotion.

use anyhow::Result;

use crate::case::{Basket, Items, Measure};
use crate::expected::Outcome;
use crate::line::Line;
use crate::number::{Minor, round};
use crate::offer::reaches_threshold;
use crate::promotion::{Deal, Terms, has_coupon, is_now, is_of_group};

/// Why a promotion cannot apply to the basket whatever is on it, if so.
pub fn condition(deal: &Deal<'_>, basket: &Basket) -> Result<Option<Outcome>> {
    let promotion = deal.promotion;
    Ok(if !is_now(promotion, basket)? {
        Some(Outcome::NotNow)
    } else if !is_of_group(promotion, basket) {
        Some(Outcome::OtherGroup)
    } else if !has_coupon(promotion, basket) {
        Some(Outcome::CouponMissing)
    } else {
        None
    })
}

/// The first of the table that holds.
pub fn of(deal: &Deal<'_>, basket: &Basket, lines: &[Line<'_>], amount: Minor) -> Result<Outcome> {
    if amount > 0 {
        return Ok(Outcome::Applied);
    }
    if let Some(outcome) = condition(deal, basket)? {
        return Ok(outcome);
    }
    if !lines.iter().any(|line| line.takes_part() && deal.names(line.product)) {
        return Ok(Outcome::NothingMatches);
    }
    if too_few(deal, lines) {
        return Ok(Outcome::TooFew);
    }
    if reaches_threshold(lines, deal) == Some(false) {
        return Ok(Outcome::BelowThreshold);
    }
    Ok(Outcome::AnotherIsBetter)
}

/// Whether there are fewer units than one application takes.
pub fn too_few(deal: &Deal<'_>, lines: &[Line<'_>]) -> bool {
    let pieces = |named: &dyn Fn(&Line<'_>) -> bool| -> Minor {
        lines
            .iter()
            .filter(|line| line.takes_part() && line.product.unit == Measure::Piece && named(line))
            .map(|line| round(&line.quantity))
            .sum()
    };
    let of = |items: &Items| pieces(&|line| items.name(line.product));
    match &deal.terms {
        Terms::ItemOff { .. } | Terms::Basket { .. } => false,
        Terms::GroupPrice { items, count, .. } | Terms::GroupOff { items, count, .. } => {
            of(items) < *count as Minor
        }
        Terms::BuyGet { buy, buy_count, get, get_count, .. } => {
            let either = pieces(&|line| buy.name(line.product) || get.name(line.product));
            of(buy) < *buy_count as Minor
                || of(get) < *get_count as Minor
                || either < (buy_count + get_count) as Minor
        }
    }
}
