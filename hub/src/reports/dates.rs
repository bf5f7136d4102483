//! Which business dates a question is about.

use holdfast_domain::calendar::BusinessDate;
use jiff::civil::Date;

/// A first and a last date, in order and not too far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dates {
    pub from: BusinessDate,
    pub to: BusinessDate,
}

/// Why two dates are no range that is answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DatesError {
    #[error("the last date {to} is before the first one {from}")]
    Backwards { from: BusinessDate, to: BusinessDate },
    #[error("from {from} to {to} are {days} days; ask for at most {max} at once")]
    TooMany { from: BusinessDate, to: BusinessDate, days: i64, max: i64 },
}

impl Dates {
    /// # Errors
    /// [`DatesError`].
    pub fn new(from: BusinessDate, to: BusinessDate, days_max: i64) -> Result<Self, DatesError> {
        if to < from {
            return Err(DatesError::Backwards { from, to });
        }
        let span = civil(from).until(civil(to)).map_or(i64::MAX, |span| i64::from(span.get_days()) + 1);
        if span > days_max {
            return Err(DatesError::TooMany { from, to, days: span, max: days_max });
        }
        Ok(Self { from, to })
    }

    pub fn holds(&self, date: BusinessDate) -> bool {
        (self.from..=self.to).contains(&date)
    }

    /// Every date, ascending.
    pub fn each(self) -> impl Iterator<Item = BusinessDate> {
        let to = civil(self.to);
        let days = std::iter::successors(Some(civil(self.from)), |date| date.tomorrow().ok());
        days.take_while(move |date| *date <= to).filter_map(business)
    }
}

fn civil(date: BusinessDate) -> Date {
    let (month, day) = (date.month().cast_signed(), date.day().cast_signed());
    Date::new(date.year(), month, day).expect("every business date is one of the calendar")
}

fn business(date: Date) -> Option<BusinessDate> {
    BusinessDate::new(date.year(), date.month().unsigned_abs(), date.day().unsigned_abs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> BusinessDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_has_an_order_and_a_length() {
        let leap = Dates::new(date("2028-02-28"), date("2028-03-01"), 3).unwrap();
        let days: Vec<String> = leap.each().map(|date| date.to_string()).collect();
        assert_eq!(days, ["2028-02-28", "2028-02-29", "2028-03-01"]);
        assert!(leap.holds(date("2028-02-29")) && !leap.holds(date("2028-03-02")));
        let one = Dates::new(date("2026-11-28"), date("2026-11-28"), 1).unwrap();
        assert_eq!(one.each().count(), 1);
        let backwards = Dates::new(date("2026-11-28"), date("2026-11-27"), 9);
        assert!(matches!(backwards, Err(DatesError::Backwards { .. })));
        let long = Dates::new(date("2026-01-01"), date("2026-12-31"), 364).unwrap_err();
        assert!(matches!(long, DatesError::TooMany { days: 365, max: 364, .. }), "{long}");
    }
}
