//! The codes of everything that can go against a store's line on its way to the cloud. Each has a page in docs/errors.

use crate::sender::State;

pub const UNREACHABLE: &str = "HF-UPL-001";
pub const GAP: &str = "HF-UPL-002";
pub const FORK: &str = "HF-UPL-003";
pub const UNKNOWN_EPOCH: &str = "HF-UPL-004";
pub const FENCED: &str = "HF-UPL-005";
pub const CLOUD_TOO_OLD: &str = "HF-UPL-006";
pub const BROKEN_BATCH: &str = "HF-UPL-007";

/// Every code with its meaning in one line.
pub const ERROR_CODES: &[(&str, &str)] = &[
    (UNREACHABLE, "the cloud cannot be reached or does not answer; records wait at the hub"),
    (GAP, "the cloud is missing records in between and asks for them again"),
    (FORK, "the cloud holds another history of this store"),
    (UNKNOWN_EPOCH, "the cloud does not know the epoch yet or any more"),
    (FENCED, "another hub serves this store at the cloud"),
    (CLOUD_TOO_OLD, "the cloud is older than the hub and must be upgraded first"),
    (BROKEN_BATCH, "a batch contradicts itself and was refused"),
];

impl State {
    /// The code that a person looks up, for states that need one.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Connecting | Self::Sending | Self::CaughtUp | Self::Comparing => None,
            Self::BackingOff => Some(UNREACHABLE),
            Self::Fenced => Some(FENCED),
            Self::CloudTooOld => Some(CLOUD_TOO_OLD),
            Self::Forked { .. } => Some(FORK),
        }
    }
}
