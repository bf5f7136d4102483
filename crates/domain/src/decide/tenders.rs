//! From the tenders that a till names to what the store's list says of them, and what may be given back as change.

use holdfast_money::Money;

use super::{Desk, pay::cash_amount};
use crate::bounded::{Label, TenderReference, ValueNumber};
use crate::effect::Effect;
use crate::ids::SubjectId;
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::tender::{
    CASH, ChangeRule, TENDERS_MAX, Tender, TenderChoice, TenderClass, TenderInput, TenderKind,
    TenderRounding, TenderType,
};
use crate::value::ValueAccount;

/// The tenders of one payment, each with its type.
pub(super) struct Tenders {
    given: Vec<(Tender, TenderType)>,
    total: Money,
}

/// What a full payment comes to.
pub(super) struct Settled {
    /// What cash rounding added, or took when negative.
    pub rounding: Money,
    pub change: Money,
}

/// The store's type of a code.
pub(super) fn type_of<'t>(types: &'t [TenderType], code: &str) -> Option<&'t TenderType> {
    types.iter().find(|of| of.code.as_str() == code)
}

impl Tenders {
    pub(super) fn read(
        desk: &Desk<'_>,
        inputs: &[TenderInput],
        customer: Option<SubjectId>,
        receipt: ReceiptSource,
    ) -> Result<Self, Refusal> {
        if inputs.len() > TENDERS_MAX {
            return Err(Refusal::TooManyTenders { max: TENDERS_MAX });
        }
        let types = desk.state.tender_types();
        let mut total = Money::zero(desk.profile.currency);
        let mut given = Vec::with_capacity(inputs.len());
        for input in inputs {
            if !desk.amount(input.amount)?.is_positive() {
                return Err(Refusal::NoTender);
            }
            total += input.amount;
            if !total.in_range() {
                return Err(Refusal::AmountOutOfRange);
            }
            let of = resolve(&types, &input.kind, receipt)?.clone();
            let reference = match &input.kind {
                TenderChoice::Cash => None,
                TenderChoice::Typed { reference, .. } => reference.clone(),
            };
            let reference = match reference {
                Some(text) if of.class.has_account() => Some(account_of(text)?),
                None if of.class == TenderClass::OnAccount => Some(account_of_customer(desk, customer, &of)?),
                reference => reference,
            };
            given.push((Tender { kind: of.kind(reference), amount: input.amount }, of));
        }
        Ok(Self { given, total })
    }

    /// What a device took counts as given. Its type may have left the list since.
    pub(super) fn hold(&mut self, kind: TenderKind, amount: Money) {
        let name = Label::new(kind.code().as_str()).expect("every code is a name");
        let of = TenderType::electronic(kind.code(), name);
        self.total += amount;
        self.given.push((Tender { kind, amount }, of));
    }

    pub(super) fn tenders(&self) -> impl Iterator<Item = &Tender> {
        self.given.iter().map(|(tender, _)| tender)
    }

    pub(super) fn total(&self) -> Money {
        self.total
    }

    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Rounding belongs to the part that is paid in cash, and change to the tenders that give it.
    pub(super) fn settle(&self, desk: &Desk<'_>, due: Money) -> Result<Settled, Refusal> {
        let zero = Money::zero(due.currency());
        let rounded = |of: &TenderType| of.rounding == TenderRounding::CashStep;
        let exact = self.sum(|of| !rounded(of));
        let in_cash = self.given.is_empty() || self.given.iter().any(|(_, of)| rounded(of));
        let payable = if in_cash && exact < due { exact + cash_amount(desk, due - exact) } else { due };
        if self.total < payable {
            return Err(Refusal::TenderShort { due: payable, tendered: self.total });
        }
        let change = self.total - payable;
        let (any, free) =
            (self.sum(|of| of.change != ChangeRule::Never), self.sum(|of| of.change == ChangeRule::Any));
        if change > any {
            return Err(Refusal::ChangeNotGiven { over: change - any });
        }
        let limited = if change > free { change - free } else { zero };
        let max = Money::sum(due.currency(), self.limits());
        if limited > max {
            return Err(Refusal::OverTendered { over: limited, max });
        }
        Ok(Settled { rounding: payable - due, change })
    }

