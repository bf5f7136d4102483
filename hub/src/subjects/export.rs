//! Everything that the store keeps of one person, in one document that a machine reads too (GDPR, articles 15 and 20): what
//! was told of them, what they agreed to, and every order that names them under any of their ids.
//!
//! Who of the staff served them, and in which shift, is nobody's data but the staff's and is left out.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::State;
use holdfast_domain::bounded::Label;
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::event::{Event, ReturnSource, Stamp};
use holdfast_domain::ids::{OrderId, StoreId, SubjectId, TransactionId};
use holdfast_domain::line::Line;
use holdfast_domain::order::{Asked, Channel, Totals};
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::sale::ReturnedLine;
use holdfast_domain::shift::Mode;
use holdfast_domain::tender::Payment;
use holdfast_journal::Reader;
use holdfast_protocol::subject::{Details, Subject};
use holdfast_protocol::wire::Wired;
use holdfast_store::StateStore;
use serde::Serialize;

use super::Subjects;
use crate::clock::Machine;
use crate::console::with_state;
use crate::error::HubError;
use crate::reports::{Runs, Walked};

/// The form of the document; it is raised when a name in it comes to mean something else.
const FORMAT: &str = "holdfast-subject-export-1";

#[derive(Debug, Serialize)]
pub(super) struct Document {
    format: &'static str,
    made_at: Wired<Timestamp>,
    /// The journal's record up to which everything is in it.
    as_of_seq: u64,
    store: Option<StoreOf>,
    subject: Wired<SubjectId>,
    /// Other registrations of the same person.
    merged: Vec<Wired<SubjectId>>,
    changed_at: Option<Wired<Timestamp>>,
    details: Option<Details>,
    price_group: Option<Wired<Label>>,
    history: Vec<Happened>,
    orders: Vec<OrderOf>,
    /// Records that this version cannot read: what they hold is not in here.
    unreadable_records: u64,
}

#[derive(Debug, Serialize)]
struct StoreOf {
    store: Wired<StoreId>,
    legal_name: String,
    address: String,
}

