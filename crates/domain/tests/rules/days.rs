//! The day Z, its parts, and what is put right after a Z.

use holdfast_domain::calendar::BusinessDate;
use holdfast_domain::cash::CashMovement;
use holdfast_domain::day::{DAYS_MAX, DayFigures, ZRange, ZS_MAX};
use holdfast_domain::effect::PaperForm;
use holdfast_domain::ids::ShiftId;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::PinVerdict;
use holdfast_domain::tender::{DeclaredTender, TenderCount};
use holdfast_domain::{Action, Effect, Event, Refusal};

use crate::shop::*;

pub fn close_day(day: &str) -> Action {
    Action::CloseDay { day: date(day) }
}

pub fn correct(z_number: u32, code: &str, amount: &str) -> Action {
    let declared = DeclaredTender { code: tender_code(code), amount: eur(amount), pieces: Vec::new() };
    Action::CorrectShift { z_number, declared, reason: reason("a note lay under the tray") }
}

const TODAY: &str = "2026-11-20";

/// A shop whose manager stands at the first till, with a live shift.
fn managed() -> Shop {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    shop
}

fn day_closed(events: &[Event]) -> (u32, u32, &DayFigures) {
    let [Event::DayClosed { number, part, figures, .. }] = events else { panic!("{events:?}") };
    (*number, *part, figures)
}

#[test]
fn a_day_is_the_sum_of_its_shifts() {
    let mut shop = managed();
    shop.sell(&[line(1, "TEA", "1")]);
    shop.ask(TILL, move_cash(CashMovement::PaidOut, "1.00")).expect("paid out");
    shop.close_shift(TILL, "103").expect("Z 1");
    shop.open_shift(TILL, Mode::Live);
    let sale = shop.sell_for(&[line(1, "BOOK", "1")], &["card 10.00 4242 auth 77"]);
    shop.bring_back(sale, &[(1, "1")]).expect("returned");
    shop.sell_for(&[line(1, "TEA", "2")], &["voucher 7.98"]);
    shop.count_shift("100", &["voucher 7.00"]).expect("Z 2");
    let done = shop.ask(TILL, close_day(TODAY)).expect("a day Z");
    let (number, part, figures) = day_closed(&done.events);
    assert_eq!((number, part, figures.shifts), (1, 1, 2));
    assert_eq!(figures.zs, Some(ZRange { first: 1, last: 2 }));
    assert_eq!((figures.sales, figures.returns), (3, 1));
    assert_eq!((figures.gross, figures.returned), (eur("11.97"), eur("10.00")));
    assert_eq!(figures.cash.paid_out, eur("1.00"));
    let taxes = figures.taxes.iter().map(|tax| (tax.net + tax.tax).minor());
    assert_eq!(taxes.sum::<i64>(), figures.gross.minor());
    let told = figures.tenders.iter().map(|of| {
        let amounts = [of.taken, of.refunded, of.expected, of.not_counted, of.declared, of.over_short];
        (of.code.to_string(), amounts.map(|amount| amount.minor()))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            // Both floats, 3.99 taken, 1.00 paid out: 202.99; 203.00 were counted.
            ("cash".to_owned(), [399, 0, 20_299, 0, 20_300, 1]),
            ("voucher".to_owned(), [798, 0, 798, 0, 700, -98]),
            ("card".to_owned(), [1_000, 1_000, 0, 0, 0, 0]),
        ]
    );
    let print = Effect::Print { terminal: TILL, transaction: done.transaction, form: PaperForm::Original };
    assert_eq!(done.effects, [print]);
    assert!(shop.state.documents.contains(&done.transaction));
}

#[test]
fn a_shift_that_closes_after_the_day_z_goes_into_its_next_part() {
    let mut shop = managed();
    shop.sign_on(OTHER_TILL, MANAGER);
    let late = shop.open_shift(OTHER_TILL, Mode::Live);
    let waits = shop.place(&[line(1, "BOOK", "1")]);
    shop.deposit(waits, "4").expect("a deposit");
    shop.sell(&[line(1, "TEA", "1")]);
    shop.close_shift(TILL, "107.99").expect("Z 1");
    let first = shop.ask(TILL, close_day(TODAY)).expect("nothing blocks it");
    let [Event::DayClosed { figures, carried_over, .. }] = &first.events[..] else { panic!("{first:?}") };
    assert_eq!((figures.shifts, figures.gross), (1, eur("3.99")));
    assert_eq!((carried_over.shifts, &carried_over.open_shifts[..]), (1, &[late][..]));
    assert_eq!((carried_over.orders, &carried_over.open_orders[..]), (1, &[waits][..]));
    assert_eq!((carried_over.open_amount, carried_over.deposits), (eur("6.00"), eur("4.00")));
    let again = shop.ask(TILL, close_day(TODAY)).expect_err("nothing closed since");
    assert_eq!(again.code(), "HF-CMD-210");

    // Past midnight: the shift keeps its date, and its Z is in the second part and nowhere else.
    shop.today = date("2026-11-21");
    shop.ask(OTHER_TILL, pay(waits, &["6"], holdfast_domain::command::Settlement::Full)).expect("the rest");
    shop.close_shift(OTHER_TILL, "106").expect("Z 2");
    let second = shop.ask(TILL, close_day(TODAY)).expect("its second part");
    let (number, part, figures) = day_closed(&second.events);
    assert_eq!((number, part), (2, 2));
    assert_eq!(figures.zs, Some(ZRange { first: 2, last: 2 }));
    assert_eq!((figures.gross, figures.deposits), (eur("10.00"), eur("-4.00")));
    assert_eq!(shop.state.days[&date(TODAY)].parts, 2);
}

