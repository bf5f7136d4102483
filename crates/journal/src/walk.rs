//! Walking through one segment's bytes: by groups for recovery and verification, by records for reading.

use std::path::Path;
use std::sync::Arc;

use crate::Record;
use crate::error::JournalError;
use crate::format::{
    GROUP_HEADER_BYTES, GroupHeader, HeaderFault, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader,
    StoredRecord,
};
use crate::storage::{Storage, StorageFile, read_full_at};
use crate::{ChainHash, Position};

/// Read-ahead of a walk over a whole segment.
pub(crate) const WALK_AHEAD_BYTES: usize = 256 << 10;
/// Read-ahead when one record is wanted.
pub(crate) const READ_AHEAD_BYTES: usize = 16 << 10;

/// A piece of a file in memory that moves along with the walk.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) file: Arc<dyn StorageFile>,
    pub(crate) path: Arc<Path>,
    pub(crate) file_bytes: u64,
    start: u64,
    bytes: Vec<u8>,
    ahead_bytes: usize,
}

impl Window {
    pub(crate) fn new(
        file: Arc<dyn StorageFile>,
        path: &Path,
        ahead_bytes: usize,
    ) -> Result<Self, JournalError> {
        let file_bytes = file.len().map_err(|source| JournalError::Io {
            call: "measure",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self { file, path: path.into(), file_bytes, start: 0, bytes: Vec::new(), ahead_bytes })
    }

    /// `bytes` bytes at `offset`, or `None` when the file ends before.
    pub(crate) fn get(&mut self, offset: u64, bytes: usize) -> Result<Option<&[u8]>, JournalError> {
        let end = offset.saturating_add(bytes as u64);
        if end > self.file_bytes {
            return Ok(None);
        }
        if offset < self.start || end > self.start + self.bytes.len() as u64 {
            let rest = usize::try_from(self.file_bytes - offset).unwrap_or(usize::MAX);
            self.bytes.resize(bytes.max(self.ahead_bytes).min(rest), 0);
            self.start = offset;
            let filled = read_full_at(&*self.file, &mut self.bytes, offset).map_err(|source| {
                self.start = u64::MAX;
                JournalError::Io { call: "read", path: self.path.to_path_buf(), source }
            })?;
            self.bytes.truncate(filled);
            if filled < bytes {
                return Ok(None);
            }
        }
        let from = usize::try_from(offset - self.start).expect("the window holds the offset");
        Ok(Some(&self.bytes[from..from + bytes]))
    }

    /// The offset of the first and the end of the last byte that is not zero from `offset` to the end of the file.
    pub(crate) fn non_zero_from(&mut self, mut offset: u64) -> Result<Option<(u64, u64)>, JournalError> {
        let mut found: Option<(u64, u64)> = None;
        while offset < self.file_bytes {
            let rest = usize::try_from(self.file_bytes - offset).unwrap_or(usize::MAX);
            let bytes = rest.min(WALK_AHEAD_BYTES);
            let Some(piece) = self.get(offset, bytes)? else { break };
            if let Some(last) = piece.iter().rposition(|byte| *byte != 0) {
                let first = piece.iter().position(|byte| *byte != 0).unwrap_or(last);
                let first = found.map_or(offset + first as u64, |(first, _)| first);
                found = Some((first, offset + last as u64 + 1));
            }
            offset += bytes as u64;
        }
        Ok(found)
    }
}

/// Opens a segment and reads its header.
pub(crate) fn open_segment(
    storage: &dyn Storage,
    path: &Path,
    number: u64,
) -> Result<(Arc<dyn StorageFile>, SegmentHeader), JournalError> {
    let io = |call, source| JournalError::Io { call, path: path.to_owned(), source };
    let file = storage.open(path).map_err(|source| io("open", source))?;
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    let filled = read_full_at(&*file, &mut bytes, 0).map_err(|source| io("read", source))?;
    let broken = |proof| JournalError::SegmentBroken { path: path.to_owned(), proof };
    if filled < bytes.len() {
        return Err(broken("the file is shorter than a header"));
    }
    let header = SegmentHeader::decode(&bytes).map_err(|fault| match fault {
        HeaderFault::Damaged => broken("its header's bytes are damaged"),
        HeaderFault::Version(version) => JournalError::UnsupportedVersion { path: path.to_owned(), version },
    })?;
    if header.number != number {
        return Err(broken("its number is not the one in its name"));
    }
    Ok((file, header))
}

/// What a walk by groups meets next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A group whose header and body are proven by their CRCs, at this offset.
    Group { header: GroupHeader, offset: u64 },
    /// Zeros where a group header would be, or too little room for one.
    End { offset: u64 },
    /// Bytes that are no valid group; the header is there when it alone is valid.
    Bad { header: Option<GroupHeader>, offset: u64 },
}

#[derive(Debug)]
pub(crate) struct GroupWalk {
    pub(crate) window: Window,
    pub(crate) salt: u32,
    offset: u64,
}

impl GroupWalk {
    pub(crate) fn new(
        file: Arc<dyn StorageFile>,
        path: &Path,
        header: &SegmentHeader,
        offset: u64,
    ) -> Result<Self, JournalError> {
        let window = Window::new(file, path, WALK_AHEAD_BYTES)?;
        Ok(Self { window, salt: header.salt(), offset })
    }

