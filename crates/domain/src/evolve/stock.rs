//! What is on the shelf, what of it is promised, and what a count has found so far.

use holdfast_money::Quantity;

use super::Changes;
use crate::bounded::Sku;
use crate::invariant::Violation;
use crate::line::Line;
use crate::shift::Mode;
use crate::state::State;
use crate::stock::Account;

impl State {
    pub(super) fn forget_counted(&mut self, changes: &mut Changes) {
        changes.counted.extend(std::mem::take(&mut self.counted).into_keys());
        changes.store = true;
    }

    pub(super) fn reserve(&mut self, mode: Mode, lines: &[Line], changes: &mut Changes) {
        if mode == Mode::Training {
            return;
        }
        for goods in lines.iter().flat_map(Line::goods) {
            self.stock.entry(goods.sku.clone()).or_default().reserved += goods.quantity;
            changes.stock.insert(goods.sku.clone());
        }
    }

    pub(super) fn release(&mut self, mode: Mode, lines: &[Line], changes: &mut Changes) {
        if mode == Mode::Training {
            return;
        }
        for goods in lines.iter().flat_map(Line::goods) {
            self.stock.entry(goods.sku.clone()).or_default().reserved -= goods.quantity;
            changes.stock.insert(goods.sku.clone());
        }
    }

    pub(super) fn take_back(&mut self, mode: Mode, line: &Line, changes: &mut Changes) {
        if mode == Mode::Training {
            return;
        }
        for goods in line.goods() {
            self.post(goods.sku, Account::Sold, Account::OnHand, goods.quantity, changes);
        }
    }

    pub(super) fn post(
        &mut self,
        sku: &Sku,
        from: Account,
        to: Account,
        quantity: Quantity,
        changes: &mut Changes,
    ) {
        let level = self.stock.entry(sku.clone()).or_default();
        level.post(from, to, quantity);
        if !level.is_balanced() {
            changes.violations.push(Violation::StockUnbalanced);
        }
        changes.stock.insert(sku.clone());
    }
}
