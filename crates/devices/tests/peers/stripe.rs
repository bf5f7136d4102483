//! A driver's payments in books that others wrote: whatever is lost on the line, what the driver says in the end is what is
//! captured there, and it is captured once.

use std::sync::Arc;
use std::time::Duration;

use holdfast_devices::payment::stripe::{SecretKey, Settings, StripeTerminal, SystemClock, Timings};
use holdfast_devices::payment::{
    Approval, AttemptId, Mark, Outcome, PaymentDriver as _, PoiTransaction, Request, SaleReference, Service,
    Steps,
};
use holdfast_money::{Currency, Money};
use tokio::process::Command;
use tokio::time::Instant;

use crate::between::{Between, Books, KEY, Lost, READER, Step};
use crate::{LIMIT, Peer, installed, python};

const TIMINGS: Timings = Timings {
    connect: Duration::from_secs(10),
    answer: Duration::from_secs(10),
    payment: Duration::from_secs(10),
    poll: Duration::from_millis(10),
    in_progress: Duration::from_secs(2),
    settle: Duration::from_millis(50),
};

/// It keeps nothing on the disk, and is nowhere but on this machine.
const LOCALSTRIPE: &str = r#"
import socket
from aiohttp import web
from localstripe import server
type(server.store).dump_to_disk = lambda store: None
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(64)
print(listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, print=None, access_log=None)
"#;

const STATEFUL_MOCK: &str = r#"
require("loglevel").setLevel("silent");
const app = require("stripe-stateful-mock").createExpressApp();
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
"#;

struct Shop {
    between: Between,
    _peer: Peer,
    attempts: u128,
}

impl Shop {
    async fn new(books: Books, command: &mut Command) -> Shop {
        let peer = Peer::start(command).await;
        Shop { between: Between::new(books, peer.port).await, _peer: peer, attempts: 0 }
    }

    /// A driver that remembers nothing.
    fn driver(&self) -> StripeTerminal {
        let settings = Settings {
            api: format!("https://{}", self.between.address),
            key: SecretKey::new(KEY.to_owned().into()).expect("a key"),
            reader: READER.to_owned(),
            roots_pem: self.between.roots_pem.clone(),
            tipping: false,
            timings: TIMINGS,
        };
        StripeTerminal::new(settings, Arc::new(SystemClock)).expect("a driver")
    }

    fn request(&mut self, service: Service, minor: i64) -> Request {
        self.attempts += 1;
        Request {
            attempt: AttemptId(0x0198_0000_0000_7000_8000_0000_0000_0000 | self.attempts),
            sale: SaleReference::new("K1/0042").expect("a reference"),
            service,
            amount: Money::from_minor(minor, Currency::EUR),
        }
    }

    fn payment(&mut self, minor: i64) -> Request {
        self.request(Service::Payment { tip: None }, minor)
    }

    async fn paid(&mut self, minor: i64) -> Box<Approval> {
        let request = self.payment(minor);
        let driver = self.driver();
        match carried_out(&driver, &request, &mark(&driver).await).await {
            Outcome::Approved(approval) => approval,
            other => panic!("it is paid: {other:?}"),
        }
    }
}

async fn mark(driver: &StripeTerminal) -> Mark {
    driver.mark().await.expect("a mark")
}

async fn carried_out(driver: &StripeTerminal, request: &Request, mark: &Mark) -> Outcome {
    driver.carry_out(request, mark, &Steps::channel().0).await
}

/// What is found out by asking.
async fn found_out(driver: &StripeTerminal, request: &Request, mark: &Mark, case: &str) -> Outcome {
    let end = Instant::now() + LIMIT;
    loop {
        match driver.ask(request, mark).await {
            Outcome::Unresolved(fault) => assert!(Instant::now() < end, "not found out: {fault:?}, {case}"),
            known => return known,
        }
    }
}

fn approved_minor(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Outcome::Approved(approval) => Some(approval.amount.minor()),
        _ => None,
    }
}

fn refund_of(original: &PoiTransaction) -> Service {
    Service::Refund { original: Some(original.clone()) }
}

