//! One actor per printer: prints documents in order, one at a time, and records what became of each. Nothing here can
//! block or fail a sale: a full queue, a dead printer or a jam ends as an outcome of the document.

pub mod paper;

use std::sync::Arc;

use holdfast_devices::document::Document;
use holdfast_devices::escpos::DrawerPulse;
use holdfast_devices::printer::{Outcome, PrintJob, Printer};
use holdfast_domain::event::DocumentOutcome;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::receipt::TillNumber;
use holdfast_protocol::message::ReplyPosition;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;

pub(crate) use paper::papers;
pub use paper::{Paper, document};

use crate::house::{House, get, put};

/// The most documents that wait for one printer; more are recorded as not printed and can be reprinted.
pub const DOCUMENTS_WAITING_MAX: usize = 1_000;
/// Outcomes are recorded together, at most this many in one record.
const OUTCOMES_TOGETHER_MAX: usize = 64;

/// A printer of the store and the tills that use it.
#[derive(Debug, Clone)]
pub struct PrinterSetup {
    pub name: String,
    pub device: Arc<Printer>,
    /// Empty: every till that no other printer names.
    pub tills: Vec<TillNumber>,
    pub drawer_pulse: DrawerPulse,
}

#[derive(Debug)]
pub(crate) enum Message {
    Print(Box<Document>, TransactionId),
    /// The job that was under way has ended.
    Ended(TransactionId, Outcome),
    Observe(RpcReplyPort<Observation>),
}

/// What a printer actor shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub printer: String,
    pub waiting: usize,
    pub printed: u64,
    pub not_printed: u64,
    pub unknown: u64,
    pub last_fault: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Queue {
    waiting: std::collections::VecDeque<(Box<Document>, TransactionId)>,
    printing: Option<TransactionId>,
    outcomes: Vec<(TransactionId, DocumentOutcome)>,
    seen: Observation,
}

pub(crate) struct PrinterActor {
    pub house: Arc<House>,
    pub index: usize,
}

/// The printer that serves a till: the one that names its number, else the one that names none.
pub(crate) fn of_till(printers: &[PrinterSetup], number: TillNumber) -> Option<usize> {
    let named = printers.iter().position(|setup| setup.tills.contains(&number));
    named.or_else(|| printers.iter().position(|setup| setup.tills.is_empty()))
}

/// Hands a document to the till's printer. False when there is none: nothing will be printed.
pub(crate) fn submit(house: &House, paper: Paper, position: &ReplyPosition) -> bool {
    let printer = of_till(&house.printers, paper.till());
    let Some(actor) = printer.and_then(|index| get(&house.printing[index])) else {
        return false;
    };
    let transaction = paper.transaction();
    actor.cast(Message::Print(Box::new(document(&paper, position)), transaction)).is_ok()
}

#[ractor::async_trait]
impl Actor for PrinterActor {
    type Msg = Message;
    type State = Queue;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Queue, ActorProcessingErr> {
        put(&self.house.printing[self.index], myself);
        let printer = self.house.printers[self.index].name.clone();
        let seen =
            Observation { printer, waiting: 0, printed: 0, not_printed: 0, unknown: 0, last_fault: None };
        Ok(Queue { waiting: Default::default(), printing: None, outcomes: Vec::new(), seen })
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        queue: &mut Queue,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Print(document, transaction) => {
                if queue.waiting.len() >= DOCUMENTS_WAITING_MAX {
                    queue.seen.not_printed += 1;
                    queue.seen.last_fault = Some("too many documents wait for this printer".to_owned());
                    queue.outcomes.push((transaction, DocumentOutcome::NotPrinted));
                } else {
                    queue.waiting.push_back((document, transaction));
                }
            }
            Message::Ended(transaction, outcome) => {
                queue.printing = None;
                queue.count(transaction, &outcome);
            }
            Message::Observe(reply) => {
                queue.seen.waiting = queue.waiting.len() + usize::from(queue.printing.is_some());
                let _ = reply.send(queue.seen.clone());
            }
        }
        self.next(&myself, queue);
        if queue.outcomes.len() >= OUTCOMES_TOGETHER_MAX || queue.printing.is_none() {
            self.record(queue);
        }
        Ok(())
    }

    async fn post_stop(&self, _: ActorRef<Message>, queue: &mut Queue) -> Result<(), ActorProcessingErr> {
        self.record(queue);
        Ok(())
    }
}

impl PrinterActor {
    fn next(&self, myself: &ActorRef<Message>, queue: &mut Queue) {
        if queue.printing.is_some() {
            return;
        }
        let Some((document, transaction)) = queue.waiting.pop_front() else { return };
        queue.printing = Some(transaction);
        let device = Arc::clone(&self.house.printers[self.index].device);
        let myself = myself.clone();
        tokio::spawn(async move {
            let job = PrintJob { id: transaction.0.0.as_u128(), document: *document, copy: 0 };
            let outcome = device.print(&job).await;
            let _ = myself.cast(Message::Ended(transaction, outcome));
        });
    }

    fn record(&self, queue: &mut Queue) {
        if queue.outcomes.is_empty() {
            return;
        }
        if let Some(ledger) = get(&self.house.ledger) {
            let outcomes = std::mem::take(&mut queue.outcomes);
            let _ = ledger.cast(crate::ledger::Message::Settle(outcomes));
        }
    }
}

impl Queue {
    fn count(&mut self, transaction: TransactionId, outcome: &Outcome) {
        let (outcome, reason) = match outcome {
            Outcome::Printed => {
                self.seen.printed += 1;
                (DocumentOutcome::Printed, None)
            }
            Outcome::NotPrinted { reason } => {
                self.seen.not_printed += 1;
                (DocumentOutcome::NotPrinted, Some(reason))
            }
            Outcome::Unknown { reason } => {
                self.seen.unknown += 1;
                (DocumentOutcome::Unknown, Some(reason))
            }
        };
        if let Some(reason) = reason {
            self.seen.last_fault = Some(format!("{}: {reason}", reason.code()));
        }
        self.outcomes.push((transaction, outcome));
    }
}
