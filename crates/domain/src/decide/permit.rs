//! Whether the operator may, or the second person who approves it, and how far.

use std::collections::BTreeSet;

use holdfast_money::{Money, Rate};

use super::Desk;
use crate::command::Command;
use crate::event::Event;
use crate::ids::StaffId;
use crate::line::{AppliedPrice, DiscountInput, Line, LineInput};
use crate::refusal::Refusal;
use crate::staff::{CashLimit, Limits, Permission, PinVerdict, Staff};
use crate::state::State;
use crate::till::Till;

/// The second person of a command that brings one: known, with the right PIN, and not the operator.
pub(super) fn approver<'a>(
    state: &'a State,
    till: &Till,
    command: &Command,
) -> Result<Option<&'a Staff>, Refusal> {
    let Some(approval) = command.approval else { return Ok(None) };
    let number = approval.number;
    match approval.verdict {
        PinVerdict::Correct => {}
        PinVerdict::Wrong => return Err(Refusal::ApprovalWrongPin { number }),
        PinVerdict::LockedOut => return Err(Refusal::ApprovalLockedOut { number }),
        PinVerdict::NotGiven => return Err(Refusal::ApprovalNotGiven { number }),
    }
    let staff = state.staff_by_number(number).ok_or(Refusal::ApprovalWrongPin { number })?;
    if till.operator == Some(staff.id) {
        return Err(Refusal::ApprovalBySelf { number });
    }
    Ok(Some(staff))
}

