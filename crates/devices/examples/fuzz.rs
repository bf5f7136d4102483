//! Hands inputs that nobody sends to one codec or to all, for as long as it is given: what `cargo xtask fuzz` runs.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use holdfast_devices::fuzz::{TARGETS, Target, target};
use holdfast_testkit::fuzz::{Run, Until, run};

#[derive(Debug, Parser)]
#[command(about = "Inputs that nobody sends, for the codecs of devices")]
struct Cli {
    /// One codec; every one when none is named
    target: Option<String>,
    /// How long in all, shared evenly
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// Where the inputs begin; the same number makes the same ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run this one input, such as a finding of before, and nothing else
    #[arg(long, requires = "target")]
    input: Option<std::path::PathBuf>,
    /// Where findings are kept
    #[arg(long, default_value = "target/fuzz")]
    findings: std::path::PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let targets: Vec<&Target> = match cli.target.as_deref() {
        None => TARGETS.iter().collect(),
        Some(name) => match target(name) {
            Some(target) => vec![target],
            None => {
                let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                eprintln!("error: `{name}` is none of {}", names.join(", "));
                return ExitCode::FAILURE;
            }
        },
    };
    if let (Some(path), [target]) = (&cli.input, targets.as_slice()) {
        return match std::fs::read(path) {
            Ok(input) => {
                (target.run)(&input);
                println!("{} takes it", target.name);
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("error: {}: {error}", path.display());
                ExitCode::FAILURE
            }
        };
    }
    let each = Duration::from_secs(cli.minutes * 60) / u32::try_from(targets.len()).unwrap_or(u32::MAX);
    println!("{:16} {:>12} {:>10}  findings", "codec", "inputs", "inputs/s");
    let mut found = 0;
    for target in targets {
        let run = run(target.run, &(target.seeds)(), cli.seed, Until::Time(each));
        println!(
            "{:16} {:>12} {:>10}  {}",
            target.name,
            run.inputs,
            run.inputs_per_second(),
            run.findings.len()
        );
        found += run.findings.len();
        if let Err(error) = keep(target, &run, &cli.findings) {
            eprintln!("error: the findings cannot be kept: {error}");
            return ExitCode::FAILURE;
        }
    }
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Writes each finding into a file of its own and says how to see it again.
fn keep(target: &Target, run: &Run, folder: &Path) -> std::io::Result<()> {
    for (number, finding) in run.findings.iter().enumerate() {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}-{number}", target.name));
        std::fs::write(&path, &finding.input)?;
        println!("  {}", finding.says);
        println!("  again: cargo xtask fuzz {} --input {}", target.name, path.display());
    }
    Ok(())
}
