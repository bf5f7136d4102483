//! Tax on what is charged: several rates, rates on rates, by line or by total, with prices that include it or not.

use std::collections::BTreeMap;

use holdfast_money::{Currency, Decimal, Money, allocate};

use super::{Exempt, ROUNDING, Rules};
use crate::bounded::{OrderTag, TaxClass, TaxCode};
use crate::catalog::Product;
use crate::line::Line;
use crate::refusal::Refusal;
use crate::store::StoreProfile;
use crate::tax::{AppliedTax, TaxBase, TaxBasis, TaxCharge, TaxRounding};

/// The charges of a class, from the store's table or from its profile's plain rates.
fn charges(rules: &Rules<'_>, class: &TaxClass, tag: Option<&OrderTag>) -> Option<Vec<TaxCharge>> {
    match rules.taxes {
        Some(table) => table.charges(class, tag).map(<[TaxCharge]>::to_vec),
        None => rules.profile.rates(class).map(|rates| {
            let plain = |rate: &crate::tax::TaxRate| TaxCharge {
                code: rate.code.clone(),
                rate: rate.rate,
                base: TaxBase::Net,
            };
            rates.iter().map(plain).collect()
        }),
    }
}

/// The taxes of a line, not worked out yet, and what each is of a price without taxes.
///
/// # Errors
/// [`Refusal::NoTaxRule`].
pub(super) fn taxes_of(
    rules: &Rules<'_>,
    product: &Product,
    tag: Option<&OrderTag>,
) -> Result<(Vec<AppliedTax>, Vec<Decimal>), Refusal> {
    let charges = charges(rules, &product.tax_class, tag).ok_or_else(|| Refusal::NoTaxRule {
        sku: product.sku.clone(),
        class: product.tax_class.to_string(),
    })?;
    let (tax, effective) = (Money::zero(rules.profile.currency), effective(&charges));
    let applied = charges.into_iter().map(|TaxCharge { code, rate, .. }| AppliedTax { code, rate, tax });
    Ok((applied.collect(), effective))
}

/// What each rate is of a price without taxes, those that are charged on taxes included.
fn effective(charges: &[TaxCharge]) -> Vec<Decimal> {
    let mut rates = Vec::with_capacity(charges.len());
    let mut before = Decimal::ZERO;
    for charge in charges {
        let rate = match charge.base {
            TaxBase::Net => charge.rate.fraction(),
            TaxBase::NetAndTaxes => charge.rate.fraction() * (Decimal::ONE + before),
        };
        before += rate;
        rates.push(rate);
    }
    rates
}

/// An exact tax: a fraction, so that a sum of many meets the half of a cent only when it is one.
#[derive(Debug, Clone, Copy)]
struct Exact {
    numerator: Decimal,
    denominator: Decimal,
}

impl Exact {
    fn value(self) -> Decimal {
        self.numerator / self.denominator
    }

    /// The sum of all. Those of one denominator are added first: a basket has a few rules, however many its lines are, and so
    /// their common denominator stays short enough to be exact. Only where it does not are fractions added as they are.
    fn sum(parts: impl Iterator<Item = Self>) -> Option<Self> {
        let mut by_denominator: BTreeMap<Decimal, Decimal> = BTreeMap::new();
        for part in parts {
            *by_denominator.entry(part.denominator).or_default() += part.numerator;
        }
        let sums = by_denominator.into_iter();
        sums.map(|(denominator, numerator)| Self { numerator, denominator }).reduce(Self::plus)
    }

    fn plus(self, other: Self) -> Self {
        let crossed = || {
            let left = exactly(self.numerator, other.denominator)?;
            let right = exactly(other.numerator, self.denominator)?;
            let denominator = exactly(self.denominator, other.denominator)?;
            Some(Self { numerator: left.checked_add(right)?, denominator })
        };
        crossed()
            .unwrap_or_else(|| Self { numerator: self.value() + other.value(), denominator: Decimal::ONE })
    }
}

