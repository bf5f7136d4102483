//! Carries the journal to HQ: the shell around the pure sender. HQ is never on the path of a sale; when it cannot be
//! reached everything waits in the journal and the status says so.

mod exchange;

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::EpochId;
use holdfast_protocol::uplink::{EpochParent, Heartbeat, RegisterEpoch, UPLINK_VERSION};
use holdfast_replication::{Answer, Epoch, EpochSpan, Parent, Point, Sender, State, Step, Ticket};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::time::Instant;

use exchange::{control, failed, hashes, hex, oldest_unsent, send};

use crate::house::{HeadquartersMark, House, get, put};
use crate::ledger::{Committed, LedgerError, LedgerHandle};

/// How often HQ hears from the hub while the WAN is up.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// How long a line that could not be continued rests before it is read again.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) enum Message {
    /// New records are synced, or a wait is over.
    Poll,
    Answered(Ticket, Answer),
    Beat,
    /// What HQ has of the newest epoch; none when it was not reached.
    BeatAnswered(Option<u64>),
    /// The ledger has opened the epoch that a fork asked for, or why it could not.
    Opened(Epoch, Parent, Result<Committed, LedgerError>),
    /// The line is read from the state again.
    Reopen,
    Observe(RpcReplyPort<Observation>),
}

/// What the replicator shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub state: String,
    pub acked_through: u64,
    pub durable_through: u64,
    pub backlog: u64,
    pub batches: u64,
    pub failures: u64,
    pub last_fault: Option<String>,
    /// The last fork that was found since the replicator started.
    pub parting: Option<Parting>,
}

/// This hub's history and HQ's went apart, and both are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parting {
    /// The last record that both have.
    pub shared_seq: u64,
    /// The epoch that this hub opened to go on; none until it is durable.
    pub epoch: Option<String>,
}

pub(crate) struct Replicator {
    pub house: Arc<House>,
}

pub(crate) struct Line {
    /// None without HQ, or before the journal's first record.
    sender: Option<Sender>,
    started: Instant,
    batches: u64,
    failures: u64,
    last_fault: Option<String>,
    beating: bool,
    /// An epoch is being opened at the ledger.
    opening: bool,
    parting: Option<Parting>,
}

impl Line {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[ractor::async_trait]
impl Actor for Replicator {
    type Msg = Message;
    type State = Line;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Line, ActorProcessingErr> {
        put(&self.house.replicator, myself.clone());
        let mut synced = self.house.synced.clone();
        let follower = myself.clone();
        tokio::spawn(async move {
            while synced.changed().await.is_ok() {
                synced.borrow_and_update();
                if follower.cast(Message::Poll).is_err() {
                    break;
                }
            }
        });
        myself.send_interval(HEARTBEAT_EVERY, || Message::Beat);
        myself.cast(Message::Poll)?;
        Ok(Line {
            sender: None,
            started: Instant::now(),
            batches: 0,
            failures: 0,
            last_fault: None,
            beating: false,
            opening: false,
            parting: None,
        })
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        line: &mut Line,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Poll => {
                if line.sender.is_none() && !line.opening {
                    line.sender = self.open_line();
                }
                self.step(&myself, line);
            }
            Message::Answered(ticket, answer) => {
                self.take_answer(line, ticket, answer);
                self.step(&myself, line);
            }
            Message::Opened(epoch, parent, opened) => self.opened(&myself, line, epoch, parent, opened),
            Message::Reopen => {
                line.opening = false;
                line.sender = self.open_line();
                self.step(&myself, line);
            }
            Message::Beat => {
                if line.sender.is_none() && !line.opening {
                    // The state may have caught up since.
                    line.sender = self.open_line();
                    self.step(&myself, line);
                }
                self.beat(&myself, line);
            }
            Message::BeatAnswered(held) => {
                line.beating = false;
                self.reached(held.is_some());
                if let (Some(held), Some(sender)) = (held, line.sender.as_mut())
                    && held < sender.status().acked_through
                {
                    sender.on_cloud_behind();
                    self.step(&myself, line);
                }
            }
            Message::Observe(reply) => {
                let _ = reply.send(self.observe(line));
            }
        }
        Ok(())
    }
}

