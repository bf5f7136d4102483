//! One actor per till: takes the till's requests one after another, reads the facts that each needs, asks the ledger, and
//! answers straight to the till's socket.
//!
//! Invariants: a till's requests are decided in the order they arrived; a reply is sent only for what the ledger said is
//! synced, or for what was never decided at all. Who may send: [`TillsHandle`], on behalf of the gate.

mod handle;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use holdfast_domain::ids::{CommandId, TerminalId, Uuid};
use holdfast_domain::staff::{PinVerdict, StaffNumber};
use holdfast_domain::state::{Need, State};
use holdfast_domain::{Command, Refusal};
use holdfast_protocol::message::{
    Answer, ApprovedMessage, CommandMessage, OfferMessage, Pin, Reply, Request, SignOnMessage, StoredRecord,
    accepted_or_refused,
};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;

pub use handle::{TILLS_MAX, TillsHandle};

use crate::house::House;
use crate::ledger::{Ask, Facts, LedgerError, LedgerHandle, OfferAsk, Verdict, gather};

/// How often facts are read again before the till is asked to come back.
pub(crate) const FACTS_ROUNDS_MAX: usize = 8;
/// What a busy hub asks a till to wait, milliseconds.
pub(crate) const BUSY_RETRY_MS: u32 = 500;
/// What a hub without room asks a till to wait, milliseconds.
const NO_ROOM_RETRY_MS: u32 = 2_000;
/// What a till waits before it offers again what does not fit yet, milliseconds.
const OFFER_RETRY_MS: u32 = 300;

pub(crate) const ID_REUSED_TEXT: &str =
    "this command id was used for another command before; a new command needs a new id";

#[derive(Debug)]
pub(crate) enum Message {
    Connected { connection: u64 },
    Disconnected { connection: u64 },
    Deliver { connection: u64, payload: Bytes },
    Observe(RpcReplyPort<Observation>),
}

/// What a terminal actor shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub terminal: String,
    pub connected: bool,
    pub requests: u64,
    pub accepted: u64,
    pub refused: u64,
    pub rejected: u64,
    pub retried: u64,
    pub waiting: usize,
}

#[derive(Debug)]
pub(crate) struct Desk {
    connection: Option<u64>,
    requests: u64,
    accepted: u64,
    refused: u64,
    rejected: u64,
    retried: u64,
}

pub(crate) struct Terminal {
    pub house: Arc<House>,
    pub terminal: TerminalId,
    /// Requests that wait in the mailbox; the gate's side adds, this side takes off.
    pub waiting: Arc<AtomicUsize>,
}

#[ractor::async_trait]
impl Actor for Terminal {
    type Msg = Message;
    type State = Desk;
    type Arguments = ();

    async fn pre_start(&self, _myself: ActorRef<Message>, (): ()) -> Result<Desk, ActorProcessingErr> {
        // What waited in the mailbox of the actor before is gone; its till sends it again.
        self.waiting.store(0, Ordering::Release);
        Ok(Desk { connection: None, requests: 0, accepted: 0, refused: 0, rejected: 0, retried: 0 })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        desk: &mut Desk,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Connected { connection } => desk.connection = Some(connection),
            Message::Disconnected { connection } => {
                if desk.connection == Some(connection) {
                    desk.connection = None;
                }
            }
            Message::Deliver { connection, payload } => {
                let reply = self.answer(&payload).await;
                self.waiting
                    .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| Some(n.saturating_sub(1)))
                    .ok();
                desk.requests += 1;
                match &reply.answer {
                    Answer::Accepted { .. } => desk.accepted += 1,
                    Answer::Refused { .. } => desk.refused += 1,
                    Answer::Rejected { .. } => desk.rejected += 1,
                    Answer::Retry { .. } => desk.retried += 1,
                }
                send(&self.house, self.terminal, connection, &reply);
            }
            Message::Observe(reply) => {
                let _ = reply.send(Observation {
                    terminal: self.terminal.to_string(),
                    connected: desk.connection.is_some(),
                    requests: desk.requests,
                    accepted: desk.accepted,
                    refused: desk.refused,
                    rejected: desk.rejected,
                    retried: desk.retried,
                    waiting: self.waiting.load(Ordering::Acquire),
                });
            }
        }
        Ok(())
    }
}

