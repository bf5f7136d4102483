//! The body of a batch and of a journal page, before compression. All integers are little-endian.
//!
//! ```text
//! header   "HFB1" | version u16 | lane u8 (0 live, 1 backlog) | reserved u8 = 0 | hub 16 | epoch 16 | first_seq u64
//!          | count u32 | hub clock i64 (ms since the Unix epoch) | chain before 32 | chain after 32
//! record   length u32 of what follows | seq u64 | epoch 16 | hash 32 | payload
//! ```

use holdfast_replication::limits::{BATCH_RECORDS_MAX, RECORD_BYTES_MAX};
use holdfast_replication::{BatchHeader, Epoch, Hash, Lane, Record};
use thiserror::Error;
use uuid::Uuid;

use super::UPLINK_VERSION;

const MAGIC: &[u8; 4] = b"HFB1";
/// Bytes of the header.
pub const HEADER_BYTES: usize = 4 + 2 + 1 + 1 + 16 + 16 + 8 + 4 + 8 + 32 + 32;
/// Bytes that a record takes besides its payload.
pub const RECORD_OVERHEAD_BYTES: usize = 4 + RECORD_FIXED;
const RECORD_FIXED: usize = 8 + 16 + 32;

/// Everything in front of the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub lane: Lane,
    pub hub: Uuid,
    pub batch: BatchHeader,
    /// The hub's clock, milliseconds since the Unix epoch; measured and shown, never trusted.
    pub hub_clock_ms: i64,
}

/// Why a body is not a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("the body ends inside its header or a record")]
    Truncated,
    #[error("the body does not start as a batch does")]
    Magic,
    #[error("the batch has version {version}, this side knows {UPLINK_VERSION}")]
    Version { version: u16 },
    #[error("the lane {lane} is unknown")]
    Lane { lane: u8 },
    #[error("a batch of {count} records is over the limit of {BATCH_RECORDS_MAX}")]
    Count { count: u32 },
    #[error("a record of {bytes} bytes is not between its fixed part and the limit of {RECORD_BYTES_MAX}")]
    RecordLength { bytes: usize },
    #[error("bytes follow after the last record")]
    Trailing,
}

/// Writes header and records. The caller has kept to the limits of `holdfast_replication::limits`.
pub fn encode(header: &Header, records: &[Record<'_>]) -> Vec<u8> {
    let payloads: usize = records.iter().map(|record| record.payload.len() + RECORD_OVERHEAD_BYTES).sum();
    let mut out = Vec::with_capacity(HEADER_BYTES + payloads);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&UPLINK_VERSION.to_le_bytes());
    out.push(match header.lane {
        Lane::Live => 0,
        Lane::Backlog => 1,
    });
    out.push(0);
    out.extend_from_slice(header.hub.as_bytes());
    out.extend_from_slice(&header.batch.epoch.0);
    out.extend_from_slice(&header.batch.first_seq.to_le_bytes());
    out.extend_from_slice(&header.batch.count.to_le_bytes());
    out.extend_from_slice(&header.hub_clock_ms.to_le_bytes());
    out.extend_from_slice(&header.batch.chain_before);
    out.extend_from_slice(&header.batch.chain_after);
    for record in records {
        let length = u32::try_from(RECORD_FIXED + record.payload.len()).expect("a record is far below 4 GiB");
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&record.seq.to_le_bytes());
        out.extend_from_slice(&record.epoch.0);
        out.extend_from_slice(&record.hash);
        out.extend_from_slice(record.payload);
    }
    out
}

