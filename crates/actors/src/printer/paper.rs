//! From a durable record to what is said on paper: everything that a paper says is taken here, and laid out beside by the
//! store's template.

use std::sync::Arc;

use holdfast_devices::document::{Document, TaxRow};
use holdfast_domain::bounded::{Reason, TenderCode, ValueNumber};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{OrderId, TerminalId, TransactionId};
use holdfast_domain::line::Line;
use holdfast_domain::order::Totals;
use holdfast_domain::pricing;
use holdfast_domain::receipt::{ReceiptNumber, TillNumber};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::state::State;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::TaxTotal;
use holdfast_domain::tender::{Payment, Tender, TenderType};
use holdfast_domain::value::ValueKind;
use holdfast_domain::{Effect, Record};
use holdfast_money::Money;
use holdfast_protocol::head;
use holdfast_protocol::message::ReplyPosition;

use crate::template::{Language, Template, Word};

mod receipt;
mod report;
mod shift;
mod slip;

pub use report::{Report, ReportKind};
pub use shift::{ShiftPaper, ShiftTenders, x_report};
pub use slip::Slip;

/// What is printed, taken when its record was decided.
#[derive(Debug, Clone)]
pub enum Paper {
    Receipt(Box<Receipt>),
    Report(Box<Report>),
    Slip(Box<Slip>),
}

impl Paper {
    /// What becomes of it is settled under this.
    pub fn transaction(&self) -> TransactionId {
        match self {
            Self::Receipt(receipt) => receipt.transaction,
            Self::Report(report) => report.transaction,
            Self::Slip(slip) => slip.transaction,
        }
    }

    /// The till whose printer it is for: not always the one that a receipt names.
    pub fn till(&self) -> TillNumber {
        match self {
            Self::Receipt(receipt) => receipt.till,
            Self::Report(report) => report.till,
            Self::Slip(slip) => slip.till,
        }
    }
}

/// Everything that one receipt says.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub template: Arc<Template>,
    pub transaction: TransactionId,
    pub terminal: TerminalId,
    /// The till whose printer it is for: not always the one that the receipt names.
    pub till: TillNumber,
    pub form: PaperForm,
    pub kind: PaperKind,
    pub profile: StoreProfile,
    pub stamp: Stamp,
    pub operator: Option<StaffNumber>,
    pub receipt: ReceiptNumber,
    /// The second number of the same sale, if it bears two.
    pub alias: Option<ReceiptNumber>,
    pub original: Option<ReceiptNumber>,
    pub lines: Vec<Line>,
    pub totals: Totals,
    pub taxes: Vec<TaxTotal>,
    pub payment: Payment,
    /// What the store takes, for the names.
    pub tender_types: Vec<TenderType>,
    /// Why, where the paper says so.
    pub reason: Option<Reason>,
    /// What was given beside it for whoever served; negative where it is given back.
    pub tips: Vec<Tender>,
    /// Gift cards, store credit and customers' accounts that it moved, and what they have left or owe.
    pub values: Vec<(ValueNumber, Money)>,
    /// The other part of an exchange.
    pub exchange: Option<OtherPart>,
    /// What holds for the whole order beside its lines: its tag, the customer's exemption, notes.
    pub notes: Vec<String>,
}

/// The other transaction of an exchange: what came back, or what was sold instead.
#[derive(Debug, Clone)]
pub struct OtherPart {
    pub receipt: ReceiptNumber,
    pub payment: Payment,
}

