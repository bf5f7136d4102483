//! Decisions: one command, one file. Each reads the state and the context, and returns what happened or why not.

mod abandon_basket;
mod adjust_stock;
mod alias_receipt;
mod amend;
mod attempts;
mod basket;
mod cancel_order;
mod close_day;
mod close_shift;
mod correct_shift;
mod count;
mod custody;
mod edit_order;
mod exchange;
mod fulfil_order;
mod hub;
mod island_sale;
mod move_cash;
mod move_shift;
mod offer;
mod offline;
mod open_shift;
mod pay;
mod permit;
mod place_order;
mod post_void;
mod print_copy;
mod quote;
mod reconcile_device;
mod refund;
mod reorder;
mod return_goods;
mod roles;
mod sense_drawer;
mod settle_tender;
mod sign_on;
mod start_tender;
mod subject;
mod tenders;
mod tips;
mod value;

pub use hub::decide_hub;
pub use offer::accept_offer;
pub use quote::{Quote, quote};

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use holdfast_money::{Money, Quantity};

use crate::bounded::Sku;
use crate::catalog::{ItemRef, Product};
use crate::command::{Action, Command};
use crate::context::Context;
use crate::effect::{Effect, PaperForm};
use crate::event::{Event, Stamp, VoidNumberReason};
use crate::ids::TerminalId;
use crate::line::Line;
use crate::pricing::Rules;
use crate::receipt::{ReceiptNumber, ReceiptSource, Series};
use crate::refusal::Refusal;
use crate::shift::{Mode, Shift};
use crate::staff::{Permission, Staff};
use crate::state::State;
use crate::store::StoreProfile;
use crate::till::{Standing, Till};

/// The most numbers a till can skip in its own series at once.
pub const NUMBER_GAP_MAX: u32 = 1_000;

/// What a command led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

/// Decides one command of a till.
///
/// # Errors
/// A [`Refusal`]: a value that is kept and answered, not a fault.
pub fn decide(state: &State, command: &Command, context: &Context<'_>) -> Result<Decision, Refusal> {
    let desk = Desk::at(state, command, context)?;
    let passes = matches!(command.action, Action::SignOn { .. }) || command.action.has_happened();
    if desk.till.locked && !passes {
        return Err(Refusal::TillLocked);
    }
    let mut decision = decide_action(&desk)?;
    let approvals = desk.approvals(&decision.events);
    decision.events.extend(approvals);
    Ok(decision)
}

