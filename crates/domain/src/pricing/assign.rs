//! The best deal: which promotion takes which units. A unit is taken once; the assignment that saves the most is found by
//! going through all of them where that is within a named limit, and step by step where it is not.
//!
//! Lines that no promotion connects are searched apart. Units of a line are alike, so an assignment is known by how many of
//! each line every application takes, and the search goes over what is left of each line. Savings and weights are added up
//! as one vector, compared from the left: the sum, then by promotion, then by promotion and line. Adding the same to both
//! sides keeps that order, so the best of the rest is part of the best of the whole.

use holdfast_money::{Currency, Decimal, Rate, UnitPrice};

use super::{Draft, Units};
use crate::promotion::{ItemOff, Promotion, PromotionKind, Selector};

/// The most steps of one search: ways to apply a promotion times what can be left of the lines.
pub const SEARCH_STEPS_MAX: usize = 20_000;

/// Places of an exact amount: four of a price, three of a quantity, six of a rate.
const EXACT_PLACES: u32 = 13;
const PER_PRICE_STEP: i128 = 1_000_000_000;
const PER_PRICE_AND_QUANTITY_STEP: i128 = 1_000_000;
const RATE_STEPS: i128 = 1_000_000;

/// What one promotion takes in the end.
pub(super) struct Assigned {
    /// Its place in the book.
    pub promotion: usize,
    pub saving: Decimal,
    /// What the rounded saving is split by, for each line that it takes units of, in order.
    pub weights: Vec<(usize, Decimal)>,
}

/// A line of a component, seen as units.
#[derive(Debug, Clone, Copy)]
struct UnitLine {
    /// Its place among the drafts.
    draft: usize,
    count: u32,
    /// Exact value of one unit.
    value: i128,
    /// Thousandths that one unit measures, for a divisible good.
    measure: Option<i128>,
}

/// One way to apply a promotion: how many units of each line, alike whichever they are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    /// Its place in the component.
    promotion: usize,
    takes: Vec<u32>,
    saving: i128,
    weights: Vec<i128>,
}

/// Lines and promotions that belong together.
struct Component {
    lines: Vec<UnitLine>,
    /// Places in the book, in order.
    promotions: Vec<usize>,
}

/// The applications that save the most, in the order of their promotions.
pub(super) fn best_deal(
    currency: Currency,
    book: &[Promotion],
    possible: &[usize],
    drafts: &[Draft],
) -> Vec<Assigned> {
    let mut found = Vec::new();
    for component in components(book, possible, drafts) {
        let chosen = component.search(currency, book, drafts);
        for (slot, &promotion) in component.promotions.iter().enumerate() {
            let (saving, weights) = chosen.of(slot);
            if saving == 0 {
                continue;
            }
            let weights = component.lines.iter().zip(weights).filter(|(_, weight)| **weight != 0);
            let weights = weights.map(|(line, weight)| (line.draft, exact(*weight))).collect();
            found.push(Assigned { promotion, saving: exact(saving), weights });
        }
    }
    found.sort_by_key(|assigned| assigned.promotion);
    found
}

fn exact(value: i128) -> Decimal {
    Decimal::from_i128_with_scale(value, EXACT_PLACES).normalize()
}

fn share(value: i128, rate: Rate) -> i128 {
    // Values are whole multiples of the steps of a rate: nothing is cut off.
    value / RATE_STEPS * i128::from(rate.millionths())
}

/// Whether the kind takes units of lines like this one.
fn takes(kind: &PromotionKind, units: &Units) -> bool {
    match kind {
        PromotionKind::ItemOff { .. } => true,
        PromotionKind::GroupPrice { .. } | PromotionKind::GroupOff { .. } | PromotionKind::BuyGet { .. } => {
            matches!(units, Units::Pieces(_))
        }
        PromotionKind::BasketOff { .. } => false,
    }
}

