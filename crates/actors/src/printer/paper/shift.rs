//! What one shift came to: its Z when it is closed, and the X before.

use std::sync::Arc;

use holdfast_devices::document::Document;
use holdfast_domain::attempt::{OpenTender, OpenTenderState};
use holdfast_domain::bounded::TenderCode;
use holdfast_domain::cash::CashFlow;
use holdfast_domain::event::Event;
use holdfast_domain::shift::{Shift, ShiftFigures};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::state::State;
use holdfast_domain::tender::{TenderCount, TenderFigures, TenderLine};
use holdfast_domain::value::ValueFlow;
use holdfast_money::Money;
use holdfast_protocol::message::ReplyPosition;

use super::report::{Report, ReportKind};
use super::{tax_table, tender_name};
use crate::template::{Language, Template, Word};

/// What a shift came to, as its paper says it.
#[derive(Debug, Clone)]
pub struct ShiftPaper {
    pub figures: ShiftFigures,
    pub cash: CashFlow,
    pub tenders: ShiftTenders,
    pub value: ValueFlow,
    pub accounts: ValueFlow,
    /// Whose tips they are, by the number that people know.
    pub tips: Vec<(Option<StaffNumber>, Money)>,
    /// How many orders wait for whatever till comes next, and what their customers owe.
    pub orders_left: Option<(u32, Money)>,
    /// What a device was asked for and is not over.
    pub payments_left: Vec<OpenTender>,
}

/// By tender type: counted when the shift is over, and blind before.
#[derive(Debug, Clone)]
pub enum ShiftTenders {
    Counted(Vec<TenderLine>),
    SoFar(Vec<TenderFigures>),
}

/// The Z of the shift that these events close.
pub(super) fn z_report(template: &Arc<Template>, state: &State, events: &[Event]) -> Option<Report> {
    let closed = events.iter().find_map(|event| match event {
        Event::ShiftClosed { stamp, z_number, figures, .. } => Some((stamp, *z_number, figures)),
        _ => None,
    });
    let (stamp, number, figures) = closed?;
    let zero = Money::zero(figures.gross.currency());
    let mut shift = ShiftPaper {
        figures: (**figures).clone(),
        cash: CashFlow::none(zero),
        tenders: ShiftTenders::Counted(Vec::new()),
        value: ValueFlow::none(zero),
        accounts: ValueFlow::none(zero),
        tips: Vec::new(),
        orders_left: None,
        payments_left: Vec::new(),
    };
    for event in events {
        match event {
            Event::CashReported { cash, .. } => shift.cash = (**cash).clone(),
            Event::TendersReported { tenders, .. } => {
                shift.tenders = ShiftTenders::Counted(tenders.clone());
            }
            Event::ValueReported { value, .. } => shift.value = (**value).clone(),
            Event::AccountsReported { accounts, .. } => shift.accounts = (**accounts).clone(),
            Event::TipsReported { tips, .. } => shift.tips = tips_of(state, tips),
            Event::OrdersCarriedOver { count, open_amount, .. } => {
                shift.orders_left = Some((*count, *open_amount));
            }
            Event::TendersCarriedOver { tenders, .. } => shift.payments_left.clone_from(tenders),
            _ => {}
        }
    }
    Some(Report {
        template: Arc::clone(template),
        transaction: stamp.shift.document(),
        till: state.tills.get(&stamp.terminal)?.number,
        profile: state.profile.clone()?,
        staff: state.staff.get(&stamp.operator).map(|staff| staff.number),
        tender_types: state.tender_types(),
        number,
        business_date: stamp.business_date,
        kind: ReportKind::Shift(Box::new(shift)),
    })
}

/// What a shift that is still open came to so far, as of a place in the journal. None without a store or its till.
pub fn x_report(
    template: &Arc<Template>,
    state: &State,
    shift: &Shift,
    position: &ReplyPosition,
) -> Option<Document> {
    let paper = ShiftPaper {
        figures: shift.figures.clone(),
        cash: shift.cash.clone(),
        tenders: ShiftTenders::SoFar(shift.tenders.clone()),
        value: shift.value.clone(),
        accounts: shift.accounts.clone(),
        tips: tips_of(state, &shift.tips),
        orders_left: None,
        payments_left: Vec::new(),
    };
    let report = Report {
        template: Arc::clone(template),
        transaction: shift.id.document(),
        till: state.tills.get(&shift.terminal)?.number,
        profile: state.profile.clone()?,
        staff: state.staff.get(&shift.opened_by).map(|staff| staff.number),
        tender_types: state.tender_types(),
        number: 0,
        business_date: shift.business_date,
        kind: ReportKind::Shift(Box::new(paper)),
    };
    Some(report.document(position))
}

fn tips_of(state: &State, tips: &[holdfast_domain::shift::Tips]) -> Vec<(Option<StaffNumber>, Money)> {
    let number = |staff| state.staff.get(staff).map(|staff| staff.number);
    tips.iter().map(|tips| (number(&tips.staff), tips.amount)).collect()
}

