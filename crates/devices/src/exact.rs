//! Numbers and weights as devices and labels state them: digits with a number of places, never a float.

use std::fmt;

/// A number exactly as it was stated: `units` × 10^−`places`. `1.500` and `1.5` are different statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exact {
    pub units: i64,
    pub places: u8,
}

/// The most places that a number is read with.
pub const PLACES_MAX: u8 = 9;
/// The most digits of a number that is read: what fits into 64 bits with its sign.
const DIGITS_MAX: usize = 18;

impl Exact {
    #[must_use]
    pub const fn new(units: i64, places: u8) -> Self {
        Self { units, places }
    }

    /// The number that a text of digits is, with at most one point and a sign in front; nothing else may be in it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        let places = u8::try_from(fraction.len()).ok().filter(|places| *places <= PLACES_MAX)?;
        let all = || whole.bytes().chain(fraction.bytes());
        if whole.is_empty() || all().count() > DIGITS_MAX || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let units = all().fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Some(Self { units: if negative { -units } else { units }, places })
    }

    /// The same number with this many places, when it is one.
    #[must_use]
    pub fn with_places(self, places: u8) -> Option<Self> {
        let units = if places >= self.places {
            self.units.checked_mul(10_i64.checked_pow(u32::from(places - self.places))?)?
        } else {
            let divisor = 10_i64.checked_pow(u32::from(self.places - places))?;
            (self.units % divisor == 0).then_some(self.units / divisor)?
        };
        Some(Self { units, places })
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let places = usize::from(self.places);
        let digits = format!("{:0>1$}", self.units.unsigned_abs(), places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let point = if places > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

/// The units that scales and labels weigh in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeightUnit {
    Milligram,
    Gram,
    Kilogram,
    Tonne,
    /// The international avoirdupois pound, 0.45359237 kg.
    Pound,
    /// A sixteenth of it.
    Ounce,
}

impl WeightUnit {
    const ALL: [(WeightUnit, &'static str); 6] = [
        (WeightUnit::Milligram, "mg"),
        (WeightUnit::Gram, "g"),
        (WeightUnit::Kilogram, "kg"),
        (WeightUnit::Tonne, "t"),
        (WeightUnit::Pound, "lb"),
        (WeightUnit::Ounce, "oz"),
    ];

    #[must_use]
    pub fn symbol(self) -> &'static str {
        Self::ALL.iter().find(|(unit, _)| *unit == self).map_or("", |(_, symbol)| symbol)
    }

    #[must_use]
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == symbol).map(|(unit, _)| *unit)
    }

    /// One unit in grams.
    fn grams(self) -> Exact {
        match self {
            WeightUnit::Milligram => Exact::new(1, 3),
            WeightUnit::Gram => Exact::new(1, 0),
            WeightUnit::Kilogram => Exact::new(1_000, 0),
            WeightUnit::Tonne => Exact::new(1_000_000, 0),
            WeightUnit::Pound => Exact::new(45_359_237, 5),
            WeightUnit::Ounce => Exact::new(28_349_523_125, 9),
        }
    }
}

/// A weight exactly as it was stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weight {
    pub amount: Exact,
    pub unit: WeightUnit,
}

impl Weight {
    #[must_use]
    pub const fn new(units: i64, places: u8, unit: WeightUnit) -> Self {
        Self { amount: Exact::new(units, places), unit }
    }

    /// The weight in grams, exactly; `None` when the number does not fit.
    #[must_use]
    pub fn in_grams(self) -> Option<Exact> {
        let one = self.unit.grams();
        let units = self.amount.units.checked_mul(one.units)?;
        Some(Exact { units, places: self.amount.places.checked_add(one.places)? })
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit.symbol())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, units, places) in
            [("1.500", 1_500, 3), ("0", 0, 0), ("-0.05", -5, 2), ("+12", 12, 0), ("00.007", 7, 3)]
        {
            assert_eq!(Exact::parse(text), Some(Exact::new(units, places)), "{text}");
        }
        for text in
            ["", ".", "1.", ".5", "-", "1.2.3", "1e3", "1,5", " 1", "0.1234567890", "9999999999999999999"]
        {
            assert_eq!(Exact::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_unit_has_its_grams() {
        for (weight, grams) in [
            (Weight::new(1_234, 3, WeightUnit::Kilogram), "1234.000"),
            (Weight::new(100, 2, WeightUnit::Pound), "453.5923700"),
            (Weight::new(16, 0, WeightUnit::Ounce), "453.592370000"),
            (Weight::new(5, 0, WeightUnit::Milligram), "0.005"),
            (Weight::new(2, 3, WeightUnit::Tonne), "2000.000"),
        ] {
            assert_eq!(weight.in_grams().map(|grams| grams.to_string()).as_deref(), Some(grams), "{weight}");
        }
        assert_eq!(Weight::new(i64::MAX, 0, WeightUnit::Kilogram).in_grams(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(units in -999_999_999_999_i64..1_000_000_000_000, places in 0..=PLACES_MAX) {
            let number = Exact::new(units, places);
            prop_assert_eq!(Exact::parse(&number.to_string()), Some(number));
        }

        #[test]
        fn any_text_is_a_number_or_none(text in "[-+.0-9a]{0,24}") {
            let _ = Exact::parse(&text).map(|number| number.with_places(3));
        }
    }
}
