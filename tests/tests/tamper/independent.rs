//! The verifier that shares no code with the product: one Python process for many files.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use holdfast_testkit::programs;

use crate::books::Books;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier")
}

fn python(script: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg("-B").arg(folder().join(script));
    command
}

fn public_key(books: &Books) -> String {
    books.public_key().bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The verifier as an auditor calls it.
pub fn called(books: &Books, export: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = python("verify.py")
        .arg(export)
        .args(["--public-key", &public_key(books)])
        .args(arguments)
        .output()
        .unwrap();
    (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// The hub's program, asked the same.
pub fn beside(books: &Books, export: &Path, arguments: &[&str]) -> (i32, String) {
    let mut hub = Command::new(programs::folder().unwrap().join("holdfast-hub"));
    hub.arg("verify").arg("--export").arg(export).args(["--public-key", &public_key(books)]).args(arguments);
    let Output { status, stdout, stderr } = hub.output().unwrap();
    (status.code().unwrap(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// Starts the flips of a whole export; [`verdicts`] waits for what came of them.
pub fn flips(books: &Books, export: &Path, seed: u64) -> Child {
    python("flips.py")
        .arg(export)
        .args([&public_key(books), &seed.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there")
}

/// One verdict a line.
pub fn verdicts(mut child: Child) -> Vec<String> {
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success(), "the verifier ended early: {text}");
    text.lines().map(str::to_owned).collect()
}

/// The verdicts on these exports.
pub fn judge(books: &Books, exports: &[Vec<u8>]) -> Vec<String> {
    let mut child = python("flips.py")
        .args(["--frames", &public_key(books)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    let mut input = child.stdin.take().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            for export in exports {
                input.write_all(&(export.len() as u64).to_be_bytes()).unwrap();
                input.write_all(export).unwrap();
            }
        });
        verdicts(child)
    })
}
