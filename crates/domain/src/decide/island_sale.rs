//! A sale that a till made alone. Nothing of it is decided here: goods and money have changed hands. The hub sees that it is
//! a sale at all ([`sums`]), writes it down as it was, and says in what it differs from what the shop's rules would have
//! said now ([`differences`]).

mod differences;
mod sums;

use holdfast_money::Money;

use super::basket::Basket;
use super::tenders::type_of;
use super::{Decision, Desk, taken_by};
use crate::bounded::TenderCode;
use crate::event::{Event, Stamp};
use crate::ids::{ShiftId, SubjectId, TransactionId};
use crate::island::{IslandDifference, IslandSale};
use crate::order::{Channel, OrderState};
use crate::pricing;
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::tender::{CASH, Payment, TENDERS_MAX, Tender, TenderChoice, TenderClass, TenderInput, TenderKind};
use crate::till::Till;

pub(super) fn decide(desk: &Desk<'_>, sale: &IslandSale) -> Result<Decision, Refusal> {
    let seller =
        desk.state.staff.get(&sale.operator).ok_or(Refusal::StaffUnknown { staff: sale.operator })?;
    // The rules are asked about whoever was at the till then, not about whoever is there now.
    let till = Till { operator: Some(seller.id), ..desk.till.clone() };
    let desk = &Desk { till: &till, approver: None, approved: Default::default(), ..*desk };
    check_order(desk, sale)?;
    let mut differs = Vec::new();
    let tenders = taken(desk, &sale.tenders, &mut differs)?;
    let tips = taken(desk, &sale.tips, &mut differs)?;
    let payment = Payment { due: sale.totals.gross, tenders, rounding: sale.rounding, change: sale.change };
    sums::check(desk, sale, &payment)?;
    let customer = known_customer(desk, sale.customer, &mut differs);
    let (opened, stamp) = shift_of(desk, sale)?;
    let (receipt, voided) = desk.number(ReceiptSource::Island { number: sale.number }, Mode::Live)?;
    let transaction = TransactionId(desk.command.id);
    differs.extend(differences::find(desk, sale, customer));

    let basket = Basket {
        lines: &sale.lines,
        terms: &sale.terms,
        group: super::basket::group_of(desk, customer),
        expected_total: None,
        before: None,
    };
    let priced = basket.as_priced(desk, sale.priced.clone(), sale.totals.clone());
    let said: Vec<Event> = priced.said(sale.order, None).collect();
    // Who did not look is among the differences.
    let age_checked = priced.check_age(stamp, sale.order, sale.terms.age_check, None).unwrap_or(None);

    let mut events = voided;
    events.extend(opened);
    events.push(Event::OrderPlaced {
        stamp,
        order: sale.order,
        channel: Channel::Counter,
        customer,
        basis: desk.profile.basis,
        lines: sale.priced.clone(),
        totals: sale.totals.clone(),
    });
    events.extend(said);
    events.extend(age_checked);
    events.push(Event::SaleCompleted {
        stamp,
        transaction,
        receipt,
        order: sale.order,
        basis: desk.profile.basis,
        totals: sale.totals.clone(),
        taxes: pricing::tax_totals(&sale.priced),
        payment,
    });
    if !tips.is_empty() {
        events.push(Event::TipTaken { stamp, transaction, order: sale.order, tenders: tips });
    }
    events.extend(desk.below_zero(Mode::Live, taken_by(&sale.priced)));
    events.extend(desk.low(Mode::Live, taken_by(&sale.priced)));
    events.push(Event::SoldAlone {
        stamp,
        order: sale.order,
        transaction,
        catalog_version: sale.catalog_version,
        differs,
    });
    // The till has printed the receipt and opened its drawer already.
    Ok(Decision { events, effects: Vec::new() })
}

/// The order is new, or was given up before anything was paid: then what the till sold is all that became of it.
fn check_order(desk: &Desk<'_>, sale: &IslandSale) -> Result<(), Refusal> {
    match desk.state.orders.get(&sale.order) {
        None => Ok(()),
        Some(known) if known.state == OrderState::Cancelled && known.paid.is_zero() => Ok(()),
        Some(_) => Err(Refusal::OrderExists { order: sale.order }),
    }
}

