//! A basket is priced by what was asked for it: when it is placed, when it is changed, and when somebody only wants to know.

use std::collections::BTreeSet;

use holdfast_money::Money;

use super::Desk;
use crate::bounded::{CouponCode, PriceGroup, Sku};
use crate::catalog::ItemRef;
use crate::event::{Event, Stamp};
use crate::ids::{OrderId, SubjectId};
use crate::line::{AppliedDiscount, DiscountInput, DiscountSource, Line, LineInput};
use crate::order::{AgeCheck, Asked, AskedRate, COUPONS_MAX, NOTES_MAX, Order, OrderTerms, Terms, Totals};
use crate::pricing::{self, Circumstances, Exempt, Kept, Priced};
use crate::promotion::Explained;
use crate::refusal::Refusal;

/// What is asked for.
pub(super) struct Basket<'a> {
    pub lines: &'a [LineInput],
    pub terms: &'a Terms,
    pub group: Option<PriceGroup>,
    pub expected_total: Option<Money>,
    /// The order that is changed by it.
    pub before: Option<&'a Order>,
}

/// What it comes to.
pub(super) struct PricedBasket {
    pub lines: Vec<Line>,
    pub totals: Totals,
    pub promotions: Vec<Explained>,
    pub terms: OrderTerms,
    pub asked: Asked,
    /// What a customer has to be for it, in years, and the product that asks for it.
    minimum_age: Option<(u8, Sku)>,
}

impl Basket<'_> {
    /// # Errors
    /// What the till has to mend before the basket can be sold.
    pub(super) fn price(&self, desk: &Desk<'_>) -> Result<PricedBasket, Refusal> {
        let Terms { tag, coupons, exemption, discount, notes, .. } = self.terms;
        self.check_coupons(desk)?;
        if notes.len() > NOTES_MAX {
            return Err(Refusal::TooManyNotes { max: NOTES_MAX });
        }
        if let Some(tag) = tag
            && !desk.state.taxes.as_ref().is_some_and(|table| table.knows(tag))
        {
            return Err(Refusal::TagUnknown { tag: tag.clone() });
        }
        let kept = self.before.map(kept_prices).unwrap_or_default();
        let circumstances = Circumstances {
            now: desk.context.local,
            tag: tag.as_ref(),
            group: self.group.as_ref(),
            coupons,
            exempt: if exemption.is_some() { Exempt::Yes } else { Exempt::No },
            discount,
            kept: &kept,
        };
        let Priced { lines, totals, promotions } = pricing::price(&desk.rules(), self.lines, &circumstances)?;
        if !lines.iter().any(Line::is_kept) {
            return Err(Refusal::EmptyBasket);
        }
        if let Some(line) = notes.iter().filter_map(|note| note.line).find(|of| !has(&lines, *of)) {
            return Err(Refusal::LineNotInOrder { line });
        }
        if !totals.gross.in_range() {
            return Err(Refusal::AmountOutOfRange);
        }
        if let Some(expected) = self.expected_total
            && desk.amount(expected)? != totals.gross
        {
            return Err(Refusal::TotalChanged { expected, actual: totals.gross });
        }
        let minimum_age = minimum_age(desk, &lines);
        let used = used_coupons(&lines);
        let asked = self.asked(&used);
        let terms = OrderTerms { tag: tag.clone(), exemption: exemption.clone(), coupons: used };
        Ok(PricedBasket { lines, totals, promotions, terms, asked, minimum_age })
    }

    /// As somebody else priced it: a till that was alone.
    pub(super) fn as_priced(&self, desk: &Desk<'_>, lines: Vec<Line>, totals: Totals) -> PricedBasket {
        let used = used_coupons(&lines);
        let terms = OrderTerms {
            tag: self.terms.tag.clone(),
            exemption: self.terms.exemption.clone(),
            coupons: used.clone(),
        };
        let (asked, minimum_age) = (self.asked(&used), minimum_age(desk, &lines));
        PricedBasket { lines, totals, promotions: Vec::new(), terms, asked, minimum_age }
    }

    /// Every coupon must belong to a promotion and not be used up: a cashier who scans one is told at once. What the order
    /// uses already is its own.
    fn check_coupons(&self, desk: &Desk<'_>) -> Result<(), Refusal> {
        if self.terms.coupons.len() > COUPONS_MAX {
            return Err(Refusal::TooManyCoupons { max: COUPONS_MAX });
        }
        let own = self.before.map_or(&[][..], |order| &order.terms.coupons);
        for coupon in &self.terms.coupons {
            let promotions = &desk.context.catalog.book().promotions;
            let rules = promotions.iter().filter_map(|promotion| promotion.coupon.as_ref());
            let mut of_coupon = rules.filter(|rule| rule.code == *coupon).peekable();
            if of_coupon.peek().is_none() {
                return Err(Refusal::CouponUnknown { coupon: coupon.clone() });
            }
            let used = desk.state.coupons.get(coupon).copied().unwrap_or_default();
            let by_others = used.saturating_sub(u32::from(own.contains(coupon)));
            if of_coupon.any(|rule| rule.uses_max.is_some_and(|max| by_others >= max)) {
                return Err(Refusal::CouponUsedUp { coupon: coupon.clone(), used });
            }
        }
        Ok(())
    }

    fn asked(&self, used: &[CouponCode]) -> Asked {
        let presented: BTreeSet<&CouponCode> = self.terms.coupons.iter().collect();
        let unused = presented.into_iter().filter(|coupon| !used.contains(coupon)).cloned().collect();
        let rates = self.lines.iter().filter_map(|line| match &line.discount {
            DiscountInput::Percent { rate, .. } => Some(AskedRate { line: line.number, rate: *rate }),
            DiscountInput::None | DiscountInput::Amount { .. } => None,
        });
        // Only a discount on the whole basket takes a line's own percentage apart.
        let rates = if self.terms.discount == DiscountInput::None { Vec::new() } else { rates.collect() };
        Asked {
            group: self.group.clone(),
            unused,
            discount: self.terms.discount.clone(),
            rates,
            notes: self.terms.notes.clone(),
        }
    }
}

