//! `test` and `ci`: formatting, lints, one build, then every suite in turn.
//!
//! One build makes the programs and every test executable with the same selection of packages, because another
//! selection would choose other features and compile the dependencies twice. The executables then run one after the
//! other in the folder of their package, as `cargo test` would run them, each with a time limit and a log of its own.

use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cargo_metadata::Message;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::{packages, proofs, web, workspace};

/// A suite that runs longer is ended and counted as failed.
const SUITE_LIMIT: Duration = Duration::from_secs(20 * 60);
/// How much of a failed suite's log is printed; the whole of it stays in its file.
const FAILURE_LINES_MAX: usize = 300;
/// How much of each failed test is said once more at the very end, where whoever reads only the end finds it.
const SAID_AGAIN_LINES_MAX: usize = 12;
/// How often a running suite is looked at.
const POLL: Duration = Duration::from_millis(20);

/// One line of the final table.
#[derive(Debug)]
struct Row {
    name: String,
    counts: Counts,
    took: Duration,
    note: String,
    /// What each failed test said.
    failures: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Counts {
    fn step(succeeded: bool) -> Self {
        Self { passed: u32::from(succeeded), failed: u32::from(!succeeded), ignored: 0 }
    }
}

/// A test executable.
#[derive(Debug)]
struct Suite {
    name: String,
    executable: PathBuf,
    folder: PathBuf,
    /// System tests run last: when they fail, what they are made of has already spoken.
    last: bool,
}

/// Runs everything, prints the table and answers with the exit code.
pub fn run(budget: Option<Duration>) -> Result<ExitCode> {
    let started = Instant::now();
    let logs = workspace::root().join("target/suites");
    fs::create_dir_all(&logs)?;
    proofs::clear()?;
    let mut rows = Vec::new();

    rows.push(step("packages", || match packages::ensure() {
        Ok(()) => Ok(true),
        Err(missing) => {
            eprintln!("{missing}");
            Ok(false)
        }
    })?);
    rows.push(step("format", || cargo(&["fmt", "--all", "--check"]))?);
    rows.push(step("lints", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
    })?);

    let mut suites = Vec::new();
    rows.push(step("build", || match build()? {
        Some(built) => {
            suites = built;
            Ok(true)
        }
        None => Ok(false),
    })?);
    for suite in &suites {
        rows.push(run_suite(suite, &logs)?);
    }
    if !suites.is_empty() {
        rows.push(run_doc_tests(&logs)?);
        match web::suites(&logs) {
            Ok(suites) => {
                for (name, command) in suites {
                    rows.push(run_logged(name, command, &logs)?);
                }
            }
            Err(missing) => rows.push(step("web till", || Err(missing))?),
        }
        rows.push(step("demo --check", crate::demo::check)?);
        rows.push(step("proofs", proofs::all_held)?);
    }
    Ok(report(&rows, started.elapsed(), budget))
}

fn step(name: &str, work: impl FnOnce() -> Result<bool>) -> Result<Row> {
    println!("== {name}");
    let started = Instant::now();
    let succeeded = work().unwrap_or_else(|error| {
        eprintln!("{error:#}");
        false
    });
    let row = Row {
        name: name.into(),
        counts: Counts::step(succeeded),
        took: started.elapsed(),
        note: String::new(),
        failures: Vec::new(),
    };
    println!("   {} in {}", if succeeded { "ok" } else { "FAILED" }, seconds(row.took));
    Ok(row)
}

fn cargo(arguments: &[&str]) -> Result<bool> {
    let status = workspace::cargo()
        .args(arguments)
        .status()
        .with_context(|| format!("start cargo {}", arguments[0]))?;
    Ok(status.success())
}

/// Builds every program and every test executable once; `None` when it does not compile.
fn build() -> Result<Option<Vec<Suite>>> {
    let mut child = workspace::cargo()
        .args(["build", "--workspace", "--bins", "--tests", "--locked"])
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .context("start cargo build")?;
    let stdout = child.stdout.take().expect("stdout was asked for");
    let mut suites = Vec::new();
    for message in Message::parse_stream(BufReader::new(stdout)) {
        let Message::CompilerArtifact(artifact) = message.context("read cargo's messages")? else { continue };
        let (true, Some(executable)) = (artifact.profile.test, artifact.executable) else { continue };
        let folder = artifact.manifest_path.parent().context("a manifest has a folder")?;
        let package = folder.strip_prefix(workspace::root()).map_or(folder.as_str(), |path| path.as_str());
        suites.push(Suite {
            name: format!("{package} {}", artifact.target.name),
            last: package.starts_with("tests"),
            executable: executable.into(),
            folder: folder.into(),
        });
    }
    if !child.wait()?.success() {
        return Ok(None);
    }
    suites.sort_by(|a, b| (a.last, &a.name).cmp(&(b.last, &b.name)));
    Ok(Some(suites))
}

