//! The highest record that HQ has acknowledged, kept beside the journal: a journal that ends before it has lost its tail,
//! and the hub must not use those numbers for other records.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use crate::error::HubError;
use crate::folder;

/// The file is rewritten at most this often, in milliseconds; what it lacks is only proof, never data.
pub const WRITE_EVERY_MS: i64 = 5_000;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    acknowledged_through: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Witness {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    written: u64,
    written_at_ms: i64,
}

impl Witness {
    /// Reads the file; without one nothing was seen.
    ///
    /// # Errors
    /// HF-HUB-003, HF-HUB-006.
    pub fn open(path: PathBuf) -> Result<Self, HubError> {
        let written = folder::read_json::<Stored>(&path)?.map_or(0, |stored| stored.acknowledged_through);
        Ok(Self { path, seen: Mutex::new(Seen { written, written_at_ms: i64::MIN }) })
    }

    /// The highest acknowledged record that the file names, 0 for none.
    pub fn seq(&self) -> u64 {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).written
    }

    /// Whether writing this number is due; then the caller writes it on a blocking thread.
    pub fn is_due(&self, acknowledged_through: u64, now_ms: i64) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        acknowledged_through > seen.written && now_ms.saturating_sub(seen.written_at_ms) >= WRITE_EVERY_MS
    }

    /// Writes the number unless a higher one is there. Blocks for a sync.
    ///
    /// # Errors
    /// HF-HUB-003.
    pub fn write(&self, acknowledged_through: u64, now_ms: i64) -> Result<(), HubError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if acknowledged_through > seen.written {
            folder::replace_json(&self.path, &Stored { acknowledged_through })?;
            *seen = Seen { written: acknowledged_through, written_at_ms: now_ms };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_number_stays_and_is_not_written_for_every_batch() {
        let place = tempfile::tempdir().unwrap();
        let open = || Witness::open(place.path().join("witness.json")).unwrap();
        let witness = open();
        assert!(witness.is_due(5, 0));
        witness.write(5, 0).unwrap();
        assert!(!witness.is_due(9, WRITE_EVERY_MS - 1));
        assert!(witness.is_due(9, WRITE_EVERY_MS));
        witness.write(3, WRITE_EVERY_MS).unwrap();
        assert_eq!(open().seq(), 5, "HQ's cursor may go back, what it has seen does not");
    }
}
