//! From a durable record to the document on paper: receipts here, reports beside. The words are the receipt's; templates by store come later.

use holdfast_devices::document::{Document, Purpose, TaxRow};
use holdfast_domain::bounded::{Reason, TenderCode, ValueNumber};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{OrderId, TerminalId, TransactionId};
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, DiscountSource, Line};
use holdfast_domain::order::Totals;
use holdfast_domain::pricing;
use holdfast_domain::receipt::{ReceiptNumber, TillNumber};
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::state::State;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::TaxTotal;
use holdfast_domain::tender::{ElectronicTender, Payment, Tender, TenderKind, TenderType};
use holdfast_domain::value::ValueKind;
use holdfast_domain::{Effect, Record};
use holdfast_money::{Money, Quantity, UnitPrice};
use holdfast_protocol::head;
use holdfast_protocol::message::ReplyPosition;

mod report;

pub use report::Report;

/// What is printed, taken when its record was decided.
#[derive(Debug, Clone)]
pub enum Paper {
    Receipt(Box<Receipt>),
    Report(Box<Report>),
}

impl Paper {
    /// What becomes of it is settled under this.
    pub fn transaction(&self) -> TransactionId {
        match self {
            Self::Receipt(receipt) => receipt.transaction,
            Self::Report(report) => report.transaction,
        }
    }

    /// The till whose printer it is for: not always the one that a receipt names.
    pub fn till(&self) -> TillNumber {
        match self {
            Self::Receipt(receipt) => receipt.till,
            Self::Report(report) => report.till,
        }
    }
}

