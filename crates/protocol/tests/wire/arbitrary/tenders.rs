//! How people pay, and what is stored for them until they do.

use holdfast_domain::bounded::{TenderCode, TenderReference, ValueNumber};
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::ids::{OrderId, SubjectId, TransactionId};
use holdfast_domain::receipt::ReceiptNumber;
use holdfast_domain::shift::Tips;
use holdfast_domain::tender::{
    ChangeRule, Payment, RefundRule, Tender, TenderClass, TenderKind, TenderRounding, TenderType,
};
use holdfast_domain::value::{AccountTerms, ValueFlow, ValueKind, ValueStanding};

use super::Source;

impl Source {
    pub(super) fn tender_code(&mut self) -> TenderCode {
        TenderCode::new(self.pick(&["cash", "card", "voucher", "lunch-card"])).expect("a short code")
    }

    pub(super) fn tender_class(&mut self) -> TenderClass {
        self.pick(&[TenderClass::Cash, TenderClass::Voucher, TenderClass::Other])
    }

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

    /// Pays what was paid in cash with other tenders: what payments could not say from the first version on.
    pub fn with_typed_tenders(&mut self, mut event: Event) -> Event {
        if let Event::DepositTaken { payment, .. }
        | Event::SaleCompleted { payment, .. }
        | Event::GoodsReturned { payment, .. }
        | Event::SalePostVoided { payment, .. } = &mut event
        {
            for tender in &mut payment.tenders {
                tender.kind = TenderKind::Typed {
                    code: self.tender_code(),
                    class: self.tender_class(),
                    reference: self.maybe(|s| {
                        TenderReference::new(&format!("auth {}", s.small())).expect("a short reference")
                    }),
                };
            }
        }
        event
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

    /// What customers owe and staff is given, with what only their tenders say of themselves.
    pub(super) fn of_people(
        &mut self,
        name: &str,
        stamp: Stamp,
        transaction: TransactionId,
        order: OrderId,
    ) -> Event {
        match name {
            "AccountSet" => Event::AccountSet {
                stamp,
                account: self.account(),
                terms: AccountTerms { customer: SubjectId(self.uuid()), limit: self.money() },
            },
            "AccountsReported" => {
                Event::AccountsReported { stamp, z_number: self.small(), accounts: Box::new(self.flow()) }
            }
            "TipTaken" => Event::TipTaken { stamp, transaction, order, tenders: self.tip() },
            "TipReturned" => Event::TipReturned {
                stamp,
                transaction,
                original: self.transaction(),
                staff: stamp.operator,
                tenders: self.tip(),
            },
            "TipsReported" => Event::TipsReported {
                stamp,
                z_number: self.small(),
                tips: vec![Tips { staff: stamp.operator, amount: self.money() }],
            },
            other => panic!("{other} is in the list and cannot be made"),
        }
    }

    fn tip(&mut self) -> Vec<Tender> {
        let kind = TenderKind::Typed {
            code: ValueKind::CustomerAccount.code(),
            class: TenderClass::OnAccount,
            reference: Some(self.account().into()),
        };
        let amounts = [self.money(), self.money()];
        vec![Tender { kind, amount: amounts[0] }, Tender { kind: TenderKind::Cash, amount: amounts[1] }]
    }

    fn flow(&mut self) -> ValueFlow {
        ValueFlow {
            issued: self.money(),
            voided: self.money(),
            redeemed: self.money(),
            refunded: self.money(),
        }
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
            "ValueReported" => {
                Event::ValueReported { stamp, z_number: self.small(), value: Box::new(self.flow()) }
            }
            other => panic!("{other} is in the list and cannot be made"),
        }
    }
}
