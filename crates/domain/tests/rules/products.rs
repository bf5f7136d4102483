//! What can be sold besides plain goods: bundles, deposits, open prices, labels that carry a weight or a price, price lists.

use holdfast_domain::barcode::{Measure, MeasureLayout, ValueCheck, is_gtin};
use holdfast_domain::catalog::{Catalog, CatalogError, PriceBook, StockRule, Unit};
use holdfast_domain::line::{AppliedPrice, LineNumber};
use holdfast_domain::order::Channel;
use holdfast_domain::{Action, Event, Refusal};

use crate::assortment::*;
use crate::shop::*;

#[test]
fn a_bundle_is_sold_as_one_and_taken_from_the_stock_of_its_parts() {
    let mut shop = wide_shop();
    shop.receive("WATCH", "2");
    shop.receive("TEA", "10");
    let order = shop.place(&[line(1, "HAMPER", "2")]);
    assert_eq!((shop.stock("TEA").reserved, shop.stock("WATCH").reserved), (qty("4"), qty("2")));
    let sale = shop.pay(order, &["240"]).expect("enough").transaction;
    assert_eq!((shop.stock("TEA").on_hand, shop.stock("WATCH").on_hand), (qty("6"), qty("0")));
    assert_eq!(shop.stock("HAMPER").on_hand, qty("0"), "a bundle has no stock of its own");
    shop.bring_back(sale, &[(1, "1")]).expect("one of two");
    assert_eq!((shop.stock("TEA").on_hand, shop.stock("WATCH").on_hand), (qty("8"), qty("1")));
}

#[test]
fn a_bundle_with_a_strict_part_races_for_it_with_everything_else() {
    let mut shop = wide_shop();
    shop.receive("WATCH", "2");
    shop.place(&[line(1, "WATCH", "1")]);
    let both = shop.try_place(TILL, Channel::Counter, &[line(1, "HAMPER", "1"), line(2, "WATCH", "1")]);
    let Err(Refusal::OutOfStock { available, wanted, .. }) = both else { panic!("{both:?}") };
    assert_eq!(
        (available, wanted),
        (qty("1"), qty("2")),
        "the bundle's part and the watch are counted together"
    );
    shop.place(&[line(1, "HAMPER", "1")]);
    let last = shop.try_place(TILL, Channel::Counter, &[line(1, "HAMPER", "1")]);
    assert!(matches!(last, Err(Refusal::OutOfStock { .. })), "{last:?}");
}

#[test]
fn a_deposit_goes_with_its_item_and_nothing_comes_off_it() {
    let mut shop =
        promoting(vec![promotion("ALL", item_off(holdfast_domain::promotion::Selector::All, "10"))]);
    let order = shop.place(&[line(1, "COLA", "4"), line(2, "TEA", "1")]);
    let lines = &shop.order(order).lines;
    let seen: Vec<(u16, &str, String)> =
        lines.iter().map(|line| (line.number.0, line.sku.as_str(), line.gross.to_string())).collect();
    let expected = [(1, "COLA", "5.40"), (30_001, "BOTTLE", "1.00"), (2, "TEA", "3.59")];
    assert_eq!(seen.len(), 3);
    for (seen, (number, sku, gross)) in seen.iter().zip(expected) {
        assert_eq!((seen.0, seen.1, seen.2.as_str()), (number, sku, &*format!("{gross} EUR")));
    }
    let sale = shop.pay(order, &["20"]).expect("enough").transaction;
    shop.bring_back(sale, &[(30_001, "4")]).expect("the empty bottles");
    assert_eq!(shop.figures(TILL).returned, eur("1"));
}

#[test]
fn an_item_without_a_price_is_sold_at_what_is_typed() {
    let mut shop = wide_shop();
    let order = shop.place(&[open_priced(line(1, "CARD", "1"), "12.34")]);
    let sold = &shop.order(order).lines[0];
    assert_eq!(sold.gross, eur("12.34"));
    assert!(matches!(sold.price, AppliedPrice::Open { .. }), "{:?}", sold.price);
}

