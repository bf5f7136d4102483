//! The stored format, version 1. It is frozen: old files are never rewritten and golden files hold every byte.
//!
//! All integers are little-endian; CRCs are CRC-32C. A journal is a folder of files `segment-<number>.hfj`, numbered
//! without gaps. A segment is its header, groups one after another, and zeros up to its preallocated size.
//!
//! **Segment header, 128 bytes**
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 8 | magic `HFJRNSEG` |
//! | 8 | 2 | format version, 1 |
//! | 10 | 2 | flags, 0 in version 1 |
//! | 12 | 4 | bytes of this header, 128 |
//! | 16 | 8 | segment number, as in the file name |
//! | 24 | 8 | preallocated bytes of the file |
//! | 32 | 16 | epoch of every record in the segment |
//! | 48 | 8 | sequence of the segment's first record |
//! | 56 | 32 | chain hash of the record before it, zeros before record 1 |
//! | 88 | 36 | reserved, zeros |
//! | 124 | 4 | CRC of bytes 0..124 |
//!
//! **Group header, 40 bytes, at a multiple of 8.** A group is what one write and one sync cover.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `HFGr` |
//! | 4 | 4 | flags: bit 0 = clean end (such a group has no records) |
//! | 8 | 4 | bytes of the body, a multiple of 8 |
//! | 12 | 4 | number of records in the body |
//! | 16 | 8 | sequence of the first record (of the next one when there are none) |
//! | 24 | 8 | `synced_through`: the highest sequence that was durable when this group was written |
//! | 32 | 4 | CRC of the body |
//! | 36 | 4 | CRC of the segment header's CRC followed by bytes 0..36, which ties the group to its segment |
//!
//! The body is records one after another and up to 7 zero bytes.
//!
//! **Record, 48 bytes and its payload**
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | bytes of the payload |
//! | 4 | 4 | CRC of bytes 0..4 and 8.. to the payload's end |
//! | 8 | 8 | sequence |
//! | 16 | 32 | chain hash |
//! | 48 | n | payload |

use crate::{ChainHash, Position};

/// The version that is written.
pub const FORMAT_VERSION: u16 = 1;
/// Bytes of a segment header.
pub const SEGMENT_HEADER_BYTES: usize = 128;
/// Bytes of a group header.
pub const GROUP_HEADER_BYTES: usize = 40;
/// Bytes of a record before its payload.
pub const RECORD_HEADER_BYTES: usize = 48;
/// The largest segment, so that offsets fit 32 bits with room to spare.
pub const SEGMENT_BYTES_LIMIT: u64 = 1 << 30;
/// Flag of a group without records that marks a clean end.
pub const GROUP_CLEAN_END: u32 = 1;

const SEGMENT_MAGIC: &[u8; 8] = b"HFJRNSEG";
const GROUP_MAGIC: &[u8; 4] = b"HFGr";
const ALIGNMENT_BYTES: usize = 8;

/// `bytes` rounded up to the alignment of groups.
#[must_use]
pub fn aligned(bytes: usize) -> usize {
    bytes.next_multiple_of(ALIGNMENT_BYTES)
}

/// The name of a segment file.
#[must_use]
pub fn segment_name(number: u64) -> String {
    format!("segment-{number:010}.hfj")
}

/// The number in a segment file's name; `None` for any other file.
#[must_use]
pub fn segment_number(name: &str) -> Option<u64> {
    let number = name.strip_prefix("segment-")?.strip_suffix(".hfj")?.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}

/// What a segment says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The number in the file's name.
    pub number: u64,
    /// Preallocated bytes of the file.
    pub segment_bytes: u64,
    /// Epoch of every record in it.
    pub epoch: [u8; 16],
    /// Sequence of its first record.
    pub first_seq: u64,
    /// Chain hash of the record before.
    pub previous: ChainHash,
}

/// Why a segment header was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// Magic, length, CRC or a reserved byte is wrong.
    Damaged,
    /// The version (or a flag, given with the version) is not known to this program.
    Version(u16),
}

