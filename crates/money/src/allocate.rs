use rust_decimal::Decimal;

use crate::{Money, Rounding};

/// Splits `total` over `weights` so that the parts sum to it exactly: each part is rounded towards zero, then the minor
/// units that are left go one each to the parts with the largest remainders, the earlier part first among equals.
///
/// Negative weights count by their size. When all weights are zero the first part takes everything; without weights there
/// are no parts.
pub fn allocate(total: Money, weights: &[Decimal]) -> Vec<Money> {
    let currency = total.currency();
    let Some(count) = weights.len().checked_sub(1).map(|n| n + 1) else { return Vec::new() };
    let weight_sum: Decimal = weights.iter().map(Decimal::abs).sum();
    let mut parts = vec![Money::zero(currency); count];
    if weight_sum.is_zero() {
        parts[0] = total;
        return parts;
    }
    if let Some(parts) = exactly(total, weights) {
        return parts;
    }
    let mut remainders: Vec<(Decimal, usize)> = Vec::with_capacity(count);
    for (index, weight) in weights.iter().enumerate() {
        let exact = share(total.amount(), weight.abs(), weight_sum);
        parts[index] = Money::round(exact, currency, Rounding::Down);
        remainders.push(((exact - parts[index].amount()).abs(), index));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let left = (total - Money::sum(currency, parts.iter().copied())).minor();
    let unit = Money::from_minor(left.signum(), currency);
    for step in 0..left.unsigned_abs() {
        let index = remainders[usize::try_from(step).unwrap_or(0) % count].1;
        parts[index] += unit;
    }
    parts
}

/// The same in whole numbers, where remainders that are equal are found equal; none where they would not fit.
fn exactly(total: Money, weights: &[Decimal]) -> Option<Vec<Money>> {
    let currency = total.currency();
    let places = weights.iter().map(Decimal::scale).max()?;
    let whole =
        |weight: &Decimal| weight.mantissa().abs().checked_mul(10_i128.checked_pow(places - weight.scale())?);
    let weights: Vec<i128> = weights.iter().map(whole).collect::<Option<_>>()?;
    let sum = weights.iter().try_fold(0_i128, |sum, weight| sum.checked_add(*weight))?;
    let minor = i128::from(total.minor().unsigned_abs());
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        let product = minor.checked_mul(*weight)?;
        parts.push(i64::try_from(product / sum).ok()?);
        remainders.push((product % sum, index));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let left = i64::try_from(minor).ok()? - parts.iter().sum::<i64>();
    for (_, index) in remainders.into_iter().take(usize::try_from(left).ok()?) {
        parts[index] += 1;
    }
    let sign = total.minor().signum();
    Some(parts.into_iter().map(|part| Money::from_minor(part * sign, currency)).collect())
}

/// `total * weight / sum`; divides first where the product would not fit, which may move a remainder but never the sum.
fn share(total: Decimal, weight: Decimal, sum: Decimal) -> Decimal {
    total.checked_mul(weight).map_or_else(|| total * (weight / sum), |product| product / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn cents(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    #[test]
    fn gives_the_odd_cents_to_the_largest_remainders() {
        let thirds = [Decimal::ONE, Decimal::ONE, Decimal::ONE];
        assert_eq!(allocate(cents(100), &thirds), vec![cents(34), cents(33), cents(33)]);
        assert_eq!(allocate(cents(-100), &thirds), vec![cents(-34), cents(-33), cents(-33)]);
        assert_eq!(allocate(cents(5), &[Decimal::ZERO, Decimal::ZERO]), vec![cents(5), cents(0)]);
        assert!(allocate(cents(5), &[]).is_empty());
    }

    #[test]
    fn splits_the_largest_amounts_that_there_are() {
        let weight = Decimal::from(crate::MINOR_MAX);
        let total = cents(crate::MINOR_MAX);
        let parts = allocate(total, &[weight, weight, weight]);
        assert_eq!(Money::sum(Currency::EUR, parts), total);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(total in -1_000_000i64..1_000_000, weights in prop::collection::vec(0i64..100_000, 1..40)) {
            let weights: Vec<Decimal> = weights.into_iter().map(|w| Decimal::new(w, 2)).collect();
            let parts = allocate(cents(total), &weights);
            prop_assert_eq!(Money::sum(Currency::EUR, parts.iter().copied()), cents(total));
            prop_assert!(parts.iter().all(|p| p.is_zero() || p.is_negative() == (total < 0)));
        }
    }
}
