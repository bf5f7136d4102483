//! What a scale says, whatever its protocol.

use std::fmt;

use crate::exact::Weight;

/// The longest frame that is kept, in bytes; the longest of the protocols here has about forty.
pub const FRAME_BYTES_MAX: usize = 96;

/// What a reading is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The scale itself says that the weight has settled.
    Stable,
    InMotion,
    /// Less than nothing is on it.
    UnderZero,
    OverCapacity,
    /// It does not weigh: it warms up, is being adjusted, says something else, or nothing.
    NotReady,
}

/// The bytes of an answer as they came, between its start and its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame(Vec<u8>);

impl Frame {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(bytes[..bytes.len().min(FRAME_BYTES_MAX)].to_vec())
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// One answer of a scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    state: State,
    shown: Option<Weight>,
    frame: Frame,
}

impl Reading {
    /// A weight below zero is never stable, and nothing is stable without a weight, whatever the scale says.
    pub(super) fn new(state: State, shown: Option<Weight>, frame: &[u8]) -> Self {
        let state = match (state, shown) {
            (State::Stable | State::InMotion, Some(weight)) if weight.amount.units < 0 => State::UnderZero,
            (State::Stable, None) => State::NotReady,
            (state, _) => state,
        };
        Self { state, shown, frame: Frame::new(frame) }
    }

    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// What the scale's own display shows, for a display and nothing else.
    #[must_use]
    pub fn shown(&self) -> Option<Weight> {
        self.shown
    }

    /// The weight that goods may be sold by: settled, not below zero, within the scale's capacity.
    #[must_use]
    pub fn weight_to_sell(&self) -> Option<Weight> {
        self.shown.filter(|_| self.state == State::Stable)
    }

    #[must_use]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }
}

/// What a scale is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    Weigh,
    Zero,
    /// What is on it now counts no more.
    Tare,
    /// A known weight counts no more.
    PresetTare(Weight),
    ClearTare,
}

/// Why a scale does not do what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is in motion")]
    InMotion,
    #[error("too much is on it")]
    OverCapacity,
    #[error("it is below zero")]
    UnderZero,
    #[error("the value is out of range")]
    OutOfRange,
    #[error("it cannot do so now")]
    NotNow,
    #[error("it does not know the command")]
    NotUnderstood,
    #[error("the command was damaged on the line")]
    Damaged,
    #[error("its protocol has no such command")]
    NotSupported,
}

/// What a frame is to somebody who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Reading(Reading),
    /// The command was carried out; a tare says its weight in some protocols.
    Done {
        tare: Option<Weight>,
    },
    Refused(Refusal),
    /// It is the answer, and does not say whether the command was carried out.
    Unclear,
    /// It answers something else, or is damaged.
    NotIt,
}
