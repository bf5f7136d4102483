//! Card money that a terminal approved by itself, without its acquirer: what of it may never come is the shop's risk. How much
//! that may be, how much it is, and which limit a payment would break.

use holdfast_money::{Currency, Money};

use crate::attempt::{Attempt, Purpose};
use crate::calendar::Timestamp;
use crate::ids::AttemptId;
use crate::shift::Mode;
use crate::state::State;

/// The most single approvals that one device is remembered by. Older ones are part of its sum without a name.
pub const OFFLINE_LISTED_MAX: usize = 500;
/// The longest window that approvals are counted in: a week.
pub const OFFLINE_WINDOW_MINUTES_MAX: u16 = 7 * 24 * 60;

/// What the store risks at most, over all its terminals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineLimits {
    /// The largest single payment (EMV: floor limit).
    pub floor: Money,
    /// The most payments within `window_minutes`.
    pub velocity: u16,
    pub window_minutes: u16,
    /// What may be outstanding in all.
    pub cumulative: Money,
}

/// What is wrong with a store's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfflineLimitsFault {
    #[error("an amount is negative")]
    Negative,
    #[error("the window is not between one minute and {OFFLINE_WINDOW_MINUTES_MAX}")]
    Window,
    #[error("more than {OFFLINE_LISTED_MAX} payments would be counted")]
    Velocity,
}

impl OfflineLimits {
    /// # Errors
    /// [`OfflineLimitsFault`], the first that is found.
    pub fn check(&self) -> Result<(), OfflineLimitsFault> {
        if self.floor.is_negative() || self.cumulative.is_negative() {
            return Err(OfflineLimitsFault::Negative);
        }
        if !(1..=OFFLINE_WINDOW_MINUTES_MAX).contains(&self.window_minutes) {
            return Err(OfflineLimitsFault::Window);
        }
        if usize::from(self.velocity) > OFFLINE_LISTED_MAX {
            return Err(OfflineLimitsFault::Velocity);
        }
        Ok(())
    }

    pub fn currency(&self) -> Currency {
        self.cumulative.currency()
    }
}

/// Which limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfflineLimit {
    Floor,
    Velocity,
    Cumulative,
}

impl OfflineLimit {
    /// For people: "it is beyond …".
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "the largest single amount",
            Self::Velocity => "the most payments in a while",
            Self::Cumulative => "what may be outstanding",
        }
    }
}

/// Whether a device's last approval came from its acquirer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Acquirer {
    /// As far as anybody knows.
    #[default]
    Reached,
    /// The device approves by itself.
    NotReached,
}

/// One payment that a device approved by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineApproval {
    pub attempt: AttemptId,
    pub at: Timestamp,
    pub amount: Money,
    /// The limit that it broke: devices decide by themselves.
    pub beyond: Option<OfflineLimit>,
}

/// What a device approved by itself in one of its days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfflineSums {
    pub count: u32,
    /// None for nothing.
    pub outstanding: Option<Money>,
    /// The newest, in their order.
    pub listed: Vec<OfflineApproval>,
}

impl OfflineSums {
    pub fn add(&mut self, approval: OfflineApproval) {
        self.count = self.count.saturating_add(1);
        self.outstanding = Some(self.outstanding.map_or(approval.amount, |sum| sum + approval.amount));
        if self.listed.len() >= OFFLINE_LISTED_MAX {
            self.listed.remove(0);
        }
        self.listed.push(approval);
    }

    /// It was undone at its device. One that is listed no more stays counted: too much is the safe side.
    pub fn take_back(&mut self, attempt: AttemptId) {
        let Some(at) = self.listed.iter().position(|one| one.attempt == attempt) else { return };
        let gone = self.listed.remove(at);
        self.count = self.count.saturating_sub(1);
        self.outstanding = match self.count {
            0 => None,
            _ => self.outstanding.map(|sum| sum - gone.amount),
        };
    }

    pub fn join(&mut self, later: OfflineSums) {
        self.count = self.count.saturating_add(later.count);
        self.outstanding = match (self.outstanding, later.outstanding) {
            (Some(ours), Some(theirs)) => Some(ours + theirs),
            (ours, theirs) => ours.or(theirs),
        };
        self.listed.extend(later.listed);
        let beyond = self.listed.len().saturating_sub(OFFLINE_LISTED_MAX);
        self.listed.drain(..beyond);
    }
}

/// What the whole store risks now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    pub count: u32,
    pub outstanding: Money,
    /// How many of it came within the window of the limits.
    pub in_window: u32,
}

impl State {
    /// Everything that devices approved by themselves and have not submitted, as far as anybody knows.
    pub fn offline_sums(&self) -> impl Iterator<Item = &OfflineSums> {
        self.device_days.values().flat_map(|day| {
            std::iter::once(&day.sums.offline).chain(day.lost.iter().map(|lost| &lost.sums.offline))
        })
    }

