//! The payment devices of the configuration: card terminals, gateways and wallets with what drives them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use holdfast_actors::PaymentSetup;
use holdfast_devices::payment::PaymentDriver;
use holdfast_devices::payment::adyen::{self, AdyenTerminal, SharedKey, SystemSources};
use holdfast_devices::payment::breaker::{Gate, Guarded, Limits};
use holdfast_devices::payment::qr::{self, PixAccount, PixApi, QrWallet};
use holdfast_devices::payment::stripe::{self, SecretKey, StripeTerminal, SystemClock};
use holdfast_devices::payment::zvt::{self, ZvtConfig, ZvtTerminal};
use holdfast_devices::simulated::adyen::SimulatedAdyen;
use holdfast_devices::simulated::poi::SimulatedPoi;
use holdfast_devices::simulated::stripe::SimulatedStripe;
use holdfast_devices::simulated::wallet::SimulatedWallet;
use holdfast_devices::simulated::zvt::{SimulatedZvt, ZvtSettings};
use holdfast_domain::attempt::Turn;
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::receipt::TillNumber;
use holdfast_money::Currency;
use zeroize::Zeroizing;

use crate::config::{self, Host, Make, PaymentAddress, World};
use crate::counter::SimulatedTerminal;
use crate::error::HubError;

/// How long each step of a practised payment takes.
const PRACTICE_PACE: Duration = Duration::from_millis(200);
/// The number that the first simulated terminal has; the others follow.
const SIMULATED_TERMINALS_FROM: u32 = 60_000_001;
/// What simulated devices know the store by.
const SIMULATED_SALE_ID: &str = "holdfast";
/// For a connection with a provider of Pix, and for its answer.
const PIX_CONNECT: Duration = Duration::from_secs(5);
const PIX_ANSWER: Duration = Duration::from_secs(20);
/// The largest file of a setting: a bundle of every public root is a quarter of a megabyte.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Where simulated devices listen: a free port that nobody outside reaches.
const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Devices, and those of them that are made of software.
pub(super) struct Opened {
    pub setups: Vec<PaymentSetup>,
    pub simulated: Vec<(String, SimulatedTerminal)>,
}

/// Makes every device; nothing real is connected before the first payment.
pub(super) async fn open(
    payments: &[config::Payment],
    currency: Option<Currency>,
) -> Result<Opened, HubError> {
    let mut maker = Maker { currency: currency.unwrap_or(Currency::EUR), gates: BTreeMap::new() };
    let mut opened = Opened { setups: Vec::new(), simulated: Vec::new() };
    for (index, payment) in (0..).zip(payments) {
        let made = maker.make(index, payment).await.map_err(|problem| HubError::ConfigValue {
            key: "payments",
            problem: format!("`{}`: {problem}", payment.name),
        })?;
        let refuse = |problem: String| HubError::ConfigValue { key: "payments", problem };
        let name = DeviceName::new(&payment.name).map_err(|error| refuse(error.to_string()))?;
        let tender = TenderCode::new(&payment.tender).map_err(|error| refuse(error.to_string()))?;
        let tills = payment.tills.iter().map(|number| TillNumber(*number)).collect();
        let practice = Arc::new(SimulatedPoi::new(PRACTICE_PACE));
        let mut setup = PaymentSetup::new(name, tender, tills, made.turn, made.driver, practice);
        setup.gate = made.gate;
        if let Some(simulated) = made.simulated {
            setup.device.simulated = true;
            opened.simulated.push((payment.name.clone(), simulated));
        }
        opened.setups.push(setup);
    }
    Ok(opened)
}

/// One device.
struct Made {
    driver: Arc<dyn PaymentDriver>,
    turn: Turn,
    gate: Option<Gate>,
    simulated: Option<SimulatedTerminal>,
}

impl Made {
    /// A terminal on the counter, which does one thing at a time.
    fn terminal(driver: impl PaymentDriver) -> Self {
        Self { driver: Arc::new(driver), turn: Turn::OneAtATime, gate: None, simulated: None }
    }

    fn played_by(self, simulated: SimulatedTerminal) -> Self {
        Self { simulated: Some(simulated), ..self }
    }
}

struct Maker {
    currency: Currency,
    /// Devices behind the same gateway share what is known of it.
    gates: BTreeMap<Host, Gate>,
}

