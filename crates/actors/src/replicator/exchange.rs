//! What travels between the hub and HQ, read from the journal and the state for one request.

use std::sync::Arc;
use std::time::Duration;

use holdfast_domain::calendar::Timestamp;
use holdfast_journal::Record;
use holdfast_protocol::uplink::batch::{Header, RECORD_OVERHEAD_BYTES};
use holdfast_protocol::uplink::{ControlTotals, RefusalReason};
use holdfast_replication::{Answer, BatchHeader, Epoch, Point, Window};

use crate::house::House;
use crate::ports::{Uplink, UplinkFailure};

pub(super) async fn send(house: &Arc<House>, uplink: &dyn Uplink, window: Window) -> Answer {
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
pub(super) async fn hashes(house: &Arc<House>, uplink: &dyn Uplink, epoch: Epoch, seq: u64) -> Answer {
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

pub(super) fn failed(failure: &UplinkFailure) -> Answer {
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

pub(super) fn oldest_unsent(house: &House) -> Option<Timestamp> {
    let next = house.headquarters.borrow().durable_through + 1;
    let record = house.reader.read(next).ok()??;
    Some(holdfast_store::stored_record(record).ok()?.record.recorded_at)
}

/// The hub's own sums, for HQ to compare when it has the same records.
pub(super) fn control(house: &House) -> Option<ControlTotals> {
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

pub(super) fn hex(hash: &[u8; 32]) -> String {
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
