//! `tenders show` and `tenders set`: the list as JSON, so that what is shown can be changed and set again.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use holdfast_domain::command::HubCommand;
use holdfast_domain::state::State;
use holdfast_domain::tender::TenderType;
use holdfast_protocol::wire::Wired;

use super::{Place, idle, unexpected};
use crate::admin::{self, Ask, Told};
use crate::error::HubError;

/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 48 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum TendersCommand {
    /// Print the list in force
    Show {
        #[command(flatten)]
        place: Place,
    },
    /// Replace the list by a file that `show` wrote and somebody changed
    Set {
        #[command(flatten)]
        place: Place,
        /// The file, or `-` for the standard input
        file: PathBuf,
    },
}

pub(super) async fn run(command: TendersCommand) -> Result<(), HubError> {
    let types = match command {
        TendersCommand::Show { place } => match idle(&place)? {
            Some(console) => {
                let types = console.with_state(State::tender_types);
                console.close()?;
                types
            }
            None => asked(&place, &Ask::Tenders {}).await?,
        },
        TendersCommand::Set { place, file } => {
            let Wired(types) = read(&file)?;
            match idle(&place)? {
                Some(mut console) => {
                    console.record(&HubCommand::ConfigureTenders { types })?;
                    let types = console.with_state(State::tender_types);
                    console.close()?;
                    types
                }
                None => asked(&place, &Ask::SetTenders { types }).await?,
            }
        }
    };
    println!("{}", serde_json::to_string_pretty(&Wired(types)).expect("the list has a JSON form"));
    Ok(())
}

async fn asked(place: &Place, ask: &Ask) -> Result<Vec<TenderType>, HubError> {
    match admin::ask(&place.folder(), ask, &[]).await? {
        Told::Tenders { types } => Ok(types),
        other => Err(unexpected(other)),
    }
}

fn read(path: &Path) -> Result<Wired<Vec<TenderType>>, HubError> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().take(FILE_BYTES_MAX).read_to_string(&mut text),
        _ => std::fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text)),
    };
    read.map_err(HubError::file("read", path))?;
    serde_json::from_str(&text).map_err(|error| HubError::Request { problem: error.to_string() })
}
