//! The engine against the reference: the golden vectors, and random baskets that both price and take back. Zero differences.
//!
//! `PRICE_CASES` says how many random baskets (100,000 when nothing is said), `PRICE_FROM` from which seed on.

mod shop;

use std::collections::BTreeMap;

use holdfast_price_reference::case::Case;
use holdfast_price_reference::expected::{Expected, Vector};
use holdfast_price_reference::{generate, price};

const CASES: u64 = 100_000;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn compare(what: &str, case: &Case, expected: &Expected) {
    let engine = shop::price(case).unwrap_or_else(|error| panic!("{what}: the engine refuses: {error}"));
    if engine == *expected {
        return;
    }
    let shown = |answer: &Expected| serde_json::to_string_pretty(answer).expect("JSON");
    let (engine, reference) = (shown(&engine), shown(expected));
    let differing = engine.lines().zip(reference.lines()).filter(|(ours, theirs)| ours != theirs).take(12);
    let mut told = String::new();
    for (ours, theirs) in differing {
        told += &format!("engine {}   reference {}\n", ours.trim(), theirs.trim());
    }
    let case = serde_json::to_string(case).expect("JSON");
    panic!("{what} differs:\n{told}\ncase {case}\nengine {engine}");
}

#[test]
fn the_engine_passes_every_vector() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors");
    let mut vectors: Vec<Vector> = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the vectors are committed") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file of vectors");
        vectors.extend(serde_json::from_slice::<Vec<Vector>>(&bytes).expect("vectors in their form"));
    }
    assert!(vectors.len() >= 200, "only {} vectors", vectors.len());
    for vector in vectors {
        compare(&vector.name, &vector.case(), &vector.expected);
    }
}

#[test]
fn the_engine_and_the_reference_agree_on_random_baskets() {
    let (from, cases) = (from_environment("PRICE_FROM", 0), from_environment("PRICE_CASES", CASES));
    // A bound on what one run may be asked for.
    let cases = cases.min(100_000_000);
    let halves = 2;
    std::thread::scope(|scope| {
        for half in 0..halves {
            scope.spawn(move || {
                for seed in (from..from + cases).filter(|seed| seed % halves == half) {
                    let case = generate::case(seed);
                    let expected = price(&case).unwrap_or_else(|error| panic!("seed {seed}: {error:#}"));
                    compare(&format!("seed {seed}"), &case, &expected);
                }
            });
        }
    });
    println!("{cases} random baskets from seed {from}: 0 differences");
}

/// What the fuzz would miss if its baskets were dull.
#[test]
fn random_baskets_reach_every_outcome() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..2_000 {
        for said in price(&generate::case(seed)).expect("a price").promotions {
            *seen.entry(format!("{:?}", said.outcome)).or_default() += 1;
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 20), "{seen:?}");
}
