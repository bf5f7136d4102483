//! What a customer takes home, and the slips of a drawer: laid out from what a transaction made durable.

use holdfast_devices::document::Document;
use holdfast_domain::attempt::CardFacts;
use holdfast_domain::bounded::PoiReference;
use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::Unit;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, DiscountSource, Line};
use holdfast_domain::tender::TenderKind;
use holdfast_domain::value::ValueKind;
use holdfast_money::{Money, Quantity};
use holdfast_protocol::message::ReplyPosition;

use super::{PaperKind, Receipt, journal, seller, signature, tax_table, tender_name};
use crate::template::{Language, Word};

impl PaperKind {
    /// What the paper is, where it is not simply a receipt.
    fn title(self) -> Option<Word> {
        Some(match self {
            PaperKind::Sale => return None,
            PaperKind::Return => Word::Return,
            PaperKind::Deposit => Word::Deposit,
            PaperKind::PostVoid => Word::VoidedSale,
            PaperKind::Cash(CashMovement::PaidIn) => Word::PaidIn,
            PaperKind::Cash(CashMovement::PaidOut) => Word::PaidOut,
            PaperKind::Cash(CashMovement::Drop) => Word::ToTheSafe,
            PaperKind::Cash(CashMovement::Loan) => Word::FromTheSafe,
            PaperKind::Value(ValueKind::GiftCard) => Word::GiftCard,
            PaperKind::Value(ValueKind::StoreCredit) => Word::StoreCredit,
            PaperKind::Value(ValueKind::CustomerAccount) => Word::PaymentOnAccount,
            PaperKind::ValueVoided => Word::ValueVoided,
        })
    }

    /// Whether a customer takes it home: then it bears what the store says above and below.
    fn is_customers(self) -> bool {
        !matches!(self, PaperKind::Cash(_))
    }
}

impl Receipt {
    pub(super) fn document(&self, position: &ReplyPosition) -> Document {
        let language = self.template.language;
        let mut document = self.template.document(self.stamp.mode);
        self.head(&mut document);
        match (self.kind, self.form) {
            (PaperKind::Deposit, _) => self.deposit(&mut document),
            (PaperKind::Cash(_), _) => self.cash(&mut document),
            (PaperKind::Value(_) | PaperKind::ValueVoided, _) => self.value(&mut document),
            (_, PaperForm::Gift { .. }) => self.gift(&mut document),
            (_, PaperForm::Original | PaperForm::Copy { .. }) => self.goods(&mut document),
        }
        if self.kind.is_customers() && !self.template.footer.is_empty() {
            document.blank();
            for line in &self.template.footer {
                document.centred(line);
            }
        }
        document.blank().barcode(self.receipt.to_string()).blank();
        journal(&mut document, language, position);
        document
    }

    fn head(&self, document: &mut Document) {
        let language = self.template.language;
        if self.kind.is_customers()
            && let Some(logo) = &self.template.logo
        {
            document.picture(logo.clone()).blank();
        }
        seller(document, language, &self.profile);
        if self.kind.is_customers() {
            for line in &self.template.header {
                document.centred(line);
            }
        }
        document.blank();
        if let Some(title) = self.kind.title() {
            document.bold(title.text(language));
        }
        match self.form {
            PaperForm::Original => {}
            PaperForm::Copy { number } => {
                document.bold(language.fill(Word::CopyNumber, &[&number]));
            }
            PaperForm::Gift { number } => {
                document.bold(language.fill(Word::GiftReceipt, &[&number]));
            }
        }
        document.row(language.fill(Word::Receipt, &[&self.receipt]), language.date(self.stamp.business_date));
        if let Some(alias) = self.alias {
            document.text(language.fill(Word::AlsoReceipt, &[&alias]));
        }
        if let Some(original) = self.original {
            document.text(language.fill(Word::ForReceipt, &[&original]));
        }
        if let Some(operator) = self.operator {
            document.text(language.fill(Word::ServedBy, &[&operator]));
        }
        document.rule();
    }

    /// A word with the store's currency, as the largest amount of a paper is called.
    fn in_currency(&self, word: Word) -> String {
        self.template.language.fill(word, &[&self.profile.currency])
    }

    fn gift(&self, document: &mut Document) {
        let language = self.template.language;
        for line in &self.lines {
            document.row(line.description.as_str(), quantity(language, line));
        }
        document.rule().text(Word::BringToChange.text(language));
    }

