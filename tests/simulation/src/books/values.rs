//! Accounts that tenders draw on, and tips: what is money and no turnover.

use holdfast_domain::event::Stamp;
use holdfast_domain::ids::{ShiftId, StaffId};
use holdfast_domain::tender::{ElectronicTender, Tender, TenderKind};
use holdfast_domain::value::ValueFlow;

use super::Books;

impl Books {
    /// What a Z says of what accounts got and paid.
    pub(super) fn check_flow(&mut self, shift: ShiftId, owed: bool, told: &ValueFlow) {
        let held = self.value_flows.get(&(shift, owed)).copied().unwrap_or_default();
        let amounts = [&told.issued, &told.voided, &told.redeemed, &told.refunded];
        if self.one_history && held != amounts.map(|amount| amount.minor()) {
            self.wrong.push(format!("accounts of {shift} moved {held:?}, its Z says {told:?}"));
        }
    }

    /// Beside the payment: in the drawer or on the slip, and in no figure of the sale.
    pub(super) fn tip(&mut self, stamp: &Stamp, staff: StaffId, tenders: &[Tender]) -> i64 {
        let mut sum = 0;
        for tender in tenders {
            let minor = tender.amount.minor();
            sum += minor;
            match &tender.kind {
                TenderKind::Cash => self.cash(stamp.shift, stamp.mode, minor),
                TenderKind::Typed { code, .. } => {
                    *self.others.entry((stamp.shift, code.to_string())).or_default() += minor;
                }
                TenderKind::Electronic(of) => self.electronic(stamp.shift, of, minor),
            }
        }
        *self.tips.entry(stamp.shift).or_default().entry(staff).or_default() += sum;
        sum
    }

    /// What a transaction says that a device took.
    pub(super) fn electronic(&mut self, shift: ShiftId, of: &ElectronicTender, minor: i64) {
        *self.others.entry((shift, of.code.to_string())).or_default() += minor;
        self.tenders.taken(of.attempt, minor);
    }

    /// Money for stored value: what is paid is what the account gets.
    pub(super) fn issue(&mut self, shift: ShiftId, account: &str, minor: i64, due: i64) {
        if minor != due {
            self.wrong.push(format!("VAL-1: {due} was paid for {minor} of {account}"));
        }
        let owed = self.limits_owed.contains_key(account);
        self.value_flows.entry((shift, owed)).or_default()[usize::from(minor < 0)] += minor.abs();
        *self.told_values.entry(account.to_owned()).or_default() += minor;
        self.value(account, minor, false);
    }

    /// Stored value never goes below zero. A customer's account does, as far as its limit where something is bought on it:
    /// what is owed beyond a lowered limit stays owed, and a payment that was undone is owed again.
    pub(super) fn value(&mut self, account: &str, minor: i64, bought: bool) {
        let balance = self.values.entry(account.to_owned()).or_default();
        *balance += minor;
        let floor = match self.limits_owed.get(account) {
            None => Some(0),
            Some(limit) => (bought && minor < 0).then_some(-limit),
        };
        if floor.is_some_and(|floor| *balance < floor) {
            self.wrong.push(format!("VAL-1: {account} is at {balance}"));
        }
    }

    /// VAL-1: every tender of stored value is in the account that it names, once.
    pub fn check_values(&mut self) {
        if self.values != self.told_values {
            let (ours, told) = (&self.values, &self.told_values);
            self.wrong.push(format!("VAL-1: tenders leave {ours:?}, their events say {told:?}"));
        }
    }
}
