//! Lines, orders, shifts, settings.

use std::collections::BTreeSet;

use holdfast_domain::bounded::{
    Address, Barcode, CouponCode, Description, Label, OrderTag, PriceGroup, PromotionCode, Reason, Sku,
    TaxClass, TaxCode, TenderCode, TenderReference, TimeZoneName, ValueNumber,
};
use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::cash::{CashFlow, CashMovement};
use holdfast_domain::catalog::{StockRule, Unit};
use holdfast_domain::event::Stamp;
use holdfast_domain::ids::{
    CountId, OrderId, ShiftId, StaffId, StoreId, SubjectId, TerminalId, TransactionId,
};
use holdfast_domain::line::{
    AppliedDiscount, AppliedPrice, DiscountInput, DiscountPart, DiscountSource, Line, LineFate, LineNumber,
};
use holdfast_domain::order::{
    AgeCheck, Asked, AskedRate, Channel, Custody, Holder, LineChange, Note, Order, OrderState, OrderTerms,
    Reservation, Totals,
};
use holdfast_domain::receipt::{ReceiptNumber, TillNumber};
use holdfast_domain::sale::{CopyForm, ReturnedLine, Sale, SoldLine};
use holdfast_domain::shift::{Mode, Shift, ShiftFigures, Tips};
use holdfast_domain::staff::{
    Authority, CashLimit, Limits, OwnRole, Permission, Role, RoleNumber, Staff, StaffNumber,
};
use holdfast_domain::stock::{AdjustmentReason, CountScope, Counted, OpenCount, StockChange, StockLevel};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{
    AppliedTax, TaxBase, TaxBasis, TaxCharge, TaxEntry, TaxRate, TaxRounding, TaxRule, TaxTable, TaxTotal,
};
use holdfast_domain::tender::{
    ChangeRule, ElectronicTender, Payment, Pieces, RefundRule, Tender, TenderBalance, TenderClass,
    TenderCount, TenderFigures, TenderKind, TenderLine, TenderRounding, TenderType,
};
use holdfast_domain::till::{LastNumbers, Standing, Till};
use holdfast_domain::value::{
    AccountTerms, IssueFate, ValueAccount, ValueFlow, ValueIssue, ValueKind, ValueStanding,
};
use holdfast_money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};

wire_enum!(TaxBasis { Inclusive, Exclusive });
wire_enum!(TaxRounding { PerLine, PerTotal });
wire_struct!(TaxRate { code: TaxCode, rate: Rate });
wire_struct!(TaxRule { class: TaxClass, rates: Vec<TaxRate> });
wire_struct!(AppliedTax { code: TaxCode, rate: Rate, tax: Money });
wire_enum!(TaxBase { Net, NetAndTaxes });
wire_struct!(TaxCharge {
    code: TaxCode,
    rate: Rate,
    #[serde(default)]
    base: TaxBase,
});
wire_struct!(TaxEntry {
    class: TaxClass,
    #[serde(default)]
    tag: Option<OrderTag>,
    charges: Vec<TaxCharge>,
});
wire_struct!(TaxTable { entries: Vec<TaxEntry> });
wire_struct!(TaxTotal { code: TaxCode, rate: Rate, net: Money, tax: Money });

wire_struct!(StoreProfile {
    store: StoreId,
    name: Label,
    legal_name: Label,
    address: Address,
    tax_id: Label,
    currency: Currency,
    basis: TaxBasis,
    tax_rounding: TaxRounding,
    cash_step: Decimal,
    time_zone: TimeZoneName,
    cut_over_minutes: u16,
    taxes: Vec<TaxRule>,
});

wire_enum!(LineFate { Kept, Voided { reason: Reason } });
wire_enum!(AppliedPrice {
    List { unit_price: UnitPrice },
    Override { unit_price: UnitPrice, list_price: UnitPrice, reason: Reason },
    Open { unit_price: UnitPrice },
    Label { unit_price: UnitPrice },
});
wire_enum!(AppliedDiscount {
    None,
    Percent { rate: Rate, amount: Money, reason: Reason },
    Amount { amount: Money, reason: Reason },
    Parts { parts: Vec<DiscountPart> },
});
wire_struct!(DiscountPart { source: DiscountSource, amount: Money });
wire_enum!(DiscountSource {
    Line { reason: Reason },
    Promotion { code: PromotionCode, name: Description, coupon: Option<CouponCode> },
    Basket { reason: Reason },
});
wire_struct!(Line {
    number: LineNumber,
    sku: Sku,
    description: Description,
    scanned: Option<Barcode>,
    unit: Unit,
    stock: StockRule,
    quantity: Quantity,
    price_list: Label,
    price: AppliedPrice,
    extended: Money,
    discount: AppliedDiscount,
    tax_class: TaxClass,
    taxes: Vec<AppliedTax>,
    net: Money,
    gross: Money,
    fate: LineFate,
});

