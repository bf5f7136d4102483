//! What recovery writes: the copy of the last segment after an unclean end, and the cut at damage that a person asked for.

use std::path::{Path, PathBuf};

use super::survey::{Found, segment_files};
use super::tail::{Limit, Segment, analyse};
use crate::error::JournalError;
use crate::format::{GROUP_HEADER_BYTES, GroupHeader, aligned, segment_name};
use crate::options::Options;
use crate::spare::{
    UNFINISHED_SUFFIX, remove_unfinished, storage_error, sync_new, with_ballast, write_zeros,
};
use crate::storage::{DirLock, Storage, StorageFile, read_full_at, write_all_at};
use crate::walk::{ChainEnd, open_segment};

const COPY_BYTES: usize = 1 << 20;
const DAMAGED_SUFFIX: &str = ".damaged";

/// Creates the folder, takes its lock, and deletes files that were never finished.
pub(super) fn prepare_dir(options: &Options, storage: &dyn Storage) -> Result<DirLock, JournalError> {
    let dir = &options.dir;
    let io = |call, source| JournalError::Io { call, path: dir.clone(), source };
    storage.create_dir_all(dir).map_err(|source| io("create", source))?;
    let lock = storage.lock_dir(dir).map_err(|source| match source.kind() {
        std::io::ErrorKind::WouldBlock => JournalError::Locked { dir: dir.clone(), source },
        _ => io("lock", source),
    })?;
    let names = storage.list(dir).map_err(|source| io("list", source))?;
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED_SUFFIX)) {
        let path = dir.join(name);
        storage.remove(&path).map_err(|source| JournalError::Io { call: "delete", path, source })?;
    }
    Ok(lock)
}

/// Copies what is valid in the last segment into a new file under the same name and reads the copy back.
///
/// What is read here may be in the page cache only: after a failed sync or a killed process nobody knows. The copy is
/// synced, and so is the folder, before anybody is shown a record of it.
pub(super) fn copy_last_segment(
    options: &Options,
    storage: &dyn Storage,
    last: &Segment,
) -> Result<Segment, JournalError> {
    write_copy_somehow(options, storage, last)?;
    let number = last.header.number;
    let (file, header) = open_segment(storage, &last.path, number)?;
    let found = Found { header, path: last.path.clone(), file };
    let start = ChainEnd { next_seq: header.first_seq, hash: header.previous };
    let copy = analyse(found, start, None, Limit::Witness(0))?;
    if copy.tail.end.next_seq == last.tail.end.next_seq && copy.tail.torn_bytes == 0 {
        return Ok(copy);
    }
    Err(JournalError::Damaged {
        path: last.path.clone(),
        offset: copy.tail.torn_at,
        seq: copy.tail.end.next_seq,
        proof: "the copy made after an unclean end does not read back",
    })
}

/// Writes the copy, with the ballast's space when there is no other.
fn write_copy_somehow(options: &Options, storage: &dyn Storage, last: &Segment) -> Result<(), JournalError> {
    let outcome = with_ballast(options, || write_copy(options, storage, last));
    if outcome.is_err() {
        remove_unfinished(storage, &copy_path(options, last));
    }
    outcome
}

fn copy_path(options: &Options, last: &Segment) -> PathBuf {
    options.dir.join(format!("copy-{:010}{UNFINISHED_SUFFIX}", last.header.number))
}

fn write_copy(options: &Options, storage: &dyn Storage, last: &Segment) -> Result<(), JournalError> {
    let path = copy_path(options, last);
    let bytes = last.header.segment_bytes;
    let write = |source| storage_error("write", &path, bytes, source);
    let sync = |path: &Path, source| JournalError::SyncFailed { path: path.to_owned(), source };
    let file = storage.create(&path).map_err(|source| storage_error("create", &path, bytes, source))?;
    copy_bytes(last, &*file, last.tail.keep_bytes, &path)?;
    let mut end = last.tail.keep_bytes;
    if let Some((from, to)) = last.tail.salvaged {
        let mut body = read_bytes(last, from, to)?;
        body.resize(aligned(body.len()), 0);
        let header = GroupHeader {
            flags: 0,
            body_bytes: u32::try_from(body.len()).expect("segments are at most 1 GiB"),
            records: u32::try_from(last.tail.salvaged_records).expect("records are fewer than bytes"),
            first_seq: last.tail.end.next_seq - last.tail.salvaged_records,
            synced_through: last.tail.end.next_seq - last.tail.salvaged_records - 1,
            body_crc: crc32c::crc32c(&body),
        };
        write_all_at(&*file, &header.encode(last.header.salt()), end).map_err(write)?;
        write_all_at(&*file, &body, end + GROUP_HEADER_BYTES as u64).map_err(write)?;
        end += (GROUP_HEADER_BYTES + body.len()) as u64;
    }
    write_zeros(&*file, end, bytes).map_err(write)?;
    sync_new(&*file, &path, bytes)?;
    storage.rename(&path, &last.path).map_err(|source| storage_error("rename", &path, bytes, source))?;
    storage.sync_dir(&options.dir).map_err(|source| sync(&options.dir, source))
}

