//! The recovery code: 130 random bits on paper, from which the key that opens a store's seals is made.
//!
//! A code is 28 letters of Crockford's base 32 in groups of four. The first 26 are the random bits, the last two what is
//! left when the number they form is divided by 1,021, a prime: one wrong letter, or two that changed places, never pass.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use holdfast_domain::ids::StoreId;
use zeroize::Zeroizing;

use super::error::RecoveryError;
use super::sealing::Opener;
use crate::clock::Machine;

/// Digits and letters that nobody mistakes for one another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters that carry the random bits, five each.
const SECRET_LETTERS: usize = 26;
/// Letters of a whole code.
pub const CODE_LETTERS: usize = SECRET_LETTERS + 2;
const GROUP_LETTERS: usize = 4;
/// The largest prime below 2¹⁰.
const CHECK_PRIME: u32 = 1_021;
/// What is typed beyond this is no code.
const TYPED_BYTES_MAX: usize = 256;
/// The cost of turning a code into its key: argon2id (RFC 9106) with this much memory (KiB), passes, one lane. What was
/// sealed can only be opened at the same cost, so these never change.
const MEMORY_KIB: u32 = 64 * 1_024;
const PASSES: u32 = 3;

/// A code whose letters fit together. Shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(Zeroizing<[u8; SECRET_LETTERS]>);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode")
    }
}

impl RecoveryCode {
    /// A new code from the system's randomness.
    pub fn mint() -> Self {
        let random: Zeroizing<[u8; SECRET_LETTERS]> = Zeroizing::new(Machine.random());
        Self(Zeroizing::new(random.map(|byte| byte & 31)))
    }

    /// Reads what a person typed: letter case, spaces and dashes do not matter, O is 0, I and L are 1.
    ///
    /// # Errors
    /// HF-REC-001 with what is wrong, before anything else is tried.
    pub fn parse(typed: &str) -> Result<Self, RecoveryError> {
        let wrong = |problem: String| RecoveryError::Code { problem };
        if typed.len() > TYPED_BYTES_MAX {
            return Err(wrong(format!("it has {CODE_LETTERS} letters, and far more were typed")));
        }
        let mut values = Zeroizing::new(Vec::with_capacity(CODE_LETTERS));
        for typed in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let letter = match typed.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET.iter().position(|known| char::from(*known) == letter);
            let place = values.len() + 1;
            let value = value
                .ok_or_else(|| wrong(format!("letter {place}, `{}`, is in no code", typed.escape_debug())))?;
            values.push(u8::try_from(value).expect("an index below 32"));
        }
        if values.len() != CODE_LETTERS {
            return Err(wrong(format!("it has {CODE_LETTERS} letters, and {} were typed", values.len())));
        }
        let mut secret = Zeroizing::new([0; SECRET_LETTERS]);
        secret.copy_from_slice(&values[..SECRET_LETTERS]);
        if check_letters(&secret) != values[SECRET_LETTERS..] {
            return Err(wrong(
                "its last two letters do not fit the others: one letter is wrong, or two changed places"
                    .into(),
            ));
        }
        Ok(Self(secret))
    }

    /// The code as it is printed: `ABCD-…`, seven groups of four.
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(CODE_LETTERS * 5 / 4));
        for (at, value) in self.0.iter().copied().chain(check_letters(&self.0)).enumerate() {
            if at > 0 && at % GROUP_LETTERS == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(value)]));
        }
        text
    }

    /// The key that opens what was sealed for this code in this store. Blocks for an argon2id computation.
    pub fn opener(&self, store: StoreId) -> Opener {
        let letters: Zeroizing<Vec<u8>> =
            Zeroizing::new(self.0.iter().map(|value| ALPHABET[usize::from(*value)]).collect());
        let mut secret = Zeroizing::new([0; 32]);
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(secret.len()))
            .expect("the cost is within argon2's limits");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(&letters, store.0.as_bytes(), &mut *secret)
            .expect("26 letters and 16 bytes of salt are within argon2's limits");
        Opener::from_secret(&secret)
    }
}

fn check_letters(secret: &[u8; SECRET_LETTERS]) -> [u8; 2] {
    let left = secret.iter().fold(0, |left, value| (left * 32 + u32::from(*value)) % CHECK_PRIME);
    [u8::try_from(left >> 5).expect("below 32"), u8::try_from(left & 31).expect("below 32")]
}

#[cfg(test)]
mod tests {
    use holdfast_domain::ids::Uuid;

    use super::*;

    fn problem(typed: &str) -> String {
        RecoveryCode::parse(typed).unwrap_err().to_string()
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = RecoveryCode::mint();
        let text = code.text();
        assert_eq!(text.len(), 34, "seven groups of four");
        for typed in [
            text.to_string(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            format!("  {}\n", text.replace('0', "o").replace('1', "l")),
        ] {
            assert!(RecoveryCode::parse(&typed).unwrap() == code, "{typed}");
        }
        assert!(RecoveryCode::mint() != code);
        assert!(!format!("{code:?}").contains(&text[..4]));
    }

    #[test]
    fn every_wrong_letter_and_every_two_that_changed_places_are_noticed() {
        let code = RecoveryCode(Zeroizing::new(std::array::from_fn(|at| (at * 11 % 32) as u8)));
        let text: Vec<u8> = code.text().replace('-', "").into_bytes();
        let typed = |letters: &[u8]| String::from_utf8(letters.to_vec()).unwrap();
        let mut tried = 0;
        for at in 0..CODE_LETTERS {
            for other in ALPHABET.iter().filter(|other| **other != text[at]) {
                let mut letters = text.clone();
                letters[at] = *other;
                assert!(RecoveryCode::parse(&typed(&letters)).is_err(), "letter {at} became {other}");
                tried += 1;
            }
            for second in at + 1..CODE_LETTERS {
                let mut letters = text.clone();
                letters.swap(at, second);
                let same = letters == text;
                assert_eq!(RecoveryCode::parse(&typed(&letters)).is_ok(), same, "{at} and {second} swapped");
            }
        }
        assert_eq!(tried, CODE_LETTERS * 31);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let text = RecoveryCode::mint().text().to_string();
        assert!(problem("").contains("28 letters, and 0"));
        assert!(problem(&text[..33]).contains("28 letters, and 27"));
        assert!(problem(&format!("{text}0")).contains("and 29"));
        assert!(problem(&format!("U{}", &text[1..])).contains("letter 1, `U`"));
        assert!(problem(&"0".repeat(1_000)).contains("far more"));
        let mut wrong = text.clone();
        wrong.replace_range(..1, if text.starts_with('Z') { "Y" } else { "Z" });
        assert!(problem(&wrong).contains("last two letters do not fit"));
    }

    #[test]
    fn a_code_opens_its_own_store_only_and_does_so_for_ever() {
        let code = RecoveryCode(Zeroizing::new(std::array::from_fn(|at| at as u8)));
        let here = code.opener(StoreId(Uuid::from_u128(1)));
        assert_ne!(
            here.recipient().to_string(),
            code.opener(StoreId(Uuid::from_u128(2))).recipient().to_string()
        );
        // Frozen: another value here means that codes in safes open nothing any more.
        assert_eq!(code.text().as_str(), "0123-4567-89AB-CDEF-GHJK-MNPQ-RSJR");
        assert_eq!(
            here.recipient().to_string(),
            "age1nhlu540rrtkp7vm0tlhx24vrpwa8ya75fc76g9awc589xykl2acsv2svq9"
        );
    }
}
