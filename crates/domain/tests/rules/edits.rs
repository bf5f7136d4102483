//! Orders are changed before they are paid: by whoever has seen them as they are.

use holdfast_domain::bounded::{Description, Label, OrderTag, Reason};
use holdfast_domain::catalog::{Catalog, Product};
use holdfast_domain::ids::OrderId;
use holdfast_domain::line::{
    AppliedDiscount, AppliedPrice, DiscountInput, LineFate, LineInput, LineNumber, PriceInput,
};
use holdfast_domain::money::UnitPrice;
use holdfast_domain::order::{AgeCheck, Channel, Note, OrderEdit, PlaceOrder, Terms};
use holdfast_domain::shift::Mode;
use holdfast_domain::{Action, Event};

use crate::assortment::{
    coupon, label, of_item, open_priced, percent, tagged, taxes, try_terms, unit_price, wide_shop,
    with_coupons,
};
use crate::shop::*;

fn discount_of(line: Option<u16>, rate: &str) -> OrderEdit {
    let discount = DiscountInput::Percent { rate: percent(rate), reason: reason("regular") };
    OrderEdit::SetDiscount { line: line.map(LineNumber), discount }
}

/// What an order is, but for its id and how it came about.
fn as_it_stands(shop: &Shop, order: OrderId) -> String {
    let order = shop.order(order);
    format!("{:#?}\n{:#?}\n{:#?}\n{:#?}", order.lines, order.totals, order.terms, order.asked)
}

/// Everything that a basket can hold: labels, deposits, open prices, hands on prices and discounts, voided lines.
fn everything() -> Vec<LineInput> {
    let mut cheaper = line(4, "JUICE", "1");
    cheaper.discount = DiscountInput::Percent { rate: percent("7"), reason: reason("scratched") };
    let mut given = line(5, "TEA", "2");
    given.discount = DiscountInput::Amount { amount: eur("0.33"), reason: reason("dented") };
    let mut voided = line(6, "COLA", "1");
    voided.fate = LineFate::Voided { reason: reason("changed mind") };
    vec![
        line(1, "COLA", "3"),
        of_item(line(2, "CHEESE", "1"), label("211234500385")),
        open_priced(line(3, "CARD", "1"), "12.5"),
        cheaper,
        given,
        voided,
        line(7, "BREAD", "2").at("1.99"),
        of_item(line(8, "CHEESE", "1"), label("221234500399")),
        line(9, "TEA", "6"),
    ]
}

#[test]
fn an_order_that_came_about_by_edits_is_the_order_placed_at_once() {
    let discount = DiscountInput::Percent { rate: percent("3"), reason: reason("regular") };
    let notes = vec![Note { line: Some(LineNumber(4)), text: Description::new("wrap it").expect("a note") }];
    let exempt = Label::new("AT-7").expect("a name");
    let whole = Terms {
        tag: Some(OrderTag::new("take-away").expect("a tag")),
        coupons: vec![coupon("many")],
        exemption: Some(exempt.clone()),
        discount: discount.clone(),
        notes: notes.clone(),
        age_check: None,
    };
    for first in 0..everything().len() {
        let mut shop = wide_shop();
        shop.hub(taxes()).expect("a sound table");
        shop.sign_on(TILL, MANAGER);
        let at_once = try_terms(&mut shop, &everything(), whole.clone()).expect("placed");
        // One line is placed, the others come by edits, one at a time: each prices the whole basket again.
        let mut lines = everything();
        let placed = lines.remove(first);
        if matches!(placed.fate, LineFate::Voided { .. }) {
            continue;
        }
        let order = try_terms(&mut shop, &[placed], Terms::default()).expect("placed");
        let edits = lines.into_iter().map(OrderEdit::AddLine).chain([
            OrderEdit::SetTag { tag: whole.tag.clone() },
            OrderEdit::SetDiscount { line: None, discount: discount.clone() },
            OrderEdit::SetCoupons { coupons: vec![coupon("many")] },
            OrderEdit::SetExemption { certificate: Some(exempt.clone()) },
            OrderEdit::SetNotes { notes: notes.clone() },
        ]);
        for (revision, one) in (1..).zip(edits) {
            shop.ask(TILL, edit(order, revision, &[one])).expect("edited");
        }
        let sorted = |text: String| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            lines.join("\n")
        };
        assert_eq!(
            sorted(as_it_stands(&shop, order)),
            sorted(as_it_stands(&shop, at_once)),
            "line {first} first"
        );
        assert_eq!(shop.state.coupons.get(&coupon("many")), Some(&2), "once for each order");
    }
}

