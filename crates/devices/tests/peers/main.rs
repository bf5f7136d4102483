//! Programs that others wrote, at the other end: python-escpos writes receipts for the simulated printer, mt-sics-emulator is a
//! scale for the driver, localstripe and stripe-stateful-mock keep the books of a driver's payments, and terminals of ZVT were
//! recorded. `cargo xtask test` installs them into a folder of their own; each test starts a private instance.

mod between;
mod captures;
mod receipts;
mod scale;
mod stripe;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// No test waits longer than this for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// Something in the peers' folder, or nothing, and then that is said.
fn installed(path: &str) -> Option<PathBuf> {
    let figures = holdfast_testkit::proof::folder();
    let found = figures.parent().map(|target| target.join("peers").join(path)).filter(|path| path.exists());
    if found.is_none() {
        holdfast_testkit::tell("programs that others wrote are not installed: `cargo xtask test` does it");
    }
    found
}

/// The Python that has its peers.
fn python() -> Option<PathBuf> {
    installed("bin/python")
}

/// Another program. Its first line says the port where it is.
struct Peer {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    port: u16,
}

impl Peer {
    async fn start(command: &mut Command) -> Peer {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let input = child.stdin.take().expect("it was asked for");
        let output = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let mut peer = Peer { _child: child, input, output, port: 0 };
        peer.port = peer.line().await.parse().expect("a port");
        peer
    }

    async fn line(&mut self) -> String {
        let line = timeout(LIMIT, self.output.next_line()).await.expect("in time");
        line.expect("its output is text").expect("it runs")
    }
}