impl Maker {
    async fn make(&mut self, index: u32, payment: &config::Payment) -> Result<Made, String> {
        match (payment.address()?, payment) {
            (PaymentAddress::Simulated(make), _) => self.simulated(index, make).await,
            (PaymentAddress::Zvt(address), _) => {
                Ok(Made::terminal(ZvtTerminal::new(&address, self.zvt(payment)?, zvt::Timings::default())))
            }
            (PaymentAddress::Adyen(host), config::Payment { adyen: Some(of), .. }) => adyen(host, of),
            (PaymentAddress::Stripe(host), config::Payment { stripe: Some(of), .. }) => {
                let api = match host.port {
                    443 => format!("https://{}", host.name),
                    port => format!("https://{}:{port}", host.name),
                };
                let settings = stripe::Settings {
                    api,
                    key: SecretKey::new(secret(&of.secret_key)?).map_err(|error| error.to_string())?,
                    reader: of.reader.clone(),
                    roots_pem: text(&of.roots)?,
                    tipping: of.tipping,
                    timings: stripe::Timings::USUAL,
                };
                self.stripe(settings, host)
            }
            (PaymentAddress::Pix(host), config::Payment { pix: Some(of), .. }) => {
                self.pix(account(&host, of)?, host)
            }
            (_, config::Payment { address, .. }) => Err(format!("{address} lacks its table")),
        }
    }

    fn zvt(&self, payment: &config::Payment) -> Result<ZvtConfig, String> {
        let password = payment.password.parse().map_err(|error| format!("{error}"))?;
        Ok(ZvtConfig { password, currency: self.currency })
    }

    fn gate(&mut self, host: Host) -> Gate {
        let name = host.to_string();
        self.gates.entry(host).or_insert_with(|| Gate::new(name, Limits::USUAL)).clone()
    }

    fn stripe(&mut self, settings: stripe::Settings, host: Host) -> Result<Made, String> {
        let reader =
            StripeTerminal::new(settings, Arc::new(SystemClock)).map_err(|error| error.to_string())?;
        let gate = self.gate(host);
        let made = Made::terminal(Guarded::new(reader, gate.clone()));
        Ok(Made { gate: Some(gate), ..made })
    }

    fn pix(&mut self, account: PixAccount, host: Host) -> Result<Made, String> {
        if self.currency.code() != "BRL" {
            return Err(format!("Pix moves BRL, and this store sells in {}", self.currency.code()));
        }
        let provider = PixApi::new(account).map_err(|error| error.to_string())?;
        let wallet = QrWallet::new(Arc::new(provider), qr::Timings::USUAL);
        let gate = self.gate(host);
        let driver = Arc::new(Guarded::new(wallet, gate.clone()));
        Ok(Made { driver, turn: Turn::Many, gate: Some(gate), simulated: None })
    }

    /// A device of the hub's own: it behaves as a real one does, over a real line with real keys.
    async fn simulated(&mut self, index: u32, make: Make) -> Result<Made, String> {
        let broken = |error: std::io::Error| format!("the simulated device cannot be opened: {error}");
        match make {
            Make::Zvt => {
                let settings = ZvtSettings {
                    terminal: SIMULATED_TERMINALS_FROM + index,
                    currency: self.currency,
                    ..ZvtSettings::default()
                };
                let terminal = SimulatedZvt::new(settings);
                let config = ZvtConfig { password: settings.password, currency: self.currency };
                let driver = ZvtTerminal::simulated(terminal.clone(), config, zvt::Timings::default());
                Ok(Made::terminal(driver).played_by(SimulatedTerminal::zvt(terminal)))
            }
            Make::Adyen => {
                let key = SharedKey {
                    identifier: "simulated".to_owned(),
                    version: 1,
                    passphrase: Zeroizing::new("a passphrase of the simulation".to_owned()),
                };
                let poi = format!("V400m-{:09}", SIMULATED_TERMINALS_FROM + index);
                let terminal = SimulatedAdyen::new(&poi, key).map_err(broken)?;
                let line = terminal.listen(LOOPBACK).await.map_err(broken)?;
                let settings = terminal.settings(line.address(), SIMULATED_SALE_ID, adyen::Timings::USUAL);
                let driver = AdyenTerminal::new(settings, Arc::new(SystemSources))
                    .map_err(|error| error.to_string())?;
                Ok(Made::terminal(driver).played_by(SimulatedTerminal::adyen(terminal, line)))
            }
            Make::Stripe => {
                let gateway = SimulatedStripe::new().map_err(broken)?;
                let line = gateway.listen(LOOPBACK).await.map_err(broken)?;
                let settings = gateway
                    .settings(line.address(), stripe::Timings::USUAL)
                    .map_err(|error| error.to_string())?;
                let made = self.stripe(settings, at(line.address()))?;
                Ok(made.played_by(SimulatedTerminal::stripe(gateway, line)))
            }
            Make::Pix => {
                let provider = SimulatedWallet::new().map_err(broken)?;
                let line = provider.listen(LOOPBACK).await.map_err(broken)?;
                let account = provider.account(line.address(), PIX_CONNECT, PIX_ANSWER);
                let made = self.pix(account, at(line.address()))?;
                Ok(made.played_by(SimulatedTerminal::pix(provider, line)))
            }
        }
    }
}

