//! The Debian packages that system tests drive as independent peers.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a suite asks of the machine.
#[derive(Debug, Clone, Copy)]
enum Needed {
    Program(&'static str),
    PythonModule(&'static str),
}

/// What the suites need, each with the Debian package that has it.
const NEEDED: [(Needed, &str); 6] = [
    (Needed::Program("mosquitto_pub"), "mosquitto-clients"),
    (Needed::Program("chromium"), "chromium"),
    (Needed::Program("socat"), "socat"),
    (Needed::Program("strace"), "strace"),
    (Needed::Program("python3"), "python3"),
    (Needed::PythonModule("cryptography"), "python3-cryptography"),
];

/// Installs what is missing where that is possible (root on Debian).
///
/// # Errors
/// Names every package that is still missing and the command that installs them.
pub fn ensure() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
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
        return Ok(());
    }
    let list = missing.join(" ");
    Err(format!(
        "HF-DEMO-006: packages that the tests need are missing: {list}\n\
         Install them (Debian: apt-get install --no-install-recommends {list}) and run this again."
    ))
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