/// Reads header and records; payloads stay where they are. Numbers and hashes are not judged here, only the framing.
///
/// # Errors
/// When the bytes are not exactly one batch of a known version within the limits.
pub fn decode(body: &[u8]) -> Result<(Header, Vec<Record<'_>>), FrameError> {
    let mut rest = body;
    if take::<4>(&mut rest)? != *MAGIC {
        return Err(FrameError::Magic);
    }
    let version = u16::from_le_bytes(take(&mut rest)?);
    if version != UPLINK_VERSION {
        return Err(FrameError::Version { version });
    }
    let lane = match take::<2>(&mut rest)? {
        [0, 0] => Lane::Live,
        [1, 0] => Lane::Backlog,
        [lane, _] => return Err(FrameError::Lane { lane }),
    };
    let hub = Uuid::from_bytes(take(&mut rest)?);
    let epoch = Epoch(take(&mut rest)?);
    let first_seq = u64::from_le_bytes(take(&mut rest)?);
    let count = u32::from_le_bytes(take(&mut rest)?);
    let hub_clock_ms = i64::from_le_bytes(take(&mut rest)?);
    let chain_before: Hash = take(&mut rest)?;
    let chain_after: Hash = take(&mut rest)?;
    if count > BATCH_RECORDS_MAX {
        return Err(FrameError::Count { count });
    }
    let mut records = Vec::with_capacity(count as usize);
    for _ in 0..count {
        records.push(decode_record(&mut rest)?);
    }
    if !rest.is_empty() {
        return Err(FrameError::Trailing);
    }
    let batch = BatchHeader { epoch, first_seq, count, chain_before, chain_after };
    Ok((Header { lane, hub, batch, hub_clock_ms }, records))
}

fn decode_record<'a>(rest: &mut &'a [u8]) -> Result<Record<'a>, FrameError> {
    let length = u32::from_le_bytes(take(rest)?) as usize;
    if !(RECORD_FIXED..=RECORD_FIXED + RECORD_BYTES_MAX).contains(&length) {
        return Err(FrameError::RecordLength { bytes: length });
    }
    let seq = u64::from_le_bytes(take(rest)?);
    let epoch = Epoch(take(rest)?);
    let hash = take(rest)?;
    let (payload, after) = rest.split_at_checked(length - RECORD_FIXED).ok_or(FrameError::Truncated)?;
    *rest = after;
    Ok(Record { epoch, seq, hash, payload })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], FrameError> {
    let (head, after) = rest.split_first_chunk::<N>().ok_or(FrameError::Truncated)?;
    *rest = after;
    Ok(*head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> (Header, Vec<Record<'static>>) {
        let epoch = Epoch([3; 16]);
        let records = vec![
            Record { epoch, seq: 41, hash: [1; 32], payload: b"first" },
            Record { epoch: Epoch([2; 16]), seq: 42, hash: [2; 32], payload: b"" },
        ];
        let batch =
            BatchHeader { epoch, first_seq: 41, count: 2, chain_before: [9; 32], chain_after: [2; 32] };
        (Header { lane: Lane::Backlog, hub: Uuid::from_u128(5), batch, hub_clock_ms: -7 }, records)
    }

    #[test]
    fn what_was_written_is_read() {
        let (header, records) = sample();
        let body = encode(&header, &records);
        assert_eq!(body.len(), HEADER_BYTES + 2 * RECORD_OVERHEAD_BYTES + 5);
        assert_eq!(decode(&body), Ok((header, records)));
    }

    #[test]
    fn every_cut_and_every_addition_is_noticed() {
        let (header, records) = sample();
        let mut body = encode(&header, &records);
        for cut in 0..body.len() {
            assert!(decode(&body[..cut]).is_err(), "cut at {cut}");
        }
        body.push(0);
        assert_eq!(decode(&body), Err(FrameError::Trailing));
    }

    #[test]
    fn a_later_version_is_named() {
        let (header, records) = sample();
        let mut body = encode(&header, &records);
        body[4] = 2;
        assert_eq!(decode(&body), Err(FrameError::Version { version: 2 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_without_a_panic(body in prop::collection::vec(any::<u8>(), 0..600), real in any::<bool>()) {
            let mut bytes = body;
            if real {
                bytes.splice(0..0, b"HFB1\x01\x00\x00\x00".iter().copied());
            }
            let _ = decode(&bytes);
        }
    }
}
