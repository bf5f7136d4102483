//! What is known about a job when the printer at the other end of the line misbehaves.

mod paper;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use holdfast_devices::Fault;
use holdfast_devices::drawer::{Drawer, Opening};
use holdfast_devices::escpos::{Condition, DrawerPulse, Profile, encode};
use holdfast_devices::payment::CashDrawer;
use holdfast_devices::printer::{Outcome, PrintJob, Printer, PrinterAddress, Timings};
use holdfast_devices::simulated::{Listening, Misbehaviour, SimulatedPrinter};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

const PROFILE: Profile = Profile::MM80;

/// Short enough for tests that wait for a silent printer; nothing here is right or wrong by time alone.
fn quick() -> Timings {
    Timings {
        connect: Duration::from_secs(5),
        status: Duration::from_millis(200),
        stall: Duration::from_millis(500),
        confirm: Duration::from_millis(500),
        job: Duration::from_secs(20),
    }
}

/// So long that running into it is a failure of the test.
fn patient() -> Timings {
    let long = Duration::from_secs(30);
    Timings { connect: long, status: long, stall: long, confirm: long, job: long }
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn over_tcp(address: SocketAddr, timings: Timings) -> Printer {
    let address: PrinterAddress = format!("tcp://{address}").parse().expect("an address");
    Printer::new(&address, PROFILE, timings).expect("a line")
}

async fn rig(timings: Timings) -> (TempDir, SimulatedPrinter, Listening, Printer) {
    let folder = tempfile::tempdir().expect("a folder");
    let simulator = SimulatedPrinter::open(folder.path(), PROFILE, 8).expect("a simulator");
    let listening = simulator.listen(any_port()).await.expect("a port");
    let printer = over_tcp(listening.address(), timings);
    (folder, simulator, listening, printer)
}

fn job() -> PrintJob {
    PrintJob { id: 0x0197_0000_0000_7000_8000_0000_0000_0001, document: paper::sale(), copy: 0 }
}

#[tokio::test]
async fn a_receipt_over_tcp_is_confirmed_and_on_the_paper() {
    let (_folder, simulator, _listening, printer) = rig(patient()).await;
    assert!(matches!(printer.print(&job()).await, Outcome::Printed));
    let sheets = simulator.sheets().expect("the folder");
    assert_eq!(sheets.len(), 1);
    let text = std::fs::read_to_string(&sheets[0].text).expect("the text");
    assert_eq!(text, paper::sale().to_text(PROFILE.columns));
    let picture = std::fs::read(&sheets[0].png).expect("the picture");
    assert!(picture.starts_with(b"\x89PNG"));
    let status = printer.status().await.expect("an answer");
    assert_eq!(status.to_string(), "Ready");
}

#[tokio::test]
async fn a_simulated_printer_keeps_the_newest_sheets_under_the_jobs_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let simulator = SimulatedPrinter::open(folder.path(), Profile::MM58, 3).expect("a simulator");
    let printer = Printer::simulated(simulator.clone(), patient());
    for id in 1..=5 {
        let job = PrintJob { id, ..job() };
        assert!(matches!(printer.print(&job).await, Outcome::Printed));
    }
    let names = |simulator: &SimulatedPrinter| -> Vec<(u64, String)> {
        simulator.sheets().expect("the folder").into_iter().map(|s| (s.number, s.id)).collect()
    };
    assert_eq!(names(&simulator), [3, 4, 5].map(|n| (n, format!("{n:032x}"))));
    let files = std::fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(files, 6, "a picture and a text for each, and nothing else");
    // A printer opened again goes on counting.
    let again = SimulatedPrinter::open(folder.path(), Profile::MM58, 3).expect("a simulator");
    let printer = Printer::simulated(again.clone(), patient());
    assert!(matches!(printer.print(&job()).await, Outcome::Printed));
    assert_eq!(names(&again).last().map(|(number, _)| *number), Some(6));
}

