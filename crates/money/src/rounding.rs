use rust_decimal::{Decimal, RoundingStrategy};

/// How an exact value becomes one that can be paid. Named at each point that rounds, never implied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// Half away from zero: the commercial rounding that most tax offices prescribe.
    HalfUp,
    /// Half to even.
    HalfEven,
    /// Towards zero.
    Down,
}

impl Rounding {
    /// Rounds to `places` decimal places.
    pub fn apply(self, value: Decimal, places: u32) -> Decimal {
        let strategy = match self {
            Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Self::HalfEven => RoundingStrategy::MidpointNearestEven,
            Self::Down => RoundingStrategy::ToZero,
        };
        value.round_dp_with_strategy(places, strategy)
    }

    /// Rounds to the nearest multiple of `step`, such as 0.05 for Swiss cash. A step of zero changes nothing.
    pub fn to_step(self, value: Decimal, step: Decimal) -> Decimal {
        if step.is_zero() { value } else { self.apply(value / step, 0) * step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_halves_as_named() {
        let half = Decimal::new(125, 2);
        assert_eq!(Rounding::HalfUp.apply(half, 1), Decimal::new(13, 1));
        assert_eq!(Rounding::HalfEven.apply(half, 1), Decimal::new(12, 1));
        assert_eq!(Rounding::Down.apply(half, 1), Decimal::new(12, 1));
        assert_eq!(Rounding::HalfUp.apply(-half, 1), Decimal::new(-13, 1));
    }

    #[test]
    fn rounds_cash_to_five_cents() {
        let step = Decimal::new(5, 2);
        for (exact, paid) in [(1002, 1000), (1003, 1005), (1007, 1005), (1008, 1010), (-1003, -1005)] {
            assert_eq!(Rounding::HalfUp.to_step(Decimal::new(exact, 2), step), Decimal::new(paid, 2));
        }
    }
}