    fn goods(&self, document: &mut Document) {
        let language = self.template.language;
        let shown = |money: Money| language.money(money);
        for line in &self.lines {
            add_line(document, language, line);
        }
        for note in &self.notes {
            document.text(note.as_str());
        }
        document.rule();
        if !self.totals.discount.is_zero() {
            document.row(Word::Discounts.text(language), shown(-self.totals.discount));
        }
        // What an exempt customer does not pay of prices that include it.
        let kept = self.lines.iter().filter(|line| line.is_kept());
        let listed = Money::sum(self.profile.currency, kept.map(|line| line.extended));
        let not_charged = self.totals.gross - (listed - self.totals.discount);
        if self.kind == PaperKind::Sale && self.taxes.is_empty() && not_charged.is_negative() {
            document.row(Word::TaxNotCharged.text(language), shown(not_charged));
        }
        let total = if self.kind == PaperKind::Sale { Word::Total } else { Word::Refund };
        document.total(self.in_currency(total), shown(self.totals.gross));
        let before = self.totals.gross - self.payment.due;
        if self.kind == PaperKind::Sale && before.is_positive() {
            document.row(Word::PaidBefore.text(language), shown(-before));
        }
        self.payment(document);
        self.balances(document);
        if !self.taxes.is_empty() {
            document.blank();
            tax_table(document, language, &self.taxes);
        }
    }

    /// What was ordered and how much of it is paid now: no turnover and no tax until the rest is.
    fn deposit(&self, document: &mut Document) {
        let language = self.template.language;
        for line in self.lines.iter().filter(|line| line.is_kept()) {
            add_line(document, language, line);
        }
        document.rule().row(self.in_currency(Word::OrderTotal), language.money(self.totals.gross));
        document.total(self.in_currency(Word::DepositTotal), language.money(self.payment.due));
        self.payment(document);
        self.balances(document);
        document.text(Word::BringForTheRest.text(language));
    }

    /// How much, why, and a line for whoever gives or takes it.
    fn cash(&self, document: &mut Document) {
        if let Some(reason) = &self.reason {
            document.text(reason.as_str());
        }
        let amount = self.template.language.money(size(self.payment.due));
        document.total(self.in_currency(Word::CashTotal), amount);
        signature(document, self.template.language);
    }

    /// What was paid for stored value: no turnover, and no tax until it is redeemed.
    fn value(&self, document: &mut Document) {
        let language = self.template.language;
        let due = self.payment.due;
        if let Some(reason) = &self.reason {
            document.text(reason.as_str());
        }
        let total = if due.is_negative() { Word::Refund } else { Word::Total };
        document.total(self.in_currency(total), language.money(size(due)));
        self.payment(document);
        self.balances(document);
        let is_no_sale = match self.kind {
            PaperKind::Value(ValueKind::CustomerAccount) => Word::PaysWhatWasBought,
            _ => Word::TaxedWhenRedeemed,
        };
        document.text(is_no_sale.text(language));
    }

    /// What the holder of a gift card or store credit has left, or a customer owes.
    fn balances(&self, document: &mut Document) {
        let language = self.template.language;
        for (account, balance) in &self.values {
            let word = if balance.is_negative() { Word::OwedOnAccount } else { Word::BalanceOf };
            document.row(language.fill(word, &[account]), language.money(size(*balance)));
        }
    }

