//! Cash in and out of a drawer without goods, and what its Z says of it.

use holdfast_domain::bounded::Label;
use holdfast_domain::cash::{CashFlow, CashMovement};
use holdfast_domain::command::HubCommand;
use holdfast_domain::drawer::{DrawerMovement, OpeningCause};
use holdfast_domain::effect::PaperForm;
use holdfast_domain::ids::{StaffId, TerminalId};
use holdfast_domain::receipt::{ReceiptSource, Series, TillNumber};
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Effect, Event};

use crate::shop::*;

#[test]
fn every_movement_is_a_numbered_transaction_that_opens_the_drawer_and_prints() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    for (number, movement) in (1..).zip(CashMovement::ALL) {
        let done = shop.ask(TILL, move_cash(movement, "12.50")).expect("moved");
        let [Event::CashMoved { receipt, amount, transaction, .. }] = &done.events[..] else {
            panic!("{done:?}")
        };
        assert_eq!((receipt.series, receipt.number, *amount), (Series::Hub, number, eur("12.50")));
        let print = Effect::Print { terminal: TILL, transaction: *transaction, form: PaperForm::Original };
        assert_eq!(done.effects, [Effect::OpenDrawer { terminal: TILL }, print]);
        assert!(shop.state.documents.contains(transaction));
    }
    // In and out again: the float.
    assert_eq!(shop.figures(TILL).cash_expected, eur("100"));
    assert_eq!(shop.figures(TILL).gross, eur("0"), "no turnover");
}

#[test]
fn the_drawer_can_be_emptied_to_the_cent_and_no_further() {
    let mut shop = Shop::open();
    shop.ask(TILL, move_cash(CashMovement::Drop, "100")).expect("all of the float");
    assert_eq!(shop.figures(TILL).cash_expected, eur("0"));
    shop.ask(TILL, move_cash(CashMovement::Drop, "0.01")).expect_err("nothing is left");
    shop.ask(TILL, move_cash(CashMovement::Loan, "50")).expect("from the safe");
    assert_eq!(shop.figures(TILL).cash_expected, eur("50"));
}

#[test]
fn the_z_says_what_moved_and_how_often_the_drawer_was_opened_for_nothing() {
    let mut shop = Shop::open();
    shop.ask(TILL, move_cash(CashMovement::Loan, "20")).expect("by a cashier");
    shop.ask(TILL, move_cash(CashMovement::Drop, "70")).expect("by a cashier");
    for _ in 0..2 {
        let opened = shop.ask(TILL, Action::OpenDrawer { reason: reason("change") }).expect("opened");
        assert_eq!(opened.effects, [Effect::OpenDrawer { terminal: TILL }], "nothing is printed");
    }
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, move_cash(CashMovement::PaidOut, "8.40")).expect("by a manager");
    shop.ask(TILL, move_cash(CashMovement::PaidIn, "3")).expect("by a manager");
    let closed = shop.close_shift(TILL, "44.60").expect("closed");
    let [
        Event::ShiftClosed { figures, over_short, z_number, .. },
        Event::CashReported { cash, z_number: same, .. },
        Event::TendersReported { .. },
    ] = &closed.events[..]
    else {
        panic!("{closed:?}")
    };
    assert_eq!((figures.cash_expected, *over_short, z_number), (eur("44.60"), eur("0"), same));
    let expected = CashFlow {
        paid_in: eur("3"),
        paid_out: eur("8.40"),
        dropped: eur("70"),
        loaned: eur("20"),
        no_sales: 2,
    };
    assert_eq!(**cash, expected);
    assert_eq!(eur("100") + cash.sum(), figures.cash_expected);
    // The next shift begins with nothing moved, and a Z without movements says nothing of them.
    shop.open_shift(TILL, Mode::Live);
    let closed = shop.close_shift(TILL, "100").expect("closed");
    assert!(
        matches!(closed.events[..], [Event::ShiftClosed { .. }, Event::TendersReported { .. }]),
        "{closed:?}"
    );
}

#[test]
fn a_till_alone_numbers_a_movement_itself_and_training_has_numbers_of_its_own() {
    let mut shop = Shop::open();
    let alone = |number| Action::MoveCash {
        movement: CashMovement::Drop,
        amount: eur("5"),
        reason: reason("safe"),
        receipt: ReceiptSource::Island { number },
    };
    let done = shop.ask(TILL, alone(2)).expect("one number is skipped");
    let [Event::ReceiptNumberVoided { .. }, Event::CashMoved { receipt, .. }] = &done.events[..] else {
        panic!("{done:?}")
    };
    assert_eq!((receipt.series, receipt.number), (Series::Island, 2));
    shop.close_shift(TILL, "95").expect("closed");
    shop.open_shift(TILL, Mode::Training);
    let done = shop.ask(TILL, move_cash(CashMovement::Drop, "5")).expect("practice");
    let [Event::CashMoved { receipt, .. }] = &done.events[..] else { panic!("{done:?}") };
    assert_eq!((receipt.series, receipt.number), (Series::Training, 1));
}

fn sensed(till: Option<u16>, movement: DrawerMovement) -> HubCommand {
    let drawer = Label::new("counter").expect("a name");
    HubCommand::SenseDrawer { drawer, till: till.map(TillNumber), movement }
}

/// Whoever is signed on at the till that the drawer belongs to.
fn at_the_drawer(events: &[Event]) -> (Option<TerminalId>, Option<StaffId>, DrawerMovement) {
    let [Event::DrawerMoved { terminal, operator, movement, .. }] = events else { panic!("{events:?}") };
    (*terminal, *operator, *movement)
}

#[test]
fn a_drawer_that_moves_leaves_one_event_with_the_till_and_the_operator() {
    let mut shop = Shop::open();
    let number = shop.state.tills[&TILL].number.0;
    let operator = shop.state.tills[&TILL].operator;
    assert!(operator.is_some());
    let asked = DrawerMovement::Opened { cause: OpeningCause::Asked };
    let unasked = DrawerMovement::Opened { cause: OpeningCause::Unasked };
    let done = shop.hub(sensed(Some(number), asked)).expect("it opens");
    assert_eq!(at_the_drawer(&done), (Some(TILL), operator, asked));
    for again in [asked, unasked] {
        let refused = shop.hub(sensed(Some(number), again)).expect_err("it stands open");
        assert_eq!(refused.code(), "HF-CMD-195");
    }
    let done = shop.hub(sensed(Some(number), DrawerMovement::Closed)).expect("it is shut");
    assert_eq!(at_the_drawer(&done).2, DrawerMovement::Closed);
    shop.hub(sensed(Some(number), DrawerMovement::Closed)).expect_err("it is shut");
    assert!(shop.state.open_drawers.is_empty());
    // Nobody is asked for nothing: the Z counts what people opened with a reason.
    shop.hub(sensed(Some(number), unasked)).expect("a key");
    let other = Label::new("other").expect("a name");
    let command = HubCommand::SenseDrawer { drawer: other, till: None, movement: unasked };
    let done = shop.hub(command).expect("another drawer");
    assert_eq!(at_the_drawer(&done), (None, None, unasked), "tills share it");
    assert_eq!(shop.state.open_drawers.len(), 2);
}
