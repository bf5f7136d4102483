//! Asks the hub for what was planned, one request after another, and writes down what it acknowledged.

use std::collections::BTreeMap;
use std::time::Duration;

use holdfast_domain::bounded::Sku;
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::catalog::Product;
use holdfast_domain::command::{Action, ReturnedGoods, Settlement, ShiftCount};
use holdfast_domain::ids::CommandId;
use holdfast_domain::order::{Channel, PlaceOrder};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::stock::AdjustmentReason;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::TaxBasis;
use holdfast_domain::tender::TenderInput;
use holdfast_money::{Decimal, Money};
use holdfast_protocol::message::{Answer, Pin, Reply, Summary};
use jiff::tz::TimeZone;

use super::plan::{self, Act, Day, Facts, Plan, Step};
use super::receipts::{Receipts, Row};
use super::report::{Progress, RefusedLine, ReplayReport};
use crate::books::{Books, Position, plain};
use crate::cash::payable;
use crate::client::{Till, accepted};
use crate::error::TillError;
use crate::ids::Derivation;

/// How long the hub may take to be there.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Who enters which receipts.
#[derive(Debug)]
pub struct Replay {
    pub receipts: Receipts,
    pub staff: StaffNumber,
    pub pin: Pin,
    /// In the drawer at the beginning of each day, in major units.
    pub float: Decimal,
    /// Raised by a person to enter the same files once more as something new.
    pub attempt: u32,
}

/// Enters receipts. `products` are the hub's catalog; `progress` hears of every step.
///
/// # Errors
/// [`TillError`] when the till cannot begin: the hub is away, the PIN is wrong, or another shift is open. A line that the
/// hub refuses is no error: it is in the report.
pub async fn run(
    till: &Till,
    products: Vec<Product>,
    replay: Replay,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> Result<ReplayReport, TillError> {
    till.ready(READY_WITHIN).await?;
    let snapshot = till.refresh(READY_WITHIN).await?;
    let catalog: BTreeMap<Sku, Product> = products.into_iter().map(|p| (p.sku.clone(), p)).collect();
    let profile = &snapshot.profile;
    let zone = profile.time_zone.as_str();
    let time_zone = TimeZone::get(zone).map_err(|error| TillError::BadAnswer {
        request: "the snapshot".to_owned(),
        what: format!("time zone {zone}: {error}"),
    })?;
    let identity = till.identity();
    let ids = Derivation::new(identity.store(), identity.terminal(), replay.receipts.content, replay.attempt);
    let facts = Facts { catalog: &catalog, currency: profile.currency, time_zone: &time_zone, ids: &ids };
    let plan = plan::plan(&replay.receipts, &facts);
    if let Some(open) = &snapshot.till.shift
        && !plan.shifts().any(|shift| shift == open.id)
    {
        return Err(TillError::OtherShift { shift: open.id.to_string() });
    }
    let float = Money::new(replay.float, profile.currency)
        .map_err(|error| TillError::Typed { what: "float", why: error.to_string() })?;
    // A second run finds its person still signed on and leaves no trace of its own.
    if snapshot.till.operator.as_ref().is_none_or(|operator| operator.number != replay.staff) {
        accepted(till.sign_on(replay.staff, replay.pin.clone()).await?)?;
    }
    let mut clerk = Clerk::new(till, profile, &plan, progress);
    for day in &plan.days {
        clerk.day(day, float).await?;
    }
    clerk.report(&replay.receipts, &plan)
}

/// What became of a request.
enum Came {
    Done(Summary),
    No { code: String, text: String },
}

struct Clerk<'a> {
    till: &'a Till,
    profile: &'a StoreProfile,
    books: Books,
    sold: Money,
    returned: Money,
    /// What the drawer of the open shift holds.
    drawer: Money,
    sold_lines: u64,
    returned_lines: u64,
    adjusted_lines: u64,
    stock_lines: u64,
    by_receipt: u64,
    matched_lines: u64,
    without_receipt: u64,
    receipts: Vec<String>,
    last: Option<Position>,
    refused: Vec<RefusedLine>,
    lines: u64,
    progress: &'a mut (dyn FnMut(&Progress) + Send),
}

