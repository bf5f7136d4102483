//! The single writer and its thread.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::catalog::{Shared, Waited};
use crate::commit::{Committer, Pending};
use crate::error::JournalError;
use crate::options::{CommitMode, Options, Retention};
use crate::room::{Ledger, NextSegment, Room};
use crate::spare::storage_error;
use crate::storage::DirLock;
use crate::{ChainFn, Position, Record};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// Go on.
    No,
    /// Commit what waits, then end without a mark.
    Drained,
    /// Commit what waits, then mark a clean end.
    Clean,
}

#[derive(Debug)]
struct Queue {
    pending: VecDeque<Pending>,
    pending_bytes: usize,
    stop: Stop,
    failed: bool,
    /// Somebody asked for room when there was none.
    look_again: bool,
}

/// How often a record that found no room on the disk is tried again when nobody asks.
const SPACE_POLL: Duration = Duration::from_millis(500);

#[derive(Debug)]
struct Gate {
    queue: Mutex<Queue>,
    arrived: Condvar,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
enum Drive {
    Thread(Option<JoinHandle<()>>),
    Manual(Option<Box<Committer>>),
}

/// Appends records. There is one per journal, owned by whoever decides the order of things.
///
/// Dropping it commits what waits but leaves no mark of a clean end; [`Writer::shutdown`] does both.
#[derive(Debug)]
pub struct Writer {
    chain: ChainFn,
    record_bytes_max: usize,
    queue_records_max: usize,
    queue_bytes_max: usize,
    retention: Retention,
    on_fatal: fn(&JournalError),
    epoch: Option<[u8; 16]>,
    head: Option<Position>,
    gate: Arc<Gate>,
    shared: Arc<Shared>,
    synced: watch::Receiver<u64>,
    room: Arc<Ledger>,
    drive: Drive,
    /// Dropped last, after the thread has ended.
    _lock: DirLock,
}

impl Writer {
    pub(crate) fn start(
        options: &Options,
        shared: Arc<Shared>,
        synced: watch::Receiver<u64>,
        committer: Committer,
        room: Arc<Ledger>,
        lock: DirLock,
    ) -> Result<Self, JournalError> {
        let queue = Queue {
            pending: VecDeque::new(),
            pending_bytes: 0,
            stop: Stop::No,
            failed: false,
            look_again: false,
        };
        let gate = Arc::new(Gate { queue: Mutex::new(queue), arrived: Condvar::new() });
        let drive = match options.commit {
            CommitMode::Manual => Drive::Manual(Some(Box::new(committer))),
            CommitMode::Thread => {
                let (gate, shared, on_fatal) = (gate.clone(), shared.clone(), options.on_fatal);
                let thread = std::thread::Builder::new()
                    .name("journal-writer".into())
                    .spawn(move || run(committer, &gate, &shared, on_fatal))
                    .map_err(|source| JournalError::Io {
                        call: "start the writer thread for",
                        path: options.dir.clone(),
                        source,
                    })?;
                Drive::Thread(Some(thread))
            }
        };
        let head = shared.head();
        Ok(Self {
            chain: options.chain,
            record_bytes_max: options.record_bytes_max,
            queue_records_max: options.queue_records_max,
            queue_bytes_max: options.queue_bytes_max,
            retention: options.retention,
            on_fatal: options.on_fatal,
            epoch: head.map(|head| head.epoch),
            head,
            gate,
            shared,
            synced,
            room,
            drive,
            _lock: lock,
        })
    }

    /// Gives the payload its sequence and hash at once and queues it for the disk. It is durable when
    /// [`Writer::synced`] has reached its sequence, and only then may anybody hear of it.
    ///
    /// # Errors
    /// [`JournalError::QueueFull`], [`JournalError::NoRoom`], [`JournalError::RecordTooLarge`],
    /// [`JournalError::NoEpoch`] or [`JournalError::Stopped`]; the record was then not appended and no sequence was used.
    pub fn append(&mut self, payload: Vec<u8>) -> Result<Position, JournalError> {
        let epoch = self.epoch.ok_or(JournalError::NoEpoch)?;
        self.admit(&epoch, payload.len())?;
        let position = self.next_position(epoch, &payload);
        self.enqueue(position, payload);
        Ok(position)
    }

