//! The small store that every run plays in: four products, one of them strict with few units, two tax rates.
#![allow(clippy::missing_panics_doc, reason = "every value here is a literal that is known to be valid")]

use std::collections::BTreeSet;

use holdfast_domain::amendment::CatalogChange;
use holdfast_domain::attempt::Turn;
use holdfast_domain::bounded::{
    Address, Barcode, CouponCode, Description, Label, OrderTag, PriceGroup, PromotionCode, Reason, Sku,
    TaxClass, TaxCode, TimeZoneName,
};
use holdfast_domain::catalog::{
    Catalog, Component, ItemRef, PriceBook, Product, ProductDetails, StockRule, Unit,
};
use holdfast_domain::ids::{StaffId, StoreId, SubjectId, Uuid};
use holdfast_domain::line::{LineInput, LineNumber};
use holdfast_domain::price_list::Period;
use holdfast_domain::promotion::{BasketOff, Combination, CouponRule, Promotion, PromotionKind, Selector};
use holdfast_domain::staff::{Authority, CashLimit, Limits, OwnRole, Permission, RoleNumber, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBase, TaxBasis, TaxCharge, TaxEntry, TaxRate, TaxRounding, TaxRule, TaxTable};
use holdfast_domain::tender::{ChangeRule, RefundRule, TenderClass, TenderType};
use holdfast_money::{Currency, Decimal, Money, Quantity, Rate, UnitPrice};
use holdfast_terminal::dice::Dice;

/// The manager, who may do everything.
/// What takes money electronically: name, tender type, and whether one customer at a time.
pub const TERMINALS: [(&str, &str, Turn); crate::world::TERMINALS] = [
    ("left", "terminal", Turn::OneAtATime),
    ("right", "terminal", Turn::OneAtATime),
    ("wallet", "wallet", Turn::Many),
];

pub const MANAGER: StaffNumber = StaffNumber(1);
/// A cashier, who may not and asks the manager.
pub const CASHIER: StaffNumber = StaffNumber(2);
/// Who looks at a terminal that somebody else was at.
pub const SECOND_MANAGER: StaffNumber = StaffNumber(3);
pub const PIN: &str = "2468";
/// The strict product.
pub const SCARCE: &str = "RARE";
/// Every product.
pub const SKUS: [&str; 4] = ["MILK", "SOAP", SCARCE, "FLOUR"];
/// Two of milk and one of the strict product, sold as one.
pub const BUNDLE: &str = "BOX";
/// From how many years on it is sold.
pub const BUNDLE_AGE: u8 = 18;
/// The numbers of the gift cards that the shop sells.
pub const GIFT_CARDS: [&str; 3] = ["GIFT-A", "GIFT-B", "GIFT-C"];
/// The numbers of the accounts that its first customer can have.
pub const ACCOUNTS: [&str; 2] = ["ACCOUNT-A", "ACCOUNT-B"];
/// A tenth off everything, so many times in this store.
pub const COUPON: &str = "TENTH";
pub const COUPON_USES_MAX: u32 = 3;

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

pub fn reason(text: &str) -> Reason {
    Reason::new(text).expect("a short text is a reason")
}

/// The group that some customers are in.
pub fn trade() -> PriceGroup {
    PriceGroup::new("Trade").expect("a short word is a group")
}

/// The customers who come here. The first one is never erased, and has the accounts.
pub fn customer(number: u64) -> SubjectId {
    SubjectId(Uuid::from_u128(0x5B00 + u128::from(number)))
}

pub fn label(text: &str) -> Label {
    Label::new(text).expect("a short text is a label")
}

pub fn sku(text: &str) -> Sku {
    Sku::new(text).expect("the store's numbers are valid")
}

pub fn manager() -> StaffId {
    StaffId(Uuid::from_u128(1))
}

pub fn cashier() -> StaffId {
    StaffId(Uuid::from_u128(2))
}

pub fn second_manager() -> StaffId {
    StaffId(Uuid::from_u128(9))
}

/// A role of the store's own that pays cash in and out, or not.
pub fn helper(may_move_cash: bool) -> OwnRole {
    let share = |percent| Rate::percent(Decimal::from(percent)).expect("a rate");
    let mut permissions = BTreeSet::from([Permission::Discount, Permission::RefundCash]);
    if may_move_cash {
        permissions.insert(Permission::MoveCash);
    }
    let limits = Limits {
        line_discount: share(10),
        basket_discount: share(5),
        cash_refund: CashLimit::UpTo(eur(2_000)),
    };
    OwnRole { number: RoleNumber(1), name: label("Helper"), authority: Authority { permissions, limits } }
}

pub fn profile(cut_over_minutes: u16) -> StoreProfile {
    let rule = |class: &str, code: &str, percent: i64| TaxRule {
        class: TaxClass::new(class).expect("a class"),
        rates: vec![TaxRate {
            code: TaxCode::new(code).expect("a code"),
            rate: Rate::percent(Decimal::from(percent)).expect("a rate"),
        }],
    };
    StoreProfile {
        store: StoreId(Uuid::from_u128(0x570)),
        name: label("Corner shop"),
        legal_name: label("Corner Shop Ltd"),
        address: Address::new("1 High Street, Vienna").expect("an address"),
        tax_id: label("ATU00000000"),
        currency: Currency::EUR,
        basis: TaxBasis::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        cash_step: Decimal::ZERO,
        time_zone: TimeZoneName::new("Europe/Vienna").expect("a zone"),
        cut_over_minutes,
        taxes: vec![rule("standard", "A", 20), rule("reduced", "B", 10)],
    }
}

