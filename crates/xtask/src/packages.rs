//! The packages that tests drive as independent peers: of Debian, of Python's index and of npm's and Rust's registries.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::workspace;

/// What a suite asks of the machine.
#[derive(Debug, Clone, Copy)]
enum Needed {
    Program(&'static str),
    PythonModule(&'static str),
}

/// What the suites need, each with the Debian package that has it.
const NEEDED: [(Needed, &str); 10] = [
    (Needed::Program("mosquitto_pub"), "mosquitto-clients"),
    (Needed::Program("chromium"), "chromium"),
    (Needed::Program("certutil"), "libnss3-tools"),
    (Needed::Program("socat"), "socat"),
    (Needed::Program("strace"), "strace"),
    (Needed::Program("python3"), "python3"),
    (Needed::PythonModule("cryptography"), "python3-cryptography"),
    (Needed::PythonModule("ensurepip"), "python3-venv"),
    (Needed::Program("node"), "nodejs"),
    (Needed::Program("npm"), "npm"),
];

/// What is installed from the Python package index into a folder of its own, which no other program sees: another writer of
/// receipts, another scale, and books of payments.
const PEERS: [&str; 3] = ["python-escpos==3.1", "mt-sics-emulator==0.1.1", "localstripe==1.15.10"];
/// The same from npm's registry: books of payments that look at idempotency keys.
const NODE_PEERS: [&str; 1] = ["stripe-stateful-mock@0.0.16"];
/// A package of Rust's registry that has recorded conversations with ZVT terminals in it. None of it is built.
const CAPTURES: (&str, &str) = ("zvt", "0.1.0");
/// That folder, below the root. The tests of devices look for it there.
const PEERS_FOLDER: &str = "target/peers";

/// Installs what is missing where that is possible (root on Debian).
///
/// # Errors
/// Names every package that is still missing and the command that installs them.
pub fn ensure() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return peers();
    }
    let list = missing.join(" ");
    if is_root() && on_path("apt-get") {
        println!("installing {list}");
        apt_get(&["update", "-q"])?;
        let mut arguments = vec!["install", "-yq", "--no-install-recommends"];
        arguments.extend(missing);
        apt_get(&arguments)?;
    }
    let missing = self::missing();
    if missing.is_empty() {
        return peers();
    }
    let list = missing.join(" ");
    Err(format!(
        "HF-DEMO-006: packages that the tests need are missing: {list}\n\
         Install them (Debian: apt-get install --no-install-recommends {list}) and run this again."
    ))
}

/// Installs the peers, once for each list of them.
fn peers() -> Result<(), String> {
    let folder = workspace::root().join(PEERS_FOLDER);
    let captures = format!("{} {}", CAPTURES.0, CAPTURES.1);
    let list = [&PEERS[..], &NODE_PEERS, &[captures.as_str()]].concat().join("\n");
    let installed = folder.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == list) {
        return Ok(());
    }
    println!("installing {} into {PEERS_FOLDER}", list.replace('\n', " "));
    let folder_text = folder.display().to_string();
    install("python3", &["-m", "venv", "--clear", &folder_text])?;
    let own = folder.join("bin/python").display().to_string();
    let mut arguments = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    arguments.extend(PEERS);
    install(&own, &arguments)?;
    let mut arguments = vec!["install", "--prefix", &folder_text, "--no-audit", "--no-fund", "--silent"];
    // Nothing of a package runs while it is installed.
    arguments.push("--ignore-scripts");
    arguments.extend(NODE_PEERS);
    install("npm", &arguments)?;
    recorded(&folder).map_err(|error| format!("HF-DEMO-006: {error}"))?;
    fs::write(&installed, &list).map_err(|error| format!("HF-DEMO-006: {}: {error}", installed.display()))
}

/// Puts the recorded conversations beside the other peers, from where the registry's package has them.
fn recorded(folder: &Path) -> anyhow::Result<()> {
    let (name, version) = CAPTURES;
    let (package, captures) = (folder.join("recorded"), folder.join("captures"));
    fs::create_dir_all(package.join("src"))?;
    fs::create_dir_all(&captures)?;
    fs::write(package.join("src/lib.rs"), "")?;
    let manifest = package.join("Cargo.toml");
    let text = "[package]\nname = \"recorded\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n";
    fs::write(&manifest, format!("{text}{name} = \"={version}\"\n"))?;
    let metadata = workspace::cargo()
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .stderr(Stdio::inherit())
        .output()?;
    anyhow::ensure!(metadata.status.success(), "cargo does not find {name} {version} in its registry");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let found = packages.find(|package| package["name"] == name).and_then(|of| of["manifest_path"].as_str());
    let found = found.and_then(|manifest| Path::new(manifest).parent()).context("it has no folder")?;
    for entry in fs::read_dir(found.join("data"))? {
        let entry = entry?;
        fs::copy(entry.path(), captures.join(entry.file_name()))?;
    }
    Ok(())
}

fn install(program: &str, arguments: &[&str]) -> Result<(), String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "HF-DEMO-006: {program} {} failed: {}\nCheck the machine's network and its package index.",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("HF-DEMO-006: {program} cannot be started: {error}")),
    }
}

fn missing() -> Vec<&'static str> {
    NEEDED.iter().filter(|(needed, _)| !is_there(*needed)).map(|(_, package)| *package).collect()
}

fn is_there(needed: Needed) -> bool {
    match needed {
        Needed::Program(name) => on_path(name),
        Needed::PythonModule(name) => {
            let import = format!("import {name}");
            let tried = Command::new("python3").args(["-c", &import]).stderr(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        }
    }
}

/// Whether this process may install packages: Linux shows a process's folder in /proc as owned by its user.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|of| of.uid() == 0)
}

fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let outcome = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").output();
    match outcome {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "HF-DEMO-006: apt-get {} failed: {}\nCheck the machine's package sources and its network.",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("HF-DEMO-006: apt-get cannot be started: {error}")),
    }
}
