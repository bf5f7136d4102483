//! Reading sealed segments again, a piece at a time, so that bit rot is found while HQ's copy can still heal it and not on
//! the day when the record is needed.

use std::sync::PoisonError;

use crate::ChainFn;
use crate::error::JournalError;
use crate::format::SEGMENT_HEADER_BYTES;
use crate::reader::Reader;
use crate::recovery::{Found, Limit, Segment, analyse_from};
use crate::verify::Finding;
use crate::walk::{ChainEnd, open_segment};

/// Where a slow walk through the sealed segments stands. It begins with the oldest and, after the newest, begins again. The
/// open segment is left to the next start, which reads every byte of it.
#[derive(Clone, Debug, Default)]
pub struct Scrub {
    /// The segment that is walked, or the next one.
    number: u64,
    /// Where in it, once it was begun.
    inside: Option<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    end: ChainEnd,
}

/// What one step of a [`Scrub`] came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Bytes that were read and checked.
    pub bytes: u64,
    /// The last record of them, 0 when there was none.
    pub through_seq: u64,
    /// Whether every sealed segment has been read since the walk began.
    pub pass_done: bool,
    /// The first thing in the segment that is not as it was written; the walk goes on behind that segment.
    pub finding: Option<Finding>,
}

impl Reader {
    /// Checks the next piece of about `bytes_max` bytes, at least one group: every CRC, sequence and chain hash, and how
    /// the segments fit together. Blocks on the disk for as long as it reads.
    ///
    /// # Errors
    /// Storage errors only; the place is kept, so the next call reads the same piece again.
    pub fn scrub(&self, scrub: &mut Scrub, chain: ChainFn, bytes_max: u64) -> Result<Scrubbed, JournalError> {
        let (sealed, next) = {
            let catalog = self.shared().catalog.read().unwrap_or_else(PoisonError::into_inner);
            let index = catalog.sealed.partition_point(|sealed| sealed.header.number < scrub.number);
            let Some(sealed) = catalog.sealed.get(index).cloned() else {
                *scrub = Scrub::default();
                return Ok(Scrubbed { pass_done: true, ..Scrubbed::default() });
            };
            let later = catalog.sealed.get(index + 1).map(|sealed| sealed.header);
            (sealed, later.or(catalog.active.as_ref().map(|active| active.header)))
        };
        let header = sealed.header;
        let begin = Place {
            offset: SEGMENT_HEADER_BYTES as u64,
            end: ChainEnd { next_seq: header.first_seq, hash: header.previous },
        };
        let place = scrub.inside.filter(|_| scrub.number == header.number).unwrap_or(begin);
        let following = Scrub { number: header.number + 1, inside: None };
        let find = |offset, seq, what: &str| {
            Some(Finding { path: sealed.path.clone(), offset, seq, what: what.to_owned() })
        };
        let (file, stored) = match open_segment(&*self.shared().storage, &sealed.path, header.number) {
            Ok(opened) => opened,
            Err(error @ JournalError::Io { .. }) => return Err(error),
            Err(error) => {
                *scrub = following;
                let finding = find(0, header.first_seq, &error.to_string());
                return Ok(Scrubbed { finding, ..Scrubbed::default() });
            }
        };
        let found = Found { header, path: sealed.path.clone(), file };
        let limit = Limit::Until(place.offset + bytes_max);
        let piece = analyse_from(found, place.end, Some(chain), limit, place.offset)?;
        let Segment { tail, file_bytes, .. } = piece;
        let ended = tail.keep_bytes < place.offset + bytes_max || tail.damage.is_some();
        let finding = if stored != header {
            find(0, header.first_seq, "its header is not the one that was written")
        } else if let Some(JournalError::Damaged { offset, seq, proof, .. }) = &tail.damage {
            find(*offset, *seq, proof)
        } else if tail.torn_bytes > 0 || tail.salvaged_records > 0 {
            find(tail.torn_at, tail.groups_end.next_seq, "bytes in a sealed segment are no valid group")
        } else if ended && tail.end.next_seq != sealed.last_seq + 1 {
            find(tail.keep_bytes, tail.end.next_seq, "the segment ends before a record that was written")
        } else if ended && file_bytes < header.segment_bytes {
            find(file_bytes, tail.end.next_seq, "the file is shorter than it was made")
        } else if ended && next.is_some_and(|next| next.previous != tail.end.hash) {
            find(0, tail.end.next_seq, "the next segment does not continue it")
        } else {
            None
        };
        *scrub = if ended || finding.is_some() {
            following
        } else {
            let inside = Some(Place { offset: tail.keep_bytes, end: tail.end });
            Scrub { number: header.number, inside }
        };
        let bytes = tail.keep_bytes.saturating_sub(place.offset);
        Ok(Scrubbed { bytes, through_seq: tail.groups_end.next_seq - 1, pass_done: false, finding })
    }
}
