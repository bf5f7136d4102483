//! The store's business day: an instant becomes a civil date in the store's time zone, which changes at its cut-over.

use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, ToSpan};

/// A time zone that this machine's database does not have, or an instant or cut-over that no calendar holds.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("the time zone `{name}` is unknown; use an IANA name such as Europe/Vienna")]
    UnknownZone {
        name: String,
        #[source]
        source: jiff::Error,
    },
    #[error("the instant {ms} ms is outside the calendar")]
    OutOfRange { ms: i64 },
}

/// The business date at an instant. The day begins at `cut_over_minutes` after local midnight; where a clock change skips
/// that time the day begins when the clock has jumped over it, and where the time comes twice, at the first of the two. So
/// dates never go back while time goes on.
///
/// # Errors
/// [`CalendarError`].
pub fn business_date(
    zone: &str,
    cut_over_minutes: u16,
    at: Timestamp,
) -> Result<BusinessDate, CalendarError> {
    date_at(&self::zone(zone)?, cut_over_minutes, at)
}

/// As [`business_date`], in a time zone that is at hand.
///
/// # Errors
/// [`CalendarError::OutOfRange`].
pub fn date_at(zone: &TimeZone, cut_over_minutes: u16, at: Timestamp) -> Result<BusinessDate, CalendarError> {
    let out_of_range = || CalendarError::OutOfRange { ms: at.0 };
    let instant = Instant::from_millisecond(at.0).map_err(|_| out_of_range())?;
    let local = instant.to_zoned(zone.clone()).date();
    let date = if instant < day_begins(zone, local, cut_over_minutes).ok_or_else(out_of_range)? {
        local.yesterday().map_err(|_| out_of_range())?
    } else {
        local
    };
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    BusinessDate::new(date.year(), month, day).map_err(|_| out_of_range())
}

/// Date and minute on a wall clock in the zone.
///
/// # Errors
/// [`CalendarError`].
pub fn local_time(zone: &str, at: Timestamp) -> Result<LocalTime, CalendarError> {
    let zone = self::zone(zone)?;
    let out_of_range = || CalendarError::OutOfRange { ms: at.0 };
    let local = Instant::from_millisecond(at.0).map_err(|_| out_of_range())?.to_zoned(zone);
    let (month, day) = (local.month().unsigned_abs(), local.day().unsigned_abs());
    let date = BusinessDate::new(local.year(), month, day).map_err(|_| out_of_range())?;
    let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
    Ok(LocalTime { date, minute })
}

/// A store's time zone by its IANA name.
///
/// # Errors
/// [`CalendarError::UnknownZone`].
pub fn zone(name: &str) -> Result<TimeZone, CalendarError> {
    TimeZone::get(name).map_err(|source| CalendarError::UnknownZone { name: name.to_owned(), source })
}

/// The hour of the store's clock, 0 to 23, at an instant; 0 for one outside the calendar.
pub fn hour(zone: &TimeZone, at: Timestamp) -> u8 {
    let instant = Instant::from_millisecond(at.0).unwrap_or(Instant::UNIX_EPOCH);
    instant.to_zoned(zone.clone()).hour().unsigned_abs()
}

/// The day that follows.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the calendar's end.
pub fn day_after(date: BusinessDate) -> Result<BusinessDate, CalendarError> {
    let out_of_range = || CalendarError::OutOfRange { ms: i64::MAX };
    let (month, day) = (date.month().cast_signed(), date.day().cast_signed());
    let civil = Date::new(date.year(), month, day).and_then(Date::tomorrow).map_err(|_| out_of_range())?;
    let (month, day) = (civil.month().cast_unsigned(), civil.day().cast_unsigned());
    BusinessDate::new(civil.year(), month, day).map_err(|_| out_of_range())
}

/// The first instant of a business date, and the first of the one after it.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the calendar's end.
pub fn span(
    zone: &TimeZone,
    cut_over_minutes: u16,
    date: BusinessDate,
) -> Result<(Timestamp, Timestamp), CalendarError> {
    let out_of_range = || CalendarError::OutOfRange { ms: i64::MAX };
    let begins = |date: Date| {
        let instant = day_begins(zone, date, cut_over_minutes).ok_or_else(out_of_range)?;
        Ok(Timestamp(instant.as_millisecond()))
    };
    let (month, day) = (date.month().cast_signed(), date.day().cast_signed());
    let civil = Date::new(date.year(), month, day).map_err(|_| out_of_range())?;
    Ok((begins(civil)?, begins(civil.tomorrow().map_err(|_| out_of_range())?)?))
}

