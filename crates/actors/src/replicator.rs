//! Carries the journal to HQ: the shell around the pure sender. HQ is never on the path of a sale; when it cannot be
//! reached everything waits in the journal and the status says so.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::calendar::Timestamp;
use holdfast_journal::Record;
use holdfast_protocol::uplink::batch::{Header, RECORD_OVERHEAD_BYTES};
use holdfast_protocol::uplink::{
    ControlTotals, EpochParent, Heartbeat, RefusalReason, RegisterEpoch, UPLINK_VERSION,
};
use holdfast_replication::EpochSpan;
use holdfast_replication::{Answer, BatchHeader, Epoch, Parent, Point, Sender, Step, Ticket, Window};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;
use tokio::time::Instant;

use crate::house::{HeadquartersMark, House, get, put};
use crate::ports::{Uplink, UplinkFailure};

/// How often HQ hears from the hub while the WAN is up.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) enum Message {
    /// New records are synced, or a wait is over.
    Poll,
    Answered(Ticket, Answer),
    Beat,
    BeatAnswered(Option<(u64, u64)>),
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
                if line.sender.is_none() {
                    line.sender = self.open_line();
                }
                self.step(&myself, line);
            }
            Message::Answered(ticket, answer) => {
                self.take_answer(line, ticket, answer);
                self.step(&myself, line);
            }
            Message::Beat => self.beat(&myself, line),
            Message::BeatAnswered(marks) => {
                line.beating = false;
                self.reached(marks.is_some());
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
            .enumerate()
            .map(|(index, line)| EpochSpan {
                epoch: Epoch(line.epoch.0.into_bytes()),
                parent: line.parent.map(|parent| Parent {
                    epoch: Epoch(parent.epoch.0.into_bytes()),
                    point: Point { seq: parent.seq, hash: parent.hash },
                }),
                // An epoch ends where the next one says it does.
                last_seq: epochs
                    .get(index + 1)
                    .and_then(|next| next.parent)
                    .map_or(head.seq, |parent| parent.seq),
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
            let marks = uplink
                .heartbeat(beat)
                .await
                .ok()
                .map(|answer| (answer.acked_through, answer.durable_through));
            let _ = myself.cast(Message::BeatAnswered(marks));
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
        }
    }
}

async fn send(house: &Arc<House>, uplink: &dyn Uplink, window: Window) -> Answer {
    let reader = house.reader.clone();
    let read = house.work.run(move || records(&reader, &window));
    let (before, records) = match read.await {
        Ok(Some(read)) => read,
        Ok(None) | Err(_) => return Answer::Failed,
    };
    let after = records.last().map_or(before, |record| record.position.hash);
    let sent_through = records.last().map_or(0, |record| record.position.seq);
    let header = Header {
        lane: window.lane,
        hub: house.hub.0,
        batch: BatchHeader {
            epoch: window.epoch,
            first_seq: window.first_seq,
            count: u32::try_from(records.len()).unwrap_or(u32::MAX),
            chain_before: before,
            chain_after: after,
        },
        hub_clock_ms: house.clock.now().0,
    };
    match uplink.send(header, records).await {
        Ok(accepted) => Answer::Acked {
            sent_through,
            acked_through: accepted.acked_through,
            durable_through: accepted.durable_through,
            credit: accepted.credit,
        },
        Err(failure) => failed(&failure),
    }
}

/// HQ's hash at a record and the hub's own.
async fn hashes(house: &Arc<House>, uplink: &dyn Uplink, epoch: Epoch, seq: u64) -> Answer {
    let reader = house.reader.clone();
    let read = house.work.run(move || reader.read(seq)).await;
    let Ok(Ok(Some(own))) = read else { return Answer::Failed };
    match uplink.hash_at(uuid::Uuid::from_bytes(epoch.0), seq).await {
        Ok(theirs) => Answer::HashAt { ours: own.position.hash, theirs },
        Err(failure) => failed(&failure),
    }
}

/// The window's records and the chain hash before them.
fn records(reader: &holdfast_journal::Reader, window: &Window) -> Option<([u8; 32], Vec<Record>)> {
    let before = match window.first_seq {
        0 => return None,
        1 => [0; 32],
        first => reader.read(first - 1).ok()??.position.hash,
    };
    let mut records = Vec::new();
    let mut bytes = 0;
    for record in reader.scan(window.first_seq).take(window.count_max as usize) {
        let record = record.ok()?;
        bytes += record.payload.len() + RECORD_OVERHEAD_BYTES;
        // After a fork the first records of an epoch's window were written under an older one; they travel as they are.
        if bytes > window.raw_bytes_max && !records.is_empty() {
            break;
        }
        records.push(record);
    }
    (!records.is_empty()).then_some((before, records))
}

fn failed(failure: &UplinkFailure) -> Answer {
    let UplinkFailure::Refused(error) = failure else { return Answer::Failed };
    match &error.reason {
        RefusalReason::Gap { expected } => Answer::Gap { expected: *expected },
        RefusalReason::Fork { seq, hash } => match unhex(hash) {
            Some(hash) => Answer::Fork { at: Point { seq: *seq, hash } },
            None => Answer::Failed,
        },
        RefusalReason::UnknownEpoch {} => Answer::UnknownEpoch,
        RefusalReason::StaleEpoch {} => Answer::Fenced,
        RefusalReason::TooNew { .. } => Answer::CloudTooOld,
        RefusalReason::Busy { retry_after_ms } => {
            Answer::Busy { retry_after: Some(Duration::from_millis(*retry_after_ms)) }
        }
        RefusalReason::Unauthorised {}
        | RefusalReason::Malformed {}
        | RefusalReason::NotFound {}
        | RefusalReason::Fault {} => Answer::Failed,
    }
}

fn oldest_unsent(house: &House) -> Option<Timestamp> {
    let next = house.headquarters.borrow().durable_through + 1;
    let record = house.reader.read(next).ok()??;
    Some(holdfast_store::stored_record(record).ok()?.record.recorded_at)
}

/// The hub's own sums, for HQ to compare when it has the same records.
fn control(house: &House) -> Option<ControlTotals> {
    let store = &house.store;
    // The sums are of one position only if none was applied while they were read; otherwise the next beat tells.
    let before = store.applied()?.seq;
    let totals = store.totals();
    (store.applied()?.seq == before).then_some(ControlTotals {
        as_of_seq: before,
        transactions: totals.transactions,
        gross_minor: totals.gross_minor,
        net_minor: totals.net_minor,
    })
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}
