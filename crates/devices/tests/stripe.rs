//! The driver of Stripe's readers against a simulated Stripe that misbehaves: whatever happened, what the driver says in the end
//! is what stands in Stripe's own book, and nothing is booked twice.

#[path = "stripe/rig.rs"]
mod rig;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use holdfast_devices::payment::breaker::{BreakerState, Gate, Guarded, Limits};
use holdfast_devices::payment::card::EntryMode;
use holdfast_devices::payment::stripe::{SecretKey, Timings};
use holdfast_devices::payment::{
    ErrorCondition, Fault, Outcome, PaymentDriver, PoiTransaction, Request, Service, Step, Steps,
};
use holdfast_devices::simulated::stripe::{Customer, Kind, Misbehaviour, Trouble};
use holdfast_money::{Currency, Money};
use holdfast_testkit::proof::Proof;
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use rig::{DEADLINE, Rig, TIMINGS, TOO_LONG, eur, outlived, payment};

/// How many cases run beside each other. They mostly wait.
const BESIDE_EACH_OTHER: usize = 24;

/// What two payments need at most, at the pace at which the driver looks here.
const REQUESTS_MAX: u64 = 150;

const TROUBLES: [Trouble; 16] = [
    Trouble::HangUpBefore,
    Trouble::HangUpAfter,
    Trouble::CutInHalf,
    Trouble::Fails,
    Trouble::FailsAfter,
    Trouble::KeepsFailing,
    Trouble::Refuses,
    Trouble::TooMany,
    Trouble::DelaysBefore(TOO_LONG),
    Trouble::DelaysAfter(TOO_LONG),
    Trouble::Mute,
    Trouble::AboutAnother,
    Trouble::WithoutStatus,
    Trouble::Empty,
    Trouble::Nonsense,
    Trouble::NoSuchPage,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Payment,
    Refund,
    Reversal,
}