pub(crate) fn send(house: &House, terminal: TerminalId, connection: u64, reply: &Reply) {
    let payload = serde_json::to_vec(reply).expect("every reply has a JSON form");
    house.link.reply(terminal, connection, Bytes::from(payload));
}

impl Terminal {
    async fn answer(&self, payload: &Bytes) -> Reply {
        match Request::parse(payload) {
            Ok(Request::Command(message)) => self.command(message, payload).await,
            Ok(Request::SignOn(message)) => self.sign_on(message).await,
            Ok(Request::Offer(message)) => self.offer(message).await,
            Ok(Request::Approved(message)) => self.approved(message).await,
            Err(malformed) => {
                let id = Request::salvage_id(payload).unwrap_or(CommandId(Uuid::nil()));
                rejected(id, malformed.code(), malformed.to_string())
            }
        }
    }

    async fn command(&self, message: CommandMessage, payload: &Bytes) -> Reply {
        let (command, fingerprint) = message.into_command(self.terminal, payload);
        let needs = State::needs(&command);
        for _ in 0..FACTS_ROUNDS_MAX {
            let facts = match self.facts(command.id, needs.clone()).await {
                Ok(facts) => facts,
                Err(reply) => return reply,
            };
            let ask = Ask { command: command.clone(), fingerprint, facts };
            match self.ledger().decide(ask).await {
                Ok(Verdict::StaleFacts) => {}
                verdict => return self.reply(command.id, verdict).await,
            }
        }
        busy(command.id)
    }

    async fn sign_on(&self, message: SignOnMessage) -> Reply {
        let person = (message.number, Some(message.pin.clone()));
        let command = |verdict| message.clone().into_command(self.terminal, verdict);
        self.with_pin(message.id, Vec::new(), person, command).await
    }

    async fn approved(&self, message: ApprovedMessage) -> Reply {
        let person = (message.approver, message.pin.clone());
        let command = |verdict| message.clone().into_command(self.terminal, verdict);
        let needs = State::needs(&command(PinVerdict::NotGiven).0);
        self.with_pin(message.id, needs, person, command).await
    }

    /// Decides a command that depends on a person's PIN, once what the hub found out about it is a fact.
    async fn with_pin(
        &self,
        id: CommandId,
        needs: Vec<Need>,
        (number, pin): (StaffNumber, Option<Pin>),
        command: impl Fn(PinVerdict) -> (Command, [u8; 32]),
    ) -> Reply {
        let mut checked = pin.is_none().then_some(PinVerdict::NotGiven);
        for _ in 0..FACTS_ROUNDS_MAX {
            let facts = match self.facts(id, needs.clone()).await {
                Ok(facts) => facts,
                Err(reply) => return reply,
            };
            let verdict = match (facts.outcome.is_some(), checked, &pin) {
                // What is repeated is not another attempt.
                (true, _, _) | (false, None, None) => PinVerdict::LockedOut,
                (false, Some(verdict), _) => verdict,
                (false, None, Some(pin)) => {
                    let (pins, pin, till) = (Arc::clone(&self.house.pins), pin.clone(), self.terminal);
                    match self.house.work.run(move || pins.check(till, number, &pin.0)).await {
                        Ok(verdict) => checked = Some(verdict),
                        Err(_) => return fault(id),
                    }
                    // Looking at a PIN takes long on purpose. While other tills sell, the facts from before would be
                    // stale every time, and every time would be another attempt.
                    continue;
                }
            };
            let (command, fingerprint) = command(verdict);
            match self.ledger().decide(Ask { command, fingerprint, facts }).await {
                Ok(Verdict::StaleFacts) => {}
                verdict => return self.reply(id, verdict).await,
            }
        }
        busy(id)
    }

