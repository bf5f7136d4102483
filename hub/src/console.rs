//! The console without a running hub: commands of an installer go through the domain's own decision into the journal, while
//! this process holds the data folder.

use std::sync::Arc;

use holdfast_domain::bounded::Label;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::catalog::{Catalog, PriceBook, Product};
use holdfast_domain::command::HubCommand;
use holdfast_domain::event::CatalogSource;
use holdfast_domain::ids::StaffId;
use holdfast_domain::record::{Origin, Outcome, Record};
use holdfast_domain::staff::{Role, StaffNumber};
use holdfast_domain::state::{Need, State};
use holdfast_domain::{Decision, Refusal, decide_hub};
use holdfast_journal::{Position, Reader};
use holdfast_protocol::{decode_record, encode_record};
use holdfast_store::{StateStore, StoreError, stored_record};

use crate::catalogs;
use crate::clock::Machine;
use crate::error::HubError;
use crate::folder::{DataFolder, FolderLock};
use crate::people::{self, People};
use crate::storage::{self, Storage};

/// An open data folder that no hub serves.
#[derive(Debug)]
pub struct Console {
    folder: DataFolder,
    storage: Storage,
    _lock: FolderLock,
}

impl Console {
    /// # Errors
    /// HF-HUB-004 when a hub serves from the folder, and whatever opening it can go wrong with.
    pub fn open(folder: &DataFolder, segment_mib: u64) -> Result<Self, HubError> {
        let lock = folder.lock()?;
        Self::open_locked(folder, segment_mib, lock)
    }

    /// As [`Console::open`], with the lock that the caller holds.
    ///
    /// # Errors
    /// As [`Console::open`].
    pub fn open_locked(folder: &DataFolder, segment_mib: u64, lock: FolderLock) -> Result<Self, HubError> {
        Ok(Self { folder: folder.clone(), storage: storage::open(folder, segment_mib)?, _lock: lock })
    }

