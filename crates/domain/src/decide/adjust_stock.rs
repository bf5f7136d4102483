//! Stock that changes without a sale: deliveries, counts, waste, corrections.

use super::{Decision, Desk};
use crate::catalog::StockRule;
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
        if matches!(product.stock, StockRule::Counter | StockRule::Strict) && !line.quantity.is_zero() {
            changes.push(StockChange { sku: product.sku.clone(), quantity: line.quantity });
        }
    }
    if changes.is_empty() {
        return Err(Refusal::EmptyBasket);
    }
    let taken: Vec<_> = changes.iter().map(|change| (change.sku.clone(), -change.quantity)).collect();
    let taken = || taken.iter().map(|(sku, quantity)| (sku, *quantity));
    let below_zero = desk.below_zero(stamp.mode, taken());
    let low = desk.low(stamp.mode, taken());
    let mut events = vec![Event::StockAdjusted { stamp, changes, reason: reason.clone() }];
    events.extend(below_zero);
    events.extend(low);
    Ok(Decision { events, effects: Vec::new() })
}
