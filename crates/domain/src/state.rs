//! What decisions look at: the store now. Closed orders and completed sales live on disk; the shell brings those that a
//! command or an event needs ([`State::needs`]) and drops them again when they are applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use holdfast_money::Currency;

use crate::attempt::{AskedTender, Attempt, PaymentDevice};
use crate::bounded::{CouponCode, DeviceName, Label, Sku, ValueNumber};
use crate::calendar::{BusinessDate, Timestamp};
use crate::command::{Action, Command, HubCommand, ReturnedGoods};
use crate::day::{ClosedShift, OpenDay};
use crate::event::{Event, Parent, ReturnSource};
use crate::exposure::OfflineLimits;
use crate::ids::{
    AttemptId, EpochId, OrderId, ShiftId, StaffId, StoreId, SubjectId, TerminalId, TransactionId,
};
use crate::order::{Custody, Holder, Order, OrderEdit, ParkedBasket, Reservation};
use crate::reconciliation::DeviceDay;
use crate::record::Record;
use crate::sale::Sale;
use crate::shift::Shift;
use crate::staff::{Authority, OwnRole, Permission, Role, RoleNumber, Staff, StaffNumber};
use crate::stock::{Counted, OpenCount, StockLevel};
use crate::store::StoreProfile;
use crate::subject::{MERGES_FOLLOWED_MAX, SubjectStanding};
use crate::tax::TaxTable;
use crate::tender::TenderType;
use crate::till::{Standing, Till};
use crate::value::{ValueAccount, ValueIssue};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    pub epoch: Option<EpochId>,
    /// The line of epochs of this history, oldest first.
    pub epochs: Vec<EpochLine>,
    pub store: Option<StoreId>,
    pub profile: Option<StoreProfile>,
    /// The store's own list of ways to pay; None while it has the default one.
    pub tenders: Option<Vec<TenderType>>,
    /// In force instead of the profile's plain rates.
    pub taxes: Option<TaxTable>,
    pub catalog_version: u64,
    pub catalog_hash: Option<[u8; 32]>,
    pub tills: BTreeMap<TerminalId, Till>,
    pub staff: BTreeMap<StaffId, Staff>,
    /// The roles that the store defined.
    pub roles: BTreeMap<RoleNumber, OwnRole>,
    /// Open shifts only.
    pub shifts: BTreeMap<ShiftId, Shift>,
    /// Closed shifts that the shell brought, so that their ids are not used again.
    pub closed_shifts: BTreeSet<ShiftId>,
    /// The number of the last Z report.
    pub last_z: u32,
    /// Of the last day Z.
    pub last_day_z: u32,
    /// Of the last correction.
    pub last_correction: u32,
    /// What has been closed and is in no day Z yet; at most [`crate::day::DAYS_MAX`] dates.
    pub days: BTreeMap<BusinessDate, OpenDay>,
    /// What the latest shifts declared, by the number of their Z; at most [`crate::day::ZS_MAX`].
    pub zs: BTreeMap<u32, ClosedShift>,
    /// Open orders, and closed ones that the shell brought.
    pub orders: HashMap<OrderId, Order>,
    /// Completed sales that the shell brought or that are not applied yet.
    pub sales: HashMap<TransactionId, Sale>,
    pub stock: BTreeMap<Sku, StockLevel>,
    /// The count that is under way, if any, and what it has found so far.
    pub count: Option<OpenCount>,
    pub counted: BTreeMap<Sku, Counted>,
    /// How often each coupon was used by orders that were not cancelled.
    pub coupons: BTreeMap<CouponCode, u32>,
    /// Gift cards and store credit.
    pub values: BTreeMap<ValueNumber, ValueAccount>,
    /// Issues of open shifts.
    pub issues: BTreeMap<TransactionId, ValueIssue>,
    /// Documents whose printing is not settled.
    pub documents: BTreeSet<TransactionId>,
    /// Subjects that the shell brought or that are not applied yet.
    pub subjects: BTreeMap<SubjectId, SubjectStanding>,
    /// What takes money electronically.
    pub devices: Vec<PaymentDevice>,
    /// What the store risks at most where terminals approve by themselves; None for whatever they do.
    pub offline_limits: Option<OfflineLimits>,
    /// The drawers that stood open when their sensors spoke last, by their printers' names.
    pub open_drawers: BTreeSet<Label>,
    /// Attempts that are not closed, and closed ones of open shifts.
    pub attempts: BTreeMap<AttemptId, Attempt>,
    /// What each payment device moved since its day began.
    pub device_days: BTreeMap<DeviceName, DeviceDay>,
}

