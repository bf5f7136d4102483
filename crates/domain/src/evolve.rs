//! Folding events into the state. Total: an event that was written is true, whatever it says; what contradicts an
//! invariant is counted, never refused.

mod attempts;
mod days;
mod orders;
mod reconciliation;
mod stock;
mod value;

use std::collections::BTreeSet;

use holdfast_money::Money;

use self::orders::holder;
use crate::bounded::{CouponCode, DeviceName, Sku, ValueNumber};
use crate::calendar::{BusinessDate, Timestamp};
use crate::cash::CashFlow;
use crate::drawer::DrawerMovement;
use crate::event::{Event, ReturnSource, Stamp, VoidNumberReason};
use crate::ids::{AttemptId, OrderId, ShiftId, StaffId, SubjectId, TerminalId, TransactionId};
use crate::invariant::Violation;
use crate::order::{Asked, Channel, Custody, Order, OrderState, OrderTerms, Reservation};
use crate::receipt::{ReceiptNumber, Series};
use crate::shift::{Mode, Shift, ShiftFigures};
use crate::staff::Staff;
use crate::state::{EpochLine, State};
use crate::stock::{Account, Counted, OpenCount};
use crate::subject::SubjectStanding;
use crate::tax::TaxTotal;
use crate::tender::{Payment, add_balances, add_payment};
use crate::till::{LastNumbers, SKIPPED_KEPT_MAX, Standing, Till};
use crate::value::ValueFlow;

/// The entries of the state that events touched: what a materialised copy must write again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Epoch, store, profile, catalog version, last Z number, roles, the count under way.
    pub store: bool,
    pub tills: BTreeSet<TerminalId>,
    pub staff: BTreeSet<StaffId>,
    pub shifts: BTreeSet<ShiftId>,
    pub orders: BTreeSet<OrderId>,
    pub sales: BTreeSet<TransactionId>,
    pub stock: BTreeSet<Sku>,
    /// Products of the count under way, or of one that has just ended.
    pub counted: BTreeSet<Sku>,
    pub coupons: BTreeSet<CouponCode>,
    pub values: BTreeSet<ValueNumber>,
    pub issues: BTreeSet<TransactionId>,
    pub documents: BTreeSet<TransactionId>,
    pub days: BTreeSet<BusinessDate>,
    /// Closed shifts whose declarations are kept, by the number of their Z.
    pub zs: BTreeSet<u32>,
    pub subjects: BTreeSet<SubjectId>,
    pub attempts: BTreeSet<AttemptId>,
    pub device_days: BTreeSet<DeviceName>,
    pub violations: Vec<Violation>,
}

impl Changes {
    /// As if everything that `state` holds had been touched.
    pub fn everything(state: &State) -> Self {
        Self {
            store: true,
            tills: state.tills.keys().copied().collect(),
            staff: state.staff.keys().copied().collect(),
            shifts: state.shifts.keys().chain(&state.closed_shifts).copied().collect(),
            orders: state.orders.keys().copied().collect(),
            sales: state.sales.keys().copied().collect(),
            stock: state.stock.keys().cloned().collect(),
            counted: state.counted.keys().cloned().collect(),
            coupons: state.coupons.keys().cloned().collect(),
            values: state.values.keys().cloned().collect(),
            issues: state.issues.keys().copied().collect(),
            documents: state.documents.clone(),
            days: state.days.keys().copied().collect(),
            zs: state.zs.keys().copied().collect(),
            subjects: state.subjects.keys().copied().collect(),
            attempts: state.attempts.keys().copied().collect(),
            device_days: state.device_days.keys().cloned().collect(),
            violations: Vec::new(),
        }
    }
}

impl State {
    /// Folds all events of one record.
    pub fn evolve_all(&mut self, recorded_at: Timestamp, events: &[Event], changes: &mut Changes) {
        for event in events {
            self.evolve(recorded_at, event, changes);
        }
    }

