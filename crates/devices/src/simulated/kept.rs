//! The file in which a simulated device keeps its book, so that it remembers over a restart what a real one would.
//!
//! The whole book is written anew after each change, beside the old one, and takes its place in one step: whoever is ended in
//! between leaves the one or the other. It outlives the process; a power cut of the machine is not what it is for.
//!
//! Invariant: a device says nothing of what it could not write down.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::identity::Papers;

/// The format that is written. Another one is refused: a book of a simulation is not worth a conversion.
const FORMAT: u32 = 1;

/// Why a simulated device has no book.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BookFault {
    #[error(
        "HF-DEV-060: the book {path} of a simulated device cannot be read or written; check the folder and the disk"
    )]
    Io {
        path: String,
        #[source]
        cause: Arc<io::Error>,
    },
    #[error("HF-DEV-061: {path} is no book of {wanted}: {why}; name another file, or move this one away")]
    NotIts { path: String, wanted: &'static str, why: String },
}

impl BookFault {
    /// The code that the error pages are named after.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            BookFault::Io { .. } => "HF-DEV-060",
            BookFault::NotIts { .. } => "HF-DEV-061",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content<B> {
    device: String,
    format: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity: Option<Papers>,
    book: B,
}

/// Where a book is kept.
#[derive(Debug)]
pub(super) struct BookFile {
    path: PathBuf,
    device: &'static str,
    identity: Option<Papers>,
    fault: Option<BookFault>,
}

impl BookFile {
    /// The file of a device and what is in it; nothing when it is new. `device` says what kind it is and which one.
    pub(super) fn open<B: DeserializeOwned>(
        path: &Path,
        device: &'static str,
    ) -> Result<(BookFile, Option<B>), BookFault> {
        let mut file = BookFile { path: path.to_owned(), device, identity: None, fault: None };
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((file, None)),
            Err(error) => return Err(file.io(error)),
        };
        let content: Content<B> =
            serde_json::from_slice(&bytes).map_err(|error| file.not_its(error.to_string()))?;
        if content.device != device || content.format != FORMAT {
            return Err(file.not_its(format!("it is format {} of {}", content.format, content.device)));
        }
        file.identity = content.identity;
        Ok((file, Some(content.book)))
    }

    /// The certificate that the device had before, or from now on a new one.
    ///
    /// # Errors
    /// [`BookFault`] when it had none and none can be made.
    pub(super) fn papers(&mut self, new: impl FnOnce() -> io::Result<Papers>) -> Result<Papers, BookFault> {
        let papers = match self.identity.take() {
            Some(papers) => papers,
            None => new().map_err(|error| self.io(error))?,
        };
        self.identity = Some(papers.clone());
        Ok(papers)
    }

    /// Writes the book down. A book that could not be written stays so: see [`BookFile::fault`].
    pub(super) fn keep(&mut self, book: &impl Serialize) {
        let content =
            Content { device: self.device.to_owned(), format: FORMAT, identity: self.identity.clone(), book };
        let written =
            serde_json::to_vec(&content).map_err(io::Error::from).and_then(|bytes| self.write(&bytes));
        if let Err(error) = written {
            tracing::error!(%error, "the simulated device cannot keep its book");
            self.fault.get_or_insert(self.io(error));
        }
    }

    pub(super) fn fault(&self) -> Option<&BookFault> {
        self.fault.as_ref()
    }

    pub(super) fn io(&self, cause: io::Error) -> BookFault {
        BookFault::Io { path: self.path.display().to_string(), cause: Arc::new(cause) }
    }

    pub(super) fn not_its(&self, why: String) -> BookFault {
        BookFault::NotIts { path: self.path.display().to_string(), wanted: self.device, why }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let next = self.path.with_extension("next");
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        // A simulated device's key is in it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&next)?.write_all(bytes)?;
        fs::rename(&next, &self.path)
    }
}

/// Money as minor units and a currency's code.
pub(super) mod money {
    use holdfast_money::{Currency, Money};
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(in crate::simulated) fn serialize<S: Serializer>(money: &Money, to: S) -> Result<S::Ok, S::Error> {
        (money.minor(), money.currency().code()).serialize(to)
    }

    pub(in crate::simulated) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        let (minor, code) = <(i64, String)>::deserialize(from)?;
        let currency = Currency::from_code(&code).map_err(D::Error::custom)?;
        Ok(Money::from_minor(minor, currency))
    }
}

/// The same where there may be none.
pub(super) mod optional_money {
    use holdfast_money::Money;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Kept(#[serde(with = "super::money")] Money);

    pub(in crate::simulated) fn serialize<S: Serializer>(
        money: &Option<Money>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        money.map(Kept).serialize(to)
    }

    pub(in crate::simulated) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Money>, D::Error> {
        Ok(Option::<Kept>::deserialize(from)?.map(|kept| kept.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_is_found_again_and_only_by_its_own_device() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("book.json");
        let (mut file, nothing) = BookFile::open::<Vec<u32>>(&path, "a thing").expect("a new book");
        assert_eq!(nothing, None);
        file.keep(&vec![1, 2, 3]);
        assert!(file.fault().is_none());
        let (_, kept) = BookFile::open::<Vec<u32>>(&path, "a thing").expect("its book");
        assert_eq!(kept, Some(vec![1, 2, 3]));
        let other = BookFile::open::<Vec<u32>>(&path, "another thing").expect_err("not its book");
        assert_eq!(other.code(), "HF-DEV-061");
        fs::write(&path, b"{\"device\":\"a thing\"").expect("half a book");
        assert_eq!(BookFile::open::<Vec<u32>>(&path, "a thing").expect_err("damaged").code(), "HF-DEV-061");
    }

    #[test]
    fn what_cannot_be_written_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gone/book.json");
        let (mut file, _) = BookFile::open::<Vec<u32>>(&path, "a thing").expect("a new book");
        file.keep(&vec![1]);
        assert_eq!(file.fault().map(BookFault::code), Some("HF-DEV-060"));
    }
}
