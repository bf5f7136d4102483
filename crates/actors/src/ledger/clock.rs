//! The times that records carry: never decreasing, except across a record that says that the clock was stepped.

use std::time::Duration;

use holdfast_domain::calendar::Timestamp;

/// A step back of the wall clock up to this size is smoothed over; a larger one becomes a `ClockStepped` record.
const SMOOTHED_MS: i64 = 2_000;
/// A wall clock that went on by this much more than time did was set forward, and that becomes a record too.
const FORWARD_MS: i64 = 60 * 60 * 1_000;

/// What a look at the clock means for the next record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Goes(Timestamp),
    /// The next record says so first.
    Stepped {
        before: Timestamp,
        after: Timestamp,
    },
}

/// The last record's time, and what the wall clock showed at the last look.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordClock {
    last: Timestamp,
    looked: Timestamp,
}

impl RecordClock {
    /// `now` is the wall clock. How long a hub was off nobody knows, so a start is no step forward.
    pub fn new(last: Timestamp, now: Timestamp) -> Self {
        Self { last, looked: now }
    }

    /// `now` is the wall clock, `since` the time since the last look by a clock that nobody sets.
    pub fn look(&mut self, now: Timestamp, since: Duration) -> Reading {
        let since_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        let expected = Timestamp(self.looked.0.saturating_add(since_ms));
        self.looked = now;
        if now < self.last {
            if self.last.0.saturating_sub(now.0) <= SMOOTHED_MS {
                return Reading::Goes(self.last);
            }
            return Reading::Stepped { before: std::mem::replace(&mut self.last, now), after: now };
        }
        if now.0.saturating_sub(expected.0) > FORWARD_MS {
            return Reading::Stepped { before: expected.max(self.last), after: now };
        }
        Reading::Goes(now)
    }

    /// A record was written with this time.
    pub fn wrote(&mut self, at: Timestamp) {
        self.last = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(ms: i64) -> Timestamp {
        Timestamp(1_796_000_000_000 + ms)
    }

    fn clock() -> RecordClock {
        RecordClock::new(at(0), at(0))
    }

    #[test]
    fn a_quiet_night_is_no_step() {
        assert_eq!(clock().look(at(8 * 3_600_000), HOUR * 8), Reading::Goes(at(8 * 3_600_000)));
        let long_off = RecordClock::new(at(0), at(86_400_000)).look(at(86_400_001), Duration::from_millis(1));
        assert_eq!(long_off, Reading::Goes(at(86_400_001)), "nor is a weekend switched off");
    }

    #[test]
    fn a_clock_set_forward_by_more_than_an_hour_is_told() {
        let mut clock = clock();
        let late = at(3_600_000 + 1_001);
        let told = clock.look(late, Duration::from_secs(1));
        assert_eq!(told, Reading::Stepped { before: at(1_000), after: late });
        clock.wrote(late);
        assert_eq!(clock.look(late, Duration::ZERO), Reading::Goes(late), "once");
        let hour = late.0 + 3_600_000;
        assert_eq!(clock.look(Timestamp(hour), Duration::ZERO), Reading::Goes(Timestamp(hour)), "not sooner");
    }

    #[test]
    fn a_clock_set_back_is_told_and_a_little_is_smoothed_over() {
        let mut clock = clock();
        assert_eq!(clock.look(at(-2_000), Duration::ZERO), Reading::Goes(at(0)));
        let early = at(-2_001);
        assert_eq!(clock.look(early, Duration::ZERO), Reading::Stepped { before: at(0), after: early });
        assert_eq!(
            clock.look(at(-2_000), Duration::ZERO),
            Reading::Goes(at(-2_000)),
            "from there it goes on"
        );
    }

    #[test]
    fn no_clock_makes_times_decrease_without_a_word() {
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut clock = clock();
        let mut last = at(0);
        for _ in 0..20_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let scale = [1, 1_000, 3_600_000, 86_400_000, 315_360_000_000][(random % 5) as usize];
            let now = Timestamp(last.0 + ((random >> 8) % 21) as i64 * scale - 10 * scale);
            match clock.look(now, Duration::from_millis(random % 5_000)) {
                Reading::Goes(at) => {
                    assert!(at >= last, "{at:?} after {last:?}");
                    last = at;
                }
                Reading::Stepped { after, .. } => last = after,
            }
            clock.wrote(last);
        }
    }
}
