//! The tills of a shop under test: the released load program, its report, and the answers as they came.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use holdfast_testkit::books::Books;
use holdfast_testkit::programs::Program;

use crate::audit::{Told, told};
use crate::shop::{Chain, PIN, STAFF, Shop, json, text, until};

/// The smallest segments that a hub takes: a restart copies one, and a run fills several.
pub const SEGMENT_MIB: &str = "16";

/// How many tills one person signs on at. Attempts to sign on are counted before the PIN is looked at, so that a crash
/// cannot wipe the count; one person who signs on at many tills in the same instant would lock themselves out.
const TILLS_OF_ONE: usize = 4;

/// Tills that trade until they are told to stop, a program for every few of them.
pub struct Tills {
    teams: Vec<Team>,
    count: usize,
}

struct Team {
    program: Program,
    report: PathBuf,
    answers: PathBuf,
}

impl Tills {
    /// Lets every till of the shop trade, `rate` customers a second each, and waits until all do.
    pub async fn trade(
        chain: &Chain,
        shop: &Shop,
        seconds: u64,
        rate: &str,
        dice: &mut Dice,
    ) -> Result<Self> {
        let mut teams = Vec::new();
        for (index, folders) in shop.tills.chunks(TILLS_OF_ONE).enumerate() {
            let person = (STAFF.parse::<usize>()? + index).to_string();
            if index > 0 {
                let add =
                    ["staff", "add", "--data", text(&shop.data)?, "--number", &person, "--name", "Manager"];
                let add = [add.as_slice(), &["--role", "manager", "--pin-stdin"]].concat();
                chain.programs.command("holdfast-hub", &add, Some(PIN)).await?;
            }
            let name = |what: &str| chain.folder.path().join(format!("team-{index}-{what}"));
            let (report, answers, pin) = (name("report.json"), name("answers.jsonl"), name("pin"));
            std::fs::write(&pin, PIN)?;
            let (seconds, seed) = (seconds.to_string(), (dice.throw() >> 1).to_string());
            let mut load = vec!["load"];
            for till in folders {
                load.extend(["--data", text(till)?]);
            }
            load.extend([
                "--staff",
                &person,
                "--pin-file",
                text(&pin)?,
                "--seconds",
                &seconds,
                "--rate",
                rate,
            ]);
            load.extend(["--seed", &seed, "--report", text(&report)?, "--answers", text(&answers)?]);
            let program = chain.programs.start(&format!("load-{index}"), "holdfast-terminal", &load)?;
            teams.push(Team { program, report, answers });
        }
        let mut tills = Self { teams, count: shop.tills.len() };
        tills.all_trade().await?;
        Ok(tills)
    }

    async fn all_trade(&mut self) -> Result<()> {
        let (teams, count) = (&mut self.teams, self.count);
        until("every till trades", async || {
            let mut answers: BTreeMap<String, u32> = BTreeMap::new();
            for team in &mut *teams {
                team.program.still_runs()?;
                let text = std::fs::read_to_string(&team.answers).unwrap_or_default();
                for terminal in text.lines().filter_map(|line| line.split('"').nth(3)) {
                    *answers.entry(terminal.to_owned()).or_default() += 1;
                }
            }
            Ok(answers.values().filter(|answers| **answers > 2).count() == count)
        })
        .await
    }

    /// Bytes of answers so far: it grows with each.
    pub fn answered_bytes(&self) -> u64 {
        self.heard().iter().sum()
    }

    /// How far the answers of each team have come.
    pub fn heard(&self) -> Vec<u64> {
        self.teams.iter().map(|team| std::fs::metadata(&team.answers).map_or(0, |file| file.len())).collect()
    }

    /// Whether the hub has answered something that was asked after the teams had come so far: each till asks one thing at a
    /// time, so that it had at most one answer on its way then.
    pub fn heard_since(&self, before: &[u64]) -> Result<bool> {
        let mut answers = 0;
        for (team, &before) in self.teams.iter().zip(before) {
            let mut file = std::fs::File::open(&team.answers)?;
            file.seek(SeekFrom::Start(before))?;
            let mut since = Vec::new();
            file.read_to_end(&mut since)?;
            answers += since.iter().filter(|byte| **byte == b'\n').count();
        }
        Ok(answers > self.count)
    }

    /// Waits until a till has an answer that it did not have when there were `before` bytes.
    pub async fn answered_since(&mut self, what: &str, before: u64) -> Result<()> {
        for team in &mut self.teams {
            team.program.still_runs()?;
        }
        until(what, async || Ok(self.answered_bytes() > before)).await
    }

    /// Everything that the tills were told so far.
    pub fn told(&self) -> Result<Told> {
        let mut all = Told::new();
        for team in &self.teams {
            all.append(&mut told(&team.answers)?);
        }
        Ok(all)
    }

    /// The tills take their last answers and go home.
    pub async fn go_home(self) -> Result<Home> {
        let told_before = self.told()?;
        let mut home = Home { books: None, told: Told::new(), resent: 0, sales: 0 };
        for Team { program, report, answers } in self.teams {
            program.stop().await?;
            let report = json(&report)?;
            ensure!(report["unanswered"] == 0, "every request is answered: {}", report["unanswered"]);
            ensure!(report["complete"] == true, "no till failed");
            let books = Books::read(&report).context("the tills' books")?;
            home.books = Some(match home.books {
                Some(others) => books.plus(&others)?,
                None => books,
            });
            home.resent += report["resent"].as_u64().context("a count")?;
            home.sales += report["sales"].as_u64().context("a count")?;
            home.told.append(&mut told(&answers)?);
        }
        ensure!(told_before.iter().all(|(command, place)| home.told.get(command) == Some(place)));
        Ok(home)
    }
}

/// What the tills know in the evening.
pub struct Home {
    books: Option<Books>,
    pub told: Told,
    pub resent: u64,
    pub sales: u64,
}

impl Home {
    pub fn books(&self) -> &Books {
        self.books.as_ref().expect("a shop has tills")
    }
}

/// A number from the environment, for a run that is longer than a usual one.
pub fn asked_for(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// Chance that a run prints, so that it can be had again: `HOLDFAST_SEED`.
pub struct Dice(u64);

impl Dice {
    pub fn thrown() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = asked_for("HOLDFAST_SEED", u64::from(now.subsec_nanos()) ^ now.as_secs());
        println!("HOLDFAST_SEED={seed}");
        Self(seed)
    }

    /// SplitMix64.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.throw() % end.max(1)
    }

    /// A wait of less than `most`: when a crash comes is chance, and what follows does not depend on it.
    pub async fn a_while(&mut self, most: Duration) {
        let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        tokio::time::sleep(Duration::from_micros(self.below(micros))).await;
    }
}