    /// Appends and waits for the sync; blocks the thread.
    ///
    /// # Errors
    /// As [`Writer::append`]; [`JournalError::Stopped`] also when the sync failed, and then nobody knows whether the
    /// record will be there after a restart. When the disk has no room the record is withdrawn.
    pub fn append_durable(&mut self, payload: Vec<u8>) -> Result<Position, JournalError> {
        let before = self.head;
        let position = self.append(payload)?;
        loop {
            match self.commit() {
                Err(error) if error.is_out_of_space() => {
                    if self.withdraw(position) {
                        self.head = before;
                        return Err(error);
                    }
                    // It is being tried again at this moment.
                }
                outcome => return outcome.map(|()| position),
            }
        }
    }

    /// Takes the last record back as long as it waits.
    fn withdraw(&self, position: Position) -> bool {
        let mut queue = self.gate.lock();
        if queue.pending.back().is_none_or(|last| last.position != position) {
            return false;
        }
        let Some(withdrawn) = queue.pending.pop_back() else { return false };
        queue.pending_bytes -= withdrawn.payload.len();
        self.room.release(std::iter::once(withdrawn.payload.len()));
        true
    }

    /// Waits until everything appended so far is durable; blocks the thread. With [`CommitMode::Manual`] the work is
    /// done here, as few groups as the limits allow.
    ///
    /// # Errors
    /// [`JournalError::Stopped`] when the writer has failed, or in manual mode the fault itself. When the disk has no room
    /// ([`JournalError::is_out_of_space`]) everything still waits and is tried again, by the thread or by the next call.
    pub fn commit(&mut self) -> Result<(), JournalError> {
        match &mut self.drive {
            Drive::Thread(_) => {
                let Some(head) = self.head else { return Ok(()) };
                match self.shared.wait_synced(head.seq)? {
                    Waited::Synced => Ok(()),
                    Waited::Stuck => Err(JournalError::NoRoom { bytes: self.gate.lock().pending_bytes }),
                }
            }
            Drive::Manual(committer) => {
                let Some(running) = committer else { return Err(JournalError::Stopped) };
                let outcome = commit_queued(running, &self.gate);
                if let Err(error) = &outcome
                    && !error.is_out_of_space()
                {
                    *committer = None;
                    fail(error, &self.gate, &self.shared, self.on_fatal);
                }
                outcome
            }
        }
    }

    /// Lets the records appended from now on carry another epoch. Sequence and chain go on; the epoch's first record
    /// opens a new segment, and the epoch is durable with that record.
    pub fn begin_epoch(&mut self, epoch: [u8; 16]) {
        self.epoch = Some(epoch);
    }

    /// The epoch that the next record will carry.
    #[must_use]
    pub fn epoch(&self) -> Option<[u8; 16]> {
        self.epoch
    }

    /// Queues a record of a copy verbatim: its epoch, sequence and hash are kept, and the chain is checked. Later
    /// appends carry its epoch until another one is begun.
    ///
    /// # Errors
    /// [`JournalError::ImportRejected`] when it does not follow the head, else as [`Writer::append`].
    pub fn import(&mut self, record: &Record) -> Result<(), JournalError> {
        self.admit(&record.position.epoch, record.payload.len())?;
        let expected = self.next_position(record.position.epoch, &record.payload);
        if expected != record.position {
            let reason = if expected.seq == record.position.seq {
                "its hash does not continue the chain"
            } else {
                "its sequence is not the next one"
            };
            return Err(JournalError::ImportRejected {
                seq: record.position.seq,
                head_seq: expected.seq - 1,
                reason,
            });
        }
        self.epoch = Some(record.position.epoch);
        self.enqueue(record.position, record.payload.clone());
        Ok(())
    }

    /// The last record that was appended, durable or not.
    #[must_use]
    pub fn head(&self) -> Option<Position> {
        self.head
    }

    /// Records that still fit the queue; [`Writer::append`] of a payload within its limit succeeds that often unless
    /// the bytes run out first.
    #[must_use]
    pub fn queue_room_records(&self) -> usize {
        self.queue_records_max.saturating_sub(self.gate.lock().pending.len())
    }

