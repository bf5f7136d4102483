//! Signed heads: a hub's word, under its Ed25519 key, that its history went through a record. A journal that ends before a
//! signed head, or has another hash there, was cut or changed.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{EpochId, HubId, StoreId};
use serde::{Deserialize, Serialize};

/// What the signature begins with, so that nothing else that a hub signs can pass for a head.
pub const HEAD_TAG: &[u8; 15] = b"holdfast-head-1";
/// Bytes of what is signed.
pub const HEAD_BYTES: usize = 15 + 16 + 16 + 16 + 8 + 32 + 8;
/// Characters of a chain hash in short: 16 of Crockford's base 32, which is 80 bits.
pub const SHORT_CHARS: usize = 16;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The end of a history at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub store: StoreId,
    pub hub: HubId,
    /// The epoch of the record.
    pub epoch: EpochId,
    pub seq: u64,
    /// The chain hash after the record.
    pub hash: [u8; 32],
    /// The hub's clock when it signed.
    pub signed_at: Timestamp,
}

impl Head {
    /// What the hub signs: the tag, store, hub, epoch (16 bytes each, as in their text form), then sequence, hash and the
    /// time in milliseconds since the Unix epoch; integers are big endian.
    #[must_use]
    pub fn signing_bytes(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        let mut at = 0;
        let mut put = |part: &[u8]| {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        };
        put(HEAD_TAG);
        put(self.store.0.as_bytes());
        put(self.hub.0.as_bytes());
        put(self.epoch.0.as_bytes());
        put(&self.seq.to_be_bytes());
        put(&self.hash);
        put(&self.signed_at.0.to_be_bytes());
        bytes
    }
}

/// A head with the hub's Ed25519 signature (RFC 8032) over [`Head::signing_bytes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHead {
    pub head: Head,
    pub signature: [u8; 64],
}

/// A signed head as JSON: on the way to HQ, in the hub's file of its last head, and handed to a verifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedHeadJson {
    pub store: uuid::Uuid,
    pub hub: uuid::Uuid,
    pub epoch: uuid::Uuid,
    pub seq: u64,
    /// 64 hex digits.
    pub hash: String,
    /// Milliseconds since the Unix epoch.
    pub signed_at_ms: i64,
    /// 128 hex digits.
    pub signature: String,
}

impl From<&SignedHead> for SignedHeadJson {
    fn from(signed: &SignedHead) -> Self {
        let Head { store, hub, epoch, seq, hash, signed_at } = signed.head;
        Self {
            store: store.0,
            hub: hub.0,
            epoch: epoch.0,
            seq,
            hash: hex::encode(hash),
            signed_at_ms: signed_at.0,
            signature: hex::encode(signed.signature),
        }
    }
}

impl SignedHeadJson {
    /// The head, when hash and signature have their lengths. Nothing is verified.
    #[must_use]
    pub fn decode(&self) -> Option<SignedHead> {
        let (mut hash, mut signature) = ([0; 32], [0; 64]);
        hex::decode_to_slice(&self.hash, &mut hash).ok()?;
        hex::decode_to_slice(&self.signature, &mut signature).ok()?;
        let head = Head {
            store: StoreId(self.store),
            hub: HubId(self.hub),
            epoch: EpochId(self.epoch),
            seq: self.seq,
            hash,
            signed_at: Timestamp(self.signed_at_ms),
        };
        Some(SignedHead { head, signature })
    }
}

/// A record's place in short, as receipts print it: `1042-9F3K-7QX2-M0ZD-W8HA`, the sequence and the first 80 bits of the
/// chain hash in Crockford's base 32.
#[must_use]
pub fn short(seq: u64, hash: &[u8; 32]) -> String {
    let mut text = seq.to_string();
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut written = 0;
    for byte in &hash[..SHORT_CHARS * 5 / 8] {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            if written % 4 == 0 {
                text.push('-');
            }
            bits -= 5;
            text.push(char::from(CROCKFORD[(held >> bits & 31) as usize]));
            written += 1;
        }
        held &= (1 << bits) - 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn head() -> Head {
        Head {
            store: StoreId(Uuid::from_u128(1)),
            hub: HubId(Uuid::from_u128(2)),
            epoch: EpochId(Uuid::from_u128(3)),
            seq: 1042,
            hash: std::array::from_fn(|at| u8::try_from(at * 7).expect("below 256")),
            signed_at: Timestamp(1_700_000_000_123),
        }
    }

    #[test]
    fn every_part_of_a_head_is_signed() {
        let base = head().signing_bytes();
        assert_eq!(&base[..15], HEAD_TAG);
        let others = [
            Head { store: StoreId(Uuid::from_u128(9)), ..head() },
            Head { hub: HubId(Uuid::from_u128(9)), ..head() },
            Head { epoch: EpochId(Uuid::from_u128(9)), ..head() },
            Head { seq: 1043, ..head() },
            Head { hash: [0; 32], ..head() },
            Head { signed_at: Timestamp(0), ..head() },
        ];
        for other in others {
            assert_ne!(other.signing_bytes(), base, "{other:?}");
        }
    }

    #[test]
    fn a_head_survives_json_and_has_a_short_form() {
        let signed = SignedHead { head: head(), signature: [5; 64] };
        let json = serde_json::to_string(&SignedHeadJson::from(&signed)).expect("plain data");
        let read: SignedHeadJson = serde_json::from_str(&json).expect("its own text");
        assert_eq!(read.decode(), Some(signed));
        assert_eq!(short(1042, &head().hash), "1042-003G-W58W-4CN3-2E1Z");
        assert_eq!(short(1, &[255; 32]), "1-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    }
}
