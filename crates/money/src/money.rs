use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::{AmountError, Currency, Rounding};

/// The largest size of one amount, in minor units: ten million million cents.
pub const MINOR_MAX: i64 = 1_000_000_000_000_000;

/// An amount of one currency, held exactly to its minor unit.
///
/// Adding and subtracting amounts of two currencies is a bug, never data: the edge refuses a foreign currency before it
/// reaches a sum, so the operators panic on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// An amount in major units, such as `12.50`.
    ///
    /// # Errors
    /// [`AmountError::TooPrecise`] beyond the currency's minor unit, [`AmountError::OutOfRange`] beyond [`MINOR_MAX`].
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, AmountError> {
        let limit = Decimal::new(MINOR_MAX, currency.exponent());
        Ok(Self { amount: crate::bounded(amount, currency.exponent(), limit)?, currency })
    }

    /// An amount in minor units (cents).
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { amount: Decimal::new(minor, currency.exponent()).normalize(), currency }
    }

    /// Rounds an exact value to the currency's minor unit.
    pub fn round(value: Decimal, currency: Currency, rounding: Rounding) -> Self {
        Self { amount: rounding.apply(value, currency.exponent()).normalize(), currency }
    }

    /// The amount in minor units. Sums of journal amounts stay far below the range of `i64`.
    pub fn minor(self) -> i64 {
        let mut scaled = self.amount;
        scaled.rescale(self.currency.exponent());
        scaled.mantissa().to_i64().unwrap_or(if self.amount.is_sign_negative() { i64::MIN } else { i64::MAX })
    }

    pub fn amount(self) -> Decimal {
        self.amount
    }

    pub fn currency(self) -> Currency {
        self.currency
    }

    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    pub fn is_negative(self) -> bool {
        self.amount < Decimal::ZERO
    }

    pub fn is_positive(self) -> bool {
        self.amount > Decimal::ZERO
    }

    /// The sum of amounts of one currency; zero of that currency for none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Self {
        amounts.into_iter().fold(Self::zero(currency), |sum, amount| sum + amount)
    }

    /// Whether the size stays within [`MINOR_MAX`], the limit of what is stored.
    pub fn in_range(self) -> bool {
        self.amount.abs() <= Decimal::new(MINOR_MAX, self.currency.exponent())
    }

    fn same_currency(self, other: Self) {
        assert_eq!(self.currency, other.currency, "amounts of two currencies are never added");
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.same_currency(other);
        Self { amount: (self.amount + other.amount).normalize(), currency: self.currency }
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self { amount: (Decimal::ZERO - self.amount).normalize(), currency: self.currency }
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl PartialOrd for Money {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (self.currency == other.currency).then(|| self.amount.cmp(&other.amount))
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// `12.50 EUR`: the amount with all its minor places, then the code.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.amount;
        shown.rescale(self.currency.exponent());
        write!(f, "{shown} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_every_minor_place_of_its_currency() {
        let kwd = Currency::from_code("KWD").unwrap();
        for (minor, currency, shown) in [
            (1250, Currency::EUR, "12.50 EUR"),
            (-5, Currency::EUR, "-0.05 EUR"),
            (0, Currency::GBP, "0.00 GBP"),
            (120, Currency::JPY, "120 JPY"),
            (1250, kwd, "1.250 KWD"),
        ] {
            assert_eq!(Money::from_minor(minor, currency).to_string(), shown);
        }
    }

    #[test]
    fn refuses_what_the_minor_unit_cannot_hold() {
        assert!(Money::new(Decimal::new(1255, 3), Currency::EUR).is_err());
        assert!(Money::new(Decimal::new(12550, 3), Currency::EUR).is_ok());
        assert!(Money::new(Decimal::new(MINOR_MAX + 1, 2), Currency::EUR).is_err());
    }

    #[test]
    #[should_panic(expected = "two currencies")]
    fn never_adds_two_currencies() {
        let _ = Money::from_minor(1, Currency::EUR) + Money::from_minor(1, Currency::GBP);
    }

    proptest! {
        #[test]
        fn minor_units_round_trip(minor in -MINOR_MAX..MINOR_MAX) {
            prop_assert_eq!(Money::from_minor(minor, Currency::EUR).minor(), minor);
        }

        #[test]
        fn subtracting_what_was_added_gives_back_the_start(a in -MINOR_MAX..MINOR_MAX, b in -MINOR_MAX..MINOR_MAX) {
            let (a, b) = (Money::from_minor(a, Currency::EUR), Money::from_minor(b, Currency::EUR));
            prop_assert_eq!(a + b - b, a);
        }
    }
}
