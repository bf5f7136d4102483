//! Receipt numbers: gap-free series of each till.

use std::fmt;

/// A till's number within its store, printed on receipts; 1 to 9999, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TillNumber(pub u16);

/// Which of a till's series a number belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// Given by the hub when the transaction becomes durable.
    Hub,
    /// Owned by the till for sales it makes alone; shown with the letter I.
    Island,
    /// Training, shown with the letter T; never turnover.
    Training,
}

/// The number a receipt bears: `3-000042`, `3-I000042` or `3-T000042`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptNumber {
    pub till: TillNumber,
    pub series: Series,
    pub number: u32,
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.series {
            Series::Hub => "",
            Series::Island => "I",
            Series::Training => "T",
        };
        write!(f, "{}-{letter}{:06}", self.till.0, self.number)
    }
}

/// A text that is no receipt number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a receipt number; it reads like 3-000042 or 3-I000042")]
pub struct ReceiptNumberError {
    pub text: String,
}

impl std::str::FromStr for ReceiptNumber {
    type Err = ReceiptNumberError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (till, rest) = text.split_once('-')?;
            let (series, digits) = match rest.as_bytes().first()? {
                b'I' => (Series::Island, &rest[1..]),
                b'T' => (Series::Training, &rest[1..]),
                _ => (Series::Hub, rest),
            };
            let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
            (plain(till) && plain(digits)).then_some(())?;
            Some(Self { till: TillNumber(till.parse().ok()?), series, number: digits.parse().ok()? })
        };
        parse().ok_or_else(|| ReceiptNumberError { text: text.chars().take(20).collect() })
    }
}

/// Where a transaction's number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptSource {
    /// The hub gives the next number of the till's hub series.
    Hub,
    /// The till made the transaction alone and already printed this number of its own series.
    Island { number: u32 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_as_they_are_shown() {
        for series in [Series::Hub, Series::Island, Series::Training] {
            let number = ReceiptNumber { till: TillNumber(3), series, number: 42 };
            assert_eq!(number.to_string().parse::<ReceiptNumber>().unwrap(), number);
        }
        for bad in ["", "3", "3-", "-1", "3-X000001", "3-I", "70000-1", "3-1-1", "3-+1"] {
            assert!(bad.parse::<ReceiptNumber>().is_err(), "{bad}");
        }
    }
}
