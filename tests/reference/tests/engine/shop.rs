//! A case as the product's own words, priced, sold and taken back by the product's own rules.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, anyhow, bail};
use holdfast_domain::bounded::{
    Address, Category, CouponCode, Description, Label, OrderTag, PriceGroup, PromotionCode, Reason, Sku,
    TaxClass, TaxCode, TimeZoneName,
};
use holdfast_domain::calendar::{BusinessDate, LocalTime, Timestamp, Weekday};
use holdfast_domain::catalog::{Catalog, ItemRef, PriceBook, Product, ProductDetails, StockRule, Unit};
use holdfast_domain::command::{
    HubCommand, NumberChoice, ReturnGoods, ReturnLine, ReturnedGoods, Settlement,
};
use holdfast_domain::evolve::Changes;
use holdfast_domain::ids::{
    CommandId, EpochId, HubId, OrderId, ShiftId, StaffId, StoreId, TerminalId, TransactionId, Uuid,
};
use holdfast_domain::line::{
    AppliedDiscount, AppliedPrice, DiscountInput, DiscountSource, Line, LineFate, LineInput, LineNumber,
    PriceInput,
};
use holdfast_domain::order::Channel;
use holdfast_domain::price_list::{Period, PriceList};
use holdfast_domain::pricing::{self, Circumstances, Exempt, Priced, Rules};
use holdfast_domain::promotion::{
    BasketOff, Combination, CouponRule, Hours, ItemOff, Promotion, PromotionKind, PromotionOutcome, Selector,
};
use holdfast_domain::receipt::ReceiptSource;
use holdfast_domain::shift::{BusinessDay, Mode};
use holdfast_domain::staff::{PinVerdict, Role, StaffNumber};
use holdfast_domain::store::StoreProfile;
use holdfast_domain::tax::{TaxBase, TaxBasis, TaxCharge, TaxEntry, TaxRounding, TaxTable};
use holdfast_domain::tender::{Payment, TenderChoice, TenderInput};
use holdfast_domain::{Action, Command, Context, Event, State, decide, decide_hub};
use holdfast_money::{Currency, Money, Quantity, Rate, UnitPrice, parse_decimal};
use holdfast_price_reference::Decimal;
use holdfast_price_reference::case::{self, Case};
use holdfast_price_reference::expected::{
    Expected, ExpectedLine, LinePromotion, LineTax, Outcome, Refund, Said, Totals,
};

const TILL: TerminalId = TerminalId(Uuid::from_u128(7));
const STAFF: StaffId = StaffId(Uuid::from_u128(9));
const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// What the product makes of a case.
pub fn price(case: &Case) -> Result<Expected> {
    let currency = Currency::from_code(&case.store.currency)?;
    let profile = profile(case, currency)?;
    let table = taxes(case)?;
    let catalog = catalog(case, currency)?;
    let rules = Rules { profile: &profile, taxes: Some(&table), catalog: &catalog };
    let lines = case.basket.lines.iter().map(|line| input(line, currency)).collect::<Result<Vec<_>>>()?;
    let (tag, group) = (&case.basket.tag, &case.basket.group);
    let tag = tag.as_ref().map(|tag| OrderTag::new(tag)).transpose()?;
    let group = group.as_ref().map(|group| PriceGroup::new(group)).transpose()?;
    let coupons =
        case.basket.coupons.iter().map(|coupon| Ok(CouponCode::new(coupon)?)).collect::<Result<Vec<_>>>()?;
    let discount = discount(case.basket.discount, currency)?;
    let mut had = BTreeMap::new();
    for line in &case.basket.lines {
        if let Some(before) = &line.had {
            let number = LineNumber(u16::try_from(line.number)?);
            had.insert(number, (unit_price(before.unit_price)?, Label::new(&before.list)?));
        }
    }
    let kept = had.iter().map(|(number, (price, list))| (*number, (*price, list))).collect();
    let circumstances = Circumstances {
        kept: &kept,
        now: local(&case.basket.now)?,
        tag: tag.as_ref(),
        group: group.as_ref(),
        coupons: &coupons,
        exempt: if case.basket.exempt { Exempt::Yes } else { Exempt::No },
        discount: &discount,
    };
    let priced = pricing::price(&rules, &lines, &circumstances).map_err(|refusal| anyhow!("{refusal}"))?;
    let mut shop = Shop::open(profile.clone(), catalog.clone())?;
    let (sale, payment) = shop.sell(&priced)?;
    let mut refunds = Vec::new();
    for returned in &case.returns {
        refunds.push(shop.take_back(sale, returned)?);
    }
    let payable = decimal(payment.due + payment.rounding)?;
    Ok(Expected {
        lines: priced.lines.iter().map(line).collect::<Result<_>>()?,
        totals: Totals {
            net: decimal(priced.totals.net)?,
            tax: decimal(priced.totals.tax)?,
            gross: decimal(priced.totals.gross)?,
            discount: decimal(priced.totals.discount)?,
        },
        payable,
        promotions: priced.promotions.iter().map(said).collect::<Result<_>>()?,
        refunds,
    })
}

