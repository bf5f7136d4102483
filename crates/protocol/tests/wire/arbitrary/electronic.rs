//! What card terminals, gateways and wallets are asked for and say.

use holdfast_domain::attempt::{
    Approval, CardEntry, CardFacts, DeclineReason, GivesBack, OpenTender, OpenTenderState, PaymentDevice,
    Purpose, RefundMeans, TenderVerdict, Turn,
};
use holdfast_domain::bounded::{CardEnding, CardWord, DeviceName, PoiMark, PoiReference};
use holdfast_domain::drawer::{DrawerMovement, OpeningCause};
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::exposure::{OfflineLimit, OfflineLimits};
use holdfast_domain::ids::{AttemptId, OrderId, ReconciliationId, StaffId, TerminalId, TransactionId};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::reconciliation::{
    Difference, LostDay, Reconciliation, ReconciliationOutcome, SchemeLine, Unsettled, UnsettledReason,
};
use holdfast_domain::tender::{ElectronicTender, Tender, TenderKind};

use super::Source;

impl Source {
    fn attempt(&mut self) -> AttemptId {
        AttemptId(self.command())
    }

    fn device_name(&mut self) -> DeviceName {
        DeviceName::new(self.pick(&["lane-1", "shared", "qr"])).expect("a short name")
    }

    fn reference(&mut self) -> PoiReference {
        PoiReference::new(&format!("r{:04}/t{:06}", self.small(), self.small())).expect("short and plain")
    }

    fn word(&mut self, of: &[&str]) -> CardWord {
        CardWord::new(self.pick(of)).expect("a short word")
    }

    fn card(&mut self) -> CardFacts {
        CardFacts {
            scheme: self.maybe(|s| s.word(&["Visa", "girocard", "Mastercard"])),
            last_four: self.maybe(|s| CardEnding::new(&format!("{:04}", s.small())).expect("four digits")),
            entry: self.maybe(|s| {
                s.pick(&[
                    CardEntry::Chip,
                    CardEntry::Contactless,
                    CardEntry::MagneticStripe,
                    CardEntry::Mobile,
                    CardEntry::QrCode,
                    CardEntry::ByReference,
                ])
            }),
            wallet: self.maybe(|s| s.word(&["Apple Pay", "Google Pay"])),
            aid: self.maybe(|s| s.word(&["A0000000031010", "A0000003591010028001"])),
            auth_code: self.maybe(|s| s.word(&["123456", "A1B2C3"])),
            token: self.maybe(Self::reference),
        }
    }

    fn approval(&mut self) -> Approval {
        Approval {
            amount: self.money(),
            tip: self.money(),
            transaction: self.reference(),
            card: self.card(),
            signature: self.flip(),
        }
    }

    fn purpose(&mut self) -> Purpose {
        let means = self.pick(&[GivesBack::Reversal, GivesBack::Refund]);
        match self.below(3) {
            0 => Purpose::Sale { order: OrderId(self.uuid()) },
            1 => Purpose::Refund {
                sale: self.transaction(),
                original: self.attempt(),
                transaction: self.reference(),
                means,
            },
            _ => Purpose::Reversal { of: self.attempt(), transaction: self.reference(), means },
        }
    }

    fn payment_device(&mut self) -> PaymentDevice {
        PaymentDevice {
            name: self.device_name(),
            tender: self.tender_code(),
            tills: self.several(3, |s| TillNumber(u16::try_from(s.small()).expect("a small number"))),
            turn: self.pick(&[Turn::OneAtATime, Turn::Many]),
            refunds: self.pick(&[RefundMeans::None, RefundMeans::ByOriginal, RefundMeans::WithCard]),
            reverses: self.flip(),
            simulated: self.flip(),
        }
    }

    fn scheme_line(&mut self) -> SchemeLine {
        SchemeLine {
            scheme: self.maybe(|s| s.word(&["Visa", "girocard"])),
            count: self.small(),
            net: self.money(),
        }
    }

    fn reconciliation(&mut self) -> Reconciliation {
        let outcome = match self.below(4) {
            0 => ReconciliationOutcome::NoTotals,
            1 => ReconciliationOutcome::NotEnded { cause: self.label() },
            2 => ReconciliationOutcome::Unknown { cause: self.label() },
            _ => ReconciliationOutcome::Ended {
                reference: self.maybe(Self::reference),
                device: self.several(3, Self::scheme_line),
                differences: self.several(3, |s| Difference {
                    scheme: s.maybe(|s| s.word(&["Visa", "girocard"])),
                    journal: s.money(),
                    device: s.money(),
                }),
            },
        };
        Reconciliation {
            id: ReconciliationId(self.uuid()),
            since: self.maybe(Self::timestamp),
            until: self.timestamp(),
            journal: self.several(3, Self::scheme_line),
            unsettled: self.several(3, |s| Unsettled {
                attempt: s.attempt(),
                net: s.money(),
                why: s.pick(&[
                    UnsettledReason::InDoubt,
                    UnsettledReason::Disowned,
                    UnsettledReason::SaidByAPerson,
                    UnsettledReason::FoundLate,
                ]),
            }),
            outcome,
        }
    }

