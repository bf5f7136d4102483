//! From what a till asks for to priced lines and totals. Rounding happens at three named points: the extended price, the
//! discount, the tax. All of them round half up (commercial rounding).

use std::collections::BTreeSet;

use holdfast_money::{Currency, Decimal, Money, Rounding, allocate};

use crate::bounded::TaxCode;
use crate::catalog::{Catalog, Product};
use crate::line::{AppliedDiscount, AppliedPrice, DiscountInput, LINES_MAX, Line, LineInput, PriceInput};
use crate::order::Totals;
use crate::refusal::Refusal;
use crate::store::StoreProfile;
use crate::tax::{AppliedTax, TaxBasis, TaxRounding, TaxTotal};

/// The one rounding of the shop.
pub const ROUNDING: Rounding = Rounding::HalfUp;

/// Prices a basket.
///
/// # Errors
/// A [`Refusal`] that names the first line that cannot be sold as asked.
pub fn price_lines(
    profile: &StoreProfile,
    catalog: &Catalog,
    inputs: &[LineInput],
) -> Result<Vec<Line>, Refusal> {
    if inputs.len() > LINES_MAX {
        return Err(Refusal::TooManyLines { max: LINES_MAX });
    }
    let mut numbers = BTreeSet::new();
    let mut lines = Vec::with_capacity(inputs.len());
    for input in inputs {
        if !numbers.insert(input.number) {
            return Err(Refusal::DuplicateLine { line: input.number });
        }
        lines.push(price_line(profile, catalog, input)?);
    }
    // Before the tax is worked out: sums of amounts that nobody can store would not fit the arithmetic either.
    let charged = Money::sum(profile.currency, lines.iter().map(|line| line.gross));
    if !charged.in_range() || lines.iter().any(|line| !line.extended.in_range()) {
        return Err(Refusal::AmountOutOfRange);
    }
    tax_lines(profile, &mut lines);
    if lines.iter().any(|line| !line.gross.in_range()) {
        return Err(Refusal::AmountOutOfRange);
    }
    Ok(lines)
}

fn price_line(profile: &StoreProfile, catalog: &Catalog, input: &LineInput) -> Result<Line, Refusal> {
    let product =
        catalog.find(&input.item).ok_or_else(|| Refusal::UnknownItem { item: item_text(&input.item) })?;
    if !input.quantity.is_positive() {
        return Err(Refusal::QuantityNotPositive { line: input.number, quantity: input.quantity });
    }
    if !product.unit.divisible() && !input.quantity.is_whole() {
        return Err(Refusal::QuantityNotWhole { sku: product.sku.clone(), quantity: input.quantity });
    }
    let rates = profile.rates(&product.tax_class).ok_or_else(|| Refusal::NoTaxRule {
        sku: product.sku.clone(),
        class: product.tax_class.to_string(),
    })?;
    let price = applied_price(product, &input.price);
    let extended = price.unit_price().extend(input.quantity, profile.currency, ROUNDING);
    let discount = applied_discount(profile.currency, input, extended)?;
    let charged = discount.amount().map_or(extended, |off| extended - off);
    let zero = Money::zero(profile.currency);
    Ok(Line {
        number: input.number,
        sku: product.sku.clone(),
        description: product.description.clone(),
        scanned: match &input.item {
            crate::catalog::ItemRef::Barcode(barcode) => Some(barcode.clone()),
            crate::catalog::ItemRef::Sku(_) => None,
        },
        unit: product.unit,
        stock: product.stock,
        quantity: input.quantity,
        price_list: catalog.price_list().clone(),
        price,
        extended,
        discount,
        tax_class: product.tax_class.clone(),
        taxes: rates.iter().map(|r| AppliedTax { code: r.code.clone(), rate: r.rate, tax: zero }).collect(),
        net: charged,
        gross: charged,
        fate: input.fate.clone(),
    })
}

fn item_text(item: &crate::catalog::ItemRef) -> String {
    match item {
        crate::catalog::ItemRef::Sku(sku) => sku.to_string(),
        crate::catalog::ItemRef::Barcode(barcode) => barcode.to_string(),
    }
}

