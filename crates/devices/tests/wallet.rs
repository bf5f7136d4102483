//! The driver of QR wallets against a simulated provider that misbehaves: whatever happened, what the driver says in the end is
//! what stands in the provider's own book.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use holdfast_devices::payment::card::EntryMode;
use holdfast_devices::payment::qr::pix::BrCode;
use holdfast_devices::payment::qr::{PixAccount, PixApi, QrWallet, Timings};
use holdfast_devices::payment::{
    AttemptId, ErrorCondition, Fault, Mark, Outcome, PaymentDriver, Request, SaleReference, Service, Step,
    Steps,
};
use holdfast_devices::simulated::Listening;
use holdfast_devices::simulated::wallet::{Misbehaviour, Moment, SimulatedWallet, Trouble, Wrongly};
use holdfast_money::{Currency, Money};
use holdfast_testkit::proof::Proof;
use tokio::time::{Instant, timeout};

/// Longer than the driver waits for an answer here.
const TOO_LONG: Duration = Duration::from_millis(900);
const ANSWER: Duration = Duration::from_millis(600);
/// After this a test fails instead of waiting on.
const DEADLINE: Duration = Duration::from_secs(60);
/// How many cases run beside each other. They mostly wait.
const BESIDE_EACH_OTHER: usize = 16;

const TIMINGS: Timings = Timings {
    good_for: Duration::from_millis(500),
    poll_first: Duration::from_millis(20),
    poll_most: Duration::from_millis(60),
    in_progress: Duration::from_millis(200),
    settle: Duration::from_millis(1_200),
};

struct Rig {
    provider: SimulatedWallet,
    driver: QrWallet,
    mark: Mark,
    address: SocketAddr,
    _listening: Listening,
}

impl Rig {
    async fn new(timings: Timings) -> Rig {
        let provider = SimulatedWallet::new().expect("a provider");
        let listening = provider.listen("127.0.0.1:0".parse().expect("an address")).await.expect("a port");
        let address = listening.address();
        let driver = driver(provider.account(address, DEADLINE, ANSWER), timings);
        let mark = driver.mark().await.expect("a mark");
        Rig { provider, driver, mark, address, _listening: listening }
    }

    /// Carries it out before a customer who does something with the code when it is shown.
    async fn carry_out(&self, request: &Request, customer: impl AsyncFnOnce(&Rig, String)) -> Outcome {
        let (steps, mut told) = Steps::channel();
        let looks = async {
            while let Some(step) = told.recv().await {
                if let Step::ShowQr { text } = step {
                    return customer(self, text).await;
                }
            }
        };
        let carry_out = async {
            let steps = steps;
            self.driver.carry_out(request, &self.mark, &steps).await
        };
        tokio::join!(carry_out, looks).0
    }

    async fn settled_by_asking(&self, request: &Request) -> Outcome {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.driver.ask(request, &self.mark).await {
                Outcome::Unresolved(fault) => {
                    assert!(Instant::now() < deadline, "it does not find out: {fault:?}");
                }
                known => return known,
            }
        }
    }

    /// What the book has of it, in centavos.
    fn booked(&self, request: &Request) -> Option<i64> {
        let number = request.attempt.to_string();
        let received = self.provider.received().into_iter().map(|line| (line.number, line.minor));
        let back = self.provider.given_back().into_iter().map(|line| (line.number, line.minor));
        received.chain(back).find(|(of, _)| *of == number).map(|(_, minor)| minor)
    }
}

fn driver(account: PixAccount, timings: Timings) -> QrWallet {
    QrWallet::new(Arc::new(PixApi::new(account).expect("settings")), timings)
}

fn payment(attempt: u128, minor: i64) -> Request {
    Request {
        attempt: AttemptId(0x0198_0000_0000_7000_8000_0000_0000_0000 | attempt),
        sale: SaleReference::new("K1/0042").expect("a reference"),
        service: Service::Payment { tip: None },
        amount: Money::from_minor(minor, Currency::from_code("BRL").expect("a currency")),
    }
}

