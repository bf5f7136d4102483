//! What a till did alone.

use holdfast_domain::bounded::CouponCode;
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{OrderId, StaffId, SubjectId, TransactionId};
use holdfast_domain::island::IslandDifference;
use holdfast_domain::staff::{Permission, StaffNumber};

use super::Source;

impl Source {
    fn island_difference(&mut self) -> IslandDifference {
        match self.below(8) {
            0 => IslandDifference::Price { charged: self.money(), now: self.maybe(Self::money) },
            1 => IslandDifference::BeyondRights {
                permission: self.pick(&[Permission::Discount, Permission::OverridePrice]),
            },
            2 => IslandDifference::StrictBelowZero { sku: self.sku(), available: self.quantity() },
            3 => IslandDifference::CouponUsedUp {
                coupon: CouponCode::new(self.pick(&["TENTH", "ONCE"])).expect("a short code"),
            },
            4 => IslandDifference::ItemGone { sku: self.sku() },
            5 => {
                let age = u8::try_from(self.below(100)).expect("below 100");
                IslandDifference::AgeNotChecked { sku: self.sku(), age }
            }
            6 => IslandDifference::TenderNotTaken { code: self.tender_code() },
            _ => IslandDifference::CustomerLeftOut { customer: SubjectId(self.uuid()) },
        }
    }

    pub(super) fn of_island(
        &mut self,
        name: &str,
        stamp: Stamp,
        transaction: TransactionId,
        order: OrderId,
    ) -> Event {
        if name == "SignedOnAlone" {
            return Event::SignedOnAlone {
                terminal: stamp.terminal,
                number: StaffNumber(self.small()),
                staff: self.maybe(|s| StaffId(s.uuid())),
                at: self.timestamp(),
                failed_attempts: self.small(),
            };
        }
        if name == "ReceiptAliased" {
            let (receipt, alias) = (self.receipt(), self.receipt());
            let (terminal, occurred_at) = (stamp.terminal, self.timestamp());
            return Event::ReceiptAliased { terminal, transaction, receipt, alias, occurred_at };
        }
        Event::SoldAlone {
            stamp,
            order,
            transaction,
            catalog_version: self.next(),
            differs: self.several(12, Self::island_difference),
        }
    }
}
