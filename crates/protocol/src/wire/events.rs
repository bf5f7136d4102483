//! Events and records: what the journal stores. Variants are only ever added at the end.

use holdfast_domain::amendment::{AddedItem, CatalogChange};
use holdfast_domain::attempt::{Approval, DeclineReason, OpenTender, PaymentDevice, Purpose, TenderVerdict};
use holdfast_domain::bounded::{
    Barcode, CouponCode, Description, DeviceName, Label, PoiMark, Reason, Sku, TaxClass, TenderCode,
    ValueNumber,
};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::cash::{CashFlow, CashMovement};
use holdfast_domain::catalog::Unit;
use holdfast_domain::day::{CarriedOver, ClosedShift, DayFigures, DayTender, OpenDay, ZRange};
use holdfast_domain::drawer::{DrawerMovement, OpeningCause};
use holdfast_domain::event::{
    CatalogSource, DocumentOutcome, Event, Parent, ReturnSource, Stamp, VoidNumberReason,
};
use holdfast_domain::exposure::{OfflineLimit, OfflineLimits};
use holdfast_domain::ids::{
    AttemptId, CommandId, CountId, EpochId, HubId, OrderId, ReconciliationId, ShiftId, StaffId, StoreId,
    SubjectId, TerminalId, TransactionId,
};
use holdfast_domain::island::IslandDifference;
use holdfast_domain::line::Line;
use holdfast_domain::order::{AgeCheck, Asked, Channel, LineChange, OrderTerms, Totals};
use holdfast_domain::receipt::{ReceiptNumber, TillNumber};
use holdfast_domain::reconciliation::{LostDay, Reconciliation};
use holdfast_domain::record::{Origin, Outcome, Record};
use holdfast_domain::refusal::RefusalNote;
use holdfast_domain::sale::{CopyForm, ReturnedLine};
use holdfast_domain::shift::{ShiftFigures, Tips};
use holdfast_domain::staff::{OwnRole, Permission, Role, StaffNumber};
use holdfast_domain::state::EpochLine;
use holdfast_domain::stock::{AdjustmentReason, CountScope, StockChange};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::subject::{ErasureCause, ErasureReason, SubjectStanding};
use holdfast_domain::tax::{TaxBasis, TaxTable, TaxTotal};
use holdfast_domain::tender::{Payment, Tender, TenderClass, TenderCount, TenderLine, TenderType};
use holdfast_domain::value::{AccountTerms, ValueFlow, ValueKind, ValueStanding};
use holdfast_money::{Money, Quantity, UnitPrice};

wire_struct!(Parent { epoch: EpochId, seq: u64, hash: [u8; 32] });
wire_struct!(EpochLine { epoch: EpochId, parent: Option<Parent> });
wire_enum!(CatalogSource { Import, Headquarters, Store });
wire_struct!(AddedItem {
    sku: Sku,
    description: Description,
    barcodes: Vec<Barcode>,
    unit: Unit,
    tax_class: TaxClass,
    unit_price: UnitPrice,
});
wire_enum!(CatalogChange {
    ItemAdded { item: Box<AddedItem> },
    MarkedDown {
        sku: Sku,
        before: UnitPrice,
        after: UnitPrice,
        until: Option<LocalTime>,
        reason: Reason,
    },
});
wire_enum!(ReturnSource { Receipt { original: TransactionId }, NoReceipt });
wire_enum!(DocumentOutcome { Printed, NotPrinted, Unknown });
wire_enum!(VoidNumberReason { SkippedByTill, LostWithHub });
wire_enum!(SubjectStanding { Registered, Erased, InGroup(group: Label), MergedInto(into: SubjectId) });
wire_enum!(ErasureReason { CustomerRequest, ConsentWithdrawn, RetentionEnded, EnteredByMistake });
wire_enum!(ErasureCause { Person { staff: StaffId, reason: ErasureReason }, EarlierHub });