/// A hub's state with one till that sells and takes back.
struct Shop {
    state: State,
    catalog: Catalog,
    commands: u128,
}

impl Shop {
    fn open(profile: StoreProfile, catalog: Catalog) -> Result<Self> {
        let mut shop = Self { state: State::default(), catalog, commands: 0 };
        let (store, currency) = (profile.store, profile.currency);
        let (epoch, hub) = (EpochId(Uuid::from_u128(1)), HubId(Uuid::from_u128(2)));
        shop.hub(&HubCommand::OpenEpoch { epoch, hub, hub_key: [7; 32], store, parent: None })?;
        shop.hub(&HubCommand::ConfigureStore { profile: Box::new(profile) })?;
        let (number, role) = (StaffNumber(1), Role::Manager);
        shop.hub(&HubCommand::RegisterStaff { staff: STAFF, number, role })?;
        let name = Label::new("till")?;
        let till = HubCommand::EnrolTerminal {
            terminal: TILL,
            name,
            secret_hash: [1; 32],
            number: NumberChoice::Next,
        };
        shop.hub(&till)?;
        shop.ask(Action::SignOn { number, verdict: PinVerdict::Correct })?;
        let float = Money::from_minor(100_000_000_000, currency);
        let (day, mode) = (BusinessDay::Today, Mode::Live);
        shop.ask(Action::OpenShift { shift: ShiftId(Uuid::from_u128(3)), float, day, mode })?;
        Ok(shop)
    }

    fn hub(&mut self, command: &HubCommand) -> Result<()> {
        let events = decide_hub(&self.state, command).map_err(|refusal| anyhow!("{refusal}"))?.events;
        self.fold(&events)
    }

    fn ask(&mut self, action: Action) -> Result<(TransactionId, Vec<Event>)> {
        self.commands += 1;
        let id = CommandId(Uuid::from_u128(1_000 + self.commands));
        let command = Command { id, terminal: TILL, occurred_at: NOW, action, approval: None };
        let business_date = BusinessDate::new(2026, 11, 28)?;
        let local = LocalTime::midnight(business_date);
        let context =
            Context { recorded_at: NOW, business_date, local, catalog: &self.catalog, out_of_reach: &[] };
        let events = decide(&self.state, &command, &context).map_err(|refusal| anyhow!("{refusal}"))?.events;
        self.fold(&events)?;
        Ok((TransactionId(id), events))
    }

    fn fold(&mut self, events: &[Event]) -> Result<()> {
        for event in events {
            let wrong = holdfast_domain::invariant::check_event(event);
            if !wrong.is_empty() {
                bail!("{wrong:?} in {event:?}");
            }
        }
        let mut changes = Changes::default();
        self.state.evolve_all(NOW, events, &mut changes);
        if changes.violations.is_empty() { Ok(()) } else { bail!("{:?}", changes.violations) }
    }

    /// Sells what was priced, for cash.
    fn sell(&mut self, priced: &Priced) -> Result<(TransactionId, Payment)> {
        let order = OrderId(Uuid::from_u128(5));
        let stamp = holdfast_domain::event::Stamp {
            terminal: TILL,
            operator: STAFF,
            shift: ShiftId(Uuid::from_u128(3)),
            business_date: BusinessDate::new(2026, 11, 28)?,
            mode: Mode::Live,
            occurred_at: NOW,
        };
        let basis = self.state.profile.as_ref().context("a profile")?.basis;
        let placed = Event::OrderPlaced {
            stamp,
            order,
            channel: Channel::Counter,
            customer: None,
            basis,
            lines: priced.lines.clone(),
            totals: priced.totals.clone(),
        };
        self.fold(&[placed])?;
        let amount = Money::from_minor(50_000_000_000, priced.totals.gross.currency());
        let pay = Action::Pay {
            tips: Vec::new(),
            order,
            tenders: vec![TenderInput { kind: TenderChoice::Cash, amount }],
            settlement: Settlement::Full,
            receipt: ReceiptSource::Hub,
        };
        let (transaction, events) = self.ask(pay)?;
        let payment = events.iter().find_map(|event| match event {
            Event::SaleCompleted { payment, .. } => Some(payment.clone()),
            _ => None,
        });
        Ok((transaction, payment.context("a sale")?))
    }

