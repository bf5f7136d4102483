//! What clerks want of card terminals and wallets.

use holdfast_domain::Action;
use holdfast_domain::attempt::{AskedTender, StartTender, TenderVerdict};
use holdfast_domain::bounded::DeviceName;
use holdfast_domain::ids::{AttemptId, OrderId, TransactionId};
use holdfast_domain::reconciliation::{LostDay, ReconcileDevice};
use holdfast_terminal::dice::Dice;

use super::{open_order, tender_code};
use crate::alphabet::TillMove;
use crate::model::{KnownSale, Model};
use crate::shop::{TERMINALS, eur, reason};

/// One of the moves at a device.
pub(super) fn at_a_device(model: &Model, till: usize, doing: TillMove, dice: &mut Dice) -> Option<Action> {
    let clerk = &model.clerks[till];
    Some(match doing {
        TillMove::StartTender => {
            let order = open_order(model, till, dice)?;
            let due = order.gross - order.paid - at_devices(model, order.id);
            let part = if dice.permille(300) { due / 2 } else { due };
            // Now and then for too much.
            let amount = eur(if dice.permille(40) { due + 100 } else { part.max(1) });
            let code = tender_code(if dice.permille(250) { "wallet" } else { "terminal" });
            let device = dice.permille(400).then(|| {
                let names = TERMINALS.map(|(name, ..)| name);
                DeviceName::new(dice.pick(&names).unwrap_or(&"left")).expect("a short name")
            });
            let tip = dice.permille(60).then(|| eur(amount.minor() / 10));
            Action::StartTender(StartTender {
                epoch: clerk.epoch,
                asked: AskedTender::Pay { order: order.id, code },
                amount,
                tip: tip.filter(|tip| tip.is_positive()),
                device,
            })
        }
        TillMove::StartRefund => {
            let paid = |sale: &&KnownSale| !sale.electronic.is_empty() && !sale.touched;
            let sales: Vec<&KnownSale> = model.sales.iter().filter(paid).collect();
            let sale = *dice.pick(&sales)?;
            let (original, minor) = *dice.pick(&sale.electronic)?;
            let asked = AskedTender::Refund { sale: TransactionId(sale.transaction), original };
            Action::StartTender(StartTender {
                epoch: clerk.epoch,
                asked,
                amount: eur(minor),
                tip: None,
                device: None,
            })
        }
        TillMove::AbortTender => Action::AbortTender { attempt: some_attempt(model, till, dice)? },
        TillMove::ResolveTender => Action::ResolveTender {
            attempt: match model.doubted.last() {
                Some(doubted) if dice.permille(900) => *doubted,
                _ => some_attempt(model, till, dice)?,
            },
            verdict: match dice.below(4) {
                0 => TenderVerdict::Charged,
                1 => TenderVerdict::NotCharged,
                _ => TenderVerdict::GivenBack,
            },
            reason: reason("the terminal's slip"),
        },
        TillMove::Reconcile => {
            let names = TERMINALS.map(|(name, ..)| name);
            let device = DeviceName::new(dice.pick(&names).unwrap_or(&"left")).expect("a short name");
            // Whether an answer was lost, the clerk hears when the hub refuses; whoever looks finds out, rightly or not.
            let lost = model
                .lost_days
                .contains(&device)
                .then(|| if dice.permille(700) { LostDay::Ended } else { LostDay::GoesOn });
            Action::ReconcileDevice(ReconcileDevice { epoch: clerk.epoch, device, lost })
        }
        _ => Action::GiveBackTender {
            attempt: some_attempt(model, till, dice)?,
            reason: reason("changed mind"),
        },
    })
}

/// What devices were asked for an order.
pub(super) fn at_devices(model: &Model, order: OrderId) -> i64 {
    let asked = model.attempts.iter().filter(|attempt| attempt.order == Some(order));
    asked.map(|attempt| attempt.minor).sum()
}

/// Mostly the last at this till.
fn some_attempt(model: &Model, till: usize, dice: &mut Dice) -> Option<AttemptId> {
    let mine: Vec<AttemptId> =
        model.attempts.iter().filter(|attempt| attempt.till == till).map(|attempt| attempt.id).collect();
    if dice.permille(600) { mine.last().copied() } else { dice.pick(&mine).copied() }
}
