//! A whole day at one till, and what orders may become.

use holdfast_domain::command::HubCommand;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::event::DocumentOutcome;
use holdfast_domain::ids::{OrderId, ShiftId};
use holdfast_domain::order::{Channel, OrderState};
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::{Action, Effect, Event};

use crate::shop::*;

#[test]
fn a_day_adds_up() {
    let mut shop = Shop::closed_with(|profile| profile.cash_step = decimal("0.05"));
    shop.sign_on(TILL, CASHIER);
    let shift = shop.open_shift(TILL, Mode::Live);

    // 3.99 + 2.50 = 6.49, paid 6.50.
    let first = shop.place(&[line(1, "TEA", "1"), line(2, "BREAD", "1"), line(3, "BOOK", "1").voided()]);
    let first = shop.pay(first, &["5", "2"]).expect("paid");
    assert_eq!(first.payment().change, eur("0.50"));
    let print = Effect::Print { terminal: TILL, transaction: first.transaction, form: PaperForm::Original };
    assert_eq!(first.effects, [Effect::OpenDrawer { terminal: TILL }, print]);
    assert!(shop.state.documents.contains(&first.transaction));
    let settle =
        HubCommand::SettleDocument { transaction: first.transaction, outcome: DocumentOutcome::Printed };
    shop.hub(settle).expect("printed");
    assert!(shop.state.documents.is_empty());

    // A deposit of 10.00 on two books, given back by nobody today.
    let books = shop.place(&[line(1, "BOOK", "2")]);
    let deposit = shop.deposit(books, "10").expect("a deposit");
    let print = Effect::Print { terminal: TILL, transaction: deposit.transaction, form: PaperForm::Original };
    assert_eq!(deposit.effects, [Effect::OpenDrawer { terminal: TILL }, print]);
    // The bread comes back: 2.50.
    assert_eq!(shop.bring_back(first.transaction, &[(2, "1")]).expect("returned").paid_out(), eur("2.50"));
    // A basket that was left, and an order that was cancelled.
    let lines = vec![line(1, "TEA", "9")];
    shop.ask(TILL, Action::AbandonBasket { lines, reason: reason("left") }).expect("left");
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.ask(TILL, Action::CancelOrder { order, reason: reason("no") }).expect("cancelled");
    // A sale that the manager reverses.
    let wrong = shop.sell(&[line(1, "REPAIR", "1")]);
    shop.sign_on(TILL, MANAGER);
    shop.post_void(wrong).expect("voided");

    // 100.00 + 6.50 + 10.00 - 2.50 = 114.00; five cents are missing.
    let closed = shop.close_shift(TILL, "113.95").expect("closed");
    let Some(Event::ShiftClosed { z_number: 1, figures, declared, over_short, .. }) = closed.events.first()
    else {
        panic!("{closed:?}")
    };
    assert_eq!((figures.cash_expected, *declared, *over_short), (eur("114.00"), eur("113.95"), eur("-0.05")));
    assert_eq!((figures.sales, figures.returns, figures.post_voids, figures.cancelled), (2, 1, 1, 2));
    assert_eq!((figures.gross, figures.returned), (eur("3.99"), eur("17.50")));
    assert_eq!((figures.deposits, figures.rounding), (eur("10.00"), eur("0.01")));
    assert_eq!(
        (figures.net, figures.taxes[0].tax, figures.taxes[1].tax),
        (eur("3.32"), eur("0.67"), eur("0"))
    );
    assert!(shop.state.shift_of(TILL).is_none() && shop.state.closed_shifts.contains(&shift));
    let print = Effect::Print { terminal: TILL, transaction: shift.document(), form: PaperForm::Original };
    assert_eq!(closed.effects, [print], "the Z is printed");
    assert!(shop.state.documents.contains(&shift.document()), "and what becomes of its paper is settled");

    // The next shift takes the rest of the deposit; Z numbers go on.
    shop.open_shift(TILL, Mode::Live);
    shop.pay(books, &["10"]).expect("the rest");
    assert_eq!(shop.figures(TILL).deposits, eur("-10.00"));
    assert_eq!((shop.figures(TILL).gross, shop.figures(TILL).cash_expected), (eur("20.00"), eur("110.00")));
    let closed = shop.close_shift(TILL, "110").expect("closed");
    assert!(matches!(
        closed.events[..],
        [Event::ShiftClosed { z_number: 2, .. }, Event::TendersReported { z_number: 2, .. }]
    ));
}

