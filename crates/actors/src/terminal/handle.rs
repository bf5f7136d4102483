//! The gate's way to the terminal actors: never blocks, bounds what waits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use holdfast_domain::ids::{CommandId, TerminalId, Uuid};
use holdfast_protocol::message::Request;
use ractor::rpc::CallResult;
use ractor::{ActorCell, ActorRef, SpawnErr};
use ractor_supervisor::{ChildSpec, DynamicSupervisor, DynamicSupervisorMsg, Restart, SpawnFn};
use tokio::sync::mpsc;

use super::{Message, Observation, Terminal, busy, send};
use crate::house::{House, Slot, TILL_REQUESTS_RESERVED, TILL_REQUESTS_WAITING_MAX, empty_slot, get, put};
use crate::supervision::Watched;

/// The most tills of one store.
pub const TILLS_MAX: usize = 1_000;
const OBSERVE_DEADLINE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone)]
struct Place {
    slot: Slot<Message>,
    waiting: Arc<AtomicUsize>,
}

/// Sends what tills do to their actors. Cloned freely; never blocks.
#[derive(Clone)]
pub struct TillsHandle {
    house: Arc<House>,
    places: Arc<Mutex<HashMap<TerminalId, Place>>>,
    spawn: mpsc::UnboundedSender<(TerminalId, Place)>,
}

impl std::fmt::Debug for TillsHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TillsHandle").finish_non_exhaustive()
    }
}

impl TillsHandle {
    pub(crate) fn new(house: Arc<House>, supervisor: ActorRef<DynamicSupervisorMsg>) -> Self {
        // Bounded by TILLS_MAX: one entry per till, sent once.
        let (spawn, mut wanted) = mpsc::unbounded_channel::<(TerminalId, Place)>();
        let of = Arc::clone(&house);
        tokio::spawn(async move {
            while let Some((terminal, place)) = wanted.recv().await {
                let spec = child(Arc::clone(&of), terminal, place);
                if let Err(error) = DynamicSupervisor::spawn_child(supervisor.clone(), spec).await {
                    tracing::error!(%terminal, %error, "a terminal actor could not be started");
                }
            }
        });
        Self { house, places: Arc::default(), spawn }
    }

    pub fn connected(&self, terminal: TerminalId, connection: u64) {
        self.tell(terminal, Message::Connected { connection });
    }

    pub fn disconnected(&self, terminal: TerminalId, connection: u64) {
        self.tell(terminal, Message::Disconnected { connection });
    }

    /// Hands a request to the till's actor, or answers "busy" when too many wait. The last permits are kept for payments
    /// and for closing a shift, so that a flood of anything else cannot hold up a customer who pays.
    pub fn deliver(&self, terminal: TerminalId, connection: u64, payload: Bytes) {
        let Some(place) = self.place(terminal) else { return };
        let waiting = place.waiting.load(Ordering::Acquire);
        let permitted = waiting < TILL_REQUESTS_WAITING_MAX - TILL_REQUESTS_RESERVED
            || (waiting < TILL_REQUESTS_WAITING_MAX && is_urgent(&payload));
        let actor = get(&place.slot).filter(|_| permitted);
        let delivered = actor.is_some_and(|actor| {
            place.waiting.fetch_add(1, Ordering::AcqRel);
            let taken = actor.cast(Message::Deliver { connection, payload: payload.clone() }).is_ok();
            if !taken {
                // An actor that is gone takes nothing off.
                place.waiting.fetch_sub(1, Ordering::AcqRel);
            }
            taken
        });
        if !delivered {
            let id = Request::salvage_id(&payload).unwrap_or(CommandId(Uuid::nil()));
            send(&self.house, terminal, connection, &busy(id));
        }
    }

    pub(crate) async fn observe(&self) -> Vec<Observation> {
        let places: Vec<Place> =
            self.places.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let mut seen = Vec::new();
        for actor in places.iter().filter_map(|place| get(&place.slot)) {
            if let Ok(CallResult::Success(observation)) =
                actor.call(Message::Observe, Some(OBSERVE_DEADLINE)).await
            {
                seen.push(observation);
            }
        }
        seen.sort_by(|a, b| a.terminal.cmp(&b.terminal));
        seen
    }

    fn tell(&self, terminal: TerminalId, message: Message) {
        if let Some(actor) = self.place(terminal).and_then(|place| get(&place.slot)) {
            // An actor that just stopped comes back without the news; the next request corrects it.
            let _ = actor.cast(message);
        }
    }

    /// The till's place; its actor is started when the till is first seen.
    fn place(&self, terminal: TerminalId) -> Option<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(&terminal) {
            return Some(place.clone());
        }
        if places.len() >= TILLS_MAX {
            tracing::warn!(%terminal, "the hub serves no more tills");
            return None;
        }
        let place = Place { slot: empty_slot(), waiting: Arc::default() };
        places.insert(terminal, place.clone());
        self.spawn.send((terminal, place.clone())).ok()?;
        Some(place)
    }
}

/// Whether a request pays or closes a shift, by its bytes: it is parsed later, by its actor.
fn is_urgent(payload: &[u8]) -> bool {
    let contains = |needle: &[u8]| payload.windows(needle.len()).any(|window| window == needle);
    payload.len() < 4_096 && (contains(b"\"pay\"") || contains(b"\"close_shift\""))
}

fn child(house: Arc<House>, terminal: TerminalId, place: Place) -> ChildSpec {
    let id = format!("{}/terminal/{terminal}", house.name);
    ChildSpec {
        id,
        restart: Restart::Permanent,
        spawn_fn: SpawnFn::new(move |supervisor: ActorCell, name: String| {
            let (house, place) = (Arc::clone(&house), place.clone());
            async move {
                let post = house.board.post(&format!("terminal/{terminal}"), house.board.patience().others);
                let board = Arc::clone(&house.board);
                let actor = Terminal { house, terminal, waiting: Arc::clone(&place.waiting) };
                let actor = Watched::new(actor, &board, post);
                let (actor, _) = DynamicSupervisor::spawn_linked(name, actor, (), supervisor).await?;
                put(&place.slot, actor.clone());
                Ok::<ActorCell, SpawnErr>(actor.get_cell())
            }
        }),
        backoff_fn: None,
        reset_after: Some(Duration::from_secs(60)),
    }
}
