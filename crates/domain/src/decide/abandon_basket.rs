//! A basket given up at the till leaves its lines and a reason, though nothing was placed or paid.

use super::{Decision, Desk};
use crate::bounded::Reason;
use crate::event::Event;
use crate::ids::TransactionId;
use crate::line::LineInput;
use crate::pricing::{self, Circumstances};
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;

pub(super) fn decide(desk: &Desk<'_>, lines: &[LineInput], reason: &Reason) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    let plain = Circumstances::plain(desk.context.local);
    let lines = pricing::price(&desk.rules(), lines, &plain)?.lines;
    if lines.is_empty() {
        return Err(Refusal::EmptyBasket);
    }
    let (receipt, mut events) = desk.number(ReceiptSource::Hub, shift.mode)?;
    events.push(Event::BasketAbandoned {
        stamp,
        transaction: TransactionId(desk.command.id),
        receipt,
        basis: desk.profile.basis,
        lines,
        reason: reason.clone(),
    });
    Ok(Decision { events, effects: Vec::new() })
}
