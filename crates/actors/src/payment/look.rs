//! How a payment device is, looked at while nothing is asked of it: what cannot work is known before a customer is asked.
//!
//! A look is the driver's diagnosis (nexo: DiagnosisRequest), which starts nothing. One is under way at a time, never beside a
//! payment or an end of day, and one that is under way is given up when a payment begins. A gateway that is left alone is not
//! looked at: its breaker asks when it is time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_devices::payment::{Fault, Health, PaymentDriver};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::context::OutOfReach;
use serde::Serialize;
use tokio::time::{Instant, timeout};

/// How often in a row a device must have been out of reach before a payment there is refused.
const FAILURES_MIN: u32 = 2;
/// A look is worth so long for that. What was seen before blocks nobody.
const FRESH: Duration = Duration::from_secs(10);
/// Whoever is refused has the device looked at again, but not more often than this.
const AGAIN_AT_MOST: Duration = Duration::from_secs(1);

/// When a device is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    /// From one look to the next while all is well.
    pub every: Duration,
    /// The same while the device cannot be reached.
    pub again: Duration,
    /// How long one may take.
    pub limit: Duration,
}

impl Looks {
    pub const USUAL: Looks = Looks {
        every: Duration::from_secs(30),
        again: Duration::from_secs(5),
        limit: Duration::from_secs(10),
    };
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Look {
    /// On the wall.
    pub at_ms: i64,
    /// When that was, whatever becomes of the wall's clock.
    #[serde(skip)]
    at: Instant,
    pub was: Seen,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    Ready,
    /// It answered, and takes nothing now.
    NotReady {
        says: String,
    },
    /// `code` is the fault's; `failures` is how often in a row.
    OutOfReach {
        since_ms: i64,
        code: &'static str,
        failures: u32,
    },
    /// It answered, but not as a device does that can be worked with.
    NotUnderstood {
        code: &'static str,
        says: String,
    },
}

/// The last look at each device, for whoever asks.
#[derive(Debug)]
pub(crate) struct Board(Vec<Mutex<Option<Look>>>);

impl Board {
    pub fn new(devices: usize) -> Self {
        Self((0..devices).map(|_| Mutex::new(None)).collect())
    }

