//! Walking through the parts of the journal that a question is about.

use holdfast_domain::Record;
use holdfast_domain::calendar::Timestamp;
use holdfast_journal::Reader;
use holdfast_protocol::decode_record;
use holdfast_store::BLOCK_RECORDS;

use crate::error::HubError;

/// A record at its place; none where this version cannot read it.
#[derive(Debug)]
pub(crate) struct Walked {
    pub seq: u64,
    pub record: Option<Record>,
}

/// Stretches of the journal, ascending and apart: first record, and the first that is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Runs(Vec<(u64, u64)>);

impl Runs {
    /// The blocks of an index, those that follow each other as one.
    pub fn of_blocks(blocks: &[u64]) -> Self {
        let mut runs = Self::default();
        for block in blocks {
            runs.add(block * BLOCK_RECORDS, (block + 1) * BLOCK_RECORDS);
        }
        runs
    }

    /// Adds the records from `first` on, before `end`.
    pub fn add(&mut self, first: u64, end: u64) {
        if first >= end {
            return;
        }
        self.0.push((first.max(1), end));
        self.0.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        for &(first, end) in &self.0 {
            match merged.last_mut() {
                Some((_, last)) if first <= *last => *last = end.max(*last),
                _ => merged.push((first, end)),
            }
        }
        self.0 = merged;
    }

    /// The first record of all.
    pub fn first(&self) -> Option<u64> {
        self.0.first().map(|(first, _)| *first)
    }

    /// Shows every record up to `as_of_seq`, in order, one at a time. Blocks on the disk.
    ///
    /// # Errors
    /// The journal's, and what `see` answers with.
    pub fn walk(
        &self,
        reader: &Reader,
        as_of_seq: u64,
        mut see: impl FnMut(Walked) -> Result<(), HubError>,
    ) -> Result<(), HubError> {
        for &(first, end) in &self.0 {
            for stored in reader.scan(first) {
                let stored = stored?;
                let seq = stored.position.seq;
                if seq >= end || seq > as_of_seq {
                    break;
                }
                see(Walked { seq, record: decode_record(&stored.payload).ok() })?;
            }
        }
        Ok(())
    }
}

/// The first record that was made at an instant or later, or the one after `as_of_seq`. The journal's times never go back
/// but where a clock was set back, which a record says; around such a place the answer may be off by what was set back.
///
/// # Errors
/// The journal's.
pub(crate) fn first_at(reader: &Reader, at: Timestamp, as_of_seq: u64) -> Result<u64, HubError> {
    let (mut low, mut high) = (1, as_of_seq + 1);
    while low < high {
        let middle = low.midpoint(high);
        let stored = reader.read(middle)?;
        let record = stored.and_then(|stored| decode_record(&stored.payload).ok());
        // What cannot be read says nothing of its time; what follows it does.
        if record.is_none_or(|record| record.recorded_at < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_meet_are_one() {
        let mut runs = Runs::of_blocks(&[0, 1, 2, 7]);
        assert_eq!(runs, Runs(vec![(1, 384), (896, 1024)]));
        runs.add(380, 390);
        runs.add(500, 500);
        runs.add(1024, 1030);
        assert_eq!(runs, Runs(vec![(1, 390), (896, 1030)]));
        assert_eq!(runs.first(), Some(1));
    }
}
