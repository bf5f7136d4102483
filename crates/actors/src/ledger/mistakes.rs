//! Mistakes of the shop's rules that a test may plant: the events of a decision as a wrong rule would have made them.
//! The domain itself stays pure and knows of no planted bug; without one, nothing here changes anything.

use holdfast_domain::catalog::StockRule;
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::state::State;
use holdfast_planted::{Bug, is_planted};

/// Makes the planted mistake, if one of the shop's rules is planted.
pub(super) fn plant_into(events: &mut [Event], state: &State) {
    if is_planted(Bug::SoldAloneByWhoeverIsThere)
        && let Some(Event::SoldAlone { .. }) = events.last()
    {
        for stamp in events.iter_mut().filter_map(stamp_of_sale) {
            let there = state.tills.get(&stamp.terminal).and_then(|till| till.operator);
            stamp.operator = there.unwrap_or(stamp.operator);
        }
    }
    for event in events {
        if is_planted(Bug::AliasGivenUp)
            && let Event::ReceiptAliased { alias, receipt, .. } = event
        {
            *alias = *receipt;
        }
        if is_planted(Bug::StockNotDecremented)
            && let Event::OrderPlaced { lines, .. } = event
        {
            lines.iter_mut().for_each(|line| line.stock = StockRule::Untracked);
        }
        if is_planted(Bug::ReservationKept) {
            keep_reservation(event, state);
        }
        if is_planted(Bug::NumberGivenTwice)
            && let Some(receipt) = receipt_of(event)
        {
            receipt.number = receipt.number.saturating_sub(1).max(1);
        }
        if is_planted(Bug::NumberLeftOut)
            && let Some(receipt) = receipt_of(event)
        {
            receipt.number += 1;
        }
    }
}

/// The cancelled order's number is used and its goods stay reserved: what was cancelled is its basket alone.
fn keep_reservation(event: &mut Event, state: &State) {
    if let Event::OrderCancelled { stamp, transaction, receipt, order, reason } = event
        && let Some(order) = state.orders.get(order)
    {
        *event = Event::BasketAbandoned {
            stamp: *stamp,
            transaction: *transaction,
            receipt: *receipt,
            basis: order.basis,
            lines: order.lines.clone(),
            reason: reason.clone(),
        };
    }
}

fn stamp_of_sale(event: &mut Event) -> Option<&mut Stamp> {
    match event {
        Event::OrderPlaced { stamp, .. }
        | Event::SaleCompleted { stamp, .. }
        | Event::SoldAlone { stamp, .. } => Some(stamp),
        _ => None,
    }
}

fn receipt_of(event: &mut Event) -> Option<&mut ReceiptNumber> {
    match event {
        Event::OrderCancelled { receipt, .. }
        | Event::BasketAbandoned { receipt, .. }
        | Event::DepositTaken { receipt, .. }
        | Event::SaleCompleted { receipt, .. }
        | Event::GoodsReturned { receipt, .. }
        | Event::SalePostVoided { receipt, .. }
        | Event::CashMoved { receipt, .. }
        | Event::ValueIssued { receipt, .. }
        | Event::ValueIssueVoided { receipt, .. } => Some(receipt),
        _ => None,
    }
}
