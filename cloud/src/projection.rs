//! What a record means for HQ's figures. Pure: the database brings the few facts that lie outside the batch, and writes the
//! rows that come out. The same function recomputes everything for `verify`.

use std::collections::{HashMap, HashSet};

use holdfast_domain::amendment::{AddedItem, CatalogChange};
use holdfast_domain::event::{Event, ReturnSource, Stamp};
use holdfast_domain::ids::{OrderId, StaffId, TransactionId};
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, DiscountPart, DiscountSource, Line, LineFate};
use holdfast_domain::order::{Channel, Totals};
use holdfast_domain::record::Record;
use holdfast_domain::shift::Mode;
use holdfast_domain::tax::{TaxBasis, TaxTotal};
use holdfast_domain::tender::{Payment, Tender};
use uuid::Uuid;

use crate::model::{DocumentLineRow, TaxRow, TenderRow};

mod clock;
mod rows;

pub use clock::StoreClock;
pub use rows::{
    ChangeEntry, Kind, OrderChange, OrderEdit, OrderRow, Projection, SalesDelta, StampRow, StockDelta,
    TotalsRow, TrailEntry, TransactionEntry,
};

/// A record at its place.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    pub epoch_order: u32,
    pub seq: u64,
    pub record: &'a Record,
}

/// The state of an order that is open and whose goods are no longer held for it.
pub const EXPIRED: &str = "expired";

/// What a later event needs to know about an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownOrder {
    pub training: bool,
    pub not_in_hand: bool,
    /// Whether its goods are no longer held, though it is open.
    pub expired: bool,
    /// Product, description, thousandths: kept lines that carry stock.
    pub stock: Vec<(String, String, i64)>,
    pub gross: i64,
}

impl KnownOrder {
    fn holds_stock(&self) -> bool {
        !self.training && !self.expired
    }
}

/// What is known besides the records themselves. It grows while projecting, so that a whole journal can be projected page by
/// page.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub orders: HashMap<Uuid, KnownOrder>,
    /// The order of each sale that a post-void may point at.
    pub sales: HashMap<Uuid, Uuid>,
    /// Transactions that are counted already: what a till offers to a second hub counts once.
    pub counted: HashSet<Uuid>,
}

/// What must be looked up before projecting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    pub orders: Vec<Uuid>,
    /// Sales whose order is wanted too.
    pub sales: Vec<Uuid>,
    pub transactions: Vec<Uuid>,
}

/// The orders and transactions that records point at, besides those that they bring themselves.
pub fn needs<'a>(records: impl Iterator<Item = &'a Record>) -> Needs {
    let mut needs = Needs::default();
    for event in records.flat_map(|record| record.outcome.events()) {
        if let Some((transaction, _, _)) = event.transaction() {
            needs.transactions.push(transaction_uuid(transaction));
        }
        match event {
            Event::OrderPlaced { order, .. }
            | Event::SaleCompleted { order, .. }
            | Event::OrderCancelled { order, .. }
            | Event::ReservationExpired { order, .. }
            | Event::DepositTaken { order, .. }
            | Event::OrderEdited { order, .. } => needs.orders.push(order.0),
            Event::SalePostVoided { original, .. } | Event::CopyPrinted { original, .. } => {
                needs.sales.push(transaction_uuid(*original))
            }
            _ => {}
        }
    }
    for ids in [&mut needs.orders, &mut needs.sales, &mut needs.transactions] {
        ids.sort_unstable();
        ids.dedup();
    }
    needs
}

/// Projects records in their order.
pub fn project<'a>(
    clock: &StoreClock,
    records: impl Iterator<Item = Placed<'a>>,
    facts: &mut Facts,
) -> Projection {
    let mut out = Projection::default();
    for placed in records {
        out.last_recorded_at_ms = Some(placed.record.recorded_at.0);
        let mut projecting = Projecting { clock, placed, event_number: 0, facts, out: &mut out };
        for event in placed.record.outcome.events() {
            projecting.event(event);
            projecting.event_number += 1;
        }
    }
    out
}

