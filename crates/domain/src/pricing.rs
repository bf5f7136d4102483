//! From what a till asks for to priced lines and totals, as `docs/pricing.md` says. Rounding happens at named points: the
//! extended price, each discount, each promotion's saving, the tax. All of them round half up (commercial rounding).

mod assign;
mod promotions;
mod tax;

use std::collections::{BTreeMap, BTreeSet};

use holdfast_money::{Currency, Decimal, Money, Quantity, Rounding, UnitPrice, allocate};

use crate::barcode::Embedded;
use crate::bounded::{Category, CouponCode, Label, OrderTag, PriceGroup};
use crate::calendar::LocalTime;
use crate::catalog::{Catalog, Found, ItemRef, PriceRule, Product};
use crate::line::{
    AppliedDiscount, AppliedPrice, DiscountInput, DiscountPart, DiscountSource, LINES_MAX, Line, LineInput,
    LineNumber, PriceInput,
};
use crate::order::Totals;
use crate::price_list::listed;
use crate::promotion::Explained;
use crate::refusal::Refusal;
use crate::store::StoreProfile;
use crate::tax::{TaxTable, TaxTotal};

/// The one rounding of the shop.
pub const ROUNDING: Rounding = Rounding::HalfUp;

/// What the number of a deposit line is above its item's line.
pub const DEPOSIT_LINE_OFFSET: u16 = 30_000;

/// Whether a line of a priced basket is the deposit of another one of it.
pub fn is_deposit_of(line: &Line, lines: &[Line]) -> bool {
    let of = line.number.0.checked_sub(DEPOSIT_LINE_OFFSET).map(LineNumber);
    of.is_some_and(|of| lines.iter().any(|line| line.number == of))
}

/// By what a basket is priced: the store's settings and one version of its catalog.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    pub profile: &'a StoreProfile,
    /// In force instead of the profile's plain rates.
    pub taxes: Option<&'a TaxTable>,
    pub catalog: &'a Catalog,
}

/// For whom and when a basket is priced, and what is given on the whole of it.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    pub now: LocalTime,
    pub tag: Option<&'a OrderTag>,
    pub group: Option<&'a PriceGroup>,
    pub coupons: &'a [CouponCode],
    pub exempt: Exempt,
    pub discount: &'a DiscountInput,
    pub kept: &'a Kept<'a>,
}

/// By line of an open basket: the unit price that it has, and the list that gave it. It holds unless the price has fallen.
pub type Kept<'a> = BTreeMap<LineNumber, (UnitPrice, &'a Label)>;

static NOTHING_KEPT: Kept<'static> = BTreeMap::new();

impl Circumstances<'_> {
    /// Nothing but a time.
    pub fn plain(now: LocalTime) -> Self {
        Self {
            now,
            tag: None,
            group: None,
            coupons: &[],
            exempt: Exempt::No,
            discount: &DiscountInput::None,
            kept: &NOTHING_KEPT,
        }
    }
}

/// Whether the customer owes tax. An exemption needs a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exempt {
    No,
    Yes,
}

/// A priced basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    pub lines: Vec<Line>,
    pub totals: Totals,
    /// What became of every promotion, in order.
    pub promotions: Vec<Explained>,
}

/// A line on its way through the rules.
struct Draft {
    line: Line,
    /// What is still charged.
    charged: Money,
    /// What each of the line's taxes is of a price without taxes.
    effective: Vec<Decimal>,
    /// What promotions may look at: nothing where a person or a label decided the price.
    promotable: Option<Promotable>,
    /// What promotions and the basket's discount took off, in order.
    parts: Vec<DiscountPart>,
}

/// A line that promotions may look at.
struct Promotable {
    category: Option<Category>,
    units: Units,
}

/// What promotions can take of a line.
enum Units {
    /// So many pieces.
    Pieces(u32),
    /// One, as heavy or long as the line says.
    Measure,
}

