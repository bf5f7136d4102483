//! The ledger: the single writer of the store's history.
//!
//! Job: decide each command against everything decided before it, append the record, fold it, and release replies,
//! fan-out and effects once the record is synced, in order. Commands come from terminal actors with their facts already
//! read; hub commands come from the hub and the devices. Nobody else appends to the journal.
//!
//! Invariants: nothing leaves before its record is synced; a panic in a decision costs that command only; a panic while
//! folding ends the process, because the state can no longer be trusted.

mod book;
mod clock;
mod handle;
mod mistakes;
mod release;

use std::sync::Arc;

use holdfast_domain::attempt::Attempt;
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::catalog::Catalog;
use holdfast_domain::command::HubCommand;
use holdfast_domain::event::DocumentOutcome;
use holdfast_domain::ids::{
    CommandId, EpochId, ReconciliationId, ShiftId, SubjectId, TerminalId, TransactionId,
};
use holdfast_domain::order::Order;
use holdfast_domain::sale::Sale;
use holdfast_domain::subject::SubjectStanding;
use holdfast_domain::{Command, Record, Refusal};
use holdfast_protocol::message::{ReplyPosition, StoredRecord};
use holdfast_store::OutcomeEntry;
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};
use serde::Serialize;

pub(crate) use book::Book;
pub use handle::{Committed, LedgerError, LedgerHandle};

use crate::house::{House, put};

/// How often it is looked whether goods were held long enough.
const TICK_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// What was read from disk for one command, and how far the disk was then.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub as_of_seq: u64,
    pub outcome: Option<OutcomeEntry>,
    pub orders: Vec<Order>,
    pub sales: Vec<Sale>,
    pub closed_shifts: Vec<ShiftId>,
    pub subjects: Vec<(SubjectId, SubjectStanding)>,
}

/// A till's command with its facts.
#[derive(Debug, Clone)]
pub struct Ask {
    pub command: Command,
    pub fingerprint: [u8; 32],
    pub facts: Facts,
}

/// What a till gives back of an earlier hub's acknowledgements.
#[derive(Debug, Clone)]
pub struct OfferAsk {
    pub terminal: TerminalId,
    pub command: CommandId,
    pub record: Record,
    pub epoch: EpochId,
    pub seq: u64,
    pub facts: Facts,
}

/// A command of the hub with its facts, and the catalog that it activates.
#[derive(Debug, Clone)]
pub(crate) struct HubAsk {
    pub command: HubCommand,
    pub catalog: Option<Arc<Catalog>>,
    /// None when the command needs nothing that is on disk.
    pub facts: Option<Facts>,
}

/// The ledger's word on a command.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Decided and synced.
    Decided(Arc<StoredRecord>),
    /// Decided before, durable at this sequence: the answer is in the journal.
    Known { seq: u64 },
    /// The id was used for another body. Recorded.
    IdReused,
    /// The facts are older than what memory has forgotten: read them again.
    StaleFacts,
    /// An offer that cannot be placed yet, or not at all.
    OfferRefused(Refusal),
    /// The journal's queue is full.
    Busy,
    /// The disk has no room for new work. Nothing was recorded.
    NoRoom,
    /// The decision panicked; nothing was recorded.
    Fault,
}

#[derive(Debug)]
pub(crate) enum Message {
    Decide(Box<Ask>, RpcReplyPort<Verdict>),
    Offer(Box<OfferAsk>, RpcReplyPort<Verdict>),
    Hub(Box<HubAsk>, RpcReplyPort<Result<ReplyPosition, LedgerError>>),
    /// What became of documents. Answered with the sequence that it is durable at.
    Settle(Vec<(TransactionId, DocumentOutcome)>, RpcReplyPort<Result<u64, LedgerError>>),
    /// The documents whose outcome is not recorded and that were handed to their printers.
    OpenDocuments(RpcReplyPort<OpenDocuments>),
    Synced(u64),
    Applied(u64),
    /// The attempts of a device that are not over, once all that led to them is durable.
    OpenTenders(DeviceName, RpcReplyPort<OpenTenders>),
    /// Time has passed.
    Tick,
    Observe(RpcReplyPort<Observation>),
}

/// Documents whose outcome is not recorded. Their records are at `seq` or before.
#[derive(Debug, Clone)]
pub(crate) struct OpenDocuments {
    pub seq: u64,
    pub documents: Vec<TransactionId>,
}

