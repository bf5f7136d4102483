//! Promotions: what comes off, of which items, when and for whom. `docs/pricing.md` is the rule book.

use std::collections::BTreeSet;

use holdfast_money::{Money, Rate, UnitPrice};

use crate::bounded::{Category, CouponCode, Description, Label, PriceGroup, PromotionCode, Sku};
use crate::calendar::{LocalTime, Weekday};
use crate::price_list::Period;

/// The most promotions of one store.
pub const PROMOTIONS_MAX: usize = 500;
/// The most pieces that one application can take.
pub const GROUP_MAX: u16 = 100;
/// The most applications that a limit can name: what is searched grows with it.
pub const LIMIT_MAX: u16 = 50;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    pub code: PromotionCode,
    /// What the receipt calls it.
    pub name: Description,
    /// 1 comes first.
    pub priority: u16,
    pub period: Period,
    /// Empty: every day.
    pub weekdays: Vec<Weekday>,
    pub hours: Option<Hours>,
    pub group: Option<PriceGroup>,
    pub coupon: Option<CouponRule>,
    /// The most applications in one basket.
    pub limit: Option<u16>,
    pub combination: Combination,
    /// Of basket promotions of one family only the best is taken.
    pub family: Option<Label>,
    pub kind: PromotionKind,
}

/// A part of the day, in minutes since local midnight; the end itself is outside. One that ends before it begins spans
/// midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from_minute: u16,
    pub until_minute: u16,
}

impl Hours {
    pub fn holds(&self, minute: u16) -> bool {
        if self.from_minute <= self.until_minute {
            (self.from_minute..self.until_minute).contains(&minute)
        } else {
            minute >= self.from_minute || minute < self.until_minute
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CouponRule {
    pub code: CouponCode,
    /// How often the coupon can be used in this store, over all orders.
    pub uses_max: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    WithOthers,
    /// No other promotion is applied beside it.
    Alone,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    All,
    Skus(BTreeSet<Sku>),
    Categories(BTreeSet<Category>),
}

impl Selector {
    pub fn names(&self, sku: &Sku, category: Option<&Category>) -> bool {
        match self {
            Self::All => true,
            Self::Skus(skus) => skus.contains(sku),
            Self::Categories(categories) => category.is_some_and(|own| categories.contains(own)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionKind {
    /// Off every item.
    ItemOff {
        items: Selector,
        off: ItemOff,
    },
    /// `count` items for `price`.
    GroupPrice {
        items: Selector,
        count: u16,
        price: Money,
    },
    /// The `reduced` cheapest of `count` items at `rate` off: three for two, two at half price.
    GroupOff {
        items: Selector,
        count: u16,
        reduced: u16,
        rate: Rate,
    },
    BuyGet {
        buy: Selector,
        buy_count: u16,
        get: Selector,
        get_count: u16,
        rate: Rate,
    },
    /// Off the basket from a sum on.
    BasketOff {
        items: Selector,
        threshold: Money,
        off: BasketOff,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemOff {
    Percent {
        rate: Rate,
    },
    /// Per one of the item's measure.
    Amount {
        amount: UnitPrice,
    },
    /// Per one of the item's measure.
    Price {
        price: UnitPrice,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasketOff {
    Percent { rate: Rate },
    Amount { amount: Money },
}

/// What became of a promotion in one basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    pub code: PromotionCode,
    pub name: Description,
    pub outcome: PromotionOutcome,
}

/// In the order in which they are looked for: the first that holds is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromotionOutcome {
    /// What came off, positive.
    Applied {
        amount: Money,
    },
    NotNow,
    OtherGroup,
    CouponMissing,
    NothingMatches,
    TooFew {
        have: u32,
        need: u32,
    },
    BelowThreshold {
        have: Money,
        need: Money,
    },
    AnotherIsBetter,
}

impl Promotion {
    /// Whether it is in force at a time of the store.
    pub fn is_now(&self, now: LocalTime) -> bool {
        self.period.holds(now)
            && (self.weekdays.is_empty() || self.weekdays.contains(&now.date.weekday()))
            && self.hours.is_none_or(|hours| hours.holds(now.minute))
    }

    /// The items that it looks at.
    pub fn selectors(&self) -> impl Iterator<Item = &Selector> {
        let (first, second) = match &self.kind {
            PromotionKind::ItemOff { items, .. }
            | PromotionKind::GroupPrice { items, .. }
            | PromotionKind::GroupOff { items, .. }
            | PromotionKind::BasketOff { items, .. } => (items, None),
            PromotionKind::BuyGet { buy, get, .. } => (buy, Some(get)),
        };
        std::iter::once(first).chain(second)
    }

    /// Why its numbers make no promotion, if they do not.
    pub fn fault(&self) -> Option<&'static str> {
        let counts = |counts: &[u16]| counts.iter().all(|count| (1..=GROUP_MAX).contains(count));
        let sound = match &self.kind {
            PromotionKind::ItemOff { off: ItemOff::Percent { rate }, .. }
            | PromotionKind::BasketOff { off: BasketOff::Percent { rate }, .. } => {
                rate.fraction() <= holdfast_money::Decimal::ONE
            }
            PromotionKind::ItemOff { .. } | PromotionKind::BasketOff { .. } => true,
            PromotionKind::GroupPrice { count, price, .. } => counts(&[*count]) && !price.is_negative(),
            PromotionKind::GroupOff { count, reduced, rate, .. } => {
                counts(&[*count, *reduced])
                    && reduced <= count
                    && rate.fraction() <= holdfast_money::Decimal::ONE
            }
            PromotionKind::BuyGet { buy_count, get_count, rate, .. } => {
                counts(&[*buy_count, *get_count]) && rate.fraction() <= holdfast_money::Decimal::ONE
            }
        };
        if !sound {
            return Some("its counts are from 1 to 100 and its rate at most 100 %");
        }
        if self.limit.is_some_and(|limit| limit > LIMIT_MAX) {
            return Some("its limit is at most 50 applications in a basket");
        }
        if self.hours.is_some_and(|hours| hours.from_minute >= 1_440 || hours.until_minute > 1_440) {
            return Some("its hours are minutes of a day, 0 to 1440");
        }
        None
    }
}
