//! What is given beside what is due, for whoever serves: recorded by tender and by person, and never a part of the sale.

use holdfast_money::Money;

use super::pay::cash_amount;
use super::tenders::Tenders;
use super::{Desk, Effect};
use crate::event::{Event, Stamp};
use crate::ids::{OrderId, TransactionId};
use crate::receipt::ReceiptSource;
use crate::refusal::Refusal;
use crate::sale::Sale;
use crate::shift::Shift;
use crate::tender::{Payment, Tender, TenderClass, TenderInput, TenderKind};

/// The tips of one payment.
pub(super) struct Tips(Tenders);

impl Tips {
    pub(super) fn read(
        desk: &Desk<'_>,
        inputs: &[TenderInput],
        receipt: ReceiptSource,
    ) -> Result<Self, Refusal> {
        let tips = Tenders::read(desk, inputs, None, receipt)?;
        for tip in tips.tenders() {
            let class = tip.kind.class();
            let in_coins = class != TenderClass::Cash || cash_amount(desk, tip.amount) == tip.amount;
            if !class.takes_tips() || !in_coins {
                return Err(Refusal::TipNotTaken { code: tip.kind.code(), amount: tip.amount });
            }
        }
        Ok(Self(tips))
    }

    /// The customer gave it at the device.
    pub(super) fn hold(&mut self, kind: TenderKind, amount: Money) {
        self.0.hold(kind, amount);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn drawer(&self, desk: &Desk<'_>) -> Option<Effect> {
        self.0.drawer(desk, Money::zero(desk.profile.currency))
    }

    pub(super) fn taken(self, stamp: Stamp, transaction: TransactionId, order: OrderId) -> Option<Event> {
        let tenders = self.0.stored();
        (!tenders.is_empty()).then_some(Event::TipTaken { stamp, transaction, order, tenders })
    }
}

/// A sale that is undone gives its tip back too, with the tenders that it came with. `payment` is what the sale itself gives
/// back: both leave the drawer together.
pub(super) fn returned(
    shift: &Shift,
    stamp: Stamp,
    transaction: TransactionId,
    sale: &Sale,
    payment: &Payment,
) -> Result<Option<Event>, Refusal> {
    if sale.tips.is_empty() {
        return Ok(None);
    }
    let tenders: Vec<Tender> =
        sale.tips.iter().map(|tip| Tender { kind: tip.kind.clone(), amount: -tip.amount }).collect();
    let cash = tenders.iter().filter(|tip| tip.kind.class() == TenderClass::Cash).map(|tip| tip.amount);
    let leaves = -(payment.cash() + Money::sum(payment.due.currency(), cash));
    if leaves > shift.figures.cash_expected {
        return Err(Refusal::DrawerShort { wanted: leaves });
    }
    let (original, staff) = (sale.transaction, sale.stamp.operator);
    Ok(Some(Event::TipReturned { stamp, transaction, original, staff, tenders }))
}