/// Prices a basket.
///
/// # Errors
/// A [`Refusal`] that names the first line that cannot be sold as asked.
pub fn price(
    rules: &Rules<'_>,
    inputs: &[LineInput],
    circumstances: &Circumstances<'_>,
) -> Result<Priced, Refusal> {
    let mut drafts = drafts(rules, inputs, circumstances)?;
    let promotions = promotions::apply(rules, &mut drafts, circumstances);
    give_on_basket(rules.profile.currency, &mut drafts, circumstances.discount)?;
    let (mut lines, effective): (Vec<Line>, Vec<Vec<Decimal>>) =
        drafts.into_iter().map(Draft::finish).unzip();
    // Before the tax is worked out: sums of amounts that nobody can store would not fit the arithmetic either.
    let charged = Money::sum(rules.profile.currency, lines.iter().map(|line| line.gross));
    if !charged.in_range() {
        return Err(Refusal::AmountOutOfRange);
    }
    tax::tax_lines(rules.profile, &mut lines, &effective, circumstances.exempt)?;
    if lines.iter().any(|line| !line.gross.in_range()) {
        return Err(Refusal::AmountOutOfRange);
    }
    let totals = totals(rules.profile.currency, &lines);
    Ok(Priced { lines, totals, promotions })
}

/// Each line by itself, and the deposits that go with them.
fn drafts(
    rules: &Rules<'_>,
    inputs: &[LineInput],
    circumstances: &Circumstances<'_>,
) -> Result<Vec<Draft>, Refusal> {
    let mut numbers: BTreeSet<LineNumber> = BTreeSet::new();
    let mut drafts = Vec::with_capacity(inputs.len());
    for input in inputs {
        let found = rules
            .catalog
            .scan(&input.item)
            .ok_or_else(|| Refusal::UnknownItem { item: input.item.to_string() })?;
        if !numbers.insert(input.number) {
            return Err(Refusal::DuplicateLine { line: input.number });
        }
        // Above it are the lines of deposits.
        if input.number.0 > DEPOSIT_LINE_OFFSET {
            return Err(Refusal::LineNumberTooLarge { line: input.number, max: DEPOSIT_LINE_OFFSET });
        }
        drafts.push(draft(rules, found, input, circumstances)?);
        if let Some(deposit) = &found.product.details.deposit {
            let number = LineNumber(input.number.0 + DEPOSIT_LINE_OFFSET);
            let asked = LineInput {
                number,
                item: ItemRef::Sku(deposit.clone()),
                price: PriceInput::List,
                discount: DiscountInput::None,
                ..input.clone()
            };
            let found = rules.catalog.scan(&asked.item);
            let found = found.ok_or_else(|| Refusal::UnknownItem { item: asked.item.to_string() })?;
            // Nothing comes off a deposit: it is given back as it was taken.
            let plain = draft(rules, found, &asked, circumstances)?;
            drafts.push(Draft { promotable: None, ..plain });
        }
        if drafts.len() > LINES_MAX {
            return Err(Refusal::TooManyLines { max: LINES_MAX });
        }
    }
    let charged = Money::sum(rules.profile.currency, drafts.iter().map(|draft| draft.charged));
    if !charged.in_range() || drafts.iter().any(|draft| !draft.line.extended.in_range()) {
        return Err(Refusal::AmountOutOfRange);
    }
    Ok(drafts)
}

fn draft(
    rules: &Rules<'_>,
    found: Found<'_>,
    input: &LineInput,
    circumstances: &Circumstances<'_>,
) -> Result<Draft, Refusal> {
    let (product, currency) = (found.product, rules.profile.currency);
    if !input.quantity.is_positive() {
        return Err(Refusal::QuantityNotPositive { line: input.number, quantity: input.quantity });
    }
    let (price_list, price) = unit_price(rules.catalog, product, input, circumstances)?;
    let (quantity, price, extended) = match found.embedded {
        None => {
            (input.quantity, price.clone(), price.unit_price().extend(input.quantity, currency, ROUNDING))
        }
        Some(embedded) => read_label(currency, embedded, product, price, input)?,
    };
    if !product.unit.divisible() && !quantity.is_whole() {
        return Err(Refusal::QuantityNotWhole { sku: product.sku.clone(), quantity });
    }
    let (taxes, effective) = tax::taxes_of(rules, product, circumstances.tag)?;
    let discount = applied_discount(currency, input, extended)?;
    let charged = discount.amount().map_or(extended, |off| extended - off);
    let line = Line {
        number: input.number,
        sku: product.sku.clone(),
        description: product.description.clone(),
        scanned: match &input.item {
            ItemRef::Barcode(barcode) => Some(barcode.clone()),
            ItemRef::Sku(_) => None,
        },
        unit: product.unit,
        stock: product.stock.clone(),
        quantity,
        price_list,
        price,
        extended,
        discount,
        tax_class: product.tax_class.clone(),
        taxes,
        net: charged,
        gross: charged,
        fate: input.fate.clone(),
    };
    let untouched = matches!(line.price, AppliedPrice::List { .. }) && line.discount == AppliedDiscount::None;
    let promotable = (line.is_kept() && untouched).then(|| Promotable {
        category: product.details.category.clone(),
        units: if product.unit.divisible() {
            Units::Measure
        } else {
            Units::Pieces(u32::try_from(quantity.thousandths() / 1_000).unwrap_or(u32::MAX))
        },
    });
    Ok(Draft { line, charged, effective, promotable, parts: Vec::new() })
}

