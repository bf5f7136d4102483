//! Payments over real lines that break: a real driver, a terminal that is a program of its own, and TCP, a pseudo terminal or
//! HTTPS between them. At each step of the protocol the program is ended (SIGKILL) and started again with its book, the line
//! is cut, or the hub that waits is gone. Whoever asks afterwards hears what stands in the terminal's own book.

#[path = "program/drivers.rs"]
mod drivers;
mod program;

use std::time::{Duration, Instant};

use drivers::{carry_out, driver, payment};
use futures::StreamExt as _;
use futures::stream;
use holdfast_devices::payment::{Mark, Outcome, Request};
use holdfast_testkit::proof::Proof;
use program::{LIMIT, Program, text};
use tokio::time::timeout;

/// Within this time of the device's return every attempt is resolved (P3).
const RESOLVED: Duration = Duration::from_secs(60);
/// How many cases run beside each other. They mostly wait.
const BESIDE_EACH_OTHER: usize = 10;
/// What is paid, in minor units.
const MINOR: i64 = 1_250;

/// What is between the till and the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    ZvtTcp,
    ZvtSerial,
    Adyen,
    Stripe,
    Wallet,
}

/// Who is lost at the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lost {
    /// The device's process, which comes back with its book.
    Device,
    Cable,
    /// The hub: whoever waited is gone, and another one asks.
    Hub,
}

#[derive(Debug, Clone)]
struct Case {
    line: Line,
    lost: Lost,
    /// Whether the customer's bank says yes, or the customer pays.
    approves: bool,
    /// As it is typed behind `at`.
    step: String,
}

/// What became of a case.
struct Played {
    case: Case,
    captured: bool,
    /// The step had come before the payment was over.
    was_hit: bool,
    /// How long after the device was back it was known.
    took: Duration,
}

impl Case {
    fn arguments(&self, folder: &std::path::Path, at: Option<&str>) -> Vec<String> {
        let customers = if self.approves { "approve" } else { "decline" };
        let device = match self.line {
            Line::ZvtTcp | Line::ZvtSerial => "zvt",
            Line::Adyen => "adyen",
            Line::Stripe => "stripe",
            Line::Wallet => "wallet",
        };
        let book = text(&folder.join("book.json"));
        let mut arguments: Vec<String> =
            [device, "--book", &book, "--customers", customers].map(ToOwned::to_owned).to_vec();
        if device == "zvt" {
            arguments.extend(["--host", "20"].map(ToOwned::to_owned));
        }
        if matches!(device, "zvt" | "wallet") {
            arguments.extend(["--thinks", "60"].map(ToOwned::to_owned));
        }
        match (self.line, at) {
            (Line::ZvtSerial, _) => arguments.extend(["--pty".to_owned(), text(&folder.join("usb"))]),
            (_, Some(at)) => arguments.extend(["--listen".to_owned(), at.to_owned()]),
            (_, None) => {}
        }
        arguments
    }

