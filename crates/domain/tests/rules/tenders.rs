//! Ways to pay are data: what each may do, what is rounded, what a count says of each, and where the money goes back to.

use holdfast_domain::bounded::TenderReference;
use holdfast_domain::command::ShiftCount;
use holdfast_domain::effect::PaperForm;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::line::LineNumber;
use holdfast_domain::money::Money;
use holdfast_domain::shift::Mode;
use holdfast_domain::tender::{
    ChangeRule, Pieces, TenderClass, TenderCount, TenderKind, TenderLine, TenderRounding,
};
use holdfast_domain::{Action, Effect, Event, Refusal};
use proptest::prelude::*;

use crate::shop::*;

fn report(events: &[Event]) -> &[TenderLine] {
    let found = events.iter().find_map(|event| match event {
        Event::TendersReported { tenders, .. } => Some(tenders.as_slice()),
        _ => None,
    });
    found.expect("a Z by tender")
}

#[test]
fn one_sale_is_paid_with_any_mix_and_change_comes_from_the_cash() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "BOOK", "1"), line(2, "TEA", "1")]);
    let due = shop.order(order).totals.gross;
    let paid = shop.pay_with(order, &["voucher 5", "card 3.99 auth 123456 4242", "cash 20"]).expect("a mix");
    let payment = paid.payment();
    assert_eq!(
        told(payment),
        [("voucher".to_owned(), eur("5")), ("card".to_owned(), eur("3.99")), ("cash".to_owned(), eur("20")),]
    );
    assert_eq!((payment.due, payment.change), (due, eur("28.99") - due));
    let card = TenderKind::Typed {
        code: tender_code("card"),
        class: TenderClass::Other,
        reference: Some(TenderReference::new("auth 123456 4242").expect("a reference")),
    };
    assert_eq!(payment.tenders[1].kind, card);
}

#[test]
fn rounding_belongs_to_the_cash_part_alone() {
    // Tea costs 3.99, the smallest coin is 0.05.
    for (given, rounding, change) in [
        (&["card 3.99 1"][..], "0", "0"),
        (&["cash 4"], "0.01", "0"),
        (&["card 2.00 1", "cash 2"], "0.01", "0"),
        // 0.02 are left, and no coin is that small.
        (&["card 3.97 1", "cash 1"], "-0.02", "1.00"),
        (&["card 3.98 1", "voucher 0.01"], "0", "0"),
    ] {
        let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
        let order = shop.place(&[line(1, "TEA", "1")]);
        let paid = shop.pay_with(order, given).unwrap_or_else(|refusal| panic!("{given:?}: {refusal}"));
        let payment = paid.payment();
        assert_eq!((payment.rounding, payment.change), (eur(rounding), eur(change)), "{given:?}");
    }
    let mut shop = Shop::open_with(|profile| profile.cash_step = decimal("0.05"));
    let order = shop.place(&[line(1, "TEA", "1")]);
    let short = shop.pay_with(order, &["card 3.98 1"]);
    assert!(matches!(short, Err(Refusal::TenderShort { .. })), "a card is paid to the cent: {short:?}");
}

#[test]
fn the_drawer_opens_only_for_what_goes_into_it_or_comes_out_of_it() {
    let mut shop = Shop::open();
    for (given, opens) in [("card 3.99 1", false), ("cash 3.99", true), ("voucher 3.99", true)] {
        let order = shop.place(&[line(1, "TEA", "1")]);
        let paid = shop.pay_with(order, &[given]).expect("paid");
        let drawer = paid.effects.contains(&Effect::OpenDrawer { terminal: TILL });
        assert_eq!((drawer, paid.effects.len()), (opens, 1 + usize::from(opens)), "{given}");
        let back = shop.bring_back(paid.transaction, &[(1, "1")]);
        if given.starts_with("card") {
            let back = back.expect("back");
            let form = PaperForm::Original;
            let print = Effect::Print { terminal: TILL, transaction: back.transaction, form };
            assert_eq!(back.effects, [print]);
        }
    }
}