    /// Shows the state.
    pub fn with_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        with_state(self.storage.state.as_ref(), read)
    }

    /// What else is read from the state: indexes and totals.
    pub fn store(&self) -> Arc<dyn StateStore> {
        Arc::clone(&self.storage.state)
    }

    /// The journal's reader.
    pub(crate) fn reader(&self) -> Reader {
        self.storage.reader.clone()
    }

    /// The first record of the journal's newest epoch.
    ///
    /// # Errors
    /// The journal's.
    pub fn newest_epoch(&self) -> Result<Option<holdfast_journal::Record>, HubError> {
        let Some(head) = self.head() else { return Ok(None) };
        // Epochs follow each other, so the first record of the newest one is found by halving.
        let (mut low, mut high) = (1, head.seq);
        while low < high {
            let middle = low + (high - low) / 2;
            let record = self.storage.reader.read(middle)?;
            if record.is_some_and(|record| record.position.epoch == head.epoch) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(self.storage.reader.read(low)?)
    }

    /// The journal's last record.
    pub fn head(&self) -> Option<Position> {
        self.storage.writer.head()
    }

    fn decide(&self, command: &HubCommand) -> Result<Result<Decision, Refusal>, HubError> {
        let mut subjects = Vec::new();
        for need in State::needs_of_hub(command) {
            if let Need::Subject(subject) = need {
                let known = self.storage.state.subject_with_merges(subject);
                subjects.extend(known.map_err(|source| HubError::State { source: source.into() })?);
            }
        }
        if subjects.is_empty() {
            return Ok(self.with_state(|state| decide_hub(state, command)));
        }
        let mut state = self.with_state(State::clone);
        state.subjects.extend(subjects);
        Ok(decide_hub(&state, command))
    }

    /// Decides a command and makes it durable.
    ///
    /// # Errors
    /// HF-HUB-026 with the refusal, the journal's errors, HF-HUB-027.
    pub fn record(&mut self, command: &HubCommand) -> Result<(), HubError> {
        let decision =
            self.decide(command)?.map_err(|refusal| HubError::Refused { refusal: Box::new(refusal) })?;
        if let HubCommand::OpenEpoch { epoch, .. } = command {
            self.storage.writer.begin_epoch(*epoch.0.as_bytes());
        }
        let record = Record {
            recorded_at: self.recorded_at()?,
            origin: Origin::Hub,
            outcome: Outcome::Accepted { events: decision.events },
        };
        let payload = encode_record(&record);
        let position = self.storage.writer.append_durable(payload.clone())?;
        let failed = |source: StoreError| HubError::State { source: source.into() };
        let stored = stored_record(holdfast_journal::Record { position, payload }).map_err(failed)?;
        self.storage.state.apply(&[stored]).map_err(failed)
    }

    /// Now, but never before the journal's last record.
    fn recorded_at(&self) -> Result<Timestamp, HubError> {
        let now = Machine.timestamp();
        let Some(head) = self.storage.writer.head() else { return Ok(now) };
        let last = self.storage.reader.read(head.seq)?.and_then(|record| decode_record(&record.payload).ok());
        Ok(last.map_or(now, |last| last.recorded_at.max(now)))
    }

    /// Registers a member of staff, or gives a known one another name and PIN.
    ///
    /// # Errors
    /// HF-HUB-017, HF-HUB-026 and whatever [`Console::record`] can go wrong with.
    pub fn add_staff(
        &mut self,
        number: StaffNumber,
        name: &Label,
        role: Role,
        pin: &str,
    ) -> Result<StaffId, HubError> {
        people::check_form(pin)?;
        let (staff, command) = self.with_state(|state| register_staff(state, number, role));
        self.record(&command)?;
        People::open(self.folder.staff())?.put(staff, number, name, pin)?;
        Ok(staff)
    }

    /// Makes products the active catalog; the price book stays.
    ///
    /// # Errors
    /// HF-HUB-003 and whatever [`Console::record`] can go wrong with.
    pub fn activate(&mut self, products: &[Product]) -> Result<u64, HubError> {
        let book = self.catalog().book().clone();
        self.activate_with(products, &book)
    }

    /// Makes products with a price book the active catalog.
    ///
    /// # Errors
    /// HF-HUB-003, HF-IMP-007 and whatever [`Console::record`] can go wrong with.
    pub fn activate_with(&mut self, products: &[Product], book: &PriceBook) -> Result<u64, HubError> {
        let hash = catalogs::write(&self.folder, products, book)?;
        self.record(&activate_catalog(hash, products.len()))?;
        Ok(self.with_state(|state| state.catalog_version))
    }

    /// The active catalog.
    pub fn catalog(&self) -> std::sync::Arc<Catalog> {
        self.with_state(|state| catalogs::active(&self.folder, state))
    }

    /// Takes over records of HQ's copy verbatim and makes them durable.
    ///
    /// # Errors
    /// HF-HUB-014 when they do not continue the journal.
    pub fn import(&mut self, records: Vec<holdfast_journal::Record>) -> Result<(), HubError> {
        let mut stored = Vec::with_capacity(records.len());
        for record in records {
            let seq = record.position.seq;
            let faulty =
                |source: Box<dyn std::error::Error + Send + Sync>| HubError::JournalCopy { seq, source };
            self.storage.writer.import(&record).map_err(|error| faulty(error.into()))?;
            stored.push(stored_record(record).map_err(|error| faulty(error.into()))?);
        }
        self.storage.writer.commit()?;
        self.storage.state.apply(&stored).map_err(|source| HubError::State { source: source.into() })
    }

    /// Closes everything with the mark of a clean end.
    ///
    /// # Errors
    /// The journal's or the state's.
    pub fn close(self) -> Result<(), HubError> {
        self.storage.writer.shutdown()?;
        match self.storage.on_disk {
            Some(state) => state.close().map_err(|source| HubError::State { source: source.into() }),
            None => Ok(()),
        }
    }
}

/// Reads a state through the store's callback.
pub fn with_state<T>(store: &dyn StateStore, read: impl FnOnce(&State) -> T) -> T {
    let (mut read, mut out) = (Some(read), None);
    store.with_state(&mut |state| {
        if let Some(read) = read.take() {
            out = Some(read(state));
        }
    });
    out.expect("a store shows its state once per call")
}

/// The command that registers a number, with the id of whoever has it already.
pub fn register_staff(state: &State, number: StaffNumber, role: Role) -> (StaffId, HubCommand) {
    let staff = state.staff_by_number(number).map_or_else(|| StaffId(Machine.fresh_id()), |known| known.id);
    (staff, HubCommand::RegisterStaff { staff, number, role })
}

/// The command that makes a synced catalog file the active version.
pub fn activate_catalog(content_hash: [u8; 32], products: usize) -> HubCommand {
    let products = u32::try_from(products).expect("an import is limited far below");
    HubCommand::ActivateCatalog { content_hash, products, source: CatalogSource::Import }
}
