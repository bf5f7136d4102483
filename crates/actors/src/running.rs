//! Starting the actors, looking at them, stopping them in the written order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use holdfast_domain::catalog::Catalog;
use holdfast_domain::ids::TerminalId;
use holdfast_protocol::message::StatusMessage;
use ractor::rpc::CallResult;
use ractor::{ActorRef, Message, RpcReplyPort};
use serde::Serialize;
use tokio::sync::watch;

use crate::counter::CounterHandle;
use crate::house::{HeadquartersMark, House, Parts, Slot, empty_slot, get};
use crate::ledger::LedgerHandle;
use crate::notary::NotaryHandle;
use crate::space::Room;
use crate::supervision::{self, Board, Tree};
use crate::terminal::TillsHandle;

/// How long an actor may take to tell about itself.
const OBSERVE_DEADLINE: Duration = Duration::from_millis(500);
/// How long the actors may take to start, or to stop.
const TURN_DEADLINE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the supervisors could not be started")]
    Supervision(#[source] Box<ractor::SpawnErr>),
    #[error("the actors did not come up in time; look at the log for the reason")]
    NotReady,
}

/// The running actors.
pub struct Running {
    house: Arc<House>,
    tree: Tree,
    tills: TillsHandle,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("house", &self.house).finish_non_exhaustive()
    }
}

/// Every actor's observable state, for the status page, metrics and tests.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub tree: String,
    /// An actor that gave no answer in time is absent.
    pub ledger: Option<crate::ledger::Observation>,
    pub projector: Option<crate::projector::Observation>,
    pub catalog: Option<crate::catalog::Observation>,
    pub drawers: Option<crate::drawer::Observation>,
    pub printers: BTreeMap<String, Option<crate::printer::Observation>>,
    pub payments: BTreeMap<String, Option<crate::payment::Observation>>,
    pub scanners: BTreeMap<String, Option<crate::scanner::Observation>>,
    pub scales: BTreeMap<String, Option<crate::scale::Observation>>,
    pub replicator: Option<crate::replicator::Observation>,
    pub notary: Option<crate::notary::Observation>,
    pub space: Option<crate::space::Observation>,
    pub terminals: Vec<crate::terminal::Observation>,
    /// Every actor of the tree: how often it was started, and whether it hangs.
    pub watched: Vec<supervision::Observation>,
}

/// How the devices of the store are, by their names in the settings.
#[derive(Debug, Clone, Serialize)]
pub struct Devices {
    /// A device whose actor gave no answer in time has none here.
    pub printers: BTreeMap<String, Option<crate::printer::Observation>>,
    pub payments: BTreeMap<String, Option<crate::payment::Observation>>,
    pub scanners: BTreeMap<String, Option<crate::scanner::Observation>>,
    pub scales: BTreeMap<String, Option<crate::scale::Observation>>,
}

