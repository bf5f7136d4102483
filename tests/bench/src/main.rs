//! `cargo xtask bench`: writes a journal of many orders with the real rules, then measures how long it takes to verify it,
//! to build the state from it, and to start from that state, and how much memory each of them needs.

mod phases;
mod shop;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

use crate::phases::Measured;

/// The hub's own: what is measured here is measured with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(about = "Measures what a hub keeps")]
struct Cli {
    #[command(subcommand)]
    phase: Option<Phase>,
    /// How many orders, each of two durable steps
    #[arg(long, default_value_t = 1_000_000)]
    orders: u64,
    /// A smaller shop first, to compare memory with
    #[arg(long, default_value_t = 10_000)]
    compared_with: u64,
    /// An empty folder for the journal and the state; a fresh one that is deleted afterwards when none is named
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// One phase, in a process of its own; the answer is JSON.
#[derive(Debug, Subcommand)]
enum Phase {
    #[command(hide = true)]
    Fill { folder: PathBuf, orders: u64 },
    #[command(hide = true)]
    Verify { folder: PathBuf },
    #[command(hide = true)]
    Replay { folder: PathBuf },
    #[command(hide = true)]
    Start { folder: PathBuf },
    #[command(hide = true)]
    Sell { folder: PathBuf, orders: u64 },
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let measured = match &cli.phase {
        None => return compare(&cli),
        Some(Phase::Fill { folder, orders }) => phases::fill(folder, *orders)?,
        Some(Phase::Verify { folder }) => phases::check(folder)?,
        Some(Phase::Replay { folder }) => phases::replay(folder)?,
        Some(Phase::Start { folder }) => phases::start(folder)?,
        Some(Phase::Sell { folder, orders }) => phases::sell(folder, *orders)?,
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn compare(cli: &Cli) -> Result<()> {
    let fresh = tempfile::tempdir()?;
    let folder = cli.folder.clone().unwrap_or_else(|| fresh.path().to_owned());
    println!(
        "| orders | phase | took | per order | records | on disk | bytes per order | memory | at most |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for orders in [cli.compared_with, cli.orders] {
        let place = folder.join(orders.to_string());
        std::fs::create_dir_all(&place)?;
        let path = place.to_string_lossy().into_owned();
        let selling = place.join("selling").to_string_lossy().into_owned();
        let count = orders.to_string();
        let mut phases = vec![vec!["fill", &path, &count]];
        phases.extend(["verify", "replay", "start"].map(|phase| vec![phase, &path]));
        phases.push(vec!["sell", &selling, &count]);
        for phase in phases {
            let measured = run(&phase)?;
            print_row(orders, phase[0], &measured);
        }
    }
    Ok(())
}

fn run(phase: &[&str]) -> Result<Measured> {
    let own = std::env::current_exe().context("this program's path")?;
    let output = Command::new(own).args(phase).output().context("start a phase")?;
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{} failed: {complained}", phase[0]);
    serde_json::from_str(said.trim()).with_context(|| format!("{} said {said}", phase[0]))
}

fn print_row(orders: u64, phase: &str, measured: &Measured) {
    let Measured { took_ms, records, disk_bytes, rss_kib, rss_peak_kib } = measured;
    println!(
        "| {orders} | {phase} | {}.{:03} s | {} ns | {records} | {} MiB | {} | {} MiB | {} MiB |",
        took_ms / 1_000,
        took_ms % 1_000,
        took_ms * 1_000_000 / orders.max(1),
        disk_bytes >> 20,
        disk_bytes / orders.max(1),
        rss_kib >> 10,
        rss_peak_kib >> 10,
    );
}
