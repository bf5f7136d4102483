//! From the journal's bytes to the state.

use std::path::PathBuf;
use std::sync::mpsc::{channel, sync_channel};

use holdfast_domain::ids::{EpochId, Uuid};
use holdfast_journal::{Reader, Record};
use holdfast_protocol::decode_record;
use holdfast_protocol::message::{ReplyPosition, StoredRecord};
use holdfast_protocol::record::DecodeError;

use crate::error::StoreError;
use crate::materialised::{BATCH_PAYLOAD_BYTES_MAX, BATCH_RECORDS_MAX};
use crate::{Progress, StateStore};

/// How many records a replay applies at once, unless its caller says otherwise.
pub const REPLAY_BATCH_RECORDS: usize = 128;

/// From so many records on they are read and decoded on a thread of their own, beside the folding.
const READ_ASIDE_FROM: u64 = 8 * 1_024;
/// The most pieces that were read and wait to be applied.
const PIECES_AHEAD_MAX: usize = 2;

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
    let batch = batch.clamp(1, BATCH_RECORDS_MAX);
    let applied_seq = store.applied().map_or(0, |position| position.seq);
    let head_seq = reader.head().map_or(0, |head| head.seq);
    if head_seq <= applied_seq {
        return Ok(0);
    }
    progress(Progress { applied_seq, head_seq });
    let mut replayed = 0;
    let mut take = |piece: &Piece| {
        replayed += piece.apply(store)?;
        progress(Progress { applied_seq: applied_seq + replayed, head_seq });
        Ok(())
    };
    if head_seq - applied_seq < READ_ASIDE_FROM {
        read_pieces(reader, applied_seq + 1, batch, &mut |piece| take(&piece))?;
    } else {
        read_aside(reader, applied_seq + 1, batch, &mut take)?;
    }
    Ok(replayed)
}

/// Reads and decodes on a thread of its own. What was taken goes back there, because memory is given back most cheaply by
/// the thread that asked for it.
fn read_aside(
    reader: &Reader,
    from_seq: u64,
    batch: usize,
    take: &mut dyn FnMut(&Piece) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    std::thread::scope(|scope| {
        let (hand_over, pieces) = sync_channel(PIECES_AHEAD_MAX);
        let (give_back, taken) = channel();
        let read = move || {
            // Whoever applies them has gone after a failure and tells of it.
            let mut give = |piece| {
                taken.try_iter().for_each(drop::<Piece>);
                hand_over.send(Ok(piece)).map_err(|_| StoreError::Stopped)
            };
            if let Err(error) = read_pieces(reader, from_seq, batch, &mut give) {
                drop(hand_over.send(Err(error)));
            }
        };
        let reading = std::thread::Builder::new().name("state-read".into()).spawn_scoped(scope, read);
        reading.map_err(|source| StoreError::Io {
            call: "start a thread for",
            path: PathBuf::from("the journal"),
            source,
        })?;
        pieces.into_iter().try_for_each(|piece| {
            let piece = piece?;
            take(&piece)?;
            // Nobody reads any more behind the last of them.
            drop(give_back.send(piece));
            Ok(())
        })
    })
}

/// Records to apply, and one behind them that nobody can decode.
struct Piece {
    records: Vec<StoredRecord>,
    passed_over: Option<ReplyPosition>,
}

impl Piece {
    fn apply(&self, store: &dyn StateStore) -> Result<u64, StoreError> {
        store.apply(&self.records)?;
        if let Some(position) = self.passed_over {
            store.pass_over(position)?;
        }
        Ok(self.records.len() as u64 + u64::from(self.passed_over.is_some()))
    }
}

/// Reads and decodes the journal from `from_seq` to what is synced now, piece by piece.
fn read_pieces(
    reader: &Reader,
    from_seq: u64,
    batch: usize,
    give: &mut dyn FnMut(Piece) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (mut records, mut bytes) = (Vec::with_capacity(batch), 0);
    for record in reader.scan(from_seq) {
        let record = record.map_err(|source| StoreError::Journal { source })?;
        let position = reply_position(record.position);
        let mut passed_over = None;
        match stored_record(record) {
            Ok(stored) => {
                bytes += stored.payload.len();
                records.push(stored);
            }
            Err(error @ StoreError::Undecodable { .. }) => {
                tracing::error!(
                    code = error.code(),
                    seq = position.seq,
                    "a record cannot be decoded and is passed over"
                );
                passed_over = Some(position);
            }
            Err(error) => {
                give(Piece { records, passed_over })?;
                return Err(error);
            }
        }
        if records.len() >= batch || bytes >= BATCH_PAYLOAD_BYTES_MAX || passed_over.is_some() {
            give(Piece { records: std::mem::replace(&mut records, Vec::with_capacity(batch)), passed_over })?;
            bytes = 0;
        }
    }
    give(Piece { records, passed_over: None })
}