impl Wanted {
    /// The requests that a driver may send for it.
    fn kinds(self) -> &'static [Kind] {
        match self {
            Wanted::Payment => &[
                Kind::Create,
                Kind::Process,
                Kind::LookAtReader,
                Kind::LookAtIntent,
                Kind::Search,
                Kind::Capture,
                Kind::Cancel,
                Kind::CancelAction,
            ],
            Wanted::Refund => &[Kind::LookAtReader, Kind::LookAtIntent, Kind::Refund, Kind::ListRefunds],
            Wanted::Reversal => &[Kind::LookAtIntent, Kind::Refund],
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Case {
    wanted: Wanted,
    customer: Customer,
    while_carried_out: Misbehaviour,
    while_asked: Misbehaviour,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (wanted, customer) in [
        (Wanted::Payment, Customer::Pays),
        (Wanted::Payment, Customer::IsDeclined("insufficient_funds")),
        (Wanted::Payment, Customer::Cancels),
        (Wanted::Refund, Customer::Pays),
        (Wanted::Reversal, Customer::Pays),
    ] {
        let at = TROUBLES.into_iter().flat_map(|trouble| {
            let at = wanted.kinds().iter().map(move |kind| Misbehaviour::At(*kind, trouble));
            at.chain([Misbehaviour::Always(trouble)])
        });
        for wrong in at {
            let fine = Misbehaviour::None;
            let case = Case { wanted, customer, while_carried_out: wrong, while_asked: fine };
            cases.push(case);
            if customer == Customer::Cancels {
                continue;
            }
            // The answer to the step that matters is lost, and the question goes wrong as well.
            let step = if wanted == Wanted::Payment { Kind::Process } else { Kind::Refund };
            let lost = Misbehaviour::At(step, Trouble::HangUpAfter);
            cases.push(Case { while_carried_out: lost, while_asked: wrong, ..case });
        }
    }
    cases
}

/// Only what the book has may be approved, and only what it has not and never will may be declined.
async fn holds(rig: &Rig, request: &Request, outcome: &Outcome, case: &Case, when: &str) {
    match outcome {
        Outcome::Approved(approval) => {
            assert_eq!(rig.booked(request), [approval.amount.minor()], "{when}: {case:?}");
        }
        Outcome::Declined(_) => {
            outlived(rig.stripe.idle()).await;
            assert!(rig.booked(request).is_empty(), "{when}: declined, but booked: {case:?}");
            assert_eq!(rig.stripe.open(), 0, "{when}: declined, but it can be booked: {case:?}");
        }
        Outcome::Unresolved(fault) => assert!(fault.code().starts_with("HF-DEV-0"), "{when}: {case:?}"),
    }
}

async fn play(case: Case) -> &'static str {
    let rig = Rig::new().await;
    rig.stripe.set_index_lag(Duration::from_millis(100));
    let mut request = payment(7, 1_250);
    let original = rig.paid(&payment(6, 1_250)).await.transaction;
    if case.wanted != Wanted::Payment {
        request.service = match case.wanted {
            Wanted::Refund => Service::Refund { original: Some(original) },
            _ => Service::Reversal { original },
        };
    }
    let mark = rig.mark().await;
    rig.stripe.set_customer(case.customer);

    rig.stripe.misbehave(case.while_carried_out);
    let first = rig.driver.carry_out(&request, &mark, &Steps::channel().0).await;
    let requests = rig.stripe.requests();
    assert!(requests < REQUESTS_MAX, "{requests} requests: {case:?}");
    if case.while_carried_out != Misbehaviour::Always(Trouble::Mute) {
        // A mute one works on it until it is told otherwise.
        let is_mute = matches!(case.while_carried_out, Misbehaviour::At(_, Trouble::Mute));
        if !is_mute {
            holds(&rig, &request, &first, &case, "carried out").await;
        }
    }

    rig.stripe.misbehave(case.while_asked);
    let second = rig.driver.ask(&request, &mark).await;

    rig.stripe.misbehave(Misbehaviour::None);
    holds(&rig, &request, &second, &case, "asked").await;
    let keeps_failing =
        [Misbehaviour::At(Kind::Create, Trouble::KeepsFailing), Misbehaviour::Always(Trouble::KeepsFailing)];
    if case.wanted == Wanted::Payment && keeps_failing.contains(&case.while_carried_out) {
        // There is no payment, but Stripe never says so: a person decides.
        let last = rig.driver_with(|_| {}).ask(&request, &mark).await;
        assert!(matches!(last, Outcome::Unresolved(_)), "{last:?}: {case:?}");
        assert!(rig.booked(&request).is_empty() && rig.stripe.open() == 0, "{case:?}");
        return "left to a person";
    }
    let last = rig.settled(&request, &mark, &format!("{case:?}")).await;
    outlived(rig.stripe.idle()).await;
    match (&last, rig.booked(&request).as_slice()) {
        (Outcome::Approved(approval), [minor]) => assert_eq!(approval.amount.minor(), *minor, "{case:?}"),
        (Outcome::Declined(_), []) => assert_eq!(rig.stripe.open(), 0, "{case:?}"),
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
    let proof = Proof::of("R15", "Stripe over HTTPS");
    let cases = cases();
    let all = cases.len();
    let ends: Vec<&str> = stream::iter(cases).map(play).buffer_unordered(BESIDE_EACH_OTHER).collect().await;
    let count = |wanted: &str| ends.iter().filter(|end| **end == wanted).count();
    let (approved, declined, left) = (count("approved"), count("declined"), count("left to a person"));
    println!("{all} cases: {approved} approved, {declined} declined, {left} left to a person");
    assert!(approved > all / 4 && declined > all / 4 && left <= 6, "{approved} {declined} {left} of {all}");
    proof
        .counted(all as u64, "payments, refunds and reversals with a fault at a moment of an HTTPS request")
        .holds();
}

/// A future that is dropped after so many polls, each of which waits for the line once.
async fn at_most<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut polled) = (pin!(future), 0);
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        match future.as_mut().poll(context) {
            Poll::Pending if polled == polls => Poll::Ready(None),
            polled => polled.map(Some),
        }
    })
    .await
}

#[tokio::test]
async fn a_payment_that_is_dropped_at_any_moment_is_found_again() {
    let rig = Rig::new().await;
    let mut ends = [0_u32; 2];
    for number in 0..150_u16 {
        let request = payment(u128::from(number) + 1_000, 100 + i64::from(number));
        let mark = rig.mark().await;
        let steps = Steps::channel().0;
        let outcome = at_most(usize::from(number), rig.driver.carry_out(&request, &mark, &steps)).await;
        let told = rig.settled_by_asking(&request, &mark).await;
        outlived(rig.stripe.idle()).await;
        match (&told, rig.booked(&request).as_slice()) {
            (Outcome::Approved(_), [_]) => ends[0] += 1,
            (Outcome::Declined(_), []) => ends[1] += 1,
            (told, booked) => panic!("{number}: it says {told:?}, the book says {booked:?}"),
        }
        if let Some(Outcome::Approved(_)) = outcome {
            assert!(matches!(told, Outcome::Approved(_)), "{number}");
        }
        assert_eq!(rig.stripe.open(), 0, "{number}");
    }
    println!("{} of 150 were paid, {} were not", ends[0], ends[1]);
    assert!(ends.iter().all(|count| *count > 0), "both ends are met");
}