    fn take_back(&mut self, original: TransactionId, returned: &[case::Returned]) -> Result<Refund> {
        let lines = returned.iter().map(|returned| {
            let quantity = Quantity::new(parse_decimal(&returned.quantity.to_string())?)?;
            Ok(ReturnLine { line: LineNumber(u16::try_from(returned.line)?), quantity })
        });
        let goods = ReturnedGoods::ByReceipt { original, lines: lines.collect::<Result<_>>()? };
        let reason = Reason::new("comes back")?;
        let (_, events) = self.ask(Action::Return(ReturnGoods {
            reason,
            receipt: ReceiptSource::Hub,
            goods,
            credit: None,
        }))?;
        let refund = events.iter().find_map(|event| match event {
            Event::GoodsReturned { totals, payment, .. } => Some((totals, payment)),
            _ => None,
        });
        let (totals, payment) = refund.context("a return")?;
        Ok(Refund {
            net: decimal(totals.net)?,
            tax: decimal(totals.tax)?,
            gross: decimal(totals.gross)?,
            cash: decimal(-payment.cash())?,
        })
    }
}

fn decimal(amount: Money) -> Result<Decimal> {
    Ok(Decimal::new(i128::from(amount.minor()), amount.currency().exponent()))
}

fn exact(text: impl std::fmt::Display) -> Result<Decimal> {
    text.to_string().parse().map_err(|error| anyhow!("{error}"))
}

fn line(line: &Line) -> Result<ExpectedLine> {
    let zero = Money::zero(line.gross.currency());
    let (mut manual, mut basket, mut promotions) = (zero, zero, Vec::new());
    match &line.discount {
        AppliedDiscount::None => {}
        AppliedDiscount::Percent { amount, .. } | AppliedDiscount::Amount { amount, .. } => manual = *amount,
        AppliedDiscount::Parts { parts } => {
            for part in parts {
                match &part.source {
                    DiscountSource::Line { .. } => manual += part.amount,
                    DiscountSource::Basket { .. } => basket += part.amount,
                    DiscountSource::Promotion { code, .. } => {
                        promotions
                            .push(LinePromotion { code: code.to_string(), amount: decimal(part.amount)? });
                    }
                }
            }
        }
    }
    let taxes = line.taxes.iter().map(|tax| {
        Ok(LineTax { code: tax.code.to_string(), rate: exact(tax.rate.fraction())?, tax: decimal(tax.tax)? })
    });
    Ok(ExpectedLine {
        number: u32::from(line.number.0),
        price_list: match &line.price {
            AppliedPrice::List { .. } => Some(line.price_list.to_string()),
            _ => None,
        },
        unit_price: exact(line.price.unit_price().value())?,
        extended: decimal(line.extended)?,
        manual: decimal(manual)?,
        promotions,
        basket_discount: decimal(basket)?,
        taxes: taxes.collect::<Result<_>>()?,
        net: decimal(line.net)?,
        gross: decimal(line.gross)?,
    })
}

fn said(explained: &holdfast_domain::promotion::Explained) -> Result<Said> {
    let (outcome, amount) = match explained.outcome {
        PromotionOutcome::Applied { amount } => (Outcome::Applied, Some(decimal(amount)?)),
        PromotionOutcome::NotNow => (Outcome::NotNow, None),
        PromotionOutcome::OtherGroup => (Outcome::OtherGroup, None),
        PromotionOutcome::CouponMissing => (Outcome::CouponMissing, None),
        PromotionOutcome::NothingMatches => (Outcome::NothingMatches, None),
        PromotionOutcome::TooFew { .. } => (Outcome::TooFew, None),
        PromotionOutcome::BelowThreshold { .. } => (Outcome::BelowThreshold, None),
        PromotionOutcome::AnotherIsBetter => (Outcome::AnotherIsBetter, None),
    };
    Ok(Said { code: explained.code.to_string(), outcome, amount })
}

fn profile(case: &Case, currency: Currency) -> Result<StoreProfile> {
    Ok(StoreProfile {
        store: StoreId(Uuid::from_u128(1)),
        name: Label::new("shop")?,
        legal_name: Label::new("shop")?,
        address: Address::new("street 1")?,
        tax_id: Label::new("1")?,
        currency,
        basis: match case.store.basis {
            case::Basis::Inclusive => TaxBasis::Inclusive,
            case::Basis::Exclusive => TaxBasis::Exclusive,
        },
        tax_rounding: match case.store.tax_rounding {
            case::TaxRounding::PerLine => TaxRounding::PerLine,
            case::TaxRounding::PerTotal => TaxRounding::PerTotal,
        },
        cash_step: parse_decimal(&case.store.cash_step.to_string())?,
        time_zone: TimeZoneName::new("UTC")?,
        cut_over_minutes: 0,
        taxes: Vec::new(),
    })
}

