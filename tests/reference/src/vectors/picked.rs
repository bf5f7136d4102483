//! How a picked case is put together.

use crate::case::{
    Basis, Basket, BasketLine, BasketOff, Case, Catalog, Combination, ListedPrice, Measure, Moment,
    PriceList, Product, Promotion, Returned, Store, TaxBase, TaxRate, TaxRounding, TaxRule,
};
use crate::number::Decimal;

/// A case, and what was worked out by hand about its price.
#[derive(Debug)]
pub struct Picked {
    pub name: String,
    pub case: Case,
    pub by_hand: Vec<(&'static str, &'static str)>,
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().expect("a picked number is a decimal")
}

/// A minute of the Saturday on which every picked basket is sold.
pub fn at(minute: u16) -> Moment {
    Moment { date: "2026-11-28".to_owned(), minute }
}

pub fn percent(rate: &str) -> BasketOff {
    BasketOff::Percent { rate: decimal(rate) }
}

pub fn amount(amount: &str) -> BasketOff {
    BasketOff::Amount { amount: decimal(amount) }
}

/// An empty basket at noon in a shop that sells in euros and knows no tax.
pub fn shop(name: &str) -> Picked {
    let store = Store {
        currency: "EUR".to_owned(),
        basis: Basis::Inclusive,
        tax_rounding: TaxRounding::PerLine,
        cash_step: decimal("0.01"),
        taxes: vec![TaxRule { class: "none".to_owned(), tag: None, rates: Vec::new() }],
    };
    let basket = Basket {
        now: at(720),
        tag: None,
        group: None,
        coupons: Vec::new(),
        exempt: false,
        discount: None,
        lines: Vec::new(),
    };
    let catalog = Catalog { products: Vec::new(), price_lists: Vec::new(), promotions: Vec::new() };
    let case = Case { store, catalog, basket, returns: Vec::new() };
    Picked { name: name.to_owned(), case, by_hand: Vec::new() }
}

impl Picked {
    pub fn store(mut self, change: impl FnOnce(&mut Store)) -> Self {
        change(&mut self.case.store);
        self
    }

    pub fn basket(mut self, change: impl FnOnce(&mut Basket)) -> Self {
        change(&mut self.case.basket);
        self
    }

    /// A tax of the class `taxed`, which every product is of from then on.
    pub fn tax(mut self, tag: Option<&str>, rates: &[(&str, &str, TaxBase)]) -> Self {
        let rates = rates.iter().map(|(code, rate, base)| TaxRate {
            code: (*code).to_owned(),
            rate: decimal(rate),
            base: *base,
        });
        let tag = tag.map(str::to_owned);
        self.case.store.taxes.push(TaxRule { class: "taxed".to_owned(), tag, rates: rates.collect() });
        self
    }

    /// A product that is sold by the piece.
    pub fn product(mut self, sku: &str, price: &str) -> Self {
        let taxed = self.case.store.taxes.len() > 1;
        self.case.catalog.products.push(Product {
            sku: sku.to_owned(),
            category: None,
            unit: Measure::Piece,
            tax_class: if taxed { "taxed" } else { "none" }.to_owned(),
            unit_price: decimal(price),
        });
        self
    }

    pub fn by_weight(mut self, sku: &str, price: &str) -> Self {
        self = self.product(sku, price);
        self.case.catalog.products.last_mut().expect("just added").unit = Measure::Kilogram;
        self
    }

    pub fn list(
        mut self,
        code: &str,
        priority: u32,
        prices: &[(&str, &str)],
        change: impl FnOnce(&mut PriceList),
    ) -> Self {
        let price =
            |(sku, price): &(&str, &str)| ListedPrice { sku: (*sku).to_owned(), unit_price: decimal(price) };
        let mut list = PriceList {
            code: code.to_owned(),
            priority,
            group: None,
            from: None,
            until: None,
            prices: prices.iter().map(price).collect(),
        };
        change(&mut list);
        self.case.catalog.price_lists.push(list);
        self
    }

    /// A promotion of a kind that is spelled as the vectors spell it.
    pub fn promotion(self, code: &str, priority: u32, kind: &str) -> Self {
        self.promotion_with(code, priority, kind, |_| {})
    }

    pub fn promotion_with(
        mut self,
        code: &str,
        priority: u32,
        kind: &str,
        change: impl FnOnce(&mut Promotion),
    ) -> Self {
        let mut promotion = Promotion {
            code: code.to_owned(),
            name: format!("Promotion {code}"),
            priority,
            from: None,
            until: None,
            weekdays: Vec::new(),
            hours: None,
            group: None,
            coupon: None,
            limit: None,
            combination: Combination::WithOthers,
            family: None,
            kind: serde_json::from_str(kind).expect("a picked kind is one of the rule book"),
        };
        change(&mut promotion);
        self.case.catalog.promotions.push(promotion);
        self
    }

    pub fn line(self, sku: &str, quantity: &str) -> Self {
        self.line_with(sku, quantity, |_| {})
    }

    pub fn line_with(mut self, sku: &str, quantity: &str, change: impl FnOnce(&mut BasketLine)) -> Self {
        let mut line = BasketLine {
            had: None,
            number: u32::try_from(self.case.basket.lines.len() + 1).expect("few lines"),
            sku: sku.to_owned(),
            quantity: decimal(quantity),
            set_price: None,
            discount: None,
            voided: false,
        };
        change(&mut line);
        self.case.basket.lines.push(line);
        self
    }

    pub fn returned(mut self, goods: &[(u32, &str)]) -> Self {
        let part = |(line, quantity): &(u32, &str)| Returned { line: *line, quantity: decimal(quantity) };
        self.case.returns.push(goods.iter().map(part).collect());
        self
    }

    /// What was worked out by hand: what it is about, and how the answer spells it.
    pub fn is(mut self, by_hand: &[(&'static str, &'static str)]) -> Self {
        self.by_hand.extend(by_hand);
        self
    }
}