fn run_suite(suite: &Suite, logs: &Path) -> Result<Row> {
    let mut command = Command::new(&suite.executable);
    command.current_dir(&suite.folder).env("CARGO_MANIFEST_DIR", &suite.folder).env("CARGO", env!("CARGO"));
    run_logged(&suite.name, command, logs)
}

fn run_doc_tests(logs: &Path) -> Result<Row> {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["test", "--workspace", "--doc", "--locked", "--no-fail-fast"])
        .current_dir(workspace::root());
    run_logged("documentation examples", command, logs)
}

/// Runs one command with its output in a file, within the limit, and reads libtest's results from that file.
fn run_logged(name: &str, mut command: Command, logs: &Path) -> Result<Row> {
    print!("-- {name} ");
    std::io::stdout().flush()?;
    let log = logs.join(format!("{}.log", name.replace(['/', ' '], "-")));
    let file = File::create(&log).with_context(|| format!("write {}", log.display()))?;
    let started = Instant::now();
    let child = command
        // A panic says where it was; what called it would drown what was said.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .process_group(0)
        .spawn()
        .with_context(|| format!("start {name}"))?;
    let status = wait_within(child, SUITE_LIMIT)?;
    let took = started.elapsed();
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let mut counts = count(&text);
    let mut note = String::new();
    match status {
        None => note = format!("ended after its limit of {}", seconds(SUITE_LIMIT)),
        Some(status) if !status.success() && counts.failed == 0 => note = format!("ended with {status}"),
        Some(_) => {}
    }
    if !note.is_empty() && counts.failed == 0 {
        counts.failed = 1;
    }
    println!("{} passed, {} failed in {} {note}", counts.passed, counts.failed, seconds(took));
    for told in text.lines().filter_map(|line| line.split_once(holdfast_testkit::TOLD)) {
        println!("   {}", told.1);
    }
    if counts.failed > 0 {
        let lines: Vec<&str> = text.lines().collect();
        for line in &lines[lines.len().saturating_sub(FAILURE_LINES_MAX)..] {
            println!("   | {line}");
        }
        println!("   the whole log: {}", log.display());
    }
    let failures = if counts.failed > 0 { failures(&text) } else { Vec::new() };
    Ok(Row { name: name.into(), counts, took, note, failures })
}

/// `None` when the limit passed; then the suite and the processes it started, one process group, are ended.
fn wait_within(mut child: Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            let group = i32::try_from(child.id()).context("a process id")?;
            killpg(Pid::from_raw(group), Signal::SIGKILL).context("end a suite that hangs")?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// What each failed test said last: libtest names it before its output, and its own panic names its thread.
fn failures(log: &str) -> Vec<String> {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for line in log.lines() {
        if let Some(name) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----")) {
            found.push((name.to_owned(), Vec::new()));
        } else if line == "failures:" {
            continue;
        } else if let Some((_, said)) = found.last_mut() {
            said.push(line);
        }
    }
    let said = found.into_iter().map(|(name, said)| {
        let own = format!("thread '{name}'");
        let from = said.iter().rposition(|line| line.starts_with(&own)).unwrap_or(0);
        let lines = said[from..].iter().take_while(|line| !line.starts_with("note: "));
        let lines: Vec<&str> =
            lines.filter(|line| !line.is_empty()).take(SAID_AGAIN_LINES_MAX).copied().collect();
        format!("{name}\n     {}", lines.join("\n     "))
    });
    said.collect()
}

