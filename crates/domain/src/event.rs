//! What happened, as facts with every computed amount. Names are past tense; variants are only ever added at the end.

mod about;

use holdfast_money::Money;

use crate::amendment::CatalogChange;
use crate::attempt::{Approval, DeclineReason, OpenTender, PaymentDevice, Purpose, TenderVerdict};
use crate::bounded::{DeviceName, Label, PoiMark, Reason, Sku, TenderCode, ValueNumber};
use crate::calendar::{BusinessDate, Timestamp};
use crate::cash::{CashFlow, CashMovement};
use crate::day::{CarriedOver, DayFigures};
use crate::drawer::DrawerMovement;
use crate::exposure::{OfflineLimit, OfflineLimits};
use crate::ids::{
    AttemptId, CountId, EpochId, HubId, OrderId, ReconciliationId, ShiftId, StaffId, StoreId, SubjectId,
    TerminalId, TransactionId,
};
use crate::island::IslandDifference;
use crate::line::Line;
use crate::order::{AgeCheck, Asked, Channel, LineChange, OrderTerms, Totals};
use crate::receipt::{ReceiptNumber, TillNumber};
use crate::reconciliation::{LostDay, Reconciliation};
use crate::sale::{CopyForm, ReturnedLine};
use crate::shift::{Mode, ShiftFigures, Tips};
use crate::staff::{OwnRole, Permission, Role, StaffNumber};
use crate::stock::{AdjustmentReason, CountScope, StockChange};
use crate::store::StoreProfile;
use crate::subject::ErasureCause;
use crate::tax::{TaxBasis, TaxTable, TaxTotal};
use crate::tender::{Payment, Tender, TenderCount, TenderLine, TenderType};
use crate::value::{AccountTerms, ValueFlow, ValueKind, ValueStanding};

/// Who did it, where, in which shift and on which business day: on everything a till causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub terminal: TerminalId,
    pub operator: StaffId,
    pub shift: ShiftId,
    pub business_date: BusinessDate,
    pub mode: Mode,
    /// The till's own claim of the time; the journal's truth is the record's `recorded_at`.
    pub occurred_at: Timestamp,
}

/// The end of the history that an epoch continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    pub epoch: EpochId,
    pub seq: u64,
    pub hash: [u8; 32],
}

/// Where a version of the catalog came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatalogSource {
    Import,
    Headquarters,
    /// A manager of the store changed what there was.
    Store,
}

/// What goods come back against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnSource {
    Receipt { original: TransactionId },
    NoReceipt,
}

/// What became of a printed document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentOutcome {
    Printed,
    /// Certainly not on paper.
    NotPrinted,
    /// The hub stopped or the printer vanished in the middle: it may be on paper.
    Unknown,
}

