//! From the journal's bytes to the state.

use holdfast_domain::ids::{EpochId, Uuid};
use holdfast_journal::{Reader, Record};
use holdfast_protocol::decode_record;
use holdfast_protocol::message::{ReplyPosition, StoredRecord};
use holdfast_protocol::record::DecodeError;

use crate::error::StoreError;
use crate::materialised::{BATCH_PAYLOAD_BYTES_MAX, BATCH_RECORDS_MAX, BUILD_RECORDS_MAX};
use crate::{Progress, StateStore};

/// How many records a replay applies at once, unless its caller says otherwise.
pub const REPLAY_BATCH_RECORDS: usize = 512;

/// The protocol's name for a place in the journal.
pub(crate) fn reply_position(position: holdfast_journal::Position) -> ReplyPosition {
    ReplyPosition { epoch: EpochId(Uuid::from_bytes(position.epoch)), seq: position.seq, hash: position.hash }
}

/// Decodes what the journal holds.
///
/// # Errors
/// [`StoreError::NewerRecord`] for a record that a later version wrote, [`StoreError::Undecodable`] for other bytes.
pub fn stored_record(record: Record) -> Result<StoredRecord, StoreError> {
    let position = reply_position(record.position);
    match decode_record(&record.payload) {
        Ok(decoded) => Ok(StoredRecord { position, payload: record.payload, record: decoded }),
        Err(source @ DecodeError::UnknownVersion { .. }) => {
            Err(StoreError::NewerRecord { seq: position.seq, source })
        }
        Err(source) => Err(StoreError::Undecodable { seq: position.seq, source }),
    }
}

/// Applies what the journal has beyond the store, `batch` records at a time, and says how many there were. A record that
/// no version can decode is counted and passed over; one of a newer version ends the replay, because this version would
/// leave it out for ever.
///
/// # Errors
/// The journal's, the store's, and [`StoreError::NewerRecord`].
pub fn catch_up(store: &dyn StateStore, reader: &Reader, batch: usize) -> Result<u64, StoreError> {
    catch_up_with(store, reader, batch.min(BATCH_RECORDS_MAX), &|_| {})
}

pub(crate) fn catch_up_with(
    store: &dyn StateStore,
    reader: &Reader,
    batch: usize,
    progress: &dyn Fn(Progress),
) -> Result<u64, StoreError> {
    let batch = batch.clamp(1, BUILD_RECORDS_MAX);
    let applied_seq = store.applied().map_or(0, |position| position.seq);
    let head_seq = reader.head().map_or(0, |head| head.seq);
    let mut replay = Replay { store, waiting: Vec::new(), waiting_bytes: 0, replayed: 0 };
    if head_seq <= applied_seq {
        return Ok(0);
    }
    progress(Progress { applied_seq, head_seq });
    for record in reader.scan(applied_seq + 1) {
        let record = record.map_err(|source| StoreError::Journal { source })?;
        let position = reply_position(record.position);
        match stored_record(record) {
            Ok(stored) => {
                replay.waiting_bytes += stored.payload.len();
                replay.waiting.push(stored);
            }
            Err(error @ StoreError::Undecodable { .. }) => {
                tracing::error!(
                    code = error.code(),
                    seq = position.seq,
                    "a record cannot be decoded and is passed over"
                );
                replay.flush()?;
                store.pass_over(position)?;
                replay.replayed += 1;
            }
            Err(error) => return Err(error),
        }
        if replay.waiting.len() >= batch || replay.waiting_bytes >= BATCH_PAYLOAD_BYTES_MAX {
            replay.flush()?;
            progress(Progress { applied_seq: position.seq, head_seq });
        }
    }
    replay.flush()?;
    progress(Progress { applied_seq: applied_seq + replay.replayed, head_seq });
    Ok(replay.replayed)
}

struct Replay<'a> {
    store: &'a dyn StateStore,
    waiting: Vec<StoredRecord>,
    waiting_bytes: usize,
    replayed: u64,
}

impl Replay<'_> {
    fn flush(&mut self) -> Result<(), StoreError> {
        self.store.apply(&self.waiting)?;
        self.replayed += self.waiting.len() as u64;
        self.waiting.clear();
        self.waiting_bytes = 0;
        Ok(())
    }
}
