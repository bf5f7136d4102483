//! The one chain function: what makes a record part of its history.

use sha2::{Digest, Sha256};

/// SHA-256 over a domain tag, the previous record's hash, the epoch, the sequence (big endian) and the stored payload.
/// The first record of a history follows 32 zero bytes.
pub fn chain_hash(previous: &[u8; 32], epoch: &[u8; 16], seq: u64, payload: &[u8]) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"holdfast-record-1");
    digest.update(previous);
    digest.update(epoch);
    digest.update(seq.to_be_bytes());
    digest.update(payload);
    digest.finalize().into()
}

/// The SHA-256 of a command's exact bytes: what tells a retry from another command under the same id.
pub fn fingerprint(payload: &[u8]) -> [u8; 32] {
    Sha256::digest(payload).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let (zero, epoch) = ([0; 32], [1; 16]);
        let base = chain_hash(&zero, &epoch, 1, b"payload");
        assert_eq!(hex::encode(base), "2bc47a9076391c3dedb9329bdb3036659a88b443d325a87e4de2d0735145a1aa");
        for other in [
            chain_hash(&[1; 32], &epoch, 1, b"payload"),
            chain_hash(&zero, &[2; 16], 1, b"payload"),
            chain_hash(&zero, &epoch, 2, b"payload"),
            chain_hash(&zero, &epoch, 1, b"payloae"),
        ] {
            assert_ne!(other, base);
        }
    }
}