#[tokio::test]
async fn a_line_cut_at_any_byte_is_never_called_printed() {
    let total = encode(&job().document, 0, &PROFILE).len();
    assert!(total > 900, "a receipt of {total} bytes is long enough to be cut everywhere");
    let mut runs = JoinSet::new();
    for lane in 0..4 {
        runs.spawn(async move {
            let (_folder, simulator, _listening, printer) = rig(patient()).await;
            let mut unknown = 0;
            for cut in (lane..=total).step_by(4) {
                simulator.misbehave(Misbehaviour::CloseAt(cut));
                match printer.print(&job()).await {
                    Outcome::Printed => panic!("cut after {cut} of {total} bytes and called printed"),
                    Outcome::NotPrinted { .. } => assert_eq!(cut, 0, "bytes had left"),
                    Outcome::Unknown { reason } => {
                        assert_eq!(reason.code(), "HF-DEV-003", "{reason}");
                        unknown += 1;
                    }
                }
            }
            unknown
        });
    }
    let unknown: usize = runs.join_all().await.into_iter().sum();
    assert_eq!(unknown, total, "every cut but the one before the first byte");
}

#[tokio::test]
async fn a_printer_that_stops_reading_at_any_byte_is_never_called_printed() {
    let total = encode(&job().document, 0, &PROFILE).len();
    let mut runs = JoinSet::new();
    for cut in (1..=total).step_by(41) {
        runs.spawn(async move {
            let (_folder, simulator, _listening, printer) = rig(quick()).await;
            simulator.misbehave(Misbehaviour::StopReadingAt(cut));
            match printer.print(&job()).await {
                Outcome::Unknown { reason: Fault::Unconfirmed { .. } | Fault::Stalled { .. } } => {}
                other => panic!("stopped after {cut} bytes and called {other:?}"),
            }
        });
    }
    runs.join_all().await;
}

