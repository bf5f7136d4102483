//! What outlives any single actor: the journal's writer, the state on disk, the ports, and where the actors are now.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use bytes::Bytes;
use holdfast_domain::attempt::Attempt;
use holdfast_domain::catalog::Catalog;
use holdfast_domain::exposure::OfflineLimits;
use holdfast_domain::ids::{AttemptId, HubId, TerminalId};
use holdfast_journal::{Reader, Writer};
use holdfast_protocol::message::{TenderNews, TenderStep, TillEvent};
use holdfast_store::StateStore;
use ractor::ActorRef;
use tokio::sync::watch;

use crate::payment::PaymentSetup;
use crate::ports::{BlockingWork, Calendar, Clock, Ids, Notary, Pins, TillLink, Uplink};
use crate::printer::PrinterSetup;
use crate::scale::ScaleSetup;
use crate::scanner::ScannerSetup;
use crate::space::{Room, Space};
use crate::supervision::{Board, Watch};
use crate::template::Template;

/// The most requests of one till that may wait; more are answered "busy".
pub const TILL_REQUESTS_WAITING_MAX: usize = 64;
/// How many of them are kept free for payments and closing a shift.
pub const TILL_REQUESTS_RESERVED: usize = 16;

/// Everything that `start` is given.
#[derive(Debug)]
pub struct Parts {
    pub hub: HubId,
    pub writer: Writer,
    pub reader: Reader,
    pub store: Arc<dyn StateStore>,
    /// The catalog that the state's version names.
    pub catalog: Arc<Catalog>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub calendar: Arc<dyn Calendar>,
    pub pins: Arc<dyn Pins>,
    pub link: Arc<dyn TillLink>,
    /// None where a hub has no HQ, as in some tests.
    pub uplink: Option<Arc<dyn Uplink>>,
    pub printers: Vec<PrinterSetup>,
    /// How the store's papers look.
    pub template: Arc<Template>,
    pub payments: Vec<PaymentSetup>,
    /// What the store risks at most where terminals approve by themselves.
    pub offline_limits: Option<OfflineLimits>,
    pub scanners: Vec<ScannerSetup>,
    pub scales: Vec<ScaleSetup>,
    /// What the hub's software calls itself in heartbeats.
    pub software: String,
    /// Where work on the disk is done.
    pub work: BlockingWork,
    pub watch: Watch,
    /// Signs heads. None where a hub has no key, as in some tests.
    pub notary: Option<Arc<dyn Notary>>,
    /// None where nobody watches the disk.
    pub space: Option<Space>,
}

/// Where an actor is now. Its reference changes at every restart, so handles look here each time.
pub(crate) type Slot<M> = Arc<RwLock<Option<ActorRef<M>>>>;

pub(crate) fn empty_slot<M>() -> Slot<M> {
    Arc::new(RwLock::new(None))
}

pub(crate) fn put<M>(slot: &Slot<M>, actor: ActorRef<M>) {
    *slot.write().unwrap_or_else(PoisonError::into_inner) = Some(actor);
}

pub(crate) fn get<M>(slot: &Slot<M>) -> Option<ActorRef<M>> {
    slot.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// How far records have come. The journal's own watermark is the hub's; this is HQ's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeadquartersMark {
    pub acked_through: u64,
    pub durable_through: u64,
    pub reachable: bool,
}

pub(crate) struct House {
    /// Prefix of actor names; ractor's registry is global to the process.
    pub name: String,
    pub hub: HubId,
    pub software: String,
    pub work: BlockingWork,
    pub board: Arc<Board>,
    pub writer: Mutex<Option<Writer>>,
    pub reader: Reader,
    pub synced: watch::Receiver<u64>,
    pub store: Arc<dyn StateStore>,
    /// One brings the state up to the journal at a time.
    pub catching_up: Mutex<()>,
    /// The catalog as reads see it: named by a synced record.
    pub catalog: watch::Sender<Arc<Catalog>>,
    /// The catalog as decisions see it, for a ledger that restarts.
    pub decided_catalog: Mutex<Arc<Catalog>>,
    pub headquarters: watch::Sender<HeadquartersMark>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub calendar: Arc<dyn Calendar>,
    pub pins: Arc<dyn Pins>,
    pub link: Arc<dyn TillLink>,
    pub uplink: Option<Arc<dyn Uplink>>,
    pub seal: Option<Arc<dyn Notary>>,
    pub space: Option<Space>,
    pub room: watch::Sender<Room>,
    pub printers: Vec<PrinterSetup>,
    pub template: Arc<Template>,
    pub payments: Vec<PaymentSetup>,
    pub offline_limits: Option<OfflineLimits>,
    /// How each payment device was when it was looked at last.
    pub looks: crate::payment::Board,
    pub paying: Vec<Slot<crate::payment::Message>>,
    pub scanners: Vec<ScannerSetup>,
    pub scanning: Vec<Slot<crate::scanner::Message>>,
    pub scales: Vec<ScaleSetup>,
    pub weighing: Vec<Slot<crate::scale::Message>>,
    /// How many events each till was told on its own stream.
    pub told: Mutex<BTreeMap<TerminalId, u64>>,
    pub ledger: Slot<crate::ledger::Message>,
    pub projector: Slot<crate::projector::Message>,
    pub printing: Vec<Slot<crate::printer::Message>>,
    pub drawers: Slot<crate::drawer::Message>,
    pub catalog_actor: Slot<crate::catalog::Message>,
    pub replicator: Slot<crate::replicator::Message>,
    pub notary: Slot<crate::notary::Message>,
    pub space_actor: Slot<crate::space::Message>,
    pub status_actor: Slot<crate::status::Message>,
    pub status: watch::Sender<Option<holdfast_protocol::message::StatusMessage>>,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("name", &self.name).field("hub", &self.hub).finish_non_exhaustive()
    }
}

impl House {
    pub fn decided_catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.decided_catalog.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn keep_decided_catalog(&self, catalog: Arc<Catalog>) {
        *self.decided_catalog.lock().unwrap_or_else(PoisonError::into_inner) = catalog;
    }

    /// Brings the state on disk up to what is synced. The projector and a ledger that starts again both do so; the second
    /// waits for the first, because a record is applied once. Blocking.
    pub fn catch_up(&self) -> Result<u64, holdfast_store::StoreError> {
        let _turn = self.catching_up.lock().unwrap_or_else(PoisonError::into_inner);
        holdfast_store::catch_up(self.store.as_ref(), &self.reader, crate::projector::BATCH_RECORDS_MAX)
    }

    /// What happens at a device, for the till that waits for it.
    pub fn tell_step(&self, attempt: &Attempt, step: TenderStep) {
        self.tell(attempt.stamp.terminal, attempt.id, TenderNews::Step(step));
    }

    /// One event on a till's own stream. Numbers leave in their order.
    pub fn tell(&self, terminal: TerminalId, attempt: AttemptId, news: TenderNews) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let number = told.entry(terminal).or_default();
        *number += 1;
        let event = TillEvent { number: *number, attempt, news };
        let payload = serde_json::to_vec(&event).expect("every event has a JSON form");
        self.link.event(terminal, Bytes::from(payload));
    }

    /// The journal's writer; gone once the hub stops.
    pub fn writer(&self) -> MutexGuard<'_, Option<Writer>> {
        // A panic while it was held happened outside the writer's own code; its state is its own.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