impl Desk<'_> {
    pub(super) fn permit(&self, permission: Permission) -> Result<(), Refusal> {
        self.permit_within(permission, |_| true, |_| Refusal::NotPermitted { permission })
    }

    /// Permits what lies within the operator's limits, or within the approver's. `beyond` names the limit that was met.
    fn permit_within(
        &self,
        permission: Permission,
        within: impl Fn(&Limits) -> bool,
        beyond: impl FnOnce(&Limits) -> Refusal,
    ) -> Result<(), Refusal> {
        let operator = self.operator()?;
        let mut met = None;
        for person in std::iter::once(operator).chain(self.approver) {
            let authority = self.state.authority(person.role);
            if !authority.may(permission) {
                continue;
            }
            if within(&authority.limits) {
                if person.id != operator.id {
                    self.approved.borrow_mut().insert(permission);
                }
                return Ok(());
            }
            met = Some(authority.limits);
        }
        Err(met.map_or(Refusal::NotPermitted { permission }, |limits| beyond(&limits)))
    }

    /// Prices and discounts that were set by hand: each needs its permission, and discounts stay within the limits. A
    /// discount on a line is held against them as it was asked for, before any rounding. Of an open basket (`before`) only
    /// `inputs`, the lines that are changed, are looked at: what somebody was allowed to give stays given.
    pub(super) fn permit_prices(
        &self,
        inputs: &[LineInput],
        lines: &[Line],
        before: &[Line],
    ) -> Result<(), Refusal> {
        let mut asked = inputs.iter().peekable();
        for line in lines {
            // A deposit's line follows from its item's: nobody asked for it.
            let Some(input) = asked.next_if(|input| input.number == line.number) else { continue };
            self.permit_price(line)?;
            self.permit_discount(input, line)?;
        }
        self.permit_basket_discount(lines, before)
    }

    fn permit_price(&self, line: &Line) -> Result<(), Refusal> {
        let by_hand = line.is_kept() && matches!(line.price, AppliedPrice::Override { .. });
        if by_hand { self.permit(Permission::OverridePrice) } else { Ok(()) }
    }

    fn permit_discount(&self, input: &LineInput, line: &Line) -> Result<(), Refusal> {
        if !line.is_kept() || input.discount == DiscountInput::None {
            return Ok(());
        }
        let within = |limits: &Limits| is_within(&input.discount, line.extended, limits.line_discount);
        self.permit_within(Permission::Discount, within, |limits| Refusal::DiscountAboveLimit {
            line: line.number,
            limit: limits.line_discount,
        })
    }

    /// What of the prices and discounts the operator needed somebody else for: each right once, and none hides another.
    pub(super) fn beyond_rights(&self, inputs: &[LineInput], lines: &[Line]) -> BTreeSet<Permission> {
        let asked = |line: &Line| inputs.iter().find(|input| input.number == line.number);
        let mut beyond = BTreeSet::new();
        if lines.iter().any(|line| self.permit_price(line).is_err()) {
            beyond.insert(Permission::OverridePrice);
        }
        let given = |line: &Line| asked(line).is_some_and(|input| self.permit_discount(input, line).is_err());
        if lines.iter().any(given) || self.permit_basket_discount(lines, &[]).is_err() {
            beyond.insert(Permission::Discount);
        }
        beyond
    }

    /// What all discounts by hand take of the basket together: within the limit, or no larger a share than it was `before`.
    /// The rounding of each line is forgiven.
    fn permit_basket_discount(&self, lines: &[Line], before: &[Line]) -> Result<(), Refusal> {
        let (taken, full) = self.by_hand(lines);
        let (taken_before, full_before) = self.by_hand(before);
        if !taken.is_positive() {
            return Ok(());
        }
        let no_more = taken.amount() * full_before.amount() <= taken_before.amount() * full.amount();
        if taken_before.is_positive() && no_more {
            return Ok(());
        }
        let within = |limits: &Limits| is_share(taken, full, limits.basket_discount);
        self.permit_within(Permission::Discount, within, |limits| Refusal::BasketDiscountAboveLimit {
            limit: limits.basket_discount,
        })
    }

    /// What discounts by hand take off kept lines, less what each line's rounding may have added, and of how much.
    fn by_hand(&self, lines: &[Line]) -> (Money, Money) {
        let currency = self.profile.currency;
        let kept = lines.iter().filter(|line| line.is_kept());
        let full = Money::sum(currency, kept.clone().map(|line| line.extended));
        let taken: Vec<Money> = kept.filter_map(|line| line.discount.by_hand()).collect();
        let rounding = Money::from_minor(i64::try_from(taken.len()).unwrap_or(i64::MAX), currency);
        (Money::sum(currency, taken) - rounding, full)
    }

    /// Whether so much cash may be given back for goods.
    pub(super) fn permit_refund(&self, wanted: Money) -> Result<(), Refusal> {
        let within = |limits: &Limits| limits.cash_refund.covers(wanted);
        self.permit_within(Permission::RefundCash, within, |limits| match limits.cash_refund {
            CashLimit::UpTo(limit) => Refusal::RefundAboveLimit { limit, wanted },
            CashLimit::Unlimited => Refusal::NotPermitted { permission: Permission::RefundCash },
        })
    }

    /// Who allowed it in the operator's place.
    pub(super) fn approver_of(&self, permission: Permission) -> Option<StaffId> {
        self.approver.filter(|_| self.approved.borrow().contains(&permission)).map(|staff| staff.id)
    }

    /// The events that say what the approver allowed, for the record of what followed from it.
    pub(super) fn approvals(&self, events: &[Event]) -> Vec<Event> {
        let Some((approver, stamp)) = self.approver.zip(events.iter().find_map(Event::stamp)) else {
            return Vec::new();
        };
        let approved = self.approved.borrow();
        let said = approved.iter().map(|permission| Event::OverrideApproved {
            stamp: *stamp,
            approver: approver.id,
            permission: *permission,
        });
        said.collect()
    }
}

/// Whether a discount on a line is at most that share of it.
fn is_within(discount: &DiscountInput, extended: Money, share: Rate) -> bool {
    match discount {
        DiscountInput::None => true,
        DiscountInput::Percent { rate, .. } => *rate <= share,
        DiscountInput::Amount { amount, .. } => is_share(*amount, extended, share),
    }
}

/// Whether `part` is at most that share of `whole`.
fn is_share(part: Money, whole: Money, share: Rate) -> bool {
    part.amount() <= whole.amount() * share.fraction()
}

/// Whether somebody at the hub may do it: there is no till whose operator could be asked.
pub(super) fn may(state: &State, staff: StaffId, permission: Permission) -> Result<(), Refusal> {
    match state.staff.get(&staff) {
        Some(person) if state.may(person.role, permission) => Ok(()),
        _ => Err(Refusal::NotPermitted { permission }),
    }
}
