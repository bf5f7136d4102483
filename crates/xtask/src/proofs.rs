//! `proofs`: the table of proofs with the figures of the last run, generated from what each proof wrote down.
//!
//! A proof writes its figures only when it has held, and the folder is emptied before a full run, so a row without
//! figures is a proof that did not hold or did not run. README.md carries the table of one run between two marks.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::suites::seconds;
use crate::workspace;

/// What a full run must reach.
struct Claim {
    id: &'static str,
    promises: &'static str,
    shows: &'static str,
    /// The least that counts: figures whose words begin so, added up.
    needed: &'static [(u64, &'static str)],
}

const CLAIMS: &[Claim] = &[
    Claim {
        id: "R1",
        promises: "P1 P2 P4 P9",
        shows: "nothing acknowledged is lost or doubled under any mix of crash, partition, delay, reorder, clock and disk fault",
        needed: &[(5_000, "seeds")],
    },
    Claim {
        id: "R2",
        promises: "all",
        shows: "the same seed is the same run",
        needed: &[(50, "seeds run twice")],
    },
    Claim { id: "R3", promises: "all", shows: "the proofs can fail", needed: &[(20, "planted bugs caught")] },
    Claim {
        id: "R4",
        promises: "P1 P2",
        shows: "kill -9 of the real hub at any moment, eight tills",
        needed: &[(100, "kills")],
    },
    Claim {
        id: "R5",
        promises: "P1 P2",
        shows: "any single actor panics, fails, hangs or stops under load",
        needed: &[(200, "losses")],
    },
    Claim {
        id: "R6",
        promises: "P1",
        shows: "a power cut that drops, keeps in part or tears what was not synced",
        needed: &[(100, "images at least of each")],
    },
    Claim {
        id: "R8",
        promises: "P1",
        shows: "a fault at the n-th call to the disk, of the journal until the run ends untouched, and of the real hub",
        needed: &[(900, "n-th calls failed"), (100, "faults that came to pass")],
    },
    Claim {
        id: "R9",
        promises: "P1",
        shows: "a failed sync is never acknowledged and ends the process",
        needed: &[(50, "syncs failed"), (5, "sync sites")],
    },
    Claim {
        id: "R10",
        promises: "P1",
        shows: "a full disk stops new sales before loss, open ones can be paid, space heals it",
        needed: &[(5, "fills")],
    },
    Claim {
        id: "R11",
        promises: "P1 P9",
        shows: "a flipped bit in every block of journal and state is found or has no effect",
        needed: &[(1_000, "flipped bits")],
    },
    Claim {
        id: "R14",
        promises: "P2",
        shows: "duplicates and reordering are harmless",
        needed: &[(200_000, "deliveries")],
    },
    Claim {
        id: "R15",
        promises: "P3",
        shows: "a payment in doubt is always resolved, and device and hub agree on exactly one of captured and not captured",
        needed: &[
            (20_000, "payments, refunds and reversals with a fault"),
            (100, "payments and refunds whose hub died"),
            (50, "on real lines"),
        ],
    },
    Claim {
        id: "R16",
        promises: "P14",
        shows: "a printer that stops at any byte of a receipt blocks no sale; each document is known, none has two papers that pass for the first",
        needed: &[(6_000, "stops at a byte")],
    },
    Claim {
        id: "R17",
        promises: "P1 P9",
        shows: "a cloned or rolled-back disk is noticed at first contact, nothing is overwritten",
        needed: &[(50, "clones"), (50, "rollbacks")],
    },
    Claim { id: "R18", promises: "P4 P9", shows: "clocks that jump", needed: &[(500, "clock jumps")] },
    Claim {
        id: "R23",
        promises: "P2 P8",
        shows: "bytes that nobody sends never break a codec of a device, and no card's number of theirs is shown",
        needed: &[(300_000, "inputs")],
    },
    Claim {
        id: "R27",
        promises: "P9",
        shows: "any changed byte of an export is found by both verifiers, which share no code",
        needed: &[(65_536, "bytes")],
    },
    Claim {
        id: "R28",
        promises: "P8",
        shows: "no card's number is anywhere, whatever input it came by, and no article's number is refused",
        needed: &[(10_000, "card numbers planted"), (20, "stores searched"), (200, "articles taken")],
    },
    Claim {
        id: "R33",
        promises: "P1",
        shows: "a hub comes back from a backup and from HQ's copy with the same state",
        needed: &[(50_000, "events"), (20, "stores restored")],
    },
    Claim {
        id: "R36",
        promises: "P9",
        shows: "every released format is opened",
        needed: &[(50, "released files")],
    },
    Claim {
        id: "PII",
        promises: "P8",
        shows: "an erased customer's words are found nowhere",
        needed: &[(1, "files searched")],
    },
];

const BEGIN: &str = "<!-- proofs: written by `cargo xtask proofs --write` -->";
const END: &str = "<!-- end of proofs -->";

/// What one proof wrote down, see `holdfast_testkit::proof`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    id: String,
    part: String,
    counts: Vec<Figure>,
    took_ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    count: u64,
    what: String,
}

/// Forgets the figures of earlier runs.
///
/// # Errors
/// When the folder cannot be emptied.
pub fn clear() -> Result<()> {
    match fs::remove_dir_all(folder()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("empty target/proofs")
        }
        _ => Ok(()),
    }
}

