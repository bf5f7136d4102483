//! System calls that fail on command: strace answers the n-th call of each thread in place of the kernel.
//!
//! A call that strace answers is not carried out, so the answers here are ones that a kernel gives when it did nothing:
//! an error, or "0 bytes written". A write that is cut in the middle comes from a full disk instead (see `room`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use holdfast_testkit::programs::{Program, Programs};

use crate::shop::{text, until};

/// How far ahead names of journal files are watched.
const SEGMENTS_AHEAD: u64 = 40;

/// What fails, how, and which of each thread's calls.
#[derive(Debug, Clone)]
pub struct Inject {
    pub call: &'static str,
    pub answer: &'static str,
    pub nth: u64,
}

impl Inject {
    fn expression(&self) -> String {
        let Self { call, answer, nth } = self;
        format!("inject={call}:{answer}:when={nth}")
    }
}

/// The paths below a data folder that the hub writes, those that do not exist yet included.
pub fn paths(data: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = BTreeSet::new();
    collect(data, &mut paths)?;
    for name in ["staff.json", "pairing.json", "head.json", "witness.json", "ballast", "recovery.json"] {
        paths.insert(data.join(name));
    }
    let beside: Vec<PathBuf> = paths.iter().map(|path| path.with_added_extension("new")).collect();
    paths.extend(beside);
    let journal = data.join("journal");
    let last = paths.iter().filter_map(|path| number(path)).max().unwrap_or(0);
    for next in last.saturating_sub(1)..last + SEGMENTS_AHEAD {
        for name in [
            format!("segment-{next:010}.hfj"),
            format!("spare-{next:010}.tmp"),
            format!("copy-{next:010}.tmp"),
        ] {
            paths.insert(journal.join(name));
        }
    }
    paths.insert(journal.join("next.tmp"));
    Ok(paths.into_iter().collect())
}

fn number(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("segment-")?.strip_suffix(".hfj")?.parse().ok()
}

fn collect(folder: &Path, paths: &mut BTreeSet<PathBuf>) -> Result<()> {
    paths.insert(folder.to_path_buf());
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A socket or the paper of a printer is no place where a sale could be lost.
        if entry.file_type()?.is_dir() && entry.file_name() != "paper" {
            collect(&entry.path(), paths)?;
        } else if entry.file_type()?.is_file() {
            paths.insert(entry.path());
        }
    }
    Ok(())
}

/// The words that start a hub with failing calls. The hub stays the test's own child.
pub fn words(inject: Option<&Inject>, calls: &str, paths: &[PathBuf], log: &Path) -> Result<Vec<String>> {
    let mut words: Vec<String> =
        ["strace", "-D", "-f", "-qq", "-y", "-o", text(log)?, "-e"].map(str::to_owned).into();
    words.push(format!("trace={}", inject.map_or(calls, |inject| inject.call)));
    if let Some(inject) = inject {
        words.extend(["-e".to_owned(), inject.expression()]);
    }
    for path in paths {
        words.extend(["-P".to_owned(), text(path)?.to_owned()]);
    }
    Ok(words)
}

/// A tracer on a hub that serves.
pub struct Attached {
    program: Program,
    log: PathBuf,
}

impl Attached {
    /// None when the hub ended before it could be watched.
    pub async fn to(
        programs: &Programs,
        hub: u32,
        inject: &Inject,
        paths: &[PathBuf],
        log: &Path,
    ) -> Result<Option<Self>> {
        let (hub, call, expression) =
            (hub.to_string(), format!("trace={}", inject.call), inject.expression());
        let mut words = vec!["-f", "-y", "-p", &hub, "-o", text(log)?, "-e", &call, "-e", &expression];
        for path in paths {
            words.extend(["-P", text(path)?]);
        }
        let mut program = programs.start(&name(log), "/usr/bin/strace", &words)?;
        let mut ended = false;
        until("strace is attached or has ended", async || {
            ended = program.end()?.is_some();
            Ok(ended || program.log().contains("attached"))
        })
        .await?;
        // It may have ended with the hub that it was attached to.
        if program.log().contains("attached") {
            return Ok(Some(Self { program, log: log.to_path_buf() }));
        }
        ensure!(program.log().contains("No such process"), "strace ended: {}", program.log());
        Ok(None)
    }

    pub fn sites(&self, data: &Path) -> Result<Vec<String>> {
        injected(&self.log, data)
    }

