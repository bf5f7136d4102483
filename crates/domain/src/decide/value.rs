//! Gift cards, store credit and customers' accounts: paid for or off, blocked, taken as a tender, given back.

use holdfast_money::Money;

use super::tenders::{Settled, Tenders, type_of};
use super::{Decision, Desk, paper, paper_and_drawer};
use crate::bounded::{Reason, TenderReference, ValueNumber};
use crate::event::{Event, Stamp};
use crate::ids::{SubjectId, TransactionId};
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::shift::{Mode, Shift};
use crate::staff::Permission;
use crate::tender::{Payment, Tender, TenderKind};
use crate::value::{AccountTerms, IssueFate, IssueValue, ValueAccount, ValueIssue, ValueKind, ValueStanding};

pub(super) fn issue(desk: &Desk<'_>, issue: &IssueValue) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    let amount = desk.amount(issue.amount)?;
    if amount.is_zero() {
        return Err(Refusal::ValueOfNothing);
    }
    check_number(&issue.account, issue.kind)?;
    let before = match desk.state.values.get(&issue.account) {
        Some(known) => {
            if known.kind != issue.kind {
                return Err(Refusal::ValueNumberTaken { account: issue.account.clone() });
            }
            if known.mode != shift.mode {
                return Err(Refusal::ValueOfOtherMode { account: issue.account.clone() });
            }
            pays_off(known, issue, amount)?;
            known.balance
        }
        None if issue.kind == ValueKind::CustomerAccount => {
            return Err(Refusal::ValueUnknown { account: issue.account.clone().into() });
        }
        None => Money::zero(desk.profile.currency),
    };
    if !amount.in_range() || !(before + amount).in_range() {
        return Err(Refusal::AmountOutOfRange);
    }
    let tenders = Tenders::read(desk, &issue.tenders, None, issue.receipt)?;
    if tenders.is_empty() {
        return Err(Refusal::NoTender);
    }
    let Settled { rounding, change } = tenders.settle(desk, amount)?;
    let drawer = tenders.drawer(desk, change);
    let payment = Payment { due: amount, tenders: tenders.stored(), rounding, change };
    if !payment.by_account().is_empty() {
        return Err(Refusal::ValueForValue);
    }
    let (receipt, mut events) = desk.number(issue.receipt, stamp.mode)?;
    let transaction = TransactionId(desk.command.id);
    let (account, kind) = (issue.account.clone(), issue.kind);
    events.push(Event::ValueIssued { stamp, transaction, receipt, account, kind, amount, payment });
    let effects = drawer.into_iter().chain([paper(stamp.terminal, transaction)]).collect();
    Ok(Decision { events, effects })
}

/// What is owed can be paid off also where nothing more is bought on the account; nothing is paid in advance.
fn pays_off(known: &ValueAccount, issue: &IssueValue, amount: Money) -> Result<(), Refusal> {
    let account = || issue.account.clone();
    match known.kind {
        ValueKind::CustomerAccount if amount > known.owed() => {
            Err(Refusal::AccountOverpaid { account: account(), owed: known.owed() })
        }
        ValueKind::CustomerAccount => Ok(()),
        ValueKind::GiftCard | ValueKind::StoreCredit if known.standing == ValueStanding::Blocked => {
            Err(Refusal::ValueBlocked { account: account() })
        }
        ValueKind::GiftCard | ValueKind::StoreCredit => Ok(()),
    }
}

/// Undoes an issue of the same shift as a whole, as long as the account still has all of it.
pub(super) fn void_issue(
    desk: &Desk<'_>,
    original: TransactionId,
    issue: &ValueIssue,
    reason: &Reason,
) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    if issue.fate == IssueFate::PostVoided {
        return Err(Refusal::SaleVoided { transaction: original });
    }
    if issue.shift != shift.id {
        return Err(Refusal::OtherShift { transaction: original });
    }
    let account = issue.account.clone();
    let amount = issue.payment.due;
    let known = known(desk, &account)?;
    // What was paid off an account by mistake is owed again, whatever was bought on it since.
    if known.kind != ValueKind::CustomerAccount && known.balance < amount {
        return Err(Refusal::ValueSpent { account });
    }
    let payment = reversed(&issue.payment, shift)?;
    let (receipt, mut events) = desk.number(ReceiptSource::Hub, stamp.mode)?;
    let transaction = TransactionId(desk.command.id);
    let effects = if payment.cash().is_zero() {
        vec![paper(stamp.terminal, transaction)]
    } else {
        paper_and_drawer(stamp.terminal, transaction)
    };
    let reason = reason.clone();
    events.push(Event::ValueIssueVoided {
        stamp,
        transaction,
        receipt,
        original,
        account,
        amount,
        payment,
        reason,
    });
    Ok(Decision { events, effects })
}

/// Every tender goes back as it was taken; change comes off the cash.
fn reversed(paid: &Payment, shift: &Shift) -> Result<Payment, Refusal> {
    let cash = paid.cash();
    if cash > shift.figures.cash_expected {
        return Err(Refusal::DrawerShort { wanted: cash });
    }
    let mut tenders: Vec<Tender> =
        paid.not_cash().map(|tender| Tender { kind: tender.kind.clone(), amount: -tender.amount }).collect();
    if !cash.is_zero() {
        tenders.push(Tender { kind: TenderKind::Cash, amount: -cash });
    }
    let change = Money::zero(paid.due.currency());
    Ok(Payment { due: -paid.due, tenders, rounding: -paid.rounding, change })
}

