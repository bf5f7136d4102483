//! The Debian packages that system tests drive as independent peers.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// A program a suite needs and the Debian package that has it.
const NEEDED: [(&str, &str); 3] =
    [("mosquitto_pub", "mosquitto-clients"), ("chromium", "chromium"), ("socat", "socat")];

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
    NEEDED.iter().filter(|(program, _)| !on_path(program)).map(|(_, package)| *package).collect()
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
