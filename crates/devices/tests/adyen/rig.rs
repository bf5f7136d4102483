//! A driver, a simulated terminal and the line between them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use holdfast_devices::payment::adyen::{AdyenTerminal, Settings, SharedKey, Sources, Timings};
use holdfast_devices::payment::{
    AttemptId, Mark, Outcome, PaymentDriver, Request, SaleReference, Service, Steps,
};
use holdfast_devices::simulated::Listening;
use holdfast_devices::simulated::adyen::{Booked, SimulatedAdyen};
use holdfast_money::{Currency, Money};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

/// Longer than any wait of the driver here.
pub const TOO_LONG: Duration = Duration::from_millis(900);
/// After this a test fails instead of waiting on.
const DEADLINE: Duration = Duration::from_secs(60);

const TIMINGS: Timings = Timings {
    connect: Duration::from_secs(10),
    payment: Duration::from_millis(600),
    answer: Duration::from_millis(600),
    poll: Duration::from_millis(20),
    in_progress: Duration::from_millis(200),
    settle: Duration::from_millis(20),
};

/// A clock that is set by hand, and nonces that count.
#[derive(Debug, Default)]
pub struct Scripted {
    hours: AtomicI64,
    nonces: AtomicU64,
}

impl Scripted {
    pub fn advance_hours(&self, hours: i64) {
        self.hours.fetch_add(hours, Ordering::SeqCst);
    }
}

impl Sources for Scripted {
    fn now(&self) -> Timestamp {
        let begin = Timestamp::from_second(1_800_000_000).expect("a time");
        begin + SignedDuration::from_hours(self.hours.load(Ordering::SeqCst))
    }

    fn nonce(&self) -> io::Result<[u8; 16]> {
        let count = self.nonces.fetch_add(1, Ordering::SeqCst);
        Ok(u128::from(count).to_be_bytes())
    }
}

pub struct Rig {
    pub terminal: SimulatedAdyen,
    pub driver: AdyenTerminal,
    pub sources: Arc<Scripted>,
    pub address: SocketAddr,
    settings: Settings,
    _listening: Listening,
}

impl Rig {
    pub async fn new() -> Rig {
        Rig::called("store-7").await
    }

    pub async fn called(sale_id: &str) -> Rig {
        let key = SharedKey {
            identifier: "holdfast".to_owned(),
            version: 1,
            passphrase: Zeroizing::new("a passphrase for tests".to_owned()),
        };
        let terminal = SimulatedAdyen::new("V400m-346403161", key).expect("a terminal");
        let anywhere = "127.0.0.1:0".parse().expect("an address");
        let listening = terminal.listen(anywhere).await.expect("a port");
        let address = listening.address();
        let settings = terminal.settings(address, sale_id, TIMINGS);
        let sources = Arc::new(Scripted::default());
        let driver = AdyenTerminal::new(settings.clone(), sources.clone()).expect("a driver");
        Rig { terminal, driver, sources, address, settings, _listening: listening }
    }

    /// Another driver, with something changed.
    pub fn driver_with(&self, change: impl FnOnce(&mut Settings)) -> AdyenTerminal {
        let mut settings = self.settings.clone();
        change(&mut settings);
        AdyenTerminal::new(settings, self.sources.clone()).expect("a driver")
    }

    /// Carries it out, and asks where that is not enough.
    pub async fn settled(&self, request: &Request) -> Outcome {
        let mark = self.driver.mark().await.expect("a mark");
        match self.driver.carry_out(request, &mark, &Steps::channel().0).await {
            Outcome::Unresolved(_) => self.settled_by_asking(request, &mark).await,
            known => known,
        }
    }

    pub async fn settled_by_asking(&self, request: &Request, mark: &Mark) -> Outcome {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.driver.ask(request, mark).await {
                Outcome::Unresolved(fault) => {
                    assert!(Instant::now() < deadline, "it does not find out: {fault:?}");
                }
                known => return known,
            }
        }
    }

    pub fn booked(&self, request: &Request) -> Option<Booked> {
        let id = request.attempt.to_string();
        self.terminal.booked().into_iter().find(|line| line.sale_transaction == id)
    }
}

/// What has to happen before the deadline.
pub async fn outlived<T>(wanted: impl Future<Output = T>) -> T {
    timeout(DEADLINE, wanted).await.expect("it happens in time")
}

pub fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

pub fn payment(attempt: u128, minor: i64) -> Request {
    Request {
        attempt: AttemptId(0x0198_0000_0000_7000_8000_0000_0000_0000 | attempt),
        sale: SaleReference::new("K1/0042").expect("a reference"),
        service: Service::Payment { tip: None },
        amount: eur(minor),
    }
}
