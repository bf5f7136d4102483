//! What customers do, by the dice. Pure.

use holdfast_domain::bounded::Reason;
use holdfast_domain::catalog::{ItemRef, Product, Unit};
use holdfast_domain::line::{DiscountInput, LineFate, LineInput, LineNumber, PriceInput};
use holdfast_money::{Decimal, Money, Quantity, Rate};

use crate::dice::Dice;

/// The most lines of a customer's basket.
const BASKET_LINES_MAX: u64 = 8;

/// What comes next at a till.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Activity {
    Sale,
    /// Placed and given up before payment.
    Cancel,
    /// Given up before it was placed.
    Abandon,
    Return,
    ReturnWithoutReceipt,
    PostVoid,
    /// A part now.
    Deposit,
    /// The rest of an earlier deposit.
    Settle,
    /// Goods come in.
    Receive,
    /// Cash goes to the safe or comes from it, is paid in or out.
    Cash,
    /// The drawer is opened and nothing is sold.
    NoSale,
}

/// How often each comes in a thousand.
const ACTIVITIES: [(Activity, u64); 11] = [
    (Activity::Sale, 765),
    (Activity::Cancel, 35),
    (Activity::Abandon, 35),
    (Activity::Return, 70),
    (Activity::ReturnWithoutReceipt, 8),
    (Activity::PostVoid, 12),
    (Activity::Deposit, 15),
    (Activity::Settle, 15),
    (Activity::Receive, 20),
    (Activity::Cash, 20),
    (Activity::NoSale, 5),
];

pub(super) fn activity(dice: &mut Dice) -> Activity {
    let mut throw = dice.below(ACTIVITIES.iter().map(|(_, share)| share).sum());
    for (activity, share) in ACTIVITIES {
        if throw < share {
            return activity;
        }
        throw -= share;
    }
    Activity::Sale
}

pub(super) fn because(text: &str) -> Reason {
    Reason::new(text).expect("a constant text within its limit")
}

/// How much of a product one customer takes.
fn quantity(product: &Product, dice: &mut Dice) -> Quantity {
    let thousandths = if product.unit.divisible() {
        dice.between(80, 2_500)
    } else {
        1_000 * if dice.permille(700) { 1 } else { dice.between(2, 6) }
    };
    Quantity::from_thousandths(i64::try_from(thousandths).unwrap_or(1_000))
}

/// One basket. Some lines are scanned by barcode, some have a discount, some are taken off again.
pub(super) fn basket(
    products: &[Product],
    currency: holdfast_money::Currency,
    dice: &mut Dice,
) -> Vec<LineInput> {
    let count = 1 + dice.below(BASKET_LINES_MAX).min(dice.below(BASKET_LINES_MAX));
    let mut lines = Vec::new();
    for number in 1..=count {
        let Some(product) = products.get(dice.zipf(products.len())) else { continue };
        let quantity = quantity(product, dice);
        let item = match dice.pick(&product.barcodes) {
            Some(barcode) => ItemRef::Barcode(barcode.clone()),
            None => ItemRef::Sku(product.sku.clone()),
        };
        // The first line stays: a basket needs one that counts.
        let fate = if number > 1 && dice.permille(60) {
            LineFate::Voided { reason: because("customer changed their mind") }
        } else {
            LineFate::Kept
        };
        lines.push(LineInput {
            number: LineNumber(u16::try_from(number).unwrap_or(1)),
            item,
            quantity,
            price: PriceInput::List,
            discount: discount(product, quantity, currency, dice),
            fate,
        });
    }
    lines
}

fn discount(
    product: &Product,
    quantity: Quantity,
    currency: holdfast_money::Currency,
    dice: &mut Dice,
) -> DiscountInput {
    if !dice.permille(80) {
        return DiscountInput::None;
    }
    let percent = [5, 10, 20, 50][usize::try_from(dice.below(4)).unwrap_or(0)];
    let rate = Rate::percent(Decimal::from(percent)).expect("a constant rate within its range");
    if dice.permille(700) {
        return DiscountInput::Percent { rate, reason: because("short date") };
    }
    let extended = product.unit_price.extend(quantity, currency, holdfast_domain::pricing::ROUNDING);
    let off = Money::from_minor(extended.minor() / 10, currency);
    if off.is_positive() {
        DiscountInput::Amount { amount: off, reason: because("damaged box") }
    } else {
        DiscountInput::None
    }
}