impl SegmentHeader {
    /// The stored bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[0..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(SEGMENT_HEADER_BYTES as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&self.number.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.segment_bytes.to_le_bytes());
        bytes[32..48].copy_from_slice(&self.epoch);
        bytes[48..56].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[56..88].copy_from_slice(&self.previous);
        let crc = crc32c::crc32c(&bytes[..124]);
        bytes[124..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`HeaderFault`] when the bytes are no header of this version.
    pub fn decode(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Result<Self, HeaderFault> {
        if &bytes[0..8] != SEGMENT_MAGIC || crc32c::crc32c(&bytes[..124]) != u32_at(bytes, 124) {
            return Err(HeaderFault::Damaged);
        }
        let version = u16::from_le_bytes(array(&bytes[8..10]));
        let flags = u16::from_le_bytes(array(&bytes[10..12]));
        if version != FORMAT_VERSION || flags != 0 || u32_at(bytes, 12) as usize != SEGMENT_HEADER_BYTES {
            return Err(HeaderFault::Version(version));
        }
        let header = Self {
            number: u64_at(bytes, 16),
            segment_bytes: u64_at(bytes, 24),
            epoch: array(&bytes[32..48]),
            first_seq: u64_at(bytes, 48),
            previous: array(&bytes[56..88]),
        };
        let sane = header.first_seq > 0
            && header.segment_bytes <= SEGMENT_BYTES_LIMIT
            && header.segment_bytes >= SEGMENT_HEADER_BYTES as u64
            && bytes[88..124].iter().all(|byte| *byte == 0)
            && (header.first_seq > 1 || header.previous == [0; 32]);
        if sane { Ok(header) } else { Err(HeaderFault::Damaged) }
    }

    /// The value that ties groups to this segment: the header's CRC.
    #[must_use]
    pub fn salt(&self) -> u32 {
        u32_at(&self.encode(), 124)
    }
}

/// What a group says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupHeader {
    /// See [`GROUP_CLEAN_END`].
    pub flags: u32,
    /// Bytes of the body.
    pub body_bytes: u32,
    /// Records in the body.
    pub records: u32,
    /// Sequence of the first record.
    pub first_seq: u64,
    /// The highest sequence that was durable when the group was written.
    pub synced_through: u64,
    /// CRC of the body.
    pub body_crc: u32,
}

impl GroupHeader {
    /// The stored bytes for a segment with this salt.
    #[must_use]
    pub fn encode(&self, salt: u32) -> [u8; GROUP_HEADER_BYTES] {
        let mut bytes = [0; GROUP_HEADER_BYTES];
        bytes[0..4].copy_from_slice(GROUP_MAGIC);
        bytes[4..8].copy_from_slice(&self.flags.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.body_bytes.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.records.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first_seq.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.synced_through.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.body_crc.to_le_bytes());
        let crc = group_crc(&bytes, salt);
        bytes[36..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads stored bytes; `None` when they are no group header of that segment.
    #[must_use]
    pub fn decode(bytes: &[u8], salt: u32) -> Option<Self> {
        let bytes = bytes.get(..GROUP_HEADER_BYTES)?;
        if &bytes[0..4] != GROUP_MAGIC || group_crc(bytes, salt) != u32_at(bytes, 36) {
            return None;
        }
        let header = Self {
            flags: u32_at(bytes, 4),
            body_bytes: u32_at(bytes, 8),
            records: u32_at(bytes, 12),
            first_seq: u64_at(bytes, 16),
            synced_through: u64_at(bytes, 24),
            body_crc: u32_at(bytes, 32),
        };
        let clean_end = header.flags == GROUP_CLEAN_END && header.records == 0 && header.body_bytes == 0;
        let with_records = header.flags == 0 && header.records > 0;
        let ordered = header.first_seq > header.synced_through;
        ((clean_end || with_records) && ordered && header.body_bytes.is_multiple_of(8)).then_some(header)
    }

    /// Whether this group marks a clean end.
    #[must_use]
    pub fn is_clean_end(&self) -> bool {
        self.flags == GROUP_CLEAN_END
    }
}

fn group_crc(bytes: &[u8], salt: u32) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&salt.to_le_bytes()), &bytes[..36])
}

/// One stored record, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRecord<'a> {
    /// Sequence.
    pub seq: u64,
    /// Chain hash.
    pub hash: ChainHash,
    /// Payload.
    pub payload: &'a [u8],
}

impl<'a> StoredRecord<'a> {
    /// The payload bytes that a record header claims, before anything is proven.
    #[must_use]
    pub fn claimed_payload_bytes(header: &[u8]) -> usize {
        u32_at(header, 0) as usize
    }

    /// Reads the record at the start of `bytes`; `None` when it is cut short or its CRC is wrong.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..RECORD_HEADER_BYTES)?;
        let payload_bytes = Self::claimed_payload_bytes(header);
        let payload = bytes.get(RECORD_HEADER_BYTES..RECORD_HEADER_BYTES.checked_add(payload_bytes)?)?;
        let crc = record_crc(&header[0..4], &header[8..], payload);
        (crc == u32_at(header, 4)).then(|| Self {
            seq: u64_at(header, 8),
            hash: array(&header[16..48]),
            payload,
        })
    }

    /// Bytes this record takes in its group.
    #[must_use]
    pub fn stored_bytes(&self) -> usize {
        RECORD_HEADER_BYTES + self.payload.len()
    }
}

/// Appends a record's stored bytes to `out`.
pub fn encode_record(out: &mut Vec<u8>, position: &Position, payload: &[u8]) {
    let mut header = [0; RECORD_HEADER_BYTES];
    let payload_bytes = u32::try_from(payload.len()).expect("record_bytes_max is far below 4 GiB");
    header[0..4].copy_from_slice(&payload_bytes.to_le_bytes());
    header[8..16].copy_from_slice(&position.seq.to_le_bytes());
    header[16..48].copy_from_slice(&position.hash);
    let crc = record_crc(&header[0..4], &header[8..], payload);
    header[4..8].copy_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(payload);
}

fn record_crc(length: &[u8], rest: &[u8], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(length), rest), payload)
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the caller slices exactly N bytes")
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array(&bytes[offset..offset + 4]))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(array(&bytes[offset..offset + 8]))
}
