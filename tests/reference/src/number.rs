//! Decimals as they are written, and the exact fractions that everything is computed with.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact fraction of any size. Amounts are fractions of the currency's minor unit.
pub type Exact = BigRational;

/// A whole number of the currency's minor units.
pub type Minor = i128;

/// A decimal as a case spells it: `1.50` keeps its zero, and is equal to `1.5`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    digits: i128,
    places: u32,
}

impl Decimal {
    /// `digits` with the point set `places` before the end.
    pub fn new(digits: i128, places: u32) -> Self {
        Self { digits, places }
    }

    /// The number itself.
    pub fn exact(self) -> Exact {
        Exact::new(self.digits.into(), 10_i128.pow(self.places).into())
    }

    /// The number in minor units of a currency with so many decimals, with whatever fraction it has.
    pub fn in_minor(self, exponent: u32) -> Exact {
        self.exact() * whole(10_i128.pow(exponent))
    }

    /// The number in minor units, where it is an amount of money and so has no smaller part.
    pub fn money(self, exponent: u32) -> Result<Minor> {
        let exact = self.in_minor(exponent);
        ensure!(exact.is_integer(), "{self} has a part smaller than the minor unit");
        Ok(round(&exact))
    }
}

impl FromStr for Decimal {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (before, after) = text.split_once('.').unwrap_or((text, ""));
        let unsigned = before.strip_prefix('-').unwrap_or(before);
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if unsigned.is_empty() || !digits_only(unsigned) || !digits_only(after) || text.ends_with('.') {
            bail!("{text:?} is no decimal");
        }
        let digits = format!("{before}{after}").parse().with_context(|| format!("{text} is too long"))?;
        Ok(Self { digits, places: u32::try_from(after.len())? })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let places = self.places as usize;
        let digits = format!("{:0>width$}", self.digits.unsigned_abs(), width = places + 1);
        let (before, after) = digits.split_at(digits.len() - places);
        let point = if places == 0 { "" } else { "." };
        write!(f, "{sign}{before}{point}{after}")
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.exact() == other.exact()
    }
}

impl Eq for Decimal {}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A whole number as a fraction.
pub fn whole(number: i128) -> Exact {
    Exact::from_integer(number.into())
}

/// Nothing.
pub fn zero() -> Exact {
    Exact::zero()
}

/// The whole.
pub fn one() -> Exact {
    Exact::one()
}

/// *Round*: to the nearest whole minor unit, and a half goes up.
pub fn round(exact: &Exact) -> Minor {
    round_down(&(exact + Exact::new(1.into(), 2.into())))
}

/// The largest whole number that is not above it.
pub fn round_down(exact: &Exact) -> Minor {
    exact.floor().to_integer().to_i128().expect("an amount of a basket fits 38 digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_written_as_it_was_read() {
        for text in ["0", "0.1", "12.340", "-0.05", "1000", "0.0001"] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), text);
        }
        for text in ["", ".5", "5.", "1e3", "1,5", "--1", "+1", "1.-5"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_half_goes_up_and_less_than_a_half_goes_down() {
        let rounded = |text: &str| round(&text.parse::<Decimal>().unwrap().exact());
        assert_eq!(rounded("2.5"), 3);
        assert_eq!(rounded("2.4999"), 2);
        assert_eq!(rounded("0.5"), 1);
        assert_eq!(rounded("3"), 3);
    }
}