fn components(book: &[Promotion], possible: &[usize], drafts: &[Draft]) -> Vec<Component> {
    let reach = |promotion: usize| -> Vec<usize> {
        let touches = |draft: &Draft| {
            let Some(promotable) = &draft.promotable else { return false };
            takes(&book[promotion].kind, &promotable.units)
                && book[promotion].selectors().any(|selector| draft.is_named_by(selector))
        };
        (0..drafts.len()).filter(|&line| touches(&drafts[line])).collect()
    };
    let mut found: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for &promotion in possible {
        let mut lines = reach(promotion);
        if lines.is_empty() {
            continue;
        }
        let mut promotions = vec![promotion];
        found.retain_mut(|(other_lines, other_promotions)| {
            let apart = !other_lines.iter().any(|line| lines.binary_search(line).is_ok());
            if !apart {
                lines.append(other_lines);
                lines.sort_unstable();
                lines.dedup();
                promotions.append(other_promotions);
            }
            apart
        });
        promotions.sort_unstable();
        found.push((lines, promotions));
    }
    let unit_line = |draft: usize| {
        let line = &drafts[draft].line;
        let price = i128::from(line.price.unit_price().ten_thousandths());
        match drafts[draft].promotable.as_ref().map(|promotable| &promotable.units) {
            Some(Units::Measure) => {
                let thousandths = i128::from(line.quantity.thousandths());
                let value = price * thousandths * PER_PRICE_AND_QUANTITY_STEP;
                UnitLine { draft, count: 1, value, measure: Some(thousandths) }
            }
            Some(Units::Pieces(count)) => {
                UnitLine { draft, count: *count, value: price * PER_PRICE_STEP, measure: None }
            }
            None => UnitLine { draft, count: 0, value: 0, measure: None },
        }
    };
    found
        .into_iter()
        .map(|(lines, promotions)| Component {
            lines: lines.into_iter().map(unit_line).collect(),
            promotions,
        })
        .collect()
}

/// What was chosen in one component: the sum, then each promotion's saving, then each promotion's weight on each line.
struct Chosen {
    vector: Vec<i128>,
    promotions: usize,
    lines: usize,
}

impl Chosen {
    fn none(promotions: usize, lines: usize) -> Self {
        Self { vector: vec![0; 1 + promotions + promotions * lines], promotions, lines }
    }

    fn add(&mut self, way: &Way) {
        add_way(&mut self.vector, self.promotions, self.lines, way);
    }

    fn of(&self, promotion: usize) -> (i128, &[i128]) {
        let start = 1 + self.promotions + promotion * self.lines;
        (self.vector[1 + promotion], &self.vector[start..start + self.lines])
    }
}

fn add_way(vector: &mut [i128], promotions: usize, lines: usize, way: &Way) {
    vector[0] += way.saving;
    vector[1 + way.promotion] += way.saving;
    let start = 1 + promotions + way.promotion * lines;
    for (slot, weight) in vector[start..start + lines].iter_mut().zip(&way.weights) {
        *slot += weight;
    }
}

impl Component {
    fn search(&self, currency: Currency, book: &[Promotion], drafts: &[Draft]) -> Chosen {
        let places = self.lines.iter().try_fold(1_usize, |product, line| {
            let count = usize::try_from(line.count).ok()?.checked_add(1)?;
            product.checked_mul(count).filter(|places| *places <= SEARCH_STEPS_MAX)
        });
        if let Some(places) = places
            && let Some(ways) = self.ways(currency, book, drafts, SEARCH_STEPS_MAX / places)
        {
            return self.best(book, &ways, places);
        }
        self.step_by_step(currency, book, drafts)
    }

    /// Which of the component's lines a selector names.
    fn named(&self, drafts: &[Draft], selector: &Selector) -> Vec<bool> {
        self.lines.iter().map(|line| drafts[line.draft].is_named_by(selector)).collect()
    }

    /// Which lines a group can take pieces of.
    fn pieces(&self, drafts: &[Draft], selector: &Selector) -> Vec<bool> {
        let named = self.named(drafts, selector);
        self.lines.iter().zip(named).map(|(line, named)| named && line.measure.is_none()).collect()
    }

