//! Everything that can happen: what tills ask for, what the hub's console does, and what the world does to them.
//!
//! The names of the product's own commands, events and effects are listed by matches without a wildcard: a variant that
//! is added does not compile here until it has a name, and a name that no run reaches, no golden file knows or no
//! duplicate has tried fails a test by that name.

use holdfast_devices::simulated::poi::{Mishap, Moment, Will};
use holdfast_domain::command::HubCommand;
use holdfast_domain::{Action, Effect, Event};

macro_rules! names {
    ($(#[$doc:meta])* $all:ident, $name:ident: $of:ty { $($pattern:pat => $text:literal,)+ }) => {
        $(#[$doc])*
        pub const $all: &[&str] = &[$($text),+];

        /// The variant's name in the alphabet.
        #[must_use]
        pub fn $name(it: &$of) -> &'static str {
            match it {
                $($pattern => $text,)+
            }
        }
    };
}

names! {
    /// What a till can ask for.
    ACTIONS, action: Action {
        Action::SignOn { .. } => "sign_on",
        Action::SignOff => "sign_off",
        Action::OpenShift { .. } => "open_shift",
        Action::CloseShift { .. } => "close_shift",
        Action::PlaceOrder(_) => "place_order",
        Action::CancelOrder { .. } => "cancel_order",
        Action::AbandonBasket { .. } => "abandon_basket",
        Action::Pay { .. } => "pay",
        Action::FulfilOrder { .. } => "fulfil_order",
        Action::Return(_) => "return",
        Action::PostVoid { .. } => "post_void",
        Action::AdjustStock { .. } => "adjust_stock",
        Action::MoveCash { .. } => "move_cash",
        Action::OpenDrawer { .. } => "open_drawer",
        Action::LockTill => "lock_till",
        Action::StartCount { .. } => "start_count",
        Action::CountProduct { .. } => "count_product",
        Action::FinishCount { .. } => "finish_count",
        Action::CancelCount { .. } => "cancel_count",
        Action::SetReorderLevel { .. } => "set_reorder_level",
        Action::ParkOrder(_) => "park_order",
        Action::RetrieveOrder { .. } => "retrieve_order",
        Action::PrintCopy { .. } => "print_copy",
        Action::Exchange(_) => "exchange",
        Action::EditOrder(_) => "edit_order",
        Action::CloseDay { .. } => "close_day",
        Action::CorrectShift { .. } => "correct_shift",
        Action::MoveShift { .. } => "move_shift",
        Action::IssueValue(_) => "issue_value",
        Action::SetValueStanding { .. } => "set_value_standing",
        Action::SetAccount { .. } => "set_account",
        Action::StartTender(_) => "start_tender",
        Action::AbortTender { .. } => "abort_tender",
        Action::ResolveTender { .. } => "resolve_tender",
        Action::GiveBackTender { .. } => "give_back_tender",
        Action::ReconcileDevice(_) => "reconcile_device",
        Action::IslandSale(_) => "island_sale",
        Action::AliasReceipt { .. } => "alias_receipt",
        Action::SignedOnAlone { .. } => "signed_on_alone",
    }
}

names! {
    /// What the hub's console, a device or the clock brings in.
    HUB_COMMANDS, hub_command: HubCommand {
        HubCommand::OpenEpoch { .. } => "open_epoch",
        HubCommand::ConfigureStore { .. } => "configure_store",
        HubCommand::ConfigureTenders { .. } => "configure_tenders",
        HubCommand::ConfigureTaxes { .. } => "configure_taxes",
        HubCommand::ActivateCatalog { .. } => "activate_catalog",
        HubCommand::RegisterStaff { .. } => "register_staff",
        HubCommand::EnrolTerminal { .. } => "enrol_terminal",
        HubCommand::RevokeTerminal { .. } => "revoke_terminal",
        HubCommand::StepClock { .. } => "step_clock",
        HubCommand::SettleDocument { .. } => "settle_document",
        HubCommand::RegisterSubject { .. } => "register_subject",
        HubCommand::EraseSubject { .. } => "erase_subject",
        HubCommand::DefineRole { .. } => "define_role",
        HubCommand::ExpireReservations { .. } => "expire_reservations",
        HubCommand::GroupSubject { .. } => "group_subject",
        HubCommand::MergeSubject { .. } => "merge_subject",
        HubCommand::AmendCatalog { .. } => "amend_catalog",
        HubCommand::AddStaff { .. } => "add_staff",
        HubCommand::ConfigureDevices { .. } => "configure_devices",
        HubCommand::SetOfflineLimits { .. } => "set_offline_limits",
        HubCommand::SenseDrawer { .. } => "sense_drawer",
        HubCommand::SendTender { .. } => "send_tender",
        HubCommand::SettleTender { .. } => "settle_tender",
        HubCommand::SettleReconciliation { .. } => "settle_reconciliation",
    }
}

names! {
    /// What the journal can hold.
    EVENTS, event: Event {
        Event::EpochOpened { .. } => "epoch_opened",
        Event::StoreConfigured { .. } => "store_configured",
        Event::CatalogActivated { .. } => "catalog_activated",
        Event::StaffRegistered { .. } => "staff_registered",
        Event::TerminalEnrolled { .. } => "terminal_enrolled",
        Event::TerminalRevoked { .. } => "terminal_revoked",
        Event::SignedOn { .. } => "signed_on",
        Event::SignedOff { .. } => "signed_off",
        Event::ShiftOpened { .. } => "shift_opened",
        Event::ShiftClosed { .. } => "shift_closed",
        Event::OrderPlaced { .. } => "order_placed",
        Event::OrderCancelled { .. } => "order_cancelled",
        Event::BasketAbandoned { .. } => "basket_abandoned",
        Event::DepositTaken { .. } => "deposit_taken",
        Event::SaleCompleted { .. } => "sale_completed",
        Event::OrderFulfilled { .. } => "order_fulfilled",
        Event::GoodsReturned { .. } => "goods_returned",
        Event::SalePostVoided { .. } => "sale_post_voided",
        Event::StockAdjusted { .. } => "stock_adjusted",
        Event::StockWentNegative { .. } => "stock_went_negative",
        Event::ReceiptNumberVoided { .. } => "receipt_number_voided",
        Event::ClockStepped { .. } => "clock_stepped",
        Event::DocumentSettled { .. } => "document_settled",
        Event::SubjectRegistered { .. } => "subject_registered",
        Event::SubjectErased { .. } => "subject_erased",
        Event::CashMoved { .. } => "cash_moved",
        Event::DrawerOpened { .. } => "drawer_opened",
        Event::CashReported { .. } => "cash_reported",
        Event::RoleDefined { .. } => "role_defined",
        Event::OverrideApproved { .. } => "override_approved",
        Event::TendersConfigured { .. } => "tenders_configured",
        Event::TendersReported { .. } => "tenders_reported",
        Event::TillLocked { .. } => "till_locked",
        Event::CountStarted { .. } => "count_started",
        Event::ProductCounted { .. } => "product_counted",
        Event::CountFinished { .. } => "count_finished",
        Event::CountCancelled { .. } => "count_cancelled",
        Event::ReorderLevelSet { .. } => "reorder_level_set",
        Event::StockRanLow { .. } => "stock_ran_low",
        Event::ReservationLimited { .. } => "reservation_limited",
        Event::ReservationExpired { .. } => "reservation_expired",
        Event::SoldAfterExpiry { .. } => "sold_after_expiry",
        Event::SubjectGrouped { .. } => "subject_grouped",
        Event::OrderTermsSet { .. } => "order_terms_set",
        Event::TaxesConfigured { .. } => "taxes_configured",
        Event::OrderParked { .. } => "order_parked",
        Event::OrderRetrieved { .. } => "order_retrieved",
        Event::OrdersCarriedOver { .. } => "orders_carried_over",
        Event::CopyPrinted { .. } => "copy_printed",
        Event::OrderEdited { .. } => "order_edited",
        Event::OrderAskedFor { .. } => "order_asked_for",
        Event::AgeChecked { .. } => "age_checked",
        Event::GoodsExchanged { .. } => "goods_exchanged",
        Event::DayClosed { .. } => "day_closed",
        Event::ShiftCorrected { .. } => "shift_corrected",
        Event::ShiftMoved { .. } => "shift_moved",
        Event::ValueIssued { .. } => "value_issued",
        Event::ValueIssueVoided { .. } => "value_issue_voided",
        Event::ValueRedeemed { .. } => "value_redeemed",
        Event::ValueRefunded { .. } => "value_refunded",
        Event::ValueStandingSet { .. } => "value_standing_set",
        Event::ValueReported { .. } => "value_reported",
        Event::AccountSet { .. } => "account_set",
        Event::AccountsReported { .. } => "accounts_reported",
        Event::TipTaken { .. } => "tip_taken",
        Event::TipReturned { .. } => "tip_returned",
        Event::TipsReported { .. } => "tips_reported",
        Event::SubjectMerged { .. } => "subject_merged",
        Event::CatalogAmended { .. } => "catalog_amended",
        Event::StaffAdded { .. } => "staff_added",
        Event::PaymentDevicesConfigured { .. } => "payment_devices_configured",
        Event::TenderStarted { .. } => "tender_started",
        Event::TenderSent { .. } => "tender_sent",
        Event::TenderApproved { .. } => "tender_approved",
        Event::TenderDeclined { .. } => "tender_declined",
        Event::TenderInDoubt { .. } => "tender_in_doubt",
        Event::TenderAbortAsked { .. } => "tender_abort_asked",
        Event::TenderResolved { .. } => "tender_resolved",
        Event::TenderReleased { .. } => "tender_released",
        Event::TenderTaken { .. } => "tender_taken",
        Event::TenderUnclaimed { .. } => "tender_unclaimed",
        Event::TendersCarriedOver { .. } => "tenders_carried_over",
        Event::DeviceReconciliationAsked { .. } => "device_reconciliation_asked",
        Event::DeviceReconciled { .. } => "device_reconciled",
        Event::DevicesCarriedOver { .. } => "devices_carried_over",
        Event::OfflineLimitsSet { .. } => "offline_limits_set",
        Event::TenderApprovedOffline { .. } => "tender_approved_offline",
        Event::DrawerMoved { .. } => "drawer_moved",
        Event::SoldAlone { .. } => "sold_alone",
        Event::ReceiptAliased { .. } => "receipt_aliased",
        Event::SignedOnAlone { .. } => "signed_on_alone",
    }
}

names! {
    /// What must be carried out once a decision is durable.
    EFFECTS, effect: Effect {
        Effect::Print { .. } => "print",
        Effect::OpenDrawer { .. } => "open_drawer",
        Effect::StartTender { .. } => "start_tender",
        Effect::AbortTender { .. } => "abort_tender",
        Effect::ReconcileDevice { .. } => "reconcile_device",
    }
}

/// What a power cut does to what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    AllLost,
    AllKept,
    /// Each write and each folder change is lost, kept or torn by the dice.
    Mixed,
}

