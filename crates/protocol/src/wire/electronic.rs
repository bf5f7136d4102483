//! What card terminals, gateways and wallets are asked for and say.

use std::collections::BTreeSet;

use holdfast_domain::attempt::{
    Approval, AskedTender, Attempt, AttemptStanding, CardEntry, CardFacts, DeclineReason, GivesBack,
    OpenTender, OpenTenderState, PaymentDevice, Purpose, RefundMeans, StartTender, TenderVerdict, Turn,
};
use holdfast_domain::bounded::{CardEnding, CardWord, DeviceName, Label, PoiMark, PoiReference, TenderCode};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::event::Stamp;
use holdfast_domain::exposure::{Acquirer, OfflineApproval, OfflineLimit, OfflineLimits, OfflineSums};
use holdfast_domain::ids::{AttemptId, EpochId, OrderId, ReconciliationId, TransactionId};
use holdfast_domain::receipt::TillNumber;
use holdfast_domain::reconciliation::{
    AskedReconciliation, DaySums, DeviceDay, Difference, LostDay, LostEnd, ReconcileDevice, Reconciliation,
    ReconciliationOutcome, SchemeLine, Unsettled, UnsettledReason,
};
use holdfast_domain::tender::ElectronicTender;
use holdfast_money::Money;

wire_enum!(Turn { OneAtATime, Many });
wire_enum!(RefundMeans { None, ByOriginal, WithCard });
wire_struct!(PaymentDevice {
    name: DeviceName,
    tender: TenderCode,
    tills: Vec<TillNumber>,
    turn: Turn,
    refunds: RefundMeans,
    reverses: bool,
    simulated: bool,
});
wire_enum!(GivesBack { Reversal, Refund });
wire_enum!(Purpose {
    Sale { order: OrderId },
    Refund { sale: TransactionId, original: AttemptId, transaction: PoiReference, means: GivesBack },
    Reversal { of: AttemptId, transaction: PoiReference, means: GivesBack },
});
wire_enum!(AskedTender {
    Pay { order: OrderId, code: TenderCode },
    Refund { sale: TransactionId, original: AttemptId },
});
wire_struct!(StartTender {
    epoch: EpochId,
    asked: AskedTender,
    amount: Money,
    #[serde(default)]
    tip: Option<Money>,
    #[serde(default)]
    device: Option<DeviceName>,
});
wire_enum!(CardEntry { Chip, Contactless, MagneticStripe, Mobile, QrCode, ByReference });
wire_struct!(CardFacts {
    scheme: Option<CardWord>,
    last_four: Option<CardEnding>,
    entry: Option<CardEntry>,
    wallet: Option<CardWord>,
    aid: Option<CardWord>,
    auth_code: Option<CardWord>,
    token: Option<PoiReference>,
});
wire_struct!(Approval {
    amount: Money,
    tip: Money,
    transaction: PoiReference,
    card: CardFacts,
    signature: bool,
});
wire_struct!(ElectronicTender {
    code: TenderCode,
    attempt: AttemptId,
    device: DeviceName,
    transaction: PoiReference,
    card: CardFacts,
});
wire_enum!(DeclineReason {
    Aborted,
    Busy,
    Cancel,
    DeviceOut,
    InvalidCard,
    NotAllowed,
    NotFound,
    Refusal,
    UnreachableHost,
    WrongPin,
    NotSent,
    GivenBack,
});
wire_enum!(TenderVerdict { Charged, NotCharged, GivenBack });
wire_enum!(AttemptStanding {
    Started,
    Sent { mark: PoiMark },
    InDoubt { mark: PoiMark },
    Disowned { mark: PoiMark },
    Held(approval: Box<Approval>),
    Reversing { approval: Box<Approval>, by: AttemptId },
    Unclaimed(approval: Box<Approval>),
    Declined(reason: DeclineReason),
    Taken { transaction: TransactionId },
    GivenBack,
});
wire_struct!(Attempt {
    id: AttemptId,
    stamp: Stamp,
    purpose: Purpose,
    code: TenderCode,
    device: DeviceName,
    amount: Money,
    tip: Money,
    standing: AttemptStanding,
});
wire_enum!(LostDay { Ended, GoesOn });
wire_struct!(ReconcileDevice {
    epoch: EpochId,
    device: DeviceName,
    #[serde(default)]
    lost: Option<LostDay>,
});
wire_struct!(SchemeLine { scheme: Option<CardWord>, count: u32, net: Money });
wire_enum!(UnsettledReason { InDoubt, Disowned, SaidByAPerson, FoundLate });
wire_struct!(Unsettled { attempt: AttemptId, net: Money, why: UnsettledReason });
wire_struct!(Difference { scheme: Option<CardWord>, journal: Money, device: Money });
wire_enum!(ReconciliationOutcome {
    Ended { reference: Option<PoiReference>, device: Vec<SchemeLine>, differences: Vec<Difference> },
    NoTotals,
    NotEnded { cause: Label },
    Unknown { cause: Label },
});
wire_struct!(Reconciliation {
    id: ReconciliationId,
    since: Option<Timestamp>,
    until: Timestamp,
    journal: Vec<SchemeLine>,
    unsettled: Vec<Unsettled>,
    outcome: ReconciliationOutcome,
});
wire_struct!(OfflineLimits { floor: Money, velocity: u16, window_minutes: u16, cumulative: Money });
wire_enum!(OfflineLimit { Floor, Velocity, Cumulative });
wire_enum!(Acquirer { Reached, NotReached });
wire_struct!(OfflineApproval {
    attempt: AttemptId,
    at: Timestamp,
    amount: Money,
    beyond: Option<OfflineLimit>,
});
wire_struct!(OfflineSums { count: u32, outstanding: Option<Money>, listed: Vec<OfflineApproval> });
wire_struct!(DaySums { moved: Vec<SchemeLine>, listed: Vec<Unsettled>, offline: OfflineSums });
wire_struct!(LostEnd { at: Timestamp, sums: DaySums, doubtful: BTreeSet<AttemptId> });
wire_struct!(AskedReconciliation { id: ReconciliationId, at: Timestamp });
wire_struct!(DeviceDay {
    since: Option<Timestamp>,
    sums: DaySums,
    doubtful: BTreeSet<AttemptId>,
    lost: Option<Box<LostEnd>>,
    asked: Option<AskedReconciliation>,
    last: Option<Box<Reconciliation>>,
    acquirer: Acquirer,
});
wire_enum!(OpenTenderState { InDoubt, Held, ToGiveBack });
wire_struct!(OpenTender { attempt: AttemptId, code: TenderCode, amount: Money, state: OpenTenderState });
