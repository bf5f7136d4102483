//! The program: reads the command line and hands over.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    holdfast_pan::mask_panics();
    let cli = holdfast_cloud::cli::Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(holdfast_cloud::cli::run(cli)),
        Err(error) => {
            eprintln!("HF-CLD-030: the operating system gives no threads: {error}");
            ExitCode::FAILURE
        }
    }
}
