//! What tills ask for. Defaults keep a line of a 2,000-line order small.

use holdfast_domain::attempt::{StartTender, TenderVerdict};
use holdfast_domain::bounded::{
    CouponCode, Label, OrderTag, Reason, TenderCode, TenderReference, ValueNumber,
};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{
    Action, AdjustLine, Exchange, ReturnGoods, ReturnLine, ReturnedGoods, Settlement, ShiftCount,
};
use holdfast_domain::ids::{
    AttemptId, CountId, OrderId, ShiftId, StaffId, SubjectId, TerminalId, TransactionId,
};
use holdfast_domain::island::{IslandSale, OpenedAlone};
use holdfast_domain::line::{DiscountInput, Line, LineFate, LineInput, LineNumber, PriceInput};
use holdfast_domain::order::{
    AgeCheck, Channel, Claim, EditOrder, Note, OrderEdit, ParkOrder, ParkedBasket, PlaceOrder, Terms, Totals,
};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::reconciliation::ReconcileDevice;
use holdfast_domain::sale::CopyForm;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::stock::{AdjustmentReason, CountScope};
use holdfast_domain::tender::{DeclaredTender, Pieces, TenderChoice, TenderInput};
use holdfast_domain::value::{AccountTerms, IssueValue, ValueKind, ValueStanding};
use holdfast_money::{Money, Quantity, Rate, UnitPrice};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Borrowed, Wire, Wired};

wire_enum!(PriceInput {
    List,
    Override { unit_price: UnitPrice, reason: Reason },
    Open { unit_price: UnitPrice },
});
wire_enum!(DiscountInput {
    None,
    Percent { rate: Rate, reason: Reason },
    Amount { amount: Money, reason: Reason },
});

fn from_hub() -> Wired<ReceiptSource> {
    Wired(ReceiptSource::Hub)
}

fn counter() -> Wired<Channel> {
    Wired(Channel::Counter)
}

fn today() -> Wired<BusinessDay> {
    Wired(BusinessDay::Today)
}

fn live() -> Wired<Mode> {
    Wired(Mode::Live)
}

fn parked() -> Wired<Claim> {
    Wired(Claim::Parked)
}

fn full() -> Wired<Settlement> {
    Wired(Settlement::Full)
}