fn decide_action(desk: &Desk<'_>) -> Result<Decision, Refusal> {
    match &desk.command.action {
        Action::SignOn { number, verdict } => sign_on::sign_on(desk, *number, *verdict),
        Action::SignOff => sign_on::sign_off(desk),
        Action::OpenShift { shift, float, day, mode } => {
            open_shift::decide(desk, *shift, *float, *day, *mode)
        }
        Action::CloseShift { shift, declared, count } => close_shift::decide(desk, *shift, *declared, count),
        Action::PlaceOrder(place) => place_order::decide(desk, place),
        Action::CancelOrder { order, reason } => cancel_order::decide(desk, *order, reason),
        Action::AbandonBasket { lines, reason } => abandon_basket::decide(desk, lines, reason),
        Action::Pay { order, tenders, tips, settlement, receipt } => {
            pay::decide(desk, *order, tenders, tips, *settlement, *receipt)
        }
        Action::FulfilOrder { order } => fulfil_order::decide(desk, *order),
        Action::Return(goods) => return_goods::decide(desk, goods),
        Action::PostVoid { original, reason } => post_void::decide(desk, *original, reason),
        Action::AdjustStock { changes, reason } => adjust_stock::decide(desk, changes, reason),
        Action::MoveCash { movement, amount, reason, receipt } => {
            move_cash::decide(desk, *movement, *amount, reason, *receipt)
        }
        Action::OpenDrawer { reason } => move_cash::open_drawer(desk, reason),
        Action::LockTill => sign_on::lock(desk),
        Action::StartCount { count, scope } => count::start(desk, *count, scope),
        Action::CountProduct { count, item, quantity } => count::product(desk, *count, item, *quantity),
        Action::FinishCount { count } => count::finish(desk, *count),
        Action::CancelCount { count, reason } => count::cancel(desk, *count, reason),
        Action::SetReorderLevel { item, level } => reorder::decide(desk, item, *level),
        Action::ParkOrder(park) => custody::park(desk, park),
        Action::RetrieveOrder { order, claim } => custody::retrieve(desk, *order, *claim),
        Action::EditOrder(edit) => edit_order::decide(desk, edit),
        Action::PrintCopy { original, form } => print_copy::decide(desk, *original, *form),
        Action::Exchange(exchange) => exchange::decide(desk, exchange),
        Action::CloseDay { day } => close_day::decide(desk, *day),
        Action::CorrectShift { z_number, declared, reason } => {
            correct_shift::decide(desk, *z_number, declared, reason)
        }
        Action::MoveShift { shift, to } => move_shift::decide(desk, *shift, *to),
        Action::IssueValue(issue) => value::issue(desk, issue),
        Action::SetValueStanding { account, standing, reason } => {
            value::set_standing(desk, account, *standing, reason)
        }
        Action::SetAccount { account, terms } => value::set_account(desk, account, *terms),
        Action::StartTender(start) => start_tender::decide(desk, start),
        Action::AbortTender { attempt } => start_tender::abort(desk, *attempt),
        Action::ResolveTender { attempt, verdict, reason } => {
            settle_tender::resolve(desk, *attempt, *verdict, reason)
        }
        Action::GiveBackTender { attempt, reason } => start_tender::give_back(desk, *attempt, reason),
        Action::ReconcileDevice(reconcile) => reconcile_device::decide(desk, reconcile),
        Action::IslandSale(sale) => island_sale::decide(desk, sale),
        Action::AliasReceipt { transaction, number } => alias_receipt::decide(desk, *transaction, *number),
        Action::SignedOnAlone { number, at, failed_attempts } => {
            Ok(sign_on::alone(desk, *number, *at, *failed_attempts))
        }
    }
}

/// Everything that a decision at one till looks at.
struct Desk<'a> {
    state: &'a State,
    context: &'a Context<'a>,
    command: &'a Command,
    till: &'a Till,
    profile: &'a StoreProfile,
    /// A second person at the till, whose PIN was right.
    approver: Option<&'a Staff>,
    /// What the operator may do because the approver may.
    approved: RefCell<BTreeSet<Permission>>,
}

impl<'a> Desk<'a> {
    /// The till that a command comes from, with whoever stands at it.
    fn at(state: &'a State, command: &'a Command, context: &'a Context<'a>) -> Result<Self, Refusal> {
        let till = state.tills.get(&command.terminal).filter(|t| t.standing == Standing::Enrolled);
        let till = till.ok_or(Refusal::TillUnknown)?;
        Ok(Self {
            state,
            context,
            command,
            till,
            profile: state.profile.as_ref().ok_or(Refusal::StoreNotConfigured)?,
            approver: permit::approver(state, till, command)?,
            approved: RefCell::default(),
        })
    }

