//! Pairing codes: what lets a new till in, once, for ten minutes.
//!
//! A code is 60 random bits. It is kept as its SHA-256 with its end, used up before the till is enrolled, and wrong codes
//! are counted per device: nobody guesses 60 bits in ten minutes at ten tries, and nobody can spoil another one's code.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use holdfast_domain::bounded::Label;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::HubError;
use crate::folder;

const VERSION: u8 = 1;
/// How long a code lives, in milliseconds.
pub const CODE_MS: i64 = 10 * 60 * 1_000;
/// Codes that are open at once.
pub const CODES_MAX: usize = 64;
/// Wrong codes from one address within [`CODE_MS`].
pub const WRONG_CODES_MAX: u32 = 10;
/// Addresses whose wrong codes are counted; when it is full, unknown addresses wait.
const PEERS_MAX: usize = 1_000;
/// Digits and letters that nobody mistakes for one another (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LETTERS: usize = 12;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenCode {
    sha256: String,
    name: String,
    ends_at_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u8,
    codes: Vec<OpenCode>,
}

#[derive(Debug, Default)]
struct Inner {
    codes: Vec<OpenCode>,
    wrong: HashMap<IpAddr, (u32, i64)>,
}

/// The open codes of one hub.
#[derive(Debug)]
pub struct Pairing {
    path: PathBuf,
    inner: Mutex<Inner>,
}

impl Pairing {
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn open(path: PathBuf) -> Result<Self, HubError> {
        let codes = match folder::read_json::<Stored>(&path)? {
            None => Vec::new(),
            Some(stored) if stored.version == VERSION => stored.codes,
            Some(_) => return Err(HubError::FileDamaged { path, source: "its version is unknown".into() }),
        };
        Ok(Self { path, inner: Mutex::new(Inner { codes, ..Inner::default() }) })
    }

    /// Makes a code for a till of this name; `random` decides it.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-022 when too many codes are open.
    pub fn issue(&self, name: &Label, now_ms: i64, random: [u8; CODE_LETTERS]) -> Result<String, HubError> {
        let letters: String =
            random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect();
        let mut inner = self.lock();
        let mut codes = inner.codes.clone();
        codes.retain(|code| code.ends_at_ms > now_ms);
        if codes.len() >= CODES_MAX {
            return Err(HubError::Request {
                problem: format!("{CODES_MAX} pairing codes are open; wait until one ends"),
            });
        }
        codes.push(OpenCode {
            sha256: digest(&letters),
            name: name.to_string(),
            ends_at_ms: now_ms + CODE_MS,
        });
        self.write(&codes)?;
        inner.codes = codes;
        Ok(format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
    }

    /// Uses a code up and returns the name it was made for.
    ///
    /// # Errors
    /// HF-HUB-018, HF-HUB-019, HF-HUB-003.
    pub fn redeem(&self, code: &str, peer: IpAddr, now_ms: i64) -> Result<Label, HubError> {
        let mut inner = self.lock();
        inner.wrong.retain(|_, (_, until_ms)| *until_ms > now_ms);
        let tries = inner.wrong.get(&peer).map_or(0, |(tries, _)| *tries);
        if tries >= WRONG_CODES_MAX || (tries == 0 && inner.wrong.len() >= PEERS_MAX) {
            return Err(HubError::PairingAttempts);
        }
        let given = digest(&canonical(code));
        let found = inner.codes.iter().position(|open| {
            open.ends_at_ms > now_ms && bool::from(open.sha256.as_bytes().ct_eq(given.as_bytes()))
        });
        let Some(found) = found else {
            inner.wrong.insert(peer, (tries + 1, now_ms + CODE_MS));
            return Err(HubError::PairingCode);
        };
        let mut codes = inner.codes.clone();
        let used = codes.swap_remove(found);
        self.write(&codes)?;
        inner.codes = codes;
        Label::new(&used.name).map_err(|source| HubError::Name { what: "till's name", source: source.into() })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, codes: &[OpenCode]) -> Result<(), HubError> {
        folder::replace_json(&self.path, &Stored { version: VERSION, codes: codes.to_vec() })
    }
}

fn digest(letters: &str) -> String {
    hex::encode(Sha256::digest(letters.as_bytes()))
}

/// Letter case, dashes and the letters that look like digits do not matter.
fn canonical(code: &str) -> String {
    code.chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .take(64)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 10));

    fn open(place: &tempfile::TempDir) -> Pairing {
        Pairing::open(place.path().join("pairing.json")).unwrap()
    }

    fn name() -> Label {
        Label::new("Till 1").unwrap()
    }

    #[test]
    fn a_code_works_once_whoever_types_it_how() {
        let place = tempfile::tempdir().unwrap();
        let code = open(&place).issue(&name(), 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 31]).unwrap();
        assert_eq!(code, "0123-4567-89AZ");
        assert!(!std::fs::read_to_string(place.path().join("pairing.json")).unwrap().contains("0123"));
        let pairing = open(&place);
        assert_eq!(pairing.redeem(" o123 4567 89az", PEER, 1).unwrap(), name());
        assert!(matches!(pairing.redeem(&code, PEER, 1), Err(HubError::PairingCode)));
        assert!(
            matches!(open(&place).redeem(&code, PEER, 1), Err(HubError::PairingCode)),
            "after a restart too"
        );
    }

    #[test]
    fn a_code_ends() {
        let place = tempfile::tempdir().unwrap();
        let pairing = open(&place);
        let code = pairing.issue(&name(), 0, [3; 12]).unwrap();
        assert!(matches!(pairing.redeem(&code, PEER, CODE_MS), Err(HubError::PairingCode)));
        let code = pairing.issue(&name(), 0, [4; 12]).unwrap();
        assert!(pairing.redeem(&code, OTHER, CODE_MS - 1).is_ok());
    }

    #[test]
    fn guessing_is_stopped_for_the_one_who_guesses() {
        let place = tempfile::tempdir().unwrap();
        let pairing = open(&place);
        let code = pairing.issue(&name(), 0, [5; 12]).unwrap();
        for guess in 0..WRONG_CODES_MAX {
            assert!(matches!(pairing.redeem(&format!("WRONG{guess}"), PEER, 0), Err(HubError::PairingCode)));
        }
        assert!(matches!(pairing.redeem(&code, PEER, 0), Err(HubError::PairingAttempts)));
        assert!(pairing.redeem(&code, OTHER, 0).is_ok(), "another device is not disturbed");
        assert!(
            matches!(pairing.redeem(&code, PEER, CODE_MS), Err(HubError::PairingCode)),
            "and may try again later"
        );
    }

    #[test]
    fn open_codes_are_bounded() {
        let place = tempfile::tempdir().unwrap();
        let pairing = open(&place);
        for n in 0..CODES_MAX {
            pairing.issue(&name(), 0, [n as u8; 12]).unwrap();
        }
        assert!(pairing.issue(&name(), 0, [1; 12]).is_err());
        assert!(pairing.issue(&name(), CODE_MS, [1; 12]).is_ok());
    }
}
