//! Section 4, *the best deal* and *the search limit*: components, and which way of looking each one gets.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::by_counts::{self, Way};
use crate::case::Case;
use crate::line::{Line, Unit};
use crate::number::{Exact, Minor, zero};
use crate::promotion::{Deal, Saved};
use crate::{Notes, by_units, greedy};

/// A component with more ways × places is not searched.
const SEARCH_MAX: usize = 20_000;

/// Up to so many units every set of units is looked at; more of them are looked at by how many of each line.
const UNITS_EACH_MAX: usize = 6;

/// Promotions that could take units of the same lines, in order, and these lines' units, in order.
#[derive(Debug, Clone)]
pub struct Component<'a> {
    pub deals: Vec<&'a Deal<'a>>,
    pub lines: Vec<Place<'a>>,
    /// How many lines the whole basket has.
    pub basket_lines: usize,
}

/// A line of a component: so many units that are alike.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    pub line: &'a Line<'a>,
    pub unit: Unit,
    pub units: usize,
}

/// What each promotion saves in the best deal, aligned with `deals`.
pub fn find(case: &Case, lines: &[Line<'_>], deals: &[&Deal<'_>], notes: &mut Notes) -> Result<Vec<Saved>> {
    debug_assert_eq!(lines.len(), case.basket.lines.len());
    let mut found = vec![Saved::nothing(lines.len()); deals.len()];
    for (members, component) in components(lines, deals) {
        let saved = component.solve(notes)?;
        for (deal, saved) in members.into_iter().zip(saved) {
            found[deal] = saved;
        }
    }
    Ok(found)
}

/// Every component, with the places of its promotions in `deals`.
fn components<'a>(lines: &'a [Line<'a>], deals: &[&'a Deal<'a>]) -> Vec<(Vec<usize>, Component<'a>)> {
    let places: Vec<Place<'a>> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.takes_part())
        .map(|(at, line)| {
            let units = line.units(at);
            Place { line, unit: units[0].clone(), units: units.len() }
        })
        .collect();
    let reach = |deal: usize| -> BTreeSet<usize> {
        let takes = |at: &usize| deals[deal].takes(places[*at].line.product, &places[*at].unit);
        (0..places.len()).filter(takes).collect()
    };
    let mut left: BTreeSet<usize> = (0..deals.len()).filter(|deal| !reach(*deal).is_empty()).collect();
    let mut all = Vec::new();
    while let Some(first) = left.pop_first() {
        let (mut members, mut reached) = (BTreeSet::from([first]), reach(first));
        while let Some(next) = left.iter().copied().find(|deal| !reach(*deal).is_disjoint(&reached)) {
            left.remove(&next);
            members.insert(next);
            reached.extend(reach(next));
        }
        let component = Component {
            deals: members.iter().map(|deal| deals[*deal]).collect(),
            lines: reached.into_iter().map(|at| places[at].clone()).collect(),
            basket_lines: lines.len(),
        };
        all.push((members.into_iter().collect(), component));
    }
    all
}

