//! What takes money electronically in a store of the demo: simulated devices as programs of their own, reached as real ones
//! are, each with a book of its own that the check holds against the hub's.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use holdfast_testkit::books::decimal;
use holdfast_testkit::device::{Device, net_minor};
use holdfast_testkit::http::Server;
use holdfast_testkit::programs::Programs;
use serde_json::Value;

use super::shop::{Plan, STAFF};

/// A passphrase as long as the gateway asks for.
const PASSPHRASE: &str = "a passphrase of the demo";
/// A customer of the demo takes no longer than it needs to be seen.
const THINKS: &str = "300";
/// The baud rate of a terminal on a serial line.
const BAUD: &str = "9600";

/// How a store of the demo takes money.
#[derive(Debug, Clone, Copy)]
pub enum Means {
    /// ZVT over TCP at the first till, over a serial line at the second, an encrypted Adyen terminal at the third.
    ThreeTerminals,
    /// An Adyen terminal at the first till and a Stripe reader at the second; the third takes cash.
    TwoGateways,
    /// One provider of QR payments for all tills.
    QrCodes,
}

impl Means {
    /// The tender type that customers pay with.
    pub fn tender(self) -> &'static str {
        match self {
            Self::ThreeTerminals | Self::TwoGateways => "terminal",
            Self::QrCodes => "wallet",
        }
    }
}

/// The devices of one store, and the settings by which its hub finds them.
#[derive(Debug)]
pub struct Counter {
    devices: Vec<(&'static str, Device)>,
    tender: &'static str,
    pub settings: PathBuf,
}

impl Counter {
    /// Switches every device on and writes the hub's settings.
    pub async fn open(programs: &Programs, plan: &Plan, folder: &Path) -> Result<Self> {
        let mut setting = Setting { programs, plan, folder, devices: Vec::new(), text: printer() };
        match plan.means {
            Means::ThreeTerminals => {
                setting.zvt("ZVT terminal over TCP", 1, &[]).await?;
                setting.zvt("ZVT terminal on a serial line", 2, &["--pty"]).await?;
                setting.adyen("Adyen terminal", 3).await?;
            }
            Means::TwoGateways => {
                setting.adyen("Adyen terminal", 1).await?;
                setting.stripe("Stripe reader", 2).await?;
            }
            Means::QrCodes => setting.pix("Pix provider").await?,
        }
        let settings = folder.join("hub.toml");
        fs::write(&settings, &setting.text)?;
        Ok(Self { devices: setting.devices, tender: plan.means.tender(), settings })
    }

    /// Holds what the hub says was taken by devices against what the devices' own books say.
    ///
    /// # Errors
    /// HF-DEMO-008 when a book or the hub's report cannot be read, HF-DEMO-003 when nothing was paid at a device.
    pub async fn compare(&mut self, store: &str, currency: &str, page: &Server) -> Result<(String, bool)> {
        let (number, _, _, pin) = STAFF[STAFF.len() - 1];
        let report = page.as_person(number, pin).await?.json("/api/v1/reports/sales").await?;
        let rows = report["by_tender"].as_array().context("HF-DEMO-008: the report has no `by_tender`")?;
        let row = rows.iter().find(|row| row["kind"] == self.tender);
        let minor = |key: &str| row.map_or(Some(0), |row| row[key].as_i64()).context("HF-DEMO-008: a tender");
        let hub = minor("taken_minor")? - minor("given_back_minor")?;
        let (mut text, mut sum, mut entries) = (format!("{store}: tender {}\n", self.tender), 0, 0);
        let mut line = |name: &str, value: String| {
            writeln!(text, "  {name:<32} {value:>18}").expect("a String takes all");
        };
        for (name, device) in &mut self.devices {
            let book = device.book().await?;
            let net = net_minor(&book)?;
            (sum, entries) = (sum + net, entries + book.len());
            line(&format!("{name}, its own book"), format!("{} {currency}", decimal(net, 2)));
        }
        line("all devices", format!("{} {currency}", decimal(sum, 2)));
        line("the hub's books", format!("{} {currency}", decimal(hub, 2)));
        line(if sum == hub { "they agree" } else { "THEY DIFFER" }, String::new());
        ensure!(
            entries > 0,
            "HF-DEMO-003: no customer of {store} paid at a device, so this has shown nothing"
        );
        Ok((text, sum == hub))
    }

    /// Switches every device off.
    pub async fn close(self) -> Result<()> {
        for (_, device) in self.devices {
            device.stop().await?;
        }
        Ok(())
    }
}

/// Settings that grow with each device.
struct Setting<'a> {
    programs: &'a Programs,
    plan: &'a Plan,
    folder: &'a Path,
    devices: Vec<(&'static str, Device)>,
    text: String,
}

fn printer() -> String {
    "[[printers]]\nname = \"receipts\"\naddress = \"simulated\"\npaper_mm = 80\n".to_owned()
}

impl Setting<'_> {
    async fn start(&self, name: &str, arguments: &[&str]) -> Result<Device> {
        Device::start(self.programs, &format!("{}-{name}", self.plan.key), arguments).await
    }

