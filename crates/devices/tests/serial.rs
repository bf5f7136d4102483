//! A printer on a serial line, played by a pair of pseudo terminals.
//!
//! The kernel's own pair is there everywhere. Where socat is installed, its pair is also pulled out and plugged in again
//! under the same path.

mod paper;

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use holdfast_devices::escpos::Profile;
use holdfast_devices::printer::{Outcome, PrintJob, Printer, PrinterAddress, Timings};
use holdfast_devices::simulated::{Misbehaviour, SimulatedPrinter};
use tokio_serial::{SerialPort, SerialPortBuilderExt, SerialStream};

/// A cable between two pseudo terminals; dropping it pulls the plug at both ends.
struct Cable {
    socat: Child,
    ends: [PathBuf; 2],
}

impl Cable {
    /// `None` when socat is not installed.
    fn plug(near: &Path, far: &Path) -> Option<Cable> {
        let end = |path: &Path| format!("pty,raw,echo=0,link={}", path.display());
        let socat = Command::new("socat")
            .args([end(near), end(far)])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let cable = Cable { socat, ends: [near.to_owned(), far.to_owned()] };
        let deadline = Instant::now() + Duration::from_secs(10);
        while !(near.exists() && far.exists()) {
            assert!(Instant::now() < deadline, "socat makes both ends");
            std::thread::yield_now();
        }
        Some(cable)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.socat.kill().expect("our own child can be ended");
        self.socat.wait().expect("and waited for");
        // Killed as it was, it leaves its links, which would lead to whoever gets these terminals next.
        for end in &self.ends {
            match std::fs::remove_file(end) {
                Err(error) if error.kind() != ErrorKind::NotFound => panic!("{}: {error}", end.display()),
                _ => {}
            }
        }
    }
}

fn printer_at(path: &Path) -> Printer {
    let address: PrinterAddress =
        format!("serial://{}?baud=115200", path.display()).parse().expect("an address");
    let timings = Timings {
        connect: Duration::from_secs(5),
        status: Duration::from_secs(5),
        stall: Duration::from_secs(5),
        confirm: Duration::from_secs(5),
        job: Duration::from_secs(20),
    };
    Printer::new(&address, Profile::MM58, timings).expect("a line")
}

fn job() -> PrintJob {
    PrintJob { id: 1, document: paper::sale(), copy: 0 }
}

fn open(path: &Path) -> SerialStream {
    tokio_serial::new(path.to_string_lossy(), 115_200).open_native_async().expect("the far end opens")
}

/// A pair of pseudo terminals is inherited by every program that is started meanwhile, and with it the lock that says that
/// an end is open: these tests run one after the other.
static LINES: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn a_serial_printer_prints_is_unplugged_and_prints_again() {
    let _alone = LINES.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (near, far) = (folder.path().join("hub"), folder.path().join("printer"));
    let Some(cable) = Cable::plug(&near, &far) else {
        eprintln!("socat is not installed: only the pair of the kernel is tested");
        return;
    };
    let simulator =
        SimulatedPrinter::open(folder.path().join("paper"), Profile::MM58, 9).expect("a simulator");
    let printer = printer_at(&near);

    let player = simulator.clone();
    let line = open(&far);
    let serving = tokio::spawn(async move { player.serve(line, "serial").await });
    assert!(matches!(printer.print(&job()).await, Outcome::Printed));
    let sheets = simulator.sheets().expect("the folder");
    let text = std::fs::read_to_string(&sheets[0].text).expect("the text");
    assert_eq!(text, paper::sale().to_text(Profile::MM58.columns));

    // The plug is pulled when the printer has taken a part of the receipt.
    serving.abort();
    assert!(serving.await.is_err_and(|ended| ended.is_cancelled()), "the far end is free again");
    simulator.misbehave(Misbehaviour::CloseAt(200));
    let player = simulator.clone();
    let line = open(&far);
    let pulling = tokio::spawn(async move {
        player.serve(line, "serial").await;
        drop(cable);
    });
    match printer.print(&job()).await {
        Outcome::Unknown { reason } => assert_eq!(reason.code(), "HF-DEV-003", "{reason}"),
        other => panic!("{other:?}"),
    }
    pulling.await.expect("the plug is out");
    match printer.print(&job()).await {
        Outcome::NotPrinted { reason } => assert_eq!(reason.code(), "HF-DEV-002"),
        other => panic!("without a cable: {other:?}"),
    }

    simulator.misbehave(Misbehaviour::None);
    let _cable = Cable::plug(&near, &far).expect("socat was there before");
    let player = simulator.clone();
    let line = open(&far);
    let serving = tokio::spawn(async move { player.serve(line, "serial").await });
    assert!(matches!(printer.print(&job()).await, Outcome::Printed), "the same printer, plugged in again");
    serving.abort();
}

#[tokio::test]
async fn the_pair_of_the_kernel_carries_a_receipt_and_its_end_is_noticed() {
    let _alone = LINES.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (master, mut slave) = SerialStream::pair().expect("a pair of pseudo terminals");
    // A port is open once at a time, and a pair with one closed end reads errors at the other. So this end is held open by
    // a plain file, which is no port, does not become the controlling terminal, and is never read.
    slave.set_exclusive(false).expect("the end can be shared");
    let path = slave.name().expect("the end of a pair has a name");
    const NO_CONTROLLING_TERMINAL: i32 = 0o400;
    let held = OpenOptions::new().read(true).custom_flags(NO_CONTROLLING_TERMINAL).open(&path);
    let _held = held.expect("the end opens a second time");
    drop(slave);
    let printer = printer_at(Path::new(&path));
    let simulator = SimulatedPrinter::open(folder.path(), Profile::MM58, 9).expect("a simulator");
    let player = simulator.clone();
    let playing = tokio::spawn(async move { player.serve(master, "pair").await });
    let outcome = printer.print(&job()).await;
    assert!(matches!(outcome, Outcome::Printed), "{outcome:?}");
    assert_eq!(simulator.sheets().expect("the folder").len(), 1);

    simulator.misbehave(Misbehaviour::CloseAt(200));
    match printer.print(&job()).await {
        Outcome::Unknown { reason } => assert_eq!(reason.code(), "HF-DEV-003", "{reason}"),
        other => panic!("{other:?}"),
    }
    playing.await.expect("the player hung up");
}