    /// Takes the tracer off; the hub goes on by itself, if it is there.
    pub async fn let_go(self) -> Result<()> {
        self.program.interrupt().await.map(drop)
    }
}

fn name(log: &Path) -> String {
    log.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

/// The calls that were answered by strace, each as `call kind-of-file`.
pub fn injected(log: &Path, data: &Path) -> Result<Vec<String>> {
    sites(log, data, |line| line.contains("(INJECTED)"))
}

/// The calls of a log that a filter lets through, each as `call kind-of-file`.
pub fn sites(log: &Path, data: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let Ok(text) = std::fs::read_to_string(log) else { return Ok(Vec::new()) };
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    calls(whole).iter().filter(|line| wanted(line)).map(|line| site(line, data)).collect()
}

/// The calls of a log, each in one line. A call during which another thread was heard is logged in two lines, the second
/// without its arguments; one whose thread was killed meanwhile has no second line. A thread that is killed before its call
/// is known leaves `???(`, which is no call.
fn calls(log: &str) -> Vec<String> {
    const CUT: &str = "<unfinished ...>";
    const GOES_ON: &str = " resumed>";
    let mut calls: Vec<String> = Vec::new();
    let mut begun: BTreeMap<&str, usize> = BTreeMap::new();
    for line in log.lines() {
        let mut words = line.split_whitespace();
        let thread = words.next().unwrap_or_default();
        if words.next().is_some_and(|call| call.starts_with('?')) {
            continue;
        }
        if let Some(beginning) = line.trim_end().strip_suffix(CUT) {
            begun.insert(thread, calls.len());
            calls.push(beginning.to_owned());
        } else if let Some((_, end)) = line.split_once(GOES_ON) {
            // Without a beginning it was made before the tracer came, and names no file.
            if let Some(index) = begun.remove(thread) {
                calls[index].push_str(end);
            }
        } else {
            calls.push(line.to_owned());
        }
    }
    calls
}

/// `1234  fdatasync(9</data/journal/segment-0000000001.hfj>) = …` is a `fdatasync journal segment`.
fn site(line: &str, data: &Path) -> Result<String> {
    let call = line.split_whitespace().nth(1).and_then(|rest| rest.split('(').next()).unwrap_or_default();
    let data = text(data)?;
    // The last path named is the one that a rename makes.
    let Some(at) = line.rfind(data) else { bail!("no file of the hub in: {line}") };
    let rest = &line[at + data.len()..];
    let path = rest.split(['>', '"']).next().context("a path ends")?;
    Ok(format!("{call} {}", kind(path)))
}

/// As `kind`, of a whole path.
pub fn kind_of(path: &Path, data: &Path) -> String {
    path.strip_prefix(data).map_or_else(|_| String::new(), |path| kind(&path.to_string_lossy()))
}

/// What a file below the data folder is to the hub.
fn kind(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    match (first, rest) {
        ("", _) => "data folder".to_owned(),
        ("journal", "") => "journal folder".to_owned(),
        ("journal", name) => format!("journal {}", name.split(['-', '.']).next().unwrap_or_default()),
        ("state", "") => "state folder".to_owned(),
        ("state", _) => "state".to_owned(),
        ("catalog", _) => "catalog".to_owned(),
        ("tls", _) => "tls".to_owned(),
        (file, _) => file.trim_end_matches(".new").to_owned(),
    }
}

#[test]
fn a_call_that_is_logged_in_two_lines_is_one_call() -> Result<()> {
    let log = "11  fdatasync(9</shop/hub/journal/segment-0000000001.hfj> <unfinished ...>\n\
               12  fsync(7</shop/hub/state/db> <unfinished ...>\n\
               13  +++ exited with 0 +++\n\
               12  <... fsync resumed>)      = 0\n\
               11  <... fdatasync resumed>)  = -1 EIO (Input/output error) (INJECTED)\n\
               15 ???( <unfinished ...>\n\
               15 <... ??? resumed>) = ?\n\
               16 ????(\n\
               17  <... fsync resumed>)      = 0\n\
               14  fsync(8</shop/hub/staff.json.new> <unfinished ...>\n";
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("log");
    std::fs::write(&file, log)?;
    let data = Path::new("/shop/hub");
    assert_eq!(injected(&file, data)?, ["fdatasync journal segment"]);
    let all = sites(&file, data, |line| !line.contains("+++"))?;
    assert_eq!(all, ["fdatasync journal segment", "fsync state", "fsync staff.json"]);
    Ok(())
}