/// Why a number of a series names no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoidNumberReason {
    /// The till used a later number of its own series; this one was never printed or its receipt is lost.
    SkippedByTill,
    /// The number was given in a history that no longer exists.
    LostWithHub,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `hub_key` is the hub's Ed25519 public key: what verifies everything this epoch signs.
    EpochOpened {
        epoch: EpochId,
        hub: HubId,
        hub_key: [u8; 32],
        store: StoreId,
        parent: Option<Parent>,
    },
    StoreConfigured {
        profile: Box<StoreProfile>,
    },
    CatalogActivated {
        version: u64,
        content_hash: [u8; 32],
        products: u32,
        source: CatalogSource,
    },
    StaffRegistered {
        staff: StaffId,
        number: StaffNumber,
        role: Role,
    },
    TerminalEnrolled {
        terminal: TerminalId,
        number: TillNumber,
        name: Label,
        secret_hash: [u8; 32],
    },
    TerminalRevoked {
        terminal: TerminalId,
    },
    SignedOn {
        terminal: TerminalId,
        staff: StaffId,
        occurred_at: Timestamp,
    },
    SignedOff {
        terminal: TerminalId,
        staff: StaffId,
        occurred_at: Timestamp,
    },
    ShiftOpened {
        stamp: Stamp,
        float: Money,
    },
    ShiftClosed {
        stamp: Stamp,
        z_number: u32,
        figures: Box<ShiftFigures>,
        declared: Money,
        over_short: Money,
    },
    OrderPlaced {
        stamp: Stamp,
        order: OrderId,
        channel: Channel,
        customer: Option<SubjectId>,
        basis: TaxBasis,
        lines: Vec<Line>,
        totals: Totals,
    },
    OrderCancelled {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        order: OrderId,
        reason: Reason,
    },
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
    /// The order is paid in full. At the counter the goods leave with the customer.
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
    OrderFulfilled {
        stamp: Stamp,
        order: OrderId,
    },
    GoodsReturned {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        source: ReturnSource,
        basis: TaxBasis,
        lines: Vec<ReturnedLine>,
        /// Positive: what is given back.
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
        /// Positive: what is reversed.
        totals: Totals,
        taxes: Vec<TaxTotal>,
        payment: Payment,
        reason: Reason,
    },
    StockAdjusted {
        stamp: Stamp,
        changes: Vec<StockChange>,
        reason: AdjustmentReason,
    },
    /// Follows the event that took the product below zero.
    StockWentNegative {
        sku: Sku,
        on_hand: holdfast_money::Quantity,
    },
    ReceiptNumberVoided {
        terminal: TerminalId,
        number: ReceiptNumber,
        reason: VoidNumberReason,
    },
    ClockStepped {
        before: Timestamp,
        after: Timestamp,
    },
    DocumentSettled {
        transaction: TransactionId,
        outcome: DocumentOutcome,
    },
    /// Somebody's details are kept from now on. Which ones is not said here.
    SubjectRegistered {
        subject: SubjectId,
        terminal: TerminalId,
        staff: StaffId,
    },
    /// The subject's key and details are destroyed, and the id never stands for anybody again.
    SubjectErased {
        subject: SubjectId,
        cause: ErasureCause,
    },
    /// `amount` is positive; the movement says which way it went.
    CashMoved {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        movement: CashMovement,
        amount: Money,
        reason: Reason,
    },
    /// Nothing was sold.
    DrawerOpened {
        stamp: Stamp,
        reason: Reason,
    },
    /// Follows the end of a shift in which cash moved beside sales: the part of its Z that says so.
    CashReported {
        stamp: Stamp,
        z_number: u32,
        cash: Box<CashFlow>,
    },
    /// From now on the role means this for everybody who has it.
    RoleDefined {
        role: Box<OwnRole>,
    },
    /// Follows what the operator could do because `approver` allowed it.
    OverrideApproved {
        stamp: Stamp,
        approver: StaffId,
        permission: Permission,
    },
    TendersConfigured {
        types: Vec<TenderType>,
    },
    /// Follows the end of every shift: its Z by tender type.
    TendersReported {
        stamp: Stamp,
        z_number: u32,
        tenders: Vec<TenderLine>,
    },
    /// Nobody is at the till; who was signed on stays so.
    TillLocked {
        terminal: TerminalId,
        staff: StaffId,
        occurred_at: Timestamp,
    },
    CountStarted {
        stamp: Stamp,
        count: CountId,
        scope: CountScope,
    },
    /// `book` is what the books said at that moment.
    ProductCounted {
        stamp: Stamp,
        count: CountId,
        sku: Sku,
        found: holdfast_money::Quantity,
        book: holdfast_money::Quantity,
    },
    /// Follows the adjustment by what was found to differ. Products that nobody counted keep their books; `listed` names the
    /// first of them.
    CountFinished {
        stamp: Stamp,
        count: CountId,
        counted: u32,
        uncounted: u32,
        listed: Vec<Sku>,
    },
    CountCancelled {
        stamp: Stamp,
        count: CountId,
        reason: Reason,
    },
    ReorderLevelSet {
        stamp: Stamp,
        sku: Sku,
        level: holdfast_money::Quantity,
    },
    /// Follows the event that took what is available down to the level from which on it is ordered again.
    StockRanLow {
        sku: Sku,
        available: holdfast_money::Quantity,
        level: holdfast_money::Quantity,
    },
    /// Follows the order whose goods are held until then only.
    ReservationLimited {
        stamp: Stamp,
        order: OrderId,
        until: Timestamp,
    },
    /// The goods are free again, the order stays.
    ReservationExpired {
        order: OrderId,
        until: Timestamp,
    },
    /// Follows the sale of an order whose goods were not held any more.
    SoldAfterExpiry {
        stamp: Stamp,
        order: OrderId,
    },
    /// None for no group any more.
    SubjectGrouped {
        subject: SubjectId,
        group: Option<Label>,
        staff: StaffId,
    },
    /// Follows an order that was placed: what holds for the whole of it, where something does.
    OrderTermsSet {
        order: OrderId,
        terms: OrderTerms,
    },
    /// In force instead of the plain rates of the store's profile.
    TaxesConfigured {
        table: Box<TaxTable>,
    },
    /// `revision` is the order's from now on.
    OrderParked {
        stamp: Stamp,
        order: OrderId,
        revision: u32,
        label: Label,
    },
    /// The stamp's till has the order in hand. `from` had it before, or had parked it.
    OrderRetrieved {
        stamp: Stamp,
        order: OrderId,
        revision: u32,
        from: Option<TerminalId>,
    },
    /// Follows the end of a shift that leaves orders behind: they wait for whatever till comes next.
    OrdersCarriedOver {
        stamp: Stamp,
        z_number: u32,
        /// All of them, also those that are not listed.
        count: u32,
        /// What their customers still owe.
        open_amount: Money,
        /// At most [`crate::order::CARRIED_OVER_MAX`], oldest ids first.
        orders: Vec<OrderId>,
    },
    /// The `copy`-th paper beside the receipt of `original`, counted over both forms. What becomes of it on its way to the
    /// printer is settled under `document`.
    CopyPrinted {
        stamp: Stamp,
        document: TransactionId,
        original: TransactionId,
        copy: u32,
        form: CopyForm,
    },
    /// All lines as they are from now on, those that were voided included; `changed` says what the lines were that
    /// somebody changed.
    OrderEdited {
        stamp: Stamp,
        order: OrderId,
        revision: u32,
        customer: Option<SubjectId>,
        lines: Vec<Line>,
        totals: Totals,
        changed: Vec<LineChange>,
    },
    /// Follows an order that was placed or changed: what was asked for it beyond its lines and terms, where something was.
    OrderAskedFor {
        order: OrderId,
        asked: Box<Asked>,
    },
    /// Follows an order with goods that not everybody may buy: somebody made sure of that age, in years.
    AgeChecked {
        stamp: Stamp,
        order: OrderId,
        age: u8,
        how: AgeCheck,
    },
    /// Ends an exchange: what came back and what was sold instead, each a transaction with a receipt of its own.
    GoodsExchanged {
        stamp: Stamp,
        order: OrderId,
        returned: TransactionId,
        sold: TransactionId,
    },
    /// The day Z. It needs no shift, so it says itself who asked and who allowed it.
    DayClosed {
        /// What becomes of its paper is settled under this.
        document: TransactionId,
        terminal: TerminalId,
        staff: StaffId,
        approver: Option<StaffId>,
        occurred_at: Timestamp,
        day: BusinessDate,
        /// Of all day Zs of the store, without a gap.
        number: u32,
        /// Of those of this date: 1, and more where shifts closed after it.
        part: u32,
        figures: Box<DayFigures>,
        carried_over: Box<CarriedOver>,
    },
    /// A Z's declaration is put right. The stamp's shift and date are the Z's.
    ShiftCorrected {
        stamp: Stamp,
        document: TransactionId,
        /// Of all corrections of the store, without a gap.
        number: u32,
        z_number: u32,
        /// As the Z has it, or the correction before.
        before: Box<TenderLine>,
        after: Box<TenderCount>,
        reason: Reason,
    },
    /// The shift is the other till's from now on, with whatever it has in hand. `figures` is what it came to so far.
    ShiftMoved {
        stamp: Stamp,
        from: TerminalId,
        to: TerminalId,
        figures: Box<ShiftFigures>,
    },
    /// Money in and no turnover: a new account, or more on one that there is.
    ValueIssued {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        account: ValueNumber,
        kind: ValueKind,
        amount: Money,
        payment: Payment,
    },
    /// An issue of the same shift of which nothing was spent is undone.
    ValueIssueVoided {
        stamp: Stamp,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        original: TransactionId,
        account: ValueNumber,
        /// Positive: what is taken off the account.
        amount: Money,
        payment: Payment,
        reason: Reason,
    },
    /// Follows the sale or deposit that was paid with it.
    ValueRedeemed {
        stamp: Stamp,
        transaction: TransactionId,
        account: ValueNumber,
        amount: Money,
    },
    /// Follows the return or post-void that gives it back. An account that was not known begins with it.
    ValueRefunded {
        stamp: Stamp,
        transaction: TransactionId,
        account: ValueNumber,
        kind: ValueKind,
        amount: Money,
    },
    ValueStandingSet {
        stamp: Stamp,
        account: ValueNumber,
        standing: ValueStanding,
        reason: Reason,
    },
    /// Follows the end of a shift in which stored value was issued or taken: the part of its Z that says so.
    ValueReported {
        stamp: Stamp,
        z_number: u32,
        value: Box<ValueFlow>,
    },
    /// A customer's account begins, or may owe another amount from now on.
    AccountSet {
        stamp: Stamp,
        account: ValueNumber,
        terms: AccountTerms,
    },
    /// Follows the end of a shift in which something was bought on customers' accounts or paid off: the part of its Z that
    /// says so.
    AccountsReported {
        stamp: Stamp,
        z_number: u32,
        accounts: Box<ValueFlow>,
    },
    /// Follows the sale beside whose payment it was given. The money of the staff: outside turnover and tax.
    TipTaken {
        stamp: Stamp,
        transaction: TransactionId,
        order: OrderId,
        tenders: Vec<Tender>,
    },
    /// Follows the post-void of the sale that it came with.
    TipReturned {
        stamp: Stamp,
        transaction: TransactionId,
        original: TransactionId,
        /// Whose tip it was.
        staff: StaffId,
        /// Negative: what leaves.
        tenders: Vec<Tender>,
    },
    /// Follows the end of a shift in which there were tips: the part of its Z that says whose they are.
    TipsReported {
        stamp: Stamp,
        z_number: u32,
        tips: Vec<Tips>,
    },
    /// The same person was registered twice: `subject` is `into` from now on, and what was kept of them apart is destroyed.
    SubjectMerged {
        subject: SubjectId,
        into: SubjectId,
        staff: StaffId,
    },
    /// Follows the version of the catalog that it led to. A manager of the store changed it, and HQ is to look at it.
    CatalogAmended {
        by: StaffId,
        change: CatalogChange,
    },
    /// Follows the registration of somebody whom a manager of the store took on, and HQ is to look at it.
    StaffAdded {
        by: StaffId,
        staff: StaffId,
        number: StaffNumber,
        role: Role,
    },
    PaymentDevicesConfigured {
        devices: Vec<PaymentDevice>,
    },
    /// The intent to move money, before any device hears of it. Of a reversal that follows from something else the stamp is
    /// that of the attempt that it undoes.
    TenderStarted {
        stamp: Stamp,
        attempt: AttemptId,
        purpose: Purpose,
        code: TenderCode,
        device: DeviceName,
        /// Positive, whichever way it goes, tip included.
        amount: Money,
        tip: Money,
    },
    /// From now on only the device knows. `mark` is what it said last before.
    TenderSent {
        attempt: AttemptId,
        mark: PoiMark,
    },
    TenderApproved {
        attempt: AttemptId,
        approval: Box<Approval>,
    },
    /// No money moved, by the device's own word.
    TenderDeclined {
        attempt: AttemptId,
        reason: DeclineReason,
    },
    /// The device could not say. `cause` is the code of what went wrong.
    TenderInDoubt {
        attempt: AttemptId,
        cause: Label,
    },
    TenderAbortAsked {
        stamp: Stamp,
        attempt: AttemptId,
    },
    /// A person's word, in the device's place.
    TenderResolved {
        stamp: Stamp,
        attempt: AttemptId,
        verdict: TenderVerdict,
        reason: Reason,
    },
    /// Somebody wants what a device took to go back; the reversal follows.
    TenderReleased {
        stamp: Stamp,
        attempt: AttemptId,
        reason: Reason,
    },
    /// Follows the transaction that an approval became a part of.
    TenderTaken {
        attempt: AttemptId,
        transaction: TransactionId,
    },
    /// Money moved that belongs to no transaction, and no device can give it back by itself: a person has to.
    TenderUnclaimed {
        attempt: AttemptId,
    },
    /// Follows the end of a shift that leaves attempts behind.
    TendersCarriedOver {
        stamp: Stamp,
        z_number: u32,
        /// At most [`crate::order::CARRIED_OVER_MAX`], oldest ids first.
        tenders: Vec<OpenTender>,
    },
    /// A device is to end its day. It needs no shift, so it says itself who asked and who allowed it.
    DeviceReconciliationAsked {
        reconciliation: ReconciliationId,
        terminal: TerminalId,
        staff: StaffId,
        approver: Option<StaffId>,
        occurred_at: Timestamp,
        device: DeviceName,
        /// What somebody found out about the one before, whose answer was lost.
        lost: Option<LostDay>,
    },
    /// What became of it, beside what the journal says.
    DeviceReconciled {
        device: DeviceName,
        reconciliation: Box<Reconciliation>,
    },
    /// Follows the day Z: the devices that moved money since their days ended, at most [`crate::attempt::DEVICES_MAX`].
    DevicesCarriedOver {
        document: TransactionId,
        devices: Vec<DeviceName>,
    },
    /// What the store risks at most where terminals approve by themselves.
    OfflineLimitsSet {
        limits: Option<OfflineLimits>,
    },
    /// Follows an approval that a device gave without its acquirer, or that a person says was given while the device did not
    /// reach it. `beyond` is the limit that it broke.
    TenderApprovedOffline {
        attempt: AttemptId,
        amount: Money,
        beyond: Option<OfflineLimit>,
    },
    /// The sensor of a drawer, named by its printer, saw it move. `terminal` is the till that it belongs to, with whoever was
    /// signed on there; none where tills share it.
    DrawerMoved {
        drawer: Label,
        terminal: Option<TerminalId>,
        operator: Option<StaffId>,
        movement: DrawerMovement,
    },
    /// Ends what a till sold alone, which the hub wrote down as it was. `catalog_version` is the one that it was priced by.
    SoldAlone {
        stamp: Stamp,
        order: OrderId,
        transaction: TransactionId,
        catalog_version: u64,
        differs: Vec<IslandDifference>,
    },
    /// The sale bears both numbers from now on: its own, and one of its till's series.
    ReceiptAliased {
        terminal: TerminalId,
        transaction: TransactionId,
        receipt: ReceiptNumber,
        alias: ReceiptNumber,
        occurred_at: Timestamp,
    },
    /// `staff` is who has the number; `at` is the till's own claim. Nobody is signed on by it.
    SignedOnAlone {
        terminal: TerminalId,
        number: StaffNumber,
        staff: Option<StaffId>,
        at: Timestamp,
        failed_attempts: u32,
    },
}
