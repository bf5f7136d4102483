//! Every codec for a moment, with inputs that nobody sends. `cargo xtask fuzz` goes on for as long as it is given.

use std::path::Path;

use holdfast_devices::fuzz::TARGETS;
use holdfast_testkit::fuzz::{Until, run};
use holdfast_testkit::proof::Proof;

/// How many inputs each codec gets here.
const INPUTS: u64 = 20_000;
const SEED: u64 = 1;

#[test]
fn no_input_breaks_a_codec() {
    let proof = Proof::of("R23", "codecs of devices");
    let mut inputs = 0;
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        let run = run(target.run, &seeds, SEED, Until::Inputs(INPUTS));
        for finding in &run.findings {
            eprintln!("{}: {} at {:02X?}", target.name, finding.says, finding.input);
        }
        assert!(run.findings.is_empty(), "{}", target.name);
        println!("{:16} {:>8} inputs/s", target.name, run.inputs_per_second());
        inputs += run.inputs;
    }
    proof
        .counted(inputs, "inputs, none of which broke a codec")
        .counted(TARGETS.len() as u64, "codecs")
        .holds();
}

/// The folder for cargo-fuzz has a program for each codec and none beside them.
#[test]
fn every_codec_can_be_fuzzed_with_an_instrumented_compiler() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("its manifest");
    let mut programs: Vec<String> = std::fs::read_dir(folder.join("fuzz_targets"))
        .expect("its programs")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    programs.sort();
    let mut wanted: Vec<String> = TARGETS.iter().map(|target| format!("{}.rs", target.name)).collect();
    wanted.sort();
    assert_eq!(programs, wanted);
    for target in TARGETS {
        let text = std::fs::read_to_string(folder.join(format!("fuzz_targets/{}.rs", target.name)));
        assert!(text.expect("a program").contains(&format!("fuzz::target(\"{}\")", target.name)));
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}
