//! Programs that others wrote, at the other end: python-escpos writes receipts for the simulated printer, and mt-sics-emulator is
//! a scale for the driver. `cargo xtask test` installs both into a folder of their own; each test starts a private instance.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use holdfast_devices::escpos::Profile;
use holdfast_devices::exact::{Weight, WeightUnit};
use holdfast_devices::scale::{Link, Refusal, Scale, ScaleAddress, ScaleFault, State, Timings};
use holdfast_devices::simulated::SimulatedPrinter;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

/// No test waits longer than this for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// The Python that has the peers, or nothing, and then that is said.
fn python() -> Option<PathBuf> {
    let figures = holdfast_testkit::proof::folder();
    let python = figures.parent().map(|target| target.join("peers/bin/python")).filter(|path| path.exists());
    if python.is_none() {
        holdfast_testkit::tell(
            "python-escpos and mt-sics-emulator are not installed: `cargo xtask test` does it",
        );
    }
    python
}

/// A receipt with what receipts have: both alignments, large and bold letters, a barcode, a QR code, a cut.
const RECEIPT: &str = r#"
import sys
from escpos.printer import Network
printer = Network("127.0.0.1", int(sys.argv[1]), timeout=20)
printer.charcode("CP858")
printer.set(align="center", bold=True)
printer.text("Corner shop\n")
printer.set(align="left", bold=False)
printer.text("Bread 3.20 \u20ac\nCaf\u00e9 1.80 \u20ac\n")
printer.set(double_height=True, double_width=True)
printer.text("TOTAL 5.00\n")
printer.set(normal_textsize=True)
printer.barcode("4006381333931", "EAN13")
printer.qr("https://id.gs1.org/01/09521000000018", native=True, size=5)
printer.cashdraw(2)
printer.cut()
printer.close()
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_writes_is_on_the_paper() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let printer = SimulatedPrinter::open(folder.path(), Profile::MM80, 9).expect("a printer");
    let listening = printer.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
    for sheets in 1..=2 {
        let port = listening.address().port().to_string();
        let written = Command::new(&python).args(["-c", RECEIPT, &port]).output();
        let written = timeout(LIMIT, written).await.expect("in time").expect("it starts");
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        let printed = async {
            while printer.printed() < sheets {
                assert!(printer.take_fault().is_none(), "it is ESC/POS");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LIMIT, printed).await.expect("in time");
    }
    let sheets = printer.sheets().expect("the folder");
    let text = std::fs::read_to_string(&sheets[0].text).expect("the text");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let expected = [
        "Corner shop",
        "Bread 3.20 €",
        "Café 1.80 €",
        "TOTAL 5.00",
        "||| 4006381333931",
        "[QR] https://id.gs1.org/01/09521000000018",
    ];
    assert_eq!(lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>(), expected);
    assert!(std::fs::read(&sheets[0].png).expect("the picture").starts_with(b"\x89PNG"));
    assert_eq!(printer.drawer_openings(), 2);
    assert!(printer.take_fault().is_none());
}

/// A scale of 35 kg in steps of 5 g. What lies on it comes through its input, one weight a line, with a word when it moves.
const SCALE: &str = r#"
import asyncio, sys
from mtsics.core.state import ScaleState
from mtsics.profiles import load
from mtsics.protocol.engine import MTSICSEngine
from mtsics.transport.tcp import TCPConfig, TCPTransport

async def main():
    state = ScaleState(config=load("ohaus-ranger7000"))
    transport = TCPTransport(MTSICSEngine(state), TCPConfig(host="127.0.0.1", port=0))
    await transport.start()
    print(transport.address[1], flush=True)
    loop = asyncio.get_running_loop()
    while line := (await loop.run_in_executor(None, sys.stdin.readline)):
        words = line.split()
        state.set_weight(float(words[0]), stable=len(words) == 1)
        print("set", flush=True)

asyncio.run(main())
"#;

/// The other scale.
struct Other {
    _child: Child,
    input: ChildStdin,
    output: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    port: u16,
}

impl Other {
    async fn start(python: &Path) -> Other {
        let mut child = Command::new(python)
            .args(["-c", SCALE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let input = child.stdin.take().expect("it was asked for");
        let output = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let mut other = Other { _child: child, input, output, port: 0 };
        other.port = other.line().await.parse().expect("a port");
        other
    }

    async fn line(&mut self) -> String {
        let line = timeout(LIMIT, self.output.next_line()).await.expect("in time");
        line.expect("its output is text").expect("it runs")
    }

    async fn put(&mut self, what: &str) {
        self.input.write_all(format!("{what}\n").as_bytes()).await.expect("it reads");
        assert_eq!(self.line().await, "set");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_that_others_wrote_is_weighed_with() {
    let Some(python) = python() else { return };
    let kg = |units| Weight::new(units, 3, WeightUnit::Kilogram);
    let mut other = Other::start(&python).await;
    let address: ScaleAddress = format!("sics-tcp://127.0.0.1:{}", other.port).parse().expect("an address");
    let scale = Scale::open(&address, Timings::default());
    let mut live = scale.live();
    let stable = async || scale.read_stable(LIMIT).await.map(|stable| stable.weight);
    assert_eq!(stable().await.expect("settled"), kg(0));
    for units in [5, 1_250, 34_995] {
        other.put(&format!("{}.{:03}", units / 1_000, units % 1_000)).await;
        assert_eq!(stable().await.expect("settled"), kg(units));
    }
    other.put("1.250 moving").await;
    let moving = live.wait_for(|live| live.state() == State::InMotion);
    timeout(LIMIT, moving).await.expect("in time").expect("it is there");
    let fault = scale.read_stable(Duration::from_millis(300)).await.expect_err("it moves");
    assert!(matches!(fault, ScaleFault::NoWeight { .. }), "{fault}");
    let fault = scale.tare().await.expect_err("it moves");
    assert!(matches!(fault, ScaleFault::Refused { refusal: Refusal::NotNow }), "{fault}");

    other.put("0.200").await;
    assert_eq!(scale.tare().await.expect("a bowl"), Some(kg(200)));
    other.put("1.450").await;
    assert_eq!(stable().await.expect("net"), kg(1_250));
    scale.clear_tare().await.expect("no bowl");
    assert_eq!(stable().await.expect("gross"), kg(1_450));
    // It has another word for this one, and says so.
    let fault = scale.preset_tare(kg(100)).await.expect_err("not in its book");
    assert!(matches!(fault, ScaleFault::Refused { refusal: Refusal::NotUnderstood }), "{fault}");

    other.put("50.000").await;
    let over = live.wait_for(|live| live.state() == State::OverCapacity);
    timeout(LIMIT, over).await.expect("in time").expect("it is there");
    drop(other);
    let away = live.wait_for(|live| matches!(live.link, Link::Away { .. }));
    timeout(LIMIT, away).await.expect("in time").expect("it says so");
}
