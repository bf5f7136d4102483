//! How a transaction is paid: cash, and whatever else the store's own list of tender types takes.

use std::collections::BTreeMap;

use holdfast_money::{Currency, Money};

use crate::attempt::CardFacts;
use crate::bounded::{DeviceName, Label, PoiReference, TenderCode, TenderReference, ValueNumber};
use crate::ids::AttemptId;
use crate::value::ValueKind;

/// The most tender types that a store lists.
pub const TENDER_TYPES_MAX: usize = 32;
/// The most tenders of one payment, and the most tenders that one count declares.
pub const TENDERS_MAX: usize = 32;
/// The code of cash in every list.
pub const CASH: &str = "cash";

/// What a tender is to the rules, whatever the store calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenderClass {
    Cash,
    /// A paper voucher that somebody else issued and settles.
    Voucher,
    /// Anything that is settled elsewhere and keyed by hand, such as a card terminal that stands alone.
    Other,
    /// A gift card or store credit of this store, by the number of its account.
    StoredValue,
    /// What a customer owes the store from then on, by the number of their account.
    OnAccount,
    /// Each one is confirmed by a device of the store or a gateway: card terminals and wallets.
    Electronic,
}

impl TenderClass {
    /// Whether it is drawn on an account that the store keeps, whose number is its reference.
    pub fn has_account(self) -> bool {
        matches!(self, Self::StoredValue | Self::OnAccount)
    }

    /// Whether a tip can come with it: what is the staff's is never owed by the store or to it.
    pub fn takes_tips(self) -> bool {
        matches!(self, Self::Cash | Self::Other | Self::Electronic)
    }
}

/// Whether a tender may be more than what is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeRule {
    Never,
    /// What is too much is given back in cash.
    Any,
    /// As much too much at most.
    UpTo {
        max: Money,
    },
}

/// Where the money goes when goods come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundRule {
    /// To the tender that it was paid with.
    ToTender,
    /// The tender takes nothing back: by permission in cash, so much of one refund at most.
    CashUpTo { max: Money },
}

/// Whether an amount of it is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenderRounding {
    Exact,
    /// To the store's smallest coin.
    CashStep,
}

/// One way to pay, as the store's settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderType {
    pub code: TenderCode,
    pub name: Label,
    pub class: TenderClass,
    pub opens_drawer: bool,
    /// Counted when a shift ends; what is not counted is only reported.
    pub counted_at_close: bool,
    pub change: ChangeRule,
    pub refund: RefundRule,
    pub rounding: TenderRounding,
    /// Such as the authorisation code and the last four digits of a card slip.
    pub needs_reference: bool,
    /// Whether a till that sells alone may take it.
    pub allowed_offline: bool,
}

/// The most that a voucher of the default list gives back in cash, in major units.
const VOUCHER_REFUND_MAX: i64 = 20;

impl TenderType {
    /// What a store takes that has no list of its own.
    pub fn defaults(currency: Currency) -> Vec<Self> {
        let by_account = |kind: ValueKind, name| Self {
            code: kind.code(),
            name,
            class: kind.class(),
            opens_drawer: false,
            counted_at_close: false,
            change: ChangeRule::Never,
            refund: RefundRule::ToTender,
            rounding: TenderRounding::Exact,
            needs_reference: true,
            allowed_offline: false,
        };
        let code = |text| TenderCode::new(text).expect("the codes below are short and plain");
        let name = |text| Label::new(text).expect("the names below are short and plain");
        let voucher_max = Money::from_minor(VOUCHER_REFUND_MAX * 10_i64.pow(currency.exponent()), currency);
        vec![
            Self {
                code: code(CASH),
                name: name("Cash"),
                class: TenderClass::Cash,
                opens_drawer: true,
                counted_at_close: true,
                change: ChangeRule::Any,
                refund: RefundRule::ToTender,
                rounding: TenderRounding::CashStep,
                needs_reference: false,
                allowed_offline: true,
            },
            Self {
                code: code("card"),
                name: name("Card"),
                class: TenderClass::Other,
                opens_drawer: false,
                counted_at_close: false,
                change: ChangeRule::Never,
                refund: RefundRule::ToTender,
                rounding: TenderRounding::Exact,
                needs_reference: true,
                allowed_offline: true,
            },
            Self {
                code: code("voucher"),
                name: name("Voucher"),
                class: TenderClass::Voucher,
                opens_drawer: true,
                counted_at_close: true,
                change: ChangeRule::Never,
                refund: RefundRule::CashUpTo { max: voucher_max },
                rounding: TenderRounding::Exact,
                needs_reference: false,
                allowed_offline: true,
            },
            Self::electronic(code("terminal"), name("Card terminal")),
            Self::electronic(code("wallet"), name("Wallet")),
            by_account(ValueKind::GiftCard, name("Gift card")),
            by_account(ValueKind::StoreCredit, name("Store credit")),
            by_account(ValueKind::CustomerAccount, name("On account")),
        ]
    }

