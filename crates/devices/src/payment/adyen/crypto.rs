//! How messages with a terminal are sealed (Adyen: protect local communications).
//!
//! One shared passphrase gives three keys, and every message its own nonce: AES-256 in CBC mode hides the message, and an
//! HMAC-SHA256 over the readable message proves it. The header that travels outside in the clear is covered by neither.

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{hmac, pbkdf2};
use zeroize::Zeroizing;

use super::SharedKey;
use super::message::SecurityTrailer;

/// The bytes of a nonce and of the cipher's initial vector.
pub(crate) const NONCE_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const DERIVED_BYTES: usize = KEY_BYTES + KEY_BYTES + NONCE_BYTES;
const ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::new(4_000).expect("it is not zero");
const SALT: &[u8] = b"AdyenNexoV1Salt";
/// The only scheme that there is so far.
const CRYPTO_VERSION: u32 = 1;

/// What a passphrase becomes.
pub(crate) struct Keys {
    identifier: String,
    version: u32,
    mac: hmac::Key,
    cipher: Zeroizing<[u8; KEY_BYTES]>,
    vector: Zeroizing<[u8; NONCE_BYTES]>,
}

/// A sealed message: what stands in NexoBlob and SecurityTrailer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) blob: String,
    pub(crate) trailer: SecurityTrailer,
}

/// Why a message is not taken for the other side's. What exactly is wrong is told to nobody who could have made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOurs {
    /// It is sealed with another key than was agreed on.
    OtherKey,
    /// It was changed, or made by somebody without the key.
    Forged,
}

impl Keys {
    pub(crate) fn derive(shared: &SharedKey) -> Keys {
        let mut derived = Zeroizing::new([0_u8; DERIVED_BYTES]);
        let passphrase = shared.passphrase.as_bytes();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA1, ROUNDS, SALT, passphrase, derived.as_mut_slice());
        let (mac, rest) = derived.split_at(KEY_BYTES);
        let (cipher, vector) = rest.split_at(KEY_BYTES);
        Keys {
            identifier: shared.identifier.clone(),
            version: shared.version,
            mac: hmac::Key::new(hmac::HMAC_SHA256, mac),
            cipher: Zeroizing::new(cipher.try_into().expect("it was split off with this length")),
            vector: Zeroizing::new(vector.try_into().expect("it is what is left of the length")),
        }
    }

    /// A nonce must never be given twice.
    pub(crate) fn seal(&self, message: &[u8], nonce: [u8; NONCE_BYTES]) -> Sealed {
        let encryptor = cbc::Encryptor::<Aes256>::new(self.cipher[..].into(), (&self.vector(&nonce)).into());
        let blob = encryptor.encrypt_padded_vec_mut::<Pkcs7>(message);
        Sealed {
            blob: STANDARD.encode(blob),
            trailer: SecurityTrailer {
                adyen_crypto_version: CRYPTO_VERSION,
                key_identifier: self.identifier.clone(),
                key_version: self.version,
                nonce: STANDARD.encode(nonce),
                hmac: STANDARD.encode(hmac::sign(&self.mac, message)),
            },
        }
    }

    /// The message, when it was sealed with these keys and nobody changed it.
    pub(crate) fn open(&self, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, NotOurs> {
        let trailer = &sealed.trailer;
        let agreed = (CRYPTO_VERSION, self.identifier.as_str(), self.version);
        if (trailer.adyen_crypto_version, trailer.key_identifier.as_str(), trailer.key_version) != agreed {
            return Err(NotOurs::OtherKey);
        }
        let decoded = |text: &str| STANDARD.decode(text).map_err(|_| NotOurs::Forged);
        let nonce: [u8; NONCE_BYTES] = decoded(&trailer.nonce)?.try_into().map_err(|_| NotOurs::Forged)?;
        let (tag, blob) = (decoded(&trailer.hmac)?, decoded(&sealed.blob)?);
        let decryptor = cbc::Decryptor::<Aes256>::new(self.cipher[..].into(), (&self.vector(&nonce)).into());
        let message =
            Zeroizing::new(decryptor.decrypt_padded_vec_mut::<Pkcs7>(&blob).map_err(|_| NotOurs::Forged)?);
        // Compares in constant time.
        hmac::verify(&self.mac, &message, &tag).map_err(|_| NotOurs::Forged)?;
        Ok(message)
    }

    fn vector(&self, nonce: &[u8; NONCE_BYTES]) -> [u8; NONCE_BYTES] {
        std::array::from_fn(|at| self.vector[at] ^ nonce[at])
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("identifier", &self.identifier).field("version", &self.version).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> Keys {
        Keys::derive(&SharedKey {
            identifier: "store-7".to_owned(),
            version: 3,
            passphrase: Zeroizing::new("correct horse battery staple".to_owned()),
        })
    }

    /// Worked out with Python's hashlib and OpenSSL's command line, which share no code with what is tested.
    #[test]
    fn another_implementation_seals_the_same() {
        let sealed = keys().seal(br#"{"SaleToPOIRequest":{}}"#, std::array::from_fn(|at| at as u8));
        assert_eq!(sealed.blob, "Tps/E68jcKiibmNgy4kinYQfscPMSiYrLcRKxDIF+XA=");
        assert_eq!(sealed.trailer.hmac, "CZ245lobQtcsRAv6JwEDSk9FxDiw7P7Y74CvQ/EYkfo=");
        assert_eq!(sealed.trailer.nonce, "AAECAwQFBgcICQoLDA0ODw==");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_sealed_is_opened_and_what_is_changed_is_not(
            message in prop::collection::vec(any::<u8>(), 0..200),
            nonce in any::<[u8; NONCE_BYTES]>(),
            place in any::<prop::sample::Index>(),
            bit in 0_u8..8,
            part in 0..3,
        ) {
            thread_local!(static KEYS: Keys = keys());
            KEYS.with(|keys| {
                let sealed = keys.seal(&message, nonce);
                prop_assert_eq!(keys.open(&sealed).map(|opened| opened.to_vec()), Ok(message));
                let mut changed = sealed;
                let text = match part {
                    0 => &mut changed.blob,
                    1 => &mut changed.trailer.hmac,
                    _ => &mut changed.trailer.nonce,
                };
                let mut bytes = STANDARD.decode(&*text).expect("it was encoded just now");
                let at = place.index(bytes.len());
                bytes[at] ^= 1 << bit;
                *text = STANDARD.encode(bytes);
                prop_assert_eq!(keys.open(&changed).map(|opened| opened.to_vec()), Err(NotOurs::Forged));
                Ok(())
            })?;
        }

        #[test]
        fn anything_else_is_forged(
            blob in ".{0,80}",
            hmac in prop::collection::vec(any::<u8>(), 0..40),
            nonce in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            thread_local!(static KEYS: Keys = keys());
            let trailer = SecurityTrailer {
                adyen_crypto_version: 1,
                key_identifier: "store-7".to_owned(),
                key_version: 3,
                nonce: STANDARD.encode(nonce),
                hmac: STANDARD.encode(hmac),
            };
            for blob in [blob.clone(), STANDARD.encode(&blob)] {
                let sealed = Sealed { blob, trailer: trailer.clone() };
                prop_assert!(KEYS.with(|keys| keys.open(&sealed)).is_err());
            }
        }
    }

    #[test]
    fn another_key_or_version_is_not_ours() {
        let mut sealed = keys().seal(b"{}", [7; NONCE_BYTES]);
        sealed.trailer.key_version = 4;
        assert_eq!(keys().open(&sealed).map(|_| ()), Err(NotOurs::OtherKey));
    }
}
