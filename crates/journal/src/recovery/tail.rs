//! One segment from its first byte to its last: what is valid, what is torn, and what is damage.

use std::path::PathBuf;
use std::sync::Arc;

use super::survey::Found;
use crate::ChainFn;
use crate::catalog::push_mark;
use crate::error::JournalError;
use crate::format::{
    GROUP_HEADER_BYTES, GroupHeader, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader, StoredRecord,
};
use crate::storage::StorageFile;
use crate::walk::{ChainEnd, GroupWalk, Mark, Step, records_in};

/// How far an analysis looks, and who has seen what.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// To the end of the file; the witness has seen everything through this sequence.
    Witness(u64),
    /// Through this sequence; what follows may be half written.
    Through(u64),
    /// To the first group that begins at this offset or behind it, in a segment that is never written again.
    Until(u64),
}

/// A segment and what was found in it.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) header: SegmentHeader,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn StorageFile>,
    pub(crate) file_bytes: u64,
    pub(crate) tail: Tail,
}

/// How a segment ends.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Bytes from the start of the file through the last valid group.
    pub(crate) keep_bytes: u64,
    /// The chain after the last valid record, salvaged ones included.
    pub(crate) end: ChainEnd,
    /// The chain after the last valid group.
    pub(crate) groups_end: ChainEnd,
    /// Marks of the valid groups; salvaged records have none until they are copied.
    pub(crate) marks: Vec<Mark>,
    /// Whether the last valid group is the mark of a clean end and nothing follows it.
    pub(crate) clean_end: bool,
    /// The highest sequence that the segment itself proves to have been durable.
    pub(crate) proven_seq: u64,
    /// Where the records lie that are valid although their group is not.
    pub(crate) salvaged: Option<(u64, u64)>,
    pub(crate) salvaged_records: u64,
    /// Bytes that belong to nothing.
    pub(crate) torn_bytes: u64,
    /// Where they begin.
    pub(crate) torn_at: u64,
    pub(crate) groups: u64,
    pub(crate) payload_bytes: u64,
    /// Why the segment cannot be trusted beyond `end`.
    pub(crate) damage: Option<JournalError>,
}

/// Reads a segment. The chain is followed from `end` when a chain function is given; without one only CRCs and sequences
/// are checked. Damage is reported in the tail; only storage faults are errors.
pub(crate) fn analyse(
    found: Found,
    end: ChainEnd,
    chain: Option<ChainFn>,
    limit: Limit,
) -> Result<Segment, JournalError> {
    analyse_from(found, end, chain, limit, SEGMENT_HEADER_BYTES as u64)
}

/// As [`analyse`], from the group that begins at an offset.
pub(crate) fn analyse_from(
    found: Found,
    end: ChainEnd,
    chain: Option<ChainFn>,
    limit: Limit,
    offset: u64,
) -> Result<Segment, JournalError> {
    let Found { header, path, file } = found;
    let mut walk = GroupWalk::new(file.clone(), &path, &header, offset)?;
    let tail = Tail {
        keep_bytes: offset,
        end,
        groups_end: end,
        marks: Vec::new(),
        clean_end: false,
        proven_seq: end.next_seq - 1,
        salvaged: None,
        salvaged_records: 0,
        torn_bytes: 0,
        torn_at: 0,
        groups: 0,
        payload_bytes: 0,
        damage: None,
    };
    let mut analysis = Analysis { header, chain, limit, path: path.clone(), tail };
    analysis.run(&mut walk)?;
    let file_bytes = walk.window.file_bytes;
    Ok(Segment { header, path, file, file_bytes, tail: analysis.tail })
}

struct Analysis {
    header: SegmentHeader,
    chain: Option<ChainFn>,
    limit: Limit,
    path: PathBuf,
    tail: Tail,
}

impl Analysis {
    fn run(&mut self, walk: &mut GroupWalk) -> Result<(), JournalError> {
        loop {
            if let Limit::Through(seq) = self.limit
                && self.tail.end.next_seq > seq
            {
                return Ok(());
            }
            if let Limit::Until(offset) = self.limit
                && self.tail.keep_bytes >= offset
            {
                return Ok(());
            }
            match walk.step()? {
                Step::Group { header, offset } => {
                    if !self.take_group(walk, &header, offset)? {
                        return Ok(());
                    }
                }
                Step::End { offset } => {
                    let Some(span) = walk.window.non_zero_from(offset)? else { return Ok(()) };
                    return self.judge(walk, None, offset, span);
                }
                Step::Bad { header, offset } => {
                    let span = walk.window.non_zero_from(offset)?.unwrap_or((offset, offset));
                    return self.judge(walk, header, offset, span);
                }
            }
        }
    }

