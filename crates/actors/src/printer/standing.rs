//! How a printer is, as far as its actor knows: ready, or down since when and why.

use std::time::Duration;

use holdfast_domain::calendar::Timestamp;

/// How often a printer is asked how it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// While it is ready, so that an open cover is known before the next receipt.
    pub look_every: Duration,
    /// The first wait before one that is down is asked again, doubled with every failure. There is no end to the attempts,
    /// for somebody may put paper in at any time, and no jitter, for nobody else competes for it.
    pub ask_again: Duration,
    pub ask_again_max: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look_every: Duration::from_secs(10),
            ask_again: Duration::from_millis(250),
            ask_again_max: Duration::from_secs(4),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) enum Standing {
    /// Nobody has asked it yet; a job is tried.
    #[default]
    Unasked,
    Ready,
    Down {
        since: Timestamp,
        failures: u32,
        why: String,
    },
}

impl Standing {
    /// Whether a job is worth a try without asking first.
    pub fn takes_jobs(&self) -> bool {
        !matches!(self, Self::Down { .. })
    }

    pub fn is_ready(&mut self) {
        *self = Self::Ready;
    }

    /// It did not do what it was to do, or says that it cannot.
    pub fn fell(&mut self, now: Timestamp, why: String) {
        *self = match self {
            Self::Down { since, failures, .. } => {
                Self::Down { since: *since, failures: failures.saturating_add(1), why }
            }
            Self::Unasked | Self::Ready => Self::Down { since: now, failures: 0, why },
        };
    }

    /// When it is looked at next.
    pub fn look_after(&self, pace: &Pace) -> Duration {
        match self {
            Self::Unasked => Duration::ZERO,
            Self::Ready => pace.look_every,
            Self::Down { failures, .. } => {
                pace.ask_again.saturating_mul(1 << (*failures).min(10)).min(pace.ask_again_max)
            }
        }
    }

    pub fn down(&self) -> Option<(Timestamp, &str)> {
        match self {
            Self::Down { since, why, .. } => Some((*since, why)),
            Self::Unasked | Self::Ready => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_down_since_it_first_failed_and_asked_less_and_less_often() {
        let (mut standing, pace) = (Standing::default(), Pace::default());
        assert!(standing.takes_jobs() && standing.look_after(&pace).is_zero());
        let mut waits = Vec::new();
        for at in 1..=8 {
            standing.fell(Timestamp(at), format!("failure {at}"));
            waits.push(standing.look_after(&pace).as_millis());
        }
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000]);
        assert_eq!(standing.down(), Some((Timestamp(1), "failure 8")));
        assert!(!standing.takes_jobs());
        standing.is_ready();
        assert!(standing.takes_jobs() && standing.down().is_none());
    }
}
