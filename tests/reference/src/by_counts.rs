//! The best deal where there are too many units for looking at each: units of one line are alike, and every way of
//! applying a promotion is made some number of times. A branch that cannot become better is left early; it is told by
//! an upper bound of the whole key, not of the savings alone, so that deals that save the same do not all get walked.

use anyhow::{Result, ensure};

use crate::Notes;
use crate::best_deal::{Component, in_common_parts};
use crate::case::Items;
use crate::line::Unit;
use crate::number::Minor;
use crate::promotion::{Saved, Terms};

/// A search that takes more steps is given up: the reference says that it does not know.
const STEPS_MAX: u64 = 20_000_000;

/// One distinct application that saves something.
#[derive(Debug, Clone)]
pub struct Way {
    pub deal: usize,
    /// How many units of each line of the component it takes.
    pub units: Vec<usize>,
    pub saved: Saved,
}

/// All ways, or none when there are more than `most`.
pub fn ways(component: &Component<'_>, most: usize) -> Option<Vec<Way>> {
    let mut found = Vec::new();
    let have: Vec<usize> = component.lines.iter().map(|place| place.units).collect();
    for (deal, known) in component.deals.iter().enumerate() {
        let counts = |items: &Items, count: usize, have: &[usize], pieces_only: bool| -> Vec<Vec<usize>> {
            let may: Vec<usize> = component
                .lines
                .iter()
                .zip(have)
                .map(|(place, have)| {
                    let fits =
                        items.name(place.line.product) && (!pieces_only || place.unit.measure.is_none());
                    if fits { *have } else { 0 }
                })
                .collect();
            let mut all = Vec::new();
            distribute(count, &may, &mut Vec::new(), &mut all);
            all
        };
        let mut add = |taken: &[usize], got: &[usize]| {
            let saved = component.application(deal, &units(component, taken), &units(component, got));
            if let Some(saved) = saved {
                let units = taken.iter().zip(got).map(|(taken, got)| taken + got).collect();
                found.push(Way { deal, units, saved });
            }
            found.len() <= most
        };
        let nothing = vec![0; have.len()];
        match &known.terms {
            Terms::ItemOff { items, .. } => {
                for taken in counts(items, 1, &have, false) {
                    if !add(&taken, &nothing) {
                        return None;
                    }
                }
            }
            Terms::GroupPrice { items, count, .. } | Terms::GroupOff { items, count, .. } => {
                for taken in counts(items, *count, &have, true) {
                    if !add(&taken, &nothing) {
                        return None;
                    }
                }
            }
            Terms::BuyGet { buy, buy_count, get, get_count, .. } => {
                for bought in counts(buy, *buy_count, &have, true) {
                    let others: Vec<usize> =
                        have.iter().zip(&bought).map(|(have, taken)| have - taken).collect();
                    for got in counts(get, *get_count, &others, true) {
                        if !add(&bought, &got) {
                            return None;
                        }
                    }
                }
            }
            Terms::Basket { .. } => {}
        }
    }
    Some(found)
}

/// Every way to take `count` units where line after line may give so many.
fn distribute(count: usize, may: &[usize], chosen: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
    let Some(most) = may.get(chosen.len()) else {
        if count == 0 {
            all.push(chosen.clone());
        }
        return;
    };
    if may[chosen.len()..].iter().sum::<usize>() < count {
        return;
    }
    for here in 0..=count.min(*most) {
        chosen.push(here);
        distribute(count - here, may, chosen, all);
        chosen.pop();
    }
}

fn units<'a>(component: &'a Component<'_>, counts: &[usize]) -> Vec<&'a Unit> {
    let of_line = |(place, count): (usize, &usize)| std::iter::repeat_n(&component.lines[place].unit, *count);
    counts.iter().enumerate().flat_map(of_line).collect()
}

/// What every promotion of the component saves in the best deal.
pub fn solve(component: &Component<'_>, mut ways: Vec<Way>, notes: &mut Notes) -> Result<Vec<Saved>> {
    let exact: Vec<_> = ways.iter().map(|way| component.key_of_one(way.deal, &way.saved)).collect();
    let keys = in_common_parts(&exact)?;
    // Keys per unit taken are compared times the least common multiple of the sizes.
    let size = |way: &Way| way.units.iter().sum::<usize>() as Minor;
    let multiple = ways.iter().map(size).fold(1, |all, size| all / common_divisor(all, size) * size);
    let per_unit = |at: usize| -> Vec<Minor> {
        keys[at].iter().map(|number| number * (multiple / size(&ways[at]))).collect()
    };
    // The ways that make the most of each unit come first, so that good deals are met early.
    let mut order: Vec<usize> = (0..ways.len()).collect();
    order.sort_by_cached_key(|at| std::cmp::Reverse(per_unit(*at)));
    let per_unit: Vec<Vec<Minor>> = order.iter().map(|at| per_unit(*at)).collect();
    let keys: Vec<Vec<Minor>> = order.iter().map(|at| keys[*at].clone()).collect();
    ways = order.into_iter().map(|at| ways[at].clone()).collect();

    let mut search = Search {
        next: Next::of(component, &ways, &keys),
        component,
        ways: &ways,
        keys: &keys,
        per_unit: &per_unit,
        multiple,
        key: vec![0; 1 + component.deals.len() * (1 + component.basket_lines)],
        left: component.lines.iter().map(|place| place.units).collect(),
        may: component.deals.iter().map(|deal| deal.limit()).collect(),
        made: Vec::new(),
        best: None,
        steps: 0,
    };
    search.walk(0);
    notes.steps_max = notes.steps_max.max(search.steps);
    ensure!(search.steps <= STEPS_MAX, "a component is too large for the reference");
    let (_, best) = search.best.expect("making nothing is a deal");
    let mut saved = vec![Saved::nothing(component.basket_lines); component.deals.len()];
    for way in best {
        saved[ways[way].deal].add(&ways[way].saved);
    }
    Ok(saved)
}