/// Starts every actor and returns when the ledger decides.
///
/// # Errors
/// [`StartError`] when an actor cannot be started.
pub async fn start(parts: Parts) -> Result<Running, StartError> {
    let synced = parts.writer.synced();
    let looks = crate::payment::Board::new(parts.payments.len());
    let house = Arc::new(House {
        name: format!("hub-{}", parts.ids.uuid()),
        hub: parts.hub,
        software: parts.software,
        work: parts.work,
        board: Arc::new(Board::new(parts.watch)),
        writer: Mutex::new(Some(parts.writer)),
        catching_up: Mutex::new(()),
        reader: parts.reader,
        synced,
        store: parts.store,
        decided_catalog: Mutex::new(Arc::clone(&parts.catalog)),
        catalog: watch::Sender::new(parts.catalog),
        headquarters: watch::Sender::new(HeadquartersMark::default()),
        clock: parts.clock,
        ids: parts.ids,
        calendar: parts.calendar,
        pins: parts.pins,
        link: parts.link,
        uplink: parts.uplink,
        seal: parts.notary,
        space: parts.space,
        room: watch::Sender::new(Room::default()),
        paying: parts.payments.iter().map(|_| empty_slot()).collect(),
        payments: parts.payments,
        offline_limits: parts.offline_limits,
        looks,
        scanning: parts.scanners.iter().map(|_| empty_slot()).collect(),
        scanners: parts.scanners,
        weighing: parts.scales.iter().map(|_| empty_slot()).collect(),
        scales: parts.scales,
        told: Mutex::new(BTreeMap::new()),
        printing: parts.printers.iter().map(|_| empty_slot()).collect(),
        printers: parts.printers,
        template: parts.template,
        ledger: empty_slot(),
        projector: empty_slot(),
        drawers: empty_slot(),
        catalog_actor: empty_slot(),
        replicator: empty_slot(),
        notary: empty_slot(),
        space_actor: empty_slot(),
        status_actor: Arc::new(RwLock::new(None)),
        status: watch::Sender::new(None),
    });
    let tree = supervision::start(&house).await.map_err(|error| StartError::Supervision(Box::new(error)))?;
    let tills = TillsHandle::new(Arc::clone(&house), tree.tills.clone());
    let running = Running { house, tree, tills };
    let ready = tokio::time::timeout(TURN_DEADLINE, async {
        while running.ledger().observe().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    match ready.await {
        Ok(()) => Ok(running),
        Err(_) => {
            running.stop().await;
            Err(StartError::NotReady)
        }
    }
}

impl Running {
    pub fn tills(&self) -> TillsHandle {
        self.tills.clone()
    }

    pub fn ledger(&self) -> LedgerHandle {
        LedgerHandle { house: Arc::clone(&self.house) }
    }

    /// Asks the scanners and scales beside a till.
    pub fn counter(&self) -> CounterHandle {
        CounterHandle { house: Arc::clone(&self.house) }
    }

    /// The store's status as it was last published.
    pub fn status(&self) -> watch::Receiver<Option<StatusMessage>> {
        self.house.status.subscribe()
    }

    /// The active catalog, as named by a synced record.
    pub fn catalog(&self) -> watch::Receiver<Arc<Catalog>> {
        self.house.catalog.subscribe()
    }

    pub fn headquarters(&self) -> watch::Receiver<HeadquartersMark> {
        self.house.headquarters.subscribe()
    }

    /// Asks for signed heads.
    pub fn notary(&self) -> NotaryHandle {
        NotaryHandle { house: Arc::clone(&self.house) }
    }

    /// How much room the disk has.
    pub fn room(&self) -> watch::Receiver<Room> {
        self.house.room.subscribe()
    }

    /// Writes and syncs what waits for the disk, where the journal is driven by hand
    /// ([`holdfast_journal::CommitMode::Manual`]): a simulation repeats itself exactly. With a journal thread it waits for
    /// that thread, and blocks.
    ///
    /// # Errors
    /// The journal's; afterwards nothing is acknowledged any more and the process should end.
    pub fn commit(&self) -> Result<(), holdfast_journal::JournalError> {
        match self.house.writer().as_mut() {
            Some(writer) => writer.commit(),
            None => Ok(()),
        }
    }

    /// The supervision tree as text.
    pub fn tree(&self) -> String {
        supervision::rendered(&self.house)
    }

    /// Every actor of the tree by its name there. Asks nobody, so that an actor that hangs is told too.
    pub fn watched(&self) -> Vec<supervision::Observation> {
        self.house.board.observe()
    }

    /// How the devices are, without asking anybody else.
    pub async fn devices(&self) -> Devices {
        let house = &self.house;
        let mut printers = BTreeMap::new();
        for (setup, slot) in house.printers.iter().zip(&house.printing) {
            printers.insert(setup.name.clone(), ask(slot, crate::printer::Message::Observe).await);
        }
        let payments = self.payments().await;
        let mut scanners = BTreeMap::new();
        for (setup, slot) in house.scanners.iter().zip(&house.scanning) {
            scanners.insert(setup.name.to_string(), ask(slot, crate::scanner::Message::Observe).await);
        }
        let mut scales = BTreeMap::new();
        for (setup, slot) in house.scales.iter().zip(&house.weighing) {
            scales.insert(setup.name.to_string(), ask(slot, crate::scale::Message::Observe).await);
        }
        Devices { printers, payments, scanners, scales }
    }

    /// The printer that serves a till, and the one that it fails over to. One whose actor is being started again is left out.
    pub async fn printers_of(&self, terminal: TerminalId) -> Vec<crate::printer::Observation> {
        let house = &self.house;
        let mut found = Vec::new();
        let number = crate::counter::number_of(house, terminal);
        let Some(own) = number.and_then(|number| crate::printer::of_till(&house.printers, number)) else {
            return found;
        };
        let other = house.printers[own].fails_over_to.as_ref();
        let other = other.and_then(|name| house.printers.iter().position(|setup| setup.name == *name));
        for at in std::iter::once(own).chain(other) {
            found.extend(ask(&house.printing[at], crate::printer::Message::Observe).await);
        }
        found
    }

    /// How the drawers are.
    pub async fn drawers(&self) -> Option<crate::drawer::Observation> {
        ask(&self.house.drawers, crate::drawer::Message::Observe).await
    }

    pub async fn observe(&self) -> Observation {
        let house = &self.house;
        let Devices { printers, payments, scanners, scales } = self.devices().await;
        Observation {
            tree: self.tree(),
            ledger: ask(&house.ledger, crate::ledger::Message::Observe).await,
            projector: ask(&house.projector, crate::projector::Message::Observe).await,
            catalog: ask(&house.catalog_actor, crate::catalog::Message::Observe).await,
            drawers: ask(&house.drawers, crate::drawer::Message::Observe).await,
            printers,
            payments,
            scanners,
            scales,
            replicator: ask(&house.replicator, crate::replicator::Message::Observe).await,
            notary: ask(&house.notary, crate::notary::Message::Observe).await,
            space: ask(&house.space_actor, crate::space::Message::Observe).await,
            terminals: self.tills.observe().await,
            watched: self.watched(),
        }
    }

    /// How each payment device is.
    pub async fn payments(&self) -> BTreeMap<String, Option<crate::payment::Observation>> {
        let mut payments = BTreeMap::new();
        for (setup, slot) in self.house.payments.iter().zip(&self.house.paying) {
            payments.insert(setup.device.name.to_string(), ask(slot, crate::payment::Message::Observe).await);
        }
        payments
    }

    /// Stops in the written order: tills, then the store's actors with the ledger, then the journal, which syncs what it
    /// still holds. The gate has been closed before.
    pub async fn stop(self) {
        self.tree.tills.stop(Some("the hub stops".to_owned()));
        let _ = tokio::time::timeout(TURN_DEADLINE, self.tree.tills_ended).await;
        self.tree.store.stop(Some("the hub stops".to_owned()));
        let _ = tokio::time::timeout(TURN_DEADLINE, self.tree.store_ended).await;
        let writer = self.house.writer().take();
        let house = Arc::clone(&self.house);
        let closed = self.house.work.run(move || {
            if let Some(writer) = writer
                && let Err(error) = writer.shutdown()
            {
                tracing::error!(code = error.code(), "the journal did not close cleanly");
            }
            if let Err(error) = holdfast_store::catch_up(
                house.store.as_ref(),
                &house.reader,
                crate::projector::BATCH_RECORDS_MAX,
            )
            .and_then(|_| house.store.sync())
            {
                tracing::warn!(%error, "the state did not follow to the end; it is caught up at the next start");
            }
        });
        if closed.await.is_err() {
            tracing::error!("closing the journal failed");
        }
    }

    /// Waits until the supervisors give up: too many restarts. The process should end then.
    pub async fn gave_up(&self) {
        while !self.tree.store_ended.is_finished() && !self.tree.tills_ended.is_finished() {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

async fn ask<M: Message, T: Send + 'static>(
    slot: &Slot<M>,
    question: impl FnOnce(RpcReplyPort<T>) -> M,
) -> Option<T> {
    let actor: ActorRef<M> = get(slot)?;
    match actor.call(question, Some(OBSERVE_DEADLINE)).await {
        Ok(CallResult::Success(value)) => Some(value),
        _ => None,
    }
}