    /// Folds one event.
    pub fn evolve(&mut self, recorded_at: Timestamp, event: &Event, changes: &mut Changes) {
        match event {
            Event::EpochOpened { epoch, store, parent, .. } => {
                self.epoch = Some(*epoch);
                self.epochs.push(EpochLine { epoch: *epoch, parent: *parent });
                self.store = Some(*store);
                changes.store = true;
                self.doubt_what_was_begun(changes);
            }
            Event::StoreConfigured { profile } => {
                self.profile = Some((**profile).clone());
                changes.store = true;
            }
            Event::TendersConfigured { types } => {
                self.tenders = Some(types.clone());
                changes.store = true;
            }
            Event::CatalogActivated { version, content_hash, .. } => {
                self.catalog_version = *version;
                self.catalog_hash = Some(*content_hash);
                changes.store = true;
            }
            Event::StaffRegistered { staff, number, role } => {
                self.staff.insert(*staff, Staff { id: *staff, number: *number, role: *role });
                changes.staff.insert(*staff);
            }
            Event::TerminalEnrolled { terminal, number, name, secret_hash } => {
                let kept = self.tills.get(terminal).cloned();
                let till = Till {
                    terminal: *terminal,
                    number: *number,
                    name: name.clone(),
                    secret_hash: *secret_hash,
                    standing: Standing::Enrolled,
                    operator: kept.as_ref().and_then(|t| t.operator),
                    locked: kept.as_ref().is_some_and(|t| t.locked),
                    shift: kept.as_ref().and_then(|t| t.shift),
                    numbers: kept.as_ref().map_or_else(LastNumbers::default, |t| t.numbers),
                    skipped: kept.map(|t| t.skipped).unwrap_or_default(),
                };
                self.tills.insert(*terminal, till);
                changes.tills.insert(*terminal);
            }
            Event::TerminalRevoked { terminal } => {
                self.till(*terminal, changes, |till| till.standing = Standing::Revoked);
            }
            Event::SignedOn { terminal, staff, .. } => {
                self.till(*terminal, changes, |till| {
                    till.operator = Some(*staff);
                    till.locked = false;
                });
            }
            Event::SignedOff { terminal, .. } => {
                self.till(*terminal, changes, |till| till.operator = None);
            }
            Event::ShiftOpened { stamp, float } => self.open_shift(recorded_at, stamp, *float, changes),
            Event::ShiftClosed { stamp, z_number, figures, .. } => {
                self.shifts.remove(&stamp.shift);
                self.closed_shifts.insert(stamp.shift);
                self.forget_issues(stamp.shift, changes);
                self.forget_attempts(stamp.shift, changes);
                changes.shifts.insert(stamp.shift);
                self.till(stamp.terminal, changes, |till| till.shift = None);
                if stamp.mode == Mode::Live {
                    self.last_z = self.last_z.max(*z_number);
                    changes.store = true;
                    self.documents.insert(stamp.shift.document());
                    changes.documents.insert(stamp.shift.document());
                }
                self.gather_shift(stamp, *z_number, figures, changes);
            }
            Event::OrderPlaced { stamp, order, channel, customer, basis, lines, totals } => {
                self.reserve(stamp.mode, lines, changes);
                let placed = Order {
                    id: *order,
                    state: OrderState::Placed,
                    placed: *stamp,
                    recorded_at,
                    channel: *channel,
                    customer: *customer,
                    basis: *basis,
                    lines: lines.clone(),
                    paid: Money::zero(totals.gross.currency()),
                    tenders: Vec::new(),
                    totals: totals.clone(),
                    revision: 1,
                    reservation: Reservation::Held,
                    terms: OrderTerms::default(),
                    custody: match channel {
                        Channel::Counter => Custody::Held(holder(recorded_at, stamp)),
                        Channel::NotInHand => Custody::Free,
                    },
                    asked: Asked::default(),
                    age_checked: None,
                };
                self.orders.insert(*order, placed);
                changes.orders.insert(*order);
            }
            Event::OrderCancelled { stamp, receipt, order, .. } => {
                self.number_used(stamp.terminal, *receipt, changes);
                if let Some(cancelled) = self.advance(*order, OrderState::Cancelled, changes) {
                    if cancelled.holds_stock() {
                        self.release(cancelled.placed.mode, &cancelled.lines, changes);
                    }
                    if cancelled.placed.mode == Mode::Live {
                        self.give_back_coupons(cancelled.terms.coupons, changes);
                    }
                }
                self.figures(stamp.shift, changes, |f| f.cancelled += 1);
            }
            Event::BasketAbandoned { stamp, receipt, .. } => {
                self.number_used(stamp.terminal, *receipt, changes);
                self.figures(stamp.shift, changes, |f| f.cancelled += 1);
            }
            Event::DepositTaken { stamp, transaction, receipt, order, payment } => {
                self.number_used(stamp.terminal, *receipt, changes);
                self.advance(*order, OrderState::PartlyPaid, changes);
                if let Some(order) = self.orders.get_mut(order) {
                    order.paid += payment.due;
                    add_balances(&mut order.tenders, payment);
                }
                self.settle(stamp.shift, payment, changes, |f| f.deposits += payment.due);
                self.documents.insert(*transaction);
                changes.documents.insert(*transaction);
            }
            Event::SaleCompleted { stamp, transaction, receipt, order, basis, totals, taxes, payment } => {
                self.number_used(stamp.terminal, *receipt, changes);
                self.complete_sale(stamp, *transaction, *receipt, *order, *basis, payment, changes);
                self.settle(stamp.shift, payment, changes, |f| {
                    f.sales += 1;
                    f.gross += totals.gross;
                    f.net += totals.net;
                    f.discount += totals.discount;
                    f.deposits -= totals.gross - payment.due;
                    add_taxes(f, taxes, false);
                });
                self.documents.insert(*transaction);
                changes.documents.insert(*transaction);
            }
            Event::OrderFulfilled { order, .. } => {
                self.advance(*order, OrderState::Fulfilled, changes);
            }
            Event::GoodsReturned {
                stamp,
                transaction,
                receipt,
                source,
                lines,
                totals,
                taxes,
                payment,
                ..
            } => {
                self.number_used(stamp.terminal, *receipt, changes);
                for returned in lines {
                    self.take_back(stamp.mode, &returned.line, changes);
                }
                if let ReturnSource::Receipt { original } = source {
                    self.count_return(*original, lines, totals.gross, payment, changes);
                }
                self.settle(stamp.shift, payment, changes, |f| {
                    f.returns += 1;
                    give_back(f, totals, taxes);
                });
                self.documents.insert(*transaction);
                changes.documents.insert(*transaction);
            }
            Event::SalePostVoided {
                stamp, transaction, receipt, original, totals, taxes, payment, ..
            } => {
                self.number_used(stamp.terminal, *receipt, changes);
                let lines = self.void_sale(*original, *transaction, payment, changes);
                for line in &lines {
                    self.take_back(stamp.mode, line, changes);
                }
                self.settle(stamp.shift, payment, changes, |f| {
                    f.post_voids += 1;
                    give_back(f, totals, taxes);
                });
                self.documents.insert(*transaction);
                changes.documents.insert(*transaction);
            }
            Event::StockAdjusted { changes: adjusted, .. } => {
                for change in adjusted {
                    self.post(&change.sku, Account::Adjustment, Account::OnHand, change.quantity, changes);
                }
            }
            Event::StockWentNegative { .. }
            | Event::StockRanLow { .. }
            | Event::SoldAfterExpiry { .. }
            | Event::SignedOnAlone { .. }
            | Event::ClockStepped { .. } => {}
            Event::ReservationLimited { order, until, .. } => {
                self.reservation(*order, Reservation::Until(*until), changes);
            }
            Event::ReservationExpired { order, .. } => {
                if let Some(before) = self.reservation(*order, Reservation::Expired, changes)
                    && before.holds_stock()
                {
                    self.release(before.placed.mode, &before.lines, changes);
                }
            }
            Event::ReceiptNumberVoided { terminal, number, reason } => {
                self.number_used(*terminal, *number, changes);
                if (number.series, *reason) == (Series::Island, VoidNumberReason::SkippedByTill) {
                    self.till(*terminal, changes, |till| {
                        till.skipped.insert(number.number);
                        while till.skipped.len() > SKIPPED_KEPT_MAX {
                            till.skipped.pop_first();
                        }
                    });
                }
            }
            Event::ReceiptAliased { terminal, transaction, alias, .. } => {
                self.number_used(*terminal, *alias, changes);
                changes.sales.insert(*transaction);
                match self.sales.get_mut(transaction) {
                    Some(sale) => sale.alias = Some(*alias),
                    None => changes.violations.push(Violation::SaleMissing),
                }
            }
            // Its paper is the till's, and nothing waits for it here.
            Event::SoldAlone { transaction, .. } => {
                self.documents.remove(transaction);
                changes.documents.insert(*transaction);
            }
            Event::DocumentSettled { transaction, .. } => {
                self.documents.remove(transaction);
                changes.documents.insert(*transaction);
            }
            Event::SubjectRegistered { subject, .. } => self.register(*subject, changes),
            Event::SubjectErased { subject, .. } => {
                self.subjects.insert(*subject, SubjectStanding::Erased);
                changes.subjects.insert(*subject);
            }
            Event::SubjectMerged { subject, into, .. } => {
                self.stand(*subject, SubjectStanding::MergedInto(*into), changes);
                self.pass_accounts(*subject, *into, changes);
                // Whoever asks for the one must see the other until both are read from the disk.
                changes.subjects.insert(*into);
            }
            Event::SubjectGrouped { subject, group, .. } => {
                let standing = group.clone().map_or(SubjectStanding::Registered, SubjectStanding::InGroup);
                self.stand(*subject, standing, changes);
            }
            Event::CashMoved { stamp, transaction, receipt, movement, amount, .. } => {
                self.number_used(stamp.terminal, *receipt, changes);
                self.shift(stamp.shift, changes, |shift| {
                    shift.figures.cash_expected += movement.payment(*amount).cash();
                    shift.cash.add(*movement, *amount);
                });
                self.documents.insert(*transaction);
                changes.documents.insert(*transaction);
            }
            Event::DrawerOpened { stamp, .. } => {
                self.shift(stamp.shift, changes, |shift| shift.cash.no_sales += 1);
            }
            Event::OverrideApproved { .. }
            | Event::OrdersCarriedOver { .. }
            | Event::ValueReported { .. }
            | Event::AccountsReported { .. }
            | Event::TipsReported { .. }
            | Event::CatalogAmended { .. }
            | Event::StaffAdded { .. }
            | Event::GoodsExchanged { .. }
            | Event::TenderAbortAsked { .. }
            | Event::TendersCarriedOver { .. }
            | Event::DevicesCarriedOver { .. } => {}
            Event::PaymentDevicesConfigured { devices } => {
                self.devices = devices.clone();
                changes.store = true;
                self.forget_device_days(changes);
            }
            Event::OfflineLimitsSet { limits } => {
                self.offline_limits.clone_from(limits);
                changes.store = true;
            }
            Event::DrawerMoved { drawer, movement, .. } => {
                match movement {
                    DrawerMovement::Opened { .. } => self.open_drawers.insert(drawer.clone()),
                    DrawerMovement::Closed => self.open_drawers.remove(drawer),
                };
                changes.store = true;
            }
            Event::TenderApprovedOffline { attempt, amount, beyond } => {
                self.approved_offline(recorded_at, *attempt, *amount, *beyond, changes);
            }
            Event::DeviceReconciliationAsked { reconciliation, device, lost, .. } => {
                self.ask_device_day(recorded_at, device, *reconciliation, *lost, changes);
            }
            Event::DeviceReconciled { device, reconciliation } => {
                self.end_device_day(device, reconciliation, changes);
            }
            Event::TenderStarted { .. }
            | Event::TenderSent { .. }
            | Event::TenderApproved { .. }
            | Event::TenderDeclined { .. }
            | Event::TenderInDoubt { .. }
            | Event::TenderResolved { .. }
            | Event::TenderReleased { .. }
            | Event::TenderTaken { .. }
            | Event::TenderUnclaimed { .. } => self.attempt(event, changes),
            Event::CashReported { stamp, cash, .. } => {
                self.gather(stamp, changes, |day| day.add_cash(cash));
            }
            Event::TendersReported { stamp, z_number, tenders } => {
                self.gather_tenders(stamp, *z_number, tenders, changes);
            }
            Event::DayClosed { document, day, number, part, figures, .. } => {
                self.close_day(*day, figures, *part, changes);
                self.last_day_z = self.last_day_z.max(*number);
                changes.store = true;
                self.documents.insert(*document);
                changes.documents.insert(*document);
            }
            Event::ShiftCorrected { stamp, document, number, z_number, before, after, .. } => {
                self.correct(stamp, *z_number, before, after, changes);
                self.last_correction = self.last_correction.max(*number);
                changes.store = true;
                self.documents.insert(*document);
                changes.documents.insert(*document);
            }
            Event::ShiftMoved { stamp, from, to, .. } => self.move_shift(stamp, *from, *to, changes),
            Event::TillLocked { terminal, .. } => {
                self.till(*terminal, changes, |till| till.locked = true);
            }
            Event::CountStarted { stamp, count, scope } => {
                self.count = Some(OpenCount { id: *count, scope: scope.clone(), started: *stamp });
                self.forget_counted(changes);
            }
            Event::ProductCounted { sku, found, book, .. } => {
                self.counted.insert(sku.clone(), Counted { found: *found, book: *book });
                changes.counted.insert(sku.clone());
            }
            Event::CountFinished { .. } | Event::CountCancelled { .. } => {
                self.count = None;
                self.forget_counted(changes);
            }
            Event::ReorderLevelSet { sku, level, .. } => {
                self.stock.entry(sku.clone()).or_default().reorder_level = *level;
                changes.stock.insert(sku.clone());
            }
            Event::RoleDefined { role } => {
                self.roles.insert(role.number, (**role).clone());
                changes.store = true;
            }
            Event::OrderTermsSet { order, terms } => self.set_terms(*order, terms, changes),
            Event::OrderAskedFor { order, asked } => {
                self.order(*order, changes, |order| order.asked = (**asked).clone());
            }
            Event::AgeChecked { order, age, .. } => {
                self.order(*order, changes, |order| order.age_checked = order.age_checked.max(Some(*age)));
            }
            Event::TaxesConfigured { table } => {
                self.taxes = Some((**table).clone());
                changes.store = true;
            }
            Event::OrderParked { stamp, order, revision, label } => {
                let (label, by) = (label.clone(), holder(recorded_at, stamp));
                self.hand_on(*order, *revision, Custody::Parked { label, by }, changes);
            }
            Event::OrderEdited { order, revision, customer, lines, totals, .. } => {
                self.edit(*order, *revision, *customer, lines, totals, changes);
            }
            Event::CopyPrinted { document, original, copy, .. } => {
                changes.sales.insert(*original);
                match self.sales.get_mut(original) {
                    Some(sale) => sale.copies = sale.copies.max(*copy),
                    None => changes.violations.push(Violation::SaleMissing),
                }
                self.documents.insert(*document);
                changes.documents.insert(*document);
            }
            Event::OrderRetrieved { stamp, order, revision, .. } => {
                let custody = Custody::Held(holder(recorded_at, stamp));
                self.hand_on(*order, *revision, custody, changes);
            }
            Event::ValueIssued { stamp, transaction, receipt, account, kind, amount, payment } => {
                self.number_used(stamp.terminal, *receipt, changes);
                self.settle(stamp.shift, payment, changes, |_| {});
                self.issue_value(stamp, *transaction, account, *kind, *amount, payment, changes);
                self.documents.insert(*transaction);
                changes.documents.insert(*transaction);
            }
            Event::ValueIssueVoided {
                stamp,
                transaction,
                receipt,
                original,
                account,
                amount,
                payment,
                ..
            } => {
                self.number_used(stamp.terminal, *receipt, changes);
                self.settle(stamp.shift, payment, changes, |_| {});
                self.void_issue(stamp, *original, account, *amount, changes);
                self.documents.insert(*transaction);
                changes.documents.insert(*transaction);
            }
            Event::ValueRedeemed { stamp, account, amount, .. } => {
                self.redeem_value(stamp, account, *amount, changes);
            }
            Event::ValueRefunded { stamp, account, kind, amount, .. } => {
                self.refund_value(stamp, account, *kind, *amount, changes);
            }
            Event::ValueStandingSet { account, standing, .. } => {
                self.value(account, changes, |account| account.standing = *standing);
            }
            Event::AccountSet { stamp, account, terms } => self.set_account(stamp, account, *terms, changes),
            Event::TipTaken { stamp, transaction, tenders, .. } => {
                changes.sales.insert(*transaction);
                match self.sales.get_mut(transaction) {
                    Some(sale) => sale.tips.clone_from(tenders),
                    None => changes.violations.push(Violation::SaleMissing),
                }
                self.tip(stamp.shift, stamp.operator, tenders, changes);
            }
            Event::TipReturned { stamp, staff, tenders, .. } => {
                self.tip(stamp.shift, *staff, tenders, changes);
            }
        }
    }