/// What a device is asked for and is not over, true at `seq`.
#[derive(Debug, Clone)]
pub(crate) struct OpenTenders {
    pub seq: u64,
    pub attempts: Vec<Attempt>,
    /// An end of its day that it was asked for.
    pub reconciliation: Option<ReconciliationId>,
}

/// What the ledger shows of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    pub head_seq: u64,
    pub synced_seq: u64,
    pub applied_seq: u64,
    pub decided: u64,
    pub refused: u64,
    pub repeated: u64,
    pub faults: u64,
    /// Replies that wait for the disk.
    pub waiting: usize,
    pub open_orders: usize,
    pub open_shifts: usize,
    /// Contradictions found while folding; anything but none is a bug.
    pub violations: u64,
}

pub(crate) struct Ledger {
    pub house: Arc<House>,
}

#[ractor::async_trait]
impl Actor for Ledger {
    type Msg = Message;
    type State = Book;
    type Arguments = ();

    async fn pre_start(&self, myself: ActorRef<Message>, (): ()) -> Result<Book, ActorProcessingErr> {
        let house = Arc::clone(&self.house);
        // After a restart the writer may still be syncing what the last ledger appended: wait for it, then read it all.
        let head =
            house.writer().as_ref().and_then(holdfast_journal::Writer::head).map_or(0, |head| head.seq);
        let mut synced = house.synced.clone();
        synced.wait_for(|seq| *seq >= head).await?;
        let loading = Arc::clone(&house);
        let book = house.work.run(move || Book::load(loading)).await??;
        put(&house.ledger, myself.clone());
        crate::payment::take_up(&house, book.open_attempts(), book.open_days());
        crate::printer::take_up(&house);
        let follower = myself.clone();
        tokio::spawn(async move {
            while synced.changed().await.is_ok() {
                let seq = *synced.borrow_and_update();
                if follower.cast(Message::Synced(seq)).is_err() {
                    break;
                }
            }
        });
        myself.send_interval(TICK_EVERY, || Message::Tick);
        myself.cast(Message::Applied(head))?;
        Ok(book)
    }

    async fn handle(
        &self,
        _myself: ActorRef<Message>,
        message: Message,
        book: &mut Book,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Decide(ask, reply) => book.decide(*ask, reply),
            Message::Offer(offer, reply) => book.offer(*offer, reply),
            Message::Hub(ask, reply) => book.hub(*ask, reply),
            Message::Settle(outcomes, reply) => {
                let settled = book.settle(&outcomes);
                book::answer(reply, settled);
            }
            Message::OpenDocuments(reply) => book::answer(reply, book.open_documents()),
            Message::Synced(seq) => book.release(seq),
            Message::Applied(seq) => book.forget(seq),
            Message::OpenTenders(device, reply) => book.open_tenders(&device, reply),
            Message::Tick => book.expire_reservations(),
            Message::Observe(reply) => {
                // Nobody waiting any more is no fault of the ledger.
                let _ = reply.send(book.observe());
            }
        }
        Ok(())
    }
}

/// What a command's facts are about, for readers on blocking threads.
pub(crate) fn gather(
    house: &House,
    id: Option<CommandId>,
    needs: &[holdfast_domain::state::Need],
) -> Result<Facts, holdfast_store::StoreError> {
    use holdfast_domain::state::Need;
    let store = &house.store;
    let mut facts = Facts { as_of_seq: store.applied().map_or(0, |at| at.seq), ..Facts::default() };
    facts.outcome = id.map(|id| store.outcome(id)).transpose()?.flatten();
    for need in needs {
        match *need {
            Need::Order(order) => {
                if let Some(order) = store.order(order)? {
                    // Whoever decides on an order may have to know who its customer is now.
                    if let Some(customer) = order.customer {
                        facts.subjects.extend(store.subject_with_merges(customer)?);
                    }
                    facts.orders.push(order);
                }
            }
            Need::Sale(sale) => facts.sales.extend(store.sale(sale)?),
            Need::ClosedShift(shift) => {
                if store.shift_closed(shift)? {
                    facts.closed_shifts.push(shift);
                }
            }
            Need::Subject(subject) => {
                facts.subjects.extend(store.subject_with_merges(subject)?);
            }
        }
    }
    Ok(facts)
}

/// What a record touched: its sequence, the things that memory holds for it, and its command. Forgotten once applied.
pub(crate) type Touched = (u64, Vec<holdfast_domain::state::Need>, Option<CommandId>);
