use std::fmt;

use crate::AmountError;

/// An ISO 4217 currency that has minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    pub const GBP: Self = Self(iso_currency::Currency::GBP);
    pub const USD: Self = Self(iso_currency::Currency::USD);
    pub const JPY: Self = Self(iso_currency::Currency::JPY);

    /// From the three-letter code, upper case.
    ///
    /// # Errors
    /// [`AmountError::UnknownCurrency`] when ISO 4217 has no such currency or it has no minor unit (gold, test codes).
    pub fn from_code(code: &str) -> Result<Self, AmountError> {
        iso_currency::Currency::from_code(code)
            .filter(|c| c.exponent().is_some())
            .map(Self)
            .ok_or_else(|| AmountError::UnknownCurrency { text: code.chars().take(8).collect() })
    }

    /// From the three-digit number of ISO 4217, as stored in the journal.
    ///
    /// # Errors
    /// [`AmountError::UnknownCurrency`] as for [`Currency::from_code`].
    pub fn from_numeric(numeric: u16) -> Result<Self, AmountError> {
        iso_currency::Currency::from_numeric(numeric)
            .filter(|c| c.exponent().is_some())
            .map(Self)
            .ok_or_else(|| AmountError::UnknownCurrency { text: numeric.to_string() })
    }

    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The three-digit number of ISO 4217.
    pub fn numeric(self) -> u16 {
        self.0.numeric()
    }

    /// Decimal places of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(0))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
