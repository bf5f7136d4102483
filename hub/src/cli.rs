//! The commands of the hub's program, each in its file. Each talks to the hub that serves from the data folder, or opens
//! the folder itself when none does.

mod import;
mod pair;
mod serving;
mod staff;
mod status;
mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::admin::{StaffRole, Told};
use crate::config::Config;
use crate::console::Console;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::identity::Identity;
use crate::provision;

pub(crate) use pair::reachable;

/// The hub of one store: it serves the tills, keeps the journal, and tells HQ.
#[derive(Debug, Parser)]
#[command(name = "holdfast-hub", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Place {
    /// The hub's data folder
    #[arg(long)]
    data: PathBuf,
    /// A configuration file; settings that it does not name keep their defaults
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Place {
    fn folder(&self) -> DataFolder {
        DataFolder::new(&self.data)
    }

    fn config(&self) -> Result<Config, HubError> {
        Config::load(self.config.as_deref())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enrol this machine as a store's hub; can be run again
    Provision {
        #[command(flatten)]
        place: Place,
        /// HQ's address, such as https://hq.example.com
        #[arg(long)]
        cloud: String,
        /// The claim code that HQ gave for the store
        #[arg(long)]
        claim: String,
        /// What people call this hub
        #[arg(long)]
        name: String,
        /// Tax classes with their rates in percent; a store that has a table keeps it when this is left out, a new one
        /// gets standard=20,reduced=10,zero=0
        #[arg(long)]
        tax: Option<String>,
    },
    /// Serve the store until SIGTERM or Ctrl-C
    Serve {
        #[command(flatten)]
        place: Place,
        /// Where tills connect by MQTT over TLS; port 0 takes a free one
        #[arg(long)]
        mqtt: Option<SocketAddr>,
        /// Plain pages and API, on loopback only
        #[arg(long)]
        http: Option<SocketAddr>,
        /// Pages, API and MQTT over WebSocket, over TLS; left out while --mqtt asks for a free port, it takes one beside it
        #[arg(long)]
        https: Option<SocketAddr>,
        /// Where to write the addresses (JSON) once the hub serves
        #[arg(long)]
        ready_file: Option<PathBuf>,
    },
    /// Staff of the store
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Make a code that lets one till in, for ten minutes
    Pair {
        #[command(flatten)]
        place: Place,
        /// What the till is called, such as "Till 1"
        #[arg(long)]
        name: String,
    },
    /// Take data over from files
    #[command(subcommand)]
    Import(ImportCommand),
    /// What the hub is doing
    Status {
        #[command(flatten)]
        place: Place,
    },
    /// Walk the whole journal and check every record against the chain
    Verify {
        #[command(flatten)]
        place: Place,
    },
    /// Check a configuration without starting anything
    CheckConfig {
        /// The configuration file
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Print the OpenAPI document of the hub's HTTP interface
    Openapi,
}

#[derive(Debug, Subcommand)]
enum StaffCommand {
    /// Register a person, or give a known number another name and PIN and lift its lock
    Add {
        #[command(flatten)]
        place: Place,
        #[arg(long)]
        number: u32,
        #[arg(long)]
        name: String,
        #[arg(long)]
        role: StaffRole,
        /// Read the PIN (4 to 12 digits) from the standard input
        #[arg(long, required = true)]
        pin_stdin: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Make a CSV file the active catalog
    Catalog {
        #[command(flatten)]
        place: Place,
        /// The file, with a header row; columns sku, description, barcode, unit, tax_class, unit_price, stock
        file: PathBuf,
        /// Another column for a field, such as sku=StockCode; may be given several times
        #[arg(long, value_name = "FIELD=COLUMN")]
        map: Vec<String>,
        /// Leave bad rows out instead of importing nothing
        #[arg(long)]
        skip_bad_rows: bool,
    },
}

/// Runs the program.
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the program cannot start its threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{}", error.chain());
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, HubError> {
    match command {
        Command::Provision { place, cloud, claim, name, tax } => {
            serving::log_to_stderr("warn");
            let request = provision::Request { cloud, claim, name, taxes: tax };
            let mut out = std::io::stdout();
            let done = provision::run(&place.folder(), &place.config()?, &request, &mut out).await?;
            println!("store {}", done.store);
            println!("ca-fingerprint {}", done.fingerprint);
            println!(
                "\n{} is provisioned. Now: holdfast-hub serve --data {}",
                done.store_name,
                place.data.display()
            );
        }
        Command::Serve { place, mqtt, http, https, ready_file } => {
            return serving::until_told(&place, [mqtt, http, https], ready_file.as_deref()).await;
        }
        Command::Staff(StaffCommand::Add { place, number, name, role, pin_stdin: _ }) => {
            staff::add(&place, number, name, role).await?;
        }
        Command::Pair { place, name } => pair::run(&place, name).await?,
        Command::Import(ImportCommand::Catalog { place, file, map, skip_bad_rows }) => {
            return import::catalog(&place, &file, map, skip_bad_rows).await;
        }
        Command::Status { place } => status::run(&place).await?,
        Command::Verify { place } => return verify::run(&place).await,
        Command::CheckConfig { config } => {
            Config::load(config.as_deref())?;
            println!("the configuration can be used");
        }
        Command::Openapi => print!("{}", crate::openapi_json()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder itself when no hub serves from it.
fn idle(place: &Place) -> Result<Option<Console>, HubError> {
    let folder = place.folder();
    let lock = match folder.lock() {
        Ok(lock) => lock,
        Err(HubError::FolderInUse { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    if Identity::read(&folder)?.is_none_or(|identity| identity.store.is_none()) {
        return Err(HubError::NotProvisioned { path: place.data.clone() });
    }
    Console::open_locked(&folder, place.config()?.journal.segment_mib, lock).map(Some)
}

fn unexpected(told: Told) -> HubError {
    match told {
        Told::Refused { text } => HubError::Relayed { text },
        _ => HubError::Channel { source: "it answered something else than it was asked".into() },
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_contradict_nothing() {
        Cli::command().debug_assert();
    }
}
