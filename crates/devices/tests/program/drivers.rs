//! The real drivers, set up from what a program said when it was ready.

use std::sync::Arc;
use std::time::Duration;

use holdfast_devices::payment::adyen::{self, AdyenTerminal, Environment, SharedKey, SystemSources};
use holdfast_devices::payment::qr::{self, PixAccount, PixApi, QrWallet};
use holdfast_devices::payment::stripe::{self, SecretKey, StripeTerminal, SystemClock};
use holdfast_devices::payment::zvt::command::Password;
use holdfast_devices::payment::zvt::{self, ZvtConfig, ZvtTerminal};
use holdfast_devices::payment::{
    AttemptId, Mark, Outcome, PaymentDriver, Request, SaleReference, Service, Steps,
};
use holdfast_money::{Currency, Money};

use super::Program;

const SECONDS: fn(u64) -> Duration = Duration::from_secs;
const MILLIS: fn(u64) -> Duration = Duration::from_millis;

/// The driver for whatever device this is.
pub fn driver(program: &Program) -> Arc<dyn PaymentDriver> {
    match program.field("device") {
        "zvt" => Arc::new(zvt_terminal(program.field("address"))),
        "adyen" => Arc::new(adyen_terminal(program)),
        "stripe" => Arc::new(stripe_terminal(program)),
        "wallet" => Arc::new(wallet(program)),
        other => panic!("no driver for {other}"),
    }
}

fn zvt_terminal(address: &str) -> ZvtTerminal {
    let config = ZvtConfig { password: Password::DELIVERED, currency: Currency::EUR };
    let timings = zvt::Timings {
        connect: SECONDS(3),
        write: SECONDS(3),
        acknowledge: SECONDS(5),
        completion: SECONDS(15),
        transaction: SECONDS(40),
        idle: SECONDS(5),
        pause: MILLIS(50),
    };
    ZvtTerminal::new(
        &address.parse().expect("it says its address as a till's settings have it"),
        config,
        timings,
    )
}

fn adyen_terminal(program: &Program) -> AdyenTerminal {
    let (host, port) = program.field("address").rsplit_once(':').expect("host and port");
    let settings = adyen::Settings {
        host: host.to_owned(),
        port: port.parse().expect("a port"),
        poi_id: program.field("poi_id").to_owned(),
        sale_id: "store-7".to_owned(),
        environment: Environment::Test,
        roots_pem: program.field("certificate_pem").to_owned(),
        key: SharedKey {
            identifier: program.field("key_id").to_owned(),
            version: 1,
            passphrase: "practice makes perfect".to_owned().into(),
        },
        timings: adyen::Timings {
            connect: SECONDS(10),
            payment: SECONDS(10),
            answer: SECONDS(5),
            poll: MILLIS(20),
            in_progress: MILLIS(500),
            settle: MILLIS(20),
        },
    };
    AdyenTerminal::new(settings, Arc::new(SystemSources)).expect("settings")
}

fn stripe_terminal(program: &Program) -> StripeTerminal {
    let settings = stripe::Settings {
        api: program.field("address").to_owned(),
        key: SecretKey::new(program.field("secret_key").to_owned().into()).expect("a key"),
        reader: program.field("reader").to_owned(),
        roots_pem: program.field("certificate_pem").to_owned(),
        tipping: false,
        timings: stripe::Timings {
            connect: SECONDS(10),
            answer: SECONDS(5),
            payment: SECONDS(10),
            poll: MILLIS(15),
            in_progress: MILLIS(500),
            settle: MILLIS(1_200),
        },
    };
    StripeTerminal::new(settings, Arc::new(SystemClock)).expect("settings")
}

fn wallet(program: &Program) -> QrWallet {
    let (host, port) = program.field("address").rsplit_once(':').expect("host and port");
    let account = PixAccount {
        host: host.to_owned(),
        port: port.parse().expect("a port"),
        server_name: program.field("server_name").to_owned(),
        base_path: "/api/v2".to_owned(),
        token_path: "/oauth/token".to_owned(),
        client_id: program.field("client_id").to_owned(),
        client_secret: program.field("client_secret").to_owned().into(),
        client_pem: String::new().into(),
        roots_pem: program.field("certificate_pem").to_owned(),
        key: "5f84a4c5-c5cb-4599-9f13-7eb4d419dacc".to_owned(),
        merchant_name: "Padaria São João".to_owned(),
        merchant_city: "São Paulo".to_owned(),
        connect: SECONDS(10),
        answer: SECONDS(5),
    };
    let timings = qr::Timings {
        good_for: MILLIS(1_500),
        poll_first: MILLIS(20),
        poll_most: MILLIS(60),
        in_progress: MILLIS(500),
        settle: MILLIS(1_200),
    };
    QrWallet::new(Arc::new(PixApi::new(account).expect("settings")), timings)
}

/// A payment of so many minor units, in the currency that the device takes.
pub fn payment(program: &Program, minor: i64) -> Request {
    let code = if program.field("device") == "wallet" { "BRL" } else { "EUR" };
    let amount = Money::from_minor(minor, Currency::from_code(code).expect("a currency"));
    Request {
        attempt: AttemptId(0x0198_0000_0000_7000_8000_0000_0000_0000 | u128::from(minor.unsigned_abs())),
        sale: SaleReference::new("K1/0042").expect("a reference"),
        service: Service::Payment { tip: None },
        amount,
    }
}

pub async fn carry_out(driver: &Arc<dyn PaymentDriver>, request: &Request, mark: &Mark) -> Outcome {
    let (steps, _heard) = Steps::channel();
    driver.carry_out(request, mark, &steps).await
}
