//! What the demo shows while it runs: one screen on a terminal, plain lines elsewhere.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::shop::{self, Shop};
use holdfast_testkit::books::{decimal, transactions_of_cloud, whole};
use holdfast_testkit::http::Server;

/// Without a terminal a line for every store is printed this often.
const LINES_EVERY: Duration = Duration::from_secs(5);

/// The figures of one store at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    store: String,
    currency: String,
    /// Transactions written at the hub, and those that HQ holds.
    hub: i64,
    cloud: i64,
    gross_minor: i64,
    /// The hub's last durable record, and the last one that HQ holds.
    head: i64,
    acked: i64,
    /// The record that the hub's figures are true at.
    as_of: i64,
    /// Transactions that the tills saw acknowledged, where they have reported them already.
    tills: Option<i64>,
}

impl Figures {
    pub async fn read(shop: &Shop, hq: &Server) -> Result<Self> {
        // HQ is asked first, so that what it has not yet is never less than what is shown as waiting.
        let cloud = shop.cloud_totals(hq).await?;
        let hub = shop.page.json(shop::HUB_BOOKS).await?;
        let number = |answer: &Value, key: &str| {
            whole(&answer[key]).with_context(|| format!("HF-DEMO-008: figure `{key}` of {}", shop.plan.name))
        };
        Ok(Self {
            store: shop.plan.name.to_owned(),
            currency: shop.plan.currency.to_owned(),
            hub: number(&hub, "transactions")?,
            cloud: transactions_of_cloud(&cloud)?,
            gross_minor: number(&hub, "gross_minor")?,
            head: number(&hub, "head_seq")?,
            as_of: number(&hub, "as_of_seq")?,
            acked: number(&cloud, "acked_through")?,
            tills: shop.acknowledged(),
        })
    }

    /// Records that are durable at the hub and not yet at HQ.
    pub fn waiting(&self) -> i64 {
        (self.head - self.acked).max(0)
    }

    /// Whether hub and cloud speak of everything that the hub wrote.
    pub fn is_settled(&self) -> bool {
        self.acked >= self.head && self.as_of >= self.head
    }
}

#[derive(Debug)]
pub struct Screen {
    on_terminal: bool,
    drawn: bool,
    stores: usize,
    last_lines: Option<Duration>,
}

impl Screen {
    pub fn new(stores: usize) -> Self {
        Self { on_terminal: io::stdout().is_terminal(), drawn: false, stores, last_lines: None }
    }

    /// A line that stays.
    pub fn say(&mut self, text: &str) {
        self.drawn = false;
        println!("{text}");
    }

    pub fn show(&mut self, since: Duration, line_up: bool, figures: &[Figures]) {
        if self.on_terminal {
            if self.drawn {
                // Back over the header, the stores and the footer, and draw again.
                print!("\x1b[{}A\x1b[J", self.stores + 2);
            }
            print!("{}", table(since, line_up, figures));
            // A terminal that went away is not worth ending the demo for.
            let _gone = io::stdout().flush();
            self.drawn = true;
        } else if self.last_lines.is_none_or(|last| since >= last + LINES_EVERY) {
            self.last_lines = Some(since);
            for of in figures {
                let Figures { store, currency, hub, cloud, gross_minor, .. } = of;
                let (gross, waiting, time) = (decimal(*gross_minor, 2), of.waiting(), since.as_secs());
                println!(
                    "{time:>5} s  {store}: {hub} transactions, {cloud} at HQ, {waiting} records wait, {gross} {currency}"
                );
            }
        }
    }
}

fn table(since: Duration, line_up: bool, figures: &[Figures]) -> String {
    let mut text = format!(
        "{:<16} {:>13} {:>13} {:>11} {:>9} {:>18}\n",
        "store", "transactions", "acknowledged", "replicated", "waiting", "gross"
    );
    for of in figures {
        let gross = format!("{} {}", decimal(of.gross_minor, 2), of.currency);
        let tills = of.tills.map_or_else(|| "–".to_owned(), |count| count.to_string());
        let (store, hub, cloud, waiting) = (&of.store, of.hub, of.cloud, of.waiting());
        writeln!(text, "{store:<16} {hub:>13} {tills:>13} {cloud:>11} {waiting:>9} {gross:>18}")
            .expect("a String takes all");
    }
    let line = if line_up { "up" } else { "CUT" };
    writeln!(text, "{} s, line to HQ {line}, Ctrl-C stops and reconciles", since.as_secs())
        .expect("a String takes all");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_says_what_waits_and_has_as_many_lines_as_are_drawn_over() {
        let store = Figures {
            store: "Naschmarkt".into(),
            currency: "EUR".into(),
            hub: 12,
            cloud: 10,
            gross_minor: 123_456,
            head: 90,
            acked: 70,
            as_of: 90,
            tills: None,
        };
        assert_eq!(store.waiting(), 20);
        let text = table(Duration::from_secs(7), false, &[store.clone(), store]);
        assert_eq!(text.lines().count(), 4);
        assert!(text.contains("1234.56 EUR") && text.contains("line to HQ CUT"), "{text}");
    }

    #[test]
    fn a_cloud_that_was_asked_first_never_makes_a_negative_lag() {
        assert_eq!(Figures { head: 5, acked: 6, ..Figures::default() }.waiting(), 0);
    }
}
