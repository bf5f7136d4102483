//! Where things are: the root of the repository, its packages, and the files that people wrote.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

/// Folders that hold no hand-written files, wherever they are.
const NOT_OURS: [&str; 5] = ["target", ".git", "node_modules", "demo-data", "dist"];

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies two folders below the root").to_path_buf()
}

/// Cargo, as a person would call it at the root of the repository.
///
/// `cargo run` tells this program about itself through environment variables. Build scripts watch some of them, so that
/// handing them on would compile what they belong to again, here and at the person's next own call.
pub fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root());
    for (name, _) in env::vars_os() {
        let told = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_BIN_NAME"
        });
        if told {
            command.env_remove(name);
        }
    }
    command
}

/// The workspace's own packages, without their dependencies, so that no network is needed.
pub fn packages() -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--locked".to_owned()])
        .exec()
        .context("cargo metadata")
}

/// Every file below `folder` with one of the endings, sorted, as paths relative to the root of the repository.
pub fn files(folder: &str, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let root = root();
    let mut found = Vec::new();
    let mut waiting = vec![root.join(folder)];
    while let Some(next) = waiting.pop() {
        if !next.exists() {
            continue;
        }
        for entry in fs::read_dir(&next).with_context(|| format!("read {}", next.display()))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    waiting.push(entry.path());
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(entry.path().strip_prefix(&root).expect("below the root").to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The text of one file named relative to the root; what is not UTF-8 is replaced.
pub fn text(path: &Path) -> Result<String> {
    let bytes = fs::read(root().join(path)).with_context(|| format!("read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes a generated file named relative to the root and says so when it changed.
pub fn write_generated(path: &str, text: &str) -> Result<()> {
    let full = root().join(path);
    if fs::read_to_string(&full).is_ok_and(|old| old == text) {
        println!("unchanged  {path}");
        return Ok(());
    }
    if let Some(folder) = full.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&full, text).with_context(|| format!("write {path}"))?;
    println!("written    {path}");
    Ok(())
}
