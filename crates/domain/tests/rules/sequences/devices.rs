//! Moves at card terminals and wallets, and what must be true of everything that devices ever took.

use std::collections::BTreeSet;

use holdfast_domain::attempt::{
    Approval, Attempt, AttemptStanding, DeclineReason, GivesBack, Purpose, TenderOutcome, TenderVerdict,
};
use holdfast_domain::bounded::{DeviceName, Label};
use holdfast_domain::calendar::Timestamp;
use holdfast_domain::command::HubCommand;
use holdfast_domain::exposure::OfflineSums;
use holdfast_domain::ids::AttemptId;
use holdfast_domain::reconciliation::{
    DeviceCount, LostDay, ReconciliationOutcome, SchemeLine, Unsettled, UnsettledReason,
};
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::PinVerdict;

use super::*;
use crate::electronic::{approval, start_refund, start_with};
use crate::settlement::{cause, counted, reconcile};

/// One thing that happens at a device or is asked of one.
#[derive(Debug, Clone)]
pub(super) enum DeviceMove {
    /// `far`: it goes on to leave, and to be in doubt or approved.
    Start {
        order: Index,
        percent: i64,
        wallet: bool,
        far: u8,
    },
    StartRefund {
        sale: Index,
        percent: i64,
    },
    /// The hub reads the device's mark and lets the attempt leave.
    Send(Index),
    Say {
        attempt: Index,
        word: u8,
        tip: i64,
    },
    Abort(Index),
    GiveBack(Index),
    Resolve {
        attempt: Index,
        verdict: u8,
    },
    /// A till pays an order with what devices took for it, and the rest in cash.
    Complete(Index),
    /// A customer brings back all of a sale, after its devices gave the money back.
    BringBackAll(Index),
    /// A device is asked to end its day, or says what became of that.
    Reconcile {
        wallet: bool,
        word: u8,
    },
}

pub(super) fn moves() -> impl Strategy<Value = DeviceMove> {
    let any = any::<Index>;
    prop_oneof![
        12 => (any(), 20..140i64, prop::bool::weighted(0.3), 0..5u8)
            .prop_map(|(order, percent, wallet, far)| DeviceMove::Start { order, percent, wallet, far }),
        2 => (any(), 20..120i64).prop_map(|(sale, percent)| DeviceMove::StartRefund { sale, percent }),
        8 => any().prop_map(DeviceMove::Send),
        12 => (any(), 0..8u8, 0..300i64).prop_map(|(attempt, word, tip)| DeviceMove::Say { attempt, word, tip }),
        1 => any().prop_map(DeviceMove::Abort),
        2 => any().prop_map(DeviceMove::GiveBack),
        6 => (any(), 0..3u8).prop_map(|(attempt, verdict)| DeviceMove::Resolve { attempt, verdict }),
        8 => any().prop_map(DeviceMove::Complete),
        3 => any().prop_map(DeviceMove::BringBackAll),
        3 => (prop::bool::ANY, 0..6u8).prop_map(|(wallet, word)| DeviceMove::Reconcile { wallet, word }),
    ]
}

