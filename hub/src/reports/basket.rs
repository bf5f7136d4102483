//! The goods of a sale. The event that completes a sale does not repeat its lines; they are those of its order.

use std::collections::HashMap;

use holdfast_domain::State;
use holdfast_domain::event::Event;
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::line::Line;
use holdfast_domain::order::Totals;
use holdfast_domain::record::Record;
use holdfast_domain::sale::Sale;
use holdfast_domain::state::Need;
use holdfast_money::Money;
use holdfast_store::StateStore;

use super::unavailable;
use crate::error::HubError;

/// Orders that were seen being placed and are not closed yet, and the goods of the record that is looked at. Most sales are
/// placed and paid within a few records, so that their goods need no second look; those of the others are read where the
/// state says.
#[derive(Debug, Default)]
pub(crate) struct Baskets {
    seen: State,
    goods: HashMap<TransactionId, Vec<Line>>,
}

impl Baskets {
    /// Takes note of a record. Call [`Baskets::forget_closed`] when it was looked at.
    ///
    /// # Errors
    /// HF-HUB-024.
    pub fn follow(&mut self, record: &Record, state: &dyn StateStore) -> Result<(), HubError> {
        for event in record.outcome.events() {
            let of_order = self.seen.order_of(event).is_some();
            if of_order && !matches!(event, Event::GoodsReturned { .. } | Event::SalePostVoided { .. }) {
                self.seen.evolve(record.recorded_at, event, &mut Changes::default());
            }
            match event {
                Event::SaleCompleted { transaction, totals, .. } => {
                    let seen = self.seen.sales.remove(transaction).filter(|sale| is_whole(sale, totals));
                    let sale = match seen {
                        Some(sale) => Some(sale),
                        None => state.sale(*transaction).map_err(unavailable)?,
                    };
                    self.goods.insert(*transaction, lines(sale));
                }
                Event::SalePostVoided { transaction, original, .. } => {
                    let sale = state.sale(*original).map_err(unavailable)?;
                    self.goods.insert(*transaction, lines(sale));
                }
                Event::GoodsReturned { transaction, lines, .. } => {
                    self.goods
                        .insert(*transaction, lines.iter().map(|returned| returned.line.clone()).collect());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The goods of an event of the record that is looked at: what was sold, or what came back.
    pub fn lines_of(&self, event: &Event) -> &[Line] {
        let transaction = event.transaction().map(|(transaction, ..)| transaction);
        transaction.and_then(|transaction| self.goods.get(&transaction)).map_or(&[][..], Vec::as_slice)
    }

    /// Drops what nothing can follow any more.
    pub fn forget_closed(&mut self) {
        self.goods.clear();
        let closed: Vec<_> =
            self.seen.orders.values().filter(|order| order.state.is_closed()).map(|order| order.id).collect();
        for order in closed {
            self.seen.forget(Need::Order(order));
        }
    }
}

/// Whether the goods that were seen are all of the sale's.
fn is_whole(sale: &Sale, totals: &Totals) -> bool {
    let gross = Money::sum(totals.gross.currency(), sale.lines.iter().map(|sold| sold.line.gross));
    gross == totals.gross
}

fn lines(sale: Option<Sale>) -> Vec<Line> {
    sale.map_or_else(Vec::new, |sale| sale.lines.into_iter().map(|sold| sold.line).collect())
}
