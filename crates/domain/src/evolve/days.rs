//! What the days gather from the Zs of their shifts.

use super::Changes;
use crate::calendar::BusinessDate;
use crate::day::{ClosedShift, DAYS_MAX, DayFigures, OpenDay, ZS_MAX};
use crate::event::Stamp;
use crate::ids::TerminalId;
use crate::invariant::Violation;
use crate::shift::{Mode, ShiftFigures};
use crate::state::State;
use crate::tender::{TenderCount, TenderLine};

impl State {
    pub(super) fn gather(&mut self, stamp: &Stamp, changes: &mut Changes, add: impl FnOnce(&mut DayFigures)) {
        if stamp.mode == Mode::Training {
            return;
        }
        let Some(currency) = self.profile.as_ref().map(|profile| profile.currency) else { return };
        let open = || OpenDay { parts: 0, gathered: DayFigures::none(currency) };
        add(&mut self.days.entry(stamp.business_date).or_insert_with(open).gathered);
        changes.days.insert(stamp.business_date);
        if self.days.len() > DAYS_MAX {
            let settled = self.days.iter().find(|(_, day)| day.gathered.is_none());
            let oldest = settled.or_else(|| self.days.first_key_value()).map(|(date, _)| *date);
            if let Some(date) = oldest {
                self.days.remove(&date);
                changes.days.insert(date);
            }
        }
    }

    pub(super) fn gather_shift(
        &mut self,
        stamp: &Stamp,
        z_number: u32,
        figures: &ShiftFigures,
        changes: &mut Changes,
    ) {
        self.gather(stamp, changes, |day| day.add_shift(z_number, figures));
    }

    /// The tenders of a Z, kept for as long as they can be corrected.
    pub(super) fn gather_tenders(
        &mut self,
        stamp: &Stamp,
        z_number: u32,
        tenders: &[TenderLine],
        changes: &mut Changes,
    ) {
        self.gather(stamp, changes, |day| day.add_tenders(tenders));
        if stamp.mode == Mode::Training {
            return;
        }
        let (shift, business_date, tenders) = (stamp.shift, stamp.business_date, tenders.to_vec());
        self.zs.insert(z_number, ClosedShift { shift, business_date, tenders });
        changes.zs.insert(z_number);
        if self.zs.len() > ZS_MAX
            && let Some((oldest, _)) = self.zs.pop_first()
        {
            changes.zs.insert(oldest);
        }
    }

    pub(super) fn correct(
        &mut self,
        stamp: &Stamp,
        z_number: u32,
        before: &TenderLine,
        after: &TenderCount,
        changes: &mut Changes,
    ) {
        self.gather(stamp, changes, |day| day.add_correction(before, after));
        let known = self.zs.get_mut(&z_number).into_iter().flat_map(|closed| &mut closed.tenders);
        for line in known.filter(|line| (line.class, &line.code) == (before.class, &before.code)) {
            line.counted = after.clone();
        }
        changes.zs.insert(z_number);
    }

    pub(super) fn close_day(
        &mut self,
        day: BusinessDate,
        figures: &DayFigures,
        part: u32,
        changes: &mut Changes,
    ) {
        changes.days.insert(day);
        let Some(open) = self.days.get_mut(&day) else {
            changes.violations.push(Violation::DayDrift);
            return;
        };
        if open.gathered != *figures {
            changes.violations.push(Violation::DayDrift);
        }
        open.parts = open.parts.max(part);
        open.gathered = DayFigures::none(figures.gross.currency());
    }

    pub(super) fn move_shift(
        &mut self,
        stamp: &Stamp,
        from: TerminalId,
        to: TerminalId,
        changes: &mut Changes,
    ) {
        self.shift(stamp.shift, changes, |shift| shift.terminal = to);
        self.till(from, changes, |till| till.shift = None);
        self.till(to, changes, |till| till.shift = Some(stamp.shift));
    }
}