    async fn offer(&self, message: OfferMessage) -> Reply {
        let record = match message.record.decode() {
            Ok(record) => record,
            Err(error) => return rejected(message.id, "HF-CMD-002", error.to_string()),
        };
        let needs = State::needs_of_record(&record);
        for _ in 0..FACTS_ROUNDS_MAX {
            let facts = match self.facts(message.id, needs.clone()).await {
                Ok(facts) => facts,
                Err(reply) => return reply,
            };
            let position = message.record.position;
            let offer = OfferAsk {
                terminal: self.terminal,
                command: message.id,
                record: record.clone(),
                epoch: position.epoch,
                seq: position.seq,
                facts,
            };
            match self.ledger().offer(offer).await {
                Ok(Verdict::StaleFacts) => {}
                verdict => return self.reply(message.id, verdict).await,
            }
        }
        busy(message.id)
    }

    fn ledger(&self) -> LedgerHandle {
        LedgerHandle { house: Arc::clone(&self.house) }
    }

    async fn facts(&self, id: CommandId, needs: Vec<Need>) -> Result<Facts, Reply> {
        let house = Arc::clone(&self.house);
        match self.house.work.run(move || gather(&house, Some(id), &needs)).await {
            Ok(Ok(facts)) => Ok(facts),
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "the state could not be read for a command");
                // It sees whether the state has stopped for good.
                crate::projector::wake(&self.house);
                Err(busy(id))
            }
            Err(_) => Err(fault(id)),
        }
    }

    async fn reply(&self, id: CommandId, verdict: Result<Verdict, LedgerError>) -> Reply {
        match verdict {
            Ok(Verdict::Decided(stored)) => accepted_or_refused(id, &stored),
            Ok(Verdict::Known { seq }) => self.first_answer(id, seq).await,
            Ok(Verdict::IdReused) => rejected(id, "HF-CMD-003", ID_REUSED_TEXT.to_owned()),
            Ok(Verdict::OfferRefused(refusal @ Refusal::OfferOutOfOrder)) => Reply {
                id,
                answer: Answer::Retry {
                    code: refusal.code().to_owned(),
                    text: refusal.to_string(),
                    after_ms: OFFER_RETRY_MS,
                },
            },
            Ok(Verdict::OfferRefused(refusal)) => rejected(id, refusal.code(), refusal.to_string()),
            Ok(Verdict::Busy | Verdict::StaleFacts) => busy(id),
            Ok(Verdict::NoRoom) => no_room(id),
            Ok(Verdict::Fault) => fault(id),
            Err(error) => {
                tracing::warn!(error = %error, "the ledger gave no answer");
                busy(id)
            }
        }
    }

    /// The answer that the command got the first time, from the journal.
    async fn first_answer(&self, id: CommandId, seq: u64) -> Reply {
        let reader = self.house.reader.clone();
        let read = self.house.work.run(move || -> Option<StoredRecord> {
            let record = reader.read(seq).ok()??;
            holdfast_store::stored_record(record).ok()
        });
        match read.await {
            Ok(Some(stored)) => accepted_or_refused(id, &stored),
            Ok(None) | Err(_) => busy(id),
        }
    }
}

pub(crate) fn busy(id: CommandId) -> Reply {
    let answer = Answer::Retry {
        code: "HF-CMD-004".to_owned(),
        text: "the hub is busy; the till sends the same command again".to_owned(),
        after_ms: BUSY_RETRY_MS,
    };
    Reply { id, answer }
}

/// The disk is nearly full: what is open is ended, what is new waits.
fn no_room(id: CommandId) -> Reply {
    let answer = Answer::Retry {
        code: holdfast_protocol::codes::NO_ROOM.to_owned(),
        text: "the hub's disk is nearly full; open orders can be paid, new ones must wait".to_owned(),
        after_ms: NO_ROOM_RETRY_MS,
    };
    Reply { id, answer }
}

fn fault(id: CommandId) -> Reply {
    rejected(id, "HF-CMD-006", "the hub failed on this command and recorded nothing; ask for help".to_owned())
}

fn rejected(id: CommandId, code: &str, text: String) -> Reply {
    Reply { id, answer: Answer::Rejected { code: code.to_owned(), text } }
}