    /// Takes a valid group over; false when its content contradicts its checksums.
    fn take_group(
        &mut self,
        walk: &mut GroupWalk,
        group: &GroupHeader,
        offset: u64,
    ) -> Result<bool, JournalError> {
        let seq = self.tail.end.next_seq;
        if group.first_seq != seq || group.synced_through >= seq {
            self.damage(offset, seq, "a valid group holds other records than the ones due");
            return Ok(false);
        }
        let body = walk.body(group, offset)?;
        let mut end = self.tail.end;
        let mut used = 0;
        let mut payload_bytes = 0;
        let mut marks = Vec::new();
        for (at, record) in records_in(body, seq) {
            if !continues(self.chain, &self.header, &end, &record) {
                break;
            }
            marks.push((record.seq, at));
            end = ChainEnd { next_seq: record.seq + 1, hash: record.hash };
            used = at + record.stored_bytes();
            payload_bytes += record.payload.len() as u64;
        }
        let padding = &body[used..];
        if marks.len() != group.records as usize
            || padding.len() >= 8
            || padding.iter().any(|byte| *byte != 0)
        {
            self.damage(offset, end.next_seq, "a valid group holds a record that breaks the chain");
            return Ok(false);
        }
        for (seq, at) in marks {
            push_mark(&mut self.tail.marks, &self.header, seq, offset, at);
        }
        let tail = &mut self.tail;
        tail.end = end;
        tail.groups_end = end;
        tail.groups += 1;
        tail.payload_bytes += payload_bytes;
        tail.keep_bytes = offset + (GROUP_HEADER_BYTES + body.len()) as u64;
        tail.clean_end = group.is_clean_end();
        tail.proven_seq =
            if tail.clean_end { end.next_seq - 1 } else { tail.proven_seq.max(group.synced_through) };
        Ok(true)
    }

    /// Decides whether bytes that are no valid group are a torn tail or damage, and keeps what the chain proves.
    fn judge(
        &mut self,
        walk: &mut GroupWalk,
        group: Option<GroupHeader>,
        offset: u64,
        (_, non_zero_end): (u64, u64),
    ) -> Result<(), JournalError> {
        let body_at = offset + GROUP_HEADER_BYTES as u64;
        let due_seq = self.tail.end.next_seq;
        if group.is_some_and(|group| group.first_seq != due_seq) {
            self.damage(offset, due_seq, "a group header names other records than the ones due");
            return Ok(());
        }
        // With a valid header the group's extent is known, and a search behind it cannot be misled by a payload.
        let group_end = group.map(|group| body_at + u64::from(group.body_bytes));
        let search_at = group_end.unwrap_or(offset + 8);
        let follows = valid_group_follows(walk, search_at, non_zero_end, due_seq)?;
        self.salvage(walk, body_at, group_end)?;
        let valid_end = self.tail.salvaged.map_or(offset, |(_, end)| end);
        self.tail.torn_at = valid_end;
        self.tail.torn_bytes = non_zero_end.saturating_sub(valid_end);
        self.tail.clean_end = false;
        let lost_seq = self.tail.end.next_seq;
        if follows {
            self.damage(valid_end, lost_seq, "a valid group follows");
        } else if matches!(self.limit, Limit::Witness(seq) if seq >= lost_seq) {
            self.damage(valid_end, lost_seq, "a witness has seen the record");
        } else if matches!(self.limit, Limit::Through(_)) {
            self.damage(valid_end, lost_seq, "the record was already served");
        } else if self.tail.proven_seq >= lost_seq {
            self.damage(valid_end, lost_seq, "a later group says that it was durable");
        }
        Ok(())
    }

    fn salvage(
        &mut self,
        walk: &mut GroupWalk,
        body_at: u64,
        group_end: Option<u64>,
    ) -> Result<(), JournalError> {
        let mut at = body_at;
        while let Some(head) = walk.window.get(at, RECORD_HEADER_BYTES)? {
            let stored = RECORD_HEADER_BYTES.saturating_add(StoredRecord::claimed_payload_bytes(head));
            if group_end.is_some_and(|end| at + stored as u64 > end) {
                break;
            }
            let Some(bytes) = walk.window.get(at, stored)? else { break };
            let end = self.tail.end;
            let Some(record) = StoredRecord::decode(bytes).filter(|record| record.seq == end.next_seq) else {
                break;
            };
            if !continues(self.chain, &self.header, &end, &record) {
                break;
            }
            self.tail.end = ChainEnd { next_seq: record.seq + 1, hash: record.hash };
            self.tail.salvaged_records += 1;
            at += stored as u64;
            self.tail.salvaged = Some((body_at, at));
        }
        Ok(())
    }

    fn damage(&mut self, offset: u64, seq: u64, proof: &'static str) {
        self.tail.clean_end = false;
        self.tail.damage = Some(JournalError::Damaged { path: self.path.clone(), offset, seq, proof });
    }
}

fn continues(
    chain: Option<ChainFn>,
    header: &SegmentHeader,
    end: &ChainEnd,
    record: &StoredRecord<'_>,
) -> bool {
    chain.is_none_or(|chain| chain(&end.hash, &header.epoch, record.seq, record.payload) == record.hash)
}

/// Groups are written one at a time, each only after the one before was synced: a valid header further on proves that
/// everything before it was durable once.
fn valid_group_follows(walk: &mut GroupWalk, from: u64, to: u64, due_seq: u64) -> Result<bool, JournalError> {
    let salt = walk.salt;
    let mut at = from.next_multiple_of(8);
    while at < to {
        let Some(bytes) = walk.window.get(at, GROUP_HEADER_BYTES)? else { break };
        if GroupHeader::decode(bytes, salt)
            .is_some_and(|group| group.first_seq >= due_seq && group.synced_through + 1 == group.first_seq)
        {
            return Ok(true);
        }
        at += 8;
    }
    Ok(false)
}
