//! An export on its way into a file: verified while it is written, there whole or not at all, never over another file.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use holdfast_protocol::export::Decoder;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use super::{PIECE_BYTES, refused};
use crate::error::HubError;
use crate::folder;
use crate::identity::Identity;
use crate::verify::PublicKey;

/// How often a long export says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// What a finished file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    pub first_seq: u64,
    pub last_seq: u64,
    pub records: u64,
    pub bytes: u64,
    /// The chain hash after the last record.
    pub hash: [u8; 32],
}

/// A file in the making, beside the name that it will get. Dropping it unfinished leaves nothing behind.
#[derive(Debug)]
pub struct ExportFile {
    to: PathBuf,
    beside: PathBuf,
    out: BufWriter<File>,
    decoder: Decoder,
    last_seq: u64,
    told_at: Instant,
    is_kept: bool,
}

impl ExportFile {
    /// Begins a file that nobody but its owner can read.
    ///
    /// # Errors
    /// HF-HUB-034 when there is something under that name or another export is being written to it, HF-HUB-003.
    pub fn create(to: &Path) -> Result<Self, HubError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(taken(to));
        }
        let beside = to.with_added_extension("part");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&beside)
            .map_err(HubError::file("make", &beside))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(refused(format!("another export is being written to {}", to.display())));
            }
            Err(TryLockError::Error(error)) => return Err(HubError::file("lock", &beside)(error)),
        }
        // What a killed export has left there.
        file.set_len(0).map_err(HubError::file("empty", &beside))?;
        Ok(Self {
            to: to.to_owned(),
            beside,
            out: BufWriter::with_capacity(PIECE_BYTES, file),
            decoder: Decoder::new(),
            last_seq: 0,
            told_at: Instant::now(),
            is_kept: false,
        })
    }

    /// Gives the file its name, once every byte is proven and synced.
    ///
    /// # Errors
    /// HF-HUB-034 when it is not whole or the name was taken meanwhile, HF-HUB-003.
    pub fn keep(mut self, identity: &Identity) -> Result<Exported, HubError> {
        let failed = |fault| HubError::ExportFault { source: fault };
        let (opening, closing) = std::mem::take(&mut self.decoder).finish().map_err(failed)?;
        let key = PublicKey::new(&identity.public_key()).filter(|key| {
            key.bytes() == closing.public_key
                && key.has_signed(&closing.head.head.signing_bytes(), &closing.head.signature)
                && key.has_signed(&closing.seal_bytes(), &closing.signature)
        });
        if key.is_none() {
            return Err(refused("its signatures are not this hub's"));
        }
        self.out.flush().map_err(HubError::file("write", &self.beside))?;
        self.out.get_ref().sync_all().map_err(HubError::file("sync", &self.beside))?;
        let renamed = renameat2(AT_FDCWD, &self.beside, AT_FDCWD, &self.to, RenameFlags::RENAME_NOREPLACE);
        match renamed {
            Ok(()) => self.is_kept = true,
            Err(nix::errno::Errno::EEXIST) => return Err(taken(&self.to)),
            Err(error) => return Err(HubError::file("rename to", &self.to)(error.into())),
        }
        folder::sync_folder_of(&self.to)?;
        Ok(Exported {
            first_seq: opening.first_seq,
            last_seq: closing.head.head.seq,
            records: closing.records,
            bytes: closing.bytes,
            hash: closing.head.head.hash,
        })
    }
}

fn taken(to: &Path) -> HubError {
    refused(format!("there is something at {} already", to.display()))
}

impl Write for ExportFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let last_seq = &mut self.last_seq;
        self.decoder.feed(bytes, &mut |entry| *last_seq = entry.seq).map_err(io::Error::other)?;
        self.out.write_all(bytes)?;
        if self.told_at.elapsed() >= PROGRESS_EVERY {
            self.told_at = Instant::now();
            eprintln!("exported up to record {}", self.last_seq);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for ExportFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // The lock on it is still held, so it is this export's own.
            let _gone = fs::remove_file(&self.beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_whole_leaves_nothing_and_no_name_is_taken_twice() {
        let place = tempfile::tempdir().unwrap();
        let to = place.path().join("books.hfx");
        let identity = Identity::new(
            holdfast_domain::ids::HubId(uuid::Uuid::from_u128(1)),
            &[7; 32],
            String::new(),
            String::new(),
        );
        let mut file = ExportFile::create(&to).unwrap();
        let second = ExportFile::create(&to).unwrap_err();
        assert!(second.to_string().contains("another export"), "{second}");
        file.write_all(b"HFX1").unwrap();
        let error = file.keep(&identity).unwrap_err();
        assert!(matches!(error, HubError::ExportFault { .. }), "{error}");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);

        let mut file = ExportFile::create(&to).unwrap();
        assert!(file.write_all(&[0; 96]).is_err(), "what is no export is not written on");
        drop(file);
        fs::write(&to, "something").unwrap();
        let error = ExportFile::create(&to).unwrap_err();
        assert!(error.to_string().contains("already"), "{error}");
        assert_eq!(fs::read(&to).unwrap(), b"something");
    }
}
