//! The house style that a machine can see.

use std::path::Path;

use crate::workspace;

/// Longer files hold more than one idea.
const LINES_MAX: usize = 700;

/// What no source may contain. Split here so that this file does not contain it either.
const NOT_IN_CODE: [&str; 4] =
    [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[ig", "nore"), concat!("FIX", "ME")];

/// The project speaks of itself: no machine's folders, no tools that wrote it. Lower case.
const NOT_ANYWHERE: [&str; 11] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/tmp", "/hf"),
    concat!("../shared", "/design"),
    concat!("this ses", "sion of work"),
    concat!("previous ses", "sion"),
    concat!("next ses", "sion"),
    concat!("other hel", "per"),
    concat!("cla", "ude"),
    concat!("chat", "gpt"),
];

/// Every file that people wrote.
const WRITTEN: [&str; 20] = [
    ".rs", ".md", ".toml", ".sql", ".json", ".yaml", ".yml", ".html", ".css", ".js", ".ts", ".tsx", ".mjs",
    ".mts", ".txt", ".sh", ".csv", ".service", "run", ".conf",
];

#[test]
fn files_are_short() {
    let long: Vec<String> = workspace::files("", &[".rs"])
        .expect("sources")
        .iter()
        .map(|path| (path, workspace::text(path).expect("a source").lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{}: {lines} lines, at most {LINES_MAX}", path.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Each row of the list of features names a test over the released programs, and every test that it names is there.
#[test]
fn every_feature_is_shown_by_tests_that_are_there() {
    let text = workspace::text(std::path::Path::new("docs/features.md")).expect("the list");
    let mut wrong = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what |")) {
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        if !named.iter().any(|test| test.starts_with("tests/tests/") || test.starts_with("hub/tests/")) {
            wrong.push(format!("no test over the programs: {row}"));
        }
        let gone = |test: &&&str| test.contains('/') && !workspace::root().join(test).exists();
        wrong.extend(named.iter().filter(gone).map(|test| format!("{test} is not there: {row}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_open_in_the_code() {
    let mut found = Vec::new();
    for path in workspace::files("", &[".rs"]).expect("sources") {
        for (number, line) in workspace::text(&path).expect("a source").lines().enumerate() {
            for word in NOT_IN_CODE {
                if line.contains(word) {
                    found.push(format!("{}:{}: {word}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_speak_of_the_project_alone() {
    let mut found = Vec::new();
    for path in workspace::files("", &WRITTEN).expect("files") {
        for (number, line) in workspace::text(&path).expect("a file").lines().enumerate() {
            if let Some(word) = foreign(line) {
                found.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_dependency_has_its_line_of_reason() {
    let read = |path: &str| workspace::text(Path::new(path)).expect(path);
    let manifest: toml::Table = read("Cargo.toml").parse().expect("the root manifest");
    let table = manifest["workspace"]["dependencies"].as_table().expect("workspace dependencies");
    let reasons = read("docs/decisions/dependencies.md");
    let argued: Vec<&str> = reasons
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(_, reason)| reason.len() > 10)
        .map(|(name, _)| name)
        .collect();
    let theirs: Vec<&str> =
        table.keys().map(String::as_str).filter(|name| !name.starts_with("holdfast-")).collect();
    let missing: Vec<_> = theirs.iter().filter(|name| !argued.contains(name)).collect();
    let stale: Vec<_> = argued.iter().filter(|name| !theirs.contains(name)).collect();
    assert!(missing.is_empty(), "without a line in docs/decisions/dependencies.md: {missing:?}");
    assert!(stale.is_empty(), "in docs/decisions/dependencies.md, no longer in Cargo.toml: {stale:?}");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for path in workspace::files("", &[".md"]).expect("documents") {
        let text = workspace::text(&path).expect("a document");
        let folder = workspace::root().join(path.parent().expect("a file lies in a folder"));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if !link.contains("://") && !file.is_empty() && !folder.join(file).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The first thing in a line that is not the project's.
fn foreign(line: &str) -> Option<String> {
    let line = line.to_lowercase();
    if let Some(word) = NOT_ANYWHERE.iter().find(|word| line.contains(**word)) {
        return Some((*word).to_owned());
    }
    // The number of a task in a tracker, as in the word `issue` before a number; upstream's `#978` is a fact.
    let word = concat!("iss", "ue ");
    line.match_indices(word)
        .find(|(at, _)| {
            let rest = &line[at + word.len()..];
            rest.trim_start_matches('#').starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|_| format!("{word}<number>"))
}

#[test]
fn what_is_foreign_is_found_and_what_is_not_passes() {
    for line in [
        concat!("see iss", "ue 2 for why"),
        concat!("Iss", "ue #14"),
        concat!("cd /wo", "rk/main"),
        concat!("path /ro", "ot/.cargo"),
    ] {
        assert!(foreign(line).is_some(), "{line}");
    }
    for line in [
        "an MQTT session",
        "the session cookie of HQ",
        "upstream #978",
        "issue a claim code",
        "issue 'x'",
        "on the next root of trust",
        "network/",
    ] {
        assert_eq!(foreign(line), None, "{line}");
    }
}
