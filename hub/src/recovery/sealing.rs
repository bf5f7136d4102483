//! Seals: age files (C2SP, age-encryption.org/v1) to the recipient of a recovery code.
//!
//! Beside the recipient's own line the header carries one that names the store, because the key is made of code and store
//! together. It is covered by the header's authentication, and other tools pass over it as over every line that they do not
//! know.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, BufRead, Read, Write};
use std::str::FromStr;

use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, EncryptError, Encryptor, x25519};
use age_core::format::{FileKey, Stanza};
use holdfast_domain::ids::{StoreId, Uuid};
use zeroize::Zeroizing;

use super::error::RecoveryError;

/// The kind of the header's line that names the store.
const STORE_TAG: &str = "holdfast-store";
/// The header is searched this far for it.
const HEADER_BYTES_MAX: usize = 8 * 1_024;
/// The prefix of age's secret keys in their text form.
const SECRET_KEY_PREFIX: bech32::Hrp = bech32::Hrp::parse_unchecked("age-secret-key-");
/// Compression of what is sealed whole.
const ZSTD_LEVEL: i32 = 3;
/// What was sealed whole may grow to this when it is opened.
const OPENED_BYTES_MAX: u64 = 256 * 1_024 * 1_024;

/// The public half: seals, opens nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(x25519::Recipient);

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Recipient {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The secret half.
#[derive(Clone)]
pub struct Opener(x25519::Identity);

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

impl Opener {
    /// The X25519 identity of 32 secret bytes, through the text form that age reads.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        let text = bech32::encode_upper::<bech32::Bech32>(SECRET_KEY_PREFIX, secret);
        let text = Zeroizing::new(text.expect("32 bytes are within bech32's limits"));
        Self(text.parse().expect("this is age's own text form of 32 bytes"))
    }

    /// One that lives as long as this process, to read back what was just written.
    pub fn fleeting() -> Self {
        Self(x25519::Identity::generate())
    }

    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }
}

/// The header's line that names the store.
struct StoreLine(StoreId);

impl age::Recipient for StoreLine {
    fn wrap_file_key(&self, _: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let line = Stanza { tag: STORE_TAG.to_owned(), args: vec![self.0.to_string()], body: Vec::new() };
        Ok((vec![line], HashSet::new()))
    }
}

/// Begins an age file to a recipient, and to a second one when given. What is written to the result is sealed; its
/// `finish` ends the file.
///
/// # Errors
/// Those of `out`.
pub fn begin<W: Write>(
    recipient: &Recipient,
    also: Option<&Recipient>,
    store: StoreId,
    out: W,
) -> io::Result<StreamWriter<W>> {
    let line = StoreLine(store);
    let all = [Some(&recipient.0), also.map(|also| &also.0)];
    let all = all.into_iter().flatten().map(|one| one as &dyn age::Recipient);
    Encryptor::with_recipients(all.chain([&line as &dyn age::Recipient]))
        .expect("recipients of this kind go together")
        .wrap_output(out)
}

/// Seals bytes whole, compressed.
pub fn seal(recipient: &Recipient, store: StoreId, content: &[u8]) -> Vec<u8> {
    let packed = zstd::encode_all(content, ZSTD_LEVEL).expect("compressing in memory cannot fail");
    let packed = Zeroizing::new(packed);
    let mut sealed = Vec::with_capacity(packed.len() + 1_024);
    begin(recipient, None, store, &mut sealed)
        .and_then(|mut out| out.write_all(&packed).and_then(|()| out.finish()))
        .expect("writing to memory cannot fail");
    sealed
}

/// Opens what [`seal`] made. `what` names it to a person.
///
/// # Errors
/// HF-REC-002, HF-REC-003.
pub fn open(what: &str, opener: &Opener, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, RecoveryError> {
    let damaged = |source: io::Error| RecoveryError::Damaged { what: what.to_owned(), source: source.into() };
    let packed = open_stream(what, opener, sealed)?;
    let mut content = Zeroizing::new(Vec::new());
    let unpacked = zstd::stream::read::Decoder::new(packed).map_err(damaged)?;
    unpacked.take(OPENED_BYTES_MAX + 1).read_to_end(&mut content).map_err(damaged)?;
    if content.len() as u64 > OPENED_BYTES_MAX {
        return Err(damaged(io::Error::other("it grows beyond its limit")));
    }
    Ok(content)
}

/// Opens an age file as a stream that fails where a byte is cut or changed.
///
/// # Errors
/// HF-REC-002 when the file is whole but not for this key, HF-REC-003.
pub fn open_stream<R: BufRead>(
    what: &str,
    opener: &Opener,
    from: R,
) -> Result<StreamReader<R>, RecoveryError> {
    let failed = |error| match error {
        DecryptError::NoMatchingKeys | DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => {
            RecoveryError::WrongCode { what: what.to_owned() }
        }
        other => RecoveryError::Damaged { what: what.to_owned(), source: other.into() },
    };
    let decryptor = Decryptor::new_buffered(from).map_err(failed)?;
    decryptor.decrypt([&opener.0 as &dyn age::Identity].into_iter()).map_err(failed)
}

/// The store that the header of an age file names, looked for in its first bytes.
pub fn store_of(start: &[u8]) -> Option<StoreId> {
    let start = &start[..start.len().min(HEADER_BYTES_MAX)];
    let mut lines = start.split(|byte| *byte == b'\n');
    if lines.next()? != b"age-encryption.org/v1" {
        return None;
    }
    lines.take_while(|line| !line.starts_with(b"---")).find_map(|line| {
        let named = std::str::from_utf8(line).ok()?.strip_prefix("-> ")?.strip_prefix(STORE_TAG)?;
        Some(StoreId(Uuid::parse_str(named.trim()).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId(Uuid::from_u128(7));

    #[test]
    fn what_is_sealed_opens_for_its_key_alone_and_names_its_store() {
        let (mine, other) = (Opener::from_secret(&[1; 32]), Opener::from_secret(&[2; 32]));
        let sealed = seal(&mine.recipient(), STORE, b"Manager Canary");
        assert_eq!(store_of(&sealed), Some(STORE));
        assert!(!sealed.windows(6).any(|bytes| bytes == b"Canary"));
        assert_eq!(&**open("it", &mine, &sealed).unwrap(), b"Manager Canary");
        assert!(matches!(open("it", &other, &sealed), Err(RecoveryError::WrongCode { .. })));
        let parsed: Recipient = mine.recipient().to_string().parse().unwrap();
        assert_eq!(parsed, mine.recipient());
        assert!(!format!("{mine:?}").contains('1'));
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let mine = Opener::from_secret(&[1; 32]);
        let sealed = seal(&mine.recipient(), STORE, &[9; 300]);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open("it", &mine, &changed).is_err(), "byte {at}");
            assert!(open("it", &mine, &sealed[..at]).is_err(), "cut at {at}");
        }
        let mut longer = sealed;
        longer.push(0);
        assert!(open("it", &mine, &longer).is_err());
        assert_eq!(store_of(b"PK"), None);
    }

    #[test]
    fn a_second_key_opens_too() {
        let (mine, fleeting) = (Opener::from_secret(&[1; 32]), Opener::fleeting());
        let mut sealed = Vec::new();
        let mut out = begin(&mine.recipient(), Some(&fleeting.recipient()), STORE, &mut sealed).unwrap();
        out.write_all(b"both").unwrap();
        out.finish().unwrap();
        for opener in [mine, fleeting] {
            let mut text = String::new();
            open_stream("it", &opener, &sealed[..]).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "both");
        }
    }
}