/// As `wire_struct!`, for what a till asks for: a field after `short` that says nothing is left out of JSON, which halves
/// a large order. It has no stored form: a request is sent and kept as JSON only, and what is stored is what came of it.
macro_rules! wire_request {
    ($ty:path {
        $($(#[$attr:meta])* $field:ident: $fty:ty),+;
        short $($short:ident: $sty:ty),+ $(,)?
    }) => {
        impl Wire for $ty {
            fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(serde::Serialize)]
                struct Shadow<'a> {
                    $($field: Borrowed<'a, $fty>,)+
                    $(#[serde(skip_serializing_if = "Option::is_none")] $short: Option<Borrowed<'a, $sty>>),+
                }
                if !serializer.is_human_readable() {
                    return Err(serde::ser::Error::custom(concat!(stringify!($ty), " has no stored form")));
                }
                let shadow = Shadow {
                    $($field: Borrowed(&self.$field),)+
                    $($short: (self.$short != <$sty>::default()).then_some(Borrowed(&self.$short))),+
                };
                shadow.serialize(serializer)
            }

            fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Shadow {
                    $($(#[$attr])* $field: Wired<$fty>,)+
                    $(#[serde(default)] $short: Wired<$sty>),+
                }
                let shadow = Shadow::deserialize(deserializer)?;
                Ok(Self { $($field: shadow.$field.0,)+ $($short: shadow.$short.0),+ })
            }
        }
    };
}

wire_request!(LineInput {
    number: LineNumber,
    item: ItemRef,
    quantity: Quantity;
    short price: PriceInput, discount: DiscountInput, fate: LineFate,
});
wire_request!(PlaceOrder {
    order: OrderId,
    #[serde(default = "counter")]
    channel: Channel,
    customer: Option<SubjectId>,
    lines: Vec<LineInput>,
    expected_total: Option<Money>;
    short reserve_until: Option<Timestamp>, terms: Terms,
});

wire_request!(Terms {
    #[serde(default)]
    tag: Option<OrderTag>,
    #[serde(default)]
    coupons: Vec<CouponCode>,
    #[serde(default)]
    exemption: Option<Label>,
    #[serde(default)]
    discount: DiscountInput;
    short notes: Vec<Note>, age_check: Option<AgeCheck>,
});
wire_enum!(ParkedBasket { Draft(place: Box<PlaceOrder>), Placed { order: OrderId, revision: u32 } });
wire_struct!(ParkOrder { label: Label, basket: ParkedBasket });
wire_enum!(OrderEdit {
    AddLine(line: LineInput),
    VoidLine { line: LineNumber, reason: Reason },
    ChangeQuantity { line: LineNumber, quantity: Quantity, reason: Option<Reason> },
    SetPrice { line: LineNumber, price: PriceInput },
    SetDiscount { line: Option<LineNumber>, discount: DiscountInput },
    SetCustomer { customer: Option<SubjectId> },
    SetTag { tag: Option<OrderTag> },
    SetCoupons { coupons: Vec<CouponCode> },
    SetExemption { certificate: Option<Label> },
    SetNotes { notes: Vec<Note> },
    CheckAge { how: AgeCheck },
});
wire_struct!(EditOrder {
    order: OrderId,
    revision: u32,
    edits: Vec<OrderEdit>,
    expected_total: Option<Money>,
});
wire_enum!(Claim { Parked, TakeOver });
wire_enum!(ReceiptSource { Hub, Island { number: u32 } });
wire_enum!(Settlement { Full, Deposit });
wire_enum!(BusinessDay { Today, On(date: BusinessDate) });
wire_enum!(TenderChoice {
    Cash,
    Typed {
        code: TenderCode,
        #[serde(default)]
        reference: Option<TenderReference>,
    },
});
wire_struct!(TenderInput { kind: TenderChoice, amount: Money });
wire_struct!(DeclaredTender {
    code: TenderCode,
    amount: Money,
    #[serde(default)]
    pieces: Vec<Pieces>,
});
wire_struct!(ShiftCount {
    #[serde(default)]
    pieces: Vec<Pieces>,
    #[serde(default)]
    tenders: Vec<DeclaredTender>,
});
wire_struct!(ReturnLine { line: LineNumber, quantity: Quantity });
wire_enum!(ReturnedGoods {
    ByReceipt { original: TransactionId, lines: Vec<ReturnLine> },
    NoReceipt { lines: Vec<LineInput> },
});
wire_request!(ReturnGoods {
    reason: Reason,
    #[serde(default = "from_hub")]
    receipt: ReceiptSource,
    goods: ReturnedGoods;
    short credit: Option<ValueNumber>,
});
wire_struct!(IssueValue {
    account: ValueNumber,
    kind: ValueKind,
    amount: Money,
    tenders: Vec<TenderInput>,
    #[serde(default = "from_hub")]
    receipt: ReceiptSource,
});
wire_struct!(Exchange {
    back: ReturnGoods,
    place: PlaceOrder,
    #[serde(default)]
    tenders: Vec<TenderInput>,
});
wire_struct!(OpenedAlone {
    shift: ShiftId,
    float: Money,
    #[serde(default)]
    day: Option<BusinessDate>,
});
wire_request!(IslandSale {
    order: OrderId,
    operator: StaffId,
    customer: Option<SubjectId>,
    lines: Vec<LineInput>,
    priced: Vec<Line>,
    totals: Totals,
    tenders: Vec<TenderInput>,
    rounding: Money,
    change: Money,
    number: u32,
    catalog_version: u64;
    short terms: Terms, tips: Vec<TenderInput>, opened: Option<OpenedAlone>,
});
wire_struct!(AdjustLine { item: ItemRef, quantity: Quantity });

// A sign-on is a request of its own: its PIN is looked at before the ledger hears of it, and nobody outside may bring a
// verdict.
wire_enum!(Action {
    SignOff,
    OpenShift {
        shift: ShiftId,
        float: Money,
        #[serde(default = "today")]
        day: BusinessDay,
        #[serde(default = "live")]
        mode: Mode,
    },
    CloseShift {
        shift: ShiftId,
        declared: Money,
        #[serde(default)]
        count: ShiftCount,
    },
    PlaceOrder(place: PlaceOrder),
    CancelOrder { order: OrderId, reason: Reason },
    AbandonBasket { lines: Vec<LineInput>, reason: Reason },
    Pay {
        order: OrderId,
        tenders: Vec<TenderInput>,
        #[serde(default)]
        tips: Vec<TenderInput>,
        #[serde(default = "full")]
        settlement: Settlement,
        #[serde(default = "from_hub")]
        receipt: ReceiptSource,
    },
    FulfilOrder { order: OrderId },
    Return(goods: ReturnGoods),
    PostVoid { original: TransactionId, reason: Reason },
    AdjustStock { changes: Vec<AdjustLine>, reason: AdjustmentReason },
    MoveCash {
        movement: CashMovement,
        amount: Money,
        reason: Reason,
        #[serde(default = "from_hub")]
        receipt: ReceiptSource,
    },
    OpenDrawer { reason: Reason },
    LockTill,
    StartCount { count: CountId, scope: CountScope },
    CountProduct { count: CountId, item: ItemRef, quantity: Quantity },
    FinishCount { count: CountId },
    CancelCount { count: CountId, reason: Reason },
    SetReorderLevel { item: ItemRef, level: Quantity },
    ParkOrder(park: ParkOrder),
    RetrieveOrder {
        order: OrderId,
        #[serde(default = "parked")]
        claim: Claim,
    },
    PrintCopy { original: TransactionId, form: CopyForm },
    EditOrder(edit: EditOrder),
    Exchange(exchange: Box<Exchange>),
    CloseDay { day: BusinessDate },
    CorrectShift { z_number: u32, declared: DeclaredTender, reason: Reason },
    MoveShift { shift: ShiftId, to: TerminalId },
    IssueValue(issue: IssueValue),
    SetValueStanding { account: ValueNumber, standing: ValueStanding, reason: Reason },
    SetAccount { account: ValueNumber, terms: AccountTerms },
    StartTender(start: StartTender),
    AbortTender { attempt: AttemptId },
    ResolveTender { attempt: AttemptId, verdict: TenderVerdict, reason: Reason },
    GiveBackTender { attempt: AttemptId, reason: Reason },
    ReconcileDevice(reconcile: ReconcileDevice),
    IslandSale(sale: Box<IslandSale>),
    AliasReceipt { transaction: TransactionId, number: u32 },
    SignedOnAlone { number: StaffNumber, at: Timestamp, failed_attempts: u32 },
} never SignOn);