    /// Every way to apply a promotion that saves something; none when there are more than `max`.
    fn ways(&self, currency: Currency, book: &[Promotion], drafts: &[Draft], max: usize) -> Option<Vec<Way>> {
        let mut ways: Vec<Way> = Vec::new();
        let mut steps = 0;
        for (slot, &promotion) in self.promotions.iter().enumerate() {
            let before = ways.len();
            let within = |found: usize| steps + (found - before) <= max;
            match &book[promotion].kind {
                PromotionKind::ItemOff { items, off } => {
                    for (at, named) in self.named(drafts, items).into_iter().enumerate() {
                        let saving = self.lines[at].off(*off);
                        if named && saving > 0 {
                            ways.push(self.item_way(slot, at, saving));
                        }
                        if !within(ways.len()) {
                            return None;
                        }
                    }
                }
                PromotionKind::GroupPrice { items, count, price } => {
                    let may = self.pieces(drafts, items);
                    let price = i128::from(price.minor()) * minor_step(currency);
                    each_choice(&self.counts(), &may, u32::from(*count), &mut |taken| {
                        let saving = self.value(taken) - price;
                        if saving > 0 {
                            ways.push(self.group_way(slot, taken.to_vec(), saving));
                        }
                        within(ways.len())
                    })?;
                }
                PromotionKind::GroupOff { items, count, reduced, rate } => {
                    let may = self.pieces(drafts, items);
                    each_choice(&self.counts(), &may, u32::from(*count), &mut |taken| {
                        let saving = share(self.cheapest(taken, u32::from(*reduced)), *rate);
                        if saving > 0 {
                            ways.push(self.group_way(slot, taken.to_vec(), saving));
                        }
                        within(ways.len())
                    })?;
                }
                PromotionKind::BuyGet { buy, buy_count, get, get_count, rate } => {
                    let (buys, gets) = (self.pieces(drafts, buy), self.pieces(drafts, get));
                    let counts = self.counts();
                    each_choice(&counts, &buys, u32::from(*buy_count), &mut |bought| {
                        let left: Vec<u32> =
                            counts.iter().zip(bought).map(|(count, taken)| count - taken).collect();
                        let gone = each_choice(&left, &gets, u32::from(*get_count), &mut |got| {
                            let saving = share(self.value(got), *rate);
                            if saving > 0 {
                                let taken = bought.iter().zip(got).map(|(a, b)| a + b).collect();
                                ways.push(self.group_way(slot, taken, saving));
                            }
                            within(ways.len())
                        });
                        gone.is_some()
                    })?;
                }
                PromotionKind::BasketOff { .. } => {}
            }
            // Of ways that take the same only the one that saves the most can be part of the best deal.
            steps += ways.len() - before;
            let mut own = ways.split_off(before);
            own.sort_by(|a, b| (&a.takes, b.saving).cmp(&(&b.takes, a.saving)));
            own.dedup_by(|next, kept| next.takes == kept.takes);
            ways.append(&mut own);
        }
        Some(ways)
    }

    fn counts(&self) -> Vec<u32> {
        self.lines.iter().map(|line| line.count).collect()
    }

    fn value(&self, taken: &[u32]) -> i128 {
        self.lines.iter().zip(taken).map(|(line, count)| line.value * i128::from(*count)).sum()
    }

    /// The value of the cheapest `reduced` of what is taken.
    fn cheapest(&self, taken: &[u32], reduced: u32) -> i128 {
        let mut by_value: Vec<(i128, u32)> =
            self.lines.iter().zip(taken).map(|(line, count)| (line.value, *count)).collect();
        by_value.sort_unstable();
        let mut left = reduced;
        let mut sum = 0;
        for (value, count) in by_value {
            let of_this = count.min(left);
            sum += value * i128::from(of_this);
            left -= of_this;
        }
        sum
    }

    fn item_way(&self, promotion: usize, at: usize, saving: i128) -> Way {
        let mut takes = vec![0; self.lines.len()];
        takes[at] = 1;
        let mut weights = vec![0; self.lines.len()];
        weights[at] = saving;
        Way { promotion, takes, saving, weights }
    }

    fn group_way(&self, promotion: usize, takes: Vec<u32>, saving: i128) -> Way {
        let weights =
            self.lines.iter().zip(&takes).map(|(line, count)| line.value * i128::from(*count)).collect();
        Way { promotion, takes, saving, weights }
    }
}

impl UnitLine {
    /// What comes off one unit.
    fn off(&self, off: ItemOff) -> i128 {
        let each = |price: UnitPrice| {
            let price = i128::from(price.ten_thousandths());
            match self.measure {
                Some(thousandths) => price * thousandths * PER_PRICE_AND_QUANTITY_STEP,
                None => price * PER_PRICE_STEP,
            }
        };
        match off {
            ItemOff::Percent { rate } => share(self.value, rate),
            ItemOff::Amount { amount } => each(amount).min(self.value),
            ItemOff::Price { price } => (self.value - each(price)).max(0),
        }
    }
}

/// Exact steps in one minor unit.
fn minor_step(currency: Currency) -> i128 {
    10_i128.pow(EXACT_PLACES - currency.exponent())
}

