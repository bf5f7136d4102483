//! What the store risks where terminals approve by themselves, for people.

use holdfast_domain::State;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::exposure::{OfflineLimits, OfflineSums};
use holdfast_money::Money;
use serde::{Deserialize, Serialize};

use crate::wire::plain;

/// Over all devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExposureView {
    /// How many payments devices approved by themselves and have not submitted.
    pub count: u32,
    /// What they come to.
    #[serde(with = "plain")]
    pub outstanding: Money,
    /// How many of them broke a limit: devices decide by themselves.
    pub beyond: u32,
    /// None where the store has none.
    #[serde(with = "plain")]
    pub limits: Option<OfflineLimits>,
    /// The largest payment that a device without its bank would be given now; none without limits.
    #[serde(with = "plain")]
    pub left: Option<Money>,
}

impl ExposureView {
    /// None before the store is configured.
    pub fn of(state: &State, now: Timestamp) -> Option<Self> {
        let currency = state.profile.as_ref()?.currency;
        let window = state.offline_limits.as_ref().map_or(1, |limits| limits.window_minutes);
        let exposure = state.exposure(currency, window, now);
        let beyond = state.offline_sums().map(beyond).fold(0, u32::saturating_add);
        Some(Self {
            count: exposure.count,
            outstanding: exposure.outstanding,
            beyond,
            limits: state.offline_limits.clone(),
            left: state.offline_left(now),
        })
    }
}

/// How many of those that are listed broke a limit.
pub fn beyond(sums: &OfflineSums) -> u32 {
    let count = sums.listed.iter().filter(|one| one.beyond.is_some()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
