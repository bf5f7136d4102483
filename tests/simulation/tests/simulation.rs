//! The simulation as a suite: every seed holds, the same seed is the same run, every planted bug is found, duplicates and
//! clocks harm nobody, and nothing of the product's alphabet is left out.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the verdict")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use holdfast_planted::Bug;
use holdfast_simulation::alphabet::{ACTIONS, EFFECTS, EVENTS, HUB_COMMANDS};
use holdfast_simulation::plan::Profile;
use holdfast_simulation::runner::{Runner, Sums, Task, failure, known_seeds, range};
use holdfast_testkit::proof::Proof;

/// Seeds of one run of this suite.
const SEEDS: u64 = 5_000;
/// Deliveries at the hub that the flood must reach.
const DELIVERIES: u64 = 200_000;
const CLOCK_JUMPS: u64 = 500;
/// Seeds within which a planted bug is found.
const BUG_SEEDS_MAX: u64 = 400;

/// The suites take turns, so that each has all cores to itself.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn runner() -> Runner {
    Runner::new(Path::new(env!("CARGO_BIN_EXE_holdfast-simulated-seed")))
}

fn held(sums: &Sums) {
    let shown: Vec<String> =
        sums.failures.iter().take(3).map(|(task, told)| failure(*task, told, None)).collect();
    assert!(sums.failures.is_empty(), "{} seeds fail\n{}", sums.failures.len(), shown.join("\n"));
}

#[test]
fn every_seed_holds_and_is_the_same_run_in_another_process_and_leaves_nothing_of_the_alphabet_out() {
    let _turn = turn();
    let proof = Proof::of("R1", "simulated stores");
    let mut tasks = known_seeds();
    tasks.extend(range(1, SEEDS));
    let sums = runner().run(&tasks).unwrap();
    held(&sums);
    let missing = missing(&sums.reached);
    assert!(missing.is_empty(), "never met in {SEEDS} seeds: {missing:?}");
    proof
        .counted(sums.runs, "seeds")
        .counted(sums.told, "acknowledgements")
        .counted(sums.crashes, "crashes")
        .counted(sums.power_cuts, "power cuts")
        .counted(sums.disasters, "disks lost")
        .holds();

    let proof = Proof::of("R2", "runs made twice");
    let again: Vec<Task> = range(1, SEEDS).into_iter().filter(|task| task.seed % 100 == 0).collect();
    let second = runner().run(&again).unwrap();
    for task in &again {
        assert_eq!(second.hashes[&task.seed], sums.hashes[&task.seed], "seed {} is two runs", task.seed);
    }
    proof.counted(again.len() as u64, "seeds run twice").holds();
}

/// What of the alphabet no run has met, or no duplicate has tried.
fn missing(reached: &BTreeSet<String>) -> Vec<String> {
    let kinds = [
        ("action", ACTIONS),
        ("twice", ACTIONS),
        ("hub_command", HUB_COMMANDS),
        ("event", EVENTS),
        ("effect", EFFECTS),
    ];
    let wanted =
        kinds.into_iter().flat_map(|(kind, names)| names.iter().map(move |name| format!("{kind}:{name}")));
    wanted.filter(|name| !reached.contains(name)).collect()
}