impl ShiftPaper {
    pub(super) fn title(&self, language: Language, number: u32) -> String {
        match self.tenders {
            ShiftTenders::Counted(_) => language.fill(Word::ShiftZ, &[&number]),
            ShiftTenders::SoFar(_) => Word::ShiftX.text(language).to_owned(),
        }
    }

    pub(super) fn lay_out(&self, document: &mut Document, report: &Report) {
        let language = report.template.language;
        let amount = |money: Money| language.money(money);
        let figures = &self.figures;
        document.rule();
        document.total(language.fill(Word::Turnover, &[&report.profile.currency]), amount(figures.gross));
        for (word, money) in [
            (Word::Net, figures.net),
            (Word::Discounts, figures.discount),
            (Word::Returned, figures.returned),
            (Word::Deposits, figures.deposits),
            (Word::CashRounding, figures.rounding),
            (Word::CashIn, self.cash.paid_in),
            (Word::CashOut, self.cash.paid_out),
            (Word::CashToTheSafe, self.cash.dropped),
            (Word::CashFromTheSafe, self.cash.loaned),
        ] {
            document.row(word.text(language), amount(money));
        }
        for (word, count) in [
            (Word::Sales, figures.sales),
            (Word::Returns, figures.returns),
            (Word::VoidedSales, figures.post_voids),
            (Word::GivenUp, figures.cancelled),
            (Word::DrawerOpened, self.cash.no_sales),
        ] {
            document.row(word.text(language), count.to_string());
        }
        if !figures.taxes.is_empty() {
            document.blank();
            tax_table(document, language, &figures.taxes);
        }
        self.tenders(document, report);
        flow(document, language, Word::StoredValue, [Word::Issued, Word::Redeemed], &self.value);
        flow(document, language, Word::Accounts, [Word::PaidOff, Word::BoughtOnAccount], &self.accounts);
        if !self.tips.is_empty() {
            document.rule().bold(Word::Tips.text(language));
            for (staff, money) in &self.tips {
                let staff = staff.map_or_else(|| "?".to_owned(), |number| number.to_string());
                document.row(language.fill(Word::By, &[&staff]), amount(*money));
            }
        }
        self.left(document, report);
        document.rule();
    }

    fn tenders(&self, document: &mut Document, report: &Report) {
        let language = report.template.language;
        let amount = |money: Money| language.money(money);
        let of = |document: &mut Document, code: &TenderCode, taken: Money, refunded: Money| {
            document.rule().bold(tender_name(language, &report.tender_types, code));
            document.row(Word::Taken.text(language), amount(taken));
            document.row(Word::GivenBack.text(language), amount(refunded));
        };
        match &self.tenders {
            ShiftTenders::SoFar(tenders) => {
                for tender in tenders {
                    of(document, &tender.code, tender.taken, tender.refunded);
                }
                document.rule();
                document.row(Word::CashExpected.text(language), amount(self.figures.cash_expected));
            }
            ShiftTenders::Counted(tenders) => {
                for tender in tenders {
                    of(document, &tender.code, tender.taken, tender.refunded);
                    document.row(Word::Expected.text(language), amount(tender.expected));
                    counted(document, language, Word::Counted, &tender.counted);
                }
            }
        }
    }

    fn left(&self, document: &mut Document, report: &Report) {
        let language = report.template.language;
        if let Some((count, owed)) = self.orders_left {
            document.rule().row(Word::OrdersLeft.text(language), count.to_string());
            document.row(Word::StillOwed.text(language), language.money(owed));
        }
        if !self.payments_left.is_empty() {
            document.rule().bold(Word::PaymentsLeft.text(language));
        }
        for tender in &self.payments_left {
            let state = match tender.state {
                OpenTenderState::InDoubt => Word::InDoubt,
                OpenTenderState::Held => Word::Held,
                OpenTenderState::ToGiveBack => Word::ToGiveBack,
            };
            let name = tender_name(language, &report.tender_types, &tender.code);
            document.row(format!("{name}: {}", state.text(language)), language.money(tender.amount));
        }
    }
}

/// What was declared of a tender, and what it differs by.
pub(super) fn counted(document: &mut Document, language: Language, label: Word, count: &TenderCount) {
    let label = label.text(language);
    match count {
        TenderCount::NotCounted => {
            document.row(label, Word::NobodyCounted.text(language));
        }
        TenderCount::Counted { declared, over_short, .. } => {
            document.row(label, language.money(*declared));
            document.row(Word::OverOrShortOfCount.text(language), language.money(*over_short));
        }
    }
}

fn flow(document: &mut Document, language: Language, title: Word, words: [Word; 2], flow: &ValueFlow) {
    if flow.is_none() {
        return;
    }
    let [issued, redeemed] = words;
    document.rule().bold(title.text(language));
    for (word, money) in [
        (issued, flow.issued),
        (Word::IssueVoided, flow.voided),
        (redeemed, flow.redeemed),
        (Word::ValueGivenBack, flow.refunded),
    ] {
        document.row(word.text(language), language.money(money));
    }
}