pub(super) fn play(
    shop: &mut Shop,
    known: &mut Known,
    till: TerminalId,
    one: &DeviceMove,
) -> Result<(), Refusal> {
    let attempts: Vec<AttemptId> = shop
        .state
        .attempts
        .values()
        .filter(|attempt| !attempt.is_closed())
        .map(|attempt| attempt.id)
        .collect();
    let percent_of = |whole: Money, percent: i64| Decimal::new(whole.minor() * percent / 100, 2).to_string();
    let why = || reason("looked at the slip");
    let action = match one {
        DeviceMove::Start { order, percent, wallet, far } => {
            let open = |order: &&OrderId| shop.order(**order).state.holds_reservation();
            let open: Vec<OrderId> = known.orders.iter().filter(open).copied().collect();
            let Some(order) = pick(order, &open) else { return Ok(()) };
            let amount = percent_of(shop.order(order).open_amount(), *percent);
            let start = start_with(order, if *wallet { "wallet" } else { "terminal" }, &amount, None);
            let attempt = AttemptId(shop.ask(till, start)?.transaction.0);
            if *far > 0 {
                shop.send(attempt);
            }
            match far {
                2 | 3 => shop.doubt(attempt),
                4 => drop(shop.approve(attempt, &amount)),
                _ => {}
            }
            return Ok(());
        }
        DeviceMove::StartRefund { sale, percent } => {
            let Some(sale) = pick(sale, &known.sales) else { return Ok(()) };
            let Some((original, left)) = electronic(shop, sale) else { return Ok(()) };
            start_refund(sale, original, &percent_of(left, *percent))
        }
        DeviceMove::Send(index) => {
            let Some(attempt) = pick(index, &attempts) else { return Ok(()) };
            let mark = holdfast_domain::bounded::PoiMark::new("1").expect("a mark");
            return shop.hub(HubCommand::SendTender { attempt, mark }).map(drop);
        }
        DeviceMove::Say { attempt, word, tip } => {
            let Some(attempt) = pick(attempt, &attempts) else { return Ok(()) };
            let outcome = word_of(&shop.state.attempts[&attempt], *word, *tip, shop.now());
            return shop.hub(HubCommand::SettleTender { attempt, outcome }).map(drop);
        }
        DeviceMove::Abort(index) => {
            let Some(attempt) = pick(index, &attempts) else { return Ok(()) };
            Action::AbortTender { attempt }
        }
        DeviceMove::GiveBack(index) => {
            let Some(attempt) = pick(index, &attempts) else { return Ok(()) };
            Action::GiveBackTender { attempt, reason: why() }
        }
        DeviceMove::Resolve { attempt, verdict } => {
            let open = |attempt: &Attempt| {
                matches!(
                    attempt.standing,
                    AttemptStanding::InDoubt { .. }
                        | AttemptStanding::Disowned { .. }
                        | AttemptStanding::Unclaimed(_)
                )
            };
            let doubted: Vec<AttemptId> = shop
                .state
                .attempts
                .values()
                .filter(|attempt| open(attempt))
                .map(|attempt| attempt.id)
                .collect();
            let Some(attempt) = pick(attempt, &doubted) else { return Ok(()) };
            let verdict = [TenderVerdict::Charged, TenderVerdict::NotCharged, TenderVerdict::GivenBack]
                [usize::from(*verdict)];
            let action = Action::ResolveTender { attempt, verdict, reason: why() };
            return shop.ask_approved(till, action, MANAGER, PinVerdict::Correct).map(drop);
        }
        DeviceMove::Complete(index) => {
            let held = shop.state.attempts.values().filter(|attempt| attempt.approval().is_some());
            let orders: Vec<OrderId> = held.filter_map(Attempt::order).collect();
            let Some(order) = pick(index, &orders) else { return Ok(()) };
            let cash: &[&str] = if index.index(3) == 0 { &["50"] } else { &[] };
            known.sales.push(shop.ask(till, pay(order, cash, Settlement::Full))?.transaction);
            return Ok(());
        }
        DeviceMove::BringBackAll(index) => return bring_back_all(shop, known, till, index),
        DeviceMove::Reconcile { wallet, word } => {
            return end_day(shop, till, if *wallet { "wallet" } else { "lane-1" }, *word);
        }
    };
    shop.ask(till, action).map(drop)
}

fn word_of(attempt: &Attempt, word: u8, tip: i64, at: Timestamp) -> TenderOutcome {
    let amount = |money: Money| Decimal::new(money.minor(), 2).to_string();
    let approved = |approval| TenderOutcome::Approved(Box::new(approval));
    match word {
        0 => {
            let approval = Box::new(approval(&amount(attempt.amount)));
            TenderOutcome::ApprovedOffline { approval, at }
        }
        1..=3 => approved(approval(&amount(attempt.amount))),
        4 if attempt.amount.minor() > 1 => approved(approval(&amount(Money::from_minor(
            attempt.amount.minor() / 2,
            attempt.amount.currency(),
        )))),
        5 if matches!(attempt.purpose, Purpose::Sale { .. }) => {
            let tip = Money::from_minor(tip, attempt.amount.currency());
            approved(Approval { tip, ..approval(&amount(attempt.amount + tip)) })
        }
        6 => TenderOutcome::Declined(DeclineReason::Refusal),
        _ => TenderOutcome::InDoubt { cause: Label::new("HF-DEV-022").expect("a name") },
    }
}

