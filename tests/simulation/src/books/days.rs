//! The days, added up from the Zs and their corrections: each is in one day Z or waits for one.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::Event;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::day::DayFigures;
use holdfast_domain::shift::Mode;
use holdfast_domain::tender::TenderCount;

/// What several shifts came to, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Day {
    shifts: u32,
    corrections: u32,
    zs: BTreeSet<u32>,
    gross: i64,
    net: i64,
    /// By code and millionths.
    taxes: BTreeMap<(String, u32), i64>,
    /// By code: taken, given back, expected, declared, over.
    tenders: BTreeMap<String, [i64; 5]>,
    moved: i64,
    no_sales: u32,
}

impl Day {
    /// The same of what a day Z says. Of the Zs only the first and the last are told.
    pub fn of(figures: &DayFigures) -> Self {
        let cash = &figures.cash;
        let moved = cash.paid_in + cash.loaned - cash.paid_out - cash.dropped;
        let mut day = Self {
            shifts: figures.shifts,
            corrections: figures.corrections,
            zs: figures.zs.into_iter().flat_map(|zs| [zs.first, zs.last]).collect(),
            gross: figures.gross.minor(),
            net: figures.net.minor(),
            moved: moved.minor(),
            no_sales: cash.no_sales,
            ..Self::default()
        };
        for tax in &figures.taxes {
            day.taxes.insert((tax.code.to_string(), tax.rate.millionths()), tax.tax.minor());
        }
        for of in &figures.tenders {
            let sums = [of.taken, of.refunded, of.expected, of.declared, of.over_short];
            let sums = sums.map(|sum| sum.minor());
            day.tenders.insert(of.code.to_string(), sums);
        }
        day
    }

    fn tender(&mut self, code: String, more: [i64; 5]) {
        let sums = self.tenders.entry(code).or_default();
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }

    /// Only the ends of the range, as a day Z tells it.
    fn told(mut self) -> Self {
        self.zs = self.zs.first().into_iter().chain(self.zs.last()).copied().collect();
        self
    }
}

/// What waits for a day Z, by date.
#[derive(Debug, Default)]
pub struct Days {
    waiting: BTreeMap<BusinessDate, Day>,
    parts: BTreeMap<BusinessDate, u32>,
    last: u32,
    last_correction: u32,
}

impl Days {
    pub fn add(&mut self, event: &Event, wrong: &mut Vec<String>) {
        if let Event::DayClosed { .. } = event {
            return self.close(event, wrong);
        }
        let (Event::ShiftClosed { stamp, .. }
        | Event::CashReported { stamp, .. }
        | Event::TendersReported { stamp, .. }
        | Event::ShiftCorrected { stamp, .. }) = event
        else {
            return;
        };
        if stamp.mode == Mode::Training {
            return;
        }
        let date = stamp.business_date;
        match event {
            Event::ShiftClosed { z_number, figures, .. } => {
                let day = self.waiting.entry(date).or_default();
                day.shifts += 1;
                day.zs.insert(*z_number);
                day.gross += figures.gross.minor();
                day.net += figures.net.minor();
                for tax in &figures.taxes {
                    let rate = (tax.code.to_string(), tax.rate.millionths());
                    *day.taxes.entry(rate).or_default() += tax.tax.minor();
                }
            }
            Event::CashReported { cash, .. } => {
                let day = self.waiting.entry(date).or_default();
                day.moved += cash.paid_in.minor() + cash.loaned.minor();
                day.moved -= cash.paid_out.minor() + cash.dropped.minor();
                day.no_sales += cash.no_sales;
            }
            Event::TendersReported { tenders, .. } => {
                let day = self.waiting.entry(date).or_default();
                for line in tenders {
                    let (declared, over) = counted(&line.counted);
                    let sums = [line.taken.minor(), line.refunded.minor(), line.expected.minor()];
                    day.tender(line.code.to_string(), [sums[0], sums[1], sums[2], declared, over]);
                }
            }
            Event::ShiftCorrected { number, before, after, .. } => {
                if *number != self.last_correction + 1 {
                    wrong.push(format!("P9: correction {number} follows {}", self.last_correction));
                }
                self.last_correction = *number;
                let ((was, was_over), (is, is_over)) = (counted(&before.counted), counted(after));
                if is - before.expected.minor() != is_over {
                    wrong.push(format!("correction {number} contradicts itself"));
                }
                let day = self.waiting.entry(date).or_default();
                day.corrections += 1;
                day.tender(before.code.to_string(), [0, 0, 0, is - was, is_over - was_over]);
            }
            _ => {}
        }
    }

    fn close(&mut self, event: &Event, wrong: &mut Vec<String>) {
        let Event::DayClosed { day, number, part, figures, .. } = event else { return };
        let ours = self.waiting.remove(day).unwrap_or_default().told();
        if ours != Day::of(figures) {
            wrong.push(format!("P4: the day {day} is {ours:?}, its day Z says {:?}", Day::of(figures)));
        }
        let parts = self.parts.entry(*day).or_default();
        *parts += 1;
        if *number != self.last + 1 || part != parts {
            wrong.push(format!("P9: day Z {number}, part {part} of {day}, follows {}", self.last));
        }
        self.last = *number;
    }

    /// What is in no day Z yet.
    pub fn waiting(&self) -> BTreeMap<BusinessDate, Day> {
        self.waiting.iter().map(|(date, day)| (*date, day.clone().told())).collect()
    }
}

fn counted(count: &TenderCount) -> (i64, i64) {
    match count {
        TenderCount::NotCounted => (0, 0),
        TenderCount::Counted { declared, over_short, .. } => (declared.minor(), over_short.minor()),
    }
}
