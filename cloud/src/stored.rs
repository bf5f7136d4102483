//! The stored form of a record, as the hub's journal froze it: the chain over its bytes, and its meaning.

use holdfast_domain::record::Record;
use holdfast_protocol::record::DecodeError;
use holdfast_protocol::{chain_hash, decode_record};
use holdfast_replication::{Hash, Record as Sent};

/// The chain hash after a record.
pub fn chain(before: &Hash, record: &Sent<'_>) -> Hash {
    chain_hash(before, &record.epoch.0, record.seq, record.payload)
}

/// What a payload turned out to be.
#[derive(Debug)]
pub enum Meaning {
    Record(Box<Record>),
    /// Written by a newer hub: the cloud must be upgraded before it can acknowledge.
    TooNew {
        version: u16,
    },
    /// Of a known version and yet not readable: kept, counted, shown, and no reason to stop the line.
    Poison {
        reason: String,
    },
}

/// Reads a payload.
pub fn read(payload: &[u8]) -> Meaning {
    match decode_record(payload) {
        Ok(record) => Meaning::Record(Box::new(record)),
        Err(DecodeError::UnknownVersion { version }) => Meaning::TooNew { version: u16::from(version) },
        Err(error) => Meaning::Poison { reason: error.to_string() },
    }
}
