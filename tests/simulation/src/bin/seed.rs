//! One seed, one process: nothing leaks from one run into another, and clocks and randomness belong to the simulation.
//!
//! Invariant: this program alone links the simulated clocks; who starts it measures real time.

use std::io::Write as _;

use clap::Parser;
use holdfast_planted::{Bug, plant};
use holdfast_simulation::plan::Profile;
use holdfast_simulation::report::Told;
use holdfast_simulation::system;
use holdfast_simulation::world::watch_panics;
use rand::SeedableRng as _;

#[derive(Debug, Parser)]
struct Cli {
    #[arg(long)]
    seed: u64,
    #[arg(long, value_enum, default_value = "any")]
    profile: Profile,
    /// The planted bug, by its name.
    #[arg(long)]
    bug: Option<String>,
    /// Prints every line of the trace.
    #[arg(long)]
    trace: bool,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    if let Some(name) = &cli.bug {
        let bug = Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == *name);
        plant(Some(bug.ok_or_else(|| anyhow::anyhow!("no bug is called {name}"))?));
    }
    watch_panics();
    mad_turmoil::rand::set_rng(rand::rngs::StdRng::seed_from_u64(cli.seed));
    let clocks = mad_turmoil::time::SimClocksGuard::init();
    let outcome = system::run(cli.seed, cli.profile, cli.trace);
    drop(clocks);
    let told = Told::of(&outcome);
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&told)?)?;
    std::io::stdout().flush()?;
    // The machines of the simulation end with the process; taking them down one by one proves nothing more.
    std::process::exit(0);
}
