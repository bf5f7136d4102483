//! `codegen`: writes the generated files anew. Tests hold each of them equal to its source.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::demo::programs;
use crate::{edges, error_pages, workspace};

/// The documents of the HTTP interfaces: program and file.
const OPENAPI: [(&str, &str); 2] =
    [("holdfast-hub", "docs/openapi/hub.json"), ("holdfast-cloud", "docs/openapi/cloud.json")];

/// A kind of generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The golden file of dependency edges
    Edges,
    /// The index of error codes
    Errors,
    /// The OpenAPI documents, printed by the programs themselves
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

fn openapi() -> Result<()> {
    programs::build()?;
    for (program, path) in OPENAPI {
        let output = Command::new(programs::path(program)?)
            .arg("openapi")
            .output()
            .with_context(|| format!("start {program}"))?;
        ensure!(
            output.status.success(),
            "`{program} openapi` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        workspace::write_generated(
            path,
            &String::from_utf8(output.stdout).context("the document is UTF-8")?,
        )?;
    }
    Ok(())
}