/// Shows every choice of `number` units from lines that may give them; none when `show` said that it has seen enough.
fn each_choice(
    counts: &[u32],
    may: &[bool],
    number: u32,
    show: &mut dyn FnMut(&[u32]) -> bool,
) -> Option<()> {
    let room: Vec<u32> = counts.iter().zip(may).map(|(count, may)| if *may { *count } else { 0 }).collect();
    let mut after = vec![0_u32; room.len() + 1];
    for at in (0..room.len()).rev() {
        after[at] = after[at + 1].saturating_add(room[at]);
    }
    let mut taken = vec![0; room.len()];
    choose(&room, &after, 0, number, &mut taken, show)
}

fn choose(
    room: &[u32],
    after: &[u32],
    at: usize,
    left: u32,
    taken: &mut [u32],
    show: &mut dyn FnMut(&[u32]) -> bool,
) -> Option<()> {
    if left > after[at] {
        return Some(());
    }
    if at == room.len() {
        return show(taken).then_some(());
    }
    for count in (0..=room[at].min(left)).rev() {
        taken[at] = count;
        choose(room, after, at + 1, left - count, taken, show)?;
    }
    taken[at] = 0;
    Some(())
}

/// Searching all of it.
impl Component {
    fn best(&self, book: &[Promotion], ways: &[Way], places: usize) -> Chosen {
        let (promotions, lines) = (self.promotions.len(), self.lines.len());
        let none = Chosen::none(promotions, lines);
        let width = none.vector.len();
        let counts = self.counts();
        let mut strides = vec![1; lines];
        for at in 1..lines {
            strides[at] = strides[at - 1] * (counts[at - 1] as usize + 1);
        }
        // What the ways from here on can save at most: by how often the promotion was applied, and by what is left.
        let mut best = vec![0_i128; places * width];
        let mut of_promotion = None;
        for way in ways.iter().rev() {
            let limit = book[self.promotions[way.promotion]].limit.map(usize::from);
            let times = limit.unwrap_or(0) + 1;
            if of_promotion != Some(way.promotion) {
                // A new promotion: however often it is applied, the rest goes on from the same.
                of_promotion = Some(way.promotion);
                let rest = best[..places * width].to_vec();
                best = rest.repeat(times);
            }
            let offset: usize =
                way.takes.iter().zip(&strides).map(|(take, stride)| *take as usize * stride).sum();
            let mut candidate = vec![0_i128; width];
            for used in (0..times).rev() {
                let next_used = match limit {
                    Some(limit) if used == limit => continue,
                    Some(_) => used + 1,
                    None => used,
                };
                let mut left = vec![0_u32; lines];
                for place in 0..places {
                    if left.iter().zip(&way.takes).all(|(left, take)| left >= take) {
                        let from = (next_used * places + place - offset) * width;
                        candidate.copy_from_slice(&best[from..from + width]);
                        add_way(&mut candidate, promotions, lines, way);
                        let at = (used * places + place) * width;
                        if candidate[..] > best[at..at + width] {
                            best[at..at + width].copy_from_slice(&candidate);
                        }
                    }
                    count_up(&mut left, &counts);
                }
            }
        }
        let full = (places - 1) * width;
        Chosen { vector: best[full..full + width].to_vec(), ..none }
    }
}

/// The next of all numbers of units, the first line running fastest.
fn count_up(left: &mut [u32], counts: &[u32]) {
    for (left, count) in left.iter_mut().zip(counts) {
        if *left < *count {
            *left += 1;
            return;
        }
        *left = 0;
    }
}

