//! What the till must not forget: requests before they are sent, answers until HQ holds them.
//!
//! A journal of its own (prunable, in the till's folder) stores [`Entry`]s; [`Index`] folds them and holds ids and
//! positions only, so memory stays small through a month without WAN. Whole segments go once everything in them has been
//! answered and is at HQ.

mod entry;
mod index;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use holdfast_domain::ids::{CommandId, EpochId};
use holdfast_journal::{Journal, Options, Reader, Retention, Storage, Writer};
use holdfast_planted::{Bug, is_planted};
use holdfast_protocol::chain_hash;
use holdfast_protocol::message::{Answer, OfferRecord, Reply, ReplyPosition};

pub use entry::Entry;
pub use index::{Index, Kept};

use crate::error::TillError;

/// The outbox is one history that never forks: one epoch for all of it.
const EPOCH: [u8; 16] = *b"holdfast-outbox1";
/// The largest entry in bytes: the largest answer carries the stored record of the largest order.
pub const ENTRY_BYTES_MAX: usize = 1 << 20;
const GROUP_BYTES_MAX: usize = 3 << 19;
const SEGMENT_BYTES: u64 = 4 << 20;

/// What became of a request that was given to the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is on disk now and waits for its answer.
    Stored,
    /// It was there before and still waits.
    StillWaiting,
    /// It was answered before; asking again gets the first answer.
    AnsweredBefore,
}

/// The till's outbox. Its methods block on the disk.
#[derive(Debug)]
pub struct Outbox {
    writer: Writer,
    reader: Reader,
    index: Index,
}

