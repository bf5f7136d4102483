//! What a till sold alone: it comes to the hub whole, at its own amounts, and is never refused for what the shop's rules
//! would have said before.

use holdfast_domain::decide::accept_offer;
use holdfast_domain::event::Event;
use holdfast_domain::ids::{CommandId, OrderId, ShiftId, TransactionId, Uuid};
use holdfast_domain::island::{IslandDifference, IslandSale, OpenedAlone, SumFault};
use holdfast_domain::line::LineInput;
use holdfast_domain::money::{Decimal, UnitPrice};
use holdfast_domain::order::{AgeCheck, Channel, OrderState, PlaceOrder, Terms};
use holdfast_domain::promotion::{BasketOff, CouponRule, PromotionKind, Selector};
use holdfast_domain::shift::Mode;
use holdfast_domain::staff::{Permission, StaffNumber};
use holdfast_domain::stock::StockLevel;
use holdfast_domain::tender::{TenderClass, TenderKind};
use holdfast_domain::{Action, Origin, Outcome, Record, Refusal};

use crate::assortment::{coupon, percent, promoting, promotion};
use crate::shop::*;

/// A sale as a till that is alone makes it: priced by what it holds, and paid with what is given, the rest of it change.
pub fn alone(memory: &Shop, terms: &Terms, lines: &[LineInput], given: &[&str], number: u32) -> IslandSale {
    let mut till = memory.clone();
    let at_till = till.state.tills.get_mut(&TILL).expect("the till");
    (at_till.operator, at_till.locked) = (Some(staff(MANAGER)), false);
    if till.state.shift_of(TILL).is_none() {
        till.open_shift(TILL, Mode::Live);
    }
    let order = OrderId(Uuid::from_u128(0x0A10 + u128::from(number)));
    let mut place = PlaceOrder::of(order, Channel::Counter, lines.to_vec());
    // Whatever the till believes to be there, the goods are in the customer's hand.
    for line in till.catalog.products().cloned().collect::<Vec<_>>() {
        let level = StockLevel { on_hand: qty("1000"), adjusted: qty("-1000"), ..StockLevel::default() };
        till.state.stock.insert(line.sku, level);
    }
    till.state.coupons.clear();
    till.state.orders.clear();
    place.terms = Terms { age_check: Some(AgeCheck::ByLook), ..terms.clone() };
    till.ask(TILL, Action::PlaceOrder(place)).expect("the till prices it");
    let (priced, totals) = (till.order(order).lines.clone(), till.order(order).totals.clone());
    let tenders: Vec<_> = given.iter().map(|text| tender(text)).collect();
    let tendered = tenders.iter().fold(eur("0"), |sum, tender| sum + tender.amount);
    IslandSale {
        order,
        operator: staff(CASHIER),
        customer: None,
        lines: lines.to_vec(),
        priced,
        rounding: eur("0"),
        change: tendered - totals.gross,
        totals,
        terms: terms.clone(),
        tenders,
        tips: Vec::new(),
        number,
        catalog_version: 1,
        opened: None,
    }
}

pub fn plain(shop: &Shop, lines: &[LineInput], given: &[&str], number: u32) -> IslandSale {
    alone(shop, &Terms::default(), lines, given, number)
}

pub fn told(sale: IslandSale) -> Action {
    Action::IslandSale(Box::new(sale))
}