#[tokio::test]
async fn an_approval_has_its_facts_and_no_more() {
    let rig = Rig::new().await;
    rig.stripe.set_customer(Customer::PaysWithTip(250));
    let (steps, mut told) = Steps::channel();
    let mark = rig.mark().await;
    let outcome = rig.driver.carry_out(&payment(1, 1_250), &mark, &steps).await;
    assert!(!format!("{outcome:?} {:?} {:?}", rig.driver, rig.settings).contains("canary"));
    assert!(!format!("{:?} {:?}", rig.driver, rig.settings).contains("secretofthesimulation"));
    let Outcome::Approved(approval) = outcome else { panic!("it is approved: {outcome:?}") };
    assert_eq!((approval.amount, approval.tip), (eur(1_500), Some(eur(250))));
    assert!(approval.transaction.as_str().starts_with("pi_"));
    let card = &approval.card;
    assert_eq!(card.scheme.as_ref().map(|word| word.as_str()), Some("visa"));
    assert_eq!(card.last_four.map(|four| four.to_string()).as_deref(), Some("4242"));
    assert_eq!(card.entry, Some(EntryMode::Mobile));
    assert_eq!(card.wallet.as_ref().map(|word| word.as_str()), Some("apple pay"));
    assert_eq!(card.aid.as_ref().map(|word| word.as_str()), Some("A0000000031010"));
    assert_eq!(card.auth_code.as_ref().map(|word| word.as_str()), Some("123456"));
    assert_eq!(card.token.as_ref().map(|word| word.as_str()), Some("pm_generated1"));
    assert_eq!(told.try_recv().ok(), Some(Step::Connecting));
    assert_eq!(told.try_recv().ok(), Some(Step::PresentCard));
    // A tip that the till knows is not asked for once more.
    let request = Request { service: Service::Payment { tip: Some(eur(100)) }, ..payment(2, 1_350) };
    let approval = rig.paid(&request).await;
    assert_eq!((approval.amount, approval.tip), (eur(1_350), Some(eur(100))));
}

#[tokio::test]
async fn every_reason_arrives() {
    for (customer, condition) in [
        (Customer::IsDeclined("insufficient_funds"), ErrorCondition::Refusal),
        (Customer::IsDeclined("something_new"), ErrorCondition::Refusal),
        (Customer::IsDeclined("incorrect_pin"), ErrorCondition::WrongPin),
        (Customer::IsDeclined("expired_card"), ErrorCondition::InvalidCard),
        (Customer::Cancels, ErrorCondition::Cancel),
        (Customer::IsOffline, ErrorCondition::DeviceOut),
        (Customer::IsBusy, ErrorCondition::Busy),
        // Whoever does nothing is sent away.
        (Customer::Waits, ErrorCondition::Aborted),
    ] {
        let rig = Rig::new().await;
        rig.stripe.set_customer(customer);
        let outcome = rig.carried_out(&payment(1, 1_250)).await;
        let Outcome::Declined(decline) = outcome else { panic!("{customer:?}: {outcome:?}") };
        assert_eq!(decline.condition, condition, "{customer:?}");
        assert_eq!((rig.stripe.open(), rig.stripe.is_at_it()), (0, false), "{customer:?}");
    }
}

#[tokio::test]
async fn money_goes_back_by_its_payment_and_no_further() {
    let rig = Rig::new().await;
    let paid = rig.paid(&payment(1, 2_000)).await.transaction;
    let back = |attempt, minor| Request {
        service: Service::Refund { original: Some(paid.clone()) },
        ..payment(attempt, minor)
    };
    let first = rig.paid(&back(2, 1_500)).await;
    assert_eq!((first.amount, first.transaction.as_str()), (eur(1_500), "re_sim00000001"));
    assert_eq!(rig.paid(&back(2, 1_500)).await.transaction, first.transaction, "the same is the same");
    let beyond = rig.carried_out(&back(3, 1_000)).await;
    assert!(matches!(&beyond, Outcome::Declined(no) if no.said() == Some("It is not done.")), "{beyond:?}");
    assert_eq!(rig.stripe.given_back().len(), 1);

    let requests = rig.stripe.requests();
    let nowhere = [
        Service::Refund { original: None },
        Service::Reversal { original: PoiTransaction::new("SIM/1").expect("a number") },
    ];
    for service in nowhere {
        let outcome = rig.carried_out(&Request { service, ..payment(4, 100) }).await;
        assert!(matches!(outcome, Outcome::Declined(no) if no.condition == ErrorCondition::NotAllowed));
    }
    assert_eq!(rig.stripe.requests(), requests, "nothing of it left");
}