fn at(address: SocketAddr) -> Host {
    Host { name: address.ip().to_string(), port: address.port() }
}

fn adyen(host: Host, of: &config::Adyen) -> Result<Made, String> {
    let settings = adyen::Settings {
        host: host.name,
        port: host.port,
        poi_id: of.poi_id.clone(),
        sale_id: of.sale_id.clone(),
        environment: match of.environment {
            World::Test => adyen::Environment::Test,
            World::Live => adyen::Environment::Live,
        },
        roots_pem: text(&of.roots)?,
        key: SharedKey {
            identifier: of.key_identifier.clone(),
            version: of.key_version,
            passphrase: secret(&of.passphrase)?,
        },
        timings: adyen::Timings::USUAL,
    };
    let terminal =
        AdyenTerminal::new(settings, Arc::new(SystemSources)).map_err(|error| error.to_string())?;
    Ok(Made::terminal(terminal))
}

fn account(host: &Host, of: &config::Pix) -> Result<PixAccount, String> {
    Ok(PixAccount {
        host: host.name.clone(),
        port: host.port,
        server_name: of.server_name.clone().unwrap_or_else(|| host.name.clone()),
        base_path: of.base_path.clone(),
        token_path: of.token_path.clone(),
        client_id: of.client_id.clone(),
        client_secret: secret(&of.client_secret)?,
        client_pem: of.client_certificate.as_deref().map(secret).transpose()?.unwrap_or_default(),
        roots_pem: text(&of.roots)?,
        key: of.key.clone(),
        merchant_name: of.merchant_name.clone(),
        merchant_city: of.merchant_city.clone(),
        connect: PIX_CONNECT,
        answer: PIX_ANSWER,
    })
}

/// What a file says, without blanks and line ends around it.
fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(format!("{} has {bytes} bytes; at most {FILE_BYTES_MAX} are read", path.display()));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(text.trim().to_owned())
}

/// As [`text`], for what nobody else on this machine may read.
fn secret(path: &Path) -> Result<Zeroizing<String>, String> {
    let text = Zeroizing::new(text(path)?);
    let mode = std::fs::metadata(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        let path = path.display();
        return Err(format!("{path} can be read by others of this machine; `chmod 600 {path}` closes it"));
    }
    if text.is_empty() {
        return Err(format!("{} is empty", path.display()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_others_can_read_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "  sk_test_1\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(secret(&path).unwrap_err().contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secret(&path).unwrap().as_str(), "sk_test_1");
        assert!(secret(&folder.path().join("none")).unwrap_err().contains("cannot be read"));
    }

    #[tokio::test]
    async fn simulated_devices_of_every_make_answer_over_their_own_lines() {
        crate::cloud::install_cryptography();
        let payment = |name: &str, address: &str| config::Payment {
            name: name.to_owned(),
            address: address.to_owned(),
            tender: "terminal".to_owned(),
            tills: Vec::new(),
            password: "000000".to_owned(),
            adyen: None,
            stripe: None,
            pix: None,
        };
        let makes = ["simulated", "simulated-adyen", "simulated-stripe", "simulated-pix"];
        let all: Vec<_> = (1..).zip(makes).map(|(n, make)| payment(&format!("device-{n}"), make)).collect();
        let opened = open(&all, Some(Currency::from_code("BRL").unwrap())).await.unwrap();
        assert_eq!((opened.setups.len(), opened.simulated.len()), (4, 4));
        for setup in &opened.setups {
            let health = setup.driver.diagnose().await.expect("it answers");
            assert!(health.ready, "{}: {}", setup.device.name, health.says);
        }
        let gates: Vec<bool> = opened.setups.iter().map(|setup| setup.gate.is_some()).collect();
        assert_eq!(gates, [false, false, true, true], "a breaker stands before gateways");
        let refused = open(&all, Some(Currency::EUR)).await.err().expect("Pix moves BRL").chain();
        assert!(refused.contains("Pix moves BRL"), "{refused}");
    }
}