wire_enum!(Mode { Live, Training });
wire_struct!(Stamp {
    terminal: TerminalId,
    operator: StaffId,
    shift: ShiftId,
    business_date: BusinessDate,
    mode: Mode,
    occurred_at: Timestamp,
});
wire_enum!(Channel { Counter, NotInHand });
wire_enum!(OrderState { Placed, PartlyPaid, Paid, Fulfilled, Cancelled });
wire_struct!(Totals { net: Money, tax: Money, gross: Money, discount: Money });
wire_struct!(Holder { terminal: TerminalId, operator: StaffId, shift: ShiftId, since: Timestamp });
wire_enum!(Custody { Free, Held(holder: Holder), Parked { label: Label, by: Holder } });
wire_struct!(Order {
    id: OrderId,
    state: OrderState,
    placed: Stamp,
    recorded_at: Timestamp,
    channel: Channel,
    customer: Option<SubjectId>,
    basis: TaxBasis,
    lines: Vec<Line>,
    totals: Totals,
    paid: Money,
    tenders: Vec<TenderBalance>,
    revision: u32,
    reservation: Reservation,
    terms: OrderTerms,
    custody: Custody,
    asked: Asked,
    age_checked: Option<u8>,
});
wire_enum!(Reservation { Held, Until(until: Timestamp), Expired });
wire_struct!(OrderTerms { tag: Option<OrderTag>, exemption: Option<Label>, coupons: Vec<CouponCode> });
wire_enum!(AgeCheck { ByLook, ByDocument });
wire_struct!(Note { line: Option<LineNumber>, text: Description });
wire_struct!(AskedRate { line: LineNumber, rate: Rate });
wire_struct!(Asked {
    group: Option<PriceGroup>,
    unused: Vec<CouponCode>,
    discount: DiscountInput,
    rates: Vec<AskedRate>,
    notes: Vec<Note>,
});

wire_enum!(TenderClass { Cash, Voucher, Other, StoredValue, OnAccount, Electronic });
wire_enum!(ValueKind { GiftCard, StoreCredit, CustomerAccount });
wire_enum!(ValueStanding { Open, Blocked });
wire_struct!(ValueAccount {
    kind: ValueKind,
    mode: Mode,
    standing: ValueStanding,
    balance: Money,
    issued: Money,
    redeemed: Money,
    refunded: Money,
    terms: Option<AccountTerms>,
});
wire_struct!(AccountTerms { customer: SubjectId, limit: Money });
wire_enum!(IssueFate { Standing, PostVoided });
wire_struct!(ValueIssue { account: ValueNumber, shift: ShiftId, payment: Payment, fate: IssueFate });
wire_struct!(ValueFlow { issued: Money, voided: Money, redeemed: Money, refunded: Money });
wire_enum!(ChangeRule { Never, Any, UpTo { max: Money } });
wire_enum!(RefundRule { ToTender, CashUpTo { max: Money } });
wire_enum!(TenderRounding { Exact, CashStep });
wire_struct!(TenderType {
    code: TenderCode,
    name: Label,
    class: TenderClass,
    opens_drawer: bool,
    counted_at_close: bool,
    change: ChangeRule,
    refund: RefundRule,
    rounding: TenderRounding,
    needs_reference: bool,
    allowed_offline: bool,
});
wire_enum!(TenderKind {
    Cash,
    Typed { code: TenderCode, class: TenderClass, reference: Option<TenderReference> },
    Electronic(of: Box<ElectronicTender>),
});
wire_struct!(TenderBalance { kind: TenderKind, taken: Money, returned: Money });
wire_struct!(TenderFigures {
    code: TenderCode,
    class: TenderClass,
    count: u32,
    taken: Money,
    refunded: Money
});
wire_struct!(Pieces { face: Money, count: u32 });
wire_enum!(TenderCount {
    NotCounted,
    Counted { declared: Money, over_short: Money, pieces: Vec<Pieces> },
});
wire_struct!(TenderLine {
    code: TenderCode,
    class: TenderClass,
    count: u32,
    taken: Money,
    refunded: Money,
    expected: Money,
    counted: TenderCount,
});
wire_struct!(Tender { kind: TenderKind, amount: Money });
wire_struct!(Payment { due: Money, tenders: Vec<Tender>, rounding: Money, change: Money });
wire_struct!(SoldLine { line: Line, returned: Quantity });
wire_struct!(Sale {
    transaction: TransactionId,
    order: OrderId,
    stamp: Stamp,
    receipt: ReceiptNumber,
    basis: TaxBasis,
    lines: Vec<SoldLine>,
    payment: Payment,
    refunded: Money,
    paid_out: Money,
    tenders: Vec<TenderBalance>,
    credited: Money,
    voided: Option<TransactionId>,
    tips: Vec<Tender>,
    copies: u32,
    alias: Option<ReceiptNumber>,
});
wire_enum!(CopyForm { Copy, Gift });
wire_struct!(LineChange { line: LineNumber, before: Option<Line>, reason: Option<Reason> });
wire_struct!(ReturnedLine { original: Option<LineNumber>, line: Line });