impl PricedBasket {
    /// What holds for the whole order, where it is other than `before`.
    pub(super) fn said(&self, order: OrderId, before: Option<&Order>) -> impl Iterator<Item = Event> + use<> {
        let differs = match before {
            Some(before) => self.terms != before.terms,
            None => !self.terms.are_none(),
        };
        let terms = differs.then(|| Event::OrderTermsSet { order, terms: self.terms.clone() });
        let differs = self.asked != before.map(|before| before.asked.clone()).unwrap_or_default();
        let asked = differs.then(|| Event::OrderAskedFor { order, asked: Box::new(self.asked.clone()) });
        terms.into_iter().chain(asked)
    }

    /// Goods that not everybody may buy need somebody who looked, unless that was done for the order `before`.
    pub(super) fn check_age(
        &self,
        stamp: Stamp,
        order: OrderId,
        look: Option<AgeCheck>,
        before: Option<&Order>,
    ) -> Result<Option<Event>, Refusal> {
        let Some((age, sku)) = &self.minimum_age else { return Ok(None) };
        let seen = before.and_then(|order| order.age_checked).is_some_and(|seen| seen >= *age);
        match look {
            Some(how) => Ok(Some(Event::AgeChecked { stamp, order, age: *age, how })),
            None if seen => Ok(None),
            None => Err(Refusal::AgeNotChecked { sku: sku.clone(), age: *age }),
        }
    }
}

/// What a customer has to be for the lines, in years, and the product that asks for it.
pub(super) fn minimum_age(desk: &Desk<'_>, lines: &[Line]) -> Option<(u8, Sku)> {
    let age_of = |line: &Line| {
        desk.context.catalog.find(&ItemRef::Sku(line.sku.clone())).and_then(|of| of.details.minimum_age)
    };
    let kept = lines.iter().filter(|line| line.is_kept());
    kept.filter_map(|line| Some((age_of(line)?, line.sku.clone()))).max()
}

/// The group at whose prices a customer buys.
pub(super) fn group_of(desk: &Desk<'_>, customer: Option<SubjectId>) -> Option<PriceGroup> {
    let group = desk.state.price_group(customer?)?;
    // Records hold a name; one that no price list can have has no prices of its own.
    PriceGroup::new(group.as_str()).ok()
}

/// What lines were placed at.
fn kept_prices(order: &Order) -> Kept<'_> {
    use crate::line::AppliedPrice::{Label, List, Open, Override};
    let kept = order.lines.iter().filter_map(|line| match &line.price {
        List { unit_price } | Label { unit_price } => Some((line.number, (*unit_price, &line.price_list))),
        Override { .. } | Open { .. } => None,
    });
    kept.collect()
}

/// The coupons whose promotions took something off, each once, in order.
pub(super) fn used_coupons(lines: &[Line]) -> Vec<CouponCode> {
    let mut used = BTreeSet::new();
    for line in lines.iter().filter(|line| line.is_kept()) {
        let AppliedDiscount::Parts { parts } = &line.discount else { continue };
        for part in parts {
            if let DiscountSource::Promotion { coupon: Some(coupon), .. } = &part.source {
                used.insert(coupon.clone());
            }
        }
    }
    used.into_iter().collect()
}

fn has(lines: &[Line], number: crate::line::LineNumber) -> bool {
    lines.iter().any(|line| line.number == number)
}
