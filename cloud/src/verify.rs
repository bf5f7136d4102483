//! Recomputes every figure of a store from its journal and compares, and holds the journal against the heads that hubs signed.
//! Nothing that HQ sees is only in a table.

use std::collections::BTreeMap;

use ed25519_dalek::{Signature, VerifyingKey};
use holdfast_replication::Record as Sent;
use uuid::Uuid;

use crate::error::StoreError;
use crate::model::{HeadState, StoreRow};
use crate::projection::{Facts, Placed, Projection, SalesDelta, StockDelta, StoreClock, project};
use crate::store::{CheckedHead, CloudStore, Figures};
use crate::stored::{self, Meaning};

/// Records taken from the journal at one time.
const PAGE_RECORDS: u32 = 2_000;
/// Heads taken at one time.
const PAGE_HEADS: u32 = 1_000;
/// The most differences that are listed.
pub const DIFFERENCES_MAX: usize = 100;

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub records: u64,
    pub figures: usize,
    /// Signed heads that were looked at.
    pub heads: u64,
    /// Each names a figure or a journal position, what is stored and what the journal says.
    pub differences: Vec<String>,
}

/// Verifies one store: the chain of every epoch, every signed head, and every figure.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(db: &dyn CloudStore, store: &StoreRow) -> Result<Verified, StoreError> {
    let clock = StoreClock::new(&store.time_zone, store.cut_over_minutes)
        .map_err(|_| StoreError::Corrupt { what: "a store's time zone is unknown" })?;
    let id = Uuid::try_parse(&store.store)
        .map_err(|_| StoreError::Corrupt { what: "a store's id is not a UUID" })?;
    let mut facts = Facts::default();
    let mut sums = Sums::default();
    let mut verified = Verified { records: 0, figures: 0, heads: 0, differences: Vec::new() };
    for epoch in db.epochs(id).await? {
        let mut last = epoch.parent;
        while last.seq < epoch.last.seq {
            let page = db.journal_of_epoch(id, epoch.order, last.seq, PAGE_RECORDS).await?;
            let Some(end) = page.last() else {
                verified.differences.push(format!("journal {}.{}: missing", epoch.order, last.seq + 1));
                break;
            };
            let end = end.seq;
            let mut records = Vec::with_capacity(page.len());
            for row in &page {
                let sent = Sent { epoch: row.epoch, seq: row.seq, hash: row.hash, payload: &row.payload };
                if row.seq != last.seq + 1 || stored::chain(&last.hash, &sent) != row.hash {
                    verified
                        .differences
                        .push(format!("journal {}.{}: the chain is broken", epoch.order, row.seq));
                }
                (last.seq, last.hash) = (row.seq, row.hash);
                verified.records += 1;
                if let Meaning::Record(record) = stored::read(&row.payload) {
                    records.push((row.seq, record));
                }
            }
            let placed =
                records.iter().map(|(seq, record)| Placed { epoch_order: epoch.order, seq: *seq, record });
            sums.add(project(&clock, placed, &mut facts));
            last.seq = end;
        }
        if last.seq == epoch.last.seq && last.hash != epoch.last.hash {
            verified
                .differences
                .push(format!("journal {}.{}: not the acknowledged head", epoch.order, last.seq));
        }
    }
    heads(db, id, &mut verified).await?;
    let expected = sums.figures();
    let found = db.figures(id).await?;
    verified.figures = expected.len();
    compare(&expected, &found, &mut verified.differences);
    verified.differences.truncate(DIFFERENCES_MAX);
    Ok(verified)
}

/// Every head has its hub's signature, and the journal has the record that it names.
async fn heads(db: &dyn CloudStore, store: Uuid, verified: &mut Verified) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = db.checked_heads(store, after.as_ref(), PAGE_HEADS).await?;
        for CheckedHead { row, found } in &page {
            verified.heads += 1;
            let at = format!("head {} of hub {}", row.head.seq, row.head.hub);
            let mut key = [0; 32];
            let key = hex::decode_to_slice(&row.public_key, &mut key).ok().map(|()| key);
            let key = key.and_then(|key| VerifyingKey::from_bytes(&key).ok());
            let genuine = row.head.decode().zip(key).is_some_and(|(signed, key)| {
                let signature = Signature::from_bytes(&signed.signature);
                key.verify_strict(&signed.head.signing_bytes(), &signature).is_ok()
            });
            if !genuine {
                verified.differences.push(format!("{at}: not signed by the hub's key"));
            } else if *found == HeadState::Mismatch {
                verified.differences.push(format!("{at}: the journal has another record there"));
            } else if *found != row.state {
                let (stored, found) = (row.state, *found);
                verified.differences.push(format!("{at}: stored {stored:?}, journal says {found:?}"));
            }
        }
        match page.into_iter().last() {
            Some(CheckedHead { row, .. }) => after = Some(row),
            None => return Ok(()),
        }
    }
}

