//! The released programs: built once, started as child processes with a log each, ended by their ids.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long a program may take from its start to its ready file.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a set-up command may take.
const COMMAND_WITHIN: Duration = Duration::from_secs(120);
/// How long a program may take to stop cleanly before it is ended the hard way.
const STOP_WITHIN: Duration = Duration::from_secs(75);
/// How often a ready file is looked for.
const POLL: Duration = Duration::from_millis(25);

/// The folder that holds the built programs: a test runs in `<target>/debug/deps`, a tool in `<target>/debug`.
///
/// # Errors
/// HF-DEMO-009 when they are not built.
pub fn folder() -> Result<PathBuf> {
    let own = std::env::current_exe().context("the path of this program")?;
    let found = own.ancestors().skip(1).take(2).find(|folder| folder.join("holdfast-hub").is_file());
    found.map(Path::to_path_buf).context(
        "HF-DEMO-009: the programs are not built; run `cargo build --workspace --bins --locked` first",
    )
}

/// The folder of the built programs.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: PathBuf,
    logs: PathBuf,
    environment: Vec<(String, String)>,
    /// A program, and what starts it in place of the test.
    through: Option<(String, Vec<String>)>,
}

impl Programs {
    /// Programs whose logs go into `logs`.
    pub fn new(logs: PathBuf) -> Result<Self> {
        fs::create_dir_all(&logs).with_context(|| format!("make {}", logs.display()))?;
        Ok(Self { folder: folder()?, logs, environment: Vec::new(), through: None })
    }

    /// Starts a program that stays through another one from now on, such as a tracer; none starts it directly again.
    pub fn start_through(&mut self, program: &str, through: Option<&[&str]>) {
        let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        self.through = through.map(|through| (program.to_owned(), own(through)));
    }

    /// Gives a variable to every program that is started from now on.
    pub fn set(&mut self, variable: &str, value: &str) {
        self.environment.push((variable.to_owned(), value.to_owned()));
    }

    /// The path of a program.
    pub fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    fn prepared(&self, mut command: Command, arguments: &[&str]) -> Command {
        // Ctrl-C reaches the test alone, which then ends the others in order.
        command.args(arguments).process_group(0).kill_on_drop(true);
        command.envs(self.environment.iter().map(|(variable, value)| (variable, value)));
        command
    }

    /// A program that is not started yet, ended when it is dropped.
    pub(crate) fn prepare(&self, program: &str, arguments: &[&str]) -> Command {
        self.prepared(Command::new(self.folder.join(program)), arguments)
    }

    /// The log of a program, to be added to.
    pub(crate) fn log(&self, name: &str) -> Result<File> {
        Ok(File::options().create(true).append(true).open(self.logs.join(format!("{name}.log")))?)
    }

    fn staying(&self, program: &str) -> Command {
        let path = self.folder.join(program);
        match &self.through {
            Some((of, words)) if of == program && !words.is_empty() => {
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]).arg(path);
                command
            }
            _ => Command::new(path),
        }
    }

    /// Runs a command to its end and returns what it printed.
    ///
    /// # Errors
    /// HF-DEMO-005 with the command's own words when it fails or takes too long.
    pub async fn command(&self, program: &str, arguments: &[&str], input: Option<&str>) -> Result<String> {
        let shown = format!("{program} {}", arguments.join(" "));
        let mut child = self
            .prepared(Command::new(self.folder.join(program)), arguments)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("HF-DEMO-005: `{shown}` cannot be started"))?;
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // A command that fails early closes its input; its own message is the one to show.
            let _closed = stdin.write_all(format!("{input}\n").as_bytes()).await;
        }
        let output = timeout(COMMAND_WITHIN, child.wait_with_output())
            .await
            .with_context(|| format!("HF-DEMO-005: `{shown}` took longer than {COMMAND_WITHIN:?}"))??;
        if !output.status.success() {
            let (said, printed) =
                (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
            bail!("HF-DEMO-005: `{shown}` ended with {}\n{}{}", output.status, printed, said.trim_end());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts a program that stays; `name` names its log.
    pub fn start(&self, name: &str, program: &str, arguments: &[&str]) -> Result<Program> {
        let log = self.logs.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let child = self
            .prepared(self.staying(program), arguments)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("start {program}"))?;
        Ok(Program { name: name.to_owned(), log, child })
    }
}