wire_struct!(ZRange { first: u32, last: u32 });
wire_struct!(DayTender {
    code: TenderCode,
    class: TenderClass,
    count: u32,
    taken: Money,
    refunded: Money,
    expected: Money,
    not_counted: Money,
    declared: Money,
    over_short: Money,
});
wire_struct!(DayFigures {
    zs: Option<ZRange>,
    shifts: u32,
    corrections: u32,
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
    taxes: Vec<TaxTotal>,
    cash: CashFlow,
    tenders: Vec<DayTender>,
});
wire_struct!(OpenDay { parts: u32, gathered: DayFigures });
wire_struct!(ClosedShift { shift: ShiftId, business_date: BusinessDate, tenders: Vec<TenderLine> });
wire_struct!(CarriedOver {
    shifts: u32,
    open_shifts: Vec<ShiftId>,
    orders: u32,
    open_orders: Vec<OrderId>,
    open_amount: Money,
    deposits: Money,
});

wire_enum!(Event {
    EpochOpened { epoch: EpochId, hub: HubId, hub_key: [u8; 32], store: StoreId, parent: Option<Parent> },
    StoreConfigured { profile: Box<StoreProfile> },
    CatalogActivated { version: u64, content_hash: [u8; 32], products: u32, source: CatalogSource },
    StaffRegistered { staff: StaffId, number: StaffNumber, role: Role },
    TerminalEnrolled { terminal: TerminalId, number: TillNumber, name: Label, secret_hash: [u8; 32] },
    TerminalRevoked { terminal: TerminalId },
    SignedOn { terminal: TerminalId, staff: StaffId, occurred_at: Timestamp },
    SignedOff { terminal: TerminalId, staff: StaffId, occurred_at: Timestamp },
    ShiftOpened { stamp: Stamp, float: Money },
    ShiftClosed { stamp: Stamp, z_number: u32, figures: Box<ShiftFigures>, declared: Money, over_short: Money },
    OrderPlaced {
        stamp: Stamp,
        order: OrderId,
        channel: Channel,
        customer: Option<SubjectId>,
        basis: TaxBasis,
        lines: Vec<Line>,
        totals: Totals,
    },
    OrderCancelled { stamp: Stamp, transaction: TransactionId, receipt: ReceiptNumber, order: OrderId, reason: Reason },
    BasketAbandoned {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        basis: TaxBasis,
        lines: Vec<Line>,
        reason: Reason,
    },
    DepositTaken {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        order: OrderId,
        payment: Payment,
    },
    SaleCompleted {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        order: OrderId,
        basis: TaxBasis,
        totals: Totals,
        taxes: Vec<TaxTotal>,
        payment: Payment,
    },
    OrderFulfilled { stamp: Stamp, order: OrderId },
    GoodsReturned {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        source: ReturnSource,
        basis: TaxBasis,
        lines: Vec<ReturnedLine>,
        totals: Totals,
        taxes: Vec<TaxTotal>,
        payment: Payment,
        reason: Reason,
    },
    SalePostVoided {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        original: TransactionId,
        totals: Totals,
        taxes: Vec<TaxTotal>,
        payment: Payment,
        reason: Reason,
    },
    StockAdjusted { stamp: Stamp, changes: Vec<StockChange>, reason: AdjustmentReason },
    StockWentNegative { sku: Sku, on_hand: Quantity },
    ReceiptNumberVoided { terminal: TerminalId, number: ReceiptNumber, reason: VoidNumberReason },
    ClockStepped { before: Timestamp, after: Timestamp },
    DocumentSettled { transaction: TransactionId, outcome: DocumentOutcome },
    SubjectRegistered { subject: SubjectId, terminal: TerminalId, staff: StaffId },
    SubjectErased { subject: SubjectId, cause: ErasureCause },
    CashMoved {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        movement: CashMovement,
        amount: Money,
        reason: Reason,
    },
    DrawerOpened { stamp: Stamp, reason: Reason },
    CashReported { stamp: Stamp, z_number: u32, cash: Box<CashFlow> },
    RoleDefined { role: Box<OwnRole> },
    OverrideApproved { stamp: Stamp, approver: StaffId, permission: Permission },
    TendersConfigured { types: Vec<TenderType> },
    TendersReported { stamp: Stamp, z_number: u32, tenders: Vec<TenderLine> },
    TillLocked { terminal: TerminalId, staff: StaffId, occurred_at: Timestamp },
    CountStarted { stamp: Stamp, count: CountId, scope: CountScope },
    ProductCounted { stamp: Stamp, count: CountId, sku: Sku, found: Quantity, book: Quantity },
    CountFinished { stamp: Stamp, count: CountId, counted: u32, uncounted: u32, listed: Vec<Sku> },
    CountCancelled { stamp: Stamp, count: CountId, reason: Reason },
    ReorderLevelSet { stamp: Stamp, sku: Sku, level: Quantity },
    StockRanLow { sku: Sku, available: Quantity, level: Quantity },
    ReservationLimited { stamp: Stamp, order: OrderId, until: Timestamp },
    ReservationExpired { order: OrderId, until: Timestamp },
    SoldAfterExpiry { stamp: Stamp, order: OrderId },
    SubjectGrouped { subject: SubjectId, group: Option<Label>, staff: StaffId },
    OrderTermsSet { order: OrderId, terms: OrderTerms },
    TaxesConfigured { table: Box<TaxTable> },
    OrderParked { stamp: Stamp, order: OrderId, revision: u32, label: Label },
    OrderRetrieved { stamp: Stamp, order: OrderId, revision: u32, from: Option<TerminalId> },
    OrdersCarriedOver {
        stamp: Stamp,
        z_number: u32,
        count: u32,
        open_amount: Money,
        orders: Vec<OrderId>,
    },
    CopyPrinted {
        stamp: Stamp,
        document: TransactionId,
        original: TransactionId,
        copy: u32,
        form: CopyForm,
    },
    OrderEdited {
        stamp: Stamp,
        order: OrderId,
        revision: u32,
        customer: Option<SubjectId>,
        lines: Vec<Line>,
        totals: Totals,
        changed: Vec<LineChange>,
    },
    OrderAskedFor { order: OrderId, asked: Box<Asked> },
    AgeChecked { stamp: Stamp, order: OrderId, age: u8, how: AgeCheck },
    GoodsExchanged { stamp: Stamp, order: OrderId, returned: TransactionId, sold: TransactionId },
    DayClosed {
        document: TransactionId,
        terminal: TerminalId,
        staff: StaffId,
        approver: Option<StaffId>,
        occurred_at: Timestamp,
        day: BusinessDate,
        number: u32,
        part: u32,
        figures: Box<DayFigures>,
        carried_over: Box<CarriedOver>,
    },
    ShiftCorrected {
        stamp: Stamp,
        document: TransactionId,
        number: u32,
        z_number: u32,
        before: Box<TenderLine>,
        after: Box<TenderCount>,
        reason: Reason,
    },
    ShiftMoved { stamp: Stamp, from: TerminalId, to: TerminalId, figures: Box<ShiftFigures> },
    ValueIssued {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        account: ValueNumber,
        kind: ValueKind,
        amount: Money,
        payment: Payment,
    },
    ValueIssueVoided {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        original: TransactionId,
        account: ValueNumber,
        amount: Money,
        payment: Payment,
        reason: Reason,
    },
    ValueRedeemed { stamp: Stamp, transaction: TransactionId, account: ValueNumber, amount: Money },
    ValueRefunded {
        stamp: Stamp,
        transaction: TransactionId,
        account: ValueNumber,
        kind: ValueKind,
        amount: Money,
    },
    ValueStandingSet { stamp: Stamp, account: ValueNumber, standing: ValueStanding, reason: Reason },
    ValueReported { stamp: Stamp, z_number: u32, value: Box<ValueFlow> },
    AccountSet { stamp: Stamp, account: ValueNumber, terms: AccountTerms },
    AccountsReported { stamp: Stamp, z_number: u32, accounts: Box<ValueFlow> },
    TipTaken { stamp: Stamp, transaction: TransactionId, order: OrderId, tenders: Vec<Tender> },
    TipReturned {
        stamp: Stamp,
        transaction: TransactionId,
        original: TransactionId,
        staff: StaffId,
        tenders: Vec<Tender>,
    },
    TipsReported { stamp: Stamp, z_number: u32, tips: Vec<Tips> },
    SubjectMerged { subject: SubjectId, into: SubjectId, staff: StaffId },
    CatalogAmended { by: StaffId, change: CatalogChange },
    StaffAdded { by: StaffId, staff: StaffId, number: StaffNumber, role: Role },
    PaymentDevicesConfigured { devices: Vec<PaymentDevice> },
    TenderStarted {
        stamp: Stamp,
        attempt: AttemptId,
        purpose: Purpose,
        code: TenderCode,
        device: DeviceName,
        amount: Money,
        tip: Money,
    },
    TenderSent { attempt: AttemptId, mark: PoiMark },
    TenderApproved { attempt: AttemptId, approval: Box<Approval> },
    TenderDeclined { attempt: AttemptId, reason: DeclineReason },
    TenderInDoubt { attempt: AttemptId, cause: Label },
    TenderAbortAsked { stamp: Stamp, attempt: AttemptId },
    TenderResolved { stamp: Stamp, attempt: AttemptId, verdict: TenderVerdict, reason: Reason },
    TenderReleased { stamp: Stamp, attempt: AttemptId, reason: Reason },
    TenderTaken { attempt: AttemptId, transaction: TransactionId },
    TenderUnclaimed { attempt: AttemptId },
    TendersCarriedOver { stamp: Stamp, z_number: u32, tenders: Vec<OpenTender> },
    DeviceReconciliationAsked {
        reconciliation: ReconciliationId,
        terminal: TerminalId,
        staff: StaffId,
        approver: Option<StaffId>,
        occurred_at: Timestamp,
        device: DeviceName,
        lost: Option<LostDay>,
    },
    DeviceReconciled { device: DeviceName, reconciliation: Box<Reconciliation> },
    DevicesCarriedOver { document: TransactionId, devices: Vec<DeviceName> },
    OfflineLimitsSet { limits: Option<OfflineLimits> },
    TenderApprovedOffline { attempt: AttemptId, amount: Money, beyond: Option<OfflineLimit> },
    DrawerMoved {
        drawer: Label,
        terminal: Option<TerminalId>,
        operator: Option<StaffId>,
        movement: DrawerMovement,
    },
    SoldAlone {
        stamp: Stamp,
        order: OrderId,
        transaction: TransactionId,
        catalog_version: u64,
        differs: Vec<IslandDifference>,
    },
    ReceiptAliased {
        terminal: TerminalId,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        alias: ReceiptNumber,
        occurred_at: Timestamp,
    },
    SignedOnAlone {
        terminal: TerminalId,
        number: StaffNumber,
        staff: Option<StaffId>,
        at: Timestamp,
        failed_attempts: u32,
    },
});

wire_enum!(IslandDifference {
    Price { charged: Money, now: Option<Money> },
    BeyondRights { permission: Permission },
    StrictBelowZero { sku: Sku, available: Quantity },
    CouponUsedUp { coupon: CouponCode },
    ItemGone { sku: Sku },
    AgeNotChecked { sku: Sku, age: u8 },
    TenderNotTaken { code: TenderCode },
    CustomerLeftOut { customer: SubjectId },
});

wire_enum!(OpeningCause { Asked, Unasked, Unwatched });
wire_enum!(DrawerMovement { Opened { cause: OpeningCause }, Closed });
wire_struct!(RefusalNote { code: String, text: String });
wire_enum!(Origin {
    Hub,
    Till { terminal: TerminalId, command: CommandId, fingerprint: [u8; 32] },
    Offered { terminal: TerminalId, command: CommandId, fingerprint: [u8; 32], epoch: EpochId, seq: u64 },
});
wire_enum!(Outcome { Accepted { events: Vec<Event> }, Refused { refusal: RefusalNote } });
wire_struct!(Record { recorded_at: Timestamp, origin: Origin, outcome: Outcome });
