//! Runs many seeds, each in a process of its own, as many at a time as there are cores.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;

use crate::plan::Profile;
use crate::report::Told;
use crate::world::locked;

/// A run that takes longer hangs: virtual time stands still in it.
const RUN_LIMIT: Duration = Duration::from_secs(20);

/// One run to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    pub seed: u64,
    pub profile: Profile,
}

/// Starts seeds.
#[derive(Debug, Clone)]
pub struct Runner {
    pub program: PathBuf,
    pub bug: Option<String>,
    pub jobs: usize,
    /// Stops at the first violation.
    pub until_violated: bool,
}

/// Sums over runs.
#[derive(Debug, Default, Clone)]
pub struct Sums {
    pub runs: u64,
    pub deliveries: u64,
    pub repeats: u64,
    pub clock_jumps: u64,
    pub crashes: u64,
    pub power_cuts: u64,
    pub disasters: u64,
    pub told: u64,
    pub refused: u64,
    pub misuses: u64,
    pub records: u64,
    pub reached: std::collections::BTreeSet<String>,
    pub failures: Vec<(Task, Told)>,
    pub hashes: std::collections::BTreeMap<u64, u64>,
}

impl Sums {
    fn add(&mut self, task: Task, told: Told) {
        self.runs += 1;
        self.deliveries += told.deliveries;
        self.repeats += told.repeats;
        self.clock_jumps += told.clock_jumps;
        self.crashes += told.crashes;
        self.power_cuts += told.power_cuts;
        self.disasters += told.disasters;
        self.told += told.told;
        self.refused += told.refused;
        self.misuses += told.misuses;
        self.records += told.records;
        self.hashes.insert(told.seed, told.hash);
        self.reached.extend(told.reached.iter().cloned());
        if told.violation.is_some() {
            self.failures.push((task, told));
        }
    }
}

impl Runner {
    /// Runs on every core.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { program: program.to_owned(), bug: None, jobs, until_violated: false }
    }

    /// Runs all tasks and adds them up.
    ///
    /// # Errors
    /// When a run's process cannot be started or says nothing that can be read.
    pub fn run(&self, tasks: &[Task]) -> Result<Sums> {
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let sums = Mutex::new(Sums::default());
        let fault = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.min(tasks.len()) {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                        match self.one(*task) {
                            Ok(told) => {
                                let violated = told.violation.is_some();
                                locked(&sums).add(*task, told);
                                if violated && self.until_violated {
                                    stop.store(true, Ordering::Relaxed);
                                }
                            }
                            Err(error) => {
                                *locked(&fault) = Some(error);
                                stop.store(true, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        if let Some(error) = locked(&fault).take() {
            return Err(error);
        }
        let mut sums = sums.into_inner().unwrap_or_default();
        sums.failures.sort_by_key(|(task, _)| task.seed);
        Ok(sums)
    }

    /// Runs one seed in a process of its own. A process that ends without a word has panicked or aborted: that is what is
    /// wrong with the seed.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn one(&self, task: Task) -> Result<Told> {
        let profile = task.profile.to_possible_value().map_or_else(String::new, |p| p.get_name().to_owned());
        let mut command = Command::new(&self.program);
        command.args(["--seed", &task.seed.to_string(), "--profile", &profile]);
        if let Some(bug) = &self.bug {
            command.args(["--bug", bug]);
        }
        command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child =
            command.spawn().with_context(|| format!("{} cannot be started", self.program.display()))?;
        let (said, complained, in_time) = listen(child)?;
        if let Ok(told) = serde_json::from_str::<Told>(said.trim()) {
            return Ok(told);
        }
        let why = if in_time { "ended without a word" } else { "did not end in time" };
        let last: Vec<&str> = complained.lines().rev().take(6).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Ok(silent(task.seed, format!("the run's process {why}: {}", last.join(" / "))))
    }
}

/// What a process said and complained about until it ended; whether it ended by itself.
fn listen(mut child: Child) -> Result<(String, String, bool)> {
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        bail!("a started process has both of its pipes");
    };
    let complaints = std::thread::spawn(move || {
        let mut text = String::new();
        // What cannot be read any more is not needed: the run's own word counts.
        let _rest = stderr.read_to_string(&mut text);
        text
    });
    let child = Arc::new(Mutex::new(child));
    let (started, ended) = (Instant::now(), Arc::new(AtomicBool::new(false)));
    let watched = {
        let (child, ended) = (Arc::clone(&child), Arc::clone(&ended));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                std::thread::park_timeout(RUN_LIMIT);
                if started.elapsed() >= RUN_LIMIT && !ended.load(Ordering::Relaxed) {
                    // It may have ended by itself just now.
                    let _ended = locked(&child).kill();
                    return false;
                }
            }
            true
        })
    };
    let mut said = String::new();
    stdout.read_to_string(&mut said).context("the run's word cannot be read")?;
    ended.store(true, Ordering::Relaxed);
    watched.thread().unpark();
    let in_time = watched.join().unwrap_or(false);
    locked(&child).wait().context("the run's process cannot be waited for")?;
    Ok((said, complaints.join().unwrap_or_default(), in_time))
}

fn silent(seed: u64, violation: String) -> Told {
    Told {
        seed,
        hash: 0,
        violation: Some(violation),
        moves: Vec::new(),
        lines: Vec::new(),
        deliveries: 0,
        repeats: 0,
        clock_jumps: 0,
        crashes: 0,
        power_cuts: 0,
        disasters: 0,
        told: 0,
        refused: 0,
        misuses: 0,
        records: 0,
        virtual_ms: 0,
        reached: Vec::new(),
    }
}

/// Seeds that once failed, each with its profile; every run begins with them.
#[must_use]
pub fn known_seeds() -> Vec<Task> {
    let lines = include_str!("../seeds.txt").lines();
    let named = lines.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    named
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let profile = Profile::from_str(words.next()?, true).ok()?;
            Some(Task { profile, seed: words.next()?.parse().ok()? })
        })
        .collect()
}

/// A range of seeds; every tenth is about disasters, every twentieth about copied disks.
#[must_use]
pub fn range(from: u64, seeds: u64) -> Vec<Task> {
    (from..from + seeds)
        .map(|seed| {
            let profile = match seed % 20 {
                9 | 19 => Profile::Disasters,
                14 => Profile::Clones,
                _ => Profile::Any,
            };
            Task { seed, profile }
        })
        .collect()
}

/// A failure as it is shown: what is wrong, what happened last, and how to see it again.
#[must_use]
pub fn failure(task: Task, told: &Told, bug: Option<&str>) -> String {
    let profile = task.profile.to_possible_value().map_or_else(String::new, |p| p.get_name().to_owned());
    let bug = bug.map_or_else(String::new, |bug| format!(" --bug {bug}"));
    format!(
        "seed {}: {}\n  last moves:\n    {}\n  last lines:\n    {}\n  again: cargo xtask simulate --from {} --seeds 1 --profile {profile}{bug} --trace\n",
        task.seed,
        told.violation.as_deref().unwrap_or("nothing is wrong"),
        told.moves.join("\n    "),
        told.lines.join("\n    "),
        task.seed,
    )
}
