//! `fuzz`: builds what hands inputs that nobody sends to the codecs, and runs it.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::workspace;

#[derive(Debug, Args)]
pub struct Options {
    /// One codec; every one when none is named
    target: Option<String>,
    /// How long in all, shared evenly
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// Where the inputs begin; the same number makes the same ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this one input, such as a finding of before, and nothing else
    #[arg(long, requires = "target")]
    input: Option<PathBuf>,
}

/// Runs it; fails when something was found.
pub fn run(options: &Options) -> Result<ExitCode> {
    // The whole workspace is selected, as in every build: another selection would compile the dependencies twice.
    let built =
        workspace::cargo().args(["build", "--workspace", "--example", "fuzz", "--locked"]).status()?;
    ensure!(built.success(), "the codecs cannot be built");
    let program = workspace::root().join("target/debug/examples/fuzz");
    let mut command = Command::new(&program);
    command.args(&options.target);
    command.args(["--minutes", &options.minutes.to_string(), "--seed", &options.seed.to_string()]);
    command.arg("--findings").arg(workspace::root().join("target/fuzz"));
    if let Some(input) = &options.input {
        command.arg("--input").arg(input);
    }
    let status = command.status().with_context(|| format!("{} cannot be started", program.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