/// The shift that the sale belongs to: the till's open one; where it has none, the one that it opened alone begins; and where
/// that is over too, one begins whose drawer holds nothing but what was sold alone since. The event says that one begins.
fn shift_of(desk: &Desk<'_>, sale: &IslandSale) -> Result<(Option<Event>, Stamp), Refusal> {
    let stamp = |shift, business_date| Stamp {
        terminal: desk.till.terminal,
        operator: sale.operator,
        shift,
        business_date,
        mode: Mode::Live,
        occurred_at: desk.command.occurred_at,
    };
    if let Some(open) = desk.state.shift_of(desk.till.terminal) {
        return match open.mode {
            Mode::Live => Ok((None, stamp(open.id, open.business_date))),
            Mode::Training => Err(Refusal::ModeMismatch { order: sale.order }),
        };
    }
    let today = desk.context.business_date;
    let is_over = |shift| desk.state.closed_shifts.contains(&shift) || desk.state.shifts.contains_key(&shift);
    let (shift, float, day) = match &sale.opened {
        Some(opened) if !is_over(opened.shift) => {
            (opened.shift, desk.amount(opened.float)?, opened.day.map_or(today, |day| day.min(today)))
        }
        _ => {
            let of_its_own = TransactionId(desk.command.id).counterpart();
            (ShiftId(of_its_own.0.0), Money::zero(desk.profile.currency), today)
        }
    };
    let stamp = stamp(shift, day);
    Ok((Some(Event::ShiftOpened { stamp, float }), stamp))
}

/// Nobody is registered anew by a sale: one that is gone stays gone.
fn known_customer(
    desk: &Desk<'_>,
    customer: Option<SubjectId>,
    differs: &mut Vec<IslandDifference>,
) -> Option<SubjectId> {
    if super::subject::check_customer(desk.state, customer).is_ok() {
        return customer;
    }
    differs.extend(customer.map(|customer| IslandDifference::CustomerLeftOut { customer }));
    None
}

/// What was handed over, as it is stored. What the store's list says otherwise by now changes nothing of that: only money
/// that is not at the till at all, on an account or at a device, cannot have been taken there.
fn taken(
    desk: &Desk<'_>,
    inputs: &[TenderInput],
    differs: &mut Vec<IslandDifference>,
) -> Result<Vec<Tender>, Refusal> {
    if inputs.len() > TENDERS_MAX {
        return Err(Refusal::TooManyTenders { max: TENDERS_MAX });
    }
    let types = desk.state.tender_types();
    let mut taken = Vec::with_capacity(inputs.len());
    for input in inputs {
        let amount = desk.amount(input.amount)?;
        if !amount.is_positive() {
            return Err(Refusal::NoTender);
        }
        if !amount.in_range() {
            return Err(Refusal::AmountOutOfRange);
        }
        let (code, reference) = match &input.kind {
            TenderChoice::Cash => (TenderCode::new(CASH).expect("the code of cash is short and plain"), None),
            TenderChoice::Typed { code, reference } => (code.clone(), reference.clone()),
        };
        let of = type_of(&types, code.as_str());
        let class = of.map_or(TenderClass::Other, |of| of.class);
        if class.has_account() || class == TenderClass::Electronic {
            return Err(Refusal::TenderNotOffline { code });
        }
        // No card data is ever kept: what could be some stays with the till's paper.
        let kept = reference.clone().filter(|reference| !reference.holds_card_data(class));
        let as_listed = of.is_some_and(|of| {
            let named = kept.is_some() || !of.needs_reference || class == TenderClass::Cash;
            of.allowed_offline && named && kept == reference
        });
        if !as_listed {
            differs.push(IslandDifference::TenderNotTaken { code: code.clone() });
        }
        let kind = match of {
            Some(of) => of.kind(kept),
            None => TenderKind::Typed { code, class, reference: kept },
        };
        taken.push(Tender { kind, amount });
    }
    Ok(taken)
}
