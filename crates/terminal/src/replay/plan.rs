//! What each invoice becomes, before anything is sent. Pure: the same receipts, catalog, settings and ids give the same
//! plan.
//!
//! - Lines with a price and a positive quantity on an invoice: one order, paid in cash, with the receipt's prices.
//! - Lines of a cancellation: returns, by receipt where [`super::matching`] finds the sale (one command for each sale),
//!   the rest together without a receipt.
//! - Lines without a price, or with a negative quantity on an invoice that is no cancellation: a stock adjustment, so that
//!   on-hand ends as minus the sum of the quantities.

use std::collections::{BTreeMap, HashMap};

use holdfast_domain::bounded::{Reason, Sku};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::catalog::{ItemRef, Product};
use holdfast_domain::command::{AdjustLine, ReturnGoods, ReturnLine, ReturnedGoods};
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, TransactionId};
use holdfast_domain::line::{LINES_MAX, LineInput, LineNumber, PriceInput};
use holdfast_domain::pricing::ROUNDING;
use holdfast_domain::receipt::ReceiptSource;
use holdfast_money::{Currency, Money, Quantity};
use jiff::tz::TimeZone;

use super::matching::{SoldGoods, SoldLine};
use super::receipts::{Receipts, Row};
use super::report::RefusedLine;
use crate::ids::Derivation;

/// The most lines of one order here: its request and the hub's reply, which carries the stored order, stay below the
/// 256 KiB of one message. A longer invoice becomes several orders.
pub const ORDER_LINES_MAX: usize = 1_200;
const _: () = assert!(ORDER_LINES_MAX <= LINES_MAX);

/// Facts that the plan is made with.
#[derive(Debug)]
pub struct Facts<'a> {
    pub catalog: &'a BTreeMap<Sku, Product>,
    pub currency: Currency,
    pub time_zone: &'a TimeZone,
    pub ids: &'a Derivation,
}

/// What is to be asked, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub days: Vec<Day>,
    /// Lines that cannot be asked for at all.
    pub refused: Vec<RefusedLine>,
    pub invoices: u64,
    pub cancellations: u64,
    /// Every line of the files, good or bad.
    pub lines: u64,
}

/// One business day in its shift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub date: BusinessDate,
    pub shift: ShiftId,
    pub open: CommandId,
    pub close: CommandId,
    pub opened_at: Timestamp,
    pub closed_at: Timestamp,
    pub steps: Vec<Step>,
}

/// One invoice's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub rows: Vec<Row>,
    pub occurred_at: Timestamp,
    pub act: Act,
    /// What it does to on-hand when it is acknowledged.
    pub stock: Vec<(Sku, Quantity)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Sell {
        place: CommandId,
        pay: CommandId,
        cancel: CommandId,
        order: OrderId,
        lines: Vec<LineInput>,
        total: Money,
    },
    Return {
        command: CommandId,
        goods: ReturnGoods,
    },
    Adjust {
        command: CommandId,
        changes: Vec<AdjustLine>,
    },
}

impl Plan {
    pub fn shifts(&self) -> impl Iterator<Item = ShiftId> + '_ {
        self.days.iter().map(|day| day.shift)
    }
}

/// Plans the receipts.
pub fn plan(receipts: &Receipts, facts: &Facts<'_>) -> Plan {
    let mut planner = Planner { facts, sold: SoldGoods::default(), days: Vec::new(), refused: Vec::new() };
    for bad in &receipts.bad {
        planner.refused.push(RefusedLine::unreadable(bad));
    }
    let (mut order, mut invoices): (Vec<&str>, HashMap<&str, Vec<&Row>>) = Default::default();
    for row in &receipts.rows {
        invoices
            .entry(&row.invoice)
            .or_insert_with(|| {
                order.push(&row.invoice);
                Vec::new()
            })
            .push(row);
    }
    for invoice in &order {
        planner.invoice(invoice, &invoices[invoice]);
    }
    Plan {
        days: planner.days,
        refused: planner.refused,
        invoices: order.len() as u64,
        cancellations: order.iter().filter(|invoice| invoice.starts_with(['C', 'c'])).count() as u64,
        lines: (receipts.rows.len() + receipts.bad.len()) as u64,
    }
}

