//! Exports: the journal's stored bytes in one file that anyone can verify who holds the hub's public key. The format is
//! `holdfast_protocol::export`.
//!
//! The history is read to the end that is synced when the export begins, so selling goes on meanwhile and no record in the
//! file can be taken back by a power cut.

mod channel;
mod file;

use std::io::Write;

use holdfast_domain::ids::EpochId;
use holdfast_journal::Reader;
use holdfast_protocol::export::{Encoder, Entry, Opening};
use holdfast_protocol::head::Head;
use uuid::Uuid;

pub(crate) use channel::{Sending, receive};
pub use file::{ExportFile, Exported};

use crate::clock::Machine;
use crate::error::HubError;
use crate::identity::Identity;

/// Bytes that are gathered before they are handed on.
const PIECE_BYTES: usize = 256 * 1024;

fn refused(problem: impl Into<String>) -> HubError {
    HubError::Export { problem: problem.into() }
}

/// Writes an export of the records from `from_seq` to the journal's synced end. Memory stays flat.
///
/// # Errors
/// HF-HUB-034 when there is no such record, HF-HUB-005, the journal's errors, HF-HUB-003 when `out` fails.
pub fn write(
    reader: &Reader,
    identity: &Identity,
    from_seq: u64,
    out: &mut dyn Write,
) -> Result<(), HubError> {
    let store = identity.store.ok_or_else(|| refused("this hub serves no store yet"))?;
    let end = reader.head().ok_or_else(|| refused("the journal has no record yet"))?;
    if from_seq == 0 || from_seq > end.seq {
        return Err(refused(format!("the journal has records 1 to {}, not {from_seq}", end.seq)));
    }
    let missing = |seq| refused(format!("record {seq} is not in the journal"));
    let previous = match from_seq {
        1 => [0; 32],
        _ => reader.read(from_seq - 1)?.ok_or_else(|| missing(from_seq - 1))?.position.hash,
    };
    let mut piece = Vec::with_capacity(2 * PIECE_BYTES);
    let created_at = Machine.timestamp();
    let opening = Opening { store, hub: identity.hub, created_at, first_seq: from_seq, previous };
    let mut encoder = Encoder::new(&opening, &mut piece);
    let mut written_seq = from_seq - 1;
    for record in reader.scan(from_seq) {
        let holdfast_journal::Record { position, payload } = record?;
        let epoch = EpochId(Uuid::from_bytes(position.epoch));
        encoder
            .record(&Entry { seq: position.seq, epoch, hash: position.hash, payload: &payload }, &mut piece);
        if piece.len() >= PIECE_BYTES {
            hand_on(&mut piece, out)?;
        }
        written_seq = position.seq;
        if written_seq == end.seq {
            break;
        }
    }
    if written_seq != end.seq {
        return Err(missing(written_seq + 1));
    }
    let head = identity.sign_head(Head {
        store,
        hub: identity.hub,
        epoch: EpochId(Uuid::from_bytes(end.epoch)),
        seq: end.seq,
        hash: end.hash,
        signed_at: Machine.timestamp(),
    });
    encoder.close(&head, &identity.public_key(), |seal| identity.sign_bytes(seal), &mut piece);
    hand_on(&mut piece, out)
}

fn hand_on(piece: &mut Vec<u8>, out: &mut dyn Write) -> Result<(), HubError> {
    out.write_all(piece).map_err(HubError::file("write", "the export"))?;
    piece.clear();
    Ok(())
}