    /// Pays what was paid in cash as a device confirmed it.
    pub fn with_electronic_tenders(&mut self, mut event: Event) -> Event {
        if let Event::DepositTaken { payment, .. }
        | Event::SaleCompleted { payment, .. }
        | Event::GoodsReturned { payment, .. }
        | Event::SalePostVoided { payment, .. } = &mut event
        {
            for tender in &mut payment.tenders {
                let kind = TenderKind::Electronic(Box::new(ElectronicTender {
                    code: self.tender_code(),
                    attempt: self.attempt(),
                    device: self.device_name(),
                    transaction: self.reference(),
                    card: self.card(),
                }));
                *tender = Tender { kind, amount: tender.amount };
            }
        }
        event
    }

    pub(super) fn of_devices(&mut self, name: &str, stamp: Stamp, transaction: TransactionId) -> Event {
        let attempt = self.attempt();
        match name {
            "PaymentDevicesConfigured" => {
                Event::PaymentDevicesConfigured { devices: self.several(3, Self::payment_device) }
            }
            "TenderStarted" => Event::TenderStarted {
                stamp,
                attempt,
                purpose: self.purpose(),
                code: self.tender_code(),
                device: self.device_name(),
                amount: self.money(),
                tip: self.money(),
            },
            "TenderSent" => {
                let mark = PoiMark::new(&format!("m{}", self.small())).expect("short and plain");
                Event::TenderSent { attempt, mark }
            }
            "TenderApproved" => Event::TenderApproved { attempt, approval: Box::new(self.approval()) },
            "TenderDeclined" => Event::TenderDeclined { attempt, reason: self.pick(&DeclineReason::ALL) },
            "TenderInDoubt" => Event::TenderInDoubt { attempt, cause: self.label() },
            "TenderAbortAsked" => Event::TenderAbortAsked { stamp, attempt },
            "TenderResolved" => Event::TenderResolved {
                stamp,
                attempt,
                verdict: self.pick(&[
                    TenderVerdict::Charged,
                    TenderVerdict::NotCharged,
                    TenderVerdict::GivenBack,
                ]),
                reason: self.reason(),
            },
            "TenderReleased" => Event::TenderReleased { stamp, attempt, reason: self.reason() },
            "TenderTaken" => Event::TenderTaken { attempt, transaction },
            "TenderUnclaimed" => Event::TenderUnclaimed { attempt },
            "TendersCarriedOver" => Event::TendersCarriedOver {
                stamp,
                z_number: self.small(),
                tenders: self.several(4, |s| OpenTender {
                    attempt: s.attempt(),
                    code: s.tender_code(),
                    amount: s.money(),
                    state: s.pick(&[
                        OpenTenderState::InDoubt,
                        OpenTenderState::Held,
                        OpenTenderState::ToGiveBack,
                    ]),
                }),
            },
            "DeviceReconciliationAsked" => Event::DeviceReconciliationAsked {
                reconciliation: ReconciliationId(self.uuid()),
                terminal: stamp.terminal,
                staff: stamp.operator,
                approver: self.maybe(|s| StaffId(s.uuid())),
                occurred_at: self.timestamp(),
                device: self.device_name(),
                lost: self.maybe(|s| s.pick(&[LostDay::Ended, LostDay::GoesOn])),
            },
            "DeviceReconciled" => Event::DeviceReconciled {
                device: self.device_name(),
                reconciliation: Box::new(self.reconciliation()),
            },
            "DevicesCarriedOver" => Event::DevicesCarriedOver {
                document: transaction,
                devices: self.several(3, Self::device_name),
            },
            "OfflineLimitsSet" => Event::OfflineLimitsSet {
                limits: self.maybe(|s| OfflineLimits {
                    floor: s.money(),
                    velocity: u16::try_from(s.small()).expect("a small number"),
                    window_minutes: u16::try_from(s.small()).expect("a small number"),
                    cumulative: s.money(),
                }),
            },
            "TenderApprovedOffline" => Event::TenderApprovedOffline {
                attempt,
                amount: self.money(),
                beyond: self.maybe(|s| {
                    s.pick(&[OfflineLimit::Floor, OfflineLimit::Velocity, OfflineLimit::Cumulative])
                }),
            },
            "DrawerMoved" => Event::DrawerMoved {
                drawer: self.label(),
                terminal: self.maybe(|s| TerminalId(s.uuid())),
                operator: self.maybe(|s| StaffId(s.uuid())),
                movement: self.pick(&[
                    DrawerMovement::Opened { cause: OpeningCause::Asked },
                    DrawerMovement::Opened { cause: OpeningCause::Unasked },
                    DrawerMovement::Opened { cause: OpeningCause::Unwatched },
                    DrawerMovement::Closed,
                ]),
            },
            other => panic!("{other} is in the list and cannot be made"),
        }
    }
}
