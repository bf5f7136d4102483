//! A till gives back what an earlier hub acknowledged. Its truth is not decided again: the record is taken over as it was,
//! once what it builds on is there.

use holdfast_money::Money;

use crate::attempt::{AttemptStanding, Purpose};
use crate::bounded::ValueNumber;
use crate::event::{Event, ReturnSource, Stamp};
use crate::ids::{AttemptId, EpochId, OrderId, TerminalId};
use crate::order::{Order, OrderState};
use crate::receipt::Series;
use crate::record::{Origin, Outcome, Record};
use crate::refusal::Refusal;
use crate::shift::Shift;
use crate::state::State;

/// Whether the event is one that a command of this till can lead to. What a till gives back never changes staff, tills,
/// catalog or settings.
fn is_of_till(event: &Event, terminal: TerminalId) -> bool {
    match event {
        Event::SignedOn { terminal: of, .. }
        | Event::SignedOff { terminal: of, .. }
        | Event::SignedOnAlone { terminal: of, .. }
        | Event::TillLocked { terminal: of, .. }
        | Event::DayClosed { terminal: of, .. }
        | Event::DeviceReconciliationAsked { terminal: of, .. }
        | Event::ReceiptNumberVoided { terminal: of, .. }
        | Event::ReceiptAliased { terminal: of, .. } => *of == terminal,
        Event::ShiftOpened { stamp, .. }
        | Event::ShiftClosed { stamp, .. }
        | Event::OrderPlaced { stamp, .. }
        | Event::OrderCancelled { stamp, .. }
        | Event::BasketAbandoned { stamp, .. }
        | Event::DepositTaken { stamp, .. }
        | Event::SaleCompleted { stamp, .. }
        | Event::OrderFulfilled { stamp, .. }
        | Event::GoodsReturned { stamp, .. }
        | Event::SalePostVoided { stamp, .. }
        | Event::StockAdjusted { stamp, .. }
        | Event::CashMoved { stamp, .. }
        | Event::DrawerOpened { stamp, .. }
        | Event::CashReported { stamp, .. }
        | Event::OverrideApproved { stamp, .. }
        | Event::TendersReported { stamp, .. }
        | Event::CountStarted { stamp, .. }
        | Event::ProductCounted { stamp, .. }
        | Event::CountFinished { stamp, .. }
        | Event::CountCancelled { stamp, .. }
        | Event::ReorderLevelSet { stamp, .. }
        | Event::ReservationLimited { stamp, .. }
        | Event::SoldAfterExpiry { stamp, .. }
        | Event::SoldAlone { stamp, .. }
        | Event::OrderParked { stamp, .. }
        | Event::OrderRetrieved { stamp, .. }
        | Event::OrdersCarriedOver { stamp, .. }
        | Event::CopyPrinted { stamp, .. }
        | Event::OrderEdited { stamp, .. }
        | Event::AgeChecked { stamp, .. }
        | Event::GoodsExchanged { stamp, .. }
        | Event::ShiftCorrected { stamp, .. }
        | Event::ShiftMoved { stamp, .. }
        | Event::ValueIssued { stamp, .. }
        | Event::ValueIssueVoided { stamp, .. }
        | Event::ValueRedeemed { stamp, .. }
        | Event::ValueRefunded { stamp, .. }
        | Event::ValueStandingSet { stamp, .. }
        | Event::ValueReported { stamp, .. }
        | Event::AccountSet { stamp, .. }
        | Event::AccountsReported { stamp, .. }
        | Event::TipTaken { stamp, .. }
        | Event::TipReturned { stamp, .. }
        | Event::TipsReported { stamp, .. }
        | Event::TenderAbortAsked { stamp, .. }
        | Event::TenderResolved { stamp, .. }
        | Event::TenderReleased { stamp, .. }
        | Event::TendersCarriedOver { stamp, .. } => stamp.terminal == terminal,
        // What goes back has the stamp of what it undoes, which another till may have begun.
        Event::TenderStarted { stamp, purpose, .. } => {
            stamp.terminal == terminal || matches!(purpose, Purpose::Reversal { .. })
        }
        Event::StockWentNegative { .. }
        | Event::StockRanLow { .. }
        | Event::OrderTermsSet { .. }
        | Event::OrderAskedFor { .. }
        | Event::DevicesCarriedOver { .. }
        | Event::TenderApproved { .. }
        | Event::TenderApprovedOffline { .. }
        | Event::TenderTaken { .. }
        | Event::TenderUnclaimed { .. } => true,
        // What another hub made of an attempt when it took this over: see `doubted`.
        Event::TenderSent { .. } | Event::TenderInDoubt { .. } | Event::DeviceReconciled { .. } => true,
        Event::EpochOpened { .. }
        | Event::StoreConfigured { .. }
        | Event::TendersConfigured { .. }
        | Event::TaxesConfigured { .. }
        | Event::CatalogActivated { .. }
        | Event::CatalogAmended { .. }
        | Event::StaffAdded { .. }
        | Event::StaffRegistered { .. }
        | Event::TerminalEnrolled { .. }
        | Event::TerminalRevoked { .. }
        | Event::ClockStepped { .. }
        | Event::DocumentSettled { .. }
        | Event::SubjectRegistered { .. }
        | Event::SubjectErased { .. }
        | Event::RoleDefined { .. }
        | Event::ReservationExpired { .. }
        | Event::SubjectGrouped { .. }
        | Event::SubjectMerged { .. }
        | Event::PaymentDevicesConfigured { .. }
        | Event::OfflineLimitsSet { .. }
        | Event::DrawerMoved { .. }
        | Event::TenderDeclined { .. } => false,
    }
}

