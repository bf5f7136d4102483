//! Walking everything there is and saying what was found.

use std::path::{Path, PathBuf};

use crate::error::JournalError;
use crate::format::segment_name;
use crate::recovery::{Found, Limit, Segment, analyse, segment_files};
use crate::storage::Storage;
use crate::walk::{ChainEnd, open_segment};
use crate::{ChainFn, ChainHash, Position};

/// The most findings a report lists; a journal that is worse than this is not read further.
const FINDINGS_MAX: usize = 1_000;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The segment file.
    pub path: PathBuf,
    /// Where it begins, in bytes from the start of the file.
    pub offset: u64,
    /// The first record it concerns.
    pub seq: u64,
    /// What it is.
    pub what: String,
}

/// Consecutive records of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochSpan {
    /// The epoch.
    pub epoch: [u8; 16],
    /// Its first record.
    pub first_seq: u64,
    /// Its last record.
    pub last_seq: u64,
}

/// What [`verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// The oldest record; `None` in an empty journal.
    pub first_seq: Option<u64>,
    /// The last record in a valid group that an unbroken chain leads to from the oldest one, or from the start of the
    /// first segment behind a finding.
    pub head: Option<Position>,
    /// Valid records.
    pub records: u64,
    /// Segment files.
    pub segments: u64,
    /// Valid groups.
    pub groups: u64,
    /// Bytes of the valid records' payloads.
    pub payload_bytes: u64,
    /// Bytes of segment headers and valid groups, which is what the records take on the disk.
    pub stored_bytes: u64,
    /// The epochs in order.
    pub epochs: Vec<EpochSpan>,
    /// Whether the journal ends with the mark of a clean end.
    pub clean_end: bool,
    /// What is wrong. Truncation at the very end is only found by comparing `head` with a head kept elsewhere.
    pub findings: Vec<Finding>,
    /// Bytes at the end that are no valid group and that nothing follows: an unfinished write, or damage to the last
    /// group. Which of the two, only somebody who saw a later head can say.
    pub ambiguous_tail: Option<Finding>,
}

impl VerifyReport {
    /// Whether nothing at all was found.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty() && self.ambiguous_tail.is_none()
    }
}

/// Walks every segment of the journal in `dir` without changing a byte and without its lock: every CRC, sequence, header
/// and chain hash, and the zeros behind them. On a journal that is being written the last group may show up as an
/// ambiguous tail; [`crate::Reader::verify`] stops at what is synced.
///
/// # Errors
/// Storage errors only; what is wrong in the journal is in the report.
pub fn verify(storage: &dyn Storage, dir: &Path, chain: ChainFn) -> Result<VerifyReport, JournalError> {
    verify_through(storage, dir, chain, None)
}

pub(crate) fn verify_through(
    storage: &dyn Storage,
    dir: &Path,
    chain: ChainFn,
    through_seq: Option<u64>,
) -> Result<VerifyReport, JournalError> {
    let mut report = VerifyReport::default();
    let mut before: Option<(u64, ChainEnd)> = None;
    let numbers = segment_files(storage, dir)?;
    for (index, number) in numbers.iter().enumerate() {
        if report.findings.len() >= FINDINGS_MAX {
            break;
        }
        let path = dir.join(segment_name(*number));
        let (file, header) = match open_segment(storage, &path, *number) {
            Ok(opened) => opened,
            Err(error @ JournalError::Io { .. }) => return Err(error),
            Err(error) => {
                let seq = before.map_or(1, |(_, end)| end.next_seq);
                report.find(&path, 0, seq, error.to_string());
                before = None;
                continue;
            }
        };
        if let Some((number_before, end)) = before {
            if number_before + 1 != *number {
                report.find(&path, 0, end.next_seq, "the segment before it is missing");
            } else if end.next_seq != header.first_seq || end.hash != header.previous {
                report.find(&path, 0, end.next_seq, "it does not continue the segment before it");
            }
        }
        if through_seq.is_some_and(|seq| header.first_seq > seq) {
            break;
        }
        let is_last = index + 1 == numbers.len();
        let start = ChainEnd { next_seq: header.first_seq, hash: header.previous };
        let limit = match through_seq {
            Some(seq) if is_last => Limit::Through(seq),
            _ => Limit::Witness(0),
        };
        let found = Found { header, path, file };
        let segment = analyse(found, start, Some(chain), limit)?;
        report.add(&segment, is_last);
        before = Some((*number, segment.tail.groups_end));
    }
    if let Some(seq) = through_seq
        && report.findings.is_empty()
        && report.head.map_or(0, |head| head.seq) < seq
    {
        let next = report.head.map_or(1, |head| head.seq + 1);
        report.find(dir, 0, next, "the journal ends before a record that was already served");
    }
    Ok(report)
}

// Salvaged records count as unfinished until they are copied, so a report ends before them.
impl VerifyReport {
    fn find(&mut self, path: &Path, offset: u64, seq: u64, what: impl Into<String>) {
        self.findings.push(Finding { path: path.to_owned(), offset, seq, what: what.into() });
    }

    fn add(&mut self, segment: &Segment, is_last: bool) {
        let (header, tail) = (&segment.header, &segment.tail);
        let ChainEnd { next_seq, hash } = tail.groups_end;
        self.segments += 1;
        self.groups += tail.groups;
        self.payload_bytes += tail.payload_bytes;
        self.stored_bytes += tail.keep_bytes;
        self.clean_end = tail.clean_end;
        let records = next_seq - header.first_seq;
        if self.first_seq.is_none() && records > 0 {
            self.first_seq = Some(header.first_seq);
        }
        self.records += records;
        if records > 0 {
            self.end_at(header.epoch, header.first_seq, next_seq - 1, hash);
        }
        let tail_seq = next_seq;
        match &tail.damage {
            Some(JournalError::Damaged { offset, seq, proof, .. }) => {
                self.find(&segment.path, *offset, *seq, *proof);
            }
            Some(other) => self.find(&segment.path, tail.torn_at, tail_seq, other.to_string()),
            None if tail.torn_bytes > 0 || tail.salvaged_records > 0 => {
                let what = format!("{} bytes are no valid group", tail.torn_bytes.max(1));
                let finding =
                    Finding { path: segment.path.clone(), offset: tail.keep_bytes, seq: tail_seq, what };
                if is_last { self.ambiguous_tail = Some(finding) } else { self.findings.push(finding) }
            }
            None => {}
        }
        if segment.file_bytes < header.segment_bytes {
            self.find(&segment.path, segment.file_bytes, tail_seq, "the file is shorter than it was made");
        }
    }

    fn end_at(&mut self, epoch: [u8; 16], first_seq: u64, last_seq: u64, hash: ChainHash) {
        self.head = Some(Position { epoch, seq: last_seq, hash });
        match self.epochs.last_mut() {
            Some(span) if span.epoch == epoch => span.last_seq = last_seq,
            _ => self.epochs.push(EpochSpan { epoch, first_seq, last_seq }),
        }
    }
}
