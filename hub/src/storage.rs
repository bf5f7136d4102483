//! Opening what the hub keeps: the journal first, with what proves its length, then the state that follows from it.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use holdfast_journal::{DiskStorage, Journal, Options, Reader, Writer};
use holdfast_protocol::chain_hash;
use holdfast_protocol::record::PAYLOAD_BYTES_MAX;
use holdfast_store::{MemoryStore, REPLAY_BATCH_RECORDS, SledOptions, SledStore, StateStore, catch_up};

use crate::ballast::DataDisk;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::heads;
use crate::witness::Witness;

/// How long the state may take for one step of being opened. sled waits for ever for a write of its own that failed.
const STATE_STEP_WITHIN: Duration = Duration::from_secs(30);
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
    match open_state(folder, &reader) {
        Some(Ok((state, report))) => {
            tracing::info!(rebuilt = ?report.rebuilt, replayed = report.replayed, "the state is open");
            Ok(Storage {
                writer,
                reader,
                state: Arc::clone(&state) as Arc<dyn StateStore>,
                on_disk: Some(state),
                witness,
            })
        }
        failure => {
            match failure {
                Some(Err(error)) => tracing::error!(
                    code = error.code(),
                    %error,
                    "the state cannot be kept on disk; it is folded into memory and selling goes on"
                ),
                _ => tracing::error!(
                    code = "HF-STO-002",
                    "the state does not answer; it is left alone and folded into memory, and selling goes on"
                ),
            }
            let state: Arc<dyn StateStore> = MemoryStore::over(&reader);
            catch_up(state.as_ref(), &reader, REPLAY_BATCH_RECORDS).map_err(failed)?;
            Ok(Storage { writer, reader, state, on_disk: None, witness })
        }
    }
}

type StateOpened = Result<(Arc<SledStore>, holdfast_store::OpenReport), holdfast_store::StoreError>;

enum Step {
    Replayed,
    Opened(StateOpened),
}

/// Opens the state on a thread that can be left alone when it hangs; none when it does.
fn open_state(folder: &DataFolder, reader: &Reader) -> Option<StateOpened> {
    // A step that nobody has taken note of yet stands for all after it.
    let (tell, told) = mpsc::sync_channel(1);
    let boot_id = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
    let mut options = SledOptions::new(boot_id.trim());
    let step = tell.clone();
    options.progress = Arc::new(move |_| drop(step.try_send(Step::Replayed)));
    let (path, reader) = (folder.state(), reader.clone());
    let opening = std::thread::Builder::new().name("state-open".into()).spawn(move || {
        // Nobody waits any more when it took too long; the state closes again.
        drop(tell.send(Step::Opened(SledStore::open(&path, &reader, options))));
    });
    if let Err(error) = opening {
        tracing::error!(%error, "the thread that opens the state could not be started");
        return None;
    }
    loop {
        match told.recv_timeout(STATE_STEP_WITHIN) {
            Ok(Step::Replayed) => {}
            Ok(Step::Opened(opened)) => return Some(opened),
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_actors::Notary as _;
    use holdfast_domain::calendar::Timestamp;
    use holdfast_domain::event::Event;
    use holdfast_domain::ids::{EpochId, HubId, StoreId, Uuid};
    use holdfast_domain::{Origin, Outcome, Record};
    use holdfast_protocol::encode_record;
    use holdfast_protocol::head::{Head, SignedHead};

    use super::*;
    use crate::heads::HeadKeeper;
    use crate::identity::Identity;
    use crate::standstill;

    const SEGMENT_MIB: u64 = 16;
    const EPOCH: [u8; 16] = [1; 16];

    fn close(storage: Storage) {
        storage.writer.shutdown().unwrap();
        drop((storage.reader, storage.state));
        storage.on_disk.expect("the state is on disk").close().unwrap();
    }

    #[test]
    fn a_journal_that_ends_before_the_signed_head_or_contradicts_it_is_not_served() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::new(place.path().join("hub"));
        folder.create().unwrap();
        let mut storage = open(&folder, SEGMENT_MIB).unwrap();
        storage.writer.begin_epoch(EPOCH);
        let at = Timestamp(1_796_000_000_000);
        let events = vec![Event::ClockStepped { before: at, after: at }];
        let record = Record { recorded_at: at, origin: Origin::Hub, outcome: Outcome::Accepted { events } };
        let mut hashes = Vec::new();
        for _ in 0..3 {
            hashes.push(storage.writer.append_durable(encode_record(&record)).unwrap().hash);
        }
        close(storage);

        let hub = HubId(Uuid::from_u128(2));
        let identity = Identity::new(hub, &[7; 32], "https://hq.example".to_owned(), "Hub".to_owned());
        let keeper = HeadKeeper::new(Arc::new(identity), folder.clone());
        let keep = |seq, hash| {
            let store = StoreId(Uuid::from_u128(1));
            let head = Head { store, hub, epoch: EpochId(Uuid::from_bytes(EPOCH)), seq, hash, signed_at: at };
            keeper.keep(&SignedHead { head, signature: keeper.sign(&head) }).unwrap();
        };
        keep(2, hashes[0]);
        let contradicted = open(&folder, SEGMENT_MIB).unwrap_err();
        assert!(matches!(contradicted, HubError::HeadContradicted { seq: 2 }), "{contradicted:?}");
        assert!(standstill::is_for(&contradicted));
        keep(4, [9; 32]);
        let cut = open(&folder, SEGMENT_MIB).unwrap_err();
        assert!(matches!(&cut, HubError::Journal(error) if error.code() == "HF-JRN-004"), "{cut:?}");
        assert!(standstill::is_for(&cut));
        keep(3, hashes[2]);
        close(open(&folder, SEGMENT_MIB).unwrap());
    }
}
