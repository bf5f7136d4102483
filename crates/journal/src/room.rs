//! How much the journal can still take for sure, and whether the next segment's file is there.
//!
//! Inside a preallocated segment nothing is allocated, so what fits the open segment has its place whatever the disk says.
//! The next file is made ahead of time; when it cannot be, that is said here before the open segment is full, so that
//! whoever decides new work can refuse it while open work still finds room.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::format::{GROUP_HEADER_BYTES, RECORD_HEADER_BYTES, aligned};

/// Gives bytes back to the file system when the journal finds no room for its next segment.
///
/// Whoever keeps a ballast file implements it. It should hold two segments: one for the next segment and one for the copy
/// that the next start makes after an unclean end.
pub trait Ballast: fmt::Debug + Send + Sync {
    /// Gives the space back and says whether there was any to give. Called from the journal's own threads, and again for
    /// every segment that finds no room.
    fn give_back(&self) -> bool;
}

/// What is known of the next segment's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum NextSegment {
    /// It is made when the open segment fills up; nothing speaks against it.
    #[default]
    Expected,
    /// It lies there, zeroed and synced.
    Ready,
    /// The disk had no room for it. It is tried again when the disk has room; asking for the room asks for that too.
    NoSpace,
}

/// What the journal can still take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Stored bytes that surely find their place, with the headers of records and groups: the rest of the open segment,
    /// and the next one when it is ready, less everything that still waits for the disk.
    pub bytes: u64,
    /// Whether the next segment is there.
    pub next: NextSegment,
}

impl Room {
    /// Stored bytes that a payload takes at most.
    #[must_use]
    pub fn cost_bytes(payload_bytes: usize) -> u64 {
        (GROUP_HEADER_BYTES + aligned(RECORD_HEADER_BYTES + payload_bytes)) as u64
    }

    /// Whether a payload finds its place: always, unless the disk had no room for the next segment and the open one is
    /// nearly full.
    #[must_use]
    pub fn takes(&self, payload_bytes: usize) -> bool {
        self.next != NextSegment::NoSpace || Self::cost_bytes(payload_bytes) <= self.bytes
    }

    /// Whether new work should wait, so that what remains serves what is already open.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.next == NextSegment::NoSpace
    }
}

#[derive(Debug, Default)]
struct Figures {
    /// The open segment's epoch: a record of another one needs the next segment.
    epoch: Option<[u8; 16]>,
    /// Bytes of groups that the open segment still takes.
    open_bytes: u64,
    /// What a whole segment takes.
    segment_bytes: u64,
    /// What everything that was appended and is not yet durable takes at most.
    claimed_bytes: u64,
    next: NextSegment,
}

/// The figures that the writer, its thread and the thread that prepares the next segment share.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    figures: Mutex<Figures>,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn room(&self) -> Room {
        let figures = self.lock();
        let next_bytes = if figures.next == NextSegment::Ready { figures.segment_bytes } else { 0 };
        let bytes = (figures.open_bytes + next_bytes).saturating_sub(figures.claimed_bytes);
        Room { bytes, next: figures.next }
    }

    /// Whether a record surely finds its place or nothing says that it does not.
    pub(crate) fn admits(&self, epoch: &[u8; 16], payload_bytes: usize) -> bool {
        let figures = self.lock();
        let open_bytes = if figures.epoch == Some(*epoch) { figures.open_bytes } else { 0 };
        figures.next != NextSegment::NoSpace
            || figures.claimed_bytes + Room::cost_bytes(payload_bytes) <= open_bytes
    }

    pub(crate) fn claim(&self, payload_bytes: usize) {
        self.lock().claimed_bytes += Room::cost_bytes(payload_bytes);
    }

    /// What was claimed is durable, withdrawn, or lost with the writer.
    pub(crate) fn release(&self, payload_bytes: impl Iterator<Item = usize>) {
        let released: u64 = payload_bytes.map(Room::cost_bytes).sum();
        let mut figures = self.lock();
        figures.claimed_bytes = figures.claimed_bytes.saturating_sub(released);
    }

    pub(crate) fn open_segment(&self, epoch: Option<[u8; 16]>, open_bytes: u64, segment_bytes: u64) {
        let mut figures = self.lock();
        (figures.epoch, figures.open_bytes, figures.segment_bytes) = (epoch, open_bytes, segment_bytes);
    }

    pub(crate) fn next(&self) -> NextSegment {
        self.lock().next
    }

    pub(crate) fn set_next(&self, next: NextSegment) {
        self.lock().next = next;
    }
}