/// The price of one and the list that it is from.
fn unit_price(
    catalog: &Catalog,
    product: &Product,
    input: &LineInput,
    circumstances: &Circumstances<'_>,
) -> Result<(Label, AppliedPrice), Refusal> {
    let found = listed(&catalog.book().lists, &product.sku, circumstances.group, circumstances.now);
    let (list, listed) = found.unwrap_or((catalog.price_list(), product.unit_price));
    let (list, listed) = match circumstances.kept.get(&input.number) {
        Some((kept, from)) if *kept <= listed => (*from, *kept),
        _ => (list, listed),
    };
    let price = match (&input.price, product.details.price_rule) {
        (PriceInput::List, PriceRule::Listed) => AppliedPrice::List { unit_price: listed },
        (PriceInput::List, PriceRule::Open) => {
            return Err(Refusal::PriceNeeded { line: input.number, sku: product.sku.clone() });
        }
        (PriceInput::Open { unit_price }, PriceRule::Open) => AppliedPrice::Open { unit_price: *unit_price },
        (PriceInput::Open { .. }, PriceRule::Listed) => {
            return Err(Refusal::PriceNotOpen { line: input.number, sku: product.sku.clone() });
        }
        (PriceInput::Override { unit_price, reason }, _) => {
            AppliedPrice::Override { unit_price: *unit_price, list_price: listed, reason: reason.clone() }
        }
    };
    Ok((list.clone(), price))
}

/// What a label with a value in it says about quantity, price and the extended price.
fn read_label(
    currency: Currency,
    embedded: Embedded,
    product: &Product,
    price: AppliedPrice,
    input: &LineInput,
) -> Result<(Quantity, AppliedPrice, Money), Refusal> {
    let unit_price = price.unit_price();
    if input.quantity != Quantity::ONE {
        return Err(Refusal::LabelIsOnePiece { line: input.number });
    }
    let quantity = match embedded {
        Embedded::Quantity(quantity) => quantity,
        Embedded::Price { .. } if !product.unit.divisible() => Quantity::ONE,
        Embedded::Price { .. } if unit_price.value().is_zero() => {
            return Err(Refusal::PriceNeeded { line: input.number, sku: product.sku.clone() });
        }
        // What the label asks for is charged to the cent; how much that is is known to the gram.
        Embedded::Price { minor } => {
            let stated = Money::from_minor(minor, currency).amount();
            Quantity::new(ROUNDING.apply(stated / unit_price.value(), 3))
                .map_err(|_| Refusal::AmountOutOfRange)?
        }
    };
    if !quantity.is_positive() {
        return Err(Refusal::QuantityNotPositive { line: input.number, quantity });
    }
    match (embedded.price(currency), price) {
        (Some(stated), AppliedPrice::List { unit_price }) => {
            Ok((quantity, AppliedPrice::Label { unit_price }, stated))
        }
        (_, price) => Ok((quantity, price, unit_price.extend(quantity, currency, ROUNDING))),
    }
}

fn applied_discount(
    currency: Currency,
    input: &LineInput,
    extended: Money,
) -> Result<AppliedDiscount, Refusal> {
    let amount = discount_amount(currency, &input.discount, extended)?;
    let amount = amount.ok_or(Refusal::DiscountTooLarge { line: input.number })?;
    Ok(match &input.discount {
        DiscountInput::None => AppliedDiscount::None,
        DiscountInput::Percent { rate, reason } => {
            AppliedDiscount::Percent { rate: *rate, amount, reason: reason.clone() }
        }
        DiscountInput::Amount { reason, .. } => AppliedDiscount::Amount { amount, reason: reason.clone() },
    })
}

