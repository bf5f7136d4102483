//! Opening a journal: what is there, what a torn tail may be, and copying after an unclean end.

mod repair;
mod survey;
mod tail;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use holdfast_planted::{Bug, is_planted};
use tokio::sync::watch;

use crate::Position;
use crate::catalog::{Active, Catalog, Sealed, Shared};
use crate::commit::{Committer, OpenSegment};
use crate::error::JournalError;
use crate::options::Options;
use crate::reader::Reader;
use crate::room::Ledger;
use crate::storage::Storage;
use crate::walk::ChainEnd;
use crate::writer::Writer;

pub(crate) use survey::{Found, segment_files, survey};
pub(crate) use tail::{Limit, Segment, analyse, analyse_from};

/// What was found when a journal was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The last record; `None` in a new journal. Its epoch is the one that appends go on with.
    pub head: Option<Position>,
    /// The oldest record that is kept; 1 unless the journal was pruned, also 1 when it is empty.
    pub first_seq: u64,
    /// Records that are kept.
    pub records: u64,
    /// Segment files.
    pub segments: u64,
    /// Whether the last process ended with [`Writer::shutdown`] (or there was none).
    pub clean_end: bool,
    /// Bytes at the end that were cut off because the write of them had never been finished.
    pub torn_tail_bytes: u64,
    /// Records that were kept out of a group whose write had never been finished. Nobody can have seen them.
    pub salvaged_records: u64,
    /// The segment that was copied into a new file after an unclean end.
    pub copied_segment: Option<PathBuf>,
}

/// The segments before the last one, the last one, and the position they end at.
struct Opened {
    sealed: Vec<Arc<Sealed>>,
    last: Option<Segment>,
    head: Option<Position>,
    recovery: Recovery,
}

pub(crate) fn open(
    options: Options,
    storage: Arc<dyn Storage>,
) -> Result<(Writer, Reader, Recovery), JournalError> {
    options.validate()?;
    let lock = repair::prepare_dir(&options, &*storage)?;
    let mut opened = look(&options, &*storage)?;
    let mut segment = None;
    if let Some(last) = opened.last.take() {
        if let Some(damage) = last.tail.damage {
            return Err(damage);
        }
        let whole = last.tail.clean_end && last.file_bytes >= last.header.segment_bytes;
        let last = if whole || is_planted(Bug::NoCopyAfterUncleanEnd) {
            last
        } else {
            let copy = repair::copy_last_segment(&options, &*storage, &last)?;
            opened.recovery.copied_segment = Some(copy.path.clone());
            copy
        };
        segment = Some(last);
    }
    let next_number = segment.as_ref().map_or(1, |segment| segment.header.number + 1);
    let active = segment.as_ref().map(active_of);
    let catalog = Catalog { sealed: opened.sealed, active };
    let shared = Arc::new(Shared::new(storage, options.dir.clone(), catalog, opened.head));
    let (synced_tx, synced_rx) = watch::channel(opened.head.map_or(0, |head| head.seq));
    let segment = segment.map(|segment| OpenSegment {
        header: segment.header,
        path: segment.path,
        file: segment.file,
        offset: segment.tail.keep_bytes,
        clean_end: segment.tail.clean_end,
    });
    let room = Arc::new(Ledger::default());
    let committer =
        Committer::new(options.clone(), shared.clone(), synced_tx, segment, next_number, room.clone());
    let writer = Writer::start(&options, shared.clone(), synced_rx, committer, room, lock)?;
    Ok((writer, Reader::new(shared), opened.recovery))
}

