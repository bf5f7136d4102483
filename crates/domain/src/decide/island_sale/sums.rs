//! Whether what a till sent is a sale at all: its lines, taxes, totals and tenders add up in the store's currency. What they
//! should have been by the shop's rules is not asked here.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_money::{Decimal, Money};

use crate::decide::Desk;
use crate::island::{IslandSale, SumFault};
use crate::line::{LINES_MAX, Line, LineNumber};
use crate::order::{COUPONS_MAX, NOTES_MAX};
use crate::pricing::{self, is_deposit_of};
use crate::refusal::Refusal;
use crate::tender::{Payment, TenderKind};

pub(super) fn check(desk: &Desk<'_>, sale: &IslandSale, payment: &Payment) -> Result<(), Refusal> {
    if sale.priced.len() > LINES_MAX || sale.lines.len() > LINES_MAX {
        return Err(Refusal::TooManyLines { max: LINES_MAX });
    }
    if sale.terms.coupons.len() > COUPONS_MAX {
        return Err(Refusal::TooManyCoupons { max: COUPONS_MAX });
    }
    if sale.terms.notes.len() > NOTES_MAX {
        return Err(Refusal::TooManyNotes { max: NOTES_MAX });
    }
    check_numbers(sale)?;
    // Before anything is added up: amounts of two currencies are never added.
    for line in &sale.priced {
        amounts_of(line).try_for_each(|amount| check_amount(desk, amount))?;
    }
    let totals = &sale.totals;
    [totals.net, totals.tax, totals.gross, totals.discount, sale.change]
        .into_iter()
        .try_for_each(|amount| check_amount(desk, amount))?;
    if !sale.priced.iter().any(Line::is_kept) {
        return Err(Refusal::EmptyBasket);
    }
    for line in &sale.priced {
        check_line(sale, line)?;
    }
    if pricing::totals(desk.profile.currency, &sale.priced) != *totals {
        return Err(wrong(SumFault::Totals));
    }
    check_payment(desk, payment)
}

fn wrong(fault: SumFault) -> Refusal {
    Refusal::SaleDoesNotAddUp { fault }
}

/// Every line that was asked for is priced, and nothing else is but the deposits that go with them.
fn check_numbers(sale: &IslandSale) -> Result<(), Refusal> {
    let mut priced: BTreeMap<LineNumber, &Line> = BTreeMap::new();
    for line in &sale.priced {
        if priced.insert(line.number, line).is_some() {
            return Err(wrong(SumFault::LineTwice { line: line.number }));
        }
    }
    let mut asked = BTreeSet::new();
    for input in &sale.lines {
        if !asked.insert(input.number) {
            return Err(wrong(SumFault::LineTwice { line: input.number }));
        }
        if priced.get(&input.number).is_none_or(|line| line.fate != input.fate) {
            return Err(wrong(SumFault::LineMissing { line: input.number }));
        }
    }
    let is_known = |line: &&Line| asked.contains(&line.number) || is_deposit_of(line, &sale.priced);
    match sale.priced.iter().find(|line| !is_known(line)) {
        Some(line) => Err(wrong(SumFault::LineMissing { line: line.number })),
        None => Ok(()),
    }
}

fn amounts_of(line: &Line) -> impl Iterator<Item = Money> {
    let mut discount = line.discount.clone();
    let off: Vec<Money> = discount.amounts_mut().map(|amount| *amount).collect();
    let taxes: Vec<Money> = line.taxes.iter().map(|applied| applied.tax).collect();
    [line.extended, line.net, line.gross].into_iter().chain(off).chain(taxes)
}

fn check_amount(desk: &Desk<'_>, amount: Money) -> Result<(), Refusal> {
    if desk.amount(amount)?.in_range() { Ok(()) } else { Err(Refusal::AmountOutOfRange) }
}

fn check_line(sale: &IslandSale, line: &Line) -> Result<(), Refusal> {
    if !line.quantity.is_positive() {
        return Err(Refusal::QuantityNotPositive { line: line.number, quantity: line.quantity });
    }
    let zero = Money::zero(line.gross.currency());
    let tax = Money::sum(zero.currency(), line.taxes.iter().map(|applied| applied.tax));
    let off = line.discount.amount().unwrap_or(zero);
    let charged = line.extended - off;
    // Whether prices have their tax in them may have changed meanwhile; who is exempt pays less than what is charged.
    let as_charged = charged == line.gross || charged == line.net || sale.terms.exemption.is_some();
    if line.net + tax != line.gross || charged.is_negative() || !as_charged {
        return Err(wrong(SumFault::Line { line: line.number }));
    }
    Ok(())
}

/// MON-1, and rounding belongs to cash.
fn check_payment(desk: &Desk<'_>, payment: &Payment) -> Result<(), Refusal> {
    let currency = desk.profile.currency;
    if payment.rounding.currency() != currency {
        return Err(Refusal::ForeignCurrency { amount: payment.rounding });
    }
    let in_cash =
        payment.tenders.is_empty() || payment.tenders.iter().any(|tender| tender.kind == TenderKind::Cash);
    let twice = payment.rounding.amount().abs() * Decimal::TWO;
    if !payment.rounding.is_zero() && (!in_cash || twice > desk.profile.cash_step) {
        return Err(wrong(SumFault::Rounding));
    }
    let tendered = Money::sum(currency, payment.tenders.iter().map(|tender| tender.amount));
    if !tendered.in_range() {
        return Err(Refusal::AmountOutOfRange);
    }
    if tendered != payment.due + payment.rounding + payment.change {
        return Err(wrong(SumFault::Tenders));
    }
    Ok(())
}