#[tokio::test]
async fn paper_that_ends_in_the_middle_is_said_and_a_new_roll_prints_again() {
    let (_folder, simulator, _listening, printer) = rig(quick()).await;
    simulator.misbehave(Misbehaviour::PaperOutAt(300));
    match printer.print(&job()).await {
        Outcome::Unknown { reason } => {
            assert_eq!(reason.code(), "HF-DEV-005");
            assert!(
                reason.status().expect("asked").conditions().contains(&Condition::PaperEmpty),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
    simulator.misbehave(Misbehaviour::None);
    assert!(matches!(printer.print(&job()).await, Outcome::Printed));
    let sheets = simulator.sheets().expect("the folder");
    assert_eq!(sheets.len(), 2, "the torn sheet and the whole one");
    let torn = std::fs::read_to_string(&sheets[0].text).expect("the text");
    assert!(paper::sale().to_text(PROFILE.columns).starts_with(torn.trim_end()), "{torn}");
}

#[tokio::test]
async fn an_open_cover_or_an_empty_roll_keeps_every_byte_back() {
    let (_folder, simulator, _listening, printer) = rig(patient()).await;
    for condition in [Condition::CoverOpen, Condition::PaperEmpty, Condition::Error] {
        simulator.misbehave(Misbehaviour::Condition(condition));
        match printer.print(&job()).await {
            Outcome::NotPrinted { reason: Fault::NotReady { status, .. } } => {
                assert_eq!(status.to_string(), condition.word());
            }
            other => panic!("{condition:?}: {other:?}"),
        }
    }
    simulator.misbehave(Misbehaviour::Condition(Condition::PaperNearEmpty));
    assert!(matches!(printer.print(&job()).await, Outcome::Printed), "a roll near its end still prints");
    assert_eq!(simulator.sheets().expect("the folder").len(), 1);
}

#[tokio::test]
async fn a_printer_that_never_answers_prints_but_is_never_called_printed() {
    let (_folder, simulator, _listening, printer) = rig(quick()).await;
    simulator.misbehave(Misbehaviour::Mute);
    match printer.print(&job()).await {
        Outcome::Unknown { reason: Fault::Unconfirmed { status, .. } } => assert!(!status.answered()),
        other => panic!("{other:?}"),
    }
    assert_eq!(simulator.sheets().expect("the folder").len(), 1);
}

#[tokio::test]
async fn nobody_at_the_address_means_not_printed() {
    let listener = TcpListener::bind(any_port()).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    match over_tcp(address, patient()).print(&job()).await {
        Outcome::NotPrinted { reason } => assert_eq!(reason.code(), "HF-DEV-002"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn bytes_that_are_no_escpos_end_the_conversation() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (_folder, simulator, listening, printer) = rig(patient()).await;
    let mut line = tokio::net::TcpStream::connect(listening.address()).await.expect("a connection");
    line.write_all(b"\x1b@hello\n\x1b\x7f\x1dVB\x00").await.expect("sent");
    let mut end = Vec::new();
    let read = line.read_to_end(&mut end).await;
    assert!(end.is_empty() && read.is_ok(), "{read:?}");
    assert!(simulator.sheets().expect("the folder").is_empty());
    assert!(matches!(printer.print(&job()).await, Outcome::Printed), "the next job is not affected");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_said_and_not_called_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let simulator = SimulatedPrinter::open(folder.path().join("paper"), PROFILE, 3).expect("a simulator");
    std::fs::remove_dir(folder.path().join("paper")).expect("the folder is empty");
    match Printer::simulated(simulator, patient()).print(&job()).await {
        Outcome::Unknown { reason } => assert_eq!(reason.code(), "HF-DEV-008"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_drawer_opens_through_its_printer_and_is_counted() {
    let (_folder, simulator, _listening, printer) = rig(quick()).await;
    let drawer = CashDrawer::new(Drawer::new(Arc::new(printer), DrawerPulse::STANDARD));
    for count in 1..=3 {
        assert!(matches!(drawer.open().await, Opening::Opened));
        assert_eq!((drawer.openings(), simulator.drawer_openings()), (count, count));
    }
    assert!(simulator.sheets().expect("the folder").is_empty(), "a pulse prints nothing");
    simulator.misbehave(Misbehaviour::CloseAt(5));
    assert!(matches!(drawer.open().await, Opening::Unknown { .. }));
    simulator.misbehave(Misbehaviour::CloseAt(0));
    assert!(matches!(drawer.open().await, Opening::NotOpened { .. }));
    assert_eq!(drawer.openings(), 3);
}

#[tokio::test]
async fn jobs_that_come_at_the_same_time_take_turns() {
    let (_folder, simulator, _listening, printer) = rig(patient()).await;
    let printer = Arc::new(printer);
    let mut jobs = JoinSet::new();
    for id in 0..6 {
        let printer = Arc::clone(&printer);
        jobs.spawn(async move { printer.print(&PrintJob { id, ..job() }).await });
    }
    assert!(jobs.join_all().await.iter().all(|outcome| matches!(outcome, Outcome::Printed)));
    assert_eq!(simulator.sheets().expect("the folder").len(), 6);
}

#[tokio::test]
async fn a_receipt_of_two_thousand_sales_lines_prints_whole() {
    let (_folder, simulator, _listening, printer) = rig(patient()).await;
    let mut document = paper::sale();
    for line in 1..=2_000 {
        document.row(format!("Product {line} with a name that is about as long as they get"), "1,234.56 A");
        document.text("  12.345 kg x 99.99/kg");
    }
    document.total("TOTAL", "2,469,120.00");
    let expected = document.to_text(PROFILE.columns);
    assert!(expected.lines().count() > 6_000 && !expected.contains("left out"));
    assert!(matches!(printer.print(&PrintJob { document, ..job() }).await, Outcome::Printed));
    let sheets = simulator.sheets().expect("the folder");
    let text = std::fs::read_to_string(&sheets[0].text).expect("the text");
    assert_eq!(text, expected);
}

#[tokio::test]
async fn the_drawers_sensor_is_heard_between_jobs_and_a_printer_that_is_gone_is_not() {
    let (_folder, simulator, listening, printer) = rig(patient()).await;
    let printer = Arc::new(printer);
    let mut readings = printer.drawer_pin();
    let hearing = tokio::spawn({
        let printer = Arc::clone(&printer);
        async move { printer.listen(Duration::from_secs(60)).await }
    });
    let mut hears = async |high: Option<bool>, changes: u64| {
        let heard = readings.wait_for(|reading| reading.high == high && reading.changes == changes);
        timeout(Duration::from_secs(30), heard).await.expect("heard in time").expect("the printer lives");
    };
    hears(Some(false), 0).await;
    simulator.move_drawer(true);
    hears(Some(true), 1).await;
    // Whoever only listens gives way.
    assert!(matches!(printer.print(&job()).await, Outcome::Printed));
    assert_eq!(simulator.sheets().expect("the folder").len(), 1);
    simulator.move_drawer(false);
    hears(Some(false), 2).await;
    let drawer = Drawer::new(Arc::clone(&printer), DrawerPulse::STANDARD);
    assert!(matches!(drawer.open().await, Opening::Opened));
    hears(Some(true), 3).await;
    drop(listening);
    hears(None, 3).await;
    let fault = timeout(Duration::from_secs(30), hearing).await.expect("in time").expect("no panic");
    assert_eq!(fault.code(), "HF-DEV-003", "{fault}");
}