fn transaction_uuid(id: TransactionId) -> Uuid {
    id.0.0
}

struct Projecting<'a, 'b> {
    clock: &'a StoreClock,
    placed: Placed<'b>,
    event_number: u32,
    facts: &'a mut Facts,
    out: &'a mut Projection,
}

/// The parts of a transaction that differ by its kind.
struct Parts<'e> {
    kind: Kind,
    order: Option<Uuid>,
    original: Option<Uuid>,
    document: Option<Uuid>,
    basis: Option<TaxBasis>,
    totals: Option<&'e Totals>,
    taxes: &'e [TaxTotal],
    payment: Option<&'e Payment>,
    reason: &'e str,
}

impl Projecting<'_, '_> {
    fn event(&mut self, event: &Event) {
        if let Some((transaction, _, _)) = event.transaction()
            && !self.facts.counted.insert(transaction_uuid(transaction))
        {
            return;
        }
        match event {
            Event::TerminalEnrolled { terminal, number, name, .. } => {
                self.out.tills.insert(terminal.0, (i64::from(number.0), name.to_string()));
            }
            Event::OrderPlaced { stamp, order, channel, lines, totals, .. } => {
                self.place(event, stamp, *order, *channel, lines, totals);
            }
            Event::OrderCancelled { order, reason, .. } => {
                self.release(order.0);
                self.advance(*order, "cancelled", 0);
                self.transaction(
                    event,
                    &Parts { order: Some(order.0), reason: &reason.to_string(), ..none(Kind::Cancelled) },
                );
            }
            Event::BasketAbandoned { transaction, basis, lines, reason, .. } => {
                let document = transaction_uuid(*transaction);
                self.lines(document, lines.iter());
                let reason = reason.to_string();
                let parts = Parts {
                    document: Some(document),
                    basis: Some(*basis),
                    reason: &reason,
                    ..none(Kind::Abandoned)
                };
                self.transaction(event, &parts);
            }
            Event::DepositTaken { order, payment, .. } => {
                let expired = self.facts.orders.get(&order.0).is_some_and(|known| known.expired);
                self.advance(*order, if expired { EXPIRED } else { "partly_paid" }, payment.due.minor());
                let parts = Parts {
                    order: Some(order.0),
                    document: Some(order.0),
                    payment: Some(payment),
                    ..none(Kind::Deposit)
                };
                self.transaction(event, &parts);
            }
            Event::SaleCompleted { transaction, order, basis, totals, taxes, payment, .. } => {
                self.complete(*order, payment);
                self.facts.sales.insert(transaction_uuid(*transaction), order.0);
                let parts = Parts {
                    order: Some(order.0),
                    document: Some(order.0),
                    basis: Some(*basis),
                    totals: Some(totals),
                    taxes,
                    payment: Some(payment),
                    ..none(Kind::Sale)
                };
                self.transaction(event, &parts);
            }
            Event::ReservationExpired { order, .. } => {
                self.release(order.0);
                if let Some(known) = self.facts.orders.get_mut(&order.0) {
                    known.expired = true;
                }
                self.advance(*order, EXPIRED, 0);
                self.trail(order.0, event);
            }
            Event::OrderFulfilled { order, .. } => {
                self.advance(*order, "fulfilled", 0);
                self.trail(order.0, event);
            }
            Event::GoodsReturned {
                stamp,
                transaction,
                source,
                basis,
                lines,
                totals,
                taxes,
                payment,
                reason,
                ..
            } => {
                let document = transaction_uuid(*transaction);
                self.lines(document, lines.iter().map(|returned| &returned.line));
                for returned in lines {
                    self.take_back(stamp.mode == Mode::Training, &returned.line);
                }
                let original = match source {
                    ReturnSource::Receipt { original } => Some(transaction_uuid(*original)),
                    ReturnSource::NoReceipt => None,
                };
                let reason = reason.to_string();
                let parts = Parts {
                    original,
                    document: Some(document),
                    basis: Some(*basis),
                    totals: Some(totals),
                    taxes,
                    payment: Some(payment),
                    reason: &reason,
                    ..none(Kind::Return)
                };
                self.transaction(event, &parts);
            }
            Event::SalePostVoided { original, totals, taxes, payment, reason, .. } => {
                let original = transaction_uuid(*original);
                let order = self.facts.sales.get(&original).copied();
                self.void(order);
                let reason = reason.to_string();
                let parts = Parts {
                    original: Some(original),
                    document: order,
                    totals: Some(totals),
                    taxes,
                    payment: Some(payment),
                    reason: &reason,
                    ..none(Kind::PostVoid)
                };
                self.transaction(event, &parts);
            }
            Event::CashMoved { movement, amount, reason, .. } => {
                let (payment, reason) = (movement.payment(*amount), reason.to_string());
                let parts = Parts { payment: Some(&payment), reason: &reason, ..none(Kind::Cash(*movement)) };
                self.transaction(event, &parts);
            }
            // Money for what is not sold yet: no turnover, and the tenders count.
            Event::ValueIssued { payment, .. } => {
                let parts = Parts { payment: Some(payment), ..none(Kind::ValueIssued) };
                self.transaction(event, &parts);
            }
            Event::ValueIssueVoided { original, payment, reason, .. } => {
                let reason = reason.to_string();
                let parts = Parts {
                    original: Some(transaction_uuid(*original)),
                    payment: Some(payment),
                    reason: &reason,
                    ..none(Kind::ValueIssueVoided)
                };
                self.transaction(event, &parts);
            }
            // Not the store's money: it stands beside the transaction that it came with.
            Event::TipTaken { transaction, tenders, .. }
            | Event::TipReturned { transaction, tenders, .. } => {
                let document = transaction_uuid(*transaction);
                let found = self.out.transactions.iter_mut().rfind(|entry| entry.transaction == document);
                if let Some(entry) = found {
                    entry.tips = tenders.iter().map(tender_row).collect();
                }
            }
            Event::CatalogAmended { by, change } => {
                let (kind, subject, detail) = amended(change);
                self.change(kind, subject, detail, *by);
            }
            Event::StaffAdded { by, number, role, .. } => {
                self.change("staff_added", number.to_string(), format!("as {role}"), *by);
            }
            Event::StockAdjusted { changes, .. } => {
                for change in changes {
                    let delta = self.out.stock.entry(change.sku.to_string()).or_default();
                    delta.on_hand += change.quantity.thousandths();
                    delta.adjusted -= change.quantity.thousandths();
                }
            }
            Event::OrderParked { order, .. }
            | Event::OrderRetrieved { order, .. }
            | Event::AgeChecked { order, .. }
            | Event::GoodsExchanged { order, .. } => self.trail(order.0, event),
            Event::OrderEdited { order, lines, totals, .. } => self.edit(event, *order, lines, totals),
            Event::CopyPrinted { original, .. } => {
                let original = transaction_uuid(*original);
                if let Some(order) = self.facts.sales.get(&original).copied() {
                    self.trail(order, event);
                }
            }
            Event::ReceiptAliased { transaction, .. } => self.trail(transaction_uuid(*transaction), event),
            Event::DocumentSettled { transaction, .. } => self.trail(transaction_uuid(*transaction), event),
            // What is left concerns hub, staff, shifts and catalog: kept in the journal, no figure of HQ's yet.
            _ => {}
        }
    }

