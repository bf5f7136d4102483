//! What came after plain goods at plain prices: bundles, price lists, promotions, taxes by tag.

use holdfast_domain::barcode::{Measure, MeasureLayout, ValueCheck};
use holdfast_domain::bounded::{
    Barcode, Category, CouponCode, Description, Label, OrderTag, PriceGroup, PromotionCode, TextError,
};
use holdfast_domain::calendar::{LocalTime, Weekday};
use holdfast_domain::catalog::{
    Component, PriceBook, PriceRule, Product, ProductDetails, StockRule, Unit, Variant,
};
use holdfast_domain::event::Event;
use holdfast_domain::ids::OrderId;
use holdfast_domain::line::{AppliedDiscount, AppliedPrice, DiscountPart, DiscountSource, Line};
use holdfast_domain::money::{Money, Rate};
use holdfast_domain::order::{Channel, OrderTerms};
use holdfast_domain::price_list::{Period, PriceList};
use holdfast_domain::promotion::{
    BasketOff, Combination, CouponRule, Hours, ItemOff, Promotion, PromotionKind, Selector,
};
use holdfast_domain::tax::{TaxBase, TaxCharge, TaxEntry, TaxTable};

use super::Source;

impl Source {
    pub(super) fn order_terms(&mut self) -> OrderTerms {
        OrderTerms {
            tag: self.maybe(|s| s.code(OrderTag::new)),
            exemption: self.maybe(Self::label),
            coupons: self.several(3, |s| s.code(CouponCode::new)),
        }
    }

    pub(super) fn code<T>(&mut self, make: fn(&str) -> Result<T, TextError>) -> T {
        make(&format!("C-{}", self.below(100_000))).unwrap()
    }

    pub(super) fn taxes(&mut self) -> TaxTable {
        let charge = |s: &mut Self| TaxCharge {
            code: s.tax_code(),
            rate: s.rate(),
            base: s.pick(&[TaxBase::Net, TaxBase::NetAndTaxes]),
        };
        TaxTable {
            entries: self.several(3, |s| TaxEntry {
                class: s.tax_class(),
                tag: s.maybe(|s| s.code(OrderTag::new)),
                charges: s.several(3, charge),
            }),
        }
    }

    fn part(&mut self) -> DiscountPart {
        let source = match self.below(3) {
            0 => DiscountSource::Line { reason: self.reason() },
            1 => DiscountSource::Promotion {
                code: self.code(PromotionCode::new),
                name: Description::new(&self.text(Description::MAX)).unwrap(),
                coupon: self.maybe(|s| s.code(CouponCode::new)),
            },
            _ => DiscountSource::Basket { reason: self.reason() },
        };
        DiscountPart { source, amount: self.money() }
    }

    /// A line of what came after plain goods: bundles, open prices, labels, promotions.
    pub fn wide_line(&mut self) -> Line {
        let price = match self.flip() {
            true => AppliedPrice::Open { unit_price: self.price() },
            false => AppliedPrice::Label { unit_price: self.price() },
        };
        let components = self.several(3, |s| Component {
            sku: s.sku(),
            quantity: s.quantity(),
            rule: s.pick(&[StockRule::Counter, StockRule::Strict, StockRule::Untracked]),
        });
        let discount = AppliedDiscount::Parts { parts: self.several(4, Self::part) };
        Line { price, stock: StockRule::Bundle { components }, discount, ..self.line() }
    }

    /// An order of such lines.
    pub fn wide_order(&mut self) -> Event {
        Event::OrderPlaced {
            stamp: self.stamp(),
            order: OrderId(self.uuid()),
            channel: Channel::Counter,
            customer: None,
            basis: self.basis(),
            lines: (0..3).map(|_| self.wide_line()).collect(),
            totals: self.totals(),
        }
    }

    pub fn product(&mut self) -> Product {
        Product {
            sku: self.sku(),
            description: Description::new(&self.text(Description::MAX)).unwrap(),
            barcodes: self.several(3, Self::barcode),
            unit: self.pick(&[Unit::Piece, Unit::Kilogram]),
            tax_class: self.tax_class(),
            unit_price: self.price(),
            stock: self.pick(&[StockRule::Counter, StockRule::Strict]),
            details: ProductDetails::default(),
        }
    }