    /// What the journal can still take. When the disk had no room for the next segment, asking makes the journal look
    /// again. Whoever decides asks first: a record that was appended finds its place when [`Room::takes`] said so.
    pub fn room(&mut self) -> Room {
        if self.room.next() == NextSegment::NoSpace {
            match &mut self.drive {
                Drive::Thread(_) => {
                    self.gate.lock().look_again = true;
                    self.gate.arrived.notify_all();
                }
                Drive::Manual(Some(committer)) => committer.prepare_next(),
                Drive::Manual(None) => {}
            }
        }
        self.room.room()
    }

    /// The highest durable sequence, 0 when there is none. The channel closes when the writer stops.
    #[must_use]
    pub fn synced(&self) -> watch::Receiver<u64> {
        self.synced.clone()
    }

    /// Deletes the segments that hold only records before `seq` and says how many; the open segment always stays.
    ///
    /// # Errors
    /// [`JournalError::PruneRefused`] unless the journal is [`Retention::Prunable`]; storage errors, after which the
    /// remaining segments still make a journal.
    pub fn prune_before(&mut self, seq: u64) -> Result<u64, JournalError> {
        if self.retention != Retention::Prunable {
            return Err(JournalError::PruneRefused);
        }
        let (storage, dir) = (&self.shared.storage, &self.shared.dir);
        let mut deleted = 0;
        loop {
            let path = {
                let catalog = self.shared.catalog.read().unwrap_or_else(PoisonError::into_inner);
                match catalog.sealed.first() {
                    Some(oldest) if oldest.last_seq < seq => oldest.path.clone(),
                    _ => return Ok(deleted),
                }
            };
            storage.remove(&path).map_err(|source| storage_error("delete", &path, 0, source))?;
            self.shared.catalog.write().unwrap_or_else(PoisonError::into_inner).sealed.remove(0);
            // One by one, so that a power cut cannot take a later segment and leave an earlier one.
            sync_dir_after_prune(&self.shared, dir)?;
            deleted += 1;
        }
    }

    /// Commits what waits, marks a clean end, and ends the thread. Blocks the thread.
    ///
    /// # Errors
    /// [`JournalError::Stopped`] when the writer had failed or fails now.
    pub fn shutdown(mut self) -> Result<(), JournalError> {
        self.stop(Stop::Clean)
    }

    fn stop(&mut self, how: Stop) -> Result<(), JournalError> {
        match &mut self.drive {
            Drive::Thread(thread) => {
                let Some(thread) = thread.take() else { return Ok(()) };
                self.gate.lock().stop = how;
                self.gate.arrived.notify_all();
                // A panic in the thread aborts the process, so the join itself cannot fail.
                let joined = thread.join().is_ok();
                if self.gate.lock().failed || !joined { Err(JournalError::Stopped) } else { Ok(()) }
            }
            Drive::Manual(committer) => {
                let Some(mut running) = committer.take() else { return Err(JournalError::Stopped) };
                if how != Stop::Clean {
                    return Ok(());
                }
                let outcome = commit_queued(&mut running, &self.gate).and_then(|()| running.close());
                match &outcome {
                    Ok(()) => self.shared.stop(),
                    Err(error) => end_with(error, &self.gate, &self.shared, self.on_fatal),
                }
                outcome
            }
        }
    }

    fn admit(&self, epoch: &[u8; 16], payload_bytes: usize) -> Result<(), JournalError> {
        if payload_bytes > self.record_bytes_max {
            return Err(JournalError::RecordTooLarge {
                bytes: payload_bytes,
                bytes_max: self.record_bytes_max,
            });
        }
        let queue = self.gate.lock();
        if queue.failed || queue.stop != Stop::No {
            return Err(JournalError::Stopped);
        }
        if queue.pending.len() >= self.queue_records_max
            || queue.pending_bytes + payload_bytes > self.queue_bytes_max
        {
            return Err(JournalError::QueueFull { records: queue.pending.len(), bytes: queue.pending_bytes });
        }
        if !self.room.admits(epoch, payload_bytes) {
            return Err(JournalError::NoRoom { bytes: payload_bytes });
        }
        Ok(())
    }

    fn next_position(&self, epoch: [u8; 16], payload: &[u8]) -> Position {
        let (seq, previous) = self.head.map_or((1, [0; 32]), |head| (head.seq + 1, head.hash));
        Position { epoch, seq, hash: (self.chain)(&previous, &epoch, seq, payload) }
    }

