//! What is looked at before a hub is provisioned: each check says what it found and, when it is not good, what to do.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::clock::Machine;
use crate::cloud::{Cloud, Contact};
use crate::config::Config;
use crate::error::HubError;
use crate::folder::DataFolder;

/// The clock may be this far from the cloud's.
const CLOCK_OFF_MS_MAX: i64 = 5 * 60 * 1_000;
/// A person hears of a difference above this.
const CLOCK_OFF_MS_NOTED: i64 = 10 * 1_000;
const SYNCS: usize = 20;
/// A sale waits for one sync: slower than this is no disk for a hub.
const SYNC_MAX: Duration = Duration::from_millis(500);
const SYNC_NOTED: Duration = Duration::from_millis(50);
/// Two journal segments of the default size and the state need less.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// Years of journal.
const FREE_BYTES_NOTED: u64 = 8 << 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Good,
    /// It works; a person should know.
    Noted,
    Failed,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub finding: Finding,
    pub found: String,
    /// What to do, when it is not good.
    pub to_do: &'static str,
}

impl Check {
    fn new(name: &'static str, finding: Finding, found: String, to_do: &'static str) -> Self {
        Self { name, finding, found, to_do }
    }

    fn print(&self, out: &mut (dyn Write + Send)) {
        let word = match self.finding {
            Finding::Good => "ok",
            Finding::Noted => "warning",
            Finding::Failed => "failed",
        };
        // A terminal that went away must not stop what is under way.
        let _gone = writeln!(out, "{:<13} {word:<8} {}", self.name, self.found);
        if self.finding != Finding::Good {
            let _gone = writeln!(out, "{:<13} {:<8} what to do: {}", "", "", self.to_do);
        }
    }
}

/// Makes every check, prints each, and says how many failed.
pub async fn run(folder: &DataFolder, config: &Config, cloud: &Cloud, out: &mut (dyn Write + Send)) -> usize {
    let contact = cloud.contact().await;
    let checks = [
        clock(contact.as_ref().ok()),
        disk_sync(folder.root()),
        free_disk(folder.root()),
        ports(config),
        reached(&contact),
        tls(&contact),
    ];
    checks.iter().for_each(|check| check.print(out));
    checks.iter().filter(|check| check.finding == Finding::Failed).count()
}

fn clock(contact: Option<&Contact>) -> Check {
    let to_do = "set the machine's clock, for example with `timedatectl set-ntp true`";
    let make = |finding, found| Check::new("clock", finding, found, to_do);
    if !Machine.is_plausible() {
        return make(Finding::Failed, "HF-HUB-030 it shows a time before this software was made".to_owned());
    }
    let Some(cloud_ms) = contact.and_then(|contact| contact.date_ms) else {
        return make(
            Finding::Noted,
            "plausible, but not compared: the cloud did not say its time".to_owned(),
        );
    };
    let off_ms = Machine.now_ms() - cloud_ms;
    // The cloud says its time to the second.
    let found = format!("{} s from the cloud's", off_ms / 1_000);
    match off_ms.abs() {
        0..=CLOCK_OFF_MS_NOTED => make(Finding::Good, found),
        off if off <= CLOCK_OFF_MS_MAX => make(Finding::Noted, found),
        _ => make(Finding::Failed, format!("HF-HUB-030 {found}")),
    }
}

fn disk_sync(folder: &Path) -> Check {
    let to_do = "use a local SSD; a network folder, a memory card or a failing disk makes every sale wait";
    match measure_syncs(folder) {
        Err(error) => {
            Check::new("disk sync", Finding::Failed, format!("HF-HUB-003 it failed: {error}"), to_do)
        }
        Ok((median, worst)) => {
            let finding = match median {
                m if m > SYNC_MAX => Finding::Failed,
                m if m > SYNC_NOTED => Finding::Noted,
                _ => Finding::Good,
            };
            let ms = |time: Duration| format!("{}.{:02} ms", time.as_millis(), time.as_micros() % 1_000 / 10);
            Check::new(
                "disk sync",
                finding,
                format!("{} median, {} worst of {SYNCS}", ms(median), ms(worst)),
                to_do,
            )
        }
    }
}