impl Replicator {
    /// The epochs of the hub's own history, once there is one.
    fn open_line(&self) -> Option<Sender> {
        self.house.uplink.as_ref()?;
        let head = self.house.reader.head()?;
        let mut epochs = Vec::new();
        self.house.store.with_state(&mut |state| epochs = state.epochs.clone());
        let spans: Vec<EpochSpan> = epochs
            .iter()
            .map(|line| EpochSpan {
                epoch: Epoch(line.epoch.0.into_bytes()),
                parent: line.parent.map(|parent| Parent {
                    epoch: Epoch(parent.epoch.0.into_bytes()),
                    point: Point { seq: parent.seq, hash: parent.hash },
                }),
                // Where an older epoch ends is what the next one says.
                last_seq: head.seq,
            })
            .collect();
        if spans.last().is_none_or(|last| last.epoch.0 != head.epoch) {
            // The state has not caught up with the newest epoch; the next synced record asks again.
            return None;
        }
        match Sender::new(spans) {
            Ok(sender) => Some(sender),
            Err(error) => {
                tracing::error!(%error, "the journal's epochs do not form one line; nothing is sent to HQ");
                None
            }
        }
    }

    fn step(&self, myself: &ActorRef<Message>, line: &mut Line) {
        let now_ms = line.now_ms();
        let (Some(uplink), Some(sender)) = (self.house.uplink.clone(), line.sender.as_mut()) else { return };
        if let Some(head) = self.house.reader.head() {
            sender.on_durable(head.seq);
        }
        if let State::Forked { shared } = sender.status().state {
            self.open_epoch(myself, line, shared);
            return;
        }
        match sender.poll(now_ms) {
            Step::Idle => {}
            Step::WaitUntil { at_ms } => {
                myself.send_after(Duration::from_millis(at_ms.saturating_sub(now_ms)), || Message::Poll);
            }
            Step::Register { ticket, epoch, parent } => {
                let request = RegisterEpoch {
                    version: UPLINK_VERSION,
                    epoch: uuid::Uuid::from_bytes(epoch.0),
                    parent: parent.map(|parent| EpochParent {
                        epoch: uuid::Uuid::from_bytes(parent.epoch.0),
                        seq: parent.point.seq,
                        hash: hex(&parent.point.hash),
                    }),
                };
                let myself = myself.clone();
                tokio::spawn(async move {
                    let answer = match uplink.register_epoch(request).await {
                        Ok(registered) => Answer::Registered {
                            acked_through: registered.acked_through,
                            durable_through: registered.durable_through,
                        },
                        Err(failure) => failed(&failure),
                    };
                    let _ = myself.cast(Message::Answered(ticket, answer));
                });
            }
            Step::AskHash { ticket, epoch, seq } => {
                let (house, myself) = (Arc::clone(&self.house), myself.clone());
                tokio::spawn(async move {
                    let answer = hashes(&house, uplink.as_ref(), epoch, seq).await;
                    let _ = myself.cast(Message::Answered(ticket, answer));
                });
            }
            Step::Send { ticket, window } => {
                let (house, myself) = (Arc::clone(&self.house), myself.clone());
                tokio::spawn(async move {
                    let answer = send(&house, uplink.as_ref(), window).await;
                    let _ = myself.cast(Message::Answered(ticket, answer));
                });
            }
        }
    }

    /// The histories part after `shared`: everything of this hub's after it goes on under a new epoch. The ledger opens it
    /// between two sales; nobody waits.
    fn open_epoch(&self, myself: &ActorRef<Message>, line: &mut Line, shared: Parent) {
        if line.opening {
            return;
        }
        line.opening = true;
        line.parting = Some(Parting { shared_seq: shared.point.seq, epoch: None });
        tracing::error!(
            code = "HF-ACT-006",
            shared_seq = shared.point.seq,
            "HQ has another history after this record; this hub goes on in an epoch of its own and both are kept"
        );
        let mut store = None;
        self.house.store.with_state(&mut |state| store = state.store);
        let (Some(store), Some(seal)) = (store, self.house.seal.as_ref()) else {
            tracing::error!(
                code = "HF-ACT-006",
                "this hub has no key to open an epoch with; nothing more is sent to HQ"
            );
            return;
        };
        let epoch = self.house.ids.uuid();
        let command = HubCommand::OpenEpoch {
            epoch: EpochId(epoch),
            hub: self.house.hub,
            hub_key: seal.public_key(),
            store,
            parent: Some(holdfast_domain::event::Parent {
                epoch: EpochId(uuid::Uuid::from_bytes(shared.epoch.0)),
                seq: shared.point.seq,
                hash: shared.point.hash,
            }),
        };
        let (ledger, myself) = (LedgerHandle { house: Arc::clone(&self.house) }, myself.clone());
        tokio::spawn(async move {
            let opened = ledger.hub_command(command).await;
            let _ = myself.cast(Message::Opened(Epoch(epoch.into_bytes()), shared, opened));
        });
    }

