//! What the store's own reports add up, from the journal's records: nothing here asks HQ, so a report is there without a
//! line to it.
//!
//! A date is read where the state's index of business dates says that something of it stands, in blocks of records; the
//! years around it are not touched. The sums of a date are kept in memory while nothing of it can have changed.
//!
//! **Definitions**, the same on the page, in JSON, in CSV and in `docs/guides/reports.md`:
//! gross is what sales came to, tax included, less returns and post-voids; net is the same without tax; tax is the
//! difference; discount is what was taken off by hand and by promotions, less what came back of it; returned is the gross of
//! returns and post-voids. Deposits, cash rounding and cash that moved without goods are no turnover. Training counts for
//! nothing. Of a drawer that is not counted yet nothing is told to whoever may not read an X report.

mod basket;
mod dates;
pub(crate) mod figures;
mod losses;
mod walk;

pub(crate) use basket::Baskets;
pub(crate) use dates::Dates;
pub(crate) use figures::{Figures, OpenDrawers, ProductTurnover, Turnover};
pub(crate) use losses::{Loss, LossFinder, LossKind};
pub(crate) use walk::{Runs, Walked, first_at};

use std::collections::HashMap;

use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::event::Event;
use holdfast_domain::shift::Mode;
use holdfast_journal::Reader;
use holdfast_store::{BLOCK_RECORDS, StateStore};
use jiff::tz::TimeZone;

use crate::error::HubError;

/// The most dates whose sums are kept. One of a large shop is a few hundred KiB.
const DATES_KEPT_MAX: usize = 100;

/// The sums of dates that were asked for lately.
#[derive(Debug, Default)]
pub(crate) struct KeptDates {
    dates: HashMap<BusinessDate, KeptDate>,
    uses: u64,
}

#[derive(Debug)]
struct KeptDate {
    figures: Figures,
    blocks: Vec<u64>,
    as_of_seq: u64,
    used: u64,
}

impl KeptDate {
    /// Whether nothing can have been added: the date has no other block, and its last one was full when it was read.
    fn is_whole(&self, blocks: &[u64], as_of_seq: u64) -> bool {
        let end = self.blocks.last().map_or(0, |last| (last + 1) * BLOCK_RECORDS);
        self.blocks == blocks && (self.as_of_seq == as_of_seq || self.as_of_seq + 1 >= end)
    }
}

impl KeptDates {
    /// The sums of one date as of a record that the state has applied. Blocks on the disk.
    ///
    /// # Errors
    /// HF-HUB-024 when the state or the journal cannot be read.
    pub fn of(
        &mut self,
        date: BusinessDate,
        as_of_seq: u64,
        reader: &Reader,
        state: &dyn StateStore,
        zone: &TimeZone,
    ) -> Result<&Figures, HubError> {
        let blocks = state.blocks_of_dates(date, date).map_err(unavailable)?;
        self.uses += 1;
        if self.dates.get(&date).is_none_or(|kept| !kept.is_whole(&blocks, as_of_seq)) {
            let figures = add_up(date, &blocks, as_of_seq, reader, state, zone)?;
            self.make_room();
            self.dates.insert(date, KeptDate { figures, blocks, as_of_seq, used: 0 });
        }
        let kept = self.dates.get_mut(&date).expect("it was there or came just now");
        kept.used = self.uses;
        Ok(&kept.figures)
    }

    fn make_room(&mut self) {
        if self.dates.len() >= DATES_KEPT_MAX
            && let Some(oldest) = self.dates.iter().min_by_key(|(_, kept)| kept.used).map(|(date, _)| *date)
        {
            self.dates.remove(&oldest);
        }
    }
}

/// Reads everything that is of a date.
fn add_up(
    date: BusinessDate,
    blocks: &[u64],
    as_of_seq: u64,
    reader: &Reader,
    state: &dyn StateStore,
    zone: &TimeZone,
) -> Result<Figures, HubError> {
    let (mut figures, mut baskets) = (Figures::default(), Baskets::default());
    Runs::of_blocks(blocks).walk(reader, as_of_seq, |walked| {
        let Walked { record: Some(record), .. } = walked else {
            figures.unreadable_records += 1;
            return Ok(());
        };
        baskets.follow(&record, state)?;
        let hour = crate::calendar::hour(zone, record.recorded_at);
        for event in record.outcome.events().iter().filter(|event| is_of(event, date)) {
            figures.count(event, hour, baskets.lines_of(event));
        }
        baskets.forget_closed();
        Ok(())
    })?;
    Ok(figures)
}

/// Whether an event is the date's and real.
fn is_of(event: &Event, date: BusinessDate) -> bool {
    event.stamp().is_some_and(|stamp| stamp.business_date == date && stamp.mode == Mode::Live)
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> HubError {
    HubError::Unavailable { source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_kept_only_while_nothing_can_have_been_added() {
        let kept = |as_of_seq| KeptDate { figures: Figures::default(), blocks: vec![3], as_of_seq, used: 0 };
        assert!(kept(400).is_whole(&[3], 400), "nothing was recorded since");
        assert!(!kept(400).is_whole(&[3], 401), "more of the block may be of the date");
        assert!(kept(511).is_whole(&[3], 9_000), "the block was full");
        assert!(!kept(511).is_whole(&[3, 70], 9_000), "a shift of the date was still open");
    }
}
