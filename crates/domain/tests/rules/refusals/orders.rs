//! What is refused about an order on its way: in whose hands it is, how it is changed, and its receipt once more.

use holdfast_domain::bounded::Description;
use holdfast_domain::command::{Exchange, Settlement};
use holdfast_domain::order::{Channel, Claim, EditOrder, NOTES_MAX, Note, OrderEdit, Terms};
use holdfast_domain::sale::CopyForm;
use holdfast_domain::shift::Mode;

use super::*;

pub(super) const CASES: &[Case] = &[
    ("HF-CMD-200", || at_the_other_till(|order| retrieve(order, Claim::Parked))),
    ("HF-CMD-200", || at_the_other_till(|order| pay(order, &["3.99"], Settlement::Full))),
    ("HF-CMD-200", || at_the_other_till(|order| pay(order, &["1"], Settlement::Deposit))),
    ("HF-CMD-200", || at_the_other_till(|order| Action::CancelOrder { order, reason: reason("no") })),
    ("HF-CMD-200", || at_the_other_till(|order| park(order, 1))),
    ("HF-CMD-104", || at_the_other_till(|order| retrieve(order, Claim::TakeOver))),
    ("HF-CMD-201", || parked(|order| pay(order, &["3.99"], Settlement::Full))),
    ("HF-CMD-201", || parked(|order| Action::CancelOrder { order, reason: reason("no") })),
    ("HF-CMD-201", || parked(|order| park(order, 2))),
    ("HF-CMD-202", || on_a_placed_order(|order| park(order, 2))),
    ("HF-CMD-141", || fresh(retrieve(unknown_order(), Claim::Parked))),
    ("HF-CMD-141", || fresh(park(unknown_order(), 1))),
    ("HF-CMD-120", || fresh(park_new(unknown_order(), "hat", &[]))),
    ("HF-CMD-142", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        shop.pay(order, &["3.99"]).expect("paid");
        asked(&mut shop, retrieve(order, Claim::TakeOver))
    }),
    ("HF-CMD-144", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        shop.close_shift(TILL, "100").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        asked(&mut shop, retrieve(order, Claim::Parked))
    }),
    ("HF-CMD-141", || fresh(edit(unknown_order(), 1, &[void_line(1)]))),
    ("HF-CMD-200", || at_the_other_till(|order| edit(order, 1, &[void_line(1)]))),
    ("HF-CMD-201", || parked(|order| edit(order, 2, &[void_line(1)]))),
    ("HF-CMD-202", || on_a_placed_order(|order| edit(order, 2, &[void_line(1)]))),
    ("HF-CMD-203", || on_a_placed_order(|order| edit(order, 1, &[void_line(2)]))),
    ("HF-CMD-203", || {
        let more = OrderEdit::AddLine(line(2, "BOOK", "1"));
        on_a_placed_order(|order| edit(order, 1, &[more, void_line(1), void_line(1)]))
    }),
    ("HF-CMD-204", || on_a_placed_order(|order| edit(order, 1, &[to_quantity(1, "0.5", None)]))),
    ("HF-CMD-205", || on_a_placed_order(|order| edit(order, 1, &[]))),
    ("HF-CMD-206", || {
        let mut shop = Shop::open();
        shop.catalog = for_adults("TEA");
        asked(&mut shop, place(unknown_order(), Channel::Counter, &[line(1, "TEA", "1")]))
    }),
    ("HF-CMD-207", || fresh(place(unknown_order(), Channel::Counter, &[line(30_001, "TEA", "1")]))),
    ("HF-CMD-208", || {
        let note = Note { line: None, text: Description::new("wrap it").expect("a note") };
        widely(&[line(1, "TEA", "1")], Terms { notes: vec![note; NOTES_MAX + 1], ..Terms::default() })
    }),
    ("HF-CMD-120", || on_a_placed_order(|order| edit(order, 1, &[void_line(1)]))),
    ("HF-CMD-122", || on_a_placed_order(|order| edit(order, 1, &[OrderEdit::AddLine(line(1, "BOOK", "1"))]))),
    ("HF-CMD-124", || on_a_placed_order(|order| edit(order, 1, &[to_quantity(1, "0", Some("no"))]))),
    ("HF-CMD-132", || {
        on_a_placed_order(|order| edit(order, 1, &[OrderEdit::AddLine(line(2, "WATCH", "1"))]))
    }),
    ("HF-CMD-190", || {
        let someone = OrderEdit::SetCustomer { customer: Some(customer(4)) };
        on_a_placed_order(|order| edit(order, 1, &[someone]))
    }),
    ("HF-CMD-104", || {
        let cheaper = OrderEdit::AddLine(line(2, "BOOK", "1").at("3.00"));
        on_a_placed_order(|order| edit(order, 1, &[cheaper]))
    }),
    ("HF-CMD-131", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        let edits = vec![to_quantity(1, "2", None)];
        let expected_total = Some(eur("3.99"));
        asked(&mut shop, Action::EditOrder(EditOrder { order, revision: 1, edits, expected_total }))
    }),
    ("HF-CMD-142", || {
        let mut shop = Shop::open();
        let order = shop.place(&[line(1, "TEA", "1")]);
        shop.deposit(order, "1").expect("a deposit");
        asked(&mut shop, edit(order, 2, &[to_quantity(1, "2", None)]))
    }),
    ("HF-CMD-209", || {
        sold_tea(|shop, sale| {
            let Action::Return(back) = by_receipt(sale, &[(1, "1")]) else { panic!("a return") };
            let place = PlaceOrder::of(OrderId(shop.id()), Channel::NotInHand, vec![line(1, "TEA", "1")]);
            Action::Exchange(Box::new(Exchange { back, place, tenders: Vec::new() }))
        })
    }),
    ("HF-CMD-160", || fresh(copy(unknown_sale(), CopyForm::Copy))),
    ("HF-CMD-161", || {
        let mut shop = Shop::open();
        shop.sign_on(TILL, MANAGER);
        let sale = shop.sell(&[line(1, "TEA", "1")]);
        shop.post_void(sale).expect("voided");
        asked(&mut shop, copy(sale, CopyForm::Copy))
    }),
    ("HF-CMD-144", || {
        let mut shop = Shop::open();
        let sale = shop.sell(&[line(1, "TEA", "1")]);
        shop.close_shift(TILL, "100").expect("closed");
        shop.open_shift(TILL, Mode::Training);
        asked(&mut shop, copy(sale, CopyForm::Gift))
    }),
];

/// What a cashier asks for at one till about an order that the other till has in hand.
fn at_the_other_till(action: impl FnOnce(OrderId) -> Action) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    shop.sign_on(OTHER_TILL, CASHIER);
    shop.open_shift(OTHER_TILL, Mode::Live);
    let lines = [line(1, "TEA", "1")];
    let order = shop.try_place(OTHER_TILL, Channel::Counter, &lines).expect("placed");
    asked(&mut shop, action(order))
}

fn on_a_placed_order(action: impl FnOnce(OrderId) -> Action) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "TEA", "1")]);
    asked(&mut shop, action(order))
}

fn parked(action: impl FnOnce(OrderId) -> Action) -> Result<(), Refusal> {
    let mut shop = Shop::open();
    shop.ask(TILL, park_new(unknown_order(), "red scarf", &[line(1, "TEA", "1")])).expect("parked");
    asked(&mut shop, action(unknown_order()))
}