wire_struct!(StockLevel {
    on_hand: Quantity,
    sold: Quantity,
    adjusted: Quantity,
    reserved: Quantity,
    reorder_level: Quantity,
});
wire_enum!(CountScope { Full, Products(products: BTreeSet<Sku>) });
wire_struct!(OpenCount { id: CountId, scope: CountScope, started: Stamp });
wire_struct!(Counted { found: Quantity, book: Quantity });
wire_struct!(StockChange { sku: Sku, quantity: Quantity });
wire_enum!(AdjustmentReason {
    Received,
    Counted,
    Waste,
    Other(reason: Reason),
    Delivered { reference: Label },
    Wasted { reason: Reason },
});

wire_enum!(Role { Cashier, Manager, Supervisor, Own(number: RoleNumber) });
wire_enum!(Permission {
    PostVoid,
    ReturnWithoutReceipt,
    AdjustStock,
    DatedShift,
    ReadSubject,
    EraseSubject,
    MoveCash,
    OverridePrice,
    Discount,
    TakeOver,
    ReceiveStock,
    CountStock,
    ReadXReport,
    ManageStaff,
    ManageProducts,
    RefundCash,
    CashForTender,
    ReadReports,
    CloseDay,
    BlockValue,
    SetAccount,
    ResolveTender,
});
wire_enum!(CashLimit { Unlimited, UpTo(amount: Money) });
wire_struct!(Limits { line_discount: Rate, basket_discount: Rate, cash_refund: CashLimit });
wire_struct!(Authority { permissions: BTreeSet<Permission>, limits: Limits });
wire_struct!(OwnRole { number: RoleNumber, name: Label, authority: Authority });
wire_struct!(Staff { id: StaffId, number: StaffNumber, role: Role });
wire_enum!(Standing { Enrolled, Revoked });
wire_struct!(LastNumbers { hub: u32, island: u32, training: u32 });
wire_struct!(Till {
    terminal: TerminalId,
    number: TillNumber,
    name: Label,
    secret_hash: [u8; 32],
    standing: Standing,
    operator: Option<StaffId>,
    locked: bool,
    shift: Option<ShiftId>,
    numbers: LastNumbers,
    skipped: BTreeSet<u32>,
});

wire_struct!(ShiftFigures {
    sales: u32,
    returns: u32,
    post_voids: u32,
    cancelled: u32,
    gross: Money,
    net: Money,
    discount: Money,
    returned: Money,
    deposits: Money,
    rounding: Money,
    cash_expected: Money,
    taxes: Vec<TaxTotal>,
});
wire_enum!(CashMovement { PaidIn, PaidOut, Drop, Loan });
wire_struct!(CashFlow { paid_in: Money, paid_out: Money, dropped: Money, loaned: Money, no_sales: u32 });
wire_struct!(Shift {
    id: ShiftId,
    terminal: TerminalId,
    opened_by: StaffId,
    opened_at: Timestamp,
    business_date: BusinessDate,
    mode: Mode,
    float: Money,
    figures: ShiftFigures,
    cash: CashFlow,
    tenders: Vec<TenderFigures>,
    value: ValueFlow,
    accounts: ValueFlow,
    tips: Vec<Tips>,
});
wire_struct!(Tips { staff: StaffId, amount: Money });
