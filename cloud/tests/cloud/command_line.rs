//! The program itself: what scripts call and what they read.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};

use reqwest::StatusCode;
use serde_json::json;

use crate::support::PASSWORD;

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-cloud"));
    command.env_clear().stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    command().args(args).output().expect("the program runs")
}

fn value(output: &Output, word: &str) -> String {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' ').map(str::to_owned));
    line.unwrap_or_else(|| panic!("`{word}` in {text} {}", String::from_utf8_lossy(&output.stderr)))
}

/// Ends with the test, whatever happens in it.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const STORE: [&str; 12] = [
    "--currency",
    "EUR",
    "--timezone",
    "Europe/Vienna",
    "--cutover",
    "04:00",
    "--prices-include-tax",
    "true",
    "--legal-name",
    "Muster GmbH",
    "--address",
    "Landstraße 1, 1030 Wien",
];

#[tokio::test]
async fn an_operator_adds_stores_and_people_while_the_cloud_runs() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let serving = command()
        .args(["serve", "--data", data, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Server(serving);
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening ").unwrap_or_else(|| panic!("{line}")).to_owned();

    let added =
        run(&[&["store", "add", "--data", data, "--name", "Wien Mitte"], &STORE[..], &["--tax-id", "ATU1"]]
            .concat());
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let (store, code) = (value(&added, "store"), value(&added, "claim"));
    assert_eq!(code.len(), 23);
    assert!(value(&added, "expires").ends_with('Z'));
    let again = run(&["store", "claim", "--data", data, "--store", &store]);
    assert_ne!(value(&again, "claim"), code);
    let list = run(&["store", "list", "--data", data]);
    assert_eq!(value(&list, &store), "Wien Mitte");

    let mut adding = command()
        .args(["user", "add", "--data", data, "--name", "boss", "--stores", &store, "--password-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(adding.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(adding.wait_with_output().unwrap().status.success());

    let body = json!({"name": "boss", "password": PASSWORD});
    let http = reqwest::Client::new();
    let answer = http.post(format!("{url}/api/v1/session")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let verified = run(&["verify", "--data", data]);
    assert_eq!(value(&verified, "verified"), format!("{store} records 0 figures 0 heads 0 differences 0"));
    assert!(verified.status.success());
}

#[test]
fn mistakes_have_a_code_and_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let wrong_zone = run(&[
        "store",
        "add",
        "--data",
        data,
        "--name",
        "x",
        "--currency",
        "EUR",
        "--timezone",
        "Wien",
        "--prices-include-tax",
        "true",
        "--legal-name",
        "x",
        "--address",
        "x",
        "--tax-id",
        "x",
    ]);
    let config = folder.path().join("cloud.toml");
    std::fs::write(&config, "[ingest]\nbatchs_max = 3\n").unwrap();
    let config = config.to_str().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "x").unwrap();
    let cases = [
        (wrong_zone, "HF-CLD-004", "Europe/Vienna"),
        (run(&["check-config", "--config", config]), "HF-CLD-001", "batchs_max"),
        (run(&["serve", "--config", config, "--data", data]), "HF-CLD-001", "batchs_max"),
        (run(&["store", "list", "--data", file.to_str().unwrap()]), "HF-CLD-002", "writable"),
        (run(&["serve", "--data", data, "--listen", "192.0.2.1:1"]), "HF-CLD-003", "--listen"),
        (
            run(&["store", "claim", "--data", data, "--store", "018f0000-0000-7000-8000-000000000001"]),
            "HF-CLD-005",
            "store list",
        ),
        (
            run(&["user", "add", "--data", data, "--name", "x", "--stores", "all", "--password-stdin"]),
            "HF-CLD-006",
            "at least",
        ),
    ];
    for (output, code, way_out) in cases {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{code}");
        assert!(text.starts_with(code) && text.contains(way_out), "{code}: {text}");
    }
    let good = run(&["check-config"]);
    assert_eq!(value(&good, "config"), "ok");
}
