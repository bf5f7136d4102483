//! python-escpos writes receipts for the simulated printer.

use std::net::SocketAddr;
use std::time::Duration;

use holdfast_devices::escpos::Profile;
use holdfast_devices::simulated::SimulatedPrinter;
use tokio::process::Command;
use tokio::time::timeout;

use crate::{LIMIT, python};

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
