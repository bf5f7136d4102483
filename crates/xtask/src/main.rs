//! What a newcomer types: `cargo xtask demo`, `test`, `ci`, `proofs`, `soak`, `web` and `codegen`.
//!
//! *Invariant:* no rule of the shop lives here. The demo starts the released programs as child processes and speaks
//! to them only through their command lines and their HTTP reads, so what it shows is what a shop would run. It links
//! no crate of the product and no TLS library, which keeps the first build of this program short.

mod bench;
mod codegen;
mod demo;
mod edges;
mod error_pages;
mod fuzz;
mod packages;
mod proofs;
mod simulate;
mod soak;
mod suites;
#[cfg(test)]
mod tidy;
mod web;
mod workspace;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// The wall-clock budget of a full check on two cores.
const CI_BUDGET: Duration = Duration::from_secs(60 * 60);

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Holdfast's own tasks", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Start a cloud and three stores with selling tills and the devices that they are paid at, on free ports, in a fresh folder
    Demo(demo::Options),
    /// Format check, lints and every test suite, with a table of results and times
    Test,
    /// The same as `test`, and held to its time budget
    Ci,
    /// Print the table of proofs with the figures of the last full run
    Proofs {
        /// Also write it into README.md
        #[arg(long)]
        write: bool,
    },
    /// Run a proof on demand for as long as it is given
    Soak {
        #[command(subcommand)]
        soak: soak::Soak,
    },
    /// Build the till for browsers and say where it is
    Web,
    /// Take pictures of every view of the web till, light and dark, on a tablet and a desktop
    Screenshots {
        /// The folder for them
        #[arg(long, default_value = "target/screenshots")]
        out: std::path::PathBuf,
    },
    /// Measure what a hub keeps: a million orders verified, replayed and started from
    Bench(bench::Options),
    /// Run simulated stores, one process for each seed, and show the seeds that break a promise
    Simulate(simulate::Options),
    /// Hand inputs that nobody sends to the codecs of devices, and show those that break one
    Fuzz(fuzz::Options),
    /// Write the generated files anew: OpenAPI documents, the golden dependency edges, the index of error codes
    Codegen {
        /// Only these; all when none is named
        parts: Vec<codegen::Part>,
    },
}

/// All that the demo's errors can be, with their one-line meanings; each has its page in docs/errors.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("HF-DEMO-001", "a program of the demo did not become ready in time"),
    ("HF-DEMO-002", "a program of the demo ended early"),
    ("HF-DEMO-003", "the books of tills, hub and cloud differ"),
    ("HF-DEMO-004", "the stores did not finish sending to HQ in time"),
    ("HF-DEMO-005", "a set-up command of the demo failed"),
    ("HF-DEMO-006", "packages that the tests need are missing"),
    ("HF-DEMO-007", "the data folder of the demo is not empty"),
    ("HF-DEMO-008", "an answer of the hub or the cloud could not be read"),
    ("HF-DEMO-009", "the programs of the workspace are not built"),
];

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Demo(options) => demo::run(options),
        Task::Test => suites::run(None),
        Task::Ci => suites::run(Some(CI_BUDGET)),
        Task::Proofs { write } => proofs::run(write),
        Task::Simulate(options) => simulate::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Soak { soak } => soak::run(soak),
        Task::Web => web::run_build(),
        Task::Screenshots { out } => web::screenshots(&out),
        Task::Bench(options) => bench::run(&options),
        Task::Codegen { parts } => codegen::run(&parts).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