    /// A type that a device confirms.
    pub fn electronic(code: TenderCode, name: Label) -> Self {
        Self {
            code,
            name,
            class: TenderClass::Electronic,
            opens_drawer: false,
            counted_at_close: false,
            change: ChangeRule::Never,
            refund: RefundRule::ToTender,
            rounding: TenderRounding::Exact,
            needs_reference: false,
            allowed_offline: false,
        }
    }

    /// The stored form of a tender of this type.
    pub fn kind(&self, reference: Option<TenderReference>) -> TenderKind {
        match self.class {
            TenderClass::Cash => TenderKind::Cash,
            class => TenderKind::Typed { code: self.code.clone(), class, reference },
        }
    }
}

/// What is wrong with a list of tender types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenderListFault {
    #[error("it has more than {TENDER_TYPES_MAX} types")]
    TooMany,
    #[error("a code is there twice")]
    CodeTwice,
    #[error("exactly one type is cash, and its code is `cash`")]
    Cash,
    #[error("only cash is rounded")]
    Rounding,
    #[error("a limit is negative or not in the store's currency")]
    Limit,
}

/// Checks what one type cannot say alone.
///
/// # Errors
/// [`TenderListFault`], the first that is found.
pub fn check_list(types: &[TenderType], currency: Currency) -> Result<(), TenderListFault> {
    if types.len() > TENDER_TYPES_MAX {
        return Err(TenderListFault::TooMany);
    }
    let mut codes = std::collections::BTreeSet::new();
    if !types.iter().all(|of| codes.insert(&of.code)) {
        return Err(TenderListFault::CodeTwice);
    }
    let is_cash = |of: &&TenderType| of.class == TenderClass::Cash;
    if types.iter().filter(is_cash).count() != 1
        || types.iter().any(|of| is_cash(&of) != (of.code.as_str() == CASH))
    {
        return Err(TenderListFault::Cash);
    }
    for of in types {
        if of.class != TenderClass::Cash && of.rounding != TenderRounding::Exact {
            return Err(TenderListFault::Rounding);
        }
        let change = if let ChangeRule::UpTo { max } = &of.change { Some(max) } else { None };
        let refund = if let RefundRule::CashUpTo { max } = &of.refund { Some(max) } else { None };
        if change.into_iter().chain(refund).any(|max| max.is_negative() || max.currency() != currency) {
            return Err(TenderListFault::Limit);
        }
    }
    Ok(())
}

/// A tender as it is stored: a snapshot, so that a later list changes nothing of what was paid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenderKind {
    Cash,
    /// Of a type of the store's list. The reference is never card data: see [`TenderReference::holds_card_data`].
    Typed {
        code: TenderCode,
        class: TenderClass,
        reference: Option<TenderReference>,
    },
    /// Confirmed by a device.
    Electronic(Box<ElectronicTender>),
}

/// What a device confirmed, as much as a receipt and a refund need of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElectronicTender {
    pub code: TenderCode,
    pub attempt: AttemptId,
    pub device: DeviceName,
    pub transaction: PoiReference,
    pub card: CardFacts,
}

impl TenderKind {
    pub fn code(&self) -> TenderCode {
        match self {
            Self::Cash => TenderCode::new(CASH).expect("the code of cash is short and plain"),
            Self::Typed { code, .. } => code.clone(),
            Self::Electronic(of) => of.code.clone(),
        }
    }

    pub fn class(&self) -> TenderClass {
        match self {
            Self::Cash => TenderClass::Cash,
            Self::Typed { class, .. } => *class,
            Self::Electronic(_) => TenderClass::Electronic,
        }
    }