fn common_divisor(one: Minor, other: Minor) -> Minor {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

/// For each way, where the bound looks: the next way from there on that takes of a line, by line; the same among the
/// promotions without a limit; and the best next way of each promotion with one.
struct Next {
    of_line: Vec<Vec<Option<usize>>>,
    of_line_unlimited: Vec<Vec<Option<usize>>>,
    of_deal: Vec<Vec<Option<usize>>>,
}

impl Next {
    fn of(component: &Component<'_>, ways: &[Way], keys: &[Vec<Minor>]) -> Self {
        let limited = |deal: usize| component.deals[deal].limit() < usize::MAX;
        let mut of_line = vec![vec![None; component.lines.len()]; ways.len() + 1];
        let mut of_line_unlimited = of_line.clone();
        let mut of_deal = vec![vec![None; component.deals.len()]; ways.len() + 1];
        for (at, way) in ways.iter().enumerate().rev() {
            of_line[at] = of_line[at + 1].clone();
            of_line_unlimited[at] = of_line_unlimited[at + 1].clone();
            of_deal[at] = of_deal[at + 1].clone();
            for (line, _) in way.units.iter().enumerate().filter(|(_, units)| **units > 0) {
                of_line[at][line] = Some(at);
                if !limited(way.deal) {
                    of_line_unlimited[at][line] = Some(at);
                }
            }
            if limited(way.deal) && of_deal[at][way.deal].is_none_or(|best: usize| keys[at] > keys[best]) {
                of_deal[at][way.deal] = Some(at);
            }
        }
        Self { of_line, of_line_unlimited, of_deal }
    }
}

struct Search<'a> {
    component: &'a Component<'a>,
    ways: &'a [Way],
    keys: &'a [Vec<Minor>],
    /// `keys` per unit taken, times `multiple`.
    per_unit: &'a [Vec<Minor>],
    multiple: Minor,
    next: Next,
    /// Of the deal in hand.
    key: Vec<Minor>,
    left: Vec<usize>,
    may: Vec<usize>,
    made: Vec<usize>,
    best: Option<(Vec<Minor>, Vec<usize>)>,
    steps: u64,
}

impl Search<'_> {
    /// Makes each of the ways from `first` on, as often as it fits.
    fn walk(&mut self, first: usize) {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return;
        }
        if self.best.as_ref().is_none_or(|(best, _)| self.key > *best) {
            self.best = Some((self.key.clone(), self.made.clone()));
        }
        for at in first..self.ways.len() {
            let way = &self.ways[at];
            if self.may[way.deal] == 0 || way.units.iter().zip(&self.left).any(|(takes, left)| takes > left) {
                continue;
            }
            if !self.can_become_better(at) {
                return;
            }
            self.make(at, 1);
            self.walk(at);
            self.make(at, -1);
        }
    }

    fn make(&mut self, at: usize, sign: i8) {
        let way = &self.ways[at];
        for (sum, number) in self.key.iter_mut().zip(&self.keys[at]) {
            *sum += number * Minor::from(sign);
        }
        for (left, takes) in self.left.iter_mut().zip(&way.units) {
            *left = if sign > 0 { *left - takes } else { *left + takes };
        }
        if sign > 0 {
            self.may[way.deal] -= 1;
            self.made.push(at);
        } else {
            self.may[way.deal] += 1;
            self.made.pop();
        }
    }

    /// Whether the ways from `at` on could lift the deal in hand above the best one known.
    ///
    /// Whatever is still made, each unit that it takes carries its share of the way's key, and no share on a line is
    /// larger than that of the next way that takes of the line, as ways are sorted by it. So the sum of these shares
    /// over all units left is an upper bound. A promotion with a limit is bounded by its best way, as often as it may
    /// still apply, and then the lines only by the ways of the others; either bound alone may rule the branch out.
    fn can_become_better(&self, at: usize) -> bool {
        let Some((best, _)) = &self.best else { return true };
        let shares = |of_line: &[Option<usize>], number: usize| -> Minor {
            let share = |(line, way): (usize, &Option<usize>)| {
                way.map_or(0, |way| self.per_unit[way][number] * self.left[line] as Minor)
            };
            of_line.iter().enumerate().map(share).sum()
        };
        let limited = |number: usize| -> Minor {
            let often = |deal: usize| -> Minor {
                let units: usize = self.left.iter().sum();
                self.may[deal].min(units) as Minor
            };
            let most = |(deal, way): (usize, &Option<usize>)| {
                way.map_or(0, |way| self.keys[way][number] * self.multiple * often(deal))
            };
            self.next.of_deal[at].iter().enumerate().map(most).sum()
        };
        let above = |bound: &dyn Fn(usize) -> Minor| {
            for (number, best) in best.iter().enumerate() {
                let reach = self.key[number] * self.multiple + bound(number);
                match reach.cmp(&(best * self.multiple)) {
                    std::cmp::Ordering::Less => return false,
                    std::cmp::Ordering::Greater => return true,
                    std::cmp::Ordering::Equal => {}
                }
            }
            false
        };
        debug_assert_eq!(self.may.len(), self.component.deals.len());
        above(&|number| shares(&self.next.of_line[at], number))
            && above(&|number| shares(&self.next.of_line_unlimited[at], number) + limited(number))
    }
}
