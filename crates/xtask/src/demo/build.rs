//! The programs that the demo shows are built first.

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// Builds every program of the workspace, with the same selection of packages as the tests.
pub fn programs() -> Result<()> {
    let status = workspace::cargo()
        .args(["build", "--workspace", "--bins", "--locked"])
        .status()
        .context("start cargo build")?;
    ensure!(status.success(), "the programs do not build; the compiler's message is above");
    Ok(())
}
