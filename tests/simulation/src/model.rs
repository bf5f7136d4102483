//! What the people in the shop know, kept outside the system: what was asked, what each till was told, what the books
//! therefore must hold. Nothing here folds events or looks at a journal.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use holdfast_domain::Action;
use holdfast_domain::attempt::AskedTender;
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::ids::{AttemptId, CommandId, CountId, EpochId, OrderId, ShiftId, Uuid};
use holdfast_domain::line::LineNumber;
use holdfast_domain::order::{Channel, OrderEdit, ParkOrder, ParkedBasket, PlaceOrder};
use holdfast_domain::shift::Mode;
use holdfast_domain::tender::Payment;
use holdfast_protocol::message::{Answer, Reply, ReplyPosition, Request, Summary};

use crate::alphabet;

/// A request that a clerk made.
#[derive(Debug, Clone)]
pub struct Asked {
    pub till: usize,
    pub name: &'static str,
    /// None for a sign-on.
    pub action: Option<Action>,
    pub bytes: Bytes,
    /// A sign-on that was under way when its till died is forgotten: the clerk types the PIN again.
    pub abandoned: bool,
    pub told: Option<Told>,
}

/// The first answer that a till kept.
#[derive(Debug, Clone)]
pub struct Told {
    pub bytes: Bytes,
    pub reply: Reply,
    /// The history that gave it: another one after the hub's disk was replaced.
    pub history: u32,
}

/// An order as the clerks know it.
#[derive(Debug, Clone)]
pub struct KnownOrder {
    pub id: OrderId,
    pub till: usize,
    pub channel: Channel,
    pub mode: Mode,
    /// Somebody bought it under their name.
    pub named: bool,
    pub gross: i64,
    pub paid: i64,
    pub lines: Vec<(String, i64)>,
    /// As placed, and what each edit made of it, by the revision that it led to: answers can come out of their order.
    placed: Vec<(String, i64)>,
    edits: BTreeMap<u32, (Vec<OrderEdit>, i64)>,
    /// The last that a clerk was told.
    pub revision: u32,
    pub stage: Stage,
    pub sale: Option<CommandId>,
}

