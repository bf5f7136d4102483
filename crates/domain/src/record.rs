//! One journal record: what was asked, and everything that followed from it, decided at once.

use crate::calendar::Timestamp;
use crate::event::Event;
use crate::ids::{CommandId, EpochId, TerminalId};
use crate::refusal::RefusalNote;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The hub's clock; never decreasing except across a `ClockStepped` record.
    pub recorded_at: Timestamp,
    pub origin: Origin,
    pub outcome: Outcome,
}

/// Who caused a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The hub itself or a person at its console.
    Hub,
    /// A till's command. `fingerprint` is the SHA-256 of the command's exact bytes.
    Till { terminal: TerminalId, command: CommandId, fingerprint: [u8; 32] },
    /// A till gave back what an earlier hub had acknowledged at `epoch` and `seq`.
    Offered { terminal: TerminalId, command: CommandId, fingerprint: [u8; 32], epoch: EpochId, seq: u64 },
}

impl Origin {
    /// The idempotency key and the fingerprint of what it stood for.
    pub fn command(&self) -> Option<(CommandId, [u8; 32])> {
        match self {
            Self::Hub => None,
            Self::Till { command, fingerprint, .. } | Self::Offered { command, fingerprint, .. } => {
                Some((*command, *fingerprint))
            }
        }
    }

    pub fn terminal(&self) -> Option<TerminalId> {
        match self {
            Self::Hub => None,
            Self::Till { terminal, .. } | Self::Offered { terminal, .. } => Some(*terminal),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        events: Vec<Event>,
    },
    /// A refusal by the business is an outcome too: it is kept, and a retry gets the same answer.
    Refused {
        refusal: RefusalNote,
    },
}

impl Outcome {
    pub fn events(&self) -> &[Event] {
        match self {
            Self::Accepted { events } => events,
            Self::Refused { .. } => &[],
        }
    }
}
