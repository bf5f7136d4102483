//! What tills ask for. Defaults keep a line of a 2,000-line order small.

use holdfast_domain::bounded::{CouponCode, Label, OrderTag, Reason, TenderCode, TenderReference};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::CashMovement;
use holdfast_domain::catalog::ItemRef;
use holdfast_domain::command::{
    Action, AdjustLine, ReturnGoods, ReturnLine, ReturnedGoods, Settlement, ShiftCount,
};
use holdfast_domain::ids::{CountId, OrderId, ShiftId, SubjectId, TransactionId};
use holdfast_domain::line::{DiscountInput, LineFate, LineInput, LineNumber, PriceInput};
use holdfast_domain::order::{Channel, PlaceOrder, Terms};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::stock::{AdjustmentReason, CountScope};
use holdfast_domain::tender::{DeclaredTender, Pieces, TenderChoice, TenderInput};
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

fn list_price() -> Wired<PriceInput> {
    Wired(PriceInput::List)
}

fn no_discount() -> Wired<DiscountInput> {
    Wired(DiscountInput::None)
}

fn kept() -> Wired<LineFate> {
    Wired(LineFate::Kept)
}

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

fn full() -> Wired<Settlement> {
    Wired(Settlement::Full)
}

/// A line as a till writes it: what is the default is left out of JSON, which halves a large order.
#[derive(serde::Serialize)]
struct ShortLine<'a> {
    number: Borrowed<'a, LineNumber>,
    item: Borrowed<'a, ItemRef>,
    quantity: Borrowed<'a, Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Borrowed<'a, PriceInput>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<Borrowed<'a, DiscountInput>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fate: Option<Borrowed<'a, LineFate>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadLine {
    number: Wired<LineNumber>,
    item: Wired<ItemRef>,
    quantity: Wired<Quantity>,
    #[serde(default = "list_price")]
    price: Wired<PriceInput>,
    #[serde(default = "no_discount")]
    discount: Wired<DiscountInput>,
    #[serde(default = "kept")]
    fate: Wired<LineFate>,
}

impl Wire for LineInput {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            // A request is sent and kept as JSON only; what is stored is the priced line.
            return Err(serde::ser::Error::custom("a line as a till asks for it has no stored form"));
        }
        let line = ShortLine {
            number: Borrowed(&self.number),
            item: Borrowed(&self.item),
            quantity: Borrowed(&self.quantity),
            price: (self.price != PriceInput::List).then_some(Borrowed(&self.price)),
            discount: (self.discount != DiscountInput::None).then_some(Borrowed(&self.discount)),
            fate: (self.fate != LineFate::Kept).then_some(Borrowed(&self.fate)),
        };
        line.serialize(serializer)
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = ReadLine::deserialize(deserializer)?;
        Ok(Self {
            number: line.number.0,
            item: line.item.0,
            quantity: line.quantity.0,
            price: line.price.0,
            discount: line.discount.0,
            fate: line.fate.0,
        })
    }
}

/// An order as a till writes it: terms that say nothing are left out of JSON, as tills always did.
#[derive(serde::Serialize)]
struct ShortOrder<'a> {
    order: Borrowed<'a, OrderId>,
    channel: Borrowed<'a, Channel>,
    customer: Borrowed<'a, Option<SubjectId>>,
    lines: Borrowed<'a, Vec<LineInput>>,
    expected_total: Borrowed<'a, Option<Money>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reserve_until: Option<Borrowed<'a, Timestamp>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<Borrowed<'a, Terms>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadOrder {
    order: Wired<OrderId>,
    #[serde(default = "counter")]
    channel: Wired<Channel>,
    customer: Wired<Option<SubjectId>>,
    lines: Wired<Vec<LineInput>>,
    expected_total: Wired<Option<Money>>,
    #[serde(default)]
    reserve_until: Wired<Option<Timestamp>>,
    #[serde(default)]
    terms: Wired<Terms>,
}

impl Wire for PlaceOrder {
    fn put<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return Err(serde::ser::Error::custom("an order as a till asks for it has no stored form"));
        }
        let order = ShortOrder {
            order: Borrowed(&self.order),
            channel: Borrowed(&self.channel),
            customer: Borrowed(&self.customer),
            lines: Borrowed(&self.lines),
            expected_total: Borrowed(&self.expected_total),
            reserve_until: self.reserve_until.as_ref().map(Borrowed),
            terms: (self.terms != Terms::default()).then_some(Borrowed(&self.terms)),
        };
        order.serialize(serializer)
    }

    fn get<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let order = ReadOrder::deserialize(deserializer)?;
        Ok(Self {
            order: order.order.0,
            channel: order.channel.0,
            customer: order.customer.0,
            lines: order.lines.0,
            expected_total: order.expected_total.0,
            reserve_until: order.reserve_until.0,
            terms: order.terms.0,
        })
    }
}

wire_struct!(Terms {
    #[serde(default)]
    tag: Option<OrderTag>,
    #[serde(default)]
    coupons: Vec<CouponCode>,
    #[serde(default)]
    exemption: Option<Label>,
    #[serde(default = "no_discount")]
    discount: DiscountInput,
});
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
wire_struct!(ReturnGoods {
    reason: Reason,
    #[serde(default = "from_hub")]
    receipt: ReceiptSource,
    goods: ReturnedGoods,
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
} never SignOn);
