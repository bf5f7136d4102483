//! What an auditor brings beside the books: the public key, signed heads, and receipts with their short heads.

use std::fmt::{self, Write as _};
use std::io;
use std::path::Path;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;
use holdfast_domain::ids::StoreId;
use holdfast_protocol::head::{SHORT_CHARS, SignedHead, SignedHeadJson, short};
use serde::{Deserialize, Serialize};

/// Public keys that may be trusted at once: the store's hubs, one after another.
pub const KEYS_MAX: usize = 64;
/// Heads and receipts that are compared at once.
pub const WITNESSES_MAX: usize = 64;
/// Characters of a witness's name.
const NAME_CHARS_MAX: usize = 200;
/// Bytes of a file with a key or a head.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Why evidence cannot be used. Nothing is said about the books then.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    #[error("{name} cannot be read")]
    Unreadable {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("{name} is no Ed25519 public key of 64 hex digits, nor a file with one")]
    Key { name: String },
    #[error("{name} is no signed head in JSON")]
    Head { name: String },
    #[error("{name} is not signed by the key given, so it proves nothing")]
    Signature { name: String },
    #[error("{name} is of another store")]
    Store { name: String },
    #[error("`{text}` is no short head as receipts print it, such as 1042-9F3K-7QX2-M0ZD-W8HA")]
    Receipt { text: String },
    #[error("more than {most} {what} were given")]
    TooMany { what: &'static str, most: usize },
}

/// A hub's Ed25519 public key that the reader trusts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.bytes()))
    }
}

impl PublicKey {
    /// From its 32 bytes; `None` when they are no point of the curve.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().map(Self)
    }

    /// From 64 hex digits or a file that holds them.
    ///
    /// # Errors
    /// [`EvidenceError::Key`], [`EvidenceError::Unreadable`].
    pub fn given(text: &str) -> Result<Self, EvidenceError> {
        let digits = if Path::new(text).is_file() { read(text)? } else { text.to_owned() };
        let mut bytes = [0; 32];
        let decoded = hex::decode_to_slice(digits.trim(), &mut bytes);
        let key = decoded.ok().and_then(|()| Self::new(&bytes));
        key.ok_or_else(|| EvidenceError::Key { name: text.chars().take(80).collect() })
    }

    #[must_use]
    pub fn bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether this key has signed the bytes (RFC 8032, strictly: no weak key, no second form of a signature).
    #[must_use]
    pub fn has_signed(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        super::signature_holds(&self.0, bytes, signature)
    }
}

/// A short head, in its one canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    seq: u64,
    text: String,
}

impl FromStr for Receipt {
    type Err = EvidenceError;

    /// Takes what a person types: any case, and the letters that base 32 leaves out for the digits they look like.
    fn from_str(text: &str) -> Result<Self, EvidenceError> {
        let wrong = || EvidenceError::Receipt { text: text.chars().take(80).collect() };
        let (number, rest) = text.trim().split_once('-').ok_or_else(wrong)?;
        let all_digits = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
        let seq: u64 = number.parse().map_err(|_| wrong())?;
        let mut canonical = seq.to_string();
        let mut chars = 0;
        for c in rest.chars().filter(|c| *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c @ ('0'..='9' | 'A'..='Z') if c != 'U' => c,
                _ => return Err(wrong()),
            };
            if chars % 4 == 0 {
                canonical.push('-');
            }
            canonical.push(c);
            chars += 1;
        }
        if chars != SHORT_CHARS || seq == 0 || !all_digits {
            return Err(wrong());
        }
        Ok(Self { seq, text: canonical })
    }
}

/// Something that says what the history was at one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// What a person calls it.
    pub name: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Head(Box<SignedHead>),
    Receipt(Receipt),
}

impl Witness {
    /// The record that it speaks of.
    #[must_use]
    pub fn seq(&self) -> u64 {
        match &self.kind {
            Kind::Head(signed) => signed.head.seq,
            Kind::Receipt(receipt) => receipt.seq,
        }
    }

    pub(super) fn agrees_with(&self, hash: &[u8; 32]) -> bool {
        match &self.kind {
            Kind::Head(signed) => signed.head.hash == *hash,
            Kind::Receipt(receipt) => receipt.text == short(receipt.seq, hash),
        }
    }
}

/// A witness on its way from the console to the hub that serves.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Carried {
    Head { name: String, head: SignedHeadJson },
    Receipt { text: String },
}

/// All evidence, in the order in which it was given.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    witnesses: Vec<Witness>,
}