    /// A file that nobody else may read.
    fn secret(&self, name: &str, content: &str) -> Result<String> {
        let path = self.folder.join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        quoted(&path)
    }

    fn device(&mut self, name: &str, address: &str, till: Option<u16>) {
        let tender = self.plan.means.tender();
        let tills = till.map_or_else(String::new, |till| till.to_string());
        write!(
            self.text,
            "\n[[payments]]\nname = \"{name}\"\naddress = \"{address}\"\ntender = \"{tender}\"\ntills = [{tills}]\n"
        )
        .expect("a String takes all");
    }

    fn table(&mut self, of: &str, settings: &[(&str, String)]) {
        writeln!(self.text, "[payments.{of}]").expect("a String takes all");
        for (key, value) in settings {
            writeln!(self.text, "{key} = {value}").expect("a String takes all");
        }
    }

    async fn zvt(&mut self, name: &'static str, till: u16, line: &[&str]) -> Result<()> {
        let currency = self.plan.currency;
        let device = format!("terminal-{till}");
        let ask = ["zvt", "--currency", currency, "--thinks", THINKS];
        let terminal = self.start(&device, &[&ask[..], line].concat()).await?;
        let address = terminal.says("address")?.to_owned();
        let serial = address.starts_with("zvt-serial") && !address.contains('?');
        let address = if serial { format!("{address}?baud={BAUD}") } else { address };
        self.device(&device, &address, Some(till));
        self.devices.push((name, terminal));
        Ok(())
    }

    async fn adyen(&mut self, name: &'static str, till: u16) -> Result<()> {
        let device = format!("terminal-{till}");
        let roots = self.folder.join(format!("{device}.pem"));
        let roots = roots.to_str().context("the folder's name is UTF-8")?;
        let ask = ["adyen", "--currency", self.plan.currency, "--passphrase", PASSPHRASE];
        let terminal = self.start(&device, &[&ask[..], &["--certificate", roots]].concat()).await?;
        let passphrase = self.secret(&format!("{device}.passphrase"), PASSPHRASE)?;
        self.device(&device, &format!("adyen://{}", terminal.says("address")?), Some(till));
        let version = terminal.ready["key_version"].to_string();
        self.table(
            "adyen",
            &[
                ("poi_id", in_quotes(terminal.says("poi_id")?)),
                ("sale_id", in_quotes(self.plan.key)),
                ("environment", in_quotes("test")),
                ("roots", in_quotes(roots)),
                ("key_identifier", in_quotes(terminal.says("key_id")?)),
                ("key_version", version),
                ("passphrase", passphrase),
            ],
        );
        self.devices.push((name, terminal));
        Ok(())
    }

    async fn stripe(&mut self, name: &'static str, till: u16) -> Result<()> {
        let device = format!("terminal-{till}");
        let roots = self.folder.join(format!("{device}.pem"));
        let roots = roots.to_str().context("the folder's name is UTF-8")?;
        let reader = self.start(&device, &["stripe", "--certificate", roots]).await?;
        let key = self.secret(&format!("{device}.key"), reader.says("secret_key")?)?;
        let address = reader.says("address")?.replacen("https://", "stripe://", 1);
        self.device(&device, &address, Some(till));
        self.table(
            "stripe",
            &[
                ("reader", in_quotes(reader.says("reader")?)),
                ("secret_key", key),
                ("roots", in_quotes(roots)),
            ],
        );
        self.devices.push((name, reader));
        Ok(())
    }

    async fn pix(&mut self, name: &'static str) -> Result<()> {
        let roots = self.folder.join("pix.pem");
        let roots = roots.to_str().context("the folder's name is UTF-8")?;
        let provider = self.start("pix", &["wallet", "--thinks", THINKS, "--certificate", roots]).await?;
        let secret = self.secret("pix.secret", provider.says("client_secret")?)?;
        self.device("pix", &format!("pix://{}", provider.says("address")?), None);
        self.table(
            "pix",
            &[
                ("base_path", in_quotes("/api/v2")),
                ("token_path", in_quotes("/oauth/token")),
                ("client_id", in_quotes(provider.says("client_id")?)),
                ("client_secret", secret),
                ("roots", in_quotes(roots)),
                ("server_name", in_quotes(provider.says("server_name")?)),
                ("key", in_quotes("demo@holdfast.example")),
                ("merchant_name", in_quotes(self.plan.name)),
                ("merchant_city", in_quotes("Sao Paulo")),
            ],
        );
        self.devices.push((name, provider));
        Ok(())
    }
}

fn quoted(path: &Path) -> Result<String> {
    Ok(in_quotes(path.to_str().context("the folder's name is UTF-8")?))
}

/// As TOML reads it: the escapes of JSON are a part of its own.
fn in_quotes(text: &str) -> String {
    Value::from(text).to_string()
}