impl<'a> Clerk<'a> {
    fn new(
        till: &'a Till,
        profile: &'a StoreProfile,
        plan: &Plan,
        progress: &'a mut (dyn FnMut(&Progress) + Send),
    ) -> Self {
        let zero = Money::zero(profile.currency);
        Self {
            till,
            profile,
            books: Books::new(profile.currency),
            sold: zero,
            returned: zero,
            drawer: zero,
            sold_lines: 0,
            returned_lines: 0,
            adjusted_lines: 0,
            stock_lines: 0,
            by_receipt: 0,
            matched_lines: 0,
            without_receipt: 0,
            receipts: Vec::new(),
            last: None,
            refused: plan.refused.clone(),
            lines: plan.lines,
            progress,
        }
    }

    async fn day(&mut self, day: &Day, float: Money) -> Result<(), TillError> {
        let open =
            Action::OpenShift { shift: day.shift, float, day: BusinessDay::On(day.date), mode: Mode::Live };
        self.drawer = float;
        if let Came::No { code, text } = self.ask(day.open, day.opened_at, open).await? {
            for step in &day.steps {
                self.refuse(&step.rows, &code, &text);
            }
            return Ok(());
        }
        for step in &day.steps {
            self.step(step).await?;
            self.tell();
        }
        let close =
            Action::CloseShift { shift: day.shift, declared: self.drawer, count: ShiftCount::default() };
        if let Came::No { code, text } = self.ask(day.close, day.closed_at, close).await? {
            return Err(TillError::Refused { code, text });
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), TillError> {
        let came = match &step.act {
            Act::Sell { place, pay, cancel, order, lines, total } => {
                let basket = PlaceOrder {
                    // Without tax on top, the receipt's sum is what the hub must come to.
                    expected_total: (self.profile.basis == TaxBasis::Inclusive).then_some(*total),
                    ..PlaceOrder::of(*order, Channel::Counter, lines.clone())
                };
                match self.ask(*place, step.occurred_at, Action::PlaceOrder(basket)).await? {
                    Came::Done(Summary::OrderPlaced { totals, .. }) => {
                        let amount = payable(self.profile, totals.gross);
                        let tenders =
                            if amount.is_positive() { vec![TenderInput::cash(amount)] } else { Vec::new() };
                        let paid = Action::Pay {
                            tips: Vec::new(),
                            order: *order,
                            tenders,
                            settlement: Settlement::Full,
                            receipt: ReceiptSource::Hub,
                        };
                        let came = self.ask(*pay, step.occurred_at, paid).await?;
                        if matches!(came, Came::No { .. }) {
                            // Nobody will come for it: what it reserved is free again.
                            let reason = plan::reason("payment was refused");
                            let cancelled = Action::CancelOrder { order: *order, reason };
                            self.ask(*cancel, step.occurred_at, cancelled).await?;
                        }
                        came
                    }
                    other => other,
                }
            }
            Act::Return { command, goods } => {
                self.ask(*command, step.occurred_at, Action::Return(goods.clone())).await?
            }
            Act::Adjust { command, changes } => {
                let reason = AdjustmentReason::Other(plan::reason("receipt line without a price"));
                let action = Action::AdjustStock { changes: changes.clone(), reason };
                self.ask(*command, step.occurred_at, action).await?
            }
        };
        match came {
            Came::No { code, text } => self.refuse(&step.rows, &code, &text),
            Came::Done(summary) => self.done(step, &summary),
        }
        Ok(())
    }

    fn done(&mut self, step: &Step, summary: &Summary) {
        let lines = step.rows.len() as u64;
        let gross = match summary {
            Summary::Transaction { totals: Some(totals), .. } => totals.gross,
            _ => Money::zero(self.profile.currency),
        };
        match &step.act {
            Act::Sell { .. } => {
                self.sold_lines += lines;
                self.sold += gross;
            }
            Act::Return { goods, .. } => {
                self.returned_lines += lines;
                self.returned -= gross;
                match goods.goods {
                    ReturnedGoods::ByReceipt { .. } => {
                        self.by_receipt += 1;
                        self.matched_lines += lines;
                    }
                    ReturnedGoods::NoReceipt { .. } => self.without_receipt += 1,
                }
            }
            Act::Adjust { .. } => self.adjusted_lines += lines,
        }
        self.stock_lines += step.stock.len() as u64;
        for (sku, quantity) in &step.stock {
            self.books.move_stock(sku, *quantity);
        }
    }

    fn refuse(&mut self, rows: &[Row], code: &str, text: &str) {
        self.refused.extend(rows.iter().map(|row| RefusedLine::of(row, code, text)));
    }

    /// One request and its answer. Everything the hub acknowledges is counted here.
    async fn ask(&mut self, id: CommandId, at: Timestamp, action: Action) -> Result<Came, TillError> {
        let reply: Reply = match self.till.send_as(id, at, action).await {
            Err(error @ (TillError::RequestTooLarge { .. } | TillError::IdReused { .. })) => {
                return Ok(Came::No { code: error.code().to_owned(), text: error.to_string() });
            }
            other => other?,
        };
        Ok(match reply.answer {
            Answer::Accepted { position, summary, .. } => {
                self.last = Some(Position::from(&position));
                self.books.add(&summary);
                if let Summary::Transaction { receipt, payment, .. } = &summary {
                    self.receipts.push(receipt.to_string());
                    if let Some(payment) = payment {
                        self.drawer += payment.cash();
                    }
                }
                Came::Done(summary)
            }
            Answer::Refused { position, code, text, .. } => {
                self.last = Some(Position::from(&position));
                Came::No { code, text }
            }
            Answer::Rejected { code, text } | Answer::Retry { code, text, .. } => Came::No { code, text },
        })
    }

    fn tell(&mut self) {
        let refused = self.refused.len() as u64;
        let done = self.sold_lines + self.returned_lines + self.adjusted_lines + refused;
        let transactions = self.books.transactions;
        (self.progress)(&Progress { lines: self.lines, lines_done: done, refused, transactions });
    }

    /// # Errors
    /// [`TillError::Books`] when a line ended nowhere or twice.
    fn report(mut self, receipts: &Receipts, plan: &Plan) -> Result<ReplayReport, TillError> {
        self.refused.sort_by_key(|line| (line.file, line.row));
        let refused_lines = self.refused.len() as u64;
        let ended = self.sold_lines + self.returned_lines + self.adjusted_lines + refused_lines;
        if ended != plan.lines {
            let what = format!("{ended} of {} lines are accounted for", plan.lines);
            return Err(TillError::Books { what });
        }
        let mut refused_by_code = BTreeMap::new();
        for line in &self.refused {
            *refused_by_code.entry(line.code.clone()).or_insert(0) += 1;
        }
        let identity = self.till.identity();
        Ok(ReplayReport {
            files: receipts.files.iter().map(|path| path.display().to_string()).collect(),
            content_sha256: hex::encode(receipts.content),
            store: identity.store().to_string(),
            terminal: identity.terminal().to_string(),
            business_dates: plan.days.iter().map(|day| day.date.to_string()).collect(),
            lines: plan.lines,
            invoices: plan.invoices,
            cancellations: plan.cancellations,
            sold_lines: self.sold_lines,
            returned_lines: self.returned_lines,
            adjusted_lines: self.adjusted_lines,
            refused_lines,
            stock_lines: self.stock_lines,
            returns_by_receipt: self.by_receipt,
            matched_lines: self.matched_lines,
            returns_without_receipt: self.without_receipt,
            sold: plain(self.sold),
            returned: plain(self.returned),
            net: plain(self.sold + self.returned),
            sold_minor: self.sold.minor(),
            returned_minor: self.returned.minor(),
            books: self.books,
            receipts: self.receipts,
            last_position: self.last,
            refused: self.refused,
            refused_by_code,
        })
    }
}
