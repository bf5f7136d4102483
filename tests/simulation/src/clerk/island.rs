//! What clerks sell while their till is alone, by what it holds of the shop.

use holdfast_domain::Action;
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp};
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, TransactionId};
use holdfast_domain::island::{IslandSale, OpenedAlone};
use holdfast_domain::order::{AgeCheck, Terms};
use holdfast_domain::pricing::{Circumstances, Rules, price};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::staff::StaffNumber;
use holdfast_domain::tender::TenderInput;
use holdfast_domain::value::IssueValue;
use holdfast_terminal::dice::Dice;

use super::{last_island, tip};
use crate::model::Model;
use crate::shop::{self, BUNDLE, SCARCE, coupon, customer, eur, lines};
use crate::world::DAWN_MS;

/// A till knows the catalog and the plain rates that the shop began with, whatever the hub has heard since.
pub(super) fn sold_alone(model: &Model, till: usize, order: OrderId, dice: &mut Dice) -> Option<Action> {
    let what: &[(&str, i64)] = match dice.below(6) {
        0..=2 => &[("MILK", 2_000), ("SOAP", 2_000)],
        3 => &[(SCARCE, 1_000)],
        4 => &[(BUNDLE, 1_000)],
        _ => &[("FLOUR", 750)],
    };
    let (profile, catalog) = (shop::profile(0), shop::catalog(1));
    let coupons = if dice.permille(250) { vec![coupon()] } else { Vec::new() };
    let inputs = lines(what);
    let Action::PlaceOrder(by_hand) = super::by_hand(
        Action::PlaceOrder(holdfast_domain::order::PlaceOrder::of(
            order,
            holdfast_domain::order::Channel::Counter,
            inputs,
        )),
        dice.below(12),
    ) else {
        return None;
    };
    let rules = Rules { profile: &profile, taxes: None, catalog: &catalog };
    let noon = LocalTime { date: BusinessDate::new(2026, 11, 1).ok()?, minute: 720 };
    let circumstances = Circumstances { coupons: &coupons, ..Circumstances::plain(noon) };
    let priced = price(&rules, &by_hand.lines, &circumstances).ok()?;
    let gross = priced.totals.gross.minor();
    let change = i64::try_from(dice.below(500)).unwrap_or(0);
    let shift = OpenedAlone {
        // Now and then one that is over by now.
        shift: ShiftId(order.0),
        float: eur(5_000),
        day: dice.permille(300).then_some(noon.date),
    };
    Some(Action::IslandSale(Box::new(IslandSale {
        order,
        operator: if dice.permille(500) { shop::cashier() } else { shop::manager() },
        customer: dice.permille(200).then(|| customer(dice.below(6))),
        lines: by_hand.lines,
        priced: priced.lines,
        // Now and then somebody added up wrongly.
        change: eur(change + i64::from(dice.permille(30))),
        totals: priced.totals,
        terms: Terms {
            coupons,
            age_check: dice.permille(500).then_some(AgeCheck::ByDocument),
            ..Terms::default()
        },
        tenders: vec![TenderInput::cash(eur(gross + change))],
        tips: if dice.permille(100) { tip(dice) } else { Vec::new() },
        rounding: eur(0),
        number: number(model, till, dice),
        catalog_version: 1,
        opened: dice.permille(600).then_some(shift),
    })))
}

/// Somebody whom the hub knows, or nobody whom it knows, after some wrong PINs or none.
pub(super) fn signed_on(dice: &mut Dice) -> Action {
    let number = if dice.permille(800) { shop::CASHIER } else { StaffNumber(77) };
    let at = Timestamp(DAWN_MS + i64::try_from(dice.below(1_000)).unwrap_or(0));
    let failed_attempts = u32::try_from(dice.below(4)).unwrap_or(0);
    Action::SignedOnAlone { number, at, failed_attempts }
}

/// A sale whose answer came late was given a receipt of the till's own meanwhile; now and then it has one already.
pub(super) fn also(model: &Model, till: usize, dice: &mut Dice) -> Option<Action> {
    let mine: Vec<CommandId> =
        model.sales.iter().filter(|sale| sale.till == till).map(|sale| sale.transaction).collect();
    let transaction = TransactionId(*dice.pick(&mine)?);
    Some(Action::AliasReceipt { transaction, number: number(model, till, dice) })
}

/// Mostly the next one; now and then one is left out, or one that was left out comes after all.
fn number(model: &Model, till: usize, dice: &mut Dice) -> u32 {
    let last = last_island(model, till);
    let left_out: Vec<u32> =
        (1..last).filter(|number| !numbers(model, till).any(|used| used == *number)).collect();
    match dice.pick(&left_out) {
        Some(number) if dice.permille(400) => *number,
        _ => last + 1 + u32::from(dice.permille(250)),
    }
}

/// The numbers of its own series that the till has put on paper.
pub(super) fn numbers(model: &Model, till: usize) -> impl Iterator<Item = u32> {
    model.asked.values().filter(move |asked| asked.till == till).filter_map(|asked| match &asked.action {
        Some(
            Action::Pay { receipt: ReceiptSource::Island { number }, .. }
            | Action::MoveCash { receipt: ReceiptSource::Island { number }, .. }
            | Action::IssueValue(IssueValue { receipt: ReceiptSource::Island { number }, .. }),
        ) => Some(*number),
        Some(Action::IslandSale(sale)) => Some(sale.number),
        Some(Action::AliasReceipt { number, .. }) => Some(*number),
        _ => None,
    })
}