    /// What a device confirmed.
    pub fn electronic(&self) -> Option<&ElectronicTender> {
        match self {
            Self::Electronic(of) => Some(of),
            Self::Cash | Self::Typed { .. } => None,
        }
    }

    /// The account that it is drawn on, where the store keeps one.
    pub fn account(&self) -> Option<ValueNumber> {
        match self {
            Self::Typed { class, reference: Some(reference), .. } if class.has_account() => {
                ValueNumber::new(reference.as_str()).ok()
            }
            _ => None,
        }
    }
}

/// The most digits that follow each other in a reference: an authorisation code.
const DIGIT_RUN_MAX: usize = 6;
/// The most digits of a reference to a card slip: an authorisation code and the last four of the card.
const SLIP_DIGITS_MAX: usize = 10;
/// The most digits of any other reference, such as a voucher's barcode: fewer than any card in use has.
const DIGITS_MAX: usize = 13;

impl TenderReference {
    /// Whether so many digits could be a card's number, however they are spaced (PCI DSS: none is ever kept).
    pub fn holds_card_data(&self, class: TenderClass) -> bool {
        let digits = digits_in(self.as_str());
        let mut longest = 0;
        for run in self.as_str().split(|c: char| !c.is_ascii_digit()) {
            longest = longest.max(run.len());
        }
        match class {
            TenderClass::Other => digits > SLIP_DIGITS_MAX || longest > DIGIT_RUN_MAX,
            TenderClass::Cash
            | TenderClass::Voucher
            | TenderClass::StoredValue
            | TenderClass::OnAccount
            | TenderClass::Electronic => could_be_payment_card(self.as_str()),
        }
    }
}

fn digits_in(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Whether a number that a shop gives out, such as a voucher's or a customer card's, could be a payment card's.
pub fn could_be_payment_card(number: &str) -> bool {
    digits_in(number) > DIGITS_MAX
}

/// Which tender the till names: a type of the store's list by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenderChoice {
    Cash,
    Typed { code: TenderCode, reference: Option<TenderReference> },
}

/// What was handed over, as the till asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderInput {
    pub kind: TenderChoice,
    pub amount: Money,
}

impl TenderInput {
    pub fn cash(amount: Money) -> Self {
        Self { kind: TenderChoice::Cash, amount }
    }
}

/// One tender of a transaction. Positive into the drawer, negative out of it (a refund).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tender {
    pub kind: TenderKind,
    /// What changed hands, change not yet subtracted.
    pub amount: Money,
}

/// The money side of a transaction. MON-1: the tenders sum to `due + rounding + change`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// What this transaction settles: the total of a sale, a part of it for a deposit, negative for a refund.
    pub due: Money,
    pub tenders: Vec<Tender>,
    /// What cash rounding added (or took, when negative); outside turnover and tax.
    pub rounding: Money,
    /// What was given back in cash, whatever it was paid with.
    pub change: Money,
}

impl Payment {
    /// What the drawer holds more (or less) afterwards.
    pub fn cash(&self) -> Money {
        let cash = self.tenders.iter().filter(|t| t.kind == TenderKind::Cash).map(|t| t.amount);
        Money::sum(self.due.currency(), cash) - self.change
    }

    /// What was paid (or given back, when negative) with anything but cash.
    pub fn not_cash(&self) -> impl Iterator<Item = &Tender> {
        self.tenders.iter().filter(|tender| tender.kind != TenderKind::Cash)
    }

    /// What was paid with each account that the store keeps, negative where it was given back, in the order of the numbers.
    pub fn by_account(&self) -> BTreeMap<ValueNumber, Money> {
        let mut sums = BTreeMap::new();
        for tender in &self.tenders {
            if let Some(account) = tender.kind.account() {
                *sums.entry(account).or_insert(Money::zero(tender.amount.currency())) += tender.amount;
            }
        }
        sums
    }
}

/// What a tender that is not cash took for one order, and what went back to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderBalance {
    pub kind: TenderKind,
    pub taken: Money,
    pub returned: Money,
}

impl TenderBalance {
    /// What can still go back to it.
    pub fn left(&self) -> Money {
        self.taken - self.returned
    }
}