    fn sum(&self, which: impl Fn(&TenderType) -> bool) -> Money {
        let amounts = self.given.iter().filter(|(_, of)| which(of)).map(|(tender, _)| tender.amount);
        Money::sum(self.total.currency(), amounts)
    }

    /// How much too much each limited type may be, once however often it was tendered.
    fn limits(&self) -> impl Iterator<Item = Money> {
        let mut seen = std::collections::BTreeSet::new();
        self.given.iter().filter_map(move |(_, of)| match &of.change {
            ChangeRule::UpTo { max } if seen.insert(&of.code) => Some(*max),
            _ => None,
        })
    }

    /// The drawer opens where a tender goes into it or change comes out of it.
    pub(super) fn drawer(&self, desk: &Desk<'_>, change: Money) -> Option<Effect> {
        let opens = !change.is_zero() || self.given.iter().any(|(_, of)| of.opens_drawer);
        opens.then_some(Effect::OpenDrawer { terminal: desk.till.terminal })
    }

    pub(super) fn stored(self) -> Vec<Tender> {
        self.given.into_iter().map(|(tender, _)| tender).collect()
    }
}

/// The number of an account in its one spelling, so that it is one tender however it was typed.
fn account_of(typed: TenderReference) -> Result<TenderReference, Refusal> {
    match ValueNumber::new(typed.as_str()) {
        Ok(account) => Ok(account.into()),
        Err(_) => Err(Refusal::ValueUnknown { account: typed }),
    }
}

/// Whoever has one account need not know its number.
fn account_of_customer(
    desk: &Desk<'_>,
    customer: Option<SubjectId>,
    of: &TenderType,
) -> Result<TenderReference, Refusal> {
    let missing = || Refusal::TenderReferenceMissing { code: of.code.clone() };
    let customer = desk.state.who_is(customer.ok_or_else(missing)?);
    let theirs = |known: &ValueAccount| known.terms.is_some_and(|terms| terms.customer == customer);
    let mut theirs = desk.state.values.iter().filter(|(_, known)| theirs(known)).map(|(number, _)| number);
    match (theirs.next(), theirs.next()) {
        (Some(account), None) => Ok(account.clone().into()),
        _ => Err(missing()),
    }
}

fn resolve<'t>(
    types: &'t [TenderType],
    choice: &TenderChoice,
    receipt: ReceiptSource,
) -> Result<&'t TenderType, Refusal> {
    let code = match choice {
        TenderChoice::Cash => CASH,
        TenderChoice::Typed { code, .. } => code.as_str(),
    };
    // Every list has cash: it is checked where it is configured.
    let unknown = || match choice {
        TenderChoice::Cash => Refusal::StoreNotConfigured,
        TenderChoice::Typed { code, .. } => Refusal::TenderUnknown { code: code.clone() },
    };
    let of = type_of(types, code).ok_or_else(unknown)?;
    let code = || of.code.clone();
    if receipt != ReceiptSource::Hub && !of.allowed_offline {
        return Err(Refusal::TenderNotOffline { code: code() });
    }
    let reference = match choice {
        TenderChoice::Cash => None,
        TenderChoice::Typed { reference, .. } => reference.as_ref(),
    };
    match reference {
        // An account of the order's customer is found without its number.
        None if of.class == TenderClass::OnAccount => Ok(of),
        None if (of.needs_reference && of.class != TenderClass::Cash)
            || of.class == TenderClass::StoredValue =>
        {
            Err(Refusal::TenderReferenceMissing { code: code() })
        }
        // A device confirms it, and nobody's hand.
        _ if of.class == TenderClass::Electronic => Err(Refusal::TenderByDevice { code: code() }),
        Some(reference) if reference.holds_card_data(of.class) => {
            Err(Refusal::ReferenceHoldsCardData { code: code() })
        }
        _ => Ok(of),
    }
}
