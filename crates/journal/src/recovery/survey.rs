//! Which segments there are and whether their headers fit together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::JournalError;
use crate::format::{SegmentHeader, segment_name, segment_number};
use crate::options::Retention;
use crate::storage::{Storage, StorageFile};
use crate::walk::open_segment;

/// A segment whose header is valid.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) header: SegmentHeader,
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<dyn StorageFile>,
}

/// Numbers of the segment files in a folder, in order.
pub(crate) fn segment_files(storage: &dyn Storage, dir: &Path) -> Result<Vec<u64>, JournalError> {
    let names = storage.list(dir).map_err(|source| JournalError::Io {
        call: "list",
        path: dir.to_owned(),
        source,
    })?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment_number(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Opens every segment and checks that numbers and sequences leave no gap.
pub(crate) fn survey(
    storage: &dyn Storage,
    dir: &Path,
    retention: Retention,
) -> Result<Vec<Found>, JournalError> {
    let mut segments: Vec<Found> = Vec::new();
    for number in segment_files(storage, dir)? {
        let path = dir.join(segment_name(number));
        if let Some(before) = segments.last()
            && before.header.number + 1 != number
        {
            let missing = dir.join(segment_name(before.header.number + 1));
            return Err(JournalError::SegmentBroken { path: missing, proof: "later segments exist" });
        }
        let (file, header) = open_segment(storage, &path, number)?;
        if let Some(before) = segments.last() {
            let empty = before.header.first_seq == header.first_seq;
            if before.header.first_seq > header.first_seq
                || (empty && before.header.previous != header.previous)
            {
                return Err(JournalError::SegmentBroken {
                    path,
                    proof: "its first record does not follow the segment before",
                });
            }
        }
        segments.push(Found { header, path, file });
    }
    if let Some(first) = segments.first()
        && retention == Retention::Forever
        && (first.header.first_seq != 1 || first.header.number != 1)
    {
        return Err(JournalError::BeginningMissing {
            dir: dir.to_owned(),
            first_seq: first.header.first_seq,
        });
    }
    Ok(segments)
}