    /// A product with everything that one can have.
    pub fn wide_product(&mut self) -> Product {
        let details = ProductDetails {
            category: self.maybe(|s| s.code(Category::new)),
            variant: self.maybe(|s| Variant { family: s.label(), name: s.label() }),
            price_rule: self.pick(&[PriceRule::Listed, PriceRule::Open]),
            deposit: None,
            minimum_age: self.maybe(|s| u8::try_from(1 + s.below(99)).unwrap()),
        };
        Product { details, ..self.product() }
    }

    pub(super) fn local(&mut self) -> LocalTime {
        LocalTime { date: self.date(), minute: u16::try_from(self.below(1_440)).unwrap() }
    }

    fn period(&mut self) -> Period {
        Period { from: self.maybe(Self::local), until: self.maybe(Self::local) }
    }

    fn selector(&mut self) -> Selector {
        match self.below(3) {
            0 => Selector::All,
            1 => Selector::Skus(self.several(4, Self::sku).into_iter().collect()),
            _ => Selector::Categories(self.several(2, |s| s.code(Category::new)).into_iter().collect()),
        }
    }

    fn promotion(&mut self, number: u64) -> Promotion {
        let (count, rate) =
            (u16::try_from(2 + self.below(4)).unwrap(), Rate::from_millionths(250_000).unwrap());
        let kind = match number % 7 {
            0 => PromotionKind::ItemOff { items: self.selector(), off: ItemOff::Percent { rate } },
            1 => PromotionKind::ItemOff {
                items: self.selector(),
                off: ItemOff::Amount { amount: self.price() },
            },
            2 => {
                PromotionKind::ItemOff { items: self.selector(), off: ItemOff::Price { price: self.price() } }
            }
            3 => PromotionKind::GroupPrice {
                items: self.selector(),
                count,
                price: Money::from_minor(499, self.money().currency()),
            },
            4 => PromotionKind::GroupOff { items: self.selector(), count, reduced: 1, rate },
            5 => PromotionKind::BuyGet {
                buy: self.selector(),
                buy_count: count,
                get: self.selector(),
                get_count: 1,
                rate,
            },
            _ => PromotionKind::BasketOff {
                items: self.selector(),
                threshold: self.money(),
                off: match self.flip() {
                    true => BasketOff::Percent { rate },
                    false => BasketOff::Amount { amount: self.money() },
                },
            },
        };
        Promotion {
            code: PromotionCode::new(&format!("P-{number}")).unwrap(),
            name: Description::new(&self.text(Description::MAX)).unwrap(),
            priority: u16::try_from(self.below(10)).unwrap(),
            period: self.period(),
            weekdays: self.several(3, |s| s.pick(&Weekday::ALL)),
            hours: self.maybe(|_| Hours { from_minute: 1_020, until_minute: 1_140 }),
            group: self.maybe(|s| s.code(PriceGroup::new)),
            coupon: self
                .maybe(|s| CouponRule { code: s.code(CouponCode::new), uses_max: s.maybe(Self::small) }),
            limit: self.maybe(|_| 3),
            combination: self.pick(&[Combination::WithOthers, Combination::Alone]),
            family: self.maybe(Self::label),
            kind,
        }
    }

    /// A price book that a catalog takes.
    pub fn book(&mut self) -> PriceBook {
        let list = |s: &mut Self, number: usize| PriceList {
            code: Label::new(&format!("list {number}")).unwrap(),
            priority: u16::try_from(s.below(10)).unwrap(),
            group: s.maybe(|s| s.code(PriceGroup::new)),
            period: s.period(),
            prices: s.several(5, |s| (s.sku(), s.price())).into_iter().collect(),
        };
        let layout = |prefix: &str, measure, value_check, value_digits| MeasureLayout {
            prefix: Barcode::new(prefix).unwrap(),
            item_digits: 5,
            value_check,
            value_digits,
            measure,
        };
        PriceBook {
            lists: (0..3).map(|number| list(self, number)).collect(),
            promotions: (0..14).map(|number| self.promotion(number)).collect(),
            layouts: vec![
                layout("21", Measure::Quantity { places: 3 }, ValueCheck::Absent, 5),
                layout("22", Measure::Price, ValueCheck::Present, 4),
            ],
        }
    }
}
