//! What the tills were told against what the hub's journal holds, read by the test itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use holdfast_domain::Outcome;
use holdfast_journal::{DiskStorage, Journal, Options};
use serde_json::Value;

/// Where an answer says that its command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub epoch: String,
    pub seq: u64,
    pub hash: String,
    pub accepted: bool,
}

/// By command. What the journal holds is a list, because a command could be there twice.
pub type Told = BTreeMap<String, Place>;
pub type Kept = BTreeMap<String, Vec<Place>>;

/// Reads the answers as the tills wrote them down when they came.
pub fn told(answers: &Path) -> Result<Told> {
    let text = std::fs::read_to_string(answers).context("the answers")?;
    // The last line may be on its way.
    let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
    let mut told = Told::new();
    for line in whole.lines() {
        let line: Value = serde_json::from_str(line)?;
        let command = line["command"].as_str().context("a command")?.to_owned();
        let position = &line["position"];
        let text = |value: &Value| value.as_str().map(str::to_owned).context("a text");
        let place = match line["outcome"].as_str() {
            Some(outcome @ ("accepted" | "refused")) => Place {
                epoch: text(&position["epoch"])?,
                seq: text(&position["seq"])?.parse()?,
                hash: text(&position["hash"])?,
                accepted: outcome == "accepted",
            },
            _ => bail!("a till was told something that has no place in the journal: {line}"),
        };
        let before = told.insert(command.clone(), place.clone());
        ensure!(before.is_none_or(|before| before == place), "{command} was answered in two ways");
    }
    Ok(told)
}

/// Reads every command of a till from the journal, without a lock and without changing a byte.
pub fn kept(data: &Path) -> Result<Kept> {
    let options = Options::new(data.join("journal"), holdfast_protocol::chain_hash);
    let (reader, _) = Journal::open_read_only(&options, Arc::new(DiskStorage::new()))?;
    let mut kept = Kept::new();
    for record in reader.scan(1) {
        let record = record?;
        let decoded = holdfast_protocol::decode_record(&record.payload)?;
        if let Some((command, _)) = decoded.origin.command() {
            kept.entry(command.to_string()).or_default().push(Place {
                epoch: uuid(&record.position.epoch),
                seq: record.position.seq,
                hash: hex(&record.position.hash),
                accepted: matches!(decoded.outcome, Outcome::Accepted { .. }),
            });
        }
    }
    Ok(kept)
}

/// Every command that a till was told of is there exactly once, where it was told. Says how many were looked at.
pub fn nothing_lost_or_doubled(told: &Told, kept: &Kept) -> Result<u64> {
    for (command, place) in told {
        match kept.get(command).map(Vec::as_slice) {
            None | Some([]) => bail!("{command} was acknowledged at {} and is lost", place.seq),
            Some([one]) => ensure!(one == place, "{command} was acknowledged as {place:?} and is {one:?}"),
            Some(several) => bail!("{command} is there {} times", several.len()),
        }
    }
    // What nobody was told of may be there; twice it may not.
    let doubled = kept.iter().find(|(_, places)| places.len() > 1);
    ensure!(doubled.is_none(), "{doubled:?} is there more than once");
    Ok(told.len() as u64)
}

/// As [`nothing_lost_or_doubled`], once every till has its last answer: then nothing is there that nobody was told of.
pub fn agree(told: &Told, kept: &Kept) -> Result<u64> {
    let unknown = kept.keys().find(|command| !told.contains_key(*command));
    ensure!(unknown.is_none(), "{unknown:?} is in the journal and no till was told of it");
    nothing_lost_or_doubled(told, kept)
}

/// The audit must be able to fail: it is given books in which one thing is wrong at a time.
pub fn would_notice(told: &Told, kept: &Kept) -> Result<u64> {
    let (command, place) = told.last_key_value().context("something was told")?;
    let wrong = |what: &str, change: &dyn Fn(&mut Kept)| {
        let mut other = kept.clone();
        change(&mut other);
        ensure!(agree(told, &other).is_err(), "the audit does not notice {what}");
        Ok(1)
    };
    Ok(wrong("a lost command", &|kept| drop(kept.remove(command)))?
        + wrong("a doubled command", &|kept| kept.entry(command.clone()).or_default().push(place.clone()))?
        + wrong("another hash", &|kept| {
            kept.insert(command.clone(), vec![Place { hash: "00".repeat(32), ..place.clone() }]);
        })?
        + wrong("a refusal where a yes was told", &|kept| {
            kept.insert(command.clone(), vec![Place { accepted: !place.accepted, ..place.clone() }]);
        })?
        + wrong("a command that nobody was told of", &|kept| {
            kept.insert("00000000-0000-7000-8000-000000000000".to_owned(), vec![place.clone()]);
        })?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn uuid(bytes: &[u8; 16]) -> String {
    let hex = hex(bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