/// Asks a device to end its day with a manager's word, or lets it say what became of that. Whoever looks after a lost answer
/// finds that the day goes on.
fn end_day(shop: &mut Shop, till: TerminalId, device: &str, word: u8) -> Result<(), Refusal> {
    let day = shop.state.device_days.get(&crate::electronic::name(device));
    if let Some(asked) = day.and_then(|day| day.asked) {
        let count = match word {
            0 => DeviceCount::NotEnded { cause: cause() },
            1 | 2 => DeviceCount::Unknown { cause: cause() },
            3 => DeviceCount::NoTotals,
            _ => counted(u32::from(word), "10"),
        };
        return shop.hub(HubCommand::SettleReconciliation { reconciliation: asked.id, count }).map(drop);
    }
    let lost = day.is_some_and(|day| day.lost.is_some()).then_some(LostDay::GoesOn);
    shop.ask_approved(till, reconcile(device, lost), MANAGER, PinVerdict::Correct).map(drop)
}

/// RCN-2, from the events alone: whatever moved at a device is in one day that ended, or in the one that goes on.
pub(super) fn audit_days(shop: &Shop) {
    let mut moved: BTreeMap<DeviceName, i64> = BTreeMap::new();
    let mut begun: BTreeMap<AttemptId, (DeviceName, i64)> = BTreeMap::new();
    let late = |listed: &[Unsettled]| {
        let late = listed.iter().filter(|one| one.why == UnsettledReason::FoundLate);
        late.map(|one| one.net.minor()).sum::<i64>()
    };
    let net = |lines: &[SchemeLine]| lines.iter().map(|line| line.net.minor()).sum::<i64>();
    for event in &shop.log {
        match event {
            Event::TenderStarted { stamp, attempt, purpose, device, .. } if stamp.mode == Mode::Live => {
                let sign = if matches!(purpose, Purpose::Sale { .. }) { 1 } else { -1 };
                begun.insert(*attempt, (device.clone(), sign));
            }
            Event::TenderApproved { attempt, approval } => {
                if let Some((device, sign)) = begun.get(attempt) {
                    *moved.entry(device.clone()).or_default() += sign * approval.amount.minor();
                }
            }
            Event::DeviceReconciled { device, reconciliation } => match reconciliation.outcome {
                ReconciliationOutcome::Ended { .. } | ReconciliationOutcome::NoTotals => {
                    *moved.entry(device.clone()).or_default() -=
                        net(&reconciliation.journal) + late(&reconciliation.unsettled);
                }
                ReconciliationOutcome::NotEnded { .. } | ReconciliationOutcome::Unknown { .. } => {}
            },
            _ => {}
        }
    }
    for (device, day) in &shop.state.device_days {
        let lost = day.lost.as_ref().map_or(0, |lost| net(&lost.sums.moved) + late(&lost.sums.listed));
        *moved.entry(device.clone()).or_default() -= net(&day.sums.moved) + late(&day.sums.listed) + lost;
    }
    assert!(moved.values().all(|left| *left == 0), "in no day, or in two: {moved:?}");
}

/// What a device approved by itself, as the events tell it.
#[derive(Default)]
struct Outstanding {
    now: BTreeMap<AttemptId, i64>,
    /// Before an end of day whose answer was lost.
    lost: BTreeMap<AttemptId, i64>,
    doubtful: BTreeSet<AttemptId>,
    doubtful_then: BTreeSet<AttemptId>,
}