#[test]
fn a_price_and_a_discount_are_given_and_taken_back_by_whoever_may() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "TEA", "1"), line(2, "BOOK", "1")]);
    let cheaper = PriceInput::Override { unit_price: unit_price("2"), reason: reason("dented") };
    let set = |price: PriceInput| OrderEdit::SetPrice { line: LineNumber(1), price };
    assert_eq!(
        shop.ask(TILL, edit(order, 1, &[set(cheaper.clone())])).expect_err("a cashier").code(),
        "HF-CMD-104"
    );
    assert_eq!(
        shop.ask(TILL, edit(order, 1, &[discount_of(Some(2), "60")])).expect_err("a cashier").code(),
        "HF-CMD-241"
    );
    shop.sign_on(TILL, MANAGER);
    shop.ask(TILL, edit(order, 1, &[set(cheaper), discount_of(Some(2), "60")])).expect("a manager");
    shop.sign_on(TILL, CASHIER);
    shop.ask(TILL, edit(order, 2, &[OrderEdit::AddLine(line(3, "BREAD", "4"))]))
        .expect("what was given stays given");
    let more = edit(order, 3, &[to_quantity(1, "2", None)]);
    assert_eq!(shop.ask(TILL, more).expect_err("more at that price").code(), "HF-CMD-104");
    let larger_share =
        shop.ask(TILL, edit(order, 3, &[void_line(3)])).expect_err("of less, the same is more");
    assert_eq!(larger_share.code(), "HF-CMD-242");
    shop.ask(TILL, edit(order, 3, &[set(PriceInput::List)])).expect("the list's price needs nobody");
    assert_eq!(shop.order(order).lines[0].price, AppliedPrice::List { unit_price: unit_price("3.99") });
}

#[test]
fn a_tag_taxes_the_open_lines_anew() {
    let mut shop = wide_shop();
    shop.hub(taxes()).expect("a sound table");
    let order = try_terms(&mut shop, &[line(1, "TEA", "2")], Terms::default()).expect("placed");
    let before = shop.order(order).totals.clone();
    let takeaway = tagged("take-away").tag;
    shop.ask(TILL, edit(order, 1, &[OrderEdit::SetTag { tag: takeaway.clone() }])).expect("known");
    let after = shop.order(order).totals.clone();
    assert_eq!(after.gross, before.gross, "prices include the tax");
    assert!(after.tax < before.tax, "{before:?} {after:?}");
    assert_eq!(shop.order(order).terms.tag, takeaway);
    shop.ask(TILL, edit(order, 2, &[OrderEdit::SetTag { tag: None }])).expect("back");
    assert_eq!(shop.order(order).totals, before);
    let unknown = OrderTag::new("eat-in").expect("a tag");
    let refusal =
        shop.ask(TILL, edit(order, 3, &[OrderEdit::SetTag { tag: Some(unknown) }])).expect_err("unknown");
    assert_eq!(refusal.code(), "HF-CMD-267");
}

#[test]
fn a_coupon_that_waits_takes_off_as_soon_as_the_basket_is_worth_it_and_is_given_back_when_it_is_not() {
    let mut shop = wide_shop();
    let order = try_terms(&mut shop, &[line(1, "TEA", "1")], with_coupons(&["once"])).expect("placed");
    let used = |shop: &Shop| shop.state.coupons.get(&coupon("once")).copied().unwrap_or_default();
    assert_eq!((used(&shop), shop.order(order).asked.unused.len()), (0, 1), "five off from twenty on");
    shop.ask(TILL, edit(order, 1, &[OrderEdit::AddLine(line(2, "BOOK", "3"))])).expect("more");
    assert_eq!((used(&shop), shop.order(order).asked.unused.len()), (1, 0));
    assert!(matches!(shop.order(order).lines[1].discount, AppliedDiscount::Parts { .. }));
    shop.ask(TILL, edit(order, 2, &[to_quantity(2, "4", None)])).expect("its own use does not use it up");
    let other = try_terms(&mut shop, &[line(1, "BOOK", "3")], with_coupons(&["once"])).expect_err("used up");
    assert_eq!(other.code(), "HF-CMD-265");
    shop.ask(TILL, edit(order, 3, &[void_line(2)])).expect("less");
    assert_eq!((used(&shop), shop.order(order).asked.unused.len()), (0, 1), "given back");
    try_terms(&mut shop, &[line(1, "BOOK", "3")], with_coupons(&["once"])).expect("somebody else's now");
}

