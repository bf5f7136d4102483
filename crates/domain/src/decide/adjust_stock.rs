//! Stock that changes without a sale: deliveries, counts, waste, corrections.

use super::{Decision, Desk};
use crate::catalog::{ItemRef, StockRule};
use crate::command::AdjustLine;
use crate::event::Event;
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
        AdjustmentReason::Received => Permission::ReceiveStock,
        AdjustmentReason::Counted => Permission::CountStock,
        AdjustmentReason::Waste | AdjustmentReason::Other(_) => Permission::AdjustStock,
    })?;
    if shift.mode == Mode::Training {
        return Err(Refusal::TrainingShift);
    }
    if lines.len() > LINES_MAX {
        return Err(Refusal::TooManyLines { max: LINES_MAX });
    }
    let mut changes = Vec::with_capacity(lines.len());
    for line in lines {
        let product = desk.context.catalog.find(&line.item).ok_or_else(|| Refusal::UnknownItem {
            item: match &line.item {
                ItemRef::Sku(sku) => sku.to_string(),
                ItemRef::Barcode(barcode) => barcode.to_string(),
            },
        })?;
        if !product.unit.divisible() && !line.quantity.is_whole() {
            return Err(Refusal::QuantityNotWhole { sku: product.sku.clone(), quantity: line.quantity });
        }
        if product.stock != StockRule::Untracked && !line.quantity.is_zero() {
            changes.push(StockChange { sku: product.sku.clone(), quantity: line.quantity });
        }
    }
    if changes.is_empty() {
        return Err(Refusal::EmptyBasket);
    }
    let below_zero =
        desk.below_zero(stamp.mode, changes.iter().map(|change| (&change.sku, -change.quantity)));
    let mut events = vec![Event::StockAdjusted { stamp, changes, reason: reason.clone() }];
    events.extend(below_zero);
    Ok(Decision { events, effects: Vec::new() })
}
