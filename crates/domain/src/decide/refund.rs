//! Money goes back to what was paid with: to every other tender before cash, to none more than it took, and the rest in
//! cash within what the drawer holds.

use holdfast_money::Money;

use super::pay::cash_amount;
use super::tenders::type_of;
use super::{Desk, paper, paper_and_drawer, value};
use crate::bounded::ValueNumber;
use crate::effect::Effect;
use crate::ids::TransactionId;
use crate::refusal::Refusal;
use crate::sale::Sale;
use crate::shift::Shift;
use crate::staff::Permission;
use crate::tender::{Payment, RefundRule, Tender, TenderBalance, TenderKind, TenderType};

/// How `gross` is given back. All amounts are positive; cash is negative where a whole sale is reversed that gave more
/// change than it took cash.
pub(super) struct Refund {
    gross: Money,
    tenders: Vec<(TenderKind, Money)>,
    cash: Money,
}

impl Refund {
    /// Without a receipt nothing is known of what was paid.
    pub(super) fn without_sale(
        desk: &Desk<'_>,
        gross: Money,
        credit: Option<&ValueNumber>,
    ) -> Result<Self, Refusal> {
        let Some(account) = credit else {
            return Ok(Self { gross, tenders: Vec::new(), cash: cash_amount(desk, gross) });
        };
        if gross.is_zero() {
            return Err(Refusal::CreditNotDue);
        }
        let tenders = vec![(value::credit(desk, account)?, gross)];
        Ok(Self { gross, tenders, cash: Money::zero(gross.currency()) })
    }

    /// A part of a sale. Cash refunds of one receipt round the cumulative amount, and everything together is what was paid.
    /// What a tender took that takes nothing back goes to a new store credit where one is asked for.
    pub(super) fn of_sale(
        desk: &Desk<'_>,
        sale: &Sale,
        gross: Money,
        credit: Option<&ValueNumber>,
    ) -> Result<Self, Refusal> {
        let types = desk.state.tender_types();
        let zero = Money::zero(gross.currency());
        let mut rest = gross;
        let mut tenders = Vec::new();
        for balance in sale.tenders.iter().filter(|balance| in_cash_at_most(&types, balance).is_none()) {
            let back = smaller(rest, balance.left());
            if back.is_positive() {
                tenders.push((balance.kind.clone(), back));
                rest -= back;
            }
        }
        let mut credited = zero;
        if let Some(account) = credit {
            credited = smaller(rest, takes_nothing_back(&types, sale));
            if !credited.is_positive() {
                return Err(Refusal::CreditNotDue);
            }
            tenders.push((value::credit(desk, account)?, credited));
            rest -= credited;
        }
        permit_cash(desk, &types, sale, credited, rest)?;
        let back = Money::sum(gross.currency(), sale.tenders.iter().map(|balance| balance.returned))
            + sale.credited
            + (gross - rest);
        let (cumulative, paid) = (sale.refunded + gross - back, sale.paid() - back);
        let rounded = cash_amount(desk, cumulative);
        let all = sale.refunded + gross == sale.gross();
        let target = if all || rounded > paid { paid } else { rounded };
        // The smallest coin may have changed since an earlier refund; nobody pays for bringing goods back.
        let cash = if target > sale.paid_out { target - sale.paid_out } else { zero };
        Ok(Self { gross, tenders, cash })
    }

    /// Everything, as it was paid: a voucher that was taken is handed back too.
    pub(super) fn whole(sale: &Sale) -> Self {
        let tenders: Vec<_> =
            sale.tenders.iter().map(|balance| (balance.kind.clone(), balance.left())).collect();
        let back = Money::sum(sale.gross().currency(), tenders.iter().map(|(_, amount)| *amount));
        Self { gross: sale.gross(), tenders, cash: sale.paid() - back }
    }

    /// What stays in the shop as payment for other goods, when `staying` of a sale's goods come back beside what this refund
    /// gives: the tenders that it was paid with, first those that take nothing back, then cash, so that the customer can still
    /// get back later what a card has paid.
    pub(super) fn stays(&self, desk: &Desk<'_>, sale: Option<&Sale>, staying: Money) -> Vec<Tender> {
        let mut staying = Staying { rest: staying, tenders: Vec::new() };
        let Some(sale) = sale else {
            let all = staying.rest;
            staying.take(TenderKind::Cash, all);
            return staying.tenders;
        };
        let currency = self.gross.currency();
        let types = desk.state.tender_types();
        let left = |balance: &TenderBalance| {
            let given = self.tenders.iter().filter(|(kind, _)| *kind == balance.kind);
            balance.left() - Money::sum(currency, given.map(|(_, amount)| *amount))
        };
        let others = Money::sum(currency, sale.tenders.iter().map(left));
        let (firm, free): (Vec<_>, Vec<_>) =
            sale.tenders.iter().partition(|balance| in_cash_at_most(&types, balance).is_some());
        firm.into_iter().for_each(|balance| staying.take(balance.kind.clone(), left(balance)));
        // Cash is what no other tender has paid for.
        staying.take(TenderKind::Cash, sale.gross() - sale.refunded - self.gross - others);
        free.into_iter().for_each(|balance| staying.take(balance.kind.clone(), left(balance)));
        let rest = staying.rest;
        staying.take(TenderKind::Cash, rest);
        staying.tenders
    }