    fn place(
        &mut self,
        event: &Event,
        stamp: &Stamp,
        order: OrderId,
        channel: Channel,
        lines: &[Line],
        totals: &Totals,
    ) {
        let training = stamp.mode == Mode::Training;
        let (stock, parts) = stock_of(lines);
        let known = KnownOrder {
            training,
            not_in_hand: channel == Channel::NotInHand,
            expired: false,
            stock,
            gross: totals.gross.minor(),
        };
        if self.facts.orders.contains_key(&order.0) {
            return;
        }
        if !training {
            for (sku, description, quantity) in &known.stock {
                let delta = self.stock(sku, description);
                delta.reserved += quantity;
            }
        }
        self.facts.orders.insert(order.0, known);
        self.lines(order.0, lines.iter());
        self.out.orders.push(OrderRow {
            order: order.0,
            state: "placed",
            channel: match channel {
                Channel::Counter => "counter",
                Channel::NotInHand => "not_in_hand",
            },
            stamp: stamp_row(stamp),
            placed_at_ms: self.placed.record.recorded_at.0,
            currency: totals.gross.currency().code(),
            totals: TotalsRow::of(totals),
            parts,
            epoch_order: self.placed.epoch_order,
            seq: self.placed.seq,
        });
        self.trail(order.0, event);
    }

