//! The commands of the hub's program, each in its file. Each talks to the hub that serves from the data folder, or opens
//! the folder itself when none does.

mod backup;
mod export;
mod identity;
mod import;
mod pair;
mod recovery;
mod restore;
mod serving;
pub(crate) mod staff;
mod status;
mod subject;
mod tenders;
mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::admin::Told;
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
        /// The recovery code of the store: the hub before this one comes back with its certificates, staff and catalog, and
        /// the tills go on without being paired. `-` reads it from the standard input
        #[arg(long)]
        recovery_code: Option<String>,
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
    /// What the store takes: cash, cards, vouchers, and the rules of each
    #[command(subcommand)]
    Tenders(tenders::TendersCommand),
    /// Customers whose details the store keeps
    #[command(subcommand)]
    Subject(subject::SubjectCommand),
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
    /// Write one sealed file that a dead hub is restored from, also while the hub sells
    Backup {
        #[command(flatten)]
        place: Place,
        /// A folder, such as that of a USB stick, or the file's own name; nothing is overwritten
        #[arg(long)]
        to: PathBuf,
    },
    /// Make a data folder of a backup; it serves at once
    Restore {
        #[command(flatten)]
        place: Place,
        /// The backup
        #[arg(long)]
        from: PathBuf,
        /// The store's recovery code; `-` reads it from the standard input
        #[arg(long)]
        recovery_code: String,
    },
    /// The code that brings the store back
    #[command(subcommand)]
    Recovery(RecoveryCommand),
    /// Who this hub is to others, with the public key that an auditor verifies exports with
    Identity {
        #[command(flatten)]
        place: Place,
    },
    /// Write the journal into one file that an auditor can verify, also while the hub sells
    Export {
        #[command(flatten)]
        place: Place,
        /// The file, which must not be there yet
        #[arg(long)]
        to: PathBuf,
        /// The first record; the file then names the hash of the record before it
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        from_seq: u64,
    },
    /// Check every record of the journal or of an export. Exit code 0: intact, 1: not intact, 2: no verdict
    Verify(verify::Verify),
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
enum RecoveryCommand {
    /// Make another recovery code; the one before opens what was sealed before, and nothing else any more
    NewCode {
        #[command(flatten)]
        place: Place,
    },
    /// Take over the vault that HQ holds for the hub before this one
    Rejoin {
        #[command(flatten)]
        place: Place,
        /// The recovery code that the vault was sealed for; `-` reads it from the standard input
        #[arg(long)]
        recovery_code: String,
    },
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
        /// cashier, supervisor, manager, or the number of a role that the store defined
        #[arg(long, value_parser = staff::role)]
        role: holdfast_domain::staff::Role,
        /// Read the PIN (4 to 12 digits) from the standard input
        #[arg(long, required = true)]
        pin_stdin: bool,
    },
    /// Define a role of the store's own, or change what one means for everybody who has it
    Role {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        role: staff::TypedRole,
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
    /// Make a JSON file the price lists, promotions and in-store codes; the products stay
    Book {
        #[command(flatten)]
        place: Place,
        file: PathBuf,
    },
    /// Make a JSON file the store's taxes, by class and order tag, in place of the plain rates of its profile
    Taxes {
        #[command(flatten)]
        place: Place,
        file: PathBuf,
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
        Command::Provision { place, cloud, claim, name, tax, recovery_code } => {
            serving::log_to_stderr("warn");
            let recovery_code = recovery_code.map(recovery::typed_code).transpose()?;
            let recovery_code = recovery_code.map(|code| code.to_string());
            let request = provision::Request { cloud, claim, name, taxes: tax, recovery_code };
            let mut out = std::io::stdout();
            let done = provision::run(&place.folder(), &place.config()?, &request, &mut out).await?;
            println!("store {}", done.store);
            println!("ca-fingerprint {}", done.fingerprint);
            recovery::print_outcome(&done.recovery);
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
        Command::Staff(StaffCommand::Role { place, role }) => staff::define(&place, role).await?,
        Command::Tenders(command) => tenders::run(command).await?,
        Command::Subject(command) => subject::run(command).await?,
        Command::Pair { place, name } => pair::run(&place, name).await?,
        Command::Import(ImportCommand::Catalog { place, file, map, skip_bad_rows }) => {
            return import::catalog(&place, &file, map, skip_bad_rows).await;
        }
        Command::Import(ImportCommand::Book { place, file }) => import::book(&place, &file).await?,
        Command::Import(ImportCommand::Taxes { place, file }) => import::taxes(&place, &file).await?,
        Command::Status { place } => status::run(&place).await?,
        Command::Backup { place, to } => backup::run(&place, &to).await?,
        Command::Restore { place, from, recovery_code } => {
            serving::log_to_stderr("warn");
            restore::run(&place, from, recovery_code).await?;
        }
        Command::Recovery(RecoveryCommand::NewCode { place }) => recovery::new_code(&place).await?,
        Command::Recovery(RecoveryCommand::Rejoin { place, recovery_code }) => {
            recovery::rejoin(&place, recovery_code).await?;
        }
        Command::Identity { place } => identity::run(&place)?,
        Command::Export { place, to, from_seq } => export::run(&place, &to, from_seq).await?,
        Command::Verify(asked) => return Ok(verify::run(asked).await),
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
