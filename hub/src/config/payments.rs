//! What takes money electronically, as written in the settings. Secrets are never in here: a setting names the file that has
//! one.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use holdfast_devices::payment::zvt::ZvtAddress;
use holdfast_devices::payment::zvt::command::Password;
use holdfast_domain::attempt::DEVICES_MAX;
use holdfast_domain::bounded::{DeviceName, TenderCode};
use holdfast_domain::exposure::OfflineLimits;
use holdfast_money::{Currency, Decimal, Money};
use serde::Deserialize;

/// Where Debian and its kin keep the certificates that the public web is signed by.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The longest name of a host.
const HOST_CHARS_MAX: usize = 253;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    pub name: String,
    pub address: String,
    pub tender: String,
    /// The tills whose own it is; all share it when there is none.
    #[serde(default)]
    pub tills: Vec<u16>,
    /// Six digits that a ZVT terminal asks for.
    #[serde(default = "no_password")]
    pub password: String,
    #[serde(default)]
    pub adyen: Option<Adyen>,
    #[serde(default)]
    pub stripe: Option<Stripe>,
    #[serde(default)]
    pub pix: Option<Pix>,
}

/// A terminal that speaks the Terminal API in the store's own network.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adyen {
    pub poi_id: String,
    pub sale_id: String,
    pub environment: World,
    /// The gateway's root certificate for terminals, in PEM.
    pub roots: PathBuf,
    pub key_identifier: String,
    pub key_version: u32,
    /// A file with the passphrase of the shared key.
    pub passphrase: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum World {
    Test,
    Live,
}

/// A reader behind Stripe's API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stripe {
    pub reader: String,
    /// A file with the secret key.
    pub secret_key: PathBuf,
    #[serde(default = "system_roots")]
    pub roots: PathBuf,
    #[serde(default)]
    pub tipping: bool,
}

/// A provider of Pix.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pix {
    pub base_path: String,
    pub token_path: String,
    pub client_id: String,
    /// A file with the secret of the client.
    pub client_secret: PathBuf,
    /// A file with the client's certificate and key, where the provider asks for one.
    #[serde(default)]
    pub client_certificate: Option<PathBuf>,
    #[serde(default = "system_roots")]
    pub roots: PathBuf,
    /// What the provider's certificate is for, where it is not the host.
    #[serde(default)]
    pub server_name: Option<String>,
    /// The receiver's Pix key.
    pub key: String,
    pub merchant_name: String,
    pub merchant_city: String,
}

/// What the store risks at most where terminals do not reach their banks and approve by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfflinePayments {
    /// In the store's currency, as `100` or `99.50`.
    pub floor: String,
    pub velocity: u16,
    pub window_minutes: u16,
    /// As `floor`. Nothing for no limits at all.
    pub cumulative: String,
}

impl OfflinePayments {
    /// The limits in the store's currency; None where there are none.
    ///
    /// # Errors
    /// What is wrong.
    pub fn limits(&self, currency: Currency) -> Result<Option<OfflineLimits>, String> {
        if self.cumulative.is_empty() {
            return Ok(None);
        }
        let money = |text: &str| {
            let amount: Decimal = text.parse().map_err(|_| format!("`{text}` is no amount such as 99.50"))?;
            Money::new(amount, currency).map_err(|error| format!("`{text}`: {error}"))
        };
        let limits = OfflineLimits {
            floor: money(&self.floor)?,
            velocity: self.velocity,
            window_minutes: self.window_minutes,
            cumulative: money(&self.cumulative)?,
        };
        limits.check().map_err(|fault| fault.to_string())?;
        Ok(Some(limits))
    }

    /// As far as can be said before the store's currency is known: in one with four places.
    pub(super) fn check(&self) -> Result<(), String> {
        self.limits(Currency::from_code("CLF").unwrap_or(Currency::EUR)).map(drop)
    }
}

fn no_password() -> String {
    "000000".to_owned()
}

fn system_roots() -> PathBuf {
    PathBuf::from(SYSTEM_ROOTS)
}

/// Where a payment device is and how it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentAddress {
    /// Made of software, inside the hub.
    Simulated(Make),
    Zvt(ZvtAddress),
    Adyen(Host),
    Stripe(Host),
    Pix(Host),
}

/// What a simulated device behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Make {
    Zvt,
    Adyen,
    Stripe,
    Pix,
}

/// A machine and its port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    pub name: String,
    pub port: u16,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

const SCHEMES: &str = "simulated, simulated-adyen, simulated-stripe, simulated-pix, zvt-tcp://host:20007, \
    zvt-serial:///dev/serial/by-id/NAME, adyen://host:8443, stripe://api.stripe.com or pix://host";

