//! The machine's clock, fresh ids and randomness: the only place of the hub where they are ambient.

use std::time::{SystemTime, UNIX_EPOCH};

use holdfast_domain::calendar::Timestamp;
use uuid::Uuid;

/// A clock that shows less has lost its time: this software did not exist then. 2026-01-01T00:00:00Z.
const PLAUSIBLE_FROM_MS: i64 = 1_767_225_600_000;

/// The machine's clock and random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl Machine {
    /// Milliseconds since the Unix epoch; 0 for a clock before it.
    pub fn now_ms(self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    pub fn timestamp(self) -> Timestamp {
        Timestamp(self.now_ms())
    }

    /// Whether the clock can be right at all.
    pub fn is_plausible(self) -> bool {
        self.now_ms() >= PLAUSIBLE_FROM_MS
    }

    /// A UUID of version 7.
    pub fn fresh_id(self) -> Uuid {
        Uuid::now_v7()
    }

    /// Random bytes from the system.
    pub fn random<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the system's random source works on every supported machine");
        bytes
    }
}