    fn register(&mut self, subject: SubjectId, changes: &mut Changes) {
        match self.subjects.get(&subject) {
            Some(SubjectStanding::InGroup(_)) => drop(changes.subjects.insert(subject)),
            _ => self.stand(subject, SubjectStanding::Registered, changes),
        }
    }

    /// Erased and merged are for ever, whatever follows; only what was merged can still be erased.
    fn stand(&mut self, subject: SubjectId, standing: SubjectStanding, changes: &mut Changes) {
        match self.subjects.get(&subject) {
            Some(SubjectStanding::Erased | SubjectStanding::MergedInto(_)) => {
                changes.violations.push(Violation::ErasedSubjectReturned);
            }
            _ => drop(self.subjects.insert(subject, standing)),
        }
        changes.subjects.insert(subject);
    }

    fn open_shift(&mut self, recorded_at: Timestamp, stamp: &Stamp, float: Money, changes: &mut Changes) {
        let shift = Shift {
            id: stamp.shift,
            terminal: stamp.terminal,
            opened_by: stamp.operator,
            opened_at: recorded_at,
            business_date: stamp.business_date,
            mode: stamp.mode,
            float,
            figures: ShiftFigures::new(float),
            cash: CashFlow::none(float),
            tenders: Vec::new(),
            value: ValueFlow::none(float),
            accounts: ValueFlow::none(float),
            tips: Vec::new(),
        };
        self.shifts.insert(stamp.shift, shift);
        changes.shifts.insert(stamp.shift);
        self.till(stamp.terminal, changes, |till| till.shift = Some(stamp.shift));
    }

