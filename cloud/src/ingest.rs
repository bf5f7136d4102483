//! From the bytes of a request to a batch that a database transaction can take in. All work here is computing: unpacking
//! with a guard against bodies that explode, framing, decoding.

use std::io::Read;

use holdfast_domain::record::Record;
use holdfast_protocol::uplink::batch::{self, FrameError};
use holdfast_replication::limits::{BATCH_BYTES_MAX, BATCH_RATIO_MAX, BATCH_RAW_BYTES_MAX};
use holdfast_replication::{BatchHeader, Epoch, Hash, Lane, Record as Sent};
use thiserror::Error;
use uuid::Uuid;

use crate::stored::{self, Meaning};

/// What small bodies may grow to whatever their ratio, in bytes.
const SMALL_RAW_BYTES: usize = 64 * 1024;

/// A batch in memory, framing checked, nothing else.
#[derive(Debug)]
pub struct Batch {
    pub hub: Uuid,
    pub lane: Lane,
    pub hub_clock_ms: i64,
    pub header: BatchHeader,
    pub records: Vec<Item>,
}

/// One record of a batch.
#[derive(Debug)]
pub struct Item {
    pub epoch: Epoch,
    pub seq: u64,
    pub hash: Hash,
    pub payload: Vec<u8>,
    /// The record, or why it goes to quarantine.
    pub meaning: Result<Box<Record>, String>,
}

impl Item {
    pub fn sent(&self) -> Sent<'_> {
        Sent { epoch: self.epoch, seq: self.seq, hash: self.hash, payload: &self.payload }
    }
}

#[derive(Debug, Error)]
pub enum BatchError {
    #[error("the body cannot be unpacked")]
    Unpack(#[source] std::io::Error),
    #[error("the body grows beyond {limit} bytes when unpacked")]
    Explodes { limit: usize },
    #[error("the body is not a batch: {0}")]
    Frame(FrameError),
    #[error("record {seq} has version {version}, which this cloud does not know")]
    TooNew { seq: u64, version: u16 },
    #[error("the batch has version {version}, which this cloud does not know")]
    BatchTooNew { version: u16 },
}

/// Reads the body of a batch as it travelled.
///
/// # Errors
/// [`BatchError`]; nothing of the batch is then believed.
pub fn read_batch(body: &[u8]) -> Result<Batch, BatchError> {
    let raw = unpack(body)?;
    let (header, sent) = batch::decode(&raw).map_err(|error| match error {
        FrameError::Version { version } => BatchError::BatchTooNew { version },
        error => BatchError::Frame(error),
    })?;
    let records = sent.iter().map(item).collect::<Result<Vec<_>, _>>()?;
    Ok(Batch {
        hub: header.hub,
        lane: header.lane,
        hub_clock_ms: header.hub_clock_ms,
        header: header.batch,
        records,
    })
}

fn item(sent: &Sent<'_>) -> Result<Item, BatchError> {
    let meaning = match stored::read(sent.payload) {
        Meaning::Record(record) => Ok(record),
        Meaning::Poison { reason } => Err(reason),
        Meaning::TooNew { version } => return Err(BatchError::TooNew { seq: sent.seq, version }),
    };
    Ok(Item { epoch: sent.epoch, seq: sent.seq, hash: sent.hash, payload: sent.payload.to_vec(), meaning })
}

/// Unpacks zstd up to what the body's size allows.
fn unpack(body: &[u8]) -> Result<Vec<u8>, BatchError> {
    debug_assert!(body.len() <= BATCH_BYTES_MAX, "the router limits bodies");
    let limit = body.len().saturating_mul(BATCH_RATIO_MAX).clamp(SMALL_RAW_BYTES, BATCH_RAW_BYTES_MAX);
    let decoder = zstd::stream::read::Decoder::with_buffer(body).map_err(BatchError::Unpack)?;
    let mut raw = Vec::with_capacity(limit.min(body.len() * 8));
    decoder.take(limit as u64 + 1).read_to_end(&mut raw).map_err(BatchError::Unpack)?;
    if raw.len() > limit {
        return Err(BatchError::Explodes { limit });
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_explodes_is_stopped_before_it_fills_memory() {
        let bomb = zstd::encode_all(&vec![0_u8; 200 * 1024 * 1024][..], 19).unwrap();
        assert!(bomb.len() < BATCH_BYTES_MAX);
        assert!(matches!(read_batch(&bomb), Err(BatchError::Explodes { .. })));
    }

    #[test]
    fn bytes_that_are_no_batch_are_named() {
        assert!(matches!(read_batch(b"hello"), Err(BatchError::Unpack(_))));
        let body = zstd::encode_all(&b"not a batch at all"[..], 1).unwrap();
        assert!(matches!(read_batch(&body), Err(BatchError::Frame(FrameError::Magic))));
    }
}