/// Everything that one receipt says.
#[derive(Debug, Clone)]
pub struct Receipt {
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

/// The papers that a record's effects ask for.
pub(crate) fn papers(state: &State, record: &Record, effects: &[Effect]) -> Vec<Paper> {
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
                let report = report::report(state, event)?;
                return wanted(report.transaction).map(|_| Paper::Report(Box::new(report)));
            }
            Event::CopyPrinted { stamp, document, original, .. } => copy(state, stamp, *document, *original)?,
            other => receipt(state, other)?,
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
fn notes(state: &State, order: OrderId) -> Vec<String> {
    let Some(order) = state.orders.get(&order) else { return Vec::new() };
    let tag = order.terms.tag.iter().map(ToString::to_string);
    let exempt =
        order.terms.exemption.iter().map(|certificate| format!("Tax exempt, certificate {certificate}"));
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
fn copy(state: &State, asked: &Stamp, document: TransactionId, original: TransactionId) -> Option<Receipt> {
    let sale = state.sales.get(&original)?;
    let lines: Vec<Line> = sale.lines.iter().map(|sold| sold.line.clone()).collect();
    Some(Receipt {
        transaction: document,
        terminal: asked.terminal,
        till: state.tills.get(&asked.terminal)?.number,
        form: PaperForm::Original,
        kind: PaperKind::Sale,
        operator: state.staff.get(&sale.stamp.operator).map(|staff| staff.number),
        profile: state.profile.clone()?,
        stamp: sale.stamp,
        receipt: sale.receipt,
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
        notes: notes(state, sale.order),
    })
}

fn receipt(state: &State, event: &Event) -> Option<Receipt> {
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
            let receipt = without_goods(state, event, PaperKind::Deposit, payment.clone(), None)?;
            let Some(order) = state.orders.get(order) else { return Some(receipt) };
            return Some(Receipt { lines: order.lines.clone(), totals: order.totals.clone(), ..receipt });
        }
        Event::CashMoved { movement, amount, reason, .. } => {
            let (kind, payment) = (PaperKind::Cash(*movement), movement.payment(*amount));
            return without_goods(state, event, kind, payment, Some(reason));
        }
        Event::ValueIssued { kind, payment, .. } => {
            return without_goods(state, event, PaperKind::Value(*kind), payment.clone(), None);
        }
        Event::ValueIssueVoided { payment, reason, .. } => {
            return without_goods(state, event, PaperKind::ValueVoided, payment.clone(), Some(reason));
        }
        _ => return None,
    };
    Some(Receipt {
        tender_types: state.tender_types(),
        reason: None,
        values: Vec::new(),
        exchange: None,
        notes: match event {
            Event::SaleCompleted { order, .. } => notes(state, *order),
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
    state: &State,
    event: &Event,
    kind: PaperKind,
    payment: Payment,
    reason: Option<&Reason>,
) -> Option<Receipt> {
    let (transaction, receipt, stamp) = event.transaction()?;
    let zero = Money::zero(payment.due.currency());
    Some(Receipt {
        transaction,
        terminal: stamp.terminal,
        till: receipt.till,
        form: PaperForm::Original,
        kind,
        operator: state.staff.get(&stamp.operator).map(|staff| staff.number),
        profile: state.profile.clone()?,
        stamp: *stamp,
        receipt,
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
        Paper::Receipt(receipt) => of_receipt(receipt, position),
        Paper::Report(report) => report.document(position),
    }
}

/// The seller, as every paper begins.
fn seller(document: &mut Document, profile: &StoreProfile) {
    document.heading(profile.name.as_str()).centred(profile.legal_name.as_str());
    document.centred(profile.address.as_str()).centred(format!("Tax id {}", profile.tax_id)).blank();
}

fn of_receipt(paper: &Receipt, position: &ReplyPosition) -> Document {
    let purpose = match paper.stamp.mode {
        Mode::Live => Purpose::Live,
        Mode::Training => Purpose::Training,
    };
    let mut document = Document::new(purpose);
    let profile = &paper.profile;
    seller(&mut document, profile);
    match paper.kind {
        PaperKind::Sale => {}
        PaperKind::Return => {
            document.bold("RETURN");
        }
        PaperKind::Deposit => {
            document.bold("DEPOSIT");
        }
        PaperKind::PostVoid => {
            document.bold("VOIDED SALE");
        }
        PaperKind::Cash(movement) => {
            document.bold(match movement {
                CashMovement::PaidIn => "PAID IN",
                CashMovement::PaidOut => "PAID OUT",
                CashMovement::Drop => "CASH TO THE SAFE",
                CashMovement::Loan => "CASH FROM THE SAFE",
            });
        }
        PaperKind::Value(kind) => {
            document.bold(match kind {
                ValueKind::GiftCard => "GIFT CARD",
                ValueKind::StoreCredit => "STORE CREDIT",
                ValueKind::CustomerAccount => "PAYMENT ON ACCOUNT",
            });
        }
        PaperKind::ValueVoided => {
            document.bold("VOIDED GIFT CARD, CREDIT OR PAYMENT ON ACCOUNT");
        }
    }
    match paper.form {
        PaperForm::Original => {}
        PaperForm::Copy { number } => {
            document.bold(format!("COPY {number}"));
        }
        PaperForm::Gift { number } => {
            document.bold(format!("GIFT RECEIPT, COPY {number}"));
        }
    }
    document.row(format!("Receipt {}", paper.receipt), paper.stamp.business_date.to_string());
    if let Some(original) = paper.original {
        document.text(format!("For receipt {original}"));
    }
    if let Some(operator) = paper.operator {
        document.text(format!("Served by {operator}"));
    }
    let money_alone = match paper.kind {
        PaperKind::Sale | PaperKind::Return | PaperKind::PostVoid => false,
        PaperKind::Deposit => {
            add_deposit(&mut document, paper);
            true
        }
        PaperKind::Cash(_) => {
            add_cash(&mut document, paper);
            true
        }
        PaperKind::Value(_) | PaperKind::ValueVoided => {
            add_value(&mut document, paper);
            true
        }
    };
    if money_alone {
        document.blank().barcode(paper.receipt.to_string());
        document.centred(format!("Journal {}", head::short(position.seq, &position.hash)));
        return document;
    }
    document.rule();
    if let PaperForm::Gift { .. } = paper.form {
        for line in &paper.lines {
            document.row(line.description.as_str(), line.quantity.to_string());
        }
        document.rule().text("Bring this paper along to change or return what is on it.");
        document.blank().barcode(paper.receipt.to_string());
        document.centred(format!("Journal {}", head::short(position.seq, &position.hash)));
        return document;
    }
    for line in &paper.lines {
        add_line(&mut document, line);
    }
    for note in &paper.notes {
        document.text(note.as_str());
    }
    document.rule();
    let shown = |money: Money| plain(money);
    if !paper.totals.discount.is_zero() {
        document.row("Discounts", shown(-paper.totals.discount));
    }
    // What an exempt customer does not pay of prices that include it.
    let listed = Money::sum(profile.currency, paper.lines.iter().filter(|l| l.is_kept()).map(|l| l.extended));
    let not_charged = paper.totals.gross - (listed - paper.totals.discount);
    if paper.kind == PaperKind::Sale && paper.taxes.is_empty() && not_charged.is_negative() {
        document.row("Tax not charged", shown(not_charged));
    }
    let label = if paper.kind == PaperKind::Sale { "TOTAL" } else { "REFUND" };
    document.total(format!("{label} {}", profile.currency), shown(paper.totals.gross));
    let before = paper.totals.gross - paper.payment.due;
    if paper.kind == PaperKind::Sale && before.is_positive() {
        document.row("Paid before", shown(-before));
    }
    add_payment(&mut document, paper);
    add_balances(&mut document, paper);
    document.blank();
    let rows = paper.taxes.iter().map(|tax| {
        TaxRow::new(
            format!("{} {}", tax.code, tax.rate),
            shown(tax.net),
            shown(tax.tax),
            shown(tax.net + tax.tax),
        )
    });
    if !paper.taxes.is_empty() {
        document.tax_table(TaxRow::new("Tax", "Net", "Tax", "Gross"), rows.collect());
    }
    document.blank().barcode(paper.receipt.to_string());
    document.centred(format!("Journal {}", head::short(position.seq, &position.hash)));
    document
}

/// What was ordered and how much of it is paid now: no turnover and no tax until the rest is.
fn add_deposit(document: &mut Document, paper: &Receipt) {
    document.rule();
    for line in paper.lines.iter().filter(|line| line.is_kept()) {
        add_line(document, line);
    }
    document.rule().row(format!("Order {}", paper.profile.currency), plain(paper.totals.gross));
    document.total(format!("DEPOSIT {}", paper.profile.currency), plain(paper.payment.due));
    add_payment(document, paper);
    add_balances(document, paper);
    document.text("Bring this paper along when you pay the rest.");
}

/// How much, why, and a line for whoever gives or takes it.
fn add_cash(document: &mut Document, paper: &Receipt) {
    let due = paper.payment.due;
    let amount = if due.is_negative() { -due } else { due };
    document.rule();
    if let Some(reason) = &paper.reason {
        document.text(reason.as_str());
    }
    document.total(format!("CASH {}", paper.profile.currency), plain(amount));
    document.blank().text("Signature").blank().rule();
}

/// What was paid for stored value: no turnover, and no tax until it is redeemed.
fn add_value(document: &mut Document, paper: &Receipt) {
    let due = paper.payment.due;
    let amount = if due.is_negative() { -due } else { due };
    document.rule();
    if let Some(reason) = &paper.reason {
        document.text(reason.as_str());
    }
    let label = if due.is_negative() { "REFUND" } else { "TOTAL" };
    document.total(format!("{label} {}", paper.profile.currency), plain(amount));
    add_payment(document, paper);
    add_balances(document, paper);
    document.text(match paper.kind {
        PaperKind::Value(ValueKind::CustomerAccount) => "Not a sale: it pays what was bought before",
        _ => "Not a sale: tax is due when it is redeemed",
    });
}

/// What the holder of a gift card or store credit has left, or a customer owes.
fn add_balances(document: &mut Document, paper: &Receipt) {
    for (account, balance) in &paper.values {
        match balance.is_negative() {
            true => document.row(format!("Owed on account {account}"), plain(-*balance)),
            false => document.row(format!("Balance of {account}"), plain(*balance)),
        };
    }
}

fn add_line(document: &mut Document, line: &Line) {
    // The letter leads to the rate in the tax table.
    let codes: Vec<&str> = line.taxes.iter().map(|tax| tax.code.as_str()).collect();
    document.row(line.description.as_str(), format!("{} {}", plain(line.extended), codes.join("")));
    if line.quantity != Quantity::ONE {
        let unit = match line.unit {
            holdfast_domain::catalog::Unit::Piece => "",
            holdfast_domain::catalog::Unit::Kilogram => " kg",
            holdfast_domain::catalog::Unit::Litre => " l",
            holdfast_domain::catalog::Unit::Metre => " m",
        };
        document.text(format!("  {}{unit} x {}", line.quantity, price(line.price.unit_price(), line.gross)));
    }
    if let AppliedPrice::Override { reason, .. } = &line.price {
        document.text(format!("  price: {reason}"));
    }
    match &line.discount {
        AppliedDiscount::None => {}
        AppliedDiscount::Percent { rate, amount, reason } => {
            document.row(format!("  {reason} {rate}"), plain(-*amount));
        }
        AppliedDiscount::Amount { amount, reason } => {
            document.row(format!("  {reason}"), plain(-*amount));
        }
        AppliedDiscount::Parts { parts } => {
            for part in parts {
                let label = match &part.source {
                    DiscountSource::Line { reason } | DiscountSource::Basket { reason } => reason.as_str(),
                    DiscountSource::Promotion { name, .. } => name.as_str(),
                };
                document.row(format!("  {label}"), plain(-part.amount));
            }
        }
    }
}

/// As the store's list calls it; what has left the list goes by its code.
fn tender_name(types: &[TenderType], code: &TenderCode) -> String {
    let of = types.iter().find(|of| of.code == *code);
    of.map_or_else(|| code.to_string(), |of| of.name.to_string())
}

fn add_payment(document: &mut Document, paper: &Receipt) {
    let payment = &paper.payment;
    if !payment.rounding.is_zero() {
        document.row("Cash rounding", plain(payment.rounding));
    }
    if let Some(other) = &paper.exchange {
        let passed = payment.tenders.iter().map(|tender| other.set_off(tender));
        let passed = Money::sum(payment.due.currency(), passed);
        let (label, amount) = match payment.due.is_negative() {
            true => ("Exchanged for", passed),
            false => ("Goods given back", -passed),
        };
        document.row(format!("{label} {}", other.receipt), plain(amount));
    }
    for tender in &payment.tenders {
        let back = tender.amount.is_negative();
        let set_off =
            paper.exchange.as_ref().map_or(Money::zero(tender.amount.currency()), |o| o.set_off(tender));
        let amount = if back { -tender.amount } else { tender.amount } - set_off;
        if amount.is_zero() && paper.exchange.is_some() {
            continue;
        }
        let label = match (&tender.kind, back) {
            (TenderKind::Cash, false) => "Cash".to_owned(),
            (TenderKind::Cash, true) => "Cash paid out".to_owned(),
            (TenderKind::Typed { code, .. }, false) => tender_name(&paper.tender_types, code),
            (TenderKind::Typed { code, .. }, true) => {
                format!("Back to {}", tender_name(&paper.tender_types, code))
            }
            (TenderKind::Electronic(of), false) => tender_name(&paper.tender_types, &of.code),
            (TenderKind::Electronic(of), true) => {
                format!("Back to {}", tender_name(&paper.tender_types, &of.code))
            }
        };
        document.row(label, plain(amount));
        if let Some(of) = tender.kind.electronic() {
            card_lines(document, of);
        }
        if let TenderKind::Typed { reference: Some(reference), .. } = &tender.kind {
            document.text(format!("  {reference}"));
        }
    }
    if !payment.change.is_zero() {
        document.row("Change", plain(payment.change));
    }
    for tip in &paper.tips {
        let name = tender_name(&paper.tender_types, &tip.kind.code());
        match tip.amount.is_negative() {
            true => document.row(format!("Tip back, {name}"), plain(-tip.amount)),
            false => document.row(format!("Tip, {name}"), plain(tip.amount)),
        };
    }
}

/// What card schemes want on a receipt, as much of it as the device told.
fn card_lines(document: &mut Document, of: &ElectronicTender) {
    let card = &of.card;
    let words = [card.scheme.as_ref(), card.wallet.as_ref()].into_iter().flatten().map(ToString::to_string);
    let ending = card.last_four.as_ref().map(|ending| format!("****{ending}"));
    let entry = card.entry.map(|entry| entry.name().to_owned());
    let line: Vec<String> = words.chain(ending).chain(entry).collect();
    if !line.is_empty() {
        document.text(format!("  {}", line.join(" ")));
    }
    if let Some(aid) = &card.aid {
        document.text(format!("  AID {aid}"));
    }
    let auth = card.auth_code.as_ref().map(|code| format!("auth {code} "));
    document.text(format!("  {}ref {}", auth.unwrap_or_default(), of.transaction));
}

/// A unit price with as many places as coins have, or more where it has more.
fn price(price: UnitPrice, like: Money) -> String {
    let mut price = price.value();
    price.rescale(price.scale().max(like.currency().exponent()));
    price.to_string()
}

/// The amount without its currency, which the total names once.
fn plain(money: Money) -> String {
    let mut amount = money.amount();
    amount.rescale(money.currency().exponent());
    amount.to_string()
}