fn differs(done: &Done) -> &[IslandDifference] {
    match done.events.last() {
        Some(Event::SoldAlone { differs, .. }) => differs,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sale_made_alone_is_written_down_as_it_was_in_the_tills_shift_under_whoever_sold() {
    let mut shop = Shop::open();
    shop.receive("TEA", "10");
    let mut sale = plain(&shop, &[line(1, "TEA", "2"), line(2, "BREAD", "1").voided()], &["cash 10"], 1);
    sale.tips = vec![tender("cash 0.50")];
    sale.operator = staff(MANAGER);
    // Somebody else is at the till by now, and has locked it.
    shop.ask(TILL, Action::LockTill).expect("locked");
    let before = shop.figures(TILL).clone();
    let done = shop.ask(TILL, told(sale.clone())).expect("it has happened");
    assert_eq!(done.names(), ["order_placed", "sale_completed", "tip_taken", "sold_alone"]);
    assert_eq!((done.receipt().as_str(), differs(&done)), ("1-I000001", &[][..]));
    assert!(done.effects.is_empty(), "the till has printed it and opened its drawer");
    assert!(done.events.iter().filter_map(Event::stamp).all(|stamp| stamp.operator == staff(MANAGER)));
    let figures = shop.figures(TILL);
    assert_eq!((figures.sales, figures.gross), (before.sales + 1, before.gross + eur("7.98")));
    assert_eq!(figures.cash_expected, before.cash_expected + eur("8.48"));
    assert_eq!(shop.stock("TEA").on_hand, qty("8"));
    assert_eq!(shop.stock("TEA").reserved, qty("0"));
    assert!(shop.state.documents.is_empty(), "no paper waits for it here");
    let (order, kept) = (shop.order(sale.order), shop.sale(done.transaction));
    assert_eq!((order.state, order.lines.len(), kept.lines.len()), (OrderState::Fulfilled, 2, 1));
    assert_eq!(kept.stamp.operator, staff(MANAGER));
    assert!(shop.state.tills[&TILL].locked, "nobody is signed on by it");
    // It is a sale like any other one.
    shop.sign_on(TILL, CASHIER);
    shop.bring_back(done.transaction, &[(1, "1")]).expect("returned");
    shop.close_shift(TILL, "104.49").expect("closed");
}

#[test]
fn nothing_that_the_rules_would_have_said_refuses_it_and_all_of_it_is_said() {
    let with_coupon = |shop: &mut Shop| {
        let rule = CouponRule { code: coupon("TENTH"), uses_max: Some(1) };
        let tenth = PromotionKind::BasketOff {
            items: Selector::All,
            threshold: eur("1"),
            off: BasketOff::Percent { rate: percent("10") },
        };
        let mut tenth = promotion("TENTH-OFF", tenth);
        tenth.coupon = Some(rule);
        shop.catalog = promoting(vec![tenth]).catalog;
    };
    let mut till = Shop::open();
    with_coupon(&mut till);
    let terms = Terms { coupons: vec![coupon("TENTH")], ..Terms::default() };
    let dear = [line(1, "TEA", "1"), line(2, "BOOK", "1").percent_off("50"), line(3, "BREAD", "1").at("1")];
    let mut sale = alone(&till, &terms, &dear, &["cash 20"], 1);
    sale.customer = Some(customer(9));
    sale.tenders.push(tender("shells 1.00"));
    sale.change += eur("1");

    // At the hub the coupon is used, the book is for adults, bread is gone, and nobody knows the customer.
    let mut hub = till.clone();
    hub.sign_on(TILL, MANAGER);
    hub.state.coupons.insert(coupon("TENTH"), 1);
    let left = for_adults("BOOK").products().filter(|of| of.sku != sku("BREAD")).cloned().collect::<Vec<_>>();
    let book = hub.catalog.book().clone();
    hub.catalog =
        holdfast_domain::catalog::Catalog::new(3, left).expect("numbers").with_book(book).expect("sense");
    let done = hub.ask(TILL, told(sale.clone())).expect("goods and money have changed hands");
    assert_eq!(
        differs(&done),
        [
            IslandDifference::TenderNotTaken { code: tender_code("shells") },
            IslandDifference::CustomerLeftOut { customer: customer(9) },
            IslandDifference::ItemGone { sku: sku("BREAD") },
            IslandDifference::CouponUsedUp { coupon: coupon("TENTH") },
            IslandDifference::BeyondRights { permission: Permission::OverridePrice },
            IslandDifference::BeyondRights { permission: Permission::Discount },
            IslandDifference::AgeNotChecked { sku: sku("BOOK"), age: 18 },
        ]
    );
    assert_eq!(hub.order(sale.order).customer, None);
    assert_eq!(hub.state.coupons[&coupon("TENTH")], 2, "it was used, however often it could be");
    let kinds: Vec<TenderClass> = done.payment().tenders.iter().map(|of| of.kind.class()).collect();
    assert_eq!(kinds, [TenderClass::Cash, TenderClass::Other]);
}

#[test]
fn another_price_and_strict_goods_that_were_not_there_are_said() {
    let till = Shop::open();
    let sale = plain(&till, &[line(1, "WATCH", "1"), line(2, "TEA", "1")], &["card 102.99 4242 auth 7"], 1);
    let mut hub = till.clone();
    let mut products: Vec<_> = hub.catalog.products().cloned().collect();
    for of in products.iter_mut().filter(|of| of.sku == sku("TEA")) {
        of.unit_price = UnitPrice::new(Decimal::new(499, 2)).expect("a price");
    }
    hub.catalog = holdfast_domain::catalog::Catalog::new(2, products).expect("unique numbers");
    let done = hub.ask(TILL, told(sale)).expect("it left the shop");
    let price = IslandDifference::Price { charged: eur("102.99"), now: Some(eur("103.99")) };
    let strict = IslandDifference::StrictBelowZero { sku: sku("WATCH"), available: qty("-1") };
    assert_eq!(differs(&done), [price, strict]);
    assert_eq!(done.names()[2..], ["stock_went_negative", "stock_went_negative", "sold_alone"]);
    assert_eq!(hub.stock("WATCH").on_hand, qty("-1"));
    assert_eq!(hub.figures(TILL).gross, eur("102.99"), "what the customer paid");
}

#[test]
fn a_reference_that_could_be_a_cards_number_is_left_out_and_the_sale_stands() {
    let mut shop = Shop::open();
    let sale = plain(&shop, &[line(1, "BREAD", "1")], &["card 2.50 4242 4242 4242 99"], 1);
    let done = shop.ask(TILL, told(sale)).expect("it has happened");
    assert_eq!(differs(&done), [IslandDifference::TenderNotTaken { code: tender_code("card") }]);
    let [paid] = &done.payment().tenders[..] else { panic!("one tender") };
    assert!(matches!(&paid.kind, TenderKind::Typed { reference: None, .. }), "{paid:?}");
    // What is not at the till at all cannot have been taken there.
    for code in ["gift-card", "terminal", "on-account"] {
        let sale = plain(&shop, &[line(1, "BREAD", "1")], &[&format!("{code} 2.50 G-1")], 2);
        let refused = shop.ask(TILL, told(sale)).expect_err(code);
        assert_eq!(refused.code(), "HF-CMD-225", "{code}");
    }
}

#[test]
fn a_sale_of_a_shift_that_is_over_or_was_never_there_is_not_lost() {
    let mut shop = Shop::closed();
    let shift = ShiftId(Uuid::from_u128(0x5F01));
    let opened = |day: Option<&str>| Some(OpenedAlone { shift, float: eur("50"), day: day.map(date) });
    let sell = |shop: &mut Shop, number, opened| {
        let sale = IslandSale { opened, ..plain(shop, &[line(1, "BREAD", "1")], &["cash 2.50"], number) };
        shop.ask(TILL, told(sale)).expect("it has happened")
    };
    // The shift that the till opened yesterday begins with its first sale.
    let done = sell(&mut shop, 1, opened(Some("2026-11-19")));
    assert_eq!(done.names()[0], "shift_opened");
    let open = shop.state.shift_of(TILL).expect("a shift");
    assert_eq!((open.id, open.float, open.business_date), (shift, eur("50"), date("2026-11-19")));
    assert_eq!((open.opened_by, open.figures.cash_expected), (staff(CASHIER), eur("52.50")));
    // The next one goes into it.
    assert_eq!(sell(&mut shop, 2, opened(Some("2026-11-19"))).names()[0], "order_placed");
    shop.sign_on(TILL, CASHIER);
    let z = shop.close_shift(TILL, "55").expect("closed");
    // Another one of it comes when it is over: a shift begins whose drawer holds only that.
    let late = sell(&mut shop, 3, opened(None));
    assert_eq!(late.names()[0], "shift_opened");
    let open = shop.state.shift_of(TILL).expect("a shift");
    assert!(open.id != shift, "a Z is for ever: {z:?}");
    assert_eq!((open.float, open.business_date), (eur("0"), shop.today));
    shop.close_shift(TILL, "2.50").expect("closed");
    // A day that has not come is not believed.
    let other = OpenedAlone {
        shift: ShiftId(Uuid::from_u128(0x5F02)),
        float: eur("1"),
        day: Some(date("2031-01-01")),
    };
    sell(&mut shop, 4, Some(other));
    assert_eq!(shop.state.shift_of(TILL).expect("a shift").business_date, shop.today);
    shop.close_shift(TILL, "3.50").expect("closed");
    // Practice is practice.
    shop.open_shift(TILL, Mode::Training);
    let sale = plain(&shop, &[line(1, "BREAD", "1")], &["cash 2.50"], 5);
    assert_eq!(shop.ask(TILL, told(sale)).expect_err("practice").code(), "HF-CMD-144");
}

#[test]
fn what_is_no_sale_is_refused_with_what_is_wrong_with_it() {
    let shop = Shop::open();
    let good = plain(&shop, &[line(1, "TEA", "1"), line(2, "BREAD", "1").voided()], &["cash 5"], 1);
    let refused = |change: &dyn Fn(&mut IslandSale)| {
        let (mut shop, mut sale) = (shop.clone(), good.clone());
        change(&mut sale);
        shop.ask(TILL, told(sale)).expect_err("no sale")
    };
    let fault = |change: &dyn Fn(&mut IslandSale)| match refused(change) {
        Refusal::SaleDoesNotAddUp { fault } => fault,
        other => panic!("{other:?}"),
    };
    let number = good.priced[0].number;
    assert_eq!(fault(&|sale| sale.priced[0].net -= eur("0.01")), SumFault::Line { line: number });
    assert_eq!(fault(&|sale| sale.priced[0].extended += eur("1")), SumFault::Line { line: number });
    assert_eq!(fault(&|sale| sale.priced[0].taxes.clear()), SumFault::Line { line: number });
    assert_eq!(fault(&|sale| sale.totals.discount += eur("1")), SumFault::Totals);
    assert_eq!(fault(&|sale| sale.change += eur("0.01")), SumFault::Tenders);
    assert_eq!(fault(&|sale| sale.tenders.clear()), SumFault::Tenders);
    assert_eq!(fault(&|sale| sale.rounding = eur("0.01")), SumFault::Rounding);
    assert_eq!(fault(&|sale| drop(sale.lines.pop())), SumFault::LineMissing { line: good.lines[1].number });
    assert_eq!(fault(&|sale| drop(sale.priced.remove(0))), SumFault::LineMissing { line: number });
    assert_eq!(fault(&|sale| sale.priced.push(sale.priced[0].clone())), SumFault::LineTwice { line: number });
    let fate = |sale: &mut IslandSale| sale.priced[1].fate = holdfast_domain::line::LineFate::Kept;
    assert_eq!(fault(&fate), SumFault::LineMissing { line: good.lines[1].number });
    let code = |change: &dyn Fn(&mut IslandSale)| refused(change).code();
    assert_eq!(code(&|sale| sale.operator = staff(77)), "HF-CMD-196");
    let dollars = |sale: &mut IslandSale| {
        sale.priced[0].gross =
            holdfast_domain::money::Money::from_minor(399, holdfast_domain::money::Currency::USD);
    };
    assert_eq!(code(&dollars), "HF-CMD-129");
    assert_eq!(code(&|sale| sale.priced[0].gross = -sale.priced[0].gross), "HF-CMD-130");
    assert_eq!(code(&|sale| sale.priced.truncate(0)), "HF-CMD-197");
    let voided = |sale: &mut IslandSale| drop((sale.lines.remove(0), sale.priced.remove(0)));
    assert_eq!(code(&voided), "HF-CMD-120");
}

#[test]
fn cash_is_rounded_as_the_till_rounded_it() {
    let mut shop = Shop::open_with(|profile| profile.cash_step = Decimal::new(5, 2));
    let mut sale = plain(&shop, &[line(1, "TEA", "1")], &["cash 4"], 1);
    (sale.rounding, sale.change) = (eur("0.01"), eur("0"));
    let done = shop.ask(TILL, told(sale.clone())).expect("3.99 is 4.00 in coins");
    assert_eq!((done.payment().rounding, differs(&done)), (eur("0.01"), &[][..]));
    let mut card = IslandSale { order: OrderId(Uuid::from_u128(7)), number: 2, ..sale };
    card.tenders = vec![tender("card 4.00 auth 7")];
    let refused = shop.ask(TILL, told(card)).expect_err("only cash is rounded");
    assert_eq!(refused, Refusal::SaleDoesNotAddUp { fault: SumFault::Rounding });
}

#[test]
fn one_order_and_one_number_are_one_sale_and_a_number_that_was_given_up_waits_for_its_own() {
    let mut shop = Shop::open();
    let sale = |shop: &Shop, number| plain(shop, &[line(1, "BREAD", "1")], &["cash 2.50"], number);
    // The second one comes first: the first one's number is given up, and its sale takes it up again.
    let (first, second) = (sale(&shop, 1), sale(&shop, 2));
    assert_eq!(shop.ask(TILL, told(second.clone())).expect("sold").names()[0], "receipt_number_voided");
    let refused = shop.ask(TILL, told(second.clone())).expect_err("it is there");
    assert_eq!(refused, Refusal::OrderExists { order: second.order });
    let done = shop.ask(TILL, told(first.clone())).expect("its number is nobody else's");
    assert_eq!(done.receipt(), "1-I000001");
    assert!(shop.state.tills[&TILL].skipped.is_empty());
    let other = IslandSale { order: OrderId(Uuid::from_u128(8)), ..first };
    assert_eq!(shop.ask(TILL, told(other)).expect_err("used").code(), "HF-CMD-170");
    let far = sale(&shop, 2_000);
    assert_eq!(shop.ask(TILL, told(far)).expect_err("too far").code(), "HF-CMD-171");
}

pub fn also(transaction: TransactionId, number: u32) -> Action {
    Action::AliasReceipt { transaction, number }
}

#[test]
fn a_sale_whose_reply_was_lost_bears_both_its_numbers_whatever_becomes_of_it() {
    let mut shop = Shop::open();
    let sale = shop.sell(&[line(1, "BREAD", "2")]);
    // The till gave it receipt I1, then sold alone under I2, which came first.
    let later = plain(&shop, &[line(1, "BREAD", "1")], &["cash 2.50"], 2);
    shop.ask(TILL, told(later)).expect("sold");
    assert!(shop.state.tills[&TILL].skipped.contains(&1));
    shop.ask(TILL, Action::LockTill).expect("locked");
    let done = shop.ask(TILL, also(sale, 1)).expect("it has happened");
    assert_eq!(done.names(), ["receipt_aliased"]);
    assert!(done.effects.is_empty());
    let numbers = |shop: &Shop| {
        let sale = shop.sale(sale);
        (sale.receipt.to_string(), sale.alias.map(|alias| alias.to_string()))
    };
    let both = ("1-000001".to_owned(), Some("1-I000001".to_owned()));
    assert_eq!(numbers(&shop), both);
    assert!(shop.state.tills[&TILL].skipped.is_empty(), "the number is used, not void");
    let refused = shop.ask(TILL, also(sale, 3)).expect_err("it has two");
    assert_eq!(refused.code(), "HF-CMD-198");
    let other = plain(&shop, &[line(1, "BREAD", "1")], &["cash 2.50"], 1);
    assert_eq!(shop.ask(TILL, told(other)).expect_err("the number is taken").code(), "HF-CMD-170");
    let another = shop.ask(OTHER_TILL, also(sale, 1)).expect_err("it is not that till's");
    assert_eq!(another.code(), "HF-CMD-160");
    // A return and a post-void leave both.
    shop.sign_on(TILL, MANAGER);
    shop.bring_back(sale, &[(1, "1")]).expect("returned");
    assert_eq!(numbers(&shop), both);
    let voided = shop.sell(&[line(1, "BREAD", "1")]);
    shop.ask(TILL, also(voided, 3)).expect("a second number");
    shop.post_void(voided).expect("voided");
    assert_eq!(shop.sale(voided).alias.map(|alias| alias.number), Some(3));
}

#[test]
fn a_sign_on_at_a_till_that_was_alone_is_written_down_and_signs_nobody_on() {
    let mut shop = Shop::closed();
    let at = holdfast_domain::calendar::Timestamp(1_790_000_000_000);
    for (number, known) in [(CASHIER, true), (404, false)] {
        let number = StaffNumber(number);
        let action = Action::SignedOnAlone { number, at, failed_attempts: 3 };
        let done = shop.ask(TILL, action).expect("it has happened");
        let [Event::SignedOnAlone { staff: who, failed_attempts: 3, terminal: TILL, at: when, .. }] =
            &done.events[..]
        else {
            panic!("{:?}", done.events)
        };
        assert_eq!((*who, *when), (known.then(|| staff(CASHIER)), at));
    }
    assert_eq!(shop.state.tills[&TILL].operator, None);
}

#[test]
fn an_order_that_was_given_up_can_have_been_sold_alone() {
    let mut shop = Shop::open();
    let sale = plain(&shop, &[line(1, "TEA", "1")], &["cash 5"], 1);
    let placed = place(sale.order, Channel::Counter, &[line(1, "TEA", "3")]);
    shop.ask(TILL, placed).expect("placed");
    assert_eq!(shop.ask(TILL, told(sale.clone())).expect_err("it is open").code(), "HF-CMD-140");
    shop.ask(TILL, Action::CancelOrder { order: sale.order, reason: reason("left") }).expect("given up");
    let done = shop.ask(TILL, told(sale.clone())).expect("it was sold after all");
    assert_eq!(shop.order(sale.order).state, OrderState::Fulfilled);
    assert_eq!(shop.sale(done.transaction).lines.len(), 1);
    assert_eq!((shop.stock("TEA").on_hand, shop.stock("TEA").reserved), (qty("-1"), qty("0")));
}

#[test]
fn a_hub_of_a_newer_epoch_takes_it_over_with_the_shift_that_it_began() {
    let mut lost = Shop::closed();
    let opened = Some(OpenedAlone { shift: ShiftId(Uuid::from_u128(0x5F01)), float: eur("50"), day: None });
    let sale = |number| IslandSale {
        opened: opened.clone(),
        ..plain(&Shop::closed(), &[line(1, "BREAD", "1")], &["cash 2.50"], number)
    };
    let records = [2, 1].map(|number| lost.ask(TILL, told(sale(number))).expect("sold").events);
    let mut new = Shop::closed();
    let offered = |new: &Shop, events: &[Event]| {
        let record = Record {
            recorded_at: new.now(),
            origin: Origin::Till {
                terminal: TILL,
                command: CommandId(Uuid::from_u128(5)),
                fingerprint: [3; 32],
            },
            outcome: Outcome::Accepted { events: events.to_vec() },
        };
        accept_offer(&new.state, TILL, &record, EPOCH, 7)
    };
    assert_eq!(offered(&new, &records[1]).expect_err("its shift comes first").code(), "HF-CMD-185");
    for events in &records {
        let record = offered(&new, events).expect("it builds on what is there");
        new.fold(record.outcome.events());
    }
    assert_eq!(new.figures(TILL), lost.figures(TILL));
    assert_eq!(new.state.tills[&TILL].numbers, lost.state.tills[&TILL].numbers);
    assert_eq!(new.figures(TILL).gross, eur("5.00"));
}
