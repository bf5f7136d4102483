//! What is done with a component above the search limit: the application that saves the most, and again.

use std::cmp::Reverse;

use crate::best_deal::Component;
use crate::case::Items;
use crate::line::Unit;
use crate::promotion::{Saved, Terms};

/// What every promotion of the component saves.
pub fn solve(component: &Component<'_>) -> Vec<Saved> {
    let mut saved = vec![Saved::nothing(component.basket_lines); component.deals.len()];
    let mut made = vec![0; component.deals.len()];
    let mut free: Vec<usize> = component.lines.iter().map(|place| place.units).collect();
    loop {
        let mut best: Option<(usize, Saved, Vec<usize>)> = None;
        for (deal, known) in component.deals.iter().enumerate() {
            if made[deal] == known.limit() {
                continue;
            }
            let Some((taken, got)) = candidate(component, deal, &free) else { continue };
            let units = |places: &[usize]| -> Vec<&Unit> {
                places.iter().map(|place| &component.lines[*place].unit).collect()
            };
            let Some(application) = component.application(deal, &units(&taken), &units(&got)) else {
                continue;
            };
            // The earlier promotion stays among equals.
            if best.as_ref().is_none_or(|(_, best, _)| application.saving > best.saving) {
                best = Some((deal, application, [taken, got].concat()));
            }
        }
        let Some((deal, application, places)) = best else { return saved };
        made[deal] += 1;
        saved[deal].add(&application);
        for place in places {
            free[place] -= 1;
        }
    }
}

/// The one application of a promotion that is looked at: the place of each unit taken, and of each unit got.
fn candidate(component: &Component<'_>, deal: usize, free: &[usize]) -> Option<(Vec<usize>, Vec<usize>)> {
    let value = |place: &usize| component.lines[*place].unit.value.clone();
    let saves = |place: &usize| component.deals[deal].saves(&[&component.lines[*place].unit], &[]);
    let most_valuable = |items, count, free: &[usize]| {
        take(component, items, true, count, free, |place| Reverse(value(place)))
    };
    match &component.deals[deal].terms {
        Terms::ItemOff { items, .. } => {
            Some((take(component, items, false, 1, free, |place| Reverse(saves(place)))?, Vec::new()))
        }
        Terms::GroupPrice { items, count, .. } | Terms::GroupOff { items, count, .. } => {
            Some((most_valuable(items, *count, free)?, Vec::new()))
        }
        Terms::BuyGet { buy, buy_count, get, get_count, .. } => {
            let bought = take(component, buy, true, *buy_count, free, value)?;
            let mut others = free.to_vec();
            for place in &bought {
                others[*place] -= 1;
            }
            let got = most_valuable(get, *get_count, &others)?;
            Some((bought, got))
        }
        Terms::Basket { .. } => None,
    }
}

/// The first `count` free units by the order asked for, the earlier line first among equals.
fn take<Order: Ord>(
    component: &Component<'_>,
    items: &Items,
    pieces_only: bool,
    count: usize,
    free: &[usize],
    order: impl Fn(&usize) -> Order,
) -> Option<Vec<usize>> {
    let mut units: Vec<usize> = Vec::new();
    for (at, place) in component.lines.iter().enumerate() {
        if items.name(place.line.product) && (!pieces_only || place.unit.measure.is_none()) {
            units.extend(std::iter::repeat_n(at, free[at].min(count)));
        }
    }
    units.sort_by_cached_key(|place| order(place));
    (units.len() >= count).then(|| units[..count].to_vec())
}
