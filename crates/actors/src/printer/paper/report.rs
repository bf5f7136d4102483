//! Reports as they are kept in a folder: the Z of a shift, the day Z, and the correction of a Z.

use std::sync::Arc;

use holdfast_devices::document::Document;
use holdfast_domain::bounded::Reason;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::day::{CarriedOver, DayFigures};
use holdfast_domain::event::Event;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::state::State;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tender::{TenderCount, TenderLine, TenderType};
use holdfast_money::Money;
use holdfast_protocol::message::ReplyPosition;

use super::shift::{ShiftPaper, counted};
use super::{journal, seller, signature, tax_table, tender_name};
use crate::template::{Template, Word};

/// Everything that one report says.
#[derive(Debug, Clone)]
pub struct Report {
    pub template: Arc<Template>,
    pub transaction: TransactionId,
    pub till: TillNumber,
    pub profile: StoreProfile,
    pub staff: Option<StaffNumber>,
    pub tender_types: Vec<TenderType>,
    pub number: u32,
    pub business_date: BusinessDate,
    pub kind: ReportKind,
}

#[derive(Debug, Clone)]
pub enum ReportKind {
    Shift(Box<ShiftPaper>),
    Day { part: u32, figures: Box<DayFigures>, carried_over: Box<CarriedOver> },
    Correction { z_number: u32, before: Box<TenderLine>, after: Box<TenderCount>, reason: Reason },
}

pub(super) fn report(template: &Arc<Template>, state: &State, event: &Event) -> Option<Report> {
    let (transaction, terminal, staff, number, business_date, kind) = match event {
        Event::DayClosed { document, terminal, staff, day, number, part, figures, carried_over, .. } => {
            let (figures, carried_over) = (figures.clone(), carried_over.clone());
            let kind = ReportKind::Day { part: *part, figures, carried_over };
            (*document, *terminal, *staff, *number, *day, kind)
        }
        Event::ShiftCorrected { stamp, document, number, z_number, before, after, reason } => {
            let kind = ReportKind::Correction {
                z_number: *z_number,
                before: before.clone(),
                after: after.clone(),
                reason: reason.clone(),
            };
            (*document, stamp.terminal, stamp.operator, *number, stamp.business_date, kind)
        }
        _ => return None,
    };
    Some(Report {
        template: Arc::clone(template),
        transaction,
        till: state.tills.get(&terminal)?.number,
        profile: state.profile.clone()?,
        staff: state.staff.get(&staff).map(|staff| staff.number),
        tender_types: state.tender_types(),
        number,
        business_date,
        kind,
    })
}

impl Report {
    pub(super) fn document(&self, position: &ReplyPosition) -> Document {
        let language = self.template.language;
        let mut document = self.template.document(Mode::Live);
        seller(&mut document, language, &self.profile);
        document.blank();
        let date = language.date(self.business_date);
        match &self.kind {
            ReportKind::Shift(shift) => {
                document.bold(shift.title(language, self.number));
                document.row(language.fill(Word::Till, &[&self.till.0]), date);
                self.by(&mut document);
                shift.lay_out(&mut document, self);
            }
            ReportKind::Day { part, figures, carried_over } => {
                document.bold(language.fill(Word::DayZ, &[&self.number]));
                document.row(language.fill(Word::PartOfTheDay, &[part]), date);
                self.by(&mut document);
                self.day(&mut document, figures, carried_over);
            }
            ReportKind::Correction { z_number, before, after, reason } => {
                document.bold(language.fill(Word::Correction, &[&self.number]));
                document.row(language.fill(Word::OfZ, &[z_number]), date);
                self.by(&mut document);
                document.rule().bold(tender_name(language, &self.tender_types, &before.code));
                document.row(Word::Expected.text(language), language.money(before.expected));
                counted(&mut document, language, Word::Was, &before.counted);
                counted(&mut document, language, Word::Is, after);
                document.text(reason.as_str());
                signature(&mut document, language);
            }
        }
        journal(&mut document, language, position);
        document
    }

    fn by(&self, document: &mut Document) {
        if let Some(staff) = self.staff {
            document.text(self.template.language.fill(Word::By, &[&staff]));
        }
    }

    fn day(&self, document: &mut Document, figures: &DayFigures, carried_over: &CarriedOver) {
        let language = self.template.language;
        let amount = |money: Money| language.money(money);
        let zs = figures.zs.map_or_else(
            || Word::NoZ.text(language).to_owned(),
            |zs| language.fill(Word::Range, &[&zs.first, &zs.last]),
        );
        document.row(language.fill(Word::ShiftsZ, &[&figures.shifts]), zs);
        if figures.corrections > 0 {
            document.row(Word::Corrections.text(language), figures.corrections.to_string());
        }
        let turnover = language.fill(Word::Turnover, &[&self.profile.currency]);
        document.rule().total(turnover, amount(figures.gross));
        for (word, money) in [
            (Word::Net, figures.net),
            (Word::Discounts, figures.discount),
            (Word::Returned, figures.returned),
            (Word::Deposits, figures.deposits),
            (Word::CashRounding, figures.rounding),
            (Word::CashIn, figures.cash.paid_in),
            (Word::CashOut, figures.cash.paid_out),
            (Word::CashToTheSafe, figures.cash.dropped),
            (Word::CashFromTheSafe, figures.cash.loaned),
        ] {
            document.row(word.text(language), amount(money));
        }
        for (word, count) in [
            (Word::Sales, figures.sales),
            (Word::Returns, figures.returns),
            (Word::VoidedSales, figures.post_voids),
            (Word::GivenUp, figures.cancelled),
            (Word::DrawerOpened, figures.cash.no_sales),
        ] {
            document.row(word.text(language), count.to_string());
        }
        if !figures.taxes.is_empty() {
            document.blank();
            tax_table(document, language, &figures.taxes);
        }
        for tender in &figures.tenders {
            document.rule().bold(tender_name(language, &self.tender_types, &tender.code));
            for (word, money) in [
                (Word::Taken, tender.taken),
                (Word::GivenBack, tender.refunded),
                (Word::Expected, tender.expected),
                (Word::Counted, tender.declared),
            ] {
                document.row(word.text(language), amount(money));
            }
            if !tender.not_counted.is_zero() {
                document.row(Word::NotCounted.text(language), amount(tender.not_counted));
            }
            document.row(Word::OverOrShort.text(language), amount(tender.over_short));
        }
        document.rule();
        if carried_over.shifts > 0 {
            document.row(Word::ShiftsStillOpen.text(language), carried_over.shifts.to_string());
        }
        if carried_over.orders > 0 {
            document.row(Word::OrdersStillOpen.text(language), carried_over.orders.to_string());
            document.row(Word::StillOwed.text(language), amount(carried_over.open_amount));
            document.row(Word::DepositsHeld.text(language), amount(carried_over.deposits));
        }
    }
}
