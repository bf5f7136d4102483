//! Which sale a cancelled line takes back: the latest earlier one of the same customer, product and unit price with
//! enough left. Pure.

use std::collections::HashMap;

use holdfast_domain::bounded::Sku;
use holdfast_domain::ids::TransactionId;
use holdfast_domain::line::LineNumber;
use holdfast_money::UnitPrice;

/// A line that was sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoldLine {
    pub sale: TransactionId,
    pub line: LineNumber,
    /// Pieces.
    pub quantity: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    customer: String,
    sku: Sku,
    price: UnitPrice,
}

/// What was sold so far and has not come back.
#[derive(Debug, Clone, Default)]
pub struct SoldGoods {
    /// The lines of each sale together, sales in their order.
    sales: HashMap<Key, Vec<Vec<SoldLine>>>,
}

impl SoldGoods {
    /// Remembers a sold line. Lines of one sale come one after another; a sale without a customer cannot be found again.
    pub fn sold(&mut self, customer: Option<&str>, sku: &Sku, price: UnitPrice, line: SoldLine) {
        let Some(customer) = customer else { return };
        let key = Key { customer: customer.to_owned(), sku: sku.clone(), price };
        let sales = self.sales.entry(key).or_default();
        match sales.last_mut() {
            Some(last) if last.first().is_some_and(|first| first.sale == line.sale) => last.push(line),
            _ => sales.push(vec![line]),
        }
    }

    /// Takes `quantity` pieces back from the latest sale that has that many left, its first lines first. Nothing when no
    /// sale has enough.
    pub fn take_back(
        &mut self,
        customer: Option<&str>,
        sku: &Sku,
        price: UnitPrice,
        quantity: i64,
    ) -> Option<Vec<SoldLine>> {
        let key = Key { customer: customer?.to_owned(), sku: sku.clone(), price };
        let left = |sale: &Vec<SoldLine>| sale.iter().map(|line| line.quantity).sum::<i64>();
        let sale = self.sales.get_mut(&key)?.iter_mut().rev().find(|sale| left(sale) >= quantity)?;
        let (mut wanted, mut taken) = (quantity, Vec::new());
        for line in sale {
            let part = wanted.min(line.quantity);
            if part > 0 {
                line.quantity -= part;
                wanted -= part;
                taken.push(SoldLine { quantity: part, ..*line });
            }
        }
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_domain::ids::{CommandId, Uuid};
    use holdfast_money::Decimal;

    fn line(sale: u128, line: u16, quantity: i64) -> SoldLine {
        SoldLine { sale: TransactionId(CommandId(Uuid::from_u128(sale))), line: LineNumber(line), quantity }
    }

    fn price(cents: i64) -> UnitPrice {
        UnitPrice::new(Decimal::new(cents, 2)).unwrap()
    }

    /// (customer, product, price in cents, the sold line)
    type Sold<'a> = (Option<&'a str>, &'a str, i64, SoldLine);
    /// (what, sold before, (customer, product, price in cents, pieces that come back), what is found)
    type Case<'a> = (&'a str, &'a [Sold<'a>], (Option<&'a str>, &'a str, i64, i64), Option<&'a [SoldLine]>);

    #[test]
    fn the_latest_earlier_sale_with_enough_left_is_found() {
        let a = Some("17850");
        let table: &[Case<'_>] = &[
            ("nothing was sold", &[], (a, "X", 100, 1), None),
            ("the one sale", &[(a, "X", 100, line(1, 1, 6))], (a, "X", 100, 6), Some(&[line(1, 1, 6)])),
            (
                "the later of two",
                &[(a, "X", 100, line(1, 1, 6)), (a, "X", 100, line(2, 4, 6))],
                (a, "X", 100, 2),
                Some(&[line(2, 4, 2)]),
            ),
            (
                "the earlier when the later is too small",
                &[(a, "X", 100, line(1, 1, 6)), (a, "X", 100, line(2, 4, 3))],
                (a, "X", 100, 5),
                Some(&[line(1, 1, 5)]),
            ),
            (
                "two sales are not added up",
                &[(a, "X", 100, line(1, 1, 3)), (a, "X", 100, line(2, 4, 3))],
                (a, "X", 100, 4),
                None,
            ),
            (
                "the same product twice on one invoice",
                &[(a, "X", 100, line(1, 1, 3)), (a, "X", 100, line(1, 9, 3))],
                (a, "X", 100, 4),
                Some(&[line(1, 1, 3), line(1, 9, 1)]),
            ),
            ("another price", &[(a, "X", 99, line(1, 1, 6))], (a, "X", 100, 1), None),
            ("another product", &[(a, "Y", 100, line(1, 1, 6))], (a, "X", 100, 1), None),
            ("another customer", &[(Some("1"), "X", 100, line(1, 1, 6))], (a, "X", 100, 1), None),
            ("no customer is nobody", &[(None, "X", 100, line(1, 1, 6))], (None, "X", 100, 1), None),
            (
                "one product in both letter cases",
                &[(a, "x", 100, line(1, 1, 6))],
                (a, "X", 100, 6),
                Some(&[line(1, 1, 6)]),
            ),
        ];
        for (what, sold, (customer, sku, cents, wanted), expected) in table {
            let mut goods = SoldGoods::default();
            for (customer, sku, cents, line) in *sold {
                goods.sold(*customer, &Sku::new(sku).unwrap(), price(*cents), *line);
            }
            let found = goods.take_back(*customer, &Sku::new(sku).unwrap(), price(*cents), *wanted);
            assert_eq!(found.as_deref(), *expected, "{what}");
        }
    }

    #[test]
    fn what_came_back_cannot_come_back_again() {
        let (mut goods, sku, a) = (SoldGoods::default(), Sku::new("X").unwrap(), Some("1"));
        goods.sold(a, &sku, price(100), line(1, 1, 5));
        assert_eq!(goods.take_back(a, &sku, price(100), 3), Some(vec![line(1, 1, 3)]));
        assert_eq!(goods.take_back(a, &sku, price(100), 3), None);
        assert_eq!(goods.take_back(a, &sku, price(100), 2), Some(vec![line(1, 1, 2)]));
        assert_eq!(goods.take_back(a, &sku, price(100), 1), None);
    }
}