/// The instant at which the business day of a civil date begins.
fn day_begins(zone: &TimeZone, date: Date, cut_over_minutes: u16) -> Option<Instant> {
    let civil = date.at(0, 0, 0, 0).checked_add(i64::from(cut_over_minutes).minutes()).ok()?;
    // "Compatible" takes the later side of a gap and the earlier one of a fold.
    zone.to_ambiguous_zoned(civil).compatible().ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(instant: &str) -> Timestamp {
        Timestamp(instant.parse::<Instant>().unwrap().as_millisecond())
    }

    #[test]
    fn the_day_changes_at_the_cut_over_in_the_stores_own_zone() {
        for (zone, cut_over, instant, date) in [
            ("UTC", 0, "2026-03-01T00:00:00Z", "2026-03-01"),
            ("UTC", 0, "2026-02-28T23:59:59.999Z", "2026-02-28"),
            ("Europe/Vienna", 0, "2026-06-30T22:00:00Z", "2026-07-01"),
            ("Europe/Vienna", 240, "2026-07-01T01:59:59.999Z", "2026-06-30"),
            ("Europe/Vienna", 240, "2026-07-01T02:00:00Z", "2026-07-01"),
            ("America/New_York", 180, "2026-01-01T07:59:00Z", "2025-12-31"),
            ("America/New_York", 180, "2026-01-01T08:00:00Z", "2026-01-01"),
            ("Asia/Kathmandu", 0, "2026-05-01T18:14:59Z", "2026-05-01"),
            ("Asia/Kathmandu", 0, "2026-05-01T18:15:00Z", "2026-05-02"),
            ("Pacific/Kiritimati", 0, "2026-05-01T10:00:00Z", "2026-05-02"),
            ("Pacific/Pago_Pago", 0, "2026-05-01T10:59:59Z", "2026-04-30"),
            // Spring: 02:00 becomes 03:00 on 29 March in Vienna; a day that begins at 02:30 begins at 03:30 summer time.
            ("Europe/Vienna", 150, "2026-03-29T00:59:59Z", "2026-03-28"),
            ("Europe/Vienna", 150, "2026-03-29T01:29:59Z", "2026-03-28"),
            ("Europe/Vienna", 150, "2026-03-29T01:30:00Z", "2026-03-29"),
            ("Europe/Vienna", 240, "2026-03-29T01:59:59Z", "2026-03-28"),
            ("Europe/Vienna", 240, "2026-03-29T02:00:00Z", "2026-03-29"),
            // Autumn: 03:00 becomes 02:00 on 25 October; 02:30 comes twice and the first one counts.
            ("Europe/Vienna", 150, "2026-10-25T00:29:59Z", "2026-10-24"),
            ("Europe/Vienna", 150, "2026-10-25T00:30:00Z", "2026-10-25"),
            ("Europe/Vienna", 150, "2026-10-25T01:10:00Z", "2026-10-25"),
            ("America/New_York", 90, "2026-11-01T05:29:59Z", "2026-10-31"),
            ("America/New_York", 90, "2026-11-01T06:10:00Z", "2026-11-01"),
            // A zone whose clock change skips midnight itself.
            ("Africa/Cairo", 0, "2026-04-23T21:59:59Z", "2026-04-23"),
            ("Africa/Cairo", 0, "2026-04-23T22:00:00Z", "2026-04-24"),
        ] {
            assert_eq!(
                business_date(zone, cut_over, at(instant)).unwrap().to_string(),
                date,
                "{zone} {instant}"
            );
        }
    }

    #[test]
    fn dates_never_go_back_while_time_goes_on() {
        for (zone, cut_over) in
            [("Europe/Vienna", 150), ("America/New_York", 90), ("Australia/Lord_Howe", 105)]
        {
            let mut last = None;
            let start = at("2026-01-01T00:00:00Z").0;
            for quarter in 0..366 * 96 {
                let date = business_date(zone, cut_over, Timestamp(start + quarter * 900_000)).unwrap();
                assert!(last.is_none_or(|last| last <= date), "{zone} {date}");
                last = Some(date);
            }
        }
    }

    #[test]
    fn the_wall_clock_is_the_store_s_own() {
        let wall = |zone, instant| {
            let local = local_time(zone, at(instant)).unwrap();
            format!("{} {:02}:{:02}", local.date, local.minute / 60, local.minute % 60)
        };
        assert_eq!(wall("Europe/Vienna", "2026-07-31T22:05:59Z"), "2026-08-01 00:05");
        assert_eq!(wall("America/New_York", "2026-01-01T04:59:00Z"), "2025-12-31 23:59");
        // The hour that comes twice.
        assert_eq!(wall("Europe/Vienna", "2026-10-25T00:30:00Z"), "2026-10-25 02:30");
        assert_eq!(wall("Europe/Vienna", "2026-10-25T01:30:00Z"), "2026-10-25 02:30");
    }

    #[test]
    fn a_date_spans_the_instants_that_are_of_it() {
        for (name, cut_over, date) in [
            ("Europe/Vienna", 150, "2026-03-29"),
            ("Europe/Vienna", 150, "2026-10-25"),
            ("Africa/Cairo", 0, "2026-04-24"),
            ("UTC", 0, "2028-02-29"),
        ] {
            let date: BusinessDate = date.parse().unwrap();
            let (first, after) = span(&zone(name).unwrap(), cut_over, date).unwrap();
            let of = |at: i64| business_date(name, cut_over, Timestamp(at)).unwrap();
            assert_eq!((of(first.0), of(after.0 - 1)), (date, date), "{name}");
            assert!(of(first.0 - 1) < date && of(after.0) > date, "{name}");
        }
        assert_eq!(hour(&zone("Europe/Vienna").unwrap(), at("2026-07-01T22:59:59Z")), 0);
        assert_eq!(hour(&zone("Europe/Vienna").unwrap(), at("2026-12-01T22:59:59Z")), 23);
    }

    #[test]
    fn unknown_zones_and_impossible_instants_are_errors() {
        assert!(matches!(
            business_date("Europe/Atlantis", 0, at("2026-01-01T00:00:00Z")),
            Err(CalendarError::UnknownZone { .. })
        ));
        assert!(matches!(
            business_date("UTC", 0, Timestamp(i64::MAX)),
            Err(CalendarError::OutOfRange { .. })
        ));
    }
}
