//! The commands of the hub's program. Each talks to the hub that serves from the data folder, or opens the folder itself
//! when none does.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Read as _};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use holdfast_domain::staff::StaffNumber;
use holdfast_journal::{DiskStorage, VerifyReport};
use holdfast_protocol::chain_hash;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

use crate::admin::{self, Ask, StaffRole, Told};
use crate::clock::Machine;
use crate::config::{Config, Log};
use crate::console::Console;
use crate::error::HubError;
use crate::folder::DataFolder;
use crate::identity::Identity;
use crate::pairing::Pairing;
use crate::serve::{Settings, serve};
use crate::tls::{Authority, is_private, local_addresses};
use crate::{import, people, provision, standstill};

/// Bad rows that are printed; the rest is counted.
const BAD_ROWS_PRINTED_MAX: usize = 200;

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
            log_to_stderr("warn");
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
            return serve_until_told(&place, [mqtt, http, https], ready_file.as_deref()).await;
        }
        Command::Staff(StaffCommand::Add { place, number, name, role, pin_stdin: _ }) => {
            add_staff(&place, number, name, role).await?;
        }
        Command::Pair { place, name } => pair(&place, name).await?,
        Command::Import(ImportCommand::Catalog { place, file, map, skip_bad_rows }) => {
            return import_catalog(&place, &file, map, skip_bad_rows).await;
        }
        Command::Status { place } => status(&place).await?,
        Command::Verify { place } => return verify(&place).await,
        Command::CheckConfig { config } => {
            Config::load(config.as_deref())?;
            println!("the configuration can be used");
        }
        Command::Openapi => print!("{}", crate::openapi_json()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve_until_told(
    place: &Place,
    [mqtt, http, https]: [Option<SocketAddr>; 3],
    ready_file: Option<&Path>,
) -> Result<ExitCode, HubError> {
    let mut config = place.config()?;
    if let Some(mqtt) = mqtt {
        config.listen.mqtt = mqtt;
        if mqtt.port() == 0 {
            config.listen.https = mqtt;
        }
    }
    config.listen.http = http.unwrap_or(config.listen.http);
    config.listen.https = https.unwrap_or(config.listen.https);
    log(&config.log)?;
    // Asked for before the hub serves, so that no signal is lost in between.
    let listen = |kind| signal(kind).map_err(HubError::file("listen to signals of", "the system"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let serving = match serve(Settings { data: place.data.clone(), config: config.clone() }).await {
        Ok(serving) => serving,
        Err(error) if standstill::is_for(&error) => {
            let HubError::Journal(cause) = &error else { return Err(error) };
            let asked_to_end = async move {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            standstill::stand_still(&place.data, &config, cause, ready_file, asked_to_end).await?;
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    if let Some(path) = ready_file {
        serving.write_ready_file(path)?;
    }
    let code = tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        () = serving.gave_up() => {
            tracing::error!("the supervisors gave up; the hub stops so that it is started anew");
            ExitCode::FAILURE
        }
    };
    serving.shutdown().await;
    Ok(code)
}

fn filter_of(text: &str) -> Result<EnvFilter, HubError> {
    EnvFilter::try_new(text)
        .map_err(|error| HubError::ConfigValue { key: "log.filter", problem: error.to_string() })
}

fn log(settings: &Log) -> Result<(), HubError> {
    let builder = tracing_subscriber::fmt()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .with_env_filter(filter_of(&settings.filter)?);
    // Only a second call in one process fails, and then the first log stays.
    let _set = if settings.json { builder.json().try_init() } else { builder.try_init() };
    Ok(())
}

fn log_to_stderr(filter: &str) {
    let _set = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::new(filter))
        .try_init();
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

async fn add_staff(place: &Place, number: u32, name: String, role: StaffRole) -> Result<(), HubError> {
    let mut typed = Zeroizing::new(String::new());
    let read = std::io::stdin().take(1_024).read_to_string(&mut typed);
    read.map_err(HubError::file("read", "the standard input"))?;
    let pin = Zeroizing::new(typed.trim().to_owned());
    people::check_form(&pin)?;
    let label = admin::label("name", &name)?;
    match idle(place)? {
        Some(mut console) => {
            console.add_staff(StaffNumber(number), &label, role.into(), &pin)?;
            console.close()?;
        }
        None => match admin::ask(&place.folder(), &Ask::AddStaff { number, name, role, pin }, &[]).await? {
            Told::StaffAdded { .. } => {}
            other => return Err(unexpected(other)),
        },
    }
    println!("staff {number} {label}");
    Ok(())
}

async fn pair(place: &Place, name: String) -> Result<(), HubError> {
    let folder = place.folder();
    let label = admin::label("till's name", &name)?;
    let (code, fingerprint, https) = match idle(place)? {
        Some(console) => {
            let store = console.with_state(|state| state.store);
            let store = store.ok_or(HubError::NotProvisioned { path: place.data.clone() })?;
            let code = Pairing::open(folder.pairing())?.issue(&label, Machine.now_ms(), Machine.random())?;
            let authority = Authority::open(&folder, store, Machine.now_ms())?;
            console.close()?;
            (code, authority.fingerprint(), reachable(place.config()?.listen.https))
        }
        None => match admin::ask(&folder, &Ask::Pair { name }, &[]).await? {
            Told::Code { code, fingerprint, https } => (code, fingerprint, https),
            other => return Err(unexpected(other)),
        },
    };
    println!("pairing-code {code}");
    println!("ca-fingerprint {fingerprint}");
    println!("\nOn the till, within ten minutes:");
    println!(
        "  holdfast-terminal pair --data till --hub https://{https} --code {code} --ca-fingerprint {fingerprint}"
    );
    Ok(())
}

/// An address that a till can type: a listener on every address is reached by one of the machine's own.
pub(crate) fn reachable(listener: SocketAddr) -> String {
    if !listener.ip().is_unspecified() {
        return listener.to_string();
    }
    let own = local_addresses();
    let lan = own.iter().find(|ip| ip.is_ipv4() && is_private(**ip) && !ip.is_loopback());
    let ip = lan.copied().unwrap_or(IpAddr::from([127, 0, 0, 1]));
    SocketAddr::new(ip, listener.port()).to_string()
}

async fn import_catalog(
    place: &Place,
    file: &Path,
    map: Vec<String>,
    skip_bad_rows: bool,
) -> Result<ExitCode, HubError> {
    let name = file.display().to_string();
    let unreadable = |source: std::io::Error| {
        HubError::from(import::ImportError::Unreadable { name: name.clone(), source: source.into() })
    };
    if std::fs::metadata(file).map_err(unreadable)?.len() > import::FILE_BYTES_MAX {
        return Err(import::ImportError::TooLarge { limit: import::FILE_BYTES_MAX, unit: "bytes" }.into());
    }
    let bytes = std::fs::read(file).map_err(unreadable)?;
    let told = match idle(place)? {
        Some(mut console) => {
            let classes = console.with_state(admin::tax_classes);
            let (mut told, products) = admin::read_sheet(&name, &bytes, &map, &classes, skip_bad_rows)?;
            if let Some(products) = products {
                told.version = Some(console.activate(&products)?);
            }
            console.close()?;
            told
        }
        None => {
            let ask = Ask::ImportCatalog { name, bytes: bytes.len() as u64, map, skip_bad_rows };
            match admin::ask(&place.folder(), &ask, &bytes).await? {
                Told::Imported(told) => told,
                other => return Err(unexpected(other)),
            }
        }
    };
    for row in told.bad_rows.iter().take(BAD_ROWS_PRINTED_MAX) {
        eprintln!("{row}");
    }
    if let Some(more) = told.bad_rows.len().checked_sub(BAD_ROWS_PRINTED_MAX).filter(|more| *more > 0) {
        eprintln!("… and {more} more");
    }
    match (told.version, told.refusal) {
        (Some(version), _) => {
            println!(
                "catalog version {version}: {} products, {} faults in rows left out",
                told.products,
                told.bad_rows.len()
            );
            Ok(ExitCode::SUCCESS)
        }
        (None, refusal) => {
            eprintln!("{}", refusal.unwrap_or_default());
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn status(place: &Place) -> Result<(), HubError> {
    match idle(place)? {
        Some(console) => {
            let head = console.head().map_or(0, |head| head.seq);
            let totals = console.store().totals();
            let (name, tills, staff, catalog) = console.with_state(|state| {
                let name = state.profile.as_ref().map(|profile| profile.name.to_string());
                (name.unwrap_or_default(), state.tills.len(), state.staff.len(), state.catalog_version)
            });
            console.close()?;
            println!("{name}: no hub serves from {}", place.data.display());
            println!(
                "records {head}, transactions {}, tills {tills}, staff {staff}, catalog version {catalog}",
                totals.transactions
            );
        }
        None => match admin::ask(&place.folder(), &Ask::Status {}, &[]).await? {
            Told::Status(status) => {
                println!(
                    "{}",
                    serde_json::to_string_pretty(&status).expect("JSON that was read can be written")
                );
            }
            other => return Err(unexpected(other)),
        },
    }
    Ok(())
}

async fn verify(place: &Place) -> Result<ExitCode, HubError> {
    let folder = place.folder();
    let (text, intact) = match folder.lock() {
        Ok(_lock) => {
            if Identity::read(&folder)?.is_none() {
                return Err(HubError::NotProvisioned { path: place.data.clone() });
            }
            let report = holdfast_journal::verify(&DiskStorage::new(), &folder.journal(), chain_hash)?;
            (verdict(&report), report.is_intact())
        }
        Err(HubError::FolderInUse { .. }) => match admin::ask(&folder, &Ask::Verify {}, &[]).await? {
            Told::Verified { text, intact } => (text, intact),
            other => return Err(unexpected(other)),
        },
        Err(error) => return Err(error),
    };
    print!("{text}");
    Ok(if intact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A report of the journal's verification as a person reads it.
pub(crate) fn verdict(report: &VerifyReport) -> String {
    let mut text = String::new();
    for finding in report.findings.iter().chain(&report.ambiguous_tail) {
        writeln!(
            text,
            "{} at byte {}, record {}: {}",
            finding.path.display(),
            finding.offset,
            finding.seq,
            finding.what
        )
        .expect("a String takes all");
    }
    let head = report.head.map_or_else(
        || "no record".to_owned(),
        |head| format!("record {}, chain hash {}", head.seq, hex::encode(head.hash)),
    );
    let word = if report.is_intact() { "intact" } else { "NOT INTACT" };
    writeln!(
        text,
        "{word}: {} records in {} segments and {} epochs, complete up to {head}",
        report.records,
        report.segments,
        report.epochs.len()
    )
    .expect("a String takes all");
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_contradict_nothing_and_a_listener_on_every_address_is_reached_by_one() {
        Cli::command().debug_assert();
        assert_eq!(reachable("10.0.0.5:8443".parse().unwrap()), "10.0.0.5:8443");
        let any = reachable("0.0.0.0:8443".parse().unwrap());
        assert!(any.ends_with(":8443") && !any.starts_with("0.0.0.0"), "{any}");
    }
}