fn applied_price(product: &Product, asked: &PriceInput) -> AppliedPrice {
    match asked {
        PriceInput::List => AppliedPrice::List { unit_price: product.unit_price },
        PriceInput::Override { unit_price, reason } => AppliedPrice::Override {
            unit_price: *unit_price,
            list_price: product.unit_price,
            reason: reason.clone(),
        },
    }
}

fn applied_discount(
    currency: Currency,
    input: &LineInput,
    extended: Money,
) -> Result<AppliedDiscount, Refusal> {
    let too_large = || Refusal::DiscountTooLarge { line: input.number };
    match &input.discount {
        DiscountInput::None => Ok(AppliedDiscount::None),
        DiscountInput::Percent { rate, reason } => {
            if rate.fraction() > Decimal::ONE {
                return Err(too_large());
            }
            let amount = Money::round(extended.amount() * rate.fraction(), currency, ROUNDING);
            Ok(AppliedDiscount::Percent { rate: *rate, amount, reason: reason.clone() })
        }
        DiscountInput::Amount { amount, reason } => {
            if amount.currency() != currency {
                return Err(Refusal::ForeignCurrency { amount: *amount });
            }
            if amount.is_negative() {
                return Err(Refusal::NegativeAmount { amount: *amount });
            }
            if amount.amount() > extended.amount() {
                return Err(too_large());
            }
            Ok(AppliedDiscount::Amount { amount: *amount, reason: reason.clone() })
        }
    }
}

/// The unrounded tax of one rate on a charged amount.
fn exact_tax(basis: TaxBasis, charged: Money, rate: Decimal, all_rates: Decimal) -> Decimal {
    match basis {
        TaxBasis::Exclusive => charged.amount() * rate,
        TaxBasis::Inclusive => charged.amount() * rate / (Decimal::ONE + all_rates),
    }
}

/// Fills in tax, net and gross. Lines come with `gross` holding what is charged after the discount.
fn tax_lines(profile: &StoreProfile, lines: &mut [Line]) {
    let currency = profile.currency;
    let exact: Vec<Vec<Decimal>> = lines
        .iter()
        .map(|line| {
            let all: Decimal = line.taxes.iter().map(|t| t.rate.fraction()).sum();
            line.taxes.iter().map(|t| exact_tax(profile.basis, line.gross, t.rate.fraction(), all)).collect()
        })
        .collect();
    match profile.tax_rounding {
        TaxRounding::PerLine => {
            for (line, exact) in lines.iter_mut().zip(&exact) {
                for (applied, exact) in line.taxes.iter_mut().zip(exact) {
                    applied.tax = Money::round(*exact, currency, ROUNDING);
                }
            }
        }
        TaxRounding::PerTotal => round_by_total(currency, lines, &exact),
    }
    for line in lines {
        let tax = Money::sum(currency, line.taxes.iter().map(|t| t.tax));
        match profile.basis {
            TaxBasis::Inclusive => line.net = line.gross - tax,
            TaxBasis::Exclusive => line.gross = line.net + tax,
        }
    }
}

/// Rounds each rate once over all kept lines and gives the cents back to the lines; voided lines round for themselves.
fn round_by_total(currency: Currency, lines: &mut [Line], exact: &[Vec<Decimal>]) {
    let mut groups: std::collections::BTreeMap<(TaxCode, Decimal), Vec<(usize, usize)>> = Default::default();
    for (index, line) in lines.iter_mut().enumerate() {
        let kept = line.is_kept();
        for (slot, applied) in line.taxes.iter_mut().enumerate() {
            if kept {
                groups
                    .entry((applied.code.clone(), applied.rate.fraction()))
                    .or_default()
                    .push((index, slot));
            } else {
                applied.tax = Money::round(exact[index][slot], currency, ROUNDING);
            }
        }
    }
    for places in groups.values() {
        let weights: Vec<Decimal> = places.iter().map(|&(index, slot)| exact[index][slot]).collect();
        let total = Money::round(weights.iter().sum(), currency, ROUNDING);
        for (&(index, slot), part) in places.iter().zip(allocate(total, &weights)) {
            lines[index].taxes[slot].tax = part;
        }
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