    pub(crate) fn step(&mut self) -> Result<Step, JournalError> {
        let offset = self.offset;
        let Some(bytes) = self.window.get(offset, GROUP_HEADER_BYTES)? else {
            return Ok(Step::End { offset });
        };
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(Step::End { offset });
        }
        let Some(header) = GroupHeader::decode(bytes, self.salt) else {
            return Ok(Step::Bad { header: None, offset });
        };
        let body_at = offset + GROUP_HEADER_BYTES as u64;
        let proven = self
            .window
            .get(body_at, header.body_bytes as usize)?
            .is_some_and(|body| crc32c::crc32c(body) == header.body_crc);
        if !proven {
            return Ok(Step::Bad { header: Some(header), offset });
        }
        self.offset = body_at + u64::from(header.body_bytes);
        Ok(Step::Group { header, offset })
    }

    /// The body of a group that [`GroupWalk::step`] returned.
    pub(crate) fn body(&mut self, header: &GroupHeader, offset: u64) -> Result<&[u8], JournalError> {
        let path = self.window.path.clone();
        let seq = header.first_seq;
        self.window
            .get(offset + GROUP_HEADER_BYTES as u64, header.body_bytes as usize)?
            .ok_or_else(|| JournalError::RecordDamaged { path: path.to_path_buf(), seq })
    }
}

/// The chain as far as it has been followed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChainEnd {
    pub(crate) next_seq: u64,
    pub(crate) hash: ChainHash,
}

/// The records of a body, as far as their CRCs and sequences hold, with their offsets in the body.
pub(crate) fn records_in(body: &[u8], first_seq: u64) -> impl Iterator<Item = (usize, StoredRecord<'_>)> {
    let mut at = 0;
    let mut seq = first_seq;
    std::iter::from_fn(move || {
        let record = StoredRecord::decode(body.get(at..)?)?;
        if record.seq != seq {
            return None;
        }
        let offset = at;
        at += record.stored_bytes();
        seq += 1;
        Some((offset, record))
    })
}

/// Where a walk by records can begin: every 64th record of a segment has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) group_offset: u32,
    pub(crate) record_offset: u32,
}

/// Records between two marks.
pub(crate) const MARK_EVERY_RECORDS: u64 = 64;

/// Walks record by record from a mark. It trusts that the groups below the synced head are in place, checks every
/// record's own CRC and sequence, and answers anything else with a coded error.
#[derive(Debug)]
pub(crate) struct RecordWalk {
    window: Window,
    epoch: [u8; 16],
    salt: u32,
    next_seq: u64,
    at: u64,
    group_end: u64,
}

impl RecordWalk {
    pub(crate) fn new(
        file: Arc<dyn StorageFile>,
        path: &Path,
        header: &SegmentHeader,
        mark: Mark,
        mark_seq: u64,
        ahead_bytes: usize,
    ) -> Result<Self, JournalError> {
        let mut walk = Self {
            window: Window::new(file, path, ahead_bytes)?,
            epoch: header.epoch,
            salt: header.salt(),
            next_seq: mark_seq,
            at: u64::from(mark.group_offset),
            group_end: 0,
        };
        walk.enter_group()?;
        walk.at = u64::from(mark.record_offset);
        Ok(walk)
    }

    /// Goes past the next record by its length alone. Whoever wants a later one has that one checked, and what lies before
    /// it need not be whole.
    pub(crate) fn pass(&mut self) -> Result<(), JournalError> {
        let stored_bytes = self.next_stored_bytes()?;
        self.at += stored_bytes as u64;
        self.next_seq += 1;
        Ok(())
    }

    /// The length of the next record with its header, which must be there and fit its group.
    fn next_stored_bytes(&mut self) -> Result<usize, JournalError> {
        while self.group_end - self.at < RECORD_HEADER_BYTES as u64 {
            self.at = self.group_end;
            self.enter_group()?;
        }
        let left = usize::try_from(self.group_end - self.at).expect("a group is smaller than 4 GiB");
        let header = self.bytes(RECORD_HEADER_BYTES)?;
        let stored_bytes = RECORD_HEADER_BYTES.saturating_add(StoredRecord::claimed_payload_bytes(header));
        if stored_bytes > left { Err(self.damaged()) } else { Ok(stored_bytes) }
    }

    /// Reads the next record, which must be there.
    pub(crate) fn step(&mut self) -> Result<Record, JournalError> {
        let stored_bytes = self.next_stored_bytes()?;
        let (epoch, seq) = (self.epoch, self.next_seq);
        let record = StoredRecord::decode(self.bytes(stored_bytes)?)
            .filter(|record| record.seq == seq)
            .map(|record| Record {
                position: Position { epoch, seq, hash: record.hash },
                payload: record.payload.to_vec(),
            })
            .ok_or_else(|| self.damaged())?;
        self.at += stored_bytes as u64;
        self.next_seq += 1;
        Ok(record)
    }

    fn enter_group(&mut self) -> Result<(), JournalError> {
        let salt = self.salt;
        let header =
            GroupHeader::decode(self.bytes(GROUP_HEADER_BYTES)?, salt).ok_or_else(|| self.damaged())?;
        self.at += GROUP_HEADER_BYTES as u64;
        self.group_end = self.at + u64::from(header.body_bytes);
        Ok(())
    }

    fn bytes(&mut self, bytes: usize) -> Result<&[u8], JournalError> {
        let path = self.window.path.clone();
        let seq = self.next_seq;
        self.window
            .get(self.at, bytes)?
            .ok_or_else(|| JournalError::RecordDamaged { path: path.to_path_buf(), seq })
    }

    fn damaged(&self) -> JournalError {
        JournalError::RecordDamaged { path: self.window.path.to_path_buf(), seq: self.next_seq }
    }
}