#[tokio::test]
async fn yen_have_no_cents_and_kronur_are_not_taken() {
    let rig = Rig::new().await;
    let request = Request { amount: Money::from_minor(1_250, Currency::JPY), ..payment(1, 1) };
    assert_eq!(rig.paid(&request).await.amount, request.amount);
    assert_eq!(rig.booked(&request), [1_250]);
    let kronur = Currency::from_code("ISK").expect("a currency");
    let request = Request { amount: Money::from_minor(1_250, kronur), ..payment(2, 1) };
    let outcome = rig.carried_out(&request).await;
    assert!(matches!(outcome, Outcome::Declined(no) if no.condition == ErrorCondition::NotAllowed));
}

fn patient() -> Timings {
    Timings { answer: DEADLINE, payment: DEADLINE, ..TIMINGS }
}

async fn until(what: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !what() {
        assert!(Instant::now() < deadline, "it happens in time");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_abort_stops_who_waits_and_comes_too_late_for_who_paid() {
    let rig = Rig::with(patient()).await;
    rig.stripe.set_customer(Customer::Waits);
    let request = payment(1, 1_250);
    let stop = async {
        until(|| rig.stripe.is_at_it()).await;
        rig.driver.abort(payment(9, 1).attempt).await.expect("another's abort stops nobody");
        assert!(rig.stripe.is_at_it());
        // A hub that was started again since remembers nothing, and stops it all the same.
        rig.driver_with(|_| {}).abort(request.attempt).await.expect("it is asked to stop");
    };
    let (outcome, ()) = tokio::join!(rig.carried_out(&request), stop);
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");

    let request = payment(2, 1_250);
    let stop = async {
        until(|| rig.stripe.is_at_it()).await;
        assert!(rig.stripe.pay());
        rig.driver.abort(request.attempt).await.expect("it is asked to stop");
    };
    let (outcome, ()) = tokio::join!(rig.carried_out(&request), stop);
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");

    let request = payment(3, 1_250);
    rig.driver.abort(request.attempt).await.expect("it is asked before it begins");
    let outcome = rig.carried_out(&request).await;
    assert!(matches!(outcome, Outcome::Declined(no) if no.condition == ErrorCondition::Aborted));
}

#[tokio::test]
async fn who_waits_for_a_customer_is_still_at_it() {
    let rig = Rig::with(patient()).await;
    rig.stripe.set_customer(Customer::Waits);
    let (request, mark) = (payment(1, 1_250), rig.mark().await);
    let steps = Steps::channel().0;
    tokio::select! {
        outcome = rig.driver.carry_out(&request, &mark, &steps) => panic!("{outcome:?}"),
        () = until(|| rig.stripe.is_at_it()) => {}
    }
    let asked = rig.driver_with(|_| {}).ask(&request, &mark).await;
    assert!(matches!(asked, Outcome::Unresolved(Fault::InProgress { .. })), "{asked:?}");
    let health = rig.driver.diagnose().await.expect("it says how it is");
    assert_eq!((health.ready, health.says.as_str()), (false, "busy, simulated_wisepos_e"));
    assert!(rig.stripe.pay());
    assert!(matches!(rig.settled_by_asking(&request, &mark).await, Outcome::Approved(_)));
    assert!(rig.driver.diagnose().await.expect("it says how it is").ready);
}

#[tokio::test]
async fn what_never_arrived_is_ended_for_ever_while_keys_are_kept() {
    let rig = Rig::new().await;
    let (request, mark) = (payment(1, 1_250), rig.mark().await);
    let never = rig.driver.ask(&request, &mark).await;
    assert!(matches!(never, Outcome::Declined(no) if no.condition == ErrorCondition::NotFound));
    assert_eq!(rig.stripe.open(), 0);
    // What comes late finds it so.
    let late = rig.driver.carry_out(&request, &mark, &Steps::channel().0).await;
    assert!(matches!(late, Outcome::Declined(_)), "{late:?}");
    assert!(rig.stripe.captured().is_empty());
}

#[tokio::test]
async fn after_a_day_what_a_search_finds_is_believed_and_what_it_does_not_find_is_not() {
    let rig = Rig::new().await;
    rig.stripe.set_index_lag(DEADLINE);
    let (request, mark) = (payment(1, 1_250), rig.mark().await);
    rig.stripe.misbehave(Misbehaviour::At(Kind::Process, Trouble::HangUpAfter));
    let lost = rig.driver.carry_out(&request, &mark, &Steps::channel().0).await;
    assert!(matches!(lost, Outcome::Unresolved(Fault::Disconnected { .. })), "{lost:?}");
    rig.stripe.misbehave(Misbehaviour::None);
    rig.stripe.forget_keys();
    for hours in [25, -50] {
        rig.clock.advance_hours(hours);
        let unsure = rig.driver_with(|_| {}).ask(&request, &mark).await;
        assert!(matches!(unsure, Outcome::Unresolved(Fault::CannotSay { .. })), "{unsure:?}");
    }
    rig.stripe.set_index_lag(Duration::ZERO);
    let found = rig.driver_with(|_| {}).ask(&request, &mark).await;
    assert!(matches!(found, Outcome::Approved(_)), "{found:?}");
    assert_eq!(rig.booked(&request), [1_250]);
}

#[tokio::test]
async fn another_accounts_books_say_nothing() {
    let rig = Rig::new().await;
    let request = payment(1, 1_250);
    // A mark of a reader that this account does not know.
    let other = rig.driver_with(|settings| settings.reader = "tmr_elsewhere".to_owned());
    let mark = other.mark().await.expect("a mark");
    let outcome = rig.driver.ask(&request, &mark).await;
    assert!(matches!(outcome, Outcome::Unresolved(Fault::CannotSay { .. })), "{outcome:?}");
    // A reader that was replaced does not matter: the mark names the one that proves it.
    let outcome = other.ask(&request, &rig.mark().await).await;
    assert!(matches!(outcome, Outcome::Declined(no) if no.condition == ErrorCondition::NotFound));
}

#[tokio::test]
async fn a_key_that_is_not_taken_begins_nothing_and_says_nothing_about_what_was_begun() {
    let rig = Rig::new().await;
    rig.stripe.misbehave(Misbehaviour::KeyRevoked);
    let (request, mark) = (payment(1, 1_250), rig.mark().await);
    let outcome = rig.driver.carry_out(&request, &mark, &Steps::channel().0).await;
    let Outcome::Declined(decline) = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        (decline.condition, decline.said()),
        (ErrorCondition::NotAllowed, Some("the secret key is not taken"))
    );
    let outcome = rig.driver.ask(&request, &mark).await;
    assert!(matches!(outcome, Outcome::Unresolved(Fault::NotTrusted { .. })), "{outcome:?}");
    assert!(matches!(rig.driver.reconcile().await, Err(Fault::NotCapable { .. })));
}

#[tokio::test]
async fn only_stripe_itself_is_spoken_with() {
    let (rig, stranger) = (Rig::new().await, Rig::new().await);
    let (request, mark) = (payment(1, 1_250), rig.mark().await);
    // A certificate of another root, as everybody can make one.
    let driver = rig.driver_with(|settings| settings.api = stranger.settings.api.clone());
    let outcome = driver.carry_out(&request, &mark, &Steps::channel().0).await;
    assert!(matches!(outcome, Outcome::Unresolved(Fault::NotTrusted { .. })), "{outcome:?}");
    assert_eq!(stranger.stripe.requests(), 0);
    let other_key = SecretKey::new(Zeroizing::new("sk_test_another".to_owned())).expect("a key");
    let driver = rig.driver_with(|settings| settings.key = other_key);
    assert!(matches!(driver.diagnose().await, Err(Fault::NotTrusted { .. })));
}

const QUICK: Limits = Limits {
    failures_max: 3,
    window: Duration::from_secs(60),
    rest_first: Duration::from_millis(200),
    rest_most: Duration::from_millis(400),
    slow: Duration::from_secs(5),
    question: Duration::from_secs(30),
    questions_max: 4,
    question_every: Duration::from_secs(30),
};

#[tokio::test]
async fn no_payment_begins_while_the_gateway_is_down() {
    let rig = Rig::new().await;
    let guarded = Guarded::new(rig.driver_with(|_| {}), Gate::new("Stripe", QUICK));
    let steps = Steps::channel().0;
    rig.stripe.misbehave(Misbehaviour::Always(Trouble::HangUpBefore));
    let mut unsure = Vec::new();
    let began = Instant::now();
    // Customers go on coming for two seconds.
    for number in 0.. {
        match guarded.mark().await {
            Ok(mark) => {
                let request = payment(number, 1_250);
                let outcome = guarded.carry_out(&request, &mark, &steps).await;
                assert!(matches!(outcome, Outcome::Unresolved(_)), "{outcome:?}");
                unsure.push((request, mark));
            }
            Err(Fault::Resting { seconds, .. }) => assert_eq!(seconds, 1),
            Err(Fault::Disconnected { .. }) => {}
            Err(fault) => panic!("{fault:?}"),
        }
        for (request, mark) in &unsure {
            assert!(matches!(guarded.ask(request, mark).await, Outcome::Unresolved(_)));
        }
        if began.elapsed() > Duration::from_secs(2) {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(unsure.len() <= 3, "{} payments began", unsure.len());
    let limit = u64::from(QUICK.attempts_max(began.elapsed()));
    assert!(rig.stripe.requests() <= limit, "{} requests, {limit} are allowed", rig.stripe.requests());
    assert_ne!(guarded.gate().health().state, BreakerState::Closed);

    rig.stripe.misbehave(Misbehaviour::None);
    let back = Instant::now();
    let mark = timeout(DEADLINE, async {
        loop {
            match guarded.mark().await {
                Ok(mark) => return mark,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    let mark = mark.await.expect("it comes back");
    assert!(back.elapsed() <= QUICK.recovery_max(), "{:?}", back.elapsed());
    assert_eq!(guarded.gate().health().state, BreakerState::Closed);
    let outcome = guarded.carry_out(&payment(99, 1_250), &mark, &steps).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_gateway_that_gets_too_much_is_left_alone_for_as_long_as_it_says() {
    let rig = Rig::new().await;
    let guarded = Guarded::new(rig.driver_with(|_| {}), Gate::new("Stripe", QUICK));
    rig.stripe.misbehave(Misbehaviour::At(Kind::Create, Trouble::TooMany));
    let mark = guarded.mark().await.expect("a mark");
    let outcome = guarded.carry_out(&payment(1, 1_250), &mark, &Steps::channel().0).await;
    assert!(matches!(outcome, Outcome::Unresolved(Fault::Resting { seconds: 7, .. })), "{outcome:?}");
    let refused = guarded.mark().await;
    assert!(matches!(refused, Err(Fault::Resting { seconds: 7, .. })), "{refused:?}");
    // What became of it is asked all the same, and the answer ends the rest.
    rig.stripe.misbehave(Misbehaviour::None);
    let outcome = guarded.ask(&payment(1, 1_250), &mark).await;
    assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
    assert!(guarded.mark().await.is_ok());
}

#[tokio::test]
async fn the_same_attempt_for_another_amount_is_neither_paid_nor_declined() {
    let rig = Rig::new().await;
    rig.paid(&payment(1, 1_250)).await;
    let other = rig.carried_out(&payment(1, 999)).await;
    assert!(matches!(other, Outcome::Unresolved(Fault::CannotSay { .. })), "{other:?}");
    assert_eq!(rig.booked(&payment(1, 999)), [1_250]);
    // The very same is the same payment, which is not given to the reader again.
    let requests = rig.stripe.requests();
    assert_eq!(rig.paid(&payment(1, 1_250)).await.amount, eur(1_250));
    assert_eq!((rig.booked(&payment(1, 1_250)), rig.stripe.requests()), (vec![1_250], requests + 2));
}

#[tokio::test]
async fn a_stripe_that_cannot_be_reached_is_no_decline() {
    let rig = Rig::new().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let driver = rig.driver_with(|settings| settings.api = format!("https://127.0.0.1:{port}"));
    let (request, mark) = (payment(1, 1_250), rig.mark().await);
    for outcome in
        [driver.carry_out(&request, &mark, &Steps::channel().0).await, driver.ask(&request, &mark).await]
    {
        assert!(matches!(outcome, Outcome::Unresolved(Fault::Unreachable { .. })), "{outcome:?}");
    }
}
