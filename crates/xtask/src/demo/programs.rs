//! The released programs: built once, found in the target folder.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// Builds every program of the workspace, with the same selection of packages as the tests.
pub fn build() -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--bins", "--locked"])
        .current_dir(workspace::root())
        .status()
        .context("start cargo build")?;
    ensure!(status.success(), "the programs do not build; the compiler's message is above");
    Ok(())
}

/// Where a built program lies.
pub fn path(program: &str) -> Result<PathBuf> {
    let target = workspace::packages()?.target_directory;
    Ok(target.join("debug").join(program).into())
}
