//! What becomes of an order between its placing and its payment, and of its receipt afterwards.

use holdfast_domain::bounded::{CouponCode, Description, PriceGroup};
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{OrderId, SubjectId};
use holdfast_domain::line::{DiscountInput, LineNumber};
use holdfast_domain::order::{AgeCheck, Asked, AskedRate, LineChange, Note};
use holdfast_domain::sale::CopyForm;

use super::Source;

impl Source {
    pub(super) fn of_order(&mut self, name: &str, stamp: Stamp, order: OrderId) -> Event {
        match name {
            "ReservationLimited" => Event::ReservationLimited { stamp, order, until: self.timestamp() },
            "ReservationExpired" => Event::ReservationExpired { order, until: self.timestamp() },
            "SoldAfterExpiry" => Event::SoldAfterExpiry { stamp, order },
            "OrderParked" => Event::OrderParked { stamp, order, revision: self.small(), label: self.label() },
            "OrderRetrieved" => {
                let from = self.flip().then_some(stamp.terminal);
                Event::OrderRetrieved { stamp, order, revision: self.small(), from }
            }
            "OrdersCarriedOver" => Event::OrdersCarriedOver {
                stamp,
                z_number: self.small(),
                count: self.small(),
                open_amount: self.money(),
                orders: self.several(4, |s| OrderId(s.uuid())),
            },
            "CopyPrinted" => Event::CopyPrinted {
                stamp,
                document: self.transaction(),
                original: self.transaction(),
                copy: self.small(),
                form: self.pick(&[CopyForm::Copy, CopyForm::Gift]),
            },
            "OrderEdited" => Event::OrderEdited {
                stamp,
                order,
                revision: self.small(),
                customer: self.maybe(|s| SubjectId(s.uuid())),
                lines: self.several(4, Self::line),
                totals: self.totals(),
                changed: self.several(3, |s| LineChange {
                    line: s.line_number(),
                    before: s.maybe(Self::line),
                    reason: s.maybe(Self::reason),
                }),
            },
            "OrderAskedFor" => Event::OrderAskedFor { order, asked: Box::new(self.asked()) },
            "AgeChecked" => Event::AgeChecked {
                stamp,
                order,
                age: self.pick(&[16, 18, 21]),
                how: self.pick(&[AgeCheck::ByLook, AgeCheck::ByDocument]),
            },
            "GoodsExchanged" => {
                let (returned, sold) = (self.transaction(), self.transaction());
                Event::GoodsExchanged { stamp, order, returned, sold }
            }
            other => panic!("{other} is in the list and cannot be made"),
        }
    }

    pub(super) fn asked(&mut self) -> Asked {
        Asked {
            group: self.maybe(|s| s.code(PriceGroup::new)),
            unused: self.several(3, |s| s.code(CouponCode::new)),
            discount: match self.below(3) {
                0 => DiscountInput::None,
                1 => DiscountInput::Percent { rate: self.rate(), reason: self.reason() },
                _ => DiscountInput::Amount { amount: self.money(), reason: self.reason() },
            },
            rates: self.several(3, |s| AskedRate { line: s.line_number(), rate: s.rate() }),
            notes: self.several(3, |s| Note { line: s.maybe(Self::line_number), text: s.remark() }),
        }
    }

    fn remark(&mut self) -> Description {
        Description::new(self.label().as_str()).unwrap()
    }

    fn line_number(&mut self) -> LineNumber {
        LineNumber(u16::try_from(1 + self.below(2_000)).unwrap())
    }
}