/// Payments and refunds in whose way nothing is, and one of each for every request and every answer that is lost. `is_restarted`
/// asks with a driver that remembers nothing, and sends the same again afterwards, which only books that look at idempotency
/// keys can bear.
async fn whatever_is_lost(shop: &mut Shop, is_restarted: bool) -> usize {
    let paid = shop.paid(1_250).await;
    assert_eq!((paid.amount.minor(), shop.between.book().await), (1_250, (vec![1_250], vec![])));
    let back = shop.request(refund_of(&paid.transaction), 1_000);
    let driver = shop.driver();
    assert_eq!(approved_minor(&carried_out(&driver, &back, &mark(&driver).await).await), Some(1_000));
    assert_eq!(shop.between.book().await, (vec![1_250], vec![1_000]));

    let mut cases = 0;
    for step in [Step::Create, Step::Process, Step::Capture, Step::Refund] {
        for lost in [Lost::Request, Lost::Answer] {
            let case = format!("{step:?}, {lost:?}");
            cases += 1;
            let minor = 2_000 + i64::from(cases as u8);
            let request = match step {
                Step::Refund => {
                    let paid = shop.paid(minor).await;
                    shop.request(refund_of(&paid.transaction), minor)
                }
                _ => shop.payment(minor),
            };
            let (captured, refunded) = shop.between.book().await;
            shop.between.lose(step, lost);
            let driver = shop.driver();
            let mark = mark(&driver).await;
            let said = carried_out(&driver, &request, &mark).await;
            assert!(shop.between.has_lost(), "nothing was lost: {case}");
            let asked = if is_restarted { shop.driver() } else { driver };
            let known = match said {
                Outcome::Unresolved(_) => found_out(&asked, &request, &mark, &case).await,
                known => known,
            };
            // A refund that did not arrive is asked about and over; sent again it is another one.
            if is_restarted && (approved_minor(&known).is_some() || step != Step::Refund) {
                let again = carried_out(&shop.driver(), &request, &mark).await;
                assert_eq!(approved_minor(&again), approved_minor(&known), "sent again: {case}");
            }
            let moved = approved_minor(&known);
            let (captured_after, refunded_after) = shop.between.book().await;
            let by_refund = usize::from(step == Step::Refund);
            let taken = captured_after.len() - captured.len();
            let back = refunded_after.len() - refunded.len();
            let expected = match (moved, by_refund) {
                (None, _) => (0, 0),
                (Some(_), 0) => (1, 0),
                (Some(_), _) => (0, 1),
            };
            assert_eq!((taken, back), expected, "{case}: {known:?}");
            assert!(moved.is_none_or(|moved| moved == minor), "{case}: {known:?}");
            // What was done before the answer was lost is done.
            if lost == Lost::Answer && matches!(step, Step::Capture | Step::Refund) {
                assert_eq!(moved, Some(minor), "{case}");
            }
        }
    }
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn intents_that_others_keep_are_captured_as_the_driver_says() {
    let Some(python) = python() else { return };
    let mut shop = Shop::new(Books::Intents, Command::new(python).args(["-c", LOCALSTRIPE])).await;
    println!("{} losses", whatever_is_lost(&mut shop, false).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_and_the_same_again_is_one_charge_in_books_that_others_keep() {
    let Some(modules) = installed("node_modules") else { return };
    let mut node = Command::new("node");
    node.args(["-e", STATEFUL_MOCK]).env("NODE_PATH", modules);
    let mut shop = Shop::new(Books::Charges, &mut node).await;
    println!("{} losses", whatever_is_lost(&mut shop, true).await);
}

/// The same key with another amount is not the same request, and the stand-in says so as Stripe does.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_used_for_something_else_moves_nothing() {
    let Some(modules) = installed("node_modules") else { return };
    let mut node = Command::new("node");
    node.args(["-e", STATEFUL_MOCK]).env("NODE_PATH", modules);
    let mut shop = Shop::new(Books::Charges, &mut node).await;
    let request = shop.payment(1_250);
    let driver = shop.driver();
    let mark = mark(&driver).await;
    assert_eq!(approved_minor(&carried_out(&driver, &request, &mark).await), Some(1_250));
    let other = Request { amount: Money::from_minor(9_999, Currency::EUR), ..request };
    let said = carried_out(&shop.driver(), &other, &mark).await;
    assert!(matches!(said, Outcome::Unresolved(_)), "nobody knows: {said:?}");
    assert_eq!(shop.between.book().await, (vec![1_250], vec![]));
}