#[test]
fn every_variant_of_the_alphabet_has_its_golden_file() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/protocol/tests/golden");
    let mut names = BTreeSet::new();
    let mut folders = vec![golden];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                names.insert(path.file_stem().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let has = |prefix: &str, name: &str| {
        names.iter().any(|file| {
            let rest = file.strip_prefix(prefix).and_then(|file| file.strip_prefix(name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let events = EVENTS.iter().filter(|name| !has("event-", name));
    let actions = ACTIONS.iter().filter(|name| !has("request-", name));
    let without: Vec<_> = events.chain(actions).collect();
    assert!(without.is_empty(), "no golden file knows {without:?}");
}

#[test]
fn requests_that_arrive_again_and_again_are_carried_out_once() {
    let _turn = turn();
    let proof = Proof::of("R14", "every request up to five times, the day once more");
    let (mut deliveries, mut repeats, mut runs, mut from) = (0, 0, 0, 1);
    while deliveries < DELIVERIES {
        let tasks: Vec<Task> = (from..from + 40).map(|seed| Task { seed, profile: Profile::Flood }).collect();
        let sums = runner().run(&tasks).unwrap();
        held(&sums);
        assert!(sums.deliveries > 0, "nothing arrives");
        deliveries += sums.deliveries;
        repeats += sums.repeats;
        (runs, from) = (runs + sums.runs, from + 40);
    }
    assert!(repeats * 2 > deliveries, "{repeats} of {deliveries} are repeats");
    proof.counted(deliveries, "deliveries").counted(repeats, "repeats").counted(runs, "days").holds();
}

#[test]
fn clocks_that_jump_harm_nobody() {
    let _turn = turn();
    let proof = Proof::of("R18", "clocks from a second to ten years off");
    let (mut jumps, mut from) = (0, 1);
    while jumps < CLOCK_JUMPS {
        let tasks: Vec<Task> =
            (from..from + 20).map(|seed| Task { seed, profile: Profile::Clocks }).collect();
        let sums = runner().run(&tasks).unwrap();
        held(&sums);
        assert!(sums.clock_jumps > 0, "no clock jumps");
        (jumps, from) = (jumps + sums.clock_jumps, from + 20);
    }
    proof.counted(jumps, "clock jumps").counted(from - 1, "days").holds();
}

/// Which runs a bug would be made in; none for bugs that lie elsewhere, with the reason.
fn where_it_lies(bug: Bug) -> Result<&'static [Profile], &'static str> {
    const ANY: &[Profile] = &[Profile::Any];
    const DISASTERS: &[Profile] = &[Profile::Disasters];
    match bug {
        Bug::NoSync
        | Bug::WatermarkBeforeSync
        | Bug::NoDirectorySync
        | Bug::NoCopyAfterUncleanEnd
        | Bug::ReplyBeforeSync
        | Bug::NoDedupe
        | Bug::OutcomesForgottenAtRestart
        | Bug::FingerprintIgnored
        | Bug::StockNotDecremented
        | Bug::ReservationKept
        | Bug::NumberGivenTwice
        | Bug::NumberLeftOut
        | Bug::RecordNotApplied
        | Bug::SentBeforeStored
        | Bug::OutboxForgotten
        | Bug::NewIdOnRetry
        | Bug::CursorRunsAhead
        | Bug::BatchAppliedTwice
        | Bug::GapAccepted
        | Bug::AcknowledgedBeforeStored
        | Bug::SentBeforeIntent
        | Bug::SoldAloneByWhoeverIsThere
        | Bug::AliasGivenUp
        | Bug::ResentWithoutAsking
        | Bug::DoubtTakenForDecline => Ok(ANY),
        Bug::ClockStepNotRecorded => Ok(&[Profile::Clocks]),
        Bug::ForgottenTooEarly => Ok(&[Profile::Flood]),
        Bug::ForgottenBeforeDurable | Bug::NothingOffered | Bug::EpochIgnored => Ok(DISASTERS),
        Bug::ForkOverwritten => Ok(&[Profile::Clones]),
        Bug::DayEndedTwice => Ok(ANY),
        Bug::WitnessIgnored => Err("a damaged record under a witness: the journal's own crash images"),
        Bug::AppliedBeforeWritten => Err("the state on sled: its own crash suite"),
        _ => Err("not in the path that is simulated"),
    }
}

#[test]
fn every_bug_that_is_planted_is_found() {
    let _turn = turn();
    let proof = Proof::of("R3", "planted bugs in the simulation");
    let (mut caught, mut seeds, mut escaped) = (0, 0, Vec::new());
    for bug in Bug::ALL {
        let Ok(profiles) = where_it_lies(bug) else { continue };
        let mut runner = runner();
        runner.bug = Some(format!("{bug:?}"));
        runner.until_violated = true;
        let tasks: Vec<Task> = (1..=BUG_SEEDS_MAX)
            .flat_map(|seed| profiles.iter().map(move |profile| Task { seed, profile: *profile }))
            .collect();
        let sums = runner.run(&tasks).unwrap();
        seeds += sums.runs;
        match sums.failures.first() {
            Some((task, told)) => {
                caught += 1;
                println!(
                    "{bug:?}: {} after {} seeds: {}",
                    task.seed,
                    sums.runs,
                    told.violation.as_deref().unwrap()
                );
            }
            None => escaped.push(bug),
        }
    }
    assert!(escaped.is_empty(), "{BUG_SEEDS_MAX} seeds do not find {escaped:?}");
    proof.counted(caught, "planted bugs caught").counted(seeds, "seeds with a bug").holds();
}