pub(super) fn set_standing(
    desk: &Desk<'_>,
    account: &ValueNumber,
    standing: ValueStanding,
    reason: &Reason,
) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    desk.permit(Permission::BlockValue)?;
    if known(desk, account)?.mode != shift.mode {
        return Err(Refusal::ValueOfOtherMode { account: account.clone() });
    }
    let (account, reason) = (account.clone(), reason.clone());
    let events = vec![Event::ValueStandingSet { stamp, account, standing, reason }];
    Ok(Decision { events, effects: Vec::new() })
}

pub(super) fn set_account(
    desk: &Desk<'_>,
    account: &ValueNumber,
    terms: AccountTerms,
) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    desk.permit(Permission::SetAccount)?;
    desk.amount(terms.limit)?;
    super::subject::check_customer(desk.state, Some(terms.customer))?;
    let terms = AccountTerms { customer: desk.state.who_is(terms.customer), ..terms };
    check_number(account, ValueKind::CustomerAccount)?;
    if let Some(known) = desk.state.values.get(account) {
        if known.kind != ValueKind::CustomerAccount {
            return Err(Refusal::ValueNumberTaken { account: account.clone() });
        }
        if known.mode != shift.mode {
            return Err(Refusal::ValueOfOtherMode { account: account.clone() });
        }
        if known.terms.is_some_and(|known| known.customer != terms.customer) {
            return Err(Refusal::AccountOfAnother { account: account.clone() });
        }
    }
    let events = vec![Event::AccountSet { stamp, account: account.clone(), terms }];
    Ok(Decision { events, effects: Vec::new() })
}

/// What a payment takes off accounts. Balances go down with the sale that they pay: of two tills that ask at once, the
/// second meets what the first has left. In an exchange it can take what the same step gives `back`.
pub(super) fn redeemed(
    desk: &Desk<'_>,
    stamp: Stamp,
    transaction: TransactionId,
    payment: &Payment,
    customer: Option<SubjectId>,
    back: Option<&Payment>,
) -> Result<Vec<Event>, Refusal> {
    for tender in payment.tenders.iter() {
        let Some(account) = tender.kind.account() else { continue };
        let kind = known(desk, &account)?.kind;
        if kind.class() != tender.kind.class() {
            return Err(Refusal::TenderOfOtherKind { account, code: kind.code() });
        }
    }
    let back = back.map(Payment::by_account).unwrap_or_default();
    let mut events = Vec::new();
    for (account, amount) in payment.by_account() {
        let known = known(desk, &account)?;
        pays(known, &account, stamp.mode)?;
        let given = back.get(&account).map_or(Money::zero(amount.currency()), |given| -*given);
        if known.terms.is_some_and(|terms| customer.map(|id| desk.state.who_is(id)) != Some(terms.customer)) {
            return Err(Refusal::AccountOfAnother { account });
        }
        let available = known.available() + given;
        if available < amount {
            return Err(match known.kind {
                ValueKind::CustomerAccount => {
                    Refusal::AccountExhausted { account, available, wanted: amount }
                }
                _ => Refusal::ValueShort { account, balance: known.balance, wanted: amount },
            });
        }
        events.push(Event::ValueRedeemed { stamp, transaction, account, amount });
    }
    Ok(events)
}

/// What a refund gives back to accounts. A blocked one takes it too: it is its holder's.
pub(super) fn refunded(
    desk: &Desk<'_>,
    stamp: Stamp,
    transaction: TransactionId,
    payment: &Payment,
) -> Vec<Event> {
    let back = payment.by_account().into_iter().filter(|(_, amount)| amount.is_negative());
    let events = back.map(|(account, amount)| {
        let kind = desk.state.values.get(&account).map_or(ValueKind::StoreCredit, |known| known.kind);
        Event::ValueRefunded { stamp, transaction, account, kind, amount: -amount }
    });
    events.collect()
}

/// The tender of a new store credit.
pub(super) fn credit(desk: &Desk<'_>, account: &ValueNumber) -> Result<TenderKind, Refusal> {
    let kind = ValueKind::StoreCredit;
    check_number(account, kind)?;
    if desk.state.values.contains_key(account) {
        return Err(Refusal::ValueNumberTaken { account: account.clone() });
    }
    let types = desk.state.tender_types();
    let of = type_of(&types, kind.code().as_str()).filter(|of| of.class == kind.class());
    let of = of.ok_or_else(|| Refusal::TenderUnknown { code: kind.code() })?;
    Ok(of.kind(Some(account.clone().into())))
}

fn check_number(account: &ValueNumber, kind: ValueKind) -> Result<(), Refusal> {
    if TenderReference::from(account.clone()).holds_card_data(kind.class()) {
        return Err(Refusal::ReferenceHoldsCardData { code: kind.code() });
    }
    Ok(())
}

fn known<'a>(desk: &Desk<'a>, account: &ValueNumber) -> Result<&'a ValueAccount, Refusal> {
    let unknown = || Refusal::ValueUnknown { account: account.clone().into() };
    desk.state.values.get(account).ok_or_else(unknown)
}

fn pays(known: &ValueAccount, account: &ValueNumber, mode: Mode) -> Result<(), Refusal> {
    if known.mode != mode {
        return Err(Refusal::ValueOfOtherMode { account: account.clone() });
    }
    if known.standing == ValueStanding::Blocked {
        return Err(Refusal::ValueBlocked { account: account.clone() });
    }
    Ok(())
}
