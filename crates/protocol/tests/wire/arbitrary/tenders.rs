//! How people pay, and what is stored for them until they do.

use holdfast_domain::bounded::{TenderReference, ValueNumber};
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::TransactionId;
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::tender::{
    ChangeRule, Payment, RefundRule, Tender, TenderClass, TenderKind, TenderRounding, TenderType,
};
use holdfast_domain::value::{ValueFlow, ValueKind, ValueStanding};

use super::Source;

impl Source {
    pub(super) fn tender_type(&mut self) -> TenderType {
        let limit = self.money();
        TenderType {
            code: self.tender_code(),
            name: self.label(),
            class: self.tender_class(),
            opens_drawer: self.flip(),
            counted_at_close: self.flip(),
            change: self.pick(&[ChangeRule::Never, ChangeRule::Any, ChangeRule::UpTo { max: limit }]),
            refund: self.pick(&[RefundRule::ToTender, RefundRule::CashUpTo { max: limit }]),
            rounding: self.pick(&[TenderRounding::Exact, TenderRounding::CashStep]),
            needs_reference: self.flip(),
            allowed_offline: self.flip(),
        }
    }

    fn account(&mut self) -> ValueNumber {
        ValueNumber::new(&format!("G-{}", self.small())).expect("a short number")
    }

    fn value_kind(&mut self) -> ValueKind {
        self.pick(&[ValueKind::GiftCard, ValueKind::StoreCredit])
    }

    /// Partly with what only stored value says of itself.
    fn with_stored_value(&mut self) -> Payment {
        let (mut payment, reference) = (self.payment(), TenderReference::from(self.account()));
        let kind = TenderKind::Typed {
            code: self.value_kind().code(),
            class: TenderClass::StoredValue,
            reference: Some(reference),
        };
        payment.tenders.push(Tender { kind, amount: self.money() });
        payment
    }

    pub(super) fn of_value(
        &mut self,
        name: &str,
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
    ) -> Event {
        let account = self.account();
        match name {
            "ValueIssued" => Event::ValueIssued {
                stamp,
                transaction,
                receipt,
                account,
                kind: self.value_kind(),
                amount: self.money(),
                payment: self.with_stored_value(),
            },
            "ValueIssueVoided" => Event::ValueIssueVoided {
                stamp,
                transaction,
                receipt,
                original: self.transaction(),
                account,
                amount: self.money(),
                payment: self.payment(),
                reason: self.reason(),
            },
            "ValueRedeemed" => Event::ValueRedeemed { stamp, transaction, account, amount: self.money() },
            "ValueRefunded" => Event::ValueRefunded {
                stamp,
                transaction,
                account,
                kind: self.value_kind(),
                amount: self.money(),
            },
            "ValueStandingSet" => Event::ValueStandingSet {
                stamp,
                account,
                standing: self.pick(&[ValueStanding::Open, ValueStanding::Blocked]),
                reason: self.reason(),
            },
            "ValueReported" => Event::ValueReported {
                stamp,
                z_number: self.small(),
                value: Box::new(ValueFlow {
                    issued: self.money(),
                    voided: self.money(),
                    redeemed: self.money(),
                    refunded: self.money(),
                }),
            },
            other => panic!("{other} is in the list and cannot be made"),
        }
    }
}
