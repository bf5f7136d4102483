//! The driver of Adyen's terminals against a simulated one that misbehaves: whatever happened, what the driver says in the end
//! is what stands in the terminal's own book.

#[path = "adyen/rig.rs"]
mod rig;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use futures::StreamExt;
use futures::stream;
use holdfast_devices::payment::card::EntryMode;
use holdfast_devices::payment::{
    Authorised, ErrorCondition, Fault, Outcome, PaymentDriver, Request, Service, Step, Steps,
};
use holdfast_devices::simulated::adyen::{Button, Customer, Kind, Misbehaviour, Moment, Trouble, Wrongly};
use holdfast_money::{Currency, Money};
use holdfast_testkit::proof::Proof;

use rig::{Rig, eur, outlived, payment};

/// How many cases run beside each other. They mostly wait.
const BESIDE_EACH_OTHER: usize = 12;

fn misbehaviours() -> Vec<Misbehaviour> {
    let troubles = [Trouble::HangUp, Trouble::Restart, Trouble::Status500, Trouble::Delay(rig::TOO_LONG)];
    let at = Moment::ALL
        .into_iter()
        .flat_map(|moment| troubles.into_iter().map(move |trouble| Misbehaviour::At(moment, trouble)));
    at.chain(Wrongly::ALL.into_iter().map(Misbehaviour::Answers)).collect()
}

#[derive(Debug, Clone, Copy)]
enum Wanted {
    Payment,
    RefundWithCard,
    RefundByReference,
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
    for wanted in [Wanted::Payment, Wanted::RefundWithCard, Wanted::RefundByReference] {
        for customer in [Customer::Pays, Customer::Fails(ErrorCondition::Refusal)] {
            for wrong in misbehaviours() {
                let case = Case {
                    wanted,
                    customer,
                    while_carried_out: Misbehaviour::None,
                    while_asked: Misbehaviour::None,
                };
                cases.push(Case { while_carried_out: wrong, ..case });
                cases.push(Case { while_asked: wrong, ..case });
                // The answer to the payment is lost, and the question goes wrong as well.
                let lost = Misbehaviour::At(Moment::BeforeAnswering, Trouble::HangUp);
                cases.push(Case { while_carried_out: lost, while_asked: wrong, ..case });
            }
        }
    }
    cases
}

/// Only what the book has may be approved, and only what it has not and never will may be declined.
async fn holds(rig: &Rig, request: &Request, outcome: &Outcome, case: &Case, when: &str) {
    match outcome {
        Outcome::Approved(approval) => {
            let line = rig.booked(request).unwrap_or_else(|| panic!("{when}: phantom approval: {case:?}"));
            assert_eq!(approval.amount, line.amount, "{when}: {case:?}");
        }
        Outcome::Declined(_) => {
            outlived(rig.terminal.idle()).await;
            assert_eq!(rig.booked(request), None, "{when}: declined, but booked: {case:?}");
        }
        Outcome::Unresolved(fault) => {
            // Nothing of what went wrong may look like an answer.
            assert!(fault.code().starts_with("HF-DEV-02"), "{when}: {case:?}");
        }
    }
}

