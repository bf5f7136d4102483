//! Instants and civil dates as plain values. Time zones and clocks are facts that the shell brings.

use std::fmt;
use std::str::FromStr;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

/// To the minute, in UTC: for texts that people read.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.div_euclid(60_000);
        let (days, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
        // The civil date of a day number, in years that begin in March, so that a leap day is a year's last.
        let day = days + 719_468;
        let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march = (5 * of_year + 2) / 153;
        let (day, month) =
            (of_year - (153 * march + 2) / 5 + 1, if march < 10 { march + 3 } else { march - 9 });
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minute / 60, minute % 60)
    }
}

/// The store's business day: a civil date in the store's own time zone, which changes at its cut-over time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDate {
    year: i16,
    month: u8,
    day: u8,
}

/// A text or a triple that is not a date between the years 1970 and 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date; write it as 2026-11-30")]
pub struct DateError {
    pub text: String,
}

impl BusinessDate {
    /// # Errors
    /// [`DateError`] when the calendar has no such day.
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, DateError> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if (1970..=9999).contains(&year) && (1..=days).contains(&day) {
            Ok(Self { year, month, day })
        } else {
            Err(DateError { text: format!("{year:04}-{month:02}-{day:02}") })
        }
    }

    pub fn year(self) -> i16 {
        self.year
    }

    pub fn month(self) -> u8 {
        self.month
    }

    pub fn day(self) -> u8 {
        self.day
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];
}

/// A civil date and minute in the store's time zone: what price lists and promotions look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime {
    pub date: BusinessDate,
    /// Minutes since local midnight, 0 to 1439.
    pub minute: u16,
}

impl LocalTime {
    pub fn midnight(date: BusinessDate) -> Self {
        Self { date, minute: 0 }
    }
}

impl BusinessDate {
    /// The day of the week, by Zeller's congruence.
    pub fn weekday(self) -> Weekday {
        let (year, month) = match self.month {
            1 | 2 => (i32::from(self.year) - 1, i32::from(self.month) + 12),
            month => (i32::from(self.year), i32::from(month)),
        };
        let from_saturday =
            (i32::from(self.day) + 13 * (month + 1) / 5 + year + year / 4 - year / 100 + year / 400) % 7;
        Weekday::ALL[usize::try_from((from_saturday + 5) % 7).expect("a remainder of positive numbers")]
    }
}

impl fmt::Display for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for BusinessDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BusinessDate {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        let not_a_date = || DateError { text: text.chars().take(20).collect() };
        let mut parts = text.split('-');
        let (Some(year), Some(month), Some(day), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(not_a_date());
        };
        if (year.len(), month.len(), day.len()) != (4, 2, 2) {
            return Err(not_a_date());
        }
        match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => Self::new(year, month, day).map_err(|_| not_a_date()),
            _ => Err(not_a_date()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_days_of_the_week() {
        for (date, day) in [
            ("2026-11-28", Weekday::Saturday),
            ("2024-02-29", Weekday::Thursday),
            ("2000-01-01", Weekday::Saturday),
            ("1970-01-01", Weekday::Thursday),
            ("2100-03-01", Weekday::Monday),
        ] {
            assert_eq!(date.parse::<BusinessDate>().unwrap().weekday(), day, "{date}");
        }
    }

    #[test]
    fn an_instant_reads_as_a_date_and_a_time() {
        for (milliseconds, shown) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399_999, "2000-02-28 23:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00 UTC"),
            (1_709_251_199_000, "2024-02-29 23:59 UTC"),
            (1_790_000_000_000, "2026-09-21 14:13 UTC"),
            (-1, "1969-12-31 23:59 UTC"),
        ] {
            assert_eq!(Timestamp(milliseconds).to_string(), shown);
        }
    }

    #[test]
    fn knows_the_calendar() {
        for good in ["2024-02-29", "2000-02-29", "2026-12-31", "2010-12-01"] {
            assert_eq!(good.parse::<BusinessDate>().unwrap().to_string(), good);
        }
        for bad in
            ["2023-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "2026-04-31", "yesterday", "2026-04-30-1"]
        {
            assert!(bad.parse::<BusinessDate>().is_err(), "{bad}");
        }
    }
}