    /// Nothing is given back.
    pub(super) fn nothing(zero: Money) -> Self {
        Self { gross: zero, tenders: Vec::new(), cash: zero }
    }

    /// # Errors
    /// A [`Refusal`] when the operator may not give that much cash back.
    pub(super) fn permit(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        // What goes back to a card or a voucher leaves no cash that somebody could keep.
        if self.cash.is_positive() || self.tenders.is_empty() {
            desk.permit_refund(self.cash)
        } else {
            Ok(())
        }
    }

    /// # Errors
    /// [`Refusal::DrawerShort`] when the drawer should not hold that much.
    pub(super) fn payment(self, shift: &Shift) -> Result<Payment, Refusal> {
        if self.cash > shift.figures.cash_expected {
            return Err(Refusal::DrawerShort { wanted: self.cash });
        }
        let back =
            self.cash + Money::sum(self.gross.currency(), self.tenders.iter().map(|(_, amount)| *amount));
        let mut tenders: Vec<Tender> =
            self.tenders.into_iter().map(|(kind, amount)| Tender { kind, amount: -amount }).collect();
        if tenders.is_empty() || !self.cash.is_zero() {
            tenders.push(Tender { kind: TenderKind::Cash, amount: -self.cash });
        }
        let change = Money::zero(self.gross.currency());
        Ok(Payment { due: -self.gross, tenders, rounding: self.gross - back, change })
    }
}

struct Staying {
    rest: Money,
    tenders: Vec<Tender>,
}

impl Staying {
    fn take(&mut self, kind: TenderKind, most: Money) {
        let amount = smaller(self.rest, most);
        if amount.is_positive() {
            self.rest -= amount;
            self.tenders.push(Tender { kind, amount });
        }
    }
}

/// Paper always; the drawer where cash moves.
pub(super) fn effects(desk: &Desk<'_>, transaction: TransactionId, payment: &Payment) -> Vec<Effect> {
    if payment.tenders.iter().any(|tender| tender.kind == TenderKind::Cash) {
        return paper_and_drawer(desk.till.terminal, transaction);
    }
    vec![paper(desk.till.terminal, transaction)]
}

fn smaller(one: Money, other: Money) -> Money {
    if other < one { other } else { one }
}

/// The limit of a tender that takes nothing back. A type that left the list takes back what it took.
fn in_cash_at_most(types: &[TenderType], balance: &TenderBalance) -> Option<Money> {
    match &type_of(types, balance.kind.code().as_str())?.refund {
        RefundRule::ToTender => None,
        RefundRule::CashUpTo { max } => Some(*max),
    }
}

/// What is left of what was paid with tenders that take nothing back: it comes before what was paid in cash.
fn takes_nothing_back(types: &[TenderType], sale: &Sale) -> Money {
    let zero = Money::zero(sale.refunded.currency());
    let taken = sale.tenders.iter().filter(|balance| in_cash_at_most(types, balance).is_some());
    let left = Money::sum(zero.currency(), taken.map(TenderBalance::left)) - sale.refunded_otherwise();
    if left.is_negative() { zero } else { left }
}

/// What was paid with tenders that take nothing back comes before what was paid in cash, and needs a manager. What is
/// `credited` comes before the cash of the same refund.
fn permit_cash(
    desk: &Desk<'_>,
    types: &[TenderType],
    sale: &Sale,
    credited: Money,
    cash: Money,
) -> Result<(), Refusal> {
    let zero = Money::zero(cash.currency());
    let mut before = sale.refunded_otherwise() + credited;
    let mut after = before + cash;
    for balance in &sale.tenders {
        let Some(max) = in_cash_at_most(types, balance) else { continue };
        let (from, to) = (smaller(before, balance.left()), smaller(after, balance.left()));
        let wanted = to - from;
        if wanted > zero {
            desk.permit(Permission::CashForTender)?;
            if wanted > max {
                return Err(Refusal::CashRefundTooLarge { code: balance.kind.code(), max, wanted });
            }
        }
        before -= from;
        after -= to;
    }
    Ok(())
}