    /// The order's lines are others: what was reserved for it is released, and what its sale will say is written anew.
    fn edit(&mut self, event: &Event, order: OrderId, lines: &[Line], totals: &Totals) {
        self.release(order.0);
        let (stock, parts) = stock_of(lines);
        let Some(known) = self.facts.orders.get_mut(&order.0) else { return };
        (known.stock, known.gross) = (stock.clone(), totals.gross.minor());
        if known.holds_stock() {
            for (sku, description, quantity) in &stock {
                self.stock(sku, description).reserved += quantity;
            }
        }
        self.out.lines.retain(|(document, _)| *document != order.0);
        self.lines(order.0, lines.iter());
        let totals = TotalsRow::of(totals);
        match self.out.orders.iter_mut().find(|row| row.order == order.0) {
            Some(row) => (row.totals, row.parts) = (totals, parts),
            None => {
                self.out.order_edits.retain(|edit| edit.order != order.0);
                self.out.order_edits.push(OrderEdit { order: order.0, totals, parts });
            }
        }
        self.trail(order.0, event);
    }

    fn complete(&mut self, order: OrderId, payment: &Payment) {
        let Some(known) = self.facts.orders.get(&order.0).cloned() else { return };
        self.release(order.0);
        if !known.training {
            for (sku, description, quantity) in &known.stock {
                let delta = self.stock(sku, description);
                delta.on_hand -= quantity;
                delta.sold += quantity;
            }
        }
        self.advance(order, if known.not_in_hand { "paid" } else { "fulfilled" }, payment.due.minor());
    }

    fn void(&mut self, order: Option<Uuid>) {
        let Some(known) = order.and_then(|order| self.facts.orders.get(&order)).cloned() else { return };
        if known.training {
            return;
        }
        for (sku, description, quantity) in &known.stock {
            let delta = self.stock(sku, description);
            delta.on_hand += quantity;
            delta.sold -= quantity;
        }
    }

    fn release(&mut self, order: Uuid) {
        let Some(known) = self.facts.orders.get(&order).cloned() else { return };
        if !known.holds_stock() {
            return;
        }
        for (sku, description, quantity) in &known.stock {
            self.stock(sku, description).reserved -= quantity;
        }
    }

    fn take_back(&mut self, training: bool, line: &Line) {
        if training {
            return;
        }
        for goods in line.goods() {
            let description = if *goods.sku == line.sku { line.description.as_str() } else { "" };
            let delta = self.stock(goods.sku.as_str(), description);
            delta.on_hand += goods.quantity.thousandths();
            delta.sold -= goods.quantity.thousandths();
        }
    }

    fn stock(&mut self, sku: &str, description: &str) -> &mut StockDelta {
        let delta = self.out.stock.entry(sku.to_owned()).or_default();
        // A part of a bundle comes without one.
        if !description.is_empty() {
            description.clone_into(&mut delta.description);
        }
        delta
    }

    fn advance(&mut self, order: OrderId, state: &'static str, paid: i64) {
        self.out.order_changes.push(OrderChange { order: order.0, state, paid });
    }

    fn trail(&mut self, document: Uuid, event: &Event) {
        self.out.trail.push(TrailEntry {
            document,
            epoch_order: self.placed.epoch_order,
            seq: self.placed.seq,
            event_number: self.event_number,
            event: event.name(),
            recorded_at_ms: self.placed.record.recorded_at.0,
        });
    }

