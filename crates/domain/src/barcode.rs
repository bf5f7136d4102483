//! What a scanner reads: GTINs with their check digit (GS1 General Specifications, section 7.9), and the store's own
//! thirteen digits that carry a weight or a price (restricted circulation numbers, prefixes 20 to 29 and 02).

use holdfast_money::{Currency, Money, Quantity};

use crate::bounded::Barcode;

/// The digits of an in-store code: prefix, item, perhaps a check digit over the value, the value, the check digit.
pub const MEASURE_DIGITS: usize = 13;

/// The check digit that belongs after `digits`, if these are digits.
pub fn check_digit(digits: &str) -> Option<u8> {
    let mut sum = 0_u32;
    for (position, byte) in digits.bytes().rev().enumerate() {
        let digit = u32::from(byte.checked_sub(b'0').filter(|digit| *digit <= 9)?);
        sum += if position % 2 == 0 { digit * 3 } else { digit };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// Whether a code has the length of a GTIN (8, 12, 13 or 14 digits).
pub fn is_gtin_shaped(code: &str) -> bool {
    matches!(code.len(), 8 | 12 | 13 | 14) && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a code is a GTIN with the right check digit.
pub fn is_gtin(code: &str) -> bool {
    is_gtin_shaped(code)
        && code.split_at_checked(code.len() - 1).is_some_and(|(body, check)| {
            check_digit(body).is_some_and(|right| check.as_bytes() == [b'0' + right])
        })
}

/// One spelling for all forms of a GTIN, so that a scanner that reads twelve digits finds what was entered with
/// thirteen. Anything else is its own spelling.
pub fn spelling(barcode: &Barcode) -> Barcode {
    let code = barcode.as_str();
    if !is_gtin(code) {
        return barcode.clone();
    }
    Barcode::new(&format!("{code:0>14}")).expect("fourteen digits are a barcode")
}

/// How the store's own codes carry a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureLayout {
    /// The first digits, such as `21`; these and the item's digits together are the product's barcode.
    pub prefix: Barcode,
    pub item_digits: u8,
    pub value_check: ValueCheck,
    pub value_digits: u8,
    pub measure: Measure,
}

/// Whether a digit between item and value checks the value. It is read over: the code's own check digit covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueCheck {
    Absent,
    Present,
}

/// What the value's digits mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A quantity with this many places, at most 3.
    Quantity { places: u8 },
    /// What the whole item costs, in minor units.
    Price,
}

/// What a code said besides the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedded {
    Quantity(Quantity),
    Price { minor: i64 },
}

impl Embedded {
    /// The price that the label states, in the store's currency.
    pub fn price(self, currency: Currency) -> Option<Money> {
        match self {
            Self::Quantity(_) => None,
            Self::Price { minor } => Some(Money::from_minor(minor, currency)),
        }
    }
}

impl MeasureLayout {
    /// Whether the parts make up a code.
    pub fn is_sound(&self) -> bool {
        let prefix = self.prefix.as_str();
        let check = usize::from(self.value_check == ValueCheck::Present);
        let digits =
            prefix.len() + usize::from(self.item_digits) + check + usize::from(self.value_digits) + 1;
        let places = match self.measure {
            Measure::Quantity { places } => places,
            Measure::Price => 0,
        };
        digits == MEASURE_DIGITS
            && prefix.bytes().all(|byte| byte.is_ascii_digit())
            && (prefix.starts_with('2') || prefix.starts_with("02"))
            && prefix.len() >= 2
            && self.item_digits > 0
            && self.value_digits > 0
            && places <= 3
    }

    /// The item's code and its value, when `barcode` is of this layout and its check digit is right.
    pub fn read(&self, barcode: &Barcode) -> Option<(Barcode, Embedded)> {
        let code = barcode.as_str();
        if code.len() != MEASURE_DIGITS || !code.starts_with(self.prefix.as_str()) || !is_gtin(code) {
            return None;
        }
        let item_end = self.prefix.as_str().len() + usize::from(self.item_digits);
        let value_start = item_end + usize::from(self.value_check == ValueCheck::Present);
        let value: i64 = code.get(value_start..MEASURE_DIGITS - 1)?.parse().ok()?;
        let item = Barcode::new(code.get(..item_end)?).ok()?;
        let embedded = match self.measure {
            Measure::Price => Embedded::Price { minor: value },
            Measure::Quantity { places } => {
                let thousandths = value * 10_i64.pow(3 - u32::from(places.min(3)));
                Embedded::Quantity(Quantity::from_thousandths(thousandths))
            }
        };
        Some((item, embedded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn barcode(text: &str) -> Barcode {
        Barcode::new(text).expect("a barcode")
    }

    #[test]
    fn check_digits_are_those_of_real_goods() {
        for code in ["4006381333931", "96385074", "036000291452", "10614141000415"] {
            assert!(is_gtin(code), "{code}");
            let wrong =
                format!("{}{}", &code[..code.len() - 1], (code.as_bytes()[code.len() - 1] - b'0' + 1) % 10);
            assert!(!is_gtin(&wrong), "{wrong}");
        }
        assert!(!is_gtin("400638133393x") && !is_gtin("12345") && !is_gtin(""));
    }

    #[test]
    fn twelve_digits_and_thirteen_are_one_code() {
        assert_eq!(spelling(&barcode("036000291452")), spelling(&barcode("0036000291452")));
        assert_eq!(spelling(&barcode("85123A")), barcode("85123A"), "the shop's own codes stay as they are");
    }

    #[test]
    fn labels_carry_a_weight_or_a_price_to_the_cent() {
        let weight = MeasureLayout {
            prefix: barcode("21"),
            item_digits: 5,
            value_check: ValueCheck::Absent,
            value_digits: 5,
            measure: Measure::Quantity { places: 3 },
        };
        let price = MeasureLayout {
            prefix: barcode("22"),
            item_digits: 4,
            value_check: ValueCheck::Present,
            value_digits: 5,
            measure: Measure::Price,
        };
        assert!(weight.is_sound() && price.is_sound());
        let label = |body: &str| barcode(&format!("{body}{}", check_digit(body).expect("digits")));
        let read = weight.read(&label("211234501235")).expect("a weight");
        assert_eq!(read, (barcode("2112345"), Embedded::Quantity(Quantity::from_thousandths(1_235))));
        let read = price.read(&label("221234700399")).expect("a price");
        assert_eq!(read, (barcode("221234"), Embedded::Price { minor: 399 }));
        assert_eq!(weight.read(&label("221234700399")), None, "another prefix");
        assert_eq!(weight.read(&barcode("2112345012350")), None, "a wrong check digit");
    }
}