    async fn play(self) -> Played {
        let folder = tempfile::tempdir().expect("a folder");
        let mut program = start(&self.arguments(folder.path(), None)).await;
        let request = payment(&program, MINOR);
        let till = driver(&program);
        let mark = till.mark().await.expect("a mark");
        if self.line == Line::Wallet {
            // A till that has spoken with the provider before has its token, and the next request is the payment's own.
            till.diagnose().await.expect("it is there");
        }
        let verb = if self.lost == Lost::Cable { "cut" } else { "hold" };
        program.say(&format!("{verb} at {}", self.step)).await;

        // A hub that pays in a task of its own, which can be lost.
        let mut paying = tokio::spawn({
            let (till, request, mark) = (till.clone(), request.clone(), mark.clone());
            async move { carry_out(&till, &request, &mark).await }
        });
        let mut first = None;
        let mut was_hit = true;
        if self.lost == Lost::Cable {
            first = Some(timeout(LIMIT, &mut paying).await.expect("in time").expect("it is not lost"));
            was_hit = matches!(first, Some(Outcome::Unresolved(_)));
            if self.line == Line::Wallet && self.approves {
                // As below.
                program.ask("approve").await;
            }
            // On HTTPS every line is cut until it is told otherwise; with ZVT it was one line, and has been.
            program.say("behave").await;
        } else {
            tokio::select! {
                outcome = &mut paying => {
                    first = Some(outcome.expect("it is not lost"));
                    was_hit = false;
                }
                _ = program.until("held") => {}
            }
            if !was_hit {
                // What was to come at a step that did not come must not happen to whoever asks.
                program.say("behave").await;
            } else if self.line == Line::Wallet && self.approves {
                // Whoever has seen the code pays in this very moment; where there is none yet, nobody does.
                program.ask("approve").await;
            }
        }
        let announced = program.booked;
        match self.lost {
            Lost::Device => {
                let address = address(&program);
                program.kill().await;
                if was_hit {
                    let waited = timeout(LIMIT, &mut paying).await.expect("the line is gone, and so it ends");
                    first = Some(waited.expect("it is not lost"));
                }
                program = start(&self.arguments(folder.path(), Some(&address))).await;
            }
            Lost::Hub if was_hit => {
                paying.abort();
                let gone = paying.await.expect_err("it is lost");
                assert!(gone.is_cancelled());
                program.say("go").await;
            }
            Lost::Hub | Lost::Cable => {}
        }

        // Another hub, which remembers nothing.
        let back = Instant::now();
        let asked = ask(&program, &request, &mark, &self).await;
        let took = back.elapsed();
        let captured = self.check(&mut program, &asked, announced).await;
        if let Some(first @ (Outcome::Approved(_) | Outcome::Declined(_))) = &first {
            assert_eq!(matches!(first, Outcome::Approved(_)), captured, "{self:?}: {first:?}");
        }
        // Asked once more it says the same, and nothing was booked later.
        let again = ask(&program, &request, &mark, &self).await;
        assert_eq!(self.check(&mut program, &again, announced).await, captured, "{self:?}: booked later");
        program.quit().await;
        Played { case: self, captured, was_hit, took }
    }

    /// Whether the book has it, which is what the answer says.
    async fn check(&self, program: &mut Program, asked: &Outcome, announced: usize) -> bool {
        let book = program.book().await;
        assert!(book.len() >= announced, "{self:?}: it forgot what it had booked: {book:?}");
        assert!(book.len() <= 1, "{self:?}: taken twice: {book:?}");
        match asked {
            Outcome::Approved(approval) => assert_eq!(approval.amount.minor(), MINOR),
            Outcome::Declined(_) => {}
            Outcome::Unresolved(fault) => panic!("{self:?}: never resolved: {fault}"),
        }
        assert!(book.iter().all(|entry| entry["minor"] == MINOR), "{self:?}: {book:?}");
        assert_eq!(matches!(asked, Outcome::Approved(_)), book.len() == 1, "{self:?}: {asked:?} {book:?}");
        book.len() == 1
    }
}

async fn start(arguments: &[String]) -> Program {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Program::start_again(&arguments).await
}

/// Where it listens, without what is in front of host and port.
fn address(program: &Program) -> String {
    let address = program.field("address");
    address.rsplit_once("//").map_or(address, |(_, at)| at).to_owned()
}

