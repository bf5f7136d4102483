//! In what a sale that a till made alone differs from what the shop's rules would have said now. Nobody is refused for it;
//! it is written down, with who sold and where.

use std::collections::BTreeSet;

use crate::bounded::{CouponCode, Sku};
use crate::decide::basket::{Basket, group_of, minimum_age, used_coupons};
use crate::decide::{Desk, by_product};
use crate::ids::SubjectId;
use crate::island::{IslandDifference, IslandSale};
use crate::line::Line;
use crate::order::Terms;

pub(super) fn find(desk: &Desk<'_>, sale: &IslandSale, customer: Option<SubjectId>) -> Vec<IslandDifference> {
    let gone = items_gone(desk, sale);
    let used_up = coupons_used_up(desk, sale);
    let mut found = Vec::new();
    if gone.is_empty() {
        found.extend(price(desk, sale, customer, &used_up));
    }
    found.extend(gone.into_iter().map(|sku| IslandDifference::ItemGone { sku }));
    found.extend(used_up.into_iter().map(|coupon| IslandDifference::CouponUsedUp { coupon }));
    let rights = desk.beyond_rights(&sale.lines, &sale.priced);
    found.extend(rights.into_iter().map(|permission| IslandDifference::BeyondRights { permission }));
    found.extend(strict_below_zero(desk, &sale.priced));
    found.extend(age(desk, sale));
    found
}

/// What the hub would have charged. A coupon that has no use left would not have counted.
fn price(
    desk: &Desk<'_>,
    sale: &IslandSale,
    customer: Option<SubjectId>,
    used_up: &[CouponCode],
) -> Option<IslandDifference> {
    let left = sale.terms.coupons.iter().filter(|coupon| !used_up.contains(coupon));
    let terms = Terms { coupons: left.cloned().collect(), ..sale.terms.clone() };
    let asked = Basket {
        lines: &sale.lines,
        terms: &terms,
        group: group_of(desk, customer),
        expected_total: None,
        before: None,
    };
    let charged = sale.totals.gross;
    let now = asked.price(desk).ok().map(|priced| priced.totals.gross);
    (now != Some(charged)).then_some(IslandDifference::Price { charged, now })
}

fn items_gone(desk: &Desk<'_>, sale: &IslandSale) -> BTreeSet<Sku> {
    let catalog = desk.context.catalog;
    let unknown = sale.lines.iter().filter(|input| catalog.scan(&input.item).is_none());
    let priced = unknown.filter_map(|input| sale.priced.iter().find(|line| line.number == input.number));
    priced.map(|line| line.sku.clone()).collect()
}

fn coupons_used_up(desk: &Desk<'_>, sale: &IslandSale) -> Vec<CouponCode> {
    let rules = || desk.context.catalog.book().promotions.iter().filter_map(|of| of.coupon.as_ref());
    let is_used_up = |coupon: &CouponCode| {
        let used = desk.state.coupons.get(coupon).copied().unwrap_or_default();
        rules().any(|rule| rule.code == *coupon && rule.uses_max.is_some_and(|max| used >= max))
    };
    used_coupons(&sale.priced).into_iter().filter(is_used_up).collect()
}

fn strict_below_zero(desk: &Desk<'_>, lines: &[Line]) -> Vec<IslandDifference> {
    let strict = lines.iter().flat_map(Line::goods).filter(|goods| goods.strict);
    let sold = by_product(strict.map(|goods| (goods.sku, goods.quantity)));
    let left = sold.into_iter().map(|(sku, sold)| (sku, desk.state.stock_level(sku).available() - sold));
    left.filter(|(_, available)| available.is_negative())
        .map(|(sku, available)| IslandDifference::StrictBelowZero { sku: sku.clone(), available })
        .collect()
}

fn age(desk: &Desk<'_>, sale: &IslandSale) -> Option<IslandDifference> {
    if sale.terms.age_check.is_some() {
        return None;
    }
    minimum_age(desk, &sale.priced).map(|(age, sku)| IslandDifference::AgeNotChecked { sku, age })
}