/// Whether what the event points at is here, in the state that the event needs.
fn builds_on(state: &State, terminal: TerminalId, event: &Event, record: &[Event]) -> bool {
    // A basket that is parked at once is placed by the same record.
    let known = |order: &OrderId| {
        let placed = |event: &Event| matches!(event, Event::OrderPlaced { order: of, .. } if of == order);
        state.orders.contains_key(order) || record.iter().any(placed)
    };
    // What a till sold alone may begin the shift that it belongs to.
    let open = |stamp: &Stamp| {
        let begins =
            |event: &Event| matches!(event, Event::ShiftOpened { stamp: of, .. } if of.shift == stamp.shift);
        state.shifts.get(&stamp.shift).is_some_and(|shift| shift.terminal == terminal)
            || record.iter().any(begins)
    };
    let sold_alone = |of: &OrderId| {
        record.iter().any(|event| matches!(event, Event::SoldAlone { order, .. } if order == of))
    };
    let has = |account: &ValueNumber, amount: Money| {
        state.values.get(account).is_some_and(|known| known.balance >= amount)
    };
    match event {
        Event::ShiftOpened { stamp, .. } => {
            state.tills.get(&terminal).is_some_and(|till| till.shift.is_none())
                && !state.shifts.contains_key(&stamp.shift)
                && !state.closed_shifts.contains(&stamp.shift)
        }
        Event::ShiftClosed { stamp, .. }
        | Event::BasketAbandoned { stamp, .. }
        | Event::StockAdjusted { stamp, .. }
        | Event::CashMoved { stamp, .. }
        | Event::DrawerOpened { stamp, .. }
        | Event::CashReported { stamp, .. }
        | Event::TendersReported { stamp, .. }
        | Event::ReorderLevelSet { stamp, .. }
        | Event::ValueRefunded { stamp, .. }
        | Event::ValueReported { stamp, .. }
        | Event::OrdersCarriedOver { stamp, .. } => open(stamp),
        Event::ValueIssued { stamp, account, kind, .. } => {
            open(stamp) && state.values.get(account).is_none_or(|known| known.kind == *kind)
        }
        // Nobody spends what the hub does not have yet: the issue, or what another till puts on it, comes first.
        Event::ValueRedeemed { stamp, account, amount, .. } => open(stamp) && has(account, *amount),
        Event::ValueIssueVoided { stamp, original, account, amount, .. } => {
            open(stamp) && state.issues.contains_key(original) && has(account, *amount)
        }
        Event::ValueStandingSet { stamp, account, .. } => open(stamp) && state.values.contains_key(account),
        Event::CountStarted { stamp, .. } => open(stamp) && state.count.is_none(),
        Event::ProductCounted { stamp, count, .. }
        | Event::CountFinished { stamp, count, .. }
        | Event::CountCancelled { stamp, count, .. } => {
            open(stamp) && state.count.as_ref().is_some_and(|open| open.id == *count)
        }
        Event::OrderPlaced { stamp, order, .. } => {
            let found = state.orders.get(order);
            // What was given up may have been sold by a till that was alone.
            let is_free =
                |o: &Order| sold_alone(order) && o.state == OrderState::Cancelled && o.paid.is_zero();
            open(stamp) && found.is_none_or(is_free)
        }
        Event::OrderCancelled { stamp, order, .. } => {
            open(stamp) && state.orders.get(order).is_some_and(|o| o.state == OrderState::Placed)
        }
        Event::DepositTaken { stamp, order, .. } => {
            open(stamp) && state.orders.get(order).is_some_and(|o| o.state.holds_reservation())
        }
        // The lines of a sale are its order's: a sale of an order that was edited waits for the edit.
        Event::SaleCompleted { stamp, order, .. } if sold_alone(order) => open(stamp),
        Event::SaleCompleted { stamp, order, totals, .. } => match state.orders.get(order) {
            Some(found) => open(stamp) && found.state.holds_reservation() && found.totals == *totals,
            // What an exchange sells is placed by the same record.
            None => open(stamp) && known(order),
        },
        // Edits build on each other: none is taken over before the one that it saw.
        Event::OrderEdited { stamp, order, revision, .. } => {
            let found = state.orders.get(order);
            open(stamp) && found.is_some_and(|o| o.state == OrderState::Placed && o.revision < *revision)
        }
        Event::OrderParked { stamp, order, .. } | Event::OrderRetrieved { stamp, order, .. } => {
            open(stamp) && known(order)
        }
        Event::OrderFulfilled { stamp, order } => {
            open(stamp) && state.orders.get(order).is_some_and(|o| o.state == OrderState::Paid)
        }
        Event::GoodsReturned { stamp, source: ReturnSource::Receipt { original }, .. }
        | Event::SalePostVoided { stamp, original, .. }
        | Event::CopyPrinted { stamp, original, .. } => {
            open(stamp) && state.sales.get(original).is_some_and(|sale| sale.voided.is_none())
        }
        Event::GoodsReturned { stamp, source: ReturnSource::NoReceipt, .. } => open(stamp),
        Event::ReceiptAliased { transaction, .. } => {
            state.sales.get(transaction).is_some_and(|sale| sale.alias.is_none())
        }
        // A day waits until all that it sums is there, a correction for what it corrects, and a moved drawer for all that
        // its till did with it.
        Event::DayClosed { day, number, figures, .. } => {
            let open = state.days.get(day);
            *number == state.last_day_z + 1 && open.is_some_and(|open| open.gathered == **figures)
        }
        Event::ShiftCorrected { number, z_number, before, .. } => {
            let known = state.zs.get(z_number);
            *number == state.last_correction + 1 && known.is_some_and(|z| z.tenders.contains(before))
        }
        Event::ShiftMoved { stamp, from, to, figures } => {
            let fits = |shift: &Shift| shift.terminal == *from && shift.figures == **figures;
            state.shifts.get(&stamp.shift).is_some_and(fits)
                && state.tills.get(to).is_some_and(|till| till.shift.is_none())
        }
        Event::TenderStarted { attempt, .. } => !state.attempts.contains_key(attempt),
        // A person's word is about what was in doubt there. Whatever its device has said here since stands: see `doubted`.
        Event::TenderTaken { attempt, .. }
        | Event::TenderReleased { attempt, .. }
        | Event::TenderResolved { attempt, .. } => state.attempts.contains_key(attempt),
        _ => true,
    }
}

