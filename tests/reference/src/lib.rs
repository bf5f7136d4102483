//! A second reading of `docs/pricing.md`, to hold the engine against.
//!
//! Each file is a section or two of the rule book, written for being checked against its text and not for speed: exact
//! fractions throughout, and the best deal by looking at all of them. The package also writes the vectors in
//! `tests/vectors`, and makes random baskets from seeds.
//!
//! Invariant: nothing of the product is used here, not even its money.

mod best_deal;
mod by_counts;
mod by_units;
pub mod case;
pub mod expected;
pub mod generate;
mod greedy;
mod line;
mod number;
mod offer;
mod outcome;
mod promotion;
mod returns;
mod split;
mod tax;
pub mod vectors;

use anyhow::Result;

use crate::case::Case;
use crate::expected::{Expected, ExpectedLine, LinePromotion, LineTax, Refund, Said, Totals};
pub use crate::number::Decimal;
use crate::number::{Minor, whole};
use crate::split::split;

/// What happened on the way to a price: for counting what random baskets reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Components searched unit by unit, by counts of units, and not at all.
    pub by_units: usize,
    pub by_counts: usize,
    pub too_large: usize,
    /// Components with several promotions in them.
    pub contended: usize,
    /// Components in which several deals saved the most, and those where only weights told which it is; seen where
    /// units were looked at.
    pub ties: usize,
    pub ties_by_weight: usize,
    /// The most steps that a search by counts took.
    pub steps_max: u64,
    /// Offers of promotions that stand alone, and how often one was better than those before it.
    pub alone_offers: usize,
    pub alone_taken: usize,
    /// Families of basket promotions that had their turn.
    pub families: usize,
    /// Rounded savings that were more than their lines still cost.
    pub capped: usize,
    /// Parts of a saving that a line could not take and another did.
    pub spilled: usize,
}

/// The price of a case, by the rule book.
pub fn price(case: &Case) -> Result<Expected> {
    price_with_notes(case).map(|(expected, _)| expected)
}

/// The price of a case, and what happened on the way.
pub fn price_with_notes(case: &Case) -> Result<(Expected, Notes)> {
    let mut notes = Notes::default();
    let exponent = case.store.exponent()?;
    let money = |minor: Minor| Decimal::new(minor, exponent);

    let mut lines = line::all(case)?;
    let deals = promotion::in_order(&case.catalog.promotions, exponent)?;
    let mut ready = Vec::new();
    for deal in &deals {
        ready.push(outcome::condition(deal, &case.basket)?.is_none() && !outcome::too_few(deal, &lines));
    }
    let offer = offer::choose(case, &lines, &deals, &ready, &mut notes)?;

    let mut said = Vec::new();
    for (deal, taken) in deals.iter().zip(&offer.taken) {
        let amount = taken.iter().sum();
        said.push(Said {
            code: deal.promotion.code.clone(),
            outcome: outcome::of(deal, &case.basket, &lines, amount)?,
            amount: (amount > 0).then(|| money(amount)),
        });
    }
    for taken in &offer.taken {
        for (line, amount) in lines.iter_mut().zip(taken) {
            line.charged -= amount;
        }
    }
    let discounts = basket_discount(case, &mut lines, exponent)?;
    let taxed = tax::all(case, &lines)?;

    let kept = |amount: &dyn Fn(usize) -> Minor| -> Minor {
        (0..lines.len()).filter(|at| !lines[*at].written.voided).map(amount).sum()
    };
    let gross = kept(&|at| taxed[at].gross);
    let totals = Totals {
        net: money(kept(&|at| taxed[at].net)),
        tax: money(gross - kept(&|at| taxed[at].net)),
        gross: money(gross),
        discount: money(kept(&|at| lines[at].extended - lines[at].charged)),
    };
    let refunds = returns::all(case, &lines, &taxed)?
        .into_iter()
        .map(|back| Refund {
            net: money(back.gross - back.tax),
            tax: money(back.tax),
            gross: money(back.gross),
            cash: money(back.cash),
        })
        .collect();
    let expected_lines = lines
        .iter()
        .enumerate()
        .map(|(at, line)| ExpectedLine {
            number: line.written.number,
            price_list: line.price_list.clone(),
            unit_price: line.price_written,
            extended: money(line.extended),
            manual: money(line.manual),
            promotions: deals
                .iter()
                .zip(&offer.taken)
                .filter(|(_, taken)| taken[at] > 0)
                .map(|(deal, taken)| LinePromotion {
                    code: deal.promotion.code.clone(),
                    amount: money(taken[at]),
                })
                .collect(),
            basket_discount: money(discounts[at]),
            taxes: taxed[at]
                .rates
                .iter()
                .map(|(rate, tax)| LineTax { code: rate.code.clone(), rate: rate.rate, tax: money(*tax) })
                .collect(),
            net: money(taxed[at].net),
            gross: money(taxed[at].gross),
        })
        .collect();
    let payable = money(returns::to_the_coin(case, gross)?);
    Ok((Expected { lines: expected_lines, totals, payable, promotions: said, refunds }, notes))
}

/// Section 7: what a person takes off the whole basket, by line.
fn basket_discount(case: &Case, lines: &mut [line::Line<'_>], exponent: u32) -> Result<Vec<Minor>> {
    let kept: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].written.voided).collect();
    let charged: Minor = kept.iter().map(|at| lines[*at].charged).sum();
    let amount = line::given(case.basket.discount.as_ref(), charged, exponent)?;
    let weights: Vec<_> = kept.iter().map(|at| whole(lines[*at].charged)).collect();
    let mut parts = vec![0; lines.len()];
    for (at, part) in kept.into_iter().zip(split(amount, &weights)) {
        lines[at].charged -= part;
        parts[at] = part;
    }
    Ok(parts)
}