impl Outbox {
    /// Opens the outbox in `dir`, or begins one.
    ///
    /// # Errors
    /// [`TillError::Outbox`] when the disk refuses or another process has it, [`TillError::OutboxEntry`] when an entry
    /// cannot be read.
    pub fn open(dir: PathBuf, storage: Arc<dyn Storage>) -> Result<Self, TillError> {
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            record_bytes_max: ENTRY_BYTES_MAX,
            group_bytes_max: GROUP_BYTES_MAX,
            retention: Retention::Prunable,
            ..Options::new(dir, chain_hash)
        };
        Self::open_with(options, storage)
    }

    /// As [`Outbox::open`], with the journal's options chosen by the caller.
    ///
    /// # Errors
    /// As [`Outbox::open`].
    pub fn open_with(options: Options, storage: Arc<dyn Storage>) -> Result<Self, TillError> {
        let (mut writer, reader, _) = Journal::open(options, storage)?;
        writer.begin_epoch(EPOCH);
        let mut index = Index::default();
        for record in reader.scan(1) {
            let record = record?;
            let seq = record.position.seq;
            let entry = Entry::decode(seq, &record.payload)?;
            if is_planted(Bug::OutboxForgotten) && matches!(entry, Entry::Asked { .. }) {
                continue;
            }
            index.apply(seq, &entry);
        }
        Ok(Self { writer, reader, index })
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Stores a request durably before it is sent.
    ///
    /// # Errors
    /// [`TillError::IdReused`] when the id waits with other bytes; [`TillError::Outbox`] when it is not on disk, and then
    /// it must not be sent.
    pub fn ask(&mut self, id: CommandId, request: &[u8]) -> Result<Asked, TillError> {
        if self.index.is_waiting(id) {
            return if self.request(id)? == request {
                Ok(Asked::StillWaiting)
            } else {
                Err(TillError::IdReused { id: id.to_string() })
            };
        }
        if self.index.kept(id).is_some() {
            return Ok(Asked::AnsweredBefore);
        }
        self.store(&Entry::Asked { id, request: request.to_vec() })?;
        Ok(Asked::Stored)
    }

    /// Stores an answer durably before anybody hears of it. An answer that is kept already is not stored twice; one that
    /// asks to retry is none. `bytes` are the reply as it came, `hub` is the epoch of the hub that gave it: a hub that
    /// was restored gives first answers with the places of earlier epochs, and they are part of its own history.
    ///
    /// # Errors
    /// [`TillError::Outbox`] when it is not on disk.
    pub fn answer(&mut self, reply: &Reply, bytes: &[u8], hub: EpochId) -> Result<(), TillError> {
        let position = match &reply.answer {
            Answer::Accepted { position, .. } | Answer::Refused { position, .. } => Some(*position),
            Answer::Rejected { .. } if self.index.is_waiting(reply.id) => None,
            Answer::Rejected { .. } | Answer::Retry { .. } => return Ok(()),
        };
        let same = self.index.kept(reply.id).is_some_and(|kept| {
            position.is_some_and(|position| (kept.epoch, kept.seq) == (hub, position.seq))
        });
        if same && !self.index.is_waiting(reply.id) {
            return Ok(());
        }
        let place = position.map(|ReplyPosition { seq, .. }| (hub, seq));
        self.store(&Entry::Answered { id: reply.id, place, reply: bytes.to_vec() })?;
        if let Some((hub, seq)) = place
            && is_planted(Bug::ForgottenBeforeDurable)
        {
            self.cover(hub, seq)?;
        }
        Ok(())
    }

    /// HQ holds everything up to `seq` of `epoch`: what is covered may go. Says how many answers went.
    ///
    /// # Errors
    /// [`TillError::Outbox`] when the disk refuses.
    pub fn cover(&mut self, epoch: EpochId, seq: u64) -> Result<usize, TillError> {
        let covered = self.index.covered_by(epoch, seq);
        if covered == 0 {
            return Ok(0);
        }
        // Not waited for: were it lost, the next status says the same again.
        let entry = Entry::Covered { epoch, seq };
        let at = self.writer.append(entry.encode())?.seq;
        self.index.apply(at, &entry);
        let keep_from = self.index.oldest_needed().unwrap_or(at);
        self.writer.prune_before(keep_from)?;
        Ok(covered)
    }

    /// The stored bytes of a request that waits.
    ///
    /// # Errors
    /// [`TillError::OutboxEntry`] when it does not wait or cannot be read.
    pub fn request(&self, id: CommandId) -> Result<Vec<u8>, TillError> {
        let at = self.index.waiting_at(id).unwrap_or(0);
        match self.read(at)? {
            Entry::Asked { request, .. } => Ok(request),
            _ => Err(TillError::OutboxEntry { seq: at, what: "it is no request".to_owned() }),
        }
    }

    /// The kept answer to a request.
    ///
    /// # Errors
    /// [`TillError::OutboxEntry`] when it cannot be read.
    pub fn kept_reply(&self, id: CommandId) -> Result<Option<Reply>, TillError> {
        let Some(kept) = self.index.kept(id) else { return Ok(None) };
        let bad = |what: String| TillError::OutboxEntry { seq: kept.at, what };
        match self.read(kept.at)? {
            Entry::Answered { reply, .. } => {
                serde_json::from_slice(&reply).map(Some).map_err(|error| bad(error.to_string()))
            }
            _ => Err(bad("it is no answer".to_owned())),
        }
    }

    /// The record to give to a hub that does not have it.
    ///
    /// # Errors
    /// As [`Outbox::kept_reply`].
    pub fn offer(&self, id: CommandId) -> Result<Option<OfferRecord>, TillError> {
        Ok(self.kept_reply(id)?.and_then(|reply| match reply.answer {
            Answer::Accepted { record, .. } | Answer::Refused { record, .. } => Some(record),
            Answer::Retry { .. } | Answer::Rejected { .. } => None,
        }))
    }

    /// Marks a clean end.
    ///
    /// # Errors
    /// [`TillError::Outbox`] when the disk refused.
    pub fn close(self) -> Result<(), TillError> {
        Ok(self.writer.shutdown()?)
    }

    fn read(&self, seq: u64) -> Result<Entry, TillError> {
        let missing = || TillError::OutboxEntry { seq, what: "it is not there".to_owned() };
        let record = self.reader.read(seq)?.ok_or_else(missing)?;
        Entry::decode(seq, &record.payload)
    }

    fn store(&mut self, entry: &Entry) -> Result<(), TillError> {
        let at = self.writer.append_durable(entry.encode())?.seq;
        self.index.apply(at, entry);
        Ok(())
    }
}