    fn change(&mut self, kind: &'static str, subject: String, detail: String, by: StaffId) {
        self.out.changes.push(ChangeEntry {
            epoch_order: self.placed.epoch_order,
            seq: self.placed.seq,
            event_number: self.event_number,
            kind,
            subject,
            detail,
            staff: by.0,
            recorded_at_ms: self.placed.record.recorded_at.0,
        });
    }

    fn lines<'l>(&mut self, document: Uuid, lines: impl Iterator<Item = &'l Line>) {
        self.out.lines.push((document, lines.map(line_row).collect()));
    }

    fn transaction(&mut self, event: &Event, parts: &Parts<'_>) {
        let Some((transaction, receipt, stamp)) = event.transaction() else { return };
        let transaction = transaction_uuid(transaction);
        let stamp = stamp_row(stamp);
        let recorded_at_ms = self.placed.record.recorded_at.0;
        let local_hour = self.clock.sale_hour(&stamp.business_date, stamp.occurred_at_ms, recorded_at_ms);
        let back = matches!(parts.kind, Kind::Return | Kind::PostVoid);
        let totals = parts.totals.map(TotalsRow::of).unwrap_or_default();
        let totals = if back { totals.negated() } else { totals };
        let currency = parts
            .totals
            .map(|totals| totals.gross.currency())
            .or(parts.payment.map(|payment| payment.due.currency()))
            .map_or("", |currency| currency.code());
        let sign = if back { -1 } else { 1 };
        let taxes = parts.taxes.iter().map(|tax| TaxRow {
            code: tax.code.to_string(),
            rate_millionths: i64::from(tax.rate.millionths()),
            net_minor: sign * tax.net.minor(),
            tax_minor: sign * tax.tax.minor(),
        });
        let tenders = parts.payment.map_or(&[][..], |payment| &payment.tenders).iter().map(tender_row);
        if !stamp.training {
            *self.out.transactions_by_epoch.entry(self.placed.epoch_order).or_default() += 1;
        }
        if parts.kind.counts() && !stamp.training {
            let delta = SalesDelta {
                sales: i64::from(parts.kind == Kind::Sale),
                returns: i64::from(parts.kind == Kind::Return),
                post_voids: i64::from(parts.kind == Kind::PostVoid),
                totals,
            };
            let key = (stamp.business_date.clone(), local_hour, currency);
            self.out.hourly.entry(key).or_default().add(&delta);
            self.out.by_epoch.entry((self.placed.epoch_order, currency)).or_default().add(&delta);
        }
        let entry = TransactionEntry {
            transaction,
            kind: parts.kind,
            receipt: receipt.to_string(),
            local_hour,
            recorded_at_ms,
            order: parts.order,
            original: parts.original,
            document: parts.document,
            tax_basis: match parts.basis {
                Some(TaxBasis::Inclusive) => "inclusive",
                Some(TaxBasis::Exclusive) => "exclusive",
                None => "",
            },
            currency,
            totals,
            due: parts.payment.map_or(0, |payment| payment.due.minor()),
            rounding: parts.payment.map_or(0, |payment| payment.rounding.minor()),
            change: parts.payment.map_or(0, |payment| payment.change.minor()),
            reason: parts.reason.to_owned(),
            taxes: taxes.collect(),
            tenders: tenders.collect(),
            tips: Vec::new(),
            epoch_order: self.placed.epoch_order,
            seq: self.placed.seq,
            stamp,
        };
        self.out.transactions.push(entry);
        self.trail(transaction, event);
        if let Some(original) = parts.original {
            self.trail(original, event);
        }
    }
}

fn none<'e>(kind: Kind) -> Parts<'e> {
    Parts {
        kind,
        order: None,
        original: None,
        document: None,
        basis: None,
        totals: None,
        taxes: &[],
        payment: None,
        reason: "",
    }
}