/// One epoch and the end of the history that it continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochLine {
    pub epoch: EpochId,
    pub parent: Option<Parent>,
}

/// Something on disk that a decision or an event must see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    Order(OrderId),
    Sale(TransactionId),
    ClosedShift(ShiftId),
    /// The subject, and everybody whom they were merged into, one after the other.
    Subject(SubjectId),
}

impl State {
    /// What `command` must see beyond what is in memory.
    pub fn needs(command: &Command) -> Vec<Need> {
        match &command.action {
            Action::PlaceOrder(place) => {
                let customer = place.customer.map(Need::Subject);
                std::iter::once(Need::Order(place.order)).chain(customer).collect()
            }
            Action::CancelOrder { order, .. }
            | Action::Pay { order, .. }
            | Action::FulfilOrder { order }
            | Action::RetrieveOrder { order, .. } => vec![Need::Order(*order)],
            Action::ParkOrder(park) => match &park.basket {
                ParkedBasket::Draft(place) => {
                    let customer = place.customer.map(Need::Subject);
                    std::iter::once(Need::Order(place.order)).chain(customer).collect()
                }
                ParkedBasket::Placed { order, .. } => vec![Need::Order(*order)],
            },
            Action::Return(goods) => match &goods.goods {
                ReturnedGoods::ByReceipt { original, .. } => vec![Need::Sale(*original)],
                ReturnedGoods::NoReceipt { .. } => Vec::new(),
            },
            Action::AliasReceipt { transaction, .. } => vec![Need::Sale(*transaction)],
            Action::PostVoid { original, .. } | Action::PrintCopy { original, .. } => {
                vec![Need::Sale(*original)]
            }
            Action::EditOrder(edit) => {
                let customers = edit.edits.iter().filter_map(|edit| match edit {
                    OrderEdit::SetCustomer { customer } => customer.map(Need::Subject),
                    _ => None,
                });
                std::iter::once(Need::Order(edit.order)).chain(customers).collect()
            }
            Action::Exchange(exchange) => {
                let customer = exchange.place.customer.map(Need::Subject);
                let original = match &exchange.back.goods {
                    ReturnedGoods::ByReceipt { original, .. } => Some(Need::Sale(*original)),
                    ReturnedGoods::NoReceipt { .. } => None,
                };
                std::iter::once(Need::Order(exchange.place.order)).chain(customer).chain(original).collect()
            }
            Action::StartTender(start) => match &start.asked {
                AskedTender::Pay { order, .. } => vec![Need::Order(*order)],
                AskedTender::Refund { sale, .. } => vec![Need::Sale(*sale)],
            },
            Action::OpenShift { shift, .. } => vec![Need::ClosedShift(*shift)],
            Action::IslandSale(sale) => {
                let opened = sale.opened.as_ref().map(|opened| Need::ClosedShift(opened.shift));
                let customer = sale.customer.map(Need::Subject);
                std::iter::once(Need::Order(sale.order)).chain(customer).chain(opened).collect()
            }
            Action::SetAccount { terms, .. } => vec![Need::Subject(terms.customer)],
            Action::SignOn { .. }
            | Action::SignOff
            | Action::CloseShift { .. }
            | Action::AbandonBasket { .. }
            | Action::AdjustStock { .. }
            | Action::MoveCash { .. }
            | Action::OpenDrawer { .. }
            | Action::LockTill
            | Action::StartCount { .. }
            | Action::CountProduct { .. }
            | Action::FinishCount { .. }
            | Action::CancelCount { .. }
            | Action::SetReorderLevel { .. }
            | Action::CloseDay { .. }
            | Action::CorrectShift { .. }
            | Action::MoveShift { .. }
            | Action::IssueValue(_)
            | Action::SetValueStanding { .. }
            | Action::AbortTender { .. }
            | Action::ResolveTender { .. }
            | Action::GiveBackTender { .. }
            | Action::SignedOnAlone { .. }
            | Action::ReconcileDevice(_) => Vec::new(),
        }
    }

