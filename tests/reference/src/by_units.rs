//! The best deal by plain exhaustive search: every unit is one of its own, and every set of applications is made.

use anyhow::Result;

use crate::Notes;
use crate::best_deal::{Component, in_common_parts};
use crate::line::Unit;
use crate::number::Minor;
use crate::promotion::{Deal, Saved, Terms};

/// One application to these very units, as bits.
#[derive(Debug)]
struct Made {
    deal: usize,
    units: u32,
    saved: Saved,
    key: Vec<Minor>,
}

/// What every promotion of the component saves in the best deal.
pub fn solve(component: &Component<'_>, notes: &mut Notes) -> Result<Vec<Saved>> {
    let units = component.each_unit();
    let mut possible = Vec::new();
    for deal in 0..component.deals.len() {
        for (taken, got) in takings(component, deal, &units) {
            let chosen = |bits: u32| -> Vec<&Unit> {
                units.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, unit)| unit).collect()
            };
            if let Some(saved) = component.application(deal, &chosen(taken), &chosen(got)) {
                possible.push(Made { deal, units: taken | got, saved, key: Vec::new() });
            }
        }
    }
    let keys: Vec<_> = possible.iter().map(|made| component.key_of_one(made.deal, &made.saved)).collect();
    for (made, key) in possible.iter_mut().zip(in_common_parts(&keys)?) {
        made.key = key;
    }
    let mut search = Search {
        component,
        possible: &possible,
        units: units.len(),
        made: Vec::new(),
        best: None,
        tied: false,
        tied_by_weight: false,
    };
    search.decide(0, 0);
    notes.ties += usize::from(search.tied);
    notes.ties_by_weight += usize::from(search.tied_by_weight);
    let (_, best) = search.best.expect("making nothing is a deal");
    let mut saved = vec![Saved::nothing(component.basket_lines); component.deals.len()];
    for made in best {
        saved[possible[made].deal].add(&possible[made].saved);
    }
    Ok(saved)
}

/// Every pair of disjoint sets of units that one application may take, the second of them as what is got.
fn takings(component: &Component<'_>, deal: usize, units: &[Unit]) -> Vec<(u32, u32)> {
    let Deal { terms, .. } = component.deals[deal];
    let product = |at: usize| {
        let line = units[at].line;
        component
            .lines
            .iter()
            .find(|place| place.unit.line == line)
            .expect("a unit is of a line")
            .line
            .product
    };
    // The sets of `count` units that the rule lets in.
    let sets = |count: usize, may: &dyn Fn(usize) -> bool| -> Vec<u32> {
        (0..1_u32 << units.len())
            .filter(|bits| bits.count_ones() as usize == count)
            .filter(|bits| (0..units.len()).all(|at| bits >> at & 1 == 0 || may(at)))
            .collect()
    };
    let piece = |at: usize| units[at].measure.is_none();
    let alone = |sets: Vec<u32>| sets.into_iter().map(|set| (set, 0)).collect();
    match terms {
        Terms::ItemOff { items, .. } => alone(sets(1, &|at| items.name(product(at)))),
        Terms::GroupPrice { items, count, .. } | Terms::GroupOff { items, count, .. } => {
            alone(sets(*count, &|at| piece(at) && items.name(product(at))))
        }
        Terms::BuyGet { buy, buy_count, get, get_count, .. } => {
            let got = sets(*get_count, &|at| piece(at) && get.name(product(at)));
            sets(*buy_count, &|at| piece(at) && buy.name(product(at)))
                .into_iter()
                .flat_map(|bought| got.iter().map(move |got| (bought, *got)))
                .filter(|(bought, got)| bought & got == 0)
                .collect()
        }
        Terms::Basket { .. } => Vec::new(),
    }
}

struct Search<'a> {
    component: &'a Component<'a>,
    possible: &'a [Made],
    units: usize,
    /// The applications of the deal in hand.
    made: Vec<usize>,
    best: Option<(Vec<Minor>, Vec<usize>)>,
    /// Whether the savings alone would not have told which deal it is.
    tied: bool,
    /// Nor the savings of each promotion.
    tied_by_weight: bool,
}

impl Search<'_> {
    /// Unit by unit: it is taken already, or nothing takes it, or an application does whose first unit it is.
    fn decide(&mut self, unit: usize, taken: u32) {
        if unit == self.units {
            return self.compare();
        }
        self.decide(unit + 1, taken);
        if taken >> unit & 1 == 1 {
            return;
        }
        for at in 0..self.possible.len() {
            let Made { deal, units, .. } = self.possible[at];
            let so_often = self.made.iter().filter(|made| self.possible[**made].deal == deal).count();
            if units.trailing_zeros() as usize == unit
                && units & taken == 0
                && so_often < self.component.deals[deal].limit()
            {
                self.made.push(at);
                self.decide(unit + 1, taken | units);
                self.made.pop();
            }
        }
    }

    fn compare(&mut self) {
        let numbers = 1 + self.component.deals.len() * (1 + self.component.basket_lines);
        let mut key = vec![0; numbers];
        for made in &self.made {
            for (sum, number) in key.iter_mut().zip(&self.possible[*made].key) {
                *sum += number;
            }
        }
        let savings = 1 + self.component.deals.len();
        match &self.best {
            Some((best, _)) if key == *best => {}
            Some((best, _)) => {
                let (tied, by_weight) = (key[0] == best[0], key[..savings] == best[..savings]);
                if key > *best {
                    (self.tied, self.tied_by_weight) = (tied, by_weight);
                    self.best = Some((key, self.made.clone()));
                } else {
                    self.tied |= tied;
                    self.tied_by_weight |= by_weight;
                }
            }
            None => self.best = Some((key, self.made.clone())),
        }
    }
}