/// Counts the tenders of a payment that are not cash, in the order in which they were first used.
pub fn add_balances(balances: &mut Vec<TenderBalance>, payment: &Payment) {
    for tender in payment.not_cash() {
        let zero = Money::zero(tender.amount.currency());
        let known = balances.iter().position(|balance| balance.kind == tender.kind);
        let at = known.unwrap_or_else(|| {
            balances.push(TenderBalance { kind: tender.kind.clone(), taken: zero, returned: zero });
            balances.len() - 1
        });
        if tender.amount.is_negative() {
            balances[at].returned += -tender.amount;
        } else {
            balances[at].taken += tender.amount;
        }
    }
}

/// What one tender type brought a drawer. Both amounts are positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderFigures {
    pub code: TenderCode,
    pub class: TenderClass,
    /// How many tenders, both ways.
    pub count: u32,
    pub taken: Money,
    pub refunded: Money,
}

/// Adds a payment to a list kept in the order of class and code. Change counts against the cash that was taken.
pub fn add_payment(figures: &mut Vec<TenderFigures>, payment: &Payment) {
    let cash = payment.cash();
    let cash_count = payment.tenders.iter().filter(|t| t.kind == TenderKind::Cash).count();
    if cash_count > 0 || !cash.is_zero() {
        let figures = entry(figures, &TenderKind::Cash, cash);
        figures.count += u32::try_from(cash_count).unwrap_or(u32::MAX);
        add_amount(figures, cash);
    }
    for tender in payment.not_cash() {
        let figures = entry(figures, &tender.kind, cash);
        figures.count += 1;
        add_amount(figures, tender.amount);
    }
}

/// Adds the tenders of a tip, negative where it was given back. What was handed over with the payment is not counted as a
/// tender of its own.
pub fn add_tips(figures: &mut Vec<TenderFigures>, tips: &[Tender]) {
    for tip in tips {
        add_amount(entry(figures, &tip.kind, tip.amount), tip.amount);
    }
}

fn add_amount(figures: &mut TenderFigures, amount: Money) {
    if amount.is_negative() {
        figures.refunded += -amount;
    } else {
        figures.taken += amount;
    }
}

fn entry<'a>(figures: &'a mut Vec<TenderFigures>, kind: &TenderKind, like: Money) -> &'a mut TenderFigures {
    let (class, code) = (kind.class(), kind.code());
    let at = match figures.binary_search_by(|f| (f.class, &f.code).cmp(&(class, &code))) {
        Ok(at) => at,
        Err(at) => {
            let zero = Money::zero(like.currency());
            figures.insert(at, TenderFigures { code, class, count: 0, taken: zero, refunded: zero });
            at
        }
    };
    &mut figures[at]
}

/// So many notes, coins or slips of one face value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    pub face: Money,
    pub count: u32,
}

/// What somebody counted of one tender type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredTender {
    pub code: TenderCode,
    pub amount: Money,
    /// By face value, where it was counted so; it sums to the amount.
    pub pieces: Vec<Pieces>,
}

/// What a count of one tender type came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenderCount {
    NotCounted,
    Counted { declared: Money, over_short: Money, pieces: Vec<Pieces> },
}

/// One tender type in a Z.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenderLine {
    pub code: TenderCode,
    pub class: TenderClass,
    pub count: u32,
    pub taken: Money,
    pub refunded: Money,
    /// What should be there: of cash with the float and what moved without a sale.
    pub expected: Money,
    pub counted: TenderCount,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_never_holds_a_cards_number() {
        let reference = |text| TenderReference::new(text).expect("a reference");
        for (text, class, card) in [
            ("auth 123456 / 4242", TenderClass::Other, false),
            ("4111111111111111", TenderClass::Other, true),
            ("4111 1111 1111 1111", TenderClass::Other, true),
            ("4111-111111-1", TenderClass::Other, true),
            ("1234567", TenderClass::Other, true),
            ("2000000000015", TenderClass::Voucher, false),
            ("4111 1111 1111 1111", TenderClass::Voucher, true),
            ("G2000000000015", TenderClass::StoredValue, false),
            ("4111-1111-1111-1111", TenderClass::StoredValue, true),
        ] {
            assert_eq!(reference(text).holds_card_data(class), card, "{text} of {class:?}");
        }
    }

    #[test]
    fn the_default_list_is_a_list() {
        for currency in [Currency::EUR, Currency::JPY, Currency::from_code("KWD").expect("a currency")] {
            assert_eq!(check_list(&TenderType::defaults(currency), currency), Ok(()));
        }
    }
}
