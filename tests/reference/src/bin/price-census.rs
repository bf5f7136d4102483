//! Counts what random baskets reach, so that nobody takes an empty search for a good one.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clap::Parser;
use holdfast_price_reference::case::{Combination, Kind};
use holdfast_price_reference::expected::Outcome;
use holdfast_price_reference::{generate, price_with_notes};

/// Prices the baskets of many seeds and prints how often each thing occurs.
#[derive(Debug, Parser)]
struct Options {
    /// How many cases.
    #[arg(long, default_value_t = 100_000)]
    cases: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut steps_max = 0;
    for seed in options.from..options.from + options.cases {
        let case = generate::case(seed);
        let (expected, notes) = price_with_notes(&case).with_context(|| format!("seed {seed}"))?;
        let mut count = |what: String, times: usize| {
            *counts.entry(what).or_default() += times as u64;
        };
        count(format!("store / {:?} {:?}", case.store.basis, case.store.tax_rounding), 1);
        count(format!("store / {}", case.store.currency), 1);
        for promotion in &case.catalog.promotions {
            let said = expected.promotions.iter().find(|said| said.code == promotion.code);
            let outcome = said.context("every promotion is spoken of")?.outcome;
            let kind = match promotion.kind {
                Kind::ItemOff { .. } => "item_off",
                Kind::GroupPrice { .. } => "group_price",
                Kind::GroupOff { .. } => "group_off",
                Kind::BuyGet { .. } => "buy_get",
                Kind::BasketOff { .. } => "basket_off",
            };
            count(format!("outcome / {outcome:?}"), 1);
            count(format!("{kind} / {outcome:?}"), 1);
            if promotion.combination == Combination::Alone && outcome == Outcome::Applied {
                count("alone / applied".to_owned(), 1);
            }
            if promotion.limit.is_some() && outcome == Outcome::Applied {
                count("limit / applied".to_owned(), 1);
            }
        }
        let applied = expected.promotions.iter().filter(|said| said.outcome == Outcome::Applied).count();
        count(format!("case / {applied} promotions applied"), 1);
        let several = expected.lines.iter().filter(|line| line.promotions.len() > 1).count();
        count("line / more than one promotion".to_owned(), several);
        for line in &case.basket.lines {
            count("line / voided".to_owned(), usize::from(line.voided));
            count("line / price set by hand".to_owned(), usize::from(line.set_price.is_some()));
            count("line / discount by hand".to_owned(), usize::from(line.discount.is_some()));
        }
        for line in &expected.lines {
            let listed = line.price_list.as_deref().is_some_and(|list| list != "standard");
            count("line / price from a list".to_owned(), usize::from(listed));
        }
        count("basket / exempt".to_owned(), usize::from(case.basket.exempt));
        count("basket / discount by hand".to_owned(), usize::from(case.basket.discount.is_some()));
        count(
            "basket / rounded to the coin".to_owned(),
            usize::from(expected.payable != expected.totals.gross),
        );
        count("returns / in all".to_owned(), expected.refunds.len());
        let upside_down = expected.refunds.iter().filter(|refund| refund.net.to_string().starts_with('-'));
        count("returns / net below zero".to_owned(), upside_down.count());
        count("search / by units".to_owned(), notes.by_units);
        count("search / by counts".to_owned(), notes.by_counts);
        count("search / above the limit".to_owned(), notes.too_large);
        count("search / ties".to_owned(), notes.ties);
        count("search / ties that only weights tell".to_owned(), notes.ties_by_weight);
        count("search / several promotions in a component".to_owned(), notes.contended);
        count("rounding / savings capped".to_owned(), notes.capped);
        count("rounding / part moved to another line".to_owned(), notes.spilled);
        count("offers / alone looked at".to_owned(), notes.alone_offers);
        count("offers / alone better".to_owned(), notes.alone_taken);
        count("offers / families".to_owned(), notes.families);
        steps_max = steps_max.max(notes.steps_max);
    }
    for (what, times) in counts {
        println!("{times:>9}  {what}");
    }
    println!("{steps_max:>9}  steps of the longest search by counts");
    Ok(())
}
