//! sled behind a wall: every call is caught, the files are synced for real, and nothing is used again after a failure.

mod waker;

use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional};

use crate::error::StoreError;
use crate::rows::{Pair, Rows};
use crate::table::{Row, Table};
use waker::Waker;

/// How much of the state sled keeps in memory, in bytes, before what it needs for itself. Its own default is a gigabyte; what
/// a shop asks for is mostly of today.
const CACHE_BYTES: u64 = 24 * 1024 * 1024;

/// The file whose presence says that the folder's content must not be trusted.
pub(crate) const DOUBTFUL_MARK: &str = "doubtful";

pub(crate) struct SledRows {
    dir: PathBuf,
    /// Taken when this is dropped, and leaked after a panic: a database that panicked may panic again or wait for itself.
    open: Option<Open>,
    panicked: AtomicBool,
}

struct Open {
    // First, because it holds the database too.
    _waker: Option<Waker>,
    db: sled::Db,
    /// In the order of [`Table::ALL`].
    trees: Vec<sled::Tree>,
}

impl std::fmt::Debug for SledRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledRows").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Drop for SledRows {
    fn drop(&mut self) {
        let open = self.open.take();
        if self.panicked.load(Ordering::Acquire) {
            std::mem::forget(open);
        } else if let Err(error) = guarded("close the database", move || {
            drop(open);
            Ok(())
        }) {
            tracing::error!(code = error.code(), error = %error, "the state database could not be closed");
        }
    }
}

impl SledRows {
    /// Opens or creates the database in `dir` and makes what was created durable.
    pub(crate) fn at(dir: &Path) -> Result<Self, StoreError> {
        let config = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let open = guarded("open the database", || {
            let db = config.open()?;
            let waker = Waker::start(&config, &db);
            let trees =
                Table::ALL.iter().map(|table| db.open_tree(table.name())).collect::<Result<_, _>>()?;
            Ok(Open { _waker: waker, db, trees })
        })?;
        let rows = Self { dir: dir.to_owned(), open: Some(open), panicked: AtomicBool::new(false) };
        rows.sync_everything()?;
        Ok(rows)
    }

    fn open_now(&self) -> &Open {
        self.open.as_ref().expect("only dropping takes it")
    }

    fn tree(&self, table: Table) -> &sled::Tree {
        &self.open_now().trees[table as usize]
    }

    fn call<T>(
        &self,
        during: &'static str,
        call: impl FnOnce() -> Result<T, sled::Error>,
    ) -> Result<T, StoreError> {
        if self.panicked.load(Ordering::Acquire) {
            return Err(StoreError::Stopped);
        }
        let outcome = guarded(during, call);
        if matches!(outcome, Err(StoreError::Panicked { .. })) {
            self.panicked.store(true, Ordering::Release);
        }
        outcome
    }

    /// Syncs every file and folder of the database: sled itself never does.
    pub(crate) fn sync_everything(&self) -> Result<(), StoreError> {
        self.call("write out what it holds", || self.open_now().db.flush())?;
        sync_tree(&self.dir)?;
        match self.dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_path(parent),
            _ => Ok(()),
        }
    }
}

fn sync_tree(dir: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { call: "list", path: dir.to_owned(), source };
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            sync_path(&entry.path())?;
        }
    }
    sync_path(dir)
}

pub(crate) fn sync_path(path: &Path) -> Result<(), StoreError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|source| StoreError::Io { call: "sync", path: path.to_owned(), source })
}

/// Calls sled and turns its panics into errors.
fn guarded<T>(during: &'static str, call: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(outcome) => outcome.map_err(|source| StoreError::Sled { during, source }),
        Err(payload) => {
            let said = payload.downcast_ref::<String>().cloned();
            let said = said.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(StoreError::Panicked { during, panic: said.unwrap_or_else(|| "no message".to_owned()) })
        }
    }
}

impl Rows for SledRows {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.call("read a value", || Ok(self.tree(table).get(key)?.map(|row| row.to_vec())))
    }

    fn all(&self, table: Table) -> Result<Vec<Pair>, StoreError> {
        self.call("read a table", || {
            self.tree(table).iter().map(|pair| pair.map(|(key, row)| (key.to_vec(), row.to_vec()))).collect()
        })
    }

    fn last_below(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.call("read a table backwards", || {
            let tree = self.tree(table);
            let range = match below {
                Some(below) => tree.range(..below),
                None => tree.iter(),
            };
            range.rev().take(limit).map(|pair| pair.map(|(key, row)| (key.to_vec(), row.to_vec()))).collect()
        })
    }

    fn first_above(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let above = (Bound::Excluded(key), Bound::Unbounded);
        self.call("read a table", || {
            self.tree(table)
                .range::<&[u8], _>(above)
                .next()
                .map(|pair| pair.map(|(key, _)| key.to_vec()))
                .transpose()
        })
    }

    fn commit(&self, rows: &[Row]) -> Result<(), StoreError> {
        self.call("write a batch", || {
            let written = self.open_now().trees.as_slice().transaction(|trees| {
                for (table, key, row) in rows {
                    let tree = &trees[*table as usize];
                    match row {
                        Some(row) => tree.insert(key.as_slice(), row.as_slice())?,
                        None => tree.remove(key.as_slice())?,
                    };
                }
                Ok::<(), ConflictableTransactionError<std::convert::Infallible>>(())
            });
            written.map_err(|error| match error {
                TransactionError::Storage(source) => source,
                TransactionError::Abort(never) => match never {},
            })
        })
    }

    fn load(&self, rows: &[Row]) -> Result<(), StoreError> {
        // A transaction would read every old value and hold every tree; here nobody looks on.
        self.call("write a piece of a new state", || {
            for (table, key, row) in rows {
                match row {
                    Some(row) => self.tree(*table).insert(key.as_slice(), row.as_slice())?,
                    None => self.tree(*table).remove(key.as_slice())?,
                };
            }
            Ok(())
        })
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.call("write out what it holds", || self.open_now().db.flush())?;
        let path = self.dir.join("db");
        let synced = File::open(&path).and_then(|file| file.sync_data());
        synced.map_err(|source| StoreError::Io { call: "sync", path, source })
    }

    fn doubt(&self) {
        let path = self.dir.join(DOUBTFUL_MARK);
        let marked = File::create(&path)
            .and_then(|file| file.sync_all())
            .and_then(|()| File::open(&self.dir).and_then(|dir| dir.sync_all()));
        if let Err(error) = marked {
            tracing::error!(path = %path.display(), error = %error, "the state could not be marked as doubtful");
        }
    }
}