#[test]
fn a_label_with_a_weight_is_priced_by_it_and_one_with_a_price_costs_what_it_says() {
    let mut shop = wide_shop();
    let weighed = of_item(line(1, "CHEESE", "1"), label("211234500385"));
    let priced = of_item(line(2, "CHEESE", "1"), label("221234500777"));
    let order = shop.place(&[weighed, priced]);
    let lines = &shop.order(order).lines;
    assert_eq!((lines[0].quantity, lines[0].gross), (qty("0.385"), eur("9.59")));
    assert_eq!((lines[1].quantity, lines[1].gross), (qty("0.312"), eur("7.77")), "7.77 / 24.90, to the gram");
    assert_eq!(shop.stock("CHEESE").reserved, qty("0.697"));
    let sale = shop.pay(order, &["20"]).expect("enough").transaction;
    shop.bring_back(sale, &[(2, "0.112")]).expect("a part");
    shop.bring_back(sale, &[(2, "0.2")]).expect("the rest");
    assert_eq!(shop.figures(TILL).returned, eur("7.77"), "what was paid, whatever the weight says");
}

/// Eight digits that end with their own check digit are a GTIN by chance: one in ten of all such numbers.
#[test]
fn a_label_is_found_whatever_its_items_number_looks_like() {
    let number = barcode("23456785");
    assert!(is_gtin(number.as_str()));
    let mut cheese =
        products().into_iter().find(|product| product.sku == sku("CHEESE")).expect("there is cheese");
    cheese.barcodes = vec![number];
    let layout = MeasureLayout {
        prefix: barcode("23"),
        item_digits: 6,
        value_check: ValueCheck::Absent,
        value_digits: 4,
        measure: Measure::Quantity { places: 3 },
    };
    let book = PriceBook { layouts: vec![layout], ..PriceBook::default() };
    let catalog = Catalog::new(1, [cheese]).expect("one product").with_book(book).expect("a sound layout");
    let found = catalog.scan(&label("234567850385")).expect("its label");
    assert_eq!(found.product.sku, sku("CHEESE"));
    assert!(found.embedded.is_some());
}

#[test]
fn price_lists_hold_for_their_time() {
    let mut shop = wide_shop();
    let price_on = |shop: &mut Shop, day: &str| {
        shop.today = date(day);
        let order = shop.place(&[line(1, "TEA", "1")]);
        let line = &shop.order(order).lines[0];
        (line.price_list.to_string(), line.gross)
    };
    assert_eq!(price_on(&mut shop, "2026-11-30"), ("standard".to_owned(), eur("3.99")));
    assert_eq!(price_on(&mut shop, "2026-12-01"), ("december".to_owned(), eur("3.49")));
    assert_eq!(price_on(&mut shop, "2026-12-31"), ("december".to_owned(), eur("3.49")));
    assert_eq!(price_on(&mut shop, "2027-01-01"), ("standard".to_owned(), eur("3.99")));
}

