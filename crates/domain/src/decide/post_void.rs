//! Reversing a completed sale as a whole: same shift, by permission, before anything of it came back.

use super::refund::{self, Refund};
use super::{Decision, Desk, attempts, tips, value};
use crate::bounded::Reason;
use crate::event::Event;
use crate::ids::TransactionId;
use crate::pricing;
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::staff::Permission;

pub(super) fn decide(desk: &Desk<'_>, original: TransactionId, reason: &Reason) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    desk.permit(Permission::PostVoid)?;
    if let Some(issue) = desk.state.issues.get(&original) {
        return value::void_issue(desk, original, issue, reason);
    }
    let sale = desk.state.sales.get(&original).ok_or(Refusal::SaleUnknown { transaction: original })?;
    if sale.voided.is_some() {
        return Err(Refusal::SaleVoided { transaction: original });
    }
    if sale.has_returns() {
        return Err(Refusal::SaleHasReturns { transaction: original });
    }
    if sale.stamp.shift != shift.id {
        return Err(Refusal::OtherShift { transaction: original });
    }
    let totals = pricing::totals(desk.profile.currency, sale.lines.iter().map(|sold| &sold.line));
    let payment = Refund::whole(sale).payment(shift)?;
    let (receipt, mut events) = desk.number(ReceiptSource::Hub, stamp.mode)?;
    let transaction = TransactionId(desk.command.id);
    let effects = refund::effects(desk, transaction, &payment);
    let refunded = value::refunded(desk, stamp, transaction, &payment);
    let tip = tips::returned(shift, stamp, transaction, sale, &payment)?;
    let given_back = match &tip {
        Some(Event::TipReturned { tenders, .. }) => tenders.as_slice(),
        _ => &[],
    };
    let taken = attempts::refunded(desk.state, Some(sale), transaction, &payment, given_back)?;
    events.push(Event::SalePostVoided {
        stamp,
        transaction,
        receipt,
        original,
        taxes: pricing::tax_totals(sale.lines.iter().map(|sold| &sold.line)),
        payment,
        totals,
        reason: reason.clone(),
    });
    events.extend(refunded);
    events.extend(tip);
    events.extend(taken);
    Ok(Decision { events, effects })
}