impl Evidence {
    /// Adds a signed head, when one of the keys has signed it.
    ///
    /// # Errors
    /// [`EvidenceError::Signature`], [`EvidenceError::TooMany`].
    pub fn head(&mut self, name: &str, signed: SignedHead, keys: &[PublicKey]) -> Result<(), EvidenceError> {
        let bytes = signed.head.signing_bytes();
        if !keys.iter().any(|key| key.has_signed(&bytes, &signed.signature)) {
            return Err(EvidenceError::Signature { name: name.to_owned() });
        }
        let mut name: String = name.chars().take(NAME_CHARS_MAX).collect();
        write!(name, " (record {}, {})", signed.head.seq, super::time(signed.head.signed_at))
            .expect("a String takes all");
        self.add(Witness { name, kind: Kind::Head(Box::new(signed)) })
    }

    /// Adds a file with a signed head in JSON, as HQ gives it and the hub keeps it.
    ///
    /// # Errors
    /// As [`Evidence::head`], [`EvidenceError::Head`], [`EvidenceError::Unreadable`].
    pub fn head_file(&mut self, path: &str, keys: &[PublicKey]) -> Result<(), EvidenceError> {
        let wrong = || EvidenceError::Head { name: path.to_owned() };
        let json: SignedHeadJson = serde_json::from_str(&read(path)?).map_err(|_| wrong())?;
        self.head(path, json.decode().ok_or_else(wrong)?, keys)
    }

    /// Adds the short head of a receipt. It is not signed: whoever holds the paper vouches for it.
    ///
    /// # Errors
    /// [`EvidenceError::TooMany`].
    pub fn receipt(&mut self, receipt: Receipt) -> Result<(), EvidenceError> {
        let name = format!("receipt {}", receipt.text);
        self.add(Witness { name, kind: Kind::Receipt(receipt) })
    }

    /// For the local channel.
    pub(crate) fn carried(self) -> Vec<Carried> {
        let carry = |Witness { name, kind }| match kind {
            Kind::Head(signed) => Carried::Head { name, head: SignedHeadJson::from(&*signed) },
            Kind::Receipt(receipt) => Carried::Receipt { text: receipt.text },
        };
        self.witnesses.into_iter().map(carry).collect()
    }

    /// From the local channel; the console has checked the signatures.
    ///
    /// # Errors
    /// [`EvidenceError::Head`], [`EvidenceError::Receipt`], [`EvidenceError::TooMany`].
    pub(crate) fn arrived(carried: Vec<Carried>) -> Result<Self, EvidenceError> {
        let mut evidence = Self::default();
        for carried in carried {
            match carried {
                Carried::Head { name, head } => {
                    let signed = head.decode().ok_or_else(|| EvidenceError::Head { name: name.clone() })?;
                    evidence.add(Witness { name, kind: Kind::Head(Box::new(signed)) })?;
                }
                Carried::Receipt { text } => evidence.receipt(text.parse()?)?,
            }
        }
        Ok(evidence)
    }

    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    pub(super) fn seqs(&self) -> impl Iterator<Item = u64> {
        self.witnesses.iter().map(Witness::seq)
    }

    pub(super) fn check_store(&self, store: StoreId) -> Result<(), EvidenceError> {
        let foreign = self.witnesses.iter().find(|witness| match &witness.kind {
            Kind::Head(signed) => signed.head.store != store,
            Kind::Receipt(_) => false,
        });
        foreign.map_or(Ok(()), |witness| Err(EvidenceError::Store { name: witness.name.clone() }))
    }

    fn add(&mut self, witness: Witness) -> Result<(), EvidenceError> {
        if self.witnesses.len() == WITNESSES_MAX {
            return Err(EvidenceError::TooMany { what: "heads and receipts", most: WITNESSES_MAX });
        }
        self.witnesses.push(witness);
        Ok(())
    }
}

fn read(path: &str) -> Result<String, EvidenceError> {
    let unreadable = |source| EvidenceError::Unreadable { name: path.to_owned(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
        return Err(unreadable(io::Error::other("it is far too large")));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_as_people_type_it() {
        let canonical: Receipt = "1042-003G-W58W-4CN3-2E1Z".parse().unwrap();
        for text in ["1042-oo3g-w58w-4cn3-2eiz", " 1042-003GW58W4CN32ELZ ", "01042-003G-W58W-4CN3-2E1Z"] {
            assert_eq!(text.parse::<Receipt>().unwrap(), canonical, "{text}");
        }
        for text in [
            "",
            "1042",
            "1042-003G",
            "0-003G-W58W-4CN3-2E1Z",
            "x-003G-W58W-4CN3-2E1Z",
            "+7-003G-W58W-4CN3-2E1Z",
        ] {
            assert!(text.parse::<Receipt>().is_err(), "{text}");
        }
        assert!("1042-003G-W58W-4CN3-2E1U".parse::<Receipt>().is_err(), "U is no character of it");
        assert!("1042-003G-W58W-4CN3-2E1Z0".parse::<Receipt>().is_err(), "one too many");
    }
}
