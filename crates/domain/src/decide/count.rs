//! Counting what is on the shelves while the shop goes on selling. Each product is held against the books of the moment in
//! which it is counted; what differs is posted when the count is finished, and what nobody counted is named, not zeroed.
//!
//! Goods that are paid and wait to be handed over have left the books: they are not counted.

use std::collections::BTreeSet;

use holdfast_money::Quantity;

use super::adjust_stock::adjusted;
use super::{Decision, Desk};
use crate::bounded::{Reason, Sku};
use crate::catalog::ItemRef;
use crate::event::{Event, Stamp};
use crate::ids::CountId;
use crate::line::LINES_MAX;
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::staff::Permission;
use crate::stock::{AdjustmentReason, CountScope, OpenCount, StockChange};

/// The most products of one count: what differs is posted in one record.
pub const COUNTED_MAX: usize = 4_000;
/// The most products that the end of a count names as not counted.
pub const LISTED_MAX: usize = 500;

/// The stamp of a person who may count, in a live shift.
fn counting(desk: &Desk<'_>) -> Result<Stamp, Refusal> {
    let (shift, stamp) = desk.shift()?;
    desk.permit(Permission::CountStock)?;
    if shift.mode == Mode::Training {
        return Err(Refusal::TrainingShift);
    }
    Ok(stamp)
}

fn under_way<'a>(desk: &Desk<'a>, count: CountId) -> Result<&'a OpenCount, Refusal> {
    let open = desk.state.count.as_ref().filter(|open| open.id == count);
    open.ok_or(Refusal::CountUnknown { count })
}

pub(super) fn start(desk: &Desk<'_>, count: CountId, scope: &CountScope) -> Result<Decision, Refusal> {
    let stamp = counting(desk)?;
    if let Some(open) = &desk.state.count {
        return Err(Refusal::CountUnderWay { count: open.id });
    }
    if let CountScope::Products(products) = scope {
        if products.is_empty() {
            return Err(Refusal::EmptyBasket);
        }
        if products.len() > LINES_MAX {
            return Err(Refusal::TooManyLines { max: LINES_MAX });
        }
        for sku in products {
            let product = desk.product(&ItemRef::Sku(sku.clone()))?;
            if !product.stock.is_counted() {
                return Err(Refusal::NotInCount { sku: sku.clone() });
            }
        }
    }
    one(Event::CountStarted { stamp, count, scope: scope.clone() })
}

pub(super) fn product(
    desk: &Desk<'_>,
    count: CountId,
    item: &ItemRef,
    quantity: Quantity,
) -> Result<Decision, Refusal> {
    let stamp = counting(desk)?;
    let open = under_way(desk, count)?;
    let product = desk.product(item)?;
    let sku = product.sku.clone();
    if !product.stock.is_counted() || !open.scope.covers(&sku) {
        return Err(Refusal::NotInCount { sku });
    }
    if quantity.is_negative() {
        return Err(Refusal::CountNegative { sku, quantity });
    }
    if !product.unit.divisible() && !quantity.is_whole() {
        return Err(Refusal::QuantityNotWhole { sku, quantity });
    }
    if desk.state.counted.len() >= COUNTED_MAX && !desk.state.counted.contains_key(&sku) {
        return Err(Refusal::CountTooLarge { max: COUNTED_MAX });
    }
    let book = desk.state.stock_level(&sku).on_hand;
    one(Event::ProductCounted { stamp, count, sku, found: quantity, book })
}

pub(super) fn finish(desk: &Desk<'_>, count: CountId) -> Result<Decision, Refusal> {
    let stamp = counting(desk)?;
    let open = under_way(desk, count)?;
    let counted = &desk.state.counted;
    let changes: Vec<StockChange> = counted
        .iter()
        .map(|(sku, counted)| StockChange { sku: sku.clone(), quantity: counted.difference() })
        .filter(|change| !change.quantity.is_zero())
        .collect();
    let missed: Vec<Sku> =
        expected(desk, &open.scope).into_iter().filter(|sku| !counted.contains_key(sku)).cloned().collect();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let finished = Event::CountFinished {
        stamp,
        count,
        counted: number(counted.len()),
        uncounted: number(missed.len()),
        listed: missed.into_iter().take(LISTED_MAX).collect(),
    };
    let mut events = match changes.is_empty() {
        true => Vec::new(),
        false => adjusted(desk, stamp, changes, AdjustmentReason::Counted),
    };
    events.push(finished);
    Ok(Decision { events, effects: Vec::new() })
}

/// What a count of this scope should have found: the catalog's products, and whatever else the books still hold.
fn expected<'a>(desk: &'a Desk<'_>, scope: &'a CountScope) -> BTreeSet<&'a Sku> {
    match scope {
        CountScope::Products(products) => products.iter().collect(),
        CountScope::Full => {
            let sold = desk.context.catalog.products().filter(|product| product.stock.is_counted());
            let held = desk.state.stock.iter().filter(|(_, level)| !level.on_hand.is_zero());
            sold.map(|product| &product.sku).chain(held.map(|(sku, _)| sku)).collect()
        }
    }
}

pub(super) fn cancel(desk: &Desk<'_>, count: CountId, reason: &Reason) -> Result<Decision, Refusal> {
    let stamp = counting(desk)?;
    under_way(desk, count)?;
    one(Event::CountCancelled { stamp, count, reason: reason.clone() })
}

fn one(event: Event) -> Result<Decision, Refusal> {
    Ok(Decision { events: vec![event], effects: Vec::new() })
}