#[test]
fn a_list_of_the_store_replaces_the_default_one() {
    let mut shop = Shop::open();
    shop.hub(tender_list(|types| {
        types.retain(|of| of.class != TenderClass::Voucher);
        types[1].change = ChangeRule::UpTo { max: eur("10") };
    }))
    .expect("a list");
    let order = shop.place(&[line(1, "TEA", "1")]);
    assert!(matches!(shop.pay_with(order, &["voucher 3.99"]), Err(Refusal::TenderUnknown { .. })));
    // Ten euros more at most, in cash out of the drawer.
    assert!(matches!(shop.pay_with(order, &["card 14.00 1"]), Err(Refusal::OverTendered { .. })));
    let before = shop.figures(TILL).cash_expected;
    let paid = shop.pay_with(order, &["card 13.99 1"]).expect("cash back");
    assert_eq!(paid.payment().change, eur("10"));
    assert!(paid.effects.contains(&Effect::OpenDrawer { terminal: TILL }));
    assert_eq!(shop.figures(TILL).cash_expected, before - eur("10"));
    // Reversed as a whole, the ten euros come back into the drawer.
    shop.sign_on(TILL, MANAGER);
    let voided = shop.post_void(paid.transaction).expect("the same shift");
    assert_eq!(told(voided.payment()), [("card".to_owned(), eur("-13.99")), ("cash".to_owned(), eur("10"))]);
    assert_eq!(shop.figures(TILL).cash_expected, before);
}

#[test]
fn a_z_says_of_each_tender_what_was_taken_expected_and_counted() {
    let mut shop = Shop::open();
    shop.sell_for(&[line(1, "TEA", "1")], &["cash 5"]);
    let card = shop.sell_for(&[line(1, "TEA", "2")], &["card 7.98 auth 1"]);
    shop.sell_for(&[line(1, "TEA", "1")], &["voucher 3.99"]);
    shop.bring_back(card, &[(1, "1")]).expect("to the card");
    let closed = shop.count_shift("103.98", &["voucher 3.00"]).expect("counted");
    assert_eq!(closed.names(), ["shift_closed", "tenders_reported"]);
    let counted = |declared: &str, over: &str| TenderCount::Counted {
        declared: eur(declared),
        over_short: eur(over),
        pieces: Vec::new(),
    };
    let line = |code: &str, class, count, taken: &str, refunded: &str, expected: &str, counted| TenderLine {
        code: tender_code(code),
        class,
        count,
        taken: eur(taken),
        refunded: eur(refunded),
        expected: eur(expected),
        counted,
    };
    assert_eq!(
        report(&closed.events),
        [
            line("cash", TenderClass::Cash, 1, "3.99", "0", "103.99", counted("103.98", "-0.01")),
            line("voucher", TenderClass::Voucher, 1, "3.99", "0", "3.99", counted("3.00", "-0.99")),
            line("card", TenderClass::Other, 2, "7.98", "3.99", "3.99", TenderCount::NotCounted),
        ]
    );
}

#[test]
fn pieces_are_counted_by_their_face_and_sum_to_what_is_declared() {
    let pieces = |list: &[(&str, u32)]| {
        list.iter().map(|(face, count)| Pieces { face: eur(face), count: *count }).collect::<Vec<_>>()
    };
    let close = |declared: &str, counted: &[(&str, u32)]| {
        let mut shop = Shop::open();
        let shift = shop.state.shift_of(TILL).expect("open").id;
        let count = ShiftCount { pieces: pieces(counted), tenders: Vec::new() };
        shop.ask(TILL, Action::CloseShift { shift, declared: eur(declared), count }).map(|done| done.events)
    };
    let events = close("100.50", &[("20", 5), ("0.50", 1), ("5", 0)]).expect("a count");
    let TenderCount::Counted { over_short, pieces: kept, .. } = &report(&events)[0].counted else {
        panic!("{events:?}")
    };
    assert_eq!((*over_short, kept.len()), (eur("0.50"), 3));
    let wrong = Refusal::CountMismatch { declared: eur("100.50"), counted: eur("100") };
    assert_eq!(close("100.50", &[("20", 5)]).expect_err("0.50 are missing"), wrong);
}