/// Whether the event's amounts are in the store's currency: books never mix two.
fn in_currency_of(state: &State, event: &Event) -> bool {
    let amount = match event {
        Event::ShiftOpened { float, .. } => float,
        Event::ShiftClosed { declared, .. } => declared,
        Event::CashMoved { amount, .. } => amount,
        Event::CashReported { cash, .. } => &cash.paid_in,
        Event::ValueReported { value, .. } => &value.issued,
        Event::ValueRedeemed { amount, .. } | Event::ValueRefunded { amount, .. } => amount,
        Event::ValueIssued { amount, payment, .. } | Event::ValueIssueVoided { amount, payment, .. } => {
            if payment.due.currency() != amount.currency() {
                return false;
            }
            amount
        }
        Event::TendersReported { tenders, .. } => match tenders.first() {
            Some(line) => &line.expected,
            None => return true,
        },
        Event::OrdersCarriedOver { open_amount, .. } => open_amount,
        Event::TenderStarted { amount, .. } => amount,
        Event::DayClosed { figures, .. } => &figures.gross,
        Event::ShiftCorrected { before, .. } => &before.expected,
        Event::ShiftMoved { figures, .. } => &figures.gross,
        Event::OrderPlaced { totals, .. } | Event::OrderEdited { totals, .. } => &totals.gross,
        Event::DepositTaken { payment, .. }
        | Event::SaleCompleted { payment, .. }
        | Event::GoodsReturned { payment, .. }
        | Event::SalePostVoided { payment, .. } => &payment.due,
        _ => return true,
    };
    state.profile.as_ref().is_some_and(|profile| profile.currency == amount.currency())
}

