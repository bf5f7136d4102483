//! Which promotions a basket gets, what each takes off which line, and why the others took nothing.

use holdfast_money::{Currency, Decimal, Money, allocate};

use super::assign::{self, Assigned};
use super::{Circumstances, Draft, ROUNDING, Rules, Units};
use crate::line::DiscountSource;
use crate::promotion::{
    BasketOff, Combination, Explained, Promotion, PromotionKind, PromotionOutcome, Selector,
};

/// What one offer takes off: by promotion (as they stand in the book), what comes off which line.
struct Offer {
    savings: Vec<(usize, Vec<(usize, Money)>)>,
    total: Money,
}

/// Takes the best offer off the lines, and says what became of every promotion.
pub(super) fn apply(
    rules: &Rules<'_>,
    drafts: &mut [Draft],
    circumstances: &Circumstances<'_>,
) -> Vec<Explained> {
    let book = &rules.catalog.book().promotions;
    if book.is_empty() {
        return Vec::new();
    }
    let currency = rules.profile.currency;
    let before: Vec<Option<PromotionOutcome>> =
        book.iter().map(|promotion| obstacle(currency, promotion, drafts, circumstances)).collect();
    let possible = |combination: Combination| {
        let before = &before;
        (0..book.len()).filter(move |&at| before[at].is_none() && book[at].combination == combination)
    };
    let together: Vec<usize> = possible(Combination::WithOthers).collect();
    let mut best = offer(currency, book, &together, drafts);
    for alone in possible(Combination::Alone) {
        let other = offer(currency, book, &[alone], drafts);
        if other.total > best.total {
            best = other;
        }
    }
    let mut amounts = vec![Money::zero(currency); book.len()];
    best.savings.sort_by_key(|(at, _)| *at);
    for (at, shares) in best.savings {
        for (line, amount) in shares {
            let source = DiscountSource::Promotion {
                code: book[at].code.clone(),
                name: book[at].name.clone(),
                coupon: book[at].coupon.as_ref().map(|coupon| coupon.code.clone()),
            };
            amounts[at] += amount;
            drafts[line].take_off(source, amount);
        }
    }
    let outcomes = before.into_iter().zip(amounts).map(|(obstacle, amount)| match obstacle {
        Some(obstacle) => obstacle,
        None if amount.is_positive() => PromotionOutcome::Applied { amount },
        None => PromotionOutcome::AnotherIsBetter,
    });
    let explain = |(promotion, outcome): (&Promotion, PromotionOutcome)| Explained {
        code: promotion.code.clone(),
        name: promotion.name.clone(),
        outcome,
    };
    book.iter().zip(outcomes).map(explain).collect()
}

/// Why a promotion cannot take anything off this basket, if that is plain.
fn obstacle(
    currency: Currency,
    promotion: &Promotion,
    drafts: &[Draft],
    circumstances: &Circumstances<'_>,
) -> Option<PromotionOutcome> {
    if !promotion.is_now(circumstances.now) {
        return Some(PromotionOutcome::NotNow);
    }
    if promotion.group.is_some() && promotion.group.as_ref() != circumstances.group {
        return Some(PromotionOutcome::OtherGroup);
    }
    if promotion.coupon.as_ref().is_some_and(|rule| !circumstances.coupons.contains(&rule.code)) {
        return Some(PromotionOutcome::CouponMissing);
    }
    let named = |selectors: &[&Selector]| {
        let mut pieces = 0_u32;
        for draft in drafts {
            if let Some(promotable) = &draft.promotable
                && selectors.iter().any(|selector| draft.is_named_by(selector))
                && let Units::Pieces(count) = promotable.units
            {
                pieces = pieces.saturating_add(count);
            }
        }
        pieces
    };
    if !drafts.iter().any(|draft| promotion.selectors().any(|selector| draft.is_named_by(selector))) {
        return Some(PromotionOutcome::NothingMatches);
    }
    let too_few = |have: u32, need: u16| {
        (have < u32::from(need)).then_some(PromotionOutcome::TooFew { have, need: u32::from(need) })
    };
    match &promotion.kind {
        PromotionKind::ItemOff { .. } => None,
        PromotionKind::GroupPrice { items, count, .. } | PromotionKind::GroupOff { items, count, .. } => {
            too_few(named(&[items]), *count)
        }
        PromotionKind::BuyGet { buy, buy_count, get, get_count, .. } => too_few(named(&[buy]), *buy_count)
            .or_else(|| too_few(named(&[get]), *get_count))
            .or_else(|| too_few(named(&[buy, get]), buy_count + get_count)),
        PromotionKind::BasketOff { items, threshold, .. } => {
            let extended = drafts.iter().filter(|draft| draft.is_named_by(items));
            let have = Money::sum(currency, extended.map(|draft| draft.line.extended));
            (have < *threshold).then_some(PromotionOutcome::BelowThreshold { have, need: *threshold })
        }
    }
}