/// What a customer hands over for `due`: the exact amount, or the next note.
pub(super) fn tendered(due: Money, dice: &mut Dice) -> Money {
    if dice.permille(400) {
        return due;
    }
    let unit = 10_i64.pow(due.currency().exponent());
    let note = unit * [5, 10, 20, 50][usize::try_from(dice.below(4)).unwrap_or(0)];
    let minor = due.minor();
    Money::from_minor(
        minor.div_euclid(note).saturating_mul(note) + if minor % note == 0 { 0 } else { note },
        due.currency(),
    )
}

/// A delivery: products and how much of each came in.
pub(super) fn delivery(products: &[Product], dice: &mut Dice) -> Vec<(Product, Quantity)> {
    let goods: Vec<&Product> = products.iter().filter(|p| p.stock.is_counted()).collect();
    let count = dice.between(1, 5);
    let mut delivery: Vec<(Product, Quantity)> = Vec::new();
    for _ in 0..count {
        let Some(&product) = dice.pick(&goods) else { break };
        if delivery.iter().any(|(known, _)| known.sku == product.sku) {
            continue;
        }
        let cases = i64::try_from(dice.between(1, 12)).unwrap_or(1);
        let case = if product.unit == Unit::Piece { 12_000 } else { 7_500 };
        delivery.push((product.clone(), Quantity::from_thousandths(cases * case)));
    }
    delivery
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_domain::bounded::{Description, Sku, TaxClass};
    use holdfast_domain::catalog::StockRule;
    use holdfast_money::{Currency, UnitPrice};
    use std::collections::BTreeSet;

    fn product(sku: &str, unit: Unit, stock: StockRule) -> Product {
        Product {
            sku: Sku::new(sku).unwrap(),
            description: Description::new(sku).unwrap(),
            barcodes: Vec::new(),
            unit,
            tax_class: TaxClass::new("standard").unwrap(),
            unit_price: UnitPrice::new(Decimal::new(249, 2)).unwrap(),
            stock,
            details: holdfast_domain::catalog::ProductDetails::default(),
        }
    }

    #[test]
    fn every_activity_comes_and_sales_are_most() {
        let mut dice = Dice::new(1);
        let seen: Vec<Activity> = (0..5_000).map(|_| activity(&mut dice)).collect();
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), ACTIVITIES.len());
        assert!(seen.iter().filter(|a| **a == Activity::Sale).count() > 3_500);
        assert_eq!(ACTIVITIES.iter().map(|(_, share)| share).sum::<u64>(), 1_000);
    }

    #[test]
    fn baskets_can_be_sold() {
        let products = [
            product("A", Unit::Piece, StockRule::Counter),
            product("B", Unit::Kilogram, StockRule::Counter),
            product("C", Unit::Piece, StockRule::Untracked),
        ];
        let (mut dice, mut weighed, mut voided, mut discounted) = (Dice::new(2), 0, 0, 0);
        for _ in 0..500 {
            let lines = basket(&products, Currency::EUR, &mut dice);
            assert!((1..=8).contains(&lines.len()));
            assert_eq!(lines[0].fate, LineFate::Kept);
            let numbers: BTreeSet<_> = lines.iter().map(|line| line.number).collect();
            assert_eq!(numbers.len(), lines.len());
            for line in &lines {
                assert!(line.quantity.is_positive());
                let kilograms = line.item == ItemRef::Sku(products[1].sku.clone());
                assert!(kilograms || line.quantity.is_whole());
                weighed += u32::from(!line.quantity.is_whole());
                voided += u32::from(line.fate != LineFate::Kept);
                discounted += u32::from(line.discount != DiscountInput::None);
            }
        }
        assert!(weighed > 0 && voided > 0 && discounted > 0);
        assert!(delivery(&products, &mut dice).iter().all(|(p, q)| p.sku.as_str() != "C" && q.is_positive()));
    }

    #[test]
    fn what_is_handed_over_covers_what_is_due() {
        let mut dice = Dice::new(3);
        for minor in [1, 499, 500, 1_234, 99_999] {
            for currency in [Currency::EUR, Currency::JPY] {
                let due = Money::from_minor(minor, currency);
                assert!(tendered(due, &mut dice) >= due);
            }
        }
    }
}
