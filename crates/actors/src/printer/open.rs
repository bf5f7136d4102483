//! The documents that the journal has open, made again from their records.
//!
//! A hub that stopped, or a printer's actor that was lost, leaves documents behind whose outcome nobody recorded. A printer
//! begins one document only once the outcome of the one before is durable, and a till's documents go to one printer; so of
//! each till's open documents the oldest may have begun, and every later one certainly has not. That holds for the journal
//! that the printing hub wrote itself. One that was restored ends before what happened last, so whatever is older than its
//! own epoch may have begun.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::calendar::Timestamp;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::event::{Event, ReturnSource};
use holdfast_domain::ids::{OrderId, TransactionId};
use holdfast_domain::sale::CopyForm;
use holdfast_domain::state::State;
use holdfast_domain::{Effect, Origin, Record};
use holdfast_protocol::message::{ReplyPosition, StoredRecord};
use holdfast_store::StoreError;

use super::Paper;
use super::paper::papers;
use crate::house::House;

/// How many records of the journal's end are searched for what asked for a document.
const SEARCHED_MAX: u64 = 10_000;

/// A document that is open, with its place in the journal.
#[derive(Debug)]
pub(crate) struct OpenPaper {
    pub paper: Paper,
    pub position: ReplyPosition,
    pub recorded_at: Timestamp,
    pub may_have_begun: bool,
}

#[derive(Debug, Default)]
pub(crate) struct OpenPapers {
    /// In the journal's order.
    pub papers: Vec<OpenPaper>,
    /// Documents that no paper can be made of: an earlier hub had them, or their record cannot be read.
    pub without: Vec<TransactionId>,
}

/// Reads the records of open documents and makes their papers again. The state is the one to read names from. Blocking.
pub(crate) fn read(house: &House, state: &State, open: &[TransactionId]) -> Result<OpenPapers, StoreError> {
    let mut found = OpenPapers::default();
    let open: BTreeSet<TransactionId> = open.iter().copied().collect();
    let mut state = state.clone();
    let mut tills = BTreeSet::new();
    for stored in records(house, &state, &open)?.into_values() {
        bring(house, &mut state, &stored.record)?;
        let asked = asked(&state, &stored.record);
        for paper in papers(&house.template, &state, &stored.record, &asked) {
            if open.contains(&paper.transaction()) {
                let is_copied = Some(stored.position.epoch) != state.epoch;
                let may_have_begun = tills.insert(paper.till()) || is_copied;
                let (position, recorded_at) = (stored.position, stored.record.recorded_at);
                found.papers.push(OpenPaper { paper, position, recorded_at, may_have_begun });
            }
        }
    }
    let made: BTreeSet<TransactionId> = found.papers.iter().map(|open| open.paper.transaction()).collect();
    found.without = open.into_iter().filter(|transaction| !made.contains(transaction)).collect();
    Ok(found)
}

/// The records that asked for the documents, by their sequence. Most are found by their command's id; a shift's Z and a slip
/// bear the id of what began long before, and the journal's end is searched for those.
fn records(
    house: &House,
    state: &State,
    open: &BTreeSet<TransactionId>,
) -> Result<BTreeMap<u64, StoredRecord>, StoreError> {
    let mut found = BTreeMap::new();
    let mut missing = open.clone();
    let mut take = |stored: StoredRecord, missing: &mut BTreeSet<TransactionId>| {
        let is_offered = matches!(stored.record.origin, Origin::Offered { .. });
        let asked = asked(state, &stored.record);
        let prints = asked.iter().filter_map(|effect| match effect {
            Effect::Print { transaction, .. } => Some(*transaction),
            _ => None,
        });
        let prints: Vec<TransactionId> = prints.filter(|transaction| open.contains(transaction)).collect();
        if !prints.is_empty() && !is_offered {
            missing.retain(|transaction| !prints.contains(transaction));
            found.insert(stored.position.seq, stored);
        }
    };
    for transaction in open {
        // A command can bring two transactions; both are found by its id.
        let by_id = |id: TransactionId| house.store.outcome(id.0);
        let entry =
            by_id(*transaction)?.map_or_else(|| by_id(transaction.counterpart()), |entry| Ok(Some(entry)))?;
        if let Some(Ok(Some(record))) = entry.map(|entry| house.reader.read(entry.seq)) {
            take(holdfast_store::stored_record(record)?, &mut missing);
        }
    }
    let head = house.reader.head().map_or(0, |head| head.seq);
    let mut recent = house.reader.scan(head.saturating_sub(SEARCHED_MAX) + 1);
    while !missing.is_empty()
        && let Some(Ok(record)) = recent.next()
    {
        take(holdfast_store::stored_record(record)?, &mut missing);
    }
    Ok(found)
}

/// What the record's decision asked to be printed, and perhaps more than that: a slip is asked for where somebody has to sign.
fn asked(state: &State, record: &Record) -> Vec<Effect> {
    let of_record = record.origin.terminal();
    let documents = record.outcome.events().iter().filter_map(|event| match event {
        Event::CopyPrinted { document, copy, form, .. } => {
            let form = match form {
                CopyForm::Copy => PaperForm::Copy { number: *copy },
                CopyForm::Gift => PaperForm::Gift { number: *copy },
            };
            Some((of_record?, *document, form))
        }
        Event::DayClosed { document, .. } | Event::ShiftCorrected { document, .. } => {
            Some((of_record?, *document, PaperForm::Original))
        }
        Event::ShiftClosed { stamp, .. } => Some((of_record?, stamp.shift.document(), PaperForm::Original)),
        Event::TenderApproved { attempt, .. } => {
            let terminal = state.attempts.get(attempt)?.stamp.terminal;
            Some((terminal, attempt.document(), PaperForm::Original))
        }
        other => other
            .transaction()
            .and_then(|(transaction, ..)| Some((of_record?, transaction, PaperForm::Original))),
    });
    documents.map(|(terminal, transaction, form)| Effect::Print { terminal, transaction, form }).collect()
}

/// Brings what the papers of a record say and only the disk still has.
fn bring(house: &House, state: &mut State, record: &Record) -> Result<(), StoreError> {
    let (mut sales, mut orders): (Vec<TransactionId>, Vec<OrderId>) = (Vec::new(), Vec::new());
    for event in record.outcome.events() {
        match event {
            Event::SaleCompleted { transaction, order, .. } => {
                sales.push(*transaction);
                orders.push(*order);
            }
            Event::DepositTaken { order, .. } => orders.push(*order),
            Event::GoodsReturned { source: ReturnSource::Receipt { original }, .. }
            | Event::SalePostVoided { original, .. }
            | Event::CopyPrinted { original, .. } => sales.push(*original),
            _ => {}
        }
    }
    for sale in sales {
        if let Some(sale) = house.store.sale(sale)? {
            orders.push(sale.order);
            state.sales.entry(sale.transaction).or_insert(sale);
        }
    }
    for order in orders {
        if let Some(order) = house.store.order(order)? {
            state.orders.entry(order.id).or_insert(order);
        }
    }
    Ok(())
}