async fn pays(rig: &Rig, code: String) {
    assert!(rig.provider.scan(&code), "it can be paid");
}

async fn looks_on(_: &Rig, _: String) {}

fn misbehaviours() -> Vec<Misbehaviour> {
    let troubles = [Trouble::HangUp, Trouble::Status500, Trouble::Delay(TOO_LONG)];
    let at = Moment::ALL
        .into_iter()
        .flat_map(|moment| troubles.into_iter().map(move |trouble| Misbehaviour::At(moment, trouble)));
    at.chain(Wrongly::ALL.into_iter().map(Misbehaviour::Answers))
        .chain([Misbehaviour::HearsButDoesNotStop])
        .collect()
}

/// What a customer does who reads the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Customer {
    Pays,
    LooksOn,
    /// Keeps the code and pays after the till gave up.
    PaysLate,
    /// The payment is to be given back.
    WasPaid,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    customer: Customer,
    /// From the beginning, or from when the code is shown on.
    from_the_beginning: bool,
    while_carried_out: Misbehaviour,
    while_asked: Misbehaviour,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for customer in [Customer::Pays, Customer::LooksOn, Customer::PaysLate, Customer::WasPaid] {
        for wrong in misbehaviours() {
            for from_the_beginning in [true, false] {
                for while_asked in [Misbehaviour::None, wrong] {
                    cases.push(Case { customer, from_the_beginning, while_carried_out: wrong, while_asked });
                }
            }
        }
    }
    cases
}

fn holds(rig: &Rig, request: &Request, outcome: &Outcome, case: &Case, when: &str) {
    match outcome {
        Outcome::Approved(approval) => {
            assert_eq!(rig.booked(request), Some(approval.amount.minor()), "{when}: {case:?}");
        }
        Outcome::Declined(_) => assert_eq!(rig.booked(request), None, "{when}: {case:?}"),
        Outcome::Unresolved(fault) => assert!(fault.code().starts_with("HF-DEV-02"), "{when}: {case:?}"),
    }
}

