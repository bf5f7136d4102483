//! A simulated device as a program of its own: `holdfast-devices`, spoken with by lines of JSON.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::programs::Programs;

const PROGRAM: &str = "holdfast-devices";
/// How long a device may take to be there, to answer, and to end.
const WITHIN: Duration = Duration::from_secs(60);
/// Answers that wait; news of what happens at the device is not kept.
const ANSWERS_WAITING_MAX: usize = 16;

/// A device that runs until it is dropped.
#[derive(Debug)]
pub struct Device {
    name: String,
    child: Child,
    input: ChildStdin,
    answers: mpsc::Receiver<Value>,
    reading: JoinHandle<()>,
    /// What it said of itself when it could be used.
    pub ready: Value,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

impl Device {
    /// Starts a device and waits until it can be used.
    ///
    /// # Errors
    /// HF-DEMO-001 when it says nothing in time, HF-DEMO-002 when it ends.
    pub async fn start(programs: &Programs, name: &str, arguments: &[&str]) -> Result<Self> {
        let arguments = [&["--json"], arguments].concat();
        let mut child = programs
            .prepare(PROGRAM, &arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(programs.log(name)?)
            .spawn()
            .with_context(|| format!("start {PROGRAM}"))?;
        let input = child.stdin.take().context("its input is a pipe")?;
        let output = child.stdout.take().context("its output is a pipe")?;
        let (sender, answers) = mpsc::channel(ANSWERS_WAITING_MAX);
        let reading = tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let Ok(said) = serde_json::from_str::<Value>(&line) else { continue };
                if (said.get("ready").is_some() || said.get("book").is_some())
                    && sender.send(said).await.is_err()
                {
                    return;
                }
            }
        });
        let mut device = Self { name: name.to_owned(), child, input, answers, reading, ready: Value::Null };
        device.ready = device.answer("ready").await?;
        Ok(device)
    }

    /// A word of what it said when it could be used.
    ///
    /// # Errors
    /// HF-DEMO-008 when it did not say that.
    pub fn says(&self, word: &str) -> Result<&str> {
        let said = self.ready[word].as_str();
        said.with_context(|| format!("HF-DEMO-008: {} did not say its `{word}`", self.name))
    }

    /// Everything in its own book.
    ///
    /// # Errors
    /// HF-DEMO-001 when it does not answer, HF-DEMO-008 when the answer is no list.
    pub async fn book(&mut self) -> Result<Vec<Value>> {
        self.input.write_all(b"book\n").await.with_context(|| format!("ask {} for its book", self.name))?;
        let book = self.answer("book").await?;
        book.as_array().cloned().with_context(|| format!("HF-DEMO-008: the book of {} is no list", self.name))
    }

    /// Switches it off, and waits for its end.
    ///
    /// # Errors
    /// HF-DEMO-002 when it does not end well.
    pub async fn stop(mut self) -> Result<()> {
        // One that is gone already says so below.
        let _gone = self.input.write_all(b"quit\n").await;
        match timeout(WITHIN, self.child.wait()).await {
            Ok(status) if status.as_ref().is_ok_and(|status| status.success()) => Ok(()),
            Ok(status) => bail!("HF-DEMO-002: {} ended with {status:?}", self.name),
            Err(_) => {
                self.child.kill().await?;
                bail!("HF-DEMO-002: {} did not end within {WITHIN:?} and was killed", self.name)
            }
        }
    }

    async fn answer(&mut self, word: &str) -> Result<Value> {
        let said = timeout(WITHIN, self.answers.recv()).await;
        let mut said = said
            .with_context(|| format!("HF-DEMO-001: {} says nothing", self.name))?
            .with_context(|| format!("HF-DEMO-002: {} ended before it said its `{word}`", self.name))?;
        Ok(said[word].take())
    }
}

/// What a book adds up to in minor units: payments less what was given back or taken back.
///
/// # Errors
/// HF-DEMO-008 for an entry that is neither, or has no amount.
pub fn net_minor(book: &[Value]) -> Result<i64> {
    book.iter().try_fold(0, |sum, entry| {
        let minor = entry["minor"].as_i64().with_context(|| format!("HF-DEMO-008: no amount in {entry}"))?;
        match entry["kind"].as_str() {
            Some("payment") => Ok(sum + minor),
            Some("refund" | "reversal") => Ok(sum - minor),
            _ => bail!("HF-DEMO-008: {entry} is neither a payment nor a refund"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_book_adds_up_what_came_less_what_went_back() {
        let book = [
            json!({"kind": "payment", "minor": 500}),
            json!({"kind": "refund", "minor": 120}),
            json!({"kind": "payment", "minor": 70}),
            json!({"kind": "reversal", "minor": 70}),
        ];
        assert_eq!(net_minor(&book).expect("a book"), 380);
        assert!(net_minor(&[json!({"kind": "gift", "minor": 1})]).is_err());
        assert!(net_minor(&[json!({"kind": "payment"})]).is_err());
    }
}