#[test]
fn training_reports_its_tenders_without_a_number() {
    let mut shop = Shop::closed();
    shop.sign_on(TILL, CASHIER);
    shop.open_shift(TILL, Mode::Training);
    shop.sell_for(&[line(1, "TEA", "1")], &["cash 5"]);
    let closed = shop.close_shift(TILL, "103.99").expect("closed");
    let numbers = closed.events.iter().filter_map(|event| match event {
        Event::TendersReported { z_number, stamp, .. } => Some((*z_number, stamp.mode)),
        _ => None,
    });
    assert_eq!(numbers.collect::<Vec<_>>(), [(0, Mode::Training)]);
}

#[test]
fn money_goes_back_to_other_tenders_before_cash_and_to_none_more_than_it_took() {
    let mut shop = Shop::open();
    // Three teas, 11.97: five on one card, four on another, the rest in cash.
    let sale = shop.sell_for(&[line(1, "TEA", "3")], &["card 5 auth 1", "cash 5", "card 4 auth 2"]);
    let back: Vec<_> =
        (0..3).map(|_| told(shop.bring_back(sale, &[(1, "1")]).expect("one more").payment())).collect();
    let expect = |list: &[(&str, &str)]| -> Vec<(String, Money)> {
        list.iter().map(|(code, amount)| ((*code).to_owned(), eur(amount))).collect()
    };
    assert_eq!(
        back,
        [
            expect(&[("card", "-3.99")]),
            expect(&[("card", "-1.01"), ("card", "-2.98")]),
            expect(&[("card", "-1.02"), ("cash", "-2.97")]),
        ]
    );
    for balance in &shop.sale(sale).tenders {
        assert!(balance.left().is_zero(), "{balance:?}");
    }
}

#[test]
fn a_deposit_goes_back_to_what_it_was_paid_with() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "BOOK", "1")]);
    shop.ask(TILL, pay_with(order, &["card 4 auth 1"], holdfast_domain::command::Settlement::Deposit))
        .expect("a deposit");
    let rest = shop.order(order).open_amount();
    let sale = shop.pay(order, &["100"]).expect("the rest in cash").transaction;
    let back = shop.bring_back(sale, &[(1, "1")]).expect("all of it");
    assert_eq!(told(back.payment()), [("card".to_owned(), eur("-4")), ("cash".to_owned(), -rest)]);
}

#[test]
fn what_takes_nothing_back_goes_to_cash_by_permission_and_within_its_limit() {
    let mut shop = Shop::open();
    let sale = shop.sell_for(&[line(1, "TEA", "2")], &["voucher 5", "cash 3"]);
    let refused = shop.bring_back(sale, &[(1, "1")]);
    assert!(matches!(refused, Err(Refusal::NotPermitted { .. })), "{refused:?}");
    shop.sign_on(TILL, MANAGER);
    let back = shop.bring_back(sale, &[(1, "1")]).expect("by permission");
    assert_eq!(told(back.payment()), [("cash".to_owned(), eur("-3.99"))]);
    shop.bring_back(sale, &[(1, "1")]).expect("1.01 of the voucher, the rest was cash");

    let dear = shop.sell_for(&[line(1, "BOOK", "3")], &["voucher 25", "cash 100"]);
    let refused = shop.bring_back(dear, &[(1, "3")]);
    assert!(matches!(refused, Err(Refusal::CashRefundTooLarge { .. })), "{refused:?}");
    // A cashier gives back what was paid in cash: the voucher's part is through by then.
    shop.bring_back(dear, &[(1, "2")]).expect("twenty of the voucher at most");
}