impl OtherPart {
    /// What of a tender only passes from the one part to the other. It never changes hands.
    fn set_off(&self, tender: &Tender) -> Money {
        let other = self.payment.tenders.iter().find(|other| other.kind == tender.kind);
        let size = |amount: Money| if amount.is_negative() { -amount } else { amount };
        let passes = |other: &&Tender| other.amount.is_negative() != tender.amount.is_negative();
        other.filter(passes).map_or(Money::zero(tender.amount.currency()), |other| {
            std::cmp::min_by_key(size(other.amount), size(tender.amount), |amount| amount.minor())
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperKind {
    Sale,
    /// A part of what an order costs, before it is paid.
    Deposit,
    Return,
    PostVoid,
    Cash(CashMovement),
    Value(ValueKind),
    ValueVoided,
}

/// The papers that a record's effects ask for, from what the record made durable.
pub fn papers(template: &Arc<Template>, state: &State, record: &Record, effects: &[Effect]) -> Vec<Paper> {
    let wanted = |transaction| {
        effects.iter().find_map(|effect| match effect {
            Effect::Print { transaction: of, form, .. } if *of == transaction => Some(*form),
            _ => None,
        })
    };
    let values = values(state, record);
    let asked = record.outcome.events().iter().filter_map(|event| {
        let receipt = match event {
            Event::DayClosed { .. } | Event::ShiftCorrected { .. } => {
                let report = report::report(template, state, event)?;
                return wanted(report.transaction).map(|_| Paper::Report(Box::new(report)));
            }
            Event::ShiftClosed { .. } => {
                let report = shift::z_report(template, state, record.outcome.events())?;
                return wanted(report.transaction).map(|_| Paper::Report(Box::new(report)));
            }
            Event::TenderApproved { attempt, approval } => {
                let slip = slip::slip(template, state, *attempt, approval)?;
                return wanted(slip.transaction).map(|_| Paper::Slip(Box::new(slip)));
            }
            Event::CopyPrinted { stamp, document, original, .. } => {
                copy(template, state, stamp, *document, *original)?
            }
            other => receipt(template, state, other)?,
        };
        let (form, values) = (wanted(receipt.transaction)?, values.clone());
        let exchange = other_part(record, receipt.transaction);
        let tips = tips(record, receipt.transaction).unwrap_or_else(|| receipt.tips.clone());
        Some(Paper::Receipt(Box::new(Receipt { form, values, exchange, tips, ..receipt })))
    });
    asked.collect()
}

/// What was given beside a transaction for whoever served, or given back with it.
fn tips(record: &Record, transaction: TransactionId) -> Option<Vec<Tender>> {
    record.outcome.events().iter().find_map(|event| match event {
        Event::TipTaken { transaction: of, tenders, .. }
        | Event::TipReturned { transaction: of, tenders, .. }
            if *of == transaction =>
        {
            Some(tenders.clone())
        }
        _ => None,
    })
}

/// The other part of the exchange that a transaction is one of.
fn other_part(record: &Record, transaction: TransactionId) -> Option<OtherPart> {
    let events = record.outcome.events();
    let is_part = |event: &Event| match event {
        Event::GoodsExchanged { returned, sold, .. } => [*returned, *sold].contains(&transaction),
        _ => false,
    };
    events.iter().find(|event| is_part(event))?;
    events.iter().find_map(|event| match event {
        Event::GoodsReturned { transaction: of, receipt, payment, .. }
        | Event::SaleCompleted { transaction: of, receipt, payment, .. }
            if *of == transaction.counterpart() =>
        {
            Some(OtherPart { receipt: *receipt, payment: payment.clone() })
        }
        _ => None,
    })
}

/// What is said of an order as a whole, where the state still has it.
fn notes(language: Language, state: &State, order: OrderId) -> Vec<String> {
    let Some(order) = state.orders.get(&order) else { return Vec::new() };
    let tag = order.terms.tag.iter().map(ToString::to_string);
    let exempt =
        order.terms.exemption.iter().map(|certificate| language.fill(Word::TaxExempt, &[certificate]));
    let notes = order.asked.notes.iter().map(|note| match note.line {
        Some(line) => {
            let of = order.lines.iter().find(|known| known.number == line);
            let of = of.map_or_else(|| line.to_string(), |line| line.description.to_string());
            format!("{of}: {}", note.text)
        }
        None => note.text.to_string(),
    });
    tag.chain(exempt).chain(notes).collect()
}

/// The accounts that a record's events moved, with what they have left now.
fn values(state: &State, record: &Record) -> Vec<(ValueNumber, Money)> {
    let moved = record.outcome.events().iter().filter_map(|event| match event {
        Event::ValueIssued { account, .. }
        | Event::ValueRedeemed { account, .. }
        | Event::ValueRefunded { account, .. } => Some(account),
        _ => None,
    });
    moved.filter_map(|account| Some((account.clone(), state.values.get(account)?.balance))).collect()
}

/// The sale's receipt once more, at the till that asks for it.
fn copy(
    template: &Arc<Template>,
    state: &State,
    asked: &Stamp,
    document: TransactionId,
    original: TransactionId,
) -> Option<Receipt> {
    let sale = state.sales.get(&original)?;
    let lines: Vec<Line> = sale.lines.iter().map(|sold| sold.line.clone()).collect();
    Some(Receipt {
        template: Arc::clone(template),
        transaction: document,
        terminal: asked.terminal,
        till: state.tills.get(&asked.terminal)?.number,
        form: PaperForm::Original,
        kind: PaperKind::Sale,
        operator: state.staff.get(&sale.stamp.operator).map(|staff| staff.number),
        profile: state.profile.clone()?,
        stamp: sale.stamp,
        receipt: sale.receipt,
        alias: sale.alias,
        original: None,
        totals: pricing::totals(sale.payment.due.currency(), &lines),
        taxes: pricing::tax_totals(&lines),
        lines,
        payment: sale.payment.clone(),
        tips: sale.tips.clone(),
        tender_types: state.tender_types(),
        reason: None,
        values: Vec::new(),
        exchange: None,
        notes: notes(template.language, state, sale.order),
    })
}

fn receipt(template: &Arc<Template>, state: &State, event: &Event) -> Option<Receipt> {
    let profile = state.profile.clone()?;
    let (transaction, receipt, stamp) = event.transaction()?;
    let sale_lines = |id: &TransactionId| -> Vec<Line> {
        state
            .sales
            .get(id)
            .map_or_else(Vec::new, |sale| sale.lines.iter().map(|sold| sold.line.clone()).collect())
    };
    let (kind, original, lines, totals, taxes, payment) = match event {
        Event::SaleCompleted { totals, taxes, payment, .. } => {
            (PaperKind::Sale, None, sale_lines(&transaction), totals, taxes, payment)
        }
        Event::GoodsReturned { source, lines, totals, taxes, payment, .. } => {
            let original = match source {
                holdfast_domain::event::ReturnSource::Receipt { original } => Some(*original),
                holdfast_domain::event::ReturnSource::NoReceipt => None,
            };
            let lines = lines.iter().map(|returned| returned.line.clone()).collect();
            (PaperKind::Return, original, lines, totals, taxes, payment)
        }
        Event::SalePostVoided { original, totals, taxes, payment, .. } => {
            (PaperKind::PostVoid, Some(*original), sale_lines(original), totals, taxes, payment)
        }
        Event::DepositTaken { order, payment, .. } => {
            let receipt = without_goods(template, state, event, PaperKind::Deposit, payment.clone(), None)?;
            let Some(order) = state.orders.get(order) else { return Some(receipt) };
            return Some(Receipt { lines: order.lines.clone(), totals: order.totals.clone(), ..receipt });
        }
        Event::CashMoved { movement, amount, reason, .. } => {
            let (kind, payment) = (PaperKind::Cash(*movement), movement.payment(*amount));
            return without_goods(template, state, event, kind, payment, Some(reason));
        }
        Event::ValueIssued { kind, payment, .. } => {
            return without_goods(template, state, event, PaperKind::Value(*kind), payment.clone(), None);
        }
        Event::ValueIssueVoided { payment, reason, .. } => {
            return without_goods(
                template,
                state,
                event,
                PaperKind::ValueVoided,
                payment.clone(),
                Some(reason),
            );
        }
        _ => return None,
    };
    Some(Receipt {
        template: Arc::clone(template),
        tender_types: state.tender_types(),
        reason: None,
        values: Vec::new(),
        exchange: None,
        notes: match event {
            Event::SaleCompleted { order, .. } => notes(template.language, state, *order),
            _ => Vec::new(),
        },
        transaction,
        terminal: stamp.terminal,
        till: receipt.till,
        form: PaperForm::Original,
        kind,
        operator: state.staff.get(&stamp.operator).map(|staff| staff.number),
        profile,
        stamp: *stamp,
        receipt,
        alias: None,
        original: original.and_then(|id| state.sales.get(&id)).map(|sale| sale.receipt),
        lines,
        totals: totals.clone(),
        taxes: taxes.clone(),
        payment: payment.clone(),
        tips: Vec::new(),
    })
}

/// A transaction in which money alone changes hands.
fn without_goods(
    template: &Arc<Template>,
    state: &State,
    event: &Event,
    kind: PaperKind,
    payment: Payment,
    reason: Option<&Reason>,
) -> Option<Receipt> {
    let (transaction, receipt, stamp) = event.transaction()?;
    let zero = Money::zero(payment.due.currency());
    Some(Receipt {
        template: Arc::clone(template),
        transaction,
        terminal: stamp.terminal,
        till: receipt.till,
        form: PaperForm::Original,
        kind,
        operator: state.staff.get(&stamp.operator).map(|staff| staff.number),
        profile: state.profile.clone()?,
        stamp: *stamp,
        receipt,
        alias: None,
        original: None,
        lines: Vec::new(),
        totals: Totals { net: zero, tax: zero, gross: zero, discount: zero },
        taxes: Vec::new(),
        payment,
        tips: Vec::new(),
        tender_types: state.tender_types(),
        reason: reason.cloned(),
        values: Vec::new(),
        exchange: None,
        notes: Vec::new(),
    })
}

/// Lays the paper out. The journal position stands at the foot, so that paper and journal can be compared.
pub fn document(paper: &Paper, position: &ReplyPosition) -> Document {
    match paper {
        Paper::Receipt(receipt) => receipt.document(position),
        Paper::Report(report) => report.document(position),
        Paper::Slip(slip) => slip.document(position),
    }
}

/// The seller, as every paper begins.
fn seller(document: &mut Document, language: Language, profile: &StoreProfile) {
    document.heading(profile.name.as_str()).centred(profile.legal_name.as_str());
    document.centred(profile.address.as_str()).centred(language.fill(Word::TaxId, &[&profile.tax_id]));
}

/// Where the paper's record stands in the journal, under the hash that signed heads cover.
fn journal(document: &mut Document, language: Language, position: &ReplyPosition) {
    document.centred(language.fill(Word::Journal, &[&head::short(position.seq, &position.hash)]));
}

/// A line to sign on.
fn signature(document: &mut Document, language: Language) {
    document.blank().text(Word::Signature.text(language)).blank().blank().rule();
}

/// As the store's list calls it; what has left the list goes by its code.
fn tender_name(language: Language, types: &[TenderType], code: &TenderCode) -> String {
    let of = types.iter().find(|of| of.code == *code);
    of.map_or_else(|| code.to_string(), |of| language.tender(of.name.as_str()))
}

/// What is net, tax and gross at each rate.
fn tax_table(document: &mut Document, language: Language, taxes: &[TaxTotal]) {
    if taxes.is_empty() {
        return;
    }
    let rows = taxes.iter().map(|tax| {
        TaxRow::new(
            format!("{} {}", tax.code, language.rate(tax.rate)),
            language.money(tax.net),
            language.money(tax.tax),
            language.money(tax.net + tax.tax),
        )
    });
    let [name, net, tax, gross] =
        [Word::Tax, Word::Net, Word::TaxAmount, Word::Gross].map(|word| word.text(language));
    document.tax_table(TaxRow::new(name, net, tax, gross), rows.collect());
}
