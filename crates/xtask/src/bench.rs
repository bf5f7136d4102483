//! `cargo xtask bench`: builds the benchmark with optimisation and runs it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::workspace;

#[derive(Debug, Args)]
pub struct Options {
    /// How many orders, each of two durable steps; 10000000 is the soak run
    #[arg(long, default_value_t = 1_000_000)]
    orders: u64,
    /// Build as the tests are built, which takes seconds where an optimised build takes minutes
    #[arg(long)]
    quick: bool,
}

/// Runs the benchmark and hands on its exit code.
pub fn run(options: &Options) -> Result<ExitCode> {
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--locked", "--package", "holdfast-bench"]);
    if !options.quick {
        cargo.arg("--release");
    }
    cargo.args(["--", "--orders", &options.orders.to_string()]);
    let status = cargo.status().context("start cargo run")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