    fn payment(&self, document: &mut Document) {
        let language = self.template.language;
        let shown = |money: Money| language.money(money);
        let payment = &self.payment;
        if !payment.rounding.is_zero() {
            document.row(Word::CashRounding.text(language), shown(payment.rounding));
        }
        if let Some(other) = &self.exchange {
            let passed = payment.tenders.iter().map(|tender| other.set_off(tender));
            let passed = Money::sum(payment.due.currency(), passed);
            let (word, amount) = match payment.due.is_negative() {
                true => (Word::ExchangedFor, passed),
                false => (Word::GoodsGivenBack, -passed),
            };
            document.row(language.fill(word, &[&other.receipt]), shown(amount));
        }
        for tender in &payment.tenders {
            let back = tender.amount.is_negative();
            let nothing = Money::zero(tender.amount.currency());
            let set_off = self.exchange.as_ref().map_or(nothing, |other| other.set_off(tender));
            let amount = size(tender.amount) - set_off;
            if amount.is_zero() && self.exchange.is_some() {
                continue;
            }
            let label = match (&tender.kind, back) {
                (TenderKind::Cash, false) => Word::Cash.text(language).to_owned(),
                (TenderKind::Cash, true) => Word::CashPaidOut.text(language).to_owned(),
                (TenderKind::Typed { .. } | TenderKind::Electronic(_), back) => {
                    let name = tender_name(language, &self.tender_types, &tender.kind.code());
                    if back { language.fill(Word::BackTo, &[&name]) } else { name }
                }
            };
            document.row(label, shown(amount));
            if let Some(of) = tender.kind.electronic() {
                card_lines(document, language, &of.card, &of.transaction);
            }
            if let TenderKind::Typed { reference: Some(reference), .. } = &tender.kind {
                document.text(format!("  {reference}"));
            }
        }
        if !payment.change.is_zero() {
            document.row(Word::Change.text(language), shown(payment.change));
        }
        for tip in &self.tips {
            let name = tender_name(language, &self.tender_types, &tip.kind.code());
            let word = if tip.amount.is_negative() { Word::TipBack } else { Word::Tip };
            document.row(language.fill(word, &[&name]), shown(size(tip.amount)));
        }
    }
}

fn size(money: Money) -> Money {
    if money.is_negative() { -money } else { money }
}

/// How much of it, with the unit that it is sold by.
fn quantity(language: Language, line: &Line) -> String {
    let unit = match line.unit {
        Unit::Piece => "",
        Unit::Kilogram => " kg",
        Unit::Litre => " l",
        Unit::Metre => " m",
    };
    format!("{}{unit}", language.quantity(line.quantity))
}

fn add_line(document: &mut Document, language: Language, line: &Line) {
    // The letter leads to the rate in the tax table.
    let codes: Vec<&str> = line.taxes.iter().map(|tax| tax.code.as_str()).collect();
    document.row(line.description.as_str(), format!("{} {}", language.money(line.extended), codes.join("")));
    if line.quantity != Quantity::ONE {
        let price = language.price(line.price.unit_price(), line.gross);
        document.text(format!("  {} x {price}", quantity(language, line)));
    }
    if let AppliedPrice::Override { reason, .. } = &line.price {
        document.text(format!("  {}", language.fill(Word::OtherPrice, &[reason])));
    }
    match &line.discount {
        AppliedDiscount::None => {}
        AppliedDiscount::Percent { rate, amount, reason } => {
            document.row(format!("  {reason} {}", language.rate(*rate)), language.money(-*amount));
        }
        AppliedDiscount::Amount { amount, reason } => {
            document.row(format!("  {reason}"), language.money(-*amount));
        }
        AppliedDiscount::Parts { parts } => {
            for part in parts {
                let label = match &part.source {
                    DiscountSource::Line { reason } | DiscountSource::Basket { reason } => reason.as_str(),
                    DiscountSource::Promotion { name, .. } => name.as_str(),
                };
                document.row(format!("  {label}"), language.money(-part.amount));
            }
        }
    }
}

/// What card schemes want on a receipt, as much of it as the device told. No driver passes a card's number on; what looks like
/// one all the same is masked here once more, because paper is never taken back.
pub(super) fn card_lines(
    document: &mut Document,
    language: Language,
    card: &CardFacts,
    transaction: &PoiReference,
) {
    let mut add = |line: &str| {
        document.text(format!("  {}", holdfast_pan::masked(line)));
    };
    let words = [card.scheme.as_ref(), card.wallet.as_ref()].into_iter().flatten().map(ToString::to_string);
    let ending = card.last_four.as_ref().map(|ending| format!("****{ending}"));
    let entry = card.entry.map(|entry| language.entry(entry).to_owned());
    let line: Vec<String> = words.chain(ending).chain(entry).collect();
    if !line.is_empty() {
        add(&line.join(" "));
    }
    if let Some(aid) = &card.aid {
        add(&language.fill(Word::Application, &[aid]));
    }
    match &card.auth_code {
        Some(code) => add(&language.fill(Word::Authorisation, &[code, transaction])),
        None => add(&language.fill(Word::Reference, &[transaction])),
    }
}
