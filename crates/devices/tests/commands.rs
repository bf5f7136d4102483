//! Each simulated device as a command: started, used with the real driver, told what to do, held against its book, ended.

#[path = "program/drivers.rs"]
mod drivers;
#[path = "paper/mod.rs"]
mod paper;
mod program;

use std::time::Duration;

use drivers::{carry_out, driver, payment};
use holdfast_devices::escpos::{Condition, Profile};
use holdfast_devices::payment::{ErrorCondition, Outcome};
use holdfast_devices::printer::{self, PrintJob, Printer};
use holdfast_devices::scale::{Link, Scale, ScaleFault, State};
use holdfast_devices::scanner::{self, Limits, Scanner};
use program::{LIMIT, Program, text};
use tokio::time::timeout;

#[track_caller]
fn approved(outcome: &Outcome, minor: i64) {
    assert!(
        matches!(outcome, Outcome::Approved(approval) if approval.amount.minor() == minor),
        "{outcome:?}"
    );
}

#[track_caller]
fn declined(outcome: &Outcome, condition: ErrorCondition) {
    assert!(matches!(outcome, Outcome::Declined(decline) if decline.condition == condition), "{outcome:?}");
}

/// Pays with a customer who needs nobody, with one who waits to be told, and with one whose card is declined; then the answer
/// is lost, and asking finds out what the book says.
async fn takes_payments(mut program: Program, cuts: &str, refusal: ErrorCondition) {
    let driver = driver(&program);
    let paid = async |request| {
        let mark = driver.mark().await.expect("a mark");
        (carry_out(&driver, request, &mark).await, mark)
    };
    let minor = |entry: &serde_json::Value| entry["minor"].as_i64().expect("an amount");

    let first = payment(&program, 1_250);
    approved(&paid(&first).await.0, 1_250);
    assert_eq!(program.book().await.iter().map(minor).collect::<Vec<_>>(), [1_250]);

    program.say("always decline").await;
    let second = payment(&program, 300);
    declined(&paid(&second).await.0, refusal);
    assert_eq!(program.book().await.len(), 1);

    program.say("always ask").await;
    program.look_ahead();
    let third = payment(&program, 990);
    let buttons = async {
        match program.field("device") {
            "zvt" => program.until_screen("Karte bitte").await,
            _ => drop(program.until("waits").await),
        }
        program.say("approve").await;
    };
    let ((outcome, _), ()) = tokio::join!(paid(&third), buttons);
    approved(&outcome, 990);
    assert_eq!(program.book().await.iter().map(minor).collect::<Vec<_>>(), [1_250, 990]);
    let no = program.refused("approve").await;
    assert!(!no.is_empty());

    program.say("always approve").await;
    let fourth = payment(&program, 175);
    let mark = driver.mark().await.expect("a mark");
    program.say(cuts).await;
    let outcome = carry_out(&driver, &fourth, &mark).await;
    assert!(matches!(outcome, Outcome::Unresolved(_)), "{outcome:?}");
    program.say("behave").await;
    let resolved = timeout(LIMIT, async {
        loop {
            match driver.ask(&fourth, &mark).await {
                Outcome::Unresolved(_) => tokio::task::yield_now().await,
                known => return known,
            }
        }
    });
    let resolved = resolved.await.expect("in time");
    let is_booked = program.book().await.iter().any(|entry| minor(entry) == 175);
    assert_eq!(matches!(resolved, Outcome::Approved(_)), is_booked, "{resolved:?}");

    let said = program.ask("help").await;
    assert!(said["help"].as_array().is_some_and(|all| all.len() > 8), "{said}");
    assert!(program.refused("dance").await.contains("dance"));
    assert!(program.refused("late forever").await.contains("forever"));
    program.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zvt_terminal_on_the_network() {
    let program = Program::start(&["zvt", "--thinks", "20", "--host", "20"]).await;
    assert!(program.field("address").starts_with("zvt-tcp://127.0.0.1:"), "on this machine alone");
    // Registration has four messages; the result is the seventh of the payment's own.
    takes_payments(program, "cut at 10", ErrorCondition::Refusal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zvt_terminal_on_a_serial_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = text(&folder.path().join("usb-terminal"));
    let mut program = Program::start(&["zvt", "--pty", &path, "--thinks", "20", "--host", "20"]).await;
    assert_eq!(program.field("address"), format!("zvt-serial://{path}?baud=9600"));
    program.say("unplug").await;
    let gone = driver(&program).diagnose().await.expect_err("its cable is out");
    assert!(matches!(gone.code(), "HF-DEV-020" | "HF-DEV-021" | "HF-DEV-022"), "{gone}");
    program.say("plug").await;
    let back = async {
        while driver(&program).diagnose().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, back).await.expect("in time");
    takes_payments(program, "cut at 10", ErrorCondition::Refusal).await;
    assert!(!folder.path().join("usb-terminal").exists(), "it took its path with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adyen_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = text(&folder.path().join("root.pem"));
    let program = Program::start(&["adyen", "--certificate", &certificate]).await;
    let written = std::fs::read_to_string(&certificate).expect("the certificate");
    assert_eq!(written, program.field("certificate_pem"));
    assert_eq!(program.field("fingerprint").len(), 95);
    takes_payments(program, "cut", ErrorCondition::Refusal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stripe_reader() {
    takes_payments(Program::start(&["stripe"]).await, "cut at capture", ErrorCondition::Refusal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_of_qr_payments() {
    let program = Program::start(&["wallet", "--thinks", "20"]).await;
    takes_payments(program, "cut", ErrorCondition::Aborted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printer_on_the_network_and_on_a_serial_line() {
    for serial in [false, true] {
        let folder = tempfile::tempdir().expect("a folder");
        let (paper_folder, path) =
            (text(&folder.path().join("paper")), text(&folder.path().join("usb-printer")));
        let mut arguments = vec!["printer", "--width", "58", "--paper", &paper_folder];
        if serial {
            arguments.extend(["--pty", &path]);
        }
        let mut program = Program::start(&arguments).await;
        let timings = printer::Timings {
            connect: Duration::from_secs(5),
            status: Duration::from_secs(5),
            stall: Duration::from_secs(5),
            confirm: Duration::from_secs(5),
            job: Duration::from_secs(20),
        };
        let address = program.field("address").parse().expect("an address");
        let printer = Printer::new(&address, Profile::MM58, timings).expect("a line");
        let job = PrintJob { id: 1, document: paper::sale(), copy: 0 };
        let outcome = printer.print(&job).await;
        assert!(matches!(outcome, printer::Outcome::Printed), "{outcome:?}");
        program.until("printed").await;
        let book = program.book().await;
        assert_eq!(book.len(), 1, "{book:?}");
        let text = std::fs::read_to_string(book[0]["text"].as_str().expect("a path")).expect("the text");
        assert_eq!(text, paper::sale().to_text(Profile::MM58.columns));
        let picture = std::fs::read(book[0]["picture"].as_str().expect("a path")).expect("the picture");
        assert!(picture.starts_with(b"\x89PNG"));

        program.say("paper-out").await;
        match printer.print(&job).await {
            printer::Outcome::NotPrinted { reason } => {
                assert!(reason.to_string().contains(Condition::PaperEmpty.word()), "{reason}");
            }
            other => panic!("{other:?}"),
        }
        program.say("cut at 200").await;
        let outcome = printer.print(&job).await;
        assert!(matches!(outcome, printer::Outcome::Unknown { .. }), "{outcome:?}");
        program.say("behave").await;
        program.say("unplug").await;
        let outcome = printer.print(&job).await;
        assert!(matches!(outcome, printer::Outcome::NotPrinted { .. }), "{outcome:?}");
        program.say("plug").await;
        let back = async {
            while !matches!(printer.print(&job).await, printer::Outcome::Printed) {
                tokio::task::yield_now().await;
            }
        };
        timeout(LIMIT, back).await.expect("in time");
        program.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_of_either_kind() {
    for protocol in ["toledo", "sics"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = text(&folder.path().join("usb-scale"));
        let arguments = ["scale", "--pty", &path, "--protocol", protocol, "--weigh", "0.730"];
        let mut program = Program::start(&arguments).await;
        let address = program.field("address").parse().expect("an address");
        let scale = Scale::open(&address, holdfast_devices::scale::Timings::default());
        let weight = async || scale.read_stable(LIMIT).await.map(|stable| stable.weight.to_string());
        assert_eq!(weight().await.expect("settled"), "0.730 kg");
        program.until("asked").await;
        program.say("weigh 1.250").await;
        assert_eq!(weight().await.expect("settled"), "1.250 kg");

        program.say("shake").await;
        let mut live = scale.live();
        let shaken = live.wait_for(|live| live.state() == State::InMotion);
        timeout(LIMIT, shaken).await.expect("in time").expect("it is there");
        let fault = scale.read_stable(Duration::from_millis(300)).await.expect_err("it moves");
        assert!(matches!(fault, ScaleFault::NoWeight { .. }), "{fault}");
        program.say("still").await;

        // Pulled out and put in, it is found again, although it is another terminal now.
        program.say("unplug").await;
        let away = live.wait_for(|live| matches!(live.link, Link::Away { .. }));
        timeout(LIMIT, away).await.expect("in time").expect("it says so");
        program.say("plug").await;
        assert_eq!(weight().await.expect("settled"), "1.250 kg");
        assert!(program.refused("weigh much").await.contains("much"));
        assert_eq!(program.book().await[0]["shows"], "1.250 kg");
        program.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = text(&folder.path().join("usb-scanner"));
    let mut program = Program::start(&["scanner", "--pty", &path, "--suffix", "crlf"]).await;
    let address = program.field("address").parse().expect("an address");
    let (scanner, mut scans) = Scanner::open(&address, Limits::default());
    let mut link = scanner.link();
    let there = link.wait_for(|link| matches!(link, scanner::Link::Connected));
    timeout(LIMIT, there).await.expect("in time").expect("it says so");
    assert_eq!(program.say("scan 4006381333931").await, "scanned 4006381333931");
    let scan = timeout(LIMIT, scans.recv()).await.expect("in time").expect("open");
    assert_eq!(scan.text(), "4006381333931");

    // What is garbage or a flood is dropped and counted, and the next code arrives.
    program.say("garbage").await;
    program.say("scan 96385074").await;
    let scan = timeout(LIMIT, scans.recv()).await.expect("in time").expect("open");
    assert_eq!(scan.text(), "96385074");
    assert_eq!(scanner.counts().garbled, 1);
    program.say("flood 036000291452 5000").await;
    let flooded = async {
        loop {
            let counts = scanner.counts();
            if counts.scans + counts.unread + counts.too_fast >= 5_002 {
                return counts;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let counts = timeout(LIMIT, flooded).await.expect("in time");
    assert!(counts.too_fast > 4_000, "{counts:?}");
    program.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_terminal_remembers_and_its_book_is_nobody_elses() {
    let folder = tempfile::tempdir().expect("a folder");
    let book = text(&folder.path().join("book.json"));
    for device in ["zvt", "adyen", "stripe", "wallet"] {
        let mut arguments = vec![device, "--book", &book];
        if matches!(device, "zvt" | "wallet") {
            arguments.extend(["--thinks", "20"]);
        }
        let program = Program::start(&arguments).await;
        let driver_before = driver(&program);
        let request = payment(&program, 1_250);
        let mark = driver_before.mark().await.expect("a mark");
        approved(&carry_out(&driver_before, &request, &mark).await, 1_250);
        program.kill().await;

        let mut program = Program::start(&arguments).await;
        assert_eq!(program.ready["booked"], 1);
        assert_eq!(program.book().await[0]["minor"], 1_250);
        // Its certificate is the one from before, or the till would not speak with it.
        let asked = driver(&program).ask(&request, &mark).await;
        approved(&asked, 1_250);
        assert!(program.close().await.success(), "the end of its input ends it");

        let other = if device == "zvt" { "adyen" } else { "zvt" };
        let Err(said) = Program::try_start(&[other, "--book", &book]).await else { panic!("not its book") };
        assert!(said.contains("HF-DEV-061"), "{said}");
        std::fs::remove_file(&book).expect("the next one begins anew");
    }
    let gone = text(&folder.path().join("gone/book.json"));
    let Err(said) = Program::try_start(&["zvt", "--book", &gone]).await else { panic!("nowhere to keep it") };
    assert!(said.contains("HF-DEV-060"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_ends_it_and_nothing_else_is_in_its_way() {
    let program = Program::start(&["zvt"]).await;
    assert!(program.terminate().await.success());
    // Without a path a serial line gets one of its own, which is gone with it.
    for device in [&["scale", "--pty"][..], &["scanner"]] {
        let program = Program::start(device).await;
        let path = program.field("address").split(['?']).next().and_then(|address| address.split_once("://"));
        let path = std::path::PathBuf::from(path.expect("an address").1);
        assert!(path.exists(), "{}", path.display());
        program.quit().await;
        assert!(!path.exists(), "{}", path.display());
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("something");
    std::fs::write(&path, b"of somebody's").expect("a file");
    let Err(said) = Program::try_start(&["scanner", "--pty", &text(&path)]).await else { panic!("taken") };
    assert!(said.contains("is no link"), "{said}");
    assert_eq!(std::fs::read(&path).expect("still there"), b"of somebody's");
}
