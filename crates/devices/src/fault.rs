//! Why a device did not do what it was asked to, or is not known to have done it.

use std::io;
use std::sync::Arc;

use crate::escpos::Status;

/// Codes of this crate with their meaning in one line.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-DEV-001", "the address of a printer cannot be understood"),
    ("HF-DEV-002", "the printer cannot be reached"),
    ("HF-DEV-003", "the connection to the printer broke off"),
    ("HF-DEV-004", "the printer is not ready: its cover, its paper or an error"),
    ("HF-DEV-005", "the printer took everything but does not confirm it"),
    ("HF-DEV-006", "the printer stopped taking data"),
    ("HF-DEV-007", "the times of a drawer pulse are out of range"),
    ("HF-DEV-008", "the simulated printer cannot keep its paper"),
    ("HF-DEV-009", "the simulated printer got bytes that are no ESC/POS it knows"),
    ("HF-DEV-010", "the document is too large for one print job"),
    ("HF-DEV-011", "a picture for papers has too many bytes"),
    ("HF-DEV-012", "a picture for papers has too many pixels"),
    ("HF-DEV-013", "a picture for papers cannot be read"),
    ("HF-DEV-014", "nothing lies on the scale"),
    ("HF-DEV-020", "a payment device cannot be reached"),
    ("HF-DEV-021", "the connection to a payment device broke off"),
    ("HF-DEV-022", "a payment device did not answer in time"),
    ("HF-DEV-023", "a payment device's answer cannot be understood"),
    ("HF-DEV-024", "a payment device answered somebody else's request"),
    ("HF-DEV-025", "a payment device is still at it"),
    ("HF-DEV-026", "a payment device does not trust this hub, or the hub not it"),
    ("HF-DEV-027", "a payment device cannot say what became of a payment"),
    ("HF-DEV-028", "a payment device cannot do what was asked"),
    ("HF-DEV-040", "an Adyen terminal cannot be set up so"),
    ("HF-DEV-041", "a provider of Pix cannot be set up so"),
    ("HF-DEV-042", "a payment service is left alone for a while"),
    ("HF-DEV-043", "a Stripe reader cannot be set up so"),
    ("HF-DEV-030", "the address of a card terminal cannot be understood"),
    ("HF-DEV-050", "the address of a scanner cannot be understood"),
    ("HF-DEV-051", "a scanner cannot be read"),
    ("HF-DEV-055", "the address of a scale cannot be understood"),
    ("HF-DEV-056", "a scale cannot be reached"),
    ("HF-DEV-057", "a scale has no weight to sell by"),
    ("HF-DEV-058", "a scale refuses a command"),
    ("HF-DEV-059", "a scale does not say whether a command was carried out"),
    ("HF-DEV-060", "a simulated device cannot keep its book"),
    ("HF-DEV-061", "a file is no book of this simulated device"),
];

/// Why a device did not do what it was asked to, or is not known to have done it. Cheap to clone.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    #[error(
        "HF-DEV-002: the printer {address} cannot be reached; check that it is on and connected, and its address"
    )]
    Unreachable {
        address: String,
        #[source]
        cause: Arc<io::Error>,
    },
    #[error("HF-DEV-003: the connection to the printer {address} broke off; check its cable or network")]
    Disconnected {
        address: String,
        #[source]
        cause: Arc<io::Error>,
    },
    #[error(
        "HF-DEV-004: the printer {address} is not ready: {status}; put it right, what waits is printed then"
    )]
    NotReady { address: String, status: Status },
    #[error(
        "HF-DEV-005: the printer {address} took everything but did not confirm it ({status}); look at the paper"
    )]
    Unconfirmed { address: String, status: Status },
    #[error(
        "HF-DEV-006: the printer {address} stopped taking data ({status}); look at the printer and the paper"
    )]
    Stalled { address: String, status: Status },
    #[error(
        "HF-DEV-008: the simulated printer cannot keep its paper in {folder}; check the folder and the disk"
    )]
    PaperFolder {
        folder: String,
        #[source]
        cause: Arc<io::Error>,
    },
    #[error(
        "HF-DEV-009: the simulated printer got bytes that are no ESC/POS it knows; report what was printed"
    )]
    Undecodable {
        #[source]
        cause: Arc<escpost_render::RenderError>,
    },
    #[error("HF-DEV-010: a print job of {bytes} bytes is more than the {limit} allowed; print it in parts")]
    TooLarge { bytes: usize, limit: usize },
}

impl Fault {
    /// The code that the error pages are named after.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Unreachable { .. } => "HF-DEV-002",
            Fault::Disconnected { .. } => "HF-DEV-003",
            Fault::NotReady { .. } => "HF-DEV-004",
            Fault::Unconfirmed { .. } => "HF-DEV-005",
            Fault::Stalled { .. } => "HF-DEV-006",
            Fault::PaperFolder { .. } => "HF-DEV-008",
            Fault::Undecodable { .. } => "HF-DEV-009",
            Fault::TooLarge { .. } => "HF-DEV-010",
        }
    }

    /// What the printer itself said, where it was asked.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        match self {
            Fault::NotReady { status, .. }
            | Fault::Unconfirmed { status, .. }
            | Fault::Stalled { status, .. } => Some(status),
            _ => None,
        }
    }
}
