//! Looks for a seed that breaks a promise.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Context as _;
use clap::{Parser, ValueEnum as _};
use holdfast_simulation::plan::Profile;
use holdfast_simulation::runner::{Runner, Sums, Task, failure, known_seeds, range};

/// Runs simulated stores, one process for each seed, and shows the first seeds that break a promise.
#[derive(Debug, Parser)]
#[command(name = "holdfast-simulate")]
struct Cli {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// One profile for all seeds; otherwise every tenth is about disasters
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// Plants a bug by its name and goes on until a seed finds it
    #[arg(long)]
    bug: Option<String>,
    /// Shows every line of one seed
    #[arg(long)]
    trace: bool,
    /// How many processes at a time; as many as there are cores when not given
    #[arg(long)]
    jobs: Option<usize>,
    /// Failures that are shown in full
    #[arg(long, default_value_t = 3)]
    show: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let own = std::env::current_exe().context("a process has a program")?;
    let program: PathBuf = own.with_file_name("holdfast-simulated-seed");
    if cli.trace {
        return trace(&cli, &program);
    }
    let mut runner = Runner::new(&program);
    runner.jobs = cli.jobs.unwrap_or(runner.jobs);
    runner.bug.clone_from(&cli.bug);
    runner.until_violated = cli.bug.is_some();
    let mut tasks = if cli.bug.is_none() { known_seeds() } else { Vec::new() };
    match cli.profile {
        Some(profile) => tasks.extend((cli.from..cli.from + cli.seeds).map(|seed| Task { seed, profile })),
        None => tasks.extend(range(cli.from, cli.seeds)),
    }
    let started = Instant::now();
    let sums = runner.run(&tasks)?;
    let mut out = std::io::stdout();
    for (task, told) in sums.failures.iter().take(cli.show) {
        writeln!(out, "{}", failure(*task, told, cli.bug.as_deref()))?;
    }
    for (task, told) in sums.failures.iter().skip(cli.show) {
        writeln!(out, "seed {} {:?}: {}", task.seed, task.profile, told.violation.as_deref().unwrap_or(""))?;
    }
    summary(&mut out, &sums, started.elapsed().as_millis())?;
    Ok(if sums.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(out: &mut impl std::io::Write, sums: &Sums, took_ms: u128) -> std::io::Result<()> {
    writeln!(
        out,
        "{} seeds in {} ms, {} failed: {} records, {} told ({} refused), {} deliveries ({} repeated), {} crashes, \
         {} power cuts, {} disks lost, {} clock jumps, {} ids used twice",
        sums.runs,
        took_ms,
        sums.failures.len(),
        sums.records,
        sums.told,
        sums.refused,
        sums.deliveries,
        sums.repeats,
        sums.crashes,
        sums.power_cuts,
        sums.disasters,
        sums.clock_jumps,
        sums.misuses
    )
}

/// One seed with its whole trace on the screen.
fn trace(cli: &Cli, program: &std::path::Path) -> anyhow::Result<ExitCode> {
    let profile = cli.profile.unwrap_or(range(cli.from, 1)[0].profile);
    let profile = profile.to_possible_value().context("every profile has a name")?;
    let mut command = Command::new(program);
    command.args(["--seed", &cli.from.to_string(), "--profile", profile.get_name(), "--trace"]);
    if let Some(bug) = &cli.bug {
        command.args(["--bug", bug]);
    }
    let status = command.status().context("the seed's program cannot be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
