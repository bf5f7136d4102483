//! Which segment holds which records, and how far the journal is synced: what the writer and the readers share.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};

use tokio::sync::watch;

use crate::Position;
use crate::error::JournalError;
use crate::format::{GROUP_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader};
use crate::storage::{Storage, StorageFile};
use crate::walk::{GroupWalk, MARK_EVERY_RECORDS, Mark, RecordWalk, Step, records_in};

/// A segment that is never written again. Its marks are built when it is first read: 8 bytes per 64 records.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) header: SegmentHeader,
    pub(crate) path: PathBuf,
    pub(crate) last_seq: u64,
    pub(crate) marks: Mutex<Option<Arc<Vec<Mark>>>>,
}

/// The segment that is being written.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) header: SegmentHeader,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn StorageFile>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) last_seq: u64,
}

/// All segments in order.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) sealed: Vec<Arc<Sealed>>,
    pub(crate) active: Option<Active>,
}

#[derive(Debug)]
struct Durable {
    head: Option<Position>,
    stopped: bool,
    /// What waits finds no room on the disk.
    stuck: bool,
}

/// How a wait for the disk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    Synced,
    Stuck,
}

/// What the writer publishes and the readers see.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) dir: PathBuf,
    pub(crate) catalog: RwLock<Catalog>,
    durable: Mutex<Durable>,
    advanced: Condvar,
}

impl Shared {
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        dir: PathBuf,
        catalog: Catalog,
        head: Option<Position>,
    ) -> Self {
        Self {
            storage,
            dir,
            catalog: RwLock::new(catalog),
            durable: Mutex::new(Durable { head, stopped: false, stuck: false }),
            advanced: Condvar::new(),
        }
    }

    /// The last synced record.
    pub(crate) fn head(&self) -> Option<Position> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).head
    }

    /// Moves the synced head and the watermark as one step, so that whoever was woken by either sees both; called after
    /// the sync only.
    pub(crate) fn advance(&self, head: Position, synced: &watch::Sender<u64>) {
        {
            let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
            durable.head = Some(head);
            synced.send_replace(head.seq);
        }
        self.advanced.notify_all();
    }

    /// Ends every wait for a sync that will not come.
    pub(crate) fn stop(&self) {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.advanced.notify_all();
    }

    /// Tells the waiters that the disk has no room for what they wait for, or that it is tried again.
    pub(crate) fn set_stuck(&self, stuck: bool) {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).stuck = stuck;
        self.advanced.notify_all();
    }

    /// Waits until the record is synced, or until it is known that the disk has no room for it.
    pub(crate) fn wait_synced(&self, seq: u64) -> Result<Waited, JournalError> {
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if durable.head.is_some_and(|head| head.seq >= seq) {
                return Ok(Waited::Synced);
            }
            if durable.stopped {
                return Err(JournalError::Stopped);
            }
            if durable.stuck {
                return Ok(Waited::Stuck);
            }
            durable = self.advanced.wait(durable).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A walk that begins at or before `seq`, with the sequence it begins at and the last one of its segment; `None`
    /// when no segment holds the record.
    pub(crate) fn walk_at(
        &self,
        seq: u64,
        ahead_bytes: usize,
    ) -> Result<Option<(RecordWalk, u64, u64)>, JournalError> {
        let sealed = {
            let catalog = self.catalog.read().unwrap_or_else(PoisonError::into_inner);
            match &catalog.active {
                Some(active) if seq >= active.header.first_seq => {
                    if seq > active.last_seq {
                        return Ok(None);
                    }
                    let (index, mark_seq) = mark_of(&active.header, seq);
                    let mark = active.marks.get(index).copied();
                    let mark = mark.ok_or_else(|| damaged(&active.path, seq))?;
                    let (file, header, path) = (active.file.clone(), active.header, active.path.clone());
                    let last_seq = active.last_seq;
                    drop(catalog);
                    let walk = RecordWalk::new(file, &path, &header, mark, mark_seq, ahead_bytes)?;
                    return Ok(Some((walk, mark_seq, last_seq)));
                }
                _ => {}
            }
            let index = catalog.sealed.partition_point(|sealed| sealed.last_seq < seq);
            match catalog.sealed.get(index) {
                Some(sealed) if sealed.header.first_seq <= seq => sealed.clone(),
                _ => return Ok(None),
            }
        };
        let file = self.storage.open(&sealed.path).map_err(|source| JournalError::Io {
            call: "open",
            path: sealed.path.clone(),
            source,
        })?;
        let marks = sealed.marks(&file)?;
        let (index, mark_seq) = mark_of(&sealed.header, seq);
        let mark = *marks.get(index).ok_or_else(|| damaged(&sealed.path, seq))?;
        let walk = RecordWalk::new(file, &sealed.path, &sealed.header, mark, mark_seq, ahead_bytes)?;
        Ok(Some((walk, mark_seq, sealed.last_seq)))
    }
}

impl Sealed {
    /// The marks as far as the segment's groups are valid; what lies behind damage has none and cannot be read.
    fn marks(&self, file: &Arc<dyn StorageFile>) -> Result<Arc<Vec<Mark>>, JournalError> {
        let mut known = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(marks) = &*known {
            return Ok(marks.clone());
        }
        let mut walk = GroupWalk::new(file.clone(), &self.path, &self.header, SEGMENT_HEADER_BYTES as u64)?;
        let mut marks = Vec::new();
        while let Step::Group { header, offset } = walk.step()? {
            for (at, record) in records_in(walk.body(&header, offset)?, header.first_seq) {
                push_mark(&mut marks, &self.header, record.seq, offset, at);
            }
        }
        let marks = Arc::new(marks);
        *known = Some(marks.clone());
        Ok(marks)
    }
}

/// Notes where a record lies when it is one of those that a walk may begin at.
pub(crate) fn push_mark(
    marks: &mut Vec<Mark>,
    segment: &SegmentHeader,
    seq: u64,
    group_offset: u64,
    record_at: usize,
) {
    // After damage a sequence may be missing; a mark must then not slide into the place of another.
    if seq == segment.first_seq + marks.len() as u64 * MARK_EVERY_RECORDS {
        let narrow = |offset: u64| u32::try_from(offset).expect("segments are at most 1 GiB");
        marks.push(Mark {
            group_offset: narrow(group_offset),
            record_offset: narrow(group_offset + (GROUP_HEADER_BYTES + record_at) as u64),
        });
    }
}

fn mark_of(segment: &SegmentHeader, seq: u64) -> (usize, u64) {
    let index = (seq - segment.first_seq) / MARK_EVERY_RECORDS;
    let mark_seq = segment.first_seq + index * MARK_EVERY_RECORDS;
    (usize::try_from(index).expect("a segment's marks fit in memory"), mark_seq)
}

fn damaged(path: &std::path::Path, seq: u64) -> JournalError {
    JournalError::RecordDamaged { path: path.to_owned(), seq }
}
