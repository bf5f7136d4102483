//! Every serialised byte of the product: stored records, MQTT topics and payloads, HTTP bodies, replication frames.
//!
//! Invariant: nothing here decides, waits, reads a clock or does IO. What is stored carries a version and is frozen by
//! golden files; JSON refuses unknown fields.

pub mod backup;
pub mod card_numbers;
pub mod catalog_file;
pub mod chain;
pub mod codes;
pub mod export;
pub mod head;
pub mod message;
pub mod record;
pub mod subject;
pub mod till_api;
pub mod topics;
pub mod uplink;
pub mod vault;
pub mod wire;

pub use chain::{chain_hash, fingerprint};
pub use codes::ERROR_CODES;
pub use record::{decode_record, encode_record};
