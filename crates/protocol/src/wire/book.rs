//! Products, price lists, promotions, in-store codes: what a catalog version holds.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_domain::barcode::{Measure, MeasureLayout, ValueCheck};
use holdfast_domain::bounded::{
    Barcode, Category, CouponCode, Description, Label, PriceGroup, PromotionCode, Sku, TaxClass,
};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Weekday};
use holdfast_domain::catalog::{
    Component, ItemRef, PriceBook, PriceRule, Product, ProductDetails, StockRule, Unit, Variant,
};
use holdfast_domain::price_list::{Period, PriceList};
use holdfast_domain::promotion::{
    BasketOff, Combination, CouponRule, Explained, Hours, ItemOff, Promotion, PromotionKind,
    PromotionOutcome, Selector,
};
use holdfast_money::{Money, Quantity, Rate, UnitPrice};

use super::Wired;

wire_enum!(Unit { Piece, Kilogram, Litre, Metre });
wire_enum!(StockRule { Counter, Strict, Untracked, Bundle { components: Vec<Component> } });
wire_struct!(Component {
    sku: Sku,
    quantity: Quantity,
    // The catalog fills it in from the part's own product.
    #[serde(default = "untracked")]
    rule: StockRule,
});
wire_enum!(ItemRef { Sku(sku: Sku), Barcode(barcode: Barcode) });
wire_enum!(PriceRule { Listed, Open });
wire_struct!(Variant { family: Label, name: Label });
wire_struct!(ProductDetails {
    #[serde(default)]
    category: Option<Category>,
    #[serde(default)]
    variant: Option<Variant>,
    #[serde(default = "listed")]
    price_rule: PriceRule,
    #[serde(default)]
    deposit: Option<Sku>,
    #[serde(default)]
    minimum_age: Option<u8>,
});
wire_struct!(Product {
    sku: Sku,
    description: Description,
    barcodes: Vec<Barcode>,
    unit: Unit,
    tax_class: TaxClass,
    unit_price: UnitPrice,
    stock: StockRule,
    #[serde(default)]
    details: ProductDetails,
});

/// A product as catalog files of version 1 hold it.
pub(crate) struct ProductV1 {
    sku: Sku,
    description: Description,
    barcodes: Vec<Barcode>,
    unit: Unit,
    tax_class: TaxClass,
    unit_price: UnitPrice,
    stock: StockRule,
}

wire_struct!(ProductV1 {
    sku: Sku,
    description: Description,
    barcodes: Vec<Barcode>,
    unit: Unit,
    tax_class: TaxClass,
    unit_price: UnitPrice,
    stock: StockRule,
});

impl From<ProductV1> for Product {
    fn from(old: ProductV1) -> Self {
        Self {
            sku: old.sku,
            description: old.description,
            barcodes: old.barcodes,
            unit: old.unit,
            tax_class: old.tax_class,
            unit_price: old.unit_price,
            stock: old.stock,
            details: ProductDetails::default(),
        }
    }
}

fn untracked() -> Wired<StockRule> {
    Wired(StockRule::Untracked)
}

fn listed() -> Wired<PriceRule> {
    Wired(PriceRule::Listed)
}

wire_struct!(LocalTime { date: BusinessDate, minute: u16 });
wire_enum!(Weekday { Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday });
wire_struct!(Period {
    #[serde(default)]
    from: Option<LocalTime>,
    #[serde(default)]
    until: Option<LocalTime>,
});
wire_struct!(PriceList {
    code: Label,
    priority: u16,
    #[serde(default)]
    group: Option<PriceGroup>,
    #[serde(default)]
    period: Period,
    prices: BTreeMap<Sku, UnitPrice>,
});
wire_struct!(Hours { from_minute: u16, until_minute: u16 });
wire_struct!(CouponRule {
    code: CouponCode,
    #[serde(default)]
    uses_max: Option<u32>,
});
wire_enum!(Combination { WithOthers, Alone });
wire_enum!(Selector { All, Skus(skus: BTreeSet<Sku>), Categories(categories: BTreeSet<Category>) });
wire_enum!(ItemOff {
    Percent { rate: Rate },
    Amount { amount: UnitPrice },
    Price { price: UnitPrice },
});
wire_enum!(BasketOff { Percent { rate: Rate }, Amount { amount: Money } });
wire_enum!(PromotionKind {
    ItemOff { items: Selector, off: ItemOff },
    GroupPrice { items: Selector, count: u16, price: Money },
    GroupOff { items: Selector, count: u16, reduced: u16, rate: Rate },
    BuyGet { buy: Selector, buy_count: u16, get: Selector, get_count: u16, rate: Rate },
    BasketOff { items: Selector, threshold: Money, off: BasketOff },
});
wire_struct!(Promotion {
    code: PromotionCode,
    name: Description,
    priority: u16,
    #[serde(default)]
    period: Period,
    #[serde(default)]
    weekdays: Vec<Weekday>,
    #[serde(default)]
    hours: Option<Hours>,
    #[serde(default)]
    group: Option<PriceGroup>,
    #[serde(default)]
    coupon: Option<CouponRule>,
    #[serde(default)]
    limit: Option<u16>,
    #[serde(default = "with_others")]
    combination: Combination,
    #[serde(default)]
    family: Option<Label>,
    kind: PromotionKind,
});

fn with_others() -> Wired<Combination> {
    Wired(Combination::WithOthers)
}

wire_enum!(ValueCheck { Absent, Present });
wire_enum!(Measure { Quantity { places: u8 }, Price });
wire_struct!(MeasureLayout {
    prefix: Barcode,
    item_digits: u8,
    #[serde(default = "unchecked")]
    value_check: ValueCheck,
    value_digits: u8,
    measure: Measure,
});

fn unchecked() -> Wired<ValueCheck> {
    Wired(ValueCheck::Absent)
}

wire_struct!(PriceBook {
    #[serde(default)]
    lists: Vec<PriceList>,
    #[serde(default)]
    promotions: Vec<Promotion>,
    #[serde(default)]
    layouts: Vec<MeasureLayout>,
});

wire_struct!(Explained { code: PromotionCode, name: Description, outcome: PromotionOutcome });
wire_enum!(PromotionOutcome {
    Applied { amount: Money },
    NotNow,
    OtherGroup,
    CouponMissing,
    NothingMatches,
    TooFew { have: u32, need: u32 },
    BelowThreshold { have: Money, need: Money },
    AnotherIsBetter,
});