#[test]
fn a_shift_belongs_to_the_day_it_was_opened_for() {
    let mut shop = Shop::closed();
    shop.sign_on(TILL, MANAGER);
    let shift = ShiftId(shop.id());
    let (float, day) = (eur("0"), BusinessDay::On(date("2026-11-18")));
    shop.ask(TILL, Action::OpenShift { shift, float, day, mode: Mode::Live }).expect("by permission");
    shop.today = date("2026-11-21");
    let sale = shop.sell(&[line(1, "TEA", "1")]);
    assert_eq!(shop.sale(sale).stamp.business_date, date("2026-11-18"));
    shop.ask(TILL, Action::SignOff).expect("signed on");
    assert_eq!(shop.state.tills[&TILL].operator, None);
}

/// Whether the order took the step.
type Step = (&'static str, fn(&mut Shop, OrderId) -> bool);

const STEPS: [Step; 4] = [
    ("deposit", |shop, order| shop.deposit(order, "1").is_ok()),
    ("pay", |shop, order| shop.pay(order, &["1000"]).is_ok()),
    ("cancel", |shop, order| shop.ask(TILL, Action::CancelOrder { order, reason: reason("no") }).is_ok()),
    ("fulfil", |shop, order| shop.ask(TILL, Action::FulfilOrder { order }).is_ok()),
];

#[test]
fn every_order_state_takes_the_steps_of_the_table_and_no_others() {
    use OrderState::{Cancelled, Fulfilled, Paid, PartlyPaid, Placed};
    let (counter, later) = (Channel::Counter, Channel::NotInHand);
    for (channel, steps, state, deposit, pay, cancel, fulfil) in [
        (counter, &[][..], Placed, Some(PartlyPaid), Some(Fulfilled), Some(Cancelled), None),
        (counter, &["deposit"], PartlyPaid, Some(PartlyPaid), Some(Fulfilled), None, None),
        (counter, &["pay"], Fulfilled, None, None, None, None),
        (counter, &["cancel"], Cancelled, None, None, None, None),
        (later, &["deposit"], PartlyPaid, Some(PartlyPaid), Some(Paid), None, None),
        (later, &["pay"], Paid, None, None, None, Some(Fulfilled)),
        (later, &["deposit", "pay"], Paid, None, None, None, Some(Fulfilled)),
        (later, &["pay", "fulfil"], Fulfilled, None, None, None, None),
        (later, &["cancel"], Cancelled, None, None, None, None),
    ] {
        let mut shop = Shop::open();
        shop.receive("TEA", "2");
        let order = shop.try_place(TILL, channel, &[line(1, "TEA", "2")]).expect("in stock");
        for wanted in steps {
            let (_, take) = STEPS.iter().find(|(name, _)| name == wanted).expect("a step");
            assert!(take(&mut shop, order), "{channel:?} {steps:?}");
        }
        assert_eq!(shop.order(order).state, state, "{channel:?} {steps:?}");
        for ((name, take), next) in STEPS.iter().zip([deposit, pay, cancel, fulfil]) {
            let mut branch = shop.clone();
            let taken = take(&mut branch, order);
            let becomes = taken.then(|| branch.order(order).state);
            assert_eq!(becomes, next, "{channel:?} {steps:?} then {name}");
            assert!(
                next.is_none_or(|next| state.may_become(next)),
                "{state:?} to {next:?} is not in the table"
            );
        }
    }
}

#[test]
fn the_end_of_an_exercise_prints_nothing() {
    let mut shop = Shop::closed_with(|_| {});
    shop.sign_on(TILL, CASHIER);
    shop.open_shift(TILL, Mode::Training);
    let closed = shop.close_shift(TILL, "100").expect("closed");
    assert!(closed.effects.is_empty() && shop.state.documents.is_empty(), "{closed:?}");
}