/// A change of the catalog as HQ reads it.
fn amended(change: &CatalogChange) -> (&'static str, String, String) {
    match change {
        CatalogChange::ItemAdded { item } => {
            let AddedItem { sku, description, barcodes, tax_class, unit_price, .. } = &**item;
            let barcodes: Vec<String> = barcodes.iter().map(ToString::to_string).collect();
            let detail =
                format!("{description}, {unit_price}, tax {tax_class}, barcode {}", barcodes.join(", "));
            ("item_added", sku.to_string(), detail)
        }
        CatalogChange::MarkedDown { sku, before, after, until, reason } => {
            let until = until.map_or_else(String::new, |until| format!(", before {}", until.date));
            ("marked_down", sku.to_string(), format!("{before} to {after}{until}: {reason}"))
        }
    }
}

fn tender_row(tender: &Tender) -> TenderRow {
    TenderRow { kind: tender.kind.code().to_string(), amount_minor: tender.amount.minor() }
}

fn part_note(part: &DiscountPart) -> String {
    let amount = part.amount;
    match &part.source {
        DiscountSource::Line { reason } => format!("discount {amount}: {reason}"),
        DiscountSource::Promotion { name, coupon: None, .. } => format!("{name}: {amount}"),
        DiscountSource::Promotion { name, coupon: Some(coupon), .. } => {
            format!("{name}: {amount}, coupon {coupon}")
        }
        DiscountSource::Basket { reason } => format!("share of the basket's discount {amount}: {reason}"),
    }
}

fn stamp_row(stamp: &Stamp) -> StampRow {
    StampRow {
        terminal: stamp.terminal.0,
        operator: stamp.operator.0,
        shift: stamp.shift.0,
        business_date: stamp.business_date.to_string(),
        training: stamp.mode == Mode::Training,
        occurred_at_ms: stamp.occurred_at.0,
    }
}

/// What leaves stock as a part of something else.
/// What lines hold: product, description where it is known, thousandths.
type Held = Vec<(String, String, i64)>;

/// What lines hold of every product, and what of it are parts of bundles, which no line names.
fn stock_of(lines: &[Line]) -> (Held, Held) {
    let own = lines.iter().filter(|line| line.carries_stock());
    let own =
        own.map(|line| (line.sku.to_string(), line.description.to_string(), line.quantity.thousandths()));
    let parts = lines.iter().filter(|line| !line.carries_stock()).flat_map(Line::goods);
    let parts: Held =
        parts.map(|goods| (goods.sku.to_string(), String::new(), goods.quantity.thousandths())).collect();
    (own.chain(parts.iter().cloned()).collect(), parts)
}

fn line_row(line: &Line) -> DocumentLineRow {
    let mut notes = Vec::new();
    if let AppliedPrice::Override { list_price, reason, .. } = &line.price {
        notes.push(format!("price changed from {list_price}: {reason}"));
    }
    match &line.discount {
        AppliedDiscount::None => {}
        AppliedDiscount::Percent { rate, reason, .. } => notes.push(format!("discount {rate}: {reason}")),
        AppliedDiscount::Amount { reason, .. } => notes.push(format!("discount: {reason}")),
        AppliedDiscount::Parts { parts } => notes.extend(parts.iter().map(part_note)),
    }
    if let LineFate::Voided { reason } = &line.fate {
        notes.push(format!("taken off: {reason}"));
    }
    let rates: Vec<String> = line.taxes.iter().map(|tax| format!("{} {}", tax.code, tax.rate)).collect();
    DocumentLineRow {
        line_number: i64::from(line.number.0),
        sku: line.sku.to_string(),
        description: line.description.to_string(),
        unit: format!("{:?}", line.unit).to_lowercase(),
        carries_stock: line.carries_stock(),
        quantity_thousandths: line.quantity.thousandths(),
        unit_price_e4: line.price.unit_price().ten_thousandths(),
        extended_minor: line.extended.minor(),
        discount_minor: line.discount.amount().map_or(0, holdfast_money::Money::minor),
        net_minor: line.net.minor(),
        gross_minor: line.gross.minor(),
        tax_class: line.tax_class.to_string(),
        tax_rates: rates.join(", "),
        voided: !line.is_kept(),
        note: notes.join("; "),
    }
}
