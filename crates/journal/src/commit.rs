//! One group: one write, one sync, then the watermark.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_planted::{Bug, is_planted};
use tokio::sync::watch;

use crate::catalog::{Active, Sealed, Shared, push_mark};
use crate::error::JournalError;
use crate::format::{
    GROUP_CLEAN_END, GROUP_HEADER_BYTES, GroupHeader, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES,
    SegmentHeader, aligned, encode_record, segment_name,
};
use crate::options::Options;
use crate::room::{Ledger, NextSegment, Room};
use crate::spare::{Spare, UNFINISHED_SUFFIX, allocate, remove_unfinished, storage_error};
use crate::storage::{StorageFile, write_all_at};
use crate::{ChainHash, Position};

/// After this many looks (two a second when nobody asks) at a disk that seems to have room the next segment is tried again,
/// whatever was found before: a quota does not show in the free space. A shop takes nothing new until then, so the first
/// try comes at once; each one that finds no room doubles the looks before the next, because it writes a whole segment.
const LOOKS_PER_TRY_MAX: u64 = 16;

/// A record on its way to the disk.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) position: Position,
    pub(crate) payload: Vec<u8>,
}

/// The segment that groups go into.
#[derive(Debug)]
pub(crate) struct OpenSegment {
    pub(crate) header: SegmentHeader,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn StorageFile>,
    /// Where the next group goes.
    pub(crate) offset: u64,
    /// Whether the last thing in the file is the mark of a clean end.
    pub(crate) clean_end: bool,
}

/// Owns the file being written. After an error it must not be used again, because nobody can say what is on the disk; only
/// when the disk had no room nothing has changed, and the same group may be committed later.
#[derive(Debug)]
pub(crate) struct Committer {
    options: Options,
    shared: Arc<Shared>,
    synced: watch::Sender<u64>,
    segment: Option<OpenSegment>,
    /// The last synced record and its hash; sequence 0 and zeros before the first.
    synced_seq: u64,
    synced_hash: ChainHash,
    next_number: u64,
    buffer: Vec<u8>,
    spare: Option<Spare>,
    room: Arc<Ledger>,
    /// Looks since the last try, and how many of them the next one takes.
    looks: u64,
    looks_per_try: u64,
    /// What the disk had free when the next segment last found no room.
    too_little_bytes: u64,
}

impl Committer {
    pub(crate) fn new(
        options: Options,
        shared: Arc<Shared>,
        synced: watch::Sender<u64>,
        segment: Option<OpenSegment>,
        next_number: u64,
        room: Arc<Ledger>,
    ) -> Self {
        let head = shared.head();
        let committer = Self {
            options,
            shared,
            synced,
            segment,
            synced_seq: head.map_or(0, |head| head.seq),
            synced_hash: head.map_or([0; 32], |head| head.hash),
            next_number,
            buffer: Vec::new(),
            spare: None,
            room,
            looks: 0,
            looks_per_try: 1,
            too_little_bytes: 0,
        };
        committer.tell_room();
        committer
    }

    /// Says what the open segment still takes.
    fn tell_room(&self) {
        let bytes = self.options.segment_bytes;
        let room_at = |bytes: u64, offset: u64| bytes.saturating_sub(offset + GROUP_HEADER_BYTES as u64);
        let open = self.segment.as_ref();
        let open_bytes = open.map_or(0, |segment| room_at(segment.header.segment_bytes, segment.offset));
        // A record that does not fit the rest of the open segment leaves it unused.
        let wasted = Room::cost_bytes(self.options.record_bytes_max);
        let next_bytes = room_at(bytes, SEGMENT_HEADER_BYTES as u64).saturating_sub(wasted);
        self.room.open_segment(open.map(|segment| segment.header.epoch), open_bytes, next_bytes);
    }

    /// Takes from the queue what goes into the next group: everything that waits, up to the limits of a group, of the
    /// segment, and of the epoch.
    pub(crate) fn take_group(&self, queue: &mut VecDeque<Pending>) -> Vec<Pending> {
        let Some(front) = queue.front() else { return Vec::new() };
        let epoch = front.position.epoch;
        let mut room = self.body_room(&epoch);
        if aligned(RECORD_HEADER_BYTES + front.payload.len()) > room {
            room = body_room_at(self.options.segment_bytes, SEGMENT_HEADER_BYTES as u64);
        }
        let limit = room.min(self.options.group_bytes_max);
        let mut body_bytes = 0;
        let fitting = queue.iter().take_while(|pending| {
            body_bytes += RECORD_HEADER_BYTES + pending.payload.len();
            pending.position.epoch == epoch && aligned(body_bytes) <= limit
        });
        let records = fitting.count();
        queue.drain(..records).collect()
    }