fn measure_syncs(folder: &Path) -> std::io::Result<(Duration, Duration)> {
    let path = folder.join("sync.probe");
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    let block = [0x5a; 4_096];
    let mut times = Vec::with_capacity(SYNCS);
    let outcome = (0..SYNCS).try_for_each(|_| {
        let started = Instant::now();
        file.write_all_at(&block, 0)?;
        file.sync_data()?;
        times.push(started.elapsed());
        Ok(())
    });
    std::fs::remove_file(&path)?;
    outcome.map(|()| {
        times.sort_unstable();
        (times[SYNCS / 2], times[SYNCS - 1])
    })
}

fn free_disk(folder: &Path) -> Check {
    let to_do = "free space or move the data folder to a larger disk; nothing of the journal is ever deleted";
    match nix::sys::statvfs::statvfs(folder) {
        Err(error) => {
            Check::new("free disk", Finding::Failed, format!("HF-HUB-003 it cannot be read: {error}"), to_do)
        }
        Ok(found) => {
            let free = found.blocks_available() * found.fragment_size();
            let finding = match free {
                f if f < FREE_BYTES_MIN => Finding::Failed,
                f if f < FREE_BYTES_NOTED => Finding::Noted,
                _ => Finding::Good,
            };
            Check::new(
                "free disk",
                finding,
                format!("{}.{} GiB", free >> 30, (free >> 20) % 1_024 * 10 / 1_024),
                to_do,
            )
        }
    }
}

/// A taken port is no reason to stop: the hub may be told other ones when it serves.
fn ports(config: &Config) -> Check {
    let to_do =
        "stop the other program, or name other ports in the configuration or with --mqtt, --https and --http";
    let wanted = [config.listen.mqtt, config.listen.https, config.listen.http];
    let taken: Vec<String> = wanted
        .into_iter()
        .filter_map(|address: SocketAddr| {
            TcpListener::bind(address).err().map(|error| format!("{address}: {error}"))
        })
        .collect();
    if taken.is_empty() {
        let names = wanted.map(|address| address.to_string()).join(", ");
        Check::new("ports", Finding::Good, format!("{names} are free"), to_do)
    } else {
        Check::new("ports", Finding::Noted, taken.join("; "), to_do)
    }
}

fn reached(contact: &Result<Contact, HubError>) -> Check {
    let to_do = "check the address, the network cable, the firewall and whether the cloud runs";
    match contact {
        Ok(_) => Check::new("cloud", Finding::Good, "it answers".to_owned(), to_do),
        Err(error) => Check::new("cloud", Finding::Failed, error.chain(), to_do),
    }
}

fn tls(contact: &Result<Contact, HubError>) -> Check {
    let to_do = "make the cloud reachable by https with a certificate that this machine trusts";
    match contact {
        Ok(Contact { tls: true, .. }) => {
            Check::new("TLS", Finding::Good, "the cloud's certificate is trusted".to_owned(), to_do)
        }
        Ok(_) => {
            Check::new("TLS", Finding::Good, "not needed: the cloud is on this machine".to_owned(), to_do)
        }
        Err(_) => {
            Check::new("TLS", Finding::Failed, "not tried: the cloud was not reached".to_owned(), to_do)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_and_a_wrong_one_fails() {
        let at = |off_ms: i64| Contact { date_ms: Some(Machine.now_ms() - off_ms), tls: true };
        for (off_ms, finding) in [(0, Finding::Good), (60_000, Finding::Noted), (-3_600_000, Finding::Failed)]
        {
            assert_eq!(clock(Some(&at(off_ms))).finding, finding, "{off_ms}");
        }
        assert_eq!(clock(None).finding, Finding::Noted);
    }

    #[test]
    fn the_disk_is_really_written_and_a_taken_port_is_named() {
        let place = tempfile::tempdir().unwrap();
        assert_ne!(disk_sync(place.path()).finding, Finding::Failed);
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "nothing is left behind");
        assert_eq!(disk_sync(&place.path().join("missing")).finding, Finding::Failed);
        assert!(free_disk(place.path()).found.ends_with("GiB"));
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut config = Config::on_free_ports();
        config.listen.mqtt = taken.local_addr().unwrap();
        let check = ports(&config);
        assert_eq!(check.finding, Finding::Noted);
        assert!(check.found.contains(&taken.local_addr().unwrap().to_string()));
    }
}
