//! The till: a client of the hub that never forgets what it asked for and never takes silence for an answer.
//!
//! A request is on the till's own disk before it is on the wire ([`outbox`]); the same bytes are sent until the hub's own
//! reply arrives ([`client::Till`]); an acknowledged transaction is kept until HQ has it, and given back to a hub that
//! replaced the one that acknowledged it. [`pair`] makes a till known to a store, [`replay`] enters real receipts,
//! [`load`] makes believable trade.
//!
//! **Invariant, by what is absent:** nothing here prices, taxes or decides: amounts come from the hub's replies. Nothing
//! here knows the hub's actors, its state or its broker, takes an MQTT acknowledgement for an answer, mints a second id
//! for a request that was sent, or writes a PIN to a disk.

pub mod books;
mod cash;
pub mod client;
#[cfg(test)]
mod deciding_hub;
pub mod dice;
mod error;
#[cfg(test)]
mod fake_hub;
pub mod hub_api;
pub mod identity;
pub mod ids;
pub mod load;
pub mod outbox;
pub mod pair;
pub mod replay;
mod report;
mod tls;

pub use cash::payable;
pub use client::{Pace, Till, TillEvent};
pub use error::{ERROR_CODES, TillError, with_causes};
pub use identity::{Folder, Identity};
pub use report::write_report;