    /// What a command of the hub must see beyond what is in memory.
    pub fn needs_of_hub(command: &HubCommand) -> Vec<Need> {
        match command {
            HubCommand::RegisterSubject { subject, .. }
            | HubCommand::EraseSubject { subject, .. }
            | HubCommand::GroupSubject { subject, .. } => vec![Need::Subject(*subject)],
            HubCommand::MergeSubject { subject, into, .. } => {
                vec![Need::Subject(*subject), Need::Subject(*into)]
            }
            HubCommand::OpenEpoch { .. }
            | HubCommand::ConfigureStore { .. }
            | HubCommand::ConfigureTenders { .. }
            | HubCommand::ConfigureTaxes { .. }
            | HubCommand::ActivateCatalog { .. }
            | HubCommand::RegisterStaff { .. }
            | HubCommand::EnrolTerminal { .. }
            | HubCommand::RevokeTerminal { .. }
            | HubCommand::StepClock { .. }
            | HubCommand::SettleDocument { .. }
            | HubCommand::DefineRole { .. }
            | HubCommand::ExpireReservations { .. }
            | HubCommand::AmendCatalog { .. }
            | HubCommand::AddStaff { .. }
            | HubCommand::ConfigureDevices { .. }
            | HubCommand::SetOfflineLimits { .. }
            | HubCommand::SenseDrawer { .. }
            | HubCommand::SendTender { .. }
            | HubCommand::SettleReconciliation { .. }
            // An order that waits for a device is open, and so it is in memory.
            | HubCommand::SettleTender { .. } => Vec::new(),
        }
    }

    /// What folding `record` must see beyond what is in memory.
    pub fn needs_of_record(record: &Record) -> Vec<Need> {
        record.outcome.events().iter().filter_map(Self::need_of_event).collect()
    }

    fn need_of_event(event: &Event) -> Option<Need> {
        match event {
            Event::OrderCancelled { order, .. }
            | Event::DepositTaken { order, .. }
            | Event::SaleCompleted { order, .. }
            | Event::OrderFulfilled { order, .. }
            | Event::OrderParked { order, .. }
            | Event::OrderRetrieved { order, .. }
            | Event::OrderEdited { order, .. }
            | Event::ReservationLimited { order, .. }
            | Event::ReservationExpired { order, .. }
            | Event::SoldAfterExpiry { order, .. } => Some(Need::Order(*order)),
            Event::OrderTermsSet { order, .. }
            | Event::OrderAskedFor { order, .. }
            | Event::AgeChecked { order, .. } => Some(Need::Order(*order)),
            Event::GoodsReturned { source: ReturnSource::Receipt { original }, .. }
            | Event::SalePostVoided { original, .. }
            | Event::CopyPrinted { original, .. }
            | Event::ReceiptAliased { transaction: original, .. } => Some(Need::Sale(*original)),
            Event::SubjectRegistered { subject, .. }
            | Event::SubjectGrouped { subject, .. }
            | Event::SubjectMerged { subject, .. } => Some(Need::Subject(*subject)),
            _ => None,
        }
    }

