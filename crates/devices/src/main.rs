//! `holdfast-devices`: each simulated device as a program of its own, for training, demonstrations and installers.
//!
//! Invariant: no rule of a device lives here; what it does is the library's, and this is its buttons.

mod command;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = command::run(command::Cli::parse()).await;
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
