//! The same promises with real processes and a real disk: an abort on a failed sync, and kill -9 at any moment.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use holdfast_journal::storage::{CallKind, Fault};
use holdfast_journal::{DiskStorage, Journal, MemoryStorage, Options};

use crate::support::{
    EPOCH_A, append_some, assert_chained, chain, dir, payload, shared, small, threaded, visible,
};

const CHILD: &str = "HOLDFAST_JOURNAL_TEST_CHILD";

/// Runs one test of this file again in a process of its own.
fn child(test: &str, argument: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test's own path"));
    command.args(["--exact", test, "--nocapture"]).env(CHILD, argument);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

#[test]
fn a_failed_sync_aborts_the_process() {
    if std::env::var_os(CHILD).is_some() {
        let storage = MemoryStorage::new();
        let options = Options { on_fatal: Options::new(dir(), chain).on_fatal, ..threaded(&dir()) };
        let (mut writer, _, _) = Journal::open(options, shared(&storage)).expect("the journal opens");
        writer.begin_epoch(EPOCH_A);
        append_some(&mut writer, 1);
        storage.plant(CallKind::SyncData, 1, Fault::Eio, false);
        let outcome = writer.append_durable(vec![1]);
        println!("acknowledged {}", outcome.is_ok());
        return;
    }
    let output =
        child("process::a_failed_sync_aborts_the_process", "abort").output().expect("the child runs");
    assert_eq!(output.status.signal(), Some(nix_sigabrt()), "{:?}", output.status);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("acknowledged true"));
}

/// SIGABRT has this number on every system the hub runs on.
fn nix_sigabrt() -> i32 {
    6
}

#[test]
fn kill_minus_nine_loses_nothing_that_was_acknowledged() {
    let options = |dir: PathBuf| Options { segment_bytes: 64 << 10, ..threaded(&dir) };
    if let Some(folder) = std::env::var_os(CHILD) {
        let (mut writer, _, _) =
            Journal::open(options(folder.into()), Arc::new(DiskStorage::new())).expect("the journal opens");
        writer.begin_epoch(EPOCH_A);
        let mut out = std::io::stdout();
        loop {
            let seq = writer.head().map_or(1, |head| head.seq + 1);
            let position = writer.append_durable(payload(seq)).expect("appending works");
            writeln!(out, "acknowledged {}", position.seq).expect("the parent listens");
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("journal");
    let mut acknowledged_seq = 0;
    for round in 0..6 {
        let mut child =
            child("process::kill_minus_nine_loses_nothing_that_was_acknowledged", &place.to_string_lossy())
                .spawn()
                .expect("the child runs");
        let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let mut heard = 0;
        for line in lines {
            let Ok(line) = line else { break };
            let Some(seq) = line.strip_prefix("acknowledged ") else { continue };
            acknowledged_seq = seq.parse().expect("a number");
            heard += 1;
            if heard == 20 + round * 17 {
                child.kill().expect("the child is ours");
            }
        }
        assert_eq!(child.wait().expect("the child ended").signal(), Some(9));
        let witnessed = Options { witness_seq: acknowledged_seq, ..options(place.clone()) };
        let (_, reader, recovery) = Journal::open(witnessed, Arc::new(DiskStorage::new())).expect("it opens");
        assert!(recovery.copied_segment.is_some(), "after a kill the last segment is copied");
        let records = visible(&reader);
        assert!(records.len() as u64 >= acknowledged_seq);
        assert!(records.iter().all(|record| record.payload == payload(record.position.seq)));
        assert_chained(&records);
    }
    assert!(acknowledged_seq > 200);
}

#[test]
fn a_journal_on_disk_can_be_verified_and_read_while_it_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut writer, reader, _) =
        Journal::open(threaded(folder.path()), Arc::new(DiskStorage::new())).expect("the journal opens");
    writer.begin_epoch(EPOCH_A);
    let follower = reader.clone();
    let following = std::thread::spawn(move || {
        let mut next = 1;
        while next <= 300 {
            for record in follower.scan(next) {
                let record = record.expect("scanning works");
                assert_eq!((record.position.seq, record.payload), (next, payload(next)));
                next += 1;
            }
            let report = follower.verify(chain).expect("verify runs");
            assert!(report.is_intact(), "{report:?}");
        }
    });
    append_some(&mut writer, 300);
    following.join().expect("the follower saw every record once and in order");
    drop(writer);
    let (reader, _) =
        Journal::open_read_only(&small(folder.path()), Arc::new(DiskStorage::new())).expect("it opens");
    assert!(reader.head().is_some_and(|head| head.seq >= 299));
}