/// Prints the table; with `write` also into README.md.
///
/// # Errors
/// When figures cannot be read or README.md cannot be written.
pub fn run(write: bool) -> Result<ExitCode> {
    let (table, all_held) = table(&read()?);
    println!("{table}");
    if write {
        if !all_held {
            bail!("README.md is left as it is: run `cargo xtask test` first, and let every proof hold");
        }
        let path = workspace::root().join("README.md");
        let readme = fs::read_to_string(&path)?;
        fs::write(&path, with_table(&readme, &table, &commit())?)?;
    }
    Ok(if all_held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether every proof of the run held; prints the table.
///
/// # Errors
/// When figures cannot be read.
pub fn all_held() -> Result<bool> {
    let (table, all_held) = table(&read()?);
    println!("{table}");
    Ok(all_held)
}

fn folder() -> PathBuf {
    workspace::root().join("target/proofs")
}

fn read() -> Result<Vec<Figures>> {
    let Ok(entries) = fs::read_dir(folder()) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let figures: Figures =
            serde_json::from_str(&text).with_context(|| format!("{} is no proof's file", path.display()))?;
        all.push(figures);
    }
    all.sort_by(|a, b| (&a.id, &a.part).cmp(&(&b.id, &b.part)));
    Ok(all)
}

/// The table as Markdown, and whether every claim was reached.
fn table(all: &[Figures]) -> (String, bool) {
    let mut text =
        String::from("| proof | promise | shows | counted | needed | time |\n|---|---|---|---|---|---|\n");
    let mut all_held = true;
    for claim in CLAIMS {
        let of_claim = || all.iter().filter(|figures| figures.id == claim.id);
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        let mut order: Vec<&str> = Vec::new();
        for figure in of_claim().flat_map(|figures| &figures.counts) {
            if !sums.contains_key(figure.what.as_str()) {
                order.push(&figure.what);
            }
            *sums.entry(&figure.what).or_default() += figure.count;
        }
        let reached = |what: &str| -> u64 {
            sums.iter().filter(|(words, _)| words.starts_with(what)).map(|(_, sum)| sum).sum()
        };
        let held = claim.needed.iter().all(|(least, what)| reached(what) >= *least);
        all_held &= held;
        let counted: Vec<String> =
            order.iter().map(|what| format!("{} {what}", grouped(sums[what]))).collect();
        let counted = match (held, counted.is_empty()) {
            (_, true) => "**did not hold or did not run**".to_owned(),
            (true, false) => counted.join(", "),
            (false, false) => format!("**short:** {}", counted.join(", ")),
        };
        let needed: Vec<String> =
            claim.needed.iter().map(|(least, what)| format!("{} {what}", grouped(*least))).collect();
        let took: u64 = of_claim().map(|figures| figures.took_ms).sum();
        text.push_str(&format!(
            "| {} | {} | {} | {counted} | {} | {} |\n",
            claim.id,
            claim.promises,
            claim.shows,
            needed.join(", "),
            seconds(Duration::from_millis(took)),
        ));
    }
    (text, all_held)
}

/// `65536` as `65,536`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn with_table(readme: &str, table: &str, commit: &str) -> Result<String> {
    let (before, rest) =
        readme.split_once(BEGIN).context("README.md has lost the mark where the proofs begin")?;
    let (_, after) = rest.split_once(END).context("README.md has lost the mark where the proofs end")?;
    Ok(format!(
        "{before}{BEGIN}\nMade from commit {commit} by one run of `cargo xtask test`.\n\n{table}{END}{after}"
    ))
}

/// The commit that is checked out, in short.
fn commit() -> String {
    let asked =
        Command::new("git").args(["rev-parse", "--short=10", "HEAD"]).current_dir(workspace::root()).output();
    let commit = asked.ok().filter(|answer| answer.status.success());
    commit.map_or_else(
        || "unknown".to_owned(),
        |answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(id: &str, count: u64, what: &str) -> Figures {
        let counts = vec![Figure { count, what: what.to_owned() }];
        Figures { id: id.to_owned(), part: String::new(), counts, took_ms: 1_000 }
    }

    fn row<'a>(table: &'a str, id: &str) -> &'a str {
        table.lines().find(|line| line.starts_with(&format!("| {id} |"))).expect("a row")
    }

    #[test]
    fn parts_are_summed_and_what_falls_short_or_is_missing_is_said() {
        let (table, all_held) = table(&[
            figures("R14", 150_000, "deliveries"),
            figures("R14", 60_000, "deliveries"),
            figures("R4", 99, "kills"),
        ]);
        assert!(!all_held);
        assert!(row(&table, "R14").contains("210,000 deliveries"), "{table}");
        assert!(row(&table, "R4").contains("**short:** 99 kills"), "{table}");
        assert!(row(&table, "R1").contains("did not hold or did not run"), "{table}");
    }

    #[test]
    fn when_every_claim_is_reached_the_table_says_so() {
        let reached = CLAIMS
            .iter()
            .flat_map(|claim| claim.needed.iter().map(|(least, what)| figures(claim.id, *least, what)));
        let (table, all_held) = table(&reached.collect::<Vec<_>>());
        assert!(all_held, "{table}");
        assert!(!table.contains("**"), "{table}");
    }

    #[test]
    fn the_table_goes_between_its_marks_and_nowhere_else() {
        let readme = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let written = with_table(&readme, "new\n", "abc").expect("both marks");
        assert!(
            written.starts_with("before\n") && written.ends_with("\nafter\n") && !written.contains("old"),
            "{written}"
        );
        assert_eq!(with_table(&written, "new\n", "abc").expect("both marks"), written);
        assert!(with_table("no marks", "new", "abc").is_err());
    }
}
