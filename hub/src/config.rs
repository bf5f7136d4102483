//! Settings: compiled-in defaults, then a file, then the environment. Unknown keys and impossible values refuse to start,
//! before a socket is opened or a file is written.

mod counter;
mod payments;
mod printers;
mod receipt;

use std::net::SocketAddr;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use serde::Deserialize;

use crate::error::HubError;
use crate::tls::{PublicFiles, check_public};

pub use counter::{SIMULATED, Scale, Scanner};
pub use payments::{Adyen, Host, Make, OfflinePayments, Payment, PaymentAddress, Pix, Stripe, World};
pub use printers::{Drawer, Printer};
pub use receipt::Receipt;

/// The defaults, which are also the documentation.
pub const DEFAULTS: &str = include_str!("../../config/hub.toml");
/// The largest of the disk's levels, in MiB.
const DISK_MIB_MAX: u64 = 1_048_576;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub listen: Listen,
    pub gate: GateSettings,
    pub http: Http,
    pub till_app: TillApp,
    pub journal: Journal,
    pub disk: Disk,
    pub certificate: Certificate,
    pub backup: Backup,
    pub printers: Vec<Printer>,
    pub receipt: Receipt,
    pub payments: Vec<Payment>,
    pub offline_payments: OfflinePayments,
    pub scanners: Vec<Scanner>,
    pub scales: Vec<Scale>,
    pub log: Log,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    pub mqtt: SocketAddr,
    pub https: SocketAddr,
    pub http: SocketAddr,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateSettings {
    pub tills_max: usize,
    pub origins: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub connections_max: usize,
    pub session_hours: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TillApp {
    /// Empty for the folder `till-app` beside the program.
    pub folder: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    pub segment_mib: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    pub warn_mib: u64,
    pub refuse_mib: u64,
    pub ballast_mib: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    pub days: u32,
    pub renew_before_days: u32,
    /// The file of a certificate that browsers trust by themselves, with those above it; empty for none.
    pub public_chain: String,
    /// The file of its key.
    pub public_key: String,
}

impl Certificate {
    pub fn public(&self) -> Option<PublicFiles> {
        let files =
            PublicFiles { chain: self.public_chain.clone().into(), key: self.public_key.clone().into() };
        (!self.public_chain.is_empty() || !self.public_key.is_empty()).then_some(files)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub warn_after_days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub json: bool,
}

impl Config {
    /// Defaults, `file` when given, then `HOLDFAST_HUB_…` from the environment.
    ///
    /// # Errors
    /// HF-HUB-001 when a key is unknown or has another form, HF-HUB-002 when a value is impossible.
    pub fn load(file: Option<&Path>) -> Result<Self, HubError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        Self::checked(figment.merge(Env::prefixed("HOLDFAST_HUB_").split("__")))
    }

    /// The defaults with free loopback ports, as tests and demos start a hub.
    pub fn on_free_ports() -> Self {
        let mut config =
            Self::checked(Figment::from(Toml::string(DEFAULTS))).expect("the compiled-in defaults are valid");
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        config.listen = Listen { mqtt: free, https: free, http: free };
        config
    }

    fn checked(figment: Figment) -> Result<Self, HubError> {
        let config: Self = figment.extract().map_err(|error| HubError::Config(Box::new(error)))?;
        config.validate()?;
        Ok(config)
    }

    /// Checks every value again, after command line options have replaced some.
    ///
    /// # Errors
    /// HF-HUB-002 with the key and what is wrong with its value.
    pub fn validate(&self) -> Result<(), HubError> {
        let refuse = |key, problem: String| Err(HubError::ConfigValue { key, problem });
        if !self.listen.http.ip().is_loopback() {
            return refuse(
                "listen.http",
                format!("{} is no loopback address; plain HTTP never leaves the machine", self.listen.http),
            );
        }
        for (key, value, least, most) in [
            ("gate.tills_max", self.gate.tills_max as u64, 1, 10_000),
            ("http.connections_max", self.http.connections_max as u64, 8, 10_000),
            ("http.session_hours", self.http.session_hours.into(), 1, 24 * 7),
            ("journal.segment_mib", self.journal.segment_mib, 16, 1_024),
            ("disk.warn_mib", self.disk.warn_mib, 1, DISK_MIB_MAX),
            ("disk.refuse_mib", self.disk.refuse_mib, 1, DISK_MIB_MAX),
            ("disk.ballast_mib", self.disk.ballast_mib, 0, DISK_MIB_MAX),
            ("certificate.days", self.certificate.days.into(), 2, 397),
            ("backup.warn_after_days", self.backup.warn_after_days.into(), 1, 365),
        ] {
            if !(least..=most).contains(&value) {
                return refuse(key, format!("{value} is not between {least} and {most}"));
            }
        }
        if self.disk.warn_mib < self.disk.refuse_mib {
            return refuse("disk.warn_mib", "it must not be less than disk.refuse_mib".into());
        }
        if self.certificate.renew_before_days == 0
            || self.certificate.renew_before_days >= self.certificate.days
        {
            return refuse(
                "certificate.renew_before_days",
                "it must be at least 1 and less than certificate.days".into(),
            );
        }
        if let Some(origin) = self.gate.origins.iter().find(|origin| !is_origin(origin)) {
            return refuse("gate.origins", format!("`{origin}` is not like https://tablet.shop.example"));
        }
        self.receipt.template()?;
        let app = &self.till_app.folder;
        if !app.is_empty() && crate::http::till_app_folder(app).is_none() {
            return refuse(
                "till_app.folder",
                format!("there is no index.html in `{app}`; build it with cargo xtask web"),
            );
        }
        for (key, checked) in [
            ("printers", printers::check(&self.printers)),
            ("certificate.public_chain", self.certificate.public().as_ref().map_or(Ok(()), check_public)),
            ("offline_payments", self.offline_payments.check()),
            ("payments", payments::check(&self.payments)),
            ("scanners", counter::check_scanners(&self.scanners)),
            ("scales", counter::check_scales(&self.scales)),
        ] {
            checked.map_err(|problem| HubError::ConfigValue { key, problem })?;
        }
        Ok(())
    }
}

fn is_origin(text: &str) -> bool {
    text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).is_some_and(|host| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Result<Config, HubError> {
        Config::checked(Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(text)))
    }

    #[test]
    fn the_defaults_are_valid_and_plain_http_stays_on_the_machine() {
        let config = from("").unwrap();
        assert!(config.listen.http.ip().is_loopback());
        assert_eq!(config.printers[0].address, "simulated");
        let one =
            from("[[printers]]\nname = \"till-1\"\naddress = \"tcp://10.0.0.9\"\npaper_mm = 58").unwrap();
        assert_eq!(one.printers.len(), 1, "a list replaces the list before it");
    }

    #[test]
    fn unknown_keys_and_impossible_values_are_named() {
        for (text, code, names) in [
            ("[listen]\nmqt = \"1.2.3.4:1\"", "HF-HUB-001", "mqt"),
            ("colour = 1", "HF-HUB-001", "colour"),
            ("[listen]\nmqtt = \"nowhere\"", "HF-HUB-001", "listen.mqtt"),
            ("[listen]\nhttp = \"0.0.0.0:8481\"", "HF-HUB-002", "listen.http"),
            ("[gate]\ntills_max = 0", "HF-HUB-002", "gate.tills_max"),
            ("[gate]\norigins = [\"evil\"]", "HF-HUB-002", "gate.origins"),
            ("[till_app]\nfolder = \"/nowhere\"", "HF-HUB-002", "till_app.folder"),
            ("[journal]\nsegment_mib = 4096", "HF-HUB-002", "journal.segment_mib"),
            ("[disk]\nwarn_mib = 512", "HF-HUB-002", "disk.warn_mib"),
            ("[disk]\nrefuse_mib = 0", "HF-HUB-002", "disk.refuse_mib"),
            ("[certificate]\npublic_chain = \"/nowhere.pem\"", "HF-HUB-002", "/nowhere.pem"),
            ("[certificate]\nrenew_before_days = 90", "HF-HUB-002", "certificate.renew_before_days"),
            (
                "[[printers]]\nname = \"A b\"\naddress = \"simulated\"\npaper_mm = 80",
                "HF-HUB-002",
                "printers",
            ),
            ("[[printers]]\nname = \"a\"\naddress = \"usb\"\npaper_mm = 80", "HF-HUB-002", "HF-DEV-001"),
            ("[[printers]]\nname = \"a\"\naddress = \"simulated\"\npaper_mm = 40", "HF-HUB-002", "40 mm"),
            ("[receipt]\nlanguage = \"fr\"", "HF-HUB-002", "receipt.language"),
            ("[receipt]\nlogo = \"/nowhere.png\"", "HF-HUB-002", "receipt.logo"),
            ("[receipt]\nwidth = 80", "HF-HUB-001", "width"),
            (
                "[[printers]]\nname = \"a\"\naddress = \"simulated\"\npaper_mm = 80\nfails_over_to = \"a\"",
                "HF-HUB-002",
                "itself",
            ),
            (
                "[[printers]]\nname = \"a\"\naddress = \"simulated\"\npaper_mm = 80\nfails_over_to = \"b\"",
                "HF-HUB-002",
                "no such printer",
            ),
            (
                "[[printers]]\nname = \"a\"\naddress = \"simulated\"\npaper_mm = 80\ndrawer = { on_ms = 600 }",
                "HF-HUB-002",
                "HF-DEV-007",
            ),
            (
                "[[printers]]\nname = \"a\"\naddress = \"simulated\"\npaper_mm = 80\ndrawer = { pin = 3 }",
                "HF-HUB-002",
                "pin 3",
            ),
            (
                "[[printers]]\nname = \"a\"\naddress = \"simulated\"\npaper_mm = 80\ndrawer = { sensor = \"x\" }",
                "HF-HUB-001",
                "open-is-high",
            ),
            (
                "[[printers]]\nname = \"a\"\naddress = \"simulated\"\npaper_mm = 80\ntills = [1, 1]",
                "HF-HUB-002",
                "till 1 is there twice",
            ),
            (
                "[[payments]]\nname = \"a\"\naddress = \"usb\"\ntender = \"terminal\"",
                "HF-HUB-002",
                "no address of a payment device",
            ),
            (
                "[[payments]]\nname = \"a\"\naddress = \"simulated\"\ntender = \"terminal\"\npassword = \"12\"",
                "HF-HUB-002",
                "payments",
            ),
            ("[offline_payments]\nfloor = \"much\"", "HF-HUB-002", "offline_payments"),
            ("[offline_payments]\nvelocity = 501", "HF-HUB-002", "more than 500"),
            ("[[scanners]]\nname = \"a\"\naddress = \"usb\"\ntill = 1", "HF-HUB-002", "HF-DEV-050"),
            ("[[scanners]]\nname = \"a\"\naddress = \"simulated\"", "HF-HUB-001", "till"),
            ("[[scanners]]\nname = \"a\"\naddress = \"simulated\"\ntill = 0", "HF-HUB-002", "from 1"),
            ("[[scanners]]\nname = \"A b\"\naddress = \"simulated\"\ntill = 1", "HF-HUB-002", "scanners"),
            ("[[scales]]\nname = \"a\"\naddress = \"usb\"\ntills = [1]", "HF-HUB-002", "HF-DEV-055"),
            ("[[scales]]\nname = \"a\"\naddress = \"simulated\"\ntills = []", "HF-HUB-002", "1 to 16 tills"),
            ("[[scales]]\nname = \"a\"\naddress = \"simulated\"\ntills = [1, 1]", "HF-HUB-002", "twice"),
            (
                "[[scales]]\nname = \"a\"\naddress = \"simulated\"\ntills = [1]\nunit = 1",
                "HF-HUB-001",
                "unit",
            ),
            (
                "[[scales]]\nname = \"a\"\naddress = \"sics-tcp://h:1\"\ntills = [1]\n\
                 [[scales]]\nname = \"b\"\naddress = \"sics-tcp://h:1\"\ntills = [2]",
                "HF-HUB-002",
                "the address sics-tcp://h:1 is there twice",
            ),
        ] {
            let error = from(text).unwrap_err().chain();
            assert!(error.starts_with(code) && error.contains(names), "{text}: {error}");
        }
    }
}
