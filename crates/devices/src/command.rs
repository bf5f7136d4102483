//! The command line, and which device it starts.

mod adyen;
mod booth;
mod place;
mod printer;
mod scale;
mod scanner;
mod stripe;
mod wallet;
mod words;
mod zvt;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
#[command(
    name = "holdfast-devices",
    version,
    about = "A device of the counter, made of software: it says where it is, obeys what is typed, and misbehaves on command",
    after_help = "Every device reads commands while it runs: `help` lists them, `book` shows what it booked, `quit` ends it.",
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Say everything as one JSON object a line, for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    device: Device,
}

#[derive(Debug, Subcommand)]
enum Device {
    /// A card terminal that speaks ZVT, on the network or on a serial line
    Zvt(zvt::Options),
    /// A card terminal that speaks Adyen's Terminal API, encrypted, over HTTPS
    Adyen(adyen::Options),
    /// Stripe's API with a card reader, over HTTPS
    Stripe(stripe::Options),
    /// A provider of QR payments (Pix), over HTTPS
    Wallet(wallet::Options),
    /// A receipt printer that keeps its paper as pictures and text
    Printer(printer::Options),
    /// A scale with a weight that is typed
    Scale(scale::Options),
    /// A barcode scanner with codes that are typed
    Scanner(scanner::Options),
}

/// What customers do from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Customers {
    /// They pay by themselves
    Approve,
    /// Their bank says no
    Decline,
    /// They wait until it is typed what they do
    Ask,
}

pub async fn run(cli: Cli) -> Result<()> {
    let loud = tracing_subscriber::EnvFilter::try_from_env("HOLDFAST_LOG");
    let filter = loud.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    let json = cli.json;
    match cli.device {
        Device::Zvt(options) => booth::open(zvt::start(options).await?, json).await,
        Device::Adyen(options) => booth::open(adyen::start(options).await?, json).await,
        Device::Stripe(options) => booth::open(stripe::start(options).await?, json).await,
        Device::Wallet(options) => booth::open(wallet::start(options).await?, json).await,
        Device::Printer(options) => booth::open(printer::start(options).await?, json).await,
        Device::Scale(options) => booth::open(scale::start(options).await?, json).await,
        Device::Scanner(options) => booth::open(scanner::start(options).await?, json).await,
    }
}