fn taxes(case: &Case) -> Result<TaxTable> {
    let charge = |rate: &case::TaxRate| -> Result<TaxCharge> {
        Ok(TaxCharge {
            code: TaxCode::new(&rate.code)?,
            rate: self::rate(rate.rate)?,
            base: match rate.base {
                case::TaxBase::Net => TaxBase::Net,
                case::TaxBase::NetAndTaxes => TaxBase::NetAndTaxes,
            },
        })
    };
    let entry = |rule: &case::TaxRule| -> Result<TaxEntry> {
        Ok(TaxEntry {
            class: TaxClass::new(&rule.class)?,
            tag: rule.tag.as_ref().map(|tag| OrderTag::new(tag)).transpose()?,
            charges: rule.rates.iter().map(charge).collect::<Result<_>>()?,
        })
    };
    Ok(TaxTable { entries: case.store.taxes.iter().map(entry).collect::<Result<_>>()? })
}

fn rate(value: Decimal) -> Result<Rate> {
    Ok(Rate::new(parse_decimal(&value.to_string())?)?)
}

fn unit_price(value: Decimal) -> Result<UnitPrice> {
    Ok(UnitPrice::new(parse_decimal(&value.to_string())?)?)
}

fn money(value: Decimal, currency: Currency) -> Result<Money> {
    Ok(Money::new(parse_decimal(&value.to_string())?, currency)?)
}

fn local(moment: &case::Moment) -> Result<LocalTime> {
    Ok(LocalTime { date: moment.date.parse()?, minute: moment.minute })
}

fn period(from: Option<&case::Moment>, until: Option<&case::Moment>) -> Result<Period> {
    Ok(Period { from: from.map(local).transpose()?, until: until.map(local).transpose()? })
}

fn catalog(case: &Case, currency: Currency) -> Result<Catalog> {
    let product = |product: &case::Product| -> Result<Product> {
        Ok(Product {
            sku: Sku::new(&product.sku)?,
            description: Description::new(&product.sku)?,
            barcodes: Vec::new(),
            unit: match product.unit {
                case::Measure::Piece => Unit::Piece,
                case::Measure::Kilogram => Unit::Kilogram,
                case::Measure::Litre => Unit::Litre,
                case::Measure::Metre => Unit::Metre,
            },
            tax_class: TaxClass::new(&product.tax_class)?,
            unit_price: unit_price(product.unit_price)?,
            stock: StockRule::Untracked,
            details: ProductDetails {
                category: product.category.as_ref().map(|category| Category::new(category)).transpose()?,
                ..ProductDetails::default()
            },
        })
    };
    let list = |list: &case::PriceList| -> Result<PriceList> {
        let price = |price: &case::ListedPrice| Ok((Sku::new(&price.sku)?, unit_price(price.unit_price)?));
        Ok(PriceList {
            code: Label::new(&list.code)?,
            priority: u16::try_from(list.priority)?,
            group: list.group.as_ref().map(|group| PriceGroup::new(group)).transpose()?,
            period: period(list.from.as_ref(), list.until.as_ref())?,
            prices: list.prices.iter().map(price).collect::<Result<_>>()?,
        })
    };
    let products = case.catalog.products.iter().map(product).collect::<Result<Vec<_>>>()?;
    let book = PriceBook {
        lists: case.catalog.price_lists.iter().map(list).collect::<Result<_>>()?,
        promotions: case
            .catalog
            .promotions
            .iter()
            .map(|of| promotion(of, currency))
            .collect::<Result<_>>()?,
        layouts: Vec::new(),
    };
    Ok(Catalog::new(1, products)?.with_book(book)?)
}

