//! Section 8: what of a line is tax.

use anyhow::{Context, Result};

use crate::case::{Basis, Case, TaxBase, TaxRate, TaxRounding};
use crate::line::Line;
use crate::number::{Decimal, Exact, Minor, one, round, whole};
use crate::split::split;

/// A line's taxes by the rates of its rule, and what it is with and without them.
#[derive(Debug, Clone)]
pub struct Taxed<'a> {
    pub rates: Vec<(&'a TaxRate, Minor)>,
    pub net: Minor,
    pub gross: Minor,
}

/// The taxes of every line of the basket.
pub fn all<'a>(case: &'a Case, lines: &[Line<'_>]) -> Result<Vec<Taxed<'a>>> {
    let rules = lines.iter().map(|line| rates(case, line)).collect::<Result<Vec<_>>>()?;
    if case.basket.exempt {
        let lines = lines.iter().zip(rules);
        return Ok(lines.map(|(line, rates)| exempt(case.store.basis, line.charged, rates)).collect());
    }
    let exact: Vec<Vec<Exact>> =
        lines.iter().zip(&rules).map(|(line, rates)| exact(case.store.basis, line.charged, rates)).collect();
    let mut taxes: Vec<Vec<Minor>> = exact.iter().map(|exact| exact.iter().map(round).collect()).collect();
    if case.store.tax_rounding == TaxRounding::PerTotal {
        share_out(lines, &rules, &exact, &mut taxes);
    }
    Ok(lines
        .iter()
        .zip(rules)
        .zip(taxes)
        .map(|((line, rates), taxes)| {
            let tax: Minor = taxes.iter().sum();
            let (net, gross) = match case.store.basis {
                Basis::Exclusive => (line.charged, line.charged + tax),
                Basis::Inclusive => (line.charged - tax, line.charged),
            };
            Taxed { rates: rates.iter().zip(taxes).collect(), net, gross }
        })
        .collect())
}

/// The rates for the basket's tag where there is a rule for it, else those without a tag.
fn rates<'a>(case: &'a Case, line: &Line<'_>) -> Result<&'a [TaxRate]> {
    let class = &line.product.tax_class;
    let rule =
        |tag: &Option<String>| case.store.taxes.iter().find(|rule| rule.class == *class && rule.tag == *tag);
    let rule = rule(&case.basket.tag).or_else(|| rule(&None));
    Ok(&rule.with_context(|| format!("no tax rule for {class}"))?.rates)
}

fn effective(rates: &[TaxRate]) -> Vec<Exact> {
    let mut effective: Vec<Exact> = Vec::new();
    for rate in rates {
        let before: Exact = effective.iter().sum();
        effective.push(match rate.base {
            TaxBase::Net => rate.rate.exact(),
            TaxBase::NetAndTaxes => rate.rate.exact() * (one() + before),
        });
    }
    effective
}

fn exact(basis: Basis, charged: Minor, rates: &[TaxRate]) -> Vec<Exact> {
    let effective = effective(rates);
    let whole_of = match basis {
        Basis::Exclusive => one(),
        Basis::Inclusive => one() + effective.iter().sum::<Exact>(),
    };
    effective.into_iter().map(|rate| whole(charged) * rate / &whole_of).collect()
}

fn exempt(basis: Basis, charged: Minor, rates: &[TaxRate]) -> Taxed<'_> {
    let net = match basis {
        Basis::Exclusive => charged,
        Basis::Inclusive => round(&(whole(charged) / (one() + effective(rates).iter().sum::<Exact>()))),
    };
    Taxed { rates: Vec::new(), net, gross: net }
}

/// *Per total*: each code and rate is rounded once over the kept lines, and split over them.
fn share_out(lines: &[Line<'_>], rules: &[&[TaxRate]], exact: &[Vec<Exact>], taxes: &mut [Vec<Minor>]) {
    let mut done: Vec<(&str, Decimal)> = Vec::new();
    for rate in rules.iter().copied().flatten() {
        let same = |other: &TaxRate| other.code == rate.code && other.rate == rate.rate;
        if done.iter().any(|(code, known)| *code == rate.code && *known == rate.rate) {
            continue;
        }
        done.push((&rate.code, rate.rate));
        let parts: Vec<(usize, usize)> = (0..lines.len())
            .filter(|line| !lines[*line].written.voided)
            .flat_map(|line| (0..rules[line].len()).map(move |at| (line, at)))
            .filter(|(line, at)| same(&rules[*line][*at]))
            .collect();
        let weights: Vec<Exact> = parts.iter().map(|(line, at)| exact[*line][*at].clone()).collect();
        let total = round(&weights.iter().sum());
        for ((line, at), part) in parts.into_iter().zip(split(total, &weights)) {
            taxes[line][at] = part;
        }
    }
}
