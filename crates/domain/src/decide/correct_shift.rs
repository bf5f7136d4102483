//! What was counted wrong is put right by a document of its own. The Z stays as it was printed.

use super::close_shift::check_pieces;
use super::{Decision, Desk};
use crate::bounded::Reason;
use crate::effect::{Effect, PaperForm};
use crate::event::{Event, Stamp};
use crate::ids::TransactionId;
use crate::refusal::Refusal;
use crate::shift::Mode;
use crate::staff::Permission;
use crate::tender::{DeclaredTender, TenderCount};

pub(super) fn decide(
    desk: &Desk<'_>,
    z_number: u32,
    declared: &DeclaredTender,
    reason: &Reason,
) -> Result<Decision, Refusal> {
    let operator = desk.operator()?.id;
    desk.permit(Permission::CloseDay)?;
    let DeclaredTender { code, amount, pieces } = declared;
    check_pieces(desk, desk.amount(*amount)?, pieces)?;
    let closed = desk.state.zs.get(&z_number).ok_or(Refusal::ZUnknown { z_number })?;
    let line = closed.tenders.iter().find(|line| line.code == *code);
    let line = line.ok_or_else(|| Refusal::TenderNotInZ { z_number, code: code.clone() })?;
    let over_short = *amount - line.expected;
    let after = TenderCount::Counted { declared: *amount, over_short, pieces: pieces.clone() };
    if line.counted == after {
        return Err(Refusal::NothingCorrected { z_number, code: code.clone() });
    }
    let stamp = Stamp {
        terminal: desk.till.terminal,
        operator,
        shift: closed.shift,
        business_date: closed.business_date,
        mode: Mode::Live,
        occurred_at: desk.command.occurred_at,
    };
    let document = TransactionId(desk.command.id);
    let corrected = Event::ShiftCorrected {
        stamp,
        document,
        number: desk.state.last_correction + 1,
        z_number,
        before: Box::new(line.clone()),
        after: Box::new(after),
        reason: reason.clone(),
    };
    let print = Effect::Print { terminal: stamp.terminal, transaction: document, form: PaperForm::Original };
    Ok(Decision { events: vec![corrected], effects: vec![print] })
}
