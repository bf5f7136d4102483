//! A driver, a simulated Stripe and the line between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use holdfast_devices::payment::stripe::{Clock, Settings, StripeTerminal, Timings};
use holdfast_devices::payment::{
    AttemptId, Mark, Outcome, PaymentDriver, Request, SaleReference, Service, Steps,
};
use holdfast_devices::simulated::Listening;
use holdfast_devices::simulated::stripe::SimulatedStripe;
use holdfast_money::{Currency, Money};
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout};

/// Longer than the driver waits for an answer here.
pub const TOO_LONG: Duration = Duration::from_millis(900);
/// After this a test fails instead of waiting on.
pub const DEADLINE: Duration = Duration::from_secs(60);

pub const TIMINGS: Timings = Timings {
    connect: Duration::from_secs(10),
    answer: Duration::from_millis(600),
    payment: Duration::from_millis(400),
    poll: Duration::from_millis(15),
    in_progress: Duration::from_millis(200),
    settle: Duration::from_millis(1_200),
};

/// A clock that is set by hand.
#[derive(Debug, Default)]
pub struct Scripted(AtomicI64);

impl Scripted {
    pub fn advance_hours(&self, hours: i64) {
        self.0.fetch_add(hours, Ordering::SeqCst);
    }
}

impl Clock for Scripted {
    fn now(&self) -> Timestamp {
        let begin = Timestamp::from_second(1_800_000_000).expect("a time");
        begin + SignedDuration::from_hours(self.0.load(Ordering::SeqCst))
    }
}

pub struct Rig {
    pub stripe: SimulatedStripe,
    pub driver: StripeTerminal,
    pub clock: Arc<Scripted>,
    pub settings: Settings,
    _listening: Listening,
}

impl Rig {
    pub async fn new() -> Rig {
        Rig::with(TIMINGS).await
    }

    pub async fn with(timings: Timings) -> Rig {
        let stripe = SimulatedStripe::new().expect("a simulated Stripe");
        let anywhere = "127.0.0.1:0".parse().expect("an address");
        let listening = stripe.listen(anywhere).await.expect("a port");
        let address = listening.address();
        let settings = stripe.settings(address, timings).expect("settings");
        let clock = Arc::new(Scripted::default());
        let driver = StripeTerminal::new(settings.clone(), clock.clone()).expect("a driver");
        Rig { stripe, driver, clock, settings, _listening: listening }
    }

    /// Another driver, which remembers nothing, with something changed.
    pub fn driver_with(&self, change: impl FnOnce(&mut Settings)) -> StripeTerminal {
        let mut settings = self.settings.clone();
        change(&mut settings);
        StripeTerminal::new(settings, self.clock.clone()).expect("a driver")
    }

    pub async fn carried_out(&self, request: &Request) -> Outcome {
        let mark = self.mark().await;
        self.driver.carry_out(request, &mark, &Steps::channel().0).await
    }

    pub async fn mark(&self) -> Mark {
        self.driver.mark().await.expect("a mark")
    }

    /// A payment that went through.
    pub async fn paid(&self, request: &Request) -> Box<holdfast_devices::payment::Approval> {
        match self.carried_out(request).await {
            Outcome::Approved(approval) => approval,
            other => panic!("it is paid: {other:?}"),
        }
    }

    /// What a hub finds out that was started again and remembers nothing.
    pub async fn settled_by_asking(&self, request: &Request, mark: &Mark) -> Outcome {
        self.settled(request, mark, "").await
    }

    pub async fn settled(&self, request: &Request, mark: &Mark, case: &str) -> Outcome {
        let driver = self.driver_with(|_| {});
        let deadline = Instant::now() + DEADLINE;
        loop {
            match driver.ask(request, mark).await {
                Outcome::Unresolved(fault) => {
                    assert!(Instant::now() < deadline, "it does not find out: {fault:?} {case}");
                }
                known => return known,
            }
        }
    }

    /// What the book has of it, in minor units, and how often.
    pub fn booked(&self, request: &Request) -> Vec<i64> {
        let attempt = request.attempt.to_string();
        let taken = self.stripe.captured().into_iter().map(|line| (line.attempt, line.minor));
        let back = self.stripe.given_back().into_iter().map(|line| (line.attempt, line.minor));
        taken.chain(back).filter(|(of, _)| *of == attempt).map(|(_, minor)| minor).collect()
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
