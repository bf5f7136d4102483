//! Where a person stands in front of a device: typed lines go in, and what it did and what happened at it come out.

use std::io::{self, BufRead as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

/// How often the device is looked at for something new.
const LOOK: Duration = Duration::from_millis(20);
/// How many typed lines wait.
const LINES_WAITING_MAX: usize = 64;
/// The longest line that is read; the rest of a longer one is a line of its own.
const LINE_BYTES_MAX: u64 = 8 * 1024;

/// What becomes of a typed line.
#[derive(Debug)]
pub enum Reply {
    Done(String),
    /// It was not done, and why.
    No(String),
}

/// Something that happened at the device.
#[derive(Debug)]
pub struct News {
    /// One word, for programs.
    pub what: &'static str,
    pub says: String,
}

/// What there is to tell of a device that stands still where it was told to; nothing where that is as it `was`.
pub fn standing(held: bool, was: &mut bool) -> Option<News> {
    let (what, says) =
        if held { ("held", "it stands still: `go` lets it go on") } else { ("went on", "it goes on") };
    (std::mem::replace(was, held) != held).then(|| News { what, says: says.to_owned() })
}

/// What is said when the device can be used.
#[derive(Debug)]
pub struct Ready {
    /// One line for people: what it is and where.
    pub says: String,
    /// More lines for people, each a setting that a till needs.
    pub settings: Vec<(&'static str, String)>,
    /// The same for programs.
    pub fields: Map<String, Value>,
}

/// A line of the book.
#[derive(Debug)]
pub struct Entry {
    pub says: String,
    pub fields: Value,
}

/// A device with somebody in front of it.
pub trait Device {
    fn ready(&self) -> Ready;

    /// What it understands, and what that does.
    fn commands(&self) -> Vec<(&'static str, &'static str)>;

    fn obey(&mut self, words: &[&str]) -> Reply;

    /// What happened since the last time.
    fn news(&mut self) -> Result<Vec<News>>;

    fn book(&self) -> Result<Vec<Entry>>;
}

/// Lets the device run until it is told to end, its input ends, or the system says so.
pub async fn open(mut device: impl Device, json: bool) -> Result<()> {
    let voice = Voice { json };
    // Before anybody knows that it is there, so that it can be ended well from the beginning.
    let mut end = std::pin::pin!(told_to_end()?);
    voice.ready(&device.ready())?;
    let mut lines = typed();
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            line = lines.recv() => {
                let Some(line) = line else { break };
                let words: Vec<&str> = line.split_whitespace().collect();
                voice.news(&device.news()?)?;
                match words.as_slice() {
                    [] => {}
                    ["quit" | "exit"] => break,
                    ["help" | "?"] => voice.help(&device.commands())?,
                    ["book"] => voice.book(&device.book()?)?,
                    words => voice.reply(&device.obey(words))?,
                }
            }
            _ = look.tick() => voice.news(&device.news()?)?,
            () = &mut end => break,
        }
    }
    // What happened last is still said.
    voice.news(&device.news()?)?;
    voice.reply(&Reply::Done("it is switched off".to_owned()))
}

/// The lines of the input. A thread of its own reads them, because reading cannot be given up.
fn typed() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(LINES_WAITING_MAX);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = io::Read::take(&mut input, LINE_BYTES_MAX).read_until(b'\n', &mut line);
            if !matches!(read, Ok(count) if count > 0) {
                return;
            }
            if sender.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    lines
}

#[cfg(unix)]
fn told_to_end() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("listen to SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen to SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_end() -> Result<impl Future<Output = ()>> {
    Ok(async {
        // Where it cannot be listened to, the end of the input ends the device as well.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// How it speaks: to people, or one JSON object a line.
struct Voice {
    json: bool,
}

impl Voice {
    fn ready(&self, ready: &Ready) -> Result<()> {
        if self.json {
            return put(&json!({ "ready": ready.fields }).to_string());
        }
        let mut text = format!("ready  {}", ready.says);
        let width = ready.settings.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in &ready.settings {
            text.push_str(&format!("\n       {name:width$}  {value}"));
        }
        text.push_str("\n       type help to see what it understands");
        put(&text)
    }

    fn reply(&self, reply: &Reply) -> Result<()> {
        match (self.json, reply) {
            (true, Reply::Done(says)) => put(&json!({ "done": says }).to_string()),
            (true, Reply::No(why)) => put(&json!({ "no": why }).to_string()),
            (false, Reply::Done(says)) => put(&format!("done   {says}")),
            (false, Reply::No(why)) => put(&format!("no     {why}")),
        }
    }

    fn news(&self, news: &[News]) -> Result<()> {
        for News { what, says } in news {
            if self.json {
                put(&json!({ "news": what, "says": says }).to_string())?;
            } else {
                put(&format!("news   {says}"))?;
            }
        }
        Ok(())
    }

    fn help(&self, commands: &[(&'static str, &'static str)]) -> Result<()> {
        let always = [
            ("book", "show what it has in its book"),
            ("help", "show this"),
            ("quit", "switch it off; the end of the input does the same"),
        ];
        let all: Vec<_> = commands.iter().chain(&always).collect();
        if self.json {
            let all: Vec<Value> =
                all.iter().map(|(how, does)| json!({ "type": how, "does": does })).collect();
            return put(&json!({ "help": all }).to_string());
        }
        let width = all.iter().map(|(how, _)| how.len()).max().unwrap_or_default();
        let lines: Vec<String> =
            all.iter().map(|(how, does)| format!("       {how:width$}  {does}")).collect();
        put(&lines.join("\n"))
    }

    fn book(&self, entries: &[Entry]) -> Result<()> {
        if self.json {
            let entries: Vec<&Value> = entries.iter().map(|entry| &entry.fields).collect();
            return put(&json!({ "book": entries }).to_string());
        }
        if entries.is_empty() {
            return put("book   nothing is in it");
        }
        let lines: Vec<String> = entries.iter().map(|entry| format!("book   {}", entry.says)).collect();
        put(&lines.join("\n"))
    }
}

/// One line, at once: somebody waits for it.
fn put(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => bail!("nobody reads what it says"),
        written => written.context("say something"),
    }
}
