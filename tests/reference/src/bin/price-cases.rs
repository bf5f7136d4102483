//! Writes random baskets with their prices, a JSON object a line in the form of the vectors: what other engines are held
//! against. The hub's engine agrees with every one of them (`tests/engine`).

use std::io::{BufWriter, Write as _, stdout};

use anyhow::{Context, Result};
use clap::Parser;
use holdfast_price_reference::expected::Vector;
use holdfast_price_reference::{generate, price};

/// Prices the baskets of many seeds.
#[derive(Debug, Parser)]
struct Options {
    /// How many cases.
    #[arg(long, default_value_t = 20_000)]
    cases: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let mut out = BufWriter::new(stdout().lock());
    for seed in options.from..options.from + options.cases {
        let case = generate::case(seed);
        let expected = price(&case).with_context(|| format!("seed {seed}"))?;
        serde_json::to_writer(&mut out, &Vector::new(format!("seed {seed}"), case, expected))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