#[test]
fn a_bundle_and_what_expired_follow_their_own_rules() {
    let mut shop = wide_shop();
    shop.receive("WATCH", "1");
    let order = try_terms(&mut shop, &[line(1, "TEA", "1")], Terms::default()).expect("placed");
    shop.ask(TILL, edit(order, 1, &[OrderEdit::AddLine(line(2, "HAMPER", "1"))]))
        .expect("its watch is there");
    assert_eq!((shop.stock("WATCH").reserved, shop.stock("TEA").reserved), (qty("1"), qty("3")));
    let refusal = shop.ask(TILL, edit(order, 2, &[to_quantity(2, "2", None)])).expect_err("one watch");
    assert_eq!(refusal.code(), "HF-CMD-132");
    shop.ask(TILL, edit(order, 2, &[void_line(2)])).expect("voided");
    assert_eq!((shop.stock("WATCH").reserved, shop.stock("TEA").reserved), (qty("0"), qty("1")));
}

#[test]
fn what_not_everybody_may_buy_needs_somebody_who_looked() {
    let mut shop = Shop::open();
    shop.catalog = for_adults("TEA");
    let refusal = shop.try_place(TILL, Channel::Counter, &[line(1, "TEA", "1")]).expect_err("nobody looked");
    assert_eq!(refusal.code(), "HF-CMD-206");
    assert!(refusal.to_string().contains("18 years"), "{refusal}");
    let looked = Terms { age_check: Some(AgeCheck::ByDocument), ..Terms::default() };
    let done = {
        let order = OrderId(shop.id());
        let place = PlaceOrder {
            terms: looked.clone(),
            ..PlaceOrder::of(order, Channel::Counter, vec![line(1, "TEA", "1")])
        };
        shop.ask(TILL, Action::PlaceOrder(place)).expect("somebody looked")
    };
    assert!(
        matches!(done.events[1], Event::AgeChecked { age: 18, how: AgeCheck::ByDocument, .. }),
        "{:?}",
        done.events
    );
    let plain = shop.place(&[line(1, "BOOK", "1")]);
    let tea = OrderEdit::AddLine(line(2, "TEA", "1"));
    assert_eq!(
        shop.ask(TILL, edit(plain, 1, std::slice::from_ref(&tea))).expect_err("nobody looked").code(),
        "HF-CMD-206"
    );
    let look = OrderEdit::CheckAge { how: AgeCheck::ByLook };
    shop.ask(TILL, edit(plain, 1, &[tea, look])).expect("somebody looked");
    shop.ask(TILL, edit(plain, 2, &[to_quantity(2, "2", None)])).expect("once is enough");
    let bread = try_terms(&mut shop, &[line(1, "BREAD", "1")], looked).expect("nothing to look for");
    assert_eq!(shop.order(bread).age_checked, None);
}

fn reprice(shop: &mut Shop, product: &str, price: &str) {
    let products: Vec<Product> = shop.catalog.products().cloned().collect();
    let changed = products.into_iter().map(|mut of| {
        if of.sku == sku(product) {
            of.unit_price = UnitPrice::new(decimal(price)).expect("a price");
        }
        of
    });
    shop.catalog = Catalog::new(2, changed).expect("unique numbers");
}

#[test]
fn one_edit_adds_voids_and_changes_and_the_stock_follows() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "TEA", "3"), line(2, "BOOK", "1")]);
    let edits = [
        OrderEdit::AddLine(line(3, "BREAD", "2")),
        void_line(2),
        to_quantity(1, "1", Some("too many")),
        to_quantity(3, "4", None),
    ];
    let done = shop.ask(TILL, edit(order, 1, &edits)).expect("edited");
    let [Event::OrderEdited { revision: 2, lines, totals, changed, .. }] = &done.events[..] else {
        panic!("{done:?}")
    };
    assert_eq!(totals.gross, eur("13.99"), "1 × 3.99 + 4 × 2.50");
    let told: Vec<_> = changed
        .iter()
        .map(|change| {
            let was = change.before.as_ref().map(|line| line.quantity);
            (change.line.0, was, change.reason.as_ref().map(Reason::as_str))
        })
        .collect();
    assert_eq!(told, [(1, Some(qty("3")), Some("too many")), (2, Some(qty("1")), None), (3, None, None)]);
    assert_eq!(lines[1].fate, LineFate::Voided { reason: reason("changed mind") }, "it stays in the history");
    let reserved = ["TEA", "BOOK", "BREAD"].map(|product| shop.stock(product).reserved);
    assert_eq!(reserved, [qty("1"), qty("0"), qty("4")]);
    let sale = shop.pay(order, &["13.99"]).expect("what it costs now").transaction;
    assert_eq!(shop.sale(sale).lines.len(), 2);
    assert_eq!(shop.stock("BREAD").on_hand, qty("-4"));
}

#[test]
fn of_two_edits_that_saw_the_same_order_the_second_is_told() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "TEA", "1")]);
    shop.ask(TILL, edit(order, 1, &[to_quantity(1, "2", None)])).expect("first");
    let refusal = shop.ask(TILL, edit(order, 1, &[to_quantity(1, "3", None)])).expect_err("second");
    assert_eq!(refusal.code(), "HF-CMD-202");
    assert!(refusal.to_string().contains("revision 2"), "{refusal}");
    assert_eq!(shop.order(order).lines[0].quantity, qty("2"), "the first one holds");
    shop.ask(TILL, edit(order, 2, &[to_quantity(1, "3", None)])).expect("after reading it again");
}

