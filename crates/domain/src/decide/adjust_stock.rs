//! Stock that changes without a sale: deliveries, counts, waste, corrections.

use super::{Decision, Desk};
use crate::command::AdjustLine;
use crate::event::{Event, Stamp};
use crate::line::LINES_MAX;
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::staff::Permission;
use crate::stock::{AdjustmentReason, StockChange};

pub(super) fn decide(
    desk: &Desk<'_>,
    lines: &[AdjustLine],
    reason: &AdjustmentReason,
) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    desk.permit(match reason {
        AdjustmentReason::Received | AdjustmentReason::Delivered { .. } => Permission::ReceiveStock,
        AdjustmentReason::Counted => Permission::CountStock,
        AdjustmentReason::Waste | AdjustmentReason::Wasted { .. } | AdjustmentReason::Other(_) => {
            Permission::AdjustStock
        }
    })?;
    if shift.mode == Mode::Training {
        return Err(Refusal::TrainingShift);
    }
    if lines.len() > LINES_MAX {
        return Err(Refusal::TooManyLines { max: LINES_MAX });
    }
    let mut changes = Vec::with_capacity(lines.len());
    for line in lines {
        let product = desk.product(&line.item)?;
        if !product.unit.divisible() && !line.quantity.is_whole() {
            return Err(Refusal::QuantityNotWhole { sku: product.sku.clone(), quantity: line.quantity });
        }
        if product.stock.is_counted() && !line.quantity.is_zero() {
            changes.push(StockChange { sku: product.sku.clone(), quantity: line.quantity });
        }
    }
    if changes.is_empty() {
        return Err(Refusal::EmptyBasket);
    }
    Ok(Decision { events: adjusted(desk, stamp, changes, reason.clone()), effects: Vec::new() })
}

/// The adjustment, and what it leaves below zero or to be ordered again.
pub(super) fn adjusted(
    desk: &Desk<'_>,
    stamp: Stamp,
    changes: Vec<StockChange>,
    reason: AdjustmentReason,
) -> Vec<Event> {
    let taken = || changes.iter().map(|change| (&change.sku, -change.quantity));
    let (below_zero, low) = (desk.below_zero(stamp.mode, taken()), desk.low(stamp.mode, taken()));
    let adjusted = Event::StockAdjusted { stamp, changes, reason };
    std::iter::once(adjusted).chain(below_zero).chain(low).collect()
}
