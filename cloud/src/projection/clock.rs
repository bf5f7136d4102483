//! Instants as civil dates and hours of a store.

use jiff::tz::TimeZone;

/// How a store's instants become civil dates and hours.
#[derive(Debug, Clone)]
pub struct StoreClock {
    zone: TimeZone,
    cut_over_minutes: i64,
}

impl StoreClock {
    /// # Errors
    /// When the time zone is not in the IANA database.
    pub fn new(zone: &str, cut_over_minutes: u16) -> Result<Self, jiff::Error> {
        Ok(Self { zone: TimeZone::get(zone)?, cut_over_minutes: i64::from(cut_over_minutes) })
    }

    /// The business date of an instant, as 2026-11-30.
    pub fn business_date(&self, at_ms: i64) -> String {
        let at_ms = at_ms.saturating_sub(self.cut_over_minutes * 60_000);
        self.zoned(at_ms).date().to_string()
    }

    /// The local hour, 0 to 23.
    pub fn hour(&self, at_ms: i64) -> i64 {
        i64::from(self.zoned(at_ms).hour())
    }

    pub fn zoned(&self, at_ms: i64) -> jiff::Zoned {
        let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone())
    }

    /// The hour under which a sale is shown: the till's own time when it falls on the sale's business day (paper entries and
    /// island sales), the journal's otherwise (a till whose clock is wrong).
    pub(super) fn sale_hour(&self, business_date: &str, occurred_at_ms: i64, recorded_at_ms: i64) -> i64 {
        let trusted = self.business_date(occurred_at_ms) == business_date;
        self.hour(if trusted { occurred_at_ms } else { recorded_at_ms })
    }
}
