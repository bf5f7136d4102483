//! Dates as six digits (GS1 General Specifications, sections 3.4 and 7.12).

use std::fmt;

/// A day that a label states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    pub year: i16,
    pub month: u8,
    pub day: u8,
    /// Whether only the month was stated, as day 00; `day` is the month's last one then.
    pub month_only: bool,
}

impl Date {
    /// The date that `YYMMDD` is in a given year: the century is the one that brings it nearest.
    #[must_use]
    pub fn parse(digits: &str, this_year: i16) -> Option<Self> {
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let pair = |at: usize| digits[at..at + 2].parse::<u8>().ok();
        let (short, month, day) = (i16::from(pair(0)?), pair(2)?, pair(4)?);
        let century = this_year - this_year.rem_euclid(100);
        // Section 7.12: 51 and more years ahead was in the last century, 50 and more ago will be in the next.
        let year = match short - this_year.rem_euclid(100) {
            51..=99 => century - 100 + short,
            -99..=-50 => century + 100 + short,
            _ => century + short,
        };
        let last = last_day(year, month)?;
        let month_only = day == 0;
        let day = if month_only { last } else { day };
        (day <= last).then_some(Self { year, month, day, month_only })
    }
}

fn last_day(year: i16, month: u8) -> Option<u8> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    })
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_the_century_that_is_nearest() {
        for (digits, this_year, read) in [
            ("261128", 2026, Some("2026-11-28")),
            ("280200", 2026, Some("2028-02-29")),
            ("270200", 2026, Some("2027-02-28")),
            ("760101", 2026, Some("2076-01-01")),
            ("770101", 2026, Some("1977-01-01")),
            ("991231", 2026, Some("1999-12-31")),
            ("300101", 2096, Some("2130-01-01")),
            // 2100 is no leap year.
            ("000229", 2096, None),
            ("000228", 2096, Some("2100-02-28")),
        ] {
            let date = Date::parse(digits, this_year).map(|date| date.to_string());
            assert_eq!(date.as_deref(), read, "{digits}");
        }
        for digits in ["261301", "260001", "260431", "260230", "26010", "26O101", "2601011"] {
            assert_eq!(Date::parse(digits, 2026), None, "{digits}");
        }
    }
}