/// What the clerk at a till does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TillMove {
    SignOn,
    SignOff,
    OpenShift,
    CloseShift,
    PlaceOrder,
    PlaceScarce,
    Cancel,
    Abandon,
    Pay,
    Deposit,
    Fulfil,
    ReturnByReceipt,
    ReturnWithoutReceipt,
    PostVoid,
    AdjustStock,
    MoveCash,
    OpenDrawer,
    Lock,
    /// Starts a count, counts a product, finishes or gives up.
    Count,
    ReorderLevel,
    ParkNew,
    Park,
    Retrieve,
    PrintCopy,
    Exchange,
    Edit,
    CloseDay,
    CorrectShift,
    MoveShift,
    /// Sells a gift card or puts more on one.
    IssueValue,
    /// Undoes such a sale.
    VoidIssue,
    BlockValue,
    /// Says how much a customer may owe.
    SetAccount,
    /// A customer pays off some of it.
    PayOff,
    /// A device is to take what an order costs, or a part of it.
    StartTender,
    /// A device is to give back what it took for a sale.
    StartRefund,
    AbortTender,
    /// A manager says what became of a payment, rightly or not.
    ResolveTender,
    GiveBackTender,
    /// A device is to end its day.
    Reconcile,
    /// Sells while it is alone, by what it knows, and tells the hub.
    SellAlone,
    /// Tells that a sale bears a number of the till's own too.
    Alias,
    /// Tells who signed on while the till was alone.
    SignOnAlone,
    /// Something that the business refuses.
    Nonsense,
    /// The id of an answered command, with another body.
    ReuseId,
    /// Requests of long ago arrive once more.
    Replay,
}

