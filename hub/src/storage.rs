//! Opening what the hub keeps: the journal first, with what proves its length, then the state that follows from it.

use std::sync::Arc;

use holdfast_journal::{DiskStorage, Journal, Options, Reader, Writer};
use holdfast_protocol::chain_hash;
use holdfast_protocol::record::PAYLOAD_BYTES_MAX;
use holdfast_store::{MemoryStore, REPLAY_BATCH_RECORDS, SledOptions, SledStore, StateStore, catch_up};

use crate::ballast::DataDisk;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::heads;
use crate::witness::Witness;

/// What changes with every start of the machine.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The journal and the state, brought to the same record.
#[derive(Debug)]
pub struct Storage {
    pub writer: Writer,
    pub reader: Reader,
    pub state: Arc<dyn StateStore>,
    /// None when the state could not be kept on disk and lives in memory until the next start.
    pub on_disk: Option<Arc<SledStore>>,
    pub witness: Arc<Witness>,
}

/// The journal's options for a data folder.
pub fn journal_options(folder: &DataFolder, segment_mib: u64, witness_seq: u64) -> Options {
    let mut options = Options::new(folder.journal(), chain_hash);
    options.segment_bytes = segment_mib << 20;
    options.record_bytes_max = PAYLOAD_BYTES_MAX;
    options.witness_seq = witness_seq;
    options.ballast = Some(Arc::new(DataDisk::new(folder)));
    options
}

/// Opens both. A state that cannot be kept on disk is kept in memory instead: selling goes on without sled.
///
/// # Errors
/// The journal's errors, HF-HUB-035 when the last signed head contradicts it, HF-HUB-027 when its records cannot be folded,
/// HF-HUB-003, HF-HUB-006.
pub fn open(folder: &DataFolder, segment_mib: u64) -> Result<Storage, HubError> {
    let witness = Arc::new(Witness::open(folder.witness())?);
    let signed = heads::last(folder)?;
    let witnessed = witness.seq().max(signed.map_or(0, |signed| signed.head.seq));
    let options = journal_options(folder, segment_mib, witnessed);
    let (writer, reader, recovery) = Journal::open(options, Arc::new(DiskStorage::new()))?;
    if let Some(signed) = signed {
        heads::compare(&signed, &reader)?;
    }
    tracing::info!(
        records = recovery.records,
        clean_end = recovery.clean_end,
        torn_tail_bytes = recovery.torn_tail_bytes,
        "the journal is open"
    );
    let failed = |source: holdfast_store::StoreError| HubError::State { source: source.into() };
    let boot_id = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
    match SledStore::open(&folder.state(), &reader, SledOptions::new(boot_id.trim())) {
        Ok((state, report)) => {
            tracing::info!(rebuilt = ?report.rebuilt, replayed = report.replayed, "the state is open");
            Ok(Storage {
                writer,
                reader,
                state: Arc::clone(&state) as Arc<dyn StateStore>,
                on_disk: Some(state),
                witness,
            })
        }
        Err(error) => {
            tracing::error!(%error, "the state cannot be kept on disk; it is folded into memory and selling goes on");
            let state: Arc<dyn StateStore> = MemoryStore::new();
            catch_up(state.as_ref(), &reader, REPLAY_BATCH_RECORDS).map_err(failed)?;
            Ok(Storage { writer, reader, state, on_disk: None, witness })
        }
    }
}