async fn ask(program: &Program, request: &Request, mark: &Mark, case: &Case) -> Outcome {
    let till = driver(program);
    let back = Instant::now();
    loop {
        match till.ask(request, mark).await {
            Outcome::Unresolved(fault) => {
                assert!(back.elapsed() < RESOLVED, "{case:?}: unresolved for {RESOLVED:?}: {fault:?}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            known => return known,
        }
    }
}

/// How many messages a payment over ZVT has, from the program itself.
async fn messages(line: Line) -> usize {
    let case = Case { line, lost: Lost::Hub, approves: true, step: String::new() };
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = start(&case.arguments(folder.path(), None)).await;
    let till = driver(&program);
    let mark = till.mark().await.expect("a mark");
    program.say("behave").await;
    let outcome = carry_out(&till, &payment(&program, MINOR), &mark).await;
    assert!(matches!(outcome, Outcome::Approved(_)), "{outcome:?}");
    let steps = program.say("steps").await;
    program.quit().await;
    steps.split(", ").count()
}

fn both(line: Line, lost: Lost, steps: &[String]) -> impl Iterator<Item = Case> + '_ {
    [true, false].into_iter().flat_map(move |approves| {
        steps.iter().map(move |step| Case { line, lost, approves, step: step.clone() })
    })
}

/// Every step of the protocols, who can be lost there, and both ways it can end.
async fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let every = |count: usize, by: usize| -> Vec<String> {
        let numbers = (0..count).step_by(by);
        numbers.flat_map(|at| ["before", "after"].map(|when| format!("{at} {when}"))).collect()
    };
    let tcp = messages(Line::ZvtTcp).await;
    assert!(tcp >= 14, "{tcp}");
    for lost in [Lost::Device, Lost::Hub, Lost::Cable] {
        cases.extend(both(Line::ZvtTcp, lost, &every(tcp, if lost == Lost::Device { 1 } else { 2 })));
    }
    let serial = messages(Line::ZvtSerial).await;
    cases.extend(both(Line::ZvtSerial, Lost::Device, &every(serial, 2)));
    // Over a serial line a terminal does not notice that a hub is gone, and waits for each acknowledgement.
    cases.extend(both(Line::ZvtSerial, Lost::Hub, &every(serial, 6)));
    cases.extend(both(Line::ZvtSerial, Lost::Cable, &every(serial, 3)));

    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let adyen = words(&["before-reading", "after-reading", "before-booking", "before-answering"]);
    let wallet = words(&["before-reading", "after-reading", "before-answering"]);
    let stripe = words(&[
        "create before",
        "create after",
        "process before",
        "process after",
        "reader before",
        "reader after",
        "capture before",
        "capture after",
    ]);
    for (line, steps) in [(Line::Adyen, adyen), (Line::Wallet, wallet), (Line::Stripe, stripe)] {
        for lost in [Lost::Device, Lost::Hub, Lost::Cable] {
            cases.extend(both(line, lost, &steps));
        }
    }
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_breaks_on_a_real_line_device_and_driver_agree() {
    let proof = Proof::of("R15", "terminals as programs, over TCP, pseudo terminals and HTTPS");
    let cases = cases().await;
    let played: Vec<Played> =
        stream::iter(cases).map(Case::play).buffer_unordered(BESIDE_EACH_OTHER).collect().await;
    let slowest = played.iter().max_by_key(|played| played.took).expect("cases");
    println!("the slowest was known after {:?}: {:?}", slowest.took, slowest.case);
    let hit: Vec<&Played> = played.iter().filter(|played| played.was_hit).collect();
    for line in [Line::ZvtTcp, Line::ZvtSerial, Line::Adyen, Line::Stripe, Line::Wallet] {
        for lost in [Lost::Device, Lost::Hub, Lost::Cable] {
            let at_it = || hit.iter().filter(|played| (played.case.line, played.case.lost) == (line, lost));
            let captured = at_it().filter(|played| played.captured).count();
            let not_captured = at_it().count() - captured;
            println!("{line:?} {lost:?}: {captured} captured, {not_captured} not");
            assert!(captured > 0 && not_captured > 0, "{line:?} {lost:?}: it shows one end alone");
        }
    }
    let count = |lost| hit.iter().filter(|played| played.case.lost == lost).count() as u64;
    proof
        .counted(hit.len() as u64, "on real lines, each resolved within 60 s of the device's return")
        .counted(count(Lost::Device), "of them with the device killed (SIGKILL) at a step")
        .counted(count(Lost::Cable), "of them with the line cut at a step")
        .counted(count(Lost::Hub), "of them with the hub gone at a step")
        .holds();
    println!("R15: {} on real lines, each device and driver agree", hit.len());
}