/// Milk for less; now and then for no less.
pub fn markdown(dice: &mut Dice) -> CatalogChange {
    let price = |cents| UnitPrice::new(Decimal::new(cents, 2)).expect("a price");
    let after = price(if dice.permille(100) { 200 } else { 90 });
    CatalogChange::MarkedDown {
        sku: sku("MILK"),
        before: price(120),
        after,
        until: None,
        reason: reason("last day"),
    }
}

/// The default list, with a limit or two that HQ thought of.
pub fn tender_list(dice: &mut Dice) -> Vec<TenderType> {
    let mut types = TenderType::defaults(Currency::EUR);
    for of in types.iter_mut().filter(|of| of.class != TenderClass::Cash) {
        if dice.permille(300) {
            of.change = ChangeRule::UpTo { max: eur(200) };
        }
        if dice.permille(300) {
            of.refund = RefundRule::CashUpTo { max: eur(500) };
        }
        of.allowed_offline = dice.permille(700);
    }
    types
}

pub fn catalog(version: u64) -> Catalog {
    let product = |sku: &str, barcode: &str, unit, price: i64, class: &str, stock| Product {
        sku: self::sku(sku),
        description: Description::new(&format!("Item {sku}")).expect("a description"),
        barcodes: vec![Barcode::new(barcode).expect("a barcode")],
        unit,
        tax_class: TaxClass::new(class).expect("a class"),
        unit_price: UnitPrice::new(Decimal::new(price, 2)).expect("a price"),
        stock,
        details: ProductDetails::default(),
    };
    let part = |sku: &str, count| Component {
        sku: self::sku(sku),
        quantity: Quantity::pieces(count),
        rule: StockRule::Untracked,
    };
    let bundle = StockRule::Bundle { components: vec![part("MILK", 2), part(SCARCE, 1)] };
    let mut hamper = product(BUNDLE, "4000417025104", Unit::Piece, 9950, "standard", bundle);
    hamper.details.minimum_age = Some(BUNDLE_AGE);
    let products = vec![
        hamper,
        product("MILK", "4006381333931", Unit::Piece, 119, "reduced", StockRule::Counter),
        product("SOAP", "5000112637922", Unit::Piece, 249, "standard", StockRule::Counter),
        product(SCARCE, "4012345678901", Unit::Piece, 9900, "standard", StockRule::Strict),
        product("FLOUR", "4000417025005", Unit::Kilogram, 150, "reduced", StockRule::Counter),
    ];
    let catalog = Catalog::new(version, products).expect("the products do not contradict each other");
    catalog.with_book(book()).expect("the promotions make sense")
}

/// What a number of a product is made of, as everybody in the shop knows.
pub fn parts(sku: &str, thousandths: i64) -> Vec<(String, i64)> {
    if sku == BUNDLE {
        vec![("MILK".to_owned(), 2 * thousandths), (SCARCE.to_owned(), thousandths)]
    } else {
        vec![(sku.to_owned(), thousandths)]
    }
}

/// Two soaps, the second at half price; a tenth off for whoever has the coupon.
fn book() -> PriceBook {
    let promotion = |code: &str, coupon: Option<CouponRule>, kind| Promotion {
        code: PromotionCode::new(code).expect("a code"),
        name: Description::new(code).expect("a name"),
        priority: 1,
        period: Period::default(),
        weekdays: Vec::new(),
        hours: None,
        group: None,
        coupon,
        limit: None,
        combination: Combination::WithOthers,
        family: None,
        kind,
    };
    let percent = |percent: i64| Rate::percent(Decimal::from(percent)).expect("a rate");
    let second = PromotionKind::GroupOff {
        items: Selector::Skus([sku("SOAP")].into()),
        count: 2,
        reduced: 1,
        rate: percent(50),
    };
    let tenth = PromotionKind::BasketOff {
        items: Selector::All,
        threshold: eur(1),
        off: BasketOff::Percent { rate: percent(10) },
    };
    let coupon = CouponRule { code: coupon(), uses_max: Some(COUPON_USES_MAX) };
    PriceBook {
        promotions: vec![promotion("SECOND", None, second), promotion("TENTH-OFF", Some(coupon), tenth)],
        ..PriceBook::default()
    }
}

pub fn coupon() -> CouponCode {
    CouponCode::new(COUPON).expect("a code")
}

/// The profile's rates as a table, with another rate for what is taken away.
pub fn taxes() -> TaxTable {
    let entry = |class: &str, tag: Option<&str>, code: &str, percent: i64| TaxEntry {
        class: TaxClass::new(class).expect("a class"),
        tag: tag.map(|tag| OrderTag::new(tag).expect("a tag")),
        charges: vec![TaxCharge {
            code: TaxCode::new(code).expect("a code"),
            rate: Rate::percent(Decimal::from(percent)).expect("a rate"),
            base: TaxBase::Net,
        }],
    };
    TaxTable {
        entries: vec![
            entry("standard", None, "A", 20),
            entry("reduced", None, "B", 10),
            entry("reduced", Some("take-away"), "C", 5),
        ],
    }
}

/// Lines by product and thousandths.
pub fn lines(wanted: &[(&str, i64)]) -> Vec<LineInput> {
    wanted
        .iter()
        .zip(1..)
        .map(|((sku, thousandths), number)| {
            LineInput::of(
                LineNumber(number),
                ItemRef::Sku(self::sku(sku)),
                Quantity::from_thousandths(*thousandths),
            )
        })
        .collect()
}
