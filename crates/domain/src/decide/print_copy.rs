//! Another paper for a sale: counted and marked, so that no copy passes for the receipt.

use super::{Decision, Desk};
use crate::effect::{Effect, PaperForm};
use crate::event::Event;
use crate::ids::TransactionId;
use crate::refusal::Refusal;
use crate::sale::CopyForm;

pub(super) fn decide(desk: &Desk<'_>, original: TransactionId, form: CopyForm) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    let sale = desk.state.sales.get(&original).ok_or(Refusal::SaleUnknown { transaction: original })?;
    if sale.voided.is_some() {
        return Err(Refusal::SaleVoided { transaction: original });
    }
    if sale.stamp.mode != stamp.mode {
        return Err(Refusal::ModeMismatch { order: sale.order });
    }
    let number = sale.copies.checked_add(1).ok_or(Refusal::AmountOutOfRange)?;
    let document = TransactionId(desk.command.id);
    let printed = Event::CopyPrinted { stamp, document, original, copy: number, form };
    let form = match form {
        CopyForm::Copy => PaperForm::Copy { number },
        CopyForm::Gift => PaperForm::Gift { number },
    };
    let print = Effect::Print { terminal: stamp.terminal, transaction: document, form };
    Ok(Decision { events: vec![printed], effects: vec![print] })
}
