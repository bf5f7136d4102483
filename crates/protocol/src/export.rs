//! The export `HFX1`: a history, or the end of one from a record on, in one file that proves itself to anyone who holds the
//! hub's public key. `docs/formats/export.md` tells the same to somebody who writes a verifier of his own.
//!
//! The stored payloads are carried unchanged, so the chain hashes of the journal are those of the file. All integers are
//! big endian; every byte has a place, nothing is optional, and nothing may follow the trailer.
//!
//! **Header, 96 bytes**
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `HFX1` |
//! | 4 | 2 | version, 1 |
//! | 6 | 2 | bytes of this header, 96 |
//! | 8 | 16 | store |
//! | 24 | 16 | hub that exported |
//! | 40 | 8 | the hub's clock when it began, milliseconds since the Unix epoch, signed |
//! | 48 | 8 | sequence of the first record, at least 1 |
//! | 56 | 32 | chain hash of the record before the first one, zeros before record 1 |
//! | 88 | 8 | reserved, zeros |
//!
//! **Record, 64 bytes and its payload**, one after another without gaps in the sequence
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `HFXR` |
//! | 4 | 4 | bytes of the payload, 1 to 1,048,576 |
//! | 8 | 8 | sequence |
//! | 16 | 16 | epoch |
//! | 32 | 32 | chain hash, see [`crate::chain_hash`] |
//! | 64 | n | payload |
//!
//! **Trailer, 288 bytes**
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `HFXT` |
//! | 4 | 4 | reserved, zeros |
//! | 8 | 8 | number of records, at least 1 |
//! | 16 | 111 | what the hub signs of the last record's [`Head`], see [`Head::signing_bytes`] |
//! | 127 | 1 | reserved, zero |
//! | 128 | 64 | Ed25519 signature of those 111 bytes |
//! | 192 | 32 | the hub's Ed25519 public key |
//! | 224 | 64 | Ed25519 signature of `holdfast-export-1` and the SHA-256 of every byte of the file before this field |

mod read;
mod write;

use std::fmt;

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{EpochId, HubId, StoreId};

use crate::head::{HEAD_BYTES, HEAD_TAG, Head, SignedHead};
use crate::record::PAYLOAD_BYTES_MAX;

pub use read::Decoder;
pub use write::Encoder;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 96;
/// Bytes of a record before its payload.
pub const RECORD_HEADER_BYTES: usize = 64;
/// Bytes of the trailer.
pub const TRAILER_BYTES: usize = 288;
/// The version that is written.
pub const EXPORT_VERSION: u16 = 1;
/// What the file's signature begins with, so that nothing else that a hub signs can pass for it.
pub const EXPORT_TAG: &[u8; 17] = b"holdfast-export-1";
/// Bytes of what is signed for the file: the tag and a SHA-256.
pub const SEAL_BYTES: usize = 17 + 32;

const HEADER_MAGIC: &[u8; 4] = b"HFX1";
const RECORD_MAGIC: &[u8; 4] = b"HFXR";
const TRAILER_MAGIC: &[u8; 4] = b"HFXT";

/// What an export begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    pub store: StoreId,
    /// The hub that exported; earlier epochs may be another hub's.
    pub hub: HubId,
    /// The hub's clock when it began.
    pub created_at: Timestamp,
    pub first_seq: u64,
    /// The chain hash before the first record; zeros when that is record 1.
    pub previous: [u8; 32],
}

/// One record of an export, borrowed from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    pub seq: u64,
    pub epoch: EpochId,
    /// The chain hash after the record.
    pub hash: [u8; 32],
    /// The stored bytes, unchanged.
    pub payload: &'a [u8],
}

/// What an export ends with. The two signatures are not verified yet: [`Head::signing_bytes`] by `head.signature` and
/// [`Closing::seal_bytes`] by `signature`, both under `public_key`, which must be one that the reader trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    pub records: u64,
    /// The head of the last record.
    pub head: SignedHead,
    pub public_key: [u8; 32],
    /// SHA-256 of every byte before the last signature.
    pub digest: [u8; 32],
    pub signature: [u8; 64],
    /// Bytes of the whole file.
    pub bytes: u64,
}

impl Closing {
    /// What the file's signature covers.
    #[must_use]
    pub fn seal_bytes(&self) -> [u8; SEAL_BYTES] {
        seal_bytes(&self.digest)
    }
}

fn seal_bytes(digest: &[u8; 32]) -> [u8; SEAL_BYTES] {
    let mut bytes = [0; SEAL_BYTES];
    bytes[..EXPORT_TAG.len()].copy_from_slice(EXPORT_TAG);
    bytes[EXPORT_TAG.len()..].copy_from_slice(digest);
    bytes
}

/// What is wrong with an export's bytes. The words are part of the format's description: two verifiers that look at the
/// same file name the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The header is not one of this version.
    Header,
    /// The file ends before its trailer does.
    Cut,
    /// Neither a record nor a trailer begins here.
    Entry,
    /// A payload has no byte or too many.
    Length,
    /// The record is not the next one.
    Sequence,
    /// The record's hash is not that of its bytes and everything before it.
    Chain,
    /// The trailer counts other records than there are, or none.
    Count,
    /// A reserved byte of the trailer is not zero.
    Reserved,
    /// The trailer's head is not that of the last record.
    Head,
    /// Bytes follow the trailer.
    Following,
}

impl Problem {
    /// The problem in one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cut => "cut",
            Self::Entry => "entry",
            Self::Length => "length",
            Self::Sequence => "sequence",
            Self::Chain => "chain",
            Self::Count => "count",
            Self::Reserved => "reserved",
            Self::Head => "head",
            Self::Following => "following",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "this is not the header of an export that this version knows",
            Self::Cut => "the file ends before its trailer does",
            Self::Entry => "neither a record nor the trailer begins here",
            Self::Length => "the payload has no byte or more than a record can have",
            Self::Sequence => "this is not the next record",
            Self::Chain => "the record's hash is not that of its bytes and of everything before it",
            Self::Count => "the trailer counts other records than there are",
            Self::Reserved => "a reserved byte is not zero",
            Self::Head => "the signed head is not that of the last record",
            Self::Following => "bytes follow the trailer",
        })
    }
}

/// The first thing that is wrong with an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (byte {offset}, record {seq})")]
pub struct Fault {
    pub problem: Problem,
    /// Where the part begins that is wrong, in bytes from the start of the file.
    pub offset: u64,
    /// The record that is there or would be next; 0 in the header.
    pub seq: u64,
}

/// The head in what was signed of it; `None` when the tag is another one.
fn head_of(bytes: &[u8; HEAD_BYTES]) -> Option<Head> {
    let (tag, rest) = bytes.split_at(HEAD_TAG.len());
    let id = |at: usize| uuid::Uuid::from_bytes(array(&rest[at..at + 16]));
    (tag == HEAD_TAG).then(|| Head {
        store: StoreId(id(0)),
        hub: HubId(id(16)),
        epoch: EpochId(id(32)),
        seq: u64_at(rest, 48),
        hash: array(&rest[56..88]),
        signed_at: Timestamp(i64::from_be_bytes(array(&rest[88..96]))),
    })
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the caller slices exactly N bytes")
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(array(&bytes[at..at + 4]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(array(&bytes[at..at + 8]))
}