#[test]
fn training_is_in_no_day() {
    let mut shop = managed();
    shop.close_shift(TILL, "100").expect("Z 1");
    shop.open_shift(TILL, Mode::Training);
    shop.sell(&[line(1, "TEA", "1")]);
    shop.close_shift(TILL, "100").expect("no Z");
    let done = shop.ask(TILL, close_day(TODAY)).expect("a day Z");
    assert_eq!((day_closed(&done.events).2.shifts, day_closed(&done.events).2.gross), (1, eur("0")));
    shop.open_shift(TILL, Mode::Training);
    let done = {
        shop.close_shift(TILL, "100").expect("no Z");
        shop.ask(TILL, close_day(TODAY))
    };
    assert_eq!(done.expect_err("nothing real").code(), "HF-CMD-210");
}

#[test]
fn a_manager_closes_the_day_at_a_cashiers_till_and_is_named() {
    let mut shop = Shop::open();
    shop.close_shift(TILL, "100").expect("Z 1");
    let refused = shop.ask(TILL, close_day(TODAY)).expect_err("a cashier");
    assert_eq!(refused.code(), "HF-CMD-104");
    let done = shop.ask_approved(TILL, close_day(TODAY), MANAGER, PinVerdict::Correct).expect("approved");
    let [Event::DayClosed { staff: by, approver, .. }] = &done.events[..] else { panic!("{done:?}") };
    assert_eq!((*by, *approver), (staff(CASHIER), Some(staff(MANAGER))));
}

#[test]
fn a_correction_says_what_was_and_what_is_and_leaves_the_z_alone() {
    let mut shop = managed();
    shop.sell_for(&[line(1, "TEA", "1")], &["voucher 3.99"]);
    let z = shop.count_shift("100", &["voucher 3.00"]).expect("Z 1");
    shop.ask(TILL, close_day(TODAY)).expect("part 1");
    let before = shop.log.len();
    let done = shop.ask(TILL, correct(1, "voucher", "3.99")).expect("corrected");
    let [Event::ShiftCorrected { stamp, number: 1, z_number: 1, before: was, after, .. }] = &done.events[..]
    else {
        panic!("{done:?}")
    };
    let Some(Event::ShiftClosed { stamp: closed, .. }) = z.events.first() else { panic!("{z:?}") };
    assert_eq!((stamp.shift, stamp.business_date), (closed.shift, closed.business_date));
    let counted = |count: &TenderCount| match count {
        TenderCount::Counted { declared, over_short, .. } => (*declared, *over_short),
        TenderCount::NotCounted => panic!("counted"),
    };
    assert_eq!(counted(&was.counted), (eur("3.00"), eur("-0.99")));
    assert_eq!(counted(after), (eur("3.99"), eur("0.00")));
    assert!(shop.log[..before].iter().any(|event| z.events.contains(event)), "the Z is what it was");

    // The date's next part holds the difference alone, and a second correction builds on the first.
    shop.ask(TILL, correct(1, "voucher", "4.99")).expect("corrected again");
    let done = shop.ask(TILL, close_day(TODAY)).expect("part 2");
    let (_, part, figures) = day_closed(&done.events);
    assert_eq!((part, figures.zs, figures.shifts, figures.corrections), (2, None, 0, 2));
    let [voucher] = &figures.tenders[..] else { panic!("{figures:?}") };
    assert_eq!((voucher.taken, voucher.expected), (eur("0"), eur("0")));
    assert_eq!((voucher.declared, voucher.over_short), (eur("1.99"), eur("1.99")));
    assert_eq!(figures.gross, eur("0"));
}

#[test]
fn what_was_not_counted_can_be_counted_later() {
    let mut shop = managed();
    shop.sell_for(&[line(1, "TEA", "1")], &["card 3.99 4242 auth 77"]);
    shop.close_shift(TILL, "100").expect("Z 1");
    shop.ask(TILL, correct(1, "card", "4.00")).expect("by the terminal's own slip");
    let done = shop.ask(TILL, close_day(TODAY)).expect("a day Z");
    let card = day_closed(&done.events).2.tenders.iter().find(|of| of.code.as_str() == "card").expect("card");
    assert_eq!((card.expected, card.not_counted), (eur("3.99"), eur("0")));
    assert_eq!((card.declared, card.over_short), (eur("4.00"), eur("0.01")));
}

#[test]
fn what_is_remembered_is_bounded_and_forgets_the_settled_first() {
    let mut shop = managed();
    shop.close_shift(TILL, "100").expect("Z 1");
    let day = |shop: &mut Shop, at: usize| {
        let year = 1970 + i16::try_from(at / 336).expect("a year");
        let month = u8::try_from(at % 336 / 28 + 1).expect("a month");
        let on = BusinessDate::new(year, month, u8::try_from(at % 28 + 1).expect("a day")).expect("a date");
        let shift = ShiftId(shop.id());
        let open = Action::OpenShift { shift, float: eur("0"), day: BusinessDay::On(on), mode: Mode::Live };
        shop.ask(TILL, open).expect("by permission");
        shop.close_shift(TILL, "0").expect("closed");
        on
    };
    let first = day(&mut shop, 0);
    let second = day(&mut shop, 1);
    shop.ask(TILL, Action::CloseDay { day: second }).expect("a day Z");
    for at in 2..DAYS_MAX {
        day(&mut shop, at);
    }
    assert_eq!((shop.state.days.len(), shop.state.zs.len()), (DAYS_MAX, ZS_MAX));
    assert!(shop.state.days.contains_key(&first), "it waits for its day Z");
    assert!(!shop.state.days.contains_key(&second), "it waits for nothing");
    let refused = shop.ask(TILL, correct(1, "cash", "99")).expect_err("too old");
    assert!(matches!(refused, Refusal::ZUnknown { z_number: 1 }), "{refused}");
}