    fn opened(
        &self,
        myself: &ActorRef<Message>,
        line: &mut Line,
        epoch: Epoch,
        parent: Parent,
        opened: Result<Committed, LedgerError>,
    ) {
        let span = |committed: Committed| EpochSpan {
            epoch,
            parent: Some(parent),
            last_seq: committed.position.seq,
        };
        let went_on = match (opened, line.sender.as_mut()) {
            (Ok(committed), Some(sender)) => {
                sender.open_epoch(span(committed)).map_err(|error| error.to_string())
            }
            (Ok(_), None) => Err("the line was read again meanwhile".to_owned()),
            (Err(error), _) => Err(error.to_string()),
        };
        match went_on {
            Ok(()) => {
                line.opening = false;
                let name = EpochId(uuid::Uuid::from_bytes(epoch.0)).to_string();
                tracing::warn!(code = "HF-ACT-006", epoch = %name, "the epoch is open; what HQ lacks of this hub is sent under it");
                line.parting = Some(Parting { shared_seq: parent.point.seq, epoch: Some(name) });
                crate::status::wake(&self.house);
                self.step(myself, line);
            }
            Err(why) => {
                // Whether the epoch became part of the journal the state knows; without it the fork is found again.
                line.failures += 1;
                line.last_fault = Some(why);
                line.sender = None;
                myself.send_after(REOPEN_AFTER, || Message::Reopen);
            }
        }
    }

    fn take_answer(&self, line: &mut Line, ticket: Ticket, answer: Answer) {
        let (now_ms, random) = (line.now_ms(), self.house.ids.random());
        let Some(sender) = line.sender.as_mut() else { return };
        let reached = !matches!(answer, Answer::Failed);
        if matches!(answer, Answer::Acked { .. }) {
            line.batches += 1;
        } else if !matches!(answer, Answer::Registered { .. } | Answer::HashAt { .. }) {
            line.failures += 1;
            line.last_fault = Some(format!("{answer:?}"));
        }
        sender.on_answer(ticket, answer, now_ms, random);
        let status = sender.status();
        let mark = HeadquartersMark {
            acked_through: status.acked_through,
            durable_through: status.durable_through,
            reachable: reached,
        };
        if self.house.headquarters.send_replace(mark) != mark {
            crate::status::wake(&self.house);
        }
    }

    fn beat(&self, myself: &ActorRef<Message>, line: &mut Line) {
        let (Some(uplink), Some(status)) = (self.house.uplink.clone(), crate::status::status(&self.house))
        else {
            return;
        };
        if line.beating {
            return;
        }
        line.beating = true;
        let (house, myself) = (Arc::clone(&self.house), myself.clone());
        tokio::spawn(async move {
            let clock = house.clock.now();
            let reading = Arc::clone(&house);
            let read = house.work.run(move || (oldest_unsent(&reading), control(&reading))).await;
            let (oldest, control) = read.unwrap_or_default();
            let tills_up = status.tills.iter().filter(|till| till.connected).count();
            let beat = Heartbeat {
                version: UPLINK_VERSION,
                epoch: status.epoch.0,
                head_seq: status.head_seq,
                backlog: status.waiting,
                oldest_unsent_ms: oldest.map(|at| at.0),
                tills_up: u32::try_from(tills_up).unwrap_or(u32::MAX),
                tills_known: u32::try_from(status.tills.len()).unwrap_or(u32::MAX),
                clock_ms: clock.0,
                control,
                software: house.software.clone(),
            };
            let held = match uplink.heartbeat(beat).await {
                Ok(answer) => Some(answer.acked_through),
                Err(failure) => matches!(failed(&failure), Answer::UnknownEpoch).then_some(0),
            };
            let _ = myself.cast(Message::BeatAnswered(held));
        });
    }

    fn reached(&self, reachable: bool) {
        let changed = self.house.headquarters.send_if_modified(|mark| {
            let changed = mark.reachable != reachable;
            mark.reachable = reachable;
            changed
        });
        if changed {
            crate::status::wake(&self.house);
            if reachable && let Some(replicator) = get(&self.house.replicator) {
                let _ = replicator.cast(Message::Poll);
            }
        }
    }

    fn observe(&self, line: &Line) -> Observation {
        let mark = *self.house.headquarters.borrow();
        let head = self.house.reader.head().map_or(0, |head| head.seq);
        Observation {
            state: match (&line.sender, self.house.uplink.is_some()) {
                (Some(sender), _) => format!("{:?}", sender.status().state),
                (None, true) => "Starting".to_owned(),
                (None, false) => "NoHeadquarters".to_owned(),
            },
            acked_through: mark.acked_through,
            durable_through: mark.durable_through,
            backlog: head.saturating_sub(mark.durable_through),
            batches: line.batches,
            failures: line.failures,
            last_fault: line.last_fault.clone(),
            parting: line.parting.clone(),
        }
    }
}