/// Sums libtest's lines `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
fn count(log: &str) -> Counts {
    let mut sum = Counts::default();
    for line in log.lines() {
        // Rust's suites end with `test result: ok. 3 passed; …`, the web till's with `Tests  1 failed | 3 passed (4)`.
        let results = line.split_once("test result: ").map(|(_, results)| results);
        let Some(results) = results.or_else(|| line.trim_start().strip_prefix("Tests ")) else { continue };
        for part in results.split([';', '.', '|']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(number)), Some(what)) = (words.next().map(str::parse::<u32>), words.next()) else {
                continue;
            };
            match what {
                "passed" => sum.passed += number,
                "failed" => sum.failed += number,
                "ignored" => sum.ignored += number,
                _ => {}
            }
        }
    }
    sum
}

fn report(rows: &[Row], total: Duration, budget: Option<Duration>) -> ExitCode {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    println!();
    println!("{:width$}  passed  failed  ignored      time", "suite");
    for row in rows {
        let Counts { passed, failed, ignored } = row.counts;
        let time = seconds(row.took);
        println!("{:width$}  {passed:>6}  {failed:>6}  {ignored:>7}  {time:>8}  {}", row.name, row.note);
    }
    let passed: u32 = rows.iter().map(|row| row.counts.passed).sum();
    let failed: u32 = rows.iter().map(|row| row.counts.failed).sum();
    println!("total time {}", seconds(total));
    let late = budget.is_some_and(|budget| total > budget);
    if let Some(budget) = budget {
        let verdict = if late { "EXCEEDED" } else { "kept" };
        println!("budget of {} {verdict}", seconds(budget));
    }
    for row in rows.iter().filter(|row| !row.failures.is_empty()) {
        println!("\n{}:", row.name);
        for failure in &row.failures {
            println!("   {failure}");
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && !late { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `83.4 s` or `12 min 05 s`.
pub fn seconds(time: Duration) -> String {
    let (whole, tenths) = (time.as_secs(), time.subsec_millis() / 100);
    if whole < 120 {
        format!("{whole}.{tenths} s")
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_every_harness_in_a_log_are_summed() {
        let log = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; \
                   finished in 0.00s\nnoise\ntest result: FAILED. 40 passed; 3 failed; 0 ignored; 0 measured; 0 \
                   filtered out; finished in 1.25s\n";
        assert_eq!(count(log), Counts { passed: 42, failed: 3, ignored: 1 });
        assert_eq!(count("thread panicked before any result"), Counts::default());
    }

    #[test]
    fn what_a_failed_test_said_is_found_among_what_its_actors_said() {
        let log = "test one ... FAILED\n\nfailures:\n\n---- one stdout ----\n\nthread 'worker' (7) panicked at a.rs:1:\n\
                   on purpose\n\nthread 'one' (6) panicked at b.rs:2:\nassertion failed\n  left: 1\nnote: run with more\n\n\n\
                   failures:\n    one\n\ntest result: FAILED. 0 passed; 1 failed\n";
        assert_eq!(
            failures(log),
            ["one\n     thread 'one' (6) panicked at b.rs:2:\n     assertion failed\n       left: 1"]
        );
    }

    #[test]
    fn a_suite_that_dies_or_hangs_is_a_failure() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut dies = Command::new("sh");
        dies.args(["-c", "echo 'test result: ok. 1 passed; 0 failed'; exit 101"]);
        let row = run_logged("dies", dies, folder.path()).expect("ran");
        assert_eq!(row.counts, Counts { passed: 1, failed: 1, ignored: 0 });

        let mut hangs = Command::new("sh");
        hangs.args(["-c", "sleep 600"]).process_group(0);
        let child = hangs.spawn().expect("started");
        assert!(wait_within(child, Duration::from_millis(50)).expect("waited").is_none());
    }

    #[test]
    fn one_failed_test_fails_the_whole_run_and_so_does_a_broken_budget() {
        let row = |failed| Row {
            name: "s".into(),
            counts: Counts { passed: 1, failed, ignored: 0 },
            took: Duration::ZERO,
            note: String::new(),
            failures: Vec::new(),
        };
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(report(&[row(0)], second, Some(minute)), ExitCode::SUCCESS);
        assert_eq!(report(&[row(0), row(1)], second, None), ExitCode::FAILURE);
        assert_eq!(report(&[row(0)], minute, Some(second)), ExitCode::FAILURE);
    }

    #[test]
    fn times_read_well() {
        assert_eq!(seconds(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(seconds(Duration::from_secs(725)), "12 min 05 s");
    }
}