/// What happens at the hub's console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HubMove {
    Configure,
    ConfigureTenders,
    ConfigureTaxes,
    Activate,
    RegisterStaff,
    Enrol,
    Revoke,
    StepClock,
    Settle,
    RegisterSubject,
    EraseSubject,
    DefineRole,
    ExpireReservations,
    GroupSubject,
    MergeSubject,
    Amend,
    AddStaff,
    /// A drawer's sensor speaks, perhaps for the second time.
    SenseDrawer,
}

/// What the world does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorldMove {
    KillHub,
    CutPower(Fate),
    /// The n-th change of the hub's disk fails; the process ends, starts again, and the power goes soon after.
    HubDiskFault {
        nth: u64,
        sync: bool,
        then_cut: bool,
    },
    /// The disk under the state fails for a while; selling goes on.
    StateFails,
    CrashTill(usize),
    CutTillPower(usize, Fate),
    TillDiskFault(usize, u64),
    PartitionTill(usize),
    DeafTill(usize),
    PartitionHeadquarters,
    SlowWan,
    HeadquartersDown,
    /// HQ is restored from a backup and has less than it once acknowledged.
    HeadquartersGoesBack,
    Repair,
    /// Something goes wrong at a card terminal.
    Terminal(usize, TerminalTrouble),
    /// The hub's clock moves by so many milliseconds.
    StepClock(i64),
    /// The hub starts with the clock of a machine without a battery.
    BootIn1970,
    /// The hub's disk is gone: a new one is built from HQ's copy and from what the tills still hold.
    DestroyHub,
    /// An image of the hub's disk is taken.
    CloneDisk,
    /// The hub goes on from the image.
    RollBack,
}

/// What happens at a card terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TerminalTrouble {
    Unplug,
    PlugIn,
    /// With its next request.
    Mishap(Moment, Mishap),
    /// What its next customer does.
    Will(Will),
}

/// One step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Till(usize, TillMove),
    Hub(HubMove),
    World(WorldMove),
}