    fn enqueue(&mut self, position: Position, payload: Vec<u8>) {
        self.room.claim(payload.len());
        let mut queue = self.gate.lock();
        queue.pending_bytes += payload.len();
        queue.pending.push_back(Pending { position, payload });
        drop(queue);
        self.gate.arrived.notify_one();
        self.head = Some(position);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Err(error) = self.stop(Stop::Drained) {
            tracing::debug!(%error, "the journal writer had stopped before it was dropped");
        }
    }
}

fn sync_dir_after_prune(shared: &Shared, dir: &Path) -> Result<(), JournalError> {
    shared.storage.sync_dir(dir).map_err(|source| JournalError::SyncFailed { path: dir.to_owned(), source })
}

/// Aborts when the writer thread unwinds: after a panic nobody knows what was written.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the journal writer panicked and the process stops");
            std::process::abort();
        }
    }
}

fn run(mut committer: Committer, gate: &Gate, shared: &Shared, on_fatal: fn(&JournalError)) {
    let _guard = AbortOnPanic;
    committer.prepare_next();
    loop {
        let (group, stop) = {
            let mut queue = gate.lock();
            while queue.pending.is_empty() && queue.stop == Stop::No && !queue.look_again {
                queue = gate.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            queue.look_again = false;
            (take(&committer, &mut queue), queue.stop)
        };
        let outcome = match (group.is_empty(), stop) {
            (false, _) => committer.commit(&group),
            (true, Stop::No) => {
                committer.prepare_next();
                continue;
            }
            (true, Stop::Clean) => committer.close(),
            (true, Stop::Drained) => Ok(()),
        };
        match outcome {
            Ok(()) if group.is_empty() => {
                shared.stop();
                return;
            }
            Ok(()) => {}
            Err(error) if error.is_out_of_space() && stop == Stop::No => hold(group, &error, gate, shared),
            Err(error) => {
                end_with(&error, gate, shared, on_fatal);
                return;
            }
        }
    }
}

/// Keeps a group that found no room until the disk is worth another look. Nothing of it was acknowledged, and whoever waits
/// for it is told.
fn hold(group: Vec<Pending>, error: &JournalError, gate: &Gate, shared: &Shared) {
    tracing::error!(code = error.code(), %error, records = group.len(), "records wait for room on the disk");
    let mut queue = gate.lock();
    put_back(&mut queue, group);
    shared.set_stuck(true);
    let waited = gate
        .arrived
        .wait_timeout_while(queue, SPACE_POLL, |queue| queue.stop == Stop::No && !queue.look_again);
    drop(waited.unwrap_or_else(PoisonError::into_inner));
    shared.set_stuck(false);
}

fn put_back(queue: &mut Queue, group: Vec<Pending>) {
    queue.pending_bytes += group.iter().map(|pending| pending.payload.len()).sum::<usize>();
    for pending in group.into_iter().rev() {
        queue.pending.push_front(pending);
    }
}

fn commit_queued(committer: &mut Committer, gate: &Gate) -> Result<(), JournalError> {
    loop {
        let group = take(committer, &mut gate.lock());
        if group.is_empty() {
            return Ok(());
        }
        if let Err(error) = committer.commit(&group) {
            if error.is_out_of_space() {
                put_back(&mut gate.lock(), group);
            }
            return Err(error);
        }
    }
}

fn take(committer: &Committer, queue: &mut Queue) -> Vec<Pending> {
    let group = committer.take_group(&mut queue.pending);
    queue.pending_bytes -= group.iter().map(|pending| pending.payload.len()).sum::<usize>();
    group
}

/// Ends the writer. A disk without room is no reason to end the process: what waited was acknowledged to nobody.
fn end_with(error: &JournalError, gate: &Gate, shared: &Shared, on_fatal: fn(&JournalError)) {
    if error.is_out_of_space() {
        tracing::error!(code = error.code(), %error, "the journal ends without the records that found no room");
        fail(error, gate, shared, |_| {});
    } else {
        fail(error, gate, shared, on_fatal);
    }
}

/// Nothing may be acknowledged from here on; the waiters learn it before the process is asked to end.
fn fail(error: &JournalError, gate: &Gate, shared: &Shared, on_fatal: fn(&JournalError)) {
    {
        let mut queue = gate.lock();
        queue.failed = true;
        queue.pending.clear();
        queue.pending_bytes = 0;
    }
    shared.stop();
    on_fatal(error);
}
