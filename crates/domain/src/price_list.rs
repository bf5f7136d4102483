//! Price lists: what products cost from when until when, and for whom.

use std::collections::BTreeMap;

use holdfast_money::UnitPrice;

use crate::bounded::{Label, PriceGroup, Sku};
use crate::calendar::LocalTime;

/// From when until when something holds, in the store's local time; the end itself is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    pub from: Option<LocalTime>,
    pub until: Option<LocalTime>,
}

impl Period {
    pub fn holds(&self, now: LocalTime) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceList {
    /// Printed on sales as the list that was applied; unique.
    pub code: Label,
    /// 1 is looked at first.
    pub priority: u16,
    /// Whose prices these are; everybody's when none.
    pub group: Option<PriceGroup>,
    pub period: Period,
    pub prices: BTreeMap<Sku, UnitPrice>,
}

/// The price of a product and the list that gave it, of the lists that are in force for a customer now: the smallest
/// priority, then the lower price, then the smaller code.
pub fn listed<'a>(
    lists: &'a [PriceList],
    sku: &Sku,
    group: Option<&PriceGroup>,
    now: LocalTime,
) -> Option<(&'a Label, UnitPrice)> {
    lists
        .iter()
        .filter(|list| list.group.is_none() || list.group.as_ref() == group)
        .filter(|list| list.period.holds(now))
        .filter_map(|list| list.prices.get(sku).map(|price| (list.priority, *price, &list.code)))
        .min_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)))
        .map(|(_, price, code)| (code, price))
}
