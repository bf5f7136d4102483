//! Goods come back: by receipt, capped by line over all earlier returns at the sale's own prices and rates, or without
//! one, by permission.

use std::collections::BTreeSet;

use holdfast_money::Quantity;

use super::refund::{self, Refund};
use super::{Decision, Desk, attempts, value};
use crate::bounded::{Reason, Sku};
use crate::command::{ReturnGoods, ReturnLine, ReturnedGoods};
use crate::event::{Event, ReturnSource, Stamp};
use crate::ids::TransactionId;
use crate::line::{Line, LineFate};
use crate::order::Totals;
use crate::pricing::{self, Circumstances};
use crate::receipt::ReceiptNumber;
use crate::refusal::Refusal;
use crate::sale::{ReturnedLine, Sale};
use crate::staff::Permission;
use crate::tax::TaxBasis;
use crate::tender::Payment;

pub(super) fn decide(desk: &Desk<'_>, goods: &ReturnGoods) -> Result<Decision, Refusal> {
    let (shift, stamp) = desk.shift()?;
    let returned = Returned::of(desk, &goods.goods)?;
    let gross = returned.totals.gross;
    let refund = match returned.sale {
        Some(sale) => Refund::of_sale(desk, sale, gross, goods.credit.as_ref())?,
        None => Refund::without_sale(desk, gross, goods.credit.as_ref())?,
    };
    refund.permit(desk)?;
    let payment = refund.payment(shift)?;
    let (receipt, mut events) = desk.number(goods.receipt, stamp.mode)?;
    let transaction = TransactionId(desk.command.id);
    let effects = refund::effects(desk, transaction, &payment);
    let refunded = value::refunded(desk, stamp, transaction, &payment);
    let taken = attempts::refunded(desk.state, returned.sale, transaction, &payment, &[])?;
    events.push(returned.event(stamp, transaction, receipt, payment, &goods.reason));
    events.extend(refunded);
    events.extend(taken);
    Ok(Decision { events, effects })
}

/// Goods that may come back, before anybody says what is given for them.
pub(super) struct Returned<'a> {
    source: ReturnSource,
    basis: TaxBasis,
    lines: Vec<ReturnedLine>,
    pub totals: Totals,
    /// The sale that they are from.
    pub sale: Option<&'a Sale>,
}

impl<'a> Returned<'a> {
    /// # Errors
    /// Why they may not.
    pub(super) fn of(desk: &Desk<'a>, goods: &ReturnedGoods) -> Result<Self, Refusal> {
        let (source, basis, lines, sale) = match goods {
            ReturnedGoods::ByReceipt { original, lines } => by_receipt(desk, *original, lines)?,
            ReturnedGoods::NoReceipt { lines } => without_receipt(desk, lines)?,
        };
        if lines.is_empty() {
            return Err(Refusal::EmptyBasket);
        }
        let totals = pricing::totals(desk.profile.currency, lines.iter().map(|r| &r.line));
        Ok(Self { source, basis, lines, totals, sale })
    }

    /// What comes back into stock: product and quantity.
    pub(super) fn goods(&self) -> impl Iterator<Item = (&Sku, Quantity)> {
        let goods = self.lines.iter().flat_map(|returned| returned.line.goods());
        goods.map(|goods| (goods.sku, goods.quantity))
    }

    pub(super) fn event(
        self,
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        payment: Payment,
        reason: &Reason,
    ) -> Event {
        let Self { source, basis, lines, totals, .. } = self;
        let taxes = pricing::tax_totals(lines.iter().map(|r| &r.line));
        let reason = reason.clone();
        Event::GoodsReturned {
            stamp,
            transaction,
            receipt,
            source,
            basis,
            lines,
            totals,
            taxes,
            payment,
            reason,
        }
    }
}

type Goods<'a> = (ReturnSource, TaxBasis, Vec<ReturnedLine>, Option<&'a Sale>);

fn by_receipt<'a>(
    desk: &Desk<'a>,
    original: TransactionId,
    asked: &[ReturnLine],
) -> Result<Goods<'a>, Refusal> {
    let sale = desk.state.sales.get(&original).ok_or(Refusal::SaleUnknown { transaction: original })?;
    if sale.voided.is_some() {
        return Err(Refusal::SaleVoided { transaction: original });
    }
    let (shift, _) = desk.shift()?;
    if sale.stamp.mode != shift.mode {
        return Err(Refusal::ModeMismatch { order: sale.order });
    }
    let mut seen = BTreeSet::new();
    let mut lines = Vec::with_capacity(asked.len());
    for line in asked {
        if !seen.insert(line.line) {
            return Err(Refusal::DuplicateLine { line: line.line });
        }
        lines.push(ReturnedLine { original: Some(line.line), line: returned_line(sale, line)? });
    }
    Ok((ReturnSource::Receipt { original }, sale.basis, lines, Some(sale)))
}

fn returned_line(sale: &Sale, asked: &ReturnLine) -> Result<Line, Refusal> {
    let sold = sale.line(asked.line).ok_or(Refusal::LineUnknown { line: asked.line })?;
    if !asked.quantity.is_positive() {
        return Err(Refusal::QuantityNotPositive { line: asked.line, quantity: asked.quantity });
    }
    if !sold.line.unit.divisible() && !asked.quantity.is_whole() {
        return Err(Refusal::QuantityNotWhole { sku: sold.line.sku.clone(), quantity: asked.quantity });
    }
    let returnable = sold.returnable();
    if asked.quantity > returnable {
        return Err(Refusal::ReturnTooLarge { line: asked.line, returnable, wanted: asked.quantity });
    }
    Ok(sold.share(asked.quantity))
}

fn without_receipt<'a>(desk: &Desk<'a>, inputs: &[crate::line::LineInput]) -> Result<Goods<'a>, Refusal> {
    desk.permit(Permission::ReturnWithoutReceipt)?;
    let plain = Circumstances::plain(desk.context.local);
    let lines = pricing::price(&desk.rules(), inputs, &plain)?.lines;
    desk.permit_prices(inputs, &lines, &[])?;
    let kept = lines.into_iter().filter(|line| line.fate == LineFate::Kept);
    let lines = kept.map(|line| ReturnedLine { original: None, line }).collect();
    Ok((ReturnSource::NoReceipt, desk.profile.basis, lines, None))
}