/// Step by step, where searching all of it would take too long.
impl Component {
    fn step_by_step(&self, currency: Currency, book: &[Promotion], drafts: &[Draft]) -> Chosen {
        let mut chosen = Chosen::none(self.promotions.len(), self.lines.len());
        let mut left = self.counts();
        let mut limits: Vec<u32> =
            self.promotions.iter().map(|&at| book[at].limit.map_or(u32::MAX, u32::from)).collect();
        // A promotion's next way stays its best one for as long as the units are there.
        let mut next: Vec<Option<Way>> = Vec::new();
        for slot in 0..self.promotions.len() {
            next.push(self.next_way(currency, book, drafts, slot, &left));
        }
        loop {
            let mut best: Option<&Way> = None;
            for (way, limit) in next.iter().zip(&limits) {
                if let Some(way) = way
                    && *limit > 0
                    && best.is_none_or(|best| way.saving > best.saving)
                {
                    best = Some(way);
                }
            }
            let Some(way) = best.cloned() else { return chosen };
            let fits =
                way.takes.iter().zip(&left).filter(|(take, _)| **take > 0).map(|(take, left)| left / take);
            let times = fits.min().unwrap_or(0).min(limits[way.promotion]);
            limits[way.promotion] -= times;
            chosen.add(&way.times(times));
            for (left, take) in left.iter_mut().zip(&way.takes) {
                *left -= take * times;
            }
            for (slot, next) in next.iter_mut().enumerate() {
                let gone = next
                    .as_ref()
                    .is_some_and(|way| way.takes.iter().zip(&left).any(|(take, left)| take > left));
                if gone {
                    *next = self.next_way(currency, book, drafts, slot, &left);
                }
            }
        }
    }

    /// The one way that a promotion is looked at with, of what is left.
    fn next_way(
        &self,
        currency: Currency,
        book: &[Promotion],
        drafts: &[Draft],
        slot: usize,
        left: &[u32],
    ) -> Option<Way> {
        let way = match &book[self.promotions[slot]].kind {
            PromotionKind::ItemOff { items, off } => {
                let named = self.named(drafts, items);
                let mut best: Option<(usize, i128)> = None;
                for (at, line) in self.lines.iter().enumerate().filter(|(at, _)| named[*at] && left[*at] > 0)
                {
                    let saving = line.off(*off);
                    if best.is_none_or(|(_, most)| saving > most) {
                        best = Some((at, saving));
                    }
                }
                let (at, saving) = best?;
                self.item_way(slot, at, saving)
            }
            PromotionKind::GroupPrice { items, count, price } => {
                let taken = self.most_valuable(&self.pieces(drafts, items), left, u32::from(*count))?;
                let saving = self.value(&taken) - i128::from(price.minor()) * minor_step(currency);
                self.group_way(slot, taken, saving)
            }
            PromotionKind::GroupOff { items, count, reduced, rate } => {
                let taken = self.most_valuable(&self.pieces(drafts, items), left, u32::from(*count))?;
                let saving = share(self.cheapest(&taken, u32::from(*reduced)), *rate);
                self.group_way(slot, taken, saving)
            }
            PromotionKind::BuyGet { buy, buy_count, get, get_count, rate } => {
                let bought = self.least_valuable(&self.pieces(drafts, buy), left, u32::from(*buy_count))?;
                let rest: Vec<u32> = left.iter().zip(&bought).map(|(left, taken)| left - taken).collect();
                let got = self.most_valuable(&self.pieces(drafts, get), &rest, u32::from(*get_count))?;
                let saving = share(self.value(&got), *rate);
                let taken = bought.iter().zip(&got).map(|(a, b)| a + b).collect();
                self.group_way(slot, taken, saving)
            }
            PromotionKind::BasketOff { .. } => return None,
        };
        (way.saving > 0).then_some(way)
    }

    fn most_valuable(&self, may: &[bool], left: &[u32], number: u32) -> Option<Vec<u32>> {
        let mut order: Vec<usize> = (0..self.lines.len()).filter(|at| may[*at]).collect();
        order.sort_by_key(|at| std::cmp::Reverse(self.lines[*at].value));
        self.first(&order, left, number)
    }

    fn least_valuable(&self, may: &[bool], left: &[u32], number: u32) -> Option<Vec<u32>> {
        let mut order: Vec<usize> = (0..self.lines.len()).filter(|at| may[*at]).collect();
        order.sort_by_key(|at| self.lines[*at].value);
        self.first(&order, left, number)
    }

    /// The first `number` units of lines in an order, if there are as many.
    fn first(&self, order: &[usize], left: &[u32], number: u32) -> Option<Vec<u32>> {
        let mut taken = vec![0; self.lines.len()];
        let mut missing = number;
        for &at in order {
            taken[at] = left[at].min(missing);
            missing -= taken[at];
        }
        (missing == 0).then_some(taken)
    }
}

impl Way {
    /// The same way, so many times.
    fn times(&self, times: u32) -> Self {
        let all = |value: &i128| value * i128::from(times);
        Self {
            promotion: self.promotion,
            takes: self.takes.iter().map(|take| take * times).collect(),
            saving: all(&self.saving),
            weights: self.weights.iter().map(all).collect(),
        }
    }
}
