//! From how much of a product on it is to be ordered again.

use holdfast_money::Quantity;

use super::{Decision, Desk};
use crate::catalog::ItemRef;
use crate::event::Event;
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::staff::Permission;

pub(super) fn decide(desk: &Desk<'_>, item: &ItemRef, level: Quantity) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    desk.permit(Permission::AdjustStock)?;
    if shift.mode == Mode::Training {
        return Err(Refusal::TrainingShift);
    }
    let product = desk.product(item)?;
    let sku = product.sku.clone();
    if !product.stock.is_counted() {
        return Err(Refusal::EmptyBasket);
    }
    if level.is_negative() {
        return Err(Refusal::CountNegative { sku, quantity: level });
    }
    let available = desk.state.stock_level(&sku).available();
    let mut events = vec![Event::ReorderLevelSet { stamp, sku: sku.clone(), level }];
    if level.is_positive() && available <= level {
        events.push(Event::StockRanLow { sku, available, level });
    }
    Ok(Decision { events, effects: Vec::new() })
}
