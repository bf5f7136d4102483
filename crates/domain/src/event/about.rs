//! What is the same about every event: its name, its transaction, who did it and on which day.

use super::{Event, Stamp};
use crate::calendar::BusinessDate;
use crate::ids::TransactionId;
use crate::receipt::ReceiptNumber;

impl Event {
    /// The variant's name, as metrics, reports and CloudEvents types use it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EpochOpened { .. } => "epoch_opened",
            Self::StoreConfigured { .. } => "store_configured",
            Self::CatalogActivated { .. } => "catalog_activated",
            Self::StaffRegistered { .. } => "staff_registered",
            Self::TerminalEnrolled { .. } => "terminal_enrolled",
            Self::TerminalRevoked { .. } => "terminal_revoked",
            Self::SignedOn { .. } => "signed_on",
            Self::SignedOff { .. } => "signed_off",
            Self::ShiftOpened { .. } => "shift_opened",
            Self::ShiftClosed { .. } => "shift_closed",
            Self::OrderPlaced { .. } => "order_placed",
            Self::OrderCancelled { .. } => "order_cancelled",
            Self::BasketAbandoned { .. } => "basket_abandoned",
            Self::DepositTaken { .. } => "deposit_taken",
            Self::SaleCompleted { .. } => "sale_completed",
            Self::OrderFulfilled { .. } => "order_fulfilled",
            Self::GoodsReturned { .. } => "goods_returned",
            Self::SalePostVoided { .. } => "sale_post_voided",
            Self::StockAdjusted { .. } => "stock_adjusted",
            Self::StockWentNegative { .. } => "stock_went_negative",
            Self::ReceiptNumberVoided { .. } => "receipt_number_voided",
            Self::ClockStepped { .. } => "clock_stepped",
            Self::DocumentSettled { .. } => "document_settled",
            Self::SubjectRegistered { .. } => "subject_registered",
            Self::SubjectErased { .. } => "subject_erased",
            Self::CashMoved { .. } => "cash_moved",
            Self::DrawerOpened { .. } => "drawer_opened",
            Self::CashReported { .. } => "cash_reported",
            Self::RoleDefined { .. } => "role_defined",
            Self::OverrideApproved { .. } => "override_approved",
            Self::TendersConfigured { .. } => "tenders_configured",
            Self::TendersReported { .. } => "tenders_reported",
            Self::TillLocked { .. } => "till_locked",
            Self::CountStarted { .. } => "count_started",
            Self::ProductCounted { .. } => "product_counted",
            Self::CountFinished { .. } => "count_finished",
            Self::CountCancelled { .. } => "count_cancelled",
            Self::ReorderLevelSet { .. } => "reorder_level_set",
            Self::StockRanLow { .. } => "stock_ran_low",
            Self::ReservationLimited { .. } => "reservation_limited",
            Self::ReservationExpired { .. } => "reservation_expired",
            Self::SoldAfterExpiry { .. } => "sold_after_expiry",
            Self::SubjectGrouped { .. } => "subject_grouped",
            Self::OrderTermsSet { .. } => "order_terms_set",
            Self::TaxesConfigured { .. } => "taxes_configured",
            Self::OrderParked { .. } => "order_parked",
            Self::OrderRetrieved { .. } => "order_retrieved",
            Self::OrdersCarriedOver { .. } => "orders_carried_over",
            Self::CopyPrinted { .. } => "copy_printed",
            Self::OrderEdited { .. } => "order_edited",
            Self::OrderAskedFor { .. } => "order_asked_for",
            Self::AgeChecked { .. } => "age_checked",
            Self::GoodsExchanged { .. } => "goods_exchanged",
            Self::DayClosed { .. } => "day_closed",
            Self::ShiftCorrected { .. } => "shift_corrected",
            Self::ShiftMoved { .. } => "shift_moved",
            Self::ValueIssued { .. } => "value_issued",
            Self::ValueIssueVoided { .. } => "value_issue_voided",
            Self::ValueRedeemed { .. } => "value_redeemed",
            Self::ValueRefunded { .. } => "value_refunded",
            Self::ValueStandingSet { .. } => "value_standing_set",
            Self::ValueReported { .. } => "value_reported",
            Self::AccountSet { .. } => "account_set",
            Self::AccountsReported { .. } => "accounts_reported",
            Self::TipTaken { .. } => "tip_taken",
            Self::TipReturned { .. } => "tip_returned",
            Self::TipsReported { .. } => "tips_reported",
            Self::SubjectMerged { .. } => "subject_merged",
            Self::CatalogAmended { .. } => "catalog_amended",
            Self::StaffAdded { .. } => "staff_added",
            Self::PaymentDevicesConfigured { .. } => "payment_devices_configured",
            Self::TenderStarted { .. } => "tender_started",
            Self::TenderSent { .. } => "tender_sent",
            Self::TenderApproved { .. } => "tender_approved",
            Self::TenderDeclined { .. } => "tender_declined",
            Self::TenderInDoubt { .. } => "tender_in_doubt",
            Self::TenderAbortAsked { .. } => "tender_abort_asked",
            Self::TenderResolved { .. } => "tender_resolved",
            Self::TenderReleased { .. } => "tender_released",
            Self::TenderTaken { .. } => "tender_taken",
            Self::TenderUnclaimed { .. } => "tender_unclaimed",
            Self::TendersCarriedOver { .. } => "tenders_carried_over",
            Self::DeviceReconciliationAsked { .. } => "device_reconciliation_asked",
            Self::DeviceReconciled { .. } => "device_reconciled",
            Self::DevicesCarriedOver { .. } => "devices_carried_over",
            Self::OfflineLimitsSet { .. } => "offline_limits_set",
            Self::DrawerMoved { .. } => "drawer_moved",
            Self::SoldAlone { .. } => "sold_alone",
            Self::ReceiptAliased { .. } => "receipt_aliased",
            Self::SignedOnAlone { .. } => "signed_on_alone",
            Self::TenderApprovedOffline { .. } => "tender_approved_offline",
        }
    }

    /// The receipt number and transaction that the event brings into being, if it is a transaction.
    pub fn transaction(&self) -> Option<(TransactionId, ReceiptNumber, &Stamp)> {
        match self {
            Self::OrderCancelled { stamp, transaction, receipt, .. }
            | Self::BasketAbandoned { stamp, transaction, receipt, .. }
            | Self::DepositTaken { stamp, transaction, receipt, .. }
            | Self::SaleCompleted { stamp, transaction, receipt, .. }
            | Self::GoodsReturned { stamp, transaction, receipt, .. }
            | Self::SalePostVoided { stamp, transaction, receipt, .. }
            | Self::CashMoved { stamp, transaction, receipt, .. }
            | Self::ValueIssued { stamp, transaction, receipt, .. }
            | Self::ValueIssueVoided { stamp, transaction, receipt, .. } => {
                Some((*transaction, *receipt, stamp))
            }
            _ => None,
        }
    }

    /// Who did it, where and when, for everything that happens in a shift.
    pub fn stamp(&self) -> Option<&Stamp> {
        match self {
            Self::ShiftOpened { stamp, .. }
            | Self::ShiftClosed { stamp, .. }
            | Self::OrderPlaced { stamp, .. }
            | Self::OrderFulfilled { stamp, .. }
            | Self::StockAdjusted { stamp, .. }
            | Self::DrawerOpened { stamp, .. }
            | Self::CashReported { stamp, .. }
            | Self::OverrideApproved { stamp, .. }
            | Self::CountStarted { stamp, .. }
            | Self::ProductCounted { stamp, .. }
            | Self::CountFinished { stamp, .. }
            | Self::CountCancelled { stamp, .. }
            | Self::ReorderLevelSet { stamp, .. }
            | Self::ReservationLimited { stamp, .. }
            | Self::SoldAfterExpiry { stamp, .. }
            | Self::SoldAlone { stamp, .. }
            | Self::OrderParked { stamp, .. }
            | Self::OrderRetrieved { stamp, .. }
            | Self::OrdersCarriedOver { stamp, .. }
            | Self::CopyPrinted { stamp, .. }
            | Self::OrderEdited { stamp, .. }
            | Self::AgeChecked { stamp, .. }
            | Self::GoodsExchanged { stamp, .. }
            | Self::ShiftCorrected { stamp, .. }
            | Self::ShiftMoved { stamp, .. }
            | Self::ValueRedeemed { stamp, .. }
            | Self::ValueRefunded { stamp, .. }
            | Self::ValueStandingSet { stamp, .. }
            | Self::ValueReported { stamp, .. }
            | Self::AccountSet { stamp, .. }
            | Self::AccountsReported { stamp, .. }
            | Self::TipTaken { stamp, .. }
            | Self::TipReturned { stamp, .. }
            | Self::TipsReported { stamp, .. }
            | Self::TenderStarted { stamp, .. }
            | Self::TenderAbortAsked { stamp, .. }
            | Self::TenderResolved { stamp, .. }
            | Self::TenderReleased { stamp, .. }
            | Self::TendersCarriedOver { stamp, .. } => Some(stamp),
            other => other.transaction().map(|(_, _, stamp)| stamp),
        }
    }

    /// The business date that the event belongs to, if it belongs to one.
    pub fn business_date(&self) -> Option<BusinessDate> {
        match self {
            Self::DayClosed { day, .. } => Some(*day),
            other => other.stamp().map(|stamp| stamp.business_date),
        }
    }
}
