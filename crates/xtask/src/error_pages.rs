//! Every code an operator can see has a page, every page belongs to a code in use, and the index lists them all.

use std::collections::BTreeMap;
#[cfg(test)]
use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};

use crate::workspace;

/// The folder of the pages.
pub const FOLDER: &str = "docs/errors";

/// The codes that the product's sources name, each with the files it stands in.
#[cfg(test)]
pub fn in_sources() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (folder, endings) in [
        ("hub/src", &[".rs"][..]),
        ("cloud/src", &[".rs"]),
        ("crates", &[".rs"]),
        ("hub/web/src", &[".ts", ".tsx"]),
    ] {
        for path in workspace::files(folder, endings)? {
            let shown = path.display().to_string();
            // Tests of the pages name codes that are none.
            if shown.contains(".test.") {
                continue;
            }
            for code in codes(&workspace::text(&path)?) {
                found.entry(code).or_default().insert(shown.clone());
            }
        }
    }
    Ok(found)
}

/// The pages: code and the one-line meaning of its title.
pub fn pages() -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for path in workspace::files(FOLDER, &[".md"])? {
        let name = path.file_stem().context("a page has a name")?.to_string_lossy().into_owned();
        if name == "README" {
            continue;
        }
        let text = workspace::text(&path)?;
        let title = text.lines().next().unwrap_or_default();
        let meaning = title.strip_prefix(&format!("# {name}: ")).unwrap_or_default();
        found.insert(name, meaning.trim().to_owned());
    }
    Ok(found)
}

/// The text of the index.
pub fn index(pages: &BTreeMap<String, String>) -> String {
    let mut text = String::from(
        "# Error codes\n\n\
         Every error that a person can see carries a code `HF-<AREA>-<NNN>`. Its page says what happened and what to do.\n\
         The areas: ACT the hub's actors, CLD cloud, CMD refused commands, DEMO the demo, DEV devices,\n\
         GATE tills' connections, HUB the hub, IMP imports, JRN journal, REC recovery, STO stored state, TIL the till's client,\n\
         UPL sending to HQ, WEB the till in the browser.\n\n\
         | code | meaning |\n|---|---|\n",
    );
    for (code, meaning) in pages {
        writeln!(text, "| [{code}]({code}.md) | {meaning} |").expect("a String takes all");
    }
    text
}

/// Every `HF-AREA-NNN` in a text.
#[cfg(test)]
fn codes(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in text.match_indices("HF-") {
        let rest = &text[start + 3..];
        let area = rest.bytes().take_while(u8::is_ascii_uppercase).count();
        let Some(number) = rest[area..].strip_prefix('-') else { continue };
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        if area > 0 && digits == 3 {
            found.insert(text[start..start + 3 + area + 1 + 3].to_owned());
        }
    }
    found
}

/// The code and meaning pairs of a source's `ERROR_CODES`, `("HF-…", "meaning")`, however the line is broken.
#[cfg(test)]
fn listed(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Some((_, text)) = text.split_once("const ERROR_CODES") else { return found };
    let text = text.split_once("];").map_or(text, |(list, _)| list);
    for code in codes(text) {
        for (at, _) in text.match_indices(&format!("\"{code}\"")) {
            let before = text[..at].trim_end();
            let after = text[at + code.len() + 2..].trim_start();
            let Some(after) = after.strip_prefix(',') else { continue };
            let Some(literal) = after.trim_start().strip_prefix('"') else { continue };
            let Some((meaning, after)) = literal.split_once('"') else { continue };
            let after = after.trim_start().trim_start_matches(',').trim_start();
            if before.ends_with('(') && after.starts_with(')') {
                found.push((code.clone(), meaning.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_code_has_a_page_and_every_page_a_code() {
        let sources = in_sources().expect("sources");
        let pages = pages().expect("pages");
        let mut wrong = Vec::new();
        for (code, files) in &sources {
            if !pages.contains_key(code) {
                wrong.push(format!("{code} ({files:?}) has no page {FOLDER}/{code}.md"));
            }
        }
        for (code, meaning) in &pages {
            if !sources.contains_key(code) {
                wrong.push(format!("{FOLDER}/{code}.md: no source uses {code}"));
            }
            if meaning.is_empty() {
                wrong.push(format!("{FOLDER}/{code}.md must begin with the line `# {code}: meaning`"));
            }
            let text = workspace::text(&Path::new(FOLDER).join(format!("{code}.md"))).expect("the page");
            for heading in ["## What happened", "## What to do"] {
                if !text.lines().any(|line| line.trim() == heading) {
                    wrong.push(format!("{FOLDER}/{code}.md has no heading `{heading}`"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_index_lists_every_page() {
        let text = workspace::text(&Path::new(FOLDER).join("README.md")).expect("the index");
        assert!(text == index(&pages().expect("pages")), "run `cargo xtask codegen`");
    }

    #[test]
    fn a_page_is_titled_with_the_meaning_its_crate_gives() {
        let pages = pages().expect("pages");
        let mut wrong = Vec::new();
        for folder in ["hub/src", "cloud/src", "crates"] {
            for path in workspace::files(folder, &[".rs"]).expect("sources") {
                for (code, meaning) in listed(&workspace::text(&path).expect("a source")) {
                    if pages.get(&code).is_some_and(|title| *title != meaning) {
                        wrong.push(format!(
                            "{}: {code} is \"{meaning}\", its page says \"{}\"",
                            path.display(),
                            pages[&code]
                        ));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn codes_and_their_meanings_are_found_in_text() {
        let hub = concat!("HF", "-HUB-0");
        let list = format!(
            "const ERROR_CODES: &[] = &[(\n  \"{hub}08\",\n  \"the clock\",\n)];\n(\"{hub}07\", \"x\")"
        );
        let text = format!("see {hub}07, {hub}7, (\n  \"{hub}08\",\n  \"the clock\",\n), other(\"{hub}09\")");
        let (seven, eight, nine) = (format!("{hub}07"), format!("{hub}08"), format!("{hub}09"));
        assert_eq!(codes(&text), BTreeSet::from([seven, eight.clone(), nine]));
        assert_eq!(listed(&list), vec![(eight, "the clock".to_owned())]);
        assert_eq!(listed(&text), vec![]);
    }
}
