//! Three books of one store that must agree: what the tills saw acknowledged, what the hub wrote, what HQ holds.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

/// The figures that are compared, under the names they have in all three answers.
const FIGURES: [(&str, &str); 7] = [
    ("transactions", "transactions"),
    ("sales", "sales"),
    ("returns", "returns"),
    ("post_voids", "post-voids"),
    ("net_minor", "net"),
    ("tax_minor", "tax"),
    ("gross_minor", "gross"),
];

/// One book: counts, money in minor units, stock in thousandths by product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    currency: String,
    figures: BTreeMap<&'static str, i64>,
    stock: BTreeMap<String, i64>,
}

/// One figure of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    values: [String; 3],
    equal: bool,
}

/// What came out of comparing three books.
#[derive(Debug)]
pub struct Comparison {
    lines: Vec<Line>,
}

impl Books {
    /// Reads the answer of any of the three.
    ///
    /// # Errors
    /// HF-DEMO-008 when a figure is missing or is not a whole number: what is not there cannot agree.
    pub fn read(answer: &Value) -> Result<Self> {
        let mut books = Self::default();
        let currency = answer["currency"].as_str().context("HF-DEMO-008: the books have no `currency`")?;
        books.currency = currency.to_owned();
        for (key, name) in FIGURES {
            books
                .figures
                .insert(name, whole(&answer[key]).with_context(|| format!("HF-DEMO-008: figure `{key}`"))?);
        }
        let stock =
            answer["stock"].as_object().context("HF-DEMO-008: the books have no `stock` by product")?;
        for (sku, quantity) in stock {
            let quantity = whole(quantity).with_context(|| format!("HF-DEMO-008: stock of `{sku}`"))?;
            // A product that never moved and one that moved to and fro are the same to a book.
            if quantity != 0 {
                books.stock.insert(sku.clone(), quantity);
            }
        }
        Ok(books)
    }

    /// Reads HQ's totals and its stock rows. HQ counts by kind; the shop's books count every transaction.
    ///
    /// # Errors
    /// HF-DEMO-008 as above.
    pub fn of_cloud(totals: &Value, stock: &[Value]) -> Result<Self> {
        let mut answer = totals.clone();
        answer["transactions"] = transactions_of_cloud(totals)?.into();
        let mut levels = Map::new();
        for row in stock {
            let sku = row["sku"].as_str().context("HF-DEMO-008: a stock row has no `sku`")?;
            levels.insert(sku.to_owned(), row["on_hand_thousandths"].clone());
        }
        answer["stock"] = Value::Object(levels);
        Self::read(&answer)
    }

    /// Both together.
    ///
    /// # Errors
    /// HF-DEMO-008 when they are in different currencies.
    pub fn plus(mut self, other: &Self) -> Result<Self> {
        ensure!(
            self.currency == other.currency,
            "HF-DEMO-008: books in {} and {}",
            self.currency,
            other.currency
        );
        for (name, value) in &other.figures {
            *self.figures.entry(name).or_default() += value;
        }
        for (sku, quantity) in &other.stock {
            *self.stock.entry(sku.clone()).or_default() += quantity;
        }
        // As in `read`: what came back to nothing is nothing.
        self.stock.retain(|_, quantity| *quantity != 0);
        Ok(self)
    }

    /// A figure by its name in the table.
    pub fn figure(&self, name: &str) -> i64 {
        self.figures.get(name).copied().unwrap_or_default()
    }

    fn stock_sum(&self) -> i64 {
        self.stock.values().sum()
    }
}

/// Transactions of every kind that HQ holds.
pub fn transactions_of_cloud(totals: &Value) -> Result<i64> {
    ["sales", "returns", "post_voids", "deposits", "cancelled", "abandoned", "cash_moves", "value_issues"]
        .iter()
        .map(|kind| whole(&totals[*kind]).with_context(|| format!("HF-DEMO-008: HQ's figure `{kind}`")))
        .sum()
}

/// Compares every figure, and the stock of every product.
pub fn compare(tills: &Books, hub: &Books, cloud: &Books) -> Comparison {
    let all = [tills, hub, cloud];
    let mut lines = Vec::new();
    let mut line = |name: &str, of: &dyn Fn(&Books) -> String| {
        let values = all.map(of);
        let equal = values.iter().all(|value| *value == values[0]);
        lines.push(Line { name: name.to_owned(), values, equal });
    };
    line("currency", &|books| books.currency.clone());
    for (key, name) in FIGURES {
        if key.ends_with("_minor") {
            line(name, &|books| decimal(books.figure(name), 2));
        } else {
            line(name, &|books| books.figure(name).to_string());
        }
    }
    line("products with stock", &|books| books.stock.len().to_string());
    line("stock on hand", &|books| decimal(books.stock_sum(), 3));
    let mut products: Vec<&String> = all.iter().flat_map(|books| books.stock.keys()).collect();
    products.sort();
    products.dedup();
    for sku in products {
        let quantity = |books: &Books| books.stock.get(sku).copied().unwrap_or_default();
        if all.map(quantity).iter().any(|value| *value != quantity(tills)) {
            line(&format!("stock of {sku}"), &|books| decimal(quantity(books), 3));
        }
    }
    Comparison { lines }
}

