//! Why nobody knows yet what became of an attempt, or why a device could not be asked something.

use std::io;
use std::sync::Arc;

/// Never a decline. Cheap to clone.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    #[error("HF-DEV-020: {device} cannot be reached; check that it is on and connected, and its address")]
    Unreachable {
        device: String,
        #[source]
        cause: Arc<io::Error>,
    },
    #[error("HF-DEV-021: the connection to {device} broke off during {during}; check its cable or network")]
    Disconnected {
        device: String,
        during: &'static str,
        #[source]
        cause: Arc<io::Error>,
    },
    #[error("HF-DEV-022: {device} did not answer within its time during {during}; look at its screen")]
    Silent { device: String, during: &'static str },
    #[error("HF-DEV-023: what {device} answered during {during} cannot be understood: {what}")]
    Garbled { device: String, during: &'static str, what: String },
    #[error(
        "HF-DEV-024: {device} answered somebody else's request during {during}; it was not taken for ours"
    )]
    Foreign { device: String, during: &'static str },
    #[error("HF-DEV-025: {device} is still at it; look at its screen")]
    InProgress { device: String },
    #[error("HF-DEV-026: {device} refuses to speak with this hub: {what}; check its keys and its settings")]
    NotTrusted { device: String, what: String },
    #[error(
        "HF-DEV-027: {device} cannot say what became of it: {what}; a person has to look at its last receipt"
    )]
    CannotSay { device: String, what: String },
    #[error("HF-DEV-028: {device} cannot do that: {what}")]
    NotCapable { device: String, what: &'static str },
    /// The request in question was not sent, or the device sent it away unread. What was sent before it was sent.
    #[error(
        "HF-DEV-042: {device} is left alone for {seconds} more seconds, because it failed or asked for it; begin new payments another way"
    )]
    Resting { device: String, seconds: u64 },
}

impl Fault {
    /// The code that the error pages are named after.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Unreachable { .. } => "HF-DEV-020",
            Fault::Disconnected { .. } => "HF-DEV-021",
            Fault::Silent { .. } => "HF-DEV-022",
            Fault::Garbled { .. } => "HF-DEV-023",
            Fault::Foreign { .. } => "HF-DEV-024",
            Fault::InProgress { .. } => "HF-DEV-025",
            Fault::NotTrusted { .. } => "HF-DEV-026",
            Fault::CannotSay { .. } => "HF-DEV-027",
            Fault::NotCapable { .. } => "HF-DEV-028",
            Fault::Resting { .. } => "HF-DEV-042",
        }
    }
}