async fn play(case: Case) -> &'static str {
    let rig = Rig::new(TIMINGS).await;
    let mut request = payment(7, 1_250);
    if case.customer == Customer::WasPaid {
        let Outcome::Approved(paid) = rig.carry_out(&payment(6, 2_000), pays).await else {
            panic!("it is paid first: {case:?}")
        };
        request.service = Service::Refund { original: Some(paid.transaction) };
    }
    if case.from_the_beginning || case.customer == Customer::WasPaid {
        rig.provider.misbehave(case.while_carried_out);
    }
    let mut kept = None;
    let first = rig
        .carry_out(&request, async |rig: &Rig, code| {
            rig.provider.misbehave(case.while_carried_out);
            match case.customer {
                Customer::Pays => pays(rig, code).await,
                Customer::PaysLate => kept = Some(code),
                Customer::LooksOn | Customer::WasPaid => {}
            }
        })
        .await;
    holds(&rig, &request, &first, &case, "carried out");
    // The code lies in somebody's telephone. It can be paid unless the driver said that it cannot.
    if let Some(code) = &kept {
        let could_be_paid = rig.provider.scan(code);
        let was_declined = matches!(first, Outcome::Declined(_));
        assert!(!(could_be_paid && was_declined), "paid after it was declined: {case:?}");
    }
    rig.provider.misbehave(case.while_asked);
    let second = rig.driver.ask(&request, &rig.mark).await;
    holds(&rig, &request, &second, &case, "asked");
    rig.provider.misbehave(Misbehaviour::None);
    let last = rig.settled_by_asking(&request).await;
    if let Some(code) = &kept {
        assert!(!rig.provider.scan(code), "it is settled, and can still be paid: {case:?}");
    }
    timeout(DEADLINE, rig.provider.idle()).await.expect("it is idle in time");
    match (&last, rig.booked(&request)) {
        (Outcome::Approved(approval), Some(minor)) => assert_eq!(approval.amount.minor(), minor, "{case:?}"),
        (Outcome::Declined(_), None) => {}
        (last, booked) => panic!("it says {last:?}, the book says {booked:?}: {case:?}"),
    }
    for earlier in [&first, &second] {
        let agrees = match (earlier, &last) {
            (Outcome::Approved(earlier), Outcome::Approved(last)) => earlier == last,
            (Outcome::Declined(_), Outcome::Declined(_)) | (Outcome::Unresolved(_), _) => true,
            _ => false,
        };
        assert!(agrees, "it said {earlier:?} and now {last:?}: {case:?}");
    }
    match last {
        Outcome::Approved(_) => "approved",
        _ => "declined",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_every_misbehaviour_the_driver_says_what_the_book_says() {
    let proof = Proof::of("R15", "a QR wallet over HTTPS");
    let cases = cases();
    let all = cases.len();
    let ends: Vec<&str> = stream::iter(cases).map(play).buffer_unordered(BESIDE_EACH_OTHER).collect().await;
    let approved = ends.iter().filter(|end| **end == "approved").count();
    println!("{all} cases: {approved} approved, {} declined", all - approved);
    assert!(approved > all / 5 && approved < all * 4 / 5, "both ends are met: {approved} of {all}");
    proof
        .counted(all as u64, "payments, refunds and reversals with a fault at a moment of an HTTPS request")
        .holds();
}

#[tokio::test]
async fn a_code_is_shown_and_paid() {
    let rig = Rig::new(TIMINGS).await;
    let request = payment(1, 1_250);
    let outcome = rig
        .carry_out(&request, async |rig: &Rig, code| {
            let read = BrCode::read(&code).expect("it is a code of Pix");
            assert_eq!(read.url(), format!("pix.example.com/qr/v2/{}", request.attempt));
            pays(rig, code).await;
        })
        .await;
    let Outcome::Approved(approval) = outcome else { panic!("it is approved: {outcome:?}") };
    assert_eq!(approval.amount, request.amount);
    assert_eq!(approval.card.entry, Some(EntryMode::QrCode));
    assert_eq!(approval.transaction.as_str(), "E12345678_202611281011_00000000000");
}

#[tokio::test]
async fn a_charge_that_is_made_again_is_the_same_charge() {
    let rig = Rig::new(TIMINGS).await;
    let request = payment(1, 1_250);
    // The hub stops while the code is shown, and the till asks for the same attempt once more.
    let (steps, mut told) = Steps::channel();
    {
        let shown = async { while !matches!(told.recv().await, Some(Step::ShowQr { .. })) {} };
        tokio::select! {
            outcome = rig.driver.carry_out(&request, &rig.mark, &steps) => panic!("{outcome:?}"),
            () = shown => {}
        }
    }
    let outcome = rig.carry_out(&request, pays).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
    assert_eq!(rig.provider.received().len(), 1);
    let again = rig.carry_out(&request, looks_on).await;
    assert!(matches!(again, Outcome::Approved(_)), "{again:?}");
    assert_eq!(rig.provider.received().len(), 1);
}

#[tokio::test]
async fn a_cashier_who_gives_up_stops_the_charge_or_hears_that_it_is_paid() {
    let patient = Timings { good_for: DEADLINE, ..TIMINGS };
    let rig = Rig::new(patient).await;
    let request = payment(1, 1_250);
    let outcome = rig
        .carry_out(&request, async |rig: &Rig, _| {
            rig.driver.abort(request.attempt).await.expect("it is asked")
        })
        .await;
    assert!(matches!(&outcome, Outcome::Declined(decline) if decline.condition == ErrorCondition::Aborted));
    assert_eq!(rig.provider.open_charges(), 0);

    // The customer is quicker.
    let request = payment(2, 1_250);
    let outcome = rig
        .carry_out(&request, async |rig: &Rig, code| {
            pays(rig, code).await;
            rig.driver.abort(request.attempt).await.expect("it is asked");
        })
        .await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");

    // The provider hears it and does not stop it: then nobody knows, until the customer pays.
    rig.provider.misbehave(Misbehaviour::HearsButDoesNotStop);
    let request = payment(3, 1_250);
    let mut kept = String::new();
    let outcome = rig
        .carry_out(&request, async |rig: &Rig, code| {
            kept = code;
            rig.driver.abort(request.attempt).await.expect("it is asked");
        })
        .await;
    assert!(matches!(outcome, Outcome::Unresolved(Fault::InProgress { .. })), "{outcome:?}");
    pays(&rig, kept).await;
    assert!(matches!(rig.settled_by_asking(&request).await, Outcome::Approved(_)));
}

#[tokio::test]
async fn money_goes_back_by_its_payment_and_no_further() {
    let rig = Rig::new(TIMINGS).await;
    let Outcome::Approved(paid) = rig.carry_out(&payment(1, 2_000), pays).await else { panic!("it is paid") };
    let back = |attempt, minor| Request {
        service: Service::Refund { original: Some(paid.transaction.clone()) },
        ..payment(attempt, minor)
    };
    let first = rig.carry_out(&back(2, 1_500), looks_on).await;
    assert!(matches!(&first, Outcome::Approved(approval) if approval.amount.minor() == 1_500), "{first:?}");
    // The same once more is the same.
    assert!(matches!(rig.carry_out(&back(2, 1_500), looks_on).await, Outcome::Approved(_)));
    let beyond = rig.carry_out(&back(3, 1_000), looks_on).await;
    assert!(
        matches!(&beyond, Outcome::Declined(decline) if decline.said() == Some("it is not done")),
        "{beyond:?}"
    );
    assert_eq!(rig.provider.given_back().len(), 1);
    let without = Request { service: Service::Refund { original: None }, ..payment(4, 100) };
    assert!(matches!(rig.carry_out(&without, looks_on).await, Outcome::Declined(_)));
}

#[tokio::test]
async fn another_account_never_heard_of_it_and_that_says_nothing() {
    let rig = Rig::new(TIMINGS).await;
    let mut account = rig.provider.account(rig.address, DEADLINE, ANSWER);
    account.key = "another".to_owned();
    let other = driver(account, TIMINGS);
    let outcome = other.ask(&payment(1, 1_250), &rig.mark).await;
    assert!(matches!(outcome, Outcome::Unresolved(Fault::CannotSay { .. })), "{outcome:?}");
    let outcome = rig.driver.ask(&payment(1, 1_250), &rig.mark).await;
    assert!(matches!(outcome, Outcome::Declined(decline) if decline.condition == ErrorCondition::NotFound));
}

#[tokio::test]
async fn only_the_provider_itself_is_spoken_with() {
    let (rig, stranger) = (Rig::new(TIMINGS).await, Rig::new(TIMINGS).await);
    let account = || rig.provider.account(rig.address, DEADLINE, ANSWER);
    let strangers = [
        PixAccount { port: stranger.address.port(), ..account() },
        PixAccount { server_name: "bank.example.com".to_owned(), ..account() },
        PixAccount { client_id: "somebody".to_owned(), ..account() },
    ];
    for account in strangers {
        let driver = driver(account, TIMINGS);
        let outcome = driver.carry_out(&payment(1, 1_250), &rig.mark, &Steps::channel().0).await;
        assert!(matches!(outcome, Outcome::Unresolved(Fault::NotTrusted { .. })), "{outcome:?}");
    }
    assert!(timeout(DEADLINE, rig.driver.diagnose()).await.expect("in time").expect("it is there").ready);
}