impl FromStr for PaymentAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("zvt-") {
            return text
                .parse()
                .map(Self::Zvt)
                .map_err(|error: <ZvtAddress as FromStr>::Err| error.to_string());
        }
        let parsed = match text.split_once("://") {
            Some(("adyen", rest)) => host(rest, holdfast_devices::payment::adyen::PORT).map(Self::Adyen),
            Some(("stripe", rest)) => host(rest, 443).map(Self::Stripe),
            Some(("pix", rest)) => host(rest, 443).map(Self::Pix),
            Some(_) => None,
            None => match text {
                "simulated" => Some(Self::Simulated(Make::Zvt)),
                "simulated-adyen" => Some(Self::Simulated(Make::Adyen)),
                "simulated-stripe" => Some(Self::Simulated(Make::Stripe)),
                "simulated-pix" => Some(Self::Simulated(Make::Pix)),
                _ => None,
            },
        };
        parsed.ok_or_else(|| format!("`{text}` is no address of a payment device; write {SCHEMES}"))
    }
}

fn host(rest: &str, usual_port: u16) -> Option<Host> {
    let (name, port) = match rest.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().ok().filter(|port| *port != 0)?),
        None => (rest, usual_port),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let fits = (1..=HOST_CHARS_MAX).contains(&name.len()) && name.chars().all(plain);
    fits.then(|| Host { name: name.to_owned(), port })
}

impl Payment {
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn address(&self) -> Result<PaymentAddress, String> {
        self.address.parse()
    }

    fn check(&self) -> Result<(), String> {
        DeviceName::new(&self.name).map_err(|error| error.to_string())?;
        TenderCode::new(&self.tender).map_err(|error| error.to_string())?;
        let named = |problem: String| format!("`{}`: {problem}", self.name);
        self.password.parse::<Password>().map_err(|error| named(error.to_string()))?;
        let address = self.address().map_err(named)?;
        let wants = |of: &str| {
            matches!(
                (&address, of),
                (PaymentAddress::Adyen(_), "adyen")
                    | (PaymentAddress::Stripe(_), "stripe")
                    | (PaymentAddress::Pix(_), "pix")
            )
        };
        let tables =
            [("adyen", self.adyen.is_some()), ("stripe", self.stripe.is_some()), ("pix", self.pix.is_some())];
        for (of, is_there) in tables {
            match (wants(of), is_there) {
                (true, false) => {
                    return Err(named(format!("{} needs a table [payments.{of}]", self.address)));
                }
                (false, true) => {
                    return Err(named(format!("{} takes no table [payments.{of}]", self.address)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// # Errors
/// The first thing that is wrong.
pub(super) fn check(payments: &[Payment]) -> Result<(), String> {
    if payments.len() > DEVICES_MAX {
        return Err(format!("there are more than {DEVICES_MAX}"));
    }
    for (index, payment) in payments.iter().enumerate() {
        payment.check()?;
        if payments[..index].iter().any(|other| other.name == payment.name) {
            return Err(format!("the name `{}` is there twice", payment.name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Payment, String> {
        let payment = toml(text)?;
        payment.check().map(|()| payment)
    }

    fn toml(text: &str) -> Result<Payment, String> {
        use figment::providers::Format as _;
        let read = figment::Figment::from(figment::providers::Toml::string(text)).extract();
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn addresses_of_every_kind_are_read_with_their_usual_ports() {
        for (text, address) in [
            ("simulated", PaymentAddress::Simulated(Make::Zvt)),
            ("simulated-pix", PaymentAddress::Simulated(Make::Pix)),
            ("adyen://10.0.0.7", PaymentAddress::Adyen(Host { name: "10.0.0.7".into(), port: 8443 })),
            (
                "stripe://api.stripe.com",
                PaymentAddress::Stripe(Host { name: "api.stripe.com".into(), port: 443 }),
            ),
            (
                "pix://pix.bank.example:9443",
                PaymentAddress::Pix(Host { name: "pix.bank.example".into(), port: 9443 }),
            ),
        ] {
            assert_eq!(text.parse(), Ok(address), "{text}");
        }
        assert!(matches!("zvt-tcp://10.0.0.8".parse(), Ok(PaymentAddress::Zvt(_))));
        for text in
            ["usb", "adyen://", "adyen://a b", "pix://h:0", "pix://h:99999", "stripe://x/y", "http://h"]
        {
            let refused = text.parse::<PaymentAddress>().expect_err(text);
            assert!(refused.contains("write simulated"), "{refused}");
        }
    }

    #[test]
    fn a_table_is_there_exactly_for_its_kind_and_has_no_secret_in_it() {
        let stripe = "name = \"reader\"\naddress = \"stripe://api.stripe.com\"\ntender = \"terminal\"\n";
        assert!(read(stripe).expect_err("no table").contains("needs a table [payments.stripe]"));
        let table = "[stripe]\nreader = \"tmr_1\"\nsecret_key = \"/etc/holdfast/stripe.key\"\n";
        let with = read(&format!("{stripe}{table}")).expect("whole");
        assert_eq!(with.stripe.expect("there").roots, PathBuf::from(SYSTEM_ROOTS));
        let simulated = "name = \"reader\"\naddress = \"simulated\"\ntender = \"terminal\"\n";
        assert!(read(&format!("{simulated}{table}")).expect_err("one too many").contains("takes no table"));
        let unknown = read(&format!("{stripe}{table}key = \"sk_live_1\"\n")).expect_err("unknown");
        assert!(unknown.contains("key"), "{unknown}");
    }
}