fn promotion(of: &case::Promotion, currency: Currency) -> Result<Promotion> {
    let coupon = |coupon: &case::Coupon| -> Result<CouponRule> {
        Ok(CouponRule { code: CouponCode::new(&coupon.code)?, uses_max: coupon.uses_max })
    };
    Ok(Promotion {
        code: PromotionCode::new(&of.code)?,
        name: Description::new(&of.name)?,
        priority: u16::try_from(of.priority)?,
        period: period(of.from.as_ref(), of.until.as_ref())?,
        weekdays: of.weekdays.iter().map(weekday).collect(),
        hours: of
            .hours
            .as_ref()
            .map(|hours| Hours { from_minute: hours.from_minute, until_minute: hours.until_minute }),
        group: of.group.as_ref().map(|group| PriceGroup::new(group)).transpose()?,
        coupon: of.coupon.as_ref().map(coupon).transpose()?,
        limit: of.limit.map(u16::try_from).transpose()?,
        combination: match of.combination {
            case::Combination::WithOthers => Combination::WithOthers,
            case::Combination::Alone => Combination::Alone,
        },
        family: of.family.as_ref().map(|family| Label::new(family)).transpose()?,
        kind: kind(&of.kind, currency)?,
    })
}

fn weekday(day: &case::Weekday) -> Weekday {
    match day {
        case::Weekday::Mon => Weekday::Monday,
        case::Weekday::Tue => Weekday::Tuesday,
        case::Weekday::Wed => Weekday::Wednesday,
        case::Weekday::Thu => Weekday::Thursday,
        case::Weekday::Fri => Weekday::Friday,
        case::Weekday::Sat => Weekday::Saturday,
        case::Weekday::Sun => Weekday::Sunday,
    }
}

fn selector(items: &case::Items) -> Result<Selector> {
    Ok(match items {
        case::Items::All => Selector::All,
        case::Items::Skus(skus) => {
            Selector::Skus(skus.iter().map(|sku| Ok(Sku::new(sku)?)).collect::<Result<BTreeSet<_>>>()?)
        }
        case::Items::Categories(named) => {
            let named = named.iter().map(|category| Ok(Category::new(category)?));
            Selector::Categories(named.collect::<Result<BTreeSet<_>>>()?)
        }
    })
}

fn kind(kind: &case::Kind, currency: Currency) -> Result<PromotionKind> {
    Ok(match kind {
        case::Kind::ItemOff { items, off } => PromotionKind::ItemOff {
            items: selector(items)?,
            off: match off {
                case::Off::Percent { rate } => ItemOff::Percent { rate: self::rate(*rate)? },
                case::Off::Amount { amount } => ItemOff::Amount { amount: unit_price(*amount)? },
                case::Off::Price { price } => ItemOff::Price { price: unit_price(*price)? },
            },
        },
        case::Kind::GroupPrice { items, count, price } => PromotionKind::GroupPrice {
            items: selector(items)?,
            count: u16::try_from(*count)?,
            price: money(*price, currency)?,
        },
        case::Kind::GroupOff { items, count, reduced, rate } => PromotionKind::GroupOff {
            items: selector(items)?,
            count: u16::try_from(*count)?,
            reduced: u16::try_from(*reduced)?,
            rate: self::rate(*rate)?,
        },
        case::Kind::BuyGet { buy, buy_count, get, get_count, rate } => PromotionKind::BuyGet {
            buy: selector(buy)?,
            buy_count: u16::try_from(*buy_count)?,
            get: selector(get)?,
            get_count: u16::try_from(*get_count)?,
            rate: self::rate(*rate)?,
        },
        case::Kind::BasketOff { items, threshold, off } => PromotionKind::BasketOff {
            items: selector(items)?,
            threshold: money(*threshold, currency)?,
            off: match off {
                case::BasketOff::Percent { rate } => BasketOff::Percent { rate: self::rate(*rate)? },
                case::BasketOff::Amount { amount } => BasketOff::Amount { amount: money(*amount, currency)? },
            },
        },
    })
}

fn discount(given: Option<case::BasketOff>, currency: Currency) -> Result<DiscountInput> {
    let reason = Reason::new("given")?;
    Ok(match given {
        None => DiscountInput::None,
        Some(case::BasketOff::Percent { rate }) => DiscountInput::Percent { rate: self::rate(rate)?, reason },
        Some(case::BasketOff::Amount { amount }) => {
            DiscountInput::Amount { amount: money(amount, currency)?, reason }
        }
    })
}

fn input(line: &case::BasketLine, currency: Currency) -> Result<LineInput> {
    let reason = || Reason::new("given");
    Ok(LineInput {
        number: LineNumber(u16::try_from(line.number)?),
        item: ItemRef::Sku(Sku::new(&line.sku)?),
        quantity: Quantity::new(parse_decimal(&line.quantity.to_string())?)?,
        price: match line.set_price {
            None => PriceInput::List,
            Some(price) => PriceInput::Override { unit_price: unit_price(price)?, reason: reason()? },
        },
        discount: discount(line.discount, currency)?,
        fate: if line.voided { LineFate::Voided { reason: reason()? } } else { LineFate::Kept },
    })
}