/// The value of a whole line `word value` that a program printed.
pub fn printed_value(printed: &str, word: &str) -> Option<String> {
    // A line is whole when its end was written.
    let whole = &printed[..printed.rfind('\n')? + 1];
    let value = whole.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))?;
    Some(value.trim().to_owned())
}

/// Asks a process that this test started to end (SIGTERM).
///
/// # Errors
/// When it is gone.
pub fn ask_to_end(id: u32) -> Result<()> {
    Ok(kill(Pid::from_raw(i32::try_from(id).context("a process id")?), Signal::SIGTERM)?)
}

/// A running program.
#[derive(Debug)]
pub struct Program {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Program {
    /// Waits for the ready file and reads it.
    ///
    /// # Errors
    /// HF-DEMO-001 when the time is over, HF-DEMO-002 when the program ended.
    pub async fn ready(&mut self, file: &Path) -> Result<Value> {
        let text = self.until(|| fs::read(file).ok()).await?;
        serde_json::from_slice(&text)
            .with_context(|| format!("HF-DEMO-008: the ready file of {} is not JSON", self.name))
    }

    /// Waits for a line `word value` that the program prints once it is ready, and returns the value.
    ///
    /// # Errors
    /// HF-DEMO-001 when the time is over, HF-DEMO-002 when the program ended.
    pub async fn says(&mut self, word: &str) -> Result<String> {
        let log = self.log.clone();
        self.until(|| printed_value(&fs::read_to_string(&log).unwrap_or_default(), word)).await
    }

    async fn until<T>(&mut self, mut ready: impl FnMut() -> Option<T>) -> Result<T> {
        let end = Instant::now() + READY_WITHIN;
        while Instant::now() < end {
            if let Some(found) = ready() {
                return Ok(found);
            }
            self.still_runs()?;
            sleep(POLL).await;
        }
        bail!(
            "HF-DEMO-001: {} was not ready within {READY_WITHIN:?}; its log: {}",
            self.name,
            self.log.display()
        )
    }

    /// The id of its process; none once it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How the program ended, if it has: for programs that a test wants to die.
    ///
    /// # Errors
    /// When the program cannot be waited for.
    pub fn end(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// What it printed and logged, together with what earlier programs of its name did.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// # Errors
    /// HF-DEMO-002 when the program has ended.
    pub fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Whether a program that ends by itself has done so.
    ///
    /// # Errors
    /// HF-DEMO-002 when it failed.
    pub fn is_done(&mut self) -> Result<bool> {
        match self.child.try_wait()? {
            None => Ok(false),
            Some(status) if status.success() => Ok(true),
            Some(status) => Err(self.ended(status)),
        }
    }

    fn ended(&self, status: ExitStatus) -> anyhow::Error {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(8)..].join("\n");
        let (name, path) = (&self.name, self.log.display());
        anyhow::anyhow!("HF-DEMO-002: {name} ended early with {status}; its log: {path}\n{last}")
    }

