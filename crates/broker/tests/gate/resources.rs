//! What happens when the machine has nothing left to give.

use std::process::Stdio;

use tokio::net::TcpSocket;
use tokio::process::Command;

use crate::rig::{Rig, open_limits, until};

/// Set in the child of the test below, which has few file descriptors.
const CHILD: &str = "HOLDFAST_GATE_TEST_WITHOUT_DESCRIPTORS";

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_without_file_descriptors_waits_and_serves_again() {
    if std::env::var_os(CHILD).is_none() {
        let test = "resources::a_gate_without_file_descriptors_waits_and_serves_again";
        let output = Command::new("sh")
            .args(["-c", "ulimit -n 96 && exec \"$0\" --exact \"$1\" --nocapture"])
            .arg(std::env::current_exe().unwrap())
            .arg(test)
            .env(CHILD, "1")
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("1 passed"), "the child ran the test: {said}");
        return;
    }
    let rig = Rig::start(open_limits()).await;
    rig.still_serves().await;
    let mut sockets = Vec::new();
    while let Ok(socket) = TcpSocket::new_v4() {
        sockets.push(socket);
        assert!(sockets.len() < 1_000, "descriptors are limited");
    }
    // This one takes no new descriptor here, and needs one at the gate, where none is left.
    let waiting = sockets.pop().unwrap().connect(rig.tls).await.unwrap();
    until("the gate could not accept", || rig.metrics().accept_errors > 1).await;
    drop(sockets);
    rig.still_serves().await;
    drop(waiting);
}