impl KnownOrder {
    /// What the edits that are known so far make of it. A voided line keeps its place and holds nothing.
    fn add_up(&mut self) {
        self.lines = self.placed.clone();
        for (edits, gross) in self.edits.values() {
            self.gross = *gross;
            for edit in edits {
                let place = |line: &LineNumber| usize::from(line.0) - 1;
                match edit {
                    OrderEdit::AddLine(line) => {
                        self.lines.push((item(&line.item), line.quantity.thousandths()));
                    }
                    OrderEdit::VoidLine { line, .. } => {
                        self.lines.get_mut(place(line)).into_iter().for_each(|held| held.1 = 0);
                    }
                    OrderEdit::ChangeQuantity { line, quantity, .. } => {
                        let held = self.lines.get_mut(place(line)).into_iter();
                        held.for_each(|held| held.1 = quantity.thousandths());
                    }
                    OrderEdit::SetPrice { .. }
                    | OrderEdit::SetDiscount { .. }
                    | OrderEdit::SetCustomer { .. }
                    | OrderEdit::SetTag { .. }
                    | OrderEdit::SetCoupons { .. }
                    | OrderEdit::SetExemption { .. }
                    | OrderEdit::SetNotes { .. }
                    | OrderEdit::CheckAge { .. } => {}
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Open,
    Paid,
    Over,
}

/// A sale as the clerks know it.
#[derive(Debug, Clone)]
pub struct KnownSale {
    pub transaction: CommandId,
    pub order: OrderId,
    pub till: usize,
    pub shift: ShiftId,
    pub mode: Mode,
    pub lines: Vec<(String, i64)>,
    pub touched: bool,
    /// What devices took for it.
    pub electronic: Vec<(AttemptId, i64)>,
}

/// A payment at a device.
#[derive(Debug, Clone)]
pub struct KnownAttempt {
    pub id: AttemptId,
    pub till: usize,
    /// None for money that goes back.
    pub order: Option<OrderId>,
    pub minor: i64,
}

/// What the clerk at one till knows.
#[derive(Debug, Clone)]
pub struct Clerk {
    /// Of the hub that the till talks to.
    pub epoch: EpochId,
    /// Somebody is, and the till is not locked.
    pub signed_on: bool,
    pub shift: Option<(ShiftId, Mode)>,
    pub island: u32,
    pub asked: u64,
}

impl Clerk {
    fn new() -> Self {
        Self { epoch: EpochId(Uuid::nil()), signed_on: false, shift: None, island: 0, asked: 0 }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub deliveries: u64,
    pub repeats: u64,
    pub clock_jumps: u64,
    pub crashes: u64,
    pub power_cuts: u64,
    pub disasters: u64,
    pub told: u64,
    pub refused: u64,
    pub misuses: u64,
    pub reached: BTreeSet<String>,
}

#[derive(Debug)]
pub struct Model {
    pub asked: BTreeMap<CommandId, Asked>,
    pub orders: Vec<KnownOrder>,
    pub sales: Vec<KnownSale>,
    /// Gift cards that were paid for: the transaction and its till.
    pub issues: Vec<(CommandId, usize)>,
    /// A customer may buy on account.
    pub account: bool,
    /// What devices were asked for, as the clerks know it.
    pub attempts: Vec<KnownAttempt>,
    /// Those of them that somebody has to look at, as the tills were told.
    pub doubted: Vec<AttemptId>,
    /// Devices whose answers about an end of day are lost, as the hub said when it refused another one.
    pub lost_days: BTreeSet<DeviceName>,
    pub clerks: Vec<Clerk>,
    /// The count under way, as far as the clerks know.
    pub count: Option<CountId>,
    /// The dates of the shifts that were opened.
    pub days: BTreeSet<BusinessDate>,
    /// The Zs that were printed.
    pub zs: BTreeSet<u32>,
    /// Which of the hub's histories speaks now.
    pub history: u32,
    pub misused: BTreeSet<CommandId>,
    /// Second uses that were answered with a refusal.
    pub misuse_refused: BTreeSet<CommandId>,
    /// What the console was told is durable.
    pub console: Vec<(&'static str, ReplyPosition, u32)>,
    delivered: BTreeSet<CommandId>,
    pub counts: Counts,
    pub violations: Vec<String>,
}

impl Model {
    pub fn new(tills: usize) -> Self {
        Self {
            asked: BTreeMap::new(),
            orders: Vec::new(),
            sales: Vec::new(),
            issues: Vec::new(),
            account: false,
            attempts: Vec::new(),
            doubted: Vec::new(),
            lost_days: BTreeSet::new(),
            clerks: vec![Clerk::new(); tills],
            count: None,
            days: BTreeSet::new(),
            zs: BTreeSet::new(),
            history: 0,
            misused: BTreeSet::new(),
            misuse_refused: BTreeSet::new(),
            console: Vec::new(),
            delivered: BTreeSet::new(),
            counts: Counts::default(),
            violations: Vec::new(),
        }
    }

    pub fn ask(&mut self, till: usize, id: CommandId, action: Option<Action>, bytes: Bytes) {
        let name = action.as_ref().map_or("sign_on", alphabet::action);
        self.reach("action", name);
        self.asked.insert(id, Asked { till, name, action, bytes, abandoned: false, told: None });
    }

    pub fn reach(&mut self, kind: &str, name: &str) {
        self.counts.reached.insert(format!("{kind}:{name}"));
    }

    pub fn is_told(&self, id: CommandId) -> bool {
        self.asked.get(&id).is_some_and(|asked| asked.told.is_some())
    }

    /// The requests of a till that nobody was told about.
    pub fn untold(&self, till: usize) -> Vec<CommandId> {
        let mine = self.asked.iter().filter(|(_, asked)| asked.till == till && asked.told.is_none());
        mine.map(|(id, _)| *id).collect()
    }

    /// How many of a till's requests have no answer yet.
    pub fn open(&self, till: usize) -> usize {
        let mine = self.asked.values().filter(|asked| asked.till == till && !asked.abandoned);
        mine.filter(|asked| asked.told.is_none()).count()
    }

    /// A request arrives at the hub.
    pub fn delivered(&mut self, payload: &[u8]) {
        self.counts.deliveries += 1;
        let Some(id) = Request::salvage_id(payload) else { return };
        if !self.delivered.insert(id) {
            self.counts.repeats += 1;
            let name = self.asked.get(&id).map(|asked| asked.name);
            if let Some(name) = name {
                self.reach("twice", name);
            }
        }
    }

    /// A reply arrives at a till, wanted or not: the same history says the same thing about the same id, byte for byte.
    pub fn heard(&mut self, id: CommandId, reply: &Reply, bytes: &Bytes, history: u32) {
        let decided = matches!(reply.answer, Answer::Accepted { .. } | Answer::Refused { .. });
        let Some(told) = self.asked.get(&id).and_then(|asked| asked.told.as_ref()) else { return };
        if decided && told.history == history && told.bytes != *bytes {
            self.violations.push(format!("P2: {id} got another answer than the first"));
        }
        if let Answer::Rejected { code, .. } = &reply.answer
            && !self.misused.contains(&id)
        {
            self.violations.push(format!("P2: {id} was answered and is now rejected with {code}"));
        }
    }

    /// A till has put an answer on its disk and shows it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn told(&mut self, till: usize, reply: &Reply, bytes: &Bytes, history: u32) -> Result<(), String> {
        let Some(asked) = self.asked.get_mut(&reply.id) else {
            return Err(format!("till {till} was told about {}, which nobody asked for", reply.id));
        };
        if asked.till != till {
            return Err(format!("till {till} was told about a request of till {}", asked.till));
        }
        if let Answer::Rejected { code, .. } = &reply.answer {
            return Err(format!("{} {} was rejected with {code}", asked.name, reply.id));
        }
        let first = asked.told.is_none();
        if let Some(before) = &asked.told
            && !same_outcome(&before.reply, reply)
        {
            return Err(format!("{} {} was told two outcomes", asked.name, reply.id));
        }
        asked.told = Some(Told { bytes: bytes.clone(), reply: reply.clone(), history });
        if first {
            self.counts.told += 1;
            let (action, name) = (asked.action.clone(), asked.name);
            match &reply.answer {
                Answer::Accepted { summary, .. } => {
                    self.learn(till, reply.id, action.as_ref(), name, summary)
                }
                Answer::Refused { code, .. } => {
                    self.counts.refused += 1;
                    if let (Some(Action::ReconcileDevice(asked)), "HF-CMD-305") = (&action, code.as_str()) {
                        self.lost_days.insert(asked.device.clone());
                    }
                }
                _ => self.counts.refused += 1,
            }
        }
        Ok(())
    }

    fn learn(
        &mut self,
        till: usize,
        id: CommandId,
        action: Option<&Action>,
        _name: &'static str,
        summary: &Summary,
    ) {
        let clerk = &mut self.clerks[till];
        match (action, summary) {
            (None, _) => clerk.signed_on = true,
            (Some(Action::SignOff | Action::LockTill), _) => clerk.signed_on = false,
            (Some(Action::StartCount { count, .. }), _) => self.count = Some(*count),
            (Some(Action::FinishCount { .. } | Action::CancelCount { .. }), _) => self.count = None,
            (Some(Action::OpenShift { shift, mode, .. }), Summary::ShiftOpened { business_date, .. }) => {
                clerk.shift = Some((*shift, *mode));
                self.days.insert(*business_date);
            }
            (Some(Action::CloseShift { .. }), Summary::ShiftClosed { z_number, .. }) => {
                clerk.shift = None;
                self.zs.insert(*z_number);
            }
            (Some(Action::MoveShift { .. }), Summary::ShiftMoved { shift, from, to }) => {
                let at = |terminal| crate::world::till_of(terminal).and_then(|at| self.clerks.get(at));
                let moved = at(*from).and_then(|clerk| clerk.shift).filter(|(of, _)| of == shift);
                let (from, to) = (crate::world::till_of(*from), crate::world::till_of(*to));
                if let (Some(from), Some(to), Some(moved)) = (from, to, moved) {
                    self.clerks[from].shift = None;
                    self.clerks[to].shift = Some(moved);
                }
            }
            (Some(Action::PlaceOrder(place)), Summary::OrderPlaced { totals, .. }) => {
                self.placed(till, place, totals.gross.minor(), 1);
            }
            (
                Some(Action::ParkOrder(ParkOrder { basket: ParkedBasket::Draft(place), .. })),
                Summary::OrderParked { totals: Some(totals), revision, .. },
            ) => self.placed(till, place, totals.gross.minor(), *revision),
            (Some(Action::ParkOrder(_)), Summary::OrderParked { order, revision, .. }) => {
                self.seen(*order, *revision)
            }
            (Some(Action::EditOrder(edit)), Summary::OrderEdited { order, revision, totals }) => {
                self.seen(*order, *revision);
                if let Some(known) = self.orders.iter_mut().find(|known| known.id == *order) {
                    known.edits.insert(*revision, (edit.edits.clone(), totals.gross.minor()));
                    known.add_up();
                }
            }
            (Some(Action::Exchange(exchange)), Summary::Exchanged { sold, .. }) => {
                let (shift, electronic) = (clerk.shift, Vec::new());
                self.placed(till, &exchange.place, sold.totals.gross.minor(), 1);
                let Some(known) = self.orders.last_mut() else { return };
                (known.stage, known.paid, known.sale) = (Stage::Over, known.gross, Some(id));
                if let Some((shift, mode)) = shift {
                    let (order, lines) = (known.id, known.lines.clone());
                    let sale = KnownSale {
                        transaction: id,
                        order,
                        till,
                        shift,
                        mode,
                        lines,
                        touched: false,
                        electronic: electronic.clone(),
                    };
                    self.sales.push(sale);
                }
            }
            (Some(Action::RetrieveOrder { .. }), Summary::OrderRetrieved { order, revision, .. }) => {
                self.seen(*order, *revision);
                if let Some(known) = self.orders.iter_mut().find(|known| known.id == *order) {
                    known.till = till;
                }
            }
            (Some(Action::Pay { order, .. }), Summary::Transaction { payment, .. }) => {
                let due = payment.as_ref().map_or(0, |payment| payment.due.minor());
                let electronic = payment.as_ref().map(by_device).unwrap_or_default();
                let shift = clerk.shift;
                let Some(known) = self.orders.iter_mut().find(|known| known.id == *order) else { return };
                known.paid += due;
                known.revision += 1;
                if known.paid < known.gross {
                    return;
                }
                known.stage = if known.channel == Channel::NotInHand { Stage::Paid } else { Stage::Over };
                known.sale = Some(id);
                if let Some((shift, mode)) = shift {
                    let (order, lines) = (known.id, known.lines.clone());
                    let sale = KnownSale {
                        transaction: id,
                        order,
                        till,
                        shift,
                        mode,
                        lines,
                        touched: false,
                        electronic: electronic.clone(),
                    };
                    self.sales.push(sale);
                }
            }
            (Some(Action::IslandSale(sale)), Summary::SoldAlone { shift, totals, .. }) => {
                let shift = *shift;
                clerk.shift = Some((shift, Mode::Live));
                let place = PlaceOrder {
                    customer: sale.customer,
                    ..PlaceOrder::of(sale.order, Channel::Counter, sale.lines.clone())
                };
                self.placed(till, &place, totals.gross.minor(), 1);
                let Some(known) = self.orders.last_mut() else { return };
                (known.stage, known.paid, known.sale) = (Stage::Over, known.gross, Some(id));
                let (order, lines) = (known.id, known.lines.clone());
                self.sales.push(KnownSale {
                    transaction: id,
                    order,
                    till,
                    shift,
                    mode: Mode::Live,
                    lines,
                    touched: false,
                    electronic: Vec::new(),
                });
            }
            (Some(Action::IssueValue(_)), _) => self.issues.push((id, till)),
            (Some(Action::SetAccount { .. }), _) => self.account = true,
            (Some(Action::ReconcileDevice(asked)), _) => drop(self.lost_days.remove(&asked.device)),
            (Some(Action::StartTender(start)), Summary::TenderStarted { attempt, amount, .. }) => {
                let order = match start.asked {
                    AskedTender::Pay { order, .. } => Some(order),
                    AskedTender::Refund { .. } => None,
                };
                self.attempts.push(KnownAttempt { id: *attempt, till, order, minor: amount.minor() });
            }
            (Some(Action::CancelOrder { order, .. } | Action::FulfilOrder { order }), _) => {
                if let Some(known) = self.orders.iter_mut().find(|known| known.id == *order) {
                    known.stage = Stage::Over;
                }
            }
            _ => {}
        }
    }

    fn placed(&mut self, till: usize, place: &PlaceOrder, gross: i64, revision: u32) {
        let lines = place.lines.iter().map(|line| (item(&line.item), line.quantity.thousandths()));
        let lines: Vec<(String, i64)> = lines.collect();
        self.orders.push(KnownOrder {
            id: place.order,
            till,
            channel: place.channel,
            named: place.customer.is_some(),
            mode: self.clerks[till].shift.map_or(Mode::Live, |(_, mode)| mode),
            gross,
            paid: 0,
            placed: lines.clone(),
            edits: BTreeMap::new(),
            lines,
            revision,
            stage: Stage::Open,
            sale: None,
        });
    }

    /// Somebody was told an order's revision; answers can come out of their order.
    fn seen(&mut self, order: OrderId, revision: u32) {
        if let Some(known) = self.orders.iter_mut().find(|known| known.id == order) {
            known.revision = known.revision.max(revision);
        }
    }

    pub fn misuse(&mut self, id: CommandId) {
        self.misused.insert(id);
    }

    pub fn misuse_refused(&mut self, id: CommandId) {
        if self.misuse_refused.insert(id) {
            self.counts.misuses += 1;
        }
    }

    pub fn console_told(&mut self, name: &'static str, position: &ReplyPosition) {
        self.reach("hub_command", name);
        self.console.push((name, *position, self.history));
    }

    pub fn console_refused(&mut self, name: &'static str) {
        self.reach("hub_command", name);
    }

    /// The hub's disk is another one from now on. `copy` is what it is rebuilt from: the console's acknowledgements beyond
    /// it are nobody's to bring back.
    pub fn new_history(&mut self, copy: &[holdfast_journal::Record]) {
        self.history += 1;
        self.console
            .retain(|(_, position, _)| copy.iter().any(|record| record.position.hash == position.hash));
    }

    /// A till's process died: what was never to be stored is forgotten.
    pub fn till_died(&mut self, till: usize) {
        for asked in self.asked.values_mut() {
            if asked.till == till && asked.action.is_none() && asked.told.is_none() {
                asked.abandoned = true;
            }
        }
    }
}

fn by_device(payment: &Payment) -> Vec<(AttemptId, i64)> {
    let electronic = payment
        .tenders
        .iter()
        .filter_map(|tender| tender.kind.electronic().map(|of| (of.attempt, tender.amount.minor())));
    electronic.collect()
}

fn item(item: &holdfast_domain::catalog::ItemRef) -> String {
    match item {
        holdfast_domain::catalog::ItemRef::Sku(sku) => sku.to_string(),
        holdfast_domain::catalog::ItemRef::Barcode(barcode) => barcode.to_string(),
    }
}

/// Whether two answers say the same, wherever they stand.
pub fn same_outcome(one: &Reply, other: &Reply) -> bool {
    match (&one.answer, &other.answer) {
        (Answer::Accepted { summary: a, .. }, Answer::Accepted { summary: b, .. }) => a == b,
        (Answer::Refused { code: a, text: x, .. }, Answer::Refused { code: b, text: y, .. }) => {
            a == b && x == y
        }
        _ => false,
    }
}