/// EXP-1, from the events alone: what a device approved by itself is outstanding until its day ends, or until it is undone
/// there.
pub(super) fn audit_exposure(shop: &Shop) {
    let mut by_device: BTreeMap<DeviceName, Outstanding> = BTreeMap::new();
    let mut begun: BTreeMap<AttemptId, (DeviceName, &Purpose)> = BTreeMap::new();
    let mut in_doubt: BTreeSet<AttemptId> = BTreeSet::new();
    for event in &shop.log {
        match event {
            Event::TenderStarted { stamp, attempt, purpose, device, .. } if stamp.mode == Mode::Live => {
                begun.insert(*attempt, (device.clone(), purpose));
            }
            Event::TenderInDoubt { attempt, .. } => drop(in_doubt.insert(*attempt)),
            Event::TenderDeclined { attempt, .. } => drop(in_doubt.remove(attempt)),
            Event::TenderApproved { attempt, .. } => {
                in_doubt.remove(attempt);
                if let Some((
                    device,
                    Purpose::Reversal { of, means: GivesBack::Reversal, .. }
                    | Purpose::Refund { original: of, means: GivesBack::Reversal, .. },
                )) = begun.get(attempt)
                {
                    let day = by_device.entry(device.clone()).or_default();
                    day.now.remove(of);
                    day.lost.remove(of);
                }
            }
            Event::TenderApprovedOffline { attempt, amount, .. } => {
                let day = by_device.entry(begun[attempt].0.clone()).or_default();
                if day.doubtful.contains(attempt) {
                    continue;
                }
                let to = if day.doubtful_then.contains(attempt) { &mut day.lost } else { &mut day.now };
                to.insert(*attempt, amount.minor());
            }
            Event::DeviceReconciliationAsked { device, lost: Some(lost), .. } => {
                let day = by_device.entry(device.clone()).or_default();
                let before = std::mem::take(&mut day.lost);
                let then = std::mem::take(&mut day.doubtful_then);
                match lost {
                    LostDay::Ended => day.doubtful = then,
                    LostDay::GoesOn => day.now.extend(before),
                }
            }
            Event::DeviceReconciled { device, reconciliation } => {
                let here = |one: &&AttemptId| begun.get(*one).is_some_and(|(of, _)| of == device);
                let open: BTreeSet<AttemptId> = in_doubt.iter().filter(here).copied().collect();
                let day = by_device.entry(device.clone()).or_default();
                match reconciliation.outcome {
                    ReconciliationOutcome::Ended { .. } | ReconciliationOutcome::NoTotals => {
                        day.now.clear();
                        day.doubtful = open;
                    }
                    ReconciliationOutcome::Unknown { .. } => {
                        day.lost.append(&mut day.now);
                        day.doubtful_then = open;
                    }
                    ReconciliationOutcome::NotEnded { .. } => {}
                }
            }
            _ => {}
        }
    }
    let minor = |sums: &OfflineSums| sums.outstanding.map_or(0, Money::minor);
    for (device, day) in &shop.state.device_days {
        let told = by_device.remove(device).unwrap_or_default();
        let lost = day.lost.as_ref().map_or(0, |lost| minor(&lost.sums.offline));
        let wanted = (told.now.values().sum::<i64>(), told.lost.values().sum::<i64>());
        assert_eq!((minor(&day.sums.offline), lost), wanted, "outstanding at {device}");
    }
    assert!(by_device.values().all(|day| day.now.is_empty() && day.lost.is_empty()));
}

/// What a sale took electronically and can still give back, the first of it.
fn electronic(shop: &Shop, sale: TransactionId) -> Option<(AttemptId, Money)> {
    let balances = &shop.state.sales.get(&sale)?.tenders;
    balances.iter().find_map(|balance| Some((balance.kind.electronic()?.attempt, balance.left())))
}

fn bring_back_all(shop: &mut Shop, known: &Known, till: TerminalId, index: &Index) -> Result<(), Refusal> {
    let Some(sale) = pick(index, &known.sales) else { return Ok(()) };
    let Some(found) = shop.state.sales.get(&sale).cloned() else { return Ok(()) };
    for balance in found.tenders.iter().filter(|balance| balance.left().is_positive()) {
        let Some(of) = balance.kind.electronic() else { continue };
        let amount = Decimal::new(balance.left().minor(), 2).to_string();
        let begun = shop.ask(till, start_refund(sale, of.attempt, &amount))?;
        let attempt = AttemptId(begun.transaction.0);
        let mark = holdfast_domain::bounded::PoiMark::new("1").expect("a mark");
        shop.hub(HubCommand::SendTender { attempt, mark })?;
        let outcome = TenderOutcome::Approved(Box::new(approval(&amount)));
        shop.hub(HubCommand::SettleTender { attempt, outcome })?;
    }
    let lines: Vec<(u16, String)> = found
        .lines
        .iter()
        .filter(|sold| sold.returnable().is_positive())
        .map(|sold| (sold.line.number.0, sold.returnable().to_string()))
        .collect();
    let lines: Vec<(u16, &str)> = lines.iter().map(|(line, pieces)| (*line, pieces.as_str())).collect();
    shop.ask(till, by_receipt(sale, &lines)).map(drop)
}

