//! What is kept of people who can be erased: the texts that tills send, and the bytes that the hub's files and the vault at
//! HQ hold. Nothing of it is ever part of a record, a topic or a stream.
//!
//! Details are stored as a version byte and postcard, sealed under a key of the subject's own: a version byte, the nonce of
//! 12 bytes, the ciphertext with its tag (ChaCha20-Poly1305, RFC 8439), with [`associated`] as the associated data. Keys and
//! sealed details lie in different files; see [`file`](mod@file).

mod details;
pub mod file;

use std::fmt;

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::SubjectId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use details::{
    CARD_CHARS_MAX, Consents, Details, DetailsError, DetailsUpdate, EMAIL_CHARS_MAX, Mention, NAME_CHARS_MAX,
    NOTES_CHARS_MAX, PHONE_CHARS_MAX, Purpose, TAX_ID_CHARS_MAX,
};

use crate::wire::plain;

/// PUT registers or changes with a [`DetailsUpdate`], GET reads a [`Subject`]; with the till's credential, while somebody is signed on at it. `{id}` is a UUIDv7
/// that the till mints.
pub const SUBJECT_PATH: &str = "/api/v1/subjects/{id}";
/// POST, so that what is looked for stands in no address line: a [`SubjectSearch`], answered by [`SubjectsFound`].
pub const SUBJECT_SEARCH_PATH: &str = "/api/v1/subjects/search";
/// The most subjects that one search answers with.
pub const FOUND_MAX: usize = 20;

/// A text about a person. It is wiped when it is dropped, and shows itself to nobody who only prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(Zeroizing<String>);

impl Private {
    /// The text as it was given; [`Details::checked`] is what bounds it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that shows or compares it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(private)")
    }
}

/// An e-mail address as it is compared: addresses are found whatever the case of their letters.
pub fn comparable_email(email: &str) -> Zeroizing<String> {
    Zeroizing::new(email.trim().to_lowercase())
}

/// A telephone number as it is compared: its digits, and the plus of an international one.
pub fn comparable_phone(phone: &str) -> Zeroizing<String> {
    let mut compared = Zeroizing::new(String::new());
    for c in phone.trim().chars() {
        if c.is_ascii_digit() || (c == '+' && compared.is_empty()) {
            compared.push(c);
        }
    }
    compared
}

/// A customer card's number as it is compared: whatever the case of its letters, and however it is spaced.
pub fn comparable_card(card: &str) -> Zeroizing<String> {
    let mut compared = Zeroizing::new(String::with_capacity(card.len()));
    compared.extend(card.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()));
    compared
}

/// A subject's details as a till reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Whose they are: another id than the one that was asked for, when that one was merged into this.
    #[serde(with = "plain")]
    pub subject: SubjectId,
    /// The hub's clock when they were last changed.
    #[serde(with = "plain")]
    pub changed_at: Timestamp,
    pub details: Details,
}

/// An exact match on one of them; which letters are large and how a number is written does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SubjectSearch {
    Email(Private),
    Phone(Private),
    Card(Private),
}

/// At most [`FOUND_MAX`] subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectsFound {
    pub subjects: Vec<Subject>,
}

/// Without customer card, tax number and consents.
const DETAILS_V1: u8 = 1;
const DETAILS_V2: u8 = 2;
const SEALED_VERSION: u8 = 1;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;

#[derive(Serialize, Deserialize)]
struct DetailsV1 {
    changed_at_ms: i64,
    name: Option<Private>,
    email: Option<Private>,
    phone: Option<Private>,
    notes: Option<Private>,
}

#[derive(Serialize, Deserialize)]
struct DetailsV2 {
    changed_at_ms: i64,
    name: Option<Private>,
    email: Option<Private>,
    phone: Option<Private>,
    notes: Option<Private>,
    card: Option<Private>,
    tax_id: Option<Private>,
    consents_ms: Vec<(Purpose, i64)>,
}