/// What happened to a registration.
#[derive(Debug, Serialize)]
struct Happened {
    at: Wired<Timestamp>,
    subject: Wired<SubjectId>,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
enum What {
    Registered,
    Grouped { group: Option<Wired<Label>> },
    Merged { into: Wired<SubjectId> },
}

#[derive(Debug, Serialize)]
struct OrderOf {
    order: Wired<OrderId>,
    /// The id that the order names.
    subject: Wired<SubjectId>,
    placed_at: Wired<Timestamp>,
    business_date: Wired<BusinessDate>,
    training: bool,
    channel: Wired<Channel>,
    lines: Vec<Wired<Line>>,
    totals: Wired<Totals>,
    asked: Option<Wired<Asked>>,
    transactions: Vec<TransactionOf>,
}

#[derive(Debug, Serialize)]
struct TransactionOf {
    what: &'static str,
    transaction: Wired<TransactionId>,
    receipt: Wired<ReceiptNumber>,
    recorded_at: Wired<Timestamp>,
    business_date: Wired<BusinessDate>,
    totals: Option<Wired<Totals>>,
    payment: Option<Wired<Payment>>,
    /// What came back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    returned: Vec<Wired<ReturnedLine>>,
}

/// Reads it all. Blocks, and reads the journal twice: once to find the orders, because one can be given a name long after it
/// was placed, and once for what became of them.
///
/// # Errors
/// HF-HUB-026 when the customer was erased, HF-HUB-023 when nobody has the id, HF-HUB-003, HF-HUB-006, HF-HUB-027, and the
/// journal's.
pub(super) fn document(
    subjects: &Subjects,
    store: &dyn StateStore,
    reader: &Reader,
    subject: SubjectId,
) -> Result<Document, HubError> {
    let subject = subjects.who_is(subject);
    subjects.check_stands(subject)?;
    let as_of_seq = store.applied().map_or(0, |at| at.seq);
    let standing = store.subject(subject).map_err(|source| HubError::State { source: source.into() })?;
    let standing = standing.ok_or(HubError::NotFound { what: "customer" })?;
    let merged = subjects.merged_into(subject);
    let ids: BTreeSet<SubjectId> = merged.iter().copied().chain([subject]).collect();
    let (changed_at, details) = match subjects.get(subject)? {
        Some(Subject { changed_at, details, .. }) => (Some(Wired(changed_at)), Some(details)),
        None => (None, None),
    };

    let mut whole = Runs::default();
    whole.add(1, as_of_seq + 1);
    let (mut history, mut named, mut unreadable_records) = (Vec::new(), BTreeMap::new(), 0);
    whole.walk(reader, as_of_seq, |Walked { record, .. }| {
        let Some(record) = record else {
            unreadable_records += 1;
            return Ok(());
        };
        for event in record.outcome.events() {
            history.extend(happened(event, &ids, record.recorded_at));
            if let Event::OrderPlaced { order, customer: Some(customer), .. }
            | Event::OrderEdited { order, customer: Some(customer), .. } = event
                && ids.contains(customer)
            {
                named.insert(*order, *customer);
            }
        }
        Ok(())
    })?;
    let mut bought = Bought { named, orders: BTreeMap::new(), sales: BTreeMap::new() };
    if !bought.named.is_empty() {
        whole.walk(reader, as_of_seq, |Walked { record, .. }| {
            if let Some(record) = record {
                record.outcome.events().iter().for_each(|event| bought.see(event, record.recorded_at));
            }
            Ok(())
        })?;
    }
    Ok(Document {
        format: FORMAT,
        made_at: Wired(Machine.timestamp()),
        as_of_seq,
        store: with_state(store, store_of),
        subject: Wired(subject),
        merged: merged.into_iter().map(Wired).collect(),
        changed_at,
        details,
        price_group: standing.price_group().cloned().map(Wired),
        history,
        orders: bought.orders.into_values().collect(),
        unreadable_records,
    })
}

fn store_of(state: &State) -> Option<StoreOf> {
    let profile = state.profile.as_ref()?;
    let (legal_name, address) = (profile.legal_name.to_string(), profile.address.to_string());
    Some(StoreOf { store: Wired(profile.store), legal_name, address })
}

fn happened(event: &Event, ids: &BTreeSet<SubjectId>, at: Timestamp) -> Option<Happened> {
    let (subject, what) = match event {
        Event::SubjectRegistered { subject, .. } => (subject, What::Registered),
        Event::SubjectGrouped { subject, group, .. } => {
            (subject, What::Grouped { group: group.clone().map(Wired) })
        }
        Event::SubjectMerged { subject, into, .. } => (subject, What::Merged { into: Wired(*into) }),
        _ => return None,
    };
    ids.contains(subject).then_some(Happened { at: Wired(at), subject: Wired(*subject), what })
}

/// The orders that name somebody, while the journal is read from its beginning.
struct Bought {
    named: BTreeMap<OrderId, SubjectId>,
    orders: BTreeMap<OrderId, OrderOf>,
    /// The order of each sale of theirs, which returns and post-voids name.
    sales: BTreeMap<TransactionId, OrderId>,
}

impl Bought {
    fn see(&mut self, event: &Event, recorded_at: Timestamp) {
        match event {
            Event::OrderPlaced { stamp, order, channel, lines, totals, .. } => {
                let Some(subject) = self.named.get(order) else { return };
                let order_of = OrderOf {
                    order: Wired(*order),
                    subject: Wired(*subject),
                    placed_at: Wired(recorded_at),
                    business_date: Wired(stamp.business_date),
                    training: stamp.mode == Mode::Training,
                    channel: Wired(*channel),
                    lines: wired(lines),
                    totals: Wired(totals.clone()),
                    asked: None,
                    transactions: Vec::new(),
                };
                self.orders.insert(*order, order_of);
            }
            Event::OrderEdited { order, lines, totals, .. } => {
                self.of(order, |of| (of.lines, of.totals) = (wired(lines), Wired(totals.clone())));
            }
            Event::OrderAskedFor { order, asked } => {
                self.of(order, |of| of.asked = Some(Wired((**asked).clone())));
            }
            Event::DepositTaken { stamp, transaction, receipt, order, payment } => {
                let done = done("deposit", (*transaction, *receipt), stamp, recorded_at);
                self.of(order, |of| of.transactions.push(done.paid(None, payment)));
            }
            Event::SaleCompleted { stamp, transaction, receipt, order, totals, payment, .. } => {
                if self.named.contains_key(order) {
                    self.sales.insert(*transaction, *order);
                }
                let done = done("sale", (*transaction, *receipt), stamp, recorded_at);
                self.of(order, |of| of.transactions.push(done.paid(Some(totals), payment)));
            }
            Event::OrderCancelled { stamp, transaction, receipt, order, .. } => {
                let done = done("cancelled", (*transaction, *receipt), stamp, recorded_at);
                self.of(order, |of| of.transactions.push(done));
            }
            Event::GoodsReturned {
                stamp,
                transaction,
                receipt,
                source: ReturnSource::Receipt { original },
                lines,
                totals,
                payment,
                ..
            } => {
                let done = done("return", (*transaction, *receipt), stamp, recorded_at);
                let done = TransactionOf { returned: wired(lines), ..done.paid(Some(totals), payment) };
                self.of_sale(original, done);
            }
            Event::SalePostVoided { stamp, transaction, receipt, original, totals, payment, .. } => {
                let done = done("post_void", (*transaction, *receipt), stamp, recorded_at);
                self.of_sale(original, done.paid(Some(totals), payment));
            }
            _ => {}
        }
    }

    fn of(&mut self, order: &OrderId, change: impl FnOnce(&mut OrderOf)) {
        if let Some(order) = self.orders.get_mut(order) {
            change(order);
        }
    }

    fn of_sale(&mut self, sale: &TransactionId, done: TransactionOf) {
        if let Some(order) = self.sales.get(sale).copied() {
            self.of(&order, |of| of.transactions.push(done));
        }
    }
}

fn wired<T: Clone>(values: &[T]) -> Vec<Wired<T>> {
    values.iter().cloned().map(Wired).collect()
}

fn done(
    what: &'static str,
    (transaction, receipt): (TransactionId, ReceiptNumber),
    stamp: &Stamp,
    recorded_at: Timestamp,
) -> TransactionOf {
    TransactionOf {
        what,
        transaction: Wired(transaction),
        receipt: Wired(receipt),
        recorded_at: Wired(recorded_at),
        business_date: Wired(stamp.business_date),
        totals: None,
        payment: None,
        returned: Vec::new(),
    }
}

impl TransactionOf {
    fn paid(self, totals: Option<&Totals>, payment: &Payment) -> Self {
        Self { totals: totals.cloned().map(Wired), payment: Some(Wired(payment.clone())), ..self }
    }
}
