use std::fmt;

use rust_decimal::Decimal;

use crate::{AmountError, Currency, Money, Quantity, Rounding};

/// The largest price of one unit, in major units.
pub const UNIT_PRICE_MAX: i64 = 1_000_000_000;

/// The price of one unit (piece, kilogram, litre), to four places, never negative. Its currency is the basket's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitPrice(Decimal);

impl UnitPrice {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// # Errors
    /// [`AmountError::Negative`], [`AmountError::TooPrecise`] beyond four places, [`AmountError::OutOfRange`] beyond
    /// [`UNIT_PRICE_MAX`].
    pub fn new(value: Decimal) -> Result<Self, AmountError> {
        let value = crate::bounded(value, 4, Decimal::from(UNIT_PRICE_MAX))?;
        if value < Decimal::ZERO { Err(AmountError::Negative { value }) } else { Ok(Self(value)) }
    }

    pub fn value(self) -> Decimal {
        self.0
    }

    /// In ten-thousandths, as stored.
    pub fn ten_thousandths(self) -> i64 {
        let mut scaled = self.0;
        scaled.rescale(4);
        i64::try_from(scaled.mantissa()).unwrap_or(i64::MAX)
    }

    /// From ten-thousandths, as stored.
    ///
    /// # Errors
    /// As [`UnitPrice::new`].
    pub fn from_ten_thousandths(value: i64) -> Result<Self, AmountError> {
        Self::new(Decimal::new(value, 4))
    }

    /// The extended price: price times quantity, rounded once to the currency's minor unit.
    pub fn extend(self, quantity: Quantity, currency: Currency, rounding: Rounding) -> Money {
        Money::round(self.0 * quantity.value(), currency, rounding)
    }
}

impl fmt::Debug for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