    pub fn exposure(&self, currency: Currency, window_minutes: u16, now: Timestamp) -> Exposure {
        let from = now.0.saturating_sub(i64::from(window_minutes) * 60_000);
        let recent = self.offline_sums().flat_map(|sums| &sums.listed).filter(|one| one.at.0 > from);
        Exposure {
            count: self.offline_sums().fold(0, |all: u32, sums| all.saturating_add(sums.count)),
            outstanding: Money::sum(currency, self.offline_sums().filter_map(|sums| sums.outstanding)),
            in_window: u32::try_from(recent.count()).unwrap_or(u32::MAX),
        }
    }

    /// What devices may be about to approve by themselves: payments that are not over where the acquirer was not reached.
    pub fn may_come_offline(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.values().filter(|attempt| {
            let day = self.device_days.get(&attempt.device);
            is_exposing(attempt)
                && attempt.occupies_device()
                && day.is_some_and(|day| day.acquirer == Acquirer::NotReached)
        })
    }

    /// The first limit that one more payment of this amount would break, were it approved without an acquirer. `beside`
    /// says whether what may be about to be approved counts too.
    pub fn offline_limit(&self, amount: Money, now: Timestamp, beside: Beside) -> Option<OfflineLimit> {
        let limits = self.offline_limits.as_ref()?;
        let exposure = self.exposure(limits.currency(), limits.window_minutes, now);
        let waiting: Vec<Money> = match beside {
            Beside::WhatMayCome => self.may_come_offline().map(|attempt| attempt.amount).collect(),
            Beside::Nothing => Vec::new(),
        };
        let waiting_count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        let outstanding = exposure.outstanding + Money::sum(limits.currency(), waiting);
        if amount > limits.floor {
            Some(OfflineLimit::Floor)
        } else if outstanding + amount > limits.cumulative {
            Some(OfflineLimit::Cumulative)
        } else if exposure.in_window.saturating_add(waiting_count) >= u32::from(limits.velocity) {
            Some(OfflineLimit::Velocity)
        } else {
            None
        }
    }
}

impl State {
    /// The largest payment that a device without its acquirer would be given now; None without limits.
    pub fn offline_left(&self, now: Timestamp) -> Option<Money> {
        let limits = self.offline_limits.as_ref()?;
        let currency = limits.currency();
        let exposure = self.exposure(currency, limits.window_minutes, now);
        let coming: Vec<Money> = self.may_come_offline().map(|attempt| attempt.amount).collect();
        let count = exposure.in_window.saturating_add(u32::try_from(coming.len()).unwrap_or(u32::MAX));
        if count >= u32::from(limits.velocity) {
            return Some(Money::zero(currency));
        }
        let left = limits.cumulative - exposure.outstanding - Money::sum(currency, coming);
        let left = if left > limits.floor { limits.floor } else { left };
        Some(if left.is_negative() { Money::zero(currency) } else { left })
    }
}

/// What counts beside what is outstanding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    Nothing,
    WhatMayCome,
}

/// Whether real goods leave for the money of an attempt: what goes back to customers is no risk.
pub fn is_exposing(attempt: &Attempt) -> bool {
    attempt.stamp.mode == Mode::Live && matches!(attempt.purpose, Purpose::Sale { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CommandId, Uuid};

    fn approval(number: u128, minor: i64) -> OfflineApproval {
        OfflineApproval {
            attempt: AttemptId(CommandId(Uuid::from_u128(number))),
            at: Timestamp(0),
            amount: Money::from_minor(minor, Currency::EUR),
            beyond: None,
        }
    }

    #[test]
    fn what_is_listed_no_more_stays_in_the_sum() {
        let mut sums = OfflineSums::default();
        let all = u128::try_from(OFFLINE_LISTED_MAX).expect("a small number") + 1;
        (0..all).for_each(|number| sums.add(approval(number, 100)));
        sums.take_back(approval(0, 100).attempt);
        let minor = |sums: &OfflineSums| sums.outstanding.map(Money::minor);
        assert_eq!((sums.listed.len(), minor(&sums)), (OFFLINE_LISTED_MAX, Some(50_100)));
        sums.take_back(approval(1, 100).attempt);
        assert_eq!((sums.listed.len(), minor(&sums)), (OFFLINE_LISTED_MAX - 1, Some(50_000)));
    }

    #[test]
    fn what_was_taken_back_leaves_nothing() {
        let mut sums = OfflineSums::default();
        sums.add(approval(1, 250));
        sums.take_back(approval(1, 250).attempt);
        assert_eq!(sums, OfflineSums::default());
    }
}
