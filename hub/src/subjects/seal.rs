//! Details under lock and key: ChaCha20-Poly1305 under a key of each subject's own. Few versions of anybody's details are
//! ever sealed under one key, far below the number at which random nonces of 96 bits could meet.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::SubjectId;
use holdfast_protocol::subject::file::Key;
use holdfast_protocol::subject::{
    Details, associated, decode_details, encode_details, join_sealed, split_sealed,
};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::clock::Machine;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A key that nobody has.
pub(super) fn fresh_key() -> Key {
    Key::new(Machine.random())
}

fn cipher(key: &Key) -> LessSafeKey {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.bytes()).expect("the key has the cipher's length");
    LessSafeKey::new(key)
}

/// Seals details for one subject.
pub(super) fn seal(key: &Key, subject: SubjectId, changed_at: Timestamp, details: &Details) -> Vec<u8> {
    let nonce = Machine.random();
    let plain = encode_details(changed_at, details);
    // Sealed in place in a buffer that has the room for the tag, so that no copy of the plain text is left behind.
    let mut sealed = Zeroizing::new(Vec::with_capacity(plain.len() + CHACHA20_POLY1305.tag_len()));
    sealed.extend_from_slice(&plain);
    cipher(key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated(subject)),
            &mut *sealed,
        )
        .expect("details are far shorter than the cipher's limit");
    join_sealed(&nonce, &sealed)
}

/// Opens what [`seal`] sealed for the same subject under the same key.
///
/// # Errors
/// Why it does not open; nothing of what is inside.
pub(super) fn open(key: &Key, subject: SubjectId, sealed: &[u8]) -> Result<(Timestamp, Details), Cause> {
    let (nonce, ciphertext) = split_sealed(sealed)?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let opened = cipher(key).open_in_place(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(associated(subject)),
        &mut buffer,
    );
    let plain = opened.map_err(|_| "the key does not fit what is sealed")?;
    Ok(decode_details(plain)?)
}

#[cfg(test)]
mod tests {
    use holdfast_protocol::subject::Private;

    use super::*;

    #[test]
    fn only_the_subjects_own_key_opens_and_nothing_may_be_edited() {
        let (ada, ben) = (SubjectId(uuid::Uuid::from_u128(1)), SubjectId(uuid::Uuid::from_u128(2)));
        let details = Details { name: Some(Private::new("Ada Brown")), ..Details::default() };
        let key = fresh_key();
        let sealed = seal(&key, ada, Timestamp(5), &details);
        assert_eq!(open(&key, ada, &sealed).unwrap(), (Timestamp(5), details.clone()));
        assert!(!sealed.windows(3).any(|part| part == b"Ada"));
        assert_ne!(sealed, seal(&key, ada, Timestamp(5), &details), "a nonce of its own each time");
        assert!(open(&fresh_key(), ada, &sealed).is_err());
        assert!(open(&key, ben, &sealed).is_err(), "another person's details");
        for at in 0..sealed.len() {
            let mut edited = sealed.clone();
            edited[at] ^= 1;
            assert!(open(&key, ada, &edited).is_err(), "byte {at}");
            assert!(open(&key, ada, &sealed[..at]).is_err(), "cut at {at}");
        }
    }
}
