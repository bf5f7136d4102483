//! Writing an export piece by piece.

use sha2::{Digest as _, Sha256};

use super::{
    EXPORT_VERSION, Entry, HEADER_BYTES, HEADER_MAGIC, Opening, PAYLOAD_BYTES_MAX, RECORD_HEADER_BYTES,
    RECORD_MAGIC, SEAL_BYTES, TRAILER_BYTES, TRAILER_MAGIC, seal_bytes,
};
use crate::head::{HEAD_BYTES, SignedHead};

/// Makes the bytes of an export. It holds a digest and a count, so memory stays flat however long the history is; the
/// caller takes the bytes away after each piece.
#[derive(Debug, Clone)]
pub struct Encoder {
    digest: Sha256,
    records: u64,
}

impl Encoder {
    /// Begins an export and appends its header to `out`.
    #[must_use]
    pub fn new(opening: &Opening, out: &mut Vec<u8>) -> Self {
        let from = out.len();
        out.extend_from_slice(HEADER_MAGIC);
        out.extend_from_slice(&EXPORT_VERSION.to_be_bytes());
        out.extend_from_slice(&(HEADER_BYTES as u16).to_be_bytes());
        out.extend_from_slice(opening.store.0.as_bytes());
        out.extend_from_slice(opening.hub.0.as_bytes());
        out.extend_from_slice(&opening.created_at.0.to_be_bytes());
        out.extend_from_slice(&opening.first_seq.to_be_bytes());
        out.extend_from_slice(&opening.previous);
        out.resize(from + HEADER_BYTES, 0);
        Self { digest: Sha256::new_with_prefix(&out[from..]), records: 0 }
    }

    /// Appends a record. That it continues the one before it is the journal's promise and the reader's check.
    ///
    /// # Panics
    /// When the payload has more than [`PAYLOAD_BYTES_MAX`] bytes, which no journal holds.
    pub fn record(&mut self, entry: &Entry<'_>, out: &mut Vec<u8>) {
        let from = out.len();
        assert!(entry.payload.len() <= PAYLOAD_BYTES_MAX, "the journal's largest record is the export's");
        out.reserve(RECORD_HEADER_BYTES + entry.payload.len());
        out.extend_from_slice(RECORD_MAGIC);
        out.extend_from_slice(&(entry.payload.len() as u32).to_be_bytes());
        out.extend_from_slice(&entry.seq.to_be_bytes());
        out.extend_from_slice(entry.epoch.0.as_bytes());
        out.extend_from_slice(&entry.hash);
        out.extend_from_slice(entry.payload);
        self.digest.update(&out[from..]);
        self.records += 1;
    }

    /// Appends the trailer with the head of the last record. `sign` is the hub's Ed25519 signature.
    pub fn close(
        mut self,
        head: &SignedHead,
        public_key: &[u8; 32],
        sign: impl FnOnce(&[u8; SEAL_BYTES]) -> [u8; 64],
        out: &mut Vec<u8>,
    ) {
        let from = out.len();
        out.extend_from_slice(TRAILER_MAGIC);
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.records.to_be_bytes());
        out.extend_from_slice(&head.head.signing_bytes());
        out.resize(from + 16 + HEAD_BYTES + 1, 0);
        out.extend_from_slice(&head.signature);
        out.extend_from_slice(public_key);
        self.digest.update(&out[from..]);
        out.extend_from_slice(&sign(&seal_bytes(&self.digest.finalize().into())));
        debug_assert_eq!(out.len() - from, TRAILER_BYTES);
    }
}
