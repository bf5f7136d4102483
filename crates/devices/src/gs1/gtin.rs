//! The article numbers of GS1 and their check digit (GS1 General Specifications, section 7.9).

use std::fmt;

/// The check digit that belongs after `digits`, if these are digits.
#[must_use]
pub fn check_digit(digits: &str) -> Option<u8> {
    let mut sum = 0_u32;
    for (place, byte) in digits.bytes().rev().enumerate() {
        let digit = u32::from(byte.checked_sub(b'0').filter(|digit| *digit <= 9)?);
        sum += if place % 2 == 0 { digit * 3 } else { digit };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

/// Whether the last of these digits is their check digit.
#[must_use]
pub fn is_checked(digits: &str) -> bool {
    let Some((body, last)) = digits.len().checked_sub(1).and_then(|at| digits.split_at_checked(at)) else {
        return false;
    };
    check_digit(body).is_some_and(|right| last.as_bytes() == [b'0' + right])
}

/// A GTIN in its one form of fourteen digits, so that all the forms of one number are equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gtin([u8; Gtin::DIGITS]);

impl Gtin {
    pub const DIGITS: usize = 14;

    /// A GTIN-8, -12, -13 or -14 with the right check digit.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        (matches!(digits.len(), 8 | 12 | 13 | 14) && is_checked(digits)).then(|| {
            let mut all = [b'0'; Self::DIGITS];
            all[Self::DIGITS - digits.len()..].copy_from_slice(digits.as_bytes());
            Self(all)
        })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it was made of digits")
    }

    /// Whether the number is a store's own (restricted circulation: GTIN-13 with the prefix 02 or 20 to 29, GTIN-8 that
    /// begins with 0 or 2) and so says nothing outside of it.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        let digits = self.as_str();
        let company = &digits[1..];
        match company.strip_prefix("00000") {
            // Eight digits in front of which there are six zeros.
            Some(eight) if digits.starts_with('0') => eight.starts_with(['0', '2']),
            _ => company.starts_with('2') || company.starts_with("02"),
        }
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gtin({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_a_number_are_one() {
        for (written, whole) in [
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
            ("0036000291452", "00036000291452"),
            ("4006381333931", "04006381333931"),
            ("10614141000415", "10614141000415"),
        ] {
            assert_eq!(Gtin::parse(written).map(|gtin| gtin.to_string()).as_deref(), Some(whole));
        }
        for text in ["", "4006381333932", "400638133393", "400638133393x", "1234567", "é0000000000"] {
            assert_eq!(Gtin::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_stores_own_numbers_are_known() {
        for (digits, own) in [
            ("2012345006787", true),
            ("0212345006782", true),
            ("20000004", true),
            ("96385074", false),
            ("4006381333931", false),
            ("036000291452", false),
        ] {
            let body = &digits[..digits.len() - 1];
            let digits = format!("{body}{}", check_digit(body).expect("digits"));
            assert_eq!(Gtin::parse(&digits).expect("checked").is_restricted(), own, "{digits}");
        }
    }
}