impl Component<'_> {
    fn solve(&self, notes: &mut Notes) -> Result<Vec<Saved>> {
        notes.contended += usize::from(self.deals.len() > 1);
        match self.ways_within_the_limit() {
            None => {
                notes.too_large += 1;
                Ok(greedy::solve(self))
            }
            Some(_) if self.lines.iter().map(|place| place.units).sum::<usize>() <= UNITS_EACH_MAX => {
                notes.by_units += 1;
                by_units::solve(self, notes)
            }
            Some(ways) => {
                notes.by_counts += 1;
                by_counts::solve(self, ways, notes)
            }
        }
    }

    /// The distinct applications that save something, or none when the component is not to be searched.
    pub fn ways_within_the_limit(&self) -> Option<Vec<Way>> {
        let mut places: usize = 1;
        for place in &self.lines {
            places = places.saturating_mul(place.units + 1);
        }
        // With more places than this a single way is too much; without any way it is the same which search finds none.
        if places > SEARCH_MAX {
            return None;
        }
        by_counts::ways(self, SEARCH_MAX / places)
    }

    /// Every unit by itself, in order.
    pub fn each_unit(&self) -> Vec<Unit> {
        self.lines.iter().flat_map(|place| vec![place.unit.clone(); place.units]).collect()
    }

    /// What one application of the promotion is worth: its saving, and its weights by line of the basket.
    pub fn application(&self, deal: usize, units: &[&Unit], got: &[&Unit]) -> Option<Saved> {
        let mut saved = Saved::nothing(self.basket_lines);
        saved.saving = self.deals[deal].saves(units, got);
        if saved.saving == zero() {
            return None;
        }
        for unit in units.iter().chain(got) {
            saved.weights[unit.line] += self.deals[deal].weighs(unit);
        }
        Some(saved)
    }

    /// The key that deals are compared by, the larger the better: all savings, then the savings of each promotion
    /// in order, then for each promotion in order its weight on each line in order.
    pub fn key(&self, saved: &[Saved]) -> Vec<Exact> {
        let mut key = vec![saved.iter().map(|saved| &saved.saving).sum()];
        key.extend(saved.iter().map(|saved| saved.saving.clone()));
        for saved in saved {
            key.extend(saved.weights.iter().cloned());
        }
        key
    }

    /// The key of a deal in which one promotion applies once.
    pub fn key_of_one(&self, deal: usize, application: &Saved) -> Vec<Exact> {
        let mut saved = vec![Saved::nothing(self.basket_lines); self.deals.len()];
        saved[deal] = application.clone();
        self.key(&saved)
    }
}

/// Keys as whole multiples of one common part, so that adding and comparing them is exact and quick.
pub fn in_common_parts(keys: &[Vec<Exact>]) -> Result<Vec<Vec<Minor>>> {
    let mut common = num_rational::BigRational::from_integer(1.into()).to_integer();
    for number in keys.iter().flatten() {
        // The least common multiple: the product's part that the denominator does not have yet.
        common *= Exact::new(number.denom().clone(), common.clone()).numer();
    }
    keys.iter()
        .map(|key| {
            key.iter()
                .map(|number| {
                    let parts = (number * Exact::from_integer(common.clone())).to_integer();
                    Ok(Minor::try_from(parts)?)
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{generate, line, outcome, promotion};

    /// Units up to which both searches are tried: each of them is looked at on one side.
    const UNITS_BOTH_MAX: usize = 8;

    fn each_component(seeds: std::ops::Range<u64>, mut look: impl FnMut(u64, &Component<'_>)) {
        for seed in seeds {
            let case = generate::case(seed);
            let lines = line::all(&case).unwrap();
            let deals =
                promotion::in_order(&case.catalog.promotions, case.store.exponent().unwrap()).unwrap();
            let ready = |deal: &&Deal<'_>| outcome::condition(deal, &case.basket).unwrap().is_none();
            let deals: Vec<&Deal<'_>> = deals.iter().filter(ready).collect();
            for (_, component) in components(&lines, &deals) {
                look(seed, &component);
            }
        }
    }

    #[test]
    fn the_search_by_counts_finds_what_the_search_of_every_unit_finds() {
        let mut compared = 0;
        each_component(0..6_000, |seed, component| {
            let Some(ways) = component.ways_within_the_limit() else { return };
            if component.lines.iter().map(|place| place.units).sum::<usize>() > UNITS_BOTH_MAX {
                return;
            }
            let plain = by_units::solve(component, &mut Notes::default()).unwrap();
            let counted = by_counts::solve(component, ways, &mut Notes::default()).unwrap();
            assert_eq!(plain, counted, "seed {seed}");
            compared += 1;
        });
        assert!(compared > 2_000, "only {compared} components were small");
    }

    #[test]
    fn what_is_not_searched_never_saves_more_than_what_is() {
        let (mut as_much, mut less) = (0, 0);
        each_component(0..4_000, |seed, component| {
            let Some(ways) = component.ways_within_the_limit() else { return };
            let best = component.key(&by_counts::solve(component, ways, &mut Notes::default()).unwrap());
            let greedy = component.key(&greedy::solve(component));
            assert!(greedy <= best, "seed {seed}");
            if greedy == best {
                as_much += 1;
            } else {
                less += 1;
            }
        });
        assert!(as_much > 1_000 && less > 50, "{as_much} as good, {less} worse");
    }
}