    /// The order that an event is a part of the history of: folding all of these, in their order, into an empty state
    /// gives the order and its sales as they are. A return, a post-void or a copy belongs to the order of its sale, which must be
    /// held ([`State::needs_of_record`]).
    pub fn order_of(&self, event: &Event) -> Option<OrderId> {
        match event {
            Event::OrderPlaced { order, .. }
            | Event::OrderCancelled { order, .. }
            | Event::DepositTaken { order, .. }
            | Event::SaleCompleted { order, .. }
            | Event::OrderFulfilled { order, .. }
            | Event::OrderParked { order, .. }
            | Event::OrderRetrieved { order, .. }
            | Event::OrderEdited { order, .. }
            | Event::ReservationLimited { order, .. }
            | Event::ReservationExpired { order, .. }
            | Event::SoldAfterExpiry { order, .. }
            | Event::SoldAlone { order, .. } => Some(*order),
            Event::OrderTermsSet { order, .. }
            | Event::OrderAskedFor { order, .. }
            | Event::AgeChecked { order, .. }
            | Event::TipTaken { order, .. }
            | Event::GoodsExchanged { order, .. } => Some(*order),
            Event::GoodsReturned { source: ReturnSource::Receipt { original }, .. }
            | Event::SalePostVoided { original, .. }
            | Event::TipReturned { original, .. }
            | Event::CopyPrinted { original, .. }
            | Event::ReceiptAliased { transaction: original, .. } => {
                self.sales.get(original).map(|sale| sale.order)
            }
            Event::GoodsReturned { source: ReturnSource::NoReceipt, .. }
            | Event::EpochOpened { .. }
            | Event::StoreConfigured { .. }
            | Event::CatalogActivated { .. }
            | Event::StaffRegistered { .. }
            | Event::TerminalEnrolled { .. }
            | Event::TerminalRevoked { .. }
            | Event::SignedOn { .. }
            | Event::SignedOff { .. }
            | Event::ShiftOpened { .. }
            | Event::ShiftClosed { .. }
            | Event::BasketAbandoned { .. }
            | Event::StockAdjusted { .. }
            | Event::StockWentNegative { .. }
            | Event::ReceiptNumberVoided { .. }
            | Event::DocumentSettled { .. }
            | Event::ClockStepped { .. }
            | Event::SubjectRegistered { .. }
            | Event::SubjectErased { .. }
            | Event::SubjectGrouped { .. }
            | Event::SubjectMerged { .. }
            | Event::CashMoved { .. }
            | Event::DrawerOpened { .. }
            | Event::CashReported { .. }
            | Event::RoleDefined { .. }
            | Event::OverrideApproved { .. }
            | Event::TendersConfigured { .. }
            | Event::TendersReported { .. }
            | Event::TillLocked { .. }
            | Event::CountStarted { .. }
            | Event::ProductCounted { .. }
            | Event::CountFinished { .. }
            | Event::CountCancelled { .. }
            | Event::ReorderLevelSet { .. }
            | Event::StockRanLow { .. }
            | Event::OrdersCarriedOver { .. }
            | Event::DayClosed { .. }
            | Event::ShiftCorrected { .. }
            | Event::ShiftMoved { .. } => None,
            Event::TaxesConfigured { .. }
            | Event::ValueIssued { .. }
            | Event::ValueIssueVoided { .. }
            | Event::ValueRedeemed { .. }
            | Event::ValueRefunded { .. }
            | Event::ValueStandingSet { .. }
            | Event::ValueReported { .. }
            | Event::AccountSet { .. }
            | Event::AccountsReported { .. }
            | Event::TipsReported { .. }
            | Event::CatalogAmended { .. }
            | Event::StaffAdded { .. }
            | Event::PaymentDevicesConfigured { .. }
            | Event::TenderStarted { .. }
            | Event::TenderSent { .. }
            | Event::TenderApproved { .. }
            | Event::TenderDeclined { .. }
            | Event::TenderInDoubt { .. }
            | Event::TenderAbortAsked { .. }
            | Event::TenderResolved { .. }
            | Event::TenderReleased { .. }
            | Event::TenderTaken { .. }
            | Event::TenderUnclaimed { .. }
            | Event::TendersCarriedOver { .. }
            | Event::DeviceReconciliationAsked { .. }
            | Event::DeviceReconciled { .. }
            | Event::DevicesCarriedOver { .. }
            | Event::OfflineLimitsSet { .. }
            | Event::DrawerMoved { .. }
            | Event::SignedOnAlone { .. }
            | Event::TenderApprovedOffline { .. } => None,
        }
    }