/// Checks that `record`, acknowledged at `epoch` and `seq`, can follow the state, and returns it as this hub will keep it.
/// The caller has proven that the record is authentic and that its command is not known here.
///
/// # Errors
/// [`Refusal::OfferOutOfOrder`] when it builds on something that is not here yet: offered again later it may fit.
/// [`Refusal::TillUnknown`] when it is not a record of that till, [`Refusal::StoreMismatch`] when it is not in the store's
/// currency.
pub fn accept_offer(
    state: &State,
    terminal: TerminalId,
    record: &Record,
    epoch: EpochId,
    seq: u64,
) -> Result<Record, Refusal> {
    let (command, fingerprint) = match record.origin {
        Origin::Till { terminal: of, command, fingerprint }
        | Origin::Offered { terminal: of, command, fingerprint, .. }
            if of == terminal =>
        {
            (command, fingerprint)
        }
        _ => return Err(Refusal::TillUnknown),
    };
    let till = state.tills.get(&terminal).ok_or(Refusal::TillUnknown)?;
    let mut numbers = till.numbers;
    if record.outcome.events().iter().any(|event| !is_of_till(event, terminal)) {
        return Err(Refusal::TillUnknown);
    }
    for event in record.outcome.events() {
        if !in_currency_of(state, event) {
            return Err(Refusal::StoreMismatch);
        }
        let fits = builds_on(state, terminal, event, record.outcome.events());
        let number = match event {
            Event::ReceiptNumberVoided { number, .. } | Event::ReceiptAliased { alias: number, .. } => {
                Some(*number)
            }
            other => other.transaction().map(|(_, number, _)| number),
        };
        let in_series = number.is_none_or(|n| {
            let taken_up = n.series == Series::Island && till.skipped.contains(&n.number);
            let follows = n.number == numbers.of(n.series) + 1;
            numbers.set(n.series, n.number.max(numbers.of(n.series)));
            follows || taken_up
        });
        if !fits || !in_series {
            return Err(Refusal::OfferOutOfOrder);
        }
    }
    Ok(Record {
        recorded_at: record.recorded_at,
        origin: Origin::Offered { terminal, command, fingerprint, epoch, seq },
        outcome: doubted(state, record),
    })
}

/// What was begun at a hub that is gone may have left there. And what follows from a person's word about an attempt counts
/// only while the attempt is in doubt here too: its device may have answered meanwhile.
fn doubted(state: &State, record: &Record) -> Outcome {
    let Outcome::Accepted { events } = &record.outcome else { return record.outcome.clone() };
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        let is_over = match event {
            Event::TenderSent { .. } | Event::TenderInDoubt { .. } | Event::DeviceReconciled { .. } => true,
            Event::TenderApproved { attempt, .. }
            | Event::TenderApprovedOffline { attempt, .. }
            | Event::TenderUnclaimed { attempt } => {
                spoken_of(events, *attempt) && !is_in_doubt(state, *attempt)
            }
            _ => false,
        };
        if is_over {
            continue;
        }
        kept.push(event.clone());
        if let Event::TenderStarted { attempt, .. } = event {
            kept.extend(super::attempts::may_have_left(*attempt));
        }
        if let Event::DeviceReconciliationAsked { reconciliation, device, lost, .. } = event {
            let asked = record.recorded_at;
            kept.push(super::reconcile_device::lost_with_hub(state, device, *reconciliation, *lost, asked));
        }
    }
    Outcome::Accepted { events: kept }
}

/// Whether a person's word about the attempt is in the same record.
fn spoken_of(events: &[Event], attempt: AttemptId) -> bool {
    events.iter().any(|event| matches!(event, Event::TenderResolved { attempt: of, .. } if *of == attempt))
}

fn is_in_doubt(state: &State, attempt: AttemptId) -> bool {
    let standing = state.attempts.get(&attempt).map(|attempt| &attempt.standing);
    matches!(
        standing,
        Some(
            AttemptStanding::Sent { .. } | AttemptStanding::InDoubt { .. } | AttemptStanding::Disowned { .. }
        )
    )
}