    /// Writes and syncs one group, then publishes it.
    pub(crate) fn commit(&mut self, group: &[Pending]) -> Result<(), JournalError> {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return Ok(()) };
        self.buffer.clear();
        self.buffer.resize(GROUP_HEADER_BYTES, 0);
        for pending in group {
            encode_record(&mut self.buffer, &pending.position, &pending.payload);
        }
        self.buffer.resize(aligned(self.buffer.len()), 0);
        let body_bytes = self.buffer.len() - GROUP_HEADER_BYTES;
        if body_bytes > self.body_room(&first.position.epoch) {
            self.rotate(first.position.epoch, first.position.seq)?;
        }
        let header = GroupHeader {
            flags: 0,
            body_bytes: u32::try_from(body_bytes).expect("group_bytes_max is far below 4 GiB"),
            records: u32::try_from(group.len()).expect("a group has far fewer records than bytes"),
            first_seq: first.position.seq,
            synced_through: self.synced_seq,
            body_crc: crc32c::crc32c(&self.buffer[GROUP_HEADER_BYTES..]),
        };
        if is_planted(Bug::WatermarkBeforeSync) {
            self.shared.advance(last.position, &self.synced);
        }
        let group_offset = self.write_group(&header)?;
        self.publish(group, group_offset, last.position);
        self.tell_room();
        self.room.release(group.iter().map(|pending| pending.payload.len()));
        self.prepare_next();
        Ok(())
    }

    /// Marks a clean end, so that the next start has nothing to doubt and nothing to copy.
    pub(crate) fn close(&mut self) -> Result<(), JournalError> {
        if self.segment.as_ref().is_none_or(|segment| segment.clean_end) {
            return Ok(());
        }
        self.buffer.clear();
        self.buffer.resize(GROUP_HEADER_BYTES, 0);
        let header = GroupHeader {
            flags: GROUP_CLEAN_END,
            body_bytes: 0,
            records: 0,
            first_seq: self.synced_seq + 1,
            synced_through: self.synced_seq,
            body_crc: 0,
        };
        self.write_group(&header)?;
        if let Some(segment) = &mut self.segment {
            segment.clean_end = true;
        }
        Ok(())
    }

    fn write_group(&mut self, header: &GroupHeader) -> Result<u64, JournalError> {
        let segment = self.segment.as_mut().expect("rotation left a segment that has room for the group");
        self.buffer[..GROUP_HEADER_BYTES].copy_from_slice(&header.encode(segment.header.salt()));
        let offset = segment.offset;
        write_all_at(&*segment.file, &self.buffer, offset).map_err(|source| {
            let error = storage_error("write", &segment.path, self.buffer.len() as u64, source);
            if error.is_out_of_space() {
                // This file system allocates although the file was filled with zeros: nothing is sure any more.
                self.room.open_segment(None, 0, 0);
                self.room.set_next(NextSegment::NoSpace);
            }
            error
        })?;
        if !is_planted(Bug::NoSync) {
            segment
                .file
                .sync_data()
                .or_else(
                    |error| {
                        if is_planted(Bug::SyncTriedAgain) { segment.file.sync_data() } else { Err(error) }
                    },
                )
                .map_err(|source| JournalError::SyncFailed { path: segment.path.clone(), source })?;
        }
        segment.offset += self.buffer.len() as u64;
        segment.clean_end = false;
        Ok(offset)
    }

    fn publish(&mut self, group: &[Pending], group_offset: u64, head: Position) {
        {
            let mut catalog = self.shared.catalog.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(active) = &mut catalog.active {
                let mut at = 0;
                for pending in group {
                    push_mark(&mut active.marks, &active.header, pending.position.seq, group_offset, at);
                    at += RECORD_HEADER_BYTES + pending.payload.len();
                }
                active.last_seq = head.seq;
            }
        }
        self.synced_seq = head.seq;
        self.synced_hash = head.hash;
        self.shared.advance(head, &self.synced);
    }

    /// Bytes of body that the open segment can still take in this epoch.
    fn body_room(&self, epoch: &[u8; 16]) -> usize {
        match &self.segment {
            Some(segment) if segment.header.epoch == *epoch => {
                body_room_at(segment.header.segment_bytes, segment.offset)
            }
            _ => 0,
        }
    }

    /// Begins the next segment. Everything before it is synced already, so the old one needs nothing more.
    fn rotate(&mut self, epoch: [u8; 16], first_seq: u64) -> Result<(), JournalError> {
        let spare = self.spare.take().and_then(|spare| {
            let path = spare.path.clone();
            spare.finish().map(|file| (file, path))
        });
        let (file, unfinished) = match spare {
            Some(prepared) => prepared,
            None => {
                let path = self.options.dir.join(format!("next{UNFINISHED_SUFFIX}"));
                (self.allocate_now(&path)?, path)
            }
        };
        let begun = self.begin_segment(epoch, first_seq, file, &unfinished);
        if let Err(error) = &begun
            && error.is_out_of_space()
        {
            remove_unfinished(&*self.shared.storage, &unfinished);
            self.room.set_next(NextSegment::NoSpace);
        }
        begun
    }

    fn allocate_now(&mut self, path: &Path) -> Result<Arc<dyn StorageFile>, JournalError> {
        if self.room.next() == NextSegment::NoSpace && !self.has_room_again() {
            let source = std::io::ErrorKind::StorageFull.into();
            let bytes = self.options.segment_bytes;
            return Err(JournalError::DiskFull { path: path.to_owned(), bytes, source });
        }
        let made = allocate(&self.options, &*self.shared.storage, path);
        if made.as_ref().is_err_and(JournalError::is_out_of_space) {
            self.room.set_next(NextSegment::NoSpace);
            self.too_little_bytes = self.free_bytes();
        }
        made
    }

    fn free_bytes(&self) -> u64 {
        self.shared.storage.free_bytes(&self.options.dir).unwrap_or(u64::MAX)
    }

    /// Whether it is worth it to try for a segment again after there was no room.
    fn has_room_again(&mut self) -> bool {
        let free_bytes = self.free_bytes();
        self.looks += 1;
        let worth_it = free_bytes >= self.options.segment_bytes
            && (free_bytes > self.too_little_bytes || self.looks >= self.looks_per_try);
        if worth_it {
            self.looks = 0;
            self.looks_per_try = (self.looks_per_try * 2).min(LOOKS_PER_TRY_MAX);
        }
        worth_it
    }

    fn found_room(&mut self) {
        (self.looks, self.looks_per_try) = (0, 1);
    }

    fn begin_segment(
        &mut self,
        epoch: [u8; 16],
        first_seq: u64,
        file: Arc<dyn StorageFile>,
        unfinished: &Path,
    ) -> Result<(), JournalError> {
        let bytes = self.options.segment_bytes;
        let header = SegmentHeader {
            number: self.next_number,
            segment_bytes: bytes,
            epoch,
            first_seq,
            previous: self.synced_hash,
        };
        let path = self.options.dir.join(segment_name(header.number));
        write_all_at(&*file, &header.encode(), 0)
            .map_err(|source| storage_error("write", unfinished, bytes, source))?;
        file.sync_data()
            .map_err(|source| JournalError::SyncFailed { path: unfinished.to_owned(), source })?;
        let storage = &self.shared.storage;
        storage
            .rename(unfinished, &path)
            .map_err(|source| storage_error("rename", unfinished, bytes, source))?;
        if !is_planted(Bug::NoDirectorySync) {
            storage
                .sync_dir(&self.options.dir)
                .map_err(|source| JournalError::SyncFailed { path: self.options.dir.clone(), source })?;
        }
        self.next_number += 1;
        let active = Active {
            header,
            path: path.clone(),
            file: file.clone(),
            marks: Vec::new(),
            last_seq: first_seq - 1,
        };
        let mut catalog = self.shared.catalog.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = catalog.active.replace(active) {
            catalog.sealed.push(Arc::new(Sealed {
                header: old.header,
                path: old.path,
                last_seq: old.last_seq,
                marks: Mutex::new(Some(Arc::new(old.marks))),
            }));
        }
        drop(catalog);
        let offset = SEGMENT_HEADER_BYTES as u64;
        self.segment = Some(OpenSegment { header, path, file, offset, clean_end: false });
        self.room.set_next(NextSegment::Expected);
        self.found_room();
        self.tell_room();
        Ok(())
    }

    /// Starts to make the next file once the open one is half full, and again when the disk had no room and has some now.
    pub(crate) fn prepare_next(&mut self) {
        let next = self.room.next();
        if next == NextSegment::Ready {
            self.found_room();
        }
        match &self.spare {
            Some(spare) if next == NextSegment::Ready || !spare.is_finished() => return,
            Some(_) => {
                drop(self.spare.take());
                if next == NextSegment::NoSpace {
                    self.too_little_bytes = self.free_bytes();
                }
            }
            None => {}
        }
        let wanted = if next == NextSegment::NoSpace {
            self.has_room_again()
        } else {
            self.segment.as_ref().is_some_and(|open| open.offset > open.header.segment_bytes / 2)
        };
        if wanted {
            let path = self.options.dir.join(format!("spare-{:010}{UNFINISHED_SUFFIX}", self.next_number));
            let (storage, room) = (self.shared.storage.clone(), self.room.clone());
            self.spare = Spare::start(&self.options, storage, path, room);
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        // The folder's lock must outlive the thread that writes into the folder.
        if let Some(spare) = self.spare.take() {
            let path = spare.path.clone();
            drop(spare.finish());
            remove_unfinished(&*self.shared.storage, &path);
        }
    }
}

fn body_room_at(segment_bytes: u64, offset: u64) -> usize {
    // One header for the group and one that stays free for the mark of a clean end.
    let room = segment_bytes.saturating_sub(offset + 2 * GROUP_HEADER_BYTES as u64);
    usize::try_from(room).expect("segments are at most 1 GiB") / 8 * 8
}
