//! The files of `tests/vectors` are what the reference says, and what was worked out by hand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdfast_price_reference::expected::Vector;
use holdfast_price_reference::{price, vectors};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

#[test]
fn the_files_are_what_the_reference_says_and_there_are_no_others() {
    let files = vectors::files().expect("the reference agrees with what was worked out by hand");
    for (name, text) in &files {
        let written = std::fs::read_to_string(folder().join(name)).expect(name);
        assert!(
            written == *text,
            "{name} is stale: look at why, then `cargo run -p holdfast-price-reference --bin price-vectors -- --write`"
        );
    }
    let wanted: BTreeSet<String> = files.into_iter().map(|(name, _)| name).collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    assert_eq!(there, wanted);
}

#[test]
fn every_vector_is_read_and_priced_again_and_each_has_a_name_of_its_own() {
    let mut names = BTreeSet::new();
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap();
        for vector in vectors {
            assert_eq!(price(&vector.case()).unwrap(), vector.expected, "{}", vector.name);
            assert!(names.insert(vector.name.clone()), "two cases are called {}", vector.name);
        }
    }
    assert!(names.len() > 250, "only {} vectors", names.len());
}
