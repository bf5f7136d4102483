//! An order is changed before anything is paid: lines come, are voided, get more or less, another price or a discount; a
//! customer is named, a tag changes the tax, a coupon turns up.
//!
//! Nobody overwrites what somebody else did: an edit names the revision that its till has seen. The whole basket is priced
//! again as it stands then; what was placed keeps its price unless the list's has fallen, and keeps what a person set by hand.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_money::Quantity;

use super::basket::{Basket, group_of};
use super::{Decision, Desk, by_product, custody, taken_by};
use crate::bounded::{PriceGroup, Reason, Sku};
use crate::catalog::ItemRef;
use crate::event::Event;
use crate::ids::SubjectId;
use crate::line::{
    AppliedDiscount, AppliedPrice, DiscountInput, DiscountSource, Line, LineFate, LineInput, LineNumber,
    PriceInput,
};
use crate::order::{Channel, EditOrder, LineChange, Order, OrderEdit, OrderState, Terms};
use crate::pricing::is_deposit_of;
use crate::refusal::Refusal;
use crate::shift::Mode;

pub(super) fn decide(desk: &Desk<'_>, edit: &EditOrder) -> Result<Decision, Refusal> {
    let (_, stamp) = desk.shift()?;
    let found = custody::open_order(desk, edit.order, &stamp)?;
    if found.state != OrderState::Placed {
        return Err(Refusal::OrderNotOpen { order: edit.order, state: found.state });
    }
    custody::at_hand(desk, found)?;
    super::attempts::none_open(desk.state, edit.order)?;
    custody::is_as_seen(found, edit.revision)?;
    if edit.edits.is_empty() {
        return Err(Refusal::NothingEdited);
    }
    let mut draft = Draft::of(desk, found);
    edit.edits.iter().try_for_each(|edit| draft.carry_out(desk, edit))?;
    if draft.customer != found.customer {
        super::subject::check_customer(desk.state, draft.customer)?;
    }
    let priced = Basket {
        lines: &draft.lines,
        terms: &draft.terms,
        group: draft.group.clone(),
        expected_total: edit.expected_total,
        before: Some(found),
    }
    .price(desk)?;
    let touched: Vec<LineInput> =
        draft.lines.iter().filter(|line| draft.touched.contains(&line.number)).cloned().collect();
    desk.permit_prices(&touched, &priced.lines, &found.lines)?;
    let live = stamp.mode == Mode::Live && found.holds_stock();
    if live {
        check_stock(desk, found, &priced.lines)?;
    }
    let low = if live { desk.low(stamp.mode, added(found, &priced.lines)) } else { Vec::new() };
    let said = priced.said(edit.order, Some(found));
    let age_checked = priced.check_age(stamp, edit.order, draft.terms.age_check, Some(found))?;
    let changed = draft.changed(&found.lines, &priced.lines);
    let edited = Event::OrderEdited {
        stamp,
        order: edit.order,
        revision: edit.revision + 1,
        customer: draft.customer,
        lines: priced.lines,
        totals: priced.totals,
        changed,
    };
    let events = std::iter::once(edited).chain(said).chain(age_checked).chain(low).collect();
    Ok(Decision { events, effects: Vec::new() })
}

/// The order as it is to be.
struct Draft {
    lines: Vec<LineInput>,
    terms: Terms,
    group: Option<PriceGroup>,
    customer: Option<SubjectId>,
    /// Why lines have another quantity.
    reasons: BTreeMap<LineNumber, Reason>,
    /// Lines whose price, discount or larger quantity somebody answers for now.
    touched: BTreeSet<LineNumber>,
}

impl Draft {
    fn of(desk: &Desk<'_>, order: &Order) -> Self {
        let asked = &order.asked;
        let coupons = order.terms.coupons.iter().chain(&asked.unused).cloned().collect();
        let terms = Terms {
            tag: order.terms.tag.clone(),
            coupons,
            exemption: order.terms.exemption.clone(),
            discount: asked.discount.clone(),
            notes: asked.notes.clone(),
            age_check: None,
        };
        let by_themselves = order.lines.iter().filter(|line| !is_deposit_of(line, &order.lines));
        Self {
            lines: by_themselves.map(|line| input(desk, order, line)).collect(),
            terms,
            group: asked.group.clone(),
            customer: order.customer,
            reasons: BTreeMap::new(),
            touched: BTreeSet::new(),
        }
    }

    fn carry_out(&mut self, desk: &Desk<'_>, edit: &OrderEdit) -> Result<(), Refusal> {
        match edit {
            OrderEdit::AddLine(line) => {
                self.touched.insert(line.number);
                self.lines.push(line.clone());
            }
            OrderEdit::VoidLine { line, reason } => {
                self.kept(*line)?.fate = LineFate::Voided { reason: reason.clone() };
            }
            OrderEdit::ChangeQuantity { line, quantity, reason } => {
                let input = self.kept(*line)?;
                let before = input.quantity;
                if *quantity < before && reason.is_none() {
                    return Err(Refusal::ReasonMissing { line: *line });
                }
                input.quantity = *quantity;
                self.reasons.extend(reason.clone().map(|reason| (*line, reason)));
                if *quantity > before {
                    self.touched.insert(*line);
                }
            }
            OrderEdit::SetPrice { line, price } => {
                self.kept(*line)?.price = price.clone();
                self.touched.insert(*line);
            }
            OrderEdit::SetDiscount { line: Some(line), discount } => {
                self.kept(*line)?.discount = discount.clone();
                self.touched.insert(*line);
            }
            OrderEdit::SetDiscount { line: None, discount } => self.terms.discount = discount.clone(),
            OrderEdit::SetCustomer { customer } => {
                self.customer = *customer;
                self.group = group_of(desk, *customer);
            }
            OrderEdit::SetTag { tag } => self.terms.tag = tag.clone(),
            OrderEdit::SetCoupons { coupons } => self.terms.coupons = coupons.clone(),
            OrderEdit::SetExemption { certificate } => self.terms.exemption = certificate.clone(),
            OrderEdit::SetNotes { notes } => self.terms.notes = notes.clone(),
            OrderEdit::CheckAge { how } => self.terms.age_check = Some(*how),
        }
        Ok(())
    }

