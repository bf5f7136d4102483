//! A simulated device as the program that it is: started, spoken with, ended, and started again with its book.

#![allow(dead_code, reason = "each of the tests that share this uses a part of it")]

use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout};

/// No test waits longer than this for a program.
pub const LIMIT: Duration = Duration::from_secs(60);

pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it said when it was ready.
    pub ready: Value,
    /// What happened and was not asked for yet, each as one word and what it says.
    news: VecDeque<(String, String)>,
    /// How often it said that it booked something.
    pub booked: usize,
}

impl Program {
    /// A device that is ready.
    pub async fn start(arguments: &[&str]) -> Program {
        Program::try_start(arguments).await.unwrap_or_else(|said| panic!("{arguments:?}: {said}"))
    }

    /// The same, or what it said when it ended instead.
    pub async fn try_start(arguments: &[&str]) -> Result<Program, String> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_holdfast-devices"))
            .arg("--json")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program is built");
        let input = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let mut program =
            Program { child, input, lines, ready: Value::Null, news: VecDeque::new(), booked: 0 };
        match program.next().await {
            Some(mut said) => {
                program.ready = said["ready"].take();
                Ok(program)
            }
            None => {
                let output = program.child.wait_with_output().await.expect("it ended");
                assert!(!output.status.success());
                Err(String::from_utf8_lossy(&output.stderr).into_owned())
            }
        }
    }

    /// Started again with the same arguments, at the same address as before, as soon as that is free.
    pub async fn start_again(arguments: &[&str]) -> Program {
        let begun = Instant::now();
        loop {
            match Program::try_start(arguments).await {
                Ok(program) => return program,
                Err(said) => assert!(begun.elapsed() < LIMIT, "{arguments:?}: {said}"),
            }
        }
    }

    pub fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.ready))
    }

    /// The next thing that it says; nothing when it has ended.
    async fn next(&mut self) -> Option<Value> {
        let line =
            timeout(LIMIT, self.lines.next_line()).await.expect("in time").expect("its output is text")?;
        Some(serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}")))
    }

    /// Whatever it says next that was not asked for is kept as news.
    fn keep(&mut self, said: &Value) -> bool {
        let Some(what) = said["news"].as_str() else { return false };
        self.booked += usize::from(what == "booked");
        self.news.push_back((what.to_owned(), said["says"].as_str().unwrap_or_default().to_owned()));
        true
    }

    /// Types a line and waits for its answer.
    pub async fn ask(&mut self, line: &str) -> Value {
        let input = self.input.as_mut().expect("its input is open");
        let written = async {
            input.write_all(format!("{line}\n").as_bytes()).await?;
            input.flush().await
        };
        written.await.expect("it reads");
        loop {
            let said = self.next().await.unwrap_or_else(|| panic!("it ended instead of answering `{line}`"));
            if !self.keep(&said) {
                return said;
            }
        }
    }

    /// Types a command that is done.
    pub async fn say(&mut self, line: &str) -> String {
        let said = self.ask(line).await;
        said["done"].as_str().unwrap_or_else(|| panic!("`{line}`: {said}")).to_owned()
    }

    /// Types a command that is not done, and hears why.
    pub async fn refused(&mut self, line: &str) -> String {
        let said = self.ask(line).await;
        said["no"].as_str().unwrap_or_else(|| panic!("`{line}`: {said}")).to_owned()
    }

    pub async fn book(&mut self) -> Vec<Value> {
        let mut said = self.ask("book").await;
        match said["book"].take() {
            Value::Array(entries) => entries,
            other => panic!("no book: {other}"),
        }
    }

    /// What happened until now is not waited for any more.
    pub fn look_ahead(&mut self) {
        self.news.clear();
    }

    /// Waits for something to happen at it, and says what that was.
    pub async fn until(&mut self, what: &str) -> String {
        loop {
            while let Some((happened, says)) = self.news.pop_front() {
                if happened == what {
                    return says;
                }
            }
            let said = self.next().await.unwrap_or_else(|| panic!("it ended before: {what}"));
            assert!(self.keep(&said), "nobody asked: {said}");
        }
    }

    /// Waits until its screen shows something.
    pub async fn until_screen(&mut self, shows: &str) {
        while !self.until("screen").await.contains(shows) {}
    }

    /// Ends it at once, as a power cut does (SIGKILL).
    pub async fn kill(mut self) {
        self.child.kill().await.expect("our own child can be ended");
    }

    /// Asks the system to end it (SIGTERM).
    pub async fn terminate(self) -> ExitStatus {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id]).status().await;
        assert!(sent.is_ok_and(|sent| sent.success()));
        self.ended().await
    }

    /// Closes its input.
    pub async fn close(mut self) -> ExitStatus {
        self.input = None;
        self.ended().await
    }

    pub async fn quit(mut self) {
        assert_eq!(self.say("quit").await, "it is switched off");
        assert!(self.ended().await.success());
    }

    async fn ended(mut self) -> ExitStatus {
        timeout(LIMIT, self.child.wait()).await.expect("in time").expect("it ends")
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> String {
    path.to_str().expect("the paths of tests are text").to_owned()
}
