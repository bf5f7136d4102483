//! A wider assortment than the corner shop's: bundles, deposits, labels, price lists, promotions and taxes by tag.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::barcode::{Measure, MeasureLayout, ValueCheck, check_digit};
use holdfast_domain::bounded::{
    Barcode, Category, CouponCode, Description, Label, OrderTag, PriceGroup, PromotionCode, TaxClass, TaxCode,
};
use holdfast_domain::calendar::LocalTime;
use holdfast_domain::catalog::{
    Catalog, CatalogError, Component, ItemRef, PriceBook, PriceRule, Product, ProductDetails, StockRule, Unit,
};
use holdfast_domain::command::HubCommand;
use holdfast_domain::ids::OrderId;
use holdfast_domain::line::{LineInput, PriceInput};
use holdfast_domain::money::{Rate, UnitPrice};
use holdfast_domain::order::{Channel, PlaceOrder, Terms};
use holdfast_domain::price_list::{Period, PriceList};
use holdfast_domain::promotion::{
    BasketOff, Combination, CouponRule, Hours, ItemOff, Promotion, PromotionKind, Selector,
};
use holdfast_domain::tax::{TaxBase, TaxCharge, TaxEntry, TaxTable};
use holdfast_domain::{Action, Refusal};

use crate::shop::*;

/// Cheese with a weight or a price on its label.
const CHEESE: &str = "2112345";
const CHEESE_PRICED: &str = "2212345";

pub fn code(text: &str) -> PromotionCode {
    PromotionCode::new(text).expect("a code")
}

pub fn coupon(text: &str) -> CouponCode {
    CouponCode::new(text).expect("a coupon")
}

pub fn percent(text: &str) -> Rate {
    Rate::percent(decimal(text)).expect("a rate")
}

pub fn unit_price(text: &str) -> UnitPrice {
    UnitPrice::new(decimal(text)).expect("a price")
}

pub fn barcode(text: &str) -> Barcode {
    Barcode::new(text).expect("a barcode")
}

/// A label of thirteen digits, its check digit worked out.
pub fn label(body: &str) -> ItemRef {
    ItemRef::Barcode(barcode(&format!("{body}{}", check_digit(body).expect("digits"))))
}

fn product(number: &str, price: &str, unit: Unit, stock: StockRule, details: ProductDetails) -> Product {
    Product {
        sku: sku(number),
        description: Description::new(number).expect("a description"),
        barcodes: Vec::new(),
        unit,
        tax_class: TaxClass::new("standard").expect("a class"),
        unit_price: unit_price(price),
        stock,
        details,
    }
}

pub fn part(number: &str, quantity: &str) -> Component {
    Component { sku: sku(number), quantity: qty(quantity), rule: StockRule::Untracked }
}

pub fn products() -> Vec<Product> {
    let drinks = || ProductDetails {
        category: Some(Category::new("drinks").expect("a category")),
        deposit: Some(sku("BOTTLE")),
        ..ProductDetails::default()
    };
    let hamper =
        StockRule::Bundle { components: vec![part("TEA", "2"), part("WATCH", "1"), part("REPAIR", "1")] };
    let open = ProductDetails { price_rule: PriceRule::Open, ..ProductDetails::default() };
    let plain = ProductDetails::default;
    let mut cheese = product("CHEESE", "24.90", Unit::Kilogram, StockRule::Counter, plain());
    cheese.barcodes = vec![barcode(CHEESE), barcode(CHEESE_PRICED)];
    vec![
        product("COLA", "1.50", Unit::Piece, StockRule::Counter, drinks()),
        product("JUICE", "2.20", Unit::Piece, StockRule::Counter, drinks()),
        product("BOTTLE", "0.25", Unit::Piece, StockRule::Untracked, plain()),
        product("HAMPER", "120.00", Unit::Piece, hamper, plain()),
        product("CARD", "0.00", Unit::Piece, StockRule::Untracked, open),
        cheese,
    ]
    .into_iter()
    .chain(catalog().products().cloned())
    .collect()
}

/// A promotion that holds for everybody at any time.
pub fn promotion(text: &str, kind: PromotionKind) -> Promotion {
    Promotion {
        code: code(text),
        name: Description::new(text).expect("a name"),
        priority: 1,
        period: Period::default(),
        weekdays: Vec::new(),
        hours: None,
        group: None,
        coupon: None,
        limit: None,
        combination: Combination::WithOthers,
        family: None,
        kind,
    }
}

pub fn skus(numbers: &[&str]) -> Selector {
    Selector::Skus(numbers.iter().map(|number| sku(number)).collect())
}

pub fn drinks() -> Selector {
    Selector::Categories(BTreeSet::from([Category::new("drinks").expect("a category")]))
}

pub fn item_off(items: Selector, rate: &str) -> PromotionKind {
    PromotionKind::ItemOff { items, off: ItemOff::Percent { rate: percent(rate) } }
}