#[test]
fn what_was_placed_keeps_its_price_unless_it_fell() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "TEA", "1"), line(2, "BOOK", "1")]);
    reprice(&mut shop, "TEA", "4.99");
    reprice(&mut shop, "BOOK", "8.00");
    let edits = [to_quantity(1, "2", None), OrderEdit::AddLine(line(3, "TEA", "1"))];
    shop.ask(TILL, edit(order, 1, &edits)).expect("by a cashier: no price was set by hand");
    let lines = &shop.order(order).lines;
    let prices = lines.iter().map(|line| match &line.price {
        AppliedPrice::List { unit_price } => unit_price.to_string(),
        other => panic!("{other:?}"),
    });
    assert_eq!(prices.collect::<Vec<_>>(), ["3.99", "8", "4.99"].map(decimal_text));
    assert_eq!(shop.order(order).totals.gross, eur("20.97"), "2 × 3.99 + 8.00 + 4.99");
}

fn decimal_text(price: &str) -> String {
    UnitPrice::new(decimal(price)).expect("a price").to_string()
}

#[test]
fn strict_goods_race_for_what_an_edit_adds_and_not_for_what_it_has() {
    let mut shop = Shop::open();
    shop.receive("WATCH", "2");
    let order = shop.place(&[line(1, "WATCH", "1")]);
    shop.ask(TILL, edit(order, 1, &[to_quantity(1, "2", None)])).expect("there are two");
    let refusal =
        shop.ask(TILL, edit(order, 2, &[to_quantity(1, "3", None)])).expect_err("there is no third");
    assert_eq!(refusal.code(), "HF-CMD-132");
    shop.ask(TILL, edit(order, 2, &[OrderEdit::AddLine(line(2, "TEA", "1"))])).expect("others are not asked");
    let later = shop.try_place(TILL, Channel::NotInHand, &[line(1, "BOOK", "1")]).expect_err("none is there");
    assert_eq!(later.code(), "HF-CMD-132");
}

#[test]
fn a_customer_is_named_changed_and_taken_off() {
    let mut shop = Shop::open();
    shop.register(customer(1)).expect("a new id");
    let order = shop.place(&[line(1, "TEA", "1")]);
    let named = OrderEdit::SetCustomer { customer: Some(customer(1)) };
    shop.ask(TILL, edit(order, 1, &[named])).expect("registered");
    assert_eq!(shop.order(order).customer, Some(customer(1)));
    shop.ask(TILL, edit(order, 2, &[OrderEdit::SetCustomer { customer: None }])).expect("taken off");
    assert_eq!(shop.order(order).customer, None);
}

#[test]
fn practice_is_edited_without_a_trace_in_stock() {
    let mut shop = Shop::closed();
    shop.sign_on(TILL, CASHIER);
    shop.open_shift(TILL, Mode::Training);
    let order = shop.place(&[line(1, "WATCH", "1")]);
    shop.ask(TILL, edit(order, 1, &[to_quantity(1, "9", None)])).expect("practice");
    assert_eq!(shop.stock("WATCH").reserved, qty("0"));
    shop.ask(TILL, Action::CancelOrder { order, reason: reason("done") }).expect("cancelled");
}

#[test]
fn notes_say_what_is_to_be_done_and_belong_to_a_line_that_is_there() {
    let mut shop = Shop::open();
    let order = shop.place(&[line(1, "TEA", "1")]);
    let note = |line: Option<u16>| Note {
        line: line.map(LineNumber),
        text: Description::new("for the table at the window").expect("a note"),
    };
    let set = |notes: Vec<Note>| OrderEdit::SetNotes { notes };
    shop.ask(TILL, edit(order, 1, &[set(vec![note(None), note(Some(1))])])).expect("noted");
    assert_eq!(shop.order(order).asked.notes.len(), 2);
    let nowhere = shop.ask(TILL, edit(order, 2, &[set(vec![note(Some(9))])])).expect_err("no such line");
    assert_eq!(nowhere.code(), "HF-CMD-203");
    let many = shop.ask(TILL, edit(order, 2, &[set(vec![note(None); 51])])).expect_err("too many");
    assert_eq!(many.code(), "HF-CMD-208");
    let mut high = line(1, "TEA", "1");
    high.number = LineNumber(30_001);
    let refusal = shop.try_place(TILL, Channel::Counter, &[high]).expect_err("a deposit's number");
    assert_eq!(refusal.code(), "HF-CMD-207");
}