/// What promotions take off together.
fn offer(currency: Currency, book: &[Promotion], possible: &[usize], drafts: &[Draft]) -> Offer {
    let zero = Money::zero(currency);
    let mut charged: Vec<Money> = drafts.iter().map(|draft| draft.charged).collect();
    let mut savings = Vec::new();
    for Assigned { promotion, saving, weights } in assign::best_deal(currency, book, possible, drafts) {
        let room = Money::sum(currency, weights.iter().map(|(line, _)| charged[*line]));
        let rounded = Money::round(saving, currency, ROUNDING);
        let amount = if rounded > room { room } else { rounded };
        savings.push((promotion, split_within(amount, &weights, &mut charged)));
    }
    let mut families = std::collections::BTreeSet::new();
    for &at in possible {
        let PromotionKind::BasketOff { .. } = book[at].kind else { continue };
        let saving_of = |promotion: usize| {
            let (amount, lines) = basket_saving(currency, &book[promotion], drafts, &charged)?;
            Some((promotion, amount, lines))
        };
        let chosen = match &book[at].family {
            None => saving_of(at),
            Some(family) if families.insert(family) => {
                let members =
                    possible.iter().copied().filter(|&other| book[other].family.as_ref() == Some(family));
                // The first of the largest: `max_by` would take the last.
                members.filter_map(saving_of).reduce(|best, next| if next.1 > best.1 { next } else { best })
            }
            Some(_) => None,
        };
        if let Some((promotion, amount, lines)) = chosen {
            let weights: Vec<(usize, Decimal)> =
                lines.into_iter().map(|line| (line, charged[line].amount())).collect();
            savings.push((promotion, split_within(amount, &weights, &mut charged)));
        }
    }
    let total = savings.iter().flat_map(|(_, shares)| shares).fold(zero, |sum, (_, amount)| sum + *amount);
    Offer { savings, total }
}

/// What a basket promotion takes off what is still charged, and the lines that it takes it off.
fn basket_saving(
    currency: Currency,
    promotion: &Promotion,
    drafts: &[Draft],
    charged: &[Money],
) -> Option<(Money, Vec<usize>)> {
    let PromotionKind::BasketOff { items, off, .. } = &promotion.kind else { return None };
    let lines: Vec<usize> = (0..drafts.len()).filter(|&line| drafts[line].is_named_by(items)).collect();
    let sum = Money::sum(currency, lines.iter().map(|&line| charged[line]));
    let amount = match off {
        BasketOff::Percent { rate } => Money::round(sum.amount() * rate.fraction(), currency, ROUNDING),
        BasketOff::Amount { amount } if *amount < sum => *amount,
        BasketOff::Amount { .. } => sum,
    };
    Some((amount, lines))
}

/// Splits an amount by weights and takes it off what is charged, no line below zero: what a line cannot take goes to the
/// first lines that can.
fn split_within(amount: Money, weights: &[(usize, Decimal)], charged: &mut [Money]) -> Vec<(usize, Money)> {
    let zero = Money::zero(amount.currency());
    let by: Vec<Decimal> = weights.iter().map(|(_, weight)| *weight).collect();
    let mut shares: Vec<(usize, Money)> =
        weights.iter().map(|(line, _)| *line).zip(allocate(amount, &by)).collect();
    let mut excess = zero;
    for (line, share) in &mut shares {
        if *share > charged[*line] {
            excess += *share - charged[*line];
            *share = charged[*line];
        }
    }
    for (line, share) in &mut shares {
        let room = charged[*line] - *share;
        let more = if excess < room { excess } else { room };
        *share += more;
        excess -= more;
        charged[*line] -= *share;
    }
    shares
}

impl Draft {
    /// Whether the line takes part in promotions and `selector` names its item.
    pub(super) fn is_named_by(&self, selector: &Selector) -> bool {
        let Some(promotable) = &self.promotable else { return false };
        selector.names(&self.line.sku, promotable.category.as_ref())
    }
}