struct Planner<'a> {
    facts: &'a Facts<'a>,
    sold: SoldGoods,
    days: Vec<Day>,
    refused: Vec<RefusedLine>,
}

impl Planner<'_> {
    fn invoice(&mut self, invoice: &str, rows: &[&Row]) {
        let (mut sales, mut returns, mut adjustments) = (Vec::new(), Vec::new(), Vec::new());
        for &row in rows {
            let Some(product) = self.facts.catalog.get(&row.sku) else {
                let reason = format!("product {} is not in the store's catalog; import it first", row.sku);
                self.refused.push(RefusedLine::of(row, "HF-TIL-021", &reason));
                continue;
            };
            if row.is_cancellation() {
                if row.quantity < 0 {
                    returns.push(row);
                } else {
                    let reason = "a cancellation takes back: its quantity must be negative";
                    self.refused.push(RefusedLine::of(row, "HF-TIL-020", reason));
                }
            } else if row.quantity > 0 && row.price > holdfast_money::UnitPrice::ZERO {
                sales.push(row);
            } else if !product.stock.is_counted() {
                let reason = "it costs nothing and its product carries no stock: nothing would change";
                self.refused.push(RefusedLine::of(row, "HF-TIL-022", reason));
            } else {
                adjustments.push(row);
            }
        }
        for (part, rows) in (1..).zip(sales.chunks(ORDER_LINES_MAX)) {
            self.sell(invoice, part, rows);
        }
        self.take_back(invoice, &returns);
        for (part, rows) in (1..).zip(adjustments.chunks(ORDER_LINES_MAX)) {
            self.adjust(invoice, part, rows);
        }
    }

    fn sell(&mut self, invoice: &str, part: u32, rows: &[&Row]) {
        let ids = self.facts.ids;
        let pay = ids.command("pay", invoice, part);
        let (mut lines, mut total, mut stock) =
            (Vec::with_capacity(rows.len()), Money::zero(self.facts.currency), Vec::new());
        for (number, &row) in (1..).zip(rows) {
            let line = LineNumber(number);
            lines.push(priced(row, line));
            total += row.price.extend(row.amount(), self.facts.currency, ROUNDING);
            stock.extend(self.moved(row, -row.amount()));
            let sold = SoldLine { sale: TransactionId(pay), line, quantity: row.quantity };
            self.sold.sold(row.customer.as_deref(), &row.sku, row.price, sold);
        }
        let act = Act::Sell {
            place: ids.command("place", invoice, part),
            pay,
            cancel: ids.command("cancel", invoice, part),
            order: ids.order(invoice, part),
            lines,
            total,
        };
        self.step(rows, act, stock);
    }

    /// Returns by receipt, one command for each sale in the order of the lines, then what is left without one.
    fn take_back(&mut self, invoice: &str, rows: &[&Row]) {
        let mut by_sale: Vec<(TransactionId, Vec<&Row>, BTreeMap<LineNumber, i64>)> = Vec::new();
        let mut rest: Vec<&Row> = Vec::new();
        for &row in rows {
            let wanted = row.quantity.abs();
            let Some(taken) = self.sold.take_back(row.customer.as_deref(), &row.sku, row.price, wanted)
            else {
                rest.push(row);
                continue;
            };
            let Some(sale) = taken.first().map(|line| line.sale) else { continue };
            let at = by_sale.iter().position(|(known, ..)| *known == sale).unwrap_or_else(|| {
                by_sale.push((sale, Vec::new(), BTreeMap::new()));
                by_sale.len() - 1
            });
            let (_, of, lines) = &mut by_sale[at];
            of.push(row);
            for line in taken {
                *lines.entry(line.line).or_insert(0) += line.quantity;
            }
        }
        for (part, (original, rows, lines)) in (1..).zip(by_sale) {
            let lines = lines.into_iter().map(|(line, pieces)| ReturnLine {
                line,
                quantity: Quantity::from_thousandths(pieces.saturating_mul(1_000)),
            });
            let goods = ReturnedGoods::ByReceipt { original, lines: lines.collect() };
            self.give_back(invoice, "return", part, &rows, goods);
        }
        for (part, rows) in (1..).zip(rest.chunks(ORDER_LINES_MAX)) {
            let lines = (1..).zip(rows).map(|(number, row)| priced(row, LineNumber(number)));
            let goods = ReturnedGoods::NoReceipt { lines: lines.collect() };
            self.give_back(invoice, "return-without-receipt", part, rows, goods);
        }
    }

    fn give_back(&mut self, invoice: &str, kind: &str, part: u32, rows: &[&Row], goods: ReturnedGoods) {
        let goods = ReturnGoods {
            reason: reason("cancelled invoice"),
            receipt: ReceiptSource::Hub,
            goods,
            credit: None,
        };
        let stock = rows.iter().filter_map(|row| self.moved(row, row.amount())).collect();
        let command = self.facts.ids.command(kind, invoice, part);
        self.step(rows, Act::Return { command, goods }, stock);
    }

    fn adjust(&mut self, invoice: &str, part: u32, rows: &[&Row]) {
        // The file's quantity is what left the shop.
        let left = |row: &Row| if row.quantity > 0 { -row.amount() } else { row.amount() };
        let changes =
            rows.iter().map(|row| AdjustLine { item: ItemRef::Sku(row.sku.clone()), quantity: left(row) });
        let act = Act::Adjust {
            command: self.facts.ids.command("adjust", invoice, part),
            changes: changes.collect(),
        };
        let stock = rows.iter().map(|row| (row.sku.clone(), left(row))).collect();
        self.step(rows, act, stock);
    }

    fn moved(&self, row: &Row, quantity: Quantity) -> Option<(Sku, Quantity)> {
        let tracked = self.facts.catalog.get(&row.sku).is_some_and(|p| p.stock.is_counted());
        tracked.then(|| (row.sku.clone(), quantity))
    }

    fn step(&mut self, rows: &[&Row], act: Act, stock: Vec<(Sku, Quantity)>) {
        let Some(first) = rows.first() else { return };
        let zoned = first.at.to_zoned(self.facts.time_zone.clone());
        let date = first.at.date();
        let day = BusinessDate::new(date.year(), date.month().unsigned_abs(), date.day().unsigned_abs());
        let (occurred_at, date) = match (zoned, day) {
            (Ok(zoned), Ok(date)) => (Timestamp(zoned.timestamp().as_millisecond()), date),
            _ => {
                let unusable = |row: &&Row| {
                    RefusedLine::of(row, "HF-TIL-020", "its date is outside the years 1970 to 9999")
                };
                self.refused.extend(rows.iter().map(unusable));
                return;
            }
        };
        let rows = rows.iter().map(|row| (*row).clone()).collect();
        let step = Step { rows, occurred_at, act, stock };
        match self.days.iter_mut().find(|day| day.date == date) {
            Some(day) => {
                day.opened_at = day.opened_at.min(occurred_at);
                day.closed_at = day.closed_at.max(occurred_at);
                day.steps.push(step);
            }
            None => {
                let (name, ids) = (date.to_string(), self.facts.ids);
                self.days.push(Day {
                    date,
                    shift: ids.shift(&name),
                    open: ids.command("open-shift", &name, 0),
                    close: ids.command("close-shift", &name, 0),
                    opened_at: occurred_at,
                    closed_at: occurred_at,
                    steps: vec![step],
                });
            }
        }
    }
}

/// A line at the receipt's price; its description is the catalog's.
fn priced(row: &Row, number: LineNumber) -> LineInput {
    LineInput {
        price: PriceInput::Override { unit_price: row.price, reason: reason("receipt price") },
        ..LineInput::of(number, ItemRef::Sku(row.sku.clone()), row.amount())
    }
}

pub(super) fn reason(text: &str) -> Reason {
    Reason::new(text).expect("a constant text within its limit")
}
