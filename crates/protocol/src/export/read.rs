//! Reading an export piece by piece, and checking all that needs no key.

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::ids::{EpochId, HubId, StoreId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Closing, EXPORT_VERSION, Entry, Fault, HEADER_BYTES, HEADER_MAGIC, Opening, PAYLOAD_BYTES_MAX, Problem,
    RECORD_HEADER_BYTES, RECORD_MAGIC, TRAILER_BYTES, TRAILER_MAGIC, array, head_of, u32_at, u64_at,
};
use crate::chain::chain_hash;
use crate::head::{HEAD_BYTES, SignedHead};

/// Takes an export in pieces of any size. It holds the unread part of one piece and at most one record
/// ([`PAYLOAD_BYTES_MAX`]), so memory stays flat however long the history is.
#[derive(Debug, Clone, Default)]
pub struct Decoder {
    /// What came and is not read yet, from `at` on.
    held: Vec<u8>,
    at: usize,
    /// Bytes read so far.
    offset: u64,
    digest: Sha256,
    opening: Option<Opening>,
    closing: Option<Closing>,
    records: u64,
    next_seq: u64,
    /// The epoch of the record that was read last; none before the first one.
    epoch: Option<EpochId>,
    previous: [u8; 32],
}

impl Decoder {
    /// A decoder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the export begins with, once its header was read.
    #[must_use]
    pub fn opening(&self) -> Option<&Opening> {
        self.opening.as_ref()
    }

    /// Takes the next bytes of the file and shows every record that they complete, each with its chain hash proven.
    ///
    /// # Errors
    /// The first [`Fault`]; the export is not intact then and the decoder is of no more use.
    pub fn feed(&mut self, bytes: &[u8], each: &mut dyn FnMut(&Entry<'_>)) -> Result<(), Fault> {
        let mut held = std::mem::take(&mut self.held);
        held.drain(..self.at);
        self.at = 0;
        held.extend_from_slice(bytes);
        let read = self.read(&held, each);
        self.held = held;
        read
    }

    /// The end of the file.
    ///
    /// # Errors
    /// [`Problem::Cut`] when the trailer did not come whole.
    pub fn finish(self) -> Result<(Opening, Closing), Fault> {
        match (self.opening, self.closing) {
            (Some(opening), Some(closing)) => Ok((opening, closing)),
            _ => Err(self.fault(Problem::Cut)),
        }
    }

    fn read(&mut self, held: &[u8], each: &mut dyn FnMut(&Entry<'_>)) -> Result<(), Fault> {
        loop {
            let rest = &held[self.at..];
            let taken = if self.closing.is_some() {
                if rest.is_empty() { 0 } else { return Err(self.fault(Problem::Following)) }
            } else if self.opening.is_none() {
                self.header(rest)?
            } else {
                match rest.first_chunk::<4>() {
                    Some(RECORD_MAGIC) => self.record(rest, each)?,
                    Some(TRAILER_MAGIC) => self.trailer(rest)?,
                    Some(_) => return Err(self.fault(Problem::Entry)),
                    None => 0,
                }
            };
            if taken == 0 {
                return Ok(());
            }
            self.at += taken;
            self.offset += taken as u64;
        }
    }

    /// Each of the three says how many bytes it took: none when not all of them are here yet.
    fn header(&mut self, rest: &[u8]) -> Result<usize, Fault> {
        let Some(bytes) = rest.first_chunk::<HEADER_BYTES>() else { return Ok(0) };
        let opening = Opening {
            store: StoreId(Uuid::from_bytes(array(&bytes[8..24]))),
            hub: HubId(Uuid::from_bytes(array(&bytes[24..40]))),
            created_at: Timestamp(i64::from_be_bytes(array(&bytes[40..48]))),
            first_seq: u64_at(bytes, 48),
            previous: array(&bytes[56..88]),
        };
        let known = &bytes[..4] == HEADER_MAGIC
            && bytes[4..6] == EXPORT_VERSION.to_be_bytes()
            && bytes[6..8] == (HEADER_BYTES as u16).to_be_bytes()
            && bytes[88..].iter().all(|byte| *byte == 0)
            && opening.first_seq > 0
            && (opening.first_seq > 1 || opening.previous == [0; 32]);
        if !known {
            return Err(self.fault(Problem::Header));
        }
        self.digest.update(bytes);
        self.next_seq = opening.first_seq;
        self.previous = opening.previous;
        self.opening = Some(opening);
        Ok(HEADER_BYTES)
    }

    fn record(&mut self, rest: &[u8], each: &mut dyn FnMut(&Entry<'_>)) -> Result<usize, Fault> {
        let Some(header) = rest.first_chunk::<RECORD_HEADER_BYTES>() else { return Ok(0) };
        let payload_bytes = u32_at(header, 4) as usize;
        if payload_bytes == 0 || payload_bytes > PAYLOAD_BYTES_MAX {
            return Err(self.fault(Problem::Length));
        }
        // A sequence at the very end of its range has no next one.
        let following = self.next_seq.checked_add(1);
        let (Some(following), true) = (following, u64_at(header, 8) == self.next_seq) else {
            return Err(self.fault(Problem::Sequence));
        };
        let Some(bytes) = rest.get(..RECORD_HEADER_BYTES + payload_bytes) else { return Ok(0) };
        let epoch: [u8; 16] = array(&header[16..32]);
        let entry = Entry {
            seq: self.next_seq,
            epoch: EpochId(Uuid::from_bytes(epoch)),
            hash: array(&header[32..64]),
            payload: &bytes[RECORD_HEADER_BYTES..],
        };
        if chain_hash(&self.previous, &epoch, entry.seq, entry.payload) != entry.hash {
            return Err(self.fault(Problem::Chain));
        }
        self.digest.update(bytes);
        self.previous = entry.hash;
        self.epoch = Some(entry.epoch);
        self.next_seq = following;
        self.records += 1;
        each(&entry);
        Ok(bytes.len())
    }

    fn trailer(&mut self, rest: &[u8]) -> Result<usize, Fault> {
        let Some(bytes) = rest.first_chunk::<TRAILER_BYTES>() else { return Ok(0) };
        let records = u64_at(bytes, 8);
        let (Some(opening), Some(epoch)) = (self.opening, self.epoch) else {
            return Err(self.fault(Problem::Count));
        };
        if records != self.records {
            return Err(self.fault(Problem::Count));
        }
        if bytes[4..8] != [0; 4] || bytes[127] != 0 {
            return Err(self.fault(Problem::Reserved));
        }
        let signed: [u8; HEAD_BYTES] = array(&bytes[16..127]);
        let head = head_of(&signed).filter(|head| {
            (head.store, head.hub, head.epoch) == (opening.store, opening.hub, epoch)
                && (head.seq, head.hash) == (self.next_seq - 1, self.previous)
        });
        let Some(head) = head else { return Err(self.fault(Problem::Head)) };
        self.digest.update(&bytes[..TRAILER_BYTES - 64]);
        self.closing = Some(Closing {
            records,
            head: SignedHead { head, signature: array(&bytes[128..192]) },
            public_key: array(&bytes[192..224]),
            digest: std::mem::take(&mut self.digest).finalize().into(),
            signature: array(&bytes[224..]),
            bytes: self.offset + TRAILER_BYTES as u64,
        });
        Ok(TRAILER_BYTES)
    }

    fn fault(&self, problem: Problem) -> Fault {
        Fault { problem, offset: self.offset, seq: self.next_seq }
    }
}