impl Comparison {
    pub fn equal(&self) -> bool {
        self.lines.iter().all(|line| line.equal)
    }

    /// The table for people.
    pub fn table(&self, store: &str) -> String {
        let mut text = format!("{store:<24} {:>14} {:>14} {:>14}\n", "tills", "hub", "cloud");
        for Line { name, values: [tills, hub, cloud], equal } in &self.lines {
            let mark = if *equal { "=" } else { "DIFFERENT" };
            writeln!(text, "  {name:<22} {tills:>14} {hub:>14} {cloud:>14}  {mark}")
                .expect("a String takes all");
        }
        text
    }
}

/// A whole number, as JSON number or as string: 64-bit numbers travel as strings.
pub fn whole(value: &Value) -> Result<i64> {
    match value {
        Value::Number(number) => number.as_i64().context("not a whole number"),
        Value::String(text) => text.parse().with_context(|| format!("`{text}` is not a whole number")),
        other => anyhow::bail!("`{other}` is not a whole number"),
    }
}

/// `-1234` with 2 places is `-12.34`.
pub fn decimal(value: i64, places: u32) -> String {
    let (sign, value, unit) = (if value < 0 { "-" } else { "" }, value.unsigned_abs(), 10u64.pow(places));
    format!("{sign}{}.{:0width$}", value / unit, value % unit, width = places as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(sales: i64, gross: &str, milk: i64) -> Value {
        json!({
            "currency": "EUR", "transactions": sales + 2, "sales": sales, "returns": 1, "post_voids": 1,
            "net_minor": 100, "tax_minor": 20, "gross_minor": gross, "stock": {"MILK": milk, "RYE": 0},
        })
    }

    #[test]
    fn equal_books_are_equal_and_one_cent_or_one_gram_is_not() {
        let read = |sales, gross, milk| Books::read(&answer(sales, gross, milk)).expect("complete");
        let books = read(3, "120", -4000);
        assert!(compare(&books, &books, &books).equal());
        for other in [read(4, "120", -4000), read(3, "121", -4000), read(3, "120", -4001), read(3, "120", 0)]
        {
            for comparison in [
                compare(&other, &books, &books),
                compare(&books, &other, &books),
                compare(&books, &books, &other),
            ] {
                assert!(!comparison.equal());
                assert!(comparison.table("x").contains("DIFFERENT"));
            }
        }
    }

    #[test]
    fn a_shift_of_stock_between_products_is_found_although_the_sum_is_equal() {
        let book = |a: i64, b: i64| {
            let mut value = answer(1, "1", 0);
            value["stock"] = json!({"A": a, "B": b});
            Books::read(&value).expect("complete")
        };
        let (one, two) = (book(-1000, -2000), book(-2000, -1000));
        let table = compare(&one, &one, &two);
        assert!(!table.equal() && table.table("x").contains("stock of A"));
    }

    #[test]
    fn rounds_add_up_to_the_day() {
        let read = |sales, gross, milk| Books::read(&answer(sales, gross, milk)).expect("complete");
        let day = read(3, "120", -4000).plus(&read(2, "30", 4000)).expect("one currency");
        assert_eq!((day.figure("transactions"), day.figure("gross"), day.stock.len()), (9, 150, 0));
        let mut dollars = answer(1, "1", 0);
        dollars["currency"] = "USD".into();
        assert!(day.plus(&Books::read(&dollars).expect("complete")).is_err());
    }

    #[test]
    fn a_missing_figure_is_an_error_and_not_a_zero() {
        for key in ["currency", "returns", "gross_minor", "stock"] {
            let mut value = answer(1, "1", 0);
            value.as_object_mut().expect("an object").remove(key);
            assert!(Books::read(&value).is_err(), "{key}");
        }
    }

    #[test]
    fn transactions_at_hq_are_all_kinds_together() {
        let totals = json!({
            "currency": "EUR", "transactions": 4, "sales": 3, "returns": 1, "post_voids": 0, "deposits": 0,
            "cancelled": 2, "abandoned": 1, "cash_moves": 0,
            "value_issues": 0, "net_minor": 100, "tax_minor": 20, "gross_minor": 120,
        });
        let books = Books::of_cloud(&totals, &[json!({"sku": "MILK", "on_hand_thousandths": -4000})]);
        let books = books.expect("complete");
        assert_eq!((books.figure("transactions"), books.stock["MILK"]), (7, -4000));
        assert!(Books::of_cloud(&json!({"currency": "EUR"}), &[]).is_err());
    }

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(decimal(-1234, 2), "-12.34");
        assert_eq!(decimal(5, 3), "0.005");
        assert_eq!(decimal(-5, 2), "-0.05");
    }
}
