//! Waits that double up to a cap and are spread by chance, so that a shop's tills do not come back at one moment.

use std::time::Duration;

use crate::dice::Dice;

#[derive(Debug, Clone, Copy)]
pub struct BackOff {
    base: Duration,
    cap: Duration,
    failures: u32,
}

impl BackOff {
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap, failures: 0 }
    }

    /// The wait after one more failure: between three quarters of the doubled wait and five quarters of it.
    pub fn fail(&mut self, dice: &mut Dice) -> Duration {
        let whole = self.base.saturating_mul(1 << self.failures.min(20)).min(self.cap);
        self.failures = self.failures.saturating_add(1);
        let micros = u64::try_from(whole.as_micros()).unwrap_or(u64::MAX / 2);
        Duration::from_micros(micros - micros / 4 + dice.below(micros / 2 + 1))
    }

    pub fn succeed(&mut self) {
        self.failures = 0;
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_the_cap_within_a_quarter() {
        let mut back_off = BackOff::new(Duration::from_secs(2), Duration::from_secs(15));
        let mut dice = Dice::new(3);
        for whole_secs in [2_u64, 4, 8, 15, 15] {
            let wait = back_off.fail(&mut dice);
            let whole = Duration::from_secs(whole_secs);
            assert!(wait >= whole * 3 / 4 && wait <= whole * 5 / 4, "{wait:?} for {whole:?}");
        }
        back_off.succeed();
        assert!(back_off.fail(&mut dice) <= Duration::from_millis(2_500));
    }
}
