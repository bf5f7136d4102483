//! *Alone* and sections 5 and 6: what promotions take off in minor units, and which offer the customer gets.

use anyhow::Result;

use crate::Notes;
use crate::best_deal;
use crate::case::{Case, Items};
use crate::line::Line;
use crate::number::{Exact, Minor, round, whole, zero};
use crate::promotion::{Deal, Saved, Terms, Whole};
use crate::split::split;

/// Promotions applied to the lines: what each takes off each line.
#[derive(Debug, Clone)]
pub struct Offer {
    /// By promotion in order, then by line.
    pub taken: Vec<Vec<Minor>>,
    charged: Vec<Minor>,
}

impl Offer {
    pub fn total(&self) -> Minor {
        self.taken.iter().flatten().sum()
    }

    /// Takes an amount off the lines that have a weight, as section 5 says. No line falls below zero; true is
    /// that another line had to take a part of it.
    fn take(&mut self, promotion: usize, amount: Minor, weights: &[(usize, Exact)]) -> bool {
        let alone: Vec<_> = weights.iter().map(|(_, weight)| weight.clone()).collect();
        let mut left = 0;
        for ((line, _), part) in weights.iter().zip(split(amount, &alone)) {
            let can = part.min(self.charged[*line]);
            self.charged[*line] -= can;
            self.taken[promotion][*line] += can;
            left += part - can;
        }
        let spilled = left > 0;
        for (line, _) in weights {
            let can = left.min(self.charged[*line]);
            self.charged[*line] -= can;
            self.taken[promotion][*line] += can;
            left -= can;
        }
        assert_eq!(left, 0, "what a promotion takes off is on its lines");
        spilled
    }
}

/// The offer that the customer gets, of those promotions whose conditions hold.
pub fn choose(
    case: &Case,
    lines: &[Line<'_>],
    deals: &[Deal<'_>],
    ready: &[bool],
    notes: &mut Notes,
) -> Result<Offer> {
    let together: Vec<bool> =
        deals.iter().zip(ready).map(|(deal, ready)| *ready && !deal.is_alone()).collect();
    let mut best = apply(case, lines, deals, &together, notes)?;
    for at in (0..deals.len()).filter(|at| ready[*at] && deals[*at].is_alone()) {
        let only: Vec<bool> = (0..deals.len()).map(|other| other == at).collect();
        let offer = apply(case, lines, deals, &only, notes)?;
        notes.alone_offers += 1;
        if offer.total() > best.total() {
            notes.alone_taken += 1;
            best = offer;
        }
    }
    Ok(best)
}

fn apply(
    case: &Case,
    lines: &[Line<'_>],
    deals: &[Deal<'_>],
    offered: &[bool],
    notes: &mut Notes,
) -> Result<Offer> {
    let mut offer = Offer {
        taken: vec![vec![0; lines.len()]; deals.len()],
        charged: lines.iter().map(|line| line.charged).collect(),
    };
    let places: Vec<usize> = (0..deals.len()).filter(|at| offered[*at]).collect();
    let chosen: Vec<&Deal<'_>> = places.iter().map(|at| &deals[*at]).collect();
    let saved = best_deal::find(case, lines, &chosen, notes)?;
    for (at, saved) in places.iter().zip(&saved) {
        round_savings(&mut offer, *at, saved, notes);
    }
    let mut families: Vec<&str> = Vec::new();
    for &at in &places {
        let Some(amount) = basket_saving(&offer, lines, &deals[at]) else { continue };
        let Some(family) = &deals[at].promotion.family else {
            take_off_basket(&mut offer, lines, deals, at, amount);
            continue;
        };
        // The whole family has its turn with its first member; the others then find it served.
        if families.contains(&family.as_str()) {
            continue;
        }
        families.push(family);
        let mut best = (at, amount);
        for &other in &places {
            let relative = deals[other].promotion.family.as_ref() == Some(family);
            let saving = basket_saving(&offer, lines, &deals[other]).filter(|_| relative);
            // Members before this one in order could not apply, so a later one has to save more.
            if let Some(saving) = saving.filter(|saving| *saving > best.1) {
                best = (other, saving);
            }
        }
        notes.families += 1;
        take_off_basket(&mut offer, lines, deals, best.0, best.1);
    }
    Ok(offer)
}

/// Section 5.
fn round_savings(offer: &mut Offer, promotion: usize, saved: &Saved, notes: &mut Notes) {
    let weights: Vec<_> = (0..offer.charged.len())
        .filter(|line| saved.weights[*line] > zero())
        .map(|line| (line, saved.weights[line].clone()))
        .collect();
    let charged: Minor = weights.iter().map(|(line, _)| offer.charged[*line]).sum();
    let rounded = round(&saved.saving);
    notes.capped += usize::from(rounded > charged);
    notes.spilled += usize::from(offer.take(promotion, rounded.min(charged), &weights));
}

/// The lines a basket promotion looks at: those that take part and are named.
fn named<'a>(lines: &'a [Line<'_>], items: &'a Items) -> impl Iterator<Item = usize> + 'a {
    (0..lines.len()).filter(|at| lines[*at].takes_part() && items.name(lines[*at].product))
}

/// Whether the lines of a basket promotion come up to its threshold; none for the other kinds.
pub fn reaches_threshold(lines: &[Line<'_>], deal: &Deal<'_>) -> Option<bool> {
    let Terms::Basket { items, threshold, .. } = &deal.terms else { return None };
    Some(whole(named(lines, items).map(|at| lines[at].extended).sum()) >= *threshold)
}

/// Section 6: what a basket promotion would save now, if it can apply.
fn basket_saving(offer: &Offer, lines: &[Line<'_>], deal: &Deal<'_>) -> Option<Minor> {
    let Terms::Basket { items, .. } = &deal.terms else { return None };
    named(lines, items).next()?;
    let Terms::Basket { items, off, .. } = &deal.terms else { return None };
    reaches_threshold(lines, deal).filter(|reached| *reached)?;
    let charged: Minor = named(lines, items).map(|at| offer.charged[at]).sum();
    Some(match off {
        Whole::Percent(rate) => round(&(rate * whole(charged))),
        Whole::Amount(amount) => (*amount).min(charged),
    })
}

fn take_off_basket(offer: &mut Offer, lines: &[Line<'_>], deals: &[Deal<'_>], at: usize, amount: Minor) {
    let Terms::Basket { items, .. } = &deals[at].terms else { return };
    let weights: Vec<_> = named(lines, items).map(|line| (line, whole(offer.charged[line]))).collect();
    offer.take(at, amount, &weights);
}
