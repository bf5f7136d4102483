//! The end of a device's day: asked for once, and told to the ledger until it has heard. An answer that is lost is not asked
//! for again, because a day that is ended twice counts nothing the second time.

use std::sync::Arc;

use holdfast_devices::payment::{Fault, Totals};
use holdfast_domain::bounded::{CardWord, Label, PoiReference};
use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::ReconciliationId;
use holdfast_domain::reconciliation::{DeviceCount, add_scheme};
use holdfast_money::Currency;
use holdfast_planted::{Bug, is_planted};
use tokio::time::timeout;

use super::attempt::LEDGER_AGAIN;
use super::{PaymentSetup, words};
use crate::house::House;
use crate::ledger::{LedgerError, LedgerHandle};

/// Asks the device, unless an actor before this one may have (`before`), and tells the ledger what became of it.
pub(super) async fn carry_out(house: &Arc<House>, setup: &PaymentSetup, id: ReconciliationId, before: bool) {
    let ledger = LedgerHandle { house: Arc::clone(house) };
    let count = match before && !is_planted(Bug::DayEndedTwice) {
        // The hub stopped while the device was asked, or just before.
        true => DeviceCount::Unknown { cause: Label::new("HF-ACT-008").expect("a code is a name") },
        false => ask(house, setup).await,
    };
    loop {
        let command = HubCommand::SettleReconciliation { reconciliation: id, count: count.clone() };
        match ledger.hub_command(command).await {
            Ok(_) => return,
            Err(LedgerError::Refused(refusal)) => {
                tracing::info!(code = refusal.code(), device = %setup.device.name, "an end of day changed nothing");
                return;
            }
            Err(_) => tokio::time::sleep(LEDGER_AGAIN).await,
        }
    }
}

async fn ask(house: &House, setup: &PaymentSetup) -> DeviceCount {
    if !setup.driver.capabilities().totals {
        return DeviceCount::NoTotals;
    }
    let mut currency = None;
    house.store.with_state(&mut |state| currency = state.profile.as_ref().map(|profile| profile.currency));
    let fault = match timeout(setup.patience.carry_out, setup.driver.reconcile()).await {
        Ok(Ok(totals)) => match currency.and_then(|currency| counted(&totals, currency)) {
            Some(count) => return count,
            None => Fault::Garbled {
                device: setup.device.name.to_string(),
                during: "the end of day",
                what: "its sums are in another currency than the store's".to_owned(),
            },
        },
        Ok(Err(fault)) => fault,
        Err(_) => Fault::Silent { device: setup.device.name.to_string(), during: "the end of day" },
    };
    tracing::warn!(code = fault.code(), device = %setup.device.name, "a payment device did not say what it counted");
    let cause = words::cause(&fault);
    match fault {
        // Nothing was asked for, or the device said that it does not begin.
        Fault::Unreachable { .. }
        | Fault::InProgress { .. }
        | Fault::NotCapable { .. }
        | Fault::Resting { .. } => DeviceCount::NotEnded { cause },
        Fault::Disconnected { .. }
        | Fault::Silent { .. }
        | Fault::Garbled { .. }
        | Fault::Foreign { .. }
        | Fault::NotTrusted { .. }
        | Fault::CannotSay { .. }
            if is_planted(Bug::DayEndedTwice) =>
        {
            Box::pin(ask(house, setup)).await
        }
        Fault::Disconnected { .. }
        | Fault::Silent { .. }
        | Fault::Garbled { .. }
        | Fault::Foreign { .. }
        | Fault::NotTrusted { .. }
        | Fault::CannotSay { .. } => DeviceCount::Unknown { cause },
    }
}

/// The ledger's form of what a device counted. None where it is in another currency.
fn counted(totals: &Totals, currency: Currency) -> Option<DeviceCount> {
    let mut lines = Vec::new();
    for line in &totals.lines {
        if line.net.currency() != currency {
            return None;
        }
        let scheme = CardWord::new(&line.scheme).ok();
        add_scheme(&mut lines, scheme.as_ref(), line.count, line.net);
    }
    let reference = totals.reference.as_deref().and_then(|reference| PoiReference::new(reference).ok());
    Some(DeviceCount::Ended { reference, lines })
}
