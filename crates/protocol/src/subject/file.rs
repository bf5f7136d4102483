//! The files that keep subjects, and the part that a vault or a backup takes of them.
//!
//! A file is four letters, a version, entries in postcard, and the SHA-256 of everything before it: `HFSK` holds keys, `HFSD`
//! sealed details, `HFSX` ids alone. A part (`HFSP`) holds all three kinds; the part of a backup has no keys, which is not
//! the same as a part with none.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::ids::{SubjectId, Uuid};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SubjectBytesError;

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 32;
/// Bytes of a file around its entries.
const FRAME_BYTES: usize = 4 + 1 + DIGEST_BYTES;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Keys,
    Details,
    Ids,
    Part,
}

impl Kind {
    fn tag(self) -> &'static [u8; 4] {
        match self {
            Self::Keys => b"HFSK",
            Self::Details => b"HFSD",
            Self::Ids => b"HFSX",
            Self::Part => b"HFSP",
        }
    }
}

/// A key of 256 bits. Wiped when it is dropped, and never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(key)")
    }
}

/// Keys by subject.
pub type Keys = BTreeMap<SubjectId, Key>;
/// Sealed details by subject.
pub type SealedDetails = BTreeMap<SubjectId, Vec<u8>>;

/// What HQ's vault or a backup holds of the subjects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// None in a backup: whoever is erased must not come back from a drawer.
    pub keys: Option<Keys>,
    pub sealed: SealedDetails,
    /// Everybody who was ever erased.
    pub erased: BTreeSet<SubjectId>,
}

#[derive(Serialize, Deserialize)]
struct PartV1 {
    keys: Option<Vec<(Uuid, Key)>>,
    sealed: Vec<(Uuid, Vec<u8>)>,
    erased: Vec<Uuid>,
}

fn frame(kind: Kind, body: &impl Serialize, room: usize) -> Zeroizing<Vec<u8>> {
    // Room for everything, so that no half-written copy of a key stays behind in memory.
    let mut start = Vec::with_capacity(room + FRAME_BYTES + 64);
    start.extend_from_slice(kind.tag());
    start.push(VERSION);
    let mut bytes = Zeroizing::new(postcard::to_extend(body, start).expect("plain data has a stored form"));
    let digest = Sha256::digest(&bytes[..]);
    bytes.extend_from_slice(&digest);
    bytes
}

fn unframe<'a, T: Deserialize<'a>>(kind: Kind, bytes: &'a [u8]) -> Result<T, SubjectBytesError> {
    let rest = bytes.strip_prefix(kind.tag()).ok_or(SubjectBytesError::Unknown)?;
    let (&version, rest) = rest.split_first().ok_or(SubjectBytesError::Unknown)?;
    if version != VERSION {
        return Err(SubjectBytesError::UnknownVersion { version });
    }
    let at = rest.len().checked_sub(DIGEST_BYTES).ok_or(SubjectBytesError::Damaged)?;
    let (body, digest) = rest.split_at(at);
    let whole = &bytes[..bytes.len() - DIGEST_BYTES];
    if Sha256::digest(whole)[..] != *digest {
        return Err(SubjectBytesError::Damaged);
    }
    let (value, left) = postcard::take_from_bytes(body).map_err(SubjectBytesError::Malformed)?;
    if left.is_empty() { Ok(value) } else { Err(SubjectBytesError::Damaged) }
}

fn listed<T: Clone>(entries: &BTreeMap<SubjectId, T>) -> Vec<(Uuid, T)> {
    entries.iter().map(|(id, value)| (id.0, value.clone())).collect()
}

fn mapped<T>(entries: Vec<(Uuid, T)>) -> BTreeMap<SubjectId, T> {
    entries.into_iter().map(|(id, value)| (SubjectId(id), value)).collect()
}

/// A file of keys.
pub fn encode_keys(keys: &Keys) -> Zeroizing<Vec<u8>> {
    frame(Kind::Keys, &listed(keys), keys.len() * 48)
}

/// Reads a file of keys.
///
/// # Errors
/// [`SubjectBytesError`].
pub fn decode_keys(bytes: &[u8]) -> Result<Keys, SubjectBytesError> {
    unframe(Kind::Keys, bytes).map(mapped)
}

/// A file of sealed details.
pub fn encode_sealed(sealed: &SealedDetails) -> Vec<u8> {
    let bytes = sealed.values().map(Vec::len).sum::<usize>();
    frame(Kind::Details, &listed(sealed), bytes + sealed.len() * 20).to_vec()
}

/// Reads a file of sealed details.
///
/// # Errors
/// [`SubjectBytesError`].
pub fn decode_sealed(bytes: &[u8]) -> Result<SealedDetails, SubjectBytesError> {
    unframe(Kind::Details, bytes).map(mapped)
}

/// A file of ids.
pub fn encode_ids(ids: &BTreeSet<SubjectId>) -> Vec<u8> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    frame(Kind::Ids, &ids, ids.len() * 16).to_vec()
}

/// Reads a file of ids.
///
/// # Errors
/// [`SubjectBytesError`].
pub fn decode_ids(bytes: &[u8]) -> Result<BTreeSet<SubjectId>, SubjectBytesError> {
    let ids: Vec<Uuid> = unframe(Kind::Ids, bytes)?;
    Ok(ids.into_iter().map(SubjectId).collect())
}

/// The bytes of a part.
pub fn encode_part(part: &Part) -> Zeroizing<Vec<u8>> {
    let stored = PartV1 {
        keys: part.keys.as_ref().map(listed),
        sealed: listed(&part.sealed),
        erased: part.erased.iter().map(|id| id.0).collect(),
    };
    let keys = part.keys.as_ref().map_or(0, BTreeMap::len) * 48;
    let sealed = part.sealed.values().map(|sealed| sealed.len() + 20).sum::<usize>();
    frame(Kind::Part, &stored, keys + sealed + part.erased.len() * 16)
}

/// Reads a part.
///
/// # Errors
/// [`SubjectBytesError`].
pub fn decode_part(bytes: &[u8]) -> Result<Part, SubjectBytesError> {
    let PartV1 { keys, sealed, erased } = unframe(Kind::Part, bytes)?;
    let erased = erased.into_iter().map(SubjectId).collect();
    Ok(Part { keys: keys.map(mapped), sealed: mapped(sealed), erased })
}
