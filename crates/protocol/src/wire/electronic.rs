//! What card terminals, gateways and wallets are asked for and say.

use holdfast_domain::attempt::{
    Approval, AskedTender, Attempt, AttemptStanding, CardEntry, CardFacts, DeclineReason, GivesBack,
    OpenTender, OpenTenderState, PaymentDevice, Purpose, RefundMeans, StartTender, TenderVerdict, Turn,
};
use holdfast_domain::bounded::{CardEnding, CardWord, DeviceName, PoiMark, PoiReference, TenderCode};
use holdfast_domain::event::Stamp;
use holdfast_domain::ids::{AttemptId, EpochId, OrderId, TransactionId};
use holdfast_domain::receipt::TillNumber;
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
wire_enum!(OpenTenderState { InDoubt, Held, ToGiveBack });
wire_struct!(OpenTender { attempt: AttemptId, code: TenderCode, amount: Money, state: OpenTenderState });
