//! `simulate`: builds the simulation and runs seeds.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::workspace;

#[derive(Debug, Args)]
pub struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Plant this bug and go on until a seed finds it
    #[arg(long)]
    bug: Option<String>,
    /// One profile for all seeds: any, calm, flood, clocks, disasters or clones
    #[arg(long)]
    profile: Option<String>,
    /// Show every line of the first seed alone
    #[arg(long)]
    trace: bool,
}

/// Runs seeds; fails when one breaks a promise.
pub fn run(options: &Options) -> Result<ExitCode> {
    let built = workspace::cargo().args(["build", "--package", "holdfast-simulation", "--bins"]).status()?;
    ensure!(built.success(), "the simulation cannot be built");
    let program = workspace::root().join("target/debug/holdfast-simulate");
    let mut command = std::process::Command::new(&program);
    command.args(["--seeds", &options.seeds.to_string(), "--from", &options.from.to_string()]);
    for (name, value) in [("--bug", &options.bug), ("--profile", &options.profile)] {
        if let Some(value) = value {
            command.args([name, value]);
        }
    }
    if options.trace {
        command.arg("--trace");
    }
    let status = command.status().with_context(|| format!("{} cannot be started", program.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
