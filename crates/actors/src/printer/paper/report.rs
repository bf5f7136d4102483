//! The day Z and the correction of a Z, as they are kept in a folder.

use holdfast_devices::document::{Document, Purpose, TaxRow};
use holdfast_domain::bounded::Reason;
use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::day::{CarriedOver, DayFigures};
use holdfast_domain::event::Event;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::state::State;
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tender::{TenderCount, TenderLine, TenderType};
use holdfast_protocol::head;
use holdfast_protocol::message::ReplyPosition;

use super::{plain, seller, tender_name};

/// Everything that one report says.
#[derive(Debug, Clone)]
pub struct Report {
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
    Day { part: u32, figures: Box<DayFigures>, carried_over: Box<CarriedOver> },
    Correction { z_number: u32, before: Box<TenderLine>, after: Box<TenderCount>, reason: Reason },
}

pub(super) fn report(state: &State, event: &Event) -> Option<Report> {
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
        let mut document = Document::new(Purpose::Live);
        seller(&mut document, &self.profile);
        match &self.kind {
            ReportKind::Day { part, figures, carried_over } => {
                document.bold(format!("DAY Z {}", self.number));
                document.row(format!("Part {part} of the day"), self.business_date.to_string());
                self.by(&mut document);
                self.day(&mut document, figures, carried_over);
            }
            ReportKind::Correction { z_number, before, after, reason } => {
                document.bold(format!("CORRECTION {}", self.number));
                document.row(format!("Of Z {z_number}"), self.business_date.to_string());
                self.by(&mut document);
                document.rule().bold(tender_name(&self.tender_types, &before.code));
                document.row("Expected", plain(before.expected));
                counted(&mut document, "Was", &before.counted);
                counted(&mut document, "Is", after);
                document.text(reason.as_str()).blank().text("Signature").blank().rule();
            }
        }
        document.centred(format!("Journal {}", head::short(position.seq, &position.hash)));
        document
    }

    fn by(&self, document: &mut Document) {
        if let Some(staff) = self.staff {
            document.text(format!("By {staff}"));
        }
    }

    fn day(&self, document: &mut Document, figures: &DayFigures, carried_over: &CarriedOver) {
        let zs = figures.zs.map_or_else(|| "none".to_owned(), |zs| format!("{} to {}", zs.first, zs.last));
        document.row(format!("{} shifts, Z", figures.shifts), zs);
        if figures.corrections > 0 {
            document.row("Corrections", figures.corrections.to_string());
        }
        document.rule().total(format!("TURNOVER {}", self.profile.currency), plain(figures.gross));
        for (label, amount) in [
            ("Net", figures.net),
            ("Discounts", figures.discount),
            ("Returned", figures.returned),
            ("Deposits", figures.deposits),
            ("Cash rounding", figures.rounding),
            ("Paid in", figures.cash.paid_in),
            ("Paid out", figures.cash.paid_out),
            ("To the safe", figures.cash.dropped),
            ("From the safe", figures.cash.loaned),
        ] {
            document.row(label, plain(amount));
        }
        for (label, count) in [
            ("Sales", figures.sales),
            ("Returns", figures.returns),
            ("Voided sales", figures.post_voids),
            ("Given up", figures.cancelled),
            ("Drawer opened", figures.cash.no_sales),
        ] {
            document.row(label, count.to_string());
        }
        let rows = figures.taxes.iter().map(|tax| {
            TaxRow::new(
                format!("{} {}", tax.code, tax.rate),
                plain(tax.net),
                plain(tax.tax),
                plain(tax.net + tax.tax),
            )
        });
        document.blank().tax_table(TaxRow::new("Tax", "Net", "Tax", "Gross"), rows.collect());
        for tender in &figures.tenders {
            document.rule().bold(tender_name(&self.tender_types, &tender.code));
            document.row("Taken", plain(tender.taken)).row("Given back", plain(tender.refunded));
            document.row("Expected", plain(tender.expected)).row("Counted", plain(tender.declared));
            if !tender.not_counted.is_zero() {
                document.row("Not counted", plain(tender.not_counted));
            }
            document.row("Over or short", plain(tender.over_short));
        }
        document.rule();
        if carried_over.shifts > 0 {
            document.row("Shifts still open", carried_over.shifts.to_string());
        }
        if carried_over.orders > 0 {
            document.row("Orders still open", carried_over.orders.to_string());
            document.row("Still owed", plain(carried_over.open_amount));
            document.row("Deposits held", plain(carried_over.deposits));
        }
    }
}

fn counted(document: &mut Document, label: &str, count: &TenderCount) {
    match count {
        TenderCount::NotCounted => {
            document.row(label, "not counted");
        }
        TenderCount::Counted { declared, over_short, .. } => {
            document.row(label, plain(*declared)).row("  over or short", plain(*over_short));
        }
    }
}
