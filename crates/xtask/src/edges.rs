//! Which crate may use which: the direction of dependencies, held by a golden file and by rules.
//!
//! The golden file makes every new edge visible in review; the rules say which edges could never be right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::Result;
use cargo_metadata::DependencyKind;

use crate::workspace;

/// Where the golden file lies.
pub const GOLDEN: &str = "crates/xtask/golden/edges.txt";

/// The layers, each with those directly below it. A crate may use what it can reach from here.
const BELOW: &[(&str, &[&str])] = &[
    (
        "holdfast-hub",
        &[
            "holdfast-actors",
            "holdfast-broker",
            "holdfast-store",
            "holdfast-replication",
            "holdfast-protocol",
        ],
    ),
    (
        "holdfast-actors",
        &[
            "holdfast-store",
            "holdfast-devices",
            "holdfast-replication",
            "holdfast-protocol",
            "holdfast-domain",
        ],
    ),
    ("holdfast-cloud", &["holdfast-replication", "holdfast-protocol", "holdfast-domain"]),
    ("holdfast-store", &["holdfast-journal", "holdfast-protocol", "holdfast-domain"]),
    ("holdfast-terminal", &["holdfast-journal", "holdfast-protocol"]),
    ("holdfast-broker", &["holdfast-protocol"]),
    ("holdfast-protocol", &["holdfast-replication", "holdfast-domain"]),
    ("holdfast-domain", &["holdfast-money", "holdfast-pan"]),
    ("holdfast-devices", &["holdfast-money", "holdfast-pan"]),
    ("holdfast-journal", &["holdfast-planted"]),
    ("holdfast-replication", &["holdfast-planted"]),
    ("holdfast-planted", &[]),
    ("holdfast-money", &[]),
    ("holdfast-pan", &[]),
];

/// Crates that may use anything and that nothing but tests may use.
const OUTSIDE: [&str; 6] = [
    "holdfast-bench",
    "holdfast-price-reference",
    "holdfast-simulation",
    "holdfast-testkit",
    "system-tests",
    "xtask",
];

/// Libraries that one crate alone may name.
const GUARDED: [(&str, &str); 4] = [
    ("sled", "holdfast-store"),
    ("rumqttd", "holdfast-broker"),
    ("ractor", "holdfast-actors"),
    ("ractor-supervisor", "holdfast-actors"),
];

/// What the pure crates never see: serialisation, the runtime, logging, clocks and randomness.
const IMPURE: [&str; 12] = [
    "serde",
    "serde_json",
    "postcard",
    "tokio",
    "tracing",
    "jiff",
    "time",
    "chrono",
    "getrandom",
    "rand",
    "sqlx",
    "axum",
];
const PURE: [&str; 3] = ["holdfast-money", "holdfast-pan", "holdfast-domain"];

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    from: String,
    to: String,
    /// Only its tests use it.
    tests_only: bool,
}

/// Every dependency of every package of the workspace, from the manifests.
pub fn all() -> Result<BTreeSet<Edge>> {
    let metadata = workspace::packages()?;
    Ok(metadata
        .packages
        .iter()
        .flat_map(|package| {
            package.dependencies.iter().map(|dependency| Edge {
                from: package.name.to_string(),
                to: dependency.name.clone(),
                tests_only: dependency.kind == DependencyKind::Development,
            })
        })
        .collect())
}

/// The golden file's text: the edges between our own crates, and who names a guarded library.
pub fn render(edges: &BTreeSet<Edge>) -> String {
    let ours: BTreeSet<&str> = BELOW.iter().map(|(name, _)| *name).chain(OUTSIDE).collect();
    let guarded: BTreeSet<&str> = GUARDED.iter().map(|(name, _)| *name).collect();
    let mut text =
        String::from("# Written by `cargo xtask codegen`; a test holds it equal to the manifests.\n");
    for edge in edges {
        if ours.contains(edge.to.as_str()) || guarded.contains(edge.to.as_str()) {
            let tests_only = if edge.tests_only { " (tests)" } else { "" };
            writeln!(text, "{} -> {}{tests_only}", edge.from, edge.to).expect("a String takes all");
        }
    }
    text
}

/// Every edge that breaks a rule, with the reason.
pub fn violations(edges: &BTreeSet<Edge>) -> Vec<String> {
    let below: BTreeMap<&str, &[&str]> = BELOW.iter().copied().collect();
    let mut found = Vec::new();
    for Edge { from, to, tests_only } in edges {
        let (from, to) = (from.as_str(), to.as_str());
        let known = |name: &str| below.contains_key(name) || OUTSIDE.contains(&name);
        if !known(from) {
            found.push(format!("{from} has no place in the layers: add it to BELOW"));
        }
        if let Some((_, owner)) = GUARDED.iter().find(|(library, _)| *library == to)
            && from != *owner
        {
            found.push(format!("{from} -> {to}: only {owner} may name {to}"));
        }
        if PURE.contains(&from) && IMPURE.contains(&to) && !tests_only {
            found.push(format!("{from} -> {to}: {from} is pure"));
        }
        if OUTSIDE.contains(&from) || (to == "holdfast-testkit" && *tests_only) {
            continue;
        }
        if OUTSIDE.contains(&to) {
            found.push(format!("{from} -> {to}: only tests may use {to}"));
        } else if below.contains_key(to) && !reaches(&below, from, to) {
            found.push(format!("{from} -> {to}: against the direction of the layers"));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn reaches(below: &BTreeMap<&str, &[&str]>, from: &str, to: &str) -> bool {
    let mut waiting = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        for layer in below.get(next).copied().unwrap_or_default() {
            if *layer == to {
                return true;
            }
            if seen.insert(*layer) {
                waiting.push(layer);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_golden_file_names_every_edge_between_our_crates() {
        let golden = workspace::text(Path::new(GOLDEN)).expect("the golden file");
        let actual = render(&all().expect("cargo metadata"));
        assert!(golden == actual, "run `cargo xtask codegen` and review the change of {GOLDEN}\n{actual}");
    }

    #[test]
    fn no_edge_goes_against_the_direction() {
        let found = violations(&all().expect("cargo metadata"));
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn forbidden_edges_are_found() {
        for (from, to, tests_only, reason) in [
            ("holdfast-cloud", "holdfast-store", false, "direction"),
            ("holdfast-cloud", "holdfast-actors", true, "direction"),
            ("holdfast-domain", "holdfast-protocol", false, "direction"),
            ("holdfast-hub", "holdfast-testkit", false, "only tests"),
            ("holdfast-hub", "sled", false, "only holdfast-store"),
            ("system-tests", "rumqttd", true, "only holdfast-broker"),
            ("holdfast-money", "serde", false, "pure"),
            ("holdfast-new", "serde", false, "no place"),
        ] {
            let edges = BTreeSet::from([Edge { from: from.into(), to: to.into(), tests_only }]);
            let found = violations(&edges);
            assert!(found.iter().any(|text| text.contains(reason)), "{from} -> {to}: {found:?}");
        }
        for (from, to, tests_only) in [
            ("holdfast-hub", "holdfast-devices", false),
            ("holdfast-store", "holdfast-testkit", true),
            ("system-tests", "holdfast-store", true),
            ("holdfast-store", "sled", false),
            ("holdfast-money", "serde_json", true),
        ] {
            let edges = BTreeSet::from([Edge { from: from.into(), to: to.into(), tests_only }]);
            assert!(violations(&edges).is_empty(), "{from} -> {to}");
        }
    }
}