/// Bytes that are no details, no sealed details or no file of subjects.
#[derive(Debug, thiserror::Error)]
pub enum SubjectBytesError {
    #[error("these bytes are of another kind")]
    Unknown,
    #[error("version {version} is newer than this program")]
    UnknownVersion { version: u8 },
    #[error("the bytes are damaged")]
    Damaged,
    #[error("the bytes are not what their version says")]
    Malformed(#[source] postcard::Error),
}

/// Details as they are sealed.
pub fn encode_details(changed_at: Timestamp, details: &Details) -> Zeroizing<Vec<u8>> {
    let texts = details.texts();
    let Details { name, email, phone, notes, card, tax_id, consents } = details.clone();
    let consents_ms: Vec<_> = consents.iter().map(|(purpose, at)| (purpose, at.0)).collect();
    // Room for everything, so that no half-written copy stays behind in memory.
    let room = 64
        + texts.into_iter().filter_map(|(_, text)| text).map(|text| text.reveal().len() + 4).sum::<usize>();
    let mut bytes = Vec::with_capacity(room + consents_ms.len() * 11);
    bytes.push(DETAILS_V2);
    let changed_at_ms = changed_at.0;
    let stored = DetailsV2 { changed_at_ms, name, email, phone, notes, card, tax_id, consents_ms };
    Zeroizing::new(postcard::to_extend(&stored, bytes).expect("texts have a stored form"))
}

/// Reads what was sealed, by this version or the first.
///
/// # Errors
/// [`SubjectBytesError`].
pub fn decode_details(bytes: &[u8]) -> Result<(Timestamp, Details), SubjectBytesError> {
    let (&version, body) = bytes.split_first().ok_or(SubjectBytesError::Unknown)?;
    match version {
        DETAILS_V1 => {
            let DetailsV1 { changed_at_ms, name, email, phone, notes } = whole(body)?;
            Ok((Timestamp(changed_at_ms), Details { name, email, phone, notes, ..Details::default() }))
        }
        DETAILS_V2 => {
            let DetailsV2 { changed_at_ms, name, email, phone, notes, card, tax_id, consents_ms } =
                whole(body)?;
            let consents = consents_ms.into_iter().map(|(purpose, at_ms)| (purpose, Timestamp(at_ms)));
            let details = Details { name, email, phone, notes, card, tax_id, consents: consents.collect() };
            Ok((Timestamp(changed_at_ms), details))
        }
        version => Err(SubjectBytesError::UnknownVersion { version }),
    }
}

fn whole<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, SubjectBytesError> {
    let (stored, rest) = postcard::take_from_bytes(body).map_err(SubjectBytesError::Malformed)?;
    if rest.is_empty() { Ok(stored) } else { Err(SubjectBytesError::Damaged) }
}

/// What a seal is bound to beside its key: what is sealed, and for whom. Sealed details of one subject never open as those
/// of another.
pub fn associated(subject: SubjectId) -> [u8; 21] {
    let mut bytes = [0; 21];
    bytes[..4].copy_from_slice(b"HFSU");
    bytes[4] = SEALED_VERSION;
    bytes[5..].copy_from_slice(subject.0.as_bytes());
    bytes
}

/// Sealed details as they are stored.
pub fn join_sealed(nonce: &[u8; NONCE_BYTES], ciphertext: &[u8]) -> Vec<u8> {
    [&[SEALED_VERSION][..], nonce, ciphertext].concat()
}

/// The nonce and the ciphertext of sealed details.
///
/// # Errors
/// [`SubjectBytesError`].
pub fn split_sealed(sealed: &[u8]) -> Result<([u8; NONCE_BYTES], &[u8]), SubjectBytesError> {
    let (&version, rest) = sealed.split_first().ok_or(SubjectBytesError::Unknown)?;
    if version != SEALED_VERSION {
        return Err(SubjectBytesError::UnknownVersion { version });
    }
    let (nonce, ciphertext) = rest.split_first_chunk().ok_or(SubjectBytesError::Damaged)?;
    Ok((*nonce, ciphertext))
}