    fn slot(&self, index: usize) -> MutexGuard<'_, Option<Look>> {
        self.0[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn last(&self, index: usize) -> Option<Look> {
        self.slot(index).clone()
    }

    pub fn note(&self, index: usize, at: Instant, now: Timestamp, told: Result<Health, Fault>) {
        let mut slot = self.slot(index);
        let (since_ms, failures) = match slot.as_ref().map(|look| &look.was) {
            Some(Seen::OutOfReach { since_ms, failures, .. }) => (*since_ms, failures.saturating_add(1)),
            _ => (now.0, 1),
        };
        let was = match told {
            Ok(health) if health.ready => Seen::Ready,
            Ok(health) => Seen::NotReady { says: health.says },
            Err(fault @ (Fault::Unreachable { .. } | Fault::Disconnected { .. } | Fault::Silent { .. })) => {
                Seen::OutOfReach { since_ms, code: fault.code(), failures }
            }
            // Something is there.
            Err(Fault::InProgress { .. }) => Seen::NotReady { says: "busy".to_owned() },
            Err(fault) => Seen::NotUnderstood { code: fault.code(), says: fault.to_string() },
        };
        if slot.as_ref().map(|look| std::mem::discriminant(&look.was)) != Some(std::mem::discriminant(&was)) {
            tracing::info!(index, ?was, "a payment device is seen otherwise than before");
        }
        *slot = Some(Look { at_ms: now.0, at, was });
    }

    /// Which of these devices nobody reached just now, more than once. A look that is old says nothing.
    pub fn out_of_reach<'a>(
        &self,
        devices: impl Iterator<Item = &'a DeviceName>,
        now: Instant,
    ) -> Vec<OutOfReach> {
        let looked = devices.enumerate().filter_map(|(index, device)| {
            let look = self.last(index)?;
            match look.was {
                Seen::OutOfReach { since_ms, failures, .. }
                    if failures >= FAILURES_MIN && now.duration_since(look.at) <= FRESH =>
                {
                    Some(OutOfReach { device: device.clone(), since: Timestamp(since_ms) })
                }
                _ => None,
            }
        });
        looked.collect()
    }
}

/// Whether it is time, by how long ago the last look was and what it saw.
pub(super) fn is_due(last: Option<&Look>, now: Instant, looks: &Looks) -> bool {
    let Some(last) = last else { return true };
    let wait = match last.was {
        Seen::OutOfReach { .. } => looks.again,
        Seen::Ready | Seen::NotReady { .. } | Seen::NotUnderstood { .. } => looks.every,
    };
    now.duration_since(last.at) >= wait
}

/// Whether somebody who was refused may have it looked at once more.
pub(super) fn may_look_again(last: Option<&Look>, now: Instant) -> bool {
    last.is_none_or(|last| now.duration_since(last.at) >= AGAIN_AT_MOST)
}

pub(super) async fn look(driver: &dyn PaymentDriver, device: &str, limit: Duration) -> Result<Health, Fault> {
    match timeout(limit, driver.diagnose()).await {
        Ok(told) => told,
        Err(_) => Err(Fault::Silent { device: device.to_owned(), during: "a diagnosis" }),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    fn away() -> Result<Health, Fault> {
        let cause = Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        Err(Fault::Unreachable { device: "lane-1".to_owned(), cause })
    }

    fn ready() -> Result<Health, Fault> {
        Ok(Health { ready: true, says: "ready".to_owned() })
    }

    /// At so many milliseconds of the test.
    struct Run {
        board: Board,
        began: Instant,
    }

    impl Run {
        fn new() -> Self {
            Self { board: Board::new(1), began: Instant::now() }
        }

        fn at(&self, ms: u64) -> Instant {
            self.began + Duration::from_millis(ms)
        }

        fn see(&self, ms: u64, told: Result<Health, Fault>) {
            let wall = Timestamp(i64::try_from(ms).expect("a small number"));
            self.board.note(0, self.at(ms), wall, told);
        }

        fn out(&self, ms: u64) -> Option<i64> {
            let lane = DeviceName::new("lane-1").expect("a name");
            let out = self.board.out_of_reach([&lane].into_iter(), self.at(ms));
            out.first().map(|out| out.since.0)
        }
    }

    #[test]
    fn a_device_is_out_of_reach_after_two_looks_in_a_row_and_only_while_the_last_is_fresh() {
        let run = Run::new();
        assert_eq!(run.out(0), None, "nobody looked");
        run.see(1_000, away());
        assert_eq!(run.out(1_000), None, "once may be chance");
        run.see(6_000, away());
        assert_eq!(run.out(6_000), Some(1_000));
        assert_eq!(run.out(16_000), Some(1_000));
        assert_eq!(run.out(16_001), None, "an old look blocks nobody");
        run.see(17_000, ready());
        assert_eq!(run.out(17_000), None);
        run.see(18_000, away());
        assert_eq!(run.out(18_000), None, "counting begins again");
    }

    #[test]
    fn who_is_away_is_looked_at_more_often_and_nobody_without_a_pause() {
        let (looks, run) = (Looks::USUAL, Run::new());
        assert!(is_due(None, run.at(0), &looks));
        run.see(0, ready());
        let due = |ms| is_due(run.board.last(0).as_ref(), run.at(ms), &looks);
        assert!(!due(29_999) && due(30_000));
        run.see(30_000, away());
        assert!(!due(34_999) && due(35_000));
        let again = |ms| may_look_again(run.board.last(0).as_ref(), run.at(ms));
        assert!(!again(30_999) && again(31_000));
    }
}