fn with_coupon(mut promotion: Promotion, text: &str, uses_max: Option<u32>) -> Promotion {
    promotion.coupon = Some(CouponRule { code: coupon(text), uses_max });
    promotion
}

pub fn happy_hour() -> Promotion {
    let mut promotion = promotion("HAPPY", item_off(drinks(), "50"));
    promotion.hours = Some(Hours { from_minute: 17 * 60, until_minute: 19 * 60 });
    promotion
}

pub fn book() -> PriceBook {
    let layout = |prefix: &str, measure| MeasureLayout {
        prefix: barcode(prefix),
        item_digits: 5,
        value_check: ValueCheck::Absent,
        value_digits: 5,
        measure,
    };
    let off = |amount: &str| BasketOff::Amount { amount: eur(amount) };
    let five_off = PromotionKind::BasketOff { items: Selector::All, threshold: eur("20"), off: off("5") };
    let trade = PriceList {
        code: Label::new("trade").expect("a name"),
        priority: 2,
        group: Some(PriceGroup::new("trade").expect("a group")),
        period: Period::default(),
        prices: BTreeMap::from([(sku("TEA"), unit_price("3.10"))]),
    };
    let december = PriceList {
        code: Label::new("december").expect("a name"),
        priority: 1,
        group: None,
        period: Period {
            from: Some(LocalTime::midnight(date("2026-12-01"))),
            until: Some(LocalTime::midnight(date("2027-01-01"))),
        },
        prices: BTreeMap::from([(sku("TEA"), unit_price("3.49"))]),
    };
    PriceBook {
        lists: vec![trade, december],
        promotions: vec![
            happy_hour(),
            with_coupon(promotion("ONCE-5", five_off.clone()), "once", Some(1)),
            with_coupon(promotion("MANY-5", five_off), "many", None),
        ],
        layouts: vec![layout("21", Measure::Quantity { places: 3 }), layout("22", Measure::Price)],
    }
}

pub fn assortment() -> Catalog {
    Catalog::new(2, products()).expect("unique numbers").with_book(book()).expect("a sound book")
}

/// The corner shop with the wider assortment and goods to sell.
pub fn wide_shop() -> Shop {
    let mut shop = Shop::open();
    shop.catalog = assortment();
    shop
}

/// The wider shop with nothing but these promotions.
pub fn promoting(promotions: Vec<Promotion>) -> Shop {
    let mut shop = Shop::open();
    let catalog = Catalog::new(2, products()).expect("unique numbers");
    shop.catalog = catalog.with_book(PriceBook { promotions, ..book() }).expect("a sound book");
    shop
}

pub fn reject(change: impl FnOnce(&mut Vec<Product>, &mut PriceBook)) -> CatalogError {
    let (mut products, mut book) = (products(), book());
    change(&mut products, &mut book);
    Catalog::new(2, products).and_then(|catalog| catalog.with_book(book)).expect_err("something is wrong")
}

pub fn try_terms(shop: &mut Shop, lines: &[LineInput], terms: Terms) -> Result<OrderId, Refusal> {
    let order = OrderId(shop.id());
    let place = PlaceOrder { terms, ..PlaceOrder::of(order, Channel::Counter, lines.to_vec()) };
    shop.ask(TILL, Action::PlaceOrder(place)).map(|_| order)
}

pub fn with_coupons(texts: &[&str]) -> Terms {
    Terms { coupons: texts.iter().map(|text| coupon(text)).collect(), ..Terms::default() }
}

pub fn tagged(tag: &str) -> Terms {
    Terms { tag: Some(OrderTag::new(tag).expect("a tag")), ..Terms::default() }
}

pub fn open_priced(mut line: LineInput, price: &str) -> LineInput {
    line.price = PriceInput::Open { unit_price: unit_price(price) };
    line
}

pub fn of_item(mut line: LineInput, item: ItemRef) -> LineInput {
    line.item = item;
    line
}

/// Standard 20 %, or 10 % when taken away; and a luxury tax on top of the other.
pub fn taxes() -> HubCommand {
    let charge = |code: &str, rate: &str, base| TaxCharge {
        code: TaxCode::new(code).expect("a code"),
        rate: percent(rate),
        base,
    };
    let entry = |class: &str, tag: Option<&str>, charges| TaxEntry {
        class: TaxClass::new(class).expect("a class"),
        tag: tag.map(|tag| OrderTag::new(tag).expect("a tag")),
        charges,
    };
    let entries = vec![
        entry("standard", None, vec![charge("A", "20", TaxBase::Net)]),
        entry("standard", Some("take-away"), vec![charge("B", "10", TaxBase::Net)]),
        entry("reduced", None, vec![charge("A", "20", TaxBase::Net), charge("L", "5", TaxBase::NetAndTaxes)]),
    ];
    HubCommand::ConfigureTaxes { table: Box::new(TaxTable { entries }) }
}