    fn number_used(&mut self, terminal: TerminalId, number: ReceiptNumber, changes: &mut Changes) {
        let mut skipped = false;
        self.till(terminal, changes, |till| {
            let taken_up = number.series == Series::Island && till.skipped.remove(&number.number);
            skipped = !taken_up && number.number != till.numbers.of(number.series) + 1;
            till.numbers.set(number.series, number.number.max(till.numbers.of(number.series)));
        });
        if skipped {
            changes.violations.push(Violation::NumberSkipped);
        }
    }

    fn till(&mut self, terminal: TerminalId, changes: &mut Changes, change: impl FnOnce(&mut Till)) {
        match self.tills.get_mut(&terminal) {
            Some(till) => change(till),
            None => changes.violations.push(Violation::TillMissing),
        }
        changes.tills.insert(terminal);
    }

    fn figures(&mut self, shift: ShiftId, changes: &mut Changes, change: impl FnOnce(&mut ShiftFigures)) {
        self.shift(shift, changes, |shift| change(&mut shift.figures));
    }

    /// What a payment does to its shift, and whatever else its transaction does to the figures.
    fn settle(
        &mut self,
        shift: ShiftId,
        payment: &Payment,
        changes: &mut Changes,
        change: impl FnOnce(&mut ShiftFigures),
    ) {
        self.shift(shift, changes, |shift| {
            change(&mut shift.figures);
            shift.figures.rounding += payment.rounding;
            shift.figures.cash_expected += payment.cash();
            add_payment(&mut shift.tenders, payment);
        });
    }

    fn shift(&mut self, shift: ShiftId, changes: &mut Changes, change: impl FnOnce(&mut Shift)) {
        match self.shifts.get_mut(&shift) {
            Some(shift) => change(shift),
            None => changes.violations.push(Violation::ShiftMissing),
        }
        changes.shifts.insert(shift);
    }
}

fn give_back(figures: &mut ShiftFigures, totals: &crate::order::Totals, taxes: &[TaxTotal]) {
    figures.gross -= totals.gross;
    figures.net -= totals.net;
    figures.discount -= totals.discount;
    figures.returned += totals.gross;
    add_taxes(figures, taxes, true);
}

fn add_taxes(figures: &mut ShiftFigures, taxes: &[TaxTotal], reversed: bool) {
    for tax in taxes {
        let (net, amount) = if reversed { (-tax.net, -tax.tax) } else { (tax.net, tax.tax) };
        let signed = TaxTotal { code: tax.code.clone(), rate: tax.rate, net, tax: amount };
        crate::pricing::add_tax(&mut figures.taxes, &signed);
    }
}
