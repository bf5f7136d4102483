//! The stored form of a journal record: a version byte, then postcard. Written once, upcast when read, never rewritten.

use holdfast_domain::Record;

use crate::wire::Wired;

/// The version that is written today.
pub const RECORD_VERSION: u8 = 1;

/// The largest stored payload. A 2,000-line order stays well below it.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// Why bytes are not a record.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("the payload is empty")]
    Empty,
    #[error("record version {version} is newer than this software; update it first")]
    UnknownVersion { version: u8 },
    #[error("the payload is not a record of its version")]
    Malformed(#[source] postcard::Error),
    #[error("{extra} bytes follow the record")]
    Trailing { extra: usize },
}

/// Encodes a record for the journal.
pub fn encode_record(record: &Record) -> Vec<u8> {
    let bytes = vec![RECORD_VERSION];
    postcard::to_extend(&RecordRef(record), bytes)
        .expect("every record has a stored form and memory grows as needed")
}

struct RecordRef<'a>(&'a Record);

impl serde::Serialize for RecordRef<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::wire::Wire::put(self.0, serializer)
    }
}

/// Decodes a stored payload of any known version.
///
/// # Errors
/// [`DecodeError`] for bytes that no version of this software wrote, or a later one did.
pub fn decode_record(payload: &[u8]) -> Result<Record, DecodeError> {
    let (&version, body) = payload.split_first().ok_or(DecodeError::Empty)?;
    match version {
        RECORD_VERSION => {
            let (record, rest) =
                postcard::take_from_bytes::<Wired<Record>>(body).map_err(DecodeError::Malformed)?;
            if rest.is_empty() { Ok(record.0) } else { Err(DecodeError::Trailing { extra: rest.len() }) }
        }
        version => Err(DecodeError::UnknownVersion { version }),
    }
}

/// The readable view of a record, for audit pages and exports.
pub fn record_json(record: &Record) -> serde_json::Value {
    serde_json::to_value(RecordRef(record)).expect("every record has a readable form")
}