    /// Asks the program to end (SIGTERM) and waits; ends it the hard way when it takes too long.
    ///
    /// # Errors
    /// HF-DEMO-002 when it did not end cleanly.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(id) = self.child.id() {
            let id = Pid::from_raw(i32::try_from(id).context("a process id")?);
            // It may have ended in this instant: then the wait below says so.
            let _gone = kill(id, Signal::SIGTERM);
        }
        match timeout(STOP_WITHIN, self.child.wait()).await {
            Ok(status) => {
                let status = status?;
                if status.success() { Ok(()) } else { Err(self.ended(status)) }
            }
            Err(_) => {
                self.child.kill().await?;
                let (name, log) = (&self.name, self.log.display());
                bail!(
                    "HF-DEMO-002: {name} did not stop within {STOP_WITHIN:?} and was killed; its log: {log}"
                )
            }
        }
    }

    /// Ends the program as a power cut would: SIGKILL, nothing flushed, nothing closed.
    ///
    /// # Errors
    /// When the program cannot be waited for.
    pub async fn kill_now(&mut self) -> Result<()> {
        self.child.kill().await.with_context(|| format!("kill {}", self.name))
    }

    /// Asks the program to end as Ctrl-C does, and waits; how it ended is the caller's to judge.
    ///
    /// # Errors
    /// HF-DEMO-002 when it takes too long and is ended the hard way.
    pub async fn interrupt(mut self) -> Result<ExitStatus> {
        if let Some(id) = self.child.id() {
            let id = Pid::from_raw(i32::try_from(id).context("a process id")?);
            // It may have ended in this instant: then the wait below says so.
            let _gone = kill(id, Signal::SIGINT);
        }
        let Ok(status) = timeout(STOP_WITHIN, self.child.wait()).await else {
            self.child.kill().await?;
            bail!("HF-DEMO-002: {} did not end within {STOP_WITHIN:?} and was killed", self.name);
        };
        Ok(status?)
    }

    /// Waits for a program that ends by itself.
    ///
    /// # Errors
    /// HF-DEMO-002 when it fails or takes longer than `within`.
    pub async fn finish(mut self, within: Duration) -> Result<()> {
        let Ok(status) = timeout(within, self.child.wait()).await else {
            self.child.kill().await?;
            let (name, log) = (&self.name, self.log.display());
            bail!("HF-DEMO-002: {name} did not end within {within:?} and was killed; its log: {log}");
        };
        let status = status?;
        if status.success() { Ok(()) } else { Err(self.ended(status)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(logs: &Path) -> Programs {
        Programs { folder: "/bin".into(), logs: logs.to_path_buf(), environment: Vec::new(), through: None }
    }

    #[tokio::test]
    async fn a_command_that_fails_says_its_own_words() {
        let logs = tempfile::tempdir().expect("a folder");
        let programs = shell(logs.path());
        let printed =
            programs.command("sh", &["-c", "read x; echo claim-code $x"], Some("abc")).await.expect("ran");
        assert_eq!(printed, "claim-code abc\n");
        let error =
            programs.command("sh", &["-c", "echo HF-X-1 >&2; exit 3"], None).await.expect_err("fails");
        let text = error.to_string();
        assert!(text.contains("HF-DEMO-005") && text.contains("HF-X-1"), "{text}");
    }

    #[tokio::test]
    async fn a_program_that_dies_before_it_is_ready_is_noticed_with_its_log() {
        let logs = tempfile::tempdir().expect("a folder");
        let mut program =
            shell(logs.path()).start("hub", "sh", &["-c", "echo no port >&2; exit 1"]).expect("started");
        let error = program.ready(&logs.path().join("ready")).await.expect_err("never ready").to_string();
        assert!(error.contains("HF-DEMO-002") && error.contains("no port"), "{error}");
    }

    #[tokio::test]
    async fn a_program_is_asked_to_stop_and_may_finish_its_work() {
        let logs = tempfile::tempdir().expect("a folder");
        let (ready, done) = (logs.path().join("ready"), logs.path().join("done"));
        let script = format!(
            "trap 'echo > {}; exit 0' TERM; echo '{{\"http\":\"x\"}}' > {}.new; mv {1}.new {1}; while :; do sleep 0.01; done",
            done.display(),
            ready.display()
        );
        let mut program = shell(logs.path()).start("till", "sh", &["-c", &script]).expect("started");
        assert_eq!(program.ready(&ready).await.expect("ready")["http"], "x");
        program.stop().await.expect("a clean stop");
        assert!(done.exists());
    }
}