fn compare(expected: &Figures, found: &Figures, differences: &mut Vec<String>) {
    for (key, value) in expected {
        match found.get(key) {
            Some(stored) if stored == value => {}
            Some(stored) => differences.push(format!("{key}: stored {stored}, journal says {value}")),
            None => differences.push(format!("{key}: not stored, journal says {value}")),
        }
    }
    for (key, stored) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
        differences.push(format!("{key}: stored {stored}, journal knows nothing of it"));
    }
}

/// All projections of a store, added up.
#[derive(Debug, Default)]
struct Sums {
    hourly: BTreeMap<(String, i64, &'static str), SalesDelta>,
    by_epoch: BTreeMap<(u32, &'static str), SalesDelta>,
    stock: BTreeMap<String, StockDelta>,
    orders: BTreeMap<Uuid, (&'static str, i64)>,
    transactions: BTreeMap<Uuid, String>,
}

impl Sums {
    fn add(&mut self, projection: Projection) {
        for (key, delta) in &projection.hourly {
            self.hourly.entry(key.clone()).or_default().add(delta);
        }
        for (key, delta) in &projection.by_epoch {
            self.by_epoch.entry(*key).or_default().add(delta);
        }
        for (sku, delta) in projection.stock {
            let sum = self.stock.entry(sku).or_default();
            sum.on_hand += delta.on_hand;
            sum.sold += delta.sold;
            sum.adjusted += delta.adjusted;
            sum.reserved += delta.reserved;
        }
        for order in &projection.orders {
            self.orders.insert(order.order, (order.state, 0));
        }
        for change in &projection.order_changes {
            if let Some((state, paid)) = self.orders.get_mut(&change.order) {
                *state = change.state;
                *paid += change.paid;
            }
        }
        for entry in &projection.transactions {
            let text = format!(
                "{} {} {} {} {} {} {}.{}",
                entry.kind.as_str(),
                entry.receipt,
                entry.totals.net,
                entry.totals.tax,
                entry.totals.gross,
                entry.due,
                entry.epoch_order,
                entry.seq
            );
            self.transactions.insert(entry.transaction, text);
        }
    }

    fn figures(&self) -> Figures {
        let mut figures = Figures::new();
        let mut daily: BTreeMap<(&str, &str), SalesDelta> = BTreeMap::new();
        for ((date, hour, currency), delta) in &self.hourly {
            daily.entry((date, currency)).or_default().add(delta);
            figures.insert(format!("hourly/{date}/{hour}/{currency}"), sales_text(delta));
        }
        for ((date, currency), delta) in &daily {
            figures.insert(format!("daily/{date}/{currency}"), sales_text(delta));
        }
        for ((order, currency), delta) in &self.by_epoch {
            figures.insert(format!("epoch/{order}/{currency}"), sales_text(delta));
        }
        for (sku, sum) in &self.stock {
            let text = format!("{} {} {} {}", sum.on_hand, sum.sold, sum.adjusted, sum.reserved);
            figures.insert(format!("stock/{sku}"), text);
        }
        for (id, text) in &self.transactions {
            figures.insert(format!("transaction/{id}"), text.clone());
        }
        for (id, (state, paid)) in &self.orders {
            figures.insert(format!("order/{id}"), format!("{state} {paid}"));
        }
        figures
    }
}

fn sales_text(delta: &SalesDelta) -> String {
    let totals = delta.totals;
    format!(
        "{} {} {} {} {} {} {}",
        delta.sales, delta.returns, delta.post_voids, totals.net, totals.tax, totals.gross, totals.discount
    )
}
