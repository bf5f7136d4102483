//! `codegen`: writes the generated files anew. Tests hold each of them equal to its source.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::{edges, error_pages, workspace};

/// A kind of generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The golden file of dependency edges
    Edges,
    /// The index of error codes
    Errors,
    /// The OpenAPI documents, from the programs' own routes
    Openapi,
}

/// Writes the named parts, or all of them when none is named.
pub fn run(parts: &[Part]) -> Result<()> {
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    if wanted(Part::Edges) {
        let edges = edges::all()?;
        let against_the_rules = edges::violations(&edges);
        ensure!(against_the_rules.is_empty(), "{}", against_the_rules.join("\n"));
        workspace::write_generated(edges::GOLDEN, &edges::render(&edges))?;
    }
    if wanted(Part::Errors) {
        workspace::write_generated("docs/errors/README.md", &error_pages::index(&error_pages::pages()?))?;
    }
    if wanted(Part::Openapi) {
        openapi()?;
    }
    Ok(())
}

/// The tests that hold the documents write them when they are asked to.
fn openapi() -> Result<()> {
    let status = workspace::cargo()
        .args([
            "test",
            "--quiet",
            "-p",
            "holdfast-cloud",
            "-p",
            "xtask",
            "--locked",
            "--tests",
            "description_in_docs_is_true",
        ])
        .env("UPDATE_GOLDEN", "1")
        .stdout(Stdio::null())
        .status()
        .context("start cargo test")?;
    ensure!(status.success(), "the OpenAPI documents could not be written; cargo's message is above");
    println!("written    docs/openapi");
    Ok(())
}
