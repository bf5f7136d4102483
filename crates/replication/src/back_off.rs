//! Full-jitter exponential back-off: a fleet that lost the cloud at one moment does not come back at one moment.

use crate::limits::{BACK_OFF_BASE_MS, BACK_OFF_CAP_MS};

/// Counts failures in a row and turns a random number into a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackOff {
    failures: u32,
}

impl BackOff {
    /// The wait in milliseconds after one more failure: uniform between 0 and the doubled ceiling. `random` is a uniform
    /// 64-bit number.
    pub fn fail(&mut self, random: u64) -> u64 {
        let ceiling = Self::ceiling_ms(self.failures);
        self.failures = self.failures.saturating_add(1);
        random % (ceiling + 1)
    }

    /// A success: the next failure starts small again.
    pub fn succeed(&mut self) {
        self.failures = 0;
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    fn ceiling_ms(failures: u32) -> u64 {
        BACK_OFF_BASE_MS.saturating_mul(1_u64 << failures.min(20)).min(BACK_OFF_CAP_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_to_the_cap_and_a_success_starts_over() {
        let mut back_off = BackOff::default();
        let worst: Vec<u64> =
            (0..9).map(|_| back_off.fail(0) + BackOff::ceiling_ms(back_off.failures() - 1)).collect();
        assert_eq!(worst, [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        back_off.succeed();
        assert!((0..1_000).all(|random| { BackOff::default().fail(random * 7_919) } <= BACK_OFF_BASE_MS));
    }

    #[test]
    fn a_hundred_failures_do_not_overflow() {
        let mut back_off = BackOff::default();
        for _ in 0..100 {
            assert!(back_off.fail(u64::MAX) <= BACK_OFF_CAP_MS);
        }
    }
}
