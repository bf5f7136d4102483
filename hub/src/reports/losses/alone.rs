//! What a till did alone and the shop's rules would not have let it.

use holdfast_domain::calendar::{BusinessDate, Timestamp};
use holdfast_domain::event::{Event, Stamp};
use holdfast_domain::island::IslandDifference;

use super::{Loss, LossKind};

/// Whether the events tell of what a till sold alone.
pub(super) fn are(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::SoldAlone { .. }))
}

/// One for each difference, with the sale's receipt.
pub(super) fn losses(
    seq: u64,
    recorded_at: Timestamp,
    stamp: &Stamp,
    event: &Event,
    events: &[Event],
) -> Vec<Loss> {
    let Event::SoldAlone { transaction, differs, .. } = event else { return Vec::new() };
    let receipt = events.iter().find_map(Event::transaction).map(|(_, receipt, _)| receipt);
    let loss = |differs: &IslandDifference| {
        let (amount_minor, what, reason) = words(differs);
        Loss {
            seq,
            recorded_at,
            business_date: stamp.business_date,
            kind: LossKind::SoldAlone,
            operator: Some(stamp.operator),
            approver: None,
            terminal: Some(stamp.terminal),
            transaction: Some(*transaction),
            receipt,
            amount_minor,
            what,
            reason,
        }
    };
    differs.iter().map(loss).collect()
}

/// Wrong PINs at a till that was alone. It is of the store's date on which the hub heard of it.
pub(super) fn sign_on(
    seq: u64,
    recorded_at: Timestamp,
    business_date: BusinessDate,
    event: &Event,
) -> Option<Loss> {
    let Event::SignedOnAlone { terminal, number, staff, failed_attempts, .. } = event else { return None };
    let loss = Loss {
        seq,
        recorded_at,
        business_date,
        kind: LossKind::FailedSignOn,
        operator: *staff,
        approver: None,
        terminal: Some(*terminal),
        transaction: None,
        receipt: None,
        amount_minor: None,
        what: format!("staff number {number}"),
        reason: format!("{failed_attempts} wrong PINs while the hub was not there"),
    };
    (*failed_attempts > 0).then_some(loss)
}

/// What it was worth where it has a worth, of what, and why.
fn words(differs: &IslandDifference) -> (Option<i64>, String, String) {
    match differs {
        IslandDifference::Price { charged, now: Some(now) } => {
            let less = *now - *charged;
            let reason = format!("{charged} was charged, it costs {now} now");
            (less.is_positive().then(|| less.minor()), "price".to_owned(), reason)
        }
        IslandDifference::Price { charged, now: None } => {
            (None, "price".to_owned(), format!("{charged} was charged for what cannot be sold so now"))
        }
        IslandDifference::BeyondRights { permission } => {
            (None, permission.name().to_owned(), format!("needs the permission to {permission}"))
        }
        IslandDifference::StrictBelowZero { sku, available } => {
            (None, sku.to_string(), format!("strict stock is {available} now"))
        }
        IslandDifference::CouponUsedUp { coupon } => {
            (None, coupon.to_string(), "the coupon had no use left".to_owned())
        }
        IslandDifference::ItemGone { sku } => {
            (None, sku.to_string(), "not in the catalog any more".to_owned())
        }
        IslandDifference::AgeNotChecked { sku, age } => {
            (None, sku.to_string(), format!("nobody made sure that the customer is {age}"))
        }
        IslandDifference::TenderNotTaken { code } => {
            (None, code.to_string(), "a till that is alone may not take this tender so".to_owned())
        }
        IslandDifference::CustomerLeftOut { .. } => {
            (None, "customer".to_owned(), "no such customer is registered".to_owned())
        }
    }
}