    /// What somebody changed, in the order of the lines. What promotions take off is nobody's doing.
    fn changed(&self, before: &[Line], after: &[Line]) -> Vec<LineChange> {
        let by_hand =
            |line: &Line| (line.quantity, line.price.clone(), line.discount.by_hand(), line.fate.clone());
        let before: BTreeMap<LineNumber, &Line> = before.iter().map(|line| (line.number, line)).collect();
        let changed = after.iter().filter_map(|line| {
            let was = before.get(&line.number).copied();
            let change = || LineChange {
                line: line.number,
                before: was.cloned(),
                reason: self.reasons.get(&line.number).cloned(),
            };
            was.is_none_or(|was| by_hand(was) != by_hand(line)).then(change)
        });
        changed.collect()
    }

    fn kept(&mut self, line: LineNumber) -> Result<&mut LineInput, Refusal> {
        let found = self.lines.iter_mut().find(|input| input.number == line);
        found.filter(|input| input.fate == LineFate::Kept).ok_or(Refusal::LineNotInOrder { line })
    }
}

/// What a till would ask for to get this line: as it was scanned, while that still means the same product.
fn input(desk: &Desk<'_>, order: &Order, line: &Line) -> LineInput {
    let price = match &line.price {
        AppliedPrice::List { .. } | AppliedPrice::Label { .. } => PriceInput::List,
        AppliedPrice::Override { unit_price, reason, .. } => {
            PriceInput::Override { unit_price: *unit_price, reason: reason.clone() }
        }
        AppliedPrice::Open { unit_price } => PriceInput::Open { unit_price: *unit_price },
    };
    let scanned = line.scanned.clone().map(ItemRef::Barcode).and_then(|item| {
        let found = desk.context.catalog.scan(&item).filter(|found| found.product.sku == line.sku)?;
        // A label with a weight or a price is one piece.
        let quantity = if found.embedded.is_some() { Quantity::ONE } else { line.quantity };
        Some((item, quantity))
    });
    let (item, quantity) = scanned.unwrap_or_else(|| (ItemRef::Sku(line.sku.clone()), line.quantity));
    let discount = discount(order, line);
    LineInput { number: line.number, item, quantity, price, discount, fate: line.fate.clone() }
}

/// What somebody gave on the line, without what promotions and the basket's discount took off it.
fn discount(order: &Order, line: &Line) -> DiscountInput {
    match &line.discount {
        AppliedDiscount::None => DiscountInput::None,
        AppliedDiscount::Percent { rate, reason, .. } => {
            DiscountInput::Percent { rate: *rate, reason: reason.clone() }
        }
        AppliedDiscount::Amount { amount, reason } => {
            DiscountInput::Amount { amount: *amount, reason: reason.clone() }
        }
        AppliedDiscount::Parts { parts } => {
            let given = parts.iter().find_map(|part| match &part.source {
                DiscountSource::Line { reason } => Some((part.amount, reason.clone())),
                DiscountSource::Promotion { .. } | DiscountSource::Basket { .. } => None,
            });
            let rate = order.asked.rates.iter().find(|asked| asked.line == line.number);
            match (given, rate) {
                (None, _) => DiscountInput::None,
                (Some((_, reason)), Some(asked)) => DiscountInput::Percent { rate: asked.rate, reason },
                (Some((amount, reason)), None) => DiscountInput::Amount { amount, reason },
            }
        }
    }
}

/// What the order takes of each product beyond what it has already; less is negative.
fn added<'a>(order: &'a Order, lines: &'a [Line]) -> impl Iterator<Item = (&'a Sku, Quantity)> {
    let before = taken_by(&order.lines).map(|(sku, quantity)| (sku, -quantity));
    taken_by(lines).chain(before)
}

/// What is reserved already is the order's own; what comes on top races as it does when an order is placed.
fn check_stock(desk: &Desk<'_>, order: &Order, lines: &[Line]) -> Result<(), Refusal> {
    let strict: BTreeSet<_> =
        lines.iter().flat_map(Line::goods).filter(|goods| goods.strict).map(|goods| goods.sku).collect();
    for (sku, wanted) in by_product(added(order, lines)) {
        let races = order.channel == Channel::NotInHand || strict.contains(sku);
        let available = desk.state.stock_level(sku).available();
        if races && wanted.is_positive() && wanted > available {
            return Err(Refusal::OutOfStock { sku: sku.clone(), available, wanted });
        }
    }
    Ok(())
}
