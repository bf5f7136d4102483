//! Card terminals that speak ZVT, played by the simulated one: what the driver says, held against the terminal's book.

use std::time::Duration;

use holdfast_devices::payment::zvt::command::Password;
use holdfast_devices::payment::zvt::result_code::ResultCode;
use holdfast_devices::payment::zvt::{Framing, Timings, ZvtConfig, ZvtTerminal};
use holdfast_devices::payment::{
    AttemptId, Authorised, ErrorCondition, Fault, Mark, Outcome, PaymentDriver, PoiTransaction, Request,
    SaleReference, Service, Step, Steps,
};
use holdfast_devices::simulated::zvt::{
    Auto, CardAnswer, Declines, Kind, Misbehaviour, Paper, ProtocolStep, Script, SimulatedZvt,
    Unacknowledged, When, ZvtSettings,
};
use holdfast_money::{Currency, Money};
use holdfast_testkit::proof::Proof;
use tokio::time::{Instant, sleep};

const CONFIG: ZvtConfig = ZvtConfig { password: Password::DELIVERED, currency: Currency::EUR };
/// Within this time of the terminal's return every attempt is resolved (P3).
const RESOLVED: Duration = Duration::from_secs(60);

fn euro(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn request(service: Service, minor: i64) -> Request {
    let sale = SaleReference::new("1-0042").expect("a reference");
    Request { attempt: AttemptId(7), sale, service, amount: euro(minor) }
}

fn payment(minor: i64) -> Request {
    request(Service::Payment { tip: None }, minor)
}

fn terminal(simulator: &SimulatedZvt) -> ZvtTerminal {
    ZvtTerminal::simulated(simulator.clone(), CONFIG, Timings::default())
}

fn automatic(settings: ZvtSettings, answer: CardAnswer) -> SimulatedZvt {
    let simulator = SimulatedZvt::new(settings);
    simulator.automatic(Some(Auto { delay: Duration::from_secs(3), answer }));
    simulator
}

/// Counts steps once the line of the last conversation is at its end.
async fn follow(simulator: &SimulatedZvt, script: Option<Script>) {
    sleep(Duration::from_secs(1)).await;
    simulator.follow(script);
}

async fn carry_out(terminal: &ZvtTerminal, request: &Request, mark: &Mark) -> Outcome {
    let (steps, _heard) = Steps::channel();
    terminal.carry_out(request, mark, &steps).await
}

async fn pay(terminal: &ZvtTerminal, request: &Request) -> Outcome {
    let mark = terminal.mark().await.expect("a mark");
    carry_out(terminal, request, &mark).await
}

#[track_caller]
fn approved(outcome: Outcome) -> holdfast_devices::payment::Approval {
    match outcome {
        Outcome::Approved(approval) => *approval,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn declined(outcome: Outcome) -> ErrorCondition {
    match outcome {
        Outcome::Declined(decline) => decline.condition,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn unresolved(outcome: Outcome) -> Fault {
    match outcome {
        Outcome::Unresolved(fault) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_approves_by_itself_says_so_also_when_it_is_asked_later() {
    for (answer, authorised) in
        [(CardAnswer::Approve, Authorised::Online), (CardAnswer::ApproveOffline, Authorised::Offline)]
    {
        let simulator = automatic(ZvtSettings::default(), answer);
        let terminal = terminal(&simulator);
        let mark = terminal.mark().await.expect("a mark");
        let told = carry_out(&terminal, &payment(1_250), &mark).await;
        let again = terminal.ask(&payment(1_250), &mark).await;
        for outcome in [told, again] {
            assert_eq!(approved(outcome).authorised, authorised);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_payment_is_approved_with_what_may_be_kept_of_the_card() {
    for (framing, paper) in [(Framing::Plain, Paper::Blocks), (Framing::Blocks, Paper::Lines)] {
        let settings = ZvtSettings { framing, paper, ..ZvtSettings::default() };
        let simulator = automatic(settings, CardAnswer::Approve);
        let terminal = terminal(&simulator);
        let mark = terminal.mark().await.expect("a mark");
        assert_eq!(mark.as_str(), "none");
        let (steps, mut heard) = Steps::channel();
        let approval = approved(terminal.carry_out(&payment(1_250), &mark, &steps).await);
        assert_eq!(approval.amount, euro(1_250));
        assert_eq!(approval.transaction.as_str(), "i12000001/r0001/t000001");
        assert_eq!(approval.card.scheme.as_ref().map(|scheme| scheme.as_str()), Some("Visa"));
        assert_eq!(approval.card.last_four.map(|four| four.to_string()), Some("1234".to_owned()));
        assert_eq!(approval.card.auth_code.as_ref().map(|code| code.as_str()), Some("123456"));
        assert_eq!(approval.slip.merchant()[..2], ["HÄNDLERBELEG", "Beleg 0001"]);
        assert_eq!(approval.slip.customer()[..2], ["KUNDENBELEG", "Beleg 0001"]);
        assert_eq!(simulator.holds(), 1_250);
        let mut told = Vec::new();
        while let Ok(step) = heard.try_recv() {
            told.push(step);
        }
        assert_eq!(told, [Step::Connecting, Step::PresentCard, Step::Authorising]);
        assert_eq!(terminal.mark().await.expect("a mark").as_str(), "i12000001/r0001/t000001");
    }
}

#[tokio::test(start_paused = true)]
async fn a_decline_is_the_terminals_word_and_nothing_is_booked() {
    for declines in [Declines::AreForgotten, Declines::AreNumbered] {
        for (code, condition) in [
            (ResultCode(0x05), ErrorCondition::Refusal),
            (ResultCode(0x37), ErrorCondition::WrongPin),
            (ResultCode(0x6C), ErrorCondition::Cancel),
            (ResultCode(0x78), ErrorCondition::InvalidCard),
        ] {
            let settings = ZvtSettings { declines, ..ZvtSettings::default() };
            let simulator = automatic(settings, CardAnswer::Decline(code));
            let terminal = terminal(&simulator);
            assert_eq!(declined(pay(&terminal, &payment(1_250)).await), condition);
            assert_eq!(simulator.holds(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_that_is_no_clear_word_is_unresolved_until_the_terminal_is_asked() {
    let simulator = automatic(ZvtSettings::default(), CardAnswer::Decline(ResultCode(0x9B)));
    let terminal = terminal(&simulator);
    let mark = terminal.mark().await.expect("a mark");
    let fault = unresolved(carry_out(&terminal, &payment(1_250), &mark).await);
    assert_eq!(fault.code(), "HF-DEV-027");
    assert_eq!(declined(terminal.ask(&payment(1_250), &mark).await), ErrorCondition::NotFound);
}

#[tokio::test(start_paused = true)]
async fn the_buttons_and_the_screen_are_the_customers() {
    let simulator = SimulatedZvt::new(ZvtSettings::default());
    let terminal = terminal(&simulator);
    let mark = terminal.mark().await.expect("a mark");
    let buttons = async {
        while !simulator.screen().contains("Karte bitte") {
            sleep(Duration::from_millis(10)).await;
        }
        simulator.insert_card();
        simulator.approve();
    };
    let request = payment(990);
    let (outcome, ()) = tokio::join!(carry_out(&terminal, &request, &mark), buttons);
    assert_eq!(approved(outcome).amount, euro(990));

    let cancel = async {
        while !simulator.screen().contains("Karte bitte") {
            sleep(Duration::from_millis(10)).await;
        }
        simulator.cancel();
    };
    let mark = terminal.mark().await.expect("a mark");
    let (outcome, ()) = tokio::join!(carry_out(&terminal, &request, &mark), cancel);
    assert_eq!(declined(outcome), ErrorCondition::Cancel);
    assert_eq!(simulator.holds(), 990);
}

#[tokio::test(start_paused = true)]
async fn a_till_can_stop_a_terminal_that_waits_for_a_card() {
    for framing in [Framing::Plain, Framing::Blocks] {
        let simulator = SimulatedZvt::new(ZvtSettings { framing, ..ZvtSettings::default() });
        let terminal = terminal(&simulator);
        let mark = terminal.mark().await.expect("a mark");
        let request = payment(990);
        let stop = async {
            while !simulator.screen().contains("Karte bitte") {
                sleep(Duration::from_millis(10)).await;
            }
            terminal.abort(AttemptId(7)).await.expect("told to stop");
            assert_eq!(terminal.abort(AttemptId(8)).await.expect_err("another attempt").code(), "HF-DEV-025");
        };
        let (outcome, ()) = tokio::join!(carry_out(&terminal, &request, &mark), stop);
        assert_eq!(declined(outcome), ErrorCondition::Aborted, "{framing:?}");
        assert_eq!(simulator.holds(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_terminal_whose_till_is_gone_can_be_stopped_and_asked() {
    let simulator = SimulatedZvt::new(ZvtSettings::default());
    let terminal = terminal(&simulator);
    let mark = terminal.mark().await.expect("a mark");
    let request = payment(990);
    // The till is gone while the terminal waits for a card.
    let dropped = tokio::time::timeout(Duration::from_secs(2), carry_out(&terminal, &request, &mark)).await;
    assert!(dropped.is_err());
    assert_eq!(unresolved(terminal.ask(&request, &mark).await).code(), "HF-DEV-025");
    terminal.abort(request.attempt).await.expect("told to stop");
    assert_eq!(declined(ask_until_resolved(&terminal, &request, &mark).await), ErrorCondition::NotFound);
}

#[tokio::test(start_paused = true)]
async fn money_goes_back_with_the_card_or_by_taking_a_receipt_back() {
    let simulator = automatic(ZvtSettings::default(), CardAnswer::Approve);
    let terminal = terminal(&simulator);
    let first = approved(pay(&terminal, &payment(1_000)).await);
    let second = approved(pay(&terminal, &payment(500)).await);
    approved(pay(&terminal, &request(Service::Refund { original: None }, 300)).await);
    assert_eq!(simulator.holds(), 1_200);

    let reversal = request(Service::Reversal { original: first.transaction }, 1_000);
    let mark = terminal.mark().await.expect("a mark");
    approved(carry_out(&terminal, &reversal, &mark).await);
    assert_eq!(simulator.holds(), 200);
    approved(terminal.ask(&reversal, &mark).await);
    assert_eq!(declined(pay(&terminal, &reversal).await), ErrorCondition::NotAllowed, "already taken back");

    let totals = terminal.reconcile().await.expect("the end of the day");
    assert_eq!(totals.reference.as_deref(), Some("0001-0004"));
    assert_eq!((totals.lines.len(), totals.lines[0].net), (1, euro(200)));
    let again = terminal.reconcile().await.expect("the end of another day");
    assert!(again.lines.is_empty());
    let reversal = request(Service::Reversal { original: second.transaction }, 500);
    assert_eq!(declined(pay(&terminal, &reversal).await), ErrorCondition::NotAllowed, "settled");
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_is_not_the_attempts_is_not_taken_for_it() {
    let simulator = automatic(ZvtSettings::default(), CardAnswer::Approve);
    let terminal = terminal(&simulator);
    simulator.book_by_hand(euro(700));
    let mark = terminal.mark().await.expect("a mark");
    // Somebody pays another amount at the terminal itself.
    simulator.book_by_hand(euro(701));
    assert_eq!(unresolved(terminal.ask(&payment(700), &mark).await).code(), "HF-DEV-027");
    // The receipt from before the attempt has the same amount and is still not the attempt.
    let mark = terminal.mark().await.expect("a mark");
    assert_eq!(declined(terminal.ask(&payment(701), &mark).await), ErrorCondition::NotFound);
    // An older mark than the terminal's memory: its numbers lie behind.
    let ahead = Mark::new("i12000001/r0009/t000009").expect("a mark");
    assert_eq!(unresolved(terminal.ask(&payment(701), &ahead).await).code(), "HF-DEV-027");
    let elsewhere = Mark::new("i12000002/r0001/t000001").expect("a mark");
    assert_eq!(unresolved(terminal.ask(&payment(701), &elsewhere).await).code(), "HF-DEV-027");
    assert_eq!(unresolved(terminal.ask(&payment(701), &Mark::none()).await).code(), "HF-DEV-027");
}

#[tokio::test(start_paused = true)]
async fn receipts_begin_again_after_9999() {
    let simulator = automatic(ZvtSettings::default(), CardAnswer::Approve);
    simulator.count_from(9_998, 999_998);
    simulator.book_by_hand(euro(1));
    let terminal = terminal(&simulator);
    let mark = terminal.mark().await.expect("a mark");
    assert_eq!(mark.as_str(), "i12000001/r9999/t999999");
    assert_eq!(declined(terminal.ask(&payment(1), &mark).await), ErrorCondition::NotFound);
    approved(carry_out(&terminal, &payment(1), &mark).await);
    let approval = approved(terminal.ask(&payment(1), &mark).await);
    assert_eq!(approval.transaction.as_str(), "i12000001/r0001/t000001");
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_takes_an_unacknowledged_payment_back_is_never_read_as_paid() {
    let settings = ZvtSettings { unacknowledged: Unacknowledged::IsReversed, ..ZvtSettings::default() };
    let mut reversals = 0;
    for step in 0..24 {
        let simulator = automatic(settings, CardAnswer::Approve);
        simulator.book_by_hand(euro(1_250));
        let terminal = terminal(&simulator);
        let mark = terminal.mark().await.expect("a mark");
        follow(&simulator, Some(Script { step, when: When::Before, what: Misbehaviour::Cut })).await;
        let outcome = carry_out(&terminal, &payment(1_250), &mark).await;
        sleep(Duration::from_secs(30)).await;
        let asked = terminal.ask(&payment(1_250), &mark).await;
        if simulator.book().iter().any(|booking| matches!(booking.kind, Kind::Reversal { .. })) {
            reversals += 1;
            assert!(matches!((&outcome, &asked), (Outcome::Unresolved(_), Outcome::Unresolved(_))), "{step}");
        }
    }
    assert!(reversals > 0);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_and_a_terminal_that_is_off_are_said_as_such() {
    let simulator = automatic(ZvtSettings::default(), CardAnswer::Approve);
    let config = ZvtConfig { password: "111111".parse().expect("six digits"), ..CONFIG };
    let stranger = ZvtTerminal::simulated(simulator.clone(), config, Timings::default());
    assert_eq!(stranger.mark().await.expect_err("not registered").code(), "HF-DEV-026");
    assert_eq!(
        unresolved(stranger.ask(&payment(1), &Mark::new("none").expect("a mark")).await).code(),
        "HF-DEV-026"
    );

    let terminal = terminal(&simulator);
    let health = terminal.diagnose().await.expect("there");
    assert_eq!((health.ready, health.says.as_str()), (true, "ready, software HF 13.1"));
    let what = Misbehaviour::CrashRestart { down: Duration::from_secs(30) };
    follow(&simulator, Some(Script { step: 0, when: When::Before, what })).await;
    assert!(terminal.diagnose().await.is_err());
    assert_eq!(terminal.diagnose().await.expect_err("off").code(), "HF-DEV-020");
    sleep(Duration::from_secs(31)).await;
    assert!(terminal.diagnose().await.expect("back").ready);
}

#[tokio::test(start_paused = true)]
async fn what_it_cannot_do_is_not_sent() {
    let simulator = automatic(ZvtSettings::default(), CardAnswer::Approve);
    let terminal = terminal(&simulator);
    let mark = terminal.mark().await.expect("a mark");
    follow(&simulator, None).await;
    let original = PoiTransaction::new("psp-1").expect("a number");
    let reversal = request(Service::Reversal { original }, 1);
    assert_eq!(unresolved(carry_out(&terminal, &reversal, &mark).await).code(), "HF-DEV-028");
    assert_eq!(
        unresolved(carry_out(&terminal, &payment(1_000_000_000_000), &mark).await).code(),
        "HF-DEV-028"
    );
    assert_eq!(unresolved(carry_out(&terminal, &payment(1), &Mark::none()).await).code(), "HF-DEV-027");
    assert!(simulator.steps().is_empty());
}

async fn ask_until_resolved(terminal: &ZvtTerminal, request: &Request, mark: &Mark) -> Outcome {
    let deadline = Instant::now() + Duration::from_secs(15 * 60);
    loop {
        match terminal.ask(request, mark).await {
            Outcome::Unresolved(_) if Instant::now() < deadline => sleep(Duration::from_secs(1)).await,
            outcome => return outcome,
        }
    }
}

fn of(framing: Framing, tcp: &'static str, serial: &'static str) -> &'static str {
    match framing {
        Framing::Plain => tcp,
        Framing::Blocks => serial,
    }
}

struct Played {
    steps: Vec<ProtocolStep>,
    /// How long after the terminal had ended what it was at the outcome was known.
    took: Duration,
    /// It had to be asked.
    was_asked: bool,
}

/// Which way the money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Back,
    /// Takes the receipt before the attempt back.
    Undone,
}

impl Way {
    fn request(self) -> Request {
        let original = PoiTransaction::new("i12000001/r0001/t000001").expect("a number");
        let service = match self {
            Way::In => Service::Payment { tip: None },
            Way::Back => Service::Refund { original: None },
            Way::Undone => Service::Reversal { original },
        };
        request(service, 1_250)
    }

    /// What the terminal holds more once it is done.
    fn moves(self) -> i64 {
        if self == Way::In { 1_250 } else { -1_250 }
    }
}

/// One transaction that goes wrong at one step, and what the driver finds out, against the book.
struct Run {
    way: Way,
    settings: ZvtSettings,
    answer: CardAnswer,
    /// What was booked before; a late answer is about it.
    earlier: Option<Money>,
    script: Option<Script>,
}

impl Run {
    async fn play(&self) -> Played {
        let simulator = automatic(self.settings, self.answer);
        if let Some(earlier) = self.earlier {
            simulator.book_by_hand(earlier);
        }
        let before = simulator.holds();
        let terminal = terminal(&simulator);
        let mark = terminal.mark().await.expect("a mark");
        follow(&simulator, self.script).await;
        let request = self.way.request();
        let outcome = carry_out(&terminal, &request, &mark).await;
        let steps = simulator.steps();
        // What the terminal began it brings to an end, whether or not the till is there.
        let begun = Instant::now();
        while simulator.is_occupied() {
            assert!(begun.elapsed() < Duration::from_secs(200), "it never ends: {:?}", self.script);
            sleep(Duration::from_millis(100)).await;
        }
        let back = Instant::now();
        let was_asked = matches!(outcome, Outcome::Unresolved(_));
        let resolved = match outcome {
            Outcome::Unresolved(_) => ask_until_resolved(&terminal, &request, &mark).await,
            known => known,
        };
        let took = back.elapsed();
        let captured = simulator.holds() - before;
        self.check(&resolved, captured);
        // Asked once more, it says the same, and nothing is booked later.
        sleep(Duration::from_secs(300)).await;
        let again = ask_until_resolved(&terminal, &request, &mark).await;
        self.check(&again, captured);
        assert_eq!(simulator.holds() - before, captured, "booked later: {:?}", self.script);
        Played { steps, took, was_asked }
    }

    #[track_caller]
    fn check(&self, outcome: &Outcome, captured: i64) {
        match outcome {
            Outcome::Approved(approval) => {
                assert_eq!(captured, self.way.moves(), "a phantom payment: {:?}", self.script);
                assert_eq!(approval.amount.minor(), captured.abs());
            }
            Outcome::Declined(decline) => {
                assert_eq!(captured, 0, "declined, but booked: {:?} {decline:?}", self.script);
            }
            Outcome::Unresolved(fault) => panic!("never resolved: {:?} {fault:?}", self.script),
        }
    }
}

/// A payment that is booked, or not, whose till heard nothing of it, and then every step of the question what became of it,
/// with every misbehaviour: the answer is the book's, or there is none yet.
async fn whatever_goes_wrong_at_the_question(framing: Framing) {
    let mut runs: u64 = 0;
    for earlier in [None, Some(euro(1_250))] {
        for is_booked in [true, false] {
            let mut steps = 0;
            let mut step = 0;
            while step <= steps {
                for (when, what) in When::ALL
                    .into_iter()
                    .flat_map(|when| Misbehaviour::all().into_iter().map(move |w| (when, w)))
                {
                    let settings = ZvtSettings { framing, ..ZvtSettings::default() };
                    let script = (step < steps).then_some(Script { step, when, what });
                    let run = Run { way: Way::In, settings, answer: CardAnswer::Approve, earlier, script };
                    let simulator = automatic(settings, run.answer);
                    if let Some(earlier) = earlier {
                        simulator.book_by_hand(earlier);
                    }
                    let terminal = terminal(&simulator);
                    let mark = terminal.mark().await.expect("a mark");
                    let captured = if is_booked { 1_250 } else { 0 };
                    if is_booked {
                        simulator.book_by_hand(euro(captured));
                    }
                    follow(&simulator, script).await;
                    let first = terminal.ask(&payment(1_250), &mark).await;
                    if script.is_none() {
                        // The first time nothing goes wrong: these are the steps.
                        steps = simulator.steps().len();
                    }
                    if !matches!(first, Outcome::Unresolved(_)) {
                        run.check(&first, captured);
                    }
                    run.check(&ask_until_resolved(&terminal, &payment(1_250), &mark).await, captured);
                    runs += 1;
                }
                step += usize::from(steps > 0);
            }
        }
    }
    Proof::of("R15", of(framing, "questions, ZVT over TCP", "questions, ZVT over a serial line"))
        .counted(runs, "questions with a fault at a step")
        .holds();
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_at_the_question_the_answer_is_the_books() {
    whatever_goes_wrong_at_the_question(Framing::Plain).await;
    whatever_goes_wrong_at_the_question(Framing::Blocks).await;
}

/// Every step of an attempt, before and after it, every misbehaviour, a card that is approved and one that is declined: once
/// the terminal is there again, the driver says exactly what the book says.
async fn whatever_goes_wrong(framing: Framing) {
    let (mut runs, mut asked, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
    let refused = CardAnswer::Decline(ResultCode(0x05));
    let answers = [
        (CardAnswer::Approve, Declines::AreForgotten),
        (refused, Declines::AreForgotten),
        (refused, Declines::AreNumbered),
    ];
    // Nothing before, another amount before, and the very same amount before.
    let payments = [None, Some(euro(990)), Some(euro(1_250))].map(|earlier| (Way::In, earlier));
    let others = [(Way::Back, None), (Way::Back, Some(euro(1_250))), (Way::Undone, Some(euro(1_250)))];
    for (way, earlier) in payments.into_iter().chain(others) {
        for (answer, declines) in answers {
            let paper = if way == Way::In { Paper::Blocks } else { Paper::Lines };
            let settings = ZvtSettings { framing, declines, paper, ..ZvtSettings::default() };
            let steps = Run { way, settings, answer, earlier, script: None }.play().await.steps;
            assert!(steps.len() >= 14, "{steps:?}");
            for step in 0..steps.len() {
                for when in When::ALL {
                    for what in Misbehaviour::all() {
                        let script = Some(Script { step, when, what });
                        let played = Run { way, settings, answer, earlier, script }.play().await;
                        slowest = slowest.max(played.took);
                        asked += u64::from(played.was_asked);
                        runs += 1;
                    }
                }
            }
        }
    }
    assert!(slowest <= RESOLVED, "{slowest:?}");
    Proof::of("R15", of(framing, "a ZVT terminal over TCP", "a ZVT terminal over a serial line"))
        .counted(runs, "payments, refunds and reversals with a fault at a step")
        .counted(asked, "of them in doubt and resolved within 60 s of the terminal's return")
        .holds();
}

/// The hub dies when the terminal has got so far: whoever asks afterwards finds out what the book says.
async fn whenever_the_hub_dies(framing: Framing) {
    let mut runs: u64 = 0;
    for way in [Way::In, Way::Back] {
        for answer in [CardAnswer::Approve, CardAnswer::Decline(ResultCode(0x05))] {
            let settings = ZvtSettings { framing, ..ZvtSettings::default() };
            let run = Run { way, settings, answer, earlier: Some(euro(1_250)), script: None };
            let steps = run.play().await.steps.len();
            for step in 0..=steps {
                let simulator = automatic(settings, answer);
                simulator.book_by_hand(euro(1_250));
                let before = simulator.holds();
                let mark = terminal(&simulator).mark().await.expect("a mark");
                follow(&simulator, None).await;
                {
                    let (terminal, request) = (terminal(&simulator), way.request());
                    let dies = async {
                        while simulator.steps().len() < step {
                            sleep(Duration::from_millis(1)).await;
                        }
                    };
                    tokio::select! {
                        biased;
                        () = dies => {}
                        _ = carry_out(&terminal, &request, &mark) => {}
                    }
                }
                while simulator.is_occupied() {
                    sleep(Duration::from_millis(100)).await;
                }
                let outcome = ask_until_resolved(&terminal(&simulator), &way.request(), &mark).await;
                run.check(&outcome, simulator.holds() - before);
                runs += 1;
            }
        }
    }
    Proof::of("R15", of(framing, "a hub that dies, ZVT over TCP", "a hub that dies, ZVT over a serial line"))
        .counted(runs, "payments and refunds whose hub died at a step")
        .holds();
}

#[tokio::test(start_paused = true)]
async fn whenever_the_hub_dies_whoever_asks_hears_what_the_book_says() {
    whenever_the_hub_dies(Framing::Plain).await;
    whenever_the_hub_dies(Framing::Blocks).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_over_tcp_the_outcome_is_the_books() {
    whatever_goes_wrong(Framing::Plain).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_over_a_serial_line_the_outcome_is_the_books() {
    whatever_goes_wrong(Framing::Blocks).await;
}