#[test]
fn a_voucher_that_was_taken_is_handed_back_when_the_sale_is_reversed() {
    let mut shop = Shop::open();
    shop.sign_on(TILL, MANAGER);
    let sale = shop.sell_for(&[line(1, "TEA", "2")], &["voucher 5", "cash 3"]);
    let voided = shop.post_void(sale).expect("the same shift");
    assert_eq!(
        told(voided.payment()),
        [("voucher".to_owned(), eur("-5")), ("cash".to_owned(), eur("-2.98"))]
    );
    let closed = shop.count_shift("100", &["voucher 0"]).expect("counted");
    assert!(report(&closed.events).iter().all(|line| match &line.counted {
        TenderCount::Counted { over_short, .. } => over_short.is_zero(),
        TenderCount::NotCounted => line.expected.is_zero(),
    }));
}

#[test]
fn a_list_that_contradicts_itself_is_refused() {
    let mut shop = Shop::open();
    for (change, why) in [
        (Box::new(|types: &mut Vec<_>| types.clear()) as Box<dyn Fn(&mut Vec<_>)>, "cash"),
        (
            Box::new(|types: &mut Vec<holdfast_domain::tender::TenderType>| types.push(types[1].clone())),
            "twice",
        ),
        (Box::new(|types| types[0].code = tender_code("coins")), "cash"),
        (Box::new(|types| types[1].rounding = TenderRounding::CashStep), "rounded"),
        (Box::new(|types| types[1].change = ChangeRule::UpTo { max: eur("-1") }), "limit"),
        (
            Box::new(|types| {
                for n in 0..40 {
                    let mut one = types[1].clone();
                    one.code = tender_code(&format!("card-{n}"));
                    types.push(one);
                }
            }),
            "more than",
        ),
    ] {
        let refusal = shop.hub(tender_list(change)).expect_err(why);
        assert!(
            matches!(refusal, Refusal::TenderListInvalid { .. }) && refusal.to_string().contains(why),
            "{refusal}"
        );
    }
    assert_eq!(shop.state.tenders, None);
}

/// All the pieces of a sale come back in some order: what each tender gave back.
fn all_back(step: &str, given: &[&str], order: &[u16]) -> (Money, Vec<(String, Money)>, Money) {
    let mut shop = Shop::open_with(|profile| profile.cash_step = decimal(step));
    shop.sign_on(TILL, MANAGER);
    let sale: TransactionId =
        shop.sell_for(&[line(1, "TEA", "2"), line(2, "SWEET", "3"), line(3, "BREAD", "2")], given);
    for number in order {
        if shop.sale(sale).line(LineNumber(*number)).is_some_and(|sold| sold.returnable().is_positive()) {
            shop.bring_back(sale, &[(*number, "1")]).expect("one more");
        }
    }
    let sold = shop.sale(sale);
    assert!(sold.is_all_returned());
    let left = sold.tenders.iter().map(|balance| (balance.kind.code().to_string(), balance.left())).collect();
    (sold.payment.cash(), left, sold.paid_out)
}

proptest! {
    /// Refunding every piece in any order gives back to each tender exactly what it took.
    #[test]
    fn everything_back_in_any_order_is_what_each_tender_took(
        order in Just([1u16, 1, 2, 2, 2, 3, 3]).prop_shuffle(),
        step in prop::sample::select(vec!["0", "0.05", "0.10"]),
        card in 1..600i64,
        other in 1..500i64,
    ) {
        let amount = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        let given = [
            format!("card {} auth 1", amount(card)),
            format!("card {} auth 2", amount(other)),
            "cash 50".to_owned(),
        ];
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let (took, left, paid_out) = all_back(step, &given, &order);
        prop_assert_eq!(took, paid_out);
        for (code, left) in left {
            prop_assert!(left.is_zero(), "{} still has {}", code, left);
        }
    }
}
