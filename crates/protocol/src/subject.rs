//! What is kept of people who can be erased: the texts that tills send, and the bytes that the hub's files and the vault at
//! HQ hold. Nothing of it is ever part of a record, a topic or a stream.
//!
//! Details are stored as a version byte and postcard, sealed under a key of the subject's own: a version byte, the nonce of
//! 12 bytes, the ciphertext with its tag (ChaCha20-Poly1305, RFC 8439), with [`associated`] as the associated data. Keys and
//! sealed details lie in different files; see [`file`](mod@file).

pub mod file;

use std::fmt;

use holdfast_domain::bounded::is_hostile;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::SubjectId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::wire::plain;

/// PUT registers or changes, GET reads; with the till's credential, while somebody is signed on at it. `{id}` is a UUIDv7
/// that the till mints.
pub const SUBJECT_PATH: &str = "/api/v1/subjects/{id}";
/// POST, so that what is looked for stands in no address line: a [`SubjectSearch`], answered by [`SubjectsFound`].
pub const SUBJECT_SEARCH_PATH: &str = "/api/v1/subjects/search";
/// The most subjects that one search answers with.
pub const FOUND_MAX: usize = 20;

/// The most characters of a name.
pub const NAME_CHARS_MAX: usize = 120;
/// The most characters of an e-mail address (RFC 5321, section 4.5.3.1.3).
pub const EMAIL_CHARS_MAX: usize = 254;
/// The most characters of a telephone number, signs included.
pub const PHONE_CHARS_MAX: usize = 32;
/// The most characters of the notes.
pub const NOTES_CHARS_MAX: usize = 500;

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

/// What a shop keeps of a person. At least one of them is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    #[serde(default)]
    pub name: Option<Private>,
    #[serde(default)]
    pub email: Option<Private>,
    #[serde(default)]
    pub phone: Option<Private>,
    #[serde(default)]
    pub notes: Option<Private>,
}

/// Why details are not accepted. Says which one, never what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DetailsError {
    #[error("nothing is told of the person; give a name, an e-mail address, a telephone number or notes")]
    Nothing,
    #[error("the {what} has more than {max} characters")]
    TooLong { what: &'static str, max: usize },
    #[error("the {what} has a character that cannot be shown or written")]
    Forbidden { what: &'static str },
    #[error("the e-mail address has no single @ with something on both sides")]
    NoAddress,
    #[error("the telephone number has no digit")]
    NoNumber,
}

impl Details {
    /// The details trimmed, without empty ones, within their limits.
    ///
    /// # Errors
    /// [`DetailsError`], which never carries a text of the person.
    pub fn checked(self) -> Result<Self, DetailsError> {
        let details = Self {
            name: text("name", self.name, NAME_CHARS_MAX, |c| !is_hostile(c))?,
            email: text("e-mail address", self.email, EMAIL_CHARS_MAX, |c| {
                !is_hostile(c) && !c.is_whitespace()
            })?,
            phone: text("telephone number", self.phone, PHONE_CHARS_MAX, |c| !is_hostile(c))?,
            notes: text("notes", self.notes, NOTES_CHARS_MAX, |c| c == '\n' || !is_hostile(c))?,
        };
        if let Some(email) = &details.email {
            let parts: Vec<&str> = email.reveal().split('@').collect();
            if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) {
                return Err(DetailsError::NoAddress);
            }
        }
        if details.phone.as_ref().is_some_and(|phone| !phone.reveal().contains(|c: char| c.is_ascii_digit()))
        {
            return Err(DetailsError::NoNumber);
        }
        if details == Self::default() { Err(DetailsError::Nothing) } else { Ok(details) }
    }
}

fn text(
    what: &'static str,
    text: Option<Private>,
    max: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<Option<Private>, DetailsError> {
    let Some(given) = text else { return Ok(None) };
    let trimmed = given.reveal().trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    if trimmed.chars().count() > max {
        return Err(DetailsError::TooLong { what, max });
    }
    if !trimmed.chars().all(allowed) {
        return Err(DetailsError::Forbidden { what });
    }
    Ok(Some(Private::new(trimmed)))
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

/// A subject's details as a till reads them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    #[serde(with = "plain")]
    pub subject: SubjectId,
    /// The hub's clock when they were last changed.
    #[serde(with = "plain")]
    pub changed_at: Timestamp,
    pub details: Details,
}

/// An exact match on one of the two; which letters are large and how a number is written does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SubjectSearch {
    Email(Private),
    Phone(Private),
}

/// At most [`FOUND_MAX`] subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectsFound {
    pub subjects: Vec<Subject>,
}

const DETAILS_VERSION: u8 = 1;
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
    let Details { name, email, phone, notes } = details.clone();
    let stored = DetailsV1 { changed_at_ms: changed_at.0, name, email, phone, notes };
    // Room for everything, so that no half-written copy stays behind in memory.
    let texts = [&stored.name, &stored.email, &stored.phone, &stored.notes];
    let room = 64 + texts.into_iter().flatten().map(|text| text.reveal().len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(room);
    bytes.push(DETAILS_VERSION);
    Zeroizing::new(postcard::to_extend(&stored, bytes).expect("texts have a stored form"))
}

/// Reads what was sealed.
///
/// # Errors
/// [`SubjectBytesError`].
pub fn decode_details(bytes: &[u8]) -> Result<(Timestamp, Details), SubjectBytesError> {
    let (&version, body) = bytes.split_first().ok_or(SubjectBytesError::Unknown)?;
    if version != DETAILS_VERSION {
        return Err(SubjectBytesError::UnknownVersion { version });
    }
    let (stored, rest) =
        postcard::take_from_bytes::<DetailsV1>(body).map_err(SubjectBytesError::Malformed)?;
    if !rest.is_empty() {
        return Err(SubjectBytesError::Damaged);
    }
    let DetailsV1 { changed_at_ms, name, email, phone, notes } = stored;
    Ok((Timestamp(changed_at_ms), Details { name, email, phone, notes }))
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