    /// Who is signed on.
    fn operator(&self) -> Result<&'a Staff, Refusal> {
        self.till.operator.and_then(|id| self.state.staff.get(&id)).ok_or(Refusal::NotSignedOn)
    }

    /// The open shift and the stamp of what happens in it.
    fn shift(&self) -> Result<(&'a Shift, Stamp), Refusal> {
        let operator = self.operator()?.id;
        let shift = self.state.shift_of(self.till.terminal).ok_or(Refusal::NoShift)?;
        let stamp = Stamp {
            terminal: self.till.terminal,
            operator,
            shift: shift.id,
            business_date: shift.business_date,
            mode: shift.mode,
            occurred_at: self.command.occurred_at,
        };
        Ok((shift, stamp))
    }

    /// By what baskets are priced here.
    fn rules(&self) -> Rules<'a> {
        Rules { profile: self.profile, taxes: self.state.taxes.as_ref(), catalog: self.context.catalog }
    }

    /// An amount from outside: the store's currency, not negative.
    fn amount(&self, amount: Money) -> Result<Money, Refusal> {
        if amount.currency() != self.profile.currency {
            return Err(Refusal::ForeignCurrency { amount });
        }
        if amount.is_negative() {
            return Err(Refusal::NegativeAmount { amount });
        }
        Ok(amount)
    }

    /// The receipt number of a new transaction, after the events that void what the till skipped.
    fn number(&self, source: ReceiptSource, mode: Mode) -> Result<(ReceiptNumber, Vec<Event>), Refusal> {
        let last = self.till.numbers;
        let number = |series, number| ReceiptNumber { till: self.till.number, series, number };
        match (mode, source) {
            (Mode::Training, _) => Ok((number(Series::Training, last.training + 1), Vec::new())),
            (Mode::Live, ReceiptSource::Hub) => Ok((number(Series::Hub, last.hub + 1), Vec::new())),
            (Mode::Live, ReceiptSource::Island { number: own }) => {
                let wanted = number(Series::Island, own);
                if self.till.skipped.contains(&own) {
                    // It was given up when a later one came first; now what bears it is here.
                    return Ok((wanted, Vec::new()));
                }
                if own <= last.island {
                    return Err(Refusal::ReceiptNumberUsed { number: wanted });
                }
                if own - last.island > NUMBER_GAP_MAX {
                    return Err(Refusal::ReceiptNumberGap { number: wanted, max: NUMBER_GAP_MAX });
                }
                let voided = (last.island + 1..own).map(|skipped| Event::ReceiptNumberVoided {
                    terminal: self.till.terminal,
                    number: number(Series::Island, skipped),
                    reason: VoidNumberReason::SkippedByTill,
                });
                Ok((wanted, voided.collect()))
            }
        }
    }

    /// A product of the catalog.
    fn product(&self, item: &ItemRef) -> Result<&'a Product, Refusal> {
        self.context.catalog.find(item).ok_or_else(|| Refusal::UnknownItem { item: item.to_string() })
    }

    /// The events that say of which products this decision leaves no more than is to be ordered again: once, when what is
    /// available comes down to the level.
    fn low<'l>(&self, mode: Mode, taken: impl IntoIterator<Item = (&'l Sku, Quantity)>) -> Vec<Event> {
        if mode == Mode::Training {
            return Vec::new();
        }
        let low = by_product(taken).into_iter().filter_map(|(sku, quantity)| {
            let known = self.state.stock_level(sku);
            let (level, available) = (known.reorder_level, known.available() - quantity);
            let crosses = level.is_positive() && known.available() > level && available <= level;
            crosses.then(|| Event::StockRanLow { sku: sku.clone(), available, level })
        });
        low.collect()
    }

    /// The events that say which products this decision takes below zero.
    fn below_zero<'l>(&self, mode: Mode, taken: impl IntoIterator<Item = (&'l Sku, Quantity)>) -> Vec<Event> {
        if mode == Mode::Training {
            return Vec::new();
        }
        by_product(taken)
            .into_iter()
            .map(|(sku, quantity)| (sku, self.state.stock_level(sku).on_hand - quantity, quantity))
            .filter(|(_, on_hand, quantity)| on_hand.is_negative() && quantity.is_positive())
            .map(|(sku, on_hand, _)| Event::StockWentNegative { sku: sku.clone(), on_hand })
            .collect()
    }
}

/// How much of each product there is in all.
fn by_product<'l>(goods: impl IntoIterator<Item = (&'l Sku, Quantity)>) -> BTreeMap<&'l Sku, Quantity> {
    let mut sums: BTreeMap<&Sku, Quantity> = BTreeMap::new();
    for (sku, quantity) in goods {
        *sums.entry(sku).or_default() += quantity;
    }
    sums
}

/// What leaves stock with lines: product and quantity.
fn taken_by(lines: &[Line]) -> impl Iterator<Item = (&Sku, Quantity)> {
    lines.iter().flat_map(Line::goods).map(|goods| (goods.sku, goods.quantity))
}

/// The effects of a finished transaction with paper.
fn paper_and_drawer(terminal: TerminalId, transaction: crate::ids::TransactionId) -> Vec<Effect> {
    vec![Effect::OpenDrawer { terminal }, paper(terminal, transaction)]
}

/// The document of a transaction.
fn paper(terminal: TerminalId, transaction: crate::ids::TransactionId) -> Effect {
    Effect::Print { terminal, transaction, form: PaperForm::Original }
}
