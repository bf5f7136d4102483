use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use rust_decimal::Decimal;

use crate::AmountError;

/// The largest size of one quantity.
pub const QUANTITY_MAX: i64 = 100_000_000;

/// A number of pieces, kilograms, litres or metres, to three places. Signed: movements go both ways.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(Decimal);

impl Quantity {
    pub const ZERO: Self = Self(Decimal::ZERO);
    pub const ONE: Self = Self(Decimal::ONE);

    /// # Errors
    /// [`AmountError::TooPrecise`] beyond three places, [`AmountError::OutOfRange`] beyond [`QUANTITY_MAX`].
    pub fn new(value: Decimal) -> Result<Self, AmountError> {
        crate::bounded(value, 3, Decimal::from(QUANTITY_MAX)).map(Self)
    }

    pub fn pieces(count: i32) -> Self {
        Self(Decimal::from(count))
    }

    /// From thousandths, as stored.
    pub fn from_thousandths(thousandths: i64) -> Self {
        Self(Decimal::new(thousandths, 3).normalize())
    }

    /// In thousandths, as stored.
    pub fn thousandths(self) -> i64 {
        let mut scaled = self.0;
        scaled.rescale(3);
        i64::try_from(scaled.mantissa()).unwrap_or(if self.is_negative() { i64::MIN } else { i64::MAX })
    }

    pub fn value(self) -> Decimal {
        self.0
    }

    /// So many of what holds `each`, to the thousandth.
    pub fn times(self, each: Self) -> Self {
        Self((self.0 * each.0).round_dp(3))
    }

    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    pub fn is_negative(self) -> bool {
        self.0 < Decimal::ZERO
    }

    pub fn is_positive(self) -> bool {
        self.0 > Decimal::ZERO
    }

    /// Whether it counts whole pieces.
    pub fn is_whole(self) -> bool {
        self.0.fract().is_zero()
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).normalize())
    }
}

impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self((self.0 - other.0).normalize())
    }
}

impl Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self((Decimal::ZERO - self.0).normalize())
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Quantity {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::ZERO, |sum, quantity| sum + quantity)
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_grams_but_nothing_finer() {
        assert_eq!(Quantity::new(Decimal::new(1375, 3)).unwrap().thousandths(), 1375);
        assert!(Quantity::new(Decimal::new(13755, 4)).is_err());
        assert!(Quantity::new(Decimal::from(QUANTITY_MAX + 1)).is_err());
        assert_eq!(Quantity::from_thousandths(-1500).to_string(), "-1.5");
    }
}