/// What a discount that somebody gives takes off `whole`; none when it is more than that.
fn discount_amount(
    currency: Currency,
    discount: &DiscountInput,
    whole: Money,
) -> Result<Option<Money>, Refusal> {
    match discount {
        DiscountInput::None => Ok(Some(Money::zero(currency))),
        DiscountInput::Percent { rate, .. } => {
            let amount = Money::round(whole.amount() * rate.fraction(), currency, ROUNDING);
            Ok((rate.fraction() <= Decimal::ONE).then_some(amount))
        }
        DiscountInput::Amount { amount, .. } => {
            if amount.currency() != currency {
                return Err(Refusal::ForeignCurrency { amount: *amount });
            }
            if amount.is_negative() {
                return Err(Refusal::NegativeAmount { amount: *amount });
            }
            Ok((*amount <= whole).then_some(*amount))
        }
    }
}

/// What somebody gives on the whole basket, split by what is charged.
fn give_on_basket(currency: Currency, drafts: &mut [Draft], discount: &DiscountInput) -> Result<(), Refusal> {
    let reason = match discount {
        DiscountInput::None => return Ok(()),
        DiscountInput::Percent { reason, .. } | DiscountInput::Amount { reason, .. } => reason,
    };
    let kept: Vec<usize> = (0..drafts.len()).filter(|&at| drafts[at].line.is_kept()).collect();
    let whole = Money::sum(currency, kept.iter().map(|&at| drafts[at].charged));
    let amount =
        discount_amount(currency, discount, whole)?.ok_or(Refusal::BasketDiscountTooLarge { whole })?;
    let weights: Vec<Decimal> = kept.iter().map(|&at| drafts[at].charged.amount()).collect();
    for (&at, part) in kept.iter().zip(allocate(amount, &weights)) {
        drafts[at].take_off(DiscountSource::Basket { reason: reason.clone() }, part);
    }
    Ok(())
}

impl Draft {
    /// Takes an amount off; nothing is no part.
    fn take_off(&mut self, source: DiscountSource, amount: Money) {
        if amount.is_zero() {
            return;
        }
        self.charged -= amount;
        self.parts.push(DiscountPart { source, amount });
    }

    /// The line with everything that came off it, `gross` holding what is charged, and its effective taxes.
    fn finish(mut self) -> (Line, Vec<Decimal>) {
        if !self.parts.is_empty() {
            let given = std::mem::replace(&mut self.line.discount, AppliedDiscount::None);
            let given = match given {
                AppliedDiscount::Percent { amount, reason, .. }
                | AppliedDiscount::Amount { amount, reason } => {
                    Some(DiscountPart { source: DiscountSource::Line { reason }, amount })
                }
                AppliedDiscount::None | AppliedDiscount::Parts { .. } => None,
            };
            let parts = given.into_iter().chain(self.parts).collect();
            self.line.discount = AppliedDiscount::Parts { parts };
        }
        self.line.net = self.charged;
        self.line.gross = self.charged;
        (self.line, self.effective)
    }
}

/// The sums over kept lines.
pub fn totals<'a>(currency: Currency, lines: impl IntoIterator<Item = &'a Line>) -> Totals {
    let zero = Money::zero(currency);
    let mut totals = Totals { net: zero, tax: zero, gross: zero, discount: zero };
    for line in lines.into_iter().filter(|line| line.is_kept()) {
        totals.net += line.net;
        totals.gross += line.gross;
        totals.tax += line.tax();
        totals.discount += line.discount.amount().unwrap_or(zero);
    }
    totals
}

/// Net and tax by rate over kept lines, in the order of their codes and rates.
pub fn tax_totals<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<TaxTotal> {
    let mut totals = Vec::new();
    for line in lines.into_iter().filter(|line| line.is_kept()) {
        for applied in &line.taxes {
            add_tax(
                &mut totals,
                &TaxTotal { code: applied.code.clone(), rate: applied.rate, net: line.net, tax: applied.tax },
            );
        }
    }
    totals
}

/// Adds one rate's amounts to a list kept in the order of code and rate.
pub fn add_tax(totals: &mut Vec<TaxTotal>, more: &TaxTotal) {
    match totals.binary_search_by(|t| (&t.code, t.rate).cmp(&(&more.code, more.rate))) {
        Ok(at) => {
            totals[at].net += more.net;
            totals[at].tax += more.tax;
        }
        Err(at) => totals.insert(at, more.clone()),
    }
}
