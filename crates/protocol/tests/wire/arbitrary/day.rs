//! What a shift and a day come to, and what becomes of a shift.

use holdfast_domain::cash::CashFlow;
use holdfast_domain::day::{CarriedOver, DayFigures, DayTender, ZRange};
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{OrderId, ShiftId, StaffId, TransactionId};
use holdfast_domain::tender::{Pieces, TenderCount, TenderLine};

use super::Source;

impl Source {
    pub(super) fn of_day(&mut self, name: &str, stamp: Stamp, document: TransactionId) -> Event {
        match name {
            "DayClosed" => Event::DayClosed {
                document,
                terminal: stamp.terminal,
                staff: stamp.operator,
                approver: self.maybe(|s| StaffId(s.uuid())),
                occurred_at: stamp.occurred_at,
                day: stamp.business_date,
                number: self.small(),
                part: self.small(),
                figures: Box::new(self.day_figures()),
                carried_over: Box::new(CarriedOver {
                    shifts: self.small(),
                    open_shifts: self.several(3, |s| ShiftId(s.uuid())),
                    orders: self.small(),
                    open_orders: self.several(3, |s| OrderId(s.uuid())),
                    open_amount: self.money(),
                    deposits: self.money(),
                }),
            },
            "ShiftCorrected" => Event::ShiftCorrected {
                stamp,
                document,
                number: self.small(),
                z_number: self.small(),
                before: Box::new(self.tender_line()),
                after: Box::new(self.tender_count()),
                reason: self.reason(),
            },
            "ShiftMoved" => Event::ShiftMoved {
                stamp,
                from: stamp.terminal,
                to: self.terminal(),
                figures: Box::new(self.figures()),
            },
            other => panic!("{other} is in the list and cannot be made"),
        }
    }

    fn day_figures(&mut self) -> DayFigures {
        let figures = self.figures();
        DayFigures {
            zs: self.maybe(|s| ZRange { first: s.small(), last: s.small() }),
            shifts: self.small(),
            corrections: self.small(),
            sales: figures.sales,
            returns: figures.returns,
            post_voids: figures.post_voids,
            cancelled: figures.cancelled,
            gross: figures.gross,
            net: figures.net,
            discount: figures.discount,
            returned: figures.returned,
            deposits: figures.deposits,
            rounding: figures.rounding,
            taxes: figures.taxes,
            cash: CashFlow {
                paid_in: self.money(),
                paid_out: self.money(),
                dropped: self.money(),
                loaned: self.money(),
                no_sales: self.small(),
            },
            tenders: self.several(3, |s| DayTender {
                code: s.tender_code(),
                class: s.tender_class(),
                count: s.small(),
                taken: s.money(),
                refunded: s.money(),
                expected: s.money(),
                not_counted: s.money(),
                declared: s.money(),
                over_short: s.money(),
            }),
        }
    }

    pub(super) fn tender_line(&mut self) -> TenderLine {
        TenderLine {
            code: self.tender_code(),
            class: self.tender_class(),
            count: self.small(),
            taken: self.money(),
            refunded: self.money(),
            expected: self.money(),
            counted: self.tender_count(),
        }
    }

    fn tender_count(&mut self) -> TenderCount {
        match self.flip() {
            true => TenderCount::NotCounted,
            false => TenderCount::Counted {
                declared: self.money(),
                over_short: self.money(),
                pieces: self.several(3, |s| Pieces { face: s.money(), count: s.small() }),
            },
        }
    }
}