async fn play(case: Case) -> &'static str {
    let rig = Rig::new().await;
    let request = match case.wanted {
        Wanted::Payment => payment(7, 1_250),
        Wanted::RefundWithCard => {
            Request { service: Service::Refund { original: None }, ..payment(7, 1_250) }
        }
        Wanted::RefundByReference => {
            let Outcome::Approved(paid) = rig.settled(&payment(6, 2_000)).await else {
                panic!("it is paid first")
            };
            Request { service: Service::Refund { original: Some(paid.transaction) }, ..payment(7, 1_250) }
        }
    };
    let mark = rig.driver.mark().await.expect("a mark");
    rig.terminal.set_customer(case.customer);

    rig.terminal.misbehave(case.while_carried_out);
    let first = rig.driver.carry_out(&request, &mark, &Steps::channel().0).await;
    holds(&rig, &request, &first, &case, "carried out").await;

    rig.terminal.misbehave(case.while_asked);
    let second = rig.driver.ask(&request, &mark).await;
    holds(&rig, &request, &second, &case, "asked").await;

    rig.terminal.misbehave(Misbehaviour::None);
    let last = rig.settled_by_asking(&request, &mark).await;
    outlived(rig.terminal.idle()).await;
    match (&last, rig.booked(&request)) {
        (Outcome::Approved(approval), Some(line)) => assert_eq!(approval.amount, line.amount, "{case:?}"),
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
    assert_eq!(rig.terminal.repeats(), 0, "something was sent twice: {case:?}");
    let (booked, ours) = (rig.terminal.booked(), request.attempt.to_string());
    let times = booked.iter().filter(|line| line.sale_transaction == ours);
    assert!(times.count() <= 1, "booked twice: {case:?}");
    match last {
        Outcome::Approved(_) => "approved",
        _ => "declined",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_every_misbehaviour_the_driver_says_what_the_book_says() {
    let proof = Proof::of("R15", "an Adyen terminal over HTTPS");
    let cases = cases();
    let all = cases.len();
    let ends: Vec<&str> = stream::iter(cases).map(play).buffer_unordered(BESIDE_EACH_OTHER).collect().await;
    let approved = ends.iter().filter(|end| **end == "approved").count();
    println!("{all} cases: {approved} approved, {} declined", all - approved);
    assert!(approved > all / 4 && approved < all * 3 / 4, "both ends are met: {approved} of {all}");
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
    for number in 0..200_u16 {
        let request = payment(u128::from(number) + 1_000, 100 + i64::from(number));
        let mark = rig.driver.mark().await.expect("a mark");
        let steps = Steps::channel().0;
        let whole = rig.driver.carry_out(&request, &mark, &steps);
        let outcome = at_most(usize::from(number % 20), whole).await;
        let told = rig.settled_by_asking(&request, &mark).await;
        outlived(rig.terminal.idle()).await;
        match (&told, rig.booked(&request)) {
            (Outcome::Approved(_), Some(_)) => ends[0] += 1,
            (Outcome::Declined(_), None) => ends[1] += 1,
            (told, booked) => panic!("{number}: it says {told:?}, the book says {booked:?}"),
        }
        if let Some(Outcome::Approved(_)) = outcome {
            assert!(matches!(told, Outcome::Approved(_)), "{number}");
        }
    }
    println!("{} of 200 arrived, {} did not", ends[0], ends[1]);
    assert!(ends.iter().all(|count| *count > 0), "both ends are met");
}

#[tokio::test]
async fn an_approval_has_its_facts_and_no_more() {
    let rig = Rig::new().await;
    let (steps, mut told) = Steps::channel();
    let tip = Some(eur(250));
    let request = Request { service: Service::Payment { tip }, ..payment(1, 1_250) };
    let mark = rig.driver.mark().await.expect("a mark");
    let Outcome::Approved(approval) = rig.driver.carry_out(&request, &mark, &steps).await else {
        panic!("it is approved")
    };
    assert_eq!((approval.amount, approval.tip), (eur(1_250), tip));
    assert!(approval.transaction.as_str().starts_with("SIM000000@"));
    let card = &approval.card;
    assert_eq!(card.scheme.as_ref().map(|word| word.as_str()), Some("visa"));
    assert_eq!(card.last_four.map(|four| four.to_string()).as_deref(), Some("1111"));
    assert_eq!(card.entry, Some(EntryMode::Contactless));
    assert_eq!(card.aid.as_ref().map(|word| word.as_str()), Some("A0000000031010"));
    assert_eq!(card.auth_code.as_ref().map(|word| word.as_str()), Some("123456"));
    assert_eq!(approval.slip.customer()[0], "SIMULATED TERMINAL");
    assert_eq!(approval.slip.merchant()[3], "TOTAL EUR 12.5");
    assert_eq!(told.try_recv().ok(), Some(Step::Connecting));
    assert_eq!(told.try_recv().ok(), Some(Step::PresentCard));
}

#[tokio::test]
async fn a_terminal_that_did_not_reach_its_bank_says_so_also_when_it_is_asked_later() {
    for (customer, authorised) in
        [(Customer::Pays, Authorised::Online), (Customer::PaysOffline, Authorised::Offline)]
    {
        let rig = Rig::new().await;
        rig.terminal.set_customer(customer);
        let mark = rig.driver.mark().await.expect("a mark");
        let (steps, _heard) = Steps::channel();
        let request = payment(1, 1_250);
        let told = rig.driver.carry_out(&request, &mark, &steps).await;
        let again = rig.driver.ask(&request, &mark).await;
        for outcome in [told, again] {
            let Outcome::Approved(approval) = outcome else { panic!("{outcome:?}") };
            assert_eq!(approval.authorised, authorised);
        }
    }
}

#[tokio::test]
async fn a_bank_may_give_less() {
    let rig = Rig::new().await;
    rig.terminal.set_customer(Customer::PaysAtMost(400));
    let Outcome::Approved(approval) = rig.settled(&payment(1, 1_250)).await else { panic!("it is approved") };
    assert_eq!(approval.amount, eur(400));
}

#[tokio::test]
async fn every_reason_arrives() {
    for condition in [
        ErrorCondition::Aborted,
        ErrorCondition::Busy,
        ErrorCondition::Cancel,
        ErrorCondition::DeviceOut,
        ErrorCondition::InvalidCard,
        ErrorCondition::NotAllowed,
        ErrorCondition::Refusal,
        ErrorCondition::UnreachableHost,
        ErrorCondition::WrongPin,
    ] {
        let rig = Rig::new().await;
        rig.terminal.set_customer(Customer::Fails(condition));
        match rig.settled(&payment(1, 1_250)).await {
            Outcome::Declined(decline) => {
                assert_eq!(decline.condition, condition);
                assert_eq!(decline.said(), Some("200 It came to nothing"));
            }
            other => panic!("{condition:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn yen_have_no_cents_and_dinars_have_three_places() {
    let rig = Rig::new().await;
    let dinar = Currency::from_code("KWD").expect("a currency");
    for (number, amount) in
        [Money::from_minor(1_250, Currency::JPY), Money::from_minor(1_251, dinar)].into_iter().enumerate()
    {
        let request = Request { amount, ..payment(number as u128, 1) };
        let Outcome::Approved(approval) = rig.settled(&request).await else { panic!("it is approved") };
        assert_eq!(approval.amount, amount);
        assert_eq!(rig.booked(&request).map(|line| line.amount), Some(amount));
    }
}

#[tokio::test]
async fn a_payment_goes_back_once_and_no_further() {
    let rig = Rig::new().await;
    let Outcome::Approved(paid) = rig.settled(&payment(1, 2_000)).await else { panic!("it is approved") };
    let reversal = Service::Reversal { original: paid.transaction.clone() };
    let whole = Request { service: reversal.clone(), ..payment(2, 2_000) };
    assert!(matches!(rig.settled(&whole).await, Outcome::Approved(back) if back.amount == eur(2_000)));
    let again = Request { service: reversal, ..payment(3, 2_000) };
    assert!(matches!(rig.settled(&again).await, Outcome::Declined(_)));
    let kinds: Vec<Kind> = rig.terminal.booked().iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [Kind::Payment, Kind::Reversal]);
}

#[tokio::test]
async fn an_abort_stops_who_waits_and_comes_too_late_for_who_paid() {
    let rig = Rig::new().await;
    rig.terminal.set_customer(Customer::Waits);
    let request = payment(1, 1_250);
    let stop = async {
        outlived(rig.terminal.waits_for_a_button()).await;
        rig.driver.abort(request.attempt).await.expect("it is asked to stop");
    };
    let (outcome, ()) = tokio::join!(rig.settled(&request), stop);
    assert!(matches!(outcome, Outcome::Declined(decline) if decline.condition == ErrorCondition::Cancel));

    let request = payment(2, 1_250);
    let stop = async {
        outlived(rig.terminal.waits_for_a_button()).await;
        assert!(rig.terminal.press(Button::Pay));
        rig.driver.abort(request.attempt).await.expect("it is asked to stop");
    };
    let (outcome, ()) = tokio::join!(rig.settled(&request), stop);
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
}

#[tokio::test]
async fn who_waits_for_a_customer_is_still_at_it() {
    let rig = Rig::new().await;
    rig.terminal.set_customer(Customer::Waits);
    let (request, mark) = (payment(1, 1_250), rig.driver.mark().await.expect("a mark"));
    let lost = rig.driver.carry_out(&request, &mark, &Steps::channel().0).await;
    assert!(matches!(lost, Outcome::Unresolved(Fault::Silent { .. })), "{lost:?}");
    let asked = rig.driver.ask(&request, &mark).await;
    assert!(matches!(asked, Outcome::Unresolved(Fault::InProgress { .. })), "{asked:?}");
    let health = rig.driver.diagnose().await.expect("it says how it is");
    assert_eq!((health.ready, health.says.as_str()), (false, "busy"));
    assert!(rig.terminal.press(Button::Pay));
    assert!(matches!(rig.settled_by_asking(&request, &mark).await, Outcome::Approved(_)));
}

#[tokio::test]
async fn what_a_terminal_never_heard_of_is_declined_only_while_it_would_know() {
    let rig = Rig::new().await;
    let (request, mark) = (payment(1, 1_250), rig.driver.mark().await.expect("a mark"));
    let never = rig.driver.ask(&request, &mark).await;
    assert!(matches!(never, Outcome::Declined(decline) if decline.condition == ErrorCondition::NotFound));

    rig.sources.advance_hours(25);
    let forgotten = rig.driver.ask(&request, &mark).await;
    assert!(matches!(forgotten, Outcome::Unresolved(Fault::CannotSay { .. })), "{forgotten:?}");
    rig.sources.advance_hours(-50);
    let set_back = rig.driver.ask(&request, &mark).await;
    assert!(matches!(set_back, Outcome::Unresolved(Fault::CannotSay { .. })), "{set_back:?}");

    let other = Rig::called("another-store").await;
    let elsewhere = rig.driver.ask(&request, &other.driver.mark().await.expect("a mark")).await;
    assert!(matches!(elsewhere, Outcome::Unresolved(Fault::CannotSay { .. })), "{elsewhere:?}");
}

#[tokio::test]
async fn the_day_is_counted() {
    let rig = Rig::new().await;
    for number in 0..3 {
        assert!(matches!(rig.settled(&payment(number, 1_000)).await, Outcome::Approved(_)));
    }
    let back = Request { service: Service::Refund { original: None }, ..payment(9, 400) };
    assert!(matches!(rig.settled(&back).await, Outcome::Approved(_)));
    let totals = rig.driver.reconcile().await.expect("it counts");
    assert_eq!((totals.lines.len(), totals.reference.as_deref()), (1, Some("1")));
    let line = &totals.lines[0];
    assert_eq!((line.scheme.as_str(), line.count, line.net), ("visa", 4, eur(2_600)));
    assert!(rig.driver.reconcile().await.expect("it counts").lines.is_empty());
    assert!(rig.driver.diagnose().await.expect("it says how it is").ready);
}

#[tokio::test]
async fn what_is_wrong_about_an_answer_is_told_apart() {
    for wrongly in Wrongly::ALL {
        let rig = Rig::new().await;
        let (request, mark) = (payment(1, 1_250), rig.driver.mark().await.expect("a mark"));
        rig.terminal.misbehave(Misbehaviour::Answers(wrongly));
        for outcome in [
            rig.driver.carry_out(&request, &mark, &Steps::channel().0).await,
            rig.driver.ask(&request, &mark).await,
        ] {
            let is_right = match (&outcome, wrongly) {
                (Outcome::Approved(_), Wrongly::Twice) => true,
                (Outcome::Unresolved(fault), _) => matches!(
                    (fault, wrongly),
                    (Fault::Disconnected { .. }, Wrongly::CutInHalf)
                        | (Fault::Foreign { .. }, Wrongly::ForAnother | Wrongly::AboutAnother)
                        | (Fault::NotTrusted { .. }, Wrongly::WrongProof)
                        | (
                            Fault::Garbled { .. },
                            Wrongly::Unsealed | Wrongly::WithoutResult | Wrongly::Nonsense
                        )
                ),
                _ => false,
            };
            assert!(is_right, "{wrongly:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn only_the_terminal_itself_is_spoken_with() {
    let rig = Rig::new().await;
    let (request, mark) = (payment(1, 1_250), rig.driver.mark().await.expect("a mark"));
    let stranger = Rig::new().await;
    let strangers = [
        // A certificate of another root, as everybody can make one.
        rig.driver_with(|settings| settings.port = stranger.address.port()),
        // A terminal of the same maker, but not this one.
        rig.driver_with(|settings| settings.poi_id = "V400m-000000001".to_owned()),
        // The right terminal, but another key.
        rig.driver_with(|settings| settings.key.version = 9),
        rig.driver_with(|settings| settings.key.passphrase.push('!')),
    ];
    let reasons = ["certificate", "certificate", "key", "key"];
    for (driver, reason) in strangers.into_iter().zip(reasons) {
        match driver.carry_out(&request, &mark, &Steps::channel().0).await {
            Outcome::Unresolved(Fault::NotTrusted { what, .. }) => assert!(what.contains(reason), "{what}"),
            other => panic!("{reason}: {other:?}"),
        }
    }
    assert!(rig.terminal.booked().is_empty() && stranger.terminal.booked().is_empty());
}

#[tokio::test]
async fn a_terminal_that_is_off_is_no_decline() {
    let rig = Rig::new().await;
    let (request, mark) = (payment(1, 1_250), rig.driver.mark().await.expect("a mark"));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let driver = rig.driver_with(|settings| settings.port = port);
    for outcome in
        [driver.carry_out(&request, &mark, &Steps::channel().0).await, driver.ask(&request, &mark).await]
    {
        assert!(matches!(outcome, Outcome::Unresolved(Fault::Unreachable { .. })), "{outcome:?}");
    }
}