/// PAY-2, from the events alone: what devices took is in a transaction, or is held, or went back, and each only once; and
/// what transactions say that devices took, they took.
pub(super) fn audit(shop: &Shop) {
    let mut approved: BTreeMap<AttemptId, (bool, Money)> = BTreeMap::new();
    let mut purposes: BTreeMap<AttemptId, Purpose> = BTreeMap::new();
    let mut taken: BTreeMap<AttemptId, u32> = BTreeMap::new();
    let mut in_transactions: BTreeMap<AttemptId, i64> = BTreeMap::new();
    let mut by_person: std::collections::BTreeSet<AttemptId> = Default::default();
    for event in &shop.log {
        match event {
            Event::TenderStarted { attempt, purpose, .. } => {
                assert!(purposes.insert(*attempt, purpose.clone()).is_none(), "{attempt} began twice");
            }
            Event::TenderApproved { attempt, approval } => {
                let is_payment = matches!(purposes[attempt], Purpose::Sale { .. });
                let before = approved.insert(*attempt, (is_payment, approval.amount));
                assert!(before.is_none(), "{attempt} was approved twice");
            }
            Event::TenderTaken { attempt, .. } => *taken.entry(*attempt).or_default() += 1,
            Event::TenderResolved { attempt, verdict: TenderVerdict::GivenBack, .. } => {
                by_person.insert(*attempt);
            }
            Event::TipTaken { tenders, .. } | Event::TipReturned { tenders, .. } => {
                count(tenders, &mut in_transactions);
            }
            Event::SaleCompleted { payment, .. }
            | Event::DepositTaken { payment, .. }
            | Event::GoodsReturned { payment, .. }
            | Event::SalePostVoided { payment, .. } => count(&payment.tenders, &mut in_transactions),
            _ => {}
        }
    }
    let mut owed: BTreeMap<AttemptId, i64> = BTreeMap::new();
    for (attempt, (is_payment, amount)) in &approved {
        let times = taken.get(attempt).copied().unwrap_or(0);
        assert!(times <= 1, "{attempt} is in two transactions");
        let standing = shop.state.attempts.get(attempt).map(|attempt| &attempt.standing);
        let reversed =
            approved.keys().any(|by| matches!(purposes[by], Purpose::Reversal { of, .. } if of == *attempt));
        let ends = usize::from(times == 1)
            + usize::from(reversed && *is_payment)
            + usize::from(by_person.contains(attempt))
            + usize::from(matches!(
                standing,
                Some(
                    AttemptStanding::Held(_)
                        | AttemptStanding::Reversing { .. }
                        | AttemptStanding::Unclaimed(_)
                )
            ));
        let is_reversal = matches!(purposes[attempt], Purpose::Reversal { .. });
        assert_eq!(ends, usize::from(!is_reversal), "{attempt} has one fate: {standing:?}");
        match &purposes[attempt] {
            Purpose::Sale { .. } if times == 1 => *owed.entry(*attempt).or_default() += amount.minor(),
            Purpose::Refund { original, .. } if times == 1 => {
                *owed.entry(*original).or_default() -= amount.minor()
            }
            _ => {}
        }
    }
    in_transactions.retain(|_, minor| *minor != 0);
    owed.retain(|_, minor| *minor != 0);
    assert_eq!(in_transactions, owed, "transactions and devices agree on every payment");
}

fn count(tenders: &[Tender], sums: &mut BTreeMap<AttemptId, i64>) {
    for tender in tenders {
        if let Some(of) = tender.kind.electronic() {
            *sums.entry(of.attempt).or_default() += tender.amount.minor();
        }
    }
}
