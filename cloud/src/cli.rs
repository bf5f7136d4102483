//! `holdfast-cloud`: serve, and what an operator does beside it. What scripts need is printed to standard output, one
//! `word value` a line; everything else goes to standard error.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use nix::sys::termios;
use uuid::Uuid;

use crate::admin::{self, Claim, NewStore};
use crate::app::now_ms;
use crate::config::Config;
use crate::error::CloudError;
use crate::store::{CloudStore, Scope};

/// The cloud of Holdfast: takes in what stores sell and shows it to HQ.
#[derive(Debug, Parser)]
#[command(name = "holdfast-cloud", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve hubs and browsers until interrupted
    Serve {
        /// A file with settings; config/cloud.toml lists all of them
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The data folder
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Where to listen; port 0 takes a free one
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
    /// Stores and their claim codes
    #[command(subcommand)]
    Store(StoreCommand),
    /// People who may sign in
    #[command(subcommand)]
    User(UserCommand),
    /// Compute all figures again from the journals and compare
    Verify {
        #[command(flatten)]
        data: DataArgs,
        /// One store only
        #[arg(long, value_name = "ID")]
        store: Option<Uuid>,
    },
    /// Read the settings, say what is wrong, start nothing
    CheckConfig {
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct DataArgs {
    /// The data folder; the settings' one when absent
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A file with settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Add a store; prints its id and a single-use claim code for its hub
    Add {
        #[command(flatten)]
        data: DataArgs,
        #[arg(long)]
        name: String,
        /// ISO 4217, such as EUR
        #[arg(long)]
        currency: String,
        /// IANA name, such as Europe/Vienna
        #[arg(long)]
        timezone: String,
        /// When the business day changes, such as 04:00
        #[arg(long, default_value = "04:00")]
        cutover: String,
        #[arg(long, value_name = "true|false", action = clap::ArgAction::Set)]
        prices_include_tax: bool,
        #[arg(long)]
        legal_name: String,
        #[arg(long)]
        address: String,
        #[arg(long)]
        tax_id: String,
    },
    /// Make a new claim code for a store: for a hub that replaces another, or when the first code expired
    Claim {
        #[command(flatten)]
        data: DataArgs,
        #[arg(long, value_name = "ID")]
        store: Uuid,
    },
    /// List all stores: id and name
    List {
        #[command(flatten)]
        data: DataArgs,
    },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a person; asks for the password
    Add {
        #[command(flatten)]
        data: DataArgs,
        #[arg(long)]
        name: String,
        /// `all`, or ids of stores with commas between
        #[arg(long, value_parser = parse_scope)]
        stores: Scope,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    if text == "all" {
        return Ok(Scope::All);
    }
    let ids = text.split(',').map(|id| Uuid::try_parse(id.trim()));
    ids.collect::<Result<BTreeSet<_>, _>>()
        .map(Scope::Stores)
        .map_err(|_| "write `all`, or ids of stores with commas between".to_owned())
}

/// Carries out a command line.
pub async fn run(cli: Cli) -> ExitCode {
    match carry_out(cli.command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(command: Command) -> Result<ExitCode, CloudError> {
    match command {
        Command::Serve { config, data, listen } => {
            let mut config = Config::load(config.as_deref())?;
            config.data = data.unwrap_or(config.data);
            config.listen = listen.unwrap_or(config.listen);
            serve_until_stopped(config).await
        }
        Command::Store(command) => store(command).await,
        Command::User(UserCommand::Add { data, name, stores, password_stdin }) => {
            let db = open(&data).await?.0;
            let password = read_password(password_stdin)?;
            let user = admin::add_user(&db, &name, &password, &stores, now_ms()).await?;
            print_lines(&[("user", user.to_string()), ("name", name)]);
            db.close().await;
            Ok(ExitCode::SUCCESS)
        }
        Command::Verify { data, store } => verify(&data, store).await,
        Command::CheckConfig { config } => {
            let config = Config::load(config.as_deref())?;
            print_lines(&[
                ("config", "ok".to_owned()),
                ("listen", config.listen.to_string()),
                ("data", config.data.display().to_string()),
            ]);
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn store(command: StoreCommand) -> Result<ExitCode, CloudError> {
    match command {
        StoreCommand::Add {
            data,
            name,
            currency,
            timezone,
            cutover,
            prices_include_tax,
            legal_name,
            address,
            tax_id,
        } => {
            let (db, config) = open(&data).await?;
            let new = NewStore {
                name,
                currency,
                time_zone: timezone,
                cut_over: cutover,
                prices_include_tax,
                legal_name,
                address,
                tax_id,
            };
            print_claim(&admin::add_store(&db, &new, config.enrol.claim_hours, now_ms()).await?);
            db.close().await;
        }
        StoreCommand::Claim { data, store } => {
            let (db, config) = open(&data).await?;
            print_claim(&admin::claim_store(&db, store, config.enrol.claim_hours, now_ms()).await?);
            db.close().await;
        }
        StoreCommand::List { data } => {
            let db = open(&data).await?.0;
            for store in db.stores(&Scope::All).await? {
                println!("{} {}", store.store, store.name);
            }
            db.close().await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(data: &DataArgs, store: Option<Uuid>) -> Result<ExitCode, CloudError> {
    let db = open(data).await?.0;
    let mut good = true;
    for (store, verified) in admin::verify_stores(&db, store).await? {
        good &= verified.differences.is_empty();
        println!(
            "verified {} records {} figures {} heads {} differences {}",
            store.store,
            verified.records,
            verified.figures,
            verified.heads,
            verified.differences.len()
        );
        for difference in &verified.differences {
            eprintln!("HF-CLD-040: {difference}");
        }
    }
    db.close().await;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn open(data: &DataArgs) -> Result<(crate::store::sqlite::SqliteStore, Config), CloudError> {
    let config = Config::load(data.config.as_deref())?;
    let folder: &Path = data.data.as_deref().unwrap_or(&config.data);
    Ok((admin::open(folder).await?, config))
}

fn print_claim(claim: &Claim) {
    let expires = jiff::Timestamp::from_millisecond(claim.expires_at_ms).unwrap_or(jiff::Timestamp::MAX);
    print_lines(&[
        ("store", claim.store.to_string()),
        ("claim", claim.code.clone()),
        ("expires", expires.to_string()),
    ]);
}

fn print_lines(lines: &[(&str, String)]) {
    for (word, value) in lines {
        println!("{word} {value}");
    }
}

fn read_password(from_stdin: bool) -> Result<String, CloudError> {
    let stdin = std::io::stdin();
    let unreadable = |cause: String| CloudError::User {
        problem: format!("the password cannot be read from standard input: {cause}"),
    };
    let mut line = String::new();
    if from_stdin || !stdin.is_terminal() {
        stdin.lock().read_line(&mut line).map_err(|error| unreadable(error.to_string()))?;
    } else {
        eprint!("Password: ");
        // A prompt that cannot be written does not stop the password from being read.
        let _ = std::io::stderr().flush();
        let shown = termios::tcgetattr(&stdin).map_err(|error| unreadable(error.to_string()))?;
        let mut hidden = shown.clone();
        hidden.local_flags.remove(termios::LocalFlags::ECHO);
        termios::tcsetattr(&stdin, termios::SetArg::TCSANOW, &hidden)
            .map_err(|error| unreadable(error.to_string()))?;
        let read = stdin.lock().read_line(&mut line);
        termios::tcsetattr(&stdin, termios::SetArg::TCSANOW, &shown)
            .map_err(|error| unreadable(error.to_string()))?;
        eprintln!();
        read.map_err(|error| unreadable(error.to_string()))?;
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn serve_until_stopped(config: Config) -> Result<ExitCode, CloudError> {
    start_log(&config)?;
    let running = crate::serve(config).await?;
    println!("listening {}", running.url());
    // A script that reads the line closes the pipe or not; serving goes on.
    let _ = std::io::stdout().flush();
    stop_asked().await;
    eprintln!("stopping");
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

fn start_log(config: &Config) -> Result<(), CloudError> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.filter)
        .map_err(|error| CloudError::ConfigValue { key: "log.filter", problem: error.to_string() })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| holdfast_pan::Masked(std::io::stderr()));
    if config.log.json {
        log.json().init()
    } else {
        log.init()
    }
    Ok(())
}

/// Waits for an interrupt or, from a service manager, a termination.
async fn stop_asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).expect("the runtime handles signals");
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
