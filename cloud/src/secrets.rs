//! Claim codes, session tokens and passwords: how they are made and how little of them is kept.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};

/// Letters that cannot be mistaken for each other (Crockford base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a claim code: 100 bits.
const CLAIM_LETTERS: usize = 20;
/// The fewest characters of a password.
pub const PASSWORD_MIN: usize = 10;
/// The most bytes of a password.
pub const PASSWORD_MAX: usize = 256;

/// A claim code from random bytes, in groups of five: `4F7KQ-…`.
pub fn claim_code(random: [u8; CLAIM_LETTERS]) -> String {
    let letters: Vec<u8> = random.iter().map(|byte| ALPHABET[usize::from(byte % 32)]).collect();
    let groups: Vec<&str> =
        letters.chunks(5).map(|group| std::str::from_utf8(group).expect("the alphabet is ASCII")).collect();
    groups.join("-")
}

/// What is kept of a claim code. Case, dashes and blanks do not matter, O is 0, I and L are 1.
pub fn claim_hash(code: &str) -> [u8; 32] {
    let letters: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        })
        .collect();
    tagged(b"holdfast-claim-1", letters.as_bytes())
}

/// What is kept of a session token.
pub fn token_hash(token: &str) -> [u8; 32] {
    tagged(b"holdfast-session-1", token.as_bytes())
}

fn tagged(tag: &[u8], bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(tag).chain_update(bytes).finalize().into()
}

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Hashes a password with argon2id. Takes tens of milliseconds and 19 MiB: call it off the async threads.
pub fn hash_password(password: &str) -> String {
    Argon2::default()
        .hash_password(password.as_bytes())
        .expect("the parameters are argon2's own and the password is within its limits")
        .to_string()
}

/// Whether a password is the one that was hashed; as costly as hashing.
pub fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_code_is_read_as_people_type_it() {
        let code = claim_code([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 255]);
        assert_eq!(code, "01234-56789-ABCDE-FGHJZ");
        assert_eq!(claim_hash(&code), claim_hash("o i 2 3 4 5 6 7 8 9 abcdefghjz"));
        assert_ne!(claim_hash(&code), claim_hash("01234-56789-ABCDE-FGHJY"));
    }

    #[test]
    fn a_password_is_kept_as_argon2id() {
        let hash = hash_password("correct horse battery");
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("correct horse battery", &hash));
        assert!(!verify_password("correct horse batterx", &hash));
        assert!(!verify_password("anything", "not a hash"));
    }
}