#[test]
fn a_catalog_that_contradicts_itself_is_not_taken() {
    let bundle = reject(|products, _| products[3].unit = Unit::Kilogram);
    assert!(matches!(bundle, CatalogError::UnsoundBundle { .. }), "{bundle:?}");
    let nested = reject(|products, _| {
        let inner = StockRule::Bundle { components: vec![part("HAMPER", "1")] };
        products[0].stock = inner;
    });
    assert!(matches!(nested, CatalogError::UnsoundBundle { .. }), "{nested:?}");
    let deposit = reject(|products, _| products[0].details.deposit = Some(sku("NOWHERE")));
    assert!(matches!(deposit, CatalogError::DepositMissing { .. }), "{deposit:?}");
    let list = reject(|_, book| book.lists.push(book.lists[0].clone()));
    assert!(matches!(list, CatalogError::DuplicatePriceList { .. }), "{list:?}");
    let twice = reject(|_, book| book.promotions.push(book.promotions[0].clone()));
    assert!(matches!(twice, CatalogError::DuplicatePromotion { .. }), "{twice:?}");
    let unsound = reject(|_, book| {
        book.promotions[0].kind = holdfast_domain::promotion::PromotionKind::GroupOff {
            items: drinks(),
            count: 2,
            reduced: 3,
            rate: percent("50"),
        };
    });
    assert!(matches!(unsound, CatalogError::UnsoundPromotion { .. }), "{unsound:?}");
    let layout = reject(|_, book| book.layouts[0].item_digits = 6);
    assert!(matches!(layout, CatalogError::UnsoundLayout { .. }), "{layout:?}");
    let many = reject(|_, book| {
        book.promotions = (0..=holdfast_domain::promotion::PROMOTIONS_MAX)
            .map(|number| promotion(&format!("P{number}"), item_off(drinks(), "1")))
            .collect();
    });
    assert!(matches!(many, CatalogError::TooManyPromotions { .. }), "{many:?}");
}

#[test]
fn a_line_number_that_a_deposit_has_is_refused() {
    let mut shop = wide_shop();
    let taken = shop.try_place(TILL, Channel::Counter, &[line(1, "COLA", "1"), line(30_001, "TEA", "1")]);
    assert_eq!(taken, Err(Refusal::LineNumberTooLarge { line: LineNumber(30_001), max: 30_000 }));
    shop.try_place(TILL, Channel::Counter, &[line(30_000, "COLA", "1")]).expect("the last one");
}

#[test]
fn a_customer_of_a_group_buys_at_its_prices() {
    let mut shop = wide_shop();
    let subject = customer(7);
    shop.register(subject).expect("a new customer");
    let group = Some(holdfast_domain::bounded::PriceGroup::new("trade").expect("a name"));
    let staff = staff(MANAGER);
    shop.hub(holdfast_domain::command::HubCommand::GroupSubject { subject, group, staff })
        .expect("by permission");
    let Done { events, .. } = shop.ask(TILL, place_for(subject)).expect("one tea");
    let Event::OrderPlaced { lines, totals, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((lines[0].price_list.as_str(), totals.gross), ("trade", eur("3.10")));
}

#[test]
fn a_bundle_has_no_stock_that_could_be_counted_received_or_ordered_again() {
    use holdfast_domain::ids::CountId;
    use holdfast_domain::stock::CountScope;

    let mut shop = wide_shop();
    shop.sign_on(TILL, MANAGER);
    let count = CountId(shop.id());
    let hamper = || holdfast_domain::catalog::ItemRef::Sku(sku("HAMPER"));
    let of_hampers = CountScope::Products([sku("HAMPER")].into());
    let started = shop.ask(TILL, Action::StartCount { count, scope: of_hampers }).map(drop);
    assert_eq!(started, Err(Refusal::NotInCount { sku: sku("HAMPER") }));
    shop.ask(TILL, Action::StartCount { count, scope: CountScope::Full }).expect("everything");
    let counted = Action::CountProduct { count, item: hamper(), quantity: qty("3") };
    assert_eq!(shop.ask(TILL, counted).map(drop), Err(Refusal::NotInCount { sku: sku("HAMPER") }));
    let finished = shop.ask(TILL, Action::FinishCount { count }).expect("nothing was counted").events;
    let Some(Event::CountFinished { listed, .. }) = finished.last() else { panic!("{finished:?}") };
    assert!(listed.contains(&sku("WATCH")) && !listed.contains(&sku("HAMPER")), "{listed:?}");
    assert_eq!(shop.ask(TILL, adjust("HAMPER", "1")).map(drop), Err(Refusal::EmptyBasket));
    let level = Action::SetReorderLevel { item: hamper(), level: qty("2") };
    assert_eq!(shop.ask(TILL, level).map(drop), Err(Refusal::EmptyBasket));
}
