use std::fmt;

use rust_decimal::Decimal;

use crate::AmountError;

/// A share of something: a tax rate or a discount percentage, as a fraction (0.19 for 19 %), to six places, from 0 to 10.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

impl Rate {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// # Errors
    /// [`AmountError::Negative`], [`AmountError::TooPrecise`] beyond six places, [`AmountError::OutOfRange`] beyond 10.
    pub fn new(fraction: Decimal) -> Result<Self, AmountError> {
        let value = crate::bounded(fraction, 6, Decimal::TEN)?;
        if value < Decimal::ZERO { Err(AmountError::Negative { value }) } else { Ok(Self(value)) }
    }

    /// From a percentage: `19` is 19 %, `5.5` is 5.5 %.
    ///
    /// # Errors
    /// As [`Rate::new`].
    pub fn percent(percent: Decimal) -> Result<Self, AmountError> {
        Self::new(percent / Decimal::ONE_HUNDRED)
    }

    pub fn fraction(self) -> Decimal {
        self.0
    }

    pub fn as_percent(self) -> Decimal {
        (self.0 * Decimal::ONE_HUNDRED).normalize()
    }

    /// In millionths, as stored.
    pub fn millionths(self) -> u32 {
        let mut scaled = self.0;
        scaled.rescale(6);
        u32::try_from(scaled.mantissa()).unwrap_or(0)
    }

    /// From millionths, as stored.
    ///
    /// # Errors
    /// As [`Rate::new`].
    pub fn from_millionths(millionths: u32) -> Result<Self, AmountError> {
        Self::new(Decimal::new(i64::from(millionths), 6))
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// `19 %`
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.as_percent())
    }
}
