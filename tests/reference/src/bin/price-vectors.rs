//! Writes the vectors of `tests/vectors`, or says which of them are no longer what the reference says.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use holdfast_price_reference::vectors;

/// Compares the vectors with what the reference says.
#[derive(Debug, Parser)]
struct Options {
    /// Write them.
    #[arg(long)]
    write: bool,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let mut stale = false;
    for (name, text) in vectors::files()? {
        let path = folder.join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|written| written == text) {
            continue;
        }
        if options.write {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&path, text)?;
            println!("wrote {name}");
        } else {
            stale = true;
            println!("{name} is not what the reference says");
        }
    }
    Ok(if stale { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
