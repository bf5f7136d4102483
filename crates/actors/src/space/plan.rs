//! What a look at the disk means. Pure: figures in, level and step out.

use serde::Serialize;

/// How much room there is, from the most to the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    #[default]
    Plenty,
    /// A person should make room.
    Low,
    /// New work waits; what is open is ended.
    Short,
}

/// When room is low or short, in bytes. What the ballast takes does not count as room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub warn_bytes: u64,
    pub refuse_bytes: u64,
    /// 0 for a hub without a ballast.
    pub ballast_bytes: u64,
}

/// What to do about the ballast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    None,
    MakeBallast,
    GiveBallastBack,
}

/// A level is left only when there is this share more room than where it begins, so that it does not flutter.
const MARGIN_SHARE: u64 = 16;
/// The ballast is given back when less than this share of the refusing level is left.
const GIVE_BACK_SHARE: u64 = 4;

/// The level and the step after one look.
pub(super) fn look(
    limits: &Limits,
    before: Level,
    free_bytes: u64,
    ballast_bytes: u64,
    journal_is_short: bool,
) -> (Level, Step) {
    // What the ballast will take again is no room, whether it is there or not: giving it back changes no level.
    let missing = limits.ballast_bytes.saturating_sub(ballast_bytes);
    let usable = free_bytes.saturating_sub(missing);
    let below = |limit: u64, is_left: bool| usable < limit + if is_left { limit / MARGIN_SHARE } else { 0 };
    let level = if journal_is_short || below(limits.refuse_bytes, before == Level::Short) {
        Level::Short
    } else if below(limits.warn_bytes, before >= Level::Low) {
        Level::Low
    } else {
        Level::Plenty
    };
    let step = if ballast_bytes > 0 && free_bytes < limits.refuse_bytes / GIVE_BACK_SHARE {
        Step::GiveBallastBack
    } else if missing > 0 && level < Level::Short {
        Step::MakeBallast
    } else {
        Step::None
    };
    (level, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { warn_bytes: 3_200, refuse_bytes: 1_600, ballast_bytes: 400 };

    #[test]
    fn levels_follow_the_room_and_do_not_flutter() {
        use Level::{Low, Plenty, Short};
        let cases = [
            (Plenty, 3_200, 400, Plenty),
            (Plenty, 3_199, 400, Low),
            (Low, 3_399, 400, Low),
            (Low, 3_400, 400, Plenty),
            (Low, 1_600, 400, Low),
            (Low, 1_599, 400, Short),
            (Short, 1_699, 400, Short),
            (Short, 1_700, 400, Low),
            (Plenty, 0, 400, Short),
            (Short, 3_400, 400, Plenty),
            // Without its ballast the disk seems to have more room than it has.
            (Short, 1_999, 0, Short),
            (Short, 2_100, 0, Low),
        ];
        for (before, free, ballast, after) in cases {
            assert_eq!(look(&LIMITS, before, free, ballast, false).0, after, "{before:?} {free} {ballast}");
        }
        assert_eq!(look(&LIMITS, Plenty, 9_000, 400, true).0, Short, "the journal itself found no room");
    }

    #[test]
    fn the_ballast_goes_in_a_second_step_and_comes_back_with_the_room() {
        use Level::{Plenty, Short};
        assert_eq!(look(&LIMITS, Plenty, 9_000, 0, false).1, Step::MakeBallast);
        assert_eq!(
            look(&LIMITS, Short, 1_000, 400, false).1,
            Step::None,
            "the first step refuses new work only"
        );
        assert_eq!(look(&LIMITS, Short, 399, 400, false).1, Step::GiveBallastBack);
        assert_eq!(look(&LIMITS, Short, 799, 0, false).1, Step::None, "what came back is not taken again");
        assert_eq!(look(&LIMITS, Short, 2_100, 0, false).1, Step::MakeBallast);
        let none = Limits { ballast_bytes: 0, ..LIMITS };
        assert_eq!(look(&none, Plenty, 9_000, 0, false).1, Step::None);
    }

    #[test]
    fn no_amount_of_free_space_makes_the_ballast_come_and_go() {
        for free in 0..6_000_u64 {
            for before in [Level::Plenty, Level::Low, Level::Short] {
                let (level, step) = look(&LIMITS, before, free, 0, false);
                if step == Step::MakeBallast {
                    let (after, again) = look(&LIMITS, level, free - 400, 400, false);
                    assert_eq!((after, again), (level, Step::None), "{before:?} {free}");
                }
                let (level, step) = look(&LIMITS, before, free, 400, false);
                if step == Step::GiveBallastBack {
                    let (after, again) = look(&LIMITS, level, free + 400, 0, false);
                    assert_eq!((after, again), (level, Step::None), "{before:?} {free}");
                }
            }
        }
    }
}