pub(crate) fn open_read_only(
    options: &Options,
    storage: Arc<dyn Storage>,
) -> Result<(Reader, Recovery), JournalError> {
    let unwitnessed = Options { witness_seq: 0, ..options.clone() };
    let mut opened = look(&unwitnessed, &*storage)?;
    let before_last = opened.sealed.last().map_or(opened.recovery.first_seq - 1, |sealed| sealed.last_seq);
    let proven_seq = opened.last.as_ref().map_or(0, |last| last.tail.proven_seq);
    // Salvaged records lie in no valid group; they are served only after they were copied.
    let in_groups_seq = opened.last.as_ref().map_or(0, |last| last.tail.groups_end.next_seq - 1);
    let proven_seq = proven_seq.max(before_last).max(options.witness_seq).min(in_groups_seq);
    let catalog = Catalog { sealed: opened.sealed, active: opened.last.as_ref().map(active_of) };
    // The head's hash has to be read, and a reader shows nothing beyond its head: open it wide, then narrow it.
    let wide = Reader::new(Arc::new(Shared::new(storage.clone(), options.dir.clone(), catalog, opened.head)));
    let head = match opened.head {
        Some(head) if head.seq > proven_seq => wide.read(proven_seq)?.map(|record| record.position),
        other => other,
    };
    let catalog = {
        let catalog = wide.shared().catalog.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Catalog { sealed: catalog.sealed.clone(), active: opened.last.take().as_ref().map(active_of) }
    };
    opened.recovery.head = head;
    opened.recovery.records = head.map_or(0, |head| head.seq + 1 - opened.recovery.first_seq);
    let shared = Arc::new(Shared::new(storage, options.dir.clone(), catalog, head));
    Ok((Reader::new(shared), opened.recovery))
}

pub(crate) fn cut_at_damage(
    options: &Options,
    storage: Arc<dyn Storage>,
) -> Result<Option<Position>, JournalError> {
    options.validate()?;
    let lock = repair::prepare_dir(options, &*storage)?;
    repair::cut(options, &*storage)?;
    let unwitnessed = Options { witness_seq: 0, ..options.clone() };
    let head = look(&unwitnessed, &*storage)?.head;
    drop(lock);
    Ok(head)
}

/// Reads headers of all segments and every byte of the last one; changes nothing.
fn look(options: &Options, storage: &dyn Storage) -> Result<Opened, JournalError> {
    let mut segments = survey(storage, &options.dir, options.retention)?;
    let witness_seq = if is_planted(Bug::WitnessIgnored) { 0 } else { options.witness_seq };
    let mut recovery = Recovery { first_seq: 1, clean_end: true, ..Recovery::default() };
    recovery.segments = segments.len() as u64;
    let Some(last) = segments.pop() else {
        if witness_seq > 0 {
            return Err(JournalError::ShorterThanWitness { head_seq: 0, witness_seq });
        }
        return Ok(Opened { sealed: Vec::new(), last: None, head: None, recovery });
    };
    recovery.first_seq = segments.first().map_or(last.header.first_seq, |first| first.header.first_seq);
    let chain_from = ChainEnd { next_seq: last.header.first_seq, hash: last.header.previous };
    let last = analyse(last, chain_from, Some(options.chain), Limit::Witness(witness_seq))?;
    let end = last.tail.end;
    let head_seq = end.next_seq - 1;
    if last.tail.damage.is_none() && head_seq < witness_seq {
        return Err(JournalError::ShorterThanWitness { head_seq, witness_seq });
    }
    let mut next_first_seq = last.header.first_seq;
    let mut sealed = Vec::with_capacity(segments.len());
    for Found { header, path, .. } in segments.into_iter().rev() {
        sealed.push(Arc::new(Sealed { header, path, last_seq: next_first_seq - 1, marks: Mutex::new(None) }));
        next_first_seq = header.first_seq;
    }
    sealed.reverse();
    // A segment that was only just begun has no record yet: the head is then the one before, with its epoch.
    let before = sealed.iter().rev().find(|sealed| sealed.last_seq >= sealed.header.first_seq);
    let epoch = match before {
        Some(before) if end.next_seq == last.header.first_seq => before.header.epoch,
        _ => last.header.epoch,
    };
    let head = (head_seq > 0).then_some(Position { epoch, seq: head_seq, hash: end.hash });
    recovery.head = head;
    recovery.records = end.next_seq - recovery.first_seq;
    recovery.clean_end = last.tail.clean_end;
    recovery.torn_tail_bytes = last.tail.torn_bytes;
    recovery.salvaged_records = last.tail.salvaged_records;
    Ok(Opened { sealed, last: Some(last), head, recovery })
}

fn active_of(segment: &Segment) -> Active {
    Active {
        header: segment.header,
        path: segment.path.clone(),
        file: segment.file.clone(),
        marks: segment.tail.marks.clone(),
        last_seq: segment.tail.end.next_seq - 1,
    }
}
