//! A sale was sent and its reply was lost, so the till gave the customer a receipt of its own series: the one sale bears both
//! numbers, and neither names anything else.

use super::{Decision, Desk};
use crate::event::Event;
use crate::ids::TransactionId;
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::shift::Mode;

pub(super) fn decide(desk: &Desk<'_>, transaction: TransactionId, number: u32) -> Result<Decision, Refusal> {
    let known = desk.state.sales.get(&transaction);
    let sale = known.filter(|sale| sale.stamp.terminal == desk.till.terminal);
    let sale = sale.ok_or(Refusal::SaleUnknown { transaction })?;
    if sale.stamp.mode == Mode::Training {
        return Err(Refusal::ModeMismatch { order: sale.order });
    }
    if let Some(alias) = sale.alias {
        return Err(Refusal::ReceiptAliased { receipt: sale.receipt, alias });
    }
    let (alias, mut events) = desk.number(ReceiptSource::Island { number }, Mode::Live)?;
    events.push(Event::ReceiptAliased {
        terminal: desk.till.terminal,
        transaction,
        receipt: sale.receipt,
        alias,
        occurred_at: desk.command.occurred_at,
    });
    Ok(Decision { events, effects: Vec::new() })
}