    pub fn holds(&self, need: Need) -> bool {
        match need {
            Need::Order(order) => self.orders.contains_key(&order),
            Need::Sale(sale) => self.sales.contains_key(&sale),
            Need::ClosedShift(shift) => self.closed_shifts.contains(&shift),
            Need::Subject(subject) => self.subjects.contains_key(&subject),
        }
    }

    /// Forgets what is on disk and needs no place in memory: closed orders, completed sales, closed shifts, subjects.
    pub fn forget(&mut self, need: Need) {
        match need {
            Need::Order(order) => {
                if self.orders.get(&order).is_some_and(|o| o.state.is_closed()) {
                    self.orders.remove(&order);
                }
            }
            Need::Sale(sale) => {
                self.sales.remove(&sale);
            }
            Need::ClosedShift(shift) => {
                self.closed_shifts.remove(&shift);
            }
            Need::Subject(subject) => {
                self.subjects.remove(&subject);
            }
        }
    }

    /// What the store takes, by its own list or the default one of its currency. Empty before the store is configured.
    pub fn tender_types(&self) -> Vec<TenderType> {
        let default = || self.profile.as_ref().map(|profile| TenderType::defaults(profile.currency));
        self.tenders.clone().or_else(default).unwrap_or_default()
    }

    /// The orders whose goods are held until `at` or earlier, in an order of their own.
    pub fn reservations_due(&self, at: Timestamp) -> Vec<&Order> {
        let due = |order: &&Order| {
            order.holds_stock() && matches!(order.reservation, Reservation::Until(until) if until <= at)
        };
        let mut due: Vec<&Order> = self.orders.values().filter(due).collect();
        due.sort_by_key(|order| order.id);
        due
    }

    pub fn staff_by_number(&self, number: StaffNumber) -> Option<&Staff> {
        self.staff.values().find(|staff| staff.number == number)
    }

    /// What a role permits here, and how far. A role that nobody defined permits nothing.
    pub fn authority(&self, role: Role) -> Authority {
        // Amounts matter to tills only, and a till sells nothing before its store is configured.
        let currency = self.profile.as_ref().map_or(Currency::EUR, |profile| profile.currency);
        match role {
            Role::Own(number) => self
                .roles
                .get(&number)
                .map_or_else(|| Authority::none(currency), |defined| defined.authority.clone()),
            built_in => built_in.built_in(currency).unwrap_or_else(|| Authority::none(currency)),
        }
    }

    /// Whether people of this role may do it.
    pub fn may(&self, role: Role, permission: Permission) -> bool {
        self.authority(role).may(permission)
    }

    /// Who a customer is now: the one whom they were merged into, or they themselves. Everybody on the way must be held
    /// ([`Need::Subject`]).
    pub fn who_is(&self, subject: SubjectId) -> SubjectId {
        let mut now = subject;
        for _ in 0..MERGES_FOLLOWED_MAX {
            match self.subjects.get(&now).and_then(SubjectStanding::merged_into) {
                Some(into) => now = into,
                None => break,
            }
        }
        now
    }

    /// The group at whose prices a customer buys, as whoever they are now. The customer must be held ([`State::needs`]).
    pub fn price_group(&self, subject: SubjectId) -> Option<&Label> {
        self.subjects.get(&self.who_is(subject))?.price_group()
    }

    pub fn stock_level(&self, sku: &Sku) -> StockLevel {
        self.stock.get(sku).copied().unwrap_or_default()
    }

    /// Who has the order in hand now: nobody any more when that till is out of service or the shift is over.
    pub fn holder_of(&self, order: &Order) -> Option<Holder> {
        match order.custody {
            Custody::Held(holder) => self.at_work(holder),
            _ => None,
        }
    }

    /// The holder at the till that the shift is at now: what a shift has in hand goes with its drawer.
    fn at_work(&self, holder: Holder) -> Option<Holder> {
        let terminal = self.shifts.get(&holder.shift)?.terminal;
        let till = self.tills.get(&terminal)?;
        (till.standing == Standing::Enrolled).then_some(Holder { terminal, ..holder })
    }

    /// The open shift of a till.
    pub fn shift_of(&self, terminal: TerminalId) -> Option<&Shift> {
        self.shifts.get(&self.tills.get(&terminal)?.shift?)
    }
}