fn read_bytes(segment: &Segment, from: u64, to: u64) -> Result<Vec<u8>, JournalError> {
    let bytes = usize::try_from(to - from).expect("segments are at most 1 GiB");
    let mut body = vec![0; bytes];
    let filled = read_full_at(&*segment.file, &mut body, from)
        .map_err(|source| storage_error("read", &segment.path, 0, source))?;
    if filled < bytes {
        let source = std::io::ErrorKind::UnexpectedEof.into();
        return Err(JournalError::Io { call: "read", path: segment.path.clone(), source });
    }
    Ok(body)
}

fn copy_bytes(from: &Segment, to: &dyn StorageFile, end: u64, path: &Path) -> Result<(), JournalError> {
    let mut offset = 0;
    while offset < end {
        let next = end.min(offset + COPY_BYTES as u64);
        let piece = read_bytes(from, offset, next)?;
        write_all_at(to, &piece, offset)
            .map_err(|source| storage_error("write", path, from.header.segment_bytes, source))?;
        offset = next;
    }
    Ok(())
}

/// Keeps the records before the first damage and sets everything else aside under other names. Each step leaves a folder
/// in which the cut can be made again.
pub(super) fn cut(options: &Options, storage: &dyn Storage) -> Result<(), JournalError> {
    let numbers = segment_files(storage, &options.dir)?;
    let mut end: Option<ChainEnd> = None;
    let mut keep = 0;
    let mut replace = None;
    for (index, number) in numbers.iter().enumerate() {
        let path = options.dir.join(segment_name(*number));
        let opened = open_segment(storage, &path, *number);
        let (file, header) = match opened {
            Ok(opened) => opened,
            Err(error @ (JournalError::Io { .. } | JournalError::UnsupportedVersion { .. })) => {
                return Err(error);
            }
            Err(error) if index == 0 => return Err(error),
            Err(_) => break,
        };
        let follows = end.is_none_or(|end| end.next_seq == header.first_seq && end.hash == header.previous);
        if !follows || (index > 0 && numbers[index - 1] + 1 != *number) {
            break;
        }
        keep = index + 1;
        let start = ChainEnd { next_seq: header.first_seq, hash: header.previous };
        let found = Found { header, path, file };
        let segment = analyse(found, start, Some(options.chain), Limit::Witness(0))?;
        end = Some(segment.tail.end);
        let last = index + 1 == numbers.len();
        if segment.tail.damage.is_some() || (!last && segment.tail.torn_bytes > 0) {
            replace = Some(segment);
            break;
        }
    }
    for number in numbers[keep..].iter().rev() {
        let path = options.dir.join(segment_name(*number));
        let aside = free_name(storage, &options.dir, *number)?;
        storage.rename(&path, &aside).map_err(|source| storage_error("rename", &path, 0, source))?;
        storage
            .sync_dir(&options.dir)
            .map_err(|source| JournalError::SyncFailed { path: options.dir.clone(), source })?;
    }
    if let Some(segment) = replace {
        keep_evidence(options, storage, &segment)?;
        write_copy_somehow(options, storage, &segment)?;
    }
    Ok(())
}

/// A full copy of a damaged segment, made before its name is given to what is still valid of it.
fn keep_evidence(options: &Options, storage: &dyn Storage, segment: &Segment) -> Result<(), JournalError> {
    let path = free_name(storage, &options.dir, segment.header.number)?;
    let bytes = segment.file_bytes;
    let file = storage.create(&path).map_err(|source| storage_error("create", &path, bytes, source))?;
    copy_bytes(segment, &*file, bytes, &path)?;
    file.sync_data().map_err(|source| JournalError::SyncFailed { path, source })?;
    storage
        .sync_dir(&options.dir)
        .map_err(|source| JournalError::SyncFailed { path: options.dir.clone(), source })
}

fn free_name(storage: &dyn Storage, dir: &Path, number: u64) -> Result<PathBuf, JournalError> {
    let names = storage.list(dir).map_err(|source| JournalError::Io {
        call: "list",
        path: dir.to_owned(),
        source,
    })?;
    let base = segment_name(number);
    let free = (1..=names.len() + 1)
        .map(|copy| format!("{base}.{copy}{DAMAGED_SUFFIX}"))
        .find(|name| !names.contains(name))
        .expect("one of n + 1 names is not among n");
    Ok(dir.join(free))
}
