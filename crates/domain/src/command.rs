//! What tills and the hub's console ask for. Names are imperative.

use holdfast_money::{Money, Quantity};

use crate::amendment::{AmendedCatalog, CatalogChange};
use crate::attempt::{PaymentDevice, StartTender, TenderOutcome, TenderVerdict};
use crate::bounded::{Label, PoiMark, PriceGroup, Reason, ValueNumber};
use crate::calendar::{BusinessDate, Timestamp};
use crate::cash::CashMovement;
use crate::catalog::ItemRef;
use crate::drawer::DrawerMovement;
use crate::event::{CatalogSource, DocumentOutcome, Parent};
use crate::exposure::OfflineLimits;
use crate::ids::{
    AttemptId, CommandId, CountId, EpochId, HubId, OrderId, ReconciliationId, ShiftId, StaffId, StoreId,
    SubjectId, TerminalId, TransactionId,
};
use crate::island::IslandSale;
use crate::line::{LineInput, LineNumber};
use crate::order::{Claim, EditOrder, ParkOrder, PlaceOrder};
use crate::receipt::{ReceiptSource, TillNumber};
use crate::reconciliation::{DeviceCount, ReconcileDevice};
use crate::sale::CopyForm;
use crate::shift::{BusinessDay, Mode};
use crate::staff::{Approval, OwnRole, PinVerdict, Role, StaffNumber};
use crate::stock::{AdjustmentReason, CountScope};
use crate::store::StoreProfile;
use crate::subject::ErasureCause;
use crate::tax::TaxTable;
use crate::tender::{DeclaredTender, Pieces, TenderInput, TenderType};
use crate::value::{AccountTerms, IssueValue, ValueStanding};

/// A till's request. Its id is minted by the till and persisted before it is sent: the idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub id: CommandId,
    pub terminal: TerminalId,
    pub occurred_at: Timestamp,
    pub action: Action,
    /// A second person's word, for what the operator may not do alone.
    pub approval: Option<Approval>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    SignOn {
        number: StaffNumber,
        verdict: PinVerdict,
    },
    SignOff,
    OpenShift {
        shift: ShiftId,
        float: Money,
        day: BusinessDay,
        mode: Mode,
    },
    /// `declared` is the cash that was counted; `count` says more where more was counted.
    CloseShift {
        shift: ShiftId,
        declared: Money,
        count: ShiftCount,
    },
    PlaceOrder(PlaceOrder),
    CancelOrder {
        order: OrderId,
        reason: Reason,
    },
    /// A basket given up before it was placed still leaves its trace.
    AbandonBasket {
        lines: Vec<LineInput>,
        reason: Reason,
    },
    Pay {
        order: OrderId,
        tenders: Vec<TenderInput>,
        /// What was given beside it for whoever serves, with the tender that it came with. With a full payment only.
        tips: Vec<TenderInput>,
        settlement: Settlement,
        receipt: ReceiptSource,
    },
    FulfilOrder {
        order: OrderId,
    },
    Return(ReturnGoods),
    PostVoid {
        original: TransactionId,
        reason: Reason,
    },
    AdjustStock {
        changes: Vec<AdjustLine>,
        reason: AdjustmentReason,
    },
    /// Cash in or out of the drawer without goods. `amount` is positive.
    MoveCash {
        movement: CashMovement,
        amount: Money,
        reason: Reason,
        receipt: ReceiptSource,
    },
    /// The drawer is opened and nothing is sold (ARTS: no sale).
    OpenDrawer {
        reason: Reason,
    },
    /// Nobody is at the till for a while; a sign-on goes on, by the same person or another.
    LockTill,
    StartCount {
        count: CountId,
        scope: CountScope,
    },
    /// What was found of one product; the last word before the count is finished counts.
    CountProduct {
        count: CountId,
        item: ItemRef,
        quantity: Quantity,
    },
    FinishCount {
        count: CountId,
    },
    CancelCount {
        count: CountId,
        reason: Reason,
    },
    /// From how much available on a product is to be ordered again; zero for never.
    SetReorderLevel {
        item: ItemRef,
        level: Quantity,
    },
    ParkOrder(ParkOrder),
    RetrieveOrder {
        order: OrderId,
        claim: Claim,
    },
    EditOrder(EditOrder),
    /// Paper for a sale that has its receipt already.
    PrintCopy {
        original: TransactionId,
        form: CopyForm,
    },
    Exchange(Box<Exchange>),
    /// One report over the shifts of a business date that closed since its last one.
    CloseDay {
        day: BusinessDate,
    },
    /// What was really there of one tender when the shift of that Z ended.
    CorrectShift {
        z_number: u32,
        declared: DeclaredTender,
        reason: Reason,
    },
    /// The drawer is carried to another till.
    MoveShift {
        shift: ShiftId,
        to: TerminalId,
    },
    IssueValue(IssueValue),
    SetValueStanding {
        account: ValueNumber,
        standing: ValueStanding,
        reason: Reason,
    },
    /// Opens a customer's account, or changes how much they may owe on it.
    SetAccount {
        account: ValueNumber,
        terms: AccountTerms,
    },
    /// A device is to take money, or to give it back. The answer says that it is durable; what became of it follows.
    StartTender(StartTender),
    /// The device is to stop.
    AbortTender {
        attempt: AttemptId,
    },
    /// A person says what became of an attempt whose device cannot.
    ResolveTender {
        attempt: AttemptId,
        verdict: TenderVerdict,
        reason: Reason,
    },
    /// What a device took and no sale needs goes back.
    GiveBackTender {
        attempt: AttemptId,
        reason: Reason,
    },
    /// A payment device is to end its day. The answer says that this is durable; what became of it follows.
    ReconcileDevice(ReconcileDevice),
    /// What a till sold while no hub was there. It has happened: nothing of it is refused for what the shop's rules say.
    IslandSale(Box<IslandSale>),
    /// A sale whose reply was lost was given a number of the till's own series meanwhile: it bears both.
    AliasReceipt {
        transaction: TransactionId,
        number: u32,
    },
    /// Somebody signed on at the till while no hub was there, after so many wrong PINs. It signs nobody on here.
    SignedOnAlone {
        number: StaffNumber,
        at: Timestamp,
        failed_attempts: u32,
    },
}

