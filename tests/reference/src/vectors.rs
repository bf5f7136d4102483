//! The vectors of `tests/vectors`: cases picked by hand, one file for each section of the rule book, and some of the
//! random ones. What a picked case costs was worked out by hand and stands beside it; the reference has to agree.

mod best_deal;
mod lines;
mod picked;
mod promotions;
mod returns;
mod taxes;
mod whole_basket;

use anyhow::{Context, Result, ensure};

use crate::expected::{Expected, Vector};
use crate::{generate, price, price_with_notes};
use picked::Picked;

/// How many random cases are vectors too.
const GENERATED: usize = 200;
/// A random case with a longer text is left out: a person may have to read it.
const TEXT_MAX: usize = 5_000;

/// Every file: its name and its text.
pub fn files() -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for (name, cases) in picked() {
        let vectors = cases.into_iter().map(vector).collect::<Result<Vec<_>>>()?;
        files.push((format!("{name}.json"), text(&vectors)?));
    }
    files.push(("generated.json".to_owned(), text(&generated()?)?));
    Ok(files)
}

fn picked() -> Vec<(&'static str, Vec<Picked>)> {
    vec![
        ("01-unit-price", lines::unit_price()),
        ("02-line", lines::line()),
        ("03-which-lines-take-part", lines::which_take_part()),
        ("04-conditions", promotions::conditions()),
        ("04-kinds", promotions::kinds()),
        ("04-the-best-deal", best_deal::best_deal()),
        ("04-the-search-limit", best_deal::search_limit()),
        ("04-alone", best_deal::stands_alone()),
        ("05-rounding-savings", whole_basket::rounding()),
        ("06-basket-promotions", whole_basket::promotions()),
        ("07-basket-discount", whole_basket::discount()),
        ("08-tax", taxes::tax()),
        ("09-cash-and-returns", returns::cash_and_returns()),
        ("10-splitting", whole_basket::splitting()),
        ("outcomes", promotions::outcomes()),
    ]
}

fn vector(picked: Picked) -> Result<Vector> {
    let Picked { name, case, by_hand } = picked;
    let expected = price(&case).with_context(|| name.clone())?;
    ensure!(!by_hand.is_empty(), "{name}: nothing was worked out by hand");
    for (what, value) in by_hand {
        let told = told(&expected, what).with_context(|| format!("{name}: what is {what}?"))?;
        ensure!(told == value, "{name}: {what} is {told} and by hand {value}");
    }
    Ok(Vector::new(name, case, expected))
}

/// What the answer says about one thing, as text.
fn told(expected: &Expected, what: &str) -> Option<String> {
    let line = |number: &str| {
        let number: u32 = number.parse().ok()?;
        expected.lines.iter().find(|line| line.number == number)
    };
    let refund = |number: &str| expected.refunds.get(number.parse::<usize>().ok()?.checked_sub(1)?);
    let words: Vec<&str> = what.split(' ').collect();
    Some(match words[..] {
        ["gross"] => expected.totals.gross.to_string(),
        ["net"] => expected.totals.net.to_string(),
        ["tax"] => expected.totals.tax.to_string(),
        ["discount"] => expected.totals.discount.to_string(),
        ["payable"] => expected.payable.to_string(),
        ["line", number] => line(number)?.gross.to_string(),
        ["line", number, "list"] => line(number)?.price_list.clone()?,
        ["line", number, "tax"] => {
            let taxes = &line(number)?.taxes;
            taxes.iter().map(|tax| tax.tax.to_string()).collect::<Vec<_>>().join(" + ")
        }
        ["refund", number] => refund(number)?.gross.to_string(),
        ["refund", number, "net"] => refund(number)?.net.to_string(),
        ["refund", number, "tax"] => refund(number)?.tax.to_string(),
        ["refund", number, "cash"] => refund(number)?.cash.to_string(),
        [code] => {
            let said = expected.promotions.iter().find(|said| said.code == code)?;
            match said.amount {
                Some(amount) => amount.to_string(),
                None => serde_json::to_value(said.outcome).ok()?.as_str()?.to_owned(),
            }
        }
        _ => return None,
    })
}

/// The first seeds whose baskets are worth a vector: promotions meet, or the search had something to choose.
fn generated() -> Result<Vec<Vector>> {
    let mut vectors = Vec::new();
    for seed in 0.. {
        if vectors.len() == GENERATED {
            break;
        }
        let case = generate::case(seed);
        let (expected, notes) = price_with_notes(&case)?;
        let applied = expected.promotions.iter().filter(|said| said.amount.is_some()).count();
        let chosen = notes.ties + notes.too_large + notes.capped + notes.spilled + notes.alone_taken > 0;
        let vector = Vector::new(format!("seed {seed}"), case, expected);
        if (applied > 1 || (applied == 1 && chosen)) && serde_json::to_string(&vector)?.len() < TEXT_MAX {
            vectors.push(vector);
        }
    }
    Ok(vectors)
}

/// One case a line, so that a difference shows which case it is.
fn text(vectors: &[Vector]) -> Result<String> {
    let lines = vectors.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[\n{}\n]\n", lines.join(",\n")))
}