/// The product where it has a form of its own: what does not fit is rounded by the usual multiplication without a word.
fn exactly(left: Decimal, right: Decimal) -> Option<Decimal> {
    let (left, right) = (left.normalize(), right.normalize());
    let mantissa = left.mantissa().checked_mul(right.mantissa())?;
    Decimal::try_from_i128_with_scale(mantissa, left.scale() + right.scale()).ok()
}

/// Fills in tax, net and gross. Lines come with `gross` holding what is charged after everything that came off.
pub(super) fn tax_lines(
    profile: &StoreProfile,
    lines: &mut [Line],
    effective: &[Vec<Decimal>],
    exempt: Exempt,
) -> Result<(), Refusal> {
    let currency = profile.currency;
    // So many times a price without taxes is what is charged.
    let divisor = |effective: &[Decimal]| match profile.basis {
        TaxBasis::Exclusive => Decimal::ONE,
        TaxBasis::Inclusive => Decimal::ONE + effective.iter().sum::<Decimal>(),
    };
    if exempt == Exempt::Yes {
        for (line, effective) in lines.iter_mut().zip(effective) {
            line.taxes.clear();
            line.gross = Money::round(line.gross.amount() / divisor(effective), currency, ROUNDING);
            line.net = line.gross;
        }
        return Ok(());
    }
    let mut exact: Vec<Vec<Exact>> = Vec::with_capacity(lines.len());
    for (line, effective) in lines.iter().zip(effective) {
        let (charged, denominator) = (line.gross.amount(), divisor(effective));
        let taxes = effective.iter().map(|rate| {
            let numerator = charged.checked_mul(*rate).ok_or(Refusal::AmountOutOfRange)?;
            Ok(Exact { numerator, denominator })
        });
        exact.push(taxes.collect::<Result<_, Refusal>>()?);
    }
    match profile.tax_rounding {
        TaxRounding::PerLine => {
            for (line, exact) in lines.iter_mut().zip(&exact) {
                for (applied, exact) in line.taxes.iter_mut().zip(exact) {
                    applied.tax = Money::round(exact.value(), currency, ROUNDING);
                }
            }
        }
        TaxRounding::PerTotal => round_by_total(currency, lines, &exact),
    }
    for line in lines {
        let tax = Money::sum(currency, line.taxes.iter().map(|t| t.tax));
        match profile.basis {
            TaxBasis::Inclusive => line.net = line.gross - tax,
            TaxBasis::Exclusive => line.gross = line.net + tax,
        }
    }
    Ok(())
}

/// Rounds each rate once over all kept lines and gives the cents back to the lines; voided lines round for themselves.
fn round_by_total(currency: Currency, lines: &mut [Line], exact: &[Vec<Exact>]) {
    let mut groups: BTreeMap<(TaxCode, Decimal), Vec<(usize, usize)>> = BTreeMap::new();
    for (index, line) in lines.iter_mut().enumerate() {
        let kept = line.is_kept();
        for (slot, applied) in line.taxes.iter_mut().enumerate() {
            if kept {
                groups
                    .entry((applied.code.clone(), applied.rate.fraction()))
                    .or_default()
                    .push((index, slot));
            } else {
                applied.tax = Money::round(exact[index][slot].value(), currency, ROUNDING);
            }
        }
    }
    for places in groups.values() {
        let parts = || places.iter().map(|&(index, slot)| exact[index][slot]);
        let Some(total) = Exact::sum(parts()) else { continue };
        let total = Money::round(total.value(), currency, ROUNDING);
        // Weights of one denominator are split by their numerators, which are exact.
        let denominator = exact[places[0].0][places[0].1].denominator;
        let weights: Vec<Decimal> = if parts().all(|part| part.denominator == denominator) {
            parts().map(|part| part.numerator).collect()
        } else {
            parts().map(Exact::value).collect()
        };
        for (&(index, slot), part) in places.iter().zip(allocate(total, &weights)) {
            lines[index].taxes[slot].tax = part;
        }
    }
}