impl Action {
    /// Whether the till tells of what it did alone. Whoever is at it now, it has happened.
    pub fn has_happened(&self) -> bool {
        matches!(self, Self::IslandSale(_) | Self::AliasReceipt { .. } | Self::SignedOnAlone { .. })
    }
}

/// What was counted at the end of a shift beside the sum of its cash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShiftCount {
    /// The cash by face value; empty where only its sum was typed.
    pub pieces: Vec<Pieces>,
    /// What was counted of other tenders.
    pub tenders: Vec<DeclaredTender>,
}

/// Whether a payment must cover what is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    Full,
    /// A part now, the rest later.
    Deposit,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnGoods {
    pub reason: Reason,
    pub receipt: ReceiptSource,
    pub goods: ReturnedGoods,
    /// The number of a new store credit, for what no tender takes back.
    pub credit: Option<ValueNumber>,
}

/// Goods come back and others go, in one step: only the difference changes hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub back: ReturnGoods,
    /// What goes instead, at the counter.
    pub place: PlaceOrder,
    /// For what the new goods cost more.
    pub tenders: Vec<TenderInput>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnedGoods {
    /// By receipt: capped by line over all earlier returns, at the sale's own prices and rates.
    ByReceipt { original: TransactionId, lines: Vec<ReturnLine> },
    /// Without a receipt, by permission: priced like a basket.
    NoReceipt { lines: Vec<LineInput> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    pub line: LineNumber,
    /// Positive: what comes back.
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustLine {
    pub item: ItemRef,
    /// Positive adds to on-hand.
    pub quantity: Quantity,
}

/// What the hub itself, a device or a person at its console brings into the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubCommand {
    OpenEpoch {
        epoch: EpochId,
        hub: HubId,
        hub_key: [u8; 32],
        store: StoreId,
        parent: Option<Parent>,
    },
    ConfigureStore {
        profile: Box<StoreProfile>,
    },
    /// The whole list of ways to pay; it replaces the one before.
    ConfigureTenders {
        types: Vec<TenderType>,
    },
    ConfigureTaxes {
        table: Box<TaxTable>,
    },
    ActivateCatalog {
        content_hash: [u8; 32],
        products: u32,
        source: CatalogSource,
    },
    RegisterStaff {
        staff: StaffId,
        number: StaffNumber,
        role: Role,
    },
    EnrolTerminal {
        terminal: TerminalId,
        name: Label,
        secret_hash: [u8; 32],
        number: NumberChoice,
    },
    RevokeTerminal {
        terminal: TerminalId,
    },
    StepClock {
        before: Timestamp,
        after: Timestamp,
    },
    SettleDocument {
        transaction: TransactionId,
        outcome: DocumentOutcome,
    },
    /// Whoever is signed on at the till registers a subject; the details go elsewhere.
    RegisterSubject {
        subject: SubjectId,
        terminal: TerminalId,
    },
    EraseSubject {
        subject: SubjectId,
        cause: ErasureCause,
    },
    /// A role of the store's own, or another meaning of one that is known.
    DefineRole {
        role: OwnRole,
    },
    /// A customer buys at the prices of a group from now on, or of none.
    GroupSubject {
        subject: SubjectId,
        group: Option<PriceGroup>,
        staff: StaffId,
    },
    /// Time has passed: goods that were held until now or earlier are free again.
    ExpireReservations {
        at: Timestamp,
    },
    /// The same person was registered twice: `subject` is `into` from now on.
    MergeSubject {
        subject: SubjectId,
        into: SubjectId,
        staff: StaffId,
    },
    /// A manager adds a product or marks one down. The changed catalog's file is synced already.
    AmendCatalog {
        by: StaffId,
        change: CatalogChange,
        amended: AmendedCatalog,
    },
    /// A manager takes somebody on.
    AddStaff {
        by: StaffId,
        staff: StaffId,
        number: StaffNumber,
        role: Role,
    },
    /// The whole list of payment devices, as the hub's settings have it; it replaces the one before.
    ConfigureDevices {
        devices: Vec<PaymentDevice>,
    },
    /// What the store risks at most where terminals approve by themselves, as the hub's settings have it.
    SetOfflineLimits {
        limits: Option<OfflineLimits>,
    },
    /// The attempt leaves now. `mark` is what the device said last before.
    SendTender {
        attempt: AttemptId,
        mark: PoiMark,
    },
    /// What the device said.
    SettleTender {
        attempt: AttemptId,
        outcome: TenderOutcome,
    },
    /// What the device said of its end of day.
    SettleReconciliation {
        reconciliation: ReconciliationId,
        count: DeviceCount,
    },
    /// A drawer's sensor says that it moved. `till` is the one that the drawer belongs to; none where tills share it.
    SenseDrawer {
        drawer: Label,
        till: Option<TillNumber>,
        movement: DrawerMovement,
    },
}

/// Which number a till gets at pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberChoice {
    Next,
    /// A till that comes back after its hub was replaced keeps the number that its receipts bear, if it is still free.
    Keep(TillNumber),
}
