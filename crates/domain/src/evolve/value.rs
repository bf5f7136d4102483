//! Accounts of stored value, and what a shift adds to and takes off them.

use holdfast_money::Money;

use super::Changes;
use crate::bounded::ValueNumber;
use crate::event::Stamp;
use crate::ids::{ShiftId, StaffId, SubjectId, TransactionId};
use crate::invariant::Violation;
use crate::shift::add_tip;
use crate::state::State;
use crate::tender::{Payment, Tender, TenderKind, add_tips};
use crate::value::{AccountTerms, IssueFate, ValueAccount, ValueFlow, ValueIssue, ValueKind};

impl State {
    #[expect(clippy::too_many_arguments, reason = "the fields of one event, in its order")]
    pub(super) fn issue_value(
        &mut self,
        stamp: &Stamp,
        transaction: TransactionId,
        account: &ValueNumber,
        kind: ValueKind,
        amount: Money,
        payment: &Payment,
        changes: &mut Changes,
    ) {
        self.open_value(stamp, account, kind, amount);
        self.value(account, changes, |account| {
            account.issued += amount;
            account.balance += amount;
        });
        self.flow(stamp, account, changes, |flow| flow.issued += amount);
        let (account, payment) = (account.clone(), payment.clone());
        let issue = ValueIssue { account, shift: stamp.shift, payment, fate: IssueFate::Standing };
        self.issues.insert(transaction, issue);
        changes.issues.insert(transaction);
    }

    pub(super) fn void_issue(
        &mut self,
        stamp: &Stamp,
        original: TransactionId,
        account: &ValueNumber,
        amount: Money,
        changes: &mut Changes,
    ) {
        self.value(account, changes, |account| {
            account.issued -= amount;
            account.balance -= amount;
        });
        self.flow(stamp, account, changes, |flow| flow.voided += amount);
        match self.issues.get_mut(&original) {
            Some(issue) => issue.fate = IssueFate::PostVoided,
            None => changes.violations.push(Violation::ValueMissing),
        }
        changes.issues.insert(original);
    }

    pub(super) fn redeem_value(
        &mut self,
        stamp: &Stamp,
        account: &ValueNumber,
        amount: Money,
        changes: &mut Changes,
    ) {
        self.value(account, changes, |account| {
            account.redeemed += amount;
            account.balance -= amount;
        });
        self.flow(stamp, account, changes, |flow| flow.redeemed += amount);
    }

    pub(super) fn refund_value(
        &mut self,
        stamp: &Stamp,
        account: &ValueNumber,
        kind: ValueKind,
        amount: Money,
        changes: &mut Changes,
    ) {
        self.open_value(stamp, account, kind, amount);
        self.value(account, changes, |account| {
            account.refunded += amount;
            account.balance += amount;
        });
        self.flow(stamp, account, changes, |flow| flow.refunded += amount);
    }

    /// What the store owes and what it is owed are told apart.
    fn flow(
        &mut self,
        stamp: &Stamp,
        account: &ValueNumber,
        changes: &mut Changes,
        change: impl FnOnce(&mut ValueFlow),
    ) {
        let owed = self.values.get(account).is_some_and(|known| known.kind == ValueKind::CustomerAccount);
        self.shift(stamp.shift, changes, |shift| {
            change(if owed { &mut shift.accounts } else { &mut shift.value });
        });
    }

    pub(super) fn set_account(
        &mut self,
        stamp: &Stamp,
        account: &ValueNumber,
        terms: AccountTerms,
        changes: &mut Changes,
    ) {
        self.open_value(stamp, account, ValueKind::CustomerAccount, terms.limit);
        self.value(account, changes, |account| account.terms = Some(terms));
    }

    /// What one person owed under two names is one person's.
    pub(super) fn pass_accounts(&mut self, from: SubjectId, to: SubjectId, changes: &mut Changes) {
        for (number, account) in &mut self.values {
            if let Some(terms) = account.terms.as_mut().filter(|terms| terms.customer == from) {
                terms.customer = to;
                changes.values.insert(number.clone());
            }
        }
    }

    /// A tip is its tenders' and its owner's, and no figure of the sale knows of it.
    pub(super) fn tip(&mut self, shift: ShiftId, staff: StaffId, tenders: &[Tender], changes: &mut Changes) {
        self.shift(shift, changes, |shift| {
            for tip in tenders {
                if tip.kind == TenderKind::Cash {
                    shift.figures.cash_expected += tip.amount;
                }
                add_tip(&mut shift.tips, staff, tip.amount);
            }
            add_tips(&mut shift.tenders, tenders);
        });
    }

    fn open_value(&mut self, stamp: &Stamp, account: &ValueNumber, kind: ValueKind, like: Money) {
        let new = || ValueAccount::new(kind, stamp.mode, like);
        self.values.entry(account.clone()).or_insert_with(new);
    }

    pub(super) fn value(
        &mut self,
        account: &ValueNumber,
        changes: &mut Changes,
        change: impl FnOnce(&mut ValueAccount),
    ) {
        match self.values.get_mut(account) {
            Some(found) => {
                change(found);
                if !found.is_sound() {
                    changes.violations.push(Violation::ValueUnbalanced);
                }
            }
            None => changes.violations.push(Violation::ValueMissing),
        }
        changes.values.insert(account.clone());
    }

    /// What a shift issued cannot be post-voided once it is over.
    pub(super) fn forget_issues(&mut self, shift: ShiftId, changes: &mut Changes) {
        let over: Vec<TransactionId> =
            self.issues.iter().filter(|(_, issue)| issue.shift == shift).map(|(id, _)| *id).collect();
        for transaction in over {
            self.issues.remove(&transaction);
            changes.issues.insert(transaction);
        }
    }
}
